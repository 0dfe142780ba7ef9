"""Clusters of documents across languages, from their embeddings (u-SVD, Chang et al., 2024)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from skxtm.backbones._clusters import left_projection
from skxtm.exceptions import InputError


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
        kmeans.fit(_unit_rows(vectors[language] @ projection))
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
        rows = _unit_rows(vectors @ self.projection)
        if language == self.language:
            return (rows @ self.centroids.T - 0.5 * (self.centroids**2).sum(1)).argmax(1)
        return (rows @ _unit_rows(self.centroids).T).argmax(1)


def _unit_rows(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)
