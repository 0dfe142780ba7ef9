"""Word counts of a corpus, stored as one CSR matrix per language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.corpus._checks import IntArray
from skxtm.exceptions import InputError

Blocks = dict[str, sparse.csr_array]
Vocabularies = Mapping[str, NDArray[np.object_]]


def split_counts(
    counts: sparse.csr_array, language: NDArray[np.object_], vocabularies: Vocabularies
) -> Blocks:
    """Cut counts over the joint vocabulary into one block per language that occurs."""
    sizes = [len(words) for words in vocabularies.values()]
    if counts.shape != (len(language), sum(sizes)):
        raise InputError(
            f"counts has shape {counts.shape}, but language and vocabularies ask for "
            f"{(len(language), sum(sizes))}."
        )
    blocks = {}
    for code, size, end in zip(vocabularies, sizes, np.cumsum(sizes), strict=True):
        own_rows = counts[np.flatnonzero(language == code)]
        blocks[code] = own_rows[:, end - size : end]
        if blocks[code].nnz != own_rows.nnz:
            raise InputError(f"Documents in {code!r} have counts in the columns of another language.")
    return blocks


def join_counts(
    blocks: Blocks, language: NDArray[np.object_], vocabularies: Vocabularies
) -> sparse.csr_array:
    """Put blocks side by side over the joint vocabulary, the inverse of `split_counts`."""
    sizes = [len(words) for words in vocabularies.values()]
    starts = dict(zip(vocabularies, np.cumsum([0, *sizes[:-1]]).tolist(), strict=True))
    shifted = []
    for code, block in blocks.items():
        parts = (block.data, block.indices + starts[code], block.indptr)
        shifted.append(sparse.csr_array(parts, shape=(block.shape[0], sum(sizes))))
    if not shifted:
        return sparse.csr_array((0, sum(sizes)), dtype=np.int32)
    rows = np.concatenate([np.flatnonzero(language == code) for code in blocks])
    return sparse.csr_array(sparse.vstack(shifted, format="csr")[np.argsort(rows)])


def check_blocks(blocks: Blocks, language: NDArray[np.object_], vocabularies: Vocabularies) -> None:
    """Refuse blocks that do not fit the documents or the vocabularies."""
    present = set(language)
    unknown = sorted(present.union(blocks) - set(vocabularies))
    if unknown:
        raise InputError(f"language contains {unknown}, which have no vocabulary in vocabularies.")
    uncounted = sorted(present - set(blocks))
    if uncounted:
        raise InputError(f"counts has no entry for {uncounted}, in which there are documents.")
    for code, block in blocks.items():
        expected = (int(np.count_nonzero(language == code)), len(vocabularies[code]))
        if block.shape != expected:
            raise InputError(
                f"counts[{code!r}] has shape {block.shape}, but its documents and words ask for {expected}."
            )


def stack_blocks(parts: Sequence[Blocks]) -> Blocks:
    """Put the blocks of several corpora with the same vocabularies below each other."""
    stacks: dict[str, list[sparse.csr_array]] = {}
    for blocks in parts:
        for code, block in blocks.items():
            stacks.setdefault(code, []).append(block)
    return {
        code: stack[0] if len(stack) == 1 else sparse.vstack(stack, format="csr")
        for code, stack in stacks.items()
    }


def take_blocks(blocks: Blocks, language: NDArray[np.object_], rows: IntArray) -> Blocks:
    """Take the blocks of these rows; neighbouring rows of a language share the memory of its block."""
    places = np.empty(len(language), dtype=np.intp)
    for code in blocks:
        own = language == code
        places[own] = np.arange(np.count_nonzero(own))
    chosen = language[rows]
    taken = {code: _take_rows(block, places[rows[chosen == code]]) for code, block in blocks.items()}
    return without_empty(taken)


def without_empty(blocks: Blocks) -> Blocks:
    """Leave out languages without documents."""
    return {code: block for code, block in blocks.items() if block.shape[0]}


def bare_block(block: sparse.csr_array) -> sparse.csr_array:
    """Return the same matrix without what scipy has cached in it."""
    parts = (bare_array(block.data), bare_array(block.indices), bare_array(block.indptr))
    return sparse.csr_array(parts, shape=block.shape)


def bare_array(array: NDArray[Any]) -> NDArray[Any]:
    """Return the same array with the strides that a copy of it would have, which count in a `joblib.hash`."""
    return np.ascontiguousarray(array) if array.size else np.empty(array.shape, array.dtype)


def _take_rows(block: sparse.csr_array, rows: IntArray) -> sparse.csr_array:
    if not len(rows) or (np.diff(rows) != 1).any():
        return block[rows]
    ends = block.indptr[rows[0] : rows[-1] + 2]
    run = slice(ends[0], ends[-1])
    parts = (block.data[run], block.indices[run], ends - ends[0])
    return sparse.csr_array(parts, shape=(len(rows), block.shape[1]))
