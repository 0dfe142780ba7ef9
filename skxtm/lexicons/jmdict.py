"""JMdict, the Japanese-multilingual dictionary as XML."""

from collections import Counter
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from xml.etree.ElementTree import Element

from skxtm._word_pairs.pairs import Match
from skxtm.lexicons._assembling import Entry, assembled, language_code
from skxtm.lexicons._glosses import translations
from skxtm.lexicons._xml import elements, text_of
from skxtm.lexicons.result import LexiconSource, SourcedLexicon

_USUALLY_KANA = "word usually written using kana alone"


def read_jmdict(
    path: str | PathLike[str],
    languages: tuple[str, str] = ("ja", "en"),
    *,
    match: Match = "normal",
) -> SourcedLexicon:
    """Read JMdict, such as ``JMdict_e.gz``, one entry after the other.

    A word is paired by its spellings; by its readings where it has no other spelling, or where a sense says
    that it is usually written in kana.

    Parameters
    ----------
    path : str or path-like
        The file, compressed or not.
    languages : pair of str, default=("ja", "en")
        Japanese and the language of the glosses to take.
    match : {"normal", "literal"}, default="normal"
        See `skxtm.lexicon.Lexicon`.

    Returns
    -------
    found : SourcedLexicon

    Raises
    ------
    InputError
        If the file is damaged or not safe to read, or holds no gloss in the language.
    """
    path = Path(path)
    first, second = map(language_code, languages)
    source = LexiconSource("JMdict", "file", path.name, "EDRDG licence, CC BY-SA")
    skipped = Counter[str]()
    entries = _entries(path, second, skipped)
    return assembled(entries, (first, second), source, skipped, match=match)


def _entries(path: Path, language: str, skipped: Counter[str]) -> Iterator[Entry]:
    for entry in elements(path, "entry"):
        glosses = [
            text_of(gloss)
            for gloss in entry.iterfind("sense/gloss")
            if language_code(gloss.get("lang", "eng")) == language
        ]
        if glosses:
            yield _words(entry), [phrase for gloss in glosses for phrase in translations(gloss, language)]
        else:
            skipped[f"no gloss in {language}"] += 1


def _words(entry: Element) -> list[str]:
    spellings = [text_of(spelling) for spelling in entry.iterfind("k_ele/keb")]
    kana = any(text_of(note) == _USUALLY_KANA for note in entry.iterfind("sense/misc"))
    return spellings + [text_of(reading) for reading in entry.iterfind("r_ele/reb") if kana or not spellings]
