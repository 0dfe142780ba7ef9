"""Why a word that somebody asks for is in no vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from skxtm._counting.spellings import Settings, is_stop_word
from skxtm.exceptions import MissingDependencyError

_SHOWN = 5


def why_absent(words: Mapping[str, Sequence[str]], settings_of: Callable[[str], Settings]) -> str:
    """Say in a sentence why words are in no vocabulary, and what to do.

    Parameters
    ----------
    words : dict of str to sequence of str
        The words that were asked for, by language.
    settings_of : callable
        From a language to the settings that its vocabulary was learnt by.

    Returns
    -------
    reason : str
    """
    stopped = [word for code, asked in words.items() for word in _stop_words(asked, code, settings_of)]
    if not stopped:
        return (
            "A vocabulary holds words of enough documents and not too many: see min_df, max_df and "
            "max_features of the vectorizer."
        )
    named = list(dict.fromkeys(stopped))
    verb, them = ("is a stop word", "it") if len(named) == 1 else ("are stop words", "them")
    listed = ", ".join(map(repr, named[:_SHOWN]))
    return f"{listed} {verb}: to keep {them}, set stop_words of the vectorizer."


def _stop_words(words: Sequence[str], language: str, settings_of: Callable[[str], Settings]) -> list[str]:
    try:
        settings = settings_of(language)
    except MissingDependencyError:  # of a model that was saved where the lists are installed
        return []
    return [word for word, stopped in zip(words, is_stop_word(words, settings), strict=True) if stopped]
