"""Tokenizers: text to words, one function per family of scripts.

All but `tokenize_whitespace` bring text to Unicode normal form NFKC, drop invisible characters, write small
letters, and keep the words that hold a letter of any script: numbers and punctuation alone are not words.
What belongs to a word's spelling stays, such as the apostrophe of ``don't``; which spellings are one word
is said by `skxtm.normalization.light_forms`. In Chinese, Korean and Thai text, words of other scripts,
and Latin ones with accents, stay whole. All are functions of a module, so that estimators which hold
them can be pickled; the dictionaries of the segmenters cannot, and stay in caches of this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from skxtm._foreign_words import CHINESE, KOREAN, THAI, cut_around_foreign, foreign_words
from skxtm._optional import import_optional
from skxtm.exceptions import InputError
from skxtm.languages import base_language, script_of
from skxtm.normalization import (
    APOSTROPHES,
    DOTLESS,
    HEBREW_MARKS,
    JOINERS,
    MIDDLE_DOT,
    combining_marks,
    compatible,
    dotless,
    simplified_chinese,
)

Tokenizer = Callable[[str], list[str]]

_ELISIONS = re.compile(f"(?<!aujourd)(?<!quelqu)[{re.escape(APOSTROPHES)}]")
# What stands before a feminine ending to mean both genders; a slash may also part two words.
_GENDER_MARKS = re.compile(
    r"[*:_·/](?<=[^\W\d_].)(?<!(?i:außen).)(?:(?<=/)-?(?i:(?=innen\b))|(?<!/)(?i:(?=innen|in\b)))"
)
# The dot that small letters leave of the Turkish capital dotted i.
_DOT_OF_CAPITAL = re.compile("(?<=i)\u0307")
# MeCab's path costs overflow, and the process dies, somewhere beyond 32,767 words in one piece.
_MECAB_PIECE = re.compile(r".{1,10000}\Z|.{1,9999}[。\n]|.{1,10000}", re.DOTALL)


def tokenize_spaced(text: str) -> list[str]:
    """Cut text of a script that puts spaces between words.

    A word has two or more characters: letters, digits, underscores, and the combining marks of scripts
    such as Devanagari. Within a word, apostrophes and joiners are part of its spelling.

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
    ["don't", 'panic', 'naïve', 'films']
    """
    return _with_letters(_word_pattern().findall(_small(compatible(text))))


def tokenize_elided(text: str) -> list[str]:
    """Cut text of a spaced script whose articles lose their vowel: Italian, Catalan and others.

    As `tokenize_spaced`, but an apostrophe ends a word: ``l'eau`` gives ``eau``. A middle dot does not.

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
    >>> tokenize_elided("L'eau qu'on boit aujourd'hui al col·legi")
    ['eau', 'qu', 'on', 'boit', "aujourd'hui", 'al', 'col·legi']
    """
    return _with_letters(_word_pattern(MIDDLE_DOT).findall(_ELISIONS.sub(" ", _small(compatible(text)))))


def tokenize_french(text: str) -> list[str]:
    """Cut French text.

    As `tokenize_elided`, but the middle dots that write both genders are left out.

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
    >>> from skxtm.tokenizers import tokenize_french
    >>> tokenize_french("L'accueil des étudiant·e·s")
    ['accueil', 'des', 'étudiantes']
    """
    return tokenize_elided(text.replace(MIDDLE_DOT, ""))


def tokenize_german(text: str) -> list[str]:
    """Cut German text.

    As `tokenize_spaced`, but signs before the endings *-innen* and *-in*, which mean both genders, are left
    out.

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
    >>> from skxtm.tokenizers import tokenize_german
    >>> tokenize_german("Mitarbeiter*innen und Kund:innen, jede Ärzt_in")
    ['mitarbeiterinnen', 'und', 'kundinnen', 'jede', 'ärztin']
    """
    return tokenize_spaced(_GENDER_MARKS.sub("", text))


def tokenize_turkic(text: str) -> list[str]:
    """Cut text of a language with a dotless i: Turkish, Azerbaijani, Crimean Tatar.

    As `tokenize_spaced`, but the small letter of ``I`` is ``ı``, and that of ``İ`` is ``i``.

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
    >>> from skxtm.tokenizers import tokenize_turkic
    >>> tokenize_turkic("IŞIK ve İstanbul")
    ['ışık', 've', 'istanbul']
    """
    return tokenize_spaced(dotless(text))


def tokenize_hebrew(text: str) -> list[str]:
    """Cut Hebrew or Yiddish text.

    As `tokenize_spaced`, but the marks of abbreviations, and quotation marks typed for them, stay in words.

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
    >>> from skxtm.tokenizers import tokenize_hebrew
    >>> tokenize_hebrew('חיילי צה"ל')
    ['חיילי', 'צה"ל']
    """
    return _with_letters(_word_pattern(HEBREW_MARKS).findall(_small(compatible(text))))


def tokenize_chinese(text: str) -> list[str]:
    """Cut Chinese text with rjieba, which reproduces jieba.

    Traditional text is cut where its simplified form would be, for which the dictionary was made. Case is
    folded after the cut, because the dictionary holds words such as ``T恤`` and ``A股``.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    words : list of str
        As written, in the order of the text; words of one character included.

    Raises
    ------
    MissingDependencyError
        If rjieba or opencc, of the extra ``zh``, is not installed.
    """
    text = compatible(text).replace("İ", "i")  # of whose small letter `str.lower` makes two
    words = cut_around_foreign(text, CHINESE, _cut_chinese)
    return _with_letters(map(str.lower, words))


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
    words: list[str] = []
    for piece in _MECAB_PIECE.findall(_small(compatible(text))):
        for word in segment(piece).split():
            if word.strip("ー"):
                words.append(word)
            elif words and words[-1] + word in piece and words[-1][-1].isalpha():
                words[-1] += word  # the dictionary's words end where a long vowel is written out
    return _with_letters(words)


def tokenize_korean(text: str) -> list[str]:
    """Cut Korean text with Kiwi: words without their particles and endings.

    Verbs and adjectives are given in the form of dictionaries, which ends in ``다``.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    words : list of str
        In the order of the text; words of one character included.

    Raises
    ------
    MissingDependencyError
        If kiwipiepy, of the extra ``ko``, is not installed.
    """
    text = _small(compatible(text))
    tokens = _korean_segmenter().tokenize(text)
    lemmas = [(token.start, token.lemma) for token in tokens if token.tag.startswith(_KOREAN_WORDS)]
    foreign = list(foreign_words(KOREAN)(text))
    if foreign:  # Kiwi reads on from a word to its particle, so that its text is cut as a whole
        within = {place for word in foreign for place in range(*word.span())}
        lemmas = [lemma for lemma in lemmas if lemma[0] not in within]
        lemmas = sorted(lemmas + [(word.start(), word[0]) for word in foreign], key=itemgetter(0))
    words = (word for _, lemma in lemmas for word in lemma.split())  # older Kiwi keeps U+0085 in a word
    return _with_letters(word for word in words if word.strip(_JAMO))


def tokenize_thai(text: str) -> list[str]:
    """Cut Thai text with PyThaiNLP's dictionary: the fewest words that fit ("newmm").

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    words : list of str
        In the order of the text; words of one character included.

    Raises
    ------
    MissingDependencyError
        If pythainlp, of the extra ``th``, is not installed.
    """
    segment = partial(_thai_segmenter(), engine="newmm-safe")
    words = cut_around_foreign(_small(compatible(text)), THAI, segment)
    return _with_letters(part for word in words for part in word.split())


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
        "french": tokenize_french,
        "german": tokenize_german,
        "turkic": tokenize_turkic,
        "hebrew": tokenize_hebrew,
        "chinese": tokenize_chinese,
        "japanese": tokenize_japanese,
        "korean": tokenize_korean,
        "thai": tokenize_thai,
        "whitespace": tokenize_whitespace,
    }
)

#: Those that cut at spaces and punctuation.
SPACED = (
    tokenize_spaced,
    tokenize_elided,
    tokenize_french,
    tokenize_german,
    tokenize_turkic,
    tokenize_hebrew,
)

# Italian and its dialects, the neighbours of French, Occitan, Catalan, Friulian, Ladin, Sardinian.
_ELIDING = "ca co egl eml frp fur it lij lld lmo nap nrf oc pcd pms rgn rm sc scn vec wa"
_BY_LANGUAGE = dict.fromkeys(_ELIDING.split(), "elided") | dict.fromkeys(DOTLESS, "turkic")
_BY_LANGUAGE |= {"fr": "french", "de": "german"}
_BY_SCRIPT = {
    "Hans": "chinese",
    "Hant": "chinese",
    "Hani": "chinese",
    "Jpan": "japanese",
    "Hira": "japanese",
    "Kana": "japanese",
    "Hrkt": "japanese",
    "Kore": "korean",
    "Hang": "korean",
    "Thai": "thai",
    "Hebr": "hebrew",
}
#: Scripts without spaces between words for which there is no tokenizer.
_UNKNOWN_UNSPACED = frozenset({"Khmr", "Laoo", "Mymr"})
#: Letters of which syllables are made; alone they stand for laughter and the like.
_JAMO = "".join(map(chr, range(0x1100, 0x1200)))
#: Nouns, verbs, adjectives, adverbs, interjections, roots, unknown words, and words in other scripts.
_KOREAN_WORDS = ("N", "V", "M", "IC", "XR", "UN", "SL", "SH")


def get_tokenizer(tokenizer: str | Tokenizer, language: str) -> Tokenizer:
    """Find the function that cuts a language's text into words.

    Parameters
    ----------
    tokenizer : {"auto", "spaced", "elided", "french", "german", "turkic", "hebrew", "chinese", "japanese", \
"korean", "thai", "whitespace"} or callable
        ``"auto"`` chooses by `language` and its script: Chinese with Cantonese, Japanese, Korean, Thai,
        Hebrew, French and German have their own, Italian, Catalan and others are ``"elided"``, Turkish is
        ``"turkic"``, the rest is ``"spaced"``. A callable takes a text and returns its words; to be pickled
        it must be importable: a function of a module, not a lambda.
    language : str
        Any code that `skxtm.languages.canonical_code` reads.

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
    >>> get_tokenizer("auto", "eng")("The cat's whiskers")
    ['the', "cat's", 'whiskers']
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


def _name_by_language(language: str) -> str:
    script = script_of(language)
    if script in _UNKNOWN_UNSPACED:
        raise InputError(
            f"tokenizer='auto' cannot cut {language!r} into words, because its script puts no spaces between "
            f"them. Pass a callable that returns the words of a text: tokenizer={{{language!r}: function}}."
        )
    return _BY_SCRIPT.get(script or "") or _BY_LANGUAGE.get(base_language(language), "spaced")


def _small(text: str) -> str:
    small = text.lower()
    return _DOT_OF_CAPITAL.sub("", small) if "\u0307" in small else small


def _cut_chinese(text: str) -> list[str]:
    (simplified,) = simplified_chinese([text])
    words: list[str] = _chinese_segmenter().cut(simplified)
    if simplified != text and len(simplified) == len(text):
        words = list(_pieces(text, map(len, words)))
    return words


def _pieces(text: str, lengths: Iterable[int]) -> Iterator[str]:
    start = 0
    for length in lengths:
        yield text[start : start + length]
        start += length


def _with_letters(words: Iterable[str]) -> list[str]:
    return [word for word in words if word.isalpha() or any(map(str.isalpha, word))]


@lru_cache(maxsize=4)
def _word_pattern(inner: str = "") -> re.Pattern[str]:
    r"""Pattern of a word that may have `inner` characters between its first and its last.

    `\w` alone would cut Hindi at each vowel sign.
    """
    marks = combining_marks()
    return re.compile(rf"\w[\w{marks}{JOINERS}{re.escape(APOSTROPHES + inner)}]*[\w{marks}]")


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


@lru_cache(maxsize=1)
def _korean_segmenter() -> Any:
    return import_optional("kiwipiepy", extra="ko", purpose="Segmenting Korean").Kiwi()


@lru_cache(maxsize=1)
def _thai_segmenter() -> Any:
    return import_optional("pythainlp.tokenize", extra="th", purpose="Segmenting Thai").word_tokenize
