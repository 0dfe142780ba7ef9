"""Normal forms: when two spellings count as the same word.

A word is compared in up to three forms: as it is written, its light form (Unicode NFKC, case folded), and
the normal form of its language made from the light form. Two words match if any form of one equals any form
of the other. All three are needed: published lexicons are often stemmed already, and the stem of a stem is
often another string.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from itertools import count, repeat
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from skxtm._optional import import_optional

__all__ = [
    "NORMALIZERS",
    "FormIndex",
    "light_forms",
    "normal_forms",
    "simplified_chinese",
    "stems",
    "without_long_vowel_marks",
]

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


def light_forms(words: Sequence[str]) -> list[str]:
    """Fold width, compatibility characters and case: Unicode NFKC, case folding, NFKC again.

    Parameters
    ----------
    words : sequence of str of length n

    Returns
    -------
    light : list of str of length n

    Examples
    --------
    >>> from skxtm.normalization import light_forms
    >>> light_forms(["Straße", "ＡＡ制", "ｲﾝﾁ"])
    ['strasse', 'aa制', 'インチ']
    """

    def fold(text: str) -> str:
        # case folding can leave a sequence that NFKC composes, as with U+0390
        return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())

    return _convert_all(words, fold)


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
    if all(map(str.isascii, words)):
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
        ISO 639-1 code of the words' language.

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
    light = light_forms(words)
    if language not in NORMALIZERS:
        return words, light
    return words, light, NORMALIZERS[language](light)


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
def _traditional_to_simplified() -> Any:
    opencc = import_optional("opencc", extra="zh", purpose="Matching Chinese words by normal form")
    return opencc.OpenCC("t2s")
