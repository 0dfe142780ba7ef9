"""Models to draw, without a display."""

import pytest

from skxtm import CrossLingualTopicModel, LLMRefiner
from skxtm.datasets import make_multilingual_corpus


@pytest.fixture(autouse=True)
def no_display(monkeypatch):
    """Figures are drawn into memory, never shown, and closed."""
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    monkeypatch.setattr(pyplot, "show", lambda: pytest.fail("show was called"))
    yield
    pyplot.close("all")


@pytest.fixture(scope="session")
def data():
    return make_multilingual_corpus(n_documents=60, n_components=4, random_state=0)


@pytest.fixture(scope="session")
def model(data):
    return CrossLingualTopicModel(4, lexicon=data.lexicon, random_state=0).fit(data.corpus)


@pytest.fixture(scope="session")
def refiner(data):
    trained = CrossLingualTopicModel(4, backbone="nmtm", lexicon=data.lexicon, max_epochs=3, random_state=0)
    return LLMRefiner(trained, max_epochs=4, refine_every=2, n_words=6, random_state=0).fit(data.corpus)


@pytest.fixture
def only_dejavu(monkeypatch):
    """Matplotlib knows the fonts that come with it, and no others are installed."""
    from matplotlib import font_manager

    own = [font for font in font_manager.fontManager.ttflist if font.name == "DejaVu Sans"]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)


@pytest.fixture
def two_axes():
    """Axes that a user made, beside others."""
    from matplotlib import pyplot

    return pyplot.subplots(1, 2)[1]
