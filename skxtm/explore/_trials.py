"""Models of several sizes, fitted to parts of the same documents, and what is measured of their topics."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from skxtm._model import learning, reading
from skxtm._model.intake import read_training_documents, warn_of_unknown_words
from skxtm._model.starting import Shared, with_embedding
from skxtm._model.state import Settings
from skxtm._threads import one_thread
from skxtm.corpus import Corpus
from skxtm.embeddings._vectors import unit_rows
from skxtm.embeddings.resolving import resolve_document_embeddings
from skxtm.exceptions import InterruptedWarning, UnknownWordsWarning
from skxtm.explore._evidence import Evidence, gather_knowledge
from skxtm.explore._reading import ReadDocuments
from skxtm.explore.quality import LISTED, judge
from skxtm.model import CrossLingualTopicModel

Floats = NDArray[np.float64]

#: Held-out documents of each language from which on these judge, rather than those of training.
ENOUGH_HELD_OUT = 50
TEST_SIZE = 0.2


@dataclass(frozen=True)
class Trial:
    """A fitted model, as far as a search needs it.

    Attributes
    ----------
    n_components : int
        Its number of topics.
    seed : int
        Of the model, and of the documents that it learnt from.
    measures : dict of str to float
        Means over topics, and languages or their pairs; nan where nothing is known.
    topics : ndarray of float32 of shape (n_components, n_words)
        Topic-word distributions, the languages side by side, scaled to length 1.
    """

    n_components: int
    seed: int
    measures: dict[str, float]
    topics: NDArray[np.float32]


@dataclass(frozen=True)
class Ground:
    """What all trials of a search share.

    Attributes
    ----------
    model : CrossLingualTopicModel
        Of which copies are fitted.
    shared : Shared
        Documents to learn from, and what is known of them.
    judging : Corpus
        Documents that topics are judged by, with counts.
    known : Evidence
        What is known of words.
    subsample : float
        Share of the documents that each model learns from.
    """

    model: CrossLingualTopicModel
    shared: Shared
    judging: Corpus
    known: Evidence
    subsample: float

    def smallest_part(self) -> int:
        """Documents that a model learns from."""
        return sum(_part_size(len(rows), self.subsample) for rows in _rows_by_language(self.shared.corpus))

    def try_out(self, n_components: int, seed: int) -> Trial:
        """Fit a model and measure its topics.

        Parameters
        ----------
        n_components : int
            Number of topics.
        seed : int
            Of the model, and of the documents that it learns from, whatever the number of topics.

        Returns
        -------
        trial : Trial

        Raises
        ------
        InterruptedWarning
            If Ctrl-C stopped the training.
        """
        settings = replace(Settings.of(self.model), verbose=0)
        rows = drawn_rows(self.shared.corpus, self.subsample, RandomState(seed))
        state, corpus, materials = self.shared.start(n_components, seed, rows)
        with warnings.catch_warnings():
            warnings.simplefilter("error", InterruptedWarning)
            warnings.simplefilter("ignore", UnknownWordsWarning)  # said once, of all documents
            learning.learn(state, corpus, materials, settings)
        model = copy.copy(self.model)
        model.n_components, model._state = n_components, state
        theta = reading.theta(state, self.judging, settings)
        return Trial(n_components, seed, self._measures(model, theta), unit_topics(model.components_))

    def _measures(self, model: CrossLingualTopicModel, theta: NDArray[np.float32]) -> dict[str, float]:
        documents = ReadDocuments(self.judging, theta, np.array([""] * theta.shape[1], dtype=object))
        with one_thread():
            evidence = self.known.of(model, documents, LISTED * self.known.n_words)
            judged = judge(evidence, model.topic_weight_)
        coherences = [part for name, part in judged.columns.items() if name.startswith("coherence_")]
        fine = np.array([not verdict for verdict in judged.verdicts])
        return {
            "coherence": mean_if_known(np.concatenate(coherences)),
            "agreement_lexicon": mean_if_known(judged.columns["agreement_lexicon"]),
            "agreement_vectors": mean_if_known(judged.columns["agreement_vectors"]),
            "uniqueness": mean_if_known(judged.columns["uniqueness"]),
            "fine": float(fine.mean()),
        }


def make_ground(
    model: CrossLingualTopicModel,
    X: Any,
    *,
    n_words: int,
    subsample: float,
    test_size: float | None,
    rng: RandomState,
) -> Ground:
    """Read and count documents, hold some out, and learn vectors: once for all trials.

    Parameters
    ----------
    model : CrossLingualTopicModel
        Fitted or not.
    X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
        Documents.
    n_words : int
        Top words that are judged.
    subsample, test_size : float
        As for `skxtm.explore.search_n_components`.
    rng : RandomState
        Source of the draws.

    Returns
    -------
    ground : Ground
    """
    model = copy.copy(model)
    model.__dict__.pop("_state", None)
    settings = Settings.of(model)
    backbone = learning.choose(settings)
    corpus, vectorizer = read_training_documents(model, X, model.vectorizer)
    if settings.has_document_arrays:
        vectors = resolve_document_embeddings(settings.document_embeddings, corpus)
        corpus = with_embedding(corpus, vectors)
        settings = replace(settings, document_embeddings=None)
        model.document_embeddings = None
    held_out = held_out_rows(corpus, test_size, rng)
    training, judging = corpus[~held_out], corpus[held_out]
    sources = learning.find_sources(backbone, training, settings)
    if vectorizer is not None:
        training = vectorizer.fit_transform(training)
        judging = vectorizer.transform(judging)
    shared = Shared.of(backbone, training, vectorizer, sources)
    warn_of_unknown_words(shared.corpus, shared.state)
    judging = shared.read(judging) if held_out.any() else shared.corpus
    with one_thread():
        known = gather_knowledge(
            shared.state.copy(), judging, shared.sources, n_words=n_words, learning=shared.corpus
        )
    return Ground(model, shared, judging, known, subsample)


def held_out_rows(corpus: Corpus, test_size: float | None, rng: RandomState) -> NDArray[np.bool_]:
    """Draw the documents that judge.

    Parameters
    ----------
    corpus : Corpus
        All documents.
    test_size : float or None
        Share of each language's documents; None for `TEST_SIZE` where that is enough, else none.
    rng : RandomState
        Source of the draw.

    Returns
    -------
    held_out : ndarray of bool of shape (n_documents,)
    """
    held_out = np.zeros(len(corpus), dtype=np.bool_)
    if test_size is None:
        fewest = min(len(rows) for rows in _rows_by_language(corpus))
        test_size = TEST_SIZE if int(TEST_SIZE * fewest) >= ENOUGH_HELD_OUT else 0.0
    for rows in _rows_by_language(corpus):
        held_out[rng.permutation(rows)[: int(test_size * len(rows))]] = True
    return held_out


def drawn_rows(corpus: Corpus, share: float, rng: RandomState) -> NDArray[np.intp]:
    """Draw documents of every language, at least one.

    Parameters
    ----------
    corpus : Corpus
        All documents.
    share : float
        Of each language's documents.
    rng : RandomState
        Source of the draw.

    Returns
    -------
    rows : ndarray of int of shape (n_rows,)
        Ascending.
    """
    parts = [rng.permutation(rows)[: _part_size(len(rows), share)] for rows in _rows_by_language(corpus)]
    return np.sort(np.concatenate(parts))


def _part_size(n_documents: int, share: float) -> int:
    return max(1, round(share * n_documents))


def _rows_by_language(corpus: Corpus) -> list[NDArray[np.intp]]:
    return [corpus.rows_of(code) for code in corpus.languages]


def unit_topics(components: Floats) -> NDArray[np.float32]:
    """Scale topics to length 1, so that their products are cosines."""
    return np.asarray(unit_rows(components), dtype=np.float32)


def matched_cosines(first: NDArray[np.floating], second: NDArray[np.floating]) -> Floats:
    """Match the topics of two models one to one, so that they are as alike as can be.

    Parameters
    ----------
    first, second : ndarray of shape (n_components, n_words)
        Topics of length 1.

    Returns
    -------
    cosines : ndarray of shape (n_components,)
        Of the first model's topics with those that they are matched with.
    """
    cosines = first.astype(np.float64) @ second.astype(np.float64).T  # (K, K)
    return np.asarray(cosines[linear_sum_assignment(cosines, maximize=True)])


def mean_if_known(values: Floats) -> float:
    """Average what is not nan; nan if nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
