"""EDICT and EDICT2, the Japanese-English dictionary as text: ``猫 [ねこ] /(n) cat/(P)/``."""

import re
from collections import Counter
from collections.abc import Iterator
from os import PathLike
from pathlib import Path

from skxtm._word_pairs.pairs import Match
from skxtm._word_pairs.text_files import decoded, unpacked
from skxtm.exceptions import InputError
from skxtm.lexicons._assembling import COMMENT, NOT_AN_ENTRY, REFERENCE, Entry, assembled, language_code
from skxtm.lexicons._glosses import is_reference, translations, without_notes
from skxtm.lexicons._licences import NOT_STATED, licence_in
from skxtm.lexicons.result import LexiconSource, SourcedLexicon

_ENTRY = re.compile(r"(\S+)(?: \[([^\]]*)\])?\s+/(.*)/\s*")
_NUMBER = re.compile(r"EntL\d+X?")


def read_edict(
    path: str | PathLike[str],
    languages: tuple[str, str] = ("ja", "en"),
    *,
    match: Match = "normal",
    encoding: str | None = None,
) -> SourcedLexicon:
    """Read EDICT or EDICT2, compressed or not.

    A word is paired by the spellings in front of its reading; by the reading where there is no other
    spelling, or where the entry says that it is usually written so (``uk``): readings of all words would make
    one word of many.

    Parameters
    ----------
    path : str or path-like
        The file.
    languages : pair of str, default=("ja", "en")
        Japanese and the language of the glosses.
    match : {"normal", "literal"}, default="normal"
        See `skxtm.lexicon.Lexicon`.
    encoding : str or None, default=None
        Encoding of the text. None takes UTF-8, or EUC-JP where it is not UTF-8.

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
    lines = _text(path, encoding).split("\n")
    # the owners state the licence apart from the file, and their name in it
    licence = licence_in("\n".join(lines[:100])) if "Copyright" in "".join(lines[:100]) else NOT_STATED
    source = LexiconSource("EDICT", "file", path.name, licence)
    skipped = Counter[str]()
    entries = _entries(lines, second, skipped)
    return assembled(entries, (first, second), source, skipped, match=match)


def _text(path: Path, encoding: str | None) -> str:
    data = b"".join(unpacked(path))
    if encoding is not None:
        return decoded(data, path.name, encoding)
    try:
        return decoded(data, path.name)
    except InputError:
        return decoded(data, path.name, "euc_jp")


def _entries(lines: list[str], language: str, skipped: Counter[str]) -> Iterator[Entry]:
    for line in filter(str.strip, lines):
        entry = _ENTRY.fullmatch(line.strip())
        if entry is None or entry[1].startswith(("#", "？？？")):
            skipped[NOT_AN_ENTRY if entry is None and line[0] not in "#\u3000" else COMMENT] += 1
            continue
        glosses = map(without_notes, entry[3].split("/"))
        meant = [
            gloss for gloss in glosses if gloss and not is_reference(gloss) and not _NUMBER.fullmatch(gloss)
        ]
        if not meant:
            skipped[REFERENCE] += 1
            continue
        spellings = entry[1] if "(uk)" not in entry[3] or not entry[2] else f"{entry[1]};{entry[2]}"
        words = [without_notes(word) for word in spellings.split(";")]
        yield words, [phrase for gloss in meant for phrase in translations(gloss, language)]
