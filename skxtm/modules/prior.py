"""The prior over topic proportions."""

import torch
from torch import Tensor, nn


class LaplacePrior(nn.Module):
    """Laplace approximation of a Dirichlet in the softmax basis.

    ``mean_k = log a_k - mean(log a)``, ``var_k = (1 / a_k) (1 - 2 / K) + (1 / K^2) sum_j 1 / a_j``
    (Srivastava and Sutton, 2017). With one component, whose proportion is 1 whatever the latent variable is,
    the formula's variance is 0; here it then is 1, so that its logarithm is finite.

    Parameters
    ----------
    concentration : Tensor of shape (n_components,)
        The Dirichlet's parameters, positive.
    """

    mean: Tensor
    logvar: Tensor

    def __init__(self, concentration: Tensor) -> None:
        super().__init__()
        n_components = len(concentration)
        inverse = concentration.reciprocal()
        variance = inverse * (1 - 2 / n_components) + inverse.sum() / n_components**2
        if n_components == 1:
            variance = torch.ones_like(variance)
        log = concentration.log()
        self.register_buffer("mean", log - log.mean(), persistent=False)
        self.register_buffer("logvar", variance.log(), persistent=False)

    def proportions(self) -> Tensor:
        """Topic proportions of a document about which nothing is known, Tensor of shape (K,)."""
        return torch.softmax(self.mean, 0)
