"""Heat maps of the ratings of topics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from skxtm.exceptions import InputError
from skxtm.llm import ChatModel, ChatSession
from skxtm.metrics.ratings import LLMRatings, llm_alignment_score, llm_coherence_score
from skxtm.plotting._drawing import single_axes


class RatingsDisplay:
    """Heat map of ratings by a language model.

    Make it by `from_ratings` or `from_estimator`. Needs the extra ``plot``.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Mean ratings from 1 to 3; nan is left white.
    rows, columns : sequence of str
        What is rated.

    Attributes
    ----------
    ax_, figure_ : matplotlib.axes.Axes, matplotlib.figure.Figure
        Drawn on, after `plot`.

    Examples
    --------
    >>> import numpy as np
    >>> from skxtm.plotting import RatingsDisplay
    >>> from skxtm.metrics import LLMRatings
    >>> plain = LLMRatings(np.full((4, 10, 2), 1.5), ("en", "zh"))
    >>> refined = LLMRatings(np.full((4, 10, 2), 2.5), ("en", "zh"))
    >>> RatingsDisplay.from_ratings({"NMTM": plain, "NMTM, refined": refined}).values
    array([[1.5, 1.5],
           [2.5, 2.5]])
    """

    def __init__(self, values: NDArray[np.float64], rows: list[str], columns: list[str]) -> None:
        self.values = values
        self.rows = rows
        self.columns = columns

    @classmethod
    def from_ratings(cls, ratings: LLMRatings | Mapping[str, LLMRatings]) -> Self:
        """Show the topics of one model, or several models side by side.

        Parameters
        ----------
        ratings : LLMRatings, or mapping from str to LLMRatings
            Of one model: a row for each topic. Of several: a row for each, with the mean over its topics.

        Returns
        -------
        display : RatingsDisplay

        Raises
        ------
        InputError
            If the models were not rated on the same languages.
        """
        if isinstance(ratings, LLMRatings):
            names = [f"topic {number}" for number in range(ratings.values.shape[1])]
            return cls(ratings.by_topic, names, list(ratings.columns))
        columns = {name: rated.columns for name, rated in ratings.items()}
        if len(set(columns.values())) != 1:
            raise InputError(f"Only ratings of the same columns fit into one heat map. Got {columns}.")
        means = np.array([[_mean(column) for column in rated.by_topic.T] for rated in ratings.values()])
        return cls(means, list(ratings), list(next(iter(columns.values()))))

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        chat: ChatModel | ChatSession,
        *,
        kind: Literal["coherence", "alignment"] = "coherence",
        n_words: int = 15,
        n_runs: int = 4,
        domain: str | None = None,
    ) -> Self:
        """Let a language model rate the topics of a fitted model.

        Parameters
        ----------
        estimator : CrossLingualTopicModel or LLMRefiner
            Fitted; anything with ``get_topics``.
        chat : ChatModel or ChatSession
            What rates.
        kind : {"coherence", "alignment"}, default="coherence"
            `llm_coherence_score` of each language, or `llm_alignment_score` of each pair.
        n_words, n_runs, domain : int, int, str or None
            As for these.

        Returns
        -------
        display : RatingsDisplay
        """
        if kind not in ("coherence", "alignment"):
            raise InputError(
                f"The 'kind' parameter must be 'coherence' or 'alignment'. Got {kind!r} instead."
            )
        rate = llm_coherence_score if kind == "coherence" else llm_alignment_score
        topics = estimator.get_topics(n_words)
        return cls.from_ratings(rate(topics, chat, n_words=n_words, n_runs=n_runs, domain=domain))

    def plot(self, *, ax: Any = None, cmap: str = "viridis") -> Self:
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Where to draw; None makes a new figure.
        cmap : str, default="viridis"
            Name of the colours, from rating 1 to rating 3.

        Returns
        -------
        display : RatingsDisplay
            This one, with `ax_` and `figure_`.
        """
        ax = single_axes(ax, (1.7 + 0.9 * len(self.columns), 0.7 + 0.3 * len(self.rows)), "RatingsDisplay")
        image = ax.imshow(self.values, vmin=1, vmax=3, cmap=cmap, aspect="auto")
        ax.set_xticks(range(len(self.columns)), self.columns)
        ax.set_yticks(range(len(self.rows)), self.rows)
        for (row, column), value in np.ndenumerate(self.values):
            if np.isfinite(value):
                colour = "black" if value > 2.3 else "white"
                ax.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour)
        ax.figure.colorbar(image, ax=ax, label="rating, 1 to 3")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _mean(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
