"""Reading of the released files of one language; each is checked against the others."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.exceptions import InputError

#: The release names Chinese by a country; file names keep its code, everything else is ISO 639-1.
RELEASED_CODES = {"zh": "cn"}

T = TypeVar("T")
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class LanguagePart:
    counts: sparse.csr_array
    words: NDArray[np.object_]
    texts: NDArray[np.object_] | None
    labels: IntArray


def needed_files(subset: str, code: str) -> list[str]:
    """Names of the files without which a language cannot be read; its texts are not among them."""
    released = _released_code(code)
    return [f"{subset}_bow_matrix_{released}.npz", f"vocab_{released}", f"{subset}_labels_{released}.txt"]


def word_embeddings_file(code: str) -> str:
    return f"word2vec_{_released_code(code)}.npz"


def clusters_file(code: str) -> str:
    return f"cluster_labels_{_released_code(code)}_cosine.npy"


def read_language(folder: Path, subset: str, code: str) -> LanguagePart:
    counts_path, vocabulary_path, labels_path = (folder / name for name in needed_files(subset, code))
    counts = _read_counts(counts_path)
    n_documents, n_words = counts.shape

    words = read_lines(vocabulary_path)
    _check_length(vocabulary_path, len(words), n_words, f"the columns of {counts_path.name}")
    texts_path = folder / f"{subset}_texts_{_released_code(code)}.txt"
    texts = read_lines(texts_path) if texts_path.exists() else None
    if texts is not None:
        _check_length(texts_path, len(texts), n_documents, f"the rows of {counts_path.name}")
    labels = _read_labels(labels_path)
    _check_length(labels_path, len(labels), n_documents, f"the rows of {counts_path.name}")
    return LanguagePart(counts, words, texts, labels)


def read_word_embeddings(folder: Path, code: str, n_words: int) -> NDArray[np.float32]:
    path = folder / word_embeddings_file(code)
    vectors = _read(path, _load_csr).toarray().astype(np.float32, copy=False)
    _check_length(path, len(vectors), n_words, f"the words of the vocabulary in {code!r}")
    return vectors


def read_clusters(folder: Path, code: str, n_documents: int) -> IntArray:
    path = folder / clusters_file(code)
    clusters = _read(path, np.load).astype(np.int64)
    _check_length(path, len(clusters), n_documents, f"the training documents in {code!r}")
    return clusters


def _read_counts(path: Path) -> sparse.csr_array:
    counts = _read(path, _load_csr)
    values = counts.data
    wrong = ~np.isfinite(values) | (values < 0) | (values != np.floor(values))
    if wrong.any():
        raise InputError(
            f"{path} contains {values[wrong][0]}, which is no word count. Counts are integers, zero or more."
        )
    return counts.astype(np.int64, copy=False)


def _load_csr(file: BinaryIO) -> sparse.csr_array:
    matrix = sparse.load_npz(file)
    # load_npz takes row or column numbers on trust; one out of range would read foreign memory
    if matrix.format in ("csr", "csc", "bsr"):
        matrix.check_format(full_check=True)
    return sparse.csr_array(matrix)


def read_lines(path: Path) -> NDArray[np.object_]:
    text = _read(path, lambda file: file.read().decode("utf-8-sig"))
    # not splitlines: it also breaks at separators that may stand within a text
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    return np.array(lines, dtype=object)


def _read_labels(path: Path) -> IntArray:
    lines = read_lines(path)
    try:
        return np.array([int(line) for line in lines], dtype=np.int64)
    except ValueError as error:
        raise InputError(f"{path} must hold one integer class per line: {error}.") from error


def _read(path: Path, reader: Callable[[BinaryIO], T]) -> T:
    try:
        with path.open("rb") as file:  # numpy leaves a file open that it opened itself and found damaged
            return reader(file)
    except (ValueError, KeyError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} is damaged and cannot be read ({error}). Delete it and fetch it again."
        ) from error


def _check_length(path: Path, found: int, expected: int, counterpart: str) -> None:
    if found != expected:
        raise InputError(
            f"{path} holds {found:,} rows, but {counterpart} number {expected:,}. Delete both files and "
            "fetch them again."
        )


def _released_code(code: str) -> str:
    return RELEASED_CODES.get(code, code)
