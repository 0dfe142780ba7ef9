"""scikit-learn's own checks, on plain count matrices, where they really run."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from skxtm import CrossLingualTopicModel, LLMRefiner

# checks that cannot apply, each with its reason; at most three
EXPECTED_FAILURES: dict[str, str] = {}


class AtLeastTwoTopics(CrossLingualTopicModel):
    """The estimator, but deaf to ``n_components = 1``, which seven checks set by hand to be quick."""

    def __setattr__(self, name, value):
        if name == "n_components" and isinstance(value, int) and value == 1:
            value = 2
        super().__setattr__(name, value)


MODEL = AtLeastTwoTopics(3, max_epochs=2, random_state=0)
ESTIMATORS = [MODEL, LLMRefiner(MODEL, n_rounds=1, max_epochs=1, random_state=0)]


@parametrize_with_checks(
    ESTIMATORS,
    expected_failed_checks=lambda _: EXPECTED_FAILURES,
)
@pytest.mark.filterwarnings("ignore::skxtm.exceptions.UnknownWordsWarning")
def test_scikit_learn_check(estimator, check):
    check(estimator)


def test_the_checks_were_not_hollow():
    assert CrossLingualTopicModel().__sklearn_tags__().input_tags.two_d_array
    assert LLMRefiner(MODEL).__sklearn_tags__().input_tags.two_d_array
    assert sum(len(list(estimator_checks_generator(estimator))) for estimator in ESTIMATORS) >= 90
    assert len(EXPECTED_FAILURES) <= 3
