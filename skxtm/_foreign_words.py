"""Words of other scripts in text that a dictionary cuts, and Latin ones with accents: found whole."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from skxtm.normalization import APOSTROPHES, JOINERS, combining_marks

#: Ranges of the letters that dictionaries of these languages hold.
CHINESE = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u303c\u3100-\u312f\u31a0-\u31bf\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
KOREAN = f"{CHINESE}\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
THAI = "\u0e00-\u0e7f"


@lru_cache(maxsize=3)
def foreign_words(own: str) -> Callable[[str], Iterable[re.Match[str]]]:
    """Make a function that finds words with a letter that is neither ASCII nor of a language's own.

    A word is what it is in `tokenize_spaced`; a single letter, as the name of a ray or a type, is none.

    Parameters
    ----------
    own : str
        Ranges of letters, as in a set of a regular expression.

    Returns
    -------
    found : callable
        From a text to matches, in its order.
    """
    has_letter = re.compile(rf"[^\x00-\x7f{own}\W\d]").search
    inner = rf"(?:[^{own}\W]|[{combining_marks()}{JOINERS}{re.escape(APOSTROPHES)}])*"
    find = re.compile(rf"[^{own}\W]{inner}(?:[^{own}\W]|[{combining_marks()}])").finditer

    def found(text: str) -> Iterable[re.Match[str]]:
        return [word for word in find(text) if has_letter(word[0])] if has_letter(text) else ()

    return found


def cut_around_foreign(text: str, own: str, cut: Callable[[str], list[str]]) -> list[str]:
    """Keep words of other scripts whole, which a segmenter would take apart, and cut what is around them.

    Parameters
    ----------
    text : str
        Any text.
    own : str
        As for `foreign_words`.
    cut : callable
        The segmenter: from a text to its words.

    Returns
    -------
    words : list of str
        In the order of the text.
    """
    words: list[str] = []
    start = 0
    for word in foreign_words(own)(text):
        words += [*cut(text[start : word.start()]), word[0]]
        start = word.end()
    return words + cut(text[start:])
