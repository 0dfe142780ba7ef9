import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.utils.extmath import randomized_svd

from skxtm.embeddings._svd import leading_left_vectors


def sparse_matrix(n, seed=0):
    rng = np.random.default_rng(seed)
    return csr_array(np.where(rng.random((n, n)) < 0.2, rng.random((n, n)), 0).astype(np.float32))


@pytest.mark.parametrize(("n", "n_components"), [(200, 10), (60, 30), (12, 12), (1, 1)])
def test_singular_vectors_are_those_of_scikit_learn_for_the_same_draw(n, n_components):
    matrix = sparse_matrix(n)
    vectors, values = leading_left_vectors(matrix, n_components, np.random.RandomState(3))
    expected, expected_values, _ = randomized_svd(matrix, n_components, random_state=np.random.RandomState(3))
    np.testing.assert_allclose(values, expected_values, rtol=1e-4, atol=1e-6)
    scaled, expected_scaled = vectors * values, expected * expected_values  # directions of 0 are rounding
    np.testing.assert_allclose(scaled, expected_scaled, atol=1e-3)


def test_singular_values_are_those_of_the_dense_matrix_largest_first():
    matrix = sparse_matrix(50)
    _, values = leading_left_vectors(matrix, 50, np.random.RandomState(0))
    np.testing.assert_allclose(values, np.linalg.svd(matrix.toarray(), compute_uv=False), atol=1e-4)


def test_a_matrix_of_zeros_has_singular_values_of_zero():
    vectors, values = leading_left_vectors(csr_array((5, 5), dtype=np.float32), 2, np.random.RandomState(0))
    assert values.tolist() == [0, 0]
    assert np.isfinite(vectors).all()
