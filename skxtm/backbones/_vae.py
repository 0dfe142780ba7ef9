"""What the networks share in which every language has an encoder and topic-word weights of its own."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from skxtm.backbones._decoder import ProductDecoder
from skxtm.backbones.base import BackboneNetwork, Batch, CorpusShape
from skxtm.modules.encoder import CountsLinear, GaussianHead, dropout
from skxtm.modules.prior import LaplacePrior
from skxtm.modules.sparse import SparseRows


@dataclass(frozen=True, slots=True)
class VariationalTerms:
    """What one pass through the variational autoencoders of all languages gives.

    Attributes
    ----------
    reconstruction, divergence : scalar Tensor
        Means over the batch, summed over languages, in nats per document.
    means, logvars : tuple of Tensor of shape (n_documents, n_components)
        The latent Gaussians of each language.
    proportions : tuple of Tensor of shape (n_documents, n_components)
        The sampled topic proportions.
    thetas : tuple of Tensor of shape (n_documents, n_components)
        The same after dropout.
    """

    reconstruction: Tensor
    divergence: Tensor
    means: tuple[Tensor, ...]
    logvars: tuple[Tensor, ...]
    proportions: tuple[Tensor, ...]
    thetas: tuple[Tensor, ...]


class CountsEncoder(nn.Module):
    """An encoder of its own: from word counts to the latent Gaussian.

    Parameters
    ----------
    n_words : int
        Size of the vocabulary.
    n_units : int
        Size of both hidden layers.
    n_components : int
        Number of topics.
    dropout : float
        Dropout rate of the second hidden layer.
    eps, momentum : float
        Settings of the batch normalisations.
    """

    def __init__(
        self,
        n_words: int,
        n_units: int,
        n_components: int,
        *,
        dropout: float,
        eps: float,
        momentum: float | None,
    ) -> None:
        super().__init__()
        self.first_layer = CountsLinear(n_words, n_units)
        self.head = GaussianHead(n_units, n_components, dropout=dropout, eps=eps, momentum=momentum)

    def forward(self, counts: SparseRows, generator: Generator | None = None) -> tuple[Tensor, Tensor]:
        """Map counts (n_documents, n_words) to mean and log-variance (n_documents, n_components)."""
        mean, logvar = self.head(self.first_layer(counts), generator)
        return mean, logvar


@torch.no_grad()
def pass_through_encoder(network: BackboneNetwork, batch: Batch) -> None:
    """Encode a batch for nothing but the running statistics of the batch normalisations."""
    for language, counts in enumerate(batch.counts):
        network.encode(counts, language, batch.generator)


class OwnWeightsNetwork(BackboneNetwork):
    """Every language is decoded with its own topic-word weights phi; subclasses encode and add losses.

    Parameters
    ----------
    shape : CorpusShape
        The sizes.
    concentration : Tensor of shape (n_components,)
        Of the prior, see `LaplacePrior`.
    dropout : float
        Dropout rate of theta.
    eps, momentum : float
        Settings of the decoders' batch normalisations.
    """

    def __init__(
        self, shape: CorpusShape, concentration: Tensor, *, dropout: float, eps: float, momentum: float | None
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.prior = LaplacePrior(concentration)
        self.phi = nn.ParameterList(
            nn.init.xavier_uniform_(torch.empty(V, shape.n_components)) for V in shape.vocabulary_sizes
        )
        self.decoders = nn.ModuleList(
            ProductDecoder(V, eps=eps, momentum=momentum) for V in shape.vocabulary_sizes
        )

    def variational_terms(self, batch: Batch) -> VariationalTerms:
        """Encode, sample and decode the documents of every language."""
        nlls, divergences, gaussians, proportions, thetas = [], [], [], [], []
        for language, counts in enumerate(batch.counts):
            mean, logvar = self.encode(counts, language, batch.generator)
            sampled = self.sample_theta(mean, logvar, batch.generator)
            theta = dropout(sampled, self.dropout, batch.generator)
            nlls.append(self.reconstruction(theta, counts, language, self.phi[language]).mean())
            divergences.append(self.divergence(mean, logvar).mean())
            gaussians.append((mean, logvar))
            proportions.append(sampled)
            thetas.append(theta)
        means, logvars = zip(*gaussians, strict=True)
        return VariationalTerms(
            torch.stack(nlls).sum(),
            torch.stack(divergences).sum(),
            means,
            logvars,
            tuple(proportions),
            tuple(thetas),
        )

    def topic_word(self) -> tuple[Tensor, ...]:
        """Every language's own weights."""
        return tuple(self.phi)

    def reconstruction(self, theta: Tensor, counts: SparseRows, language: int, topic_word: Tensor) -> Tensor:
        """Negative log-likelihood of the counts given theta."""
        decoder = self.decoders[language]
        assert isinstance(decoder, ProductDecoder)
        return decoder.nll(theta, topic_word, counts)
