"""Entries of dictionaries as lines of text for people to read."""

import re
from collections.abc import Iterable, Sequence

from skxtm.lexicons._glosses import translations, without_notes

_NOTE = re.compile(r"\s+[\"“]|\s*(?:[Ss]ee|[Ss]ynonyms?|[Aa]ntonyms?|Note|Notes|[A-Z][a-z]+):\s")
_SENSE = re.compile(r"\s*\d+\.\s*")
_PRONUNCIATION = re.compile(r"(?<=\s)/+[^/]+/+(?=[\s,]|$)")
_NOT_LETTERS = re.compile(r"[\W_]+")


def translations_of(lines: Iterable[str], language: str) -> list[str]:
    """List the translations of an entry: of each sense, those on the first line that has words.

    Parameters
    ----------
    lines : iterable of str
        Below the headword. A sense begins with a number, unless there is only one.
    language : str
        Language of the translations.

    Returns
    -------
    phrases : list of str

    Examples
    --------
    >>> from skxtm.lexicons._entry_text import translations_of
    >>> translations_of(["1. (noun)", "fat, grease <n>", "a substance", "2. lard", "Note: old"], "en")
    ['fat', 'grease', 'lard']
    """
    phrases: list[str] = []
    has_words = False
    for line in lines:
        begins = _SENSE.match(line)
        if (has_words and not begins) or _NOTE.match(line):
            continue
        text = without_notes(line[begins.end() :] if begins else line)
        has_words = bool(text)
        phrases += translations(text, language, ",;")
    return phrases


def spelled(words: Sequence[str], head: str) -> list[str]:
    """Write words of an index, which are in lower case and without punctuation, as the headline does.

    Parameters
    ----------
    words : sequence of str
    head : str
        First line of the entry.

    Returns
    -------
    spelled : list of str
        Each once. A word that is not in the headline stays as it is.

    Examples
    --------
    >>> from skxtm.lexicons._entry_text import spelled
    >>> spelled(["gewichtung"], "Gewichtung /ɡəvˈɪçtʊŋ/ <fem, n, sg>")
    ['Gewichtung']
    """
    parts = map(str.strip, without_notes(_PRONUNCIATION.sub(" ", head)).split(","))
    spelling_of = {_bare(part): part for part in parts if part}
    return list(dict.fromkeys(spelling_of.get(_bare(word), word) for word in words))


def _bare(text: str) -> str:
    return _NOT_LETTERS.sub("", text.casefold())
