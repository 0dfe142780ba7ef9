"""How a model learns and is read: one way for backbones with a network, one for those that learn arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import check_random_state

from skxtm._model.intake import (
    read_training_documents,
    resolve_backbone,
    training_languages,
    warn_of_unknown_words,
)
from skxtm._model.materials import gather_materials, new_document_vectors, per_document
from skxtm.exceptions import InputError

if TYPE_CHECKING:
    from skxtm.backbones.arrays import LearntTopics
    from skxtm.backbones.base import Materials
    from skxtm.corpus import Corpus
    from skxtm.model import CrossLingualTopicModel
    from skxtm.training.inference import Inference
    from skxtm.training.loop import Schedule, Trainer

_ROWS_PER_BLOCK = 8192

Tensors = dict[str, NDArray[Any]]


class Learner(ABC):
    """What `CrossLingualTopicModel` does differently for the two kinds of backbones.

    Parameters
    ----------
    model : CrossLingualTopicModel
        With backbone, languages, vocabularies and shape fixed; all that is learnt is kept in it.
    """

    def __init__(self, model: CrossLingualTopicModel) -> None:
        self.model = model

    @abstractmethod
    def start(self, materials: Materials) -> None:
        """Forget what was learnt, and prepare for learning."""

    @abstractmethod
    def fit(self, corpus: Corpus, materials: Materials) -> NDArray[np.float32]:
        """Learn, and return the training documents' topic proportions."""

    @abstractmethod
    def theta(self, corpus: Corpus) -> NDArray[np.float32]:
        """Topic proportions of documents (n_documents, n_components)."""

    @abstractmethod
    def scores(self, corpus: Corpus) -> NDArray[np.float64]:
        """Bound or value of each document's log-likelihood (n_documents,), in nats."""

    @abstractmethod
    def topic_word(self) -> list[NDArray[np.float64]]:
        """Topic-word distributions (n_components, V_l) of each language, as they are now."""

    @abstractmethod
    def tensors(self) -> Tensors:
        """All that was learnt, as arrays, for saving."""

    @abstractmethod
    def restore(self, tensors: Tensors) -> None:
        """Undo `tensors`."""

    def _read_out(self, corpus: Corpus, theta: NDArray[np.float32]) -> NDArray[np.float32]:
        self.model.components_ = np.hstack(self.topic_word())
        self.model.topic_weight_ = theta.mean(0, dtype=np.float64)
        return theta


def start(model: CrossLingualTopicModel, X: Any, *, in_pieces: bool = False) -> tuple[Corpus, Materials]:
    """Check parameters and data, forget what was learnt, and gather what the backbone needs.

    Parameters
    ----------
    model : CrossLingualTopicModel
        Whose parameters apply.
    X : object
        What the user brought.
    in_pieces : bool, default=False
        Whether the model is to be trained epoch by epoch.

    Returns
    -------
    corpus : Corpus
        With counts.
    materials : Materials
        What is known of its documents with a known word.

    Raises
    ------
    InputError, InputTypeError, MissingResourceError
        If something is not what is needed.
    """
    from skxtm.backbones.base import CorpusShape, check_range

    check_range(model, "n_components", 2, None, integer=True)
    backbone = resolve_backbone(model)
    if in_pieces and not has_network(backbone):
        raise InputError(
            f"Backbone {type(backbone).__name__!r} learns from all documents at once. Use fit instead of "
            "partial_fit."
        )
    corpus, model.vectorizer_ = read_training_documents(model, X)
    languages = training_languages(corpus, model.languages, backbone, model.lexicon is not None)
    model.backbone_, model.languages_ = backbone, languages
    vocabularies = corpus.vocabularies or {}
    model.vocabularies_ = {code: vocabularies[code] for code in languages}
    sizes = tuple(len(words) for words in model.vocabularies_.values())
    model._shape = CorpusShape(model.n_components, languages, sizes)
    model._seed = int(check_random_state(model.random_state).randint(np.iinfo(np.int32).max))
    model._learnt = {}
    materials = gather_materials(model, corpus)
    learner_of(model).start(materials)
    return corpus, materials


def learner_of(model: CrossLingualTopicModel) -> Learner:
    """Find the learner of a model's backbone.

    Parameters
    ----------
    model : CrossLingualTopicModel
        With its backbone resolved.

    Returns
    -------
    learner : Learner
    """
    return NetworkLearner(model) if has_network(model.backbone_) else ArrayLearner(model)


def has_network(backbone: Any) -> bool:
    """Tell whether a backbone is a network that gradients can train."""
    from skxtm.backbones.base import NetworkBackbone

    return isinstance(backbone, NetworkBackbone)


class NetworkLearner(Learner):
    """Training of a network."""

    def start(self, materials: Materials) -> None:
        """Compute the constants and build the untrained network."""
        from skxtm.training.loop import build_network

        model = self.model
        model.__dict__.pop("_topics", None)
        model._constants = model.backbone_.prepare(model._shape, materials)
        model.network_ = build_network(model.backbone_, model._shape, model._constants, seed=model._seed)
        model._trainer_state = None
        model.n_iter_ = 0
        model.history_ = {}

    def fit(self, corpus: Corpus, materials: Materials) -> NDArray[np.float32]:
        """Train for all epochs."""
        return self.train(corpus, materials, self.model.backbone_.max_epochs)

    def train(self, corpus: Corpus, materials: Materials, n_epochs: int) -> NDArray[np.float32]:
        """Train for some epochs, and return the training documents' topic proportions."""
        warn_of_unknown_words(corpus)
        trainer = self.trainer()
        documents = per_document(self.model, materials, trainer.device)
        trainer.train(materials.counts, n_epochs, per_document=documents, verbose=self.model.verbose)
        return self.read_out(trainer, corpus)

    def trainer(self, schedule: Schedule | None = None) -> Trainer:
        """Make a trainer that goes on where the last one stopped."""
        from skxtm.training.loop import Schedule, Trainer, restore_trainer
        from skxtm.training.tensors import resolve_device

        model = self.model
        schedule = Schedule.of(model.backbone_) if schedule is None else schedule
        device = resolve_device(model.device)
        trainer = Trainer(model.network_, schedule, device, model._seed, model.n_iter_, dict(model.history_))
        if model._trainer_state is not None:
            restore_trainer(trainer, model._trainer_state)
        return trainer

    def read_out(self, trainer: Trainer, corpus: Corpus) -> NDArray[np.float32]:
        """Take over what a trainer has done."""
        from skxtm.training.loop import trainer_state

        self.model._trainer_state = trainer_state(trainer)
        self.model.n_iter_, self.model.history_ = trainer.n_epochs, trainer.history
        return self._read_out(corpus, self.theta(corpus))

    def theta(self, corpus: Corpus) -> NDArray[np.float32]:
        """Softmax of the latent Gaussian's mean."""
        return self._infer(corpus, "theta")

    def posterior_mean(self, corpus: Corpus) -> NDArray[np.float32]:
        """Mean of the latent Gaussian (n_documents, n_components)."""
        return self._infer(corpus, "mean")

    def scores(self, corpus: Corpus) -> NDArray[np.float64]:
        """Evidence lower bounds."""
        inference = self._inference()
        bounds = np.empty(len(corpus))
        for number, code in enumerate(self.model.languages_):
            bounds[corpus.rows_of(code)] = inference.elbo(corpus.counts_of(code), number)
        return bounds

    def topic_word(self) -> list[NDArray[np.float64]]:
        """Read the network's topics."""
        return self._inference().topic_word()

    def tensors(self) -> Tensors:
        """Weights and constants."""
        from skxtm.training.tensors import to_arrays

        model = self.model
        tensors = {f"network.{name}": value for name, value in to_arrays(model.network_).items()}
        return tensors | {f"constant.{name}": value for name, value in model._constants.items()}

    def restore(self, tensors: Tensors) -> None:
        """Build the network anew."""
        from skxtm.training.loop import build_network

        model = self.model
        model._constants = with_prefix(tensors, "constant.")
        model._trainer_state = None
        if "n_dimensions" in model._constants:
            model._learnt["n_dimensions"] = int(model._constants["n_dimensions"].item())
        state = with_prefix(tensors, "network.")
        model.network_ = build_network(model.backbone_, model._shape, model._constants, state=state)
        model.components_ = np.hstack(self.topic_word())

    def _inference(self) -> Inference:
        from skxtm.training.inference import Inference
        from skxtm.training.tensors import resolve_device

        return Inference(self.model.network_, resolve_device(self.model.device))

    def _infer(self, corpus: Corpus, what: Literal["theta", "mean"]) -> NDArray[np.float32]:
        inference = self._inference()
        result = np.empty((len(corpus), self.model._shape.n_components), dtype=np.float32)
        for number, code in enumerate(self.model.languages_):
            rows = corpus.rows_of(code)
            if len(rows):
                result[rows] = getattr(inference, what)(corpus.counts_of(code), number)
        return result


class ArrayLearner(Learner):
    """Learning without a network, from all documents at once."""

    def start(self, materials: Materials) -> None:
        """Forget what was learnt."""
        for name in ("network_", "_constants", "_trainer_state"):
            self.model.__dict__.pop(name, None)

    def fit(self, corpus: Corpus, materials: Materials) -> NDArray[np.float32]:
        """Learn topics, and read the training documents."""
        warn_of_unknown_words(corpus)
        model = self.model
        topics = model.backbone_.learn(model._shape, materials, seed=model._seed, verbose=model.verbose)
        self.take(topics)
        vectors = materials.document_vectors or (None,) * len(materials.counts)
        return self._read_out(corpus, self._proportions(corpus, vectors))

    def _proportions(
        self, corpus: Corpus, vectors: Sequence[NDArray[np.float32] | None]
    ) -> NDArray[np.float32]:
        """Topic proportions, given the embeddings of each language's documents with a known word."""
        from skxtm.backbones.arrays import Documents

        topics = self.model._topics
        result = np.tile(topics.prior.astype(np.float32), (len(corpus), 1))
        for number, code in enumerate(self.model.languages_):
            known = _known(corpus, code)
            if len(known):
                documents = Documents(corpus.counts_of(code)[known], vectors[number])
                result[corpus.rows_of(code)[known]] = topics.theta(documents, number)
        return result

    def take(self, topics: LearntTopics) -> None:
        """Make topics the model's own."""
        self.model._topics = topics
        self.model.n_iter_, self.model.history_ = topics.n_iter, topics.history

    def theta(self, corpus: Corpus) -> NDArray[np.float32]:
        """Topic proportions by the method's own rule; the prior's without a known word."""
        languages = self.model.languages_
        vectors: Sequence[NDArray[np.float32] | None] = (None,) * len(languages)
        if "document_vectors" in self.model.backbone_.reads and len(corpus):
            stacked = new_document_vectors(self.model, corpus)
            vectors = [stacked[corpus.rows_of(code)[_known(corpus, code)]] for code in languages]
        return self._proportions(corpus, vectors)

    def scores(self, corpus: Corpus) -> NDArray[np.float64]:
        """Log-likelihoods of the words given the topic proportions."""
        theta = self.theta(corpus)
        result = np.empty(len(corpus))
        for number, code in enumerate(self.model.languages_):
            rows = corpus.rows_of(code)
            topics = self.model._topics.topic_word[number]
            result[rows] = _log_likelihood(corpus.counts_of(code), theta[rows], topics)
        return result

    def topic_word(self) -> list[NDArray[np.float64]]:
        """Look up the topics."""
        return list(self.model._topics.topic_word)

    def tensors(self) -> Tensors:
        """Topics and what finds them in documents."""
        topics = self.model._topics
        tensors = {f"learnt.{name}": value for name, value in topics.arrays().items()}
        tensors |= {f"topics.{number}": value for number, value in enumerate(topics.topic_word)}
        return tensors | {"prior": topics.prior}

    def restore(self, tensors: Tensors) -> None:
        """Take over saved topics."""
        model = self.model
        by_number = with_prefix(tensors, "topics.")
        model._topics = model.backbone_.restore(
            model._shape,
            with_prefix(tensors, "learnt."),
            topic_word=tuple(by_number[str(number)] for number in range(len(by_number))),
            prior=tensors["prior"],
            n_iter=model.n_iter_,
            history=model.history_,
        )
        model.components_ = np.hstack(self.topic_word())


def update_anchors(model: CrossLingualTopicModel, topic: int, words: Mapping[str, Any]) -> None:
    """Change the anchors of a topic, see `CrossLingualTopicModel.update_anchors`.

    Parameters
    ----------
    model : CrossLingualTopicModel
        Fitted, with anchors.
    topic : int
        Number of the topic.
    words : dict of str to sequence of str
        New anchors by language.

    Raises
    ------
    InputError
        If a language or word is not the model's.
    """
    numbers = {}
    for code, of_language in words.items():
        language = _language_number(model, code)
        numbers[language] = _word_numbers(model, code, of_language)
        alone = numbers[language][~model._topics.can_be_anchors(language)[numbers[language]]]
        if len(alone):
            named = model.vocabularies_[code][alone[:5]].tolist()
            raise InputError(
                f"anchors in {code!r} contain {named}, which occur with no other word in the training "
                "documents. Choose others."
            )
    learner = ArrayLearner(model)
    learner.take(model._topics.with_anchors(topic, numbers))
    model.components_ = np.hstack(learner.topic_word())
    model.topic_weight_ = model._topics.prior


def with_prefix(tensors: Tensors, prefix: str) -> Tensors:
    """Pick the tensors whose names begin with a prefix, and take it off.

    Parameters
    ----------
    tensors : dict of str to ndarray
        All.
    prefix : str
        The prefix.

    Returns
    -------
    tensors : dict of str to ndarray
    """
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _language_number(model: CrossLingualTopicModel, code: str) -> int:
    if code not in model.languages_:
        raise InputError(f"anchors are given in {code!r}, but the model's languages are {model.languages_}.")
    return model.languages_.index(code)


def _word_numbers(model: CrossLingualTopicModel, code: str, words: Any) -> NDArray[np.int64]:
    if isinstance(words, str):
        raise InputError(f"anchors in {code!r} must be a list of words. Got the string {words!r} instead.")
    number_of = {word: number for number, word in enumerate(model.vocabularies_[code])}
    unknown = [word for word in words if word not in number_of]
    if unknown:
        raise InputError(f"anchors in {code!r} contain {unknown[:5]}, not in the vocabulary of the model.")
    if not len(words):
        raise InputError(
            f"anchors in {code!r} must be at least one word; leave out {code!r} to keep those it has."
        )
    return np.array([number_of[word] for word in words], dtype=np.int64)


def _known(corpus: Corpus, code: str) -> NDArray[np.intp]:
    """Numbers of a language's documents with a known word, among those of the language."""
    return np.flatnonzero(corpus.counts_of(code).sum(1))


def _log_likelihood(
    counts: sparse.csr_array, theta: NDArray[np.float32], topics: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum over words of count times log of ``theta @ topics``, floored at the smallest positive float."""
    by_word = np.ascontiguousarray(topics.T)
    result = np.empty(counts.shape[0])
    for start in range(0, counts.shape[0], _ROWS_PER_BLOCK):
        block = counts[start : start + _ROWS_PER_BLOCK].tocoo()
        rows, words = block.coords
        probability = np.einsum("ij,ij->i", theta[start + rows].astype(np.float64), by_word[words])
        logs = block.data * np.log(np.maximum(probability, np.finfo(float).tiny))
        result[start : start + _ROWS_PER_BLOCK] = np.bincount(rows, logs, minlength=block.shape[0])
    return result
