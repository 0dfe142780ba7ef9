"""Scorers of documents' features for `GridSearchCV` and its kin."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array

from skxtm._parameters import check_choice
from skxtm.corpus import as_corpus
from skxtm.exceptions import InputError, InputTypeError
from skxtm.metrics._checks import label_column
from skxtm.metrics.clusters import cluster_scores
from skxtm.metrics.retrieval import retrieval_score
from skxtm.metrics.transfer import TransferScoring, transfer_scores
from skxtm.model_selection import REMEDY


@dataclass(frozen=True)
class ClusterScorer:
    """Score a fitted topic model by how well topics of held-out documents agree with their labels.

    Between 0 and 1; higher is better. The labels are the `y` of the search; the features are what the
    estimator's ``transform`` returns for the held-out documents, each of which belongs to the first of its
    greatest.

    Parameters
    ----------
    metric : {"nmi", "purity"}, default="nmi"
        Normalised mutual information, or the share of documents whose label is the most frequent one of
        their topic. Purity favours more topics.

    Raises
    ------
    InputError
        When called, if `metric` is unknown or there is no `y`.
    InputTypeError
        When called, if the estimator has no ``transform``.

    See Also
    --------
    cluster_scores : The metric.

    Examples
    --------
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from skxtm.metrics import ClusterScorer
    >>> theta = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]
    >>> ClusterScorer("purity")(FunctionTransformer(), theta, ["sport", "weather", "weather"])
    0.6666666666666666
    """

    metric: Literal["nmi", "purity"] = "nmi"

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> float:
        """Return the agreement of the topics of documents X with their labels y."""
        name = type(self).__name__
        check_choice(self.metric, "metric", name, ("nmi", "purity"))
        scores = cluster_scores(_features_of(estimator, X, name), _labels(y, name))
        return scores.nmi if self.metric == "nmi" else scores.purity


@dataclass(frozen=True)
class TransferScorer:
    """Score a fitted topic model by classification of held-out documents across languages.

    Between 0 and 1; higher is better. The features are what the estimator's ``transform`` returns for the
    held-out documents, the classes are the `y` of the search. In each language a classifier is trained on one
    half of these documents and tested on the other half of every language, so that no document the topics
    were learnt from is looked at.

    Parameters
    ----------
    scoring : {"accuracy", "f1_macro"}, default="accuracy"
        See :func:`transfer_scores`.
    transfer : {"cross", "intra"}, default="cross"
        The mean over pairs of different languages of training and testing, or over languages in which both
        is done.
    classifier : estimator, default=None
        As for :func:`transfer_scores`.

    Raises
    ------
    InputError
        When called, if a parameter is unknown, there is no `y`, there is one language and `transfer` is
        "cross", or a language has documents of one class, or no class with two documents.
    InputTypeError
        When called, if the estimator has no ``transform``.

    See Also
    --------
    transfer_scores : The metric.

    Notes
    -----
    The halves are the same in every call: of the documents of one language and class, in their order in `X`,
    the first, third, fifth and so on are trained on, the others tested. Translations that stand in the same
    order in their languages are so in the same half.

    Languages are read off `X` by `skxtm.as_corpus`: a DataFrame must name its columns ``text`` and
    ``language``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from skxtm import Corpus
    >>> from skxtm.metrics import TransferScorer
    >>> rng, labels = np.random.default_rng(0), np.tile([0, 1], 20)
    >>> theta = (labels[:, None] + rng.uniform(size=(40, 2))).astype(np.float32)
    >>> X = Corpus(["en", "zh"] * 10 + ["zh", "en"] * 10, embedding=theta)
    >>> TransferScorer()(FunctionTransformer(lambda corpus: corpus.embedding), X, labels)
    1.0
    """

    scoring: TransferScoring = "accuracy"
    transfer: Literal["cross", "intra"] = "cross"
    classifier: Any = None

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> float:
        """Return how well classifiers of documents X with classes y transfer."""
        name = type(self).__name__
        check_choice(self.scoring, "scoring", name, ("accuracy", "f1_macro"))
        check_choice(self.transfer, "transfer", name, ("cross", "intra"))
        language = as_corpus(X).language
        labels = label_column(_labels(y, name), "y", len(language), "rows of X")
        half = _training_half(language, labels)
        _check_halves(language, half, self.transfer)
        features = _features_of(estimator, X, name)
        scores = transfer_scores(
            features[half],
            labels[half],
            language[half].tolist(),
            features[~half],
            labels[~half],
            language[~half].tolist(),
            classifier=self.classifier,
        ).values(self.scoring)
        wanted = [
            score
            for (trained, tested), score in scores.items()
            if (trained == tested) == (self.transfer == "intra")
        ]
        return float(np.mean(wanted))


@dataclass(frozen=True)
class RetrievalScorer:
    """Score a fitted topic model by how high it ranks the translations of held-out documents.

    Above 0, or from 0 for precision, to 1; higher is better. The features are what the estimator's
    ``transform`` returns for the held-out documents, which must be a `Corpus` with pair ids. The mean is
    taken over the directions between languages.

    Parameters
    ----------
    at : int or None, default=None
        The share of documents whose translation is among the first `at`. None gives the mean reciprocal
        rank.

    Raises
    ------
    InputError
        When called, if the documents have no pair ids, or none that is found in two languages.
    InputTypeError
        When called, if the estimator has no ``transform``.

    See Also
    --------
    retrieval_score : The metric.

    Notes
    -----
    Translations must be held out together: split by ``GroupKFold`` with ``groups=corpus.pair_id``. The more
    documents are held out, the harder it is to find a translation among them. `retrieval_score` says by which
    features of topic proportions more are found.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from skxtm import Corpus
    >>> from skxtm.metrics import RetrievalScorer
    >>> theta = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.1, 0.9]])
    >>> X = Corpus(["en", "en", "zh", "zh"], embedding=theta, pair_id=[1, 2, 1, 2])
    >>> RetrievalScorer()(FunctionTransformer(lambda corpus: corpus.embedding), X)
    1.0
    """

    at: int | None = None

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> float:
        """Return how high the translations of documents X are ranked; y is ignored."""
        corpus = as_corpus(X)
        if corpus.pair_id is None:
            raise InputError(
                f"{type(self).__name__} needs documents with pair ids; give the search a Corpus made with "
                f"pair_id."
            )
        features = _features_of(estimator, X, type(self).__name__)
        at = () if self.at is None else self.at
        scores = retrieval_score(features, corpus.language.tolist(), corpus.pair_id.tolist(), at=at)
        return scores.mean_reciprocal_rank if self.at is None else scores.mean_precision(self.at)


def _features_of(estimator: Any, X: Any, scorer: str) -> Any:
    if not hasattr(estimator, "transform"):
        raise InputTypeError(
            f"{scorer} needs a fitted estimator with transform. Got {type(estimator).__name__} without one."
        )
    return check_array(estimator.transform(X), accept_sparse="csr", input_name="features")


def _labels(y: Any, scorer: str) -> Any:
    if y is None:
        raise InputError(f"{scorer} needs the labels of the documents; give them to fit of the search as y.")
    return y


def _training_half(language: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Take every other document of each language and class, the first included."""
    seen: Counter[tuple[str, Any]] = Counter()
    half = np.empty(len(labels), dtype=np.bool_)
    for row, group in enumerate(zip(language, labels.tolist(), strict=True)):
        half[row] = seen[group] % 2 == 0
        seen[group] += 1
    return half


def _check_halves(language: NDArray[Any], half: NDArray[np.bool_], transfer: str) -> None:
    languages = list(dict.fromkeys(language.tolist()))
    if transfer == "cross" and len(languages) < 2:
        raise InputError(
            f"Classification across languages needs documents of at least two. Got {languages}. "
            f"transfer='intra' stays within each language. {REMEDY}"
        )
    untested = [code for code in languages if half[language == code].all()]
    if untested:
        raise InputError(
            f"No class has two of the held-out documents in language {untested[0]!r}: one to train on, and "
            f"one to test. Hold out more documents."
        )
