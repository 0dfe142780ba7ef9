"""What phase 2 of LLM-XTM adds to a backbone's own losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from skxtm.backbones.base import BackboneNetwork, Batch, Step
from skxtm.losses.divergence import categorical_kl
from skxtm.losses.kernel import (
    cosine_distances,
    gaussian_kernel,
    maximum_mean_discrepancy,
    median_bandwidth,
)
from skxtm.losses.transport import entropic_transport


class Objective(Protocol):
    """Further loss terms that a trainer adds to those of the network."""

    def start_epoch(self, network: BackboneNetwork) -> None:
        """Prepare for an epoch."""

    def terms(self, step: Step, batch: Batch) -> dict[str, Tensor]:
        """Named, weighted loss terms of one step."""


@dataclass(frozen=True, slots=True)
class RefinementWeights:
    """How strongly, and in which form, a model is drawn to refined topics.

    Attributes
    ----------
    words : float
        Weight of the discrepancy between top words and refined words; 0 leaves it out.
    documents : float
        Weight of the divergence between topic proportions and document embeddings; 0 leaves it out.
    divergence : {"mmd", "transport"}
        Maximum mean discrepancy, or entropy-regularised optimal transport.
    bandwidth_factors : tuple of float
        Factors of the median distance, one Gaussian kernel each.
    regularisation : float
        Entropy of the transport.
    n_top_words : int
        Words of a topic and language that are drawn.
    language_weights : {"equal", "probability"}
        Whether the top words of every language weigh the same together, or each word in proportion to its
        probability, whatever its language.
    topic_average : {"all", "refined"}
        Over which topics the discrepancy of words is averaged.
    support : {"union", "top"}
        Whether the present top words and the refined words get a gradient, or the top words alone.
    temperature : float
        By which cosines of documents and topics are divided.
    direction : {"forward", "reverse", "released"}
        KL(theta || target), KL(target || theta), or KL(target || softmax(theta)).
    document_reduction : {"mean", "sum"}
        Mean over documents, then over languages; or the sum over all documents of a step.
    """

    words: float
    documents: float
    divergence: Literal["mmd", "transport"] = "mmd"
    bandwidth_factors: tuple[float, ...] = (1.0,)
    regularisation: float = 0.1
    n_top_words: int = 15
    language_weights: Literal["equal", "probability"] = "equal"
    topic_average: Literal["all", "refined"] = "all"
    support: Literal["union", "top"] = "union"
    temperature: float = 0.2
    direction: Literal["forward", "reverse", "released"] = "forward"
    document_reduction: Literal["mean", "sum"] = "mean"


class RefinedTopics:
    """Refined words of every topic as tensors.

    Parameters
    ----------
    words : sequence over topics of sequence over languages of sequence of int
        Refined words, as places in the vocabulary; empty for a topic that was not refined.
    shares : sequence over topics of sequence over languages of sequence of float
        Their vote shares, positive.
    topic_vectors : ndarray of shape (n_components, n_dimensions) or None
        Embeddings of the topics in the space of the documents' embeddings.
    device : torch.device
        Where to.

    Notes
    -----
    The target distribution of a topic gives every language the same weight, and each of its words one in
    proportion to its share. A language without a refined word has no weight.
    """

    def __init__(
        self,
        words: Sequence[Sequence[Sequence[int]]],
        shares: Sequence[Sequence[Sequence[float]]],
        topic_vectors: NDArray[Any] | None,
        device: torch.device,
    ) -> None:
        n_languages = len(words[0])
        places, weights = zip(*(_padded(words, shares, part) for part in range(n_languages)), strict=True)
        total = sum(part.sum(1, keepdims=True) for part in weights)
        is_refined = total[:, 0] > 0
        self.n_refined = int(is_refined.sum())
        self.is_refined = torch.as_tensor(is_refined, device=device)
        self.words = [torch.as_tensor(part, device=device) for part in places]
        self.weights = [
            torch.as_tensor(np.divide(part, total, where=total > 0, out=np.zeros_like(part)), device=device)
            for part in weights
        ]
        self.weights[0][~self.is_refined, 0] = 1  # stands in, so that what is then left out is finite
        self.topic_vectors = None
        if topic_vectors is not None:
            self.topic_vectors = F.normalize(torch.as_tensor(topic_vectors, device=device).float())


class RefinementObjective:
    """Draws a network's topics to refined words, and its topic proportions to document embeddings.

    Two terms, each left out where its weight is 0. `words`: the discrepancy between each topic's top words,
    weighted by their probabilities, and its refined words, weighted by their vote shares; mean over topics,
    where one that was not refined counts 0. `documents`: KL(theta || target) with
    ``target = softmax(cos(h, t) / temperature)`` over the topics' embeddings t for a document's embedding h;
    mean over documents, then over languages.

    Parameters
    ----------
    weights : RefinementWeights
        How strongly.
    word_vectors : sequence of ndarray of shape (V_l, n_dimensions)
        Multilingual embeddings of each language's words.
    topics : RefinedTopics
        What to draw to.
    device : torch.device
        Where the network is.

    Notes
    -----
    As in the published code, a topic's top words are read anew in every epoch. Only their weights carry a
    gradient, so all kernels are computed then, once: a step costs one batched product.
    """

    def __init__(
        self,
        weights: RefinementWeights,
        word_vectors: Sequence[NDArray[Any]],
        topics: RefinedTopics,
        device: torch.device,
    ) -> None:
        self.weights = weights
        self.topics = topics
        self.vectors = [F.normalize(torch.as_tensor(part, device=device).float()) for part in word_vectors]
        self._support: list[Tensor] = []
        self._mask: list[Tensor] = []
        self._costs: tuple[Tensor, ...] = ()

    @torch.no_grad()
    def start_epoch(self, network: BackboneNetwork) -> None:
        """Read the topics' top words, and compute the kernels between them and the refined ones."""
        if not (self.weights.words and self.topics.n_refined):
            return
        n = self.weights.n_top_words
        top = [weights.topk(min(n, len(weights)), 0).indices.T for weights in network.topic_word()]
        self._support, self._mask = top, [torch.ones_like(part, dtype=torch.bool) for part in top]
        if self.weights.support == "union":
            refined = zip(top, self.topics.words, self.topics.weights, strict=True)
            pairs = [_united(part, words, shares > 0) for part, words, shares in refined]
            self._support, self._mask = [first for first, _ in pairs], [second for _, second in pairs]
        self._costs = self._kernels()

    def terms(self, step: Step, batch: Batch) -> dict[str, Tensor]:
        """Named, weighted loss terms of one step."""
        terms = {}
        if self.weights.words and self.topics.n_refined:
            discrepancies = self._discrepancies(step.topic_word).where(self.topics.is_refined, 0)
            n_topics = (
                self.topics.n_refined if self.weights.topic_average == "refined" else len(discrepancies)
            )
            terms["words"] = self.weights.words * discrepancies.sum() / n_topics
        if self.weights.documents and self.topics.topic_vectors is not None:
            divergences = [
                self._misalignment(theta, vectors)
                for theta, vectors in zip(step.proportions, batch.document_vectors, strict=True)
            ]
            if self.weights.document_reduction == "sum":
                divergence = torch.cat(divergences).sum()
            else:
                divergence = torch.stack([part.mean() for part in divergences]).mean()
            terms["documents"] = self.weights.documents * divergence
        return terms

    def _discrepancies(self, topic_word: Sequence[Tensor]) -> Tensor:
        """Compute each topic's discrepancy (K,); that of a topic that was not refined has no meaning."""
        present = self._present_weights(topic_word)
        targets = torch.cat(self.topics.weights, 1)
        if self.weights.divergence == "mmd":
            return maximum_mean_discrepancy(present, targets, *self._costs)
        return entropic_transport(
            present, targets, self._costs[0], regularisation=self.weights.regularisation
        )

    def _present_weights(self, topic_word: Sequence[Tensor]) -> Tensor:
        """Probabilities of the supporting words (K, n), renormalised as `language_weights` says."""
        of_language = []
        for weights, support, mask in zip(topic_word, self._support, self._mask, strict=True):
            if self.weights.language_weights == "probability":
                weights = weights.log_softmax(0)
            of_language.append(weights.gather(0, support.T).T.masked_fill(~mask, -torch.inf))
        if self.weights.language_weights == "probability":
            return torch.cat(of_language, 1).softmax(1)
        return torch.cat([logits.softmax(1) for logits in of_language], 1) / len(topic_word)

    def _misalignment(self, theta: Tensor, vectors: Tensor) -> Tensor:
        assert self.topics.topic_vectors is not None
        cosines = F.normalize(vectors.float()) @ self.topics.topic_vectors.T
        log_target = (cosines / self.weights.temperature).log_softmax(1)
        if self.weights.direction == "forward":
            return categorical_kl(theta, log_target)
        if self.weights.direction == "released":
            return categorical_kl(log_target.exp(), theta.log_softmax(1))
        log_theta = theta.clamp_min(torch.finfo(theta.dtype).tiny).log()
        return categorical_kl(log_target.exp(), log_theta)

    def _kernels(self) -> tuple[Tensor, ...]:
        """Kernels among the supporting words, between them and the refined, and among the refined."""
        here, there = self._points(self._support), self._points(self.topics.words)
        pairs = ((here, here), (here, there), (there, there))
        distances = [_distances(first, second) for first, second in pairs]
        if self.weights.divergence == "transport":
            return (distances[1],)
        present = torch.cat(self._mask, 1), torch.cat(self.topics.weights, 1) > 0
        masks = [present[first][:, :, None] & present[second][:, None] for first, second in _PAIRS]
        pooled = [(part * mask).flatten(1) for part, mask in zip(distances, masks, strict=True)]
        bandwidth = median_bandwidth(torch.cat(pooled, 1))
        return tuple(gaussian_kernel(part, bandwidth, self.weights.bandwidth_factors) for part in distances)

    def _points(self, words: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Collect unit vectors (K, n, n_dimensions) of words of all languages, and their numbers."""
        offsets = np.cumsum([0, *(len(part) for part in self.vectors)])
        numbers = [part + offset for part, offset in zip(words, offsets[:-1].tolist(), strict=True)]
        vectors = [part[places] for part, places in zip(self.vectors, words, strict=True)]
        return torch.cat(vectors, 1), torch.cat(numbers, 1)


_PAIRS = ((0, 0), (0, 1), (1, 1))


def _distances(first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor]) -> Tensor:
    """Distances of words; a word has none from itself, even one without a vector."""
    same = first[1][:, :, None] == second[1][:, None]
    return cosine_distances(first[0], second[0]).masked_fill(same, 0)


def _united(top: Tensor, words: Tensor, is_refined: Tensor) -> tuple[Tensor, Tensor]:
    """Top words followed by those refined words that are not among them; the mask tells real entries."""
    is_new = is_refined & ~(words[:, :, None] == top[:, None]).any(2)
    return torch.cat([top, words], 1), torch.cat([torch.ones_like(top, dtype=torch.bool), is_new], 1)


def _padded(
    words: Sequence[Sequence[Sequence[int]]], shares: Sequence[Sequence[Sequence[float]]], language: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Words and shares of one language (n_components, most words of a topic); each row sums to 1 or 0."""
    width = max(1, *(len(topic[language]) for topic in words))
    places = np.zeros((len(words), width), dtype=np.int64)
    weights = np.zeros((len(words), width), dtype=np.float32)
    for number, (topic, votes) in enumerate(zip(words, shares, strict=True)):
        places[number, : len(topic[language])] = topic[language]
        weights[number, : len(votes[language])] = votes[language]
    total = weights.sum(1, keepdims=True)
    return places, np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
