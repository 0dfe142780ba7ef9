"""Checks of the loaders' and the generator's parameters."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from numbers import Integral, Real
from typing import Any

from skxtm.exceptions import InputError, InputTypeError
from skxtm.languages import canonical_code


def check_subset(subset: str, allowed: Sequence[str]) -> None:
    if subset not in allowed:
        raise InputError(f"subset must be one of {list(allowed)}. Got {subset!r}.")


def checked_languages(
    languages: Sequence[str] | None, available: Sequence[str], dataset: str
) -> tuple[str, ...]:
    """Return the languages asked for, in the order of `available`; None means all."""
    if languages is None:
        return tuple(available)
    if isinstance(languages, str):
        raise InputTypeError(f"languages must be a sequence of language codes: write [{languages!r}].")
    named = {code: canonical_code(code) for code in languages}
    unknown = sorted(code for code, canonical in named.items() if canonical not in available)
    if unknown:
        raise InputError(f"languages contains {unknown}, which {dataset} lacks. It has {list(available)}.")
    if not named:
        raise InputError(f"languages is empty. Give some of {list(available)}, or None for all.")
    return tuple(code for code in available if code in named.values())


def check_integer(name: str, value: Any, minimum: int) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < minimum:
        raise InputError(f"{name} must be an integer of at least {minimum}. Got {value!r}.")


def check_positive(name: str, value: Any) -> None:
    if not isinstance(value, Real) or not 0 < float(value) < inf:
        raise InputError(f"{name} must be a positive finite number. Got {value!r}.")


def check_share(name: str, value: Any) -> None:
    if not isinstance(value, Real) or not 0 < float(value) <= 1:
        raise InputError(f"{name} must be a number in (0, 1]. Got {value!r}.")
