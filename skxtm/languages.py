"""Language codes: the one place that reads them.

Codes are those of BCP 47, which holds ISO 639-1, 639-2 and 639-3. A corpus, a lexicon and everything else
keep a language under its `canonical_code`; tokenizers, lists of words, normal forms and encoders choose by
`base_language` and `script_of`.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from reprlib import repr as shortened
from typing import Any, TypeVar

from langcodes import Language, registry_parser, tag_is_valid
from langcodes.data_dicts import DEFAULT_SCRIPTS, LIKELY_SUBTAGS

from skxtm.exceptions import InputError, InputTypeError

__all__ = [
    "LANGUAGE_NAMES",
    "REMEDY",
    "UNDETERMINED",
    "base_language",
    "by_code",
    "canonical_code",
    "distinct_codes",
    "fault_of_code",
    "languages_of_name",
    "named_language",
    "script_of",
    "scripts_of",
]

Value = TypeVar("Value")

#: The language of what says none, such as a plain count matrix: ISO 639-2 "undetermined".
UNDETERMINED = "und"

#: ISO 639-1 code to English name.
LANGUAGE_NAMES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "eu": "Basque",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "ms": "Malay",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sr": "Serbian",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "zh": "Chinese",
}

# Scripts between which a language's readers do not choose word by word, each with the one it counts as.
_SAME_SCRIPT = {
    "Aran": "Arab",
    "Hang": "Kore",
    "Hani": "Hans",
    "Hant": "Hans",
    "Hira": "Jpan",
    "Hrkt": "Jpan",
    "Kana": "Jpan",
    "Latf": "Latn",
    "Latg": "Latn",
}
# Scripts whose letters are of several.
_LETTERS_OF = {
    "Hans": ("Hani", "Bopo"),
    "Hant": ("Hani", "Bopo"),
    "Hani": ("Hani", "Bopo"),
    "Jpan": ("Hani", "Hira", "Kana"),
    "Hrkt": ("Hira", "Kana"),
    "Kore": ("Hang", "Hani"),
    "Aran": ("Arab",),
    "Latf": ("Latn",),
    "Latg": ("Latn",),
}
#: What a message says of codes after it has said what is wrong with one.
REMEDY = "Codes are such as 'en', 'deu' or 'pt-BR'; a language of your own may be called 'x-mine'."
# Country codes, which names of published files hold in place of the language's.
_CODES_OF_FILES = {"cn": "zh", "jp": "ja"}


def canonical_code(code: str) -> str:
    """Return the code under which a language is kept: one for each, however it was written.

    It is the shortest code of ISO 639, in lower case. Region and variant are dropped, because words are not
    of a region: ``pt-BR`` and ``pt-PT`` are both ``pt``, one language with one vocabulary. A script is kept
    where the language is not usually written in it, because words of two scripts are never the same:
    ``sr-Latn`` and ``sr`` are two. Traditional and simplified Chinese are both ``zh``; Cantonese is ``yue``.
    To keep apart what would be one, add a private subtag: ``pt-x-brazil``.

    Parameters
    ----------
    code : str
        A code of ISO 639 or BCP 47, with hyphens or underscores, in any case.

    Returns
    -------
    canonical : str
        The same for all codes of the same language; its own canonical code.

    Raises
    ------
    InputError
        If `code` is blank, padded or no code of a language.
    InputTypeError
        If `code` is not a str.

    Examples
    --------
    >>> from skxtm.languages import canonical_code
    >>> [canonical_code(code) for code in ("EN", "deu", "cmn", "zh_TW", "zh-yue", "pt-BR", "hi-Latn")]
    ['en', 'de', 'zh', 'zh', 'yue', 'pt', 'hi-Latn']
    """
    tag = _parsed(code)
    script, usual = tag.script or "", _likely_script(tag.language) or ""
    is_usual = not script or _SAME_SCRIPT.get(script, script) == _SAME_SCRIPT.get(usual, usual)
    kept = None if is_usual else script
    return str(Language.make(language=tag.language, script=kept, private=tag.private).to_tag())


def by_code(values: Mapping[str, Value], name: str) -> dict[str, Value]:
    """Write the languages of a mapping by their canonical codes.

    Parameters
    ----------
    values : mapping of str to object
        Something for each language.
    name : str
        What a message calls it.

    Returns
    -------
    by_canonical_code : dict of str to object
        The same values in the same order.

    Raises
    ------
    InputError, InputTypeError
        If it is no mapping, a key is no code of a language, or two are of the same.
    """
    if not isinstance(values, Mapping):
        raise InputTypeError(
            f"{name} must be a dict with one entry per language. Got {type(values).__name__!r}."
        )
    found: dict[str, Value] = {}
    for written, value in values.items():
        code = canonical_code(written)
        if code in found:
            raise InputError(f"{name} names the language {code!r} twice, the second time as {written!r}.")
        found[code] = value
    return found


def distinct_codes(codes: Any, name: str) -> tuple[str, ...]:
    """Write languages whose order matters by their canonical codes.

    Parameters
    ----------
    codes : sequence of str
        As given.
    name : str
        What a message calls them.

    Returns
    -------
    canonical : tuple of str
        In the order given.

    Raises
    ------
    InputError, InputTypeError
        If they are no sequence, such as a set, whose order is not known, one is no code of a language, or two
        are of the same.
    """
    is_sequence = isinstance(codes, Sequence) or hasattr(codes, "__array__")
    canonical = tuple(map(canonical_code, codes)) if is_sequence and not isinstance(codes, str) else ()
    if not canonical or len(set(canonical)) < len(canonical):
        raise InputError(f"{name} must be a sequence of distinct language codes. Got {codes!r}.")
    return canonical


def base_language(code: str) -> str:
    """Return the language alone, by which lists of words, stemmers and encoders are chosen.

    Parameters
    ----------
    code : str
        As in `canonical_code`.

    Returns
    -------
    language : str
        The code of ISO 639-1, or of ISO 639-3 where there is none, without script and private subtags.

    Raises
    ------
    InputError, InputTypeError
        As in `canonical_code`.

    Examples
    --------
    >>> from skxtm.languages import base_language
    >>> base_language("sr-Latn"), base_language("pt-x-brazil"), base_language("yue")
    ('sr', 'pt', 'yue')
    """
    return _parsed(code).language or UNDETERMINED


def script_of(code: str) -> str | None:
    """Return the script that a code names, or in which its language is usually written.

    Parameters
    ----------
    code : str
        As in `canonical_code`; a region tells the script too.

    Returns
    -------
    script : str or None
        The code of ISO 15924, such as ``Latn``; None if it is not known.

    Raises
    ------
    InputError, InputTypeError
        As in `canonical_code`.

    Examples
    --------
    >>> from skxtm.languages import script_of
    >>> script_of("zh"), script_of("zh-TW"), script_of("ja"), script_of("ja-Latn")
    ('Hans', 'Hant', 'Jpan', 'Latn')
    """
    tag = _parsed(code)
    return tag.script or (tag.maximize().script if _likely_script(tag.language) else None)


def scripts_of(code: str) -> frozenset[str]:
    """Return the scripts whose letters are no strangers in text of a language; Latin is one everywhere.

    Parameters
    ----------
    code : str
        As in `canonical_code`.

    Returns
    -------
    scripts : frozenset of str
        Codes of ISO 15924 that letters have: ``Hani`` for Chinese characters, not ``Hans``. Empty if the
        language's scripts are not known.

    Raises
    ------
    InputError, InputTypeError
        As in `canonical_code`.

    Examples
    --------
    >>> from skxtm.languages import scripts_of
    >>> sorted(scripts_of("ja")), sorted(scripts_of("ru")), sorted(scripts_of("sr-Latn"))
    (['Hani', 'Hira', 'Kana', 'Latn'], ['Cyrl', 'Latn'], ['Cyrl', 'Latn'])
    """
    script = script_of(code)
    if script is None:
        return frozenset()
    likely = (tag.split("-") for tag in LIKELY_SUBTAGS.values())
    same = {tag[1] for tag in likely if tag[0] == base_language(code)} | {script, "Latn"}
    return frozenset(chain.from_iterable(_LETTERS_OF.get(script, (script,)) for script in same))


def languages_of_name(name: str) -> tuple[str, str] | None:
    """Read two languages from the name of a file, such as ``zh-Hant-en.tsv`` or ``deu_eng.txt.gz``.

    Parameters
    ----------
    name : str
        The name without its folder. What stands before the first dot is read; ``cn`` stands for ``zh`` and
        ``jp`` for ``ja``, as in published files.

    Returns
    -------
    languages : tuple of two str, or None
        Canonical codes; None if the name does not consist of two codes, or can be read in two ways, as
        ``en-pt-br``, which may end in Breton.

    Examples
    --------
    >>> from skxtm.languages import languages_of_name
    >>> languages_of_name("zh-Hant-en.tsv"), languages_of_name("jp-en.0-5000.txt")
    (('zh', 'en'), ('ja', 'en'))
    """
    parts = [_CODES_OF_FILES.get(part.lower(), part) for part in re.split("[-_]", name.partition(".")[0])]
    splits = (("-".join(parts[:cut]), "-".join(parts[cut:])) for cut in range(1, len(parts)))
    readings = {
        (canonical_code(first), canonical_code(second))
        for first, second in splits
        if tag_is_valid(first) and tag_is_valid(second)
    }
    return readings.pop() if len(readings) == 1 else None


def named_language(heading: str) -> str | None:
    """Read the language that the heading of a column names.

    Parameters
    ----------
    heading : str
        A code as in `canonical_code` or as in names of files, or an English name, in any case.

    Returns
    -------
    code : str or None
        Its canonical code; None if it names no language.

    Examples
    --------
    >>> from skxtm.languages import named_language
    >>> [named_language(heading) for heading in ("DEU", "English", "cn", "word class")]
    ['de', 'en', 'zh', None]
    """
    folded = heading.casefold()
    written = _CODES_OF_FILES.get(folded) or (heading.lower() if not fault_of_code(heading.lower()) else None)
    code = written or _codes_by_name().get(folded)
    return None if code is None else canonical_code(code)


def fault_of_code(code: str) -> str | None:
    """Say what is wrong with a language code, and what may have been meant.

    Parameters
    ----------
    code : str
        Any text.

    Returns
    -------
    fault : str or None
        What is said of the code, to be put behind it; None if it is one.

    Examples
    --------
    >>> from skxtm.languages import fault_of_code
    >>> fault_of_code("en "), fault_of_code("chinese")
    ("is padded: write 'en'", "is no code of ISO 639 or BCP 47: did you mean 'zh'?")
    """
    if not code.strip():
        return "is blank"
    if code != code.strip():
        return f"is padded: write {code.strip()!r}"
    if tag_is_valid(code):
        return None
    of_country = LIKELY_SUBTAGS.get(f"und-{code.upper()}", "").split("-")[0]
    meant = _codes_by_name().get(code.casefold(), of_country)
    return f"is no code of ISO 639 or BCP 47{f': did you mean {meant!r}?' if meant else ''}"


def _parsed(code: str) -> Language:
    if not isinstance(code, str):
        raise InputTypeError(f"A language code must be a str, such as 'en'. Got {code!r}.")
    return _parsed_str(str(code))


@lru_cache(maxsize=4096)
def _parsed_str(code: str) -> Language:
    """Read a code; languages that ISO 639-3 cut out of a larger one, such as ``cmn``, become that one."""
    fault = fault_of_code(code)
    if fault is not None:
        end = "" if fault.endswith("?") else "."
        raise InputError(f"The language code {shortened(code)} {fault}{end} {REMEDY}")
    return Language.get(code).prefer_macrolanguage()


def _likely_script(language: str | None) -> str | None:
    """Look up a language's usual script; `maximize` alone would say Latin of all that it does not know."""
    known = language != UNDETERMINED and (language in DEFAULT_SCRIPTS or language in LIKELY_SUBTAGS)
    return Language.make(language=language).maximize().script if known else None


@lru_cache(maxsize=1)
def _codes_by_name() -> dict[str, str]:
    """Map English names of languages, folded, to codes; of two with one name the first, which is shorter."""
    usual = {name.casefold(): code for code, name in LANGUAGE_NAMES.items()}
    languages = (entry for entry in registry_parser.parse_registry() if entry["Type"] == "language")
    named = chain.from_iterable(
        ((name.casefold(), entry["Subtag"]) for name in entry["Description"]) for entry in languages
    )
    return dict(reversed(list(named))) | usual
