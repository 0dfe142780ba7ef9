import gzip
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from skxtm.corpus import Corpus
from skxtm.exceptions import AbsentWordsWarning, InputError, InputTypeError
from skxtm.metrics import AlignedReference, cnpmi_score, npmi_score

ENGLISH = ["rain and rain", "", "goal", "rain goal"]
CHINESE = ["雨 雨 雨", "球", "进球 雨", "雨"]


@pytest.fixture
def reference():
    return AlignedReference.from_texts({"en": ENGLISH, "zh": CHINESE})


def assert_same_counts(first, second):
    assert first.languages == second.languages
    assert first.n_documents == second.n_documents
    for language in first.languages:
        words = [*first._columns[language], *second._columns[language], "unknown"]
        np.testing.assert_array_equal(
            first.document_counts(language, words), second.document_counts(language, words)
        )
        np.testing.assert_array_equal(
            first.token_counts(language, words), second.token_counts(language, words)
        )
    pair = (first.languages * 2)[:2]
    words = [list(first._columns[language]) for language in pair]
    np.testing.assert_array_equal(
        first.pair_counts(pair[0], words[0], pair[1], words[1]),
        second.pair_counts(pair[0], words[0], pair[1], words[1]),
    )


def test_documents_tokens_and_pairs_are_counted(reference):
    assert reference.n_documents == 4
    np.testing.assert_array_equal(reference.document_counts("en", ["rain", "goal", "snow"]), [2, 2, 0])
    np.testing.assert_array_equal(reference.token_counts("en", ["rain", "goal", "snow"]), [3, 2, 0])
    np.testing.assert_array_equal(reference.token_counts("zh", ["雨"]), [5])
    np.testing.assert_array_equal(
        reference.pair_counts("en", ["snow", "rain", "goal"], "zh", ["雨", "雪", "球"]),
        [[0, 0, 0], [2, 0, 0], [2, 0, 0]],
    )


def test_a_language_may_be_named_by_any_of_its_codes(reference):
    pairs = reference.pair_counts("en", ["rain", "goal"], "zh", ["雨"])
    np.testing.assert_array_equal(reference.pair_counts("eng", ["rain", "goal"], "zh-Hans", ["雨"]), pairs)
    np.testing.assert_array_equal(reference.document_counts("eng", ["rain"]), [2])
    np.testing.assert_array_equal(reference.token_counts("zho", ["雨"]), [5])


def test_lists_of_words_and_generators_are_texts_too(reference):
    lists = AlignedReference.from_texts(
        {"en": (text.split() for text in ENGLISH), "zh": (tuple(text.split()) for text in CHINESE)}
    )
    assert_same_counts(lists, reference)


@pytest.mark.parametrize("dtype", [int, bool])
def test_matrices_of_counts_are_taken_as_incidences_and_left_alone(dtype):
    counts = sparse.csc_array(np.array([[2, 0], [0, 1]], dtype=dtype))
    counts.data[1] = 0
    reference = AlignedReference(
        {"en": counts, "zh": [[1.0], [0.0]]}, {"en": ["rain", "goal"], "zh": np.array(["雨"])}
    )
    np.testing.assert_array_equal(reference.document_counts("en", ["rain", "goal"]), [1, 0])
    assert counts.nnz == 2
    np.testing.assert_array_equal(counts.indices, [0, 1])


def test_words_with_their_columns_are_counted_in_these():
    reference = AlignedReference({"en": [[1, 0], [1, 0], [0, 1]]}, {"en": {"wind": 1, "rain": 0}})
    assert reference.document_counts("en", ["rain", "wind"]).tolist() == [2, 1]


def test_repr_says_how_many_documents_and_words(reference):
    assert repr(reference) == "AlignedReference(n_documents=4, n_words={'en': 3, 'zh': 3})"


def test_a_reference_survives_pickling(reference):
    assert_same_counts(pickle.loads(pickle.dumps(reference)), reference)


def test_plain_and_gzipped_files_are_read(tmp_path, reference):
    (tmp_path / "en.txt").write_text("\n".join(ENGLISH) + "\n", encoding="utf-8")
    with gzip.open(tmp_path / "zh.txt.gz", "wt", encoding="utf-8") as lines:
        lines.write("\n".join(CHINESE))
    assert_same_counts(AlignedReference.read(tmp_path), reference)
    assert AlignedReference.read(str(tmp_path), ["zh", "en"]).languages == ("zh", "en")


def test_files_may_be_named_by_any_code_of_a_language(tmp_path):
    for name in ("eng", "zh-Hant", "README"):
        (tmp_path / f"{name}.txt").write_text("rain\n", encoding="utf-8")
    assert AlignedReference.read(tmp_path).languages == ("en", "zh")
    assert AlignedReference.read(tmp_path, ["ZH"]).languages == ("zh",)


def test_only_a_newline_ends_a_text(tmp_path):
    (tmp_path / "en.txt").write_bytes("rain\u2028wind\rsnow\r\ngoal\r\n".encode())
    (tmp_path / "zh.txt").write_bytes("雨\x0b风\n进球\n".encode())
    assert AlignedReference.read(tmp_path).n_documents == 2


def test_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path):
    (tmp_path / "en.txt").write_text("rain wind\nrain\n", encoding="utf-8-sig")
    with gzip.open(tmp_path / "zh.txt.gz", "wt", encoding="utf-8-sig") as lines:
        lines.write("雨 风\n雨\n")
    for match in ("literal", "normal"):
        reference = AlignedReference.read(tmp_path, match=match)
        assert reference.document_counts("en", ["rain"]).tolist() == [2]
        assert reference.document_counts("zh", ["雨"]).tolist() == [2]


def test_a_file_that_is_no_text_in_utf_8_is_named_with_the_line(tmp_path):
    (tmp_path / "en.txt").write_text("rain\nwind\n", encoding="utf-8")
    (tmp_path / "zh.txt").write_bytes("rain\n雨\n".encode("gb18030"))
    with pytest.raises(InputError) as caught:
        AlignedReference.read(tmp_path)
    assert str(caught.value) == (
        "zh.txt is not text in UTF-8 (invalid continuation byte in line 2). Write it again in UTF-8."
    )


def test_a_damaged_gzip_file_is_named(tmp_path):
    whole = gzip.compress(b"rain wind\n" * 100)
    for content in (whole[:-20], b"rain\nwind\n", whole[:12] + bytes(4) + whole[16:]):
        (tmp_path / "en.txt.gz").write_bytes(content)
        with pytest.raises(InputError) as caught:
            AlignedReference.read(tmp_path)
        assert str(caught.value).startswith("en.txt.gz is a damaged gzip file (")
        assert str(caught.value).endswith("). Fetch or write it again.")


def test_files_with_different_numbers_of_lines_are_refused(tmp_path):
    (tmp_path / "en.txt").write_text("rain\nwind\n", encoding="utf-8")
    (tmp_path / "zh.txt").write_text("雨\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        AlignedReference.read(tmp_path)
    assert str(caught.value) == (
        "The languages of the reference have different numbers of documents: en 2, zh 1. "
        "Row i must be the same text in every language."
    )


def test_a_missing_file_is_named(tmp_path):
    (tmp_path / "en.txt").write_text("rain\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        AlignedReference.read(tmp_path, ["en", "ja"])
    assert str(caught.value) == (
        f"The folder {str(tmp_path)!r} has no file named ja.txt or ja.txt.gz. "
        "It has files for the languages ['en']."
    )


def test_a_folder_without_texts_is_refused(tmp_path):
    with pytest.raises(InputError) as caught:
        AlignedReference.read(tmp_path / "nowhere")
    assert str(caught.value) == (
        f"The folder {str(tmp_path / 'nowhere')!r} has no file named {{language}}.txt or {{language}}.txt.gz."
    )


def corpus_of(pair_ids):
    counts = {
        "en": sparse.csr_array([[2, 0], [0, 1], [1, 1]]),
        "zh": sparse.csr_array([[0, 1], [3, 0], [1, 0]]),
    }
    return Corpus.from_counts(counts, {"en": ["rain", "goal"], "zh": ["雨", "进球"]}, pair_id=pair_ids)


def test_rows_of_a_corpus_are_aligned_by_pair_id():
    corpus = corpus_of({"en": ["a", "b", "alone"], "zh": ["b", "a", "other"]})
    expected = AlignedReference.from_texts({"en": ["rain rain", "goal"], "zh": ["雨 雨 雨", "进球"]})
    assert_same_counts(AlignedReference.from_corpus(corpus), expected)


def test_rows_of_one_language_with_one_pair_id_are_one_text():
    corpus = corpus_of({"en": [7, 8, 7], "zh": [8, 7, 7]})
    expected = AlignedReference.from_texts(
        {"en": ["rain rain rain goal", "goal"], "zh": ["雨 雨 雨 雨", "进球"]}
    )
    assert_same_counts(AlignedReference.from_corpus(corpus), expected)


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT], ids=repr)
def test_rows_without_a_pair_id_are_left_out(missing):
    corpus = corpus_of({"en": [1, missing, missing], "zh": [missing, 1, missing]})
    assert AlignedReference.from_corpus(corpus).n_documents == 1


def test_a_corpus_without_pair_ids_or_counts_is_refused():
    with pytest.raises(InputError) as caught:
        AlignedReference.from_corpus(corpus_of(None))
    assert str(caught.value) == (
        "An aligned reference needs a corpus with counts and pair_id. It has no pair_id. Give Corpus(..., "
        "pair_id=labels), the same label to the same text in each language."
    )
    with pytest.raises(InputError) as caught:
        AlignedReference.from_corpus(Corpus(["en", "zh"], text=["rain", "雨"], pair_id=[1, 1]))
    assert str(caught.value) == (
        "An aligned reference needs a corpus with counts and pair_id. It has no counts. Make them with "
        "CrossLingualVectorizer."
    )


def test_what_is_no_corpus_is_refused():
    with pytest.raises(InputTypeError) as caught:
        AlignedReference.from_corpus([("rain", "en"), ("雨", "zh")])
    assert str(caught.value) == (
        "corpus must be a Corpus with counts and pair_id. Got 'list'; for texts there is AlignedReference.from_texts."
    )


def test_in_one_language_every_row_of_a_corpus_is_a_text_without_pair_ids():
    corpus = Corpus.from_counts({"en": [[1, 2], [0, 1], [3, 0]]}, {"en": ["rain", "wind"]})
    reference = AlignedReference.from_corpus(corpus)
    assert_same_counts(
        reference, AlignedReference.from_texts({"en": ["rain wind wind", "wind", "rain rain rain"]})
    )
    # together in 1 of 3 texts, each in 2
    expected = np.log((1 / 3) / (2 / 3) ** 2) / -np.log(1 / 3)
    assert npmi_score([{"en": ["rain", "wind"]}], reference, n_words=2) == pytest.approx(expected)
    with pytest.raises(InputError, match="CNPMI compares at least two languages"):
        cnpmi_score([{"en": ["rain", "wind"]}], reference, n_words=2)


def test_a_corpus_without_a_common_pair_id_is_refused():
    with pytest.raises(InputError) as caught:
        AlignedReference.from_corpus(corpus_of({"en": [1, 2, 3], "zh": [4, 5, 6]}))
    assert str(caught.value) == (
        "No pair_id of the corpus is found in all its languages ['en', 'zh']; "
        "rows that are the same text must have the same pair_id."
    )


EYE = np.eye(2)
WORDS = {"en": ["rain", "goal"], "zh": ["雨", "进球"]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({}, WORDS), "A reference needs at least one language. Got none."),
        (
            ({"en": EYE, "ja": EYE}, WORDS),
            "incidences has the languages ['en', 'ja'], but vocabularies has ['en', 'zh'].",
        ),
        (
            ({"en": EYE, "zh": EYE}, WORDS, {"en": [1, 1]}),
            "incidences has the languages ['en', 'zh'], but token_counts has ['en'].",
        ),
        (
            ({"en": EYE, "zh": np.ones((2, 3))}, WORDS),
            "incidences['zh'] has 3 columns, but the vocabulary of this language holds 2 words.",
        ),
        (
            ({"en": EYE, "zh": EYE}, WORDS, {"en": [1, 1], "zh": [1]}),
            "token_counts['zh'] has 1 columns, but the vocabulary of this language holds 2 words.",
        ),
        (
            ({"en": EYE, "zh": EYE}, {"en": ["rain", "rain"], "zh": ["雨", "进球"]}),
            "The vocabulary of language 'en' holds a word twice.",
        ),
        (
            ({"en": EYE, "zh": EYE}, {"en": ["rain", "goal"], "zh": []}),
            "The reference has no word in language 'zh'.",
        ),
        (({"en": np.ones((0, 2)), "zh": np.ones((0, 2))}, WORDS), "The reference has no documents."),
    ],
)
def test_inconsistent_parts_are_refused(arguments, message):
    incidences, vocabularies, *token_counts = arguments
    with pytest.raises(InputError) as caught:
        AlignedReference(incidences, vocabularies, token_counts=token_counts[0] if token_counts else None)
    assert str(caught.value) == message


def test_texts_that_are_no_texts_are_refused():
    with pytest.raises(InputTypeError) as caught:
        AlignedReference.from_texts({"en": ["rain", None], "zh": ["雨", "风"]})
    assert str(caught.value) == (
        "Text 1 of language 'en' must be a str or a list of words. Got NoneType instead."
    )
    with pytest.raises(InputTypeError) as caught:
        AlignedReference.from_texts({"en": "rain", "zh": ["雨"]})
    assert str(caught.value) == "The texts of language 'en' are one str; give a list of texts."


def test_tokens_cannot_be_counted_in_a_bare_incidence():
    reference = AlignedReference({"en": EYE, "zh": EYE}, WORDS)
    with pytest.raises(InputError) as caught:
        reference.token_counts("en", ["rain"])
    assert str(caught.value) == (
        "This reference holds no token counts. Give token_counts to AlignedReference, or build it "
        "with from_texts, read or from_corpus."
    )


def test_the_shared_reference_is_read(data_home):
    reference = AlignedReference.read(data_home / "reference" / "en_zh")
    assert reference.languages == ("en", "zh")
    assert reference.n_documents == 21083


def test_words_are_found_in_any_spelling():
    reference = AlignedReference.from_texts(
        {"de": ["Straße Wind", "STRASSE", "Tor"], "zh": ["網絡 风", "网络", "进球"]}
    )
    assert reference.document_counts("de", ["strasse", "straße", "tor"]).tolist() == [2, 2, 1]
    assert reference.document_counts("zh-TW", ["网络", "網絡", "風"]).tolist() == [2, 2, 1]
    assert reference.pair_counts("de", ["Strasse"], "zh", ["網絡"]).tolist() == [[2]]
    topics = [
        {"de": ["strasse", "wind"], "zh": ["網絡", "風"]},
        {"de": ["straße", "Wind"], "zh": ["网络", "风"]},
    ]
    assert len(set(cnpmi_score(topics, reference, n_words=2, per_topic=True))) == 1
    assert cnpmi_score(topics, reference, n_words=2) > 0


def test_words_are_found_as_they_are_written_on_request(tmp_path):
    texts, words = ["Straße", "STRASSE", "Tor"], ["strasse", "Straße", "tor"]
    (tmp_path / "de.txt").write_text("\n".join(texts), encoding="utf-8")
    corpus = Corpus.from_counts({"de": np.eye(3, dtype=int)}, {"de": texts})
    for make, source in (
        (AlignedReference.from_texts, {"de": texts}),
        (AlignedReference.read, tmp_path),
        (AlignedReference.from_corpus, corpus),
    ):
        assert make(source).document_counts("de", words).tolist() == [2, 2, 1]
        assert make(source, match="literal").document_counts("de", words).tolist() == [0, 1, 0]
    with pytest.raises(InputError) as caught:
        AlignedReference.from_texts({"de": ["Tor"]}, match="light")
    assert str(caught.value) == (
        "The 'match' parameter of AlignedReference must be a str among {'normal', 'literal'}. Got 'light' instead."
    )


SPELLINGS = {
    "strasse": ["Straße", "STRASSE", "strasse"],
    "dont": ["don't", "Don’t"],
    "wind": ["wind", "Wind"],
}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from([(form, word) for form in SPELLINGS for word in SPELLINGS[form]]), max_size=6
        ),
        min_size=1,
        max_size=6,
    ).filter(any),
    st.randoms(use_true_random=False),
)
def test_all_spellings_of_a_word_are_counted_together(texts, draw):
    reference = AlignedReference.from_texts({"de": [[word for _, word in text] for text in texts]})
    spelled = [draw.choice(SPELLINGS[form]) for form in SPELLINGS]
    in_texts = [[form for form, _ in text] for text in texts]
    documents = [sum(form in text for text in in_texts) for form in SPELLINGS]
    tokens = [sum(text.count(form) for text in in_texts) for form in SPELLINGS]
    pairs = [[sum(a in text and b in text for text in in_texts) for b in SPELLINGS] for a in SPELLINGS]
    assert reference.document_counts("de", spelled).tolist() == documents
    assert reference.token_counts("de", spelled).tolist() == tokens
    assert reference.pair_counts("de", spelled, "de", spelled).tolist() == pairs


@pytest.mark.parametrize("score", [cnpmi_score, npmi_score])
def test_top_words_that_the_reference_lacks_are_told(score):
    reference = AlignedReference.from_texts({"en": ["rain wind", "goal"], "zh": ["雨 风", "进球"]})
    topics = [{"en": ["rain", "hail"], "zh": ["雨", "风"]}]
    with pytest.warns(AbsentWordsWarning) as warned:
        score(topics, reference, n_words=2)
    assert [str(warning.message) for warning in warned] == [
        "1 of 2 top words in 'en' are absent from the reference, where they count 0: ['hail']. A larger "
        "reference, or one cut into words as the model's texts were, may hold them."
    ]
    assert warned[0].filename == __file__


@pytest.mark.parametrize(
    "count",
    [
        lambda reference: reference.document_counts("fr", ["pluie"]),
        lambda reference: reference.token_counts("fr", ["pluie"]),
        lambda reference: reference.pair_counts("en", ["rain"], "fr", ["pluie"]),
        lambda reference: reference.pair_counts("fr", ["pluie"], "en", ["rain"]),
    ],
)
def test_a_language_that_the_reference_lacks_is_named_with_those_it_has(count):
    reference = AlignedReference.from_texts({"en": ["rain"], "zh": ["雨"]})
    with pytest.raises(InputError) as caught:
        count(reference)
    assert str(caught.value) == "The reference has the languages ['en', 'zh'], but not 'fr'."


@pytest.mark.parametrize("word", [None, ["rain"], ("rain", 2)])
def test_a_word_that_is_no_str_is_named_with_its_text(word):
    with pytest.raises(InputTypeError) as caught:
        AlignedReference.from_texts({"en": [["rain"], ["wind", word]]})
    assert str(caught.value) == f"Text 1 of language 'en' holds {word!r}, which is no str. Give words only."


def test_languages_to_read_are_no_str(tmp_path):
    (tmp_path / "en.txt").write_text("rain", encoding="utf-8")
    with pytest.raises(InputTypeError) as caught:
        AlignedReference.read(tmp_path, "en")
    assert str(caught.value) == "languages is one str; give a list of codes, such as ['en']."
