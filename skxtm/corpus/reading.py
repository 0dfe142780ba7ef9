"""`as_corpus`: whatever a user brings, as a `Corpus`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.corpus._checks import checked_counts, stacked_vectors
from skxtm.corpus.container import Corpus, Document
from skxtm.exceptions import InputError, InputTypeError

#: The language of a plain count matrix: ISO 639-2 "undetermined".
UNDETERMINED = "und"

_RIGHT_WAYS = (
    "Pass a DataFrame with the columns 'text' and 'language', a sequence of (text, language) pairs or of "
    "mappings with these keys, a Corpus, or a matrix of word counts (one language)."
)


def as_corpus(
    X: Any,
    *,
    text_column: str = "text",
    language_column: str = "language",
    embedding_column: str = "embedding",
) -> Corpus:
    """Turn what a user brings into a `Corpus`.

    Parameters
    ----------
    X : Corpus, DataFrame, sequence, object array or count matrix
        A DataFrame (pandas, polars, anything narwhals reads) or a sequence of mappings with the columns
        named below; a sequence of (text, language) or (text, language, embedding); an object array with
        these columns by position; a matrix of word counts, dense or sparse, for one language.
    text_column, language_column, embedding_column : str
        Names of the columns; embeddings are optional.

    Returns
    -------
    corpus : Corpus
        The rows of `X`, in order. A count matrix gets the language code ``"und"``.

    Raises
    ------
    InputError, InputTypeError
        If `X` is none of these, or a text or language is not a string.

    Examples
    --------
    >>> from skxtm import as_corpus
    >>> as_corpus([("rain tomorrow", "en"), ("明天下雨", "zh")])
    Corpus(2 documents: 1 en, 1 zh; text)
    """
    if isinstance(X, Corpus):
        return X
    names = (text_column, language_column, embedding_column)
    if isinstance(X, Mapping):
        raise InputTypeError(
            "X is a single mapping of columns. Pass Corpus(**X), or a DataFrame made of it; its keys are "
            f"{sorted(map(str, X))[:5]}."
        )
    if isinstance(X, str) or not (hasattr(X, "__len__") or hasattr(X, "__array__")):
        raise InputTypeError(f"X is {type(X).__name__!r}, from which no documents can be read. {_RIGHT_WAYS}")
    if is_count_matrix(X):
        return counts_as_corpus(X)
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        return _from_columns({name: frame[name].to_list() for name in frame.columns}, names)
    return _from_rows(X if isinstance(X, np.ndarray) else list(X), names)


def is_count_matrix(X: Any) -> bool:
    """Whether `X` can only be meant as a matrix of word counts.

    Parameters
    ----------
    X : object
        Anything.

    Returns
    -------
    answer : bool
        True for sparse matrices, numeric arrays, nested sequences of numbers and numeric DataFrames.
    """
    if sparse.issparse(X):
        return True
    if isinstance(X, np.ndarray):
        return X.dtype.kind in "biufc" or (X.dtype == object and not _holds_documents(X))
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        return bool(frame.columns) and all(dtype.is_numeric() for dtype in frame.schema.values())
    if isinstance(X, Sequence) and len(X) and isinstance(X[0], (Sequence, np.ndarray)):
        return not isinstance(X[0], str) and all(isinstance(cell, (int, float, np.number)) for cell in X[0])
    return (
        not isinstance(X, (Sequence, Corpus)) and hasattr(X, "__array__") and is_count_matrix(np.asarray(X))
    )


def counts_as_corpus(X: Any, words: Any = None) -> Corpus:
    """Wrap a matrix of word counts as a corpus in one undetermined language.

    Parameters
    ----------
    X : array, sparse matrix or numeric DataFrame of shape (n_documents, n_words)
        Non-negative word counts.
    words : sequence of str of shape (n_words,), optional
        The words; default ``x0``, ``x1``, ... as scikit-learn names features.

    Returns
    -------
    corpus : Corpus
        One language, ``"und"``.
    """
    if words is None and hasattr(X, "columns"):
        words = [str(name) for name in X.columns]
    counts = checked_counts(X, "X")
    if words is None:
        words = [f"x{column}" for column in range(counts.shape[1])]
    return Corpus.from_counts({UNDETERMINED: counts}, {UNDETERMINED: words})


def _from_columns(columns: Mapping[str, Any], names: tuple[str, str, str]) -> Corpus:
    text, language, embedding = names
    missing = [name for name in (text, language) if name not in columns]
    if missing:
        raise InputError(
            f"X has no column {missing[0]!r}; its columns are {sorted(map(str, columns))}. Rename it, or "
            "name the columns with text_column and language_column."
        )
    return Corpus(columns[language], text=columns[text], embedding=stacked_vectors(columns.get(embedding)))


def _from_rows(rows: Any, names: tuple[str, str, str]) -> Corpus:
    """Read mappings, documents or tuples; the first row tells which."""
    if not len(rows):
        raise InputError(f"X holds no documents. {_RIGHT_WAYS}")
    first = rows[0]
    if isinstance(first, Mapping):
        keys = [name for name in names if name in first]
        for number, row in enumerate(rows):
            lacking = [name for name in keys if not isinstance(row, Mapping) or name not in row]
            if lacking:
                raise InputError(f"Row {number} of X has no {lacking[0]!r}, though the first row has it.")
        return _from_columns({name: [row[name] for row in rows] for name in keys}, names)
    if isinstance(first, Document):
        return _from_documents(list(rows), [document.language for document in rows])
    if isinstance(first, str) or not hasattr(first, "__len__"):
        raise InputTypeError(
            f"X is a sequence of {type(first).__name__!r}, which does not say the documents' languages. "
            f"{_RIGHT_WAYS}"
        )
    return _from_tuples(rows)


def _from_tuples(rows: Any) -> Corpus:
    widths = {len(row) for row in rows}
    if len(widths) != 1 or not widths <= {2, 3}:
        raise InputError(
            f"Rows of X must be (text, language) or (text, language, embedding); their lengths are "
            f"{sorted(widths)[:5]}."
        )
    first_column = [row[0] for row in rows]
    language = [row[1] for row in rows]
    if isinstance(first_column[0], Document):
        return _from_documents(first_column, language)
    vectors = [row[2] for row in rows] if widths == {3} else None
    return Corpus(language, text=first_column, embedding=stacked_vectors(vectors))


def _from_documents(documents: list[Document], language: list[str]) -> Corpus:
    """Reassemble rows that passed through an object array; `language` wins over the documents' own."""
    first = documents[0]
    corpus = Corpus(
        language,
        text=None if first.text is None else [document.text or "" for document in documents],
        embedding=stacked_vectors(
            None if first.embedding is None else [document.embedding for document in documents]
        ),
    )
    if first.vocabularies is None:
        return corpus
    blocks = {}
    for code in dict.fromkeys(language):
        empty = sparse.csr_array((1, len(first.vocabularies[code])), dtype=np.int32)
        own = [documents[row] for row in corpus.rows_of(code)]
        kept = [document.counts if document.language == code else empty for document in own]
        blocks[code] = sparse.vstack(kept, format="csr")
    return corpus.with_counts(blocks, first.vocabularies)


def _holds_documents(array: NDArray[np.object_]) -> bool:
    first = array.flat[0] if array.size else None
    return isinstance(first, (str, Document, Mapping, tuple))
