"""Sparse word counts and fixed sparse matrices, without torch's sparse tensors.

Both products are sums over bags of rows, for which `embedding_bag` has fast kernels on every device that
add in a fixed order, so that the same seed gives the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class SparseRows:
    """Word counts of a batch of documents in one language.

    Attributes
    ----------
    rows : Tensor of shape (n_nonzeros,)
        Row of each non-zero, ascending.
    columns : Tensor of shape (n_nonzeros,)
        Column of each non-zero; no (row, column) occurs twice.
    values : Tensor of shape (n_nonzeros,)
        The counts.
    offsets : Tensor of shape (n_documents,)
        Where each row starts among the non-zeros.
    lengths : Tensor of shape (n_documents,)
        Tokens per document, the row sums.
    n_columns : int
        Size of the vocabulary.
    """

    rows: Tensor
    columns: Tensor
    values: Tensor
    offsets: Tensor
    lengths: Tensor
    n_columns: int

    @property
    def n_rows(self) -> int:
        """Number of documents."""
        return len(self.offsets)

    def dense(self) -> Tensor:
        """Return the counts as a dense tensor of shape (n_documents, n_columns)."""
        result = self.values.new_zeros(self.n_rows, self.n_columns)
        return result.index_put_((self.rows, self.columns), self.values)


def sparse_linear(counts: SparseRows, weight: Tensor) -> Tensor:
    """Multiply sparse word counts by a dense matrix.

    Parameters
    ----------
    counts : SparseRows of shape (n_documents, n_words)
        Word counts.
    weight : Tensor of shape (n_words, n_units)
        One row per word.

    Returns
    -------
    product : Tensor of shape (n_documents, n_units)
        ``X @ weight``; the gradient flows to `weight` only.
    """
    return _SparseLinear.apply(counts, weight) if torch.is_grad_enabled() else product(counts, weight)


class _SparseLinear(Function):
    @staticmethod
    def forward(ctx: Any, counts: SparseRows, weight: Tensor) -> Tensor:
        ctx.counts = counts
        return product(counts, weight)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor]:
        return None, transposed_product(ctx.counts, grad)


def product(counts: SparseRows, dense: Tensor) -> Tensor:
    """Multiply counts (n_documents, n_words) by (n_words, n_units), without gradient."""
    return F.embedding_bag(
        counts.columns, dense, counts.offsets, mode="sum", per_sample_weights=counts.values
    )


def transposed_product(counts: SparseRows, dense: Tensor) -> Tensor:
    """Multiply the transposed counts by (n_documents, n_units), without gradient."""
    if dense.is_cuda:  # index_add_ on CUDA adds in an order that changes from run to run
        return counts.dense().T @ dense
    result = dense.new_zeros(counts.n_columns, dense.shape[1])
    scaled = dense.index_select(0, counts.rows).mul_(counts.values.unsqueeze(1))
    return result.index_add_(0, counts.columns, scaled)


class FixedSparse(nn.Module):
    """A fixed sparse matrix that multiplies dense ones.

    Parameters
    ----------
    rows, columns : Tensor of shape (n_nonzeros,)
        Places of the non-zeros; each place once.
    values : Tensor of shape (n_nonzeros,)
        The non-zeros.
    shape : tuple of int
        Numbers of rows and columns.
    """

    def __init__(self, rows: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int]) -> None:
        super().__init__()
        self.shape = shape
        by_row = torch.argsort(rows * shape[1] + columns)
        by_column = torch.argsort(columns * shape[0] + rows)
        self._buffer("columns", columns[by_row])
        self._buffer("row_offsets", _offsets(rows, shape[0]))
        self._buffer("row_values", values[by_row])
        self._buffer("rows", rows[by_column])
        self._buffer("column_offsets", _offsets(columns, shape[1]))
        self._buffer("column_values", values[by_column])

    columns: Tensor
    row_offsets: Tensor
    row_values: Tensor
    rows: Tensor
    column_offsets: Tensor
    column_values: Tensor

    def _buffer(self, name: str, value: Tensor) -> None:
        self.register_buffer(name, value, persistent=False)

    def forward(self, dense: Tensor) -> Tensor:
        """Multiply (n_rows, n_columns) by (n_columns, n_units) from the left."""
        by_row = self.columns, self.row_offsets, self.row_values
        by_column = self.rows, self.column_offsets, self.column_values
        return _BagSum.apply(dense, *by_row, *by_column)


class _BagSum(Function):
    @staticmethod
    def forward(
        ctx: Any, dense: Tensor, index: Tensor, offsets: Tensor, values: Tensor, *transpose: Tensor
    ) -> Tensor:
        ctx.transpose = transpose
        return _bag_sum(dense, index, offsets, values)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None, None, None, None]:
        return _bag_sum(grad.contiguous(), *ctx.transpose), None, None, None, None, None, None


def _bag_sum(dense: Tensor, index: Tensor, offsets: Tensor, values: Tensor) -> Tensor:
    return F.embedding_bag(index, dense, offsets, mode="sum", per_sample_weights=values)


def _offsets(ids: Tensor, size: int) -> Tensor:
    ends = torch.bincount(ids, minlength=size).cumsum(0)
    return torch.cat([ends.new_zeros(1), ends[:-1]])
