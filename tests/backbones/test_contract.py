"""What every backbone must do, with two and with three languages."""

from functools import cache
from unittest.mock import patch

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline

from skxtm import Corpus, CrossLingualTopicModel, LLMRefiner
from skxtm.backbones import backbone_class, backbone_names
from skxtm.backbones.arrays import ArrayBackbone
from skxtm.backbones.base import NetworkBackbone
from skxtm.checks import CHECKS, N_WORDS, Case, small_backbone
from skxtm.exceptions import InputError, MissingResourceError, RefinementWarning, UnknownWordsWarning

pytestmark = pytest.mark.slow


@cache
def made(name, n_languages):
    return Case(small_backbone(backbone_class(name)()), n_languages)


def cases(names, numbers=(2, 3)):
    """Make a fixture of the cases of some backbones."""
    params = [(name, n) for name in names for n in numbers if n >= backbone_class(name).min_languages]
    return pytest.fixture(params=params, ids=lambda case: f"{case[0]}-{case[1]}")(
        lambda request: made(*request.param)
    )


NETWORKS = [name for name in backbone_names() if issubclass(backbone_class(name), NetworkBackbone)]
ARRAYS = [name for name in backbone_names() if issubclass(backbone_class(name), ArrayBackbone)]
NORMALISED = [name for name in NETWORKS if "batch_norm_momentum" in backbone_class(name)().get_params()]
any_case = cases(backbone_names(), (1, 2, 3))
case = cases(backbone_names())
normalised_case = cases(NORMALISED)
network_case = cases(NETWORKS)
array_case = cases(ARRAYS)


def test_every_backbone_is_of_one_of_two_kinds():
    assert sorted(NETWORKS + ARRAYS) == backbone_names()


@pytest.mark.parametrize("check", CHECKS)
def test_every_backbone_passes_the_check_that(any_case, check):
    assert list(CHECKS[check](any_case)) == []


def assert_same_model(model, case):
    np.testing.assert_array_equal(model.transform(case.corpus), case.theta)
    np.testing.assert_array_equal(model.components_, case.fitted.components_)


def test_every_loss_term_is_recorded_finite_and_adds_up(network_case):
    history = dict(network_case.fitted.history_)
    total = history.pop("loss")
    assert "reconstruction" in history
    assert {len(values) for values in history.values()} == {2}
    np.testing.assert_allclose(np.sum(list(history.values()), axis=0), total, rtol=1e-4)
    assert np.isfinite(total).all()


def test_another_seed_gives_another_model(case):
    # the best of several starts of K-means may be the same for some seeds
    others = (case.model(random_state=seed).fit(case.corpus) for seed in range(1, 6))
    assert any(not np.array_equal(other.components_, case.fitted.components_) for other in others)


def test_statistics_of_the_final_weights_can_be_asked_for(normalised_case):
    backbone = clone(normalised_case.backbone).set_params(batch_norm_momentum=None)
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


def test_parameters_are_reached_by_name_through_the_estimator(case):
    small = {f"backbone__{name}": value for name, value in case.backbone.get_params().items()}
    model = clone(case.model(backbone=type(case.backbone)()).set_params(**small))
    assert repr(model.backbone) == repr(case.backbone) != repr(type(case.backbone)())
    assert_same_model(model.fit(case.corpus), case)


def test_a_missing_resource_is_named(case):
    with pytest.raises(MissingResourceError) as caught:
        case.model(lexicon=None).fit(case.corpus)
    assert str(caught.value).startswith(f"Backbone {type(case.backbone).__name__!r} needs ")
    assert "lexicon=" in str(caught.value)


def test_one_language_is_refused_where_two_are_needed(case):
    name = type(case.backbone).__name__
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
