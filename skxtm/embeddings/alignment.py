"""Mapping one word space onto another, and finding the words that are each other's neighbours across them.

Similarities are computed in blocks of rows, so that no large n_source x n_target array is ever stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.embeddings._vectors import FloatMatrix

IntArray = NDArray[np.intp]

_ENTRIES_PER_BLOCK = 1 << 22  # 16 MB of similarities at a time
_ENTRIES_KEPT = 1 << 25  # 128 MB of them are kept until they are needed again, more are computed again

#: Gives the rows of each block, and their cosines with all columns.
_Blocks = Callable[[], Iterable[tuple[slice, FloatMatrix]]]


def orthogonal_map(
    source: NDArray[np.floating], target: NDArray[np.floating], pairs: sparse.csr_array
) -> NDArray[np.floating]:
    r"""Orthogonal matrix that brings the source vectors nearest to the target vectors of their pairs.

    The weighted orthogonal Procrustes problem: it minimises
    :math:`\sum_{ij} w_{ij} \lVert x_i R - y_j \rVert^2` over orthogonal :math:`R`.

    Parameters
    ----------
    source : ndarray of shape (n_source, n_dimensions)
    target : ndarray of shape (n_target, n_dimensions)
    pairs : csr_array of shape (n_source, n_target)
        Weights, not negative; 0 where two words are no pair.

    Returns
    -------
    rotation : ndarray of shape (n_dimensions, n_dimensions)
        ``source @ rotation`` lies in the target space.
    """
    left, _, right = np.linalg.svd(source.T @ (pairs @ target))
    return left @ right


def pair_weights(matches: sparse.csr_array) -> sparse.csr_array:
    """Weigh the pairs of a lexicon so that words with many translations count no more than others.

    Parameters
    ----------
    matches : csr_array of shape (n_source, n_target)
        1 where two words translate each other.

    Returns
    -------
    weights : csr_array of float32 of shape (n_source, n_target)
        1 / sqrt(translations of the source word x translations of the target word) at each pair.
    """
    pairs = sparse.coo_array(matches)
    fan_out = np.bincount(pairs.row, minlength=pairs.shape[0])
    fan_in = np.bincount(pairs.col, minlength=pairs.shape[1])
    weights = 1 / np.sqrt(fan_out[pairs.row] * fan_in[pairs.col])
    return sparse.csr_array((weights.astype(np.float32), (pairs.row, pairs.col)), shape=pairs.shape)


def refined_map(
    source: FloatMatrix,
    target: FloatMatrix,
    matches: sparse.csr_array,
    *,
    n_refinements: int,
    csls_neighbours: int,
) -> FloatMatrix:
    """Map by a lexicon, then again and again by the lexicon and the mutual neighbours found by the last map.

    Parameters
    ----------
    source : ndarray of shape (n_source, n_dimensions)
        Rows of length 1 or 0.
    target : ndarray of shape (n_target, n_dimensions)
        Rows of length 1 or 0.
    matches : csr_array of shape (n_source, n_target)
        1 where the lexicon holds a pair.
    n_refinements : int
        Rounds after the first map. Mutual neighbours have weight 1, pairs of the lexicon `pair_weights`.
    csls_neighbours : int
        As in `mutual_neighbours`.

    Returns
    -------
    rotation : ndarray of shape (n_dimensions, n_dimensions)
        As `orthogonal_map` returns it.
    """
    lexicon_pairs = pair_weights(matches)
    rotation = orthogonal_map(source, target, lexicon_pairs)
    for _ in range(n_refinements):
        rows, columns, _ = mutual_neighbours(source @ rotation, target, csls_neighbours)
        found = sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=matches.shape)
        rotation = orthogonal_map(source, target, lexicon_pairs + found)
    return rotation


def mutual_neighbours(
    source: FloatMatrix, target: FloatMatrix, csls_neighbours: int = 10
) -> tuple[IntArray, IntArray, FloatMatrix]:
    r"""Pairs of words that are each other's nearest neighbour by CSLS.

    Cross-domain similarity local scaling [1]_ takes from the cosine what is due to a word's being near to
    everything: :math:`2 \cos(x, y) - r(x) - r(y)`, with :math:`r` the mean cosine of a word with its nearest
    `csls_neighbours` words of the other language.

    Parameters
    ----------
    source : ndarray of shape (n_source, n_dimensions)
        Rows of length 1, or 0 for a word to leave out.
    target : ndarray of shape (n_target, n_dimensions)
        Rows of length 1, or 0 for a word to leave out.
    csls_neighbours : int, default=10

    Returns
    -------
    rows, columns : ndarray of int of shape (n_pairs,)
        The words of each pair, rows ascending.
    similarities : ndarray of float32 of shape (n_pairs,)
        Their CSLS.

    References
    ----------
    .. [1] Conneau, Lample, Ranzato, Denoyer and Jégou (2018). Word translation without parallel data. ICLR.
    """
    source_words, target_words = nonzero_rows(source), nonzero_rows(target)
    if not len(source_words) or not len(target_words):
        return source_words[:0], target_words[:0], np.empty(0, dtype=np.float32)
    source, target = source[source_words], target[target_words]
    blocks = _cosines(source, target)
    source_hubness, target_hubness = _hubness(blocks, len(source), csls_neighbours)
    to_target, similarities, to_source = _nearest(blocks, source_hubness, target_hubness)
    mutual = np.flatnonzero(to_source[to_target] == np.arange(len(source)))
    return (
        source_words[mutual],
        target_words[to_target[mutual]],
        similarities[mutual] - source_hubness[mutual],
    )


def mean_nearest_similarity(first: FloatMatrix, second: FloatMatrix, n_nearest: int) -> FloatMatrix:
    """Mean cosine of each word with its nearest words of the other language: how much of a hub it is.

    Parameters
    ----------
    first : ndarray of shape (n_first, n_dimensions)
        Rows of length 1.
    second : ndarray of shape (n_second, n_dimensions)
        Rows of length 1.
    n_nearest : int
        At most n_second of them are taken.

    Returns
    -------
    hubness : ndarray of float32 of shape (n_first,)
    """
    hubness = np.empty(len(first), dtype=np.float32)
    for rows in row_blocks(len(first), len(second)):
        hubness[rows] = _highest(first[rows] @ second.T, n_nearest, axis=1).mean(axis=1)
    return hubness


def _cosines(source: FloatMatrix, target: FloatMatrix) -> _Blocks:
    def computed() -> Iterator[tuple[slice, FloatMatrix]]:
        for rows in row_blocks(len(source), len(target)):
            yield rows, source[rows] @ target.T

    if len(source) * len(target) > _ENTRIES_KEPT:
        return computed
    kept = list(computed())
    return lambda: kept


def _hubness(blocks: _Blocks, n_rows: int, n_nearest: int) -> tuple[FloatMatrix, FloatMatrix]:
    """`mean_nearest_similarity` of the rows, and of the columns."""
    of_rows = np.empty(n_rows, dtype=np.float32)
    highest: list[FloatMatrix] = []
    for rows, cosines in blocks():
        of_rows[rows] = _highest(cosines, n_nearest, axis=1).mean(axis=1)
        highest = [_highest(np.vstack([*highest, _highest(cosines, n_nearest, axis=0)]), n_nearest, axis=0)]
    return of_rows, highest[0].mean(axis=0)


def _highest(values: FloatMatrix, number: int, axis: int) -> FloatMatrix:
    number = min(number, values.shape[axis])
    return np.partition(values, -number, axis=axis).take(range(-number, 0), axis=axis)


def _nearest(
    blocks: _Blocks, source_hubness: FloatMatrix, target_hubness: FloatMatrix
) -> tuple[IntArray, FloatMatrix, IntArray]:
    """Nearest target of each source word by 2 cos - target_hubness, that score, and the reverse."""
    to_target = np.empty(len(source_hubness), dtype=np.intp)
    similarities = np.empty(len(source_hubness), dtype=np.float32)
    to_source = np.empty(len(target_hubness), dtype=np.intp)
    best = np.full(len(target_hubness), -np.inf, dtype=np.float32)
    for rows, cosines in blocks():
        scores = 2 * cosines - target_hubness
        to_target[rows] = scores.argmax(axis=1)
        similarities[rows] = scores.max(axis=1)
        scores = 2 * cosines - source_hubness[rows, np.newaxis]
        nearest, score = scores.argmax(axis=0), scores.max(axis=0)
        better = score > best
        to_source[better] = nearest[better] + rows.start
        best[better] = score[better]
    return to_target, similarities, to_source


def row_blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Cut the rows of a matrix into blocks small enough to be held in memory.

    Parameters
    ----------
    n_rows, n_columns : int
        Shape of the matrix.

    Yields
    ------
    rows : slice
    """
    step = max(1, _ENTRIES_PER_BLOCK // n_columns)
    yield from (slice(start, start + step) for start in range(0, n_rows, step))


def nonzero_rows(vectors: FloatMatrix) -> IntArray:
    """Row numbers of the words that have a vector.

    Parameters
    ----------
    vectors : ndarray of shape (n, n_dimensions)

    Returns
    -------
    rows : ndarray of int
        Ascending.
    """
    return np.flatnonzero(vectors.any(axis=1))
