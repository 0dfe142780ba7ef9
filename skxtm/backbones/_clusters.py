"""What backbones that cluster documents share: singular vectors of embeddings, clusters, and their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import KMeans

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
    """
    gram = np.zeros((vectors[0].shape[1],) * 2)
    for part in vectors:
        for start in range(0, len(part), _BLOCK_ROWS):
            block = part[start : start + _BLOCK_ROWS].astype(np.float64)
            gram += block.T @ block
    squares, right = np.linalg.eigh(gram)
    kept = np.flatnonzero(squares > squares[-1] * len(gram) * np.finfo(float).eps)[::-1][:n_dimensions]
    return right[:, kept], np.sqrt(squares[kept])


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
            If there are fewer documents than clusters.
        """
        n_documents = len(vectors[language])
        if n_documents < n_clusters:
            raise InputError(
                f"Language number {language} has {n_documents:,} documents with a known word, too few for "
                f"{n_clusters:,} clusters, one per topic. Lower n_components, or pass clusters=."
            )
        projection = left_projection(vectors, n_dimensions)
        kmeans = KMeans(n_clusters, n_init=1, random_state=seed)
        kmeans.fit(unit_rows(vectors[language] @ projection))
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
    n_documents = counts.shape[0]
    members = sparse.csr_array(
        (np.ones(n_documents), (clusters, np.arange(n_documents))), shape=(n_clusters, n_documents)
    )
    totals = (members @ counts).toarray()
    n_holding = (totals > 0).sum(0)
    return _shares(_shares(totals) * (np.log((n_clusters + 1) / (n_holding + 1)) + 1)) + 1e-8


def _shares(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return rows / np.maximum(rows.sum(1, keepdims=True), 1e-8)
