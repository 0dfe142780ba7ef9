"""Tokenizers: text to words, one function per family of scripts.

All but `tokenize_whitespace` bring text to Unicode normal form NFKC, drop invisible characters, fold case,
and keep the words that hold a letter of any script: numbers and punctuation alone are not words. All are
functions of a module, so that estimators which hold them can be pickled; the dictionaries of the Chinese
and Japanese segmenters cannot, and stay in caches of this module.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from skxtm._optional import import_optional
from skxtm.exceptions import InputError

Tokenizer = Callable[[str], list[str]]

# Characters that are no part of a word's spelling: NUL, soft hyphen, zero-width characters, lone surrogates,
# byte order mark, variation selectors.
_INVISIBLE = re.compile("[\0\u00ad\u200b-\u200d\u2060\ud800-\udfff\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")
# The dot that case folding leaves of the Turkish capital dotted i goes the same way.
_APOSTROPHES = re.compile("['‘’\u02bc]|(?<=i)\u0307")
_ELISIONS = re.compile("(?<!aujourd)(?<!quelqu)['‘’\u02bc]")
# MeCab's path costs overflow, and the process dies, somewhere beyond 32,767 words in one piece.
_MECAB_PIECE = re.compile(r".{1,10000}\Z|.{1,9999}[。\n]|.{1,10000}", re.DOTALL)


def tokenize_spaced(text: str) -> list[str]:
    """Cut text of a script that puts spaces between words.

    A word has two or more characters: letters, digits, underscores, and the combining marks of scripts
    such as Devanagari. Apostrophes are deleted, so that ``don't`` becomes ``dont``, one word.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    words : list of str
        In the order of the text.

    Examples
    --------
    >>> from skxtm.tokenizers import tokenize_spaced
    >>> tokenize_spaced("Don't panic: 42 naïve ﬁlms!")
    ['dont', 'panic', 'naïve', 'films']
    """
    return _spaced_words(_normalized(text).casefold())


def tokenize_elided(text: str) -> list[str]:
    """Cut text of a spaced script whose articles lose their vowel: French, Italian, Catalan.

    As `tokenize_spaced`, but an apostrophe ends a word: ``l'eau`` gives ``eau``.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    words : list of str
        In the order of the text.

    Examples
    --------
    >>> from skxtm.tokenizers import tokenize_elided
    >>> tokenize_elided("L'eau qu'on boit aujourd'hui")
    ['eau', 'qu', 'on', 'boit', 'aujourdhui']
    """
    return _spaced_words(_ELISIONS.sub(" ", _normalized(text).casefold()))


def tokenize_chinese(text: str) -> list[str]:
    """Cut Chinese text with rjieba, which reproduces jieba.

    Case is folded after the cut, because the dictionary holds words such as ``T恤`` and ``A股``.

    Parameters
    ----------
    text : str
        Any text. Traditional characters are not converted.

    Returns
    -------
    words : list of str
        In the order of the text; words of one character included.

    Raises
    ------
    MissingDependencyError
        If rjieba, of the extra ``zh``, is not installed.
    """
    return _with_letters(word.casefold() for word in _chinese_segmenter().cut(_normalized(text)))


def tokenize_japanese(text: str) -> list[str]:
    """Cut Japanese text with MeCab and the dictionary UniDic: short units, as they are written.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    words : list of str
        Surface forms in the order of the text; words of one character included.

    Raises
    ------
    MissingDependencyError
        If fugashi or unidic-lite, of the extra ``ja``, is not installed.
    """
    segment = _japanese_segmenter().parse
    pieces = _MECAB_PIECE.findall(_normalized(text).casefold())
    words = (word for piece in pieces for word in segment(piece).split())
    return _with_letters(word for word in words if word.strip("ー"))


def tokenize_whitespace(text: str) -> list[str]:
    """Cut text that is already segmented: at white space, changing nothing.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    words : list of str
        In the order of the text.

    Examples
    --------
    >>> from skxtm.tokenizers import tokenize_whitespace
    >>> tokenize_whitespace("Don't panic: 42")
    ["Don't", 'panic:', '42']
    """
    return text.split()


#: The tokenizers that may be chosen by name.
TOKENIZERS: Mapping[str, Tokenizer] = MappingProxyType(
    {
        "spaced": tokenize_spaced,
        "elided": tokenize_elided,
        "chinese": tokenize_chinese,
        "japanese": tokenize_japanese,
        "whitespace": tokenize_whitespace,
    }
)

_AUTO = {"zh": "chinese", "ja": "japanese"} | dict.fromkeys(("ca", "co", "fr", "it", "oc", "wa"), "elided")
_UNSPACED = frozenset({"km", "lo", "my", "th"})
_MISTAKEN_CODES = {"cn": "zh", "jp": "ja"}


def get_tokenizer(tokenizer: str | Tokenizer, language: str) -> Tokenizer:
    """Find the function that cuts a language's text into words.

    Parameters
    ----------
    tokenizer : {"auto", "spaced", "elided", "chinese", "japanese", "whitespace"} or callable
        ``"auto"`` chooses by `language`: Chinese and Japanese have their own, French, Italian and a few
        others are ``"elided"``, the rest is ``"spaced"``. A callable takes a text and returns its words; to
        be pickled it must be importable: a function of a module, not a lambda.
    language : str
        ISO 639-1 code. A script or region after it is ignored: ``"zh-Hant"`` counts as ``"zh"``.

    Returns
    -------
    function : callable
        Takes a text, returns a list of words.

    Raises
    ------
    InputError
        If there is no such tokenizer, or ``"auto"`` knows none for the language.

    Examples
    --------
    >>> from skxtm.tokenizers import get_tokenizer
    >>> get_tokenizer("auto", "en")("The cat's whiskers")
    ['the', 'cats', 'whiskers']
    """
    if callable(tokenizer):
        return tokenizer
    if tokenizer == "auto":
        return TOKENIZERS[_name_by_language(language)]
    if not isinstance(tokenizer, str) or tokenizer not in TOKENIZERS:
        raise InputError(
            f"tokenizer must be 'auto', one of {list(TOKENIZERS)} or a callable. Got {tokenizer!r}."
        )
    return TOKENIZERS[tokenizer]


def primary_code(language: str) -> str:
    """Strip script and region from a language code.

    Parameters
    ----------
    language : str
        A language code, such as ``"zh-Hant"`` or ``"pt_BR"``.

    Returns
    -------
    code : str
        The language alone, in lower case: ``"zh"``, ``"pt"``.
    """
    return re.split("[-_]", language.casefold())[0]


def _name_by_language(language: str) -> str:
    code = primary_code(language)
    if code in _UNSPACED:
        raise InputError(
            f"tokenizer='auto' cannot cut {language!r} into words, because its script puts no spaces between "
            f"them. Pass a callable that returns the words of a text: tokenizer={{{language!r}: function}}."
        )
    if code in _MISTAKEN_CODES:
        raise InputError(
            f"tokenizer='auto' does not know the language {language!r}. Language codes are ISO 639-1: did "
            f"you mean {_MISTAKEN_CODES[code]!r}?"
        )
    return _AUTO.get(code, "spaced")


def _normalized(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def _spaced_words(folded: str) -> list[str]:
    return _with_letters(_word_pattern().findall(_APOSTROPHES.sub("", folded)))


def _with_letters(words: Iterable[str]) -> list[str]:
    return [word for word in words if word.isalpha() or any(map(str.isalpha, word))]


@lru_cache(maxsize=1)
def _word_pattern() -> re.Pattern[str]:
    r"""Pattern of a word; `\w` alone would cut Hindi at each vowel sign.

    Marks beyond U+FFFF (Chakma, Adlam) are left out: with them, matching takes five times as long.
    """
    marks = "".join(char for char in map(chr, range(0x10000)) if unicodedata.category(char)[0] == "M")
    return re.compile(rf"\w[\w{marks}]+")


@lru_cache(maxsize=1)
def _chinese_segmenter() -> Any:
    """Load the segmenter; an own instance, because other code may add words to rjieba's global one."""
    return import_optional("rjieba", extra="zh", purpose="Segmenting Chinese").Jieba()


@lru_cache(maxsize=1)
def _japanese_segmenter() -> Any:
    """Load the tagger with unidic-lite named, because fugashi would prefer any UniDic it finds."""
    fugashi = import_optional("fugashi", extra="ja", purpose="Segmenting Japanese")
    folder = import_optional("unidic_lite", extra="ja", purpose="Segmenting Japanese").DICDIR
    return fugashi.GenericTagger(f'-Owakati -r "{folder}/mecabrc" -d "{folder}"')
