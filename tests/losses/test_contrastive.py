"""Contrastive losses against their formulas written out, dense and in double precision."""

from unittest.mock import patch

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.losses import (
    TamiPositives,
    contrastive,
    paired_contrastive_loss,
    supervised_contrastive_loss,
    tami_loss,
)

MATCH = {"rtol": 1e-5, "atol": 1e-12}
examples = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def features(seed, *shapes):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_() for shape in shapes]


def value_and_gradients(loss, *inputs):
    return [loss.detach(), *torch.autograd.grad(loss, inputs)]


def largest_error(results, references):
    """Largest error in norm, relative to the reference."""
    return max(float((a - b).norm() / b.norm()) for a, b in zip(results, references, strict=True))


def random_counts(seed, shape, share):
    generator = torch.Generator().manual_seed(seed)
    counts = torch.randint(1, 4, (2, *shape), generator=generator).double()
    return counts * (torch.rand(2, *shape, generator=generator) < share)


def positives_of(counts, permutation=None):
    """From C_12 and C_21 transposed, both (V_1, V_2)."""
    pairs = torch.stack(torch.where(counts.sum(0) > 0))
    if permutation is not None:
        pairs = pairs[:, permutation]
    shape = counts.shape[1:]
    return TamiPositives.from_pairs(pairs, counts[:, pairs[0], pairs[1]], tuple(shape))


def dense_tami(first, second, counts, temperature):
    """The formula, one direction after the other, with every V_1 x V_2 matrix written out."""
    forward = dense_direction(first, second, counts[0], temperature)
    backward = dense_direction(second, first, counts[1].T, temperature)
    return (forward + backward) / counts.sum()


def dense_direction(anchors, others, counts, temperature):
    cosine = torch.nn.functional.cosine_similarity(anchors[:, None], others[None], dim=2)
    similarity = cosine / temperature
    negatives = torch.where(counts == 0, similarity.exp(), 0).sum(1, keepdim=True)
    return -(counts * (similarity - torch.log(negatives + similarity.exp()))).sum()


class TestTami:
    @examples
    @given(
        seed=seeds,
        n_first=st.integers(1, 9),
        n_second=st.integers(1, 9),
        n_components=st.integers(2, 5),
        share=st.sampled_from([0.1, 0.5, 0.9, 1.0]),
        temperature=st.sampled_from([0.05, 0.2, 1.0]),
        block_size=st.sampled_from([1, 16, 1 << 20]),
    )
    def test_value_and_gradients_are_those_of_the_dense_formula(
        self, seed, n_first, n_second, n_components, share, temperature, block_size
    ):
        counts = random_counts(seed, (n_first, n_second), share)
        counts[0, 0, 0] = 1
        inputs = features(seed, (n_first, n_components), (n_second, n_components))
        with patch.dict(contrastive._BLOCK_SIZE, cpu=block_size):
            ours = value_and_gradients(tami_loss(*inputs, positives_of(counts), temperature), *inputs)
        dense = value_and_gradients(dense_tami(*inputs, counts, temperature), *inputs)
        torch.testing.assert_close(ours, dense, **MATCH)

    def test_the_gradient_is_the_derivative(self):
        counts = random_counts(1, (6, 4), 0.4)
        inputs = features(1, (6, 3), (4, 3))
        assert torch.autograd.gradcheck(lambda *x: tami_loss(*x, positives_of(counts)), inputs)

    def test_the_gradient_is_scaled_by_what_follows(self):
        counts = random_counts(2, (5, 7), 0.3)
        inputs = features(2, (5, 3), (7, 3))
        once = torch.autograd.grad(tami_loss(*inputs, positives_of(counts)), inputs)
        thrice = torch.autograd.grad(3 * tami_loss(*inputs, positives_of(counts)), inputs)
        torch.testing.assert_close(thrice, tuple(3 * gradient for gradient in once))

    def test_the_order_in_which_pairs_are_given_does_not_matter(self):
        counts = random_counts(3, (5, 7), 0.5)
        inputs = features(3, (5, 3), (7, 3))
        n_pairs = int((counts.sum(0) > 0).sum())
        shuffled = positives_of(counts, torch.arange(n_pairs).flip(0))
        with patch.dict(contrastive._BLOCK_SIZE, cpu=14):
            assert tami_loss(*inputs, shuffled) == tami_loss(*inputs, positives_of(counts))

    def test_a_word_without_negatives_costs_nothing_and_is_not_moved(self):
        counts = torch.ones(2, 3, 4, dtype=torch.float64)
        inputs = features(4, (3, 2), (4, 2))
        for result in value_and_gradients(tami_loss(*inputs, positives_of(counts)), *inputs):
            assert not result.any()

    def test_tiny_negatives_beside_huge_positives_do_not_cancel(self):
        # exp(20) at the positives, exp(-20) at the only negative, a weak positive at exp(-18)
        first = torch.tensor([[1.0, 0.0]], dtype=torch.float64, requires_grad=True)
        weak = [-0.9, (1 - 0.9**2) ** 0.5]
        second = torch.tensor(
            [[1.0, 0.1], [1.0, 0.0], weak, [-1.0, 1e-3]], dtype=torch.float64
        ).requires_grad_()
        counts = torch.tensor([[1.0, 1.0, 1.0, 0.0]], dtype=torch.float64).expand(2, 1, 4)
        exact = value_and_gradients(dense_tami(first, second, counts, 0.05), first, second)
        single = [first.detach().float().requires_grad_(), second.detach().float().requires_grad_()]
        ours = value_and_gradients(tami_loss(*single, positives_of(counts), 0.05), *single)
        assert largest_error(ours, exact) < 1e-5

    @pytest.mark.parametrize("temperature", [0.02, 0.01, 0.002])
    def test_low_temperatures_stay_exact_in_single_precision(self, temperature):
        counts = random_counts(5, (20, 30), 0.1)
        inputs = features(5, (20, 4), (30, 4))
        exact = value_and_gradients(dense_tami(*inputs, counts, temperature), *inputs)
        single = [values.detach().float().requires_grad_() for values in inputs]
        ours = value_and_gradients(tami_loss(*single, positives_of(counts), temperature), *single)
        assert all(result.dtype == torch.float32 for result in ours)
        assert largest_error(ours, exact) < 1e-4

    def test_a_word_without_features_has_cosine_zero_and_no_gradient(self):
        counts = random_counts(6, (4, 5), 0.5)
        counts[0, 2, 1] = 1
        first, second = features(6, (4, 3), (5, 3))
        blank = first.detach().clone()
        blank[2] = 0
        blank.requires_grad_()
        loss, gradient, other = value_and_gradients(
            tami_loss(blank, second, positives_of(counts)), blank, second
        )
        torch.testing.assert_close(loss, dense_tami(blank, second, counts, 0.2).detach(), **MATCH)
        assert not gradient[2].any()
        assert gradient[[0, 1, 3]].all()
        assert other.isfinite().all()

    def test_without_positives_it_is_zero(self):
        inputs = features(7, (3, 2), (4, 2))
        positives = positives_of(torch.zeros(2, 3, 4, dtype=torch.float64))
        for result in value_and_gradients(tami_loss(*inputs, positives), *inputs):
            assert not result.any()

    def test_single_precision_at_the_size_of_a_vocabulary_agrees_with_double(self):
        counts = random_counts(8, (900, 1100), 0.002)
        inputs = features(8, (900, 50), (1100, 50))
        single = [values.detach().float().requires_grad_() for values in inputs]
        exact = value_and_gradients(tami_loss(*inputs, positives_of(counts)), *inputs)
        ours = value_and_gradients(tami_loss(*single, positives_of(counts)), *single)
        assert largest_error(ours, exact) < 1e-5

    def test_the_same_input_gives_the_same_bits(self):
        counts = random_counts(9, (300, 200), 0.01)
        inputs = [values.detach().float().requires_grad_() for values in features(9, (300, 20), (200, 20))]
        runs = [value_and_gradients(tami_loss(*inputs, positives_of(counts)), *inputs) for _ in range(2)]
        assert all(torch.equal(a, b) for a, b in zip(*runs, strict=True))

    def test_memory_does_not_grow_with_the_product_of_the_vocabularies(self, recorder):
        counts = random_counts(10, (1000, 1500), 0.001)
        inputs = features(10, (1000, 8), (1500, 8))
        positives = positives_of(counts)
        with patch.dict(contrastive._BLOCK_SIZE, cpu=1 << 15), recorder:
            tami_loss(*inputs, positives).backward()
        assert recorder.largest <= 2 << 15

    def test_moving_to_a_device_moves_every_tensor_and_keeps_the_rest(self):
        positives = positives_of(random_counts(11, (3, 4), 0.5))
        moved = positives.to("meta")
        for name in ("rows", "columns", "counts", "anchors", "order", "offsets"):
            assert getattr(moved, name).device.type == "meta"
        assert (moved.shape, moved.row_starts, moved.total) == (
            positives.shape,
            positives.row_starts,
            positives.total,
        )


class TestSupervisedContrastive:
    @examples
    @given(
        seed=seeds,
        n_rows=st.integers(1, 10),
        n_labels=st.integers(1, 10),
        temperature=st.sampled_from([0.05, 0.2, 1.0]),
    )
    def test_value_and_gradient_are_those_of_the_formula(self, seed, n_rows, n_labels, temperature):
        (rows,) = features(seed, (n_rows, 4))
        labels = torch.randint(n_labels, (n_rows,), generator=torch.Generator().manual_seed(seed))
        ours = value_and_gradients(supervised_contrastive_loss(rows, labels, temperature), rows)
        dense = value_and_gradients(self.written_out(rows, labels.tolist(), temperature), rows)
        torch.testing.assert_close(ours, dense, **MATCH)

    @staticmethod
    def written_out(rows, labels, temperature):
        unit = [row / row.norm() for row in rows]
        per_anchor = []
        for i, anchor in enumerate(unit):
            others = [n for n in range(len(unit)) if n != i]
            alike = [n for n in others if labels[n] == labels[i]]
            if alike:
                exponential = {n: torch.exp(anchor @ unit[n] / temperature) for n in others}
                total = sum(exponential.values())
                per_anchor.append(-sum(torch.log(exponential[n] / total) for n in alike) / len(alike))
        return sum(per_anchor) / len(per_anchor) if per_anchor else 0 * rows.sum()

    def test_a_low_temperature_neither_overflows_nor_underflows(self):
        (rows,) = features(1, (12, 5))
        rows = rows.detach().float().requires_grad_()
        loss = supervised_contrastive_loss(rows, torch.arange(12) % 3, 1e-3)
        assert all(result.isfinite().all() for result in value_and_gradients(loss, rows))

    def test_a_row_of_zeros_gives_finite_results(self):
        rows = torch.zeros(3, 2, requires_grad=True)
        loss = supervised_contrastive_loss(rows, torch.tensor([0, 0, 1]))
        assert all(result.isfinite().all() for result in value_and_gradients(loss, rows))


class TestPairedContrastive:
    @examples
    @given(
        seed=seeds,
        n_rows=st.integers(1, 8),
        temperature=st.sampled_from([0.1, 1.0]),
        symmetric=st.booleans(),
    )
    def test_value_and_gradients_are_those_of_the_formula(self, seed, n_rows, temperature, symmetric):
        inputs = features(seed, (n_rows, 3), (n_rows, 3))
        ours = paired_contrastive_loss(*inputs, temperature, symmetric=symmetric)
        dense = self.written_out(*inputs, temperature)
        if symmetric:
            dense = (dense + self.written_out(*reversed(inputs), temperature)) / 2
        torch.testing.assert_close(
            value_and_gradients(ours, *inputs), value_and_gradients(dense, *inputs), **MATCH
        )

    @staticmethod
    def written_out(first, second, temperature):
        terms = []
        for i, row in enumerate(first):
            weights = [torch.exp(row @ other / (row.norm() * other.norm()) / temperature) for other in second]
            terms.append(-torch.log(weights[i] / sum(weights)))
        return sum(terms) / len(terms)

    def test_equal_rows_cost_the_logarithm_of_their_number(self):
        same = torch.ones(5, 3)
        torch.testing.assert_close(paired_contrastive_loss(same, same), torch.tensor(5.0).log())


@pytest.mark.parametrize(
    "step",
    [
        lambda first, second, positives, labels: tami_loss(first, second, positives),
        lambda first, second, positives, labels: supervised_contrastive_loss(first, labels),
        lambda first, second, positives, labels: paired_contrastive_loss(first, second, symmetric=True),
    ],
    ids=["tami", "supervised", "paired"],
)
def test_no_step_waits_for_the_device(step, recorder):
    first, second = features(1, (6, 3), (6, 3))
    positives = positives_of(random_counts(1, (6, 6), 0.3))
    with recorder:
        step(first, second, positives, torch.arange(6) % 2).backward()
    assert recorder.waiting == []
