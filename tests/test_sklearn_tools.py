"""Every accepted form of X through the tools of scikit-learn, on a corpus small enough to run them all.

What a tool makes of a form is compared with what the same rows of a plain `Corpus` give, so that a tool which
reads X wrongly is noticed even where nothing fails.
"""

import copy
import pickle
import re
from functools import cache
from itertools import product

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier, StackingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import FeatureUnion, Pipeline

from skxtm import Corpus, CrossLingualTopicModel, CrossLingualVectorizer, as_corpus
from skxtm.datasets import make_multilingual_corpus

N_DOCUMENTS = 24
ROWS = np.arange(N_DOCUMENTS)
LABELS = ROWS // 2 % 2  # independent of the language, which alternates
PAIR_IDS = ROWS // 2

FORMS = [
    "Corpus of texts",
    "Corpus of counts",
    "Corpus with embeddings",
    "pandas",
    "pandas with embeddings",
    "polars",
    "list of tuples",
    "list of mappings",
    "object array",
    "dense matrix",
    "CSR matrix",
]

#: What scikit-learn itself cannot do, with the start of its message.
IMPOSSIBLE = {
    # numpy.asarray makes one dimension of it
    ("list of mappings", "bagging"): "Expected 2D array, got 1D array instead",
    ("list of mappings", "permutation_importance"): "Expected 2D array, got 1D array instead",
    # takes no sparse matrix
    (
        "CSR matrix",
        "permutation_importance",
    ): "The 'X' parameter of permutation_importance must be an array-like",
}


@cache
def generated():
    """Documents whose languages alternate, and their lexicon."""
    made = make_multilingual_corpus(N_DOCUMENTS // 2, n_components=3, vocabulary_sizes=12, random_state=0)
    return made.corpus[ROWS.reshape(2, -1).T.ravel()], made.lexicon


@cache
def documents():
    """The same documents in every form."""
    corpus, _ = generated()
    words = np.concatenate(list(corpus.vocabularies.values()))
    texts = [" ".join(np.repeat(words, row)) for row in corpus.counts.toarray()]
    columns = {"text": texts, "language": corpus.language.tolist()}
    vectors = np.random.default_rng(0).normal(size=(N_DOCUMENTS, 3)).astype(np.float32)
    pairs = list(zip(*columns.values(), strict=True))
    return {
        "Corpus of texts": Corpus(**columns),
        "Corpus of counts": corpus,
        "Corpus with embeddings": Corpus(**columns, embedding=vectors),
        "pandas": pd.DataFrame(columns),
        "pandas with embeddings": pd.DataFrame({**columns, "embedding": list(vectors)}),
        "polars": pl.DataFrame(columns),
        "list of tuples": pairs,
        "list of mappings": [{"text": text, "language": language} for text, language in pairs],
        "object array": np.array(pairs, dtype=object),
        "dense matrix": corpus.counts.toarray(),
        "CSR matrix": corpus.counts,
    }


def plain_form(form):
    """The form whose answers this one must give."""
    if form.endswith("matrix"):
        return "dense matrix"
    return form if form == "Corpus of counts" else "Corpus of texts"


def make_model(form, n_components=3):
    return CrossLingualTopicModel(
        n_components,
        max_epochs=1,
        lexicon=None if form.endswith("matrix") else generated()[1],  # a matrix has one language
        vectorizer=CrossLingualVectorizer(min_df=1, max_df=1.0, stop_words=None, tokenizer="whitespace"),
        random_state=0,
    )


def make_classifier(form, memory=None):
    return Pipeline([("model", make_model(form)), ("classifier", LogisticRegression())], memory=memory)


@cache
def plain_answers(plain, train, test):
    """Probabilities for some documents from a classifier trained on some rows of a `Corpus`.

    For those and no others: on some processors the last bits of the classifier's product depend on how many.
    """
    corpus, rows = as_corpus(documents()[plain]), list(train)
    return make_classifier(plain).fit(corpus[rows], LABELS[rows]).predict_proba(corpus[list(test)])


def expected_answers(form, folds):
    result = np.empty_like(plain_answers(plain_form(form), tuple(ROWS), tuple(ROWS)))
    for train, test in folds:
        result[test] = plain_answers(plain_form(form), tuple(train), tuple(test))
    return result


@cache
def expected_proportions(plain, n_components):
    return make_model(plain, n_components).fit_transform(as_corpus(documents()[plain]))


def check_memory(form, X, tmp_path):
    memory = joblib.Memory(tmp_path, verbose=0)
    classifier = make_classifier(form, memory).fit(X, LABELS)
    np.testing.assert_array_equal(
        classifier.predict_proba(X), plain_answers(plain_form(form), tuple(ROWS), tuple(ROWS))
    )
    make_classifier(form, memory).fit(pickle.loads(pickle.dumps(X)), LABELS)
    assert len(memory.store_backend.get_items()) == 1


def check_splitter(splitter, groups=None):
    def check(form, X, tmp_path):
        folds = list(splitter.split(ROWS, LABELS, groups))
        answers = expected_answers(form, folds)
        scores = cross_val_score(
            make_classifier(form), X, LABELS, groups=groups, cv=splitter, scoring="neg_log_loss"
        )
        expected = [np.log(answers[test, LABELS[test]]).mean() for _, test in folds]
        np.testing.assert_allclose(scores, expected, rtol=1e-5)

    return check


def check_train_test_split(form, X, tmp_path):
    parts = train_test_split(X, LABELS, ROWS, train_size=0.5, stratify=ROWS % 2, random_state=0)
    X_train, X_test, y_train, _, train, test = parts
    answers = make_classifier(form).fit(X_train, y_train).predict_proba(X_test)
    np.testing.assert_array_equal(answers, expected_answers(form, [(train, test)])[test])


def check_cross_val_predict(form, X, tmp_path):
    answers = cross_val_predict(make_classifier(form), X, LABELS, cv=KFold(2), method="predict_proba")
    np.testing.assert_array_equal(answers, expected_answers(form, KFold(2).split(ROWS)))


def widths(classifier, X, y):
    """Score a candidate by how wide its model is."""
    model = classifier[0]
    return {"transform": model.transform(X).shape[1], "components": len(model.components_)}


def check_grid_search(form, X, tmp_path):
    grid = {"model__n_components": [2, 5]}
    search = GridSearchCV(
        make_classifier(form), grid, cv=KFold(2), n_jobs=2, scoring=widths, refit="transform"
    )
    search.fit(X, LABELS)
    for fold in range(2):
        for what in ("transform", "components"):
            assert search.cv_results_[f"split{fold}_test_{what}"].tolist() == [2, 5]
    assert search.best_estimator_[0].components_.shape[0] == 5
    assert search.best_estimator_[0].transform(X).shape == (N_DOCUMENTS, 5)
    assert search.predict(X).shape == (N_DOCUMENTS,)


def check_halving_grid_search(form, X, tmp_path):
    grid = {"model__n_components": [2, 5]}
    search = HalvingGridSearchCV(
        make_classifier(form), grid, cv=2, min_resources=12, factor=2, random_state=0, error_score="raise"
    )
    search.fit(X, LABELS)
    assert search.n_resources_ == [12, 24]
    width = search.best_params_["model__n_components"]
    assert search.best_estimator_[0].transform(X).shape == (N_DOCUMENTS, width)
    assert np.isfinite(search.predict_proba(X)).all()


def check_bagging(form, X, tmp_path):
    bagging = BaggingClassifier(make_classifier(form), n_estimators=2, random_state=0).fit(X, LABELS)
    corpus = as_corpus(documents()[plain_form(form)])
    answers = [
        clone(estimator).fit(corpus[rows], LABELS[rows]).predict_proba(corpus)
        for estimator, rows in zip(bagging.estimators_, bagging.estimators_samples_, strict=True)
    ]
    np.testing.assert_allclose(bagging.predict_proba(X), np.mean(answers, axis=0), rtol=1e-6)


def check_permutation_importance(form, X, tmp_path):
    classifier = make_classifier(form).fit(X, LABELS)
    importance = permutation_importance(
        classifier, X, LABELS, n_repeats=1, random_state=0, scoring="neg_log_loss"
    ).importances_mean
    assert importance.any()
    if form.endswith("matrix"):
        assert len(importance) == X.shape[1]
    elif form.endswith("embeddings"):
        assert len(importance) == 3
        assert importance[2] == 0  # NMTM does not look at embeddings
    else:
        assert len(importance) == 2


def check_stacking(form, X, tmp_path):
    stacking = StackingClassifier([("topics", make_classifier(form))], cv=KFold(2)).fit(X, LABELS)
    features = expected_answers(form, KFold(2).split(ROWS))[:, [1]]
    np.testing.assert_array_equal(
        stacking.final_estimator_.coef_, LogisticRegression().fit(features, LABELS).coef_
    )
    assert stacking.predict(X).shape == (N_DOCUMENTS,)


def check_joblib_hash(form, X, tmp_path):
    assert joblib.hash(copy.deepcopy(X)) == joblib.hash(X)
    assert joblib.hash(pickle.loads(pickle.dumps(X))) == joblib.hash(X)


def check_set_output(form, X, tmp_path):
    theta = Pipeline([("model", make_model(form))]).set_output(transform="pandas").fit_transform(X)
    assert isinstance(theta, pd.DataFrame)
    assert theta.columns.tolist() == ["topic0", "topic1", "topic2"]
    np.testing.assert_array_equal(theta.to_numpy(), expected_proportions(plain_form(form), 3))


def check_feature_union(form, X, tmp_path):
    union = FeatureUnion([("few", make_model(form, 2)), ("many", make_model(form, 3))])
    expected = [expected_proportions(plain_form(form), n_components) for n_components in (2, 3)]
    np.testing.assert_array_equal(union.fit_transform(X), np.hstack(expected))
    assert union.get_feature_names_out().tolist()[1:3] == ["few__topic1", "many__topic0"]


TOOLS = {
    "memory": check_memory,
    "k_fold": check_splitter(KFold(2)),
    "stratified_k_fold": check_splitter(StratifiedKFold(2)),
    "group_k_fold": check_splitter(GroupKFold(3), groups=PAIR_IDS),
    "shuffle_split": check_splitter(ShuffleSplit(1, test_size=0.5, random_state=0)),
    "train_test_split": check_train_test_split,
    "cross_val_predict": check_cross_val_predict,
    "grid_search": check_grid_search,
    "halving_grid_search": check_halving_grid_search,
    "bagging": check_bagging,
    "permutation_importance": check_permutation_importance,
    "stacking": check_stacking,
    "joblib_hash": check_joblib_hash,
    "set_output": check_set_output,
    "feature_union": check_feature_union,
}


POSSIBLE = [pair for pair in product(FORMS, TOOLS) if pair not in IMPOSSIBLE]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.* documents hold no word:skxtm.exceptions.UnknownWordsWarning")
@pytest.mark.parametrize(("form", "tool"), POSSIBLE)
def test_a_tool_takes_a_form_as_it_takes_a_corpus(form, tool, tmp_path):
    TOOLS[tool](form, documents()[form], tmp_path)


@pytest.mark.parametrize(("form", "tool"), IMPOSSIBLE)
def test_what_is_declared_impossible_fails_in_scikit_learn_itself(form, tool, tmp_path):
    message = f"^{re.escape(IMPOSSIBLE[form, tool])}"
    with pytest.raises((TypeError, ValueError), match=message) as failure:
        TOOLS[tool](form, documents()[form], tmp_path)
    assert "sklearn" in failure.traceback[-1].path.parts


def test_every_form_is_tried():
    assert list(documents()) == FORMS
