"""How dates beside documents are read: all in one order, or refused."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skxtm.exceptions import InputError
from skxtm.explore._dates import read_times, values_beside

MARCH = [datetime(2024, 3, day) for day in (5, 12, 13, 20)]
DAY_FIRST = ["%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%y", "%d/%m/%y %H:%M", " %d.%m.%Y 10:30"]
MONTH_FIRST = ["%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y"]
NO_ORDER = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d %B %Y", "%B %d, %Y", "%Y-%m-%dT%H:%M:%S+00:00"]


def times_of(dates, dayfirst=None):
    return read_times(pd, dates, len(dates), dayfirst)


@pytest.mark.parametrize("form", DAY_FIRST + MONTH_FIRST + NO_ORDER)
def test_a_number_above_twelve_tells_the_order_of_all_dates(form):
    times = times_of([when.strftime(form) for when in MARCH])
    assert times.dt.normalize().tolist() == MARCH


@given(
    st.lists(st.datetimes(datetime(1950, 1, 1), datetime(2049, 12, 31)), min_size=1),
    st.sampled_from(["%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "%Y/%m/%d"]),
)
def test_dates_are_those_that_were_written_once_the_order_is_named(moments, form):
    days = [datetime(when.year, when.month, when.day) for when in moments]
    dates = [when.strftime(form) for when in days]
    assert times_of(dates, dayfirst=form.startswith("%d")).tolist() == days
    if "." in form:
        assert times_of(dates).tolist() == days


def test_dates_that_may_be_read_in_two_ways_are_refused_until_the_order_is_named():
    dates = ["2024-01-31", "05/03/2024", None]
    with pytest.raises(InputError, match=r"'05/03/2024' may be of the month 3 or 5.*dayfirst=True"):
        times_of(dates)
    assert times_of(dates, dayfirst=True)[1] == datetime(2024, 3, 5)
    assert times_of(dates, dayfirst=False)[1] == datetime(2024, 5, 3)
    assert times_of(["04/04/2024"])[0] == datetime(2024, 4, 4)


def test_two_orders_in_one_column_are_refused_with_a_row_of_each():
    with pytest.raises(InputError, match=r"'13/03/2024' in row 1, some the month, as '03/14/2024' in row 2"):
        times_of(["01/01/2024", "13/03/2024", "03/14/2024"])
    with pytest.raises(InputError, match="1 of the dates cannot be read, the first in row 1: '03/14/2024'"):
        times_of(["01/01/2024", "03/14/2024"], dayfirst=True)


def test_numbers_are_years_whatever_type_a_table_gives_them():
    expected = [datetime(2023, 1, 1), pd.NaT, datetime(2024, 1, 1)]
    for years in ([2023.0, np.nan, 2024.0], ["2023.0", "", "2024.0"], ["2023", None, "2024"]):
        assert times_of(years).tolist() == expected
    assert times_of(pd.Series([2023, 2024])).dt.year.tolist() == [2023, 2024]


@pytest.mark.parametrize(
    "value",
    [
        20230131,
        44957,
        10**30,
        1.7e18,
        2023.5,
        True,
        np.inf,
        "44957",
        "Jan-24",
        "now",
        "12:30",
        "24-03-05",
        "?",
    ],
)
def test_what_has_no_year_is_refused_and_never_1970(value):
    with pytest.raises(InputError, match="cannot be read, the first in row 1"):
        times_of(["2024-01-31", value])


def test_periods_are_read_as_when_they_begin():
    periods = pd.Series(pd.period_range("2024-01", periods=3, freq="M"))
    assert times_of(periods).tolist() == [datetime(2024, month, 1) for month in (1, 2, 3)]


def test_hours_and_zones_are_kept():
    at = datetime(2024, 3, 13, 10, 30)
    dates = [at, (at + timedelta(hours=2)).isoformat() + "+02:00", "13.03.2024 10:30"]
    assert times_of(dates).tolist() == [at] * 3


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Europe/Berlin", "UTC"])
def test_dates_of_one_zone_are_those_of_its_clock(zone):
    days = pd.date_range("2024-02-01", periods=300, tz=zone)
    expected = days.tz_localize(None).tolist()
    assert times_of(days).tolist() == times_of([*days.tolist(), None]).dropna().tolist() == expected
    same = [day.replace(tzinfo=timezone(timedelta(hours=9))) for day in expected]
    written = [day.isoformat() for day in same]
    as_in_mail = [f"{day:%d.%m.%Y %H:%M} +0900" for day in same]
    for dates in (same, written, as_in_mail):
        assert times_of(dates).tolist() == expected
    assert times_of([*written, "2024-02-01"])[0] == expected[0] - timedelta(hours=9)


def test_a_column_is_named_or_given():
    frame = pd.DataFrame({"text": ["a", "b"], "source": ["x", "y"]}, index=[7, 3])
    for groups in ("source", frame["source"], frame[["source"]], frame[["source"]].to_numpy()):
        assert list(values_beside(frame, groups, "groups")) == ["x", "y"]
    assert list(values_beside(frame, pl.DataFrame({"source": ["x", "y"]}), "groups")) == ["x", "y"]
    for value in (None, 3):
        with pytest.raises(InputError) as caught:
            values_beside(frame, value, "groups")
        assert str(caught.value) == (
            f"groups must hold a value for each document, or name a column of a DataFrame X. Got {value}."
        )
    for documents in (frame, ["a", "b"]):
        with pytest.raises(InputError, match="groups must hold a value for each document, or name a column"):
            values_beside(documents, "sauce", "groups")
    with pytest.raises(InputError, match=r"one value for each document. Got an array of shape \(2, 2\)"):
        values_beside(frame, frame, "groups")


def test_the_order_is_one_of_three():
    with pytest.raises(InputError, match=r"dayfirst must be True, False or None\. Got 'yes'"):
        times_of(["2024"], dayfirst="yes")
