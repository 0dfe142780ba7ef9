"""Kernel similarities against the formula written out."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.losses import linear_cka


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
