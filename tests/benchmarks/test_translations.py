"""Translations found by topic proportions, by the features that suit a system."""

from importlib import import_module

import numpy as np
import pytest

from skxtm.metrics import retrieval_score


@pytest.fixture(scope="module")
def translations(scripts):
    return import_module("_translations")


def documents(translations, theta):
    """Documents of two languages with the same order of translations."""
    n = len(theta) // 2
    return translations.Documents(theta, np.repeat(["en", "zh"], n), np.tile(np.arange(n), 2))


def told_by_small_shares(n_sets, seed):
    """Proportions of which the greatest are noise, and the small ones say what a document is."""
    rng = np.random.default_rng(seed)
    small = np.tile(10.0 ** rng.uniform(-5, -3, size=(n_sets, 12)), (2, 1))
    great = rng.dirichlet(np.ones(3), size=2 * n_sets)
    theta = np.hstack([small, great])
    return theta / theta.sum(1, keepdims=True)


def told_by_great_shares(n_sets, seed):
    """Proportions that say nothing where they are small."""
    rng = np.random.default_rng(seed)
    theta = np.tile(rng.dirichlet(np.full(8, 0.5), size=n_sets), (2, 1))
    theta = np.hstack([theta, 10.0 ** rng.uniform(-5, -3, size=(2 * n_sets, 30))])
    return theta / theta.sum(1, keepdims=True)


@pytest.mark.parametrize(("drawn", "suited"), [(told_by_small_shares, "log"), (told_by_great_shares, "root")])
def test_features_are_those_that_find_the_translations_of_training_documents(translations, drawn, suited):
    train, test = (documents(translations, drawn(60, seed)) for seed in (0, 1))
    scores, features = translations.found(train, test)
    assert features == suited
    assert scores.mean_reciprocal_rank > 0.9
    (other,) = {"log", "root"} - {suited}
    assert translations.ranked(test, other).mean_reciprocal_rank < 0.7


def test_test_documents_have_no_say_in_the_choice(translations):
    small, great = (
        documents(translations, drawn(60, 0)) for drawn in (told_by_small_shares, told_by_great_shares)
    )
    assert translations.found(small, great)[1] == "log"
    assert translations.found(great, small)[1] == "root"


def test_centred_logarithms_are_log_ratios_to_the_geometric_mean(translations):
    theta = np.random.default_rng(0).dirichlet(np.ones(5), size=9)
    expected = np.log(theta / np.prod(theta, axis=1, keepdims=True) ** (1 / 5))
    assert translations.centred_logarithm(theta) == pytest.approx(expected)
    assert np.isfinite(translations.centred_logarithm(np.eye(5))).all()


def test_features_are_chosen_by_few_sets_with_all_their_documents(translations):
    theta = np.random.default_rng(0).dirichlet(np.ones(4), size=40)
    drawn = documents(translations, theta).drawn(7)
    assert np.unique(drawn.pair_id, return_counts=True)[1].tolist() == [2] * 7
    assert len(drawn.theta) == len(drawn.language) == 14


def test_ranks_are_those_of_the_metric(translations):
    theta = np.random.default_rng(0).dirichlet(np.ones(4), size=40)
    of_both = documents(translations, theta)
    expected = retrieval_score(np.sqrt(theta), of_both.language, of_both.pair_id, at=[1])
    assert translations.ranked(of_both, "root") == expected


def test_whitening_hears_what_hides_in_small_deviations(translations):
    rng = np.random.default_rng(0)
    told = np.tile(rng.normal(0, 0.05, size=(400, 6)), (2, 1))
    loud = rng.normal(0, 1, size=(800, 1))  # says nothing of the document
    theta = np.exp(np.hstack([told, loud]) @ rng.normal(size=(7, 8)))
    theta /= theta.sum(1, keepdims=True)
    train, test = (
        translations.Documents(theta[rows], np.repeat(["en", "zh"], 200), np.tile(np.arange(200), 2))
        for rows in (np.r_[:200, 400:600], np.r_[200:400, 600:800])
    )
    assert translations.ranked(test, "log").mean_reciprocal_rank < 0.3
    assert translations.found_whitened(train, test).mean_reciprocal_rank > 0.7
