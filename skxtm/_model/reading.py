"""How topics and documents are read by what a model learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skxtm._model.materials import new_document_vectors
from skxtm._model.shaping import ShapedReader
from skxtm._model.sources import Sources
from skxtm._model.state import Settings, State, check_as_learnt
from skxtm._threads import torch_threads
from skxtm.exceptions import InputError

if TYPE_CHECKING:
    from skxtm.backbones.base import BackboneNetwork, Documents, Reader
    from skxtm.corpus import Corpus
    from skxtm.training.inference import Inference


def reader_of(state: State, device: str) -> Reader:
    """Find what reads topics and documents.

    Parameters
    ----------
    state : State
        Fitted.
    device : str
        Where a network is to compute.

    Returns
    -------
    reader : Reader
    """
    reader = _reader_as_learnt(state, device)
    return reader if state.shaping is None else ShapedReader(reader, state.shaping)


def read_topics(state: State, settings: Settings) -> None:
    """Note the words of the topics.

    Parameters
    ----------
    state : State
        Which has learnt them.
    settings : Settings
        Of the estimator.
    """
    with torch_threads(settings.n_threads):
        state.components = np.hstack(reader_of(state, settings.device).topic_word())


def theta(state: State, corpus: Corpus, settings: Settings) -> NDArray[np.float32]:
    """Topic proportions of documents.

    Parameters
    ----------
    state : State
        Fitted.
    corpus : Corpus
        Documents with counts over the model's vocabularies.
    settings : Settings
        Of the estimator.

    Returns
    -------
    theta : ndarray of shape (n_documents, n_components)
        Rows sum to 1.
    """
    with torch_threads(settings.n_threads):
        documents = _documents(state, corpus, settings)
        return by_language(state, corpus, documents, reader_of(state, settings.device).theta)


def posterior_mean(state: State, corpus: Corpus, settings: Settings) -> NDArray[np.float32]:
    """Mean of the latent Gaussian of documents; parameters as for `theta`.

    Parameters
    ----------
    state : State
        Fitted.
    corpus : Corpus
        Documents with counts over the model's vocabularies.
    settings : Settings
        Of the estimator.

    Returns
    -------
    mean : ndarray of shape (n_documents, n_components)
        Unbounded.

    Raises
    ------
    InputError
        If the backbone has no network, and so no latent Gaussian.
    """
    from skxtm.training.inference import Inference

    check_as_learnt(state, "asked for their posterior mean")
    reader = reader_of(state, settings.device)
    if not isinstance(reader, Inference):
        raise InputError(
            f"Backbone {type(state.backbone).__name__!r} has no latent Gaussian, and so no posterior "
            "mean. Use transform, or its logarithm."
        )
    with torch_threads(settings.n_threads):
        return by_language(state, corpus, _documents(state, corpus, settings), reader.mean)


def scores(state: State, corpus: Corpus, settings: Settings) -> NDArray[np.float64]:
    """Bound or value of each document's log-likelihood; parameters as for `theta`.

    Parameters
    ----------
    state : State
        Fitted.
    corpus : Corpus
        Documents with counts over the model's vocabularies.
    settings : Settings
        Of the estimator.

    Returns
    -------
    scores : ndarray of shape (n_documents,)
        Nats; higher is better.
    """
    reader, result = reader_of(state, settings.device), np.empty(len(corpus))
    with torch_threads(settings.n_threads):
        for number, rows, documents in _documents(state, corpus, settings):
            result[rows] = reader.scores(documents, number)
    return result


def mean_score(state: State, corpus: Corpus, settings: Settings) -> float:
    """Mean of `scores`; parameters as for `theta`.

    Parameters
    ----------
    state : State
        Fitted.
    corpus : Corpus
        Documents with counts over the model's vocabularies.
    settings : Settings
        Of the estimator.

    Returns
    -------
    score : float
        Nats per document; higher is better.

    Raises
    ------
    InputError
        If there are no documents.
    """
    if not len(corpus):
        raise InputError("X holds no documents, and so there is no score of them. Give at least one.")
    return float(scores(state, corpus, settings).mean())


@dataclass(frozen=True)
class KeptReader:
    """A network made ready for reading, and what it was made from.

    Attributes
    ----------
    network : BackboneNetwork
        As it was trained.
    device : str
        Where the reader computes.
    versions : tuple of (int, int)
        Of each tensor of the network: where its numbers lie, and how often they were changed.
    reader : Inference
        The copy that reads.
    """

    network: BackboneNetwork
    device: str
    versions: tuple[tuple[int, int], ...]
    reader: Inference

    @classmethod
    def of(cls, network: BackboneNetwork, device: str, kept: KeptReader | None) -> KeptReader:
        """Make a network ready, unless that was done and it has not changed since."""
        from skxtm.training.inference import Inference
        from skxtm.training.tensors import resolve_device

        tensors = chain(network.parameters(), network.buffers())
        versions = tuple((tensor.data_ptr(), tensor._version) for tensor in tensors)
        if (
            kept is not None
            and kept.network is network
            and (device, versions) == (kept.device, kept.versions)
        ):
            return kept
        return cls(network, device, versions, Inference(network, resolve_device(device)))


def _reader_as_learnt(state: State, device: str) -> Reader:
    if state.topics is not None:
        return state.topics
    assert state.network is not None
    state.kept_reader = KeptReader.of(state.network, device, state.kept_reader)
    return state.kept_reader.reader


def by_language(
    state: State, corpus: Corpus, documents: DocumentsOfLanguages, read: Any
) -> NDArray[np.float32]:
    """Read the documents of each language, and put the rows where the documents are.

    Parameters
    ----------
    state : State
        Fitted.
    corpus : Corpus
        Of the documents.
    documents : sequence of (int, ndarray of int, Documents)
        Of each language: its number, rows in the corpus, and what is read.
    read : callable
        From documents and the number of their language to rows of shape (n_documents_l, n_components).

    Returns
    -------
    rows : ndarray of shape (n_documents, n_components)
    """
    result = np.empty((len(corpus), state.n_topics), dtype=np.float32)
    for number, rows, of_language in documents:
        result[rows] = read(of_language, number)
    return result


def _documents(state: State, corpus: Corpus, settings: Settings) -> DocumentsOfLanguages:
    """Documents of each language that occurs, with embeddings if the backbone reads them."""
    from skxtm.backbones.base import Documents

    vectors = None
    if state.reads_documents and len(corpus):
        vectors = new_document_vectors(state, corpus, Sources(settings, state.languages))
    rows_of = {number: corpus.rows_of(code) for number, code in enumerate(state.languages)}
    return [
        (
            number,
            rows,
            Documents(corpus.counts_of(state.languages[number]), None if vectors is None else vectors[rows]),
        )
        for number, rows in rows_of.items()
        if len(rows)
    ]


#: Number of a language, rows of its documents in the corpus, and the documents.
DocumentsOfLanguages = Sequence[tuple[int, NDArray[np.intp], "Documents"]]
