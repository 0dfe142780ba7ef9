import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.exceptions import InputError
from skxtm.metrics import topic_quality, topic_uniqueness


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


def test_a_topic_with_too_few_words_is_named():
    with pytest.raises(InputError) as caught:
        topic_uniqueness([{"en": ["rain"]}])
    assert str(caught.value) == (
        "Topic 0 has 1 words in language 'en', but n_words=15. Give topics with more words, or lower n_words."
    )


def test_quality_is_the_product_and_never_negative():
    assert topic_quality(0.034, 0.818) == pytest.approx(0.027812)
    assert topic_quality(-0.013, 0.192) == 0.0
