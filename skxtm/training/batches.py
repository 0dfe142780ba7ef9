"""Batches of documents from CSR counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Generator, Tensor

from skxtm.backbones.base import Batch
from skxtm.modules.sparse import SparseRows
from skxtm.training.tensors import sparse_rows


@dataclass(frozen=True, slots=True)
class PerDocument:
    """What is known of the training documents besides their counts; empty where nothing is.

    Attributes
    ----------
    vectors : tuple of Tensor of shape (n_l, n_dimensions)
        Embeddings, on the device.
    clusters : tuple of Tensor of shape (n_l,)
        Clusters, on the device.
    augmented : tuple of csr_array of shape (n_l, n_words)
        Further counts, over the joint vocabulary; moved to the device with the counts, once per epoch.
    """

    vectors: tuple[Tensor, ...] = ()
    clusters: tuple[Tensor, ...] = ()
    augmented: tuple[sparse.csr_array, ...] = ()


NOTHING = PerDocument()


def epoch_batches(
    counts: Sequence[sparse.csr_array],
    batch_size: int,
    *,
    rng: np.random.Generator,
    generator: Generator,
    device: torch.device,
    per_document: PerDocument = NOTHING,
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
    per_document : PerDocument
        What else is known of the documents, in the order of `counts`.

    Yields
    ------
    batch : Batch
    """
    n_documents = max(block.shape[0] for block in counts)
    bounds = batch_bounds(n_documents, batch_size)
    orders = [cycled_order(block.shape[0], n_documents, rng) for block in counts]
    shuffled = [_Shuffled(block, order, device) for block, order in zip(counts, orders, strict=True)]
    augmented = [
        _Shuffled(block, order, device)
        for block, order in zip(per_document.augmented, orders, strict=bool(per_document.augmented))
    ]
    rows = [torch.as_tensor(order).to(device) for order in orders]
    for start, end in pairwise(bounds):
        here = tuple(order[start:end] for order in rows)
        yield Batch(
            counts=tuple(block.slice(start, end) for block in shuffled),
            rows=here,
            generator=generator,
            document_vectors=_pick(per_document.vectors, here),
            clusters=_pick(per_document.clusters, here),
            augmented=tuple(block.slice(start, end) for block in augmented),
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


class _Shuffled:
    """Counts in a new order on the device; where rows begin is also kept on the host, to slice by."""

    def __init__(self, counts: sparse.csr_array, order: NDArray[np.intp], device: torch.device) -> None:
        block = counts[order]
        self.counts = sparse_rows(block, device=device)
        self.starts = block.indptr

    def slice(self, start: int, end: int) -> SparseRows:
        """Documents start to end."""
        counts, first, last = self.counts, int(self.starts[start]), int(self.starts[end])
        return replace(
            counts,
            rows=counts.rows[first:last] - start,
            columns=counts.columns[first:last],
            values=counts.values[first:last],
            offsets=counts.offsets[start:end] - first,
            lengths=counts.lengths[start:end],
        )


def _pick(tensors: tuple[Tensor, ...], rows: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(tensor[order] for tensor, order in zip(tensors, rows, strict=bool(tensors)))
