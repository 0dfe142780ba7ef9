"""What a backbone without a network learns is looked at before it is taken for topics."""

import json

import numpy as np
import pytest

from skxtm import CrossLingualTopicModel
from skxtm.backbones import USVD, check_backbone
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import ContractError, TrainingError

DATA = make_multilingual_corpus(n_documents=20, n_components=3, vocabulary_sizes=30, random_state=0)


class Tampered(USVD):
    """Learns as u-SVD does; `change` is done to it."""

    change = staticmethod(lambda topics: None)

    def learn(self, *args, **kwargs):
        topics = super().learn(*args, **kwargs)
        type(self).change(topics)
        return topics


def lose_a_topic(topics):
    topics.distributions[-1][2] = np.nan


def forget_to_divide(topics):
    topics.distributions = tuple(3 * part for part in topics.distributions)


def go_below_zero(topics):
    topics.distributions[0][1, :2] += 1, -1


def forget_a_language(topics):
    topics.distributions = topics.distributions[:1]


def lose_a_word(topics):
    topics.distributions = tuple(part[:, 1:] for part in topics.distributions)


def lose_the_prior(topics):
    topics.prior = np.full(3, np.nan)


def change_proportions(change):
    def changed(topics):
        proportions = topics.proportions
        topics.proportions = lambda documents, language: change(proportions(documents, language))

    return changed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lose_a_topic,
            "distributions of 'zh' must hold distributions, but row 2 sums to nan. Divide each row by its",
        ),
        (
            forget_to_divide,
            "distributions of 'en' must hold distributions, but row 0 sums to 3. Divide each row by",
        ),
        (go_below_zero, "distributions of 'en' must hold distributions, but has values below 0: -"),
        (
            forget_a_language,
            "distributions has 1 parts for 2 languages, ['en', 'zh']. One for each is needed.",
        ),
        (lose_a_word, "distributions of 'en' has the shape (3, 29) where (3, 30) is needed."),
        (lose_the_prior, "prior must hold distributions, but row 0 sums to nan."),
        (
            change_proportions(lambda rows: 3 * rows),
            "proportions must hold distributions, but row 0 sums to 3.",
        ),
        (
            change_proportions(lambda rows: rows[:1]),
            "proportions has the shape (1, 3) where (20, 3) is needed.",
        ),
        (
            change_proportions(lambda rows: rows * np.nan),
            "proportions must hold distributions, but row 0 sums to nan.",
        ),
    ],
)
def test_what_are_no_topics_is_named_at_once(change, message, monkeypatch):
    monkeypatch.setattr(Tampered, "change", staticmethod(change))
    with pytest.raises(TrainingError) as caught:
        CrossLingualTopicModel(3, backbone=Tampered(), lexicon=DATA.lexicon, random_state=0).fit(DATA.corpus)
    assert str(caught.value).startswith(f"ClusterTopics.{message}")
    with pytest.raises(ContractError, match=r"^Backbone 'Tampered' fails the check .*TrainingError"):
        check_backbone(Tampered())


def test_what_was_recorded_may_be_any_numbers_and_is_saved_as_floats(monkeypatch, tmp_path):
    def record(topics):
        topics.history = {"inertia": np.array([2, 1], dtype=np.float32)}

    monkeypatch.setattr(Tampered, "change", staticmethod(record))
    model = CrossLingualTopicModel(3, backbone=Tampered(), lexicon=DATA.lexicon, random_state=0).fit(
        DATA.corpus
    )
    assert json.dumps(model.history_) == '{"inertia": [2.0, 1.0]}'
