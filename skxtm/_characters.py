"""Characters that stand in words without being letters, and the scripts of letters."""

import re
import unicodedata
from functools import cache

from langcodes import registry_parser

#: What people type for an apostrophe, and letters that look like one.
APOSTROPHES = "'`´‘’‛′ʹʻʼꞌ"
#: Zero-width non-joiner and joiner: part of the spelling of a word in Persian or Sinhala.
JOINERS = "\u200c\u200d"
#: Geresh and gershayim, which mark abbreviations within Hebrew words; the quotation mark is typed for them.
HEBREW_MARKS = '׳״"'
#: Between the two l of Catalan; French writes it within words for both genders.
MIDDLE_DOT = "·"

# Characters that are no part of a word's spelling: NUL, soft hyphen, zero-width space, word joiner, lone
# surrogates, byte order mark, variation selectors.
_INVISIBLE = re.compile("[\0\u00ad\u200b\u2060\ud800-\udfff\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")


def compatible(text: str) -> str:
    """Bring text to Unicode normal form NFKC, without the characters that no reader sees.

    NFKC would make a space of the accent that is typed for an apostrophe, leave the sign of increment that is
    typed for a delta, and take apart the vowels am of Thai and Lao, which dictionaries hold whole.
    """
    if text.isascii():
        return text.replace("\0", "")
    text = unicodedata.normalize("NFKC", text.replace("´", "'").replace("\u2206", "Δ"))
    text = text.replace("\u0e4d\u0e32", "\u0e33").replace("\u0ecd\u0eb2", "\u0eb3")
    return _INVISIBLE.sub("", text)


def dotless(text: str) -> str:
    """Write the two capitals i of Turkish as small letters, which `str.lower` confuses."""
    return text.replace("I", "ı").replace("İ", "i")


@cache
def combining_marks() -> str:
    """Return the marks of the Basic Multilingual Plane; matching those beyond takes five times as long."""
    return "".join(char for char in map(chr, range(0x10000)) if unicodedata.category(char)[0] == "M")


@cache
def punctuation() -> str:
    """Return the spaces, controls, punctuation and symbols of the Basic Multilingual Plane."""
    return "".join(char for char in map(chr, range(0x10000)) if unicodedata.category(char)[0] in "CPSZ")


@cache
def script_of_letter(char: str) -> str | None:
    """Return the script of a letter by the first word of its name; None for what belongs to no script."""
    if not char.isalpha():
        return None
    first = unicodedata.name(char, "").replace("-", " ").partition(" ")[0]
    return _scripts_by_name().get(first)


@cache
def _scripts_by_name() -> dict[str, str]:
    """Map the first word of the names of letters to the script's code."""
    scripts = (entry for entry in registry_parser.parse_registry() if entry["Type"] == "script")
    names = [(entry["Description"][0].upper().split(), entry["Subtag"]) for entry in scripts]
    whole = {words[0]: code for words, code in names if len(words) == 1}  # not "Latin (Fraktur variant)"
    return {words[0]: code for words, code in names} | whole | {"CJK": "Hani", "IDEOGRAPHIC": "Hani"}
