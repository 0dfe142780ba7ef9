"""Dictionaries of the dict server: an index of words, and their entries in a file compressed by dictzip.

dictzip is gzip with a table of contents for random access, which reading a whole file does not need.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path

from skxtm._word_pairs.pairs import Match
from skxtm._word_pairs.text_files import decoded, read_text, unpacked
from skxtm.exceptions import InputError
from skxtm.lexicons._assembling import Entry, assembled, languages_of
from skxtm.lexicons._entry_text import spelled, translations_of
from skxtm.lexicons._licences import licence_in
from skxtm.lexicons.result import LexiconSource, SourcedLexicon

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_VALUE = {digit: value for value, digit in enumerate(_DIGITS)}
_ABOUT = "00database"


def read_dictd(
    path: str | PathLike[str],
    languages: tuple[str, str] | None = None,
    *,
    match: Match = "normal",
) -> SourcedLexicon:
    """Read a dictionary in the form of FreeDict's: a headword on the first line, translations below.

    Of each sense the first line that is no note, example or reference holds the translations.

    Parameters
    ----------
    path : str or path-like
        The index, such as ``freedict-deu-eng.index``; beside it stands a file ``.dict.dz`` or ``.dict``.
    languages : pair of str or None, default=None
        Languages of headwords and translations. None reads them from the name.
    match : {"normal", "literal"}, default="normal"
        See `skxtm.lexicon.Lexicon`.

    Returns
    -------
    found : SourcedLexicon

    Raises
    ------
    InputError
        If a file is missing or damaged, the index points outside of the entries, or there is no entry.
    """
    path = Path(path)
    languages = languages_of(path, languages)
    words_at = _index(path)
    data = _content(path)
    if any(start + size > len(data) for start, size in words_at):
        raise InputError(
            f"{path.name} points outside of the {len(data):,} bytes of its entries. "
            f"The two files do not belong together, or one is damaged: install the dictionary again."
        )
    about = list(_texts(words_at, data, path.name, is_about=True))
    title = next(
        (text.strip().rpartition("\n")[2].strip() for words, text in about if "short" in words[0]), ""
    )
    licence = licence_in("\n".join(map(_availability, (text for _, text in about))))
    source = LexiconSource(title or path.stem, "file", path.name, licence)
    entries = _entries(_texts(words_at, data, path.name, is_about=False), languages[1])
    return assembled(entries, languages, source, Counter(), match=match)


def _index(path: Path) -> dict[tuple[int, int], list[str]]:
    """Read which words each entry has, by its start and size."""
    words_at = defaultdict[tuple[int, int], list[str]](list)
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line:
            continue
        try:
            word, start, size = line.split("\t")[:3]
            words_at[_number(start), _number(size)].append(word)
        except (ValueError, KeyError) as error:
            raise InputError(
                f"Line {number} of {path.name} is not a word, a start and a size. "
                f"Install the dictionary again."
            ) from error
    return words_at


def _number(digits: str) -> int:
    value = 0
    for digit in digits:
        value = 64 * value + _VALUE[digit]
    return value


def _content(path: Path) -> bytes:
    candidates = [path.with_suffix(".dict.dz"), path.with_suffix(".dict")]
    for candidate in candidates:
        if candidate.exists():
            return b"".join(unpacked(candidate))
    raise InputError(f"{path.name} has no {candidates[0].name} beside it. Install the dictionary again.")


def _texts(
    words_at: dict[tuple[int, int], list[str]], data: bytes, name: str, *, is_about: bool
) -> Iterator[tuple[list[str], str]]:
    for (start, size), words in words_at.items():
        if words[0].startswith(_ABOUT) == is_about:
            yield words, decoded(data[start : start + size], name)


def _availability(text: str) -> str:
    """Cut out where FreeDict states the licence: the indented lines below ``Availability:``."""
    stated = re.search(r"^Availability:\s*\n(.*?)(?=^\S)", text, re.DOTALL | re.MULTILINE)
    return stated[1] if stated else ""


def _entries(texts: Iterator[tuple[Sequence[str], str]], language: str) -> Iterator[Entry]:
    for words, text in texts:
        head, _, body = text.partition("\n")
        yield spelled(words, head), translations_of(body.split("\n"), language)
