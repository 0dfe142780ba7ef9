"""Languages found from texts alone."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm._optional import import_optional
from skxtm.corpus._checks import named_rows, string_column
from skxtm.exceptions import InputError, UncertainLanguageWarning
from skxtm.languages import canonical_code

Texts = Sequence[str] | NDArray[np.object_]

# hardly more likely than all other languages together
LEAST_CERTAINTY = 0.6
# a language that fewer texts seem to be in is what odd ones were taken for
_LEAST_SHARE = 0.01
# languages that plain texts of a larger one are taken for, which are found only where they are named
_ONLY_IF_NAMED = {"ary": "ar", "arz": "ar", "nn": "no", "wuu": "zh"}
# codes of languages that py3langid knows by another
_LABEL_OF = {"nb": "no"}
_REMEDY = (
    "Name the languages to choose from, as in languages=['de', 'en'], or give the language of each document."
)
# what py3langid says of text that is in no language
_NO_LANGUAGE = "zxx"


@dataclass(frozen=True)
class DetectedLanguages:
    """The most likely language of each text.

    Parameters
    ----------
    codes : ndarray of str objects of shape (n_texts,)
        Canonical codes. A text that says nothing of its language, such as a number, has the one that is
        most frequent among the others.
    certainty : ndarray of shape (n_texts,)
        Probability of the language among those that were to choose from.

    Examples
    --------
    >>> from skxtm.corpus import detect_languages
    >>> detected = detect_languages(["Regen und Wind am Abend", "rain and wind at night"], ["de", "en"])
    >>> detected.codes.tolist(), bool((detected.certainty > 0.9).all())
    (['de', 'en'], True)
    """

    codes: NDArray[np.object_]
    certainty: NDArray[np.floating]


def detect_languages(texts: Texts, languages: Sequence[str] | None = None) -> DetectedLanguages:
    """Find the language of each text by py3langid (extra ``detect``).

    Parameters
    ----------
    texts : sequence of str of length n_texts
        The longer, the surer; a sentence is enough for most languages.
    languages : sequence of str or None, default=None
        Codes of the languages to choose from; None means the 135 that py3langid knows besides Egyptian and
        Moroccan Arabic, Nynorsk and Wu, for which it takes plain Arabic, Norwegian and Chinese: name them to
        find them. The fewer they are, the surer is what is found.

    Returns
    -------
    detected : DetectedLanguages

    Raises
    ------
    InputError
        If py3langid does not know one of `languages`, a text is missing, or no text says anything of its
        language.
    InputTypeError
        If `texts` is a single str.
    MissingDependencyError
        If py3langid is not installed.
    """
    texts = string_column(texts, "text")
    if isinstance(languages, str) or (languages is not None and not len(languages)):
        raise InputError(f"languages must be None or a sequence of codes, as in ['en']. Got {languages!r}.")
    identifier = copy(_identifier())  # which languages it chooses from is part of its state
    code_of = {label: canonical_code(label) for label in identifier.labels if label != _NO_LANGUAGE}
    if languages is None:
        chosen = set(code_of.values()) - set(_ONLY_IF_NAMED)
    else:
        chosen = set(map(canonical_code, languages))
        for code in chosen & set(_LABEL_OF):
            if _LABEL_OF[code] not in chosen:
                code_of[_LABEL_OF[code]] = code
    unknown = sorted(chosen - set(code_of.values()))
    if unknown:
        raise InputError(
            f"The languages {unknown} cannot be found from text, only {sorted(set(code_of.values()))}. Give "
            f"the language of each document instead."
        )
    identifier.set_languages([label for label, code in code_of.items() if code in chosen])
    ranked = [identifier.classify(text) for text in texts]
    says_something = [_says_something(text) for text in texts]
    frequent = Counter(
        code_of[label] for (label, _), says in zip(ranked, says_something, strict=True) if says
    )
    if not frequent:
        raise InputError("No text says anything of its language. Give the language of each document instead.")
    ((most_frequent, _),) = frequent.most_common(1)
    codes = [
        code_of[label] if says else most_frequent
        for (label, _), says in zip(ranked, says_something, strict=True)
    ]
    certainty = [certainty for _, certainty in ranked]
    return DetectedLanguages(np.array(codes, dtype=object), np.array(certainty, dtype=np.float64))


def languages_for(
    texts: Texts, languages: str | Sequence[str], rows: NDArray[np.intp] | None = None
) -> NDArray[np.object_]:
    """Give each text the one language that is named, or find it; warnings tell of uncertain and rare ones.

    Parameters
    ----------
    texts : sequence of str of length n_texts
        Texts without languages.
    languages : "auto" or sequence of str
        Of all that can be found those which at least one text in 100 is surely in, or those to choose from.
    rows : ndarray of int of shape (n_texts,) or None, default=None
        By which numbers the warning names texts; None means their places.

    Returns
    -------
    codes : ndarray of str objects of shape (n_texts,)

    Raises
    ------
    InputError, MissingDependencyError
        As `detect_languages` does, or if `languages` is a single code.
    """
    if (isinstance(languages, str) and languages != "auto") or not len(languages):
        raise InputError(f"languages must be 'auto' or a sequence of codes, as in ['en']. Got {languages!r}.")
    found = None
    if isinstance(languages, str):
        found = detect_languages(texts)
        languages = _frequent(found, rows)
    if len(languages) == 1:
        codes = np.full(len(texts), canonical_code(languages[0]), dtype=object)
        certainty = np.ones(len(texts)) if found is None else found.certainty
    else:
        detected = detect_languages(texts, languages)
        codes, certainty = detected.codes, detected.certainty
    uncertain = np.flatnonzero(certainty < LEAST_CERTAINTY)
    if len(uncertain):
        listed = ", ".join(f"{number:,} {code}" for code, number in Counter(codes).most_common(8))
        warnings.warn(
            f"The language of {len(uncertain):,} of {len(texts):,} documents is uncertain (probability below "
            f"{LEAST_CERTAINTY}), in {_named(uncertain, rows)}. Found: {listed}. {_REMEDY}",
            UncertainLanguageWarning,
            stacklevel=2,
        )
    return codes


def _frequent(found: DetectedLanguages, rows: NDArray[np.intp] | None) -> list[str]:
    """Choose the languages that texts are surely in, and not only a few; a warning names the few."""
    is_certain = found.certainty >= LEAST_CERTAINTY
    numbers = Counter(found.codes[is_certain if is_certain.any() else slice(None)].tolist())
    frequent = sorted(code for code in numbers if numbers[code] >= _LEAST_SHARE * numbers.total())
    rare = np.flatnonzero(is_certain & [code not in frequent for code in found.codes])
    if len(rare):
        listed = ", ".join(f"{number:,} {code}" for code, number in Counter(found.codes[rare]).most_common(8))
        warnings.warn(
            f"{len(rare):,} of {len(found.codes):,} documents seem to be in languages that fewer than "
            f"{_LEAST_SHARE:.0%} are in ({listed}), in {_named(rare, rows)}. They are taken for the "
            f"likeliest of {frequent}. {_REMEDY}",
            UncertainLanguageWarning,
            stacklevel=3,
        )
    return frequent


def _named(places: NDArray[np.intp], rows: NDArray[np.intp] | None) -> str:
    return named_rows((places if rows is None else rows[places]).tolist())


def _says_something(text: str) -> bool:
    return any(map(str.isalpha, text))


@lru_cache(maxsize=1)
def _identifier() -> Any:
    """Load an own instance, because other code may restrict the languages of the global one."""
    langid = import_optional("py3langid.langid", extra="detect", purpose="Finding the language of texts")
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
