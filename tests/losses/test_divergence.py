"""Divergences against torch's own distributions."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Categorical, Independent, Normal, kl_divergence

from skxtm.losses import categorical_kl, gaussian_kl


def draw(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_gaussian_kl_equals_the_closed_form_of_torch_distributions(seed):
    mean, logvar, other_mean, other_logvar = draw(seed, 4, 3, 5)

    def gaussian(mean, logvar):
        return Independent(Normal(mean, (logvar / 2).exp()), 1)

    expected = kl_divergence(gaussian(mean, logvar), gaussian(other_mean, other_logvar))
    torch.testing.assert_close(gaussian_kl(mean, logvar, other_mean, other_logvar), expected)


def test_gaussian_kl_of_a_distribution_with_itself_is_exactly_zero():
    mean, logvar = draw(0, 2, 3, 4)
    assert (gaussian_kl(mean, logvar, mean, logvar) == 0).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_categorical_kl_equals_the_closed_form_of_torch_distributions_in_value_and_gradient(seed):
    logits, other = draw(seed, 2, 3, 5)
    logits.requires_grad_()
    log_other = other.log_softmax(1)
    ours = categorical_kl(logits.softmax(1), log_other)
    theirs = kl_divergence(Categorical(logits=logits), Categorical(logits=log_other))
    torch.testing.assert_close(ours, theirs)
    gradients = [torch.autograd.grad(value.sum(), logits)[0] for value in (ours, theirs)]
    torch.testing.assert_close(*gradients)


def test_categorical_kl_has_a_direction():
    sharp, even = torch.tensor([[0.9, 0.1]]), torch.tensor([[0.5, 0.5]])
    forward, backward = categorical_kl(sharp, even.log()), categorical_kl(even, sharp.log())
    torch.testing.assert_close(forward, torch.tensor([0.3681]), atol=1e-4, rtol=0)
    torch.testing.assert_close(backward, torch.tensor([0.5108]), atol=1e-4, rtol=0)


def test_a_proportion_that_underflowed_to_zero_keeps_the_gradient_finite():
    logits = torch.tensor([[0.0, -200.0]], requires_grad=True)
    categorical_kl(logits.softmax(1), torch.tensor([[0.5, 0.5]]).log()).sum().backward()
    assert logits.grad.isfinite().all()
