"""Measures of topics without parallel text, each beside what unrelated words would have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.embeddings._vectors import unit_rows
from skxtm.explore._evidence import Columns, Evidence, Pair
from skxtm.metrics import AlignedReference
from skxtm.metrics.coherence import npmi_matrix

Floats = NDArray[np.float64]

#: Sets of random words that say what unrelated words have: their mean is known to a tenth of their spread.
N_RANDOM_SETS = 200
#: Sets of words whose pairs are counted by one product: it holds the square of all their words.
_COUNTED_TOGETHER = 64
#: Words of about the same frequency that stand for a top word in such a set.
N_ALIKE = 50
#: Standard deviations above random words from which on good topics are told from them.
CLEARLY = 3.0
#: Quantile of the topics that stands for good ones, so that three quarters of them may be broken.
GOOD = 0.75
#: Smallest share of a topic's words that makes a theme; less is noise.
SMALLEST_THEME = 0.2
#: How near the coherence of the lesser group must come to the other's to be a theme rather than noise.
LEAST_COHERENT_THEME = 0.4


@dataclass(frozen=True)
class Scale:
    """Values of topics, and where on the way from unrelated words to good topics they stand.

    Attributes
    ----------
    values : ndarray of shape (n_topics,)
        As measured.
    unrelated : float
        What unrelated words have.
    good : float
        What good topics of the model have; nan if they are not told from unrelated words.
    spread : float
        Standard deviation of unrelated words.
    """

    values: Floats
    unrelated: float
    good: float
    spread: float

    @property
    def way(self) -> Floats:
        """0 for what unrelated words have, 1 for what good topics have; nan if it cannot be told."""
        return (self.values - self.unrelated) / (self.good - self.unrelated)

    @property
    def precision(self) -> Floats:
        """Inverse variance of the way of unrelated words, which is 0 where the way is not known."""
        of_all = ((self.good - self.unrelated) / max(self.spread, 1e-9)) ** 2
        return np.where(np.isnan(self.way), 0.0, of_all)


def scale(values: Floats, random: Floats) -> Scale:
    """Compare values of topics with those of random words.

    Parameters
    ----------
    values : ndarray of shape (n_topics,)
        May be nan.
    random : ndarray of shape (n_sets,)
        The same measure of random words.

    Returns
    -------
    scale : Scale
    """
    known, of_random = values[~np.isnan(values)], random[~np.isnan(random)]
    if not len(known) or not len(of_random):
        return Scale(values, np.nan, np.nan, np.nan)
    unrelated, spread = float(of_random.mean()), float(of_random.std())
    good = float(np.quantile(known, GOOD))
    return Scale(values, unrelated, good if good - unrelated > CLEARLY * spread else np.nan, spread)


@dataclass(frozen=True)
class Coherence:
    """How the words of topics belong together within a language.

    Attributes
    ----------
    by_documents : Scale
        Mean NPMI of pairs of top words.
    by_vectors : Scale or None
        Mean cosine of pairs of top words; None without vectors.
    """

    by_documents: Scale
    by_vectors: Scale | None

    @property
    def way(self) -> Floats:
        """Mean of the ways by documents and by vectors, each weighing as it tells unrelated words apart."""
        both = [self.by_documents] if self.by_vectors is None else [self.by_documents, self.by_vectors]
        return mean_of_known([each.way for each in both], [each.precision for each in both])


def mean_of_known(rows: Sequence[Floats], weights: Sequence[Floats] | None = None) -> Floats:
    """Average arrays of one shape, leaving out what is nan.

    Parameters
    ----------
    rows : sequence of ndarray of shape (...)
        At least one.
    weights : sequence of ndarray of shape (...) or None, default=None
        One for each; None for 1.

    Returns
    -------
    mean : ndarray of shape (...)
        nan where all are.
    """
    stacked = np.array(rows)
    known = ~np.isnan(stacked) * (1.0 if weights is None else np.array(weights))
    total, weight = (known * np.nan_to_num(stacked)).sum(axis=0), known.sum(axis=0)
    return np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), np.nan)


def random_words(evidence: Evidence, code: str) -> Columns:
    """Draw sets of unrelated words, as frequent as the top words of topics.

    Parameters
    ----------
    evidence : Evidence
        Whose documents of the language say how frequent words are; without any, all are alike.
    code : str
        The language.

    Returns
    -------
    sets : list of ndarray of int
        `N_RANDOM_SETS` sets, the same in every call: each has the words of a random topic, and in place of
        every one a word that occurs in about as many documents.
    """
    n_words = len(evidence.vocabularies[code])
    frequencies = np.zeros(n_words)
    if code in evidence.counts:
        frequencies = np.asarray((evidence.counts[code] > 0).sum(axis=0)).ravel()
    order = np.argsort(-frequencies, kind="stable")
    rank = np.argsort(order, kind="stable")
    rng, n_alike = np.random.RandomState(0), min(N_ALIKE, n_words)
    topics, sets = evidence.words(code), []
    for number in rng.randint(len(topics), size=N_RANDOM_SETS):
        first = np.clip(rank[topics[number]] - n_alike // 2, 0, n_words - n_alike)
        sets.append(np.unique(order[first + rng.randint(n_alike, size=len(first))]))
    return sets


def coherence(evidence: Evidence, code: str) -> Coherence:
    """Measure how the words of topics belong together within a language.

    Parameters
    ----------
    evidence : Evidence
        Topics, documents and vectors.
    code : str
        The language.

    Returns
    -------
    coherence : Coherence
        By documents nan for a topic with fewer than two words in them, and everywhere without documents.
    """
    sets = evidence.words(code), random_words(evidence, code)
    by_documents, by_vectors = _untold(evidence.n_topics), None
    if code in evidence.counts:
        reference = _reference(evidence, code)
        by_documents = scale(*(_npmi_means(evidence, code, reference, words) for words in sets))
    if evidence.vectors:
        of_vectors = partial(_cosines_of, evidence.vectors[code])
        by_vectors = scale(*(np.array([mean_of_pairs(of_vectors(part)) for part in words]) for words in sets))
    return Coherence(by_documents, by_vectors)


def _untold(n_topics: int) -> Scale:
    return Scale(np.full(n_topics, np.nan), np.nan, np.nan, np.nan)


def _reference(evidence: Evidence, code: str) -> AlignedReference:
    vocabulary = evidence.vocabularies[code].tolist()
    return AlignedReference({code: evidence.counts[code]}, {code: vocabulary}, match="literal")


def _npmi_of(evidence: Evidence, code: str, reference: AlignedReference, words: NDArray[np.intp]) -> Floats:
    """NPMI of every two words; nan everywhere if fewer than two occur."""
    spelled = evidence.vocabularies[code][words].tolist()
    if np.count_nonzero(reference.document_counts(code, spelled)) < 2:
        return np.full((len(words), len(words)), np.nan)
    return npmi_matrix(spelled, reference, code)


def _cosines_of(vectors: NDArray[np.float32], words: NDArray[np.intp]) -> Floats:
    return (vectors[words] @ vectors[words].T).astype(np.float64)


def _npmi_means(evidence: Evidence, code: str, reference: AlignedReference, sets: Columns) -> Floats:
    """Mean NPMI of pairs of words of each set; pairs of many sets are counted at a time."""
    means = []
    for start in range(0, len(sets), _COUNTED_TOGETHER):
        counted = sets[start : start + _COUNTED_TOGETHER]
        words = np.unique(np.concatenate(counted))
        matrix = _npmi_of(evidence, code, reference, words)
        occurs = reference.document_counts(code, evidence.vocabularies[code][words].tolist()) > 0
        for places in (np.searchsorted(words, of_set) for of_set in counted):
            is_known = np.count_nonzero(occurs[places]) > 1
            means.append(mean_of_pairs(matrix[np.ix_(places, places)]) if is_known else np.nan)
    return np.array(means)


def mean_of_pairs(matrix: Floats) -> float:
    """Average what is off the diagonal of a symmetric matrix.

    Parameters
    ----------
    matrix : ndarray of shape (n, n)
        Similarities of every two of n words.

    Returns
    -------
    mean : float
        nan for fewer than two words.
    """
    n = len(matrix)
    return float((matrix.sum() - np.trace(matrix)) / (n * (n - 1))) if n > 1 else np.nan


@dataclass(frozen=True)
class Agreement:
    """How each topic in one language is like each topic in another.

    Attributes
    ----------
    similarity : ndarray of shape (n_topics, n_topics)
        Row k, column j: topic k in the first language, topic j in the second.
    unrelated : float
        Similarity of unrelated words.
    """

    similarity: Floats
    unrelated: float

    @property
    def own(self) -> Floats:
        """Similarity of every topic with itself in the other language, less that with other topics."""
        n, own = len(self.similarity), np.diag(self.similarity)
        if n == 1:
            return own - self.unrelated
        others = (self.similarity.sum(axis=0) + self.similarity.sum(axis=1) - 2 * own) / (2 * (n - 1))
        return own - others

    @property
    def way(self) -> Floats:
        """Similarities, 0 for unrelated words and 1 for what topics have with the topic most like them."""
        best = np.maximum(self.similarity.max(axis=0), self.similarity.max(axis=1))
        good = np.quantile(best, GOOD) - self.unrelated
        if not good > 0:
            return np.full_like(self.similarity, np.nan)
        return (self.similarity - self.unrelated) / good


def agreement_by_vectors(evidence: Evidence, pair: Pair) -> Agreement:
    """Compare topics of two languages by the mean vectors of their top words.

    Parameters
    ----------
    evidence : Evidence
        With vectors.
    pair : pair of str
        The languages.

    Returns
    -------
    agreement : Agreement
        Cosines.
    """
    first, second = (_centroids(evidence, code, evidence.words(code)) for code in pair)
    random = [_centroids(evidence, code, random_words(evidence, code)) for code in pair]
    return Agreement(first @ second.T, float((random[0] * random[1]).sum(axis=1).mean()))


def _centroids(evidence: Evidence, code: str, sets: Columns) -> Floats:
    vectors = evidence.vectors[code]
    sums = np.array([vectors[words].sum(axis=0, dtype=np.float64) for words in sets])
    return np.asarray(unit_rows(sums), dtype=np.float64)


def agreement_by_lexicon(evidence: Evidence, pair: Pair) -> Agreement:
    """Compare topics of two languages by the translations of their top words.

    Parameters
    ----------
    evidence : Evidence
        With translations of the pair.
    pair : pair of str
        The languages.

    Returns
    -------
    agreement : Agreement
        Shares of the top words of one language with a translation among all words that are listed of the
        other, mean of both directions.
    """
    matrix, (a, b) = evidence.translations[pair], pair
    there = _shares(matrix, evidence.words(a), evidence.top[b])
    back = _shares(matrix.T.tocsr(), evidence.words(b), evidence.top[a])
    return Agreement((there + back.T) / 2, 0.0)


def _shares(matrix: sparse.csr_array, words: Columns, listed: Columns) -> Floats:
    """Share of the words of every set with a translation in every list, (n_sets, n_lists)."""
    is_listed = _membership(listed, matrix.shape[1])
    is_translated = ((matrix @ is_listed.T) > 0).astype(np.float64)
    sizes = np.maximum([len(of_topic) for of_topic in words], 1)
    return np.asarray((_membership(words, matrix.shape[0]) @ is_translated).toarray() / sizes[:, None])


def _membership(sets: Columns, n_words: int) -> sparse.csr_array:
    ends = np.cumsum([0, *map(len, sets)])
    indices = np.concatenate([*sets, np.array([], dtype=np.intp)])
    return sparse.csr_array((np.ones(len(indices)), indices, ends), shape=(len(sets), n_words))


def unity(evidence: Evidence, coherences: Mapping[str, Coherence]) -> Floats:
    """Measure whether the words of topics are of one theme, by what is left when they are split in two.

    Parameters
    ----------
    evidence : Evidence
        With vectors, by which words of all languages are split together; else each language is split by NPMI.
    coherences : dict of str to Coherence
        Of every language, for what unrelated words have.

    Returns
    -------
    unity : ndarray of shape (n_topics,)
        As `unity_of`, without vectors the mean over languages in which it can be told.
    """
    codes, topics = list(evidence.vocabularies), range(evidence.n_topics)
    if evidence.vectors:
        unrelated = float(np.mean([of.by_vectors.unrelated for of in coherences.values() if of.by_vectors]))
        rows = [[evidence.vectors[code][words] for words in evidence.words(code)] for code in codes]
        of_topics = [np.concatenate([part[k] for part in rows]) for k in topics]
        return np.array([unity_of((part @ part.T).astype(np.float64), unrelated) for part in of_topics])
    by_language = [np.full(len(topics), np.nan)]
    for code in evidence.counts:
        by_documents = coherences[code].by_documents
        if not np.isnan(by_documents.good):
            matrix_of = partial(_npmi_of, evidence, code, _reference(evidence, code))
            matrices = map(matrix_of, evidence.words(code))
            by_language.append(np.array([unity_of(part, by_documents.unrelated) for part in matrices]))
    return mean_of_known(by_language)


def unity_of(similarity: Floats, unrelated: float) -> float:
    """Split words into the two groups that stand most apart, and say how near the groups are.

    Parameters
    ----------
    similarity : ndarray of shape (n, n)
        Of every two words.
    unrelated : float
        Similarity of unrelated words.

    Returns
    -------
    unity : float
        Similarity across the groups relative to that within the less coherent one, both above that of
        unrelated words: about 0 for two themes, up to about 1 for one. 1 if one group is too small or too
        incoherent to be a theme, nan for fewer than four words or where a similarity is nan.
    """
    n = len(similarity)
    if n < 4 or np.isnan(similarity).any():
        return np.nan
    group = _split(similarity)
    if min(group.sum(), n - group.sum()) < max(2, SMALLEST_THEME * n):
        return 1.0
    within = sorted(mean_of_pairs(similarity[np.ix_(part, part)]) - unrelated for part in (group, ~group))
    if within[0] <= max(0.0, LEAST_COHERENT_THEME * within[1]):
        return 1.0
    return float((similarity[np.ix_(group, ~group)].mean() - unrelated) / within[0])


def _split(similarity: Floats) -> NDArray[np.bool_]:
    """Begin with the signs of the leading eigenvector, then move words to the group they are more like."""
    of_others = similarity - np.diag(np.diag(similarity))
    means = of_others.mean(axis=0)
    centred = of_others - means - means[:, None] + means.mean()
    group = np.linalg.eigh(centred)[1][:, -1] > 0
    for _ in range(len(group)):
        sizes = np.array([group.sum(), len(group) - group.sum()])
        if sizes.min() < 2:
            break
        to_group = of_others[:, group].sum(axis=1) / (sizes[0] - group)
        to_rest = of_others[:, ~group].sum(axis=1) / (sizes[1] - ~group)
        moved = to_group > to_rest
        if (moved == group).all():
            break
        group = moved
    return np.asarray(group, dtype=bool)


def shared_words(evidence: Evidence) -> Floats:
    """Measure how many top words every two topics share.

    Parameters
    ----------
    evidence : Evidence
        Topics.

    Returns
    -------
    shared : ndarray of shape (n_topics, n_topics)
        Shares of the row's top words, mean over languages; 0 on the diagonal.
    """
    shares = []
    for code, vocabulary in evidence.vocabularies.items():
        words = evidence.words(code)
        member = _membership(words, len(vocabulary))
        sizes = np.maximum([len(of_topic) for of_topic in words], 1)
        shares.append((member @ member.T).toarray() / sizes[:, None])
    shared: Floats = np.mean(shares, axis=0)
    np.fill_diagonal(shared, 0.0)
    return shared


def uniqueness(evidence: Evidence) -> Floats:
    """Measure how few topics share the top words of each.

    Parameters
    ----------
    evidence : Evidence
        Topics.

    Returns
    -------
    uniqueness : ndarray of shape (n_topics,)
        Mean over top words and languages of one over the number of topics that have the word; their mean is
        `skxtm.metrics.topic_uniqueness`, if all topics have as many words.
    """
    by_language = []
    for code, vocabulary in evidence.vocabularies.items():
        words = evidence.words(code)
        n_topics_with = np.asarray(_membership(words, len(vocabulary)).sum(axis=0)).ravel()
        by_language.append(
            np.array([(1 / n_topics_with[part]).mean() if len(part) else np.nan for part in words])
        )
    return mean_of_known(by_language)


def language_shares(evidence: Evidence) -> dict[str, Floats]:
    """Say in which languages the topics' mass lies.

    Parameters
    ----------
    evidence : Evidence
        Topics and their mass in the documents of each language.

    Returns
    -------
    shares : dict of str to ndarray of shape (n_topics,)
        Languages counted as equally large; nan for those without documents. They sum to 1.
    """
    total = np.sum(list(evidence.mass.values()), axis=0)
    nothing = np.full(evidence.n_topics, np.nan)
    return {
        code: evidence.mass[code] / np.where(total > 0, total, np.nan) if code in evidence.mass else nothing
        for code in evidence.vocabularies
    }
