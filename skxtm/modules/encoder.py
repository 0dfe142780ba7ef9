"""The inference network of the variational autoencoders."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from skxtm.modules.batchnorm import ShiftBatchNorm
from skxtm.modules.sparse import SparseRows, sparse_linear


class CountsLinear(nn.Module):
    """A linear layer on sparse word counts, initialised as `torch.nn.Linear`.

    Parameters
    ----------
    n_words : int
        Size of the vocabulary.
    n_units : int
        Size of the output.
    """

    def __init__(self, n_words: int, n_units: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(n_words)
        self.weight = nn.Parameter(torch.empty(n_words, n_units).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(n_units).uniform_(-bound, bound))

    def forward(self, counts: SparseRows) -> Tensor:
        """Map counts (n_documents, n_words) to (n_documents, n_units)."""
        return sparse_linear(counts, self.weight) + self.bias


class GaussianHead(nn.Module):
    """Second hidden layer and the two normalised outputs, mean and log-variance.

    ``h = softplus(W2 h1 + b2)``, dropout, ``mean = BN(Wm h + bm)``, ``logvar = BN(Ws h + bs)``.

    Parameters
    ----------
    n_units : int
        Size of both hidden layers.
    n_components : int
        Number of topics.
    dropout : float
        Dropout rate of the hidden layer.
    eps, momentum : float
        Settings of the batch normalisations.
    """

    def __init__(
        self, n_units: int, n_components: int, *, dropout: float, eps: float, momentum: float | None
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.hidden = nn.Linear(n_units, n_units)
        self.mean = nn.Linear(n_units, n_components)
        self.logvar = nn.Linear(n_units, n_components)
        self.mean_norm = ShiftBatchNorm(n_components, eps=eps, momentum=momentum)
        self.logvar_norm = ShiftBatchNorm(n_components, eps=eps, momentum=momentum)

    def forward(self, first_layer: Tensor, generator: Generator | None = None) -> tuple[Tensor, Tensor]:
        """Map the first layer's output, before its softplus, to mean and log-variance (n_documents, K)."""
        hidden = F.softplus(self.hidden(F.softplus(first_layer)))
        if self.training:
            hidden = dropout(hidden, self.dropout, generator)
        return self.mean_norm(self.mean(hidden)), self.logvar_norm(self.logvar(hidden))


def dropout(values: Tensor, rate: float, generator: Generator | None) -> Tensor:
    """Zero a share of the values and scale up the rest, with a local source of randomness.

    Parameters
    ----------
    values : Tensor
        Any shape.
    rate : float in [0, 1)
        Share of values set to zero.
    generator : torch.Generator or None
        Source of randomness.

    Returns
    -------
    values : Tensor
        Same shape; unchanged if the rate is zero.
    """
    if rate == 0:
        return values
    kept = torch.empty_like(values).bernoulli_(1 - rate, generator=generator)
    return values * kept / (1 - rate)


def sample_gaussian(mean: Tensor, logvar: Tensor, generator: Generator | None) -> Tensor:
    """Draw from a diagonal Gaussian by reparameterisation.

    Parameters
    ----------
    mean, logvar : Tensor of shape (n_documents, n_components)
        The distribution of each row.
    generator : torch.Generator or None
        Source of randomness.

    Returns
    -------
    sample : Tensor of shape (n_documents, n_components)
        ``mean + exp(logvar / 2) * noise``.
    """
    noise = torch.empty_like(mean).normal_(generator=generator)
    return mean + (0.5 * logvar).exp() * noise
