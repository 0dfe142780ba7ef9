"""Directions: words moved towards their translations, readers moved apart."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.embeddings._vectors import unit_rows

FloatArray = NDArray[np.float32]
_LEAST_SPAN = 1e-3  # of the greatest eigenvalue: what less tells directions apart is not made more


def apart(directions: FloatArray, spread: float = 1.0) -> FloatArray:
    """Move directions away from what they have in common (symmetric orthogonalisation, in part or whole).

    Parameters
    ----------
    directions : ndarray of shape (n_directions, n_dimensions)
        Of length 1.
    spread : float in [0, 1], default=1.0
        1 is for the nearest directions at right angles to each other, as far as what the given ones span lets
        them be; 0 for the given ones.

    Returns
    -------
    directions : ndarray of shape (n_directions, n_dimensions)
        ``(D D')^(-spread / 2) D``, scaled to length 1.
    """
    double = directions.astype(np.float64)
    values, vectors = np.linalg.eigh(double @ double.T)
    values = np.maximum(values, _LEAST_SPAN * values[-1])
    return unit((vectors * values ** (-spread / 2)) @ vectors.T @ double)


def with_translations(
    vectors: Sequence[FloatArray], lexicons: Mapping[tuple[int, int], sparse.csr_array], weight: float
) -> list[FloatArray]:
    """Move words towards their translations.

    Parameters
    ----------
    vectors : sequence of ndarray of shape (V_l, n_dimensions)
        Of length 1.
    lexicons : dict of (int, int) to csr_array of shape (V_a, V_b)
        Not 0 where words of languages number a < b translate each other.
    weight : float
        Of the direction of a word's translations in each other language, against the word's own. Translations
        count by their cosine with the word, so that those of another sense count little.

    Returns
    -------
    moved : list of ndarray of shape (V_l, n_dimensions)
        Of length 1.
    """
    moved = [part.copy() for part in vectors]
    for (first, second), lexicon in lexicons.items():
        pairs = sparse.coo_array(lexicon)
        rows, columns = pairs.coords
        cosines = np.einsum("ij,ij->i", vectors[first][rows], vectors[second][columns])
        shape = pairs.shape
        closeness = sparse.csr_array((np.maximum(cosines, 0.01), (rows, columns)), shape=shape)
        moved[first] += weight * unit(closeness @ vectors[second])
        moved[second] += weight * unit(closeness.T @ vectors[first])
    return [unit(part) for part in moved]


def unit(rows: NDArray[Any]) -> FloatArray:
    """Scale rows to length 1, in single precision."""
    return unit_rows(rows).astype(np.float32)
