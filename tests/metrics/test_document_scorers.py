"""Scorers of features of held-out documents."""

import pickle

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skxtm import CrossLingualTopicModel
from skxtm.corpus import Corpus
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError, InputTypeError
from skxtm.metrics import (
    ClusterScorer,
    RetrievalScorer,
    TransferScorer,
    cluster_scores,
    retrieval_score,
    transfer_scores,
)

N = 24
LABELS = np.tile(np.repeat(["sport", "tax", "weather"], N // 3), 2)


class NoisyFeatures(TransformerMixin, BaseEstimator):
    """Return the embeddings, with noise that belongs to the document."""

    def __init__(self, noise=0.0):
        self.noise = noise

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        noise = np.array([np.random.default_rng(seed).normal(size=3) for seed in X.id.astype(int)])
        return np.abs(X.embedding + self.noise * noise)


@pytest.fixture
def corpus():
    """Translations with features that tell the class, and a little of the document."""
    of_class = np.eye(3)[np.unique(LABELS[:N], return_inverse=True)[1]]
    features = of_class + 0.1 * np.random.default_rng(0).random((N, 3))
    return Corpus(
        ["en"] * N + ["zh"] * N,
        embedding=np.concatenate([features, features]),
        id=np.arange(2 * N),
        pair_id=np.tile(np.arange(N), 2),
    )


SCORERS = {
    "nmi": ClusterScorer(),
    "purity": ClusterScorer("purity"),
    "cross": TransferScorer(),
    "intra_f1": TransferScorer("f1_macro", "intra", KNeighborsClassifier(1)),
    "mrr": RetrievalScorer(),
    "first": RetrievalScorer(at=1),
}


def test_whitened_logarithms_find_more_translations_than_topics_do():
    drawn = make_multilingual_corpus(
        300,
        n_components=20,
        vocabulary_sizes=400,
        document_length=60,
        topic_concentration=0.3,
        random_state=0,
    )
    vocabulary = drawn.corpus.vocabularies["en"]
    half = np.random.default_rng(0).binomial(drawn.corpus.counts_of("en").toarray().astype(int), 0.5)
    other = (
        drawn.corpus.counts_of("en").toarray().astype(int) - half
    )  # of the same topics, in no word the same
    corpus = Corpus(["en"] * 300 + ["zh"] * 300, pair_id=np.tile(np.arange(300), 2)).with_counts(
        {"en": csr_array(half), "zh": csr_array(other)},
        {"en": vocabulary, "zh": [dict(drawn.lexicon)[word] for word in vocabulary]},
    )
    is_fitted = corpus.pair_id < 150
    model = CrossLingualTopicModel(20, lexicon=drawn.lexicon, random_state=0)
    finder = make_pipeline(model, FunctionTransformer(np.log), PCA(whiten=True)).fit(corpus[is_fitted])
    score = RetrievalScorer()
    by_topics = score(finder[0], corpus[~is_fitted])
    assert score(finder, corpus[~is_fitted]) > 1.3 * by_topics
    by_roots = make_pipeline(finder[0], FunctionTransformer(np.sqrt))
    assert by_topics < score(by_roots, corpus[~is_fitted]) < score(finder, corpus[~is_fitted])


def test_scorers_return_what_the_metrics_return(corpus):
    model = NoisyFeatures(0.5).fit(corpus)
    theta = model.transform(corpus)
    clusters = cluster_scores(theta, LABELS)
    retrieved = retrieval_score(theta, corpus.language, corpus.pair_id, at=[1])
    # rows of a class alternate, and each class has an even number of documents in a language
    half = np.arange(2 * N) % 2 == 0
    language = corpus.language
    parts = theta[half], LABELS[half], language[half], theta[~half], LABELS[~half], language[~half]
    accuracy = transfer_scores(*parts).accuracy
    f1_macro = transfer_scores(*parts, classifier=KNeighborsClassifier(1)).f1_macro
    assert {name: scorer(model, corpus, LABELS) for name, scorer in SCORERS.items()} == {
        "nmi": clusters.nmi,
        "purity": clusters.purity,
        "cross": (accuracy["en", "zh"] + accuracy["zh", "en"]) / 2,
        "intra_f1": (f1_macro["en", "en"] + f1_macro["zh", "zh"]) / 2,
        "mrr": (retrieved.reciprocal_rank["en", "zh"] + retrieved.reciprocal_rank["zh", "en"]) / 2,
        "first": (retrieved.precision["en", "zh"][1] + retrieved.precision["zh", "en"][1]) / 2,
    }


def test_a_search_with_translations_held_out_together_chooses_the_features_without_noise(corpus):
    search = GridSearchCV(
        NoisyFeatures(),
        {"noise": [3.0, 0.0]},
        scoring=SCORERS,
        refit="mrr",
        cv=GroupKFold(2, shuffle=True, random_state=0),
        error_score="raise",
    ).fit(corpus, LABELS, groups=corpus.pair_id)
    for name in SCORERS:
        noisy, exact = search.cv_results_[f"mean_test_{name}"]
        assert noisy < exact == pytest.approx(1.0)
    assert search.best_params_ == {"noise": 0.0}
    assert RetrievalScorer()(search, corpus) == 1.0


def test_scorers_survive_pickling(corpus):
    model = NoisyFeatures(0.5).fit(corpus)
    for scorer in SCORERS.values():
        assert pickle.loads(pickle.dumps(scorer))(model, corpus, LABELS) == scorer(model, corpus, LABELS)


def test_a_topic_model_in_a_pipeline_is_scored_on_held_out_documents():
    made = make_multilingual_corpus(40, n_components=2, vocabulary_sizes=30, random_state=0)
    search = GridSearchCV(
        make_pipeline(
            CrossLingualTopicModel(lexicon=made.lexicon, max_epochs=30, random_state=0), StandardScaler()
        ),
        {"crosslingualtopicmodel__n_components": [2]},
        scoring={"nmi": ClusterScorer(), "transfer": TransferScorer(classifier=LogisticRegression())},
        refit=False,
        cv=KFold(2, shuffle=True, random_state=0),
        error_score="raise",
    ).fit(made.corpus, made.labels)
    assert search.cv_results_["mean_test_nmi"] > 0.2
    assert search.cv_results_["mean_test_transfer"] > 0.6


def test_the_tested_half_is_never_trained_on_and_holds_every_class_with_two_documents(corpus):
    fitted, tested = [], []

    class Recorder(DummyClassifier):
        def fit(self, X, y):
            fitted.append((X[:, 0].tolist(), list(y)))
            return super().fit(X, y)

        def predict(self, X):
            tested.append(X[:, 0].tolist())
            return super().predict(X)

    class RowNumbers(NoisyFeatures):
        def transform(self, X):
            return X.id.astype(float)[:, None]

    TransferScorer(classifier=Recorder())(RowNumbers(), corpus, LABELS)
    (english, labels), (chinese, _) = fitted
    assert english == [float(row) for row in range(0, N, 2)]
    assert chinese == [float(row) for row in range(N, 2 * N, 2)]
    assert tested[0] == tested[1] == [float(row) for row in range(1, 2 * N, 2)]
    assert sorted(set(labels)) == ["sport", "tax", "weather"]


def test_halves_do_not_depend_on_how_languages_are_mixed(corpus):
    alternating = np.arange(2 * N).reshape(2, N).T.ravel()
    model = NoisyFeatures(0.5).fit(corpus)
    for name in ("cross", "intra_f1"):
        mixed = SCORERS[name](model, corpus[alternating], LABELS[alternating])
        assert mixed == pytest.approx(SCORERS[name](model, corpus, LABELS))


def corpus_of(language):
    return Corpus(language, embedding=np.ones((len(language), 3)), id=np.arange(len(language)))


@pytest.mark.parametrize(
    ("scorer", "language", "y", "message"),
    [
        (
            ClusterScorer("ari"),
            ["en"],
            [0],
            "The 'metric' parameter of ClusterScorer must be a str among {'nmi', 'purity'}. Got 'ari' instead.",
        ),
        (
            ClusterScorer(),
            ["en"],
            None,
            "ClusterScorer needs the labels of the documents; give them to fit of the search as y.",
        ),
        (
            TransferScorer("f1"),
            ["en"],
            [0],
            "The 'scoring' parameter of TransferScorer must be a str among {'accuracy', 'f1_macro'}. "
            "Got 'f1' instead.",
        ),
        (
            TransferScorer(transfer="both"),
            ["en"],
            [0],
            "The 'transfer' parameter of TransferScorer must be a str among {'cross', 'intra'}. "
            "Got 'both' instead.",
        ),
        (
            TransferScorer(),
            ["en", "en"],
            [0, 0],
            "Classification across languages needs documents of at least two. Got ['en']. "
            "transfer='intra' stays within each language. In cross-validation of rows sorted by language, shuffle "
            "them, or split by skxtm.model_selection.StratifiedLanguageKFold.",
        ),
        (
            TransferScorer(),
            ["en", "en", "zh", "zh"],
            [0, 0, 0, 1],
            "No class has two of the held-out documents in language 'zh': one to train on, and one to test. "
            "Hold out more documents.",
        ),
        (
            TransferScorer(),
            ["en", "zh"],
            [0],
            "y must have one value for each of the 2 rows of X. Got an array of shape (1,) instead.",
        ),
        (
            RetrievalScorer(),
            ["en", "zh"],
            None,
            "RetrievalScorer needs documents with pair ids; give the search a Corpus made with pair_id.",
        ),
    ],
)
def test_what_cannot_be_scored_is_named(scorer, language, y, message):
    with pytest.raises(InputError) as caught:
        scorer(NoisyFeatures(), corpus_of(language), y)
    assert str(caught.value) == message


@pytest.mark.parametrize("scorer", [SCORERS["nmi"], SCORERS["cross"], SCORERS["mrr"]])
def test_an_estimator_without_features_is_refused(scorer, corpus):
    with pytest.raises(InputTypeError) as caught:
        scorer(DummyClassifier(), corpus, LABELS)
    assert str(caught.value) == (
        f"{type(scorer).__name__} needs a fitted estimator with transform. Got DummyClassifier without one."
    )
