import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array

import skxtm.embeddings.cooccurrence as module
from skxtm.embeddings import positive_pmi
from skxtm.embeddings.cooccurrence import cooccurrences, pmi_of_cooccurrences, word_vectors_from_pmi


def count_matrices():
    shapes = st.tuples(st.integers(1, 8), st.integers(1, 7))
    return shapes.flatmap(lambda shape: arrays(np.int32, shape, elements=st.integers(0, 3)))


def pmi_by_loops(counts, smoothing):
    """The definition, pair by pair and document by document."""
    n_documents, n_words = counts.shape
    together = [[0.0] * n_words for _ in range(n_words)]
    for document in range(n_documents):
        for first in range(n_words):
            for second in range(n_words):
                if first != second and counts[document, first] and counts[document, second]:
                    together[first][second] += 1
    totals = [sum(row) for row in together]
    smoothed = sum(total**smoothing for total in totals if total)
    result = np.zeros((n_words, n_words))
    for first in range(n_words):
        for second in range(n_words):
            if together[first][second]:
                joint = together[first][second] / sum(totals)
                independent = totals[first] / sum(totals) * (totals[second] ** smoothing / smoothed)
                result[first, second] = max(0.0, math.log(joint / independent))
    return result


@given(counts=count_matrices(), smoothing=st.sampled_from([0.3, 0.75, 1.0]))
@settings(max_examples=40, deadline=None)
def test_pmi_equals_its_definition(counts, smoothing):
    pmi = positive_pmi(csr_array(counts), smoothing)
    np.testing.assert_allclose(pmi.toarray(), pmi_by_loops(counts, smoothing), rtol=1e-5, atol=1e-6)
    assert (pmi.data > 0).all()


def test_blocks_of_words_change_nothing(monkeypatch):
    counts = csr_array(np.random.default_rng(0).poisson(0.4, (40, 23)))
    at_once = positive_pmi(counts).toarray()
    monkeypatch.setattr(module, "_WORDS_PER_BLOCK", 5)
    np.testing.assert_array_equal(positive_pmi(counts).toarray(), at_once)


def test_a_word_that_never_occurs_with_another_has_an_empty_row():
    counts = csr_array(np.array([[1, 1, 0, 0], [0, 0, 5, 0]]))
    pmi = positive_pmi(counts)
    assert np.diff(pmi.indptr).tolist() == [1, 1, 0, 0]


def test_documents_without_words_change_nothing():
    counts = np.random.default_rng(0).poisson(0.5, (12, 6))
    padded = np.vstack([counts, np.zeros((3, 6), dtype=counts.dtype)])
    np.testing.assert_array_equal(
        positive_pmi(csr_array(padded)).toarray(), positive_pmi(csr_array(counts)).toarray()
    )


def test_stored_zeros_are_no_occurrences():
    counts = csr_array(([1, 0, 1], [0, 1, 2], [0, 3]), shape=(1, 3))
    assert positive_pmi(counts).toarray()[:, 1].tolist() == [0, 0, 0]
    assert positive_pmi(counts).nnz == 2


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_vectors_are_left_singular_vectors_times_a_power_of_the_singular_values(power):
    counts = csr_array(np.random.default_rng(1).poisson(0.5, (60, 30)))
    pmi = positive_pmi(counts)
    vectors = word_vectors_from_pmi(pmi, 30, singular_power=power, random_state=np.random.RandomState(0))
    left, values, _ = np.linalg.svd(pmi.toarray().astype(float))
    expected = left * values**power
    np.testing.assert_allclose(np.abs(np.sum(vectors * expected, axis=0)), values ** (2 * power), rtol=1e-3)


def test_vectors_do_not_depend_on_anything_but_the_seed():
    pmi = positive_pmi(csr_array(np.random.default_rng(1).poisson(0.2, (100, 50))))
    first, second = (
        word_vectors_from_pmi(pmi, 5, singular_power=0.75, random_state=np.random.RandomState(3))
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_a_word_without_company_has_a_vector_of_zeros():
    counts = np.random.default_rng(1).poisson(0.5, (60, 30))
    counts[:, 7] = 0
    pmi = positive_pmi(csr_array(counts))
    vectors = word_vectors_from_pmi(pmi, 10, singular_power=0.75, random_state=np.random.RandomState(0))
    assert np.flatnonzero(~vectors.any(axis=1)).tolist() == [7]


@pytest.mark.parametrize("n_parts", [1, 3, 20])
def test_documents_counted_in_parts_have_the_pmi_of_all_at_once_bit_by_bit(n_parts):
    counts = csr_array(np.random.default_rng(0).poisson(0.3, (40, 12)))
    parts = [counts[rows] for rows in np.array_split(np.random.default_rng(1).permutation(40), n_parts)]
    together = sum((cooccurrences(part) for part in parts), start=csr_array((12, 12), dtype=np.int64))
    for smoothing in (0.75, 1.0):
        pmi, expected = pmi_of_cooccurrences(together, smoothing), positive_pmi(counts, smoothing)
        for name in ("data", "indices", "indptr"):
            np.testing.assert_array_equal(getattr(pmi, name), getattr(expected, name))


@pytest.mark.slow
def test_words_are_counted_together_beyond_what_single_precision_counts():
    n_documents = 2**24 + 3
    columns = np.tile(np.array([0, 1], dtype=np.int32), n_documents)
    starts = np.arange(0, 2 * n_documents + 1, 2, dtype=np.int32)
    counts = csr_array((np.ones(2 * n_documents, dtype=np.int8), columns, starts), shape=(n_documents, 2))
    assert cooccurrences(counts).toarray().tolist() == [[0, n_documents], [0, 0]]
