"""What counts as a word in an answer, and how lists of words are taken apart."""

import re
from collections.abc import Sequence
from reprlib import repr as shortened
from typing import Any
from unicodedata import category

_LONGEST_WORD = 60
_NUMBERING = re.compile(r"^\(?\d{1,3}(?:[.)]\s+|[、．）]\s*)(?=\D)")
_NUMBERED = re.compile(r"(?:(?<=\s)|^)\(?(\d{1,3})[.)、．）]\s?(?=[^\s\d])")
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_SEPARATOR = re.compile(
    r"\s*(?:[,，、،;；؛|｜•–—―－]|<br\s?/?>)\s*"
    r"|\s+[-·・/]\s*|[-·・/]\s+"  # alone, these may stand within a word
    rf"|(?<=[{_IDEOGRAPHS}])-(?=[{_IDEOGRAPHS}])",
    re.IGNORECASE,
)
_INNER_SEPARATOR = re.compile(r"[·・/]")
_GLOSS = re.compile(r"(?<=\S)\s*[(（][^()（）]*[)）]$")
_MARKS = " *_`~\"“”„'‘’«»「」『』《》〈〉<>:：。!！?？,，、;；…\u200b\ufeff"
_BRACKETS = "()（）[]［］【】"
_NEVER_IN_A_WORD = frozenset('<>{}[]|\\"=()（）')
_WORD_KEYS = ("word", "term", "token", "text", "keyword", "translation")


def one_line(text: str) -> str:
    """Put a text on one line, without what cannot be seen."""
    return " ".join("".join(map(_visible, text)).split())


def _visible(character: str) -> str:
    kind = category(character)
    if kind in {"Cc", "Zl", "Zp"}:
        return " "
    # joiners are part of the spelling in Persian and Indic scripts
    return "" if kind in {"Cf", "Cs"} and character not in "\u200c\u200d" else character


def split_words(text: str) -> list[str]:
    """Take a line of words apart at commas, dashes and the like, or at the numbers that count them."""
    text = text.strip(" ").rstrip(". ")
    starts = list(_NUMBERED.finditer(text))
    if len(starts) > 1 and [int(match[1]) for match in starts] == list(range(1, len(starts) + 1)):
        ends = [match.start() for match in starts[1:]] + [len(text)]
        return [text[match.end() : end].strip(" ,;-，、；") for match, end in zip(starts, ends, strict=True)]
    pieces = [_NUMBERING.sub("", piece.strip(), count=1) for piece in _SEPARATOR.split(text)]
    pieces = list(filter(None, pieces))
    if len(pieces) == 1 and len(_INNER_SEPARATOR.findall(pieces[0])) > 1:
        return list(filter(None, _INNER_SEPARATOR.split(pieces[0])))
    return pieces


def listed_words(listed: Any) -> list[str]:
    """Read the words of a JSON value: a list of texts or of objects that hold one each, or one text."""
    if isinstance(listed, str):
        return split_words(one_line(listed))
    return list(map(_element, listed)) if isinstance(listed, list) else []


def _element(element: Any) -> str:
    """Return the word of an element; "" is what is counted later as no word."""
    if isinstance(element, dict):
        element = next((element[key] for key in _WORD_KEYS if isinstance(element.get(key), str)), "")
    is_word = isinstance(element, (str, int)) and not isinstance(element, bool)
    return str(element) if is_word else ""


def single_words(listed: Sequence[str], n_words: int, problems: list[str]) -> list[str]:
    """Keep single words, each once, and no more than asked for."""
    cleaned = list(map(_cleaned, listed))
    rejected = [word for word in cleaned if not is_single_word(word)]
    first_spelling: dict[str, str] = {}
    for word in filter(is_single_word, cleaned):
        first_spelling.setdefault(word.casefold(), word)
    n_repeated = len(cleaned) - len(rejected) - len(first_spelling)
    if rejected:
        problems.append(f"left out {len(rejected)} that are not single words: {_named(rejected)}")
    if n_repeated:
        problems.append(f"left out {n_repeated} repeated")
    if len(first_spelling) > n_words:
        problems.append(f"{len(first_spelling)} words instead of {n_words}, the rest was cut")
    elif 0 < len(first_spelling) < n_words:
        problems.append(f"only {len(first_spelling)} words instead of {n_words}")
    return list(first_spelling.values())[:n_words]


def _cleaned(word: str) -> str:
    return _GLOSS.sub("", one_line(word).strip(_MARKS)).strip(_MARKS + _BRACKETS)


def is_single_word(word: str) -> bool:
    """Whether a text is one word: no space, no brackets or other signs of markup, a letter or a digit."""
    return (
        len(word) <= _LONGEST_WORD
        and not any(map(str.isspace, word))
        and not _NEVER_IN_A_WORD & set(word)
        and any(map(str.isalnum, word))
    )


def _named(rejected: Sequence[str]) -> str:
    return ", ".join(map(shortened, rejected[:3])) + (", ..." if len(rejected) > 3 else "")
