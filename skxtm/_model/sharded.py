"""How a model learns from documents in shards, and reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.parallel import delayed

from skxtm._model import learning, reading
from skxtm._model.intake import check_matches, check_n_components, warn_of_empty
from skxtm._model.shard_sums import ShardSums
from skxtm._model.sources import is_one_space
from skxtm._model.starting import start
from skxtm._model.state import Settings, State
from skxtm._threads import torch_threads
from skxtm.corpus import Corpus
from skxtm.embeddings._sums import RowSum
from skxtm.exceptions import InputError
from skxtm.shards import Shards
from skxtm.shards._keeping import Arrays, in_parallel, over_shards

if TYPE_CHECKING:
    from skxtm.backbones.base import Backbone

_WRITE = "write_shards({}.transform_shards(X), folder)"


def fit(shards: Shards, settings: Settings) -> State:
    """Learn topics from shards: the same bits as from all documents in memory.

    What is trained takes documents in the order of the shards; what is only summed, in any.

    Parameters
    ----------
    shards : Shards
        Training documents.
    settings : Settings
        Of the estimator.

    Returns
    -------
    state : State
        Of a model that has learnt all there is to learn.

    Raises
    ------
    InputError, InputTypeError, MissingResourceError
        If something is not what is needed, or the backbone needs more of documents than counts.
    """
    _check_counts(shards, "a CrossLingualVectorizer: " + _WRITE.format("vectorizer.fit(X)"))
    backbone = learning.choose(settings)
    _check_learns(backbone)
    learns_vectors = "word_vectors" in backbone.needs and not is_one_space(settings.word_embeddings)
    sums = ShardSums(shards, settings.verbose, pairs=learns_vectors)
    check_n_components(settings.n_components, sums.n_rows)
    outline = sums.outline()
    sources = learning.find_sources(backbone, outline, settings)
    sources.sums = sums
    warn_of_empty(sums.n_empty, sums.n_rows, "word of the vocabulary")
    on_disk = nullcontext() if backbone.learns_from_sums() else sums.documents(sources.languages)
    with on_disk as sources.counts:
        state, materials = start(backbone, outline, None, sources)
        with torch_threads(settings.n_threads):
            trainer = learning.make_trainer(state, settings.device)
            if sources.counts is not None:
                n_epochs = backbone.max_epochs
                trainer.train(materials.counts, n_epochs, streamed=True, verbose=settings.verbose)
            learning.note_training(state, trainer)
    with torch_threads(settings.n_threads):
        reading.read_topics(state, settings)
        state.topic_weight = _topic_weight(state, shards, sums.n_rows, settings)
    return state


def theta(state: State, shards: Shards, settings: Settings) -> Iterator[NDArray[np.float32]]:
    """Topic proportions of documents in shards.

    Parameters
    ----------
    state : State
        Fitted.
    shards : Shards
        With counts over the model's vocabularies.
    settings : Settings
        Of the estimator.

    Yields
    ------
    theta : ndarray of shape (n_documents, n_components)
        Of each shard, in their order.
    """
    if state.vectorizer is None:
        _check_counts(
            shards, "the vectorizer that counted the training documents: " + _WRITE.format("vectorizer")
        )
    else:
        _check_counts(shards, "the vectorizer of the model: " + _WRITE.format("model.vectorizer_"))
    argument = _for_reading(state, settings)
    tasks = (delayed(_theta)(shards.take([number]), *argument) for number in range(len(shards)))
    yield from in_parallel(tasks, shards.n_jobs)


def sum_theta(corpus: Corpus, argument: tuple[State, Settings]) -> Arrays:
    """Add up the topic proportions of documents.

    Parameters
    ----------
    corpus : Corpus
        With counts.
    argument : tuple of (State, Settings)
        Of the model.

    Returns
    -------
    arrays : dict of str to ndarray
        The total of a `RowSum`.
    """
    return {"total": RowSum.of(reading.theta(argument[0], corpus, argument[1])).total}


def _check_learns(backbone: Backbone) -> None:
    """Refuse a backbone that needs more of documents than their counts, a few at a time."""
    from skxtm.backbones.base import NetworkBackbone

    is_network = isinstance(backbone, NetworkBackbone)  # others learn from materials, of all documents
    if is_network and (backbone.learns_from_sums() or backbone.trains_on_counts()):
        return
    reads = backbone.needs & {"document_vectors", "clusters"} or backbone.wants_documents(readable=False)
    what = "embeddings of documents, which shards do not hold" if reads else "all documents at once"
    raise InputError(
        f"Backbone {type(backbone).__name__!r} as it is set learns from {what}. In shards, use "
        "backbone='nmtm', 'infoctm', or 'corectm' without view='documents'; or fit on a sample in memory."
    )


def _check_counts(shards: Shards, remedy: str) -> None:
    if not shards.has_counts:
        raise InputError(f"X is in shards of texts, but counts are needed. Count words with {remedy}.")


def _theta(shard: Shards, state: State, settings: Settings) -> NDArray[np.float32]:
    return reading.theta(state, check_matches(shard[0], state.vocabularies), settings)


def _topic_weight(state: State, shards: Shards, n_documents: int, settings: Settings) -> NDArray[np.float64]:
    """Mean topic proportions of all documents."""
    from skxtm.training.tensors import to_arrays

    assert state.network is not None
    total = RowSum.of_none(state.n_topics)
    argument = _for_reading(state, settings)
    of_others = not type(state.backbone).__module__.startswith("skxtm.")  # whose code may change
    key = None if of_others else (repr(state.backbone), state.constants, to_arrays(state.network))
    for arrays in over_shards(
        shards, sum_theta, argument, key, title="Weighing topics", verbose=settings.verbose
    ):
        total += RowSum(arrays["total"], 0)
    return total.mean(n_documents)


def _for_reading(state: State, settings: Settings) -> tuple[State, Settings]:
    """Leave out what documents are not read by, so that little is sent to processes."""
    if state.reads_documents:
        return state, settings
    return replace(state, encoders={}, trainer=None, resources=[], vectorizer=None), settings.for_reading()
