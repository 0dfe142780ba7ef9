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
from skxtm.training.tensors import map_tensors, sparse_rows


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
_CHUNK = 64  # batches sent together
_BYTES_PER_VALUE = 20  # a row, a column and a value


class TrainingDocuments:
    """All documents of a training, in the languages' order, and where their counts are kept.

    Counts that fit are kept on the device, and only their new order crosses over in an epoch. Others stay on
    the host and follow in chunks of batches, the next one from pinned memory while the device computes.

    Parameters
    ----------
    counts : sequence of csr_array of shape (n_l, V_l)
        Documents of each language, at least one each.
    device : torch.device
        Where the batches are to lie.
    per_document : PerDocument
        What else is known of the documents, in the order of `counts`.
    streamed : bool or None, default=None
        Whether counts stay on the host; None decides by the memory that the device has free.
    """

    def __init__(
        self,
        counts: Sequence[sparse.csr_array],
        device: torch.device,
        per_document: PerDocument = NOTHING,
        *,
        streamed: bool | None = None,
    ) -> None:
        blocks = [*counts, *per_document.augmented]
        streamed = _are_too_large(blocks, device) if streamed is None else streamed
        keep: type[_OnDevice | _OnHost] = _OnHost if streamed else _OnDevice
        kept = [keep(block, device) for block in blocks]
        self.counts, self.augmented = kept[: len(counts)], kept[len(counts) :]
        self.sizes = [block.shape[0] for block in counts]
        self.device = device
        self.per_document = per_document

    def epoch(self, batch_size: int, *, rng: np.random.Generator, generator: Generator) -> Iterator[Batch]:
        """Shuffle the documents of every language and go through the largest language once.

        The smaller languages are cycled, so that every batch holds the same number of documents of each.

        Parameters
        ----------
        batch_size : int
            Documents of each language in a batch. A last batch of a single document joins its neighbour.
        rng : numpy.random.Generator
            Source of the order.
        generator : torch.Generator
            Handed on in the batches.

        Yields
        ------
        batch : Batch
        """
        bounds = batch_bounds(max(self.sizes), batch_size)
        orders = [cycled_order(size, max(self.sizes), rng) for size in self.sizes]
        counts = [kept.batches(order, bounds) for kept, order in zip(self.counts, orders, strict=True)]
        augmented = [
            kept.batches(order, bounds)
            for kept, order in zip(self.augmented, orders, strict=bool(self.augmented))
        ]
        rows = [torch.as_tensor(order).to(self.device) for order in orders]
        for start, end in pairwise(bounds):
            here = tuple(order[start:end] for order in rows)
            yield Batch(
                counts=tuple(next(parts) for parts in counts),
                rows=here,
                generator=generator,
                document_vectors=_pick(self.per_document.vectors, here),
                clusters=_pick(self.per_document.clusters, here),
                augmented=tuple(next(parts) for parts in augmented),
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


class _OnDevice:
    """Counts kept on the device; where documents begin is known on the host, to slice without waiting."""

    def __init__(self, counts: sparse.csr_array, device: torch.device) -> None:
        self.counts = sparse_rows(counts, device=device)
        self.n_words = np.diff(counts.indptr).astype(np.int64)

    def batches(self, order: NDArray[np.intp], bounds: Sequence[int]) -> Iterator[SparseRows]:
        """Documents in an order, cut at the bounds."""
        starts = np.concatenate([[0], np.cumsum(self.n_words[order])])
        shuffled = _reordered(self.counts, torch.as_tensor(order), torch.as_tensor(starts))
        for start, end in pairwise(bounds):
            yield _slice(shuffled, starts, start, end)


class _OnHost:
    """Counts kept on the host, sent chunk by chunk, each while the batches before it are computed."""

    def __init__(self, counts: sparse.csr_array, device: torch.device) -> None:
        self.counts = counts
        self.device = device
        self.stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    def batches(self, order: NDArray[np.intp], bounds: Sequence[int]) -> Iterator[SparseRows]:
        """Documents in an order, cut at the bounds."""
        cuts = [list(bounds[first : first + _CHUNK + 1]) for first in range(0, len(bounds) - 1, _CHUNK)]
        sent = self._send(order[cuts[0][0] : cuts[0][-1]])
        for number, cut in enumerate(cuts):
            (counts, starts), copied = sent
            if number + 1 < len(cuts):
                after = cuts[number + 1]
                sent = self._send(order[after[0] : after[-1]])
            if copied is not None:
                torch.cuda.current_stream(self.device).wait_event(copied)
            for start, end in pairwise(cut):
                yield _slice(counts, starts, start - cut[0], end - cut[0])

    def _send(
        self, order: NDArray[np.intp]
    ) -> tuple[tuple[SparseRows, NDArray[np.integer]], torch.cuda.Event | None]:
        """Start copying documents to the device; the event tells when they are there."""
        block = self.counts[order]
        if self.stream is None:
            return (sparse_rows(block, device=self.device), block.indptr), None
        pinned = map_tensors(sparse_rows(block), Tensor.pin_memory)
        with torch.cuda.stream(self.stream):
            counts = map_tensors(pinned, lambda part: part.to(self.device, non_blocking=True))
            copied = self.stream.record_event()
        # the memory may be used again only after the computing stream is done with it
        map_tensors(counts, lambda part: _recorded(part, torch.cuda.current_stream(self.device)))
        return (counts, block.indptr), copied


def _recorded(tensor: Tensor, stream: torch.cuda.Stream) -> Tensor:
    tensor.record_stream(stream)
    return tensor


def _reordered(counts: SparseRows, order: Tensor, starts: Tensor) -> SparseRows:
    """Put documents in a new order, on the device of the counts; `starts` has one entry more than `order`."""
    n_values = int(starts[-1])
    device = counts.columns.device
    per_row = starts.diff().to(device)
    order, offsets = order.to(device), starts[:-1].to(device)
    shift = torch.repeat_interleave(counts.offsets[order] - offsets, per_row, output_size=n_values)
    source = shift.add_(torch.arange(n_values, device=device))
    rows = torch.arange(len(order), device=device)
    return SparseRows(
        rows=torch.repeat_interleave(rows, per_row, output_size=n_values),
        columns=counts.columns[source],
        values=counts.values[source],
        offsets=offsets,
        lengths=counts.lengths[order],
        n_columns=counts.n_columns,
    )


def _slice(counts: SparseRows, starts: NDArray[np.integer], start: int, end: int) -> SparseRows:
    """Documents start to end."""
    first, last = int(starts[start]), int(starts[end])
    return replace(
        counts,
        rows=counts.rows[first:last] - start,
        columns=counts.columns[first:last],
        values=counts.values[first:last],
        offsets=counts.offsets[start:end] - first,
        lengths=counts.lengths[start:end],
    )


def _are_too_large(blocks: Sequence[sparse.csr_array], device: torch.device) -> bool:
    """Tell whether counts and one shuffled copy would take over half of the device's free memory."""
    if device.type != "cuda":
        return False
    free, _ = torch.cuda.mem_get_info(device)
    per_copy = sum(block.nnz * _BYTES_PER_VALUE for block in blocks)
    return 2 * per_copy > free / 2


def _pick(tensors: tuple[Tensor, ...], rows: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(tensor[order] for tensor, order in zip(tensors, rows, strict=bool(tensors)))
