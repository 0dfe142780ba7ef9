"""What pictures of topics share: colours, grids of axes, topics to draw, names that fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from unicodedata import east_asian_width

from skxtm._optional import import_optional
from skxtm._parameters import check_number
from skxtm.exceptions import InputError, InputTypeError

#: Colours that colour-blind people tell apart (Okabe and Ito), the most distinct first.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C6D1F", "#000000")
WARNING, PALE = "#D55E00", "#C9C9C9"
LONGEST_NAME = 32
_MOST_IN_A_ROW = 4


def clipped(name: object, longest: int = LONGEST_NAME) -> str:
    """Cut a name to what fits beside an axis.

    Parameters
    ----------
    name : object
        Any.
    longest : int, default=32
        Characters; those that are as wide as two, as Chinese ones are, count twice.

    Returns
    -------
    name : str
    """
    text = " ".join(str(name).split())
    if width(text) <= longest:
        return text
    text = text[:longest]  # no character is narrower than one
    while width(text) >= longest:
        text = text[:-1]
    return f"{text.rstrip(' ,')}…"


def width(text: str) -> int:
    """Count characters, those that are as wide as two twice.

    Parameters
    ----------
    text : str
        In one line.

    Returns
    -------
    width : int
    """
    return len(text) + sum(east_asian_width(character) in "WF" for character in text)


def chosen_topics(
    topics: Sequence[int] | None, weights: Mapping[int, float], max_topics: int, owner: str
) -> list[int]:
    """List the topics to draw.

    Parameters
    ----------
    topics : sequence of int or None
        As given; None for the heaviest.
    weights : mapping of int to float
        Of all topics by number, in the order of these.
    max_topics : int
        Topics that None stands for, at most.
    owner : str
        The display.

    Returns
    -------
    topics : list of int
        At least one.

    Raises
    ------
    InputError, InputTypeError
        If there is no such topic, none is given, or they are no list.
    """
    check_number(max_topics, "max_topics", owner, 1, integer=True)
    if topics is None:
        return sorted(weights, key=lambda number: -weights[number])[:max_topics]
    if not isinstance(topics, Iterable):
        raise InputTypeError(
            f"The 'topics' parameter of {owner} must be a list of numbers of topics, or None. Got {topics!r} "
            "instead."
        )
    chosen, known = list(topics), list(weights)
    strange = [topic for topic in chosen if isinstance(topic, bool) or topic not in known]
    if strange or not chosen:
        is_whole = known == list(range(len(known)))
        allowed = f"0 to {known[-1]}" if is_whole else f"some of {known}"
        raise InputError(
            f"The 'topics' parameter of {owner} must hold numbers of topics, {allowed}, or be None. Got "
            f"{strange or chosen!r}."
        )
    return [int(topic) for topic in chosen]


def axes_grid(
    ax: Any, shape: tuple[int, int], panel: tuple[float, float], owner: str, **options: Any
) -> tuple[Any, Any]:
    """Make rows and columns of axes, in a new figure that grows with them or in the place of an axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        In whose place; None makes a figure.
    shape : tuple of (int, int)
        Rows and columns.
    panel : tuple of (float, float)
        Width and height of one, in inches.
    owner : str
        The display.
    **options : object
        As of `matplotlib.pyplot.subplots`.

    Returns
    -------
    figure : matplotlib.figure.Figure
    axes : ndarray of Axes of that shape

    Raises
    ------
    InputError
        If `ax` is no part of a grid.
    """
    if ax is None:
        pyplot = import_optional("matplotlib.pyplot", extra="plot", purpose=f"{owner}.plot")
        size = (panel[0] * shape[1] + 0.3, panel[1] * shape[0] + 0.3)
        return pyplot.subplots(*shape, figsize=size, layout="constrained", squeeze=False, **options)
    place = ax.get_subplotspec()
    if place is None:
        raise InputError(
            f"{owner} draws several panels in the place of ax, which stands free in its figure. Pass one "
            "that pyplot.subplots made."
        )
    ax.set_axis_off()
    return ax.figure, place.subgridspec(*shape).subplots(squeeze=False, **options)


def panels(ax: Any, n_panels: int, panel: tuple[float, float], owner: str, **options: Any) -> tuple[Any, Any]:
    """Make panels in rows of four, those left over hidden.

    Parameters
    ----------
    ax, panel, owner, **options : object
        As for `axes_grid`.
    n_panels : int
        At least 1.

    Returns
    -------
    figure : matplotlib.figure.Figure
    axes : ndarray of Axes of shape (n_panels,)
    """
    n_columns = min(_MOST_IN_A_ROW, n_panels)
    figure, axes = axes_grid(ax, (-(-n_panels // n_columns), n_columns), panel, owner, **options)
    for left_over in axes.flat[n_panels:]:
        left_over.set_visible(False)
    for shown in axes.flat[:n_panels]:
        shown.tick_params(labelsize=8)
        shown.spines[["top", "right"]].set_visible(False)
    for shown in axes.flat[max(0, n_panels - n_columns) : n_panels]:  # the last one of each column
        shown.tick_params(labelbottom=True)
    return figure, axes.ravel()[:n_panels]


def single_axes(ax: Any, size: tuple[float, float], owner: str) -> Any:
    """Take the axes that is given, or make a figure of one.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        As given.
    size : tuple of (float, float)
        Width and height of the figure, in inches.
    owner : str
        The display.

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    return axes_grid(None, (1, 1), size, owner)[1][0, 0] if ax is None else ax
