"""u-SVD and SVD-LR (Chang et al., 2024): clusters of document embeddings and their words."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import softmax
from sklearn.cluster import KMeans

from skxtm.backbones._clusters import (
    class_tfidf,
    fitted,
    joint_class_tfidf,
    language_statistics,
    left_projection,
    right_singular_vectors,
)
from skxtm.backbones.arrays import ArrayBackbone, LearntTopics
from skxtm.backbones.base import CorpusShape, Documents, Materials, check_option, check_range
from skxtm.exceptions import InputError


class _ClusterBackbone(ArrayBackbone):
    """K-means over projected document embeddings; each method has its projection."""

    needs: ClassVar[frozenset[str]] = frozenset({"document_vectors"})
    reads: ClassVar[frozenset[str]] = frozenset({"document_vectors"})

    def __init__(
        self,
        *,
        n_dimensions: int = 100,
        temperature: float = 0.2,
        n_init: int = 10,
        max_iter: int = 300,
        word_weights: str = "bertopic",
    ) -> None:
        self.n_dimensions = n_dimensions
        self.temperature = temperature
        self.n_init = n_init
        self.max_iter = max_iter
        self.word_weights = word_weights

    @abstractmethod
    def projection(self, vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
        """Map from embeddings to what is clustered, (n_features, n_kept)."""

    def check(self) -> None:
        """Check the hyperparameters; see `Backbone.check`."""
        for name in ("n_dimensions", "n_init", "max_iter"):
            check_range(self, name, 1, None, integer=True)
        check_range(self, "temperature", 0, None, open_low=True)
        check_option(self, "word_weights", ("bertopic", "xtra"))

    def learn(
        self, shape: CorpusShape, materials: Materials, *, seed: int, verbose: int = 0
    ) -> ClusterTopics:
        """Cluster the documents and weigh the words of the clusters."""
        assert materials.document_vectors is not None
        K = shape.n_components
        projection = self.projection(materials.document_vectors)
        rows = np.vstack([part @ projection for part in materials.document_vectors])
        if len(rows) < K:
            raise InputError(
                f"X holds {len(rows):,} documents with a known word, too few for {K:,} clusters, one per "
                "topic. Lower n_components."
            )
        kmeans = fitted(KMeans(K, n_init=self.n_init, max_iter=self.max_iter, random_state=seed), rows)
        # where every document is its cluster's centre, a width that is not zero makes proportions hard
        least = np.finfo(float).eps * (rows**2).sum(1).mean()
        ends = np.cumsum([len(part) for part in materials.document_vectors])[:-1]
        return ClusterTopics(
            distributions=self._words(materials.counts, np.split(kmeans.labels_, ends), K),
            prior=np.bincount(kmeans.labels_, minlength=K) / len(rows),
            n_iter=kmeans.n_iter_,
            projection=projection,
            centroids=kmeans.cluster_centers_,
            width=max(self.temperature * kmeans.inertia_ / len(rows), least),
        )

    def _words(
        self, counts: Sequence[sparse.csr_array], clusters: Sequence[NDArray[Any]], n_clusters: int
    ) -> tuple[NDArray[np.float64], ...]:
        """Words of the clusters in every language, all alike where a cluster has none; rows sum to 1."""
        if self.word_weights == "bertopic":
            weights = joint_class_tfidf(counts, clusters, n_clusters)
            weights = tuple(np.where(part.any(1, keepdims=True), part, 1) for part in weights)
        else:
            pairs = zip(counts, clusters, strict=True)
            weights = tuple(class_tfidf(own, labels, n_clusters) for own, labels in pairs)
        return tuple(part / part.sum(1, keepdims=True) for part in weights)

    def restore(
        self, shape: CorpusShape, arrays: Mapping[str, NDArray[Any]], **attributes: Any
    ) -> ClusterTopics:
        """Undo `ClusterTopics.arrays`."""
        width = float(arrays["width"].item())
        return ClusterTopics(
            projection=arrays["projection"], centroids=arrays["centroids"], width=width, **attributes
        )


class USVD(_ClusterBackbone):
    """Clusters of the left singular vectors of document embeddings: u-SVD.

    Parameters
    ----------
    n_dimensions : int, default=100
        Number of singular vectors; the authors also try 200 and 500.
    temperature : float, default=0.2
        Of the soft assignment of documents to topics, see Notes; small values make it hard.
    n_init : int, default=10
        Starts of K-means, of which the best is taken; 1 takes a tenth of the time.
    max_iter : int, default=300
        Most iterations of K-means.
    word_weights : {"bertopic", "xtra"}, default="bertopic"
        Weights of a topic's words. ``"bertopic"`` is the class TF-IDF that the authors' code takes from
        BERTopic, over the words of all languages together; ``"xtra"`` that of `XTRA`, in each language.

    Notes
    -----
    The embeddings of all documents, languages stacked, are ``E = U S V'``. K-means clusters the rows of U,
    unscaled, so that every direction counts alike, whatever its singular value; where
    there are far fewer topics than singular vectors, those without meaning outweigh the others, and fewer are
    better. A topic's words are weighed by ``t_kw log(1 + A / f_w)``: t_kw is the share of word w in all that
    the documents of cluster k hold, whatever their language, f_w the word's count and A the mean number of
    words of a cluster. Within a language the weights are made to sum to 1.

    The paper has hard clusters, and A without its decimals. Here topic proportions are
    ``softmax(-d_k^2 / (temperature * m))`` with d_k the distance to centroid k and m the mean squared
    distance of the training documents to the centroids of their clusters: the largest proportion is that of
    the paper's cluster. Documents' embeddings are needed for new documents, too; they come from the encoder
    that made those of the training documents. Every number of languages is treated alike. A cluster may hold
    documents of one language only; its words in the others are then all alike.

    References
    ----------
    Chang et al. (2024). Refining Dimensions for Improving Clustering-based Cross-lingual Topic Models.

    Examples
    --------
    >>> from skxtm.backbones import USVD
    >>> USVD(n_dimensions=200)
    USVD(n_dimensions=200)
    """

    def projection(self, vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
        """Map to the rows of U."""
        return left_projection(vectors, self.n_dimensions)


class SVDLR(_ClusterBackbone):
    """Clusters of document embeddings without the dimension that tells languages apart: SVD-LR.

    Parameters
    ----------
    n_dimensions : int, default=100
        Number of singular vectors that are clustered; the authors also try 200 and 500.
    temperature : float, default=0.2
        Of the soft assignment of documents to topics, see `USVD`.
    n_init : int, default=10
        Starts of K-means, of which the best is taken; 1 takes a tenth of the time.
    max_iter : int, default=300
        Most iterations of K-means.
    word_weights : {"bertopic", "xtra"}, default="bertopic"
        Weights of a topic's words, see `USVD`.

    Notes
    -----
    The embeddings of all documents, languages stacked, are ``E = U S V'``. Of all columns of ``U S`` the one
    with the largest absolute t statistic between two languages is left out, then the first ones of those
    left are clustered. With more languages the F statistic of the analysis of variance takes its place,
    whose value for two is t^2. With one language nothing is left out. Words and topic proportions are as in
    `USVD`.

    References
    ----------
    Chang et al. (2024). Refining Dimensions for Improving Clustering-based Cross-lingual Topic Models.

    Examples
    --------
    >>> from skxtm.backbones import SVDLR
    >>> SVDLR(n_init=1)
    SVDLR(n_init=1)
    """

    def projection(self, vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
        """Map to the columns of ``U S`` but the one that tells languages apart."""
        right, _ = right_singular_vectors(vectors, vectors[0].shape[1])
        if len(vectors) > 1 and right.shape[1] > 1:
            right = np.delete(right, language_statistics(vectors, right).argmax(), axis=1)
        return right[:, : self.n_dimensions]


@dataclass(kw_only=True)
class ClusterTopics(LearntTopics):
    """Clusters of document embeddings.

    Attributes
    ----------
    distributions, prior, n_iter, history : object
        As for `LearntTopics`.
    projection : ndarray of shape (n_features, n_kept)
        Map from embeddings to what was clustered.
    centroids : ndarray of shape (n_components, n_kept)
        Centres of the clusters.
    width : float
        Squared distance that divides a proportion by e.
    """

    projection: NDArray[np.float64]
    centroids: NDArray[np.float64]
    width: float

    def proportions(self, documents: Documents, language: int) -> NDArray[np.float64]:
        """Topic proportions, as `USVD` states."""
        assert documents.vectors is not None
        rows = documents.vectors @ self.projection
        # the squared length of a row itself is the same for all topics
        distances = (self.centroids**2).sum(1) - 2 * rows @ self.centroids.T
        return softmax(-distances / self.width, axis=1)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Projection, centroids and width."""
        return {
            "projection": self.projection,
            "centroids": self.centroids,
            "width": np.array([self.width]),
        }
