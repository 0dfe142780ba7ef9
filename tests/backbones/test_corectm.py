"""CoreCTM against its formulas, written out."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from scipy.linalg import polar

from skxtm import Corpus, CrossLingualTopicModel, Lexicon, LLMRefiner
from skxtm.backbones import CoreCTM
from skxtm.backbones._directions import apart, with_translations
from skxtm.backbones.base import Batch, CorpusShape, Materials
from skxtm.backbones.corectm import _highest_rows
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError
from skxtm.training.loop import build_network
from skxtm.training.tensors import sparse_rows

DATA = make_multilingual_corpus(
    n_documents=200, n_components=4, vocabulary_sizes=60, word_concentration=0.02, random_state=0
)


def make_model(**parameters):
    given = {"lexicon": DATA.lexicon, "random_state": 0, "backbone": CoreCTM(n_core_words=5)}
    return CrossLingualTopicModel(4, **{**given, **parameters})


def random_case(n_languages, n_components, n_documents, seed, dense):
    rng = np.random.default_rng(seed)
    sizes = tuple(int(size) for size in rng.integers(6, 12, n_languages))
    shape = CorpusShape(n_components, tuple("abc"[:n_languages]), sizes)
    counts = tuple(sparse.csr_array(rng.poisson(0.7, (n_documents, size)) + 0) for size in sizes)
    vectors = tuple(rng.normal(size=(size, 4)).astype(np.float32) for size in sizes)
    lexicons = {
        (first, second): sparse.csr_array((rng.random((sizes[first], sizes[second])) < 0.3).astype(float))
        for first in range(n_languages)
        for second in range(first + 1, n_languages)
    }
    backbone = CoreCTM(n_core_words=2, weight_reconstruction=0.7)
    materials = Materials(counts, lexicons, word_vectors=vectors, seed=seed)
    constants = backbone.prepare(shape, materials)
    network = build_network(backbone, shape, constants, seed=seed).double().train()
    dense.perturb(network, rng)
    return backbone, network, materials, constants


def drawn_directions(number, n_dimensions, seed=0):
    rows = np.random.default_rng(seed).normal(size=(number, n_dimensions))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@given(st.integers(2, 9), st.integers(0, 99))
def test_directions_that_stand_apart_are_the_nearest_at_right_angles(n_directions, seed):
    directions = drawn_directions(n_directions, 30, seed)
    nearest, _ = polar(directions)
    np.testing.assert_allclose(apart(directions), nearest, atol=1e-6)
    np.testing.assert_allclose(apart(directions, 0), directions, atol=1e-6)
    away = [np.linalg.norm(apart(directions, spread) - nearest) for spread in (0, 0.5, 1)]
    assert away == sorted(away, reverse=True)


def test_directions_that_no_angle_tells_apart_stay_alike():
    found = apart(drawn_directions(3, 8)[[0, 1, 1, 2]])
    np.testing.assert_allclose(found[1], found[2], atol=1e-6)
    np.testing.assert_allclose(found[[0, 3]] @ found[[1, 2]].T, 0, atol=1e-6)
    np.testing.assert_allclose(found[0] @ found[3], 0, atol=1e-6)


def test_more_directions_than_dimensions_have_length_1():
    np.testing.assert_allclose(np.linalg.norm(apart(drawn_directions(40, 8)), axis=1), 1, rtol=1e-6)


def test_of_several_starts_that_is_kept_whose_readers_documents_are_nearest_to():
    rng = np.random.default_rng(0)
    shape = CorpusShape(5, ("a", "b"), (40, 30))
    counts = tuple(sparse.csr_array(rng.poisson(0.2, (50, size)) + 0) for size in (40, 30))
    words, documents = ([rng.normal(size=(n, 6)) for n in sizes] for sizes in ((40, 30), (50, 50)))

    def prepared(seed, **parameters):
        materials = Materials(counts, word_vectors=words, document_vectors=documents, seed=seed)
        return CoreCTM(reader_spread=0, **parameters).prepare(shape, materials)

    rows = [of / np.linalg.norm(of, axis=1, keepdims=True) for of in documents]
    rows = [of - of.mean(0) for of in rows]
    rows = [of / np.linalg.norm(of, axis=1, keepdims=True) for of in rows]
    singles = [prepared(seed, n_starts=1) for seed in range(3, 13)]
    nearest = [[(of @ single["document_readers"].T).max(1).mean() for of in rows] for single in singles]
    best = int(np.argmax(np.mean(nearest, axis=1)))
    assert best != 0  # so that the first start would not do
    for name, expected in singles[best].items():
        np.testing.assert_array_equal(prepared(3)[name], expected)


def test_without_document_vectors_there_is_one_start(monkeypatch):
    seeds = []
    original = CoreCTM.cores
    monkeypatch.setattr(
        CoreCTM, "cores", lambda self, *given: seeds.append(given[3]) or original(self, *given)
    )
    make_model().fit(DATA.corpus)
    assert len(seeds) == 1


@pytest.mark.parametrize("n_components", [3, 50])
def test_topics_of_a_document_do_not_depend_in_any_bit_on_which_others_are_read_with_it(n_components):
    rng = np.random.default_rng(0)
    shape = CorpusShape(n_components, ("a",), (60,))
    counts = sparse.csr_array(rng.poisson(0.2, (400, 60)))
    vectors = rng.normal(size=(60, 37)).astype(np.float32)  # rows that are not aligned
    backbone = CoreCTM(n_core_words=2)
    constants = backbone.prepare(shape, Materials((counts,), word_vectors=(vectors,)))
    network = build_network(backbone, shape, constants, seed=0).double().eval()
    parts = [counts[:1], counts[1:140], counts[140:142], counts[142:]]
    with torch.no_grad():
        whole, *read = (
            network.encode(sparse_rows(part, dtype=torch.float64), 0)[0] for part in [counts, *parts]
        )
    assert torch.equal(torch.cat(read), whole)


def unit(rows):
    return rows / rows.norm(dim=1, keepdim=True).clamp_min(1e-12)


def dense_topics(backbone, network, number, constants, counts):
    """Topic-word weights (V, K), one word and topic at a time."""
    words = torch.as_tensor(constants[f"words.{number}"], dtype=torch.float64)
    cosines = words @ unit(network.cores).T
    shares = torch.exp(cosines / backbone.topic_temperature)
    shares = shares / shares.sum(1, keepdim=True)
    logs = torch.as_tensor(np.log(np.maximum(counts.sum(0), 1)).astype(np.float32), dtype=torch.float64)
    weights = cosines + backbone.frequency_weight * logs[:, None] + backbone.exclusivity * shares.log()
    return weights / backbone.word_temperature


def dense_mean(backbone, network, materials, number):
    """Latent means (n, K), from raw word vectors and counts."""
    x = torch.as_tensor(materials.counts[number].toarray(), dtype=torch.float64)
    vectors = unit(torch.as_tensor(materials.word_vectors[number], dtype=torch.float64))
    share = x.sum(0) / x.sum()
    documents = unit(x @ (vectors * (backbone.sif / (backbone.sif + share))[:, None]))
    documents = unit(documents - documents.mean(0))
    return x, documents @ unit(network.readers).T / backbone.document_temperature


@settings(max_examples=15, deadline=None)
@given(
    n_languages=st.integers(1, 3),
    n_components=st.integers(2, 4),
    n_documents=st.integers(3, 6),
    seed=st.integers(0, 10_000),
)
def test_loss_gradients_and_topics_equal_the_dense_formulas(
    n_languages, n_components, n_documents, seed, dense
):
    backbone, network, materials, constants = random_case(n_languages, n_components, n_documents, seed, dense)
    batch = Batch(
        counts=tuple(sparse_rows(block, dtype=torch.float64) for block in materials.counts),
        rows=tuple(torch.arange(n_documents) for _ in materials.counts),
    )
    step = network.step(batch)
    loss = 0.0
    for number, counts in enumerate(materials.counts):
        weights = dense_topics(backbone, network, number, constants, counts)
        torch.testing.assert_close(step.topic_word[number], weights, rtol=1e-6, atol=1e-6)
        x, mean = dense_mean(backbone, network, materials, number)
        theta = torch.softmax(mean, 1)
        torch.testing.assert_close(step.proportions[number], theta, rtol=1e-4, atol=1e-6)
        mixture = theta @ torch.softmax(weights.detach(), 0).T
        loss = loss - 0.7 * (x * mixture.log()).sum(1).mean()
    torch.testing.assert_close(step.terms["reconstruction"], loss, rtol=1e-5, atol=1e-6)
    (actual,) = torch.autograd.grad(step.terms["reconstruction"], network.readers)
    (expected,) = torch.autograd.grad(loss, network.readers)
    torch.testing.assert_close(actual, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


def test_the_likelihood_leaves_the_cores_where_they_are(dense):
    _, network, materials, _ = random_case(2, 3, 5, 0, dense)
    batch = Batch(
        counts=tuple(sparse_rows(block, dtype=torch.float64) for block in materials.counts),
        rows=tuple(torch.arange(5) for _ in materials.counts),
    )
    network.step(batch).terms["reconstruction"].backward()
    assert network.cores.grad is None
    assert network.readers.grad.abs().sum() > 0


def test_words_move_towards_their_translations_by_cosine():
    rng = np.random.default_rng(0)
    vectors = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in rng.normal(size=(2, 5, 3))]
    lexicon = sparse.csr_array([[1, 1, 0, 0, 0], [0, 0, 1, 0, 0], *[[0] * 5] * 3])
    moved = with_translations(vectors, {(0, 1): lexicon}, 0.5)
    towards = sum(max(vectors[0][0] @ vectors[1][v], 0.01) * vectors[1][v] for v in (0, 1))
    expected = vectors[0][0] + 0.5 * towards / np.linalg.norm(towards)
    np.testing.assert_allclose(moved[0][0], expected / np.linalg.norm(expected), rtol=1e-5)
    np.testing.assert_allclose(moved[0][2:], vectors[0][2:], rtol=1e-5)
    np.testing.assert_allclose(moved[1][3:], vectors[1][3:], rtol=1e-5)


def test_a_core_lies_between_the_languages():
    rng = np.random.default_rng(0)
    centres = np.eye(6)[:3]
    words = [np.repeat(centres, 8, 0) + 0.1 * rng.normal(size=(24, 6)) for _ in range(2)]
    words = [(part / np.linalg.norm(part, axis=1, keepdims=True)).astype(np.float32) for part in words]
    cores = CoreCTM(n_core_words=5).cores(words, [np.ones(24)] * 2, 3, seed=0)
    assert sorted((cores @ centres.T).argmax(1)) == [0, 1, 2]
    np.testing.assert_allclose(np.linalg.norm(cores, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("languages", [("en", "zh"), ("en", "ja", "zh")])
def test_known_topics_are_found_and_linked(languages, linked_precision):
    rng = np.random.default_rng(0)
    topics = np.full((5, 135), 0.3 / 60)
    topics[:, :75] = 0.7 * np.kron(np.eye(5), 0.9 ** np.arange(15) / (0.9 ** np.arange(15)).sum())
    words = [f"w{number}" for number in range(135)]
    counts = {code: rng.multinomial(40, topics[rng.integers(0, 5, 300)]) for code in languages}
    lexicons = [
        Lexicon(zip(words, words, strict=True), pair)
        for pair in [("en", "zh"), ("en", "ja"), ("ja", "zh")]
        if set(pair) <= set(languages)
    ]
    corpus = Corpus.from_counts(counts, dict.fromkeys(languages, words))
    model = CrossLingualTopicModel(5, backbone="corectm", lexicon=lexicons, random_state=0).fit(corpus)
    assert linked_precision(model.topic_word_, dict.fromkeys(languages, topics), 10) > 0.9


def test_by_default_nothing_is_trained():
    model = make_model().fit(DATA.corpus)
    assert (model.n_iter_, model.history_) == (0, {})
    before = {name: value.clone() for name, value in model.network_.named_parameters()}
    with pytest.warns(UserWarning, match=r"partial_fit trains nothing of CoreCTM\(\), which has no loss"):
        model.partial_fit(DATA.corpus)
    assert model.n_iter_ == 1
    for name, value in model.network_.named_parameters():
        assert torch.equal(value, before[name]), name


def test_with_a_weight_the_likelihood_trains_the_readers_only():
    model = make_model(backbone=CoreCTM(n_core_words=5, weight_reconstruction=1.0)).fit(DATA.corpus)
    before = {name: value.clone() for name, value in model.network_.named_parameters()}
    model.partial_fit(DATA.corpus)
    after = dict(model.network_.named_parameters())
    assert torch.equal(after["cores"], before["cores"])
    assert not torch.equal(after["readers"], before["readers"])


def test_topics_repeat_few_words():
    topics = make_model().fit(DATA.corpus).get_topics(n_words=5)
    words = [word for topic in topics for word in topic["en"]]
    assert len(set(words)) == len(words)


def test_a_refiner_moves_the_cores_and_the_readers():
    model = make_model().fit(DATA.corpus)
    refined = LLMRefiner(model, n_words=5, max_epochs=2, random_state=0).fit(DATA.corpus).model_
    for name, value in refined.network_.named_parameters():
        assert not torch.equal(value, dict(model.network_.named_parameters())[name]), name


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"max_epochs": -1}, "The 'max_epochs' parameter of CoreCTM must be an integer in [0, inf). Got -1"),
        ({"n_core_words": 0}, "The 'n_core_words' parameter of CoreCTM must be an integer in [1, inf)"),
        ({"sif": 0}, "The 'sif' parameter of CoreCTM must be a number in (0, inf). Got 0"),
        ({"exclusivity": -1.0}, "The 'exclusivity' parameter of CoreCTM must be a number in [0, inf)"),
    ],
)
def test_parameters_out_of_range_are_named(parameters, message):
    with pytest.raises(InputError) as caught:
        make_model(backbone=CoreCTM(**parameters)).fit(DATA.corpus)
    assert str(caught.value).startswith(message)


def test_more_topics_than_words_leave_topics_over_but_fit():
    corpus = Corpus.from_counts({"en": np.eye(6, 2, dtype=int) + 1}, {"en": ["rain", "goal"]})
    model = CrossLingualTopicModel(5, backbone="corectm", random_state=0).fit(corpus)
    np.testing.assert_allclose(model.components_.sum(1), 1)
    np.testing.assert_allclose(model.transform(corpus).sum(1), 1, rtol=1e-6)


@given(
    score=arrays(
        np.float32, st.tuples(st.integers(1, 9), st.integers(1, 5)), elements=st.sampled_from([0, 1, 2])
    ),
    number=st.integers(1, 10),
)
def test_the_best_words_are_those_of_a_stable_sort(score, number):
    expected = np.argsort(-score, axis=0, kind="stable")[:number]
    np.testing.assert_array_equal(_highest_rows(score, number), expected)
