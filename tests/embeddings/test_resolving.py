import re

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.exceptions import NotFittedError

from skxtm.corpus import Corpus
from skxtm.datasets import make_multilingual_corpus
from skxtm.embeddings import (
    AlignedWordEncoder,
    SentenceTransformerEncoder,
    resolve_document_embeddings,
    resolve_word_embeddings,
)
from skxtm.embeddings.resolving import fitted_encoder
from skxtm.exceptions import InputError, InputTypeError, MissingResourceError
from skxtm.lexicon import Lexicon

N_WORDS = 40


@pytest.fixture(scope="module")
def made():
    return make_multilingual_corpus(50, vocabulary_sizes=N_WORDS, random_state=0)


class LengthEncoder:
    """Encodes a text by its length; knows no languages."""

    def encode(self, texts):
        return [[len(text), 1.0] for text in texts]


class CodeEncoder(LengthEncoder):
    """Also encodes words, by their language."""

    def encode_words(self, words, language):
        return np.full((len(words), 3), {"en": 1.0, "zh": 2.0}[language])


def documents():
    return Corpus(["en", "zh", "en"], text=["rain", "雨", "sunshine"])


def test_nothing_given_means_words_aligned_by_the_lexicon(made):
    vectors = resolve_word_embeddings(None, made.corpus, made.lexicon, random_state=0)
    expected = AlignedWordEncoder(random_state=0).fit(made.corpus, lexicons=made.lexicon).word_vectors_
    assert list(vectors) == ["en", "zh"]
    for code in vectors:
        np.testing.assert_array_equal(vectors[code], expected[code])


def test_arrays_are_taken_as_they_are(made):
    given = {code: np.arange(N_WORDS * 3.0).reshape(N_WORDS, 3) for code in ("fr", "zh", "en")}
    vectors = resolve_word_embeddings(given, made.corpus)
    assert list(vectors) == ["en", "zh"]
    assert vectors["zh"].dtype == np.float32
    np.testing.assert_array_equal(vectors["zh"], given["zh"])


def test_arrays_of_the_wrong_size_are_named_with_language_and_sizes(made):
    with pytest.raises(InputError) as error:
        resolve_word_embeddings({"en": np.ones((N_WORDS, 3)), "zh": np.ones((7, 3))}, made.corpus)
    assert str(error.value) == (
        "word_embeddings['zh'] has shape (7, 3), but the vocabulary of 'zh' has 40 words; one row per "
        "word is needed."
    )


def test_a_fitted_encoder_is_used_and_an_unfitted_one_is_fitted_as_a_copy(made):
    unfitted = AlignedWordEncoder(n_dimensions=7, random_state=0)
    by_copy = resolve_word_embeddings(unfitted, made.corpus, made.lexicon)
    with pytest.raises(NotFittedError):
        unfitted.encode_words(["en1"], "en")
    fitted = unfitted.fit(made.corpus, lexicons=made.lexicon)
    by_fitted = resolve_word_embeddings(fitted, made.corpus)
    np.testing.assert_array_equal(by_copy["zh"], by_fitted["zh"])
    np.testing.assert_array_equal(by_fitted["zh"], fitted.word_vectors_["zh"])
    np.testing.assert_array_equal(
        resolve_document_embeddings(fitted, made.corpus), fitted.transform(made.corpus)
    )


def test_an_encoder_of_texts_encodes_words_as_texts(made):
    vectors = resolve_word_embeddings(LengthEncoder(), made.corpus)
    assert vectors["en"][:, 0].tolist() == [len(word) for word in made.corpus.vocabularies["en"]]


def test_an_encoder_of_words_is_told_the_language(made):
    vectors = resolve_word_embeddings(CodeEncoder(), made.corpus)
    assert {code: rows[0, 0] for code, rows in vectors.items()} == {"en": 1, "zh": 2}


def test_a_name_is_that_of_a_sentence_transformers_model(made):
    encoder = fitted_encoder("some/model", made.corpus)
    assert isinstance(encoder, SentenceTransformerEncoder)
    assert encoder.model == "some/model"


def test_the_corpus_own_embedding_comes_before_a_new_encoder(made):
    own = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    corpus = Corpus(["en", "zh", "en"], text=["a", "b", "c"], embedding=own)
    assert resolve_document_embeddings(None, corpus) is own
    np.testing.assert_array_equal(
        resolve_document_embeddings(LengthEncoder(), corpus), [[1, 1], [1, 1], [1, 1]]
    )


def test_documents_without_an_embedding_get_aligned_word_vectors(made):
    vectors = resolve_document_embeddings(None, made.corpus, made.lexicon, random_state=0)
    encoder = AlignedWordEncoder(random_state=0).fit(made.corpus, lexicons=made.lexicon)
    np.testing.assert_array_equal(vectors, encoder.transform(made.corpus))


def test_without_a_lexicon_the_default_says_what_is_missing(made):
    with pytest.raises(
        MissingResourceError, match=r"^AlignedWordEncoder cannot bring \['zh'\] into the space of"
    ):
        resolve_document_embeddings(None, made.corpus)


def test_an_array_has_one_row_per_document():
    given = np.arange(6.0).reshape(3, 2)
    vectors = resolve_document_embeddings(given, documents())
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, given)
    with pytest.raises(InputError) as error:
        resolve_document_embeddings(given[:2], documents())
    assert str(error.value) == (
        "document_embeddings has shape (2, 2), but there are 3 documents; one row per document is needed."
    )


def test_a_memmap_of_floats_stays_one(tmp_path):
    stored = np.lib.format.open_memmap(tmp_path / "vectors.npy", mode="w+", dtype=np.float32, shape=(3, 2))
    assert resolve_document_embeddings(stored, documents()) is stored


def test_arrays_by_language_go_where_the_documents_are():
    vectors = resolve_document_embeddings({"zh": [[5.0, 5.0]], "en": [[1.0, 0.0], [2.0, 0.0]]}, documents())
    assert vectors.tolist() == [[1, 0], [5, 5], [2, 0]]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"en": [[1.0], [2.0]]},
            "document_embeddings has no vectors for ['zh']; it has some for ['en'].",
        ),
        (
            {"en": [[1.0]], "zh": [[1.0]]},
            "document_embeddings['en'] has shape (1, 1), but there are 2 documents; one row per document "
            "is needed.",
        ),
        (
            {"en": [[1.0], [2.0]], "zh": [[1.0, 2.0]]},
            "document_embeddings has different numbers of dimensions: {'en': 1, 'zh': 2}. One space is "
            "needed.",
        ),
        (
            {"en": [[1.0], [np.inf]], "zh": [[1.0]]},
            "document_embeddings['en'] contains NaN or infinity.",
        ),
    ],
)
def test_arrays_by_language_that_do_not_fit_are_named(arrays, message):
    with pytest.raises(InputError) as error:
        resolve_document_embeddings(arrays, documents())
    assert str(error.value) == message


def test_an_encoder_that_returns_the_wrong_number_of_rows_is_named():
    class Broken:
        def encode(self, texts):
            return np.ones((1, 2))

    with pytest.raises(InputError) as error:
        resolve_document_embeddings(Broken(), documents())
    assert str(error.value) == (
        "What Broken returned has shape (1, 2), but there are 3 documents; one row per document is needed."
    )


class Returning:
    """An encoder that returns what it was given, whatever is to be encoded."""

    def __init__(self, vectors):
        self.vectors = vectors

    def encode(self, texts):
        return self.vectors


@pytest.mark.parametrize(
    ("vectors", "fault"),
    [
        ([["a", "b"]] * 3, "holds values of type <U1, but real numbers are needed."),
        (np.full((3, 2), 1 + 2j), "holds values of type complex128, but real numbers are needed."),
        (np.full((3, 2), None), "holds values of type object, but real numbers are needed."),
        ([[1.0], [1.0, 2.0], [1.0]], "has rows of different lengths. One array of numbers is needed."),
        (np.full((3, 2), 1e200), "contains numbers too large for single precision."),
        (np.full((3, 2), -np.inf), "contains NaN or infinity."),
    ],
)
def test_what_an_encoder_returns_is_real_finite_numbers_of_single_precision(vectors, fault):
    with pytest.raises(InputError) as error:
        resolve_document_embeddings(Returning(vectors), documents())
    assert str(error.value) == f"What Returning returned {fault}"
    with pytest.raises(InputError) as error:
        resolve_word_embeddings(
            Returning(vectors), Corpus.from_counts({"en": np.eye(3)}, {"en": list("abc")})
        )
    assert str(error.value) == f"What Returning returned['en'] {fault}"


def test_a_tensor_with_a_gradient_is_read_as_its_numbers():
    tensor = torch.arange(6.0).reshape(3, 2).requires_grad_()
    vectors = resolve_document_embeddings(Returning(tensor), documents())
    assert vectors.tolist() == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(6).reshape(3, 2).to(torch.bfloat16),
        torch.arange(6.0).reshape(3, 2).to_sparse(),
        [torch.arange(2.0 * k, 2 * k + 2).requires_grad_() for k in range(3)],
    ],
)
def test_tensors_that_numpy_does_not_know_are_read(tensor):
    vectors = resolve_document_embeddings(Returning(tensor), documents())
    assert vectors.tolist() == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (sparse.csr_array(np.eye(3)), "csr_array, but an array of numbers is needed: give .toarray()."),
        (iter([[1.0]]), "list_iterator, but an array of numbers is needed: give an array."),
        (None, "NoneType, but an array of numbers is needed: give an array."),
    ],
)
def test_what_is_no_array_is_named_with_what_makes_it_one(given, said):
    with pytest.raises(InputError) as error:
        resolve_document_embeddings(Returning(given), documents())
    assert str(error.value) == f"What Returning returned is of type {said}"


class OnlyWords:
    """Encodes words alone."""

    def encode_words(self, words, language):
        return np.eye(len(words))


class OnlyCorpus:
    """Encodes documents alone."""

    def encode_corpus(self, corpus):
        return np.eye(len(corpus))


def test_an_encoder_needs_the_methods_of_what_is_encoded(made):
    assert resolve_document_embeddings(OnlyCorpus(), documents()).tolist() == np.eye(3).tolist()
    with pytest.raises(InputTypeError) as error:
        resolve_document_embeddings(OnlyWords(), documents())
    assert str(error.value) == (
        "OnlyWords cannot embed documents: it needs a method encode(texts), or encode_corpus(corpus), that returns an "
        "array with a row for each."
    )
    for encoder in (OnlyCorpus(), "a-name"):
        with pytest.raises(
            InputTypeError, match=r"cannot embed words\. Give an object with encode_words\(words, lang"
        ):
            AlignedWordEncoder(pretrained=encoder).fit(made.corpus, lexicons=made.lexicon)


def test_an_encoder_of_texts_needs_texts(made):
    with pytest.raises(InputError) as error:
        resolve_document_embeddings(LengthEncoder(), made.corpus)
    assert str(error.value) == (
        "LengthEncoder encodes texts, and this Corpus has none. Give Corpus(..., text=...), or "
        "precomputed vectors as embedding."
    )


def test_words_need_vocabularies():
    with pytest.raises(InputError) as error:
        resolve_word_embeddings(LengthEncoder(), documents())
    assert str(error.value) == "This Corpus has no vocabularies. Make them with CrossLingualVectorizer."


@pytest.mark.parametrize("source", [7, AlignedWordEncoder, object()])
def test_what_is_no_encoder_is_refused(made, source):
    with pytest.raises(InputTypeError) as error:
        resolve_document_embeddings(source, made.corpus)
    assert str(error.value) == (
        f"Embeddings cannot be got from {type(source).__name__!r}. Give None, a dict of arrays "
        "by language, the name of a sentence-transformers model, or an encoder: an object with encode(texts). "
        "Embeddings of documents may be one array, too."
    )


def test_one_array_of_words_is_refused_with_what_is_taken(made):
    with pytest.raises(InputTypeError, match=r"got from 'ndarray'\. Give None, a dict of arrays by language"):
        resolve_word_embeddings(np.eye(2 * N_WORDS), made.corpus)


def by_word(vectors, words):
    return dict(zip(words, vectors, strict=True))


def table(vectors, words):
    return pd.DataFrame(vectors, index=words)


@pytest.mark.parametrize("make", [by_word, table])
def test_vectors_that_are_given_by_word_are_taken_by_word(made, make):
    vectors = {code: np.random.default_rng(0).normal(size=(N_WORDS, 3)) for code in made.corpus.languages}
    mixed = {
        code: make(vectors[code][::-1], made.corpus.vocabularies[code][::-1])
        for code in made.corpus.languages
    }
    resolved = resolve_word_embeddings(mixed, made.corpus)
    for code in made.corpus.languages:
        np.testing.assert_array_equal(resolved[code], vectors[code].astype(np.float32))


def test_a_table_without_words_is_taken_row_by_row(made):
    vectors = {code: np.random.default_rng(0).normal(size=(N_WORDS, 3)) for code in made.corpus.languages}
    tables = {code: pd.DataFrame(of_language) for code, of_language in vectors.items()}
    resolved = resolve_word_embeddings(tables, made.corpus)
    np.testing.assert_array_equal(resolved["en"], vectors["en"].astype(np.float32))


@pytest.mark.parametrize("make", [by_word, table])
def test_words_without_a_vector_are_named(made, make):
    words = made.corpus.vocabularies["en"]
    given = {"en": make(np.eye(N_WORDS)[1:], words[1:]), "zh": np.eye(N_WORDS)}
    with pytest.raises(InputError) as error:
        resolve_word_embeddings(given, made.corpus)
    assert str(error.value) == (
        f"word_embeddings['en'] has no vector for 1 of {N_WORDS} words of the vocabulary: ['{words[0]}']. Give one "
        "for each."
    )


@pytest.mark.parametrize("strange", ["rain", [[1.0], [1.0, 2.0]], object()])
def test_word_vectors_that_are_no_numbers_are_named(made, strange):
    given = {"en": strange, "zh": np.eye(N_WORDS)}
    with pytest.raises(
        InputError, match=r"\['en'\] (has rows of different lengths|is of type (str|object), but an array)"
    ):
        resolve_word_embeddings(given, made.corpus)


@pytest.mark.parametrize("name", ["cc.en.300.vec", "vectors/wiki.EN.VEC.gz", "glove.txt", "cc.en.300.bin"])
def test_a_file_of_vectors_is_not_looked_for_as_a_model(made, name):
    message = (
        f"{name!r} names a file, not a sentence-transformers model. Give the vectors in it by language: a dict of "
        "word to vector, or a pandas DataFrame whose index holds the words, for each."
    )
    for attempt in (
        lambda: resolve_word_embeddings(name, made.corpus),
        lambda: Lexicon.induce(name, made.corpus.vocabularies),
    ):
        with pytest.raises(InputError) as error:
            attempt()
        assert str(error.value) == message


def test_a_file_that_is_there_is_no_model(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vectors").write_text("rain 1 2\n")
    with pytest.raises(InputError, match=r"^'vectors' names a file, not a sentence-transformers model\."):
        resolve_word_embeddings("vectors", made.corpus)


def test_a_file_of_vectors_is_read_by_pandas_as_the_docstring_says(tmp_path):
    path = tmp_path / "wiki.en.align.vec"
    path.write_text('4 2\nrain 1 2 \n" 3 4 \nnull 5 6 \nNA 7 8 \n')
    (line,) = re.findall(r"form = (dict\(.*\))", resolve_word_embeddings.__doc__)
    form = eval(line)
    corpus = Corpus.from_counts({"en": [[1, 2, 1]]}, {"en": ["NA", "snow", '"']})
    vectors = {"en": pd.read_csv(path, **form).reindex(corpus.vocabularies["en"], fill_value=0)}
    assert resolve_word_embeddings(vectors, corpus)["en"].tolist() == [[7, 8], [0, 0], [3, 4]]


def test_words_with_several_vectors_are_named():
    corpus = Corpus.from_counts({"en": [[1, 2]]}, {"en": ["rain", "sun"]})
    table = pd.DataFrame(np.eye(4), index=["rain", "sun", "sun", "wind"])
    with pytest.raises(InputError) as error:
        resolve_word_embeddings({"en": table}, corpus)
    assert str(error.value) == (
        "word_embeddings['en'] has several vectors for 1 of 2 words of the vocabulary: ['sun']. Keep one of each, as "
        "in vectors[~vectors.index.duplicated()]."
    )
    assert resolve_word_embeddings({"en": table.iloc[[0, 1, 3, 3]]}, corpus)["en"].shape == (2, 4)
