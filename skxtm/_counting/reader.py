"""Texts to words, as they are spelled: one at a time, or in several processes."""

from __future__ import annotations

import reprlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.parallel import Parallel, delayed

from skxtm.cleaning import clean_text
from skxtm.exceptions import InputError, InputTypeError
from skxtm.normalization import (
    inflection_stems,
    is_chinese,
    light_forms,
    same_word_forms,
    simplified_chinese,
)
from skxtm.tokenizers import TOKENIZERS, Tokenizer, tokenize_whitespace

Forms = Callable[[Sequence[str]], Sequence[str]]

# Fewer texts than this are not worth the way to another process; and pieces for each process, so that none
# waits long for the last.
_LEAST_PIECE = 200
_PIECES_PER_PROCESS = 2


@dataclass(frozen=True)
class Spelled:
    """Documents of one language, counted by spelling.

    Parameters
    ----------
    spellings : list of str of length n_spellings
        In the order in which they first occur.
    counts : csr_array of shape (n_documents, n_spellings)
        How often each occurs, int32.
    removed : Counter
        How much of what is no word was removed, by kind.
    """

    spellings: list[str]
    counts: sparse.csr_array
    removed: Counter[str]

    @property
    def totals(self) -> NDArray[np.int64]:
        """How often each spelling occurs in all documents together, shape (n_spellings,)."""
        return np.asarray(self.counts.sum(axis=0), dtype=np.int64)


@dataclass(frozen=True)
class Reader:
    """How the documents of one language become words, the same in `fit` and `transform`.

    Parameters
    ----------
    language : str
    tokenizer : callable
    clean : collection of str
        Kinds of what is removed before the text is cut.
    ngram_range : tuple of two int
        The least and the greatest number of neighbouring words that are counted as one.
    forms : callable
        Turns spellings into forms; spellings with the same form are the same word.
    stop_forms : callable or None
        The same for stop words, where a tokenizer is not ours; None for `forms`.
    merged : callable
        The same, where inflections of a word may be merged too.
    merges_inflections : bool
        Whether they are.
    unites_variants : bool
        Whether traditional and simplified Chinese are one.
    """

    language: str
    tokenizer: Tokenizer
    clean: Collection[str]
    ngram_range: tuple[int, int]
    forms: Forms
    stop_forms: Forms | None
    merged: Forms
    merges_inflections: bool
    unites_variants: bool

    def cut(self, texts: Iterable[str], removed: Counter[str]) -> Iterator[list[str]]:
        """Clean each text and cut it into words, counting what was removed."""
        least, greatest = self.ngram_range
        for text in texts:
            if self.clean:
                text, found = clean_text(text, self.clean)
                if found:
                    removed.update(found)
            words: Any = self.tokenizer(text)
            if not is_list_of_str(words):
                raise InputTypeError(
                    f"The tokenizer of language {self.language!r} must return a list of str. It returned "
                    f"{reprlib.repr(words)}."
                )
            if greatest > 1 and " " in "".join(words):  # then n-grams could not be told from words
                word = next(word for word in words if " " in word)
                raise InputError(
                    f"The tokenizer of language {self.language!r} returned {word!r}, a word with a space, "
                    f"which ngram_range={self.ngram_range} cannot tell from two. Let it return "
                    f"{word.replace(' ', '_')!r}, or set ngram_range=(1, 1)."
                )
            yield words if greatest == 1 else _ngrams(words, least, greatest)


def reader_of(
    language: str,
    tokenizer: Tokenizer,
    *,
    clean: Collection[str],
    ngram_range: tuple[int, int],
    chinese_variants: str,
    merge_inflections: bool,
) -> Reader:
    """Make a reader; where a tokenizer is not ours, the words are what it says."""
    unites_variants = chinese_variants == "merge" and is_chinese(language)
    forms: Forms = partial(same_word_forms if unites_variants else light_forms, language=language)
    stop_forms: Forms | None = None
    if tokenizer not in TOKENIZERS.values() or tokenizer is tokenize_whitespace:
        forms, stop_forms = simplified_chinese if unites_variants else list, forms
    merged = partial(_stems, forms=forms, language=language) if merge_inflections else forms
    if ngram_range[1] > 1:
        forms, merged = partial(_by_part, forms=forms), partial(_by_part, forms=merged)
        stop_forms = stop_forms and partial(_by_part, forms=stop_forms)
    return Reader(
        language,
        tokenizer,
        clean,
        ngram_range,
        forms,
        stop_forms,
        merged,
        bool(merge_inflections),
        unites_variants,
    )


def count_spellings(texts: NDArray[np.object_], reader: Reader, n_jobs: int | None = None) -> Spelled:
    """Cut texts and count each spelling in each, in several processes where that is asked for.

    Processes send counts and vocabularies back, because lists of words take longer on their way than to cut.
    The result is the same for any number of processes.
    """
    n_pieces = min(_PIECES_PER_PROCESS * effective_n_jobs(n_jobs), len(texts) // _LEAST_PIECE)
    if effective_n_jobs(n_jobs) == 1 or n_pieces < 2:
        return _counted(texts.tolist(), reader)
    tasks = (delayed(_counted)(piece.tolist(), reader) for piece in np.array_split(texts, n_pieces))
    return _joined(Parallel(n_jobs=n_jobs)(tasks))


def _counted(texts: Sequence[str], reader: Reader) -> Spelled:
    number_of: defaultdict[str, int] = defaultdict()
    number_of.default_factory = number_of.__len__
    removed: Counter[str] = Counter()
    indices, ends = array("i"), array("q", [0])
    for words in reader.cut(texts, removed):
        indices.extend(map(number_of.__getitem__, words))
        ends.append(len(indices))
    parts = np.ones(len(indices), dtype=np.int32), np.array(indices, dtype=np.int32), np.array(ends)
    counts = sparse.csr_array(parts, shape=(len(ends) - 1, len(number_of)))
    counts.sum_duplicates()
    return Spelled(list(number_of), counts, removed)


def _joined(parts: Sequence[Spelled]) -> Spelled:
    """Put documents below each other, as if they had been counted at once."""
    number_of: dict[str, int] = {}
    removed: Counter[str] = Counter()
    blocks = []
    for part in parts:
        removed.update(part.removed)
        numbers = [number_of.setdefault(spelling, len(number_of)) for spelling in part.spellings]
        blocks.append((part.counts, np.array(numbers, dtype=np.int32)))
    moved = [
        sparse.csr_array(
            (block.data, numbers[block.indices], block.indptr), shape=(block.shape[0], len(number_of))
        )
        for block, numbers in blocks
    ]
    counts = sparse.vstack(moved, format="csr")
    counts.sort_indices()
    return Spelled(list(number_of), counts, removed)


def is_list_of_str(value: Any) -> bool:
    """Tell a list or the like of str from anything else."""
    return (
        isinstance(value, Collection)
        and not isinstance(value, str)
        and all(isinstance(word, str) for word in value)
    )


def _ngrams(words: Sequence[str], least: int, greatest: int) -> list[str]:
    sizes = range(least, greatest + 1)
    return [" ".join(words[start : start + size]) for size in sizes for start in range(len(words) - size + 1)]


def _by_part(ngrams: Sequence[str], forms: Forms) -> list[str]:
    """Take the form of each word of each n-gram."""
    words = list(dict.fromkeys(word for ngram in ngrams for word in ngram.split(" ")))
    form_of = dict(zip(words, forms(words), strict=True))
    return [" ".join(map(form_of.__getitem__, ngram.split(" "))) for ngram in ngrams]


def _stems(words: Sequence[str], forms: Forms, language: str) -> list[str]:
    return inflection_stems(forms(words), language)
