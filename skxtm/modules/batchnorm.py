"""Batch normalisation with the scale fixed at 1, as ProdLDA's descendants use it."""

import torch
from torch import Tensor, nn


class ShiftBatchNorm(nn.Module):
    """Batch normalisation whose scale is fixed at 1 and whose shift is learnt.

    Parameters
    ----------
    n_features : int
        Number of columns.
    eps : float
        Added to the variance.
    momentum : float or None
        Weight of the newest batch in the running statistics, as in torch. None is for plain averages, which
        `restart` begins anew.

    Notes
    -----
    The running statistics start as plain averages: batch number t enters with the weight
    ``max(momentum, 1 / t)``. With the published momentum of 0.001 torch's own rule would still give the
    initial values 0 and 1 a weight of one third after a thousand batches; after the published number of
    batches both rules agree.
    """

    running_mean: Tensor
    running_variance: Tensor
    n_batches: Tensor

    def __init__(self, n_features: int, *, eps: float, momentum: float | None) -> None:
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.shift = nn.Parameter(torch.zeros(n_features))
        self.register_buffer("running_mean", torch.zeros(n_features))
        self.register_buffer("running_variance", torch.ones(n_features))
        self.register_buffer("n_batches", torch.zeros(()))

    def forward(self, values: Tensor) -> Tensor:
        """Normalise (n_documents, n_features) over documents; by running statistics in evaluation."""
        if not self.training:
            return (values - self.running_mean) * self.inverse_deviation() + self.shift
        normalised, mean, inverse_deviation = torch.native_batch_norm(
            values, None, self.shift, None, None, True, 0.0, self.eps
        )
        self.update(mean, inverse_deviation.square().reciprocal() - self.eps, len(values))
        return normalised

    def restart(self) -> None:
        """Forget the running statistics; the next batch gives the first."""
        self.n_batches.zero_()

    def inverse_deviation(self) -> Tensor:
        """Return the factor that evaluation multiplies by, Tensor of shape (n_features,)."""
        return (self.running_variance + self.eps).rsqrt()

    @torch.no_grad()
    def update(self, mean: Tensor, variance: Tensor, n_rows: int) -> None:
        """Take a batch's statistics (biased variance) into the running ones."""
        self.n_batches += 1
        weight = self.n_batches.reciprocal()
        if self.momentum is not None:
            weight = weight.clamp_min(self.momentum)
        self.running_mean.lerp_(mean, weight)
        self.running_variance.lerp_(variance * (n_rows / max(n_rows - 1, 1)), weight)
