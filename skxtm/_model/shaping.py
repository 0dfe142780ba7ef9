"""Topics shaped by hand after they were learnt: merged, split, put in another order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.special import softmax

from skxtm._parameters import check_number
from skxtm.exceptions import InputError, InputTypeError

if TYPE_CHECKING:
    from skxtm.backbones.base import Documents, Reader

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

#: Words of each language, for every new topic, that tell where a topic falls apart.
WORDS_PER_PART = 50
#: Of the shares in which a word goes to the parts of a topic, as CoreCTM's `topic_temperature`.
TEMPERATURE = 0.05
#: Least share of a word in a part, so that no single word decides about a document.
LEAST_SHARE = 1e-3


@dataclass(frozen=True, eq=False)
class Shaping:
    """How topics as they were learnt make up the topics of the model.

    Topics are made of parts: each is a whole topic as it was learnt or, of one that was split, a share of it.

    Attributes
    ----------
    weight : ndarray of shape (n_learnt,)
        Weights of the topics as they were learnt.
    learnt : ndarray of int of shape (n_parts,)
        Of which topic, as it was learnt, the part is.
    place : ndarray of int of shape (n_parts,)
        To which topic of the model it goes.
    shares : ndarray of shape (n_parts, sum V_l)
        Share of each word that the part has of its topic, 1 for a whole one; parts of a topic sum to 1.
        As a broadcast row of ones where no topic was split.
    """

    weight: Floats
    learnt: Integers
    place: Integers
    shares: NDArray[np.float32]

    @classmethod
    def none(cls, weight: Floats, n_words: int) -> Self:
        """Topics as they were learnt.

        Parameters
        ----------
        weight : ndarray of shape (n_learnt,)
            Their weights.
        n_words : int
            Words of all vocabularies.

        Returns
        -------
        shaping : Shaping
        """
        numbers = np.arange(len(weight))
        whole = np.broadcast_to(np.float32(1), (len(weight), n_words))
        return cls(weight, numbers, numbers, whole)

    @property
    def n_topics(self) -> int:
        """Topics of the model."""
        return int(self.place.max()) + 1

    def moved(self, place_of: Integers) -> Self:
        """Give topics other places; those that get the same are merged.

        Parameters
        ----------
        place_of : ndarray of int of shape (n_topics,)
            New place of each topic.

        Returns
        -------
        shaping : Shaping
        """
        place = place_of[self.place]
        pairs, part_of = np.unique(np.stack([self.learnt, place]), axis=1, return_inverse=True)
        part_of = part_of.reshape(-1)
        if len(part_of) == pairs.shape[1]:
            return type(self)(self.weight, self.learnt, place, self.shares)
        sums = sparse.csr_array((np.ones(len(part_of), np.float32), (part_of, np.arange(len(part_of)))))
        return type(self)(self.weight, pairs[0], pairs[1], np.minimum(sums @ self.shares, 1))

    def divided(self, topic: int, shares: NDArray[np.float32]) -> Self:
        """Split a topic; the new ones stand in its place and behind the last.

        Parameters
        ----------
        topic : int
            Which.
        shares : ndarray of shape (n_new, sum V_l)
            Of each word in each of the new topics; columns sum to 1.

        Returns
        -------
        shaping : Shaping
        """
        places = np.array([topic, *range(self.n_topics, self.n_topics + len(shares) - 1)])
        own = np.flatnonzero(self.place == topic)
        kept = np.flatnonzero(self.place != topic)
        return type(self)(
            self.weight,
            np.concatenate([self.learnt[kept], np.tile(self.learnt[own], len(shares))]),
            np.concatenate([self.place[kept], np.repeat(places, len(own))]),
            np.vstack([self.shares[kept], *(self.shares[own] * row for row in shares)]),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that `of_arrays` needs, for saving; shares only of topics that were split.

        Returns
        -------
        arrays : dict of str to ndarray
        """
        parts = np.flatnonzero(self.is_part)
        return {
            "weight": self.weight,
            "learnt": self.learnt.astype(np.int64),
            "place": self.place.astype(np.int64),
            "parts": parts.astype(np.int64),
            "shares": np.ascontiguousarray(self.shares[parts]),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Undo `arrays`.

        Parameters
        ----------
        arrays : dict of str to ndarray
            By name.

        Returns
        -------
        shaping : Shaping
        """
        parts, of_parts = arrays["parts"], arrays["shares"]
        shares: NDArray[np.float32] = np.broadcast_to(
            np.float32(1), (len(arrays["learnt"]), of_parts.shape[1])
        )
        if len(parts):
            shares = shares.copy()
            shares[parts] = of_parts
        return cls(arrays["weight"], arrays["learnt"], arrays["place"], shares)

    @property
    def is_part(self) -> NDArray[np.bool_]:
        """Which parts, an array of bool of shape (n_parts,), are not whole topics."""
        return np.bincount(self.learnt)[self.learnt] > 1


class ShapedReader:
    """A `Reader` of topics that were shaped by hand.

    A document's share in a whole topic is that of the topic as it was learnt. Parts of a topic share what a
    document has of it as naive Bayes tells from its words: with r_j(w) the share of word w in part j and
    p(k | w) how much the word is topic k's, ``log pi_j + sum_w n_w p(k | w) log(r_j(w) / pi_j)``, where pi_j
    is the mean share of the topic's words.

    Parameters
    ----------
    reader : Reader
        Of the topics as they were learnt.
    shaping : Shaping
        What became of them.
    """

    def __init__(self, reader: Reader, shaping: Shaping) -> None:
        self.reader, self.shaping = reader, shaping

    def topic_word(self) -> list[Floats]:
        """Topic-word distributions; of merged topics their mean by weight. See `Reader.topic_word`."""
        weight = np.maximum(self.shaping.weight, 1e-12)[:, None]
        result, start = [], 0
        for of_language in self.reader.topic_word():
            end = start + of_language.shape[1]
            joint = (weight * of_language)[self.shaping.learnt] * self.shaping.shares[:, start:end]
            topics = self._gather().T @ joint
            result.append(topics / topics.sum(1, keepdims=True))
            start = end
        return result

    def theta(self, documents: Documents, language: int) -> NDArray[np.float32]:
        """Topic proportions; see `Reader.theta`."""
        proportions = self.reader.theta(documents, language)
        shaping, parts = self.shaping, proportions[:, self.shaping.learnt]
        if shaping.is_part.any():
            parts = parts * self._part_shares(documents, language)
        return np.asarray(parts @ self._gather().astype(np.float32))

    def scores(self, documents: Documents, language: int) -> Floats:
        """Of the topics as they were learnt; see `Reader.scores`."""
        return self.reader.scores(documents, language)

    def _gather(self) -> sparse.csr_array:
        """Where parts go (n_parts, n_topics)."""
        place = self.shaping.place
        return sparse.csr_array((np.ones(len(place)), (np.arange(len(place)), place)))

    def _part_shares(self, documents: Documents, language: int) -> NDArray[np.float32]:
        """Tell what of its topic falls to each part (n_documents, n_parts); 1 of whole ones."""
        result = np.ones((documents.counts.shape[0], len(self.shaping.learnt)), dtype=np.float32)
        for parts, means, evidence in self._evidence:
            odds = np.log(means) + documents.counts @ evidence[language].T
            result[:, parts] = softmax(odds, axis=1)
        return result

    @cached_property
    def _evidence(self) -> list[tuple[Integers, Floats, list[Floats]]]:
        """List for each topic that was split its parts, their pi, and by language what each word says."""
        shaping, topics = self.shaping, self.reader.topic_word()
        ends = np.cumsum([part.shape[1] for part in topics])[:-1]
        found = []
        for number in np.unique(shaping.learnt[shaping.is_part]):
            parts = np.flatnonzero(shaping.learnt == number)
            shares = np.split(shaping.shares[parts], ends, axis=1)
            by_language = [part @ words[number] for part, words in zip(shares, topics, strict=True)]
            means = np.mean(by_language, axis=0)
            evidence = []
            for of_language, words in zip(shares, topics, strict=True):
                joint = np.maximum(shaping.weight, 1e-12)[:, None] * words
                owned = joint[number] / np.maximum(joint.sum(0), np.finfo(float).tiny)  # p(k | w)
                evidence.append(owned * np.log(np.maximum(of_language, LEAST_SHARE) / means[:, None]))
            found.append((parts, means, evidence))
        return found


def merged(n_topics: int, groups: Any) -> Integers:
    """Find the places of topics of which some are merged.

    Parameters
    ----------
    n_topics : int
        Before.
    groups : sequence of int, or sequence of sequences of int
        Topics that become one, or several such groups.

    Returns
    -------
    place_of : ndarray of int of shape (n_topics,)
        A group stands where its first topic stood; those behind move up.

    Raises
    ------
    InputError, InputTypeError
        If a number is not a topic's, or stands in two groups.
    """
    groups = _as_groups(groups)
    first_of, seen = np.arange(n_topics), set()
    for group in groups:
        for topic in group:
            is_number = isinstance(topic, (int, np.integer)) and not isinstance(topic, bool)
            if not is_number or topic not in range(n_topics):
                raise InputError(f"There is no topic {topic!r} to be merged; topics are 0 to {n_topics - 1}.")
            if topic in seen:
                raise InputError(f"Topic {topic} is named twice. Name each topic in one group, once.")
            seen.add(topic)
        if len(group) < 2:
            raise InputError(f"A group must hold at least two topics to be merged. Got {list(group)}.")
        first_of[list(group)] = min(group)
    return np.asarray(np.unique(first_of, return_inverse=True)[1].reshape(-1), dtype=np.intp)


def _as_groups(groups: Any) -> list[list[Any]]:
    try:
        listed = list(groups)
        are_numbers = [isinstance(group, (int, np.integer)) for group in listed]
        by_group = [listed] if any(are_numbers) else [list(group) for group in listed]
    except TypeError as error:
        raise InputTypeError(
            f"groups must be a sequence of topic numbers, or of such sequences. Got {type(groups).__name__}."
        ) from error
    if not listed:
        raise InputError("groups names no topics. Give at least two that become one.")
    return by_group


def tree(topic_word: Sequence[Floats]) -> Floats:
    """Join topics that are alike, two by two, until one is left.

    Parameters
    ----------
    topic_word : sequence of ndarray of shape (n_topics, V_l)
        Topic-word distributions of each language.

    Returns
    -------
    linkage : ndarray of shape (n_topics - 1, 4)
        As scipy's, by average linkage on Hellinger's distance, between 0 and 1, whose squares are averaged
        over languages.
    """
    if len(topic_word[0]) == 1:
        return np.empty((0, 4))
    roots = np.hstack([np.sqrt(part) for part in topic_word]) / np.sqrt(2 * len(topic_word))
    return np.asarray(linkage(roots, method="average"))


def reduced(topic_word: Sequence[Floats], n_topics: int) -> Integers:
    """Find the places of topics that are merged until few are left.

    Parameters
    ----------
    topic_word : sequence of ndarray of shape (n_before, V_l)
        As for `tree`.
    n_topics : int
        How many are to be left.

    Returns
    -------
    place_of : ndarray of int of shape (n_before,)

    Raises
    ------
    InputError
        If there are not more than that.
    """
    n_before = len(topic_word[0])
    check_number(n_topics, "n_topics", "reduce_topics", 1, n_before, integer=True)
    if n_topics == n_before:
        return np.arange(n_before)
    cluster = cut_tree(tree(topic_word), n_clusters=n_topics).reshape(-1)
    firsts = np.array([np.flatnonzero(cluster == number)[0] for number in range(n_topics)])
    return np.asarray(np.argsort(np.argsort(firsts))[cluster], dtype=np.intp)


def word_shares(
    topic_word: Sequence[Floats], topic: int, vectors: Sequence[NDArray[np.float32]], n_topics: int, seed: int
) -> NDArray[np.float32]:
    """Tell words of a topic apart, by where they lie in a space that the languages share.

    The topic's top words are searched for dense places with words of every language, as `CoreCTM` searches
    all words; each word then goes to these places by its cosine with them.

    Parameters
    ----------
    topic_word : sequence of ndarray of shape (n_topics, V_l)
        Of each language.
    topic : int
        Which.
    vectors : sequence of ndarray of shape (V_l, n_dimensions)
        Of words, of length 1.
    n_topics : int
        Into how many.
    seed : int
        Of K-means.

    Returns
    -------
    shares : ndarray of shape (n_topics, sum V_l)
        Columns sum to 1.

    Raises
    ------
    InputError
        If a language has fewer words.
    """
    from skxtm.backbones.corectm import CoreCTM

    check_number(n_topics, "n_topics", "split_topic", 2, min(map(len, vectors)), integer=True)
    top = [np.argsort(-part[topic], kind="stable")[: WORDS_PER_PART * n_topics] for part in topic_word]
    cores = CoreCTM().cores(
        [part[words] for part, words in zip(vectors, top, strict=True)],
        [1e4 * part[topic][words] for part, words in zip(topic_word, top, strict=True)],
        n_topics,
        seed,
    )
    cosines = np.vstack([part @ cores.T for part in vectors])
    return np.ascontiguousarray(softmax(cosines / TEMPERATURE, axis=1).T, dtype=np.float32)
