"""Curves of a search over the number of topics."""

from __future__ import annotations

from typing import Any, Self

from skxtm.plotting._drawing import single_axes

#: Measures that are drawn, and what they are called; nan leaves one out.
_LINES = {
    "stability": "stability over documents and seeds",
    "fine": "share of fine topics",
    "uniqueness": "uniqueness of top words",
    "agreement_lexicon": "agreement of languages (lexicon)",
    "coherence": "coherence (NPMI)",
}


class NComponentsDisplay:
    """Measures of topics by their number, and the number that is recommended.

    Make it by `from_search`. Needs the extra ``plot``.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each number of topics, as `skxtm.explore.search_n_components` describes it.
    recommended : int
        The number that is marked.

    Attributes
    ----------
    ax_, figure_ : matplotlib.axes.Axes, matplotlib.figure.Figure
        Drawn on, after `plot`.

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.explore import search_n_components
    >>> from skxtm.plotting import NComponentsDisplay
    >>> data = make_multilingual_corpus(100, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(lexicon=data.lexicon, random_state=0)
    >>> search = search_n_components(model, data.corpus, [2, 3], n_seeds=2)
    >>> NComponentsDisplay.from_search(search).table["n_components"].tolist()
    [2, 3]
    """

    def __init__(self, table: Any, recommended: int) -> None:
        self.table = table
        self.recommended = recommended

    @classmethod
    def from_search(cls, search: Any) -> Self:
        """Show the result of a search.

        Parameters
        ----------
        search : NComponentsSearch
            From `skxtm.explore.search_n_components`.

        Returns
        -------
        display : NComponentsDisplay
        """
        return cls(search.table, search.recommended)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw a curve for each measure, a bar of one standard deviation over the fits at each number.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : NComponentsDisplay
            This one, with `ax_` and `figure_`.
        """
        ax = single_axes(ax, (7.5, 4.5), "NComponentsDisplay")
        sizes = self.table["n_components"].tolist()
        score = self.table["score"] / self.table["score"].max()
        ax.plot(sizes, score, color="black", linewidth=2.5, label="score, relative to the greatest")
        for name, label in _LINES.items():
            if self.table[name].notna().any():
                ax.errorbar(
                    sizes, self.table[name], self.table[f"{name}_std"], label=label, linewidth=1, capsize=2
                )
        label = f"recommended: {self.recommended}"
        ax.axvline(self.recommended, color="black", linestyle="--", linewidth=1, label=label)
        if sizes[-1] > 8 * sizes[0]:
            ax.set_xscale("log")
        ax.set_xticks(sizes, [str(size) for size in sizes])
        ax.minorticks_off()
        ax.set_xlabel("number of topics")
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self
