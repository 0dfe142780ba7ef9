"""Checks of the columns of a corpus, each with a message that names the culprit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from itertools import chain
from reprlib import repr as shortened
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm._parameters import in_order_of_columns
from skxtm.exceptions import InputError, InputTypeError
from skxtm.languages import REMEDY, by_code, canonical_code, fault_of_code

IntArray = NDArray[np.intp]
Kind = TypeVar("Kind")
# what is wrong, and the rows in which it is
Faults = dict[str, list[int]]

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


# up to which floats hold every whole number, so that sums of counts are exact
_MOST_WORDS = 2**53

# how many row numbers a message names
_N_NAMED = 5


def object_column(values: Any, name: str) -> NDArray[np.object_]:
    """Anything in a row each as a one-dimensional object array; one that is given is kept without a copy."""
    if isinstance(values, str):
        raise InputTypeError(f"{name} is a single string, not a sequence of strings.")
    if isinstance(values, (Mapping, Set)) or not hasattr(values, "__iter__"):
        raise InputTypeError(f"{name} is {type(values).__name__!r}, not a sequence of strings.")
    if isinstance(values, np.ndarray) and values.dtype == object and values.ndim == 1:
        return values
    return np.fromiter((str(value) if type(value) is np.str_ else value for value in values), object)


def string_column(values: Any, name: str) -> NDArray[np.object_]:
    """Strings as a one-dimensional object array; one that is given is kept without a copy."""
    column = object_column(values, name)
    refuse_faults(string_faults(column, name))
    return column


def document_columns(language: Any, text: Any) -> tuple[NDArray[np.object_], NDArray[np.object_] | None]:
    """Languages, under their canonical codes, and texts; all rows that are wrong are named in one error."""
    codes = object_column(language, "language")
    texts = None if text is None else object_column(text, "text")
    canonical, faults = canonical_codes(codes)
    if texts is not None:
        if faults and len(texts) and not canonical_codes(texts)[1]:
            raise InputError(
                "Each text is a language code, and languages are not: the two seem to be swapped."
            )
        faults = string_faults(texts, "text") | faults
    refuse_faults(faults)
    return canonical, texts


def string_faults(column: NDArray[np.object_], name: str) -> Faults:
    """Find what is no string, or holds half a character."""
    faults: Faults = {}
    for row, value in enumerate(column):
        if not isinstance(value, str):
            faults.setdefault(_fault_of(value, name), []).append(row)
    return faults | halves(column, name)


def halves(column: Iterable[Any], name: str) -> Faults:
    """Find strings that hold half a character, which can be neither shown nor saved."""
    rows = [
        row
        for row, value in enumerate(column)
        if isinstance(value, str) and not value.isascii() and _LONE_SURROGATE.search(value)
    ]
    return {f"{name} holds a lone surrogate, half a character,": rows} if rows else {}


def canonical_codes(column: NDArray[np.object_]) -> tuple[NDArray[np.object_], Faults]:
    """Write each language by its canonical code; the same array is returned where all are."""
    faults: Faults = {}
    canonical: dict[str, str] = {}
    for row, value in enumerate(column):
        if not isinstance(value, str):
            faults.setdefault(_fault_of(value, "language"), []).append(row)
        elif value in canonical:
            continue
        elif fault := fault_of_code(value):
            faults.setdefault(f"language {shortened(value)} {fault}", []).append(row)
        else:
            canonical[value] = canonical_code(value)
    if not faults and any(code != written for written, code in canonical.items()):
        column = np.fromiter(map(canonical.__getitem__, column), dtype=object, count=len(column))
    return column, faults


def refuse_faults(faults: Faults) -> None:
    """Raise one error for all rows that are wrong."""
    if faults:
        n_rows = len(set(chain.from_iterable(faults.values())))
        named = [f"{fault} in {named_rows(rows)}" for fault, rows in faults.items()]
        if len(named) > _N_NAMED:
            named[_N_NAMED:] = [f"and {len(named) - _N_NAMED:,} more"]
        listed = "; ".join(named)
        raise InputError(
            f"{n_rows:,} row{'s' if n_rows > 1 else ''} cannot be used: {listed}. Fill, correct or remove "
            f"{'them' if n_rows > 1 else 'it'} first.{f' {REMEDY}' if ' code ' in listed else ''}"
        )


def label_column(values: Any, name: str) -> NDArray[Any]:
    """Labels of any hashable kind; those that do not come as an array become one of objects."""
    if isinstance(values, str) or not (hasattr(values, "__iter__") or hasattr(values, "__array__")):
        raise InputTypeError(f"{name} is {shortened(values)}, but one label per document is needed.")
    labels = np.asarray(values) if hasattr(values, "__array__") else np.fromiter(values, dtype=object)
    if labels.ndim != 1:
        raise InputError(f"{name} has shape {labels.shape}, but one label per document is needed.")
    return labels


def listed_corpora(corpora: Any, kind: type[Kind]) -> list[Kind]:
    """List what is to be concatenated: at least one of the class `Corpus`, which is given as `kind`."""
    if isinstance(corpora, kind) or not isinstance(corpora, Iterable):
        raise InputTypeError(f"Corpus.concatenate needs a list of Corpus. Got {type(corpora).__name__!r}.")
    parts = list(corpora)
    for number, part in enumerate(parts):
        if not isinstance(part, kind):
            raise InputTypeError(
                f"Corpus.concatenate needs a list of Corpus. Got {type(part).__name__!r} at place {number}: "
                "read it by as_corpus first."
            )
    if not parts:
        raise InputError("Corpus.concatenate needs at least one Corpus, got none.")
    return parts


def embedding_column(values: Any, name: str) -> NDArray[np.floating]:
    """Dense vectors as one matrix; an array or memmap of floats is kept as it is."""
    vectors = np.asanyarray(values) if hasattr(values, "__array__") else None
    if vectors is None or vectors.dtype == object:
        vectors = _stacked(values, name)
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise InputError(
            f"{name} has shape {vectors.shape} and dtype {vectors.dtype}; a floating-point array of shape "
            "(n_documents, n_dimensions) is needed."
        )
    return vectors


def joined(columns: Sequence[NDArray[Any]], name: str) -> NDArray[Any]:
    """Put columns below each other; labels of different kinds stay what they are."""
    if len(columns) == 1:
        return columns[0]
    widths = sorted({column.shape[1:] for column in columns})
    if len(widths) > 1:
        raise InputError(f"{name} has {widths[0][0]} dimensions in one part and {widths[1][0]} in another.")
    if len({column.dtype.kind for column in columns}) > 1:
        columns = [column.astype(object) for column in columns]
    return np.concatenate(columns)


COLUMN_CHECKS: dict[str, Callable[[Any, str], NDArray[Any]]] = {
    "text": string_column,
    "embedding": embedding_column,
    "id": label_column,
    "pair_id": label_column,
}


def _fault_of(value: Any, name: str) -> str:
    """Say what a value is instead of a string."""
    if is_missing(value):
        return f"{name} is missing"
    return f"{name} is {type(value).__name__!r}, not a string,"


def is_missing(value: Any) -> bool:
    """Tell None, NaN, which is unequal to itself, and the missing values of pandas, by name, from a value."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    is_unequal = value != value
    return isinstance(is_unequal, (bool, np.bool_)) and bool(is_unequal)


def named_rows(rows: Sequence[int]) -> str:
    """Name the first rows, and say how many more there are."""
    listed = ", ".join(f"{row}" for row in rows[:_N_NAMED])
    more = f" and {len(rows) - _N_NAMED:,} more" if len(rows) > _N_NAMED else ""
    return f"row{'s' if len(rows) > 1 else ''} {listed}{more}"


def _stacked(vectors: Iterable[Any], name: str) -> NDArray[np.floating]:
    rows: list[NDArray[np.floating]] = []
    for number, vector in enumerate(vectors):
        row = _vector(vector)
        if row is None:
            raise InputTypeError(
                f"{name} of row {number} is {type(vector).__name__!r}, not a vector of numbers."
            )
        if rows and row.shape != rows[0].shape:
            raise InputError(
                f"{name} of row {number} has {len(row)} dimensions, but that of row 0 has {len(rows[0])}."
            )
        rows.append(row)
    return np.stack(rows) if rows else np.empty((0, 0), dtype=np.float32)


def _vector(value: Any) -> NDArray[np.floating] | None:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value if value.ndim == 1 else None
    try:
        vector = np.asarray(value, dtype=np.float32)
    except (ValueError, TypeError):
        return None
    return vector if vector.ndim == 1 else None


def checked_vocabularies(vocabularies: Any) -> dict[str, NDArray[np.object_]]:
    columns = {}
    for code, words in by_code(vocabularies, "vocabularies").items():
        name = f"vocabularies[{code!r}]"
        columns[code] = string_column(in_order_of_columns(words, name), name)
    for code, words in columns.items():
        if len(set(words.tolist())) < len(words):
            repeated = next(word for word, times in Counter(words.tolist()).items() if times > 1)
            raise InputError(
                f"vocabularies[{code!r}] holds {repeated!r} more than once. Add up the columns of equal "
                "words."
            )
    return columns


def checked_blocks(counts: Any) -> dict[str, sparse.csr_array]:
    return {
        code: checked_counts(block, f"counts[{code!r}]") for code, block in by_code(counts, "counts").items()
    }


def checked_counts(counts: Any, name: str) -> sparse.csr_array:
    """Word counts as canonical CSR without stored zeros; such a matrix is shared if of 32 or 64 bits."""
    matrix = counts if sparse.issparse(counts) else np.asarray(counts)
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        raise InputError(
            f"{name} has shape {matrix.shape} and dtype {matrix.dtype}; a numeric matrix of shape "
            "(n_documents, n_words) is needed."
        )
    dtype = count_dtype(matrix.dtype)
    if matrix.dtype.kind == "u" and matrix.dtype.itemsize == 8:
        largest = (sparse.coo_array(matrix).data if sparse.issparse(matrix) else matrix).max(initial=0)
        if largest > np.iinfo(np.int64).max:
            raise InputError(
                f"{name} contains {largest}, which is too large. Word counts must be below 2**63."
            )
    if not sparse.issparse(matrix):  # scipy refuses float16 and foreign byte orders
        matrix = matrix.astype(dtype, copy=False)
    result = sparse.csr_array(matrix)
    result = result if result.dtype == dtype else result.astype(dtype)
    if not np.isfinite(result.data).all():
        raise InputError(f"{name} contains NaN or infinity. Word counts must be finite and not negative.")
    least = result.data.min(initial=0)
    if least < 0:
        raise InputError(
            f"Negative values in data: the minimum of {name} is {least:g}. Word counts must not be negative."
        )
    with np.errstate(over="ignore"):
        total = result.data.sum(dtype=np.float64)
    if total > _MOST_WORDS:
        raise InputError(
            f"{name} adds up to {total:g}, which is too large. Word counts must add up to 2**53 at most, "
            "beyond which sums are not exact."
        )
    if not (result.has_canonical_format and result.data.all()):
        result = result.copy()
        result.sum_duplicates()
        result.eliminate_zeros()
    return result


def count_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Choose a type that sums do not overflow, of those with which sparse matrices can calculate."""
    if dtype.kind == "f":
        return np.dtype(np.float32 if dtype.itemsize <= 4 else np.float64)
    return np.dtype(np.int32 if dtype.itemsize < 4 or dtype == np.int32 else np.int64)


def row_numbers(key: Any, n_documents: int) -> IntArray:
    """Rows that a slice, a mask or an array of possibly negative numbers selects, counted from 0."""
    if isinstance(key, slice):
        return np.arange(n_documents)[key]
    rows = np.asarray(key)
    if rows.ndim == 1 and len(rows) == 0 and rows.dtype != bool:
        return np.empty(0, dtype=np.intp)
    if rows.ndim != 1 or rows.dtype.kind not in "biu":
        raise InputTypeError(
            "A Corpus is indexed by a row number, a slice, a mask or an array of row numbers."
        )
    if rows.dtype == bool:
        if len(rows) != n_documents:
            raise InputError(f"The mask has {len(rows)} entries, but the Corpus has {n_documents} documents.")
        return np.flatnonzero(rows)
    outside = rows[(rows < -n_documents) | (rows >= n_documents)]
    if len(outside):
        raise out_of_range(int(outside[0]), n_documents)
    return np.arange(n_documents)[rows]


def out_of_range(row: int, n_documents: int) -> IndexError:
    return IndexError(f"Row {row} is out of range: the Corpus has {n_documents} documents.")
