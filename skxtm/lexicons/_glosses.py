"""What a dictionary says of a word, as words that a vocabulary could hold."""

import re
from collections.abc import Iterable

MAX_WORDS = 3
"""Words of a translation that is kept: longer ones explain rather than translate."""

MAX_CHARACTERS = 40
"""The same for languages that are written without spaces."""

_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>|（[^（）]*）")
_REFERENCE = re.compile(
    r"(?:old |erhua |Japanese |archaic |popular |nonstandard |Taiwan )*variant of\b|"
    r"(?:see|see also|same as|also written|also called|also pr\.|used in|equivalent to)\s|"
    r"abbr(?:\.|eviation) (?:for|to|of)\b|CL:"
)
_EDGES = " \t.,:;!?~…–—\"“”„«»'`*=-、。・！？"
_LEADING = re.compile(r"^(?:(?:to|be|an?|the)\s+)+(?=\w)", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\b(?:sth|sb|smth|somebody|something|someone|one|oneself|etc)(?:'s)?(?!\w)\.?")
_TRAILING = re.compile(r"(?:\s+(?:to|of|for|with|on|in|from|at|by|as))+$", re.IGNORECASE)
_FUNCTION_WORD = re.compile(
    "an?|and|as|at|be|by|for|from|her|his|in|into|is|its?|my|not|of|off|on|or|our|out|that|the|their|to|up|with|your",
    re.IGNORECASE,
)


def without_notes(text: str) -> str:
    """Take out what stands in brackets, nested or not, and surplus whitespace.

    Parameters
    ----------
    text : str

    Returns
    -------
    plain : str

    Examples
    --------
    >>> from skxtm.lexicons._glosses import without_notes
    >>> without_notes("(coll.) modem (of a computer (old))")
    'modem'
    """
    while (shorter := _BRACKETED.sub(" ", text)) != text:
        text = shorter
    return " ".join(text.split())


def is_reference(gloss: str) -> bool:
    """Tell whether an English gloss only refers to another entry, or names a measure word.

    Parameters
    ----------
    gloss : str
        Without what stands in brackets.

    Returns
    -------
    is_reference : bool

    Examples
    --------
    >>> from skxtm.lexicons._glosses import is_reference
    >>> [is_reference(gloss) for gloss in ("old variant of 柏", "CL:隻|只", "seer")]
    [True, True, False]
    """
    return _REFERENCE.match(gloss) is not None


def translations(gloss: str, language: str, separators: str = ";") -> list[str]:
    """List the words and short phrases that a gloss gives.

    Parameters
    ----------
    gloss : str
    language : str
        Language of the gloss. In English, the ``to`` of infinitives, articles, and words that stand for
        others, such as ``sb``, are taken off.
    separators : str, default=";"
        Characters between translations.

    Returns
    -------
    phrases : list of str
        Of at most `MAX_WORDS` words and `MAX_CHARACTERS` characters.

    Examples
    --------
    >>> from skxtm.lexicons._glosses import translations
    >>> translations("to run (for office); to stand for (sb)", "en")
    ['run', 'stand']
    """
    plain = without_notes(gloss)
    phrases = (_trimmed(part, language) for part in re.split(f"[{re.escape(separators)}]", plain))
    return [phrase for phrase in phrases if is_short(phrase)]


def tidy(text: str) -> str:
    """Take out what no word holds: surplus whitespace, line breaks, null characters.

    Parameters
    ----------
    text : str

    Returns
    -------
    tidy : str
    """
    return " ".join(text.replace("\x00", " ").split())


def is_short(phrase: str) -> bool:
    """Tell whether a phrase is a word or a few.

    Parameters
    ----------
    phrase : str

    Returns
    -------
    is_short : bool
        False of an empty phrase.
    """
    return 0 < len(phrase.split()) <= MAX_WORDS and len(phrase) <= MAX_CHARACTERS


def words_of(phrases: Iterable[str]) -> list[str]:
    """Take phrases apart into the words that mean something.

    Parameters
    ----------
    phrases : iterable of str

    Returns
    -------
    words : list of str
        Without English function words.

    Examples
    --------
    >>> from skxtm.lexicons._glosses import words_of
    >>> words_of(["point of sale"])
    ['point', 'sale']
    """
    words = (word.strip(_EDGES) for phrase in phrases for word in phrase.split())
    return [word for word in words if word and not _FUNCTION_WORD.fullmatch(word)]


def _trimmed(part: str, language: str) -> str:
    part = tidy(part).strip(_EDGES)
    if language == "en":
        part = _LEADING.sub("", part, count=1)
        part = " ".join(_PLACEHOLDER.sub(" ", part).split()) or part
        part = _TRAILING.sub("", part)
    return part.strip(_EDGES)
