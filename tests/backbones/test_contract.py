"""What every backbone must do, with two and with three languages."""

import copy
import pickle
from functools import cache
from unittest.mock import patch

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline

from skxtm import Corpus, CrossLingualTopicModel, Lexicon, LLMRefiner
from skxtm.backbones import MTAnchor, backbone_class, backbone_names
from skxtm.backbones.arrays import ArrayBackbone
from skxtm.backbones.base import NetworkBackbone
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError, MissingResourceError, RefinementWarning, UnknownWordsWarning

pytestmark = pytest.mark.slow

LANGUAGES = {2: ("en", "zh"), 3: ("en", "ja", "zh")}
N_WORDS = 25
# a whole number that 7 is a good value for; of networks the width of a layer
OWN_PARAMETER = {
    "corectm": "n_core_words",
    "usvd": "n_dimensions",
    "svd_lr": "n_dimensions",
    "mtanchor": "n_projected",
    "mcta": "n_updates",
}


def make_lexicons(data, languages):
    """One lexicon for each pair; missing ones go through the first language."""
    lexicons = list(data.lexicons)
    given = {frozenset(lexicon.languages) for lexicon in lexicons}
    if len(languages) == 3 and frozenset(languages[1:]) not in given:
        by_target = {code: next(x for x in lexicons if code in x.languages) for code in languages[1:]}
        towards, away = (
            lexicon if (lexicon.languages[0] == code) is (code == languages[1]) else lexicon.inverse()
            for code, lexicon in by_target.items()
        )
        lexicons.append(Lexicon.compose(towards, away))
    return lexicons


class Case:
    """A backbone, its data, and one model fitted on it."""

    def __init__(self, backbone, n_languages):
        self.backbone = backbone
        self.languages = LANGUAGES[n_languages]
        self.data = make_multilingual_corpus(
            n_documents=20,
            n_components=3,
            languages=self.languages,
            vocabulary_sizes=N_WORDS,
            random_state=0,
        )
        self.corpus = self.data.corpus
        self.lexicons = make_lexicons(self.data, self.languages)
        self.fitted = self.model().fit(self.corpus)
        self.theta = self.fitted.transform(self.corpus)

    def model(self, **parameters):
        given = {"lexicon": self.lexicons, "max_epochs": 2, "batch_size": 8, "random_state": 0}
        return CrossLingualTopicModel(3, **{"backbone": self.backbone, **given, **parameters})


@cache
def made(backbone, n_languages):
    return Case(backbone, n_languages)


def cases(names):
    """Make a fixture of the cases of some backbones."""
    params = [(name, n) for name in names for n in LANGUAGES]
    return pytest.fixture(params=params, ids=lambda case: f"{case[0]}-{case[1]}")(
        lambda request: made(*request.param)
    )


NETWORKS = [name for name in backbone_names() if issubclass(backbone_class(name), NetworkBackbone)]
ARRAYS = [name for name in backbone_names() if name not in NETWORKS]
NORMALISED = [name for name in NETWORKS if "batch_norm_momentum" in backbone_class(name)().get_params()]
case = cases(backbone_names())
normalised_case = cases(NORMALISED)
network_case = cases(NETWORKS)
array_case = cases(ARRAYS)


def test_every_backbone_is_of_one_of_two_kinds():
    assert NETWORKS == ["corectm", "gloctm", "infoctm", "nmtm", "xtra"]
    assert all(issubclass(backbone_class(name), ArrayBackbone) for name in ARRAYS)


def assert_same_model(model, case):
    np.testing.assert_array_equal(model.transform(case.corpus), case.theta)
    np.testing.assert_array_equal(model.components_, case.fitted.components_)


def test_what_is_learnt_has_its_shape_and_lies_on_the_simplex(case):
    n_languages = len(case.languages)
    assert case.theta.shape == (20 * n_languages, 3)
    assert case.fitted.components_.shape == (3, N_WORDS * n_languages)
    for proportions in (case.theta, *case.fitted.topic_word_.values()):
        assert (proportions >= 0).all()
        np.testing.assert_allclose(proportions.sum(1), 1, rtol=1e-5)
    assert set(case.fitted.get_topics(5)[0]) == set(case.languages)
    assert np.isfinite(case.fitted.score(case.corpus))


def test_every_loss_term_is_recorded_finite_and_adds_up(network_case):
    history = dict(network_case.fitted.history_)
    total = history.pop("loss")
    assert "reconstruction" in history
    assert {len(values) for values in history.values()} == {2}
    np.testing.assert_allclose(np.sum(list(history.values()), axis=0), total, rtol=1e-4)
    assert np.isfinite(total).all()


def test_the_same_seed_gives_the_same_bits_and_a_clone_is_the_same_model(case):
    again = clone(case.model()).fit(case.corpus)
    assert_same_model(again, case)
    assert again.history_ == case.fitted.history_


def test_another_seed_gives_another_model(case):
    # a vocabulary this small is not projected at random before anchors are chosen
    backbone = MTAnchor(n_projected=3) if case.backbone == "mtanchor" else case.backbone
    first, second = (case.model(backbone=backbone, random_state=seed).fit(case.corpus) for seed in (0, 1))
    assert not np.array_equal(first.components_, second.components_)


def test_a_document_has_the_same_proportions_whatever_else_is_in_the_call(case):
    rows = np.arange(len(case.corpus))[::-3]
    np.testing.assert_array_equal(case.fitted.transform(case.corpus[rows]), case.theta[rows])


def test_partial_fit_once_per_epoch_equals_fit(network_case):
    pieces = network_case.model().partial_fit(network_case.corpus)
    pieces = pickle.loads(pickle.dumps(pieces)).partial_fit(network_case.corpus)
    assert_same_model(pieces, network_case)
    assert pieces.history_ == network_case.fitted.history_


def test_statistics_of_the_final_weights_can_be_asked_for(normalised_case):
    backbone = backbone_class(normalised_case.backbone)(batch_norm_momentum=None)
    settled = normalised_case.model(backbone=backbone).fit(normalised_case.corpus)
    pieces = (
        normalised_case.model(backbone=backbone)
        .partial_fit(normalised_case.corpus)
        .partial_fit(normalised_case.corpus)
    )
    np.testing.assert_array_equal(
        pieces.transform(normalised_case.corpus), settled.transform(normalised_case.corpus)
    )
    np.testing.assert_array_equal(settled.components_, normalised_case.fitted.components_)
    assert not np.array_equal(settled.transform(normalised_case.corpus), normalised_case.theta)


def test_partial_fit_takes_other_documents(network_case):
    model = network_case.model().partial_fit(network_case.corpus).partial_fit(network_case.corpus[::2])
    assert model.n_iter_ == 2
    assert np.isfinite(model.components_).all()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_are_the_same_model(case, copied):
    assert_same_model(copied(case.fitted), case)


def test_a_loaded_model_is_the_same_model(case, tmp_path):
    case.fitted.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    assert_same_model(loaded, case)
    assert loaded.score(case.corpus) == case.fitted.score(case.corpus)
    assert (loaded.n_iter_, loaded.history_) == (case.fitted.n_iter_, case.fitted.history_)
    loaded.save(tmp_path / "again")
    assert_same_model(CrossLingualTopicModel.load(tmp_path / "again"), case)


def test_a_loaded_network_can_be_trained_further(network_case, tmp_path):
    network_case.fitted.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    assert loaded.partial_fit(network_case.corpus).n_iter_ == 3


def test_training_resumed_from_a_file_equals_training_at_once(network_case, tmp_path):
    network_case.model().partial_fit(network_case.corpus).save(tmp_path / "checkpoint", resumable=True)
    resumed = CrossLingualTopicModel.load(tmp_path / "checkpoint").partial_fit(network_case.corpus)
    assert_same_model(resumed, network_case)
    assert resumed.history_ == network_case.fitted.history_


def test_the_network_moves_as_a_whole(network_case):
    moved = copy.deepcopy(network_case.fitted)
    moved.network_.to("cpu")
    assert_same_model(moved, network_case)
    network = copy.deepcopy(network_case.fitted.network_).to("meta")
    tensors = [*network.parameters(), *network.buffers()]
    assert {tensor.device.type for tensor in tensors} == {"meta"}


def test_the_backbone_may_be_an_object_whose_parameters_are_reached_by_name(case):
    model = case.model(backbone=backbone_class(case.backbone)())
    name = OWN_PARAMETER.get(case.backbone, "n_units")
    model.set_params(**{f"backbone__{name}": 7})
    assert getattr(clone(model).backbone, name) == 7
    assert getattr(model.fit(case.corpus).backbone_, name) == 7


def test_a_missing_resource_is_named(case):
    with pytest.raises(MissingResourceError) as caught:
        case.model(lexicon=None).fit(case.corpus)
    assert str(caught.value).startswith(f"Backbone {backbone_class(case.backbone).__name__!r} needs ")
    assert "lexicon=" in str(caught.value)


def test_one_language_is_refused_where_two_are_needed(case):
    name = backbone_class(case.backbone).__name__
    english = case.corpus[case.corpus.rows_of("en")]
    with pytest.raises(InputError) as caught:
        case.model().fit(english)
    assert str(caught.value).startswith(f"X holds documents in 'en' only, but {name} ")


def test_documents_without_a_known_word_are_left_out_of_training_with_all_that_is_known_of_them(case):
    rng = np.random.default_rng(0)
    words = {code: rng.normal(size=(N_WORDS, 4)) for code in case.languages}
    counts = {code: case.corpus.counts_of(code) for code in case.languages}
    vectors = {code: rng.normal(size=(20, 4)) for code in case.languages}
    blank = sparse.csr_array((1, N_WORDS), dtype=int)
    mixed_counts = {code: sparse.csr_array(sparse.vstack([blank, block])) for code, block in counts.items()}
    mixed_vectors = {code: np.vstack([np.full((1, 4), 9.0), block]) for code, block in vectors.items()}
    plain = Corpus.from_counts(counts, case.corpus.vocabularies, embedding=vectors)
    mixed = Corpus.from_counts(mixed_counts, case.corpus.vocabularies, embedding=mixed_vectors)
    expected = case.model(word_embeddings=words).fit(plain)
    with pytest.warns(UnknownWordsWarning):
        model = case.model(word_embeddings=words).fit(mixed)
    np.testing.assert_array_equal(model.components_, expected.components_)
    assert model.history_ == expected.history_


def test_the_number_of_steps_does_not_change_how_often_a_gpu_would_wait_for_the_host(network_case, recorder):
    waits = []
    for batch_size, n_steps in ((20, 1), (4, 5)):
        model = network_case.model(batch_size=batch_size).partial_fit(network_case.corpus)
        steps = patch.object(model.network_, "step", wraps=model.network_.step)
        before = len(recorder.waiting)
        with recorder, steps as step:
            model.partial_fit(network_case.corpus)
        assert step.call_count == n_steps
        waits.append(len(recorder.waiting) - before)
    assert waits[0] == waits[1]


def test_without_a_network_there_is_no_training_in_pieces(array_case):
    name = type(array_case.fitted.backbone_).__name__
    with pytest.raises(InputError) as caught:
        array_case.model().partial_fit(array_case.corpus)
    assert str(caught.value) == (
        f"Backbone {name!r} learns from all documents at once. Use fit instead of partial_fit."
    )


def test_without_a_network_there_is_no_posterior_mean(array_case):
    with pytest.raises(InputError, match="has no latent Gaussian, and so no posterior mean"):
        array_case.fitted.posterior_mean(array_case.corpus)


def test_without_a_network_the_proportions_of_training_are_those_of_transform(array_case):
    model = array_case.model()
    np.testing.assert_array_equal(model.fit_transform(array_case.corpus), array_case.theta)
    np.testing.assert_allclose(model.topic_weight_, array_case.theta.mean(0), rtol=1e-6)


def test_without_a_network_the_score_is_the_likelihood_of_the_words(array_case):
    expected = []
    for code in array_case.languages:
        theta = array_case.theta[array_case.corpus.rows_of(code)].astype(float)
        probability = theta @ array_case.fitted.topic_word_[code]
        logs = np.log(np.maximum(probability, np.finfo(float).tiny))
        expected.append((array_case.corpus.counts_of(code).toarray() * logs).sum(1))
    assert array_case.fitted.score(array_case.corpus) == pytest.approx(np.concatenate(expected).mean())


def test_without_a_network_a_document_without_a_known_word_has_the_proportions_of_the_prior(array_case):
    blank = {code: sparse.csr_array((1, N_WORDS), dtype=int) for code in array_case.languages}
    with pytest.warns(UnknownWordsWarning):
        theta = array_case.fitted.transform(Corpus.from_counts(blank, array_case.corpus.vocabularies))
    np.testing.assert_allclose(theta.sum(1), 1, rtol=1e-6)
    assert (theta == theta[0]).all()


def test_changing_the_kind_of_backbone_leaves_nothing_of_the_other(array_case):
    model = array_case.model(backbone="nmtm").fit(array_case.corpus)
    model.set_params(backbone=array_case.backbone).fit(array_case.corpus)
    assert_same_model(model, array_case)
    assert not hasattr(model, "network_")
    model.set_params(backbone="nmtm").fit(array_case.corpus)
    assert not hasattr(model, "_topics")
    assert model.partial_fit(array_case.corpus).n_iter_ == 3


def test_without_a_network_a_refiner_refines_the_words_and_says_so(array_case):
    refiner = LLMRefiner(array_case.fitted, n_words=4, random_state=0)
    with pytest.warns(RefinementWarning) as caught:
        refiner.fit(array_case.corpus)
    name = type(array_case.fitted.backbone_).__name__
    assert str(caught[0].message) == (
        f"Backbone {name!r} has no network to train: LLMRefiner refines the words and themes of its topics, "
        "once, and leaves topic proportions as they are. max_epochs=0 says that this is meant."
    )
    np.testing.assert_array_equal(refiner.transform(array_case.corpus), array_case.theta)
    assert (refiner.n_iter_, refiner.history_) == (0, {})
    for refined, topic, own in zip(
        refiner.refined_words_, refiner.get_topics(6), array_case.fitted.get_topics(10), strict=True
    ):
        for code in array_case.languages:
            assert topic[code][:4] == refined[code]
            assert topic[code][4:] == [word for word in own[code] if word not in refined[code]][:2]


def test_without_a_network_refining_only_words_needs_no_warning(array_case, recwarn):
    LLMRefiner(array_case.fitted, n_words=4, max_epochs=0).fit(array_case.corpus)
    assert not recwarn.list


def test_one_search_compares_all_backbones():
    case = made("nmtm", 2)
    pipeline = make_pipeline(case.model(backbone="nmtm"), LogisticRegression())
    by_language = StratifiedKFold(2, shuffle=True, random_state=0)
    folds = list(by_language.split(case.corpus, case.corpus.language))
    grid = {"crosslingualtopicmodel__backbone": backbone_names()}
    search = GridSearchCV(pipeline, grid, cv=folds).fit(case.corpus, case.data.labels)
    assert len(search.cv_results_["mean_test_score"]) == len(backbone_names())
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
