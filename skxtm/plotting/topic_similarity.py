"""Heat map of how alike topics are."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from skxtm._threads import one_thread
from skxtm.plotting._drawing import clipped, single_axes, width
from skxtm.plotting._fonts import Fonts
from skxtm.report import trained_model


class TopicSimilarityDisplay:
    """Heat map of how alike topics are in their words, like ones beside each other.

    Make it by `from_estimator`. Needs the extra ``plot``.

    Parameters
    ----------
    values : ndarray of shape (n_topics, n_topics)
        Similarities, between 0 for topics that share no word and 1.
    topics : list of int
        Numbers of the topics, in the order of `values`.
    names : list of str
        Of the topics.

    Attributes
    ----------
    ax_, figure_ : matplotlib.axes.Axes, matplotlib.figure.Figure
        Drawn on, after `plot`.

    Notes
    -----
    Two topics are compared in each language by the cosine of the square roots of their word distributions, so
    that a few frequent words do not decide; all languages weigh alike. The order is that of the leaves of
    average linkage, neighbours put together (`scipy.cluster.hierarchy.linkage`, ``optimal_ordering``).

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.plotting import TopicSimilarityDisplay
    >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    >>> TopicSimilarityDisplay.from_estimator(model).values.shape
    (3, 3)
    """

    def __init__(self, values: NDArray[np.float64], topics: list[int], names: list[str]) -> None:
        self.values = values
        self.topics = topics
        self.names = names

    @classmethod
    def from_estimator(cls, estimator: Any) -> Self:
        """Compare the topics of a fitted model.

        Parameters
        ----------
        estimator : CrossLingualTopicModel or LLMRefiner
            Fitted.

        Returns
        -------
        display : TopicSimilarityDisplay

        Raises
        ------
        InputTypeError
            If it is something else.
        """
        own = trained_model(estimator, "TopicSimilarityDisplay")
        with one_thread():
            values = np.mean([_similarity(weights) for weights in own.topic_word_.values()], axis=0)
        order = _order(values)
        names = own.topic_names_
        return cls(values[np.ix_(order, order)], order, [names[number] for number in order])

    def plot(self, *, ax: Any = None, cmap: str = "cividis") -> Self:
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Where to draw; None makes a new figure, which grows with the number of topics.
        cmap : str, default="cividis"
            Name of the colours, from 0 to the largest similarity of two topics; the diagonal is left white.

        Returns
        -------
        display : TopicSimilarityDisplay
            This one, with `ax_` and `figure_`.
        """
        side = max(2.0, 0.2 * len(self.topics))
        beside = 1.3 + 0.075 * max(width(clipped(name)) for name in self.names)  # labels and colour bar
        ax = single_axes(ax, (side + beside, side + 0.4), "TopicSimilarityDisplay")
        fonts = Fonts({"": self.names})
        others = np.where(np.eye(len(self.topics), dtype=bool), np.nan, self.values)
        highest = np.nanmax(others) if len(self.topics) > 1 else 1
        image = ax.imshow(others, vmin=0, vmax=highest or 1, cmap=cmap, aspect="auto")
        places = range(len(self.topics))
        labels = [
            fonts.label(clipped(name), number) for number, name in zip(self.topics, self.names, strict=True)
        ]
        ax.set_yticks(places, labels, size=8, **fonts.style())
        ax.set_xticks(places, map(str, self.topics), size=8, rotation=90 if max(self.topics) > 99 else 0)
        ax.tick_params(length=0)
        ax.figure.colorbar(image, ax=ax, label="similarity of words", shrink=0.6)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _similarity(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    roots = np.sqrt(weights)
    roots /= np.linalg.norm(roots, axis=1, keepdims=True)
    return np.clip(roots @ roots.T, 0, 1)


def _order(values: NDArray[np.float64]) -> list[int]:
    if len(values) < 2:
        return [0]
    distances = squareform(1 - values, checks=False)
    return leaves_list(linkage(distances, "average", optimal_ordering=True)).tolist()
