"""Words of texts in shards: each shard's are counted by spelling, and what was counted is kept."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm._counting.reader import Reader, Spelled, count_spellings
from skxtm._counting.spellings import (
    Known,
    Settings,
    choose_words,
    judge,
    known_words,
    number_words,
    report_of,
    united_words,
)
from skxtm._optional import installed_version
from skxtm.cleaning import TextReport
from skxtm.corpus import Corpus
from skxtm.shards import Shards
from skxtm.shards._format import (
    block_from_arrays,
    block_to_arrays,
    ids_from_arrays,
    ids_to_arrays,
    small_integers,
    strings_from_arrays,
    strings_to_arrays,
)
from skxtm.shards._keeping import Arrays, over_shards

Blocks = dict[str, sparse.csr_array]
Readers = Callable[[str], Reader]
#: What cuts texts or finds their languages: another version may cut elsewhere.
_PACKAGES = ("fugashi", "kiwipiepy", "opencc", "py3langid", "pythainlp", "rjieba", "unidic-lite")


@dataclass
class Found:
    """What is summed over the documents of one language.

    Parameters
    ----------
    n_documents : int
        How many there are.
    totals : Counter
        How often each spelling occurs.
    frequencies : Counter
        In how many documents each word occurs that is not left out.
    removed : Counter
        How much of what is no word was removed, by kind.
    """

    n_documents: int = 0
    totals: Counter[str] = field(default_factory=Counter)
    frequencies: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)

    def __iadd__(self, other: Found) -> Found:
        self.n_documents += other.n_documents
        for name in ("totals", "frequencies", "removed"):
            getattr(self, name).update(getattr(other, name))
        return self


def find_words(shards: Shards, settings_of: Callable[[str], Settings], key: Any) -> dict[str, Found]:
    """Sum up what a vocabulary is chosen by, in one pass over all texts.

    Parameters
    ----------
    shards : Shards
        With texts.
    settings_of : callable
        From a language to its settings.
    key : object or None
        That tells how texts are cut from other ways; None where nothing does.

    Returns
    -------
    found : dict of str to Found
        For each language that occurs, sorted.
    """
    found: dict[str, Found] = {}
    readers = partial(_reader_of, settings_of=settings_of)
    then = partial(_found, settings_of=settings_of)
    for of_shard in over_shards(shards, count_texts, readers, key, then=then):
        for code, part in of_shard.items():
            found.setdefault(code, Found())
            found[code] += part
    return {code: found[code] for code in sorted(found)}


def vocabulary_of(found: Found, settings: Settings) -> tuple[NDArray[np.object_], TextReport]:
    """Keep the words that the settings allow, sorted, as `learn_vocabulary` does."""
    spellings = list(found.totals)
    totals = np.fromiter(found.totals.values(), dtype=np.int64, count=len(spellings))
    judged = judge(spellings, settings)
    word_of = number_words(judged)
    words = dict(zip(word_of.tolist(), judged.words, strict=True))
    frequencies = np.array(
        [found.frequencies[words[number]] for number in range(1 + word_of.max(initial=-1))]
    )
    report = report_of(judged, totals, found.n_documents, None, found.removed)
    return choose_words(spellings, totals, judged, word_of, frequencies, report, settings)[0], report


def count_shards(
    shards: Shards, readers: Readers, known: Mapping[str, Known], key: Any
) -> Iterator[tuple[NDArray[np.object_], NDArray[Any] | None, Blocks]]:
    """Count the words of vocabularies in the documents of each shard.

    Parameters
    ----------
    shards : Shards
        With texts.
    readers : callable
        From a language to its reader.
    known : dict of str to Known
        For each language, which spellings are the words of its vocabulary.
    key : object or None
        As for `find_words`.

    Yields
    ------
    language, id : ndarray of shape (n_documents,)
        Of a shard; ids may be None.
    blocks : dict of str to csr_array
        Counts by language.
    """
    then = partial(_known, readers=readers, known=known)
    yield from over_shards(shards, count_texts, readers, key, then=then)


def key_of(tokenizers: Any, *others: Any) -> Any:
    """Tell how texts are cut from other ways, or None where functions of others do it, which may change."""
    named = tokenizers.values() if isinstance(tokenizers, Mapping) else [tokenizers]
    if not all(isinstance(tokenizer, str) for tokenizer in named):
        return None
    versions = [installed_version(package) for package in _PACKAGES]
    return tokenizers, others, versions, unicodedata.unidata_version


def count_texts(corpus: Corpus, readers: Readers) -> Arrays:
    """Count the spellings of each language in each document, as arrays to be kept."""
    assert corpus.text is not None
    codes = {code: number for number, code in enumerate(corpus.languages)}
    numbers = np.array([codes[code] for code in corpus.language], dtype=np.int64)
    arrays: Arrays = {"language": small_integers(numbers)}
    arrays |= ids_to_arrays(corpus.id, "The shard") | strings_to_arrays("codes", list(codes))
    for code in codes:
        spelled = count_spellings(corpus.text[corpus.rows_of(code)], readers(code), n_jobs=1)
        arrays |= block_to_arrays(code, spelled.counts)
        arrays |= strings_to_arrays(f"spellings.{code}", spelled.spellings)
        arrays |= strings_to_arrays(f"removed.{code}", list(spelled.removed))
        arrays[f"times_removed.{code}"] = np.array(list(spelled.removed.values()), dtype=np.int64)
    return arrays


def _spelled(arrays: Arrays, code: str) -> Spelled:
    """Take the counts of one language out of what `count_texts` made."""
    spellings = strings_from_arrays(f"spellings.{code}", arrays)
    counts = block_from_arrays(code, arrays, len(spellings)).astype(np.int32)
    kinds = strings_from_arrays(f"removed.{code}", arrays)
    removed = Counter(dict(zip(kinds, arrays[f"times_removed.{code}"].tolist(), strict=True)))
    return Spelled(spellings, counts, removed)


def _found(arrays: Arrays, settings_of: Callable[[str], Settings]) -> dict[str, Found]:
    found = {}
    for code in strings_from_arrays("codes", arrays):
        spelled = _spelled(arrays, code)
        judged = judge(spelled.spellings, settings_of(code))
        united, word_of = united_words(spelled, judged)
        frequencies = np.bincount(united.indices, minlength=united.shape[1])
        words = dict(zip(word_of.tolist(), judged.words, strict=True))
        found[code] = Found(
            united.shape[0],
            Counter(dict(zip(spelled.spellings, spelled.totals.tolist(), strict=True))),
            Counter({words[number]: times for number, times in enumerate(frequencies.tolist())}),
            spelled.removed,
        )
    return found


def _known(
    arrays: Arrays, readers: Readers, known: Mapping[str, Known]
) -> tuple[NDArray[np.object_], NDArray[Any] | None, Blocks]:
    codes = strings_from_arrays("codes", arrays)
    blocks = {code: known_words(_spelled(arrays, code), readers(code), known[code]) for code in codes}
    return np.array(codes, dtype=object)[arrays["language"]], ids_from_arrays(arrays), blocks


def _reader_of(code: str, settings_of: Callable[[str], Settings]) -> Reader:
    return settings_of(code).reader
