"""Divergences between distributions."""

import torch
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


def categorical_kl(probabilities: Tensor, other_log_probabilities: Tensor) -> Tensor:
    """KL(first || other) between distributions over topics.

    ``sum_k p_k (log p_k - log q_k)``

    Parameters
    ----------
    probabilities : Tensor of shape (n_documents, n_components)
        Distributions p, such as topic proportions; rows sum to 1.
    other_log_probabilities : Tensor of shape (n_documents, n_components)
        Logarithms of distributions q.

    Returns
    -------
    divergence : Tensor of shape (n_documents,)
        Nats per document, not negative; zero where the two agree. Probabilities below the smallest normal
        number count as that number in the logarithm, so that the gradient stays finite.

    Examples
    --------
    >>> import torch
    >>> sure, even = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.5, 0.5]])
    >>> categorical_kl(sure, even.log())
    tensor([0.6931])
    """
    log_probabilities = probabilities.clamp_min(torch.finfo(probabilities.dtype).tiny).log()
    return (probabilities * (log_probabilities - other_log_probabilities)).sum(1)
