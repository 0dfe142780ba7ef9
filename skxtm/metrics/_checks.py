"""Checks that several metrics share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm.exceptions import InputError


def column(values: Any, name: str, n_rows: int, rows: str) -> NDArray[Any]:
    """Return values as an array that has one for each of the rows, which are named for the message."""
    array = np.asarray(values)
    if array.shape != (n_rows,):
        raise InputError(
            f"{name} must have one value for each of the {n_rows} {rows}. "
            f"Got an array of shape {array.shape} instead."
        )
    return array


def is_missing(value: object) -> bool:
    """Tell None and NaN, which is unequal to itself, from a value."""
    return value is None or value != value


def check_none_missing(values: NDArray[Any], name: str) -> None:
    """Refuse a column with None or NaN in it."""
    missing = [row for row, value in enumerate(values.tolist()) if is_missing(value)]
    if missing:
        raise InputError(
            f"{name} has no value in {len(missing)} of {len(values)} rows, the first of them {missing[0]}. "
            f"Leave such rows out."
        )
