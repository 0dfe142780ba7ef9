"""Contrastive losses: related rows are to be more alike, in cosine, than unrelated ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

# elements of the similarity matrix held at a time: fits a processor's caches; fills a GPU
_BLOCK_SIZE = {"cpu": 1 << 20}
_GPU_BLOCK_SIZE = 1 << 25
# exp(1 / temperature) and sums of it stay within the range of single precision above this
_LOWEST_SINGLE_TEMPERATURE = 1 / 64
_LOG2_E = math.log2(math.e)  # powers of 2 are computed several times faster than those of e


@dataclass(frozen=True, slots=True)
class TamiPositives:
    """Pairs of words that TAMI draws together, with how they are laid out for sums in a fixed order.

    Built by `from_pairs`. A pair is listed if it is positive in at least one direction.

    Attributes
    ----------
    shape : tuple of int
        Vocabulary sizes ``(V_1, V_2)``.
    rows, columns : Tensor of shape (n_pairs,)
        Words of the first and of the second language, sorted by row, then by column.
    counts : Tensor of shape (2 * n_pairs,)
        ``C_12`` at every pair, then ``C_21`` at every pair; zero where a direction lacks the pair.
    anchors : Tensor of shape (2 * n_pairs,)
        Word that each count belongs to; words of the second language are numbered from ``V_1``.
    order : Tensor of shape (2 * n_pairs,)
        Numbers of the counts, sorted by their anchors.
    offsets : Tensor of shape (V_1 + V_2,)
        Where each anchor starts in `order`.
    row_starts : tuple of int
        Where each row starts among the pairs, and ``n_pairs`` at the end.
    total : float
        Sum of all counts.
    """

    shape: tuple[int, int]
    rows: Tensor
    columns: Tensor
    counts: Tensor
    anchors: Tensor
    order: Tensor
    offsets: Tensor
    row_starts: tuple[int, ...]
    total: float

    @classmethod
    def from_pairs(cls, pairs: Tensor, counts: Tensor, shape: tuple[int, int]) -> TamiPositives:
        """Lay out the positives of two languages.

        Parameters
        ----------
        pairs : Tensor of shape (2, n_pairs)
            Word of the first and of the second language; each pair once.
        counts : Tensor of shape (2, n_pairs)
            ``C_12`` and ``C_21`` transposed at every pair, not negative.
        shape : tuple of int
            Vocabulary sizes.

        Returns
        -------
        positives : TamiPositives
        """
        by_place = torch.argsort(pairs[0] * shape[1] + pairs[1])
        rows, columns = pairs[:, by_place]
        counts = counts[:, by_place].reshape(-1)
        anchors = torch.cat([rows, columns + shape[0]])
        ends = torch.bincount(anchors, minlength=sum(shape)).cumsum(0)
        return cls(
            shape=shape,
            rows=rows,
            columns=columns,
            counts=counts,
            anchors=anchors,
            order=torch.argsort(anchors, stable=True),
            offsets=torch.cat([ends.new_zeros(1), ends[:-1]]),
            row_starts=(0, *ends[: shape[0]].tolist()),
            total=float(counts.sum()),
        )

    def to(self, device: torch.device | str) -> TamiPositives:
        """Return the same positives on a device."""
        names = ("rows", "columns", "counts", "anchors", "order", "offsets")
        return replace(self, **{name: getattr(self, name).to(device) for name in names})

    def blocks(self) -> Iterator[tuple[slice, slice, Tensor]]:
        """Cut the similarity matrix into blocks of rows.

        Yields
        ------
        rows : slice
            The block's words of the first language.
        pairs : slice
            Its pairs.
        places : Tensor
            Places of these pairs in the flattened block.
        """
        n_rows = self.block_rows()
        for start in range(0, self.shape[0], n_rows):
            stop = min(start + n_rows, self.shape[0])
            pairs = slice(self.row_starts[start], self.row_starts[stop])
            places = (self.rows[pairs] - start) * self.shape[1] + self.columns[pairs]
            yield slice(start, stop), pairs, places

    def block_rows(self) -> int:
        """Return the number of rows of the largest block."""
        size = _BLOCK_SIZE.get(self.rows.device.type, _GPU_BLOCK_SIZE)
        return min(self.shape[0], max(1, size // self.shape[1]))


def tami_loss(first: Tensor, second: Tensor, positives: TamiPositives, temperature: float = 0.2) -> Tensor:
    """Topic alignment with mutual information, the contrastive loss of InfoCTM (Wu et al., AAAI 2023).

    With ``s_ij = cos(first_i, second_j) / temperature``, the sum over both directions of
    ``sum_ij C_12[i, j] * -log( exp(s_ij) / (exp(s_ij) + sum_{n: C_12[i, n] = 0} exp(s_in)) )``, divided by
    the sum of all counts; the other direction has ``C_21`` and sums over the words of the first language.

    Parameters
    ----------
    first : Tensor of shape (V_1, n_components)
        Features of the first language's words: rows of its topic-word weights.
    second : Tensor of shape (V_2, n_components)
        The same of the second language.
    positives : TamiPositives
        Pairs to draw together and how often each counts.
    temperature : float
        Positive. Below 1/64 the computation is in double precision, below 1/640 it overflows.

    Returns
    -------
    loss : scalar Tensor
        Nats per count, not negative; zero where no word has a negative, and without positives. A word
        whose features are all zero has cosine 0 with every other, and no gradient.

    Notes
    -----
    Blocks of the similarity matrix are computed once for both directions, and again for the gradient, so
    memory does not grow with ``V_1 * V_2``. In every block the few pairs of `positives` are overwritten, so
    that sums run over negatives only: nothing is subtracted, and nothing cancels.

    The published code subtracts each row's maximum and then adds 1e-10 inside the logarithm; this is the
    formula itself.

    Examples
    --------
    >>> import torch
    >>> pairs = torch.tensor([[0, 1], [0, 1]])
    >>> positives = TamiPositives.from_pairs(pairs, torch.ones(2, 2), (2, 2))
    >>> tami_loss(torch.eye(2), torch.eye(2), positives)
    tensor(0.0067)
    """
    dtype = torch.float64 if temperature < _LOWEST_SINGLE_TEMPERATURE else first.dtype
    loss: Tensor = _Tami.apply(first.to(dtype), second.to(dtype), positives, temperature)
    return loss.to(first.dtype)


class _Tami(Function):
    @staticmethod
    def forward(
        ctx: Any, first: Tensor, second: Tensor, positives: TamiPositives, temperature: float
    ) -> Tensor:
        unit_first, inverse_first = _unit_rows(first)  # (V_1, K), (V_1, 1)
        unit_second, inverse_second = _unit_rows(second)  # (V_2, K), (V_2, 1)
        first_columns = unit_first.T.contiguous() * (_LOG2_E / temperature)  # (K, V_1)
        second_columns = unit_second.T.contiguous()  # (K, V_2)
        counts = positives.counts.to(first.dtype)  # (2 P,)

        bits, negatives = _similarities(first_columns, second_columns, positives)
        excess = negatives.log()[positives.anchors] - bits.repeat(2) / _LOG2_E  # (2 P,)

        units = (unit_first, inverse_first, first_columns, unit_second, inverse_second, second_columns)
        ctx.save_for_backward(*units, counts, bits, negatives, excess)
        ctx.positives, ctx.temperature = positives, temperature
        return (counts * F.softplus(excess)).sum() / max(positives.total, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        *units, counts, bits, negatives, excess = ctx.saved_tensors
        unit_first, inverse_first, first_columns, unit_second, inverse_second, second_columns = units
        positives: TamiPositives = ctx.positives

        pull = counts * excess.sigmoid()  # of every positive on its similarity, (2 P,)
        push = _sum_by_anchor(pull, positives) / negatives.clamp_min(torch.finfo(counts.dtype).tiny)
        as_negative = bits.exp2().repeat(2) * push[positives.anchors] * (counts == 0)
        at_pairs = (as_negative - pull).view(2, -1).sum(0)  # (P,)

        grad_first, grad_second = _similarity_gradients(
            first_columns, second_columns, positives, push, at_pairs
        )
        scale = grad / max(positives.total, 1)
        grad_first = grad_first.T * (scale / ctx.temperature)
        grad_second = grad_second.T * (scale / _LOG2_E)
        return (
            _through_unit_rows(grad_first, unit_first, inverse_first),
            _through_unit_rows(grad_second, unit_second, inverse_second),
            None,
            None,
        )


def _similarities(first: Tensor, second: Tensor, positives: TamiPositives) -> tuple[Tensor, Tensor]:
    """Similarity of every pair in bits (P,), and each word's sum over its negatives of 2^bits (V_1 + V_2,).

    Features are columns, (K, V_1) and (K, V_2).
    """
    bits = first.new_empty(len(positives.rows))
    negatives = first.new_zeros(sum(positives.shape))
    row_sums, column_sums = negatives.split(positives.shape)
    is_negative = (positives.counts == 0).view(2, -1)
    buffer = first.new_empty(positives.block_rows(), positives.shape[1])
    for rows, pairs, places in positives.blocks():
        block = torch.mm(first[:, rows].T, second, out=buffer[: rows.stop - rows.start])
        flat = block.view(-1)
        bits[pairs] = flat[places]
        block.exp2_()
        at_pairs = flat[places]
        flat[places] = at_pairs * is_negative[0, pairs]
        row_sums[rows] = block.sum(1)
        flat[places] = at_pairs * is_negative[1, pairs]
        column_sums += block.sum(0)
    return bits, negatives


def _similarity_gradients(
    first: Tensor, second: Tensor, positives: TamiPositives, push: Tensor, at_pairs: Tensor
) -> tuple[Tensor, Tensor]:
    """Products of `second` with the transpose of G (K, V_1), and of `first` with G (K, V_2).

    G (V_1, V_2) is `at_pairs` at the pairs and ``2^bits_ij * (push_i + push_j)`` elsewhere.
    """
    row_push, column_push = push.split(positives.shape)
    grad_first, grad_second = torch.empty_like(first), torch.zeros_like(second)
    buffers = first.new_empty(2, positives.block_rows(), positives.shape[1])
    for rows, pairs, places in positives.blocks():
        block, factor = buffers[:, : rows.stop - rows.start].unbind()
        torch.mm(first[:, rows].T, second, out=block)
        torch.add(row_push[rows].unsqueeze(1), column_push, out=factor)
        block.exp2_().mul_(factor)
        block.view(-1)[places] = at_pairs[pairs]
        torch.mm(second, block.T, out=grad_first[:, rows])
        grad_second.addmm_(first[:, rows], block)
    return grad_first, grad_second


def _sum_by_anchor(values: Tensor, positives: TamiPositives) -> Tensor:
    """Sum (2 P,) by word, in a fixed order, to (V_1 + V_2,)."""
    summed = F.embedding_bag(positives.order, values.unsqueeze(1), positives.offsets, mode="sum")
    return summed.squeeze(1)


def _unit_rows(features: Tensor) -> tuple[Tensor, Tensor]:
    """Scale rows to length 1; also return the factors, zero for a row of zeros."""
    length = torch.linalg.vector_norm(features, dim=1, keepdim=True)
    inverse = torch.where(length > 0, length.reciprocal(), 0)
    return features * inverse, inverse


def _through_unit_rows(grad: Tensor, unit: Tensor, inverse: Tensor) -> Tensor:
    """Gradient of the features, given that of their unit rows."""
    return (grad - unit * (grad * unit).sum(1, keepdim=True)) * inverse


def supervised_contrastive_loss(features: Tensor, labels: Tensor, temperature: float = 0.2) -> Tensor:
    """Draw rows with the same label together (Khosla et al., NeurIPS 2020), XTRA's cluster loss.

    With ``s_ij = cos(features_i, features_j) / temperature``, the mean over the rows i of the mean over the
    other rows p of the same label of ``-log( exp(s_ip) / sum_{n != i} exp(s_in) )``. Rows that share their
    label with no other are left out.

    Parameters
    ----------
    features : Tensor of shape (n_rows, n_features)
        For XTRA the topic proportions of a batch, all languages stacked.
    labels : Tensor of shape (n_rows,)
        Cluster of every row.
    temperature : float
        Positive.

    Returns
    -------
    loss : scalar Tensor
        Nats, not negative; zero if no two rows share a label, or only two rows exist.

    Notes
    -----
    Of XTRA's two released versions this is the one published with LLM-XTM (Xuan et al., ACL 2026), without
    its 1e-8 inside the logarithm. The earlier one takes the logarithm of the summed instead of the mean over
    positives, and counts positives twice in the denominator.

    Examples
    --------
    >>> import torch
    >>> features = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> supervised_contrastive_loss(features, torch.tensor([0, 0, 1]), temperature=1.0)
    tensor(0.3133)
    """
    unit = F.normalize(features, dim=1)
    logits = (unit @ unit.T / temperature).fill_diagonal_(torch.finfo(unit.dtype).min)
    positives = (labels.unsqueeze(1) == labels).fill_diagonal_(False)
    n_positives = positives.sum(1)
    log_probability = torch.where(positives, logits.log_softmax(1), 0).sum(1)
    n_anchors = (n_positives > 0).sum()
    return -(log_probability / n_positives.clamp_min(1)).sum() / n_anchors.clamp_min(1)


def paired_contrastive_loss(
    first: Tensor, second: Tensor, temperature: float = 1.0, *, symmetric: bool = False
) -> Tensor:
    """Draw row i of one matrix to row i of another (InfoNCE), XTRA's topic and document losses.

    With ``s_ij = cos(first_i, second_j) / temperature``, the mean over i of
    ``-log( exp(s_ii) / sum_j exp(s_ij) )``.

    Parameters
    ----------
    first, second : Tensor of shape (n_rows, n_features)
        Rows with the same number belong together.
    temperature : float
        Positive; XTRA has none.
    symmetric : bool
        Whether to average with the loss from `second` to `first`: True for XTRA's topics, False for its
        documents.

    Returns
    -------
    loss : scalar Tensor
        Nats, not negative; zero for a single row.

    Examples
    --------
    >>> import torch
    >>> paired_contrastive_loss(torch.eye(2), torch.eye(2), symmetric=True)
    tensor(0.3133)
    """
    logits = F.normalize(first, dim=1) @ F.normalize(second, dim=1).T / temperature
    loss = (logits.logsumexp(1) - logits.diagonal()).mean()
    if not symmetric:
        return loss
    return (loss + (logits.logsumexp(0) - logits.diagonal()).mean()) / 2
