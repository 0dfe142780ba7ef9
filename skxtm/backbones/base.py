"""What every backbone declares, and what its network can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from torch import Generator, Tensor, nn

from skxtm._parameters import check_choice, check_number
from skxtm.embeddings._sums import CountSums, DocumentSums
from skxtm.losses.divergence import gaussian_kl
from skxtm.modules.encoder import sample_gaussian
from skxtm.modules.prior import LaplacePrior
from skxtm.modules.sparse import SparseRows


@dataclass(frozen=True, slots=True)
class CorpusShape:
    """The sizes that fix a network's shape.

    Attributes
    ----------
    n_components : int
        Number of topics.
    languages : tuple of str
        Languages, in the order of every per-language tuple.
    vocabulary_sizes : tuple of int
        Number of words of each language.
    """

    n_components: int
    languages: tuple[str, ...]
    vocabulary_sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Materials:
    """What a backbone prepares its constants from; only what it `needs` is filled.

    Attributes
    ----------
    counts : tuple of csr_array of shape (n_l, V_l)
        Training documents of each language.
    lexicons : dict of (int, int) to csr_array of shape (V_a, V_b)
        1 where words of languages number a < b translate each other.
    word_vectors : tuple of ndarray of shape (V_l, n_dimensions), or None
        Embeddings of each language's words, in one space.
    document_vectors : tuple of ndarray of shape (n_l, n_dimensions), or None
        Embeddings of each language's training documents, in one space.
    all_vectors : ndarray of shape (n_documents, n_dimensions), or None
        Embeddings of all documents, also those without a known word, as they stand in the corpus.
    clusters : tuple of ndarray of int of shape (n_l,), or None
        Cluster of each training document, from 0 to ``n_components - 1``.
    seed : int
        Of whatever is random in the preparation.
    seed_words : sequence of dict of int to ndarray of int
        For each of the first topics, words at which it is to begin, by number of a language that has some.
    sums : DocumentSums or None
        What is summed over documents that are not in memory. `counts` then lies on disk; for a backbone that
        learns from sums it has a row a language, of all its words.
    """

    counts: tuple[sparse.csr_array, ...]
    lexicons: Mapping[tuple[int, int], sparse.csr_array] = field(default_factory=dict)
    word_vectors: tuple[NDArray[np.float32], ...] | None = None
    document_vectors: tuple[NDArray[np.float32], ...] | None = None
    all_vectors: NDArray[np.float32] | None = None
    clusters: tuple[NDArray[np.int64], ...] | None = None
    seed: int = 0
    seed_words: Sequence[Mapping[int, NDArray[np.intp]]] = ()
    sums: DocumentSums | None = None

    def sums_of(self, languages: Sequence[str]) -> DocumentSums:
        """Give what is summed over the documents of each language, under its code."""
        return CountSums(dict(zip(languages, self.counts, strict=True))) if self.sums is None else self.sums


@dataclass(frozen=True, slots=True)
class Documents:
    """Documents of one language, as a model reads them.

    Attributes
    ----------
    counts : csr_array of shape (n_documents, V_l)
        Word counts.
    vectors : ndarray of shape (n_documents, n_dimensions), or None
        Embeddings; None if the backbone does not read them.
    """

    counts: sparse.csr_array
    vectors: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Clustering:
    """How training documents are clustered where the user gives no clusters.

    Attributes
    ----------
    language : str or None
        Language whose documents are clustered, the backbone's parameter `cluster_language`; the others' are
        assigned. None takes the first language.
    n_dimensions : int
        Number of left singular vectors of the document embeddings that are clustered.
    """

    language: str | None = None
    n_dimensions: int = 100


class Reader(Protocol):
    """How what a model learnt is read, whether a network or arrays are behind it."""

    def topic_word(self) -> list[NDArray[np.float64]]:
        """Topic-word distributions, one (n_components, V_l) per language; rows sum to 1."""
        ...

    def theta(self, documents: Documents, language: int) -> NDArray[np.float32]:
        """Topic proportions (n_documents, n_components); a row depends on its own document only."""
        ...

    def scores(self, documents: Documents, language: int) -> NDArray[np.float64]:
        """Log-likelihood of each document's words, or a bound of it (n_documents,), in nats."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Training documents of one step.

    Attributes
    ----------
    counts : tuple of SparseRows
        Word counts, one entry per language.
    rows : tuple of Tensor of shape (n_documents,)
        Each document's row among its language's training documents.
    generator : torch.Generator or None
        Source of all randomness of the step.
    document_vectors : tuple of Tensor of shape (n_documents, n_dimensions)
        Embeddings of the documents; empty if the backbone does not need them.
    clusters : tuple of Tensor of shape (n_documents,)
        Clusters of the documents; empty if the backbone does not need them.
    augmented : tuple of SparseRows
        What `Backbone.augment` made of the documents; empty if nothing.
    """

    counts: tuple[SparseRows, ...]
    rows: tuple[Tensor, ...]
    generator: Generator | None = None
    document_vectors: tuple[Tensor, ...] = ()
    clusters: tuple[Tensor, ...] = ()
    augmented: tuple[SparseRows, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What one pass through a network gives: its own losses, and what further objectives are made of.

    Attributes
    ----------
    terms : dict of str to scalar Tensor
        Named, weighted loss terms, in nats per document.
    proportions : tuple of Tensor of shape (n_documents, n_components)
        Sampled topic proportions of each language's documents, before any dropout; rows sum to 1.
    topic_word : tuple of Tensor of shape (V_l, n_components)
        Unnormalised topic-word weights that the documents were decoded with.
    """

    terms: dict[str, Tensor]
    proportions: tuple[Tensor, ...]
    topic_word: tuple[Tensor, ...]


class BackboneNetwork(nn.Module, ABC):
    """A trained model as tensors; everything per language is addressed by the language's number."""

    prior: LaplacePrior

    @abstractmethod
    def step(self, batch: Batch) -> Step:
        """Pass a batch through the network once, in training mode."""

    @abstractmethod
    def encode(
        self, counts: SparseRows, language: int, generator: Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the latent Gaussian, each (n_documents, n_components)."""

    def read(self, counts: SparseRows, vectors: Tensor | None, language: int) -> tuple[Tensor, Tensor]:
        """Mean and log-variance as `encode` gives them, of documents whose embeddings may count too.

        Parameters
        ----------
        counts : SparseRows of shape (n_documents, V_l)
            Word counts.
        vectors : Tensor of shape (n_documents, n_dimensions), or None
            Embeddings; None if the backbone does not read them.
        language : int
            The language's number.

        Returns
        -------
        mean, logvar : Tensor of shape (n_documents, n_components)
        """
        return self.encode(counts, language)

    @abstractmethod
    def topic_word(self) -> tuple[Tensor, ...]:
        """Unnormalised topic-word weights, one (V_l, n_components) per language."""

    @abstractmethod
    def reconstruction(self, theta: Tensor, counts: SparseRows, language: int, topic_word: Tensor) -> Tensor:
        """Negative log-likelihood of the counts given theta, (n_documents,), nats per document."""

    def sample_theta(self, mean: Tensor, logvar: Tensor, generator: Generator | None) -> Tensor:
        """Draw topic proportions (n_documents, n_components) by reparameterisation."""
        return torch.softmax(sample_gaussian(mean, logvar, generator), 1)

    def divergence(self, mean: Tensor, logvar: Tensor) -> Tensor:
        """KL(latent Gaussian || prior), (n_documents,), nats per document; zero with one topic."""
        if mean.shape[1] == 1:  # every latent Gaussian, the prior too, gives the same proportions
            return torch.zeros_like(mean[:, 0])
        return gaussian_kl(mean, logvar, self.prior.mean, self.prior.logvar)


class Backbone(BaseEstimator, ABC):
    """Hyperparameters of a model.

    Subclasses hold plain parameters with the defaults of the model's paper or code, so that ``clone``,
    ``get_params`` and searches reach them before any data is known.
    """

    #: What of `Materials` to gather besides counts: a subset of {"lexicons", "word_vectors",
    #: "document_vectors", "clusters"}.
    needs: ClassVar[frozenset[str]] = frozenset()
    #: What of `Materials` it can use where it is there: a subset of {"induced_lexicons", "seed_words"}.
    takes: ClassVar[frozenset[str]] = frozenset()
    #: What of `Documents` is needed besides counts to find the topics of new documents: a subset of
    #: {"document_vectors"}.
    reads: ClassVar[frozenset[str]] = frozenset()
    #: Least number of languages it can be trained on.
    min_languages: ClassVar[int] = 1

    def wants_documents(self, *, readable: bool) -> bool:
        """Tell whether embeddings of documents are to be gathered.

        Parameters
        ----------
        readable : bool
            Whether the documents are running text that an encoder at hand can read.

        Returns
        -------
        wants : bool
        """
        return "document_vectors" in self.needs

    def learns_from_sums(self) -> bool:
        """Tell whether sums over documents are enough, as it is set, so that these need not lie in memory."""
        return False

    @abstractmethod
    def check(self) -> None:
        """Check the hyperparameters.

        Raises
        ------
        InputError
            If a value is outside its range.
        """

    def clustering(self) -> Clustering:
        """Say how to cluster documents; asked only of a backbone that needs clusters."""
        return Clustering()


class NetworkBackbone(Backbone):
    """Hyperparameters of a model, and how to build its network.

    Every one has the parameters `learning_rate`, `max_epochs` and `batch_size`; those with a schedule also
    `decay_every` (epochs) and `decay` (factor), and some `max_gradient_norm`.
    """

    #: Least number of epochs; 0 where the start is a model already.
    min_epochs: ClassVar[int] = 1

    learning_rate: float
    max_epochs: int
    batch_size: int
    decay_every: int | None = None
    decay: float = 1.0
    max_gradient_norm: float | None = None

    @abstractmethod
    def prepare(self, shape: CorpusShape, materials: Materials) -> dict[str, NDArray[Any]]:
        """Compute the constants that `build` needs besides the shape; they are saved with the model."""

    @abstractmethod
    def build(self, shape: CorpusShape, constants: Mapping[str, Tensor]) -> BackboneNetwork:
        """Build the untrained network, initialised from torch's default generator."""

    def augment(
        self, constants: Mapping[str, NDArray[Any]], counts: Sequence[sparse.csr_array]
    ) -> tuple[sparse.csr_array, ...]:
        """Make further training counts of each language's documents; by default none."""
        return ()

    def learns_by_training(self) -> bool:
        """Tell whether training changes what `build` made; some have nothing to train by default."""
        return True

    def trains_on_counts(self) -> bool:
        """Tell whether training reads of documents nothing but counts, so that these may lie on disk."""
        needs_documents = self.needs - {"lexicons", "word_vectors"} or self.wants_documents(readable=False)
        return not needs_documents and type(self).augment is NetworkBackbone.augment

    def check(self) -> None:
        """Check the hyperparameters; see `Backbone.check`."""
        check_range(self, "max_epochs", self.min_epochs, None, integer=True)
        check_range(self, "batch_size", 1, None, integer=True)
        check_range(self, "learning_rate", 0, None, open_low=True)
        check_range(self, "decay", 0, None, open_low=True)
        if self.decay_every is not None:
            check_range(self, "decay_every", 1, None, integer=True)
        if self.max_gradient_norm is not None:
            check_range(self, "max_gradient_norm", 0, None, open_low=True)


def check_range(
    owner: Any,
    name: str,
    low: float | None,
    high: float | None,
    *,
    integer: bool = False,
    open_low: bool = False,
) -> None:
    """Check that a numeric parameter lies in a range.

    Parameters
    ----------
    owner : object
        Whose attribute it is.
    name : str
        The attribute.
    low, high : float or None
        Closed bounds; None for no bound.
    integer : bool
        Whether a whole number is needed.
    open_low : bool
        Whether `low` itself is excluded.

    Raises
    ------
    InputError
        If the value is not a number of that kind in that range.
    """
    check_number(
        getattr(owner, name), name, type(owner).__name__, low, high, integer=integer, open_low=open_low
    )


def check_option(owner: Any, name: str, allowed: Sequence[str]) -> None:
    """Check that a parameter is one of some names.

    Parameters
    ----------
    owner : object
        Whose attribute it is.
    name : str
        The attribute.
    allowed : sequence of str
        The names.

    Raises
    ------
    InputError
        If the value is none of them.
    """
    check_choice(getattr(owner, name), name, type(owner).__name__, allowed)
