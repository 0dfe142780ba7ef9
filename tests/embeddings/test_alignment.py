import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes
from scipy.sparse import csr_array, eye_array
from scipy.stats import ortho_group

import skxtm.embeddings.alignment as module
from skxtm.embeddings.alignment import (
    mean_nearest_similarity,
    mutual_neighbours,
    orthogonal_map,
    pair_weights,
    refined_map,
)
from skxtm.embeddings.quality import AlignmentQuality, held_out_ranks


def unit_vectors(n_words, n_dimensions, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n_words, n_dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def csls_by_loops(source, target, n_neighbours):
    """The definition, word by word."""
    cosines = [[float(x @ y) for y in target] for x in source]
    by_column = list(zip(*cosines, strict=True))
    source_hubness = [np.mean(sorted(row)[-n_neighbours:]) for row in cosines]
    target_hubness = [np.mean(sorted(column)[-n_neighbours:]) for column in by_column]
    return np.array(
        [
            [
                2 * cosines[row][column] - source_hubness[row] - target_hubness[column]
                for column in range(len(target))
            ]
            for row in range(len(source))
        ]
    )


def rotated(source, noise=0.02, seed=5):
    """The same words in a space turned at random, a little displaced."""
    n_dimensions = source.shape[1]
    rotation = ortho_group.rvs(n_dimensions, random_state=seed).astype(np.float32)
    displaced = source @ rotation + noise * unit_vectors(*source.shape, seed=seed + 1)
    return displaced / np.linalg.norm(displaced, axis=1, keepdims=True), rotation


def test_equal_weights_give_scipys_solution():
    source, target = unit_vectors(40, 6), unit_vectors(40, 6, seed=1)
    expected, _ = orthogonal_procrustes(source, target)
    np.testing.assert_allclose(orthogonal_map(source, target, eye_array(40).tocsr()), expected, atol=1e-5)


@given(seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_a_whole_weight_is_as_many_copies_of_the_pair(seed):
    random = np.random.default_rng(seed)
    source, target = unit_vectors(9, 4, seed), unit_vectors(7, 4, seed + 1)
    weights = random.integers(0, 4, size=(9, 7))
    rows, columns = np.repeat(np.indices((9, 7)).reshape(2, -1), weights.ravel(), axis=1)
    expected, _ = orthogonal_procrustes(source[rows].astype(float), target[columns].astype(float))
    found = orthogonal_map(source.astype(float), target.astype(float), csr_array(weights))
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_a_pair_weighs_one_over_the_root_of_its_words_translations():
    matches = csr_array(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=np.float32))
    expected = [[1 / np.sqrt(2), 1 / np.sqrt(2 * 2), 0], [0, 1 / np.sqrt(1 * 2), 0], [0, 0, 0]]
    np.testing.assert_allclose(pair_weights(matches).toarray(), expected, rtol=1e-6)


@given(
    sizes=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    n_neighbours=st.integers(1, 15),
    seed=st.integers(0, 1000),
)
@settings(max_examples=40, deadline=None)
def test_mutual_neighbours_equal_those_of_the_definition(sizes, n_neighbours, seed):
    source, target = unit_vectors(sizes[0], 3, seed), unit_vectors(sizes[1], 3, seed + 1)
    csls = csls_by_loops(source, target, n_neighbours)
    expected = [
        (row, column)
        for row in range(sizes[0])
        for column in range(sizes[1])
        if csls[row].argmax() == column and csls[:, column].argmax() == row
    ]
    rows, columns, similarities = mutual_neighbours(source, target, n_neighbours)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == expected
    np.testing.assert_allclose(similarities, csls[rows, columns], atol=1e-5)


def test_hubness_is_the_mean_of_the_largest_cosines():
    first, second = unit_vectors(20, 5), unit_vectors(30, 5, seed=1)
    expected = np.sort(first @ second.T, axis=1)[:, -4:].mean(axis=1)
    np.testing.assert_allclose(mean_nearest_similarity(first, second, 4), expected, rtol=1e-5)


@pytest.mark.parametrize("n_kept", [0, 2000])
def test_blocks_of_rows_change_nothing_whether_they_are_kept_or_computed_again(monkeypatch, n_kept):
    source, target = unit_vectors(50, 8), unit_vectors(40, 8, seed=1)
    at_once = mutual_neighbours(source, target, 3)
    monkeypatch.setattr(module, "_ENTRIES_PER_BLOCK", 300)
    monkeypatch.setattr(module, "_ENTRIES_KEPT", n_kept)
    for found, expected in zip(mutual_neighbours(source, target, 3), at_once, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_memory_does_not_grow_with_the_number_of_word_pairs():
    source, target = unit_vectors(8000, 4), unit_vectors(8000, 4, seed=1)
    tracemalloc.start()
    mutual_neighbours(source, target)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8000 * 8000 * 4 / 3


def test_a_word_without_a_vector_has_no_neighbours():
    source, target = unit_vectors(20, 4), unit_vectors(20, 4)
    source[3], target[5] = 0, 0
    rows, columns, _ = mutual_neighbours(source, target, 1)
    assert rows.tolist() == columns.tolist() == [row for row in range(20) if row not in (3, 5)]


def test_spaces_without_vectors_have_no_neighbours():
    rows, columns, similarities = mutual_neighbours(np.zeros((3, 2), np.float32), unit_vectors(4, 2), 1)
    assert len(rows) == len(columns) == len(similarities) == 0


def test_a_rotation_is_recovered_from_few_pairs():
    source = unit_vectors(300, 20)
    target, rotation = rotated(source)
    matches = csr_array((np.ones(25, np.float32), (np.arange(25), np.arange(25))), shape=(300, 300))
    found = refined_map(source, target, matches, n_refinements=5, csls_neighbours=10)
    np.testing.assert_allclose(found, rotation, atol=0.01)
    np.testing.assert_allclose(found @ found.T, np.eye(20), atol=1e-5)


def test_refinement_repairs_what_a_small_and_wrong_lexicon_spoils():
    source = unit_vectors(300, 20)
    target, rotation = rotated(source)
    wrong = np.arange(40)
    wrong[30:] = wrong[30:][::-1]
    matches = csr_array((np.ones(40, np.float32), (np.arange(40), wrong)), shape=(300, 300))
    errors = [
        np.abs(
            refined_map(source, target, matches, n_refinements=rounds, csls_neighbours=10) - rotation
        ).max()
        for rounds in (0, 5)
    ]
    assert errors[1] < errors[0] / 5


def test_held_out_words_are_all_found_where_the_spaces_are_the_same():
    source = unit_vectors(300, 20)
    target, _ = rotated(source)
    ranks = held_out_ranks(
        source,
        target,
        eye_array(300, dtype=np.float32).tocsr(),
        held_out=0.2,
        n_refinements=2,
        csls_neighbours=10,
        random_state=np.random.RandomState(0),
    )
    assert ranks.tolist() == [0] * 60


def test_held_out_words_are_not_seen_by_the_alignment():
    source, target = unit_vectors(200, 20), unit_vectors(200, 20, seed=1)
    ranks = held_out_ranks(
        source,
        target,
        eye_array(200, dtype=np.float32).tocsr(),
        held_out=0.5,
        n_refinements=0,
        csls_neighbours=10,
        random_state=np.random.RandomState(0),
    )
    # unrelated spaces: a rank is uniform over 200 words, whereas pairs that were seen rank far better
    assert 75 < ranks.mean() < 125


@pytest.mark.parametrize("n_neighbours", [1, 5])
def test_ranks_are_those_of_a_sorted_list(n_neighbours):
    source, target = unit_vectors(12, 3), unit_vectors(15, 3, seed=1)
    matches = csr_array((np.random.default_rng(2).random((12, 15)) < 0.2).astype(np.float32))
    ranks = held_out_ranks(
        source,
        target,
        matches,
        held_out=0.4,
        n_refinements=0,
        csls_neighbours=n_neighbours,
        random_state=np.random.RandomState(4),
    )
    translated = np.flatnonzero(matches.toarray().any(axis=1))
    chosen = np.sort(np.random.RandomState(4).permutation(translated)[: round(0.4 * len(translated))])
    known = matches.toarray()
    known[chosen] = 0
    csls = csls_by_loops(
        source @ orthogonal_map(source, target, pair_weights(csr_array(known))), target, n_neighbours
    )
    expected = [
        min(np.argsort(-csls[word]).tolist().index(match) for match in matches.toarray()[word].nonzero()[0])
        for word in chosen
    ]
    assert ranks.tolist() == expected


def test_words_without_vectors_are_not_asked_for():
    source = unit_vectors(50, 5)
    target = source.copy()
    target[:25] = 0
    ranks = held_out_ranks(
        source,
        target,
        eye_array(50, dtype=np.float32).tocsr(),
        held_out=1.0,
        n_refinements=0,
        csls_neighbours=1,
        random_state=np.random.RandomState(0),
    )
    assert len(ranks) == 25


def test_quality_is_shown_in_one_line():
    assert str(AlignmentQuality(0.25, 0.5, 1200)) == (
        "precision@1 0.250, precision@5 0.500 of 1,200 held-out words"
    )
