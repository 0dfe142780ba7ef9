"""How a model learns."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
from numpy.typing import NDArray

from skxtm._model.intake import resolve_backbone, training_languages, warn_of_unknown_words
from skxtm._model.materials import gather_documents
from skxtm._model.reading import DocumentsOfLanguages, by_language, read_topics, reader_of
from skxtm._model.seeds import read_seeds
from skxtm._model.sources import Sources
from skxtm._model.state import Settings, State
from skxtm._threads import check_n_threads, torch_threads
from skxtm.embeddings._sums import RowSum
from skxtm.exceptions import InputError, InterruptedWarning
from skxtm.languages import distinct_codes

if TYPE_CHECKING:
    from skxtm.backbones.base import Backbone, Materials
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
    backbone = _resolved(settings)
    if in_pieces and not isinstance(backbone, NetworkBackbone):
        raise InputError(
            f"Backbone {type(backbone).__name__!r} learns from all documents at once. Use fit instead of "
            "partial_fit."
        )
    read_seeds(settings, backbone)
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
    from skxtm.backbones.arrays import ArrayBackbone, check_learnt

    backbone = state.backbone
    if not isinstance(backbone, ArrayBackbone):
        return train(state, corpus, materials, backbone.max_epochs, settings)
    warn_of_unknown_words(corpus, state)
    with torch_threads(settings.n_threads):
        state.topics = backbone.learn(state.shape, materials, seed=state.seed, verbose=settings.verbose)
        check_learnt(state.topics, state.shape)
        state.n_iter, state.history = state.topics.n_iter, _plain(state.topics.history)
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


def train_further(state: State, corpus: Corpus, n_epochs: int, settings: Settings) -> NDArray[np.float32]:
    """Train a network for some more epochs, on documents that may be others than before.

    An error, such as of a training that diverges, leaves the model as it was.

    Parameters
    ----------
    state : State
        With a network, which is trained in place.
    corpus : Corpus
        Documents with counts over the model's vocabularies.
    n_epochs : int
        Epochs to add.
    settings : Settings
        Of the estimator.

    Returns
    -------
    theta : ndarray of shape (n_documents, n_components)
        Topic proportions of the documents.

    Raises
    ------
    InputError
        If parameters that training goes by were changed since it began.
    """
    _check_as_begun(state, settings)
    _warn_if_nothing_is_learnt(state)
    with torch_threads(settings.n_threads):
        materials = gather_documents(state, corpus, Sources(settings, state.languages))
    with _kept_on_error(state):
        return train(state, corpus, materials, n_epochs, settings)


@contextmanager
def trained_to_the_end() -> Iterator[None]:
    """Let Ctrl-C end more than one training, which else keeps what it has learnt and goes on.

    Yields
    ------
    None
        While that holds.

    Raises
    ------
    KeyboardInterrupt
        If a training was cut short.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", InterruptedWarning)
            yield
    except InterruptedWarning:
        raise KeyboardInterrupt from None


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
    note_training(state, trainer)
    return _read_out(state, corpus, materials, settings)


def note_training(state: State, trainer: Trainer) -> None:
    """Note what a trainer has done, and what it needs to go on.

    Parameters
    ----------
    state : State
        Whose network was trained.
    trainer : Trainer
        Which trained it.
    """
    from skxtm.training.loop import trainer_state

    state.trainer = trainer_state(trainer)
    state.n_iter, state.history = trainer.n_epochs, trainer.history


def _resolved(settings: Settings) -> Backbone:
    names = ("max_epochs", "batch_size", "learning_rate")
    return resolve_backbone(settings.backbone, {name: getattr(settings, name) for name in names})


@contextmanager
def _kept_on_error(state: State) -> Iterator[None]:
    """Put back after an error what training changes in place."""
    assert state.network is not None
    weights = {name: values.clone() for name, values in state.network.state_dict().items()}
    before = copy.deepcopy((state.trainer, state.history))
    try:
        yield
    except BaseException:
        state.network.load_state_dict(weights)
        state.trainer, state.history = before
        raise


def _check_as_begun(state: State, settings: Settings) -> None:
    """Refuse parameters that were changed for nothing, as training goes on as it began."""
    begun, now = state.backbone, _resolved(settings)
    changed = ["n_components"] if settings.n_components != state.n_topics else []
    changed += _begun_otherwise(state, settings, now)
    if type(now) is not type(begun):
        changed.append("backbone")
    else:
        before, after = (backbone.get_params(deep=False) for backbone in (begun, now))
        changed += [
            name
            for name, value in after.items()
            if name != "max_epochs" and joblib.hash(value) != joblib.hash(before[name])
        ]
    if changed:
        raise InputError(
            f"The parameters {changed} were changed after training began, and partial_fit goes on as it "
            "began. Set them back, or begin anew with fit."
        )


def _warn_if_nothing_is_learnt(state: State) -> None:
    """Say that further documents do not change a backbone without a loss, as they seem to."""
    backbone = _network_backbone(state)
    if backbone.learns_by_training():
        return
    warnings.warn(
        f"partial_fit trains nothing of {type(backbone).__name__}(), which has no loss to train by: topics "
        "stay those of the first documents, and only topic_weight_ follows these. Use fit on all documents "
        "together, from shards if they are many (skxtm.shards), or give it a loss (CoreCTM: "
        "weight_reconstruction).",
        UserWarning,
        stacklevel=4,
    )


def _plain(history: Mapping[str, Iterable[Any]]) -> dict[str, list[float]]:
    """Write what was recorded as floats, whatever numbers they are."""
    return {name: [float(value) for value in values] for name, values in history.items()}


def _begun_otherwise(state: State, settings: Settings, backbone: Backbone) -> list[str]:
    """Name parameters that training begins by, as far as the model knows what they were."""
    changed = []
    if state.seeds not in (None, repr(read_seeds(settings, backbone))):
        changed.append("seed_topics")
    languages = settings.languages
    if languages is not None and set(distinct_codes(languages, "languages")) != set(state.languages):
        changed.append("languages")
    return changed


def _network_backbone(state: State) -> Any:
    """Return the backbone, which type checkers do not know to be a `NetworkBackbone`."""
    return state.backbone


def _read_out(state: State, corpus: Corpus, materials: Materials, settings: Settings) -> NDArray[np.float32]:
    """Note the topics and their weights; return the training documents' topic proportions."""
    read_topics(state, settings)
    documents = _training_documents(state, corpus, materials)
    result = by_language(state, corpus, documents, reader_of(state, settings.device).theta)
    state.topic_weight = RowSum.of(result).mean(len(result))
    return result


def _training_documents(state: State, corpus: Corpus, materials: Materials) -> DocumentsOfLanguages:
    """Training documents of each language, with embeddings if the backbone reads them."""
    from skxtm.backbones.base import Documents

    vectors = materials.all_vectors if state.reads_documents else None
    rows_of = [corpus.rows_of(code) for code in state.languages]
    return [
        (number, rows, Documents(corpus.counts_of(code), None if vectors is None else vectors[rows]))
        for number, (code, rows) in enumerate(zip(state.languages, rows_of, strict=True))
    ]
