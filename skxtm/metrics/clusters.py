"""How well the topics of documents agree with labels of the documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix
from sklearn.utils import check_array

from skxtm.exceptions import InputError
from skxtm.metrics._checks import label_column, language_column


@dataclass(frozen=True)
class ClusterScores:
    """Agreement of clusters of documents with labels.

    Parameters
    ----------
    purity : float
        As :func:`purity_score`, at most 1; higher is better.
    nmi : float
        Normalised mutual information, between 0 and 1; higher is better.
    by_language : dict of str to ClusterScores, default={}
        The same for the documents of each language alone.

    Examples
    --------
    >>> from skxtm.metrics import ClusterScores
    >>> ClusterScores(purity=0.8, nmi=0.5, by_language={"en": ClusterScores(0.9, 0.6)}).by_language["en"].nmi
    0.6
    """

    purity: float
    nmi: float
    by_language: dict[str, ClusterScores] = field(default_factory=dict)


def purity_score(labels: ArrayLike, clusters: ArrayLike) -> float:
    """Purity: the share of documents whose label is the most frequent one of their cluster; higher is better.

    Documents are counted.

    Parameters
    ----------
    labels : array-like of shape (n_documents,)
        Label of each document.
    clusters : array-like of shape (n_documents,)
        Cluster of each document, such as its topic of the greatest proportion.

    Returns
    -------
    purity : float
        At least the share of the most frequent label, which a single cluster has, and at most 1 (each cluster
        has one label).

    Raises
    ------
    InputError
        If lengths disagree, there is no document, or a label or cluster is missing (None, NaN).

    See Also
    --------
    cluster_scores : Purity and mutual information of topic proportions.

    Notes
    -----
    Purity can only rise when clusters are split, up to 1 for one document each: compare models with the same
    number of topics.

    References
    ----------
    .. [1] Manning, Raghavan, Schütze, "Introduction to Information Retrieval", 2008, section 16.3.

    Examples
    --------
    >>> from skxtm.metrics import purity_score
    >>> purity_score(["sport", "sport", "weather", "weather"], [0, 0, 0, 1])
    0.75
    """
    shape = np.asarray(labels, dtype=object).shape
    if len(shape) != 1 or not shape[0]:
        raise InputError(
            f"labels must have one value for each of at least one document. "
            f"Got an array of shape {shape} instead."
        )
    of_document = label_column(labels, "labels", shape[0], "documents")
    of_cluster = label_column(clusters, "clusters", shape[0], "labels")
    return float(contingency_matrix(of_document, of_cluster).max(axis=0).sum() / shape[0])


def cluster_scores(
    theta: ArrayLike, labels: ArrayLike, language: Sequence[str] | None = None
) -> ClusterScores:
    """Purity and normalised mutual information (NMI) of topics and labels; higher is better.

    Each document belongs to its topic of the greatest proportion, the first of several equal ones. Documents
    are counted, those of all languages together and, if `language` is given, of each language alone.

    Parameters
    ----------
    theta : array-like of shape (n_documents, n_topics)
        Topic proportions, as ``transform`` returns them; of other scores, the greatest decides too.
    labels : array-like of shape (n_documents,)
        Label of each document.
    language : sequence of str of shape (n_documents,), default=None
        Language of each document, by any code. None gives no figures by language.

    Returns
    -------
    scores : ClusterScores
        ``scores.purity``, at most 1, and ``scores.nmi``, between 0 (topics tell nothing of labels) and 1
        (they are the same partition), of all documents; ``scores.by_language["en"]`` has those of a language.

    Raises
    ------
    InputError
        If lengths disagree, a label is missing (None, NaN), or a language is no code.

    See Also
    --------
    purity_score : Purity alone, of any clusters.
    sklearn.metrics.normalized_mutual_info_score : NMI, with the arithmetic mean of the entropies below the
        line, as here.

    Notes
    -----
    NMI is 1 if there are a single topic and a single label. NMI of all documents falls when languages have
    topics of their own; the scores by language do not.

    References
    ----------
    .. [1] Manning, Raghavan, Schütze, "Introduction to Information Retrieval", 2008, section 16.3.

    Examples
    --------
    >>> from skxtm.metrics import cluster_scores
    >>> theta = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]]
    >>> labels, language = ["sport", "sport", "weather", "weather"], ["en", "zh", "en", "zh"]
    >>> scores = cluster_scores(theta, labels, language)
    >>> scores.purity, scores.by_language["en"]
    (0.75, ClusterScores(purity=1.0, nmi=1.0, by_language={}))
    """
    clusters = check_array(theta, input_name="theta").argmax(axis=1)
    of_document = label_column(labels, "labels", len(clusters), "rows of theta")
    purity, nmi = _agreement(of_document, clusters)
    if language is None:
        return ClusterScores(purity, nmi)
    of_row = language_column(language, "language", len(clusters), "rows of theta")
    rows = {code: of_row == code for code in dict.fromkeys(of_row.tolist())}
    by_language = {
        code: ClusterScores(*_agreement(of_document[own], clusters[own])) for code, own in rows.items()
    }
    return ClusterScores(purity, nmi, by_language)


def _agreement(labels: NDArray, clusters: NDArray) -> tuple[float, float]:
    return purity_score(labels, clusters), float(normalized_mutual_info_score(labels, clusters))
