"""XTRA: Nguyen et al., Cross-Lingual Topic Modeling with Topic and Representation Alignments, 2025."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from skxtm.backbones._clusters import class_tfidf
from skxtm.backbones._vae import OwnWeightsNetwork
from skxtm.backbones.base import (
    Batch,
    Clustering,
    CorpusShape,
    Materials,
    NetworkBackbone,
    Step,
    check_range,
)
from skxtm.losses.contrastive import paired_contrastive_loss, supervised_contrastive_loss
from skxtm.modules.encoder import CountsLinear, GaussianHead, dropout
from skxtm.modules.sparse import SparseRows

_LEAST_CONCENTRATION = 1e-6  # of a cluster without documents


class XTRA(NetworkBackbone):
    """Topics that start from clusters of document embeddings, aligned by three contrastive losses.

    Clusters give the prior and the first topic-word weights. Then documents of the same cluster are to have
    like topic proportions, the same topic like words in all languages, and topic proportions are to tell
    which embedding is their document's.

    Parameters
    ----------
    weight_clusters : float >= 0, default=10.0
        Weight of the contrastive loss of documents in the same cluster.
    weight_topics : float >= 0, default=7.0
        Weight of the contrastive loss of topics. Published: 7 on EC News, 15 on Amazon Review, 5 on Rakuten
        Amazon.
    weight_documents : float >= 0, default=80.0
        Weight of the contrastive loss of documents and their embeddings. Published: 80 on EC News, 95 on
        Amazon Review, 85 on Rakuten Amazon.
    temperature : float > 0, default=0.2
        By which cosines are divided in the loss of clusters; the other two have none.
    n_first_units : int, default=1000
        Size of the encoder's first hidden layer, one per language.
    n_units : int, default=300
        Size of its two further hidden layers, shared by the languages.
    n_projected : int, default=384
        Dimensions in which the topics of different languages are compared.
    dropout : float in [0, 1), default=0.2
        Dropout rate of the first and last hidden layer, of theta, and of the projections in the losses.
    cluster_language : str or None, default=None
        Language whose documents are clustered; the others' are assigned. None takes the first language.
    cluster_dimensions : int, default=100
        Number of left singular vectors of the document embeddings that are clustered.
    batch_norm_eps : float, default=1e-5
        Added to the variance in every batch normalisation.
    batch_norm_momentum : float or None, default=0.1
        Weight of the newest batch in the running statistics by which evaluation normalises. None computes
        these once training is over, with the final weights, by one more pass through the documents: better
        after a training so short that the learning rate is still high.
    learning_rate : float, default=2e-3
        Of Adam.
    decay_every : int or None, default=250
        Epochs after which the learning rate is multiplied by `decay`; None for never.
    decay : float, default=0.5
        The factor.
    max_gradient_norm : float or None, default=1.0
        Norm of all gradients together above which they are scaled down to it; None for never. The paper does
        not mention it, the published code does it.
    max_epochs : int, default=800
        Passes over the largest language.
    batch_size : int, default=128
        Documents of each language in a step.

    Notes
    -----
    Needs embeddings and clusters of documents; there are as many clusters as topics. Where clusters are not
    given, all embeddings are stacked, ``E = U S V'``, and rows of U scaled to length 1; those of one language
    are clustered by K-means, one start, the others' assigned to the centroid of largest cosine.

    Defaults are those published with LLM-XTM (Xuan et al., ACL 2026), which also has the form of the cluster
    loss used here, see `skxtm.losses.supervised_contrastive_loss`.

    With more than two languages the clusters' loss takes the documents of all languages together, the topics'
    loss is the mean over the pairs of languages, and the documents' loss the sum over languages. For two
    these are the formulas of that code, but for one direction of the topics' loss: there English's
    projection is applied to the other language, which only vocabularies of one size allow; here every
    language has its own in both directions. With one topic, the loss of topics is 0 and that
    of clusters has no gradient.

    Departures from the published code: it clusters English, by K-means of cuML, which starts otherwise than
    scikit-learn's, and does not scale centroids to length 1 when assigning documents; the prior's
    concentrations are cluster sizes over their mean, without 1e-6 added but at least 1e-6; logarithms and
    cosines have no small constants inside; running statistics of the batch normalisations start as plain
    averages (see `ShiftBatchNorm`); a step pairs documents in a new random order; a last batch of one
    document joins its neighbour. Topic proportions are ``softmax(mu)`` where that code evaluates ``mu``
    itself. The code of LLM-XTM passes every batch through the encoder twice, which updates the running
    statistics twice; XTRA's own once, as here.

    References
    ----------
    Nguyen et al. (2025). XTRA: Cross-Lingual Topic Modeling with Topic and Representation Alignments.

    Examples
    --------
    >>> from skxtm.backbones import XTRA
    >>> XTRA(weight_topics=15, weight_documents=95)
    XTRA(weight_documents=95, weight_topics=15)
    """

    needs: ClassVar[frozenset[str]] = frozenset({"document_vectors", "clusters"})
    min_languages: ClassVar[int] = 2

    def __init__(
        self,
        *,
        weight_clusters: float = 10.0,
        weight_topics: float = 7.0,
        weight_documents: float = 80.0,
        temperature: float = 0.2,
        n_first_units: int = 1000,
        n_units: int = 300,
        n_projected: int = 384,
        dropout: float = 0.2,
        cluster_language: str | None = None,
        cluster_dimensions: int = 100,
        batch_norm_eps: float = 1e-5,
        batch_norm_momentum: float | None = 0.1,
        learning_rate: float = 2e-3,
        decay_every: int | None = 250,
        decay: float = 0.5,
        max_gradient_norm: float | None = 1.0,
        max_epochs: int = 800,
        batch_size: int = 128,
    ) -> None:
        self.weight_clusters = weight_clusters
        self.weight_topics = weight_topics
        self.weight_documents = weight_documents
        self.temperature = temperature
        self.n_first_units = n_first_units
        self.n_units = n_units
        self.n_projected = n_projected
        self.dropout = dropout
        self.cluster_language = cluster_language
        self.cluster_dimensions = cluster_dimensions
        self.batch_norm_eps = batch_norm_eps
        self.batch_norm_momentum = batch_norm_momentum
        self.learning_rate = learning_rate
        self.decay_every = decay_every
        self.decay = decay
        self.max_gradient_norm = max_gradient_norm
        self.max_epochs = max_epochs
        self.batch_size = batch_size

    def check(self) -> None:
        """Check the hyperparameters; see `Backbone.check`."""
        super().check()
        for name in ("weight_clusters", "weight_topics", "weight_documents"):
            check_range(self, name, 0, None)
        check_range(self, "temperature", 0, None, open_low=True)
        for name in ("n_first_units", "n_units", "n_projected", "cluster_dimensions"):
            check_range(self, name, 1, None, integer=True)
        check_range(self, "dropout", 0, 0.99)

    def clustering(self) -> Clustering:
        """Say how to cluster documents; see `Backbone.clustering`."""
        return Clustering(self.cluster_language, self.cluster_dimensions)

    def prepare(self, shape: CorpusShape, materials: Materials) -> dict[str, NDArray[Any]]:
        """Keep the clusters' sizes, their words, and the size of the documents' embeddings."""
        assert materials.document_vectors is not None
        assert materials.clusters is not None
        K = shape.n_components
        constants: dict[str, NDArray[Any]] = {
            "cluster_sizes": np.bincount(np.concatenate(materials.clusters), minlength=K).astype(np.float32),
            "n_dimensions": np.array(materials.document_vectors[0].shape[1:]),
        }
        for number, (counts, clusters) in enumerate(zip(materials.counts, materials.clusters, strict=True)):
            constants[f"class_tfidf.{number}"] = class_tfidf(counts, clusters, K).astype(np.float32)
        return constants

    def build(self, shape: CorpusShape, constants: Mapping[str, Tensor]) -> XTRANetwork:
        """Build the untrained network."""
        return XTRANetwork(self, shape, constants)


class XTRANetwork(OwnWeightsNetwork):
    """The network of `XTRA`."""

    def __init__(self, backbone: XTRA, shape: CorpusShape, constants: Mapping[str, Tensor]) -> None:
        K, sizes = shape.n_components, shape.vocabulary_sizes
        options: dict[str, Any] = {
            "dropout": backbone.dropout,
            "eps": backbone.batch_norm_eps,
            "momentum": backbone.batch_norm_momentum,
        }
        super().__init__(shape, cluster_concentration(constants["cluster_sizes"]), **options)
        self.temperature = backbone.temperature
        self.weights = {
            "clusters": backbone.weight_clusters,
            "topics": backbone.weight_topics,
            "alignment": backbone.weight_documents,
        }
        self.first_layers = nn.ModuleList(CountsLinear(V, backbone.n_first_units) for V in sizes)
        self.shared_layer = nn.Linear(backbone.n_first_units, backbone.n_units)
        self.head = GaussianHead(backbone.n_units, K, **options)
        self.topic_projections = nn.ModuleList(nn.Linear(V, backbone.n_projected) for V in sizes)
        self.document_projection = nn.Linear(K, int(constants["n_dimensions"].item()))
        with torch.no_grad():
            for number, phi in enumerate(self.phi):
                phi.copy_(constants[f"class_tfidf.{number}"].T)

    def step(self, batch: Batch) -> Step:
        """Reconstruction and divergence from the prior, summed over languages; three contrastive losses."""
        terms = self.variational_terms(batch)
        contrasts = {
            "clusters": supervised_contrastive_loss(
                torch.cat(terms.thetas), torch.cat(batch.clusters), self.temperature
            ),
            "topics": self._topic_contrast(batch.generator),
            "alignment": self._document_contrast(terms.thetas, batch),
        }
        weighted = {name: self.weights[name] * value for name, value in contrasts.items()}
        return Step(
            {"reconstruction": terms.reconstruction, "kl": terms.divergence, **weighted},
            terms.proportions,
            tuple(self.phi),
        )

    def encode(
        self, counts: SparseRows, language: int, generator: Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the latent Gaussian."""
        hidden = F.relu(self.first_layers[language](counts))
        if self.training:
            hidden = dropout(hidden, self.dropout, generator)
        mean, logvar = self.head(self.shared_layer(hidden), generator)
        return mean, logvar

    def _topic_contrast(self, generator: Generator | None) -> Tensor:
        """Mean over the ordered pairs of languages; each draws its own dropout."""
        projected = [
            projection(phi.T) for projection, phi in zip(self.topic_projections, self.phi, strict=True)
        ]
        losses = []
        for pair in combinations(projected, 2):
            for first, second in (pair, pair[::-1]):
                first, second = (dropout(values, self.dropout, generator) for values in (first, second))
                losses.append(paired_contrastive_loss(first, second))
        return torch.stack(losses).mean()

    def _document_contrast(self, thetas: tuple[Tensor, ...], batch: Batch) -> Tensor:
        """Sum over languages."""
        losses = []
        for theta, vectors in zip(thetas, batch.document_vectors, strict=True):
            projected = dropout(self.document_projection(theta), self.dropout, batch.generator)
            losses.append(paired_contrastive_loss(projected, vectors))
        return torch.stack(losses).sum()


def cluster_concentration(sizes: Tensor) -> Tensor:
    """Concentration of the prior (K,): sizes of clusters over their mean, floored."""
    return (sizes / sizes.mean()).clamp_min(_LEAST_CONCENTRATION)
