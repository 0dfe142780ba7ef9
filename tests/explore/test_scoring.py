"""The scorer of fine topics finds the topic model wherever it stands, and judges it by what it was given there."""

import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skxtm import CrossLingualTopicModel, CrossLingualVectorizer
from skxtm.datasets import load_sample, load_sample_lexicon
from skxtm.exceptions import InputTypeError
from skxtm.explore import FineTopicsScorer
from skxtm.model_selection import StratifiedLanguageKFold

LANGUAGES = ["en", "zh"]


@pytest.fixture(scope="module")
def corpus():
    return load_sample("train", languages=LANGUAGES).corpus


@pytest.fixture(scope="module")
def pipeline():
    model = CrossLingualTopicModel(2, lexicon=load_sample_lexicon("zh", "en"), random_state=0)
    return make_pipeline(CrossLingualVectorizer(), model)


def test_a_model_in_a_pipeline_is_judged_by_what_the_steps_before_it_make(corpus, pipeline):
    fitted, scorer = clone(pipeline).fit(corpus), FineTopicsScorer()
    vectorizer, model = fitted
    expected = scorer(model, vectorizer.transform(corpus))
    assert scorer(fitted, corpus) == expected
    assert scorer(make_pipeline(fitted, FunctionTransformer()), corpus) == expected
    assert scorer(make_pipeline(model), vectorizer.transform(corpus)) == expected
    outer = make_pipeline(FunctionTransformer(), make_pipeline(vectorizer, make_pipeline(model)))
    assert scorer(outer, corpus) == expected
    assert scorer(make_pipeline(vectorizer, FrozenEstimator(model), SVC()), corpus) == expected
    assert scorer(FrozenEstimator(fitted), corpus) == expected


@pytest.mark.slow
def test_a_search_over_a_pipeline_is_scored_and_so_is_its_best(corpus, pipeline):
    search = GridSearchCV(
        pipeline,
        {"crosslingualtopicmodel__n_components": [2, 3]},
        scoring=FineTopicsScorer(),
        cv=StratifiedLanguageKFold(2),
        error_score="raise",
    ).fit(corpus)
    best = search.best_estimator_
    assert FineTopicsScorer()(search, corpus) == FineTopicsScorer()(best, corpus)


def test_a_pipeline_without_a_topic_model_is_refused(corpus):
    with pytest.raises(InputTypeError, match="Got Pipeline"):
        FineTopicsScorer()(make_pipeline(FunctionTransformer()), corpus)
