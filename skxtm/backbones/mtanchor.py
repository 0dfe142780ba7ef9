"""MTAnchor: Yuan, Van Durme and Boyd-Graber, Multilingual Anchoring, NeurIPS 2018."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone

from skxtm.backbones._anchors import (
    Cooccurrence,
    FloatArray,
    IntArray,
    convex_combinations,
    greedy_anchors,
    linked_candidates,
    projected_rows,
)
from skxtm.backbones.arrays import ArrayBackbone, LearntTopics
from skxtm.backbones.base import CorpusShape, Documents, Materials, check_option, check_range
from skxtm.exceptions import InputError

#: Anchor words of each topic, by language.
Anchors = list[tuple[IntArray, ...]]

BLOCK_OF_COUNTS = 4096
#: Added to co-occurrences before a harmonic mean, as Lund et al. do.
HARMONIC_EPS = 1e-10


class MTAnchor(ArrayBackbone):
    """Multilingual anchoring: every topic hangs on words that translate each other.

    A word's row in the co-occurrence matrix says which words share documents with it. Anchors are words
    whose rows are extreme points: translations are chosen together, so that a topic has an anchor in every
    language. Each other word's row is a convex combination of the anchors' rows, which gives the topics
    without any pass of training. A user may then change the anchors of a topic, and sees the new topics at
    once: see `MTAnchorTopics.with_anchors`.

    Parameters
    ----------
    min_document_share : float in [0, 1], default=0.008
        Share of a language's documents that an anchor must occur in.
    origin : {"released", "anchor"}, default="released"
        What becomes of the origin of a language's words once its first anchor is chosen. ``"released"`` does
        as the authors' code: pair after pair, the words are moved by the anchor, until it is the anchor's
        turn; a word of several pairs is moved several times, those of later pairs stay. ``"anchor"`` moves
        all words once: it finds the topics of generated corpora more surely; on real ones words of topics
        were as distinct and as coherent either way.
    n_projected : int, default=1000
        Dimensions that co-occurrences are projected to at random for the choice of anchors, at least 1. A
        vocabulary that is no larger is not projected.
    tolerance : float in (0, 1], default=1e-6
        How far from the best combination of anchors a word may end: an upper bound of the distance from the
        minimum of ``1/2 ||row - combination||^2``, against the anchors' mean ``||row||^2``.
    max_iter : int, default=1000
        Most steps towards the best combinations, at least 1; a warning tells if they are too few.
    pseudo_count : float in [0, inf), default=0.1
        Tokens added to each topic of a document; one less than the parameter of a Dirichlet prior.
    n_inference_steps : int, default=100
        Steps of expectation maximisation that find the topics of a document, at least 1.

    Notes
    -----
    Co-occurrences are ``Q = mean_d (x x' - diag(x)) / (n (n - 1))`` over documents x of n > 1 tokens; no
    V x V array exists, as all that is needed of Q are products and the rows of anchors. Rows are divided by
    their sums, and projected by random entries 0 or ``+-sqrt(3)``. Anchors are chosen greedily: the first is
    farthest from the origin, which then moves there, see `origin`; each further one is farthest from the
    span of those chosen. What counts for a pair is the *smaller* of its two squared distances. A topic's
    words follow by Bayes' rule from the combinations C: ``p(w | z) ~ C[w, z] p(w)``, with p(w) the mean share
    of w in a document.

    With more than two languages a candidate is one word of each language, that of the first language linked
    to each of the others; with one language it is a word. A word that was seen in documents of one token
    only has no co-occurrences: it has the same probability in each topic. A topic that no word belongs to
    has the distribution of the words that its anchors occur with, and prior 0.

    Departures from the authors' code: among pairs with the same smaller distance, such as a word with several
    translations, that with the largest distances is taken, where that code takes the first; pairs come in
    the order of the words, where that code has the dictionary's, and of three languages those with the first
    one; languages are projected each by numbers of its own. The combinations are found by accelerated
    projected gradient steps (Beck and Teboulle 2009), all words at once, in place of exponentiated gradient
    ones: the same minimum in a fraction of the steps; they stop at a relative tolerance, that code at an
    absolute one of 2e-7. A word has to be in ``min_document_share * D`` documents, of one share, where that
    code rounds the number down and has a share for each language. Projected rows are divided by the root of
    their dimensions, so that they compare with rows that are not projected; there they are not. Topics of
    documents are the maximum a posteriori, where that code takes variational inference with random starts;
    p(w) counts documents of one token too; a single anchor's row has no 1e-10 added when others change.

    References
    ----------
    Yuan, Van Durme and Boyd-Graber (2018). Multilingual Anchoring: Interactive Topic Modeling and Alignment
    Across Languages. NeurIPS.
    Arora et al. (2013). A Practical Algorithm for Topic Modeling with Provable Guarantees. ICML.
    Lund, Cook, Seppi and Boyd-Graber (2017). Tandem Anchoring: a Multiword Anchor Approach for Interactive
    Topic Modeling. ACL.

    Examples
    --------
    >>> from skxtm.backbones.mtanchor import MTAnchor
    >>> MTAnchor(min_document_share=0.002)
    MTAnchor(min_document_share=0.002)
    """

    needs: ClassVar[frozenset[str]] = frozenset({"lexicons"})

    def __init__(
        self,
        *,
        min_document_share: float = 0.008,
        origin: str = "released",
        n_projected: int = 1000,
        tolerance: float = 1e-6,
        max_iter: int = 1000,
        pseudo_count: float = 0.1,
        n_inference_steps: int = 100,
    ) -> None:
        self.min_document_share = min_document_share
        self.origin = origin
        self.n_projected = n_projected
        self.tolerance = tolerance
        self.max_iter = max_iter
        self.pseudo_count = pseudo_count
        self.n_inference_steps = n_inference_steps

    def check(self) -> None:
        """Check the hyperparameters; see `Backbone.check`."""
        check_range(self, "min_document_share", 0, 1)
        check_option(self, "origin", ("released", "anchor"))
        check_range(self, "tolerance", 0, 1, open_low=True)
        check_range(self, "pseudo_count", 0, None)
        for name in ("n_projected", "max_iter", "n_inference_steps"):
            check_range(self, name, 1, None, integer=True)

    def learn(
        self, shape: CorpusShape, materials: Materials, *, seed: int, verbose: int = 0
    ) -> MTAnchorTopics:
        """Choose anchors and estimate the topics."""
        cooccurrences = tuple(map(Cooccurrence.from_counts, materials.counts))
        anchors = self.choose_anchors(shape, cooccurrences, materials.lexicons, seed)
        settings = clone(self)
        estimates = tuple(
            Estimate.from_anchors(cooccurrence, [of_topic[language] for of_topic in anchors], settings)
            for language, cooccurrence in enumerate(cooccurrences)
        )
        return MTAnchorTopics.from_estimates(anchors, estimates, settings)

    def choose_anchors(
        self,
        shape: CorpusShape,
        cooccurrences: Sequence[Cooccurrence],
        lexicons: Mapping[tuple[int, int], sparse.csr_array],
        seed: int,
    ) -> Anchors:
        """Choose one word of each language for every topic.

        Parameters
        ----------
        shape : CorpusShape
            Number of topics, languages.
        cooccurrences : sequence of Cooccurrence
            Of each language.
        lexicons : dict of (int, int) to csr_array of shape (V_a, V_b)
            1 where words of languages number a < b translate each other.
        seed : int
            Of the random projection.

        Returns
        -------
        anchors : list of tuple of ndarray of int
            Word numbers by topic and language.

        Raises
        ------
        InputError
            If there are fewer linked anchors than topics.
        """
        frequent = [words.frequent(self.min_document_share) for words in cooccurrences]
        words, links = linked_candidates(frequent, lexicons)
        points = [
            projected_rows(cooccurrence, of_language, self.n_projected, np.random.default_rng((seed, number)))
            for number, (cooccurrence, of_language) in enumerate(zip(cooccurrences, words, strict=True))
        ]
        chosen = greedy_anchors(points, links, shape.n_components, origin=self.origin)
        if len(chosen) < shape.n_components:
            raise InputError(self._too_few(shape, len(chosen)))
        return [
            tuple(of_language[[row]] for of_language, row in zip(words, rows, strict=True)) for rows in chosen
        ]

    def _too_few(self, shape: CorpusShape, n_found: int) -> str:
        larger_lexicon = ", or use a larger lexicon" if len(shape.languages) > 1 else ""
        return (
            f"MTAnchor found only {n_found} anchors, linked between {', '.join(shape.languages)} and in at "
            f"least {self.min_document_share:g} of the documents, but n_components is {shape.n_components}. "
            f"Lower n_components or min_document_share{larger_lexicon}."
        )

    def restore(
        self, shape: CorpusShape, arrays: Mapping[str, NDArray[Any]], **attributes: Any
    ) -> MTAnchorTopics:
        """Undo `MTAnchorTopics.arrays`; see `ArrayBackbone.restore`."""
        anchors, estimates = [], []
        for language, size in enumerate(shape.vocabulary_sizes):
            parts = tuple(arrays[f"counts.{language}.{name}"] for name in ("data", "indices", "indptr"))
            counts = sparse.csr_array(parts, shape=(len(parts[2]) - 1, size))
            counts.check_format(full_check=True)  # a number out of range would read foreign memory later
            bounds = arrays[f"anchors.{language}.indptr"]
            words = np.split(np.asarray(arrays[f"anchors.{language}.words"], dtype=np.int64), bounds[1:-1])
            weights = np.asarray(arrays[f"weights.{language}"])
            anchors.append(words)
            estimates.append(Estimate.from_weights(Cooccurrence.from_counts(counts), words, weights))
        by_topic = list(zip(*anchors, strict=True))
        return MTAnchorTopics(
            **attributes, anchors=by_topic, estimates=tuple(estimates), settings=clone(self)
        )


@dataclass(kw_only=True, eq=False)
class MTAnchorTopics(LearntTopics):
    """Topics with anchors, which may be changed.

    A saved model holds the word counts of the training documents, from which topics are estimated anew when
    anchors change.

    Attributes
    ----------
    distributions, prior, n_iter, history : object
        See `LearntTopics`.
    anchors : list of tuple of ndarray of int
        Word numbers of the anchors by topic and language.
    estimates : tuple of Estimate
        What the topics of each language follow from.
    settings : MTAnchor
        The hyperparameters.
    """

    anchors: Anchors
    estimates: tuple[Estimate, ...]
    settings: MTAnchor

    @classmethod
    def from_estimates(
        cls, anchors: Anchors, estimates: tuple[Estimate, ...], settings: MTAnchor
    ) -> MTAnchorTopics:
        """Derive the topics; the prior is the mean over languages."""
        topics, priors = zip(*(estimate.topics() for estimate in estimates), strict=True)
        prior = np.mean(priors, axis=0)
        return cls(distributions=topics, prior=prior, anchors=anchors, estimates=estimates, settings=settings)

    def proportions(self, documents: Documents, language: int) -> FloatArray:
        """Most probable topic proportions given the words; see `LearntTopics.proportions`."""
        return infer_proportions(
            documents.counts,
            self.distributions[language],
            self.prior,
            pseudo_count=self.settings.pseudo_count,
            n_steps=self.settings.n_inference_steps,
        )

    def with_anchors(self, topic: int, words: Mapping[int, Any]) -> MTAnchorTopics:
        """Estimate the topics anew with other anchors of one topic.

        Several words of a language act as one whose co-occurrences are the harmonic mean of theirs, before
        rows are divided by their sums: what all of them occur with counts, the rarest most.

        Parameters
        ----------
        topic : int
            Number of the topic, from 0.
        words : dict of int to array-like of int
            Word numbers of the new anchors by language number; a language not named keeps its own.

        Returns
        -------
        topics : MTAnchorTopics
            A new object; this one stays as it is.

        Raises
        ------
        InputError
            If the topic, a language or a word does not exist, or a language has no word.
        """
        if not 0 <= topic < len(self.anchors):
            raise InputError(f"topic must be in 0 to {len(self.anchors) - 1}. Got {topic}.")
        estimates, of_topic = list(self.estimates), list(self.anchors[topic])
        for language, given in words.items():
            if not 0 <= language < len(estimates):
                raise InputError(f"words names language {language}; languages are 0 to {len(estimates) - 1}.")
            estimate = estimates[language]
            of_topic[language] = checked_words(given, language, estimate.cooccurrence)
            estimates[language] = estimate.with_anchor(topic, of_topic[language], self.settings)
        anchors = [*self.anchors[:topic], tuple(of_topic), *self.anchors[topic + 1 :]]
        return self.from_estimates(anchors, tuple(estimates), self.settings)

    def can_be_anchors(self, language: int) -> NDArray[np.bool_]:
        """Tell of each word of a language whether it occurs with other words, (V_l,)."""
        return self.estimates[language].cooccurrence.totals > 0

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Training counts, anchors and combinations of anchors; see `LearntTopics.arrays`."""
        result: dict[str, NDArray[Any]] = {}
        for language, estimate in enumerate(self.estimates):
            words = [of_topic[language] for of_topic in self.anchors]
            result[f"anchors.{language}.words"] = np.concatenate(words)
            result[f"anchors.{language}.indptr"] = np.cumsum([0, *map(len, words)])
            result[f"weights.{language}"] = estimate.weights
            for name in ("data", "indices", "indptr"):
                result[f"counts.{language}.{name}"] = getattr(estimate.cooccurrence.documents, name)
        return result


@dataclass(frozen=True, eq=False)
class Estimate:
    """Every word of a language as a convex combination of the anchors.

    Attributes
    ----------
    cooccurrence : Cooccurrence
        Of the language.
    rows : ndarray of shape (K, V)
        Co-occurrences of the anchors; rows sum to 1.
    products : ndarray of shape (V, K)
        Inner products of all words' co-occurrences with those of the anchors.
    weights : ndarray of shape (V, K)
        The combinations p(z | w); rows sum to 1.
    """

    cooccurrence: Cooccurrence
    rows: FloatArray
    products: FloatArray
    weights: FloatArray

    @classmethod
    def from_weights(
        cls, cooccurrence: Cooccurrence, anchors: Sequence[IntArray], weights: FloatArray
    ) -> Estimate:
        """Compute what follows from the anchors."""
        rows = np.vstack([anchor_row(cooccurrence, words) for words in anchors])
        return cls(cooccurrence, rows, cooccurrence.times(rows.T), weights)

    @classmethod
    def from_anchors(
        cls, cooccurrence: Cooccurrence, anchors: Sequence[IntArray], settings: MTAnchor
    ) -> Estimate:
        """Find the combinations."""
        uniform = np.full((cooccurrence.counts.shape[1], len(anchors)), 1 / len(anchors))
        return cls.from_weights(cooccurrence, anchors, uniform)._solved(settings)

    def with_anchor(self, topic: int, words: IntArray, settings: MTAnchor) -> Estimate:
        """Find the combinations for another anchor of a topic, starting from those of before."""
        rows, products = self.rows.copy(), self.products.copy()
        rows[topic] = anchor_row(self.cooccurrence, words)
        products[:, topic] = self.cooccurrence.times(rows[[topic]].T)[:, 0]
        return replace(self, rows=rows, products=products)._solved(settings)

    def _solved(self, settings: MTAnchor) -> Estimate:
        """Find the best combinations; a word without co-occurrences has those of all words, p(z)."""
        shares, weights = self.cooccurrence.word_shares, np.empty_like(self.weights)
        known = self.cooccurrence.totals > 0
        weights[known] = convex_combinations(
            self.rows @ self.rows.T,
            self.products[known],
            self.weights[known],
            tolerance=settings.tolerance,
            max_iter=settings.max_iter,
        )
        weights[~known] = shares[known] @ weights[known] / shares[known].sum()
        return replace(self, weights=weights)

    def topics(self) -> tuple[FloatArray, FloatArray]:
        """Words of each topic (K, V), rows sum to 1, and p(z) of shape (K,)."""
        joint = (self.weights * self.cooccurrence.word_shares[:, None]).T
        prior = joint.sum(1)
        topic_word = np.where(prior[:, None] > 0, joint, self.rows)
        return topic_word / topic_word.sum(1, keepdims=True), prior / prior.sum()


def anchor_row(cooccurrence: Cooccurrence, words: IntArray) -> FloatArray:
    """Co-occurrences (V,) of an anchor: the harmonic mean of its words' rows of Q, made to sum to 1."""
    rows = cooccurrence.rows(words)
    if len(words) == 1:
        return rows[0]
    probabilities = rows * (cooccurrence.totals[words] / cooccurrence.documents.shape[0])[:, None]
    mean = 1 / (1 / (probabilities + HARMONIC_EPS)).mean(0)
    return mean / mean.sum()


def checked_words(given: Any, language: int, cooccurrence: Cooccurrence) -> IntArray:
    """Check anchors that a user gave.

    Parameters
    ----------
    given : array-like of int
        Word numbers.
    language : int
        Their language, for messages.
    cooccurrence : Cooccurrence
        Of the language.

    Returns
    -------
    words : ndarray of int
        Each word once, in the given order.

    Raises
    ------
    InputError
        If there is no word, or a word does not exist or has no co-occurrences.
    """
    words = np.asarray(list(dict.fromkeys(np.ravel(given).tolist())))
    if not len(words) or not np.issubdtype(words.dtype, np.integer):
        raise InputError(f"Anchors of language {language} must be word numbers, at least one. Got {given!r}.")
    size = len(cooccurrence.totals)
    outside = words[(words < 0) | (words >= size)]
    if len(outside):
        raise InputError(
            f"Anchors of language {language} must be word numbers in 0 to {size - 1}. Got {outside.tolist()}."
        )
    alone = words[cooccurrence.totals[words] == 0]
    if len(alone):
        raise InputError(
            f"Words {alone.tolist()} of language {language} occur with no other word in training and cannot "
            "be anchors. Choose others."
        )
    return words.astype(np.int64)


def infer_proportions(
    counts: sparse.csr_array,
    topic_word: FloatArray,
    prior: FloatArray,
    *,
    pseudo_count: float,
    n_steps: int,
) -> FloatArray:
    """Find the topics of documents by expectation maximisation, the words of topics being fixed.

    Maximises ``sum_w x_w log(theta @ phi)_w + pseudo_count sum_k log(theta_k)`` for each document x.

    Parameters
    ----------
    counts : csr_array of shape (n_documents, V)
        Word counts x.
    topic_word : ndarray of shape (K, V)
        Words of each topic phi.
    prior : ndarray of shape (K,)
        Proportions of a document without a word that any topic has.
    pseudo_count : float
        Tokens added to each topic.
    n_steps : int
        Steps from uniform proportions.

    Returns
    -------
    theta : ndarray of shape (n_documents, K)
        Topic proportions; rows sum to 1.
    """
    possible = np.flatnonzero(topic_word.sum(0) > 0)
    counts, word_topic = counts[:, possible], np.ascontiguousarray(topic_word[:, possible].T)
    theta = np.tile(prior, (counts.shape[0], 1))
    n_words = np.diff(counts.indptr)
    for size in np.unique(n_words[n_words > 0]):
        rows = np.flatnonzero(n_words == size)
        for block in np.array_split(rows, -(-len(rows) * size // BLOCK_OF_COUNTS)):
            places = counts.indptr[block, None] + np.arange(size)
            phi = word_topic[counts.indices[places]]  # (n, size, K)
            x = counts.data[places].astype(np.float64)
            theta[block] = _most_probable(x, phi, pseudo_count, n_steps)
    return theta


def _most_probable(x: FloatArray, phi: FloatArray, pseudo_count: float, n_steps: int) -> FloatArray:
    """Maximise over documents of equally many words; each is multiplied on its own, in the same order."""
    n_topics = phi.shape[2]
    theta = np.full((len(x), n_topics), 1 / n_topics)
    totals = x.sum(1, keepdims=True) + n_topics * pseudo_count
    for _ in range(n_steps):
        shares = x / (phi @ theta[:, :, None])[:, :, 0]
        theta *= (shares[:, None, :] @ phi)[:, 0, :]
        theta = (theta + pseudo_count) / totals
    return theta
