"""The variational autoencoders of the papers, densely and without any trick; recovery of known topics."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torch.nn import functional as F

EPS = 1e-5


def batch_norm(values, shift):
    mean = values.mean(0)
    variance = ((values - mean) ** 2).mean(0)
    return (values - mean) / torch.sqrt(variance + EPS) + shift


def dropout(values, rate, generator):
    if rate == 0:
        return values
    return values * torch.empty_like(values).bernoulli_(1 - rate, generator=generator) / (1 - rate)


def posterior(first_layer, head, rate, generator):
    """Mean and log-variance from what the first layer returns, before its softplus."""
    hidden = dropout(F.softplus(head.hidden(F.softplus(first_layer))), rate, generator)
    mean = batch_norm(head.mean(hidden), head.mean_norm.shift)
    return mean, batch_norm(head.logvar(hidden), head.logvar_norm.shift)


def sample(mean, logvar, rate, generator):
    noise = torch.empty_like(mean).normal_(generator=generator)
    return dropout(torch.softmax(mean + torch.exp(logvar / 2) * noise, 1), rate, generator)


def reconstruction(x, theta, beta, shift):
    """Batch mean of ``- sum_v x_v log p_v``, with beta (K, V)."""
    probabilities = torch.softmax(batch_norm(theta @ beta, shift), 1)
    return -(x * probabilities.log()).sum(1).mean()


def kl(mean, logvar, other_mean, other_variance):
    variance = logvar.exp()
    terms = variance / other_variance + (mean - other_mean) ** 2 / other_variance
    return 0.5 * (terms + other_variance.log() - logvar - 1).sum(1).mean()


def prior(a):
    K = len(a)
    return a.log() - a.log().mean(), (1 / a) * (1 - 2 / K) + (1 / a).sum() / K**2


def pair_loss(first, second):
    """Mean of ``-log softmax_j(cos(first_i, second_j))`` at j = i."""
    loss = 0.0
    for i in range(len(first)):
        cosines = torch.stack(
            [first[i] @ other / torch.sqrt((first[i] @ first[i]) * (other @ other)) for other in second]
        )
        loss = loss - torch.log(cosines[i].exp() / cosines.exp().sum())
    return loss / len(first)


def perturb(network, rng):
    """Move every parameter away from its initial value."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.as_tensor(rng.normal(0, 0.5, parameter.shape)))


def gradients(network, terms):
    network.zero_grad()
    sum(terms.values()).backward()
    return {name: parameter.grad for name, parameter in network.named_parameters()}


def assert_equal_losses(network, batch, dense_losses, seed):
    """Compare every loss term and every gradient; both sides draw the same noise."""
    fast = network.step(batch).terms
    actual = gradients(network, fast)
    expected_terms = dense_losses(torch.Generator().manual_seed(seed))
    expected = gradients(network, expected_terms)
    assert set(fast) == set(expected_terms)
    for name, value in expected_terms.items():
        torch.testing.assert_close(fast[name], value, rtol=1e-5, atol=1e-9, msg=name)
    largest = max(float(gradient.abs().max()) for gradient in expected.values())
    for name, gradient in expected.items():
        scale = max(float(gradient.abs().max()), 1e-6 * largest)
        torch.testing.assert_close(actual[name], gradient, rtol=1e-5, atol=1e-5 * scale, msg=name)


@pytest.fixture(scope="session")
def dense():
    """The functions above."""
    functions = (
        batch_norm,
        dropout,
        posterior,
        sample,
        reconstruction,
        kl,
        prior,
        pair_loss,
        perturb,
        assert_equal_losses,
    )
    return SimpleNamespace(**{function.__name__: function for function in functions})


def _top_words(topic_word, n_words):
    return np.argsort(-topic_word, axis=1)[:, :n_words]


def _overlaps(found, true, n_words):
    """Share of the n top words that each found topic has in common with each true one, (K, K)."""
    first, second = _top_words(found, n_words), _top_words(true, n_words)
    return np.array([[len(set(one) & set(other)) / n_words for other in second] for one in first])


def _linked_precision(found, true, n_words):
    """Mean over topics of the share of top words found, in the language where it is least.

    Topics are matched once, by all languages together, so that a topic which means one thing in one language
    and another in the next does not count as found.
    """
    by_language = np.array([_overlaps(found[code], true[code], n_words) for code in found])
    rows, columns = linear_sum_assignment(-by_language.mean(0))
    return by_language[:, rows, columns].mean(1).min()


@pytest.fixture
def linked_precision():
    return _linked_precision
