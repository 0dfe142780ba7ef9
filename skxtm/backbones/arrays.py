"""Backbones without a network: what they learn are arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.backbones.base import Backbone, CorpusShape, Materials


@dataclass(frozen=True, slots=True)
class Documents:
    """Documents of one language, as a model reads them.

    Attributes
    ----------
    counts : csr_array of shape (n_documents, V_l)
        Word counts; every document holds a known word.
    vectors : ndarray of shape (n_documents, n_dimensions), or None
        Embeddings; None if the backbone does not need them.
    """

    counts: sparse.csr_array
    vectors: NDArray[np.float32] | None = None


@dataclass(kw_only=True)
class LearntTopics(ABC):
    """Topics, and how to find them in documents.

    Attributes
    ----------
    topic_word : tuple of ndarray of shape (n_components, V_l)
        Topic-word distributions of each language; rows sum to 1.
    prior : ndarray of shape (n_components,)
        Topic proportions of a document without a known word; sums to 1.
    n_iter : int
        Passes over the documents.
    history : dict of str to list of float
        What was recorded in each pass, in nats per document.
    """

    topic_word: tuple[NDArray[np.float64], ...]
    prior: NDArray[np.float64]
    n_iter: int = 1
    history: dict[str, list[float]] = field(default_factory=dict)

    @abstractmethod
    def theta(self, documents: Documents, language: int) -> NDArray[np.float64]:
        """Topic proportions (n_documents, n_components); a row depends on its own document only."""

    @abstractmethod
    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that `ArrayBackbone.restore` needs besides the attributes above, for saving."""


class ArrayBackbone(Backbone):
    """Hyperparameters of a published model that has no network to train.

    `LLMRefiner` refines the words of its topics, but cannot train it towards them.
    """

    #: What of `Documents` is needed besides counts to find the topics of new documents: a subset of
    #: {"document_vectors"}.
    reads: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def learn(self, shape: CorpusShape, materials: Materials, *, seed: int, verbose: int = 0) -> LearntTopics:
        """Learn topics from all documents."""

    @abstractmethod
    def restore(
        self, shape: CorpusShape, arrays: Mapping[str, NDArray[Any]], **attributes: Any
    ) -> LearntTopics:
        """Undo `LearntTopics.arrays`; `attributes` are those of `LearntTopics`."""
