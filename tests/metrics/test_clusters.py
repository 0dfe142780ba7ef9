"""Topics as clusters of labelled documents."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.exceptions import InputError
from skxtm.metrics import ClusterScores, cluster_scores, purity_score


def purity_by_loops(labels, clusters):
    right = 0
    for cluster in set(clusters):
        members = [label for label, other in zip(labels, clusters, strict=True) if other == cluster]
        right += max(members.count(label) for label in set(members))
    return right / len(labels)


def nmi_by_loops(labels, clusters):
    """Divide mutual information by the mean of the two entropies."""
    n = len(labels)
    entropies = [
        -sum(values.count(value) / n * math.log(values.count(value) / n) for value in set(values))
        for values in (labels, clusters)
    ]
    pairs = list(zip(labels, clusters, strict=True))
    information = sum(
        pairs.count((label, cluster))
        / n
        * math.log(n * pairs.count((label, cluster)) / (labels.count(label) * clusters.count(cluster)))
        for label, cluster in set(pairs)
    )
    return information / (sum(entropies) / 2) if sum(entropies) > 0 else 1.0


documents = st.lists(
    st.tuples(st.sampled_from(["sport", "tax", "weather"]), st.integers(0, 3), st.sampled_from(["en", "zh"])),
    min_size=1,
    max_size=20,
)


@settings(max_examples=80, deadline=None)
@given(documents)
def test_scores_equal_loops_over_documents(drawn):
    labels, topics, language = (list(values) for values in zip(*drawn, strict=True))
    theta = np.full((len(topics), 4), 0.1)
    theta[np.arange(len(topics)), topics] = 0.7
    scores = cluster_scores(theta, labels, language)
    assert scores.purity == purity_score(labels, topics) == pytest.approx(purity_by_loops(labels, topics))
    assert scores.nmi == pytest.approx(nmi_by_loops(labels, topics), abs=1e-9)
    assert max(labels.count(label) for label in labels) / len(labels) - 1e-12 <= scores.purity <= 1
    assert set(scores.by_language) == set(language)
    for code, of_language in scores.by_language.items():
        rows = [row for row, other in enumerate(language) if other == code]
        own = [labels[row] for row in rows], [topics[row] for row in rows]
        assert of_language.purity == pytest.approx(purity_by_loops(*own))
        assert of_language.nmi == pytest.approx(nmi_by_loops(*own), abs=1e-9)
        assert of_language.by_language == {}


def test_topics_that_are_the_labels_score_one_and_a_single_topic_says_nothing():
    labels = ["sport", "tax", "sport", "sport"]
    assert cluster_scores(np.eye(2)[[1, 0, 1, 1]], labels) == ClusterScores(1.0, pytest.approx(1.0))
    assert cluster_scores(np.ones((4, 1)), labels) == ClusterScores(0.75, 0.0)


def test_languages_with_topics_of_their_own_lose_mutual_information_but_not_within_them():
    theta = np.eye(4)[[0, 1, 0, 1, 2, 3, 2, 3]]
    scores = cluster_scores(theta, ["sport", "tax"] * 4, ["en"] * 4 + ["zh"] * 4)
    assert scores.nmi == pytest.approx(2 / 3)
    assert [of_language.nmi for of_language in scores.by_language.values()] == pytest.approx([1.0, 1.0])


def test_of_equal_proportions_the_first_topic_is_taken():
    theta = [[0.5, 0.5], [0.5, 0.5], [0.2, 0.8]]
    assert cluster_scores(theta, ["sport", "sport", "tax"]).nmi == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ([[1.0], [1.0]], ["sport"]),
            "labels must have one value for each of the 2 rows of theta. Got an array of shape (1,) instead.",
        ),
        (
            ([[1.0], [1.0]], ["sport", "tax"], ["en"]),
            "language must have one value for each of the 2 rows of theta. Got an array of shape (1,) instead.",
        ),
        (
            ([[1.0], [1.0]], ["sport", None]),
            "labels has no label in row 1. Leave such rows out.",
        ),
    ],
)
def test_wrong_input_is_named(arguments, message):
    with pytest.raises(InputError) as caught:
        cluster_scores(*arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("labels", "clusters", "message"),
    [
        (
            [],
            [],
            "labels must have one value for each of at least one document. "
            "Got an array of shape (0,) instead.",
        ),
        (
            [1, 2],
            [[0], [1]],
            "clusters must have one value for each of the 2 labels. Got an array of shape (2, 1) instead.",
        ),
        (
            [1, 2],
            [0, np.nan],
            "clusters has no label in row 1. Leave such rows out.",
        ),
    ],
)
def test_partitions_that_cannot_be_compared_are_refused(labels, clusters, message):
    with pytest.raises(InputError) as caught:
        purity_score(labels, clusters)
    assert str(caught.value) == message


def test_varieties_of_a_language_are_one_language_as_everywhere():
    theta, labels = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]], ["sport", "sport", "weather", "weather"]
    scores = cluster_scores(theta, labels, ["en-US", "cmn", "en-GB", "zh_TW"])
    assert scores == cluster_scores(theta, labels, ["en", "zh", "en", "zh"])
