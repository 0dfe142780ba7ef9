"""GloCTM against its published formula, written densely and without any trick."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from skxtm.backbones import GloCTM
from skxtm.backbones.base import Batch, CorpusShape, Materials
from skxtm.training.loop import build_network
from skxtm.training.tensors import sparse_rows


def random_case(n_languages, n_components, n_documents, seed, dense, **parameters):
    rng = np.random.default_rng(seed)
    sizes = tuple(int(size) for size in rng.integers(3, 8, n_languages))
    shape = CorpusShape(n_components, tuple("abc"[:n_languages]), sizes)
    counts = tuple(sparse.csr_array(rng.poisson(0.7, (n_documents, size))) for size in sizes)
    words = tuple(rng.normal(size=(size, 3)).astype(np.float32) for size in sizes)
    documents = tuple(rng.normal(size=(n_documents, 3)) for _ in sizes)
    backbone = GloCTM(n_units=4, n_global_units=5, n_neighbours=2, **parameters)
    constants = backbone.prepare(shape, Materials(counts, word_vectors=words))
    network = build_network(backbone, shape, constants, seed=seed).double().train()
    dense.perturb(network, rng)
    batch = Batch(
        counts=tuple(sparse_rows(block, dtype=torch.float64) for block in counts),
        rows=tuple(torch.arange(n_documents) for _ in sizes),
        generator=torch.Generator().manual_seed(seed),
        document_vectors=tuple(map(torch.as_tensor, documents)),
        augmented=tuple(
            sparse_rows(block, dtype=torch.float64) for block in backbone.augment(constants, counts)
        ),
    )
    return backbone, network, batch, words


def augmented_by_hand(x, offset, words, n_neighbours):
    """Loop over documents and words, as the published code does."""
    unit = [vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in words]
    starts = np.cumsum([0, *(len(vectors) for vectors in words)])
    own = list(starts).index(offset)
    result = np.zeros((len(x), starts[-1]))
    for document, counts in enumerate(x):
        for word in np.flatnonzero(counts > 0):
            result[document, offset + word] += 1
            for language, vectors in enumerate(unit):
                cosine = vectors @ unit[own][word]
                order = [other for other in np.argsort(-cosine) if not (language == own and other == word)]
                for other in order[:n_neighbours]:
                    result[document, starts[language] + other] += 1
    return result


def dense_cka(theta, vectors):
    S, T = theta - theta.mean(0), vectors - vectors.mean(0)
    return (S.T @ T).norm() / torch.sqrt((S.T @ S).norm() * (T.T @ T).norm())


def dense_losses(backbone, network, batch, words, dense, generator):
    K = network.phi[0].shape[1]
    prior = dense.prior(torch.full((K,), backbone.concentration, dtype=torch.float64))
    names = ("reconstruction", "kl", "global_reconstruction", "global_kl", "agreement", "cka")
    terms = dict.fromkeys(names, 0.0)
    local = []
    documents = [counts.dense() for counts in batch.counts]
    for number, x in enumerate(documents):
        encoder = network.encoders[number]
        first = x @ encoder.first_layer.weight + encoder.first_layer.bias
        mean, logvar = dense.posterior(first, encoder.head, backbone.dropout, generator)
        theta = dense.sample(mean, logvar, backbone.dropout, generator)
        shift = network.decoders[number].shift
        terms["reconstruction"] += dense.reconstruction(x, theta, network.phi[number].T, shift)
        terms["kl"] += dense.kl(mean, logvar, *prior)
        local.append((mean, logvar, theta))
    joint = torch.cat([phi.T for phi in network.phi], 1)
    offset = 0
    for number, x in enumerate(documents):
        augmented = augmented_by_hand(x.numpy(), offset, words, backbone.n_neighbours)
        augmented = torch.as_tensor(augmented)
        offset += x.shape[1]
        encoder = network.global_encoder
        first = augmented @ encoder.first_layer.weight + encoder.first_layer.bias
        mean, logvar = dense.posterior(first, encoder.head, backbone.dropout, generator)
        theta = dense.sample(mean, logvar, backbone.dropout, generator)
        shift = network.global_decoder.shift
        terms["global_reconstruction"] += dense.reconstruction(augmented, theta, joint, shift)
        terms["global_kl"] += dense.kl(mean, logvar, *prior)
        local_mean, local_logvar, local_theta = local[number]
        terms["agreement"] += backbone.weight_kl * dense.kl(local_mean, local_logvar, mean, logvar.exp())
        distance = 1 - dense_cka(local_theta, batch.document_vectors[number])
        terms["cka"] += backbone.weight_cka * distance
    return terms


@settings(max_examples=12, deadline=None)
@given(
    n_languages=st.integers(2, 3),
    n_components=st.integers(2, 5),
    n_documents=st.integers(3, 6),
    dropout=st.sampled_from([0.0, 0.2]),
    concentration=st.sampled_from([0.02, 1.0]),
    seed=st.integers(0, 10_000),
)
def test_loss_and_every_gradient_equal_the_dense_published_formula(
    n_languages, n_components, n_documents, dropout, concentration, seed, dense
):
    backbone, network, batch, words = random_case(
        n_languages, n_components, n_documents, seed, dense, dropout=dropout, concentration=concentration
    )
    dense.assert_equal_losses(
        network,
        batch,
        lambda generator: dense_losses(backbone, network, batch, words, dense, generator),
        seed,
    )


def test_the_global_decoder_has_the_languages_weights_side_by_side_and_none_of_its_own(dense):
    _, network, *_ = random_case(2, 3, 4, 0, dense)
    own = [name for name, _ in network.named_parameters() if name.startswith("global_decoder")]
    assert own == ["global_decoder.shift"]


def test_weights_of_zero_switch_agreement_and_alignment_off(dense):
    _, network, batch, _ = random_case(2, 3, 4, 0, dense, weight_kl=0, weight_cka=0)
    terms = network.step(batch).terms
    assert terms["agreement"] == terms["cka"] == 0


def test_inference_is_that_of_the_local_encoder(dense):
    _, network, batch, _ = random_case(2, 3, 4, 0, dense)
    network.eval()
    for actual, expected in zip(
        network.encode(batch.counts[1], 1), network.encoders[1](batch.counts[1]), strict=True
    ):
        torch.testing.assert_close(actual, expected)


def test_the_defaults_are_the_published_settings():
    published = {
        "weight_kl": 4.0,
        "weight_cka": 450.0,
        "n_neighbours": 3,
        "concentration": 1.0,
        "n_units": 100,
        "n_global_units": 200,
        "dropout": 0.0,
        "learning_rate": 2e-3,
        "decay_every": 125,
        "decay": 0.5,
        "max_epochs": 150,
        "batch_size": 128,
    }
    assert published.items() <= GloCTM().get_params().items()


def test_a_parameter_outside_its_range_is_named():
    with pytest.raises(ValueError) as caught:
        GloCTM(n_neighbours=-1).check()
    assert str(caught.value) == (
        "The 'n_neighbours' parameter of GloCTM must be an integer in [0, inf). Got -1 instead."
    )
