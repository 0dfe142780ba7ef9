"""How a model learns, and how documents are read by what it learnt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skxtm._model.intake import resolve_backbone, training_languages, warn_of_unknown_words
from skxtm._model.materials import gather_documents, new_document_vectors
from skxtm._model.sources import Sources
from skxtm._model.state import Settings, State
from skxtm._threads import check_n_threads, torch_threads
from skxtm.exceptions import InputError

if TYPE_CHECKING:
    from skxtm.backbones.base import Backbone, Documents, Materials, Reader
    from skxtm.corpus import Corpus
    from skxtm.training.batches import PerDocument
    from skxtm.training.loop import Schedule, Trainer


def choose(settings: Settings, *, in_pieces: bool = False) -> Backbone:
    """Resolve and check the backbone.

    Parameters
    ----------
    settings : Settings
        Of the estimator.
    in_pieces : bool, default=False
        Whether it is to be trained epoch by epoch.

    Returns
    -------
    backbone : Backbone
        With the estimator's own settings in place.

    Raises
    ------
    InputError
        If a parameter is not what is needed.
    """
    from skxtm.backbones.base import NetworkBackbone

    check_n_threads(settings.n_threads)
    names = ("max_epochs", "batch_size", "learning_rate")
    backbone = resolve_backbone(settings.backbone, {name: getattr(settings, name) for name in names})
    if in_pieces and not isinstance(backbone, NetworkBackbone):
        raise InputError(
            f"Backbone {type(backbone).__name__!r} learns from all documents at once. Use fit instead of "
            "partial_fit."
        )
    return backbone


def find_sources(backbone: Backbone, corpus: Corpus, settings: Settings) -> Sources:
    """Find lexicons and encoders, and say what is missing before any work is done.

    Parameters
    ----------
    backbone : Backbone
        From `choose`.
    corpus : Corpus
        Training documents, counted or not.
    settings : Settings
        Of the estimator.

    Returns
    -------
    sources : Sources
        For the languages of the documents, in the order of everything that follows.

    Raises
    ------
    InputError, InputTypeError, MissingResourceError
        If something is not what is needed.
    """
    sources = Sources(settings, ())
    sources.languages = training_languages(corpus, settings.languages, backbone, sources.has_lexicons)
    sources.check(backbone, has_embedding=corpus.embedding is not None)
    return sources


def learn(state: State, corpus: Corpus, materials: Materials, settings: Settings) -> NDArray[np.float32]:
    """Learn all there is to learn.

    Parameters
    ----------
    state : State
        From `starting.start`; filled.
    corpus : Corpus
        Training documents.
    materials : Materials
        What is known of them.
    settings : Settings
        Of the estimator.

    Returns
    -------
    theta : ndarray of shape (n_documents, n_components)
        Topic proportions of the training documents.
    """
    from skxtm.backbones.arrays import ArrayBackbone

    backbone = state.backbone
    if not isinstance(backbone, ArrayBackbone):
        return train(state, corpus, materials, backbone.max_epochs, settings)
    warn_of_unknown_words(corpus, state)
    with torch_threads(settings.n_threads):
        state.topics = backbone.learn(state.shape, materials, seed=state.seed, verbose=settings.verbose)
        state.n_iter, state.history = state.topics.n_iter, state.topics.history
        return _read_out(state, corpus, materials, settings)


def train(
    state: State, corpus: Corpus, materials: Materials, n_epochs: int, settings: Settings
) -> NDArray[np.float32]:
    """Train a network for some epochs.

    Parameters
    ----------
    state : State
        With a network, which is trained in place.
    corpus, materials
        As for `learn`.
    n_epochs : int
        Epochs to add.
    settings : Settings
        Of the estimator.

    Returns
    -------
    theta : ndarray of shape (n_documents, n_components)
        Topic proportions of the training documents.
    """
    warn_of_unknown_words(corpus, state)
    with torch_threads(settings.n_threads):
        trainer = make_trainer(state, settings.device)
        documents = per_document(state, materials, trainer.device)
        trainer.train(materials.counts, n_epochs, per_document=documents, verbose=settings.verbose)
        return take_over(state, trainer, corpus, materials, settings)


def train_further(state: State, corpus: Corpus, settings: Settings) -> NDArray[np.float32]:
    """Train a network for one more epoch, on documents that may be others than before.

    Parameters
    ----------
    state : State
        With a network, which is trained in place.
    corpus : Corpus
        Documents with counts over the model's vocabularies.
    settings : Settings
        Of the estimator.

    Returns
    -------
    theta : ndarray of shape (n_documents, n_components)
        Topic proportions of the documents.
    """
    with torch_threads(settings.n_threads):
        materials = gather_documents(state, corpus, Sources(settings, state.languages))
    return train(state, corpus, materials, 1, settings)


def make_trainer(state: State, device: str, schedule: Schedule | None = None) -> Trainer:
    """Make a trainer that goes on where the last one stopped.

    Parameters
    ----------
    state : State
        With a network.
    device : str
        Where to train it.
    schedule : Schedule or None, default=None
        How; None for the backbone's own.

    Returns
    -------
    trainer : Trainer
    """
    from skxtm.training.loop import Schedule, Trainer, restore_trainer
    from skxtm.training.tensors import resolve_device

    assert state.network is not None
    schedule = Schedule.of(_network_backbone(state)) if schedule is None else schedule
    history = dict(state.history)
    trainer = Trainer(state.network, schedule, resolve_device(device), state.seed, state.n_iter, history)
    if state.trainer is not None:
        restore_trainer(trainer, state.trainer)
    return trainer


def per_document(state: State, materials: Materials, device: Any) -> PerDocument:
    """Bring what is known of training documents into the form in which they are trained on.

    Parameters
    ----------
    state : State
        With its constants.
    materials : Materials
        What was gathered of the documents.
    device : torch.device
        Where training takes place.

    Returns
    -------
    per_document : PerDocument
    """
    from skxtm.training.batches import PerDocument
    from skxtm.training.tensors import on_device

    return PerDocument(
        vectors=on_device(materials.document_vectors or (), device),
        clusters=on_device(materials.clusters or (), device),
        augmented=_network_backbone(state).augment(state.constants, materials.counts),
    )


def take_over(
    state: State, trainer: Trainer, corpus: Corpus, materials: Materials, settings: Settings
) -> NDArray[np.float32]:
    """Take over what a trainer has done.

    Parameters
    ----------
    state : State
        Whose network was trained.
    trainer : Trainer
        Which trained it.
    corpus : Corpus
        Training documents.
    materials : Materials
        What is known of them.
    settings : Settings
        Of the estimator.

    Returns
    -------
    theta : ndarray of shape (n_documents, n_components)
        Topic proportions of the training documents.
    """
    from skxtm.training.loop import trainer_state

    state.trainer = trainer_state(trainer)
    state.n_iter, state.history = trainer.n_epochs, trainer.history
    return _read_out(state, corpus, materials, settings)


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
    if state.topics is not None:
        return state.topics
    from skxtm.training.inference import Inference
    from skxtm.training.tensors import resolve_device

    assert state.network is not None
    return Inference(state.network, resolve_device(device))


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
        return _by_language(state, corpus, documents, reader_of(state, settings.device).theta)


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

    reader = reader_of(state, settings.device)
    if not isinstance(reader, Inference):
        raise InputError(
            f"Backbone {type(state.backbone).__name__!r} has no latent Gaussian, and so no posterior "
            "mean. Use transform, or its logarithm."
        )
    with torch_threads(settings.n_threads):
        return _by_language(state, corpus, _documents(state, corpus, settings), reader.mean)


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


def _network_backbone(state: State) -> Any:
    """Return the backbone, which type checkers do not know to be a `NetworkBackbone`."""
    return state.backbone


def _read_out(state: State, corpus: Corpus, materials: Materials, settings: Settings) -> NDArray[np.float32]:
    """Note the topics and their weights; return the training documents' topic proportions."""
    reader = reader_of(state, settings.device)
    state.components = np.hstack(reader.topic_word())
    result = _by_language(state, corpus, _training_documents(state, corpus, materials), reader.theta)
    state.topic_weight = result.mean(0, dtype=np.float64)
    return result


def _by_language(
    state: State, corpus: Corpus, documents: _DocumentsOfLanguages, read: Any
) -> NDArray[np.float32]:
    """Read the documents of each language, and put the rows where the documents are."""
    result = np.empty((len(corpus), state.shape.n_components), dtype=np.float32)
    for number, rows, of_language in documents:
        result[rows] = read(of_language, number)
    return result


def _documents(state: State, corpus: Corpus, settings: Settings) -> _DocumentsOfLanguages:
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


def _training_documents(state: State, corpus: Corpus, materials: Materials) -> _DocumentsOfLanguages:
    """Training documents of each language, with embeddings if the backbone reads them."""
    from skxtm.backbones.base import Documents

    vectors = materials.all_vectors if state.reads_documents else None
    rows_of = [corpus.rows_of(code) for code in state.languages]
    return [
        (number, rows, Documents(corpus.counts_of(code), None if vectors is None else vectors[rows]))
        for number, (code, rows) in enumerate(zip(state.languages, rows_of, strict=True))
    ]


#: Number of a language, rows of its documents in the corpus, and the documents.
_DocumentsOfLanguages = Sequence[tuple[int, NDArray[np.intp], "Documents"]]
