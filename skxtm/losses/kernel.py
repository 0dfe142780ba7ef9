"""Similarities of representations through kernels."""

import torch
from torch import Tensor


def linear_cka(first: Tensor, second: Tensor) -> Tensor:
    """Centred kernel alignment of two representations of the same rows, as GloCTM uses it.

    With S and T the column-centred matrices, ``||S' T|| / sqrt(||S' S|| ||T' T||)`` in Frobenius norms. This
    is the square root of what Kornblith et al. (ICML 2019) call linear CKA.

    Parameters
    ----------
    first : Tensor of shape (n_rows, n_features)
        One representation, in GloCTM topic proportions.
    second : Tensor of shape (n_rows, n_other_features)
        The other one, in GloCTM document embeddings.

    Returns
    -------
    similarity : scalar Tensor
        Between 0 and 1: 1 where rotation and scaling turn one into the other; 0, without gradient, where
        all rows of either are equal. It has the dtype of `first`, but is computed in double precision where
        the device has it.

    Notes
    -----
    The published code adds 1e-8 to each norm in the denominator; this is the formula itself.

    Examples
    --------
    >>> import torch
    >>> values = torch.tensor([[0.0, 1.0], [2.0, 0.0], [1.0, 5.0]])
    >>> linear_cka(values, 3 * values)
    tensor(1.)
    """
    dtype = torch.float32 if first.device.type == "mps" else torch.float64
    centred, norm = _centred(first.to(dtype))
    other, other_norm = _centred(second.to(dtype))
    squared = norm * other_norm
    varies = squared > 0
    cross = torch.linalg.matrix_norm(centred.T @ other)
    return torch.where(varies, cross / torch.where(varies, squared, 1).sqrt(), 0).to(first.dtype)


def _centred(values: Tensor) -> tuple[Tensor, Tensor]:
    """Centre the columns of X; also return the norm of ``X' X``, zero if only rounding is left."""
    centred = values - values.mean(0)
    n_rows, n_columns = values.shape
    gram = centred @ centred.T if n_rows < n_columns else centred.T @ centred
    norm = torch.linalg.matrix_norm(gram)
    rounding = torch.finfo(values.dtype).eps * values.detach().square().sum()
    return centred, norm.masked_fill(norm <= rounding, 0)


def cosine_distances(first: Tensor, second: Tensor) -> Tensor:
    """Distances on the unit sphere, ``sqrt(2 - 2 cos)``.

    Parameters
    ----------
    first : Tensor of shape (..., n, n_dimensions)
        Rows of length 1.
    second : Tensor of shape (..., m, n_dimensions)
        Rows of length 1.

    Returns
    -------
    distances : Tensor of shape (..., n, m)
        Between 0 and 2; what is no more than rounding is 0.

    Examples
    --------
    >>> import torch
    >>> cosine_distances(torch.eye(2), torch.eye(2))
    tensor([[0.0000, 1.4142],
            [1.4142, 0.0000]])
    """
    squared = 2 - 2 * first @ second.mT
    rounding = 16 * torch.finfo(squared.dtype).eps
    return torch.where(squared > rounding, squared, 0).sqrt()


def median_bandwidth(distances: Tensor) -> Tensor:
    """Median of the positive distances of each row, a usual bandwidth of Gaussian kernels.

    Parameters
    ----------
    distances : Tensor of shape (..., n)
        Not negative.

    Returns
    -------
    bandwidth : Tensor of shape (...)
        Of an even number the lower of the two in the middle; 1 where no distance is positive, since then
        every kernel is 1.

    Examples
    --------
    >>> import torch
    >>> median_bandwidth(torch.tensor([0.0, 3.0, 1.0, 2.0]))
    tensor(2.)
    """
    positive = torch.where(distances > 0, distances, torch.nan)
    return positive.nanmedian(-1).values.nan_to_num(1.0)


def gaussian_kernel(distances: Tensor, bandwidth: Tensor, factors: tuple[float, ...] = (1.0,)) -> Tensor:
    """Mean of Gaussian kernels, ``exp(-d^2 / (2 (f s)^2))`` over factors f of the bandwidth s.

    Parameters
    ----------
    distances : Tensor of shape (..., n, m)
        Of a space of negative type, such as `cosine_distances`.
    bandwidth : Tensor of shape (...)
        One for each matrix, positive.
    factors : tuple of float, default=(1.0,)
        Several make a multi-kernel, which tells distributions apart at several scales.

    Returns
    -------
    kernel : Tensor of shape (..., n, m)
        Between 0 and 1; 1 where the distance is 0.

    Examples
    --------
    >>> import torch
    >>> gaussian_kernel(torch.tensor([[0.0, 2.0]]), torch.tensor(1.0))
    tensor([[1.0000, 0.1353]])
    """
    scaled = distances / bandwidth[..., None, None]
    kernels = [(-0.5 * (scaled / factor).square()).exp() for factor in factors]
    return torch.stack(kernels).mean(0)


def maximum_mean_discrepancy(
    weights: Tensor, target_weights: Tensor, kernel: Tensor, cross_kernel: Tensor, target_kernel: Tensor
) -> Tensor:
    """Squared maximum mean discrepancy of two weighted sets of points.

    ``w' Kxx w + u' Kyy u - 2 w' Kxy u``: the squared distance of the sets' mean embeddings in the kernel's
    feature space (Gretton et al., JMLR 2012), with which LLM-XTM draws a topic's words to those refined.

    Parameters
    ----------
    weights : Tensor of shape (..., n)
        Weights w of the points x.
    target_weights : Tensor of shape (..., m)
        Weights u of the points y.
    kernel, cross_kernel, target_kernel : Tensor of shape (..., n, n), (..., n, m) and (..., m, m)
        Kernels Kxx, Kxy and Kyy between the points.

    Returns
    -------
    discrepancy : Tensor of shape (...)
        Not negative but for rounding; zero where the weighted sets are the same.

    Examples
    --------
    >>> import torch
    >>> one = torch.ones(1, 1)
    >>> maximum_mean_discrepancy(one[0], one[0], one, 0.5 * one, one)
    tensor(1.)
    """
    within = (weights * (kernel @ weights[..., None])[..., 0]).sum(-1)
    target_within = (target_weights * (target_kernel @ target_weights[..., None])[..., 0]).sum(-1)
    across = (weights * (cross_kernel @ target_weights[..., None])[..., 0]).sum(-1)
    return within + target_within - 2 * across
