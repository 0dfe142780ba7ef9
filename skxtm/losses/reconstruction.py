"""Reconstruction losses of the decoders, in closed form."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from skxtm.modules.sparse import SparseRows, product, transposed_product


def batch_normalised_nll(
    theta: Tensor, topic_word: Tensor, shift: Tensor, counts: SparseRows, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Negative log-likelihood of word counts under ``softmax(BN(theta @ beta))``.

    With ``Z = theta @ beta`` and ``Y = (Z - mean_b Z) / sqrt(var_b Z + eps) + shift`` over the batch,
    ``loss_d = - sum_v x_dv log softmax(Y_d)_v``. This is the decoder of ProdLDA (Srivastava and Sutton,
    2017) in NMTM, InfoCTM, XTRA and GloCTM, whose code adds 1e-10 inside the logarithm; a log-softmax
    needs no such floor.

    Parameters
    ----------
    theta : Tensor of shape (n_documents, n_components)
        Topic proportions.
    topic_word : Tensor of shape (n_words, n_components)
        Unnormalised topic-word weights, beta transposed.
    shift : Tensor of shape (n_words,)
        The learnt shift of the batch normalisation; its scale is fixed at 1.
    counts : SparseRows of shape (n_documents, n_words)
        Word counts.
    eps : float
        Added to the variance.

    Returns
    -------
    loss : Tensor of shape (n_documents,)
        Nats per document; zero for a document without words.
    mean, variance : Tensor of shape (n_words,)
        Batch statistics of Z (biased variance), without gradient.

    Notes
    -----
    The statistics of Z follow from those of theta: ``mean Z = mean theta @ beta`` and
    ``var Z = diag(beta' cov(theta) beta)``. So one (n_documents, n_words) array is made, which holds
    the logits, then the probabilities; their gradient is never formed, since only its products are wanted.
    The batch normalisation costs products of size n_words x n_components^2, forward and backward.
    """
    loss, mean, variance = _BatchNormalisedNLL.apply(theta, topic_word, shift, counts, eps)
    return loss, mean, variance


class _BatchNormalisedNLL(Function):
    @staticmethod
    def forward(
        ctx: Any, theta: Tensor, topic_word: Tensor, shift: Tensor, counts: SparseRows, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        mean_theta = theta.mean(0)
        centred = theta - mean_theta  # (B, K)
        covariance = centred.T @ centred / len(theta)  # (K, K)
        projected = topic_word @ covariance  # (V, K)
        variance = (projected * topic_word).sum(1).clamp_min_(0)
        scale = (variance + eps).rsqrt_()
        scaled = topic_word * scale.unsqueeze(1)  # (V, K)

        logits = torch.addmm(shift, centred, scaled.T)  # (B, V)
        observed = logits[counts.rows, counts.columns]
        probabilities = torch.softmax(logits, 1)
        log_total = logits.amax(1) - probabilities.amax(1).log()
        log_likelihood = torch.zeros_like(log_total).index_add_(0, counts.rows, observed * counts.values)
        loss = counts.lengths * log_total - log_likelihood

        ctx.save_for_backward(centred, projected, scale, scaled, probabilities)
        ctx.counts = counts
        mean = topic_word @ mean_theta
        ctx.mark_non_differentiable(mean, variance)
        return loss, mean, variance

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, *_: Any) -> tuple[Tensor, Tensor, Tensor, None, None]:
        centred, projected, scale, scaled, probabilities = ctx.saved_tensors
        counts: SparseRows = ctx.counts
        n_rows = len(centred)
        # the gradient by the logits is probabilities * expected - grad * counts; it is never formed
        expected, grad = (grad * counts.lengths).unsqueeze(1), grad.unsqueeze(1)
        observed = transposed_product(counts, torch.cat([centred, torch.ones_like(grad)], 1) * grad)
        grad_shift = (probabilities.T @ expected).squeeze(1) - observed[:, -1]  # (V,)
        against_theta = probabilities.T @ (centred * expected) - observed[:, :-1]  # (V, K)

        # mean over the batch of gradient times normalised logit, per word
        correlation = (scaled * against_theta).sum(1).div_(n_rows)
        grad_topic_word = torch.addcmul(
            against_theta, projected, (correlation * scale).unsqueeze(1), value=-n_rows
        ).mul_(scale.unsqueeze(1))

        overlap = scaled.T @ (scaled * correlation.unsqueeze(1))  # (K, K)
        grad_theta = (probabilities @ scaled).mul_(expected) - product(counts, scaled) * grad
        grad_theta -= centred @ overlap + (grad_shift @ scaled) / n_rows
        return grad_theta, grad_topic_word, grad_shift, None, None


def multinomial_nll(logits: Tensor, counts: SparseRows) -> Tensor:
    """Negative log-likelihood of word counts under ``softmax(logits)``.

    Parameters
    ----------
    logits : Tensor of shape (n_documents, n_words)
        Unnormalised log-probabilities.
    counts : SparseRows of shape (n_documents, n_words)
        Word counts.

    Returns
    -------
    loss : Tensor of shape (n_documents,)
        Nats per document; zero for a document without words.
    """
    observed = logits[counts.rows, counts.columns] * counts.values
    log_likelihood = torch.zeros_like(counts.lengths).index_add_(0, counts.rows, observed)
    return counts.lengths * logits.logsumexp(1) - log_likelihood
