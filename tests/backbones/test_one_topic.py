"""One topic: every document is wholly of it, and its words are as frequent as they are."""

from functools import cache
from itertools import combinations

import numpy as np
import pytest
import torch
from scipy import sparse
from scipy.stats import spearmanr

from skxtm import Corpus, CrossLingualTopicModel, Lexicon, LLMRefiner
from skxtm.backbones import NMTM, CoreCTM, GloCTM, backbone_class, backbone_names
from skxtm.backbones._decoder import ProductDecoder
from skxtm.backbones.base import NetworkBackbone
from skxtm.datasets import make_multilingual_corpus
from skxtm.training.tensors import sparse_rows

LANGUAGES = {1: ("en",), 2: ("en", "zh"), 3: ("en", "ja", "zh")}
N_WORDS = 25
CORPUS = make_multilingual_corpus(
    20,
    n_components=3,
    languages=LANGUAGES[3],
    vocabulary_sizes=N_WORDS,
    word_concentration=0.3,
    random_state=0,
).corpus
BACKBONES = {name: backbone_class(name) for name in backbone_names()}
CASES = [(name, n) for name in BACKBONES for n in LANGUAGES if n >= BACKBONES[name].min_languages]
NETWORKS = [(name, n) for name, n in CASES if issubclass(BACKBONES[name], NetworkBackbone)]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::skxtm.exceptions.UnknownWordsWarning"),
]


def documents(n_languages):
    return CORPUS[np.isin(CORPUS.language, LANGUAGES[n_languages])]


def make_model(backbone, n_languages, **parameters):
    lexicons = [
        Lexicon(zip(CORPUS.vocabularies[first], CORPUS.vocabularies[second], strict=True), (first, second))
        for first, second in combinations(LANGUAGES[n_languages], 2)
    ]
    given = {"max_epochs": 60, "batch_size": 10, "learning_rate": 0.05, "random_state": 0}
    return CrossLingualTopicModel(1, backbone=backbone, lexicon=lexicons or None, **{**given, **parameters})


@cache
def fitted(backbone, n_languages):
    return make_model(backbone, n_languages).fit(documents(n_languages))


@pytest.mark.parametrize(("backbone", "n_languages"), CASES)
def test_every_document_is_wholly_of_the_only_topic(backbone, n_languages):
    model, corpus = fitted(backbone, n_languages), documents(n_languages)
    blank = {code: sparse.csr_array((1, N_WORDS), dtype=int) for code in corpus.languages}
    assert (model.transform(corpus) == 1).all()
    assert (model.transform(Corpus.from_counts(blank, model.vocabularies_)) == 1).all()
    assert model.topic_weight_.tolist() == [1]


@pytest.mark.parametrize(("backbone", "n_languages"), CASES)
def test_the_words_of_the_only_topic_are_ordered_by_frequency(backbone, n_languages):
    corpus = documents(n_languages)
    if backbone == "gloctm":  # whose topics explain documents spelled out in other languages' words as well
        model = make_model(GloCTM(n_neighbours=0), n_languages).fit(corpus)
    else:
        model = fitted(backbone, n_languages)
    for code, (probabilities,) in model.topic_word_.items():
        assert probabilities.sum() == pytest.approx(1)
        assert spearmanr(probabilities, corpus.counts_of(code).sum(0)).statistic > 0.9


@pytest.mark.parametrize(("backbone", "n_languages"), CASES)
def test_the_score_is_the_likelihood_of_words_drawn_from_the_only_topic(backbone, n_languages):
    model, corpus = fitted(backbone, n_languages), documents(n_languages)
    expected = [
        (corpus.counts_of(code).toarray() * np.log(probabilities)).sum(1)
        for code, (probabilities,) in model.topic_word_.items()
    ]
    assert model.score(corpus) == pytest.approx(np.concatenate(expected).mean(), rel=1e-6)


@pytest.mark.parametrize(("backbone", "n_languages"), NETWORKS)
def test_every_loss_term_is_finite_and_there_is_no_divergence_from_the_prior(backbone, n_languages):
    history = fitted(backbone, n_languages).history_
    assert all(np.isfinite(values).all() for values in history.values())
    assert set(history.get("kl", [0])) == {0}
    assert set(history.get("global_kl", [0])) == {0}


@pytest.mark.parametrize(("backbone", "n_languages"), CASES)
def test_a_loaded_model_of_one_topic_is_the_same_model(backbone, n_languages, tmp_path):
    model, corpus = fitted(backbone, n_languages), documents(n_languages)
    model.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.components_, model.components_)
    assert loaded.score(corpus) == model.score(corpus)


@pytest.mark.parametrize(("backbone", "n_languages"), NETWORKS)
def test_training_of_one_topic_resumed_from_a_file_equals_training_at_once(backbone, n_languages, tmp_path):
    corpus = documents(n_languages)
    at_once = make_model(backbone, n_languages, max_epochs=2).fit(corpus)
    make_model(backbone, n_languages).partial_fit(corpus).save(tmp_path / "checkpoint", resumable=True)
    resumed = CrossLingualTopicModel.load(tmp_path / "checkpoint").partial_fit(corpus)
    np.testing.assert_array_equal(resumed.components_, at_once.components_)
    assert resumed.history_ == at_once.history_


@pytest.mark.parametrize("settings", [{}, {"divergence": "transport", "direction": "reverse"}])
@pytest.mark.parametrize(("backbone", "n_languages"), NETWORKS)
def test_the_only_topic_is_drawn_to_refined_words(backbone, n_languages, settings):
    corpus = documents(n_languages)
    refiner = LLMRefiner(
        fitted(backbone, n_languages), max_epochs=3, n_words=4, n_top_words=6, random_state=0, **settings
    ).fit(corpus)
    assert (refiner.transform(corpus) == 1).all()
    assert all(np.isfinite(values).all() for values in refiner.history_.values())
    assert refiner.history_["words"][-1] < refiner.history_["words"][0]
    assert set(refiner.history_["documents"]) == {0}
    assert np.isfinite(refiner.confidence_).all()
    assert not np.array_equal(refiner.model_.components_, refiner.estimator_.components_)


@pytest.mark.parametrize("backbone", [name for name, n in CASES if (name, n) not in NETWORKS and n == 2])
def test_the_words_of_the_only_topic_are_refined_without_a_network(backbone):
    refiner = LLMRefiner(fitted(backbone, 2), max_epochs=0, n_words=4, random_state=0).fit(documents(2))
    assert [len(words) for words in refiner.refined_words_[0].values()] == [4, 4]


def test_the_core_of_the_only_topic_leaves_words_their_shares_until_it_moves():
    corpus = documents(2)
    model = fitted("corectm", 2)
    for code, (probabilities,) in model.topic_word_.items():
        counts = np.maximum(corpus.counts_of(code).sum(0), 1)
        np.testing.assert_allclose(probabilities, counts / counts.sum(), rtol=1e-6)
    network = make_model(CoreCTM(word_temperature=0.3), 2).fit(corpus).network_
    with torch.no_grad():
        before = network.topic_word()[0]
        network.cores.copy_(network.words_0[[3]])
        gained = network.words_0 @ (network.words_0[3] - network.first_cores[0]) / 0.3
        torch.testing.assert_close(network.topic_word()[0] - before, gained[:, None], rtol=1e-3, atol=1e-5)


def test_a_decoder_of_one_topic_takes_its_weights_as_they_are_in_training_too():
    rng = np.random.default_rng(0)
    counts = rng.poisson(1.0, (4, 6))
    weights = torch.as_tensor(rng.normal(size=(6, 1)))
    decoder = ProductDecoder(6, eps=1e-3, momentum=0.1).double()
    with torch.no_grad():
        decoder.shift.normal_()
    expected = -(torch.as_tensor(counts) * weights.log_softmax(0).T).sum(1)
    rows = sparse_rows(sparse.csr_array(counts), dtype=torch.float64)
    theta = torch.ones(4, 1, dtype=torch.float64)
    for mode in (decoder.train(), decoder.eval()):
        torch.testing.assert_close(mode.nll(theta, weights, rows), expected)


def test_one_document_and_one_topic_can_be_learnt():
    counts = {"en": np.array([[2, 1, 0]]), "zh": np.array([[1, 0, 3]])}
    words = {"en": ["a", "b", "c"], "zh": ["甲", "乙", "丙"]}
    lexicon = Lexicon([("a", "甲"), ("c", "丙")], ("en", "zh"))
    model = CrossLingualTopicModel(1, backbone=NMTM(), lexicon=lexicon, max_epochs=2, random_state=0)
    assert (model.fit_transform(Corpus.from_counts(counts, words)) == 1).all()
    assert np.isfinite(model.components_).all()
