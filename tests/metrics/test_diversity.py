import math
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.exceptions import InputError
from skxtm.metrics import inverted_rbo, topic_diversity, topic_quality, topic_uniqueness


def uniqueness_by_loops(topics, language):
    total = 0.0
    for topic in topics:
        for word in topic[language]:
            total += 1 / sum(word in other[language] for other in topics)
    return total / (len(topics) * len(topics[0][language]))


words = st.lists(st.sampled_from("abcdef"), min_size=3, max_size=3, unique=True)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.fixed_dictionaries({"en": words, "zh": words}), min_size=1, max_size=5))
def test_uniqueness_equals_loops_over_topics(topics):
    by_language = [uniqueness_by_loops(topics, language) for language in ("en", "zh")]
    uniqueness = topic_uniqueness(topics, n_words=3)
    assert uniqueness == pytest.approx(sum(by_language) / 2)
    assert 1 / len(topics) - 1e-12 <= uniqueness <= 1 + 1e-12
    assert topic_uniqueness(topics, n_words=3, languages=["zh"]) == pytest.approx(by_language[1])


def test_topics_without_a_common_word_have_uniqueness_one():
    assert topic_uniqueness([{"en": ["rain"]}, {"en": ["goal"]}], n_words=1) == 1.0


def test_topics_with_the_same_words_have_uniqueness_one_over_their_number():
    assert topic_uniqueness([{"en": ["rain", "wind"]}] * 4, n_words=2) == 0.25


def test_a_word_of_two_languages_is_two_words():
    topics = [{"en": ["nba"], "zh": ["雨"]}, {"en": ["rain"], "zh": ["nba"]}]
    assert topic_uniqueness(topics, n_words=1) == 1.0


def test_a_word_repeated_within_a_topic_is_in_one_topic():
    assert topic_uniqueness([{"en": ["rain", "rain"]}, {"en": ["goal", "wind"]}], n_words=2) == 1.0


def test_words_beyond_the_first_do_not_count():
    assert topic_uniqueness([{"en": ["rain", "nba"]}, {"en": ["goal", "nba"]}], n_words=1) == 1.0


def test_topics_with_fewer_words_are_measured_by_those_they_have():
    topics = [{"en": ["rain", "wind", "fog"]}, {"en": ["goal", "rain"]}]
    said = (
        "1 of 2 topics (1) have fewer than n_words=3 words in some language, 2 the fewest, and are measured by the "
        "words they have."
    )
    with pytest.warns(UserWarning, match="fewer than n_words=3") as caught:
        assert topic_uniqueness(topics, n_words=3) == pytest.approx((0.5 + 1 + 1 + 1 + 0.5) / 5)
    assert [str(warning.message) for warning in caught] == [said]
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="measured by the words they have"):
        assert topic_diversity(topics, n_words=3) == pytest.approx(4 / 5)


def test_ranks_need_lists_of_one_length():
    with pytest.raises(InputError) as caught:
        inverted_rbo([{"en": ["rain"]}, {"en": ["goal", "rain"]}], n_words=2)
    assert str(caught.value) == (
        "Topic 0 has 1 words in language 'en', but n_words=2. Give topics with more words, or lower n_words."
    )


def test_a_topic_without_words_is_named():
    with pytest.raises(InputError) as caught:
        topic_uniqueness([{"en": []}])
    assert str(caught.value) == "Topic 0 has no words in language 'en'. Give topics with words."


def test_quality_is_the_product_and_never_negative():
    assert topic_quality(0.034, 0.818) == pytest.approx(0.027812)
    assert topic_quality(-0.013, 0.192) == 0.0
    assert math.isnan(topic_quality(math.nan, 0.5))


def overlap_by_definition(first, second, weight):
    """Sum the agreement of every depth, as if that of the last went on for a very long time."""
    n_words, total = len(first), 0.0
    for depth in range(1, 2000):
        agreement = len(set(first[:depth]) & set(second[:depth])) / min(depth, n_words)
        total += (1 - weight) * weight ** (depth - 1) * agreement
    return total


def share_by_loops(topics, language):
    seen = []
    for topic in topics:
        for word in topic[language]:
            if word not in seen:
                seen.append(word)
    return len(seen) / sum(len(topic[language]) for topic in topics)


rankings = st.lists(st.sampled_from("abcdef"), min_size=4, max_size=4, unique=True)
two_languages = st.fixed_dictionaries({"en": rankings, "zh": rankings})


@settings(max_examples=50, deadline=None)
@given(st.lists(two_languages, min_size=1, max_size=5))
def test_diversity_equals_loops_over_topics(topics):
    by_language = [share_by_loops(topics, language) for language in ("en", "zh")]
    diversity = topic_diversity(topics, n_words=4)
    assert diversity == pytest.approx(sum(by_language) / 2)
    assert 1 / len(topics) - 1e-12 <= diversity <= 1
    assert diversity == pytest.approx(topic_uniqueness(topics, n_words=4))
    assert topic_diversity(topics, n_words=4, languages=["zh"]) == pytest.approx(by_language[1])


@settings(max_examples=40, deadline=None)
@given(st.lists(two_languages, min_size=2, max_size=4), st.floats(0.05, 0.98))
def test_inverted_overlap_equals_the_endless_sum(topics, weight):
    by_language = []
    for language in ("en", "zh"):
        overlaps = [
            overlap_by_definition(first[language], second[language], weight)
            for first, second in combinations(topics, 2)
        ]
        by_language.append(1 - sum(overlaps) / len(overlaps))
    score = inverted_rbo(topics, n_words=4, weight=weight)
    assert score == pytest.approx(sum(by_language) / 2, abs=1e-9)
    assert -1e-12 <= score <= 1 + 1e-12
    alone = inverted_rbo(topics, n_words=4, weight=weight, languages=["zh"])
    assert alone == pytest.approx(by_language[1], abs=1e-9)


def test_topics_with_different_words_are_diverse_and_equal_ones_are_not():
    different = [{"en": ["rain", "wind"]}, {"en": ["goal", "match"]}]
    equal = [{"en": ["rain", "wind"]}] * 4
    assert topic_diversity(different, n_words=2) == inverted_rbo(different, n_words=2) == 1.0
    assert topic_diversity(equal, n_words=2) == 0.25
    assert inverted_rbo(equal, n_words=2) == pytest.approx(0.0, abs=1e-15)


def test_the_overlap_of_a_swap_of_the_first_two_words_is_their_weight():
    topics = [{"en": list("abcdefg")}, {"en": list("bacdefg")}]
    assert inverted_rbo(topics, n_words=7, weight=0.9) == pytest.approx(0.1)
    assert inverted_rbo(topics, n_words=7, weight=0.5) == pytest.approx(0.5)


def test_a_shared_word_costs_more_the_higher_it_is_ranked():
    high = [{"en": ["rain", "wind", "snow"]}, {"en": ["rain", "goal", "match"]}]
    low = [{"en": ["wind", "snow", "rain"]}, {"en": ["goal", "match", "rain"]}]
    assert inverted_rbo(high, n_words=3) < inverted_rbo(low, n_words=3) < 1
    assert topic_diversity(high, n_words=3) == topic_diversity(low, n_words=3) == 5 / 6


def test_a_word_repeated_within_a_topic_is_common_once():
    topics = [{"en": ["rain", "rain"]}, {"en": ["rain", "goal"]}]
    assert inverted_rbo(topics, n_words=2, weight=0.5) == pytest.approx(1 - (0.5 + 0.25 / 2 + 0.25 / 2))
    assert topic_diversity(topics, n_words=2) == 0.5


@pytest.mark.parametrize(
    ("topics", "weight", "message"),
    [
        (
            [{"en": ["rain"]}],
            0.9,
            "Rank-biased overlap compares topics; at least two are needed. Got 1.",
        ),
        (
            [{"en": ["rain"]}] * 2,
            1.0,
            "The 'weight' parameter of inverted_rbo must be a number between 0 and 1, both excluded. "
            "Got 1.0 instead.",
        ),
        (
            [{"en": ["rain"]}] * 2,
            "0.9",
            "The 'weight' parameter of inverted_rbo must be a number between 0 and 1, both excluded. "
            "Got '0.9' instead.",
        ),
    ],
)
def test_topics_that_cannot_be_compared_are_refused(topics, weight, message):
    with pytest.raises(InputError) as caught:
        inverted_rbo(topics, n_words=1, weight=weight)
    assert str(caught.value) == message


def test_a_metric_without_a_language_is_refused():
    with pytest.raises(InputError) as caught:
        topic_diversity([{}], n_words=1)
    assert str(caught.value) == (
        "There is no language to take words of; topics or 'languages' must name at least one."
    )
