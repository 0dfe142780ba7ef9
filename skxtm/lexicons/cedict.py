"""CC-CEDICT and dictionaries in its format (CFDICT, HanDeDict): ``傳統 传统 [chuan2 tong3] /tradition/``."""

import re
from collections import Counter
from collections.abc import Iterator
from os import PathLike
from pathlib import Path

from skxtm._word_pairs.pairs import Match
from skxtm._word_pairs.text_files import read_text
from skxtm.lexicons._assembling import (
    COMMENT,
    NOT_AN_ENTRY,
    REFERENCE,
    Entry,
    assembled,
    language_code,
)
from skxtm.lexicons._glosses import is_reference, translations, without_notes
from skxtm.lexicons._licences import licence_in
from skxtm.lexicons.result import LexiconSource, SourcedLexicon

_ENTRY = re.compile(r"(\S+) (\S+) \[[^\]]*\]?\]\s*/(.*)/\s*")


def read_cedict(
    path: str | PathLike[str],
    languages: tuple[str, str] = ("zh", "en"),
    *,
    match: Match = "normal",
    encoding: str = "utf-8",
) -> SourcedLexicon:
    """Read CC-CEDICT, or a dictionary in its format, such as ``cedict_ts.u8``, compressed or not.

    Words are written in simplified characters; by normal form they match traditional ones too. Of a gloss,
    what stands before the first comma is its translation, and what follows explains it. Measure words and
    references to other entries are left out.

    Parameters
    ----------
    path : str or path-like
        The file.
    languages : pair of str, default=("zh", "en")
        Chinese and the language of the glosses.
    match : {"normal", "literal"}, default="normal"
        See `skxtm.lexicon.Lexicon`.
    encoding : str, default="utf-8"
        Encoding of the text.

    Returns
    -------
    found : SourcedLexicon

    Raises
    ------
    InputError
        If the file is damaged, in another encoding, or holds no entry.
    """
    path = Path(path)
    first, second = map(language_code, languages)
    lines = read_text(path, encoding).split("\n")
    header = "\n".join(line for line in lines[:100] if line.startswith("#"))
    name = "CC-CEDICT" if second == "en" else f"the Chinese dictionary {path.name}"
    source = LexiconSource(name, "file", path.name, licence_in(header))
    skipped = Counter[str]()
    entries = _entries(lines, second, skipped)
    return assembled(entries, (first, second), source, skipped, match=match)


def _entries(lines: list[str], language: str, skipped: Counter[str]) -> Iterator[Entry]:
    for line in filter(str.strip, lines):
        entry = None if line.startswith("#") else _ENTRY.fullmatch(line)
        if entry is None:
            skipped[COMMENT if line.startswith("#") else NOT_AN_ENTRY] += 1
            continue
        glosses = map(without_notes, entry[3].split("/"))
        meant = [gloss for gloss in glosses if gloss and not is_reference(gloss)]
        if not meant:
            skipped[REFERENCE] += 1
            continue
        yield [entry[2]], [phrase for gloss in meant for phrase in _translations(gloss, language)]


def _translations(gloss: str, language: str) -> list[str]:
    heads = (sense.partition(",")[0] for sense in gloss.split(";"))
    return [phrase for head in heads for phrase in translations(head, language)]
