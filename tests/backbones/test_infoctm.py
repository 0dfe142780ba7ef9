"""InfoCTM against its published formula, written densely and without any trick."""

from itertools import combinations
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from skxtm.backbones import InfoCTM, infoctm
from skxtm.backbones.base import Batch, CorpusShape, Materials
from skxtm.losses import tami_loss
from skxtm.training.loop import build_network
from skxtm.training.tensors import sparse_rows


def positive_counts(vectors, other_vectors, lexicon, threshold):
    """C_12 = P_1 @ T and C_21 = P_2 @ T', with every matrix dense."""

    def similar(values):
        unit = values / np.linalg.norm(values, axis=1, keepdims=True)
        return (unit @ unit.T >= threshold).astype(float)

    return similar(vectors) @ lexicon, similar(other_vectors) @ lexicon.T


def dense_tami(phi, other_phi, counts, other_counts, temperature):
    """The published loss on the columns of phi (K, V)."""

    def direction(anchors, contrasts, positives):
        unit = anchors / anchors.norm(dim=0)
        other = contrasts / contrasts.norm(dim=0)
        logits = unit.T @ other / temperature
        negatives = (logits.exp() * (positives <= 0)).sum(1, keepdim=True)
        return -(positives * (logits - torch.log(negatives + logits.exp()))).sum()

    total = counts.sum() + other_counts.sum()
    return (direction(phi, other_phi, counts) + direction(other_phi, phi, other_counts)) / total


def random_case(n_languages, n_components, n_documents, seed, dense, **parameters):
    rng = np.random.default_rng(seed)
    sizes = tuple(int(size) for size in rng.integers(3, 9, n_languages))
    shape = CorpusShape(n_components, tuple("abc"[:n_languages]), sizes)
    counts = tuple(sparse.csr_array(rng.poisson(0.7, (n_documents, size))) for size in sizes)
    vectors = tuple(rng.normal(size=(size, 3)).astype(np.float32) for size in sizes)
    lexicons = {}
    for first, second in combinations(range(n_languages), 2):
        lexicon = rng.random((sizes[first], sizes[second])) < 0.3
        lexicon[0, 0] = True
        lexicons[first, second] = sparse.csr_array(lexicon, dtype=np.float32)
    backbone = InfoCTM(n_units=4, **parameters)
    materials = Materials(counts, lexicons, word_vectors=vectors)
    network = build_network(backbone, shape, backbone.prepare(shape, materials), seed=seed).double().train()
    dense.perturb(network, rng)
    batch = Batch(
        counts=tuple(sparse_rows(block, dtype=torch.float64) for block in counts),
        rows=tuple(torch.arange(n_documents) for _ in sizes),
        generator=torch.Generator().manual_seed(seed),
    )
    return backbone, network, batch, materials


def dense_losses(backbone, network, materials, dense, generator):
    K = network.phi[0].shape[1]
    prior = dense.prior(torch.full((K,), backbone.concentration, dtype=torch.float64))
    reconstruction = divergence = 0.0
    for number, counts in enumerate(materials.counts):
        x = torch.as_tensor(counts.toarray(), dtype=torch.float64)
        encoder = network.encoders[number]
        first = x @ encoder.first_layer.weight + encoder.first_layer.bias
        mean, logvar = dense.posterior(first, encoder.head, backbone.dropout, generator)
        theta = dense.sample(mean, logvar, backbone.dropout, generator)
        shift = network.decoders[number].shift
        reconstruction = reconstruction + dense.reconstruction(x, theta, network.phi[number].T, shift)
        divergence = divergence + dense.kl(mean, logvar, *prior)
    alignments = []
    for (first, second), lexicon in materials.lexicons.items():
        vectors = materials.word_vectors[first], materials.word_vectors[second]
        both = positive_counts(*vectors, lexicon.toarray(), backbone.similarity_threshold)
        alignments.append(
            dense_tami(
                network.phi[first].T,
                network.phi[second].T,
                *map(torch.as_tensor, both),
                backbone.temperature,
            )
        )
    alignment = backbone.weight_mi * sum(alignments) / len(alignments)
    return {"reconstruction": reconstruction, "kl": divergence, "alignment": alignment}


@settings(max_examples=15, deadline=None)
@given(
    n_languages=st.integers(2, 3),
    n_components=st.integers(2, 5),
    n_documents=st.integers(2, 6),
    dropout=st.sampled_from([0.0, 0.2]),
    threshold=st.sampled_from([0.0, 0.4]),
    concentration=st.sampled_from([0.02, 1.0]),
    seed=st.integers(0, 10_000),
)
def test_loss_and_every_gradient_equal_the_dense_published_formula(
    n_languages, n_components, n_documents, dropout, threshold, concentration, seed, dense
):
    backbone, network, batch, materials = random_case(
        n_languages,
        n_components,
        n_documents,
        seed,
        dense,
        dropout=dropout,
        similarity_threshold=threshold,
        concentration=concentration,
    )
    dense.assert_equal_losses(
        network,
        batch,
        lambda generator: dense_losses(backbone, network, materials, dense, generator),
        seed,
    )


def test_a_weight_of_zero_leaves_the_variational_autoencoders_of_the_languages(dense):
    _, network, batch, _ = random_case(2, 3, 4, 0, dense, weight_mi=0.0)
    with patch.object(infoctm, "tami_loss", side_effect=AssertionError("computed for nothing")):
        assert network.step(batch).terms["alignment"] == 0


def test_topics_whose_words_translate_each_other_have_the_lower_alignment_loss():
    shape = CorpusShape(2, ("a", "b"), (2, 2))
    backbone = InfoCTM()
    lexicon = sparse.csr_array(np.eye(2, dtype=np.float32))
    vectors = np.eye(2, dtype=np.float32)
    counts = sparse.csr_array(np.ones((2, 2)))
    materials = Materials((counts, counts), {(0, 1): lexicon}, word_vectors=(vectors, vectors))
    network = build_network(backbone, shape, backbone.prepare(shape, materials))
    positives = network.positives["0-1"]()
    aligned, crossed = torch.eye(2), torch.eye(2).flip(0)
    assert tami_loss(aligned, aligned, positives) < tami_loss(aligned, crossed, positives)


def test_the_positives_follow_the_network_to_its_device_and_are_not_saved(dense):
    _, network, *_ = random_case(3, 3, 4, 1, dense)
    assert not any("positives" in name for name in network.state_dict())
    network.to("meta")
    for module in network.positives.values():
        positives = module()
        for name in ("rows", "columns", "counts", "anchors", "order", "offsets"):
            assert getattr(positives, name).device.type == "meta"


def test_the_defaults_are_the_published_settings():
    settings_ = InfoCTM().get_params()
    published = {
        "weight_mi": 30.0,
        "temperature": 0.2,
        "similarity_threshold": 0.4,
        "concentration": 1.0,
        "n_units": 100,
        "dropout": 0.0,
        "learning_rate": 2e-3,
        "decay_every": 125,
        "decay": 0.5,
        "max_epochs": 500,
        "batch_size": 128,
    }
    assert published.items() <= settings_.items()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"weight_mi": -1},
            "The 'weight_mi' parameter of InfoCTM must be a number in [0, inf). Got -1 instead.",
        ),
        (
            {"temperature": 0},
            "The 'temperature' parameter of InfoCTM must be a number in (0, inf). Got 0 instead.",
        ),
        (
            {"decay_every": 0},
            "The 'decay_every' parameter of InfoCTM must be an integer in [1, inf). Got 0 instead.",
        ),
    ],
)
def test_a_parameter_outside_its_range_is_named(parameters, message):
    with pytest.raises(ValueError) as caught:
        InfoCTM(**parameters).check()
    assert str(caught.value) == message
