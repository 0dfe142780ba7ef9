"""Shares of topics over time and by group."""

import numpy as np
import pandas
import pytest
from matplotlib.colors import to_hex
from matplotlib.dates import date2num

from skxtm.exceptions import InputError, InputTypeError
from skxtm.explore import topics_over_time, topics_per_group
from skxtm.plotting import TopicsOverTimeDisplay


@pytest.fixture(scope="module")
def over_time(model, data):
    return topics_over_time(model, data.corpus, np.resize([2022, 2023, 2024], len(data.corpus)))


@pytest.fixture(scope="module")
def by_group(model, data):
    return topics_per_group(model, data.corpus, np.resize(["press", "$radio$"], len(data.corpus)))


def rows(table, topic, code):
    return table[(table["topic"] == topic) & (table["language"] == code)]


def test_lines_and_bands_are_those_of_the_table(over_time):
    display = TopicsOverTimeDisplay.from_table(over_time, topics=[3, 1]).plot()
    assert display.languages == ["en", "zh"]
    for ax, topic in zip(display.axes_, [3, 1], strict=True):
        assert ax.get_title("left").startswith(f"{topic}  ")
        assert len({line.get_linestyle() for line in ax.lines}) == 2
        for line, band, code in zip(ax.lines, ax.collections, ["en", "zh"], strict=True):
            part = rows(over_time, topic, code)
            np.testing.assert_allclose(line.get_ydata(), part["share"])
            np.testing.assert_allclose(date2num(line.get_xdata()), date2num(part["time"]))
            corners = band.get_paths()[0].vertices[:, 1]
            assert {*part["low"], *part["high"]} <= {*corners}
    legend = display.axes_[-1].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["en", "zh"]


def test_bars_and_their_ends_are_those_of_the_table(by_group):
    display = TopicsOverTimeDisplay.from_table(by_group, topics=[2]).plot()
    (ax,) = display.axes_
    assert [label.get_text() for label in ax.get_yticklabels()] == ["press", "$radio$"]
    for bars, code in zip(ax.containers[1::2], ["en", "zh"], strict=True):
        part = rows(by_group, 2, code)
        np.testing.assert_allclose([bar.get_width() for bar in bars], part["share"])
        ends = np.array(bars.errorbar.lines[2][0].get_segments())[:, :, 0]
        np.testing.assert_allclose(ends, part[["low", "high"]])
        assert [round(bar.get_y() + bar.get_height() / 2) for bar in bars] == [0, 1]


def test_topics_of_the_largest_share_and_all_languages_together_are_drawn(over_time):
    display = TopicsOverTimeDisplay.from_table(over_time, languages=["all"], max_topics=3).plot()
    shares = over_time[over_time["language"] == "all"].groupby("topic")["share"].mean()
    assert display.topics == shares.sort_values(ascending=False).index[:3].tolist()
    assert [len(ax.lines) for ax in display.axes_] == [1, 1, 1]
    assert display.axes_[-1].get_legend() is None


def test_shares_without_intervals_and_periods_without_documents_are_drawn(model, data):
    dates = [2024 if code == "en" else 2025 for code in data.corpus.language]
    table = topics_over_time(model, data.corpus, dates, n_resamples=0)
    display = TopicsOverTimeDisplay.from_table(table, topics=[0]).plot()
    assert [len(line.get_xdata()) for line in display.axes_[0].lines] == [1, 1]
    display.figure_.canvas.draw()
    groups = topics_per_group(model, data.corpus, data.corpus.language, n_resamples=0)
    bars = TopicsOverTimeDisplay.from_table(groups, topics=[0]).plot()
    assert sum(len(container) for container in bars.axes_[0].containers) == 2
    bars.figure_.canvas.draw()


def test_languages_have_colours_that_differ_up_to_eight(over_time):
    whole = over_time[over_time["language"] == "all"]
    many = pandas.concat([whole.assign(language=code) for code in "abcdefgh"])
    display = TopicsOverTimeDisplay.from_table(many, topics=[0]).plot()
    assert len({to_hex(line.get_color()) for line in display.axes_[0].lines}) == 8


def test_it_draws_in_the_place_of_an_axes_and_leaves_no_empty_panel(over_time, two_axes):
    one = over_time.copy()
    parts = [one.assign(topic=one["topic"] + 4 * k) for k in range(2)]
    display = TopicsOverTimeDisplay.from_table(pandas.concat(parts), max_topics=6).plot(ax=two_axes[0])
    assert display.axes_.shape == (6,)
    visible = [ax for ax in display.figure_.axes if ax.get_visible() and ax.axison]
    assert len(visible) == 1 + 6
    display.figure_.canvas.draw()


def test_other_tables_topics_and_languages_are_refused(over_time):
    with pytest.raises(InputTypeError) as caught:
        TopicsOverTimeDisplay.from_table(over_time[["time", "share"]])
    assert str(caught.value) == (
        "The 'table' parameter of TopicsOverTimeDisplay.from_table must be what topics_over_time or "
        "topics_per_group returns. Got DataFrame with the columns ['time', 'share'] instead."
    )
    with pytest.raises(InputTypeError, match="Got list with the columns"):
        TopicsOverTimeDisplay.from_table([])
    with pytest.raises(InputError) as caught:
        TopicsOverTimeDisplay.from_table(over_time, languages=["fr"])
    assert str(caught.value) == (
        "The 'languages' parameter of TopicsOverTimeDisplay must hold some of ['all', 'en', 'zh'], or be None. "
        "Got ['fr'] instead."
    )
    with pytest.raises(
        InputError, match="TopicsOverTimeDisplay must hold numbers of topics, 0 to 3, or be None"
    ):
        TopicsOverTimeDisplay.from_table(over_time, topics=[4])
    some = over_time[over_time["topic"].isin([1, 3])]
    with pytest.raises(InputError, match=r"some of \[1, 3\], or be None\. Got \[0\]\.$"):
        TopicsOverTimeDisplay.from_table(some, topics=[0, 1])


def test_a_part_of_a_table_is_drawn_as_it_is(over_time):
    some = over_time[over_time["topic"].isin([1, 3])]
    display = TopicsOverTimeDisplay.from_table(some).plot()
    assert sorted(display.topics) == [1, 3]
    for ax, topic in zip(display.axes_, display.topics, strict=True):
        np.testing.assert_allclose(ax.lines[0].get_ydata(), rows(over_time, topic, "en")["share"])


def test_fifteen_languages_have_lines_of_their_own_and_leave_room_for_them(over_time):
    whole = over_time[over_time["language"] == "all"]
    many = pandas.concat([whole.assign(language=code) for code in "abcdefghijklmno"])
    display = TopicsOverTimeDisplay.from_table(many).plot()
    display.figure_.canvas.draw()
    drawn = {(to_hex(line.get_color()), line.get_linestyle()) for line in display.axes_[0].lines}
    assert len(drawn) == 15
    legend = display.axes_[-1].get_legend().get_window_extent()
    assert legend.y0 >= 0
    assert legend.x1 <= display.figure_.bbox.x1
    assert display.axes_[0].get_window_extent().height > 0.5 * display.figure_.bbox.height


def test_what_the_numbers_are_stands_beside_the_outer_panels(over_time, by_group):
    parts = pandas.concat([over_time, over_time.assign(topic=over_time["topic"] + 4)])
    lines = TopicsOverTimeDisplay.from_table(parts, max_topics=6).plot().axes_
    assert [ax.get_ylabel() for ax in lines] == ["share", "", "", "", "share", ""]
    bars = TopicsOverTimeDisplay.from_table(by_group).plot().axes_
    assert [ax.get_xlabel() for ax in bars] == ["share"] * 4


def test_wide_names_end_before_the_next_panel(over_time):
    named = over_time.assign(name="企业工资成本利润公司收入税收政府贷款银行利率通货")
    display = TopicsOverTimeDisplay.from_table(named, topics=[0, 1]).plot()
    display.figure_.canvas.draw()
    assert display.axes_[0].get_title("left") == "0  企业工资成本利润公司收入税…"
    assert display.axes_[0]._left_title.get_window_extent().x1 < display.axes_[1].get_window_extent().x0


def test_long_names_of_groups_that_begin_alike_are_told_apart(by_group):
    long = by_group.assign(group=by_group["group"].map("the regional newspaper {}".format))
    display = TopicsOverTimeDisplay.from_table(long, topics=[2]).plot()
    display.figure_.canvas.draw()
    (ax,) = display.axes_
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "the regional newspaper press",
        "the regional newspaper $radio$",
    ]
    assert ax.get_window_extent().width > 0.4 * display.figure_.bbox.width
