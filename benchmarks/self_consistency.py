"""Precision of the words that voting keeps, when a simulated language model gets some of them wrong.

The 15 right words of each topic are known. In each of R rounds every answer replaces a share p of them by
wrong words, drawn anew for every round from a pool. The answers are written in the plain text format, read by
`parse_answer`, found in the vocabulary by `VocabularyIndex` and voted on by `vote`; the topic's words before
are half right and half wrong words of the pool. Precision is the share of right words among those kept.

The first table has a large pool, so that errors are independent. In the second table errors are systematic:
with p = 0.5, the smaller the pool, the more often the same wrong words return, and no number of rounds cures
what a model always gets wrong.

    OMP_NUM_THREADS=1 python benchmarks/self_consistency.py [--seed N] [--json FILE]
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skxtm.refinement import VocabularyIndex, parse_answer, vote

LANGUAGES = ("en", "zh")
N_WORDS = 15
ERROR_SHARES = (0.1, 0.3, 0.5)
ROUNDS = (1, 3, 5, 7, 10, 13)
POOLS = (8, 12, 20, 50, 200)
LARGE_POOL = 1000
SYSTEMATIC_SHARE = 0.5

Topic = dict[str, list[int]]
RIGHT = list(range(N_WORDS))


def main() -> None:
    options = parse_options()
    independent = [measure(p, LARGE_POOL, options) for p in ERROR_SHARES]
    systematic = [measure(SYSTEMATIC_SHARE, n_wrong, options) for n_wrong in POOLS]
    print(f"Precision of {N_WORDS} voted words per language, mean of {options.n_topics} topics\n")
    print_table(f"independent errors, pool of {LARGE_POOL} wrong words", "p", independent)
    print_table(f"systematic errors, p = {SYSTEMATIC_SHARE}", "n_wrong", systematic)
    if options.json:
        options.json.write_text(json.dumps(independent + systematic, indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n-topics", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="also write the tables to this file")
    return parser.parse_args()


def measure(p: float, n_wrong: int, options: argparse.Namespace) -> dict[str, Any]:
    """Ask for each topic as often as the longest vote needs; shorter votes take the first rounds."""
    random = np.random.default_rng([options.seed, round(100 * p), n_wrong])
    vocabulary = [f"right{number}" for number in RIGHT] + [f"wrong{number}" for number in range(n_wrong)]
    indexes = {code: VocabularyIndex(vocabulary, code) for code in LANGUAGES}
    precisions: dict[int, list[float]] = {n_rounds: [] for n_rounds in ROUNDS}
    for topic in range(options.n_topics):
        before = {code: answered_words(SYSTEMATIC_SHARE, n_wrong, random) for code in LANGUAGES}
        answers = [written_answer(topic, p, vocabulary, random) for _ in range(max(ROUNDS))]
        rounds = [read_answer(answer, topic, indexes) for answer in answers]
        for n_rounds in ROUNDS:
            precisions[n_rounds].append(voted_precision(rounds[:n_rounds], before))
    return {"p": p, "n_wrong": n_wrong} | {f"R={r}": float(np.mean(of_r)) for r, of_r in precisions.items()}


def answered_words(p: float, n_wrong: int, random: np.random.Generator) -> list[int]:
    """Replace a share of the right words; where that is no whole number, round up or down at random."""
    n_errors = int(p * N_WORDS + random.random())
    kept = random.permutation(RIGHT)[n_errors:]
    wrong = N_WORDS + random.choice(n_wrong, size=n_errors, replace=False)
    return random.permutation([*kept, *wrong]).tolist()


def written_answer(topic: int, p: float, vocabulary: Sequence[str], random: np.random.Generator) -> str:
    lines = [f"Topic {topic}: simulated"]
    for code in LANGUAGES:
        words = [vocabulary[number] for number in answered_words(p, len(vocabulary) - N_WORDS, random)]
        lines.append(f"{code.upper()}: {' - '.join(words)}")
    return "\n".join(lines)


def read_answer(text: str, topic: int, indexes: dict[str, VocabularyIndex]) -> Topic:
    words = parse_answer(text, [topic], LANGUAGES, n_words=N_WORDS).words[topic]
    return {code: indexes[code].match(words[code])[0] for code in LANGUAGES}


def voted_precision(rounds: Sequence[Topic], before: Topic) -> float:
    voted = vote(rounds, n_words=N_WORDS, original=before)
    kept = [number for numbers in voted.words.values() for number in numbers] if voted else []
    return sum(number < N_WORDS for number in kept) / len(kept)


def print_table(title: str, key: str, rows: Sequence[dict[str, Any]]) -> None:
    print(title)
    print(f"{key:>8}" + "".join(f"{f'R={r}':>8}" for r in ROUNDS))
    for row in rows:
        print(f"{row[key]:>8}" + "".join(f"{row[f'R={r}']:>8.3f}" for r in ROUNDS))
    print()


if __name__ == "__main__":
    main()
