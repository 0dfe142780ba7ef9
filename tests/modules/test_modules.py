"""Layers against torch's own, and against brute force."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from skxtm.modules.batchnorm import ShiftBatchNorm
from skxtm.modules.encoder import CountsLinear, dropout, sample_gaussian
from skxtm.modules.prior import LaplacePrior
from skxtm.modules.sparse import FixedSparse, sparse_linear
from skxtm.training.tensors import sparse_rows


@settings(max_examples=30, deadline=None)
@given(n_rows=st.integers(1, 6), n_columns=st.integers(1, 6), seed=st.integers(0, 10_000))
def test_sparse_linear_equals_the_dense_product_in_value_and_gradient(n_rows, n_columns, seed):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.5, (n_rows, n_columns)).astype(float)
    weight = torch.as_tensor(rng.normal(size=(n_columns, 3))).requires_grad_()
    product = sparse_linear(sparse_rows(sparse.csr_array(counts), dtype=torch.float64), weight)
    torch.testing.assert_close(product, torch.as_tensor(counts) @ weight)
    upstream = torch.as_tensor(rng.normal(size=(n_rows, 3)))
    (gradient,) = torch.autograd.grad(product, weight, upstream)
    torch.testing.assert_close(gradient, torch.as_tensor(counts).T @ upstream)


@settings(max_examples=30, deadline=None)
@given(n_rows=st.integers(1, 6), n_columns=st.integers(1, 6), seed=st.integers(0, 10_000))
def test_a_fixed_sparse_matrix_multiplies_as_its_dense_form_in_value_and_gradient(n_rows, n_columns, seed):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n_rows, n_columns)) * (rng.random((n_rows, n_columns)) < 0.5)
    rows, columns = (torch.as_tensor(place) for place in matrix.nonzero())
    values = torch.as_tensor(matrix)[rows, columns]
    layer = FixedSparse(rows, columns, values, (n_rows, n_columns))
    dense = torch.as_tensor(rng.normal(size=(n_columns, 3))).requires_grad_()
    product = layer(dense)
    torch.testing.assert_close(product, torch.as_tensor(matrix) @ dense)
    upstream = torch.as_tensor(rng.normal(size=(n_rows, 3)))
    (gradient,) = torch.autograd.grad(product, dense, upstream)
    torch.testing.assert_close(gradient, torch.as_tensor(matrix).T @ upstream)


def test_batch_normalisation_equals_torch_with_its_scale_at_one():
    values = torch.randn(7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ours = ShiftBatchNorm(4, eps=1e-3, momentum=1.0).double()
    theirs = torch.nn.BatchNorm1d(4, eps=1e-3, momentum=1.0).double()
    torch.testing.assert_close(ours(values), theirs(values))
    torch.testing.assert_close(ours.running_mean, theirs.running_mean)
    torch.testing.assert_close(ours.running_variance, theirs.running_var)
    torch.testing.assert_close(ours.eval()(values), theirs.eval()(values))


def test_running_statistics_are_plain_averages_until_the_momentum_takes_over():
    batches = torch.randn(6, 5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    layer = ShiftBatchNorm(3, eps=1e-3, momentum=0.25).double()
    for batch in batches[:4]:
        layer(batch)
    torch.testing.assert_close(layer.running_mean, batches[:4].mean(1).mean(0))
    torch.testing.assert_close(layer.running_variance, batches[:4].var(1).mean(0))
    before = layer.running_mean.clone()
    layer(batches[4])
    torch.testing.assert_close(layer.running_mean, 0.75 * before + 0.25 * batches[4].mean(0))


def test_a_batch_of_one_document_leaves_finite_statistics():
    layer = ShiftBatchNorm(3, eps=1e-3, momentum=0.5)
    layer(torch.tensor([[1.0, 2.0, 3.0]]))
    assert torch.isfinite(layer.running_variance).all()


def test_the_prior_is_the_laplace_approximation_of_a_dirichlet():
    a = np.array([0.5, 1.0, 4.0])
    prior = LaplacePrior(torch.as_tensor(a))
    for k in range(3):
        variance = 1 / a[k] * (1 - 2 / 3) + (1 / 9) * (1 / a).sum()
        assert prior.mean[k].item() == pytest.approx(np.log(a[k]) - np.log(a).mean())
        assert prior.logvar[k].exp().item() == pytest.approx(variance)


@pytest.mark.parametrize("concentration", [0.3, 1.0, 7.0])
def test_the_prior_of_one_topic_is_finite_and_certain(concentration):
    prior = LaplacePrior(torch.tensor([concentration]))
    assert (prior.mean.tolist(), prior.logvar.tolist(), prior.proportions().tolist()) == ([0], [0], [1])


def test_proportions_of_a_symmetric_prior_are_uniform():
    torch.testing.assert_close(LaplacePrior(torch.ones(4)).proportions(), torch.full((4,), 0.25))


def test_counts_layer_starts_within_the_bounds_of_torch_linear():
    layer = CountsLinear(100, 20)
    for parameter in layer.parameters():
        assert parameter.abs().max() <= 0.1
        assert parameter.std() > 0.03


def test_samples_have_the_mean_and_variance_asked_for():
    generator = torch.Generator().manual_seed(0)
    mean, logvar = torch.full((200_000, 1), 3.0), torch.full((200_000, 1), -1.0)
    sample = sample_gaussian(mean, logvar, generator)
    assert abs(sample.mean() - 3) < 0.01
    assert abs(sample.var() - np.exp(-1)) < 0.01


def test_dropout_zeroes_the_share_asked_for_and_keeps_the_mean():
    values = torch.ones(200_000)
    dropped = dropout(values, 0.3, torch.Generator().manual_seed(0))
    assert abs((dropped == 0).float().mean() - 0.3) < 0.01
    assert abs(dropped.mean() - 1) < 0.01
    assert dropout(values, 0.0, None) is values
