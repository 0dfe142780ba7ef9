"""Finding the words of an answer in a vocabulary."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm.exceptions import InputError
from skxtm.normalization import FormIndex, light_forms, normal_forms

__all__ = ["VocabularyIndex", "match_words", "swapped_languages"]

Words = Sequence[str] | NDArray[Any]


class VocabularyIndex:
    """A vocabulary, made ready for finding words in it by normal form.

    Words count as the same as in `skxtm.lexicon.Lexicon`: if they share one of the forms that
    `skxtm.normalization.normal_forms` lists. Where a word fits several of the vocabulary, the one written
    alike is taken, else one with the same light form, else the most frequent, else the first.

    Parameters
    ----------
    vocabulary : array-like of str of shape (V_l,)
    language : str
        ISO 639-1 code of its language.
    frequencies : array-like of shape (V_l,), default=None
        How often each word occurs; any unit. None takes all words for equally frequent.

    Raises
    ------
    InputError
        If `frequencies` has another length.
    MissingDependencyError
        If the library for the language's normal forms is not installed.

    Examples
    --------
    >>> from skxtm.refinement import VocabularyIndex
    >>> index = VocabularyIndex(["テレビ", "ビル", "ＰＣ"], "ja")
    >>> index.match(["ﾃﾚﾋﾞ", "pc", "ビール"])
    ([0, 2], ['ビール'])
    """

    def __init__(self, vocabulary: Words, language: str, frequencies: Any = None) -> None:
        words = [str(word) for word in vocabulary]
        frequencies = np.zeros(len(words)) if frequencies is None else np.asarray(frequencies)
        if frequencies.shape != (len(words),):
            raise InputError(
                f"frequencies must have shape ({len(words)},), one value per word of the vocabulary. "
                f"Got shape {frequencies.shape}."
            )
        self._words, self._light, self._frequencies = words, light_forms(words), frequencies
        self._index = FormIndex(words, lambda of_answer: normal_forms(of_answer, language))

    def match(self, words: Sequence[str]) -> tuple[list[int], list[str]]:
        """Find words in the vocabulary.

        Parameters
        ----------
        words : sequence of str

        Returns
        -------
        columns : list of int
            Numbers of the words found, in the order of `words`, each once.
        unknown : list of str
            The words not found, each once.
        """
        words = list(dict.fromkeys(words))
        if not words:
            return [], []
        same = self._index.find(words)
        columns: dict[int, None] = {}
        unknown = []
        for row, (word, light) in enumerate(zip(words, light_forms(words), strict=True)):
            fitting = same.indices[same.indptr[row] : same.indptr[row + 1]].tolist()
            if fitting:
                columns[self._best(fitting, word, light)] = None
            else:
                unknown.append(word)
        return list(columns), unknown

    def _best(self, fitting: Sequence[int], word: str, light: str) -> int:
        return min(
            fitting,
            key=lambda column: (
                self._words[column] != word,
                self._light[column] != light,
                -self._frequencies[column],
                column,
            ),
        )


def match_words(words: Sequence[str], vocabulary: Words, language: str) -> tuple[list[int], list[str]]:
    """Find words in a vocabulary; for more than one search, make a `VocabularyIndex`.

    Parameters
    ----------
    words : sequence of str
    vocabulary : array-like of str of shape (V_l,)
    language : str
        ISO 639-1 code of both.

    Returns
    -------
    columns : list of int
        Numbers of the words found, in the order of `words`, each once.
    unknown : list of str
        The words not found, each once.

    Raises
    ------
    MissingDependencyError
        If the library for the language's normal forms is not installed.

    See Also
    --------
    VocabularyIndex : Says when words count as the same, and which is taken of several.

    Examples
    --------
    >>> from skxtm.refinement import match_words
    >>> match_words(["雨", "RAIN", "雪"], ["Rain", "雨"], "ja")
    ([1, 0], ['雪'])
    """
    return VocabularyIndex(vocabulary, language).match(words)


def swapped_languages(
    words: Mapping[str, Sequence[str]], vocabularies: Mapping[str, VocabularyIndex]
) -> tuple[str, str] | None:
    """Find two languages whose words stand under each other's name.

    Parameters
    ----------
    words : dict of str to sequence of str
        By language.
    vocabularies : dict of str to VocabularyIndex
        Languages that it lacks are passed over.

    Returns
    -------
    pair : tuple of (str, str), or None
        Two languages each of which has more than half of its words in the other's vocabulary and not in its
        own; None if there are none.

    Examples
    --------
    >>> from skxtm.refinement import VocabularyIndex
    >>> from skxtm.refinement.matching import swapped_languages
    >>> vocabularies = {"en": VocabularyIndex(["rain"], "en"), "zh": VocabularyIndex(["雨"], "zh")}
    >>> swapped_languages({"en": ["雨"], "zh": ["rain"]}, vocabularies)
    ('en', 'zh')
    """

    def is_of(language: str, other: str) -> bool:
        strangers = vocabularies[language].match(words[language])[1]
        n_of_other = len(strangers) - len(vocabularies[other].match(strangers)[1])
        return 2 * n_of_other > len(words[language])

    known = [language for language in words if language in vocabularies]
    pairs = combinations(known, 2)
    return next((pair for pair in pairs if is_of(*pair) and is_of(*reversed(pair))), None)
