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
