"""How well two word spaces are aligned: retrieval of translations that the alignment has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse

from skxtm._threads import one_thread
from skxtm.embeddings._vectors import FloatMatrix
from skxtm.embeddings.alignment import (
    IntArray,
    mean_nearest_similarity,
    nonzero_rows,
    refined_map,
    row_blocks,
)


@dataclass(frozen=True)
class AlignmentQuality:
    """How often a word's translation is found by its vector.

    Attributes
    ----------
    precision_at_1 : float
        Share of held-out words with a translation as their nearest word of the other language by CSLS, of
        all its words; between 0 and 1.
    precision_at_5 : float
        Share with a translation among their five nearest.
    n_words : int
        Number of held-out words.
    """

    precision_at_1: float
    precision_at_5: float
    n_words: int

    def __str__(self) -> str:
        return (
            f"precision@1 {self.precision_at_1:.3f}, precision@5 {self.precision_at_5:.3f} "
            f"of {self.n_words:,} held-out words"
        )


def held_out_ranks(
    source: FloatMatrix,
    target: FloatMatrix,
    matches: sparse.csr_array,
    *,
    held_out: float,
    n_refinements: int,
    csls_neighbours: int,
    random_state: RandomState,
) -> IntArray:
    """Align two spaces without some words of a lexicon, and look for the translations of these words.

    Parameters
    ----------
    source : ndarray of shape (n_source, n_dimensions)
        Rows of length 1 or 0; aligned or not, which changes nothing.
    target : ndarray of shape (n_target, n_dimensions)
        Rows of length 1 or 0.
    matches : csr_array of shape (n_source, n_target)
        1 where the lexicon holds a pair.
    held_out : float
        Share of the source words with a translation that is held out, with all their pairs.
    n_refinements, csls_neighbours : int
        As in `skxtm.embeddings.alignment.refined_map`.
    random_state : RandomState
        Draws the words.

    Returns
    -------
    ranks : ndarray of int of shape (n_held_out,)
        For each held-out word, how many target words come before its best-placed translation by CSLS.
    """
    source_words, target_words = nonzero_rows(source), nonzero_rows(target)
    source, target = source[source_words], target[target_words]
    matches = matches[source_words][:, target_words]
    translated = np.flatnonzero(np.diff(matches.indptr))
    chosen = np.sort(random_state.permutation(translated)[: round(held_out * len(translated))])
    if not len(chosen):
        return chosen
    kept = np.ones(len(source), dtype=np.float32)
    kept[chosen] = 0
    known = sparse.csr_array(sparse.diags_array(kept) @ matches)
    known.eliminate_zeros()
    with one_thread():
        rotation = refined_map(
            source, target, known, n_refinements=n_refinements, csls_neighbours=csls_neighbours
        )
        hubness = mean_nearest_similarity(target, source @ rotation, csls_neighbours)
        return _ranks(source[chosen] @ rotation, target, hubness, matches[chosen])


def _ranks(
    words: FloatMatrix, target: FloatMatrix, hubness: NDArray[np.floating], matches: sparse.csr_array
) -> IntArray:
    ranks = np.empty(len(words), dtype=np.intp)
    for rows in row_blocks(len(words), len(target)):
        scores = 2 * (words[rows] @ target.T) - hubness
        of_translations = np.where(matches[rows].toarray() > 0, scores, -np.inf)
        ranks[rows] = np.count_nonzero(scores > of_translations.max(axis=1, keepdims=True), axis=1)
    return ranks
