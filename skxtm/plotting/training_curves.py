"""What training minimised, epoch by epoch."""

from __future__ import annotations

from typing import Any, Self

from skxtm.exceptions import InputError
from skxtm.plotting._drawing import COLOURS, WARNING, panels
from skxtm.refiner import LLMRefiner
from skxtm.report import trained_model


class TrainingCurvesDisplay:
    """A panel per loss term, over the epochs of training, refinements marked.

    Make it by `from_estimator`. Needs the extra ``plot``, and of a refiner ``frame``.

    Parameters
    ----------
    history : dict of str to list of float
        Values of each term, per epoch; nan where it had no part.
    refinements : list of int
        Epochs, counted from 1, before which topics were refined.

    Attributes
    ----------
    axes_ : ndarray of matplotlib.axes.Axes of shape (n_terms,)
        Drawn on, after `plot`.
    figure_ : matplotlib.figure.Figure
        That holds them.

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.plotting import TrainingCurvesDisplay
    >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, backbone="nmtm", lexicon=data.lexicon, max_epochs=2, random_state=0)
    >>> list(TrainingCurvesDisplay.from_estimator(model.fit(data.corpus)).history)
    ['loss', 'reconstruction', 'kl']
    """

    def __init__(self, history: dict[str, list[float]], refinements: list[int]) -> None:
        self.history = history
        self.refinements = refinements

    @classmethod
    def from_estimator(cls, estimator: Any) -> Self:
        """Show how a fitted model was trained.

        Parameters
        ----------
        estimator : CrossLingualTopicModel or LLMRefiner
            Fitted. Of a refiner, training before refinement and in its second phase.

        Returns
        -------
        display : TrainingCurvesDisplay

        Raises
        ------
        InputError, InputTypeError
            If it is something else, or its backbone keeps no history.
        """
        own = trained_model(estimator, "TrainingCurvesDisplay")
        history = {name: list(own.history_[name]) for name in sorted(own.history_, key=_loss_first)}
        if not any(history.values()):
            raise InputError(
                f"The backbone {type(own.backbone_).__name__} keeps no history of its training. Take a model "
                "whose backbone trains in epochs, such as 'nmtm'."
            )
        refinements = []
        if isinstance(estimator, LLMRefiner):
            epochs = sorted({*estimator.refinement_report_["epoch"].tolist()})
            n_before = max(map(len, history.values())) - estimator.n_iter_
            refinements = [n_before + epoch + 1 for epoch in epochs]
        return cls(history, refinements)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            In whose place to draw; None makes a new figure, which grows with the number of terms.

        Returns
        -------
        display : TrainingCurvesDisplay
            This one, with `axes_` and `figure_`. Each term has a scale of its own.
        """
        figure, axes = panels(ax, len(self.history), (2.8, 2.1), "TrainingCurvesDisplay", sharex=True)
        for panel, (name, values) in zip(axes, self.history.items(), strict=True):
            panel.plot(range(1, len(values) + 1), values, color=COLOURS[0], lw=1.5)
            for epoch in self.refinements:
                panel.axvline(epoch - 0.5, color=WARNING, lw=0.8, ls="--")
            panel.set_title(name, loc="left", size=9, parse_math=False)
        for panel in axes[-4:]:
            panel.set_xlabel("epoch" + (", refinements dashed" if self.refinements else ""), size=8)
        self.axes_, self.figure_ = axes, figure
        return self


def _loss_first(name: str) -> bool:
    return name != "loss"
