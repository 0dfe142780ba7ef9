"""The decoder's closed form against autograd through the obvious steps."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from skxtm.losses import batch_normalised_nll, multinomial_nll
from skxtm.training.tensors import sparse_rows

EPS = 1e-3


def obvious_nll(theta, topic_word, shift, dense_counts):
    logits = theta @ topic_word.T
    mean, variance = logits.mean(0), logits.var(0, correction=0)
    normalised = (logits - mean) / torch.sqrt(variance + EPS) + shift
    return -(dense_counts * torch.log_softmax(normalised, 1)).sum(1), mean, variance


def random_inputs(n_documents, n_words, n_components, seed):
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()

    counts = np.random.default_rng(seed).poisson(0.6, (n_documents, n_words))
    return draw(n_documents, n_components), draw(n_words, n_components), draw(n_words), counts


sizes = {"n_documents": st.integers(1, 8), "n_words": st.integers(1, 9), "n_components": st.integers(1, 5)}


@settings(max_examples=60, deadline=None)
@given(**sizes, seed=st.integers(0, 10_000))
def test_the_closed_form_has_the_value_statistics_and_gradients_of_the_obvious_steps(
    n_documents, n_words, n_components, seed
):
    theta, topic_word, shift, counts = random_inputs(n_documents, n_words, n_components, seed)
    rows = sparse_rows(sparse.csr_array(counts), dtype=torch.float64)
    weights = torch.arange(1.0, n_documents + 1, dtype=torch.float64)
    fast, mean, variance = batch_normalised_nll(theta, topic_word, shift, rows, EPS)
    slow, true_mean, true_variance = obvious_nll(theta, topic_word, shift, torch.as_tensor(counts))
    torch.testing.assert_close(fast, slow, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(mean, true_mean)
    torch.testing.assert_close(variance, true_variance)
    inputs = (theta, topic_word, shift)
    actual = torch.autograd.grad((weights * fast).sum(), inputs)
    expected = torch.autograd.grad((weights * slow).sum(), inputs)
    for fast_gradient, slow_gradient in zip(actual, expected, strict=True):
        torch.testing.assert_close(fast_gradient, slow_gradient, rtol=1e-7, atol=1e-9)


def test_single_precision_stays_close_to_double_when_topics_share_large_word_weights():
    theta, topic_word, shift, counts = random_inputs(64, 40, 5, seed=0)
    theta = torch.softmax(theta.detach(), 1)
    topic_word = topic_word.detach() + 10.0
    rows = sparse.csr_array(counts)
    double = batch_normalised_nll(theta, topic_word, shift, sparse_rows(rows, dtype=torch.float64), EPS)
    single = batch_normalised_nll(
        theta.float(), topic_word.float(), shift.float(), sparse_rows(rows, dtype=torch.float32), EPS
    )
    torch.testing.assert_close(single[0].double(), double[0], rtol=1e-3, atol=0)


def test_a_document_without_words_costs_nothing():
    theta, topic_word, shift, counts = random_inputs(3, 5, 2, seed=1)
    counts[1] = 0
    loss, _, _ = batch_normalised_nll(
        theta, topic_word, shift, sparse_rows(sparse.csr_array(counts), dtype=torch.float64), EPS
    )
    assert loss[1] == 0


@settings(max_examples=20, deadline=None)
@given(n_documents=st.integers(1, 6), n_words=st.integers(1, 7), seed=st.integers(0, 10_000))
def test_multinomial_nll_equals_the_dense_log_softmax(n_documents, n_words, seed):
    logits, _, _, counts = random_inputs(n_documents, 1, n_words, seed)
    counts = np.random.default_rng(seed).poisson(0.6, (n_documents, n_words))
    fast = multinomial_nll(logits, sparse_rows(sparse.csr_array(counts), dtype=torch.float64))
    slow = -(torch.as_tensor(counts) * torch.log_softmax(logits, 1)).sum(1)
    torch.testing.assert_close(fast, slow)
