"""Which topics to trust: measures that need no parallel text, and a verdict in words."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm._optional import import_optional
from skxtm._parameters import check_n_words
from skxtm._threads import one_thread
from skxtm.explore import _measures as measures
from skxtm.explore._evidence import Evidence, gather_evidence, trained_model

Floats = NDArray[np.float64]

#: Words of the other language, in multiples of n_words, among which a translation is looked for.
LISTED = 5
#: Share of a topic's mass in one language from which on it is of that language only.
ONE_LANGUAGE = 0.9
#: On the way from unrelated words to good topics, where incoherence and disagreement end.
ENOUGH_COHERENCE = 0.3
ENOUGH_AGREEMENT = 0.4
#: A topic that is so much less like itself in another language than two topics are like their counterparts
#: stands in another's place.
BEATEN = 0.75
#: Similarity across the two halves of a topic, relative to that within, where two themes end.
ONE_THEME = 0.25
#: Share of the top words from which on a topic repeats a heavier one.
REPEATED = 0.5


@dataclass(frozen=True)
class Judged:
    """What was measured of topics, and what it means.

    Attributes
    ----------
    columns : dict of str to ndarray of shape (n_topics,)
        Measures by name.
    verdicts : list of str
        For each topic, empty if it is fine.
    untold : list of str
        Languages in which no topic is told from random words.
    """

    columns: dict[str, Floats]
    verdicts: list[str]
    untold: list[str]


def judge(evidence: Evidence, weights: Floats) -> Judged:
    """Measure topics, and find those that are broken.

    Parameters
    ----------
    evidence : Evidence
        Topics and what is known of their words.
    weights : ndarray of shape (n_topics,)
        Of the topics: of two that repeat each other, the lighter one is broken.

    Returns
    -------
    judged : Judged
    """
    coherences = {code: measures.coherence(evidence, code) for code in evidence.vocabularies}
    by_lexicon = {pair: measures.agreement_by_lexicon(evidence, pair) for pair in evidence.translations}
    by_vectors = {
        pair: measures.agreement_by_vectors(evidence, pair) for pair in evidence.pairs if evidence.vectors
    }
    shares, unity = measures.language_shares(evidence), measures.unity(evidence, coherences)
    nothing = np.full(evidence.n_topics, np.nan)
    columns = {f"coherence_{code}": part.by_documents.values for code, part in coherences.items()}
    columns["agreement_lexicon"] = measures.mean_of_known(
        [nothing, *(np.diag(part.similarity) for part in by_lexicon.values())]
    )
    columns["agreement_vectors"] = measures.mean_of_known(
        [nothing, *(part.own for part in by_vectors.values())]
    )
    columns["unity"], columns["uniqueness"] = unity, measures.uniqueness(evidence)
    columns |= {f"share_{code}": part for code, part in shares.items()}
    ways = {code: part.way for code, part in coherences.items()}
    agreements = {
        pair: measures.mean_of_known([part[pair].way for part in (by_lexicon, by_vectors) if pair in part])
        for pair in evidence.pairs
        if pair in by_lexicon or pair in by_vectors
    }
    found = {
        "one language only": _in_one_language(shares),
        **{f"incoherent in {code}": way < ENOUGH_COHERENCE for code, way in ways.items()},
        "languages disagree": _disagree(agreements, evidence),
    }
    is_whole = ~np.any(list(found.values()), axis=0)
    found["two themes"] = is_whole & (unity < ONE_THEME)
    repeated = _repeated(measures.shared_words(evidence), weights)
    verdicts = []
    for k in range(evidence.n_topics):
        words = [name for name, is_found in found.items() if is_found[k]]
        verdicts.append("; ".join(words + ([f"repeats topic {repeated[k]}"] if k in repeated else [])))
    untold = [code for code, way in ways.items() if code in evidence.counts and np.isnan(way).all()]
    return Judged(columns, verdicts, untold)


def _in_one_language(shares: dict[str, Floats]) -> NDArray[np.bool_]:
    known = [part for part in shares.values() if not np.isnan(part).all()]
    if len(known) < 2:
        return np.zeros(len(next(iter(shares.values()))), dtype=bool)
    return np.asarray(np.max(known, axis=0) > ONE_LANGUAGE)


def _disagree(agreements: dict[tuple[str, str], Floats], evidence: Evidence) -> NDArray[np.bool_]:
    """Find topics of which some language agrees with the others too little, mean over the others."""
    disagree = np.zeros(evidence.n_topics, dtype=bool)
    for code in evidence.vocabularies:
        of_code = [way for pair, way in agreements.items() if code in pair]
        if of_code:
            way = np.mean(of_code, axis=0)
            disagree |= np.diag(way) < ENOUGH_AGREEMENT
    for way in agreements.values():
        others = way - np.diag(np.full(len(way), np.inf))
        beaten = np.diag(way) < BEATEN * np.minimum(others.max(axis=0), others.max(axis=1))
        disagree |= beaten
    return disagree


def _repeated(shared: Floats, weights: Floats) -> dict[int, int]:
    """Number of the topic that each repeats: the one, among heavier ones, that shares most words."""
    repeated: dict[int, int] = {}
    by_weight = np.argsort(-weights, kind="stable")
    for place, k in enumerate(by_weight):
        heavier = by_weight[:place]
        if len(heavier) and shared[k, heavier].max() >= REPEATED:
            repeated[int(k)] = int(heavier[shared[k, heavier].argmax()])
    return repeated
