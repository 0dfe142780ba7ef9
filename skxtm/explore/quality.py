"""Which topics to trust: measures that need no parallel text, and a verdict in words."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm._parameters import check_n_words
from skxtm._threads import one_thread
from skxtm.explore import _measures as measures
from skxtm.explore._evidence import Evidence, gather_evidence
from skxtm.explore._reading import Model, ReadDocuments, pandas_for, read
from skxtm.model import CrossLingualTopicModel
from skxtm.refiner import LLMRefiner
from skxtm.report import trained_model

Floats = NDArray[np.float64]

# The limits were chosen on models of the sample and of drawn corpora with seeds 0 to 2, in the gap between
# intact topics and planted faults; benchmarks/broken_topics.py counts with other seeds and corpora.

#: Words of the other language, in multiples of n_words, among which a translation is looked for.
LISTED = 5
#: Share of a topic's mass in one language from which on it is of that language only: what the one-sided
#: topics of benchmarks/corectm.py are.
ONE_LANGUAGE = 0.9
#: On the way from unrelated words, 0, to good topics, 1, where shuffled words stand near 0.
ENOUGH_COHERENCE = 0.3
#: On the same way, where swapped topics stand near 0.
ENOUGH_AGREEMENT = 0.4
#: A topic stands in another's place if it is less like itself in the other language than this share of what
#: both sides are like some other topic; intact topics with near relatives reach 1.
BEATEN = 0.75
#: Similarity across the halves of a topic, relative to that within: joined themes have 0, intact topics
#: 0.5 and more.
ONE_THEME = 0.25
#: Share of the top words that repeats a heavier topic: most of what a reader sees of it.
REPEATED = 0.5


def topic_quality_table(
    model: CrossLingualTopicModel | LLMRefiner,
    X: Any,
    *,
    n_words: int = 10,
    lexicons: Any = None,
    encoder: Any = None,
) -> Any:
    """Tabulate how good topics are, without parallel text, and which of them are broken.

    Parameters
    ----------
    model : CrossLingualTopicModel or LLMRefiner
        Fitted.
    X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
        Documents in languages of the model, anything `skxtm.as_corpus` reads. Held-out ones are best; those
        of training do. Columns that need documents of a language are nan without them.
    n_words : int, default=10
        Top words that are judged, of each topic and language.
    lexicons : path, Lexicon, list of these or None, default=None
        Translations by which languages agree. None takes what the model takes.
    encoder : encoder, str, dict of str to array of shape (V_l, n_dimensions) or None, default=None
        Where words' vectors come from, as in `skxtm.embeddings.resolve_word_embeddings`. None takes what the
        model used or, where that is not at hand, learns from `X` as the model would.

    Returns
    -------
    table : pandas.DataFrame of shape (n_components, 8 + 2 * n_languages)
        One row per topic: those that are fine by weight, then the broken ones by weight. Columns:

        - ``topic``, ``name``, ``weight``: as in `CrossLingualTopicModel.get_topic_info`.
        - ``coherence_en``, ...: mean NPMI of pairs of top words in the documents of the language, between -1
          and 1; nan if fewer than two of them occur there.
        - ``agreement_lexicon``: share of top words with a translation among the other language's
          first ``5 * n_words``, mean over ordered pairs of languages; nan without a lexicon.
        - ``agreement_vectors``: cosine of the mean vectors of the top words of two languages, less the mean
          of those with other topics, mean over pairs of languages; 0 for unrelated words, nan without
          vectors. Before means are taken, each language's vectors are scaled to length 1, less their mean,
          and scaled again.
        - ``unity``: about 1 if the words are of one theme, about 0 if they fall into two; nan if it
          cannot be told, as for fewer than four words.
        - ``uniqueness``: mean over top words of one over the number of topics that have the word.
        - ``share_en``, ...: share of the topic's mass in each language, languages counted as equally large.
        - ``verdict``: empty, or what is wrong: ``"one language only"``, ``"incoherent in zh"``,
          ``"languages disagree"``, ``"two themes"``, ``"repeats topic 7"``, several joined by ``"; "``.

    Raises
    ------
    InputError
        If `n_words` is less than 1, or the documents are not what the model needs.
    InputTypeError
        If `model` is something else.
    MissingDependencyError
        If pandas is not installed (extra ``frame``).
    sklearn.exceptions.NotFittedError
        If the model is not fitted.

    Warns
    -----
    UserWarning
        If no topic is more coherent in a language than random words: either there are too few documents to
        tell, or all topics are incoherent.

    See Also
    --------
    broken_topics : The verdicts alone.
    skxtm.metrics.npmi_score, skxtm.metrics.cnpmi_score : Coherence by a reference.

    Notes
    -----
    Coherence and agreement are judged on the way from what unrelated words have, 0, to what good topics of
    the same model have, 1: the upper quartile, so that a minority of good topics is enough. Unrelated words
    are 200 sets of random words, each as frequent as a top word. Where there are vectors, incoherence is
    judged by their cosines too; each source weighs as well as it tells good topics from random words. See
    ``docs/explore.md`` for how the limits were chosen.

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.explore import topic_quality_table
    >>> data = make_multilingual_corpus(n_documents=100, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    >>> table = topic_quality_table(model, data.corpus)
    >>> list(table.columns[3:7])
    ['coherence_en', 'coherence_zh', 'agreement_lexicon', 'agreement_vectors']
    >>> table["verdict"].tolist()
    ['', '', '']
    """
    check_n_words(n_words, "topic_quality_table")
    pandas_for("topic_quality_table")
    documents = read(model, X, "topic_quality_table")
    return quality_of(model, documents, n_words=n_words, lexicons=lexicons, encoder=encoder)


def quality_of(
    model: Model, documents: ReadDocuments, *, n_words: int = 10, lexicons: Any = None, encoder: Any = None
) -> Any:
    """Tabulate the quality of topics by documents that were read, as `topic_quality_table` returns it.

    Parameters
    ----------
    model : CrossLingualTopicModel or LLMRefiner
        Fitted.
    documents : ReadDocuments
        Of the model.
    n_words, lexicons, encoder : object
        As for `topic_quality_table`.

    Returns
    -------
    table : pandas.DataFrame
    """
    pandas = pandas_for("topic_quality_table")
    own = trained_model(model, "topic_quality_table")
    with one_thread():
        evidence = gather_evidence(
            model, documents, n_words=n_words, depth=LISTED * n_words, lexicons=lexicons, encoder=encoder
        )
        judged = judge(evidence, own.topic_weight_)
    if judged.untold:
        warnings.warn(
            f"No topic is more coherent in {judged.untold} than random words of these documents: either they "
            "are too few to tell, or all topics are incoherent there. Give more documents to tell which.",
            stacklevel=3,
        )
    table = pandas.DataFrame(
        {
            "topic": range(evidence.n_topics),
            "name": own.topic_names_,
            "weight": own.topic_weight_,
            **judged.columns,
            "verdict": judged.verdicts,
        }
    )
    table["broken"] = table["verdict"] != ""
    table = table.sort_values(["broken", "weight"], ascending=[True, False], kind="stable")
    return table.drop(columns="broken").reset_index(drop=True)


def broken_topics(table: Any) -> dict[int, str]:
    """List the topics that have a verdict, for views that mark them.

    Parameters
    ----------
    table : pandas.DataFrame
        From `topic_quality_table`.

    Returns
    -------
    verdicts : dict of int to str
        By number of the topic, in the order of the table; without those that are fine.

    Examples
    --------
    >>> import pandas as pd
    >>> from skxtm.explore import broken_topics
    >>> broken_topics(pd.DataFrame({"topic": [1, 0], "verdict": ["", "two themes"]}))
    {0: 'two themes'}
    """
    columns = zip(table["topic"].tolist(), table["verdict"].tolist(), strict=True)
    return {topic: verdict for topic, verdict in columns if verdict}


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
    disagree = _disagree(agreements, evidence)
    # words of languages that disagree are two groups too, and two themes are incoherent together
    is_two = (unity < ONE_THEME) & ~disagree
    found = {
        "one language only": _in_one_language(shares),
        **{f"incoherent in {code}": (way < ENOUGH_COHERENCE) & ~is_two for code, way in ways.items()},
        "languages disagree": disagree,
        "two themes": is_two,
    }
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
    """Map topics to the one, among heavier ones, that they share most words with, if they do."""
    repeated: dict[int, int] = {}
    by_weight = np.argsort(-weights, kind="stable")
    for place, k in enumerate(by_weight):
        heavier = by_weight[:place]
        if len(heavier) and shared[k, heavier].max() >= REPEATED:
            repeated[int(k)] = int(heavier[shared[k, heavier].argmax()])
    return repeated
