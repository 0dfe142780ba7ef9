"""Divergences between distributions."""

from torch import Tensor


def gaussian_kl(mean: Tensor, logvar: Tensor, other_mean: Tensor, other_logvar: Tensor) -> Tensor:
    """KL(first || other) between diagonal Gaussians.

    ``0.5 * sum_k [ var / var' + (mean - mean')^2 / var' + log var' - log var - 1 ]``

    Parameters
    ----------
    mean, logvar : Tensor of shape (n_documents, n_components)
        The first distribution of each row.
    other_mean, other_logvar : Tensor, broadcastable to the same shape
        The second distribution.

    Returns
    -------
    divergence : Tensor of shape (n_documents,)
        Nats per document, not negative; zero where the two agree.

    Examples
    --------
    >>> import torch
    >>> zero = torch.zeros(1, 2)
    >>> gaussian_kl(zero + 1, zero, zero, zero)
    tensor([1.])
    """
    log_ratio = logvar - other_logvar
    distance = (mean - other_mean).square() * (-other_logvar).exp()
    return 0.5 * (log_ratio.expm1() - log_ratio + distance).sum(1)
