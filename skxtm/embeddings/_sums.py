"""What is summed over documents: in integers, so that no order and no division into parts changes a bit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.corpus import Corpus
from skxtm.embeddings._vectors import unit_rows
from skxtm.embeddings.cooccurrence import positive_pmi

#: Values in [-1, 1] are split into multiples of 2^-32 and a rest in multiples of 2^-64: the sums of 2^31 of
#: either fit into 64 bits, and single precision is summed without loss down to values of 2^-40.
_PER_ONE = 2.0**32
_ROWS_PER_BLOCK = 1024


@dataclass(frozen=True)
class RowSum:
    """The exact sum of rows whose values lie in [-1, 1], each rounded to a multiple of 2^-64.

    Attributes
    ----------
    total : ndarray of int64 of shape (2, n_columns)
        The sum, in units of 2^-32 and of 2^-64.
    n_rows : int
        How many rows are not zero.
    """

    total: NDArray[np.int64]
    n_rows: int

    @classmethod
    def of_none(cls, n_columns: int) -> RowSum:
        """Begin with no rows."""
        return cls(np.zeros((2, n_columns), dtype=np.int64), 0)

    @classmethod
    def of(cls, rows: NDArray[np.floating]) -> RowSum:
        """Add up rows.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_columns)
            With values in [-1, 1].

        Returns
        -------
        row_sum : RowSum
            The same bits for rows in any order.
        """
        result = cls.of_none(rows.shape[1])
        for start in range(0, len(rows), _ROWS_PER_BLOCK):
            block = rows[start : start + _ROWS_PER_BLOCK]
            # 2^10 whole numbers up to 2^32 add up to less than 2^53, and so the sums of a block are exact
            values = block.astype(np.float64) * _PER_ONE
            whole = np.rint(values)
            values -= whole
            rest = np.rint(np.multiply(values, _PER_ONE, out=values), out=values)
            total = np.array([whole.sum(0), rest.sum(0)], dtype=np.int64)
            result += cls(total, int(np.count_nonzero(block.any(axis=1))))
        return result

    def __add__(self, other: RowSum) -> RowSum:
        return RowSum(self.total + other.total, self.n_rows + other.n_rows)

    def mean(self, n_rows: int | None = None) -> NDArray[np.float64]:
        """Divide by a number of rows.

        Parameters
        ----------
        n_rows : int or None, default=None
            None for the rows that are not zero.

        Returns
        -------
        mean : ndarray of shape (n_columns,)
            Zero if there are no rows.
        """
        whole, rest = self.total / _PER_ONE
        mean: NDArray[np.float64] = (whole + rest / _PER_ONE) / max(
            self.n_rows if n_rows is None else n_rows, 1
        )
        return mean


def summed_directions(counts: sparse.csr_array, vectors: NDArray[np.float32]) -> RowSum:
    """Add up documents, each the sum of its words' vectors scaled to length 1, in blocks.

    Parameters
    ----------
    counts : csr_array of shape (n_documents, V)
        Word counts.
    vectors : ndarray of float32 of shape (V, n_dimensions)
        Of the words.

    Returns
    -------
    row_sum : RowSum
        Of the documents.
    """
    result = RowSum.of_none(vectors.shape[1])
    for start in range(0, counts.shape[0], _ROWS_PER_BLOCK):
        block = counts[start : start + _ROWS_PER_BLOCK].astype(np.float32)
        result += RowSum.of(unit_rows(block @ vectors))
    return result


class DocumentSums(ABC):
    """What is to be known of documents to learn from them, whether they lie in memory or elsewhere.

    Attributes
    ----------
    vocabularies : dict of str to ndarray of str of shape (V_l,)
        Words of the languages in which there are documents.
    """

    vocabularies: Mapping[str, NDArray[np.object_]]

    @abstractmethod
    def word_totals(self, language: str) -> NDArray[np.float64]:
        """How often each word occurs, (V_l,)."""

    @abstractmethod
    def n_documents(self, language: str) -> int:
        """How many documents there are to learn from."""

    @abstractmethod
    def positive_pmi(self, language: str, smoothing: float) -> sparse.csr_array:
        """Positive PMI (V_l, V_l) of a language's words, see `positive_pmi`."""

    @abstractmethod
    def directions(self, vectors: Mapping[str, NDArray[np.float32]]) -> dict[str, RowSum]:
        """Apply `summed_directions` to each language's documents, given word vectors (V_l, n_dimensions)."""

    @abstractmethod
    def counts(self, wish: str) -> Mapping[str, sparse.csr_array]:
        """Word counts (n_l, V_l) of each language; `wish` says what needs more than sums, for the error."""


class CountSums(DocumentSums):
    """Sums of documents in memory.

    Parameters
    ----------
    counts : dict of str to csr_array of shape (n_l, V_l)
        Word counts of each language.
    vocabularies : dict of str to ndarray of str of shape (V_l,), default={}
        The words.
    """

    def __init__(
        self,
        counts: Mapping[str, sparse.csr_array],
        vocabularies: Mapping[str, NDArray[np.object_]] | None = None,
    ) -> None:
        self._counts = counts
        self.vocabularies = vocabularies or {}

    @classmethod
    def of(cls, corpus: Corpus) -> CountSums:
        """Take the languages that occur in a corpus with counts."""
        counts = {code: corpus.counts_of(code) for code in corpus.languages}
        return cls(counts, {code: (corpus.vocabularies or {})[code] for code in counts})

    def word_totals(self, language: str) -> NDArray[np.float64]:
        """How often each word occurs; see `DocumentSums`."""
        totals: NDArray[np.float64] = np.asarray(self._counts[language].sum(0, dtype=np.float64)).ravel()
        return totals

    def n_documents(self, language: str) -> int:
        """How many documents there are; see `DocumentSums`."""
        return int(self._counts[language].shape[0])

    def positive_pmi(self, language: str, smoothing: float) -> sparse.csr_array:
        """Positive PMI of a language's words; see `DocumentSums`."""
        return positive_pmi(self._counts[language], smoothing)

    def directions(self, vectors: Mapping[str, NDArray[np.float32]]) -> dict[str, RowSum]:
        """Apply `summed_directions` to each language; see `DocumentSums`."""
        return {code: summed_directions(self._counts[code], rows) for code, rows in vectors.items()}

    def counts(self, wish: str) -> Mapping[str, Any]:
        """Word counts of each language; see `DocumentSums`."""
        return self._counts
