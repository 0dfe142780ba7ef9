"""Parameters of `CrossLingualVectorizer` for one language, checked."""

from __future__ import annotations

import reprlib
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from skxtm._counting.reader import Reader, is_list_of_str
from skxtm._optional import import_optional
from skxtm.cleaning import KINDS
from skxtm.exceptions import InputError
from skxtm.languages import base_language

# Lists that stopwordsiso keeps under another code.
_CODES_OF_LISTS = {"fil": "tl", "nb": "no", "nn": "no"}


def checked_frequency(value: Any, name: str, language: str) -> float:
    """Check a number or share of documents."""
    if _is_positive_int(value):
        return value
    if isinstance(value, float | np.floating) and 0 <= value <= 1:
        return float(value)
    raise InputError(
        f"{name} of language {language!r} must be an int of at least 1 or a float from 0 to 1. Got {value!r}."
    )


def checked_max_features(value: Any, language: str) -> int | None:
    """Check a number of words."""
    if value is None or _is_positive_int(value):
        return value
    raise InputError(
        f"max_features of language {language!r} must be None or an int of at least 1. Got {value!r}."
    )


def _is_positive_int(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= 1)


def checked_kinds(value: Any, language: str) -> tuple[str, ...]:
    """Check kinds of what is removed from texts, and put them into their order."""
    if is_list_of_str(value) and set(value) <= set(KINDS):
        return tuple(kind for kind in KINDS if kind in value)
    raise InputError(f"clean of language {language!r} must be a collection of {list(KINDS)}. Got {value!r}.")


def checked_range(value: Any, language: str) -> tuple[int, int]:
    """Check the least and the greatest length of n-grams."""
    is_range = isinstance(value, (tuple, list)) and len(value) == 2 and all(map(_is_positive_int, value))
    if is_range and value[0] <= value[1]:
        return int(value[0]), int(value[1])
    raise InputError(
        f"ngram_range of language {language!r} must be two ints of at least 1, the least first. "
        f"Got {value!r}."
    )


def resolved_stop_words(value: Any, reader: Reader) -> frozenset[str]:
    """Look up the words, and add what the tokenizer makes of each."""
    if value is None:
        return frozenset()
    if isinstance(value, str) and value == "iso":
        value = ["iso"]
    if not is_list_of_str(value):
        raise InputError(
            f"stop_words of language {reader.language!r} must be 'iso', None or a list of words. "
            f"Got {reprlib.repr(value)}."
        )
    if "iso" in value:
        value = _iso_stop_words(reader.language).union(value) - {"iso"}
    cut = replace(reader, ngram_range=(1, 1), clean=()).cut(value, Counter())
    return frozenset(value).union(*(words for words in cut if len(words) == 1))


def _iso_stop_words(language: str) -> set[str]:
    library = import_optional("stopwordsiso", extra="text", purpose="stop_words='iso'")
    code = base_language(language)
    code = _CODES_OF_LISTS.get(code, code)
    if not library.has_lang(code):
        raise InputError(
            f"stop_words='iso' has no list for language {language!r}. Pass stop_words={{{language!r}: None}} "
            "to keep all words, or a list in place of None."
        )
    return library.stopwords(code)
