"""Top words of topics, languages side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any, Self

from skxtm._model.topics import verdicts_of
from skxtm._parameters import check_n_words
from skxtm.explore._words import weighted_words
from skxtm.plotting._drawing import COLOURS, WARNING, axes_grid, chosen_topics, clipped, width
from skxtm.plotting._fonts import Fonts
from skxtm.report import trained_model

_LONGEST_LINE = 40  # characters of a title, which begins over the first column


class TopicWordsDisplay:
    """Top words of topics with bars of their probabilities: a row per topic, a column per language.

    Make it by `from_estimator`. Needs the extra ``plot``.

    Parameters
    ----------
    words : list of dict of str to list of (str, float)
        For each topic the words of each language and their probabilities, most probable first.
    topics : list of int
        Numbers of the topics.
    names : list of str
        Of the topics.
    verdicts : mapping of int to str
        What is wrong with topics that are broken.

    Attributes
    ----------
    axes_ : ndarray of matplotlib.axes.Axes of shape (n_topics, n_languages)
        Drawn on, after `plot`.
    figure_ : matplotlib.figure.Figure
        That holds them.

    Notes
    -----
    Fonts that have the words' letters are found among those installed, in all displays; a warning names
    scripts of which there is none. Letters are joined and put in order, as Arabic and Hebrew and the scripts
    of India need it, from matplotlib 3.11 on.

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.plotting import TopicWordsDisplay
    >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    >>> display = TopicWordsDisplay.from_estimator(model, topics=[0, 2], n_words=5)
    >>> display.topics, [len(words["zh"]) for words in display.words]
    ([0, 2], [5, 5])
    """

    def __init__(
        self,
        words: list[dict[str, list[tuple[str, float]]]],
        topics: list[int],
        names: list[str],
        verdicts: Mapping[int, str],
    ) -> None:
        self.words = words
        self.topics = topics
        self.names = names
        self.verdicts = verdicts

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        topics: Sequence[int] | None = None,
        n_words: int = 10,
        max_topics: int = 10,
        quality: Any = None,
    ) -> Self:
        """Show topics of a fitted model.

        Parameters
        ----------
        estimator : CrossLingualTopicModel or LLMRefiner
            Fitted.
        topics : sequence of int or None, default=None
            Numbers of topics, in the order to draw; None takes the heaviest.
        n_words : int, default=10
            Words per topic and language.
        max_topics : int, default=10
            Topics that None stands for, at most.
        quality : pandas.DataFrame or None, default=None
            From `skxtm.explore.topic_quality_table`; topics that are broken are marked with its verdict.

        Returns
        -------
        display : TopicWordsDisplay

        Raises
        ------
        InputError, InputTypeError
            If a parameter is not what is needed.
        """
        check_n_words(n_words, "TopicWordsDisplay")
        own = trained_model(estimator, "TopicWordsDisplay")
        numbers = chosen_topics(topics, dict(enumerate(own.topic_weight_)), max_topics, "TopicWordsDisplay")
        top, names = estimator.get_topics(n_words), own.topic_names_
        words = [
            {code: weighted_words(own, code, number, of_code) for code, of_code in top[number].items()}
            for number in numbers
        ]
        verdicts = dict(enumerate(verdicts_of(quality, own.topic_weight_)))
        return cls(words, numbers, [names[number] for number in numbers], verdicts)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the words.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            In whose place to draw; None makes a new figure, which grows with the number of topics.

        Returns
        -------
        display : TopicWordsDisplay
            This one, with `axes_` and `figure_`. Bars of each panel reach from 0 to its first word.
        """
        codes = list(self.words[0])
        height = 0.55 + 0.17 * max(len(words) for topic in self.words for words in topic.values())
        fonts = Fonts(
            {code: [word for topic in self.words for word, _ in topic[code]] for code in codes}
            | {"": self.names}
        )
        titles = [
            _title(fonts, number, name, self.verdicts.get(number))
            for number, name in zip(self.topics, self.names, strict=True)
        ]
        height += 0.17 * max(title.count("\n") for title in titles)
        panel = (max(2.6, 4.4 / len(codes)), height)  # a title needs the room even of one language
        figure, axes = axes_grid(ax, (len(self.topics), len(codes)), panel, "TopicWordsDisplay")
        for row, (topic, number, title) in enumerate(zip(self.words, self.topics, titles, strict=True)):
            for column, code in enumerate(codes):
                _draw_bars(axes[row, column], topic[code], COLOURS[column % len(COLOURS)], fonts, code)
            colour = WARNING if self.verdicts.get(number) else "black"
            axes[row, 0].set_title(title, loc="left", size=10, color=colour, **fonts.style())
        for column, code in enumerate(codes):
            axes[0, column].xaxis.set_label_position("top")
            axes[0, column].set_xlabel(code, color="dimgrey")
        self.axes_, self.figure_ = axes, figure
        return self


def _title(fonts: Fonts, number: int, name: str, verdict: str | None) -> str:
    """Put the verdict behind the name, or below it where it is long."""
    mark = f"[{verdict}]" if verdict else ""
    title = fonts.label(number, clipped(name), mark)
    if not mark or width(title) <= _LONGEST_LINE:
        return title
    return "\n".join([fonts.label(number, clipped(name)), *wrap(mark, _LONGEST_LINE)])


def _draw_bars(ax: Any, words: list[tuple[str, float]], colour: str, fonts: Fonts, code: str) -> None:
    places = range(len(words))
    ax.barh(places, [weight for _, weight in words], color=colour, height=0.7)
    labels = [fonts.shown(clipped(word, 20)) for word, _ in words]
    ax.set_yticks(places, labels, size=9, **fonts.style(code))
    ax.set_ylim(len(words) - 0.4, -0.6)
    ax.set_xlim(0, max((weight for _, weight in words), default=0) or 1)
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[["top", "right", "bottom"]].set_visible(False)
