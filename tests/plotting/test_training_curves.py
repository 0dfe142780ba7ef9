"""Loss terms over the epochs."""

import numpy as np
import pytest

from skxtm.exceptions import InputError
from skxtm.plotting import TrainingCurvesDisplay


def test_every_term_has_a_panel_with_its_values_the_sum_first(refiner):
    model = refiner.estimator_
    display = TrainingCurvesDisplay.from_estimator(model).plot()
    titles = [ax.get_title("left") for ax in display.axes_]
    assert titles[0] == "loss"
    assert sorted(titles) == sorted(model.history_)
    for name, ax in zip(titles, display.axes_, strict=True):
        (line,) = ax.lines
        assert line.get_xdata().tolist() == [1, 2, 3]
        assert line.get_ydata().tolist() == model.history_[name]


def test_of_a_refiner_both_phases_are_drawn_and_refinements_marked(refiner):
    display = TrainingCurvesDisplay.from_estimator(refiner).plot()
    assert len(display.history["loss"]) == 3 + 4
    np.testing.assert_array_equal(display.history["words"], [np.nan] * 3 + refiner.history_["words"])
    for ax in display.axes_:
        assert [line.get_xdata()[0] for line in ax.lines[1:]] == [3.5, 5.5]
    assert display.axes_[-1].get_xlabel() == "epoch, refinements dashed"


def test_it_draws_in_the_place_of_an_axes(refiner, two_axes):
    display = TrainingCurvesDisplay.from_estimator(refiner).plot(ax=two_axes[1])
    assert display.figure_ is two_axes[1].figure
    display.figure_.canvas.draw()


def test_a_backbone_without_a_history_is_refused(model):
    with pytest.raises(InputError) as caught:
        TrainingCurvesDisplay.from_estimator(model)
    assert str(caught.value) == (
        "The backbone CoreCTM keeps no history of its training. Take a model whose backbone trains in epochs, "
        "such as 'nmtm'."
    )
