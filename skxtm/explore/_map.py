"""Documents as points in the plane, for page and picture."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from skxtm._threads import one_thread

_FEWEST_TO_ARRANGE = 10  # documents; fewer have no neighbourhoods to be kept


def drawn_rows(n_documents: int, n_points: int, random: np.random.RandomState) -> NDArray[np.intp]:
    """Draw rows at random, in order; all of them if there are not more.

    Parameters
    ----------
    n_documents : int
        Rows to draw from.
    n_points : int
        Rows to draw, at most.
    random : RandomState
        Source of the draw.

    Returns
    -------
    rows : ndarray of int of shape (min(n_documents, n_points),)
    """
    if n_points >= n_documents:
        return np.arange(n_documents)
    return np.sort(random.choice(n_documents, n_points, replace=False))


def arranged(
    theta: NDArray[np.float32], random: np.random.RandomState, method: Literal["pca", "tsne"]
) -> NDArray[np.float64]:
    """Places of documents in the plane, by the square roots of their topic proportions.

    Parameters
    ----------
    theta : ndarray of shape (n_documents, n_components)
        Topic proportions.
    random : RandomState
        Source of the arrangement.
    method : {"pca", "tsne"}
        The two directions in which documents differ most, or `sklearn.manifold.TSNE`.

    Returns
    -------
    points : ndarray of shape (n_documents, 2)
        At random if there are fewer than ten documents, or one topic.
    """
    n_documents = len(theta)
    if n_documents < _FEWEST_TO_ARRANGE or theta.shape[1] == 1:
        return random.uniform(size=(n_documents, 2))
    if method == "pca":
        with one_thread():
            return np.asarray(PCA(2, svd_solver="full").fit_transform(np.sqrt(theta.astype(np.float64))))
    tsne = TSNE(init="random", perplexity=min(30.0, (n_documents - 1) / 3), random_state=random)
    return np.asarray(tsne.fit_transform(np.sqrt(theta)), dtype=np.float64)
