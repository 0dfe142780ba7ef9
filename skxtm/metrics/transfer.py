"""Classification of documents within and across languages from language-neutral features."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.metrics import f1_score
from sklearn.svm import SVC
from sklearn.utils import check_array
from sklearn.utils.parallel import Parallel, delayed

from skxtm._parameters import check_choice
from skxtm._threads import one_thread
from skxtm.exceptions import InputError
from skxtm.languages import canonical_code
from skxtm.metrics._checks import label_column, language_column

TransferScoring = Literal["accuracy", "f1_macro"]
Part = tuple[Any, NDArray[Any], NDArray[Any]]

# the 200 MB that SVC takes by default hold few of the kernel's rows for tens of thousands of documents
_KERNEL_CACHE_MB = 1000


@dataclass(frozen=True)
class TransferAccuracy:
    """Accuracies of classifiers trained in one language and tested in another.

    Parameters
    ----------
    accuracies : dict of (str, str) to float
        Share of the test documents labelled rightly, between 0 and 1, by language of training and
        language of testing.

    Examples
    --------
    >>> from skxtm.metrics import TransferAccuracy
    >>> accuracy = TransferAccuracy(
    ...     {("en", "en"): 0.8, ("en", "zh"): 0.5, ("zh", "en"): 0.6, ("zh", "zh"): 0.7}
    ... )
    >>> accuracy["zh", "en"]
    0.6
    >>> accuracy.figures("en", "zh")
    {'EN-I': 0.8, 'EN-C': 0.6, 'ZH-I': 0.7, 'ZH-C': 0.5}
    >>> accuracy
    TransferAccuracy(['en', 'zh']: accuracy 0.750 within, 0.550 across)
    """

    accuracies: dict[tuple[str, str], float]

    def __repr__(self) -> str:
        return f"TransferAccuracy({_told(accuracy=self.accuracies)})"

    def __getitem__(self, languages: tuple[str, str]) -> float:
        """Return the accuracy for (language of training, language of testing)."""
        trained, tested = map(canonical_code, languages)
        return _figure(self.accuracies, (trained, tested), "accuracy")

    def figures(self, first: str, second: str) -> dict[str, float]:
        """Name the four figures of a pair of languages as papers do.

        Parameters
        ----------
        first, second : str
            Two languages, each with training and test documents.

        Returns
        -------
        figures : dict of str to float
            For each of the two, by its code in capitals, ``-I`` (intra-lingual: trained and tested in it)
            and ``-C`` (cross-lingual: tested in it, trained in the other).

        Raises
        ------
        InputError
            If there is no accuracy for some pair of the two languages.
        """
        return _figures(self.accuracies, first, second, "accuracy")


@dataclass(frozen=True)
class TransferScores:
    """Accuracies and macro F1 of classifiers trained in one language and tested in another.

    Parameters
    ----------
    accuracy : dict of (str, str) to float
        Share of the test documents labelled rightly, between 0 and 1, by language of training and
        language of testing.
    f1_macro : dict of (str, str) to float
        Mean, over the classes that the test documents of the language truly have, of F1, between 0 and 1; by
        the same pairs.

    Examples
    --------
    >>> from skxtm.metrics import TransferScores
    >>> there, back = ("en", "zh"), ("zh", "en")
    >>> scores = TransferScores({there: 0.5, back: 0.7}, {there: 0.2, back: 0.6})
    >>> scores.f1_macro["en", "zh"]
    0.2
    >>> scores
    TransferScores(['en', 'zh']: accuracy 0.600 across, f1_macro 0.400 across)
    """

    accuracy: dict[tuple[str, str], float]
    f1_macro: dict[tuple[str, str], float]

    def __repr__(self) -> str:
        return f"TransferScores({_told(accuracy=self.accuracy, f1_macro=self.f1_macro)})"

    def figures(self, first: str, second: str, scoring: TransferScoring = "accuracy") -> dict[str, float]:
        """Name the four figures of a pair of languages as papers do.

        Parameters
        ----------
        first, second : str
            Two languages, each with training and test documents.
        scoring : {"accuracy", "f1_macro"}, default="accuracy"
            Which of the two scores.

        Returns
        -------
        figures : dict of str to float
            As :meth:`TransferAccuracy.figures`.

        Raises
        ------
        InputError
            If there is no figure for some pair of the two languages, or `scoring` is unknown.
        """
        return _figures(self.values(scoring), first, second, scoring)

    def values(self, scoring: TransferScoring) -> dict[tuple[str, str], float]:
        """Return one of the two scores by its name.

        Parameters
        ----------
        scoring : {"accuracy", "f1_macro"}
            Its name.

        Returns
        -------
        values : dict of (str, str) to float
            By language of training and language of testing.

        Raises
        ------
        InputError
            If `scoring` is unknown.
        """
        check_choice(scoring, "scoring", type(self).__name__, ("accuracy", "f1_macro"))
        return self.accuracy if scoring == "accuracy" else self.f1_macro


def _told(**scores: dict[tuple[str, str], float]) -> str:
    """Tell means within a language and across languages, which pairs of many languages would hide."""
    languages = list(dict.fromkeys(code for values in scores.values() for pair in values for code in pair))
    parts = []
    for name, values in scores.items():
        within = [value for (trained, tested), value in values.items() if trained == tested]
        across = [value for (trained, tested), value in values.items() if trained != tested]
        means = [
            f"{np.mean(group):.3f} {where}"
            for group, where in ((within, "within"), (across, "across"))
            if group
        ]
        parts.append(f"{name} {', '.join(means)}" if means else f"no {name}")
    return f"{languages}: {', '.join(parts)}"


def _figures(values: dict[tuple[str, str], float], first: str, second: str, scoring: str) -> dict[str, float]:
    first, second = canonical_code(first), canonical_code(second)
    pairs = {
        f"{first.upper()}-I": (first, first),
        f"{first.upper()}-C": (second, first),
        f"{second.upper()}-I": (second, second),
        f"{second.upper()}-C": (first, second),
    }
    return {name: _figure(values, pair, scoring) for name, pair in pairs.items()}


def _figure(values: dict[tuple[str, str], float], pair: tuple[str, str], scoring: str) -> float:
    if pair not in values:
        raise InputError(
            f"There is no {scoring} for (trained in, tested in) {pair}. "
            f"There is one for {', '.join(map(str, values))}."
        )
    return values[pair]


def transfer_accuracy(
    train_features: Any,
    train_labels: ArrayLike,
    train_language: Sequence[str],
    test_features: Any,
    test_labels: ArrayLike,
    test_language: Sequence[str],
    *,
    classifier: Any = None,
    n_jobs: int | None = None,
) -> TransferAccuracy:
    """Train a classifier in each language and test it in all; higher is better.

    One classifier is trained per training language, on the rows of that language alone, and labels the test
    documents of every language.

    Parameters
    ----------
    train_features : {array-like, sparse matrix} of shape (n_train, n_features)
        Features of documents that mean the same in every language, such as topic proportions.
    train_labels : array-like of shape (n_train,)
        Class of each document.
    train_language : sequence of str of shape (n_train,)
        Language of each document, by any code; any number of languages.
    test_features : {array-like, sparse matrix} of shape (n_test, n_features)
        Features of the documents to label. Two DataFrames must have the same columns in the same order.
    test_labels : array-like of shape (n_test,)
        Their classes.
    test_language : sequence of str of shape (n_test,)
        Their languages, among which may be some without training documents.
    classifier : estimator, default=None
        A scikit-learn classifier; it is cloned, not fitted itself. None is ``SVC(gamma="scale")`` with an RBF
        kernel, as in the code of the published figures; papers speak of a linear one, for example
        ``LinearSVC()``.
    n_jobs : int, default=None
        Number of languages to train at a time, in processes, as in joblib.

    Returns
    -------
    accuracy : TransferAccuracy
        Accuracies between 0 and 1; ``accuracy[train_language, test_language]`` is one of them,
        ``accuracy.figures("en", "zh")`` names the four of a pair.

    Raises
    ------
    InputError
        If lengths disagree, a label is missing (None, NaN), a language is no code, the training documents of
        a language are all of one class, or the features' columns have names that differ.

    See Also
    --------
    transfer_scores : Macro F1 beside accuracy.

    Examples
    --------
    >>> from skxtm.metrics import transfer_accuracy
    >>> features, labels = [[0.0], [1.0], [0.1], [0.9]], [0, 1, 0, 1]
    >>> language = ["en", "en", "zh", "zh"]
    >>> accuracy = transfer_accuracy(features, labels, language, features, labels, language)
    >>> accuracy.figures("en", "zh")
    {'EN-I': 1.0, 'EN-C': 1.0, 'ZH-I': 1.0, 'ZH-C': 1.0}
    """
    scores = transfer_scores(
        train_features,
        train_labels,
        train_language,
        test_features,
        test_labels,
        test_language,
        classifier=classifier,
        n_jobs=n_jobs,
    )
    return TransferAccuracy(scores.accuracy)


def transfer_scores(
    train_features: Any,
    train_labels: ArrayLike,
    train_language: Sequence[str],
    test_features: Any,
    test_labels: ArrayLike,
    test_language: Sequence[str],
    *,
    classifier: Any = None,
    n_jobs: int | None = None,
) -> TransferScores:
    """Train a classifier in each language, test it in all, by accuracy and macro F1; higher is better.

    The classifiers are those of :func:`transfer_accuracy`, trained once for both scores, which count
    documents.

    Parameters
    ----------
    train_features : {array-like, sparse matrix} of shape (n_train, n_features)
        Features of documents that mean the same in every language, such as topic proportions.
    train_labels : array-like of shape (n_train,)
        Class of each document.
    train_language : sequence of str of shape (n_train,)
        Language of each document, by any code; any number of languages.
    test_features : {array-like, sparse matrix} of shape (n_test, n_features)
        Features of the documents to label. Two DataFrames must have the same columns in the same order.
    test_labels : array-like of shape (n_test,)
        Their classes.
    test_language : sequence of str of shape (n_test,)
        Their languages, among which may be some without training documents.
    classifier : estimator, default=None
        As for :func:`transfer_accuracy`: None is ``SVC(gamma="scale")`` with an RBF kernel.
    n_jobs : int, default=None
        Number of languages to train at a time, in processes, as in joblib.

    Returns
    -------
    scores : TransferScores
        ``scores.accuracy[train_language, test_language]`` and ``scores.f1_macro[train_language,
        test_language]``, both between 0 and 1.

    Raises
    ------
    InputError
        If lengths disagree, a label is missing (None, NaN), a language is no code, the training documents of
        a language are all of one class, or the features' columns have names that differ.

    See Also
    --------
    transfer_accuracy : Accuracy alone.

    Notes
    -----
    Macro F1 is the unweighted mean of the F1 of the classes found among the true labels of the test documents
    of the language. A class that is never predicted counts 0; one that is predicted but not found there is no
    term of the mean, but lowers the recall of the classes it was predicted for. A rare class thus
    weighs as much as a frequent one, where accuracy hardly sees it.

    Examples
    --------
    >>> from skxtm.metrics import transfer_scores
    >>> features, labels, language = [[0.0], [1.0], [0.1], [0.9]], [0, 1, 0, 1], ["en", "en", "zh", "zh"]
    >>> tested = [[0.0], [0.1], [0.2], [0.4]]
    >>> scores = transfer_scores(features, labels, language, tested, [0, 0, 0, 1], ["zh"] * 4)
    >>> scores.accuracy["en", "zh"], round(scores.f1_macro["en", "zh"], 3)
    (0.75, 0.429)
    """
    _check_columns(train_features, test_features)
    features, labels, language = _check_part(train_features, train_labels, train_language, "train")
    tested = _check_part(test_features, test_labels, test_language, "test")
    languages = list(dict.fromkeys(language.tolist()))
    for trained in languages:
        _check_classes(labels[language == trained], trained)
    if classifier is None:
        classifier = SVC(gamma="scale", cache_size=_KERNEL_CACHE_MB)
    # processes, not threads: liblinear shares one random generator among the threads of a process
    results = Parallel(n_jobs=n_jobs)(
        delayed(_scores)(
            clone(classifier), features[language == trained], labels[language == trained], tested
        )
        for trained in languages
    )
    pairs = {
        (trained, language): scores
        for trained, by_language in zip(languages, results, strict=True)
        for language, scores in by_language.items()
    }
    return TransferScores(
        {pair: accuracy for pair, (accuracy, _) in pairs.items()},
        {pair: f1_macro for pair, (_, f1_macro) in pairs.items()},
    )


def _scores(
    classifier: Any, features: Any, labels: NDArray[Any], tested: Part
) -> dict[str, tuple[float, float]]:
    """Return accuracy and macro F1 by language of the test documents."""
    test_features, test_labels, test_language = tested
    with one_thread():
        predicted = classifier.fit(features, labels).predict(test_features)
    rows = {language: test_language == language for language in dict.fromkeys(test_language.tolist())}
    return {
        language: (
            float((predicted[of_language] == test_labels[of_language]).mean()),
            _macro_f1(test_labels[of_language], predicted[of_language]),
        )
        for language, of_language in rows.items()
    }


def _macro_f1(labels: NDArray[Any], predicted: NDArray[Any]) -> float:
    return float(f1_score(labels, predicted, labels=np.unique(labels), average="macro"))


def _check_columns(trained: Any, tested: Any) -> None:
    """Refuse features whose columns have names that differ; names that are no str are none."""
    names = [list(getattr(part, "columns", ())) for part in (trained, tested)]
    if not all(part and all(isinstance(name, str) for name in part) for part in names):
        return
    for number, (name, other) in enumerate(zip_longest(*names)):
        if name != other:
            raise InputError(
                "The columns of test_features are not those of train_features in their order: column "
                f"{number} is {other!r}, not {name!r}. Give both the same features."
            )


def _check_part(features: Any, labels: ArrayLike, language: Sequence[str], part: str) -> Part:
    features = check_array(features, accept_sparse="csr", input_name=f"{part}_features")
    rows = f"rows of {part}_features"
    return (
        features,
        label_column(labels, f"{part}_labels", features.shape[0], rows),
        language_column(language, f"{part}_language", features.shape[0], rows),
    )


def _check_classes(labels: NDArray[Any], language: str) -> None:
    classes = np.unique(labels)
    if len(classes) < 2:
        raise InputError(
            f"The training documents in language {language!r} are all of class {classes[0]}. "
            f"A classifier needs documents of at least two classes in each language."
        )
