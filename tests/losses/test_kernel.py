"""Kernel similarities against the formula written out."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.losses import (
    cosine_distances,
    gaussian_kernel,
    linear_cka,
    maximum_mean_discrepancy,
    median_bandwidth,
)


def representations(seed, n_rows, *widths):
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(n_rows, width, generator=generator, dtype=torch.float64).requires_grad_()
        for width in widths
    ]


def written_out(first, second):
    """Published: both norms as sums over feature pairs, with an explicit centring matrix."""
    n_rows = len(first)
    centring = torch.eye(n_rows, dtype=torch.float64) - 1 / n_rows
    S, T = centring @ first, centring @ second
    return frobenius(S.T @ T) / torch.sqrt(frobenius(S.T @ S) * frobenius(T.T @ T))


def frobenius(matrix):
    return (matrix**2).sum().sqrt()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), n_rows=st.integers(2, 8), width=st.integers(1, 9), other=st.integers(1, 9)
)
def test_value_and_gradients_are_those_of_the_formula(seed, n_rows, width, other):
    inputs = representations(seed, n_rows, width, other)
    ours, dense = linear_cka(*inputs), written_out(*inputs)
    torch.testing.assert_close(ours, dense, rtol=1e-5, atol=1e-12)
    gradients = [torch.autograd.grad(value, inputs) for value in (ours, dense)]
    torch.testing.assert_close(*gradients, rtol=1e-5, atol=1e-10)
    assert 0 <= ours <= 1 + 1e-12


@pytest.mark.parametrize("widths", [(3, 9), (9, 3)])
def test_the_gradient_is_the_derivative(widths):
    assert torch.autograd.gradcheck(linear_cka, representations(1, 5, *widths))


def test_it_is_the_root_of_the_kernel_alignment_of_centred_gram_matrices():
    first, second = (values.detach().numpy() for values in representations(2, 7, 4, 20))
    K, G = ((values - values.mean(0)) @ (values - values.mean(0)).T for values in (first, second))
    expected = np.sqrt((K * G).sum() / np.sqrt((K * K).sum() * (G * G).sum()))
    assert float(linear_cka(torch.tensor(first), torch.tensor(second))) == pytest.approx(expected, rel=1e-12)


def test_rotation_scaling_and_shift_do_not_matter():
    (values,) = representations(3, 6, 4)
    rotation = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64))[0]
    torch.testing.assert_close(
        linear_cka(values, 3 * values @ rotation + 5), torch.ones((), dtype=torch.float64)
    )


def test_uncorrelated_columns_have_similarity_zero():
    first = torch.tensor([[1.0], [1.0], [-1.0], [-1.0]])
    second = torch.tensor([[1.0], [-1.0], [1.0], [-1.0]])
    assert linear_cka(first, second) == 0


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6 / 3])
def test_equal_rows_give_zero_without_gradient(value):
    constant = torch.full((7, 3), value, dtype=torch.float64, requires_grad=True)
    (varied,) = representations(4, 7, 5)
    for pair in ((constant, varied), (varied, constant), (constant, constant)):
        similarity = linear_cka(*pair)
        assert similarity == 0
        assert not any(gradient.any() for gradient in torch.autograd.grad(similarity, set(pair)))


def test_single_precision_gives_the_result_of_double_precision_in_its_own_dtype():
    first, second = (values.detach().float() for values in representations(5, 128, 50, 300))
    similarity = linear_cka(1e4 + first, second)
    assert similarity.dtype == torch.float32
    exact = written_out((1e4 + first).double(), second.double())
    assert float(similarity) == pytest.approx(float(exact), rel=1e-6)


def unit_rows(seed, *shape):
    rows = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.nn.functional.normalize(rows, dim=-1)


def by_loops(weights, target_weights, points, targets, bandwidth, factors):
    """Sum over all pairs of points, one kernel value at a time."""

    def kernel(one, other):
        squared = 2 - 2 * (one @ other)
        return sum(torch.exp(-squared / (2 * (factor * bandwidth) ** 2)) for factor in factors) / len(factors)

    def total(first, first_weights, second, second_weights):
        return sum(
            a * b * kernel(x, y)
            for a, x in zip(first_weights, first, strict=True)
            for b, y in zip(second_weights, second, strict=True)
        )

    return (
        total(points, weights, points, weights)
        + total(targets, target_weights, targets, target_weights)
        - 2 * total(points, weights, targets, target_weights)
    )


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 4),
    m=st.integers(1, 4),
    factors=st.sampled_from([(1.0,), (0.5, 1.0, 2.0)]),
)
def test_the_discrepancy_is_that_of_loops_over_all_pairs_in_value_and_gradient(seed, n, m, factors):
    points, targets = unit_rows(seed, n, 4), unit_rows(seed + 1, m, 4)
    logits = torch.randn(n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed + 2))
    logits.requires_grad_()
    target_weights = torch.full((m,), 1 / m, dtype=torch.float64)
    pairs = ((points, points), (points, targets), (targets, targets))
    distances = [cosine_distances(*pair) for pair in pairs]
    bandwidth = median_bandwidth(torch.cat([part.flatten() for part in distances]))
    kernels = [gaussian_kernel(part, bandwidth, factors) for part in distances]
    ours = maximum_mean_discrepancy(logits.softmax(0), target_weights, *kernels)
    theirs = by_loops(logits.softmax(0), target_weights, points, targets, bandwidth, factors)
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)
    gradients = [torch.autograd.grad(value, logits)[0] for value in (ours, theirs)]
    torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-12)


def test_the_discrepancy_of_equal_sets_is_zero_and_of_others_positive():
    points = unit_rows(0, 5, 3)
    kernel = gaussian_kernel(cosine_distances(points, points), torch.tensor(1.0))
    weights = torch.full((5,), 0.2, dtype=torch.float64)
    other = torch.tensor([0.6, 0.1, 0.1, 0.1, 0.1], dtype=torch.float64)
    assert abs(maximum_mean_discrepancy(weights, weights, kernel, kernel, kernel)) < 1e-15
    assert maximum_mean_discrepancy(weights, other, kernel, kernel, kernel) > 1e-3


def test_the_bandwidth_is_the_median_of_positive_distances_alone():
    distances = torch.tensor([[0.0, 0.0, 0.0, 1.0, 2.0, 5.0], [0.0] * 6])
    assert median_bandwidth(distances).tolist() == [2.0, 1.0]


def test_a_word_has_no_distance_from_itself_in_single_precision():
    points = torch.nn.functional.normalize(torch.randn(50, 300, generator=torch.Generator().manual_seed(0)))
    assert (cosine_distances(points, points).diagonal() == 0).all()
