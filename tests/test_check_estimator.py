"""scikit-learn's own checks, on plain count matrices, where they really run."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from skxtm import CrossLingualTopicModel, LLMRefiner

# checks that cannot apply, each with its reason; at most three
EXPECTED_FAILURES: dict[str, str] = {}

# scikit-learn sets n_components=1 by hand, and random_state, but not that of an estimator within
ESTIMATORS = [
    CrossLingualTopicModel(),
    CrossLingualTopicModel(1, backbone="nmtm", max_epochs=2),
    LLMRefiner(CrossLingualTopicModel(3, random_state=0), n_rounds=1, max_epochs=1),
    LLMRefiner(CrossLingualTopicModel(1, backbone="nmtm", max_epochs=2, random_state=0), max_epochs=1),
]


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda _: EXPECTED_FAILURES)
@pytest.mark.filterwarnings("ignore::skxtm.exceptions.UnknownWordsWarning")
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_the_checks_are_many_and_not_hollow(estimator):
    assert estimator.__sklearn_tags__().input_tags.two_d_array
    assert len(list(estimator_checks_generator(estimator))) >= 45
    assert len(EXPECTED_FAILURES) <= 3
