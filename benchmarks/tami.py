"""Time InfoCTM's contrastive loss in blocks against the dense published formulation, in one run.

The dense side writes out every V_1 x V_2 matrix, subtracts each row's maximum, adds 1e-10 inside the
logarithm and leaves the gradient to autograd. Features and positives are drawn at random. "peak" is the most
memory that preparing the positives and two steps take above the features, each side in a process of its own;
"step" is the fastest forward and backward pass, the sides taking turns of two seconds; "cpu" is the least
processor time of one over all threads, which other work on the machine disturbs less.

    python benchmarks/tami.py [--n-words 5000] [--n-components 50] [--share 0.0015] [--json FILE]
"""

import argparse
import json
import resource
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from skxtm.losses import TamiPositives, tami_loss

TEMPERATURE = 0.2
Loss = Callable[[Tensor, Tensor], Tensor]


def main() -> None:
    options = parse_options()
    sizes = (options.n_words, options.n_components, options.share)
    peaks = {name: peak_memory(name, *sizes) for name in SIDES}
    torch.set_num_threads(options.n_threads)
    features, pairs, counts = draw(*sizes)
    losses = {name: prepare(pairs, counts, options.n_words) for name, prepare in SIDES.items()}
    clocks, results = measure(losses, features, options.turns)
    rows = [
        {
            "method": name,
            "step_ms": 1e3 * clocks[name][0],
            "times_faster": clocks[DENSE][0] / clocks[name][0],
            "cpu_ms": 1e3 * clocks[name][1],
            "times_less_cpu": clocks[DENSE][1] / clocks[name][1],
            "peak_mb": peaks[name],
            "share_of_memory": peaks[name] / peaks[DENSE],
            "loss": results[name][0].item(),
            "loss_difference": difference(results[name][:1], results[DENSE][:1]),
            "gradient_difference": difference(results[name][1:], results[DENSE][1:]),
        }
        for name in SIDES
    ]
    print_table(rows, options, n_pairs=pairs.shape[1])
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n-words", type=int, default=5000, help="of each language")
    parser.add_argument("--n-components", type=int, default=50)
    parser.add_argument("--share", type=float, default=0.0015, help="share of the pairs that are positive")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--n-threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    return parser.parse_args()


def draw(n_words: int, n_components: int, share: float) -> tuple[list[Tensor], Tensor, Tensor]:
    """Draw features, pairs positive in either direction, and their counts in both."""
    generator = torch.Generator().manual_seed(0)
    features = [torch.randn(n_words, n_components, generator=generator, requires_grad=True) for _ in range(2)]
    places = torch.randint(n_words**2, (round(share * n_words**2),), generator=generator).unique()
    counts = torch.randint(0, 4, (2, len(places)), generator=generator).float()
    counts[0, counts.sum(0) == 0] = 1
    return features, torch.stack([places // n_words, places % n_words]), counts


def blocked(pairs: Tensor, counts: Tensor, n_words: int) -> Loss:
    positives = TamiPositives.from_pairs(pairs, counts, (n_words, n_words))
    return lambda first, second: tami_loss(first, second, positives, TEMPERATURE)


def dense(pairs: Tensor, counts: Tensor, n_words: int) -> Loss:
    forward, backward = torch.zeros(2, n_words, n_words)
    forward[pairs[0], pairs[1]] = counts[0]
    backward[pairs[1], pairs[0]] = counts[1]
    forward_negatives, backward_negatives = (forward <= 0).float(), (backward <= 0).float()

    def loss(first: Tensor, second: Tensor) -> Tensor:
        total = dense_direction(first, second, forward, forward_negatives)
        total = total + dense_direction(second, first, backward, backward_negatives)
        return total / (forward.sum() + backward.sum())

    return loss


def dense_direction(anchors: Tensor, others: Tensor, positives: Tensor, negatives: Tensor) -> Tensor:
    similarity = F.normalize(anchors, dim=1) @ F.normalize(others, dim=1).T / TEMPERATURE
    similarity = similarity - similarity.max(1, keepdim=True).values.detach()
    negative_sum = (similarity.exp() * negatives).sum(1, keepdim=True)
    log_share = similarity - (negative_sum + similarity.exp() + 1e-10).log()
    return -(positives * log_share).sum()


BLOCKED, DENSE = "blocks", "dense, published"
SIDES = {BLOCKED: blocked, DENSE: dense}


def step(loss: Loss, features: list[Tensor]) -> list[Tensor]:
    value = loss(*features)
    return [value.detach(), *torch.autograd.grad(value, features)]


def measure(
    losses: dict[str, Loss], features: list[Tensor], turns: int
) -> tuple[dict[str, list[float]], dict[str, list[Tensor]]]:
    """Seconds by the wall and by the processor's clock, and loss and gradients, of every side."""
    clocks = {name: [float("inf")] * 2 for name in losses}
    results = {name: step(loss, features) for name, loss in losses.items()}
    for _ in range(turns):
        for name, loss in losses.items():
            turn_ends = time.perf_counter() + 2
            while time.perf_counter() < turn_ends:
                starts = time.perf_counter(), time.process_time()
                step(loss, features)
                ends = time.perf_counter(), time.process_time()
                passed = [end - start for start, end in zip(starts, ends, strict=True)]
                clocks[name] = [min(pair) for pair in zip(clocks[name], passed, strict=True)]
    return clocks, results


def peak_memory(name: str, *sizes: Any) -> float:
    """Megabytes that one side needs above its features, measured in a fresh process."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak_memory, (name, *sizes))


def _peak_memory(name: str, n_words: int, n_components: int, share: float) -> float:
    small, pairs, counts = draw(50, n_components, share=0.1)
    step(SIDES[name](pairs, counts, 50), small)  # loads what torch loads at first use
    features, pairs, counts = draw(n_words, n_components, share)
    before = resident_peak()
    loss = SIDES[name](pairs, counts, n_words)
    for _ in range(2):
        step(loss, features)
    return resident_peak() - before


def resident_peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def difference(ours: list[Tensor], theirs: list[Tensor]) -> float:
    """Largest relative difference, in norm."""
    return max(float((a - b).norm() / b.norm()) for a, b in zip(ours, theirs, strict=True))


def print_table(rows: list[dict[str, Any]], options: argparse.Namespace, n_pairs: int) -> None:
    print(
        f"{options.n_words} + {options.n_words} words, {options.n_components} components, "
        f"{n_pairs} pairs, {options.n_threads} threads"
    )
    print(
        f"{'method':<18}{'step':>11}{'faster':>9}{'cpu':>11}{'less':>9}{'peak':>11}{'share':>9}"
        f"{'d loss':>10}{'d gradient':>12}"
    )
    for row in rows:
        print(
            f"{row['method']:<18}{row['step_ms']:>8.1f} ms{row['times_faster']:>8.1f}x"
            f"{row['cpu_ms']:>8.1f} ms{row['times_less_cpu']:>8.1f}x"
            f"{row['peak_mb']:>8.1f} MB{row['share_of_memory']:>9.3f}"
            f"{row['loss_difference']:>10.1e}{row['gradient_difference']:>12.1e}"
        )


if __name__ == "__main__":
    main()
