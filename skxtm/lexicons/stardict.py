"""Dictionaries of StarDict: ``.ifo`` describes one, ``.idx`` lists its words, ``.dict`` holds its entries."""

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from itertools import takewhile
from os import PathLike
from pathlib import Path

from skxtm._word_pairs.pairs import Match
from skxtm._word_pairs.text_files import decoded, read_text, unpacked
from skxtm.exceptions import InputError
from skxtm.lexicons._assembling import Entry, assembled, languages_of
from skxtm.lexicons._entry_text import translations_of
from skxtm.lexicons._glosses import without_notes
from skxtm.lexicons._licences import licence_in
from skxtm.lexicons.result import LexiconSource, SourcedLexicon

_TEXT_TYPES = "mlgxh"
_MARKED_UP = "gxh"
_HEADWORD = re.compile(r"<k>.*?</k>", re.DOTALL)
_BREAK = re.compile(r"<(?:br|/?p|/?div|/?li|/?blockquote)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


def read_stardict(
    path: str | PathLike[str],
    languages: tuple[str, str],
    *,
    match: Match = "normal",
) -> SourcedLexicon:
    """Read a dictionary of StarDict whose entries are text, Pango markup, XDXF or HTML.

    Of each sense the first line that is no note, example or reference holds the translations.

    Parameters
    ----------
    path : str or path-like
        The file ``.ifo``; the others stand beside it.
    languages : pair of str
        Languages of headwords and translations.
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
    about = _about(path)
    index = _beside(path, ".idx", ".idx.gz")
    data = _beside(path, ".dict.dz", ".dict")
    source = LexiconSource(
        about.get("bookname", path.stem), "file", path.name, licence_in(about.get("description", ""))
    )
    skipped = Counter[str]()
    entries = _entries(_words(index, about, path), data, about, languages[1], path, skipped)
    return assembled(entries, languages, source, skipped, match=match)


def _about(path: Path) -> dict[str, str]:
    first, *lines = read_text(path).splitlines() or [""]
    if not first.startswith("StarDict's dict ifo file"):
        raise InputError(
            f'{path.name} is no .ifo file of StarDict, which begins "StarDict\'s dict ifo file".'
        )
    return {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}


def _beside(path: Path, *suffixes: str) -> bytes:
    for suffix in suffixes:
        if path.with_suffix(suffix).exists():
            return b"".join(unpacked(path.with_suffix(suffix)))
    raise InputError(
        f"{path.name} has no {path.with_suffix(suffixes[0]).name} beside it. "
        f"Give all files of the dictionary."
    )


def _words(index: bytes, about: dict[str, str], path: Path) -> Iterator[tuple[str, int, int]]:
    """Iterate over word, start and size: text up to a null, and two numbers of four or eight bytes."""
    width = 8 if about.get("idxoffsetbits") == "64" else 4
    position = 0
    while position < len(index):
        end = index.find(b"\x00", position)
        numbers = index[end + 1 : end + 1 + width + 4]
        if end < 0 or len(numbers) < width + 4:
            raise InputError(f"The index of {path.name} is cut off. Fetch the dictionary again.")
        word = decoded(index[position:end], path.with_suffix(".idx").name)
        yield word, int.from_bytes(numbers[:width]), int.from_bytes(numbers[width:])
        position = end + 1 + width + 4


def _entries(
    words: Iterator[tuple[str, int, int]],
    data: bytes,
    about: dict[str, str],
    language: str,
    path: Path,
    skipped: Counter[str],
) -> Iterator[Entry]:
    for word, start, size in words:
        if start + size > len(data):
            raise InputError(
                f"The index of {path.name} points outside of the {len(data):,} bytes of its entries. "
                f"The files do not belong together, or one is damaged: fetch the dictionary again."
            )
        text = _text(data[start : start + size], about.get("sametypesequence", ""), path)
        if text is None:
            skipped["no text"] += 1
        else:
            yield [without_notes(word)], translations_of(text.split("\n"), language)


def _text(entry: bytes, types: str, path: Path) -> str | None:
    for kind, field in _fields(entry, types):
        if kind in _TEXT_TYPES:
            text = decoded(field, path.with_suffix(".dict").name)
            return _plain(text) if kind in _MARKED_UP else text
    return None


def _fields(entry: bytes, types: str) -> Iterator[tuple[str, bytes]]:
    """Take an entry apart up to the first field that is no string, such as a sound: its kind is a capital."""
    if types:
        fields = entry.split(b"\x00", len(types) - 1)
        yield from takewhile(lambda field: field[0].islower(), zip(types, fields, strict=False))
        return
    while entry and chr(entry[0]).islower():
        kind = chr(entry[0])
        field, _, entry = entry[1:].partition(b"\x00")
        yield kind, field


def _plain(markup: str) -> str:
    lines = _BREAK.sub("\n", _HEADWORD.sub("", markup))
    return unescape(_TAG.sub("", lines)).strip()
