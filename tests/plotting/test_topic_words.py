"""Words of topics side by side."""

import numpy as np
import pandas
import pytest
from matplotlib.colors import to_hex

from skxtm.exceptions import InputError, InputTypeError
from skxtm.plotting import TopicWordsDisplay


def texts(ticks):
    return [label.get_text() for label in ticks]


def test_bars_are_as_long_as_words_are_probable_in_every_language(model):
    display = TopicWordsDisplay.from_estimator(model, topics=[2, 0], n_words=4).plot()
    assert display.axes_.shape == (2, 2)
    for row, number in enumerate([2, 0]):
        for column, code in enumerate(model.languages_):
            ax = display.axes_[row, column]
            weights = np.sort(model.components_[number, column * 200 :][:200])[::-1][:4]
            np.testing.assert_allclose([bar.get_width() for bar in ax.patches], weights)
            assert texts(ax.get_yticklabels()) == model.get_topics(4)[number][code]
            assert ax.get_xlim() == (0, weights[0])
    assert display.axes_[0, 1].get_xlabel() == model.languages_[1]
    assert display.axes_[0, 0].get_title("left") == f"2  {model.topic_names_[2]}"


def test_the_heaviest_topics_are_drawn_and_the_figure_grows_with_them(model):
    few = TopicWordsDisplay.from_estimator(model, max_topics=1).plot()
    all_topics = TopicWordsDisplay.from_estimator(model).plot()
    assert few.topics == [model.topic_weight_.argmax()]
    assert all_topics.topics == np.argsort(-model.topic_weight_).tolist()
    assert all_topics.figure_.get_figheight() > 2 * few.figure_.get_figheight()


def test_broken_topics_are_marked_with_what_is_wrong(model):
    numbers = range(len(model.components_))
    table = pandas.DataFrame({"topic": numbers, "verdict": ["two themes" if k == 1 else "" for k in numbers]})
    display = TopicWordsDisplay.from_estimator(model, topics=[0, 1], quality=table).plot()
    titles = [ax.get_title("left") for ax in display.axes_[:, 0]]
    assert titles == [f"0  {model.topic_names_[0]}", f"1  {model.topic_names_[1]}  [two themes]"]
    colours = [to_hex(ax._left_title.get_color()) for ax in display.axes_[:, 0]]
    assert colours == ["#000000", "#d55e00"]


def test_marks_of_another_model_are_refused(model):
    table = pandas.DataFrame({"topic": [0, 1], "verdict": ["", "two themes"]})
    with pytest.raises(InputError, match="The 'quality' table is of 2 topics, and the model has"):
        TopicWordsDisplay.from_estimator(model, quality=table)


def test_names_that_are_long_are_cut(model):
    display = TopicWordsDisplay.from_estimator(model, topics=[0])
    display.names = ["word, " * 20]
    assert display.plot().axes_[0, 0].get_title("left") == "0  word, word, word, word, word, w…"


def test_words_of_a_refiner_are_those_of_the_refined_model(refiner):
    display = TopicWordsDisplay.from_estimator(refiner, topics=[1], n_words=3)
    assert {code: [word for word, _ in of] for code, of in display.words[0].items()} == refiner.get_topics(3)[
        1
    ]


def test_it_draws_in_the_place_of_an_axes(model, two_axes):
    display = TopicWordsDisplay.from_estimator(model, topics=[0, 1]).plot(ax=two_axes[1])
    figure = two_axes[1].figure
    assert display.figure_ is figure
    figure.canvas.draw()
    box = two_axes[1].get_position()
    assert all(box.x0 - 0.01 <= ax.get_position().x0 for ax in display.axes_.flat)
    free = figure.add_axes((0.1, 0.1, 0.2, 0.2))
    with pytest.raises(InputError) as caught:
        display.plot(ax=free)
    assert str(caught.value) == (
        "TopicWordsDisplay draws several panels in the place of ax, which stands free in its figure. Pass one "
        "that pyplot.subplots made."
    )


def test_topics_that_are_one_number_are_refused(model):
    with pytest.raises(InputTypeError) as caught:
        TopicWordsDisplay.from_estimator(model, topics=1)
    assert str(caught.value) == (
        "The 'topics' parameter of TopicWordsDisplay must be a list of numbers of topics, or None. Got 1 instead."
    )


@pytest.mark.parametrize("topics", [[4], [-1], [], ["0"], [True], [0, 9]])
def test_topics_that_are_not_there_are_named(model, topics):
    with pytest.raises(InputError) as caught:
        TopicWordsDisplay.from_estimator(model, topics=topics)
    culprits = topics[-1:]
    assert str(caught.value) == (
        "The 'topics' parameter of TopicWordsDisplay must hold numbers of topics, 0 to 3, or be None. Got "
        f"{culprits!r}."
    )


def test_other_wrong_parameters_are_named(model):
    with pytest.raises(InputError, match="The 'n_words' parameter of TopicWordsDisplay"):
        TopicWordsDisplay.from_estimator(model, n_words=0)
    with pytest.raises(InputError, match="The 'max_topics' parameter of TopicWordsDisplay"):
        TopicWordsDisplay.from_estimator(model, max_topics=0)
    with pytest.raises(InputTypeError, match="The 'model' parameter of TopicWordsDisplay"):
        TopicWordsDisplay.from_estimator("model")


@pytest.mark.parametrize("n_languages", [1, 2])
def test_long_verdicts_stand_below_the_name_within_the_figure_and_move_no_panel(model, n_languages):
    verdict = "incoherent in en; incoherent in zh; languages disagree; two themes"
    display = TopicWordsDisplay.from_estimator(model, topics=[0, 1])
    display.words = [dict(list(words.items())[:n_languages]) for words in display.words]
    display.names = ["a name that is just as long as it may be", "short"]
    display.verdicts = {0: verdict}
    display.plot().figure_.canvas.draw()
    first, second = (ax._left_title for ax in display.axes_[:, 0])
    name, *lines = first.get_text().split("\n")
    assert (name, " ".join(lines)) == ("0  a name that is just as long as…", f"[{verdict}]")
    for title in (first, second):
        assert title.get_window_extent().x1 <= display.figure_.bbox.x1
    above, below = (ax.get_window_extent() for ax in display.axes_[:, 0])
    assert second.get_window_extent().y1 < above.y0
    assert first.get_window_extent().y0 >= above.y1
    widths = [ax.get_window_extent().x1 for ax in display.axes_[0]]
    starts = [ax.get_window_extent().x0 for ax in display.axes_[0, 1:]]
    assert all(start - end < above.width for end, start in zip(widths, starts, strict=False))
    assert below.x0 == above.x0
