"""Curves of a search over the number of topics."""

from types import SimpleNamespace

import numpy as np
import pytest

from skxtm.plotting import NComponentsDisplay

matplotlib = pytest.importorskip("matplotlib")
pd = pytest.importorskip("pandas")
matplotlib.use("Agg")

MEASURES = ("coherence", "agreement_lexicon", "uniqueness", "fine", "stability")


def search(**changed):
    columns = {"n_components": [2, 5, 20], "score": [0.5, 2.0, 1.0]}
    for name in MEASURES:
        columns |= {name: [0.4, 0.9, 0.6], f"{name}_std": [0.1, 0.0, 0.1]}
    return SimpleNamespace(table=pd.DataFrame({**columns, **changed}), recommended=5)


def drawn_lines(display):
    """Curves by their names in the legend."""
    handles, labels = display.ax_.get_legend_handles_labels()
    return dict(zip(labels, handles, strict=True))


def test_every_measure_has_a_curve_and_the_recommended_number_a_line():
    display = NComponentsDisplay.from_search(search()).plot()
    lines = drawn_lines(display)
    assert len(lines) == len(MEASURES) + 2
    np.testing.assert_allclose(lines["score, relative to the greatest"].get_ydata(), [0.25, 1, 0.5])
    fine, _, _ = lines["share of fine topics"]
    np.testing.assert_allclose(fine.get_ydata().astype(float), [0.4, 0.9, 0.6])
    assert list(lines["recommended: 5"].get_xdata()) == [5, 5]
    assert [tick.get_text() for tick in display.ax_.get_xticklabels()] == ["2", "5", "20"]


def test_what_is_not_known_has_no_curve():
    lines = drawn_lines(NComponentsDisplay.from_search(search(agreement_lexicon=np.nan)).plot())
    assert "agreement of languages (lexicon)" not in lines
    assert len(lines) == len(MEASURES) + 1


def test_it_draws_where_it_is_told_and_shows_nothing(monkeypatch):
    from matplotlib import pyplot

    monkeypatch.setattr(pyplot, "show", lambda: pytest.fail("show was called"))
    _, axes = pyplot.subplots()
    display = NComponentsDisplay.from_search(search()).plot(ax=axes)
    assert display.ax_ is axes
    assert display.figure_ is axes.figure
