"""Word pairs as two compact columns, and the files they come from."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from reprlib import repr as shortened
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from skxtm._parameters import in_order_of_columns
from skxtm._word_pairs.text_files import read_text
from skxtm.exceptions import InputError, InputTypeError
from skxtm.languages import canonical_code, languages_of_name

Words = Sequence[str] | NDArray[Any]
Match = Literal["normal", "literal"]

_UNWRITABLE = frozenset("\t\n\x00")


@dataclass(frozen=True)
class WordColumn:
    """One language of a list of word pairs.

    Parameters
    ----------
    words : sequence of str
        The words that occur, each once, in the order of their first occurrence.
    numbers : ndarray of int32 of shape (n_pairs,)
        For each pair the position of its word in ``words``.
    """

    words: Sequence[str]
    numbers: NDArray[np.int32]

    def __iter__(self) -> Iterator[str]:
        return map(self.words.__getitem__, self.numbers.tolist())

    def packed(self) -> tuple[str, bytes]:
        """Say the whole column in two hashable objects."""
        return "\n".join(self.words), self.numbers.tobytes()

    @classmethod
    def unpacked(cls, words: str, numbers: bytes) -> "WordColumn":
        """Undo `packed`."""
        return cls(words.split("\n") if words else [], np.frombuffer(numbers, dtype=np.int32))


def columns_of(pairs: Iterable[tuple[str, str]]) -> tuple[WordColumn, WordColumn]:
    """Store each word once and each pair once.

    Parameters
    ----------
    pairs : iterable of (str, str)

    Returns
    -------
    first, second : WordColumn
        The first and the second words of the pairs, in the order of their first occurrence.

    Raises
    ------
    InputError
        If a word is empty, holds a tab or line break, or starts or ends with whitespace.
    InputTypeError
        If an element is not a tuple or list of two str.
    """
    if isinstance(pairs, Mapping):
        raise InputTypeError(
            f"pairs must hold tuples of two str. Got {type(pairs).__name__}: give its .items()."
        )
    if not isinstance(pairs, Iterable):
        raise InputTypeError(
            f"pairs must hold tuples of two str. Got {type(pairs).__name__}: give a list of pairs of words."
        )
    number_of_first: defaultdict[str, int] = defaultdict(count().__next__)
    number_of_second: defaultdict[str, int] = defaultdict(count().__next__)
    firsts, seconds = [], []
    for position, pair in enumerate(_in_order(pairs)):
        if not (isinstance(pair, (tuple, list)) and len(pair) == 2 and _are_str(*pair)):
            raise InputTypeError(
                f"pairs[{position}] must be a tuple or list of two str. Got {shortened(pair)}. "
                f"To read a file, use Lexicon.read(path)."
            )
        firsts.append(number_of_first[pair[0]])
        seconds.append(number_of_second[pair[1]])
    first_words, second_words = _checked(number_of_first), _checked(number_of_second)
    first, second = np.array(firsts, dtype=np.int32), np.array(seconds, dtype=np.int32)
    _, kept = np.unique(first.astype(np.int64) * len(second_words) + second, return_index=True)
    kept.sort()
    return WordColumn(first_words, first[kept]), WordColumn(second_words, second[kept])


def _in_order(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Sort a set, whose order differs from run to run."""
    return sorted(pairs, key=repr) if isinstance(pairs, (set, frozenset)) else pairs


def languages_in_name(path: Path) -> tuple[str, str]:
    """Read the languages of the two columns from a name such as ``zh-en.tsv``.

    Parameters
    ----------
    path : Path

    Returns
    -------
    languages : tuple of two str
        As `skxtm.languages.languages_of_name` reads them; ``freedict-`` before them is passed over.

    Raises
    ------
    InputError
        If the name is of another form.
    """
    languages = languages_of_name(path.name.removeprefix("freedict-"))
    if languages is None:
        raise InputError(
            f"The languages of {path.name} cannot be read from its name, as they can from 'zh-en.tsv'. "
            f"Give them in the order of its columns: Lexicon.read(path, languages=('zh', 'en'))."
        )
    return languages


def checked_languages(languages: Any) -> tuple[str, str]:
    """Check the languages of a lexicon.

    Parameters
    ----------
    languages : pair of str
        In any spelling.

    Returns
    -------
    codes : pair of str
        Canonical.

    Raises
    ------
    InputError
        If they are not two.
    """
    codes = tuple(map(canonical_code, languages)) if isinstance(languages, (tuple, list)) else ()
    if len(codes) != 2 or codes[0] == codes[1]:
        raise InputError(
            f"The 'languages' parameter of Lexicon must be two different language codes, as in ('zh', 'en'). "
            f"Got {languages!r} instead."
        )
    return codes[0], codes[1]


def checked_match(match: Match) -> Match:
    """Check when words are the same.

    Parameters
    ----------
    match : {"normal", "literal"}
        See `Lexicon`.

    Returns
    -------
    match : {"normal", "literal"}

    Raises
    ------
    InputError
        If it is something else.
    """
    if match not in ("normal", "literal"):
        raise InputError(
            f"The 'match' parameter of Lexicon must be a str among {{'literal', 'normal'}}. "
            f"Got {match!r} instead."
        )
    return match


def read_pairs(path: Path, languages: tuple[str, str], encoding: str) -> Iterator[tuple[str, str]]:
    """Iterate over the lines of a file with two columns, compressed or not.

    A first line that names the languages, as `skxtm.lexicon.Lexicon.to_file` writes it, is a header: below it
    two columns separated by a tab are a pair, whatever they look like.

    Parameters
    ----------
    path : Path
    languages : tuple of two str
        The languages of the columns.
    encoding : str

    Yields
    ------
    pair : tuple of two str
        The words of a line that is not blank.

    Raises
    ------
    InputError
        If a line is not a pair of words, or the file is damaged or in another encoding.
    """
    is_first, has_header = True, False
    for number, line in enumerate(read_text(path, encoding).split("\n"), start=1):
        columns = _columns(line)
        if not any(columns):
            continue
        if is_first and _names_languages(columns, languages, f"Line {number} of {path.name}"):
            is_first, has_header = False, True
            continue
        looks_odd = is_first or columns[0][:1] in _ODD_STARTS or columns[-1][-1:] in _ODD_ENDS
        problem = look_problem(line, columns, is_first=is_first) if looks_odd and not has_header else None
        if len(columns) != 2 or not all(columns) or problem:
            what, remedy = problem or _shape_problem(columns)
            shown = shortened(line.removesuffix("\r"))
            raise InputError(f"Line {number} of {path.name} {what}: {shown}. {remedy}")
        is_first = False
        yield columns[0], columns[1]


Problem = tuple[str, str]
"""What is wrong with a line, and the remedy."""


def look_problem(line: str, columns: list[str], *, is_first: bool) -> Problem | None:
    """Say why a line is not a pair of words, although it may have two columns.

    Parameters
    ----------
    line : str
    columns : list of str
        Its columns.
    is_first : bool
        Whether no other line but blank ones came before.

    Returns
    -------
    problem : tuple of two str, or None
        What it looks like, and how such a file is read.
    """
    if re.match(r"\s*#", line) and ("\t" not in line or re.match(r"\s*#+[ !]", line)):
        return "looks like a comment", _TAKE_OUT
    if any(len(column) > 1 and column[0] == column[-1] == '"' for column in columns):
        return "has words in quotes", _USE_CSV
    if re.search(r"\s/.*/$", line.rstrip()):
        return "looks like a line of a dictionary", (
            "Read EDICT by skxtm.lexicons.read_edict, and CC-CEDICT by skxtm.lexicons.read_cedict."
        )
    if is_first and len(set(columns)) == len(columns):
        if all(column.isdecimal() for column in columns):
            return "looks like a count of words", _TAKE_OUT
        if len(columns) > 1 and all(map(_HEADER_WORD.fullmatch, columns)):
            return "looks like a header", _USE_CSV
    return None


_TAKE_OUT = "Take the line out, or read the file by skxtm.lexicons.read_muse, which skips it."
_USE_CSV = "Read the file by skxtm.lexicons.read_csv."
_ODD_STARTS = ("#", '"')
_ODD_ENDS = ('"', "/")
_HEADER_WORD = re.compile(
    "source|src|target|tgt|from|to|words?|translations?|term|(word|lang)[12]|"
    "ar|cs|de|el|en|es|fr|hi|it|ja|ko|nl|pl|pt|ru|sv|th|tr|uk|vi|zh|arabic|chinese|czech|dutch|english|french|"
    "german|greek|hindi|italian|japanese|korean|polish|portuguese|russian|spanish|swedish|thai|turkish|"
    "ukrainian|vietnamese",
    re.IGNORECASE,
)


def _names_languages(columns: list[str], languages: tuple[str, str], line: str) -> bool:
    if columns != list(languages) and sorted(columns) == sorted(languages):
        raise InputError(
            f"{line} says that its columns are {columns}. "
            f"Give languages={tuple(columns)} instead of {languages}."
        )
    return columns == list(languages)


def _columns(line: str) -> list[str]:
    return list(map(str.strip, line.split("\t"))) if "\t" in line else line.split()


def _shape_problem(columns: list[str]) -> Problem:
    remedy = "Write one pair of words on each line, separated by a tab."
    if len(columns) != 2:
        if any(mark in column for column in columns for mark in ",;"):
            remedy += " Read a table with commas by skxtm.lexicons.read_csv."
        return f"has {len(columns)} column{'s' * (len(columns) != 1)} instead of 2", remedy
    return "has an empty column", remedy


def word_list(vocabulary: Words, name: str) -> list[str]:
    """Take a vocabulary as a list of plain str.

    Parameters
    ----------
    vocabulary : sequence or array of str, or mapping of str to int
        A mapping says the column of each word.
    name : str
        What messages call it.

    Returns
    -------
    words : list of str

    Raises
    ------
    InputError
        If the values of a mapping are not the columns from 0 on.
    InputTypeError
        If it is a str or a set, or holds something else than str.
    """
    if isinstance(vocabulary, str):
        raise InputTypeError(f"{name} must be a sequence of words. Got the str {shortened(vocabulary)}.")
    vocabulary = in_order_of_columns(vocabulary, name)
    # tolist gives plain str where an array's own elements are numpy's
    words: list[str] = vocabulary.tolist() if isinstance(vocabulary, np.ndarray) else list(vocabulary)
    for position, word in enumerate(words):
        if not isinstance(word, str):
            raise InputTypeError(
                f"{name}[{position}] must be a str. Got {shortened(word)} of type {type(word).__name__}."
            )
    return words


def _are_str(first: object, second: object) -> bool:
    return isinstance(first, str) and isinstance(second, str)


def _checked(words: Iterable[str]) -> list[str]:
    words = list(words)
    for word in words:
        if not word or word != word.strip() or not _UNWRITABLE.isdisjoint(word):
            raise InputError(
                f"The word {shortened(word)} of a lexicon is empty, starts or ends with whitespace, or holds "
                f"a tab, line break or null character. Clean it, or leave its pairs out."
            )
    try:
        "\n".join(words).encode()
    except UnicodeEncodeError as error:
        surrogate = error.object[error.start]
        word = next(word for word in words if surrogate in word)
        raise InputError(
            f"The word {shortened(word)} of a lexicon holds half a character, {surrogate!r}, which no file "
            f"can hold. Clean it, or leave its pairs out."
        ) from error
    return words


@dataclass(frozen=True)
class LexiconCoverage:
    """How much of two vocabularies a lexicon connects.

    Parameters
    ----------
    source_covered : int
        Words of the source vocabulary with a translation in the target vocabulary.
    source_total : int
        Size of the source vocabulary.
    target_covered : int
        Words of the target vocabulary with a translation in the source vocabulary.
    target_total : int
        Size of the target vocabulary.
    n_pairs : int
        Pairs of a source word and a target word that translate each other.

    Examples
    --------
    >>> from skxtm.lexicon import LexiconCoverage
    >>> print(LexiconCoverage(3463, 5000, 4055, 5000, 27415))
    27,415 pairs cover 3,463 of 5,000 source words (69.3 %) and 4,055 of 5,000 target words (81.1 %)
    """

    source_covered: int
    source_total: int
    target_covered: int
    target_total: int
    n_pairs: int

    def __str__(self) -> str:
        source = _share(self.source_covered, self.source_total, "source words")
        target = _share(self.target_covered, self.target_total, "target words")
        return f"{self.n_pairs:,} pairs cover {source} and {target}"


def _share(covered: int, total: int, noun: str) -> str:
    percentage = 100 * covered / max(total, 1)
    return f"{covered:,} of {total:,} {noun} ({percentage:.1f} %)"
