"""The first singular vectors of a large sparse matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import linalg, sparse
from sklearn.utils.extmath import svd_flip

from skxtm._threads import torch_threads
from skxtm.embeddings._vectors import FloatMatrix

_N_OVERSAMPLES = 10


def leading_left_vectors(
    matrix: sparse.csr_array, n_components: int, random_state: RandomState
) -> tuple[FloatMatrix, NDArray[np.float32]]:
    """Find the first left singular vectors of a square matrix, and their singular values.

    What scikit-learn's ``randomized_svd`` computes, up to rounding; but most of the time goes into products
    of the sparse matrix, for which torch's `embedding_bag` is faster than scipy.

    Parameters
    ----------
    matrix : csr_array of float32 of shape (n, n)
    n_components : int
        At most n.
    random_state : RandomState
        Draws where the iteration starts.

    Returns
    -------
    vectors : ndarray of float32 of shape (n, n_components)
        Largest singular value first.
    singular_values : ndarray of float32 of shape (n_components,)
    """
    with torch_threads(1):
        times, transposed_times = _product(matrix), _product(matrix.T.tocsr())
        basis = random_state.normal(size=(matrix.shape[1], n_components + _N_OVERSAMPLES)).astype(np.float32)
        for _ in range(7 if n_components < 0.1 * matrix.shape[0] else 4):
            basis, _ = linalg.lu(times(basis), permute_l=True)
            basis, _ = linalg.lu(transposed_times(basis), permute_l=True)
        basis, _ = linalg.qr(times(basis), mode="economic")
        left, singular_values, right = linalg.svd(transposed_times(basis).T, full_matrices=False)
        vectors, _ = svd_flip(basis @ left, right)
    return vectors[:, :n_components], singular_values[:n_components]


def _product(matrix: sparse.csr_array) -> Callable[[FloatMatrix], FloatMatrix]:
    """Make the function that multiplies a dense matrix by a sparse one."""
    import torch

    columns, starts = torch.from_numpy(matrix.indices), torch.from_numpy(matrix.indptr)
    values = torch.from_numpy(matrix.data)

    def times(dense: FloatMatrix) -> FloatMatrix:
        rows = torch.from_numpy(np.ascontiguousarray(dense))
        return torch.nn.functional.embedding_bag(
            columns, rows, starts, mode="sum", per_sample_weights=values, include_last_offset=True
        ).numpy()

    return times
