"""What is summed over shards: each shard's share is kept, and the shares are added up as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.parallel import Parallel, delayed
from tqdm.auto import tqdm

from skxtm._threads import one_thread
from skxtm._version import __version__
from skxtm.corpus import Corpus
from skxtm.embeddings._sums import DocumentSums, RowSum, summed_directions
from skxtm.embeddings.cooccurrence import cooccurrences, pmi_of_cooccurrences
from skxtm.exceptions import InputError
from skxtm.shards import Shards
from skxtm.shards._format import check_whole, read_arrays, small_integers, write_arrays

#: To be raised where a function sums something else, so that what was kept before is not used.
_FORMAT = 1

Arrays = dict[str, NDArray[Any]]
#: From the documents of a shard, and what is needed besides, to what of them is added up.
Summing = Callable[[Corpus, Any], Arrays]


def over_shards(
    shards: Shards, summing: Summing, argument: Any, key: Any, *, title: str, verbose: int
) -> Iterator[Arrays]:
    """Compute something of each shard, or take it from where it is kept.

    Parameters
    ----------
    shards : Shards
        The documents.
    summing : callable
        What to compute, a function of a module, so that processes find it.
    argument : object
        What it needs besides the documents.
    key : object
        Of arrays and strings, that tells the argument from others.
    title : str
        Of the progress bar.
    verbose : int
        Whether to show one.

    Yields
    ------
    arrays : dict of str to ndarray
        Of each shard, in their order.
    """
    digest = joblib.hash((__version__, _FORMAT, summing.__name__, key))
    tasks = (
        delayed(_computed)(shards.take([number]), summing, argument, digest) for number in range(len(shards))
    )
    results = Parallel(n_jobs=shards.n_jobs, return_as="generator")(tasks)
    yield from tqdm(results, desc=title, total=len(shards), unit="shard", disable=not verbose)


def _computed(shard: Shards, summing: Summing, argument: Any, key: str) -> Arrays:
    """Compute something of one shard, unless it is kept; what is kept and cannot be read is made anew."""
    path = _kept_at(shard, key)
    if path is not None and path.exists():
        with suppress(InputError):
            return read_arrays(path)
    with one_thread():
        arrays = summing(shard[0], argument)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(path, arrays)
    return arrays


def _kept_at(shard: Shards, key: str) -> Path | None:
    identity = shard.identity(0)
    if shard.statistics is None or identity is None:
        return None
    return shard.statistics / f"{joblib.hash((identity, key))}.npz"


class ShardSums(DocumentSums):
    """Sums of documents that are in shards.

    Parameters
    ----------
    shards : Shards
        The documents.
    verbose : int
        1 shows progress bars.

    Attributes
    ----------
    vocabularies : dict of str to ndarray of str of shape (V_l,)
        Words of the languages in which there are documents.
    n_rows : int
        Documents.
    n_empty : int
        Of these, how many hold no word of the vocabulary.
    """

    def __init__(self, shards: Shards, verbose: int = 0) -> None:
        self._shards, self._verbose = shards, verbose
        self._totals: dict[str, NDArray[np.int64]] = {}
        self._together: dict[str, sparse.csr_array] = {}
        self._n_known: dict[str, int] = {}
        self.n_rows = 0
        for arrays in over_shards(shards, count_words, None, "", title="Counting words", verbose=verbose):
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
            n_words = len(self._shards.vocabularies[code])
            parts = (arrays[f"{name}.{code}"] for name in ("data", "indices", "indptr"))
            data, indices, indptr = parts
            together = sparse.csr_array(
                (data.astype(np.int64), indices.astype(indptr.dtype), indptr), shape=(n_words, n_words)
            )
            known = code in self._totals
            self._together[code] = self._together[code] + together if known else together
            self._totals[code] = arrays[f"totals.{code}"] + self._totals.get(code, np.int64(0))
            self._n_known[code] = int(arrays[f"n_known.{code}"]) + self._n_known.get(code, 0)


def count_words(corpus: Corpus, argument: None) -> Arrays:
    """Count words, pairs of words in the same documents, and documents.

    Parameters
    ----------
    corpus : Corpus
        With counts.
    argument : None
        Not needed.

    Returns
    -------
    arrays : dict of str to ndarray
        For each language that occurs, integers.
    """
    arrays: Arrays = {"n_rows": np.array(len(corpus))}
    for code in corpus.languages:
        block = corpus.counts_of(code)
        check_whole(block, "A shard")
        together = cooccurrences(block)
        together.sort_indices()
        arrays[f"totals.{code}"] = np.asarray(block.sum(0, dtype=np.float64)).ravel().astype(np.int64)
        arrays[f"n_known.{code}"] = np.array(np.count_nonzero(np.diff(block.indptr)))
        arrays[f"data.{code}"] = small_integers(together.data)
        arrays[f"indices.{code}"] = small_integers(together.indices)
        arrays[f"indptr.{code}"] = together.indptr
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
