"""Languages and words of the topics given to metrics: any code of a language, words without weights."""

import numpy as np
import pytest

from skxtm.exceptions import InputError, InputTypeError
from skxtm.llm import ScriptedChat
from skxtm.metrics import (
    AlignedReference,
    NPMIScorer,
    cnpmi_score,
    document_fit_questions,
    inverted_rbo,
    llm_alignment_score,
    llm_coherence_score,
    npmi_score,
    redundancy_questions,
    topic_diversity,
    topic_uniqueness,
    word_intrusion_questions,
)
from skxtm.refinement import distinctive_names

REFERENCE = AlignedReference.from_texts(
    {"en": ["rain wind", "goal match", "rain"], "zh": ["雨 风", "进球 比赛", "雨"]}
)
TOPICS = [{"en": ["rain", "wind"], "zh": ["雨", "风"]}, {"en": ["goal", "rain"], "zh": ["比赛", "进球"]}]
VARIETIES = [
    {"en-US": ["rain", "wind"], "zh-CN": ["雨", "风"]},
    {"eng": ["goal", "rain"], "cmn": ["比赛", "进球"]},
]


def rater():
    return ScriptedChat(lambda request: "3" if "rain" in request.messages[-1][1] else "1")


METRICS = {
    "cnpmi_score": lambda topics, **how: cnpmi_score(topics, REFERENCE, n_words=2, **how),
    "npmi_score": lambda topics, **how: npmi_score(topics, REFERENCE, n_words=2, **how),
    "topic_uniqueness": lambda topics, **how: topic_uniqueness(topics, n_words=2, **how),
    "topic_diversity": lambda topics, **how: topic_diversity(topics, n_words=2, **how),
    "inverted_rbo": lambda topics, **how: inverted_rbo(topics, n_words=2, **how),
    "llm_coherence_score": lambda topics, **how: llm_coherence_score(
        topics, rater(), n_words=2, **how
    ).by_topic.tolist(),
    "llm_alignment_score": lambda topics, **how: llm_alignment_score(
        topics, rater(), n_words=2, **how
    ).by_topic.tolist(),
    "word_intrusion_questions": lambda topics, **how: word_intrusion_questions(
        topics, n_words=2, n_shown=2, **how
    ),
    "redundancy_questions": lambda topics, **how: redundancy_questions(topics, n_words=2, **how),
    "document_fit_questions": lambda topics, **how: document_fit_questions(
        topics, [("rain", "en-GB"), ("雨", "zh")], theta=np.eye(2), n_words=2, **how
    ),
}
pytestmark = pytest.mark.filterwarnings("ignore:Nothing is asked about")


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_topics_and_languages_may_be_named_by_any_code(metric):
    for languages in (["en", "zh"], np.array(["en-US", "zh-TW"]), ["eng", "cmn"]):
        assert metric(VARIETIES, languages=languages) == metric(TOPICS, languages=["en", "zh"])


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_language_that_a_topic_has_twice_is_refused(metric):
    twice = [TOPICS[0], TOPICS[1] | {"en-US": ["goal", "rain"]}]
    with pytest.raises(InputError) as caught:
        metric(twice)
    assert str(caught.value) == "Topic 1 names the language 'en' twice, the second time as 'en-US'."


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_languages_that_are_one_str_are_refused(metric):
    with pytest.raises(InputTypeError) as caught:
        metric(TOPICS, languages="en")
    assert str(caught.value) == "languages is one str; give a list of codes, such as ['en']."


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_words_with_weights_are_refused(metric):
    weighted = [TOPICS[0], TOPICS[1] | {"en": [("goal", 0.2), ("rain", 0.1)]}]
    with pytest.raises(InputTypeError) as caught:
        metric(weighted)
    assert str(caught.value) == (
        "The words of topic 1 in language 'en' hold ('goal', 0.2), which is no str. Give words only, without "
        "their weights."
    )


def test_scorers_and_names_take_any_code():
    class Model:
        def get_topics(self, n_words):
            return TOPICS

    scorers = [NPMIScorer(REFERENCE, n_words=2, languages=languages) for languages in (["en"], ["en-US"])]
    assert scorers[0](Model()) == scorers[1](Model())
    assert distinctive_names(TOPICS, language="cmn") == distinctive_names(TOPICS, language="zh")
