"""Documents to word counts: counted by spelling, then added up over the spellings of a word."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm._counting.reader import Reader, Spelled, count_spellings
from skxtm.cleaning import TextReport
from skxtm.exceptions import InputError
from skxtm.languages import scripts_of
from skxtm.normalization import script_of_letter, simplified_chinese
from skxtm.tokenizers import SPACED

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


@dataclass(frozen=True)
class Judged:
    """What is known of each of some spellings, whatever documents hold them.

    Parameters
    ----------
    words : sequence of str of length n_spellings
        What is the same for all spellings of a word.
    scripts : list of frozenset of str of length n_spellings
        Scripts of its letters.
    strangers : ndarray of bool of shape (n_spellings,)
        Whether it has a letter of a script in which the language is not written.
    kept : ndarray of bool of shape (n_spellings,)
        Whether it is none of the words that are left out.
    """

    words: Sequence[str]
    scripts: list[frozenset[str]]
    strangers: NDArray[np.bool_]
    kept: NDArray[np.bool_]


@dataclass(frozen=True)
class Known:
    """Which spellings are the words of a vocabulary of one language.

    Parameters
    ----------
    n_words : int
        Of the vocabulary.
    by_form : mapping of str to int
        The column of each word, by what is the same for all its spellings.
    by_spelling : mapping of str to int
        The column of each word as it is shown, for spellings whose form is none of those.
    settings : Settings or None
        That say what is left out; None where the forms say it, which stems do not.
    """

    n_words: int
    by_form: Mapping[str, int]
    by_spelling: Mapping[str, int]
    settings: Settings | None


def learn_vocabulary(
    texts: NDArray[np.object_], settings: Settings, n_jobs: int | None = None
) -> tuple[NDArray[np.object_], sparse.csr_array, TextReport]:
    """Count one language's documents, and keep the words that the settings allow, sorted."""
    spelled = count_spellings(texts, settings.reader, n_jobs)
    judged = judge(spelled.spellings, settings)
    united, word_of = united_words(spelled, judged)
    document_frequency = np.bincount(united.indices, minlength=united.shape[1])
    n_duplicates = len(texts) - len(set(texts)) if settings.count_duplicates else None
    report = report_of(judged, spelled.totals, len(texts), n_duplicates, spelled.removed)
    words, columns = choose_words(
        spelled.spellings, spelled.totals, judged, word_of, document_frequency, report, settings
    )
    result = united[:, columns]
    result.sort_indices()
    return words, result, report


def judge(spellings: Sequence[str], settings: Settings) -> Judged:
    """Find each spelling's word, and whether it is kept."""
    reader = settings.reader
    forms = reader.forms(spellings)
    scripts = [_scripts(form) for form in forms]
    strangers = _foreign(scripts, reader.language)
    kept = ~is_stop_word(spellings, settings, None if reader.stop_forms else forms)
    if settings.foreign_words == "drop":
        kept &= ~strangers
    return Judged(reader.merged(spellings), scripts, strangers, kept)


def united_words(spelled: Spelled, judged: Judged) -> tuple[sparse.csr_array, NDArray[np.intp]]:
    """Add up the columns of each word; the second value is the word of each spelling, -1 if left out."""
    word_of = number_words(judged)
    return added_up(spelled.counts, word_of, 1 + int(word_of.max(initial=-1))), word_of


def number_words(judged: Judged) -> NDArray[np.intp]:
    """Give each word that is kept a number, in the order in which they first occur; -1 to others."""
    number_of: dict[str, int] = {}
    numbers = [
        number_of.setdefault(word, len(number_of)) if keep else -1
        for word, keep in zip(judged.words, judged.kept.tolist(), strict=True)
    ]
    return np.array(numbers, dtype=np.intp)


def report_of(
    judged: Judged,
    totals: NDArray[np.int64],
    n_documents: int,
    n_duplicates: int | None,
    removed: Mapping[str, int],
) -> TextReport:
    """Tell what was found that is no word."""
    foreign = _foreign_tokens(judged.scripts, judged.strangers, totals)
    return TextReport(n_documents, n_duplicates, dict(removed), foreign)


def choose_words(
    spellings: Sequence[str],
    totals: NDArray[np.int64],
    judged: Judged,
    word_of: NDArray[np.intp],
    document_frequency: NDArray[np.integer],
    report: TextReport,
    settings: Settings,
) -> tuple[NDArray[np.object_], list[int]]:
    """Choose the words that are frequent enough, sorted, and their numbers."""
    _check_spaces(settings, judged.scripts, totals)
    n_words = len(document_frequency)
    least = _number_of_documents(settings.min_df, report.n_documents)
    most = _number_of_documents(settings.max_df, report.n_documents)
    chosen = np.flatnonzero((document_frequency >= least) & (document_frequency <= most)).tolist()
    if not chosen:
        raise InputError(_nothing_left(settings, report, n_words, len(spellings)))
    shown = _shown(spellings, totals, word_of, chosen, settings.reader)
    total = np.zeros(n_words, dtype=np.int64)
    np.add.at(total, word_of[word_of >= 0], totals[word_of >= 0])
    frequent = sorted(chosen, key=lambda word: (-total[word], shown[word]))[: settings.max_features]
    columns = sorted(frequent, key=shown.__getitem__)
    return np.fromiter((shown[column] for column in columns), dtype=object), columns


def count_known(
    texts: NDArray[np.object_], reader: Reader, known: Known, n_jobs: int | None = None
) -> sparse.csr_array:
    """Count the words of a vocabulary in each document."""
    return known_words(count_spellings(texts, reader, n_jobs), reader, known)


def known_words(spelled: Spelled, reader: Reader, known: Known) -> sparse.csr_array:
    """Add up the spellings of each word of a vocabulary."""
    spellings = spelled.spellings
    if known.settings is None:
        numbers = [
            known.by_form.get(form, known.by_spelling.get(spelling, -1))
            for spelling, form in zip(spellings, reader.forms(spellings), strict=True)
        ]
    else:
        judged = judge(spellings, known.settings)
        numbers = [
            known.by_form.get(stem, -1) if keep else -1
            for stem, keep in zip(judged.words, judged.kept.tolist(), strict=True)
        ]
    return added_up(spelled.counts, np.array(numbers, dtype=np.intp), known.n_words)


def known_of(words: Sequence[str], reader: Reader, settings_of: Callable[[str], Settings]) -> Known:
    """Map each word of a vocabulary, by all its spellings, to its column."""
    by_form = dict(reversed(list(zip(reader.merged(words), range(len(words)), strict=True))))
    # a stop word may share the stem of a word that is kept, and a stem may itself be another word
    if reader.merges_inflections:
        return Known(len(words), by_form, {}, settings_of(reader.language))
    return Known(len(words), by_form, {word: column for column, word in enumerate(words)}, None)


def is_stop_word(
    spellings: Sequence[str], settings: Settings, forms: Sequence[str] | None = None
) -> NDArray[np.bool_]:
    """Mark stop words by form, and n-grams that begin or end with one."""
    form_of = settings.reader.stop_forms or settings.reader.forms
    forms = form_of(spellings) if forms is None else forms
    stop = settings.stop_words.union(form_of(sorted(settings.stop_words)))
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


def added_up(counts: sparse.csr_array, word_of: NDArray[np.intp], n_words: int) -> sparse.csr_array:
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


def _nothing_left(settings: Settings, report: TextReport, n_words: int, n_spellings: int) -> str:
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
    if not n_spellings:
        by_rule = settings.reader.tokenizer in SPACED and settings.reader.ngram_range[0] == 1
        return f"The documents in {code!r} ({report.n_documents:,}) hold no word" + (
            ": words have two or more characters, and a letter. Check their text, or pass "
            f"tokenizer={{{code!r}: 'whitespace'}}, which keeps all that stands between spaces."
            if by_rule
            else ". Check their text, or change tokenizer or ngram_range."
        )
    return (
        f"The documents in {code!r} ({report.n_documents:,}) hold no word that is not a stop word. Check "
        f"their text, or change tokenizer or stop_words, for example stop_words={{{code!r}: None}}."
    )
