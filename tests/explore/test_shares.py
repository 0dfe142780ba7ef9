"""Topics over time and by group."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from skxtm import CrossLingualTopicModel, CrossLingualVectorizer
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError
from skxtm.explore import shares, topics_over_time, topics_per_group
from skxtm.explore.shares import Resamples


@pytest.fixture(scope="module")
def data():
    return make_multilingual_corpus(n_documents=60, n_components=3, random_state=0)


@pytest.fixture(scope="module")
def model(data):
    return CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)


def days(n, start="2026-01-01", step=1):
    return [pd.Timestamp(start) + pd.Timedelta(days=step * number) for number in range(n)]


def test_shares_are_mean_proportions_of_every_period_and_language(model, data):
    dates = np.tile([2024, 2025, 2025], 40)
    table = topics_over_time(model, data.corpus, dates)
    theta = model.transform(data.corpus)
    assert len(table) == 2 * 3 * 3
    for _, line in table.iterrows():
        rows = dates == line["time"].year
        if line["language"] != "all":
            rows &= data.corpus.language == line["language"]
        assert line["n_documents"] == rows.sum()
        assert line["share"] == pytest.approx(theta[rows, line["topic"]].mean(), rel=1e-5)
        assert line["low"] <= line["share"] <= line["high"]
        assert line["name"] == model.topic_names_[line["topic"]]
    assert table["language"].tolist()[:9] == ["all"] * 3 + ["en"] * 3 + ["zh"] * 3
    assert table["time"].is_monotonic_increasing


def test_groups_may_be_tuples(model, data):
    pairs = [("press", 2024), ("press", 2025), ("radio", 2024)] * 40
    table = topics_per_group(model, data.corpus, pairs)
    plain = topics_per_group(model, data.corpus, [f"{source} {year}" for source, year in pairs])
    assert table["group"].map(lambda pair: f"{pair[0]} {pair[1]}").tolist() == plain["group"].tolist()
    pd.testing.assert_frame_equal(table.drop(columns="group"), plain.drop(columns="group"))


def test_the_interval_is_that_of_brute_force_resampling():
    random = np.random.default_rng(0)
    theta = random.dirichlet([1, 2], size=30)
    low, high = Resamples("f", 4000, 0.9).interval(theta)
    means = np.array([theta[random.integers(30, size=30)].mean(0) for _ in range(4000)])
    np.testing.assert_allclose([low, high], np.quantile(means, [0.05, 0.95], axis=0), atol=0.01)


def test_intervals_do_not_depend_on_how_many_resamples_are_held_at_a_time(monkeypatch):
    theta = np.random.default_rng(0).dirichlet([1, 2], size=30)
    whole = Resamples("f", 50, 0.9).interval(theta)
    monkeypatch.setattr(shares, "_CELLS", 100)
    # on some processors the last bit of a product depends on how many rows it has
    np.testing.assert_allclose(whole, Resamples("f", 50, 0.9).interval(theta), rtol=1e-12)


def test_nineteen_of_twenty_intervals_hold_the_truth():
    random = np.random.default_rng(1)
    hits = 0
    for _ in range(300):
        low, high = Resamples("f").interval(random.dirichlet([2, 3], size=80))
        hits += low[0] <= 0.4 <= high[0]
    assert 0.9 <= hits / 300 <= 0.99


def test_no_resamples_no_interval(model, data):
    table = topics_over_time(model, data.corpus, days(120), n_resamples=0)
    assert table[["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize(("step", "frequency"), [(1, "W"), (10, "M"), (100, "Y"), (0.3, "D"), (0.01, "h")])
def test_periods_are_as_short_as_forty_of_them_allow(model, data, step, frequency):
    dates = pd.Series(days(120, step=step))
    table = topics_over_time(model, data.corpus, dates, n_resamples=0)
    expected = dates.dt.to_period(frequency).dt.start_time
    assert sorted(table["time"].unique()) == sorted(expected.unique())


def test_the_same_dates_may_come_in_any_form(model, data):
    stamps = days(120)
    forms = [
        stamps,
        pd.Series(stamps),
        pd.DatetimeIndex(stamps),
        np.array(stamps, dtype="datetime64[ns]"),
        [stamp.strftime("%Y-%m-%d") for stamp in stamps],
        [date(stamp.year, stamp.month, stamp.day) for stamp in stamps],
        [stamp.isoformat() + "+00:00" for stamp in stamps],
    ]
    tables = [topics_over_time(model, data.corpus, form, period="M") for form in forms]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0])


def test_documents_without_a_date_or_group_are_left_out(model, data):
    dates = ["2026-01-05", None, "", float("nan")] * 30
    assert topics_over_time(model, data.corpus, dates)["n_documents"].max() == 30
    groups = ["press", None, float("nan"), "radio"] * 30
    table = topics_per_group(model, data.corpus, groups)
    assert table.groupby("group")["n_documents"].max().to_dict() == {"press": 30, "radio": 30}


def test_groups_stand_in_the_order_in_which_they_occur(model, data):
    table = topics_per_group(model, data.corpus, ["zebra", "ant"] * 60)
    assert table["group"].unique().tolist() == ["zebra", "ant"]
    assert table["language"].unique().tolist() == ["all", "en", "zh"]
    theta = model.transform(data.corpus)
    np.testing.assert_allclose(table["share"][:3], theta[::2].mean(0), rtol=1e-5)


def test_ordered_categories_keep_their_order(model, data):
    grades = pd.Categorical(["poor", "good", "fair"] * 40, ["poor", "fair", "good"], ordered=True)
    for groups in (grades, pd.Series(grades)):
        table = topics_per_group(model, data.corpus, groups)
        assert table["group"].unique().tolist() == ["poor", "fair", "good"]


def test_a_column_of_the_documents_may_be_named(model, data):
    texts = [" ".join(words) for words in model.get_topics(4)[0].values()]
    frame = pd.DataFrame(
        {"text": texts, "language": ["en", "zh"], "when": ["05/03/2024"] * 2, "who": ["a", "b"]}
    )
    frame.index = [9, 4]
    every_word = CrossLingualVectorizer(min_df=1, max_df=1.0)
    named = CrossLingualTopicModel(2, lexicon=data.lexicon, vectorizer=every_word).fit(frame)
    assert topics_per_group(named, frame, "who")["group"].unique().tolist() == ["a", "b"]
    table = topics_over_time(named, frame, "when", period="D", dayfirst=True)
    assert table["time"].unique().tolist() == [pd.Timestamp(2024, 3, 5)]


def test_a_period_of_one_language_has_rows_of_that_and_of_all(model, data):
    dates = np.where(data.corpus.language == "en", 2024, 2025)
    table = topics_over_time(model, data.corpus, dates)
    found = table.groupby(table["time"].dt.year)["language"].unique().map(list).to_dict()
    assert found == {2024: ["all", "en"], 2025: ["all", "zh"]}


@pytest.mark.parametrize("shares_of", [topics_over_time, topics_per_group])
def test_intervals_are_those_of_the_seed_the_confidence_and_the_number_of_resamples(model, data, shares_of):
    def table(**how):
        return shares_of(model, data.corpus, [2024, 2025] * 60, **how)

    def widths(confidence):
        found = table(confidence=confidence)
        return found["high"] - found["low"]

    pd.testing.assert_frame_equal(table(random_state=3), table(random_state=3))
    assert not table(random_state=3).equals(table(random_state=4))
    assert not table(n_resamples=50).equals(table())
    assert (widths(0.5) < widths(0.99)).all()


@pytest.mark.parametrize(
    ("dates", "arguments", "message"),
    [
        (["2026-01-01"] * 3, {}, "dates has 3 rows, but X has 120"),
        (["2026-01-01", "soon"] * 60, {}, "60 of the dates cannot be read, the first in row 1: 'soon'"),
        ([None] * 120, {}, "No document has a date"),
        (["2026-01-01"] * 120, {"period": "decade"}, "period must be one of"),
        (["2026-01-01"] * 120, {"n_resamples": -1}, "'n_resamples'"),
        (["2026-01-01"] * 120, {"confidence": 1.5}, "'confidence'"),
    ],
)
def test_wrong_dates_and_parameters_are_refused_by_name(model, data, dates, arguments, message):
    with pytest.raises(InputError, match=message):
        topics_over_time(model, data.corpus, dates, **arguments)


def test_groups_must_be_as_many_as_documents_and_some_must_be_known(model, data):
    with pytest.raises(InputError, match="groups has 2 rows, but X has 120"):
        topics_per_group(model, data.corpus, ["a", "b"])
    with pytest.raises(InputError, match="No document has a group"):
        topics_per_group(model, data.corpus, [None] * 120)
