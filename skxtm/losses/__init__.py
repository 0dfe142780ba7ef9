"""Losses as pure functions of tensors, by mathematical family."""

from skxtm.losses.contrastive import (
    TamiPositives,
    paired_contrastive_loss,
    supervised_contrastive_loss,
    tami_loss,
)
from skxtm.losses.divergence import categorical_kl, gaussian_kl
from skxtm.losses.kernel import (
    cosine_distances,
    gaussian_kernel,
    linear_cka,
    maximum_mean_discrepancy,
    median_bandwidth,
)
from skxtm.losses.reconstruction import batch_normalised_nll, multinomial_nll
from skxtm.losses.transport import entropic_transport

__all__ = [
    "TamiPositives",
    "batch_normalised_nll",
    "categorical_kl",
    "cosine_distances",
    "entropic_transport",
    "gaussian_kernel",
    "gaussian_kl",
    "linear_cka",
    "maximum_mean_discrepancy",
    "median_bandwidth",
    "multinomial_nll",
    "paired_contrastive_loss",
    "supervised_contrastive_loss",
    "tami_loss",
]
