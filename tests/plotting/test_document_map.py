"""Maps of documents."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from sklearn.utils import check_random_state

from skxtm.exceptions import InputError
from skxtm.explore import get_document_info
from skxtm.plotting import DocumentMapDisplay
from skxtm.plotting._drawing import COLOURS, PALE


def test_places_are_the_first_principal_components_of_roots_of_proportions(model, data):
    display = DocumentMapDisplay.from_estimator(model, data.corpus)
    roots = np.sqrt(model.transform(data.corpus).astype(float))
    left, lengths, _ = np.linalg.svd(roots - roots.mean(0), full_matrices=False)
    expected = left[:, :2] * lengths[:2]
    np.testing.assert_allclose(np.abs(display.points), np.abs(expected), atol=1e-8)


def test_points_have_the_topic_and_the_language_of_their_documents(model, data):
    info = get_document_info(model, data.corpus)
    rows = np.sort(check_random_state(3).choice(len(info), 30, replace=False))
    for method in ("pca", "tsne"):
        display = DocumentMapDisplay.from_estimator(
            model, data.corpus, n_points=30, method=method, random_state=3
        )
        assert display.topic.tolist() == info["topic"][rows].tolist()
        assert display.language.tolist() == info["language"][rows].tolist()
        assert display.points.shape == (30, 2)


@pytest.mark.parametrize("by", ["topic", "language"])
def test_colours_are_those_of_the_legend(model, data, by):
    display = DocumentMapDisplay.from_estimator(model, data.corpus).plot(by=by)
    (points,) = display.ax_.collections
    np.testing.assert_array_equal(points.get_offsets(), display.points)
    legend = display.ax_.get_legend()
    colours = {
        text.get_text(): to_hex(handle.get_color())
        for text, handle in zip(legend.get_texts(), legend.legend_handles, strict=True)
    }
    kinds = [model.topic_names_[k] for k in display.topic] if by == "topic" else display.language
    assert [colours[kind] for kind in kinds] == [to_hex(colour) for colour in points.get_facecolors()]
    counts = [list(kinds).count(name) for name in colours]
    assert counts == sorted(counts, reverse=True)


def test_topics_beyond_the_eighth_are_grey_and_counted():
    topic = np.repeat(np.arange(11), np.arange(11, 0, -1))
    language = np.array(["en"] * len(topic), dtype=object)
    display = DocumentMapDisplay(np.zeros((len(topic), 2)), topic, language, list("abcdefghijk")).plot()
    found = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert found == [*"abcdefgh", "3 others"]
    colours = [to_hex(colour) for colour in display.ax_.collections[0].get_facecolors()]
    assert colours == [(*map(str.lower, COLOURS), *[PALE.lower()] * 3)[k] for k in topic]


def test_it_draws_where_it_is_told(model, data, two_axes):
    display = DocumentMapDisplay.from_estimator(model, data.corpus, n_points=5).plot(ax=two_axes[0])
    assert (display.ax_, display.figure_) == (two_axes[0], two_axes[0].figure)


def test_wrong_parameters_are_named(model, data):
    with pytest.raises(InputError) as caught:
        DocumentMapDisplay.from_estimator(model, data.corpus, method="umap")
    assert str(caught.value) == (
        "The 'method' parameter of DocumentMapDisplay must be a str among {'pca', 'tsne'}. Got 'umap' instead."
    )
    with pytest.raises(InputError, match="The 'n_points' parameter of DocumentMapDisplay"):
        DocumentMapDisplay.from_estimator(model, data.corpus, n_points=0)
    with pytest.raises(InputError, match=r"The 'by' parameter of DocumentMapDisplay\.plot"):
        DocumentMapDisplay.from_estimator(model, data.corpus).plot(by="author")
