"""Clusters of documents across languages."""

from unittest.mock import patch

import numpy as np
import pytest

from skxtm.backbones import _clusters
from skxtm.backbones._clusters import DocumentClusters, left_projection
from skxtm.exceptions import InputError


def themes(n_documents, seed, noise=0.05):
    """Embeddings around three orthogonal directions, and the direction of each."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n_documents)
    return np.eye(6)[labels].astype(np.float32) + noise * rng.normal(size=(n_documents, 6)), labels


@pytest.mark.parametrize("block_rows", [4, 1000])
def test_the_projection_gives_the_left_singular_vectors_of_the_stacked_embeddings(block_rows):
    rng = np.random.default_rng(0)
    vectors = [rng.normal(size=(n, 5)) * [5, 4, 3, 2, 1] for n in (9, 6)]
    with patch.object(_clusters, "_BLOCK_ROWS", block_rows):
        actual = np.vstack(vectors) @ left_projection(vectors, 3)
    expected = np.linalg.svd(np.vstack(vectors), full_matrices=False)[0][:, :3]
    np.testing.assert_allclose(np.abs(actual), np.abs(expected), atol=1e-10)


def test_directions_without_variation_are_left_out():
    vectors = [np.outer(np.arange(1.0, 5), [1.0, 2.0, 0.0])]
    assert left_projection(vectors, 3).shape == (3, 1)


def test_documents_of_one_theme_share_a_cluster_in_every_language():
    (first, first_labels), (second, second_labels) = themes(40, 0), themes(30, 1)
    clusters = DocumentClusters.learn([first, second], 3, n_dimensions=3, seed=0)
    found = clusters.assign(first, 0), clusters.assign(second, 1)
    both = {(theme, cluster) for theme, cluster in zip(first_labels, found[0], strict=True)}
    both |= {(theme, cluster) for theme, cluster in zip(second_labels, found[1], strict=True)}
    assert len(both) == 3


def test_the_clustered_language_goes_by_distance_and_the_others_by_cosine():
    clusters = DocumentClusters(np.eye(2), np.array([[0.1, 0.1], [1.0, 0.3]]), language=1)
    between = np.array([[0.8, 0.6]])  # nearer to the second in distance, to the first in cosine
    assert clusters.assign(between, 1) == [1]
    assert clusters.assign(between, 0) == [0]


def test_any_language_can_be_the_clustered_one():
    parts = [themes(20, 0)[0], themes(25, 1)[0]]
    clusters = DocumentClusters.learn(parts, 3, language=1, n_dimensions=3, seed=0)
    assert clusters.language == 1
    assert clusters.centroids.shape == (3, 3)


def test_documents_whose_embeddings_are_all_zero_cannot_be_clustered():
    with pytest.raises(InputError) as caught:
        DocumentClusters.learn([np.zeros((2, 3)), np.zeros((1, 3))], 1)
    assert str(caught.value) == (
        "The documents' embeddings are all zero, as those learnt from one document in each language are, or of "
        "one word, so that there is nothing to cluster by. Give more documents, or document_embeddings=."
    )
