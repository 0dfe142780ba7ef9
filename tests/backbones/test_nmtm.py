"""NMTM against its published formula, written densely and without any trick."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from torch.nn import functional as F

from skxtm.backbones import NMTM
from skxtm.backbones.base import Batch, CorpusShape
from skxtm.training.loop import build_network
from skxtm.training.tensors import sparse_rows

EPS = 1e-3


def batch_norm(values, shift):
    mean = values.mean(0)
    variance = ((values - mean) ** 2).mean(0)
    return (values - mean) / torch.sqrt(variance + EPS) + shift


def dense_beta(network, translations, word_counts, lam, smoothing=1.0):
    """``beta_l = lam * mean_m(phi_m @ M_ml) + (1 - lam) * phi_l`` with every M a dense matrix."""
    phi = [weights.T for weights in network.phi]  # (K, V)
    if len(phi) == 1:
        return phi
    betas = []
    for target in range(len(phi)):
        carried = []
        for source in range(len(phi)):
            if source == target:
                continue
            lexicon = translations[source, target] if source < target else translations[target, source].T
            mapping = lexicon * word_counts[source][:, None] + smoothing
            carried.append(phi[source] @ (mapping / mapping.sum(1, keepdim=True)))
        betas.append(lam * sum(carried) / len(carried) + (1 - lam) * phi[target])
    return betas


def dense_losses(network, translations, word_counts, lam, documents, noises, smoothing, concentration):
    """The published loss, term by term."""
    K = network.phi[0].shape[1]
    a = torch.full((K,), concentration, dtype=torch.float64)
    prior_mean = a.log() - a.log().mean()
    prior_variance = (1 / a) * (1 - 2 / K) + (1 / a).sum() / K**2
    head = network.head
    reconstruction = divergence = 0.0
    betas = dense_beta(network, translations, word_counts, lam, smoothing)
    for number, (x, noise) in enumerate(zip(documents, noises, strict=True)):
        first = network.first_layers[number]
        hidden = F.softplus(head.hidden(F.softplus(x @ first.weight + first.bias)))
        mean = batch_norm(head.mean(hidden), head.mean_norm.shift)
        logvar = batch_norm(head.logvar(hidden), head.logvar_norm.shift)
        theta = torch.softmax(mean + torch.exp(logvar / 2) * noise, 1)
        probabilities = torch.softmax(batch_norm(theta @ betas[number], network.decoders[number].shift), 1)
        reconstruction = reconstruction - (x * probabilities.log()).sum(1).mean()
        variance = logvar.exp()
        terms = variance / prior_variance + (mean - prior_mean) ** 2 / prior_variance
        terms = terms + prior_variance.log() - logvar - 1
        divergence = divergence + 0.5 * terms.sum(1).mean()
    return {"reconstruction": reconstruction, "kl": divergence}


def random_case(n_languages, n_components, n_documents, seed, **parameters):
    """A network in double precision with everything away from its initial value, and a batch."""
    rng = np.random.default_rng(seed)
    sizes = tuple(int(size) for size in rng.integers(2, 9, n_languages))
    shape = CorpusShape(n_components, tuple("abc"[:n_languages]), sizes)
    arrays, translations = {}, {}
    for first in range(n_languages):
        arrays[f"word_counts.{first}"] = rng.integers(1, 30, sizes[first]).astype(np.float32)
        for second in range(first + 1, n_languages):
            lexicon = rng.random((sizes[first], sizes[second])) < 0.3
            arrays[f"lexicon.{first}.{second}"] = np.stack(lexicon.nonzero())
            translations[first, second] = torch.as_tensor(lexicon, dtype=torch.float64)
    network = build_network(NMTM(n_units=4, **parameters), shape, arrays, seed=seed).double().train()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.as_tensor(rng.normal(0, 0.5, parameter.shape)))
    counts = [sparse.csr_array(rng.poisson(0.7, (n_documents, size))) for size in sizes]
    batch = Batch(
        counts=tuple(sparse_rows(block, dtype=torch.float64) for block in counts),
        rows=tuple(torch.arange(n_documents) for _ in sizes),
        generator=torch.Generator().manual_seed(seed),
    )
    documents = [torch.as_tensor(block.toarray(), dtype=torch.float64) for block in counts]
    word_counts = [
        torch.as_tensor(arrays[f"word_counts.{n}"], dtype=torch.float64) for n in range(n_languages)
    ]
    return network, batch, documents, translations, word_counts


def noises_of(batch, n_components, seed):
    """The noise that the network will draw."""
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.empty(counts.n_rows, n_components, dtype=torch.float64).normal_(generator=generator)
        for counts in batch.counts
    ]


def gradients(network, terms):
    network.zero_grad()
    sum(terms.values()).backward()
    return {name: parameter.grad for name, parameter in network.named_parameters()}


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    n_languages=st.integers(1, 3),
    n_components=st.integers(2, 5),
    n_documents=st.integers(2, 7),
    lam=st.sampled_from([0.0, 0.3, 0.8, 1.0]),
    smoothing=st.sampled_from([0.01, 1.0]),
    concentration=st.sampled_from([0.02, 1.0]),
    seed=st.integers(0, 10_000),
)
def test_loss_and_every_gradient_equal_the_dense_published_formula(
    n_languages, n_components, n_documents, lam, smoothing, concentration, seed
):
    network, batch, documents, translations, word_counts = random_case(
        n_languages,
        n_components,
        n_documents,
        seed,
        lam=lam,
        smoothing=smoothing,
        concentration=concentration,
    )
    noises = noises_of(batch, n_components, seed)
    fast = network.step(batch).terms
    dense = dense_losses(network, translations, word_counts, lam, documents, noises, smoothing, concentration)
    for name in dense:
        torch.testing.assert_close(fast[name], dense[name], rtol=1e-5, atol=0)
    expected = gradients(network, dense)
    actual = gradients(
        network, network.step(Batch(batch.counts, batch.rows, batch.generator.manual_seed(seed))).terms
    )
    for name, gradient in expected.items():
        if gradient is None:  # with one language nothing is carried over
            assert actual[name] is None
            continue
        scale = float(gradient.abs().max())
        torch.testing.assert_close(actual[name], gradient, rtol=1e-5, atol=1e-5 * scale + 1e-10, msg=name)


def test_topic_word_weights_of_three_languages_are_the_mean_over_the_two_others():
    network, _, _, translations, word_counts = random_case(3, 4, 3, seed=1)
    for fast, dense in zip(
        network.topic_word(), dense_beta(network, translations, word_counts, 0.8), strict=True
    ):
        torch.testing.assert_close(fast.T, dense)


def test_one_language_is_an_ordinary_topic_model_whose_weights_are_its_own():
    network, *_ = random_case(1, 3, 3, seed=2)
    (weights,) = network.topic_word()
    assert weights is network.phi[0]


def test_lam_of_zero_ignores_the_lexicon():
    network, *_ = random_case(2, 3, 3, seed=3, lam=0.0)
    for weights, own in zip(network.topic_word(), network.phi, strict=True):
        torch.testing.assert_close(weights, own)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"lam": 1.5}, "The 'lam' parameter of NMTM must be a number in [0, 1]. Got 1.5 instead."),
        ({"n_units": 0}, "The 'n_units' parameter of NMTM must be an integer in [1, inf). Got 0 instead."),
        (
            {"learning_rate": 0},
            "The 'learning_rate' parameter of NMTM must be a number in (0, inf). Got 0 instead.",
        ),
        (
            {"max_epochs": 2.5},
            "The 'max_epochs' parameter of NMTM must be an integer in [1, inf). Got 2.5 instead.",
        ),
    ],
)
def test_a_parameter_outside_its_range_is_named(parameters, message):
    with pytest.raises(ValueError) as caught:
        NMTM(**parameters).check()
    assert str(caught.value) == message
