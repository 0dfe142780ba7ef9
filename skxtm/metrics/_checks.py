"""Checks that several metrics share."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm.corpus._checks import canonical_codes, is_missing, named_rows, refuse_faults
from skxtm.exceptions import InputError, InputTypeError
from skxtm.languages import canonical_code


def column(values: Any, name: str, n_rows: int, rows: str) -> NDArray[Any]:
    """Return values as an array that has one for each of the rows, which are named for the message."""
    array = np.asarray(values)
    if array.shape != (n_rows,):
        raise InputError(
            f"{name} must have one value for each of the {n_rows} {rows}. "
            f"Got an array of shape {array.shape} instead."
        )
    return array


def language_column(values: Any, name: str, n_rows: int, rows: str) -> NDArray[np.object_]:
    """Return languages, under their canonical codes, as an array that has one for each of the rows."""
    codes, faults = canonical_codes(column(np.asarray(values, dtype=object), name, n_rows, rows))
    refuse_faults(faults)
    return codes


def canonical_list(languages: Sequence[str]) -> list[str]:
    """Return languages that were asked for by their canonical codes."""
    if isinstance(languages, str):
        raise InputTypeError(f"languages is one str; give a list of codes, such as [{languages!r}].")
    return [canonical_code(language) for language in languages]


def label_column(values: Any, name: str, n_rows: int, rows: str) -> NDArray[Any]:
    """Return labels, none of them missing, as an array that has one for each of the rows."""
    # beside strings numpy would make a string of NaN
    labels = column(np.asarray(values, dtype=object), name, n_rows, rows)
    missing = [row for row, value in enumerate(labels) if is_missing(value)]
    if missing:
        raise InputError(f"{name} has no label in {named_rows(missing)}. Leave such rows out.")
    return np.asarray(labels.tolist())
