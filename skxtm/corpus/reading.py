"""`as_corpus`: whatever a user brings, as a `Corpus`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
from narwhals.exceptions import DuplicateError
from numpy.typing import NDArray
from scipy import sparse

from skxtm.corpus._checks import checked_counts, document_columns, is_missing, refuse_faults, string_column
from skxtm.corpus.container import Corpus, Document
from skxtm.corpus.detection import languages_for
from skxtm.exceptions import InputError, InputTypeError
from skxtm.languages import UNDETERMINED

_RIGHT_WAYS = (
    "Pass a DataFrame with the columns 'text' and 'language', a sequence of (text, language) pairs or of "
    "mappings with these keys, a Corpus, or a matrix of word counts (one language)."
)
_TEXTS_ALONE = (
    "For texts alone, name their language, as in CrossLingualVectorizer(languages=['en']), given to a model "
    "as vectorizer=, or have it found: languages='auto'."
)


def as_corpus(
    X: Any,
    *,
    languages: str | Sequence[str] | None = None,
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
        these columns by position; a matrix of word counts, dense or sparse, for one language. With
        `languages`, also texts alone: a sequence of str, or a DataFrame without a column of languages.
    languages : "auto", sequence of str or None, default=None
        The language of texts alone: one code for all of them, or several from which each text's is found by
        `detect_languages`; ``"auto"`` chooses from those that at least one text in 100 is surely in.
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
    if isinstance(X, Mapping) and not sparse.issparse(X):  # as matrices by a dictionary of keys are
        raise InputTypeError(
            "X is a single mapping of columns. Pass Corpus(**X), or a DataFrame made of it; its keys are "
            f"{sorted(map(str, X))[:5]}."
        )
    if isinstance(X, (set, frozenset)):
        raise InputTypeError(
            "X is a set, whose order differs from run to run, so that its rows have no numbers. Pass a list."
        )
    if isinstance(X, str) or not (hasattr(X, "__len__") or hasattr(X, "__array__")):
        raise InputTypeError(f"X is {type(X).__name__!r}, from which no documents can be read. {_RIGHT_WAYS}")
    if is_count_matrix(X, text_column):
        return counts_as_corpus(X)
    frame = _frame_of(X)
    if frame is not None:
        return _from_frame(frame, names, languages)
    return _from_rows(X if isinstance(X, np.ndarray) else list(X), names, languages)


def is_count_matrix(X: Any, text_column: str = "text") -> bool:
    """Whether `X` can only be meant as a matrix of word counts.

    Parameters
    ----------
    X : object
        Anything.
    text_column : str, default="text"
        Name of a column that holds texts if there are no rows, whatever its type, which nothing has told.

    Returns
    -------
    answer : bool
        True for sparse matrices, numeric arrays, nested sequences of numbers and numeric DataFrames.
    """
    if isinstance(X, Corpus):
        return False
    if sparse.issparse(X):
        return True
    if isinstance(X, np.ndarray):
        return X.dtype.kind in "biufc" or (X.dtype == object and X.size > 0 and not _holds_documents(X))
    frame = _frame_of(X)
    if frame is not None:
        if not len(frame) and text_column in frame.columns:
            return False
        countable = (dtype.is_numeric() or dtype == nw.Boolean for dtype in frame.schema.values())
        return bool(frame.columns) and (_is_sparse_frame(X) or all(countable))
    if isinstance(X, Sequence) and len(X) and isinstance(X[0], (Sequence, np.ndarray)):
        return not isinstance(X[0], str) and all(isinstance(cell, (int, float, np.number)) for cell in X[0])
    return not isinstance(X, Sequence) and hasattr(X, "__array__") and is_count_matrix(np.asarray(X))


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
    counts = checked_counts(_matrix_of(X), "X")
    if words is None:
        words = [f"x{column}" for column in range(counts.shape[1])]
    return Corpus.from_counts({UNDETERMINED: counts}, {UNDETERMINED: words})


def _frame_of(X: Any) -> nw.DataFrame[Any] | None:
    """See a DataFrame of any library as one of narwhals; None for anything else."""
    try:
        frame = nw.from_native(X, eager_only=True, pass_through=True)
    except DuplicateError as error:
        names = [str(name) for name, times in Counter(X.columns).items() if times > 1]
        raise InputError(f"X has several columns of the same name: {names}. Rename or drop them.") from error
    return frame if isinstance(frame, nw.DataFrame) else None


def _is_sparse_frame(X: Any) -> bool:
    return hasattr(X, "sparse") and all(str(dtype).startswith("Sparse") for dtype in X.dtypes)


def _matrix_of(X: Any) -> Any:
    """Take the numbers out of a DataFrame, where missing ones become NaN; anything else stays what it is."""
    frame = _frame_of(X)
    if frame is None:
        return X
    if _is_sparse_frame(X):
        return X.sparse.to_coo()
    # the nullable columns of pandas would become an array of objects
    columns = (
        column.cast(nw.Float64) if column.is_null().any() else column for column in frame.iter_columns()
    )
    return np.column_stack([column.to_numpy() for column in columns])


def _from_frame(
    frame: nw.DataFrame[Any], names: tuple[str, str, str], languages: str | Sequence[str] | None
) -> Corpus:
    text, language, embedding = names
    is_alone = languages is not None and language not in frame.columns
    _check_columns(frame.columns, (text, text if is_alone else language))
    texts = frame[text].to_list()
    return Corpus(
        _languages_of(texts, languages) if is_alone else frame[language].to_list(),
        text=texts,
        embedding=frame[embedding].to_numpy() if embedding in frame.columns else None,
    )


def _languages_of(texts: Any, languages: str | Sequence[str] | None) -> NDArray[np.object_]:
    if languages is None:
        first = next(text for text in texts if not _is_missing(text))
        raise InputTypeError(
            f"X is a sequence of {type(first).__name__!r}, which does not say the documents' languages. "
            f"{_RIGHT_WAYS} {_TEXTS_ALONE}"
        )
    return languages_for(string_column(texts, "text"), languages)


def _check_columns(columns: Sequence[str], names: Sequence[str]) -> None:
    missing = [name for name in names if name not in columns]
    if missing:
        raise InputError(
            f"X has no column {missing[0]!r}; its columns are {sorted(map(str, columns))}. Rename it, or "
            "name the columns with text_column and language_column; of a model, those of "
            "CrossLingualVectorizer, given to it as vectorizer=."
        )


def _from_rows(rows: Any, names: tuple[str, str, str], languages: str | Sequence[str] | None) -> Corpus:
    """Read mappings, documents or tuples; the first row that is there tells which."""
    if not len(rows):
        raise InputError(f"X holds no documents. {_RIGHT_WAYS}")
    first = next((row for row in rows if not _is_missing(row)), rows[0])
    if isinstance(first, str):
        return Corpus(_languages_of(rows, languages), text=rows)
    missing = [number for number, row in enumerate(rows) if _is_missing(row)]
    if 0 in missing and len(missing) < len(rows):  # other rows are compared with the first
        refuse_faults({"text is missing": missing})
    if isinstance(first, Document):
        return _from_documents(rows)
    if _is_labelled(first):
        rows = [row.to_dict() if _is_labelled(row) else row for row in rows]
    if isinstance(rows[0], Mapping):
        return _from_mappings(rows, names)
    if not hasattr(first, "__len__"):
        raise InputTypeError(
            f"X is a sequence of {type(first).__name__!r}, which does not say the documents' languages. "
            f"{_RIGHT_WAYS}"
        )
    return _from_tuples(rows)


def _is_labelled(row: Any) -> bool:
    """Tell a row of a pandas DataFrame, a Series with the names of the columns."""
    return hasattr(row, "to_dict") and all(isinstance(label, str) for label in getattr(row, "index", [0]))


def _from_mappings(rows: Sequence[Mapping[str, Any]], names: tuple[str, str, str]) -> Corpus:
    text, language, embedding = names
    first = rows[0]
    _check_columns(list(first), names[:2])
    for number, row in enumerate(rows):
        for name in names:
            if not isinstance(row, Mapping) or (name in row) != (name in first):
                raise InputError(f"Row {number} of X and the first row differ: only one has {name!r}.")
    return Corpus(
        [row[language] for row in rows],
        text=[row[text] for row in rows],
        embedding=[row[embedding] for row in rows] if embedding in first else None,
    )


def _from_tuples(rows: Any) -> Corpus:
    width = len(rows[0])
    for number, row in enumerate(rows):
        if isinstance(row, (str, Mapping)) or not hasattr(row, "__len__") or len(row) != width:
            raise InputError(f"Row {number} of X is not like the first, which has {width} entries.")
    if width not in (2, 3):
        raise InputError(
            "Rows of X must be (text, language) or (text, language, embedding), "
            f"but they have {width} entries."
        )
    first_column, language = [row[0] for row in rows], [row[1] for row in rows]
    embedding = [row[2] for row in rows] if width == 3 else None
    if any(isinstance(cell, Document) for cell in first_column):
        return _from_documents(first_column, language, embedding)
    return Corpus(language, text=first_column, embedding=embedding)


def _from_documents(documents: Any, language: Any = None, embedding: Any = None) -> Corpus:
    """Reassemble rows that passed through an object array, where the other columns may have changed."""
    strange = [row for row, cell in enumerate(documents) if not isinstance(cell, Document)]
    if strange:
        raise InputTypeError(
            f"Row {strange[0]} of X is {type(documents[strange[0]]).__name__!r}, "
            "but other rows come from a Corpus."
        )
    sources = {id(document.corpus): document.corpus for document in documents}
    starts = dict(zip(sources, np.cumsum([0, *map(len, sources.values())]), strict=False))
    rows = [starts[id(document.corpus)] + document.row for document in documents]
    corpus = Corpus.concatenate(sources.values())[rows]
    if language is None:
        return corpus
    embedding = corpus.embedding if embedding is None else embedding
    return _with_columns(corpus, document_columns(language, None)[0], embedding)


def _with_columns(corpus: Corpus, language: NDArray[np.object_], embedding: Any) -> Corpus:
    """Replace the languages and embeddings; counts of another language's words become zeros."""
    known: dict[str, Any] = {"text": corpus.text, "id": corpus.id, "pair_id": corpus.pair_id}
    if corpus.has_counts:
        counts = corpus.counts
        kept = (language == corpus.language).astype(counts.dtype)
        known["counts"] = sparse.diags_array(kept, dtype=kept.dtype) @ counts
        known["vocabularies"] = corpus.vocabularies
    return Corpus(language, embedding=embedding, **known)


def _is_missing(row: Any) -> bool:
    return not hasattr(row, "__len__") and is_missing(row)


def _holds_documents(array: NDArray[np.object_]) -> bool:
    """Tell by the first row that is there."""
    rows = (np.ravel(row) for row in np.atleast_1d(array))
    first_row = next((row for row in rows if not all(map(_is_missing, row))), ())
    return any(isinstance(cell, (str, Document, Mapping, Sequence)) for cell in first_row)
