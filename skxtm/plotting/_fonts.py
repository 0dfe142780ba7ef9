"""Fonts that have the glyphs of what is drawn."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from skxtm.exceptions import FontWarning

_BOX = "□"
_LEFT_TO_RIGHT = "\u200e"  # an invisible mark
_FIRST_SHAPING = (3, 11)  # matplotlib's first version that joins letters and orders them from right to left
# Parts of family names whose Han characters are those of a language
_HAN = {
    "zh": ("SC", "CN", "YaHei", "SimHei"),
    "zh-Hant": ("TC", "HK", "TW", "JhengHei"),
    "ja": ("JP", "Hiragino", "Meiryo"),
    "ko": ("KR", "Malgun"),
}
_CJK = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC"}
_JOINING = {
    *("ARABIC", "HEBREW", "SYRIAC", "THAANA", "NKO"),
    *("DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM"),
    *("SINHALA", "MYANMAR", "KHMER", "TIBETAN"),
}
# Families of no use for words: stand-ins for missing glyphs, and pictures
_UNFIT = ("Last Resort", "LastResort", "Emoji", "Color")
_PLAIN = ("Sans", "Gothic", "Hei", "Hiragino", "Meiryo", "UI")
_SPECIAL = ("Mono", "Serif", "Condensed", "Light", "Black", "Display", "Kufi", "Nastaliq", "Looped")


class Fonts:
    """Families that have the glyphs of a picture's texts: the user's own first, then those found.

    Characters of which no font is there are drawn as boxes, and one warning names their scripts.

    Parameters
    ----------
    texts : mapping of str to iterable of str
        By language, whose shapes of Han characters are preferred; under ``""`` texts that mix languages.

    Warns
    -----
    FontWarning
        If no font has some of the characters, or matplotlib is too old to shape their script.
    """

    def __init__(self, texts: Mapping[str, Iterable[str]]) -> None:
        characters = {code: {*"".join(map(str, of_code))} for code, of_code in texts.items()}
        self._families: dict[str, list[str]] = {}
        self._missing: set[str] = set()
        for code, needed in characters.items():
            if _is_right_to_left(needed):
                needed.add(_LEFT_TO_RIGHT)
            self._families[code], missing = _families(needed, code)
            self._missing |= missing
        _warn(self._missing, set().union(*characters.values()))

    def shown(self, text: object) -> str:
        """Put a box in place of each character that no font has.

        Parameters
        ----------
        text : object
            To be drawn.

        Returns
        -------
        text : str
        """
        return "".join(_in_place(c) if c in self._missing else c for c in str(text))

    def label(self, *parts: object) -> str:
        """Join parts of a label from left to right, also where one is written from right to left.

        Parameters
        ----------
        *parts : object
            Such as a number and a name; empty ones are left out.

        Returns
        -------
        label : str
        """
        text = "  ".join(self.shown(part) for part in parts if part != "")
        return f"{self.shown(_LEFT_TO_RIGHT)}{text}" if _is_right_to_left(text) else text

    def style(self, code: str = "") -> dict[str, Any]:
        """Properties of a text of matplotlib.

        Parameters
        ----------
        code : str, default=""
            The language, as given.

        Returns
        -------
        properties : dict of str to object
            Dollar signs are characters like others.
        """
        return {"fontfamily": self._families[code], "parse_math": False}

    def legend(self, ax: Any, **options: Any) -> Any:
        """Add a legend of an axes' labelled artists, in texts that mix languages.

        Parameters
        ----------
        ax : matplotlib.axes.Axes
            Has labelled artists.
        **options : object
            As of `matplotlib.axes.Axes.legend`.

        Returns
        -------
        legend : matplotlib.legend.Legend
        """
        legend = ax.legend(**options)
        for text in legend.get_texts():
            text.set(**self.style())
        return legend


def _families(needed: set[str], code: str) -> tuple[list[str], set[str]]:
    """Choose families, and say which of the characters none of them has."""
    from matplotlib import rcParams

    families = list(rcParams["font.family"])
    missing = needed.difference(*map(_glyphs, families))
    for is_known in (True, False):
        if any(_is_visible(c) for c in missing):
            candidates = _candidates(code) if is_known else _newly_installed()
            while missing and candidates:
                counts = [len(missing & _glyphs(name)) for name in candidates]
                if not max(counts):
                    break
                families.append(candidates[counts.index(max(counts))])
                missing = missing - _glyphs(families[-1])
    return families, missing


def _candidates(code: str) -> list[str]:
    """List the families that matplotlib knows, upright and of plain shape first."""
    from matplotlib.font_manager import fontManager

    names = {
        font.name
        for font in fontManager.ttflist
        if font.style == "normal"
        and font.weight in (400, "normal", "regular")
        and not any(part in font.name for part in _UNFIT)
    }
    return sorted(names, key=lambda name: _rank(name, code))


def _rank(name: str, code: str) -> tuple[bool, bool, bool, str]:
    parts = name.split()
    return (
        not any(part in parts for part in _HAN.get(code, ())),
        any(part in parts for part in _SPECIAL),
        not any(part in name for part in _PLAIN),
        name,
    )


def _newly_installed() -> list[str]:
    """Tell matplotlib of fonts that are there since it made its list; name them."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    known = {font.fname for font in fontManager.ttflist}
    n_known = len(fontManager.ttflist)
    for path in sorted(set(findSystemFonts()) - known - _unreadable):
        try:
            fontManager.addfont(path)
        except (OSError, RuntimeError):
            _unreadable.add(path)
    return sorted({font.name for font in fontManager.ttflist[n_known:]})


_unreadable: set[str] = set()


@cache
def _glyphs(family: str) -> frozenset[str]:
    """Characters that the font of a family has."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    path = findfont(FontProperties(family=[family]))  # a list, since a str is read as a pattern
    try:
        return frozenset(map(chr, get_font(path).get_charmap()))
    except (OSError, RuntimeError):
        return frozenset()


def _warn(missing: set[str], drawn: set[str]) -> None:
    scripts = _scripts(missing)
    if scripts:
        fonts = dict.fromkeys(f"Noto Sans {'CJK' if name in _CJK else name.title()}" for name in scripts)
        warnings.warn(
            f"No font that matplotlib finds has all characters of {_listed(scripts)}: those without a glyph "
            f"are drawn as boxes. Install one that has, such as {' and '.join(fonts)}.",
            FontWarning,
            stacklevel=4,
        )
    import matplotlib

    unshaped = [name for name in _scripts(drawn - missing) if name in _JOINING]
    if unshaped and matplotlib.__version_info__ < _FIRST_SHAPING:
        warnings.warn(
            f"matplotlib {matplotlib.__version__} draws letters of {_listed(unshaped)} one by one from left "
            "to right, neither joined nor put in order. Install matplotlib 3.11 or later.",
            FontWarning,
            stacklevel=4,
        )


def _scripts(characters: set[str]) -> list[str]:
    """Name the scripts of letters and marks, as the names of characters begin; of others there is none."""
    found = {
        unicodedata.name(c, "UNKNOWN").replace("-", " ").split()[0]
        for c in characters
        if unicodedata.category(c)[0] in "LM"
    }
    if any(_is_visible(c) and unicodedata.category(c)[0] not in "LM" for c in characters):
        found.add("SYMBOLS")
    return sorted(found)


def _listed(scripts: Sequence[str]) -> str:
    return ", ".join(name if name == "CJK" else name.title() for name in scripts)


def _is_right_to_left(text: Iterable[str]) -> bool:
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Zs", "Zl", "Zp")


def _in_place(character: str) -> str:
    if _is_visible(character):
        return _BOX
    return " " if character.isspace() else ""
