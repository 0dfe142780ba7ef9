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

    Topics are made of parts. The first parts are the topics as they were learnt; a part that was divided has
    parts of its own behind it, and the others each go to a topic. Merging only gives parts the same place:
    they stay apart, so that what a document has of them adds up.

    Attributes
    ----------
    weight : ndarray of shape (n_learnt,)
        Weights of the topics as they were learnt.
    parent : ndarray of int of shape (n_parts,)
        Of which part it is a part, -1 for topics as they were learnt; parts stand behind their parents.
    place : ndarray of int of shape (n_parts,)
        To which topic of the model it goes, -1 for parts that were divided.
    shares : ndarray of shape (n_parts - n_learnt, sum V_l)
        Share of each word that a part has of its parent; those of one parent sum to 1.
    """

    weight: Floats
    parent: Integers
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
        n_learnt = len(weight)
        return cls(weight, np.full(n_learnt, -1), np.arange(n_learnt), np.empty((0, n_words), np.float32))

    @property
    def n_topics(self) -> int:
        """Topics of the model."""
        return int(self.place.max()) + 1

    @property
    def divided(self) -> list[tuple[int, Integers]]:
        """Parts that were divided, each before those that are parts of it, and their own parts."""
        parents = np.unique(self.parent[len(self.weight) :])
        return [(int(number), np.flatnonzero(self.parent == number)) for number in parents]

    def moved(self, place_of: Integers) -> Self:
        """Give topics other places; those that get the same are merged.

        Parameters
        ----------
        place_of : ndarray of int of shape (n_topics,)
            New place of each topic.

        Returns
        -------
        shaping : Shaping
            A part whose own parts are all merged is whole again.
        """
        place = np.where(self.place < 0, -1, place_of[self.place])
        is_kept = np.ones(len(place), dtype=bool)
        for number, parts in reversed(self.divided):
            if place[parts[0]] >= 0 and np.all(place[parts] == place[parts[0]]):
                place[number], is_kept[parts] = place[parts[0]], False
        return self._only(is_kept, place)

    def split(self, topic: int, shares: NDArray[np.float32]) -> Self:
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
        return type(self)(
            self.weight,
            np.concatenate([self.parent, np.repeat(own, len(shares))]),
            np.concatenate([np.where(self.place == topic, -1, self.place), np.tile(places, len(own))]),
            np.vstack([self.shares, *[shares] * len(own)]),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that `of_arrays` needs, for saving.

        Returns
        -------
        arrays : dict of str to ndarray
        """
        return {
            "weight": self.weight,
            "parent": self.parent.astype(np.int64),
            "place": self.place.astype(np.int64),
            "shares": self.shares,
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
        return cls(arrays["weight"], arrays["parent"], arrays["place"], arrays["shares"])

    def _only(self, is_kept: NDArray[np.bool_], place: Integers) -> Self:
        """Leave out parts, and number the others anew."""
        number_of = np.cumsum(is_kept) - 1
        parent = self.parent[is_kept]
        return type(self)(
            self.weight,
            np.where(parent < 0, -1, number_of[parent]),
            place[is_kept],
            self.shares[is_kept[len(self.weight) :]],
        )


class ShapedReader:
    """A `Reader` of topics that were shaped by hand.

    A document's share in a whole topic is that of the topic as it was learnt. Parts of a topic, or of such a
    part, share what a document has of it as naive Bayes tells from its words: with r_j(w) the share of word w
    in part j and p(k | w) how much the word is that of k, which is divided,
    ``log pi_j + sum_w n_w p(k | w) log(r_j(w) / pi_j)``, where pi_j is the mean share of the words of k. A
    topic of the model has what its parts have together.

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
        topics = [self._gather().T @ joint for joint in self._joint()]
        return [of_language / of_language.sum(1, keepdims=True) for of_language in topics]

    def theta(self, documents: Documents, language: int) -> NDArray[np.float32]:
        """Topic proportions; see `Reader.theta`."""
        learnt = self.reader.theta(documents, language)
        parts = np.empty((len(learnt), len(self.shaping.parent)), dtype=np.float32)
        parts[:, : learnt.shape[1]] = learnt
        for number, own, means, evidence in self._evidence:
            odds = np.log(means) + documents.counts @ evidence[language].T
            parts[:, own] = parts[:, [number]] * softmax(odds, axis=1)
        return np.asarray(parts @ self._gather().astype(np.float32))

    def scores(self, documents: Documents, language: int) -> Floats:
        """Of the topics as they were learnt; see `Reader.scores`."""
        return self.reader.scores(documents, language)

    def _gather(self) -> sparse.csr_array:
        """Where parts go (n_parts, n_topics)."""
        place = self.shaping.place
        whole = np.flatnonzero(place >= 0)
        shape = (len(place), self.shaping.n_topics)
        return sparse.csr_array((np.ones(len(whole)), (whole, place[whole])), shape=shape)

    def _joint(self) -> list[Floats]:
        """Weight of every word in every part (n_parts, V_l), by language."""
        shaping, result, start = self.shaping, [], 0
        weight = np.maximum(shaping.weight, 1e-12)[:, None]
        for of_language in self.reader.topic_word():
            end = start + of_language.shape[1]
            joint = np.vstack([weight * of_language, shaping.shares[:, start:end]], dtype=np.float64)
            for number, own in shaping.divided:
                joint[own] *= joint[number]
            result.append(joint)
            start = end
        return result

    @cached_property
    def _evidence(self) -> list[tuple[int, Integers, Floats, list[Floats]]]:
        """List parts that were divided, their own, these' pi, and by language what each word says."""
        shaping, joints, found = self.shaping, self._joint(), []
        n_learnt, tiny = len(shaping.weight), np.finfo(float).tiny
        ends = np.cumsum([joint.shape[1] for joint in joints])[:-1]
        for number, own in shaping.divided:
            shares = np.split(shaping.shares[own - n_learnt], ends, axis=1)
            means = np.mean([joint[own].sum(1) / joint[number].sum() for joint in joints], axis=0)
            evidence = []
            for of_language, joint in zip(shares, joints, strict=True):
                owned = joint[number] / np.maximum(joint[:n_learnt].sum(0), tiny)  # p(k | w)
                evidence.append(owned * np.log(np.maximum(of_language, LEAST_SHARE) / means[:, None]))
            found.append((number, own, means, evidence))
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
