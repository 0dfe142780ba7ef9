"""Optimal transport between distributions over words."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable


def entropic_transport(
    weights: Tensor,
    target_weights: Tensor,
    costs: Tensor,
    *,
    regularisation: float = 0.1,
    n_iterations: int = 100,
) -> Tensor:
    """Cost of moving one distribution onto another, entropy-regularised (Cuturi, NeurIPS 2013).

    ``min_P <P, C> + e KL(P || w u')`` over couplings P of w and u, by Sinkhorn's iterations in the
    logarithmic domain. The gradient is that of the optimum, the dual potential: no iteration is kept.

    Parameters
    ----------
    weights : Tensor of shape (..., n)
        Distribution w; rows sum to 1.
    target_weights : Tensor of shape (..., m)
        Distribution u; rows sum to 1. It gets no gradient.
    costs : Tensor of shape (..., n, m)
        Costs C. They get no gradient.
    regularisation : float > 0, default=0.1
        Strength e of the entropy; 0.1 is what the published code has.
    n_iterations : int, default=100
        Sinkhorn iterations. Smaller `regularisation` needs more.

    Returns
    -------
    cost : Tensor of shape (...)
        In the unit of the costs; not below the unregularised optimum. Where w = u it is zero only as
        `regularisation` goes to zero.

    Examples
    --------
    >>> import torch
    >>> here = torch.tensor([1.0, 0.0])
    >>> entropic_transport(here, here.flip(0), 1 - torch.eye(2)).round(decimals=4)
    tensor(1.)
    """
    result: Tensor = _EntropicTransport.apply(weights, target_weights, costs, regularisation, n_iterations)
    return result


class _EntropicTransport(Function):
    @staticmethod
    def forward(
        ctx: Any, weights: Tensor, target_weights: Tensor, costs: Tensor, strength: float, n_iterations: int
    ) -> Tensor:
        log_w, log_u = weights.log(), target_weights.log()
        scaled = -costs / strength
        potential, target_potential = torch.zeros_like(weights), torch.zeros_like(target_weights)
        for _ in range(n_iterations):  # both in units of the strength
            target_potential = -(scaled + (potential + log_w)[..., :, None]).logsumexp(-2)
            potential = -(scaled + (target_potential + log_u)[..., None, :]).logsumexp(-1)
        ctx.save_for_backward(strength * potential)
        inner = weights * potential
        target_inner = target_weights * target_potential
        return strength * (inner.sum(-1) + target_inner.sum(-1))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None, None]:
        (potential,) = ctx.saved_tensors
        return grad[..., None] * potential, None, None, None, None
