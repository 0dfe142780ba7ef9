"""Turning whatever a user gives as embeddings into arrays: nothing, arrays, or an encoder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import RandomState
from sklearn.base import clone

from skxtm.corpus import Corpus
from skxtm.embeddings._sums import DocumentSums
from skxtm.embeddings._vectors import FloatMatrix, checked_word_vectors, encoded_words, finite_floats
from skxtm.embeddings.aligned_words import AlignedWordEncoder
from skxtm.embeddings.sentence_transformer import SentenceTransformerEncoder
from skxtm.exceptions import InputError, InputTypeError
from skxtm.languages import by_code
from skxtm.lexicon import Lexicon

_RIGHT_WAYS = (
    "Give None, a dict of arrays by language, the name of a sentence-transformers model, or an encoder: an "
    "object with encode(texts). Embeddings of documents may be one array, too."
)


def resolve_word_embeddings(
    source: Any,
    corpus: Corpus,
    lexicons: Lexicon | Iterable[Lexicon] | None = None,
    *,
    random_state: int | RandomState | None = None,
) -> dict[str, FloatMatrix]:
    r"""Get vectors, in one space, of all words of a corpus' vocabularies.

    Parameters
    ----------
    source : None, dict, str or encoder
        None learns an `AlignedWordEncoder` from `corpus` and `lexicons`. A dict holds an array of shape
        (V_l, n_dimensions) for every language, or a dict of vectors by word, or a pandas DataFrame whose
        index holds the words. A str is the name of a sentence-transformers model. An encoder
        has ``encode_words(words, language)`` or else ``encode(texts)``; an `AlignedWordEncoder` that is not
        fitted is cloned and fitted.
    corpus : Corpus
        With counts, if an encoder is to be learnt; else vocabularies are enough.
    lexicons : Lexicon or iterable of Lexicon, default=None
        For an encoder that is to be learnt.
    random_state : int, RandomState or None, default=None
        For the encoder that None stands for.

    Returns
    -------
    vectors : dict of str to ndarray of float32 of shape (V_l, n_dimensions)
        For each language of `corpus`.

    Raises
    ------
    InputError
        If the corpus has no vocabularies, arrays do not fit them, or a str names a file.
    InputTypeError
        If `source` is something else.
    MissingResourceError
        If an encoder is to be learnt and the lexicons leave a language unconnected.

    Notes
    -----
    Vectors in files, such as the aligned ones of fastText, are read by pandas. Each word of the vocabularies
    needs one; zeros stand for one that is not known::

        form = dict(sep=r"\s+", skiprows=1, header=None, index_col=0, quoting=3, na_filter=False)
        vectors = {
            code: pd.read_csv(f"wiki.{code}.align.vec", **form).reindex(words, fill_value=0)
            for code, words in vectorizer.fit(documents).vocabularies_.items()
        }

    Examples
    --------
    >>> import numpy as np
    >>> from skxtm import Corpus
    >>> from skxtm.embeddings import resolve_word_embeddings
    >>> corpus = Corpus.from_counts({"en": [[1, 2]]}, {"en": ["rain", "sun"]})
    >>> resolve_word_embeddings({"en": np.eye(2)}, corpus)
    {'en': array([[1., 0.],
           [0., 1.]], dtype=float32)}
    """
    if corpus.vocabularies is None:
        raise InputError("This Corpus has no vocabularies. Make them with CrossLingualVectorizer.")
    vocabularies = {code: corpus.vocabularies[code] for code in corpus.languages}
    if isinstance(source, Mapping):
        return checked_word_vectors(source, vocabularies, "word_embeddings")
    encoder = fitted_encoder(source, corpus, lexicons, random_state=random_state)
    return encoded_words(encoder, vocabularies)


def resolve_document_embeddings(
    source: Any,
    corpus: Corpus,
    lexicons: Lexicon | Iterable[Lexicon] | None = None,
    *,
    random_state: int | RandomState | None = None,
) -> FloatMatrix:
    """Get one vector per document, in one space for all languages.

    Parameters
    ----------
    source : None, array, dict, str or encoder
        None takes the corpus' own `embedding` or, where it has none, learns an `AlignedWordEncoder`. An
        array has one row per document; a dict holds one array per language with its documents in their order.
        Else as in `resolve_word_embeddings`, with ``encode_corpus(corpus)`` or else ``encode(texts)``.
    corpus : Corpus
        With counts or text, as the encoder needs.
    lexicons, random_state
        As in `resolve_word_embeddings`.

    Returns
    -------
    vectors : ndarray of float32 of shape (n_documents, n_dimensions)
        A `numpy.memmap` of float32 stays one.

    Raises
    ------
    InputError
        If arrays do not fit the corpus, or the corpus lacks what the encoder needs.
    InputTypeError
        If `source` is something else.
    MissingResourceError
        If an encoder is to be learnt and the lexicons leave a language unconnected.

    Examples
    --------
    >>> import numpy as np
    >>> from skxtm import Corpus
    >>> from skxtm.embeddings import resolve_document_embeddings
    >>> corpus = Corpus(["en", "de", "en"], text=["rain", "Regen", "sun"])
    >>> resolve_document_embeddings({"en": np.eye(2), "de": np.ones((1, 2))}, corpus)
    array([[1., 0.],
           [1., 1.],
           [0., 1.]], dtype=float32)
    """
    if source is None and corpus.embedding is not None:
        source = corpus.embedding
    if isinstance(source, np.ndarray):
        return _checked_documents(source, len(corpus), "document_embeddings")
    if isinstance(source, Mapping):
        return _stacked(source, corpus)
    encoder = fitted_encoder(source, corpus, lexicons, random_state=random_state)
    vectors = _encode_corpus(encoder, corpus)
    return _checked_documents(vectors, len(corpus), f"What {type(encoder).__name__} returned")


def fitted_encoder(
    source: Any,
    corpus: Corpus | DocumentSums,
    lexicons: Lexicon | Iterable[Lexicon] | None = None,
    *,
    random_state: int | RandomState | None = None,
) -> Any:
    """Get an encoder that is ready for use.

    Parameters
    ----------
    source : None, str or encoder
        As in `resolve_word_embeddings`.
    corpus : Corpus or DocumentSums
        As in `resolve_word_embeddings`, or what is summed over documents.
    lexicons, random_state
        As in `resolve_word_embeddings`.

    Returns
    -------
    encoder : object
        `source` itself unless it is None, a name or an `AlignedWordEncoder` that is not fitted.

    Raises
    ------
    InputTypeError
        If `source` is something else.
    """
    if source is None:
        return AlignedWordEncoder(random_state=random_state).fit(corpus, lexicons=lexicons)
    if isinstance(source, str):
        return _encoder_called(source)
    if isinstance(source, AlignedWordEncoder):
        return source if hasattr(source, "word_vectors_") else clone(source).fit(corpus, lexicons=lexicons)
    return _checked_encoder(source)


def vocabulary_vectors(source: Any, vocabularies: Mapping[str, Sequence[str]]) -> dict[str, FloatMatrix]:
    """Get vectors, in one space, of given words, where nothing can be learnt.

    Parameters
    ----------
    source : dict, str or fitted encoder
        As in `resolve_word_embeddings`.
    vocabularies : dict of str to sequence of str of length V_l
        The words.

    Returns
    -------
    vectors : dict of str to ndarray of float32 of shape (V_l, n_dimensions)
        For each language of `vocabularies`.

    Raises
    ------
    InputError
        If arrays do not fit the words, or the encoder is not fitted.
    InputTypeError
        If `source` is something else.
    """
    words = {code: np.array(list(part), dtype=object) for code, part in vocabularies.items()}
    if isinstance(source, Mapping):
        return checked_word_vectors(source, words, "embeddings")
    encoder = _encoder_called(source) if isinstance(source, str) else _checked_encoder(source)
    if isinstance(encoder, AlignedWordEncoder) and not hasattr(encoder, "word_vectors_"):
        raise InputError("This AlignedWordEncoder is not fitted. Call fit(corpus, lexicon) first.")
    return encoded_words(encoder, words)


def encoded_texts(encoder: Any, texts: Sequence[str], what: str) -> FloatMatrix:
    """Encode texts, and check what comes back.

    Parameters
    ----------
    encoder : object
        With ``encode(texts)``.
    texts : sequence of str
        The texts.
    what : str
        They are, for the message.

    Returns
    -------
    vectors : ndarray of float32 of shape (n_texts, n_dimensions)

    Raises
    ------
    InputError
        If it returns something else.
    InputTypeError
        If it encodes no texts.
    """
    if not hasattr(encoder, "encode"):
        raise InputTypeError(
            f"{type(encoder).__name__} cannot embed {what}: it needs a method encode(texts) that returns an "
            "array with a row for each."
        )
    vectors = encoder.encode(list(texts))
    return _checked_rows(vectors, len(texts), f"What {type(encoder).__name__} returned", what)


def _encoder_called(name: str) -> SentenceTransformerEncoder:
    """Make the encoder of a model; a file of vectors is none, and is not looked for on a server."""
    if name.lower().removesuffix(".gz").endswith((".vec", ".txt", ".bin")) or Path(name).is_file():
        raise InputError(
            f"{name!r} names a file, not a sentence-transformers model. Give the vectors in it by language: "
            "a dict of word to vector, or a pandas DataFrame whose index holds the words, for each."
        )
    return SentenceTransformerEncoder(name)


def _checked_encoder(source: Any) -> Any:
    methods = ("encode", "encode_words", "encode_corpus")
    if isinstance(source, type) or not any(hasattr(source, method) for method in methods):
        raise InputTypeError(f"Embeddings cannot be got from {type(source).__name__!r}. {_RIGHT_WAYS}")
    return source


def _encode_corpus(encoder: Any, corpus: Corpus) -> Any:
    if hasattr(encoder, "encode_corpus"):
        return encoder.encode_corpus(corpus)
    if not hasattr(encoder, "encode"):
        raise InputTypeError(
            f"{type(encoder).__name__} cannot embed documents: it needs a method encode(texts), or "
            "encode_corpus(corpus), that returns an array with a row for each."
        )
    if corpus.text is None:
        raise InputError(
            f"{type(encoder).__name__} encodes texts, and this Corpus has none. Give Corpus(..., text=...), "
            "or precomputed vectors as embedding."
        )
    return encoder.encode(corpus.text.tolist())


def _stacked(arrays: Mapping[str, Any], corpus: Corpus) -> FloatMatrix:
    """Put the rows of each language where its documents are."""
    arrays = by_code(arrays, "document_embeddings")
    missing = [code for code in corpus.languages if code not in arrays]
    if missing:
        raise InputError(f"document_embeddings has no vectors for {missing}; it has some for {list(arrays)}.")
    parts = {
        code: _checked_documents(arrays[code], len(corpus.rows_of(code)), f"document_embeddings[{code!r}]")
        for code in corpus.languages
    }
    widths = {code: part.shape[1] for code, part in parts.items()}
    if len(set(widths.values())) > 1:
        raise InputError(
            f"document_embeddings has different numbers of dimensions: {widths}. One space is needed."
        )
    stacked = np.empty((len(corpus), max(widths.values(), default=0)), dtype=np.float32)
    for code, part in parts.items():
        stacked[corpus.rows_of(code)] = part
    return stacked


def _checked_documents(vectors: Any, n_documents: int, name: str) -> FloatMatrix:
    return _checked_rows(vectors, n_documents, name, "documents")


def _checked_rows(vectors: Any, n_rows: int, name: str, what: str) -> FloatMatrix:
    array = finite_floats(vectors, name)
    if array.ndim != 2 or len(array) != n_rows:
        raise InputError(
            f"{name} has shape {array.shape}, but there are {n_rows:,} {what}; one row per "
            f"{what.removesuffix('s')} is needed."
        )
    return array
