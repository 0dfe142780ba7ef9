"""The published formulations of the backbones with a network, with nothing but dense arrays and autograd.

Each takes the parameters of the package's own network, so that both sides start alike, and the same noise.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from skxtm.backbones.base import Batch, CorpusShape, Materials

FLOOR = 1e-10  # inside the published codes' logarithms


class Dense:
    """What the four have in common: dense documents, encoders, decoders, divergences.

    Parameters
    ----------
    backbone, network, shape, materials, constants
        Of the package, for the same corpus.
    """

    def __init__(
        self, backbone: Any, network: Any, shape: CorpusShape, materials: Materials, constants: Any
    ) -> None:
        self.backbone, self.network = backbone, network
        self.corpus = [torch.as_tensor(block.toarray(), dtype=torch.float32) for block in materials.counts]
        K = shape.n_components
        alpha = torch.ones(K)
        self.prior = alpha.log() - alpha.log().mean(), ((1 - 2 / K) / alpha + (1 / alpha).sum() / K**2).log()

    def loss(self, batch: Batch) -> Tensor:
        """Sum of all losses of a batch, in nats per document."""
        documents = [corpus[rows] for corpus, rows in zip(self.corpus, batch.rows, strict=True)]
        return self.terms(documents, batch)

    def terms(self, documents: list[Tensor], batch: Batch) -> Tensor:
        """Sum of all losses, given the documents' rows."""
        raise NotImplementedError

    def autoencode(self, x: Tensor, first: Tensor, head: Any, beta: Tensor, norm: Any, noise: Any) -> Any:
        """Loss of a variational autoencoder, and its mean, logvar and theta."""
        hidden = F.softplus(head.hidden(F.softplus(first)))
        mean = self.norm(head.mean(hidden), head.mean_norm)
        logvar = self.norm(head.logvar(hidden), head.logvar_norm)
        theta = torch.softmax(mean + (logvar / 2).exp() * torch.empty_like(mean).normal_(generator=noise), 1)
        p = torch.softmax(self.norm(theta @ beta, norm), 1)  # (B, V)
        loss = -(x * (p + FLOOR).log()).sum(1).mean() + divergence(mean, logvar, *self.prior)
        return loss, mean, logvar, theta

    @staticmethod
    def norm(values: Tensor, norm: Any) -> Tensor:
        """Batch normalisation with a scale of 1."""
        return F.batch_norm(values, None, None, None, norm.shift, training=True, eps=norm.eps)


class DenseNMTM(Dense):
    """NMTM, with the matrices M written out."""

    def __init__(self, backbone: Any, network: Any, shape: Any, materials: Materials, constants: Any) -> None:
        super().__init__(backbone, network, shape, materials, constants)
        translations = torch.as_tensor(materials.lexicons[0, 1].toarray(), dtype=torch.float32)
        totals = [corpus.sum(0) for corpus in self.corpus]
        self.forth = mapping(translations, totals[0], backbone.smoothing)  # (V_1, V_2)
        self.back = mapping(translations.T, totals[1], backbone.smoothing)  # (V_2, V_1)

    def terms(self, documents: list[Tensor], batch: Batch) -> Tensor:
        """Two variational autoencoders with mixed topic-word weights."""
        network, lam = self.network, self.backbone.lam
        first, second = (phi.T for phi in network.phi)
        betas = lam * second @ self.back + (1 - lam) * first, lam * first @ self.forth + (1 - lam) * second
        loss = torch.zeros(())
        for x, beta, layer, decoder in zip(
            documents, betas, network.first_layers, network.decoders, strict=True
        ):
            hidden = x @ layer.weight + layer.bias
            loss = loss + self.autoencode(x, hidden, network.head, beta, decoder, batch.generator)[0]
        return loss


class DenseInfoCTM(Dense):
    """InfoCTM, with every V_1 x V_2 matrix written out."""

    def __init__(self, backbone: Any, network: Any, shape: Any, materials: Materials, constants: Any) -> None:
        super().__init__(backbone, network, shape, materials, constants)
        lexicon = torch.as_tensor(materials.lexicons[0, 1].toarray(), dtype=torch.float32)
        similar = [
            (unit(torch.as_tensor(words)) @ unit(torch.as_tensor(words)).T >= backbone.similarity_threshold)
            for words in materials.word_vectors or ()
        ]
        self.positives = similar[0].float() @ lexicon, similar[1].float() @ lexicon.T
        self.negatives = tuple((counts <= 0).float() for counts in self.positives)

    def terms(self, documents: list[Tensor], batch: Batch) -> Tensor:
        """Two variational autoencoders and TAMI."""
        network = self.network
        loss = torch.zeros(())
        for number, x in enumerate(documents):
            encoder = network.encoders[number]
            hidden = x @ encoder.first_layer.weight + encoder.first_layer.bias
            beta = network.phi[number].T
            decoder = network.decoders[number]
            loss = loss + self.autoencode(x, hidden, encoder.head, beta, decoder, batch.generator)[0]
        features = tuple(network.phi)
        both = self.direction(features, 0) + self.direction(features[::-1], 1)
        return loss + self.backbone.weight_mi * both / sum(counts.sum() for counts in self.positives)

    def direction(self, features: Sequence[Tensor], number: int) -> Tensor:
        """Contrast every word of a language with all of the other, (V_1, V_2) at a time."""
        logits = unit(features[0]) @ unit(features[1]).T / self.backbone.temperature
        logits = logits - logits.max(1, keepdim=True).values.detach()
        others = (logits.exp() * self.negatives[number]).sum(1, keepdim=True)
        return -(self.positives[number] * (logits - (others + logits.exp() + FLOOR).log())).sum()


class DenseXTRA(Dense):
    """XTRA, with dense documents."""

    def __init__(self, backbone: Any, network: Any, shape: Any, materials: Materials, constants: Any) -> None:
        super().__init__(backbone, network, shape, materials, constants)
        self.prior = network.prior.mean, network.prior.logvar

    def terms(self, documents: list[Tensor], batch: Batch) -> Tensor:
        """Two variational autoencoders and three contrastive losses; without dropout."""
        network, backbone = self.network, self.backbone
        loss, thetas = torch.zeros(()), []
        for number, x in enumerate(documents):
            layer = network.first_layers[number]
            hidden = network.shared_layer(F.relu(x @ layer.weight + layer.bias))
            beta, decoder = network.phi[number].T, network.decoders[number]
            own, _, _, theta = self.autoencode(x, hidden, network.head, beta, decoder, batch.generator)
            loss, thetas = loss + own, [*thetas, theta]
        loss = loss + backbone.weight_clusters * self.clusters(torch.cat(thetas), torch.cat(batch.clusters))
        first, second = (
            projection(phi.T) for projection, phi in zip(network.topic_projections, network.phi, strict=True)
        )
        loss = loss + backbone.weight_topics * (paired(first, second) + paired(second, first)) / 2
        for theta, vectors in zip(thetas, batch.document_vectors, strict=True):
            loss = loss + backbone.weight_documents * paired(network.document_projection(theta), vectors)
        return loss

    def clusters(self, theta: Tensor, labels: Tensor) -> Tensor:
        """Supervised contrast over the documents of both languages."""
        logits = unit(theta) @ unit(theta).T / self.backbone.temperature
        other = ~torch.eye(len(theta), dtype=torch.bool)
        positive = (labels[:, None] == labels) & other
        log_p = logits - torch.logsumexp(logits.masked_fill(~other, -torch.inf), 1, keepdim=True)
        has_positive = positive.any(1)
        means = (log_p * positive).sum(1)[has_positive] / positive.sum(1)[has_positive]
        return -means.mean()


class DenseGloCTM(Dense):
    """GloCTM, with dense documents and dense augmented documents over both vocabularies."""

    def __init__(self, backbone: Any, network: Any, shape: Any, materials: Materials, constants: Any) -> None:
        super().__init__(backbone, network, shape, materials, constants)
        augmented = backbone.augment(constants, materials.counts)
        self.augmented = [torch.as_tensor(block.toarray(), dtype=torch.float32) for block in augmented]

    def terms(self, documents: list[Tensor], batch: Batch) -> Tensor:
        """Local and global variational autoencoders, their agreement, and CKA."""
        network, backbone = self.network, self.backbone
        loss, local = torch.zeros(()), []
        for number, x in enumerate(documents):
            encoder, decoder = network.encoders[number], network.decoders[number]
            hidden = x @ encoder.first_layer.weight + encoder.first_layer.bias
            beta = network.phi[number].T
            own, *gaussian = self.autoencode(x, hidden, encoder.head, beta, decoder, batch.generator)
            loss, local = loss + own, [*local, gaussian]
        joint = torch.cat([phi.T for phi in network.phi], 1)
        encoder = network.global_encoder
        for number, rows in enumerate(batch.rows):
            x = self.augmented[number][rows]
            hidden = x @ encoder.first_layer.weight + encoder.first_layer.bias
            own, mean, logvar, _ = self.autoencode(
                x, hidden, encoder.head, joint, network.global_decoder, batch.generator
            )
            local_mean, local_logvar, theta = local[number]
            loss = loss + own + backbone.weight_kl * divergence(local_mean, local_logvar, mean, logvar)
            loss = loss + backbone.weight_cka * (1 - cka(theta, batch.document_vectors[number]))
        return loss


DENSE = {"nmtm": DenseNMTM, "infoctm": DenseInfoCTM, "xtra": DenseXTRA, "gloctm": DenseGloCTM}


def mapping(translations: Tensor, totals: Tensor, smoothing: float) -> Tensor:
    """Shares of translations, each with something added."""
    matrix = translations * totals[:, None] + smoothing
    return matrix / matrix.sum(1, keepdim=True)


def unit(rows: Tensor) -> Tensor:
    """Scale rows to length 1."""
    return F.normalize(rows, dim=1)


def paired(first: Tensor, second: Tensor) -> Tensor:
    """Contrast of each row with the row of the same number."""
    return F.cross_entropy(unit(first) @ unit(second).T, torch.arange(len(first)))


def divergence(mean: Tensor, logvar: Tensor, other_mean: Tensor, other_logvar: Tensor) -> Tensor:
    """Mean KL of diagonal Gaussians."""
    variance = other_logvar.exp()
    terms = logvar.exp() / variance + (mean - other_mean) ** 2 / variance + other_logvar - logvar - 1
    return 0.5 * terms.sum(1).mean()


def cka(theta: Tensor, vectors: Tensor) -> Tensor:
    """Linear CKA in double precision."""
    S, T = (part.double() - part.double().mean(0) for part in (theta, vectors))
    return ((S.T @ T).norm() / ((S.T @ S).norm() * (T.T @ T).norm()).sqrt()).float()
