"""GloCTM: Phat et al., Cross-Lingual Topic Modeling via a Global Context Space, AAAI 2026."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Generator, Tensor, nn

from skxtm.backbones._augmentation import neighbour_matrix, polyglot_augmentation
from skxtm.backbones._decoder import ProductDecoder
from skxtm.backbones._vae import CountsEncoder, OwnWeightsNetwork
from skxtm.backbones.base import Batch, CorpusShape, Materials, NetworkBackbone, Step, check_range
from skxtm.losses.divergence import gaussian_kl
from skxtm.losses.kernel import linear_cka
from skxtm.modules.encoder import dropout
from skxtm.modules.sparse import SparseRows


class GloCTM(NetworkBackbone):
    """Topics aligned through documents that are spelled out in the words of all languages.

    Besides an encoder and topic-word weights phi per language there is a global autoencoder. It sees every
    document augmented by the nearest words of its words in all languages, and decodes with the languages'
    weights side by side. The local encoders are drawn to the global one, and the topic proportions to
    the geometry of document embeddings.

    Parameters
    ----------
    weight_kl : float >= 0, default=4.0
        Weight of the divergence of the local from the global posterior. Published: 4 on EC News, 3 on Amazon
        Review, 2 on Rakuten Amazon.
    weight_cka : float >= 0, default=450.0
        Weight of the alignment with document embeddings. Published: 450 on EC News and Rakuten Amazon, 300 on
        Amazon Review.
    n_neighbours : int, default=3
        Nearest words taken in each language when a document is augmented. Published: 3 on EC News and Amazon
        Review, 12 on Rakuten Amazon.
    concentration : float > 0, default=1.0
        Of the symmetric Dirichlet prior whose Laplace approximation the latent Gaussian is held to.
    n_units : int, default=100
        Size of the local encoders' two hidden layers.
    n_global_units : int, default=200
        Size of the global encoder's.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the hidden layers and of theta.
    batch_norm_eps : float, default=1e-5
        Added to the variance in every batch normalisation.
    batch_norm_momentum : float or None, default=0.1
        Weight of the newest batch in the running statistics by which evaluation normalises. None computes
        these once training is over, with the final weights, by one more pass through the documents: better
        after a training so short that the learning rate is still high.
    learning_rate : float, default=2e-3
        Of Adam.
    decay_every : int or None, default=125
        Epochs after which the learning rate is multiplied by `decay`; None for never.
    decay : float, default=0.5
        The factor.
    max_epochs : int, default=150
        Passes over the largest language.
    batch_size : int, default=128
        Documents of each language in a step.

    Notes
    -----
    Needs embeddings of words and of documents. An augmented document holds, for each of its word types, one
    for the word itself, for each of its `n_neighbours` nearest in its own language, and for each of those
    in every other language.

    With more than two languages all terms are sums over languages, and neighbours are taken in each of them;
    for two this is the published formula. One topic is to explain the documents and the spelled-out ones, so
    that its words are as frequent as in both; its proportions, all 1, have no similarity with embeddings.

    Departures from the published code: running statistics of the batch normalisations start as plain
    averages (see `ShiftBatchNorm`); the logarithm in the reconstruction has no floor of 1e-10, and the norms
    in CKA no 1e-8; a step pairs documents in a new random order; a last batch of one document joins its
    neighbour. A word without an embedding has no neighbours. Topic proportions are ``softmax(mu)`` of the
    local encoder, where that code evaluates ``mu`` itself. That code embeds words and documents with two
    sentence-transformers models; without such, both come from `AlignedWordEncoder`.

    References
    ----------
    Phat et al. (2026). GloCTM: Cross-Lingual Topic Modeling via a Global Context Space. AAAI.

    Examples
    --------
    >>> from skxtm.backbones import GloCTM
    >>> GloCTM(n_neighbours=12, weight_kl=2)
    GloCTM(n_neighbours=12, weight_kl=2)
    """

    needs: ClassVar[frozenset[str]] = frozenset({"word_vectors", "document_vectors"})
    min_languages: ClassVar[int] = 2

    def __init__(
        self,
        *,
        weight_kl: float = 4.0,
        weight_cka: float = 450.0,
        n_neighbours: int = 3,
        concentration: float = 1.0,
        n_units: int = 100,
        n_global_units: int = 200,
        dropout: float = 0.0,
        batch_norm_eps: float = 1e-5,
        batch_norm_momentum: float | None = 0.1,
        learning_rate: float = 2e-3,
        decay_every: int | None = 125,
        decay: float = 0.5,
        max_epochs: int = 150,
        batch_size: int = 128,
    ) -> None:
        self.weight_kl = weight_kl
        self.weight_cka = weight_cka
        self.n_neighbours = n_neighbours
        self.concentration = concentration
        self.n_units = n_units
        self.n_global_units = n_global_units
        self.dropout = dropout
        self.batch_norm_eps = batch_norm_eps
        self.batch_norm_momentum = batch_norm_momentum
        self.learning_rate = learning_rate
        self.decay_every = decay_every
        self.decay = decay
        self.max_epochs = max_epochs
        self.batch_size = batch_size

    def check(self) -> None:
        """Check the hyperparameters; see `Backbone.check`."""
        super().check()
        for name in ("weight_kl", "weight_cka"):
            check_range(self, name, 0, None)
        for name, least in {"n_neighbours": 0, "n_units": 1, "n_global_units": 1}.items():
            check_range(self, name, least, None, integer=True)
        check_range(self, "concentration", 0, None, open_low=True)
        check_range(self, "dropout", 0, 0.99)

    def prepare(self, shape: CorpusShape, materials: Materials) -> dict[str, NDArray[Any]]:
        """Find every word's nearest words."""
        assert materials.word_vectors is not None
        neighbours = neighbour_matrix(materials.word_vectors, self.n_neighbours)
        return {"neighbours": np.stack(neighbours.nonzero()).astype(np.int64)}

    def augment(
        self, constants: Mapping[str, NDArray[Any]], counts: Sequence[sparse.csr_array]
    ) -> tuple[sparse.csr_array, ...]:
        """Spell every document out in the words of all languages."""
        ends = np.cumsum([block.shape[1] for block in counts])
        places = constants["neighbours"]
        ones = np.ones(places.shape[1], dtype=np.float32)
        neighbours = sparse.csr_array((ones, tuple(places)), shape=(ends[-1], ends[-1]))
        return tuple(
            polyglot_augmentation(block, end - block.shape[1], neighbours)
            for block, end in zip(counts, ends, strict=True)
        )

    def build(self, shape: CorpusShape, constants: Mapping[str, Tensor]) -> GloCTMNetwork:
        """Build the untrained network."""
        return GloCTMNetwork(self, shape)


class GloCTMNetwork(OwnWeightsNetwork):
    """The network of `GloCTM`."""

    def __init__(self, backbone: GloCTM, shape: CorpusShape) -> None:
        K, V = shape.n_components, sum(shape.vocabulary_sizes)
        norm: dict[str, Any] = {"eps": backbone.batch_norm_eps, "momentum": backbone.batch_norm_momentum}
        options: dict[str, Any] = {"dropout": backbone.dropout, **norm}
        super().__init__(shape, torch.full((K,), float(backbone.concentration)), **options)
        self.weight_kl = backbone.weight_kl
        self.weight_cka = backbone.weight_cka
        self.encoders = nn.ModuleList(
            CountsEncoder(size, backbone.n_units, K, **options) for size in shape.vocabulary_sizes
        )
        self.global_encoder = CountsEncoder(V, backbone.n_global_units, K, **options)
        self.global_decoder = ProductDecoder(V, **norm)

    def step(self, batch: Batch) -> Step:
        """Local and global autoencoders, their agreement, and that with embeddings, summed over languages."""
        local = self.variational_terms(batch)
        joint_weights = torch.cat(tuple(self.phi))  # (V, K)
        nlls, divergences, agreements, distances = [], [], [], []
        for language, augmented in enumerate(batch.augmented):
            mean, logvar = self.global_encoder(augmented, batch.generator)
            theta = self.sample_theta(mean, logvar, batch.generator)
            theta = dropout(theta, self.dropout, batch.generator)
            nlls.append(self.global_decoder.nll(theta, joint_weights, augmented).mean())
            divergences.append(self.divergence(mean, logvar).mean())
            local_gaussian = local.means[language], local.logvars[language]
            agreements.append(gaussian_kl(*local_gaussian, mean, logvar).mean())
            distances.append(1 - linear_cka(local.thetas[language], batch.document_vectors[language]))
        losses = {
            "reconstruction": local.reconstruction,
            "kl": local.divergence,
            "global_reconstruction": torch.stack(nlls).sum(),
            "global_kl": torch.stack(divergences).sum(),
            "agreement": self.weight_kl * torch.stack(agreements).sum(),
            "cka": self.weight_cka * torch.stack(distances).sum(),
        }
        return Step(losses, local.proportions, tuple(self.phi))

    def encode(
        self, counts: SparseRows, language: int, generator: Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the latent Gaussian, by the language's own encoder."""
        mean, logvar = self.encoders[language](counts, generator)
        return mean, logvar
