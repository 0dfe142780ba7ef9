"""Batches: every document, in the right number, with its own counts."""

from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from skxtm.training import batches
from skxtm.training.batches import (
    NOTHING,
    PerDocument,
    TrainingDocuments,
    batch_bounds,
    cycled_order,
)

CPU = torch.device("cpu")


def collect(counts, batch_size, seed=0, per_document=NOTHING, *, streamed=False):
    documents = TrainingDocuments(counts, CPU, per_document, streamed=streamed)
    rng, generator = np.random.default_rng(seed), torch.Generator()
    return list(documents.epoch(batch_size, rng=rng, generator=generator))


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=3),
    batch_size=st.integers(1, 9),
    seed=st.integers(0, 1000),
)
def test_batches_hold_the_counts_of_the_rows_they_name_and_cover_every_document(sizes, batch_size, seed):
    rng = np.random.default_rng(seed)
    counts = [sparse.csr_array(rng.poisson(0.4, (size, 6))) for size in sizes]
    seen = [np.zeros(size, dtype=int) for size in sizes]
    for batch in collect(counts, batch_size, seed):
        widths = {len(rows) for rows in batch.rows}
        assert len(widths) == 1
        for language, (part, rows) in enumerate(zip(batch.counts, batch.rows, strict=True)):
            expected = counts[language][rows.numpy()].toarray()
            np.testing.assert_array_equal(part.dense().numpy(), expected)
            np.testing.assert_array_equal(part.lengths.numpy(), expected.sum(1))
            np.add.at(seen[language], rows.numpy(), 1)
    longest = max(sizes)
    for times in seen:
        assert times.sum() == longest
        assert times.max() - times.min() <= 1


@pytest.mark.parametrize(
    ("n_documents", "batch_size", "bounds"),
    [
        (1, 128, [0, 1]),
        (2, 1, [0, 1, 2]),
        (128, 128, [0, 128]),
        (129, 128, [0, 129]),
        (130, 128, [0, 128, 130]),
        (257, 128, [0, 128, 257]),
    ],
)
def test_a_last_batch_of_one_document_joins_its_neighbour(n_documents, batch_size, bounds):
    assert batch_bounds(n_documents, batch_size) == bounds


def test_order_is_a_new_permutation_in_every_round():
    order = cycled_order(5, 12, np.random.default_rng(0))
    assert sorted(order[:5]) == sorted(order[5:10]) == [0, 1, 2, 3, 4]
    assert list(order[:5]) != list(order[5:10])
    assert len(order) == 12


def test_what_is_known_of_documents_comes_with_them():
    rng = np.random.default_rng(0)
    counts = [sparse.csr_array(rng.poisson(0.8, (size, 6))) for size in (7, 4)]
    augmented = tuple(sparse.csr_array(rng.poisson(0.8, (size, 12))) for size in (7, 4))
    vectors = tuple(torch.as_tensor(rng.normal(size=(size, 3))) for size in (7, 4))
    clusters = tuple(torch.as_tensor(rng.integers(0, 5, size)) for size in (7, 4))
    for batch in collect(counts, 3, per_document=PerDocument(vectors, clusters, augmented)):
        for language, rows in enumerate(batch.rows):
            assert torch.equal(batch.document_vectors[language], vectors[language][rows])
            assert torch.equal(batch.clusters[language], clusters[language][rows])
            expected = augmented[language][rows.numpy()].toarray()
            np.testing.assert_array_equal(batch.augmented[language].dense().numpy(), expected)
            np.testing.assert_array_equal(batch.augmented[language].lengths.numpy(), expected.sum(1))


def test_streamed_counts_come_in_the_same_batches_as_counts_on_the_device(monkeypatch):
    monkeypatch.setattr(batches, "_CHUNK", 2)
    rng = np.random.default_rng(0)
    counts = [sparse.csr_array(rng.poisson(0.8, (size, 6))) for size in (23, 9)]
    augmented = tuple(sparse.csr_array(rng.poisson(0.8, (size, 12))) for size in (23, 9))
    kept, streamed = (
        collect(counts, 4, per_document=PerDocument(augmented=augmented), streamed=streamed)
        for streamed in (False, True)
    )
    assert len(kept) == len(streamed) == 6
    for first, second in zip(kept, streamed, strict=True):
        pairs = zip(first.counts + first.augmented, second.counts + second.augmented, strict=True)
        for one, other in pairs:
            for part in fields(one):
                assert np.array_equal(getattr(one, part.name), getattr(other, part.name))


def test_what_is_not_known_of_documents_is_empty():
    (batch,) = collect([sparse.csr_array(np.ones((2, 3)))], 2)
    assert batch.document_vectors == batch.clusters == batch.augmented == ()
