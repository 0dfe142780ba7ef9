"""Batches of documents from CSR counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Generator

from skxtm.backbones.base import Batch
from skxtm.modules.sparse import SparseRows
from skxtm.training.tensors import sparse_rows


def epoch_batches(
    counts: Sequence[sparse.csr_array],
    batch_size: int,
    *,
    rng: np.random.Generator,
    generator: Generator,
    device: torch.device,
) -> Iterator[Batch]:
    """Shuffle the documents of every language and go through the largest language once.

    The smaller languages are cycled, so that every batch holds the same number of documents of each.
    Counts are shuffled and moved to the device once per epoch; batches are slices of them.

    Parameters
    ----------
    counts : sequence of csr_array of shape (n_l, V_l)
        Documents of each language, at least one each.
    batch_size : int
        Documents of each language in a batch. A last batch of a single document joins its neighbour.
    rng : numpy.random.Generator
        Source of the order.
    generator : torch.Generator
        Handed on in the batches.
    device : torch.device
        Where the batches lie.

    Yields
    ------
    batch : Batch
    """
    n_documents = max(block.shape[0] for block in counts)
    bounds = batch_bounds(n_documents, batch_size)
    orders = [cycled_order(block.shape[0], n_documents, rng) for block in counts]
    blocks = [block[order] for block, order in zip(counts, orders, strict=True)]
    shuffled = [sparse_rows(block, device=device) for block in blocks]
    rows = [torch.as_tensor(order).to(device) for order in orders]
    for start, end in pairwise(bounds):
        yield Batch(
            counts=tuple(
                _slice_rows(part, start, end, int(block.indptr[start]), int(block.indptr[end]))
                for part, block in zip(shuffled, blocks, strict=True)
            ),
            rows=tuple(order[start:end] for order in rows),
            generator=generator,
        )


def batch_bounds(n_documents: int, batch_size: int) -> list[int]:
    """Where batches begin and end.

    Parameters
    ----------
    n_documents, batch_size : int
        Positive.

    Returns
    -------
    bounds : list of int
        Ascending from 0 to `n_documents`; no batch but a lone one holds a single document.

    Examples
    --------
    >>> batch_bounds(9, 4)
    [0, 4, 9]
    """
    bounds = [*range(0, n_documents, batch_size), n_documents]
    if len(bounds) > 2 and batch_size > 1 and bounds[-1] - bounds[-2] == 1:
        del bounds[-2]
    return bounds


def cycled_order(n_documents: int, length: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Random order of documents, repeated with new orders until it is long enough.

    Parameters
    ----------
    n_documents : int
        Number of documents.
    length : int
        Number of entries wanted.
    rng : numpy.random.Generator
        Source of the order.

    Returns
    -------
    order : ndarray of shape (length,)
        Every document occurs ``length / n_documents`` times, rounded up or down.
    """
    repeats = -(-length // n_documents)
    return np.concatenate([rng.permutation(n_documents) for _ in range(repeats)])[:length]


def _slice_rows(counts: SparseRows, start: int, end: int, first: int, last: int) -> SparseRows:
    """Documents start to end, whose non-zeros are first to last; the bounds come from the host's copy."""
    return replace(
        counts,
        rows=counts.rows[first:last] - start,
        columns=counts.columns[first:last],
        values=counts.values[first:last],
        offsets=counts.offsets[start:end] - first,
        lengths=counts.lengths[start:end],
    )
