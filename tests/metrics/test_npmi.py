"""Coherence within a language, against loops over documents."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.exceptions import InputError
from skxtm.metrics import AlignedReference, cnpmi_score, npmi_score

WORDS = {"en": ["rain", "wind", "goal", "nba"], "zh": ["雨", "风", "进球", "nba"]}

# words that the reference lacks are drawn on purpose
pytestmark = pytest.mark.filterwarnings("ignore::skxtm.exceptions.AbsentWordsWarning")


def npmi_by_documents(first, second, texts):
    """Go through the documents one by one."""
    n_first = n_second = n_both = 0
    for text in texts:
        n_first += first in text
        n_second += second in text
        n_both += first in text and second in text
    if n_both == 0:
        return 0.0
    if n_both == len(texts):
        return 1.0
    n = len(texts)
    return math.log(n_both * n / (n_first * n_second)) / -math.log(n_both / n)


def mean_over_pairs(words, texts):
    scores = [npmi_by_documents(first, second, texts) for first, second in combinations(words, 2)]
    return sum(scores) / len(scores)


@st.composite
def corpora(draw):
    n_documents = draw(st.integers(1, 8))
    texts, topics = {}, [{} for _ in range(draw(st.integers(1, 3)))]
    for language, words in WORDS.items():
        text = st.lists(st.sampled_from(words), max_size=6)
        texts[language] = draw(st.lists(text, min_size=n_documents, max_size=n_documents).filter(any))
        for topic in topics:
            known = st.sampled_from([*words, "unknown"])
            topic[language] = draw(st.lists(known, min_size=3, max_size=3, unique=True))
    return texts, topics


@settings(max_examples=60, deadline=None)
@given(corpora())
def test_the_score_equals_loops_over_documents(drawn):
    texts, topics = drawn
    reference = AlignedReference.from_texts(texts)
    expected = {
        language: [mean_over_pairs(topic[language], texts[language]) for topic in topics]
        for language in texts
    }
    by_topic = npmi_score(topics, reference, n_words=3, per_topic=True)
    np.testing.assert_allclose(by_topic, np.mean(list(expected.values()), axis=0), atol=1e-12)
    assert npmi_score(topics, reference, n_words=3) == pytest.approx(by_topic.mean(), abs=1e-12)
    for language, of_language in expected.items():
        alone = npmi_score(topics, reference, n_words=3, languages=[language])
        assert alone == pytest.approx(np.mean(of_language), abs=1e-12)
        assert -1 - 1e-12 <= alone <= 1 + 1e-12


REFERENCE = AlignedReference.from_texts(
    {"en": ["rain wind snow", "goal match", "rain wind snow"], "zh": ["雨", "进球", "雨"]}
)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["rain", "wind", "snow"], 1.0),
        (["rain", "goal"], 0.0),
        (["rain", "hail"], 0.0),
        (["rain", "wind", "goal"], 1 / 3),
    ],
)
def test_words_of_the_same_documents_score_one_and_words_never_met_zero(words, expected):
    assert npmi_score([{"en": words}], REFERENCE, n_words=len(words)) == pytest.approx(expected)


def test_independent_words_score_about_zero_and_words_that_avoid_each_other_less():
    rain, wind, rarely = np.random.default_rng(0).random((3, 20_000)) < np.array([[0.3], [0.3], [0.01]])
    columns = {"rain": rain, "wind": wind, "sun": ~rain | rarely}
    reference = AlignedReference(
        {"en": np.column_stack(list(columns.values())), "zh": np.ones((20_000, 1))},
        {"en": list(columns), "zh": ["雨"]},
    )
    assert abs(npmi_score([{"en": ["rain", "wind"]}], reference, n_words=2)) < 0.01
    assert npmi_score([{"en": ["rain", "sun"]}], reference, n_words=2) < -0.5


def test_a_text_that_is_its_own_translation_has_the_coherence_of_its_pairs_across():
    texts = [["rain", "wind"], ["rain"], ["wind", "goal"], ["goal", "rain"]]
    reference = AlignedReference.from_texts({"en": texts, "zh": texts})
    topic = ["rain", "wind", "goal"]
    across = cnpmi_score([{"en": topic, "zh": topic}], reference, n_words=3)
    within = npmi_score([{"en": topic}], reference, n_words=3)
    assert across == pytest.approx((3 * 1 + 6 * within) / 9)


def test_a_repeated_word_is_not_paired_with_itself():
    repeated = npmi_score([{"en": ["rain", "rain", "goal"]}], REFERENCE, n_words=3)
    assert repeated == npmi_score([{"en": ["rain", "goal"]}], REFERENCE, n_words=2) == 0.0


@pytest.mark.parametrize(("match", "n_pairs"), [("normal", 3), ("literal", 6)])
def test_spellings_that_the_reference_takes_for_one_word_are_no_pair(match, n_pairs):
    reference = AlignedReference.from_texts({"ja": ["インチ 雨", "雨 風", "ｲﾝﾁ 風", "球"]}, match=match)
    united = {"normal": ["インチ", "雨", "風"], "literal": ["インチ", "ｲﾝﾁ", "雨", "風"]}[match]
    texts = [["インチ", "雨"], ["雨", "風"], ["インチ" if match == "normal" else "ｲﾝﾁ", "風"], ["球"]]
    scored = npmi_score([{"ja": ["インチ", "ｲﾝﾁ", "雨", "風"]}], reference, n_words=4)
    assert len(list(combinations(united, 2))) == n_pairs
    assert scored == pytest.approx(mean_over_pairs(united, texts))


@pytest.mark.parametrize(
    ("topics", "options", "message"),
    [
        (
            [{"en": ["rain", "wind"]}],
            {"n_words": 1},
            "NPMI pairs different words, but the top words of topic 0 in language 'en' are ['rain']. "
            "Give topics with at least two, and n_words of at least 2.",
        ),
        (
            [{"en": ["rain", "wind"], "ja": ["雨", "風"]}],
            {},
            "The reference has the languages ['en', 'zh'], but not ['ja']. "
            "Give a reference that has them, or name the languages to compare in 'languages'.",
        ),
        (
            [{"en": ["rain", "wind"]}],
            {"languages": []},
            "There is no language to take words of; topics or 'languages' must name at least one.",
        ),
    ],
)
def test_wrong_input_is_named(topics, options, message):
    with pytest.raises(InputError) as caught:
        npmi_score(topics, REFERENCE, **({"n_words": 2} | options))
    assert str(caught.value) == message
