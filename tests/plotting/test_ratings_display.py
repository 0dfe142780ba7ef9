"""Heat maps of ratings."""

import numpy as np
import pytest

from skxtm.exceptions import InputError
from skxtm.llm import ScriptedChat
from skxtm.metrics import LLMRatings
from skxtm.plotting import RatingsDisplay


class Model:
    def get_topics(self, n_words):
        return [{"en": ["rain", "wind"][:n_words], "de": ["Regen", "Wind"][:n_words]}] * 3


def ratings(value, columns=("en", "de")):
    return LLMRatings(np.full((4, 3, len(columns)), value), columns)


@pytest.mark.slow
def test_one_model_has_a_row_for_each_topic():
    display = RatingsDisplay.from_ratings(ratings(2.0)).plot()
    assert display.values.shape == (3, 2)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["topic 0", "topic 1", "topic 2"]
    assert [text.get_text() for text in display.ax_.texts] == ["2.00"] * 6
    assert display.ax_.images[0].get_clim() == (1, 3)


def test_several_models_have_a_row_each_with_the_mean_over_topics():
    refined = ratings(3.0)
    refined.values[:, 0] = 1.0
    refined.values[:, 1] = np.nan
    display = RatingsDisplay.from_ratings({"plain": ratings(1.0), "refined": refined}).plot()
    np.testing.assert_array_equal(display.values, [[1, 1], [2, 2]])
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["plain", "refined"]


def test_what_has_no_rating_is_left_white():
    failed = ratings(2.0)
    failed.values[:, 1] = np.nan
    display = RatingsDisplay.from_ratings(failed).plot()
    assert len(display.ax_.texts) == 4


def test_it_draws_where_it_is_told_and_shows_nothing(monkeypatch):
    from matplotlib import pyplot

    monkeypatch.setattr(pyplot, "show", lambda: pytest.fail("show was called"))
    _, axes = pyplot.subplots()
    display = RatingsDisplay.from_ratings(ratings(2.0)).plot(ax=axes)
    assert display.ax_ is axes
    assert display.figure_ is axes.figure


@pytest.mark.parametrize(("kind", "columns"), [("coherence", ["en", "de"]), ("alignment", ["en-de"])])
def test_an_estimator_is_rated_by_a_chat_model(kind, columns):
    chat = ScriptedChat(lambda request: "3")
    display = RatingsDisplay.from_estimator(Model(), chat, kind=kind, n_words=2, n_runs=1)
    assert display.columns == columns
    assert (display.values == 3).all()


def test_wrong_arguments_are_named():
    with pytest.raises(InputError, match=r"^Only ratings of the same columns fit into one heat map\."):
        RatingsDisplay.from_ratings({"a": ratings(1.0), "b": ratings(1.0, ("en-de",))})
    with pytest.raises(InputError, match=r"^The 'kind' parameter must be 'coherence' or 'alignment'\."):
        RatingsDisplay.from_estimator(Model(), ScriptedChat([]), kind="beauty")
