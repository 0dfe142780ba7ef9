"""Anchor words: co-occurrences, the choice of anchors, and words as combinations of anchors."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BLOCK_OF_DOCUMENTS = 4096
#: Squared distance from the span, against that of the first anchor from the origin, that counts as none.
SPANNED = 1e-10
STEPS_BETWEEN_CHECKS = 5


@dataclass(frozen=True, eq=False)
class Cooccurrence:
    """How often words share documents, in proportion: rows sum to 1, or are 0 without co-occurrences.

    Attributes
    ----------
    documents : csr_array of shape (n_documents, V)
        Word counts of all documents.
    counts : csr_array of shape (n, V)
        Those of documents of several tokens, n > 1 each.
    pair_weights : ndarray of shape (n,)
        ``1 / (n (n - 1))`` of these documents.
    diagonal : ndarray of shape (V,)
        Sum of the counts so weighted, what a word's pairs with itself have too many.
    totals : ndarray of shape (V,)
        Row sums before they were divided by them.
    word_shares : ndarray of shape (V,)
        p(w), the mean share of each word in a document; sums to 1.
    """

    documents: sparse.csr_array
    counts: sparse.csr_array
    pair_weights: FloatArray
    diagonal: FloatArray
    totals: FloatArray
    word_shares: FloatArray

    @classmethod
    def from_counts(cls, documents: sparse.csr_array) -> Cooccurrence:
        """Weight the documents; a row sum of ``(x x' - diag(x)) / (n (n - 1))`` is ``x / n``."""
        n_tokens = np.asarray(documents.sum(1), dtype=np.float64)
        several = np.flatnonzero(n_tokens > 1)
        counts = documents[several].astype(np.float64)
        n = n_tokens[several]
        pair_weights = 1 / (n * (n - 1))
        shares = documents.T @ np.divide(1, n_tokens, out=np.zeros_like(n_tokens), where=n_tokens > 0)
        return cls(
            documents,
            counts,
            pair_weights,
            counts.T @ pair_weights,
            counts.T @ (1 / n),
            shares / shares.sum(),
        )

    def frequent(self, min_document_share: float) -> IntArray:
        """Words with co-occurrences in at least a share of the documents, ascending."""
        n_documents = np.asarray((self.documents > 0).sum(0))
        enough = n_documents >= min_document_share * self.documents.shape[0]
        return np.flatnonzero(enough & (self.totals > 0))

    def rows(self, words: IntArray) -> FloatArray:
        """Rows of some words, (n_words, V)."""
        weighted = self.counts[:, words].T.multiply(self.pair_weights)
        rows = (sparse.csr_array(weighted) @ self.counts).toarray()
        rows[np.arange(len(words)), words] -= self.diagonal[words]
        return rows / self.totals[words, None]

    def times(self, right: FloatArray, words: IntArray | None = None) -> FloatArray:
        """Multiply the rows of some words, by default of all, by ``right`` (V, m)."""
        own = slice(None) if words is None else words
        left = self.counts if words is None else self.counts[:, words]
        product = -self.diagonal[own, None] * right[own]
        for start in range(0, self.counts.shape[0], BLOCK_OF_DOCUMENTS):
            block = slice(start, start + BLOCK_OF_DOCUMENTS)
            sums = self.counts[block] @ right
            sums *= self.pair_weights[block, None]
            product += left[block].T @ sums
        totals = self.totals[own, None]
        return np.divide(product, totals, out=np.zeros_like(product), where=totals > 0)


def linked_candidates(
    frequent: Sequence[IntArray], lexicons: Mapping[tuple[int, int], sparse.csr_array]
) -> tuple[list[IntArray], list[sparse.csr_array]]:
    """Keep words with translations.

    Parameters
    ----------
    frequent : sequence of ndarray of int
        Words of each language that may be anchors, ascending.
    lexicons : dict of (int, int) to csr_array of shape (V_a, V_b)
        1 where words of languages number a < b translate each other.

    Returns
    -------
    words : list of ndarray of int of shape (n_l,)
        Words of the first language with a translation in each other one; those that they are linked to.
    links : list of csr_array of shape (n_1, n_l)
        Not 0 where candidates of the first and each further language translate each other; no row is empty.
    """
    links = [
        sparse.csr_array(lexicons[0, other])[frequent[0]][:, words]
        for other, words in enumerate(frequent[1:], 1)
    ]
    for link in links:
        link.eliminate_zeros()
        link.sort_indices()
    linked = np.logical_and.reduce([np.diff(link.indptr) > 0 for link in links] or [frequent[0] >= 0])
    links = [link[linked] for link in links]
    used = [np.unique(link.indices) for link in links]
    words = [frequent[0][linked], *(own[kept] for own, kept in zip(frequent[1:], used, strict=True))]
    return words, [link[:, kept] for link, kept in zip(links, used, strict=True)]


def projected_rows(
    cooccurrence: Cooccurrence, words: IntArray, n_projected: int, rng: np.random.Generator
) -> FloatArray:
    """Project the rows of some words to ``n_projected`` dimensions if there are more; distances last.

    Entries of the projection are 0 with probability 2/3, else ``sqrt(3)`` or ``-sqrt(3)`` (Achlioptas 2001),
    over the square root of the number of dimensions.
    """
    n_words = cooccurrence.counts.shape[1]
    if n_words <= n_projected:
        return cooccurrence.rows(words)
    signs = rng.choice([-1.0, 0.0, 0.0, 0.0, 0.0, 1.0], size=(n_words, n_projected))
    return cooccurrence.times(signs * np.sqrt(3 / n_projected), words)


def greedy_anchors(
    points: Sequence[FloatArray],
    links: Sequence[sparse.csr_array],
    n_anchors: int,
    *,
    origin: str = "anchor",
) -> list[tuple[int, ...]]:
    """Choose linked points far from the affine span of those chosen before, in all languages.

    Parameters
    ----------
    points : sequence of ndarray of shape (n_l, n_dimensions_l)
        Candidates of each language.
    links : sequence of csr_array of shape (n_1, n_l)
        Links of the first language's candidates with those of each further language; no row is empty.
    n_anchors : int
        Number of tuples to choose.
    origin : {"anchor", "released"}
        How points are moved once the first tuple is chosen, see `MTAnchor`.

    Returns
    -------
    chosen : list of tuple of int
        Rows of `points`, one of each language; fewer than `n_anchors` if the others are in the span. Among
        tuples with the same smallest distance, that with the largest distances in the order of languages.
    """
    turns: list[IntArray | None] = [None] * len(points)
    if origin == "released":
        firsts = [np.repeat(np.arange(len(points[0])), np.diff(link.indptr)) for link in links[:1]]
        turns = [*(firsts or [np.arange(len(points[0]))]), *(link.indices for link in links)]
    spans = [Span(own, its_turns) for own, its_turns in zip(points, turns, strict=True)]
    chosen: list[tuple[int, ...]] = []
    nearest_allowed = 0.0
    while len(chosen) < n_anchors and len(points[0]):
        scores = spans[0].distances
        for link, span in zip(links, spans[1:], strict=True):
            farthest = np.maximum.reduceat(span.distances[link.indices], link.indptr[:-1])
            scores = np.minimum(scores, farthest)
        tied = np.flatnonzero(scores == scores.max())
        first = int(tied[spans[0].distances[tied].argmax()])
        if scores[first] <= nearest_allowed:
            break
        chosen.append(
            (first, *(_farthest(link, first, span) for link, span in zip(links, spans[1:], strict=True)))
        )
        nearest_allowed = nearest_allowed or SPANNED * scores[first]
        for span, row in zip(spans, chosen[-1], strict=True):
            span.extend(row)
    return chosen


def _farthest(link: sparse.csr_array, row: int, span: Span) -> int:
    linked = link.indices[link.indptr[row] : link.indptr[row + 1]]
    return int(linked[span.distances[linked].argmax()])


class Span:
    """Affine span of some of the points, and the squared distance of every point from it.

    Parameters
    ----------
    points : ndarray of shape (n_points, n_dimensions)
        The first that `extend` takes becomes the origin; before, distances are from 0.
    turns : ndarray of int of shape (n_turns,), or None
        Points in the order in which they are moved to that origin, which ends once it is the origin's own
        turn; a point may have several. None moves all, once.
    """

    def __init__(self, points: FloatArray, turns: IntArray | None = None) -> None:
        self.points = points
        self.turns = turns
        self.distances = np.einsum("ij,ij->i", points, points)
        self._basis: FloatArray | None = None

    def extend(self, row: int) -> None:
        """Add a point to the span."""
        if self._basis is None:
            self._basis = np.empty((0, self.points.shape[1]))
            self.points = self.points - np.outer(self._moves(row), self.points[row])
            self.distances = np.einsum("ij,ij->i", self.points, self.points)
        else:
            direction = self.points[row]
            for _ in range(2):  # rounding leaves a part in the span the first time
                direction = direction - (self._basis @ direction) @ self._basis
            direction = direction / np.linalg.norm(direction)
            self._basis = np.vstack([self._basis, direction])
            self.distances = np.maximum(self.distances - (self.points @ direction) ** 2, 0)
        self.distances[row] = 0

    def _moves(self, origin: int) -> FloatArray:
        """How often each point is moved, (n_points,)."""
        if self.turns is None:
            return np.ones(len(self.points))
        before = self.turns[: (self.turns == origin).argmax() + 1]
        return np.bincount(before, minlength=len(self.points)).astype(np.float64)


def convex_combinations(
    gram: FloatArray, products: FloatArray, start: FloatArray, *, tolerance: float, max_iter: int
) -> FloatArray:
    """Find each point's nearest convex combination of anchors, RecoverL2 of Arora et al.

    Minimises ``1/2 c' G c - b' c`` over the simplex, for every row b of `products`, by accelerated projected
    gradient steps that start anew when momentum leads uphill (O'Donoghue and Candes 2015).

    Parameters
    ----------
    gram : ndarray of shape (K, K)
        Inner products G of the anchors.
    products : ndarray of shape (n_points, K)
        Inner products of points and anchors.
    start : ndarray of shape (n_points, K)
        Combinations to start from.
    tolerance : float
        A point is done when its Frank-Wolfe gap ``c'g - min(g)``, g the gradient, which bounds the distance
        from the minimum, is at most this share of the anchors' mean squared norm.
    max_iter : int
        Most steps.

    Returns
    -------
    combinations : ndarray of shape (n_points, K)
        Rows sum to 1.
    """
    allowed = tolerance * np.diag(gram).mean()
    step = 1 / max(_largest_curvature(gram), np.finfo(float).tiny)
    result, rows = start.copy(), np.arange(len(start))
    current = ahead = start
    speed = np.ones(len(start))
    for iteration in range(max_iter + 1):
        if iteration % STEPS_BETWEEN_CHECKS == 0 or iteration == max_iter:
            result[rows] = current
            left = _gaps(gram, products[rows], current) > allowed
            rows, current, ahead, speed = rows[left], current[left], ahead[left], speed[left]
            if not len(rows):
                return result
        new = nearest_on_simplex(ahead - step * (ahead @ gram - products[rows]))
        uphill = np.einsum("ij,ij->i", ahead - new, new - current) > 0
        faster = (1 + np.sqrt(1 + 4 * speed**2)) / 2
        momentum = np.where(uphill, 0, (speed - 1) / faster)
        ahead = new + momentum[:, None] * (new - current)
        current, speed = new, np.where(uphill, 1, faster)
    warnings.warn(
        f"{len(rows)} of {len(start)} words are not within tolerance={tolerance:g} of their best combination "
        f"of anchors after {max_iter} steps. Raise max_iter or tolerance.",
        ConvergenceWarning,
        stacklevel=2,
    )
    return result


def _largest_curvature(gram: FloatArray) -> float:
    """Largest eigenvalue among directions in which the weights' sum stays."""
    centred = gram - gram.mean(0)
    centred = centred - centred.mean(1, keepdims=True)
    return float(np.linalg.eigvalsh(centred)[-1])


def _gaps(gram: FloatArray, products: FloatArray, combinations: FloatArray) -> FloatArray:
    gradient = combinations @ gram - products
    return np.einsum("ij,ij->i", combinations, gradient - gradient.min(1, keepdims=True))


def nearest_on_simplex(points: FloatArray) -> FloatArray:
    """Project every row to the nearest point of the probability simplex (Held, Wolfe and Crowder 1974)."""
    descending = -np.sort(-points, axis=1)
    excess = descending.cumsum(1) - 1
    n_positive = (descending * np.arange(1, points.shape[1] + 1) > excess).sum(1)
    shift = excess[np.arange(len(points)), n_positive - 1] / n_positive
    return np.maximum(points - shift[:, None], 0)
