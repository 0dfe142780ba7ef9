"""Classification of documents within and across languages from language-neutral features."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.svm import SVC
from sklearn.utils import check_array
from sklearn.utils.parallel import Parallel, delayed

from skxtm.exceptions import InputError

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
    """

    accuracies: dict[tuple[str, str], float]

    def __getitem__(self, languages: tuple[str, str]) -> float:
        """Return the accuracy for (language of training, language of testing)."""
        return self.accuracies[languages]

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
        pairs = {
            f"{first.upper()}-I": (first, first),
            f"{first.upper()}-C": (second, first),
            f"{second.upper()}-I": (second, second),
            f"{second.upper()}-C": (first, second),
        }
        missing = [pair for pair in pairs.values() if pair not in self.accuracies]
        if missing:
            raise InputError(
                f"There is no accuracy for (trained in, tested in) {missing[0]}. "
                f"There is one for {', '.join(map(str, self.accuracies))}."
            )
        return {name: self.accuracies[pair] for name, pair in pairs.items()}


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
        Language of each document; any number of languages.
    test_features : {array-like, sparse matrix} of shape (n_test, n_features)
        Features of the documents to label.
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
        If lengths disagree, or if the training documents of a language are all of one class.

    Examples
    --------
    >>> from skxtm.metrics import transfer_accuracy
    >>> features, labels = [[0.0], [1.0], [0.1], [0.9]], [0, 1, 0, 1]
    >>> language = ["en", "en", "zh", "zh"]
    >>> accuracy = transfer_accuracy(features, labels, language, features, labels, language)
    >>> accuracy.figures("en", "zh")
    {'EN-I': 1.0, 'EN-C': 1.0, 'ZH-I': 1.0, 'ZH-C': 1.0}
    """
    features, labels, language = _check_part(train_features, train_labels, train_language, "train")
    tested = _check_part(test_features, test_labels, test_language, "test")
    languages = list(dict.fromkeys(language.tolist()))
    for trained in languages:
        _check_classes(labels[language == trained], trained)
    if classifier is None:
        classifier = SVC(gamma="scale", cache_size=_KERNEL_CACHE_MB)
    # processes, not threads: liblinear shares one random generator among the threads of a process
    results = Parallel(n_jobs=n_jobs)(
        delayed(_accuracies)(
            clone(classifier), features[language == trained], labels[language == trained], tested
        )
        for trained in languages
    )
    return TransferAccuracy(
        {
            (trained, language): accuracy
            for trained, by_language in zip(languages, results, strict=True)
            for language, accuracy in by_language.items()
        }
    )


def _accuracies(
    classifier: Any, features: Any, labels: NDArray[Any], tested: tuple[Any, NDArray[Any], NDArray[Any]]
) -> dict[str, float]:
    test_features, test_labels, test_language = tested
    right = classifier.fit(features, labels).predict(test_features) == test_labels
    return {
        language: float(right[test_language == language].mean())
        for language in dict.fromkeys(test_language.tolist())
    }


def _check_part(
    features: Any, labels: ArrayLike, language: Sequence[str], part: str
) -> tuple[Any, NDArray[Any], NDArray[Any]]:
    features = check_array(features, accept_sparse="csr", input_name=f"{part}_features")
    columns = {"labels": np.asarray(labels), "language": np.asarray(language)}
    for name, values in columns.items():
        if values.shape != (features.shape[0],):
            raise InputError(
                f"{part}_{name} must have one value for each of the {features.shape[0]} rows of "
                f"{part}_features. Got an array of shape {values.shape} instead."
            )
    return features, columns["labels"], columns["language"]


def _check_classes(labels: NDArray[Any], language: str) -> None:
    classes = np.unique(labels)
    if len(classes) < 2:
        raise InputError(
            f"The training documents in language {language!r} are all of class {classes[0]}. "
            f"A classifier needs documents of at least two classes in each language."
        )
