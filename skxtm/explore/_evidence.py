"""What topics are judged by: their top words, and what documents, lexicons and vectors say of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm._model.materials import known_word_vectors, words_in_one_space
from skxtm._model.sources import Sources, read_lexicons
from skxtm._model.state import Settings, State, state_of
from skxtm._model.translations import known_translations
from skxtm.corpus import Corpus
from skxtm.exceptions import MissingResourceError
from skxtm.explore._reading import Model, ReadDocuments
from skxtm.report import trained_model

Columns = list[NDArray[np.intp]]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Evidence:
    """Topics, and what is known of their words.

    Attributes
    ----------
    top : dict of str to list of ndarray of int
        By language, for each topic the numbers of its top words in the vocabulary, best first.
    vocabularies : dict of str to ndarray of str of shape (V_l,)
        The words.
    counts : dict of str to csr_array of shape (n_documents_l, V_l)
        Counts of the documents, of those languages that have some.
    mass : dict of str to ndarray of shape (n_topics,)
        Mean topic proportions of these documents.
    vectors : dict of str to ndarray of shape (V_l, n_dimensions)
        Rows of length 1 or 0, centred by language, in one space; empty if nothing gives any.
    translations : dict of (str, str) to csr_array of shape (V_a, V_b)
        1 where words translate each other, of pairs of languages with a lexicon.
    n_words : int
        How many of the top words count.
    """

    top: Mapping[str, Columns]
    vocabularies: Mapping[str, NDArray[np.object_]]
    counts: Mapping[str, sparse.csr_array]
    mass: Mapping[str, NDArray[np.float64]]
    vectors: Mapping[str, NDArray[np.float32]]
    translations: Mapping[Pair, sparse.csr_array]
    n_words: int

    def words(self, code: str) -> Columns:
        """Numbers of the top words that count, of every topic, in one language."""
        return [of_topic[: self.n_words] for of_topic in self.top[code]]

    def of(self, model: Model, documents: ReadDocuments, depth: int) -> Evidence:
        """Take the topics of a model, and leave what is known of words.

        Parameters
        ----------
        model : CrossLingualTopicModel or LLMRefiner
            Fitted, with these vocabularies.
        documents : ReadDocuments
            Those that topics are judged by, as the model reads them.
        depth : int
            Words to list of every topic, at least `n_words`.

        Returns
        -------
        evidence : Evidence
        """
        corpus, theta = documents.corpus, documents.theta.astype(np.float64)
        mass = {code: theta[corpus.rows_of(code)].mean(axis=0) for code in corpus.languages}
        return replace(self, top=_columns(model.get_topics(depth), self.vocabularies), mass=mass)

    @property
    def n_topics(self) -> int:
        """Number of topics."""
        return len(next(iter(self.top.values())))

    @property
    def pairs(self) -> list[Pair]:
        """Every two languages."""
        return list(combinations(self.vocabularies, 2))


def gather_evidence(
    model: Model, documents: ReadDocuments, *, n_words: int, depth: int, lexicons: Any, encoder: Any
) -> Evidence:
    """Look up all that the topics of a model are judged by.

    Parameters
    ----------
    model : CrossLingualTopicModel or LLMRefiner
        Fitted.
    documents : ReadDocuments
        By which they are judged.
    n_words : int
        Top words that count, of each topic and language.
    depth : int
        Words to list, at least `n_words`.
    lexicons, encoder : object
        As for `skxtm.explore.topic_quality_table`.

    Returns
    -------
    evidence : Evidence
    """
    own = trained_model(model, "topic_quality_table")
    state = state_of(own).copy()  # what is learnt here is not the model's
    settings = Settings.of(own)
    if lexicons is not None:
        settings = replace(settings, lexicon=read_lexicons(lexicons))
    known = gather_knowledge(
        state, documents.corpus, Sources(settings, state.languages), n_words=n_words, encoder=encoder
    )
    return known.of(model, documents, depth)


def gather_knowledge(
    state: State,
    judging: Corpus,
    sources: Sources,
    *,
    n_words: int,
    encoder: Any = None,
    learning: Corpus | None = None,
) -> Evidence:
    """Look up what is known of words, whatever the topics.

    Parameters
    ----------
    state : State
        Of a model; what is learnt here is kept in it.
    judging : Corpus
        Documents that topics are judged by, with counts.
    sources : Sources
        Where lexicons and vectors come from.
    n_words : int
        Top words that are to count.
    encoder : object
        As for `skxtm.explore.topic_quality_table`.
    learning : Corpus or None, default=None
        Documents that vectors are learnt from where there are none; None for those that judge.

    Returns
    -------
    known : Evidence
        Without topics; `Evidence.of` adds some.
    """
    learning = judging if learning is None else learning
    has_all = len(learning.languages) == len(state.languages)
    return Evidence(
        top={},
        vocabularies=state.vocabularies,
        counts={code: judging.counts_of(code) for code in judging.languages},
        mass={},
        vectors=_vectors(state, learning, sources, encoder, has_all=has_all),
        translations=_translations(state, learning, sources),
        n_words=n_words,
    )


def _columns(
    topics: Sequence[Mapping[str, Sequence[str]]], vocabularies: Mapping[str, NDArray[np.object_]]
) -> dict[str, Columns]:
    top = {}
    for code, words in vocabularies.items():
        column_of = {word: column for column, word in enumerate(words)}
        top[code] = [
            np.array([column_of[word] for word in topic[code] if word in column_of], dtype=np.intp)
            for topic in topics
        ]
    return top


def _translations(state: State, corpus: Corpus, sources: Sources) -> dict[Pair, sparse.csr_array]:
    found = known_translations(state, corpus, sources)
    return {pair: found[pair] for pair in combinations(state.languages, 2) if pair in found}


def _vectors(
    state: State, corpus: Corpus, sources: Sources, encoder: Any, *, has_all: bool
) -> dict[str, NDArray[np.float32]]:
    """Vectors by what was asked for, by what the model used, or learnt of these documents."""
    known = known_word_vectors(state, sources) if encoder is None else encoder
    if known is None and not has_all:
        return {}
    try:
        vectors = words_in_one_space(state, corpus, sources, "topic_quality_table", known)
    except MissingResourceError:
        if known is not None:
            raise
        return {}
    return dict(zip(state.languages, vectors, strict=True))
