"""Positives of InfoCTM against dense matrix products."""

from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from skxtm.backbones import _tami
from skxtm.backbones._tami import positive_pairs, similar_words
from skxtm.losses import TamiPositives, tami_loss


def random_binary(rng, *shape):
    return (rng.random(shape) < 0.3).astype(np.float32)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_first=st.integers(1, 8), n_second=st.integers(1, 8))
def test_counts_are_the_products_of_neighbours_and_lexicon(seed, n_first, n_second):
    rng = np.random.default_rng(seed)
    similar_first, similar_second = (
        random_binary(rng, n_first, n_first),
        random_binary(rng, n_second, n_second),
    )
    lexicon = random_binary(rng, n_first, n_second)
    pairs, counts = positive_pairs(csr_array(similar_first), csr_array(similar_second), csr_array(lexicon))
    dense = np.zeros((2, n_first, n_second))
    dense[:, pairs[0], pairs[1]] = counts
    np.testing.assert_array_equal(dense, [similar_first @ lexicon, (similar_second @ lexicon.T).T])
    assert counts.any(0).all()
    assert len(set(zip(*pairs.tolist(), strict=True))) == pairs.shape[1]


@pytest.mark.parametrize("block_rows", [1, 4, 100])
def test_similar_words_are_those_whose_cosine_reaches_the_threshold(block_rows):
    vectors = np.random.default_rng(0).normal(size=(10, 3))
    cosine = np.array([[a @ b / np.sqrt(a @ a * (b @ b)) for b in vectors] for a in vectors])
    with patch.object(_tami, "_BLOCK_ROWS", block_rows):
        similar = similar_words(vectors, 0.4)
    np.testing.assert_array_equal(similar.toarray(), cosine >= 0.4)


def test_a_cosine_equal_to_the_threshold_reaches_it():
    assert similar_words(np.eye(2), 0.0).toarray().all()


def test_a_word_without_a_vector_is_similar_to_itself_only():
    vectors = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 0.1]])
    np.testing.assert_array_equal(similar_words(vectors, 0.4).toarray(), [[1, 0, 1], [0, 1, 0], [1, 0, 1]])


def test_the_positives_drive_the_loss():
    alone = csr_array(np.eye(2, dtype=np.float32))
    lexicon = csr_array(np.eye(2, dtype=np.float32))
    pairs, counts = map(torch.as_tensor, positive_pairs(alone, alone, lexicon))
    positives = TamiPositives.from_pairs(pairs, counts, lexicon.shape)
    aligned, crossed = torch.eye(2), torch.eye(2).flip(0)
    assert tami_loss(aligned, aligned, positives) < tami_loss(aligned, crossed, positives)
    assert (positives.shape, positives.total, positives.row_starts) == ((2, 2), 4.0, (0, 1, 2))
