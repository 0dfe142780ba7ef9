import math
from collections import deque

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm import Corpus, CrossLingualTopicModel
from skxtm.exceptions import InputError, InputTypeError
from skxtm.metrics import (
    AlignedReference,
    CNPMIScorer,
    NPMIScorer,
    TopicQualityScorer,
    cnpmi_score,
    npmi_score,
)

# words that the reference lacks are drawn on purpose
pytestmark = pytest.mark.filterwarnings("ignore::skxtm.exceptions.AbsentWordsWarning")


def npmi_of_shares(p_first, p_second, p_both):
    if p_both == 1:
        return 1.0
    return math.log(p_both / (p_first * p_second)) / -math.log(p_both)


def npmi_by_documents(first_word, second_word, first_texts, second_texts):
    """Go through the documents one by one, counting documents for everything."""
    in_first = in_second = in_both = 0
    for first_text, second_text in zip(first_texts, second_texts, strict=True):
        in_first += first_word in first_text
        in_second += second_word in second_text
        in_both += first_word in first_text and second_word in second_text
    if in_both == 0:
        return 0.0
    n = len(first_texts)
    return npmi_of_shares(in_first / n, in_second / n, in_both / n)


def cnpmi_by_documents(topics, texts, pairs):
    scores = []
    for topic in topics:
        for first, second in pairs:
            for first_word in topic[first]:
                for second_word in topic[second]:
                    scores.append(npmi_by_documents(first_word, second_word, texts[first], texts[second]))
    return sum(scores) / len(scores)


def cnpmi_as_published(topics, texts, first, second):
    """Count as the published script does: tokens in one dictionary, the second language written last."""
    tokens = {}
    for language in (first, second):
        for word in {word for topic in topics for word in topic[language]}:
            tokens[word] = sum(text.count(word) for text in texts[language])
    n = len(texts[first])
    scores = []
    for topic in topics:
        for first_word in topic[first]:
            for second_word in topic[second]:
                both = sum(
                    first_word in first_text and second_word in second_text
                    for first_text, second_text in zip(texts[first], texts[second], strict=True)
                )
                if both == 0 or tokens[first_word] == 0 or tokens[second_word] == 0:
                    scores.append(0.0)
                else:
                    scores.append(npmi_of_shares(tokens[first_word] / n, tokens[second_word] / n, both / n))
    return sum(scores) / len(scores)


# "nba" is a word of both languages, "unknown" of no text
WORDS = {"en": ["rain", "wind", "goal", "nba"], "zh": ["雨", "风", "进球", "nba"], "ja": ["雨", "風", "nba"]}


@st.composite
def corpora(draw, languages):
    n_documents = draw(st.integers(1, 8))
    texts, topics = {}, [{} for _ in range(draw(st.integers(1, 3)))]
    for language in languages:
        text = st.lists(st.sampled_from(WORDS[language]), max_size=6)
        texts[language] = draw(st.lists(text, min_size=n_documents, max_size=n_documents).filter(any))
        for topic in topics:
            known = st.sampled_from([*WORDS[language], "unknown"])
            topic[language] = draw(st.lists(known, min_size=3, max_size=3, unique=True))
    return texts, topics


@settings(max_examples=60, deadline=None)
@given(corpora(["en", "zh"]))
def test_document_counting_equals_loops_over_documents(drawn):
    texts, topics = drawn
    score = cnpmi_score(topics, AlignedReference.from_texts(texts), n_words=3)
    assert score == pytest.approx(cnpmi_by_documents(topics, texts, [("en", "zh")]), abs=1e-12)
    assert -1 - 1e-12 <= score <= 1 + 1e-12


@settings(max_examples=60, deadline=None)
@given(corpora(["en", "zh"]))
def test_published_counting_equals_the_published_steps(drawn):
    texts, topics = drawn
    score = cnpmi_score(topics, AlignedReference.from_texts(texts), n_words=3, counting="published")
    assert score == pytest.approx(cnpmi_as_published(topics, texts, "en", "zh"), abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(corpora(["en", "zh", "ja"]))
def test_three_languages_give_the_mean_over_their_three_pairs(drawn):
    texts, topics = drawn
    reference = AlignedReference.from_texts(texts)
    pairs = [("en", "zh"), ("en", "ja"), ("zh", "ja")]
    expected = cnpmi_by_documents(topics, texts, pairs)
    assert cnpmi_score(topics, reference, n_words=3) == pytest.approx(expected, abs=1e-12)
    two = cnpmi_score(topics, reference, n_words=3, languages=["ja", "en"])
    assert two == pytest.approx(cnpmi_by_documents(topics, texts, [("ja", "en")]), abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(corpora(["en", "zh"]))
def test_the_score_is_the_mean_of_the_scores_of_topics(drawn):
    texts, topics = drawn
    reference = AlignedReference.from_texts(texts)
    of_topics = cnpmi_score(topics, reference, n_words=3, per_topic=True)
    alone = [cnpmi_score([topic], reference, n_words=3) for topic in topics]
    np.testing.assert_allclose(of_topics, alone, atol=1e-15)
    assert cnpmi_score(topics, reference, n_words=3) == pytest.approx(np.mean(alone))


def score_of(english, chinese, counting="documents"):
    """Return the npmi of 'rain' and '雨' in texts given as strings."""
    reference = AlignedReference.from_texts({"en": english, "zh": chinese})
    return cnpmi_score([{"en": ["rain"], "zh": ["雨"]}], reference, n_words=1, counting=counting)


def test_words_of_the_same_documents_score_one_at_any_share():
    for n_with in range(1, 5):
        english = ["rain"] * n_with + ["goal"] * (4 - n_with)
        chinese = ["雨"] * n_with + ["进球"] * (4 - n_with)
        assert score_of(english, chinese) == pytest.approx(1.0)


@pytest.mark.parametrize("counting", ["documents", "published"])
def test_a_pair_found_together_in_every_document_scores_one(counting):
    assert score_of(["rain rain", "rain"], ["雨", "雨 雨"], counting) == 1.0


def test_a_word_of_every_document_is_independent_of_the_others():
    assert score_of(["rain", "rain", "rain"], ["雨", "", ""]) == pytest.approx(0.0)


def test_a_pair_that_never_occurs_together_scores_zero():
    assert score_of(["rain", ""], ["", "雨"]) == 0.0


def test_independent_words_score_about_zero():
    drawn = np.random.default_rng(0).random((2, 20_000)) < 0.3
    english = ["rain" if holds else "" for holds in drawn[0]]
    chinese = ["雨" if holds else "" for holds in drawn[1]]
    assert abs(score_of(english, chinese)) < 0.01


def test_published_counting_falls_with_repeated_tokens_and_document_counting_does_not():
    once, repeated = ["rain", "", "", ""], ["rain rain rain", "", "", ""]
    chinese = ["雨", "", "", ""]
    assert score_of(once, chinese, "published") == score_of(once, chinese) == 1.0
    assert score_of(repeated, chinese) == 1.0
    assert score_of(repeated, chinese, "published") == pytest.approx(1 - math.log(3) / math.log(4))


def test_only_the_first_words_of_a_topic_count():
    reference = AlignedReference.from_texts({"en": ["rain", "goal"], "zh": ["雨", "进球"]})
    topic = {"en": ["rain", "goal"], "zh": ["雨", "进球"]}
    assert cnpmi_score([topic], reference, n_words=1) == 1.0
    assert cnpmi_score([topic], reference, n_words=2) == 0.5


@pytest.fixture
def reference():
    return AlignedReference.from_texts({"en": ["rain", "goal"], "zh": ["雨", "进球"]})


TOPIC = {"en": ["rain", "goal"], "zh": ["雨", "进球"]}


@pytest.mark.parametrize(
    ("topics", "options", "message"),
    [
        (
            [TOPIC],
            {"counting": "tokens"},
            "The 'counting' parameter of cnpmi_score must be a str among {'documents', 'published'}. "
            "Got 'tokens' instead.",
        ),
        (
            [TOPIC, {"en": ["rain", "goal"], "zh": []}],
            {},
            "Topic 1 has no words in language 'zh'. Give topics with words.",
        ),
        (
            [TOPIC, {"en": ["rain", "goal"]}],
            {},
            "Topic 1 has no words in language 'zh', only in ['en'].",
        ),
        (
            [TOPIC | {"ja": ["雨", "風"]}],
            {},
            "The reference has the languages ['en', 'zh'], but not ['ja']. "
            "Give a reference that has them, or name the languages to compare in 'languages'.",
        ),
        ([TOPIC], {"languages": ["en"]}, "CNPMI compares at least two languages. Got ['en']."),
        ([], {}, "topics is empty; at least one topic is needed."),
        ([TOPIC], {"n_words": 0}, "The 'n_words' parameter must be an integer in [1, inf). Got 0 instead."),
        (
            [TOPIC],
            {"n_words": 1.5},
            "The 'n_words' parameter must be an integer in [1, inf). Got 1.5 instead.",
        ),
    ],
)
def test_wrong_input_is_named(reference, topics, options, message):
    with pytest.raises(InputError) as caught:
        cnpmi_score(topics, reference, **({"n_words": 2} | options))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("topics", "message"),
    [
        (
            TOPIC,
            "topics must hold one mapping from language to words per topic, as get_topics returns. "
            "Topic 0 is of type str.",
        ),
        (
            CrossLingualTopicModel(3),
            "topics must hold one mapping from language to words per topic, as get_topics returns. Got "
            "CrossLingualTopicModel: give its get_topics().",
        ),
        (
            [{"en": "rain goal", "zh": "雨 进球"}],
            "The words of topic 0 in language 'en' are one str; give a list of words.",
        ),
        *(
            (
                [{"en": words, "zh": ["雨", "进球"]}],
                f"The words of topic 0 in language 'en' are of type {type(words).__name__}; give a list of words, "
                "best first.",
            )
            for words in ({"rain": 0.5, "goal": 0.4}, {"rain", "goal"}, None, iter(["rain", "goal"]))
        ),
    ],
)
def test_topics_of_another_form_are_refused(reference, topics, message):
    with pytest.raises(InputTypeError) as caught:
        cnpmi_score(topics, reference, n_words=2)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "given",
    [Corpus(["en", "zh"], text=["rain", "雨"]), {"en": ["rain"], "zh": ["雨"]}],
    ids=["corpus", "texts"],
)
@pytest.mark.parametrize(
    "use",
    [
        lambda given: cnpmi_score([TOPIC], given, n_words=2),
        lambda given: npmi_score([TOPIC], given, n_words=2),
        CNPMIScorer,
        NPMIScorer,
        TopicQualityScorer,
    ],
    ids=["cnpmi_score", "npmi_score", "CNPMIScorer", "NPMIScorer", "TopicQualityScorer"],
)
def test_documents_in_the_place_of_a_reference_are_refused_at_once_with_what_makes_one(use, given):
    with pytest.raises(InputTypeError) as caught:
        use(given)
    assert str(caught.value) == (
        "reference must be an AlignedReference: AlignedReference.from_corpus makes one of a Corpus, from_texts "
        f"of texts by language. Got {type(given).__name__}."
    )


@pytest.mark.parametrize("kind", [tuple, np.array, pd.Series, deque])
def test_words_of_a_topic_may_be_any_sequence(reference, kind):
    topics = [{code: kind(words) for code, words in TOPIC.items()}]
    assert cnpmi_score(topics, reference, n_words=1) == cnpmi_score([TOPIC], reference, n_words=1)


def test_published_counting_needs_token_counts():
    reference = AlignedReference({"en": np.eye(2), "zh": np.eye(2)}, TOPIC)
    assert cnpmi_score([TOPIC], reference, n_words=2) == 0.5
    with pytest.raises(InputError, match="This reference holds no token counts"):
        cnpmi_score([TOPIC], reference, n_words=2, counting="published")


@pytest.mark.parametrize("counting", ["documents", "published"])
@pytest.mark.filterwarnings("ignore:.* measured by the words they have:UserWarning")
@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                code: st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True)
                for code in ("en", "zh")
            }
        ),
        min_size=1,
        max_size=3,
    ),
    st.lists(st.tuples(*[st.lists(st.sampled_from("abcd"), max_size=4)] * 2), min_size=2, max_size=6),
)
def test_topics_with_fewer_words_than_asked_for_weigh_the_same_as_others(counting, topics, documents):
    documents = [*documents, (["d"], ["d"])]  # a reference must have words
    texts = {code: [document[place] for document in documents] for place, code in enumerate(("en", "zh"))}
    reference = AlignedReference.from_texts(
        {code: [" ".join(text) for text in texts[code]] for code in texts}
    )

    if counting == "documents":
        expected = [cnpmi_by_documents([topic], texts, [("en", "zh")]) for topic in topics]
    else:
        topics = topics[:1]  # of several topics, those spelled alike share their counts in the script
        expected = [cnpmi_as_published(topics, texts, "en", "zh")]
    options = {"n_words": 4, "counting": counting, "languages": ["en", "zh"], "per_topic": True}
    scores = cnpmi_score(topics, reference, **options)
    np.testing.assert_allclose(scores, expected, rtol=1e-12, atol=1e-12)
