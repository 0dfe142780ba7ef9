"""Backbones without a network: what they learn are arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm.backbones.base import Backbone, CorpusShape, Documents, Materials
from skxtm.exceptions import TrainingError

_ROWS_PER_BLOCK = 8192
_OFF = 1e-3  # by which the sum of a distribution may be off 1


@dataclass(kw_only=True)
class LearntTopics(ABC):
    """Topics, and how to find them in documents: a `Reader`.

    Attributes
    ----------
    distributions : tuple of ndarray of shape (n_components, V_l)
        Topic-word distributions of each language; rows sum to 1.
    prior : ndarray of shape (n_components,)
        Topic proportions of a document without a known word; sums to 1.
    n_iter : int
        Passes over the documents.
    history : dict of str to list of float
        What was recorded in each pass, in nats per document.
    """

    distributions: tuple[NDArray[np.float64], ...]
    prior: NDArray[np.float64]
    n_iter: int = 1
    history: dict[str, list[float]] = field(default_factory=dict)

    @abstractmethod
    def proportions(self, documents: Documents, language: int) -> NDArray[np.float64]:
        """Topic proportions (n_documents, n_components) of documents that all hold a known word."""

    @abstractmethod
    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that `ArrayBackbone.restore` needs besides the attributes above, for saving."""

    def topic_word(self) -> list[NDArray[np.float64]]:
        """Topic-word distributions; see `Reader.topic_word`."""
        return list(self.distributions)

    def theta(self, documents: Documents, language: int) -> NDArray[np.float32]:
        """Topic proportions, the prior's without a known word; see `Reader.theta`."""
        known = np.flatnonzero(documents.counts.sum(1))
        result = np.tile(self.prior.astype(np.float32), (documents.counts.shape[0], 1))
        if len(known):
            vectors = None if documents.vectors is None else documents.vectors[known]
            proportions = self.proportions(Documents(documents.counts[known], vectors), language)
            check_rows(f"{type(self).__name__}.proportions", proportions, (len(known), len(self.prior)))
            result[known] = proportions
        return result

    def scores(self, documents: Documents, language: int) -> NDArray[np.float64]:
        """Log-likelihoods of the words given the topic proportions; see `Reader.scores`."""
        counts, theta = documents.counts, self.theta(documents, language)
        by_word = np.ascontiguousarray(self.distributions[language].T)
        result = np.empty(counts.shape[0])
        for start in range(0, counts.shape[0], _ROWS_PER_BLOCK):
            block = counts[start : start + _ROWS_PER_BLOCK].tocoo()
            rows, words = block.coords
            probability = np.einsum("ij,ij->i", theta[start + rows].astype(np.float64), by_word[words])
            # floored, since a topic may give a word nothing
            logs = block.data * np.log(np.maximum(probability, np.finfo(float).tiny))
            result[start : start + _ROWS_PER_BLOCK] = np.bincount(rows, logs, minlength=block.shape[0])
        return result


class ArrayBackbone(Backbone):
    """Hyperparameters of a model that has no network to train.

    `LLMRefiner` refines the words of its topics, but cannot train it towards them.
    """

    @abstractmethod
    def learn(self, shape: CorpusShape, materials: Materials, *, seed: int, verbose: int = 0) -> LearntTopics:
        """Learn topics from all documents."""

    @abstractmethod
    def restore(
        self, shape: CorpusShape, arrays: Mapping[str, NDArray[Any]], **attributes: Any
    ) -> LearntTopics:
        """Undo `LearntTopics.arrays`; `attributes` are those of `LearntTopics`."""


def check_learnt(topics: LearntTopics, shape: CorpusShape) -> None:
    """Check that what a backbone learnt are topics, which nothing after it would notice.

    Parameters
    ----------
    topics : LearntTopics
        Of any backbone.
    shape : CorpusShape
        Of what it learnt from.

    Raises
    ------
    TrainingError
        If they are not.
    """
    name = f"{type(topics).__name__}.distributions"
    if len(topics.distributions) != len(shape.languages):
        raise TrainingError(
            f"{name} has {len(topics.distributions)} parts for {len(shape.languages)} languages, "
            f"{list(shape.languages)}. One for each is needed."
        )
    sizes = zip(shape.languages, topics.distributions, shape.vocabulary_sizes, strict=True)
    for code, part, n_words in sizes:
        check_rows(f"{name} of {code!r}", part, (shape.n_components, n_words))
    check_rows(f"{type(topics).__name__}.prior", np.asarray(topics.prior)[None], (1, shape.n_components))


def check_rows(name: str, rows: NDArray[Any], shape: tuple[int, int]) -> None:
    """Check that rows are distributions.

    Parameters
    ----------
    name : str
        What they are.
    rows : ndarray
        As they were learnt or read.
    shape : tuple of int
        What they must have.

    Raises
    ------
    TrainingError
        If they are not.
    """
    if np.shape(rows) != shape:
        raise TrainingError(f"{name} has the shape {np.shape(rows)} where {shape} is needed.")
    sums = np.asarray(rows).sum(1)
    wrong = np.flatnonzero(~(np.abs(sums - 1) < _OFF))  # nan is not near either
    if len(wrong):
        raise TrainingError(
            f"{name} must hold distributions, but row {wrong[0]} sums to {sums[wrong[0]]:.4g}. Divide each "
            "row by its sum; that of a topic without words or documents may be 0."
        )
    if np.min(rows, initial=0) < 0:
        raise TrainingError(f"{name} must hold distributions, but has values below 0: {np.min(rows):.4g}.")
