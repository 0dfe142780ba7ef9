"""What backbones that cluster documents share: singular vectors of embeddings, clusters, and their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import KMeans

from skxtm._threads import one_thread
from skxtm.embeddings._vectors import unit_rows
from skxtm.exceptions import InputError

_BLOCK_ROWS = 8192


def left_projection(vectors: Sequence[NDArray[np.float32]], n_dimensions: int) -> NDArray[np.float64]:
    """Map from stacked embeddings to their first left singular vectors, without stacking them.

    Parameters
    ----------
    vectors : sequence of ndarray of shape (n_l, n_features)
        Embeddings of the documents of each language.
    n_dimensions : int
        Number of singular vectors; those of singular value zero are left out.

    Returns
    -------
    projection : ndarray of shape (n_features, n_kept)
        P such that the columns of ``E @ P`` are left singular vectors of E, largest singular value first.

    Examples
    --------
    >>> import numpy as np
    >>> left_projection([np.diag([2.0, 4.0])], 1).round(3)
    array([[0.  ],
           [0.25]])
    """
    right, singular_values = right_singular_vectors(vectors, n_dimensions)
    return right / singular_values


def right_singular_vectors(
    vectors: Sequence[NDArray[np.float32]], n_dimensions: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the first right singular vectors of stacked embeddings, and their singular values.

    Exact, by the eigenvectors of ``E' E``, which is small: no iteration over the documents pays before
    embeddings have thousands of dimensions.

    Parameters
    ----------
    vectors : sequence of ndarray of shape (n_l, n_features)
        Embeddings of the documents of each language.
    n_dimensions : int
        Number of singular vectors; those of singular value zero are left out.

    Returns
    -------
    right : ndarray of shape (n_features, n_kept)
        Singular vectors as columns, largest singular value first.
    singular_values : ndarray of shape (n_kept,)
        Positive, falling.

    Raises
    ------
    InputError
        If all embeddings are zero, so that there is none.
    """
    gram = np.zeros((vectors[0].shape[1],) * 2)
    for part in vectors:
        for start in range(0, len(part), _BLOCK_ROWS):
            block = part[start : start + _BLOCK_ROWS].astype(np.float64)
            gram += block.T @ block
    squares, right = np.linalg.eigh(gram)
    if not squares[-1] > 0:
        raise InputError(
            "The documents' embeddings are all zero, as those learnt from one document in each language are, "
            "or of one word, so that there is nothing to cluster by. Give more documents, or "
            "document_embeddings=."
        )
    kept = np.flatnonzero(squares > squares[-1] * len(gram) * np.finfo(float).eps)[::-1][:n_dimensions]
    return right[:, kept], np.sqrt(squares[kept])


def language_statistics(
    vectors: Sequence[NDArray[np.float32]], right: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Tell how far apart languages lie in every column: the F statistic of the analysis of variance.

    Parameters
    ----------
    vectors : sequence of ndarray of shape (n_l, n_features)
        Embeddings of the documents of each language; of two languages at least.
    right : ndarray of shape (n_features, n_columns)
        Map from embeddings to the columns.

    Returns
    -------
    statistics : ndarray of shape (n_columns,)
        For two languages the square of Student's t; inf where documents of a language are all alike.
    """
    sizes = np.array([len(part) for part in vectors])
    means = np.vstack([part.mean(0, dtype=np.float64) for part in vectors]) @ right
    within = np.zeros(right.shape[1])
    for part, mean in zip(vectors, means, strict=True):
        for start in range(0, len(part), _BLOCK_ROWS):
            within += ((part[start : start + _BLOCK_ROWS] @ right - mean) ** 2).sum(0)
    between = sizes @ (means - sizes @ means / sizes.sum()) ** 2
    freedom = (sizes.sum() - len(sizes)) / (len(sizes) - 1)
    return np.divide(freedom * between, within, out=np.full_like(within, np.inf), where=within > 0)


def fitted(kmeans: KMeans, rows: NDArray[np.floating], weights: NDArray[np.floating] | None = None) -> KMeans:
    """Cluster rows with one thread, as OpenMP may be the one of torch, which may have several.

    Parameters
    ----------
    kmeans : KMeans
        Changed in place.
    rows : ndarray of shape (n_rows, n_features)
        What to cluster.
    weights : ndarray of shape (n_rows,) or None, default=None
        Of the rows; None for equal ones.

    Returns
    -------
    kmeans : KMeans
        Fitted.
    """
    with one_thread():
        return kmeans.fit(rows, sample_weight=weights)


@dataclass(frozen=True)
class DocumentClusters:
    """K-means clusters of one language's documents, to which those of the others are assigned.

    Made by `learn`. Embeddings ``E = U S V'`` are taken to the rows of U, scaled to length 1.

    Attributes
    ----------
    projection : ndarray of shape (n_dimensions, n_kept)
        ``V / S``, which maps embeddings to rows of U.
    centroids : ndarray of shape (n_clusters, n_kept)
        Centres of the clusters.
    language : int
        Number of the language that was clustered.
    """

    projection: NDArray[np.float64]
    centroids: NDArray[np.float64]
    language: int

    @classmethod
    def learn(
        cls,
        vectors: Sequence[NDArray[np.float32]],
        n_clusters: int,
        *,
        language: int = 0,
        n_dimensions: int = 100,
        seed: int = 0,
    ) -> DocumentClusters:
        """Cluster documents.

        Parameters
        ----------
        vectors : sequence of ndarray of shape (n_l, n_features)
            Embeddings of the documents of each language.
        n_clusters : int
            At most the number of documents of `language`.
        language : int
            Number of the language to cluster.
        n_dimensions : int
            Number of left singular vectors; fewer if there are not that many.
        seed : int
            Of K-means.

        Returns
        -------
        clusters : DocumentClusters

        Raises
        ------
        InputError
            If all embeddings are zero.
        """
        projection = left_projection(vectors, n_dimensions)
        rows = unit_rows(vectors[language] @ projection)
        kmeans = fitted(KMeans(n_clusters, n_init=1, random_state=seed), rows)
        return cls(projection, kmeans.cluster_centers_, language)

    def assign(self, vectors: NDArray[np.float32], language: int) -> NDArray[np.int64]:
        """Find the clusters of documents.

        Parameters
        ----------
        vectors : ndarray of shape (n_documents, n_features)
            Embeddings.
        language : int
            The language's number.

        Returns
        -------
        clusters : ndarray of int of shape (n_documents,)
            For the language that was clustered the centroid of least distance, for others that of largest
            cosine; the first of equals.
        """
        rows = unit_rows(vectors @ self.projection)
        if language == self.language:
            return (rows @ self.centroids.T - 0.5 * (self.centroids**2).sum(1)).argmax(1)
        return (rows @ unit_rows(self.centroids).T).argmax(1)


def class_tfidf(counts: sparse.csr_array, clusters: NDArray[Any], n_clusters: int) -> NDArray[np.float64]:
    """Weigh words by how much they tell one cluster of documents from the others.

    Counts summed per cluster and divided by their total, times ``log((K + 1) / (df + 1)) + 1`` with df the
    number of clusters that hold the word, divided by their total again, plus 1e-8.

    Parameters
    ----------
    counts : csr_array of shape (n_documents, n_words)
        Word counts.
    clusters : ndarray of int of shape (n_documents,)
        Cluster of each document, from 0.
    n_clusters : int
        K.

    Returns
    -------
    weights : ndarray of shape (n_clusters, n_words)
        Rows sum to 1, but for the last summand; a cluster without words has 1e-8 everywhere.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> class_tfidf(csr_array([[1, 1], [1, 0]]), np.array([0, 1]), 2).round(3)
    array([[0.416, 0.584],
           [1.   , 0.   ]])
    """
    totals = cluster_counts(counts, clusters, n_clusters)
    n_holding = (totals > 0).sum(0)
    return _shares(_shares(totals) * (np.log((n_clusters + 1) / (n_holding + 1)) + 1)) + 1e-8


def joint_class_tfidf(
    counts: Sequence[sparse.csr_array], clusters: Sequence[NDArray[Any]], n_clusters: int
) -> tuple[NDArray[np.float64], ...]:
    """Weigh words by how much they tell clusters apart that documents of all languages are in, as BERTopic.

    ``t_kw log(1 + A / f_w)`` with t_kw the share of word w in the counts of cluster k over all languages, f_w
    the word's count and A the mean number of words of a cluster.

    Parameters
    ----------
    counts : sequence of csr_array of shape (n_l, V_l)
        Word counts of each language.
    clusters : sequence of ndarray of int of shape (n_l,)
        Cluster of each document, from 0.
    n_clusters : int
        K.

    Returns
    -------
    weights : tuple of ndarray of shape (n_clusters, V_l)
        Zero where a cluster does not hold the word.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> joint_class_tfidf([csr_array([[1, 1], [1, 0]])], [np.array([0, 1])], 2)[0].round(3)
    array([[0.28 , 0.458],
           [0.56 , 0.   ]])
    """
    totals = [cluster_counts(own, labels, n_clusters) for own, labels in zip(counts, clusters, strict=True)]
    sizes = np.sum([part.sum(1) for part in totals], axis=0)
    return tuple(
        part / np.maximum(sizes, 1)[:, None] * np.log1p(sizes.mean() / np.maximum(part.sum(0), 1))
        for part in totals
    )


def cluster_counts(counts: sparse.csr_array, clusters: NDArray[Any], n_clusters: int) -> NDArray[np.float64]:
    """Add up the counts of every cluster's documents, (n_clusters, n_words)."""
    n_documents = counts.shape[0]
    members = sparse.csr_array(
        (np.ones(n_documents), (clusters, np.arange(n_documents))), shape=(n_clusters, n_documents)
    )
    return (members @ counts).toarray()


def _shares(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return rows / np.maximum(rows.sum(1, keepdims=True), 1e-8)
