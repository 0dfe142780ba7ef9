"""Positives of InfoCTM's contrastive loss, from word vectors and a lexicon, without a dense matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.embeddings._vectors import unit_rows

_BLOCK_ROWS = 1024


def similar_words(vectors: NDArray[Any], threshold: float) -> sparse.csr_array:
    """Find for every word the words of the same language with similar vectors.

    Parameters
    ----------
    vectors : ndarray of shape (n_words, n_dimensions)
        One vector per word.
    threshold : float in [-1, 1]
        Least cosine.

    Returns
    -------
    neighbours : csr_array of shape (n_words, n_words)
        Symmetric; 1 where the cosine reaches the threshold, and for each word with itself.

    Examples
    --------
    >>> import numpy as np
    >>> similar_words(np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]), 0.5).toarray()
    array([[1., 1., 0.],
           [1., 1., 1.],
           [0., 1., 1.]], dtype=float32)
    """
    unit = unit_rows(vectors)
    blocks = [_reaching(unit, start, threshold) for start in range(0, len(unit), _BLOCK_ROWS)]
    return sparse.csr_array(sparse.vstack(blocks))


def _reaching(unit: NDArray[Any], start: int, threshold: float) -> sparse.csr_array:
    reached = unit[start : start + _BLOCK_ROWS] @ unit.T >= threshold
    rows = np.arange(len(reached))
    reached[rows, start + rows] = True
    return sparse.csr_array(reached, dtype=np.float32)


def positive_pairs(
    neighbours_first: sparse.csr_array, neighbours_second: sparse.csr_array, lexicon: sparse.csr_array
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Link words across two languages through the translations of similar words.

    With ``P_l`` the neighbours and T the lexicon, ``C_12 = P_1 @ T`` counts how many translations word j is
    of words similar to i, and ``C_21 = P_2 @ T'`` the other way round.

    Parameters
    ----------
    neighbours_first : csr_array of shape (V_1, V_1)
        Similar words of the first language, see `similar_words`.
    neighbours_second : csr_array of shape (V_2, V_2)
        Those of the second language.
    lexicon : csr_array of shape (V_1, V_2)
        1 where two words translate each other.

    Returns
    -------
    pairs : ndarray of shape (2, n_pairs)
        Word of the first and of the second language, for every pair that is linked in either direction.
    counts : ndarray of shape (2, n_pairs)
        ``C_12`` and ``C_21`` transposed at these pairs.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> similar = csr_array([[1.0, 1.0], [1.0, 1.0]])
    >>> alone = csr_array([[1.0, 0.0], [0.0, 1.0]])
    >>> pairs, counts = positive_pairs(similar, alone, csr_array([[1.0, 0.0], [0.0, 0.0]]))
    >>> pairs
    array([[0, 1],
           [0, 0]])
    >>> counts
    array([[1., 1.],
           [1., 0.]], dtype=float32)
    """
    forward = sparse.coo_array(neighbours_first @ lexicon)
    backward = sparse.coo_array((neighbours_second @ lexicon.T).T)
    n_columns = lexicon.shape[1]
    places = [_places(matrix, n_columns) for matrix in (forward, backward)]
    linked = np.union1d(*places)
    counts = np.zeros((2, len(linked)), dtype=np.float32)
    for direction, matrix in enumerate((forward, backward)):
        counts[direction, np.searchsorted(linked, places[direction])] = matrix.data
    return np.stack(np.divmod(linked, n_columns)), counts


def _places(matrix: sparse.coo_array, n_columns: int) -> NDArray[np.int64]:
    rows, columns = matrix.coords
    return rows.astype(np.int64) * n_columns + columns
