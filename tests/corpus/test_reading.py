import re
import sys
from collections import namedtuple

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from skxtm.corpus import (
    UNDETERMINED,
    Corpus,
    as_corpus,
    counts_as_corpus,
    detect_languages,
    detection,
    is_count_matrix,
)
from skxtm.exceptions import InputError, InputTypeError, MissingDependencyError, UncertainLanguageWarning

TEXTS = ["rain tomorrow", "明天 下雨", "rain tomorrow"]
LANGUAGES = ["en", "zh", "en"]
VECTORS = np.array([[1.0, 2.0], [3.0, 4.5], [5.0, 6.0]], dtype=np.float32)
PAIRS = list(zip(TEXTS, LANGUAGES, strict=True))
TRIPLES = list(zip(TEXTS, LANGUAGES, VECTORS, strict=True))
COLUMNS = {"text": TEXTS, "language": LANGUAGES}
MAPPINGS = [{"text": text, "language": language, "source": "news"} for text, language in PAIRS]
Row = namedtuple("Row", ["words", "code"])

TEXTS_ALONE = (
    "For texts alone, name their language, as in CrossLingualVectorizer(languages=['en']), given to a model as "
    "vectorizer=, or have it found: languages='auto'."
)
RIGHT_WAYS = (
    "Pass a DataFrame with the columns 'text' and 'language', a sequence of (text, language) pairs or of "
    "mappings with these keys, a Corpus, or a matrix of word counts (one language)."
)
COUNTS = [[2, 0, 1], [0, 3, 0]]


def object_array(values):
    """Make a one-dimensional array whatever the values are."""
    return np.fromiter(values, dtype=object)


def object_table(rows):
    return np.stack([object_array(column) for column in zip(*rows, strict=True)], axis=1)


def raises(error, message):
    return pytest.raises(error, match=f"^{re.escape(message)}$")


@pytest.mark.parametrize(
    "X",
    [
        PAIRS,
        tuple(PAIRS),
        [list(pair) for pair in PAIRS],
        [Row(*pair) for pair in PAIRS],
        MAPPINGS,
        np.array(PAIRS),
        np.array(PAIRS, dtype=object),
        object_array(PAIRS),
        pd.DataFrame(COLUMNS),
        pd.DataFrame(COLUMNS, index=[7, 7, 2])[["language", "text"]],
        pd.DataFrame(COLUMNS, dtype=object).assign(price=1.5),
        pd.DataFrame(COLUMNS).astype({"language": "category"}),
        pl.DataFrame(COLUMNS),
        pl.DataFrame(COLUMNS).with_columns(pl.col("language").cast(pl.Categorical)),
    ],
)
def test_every_form_of_texts_is_the_same_corpus(assert_same, X):
    assert not is_count_matrix(X)
    assert_same(as_corpus(X), Corpus(LANGUAGES, text=TEXTS))


@pytest.mark.parametrize(
    "X",
    [
        TRIPLES,
        object_table(TRIPLES),
        [(text, language, vector.tolist()) for text, language, vector in TRIPLES],
        [{**mapping, "embedding": vector} for mapping, vector in zip(MAPPINGS, VECTORS, strict=True)],
        pd.DataFrame({**COLUMNS, "embedding": list(VECTORS)}),
        pd.DataFrame({**COLUMNS, "embedding": VECTORS.tolist()}),
        pl.DataFrame({**COLUMNS, "embedding": VECTORS.tolist()}),
        pl.DataFrame({**COLUMNS, "embedding": VECTORS}),
    ],
)
def test_every_form_of_embedding_is_the_same_corpus(assert_same, X):
    given = as_corpus(X)
    assert given.embedding.dtype in (np.float32, np.float64)
    given.embedding = given.embedding.astype(np.float32)
    assert_same(given, Corpus(LANGUAGES, text=TEXTS, embedding=VECTORS))


@pytest.mark.parametrize(
    "kind", [pd.DataFrame, pl.DataFrame, lambda columns: pd.DataFrame(columns).to_dict("records")]
)
def test_columns_may_have_other_names(assert_same, kind):
    X = kind({"body": TEXTS, "lang": LANGUAGES, "vector": VECTORS.tolist(), "text": ["other"] * 3})
    given = as_corpus(X, text_column="body", language_column="lang", embedding_column="vector")
    assert given.text.tolist() == TEXTS
    assert given.language.tolist() == LANGUAGES
    assert given.embedding.tolist() == VECTORS.tolist()


def test_a_corpus_is_returned_as_it_is():
    corpus = Corpus(["en"])
    assert as_corpus(corpus) is corpus


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_a_frame_without_rows_is_an_empty_corpus(kind):
    X = kind({**COLUMNS, "embedding": VECTORS.tolist()})[:0]
    assert repr(as_corpus(X)) == "Corpus(no documents; text, embedding (0))"


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_columns_without_rows_are_those_of_texts_by_their_name_whatever_their_type(kind):
    X = kind({"text": [], "language": []})
    assert not is_count_matrix(X)
    assert repr(as_corpus(X)) == "Corpus(no documents; text)"
    named = kind({"body": [], "lang": []})
    assert not is_count_matrix(named, "body")
    assert len(as_corpus(named, text_column="body", language_column="lang")) == 0
    assert is_count_matrix(pd.DataFrame({"text": [1], "language": [2]}))


class TestCountMatrices:
    @pytest.mark.parametrize(
        "X",
        [
            COUNTS,
            [tuple(row) for row in COUNTS],
            [np.array(row) for row in COUNTS],
            np.array(COUNTS),
            np.array(COUNTS, dtype=float),
            sparse.csr_array(COUNTS),
            sparse.csr_matrix(COUNTS),
            sparse.coo_array(COUNTS),
            pd.DataFrame(COUNTS, columns=["x0", "x1", "x2"]),
            pl.DataFrame(COUNTS, schema=["x0", "x1", "x2"], orient="row"),
        ],
    )
    def test_every_form_is_a_corpus_in_one_undetermined_language(self, X):
        assert is_count_matrix(X)
        corpus = as_corpus(X)
        assert corpus.language.tolist() == [UNDETERMINED, UNDETERMINED] == ["und", "und"]
        assert corpus.vocabularies["und"].tolist() == ["x0", "x1", "x2"]
        assert corpus.counts.toarray().tolist() == COUNTS

    def test_a_frame_names_the_words(self):
        corpus = as_corpus(pd.DataFrame(COUNTS, columns=["rain", "sun", 3]))
        assert corpus.vocabularies["und"].tolist() == ["rain", "sun", "3"]

    def test_words_may_be_given(self):
        assert counts_as_corpus(COUNTS, ["a", "b", "c"]).vocabularies["und"].tolist() == ["a", "b", "c"]

    def test_an_object_array_of_numbers_is_one(self):
        assert is_count_matrix(np.array(COUNTS, dtype=object))

    @pytest.mark.parametrize(
        "X", [[], [[]][:0], "rain", [1, 2], ["rain"], [object()], {"rain": 1}, None, Corpus([])]
    )
    def test_other_things_are_none(self, X):
        assert not is_count_matrix(X)

    @pytest.mark.parametrize(
        ("X", "message"),
        [
            ([[1, -2]], "Negative values in data: the minimum of X is -2. Word counts must not be negative."),
            ([[1, np.nan]], "X contains NaN or infinity. Word counts must be finite and not negative."),
            (
                np.array([1, 2]),
                "X has shape (2,) and dtype int64; a numeric matrix of shape (n_documents, n_words) is "
                "needed.",
            ),
        ],
    )
    def test_impossible_counts_are_refused(self, X, message):
        with raises(InputError, message):
            as_corpus(X)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (
            COLUMNS,
            InputTypeError,
            "X is a single mapping of columns. Pass Corpus(**X), or a DataFrame made of it; its keys are "
            "['language', 'text'].",
        ),
        ("rain", InputTypeError, f"X is 'str', from which no documents can be read. {RIGHT_WAYS}"),
        (None, InputTypeError, f"X is 'NoneType', from which no documents can be read. {RIGHT_WAYS}"),
        (
            iter(PAIRS),
            InputTypeError,
            f"X is 'list_iterator', from which no documents can be read. {RIGHT_WAYS}",
        ),
        (
            pl.LazyFrame(COLUMNS),
            InputTypeError,
            f"X is 'LazyFrame', from which no documents can be read. {RIGHT_WAYS}",
        ),
        (
            TEXTS,
            InputTypeError,
            f"X is a sequence of 'str', which does not say the documents' languages. {RIGHT_WAYS} {TEXTS_ALONE}",
        ),
        (
            pd.Series(TEXTS),
            InputTypeError,
            f"X is a sequence of 'str', which does not say the documents' languages. {RIGHT_WAYS} {TEXTS_ALONE}",
        ),
        (
            np.array(TEXTS),
            InputTypeError,
            f"X is a sequence of 'str_', which does not say the documents' languages. {RIGHT_WAYS} {TEXTS_ALONE}",
        ),
        (
            [1, 2],
            InputTypeError,
            f"X is a sequence of 'int', which does not say the documents' languages. {RIGHT_WAYS}",
        ),
        ([], InputError, f"X holds no documents. {RIGHT_WAYS}"),
        (np.empty((0, 2), dtype=object), InputError, f"X holds no documents. {RIGHT_WAYS}"),
        (
            [("rain", "en", [1.0], 5)],
            InputError,
            "Rows of X must be (text, language) or (text, language, embedding), but they have 4 entries.",
        ),
        (
            [("rain",)],
            InputError,
            "Rows of X must be (text, language) or (text, language, embedding), but they have 1 entries.",
        ),
        (
            [*PAIRS, ("rain", "en", [1.0])],
            InputError,
            "Row 3 of X is not like the first, which has 2 entries.",
        ),
        ([*PAIRS, "zh"], InputError, "Row 3 of X is not like the first, which has 2 entries."),
        ([*PAIRS, None], InputError, "Row 3 of X is not like the first, which has 2 entries."),
        ([*PAIRS, MAPPINGS[0]], InputError, "Row 3 of X is not like the first, which has 2 entries."),
        ([*MAPPINGS, PAIRS[0]], InputError, "Row 3 of X and the first row differ: only one has 'text'."),
        (
            [*MAPPINGS, {"text": "rain"}],
            InputError,
            "Row 3 of X and the first row differ: only one has 'language'.",
        ),
        (
            [*MAPPINGS, {**MAPPINGS[0], "embedding": [1.0]}],
            InputError,
            "Row 3 of X and the first row differ: only one has 'embedding'.",
        ),
        (
            [{"text": "rain", "lang": "en"}],
            InputError,
            "X has no column 'language'; its columns are ['lang', 'text']. Rename it, or name the columns with "
            "text_column and language_column; of a model, those of CrossLingualVectorizer, given to it as "
            "vectorizer=.",
        ),
        (
            pd.DataFrame({"body": TEXTS, 0: LANGUAGES}),
            InputError,
            "X has no column 'text'; its columns are ['0', 'body']. Rename it, or name the columns with "
            "text_column and language_column; of a model, those of CrossLingualVectorizer, given to it as "
            "vectorizer=.",
        ),
        (
            pd.DataFrame({"text": ["rain", None, np.nan], "language": LANGUAGES}),
            InputError,
            "2 rows cannot be used: text is missing in rows 1, 2. Fill, correct or remove them first.",
        ),
        (
            pd.DataFrame({"text": ["rain", None, np.nan], "language": LANGUAGES}, dtype=object),
            InputError,
            "2 rows cannot be used: text is missing in rows 1, 2. Fill, correct or remove them first.",
        ),
        (
            [
                ("rain", "en"),
                (None, "xx"),
                (3, ""),
                (np.nan, None),
                ("sun\ud800", "en "),
                ("", "chinese"),
                ("", "EN"),
            ],
            InputError,
            "5 rows cannot be used: text is missing in rows 1, 3; text is 'int', not a string, in row 2; text holds "
            "a lone surrogate, half a character, in row 4; language 'xx' is no code of ISO 639 or BCP 47 in row 1; "
            "language '' is blank in row 2; and 3 more. Fill, correct or remove them first. Codes are such as 'en', "
            "'deu' or 'pt-BR'; a language of your own may be called 'x-mine'.",
        ),
        (
            [("rain", "xx")] * 8,
            InputError,
            "8 rows cannot be used: language 'xx' is no code of ISO 639 or BCP 47 in rows 0, 1, 2, 3, 4 and 3 more. "
            "Fill, correct or remove them first. Codes are such as 'en', 'deu' or 'pt-BR'; a language of your own "
            "may be called 'x-mine'.",
        ),
        (
            pd.DataFrame({"text": ["rain", pd.NA], "language": ["en", pd.NaT]}, dtype=object),
            InputError,
            "1 row cannot be used: text is missing in row 1; language is missing in row 1. Fill, correct or remove "
            "it first.",
        ),
        (
            pd.DataFrame({"language": TEXTS, "text": LANGUAGES}),
            InputError,
            "Each text is a language code, and languages are not: the two seem to be swapped.",
        ),
        (
            pd.DataFrame([["rain", "en", "en"]], columns=["text", "language", "language"]),
            InputError,
            "X has several columns of the same name: ['language']. Rename or drop them.",
        ),
        (
            pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}),
            InputError,
            "X contains NaN or infinity. Word counts must be finite and not negative.",
        ),
        (
            pl.DataFrame({"text": TEXTS, "language": ["en", "zh", None]}),
            InputError,
            "1 row cannot be used: language is missing in row 2. Fill, correct or remove it first.",
        ),
        (
            np.array([[np.nan, "en"], ["rain", "en"]], dtype=object),
            InputError,
            "1 row cannot be used: text is missing in row 0. Fill, correct or remove it first.",
        ),
        (
            [(None, "en")],
            InputError,
            "1 row cannot be used: text is missing in row 0. Fill, correct or remove it first.",
        ),
        (
            [("rain", "en", [1.0, 2.0]), ("sun", "en", [1.0])],
            InputError,
            "embedding of row 1 has 1 dimensions, but that of row 0 has 2.",
        ),
        (
            pd.DataFrame({**COLUMNS, "embedding": [[1.0], None, [2.0]]}),
            InputTypeError,
            "embedding of row 1 is 'NoneType', not a vector of numbers.",
        ),
        (
            pl.DataFrame({**COLUMNS, "embedding": [[1.0], None, [2.0]]}),
            InputTypeError,
            "embedding of row 1 is 'NoneType', not a vector of numbers.",
        ),
        (
            pd.DataFrame({**COLUMNS, "embedding": ["[1.0]"] * 3}),
            InputTypeError,
            "embedding of row 0 is 'str', not a vector of numbers.",
        ),
        (
            pl.DataFrame({**COLUMNS, "embedding": [1.0, 2.0, 3.0]}),
            InputError,
            "embedding has shape (3,) and dtype float64; a floating-point array of shape (n_documents, "
            "n_dimensions) is needed.",
        ),
    ],
)
def test_what_holds_no_documents_is_refused(X, error, message):
    with raises(error, message):
        as_corpus(X)


VOCABULARIES = {"en": ["rain", "sun", "goal"], "zh": ["雨", "球"]}


def known_corpus(*, text, counts, embedding):
    columns = {}
    if text:
        columns["text"] = {"en": ["rain rain goal", "sun"], "zh": ["雨", "球 球", ""]}
    if embedding:
        columns["embedding"] = {"en": np.eye(4)[:2], "zh": np.eye(4)[1:]}
    blocks = {"en": np.array([[2, 0, 1], [0, 1, 0]]), "zh": np.array([[1, 0], [0, 2], [0, 0]])}
    corpus = Corpus.from_counts(blocks, VOCABULARIES, **columns)[[3, 0, 2, 1, 4, 0]]
    return corpus if counts else Corpus(corpus.language, text=corpus.text, embedding=corpus.embedding)


class TestArraysOfDocuments:
    @pytest.mark.parametrize("text", [False, True])
    @pytest.mark.parametrize("counts", [False, True])
    @pytest.mark.parametrize("embedding", [False, True])
    def test_a_corpus_survives_the_way_through_an_array(self, assert_same, text, counts, embedding):
        corpus = known_corpus(text=text, counts=counts, embedding=embedding)
        table = np.asarray(corpus)
        assert table.shape == corpus.shape
        assert table.dtype == object
        assert not is_count_matrix(table)
        assert_same(as_corpus(table), corpus)
        assert_same(as_corpus(table[[4, 0, 0]]), corpus[[4, 0, 0]])

    def test_the_columns_of_the_table_are_text_language_and_embedding(self):
        corpus = known_corpus(text=True, counts=False, embedding=True)
        table = np.asarray(corpus)
        assert table[:, 0].tolist() == corpus.text.tolist()
        assert table[:, 1].tolist() == corpus.language.tolist()
        np.testing.assert_array_equal(np.stack(table[:, 2]), corpus.embedding)

    def test_a_list_of_documents_knows_all_columns(self, assert_same):
        corpus = Corpus(["en", "zh"], text=["rain", "雨"], id=[7, "eight"], pair_id=["a", "a"])
        assert_same(as_corpus(list(corpus)), corpus)
        assert_same(as_corpus(object_array(corpus)), corpus)

    def test_pairs_of_a_document_and_its_language_know_all_columns(self, assert_same):
        corpus = known_corpus(text=True, counts=True, embedding=True)
        assert_same(as_corpus([(document, document.language) for document in corpus]), corpus)

    def test_documents_of_several_corpora_are_put_together(self, assert_same):
        corpus = known_corpus(text=True, counts=True, embedding=True)
        first, second = corpus[:2], corpus[2:]
        table = np.vstack([np.asarray(second), np.asarray(first)])
        assert_same(as_corpus(table), corpus[[2, 3, 4, 5, 0, 1]])

    def test_documents_over_different_vocabularies_are_refused(self):
        tables = [np.asarray(Corpus.from_counts({"en": [[1]]}, {"en": [word]})) for word in ("rain", "sun")]
        message = (
            "The corpora have different vocabularies. Vectorize them with one fitted CrossLingualVectorizer."
        )
        with raises(InputError, message):
            as_corpus(np.vstack(tables))

    def test_documents_among_texts_are_refused(self):
        table = np.asarray(known_corpus(text=True, counts=True, embedding=False))
        table[2, 0] = "rain"
        with raises(InputTypeError, "Row 2 of X is 'str', but other rows come from a Corpus."):
            as_corpus(table)

    def test_a_changed_language_drops_the_counts_of_that_row(self):
        corpus = known_corpus(text=True, counts=True, embedding=True)
        table = np.asarray(corpus)
        table[1, 1] = "zh"
        changed = as_corpus(table)
        expected = corpus.counts.toarray()
        assert expected[1].sum() == 3
        expected[1] = 0
        assert changed.language.tolist() == ["zh", "zh", "zh", "en", "zh", "en"]
        np.testing.assert_array_equal(changed.counts.toarray(), expected)
        assert changed.counts.dtype == corpus.counts.dtype
        assert changed.counts_of("zh").shape == (4, 2)
        assert changed.text.tolist() == corpus.text.tolist()

    def test_a_changed_embedding_is_followed(self):
        corpus = known_corpus(text=True, counts=True, embedding=True)
        table = np.asarray(corpus)
        table[:, 2] = table[::-1, 2].copy()
        np.testing.assert_array_equal(as_corpus(table).embedding, corpus.embedding[::-1])

    @pytest.mark.parametrize(
        ("language", "error", "message"),
        [
            ("fr", InputError, "language contains ['fr'], which have no vocabulary in vocabularies."),
            (
                None,
                InputError,
                "1 row cannot be used: language is missing in row 1. Fill, correct or remove it first.",
            ),
        ],
    )
    def test_a_language_changed_to_an_impossible_one_is_refused(self, language, error, message):
        table = np.asarray(known_corpus(text=True, counts=True, embedding=False))
        table[1, 1] = language
        with raises(error, message):
            as_corpus(table)

    def test_an_array_needs_a_copy(self):
        with raises(InputError, "A Corpus cannot become an array without a copy."):
            np.asarray(Corpus(["en"]), copy=False)


TYPED_COUNTS = np.array([[1, 0, 100], [0, 2, 0]])


@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame(TYPED_COUNTS).astype("Int64"),
        pd.DataFrame(TYPED_COUNTS).astype({0: "Int64", 1: "float32"}),
        pd.DataFrame.sparse.from_spmatrix(sparse.csr_array(TYPED_COUNTS)),
        pl.DataFrame(TYPED_COUNTS),
        sparse.csr_array(TYPED_COUNTS.astype(np.longdouble)),
        *(TYPED_COUNTS.astype(dtype) for dtype in ("float16", ">i4", ">f8", "longdouble", "int8", "uint64")),
    ],
    ids=lambda X: getattr(getattr(X, "dtype", None), "name", ""),
)
def test_counts_of_any_type_are_numbers_that_can_be_added_up(X):
    counts = as_corpus(X).counts
    assert counts.toarray().tolist() == TYPED_COUNTS.tolist()
    assert counts.dtype in (np.int32, np.int64, np.float32, np.float64)


@pytest.mark.parametrize("kind", [pd, pl])
def test_a_table_of_truth_values_is_one_of_counts(kind):
    table = kind.DataFrame({"rain": [True, False], "sun": [True, True]})
    assert as_corpus(table).counts.toarray().tolist() == [[1, 1], [0, 1]]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([np.int8, np.uint8, np.int16, np.uint16]),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 127)), max_size=30),
)
def test_repeated_entries_of_small_types_do_not_overflow(dtype, entries):
    rows, columns, values = np.array(sorted(entries), dtype=np.int64).reshape(-1, 3).T
    expected = np.zeros((3, 4), dtype=np.int64)
    np.add.at(expected, (rows, columns), values)
    parts = (values.astype(dtype), columns, np.searchsorted(rows, np.arange(4)))
    assert as_corpus(sparse.csr_array(parts, shape=(3, 4))).counts.toarray().tolist() == expected.tolist()


def test_languages_are_kept_under_one_code_however_they_are_written():
    corpus = as_corpus(
        [("a", "EN"), ("b", "eng"), ("c", "pt-BR"), ("d", "pt_PT"), ("e", "zh-TW"), ("f", "yue")]
    )
    assert corpus.language.tolist() == ["en", "en", "pt", "pt", "zh", "yue"]
    assert corpus.rows_of("pt-BR").tolist() == [2, 3]


def test_counts_may_be_named_by_any_code():
    corpus = Corpus.from_counts({"PT-br": [[1]], "deu": [[2]]}, {"pt": ["chuva"], "de": ["Regen"]})
    assert corpus.languages == ("pt", "de")
    assert corpus.counts_of("ger").toarray().tolist() == [[2]]
    message = "counts names the language 'de' twice, the second time as 'deu'."
    with raises(InputError, message):
        Corpus.from_counts({"de": [[1]], "deu": [[2]]}, {"de": ["Regen"]})


def test_half_a_character_in_a_vocabulary_is_refused():
    message = (
        "1 row cannot be used: vocabularies['en'] holds a lone surrogate, half a character, in row 1. Fill, correct "
        "or remove it first."
    )
    with raises(InputError, message):
        Corpus.from_counts({"en": [[1, 2]]}, {"en": ["rain", "\udc80"]})


class TestTextsAlone:
    TEXTS = ("rain and wind at night", "Regen und Wind am Abend", "明天有大雨")

    @pytest.mark.parametrize(
        "X",
        [
            list(TEXTS),
            np.array(TEXTS),
            pd.Series(TEXTS),
            pd.DataFrame({"text": TEXTS}),
            pl.DataFrame({"text": TEXTS}),
        ],
        ids=["list", "array", "Series", "pandas", "polars"],
    )
    def test_their_languages_are_named_or_found(self, X):
        assert as_corpus(X, languages=["eng"]).language.tolist() == ["en", "en", "en"]
        assert as_corpus(X, languages=["zh-TW", "de", "en"]).language.tolist() == ["en", "de", "zh"]
        assert as_corpus(X, languages=["zh"]).text.tolist() == list(self.TEXTS)

    def test_auto_chooses_from_all(self):
        texts = [
            "The rain and the wind were strong all night.",
            "Der Regen und der Wind waren nachts sehr stark.",
        ]
        assert as_corpus(texts, languages="auto").language.tolist() == ["en", "de"]

    def test_plain_texts_of_a_language_are_in_no_smaller_one_unless_it_is_named(self):
        nynorsk = "Eg veit ikkje kva eg skal gjere i dag, men det kjem til å regne."
        assert detect_languages([nynorsk]).codes.tolist() == ["no"]
        assert detect_languages([nynorsk], ["nn", "no"]).codes.tolist() == ["nn"]
        assert not {"arz", "ary", "wuu"} & set(detect_languages([*self.TEXTS, nynorsk]).codes)

    def test_bokmal_is_found_under_the_code_that_names_it(self):
        texts = ["Jeg vet ikke hva jeg skal gjøre i dag.", "I do not know what to do today."]
        assert detect_languages(texts, ["nb", "en"]).codes.tolist() == ["nb", "en"]
        assert detect_languages(texts, ["no", "en"]).codes.tolist() == ["no", "en"]

    def test_auto_takes_few_texts_of_a_language_for_the_likeliest_of_the_others_and_says_so(self):
        english = [f"The rain and the wind were strong all night, says number {n}." for n in range(150)]
        texts = [*english, "Der Regen und der Wind waren nachts sehr stark."]
        with pytest.warns(UncertainLanguageWarning) as warned:
            assert set(as_corpus(texts, languages="auto").language) == {"en"}
        assert [str(warning.message) for warning in warned] == [
            "1 of 151 documents seem to be in languages that fewer than 1% are in (1 de), in row 150. They are taken "
            "for the likeliest of ['en']. Name the languages to choose from, as in languages=['de', 'en'], or give "
            "the language of each document."
        ]

    def test_a_language_that_is_given_is_kept(self):
        assert as_corpus([("rain", "de")], languages="auto").language.tolist() == ["de"]

    def test_uncertain_languages_are_told(self):
        with pytest.warns(UncertainLanguageWarning) as warned:
            corpus = as_corpus([*self.TEXTS[:2], "Regen im Wind", "123"], languages=["en", "de"])
        assert corpus.language.tolist() == ["en", "de", "de", "de"]
        assert [str(warning.message) for warning in warned] == [
            "The language of 1 of 4 documents is uncertain (probability below 0.6), in row 3. Found: 3 de, 1 en. "
            "Name the languages to choose from, as in languages=['de', 'en'], or give the language of each "
            "document."
        ]

    def test_the_certainty_is_a_probability(self):
        detected = detect_languages(self.TEXTS)
        assert detected.certainty.shape == (3,)
        assert ((detected.certainty > 0) & (detected.certainty <= 1)).all()
        assert detect_languages(self.TEXTS, ["en"]).certainty.tolist() == [1, 1, 1]

    @pytest.mark.parametrize(
        ("texts", "languages", "message"),
        [
            (TEXTS, "en", "languages must be 'auto' or a sequence of codes, as in ['en']. Got 'en'."),
            (TEXTS, [], "languages must be 'auto' or a sequence of codes, as in ['en']. Got []."),
            (["123", "..."], "auto", "No text says anything of its language. Give the language of each document "
             "instead."),
            (["rain", None], ["en"], "1 row cannot be used: text is missing in row 1. Fill, correct or remove it "
             "first."),
        ],
    )  # fmt: skip
    def test_what_has_no_language_is_refused(self, texts, languages, message):
        with raises(InputError, message):
            as_corpus(texts, languages=languages)

    @pytest.mark.parametrize(
        ("texts", "languages", "error", "message"),
        [
            (["rain", None], None, InputError, "1 row cannot be used: text is missing in row 1. Fill, correct or remove it first."),
            ("one text", None, InputTypeError, "text is a single string, not a sequence of strings."),
            (TEXTS, [], InputError, "languages must be None or a sequence of codes, as in ['en']. Got []."),
            (TEXTS, "en", InputError, "languages must be None or a sequence of codes, as in ['en']. Got 'en'."),
        ],
    )  # fmt: skip
    def test_what_languages_cannot_be_detected_in_is_refused(self, texts, languages, error, message):
        with raises(error, message):
            detect_languages(texts, languages)

    def test_a_language_that_cannot_be_found_is_named(self):
        with pytest.raises(
            InputError, match=r"^The languages \['x-mine'\] cannot be found from text, only \['ace'"
        ):
            as_corpus(["rain"], languages=["x-mine", "en"])

    def test_a_missing_detector_is_named_with_its_extra(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "py3langid.langid", None)
        monkeypatch.setattr("skxtm.corpus.detection._identifier", detection._identifier.__wrapped__)
        with pytest.raises(MissingDependencyError) as caught:
            as_corpus(self.TEXTS, languages="auto")
        assert str(caught.value).startswith("Finding the language of texts needs the package 'py3langid'")
        assert str(caught.value).endswith("Install it with: pip install 'skxtm[detect]'.")


@pytest.mark.parametrize("kind", [set, frozenset])
def test_a_set_whose_rows_have_no_order_is_refused(kind):
    with pytest.raises(InputTypeError) as caught:
        as_corpus(kind({("rain", "en"), ("雨", "zh")}))
    assert str(caught.value) == (
        "X is a set, whose order differs from run to run, so that its rows have no numbers. Pass a list."
    )


USABLE_TEXTS, USABLE_CODES = ["rain today", ""], ["en", "EN", "de", "pt-BR"]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*USABLE_TEXTS, None, float("nan"), 3, "\ud800"]),
            st.sampled_from([*USABLE_CODES, "", "en ", "klingonian", None, 5]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_one_error_counts_and_names_all_rows_that_cannot_be_used(rows):
    bad = [
        row for row, (text, code) in enumerate(rows) if text not in USABLE_TEXTS or code not in USABLE_CODES
    ]
    texts, codes = zip(*rows, strict=True)
    if not bad:
        assert len(Corpus(codes, text=texts)) == len(rows)
        return
    with pytest.raises(InputError) as caught:
        Corpus(codes, text=texts)
    message = str(caught.value)
    assert message.startswith(f"{len(bad)} row{'s' if len(bad) > 1 else ''} cannot be used: ")
    named = {int(row) for rows in re.findall(r"in rows? ([\d, ]+)", message) for row in rows.split(", ")}
    assert named <= set(bad)
    assert " more" in message or named == set(bad)


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
@pytest.mark.parametrize("container", [list, pd.Series, lambda rows: np.array(rows, dtype=object)])
def test_a_missing_text_in_the_first_row_is_the_culprit(missing, container):
    with pytest.raises(InputError) as caught:
        as_corpus(container([missing, "rain", "sun"]), languages=["en"])
    assert str(caught.value) == (
        "1 row cannot be used: text is missing in row 0. Fill, correct or remove it first."
    )


@pytest.mark.parametrize("row", [("rain", "en"), {"text": "rain", "language": "en"}])
def test_a_missing_first_row_is_the_culprit(row):
    with pytest.raises(InputError) as caught:
        as_corpus([None, row])
    assert str(caught.value) == (
        "1 row cannot be used: text is missing in row 0. Fill, correct or remove it first."
    )


def test_an_object_array_whose_first_row_is_missing_holds_documents_still():
    rows = np.array([[np.nan, np.nan], ["rain", "en"]], dtype=object)
    with pytest.raises(InputError, match="text is missing in row 0; language is missing in row 0"):
        as_corpus(rows)


def test_a_sparse_matrix_by_a_dictionary_of_keys_is_a_matrix():
    counts = sparse.dok_array(np.array([[1, 0], [0, 2]]))
    assert as_corpus(counts).counts.toarray().tolist() == [[1, 0], [0, 2]]
    assert as_corpus(sparse.dok_matrix(counts)).counts.toarray().tolist() == [[1, 0], [0, 2]]


@pytest.mark.parametrize("kind", [np.array, sparse.csr_array, sparse.dok_array])
def test_counts_beyond_64_bits_are_too_large_and_not_negative(kind):
    with pytest.raises(InputError) as caught:
        as_corpus(kind(np.array([[2**63, 1]], dtype=np.uint64)))
    assert str(caught.value) == (
        "X contains 9223372036854775808, which is too large. Word counts must be below 2**63."
    )


@pytest.mark.parametrize("counts", [[[2**62, 2**62], [1, 0]], [[1e308, 1e308]], [[2**53, 2]]])
def test_counts_whose_sums_are_not_exact_are_refused(counts):
    with pytest.raises(
        InputError, match=r"^X adds up to .*, which is too large\. Word counts must add up to"
    ):
        as_corpus(np.array(counts))
    assert as_corpus(np.array([[2**53 - 1, 1]])).counts.sum() == 2**53


def test_rows_of_a_table_of_pandas_are_read_by_their_columns():
    table = pd.DataFrame({"n": [1, 2], "language": ["en", "de"], "text": ["rain", "Regen"]}, index=[7, 8])
    corpus = as_corpus([row for _, row in table.iterrows()])
    assert (corpus.text.tolist(), corpus.language.tolist()) == (["rain", "Regen"], ["en", "de"])
    unnamed = as_corpus([pd.Series(["rain", "en"]), pd.Series(["Regen", "de"])])
    assert unnamed.text.tolist() == ["rain", "Regen"]
    with raises(InputError, "Row 1 of X and the first row differ: only one has 'text'."):
        as_corpus([table.iloc[0], ("rain", "en")])
