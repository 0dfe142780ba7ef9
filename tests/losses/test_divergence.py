"""Divergences against torch's own distributions."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Independent, Normal, kl_divergence

from skxtm.losses import gaussian_kl


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
