"""From documents to models that have learnt nothing yet: materials gathered, for one model or for several."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from skxtm._model.materials import (
    all_document_vectors,
    gather_documents,
    gather_materials,
    gather_shared,
    joined,
    new_document_vectors,
)
from skxtm._model.seeds import SeedWords, check_room, find_seed_words, read_seeds
from skxtm._model.sources import Sources, say
from skxtm._model.state import Settings, State
from skxtm._model.topics import set_names
from skxtm._threads import torch_threads
from skxtm.corpus import Corpus

if TYPE_CHECKING:
    from skxtm.backbones.base import Backbone, Materials
    from skxtm.vectorizer import CrossLingualVectorizer


def start(
    backbone: Backbone, corpus: Corpus, vectorizer: CrossLingualVectorizer | None, sources: Sources
) -> tuple[State, Materials]:
    """Gather what a backbone needs, and prepare for learning.

    Parameters
    ----------
    backbone : Backbone
        From `learning.choose`.
    corpus : Corpus
        Training documents with counts.
    vectorizer : CrossLingualVectorizer or None
        What made the counts; None if they were given.
    sources : Sources
        From `learning.find_sources`.

    Returns
    -------
    state : State
        Of a model that has learnt nothing yet.
    materials : Materials
        For `learning.learn` or `learning.train`.

    Raises
    ------
    InputError, InputTypeError, MissingResourceError
        If something is not what is needed.
    """
    state = _new_state(backbone, corpus, vectorizer, sources)
    seed_words = _begin_at_words(state, corpus, sources.settings)
    with torch_threads(sources.settings.n_threads):
        materials = replace(gather_materials(state, corpus, sources), seed_words=seed_words)
        say(state.resources, sources.settings.verbose)
        _prepare(state, materials)
    return state, materials


@dataclass(frozen=True)
class Shared:
    """What models of any number of topics learn from the same documents by: gathered once.

    Attributes
    ----------
    corpus : Corpus
        Training documents with counts, and with embeddings if the models need some.
    sources : Sources
        Where lexicons and vectors came from.
    state : State
        Of a model that has learnt nothing yet, encoders apart.
    materials : Materials
        Lexicons and vectors of words, without documents.
    """

    corpus: Corpus
    sources: Sources
    state: State
    materials: Materials

    @classmethod
    def of(
        cls,
        backbone: Backbone,
        corpus: Corpus,
        vectorizer: CrossLingualVectorizer | None,
        sources: Sources,
    ) -> Shared:
        """Gather what a backbone needs, whatever the number of topics; parameters as for `start`."""
        state = _new_state(backbone, corpus, vectorizer, sources)
        seed_words = _begin_at_words(state, corpus, sources.settings)
        with torch_threads(sources.settings.n_threads):
            materials = replace(gather_shared(state, corpus, sources), seed_words=seed_words)
            vectors = all_document_vectors(state, corpus, sources)
            say(state.resources, sources.settings.verbose)
        if vectors is not None:
            corpus = with_embedding(corpus, vectors)
        given = Sources(replace(sources.settings, document_embeddings=None), sources.languages)
        given.chosen = sources.chosen
        return cls(corpus, given, state, materials)

    def read(self, corpus: Corpus) -> Corpus:
        """Embed further documents, with counts over the same vocabularies, if the models read embeddings."""
        if self.corpus.embedding is None or corpus.embedding is not None:
            return corpus
        with torch_threads(self.sources.settings.n_threads):
            return with_embedding(corpus, new_document_vectors(self.state, corpus, self.sources))

    def start(self, n_components: int, seed: int, rows: NDArray[np.intp]) -> tuple[State, Corpus, Materials]:
        """Prepare a model that learns from some of the documents.

        Parameters
        ----------
        n_components : int
            Number of topics.
        seed : int
            Start of all that is random in the model.
        rows : ndarray of int of shape (n_rows,)
            Documents that it learns from.

        Returns
        -------
        state : State
        corpus : Corpus
        materials : Materials
            As for `learning.learn`.
        """
        check_room(self.materials.seed_words, n_components)
        shape = replace(self.state.shape, n_components=n_components)
        state = replace(self.state.copy(), shape=shape, seed=seed)
        corpus = self.corpus[rows]
        with torch_threads(self.sources.settings.n_threads):
            materials = joined(self.materials, gather_documents(state, corpus, self.sources), seed)
            _prepare(state, materials)
        return state, corpus, materials


def with_embedding(corpus: Corpus, vectors: NDArray[np.float32]) -> Corpus:
    """Put embeddings beside documents.

    Parameters
    ----------
    corpus : Corpus
        With or without counts.
    vectors : ndarray of shape (n_documents, n_dimensions)
        One row for each.

    Returns
    -------
    corpus : Corpus
        The same documents.
    """
    embedded = Corpus(
        corpus.language, text=corpus.text, embedding=vectors, id=corpus.id, pair_id=corpus.pair_id
    )
    if not corpus.has_counts:
        return embedded
    counts = {code: corpus.counts_of(code) for code in corpus.languages}
    return embedded._counted(counts, corpus.vocabularies or {})


def _new_state(
    backbone: Backbone, corpus: Corpus, vectorizer: CrossLingualVectorizer | None, sources: Sources
) -> State:
    from skxtm.backbones.base import CorpusShape

    settings, languages = sources.settings, sources.languages
    vocabularies = corpus.vocabularies or {}
    words = {code: vocabularies[code] for code in languages}
    shape = CorpusShape(settings.n_components, languages, tuple(map(len, words.values())))
    seed = int(check_random_state(settings.random_state).randint(np.iinfo(np.int32).max))
    return State(backbone, shape, words, vectorizer, seed)


def _begin_at_words(state: State, corpus: Corpus, settings: Settings) -> SeedWords:
    """Name the topics that begin at words, and find these in the vocabularies."""
    seeds = read_seeds(settings, state.backbone)
    check_room(seeds, state.shape.n_components)
    state.seeds = repr(seeds)
    set_names(state, {number: seed.name for number, seed in enumerate(seeds)})
    return find_seed_words(seeds, state, corpus)


def _prepare(state: State, materials: Materials) -> None:
    """Compute what a network is built from, and build it."""
    from skxtm.backbones.base import NetworkBackbone

    backbone = state.backbone
    state.reads_documents = "document_vectors" in backbone.reads and materials.all_vectors is not None
    if isinstance(backbone, NetworkBackbone):
        from skxtm.training.loop import build_network

        state.constants = backbone.prepare(state.shape, materials)
        state.network = build_network(backbone, state.shape, state.constants, seed=state.seed)
