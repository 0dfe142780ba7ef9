"""GloCTM's polyglot augmentation: documents in the words of all languages, as sparse products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.embeddings._vectors import unit_rows

_BLOCK_SIZE = 1 << 22  # similarities held at a time


def polyglot_augmentation(
    counts: sparse.csr_array, offset: int, neighbours: sparse.csr_array
) -> sparse.csr_array:
    """Add up the neighbours of the words that each document holds.

    ``1[X > 0] @ N``: every word type counts once, however often it occurs, and contributions of different
    types add up.

    Parameters
    ----------
    counts : csr_array of shape (n_documents, V_l)
        Word counts of documents in one language.
    offset : int
        Where the language's vocabulary begins in the joint one.
    neighbours : csr_array of shape (V, V)
        1 where the column's word is a neighbour of the row's word, see `neighbour_matrix`.

    Returns
    -------
    augmented : csr_array of float32 of shape (n_documents, V)
        Counts over the joint vocabulary; zeros for a document without words.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> neighbours = csr_array([[1, 0, 1], [0, 1, 1], [1, 0, 1]])
    >>> polyglot_augmentation(csr_array([[5, 0], [1, 2]]), 0, neighbours).toarray()
    array([[1., 0., 1.],
           [1., 1., 2.]], dtype=float32)
    """
    present = sparse.csr_array(counts > 0, dtype=np.float32)
    own = sparse.csr_array(neighbours[offset : offset + counts.shape[1]], dtype=np.float32)
    # 64-bit indices here would make those of the product so, which takes twice as long
    own.indices, own.indptr = own.indices.astype(np.int32), own.indptr.astype(np.int32)
    return sparse.csr_array(present @ own)


def neighbour_matrix(vectors: Sequence[NDArray[Any]], n_neighbours: int) -> sparse.csr_array:
    """Find for every word its nearest words in each language.

    Parameters
    ----------
    vectors : sequence of ndarray of shape (V_l, n_dimensions)
        Embeddings of each language's words, in one space.
    n_neighbours : int
        Number of words of largest cosine to take in each language, fewer where the vocabulary has no more.
        The word itself comes on top of them.

    Returns
    -------
    neighbours : csr_array of shape (V, V)
        Over the joint vocabulary; 1 in row i for word i and its neighbours. Among words of equal cosine
        the choice is arbitrary. A word whose vector is zero has only itself, and is nobody's neighbour.

    Examples
    --------
    >>> import numpy as np
    >>> english = np.array([[1.0, 0.0], [0.9, 0.1]])
    >>> german = np.array([[0.0, 1.0], [1.0, 0.1]])
    >>> neighbour_matrix([english, german], 1).toarray()
    array([[1., 1., 0., 1.],
           [1., 1., 0., 1.],
           [0., 1., 1., 1.],
           [0., 1., 1., 1.]], dtype=float32)
    """
    unit = [unit_rows(part) for part in vectors]
    blocks = [
        [_nearest(source, target, n_neighbours, itself=source is target) for target in unit]
        for source in unit
    ]
    joint = sparse.block_array(blocks, format="csr") + sparse.eye_array(sum(map(len, unit)))
    return sparse.csr_array(joint, dtype=np.float32)


def _nearest(
    source: NDArray[Any], target: NDArray[Any], n_neighbours: int, *, itself: bool
) -> sparse.csr_array:
    """Ones for the words of largest cosine; not for the word itself, where both languages are the same."""
    k = min(n_neighbours, len(target) - itself)
    if k < 1:
        return sparse.csr_array((len(source), len(target)), dtype=np.float32)
    block_rows = max(1, _BLOCK_SIZE // len(target))
    without_vector = ~target.any(1)
    rows, columns = [], []
    for start in range(0, len(source), block_rows):
        cosine = source[start : start + block_rows] @ target.T
        cosine[:, without_vector] = -np.inf
        numbers = np.arange(len(cosine))[:, None]
        if itself:
            cosine[numbers, start + numbers] = -np.inf
        nearest = np.argpartition(cosine, -k, axis=1)[:, -k:]
        kept = (cosine[numbers, nearest] > -np.inf) & source[start + numbers[:, 0]].any(1, keepdims=True)
        rows.append((start + np.broadcast_to(numbers, nearest.shape))[kept])
        columns.append(nearest[kept])
    places = np.concatenate(rows), np.concatenate(columns)
    ones = np.ones(len(places[0]), dtype=np.float32)
    return sparse.csr_array((ones, places), shape=(len(source), len(target)))
