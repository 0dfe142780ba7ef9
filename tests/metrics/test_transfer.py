import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skxtm import Corpus
from skxtm.exceptions import InputError
from skxtm.metrics import TransferAccuracy, TransferScorer, TransferScores, transfer_accuracy, transfer_scores

LABELS = ["sport", "weather"]


def documents(language, rng, flipped=False, n=40):
    """Return features whose sign tells the label, or its opposite in a flipped language."""
    labels = rng.integers(2, size=n)
    sign = (2 * labels - 1) * (-1 if flipped else 1)
    features = np.column_stack([sign * rng.uniform(0.5, 1.5, n), rng.normal(size=n)])
    return features, np.array(LABELS)[labels], np.full(n, language)


def mixed(parts, rng):
    features, labels, language = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = rng.permutation(len(labels))
    return features[order], labels[order], language[order]


@pytest.fixture
def three_languages():
    """English and Chinese agree, Japanese has the opposite sign."""
    rng = np.random.default_rng(0)
    return [
        mixed([documents("en", rng), documents("zh", rng), documents("ja", rng, flipped=True)], rng)
        for _ in range(2)
    ]


def test_a_language_with_the_opposite_sign_is_right_only_in_itself(three_languages):
    train, test = three_languages
    accuracy = transfer_accuracy(*train, *test)
    alike = {(first, second) for first in ("en", "zh") for second in ("en", "zh")} | {("ja", "ja")}
    assert set(accuracy.accuracies) == {(a, b) for a in ("en", "zh", "ja") for b in ("en", "zh", "ja")}
    for pair, share in accuracy.accuracies.items():
        assert share == (1.0 if pair in alike else 0.0)


def test_accuracies_equal_those_of_classifiers_trained_by_hand():
    rng = np.random.default_rng(1)
    features, language = rng.normal(size=(120, 3)), np.repeat(["en", "zh"], 60)
    labels = (features[:, 0] + rng.normal(size=120) > 0).astype(int)
    train, test = np.arange(0, 120, 2), np.arange(1, 120, 2)
    accuracy = transfer_accuracy(
        features[train], labels[train], language[train], features[test], labels[test], language[test]
    )
    for trained in ("en", "zh"):
        rows = train[language[train] == trained]
        model = SVC(kernel="rbf", gamma="scale", C=1.0).fit(features[rows], labels[rows])
        for tested in ("en", "zh"):
            rows = test[language[test] == tested]
            assert accuracy[trained, tested] == pytest.approx(model.score(features[rows], labels[rows]))


def test_cross_lingual_figures_are_named_after_the_language_of_the_test():
    accuracy = TransferAccuracy(
        {("en", "en"): 0.1, ("en", "zh"): 0.2, ("zh", "en"): 0.3, ("zh", "zh"): 0.4, ("ja", "en"): 0.5}
    )
    assert accuracy.figures("en", "zh") == {"EN-I": 0.1, "EN-C": 0.3, "ZH-I": 0.4, "ZH-C": 0.2}
    with pytest.raises(InputError) as caught:
        accuracy.figures("en", "ja")
    assert str(caught.value) == (
        "There is no accuracy for (trained in, tested in) ('ja', 'ja'). There is one for ('en', 'en'), "
        "('en', 'zh'), ('zh', 'en'), ('zh', 'zh'), ('ja', 'en')."
    )


class CountingClassifier(ClassifierMixin, BaseEstimator):
    fitted_on: list = []

    def fit(self, X, y):
        self.fitted_on.append(len(X))
        self.most_frequent_ = max(set(y), key=list(y).count)
        return self

    def predict(self, X):
        return np.full(len(X), self.most_frequent_)


def test_one_classifier_is_trained_per_training_language(three_languages):
    train, test = three_languages
    CountingClassifier.fitted_on.clear()
    classifier = CountingClassifier()
    transfer_accuracy(*train, *test, classifier=classifier)
    assert CountingClassifier.fitted_on == [40, 40, 40]
    assert not hasattr(classifier, "most_frequent_")


@pytest.mark.slow
def test_sparse_features_and_two_processes_give_the_same(three_languages):
    train, test = three_languages
    classifier = KNeighborsClassifier(n_neighbors=3)
    alone = transfer_accuracy(*train, *test, classifier=classifier)
    parallel = transfer_accuracy(
        sparse.csr_array(train[0]),
        *train[1:],
        sparse.csr_array(test[0]),
        *test[1:],
        classifier=classifier,
        n_jobs=2,
    )
    assert parallel == alone


def test_a_language_may_be_only_tested(three_languages):
    train, test = three_languages
    english = train[2] == "en"
    accuracy = transfer_accuracy(*(column[english] for column in train), *test)
    assert set(accuracy.accuracies) == {("en", "en"), ("en", "zh"), ("en", "ja")}


FEATURES, CLASSES, LANGUAGE = [[0.0], [1.0], [0.0], [1.0]], [0, 1, 0, 1], ["en", "en", "zh", "zh"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"train_labels": [0, 1, 0]},
            "train_labels must have one value for each of the 4 rows of train_features. "
            "Got an array of shape (3,) instead.",
        ),
        (
            {"test_language": ["en"]},
            "test_language must have one value for each of the 4 rows of test_features. "
            "Got an array of shape (1,) instead.",
        ),
        (
            {"train_labels": [0, 1, 1, 1]},
            "The training documents in language 'zh' are all of class 1. "
            "A classifier needs documents of at least two classes in each language.",
        ),
    ],
)
def test_wrong_input_is_named(changed, message):
    arguments = {
        "train_features": FEATURES,
        "train_labels": CLASSES,
        "train_language": LANGUAGE,
        "test_features": FEATURES,
        "test_labels": CLASSES,
        "test_language": LANGUAGE,
    }
    with pytest.raises(InputError) as caught:
        transfer_accuracy(**(arguments | changed))
    assert str(caught.value) == message


def test_columns_of_the_same_names_stand_in_the_same_order():
    train = pd.DataFrame(FEATURES, columns=["rain"]).assign(goal=0.5)
    message = (
        "The columns of test_features are not those of train_features in their order: column {} is {!r}, not {!r}. "
        "Give both the same features."
    )
    for test, at in (
        (train[["goal", "rain"]], (0, "goal", "rain")),
        (train.rename(columns={"goal": "vote"}), (1, "vote", "goal")),
        (train.assign(vote=0.5), (2, "vote", None)),
    ):
        for measure in (transfer_accuracy, transfer_scores):
            with pytest.raises(InputError) as caught:
                measure(train, CLASSES, LANGUAGE, test, CLASSES, LANGUAGE)
            assert str(caught.value) == message.format(*at)


def test_columns_are_taken_by_their_place_where_they_have_no_names():
    named = pd.DataFrame(FEATURES, columns=["rain"])
    expected = transfer_accuracy(FEATURES, CLASSES, LANGUAGE, FEATURES, CLASSES, LANGUAGE)
    for test in (named, named.to_numpy(), pd.DataFrame(FEATURES, columns=[7])):
        assert transfer_accuracy(named, CLASSES, LANGUAGE, test, CLASSES, LANGUAGE) == expected


def test_an_accuracy_that_was_not_measured_is_named_with_those_that_were():
    with pytest.raises(InputError) as caught:
        TransferAccuracy({("en", "en"): 0.8, ("en", "zh"): 0.5})["en", "de"]
    assert str(caught.value) == (
        "There is no accuracy for (trained in, tested in) ('en', 'de'). There is one for ('en', 'en'), ('en', 'zh')."
    )


class SayFirstFeature(ClassifierMixin, BaseEstimator):
    """Predict the class whose number is the first feature."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.array(["sport", "tax", "weather"], dtype=object)[X[:, 0].astype(int)]


def f1_by_loops(labels, predicted):
    """Go through the classes of the true labels, each with its precision and recall."""
    scores = []
    for label in sorted(set(labels)):
        pairs = list(zip(labels, predicted, strict=True))
        n_right = sum(true == label and said == label for true, said in pairs)
        n_said, n_true = predicted.count(label), labels.count(label)
        if n_right == 0:
            scores.append(0.0)
        else:
            precision, recall = n_right / n_said, n_right / n_true
            scores.append(2 * precision * recall / (precision + recall))
    return sum(scores) / len(scores)


classes = st.sampled_from(["sport", "tax", "weather"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(classes, classes, st.sampled_from(["en", "zh"])), min_size=1, max_size=15))
def test_macro_f1_equals_loops_over_the_classes_of_the_true_labels(drawn):
    labels, predicted, language = (list(values) for values in zip(*drawn, strict=True))
    features = [[["sport", "tax", "weather"].index(said)] for said in predicted]
    scores = transfer_scores(
        [[0], [1]], ["sport", "tax"], ["ja", "ja"], features, labels, language, classifier=SayFirstFeature()
    )
    assert set(scores.f1_macro) == {("ja", code) for code in language}
    for code in set(language):
        rows = [row for row, other in enumerate(language) if other == code]
        true, said = [labels[row] for row in rows], [predicted[row] for row in rows]
        assert scores.f1_macro["ja", code] == pytest.approx(f1_by_loops(true, said))
        right = sum(one == other for one, other in zip(true, said, strict=True))
        assert scores.accuracy["ja", code] == pytest.approx(right / len(rows))


def test_a_class_that_is_never_predicted_counts_zero_and_one_that_is_not_there_is_no_class():
    train, labels = [[0], [1], [2]], ["sport", "tax", "weather"]
    tested, true = [[0], [0], [0], [2]], ["sport", "sport", "tax", "sport"]
    scores = transfer_scores(
        train, labels, ["en"] * 3, tested, true, ["en"] * 4, classifier=SayFirstFeature()
    )
    assert scores.accuracy["en", "en"] == 0.5
    assert scores.f1_macro["en", "en"] == pytest.approx((2 / 3 + 0) / 2)


def test_both_scores_come_from_one_training_and_accuracy_is_that_of_transfer_accuracy(three_languages):
    train, test = three_languages
    CountingClassifier.fitted_on.clear()
    scores = transfer_scores(*train, *test, classifier=CountingClassifier())
    assert CountingClassifier.fitted_on == [40, 40, 40]
    assert TransferAccuracy(scores.accuracy) == transfer_accuracy(
        *train, *test, classifier=CountingClassifier()
    )
    assert max(scores.f1_macro.values()) < 0.5


def test_macro_f1_has_the_four_figures_too():
    pairs = [("en", "en"), ("en", "zh"), ("zh", "en"), ("zh", "zh")]
    scores = TransferScores(dict.fromkeys(pairs, 0.5), dict(zip(pairs, [0.1, 0.2, 0.3, 0.4], strict=True)))
    assert scores.figures("en", "zh", "f1_macro") == {"EN-I": 0.1, "EN-C": 0.3, "ZH-I": 0.4, "ZH-C": 0.2}
    assert scores.figures("en", "zh") == dict.fromkeys(["EN-I", "EN-C", "ZH-I", "ZH-C"], 0.5)
    with pytest.raises(InputError) as caught:
        scores.figures("en", "ja", "f1_macro")
    assert str(caught.value).startswith("There is no f1_macro for (trained in, tested in) ('ja', 'en').")
    with pytest.raises(InputError) as caught:
        scores.figures("en", "zh", "f1")
    assert str(caught.value) == (
        "The 'scoring' parameter of TransferScores must be a str among {'accuracy', 'f1_macro'}. Got 'f1' instead."
    )


@pytest.mark.parametrize(
    ("labels", "rows"),
    [
        ([0, None, 1, 1], "row 1"),
        ([0, np.nan, 1, np.nan], "rows 1, 3"),
        (["a", "b", np.nan, None], "rows 2, 3"),
        (["a", "b", pd.NA, pd.NaT], "rows 2, 3"),
        (pd.Series(["a", None, "a", "b"], dtype="string"), "row 1"),
        (pd.Series([0, 1, None, 1], dtype="Int64"), "row 2"),
        (np.array([0.0, 1.0, 0.0, np.nan]), "row 3"),
    ],
)
def test_rows_whose_label_is_missing_are_named(labels, rows):
    features, full, language = np.eye(4), [0, 1, 0, 1], ["en", "en", "zh", "zh"]
    for part, (trained, tested) in {"train": (labels, full), "test": (full, labels)}.items():
        with pytest.raises(InputError) as caught:
            transfer_accuracy(features, trained, language, features, tested, language)
        assert str(caught.value) == f"{part}_labels has no label in {rows}. Leave such rows out."
    with pytest.raises(InputError) as caught:
        TransferScorer()(FunctionTransformer(lambda X: np.eye(4)), Corpus(language), labels)
    assert str(caught.value) == f"y has no label in {rows}. Leave such rows out."


def test_labels_without_a_missing_one_may_be_of_a_nullable_column():
    features, language = [[0.0], [1.0]] * 2, ["en", "en", "zh", "zh"]
    for labels in (pd.Series([0, 1, 0, 1], dtype="Int64"), pd.Series(list("abab"), dtype="string")):
        accuracy = transfer_accuracy(features, labels, language, features, labels, language)
        assert set(accuracy.accuracies.values()) == {1.0}


def test_varieties_of_a_language_train_one_classifier_as_everywhere():
    features, labels = [[0.0], [1.0], [0.1], [0.9]], [0, 1, 0, 1]
    scores = transfer_scores(
        features, labels, ["en-US", "en-GB", "cmn", "zh_TW"], features, labels, ["eng", "EN", "zh", "zh"]
    )
    assert sorted(scores.accuracy) == [("en", "en"), ("en", "zh"), ("zh", "en"), ("zh", "zh")]
    assert scores.figures("en-US", "cmn") == {"EN-I": 1.0, "EN-C": 1.0, "ZH-I": 1.0, "ZH-C": 1.0}
    assert TransferAccuracy(scores.accuracy)["en-GB", "zh-CN"] == 1.0
    with pytest.raises(InputError, match=r"language 'english' is no code of .* in row 1"):
        transfer_scores(features, labels, ["en", "english", "zh", "zh"], features, labels, ["en"] * 4)


def test_scores_of_many_languages_are_shown_by_their_means():
    pairs = {(first, second): 0.5 + (first == second) / 4 for first in "abcdefghi" for second in "abcdefghi"}
    shown = repr(TransferAccuracy(pairs))
    assert shown == f"TransferAccuracy({list('abcdefghi')}: accuracy 0.750 within, 0.500 across)"
    assert repr(TransferAccuracy({})) == "TransferAccuracy([]: no accuracy)"
    scores = TransferScores({("a", "a"): 1.0}, {("a", "a"): 0.25})
    assert repr(scores) == "TransferScores(['a']: accuracy 1.000 within, f1_macro 0.250 within)"
