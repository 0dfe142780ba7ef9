"""`OfflineProposer`: proposals for the words of topics without any language model."""

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator
from sklearn.preprocessing import normalize

from skxtm._parameters import check_n_words
from skxtm.exceptions import InputError

__all__ = ["OfflineProposer"]

Floats = NDArray[np.floating[Any]]
Booleans = NDArray[np.bool_]
TopicNumbers = Mapping[str, Sequence[int]]
Lexicons = Mapping[tuple[str, str], Any]

_RANGES = {
    "subset_share": (0.0, 1.0),
    "drop_below": (0.0, 1.0),
    "lexicon_weight": (0.0, np.inf),
    "rare_share": (0.0, 1.0),
}


class OfflineProposer(BaseEstimator):
    """Refine the words of topics from word vectors and lexicons alone.

    Takes the place of a language model: free, offline and repeatable. It is a baseline to compare results
    with a language model with, not one: it knows nothing but how words occur together in the documents that
    the vectors were learnt from, and what the lexicons say. It drops the words of a topic that are far from
    the topic's centre in the space that all languages share, and adds near words, above all translations of
    words that were kept in another language.

    Parameters
    ----------
    subset_share : float, default=0.7
        Share of a topic's words, drawn at random in each round, that its centre is made of. This is what
        differs between rounds, and what makes voting on them meaningful; with 1 they are all alike.
    drop_below : float, default=0.5
        A word is dropped if its cosine with the centre is below this share of the median over the topic's
        words of its language. No word is added that would be dropped. 0 keeps all that point the same way.
    lexicon_weight : float, default=0.2
        Added to the cosine of a word that is a translation of a kept word; divided among the translations
        if that has several.
    rare_share : float, default=0.5
        Share of the vocabulary, the rarest words, that are never added; needs `frequencies`.
    exclusive : bool, default=True
        Never add a word that is among the words of another topic.

    See Also
    --------
    vote : What the proposals of several rounds are for.

    Examples
    --------
    >>> import numpy as np
    >>> from skxtm.refinement import OfflineProposer
    >>> vectors = {  # of "rain", "wind", "tax" and "snow", and of three words alike
    ...     "en": np.array([[1, 0.1], [1, 0.2], [0, 1], [1, 0]]),
    ...     "zh": np.array([[1, 0], [1, 0.1], [0, 1]]),
    ... }
    >>> topics = [{"en": [0, 1, 2], "zh": [0, 1]}]
    >>> OfflineProposer(subset_share=1).propose(topics, word_vectors=vectors, n_words=3)
    [{'en': [0, 1, 3], 'zh': [0, 1]}]
    """

    def __init__(
        self,
        *,
        subset_share: float = 0.7,
        drop_below: float = 0.5,
        lexicon_weight: float = 0.2,
        rare_share: float = 0.5,
        exclusive: bool = True,
    ) -> None:
        self.subset_share = subset_share
        self.drop_below = drop_below
        self.lexicon_weight = lexicon_weight
        self.rare_share = rare_share
        self.exclusive = exclusive

    def propose(
        self,
        topics: Sequence[TopicNumbers],
        *,
        word_vectors: Mapping[str, Floats],
        lexicons: Lexicons | None = None,
        frequencies: Mapping[str, Any] | None = None,
        n_words: int = 15,
        round: int = 0,
        seed: int = 0,
    ) -> list[dict[str, list[int]]]:
        """Propose words for every topic.

        Parameters
        ----------
        topics : list of dict of str to list of int
            Per topic and language the numbers of its present words, in any order.
        word_vectors : dict of str to ndarray of shape (V_l, n_dimensions)
            Vectors of all words, of all languages in one space; their lengths do not matter.
        lexicons : dict of (str, str) to csr_array of shape (V_a, V_b), default=None
            By languages a and b, above 0 where two words translate each other. One direction is enough.
        frequencies : dict of str to array of shape (V_l,), default=None
            How often each word occurs. None allows words of any frequency to be added.
        n_words : int, default=15
            Words proposed per topic and language, at most: fewer where too few are near.
        round : int, default=0
            Number of the round, at least 0.
        seed : int, default=0
            Source of all randomness, at least 0. A proposal depends on it, `round`, the topic's number and
            the data.

        Returns
        -------
        proposals : list of dict of str to list of int
            For each topic and language the words kept, in their order, then those added, the best first. A
            word without a vector counts as of cosine 0, and is never added.

        Raises
        ------
        InputError
            If a parameter is out of range.
        """
        _check_parameters(self)
        check_n_words(n_words, "propose")
        vectors = {code: normalize(of_language) for code, of_language in word_vectors.items()}
        centres = np.stack(
            [
                _centre(topic, vectors, self.subset_share, np.random.default_rng([seed, round, number]))
                for number, topic in enumerate(topics)
            ]
        )
        cosines = {code: centres @ of_language.T for code, of_language in vectors.items()}  # (K, V_l)
        least = {code: _thresholds(topics, code, cosines[code], self.drop_below) for code in vectors}
        kept = {code: _near(topics, code, cosines[code], least[code], n_words) for code in vectors}
        added = {}
        for code in vectors:
            allowed = vectors[code].any(axis=1) & (cosines[code] >= least[code][:, np.newaxis])
            allowed &= ~_taken(topics, code, allowed.shape[1], by_any_topic=self.exclusive)
            if frequencies is not None:
                allowed &= _frequent(np.asarray(frequencies[code]), self.rare_share)
            support = _translations(kept, code, lexicons or {}, allowed.shape)
            scores = np.where(allowed, cosines[code] + self.lexicon_weight * support, -np.inf)
            added[code] = [
                _best(row, n_words - len(of_topic)) for row, of_topic in zip(scores, kept[code], strict=True)
            ]
        return [
            {code: kept[code][number] + added[code][number] for code in topic}
            for number, topic in enumerate(topics)
        ]


def _centre(
    topic: TopicNumbers, vectors: Mapping[str, Floats], share: float, random: np.random.Generator
) -> Floats:
    """Average a random part of the words, then the nearer half of these, languages weighing the same."""
    drawn = [
        vectors[code][np.asarray(words)[_subset(len(words), share, random)]]
        for code, words in topic.items()
        if len(words)
    ]
    centre = _mean_direction(drawn, next(iter(vectors.values())).shape[1])
    cosines = [of_language @ centre for of_language in drawn]
    nearer = [rows[near >= np.median(near)] for rows, near in zip(drawn, cosines, strict=True)]
    return _mean_direction(nearer, len(centre))


def _subset(n_words: int, share: float, random: np.random.Generator) -> NDArray[np.intp]:
    size = max(1, round(share * n_words))
    return random.permutation(n_words)[:size]


def _mean_direction(rows_by_language: Sequence[Floats], n_dimensions: int) -> Floats:
    if not rows_by_language:
        return np.zeros(n_dimensions)
    means = normalize(np.stack([rows.mean(axis=0) for rows in rows_by_language]))
    direction: Floats = normalize(means.mean(axis=0, keepdims=True))[0]
    return direction


def _thresholds(topics: Sequence[TopicNumbers], language: str, cosines: Floats, share: float) -> Floats:
    """Smallest cosine, by topic, of a word that may stay or come."""
    words = [list(topic.get(language, ())) for topic in topics]
    medians = [
        np.median(row[of_topic]) if of_topic else np.inf for row, of_topic in zip(cosines, words, strict=True)
    ]
    return share * np.maximum(medians, 0)


def _near(
    topics: Sequence[TopicNumbers], language: str, cosines: Floats, least: Floats, n_words: int
) -> list[list[int]]:
    kept = []
    for topic, row, threshold in zip(topics, cosines, least, strict=True):
        words = [word for word in topic.get(language, ()) if row[word] >= threshold]
        nearest = sorted(words, key=lambda word: -row[word])[:n_words]
        kept.append([word for word in words if word in nearest])
    return kept


def _taken(topics: Sequence[TopicNumbers], language: str, n_columns: int, *, by_any_topic: bool) -> Booleans:
    """Mark the words of each topic, or of all topics, as what cannot be added to it."""
    members: Booleans = _incidence([topic.get(language, ()) for topic in topics], n_columns).toarray() > 0
    return np.broadcast_to(members.any(axis=0), members.shape) if by_any_topic else members


def _translations(
    kept: Mapping[str, Sequence[Sequence[int]]], target: str, lexicons: Lexicons, shape: tuple[int, int]
) -> Floats:
    """Tell how much words of a language are translations of words kept, from 0 to 1, as (K, V_l)."""
    support: Floats = np.zeros(shape)
    for (first, second), matrix in lexicons.items():
        if target not in (first, second):
            continue
        source, entries = (first, matrix) if target == second else (second, matrix.T)
        shares = normalize(csr_array(entries, dtype=np.float64), norm="l1")
        support += (_incidence(kept[source], shares.shape[0]) @ shares).toarray()
    return np.minimum(support, 1)


def _incidence(words: Sequence[Sequence[int]], n_columns: int) -> csr_array:
    starts = np.cumsum([0, *map(len, words)])
    columns = np.array([word for of_topic in words for word in of_topic], dtype=np.intp)
    return csr_array((np.ones(len(columns)), columns, starts), shape=(len(words), n_columns))


def _frequent(frequencies: NDArray[Any], rare_share: float) -> Booleans:
    frequent: Booleans = frequencies >= np.quantile(frequencies, rare_share)
    return frequent


def _best(scores: Floats, n_words: int) -> list[int]:
    order = np.argsort(-scores, kind="stable")[: max(n_words, 0)]
    best: list[int] = order[scores[order] > 0].tolist()
    return best


def _check_parameters(proposer: OfflineProposer) -> None:
    for name, (low, high) in _RANGES.items():
        value = getattr(proposer, name)
        if isinstance(value, bool) or not isinstance(value, Real) or not low <= float(value) <= high:
            bound = f"between {low:g} and {high:g}" if high < np.inf else f"of at least {low:g}"
            raise InputError(
                f"The {name!r} parameter of OfflineProposer must be a number {bound}. Got {value!r} instead."
            )
