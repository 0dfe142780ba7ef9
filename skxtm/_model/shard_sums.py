"""What is summed over shards: each shard's share is kept, and the shares are added up as they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.corpus import Corpus
from skxtm.embeddings._sums import DocumentSums, RowSum, summed_directions
from skxtm.embeddings.cooccurrence import cooccurrences, pmi_of_cooccurrences
from skxtm.exceptions import InputError
from skxtm.shards import Shards
from skxtm.shards._format import block_from_arrays, block_to_arrays, check_whole
from skxtm.shards._keeping import Arrays, over_shards
from skxtm.shards._mapping import mapped_counts


class ShardSums(DocumentSums):
    """Sums of documents that are in shards.

    Parameters
    ----------
    shards : Shards
        The documents.
    verbose : int
        1 shows progress bars.
    pairs : bool, default=True
        Whether to count pairs of words, which only vectors of words are learnt from.

    Attributes
    ----------
    vocabularies : dict of str to ndarray of str of shape (V_l,)
        Words of the languages in which there are documents.
    n_rows : int
        Documents.
    n_empty : int
        Of these, how many hold no word of the vocabulary.
    """

    def __init__(self, shards: Shards, verbose: int = 0, *, pairs: bool = True) -> None:
        self._shards, self._verbose = shards, verbose
        self._totals: dict[str, NDArray[np.int64]] = {}
        self._together: dict[str, sparse.csr_array] = {}
        self._n_known: dict[str, int] = {}
        self.n_rows = 0
        key, title = "" if pairs else "words only", "Counting words"
        for arrays in over_shards(shards, count_words, pairs, key, title=title, verbose=verbose):
            self._add(arrays)
        self.vocabularies = {
            code: shards.vocabularies[code] for code in shards.vocabularies if code in self._totals
        }
        self.n_empty = self.n_rows - sum(self._n_known.values())

    def outline(self) -> Corpus:
        """Make a corpus with a document a language, which holds all its words."""
        counts = {code: sparse.csr_array(self._totals[code][np.newaxis]) for code in self.vocabularies}
        return Corpus.from_counts(counts, self.vocabularies)

    def word_totals(self, language: str) -> NDArray[np.float64]:
        """How often each word occurs; see `DocumentSums`."""
        return self._totals[language].astype(np.float64)

    def n_documents(self, language: str) -> int:
        """How many documents hold a word; see `DocumentSums`."""
        return self._n_known[language]

    def positive_pmi(self, language: str, smoothing: float) -> sparse.csr_array:
        """Positive PMI of a language's words; see `DocumentSums`."""
        return pmi_of_cooccurrences(self._together[language], smoothing)

    def directions(self, vectors: Mapping[str, NDArray[np.float32]]) -> dict[str, RowSum]:
        """Apply `summed_directions` to each language; see `DocumentSums`."""
        sums = {code: RowSum.of_none(rows.shape[1]) for code, rows in vectors.items()}
        given, title = dict(vectors), "Averaging documents"
        results = over_shards(self._shards, sum_directions, given, given, title=title, verbose=self._verbose)
        for arrays in results:
            for code in sums:
                sums[code] += RowSum(arrays[f"total.{code}"], int(arrays[f"n_rows.{code}"]))
        return sums

    def documents(self, languages: Sequence[str]) -> AbstractContextManager[tuple[sparse.csr_array, ...]]:
        """Put the counts of documents with a known word on disk, for as long as they are used.

        Parameters
        ----------
        languages : sequence of str
            Of which.

        Returns
        -------
        counts : context manager of tuple of csr_array of shape (n_l, V_l)
            See `mapped_counts`.
        """
        totals = {code: self.word_totals(code) for code in languages}
        return mapped_counts(self._shards, totals, verbose=self._verbose)

    def counts(self, wish: str) -> Mapping[str, sparse.csr_array]:
        """Refuse; see `DocumentSums`."""
        raise InputError(
            f"{wish} needs all documents at once, and they are in shards. Set it to 0, or fit on documents "
            "in memory."
        )

    def _add(self, arrays: Arrays) -> None:
        self.n_rows += int(arrays["n_rows"])
        for code in self._shards.vocabularies:
            if f"totals.{code}" not in arrays:
                continue
            if f"indptr.{code}" in arrays:
                n_words = len(self._shards.vocabularies[code])
                together = block_from_arrays(code, arrays, n_words).astype(np.int64)
                known = code in self._together
                self._together[code] = self._together[code] + together if known else together
            self._totals[code] = arrays[f"totals.{code}"] + self._totals.get(code, np.int64(0))
            self._n_known[code] = int(arrays[f"n_known.{code}"]) + self._n_known.get(code, 0)


def count_words(corpus: Corpus, pairs: bool) -> Arrays:
    """Count words, pairs of words in the same documents, and documents.

    Parameters
    ----------
    corpus : Corpus
        With counts.
    pairs : bool
        Whether to count pairs.

    Returns
    -------
    arrays : dict of str to ndarray
        For each language that occurs, integers.
    """
    # the last pass needs torch: a worker that grows by it later is taken to leak, and replaced with a warning
    import torch  # noqa: F401

    arrays: Arrays = {"n_rows": np.array(len(corpus))}
    for code in corpus.languages:
        block = corpus.counts_of(code)
        check_whole(block, "The shard")
        if pairs:
            together = cooccurrences(block)
            together.sort_indices()
            arrays |= block_to_arrays(code, together)
        arrays[f"totals.{code}"] = np.asarray(block.sum(0, dtype=np.float64)).ravel().astype(np.int64)
        arrays[f"n_known.{code}"] = np.array(np.count_nonzero(np.diff(block.indptr)))
    return arrays


def sum_directions(corpus: Corpus, vectors: Mapping[str, NDArray[np.float32]]) -> Arrays:
    """Add up the directions of documents, see `summed_directions`.

    Parameters
    ----------
    corpus : Corpus
        With counts.
    vectors : dict of str to ndarray of shape (V_l, n_dimensions)
        Of words.

    Returns
    -------
    arrays : dict of str to ndarray
        For each language of the vectors.
    """
    arrays: Arrays = {}
    for code, rows in vectors.items():
        row_sum = summed_directions(corpus.counts_of(code), rows)
        arrays |= {f"total.{code}": row_sum.total, f"n_rows.{code}": np.array(row_sum.n_rows)}
    return arrays
