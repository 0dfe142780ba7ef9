"""Losses as pure functions of tensors, by mathematical family."""

from skxtm.losses.contrastive import (
    TamiPositives,
    paired_contrastive_loss,
    supervised_contrastive_loss,
    tami_loss,
)
from skxtm.losses.divergence import gaussian_kl
from skxtm.losses.kernel import linear_cka
from skxtm.losses.reconstruction import batch_normalised_nll, multinomial_nll

__all__ = [
    "TamiPositives",
    "batch_normalised_nll",
    "gaussian_kl",
    "linear_cka",
    "multinomial_nll",
    "paired_contrastive_loss",
    "supervised_contrastive_loss",
    "tami_loss",
]
