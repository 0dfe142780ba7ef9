"""Counts of all documents on disk, mapped into memory: pages come and go as they are needed."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.corpus import Corpus
from skxtm.exceptions import InputError
from skxtm.shards._format import block_from_arrays, block_to_arrays
from skxtm.shards._keeping import Arrays, over_shards
from skxtm.shards.reading import Shards

_BYTES_PER_TOKEN = 12  # a count, its column, and where the document begins, each of 32 bits
_PARTS = ("data", "indices", "indptr")


@contextmanager
def mapped_counts(
    shards: Shards, totals: Mapping[str, NDArray[np.float64]], *, verbose: int = 0
) -> Iterator[tuple[sparse.csr_array, ...]]:
    """Write the counts of documents with a known word one after the other, and map the files.

    The files have no names: the system takes their room back when nothing maps them, also after the process
    was killed, and nobody can read half of them.

    Parameters
    ----------
    shards : Shards
        The documents, with counts.
    totals : dict of str to ndarray of shape (V_l,)
        How often each word occurs in all of them, by language.
    verbose : int
        Whether to show a progress bar.

    Yields
    ------
    counts : tuple of csr_array of shape (n_l, V_l)
        Of each language of `totals`, in the order of the shards and of their documents. Afterwards they are
        empty, so that whatever still refers to them, such as the frames of an error, keeps no room on disk.

    Raises
    ------
    InputError
        If a shard is missing or damaged, or the disk has too little room.
    """
    folder, n_tokens = shards.statistics, sum(float(part.sum()) for part in totals.values())
    with ExitStack() as stack:
        with _told_where(folder, n_tokens):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            written = {
                code: _Written(
                    of_language,
                    {
                        part: stack.enter_context(tempfile.TemporaryFile(buffering=0, dir=folder))
                        for part in _PARTS
                    },
                )
                for code, of_language in totals.items()
            }
        title = "Gathering counts"
        for arrays in over_shards(shards, known_rows, tuple(totals), None, title=title, verbose=verbose):
            for code, rows in written.items():
                if f"indptr.{code}" in arrays:
                    block = block_from_arrays(code, arrays, rows.n_words)
                    with _told_where(folder, n_tokens):
                        rows.add(block)
        counts = tuple(rows.mapped() for rows in written.values())
    try:
        yield counts
    finally:
        for block in counts:
            vars(block).update(vars(sparse.csr_array((0, block.shape[1]), dtype=block.dtype)))


def known_rows(corpus: Corpus, languages: tuple[str, ...]) -> Arrays:
    """Choose the documents that training sees, those with a known word.

    Parameters
    ----------
    corpus : Corpus
        With counts.
    languages : tuple of str
        Of which.

    Returns
    -------
    arrays : dict of str to ndarray
        Counts of each language that occurs, as from `block_to_arrays`.
    """
    arrays: Arrays = {}
    for code in languages:
        block = corpus.counts_of(code)
        known = np.flatnonzero(block.sum(1))
        arrays |= block_to_arrays(code, block if len(known) == block.shape[0] else block[known])
    return arrays


class _Written:
    """Counts of a language, whose three arrays grow in files without names.

    Parameters
    ----------
    totals : ndarray of shape (V_l,)
        How often each word occurs in all documents: neither a count nor the number of counts exceeds that.
    files : dict of str to file
        Open for writing and reading, one for each array.
    """

    def __init__(self, totals: NDArray[np.float64], files: Mapping[str, IO[bytes]]) -> None:
        self.n_words, self.n_rows, self.n_values = len(totals), 0, 0
        index = _signed(max(totals.sum(), len(totals)))
        self.types = dict(zip(_PARTS, (_signed(totals.max(initial=0)), index, index), strict=True))
        self.files = files
        self._write("indptr", np.zeros(1))

    def add(self, block: sparse.csr_array) -> None:
        """Write further documents."""
        self._write("data", block.data)
        self._write("indices", block.indices)
        self._write("indptr", block.indptr[1:] + np.int64(self.n_values))
        self.n_rows += block.shape[0]
        self.n_values += block.nnz

    def mapped(self) -> sparse.csr_array:
        """Map what was written; the files may be closed then."""
        parts = tuple(self._map(part) for part in _PARTS)
        return sparse.csr_array(parts, shape=(self.n_rows, self.n_words))

    def _write(self, part: str, values: NDArray[Any]) -> None:
        left = values.astype(self.types[part]).view(np.uint8).data
        while len(left):  # the system takes 2 GB at a time, and less where the disk is nearly full
            left = left[self.files[part].write(left) :]

    def _map(self, part: str) -> NDArray[Any]:
        file = self.files[part]
        if not file.tell():
            return np.empty(0, dtype=self.types[part])
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if hasattr(pages, "madvise"):  # not on Windows
            pages.madvise(mmap.MADV_RANDOM)  # documents are shuffled: neighbours of a page help nobody
        return np.frombuffer(pages, dtype=self.types[part])


@contextmanager
def _told_where(folder: Path | None, n_tokens: float) -> Iterator[None]:
    """Say of a disk that does not take counts which it is, and how much it must take."""
    try:
        yield
    except OSError as error:
        where = "the folder of temporary files" if folder is None else repr(str(folder))
        raise InputError(
            f"The counts of all documents, by which a network is trained, cannot be written into {where} "
            f"({error.strerror}). Up to {n_tokens * _BYTES_PER_TOKEN / 1e9:.1f} GB are needed: make room, or "
            "give another folder, of shards in files by Shards(..., statistics='path'), else by the "
            "environment variable TMPDIR."
        ) from error


def _signed(largest: float) -> np.dtype[Any]:
    """Choose among the types of index that scipy knows."""
    return np.dtype(np.int32 if largest <= np.iinfo(np.int32).max else np.int64)
