"""Time the sweeps of MCTA against the obvious loop over tokens, in one run, on EC News.

"sweep" draws the topic of every training token once and updates psi; "100 sweeps" is the whole of learning,
from word counts to topics; "theta" finds the topic proportions of all training documents. The loop draws one
token after the other, with numpy for the topics. It runs on a sample of documents, and its times are
extrapolated by the number of tokens; it does not update psi. Sweeps and loop take turns, and the fastest turn
counts.

    python benchmarks/mcta.py --data-home FOLDER [--n-components 50] [--n-sample 2000] [--json FILE]
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from skxtm import Lexicon
from skxtm.backbones.base import CorpusShape, Documents, Materials
from skxtm.backbones.mcta import MCTA, MCTATopics, Sampler
from skxtm.datasets import load_ec_news

N_SWEEPS = 100


def main() -> None:
    options = parse_options()
    shape, materials = read(options.data_home, options.n_components)
    sampler = Sampler(MCTA(), materials, options.n_components, seed=0)
    share, loop = sample_loop(sampler, materials, options.n_sample)
    ours, theirs = fastest([sampler.step, loop], options.turns)
    learning, topics = timed(lambda: MCTA(max_epochs=N_SWEEPS).learn(shape, materials, seed=0))
    reading, _ = timed(lambda: read_all(topics, materials))
    ratio = theirs / share / ours
    rows: list[dict[str, Any]] = [
        {"method": "all documents at once", "sweep_s": ours, "learn_s": learning, "theta_s": reading},
        {
            "method": "loop over tokens, extrapolated",
            "sweep_s": theirs / share,
            "learn_s": ratio * ours * N_SWEEPS,
            "theta_s": ratio * ours * topics.n_sweeps,
        },
    ]
    print_table(rows, materials, options.n_components)
    print(f"\n{ratio:.0f} times faster; the loop ran on {share:.1%} of the tokens.")
    if options.json:
        options.json.write_text(json.dumps([*rows, {"ratio": ratio}], indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, required=True, help="folder of the public benchmarks")
    parser.add_argument("--n-components", type=int, default=50)
    parser.add_argument("--n-sample", type=int, default=2000, help="documents of the loop, of each language")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    return parser.parse_args()


def read(data_home: Path, n_components: int) -> tuple[CorpusShape, Materials]:
    corpus = load_ec_news("train", data_home=data_home).corpus
    first, second = corpus.languages
    words = corpus.vocabularies
    lexicon = Lexicon.read(data_home / "lexicons" / "zh-en.tsv", match="normal")
    counts = tuple(corpus.counts_of(code) for code in corpus.languages)
    shape = CorpusShape(n_components, corpus.languages, tuple(block.shape[1] for block in counts))
    return shape, Materials(counts, {(0, 1): lexicon.matrix(words[first], words[second], first, second)})


def sample_loop(sampler: Sampler, materials: Materials, n_sample: int) -> tuple[float, Callable[[], None]]:
    """Share of all tokens in a sample, and a sweep over it with the sampler's phi."""
    rng = np.random.default_rng(0)
    samples = [
        block[rng.choice(block.shape[0], size=min(n_sample, block.shape[0]), replace=False)]
        for block in materials.counts
    ]
    share = sum(part.sum() for part in samples) / sum(block.sum() for block in materials.counts)
    phis = sampler.blend.phi(sampler.psi)
    states = [(*token_lists(part, len(phi), rng), phi) for part, phi in zip(samples, phis, strict=True)]

    def loop() -> None:
        for documents, topics, phi in states:
            sweep(documents, topics, phi, sampler.backbone.alpha, rng)

    return float(share), loop


def token_lists(
    counts: sparse.csr_array, n_components: int, rng: np.random.Generator
) -> tuple[list[list[int]], list[list[int]]]:
    """Words and random topics of every document's tokens."""
    words = [np.repeat(*row).tolist() for row in rows_of(counts)]
    return words, [rng.integers(n_components, size=len(own)).tolist() for own in words]


def rows_of(counts: sparse.csr_array) -> Iterator[tuple[Any, Any]]:
    """Columns and counts of every row."""
    for first, last in pairwise(counts.indptr):
        yield counts.indices[first:last], counts.data[first:last]


def sweep(
    documents: list[list[int]],
    topics: list[list[int]],
    phi: np.ndarray[Any, Any],
    alpha: float,
    rng: np.random.Generator,
) -> None:
    """One document after the other, one token after the other."""
    word_topic = np.ascontiguousarray(phi.T)
    for words, own in zip(documents, topics, strict=True):
        tally = np.bincount(own, minlength=len(phi))
        for token, word in enumerate(words):
            tally[own[token]] -= 1
            cumulative = np.cumsum((tally + alpha) * word_topic[word])
            own[token] = int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))
            tally[own[token]] += 1


def read_all(topics: MCTATopics, materials: Materials) -> None:
    for number, counts in enumerate(materials.counts):
        topics.proportions(Documents(counts), number)


def fastest(actions: list[Callable[[], None]], turns: int) -> list[float]:
    """Seconds of each action's fastest turn."""
    seconds = [[timed(action)[0] for action in actions] for _ in range(turns)]
    return [min(column) for column in zip(*seconds, strict=True)]


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def print_table(rows: list[dict[str, Any]], materials: Materials, n_components: int) -> None:
    n_documents = sum(counts.shape[0] for counts in materials.counts)
    n_tokens = int(sum(counts.sum() for counts in materials.counts))
    print(f"EC News: {n_documents:,} documents, {n_tokens:,} tokens, K = {n_components}\n")
    print(f"| method | sweep | {N_SWEEPS} sweeps | theta |")
    print("|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['method']} | {row['sweep_s']:.2f} s | {row['learn_s']:.1f} s | {row['theta_s']:.1f} s |"
        )


if __name__ == "__main__":
    main()
