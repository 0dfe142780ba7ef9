"""CoreCTM: topics at the dense cores of a word space that languages share."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.special import softmax
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from skxtm.backbones._clusters import fitted
from skxtm.backbones._directions import FloatArray, apart, unit, with_translations
from skxtm.backbones.base import (
    BackboneNetwork,
    Batch,
    CorpusShape,
    Materials,
    NetworkBackbone,
    Step,
    check_range,
)
from skxtm.exceptions import InputError
from skxtm.modules.prior import LaplacePrior
from skxtm.modules.sparse import SparseRows, sparse_linear

_VIEWS = ("auto", "words", "documents")
_DISTANCES = 400_000  # of words to centres, which all starts together compute in a step


class CoreCTM(NetworkBackbone):
    """Core-based cross-lingual topic model: topics are dense cores of a word space that languages share.

    Parameters
    ----------
    translation_weight : float, default=0.5
        Weight of a word's translations against the word itself in the space where topics are sought; 0
        ignores the lexicon there.
    n_core_words : int, default=5
        Words of each language that make up a core.
    n_core_steps : int, default=20
        How often cores move to the middle of their words before training.
    frequency_weight : float, default=0.05
        What a word's logarithmic frequency adds to its closeness to a topic.
    exclusivity : float, default=0.1
        What belonging to other topics takes from a word's closeness, per nat of ``-log p(topic | word)``.
    topic_temperature : float, default=0.05
        Of p(topic | word).
    word_temperature : float, default=0.2
        Of the topic-word distributions: small values concentrate topics on few words.
    document_temperature : float, default=0.1
        Of the topic proportions: small values give documents few topics.
    sif : float, default=1e-2
        Smoothing of the word weights in documents, ``sif / (sif + p(word))``.
    view : {"auto", "words", "documents"}, default="auto"
        What tells the topics of a document: its words, or its embedding as a whole. "auto" takes embeddings
        where documents are running text in languages that an encoder at hand knows, see Notes.
    n_starts : int, default=10
        Most starts of K-means where embeddings are read; the more words and topics, the fewer.
    n_reader_steps : int, default=10
        How often readers move to the middle of their documents, where embeddings are read.
    reader_temperature : float, default=0.05
        Of the proportions by which they do.
    reader_spread : float in [0, 1], default=0.5
        How far readers of embeddings then move away from what they have in common; 1 sets them at right
        angles, which finds more translations.
    weight_reconstruction : float, default=0.0
        Weight of the likelihood of the words in training, by `LLMRefiner` too; see Notes for why it is 0.
        Without it epochs of ``fit`` and ``partial_fit`` change no topic; ``partial_fit`` warns of it.
    learning_rate : float, default=1e-3
        Of Adam.
    max_epochs : int, default=0
        Passes over the largest language; see Notes for why there are none.
    batch_size : int, default=128
        Documents of each language in a step.

    Notes
    -----
    A backbone of this package, not of a paper. Words of all languages lie in one space, and each moves
    towards its translations:
    ``a_w = unit(e_w + translation_weight * unit(sum_v T_wv max(cos(e_w, e_v), 0.01) e_v))``, for each other
    language. Topics start as K-means centres of these words, weighted by the root of their counts, the
    languages alike. Each centre then moves repeatedly to the middle of its `n_core_words` best words of every
    language, of which a word counts fully only for its nearest centre: to a place that is dense in every
    language, and apart from the others. With t_k these cores, topic-word distributions are the softmax over
    the vocabulary of
    ``(cos(a_w, t_k) + frequency_weight * log n_w + exclusivity * log p(k | w)) / word_temperature``, where
    ``p(k | w)`` is the softmax over topics of ``cos(a_w, t_k) / topic_temperature``. One topic has nothing to
    be told from: its words have their shares of the training counts, until refinement moves its core.

    Topics may begin at words (``seed_topics`` of the estimator): their first cores are the middles of these,
    the languages that have some weighing alike, in the place of the nearest K-means centres. At each step the
    words count among the best of their language once more, so that the core stays near them.

    A document is the sum of its words' vectors e_w, not moved, each times ``sif / (sif + p(w))``; scaled to
    length 1, less the mean of its language, and scaled again. Its topic proportions are the softmax of
    ``cos(h_d, u_k) / document_temperature``. The readers u_k start at the cores. New documents need neither
    embeddings nor an encoder.

    Read as a whole, a document is its embedding h_d, scaled to length 1, less the mean of its language, and
    scaled again. The readers start at the means of the documents, weighted by the topic proportions that
    their words tell, and then take a few steps of soft K-means with `reader_temperature`, the languages
    weighing alike. Where words and topics are few, K-means starts up to `n_starts` times, as a single one
    may put two themes into one topic; the readers that documents are nearest to are kept, with their cores.
    Last, with U these readers, they become the rows of ``(U U')^(-reader_spread / 2) U``, scaled to length 1:
    those that point the same way would tell the same of a document. New documents then need the encoder too.
    Running text is what known words do not exhaust: texts that were segmented and reduced to a vocabulary are
    read better by their words, and raw text far better by an encoder of sentences.

    Training can maximise the likelihood of the words under the mixture of topics by the readers; cores stay.
    It does not pay: topics are as good as before, and accuracies fall on EC News. So by default it has no
    weight, and there are no epochs. What training is for is `LLMRefiner`: its losses move cores and readers.

    Any number of languages is treated alike; with one, no word moves. Word vectors should be those of an
    `AlignedWordEncoder` (the default) or of another encoder whose space the languages share.

    Examples
    --------
    >>> from skxtm.backbones import CoreCTM
    >>> CoreCTM(translation_weight=1.0)
    CoreCTM(translation_weight=1.0)
    """

    needs: ClassVar[frozenset[str]] = frozenset({"lexicons", "word_vectors"})
    takes: ClassVar[frozenset[str]] = frozenset({"induced_lexicons", "seed_words"})
    reads: ClassVar[frozenset[str]] = frozenset({"document_vectors"})
    min_epochs: ClassVar[int] = 0

    def __init__(
        self,
        *,
        translation_weight: float = 0.5,
        n_core_words: int = 5,
        n_core_steps: int = 20,
        frequency_weight: float = 0.05,
        exclusivity: float = 0.1,
        topic_temperature: float = 0.05,
        word_temperature: float = 0.2,
        document_temperature: float = 0.1,
        sif: float = 1e-2,
        view: Literal["auto", "words", "documents"] = "auto",
        n_starts: int = 10,
        n_reader_steps: int = 10,
        reader_temperature: float = 0.05,
        reader_spread: float = 0.5,
        weight_reconstruction: float = 0.0,
        learning_rate: float = 1e-3,
        max_epochs: int = 0,
        batch_size: int = 128,
    ) -> None:
        self.translation_weight = translation_weight
        self.n_core_words = n_core_words
        self.n_core_steps = n_core_steps
        self.frequency_weight = frequency_weight
        self.exclusivity = exclusivity
        self.topic_temperature = topic_temperature
        self.word_temperature = word_temperature
        self.document_temperature = document_temperature
        self.sif = sif
        self.view = view
        self.n_starts = n_starts
        self.n_reader_steps = n_reader_steps
        self.reader_temperature = reader_temperature
        self.reader_spread = reader_spread
        self.weight_reconstruction = weight_reconstruction
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs
        self.batch_size = batch_size

    def check(self) -> None:
        """Check the hyperparameters; see `Backbone.check`."""
        super().check()
        for name in ("translation_weight", "frequency_weight", "exclusivity", "weight_reconstruction"):
            check_range(self, name, 0, None)
        for name in (
            "topic_temperature",
            "word_temperature",
            "document_temperature",
            "reader_temperature",
            "sif",
        ):
            check_range(self, name, 0, None, open_low=True)
        for name in ("n_core_words", "n_starts"):
            check_range(self, name, 1, None, integer=True)
        for name in ("n_core_steps", "n_reader_steps"):
            check_range(self, name, 0, None, integer=True)
        check_range(self, "reader_spread", 0, 1)
        if self.view not in _VIEWS:
            raise InputError(
                f"The 'view' parameter of CoreCTM must be one of {_VIEWS}. Got {self.view!r} instead."
            )

    def wants_documents(self, *, readable: bool) -> bool:
        """Whether documents are read as a whole; see `Backbone.wants_documents`."""
        return self.view == "documents" or (self.view == "auto" and readable)

    def learns_by_training(self) -> bool:
        """Whether there is a loss to train by."""
        return self.weight_reconstruction > 0

    def learns_from_sums(self) -> bool:
        """Whether documents are read by their words, and nothing is trained."""
        return self.view != "documents" and self.max_epochs == 0

    def prepare(self, shape: CorpusShape, materials: Materials) -> dict[str, NDArray[Any]]:
        """Bring translations together, find the cores, and weigh words for documents."""
        assert materials.word_vectors is not None
        vectors = [unit(part) for part in materials.word_vectors]
        words = with_translations(vectors, materials.lexicons, self.translation_weight)
        constants: dict[str, NDArray[Any]] = {}
        sums = materials.sums_of(shape.languages)
        totals = [sums.word_totals(code) for code in shape.languages]
        for number, total in enumerate(totals):
            share = total / max(total.sum(), 1)
            constants[f"words.{number}"] = words[number]
            weights = (self.sif / (self.sif + share))[:, None].astype(np.float32)
            constants[f"readers.{number}"] = weights * vectors[number]
            constants[f"log_counts.{number}"] = np.log(np.maximum(total, 1)).astype(np.float32)
        by_language = {code: constants[f"readers.{number}"] for number, code in enumerate(shape.languages)}
        for number, (code, directions) in enumerate(sums.directions(by_language).items()):
            constants[f"mean.{number}"] = directions.mean(sums.n_documents(code)).astype(np.float32)
        K, start = shape.n_components, materials.seed
        if materials.document_vectors is None:
            return constants | {"cores": self.cores(words, totals, K, start, materials.seed_words)}
        means = [unit(part).mean(0) for part in materials.document_vectors]
        documents = [
            unit(unit(part) - mean) for part, mean in zip(materials.document_vectors, means, strict=True)
        ]
        by_words = []
        for number, counts in enumerate(materials.counts):
            rows = unit(counts.astype(np.float32) @ constants[f"readers.{number}"])
            by_words.append(unit(rows - constants[f"mean.{number}"]))
        n_starts = min(max(_DISTANCES // (K * sum(map(len, words))), 1), self.n_starts)
        nearest = 0.0
        for seed in range(start, start + n_starts):
            cores = self.cores(words, totals, K, seed, materials.seed_words)
            readers = self.document_readers(documents, by_words, cores)
            closeness = float(np.mean([(part @ readers.T).max(1).mean() for part in documents]))
            if seed == start or closeness > nearest:
                nearest = closeness
                constants |= {"cores": cores, "document_readers": apart(readers, self.reader_spread)}
        return constants | {f"document_mean.{number}": mean for number, mean in enumerate(means)}

    def document_readers(
        self, documents: Sequence[FloatArray], by_words: Sequence[FloatArray], cores: FloatArray
    ) -> FloatArray:
        """Find the middles of topics among documents' embeddings.

        Parameters
        ----------
        documents : sequence of ndarray of shape (n_l, n_dimensions)
            Embeddings of each language's documents, less their mean, of length 1.
        by_words : sequence of ndarray of shape (n_l, n_word_dimensions)
            The same documents by their words.
        cores : ndarray of shape (n_components, n_word_dimensions)
            Of length 1.

        Returns
        -------
        readers : ndarray of shape (n_components, n_dimensions)
            Of length 1.
        """
        shares = [softmax(part @ cores.T / self.reader_temperature, axis=1) for part in by_words]
        readers = _middles(documents, shares)
        for _ in range(self.n_reader_steps):
            shares = [softmax(part @ readers.T / self.reader_temperature, axis=1) for part in documents]
            readers = _middles(documents, shares)
        return readers

    def cores(
        self,
        words: Sequence[FloatArray],
        totals: Sequence[NDArray[Any]],
        n_components: int,
        seed: int,
        seed_words: Sequence[Mapping[int, NDArray[np.intp]]] = (),
    ) -> FloatArray:
        """Find dense places of the word space, where every language has words.

        Parameters
        ----------
        words : sequence of ndarray of shape (V_l, n_dimensions)
            Of length 1.
        totals : sequence of ndarray of shape (V_l,)
            How often each word occurs.
        n_components : int
            Number of cores.
        seed : int
            Of K-means.
        seed_words : sequence of dict of int to ndarray of int, default=()
            Words at which the first topics begin, as in `Materials`.

        Returns
        -------
        cores : ndarray of shape (n_components, n_dimensions)
            Of length 1.
        """
        weights = [np.sqrt(total) / max(np.sqrt(total).sum(), 1e-9) for total in totals]
        stacked = np.vstack(words)
        n_clusters = min(n_components, len({row.tobytes() for row in stacked}))
        kmeans = KMeans(n_clusters, n_init=1, random_state=seed)
        with warnings.catch_warnings():  # words that are nearly alike; clusters then are fewer
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted(kmeans, stacked, np.concatenate(weights) * len(stacked))
        # a vocabulary smaller than the number of topics leaves topics without words of their own
        others = np.random.default_rng(seed).normal(size=(n_components - n_clusters, stacked.shape[1]))
        cores = unit(np.vstack([kmeans.cluster_centers_, others]))
        if seed_words:
            cores = _with_starts(cores, [_middle(words, columns) for columns in seed_words])
        for _ in range(self.n_core_steps):
            middles = []
            for language, (own, total) in enumerate(zip(words, totals, strict=True)):
                score = own @ cores.T  # (V, K)
                score = np.where(score == score.max(1, keepdims=True), score, score - 1)
                score += self.frequency_weight * np.log(np.maximum(total, 1))[:, None]
                best = _highest_rows(score, self.n_core_words)  # (n_core_words, K)
                middle = own[best].mean(0)  # (K, n_dimensions)
                for topic, columns in enumerate(seed_words):
                    if language in columns:
                        middle[topic] = own[[*best[:, topic], *columns[language]]].mean(0)
                middles.append(unit(middle))
            cores = unit(np.sum(middles, axis=0))
        return cores

    def build(self, shape: CorpusShape, constants: Mapping[str, Tensor]) -> CoreCTMNetwork:
        """Build the untrained network."""
        return CoreCTMNetwork(self, shape, constants)


class CoreCTMNetwork(BackboneNetwork):
    """The network of `CoreCTM`."""

    first_cores: Tensor

    def __init__(self, backbone: CoreCTM, shape: CorpusShape, constants: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.n_languages = len(shape.languages)
        self.weight_reconstruction = backbone.weight_reconstruction
        self.frequency_weight = backbone.frequency_weight
        self.exclusivity = backbone.exclusivity
        self.topic_temperature = backbone.topic_temperature
        self.word_temperature = backbone.word_temperature
        self.document_temperature = backbone.document_temperature
        self.prior = LaplacePrior(torch.ones(shape.n_components))
        self.cores = nn.Parameter(constants["cores"].clone())
        self.reads_documents = "document_readers" in constants
        start = "document_readers" if self.reads_documents else "cores"
        self.readers = nn.Parameter(constants[start].clone())
        for name in constants:
            if "." in name:
                self.register_buffer(name.replace(".", "_"), constants[name], persistent=False)
        self.register_buffer("first_cores", constants["cores"].clone(), persistent=False)

    def step(self, batch: Batch) -> Step:
        """Reconstruction, summed over languages, from topics that stay at their cores."""
        topic_word = self.topic_word()
        losses, proportions = [], []
        for language, counts in enumerate(batch.counts):
            vectors = batch.document_vectors[language] if self.reads_documents else None
            mean, _ = self.read(counts, vectors, language)
            theta = torch.softmax(mean, 1)
            proportions.append(theta)
            if self.weight_reconstruction:
                nll = self.reconstruction(theta, counts, language, topic_word[language].detach()).mean()
                losses.append(self.weight_reconstruction * nll)
            else:  # zero without the work, with the same zero gradient
                losses.append(0 * theta.sum())
        return Step({"reconstruction": torch.stack(losses).sum()}, tuple(proportions), topic_word)

    def encode(
        self, counts: SparseRows, language: int, generator: Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Compare documents with the topics by their words; the log-variance is the prior's."""
        vectors = sparse_linear(counts, self._constant("readers", language))
        topics = self.cores if self.reads_documents else self.readers
        return self._compared(vectors, self._constant("mean", language), topics)

    def read(self, counts: SparseRows, vectors: Tensor | None, language: int) -> tuple[Tensor, Tensor]:
        """Compare documents with the topics by their words, or as a whole; see `BackboneNetwork.read`."""
        if not self.reads_documents:
            return self.encode(counts, language)
        assert vectors is not None
        return self._compared(vectors, self._constant("document_mean", language), self.readers)

    def _compared(self, vectors: Tensor, mean: Tensor, topics: Tensor) -> tuple[Tensor, Tensor]:
        vectors = F.normalize(F.normalize(vectors, dim=1) - mean, dim=1)
        topics = F.normalize(topics, dim=1)
        if vectors.dtype == torch.float64 and not self.training:
            vectors, topics = _in_steps(vectors), _in_steps(topics)
        result = vectors @ topics.T / self.document_temperature
        return result, self.prior.logvar.expand_as(result)

    def topic_word(self) -> tuple[Tensor, ...]:
        """Compare words with the topics; add their frequency, and how much they are a topic's alone."""
        cores, first_cores = F.normalize(self.cores, dim=1), F.normalize(self.first_cores, dim=1)
        weights = []
        for language in range(self.n_languages):
            words = self._constant("words", language)
            closeness = words @ cores.T  # (V, K)
            frequency = self._constant("log_counts", language)[:, None]
            if len(cores) == 1:  # nothing to be told from: their frequency, and what the core's moves gained
                gained = closeness - words @ first_cores.T
                weights.append(frequency + gained / self.word_temperature)
                continue
            alone = torch.log_softmax(closeness / self.topic_temperature, 1)
            weight = closeness + self.frequency_weight * frequency + self.exclusivity * alone
            weights.append(weight / self.word_temperature)
        return tuple(weights)

    def reconstruction(self, theta: Tensor, counts: SparseRows, language: int, topic_word: Tensor) -> Tensor:
        """Negative log-likelihood of the words under the mixture of topics, at the words that occur."""
        probabilities = torch.softmax(topic_word, 0)  # (V, K)
        mixed = (theta[counts.rows] * probabilities[counts.columns]).sum(1)
        terms = -counts.values * mixed.clamp_min(torch.finfo(mixed.dtype).tiny).log()
        return theta.new_zeros(len(theta)).index_add(0, counts.rows, terms)

    def _constant(self, name: str, language: int) -> Tensor:
        constant: Tensor = self.get_buffer(f"{name}_{language}")
        return constant


def _in_steps(rows: Tensor) -> Tensor:
    """Round rows of length 1 to multiples of 2^-26, so that no order of summation changes their products."""
    return rows.mul(2.0**26).round_().div_(2.0**26)


def _highest_rows(score: NDArray[np.floating], number: int) -> NDArray[np.intp]:
    """Rows (number, n_columns) of the highest scores of each column, of equal scores the first rows."""
    number = min(number, len(score))
    lowest = np.partition(score, -number, axis=0)[-number]
    columns, rows = np.nonzero((score >= lowest).T)  # more than `number` where scores are equal
    order = np.lexsort((rows, -score[rows, columns], columns))
    starts = np.searchsorted(columns, np.arange(score.shape[1]))
    return rows[order[starts + np.arange(number)[:, None]]]


def _middle(words: Sequence[FloatArray], columns: Mapping[int, NDArray[np.intp]]) -> FloatArray:
    """Direction (n_dimensions,) of some words, the languages weighing alike."""
    by_language = np.array([words[language][numbers].mean(0) for language, numbers in columns.items()])
    return unit(unit(by_language).mean(0, keepdims=True))[0]


def _with_starts(cores: FloatArray, starts: Sequence[FloatArray]) -> FloatArray:
    """Put starts first, in the place of the cores that are nearest to them."""
    _, nearest = linear_sum_assignment(-np.array(starts) @ cores.T)
    return np.vstack([*starts, np.delete(cores, nearest, axis=0)])


def _middles(documents: Sequence[FloatArray], shares: Sequence[FloatArray]) -> FloatArray:
    """Directions (n_components, n_dimensions) of topics' documents, the languages weighing alike."""
    sums = [part.T @ of_language / len(part) for part, of_language in zip(shares, documents, strict=True)]
    return unit(np.sum(sums, axis=0))
