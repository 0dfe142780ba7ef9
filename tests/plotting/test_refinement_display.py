"""Words before and after refinement."""

import pytest
from matplotlib.colors import to_hex

from skxtm.exceptions import InputError, InputTypeError
from skxtm.plotting import RefinementDisplay
from skxtm.report import _changes


def test_words_are_those_of_the_table_of_before_and_after(refiner):
    info = refiner.get_topic_info(6)
    display = RefinementDisplay.from_estimator(refiner, topics=[2, 1], n_words=6).plot()
    assert display.axes_.shape == (2, 2)
    for row, number in enumerate([2, 1]):
        for ax, code in zip(display.axes_[row], ["en", "zh"], strict=True):
            before, after = info[f"{code}_before"][number], info[f"{code}_kept"][number]
            assert [text.get_text() for text in ax.texts] == [*before, *after]
            left, right = ax.texts[: len(before)], ax.texts[len(before) :]
            assert max(text.get_position()[0] for text in left) < min(t.get_position()[0] for t in right)
            assert [text.get_position()[1] for text in right] == list(range(len(after)))


def test_words_kept_are_joined_and_others_coloured_as_dropped_or_added(refiner):
    display = RefinementDisplay.from_estimator(refiner, topics=[0], n_words=6).plot()
    for ax, code in zip(display.axes_[0], ["en", "zh"], strict=True):
        before, after = display.before[0][code], display.after[0][code]
        states = dict(_changes(before, after))
        colours = {"kept": "#000000", "dropped": "#d55e00", "added": "#0072b2"}
        for text in ax.texts:
            assert to_hex(text.get_color()) == colours[states[text.get_text()]]
        joined = [tuple(line.get_ydata()) for line in ax.lines]
        kept = [word for word in before if states[word] == "kept"]
        assert joined == [(before.index(word), after.index(word)) for word in kept]


def test_it_draws_in_the_place_of_an_axes(refiner, two_axes):
    display = RefinementDisplay.from_estimator(refiner, max_topics=2).plot(ax=two_axes[0])
    assert display.figure_ is two_axes[0].figure
    display.figure_.canvas.draw()


def test_wrong_parameters_are_named(model, refiner):
    with pytest.raises(InputTypeError) as caught:
        RefinementDisplay.from_estimator(model)
    assert str(caught.value) == (
        "The 'refiner' parameter of RefinementDisplay must be an LLMRefiner. Got CrossLingualTopicModel "
        "instead, whose words TopicWordsDisplay shows."
    )
    with pytest.raises(InputError, match="The 'topics' parameter of RefinementDisplay"):
        RefinementDisplay.from_estimator(refiner, topics=[4])
    with pytest.raises(InputError, match="The 'n_words' parameter of RefinementDisplay"):
        RefinementDisplay.from_estimator(refiner, n_words=0)
