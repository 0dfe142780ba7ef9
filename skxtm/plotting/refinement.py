"""Words of topics before and after refinement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from sklearn.utils.validation import check_is_fitted

from skxtm._parameters import check_n_words
from skxtm.exceptions import InputTypeError
from skxtm.plotting._drawing import COLOURS, PALE, WARNING, axes_grid, chosen_topics, clipped
from skxtm.plotting._fonts import Fonts
from skxtm.refiner import LLMRefiner

_ADDED, _DROPPED = COLOURS[0], WARNING


class RefinementDisplay:
    """Top words of topics before refinement, on the left, and those that it kept, on the right.

    A line joins a word that was kept; words without one were dropped, on the left, or added, on the right.
    Make it by `from_estimator`. Needs the extra ``plot``.

    Parameters
    ----------
    before, after : list of dict of str to list of str
        For each topic the words of each language.
    topics : list of int
        Numbers of the topics.
    names : list of str
        Of the topics.

    Attributes
    ----------
    axes_ : ndarray of matplotlib.axes.Axes of shape (n_topics, n_languages)
        Drawn on, after `plot`.
    figure_ : matplotlib.figure.Figure
        That holds them.

    See Also
    --------
    skxtm.LLMRefiner.get_topic_info : The same as a table.

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel, LLMRefiner
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.plotting import RefinementDisplay
    >>> data = make_multilingual_corpus(n_documents=60, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0)
    >>> refiner = LLMRefiner(model, max_epochs=1, n_words=5, random_state=0).fit(data.corpus)
    >>> len(RefinementDisplay.from_estimator(refiner, topics=[1]).after[0]["en"])
    5
    """

    def __init__(
        self,
        before: list[dict[str, list[str]]],
        after: list[dict[str, list[str]]],
        topics: list[int],
        names: list[str],
    ) -> None:
        self.before = before
        self.after = after
        self.topics = topics
        self.names = names

    @classmethod
    def from_estimator(
        cls,
        refiner: LLMRefiner,
        *,
        topics: Sequence[int] | None = None,
        n_words: int = 10,
        max_topics: int = 10,
    ) -> Self:
        """Show what a fitted refiner did.

        Parameters
        ----------
        refiner : LLMRefiner
            Fitted.
        topics : sequence of int or None, default=None
            Numbers of topics, in the order to draw; None takes the heaviest.
        n_words : int, default=10
            Words per topic and language.
        max_topics : int, default=10
            Topics that None stands for, at most.

        Returns
        -------
        display : RefinementDisplay

        Raises
        ------
        InputError, InputTypeError
            If a parameter is not what is needed.
        """
        check_n_words(n_words, "RefinementDisplay")
        if not isinstance(refiner, LLMRefiner):
            raise InputTypeError(
                "The 'refiner' parameter of RefinementDisplay must be an LLMRefiner. Got "
                f"{type(refiner).__name__} instead, whose words TopicWordsDisplay shows."
            )
        check_is_fitted(refiner)
        own = refiner.model_
        numbers = chosen_topics(topics, dict(enumerate(own.topic_weight_)), max_topics, "RefinementDisplay")
        before, names = refiner.estimator_.get_topics(n_words), own.topic_names_
        kept = [{code: words[:n_words] for code, words in topic.items()} for topic in refiner.refined_words_]
        return cls(
            [before[number] for number in numbers],
            [kept[number] for number in numbers],
            numbers,
            [names[number] for number in numbers],
        )

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the words.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            In whose place to draw; None makes a new figure, which grows with the number of topics.

        Returns
        -------
        display : RefinementDisplay
            This one, with `axes_` and `figure_`.
        """
        codes = list(self.before[0])
        sides = [
            (topic[code], code) for part in (self.before, self.after) for topic in part for code in codes
        ]
        n_words = max(len(words) for words, _ in sides)
        shape = (len(self.topics), len(codes))
        figure, axes = axes_grid(ax, shape, (3.2, 0.55 + 0.18 * n_words), "RefinementDisplay")
        fonts = Fonts(
            {code: [word for words, of in sides if of == code for word in words] for code in codes}
            | {"": self.names}
        )
        for row, (number, name) in enumerate(zip(self.topics, self.names, strict=True)):
            for panel, code in zip(axes[row], codes, strict=True):
                _draw_words(panel, self.before[row][code], self.after[row][code], fonts, code)
                panel.set_ylim(n_words - 0.4, -0.6)
            title = fonts.label(number, clipped(name))
            axes[row, 0].set_title(title, loc="left", size=10, **fonts.style())
        for panel, code in zip(axes[0], codes, strict=True):
            panel.xaxis.set_label_position("top")
            panel.set_xlabel(f"{code}: before, after", color="dimgrey", size=9)
        self.axes_, self.figure_ = axes, figure
        return self


def _draw_words(ax: Any, before: list[str], after: list[str], fonts: Fonts, code: str) -> None:
    for words, others, across, colour, side in (
        (before, after, 0.38, _DROPPED, "right"),
        (after, before, 0.62, _ADDED, "left"),
    ):
        for place, word in enumerate(words):
            ax.text(
                across,
                place,
                fonts.shown(clipped(word, 20)),
                color="black" if word in others else colour,
                ha=side,
                va="center",
                size=9,
                **fonts.style(code),
            )
    for place, word in enumerate(before):
        if word in after:
            ax.plot([0.4, 0.6], [place, after.index(word)], color=PALE, lw=1.5)
    ax.set_xlim(0, 1)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
