"""Optimal transport against linear programming, and its gradient against differences."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from skxtm.losses import entropic_transport


def problem(seed, n, m):
    generator = torch.Generator().manual_seed(seed)
    weights, targets = (torch.rand(size, generator=generator, dtype=torch.float64) + 0.05 for size in (n, m))
    costs = torch.rand(n, m, generator=generator, dtype=torch.float64)
    return weights / weights.sum(), targets / targets.sum(), costs


def exact_cost(weights, targets, costs):
    n, m = costs.shape
    rows = np.kron(np.eye(n), np.ones(m))
    columns = np.kron(np.ones(n), np.eye(m))
    equal = np.concatenate([weights.numpy(), targets.numpy()])
    return linprog(costs.numpy().ravel(), A_eq=np.vstack([rows, columns]), b_eq=equal).fun


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 5), m=st.integers(1, 5))
def test_with_little_entropy_the_cost_is_that_of_the_linear_program(seed, n, m):
    weights, targets, costs = problem(seed, n, m)
    ours = entropic_transport(weights, targets, costs, regularisation=2e-3, n_iterations=5_000)
    exact = exact_cost(weights, targets, costs)
    assert exact - 1e-6 <= ours <= exact + 2e-3 * np.log(n * m) + 1e-6


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 5), m=st.integers(1, 5))
def test_the_gradient_is_that_of_the_iterations_along_every_direction_that_keeps_the_sum(seed, n, m):
    weights, targets, costs = problem(seed, n, m)
    logits = weights.log().requires_grad_()
    ours = entropic_transport(logits.softmax(0), targets, costs, n_iterations=500)
    (gradient,) = torch.autograd.grad(ours, logits)
    for place in range(n):
        step = torch.zeros(n, dtype=torch.float64)
        step[place] = 1e-5
        up, down = (
            entropic_transport((logits.detach() + sign * step).softmax(0), targets, costs, n_iterations=500)
            for sign in (1, -1)
        )
        assert gradient[place].item() == pytest.approx(((up - down) / 2e-5).item(), rel=1e-4, abs=1e-8)


def test_a_batch_is_so_many_problems_and_words_of_no_weight_change_nothing():
    problems = [problem(seed, 4, 3) for seed in range(3)]
    alone = torch.stack([entropic_transport(*each) for each in problems])
    weights, targets, costs = (torch.stack(parts) for parts in zip(*problems, strict=True))
    torch.testing.assert_close(entropic_transport(weights, targets, costs), alone)
    padded = torch.cat([targets, torch.zeros(3, 2, dtype=torch.float64)], 1)
    far = torch.cat([costs, torch.full((3, 4, 2), 9.0, dtype=torch.float64)], 2)
    torch.testing.assert_close(entropic_transport(weights, padded, far), alone)
