"""Tokens of documents, arranged so that the topics of many are drawn at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.exceptions import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]

# sampling weights in memory at once: few enough for a processor's cache
BLOCK_WEIGHTS = 2**16


@dataclass(frozen=True, slots=True)
class TokenBlock:
    """Tokens of some documents, longest document first; the first tokens of all, then the second, and so on.

    Attributes
    ----------
    rows : ndarray of shape (n_documents,)
        Each document's row in the corpus.
    words : ndarray of shape (n_tokens,)
        The column of each token's word; within a document, ascending.
    documents : ndarray of shape (n_tokens,)
        The document of each token, as a place in `rows`.
    edges : ndarray of shape (longest + 1,)
        Tokens ``edges[t]`` to ``edges[t + 1]`` are those at place t of the first documents.
    """

    rows: NDArray[np.intp]
    words: IntArray
    documents: IntArray
    edges: NDArray[np.intp]

    def topic_counts(self, topics: IntArray, n_components: int) -> FloatArray:
        """How many tokens of each document have each topic, (n_documents, K)."""
        shape = len(self.rows), n_components
        places = self.documents.astype(np.intp) * n_components + topics
        return np.bincount(places, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)


def token_blocks(counts: sparse.csr_array, n_components: int) -> Iterator[TokenBlock]:
    """Arrange documents by length, in blocks whose sampling weights fit a processor's cache.

    Parameters
    ----------
    counts : csr_array of shape (n_documents, V)
        Word counts.
    n_components : int
        Number of topics K.

    Yields
    ------
    TokenBlock
        At most about `BLOCK_WEIGHTS` / K documents, until none is left.

    Raises
    ------
    InputError
        If a count is not a whole number.
    """
    size = max(1, BLOCK_WEIGHTS // n_components)
    order = np.argsort(-counts.sum(1), kind="stable")
    for first in range(0, len(order), size):
        rows = order[first : first + size]
        part = counts[rows]
        part.sum_duplicates()
        yield _token_block(part, rows)


def _token_block(counts: sparse.csr_array, rows: NDArray[np.intp]) -> TokenBlock:
    repeats = counts.data.astype(np.int64)
    if (repeats != counts.data).any():
        raise InputError(
            "MCTA draws a topic for every token, so that word counts must be whole numbers. "
            f"Got {counts.data[repeats != counts.data][0]:g}."
        )
    words = np.repeat(counts.indices, repeats).astype(np.int32)
    lengths = counts.sum(1).astype(np.int64)
    documents = np.repeat(np.arange(len(rows), dtype=np.int32), lengths)
    places = np.arange(len(words)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    order = np.argsort(places, kind="stable")
    edges = np.append(0, np.cumsum(np.bincount(places)))
    return TokenBlock(rows, words[order], documents[order], edges)


def draw_topics(
    block: TokenBlock,
    topics: IntArray,
    counts: FloatArray,
    uniforms: FloatArray,
    word_topic: FloatArray,
    alpha: float,
) -> float:
    """Draw the topic of every token of a block once, in place.

    Parameters
    ----------
    block : TokenBlock
        The tokens.
    topics : ndarray of shape (n_tokens,)
        Topic of each token; overwritten.
    counts : ndarray of shape (n_documents, K)
        Tokens of each document in each topic; kept up with `topics`.
    uniforms : ndarray of shape (n_tokens,)
        Numbers in [0, 1) that the draws are made from.
    word_topic : ndarray of shape (V, K)
        Probability of each word in each topic.
    alpha : float
        Parameter of the Dirichlet prior of the topic proportions.

    Returns
    -------
    log_likelihood : float
        Sum over tokens of the logarithm of the probability of the word given the topics of the document's
        other tokens, in nats.

    Notes
    -----
    Sums run along a row, from the first topic to the last, so that no draw depends on the other documents.
    """
    n_documents, K = counts.shape
    flat = counts.reshape(-1)  # a view: two indices into it cost twice as much
    weights, smoothed = np.empty_like(counts), np.empty_like(counts)
    beyond = np.empty(counts.shape, dtype=bool)
    starts = np.arange(n_documents) * K
    totals = np.empty(len(topics))
    for first, last in zip(block.edges[:-1], block.edges[1:], strict=True):
        n = last - first
        flat[starts[:n] + topics[first:last]] -= 1
        np.take(word_topic, block.words[first:last], axis=0, out=weights[:n], mode="clip")
        weights[:n] *= np.add(counts[:n], alpha, out=smoothed[:n])
        np.cumsum(weights[:n], axis=1, out=weights[:n])
        totals[first:last] = weights[:n, -1]
        thresholds = uniforms[first:last] * totals[first:last]
        topics[first:last] = np.greater(weights[:n], thresholds[:, None], out=beyond[:n]).argmax(1)
        flat[starts[:n] + topics[first:last]] += 1
    other_tokens = counts.sum(1)[block.documents] - 1
    return float(np.log(totals / (other_tokens + K * alpha)).sum())
