"""Checks of the columns of a corpus, each with a message that names the culprit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.exceptions import InputError, InputTypeError

IntArray = NDArray[np.intp]


def string_column(values: Any, name: str) -> NDArray[np.object_]:
    if isinstance(values, str):
        raise InputTypeError(f"{name} is a single string; give one {name} per document, as a sequence.")
    column = np.empty(len(values), dtype=object)
    column[:] = [str(value) if isinstance(value, np.str_) else value for value in values]
    wrong = [row for row, value in enumerate(column) if not isinstance(value, str)]
    if wrong:
        more = f" and {len(wrong) - 1:,} further rows" if len(wrong) > 1 else ""
        raise InputTypeError(
            f"{name} of row {wrong[0]}{more} is {type(column[wrong[0]]).__name__!r}, not a string. "
            f"Fill or remove such rows first."
        )
    return column


def embedding_column(embedding: Any) -> NDArray[np.floating] | None:
    if embedding is None:
        return None
    array = embedding if isinstance(embedding, np.ndarray) else np.asarray(embedding)
    if array.ndim != 2 or array.dtype.kind != "f":
        raise InputError(
            f"embedding has shape {array.shape} and dtype {array.dtype}; a floating-point array of shape "
            "(n_documents, n_dimensions) is needed."
        )
    return array


def stacked_vectors(vectors: Any) -> NDArray[np.floating] | None:
    if vectors is None:
        return None
    try:
        return np.stack([np.asarray(vector, dtype=np.float32) for vector in vectors])
    except (ValueError, TypeError) as error:
        raise InputError(f"The embeddings are not vectors of one length: {error}.") from error


def checked_vocabularies(vocabularies: Mapping[str, Any]) -> dict[str, NDArray[np.object_]]:
    result = {}
    for code, words in vocabularies.items():
        if isinstance(words, np.ndarray) and words.dtype == object:
            result[code] = words
        else:
            result[code] = string_column(words, f"vocabularies[{code!r}]")
    return result


def checked_counts(counts: Any, name: str) -> sparse.csr_array:
    if not sparse.issparse(counts):
        counts = np.asarray(counts)
        if counts.ndim != 2 or counts.dtype.kind not in "biuf":
            raise InputError(
                f"{name} has shape {counts.shape} and dtype {counts.dtype}; a numeric matrix of shape "
                "(n_documents, n_words) is needed."
            )
    result = sparse.csr_array(counts)
    if result.nnz and not np.isfinite(result.data).all():
        raise InputError(f"{name} contains NaN or infinity. Word counts must be finite and not negative.")
    if result.nnz and result.data.min() < 0:
        raise InputError(
            f"{name} contains negative values (minimum {result.data.min():g}). Word counts must not be "
            "negative."
        )
    if not result.has_canonical_format:
        result = result.copy()
        result.sum_duplicates()
    return result


def row_key(key: Any, n_documents: int) -> NDArray[Any]:
    rows = np.asarray(key)
    if rows.size == 0:
        return np.empty(0, dtype=np.intp)
    if rows.dtype == bool and len(rows) != n_documents:
        raise InputError(f"The mask has {len(rows)} entries, but the Corpus has {n_documents} documents.")
    if rows.ndim != 1 or rows.dtype.kind not in "biu":
        raise InputTypeError(
            "A Corpus is indexed by a row number, a slice, a mask or an array of row numbers."
        )
    return rows


def take_rows(block: sparse.csr_array, rows: IntArray) -> sparse.csr_array:
    """Take rows of a block; a run of neighbouring rows shares its memory."""
    if len(rows) and rows[-1] - rows[0] + 1 == len(rows) and (np.diff(rows) == 1).all():
        return block[int(rows[0]) : int(rows[-1]) + 1]
    return block[rows]
