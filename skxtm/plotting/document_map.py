"""Map of documents by their topics."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from skxtm._parameters import check_choice, check_number
from skxtm.explore._map import arranged, drawn_rows
from skxtm.explore._reading import read
from skxtm.plotting._drawing import COLOURS, PALE, clipped, single_axes
from skxtm.plotting._fonts import Fonts


class DocumentMapDisplay:
    """Documents as points in the plane, those of like topics near each other.

    Make it by `from_estimator`. Needs the extra ``plot``.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
        Places of documents.
    topic : ndarray of int of shape (n_points,)
        The most probable topic of each.
    language : ndarray of str of shape (n_points,)
        The language of each.
    names : list of str
        Of all topics.

    Attributes
    ----------
    ax_, figure_ : matplotlib.axes.Axes, matplotlib.figure.Figure
        Drawn on, after `plot`.

    See Also
    --------
    skxtm.explore.explore : A page whose map says what the documents are.

    Notes
    -----
    The plane holds the two directions in which the square roots of topic proportions differ most (``"pca"``);
    there, topics that differ otherwise lie on each other. ``"tsne"`` keeps neighbours together and is slower;
    distances between its groups say little.

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.plotting import DocumentMapDisplay
    >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    >>> DocumentMapDisplay.from_estimator(model, data.corpus, n_points=50).points.shape
    (50, 2)
    """

    def __init__(
        self,
        points: NDArray[np.float64],
        topic: NDArray[np.intp],
        language: NDArray[np.object_],
        names: list[str],
    ) -> None:
        self.points = points
        self.topic = topic
        self.language = language
        self.names = names

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        method: Literal["pca", "tsne"] = "pca",
        n_points: int = 3000,
        random_state: int | np.random.RandomState | None = 0,
    ) -> Self:
        """Arrange documents by the topics that a fitted model finds in them.

        Parameters
        ----------
        estimator : CrossLingualTopicModel or LLMRefiner
            Fitted.
        X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
            Documents in any of the fitted languages.
        method : {"pca", "tsne"}, default="pca"
            How the plane is chosen.
        n_points : int, default=3000
            Documents on the map, drawn at random if there are more.
        random_state : int, RandomState instance or None, default=0
            Source of the draw, and of the arrangement by t-SNE.

        Returns
        -------
        display : DocumentMapDisplay

        Raises
        ------
        InputError, InputTypeError
            If a parameter or the data is not what is needed.
        """
        check_choice(method, "method", "DocumentMapDisplay", ("pca", "tsne"))
        check_number(n_points, "n_points", "DocumentMapDisplay", 1, integer=True)
        random = check_random_state(random_state)
        documents = read(estimator, X, "DocumentMapDisplay")
        rows = drawn_rows(len(documents.corpus), n_points, random)
        theta = documents.theta[rows]
        return cls(
            arranged(theta, random, method),
            theta.argmax(1),
            documents.corpus.language[rows],
            documents.names.tolist(),
        )

    def plot(self, *, ax: Any = None, by: Literal["topic", "language"] = "topic") -> Self:
        """Draw the map.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Where to draw; None makes a new figure.
        by : {"topic", "language"}, default="topic"
            What is coloured: the eight topics of most documents, the others grey; or languages, the first
            eight alike.

        Returns
        -------
        display : DocumentMapDisplay
            This one, with `ax_` and `figure_`.
        """
        check_choice(by, "by", "DocumentMapDisplay.plot", ("topic", "language"))
        ax = single_axes(ax, (8.5, 5.5), "DocumentMapDisplay")
        kinds = self.topic if by == "topic" else self.language
        found, counts = np.unique(kinds, return_counts=True)
        largest = found[np.argsort(-counts, kind="stable")]
        colours = dict(zip(largest.tolist(), COLOURS, strict=False))
        size = float(np.clip(6000 / len(self.points), 4, 30))
        ax.scatter(
            *self.points.T,
            s=size,
            c=[colours.get(kind, PALE) for kind in kinds.tolist()],
            alpha=0.7,
            linewidths=0,
        )
        labels = {kind: clipped(self.names[kind] if by == "topic" else kind) for kind in colours}
        if len(found) > len(colours):
            colours["others"], labels["others"] = PALE, f"{len(found) - len(labels)} others"
        fonts = Fonts({"": labels.values()})
        handles = [_dot(fonts.shown(labels[kind]), colour) for kind, colour in colours.items()]
        fonts.legend(
            ax,
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(1, 1),
            frameon=False,
            fontsize=9,
            title=by,
            alignment="left",
        )
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_aspect("equal", adjustable="datalim")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _dot(label: str, colour: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], marker="o", linestyle="", color=colour, markersize=5, label=label)
