"""Shares of topics over time, and by group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from skxtm.exceptions import InputError, InputTypeError
from skxtm.plotting._drawing import COLOURS, chosen_topics, clipped, panels, width
from skxtm.plotting._fonts import Fonts

_ALL = "all"
_COLUMNS = ("language", "topic", "name", "share", "low", "high")
_LINES = ("-", "--", ":", "-.")
_IN_A_ROW, _IN_A_LEGEND = 4, 8  # panels, and languages one below another


class TopicsOverTimeDisplay:
    """A panel per topic: its share over time, or in groups of documents, languages beside each other.

    Make it by `from_table`. Needs the extra ``plot``.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows to draw.
    column : {"time", "group"}
        What they are ordered by.
    topics : list of int
        Numbers of the topics, in the order to draw.
    languages : list of str
        Languages, or ``"all"``.

    Attributes
    ----------
    axes_ : ndarray of matplotlib.axes.Axes of shape (n_topics,)
        Drawn on, after `plot`.
    figure_ : matplotlib.figure.Figure
        That holds them.

    Examples
    --------
    >>> import numpy as np
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.explore import topics_over_time
    >>> from skxtm.plotting import TopicsOverTimeDisplay
    >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    >>> shares = topics_over_time(model, data.corpus, np.tile([2024, 2025], 40))
    >>> TopicsOverTimeDisplay.from_table(shares).languages
    ['en', 'zh']
    """

    def __init__(self, table: Any, column: str, topics: list[int], languages: list[str]) -> None:
        self.table = table
        self.column = column
        self.topics = topics
        self.languages = languages

    @classmethod
    def from_table(
        cls,
        table: Any,
        *,
        topics: Sequence[int] | None = None,
        languages: Sequence[str] | None = None,
        max_topics: int = 8,
    ) -> Self:
        """Show a table of shares.

        Parameters
        ----------
        table : pandas.DataFrame
            From `skxtm.explore.topics_over_time` or `skxtm.explore.topics_per_group`.
        topics : sequence of int or None, default=None
            Numbers of topics, in the order to draw; None takes those of the largest mean share.
        languages : sequence of str or None, default=None
            Which to draw, ``"all"`` for all documents together; None takes each language.
        max_topics : int, default=8
            Topics that None stands for, at most.

        Returns
        -------
        display : TopicsOverTimeDisplay

        Raises
        ------
        InputError, InputTypeError
            If the table is another one, or has no such topic or language.
        """
        columns = list(getattr(table, "columns", ()))
        column = next((name for name in ("time", "group") if name in columns), None)
        if column is None or not {*_COLUMNS} <= {*columns} or not len(table):
            raise InputTypeError(
                "The 'table' parameter of TopicsOverTimeDisplay.from_table must be what topics_over_time or "
                f"topics_per_group returns. Got {type(table).__name__} with the columns {columns} instead."
            )
        known = table["language"].unique().tolist()
        chosen = [code for code in known if code != _ALL] if languages is None else list(languages)
        if not chosen or {*chosen} - {*known}:
            raise InputError(
                f"The 'languages' parameter of TopicsOverTimeDisplay must hold some of {known}, or be None. "
                f"Got {languages!r} instead."
            )
        whole = table[table["language"] == _ALL] if _ALL in known else table
        weights = whole.groupby("topic")["share"].mean().sort_index().to_dict()
        numbers = chosen_topics(topics, weights, max_topics, "TopicsOverTimeDisplay")
        rows = table["topic"].isin(numbers) & table["language"].isin(chosen)
        return cls(table[rows].reset_index(drop=True), column, numbers, chosen)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the shares: lines with bands over time, bars with their ends for groups.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            In whose place to draw; None makes a new figure, which grows with the number of topics.

        Returns
        -------
        display : TopicsOverTimeDisplay
            This one, with `axes_` and `figure_`. All panels have one scale.
        """
        groups = list(dict.fromkeys(self.table["group"])) if self.column == "group" else []
        height = 0.7 + 0.18 * len(groups) * len(self.languages) if groups else 1.9
        group_names = [clipped(group) for group in groups]
        n_columns, n_legends = min(_IN_A_ROW, len(self.topics)), -(-len(self.languages) // _IN_A_LEGEND)
        beside = 0.065 * max(map(width, group_names), default=0) + 0.7 * (n_legends - 1)
        size = (2.8 + beside / n_columns, max(1.6, height))
        figure, axes = panels(ax, len(self.topics), size, "TopicsOverTimeDisplay", sharex=True, sharey=True)
        names = self.table.drop_duplicates("topic").set_index("topic")["name"]
        fonts = Fonts({"": [*names, *map(str, groups), *self.languages]})
        for panel, number in zip(axes, self.topics, strict=True):
            for place, code in enumerate(self.languages):
                part = self.table[(self.table["topic"] == number) & (self.table["language"] == code)]
                if groups:
                    self._draw_bars(panel, part, place, groups)
                else:
                    self._draw_line(panel, part, place)
            title = fonts.label(number, clipped(names[number], 28))
            panel.set_title(title, loc="left", size=9, **fonts.style())
        first = axes[0]
        if groups:
            labels = [fonts.shown(name) for name in group_names]
            for lowest in axes[-n_columns:]:
                lowest.set_xlabel("share", size=8)
            first.set_yticks(range(len(groups)), labels, size=8, **fonts.style())
            first.set_ylim(len(groups) - 0.5, -0.5)
            first.set_xlim(left=0)
        else:
            _date_axis(axes)
            first.set_ylim(bottom=0)
            for leftmost in axes[::n_columns]:
                leftmost.set_ylabel("share", size=8)
        if len(self.languages) > 1:
            fonts.legend(
                axes[:_IN_A_ROW][-1],
                loc="upper left",
                bbox_to_anchor=(1, 1),
                frameon=False,
                fontsize=8,
                ncols=n_legends,
            )
        self.axes_, self.figure_ = axes, figure
        return self

    def _draw_line(self, ax: Any, part: Any, place: int) -> None:
        turn, number = divmod(place, len(COLOURS))
        colour, line = COLOURS[number], _LINES[(number + turn) % len(_LINES)]
        times = part["time"].to_numpy()
        ax.plot(
            times, part["share"], line, color=colour, marker="o", ms=2.5, lw=1.5, label=self.languages[place]
        )
        ax.fill_between(times, part["low"], part["high"], color=colour, alpha=0.2, linewidth=0)

    def _draw_bars(self, ax: Any, part: Any, place: int, groups: list[Any]) -> None:
        height = 0.8 / len(self.languages)
        rows = np.array([groups.index(group) for group in part["group"]])
        share, low, high = (part[name].to_numpy() for name in ("share", "low", "high"))
        ax.barh(
            rows + (place + 0.5) * height - 0.4,
            share,
            height,
            color=COLOURS[place % len(COLOURS)],
            xerr=np.maximum([share - low, high - share], 0) if np.isfinite(low).all() else None,
            error_kw={"lw": 0.8, "ecolor": "black"},
            label=self.languages[place],
        )


def _date_axis(axes: Any) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=2, maxticks=5)
    for panel in axes:
        panel.xaxis.set_major_locator(locator)
        panel.xaxis.set_major_formatter(ConciseDateFormatter(locator))
