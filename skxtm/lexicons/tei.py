"""Dictionaries of FreeDict in TEI XML, such as ``deu-eng.tei``."""

from collections import Counter
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from xml.etree.ElementTree import Element

from skxtm._word_pairs.pairs import Match
from skxtm.lexicons._assembling import Entry, assembled, languages_of
from skxtm.lexicons._glosses import translations, without_notes
from skxtm.lexicons._licences import licence_in
from skxtm.lexicons._xml import elements, text_of
from skxtm.lexicons.result import LexiconSource, SourcedLexicon


def read_tei(
    path: str | PathLike[str],
    languages: tuple[str, str] | None = None,
    *,
    match: Match = "normal",
) -> SourcedLexicon:
    """Read a dictionary of FreeDict in TEI XML, one entry after the other.

    Parameters
    ----------
    path : str or path-like
        The file, compressed or not.
    languages : pair of str or None, default=None
        Languages of headwords and translations. None reads them from a name such as ``deu-eng.tei``.
    match : {"normal", "literal"}, default="normal"
        See `skxtm.lexicon.Lexicon`.

    Returns
    -------
    found : SourcedLexicon

    Raises
    ------
    InputError
        If the file is damaged or not safe to read, or holds no entry.
    """
    path = Path(path)
    languages = languages_of(path, languages)
    header = next(elements(path, "teiHeader"), None)
    title = None if header is None else header.find(".//title")
    availability = None if header is None else header.find(".//availability")
    source = LexiconSource(text_of(title) or path.name, "file", path.name, licence_in(_stated(availability)))
    entries = _entries(path, languages[1])
    return assembled(entries, languages, source, Counter(), match=match)


def _stated(availability: Element | None) -> str:
    targets = [] if availability is None else [part.get("target", "") for part in availability.iter()]
    return " ".join([text_of(availability), *targets])


def _entries(path: Path, language: str) -> Iterator[Entry]:
    for entry in elements(path, "entry"):
        words = [without_notes(text_of(word)) for word in entry.iterfind("form//orth")]
        # those of an example translate the example
        citations = [cit for path in ("cit", ".//sense/cit") for cit in entry.iterfind(path)]
        glosses = [
            text_of(quote) for cit in citations if _is_translation(cit) for quote in cit.iterfind("quote")
        ]
        yield words, [phrase for gloss in glosses for phrase in translations(gloss, language, ",;")]


def _is_translation(cit: Element) -> bool:
    return cit.get("type") in {"trans", "translation", "translationEquivalent"}
