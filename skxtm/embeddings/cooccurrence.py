"""Word vectors from the documents themselves: co-occurrence, positive PMI, truncated SVD."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse

from skxtm.embeddings._svd import leading_left_vectors
from skxtm.embeddings._vectors import FloatMatrix

_WORDS_PER_BLOCK = 1024


def positive_pmi(counts: sparse.csr_array, smoothing: float = 0.75) -> sparse.csr_array:
    r"""Positive pointwise mutual information of words that occur in the same documents.

    With :math:`n_{ij}` the number of documents that hold both words, zero for a word with itself,
    :math:`n_i = \sum_j n_{ij}` and :math:`\alpha` the smoothing of the context's distribution [1]_:

    .. math:: \max\Bigl(0,\ \log \frac{n_{ij}\, \sum_k n_k^\alpha}{n_i\, n_j^\alpha}\Bigr)

    Parameters
    ----------
    counts : csr_array of shape (n_documents, n_words)
        Word counts; only whether a word occurs matters.
    smoothing : float, default=0.75
        :math:`\alpha`, between 0 and 1: below 1, rare context words weigh less.

    Returns
    -------
    pmi : csr_array of float32 of shape (n_words, n_words)
        Row i, column j: word i in the context of word j, in nats. Not symmetric unless `smoothing` is 1.

    References
    ----------
    .. [1] Levy, Goldberg and Dagan (2015). Improving distributional similarity with lessons learned from word
       embeddings. TACL.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from skxtm.embeddings import positive_pmi
    >>> documents = csr_array([[1, 1, 0, 0], [2, 1, 0, 0], [0, 0, 1, 1]])
    >>> positive_pmi(documents, smoothing=1.0).toarray().round(2)
    array([[0.  , 1.1 , 0.  , 0.  ],
           [1.1 , 0.  , 0.  , 0.  ],
           [0.  , 0.  , 0.  , 1.79],
           [0.  , 0.  , 1.79, 0.  ]], dtype=float32)
    """
    occurs = _occurrences(counts)
    other_words = np.diff(occurs.indptr) - 1  # words beside this one in each document
    by_word = occurs.T.tocsr()
    totals = by_word @ other_words.astype(np.float64)  # (n_words,), the row sums of the co-occurrence counts
    return _pmi(lambda words: by_word[words] @ occurs, totals, smoothing)


def cooccurrences(counts: sparse.csr_array) -> sparse.csr_array:
    """Count the documents that hold both of two words.

    Parameters
    ----------
    counts : csr_array of shape (n_documents, n_words)
        Word counts; only whether a word occurs matters.

    Returns
    -------
    together : csr_array of int64 of shape (n_words, n_words)
        Of each pair once, in the row of the first word; the diagonal is zero.
    """
    occurs = _occurrences(counts)
    return sparse.csr_array(sparse.triu(occurs.T @ occurs, k=1, format="csr").astype(np.int64))


def pmi_of_cooccurrences(together: sparse.csr_array, smoothing: float = 0.75) -> sparse.csr_array:
    """Compute `positive_pmi` of documents that were counted in parts.

    Parameters
    ----------
    together : csr_array of shape (n_words, n_words)
        The sum of what `cooccurrences` gives of the parts.
    smoothing : float, default=0.75
        As in `positive_pmi`.

    Returns
    -------
    pmi : csr_array of float32 of shape (n_words, n_words)
        The same bits as of all documents at once.
    """
    mirrored = together.T.tocsr()
    totals = (together.sum(axis=1) + mirrored.sum(axis=1)).astype(np.float64)
    return _pmi(lambda words: together[words] + mirrored[words], totals, smoothing)


def _occurrences(counts: sparse.csr_array) -> sparse.csr_array:
    """Whether words occur, as integers that count documents without an end."""
    occurs = sparse.csr_array(counts > 0)
    return occurs.astype(np.int32 if occurs.shape[0] <= np.iinfo(np.int32).max else np.int64)


def _pmi(
    rows_of: Callable[[slice], sparse.csr_array], totals: NDArray[np.float64], smoothing: float
) -> sparse.csr_array:
    """Compute the positive PMI in blocks, of which each is asked for its rows of co-occurrence counts."""
    log_totals = np.log(np.maximum(totals, 1))  # where it is 0 the row is empty
    log_context = smoothing * log_totals - np.log(np.sum(totals[totals > 0] ** smoothing) or 1)
    starts = range(0, len(totals), _WORDS_PER_BLOCK)
    words = [slice(start, start + _WORDS_PER_BLOCK) for start in starts]
    blocks = [_pmi_rows(rows_of(block), block.start, log_totals, log_context) for block in words]
    pmi = sparse.csr_array(sparse.vstack(blocks, format="csr"))
    pmi.sort_indices()  # in this order products add up; older versions of scipy leave another
    return pmi


def _pmi_rows(
    counts: sparse.csr_array,
    start: int,
    log_totals: NDArray[np.float64],
    log_context: NDArray[np.float64],
) -> sparse.csr_array:
    together = counts.tocoo()
    rows, columns = together.row, together.col
    other = rows + start != columns
    rows, columns = rows[other], columns[other]
    pmi = np.log(together.data[other].astype(np.float64)) - log_totals[rows + start] - log_context[columns]
    positive = pmi > 0
    entries = (pmi[positive].astype(np.float32), (rows[positive], columns[positive]))
    return sparse.csr_array(entries, shape=together.shape)


def word_vectors_from_pmi(
    pmi: sparse.csr_array, n_dimensions: int, *, singular_power: float, random_state: RandomState
) -> FloatMatrix:
    """Factorise the positive PMI of a language's words.

    Parameters
    ----------
    pmi : csr_array of shape (n_words, n_words)
        From `positive_pmi`.
    n_dimensions : int
        At most n_words.
    singular_power : float
        The left singular vectors are scaled by the singular values to this power.
    random_state : RandomState
        For the randomized SVD.

    Returns
    -------
    vectors : ndarray of float32 of shape (n_words, n_dimensions)
        Not normalised; a word that never occurs with another one has a row of zeros.
    """
    left, singular_values = leading_left_vectors(pmi, n_dimensions, random_state)
    vectors = left * singular_values**singular_power
    vectors[np.diff(pmi.indptr) == 0] = 0  # rounding leaves about 1e-9 there, which scaling would blow up
    return vectors.astype(np.float32)
