"""Polyglot augmentation against loops over documents and words."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from skxtm.backbones import _augmentation
from skxtm.backbones._augmentation import neighbour_matrix, polyglot_augmentation


def nearest(vectors, query, n, excluded=None):
    """Words of largest cosine, one by one."""
    cosines = {
        word: vector @ query / np.sqrt((vector @ vector) * (query @ query))
        for word, vector in enumerate(vectors)
        if word != excluded and vector.any()
    }
    return sorted(cosines, key=lambda word: -cosines[word])[:n]


def augment_by_hand(x, language, vectors, n_neighbours):
    starts = np.cumsum([0, *(len(part) for part in vectors)])
    result = np.zeros((len(x), starts[-1]))
    for document, counts in enumerate(x):
        for word in np.flatnonzero(counts):
            result[document, starts[language] + word] += 1
            query = vectors[language][word]
            if not query.any():
                continue
            for other, part in enumerate(vectors):
                excluded = word if other == language else None
                for neighbour in nearest(part, query, n_neighbours, excluded):
                    result[document, starts[other] + neighbour] += 1
    return result


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 7), min_size=1, max_size=3),
    n_neighbours=st.integers(0, 8),
    block_size=st.sampled_from([1, 10, 1 << 20]),
    seed=st.integers(0, 10_000),
)
def test_augmentation_equals_the_loop_over_documents_and_words(sizes, n_neighbours, block_size, seed):
    rng = np.random.default_rng(seed)
    vectors = [rng.normal(size=(size, 3)) for size in sizes]
    vectors[0][0] = 0  # a word without an embedding
    with patch.object(_augmentation, "_BLOCK_SIZE", block_size):
        neighbours = neighbour_matrix(vectors, n_neighbours)
    offset = 0
    for language, size in enumerate(sizes):
        x = rng.poisson(0.6, (4, size))
        augmented = polyglot_augmentation(sparse.csr_array(x), offset, neighbours)
        expected = augment_by_hand(x, language, vectors, n_neighbours)
        np.testing.assert_array_equal(augmented.toarray(), expected)
        offset += size


def test_how_often_a_word_occurs_makes_no_difference():
    neighbours = neighbour_matrix([np.eye(3), np.eye(3)], 1)
    once = polyglot_augmentation(sparse.csr_array([[1, 0, 1]]), 3, neighbours)
    often = polyglot_augmentation(sparse.csr_array([[9, 0, 2]]), 3, neighbours)
    np.testing.assert_array_equal(once.toarray(), often.toarray())


def test_a_document_without_words_stays_empty_even_where_a_zero_is_stored():
    counts = sparse.csr_array((np.array([0, 0]), np.array([0, 1]), np.array([0, 2])), shape=(1, 2))
    assert polyglot_augmentation(counts, 0, sparse.csr_array(np.ones((2, 2)))).nnz == 0


@pytest.mark.parametrize("n_neighbours", [0, 1, 2, 5])
def test_every_word_has_itself_and_as_many_neighbours_as_asked_for_or_as_exist(n_neighbours):
    rng = np.random.default_rng(0)
    sizes = (4, 2, 6)
    neighbours = neighbour_matrix([rng.normal(size=(size, 3)) for size in sizes], n_neighbours)
    for language, rows in enumerate(np.split(neighbours.toarray(), np.cumsum(sizes)[:-1])):
        for other, part in enumerate(np.split(rows, np.cumsum(sizes)[:-1], axis=1)):
            size = sizes[other]
            itself = language == other
            assert (part.sum(1) == min(n_neighbours, size - itself) + itself).all()
