"""What stands in text and is no word: markup, addresses and mentions."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["KINDS", "TextReport", "clean_text"]

# Scripts without spaces, whose words follow an address directly, end it.
_IN_ADDRESS = r"[^\s<>\"'\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]"

# Per kind, what every instance holds, which is looked for first because that is fast, and the instance. No
# pattern may look at a character more than a few times, however long the text is.
_PATTERNS = MappingProxyType(
    {
        "url": (
            ("://", "www."),
            # without a greatest length, each point of a long chain would be searched from to its end
            re.compile(rf"(?:\b[a-z][a-z0-9+.-]{{0,30}}://|\bwww\.){_IN_ADDRESS}+", re.ASCII | re.IGNORECASE),
        ),
        # from the first letter of a name alone; another address may follow without a space
        "email": (
            ("@",),
            re.compile(r"(?<![\w.+-])(?:[\w.+-]++@\w[\w-]*+(?:\.\w[\w-]*+)++)+", re.ASCII),
        ),
        "mention": (("@",), re.compile(r"(?<![A-Za-z0-9_.])@(?:[A-Za-z0-9_]+|\w{1,30})")),
    }
)
#: The kinds of what `clean_text` removes.
KINDS = ("markup", *_PATTERNS)

_ENTITY = re.compile(r"&(?:amp;)*(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
# What hides the text behind it up to its end has a name.
_TAG = re.compile(
    r"(?P<comment><!--)|<(?:(?P<script>script)|(?P<style>style))\b[^<>]*>|<[!?/]?[a-z][^<>]*>", re.IGNORECASE
)
_ENDS = {
    "comment": re.compile("-->"),
    "script": re.compile(r"</script\s*>", re.IGNORECASE),
    "style": re.compile(r"</style\s*>", re.IGNORECASE),
}


def clean_text(text: str, kinds: Collection[str] = KINDS) -> tuple[str, dict[str, int]]:
    """Replace what is no word by spaces; HTML's character references become the characters.

    Parameters
    ----------
    text : str
        Any text.
    kinds : collection of {"markup", "url", "email", "mention"}
        What to replace: tags, comments, scripts and character references of HTML; web addresses; e-mail
        addresses; names after ``@``.

    Returns
    -------
    clean : str
        The same object if there was nothing to replace.
    found : dict of str to int
        How much of each kind was replaced; kinds that did not occur are left out.

    Examples
    --------
    >>> from skxtm.cleaning import clean_text
    >>> clean, found = clean_text("<b>Rain</b>&nbsp;&amp; wind: https://example.org/a?b=1 @ann")
    >>> clean.split(), found
    (['Rain', '&', 'wind:'], {'markup': 4, 'url': 1, 'mention': 1})
    """
    found = {}
    if "markup" in kinds and ("&" in text or "<" in text):
        n_references = sum(_character(reference) != reference[0] for reference in _ENTITY.finditer(text))
        text, n_tags = _without_tags(_ENTITY.sub(_character, text))
        found["markup"] = n_references + n_tags
    for kind, (marks, pattern) in _PATTERNS.items():
        if kind in kinds and any(mark in text for mark in marks):
            text, found[kind] = pattern.subn(" ", text)
    return text, {kind: number for kind, number in found.items() if number}


def _without_tags(text: str) -> tuple[str, int]:
    """Replace tags, comments and scripts; behind the last end, none is looked for again and again."""
    pieces, last_end = [], {}
    kept_from = place = 0
    while tag := _TAG.search(text, place):
        place, kind = tag.end(), tag.lastgroup
        if kind is not None:
            if kind not in last_end:
                last_end[kind] = max((end.start() for end in _ENDS[kind].finditer(text)), default=-1)
            end = _ENDS[kind].search(text, place) if place <= last_end[kind] else None
            if end is not None:
                place = end.end()
            elif kind == "comment":
                continue
        pieces.append(text[kept_from : tag.start()])
        kept_from = place
    return " ".join([*pieces, text[kept_from:]]), len(pieces)


def _character(reference: re.Match[str]) -> str:
    return html.unescape(f"&{reference[1]};")


@dataclass(frozen=True)
class TextReport:
    """What was found in the documents of one language that is no word of it.

    Parameters
    ----------
    n_documents : int
        Documents in the language.
    n_duplicates : int or None
        Documents whose text an earlier one has; None if they were not counted.
    removed : mapping of str to int
        Per kind of `clean_text`, how much was removed.
    foreign : mapping of str to int
        Per script in which the language is not written, by its code of ISO 15924, the words in it.

    Examples
    --------
    >>> from skxtm.cleaning import TextReport
    >>> print(TextReport(1200, 3, {"url": 15, "mention": 2}, {"Hira": 40}))
    1,200 documents, 3 duplicates; removed: 15 url, 2 mention; words in foreign scripts: 40 Hira
    """

    n_documents: int
    n_duplicates: int | None
    removed: Mapping[str, int]
    foreign: Mapping[str, int]

    def __str__(self) -> str:
        duplicates = "" if self.n_duplicates is None else f", {self.n_duplicates:,} duplicates"
        parts = [f"{self.n_documents:,} documents{duplicates}"]
        for name, numbers in (("removed", self.removed), ("words in foreign scripts", self.foreign)):
            if numbers:
                parts.append(
                    f"{name}: " + ", ".join(f"{number:,} {kind}" for kind, number in numbers.items())
                )
        return "; ".join(parts)
