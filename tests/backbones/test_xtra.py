"""XTRA against its published formula, written densely and without any trick."""

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from torch.nn import functional as F

from skxtm.backbones import XTRA
from skxtm.backbones._clusters import class_tfidf
from skxtm.backbones.base import Batch, CorpusShape, Materials
from skxtm.backbones.xtra import cluster_concentration
from skxtm.training.loop import build_network
from skxtm.training.tensors import sparse_rows


def random_case(n_languages, n_components, n_documents, seed, dense, **parameters):
    rng = np.random.default_rng(seed)
    sizes = tuple(int(size) for size in rng.integers(3, 8, n_languages))
    shape = CorpusShape(n_components, tuple("abc"[:n_languages]), sizes)
    counts = tuple(sparse.csr_array(rng.poisson(0.7, (n_documents, size))) for size in sizes)
    vectors = tuple(rng.normal(size=(n_documents, 3)) for _ in sizes)
    clusters = tuple(rng.integers(0, n_components, n_documents) for _ in sizes)
    backbone = XTRA(n_first_units=6, n_units=4, n_projected=3, **parameters)
    constants = backbone.prepare(shape, Materials(counts, document_vectors=vectors, clusters=clusters))
    network = build_network(backbone, shape, constants, seed=seed).double().train()
    dense.perturb(network, rng)
    batch = Batch(
        counts=tuple(sparse_rows(block, dtype=torch.float64) for block in counts),
        rows=tuple(torch.arange(n_documents) for _ in sizes),
        generator=torch.Generator().manual_seed(seed),
        document_vectors=tuple(map(torch.as_tensor, vectors)),
        clusters=tuple(map(torch.as_tensor, clusters)),
    )
    return backbone, network, batch


def dense_cluster_loss(theta, labels, temperature):
    """Mean over anchors of the mean over their positives, one pair at a time."""
    unit = theta / theta.norm(dim=1, keepdim=True)
    anchors = []
    for i in range(len(theta)):
        others = [j for j in range(len(theta)) if j != i]
        positives = [j for j in others if labels[j] == labels[i]]
        if positives:
            total = sum(torch.exp(unit[i] @ unit[j] / temperature) for j in others)
            terms = [torch.log(torch.exp(unit[i] @ unit[p] / temperature) / total) for p in positives]
            anchors.append(-sum(terms) / len(terms))
    return sum(anchors) / len(anchors) if anchors else 0 * theta.sum()


def dense_losses(backbone, network, batch, dense, generator):
    sizes = np.bincount(torch.cat(batch.clusters).numpy(), minlength=network.phi[0].shape[1])
    a = torch.as_tensor(np.maximum(sizes / sizes.mean(), 1e-6))
    rate = backbone.dropout
    reconstruction = divergence = 0.0
    thetas = []
    for number, counts in enumerate(batch.counts):
        x = counts.dense()
        layer = network.first_layers[number]
        hidden = dense.dropout(F.relu(x @ layer.weight + layer.bias), rate, generator)
        mean, logvar = dense.posterior(network.shared_layer(hidden), network.head, rate, generator)
        theta = dense.sample(mean, logvar, rate, generator)
        shift = network.decoders[number].shift
        reconstruction = reconstruction + dense.reconstruction(x, theta, network.phi[number].T, shift)
        divergence = divergence + dense.kl(mean, logvar, *dense.prior(a))
        thetas.append(theta)
    clusters = dense_cluster_loss(torch.cat(thetas), torch.cat(batch.clusters), backbone.temperature)
    pairs = list(combinations(range(len(thetas)), 2))
    topics = 0.0
    for pair in pairs:
        for ordered in (pair, pair[::-1]):
            first, second = (
                dense.dropout(network.topic_projections[n](network.phi[n].T), rate, generator)
                for n in ordered
            )
            topics = topics + dense.pair_loss(first, second) / (2 * len(pairs))
    documents = 0.0
    for theta, vectors in zip(thetas, batch.document_vectors, strict=True):
        projected = dense.dropout(network.document_projection(theta), rate, generator)
        documents = documents + dense.pair_loss(projected, vectors)
    return {
        "reconstruction": reconstruction,
        "kl": divergence,
        "clusters": backbone.weight_clusters * clusters,
        "topics": backbone.weight_topics * topics,
        "alignment": backbone.weight_documents * documents,
    }


@settings(max_examples=12, deadline=None)
@given(
    n_languages=st.integers(2, 3),
    n_components=st.integers(3, 5),
    n_documents=st.integers(2, 5),
    seed=st.integers(0, 10_000),
)
def test_loss_and_every_gradient_equal_the_dense_published_formula(
    n_languages, n_components, n_documents, seed, dense
):
    # a mask that empties a whole row would leave the formula's cosine undefined
    backbone, network, batch = random_case(n_languages, n_components, n_documents, seed, dense, dropout=0.01)
    dense.assert_equal_losses(
        network, batch, lambda generator: dense_losses(backbone, network, batch, dense, generator), seed
    )


def test_topic_word_weights_start_as_class_tfidf():
    rng = np.random.default_rng(0)
    counts, clusters = rng.poisson(0.5, (20, 6)), rng.integers(0, 4, 20)
    expected = np.zeros((4, 6))
    for cluster in range(4):
        totals = counts[clusters == cluster].sum(0)
        for word in range(6):
            df = sum(counts[clusters == other, word].sum() > 0 for other in range(4))
            expected[cluster, word] = totals[word] / totals.sum() * (np.log(5 / (df + 1)) + 1)
    expected = expected / expected.sum(1, keepdims=True) + 1e-8
    np.testing.assert_allclose(class_tfidf(sparse.csr_array(counts), clusters, 4), expected)
    backbone, shape = XTRA(), CorpusShape(4, ("a", "b"), (6, 6))
    block = sparse.csr_array(counts)
    materials = Materials((block, block), document_vectors=(counts, counts), clusters=(clusters, clusters))
    network = build_network(backbone, shape, backbone.prepare(shape, materials))
    np.testing.assert_allclose(network.phi[1].detach().numpy().T, expected, rtol=1e-6)


def test_a_cluster_without_documents_has_the_smallest_weights_and_a_finite_prior():
    weights = class_tfidf(sparse.csr_array(np.ones((2, 3))), np.array([0, 2]), 3)
    np.testing.assert_allclose(weights[1], 1e-8)
    concentration = cluster_concentration(torch.tensor([3.0, 0.0, 1.0]))
    torch.testing.assert_close(concentration, torch.tensor([2.25, 1e-6, 0.75]))


def test_clusters_of_equal_size_give_the_symmetric_prior(dense):
    torch.testing.assert_close(cluster_concentration(torch.full((4,), 7.0)), torch.ones(4))


def test_inference_draws_nothing_and_drops_nothing(dense):
    _, network, batch = random_case(2, 3, 4, 0, dense, dropout=0.5)
    network.eval()
    first, second = (network.encode(batch.counts[0], 0) for _ in range(2))
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])


def test_weights_of_zero_switch_the_contrastive_losses_off(dense):
    weights = {"weight_clusters": 0, "weight_topics": 0, "weight_documents": 0}
    _, network, batch = random_case(2, 3, 4, 0, dense, **weights)
    terms = network.step(batch).terms
    assert terms["clusters"] == terms["topics"] == terms["alignment"] == 0


def test_the_defaults_are_the_published_settings():
    published = {
        "weight_clusters": 10.0,
        "weight_topics": 7.0,
        "weight_documents": 80.0,
        "temperature": 0.2,
        "n_first_units": 1000,
        "n_units": 300,
        "n_projected": 384,
        "dropout": 0.2,
        "cluster_dimensions": 100,
        "learning_rate": 2e-3,
        "decay_every": 250,
        "decay": 0.5,
        "max_gradient_norm": 1.0,
        "max_epochs": 800,
        "batch_size": 128,
    }
    assert published.items() <= XTRA().get_params().items()


def test_a_parameter_outside_its_range_is_named():
    with pytest.raises(ValueError) as caught:
        XTRA(max_gradient_norm=0).check()
    assert str(caught.value) == (
        "The 'max_gradient_norm' parameter of XTRA must be a number in (0, inf). Got 0 instead."
    )
