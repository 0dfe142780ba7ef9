import copy
import pickle
import re
from itertools import pairwise

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from skxtm.corpus import Corpus, Document, same_vocabularies
from skxtm.exceptions import InputError, InputTypeError

VOCABULARIES = {"en": ["rain", "sun", "goal"], "zh": ["雨", "球"], "ja": ["雨"]}
STARTS = {"en": 0, "zh": 3, "ja": 5}
N_WORDS = 6
NO_COUNTS = "counts is empty. Give the word counts of at least one language."
NOT_BY_LANGUAGE = "{} must be a dict with one entry per language. Got 'list'."
DIFFERENT_VOCABULARIES = (
    "The corpora have different vocabularies. Vectorize them with one fitted CrossLingualVectorizer."
)


def dense_counts(language, rng):
    """Random counts over the joint vocabulary, non-zero in the columns of each row's own language only."""
    counts = np.zeros((len(language), N_WORDS), dtype=np.int32)
    for row, code in enumerate(language):
        start, size = STARTS[code], len(VOCABULARIES[code])
        counts[row, start : start + size] = rng.integers(0, 3, size)
    return counts


def make_corpus(language, *, with_counts=True, seed=0):
    """Make a corpus that knows all columns, each row recognisable in each of them."""
    rng = np.random.default_rng(seed)
    n = len(language)
    counts = {"counts": dense_counts(language, rng), "vocabularies": VOCABULARIES} if with_counts else {}
    return Corpus(
        language,
        text=[f"text {row}" for row in range(n)],
        embedding=rng.normal(size=(n, 3)).astype(np.float32),
        id=np.arange(n) * 10,
        pair_id=[("pair", row) for row in range(n)],
        **counts,
    )


def raises(error, message):
    return pytest.raises(error, match=f"^{re.escape(message)}$")


languages = st.lists(st.sampled_from(sorted(VOCABULARIES)), min_size=1, max_size=8)


@st.composite
def corpora_and_keys(draw):
    language = draw(languages)
    n = len(language)
    key = draw(
        st.one_of(
            st.lists(st.integers(-n, n - 1), max_size=2 * n),
            st.lists(st.integers(-n, n - 1), max_size=2 * n).map(lambda rows: np.array(rows, dtype=np.int64)),
            st.permutations(range(n)),
            st.lists(st.booleans(), min_size=n, max_size=n),
            st.lists(st.booleans(), min_size=n, max_size=n).map(lambda mask: np.array(mask, dtype=bool)),
            st.slices(n),
        )
    )
    with_rest = draw(st.sampled_from([None, Ellipsis, slice(None)]))
    return language, key, with_rest


@settings(deadline=None, max_examples=150)
@given(corpora_and_keys(), st.booleans())
def test_rows_are_taken_as_from_a_dense_array(case, with_counts):
    language, key, rest = case
    corpus = make_corpus(language, with_counts=with_counts)
    part = corpus[key] if rest is None else corpus[key, rest]
    rows = np.arange(len(language))[key if isinstance(key, slice) or len(key) else []]
    assert part.language.tolist() == [language[row] for row in rows]
    assert part.text.tolist() == [f"text {row}" for row in rows]
    assert part.id.tolist() == [row * 10 for row in rows]
    assert part.pair_id.tolist() == [("pair", row) for row in rows]
    np.testing.assert_array_equal(part.embedding, corpus.embedding[rows])
    assert part.has_counts == with_counts
    if with_counts:
        dense = dense_counts(language, np.random.default_rng(0))
        np.testing.assert_array_equal(part.counts.toarray(), dense[rows])
        for code in VOCABULARIES:
            own = [row for row in rows if language[row] == code]
            end = STARTS[code] + len(VOCABULARIES[code])
            np.testing.assert_array_equal(part.counts_of(code).toarray(), dense[own, STARTS[code] : end])


@settings(deadline=None, max_examples=50)
@given(languages, st.data())
def test_taking_rows_twice_is_taking_the_rows_of_the_rows(assert_same, language, data):
    corpus = make_corpus(language)
    first = np.array(data.draw(st.lists(st.integers(0, len(language) - 1), min_size=1)))
    second = np.array(data.draw(st.lists(st.integers(0, len(first) - 1), min_size=1)))
    assert_same(corpus[first][second], corpus[first[second]])


@settings(deadline=None, max_examples=50)
@given(languages)
def test_joint_counts_are_put_together_from_the_blocks_of_the_languages(language):
    corpus = make_corpus(language)
    expected = np.zeros((len(language), N_WORDS))
    for code in corpus.languages:
        for place, row in enumerate(corpus.rows_of(code)):
            for word, count in enumerate(corpus.counts_of(code).toarray()[place]):
                expected[row, STARTS[code] + word] = count
    np.testing.assert_array_equal(corpus.counts.toarray(), expected)
    np.testing.assert_array_equal(expected, dense_counts(language, np.random.default_rng(0)))


@settings(deadline=None, max_examples=50)
@given(languages, st.lists(st.integers(0, 8), max_size=3), st.booleans())
def test_parts_concatenated_are_the_whole(assert_same, language, cuts, with_counts):
    corpus = make_corpus(language, with_counts=with_counts)
    bounds = [0, *sorted(min(cut, len(language)) for cut in cuts), len(language)]
    parts = [corpus[start:stop] for start, stop in pairwise(bounds)]
    assert_same(Corpus.concatenate(parts), corpus)


def test_a_row_number_gives_the_document():
    corpus = make_corpus(["en", "zh", "en"])
    document = corpus[-1]
    assert isinstance(document, Document)
    assert (document.row, document.language, document.text, document.id) == (2, "en", "text 2", 20)
    assert document.pair_id == ("pair", 2)
    np.testing.assert_array_equal(document.embedding, corpus.embedding[2])
    np.testing.assert_array_equal(document.counts.toarray(), corpus.counts.toarray()[[2], :3])
    assert corpus[np.int64(1), ...].language == "zh"


def test_a_document_knows_no_more_than_its_corpus():
    document = Corpus(["en"])[0]
    assert document.language == "en"
    assert [document.text, document.embedding, document.counts, document.id, document.pair_id] == [None] * 5


def test_iteration_gives_every_document_in_order():
    corpus = make_corpus(["en", "zh", "en"])
    assert [document.text for document in corpus] == ["text 0", "text 1", "text 2"]


@pytest.mark.parametrize("row", [3, -4, [0, 3], np.array([1, -4]), np.uint8(3)])
def test_a_row_out_of_range_is_an_index_error(row):
    culprit = -4 if np.min(row) < 0 else 3
    with raises(IndexError, f"Row {culprit} is out of range: the Corpus has 3 documents."):
        make_corpus(["en", "zh", "en"])[row]


@pytest.mark.parametrize("key", [True, "en", [0.0], [[0, 1]]])
def test_a_key_that_names_no_rows_is_refused(key):
    message = "A Corpus is indexed by a row number, a slice, a mask or an array of row numbers."
    with raises(InputTypeError, message):
        make_corpus(["en", "zh", "en"])[key]


@pytest.mark.parametrize("mask", [[True, False], np.array([], dtype=bool)])
def test_a_mask_of_another_length_is_refused(mask):
    with raises(InputError, f"The mask has {len(mask)} entries, but the Corpus has 3 documents."):
        make_corpus(["en", "zh", "en"])[mask]


@pytest.mark.parametrize("key", [(0, 1), (0, np.array([0, 1])), (0, slice(1)), (0, ..., ...)])
def test_columns_cannot_be_chosen(key):
    with raises(InputError, "A Corpus is indexed by rows only: corpus[rows] or corpus[rows, ...]."):
        make_corpus(["en", "zh", "en"])[key]


def test_no_rows_make_an_empty_corpus_that_keeps_its_columns(assert_same):
    empty = make_corpus(["en", "zh"])[[]]
    assert len(empty) == 0
    assert empty.shape == (0, 3)
    assert empty.languages == ()
    assert empty.counts.shape == (0, N_WORDS)
    assert empty.counts_of("zh").shape == (0, 2)
    assert empty.embedding.shape == (0, 3)
    assert_same(empty[[]], empty)


def test_the_shape_is_that_of_the_table():
    assert Corpus(["en", "zh"], text=["a", "b"]).shape == (2, 2)
    assert Corpus(["en", "zh"], embedding=np.ones((2, 5))).shape == (2, 3)
    assert Corpus(["en", "zh"]).ndim == 2


def test_languages_follow_the_vocabularies_or_else_the_alphabet():
    vocabularies = {"zh": ["雨"], "ja": ["雨"], "en": ["rain"]}
    assert Corpus(["en", "zh"], counts=np.zeros((2, 3)), vocabularies=vocabularies).languages == ("zh", "en")
    assert Corpus(["zh", "en"]).languages == ("en", "zh")


def test_rows_of_a_language_ascend():
    corpus = Corpus(["en", "zh", "en"])
    assert corpus.rows_of("en").tolist() == [0, 2]
    assert corpus.rows_of("fr").tolist() == []


class TestSharedMemory:
    @pytest.fixture
    def blocks(self):
        rng = np.random.default_rng(0)
        return {
            code: sparse.csr_array(rng.integers(1, 4, (6, len(VOCABULARIES[code])))) for code in VOCABULARIES
        }

    @pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix])
    def test_counts_of_a_language_are_those_given(self, blocks, kind):
        given = {code: kind(block) for code, block in blocks.items()}
        corpus = Corpus.from_counts(given, VOCABULARIES)
        for code in VOCABULARIES:
            assert isinstance(corpus.counts_of(code), sparse.csr_array)
            for part in ("data", "indices", "indptr"):
                assert np.shares_memory(getattr(corpus.counts_of(code), part), getattr(given[code], part))

    @pytest.mark.parametrize("key", [slice(2, 15), np.arange(2, 15), slice(None)])
    def test_neighbouring_rows_share_the_counts(self, blocks, key):
        part = Corpus.from_counts(blocks, VOCABULARIES)[key]
        for code in part.languages:
            assert np.shares_memory(part.counts_of(code).data, blocks[code].data)
            assert np.shares_memory(part.counts_of(code).indices, blocks[code].indices)

    def test_documents_with_new_counts_share_their_columns(self):
        corpus = make_corpus(["en", "zh"], with_counts=False)
        counted = corpus.with_counts({"en": [[1, 0, 2]], "zh": [[0, 1]]}, VOCABULARIES)
        assert counted.counts.toarray().tolist() == [[1, 0, 2, 0, 0, 0], [0, 0, 0, 0, 1, 0]]
        assert not corpus.has_counts
        assert np.shares_memory(counted.embedding, corpus.embedding)
        assert np.shares_memory(counted.text, corpus.text)

    def test_arrays_of_one_language_are_not_copied(self, blocks):
        embedding = np.ones((6, 2))
        corpus = Corpus.from_counts({"en": blocks["en"]}, VOCABULARIES, embedding={"en": embedding})
        assert np.shares_memory(corpus.embedding, embedding)

    def test_a_memmap_stays_one_in_slices(self, tmp_path):
        vectors = np.memmap(tmp_path / "vectors", dtype=np.float32, mode="w+", shape=(4, 2))
        vectors[:] = np.arange(8).reshape(4, 2)
        corpus = Corpus(["en", "zh", "en", "zh"], embedding=vectors)
        assert corpus.embedding is vectors
        assert isinstance(corpus[1:3].embedding, np.memmap)
        assert isinstance(corpus[::2, ...].embedding, np.memmap)
        np.testing.assert_array_equal(corpus[[3, 0]].embedding, [[6, 7], [0, 1]])

    def test_the_counts_given_are_not_changed(self):
        parts = (np.array([1, 2, 0, 1]), np.array([1, 0, 2, 1]), np.array([0, 4]))
        given = sparse.csr_array(parts, shape=(1, 3))
        counts = Corpus.from_counts({"en": given}, VOCABULARIES).counts_of("en")
        assert given.data.tolist() == [1, 2, 0, 1]
        assert given.indices.tolist() == [1, 0, 2, 1]
        assert counts.data.tolist() == [2, 2]
        assert counts.indices.tolist() == [0, 1]


class TestFromCounts:
    def test_the_words_of_a_count_vectorizer_stand_at_their_columns(self):
        vectorizer = CountVectorizer()
        counts = vectorizer.fit_transform(["wind rain", "wind sun wind"])
        corpus = Corpus.from_counts({"en": counts}, {"en": vectorizer.vocabulary_})
        assert corpus.vocabularies["en"].tolist() == vectorizer.get_feature_names_out().tolist()
        assert corpus.vocabularies["en"].tolist() == ["rain", "sun", "wind"]

    def test_languages_are_stacked_in_the_order_of_the_counts(self):
        corpus = Corpus.from_counts(
            {"zh": [[1, 0], [0, 2]], "en": [[0, 0, 3]]},
            VOCABULARIES,
            text={"en": ["goal goal goal"], "zh": ["雨", "球 球"]},
            embedding={"en": [[0.5]], "zh": [[1.5], [2.5]]},
            id={"zh": ["a", "b"], "en": [7]},
        )
        assert corpus.language.tolist() == ["zh", "zh", "en"]
        assert corpus.text.tolist() == ["雨", "球 球", "goal goal goal"]
        assert corpus.embedding.tolist() == [[1.5], [2.5], [0.5]]
        assert corpus.id.tolist() == ["a", "b", 7]
        expected = [[0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 2, 0], [0, 0, 3, 0, 0, 0]]
        assert corpus.counts.toarray().tolist() == expected
        assert corpus.languages == ("en", "zh")

    def test_a_language_may_have_no_documents(self):
        corpus = Corpus.from_counts({"en": [[1, 0, 0]], "zh": np.zeros((0, 2))}, VOCABULARIES)
        assert corpus.languages == ("en",)
        assert corpus.counts_of("zh").shape == (0, 2)
        assert corpus.counts_of("ja").shape == (0, 1)

    @pytest.mark.parametrize(
        ("counts", "vocabularies", "columns", "error", "message"),
        [
            ({}, VOCABULARIES, {}, InputError, NO_COUNTS),
            ([[1]], VOCABULARIES, {}, InputTypeError, NOT_BY_LANGUAGE.format("counts")),
            ({"en": [[1]]}, ["rain"], {}, InputTypeError, NOT_BY_LANGUAGE.format("vocabularies")),
            (
                {"en": [[1]]},
                {"en": "rain"},
                {},
                InputTypeError,
                "vocabularies['en'] is a single string, not a sequence of strings.",
            ),
            (
                {"en": [[1, 2]]},
                {"en": {"rain": 1, "sun": 2}},
                {},
                InputError,
                "vocabularies['en'] is a dict whose values are not the columns 0 to 1 of its words, each once. "
                "Give a list of words in the order of their columns.",
            ),
            (
                {"en": [[1, 2]]},
                {"en": {"rain": 1.0, "sun": "0"}},
                {},
                InputError,
                "vocabularies['en'] is a dict whose values are not the columns 0 to 1 of its words, each once. "
                "Give a list of words in the order of their columns.",
            ),
            (
                {"en": [[1, 2]]},
                {"en": {"rain", "sun"}},
                {},
                InputTypeError,
                "vocabularies['en'] is a set, whose order is not known. Give a list of words in the order of their "
                "columns.",
            ),
            (
                {"en": [[1, 2]]},
                {"en": ["rain", 5]},
                {},
                InputError,
                "1 row cannot be used: vocabularies['en'] is 'int', not a string, in row 1. Fill, correct or remove it first.",
            ),
            (
                {"fr": [[1]], "de": [[1]]},
                VOCABULARIES,
                {},
                InputError,
                "language contains ['de', 'fr'], which have no vocabulary in vocabularies.",
            ),
            (
                {"fr": np.zeros((0, 1))},
                VOCABULARIES,
                {},
                InputError,
                "language contains ['fr'], which have no vocabulary in vocabularies.",
            ),
            (
                {"en": [[1, 2]]},
                VOCABULARIES,
                {},
                InputError,
                "counts['en'] has shape (1, 2), but its documents and words ask for (1, 3).",
            ),
            (
                {"en": [[1, -2, 0]]},
                VOCABULARIES,
                {},
                InputError,
                "Negative values in data: the minimum of counts['en'] is -2. Word counts must not be negative.",
            ),
            (
                {"en": [[1, 2, 0]]},
                VOCABULARIES,
                {"text": {}},
                InputError,
                "text['en'] has no rows, but counts has 1.",
            ),
            (
                {"en": [[1, 2, 0]]},
                VOCABULARIES,
                {"text": {"en": ["rain", "sun"]}},
                InputError,
                "text['en'] has 2 rows, but counts has 1.",
            ),
            (
                {"en": [[1, 2, 0]]},
                VOCABULARIES,
                {"text": ["rain"]},
                InputTypeError,
                NOT_BY_LANGUAGE.format("text"),
            ),
            (
                {"en": [[1, 2, 0]]},
                VOCABULARIES,
                {"id": {"en": [1], "zh": [2]}},
                InputError,
                "id has entries for ['zh'], for which counts has none.",
            ),
            (
                {"en": [[1, 2, 0]]},
                VOCABULARIES,
                {"text": {"en": [None]}},
                InputError,
                "1 row cannot be used: text['en'] is missing in row 0. Fill, correct or remove it first.",
            ),
            (
                {"en": [[1, 2]]},
                {"en": ["rain", "rain"]},
                {},
                InputError,
                "vocabularies['en'] holds 'rain' more than once. Add up the columns of equal words.",
            ),
            (
                {"en": [[1, 2, 0]], "zh": [[1, 2]]},
                VOCABULARIES,
                {"embedding": {"en": [[1.0]], "zh": [[1.0, 2.0]]}},
                InputError,
                "embedding has 1 dimensions in one part and 2 in another.",
            ),
        ],
    )
    def test_what_does_not_fit_is_refused(self, counts, vocabularies, columns, error, message):
        with raises(error, message):
            Corpus.from_counts(counts, vocabularies, **columns)

    def test_new_counts_are_needed_for_every_language(self):
        corpus = Corpus(["en", "zh", "ja"])
        with raises(InputError, "counts has no entry for ['ja', 'zh'], in which there are documents."):
            corpus.with_counts({"en": [[1, 0, 2]]}, VOCABULARIES)


class TestColumns:
    @pytest.mark.parametrize(
        ("columns", "error", "message"),
        [
            (
                {"text": ["rain", 5]},
                InputError,
                "1 row cannot be used: text is 'int', not a string, in row 1. Fill, correct or remove it first.",
            ),
            (
                {"text": [None, float("nan")]},
                InputError,
                "2 rows cannot be used: text is missing in rows 0, 1. Fill, correct or remove them first.",
            ),
            (
                {"text": [["rain"], ["sun"]]},
                InputError,
                "2 rows cannot be used: text is 'list', not a string, in rows 0, 1. Fill, correct or remove them first.",
            ),
            ({"text": "rain"}, InputTypeError, "text is a single string, not a sequence of strings."),
            ({"text": ["rain"]}, InputError, "text has 1 rows, but language has 2."),
            ({"embedding": np.ones((3, 2))}, InputError, "embedding has 3 rows, but language has 2."),
            (
                {"embedding": [[1.0, 2.0], [1.0]]},
                InputError,
                "embedding of row 1 has 1 dimensions, but that of row 0 has 2.",
            ),
            (
                {"embedding": [[1.0, 2.0], None]},
                InputTypeError,
                "embedding of row 1 is 'NoneType', not a vector of numbers.",
            ),
            (
                {"embedding": ["[1, 2]", "[3, 4]"]},
                InputTypeError,
                "embedding of row 0 is 'str', not a vector of numbers.",
            ),
            (
                {"embedding": [np.ones((2, 2)), np.ones((2, 2))]},
                InputTypeError,
                "embedding of row 0 is 'ndarray', not a vector of numbers.",
            ),
            (
                {"embedding": np.ones(2)},
                InputError,
                "embedding has shape (2,) and dtype float64; a floating-point array of shape (n_documents, "
                "n_dimensions) is needed.",
            ),
            (
                {"embedding": np.ones((2, 2), dtype=int)},
                InputError,
                "embedding has shape (2, 2) and dtype int64; a floating-point array of shape (n_documents, "
                "n_dimensions) is needed.",
            ),
            ({"id": [1, 2, 3]}, InputError, "id has 3 rows, but language has 2."),
            (
                {"pair_id": np.ones((2, 2))},
                InputError,
                "pair_id has shape (2, 2), but one label per document is needed.",
            ),
            (
                {"counts": np.ones((2, 2))},
                InputError,
                "counts and vocabularies belong together: give both, or neither.",
            ),
            (
                {"vocabularies": {"en": ["rain"]}},
                InputError,
                "counts and vocabularies belong together: give both, or neither.",
            ),
        ],
    )
    def test_a_column_that_does_not_fit_is_refused(self, columns, error, message):
        with raises(error, message):
            Corpus(["en", "zh"], **columns)

    @pytest.mark.parametrize("language", [["en", None], np.array(["en", None], dtype=object)])
    def test_a_language_that_is_not_a_string_is_refused(self, language):
        with raises(
            InputError,
            "1 row cannot be used: language is missing in row 1. Fill, correct or remove it first.",
        ):
            Corpus(language)

    @pytest.mark.parametrize(
        ("counts", "message"),
        [
            (
                [[1, 0, 0, 0, 0, 0], [0, 0, 0, -0.5, 0, 0]],
                "Negative values in data: the minimum of counts is -0.5. Word counts must not be negative.",
            ),
            (
                [[np.nan, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0]],
                "counts contains NaN or infinity. Word counts must be finite and not negative.",
            ),
            (
                [[np.inf, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0]],
                "counts contains NaN or infinity. Word counts must be finite and not negative.",
            ),
            (
                [[1, 0, 0, 0, 0], [0, 0, 0, 1, 0]],
                "counts has shape (2, 5), but language and vocabularies ask for (2, 6).",
            ),
            (
                [[1, 0, 0, 2, 0, 0], [0, 0, 0, 1, 0, 0]],
                "Documents in 'en' have counts in the columns of another language.",
            ),
            (
                [[1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, 1]],
                "Documents in 'zh' have counts in the columns of another language.",
            ),
        ],
    )
    @pytest.mark.parametrize("convert", [lambda counts: counts, sparse.csr_array])
    def test_impossible_counts_are_refused(self, counts, message, convert):
        with raises(InputError, message):
            Corpus(["en", "zh"], counts=convert(counts), vocabularies=VOCABULARIES)

    @pytest.mark.parametrize(
        "counts",
        [[["1", "0"]], [1.0, 2.0], sparse.coo_array(np.ones(3)), sparse.csr_array(np.ones((2, 6), complex))],
    )
    def test_counts_that_are_no_numeric_matrix_are_refused(self, counts):
        given = counts if sparse.issparse(counts) else np.array(counts)
        message = (
            f"counts has shape {given.shape} and dtype {given.dtype}; a numeric matrix of shape "
            "(n_documents, n_words) is needed."
        )
        with raises(InputError, message):
            Corpus(["en", "zh"], counts=counts, vocabularies=VOCABULARIES)

    def test_a_language_without_vocabulary_is_refused(self):
        with raises(InputError, "language contains ['fr'], which have no vocabulary in vocabularies."):
            Corpus(["en", "fr"], counts=np.zeros((2, 6)), vocabularies=VOCABULARIES)

    def test_zeros_stored_in_another_language_are_no_counts(self):
        parts = (np.array([1, 0]), np.array([0, 4]), np.array([0, 2]))
        corpus = Corpus(["en"], counts=sparse.csr_array(parts, shape=(1, 6)), vocabularies=VOCABULARIES)
        assert corpus.counts.indices.tolist() == [0]

    def test_labels_of_any_kind_stay_what_they_are(self):
        corpus = Corpus(["en", "zh"], id=[("a", 1), ("b", 2)], pair_id=[1, "one"])
        assert corpus.id.tolist() == [("a", 1), ("b", 2)]
        assert corpus.pair_id.tolist() == [1, "one"]
        assert Corpus(["en"], id=np.array([3])).id.dtype == np.int64

    def test_numpy_strings_become_strings(self):
        for text in (np.array(["rain", "雨"]), list(np.array(["rain", "雨"]))):
            corpus = Corpus(np.array(["en", "zh"]), text=text)
            assert {type(value) for value in [*corpus.text, *corpus.language]} == {str}

    def test_float_vectors_keep_their_precision_and_lists_become_single(self):
        assert Corpus(["en"], embedding=np.ones((1, 2), dtype=np.float64)).embedding.dtype == np.float64
        assert Corpus(["en"], embedding=[np.ones(2, dtype=np.float16)]).embedding.dtype == np.float16
        assert Corpus(["en"], embedding=[[1, 2]]).embedding.dtype == np.float32
        assert Corpus([], embedding=[]).embedding.shape == (0, 0)


def test_counts_that_are_not_known_are_asked_for():
    corpus = Corpus(["en"], text=["rain"])
    for ask in (lambda: corpus.counts, lambda: corpus.counts_of("en")):
        with raises(InputError, "This Corpus has no counts. Make them with CrossLingualVectorizer."):
            ask()


def test_counts_of_a_language_without_vocabulary_are_refused():
    with raises(InputError, "language 'fr' has no vocabulary in this Corpus; it has ['en', 'zh', 'ja']."):
        make_corpus(["en"]).counts_of("fr")


class TestConcatenate:
    def test_a_part_without_a_language_leaves_the_type_of_its_counts(self):
        first = Corpus.from_counts({"en": np.ones((1, 3), dtype=np.float32)}, VOCABULARIES)
        second = Corpus.from_counts({"zh": np.ones((1, 2), dtype=np.float32)}, VOCABULARIES)
        assert Corpus.concatenate([first, second]).counts_of("zh").dtype == np.float32

    def test_labels_of_different_kinds_stay_what_they_are(self):
        parts = [Corpus(["en"], id=np.array([1])), Corpus(["zh"], id=np.array(["a"]))]
        assert Corpus.concatenate(parts).id.tolist() == [1, "a"]

    @pytest.mark.parametrize(
        ("corpora", "message"),
        [
            ([], "Corpus.concatenate needs at least one Corpus, got none."),
            (
                [Corpus(["en"], text=["rain"]), Corpus(["en"])],
                "text is known in some of the corpora only; give it to all or to none.",
            ),
            (
                [Corpus(["en"], embedding=[[1.0]]), Corpus(["en"], embedding=[[1.0, 2.0]])],
                "embedding has 1 dimensions in one part and 2 in another.",
            ),
            ([make_corpus(["en"]), make_corpus(["en"], with_counts=False)], DIFFERENT_VOCABULARIES),
            (
                [
                    Corpus.from_counts({"en": [[1]]}, {"en": ["rain"]}),
                    Corpus.from_counts({"en": [[1]]}, {"en": ["sun"]}),
                ],
                DIFFERENT_VOCABULARIES,
            ),
        ],
    )
    def test_corpora_that_do_not_fit_are_refused(self, corpora, message):
        with raises(InputError, message):
            Corpus.concatenate(corpora)


@pytest.mark.parametrize(
    ("corpus", "expected"),
    [
        (Corpus([]), "Corpus(no documents)"),
        (Corpus(["zh", "en", "zh"], text=["a", "b", "c"]), "Corpus(3 documents: 1 en, 2 zh; text)"),
        (Corpus(["en"] * 1200), "Corpus(1,200 documents: 1,200 en)"),
        (
            Corpus(["en"], id=[1], pair_id=[2], embedding=np.ones((1, 7))),
            "Corpus(1 documents: 1 en; id, pair_id, embedding (7))",
        ),
        (
            Corpus.from_counts({"zh": [[1500, 0]], "en": [[0.5, 0, 0.5]]}, VOCABULARIES),
            "Corpus(2 documents: 1 en, 1 zh; 6 words, 1,501 tokens)",
        ),
        (
            make_corpus(["en", "ja"])[[]],
            "Corpus(no documents; 6 words, 0 tokens; text, id, pair_id, embedding (3))",
        ),
    ],
)
def test_the_representation_tells_what_is_known(corpus, expected):
    assert repr(corpus) == expected


def copies(corpus):
    yield copy.copy(corpus)
    yield copy.deepcopy(corpus)
    yield pickle.loads(pickle.dumps(corpus))


@pytest.mark.parametrize("with_counts", [False, True])
@pytest.mark.parametrize("key", [slice(None), slice(1, 4), slice(None, None, 2), [3, 0, 0, 1], []])
def test_copies_are_equal_and_hash_alike(assert_same, key, with_counts):
    part = make_corpus(["en", "zh", "en", "ja", "zh"], with_counts=with_counts)[key]
    for twin in copies(part):
        assert_same(twin, part)
        assert joblib.hash(twin) == joblib.hash(part)


def test_using_the_counts_leaves_the_hash():
    corpus = make_corpus(["en", "zh", "en"])
    part = corpus[[2, 0]]
    before = joblib.hash(part)
    assert part.counts_of("en").has_canonical_format
    assert part.counts_of("en").sum() == part.counts.sum()
    assert joblib.hash(part) == before


def test_the_same_documents_in_a_memmap_hash_alike(tmp_path):
    vectors = np.memmap(tmp_path / "vectors", dtype=np.float32, mode="w+", shape=(2, 3))
    assert joblib.hash(Corpus(["en", "zh"], embedding=vectors)) == joblib.hash(
        Corpus(["en", "zh"], embedding=np.zeros((2, 3), dtype=np.float32))
    )


@pytest.mark.parametrize("name", ["language", "text", "embedding", "id", "pair_id", "counts"])
def test_a_difference_in_any_column_changes_the_hash(name):
    corpus = make_corpus(["en", "en"])
    other = make_corpus(["en", "en"])
    columns = {
        "language": np.array(["en", "zh"], dtype=object),
        "text": np.array(["text 0", "text 2"], dtype=object),
        "embedding": corpus.embedding + 1,
        "id": corpus.id + 1,
        "pair_id": corpus.pair_id[::-1],
    }
    if name == "counts":
        other = corpus.with_counts({"en": corpus.counts_of("en") * 2}, VOCABULARIES)
    else:
        setattr(other, name, columns[name])
    assert joblib.hash(other) != joblib.hash(corpus)


def test_pickling_a_slice_leaves_the_other_rows_behind():
    corpus = Corpus.from_counts(
        {"en": np.ones((5000, 3))}, VOCABULARIES, embedding={"en": np.ones((5000, 4))}
    )
    assert len(pickle.dumps(corpus[10:20])) < len(pickle.dumps(corpus)) / 50


def test_vocabularies_are_the_same_if_words_and_order_are():
    words = {"en": np.array(["rain", "sun"], dtype=object), "zh": np.array(["雨"], dtype=object)}
    assert same_vocabularies(words, {code: column.copy() for code, column in words.items()})
    assert same_vocabularies(None, None)
    assert not same_vocabularies(words, None)
    assert not same_vocabularies(words, dict(reversed(words.items())))
    assert not same_vocabularies(words, {**words, "en": words["en"][::-1]})
    assert not same_vocabularies(words, {"en": words["en"]})


def test_what_is_no_corpus_is_not_concatenated():
    corpus = Corpus(["en"], text=["rain"])
    for wrong, message in (
        (corpus, "Got 'Corpus'."),
        (5, "Got 'int'."),
        ([corpus, [("rain", "en")]], "Got 'list' at place 1: read it by as_corpus first."),
    ):
        with raises(InputTypeError, f"Corpus.concatenate needs a list of Corpus. {message}"):
            Corpus.concatenate(wrong)


def test_one_label_is_not_that_of_each_document():
    with raises(InputTypeError, "id is 5, but one label per document is needed."):
        Corpus(["en"], id=5)
    with raises(InputTypeError, "pair_id is 'ab', but one label per document is needed."):
        Corpus(["en", "en"], pair_id="ab")
    with raises(InputTypeError, "id['en'] is 7, but one label per document is needed."):
        Corpus.from_counts({"en": [[1]]}, {"en": ["rain"]}, id={"en": 7})


@pytest.mark.parametrize(("texts", "name"), [({"a": "b"}, "dict"), ({"a"}, "set"), (5, "int")])
def test_texts_are_in_an_order(texts, name):
    with raises(InputTypeError, f"text is {name!r}, not a sequence of strings."):
        Corpus(["en"], text=texts)
