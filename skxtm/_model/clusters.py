"""Clusters of training documents: those that the user gives, or those of the documents' embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm._model.state import State
from skxtm.exceptions import InputError
from skxtm.languages import canonical_code


def learnt_clusters(state: State, vectors: Sequence[NDArray[np.float32]]) -> tuple[NDArray[np.int64], ...]:
    """Cluster documents as the backbone says, or find their clusters among those learnt before.

    Parameters
    ----------
    state : State
        Which keeps the clusters.
    vectors : sequence of ndarray of shape (n_l, n_dimensions)
        Embeddings of each language's documents.

    Returns
    -------
    clusters : tuple of ndarray of int of shape (n_l,)

    Raises
    ------
    InputError
        If the language to be clustered has fewer documents than there are topics, or is not the model's.
    """
    if state.clusters is None:
        from skxtm.backbones._clusters import DocumentClusters

        clustering, n_clusters = state.backbone.clustering(), state.shape.n_components
        language = _cluster_language(state, clustering.language)
        n_documents = len(vectors[language])
        if n_documents < n_clusters:
            raise InputError(
                f"X holds {n_documents:,} documents in {state.languages[language]!r} with a known word, too "
                f"few for {n_clusters:,} clusters, one per topic. Lower n_components, or pass clusters=."
            )
        state.clusters = DocumentClusters.learn(
            vectors, n_clusters, language=language, n_dimensions=clustering.n_dimensions, seed=state.seed
        )
    clusters = state.clusters
    return tuple(clusters.assign(part, language) for language, part in enumerate(vectors))


def checked_clusters(clusters: Any, n_documents: int, n_clusters: int) -> NDArray[np.int64]:
    """Check the clusters that a user gives.

    Parameters
    ----------
    clusters : array-like of int of shape (n_documents,)
        As given.
    n_documents, n_clusters : int
        How many there are.

    Returns
    -------
    clusters : ndarray of int of shape (n_documents,)

    Raises
    ------
    InputError
        If they are not as described.
    """
    labels = np.asarray(clusters)
    if labels.shape != (n_documents,):
        raise InputError(
            f"The 'clusters' parameter has shape {labels.shape}, but X holds {n_documents:,} documents; one "
            "label per document is needed."
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= n_clusters:
        raise InputError(
            f"The 'clusters' parameter must hold integers from 0 to n_components - 1 = {n_clusters - 1}. Got "
            f"{labels.dtype} values from {labels.min()} to {labels.max()}."
        )
    return labels.astype(np.int64)


def _cluster_language(state: State, given: str | None) -> int:
    code = None if given is None else canonical_code(given)
    if code is not None and code not in state.languages:
        raise InputError(
            f"The 'cluster_language' parameter of {type(state.backbone).__name__} must be one of "
            f"{list(state.languages)}, or None for the first. Got {given!r} instead."
        )
    return 0 if code is None else state.languages.index(code)
