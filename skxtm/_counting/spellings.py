"""Documents to word counts: counted by spelling, then added up over the spellings of a word."""

from __future__ import annotations

import reprlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.cleaning import TextReport, clean_text
from skxtm.exceptions import InputError, InputTypeError
from skxtm.languages import scripts_of
from skxtm.normalization import (
    inflection_stems,
    is_chinese,
    light_forms,
    same_word_forms,
    script_of_letter,
    simplified_chinese,
)
from skxtm.tokenizers import SPACED, TOKENIZERS, Tokenizer, tokenize_whitespace

Forms = Callable[[Sequence[str]], Sequence[str]]

#: Scripts without spaces between words, by what a message calls them.
_UNSPACED = {
    "Hani": "Chinese characters",
    "Hira": "kana",
    "Kana": "kana",
    "Thai": "Thai",
    "Khmr": "Khmer",
    "Laoo": "Lao",
    "Mymr": "Burmese",
}
_LATIN = frozenset({"Latn"})
# In traditional text two of three words differ from their simplified form, in simplified text next to none.
_TRADITIONAL_SHARE = 0.2


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
    merged : callable
        The same, where inflections of a word may be merged too.
    unites_variants : bool
        Whether traditional and simplified Chinese are one.
    """

    language: str
    tokenizer: Tokenizer
    clean: Collection[str]
    ngram_range: tuple[int, int]
    forms: Forms
    merged: Forms
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
            yield words if greatest == 1 else _ngrams(words, least, greatest)

    def count(self, texts: Iterable[str], removed: Counter[str]) -> tuple[list[str], sparse.csr_array]:
        """Count each spelling in each document."""
        found: defaultdict[str, int] = defaultdict()
        found.default_factory = found.__len__
        indices, data, ends = array("i"), array("i"), array("q", [0])
        for words in self.cut(texts, removed):
            numbers = Counter(words)
            indices.extend(map(found.__getitem__, numbers))
            data.extend(numbers.values())
            ends.append(len(indices))
        parts = (np.array(data, dtype=np.int32), np.array(indices, dtype=np.int32), np.array(ends))
        return list(found), sparse.csr_array(parts, shape=(len(ends) - 1, len(found)))


@dataclass(frozen=True)
class Settings:
    """Which words of one language are kept, checked."""

    reader: Reader
    chosen_by_us: bool  # the tokenizer, by language
    max_features: int | None
    min_df: float
    max_df: float
    stop_words: frozenset[str]
    foreign_words: str
    count_duplicates: bool


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
    if tokenizer in TOKENIZERS.values() and tokenizer is not tokenize_whitespace:
        forms: Forms = partial(same_word_forms if unites_variants else light_forms, language=language)
    else:
        forms = simplified_chinese if unites_variants else list
    merged = partial(_stems, forms=forms, language=language) if merge_inflections else forms
    if ngram_range[1] > 1:
        forms, merged = partial(_by_part, forms=forms), partial(_by_part, forms=merged)
    return Reader(language, tokenizer, clean, ngram_range, forms, merged, unites_variants)


def learn_vocabulary(
    texts: NDArray[np.object_], settings: Settings
) -> tuple[NDArray[np.object_], sparse.csr_array, TextReport]:
    """Count one language's documents, and keep the words that the settings allow, sorted."""
    reader = settings.reader
    removed: Counter[str] = Counter()
    spellings, counts = reader.count(texts, removed)
    totals = np.asarray(counts.sum(axis=0), dtype=np.int64)
    forms = reader.forms(spellings)
    scripts = [_scripts(form) for form in forms]
    _check_spaces(settings, scripts, totals)
    strangers = _foreign(scripts, reader.language)
    report = TextReport(
        n_documents=len(texts),
        n_duplicates=len(texts) - len(set(texts)) if settings.count_duplicates else None,
        removed=dict(removed),
        foreign=_foreign_tokens(scripts, strangers, totals),
    )
    kept = ~_is_stop_word(spellings, forms, settings)
    if settings.foreign_words == "drop":
        kept &= ~strangers
    united, word_of = _united(counts, reader.merged(spellings), kept)
    document_frequency = np.bincount(united.indices, minlength=united.shape[1])
    least = _number_of_documents(settings.min_df, len(texts))
    most = _number_of_documents(settings.max_df, len(texts))
    chosen = np.flatnonzero((document_frequency >= least) & (document_frequency <= most)).tolist()
    if not chosen:
        raise InputError(_nothing_left(settings, report, united.shape[1]))
    shown = _shown(spellings, totals, word_of, chosen, reader)
    total = np.asarray(united.sum(axis=0))
    frequent = sorted(chosen, key=lambda word: (-total[word], shown[word]))[: settings.max_features]
    columns = sorted(frequent, key=shown.__getitem__)
    result = united[:, columns]
    result.sort_indices()
    words = np.fromiter((shown[column] for column in columns), dtype=object)
    return words, result, report


def count_known(texts: Iterable[str], reader: Reader, columns: Mapping[str, int]) -> sparse.csr_array:
    """Count the words of a vocabulary in each document, `columns` saying which words and forms they are."""
    spellings, counts = reader.count(texts, Counter())
    numbers = [columns.get(spelling, -1) for spelling in spellings]
    unknown = [number for number, column in enumerate(numbers) if column < 0]
    for number, form in zip(unknown, reader.merged([spellings[number] for number in unknown]), strict=True):
        numbers[number] = columns.get(form, -1)
    n_words = 1 + max(columns.values())
    return _added_up(counts, np.array(numbers, dtype=np.intp), n_words)


def columns_of(words: Sequence[str], reader: Reader) -> dict[str, int]:
    """Map each word of a vocabulary, and each form, to its column; words go before forms of others."""
    forms = reversed(list(zip(reader.merged(words), range(len(words)), strict=True)))
    return dict(forms) | {word: column for column, word in enumerate(words)}


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


def _is_stop_word(spellings: Sequence[str], forms: Sequence[str], settings: Settings) -> NDArray[np.bool_]:
    """Mark stop words by form, and n-grams that begin or end with one."""
    stop = settings.stop_words.union(settings.reader.forms(sorted(settings.stop_words)))
    if settings.reader.ngram_range[1] == 1:
        found = (spelling in stop or form in stop for spelling, form in zip(spellings, forms, strict=True))
    else:
        found = (
            form in stop or not stop.isdisjoint(form.split(" ")[:: form.count(" ") or 1]) for form in forms
        )
    return np.fromiter(found, dtype=bool, count=len(spellings))


def _scripts(form: str) -> frozenset[str]:
    """Name the scripts of a word's letters."""
    if form.isascii():
        return _LATIN
    return frozenset(filter(None, map(script_of_letter, form)))


def _foreign(scripts: Sequence[frozenset[str]], language: str) -> NDArray[np.bool_]:
    """Mark words with a letter of a script in which the language is not written."""
    own = scripts_of(language)
    found = map(own.issuperset, scripts) if own else repeat(True, len(scripts))
    return ~np.fromiter(found, dtype=bool, count=len(scripts))


def _foreign_tokens(
    scripts: Sequence[frozenset[str]], strangers: NDArray[np.bool_], totals: NDArray[np.int64]
) -> dict[str, int]:
    tokens: Counter[str] = Counter()
    for number in np.flatnonzero(strangers).tolist():
        tokens["+".join(sorted(scripts[number]))] += int(totals[number])
    return dict(tokens.most_common())


def _check_spaces(settings: Settings, scripts: Sequence[frozenset[str]], totals: NDArray[np.int64]) -> None:
    """Refuse to cut at spaces what has none."""
    if not (settings.chosen_by_us and settings.reader.tokenizer in SPACED):
        return
    unspaced: Counter[str] = Counter()
    for number, of_word in enumerate(scripts):
        for script in of_word.intersection(_UNSPACED):
            unspaced[script] += int(totals[number])
    if 2 * sum(unspaced.values()) > totals.sum():
        ((script, _),) = unspaced.most_common(1)
        code = settings.reader.language
        raise InputError(
            f"The documents in {code!r} are mostly in {_UNSPACED[script]}, without spaces between words: to "
            f"cut them at spaces would make words of sentences. Correct their language, or pass a tokenizer: "
            f"tokenizer={{{code!r}: function}}, or 'whitespace' where words are already separated."
        )


def _united(
    counts: sparse.csr_array, forms: Sequence[str], kept: NDArray[np.bool_]
) -> tuple[sparse.csr_array, NDArray[np.intp]]:
    """Add up the columns of each word; the second value is the word of each spelling, -1 if left out."""
    number_of: dict[str, int] = {}
    word_of = np.array(
        [
            number_of.setdefault(form, len(number_of)) if keep else -1
            for form, keep in zip(forms, kept.tolist(), strict=True)
        ],
        dtype=np.intp,
    )
    return _added_up(counts, word_of, len(number_of)), word_of


def _added_up(counts: sparse.csr_array, word_of: NDArray[np.intp], n_words: int) -> sparse.csr_array:
    """Add up the columns with the same number, leaving out those with -1."""
    spellings = np.flatnonzero(word_of >= 0)
    parts = (np.ones(len(spellings), dtype=np.int32), (spellings, word_of[spellings]))
    added = (counts @ sparse.csr_array(parts, shape=(len(word_of), n_words))).tocsr()
    added.sort_indices()
    return added


def _shown(
    spellings: Sequence[str],
    totals: NDArray[np.int64],
    word_of: NDArray[np.intp],
    chosen: Sequence[int],
    reader: Reader,
) -> dict[int, str]:
    """Choose each word's most frequent spelling, of equally frequent ones the alphabetically first."""
    candidates: defaultdict[int, list[int]] = defaultdict(list)
    for number in np.flatnonzero(np.isin(word_of, chosen)).tolist():
        candidates[int(word_of[number])].append(number)
    most_frequent = {
        word: min((-int(totals[number]), spellings[number]) for number in numbers)[1]
        for word, numbers in candidates.items()
    }
    if not reader.unites_variants:
        return most_frequent
    simplified = simplified_chinese(spellings)
    changed = [one != other for one, other in zip(spellings, simplified, strict=True)]
    if totals[changed].sum() > _TRADITIONAL_SHARE * totals.sum():
        return most_frequent
    found = dict(zip(spellings, simplified, strict=True))
    return {word: found[spelling] for word, spelling in most_frequent.items()}


def _number_of_documents(frequency: float, n_documents: int) -> float:
    return frequency * n_documents if isinstance(frequency, float) else frequency


def _nothing_left(settings: Settings, report: TextReport, n_words: int) -> str:
    code = settings.reader.language
    if n_words:
        return (
            f"No word of {code!r} is left: none of {n_words:,} occurs in at least min_df={settings.min_df} "
            f"and at most max_df={settings.max_df} of the documents ({report.n_documents:,}). Lower min_df "
            f"or raise max_df, for example min_df={{{code!r}: 1}}, max_df={{{code!r}: 1.0}}."
        )
    if report.foreign and settings.foreign_words == "drop":
        listed = ", ".join(f"{script} {number:,}" for script, number in report.foreign.items())
        return (
            f"The documents in {code!r} ({report.n_documents:,}) hold no word in its script, only in others "
            f"({listed}). Correct their language, or keep such words: foreign_words={{{code!r}: 'keep'}}."
        )
    return (
        f"The documents in {code!r} ({report.n_documents:,}) hold no word that is not a stop word. Check "
        f"their text, or change tokenizer or stop_words, for example stop_words={{{code!r}: None}}."
    )
