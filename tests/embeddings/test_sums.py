"""Sums over documents that do not depend on how these are divided."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from skxtm.embeddings._sums import CountSums, RowSum, summed_directions
from skxtm.embeddings._vectors import unit_rows


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_directions_of_documents_sum_to_the_same_bits_in_any_order_and_parts(seed, n_documents, n_parts):
    rng = np.random.default_rng(seed)
    counts = csr_array(rng.poisson(0.5, (n_documents, 7)))
    vectors = rng.normal(size=(7, 5)).astype(np.float32)
    whole = summed_directions(counts, vectors)
    parts = [
        summed_directions(counts[rows], vectors)
        for rows in np.array_split(rng.permutation(n_documents), n_parts)
    ]
    joined = sum(parts[1:], start=parts[0])
    np.testing.assert_array_equal(joined.total, whole.total)
    assert joined.n_rows == whole.n_rows == np.count_nonzero(counts.sum(1))


def test_the_mean_is_that_of_exact_fractions():
    rows = np.random.default_rng(0).uniform(-1, 1, (500, 3)).astype(np.float32)
    exact = [float(sum(map(Fraction, column)) / 500) for column in rows.T.tolist()]
    np.testing.assert_allclose(RowSum.of(rows).mean(), exact, rtol=1e-15, atol=1e-18)


@pytest.mark.parametrize("n_rows", [1, 3, 1000])
def test_the_mean_of_equal_rows_is_the_row(n_rows):
    row = unit_rows(np.random.default_rng(0).normal(size=(1, 50)).astype(np.float32) ** 3)
    np.testing.assert_array_equal(RowSum.of(row.repeat(n_rows, 0)).mean().astype(np.float32), row[0])


def test_rows_of_zeros_count_only_where_the_number_of_rows_is_given():
    row_sum = RowSum.of(np.array([[0.5, 0.0], [0.0, 0.0]]))
    assert row_sum.mean().tolist() == [0.5, 0]
    assert row_sum.mean(2).tolist() == [0.25, 0]
    assert RowSum.of(np.zeros((0, 2))).mean().tolist() == [0, 0]


def test_sums_of_counts_in_memory_are_those_of_their_rows():
    sums = CountSums({"en": csr_array([[1, 2], [0, 0], [0, 3]])})
    assert sums.n_documents("en") == 3
    assert sums.word_totals("en").tolist() == [1, 5]
