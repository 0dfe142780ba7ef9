"""Normal forms: when two spellings count as the same word.

A word is compared in up to three forms: as it is written, its light form (Unicode NFKC, case folded, without
apostrophes and the like), and the normal form of its language made from the light form. Two words match if
any form of one equals any form of the other. All three are needed: published lexicons are often stemmed
already, and the stem of a stem is often another string.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from itertools import chain, count, repeat
from typing import Any

import numpy as np
from langcodes import registry_parser
from scipy.sparse import csr_array

from skxtm._optional import import_optional
from skxtm.exceptions import InputError
from skxtm.languages import UNDETERMINED, base_language, script_of

__all__ = [
    "NORMALIZERS",
    "FormIndex",
    "inflection_stems",
    "is_chinese",
    "light_forms",
    "normal_forms",
    "same_word_forms",
    "simplified_chinese",
    "stems",
    "without_long_vowel_marks",
]

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

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    text : str
    """
    if text.isascii():
        return text.replace("\0", "")
    text = unicodedata.normalize("NFKC", text.replace("´", "'").replace("\u2206", "Δ"))
    text = text.replace("\u0e4d\u0e32", "\u0e33").replace("\u0ecd\u0eb2", "\u0eb3")
    return _INVISIBLE.sub("", text)


def dotless(text: str) -> str:
    """Write the two capitals i of Turkish as small letters, which `str.lower` confuses.

    Parameters
    ----------
    text : str
        Turkish, or of another language with these letters.

    Returns
    -------
    text : str
    """
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


#: Languages whose small letter of I has no dot.
DOTLESS = frozenset({"az", "crh", "gag", "tr"})
_WITH_VOWEL_SIGNS = frozenset({"ks", "yi"})
# The dot above an i, quotation marks within Hebrew words, geresh and gershayim, and the Arabic tatweel.
_SILENT_ANYWHERE = (
    rf"[{re.escape(APOSTROPHES)}{JOINERS}{MIDDLE_DOT}׳״\u0640]"
    '|(?<=i)\u0307|(?<=[\u05d0-\u05ea])["”](?=[\u05d0-\u05ea])'
)
_VOWEL_SIGNS = "[\u064b-\u0652\u0670\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]"
_SILENT = re.compile(_SILENT_ANYWHERE)
_SILENT_WITH_VOWEL_SIGNS = re.compile(f"{_SILENT_ANYWHERE}|{_VOWEL_SIGNS}")
# A name that is made by what elsewhere is punctuation, as c++ and c#.
_NAME_WITH_SYMBOLS = re.compile("[a-z][+#]+")
# To the letters that the Arabic stemmer knows; Persian has none.
_ARABIC_LETTERS = str.maketrans("یک", "يك")

_SNOWBALL_ALGORITHMS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "porter",  # the released lexicons hold Porter's stems, not those of its successor "english"
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}


def light_forms(words: Sequence[str], language: str = UNDETERMINED) -> list[str]:
    """Fold what does not make another word: case, width, apostrophes, joiners, optional vowel signs.

    Unicode NFKC, case folding, NFKC again; then apostrophes, joiners, the middle dot, the marks of Hebrew
    abbreviations, and the lengthening and vowel signs of Arabic and Hebrew are deleted, the Persian letters
    ye and kaf become the Arabic ones, and punctuation and symbols around the word are stripped.

    Parameters
    ----------
    words : sequence of str of length n
    language : str, default="und"
        Code of the words' language. Turkish and its relatives have a dotless i; the vowel signs of Yiddish
        and Kashmiri are kept.

    Returns
    -------
    light : list of str of length n
        Never empty where the word is not.

    Examples
    --------
    >>> from skxtm.normalization import light_forms
    >>> light_forms(["Straße", "ＡＡ制", "ｲﾝﾁ", "Don’t", "word,"])
    ['strasse', 'aa制', 'インチ', 'dont', 'word']
    >>> light_forms(["IŞIK"], "tr")
    ['ışık']
    """
    base = base_language(language)
    silent = _SILENT if base in _WITH_VOWEL_SIGNS else _SILENT_WITH_VOWEL_SIGNS

    def fold(text: str) -> str:
        text = compatible(text)
        if base in DOTLESS:
            text = dotless(text)
        # case folding can leave a sequence that NFKC composes, as with U+0390
        text = compatible(text.casefold())
        return silent.sub("", text).translate(_ARABIC_LETTERS)

    folded = _convert_all(words, fold)
    return [
        light if light.isalpha() else _without_punctuation(light) or light or word
        for light, word in zip(folded, words, strict=True)
    ]


def _without_punctuation(word: str) -> str:
    """Strip what is around a word; of ``c++`` and ``c#``, the name is all of it."""
    if _NAME_WITH_SYMBOLS.fullmatch(word):
        return word
    return word.lstrip(punctuation() + combining_marks()).rstrip(punctuation())


def same_word_forms(words: Sequence[str], language: str) -> list[str]:
    """Return for each word a form that is the same for all its spellings, and for no other word.

    The light form, in simplified characters for Chinese.

    Parameters
    ----------
    words : sequence of str of length n
    language : str
        Code of the words' language.

    Returns
    -------
    forms : list of str of length n

    Raises
    ------
    MissingDependencyError
        If a word is Chinese and opencc is not installed.

    Examples
    --------
    >>> from skxtm.normalization import same_word_forms
    >>> same_word_forms(["貓", "猫", "Ａ股"], "zh-TW")
    ['猫', '猫', 'a股']
    """
    light = light_forms(words, language)
    return simplified_chinese(light) if is_chinese(language) else light


def inflection_stems(words: Sequence[str], language: str) -> list[str]:
    """Return for each word a stem that it shares with its inflections.

    Parameters
    ----------
    words : sequence of str of length n
        Light forms.
    language : str
        Code of the words' language.

    Returns
    -------
    stems : list of str of length n

    Raises
    ------
    InputError
        If there is no stemmer for the language.
    MissingDependencyError
        If PyStemmer is not installed.

    Examples
    --------
    >>> from skxtm.normalization import inflection_stems
    >>> inflection_stems(["prozess", "prozesses", "prozesse"], "de")
    ['prozess', 'prozess', 'prozess']
    """
    base = base_language(language)
    if base not in _SNOWBALL_ALGORITHMS:
        raise InputError(
            f"There is no stemmer for language {language!r}, only for {sorted(_SNOWBALL_ALGORITHMS)}. "
            f"Pass merge_inflections={{{language!r}: False}}."
        )
    return stems(words, _SNOWBALL_ALGORITHMS[base])


def is_chinese(language: str) -> bool:
    """Tell whether a language is written in Chinese characters alone, as Cantonese is too.

    Parameters
    ----------
    language : str
        Code of a language.

    Returns
    -------
    answer : bool
    """
    return script_of(language) in {"Hans", "Hant", "Hani"}


def stems(words: Sequence[str], algorithm: str) -> list[str]:
    """Reduce light forms to their Snowball stems.

    Parameters
    ----------
    words : sequence of str of length n
        In lower case.
    algorithm : str
        A Snowball algorithm, such as ``"porter"`` or ``"german"``.

    Returns
    -------
    stems : list of str of length n

    Raises
    ------
    MissingDependencyError
        If PyStemmer is not installed.
    """
    stemmer = import_optional("Stemmer", extra="text", purpose="Matching words by their stems")
    stemmed: list[str] = stemmer.Stemmer(algorithm).stemWords(words)
    return stemmed


def simplified_chinese(words: Sequence[str]) -> list[str]:
    """Write Chinese words in simplified characters.

    Parameters
    ----------
    words : sequence of str of length n

    Returns
    -------
    simplified : list of str of length n

    Raises
    ------
    MissingDependencyError
        If opencc is not installed and a word is not ASCII.
    """
    if all(map(str.isascii, words)) or not any(map(_traditional_characters().search, words)):
        return list(words)
    return _convert_all(words, _traditional_to_simplified().convert)


NORMALIZERS: dict[str, Callable[[Sequence[str]], list[str]]] = {
    language: partial(stems, algorithm=algorithm) for language, algorithm in _SNOWBALL_ALGORITHMS.items()
} | {"zh": simplified_chinese}
"""Language code to the function that turns light forms, a sequence of str, into as many normal forms.

A language that is not here is compared by its light forms alone. Japanese is left out on purpose: the one
candidate, dropping the long-vowel mark, would make one word of ビル (building) and ビール (beer). Where a
vocabulary has dropped it, respell the lexicon by `without_long_vowel_marks`.
"""


def normal_forms(words: Sequence[str], language: str) -> tuple[Sequence[str], ...]:
    """List every form in which words are compared.

    Parameters
    ----------
    words : sequence of str of length n
    language : str
        Code of the words' language.

    Returns
    -------
    forms : tuple of two or three sequences of str of length n
        The words themselves, their light forms and, for a language in `NORMALIZERS`, their normal forms.

    Raises
    ------
    MissingDependencyError
        If the library for the language is not installed.

    Examples
    --------
    >>> from skxtm.normalization import normal_forms
    >>> normal_forms(["ﾃﾚﾋﾞ", "PC"], "ja")
    (['ﾃﾚﾋﾞ', 'PC'], ['テレビ', 'pc'])
    """
    light = light_forms(words, language)
    base = "zh" if is_chinese(language) else base_language(language)
    if base not in NORMALIZERS:
        return words, light
    return words, light, NORMALIZERS[base](light)


def without_long_vowel_marks(word: str) -> str:
    """Drop the Japanese long-vowel mark, as the released Rakuten Amazon vocabulary does.

    For a lexicon that is to serve such a vocabulary: ``lexicon.respell("ja", without_long_vowel_marks)``. A
    word that is nothing but marks stays.

    Parameters
    ----------
    word : str

    Returns
    -------
    shorter : str

    Examples
    --------
    >>> from skxtm.normalization import without_long_vowel_marks
    >>> without_long_vowel_marks("ケーキ")
    'ケキ'
    """
    return word.replace("ー", "").replace("ｰ", "") or word


class FormIndex:
    """Finds, for any words, the words of a fixed list that count as the same.

    Parameters
    ----------
    words : sequence of str of length n
    forms_of : callable
        Turns a sequence of words into one or more sequences of the same length, the forms to compare.

    Examples
    --------
    >>> from skxtm.normalization import FormIndex, normal_forms
    >>> index = FormIndex(["Ａ", "b", "B"], lambda words: normal_forms(words, "ja"))
    >>> index.find(["a", "c", "b"]).toarray()
    array([[ True, False, False],
           [False, False, False],
           [False,  True,  True]])
    """

    def __init__(self, words: Sequence[str], forms_of: Callable[..., Iterable[Sequence[str]]]) -> None:
        number_of: defaultdict[str, int] = defaultdict(count().__next__)
        columns = [list(map(number_of.__getitem__, column)) for column in forms_of(words)]
        self._forms_of = forms_of
        self._number_of: Mapping[str, int] = dict(number_of)
        self._words_by_form = self._incidence(columns)

    def find(self, words: Sequence[str]) -> csr_array:
        """Compare words with those of the index.

        Parameters
        ----------
        words : sequence of str of length m

        Returns
        -------
        same : csr_array of bool of shape (m, n)
            True where the two words share a form.
        """
        columns = [list(map(self._number_of.get, column, repeat(-1))) for column in self._forms_of(words)]
        return (self._incidence(columns) @ self._words_by_form.T).tocsr()

    def _incidence(self, columns: Sequence[Sequence[int]]) -> csr_array:
        numbers = np.array(columns, dtype=np.int32)  # (kinds of form, words), -1: a form that the index lacks
        kind, word = np.nonzero(numbers >= 0)
        shape = (numbers.shape[1], len(self._number_of))
        return csr_array((np.ones(len(word), dtype=bool), (word, numbers[kind, word])), shape=shape)


def _convert_all(words: Sequence[str], convert: Callable[[str], str]) -> list[str]:
    """Apply ``convert`` to the words joined by line breaks: one call instead of one per word."""
    joined = "\n".join(words)
    converted = convert(joined)
    if converted == joined:
        return list(words)
    lines = converted.split("\n")
    return lines if len(lines) == len(words) else [convert(word) for word in words]


@cache
def _traditional_characters() -> re.Pattern[str]:
    """Match a character that is written otherwise in simplified Chinese."""
    ideographs = "".join(map(chr, chain(range(0x3400, 0xA000), range(0xF900, 0xFB00))))
    pairs = zip(ideographs, _traditional_to_simplified().convert(ideographs), strict=True)
    return re.compile(f"[{''.join(before for before, after in pairs if before != after)}]")


@cache
def _traditional_to_simplified() -> Any:
    opencc = import_optional("opencc", extra="zh", purpose="Matching Chinese words by normal form")
    return opencc.OpenCC("t2s")
