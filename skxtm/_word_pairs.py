"""Word pairs as two compact columns, and the files they come from."""

import gzip
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from reprlib import repr as shortened

import numpy as np
from numpy.typing import NDArray

from skxtm.exceptions import InputError, InputTypeError

_GZIP_MAGIC = b"\x1f\x8b"
_ISO_CODES = {"cn": "zh", "jp": "ja"}


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
    number_of_first: defaultdict[str, int] = defaultdict(count().__next__)
    number_of_second: defaultdict[str, int] = defaultdict(count().__next__)
    firsts, seconds = [], []
    for position, pair in enumerate(pairs):
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


def languages_in_name(path: Path) -> tuple[str, str]:
    """Read the languages of the two columns from a name such as ``zh-en.tsv``.

    Parameters
    ----------
    path : Path

    Returns
    -------
    languages : tuple of two str
        ISO 639-1 codes: ``cn`` becomes ``zh`` and ``jp`` becomes ``ja``.

    Raises
    ------
    InputError
        If the name is of another form.
    """
    codes = re.fullmatch(r"([a-z]{2})[-_]([a-z]{2})", path.name.lower().partition(".")[0])
    if codes is None:
        raise InputError(
            f"The languages of {path.name} cannot be read from its name, as they can from 'zh-en.tsv'. "
            f"Give them in the order of its columns: Lexicon.read(path, languages=('zh', 'en'))."
        )
    first, second = (_ISO_CODES.get(code, code) for code in codes.groups())
    return first, second


def read_pairs(path: Path, encoding: str) -> Iterator[tuple[str, str]]:
    """Iterate over the lines of a file with two columns, plain or compressed by gzip.

    Parameters
    ----------
    path : Path
    encoding : str

    Yields
    ------
    pair : tuple of two str
        The words of a line that is not blank.

    Raises
    ------
    InputError
        If a line has not two columns, or the file is damaged or in another encoding.
    """
    for number, line in enumerate(_text(path, encoding).split("\n"), start=1):
        line = line.strip()
        columns = line.split("\t") if "\t" in line else line.split()
        if len(columns) == 2:
            yield columns[0].strip(), columns[1].strip()
        elif columns:
            raise InputError(
                f"Line {number} of {path.name} has {len(columns)} columns instead of 2: {shortened(line)}. "
                f"Write one pair of words on each line, separated by a tab."
            )


def _text(path: Path, encoding: str) -> str:
    data = path.read_bytes()
    if data.startswith(_GZIP_MAGIC):
        data = _decompressed(data, path.name)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not text in {encoding} ({error.reason} at byte {error.start}). "
            f"Give its encoding, as in Lexicon.read(path, encoding='gb18030')."
        ) from error


def _decompressed(data: bytes, name: str) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{name} is a damaged gzip file ({error}). Fetch or write it again.") from error


def _are_str(first: object, second: object) -> bool:
    return isinstance(first, str) and isinstance(second, str)


def _checked(words: Iterable[str]) -> list[str]:
    words = list(words)
    for word in words:
        if not word or word != word.strip() or "\t" in word or "\n" in word:
            raise InputError(
                f"The word {shortened(word)} of a lexicon is empty, starts or ends with whitespace, or holds "
                f"a tab or line break. Clean it, or leave its pairs out."
            )
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
