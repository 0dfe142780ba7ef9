"""Heat maps of like topics."""

import copy
from itertools import pairwise

import numpy as np
import pytest

from skxtm import CrossLingualTopicModel
from skxtm._model.state import state_of
from skxtm.plotting import TopicSimilarityDisplay


def test_values_are_cosines_of_roots_of_words_mean_over_languages(model):
    display = TopicSimilarityDisplay.from_estimator(model)
    for i, first in enumerate(display.topics):
        for j, second in enumerate(display.topics):
            cosines = [
                np.sum(
                    np.sqrt(words[first]) * np.sqrt(words[second])
                )  # roots of what sums to 1 have length 1
                for words in model.topic_word_.values()
            ]
            assert display.values[i, j] == pytest.approx(np.mean(cosines))


def test_like_topics_stand_beside_each_other(model):
    joined = copy.deepcopy(model)
    components = state_of(joined).components
    components[3] = 0.9 * components[0] + 0.1 * components[3]
    display = TopicSimilarityDisplay.from_estimator(joined)
    assert sorted(display.topics) == [0, 1, 2, 3]
    assert abs(display.topics.index(0) - display.topics.index(3)) == 1


def test_the_picture_holds_the_values_and_the_names(model):
    display = TopicSimilarityDisplay.from_estimator(model).plot()
    image = display.ax_.images[0].get_array()
    different = ~np.eye(4, dtype=bool)
    np.testing.assert_array_equal(np.asarray(image)[different], display.values[different])
    assert np.ma.getmaskarray(image).diagonal().all()
    assert display.ax_.images[0].get_clim() == (0, display.values[different].max())
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == [
        f"{name}  {number}" for number, name in zip(display.topics, display.names, strict=True)
    ]
    assert [label.get_text() for label in display.ax_.get_xticklabels()] == list(map(str, display.topics))


def test_labels_of_fifty_topics_do_not_touch():
    names = ["a name as long as names may be, and more"] * 50
    display = TopicSimilarityDisplay(np.eye(50), list(range(50)), names).plot()
    display.figure_.canvas.draw()
    for ticks, (low, high) in (
        (display.ax_.get_yticklabels(), ("y0", "y1")),
        (display.ax_.get_xticklabels(), ("x0", "x1")),
    ):
        boxes = sorted(
            (getattr(box, low), getattr(box, high)) for box in (t.get_window_extent() for t in ticks)
        )
        assert all(before[1] <= after[0] for before, after in pairwise(boxes))
    assert min(label.get_window_extent().x0 for label in display.ax_.get_yticklabels()) >= 0


def test_one_topic_and_an_axes_given_are_drawn(data, two_axes):
    model = CrossLingualTopicModel(1, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    display = TopicSimilarityDisplay.from_estimator(model).plot(ax=two_axes[0])
    assert display.ax_ is two_axes[0]
    display.figure_.canvas.draw()
