"""Corpora drawn at random, in the sizes that benchmarks ask for, with everything that any backbone needs."""

import numpy as np
from scipy import sparse

from skxtm.backbones.base import CorpusShape, Materials

N_TOKENS, N_DIMENSIONS = 11, 200


def draw(
    n_documents: tuple[int, ...], n_words: int, n_components: int, seed: int = 0
) -> tuple[CorpusShape, Materials]:
    """Draw documents by Zipf's law, a lexicon with five translations per word, and embeddings.

    Parameters
    ----------
    n_documents : tuple of int
        Documents of the two languages.
    n_words : int
        Words of each.
    n_components : int
        Number of topics, and of clusters.
    seed : int
        Of everything.

    Returns
    -------
    shape : CorpusShape
    materials : Materials
    """
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, n_words + 1)
    ends = np.cumsum(share / share.sum())
    counts = tuple(draw_counts(size, ends, rng) for size in n_documents)
    pairs = rng.integers(0, n_words, (2, 5 * n_words))
    lexicon = sparse.csr_array((np.ones(5 * n_words, np.float32), tuple(pairs)), (n_words, n_words))
    lexicon.data[:] = 1
    words = tuple(rng.normal(size=(n_words, N_DIMENSIONS)).astype(np.float32) for _ in n_documents)
    vectors = tuple(rng.standard_normal((size, N_DIMENSIONS), dtype=np.float32) for size in n_documents)
    clusters = tuple(rng.permutation(np.arange(size) % n_components) for size in n_documents)
    shape = CorpusShape(n_components, ("a", "b"), (n_words, n_words))
    return shape, Materials(counts, {(0, 1): lexicon}, words, vectors, clusters)


def draw_counts(n_documents: int, ends: np.ndarray, rng: np.random.Generator) -> sparse.csr_array:
    """Draw the words of documents, given the cumulative probabilities of words."""
    columns = np.searchsorted(ends, rng.random(n_documents * N_TOKENS)).clip(max=len(ends) - 1)
    starts = np.arange(0, len(columns) + 1, N_TOKENS)
    ones = np.ones(len(columns), np.int64)
    counts = sparse.csr_array((ones, columns.astype(np.int32), starts), (n_documents, len(ends)))
    counts.sum_duplicates()
    return counts
