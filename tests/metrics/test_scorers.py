import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skxtm.exceptions import InputError, InputTypeError
from skxtm.llm import ChatSession, ScriptedChat
from skxtm.metrics import (
    AlignedReference,
    CNPMIScorer,
    InvertedRBOScorer,
    LLMRatingScorer,
    NPMIScorer,
    TopicDiversityScorer,
    TopicQualityScorer,
    TopicUniquenessScorer,
    cnpmi_score,
    inverted_rbo,
    llm_alignment_score,
    npmi_score,
    topic_diversity,
    topic_uniqueness,
)

X = np.arange(12.0).reshape(6, 2)
REFERENCE = AlignedReference.from_texts(
    {"en": ["rain wind", "goal match", "rain goal"], "zh": ["雨 风", "进球 比赛", "雨"]}
)
ALIGNED = [{"en": ["rain", "wind"], "zh": ["雨", "风"]}, {"en": ["goal", "match"], "zh": ["进球", "比赛"]}]
REPEATED = [{"en": ["rain", "wind"], "zh": ["雨", "风"]}, {"en": ["rain", "wind"], "zh": ["雨", "风"]}]
MISALIGNED = [{"en": ["rain", "wind"], "zh": ["进球", "比赛"]}, {"en": ["goal", "match"], "zh": ["雨", "风"]}]
OVERLAPPING = [{"en": ["rain", "wind"], "zh": ["雨", "风"]}, {"en": ["goal", "rain"], "zh": ["进球", "雨"]}]
TOPICS = {"aligned": ALIGNED, "repeated": REPEATED, "misaligned": MISALIGNED, "overlapping": OVERLAPPING}


def make_model(kind):
    """Return a transformer with given topics; its class is local so that other processes get it by value."""
    topics_of = TOPICS

    class GivenTopics(TransformerMixin, BaseEstimator):
        def __init__(self, kind):
            self.kind = kind

        def fit(self, X, y=None):
            self.topics_ = topics_of[self.kind]
            return self

        def transform(self, X):
            return X

        def get_topics(self, n_words):
            return [{code: words[:n_words] for code, words in topic.items()} for topic in self.topics_]

    return GivenTopics(kind)


def rate_rain(request):
    """Rate the words of rain, alone or beside those of another language."""
    text = request.messages[-1][1]
    return str(1 + ('"rain"' in text) + ('"雨"' in text))


def scorers():
    return {
        "cnpmi": CNPMIScorer(REFERENCE, n_words=2),
        "published": CNPMIScorer(REFERENCE, n_words=2, counting="published"),
        "tu": TopicUniquenessScorer(n_words=2),
        "tq": TopicQualityScorer(REFERENCE, n_words=2),
        "npmi": NPMIScorer(REFERENCE, n_words=2),
        "diversity": TopicDiversityScorer(n_words=2),
        "irbo": InvertedRBOScorer(n_words=2, weight=0.5),
        "alignment": LLMRatingScorer(ScriptedChat(rate_rain), "alignment", n_words=2, n_runs=1),
        "coherence": LLMRatingScorer(ScriptedChat(rate_rain), n_words=2, n_runs=1, languages=["en"]),
    }


@pytest.mark.parametrize("kind", list(TOPICS))
def test_scorers_return_what_the_metrics_return(kind):
    model = make_model(kind).fit(X)
    cnpmi = cnpmi_score(TOPICS[kind], REFERENCE, n_words=2)
    uniqueness = topic_uniqueness(TOPICS[kind], n_words=2)
    assert {name: scorer(model, X) for name, scorer in scorers().items()} == {
        "cnpmi": cnpmi,
        "published": cnpmi_score(TOPICS[kind], REFERENCE, n_words=2, counting="published"),
        "tu": uniqueness,
        "tq": max(0.0, cnpmi) * uniqueness,
        "npmi": npmi_score(TOPICS[kind], REFERENCE, n_words=2),
        "diversity": topic_diversity(TOPICS[kind], n_words=2),
        "irbo": inverted_rbo(TOPICS[kind], n_words=2, weight=0.5),
        "alignment": llm_alignment_score(TOPICS[kind], ScriptedChat(rate_rain), n_words=2, n_runs=1).mean,
        "coherence": {"aligned": 1.5, "repeated": 2.0, "misaligned": 1.5, "overlapping": 2.0}[kind],
    }


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_grid_search_chooses_the_aligned_topics(n_jobs):
    search = GridSearchCV(
        make_model("repeated"),
        {"kind": ["repeated", "misaligned", "aligned"]},
        scoring=scorers(),
        refit="tq",
        cv=2,
        n_jobs=n_jobs,
        error_score="raise",
    ).fit(X)
    assert search.best_params_ == {"kind": "aligned"}
    expected = [topic_uniqueness(TOPICS[kind], n_words=2) for kind in ("repeated", "misaligned", "aligned")]
    np.testing.assert_array_equal(search.cv_results_["mean_test_tu"], expected)


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_single_scorer_serves_a_pipeline_in_a_grid_search(n_jobs):
    pipeline = make_pipeline(make_model("repeated"), StandardScaler())
    grid = {"giventopics__kind": ["misaligned", "aligned"]}
    scoring = CNPMIScorer(REFERENCE, n_words=2)
    search = GridSearchCV(pipeline, grid, scoring=scoring, cv=2, n_jobs=n_jobs, error_score="raise").fit(X)
    assert search.best_params_ == {"giventopics__kind": "aligned"}
    assert scoring(search, X) == search.best_score_


def test_the_last_step_with_topics_is_scored():
    pipeline = make_pipeline(make_model("misaligned"), make_model("aligned"), StandardScaler()).fit(X)
    expected = cnpmi_score(ALIGNED, REFERENCE, n_words=2)
    assert CNPMIScorer(REFERENCE, n_words=2)(pipeline, X) == expected


def test_frozen_and_nested_models_are_found():
    model = make_model("repeated").fit(X)
    nested = make_pipeline(make_pipeline(FrozenEstimator(model), StandardScaler()), StandardScaler()).fit(X)
    for estimator in (nested, FrozenEstimator(nested)):
        assert TopicUniquenessScorer(n_words=2)(estimator, X) == 0.5


def test_scorers_survive_pickling():
    model = make_model("aligned").fit(X)
    for scorer in scorers().values():
        assert pickle.loads(pickle.dumps(scorer))(model, X) == scorer(model, X)


def test_the_limits_of_a_session_hold_in_nested_searches():
    session = ChatSession(ScriptedChat(rate_rain), max_requests=1000)
    scoring = LLMRatingScorer(session, n_words=2, n_runs=1)
    search = GridSearchCV(
        make_model("repeated"), {"kind": ["aligned"]}, scoring=scoring, cv=2, error_score="raise"
    )
    assert cross_val_score(search, X, cv=2, error_score="raise").tolist() == [1.5, 1.5]
    # in both outer folds, two inner ones and the outer score; two topics in two languages
    assert session.usage.n_requests == 2 * 3 * 4


def test_languages_restrict_the_score():
    topics = [topic | {"ja": ["雨", "風"]} for topic in ALIGNED]
    model = make_model("aligned").fit(X)
    model.topics_ = topics
    expected = cnpmi_score(ALIGNED, REFERENCE, n_words=2)
    assert CNPMIScorer(REFERENCE, n_words=2, languages=["en", "zh"])(model, X) == expected
    assert TopicQualityScorer(REFERENCE, n_words=2, languages=["en", "zh"])(model, X) == expected
    assert TopicUniquenessScorer(n_words=2, languages=["ja"])(model, X) == 0.5
    english = npmi_score(topics, REFERENCE, n_words=2, languages=["en"])
    assert NPMIScorer(REFERENCE, 2, ["en"])(model, X) == english
    for scorer, metric in ((TopicDiversityScorer, topic_diversity), (InvertedRBOScorer, inverted_rbo)):
        japanese = scorer(n_words=2, languages=["ja"])(model, X)
        assert japanese == metric(topics, n_words=2, languages=["ja"])
        assert japanese != scorer(n_words=2)(model, X)
    with pytest.raises(InputError, match=r"but not \['ja'\]"):
        CNPMIScorer(REFERENCE, n_words=2)(model, X)


def test_topic_quality_counts_as_it_is_told():
    model = make_model("overlapping").fit(X)
    reference = AlignedReference.from_texts(
        {"en": ["rain wind", "goal goal match", "sun", "sun"], "zh": ["雨 风", "进球 比赛", "晴", "晴"]}
    )
    cnpmi = cnpmi_score(OVERLAPPING, reference, n_words=2, counting="published")
    assert 0 < cnpmi != cnpmi_score(OVERLAPPING, reference, n_words=2)
    scorer = TopicQualityScorer(reference, n_words=2, counting="published")
    assert scorer(model, X) == cnpmi * topic_uniqueness(OVERLAPPING, n_words=2)


@pytest.mark.parametrize("name", [name for name in scorers() if name != "published"])
def test_an_estimator_without_topics_is_refused(name):
    pipeline = make_pipeline(FunctionTransformer(), StandardScaler()).fit(X)
    with pytest.raises(InputTypeError) as caught:
        scorers()[name](pipeline, X)
    assert str(caught.value) == (
        f"{type(scorers()[name]).__name__} needs a fitted estimator with get_topics: itself, a step of a "
        f"Pipeline, or the best_estimator_ of a search. Got Pipeline without one."
    )


def test_an_unknown_rating_is_named():
    scorer = LLMRatingScorer(ScriptedChat(rate_rain), "similarity")
    with pytest.raises(InputError) as caught:
        scorer(make_model("aligned").fit(X), X)
    assert str(caught.value) == (
        "The 'rating' parameter of LLMRatingScorer must be a str among {'coherence', 'alignment'}. "
        "Got 'similarity' instead."
    )


def test_all_that_a_rating_takes_is_handed_on():
    seen = []

    def note(request):
        seen.append(request.messages)
        return "2"

    scorer = LLMRatingScorer(ScriptedChat(note), n_words=1, n_runs=3, domain="weather", languages=["zh"])
    assert scorer(make_model("aligned").fit(X), X) == 2.0
    assert len(seen) == 6
    assert all("weather" in system for (_, system), _ in seen)
    assert {user.split(": ")[1].split("\n")[0] for _, (_, user) in seen} == {'["雨"]', '["进球"]'}
