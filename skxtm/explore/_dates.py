"""When documents are from, and which group they are of: values beside documents, read in one way."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np

from skxtm.exceptions import InputError

# 05.03.2024, 5/3/24 and the like, whose order of day and month is not seen
_DAY_AND_MONTH = re.compile(r"\s*(\d{1,2})(?:([./])(\d{1,2})[./](?:\d{4}|\d{2})|(-)(\d{1,2})-\d{4})(?!\d)")
_HAS_YEAR = re.compile(r"\d{4}")
_ZONE = re.compile(r":\d\d(?:[.,]\d+)?\s*(Z|[+-]\d\d:?\d\d)\s*$", re.IGNORECASE)  # behind hours and minutes
_NO_DATE = "?"
_REMEDY = "Write them as 2026-11-30, or give None where there is none."


def values_beside(X: Any, values: Any, name: str) -> Any:
    """Take what stands beside documents: values, or the name of a column of their DataFrame.

    Parameters
    ----------
    X : DataFrame or anything else that holds documents
        The documents.
    values : sequence, or str
        A value of each document; a str names a column of `X`.
    name : str
        Of the parameter.

    Returns
    -------
    values : sequence

    Raises
    ------
    InputError
        If it is no column, or more than one, or nothing that holds values.
    """
    columns, is_many = getattr(X, "columns", ()), isinstance(values, Iterable)
    if not is_many or (isinstance(values, str) and values not in columns):
        raise InputError(
            f"{name} must hold a value for each document, or name a column of a DataFrame X. Got {values!r}."
        )
    if isinstance(values, str):
        return X[values]
    shape: tuple[Any, ...] = getattr(values, "shape", (None,))
    if len(shape) == 2 and shape[1] == 1:
        return values[values.columns[0]] if hasattr(values, "columns") else values[:, 0]
    if len(shape) != 1:
        raise InputError(
            f"{name} must hold one value for each document. Got an array of shape {values.shape}."
        )
    return values


def plain_series(pandas: Any, values: Any) -> Any:
    """Bring values of any container into a series of plain objects, numbered from 0."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        values = pandas.DatetimeIndex(values)
    return pandas.Series(values.tolist() if hasattr(values, "tolist") else list(values), dtype=object)


def check_length(n_values: int, n_documents: int, name: str) -> None:
    """Refuse values that are not as many as documents."""
    if n_values != n_documents:
        raise InputError(f"{name} has {n_values} rows, but X has {n_documents}.")


def read_times(pandas: Any, dates: Any, n_documents: int, dayfirst: bool | None) -> Any:
    """Read dates.

    Parameters
    ----------
    pandas : module
        Which reads them.
    dates : sequence of length n_documents
        As for `skxtm.explore.topics_over_time`.
    n_documents : int
        How many there must be.
    dayfirst : bool or None
        Whether 05/03/2024 is in March; None finds it from all dates.

    Returns
    -------
    times : Series of datetime64
        Not a time where there is no date. As the clock of their zone has them, if all have the same; else
        as that of UTC.

    Raises
    ------
    InputError
        If a date cannot be read, or may be read in two ways.
    """
    if dayfirst not in (True, False, None):
        raise InputError(f"dayfirst must be True, False or None. Got {dayfirst!r}.")
    values = plain_series(pandas, dates)
    check_length(len(values), n_documents, "dates")
    values = values.map(lambda value: _plain(pandas, value))
    is_text = values.map(lambda value: isinstance(value, str))
    texts = values[is_text]
    has_order = texts.map(lambda text: _DAY_AND_MONTH.match(text) is not None)
    ordered = texts[has_order.astype(bool)]
    options = {"errors": "coerce", "utc": True, "format": "mixed"}
    times = pandas.to_datetime(values.drop(ordered.index), **options)
    # to_datetime takes 2024/03/05 for May with dayfirst, and asks each string by itself otherwise
    first = _is_day_first(ordered) if dayfirst is None else dayfirst
    fitting = ordered[ordered.map(lambda text: _month(text, first) <= 12).astype(bool)]
    times = pandas.concat([times, pandas.to_datetime(fitting, dayfirst=first, **options)])
    times = times.reindex(values.index)
    zones = {str(zone): zone for zone in map(_zone, values[times.notna()])}
    if len(zones) == 1 and None not in zones.values():  # else a day in Tokyo would begin the day before
        times = times.dt.tz_convert(next(iter(zones.values())))
    times = times.dt.tz_localize(None)
    is_blank = values.isna() | (values.astype(str).str.strip() == "")
    unread = np.flatnonzero(times.isna() & ~is_blank)
    if len(unread):
        raise InputError(
            f"{len(unread)} of the dates cannot be read, the first in row {unread[0]}: "
            f"{plain_series(pandas, dates)[unread[0]]!r}. {_REMEDY}"
        )
    if times.isna().all():
        raise InputError("No document has a date. Give at least one.")
    return times


def _plain(pandas: Any, value: Any) -> Any:
    """Bring years and periods into what is read as when they begin, and what has no year into no date."""
    if isinstance(value, pandas.Period):
        return value.start_time
    if isinstance(value, str):
        year = re.fullmatch(r"\s*(\d{4})(?:\.0)?\s*", value)  # as numbers beside an empty cell are written
        if year:
            return year[1]
        is_date = _HAS_YEAR.search(value) or _DAY_AND_MONTH.match(value)
        return value if is_date or not value.strip() else _NO_DATE
    if isinstance(value, (int, float, np.integer, np.floating)) and value == value:  # no nan
        return str(int(value)) if 1000 <= value <= 9999 and value == int(value) else _NO_DATE
    return value


def _zone(value: Any) -> Any:
    """Tell in which zone a date is; None if it does not say."""
    if not isinstance(value, str):
        return getattr(value, "tzinfo", None)
    found = _ZONE.search(value)
    return datetime.strptime(found[1].upper(), "%z").tzinfo if found else None


def _order(text: str) -> tuple[int, int]:
    match = _DAY_AND_MONTH.match(text)
    assert match is not None
    return int(match[1]), int(match[3] or match[5])


def _month(text: str, day_first: bool) -> int:
    return _order(text)[int(day_first)]


def _is_day_first(texts: Any) -> bool:
    """Find which of two numbers is the day, for all dates alike."""
    orders = texts.map(_order)
    is_first, is_second = (
        orders.map(lambda order, place=place: order[place] > 12).astype(bool) for place in (0, 1)
    )
    if is_first.any() and is_second.any():
        raise InputError(
            f"Some dates have the day first, as {texts[is_first].iloc[0]!r} in row {is_first.idxmax()}, some "
            f"the month, as {texts[is_second].iloc[0]!r} in row {is_second.idxmax()}. {_REMEDY}"
        )
    if is_first.any() or is_second.any() or texts.empty:
        return bool(is_first.any())
    unclear = texts[orders.map(lambda order: order[0] != order[1]).astype(bool)]
    if len(unclear) and not unclear.str.contains(".", regex=False).all():  # with points the day is first
        text = next(text for text in unclear if "." not in text)
        raise InputError(
            f"{text!r} may be of the month {_order(text)[1]} or {_order(text)[0]}, and no other date tells: "
            "give dayfirst=True or dayfirst=False, or write dates as 2026-11-30."
        )
    return True
