"""What a model learnt: one typed record, which the functions beside it take and fill."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from skxtm.exceptions import InputError

if TYPE_CHECKING:
    from skxtm._model.reading import KeptReader
    from skxtm._model.shaping import Shaping
    from skxtm._model.sources import Resource
    from skxtm.backbones._clusters import DocumentClusters
    from skxtm.backbones.arrays import LearntTopics
    from skxtm.backbones.base import Backbone, BackboneNetwork, CorpusShape
    from skxtm.refinement import TopicName
    from skxtm.vectorizer import CrossLingualVectorizer

Model = TypeVar("Model")


@dataclass(frozen=True)
class Settings:
    """The parameters of the estimator, as they are when a method is called.

    Attributes
    ----------
    n_components, backbone, lexicon, word_embeddings, document_embeddings, clusters, seed_topics, languages, \
    vectorizer, max_epochs, batch_size, learning_rate, device, n_threads, random_state, verbose : object
        As `skxtm.CrossLingualTopicModel` describes them.
    """

    n_components: int
    backbone: str | Backbone
    lexicon: Any
    word_embeddings: Any
    document_embeddings: Any
    clusters: Any
    seed_topics: Any
    languages: Sequence[str] | None
    vectorizer: CrossLingualVectorizer | None
    max_epochs: int | None
    batch_size: int | None
    learning_rate: float | None
    device: str
    n_threads: int
    random_state: int | np.random.RandomState | None
    verbose: int

    @classmethod
    def of(cls, estimator: Any) -> Self:
        """Read the parameters of an estimator.

        Parameters
        ----------
        estimator : CrossLingualTopicModel
            Any.

        Returns
        -------
        settings : Settings
        """
        return cls(**{part.name: getattr(estimator, part.name) for part in fields(cls)})

    def for_reading(self) -> Self:
        """Leave out what documents are not read by, if their words are enough.

        Returns
        -------
        settings : Settings
        """
        left_out = (
            "lexicon",
            "word_embeddings",
            "document_embeddings",
            "clusters",
            "seed_topics",
            "vectorizer",
        )
        nothing: dict[str, Any] = dict.fromkeys(left_out)
        return replace(self, **nothing)

    @property
    def has_document_arrays(self) -> bool:
        """Whether the documents' embeddings are arrays."""
        return isinstance(self.document_embeddings, (np.ndarray, Mapping))


@dataclass
class State:
    """All that a model learnt, public attributes included.

    Attributes
    ----------
    backbone : Backbone
        With the estimator's own settings in place.
    shape : CorpusShape
        Topics, languages and sizes of their vocabularies.
    vocabularies : dict of str to ndarray of str of shape (V_l,)
        Words of each language, in the order of `shape`.
    vectorizer : CrossLingualVectorizer or None
        What made the counts; None if they were given.
    seed : int
        Start of all randomness.
    encoders : dict of str to encoder
        Encoders in use, under the names that `materials.encoder_key` gives them.
    document_encoder : encoder or None
        What encodes documents, if anything does.
    documents_given : bool
        Whether the documents' embeddings were arrays.
    reads_documents : bool
        Whether topics of documents are found by their embeddings.
    resources : list of Resource
        What the model was made with besides documents.
    seeds : str or None
        The words at which topics began, as text that tells them from others; None if that is not known.
    n_dimensions : int or None
        Of the documents' embeddings; None if there were none.
    clusters : DocumentClusters or None
        Clusters learnt of the training documents.
    constants : dict of str to ndarray
        What `NetworkBackbone.prepare` computed.
    network : BackboneNetwork or None
        Of a backbone that has one.
    trainer : dict or None
        What training needs to go on, see `skxtm.training.loop.trainer_state`.
    topics : LearntTopics or None
        Of a backbone without a network.
    n_iter, history, components, topic_weight : object
        The model's attributes of these names; the latter two None until something was learnt.
    names : dict of int to TopicName
        Names that topics were given, by number.
    shaping : Shaping or None
        What became of the topics by hand; None if they are as they were learnt.
    kept_reader : KeptReader or None
        What read documents last, so that it need not be made for every call; neither copied nor saved.
    """

    backbone: Backbone
    shape: CorpusShape
    vocabularies: dict[str, NDArray[np.object_]]
    vectorizer: CrossLingualVectorizer | None
    seed: int
    encoders: dict[str, Any] = field(default_factory=dict)
    document_encoder: Any = None
    documents_given: bool = False
    reads_documents: bool = False
    resources: list[Resource] = field(default_factory=list)
    seeds: str | None = None
    n_dimensions: int | None = None
    clusters: DocumentClusters | None = None
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)
    network: BackboneNetwork | None = None
    trainer: dict[str, Any] | None = None
    topics: LearntTopics | None = None
    n_iter: int = 0
    history: dict[str, list[float]] = field(default_factory=dict)
    components: NDArray[np.float64] | None = None
    topic_weight: NDArray[np.float64] | None = None
    names: dict[int, TopicName] = field(default_factory=dict)
    shaping: Shaping | None = None
    kept_reader: KeptReader | None = None

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages, in the order of everything that is given by language."""
        return self.shape.languages

    @property
    def n_topics(self) -> int:
        """Topics that users see, which may have been merged or split since they were learnt."""
        return self.shape.n_components if self.shaping is None else self.shaping.n_topics

    def note(self, resource: Resource) -> None:
        """Note what the model is made with, once."""
        if resource not in self.resources:
            self.resources.append(resource)

    def copy(self) -> Self:
        """Copy all that training changes."""
        copied = copy.copy(self)  # by the rules of pickling: the network is built anew from copied arrays
        copied.trainer = copy.deepcopy(self.trainer)
        copied.encoders, copied.resources = dict(self.encoders), list(self.resources)
        copied.names = dict(self.names)
        return copied

    def __getstate__(self) -> dict[str, Any]:
        values = {**self.__dict__, "kept_reader": None}
        if self.network is not None:
            from skxtm.training.tensors import to_arrays

            values["network"] = to_arrays(self.network)
        return values

    def __setstate__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)
        if values["network"] is not None:
            from skxtm.training.loop import build_network

            arrays = values["network"]
            self.network = build_network(self.backbone, self.shape, self.constants, state=arrays)


class Learnt:
    """A public attribute of an estimator that reads its state, and does not exist before `fit`.

    Parameters
    ----------
    optional : bool, default=False
        Whether None is a value; else it stands for what the backbone does not have.
    """

    def __init__(self, *, optional: bool = False) -> None:
        self.optional = optional

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, estimator: Any, owner: type | None = None) -> Any:
        if estimator is None:
            return self
        state = estimator.__dict__.get("_state")
        value = getattr(state, self.name.removesuffix("_"), None)
        if state is None or (value is None and not self.optional):
            raise AttributeError(f"{type(estimator).__name__!r} object has no attribute {self.name!r}")
        return value


def state_of(model: Any) -> State:
    """Look up what a fitted model learnt.

    Parameters
    ----------
    model : CrossLingualTopicModel
        Fitted.

    Returns
    -------
    state : State
    """
    state: State = model._state
    return state


def shaping_of(state: State) -> Shaping:
    """Look up what became of a model's topics by hand.

    Parameters
    ----------
    state : State
        Of a fitted model.

    Returns
    -------
    shaping : Shaping
        Also where they are as they were learnt.
    """
    from skxtm._model.shaping import Shaping

    assert state.topic_weight is not None
    return state.shaping or Shaping.none(state.topic_weight, sum(state.shape.vocabulary_sizes))


def check_as_learnt(state: State, wish: str) -> None:
    """Check that topics were not merged, split or put in another order.

    Parameters
    ----------
    state : State
        Of a fitted model.
    wish : str
        What is possible only then, for the message.

    Raises
    ------
    InputError
        If they were.
    """
    if state.shaping is not None:
        raise InputError(
            f"Topics that were merged, split or sorted cannot be {wish}. Take the model from before, and "
            "shape its topics afterwards."
        )


def copied(model: Model) -> Model:
    """Copy a fitted model, so that training the copy leaves the model as it is.

    Parameters
    ----------
    model : CrossLingualTopicModel
        Its parameters, which may hold large arrays or open clients, are shared.

    Returns
    -------
    copied : CrossLingualTopicModel
    """
    twin: Any = copy.copy(model)
    twin._state = twin._state.copy()
    return twin
