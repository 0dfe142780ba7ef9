"""Time GloCTM's polyglot augmentation as a sparse product against loops over documents and words.

"product" finds every word's neighbours once, in blocks, and then augments by one sparse product per language.
"published loop" computes all cosines once and then, for every word type of every document, searches its
nearest words and adds ones to a dense row. "loop with lists" has every word's neighbours listed beforehand.
The loops run on a subset of the documents; their seconds are extrapolated to all documents in proportion.

All sides get the same random word vectors, and their results are compared on the subset. Seconds are of
processor time, so that other work on the machine changes little. "times faster" compares augmenting alone
with the product; "in all" includes what is done once, which takes the same time for any number of documents.

    OMP_NUM_THREADS=1 python benchmarks/augmentation.py [--data-home FOLDER] [--n-neighbours 3] [--json FILE]

Without --data-home documents in the number of EC News's are drawn at random.
"""

import argparse
import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.backbones._augmentation import neighbour_matrix, polyglot_augmentation
from skxtm.datasets import load_ec_news

N_DIMENSIONS = 384  # of the word vectors that the published code uses
SYNTHETIC_SIZES = (46_850, 30_630)
N_WORDS, N_TYPES = 5_000, 30

Counts = list[sparse.csr_array]


def main() -> None:
    options = parse_options()
    counts = draw(options.scale) if options.data_home is None else load(options.data_home)
    subset = [block[: options.n_looped] for block in counts]
    n_documents, n_looped = (sum(block.shape[0] for block in part) for part in (counts, subset))
    rng = np.random.default_rng(0)
    vectors = [rng.normal(size=(block.shape[1], N_DIMENSIONS)).astype(np.float32) for block in counts]

    neighbours, neighbours_s = timed(lambda: neighbour_matrix(vectors, options.n_neighbours))
    product_s = min(timed(lambda: by_product(counts, neighbours))[1] for _ in range(options.repeat))
    cosines, cosines_s = timed(lambda: all_cosines(vectors))
    looped, loop_s = timed(lambda: published_loop(subset, cosines, options.n_neighbours))
    listed, listed_s = timed(lambda: loop_with_lists(subset, neighbours))

    expected = [block.toarray() for block in by_product(subset, neighbours)]
    scale = n_documents / n_looped
    rows = [
        {"method": "product", "once_s": neighbours_s, "augment_s": product_s, "equal": True},
        {
            "method": "published loop",
            "once_s": cosines_s,
            "augment_s": loop_s * scale,
            "equal": all(map(np.array_equal, looped, expected)),
        },
        {
            "method": "loop with lists",
            "once_s": neighbours_s,
            "augment_s": listed_s * scale,
            "equal": all(map(np.array_equal, listed, expected)),
        },
    ]
    for row in rows:
        row["times_faster"] = row["augment_s"] / product_s
        row["times_faster_in_all"] = (row["once_s"] + row["augment_s"]) / (neighbours_s + product_s)
    corpus = "random documents" if options.data_home is None else "EC News"
    print_table(rows, f"{corpus}: {n_documents:,} documents, loops extrapolated from {n_looped:,}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, help="folder with ec_news/; synthetic documents without it")
    parser.add_argument("--n-neighbours", type=int, default=3)
    parser.add_argument("--n-looped", type=int, default=500, help="documents of each language to loop over")
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of synthetic documents")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    return parser.parse_args()


def load(data_home: Path) -> Counts:
    corpus = load_ec_news(data_home=data_home).corpus
    return [corpus.counts_of(code) for code in corpus.languages]


def draw(scale: float) -> Counts:
    """Draw documents of 30 tokens whose words follow Zipf's law."""
    rng = np.random.default_rng(0)
    frequency = 1 / np.arange(1, N_WORDS + 1)
    result = []
    for size in SYNTHETIC_SIZES:
        n_documents = max(1, round(scale * size))
        words = rng.choice(N_WORDS, size=n_documents * N_TYPES, p=frequency / frequency.sum())
        rows = np.repeat(np.arange(n_documents), N_TYPES)
        ones = np.ones(len(words), dtype=np.int64)
        result.append(sparse.csr_array((ones, (rows, words)), shape=(n_documents, N_WORDS)))
    return result


def by_product(counts: Counts, neighbours: sparse.csr_array) -> Counts:
    offsets = np.cumsum([0, *(block.shape[1] for block in counts)])
    return [
        polyglot_augmentation(block, offset, neighbours)
        for block, offset in zip(counts, offsets[:-1], strict=True)
    ]


def all_cosines(vectors: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    unit = np.vstack(vectors)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    return unit @ unit.T


def published_loop(
    counts: Counts, cosines: NDArray[np.float32], n_neighbours: int
) -> list[NDArray[np.float32]]:
    """Search the nearest words of each word type of each document, and add ones to a dense row."""
    bounds = np.cumsum([0, *(block.shape[1] for block in counts)])
    result = []
    for language, block in enumerate(counts):
        augmented = np.zeros((block.shape[0], bounds[-1]), dtype=np.float32)
        for document, row in enumerate(block.toarray()):
            for word in bounds[language] + np.flatnonzero(row > 0):
                augmented[document, word] += 1
                for start, end in pairwise(bounds):
                    similar = cosines[word, start:end].copy()
                    if start <= word < end:
                        similar[word - start] = -1
                    nearest = np.argpartition(similar, -n_neighbours)[-n_neighbours:]
                    augmented[document, start + nearest] += 1
        result.append(augmented)
    return result


def loop_with_lists(counts: Counts, neighbours: sparse.csr_array) -> list[NDArray[np.float32]]:
    """Add one for each listed neighbour of each word type of each document, into dense rows."""
    lists = [neighbours.indices[start:end].tolist() for start, end in pairwise(neighbours.indptr)]
    offset, result = 0, []
    for block in counts:
        augmented = np.zeros((block.shape[0], neighbours.shape[0]), dtype=np.float32)
        for document, row in enumerate(block.toarray()):
            for word in np.flatnonzero(row > 0):
                for neighbour in lists[offset + word]:
                    augmented[document, neighbour] += 1
        result.append(augmented)
        offset += block.shape[1]
    return result


def timed(call: Any) -> tuple[Any, float]:
    start = time.process_time()
    result = call()
    return result, time.process_time() - start


def print_table(rows: list[dict[str, Any]], title: str) -> None:
    print(title)
    print(f"{'method':<16}{'once':>9}{'augment':>12}{'times faster':>14}{'in all':>9}{'equal':>8}")
    for row in rows:
        print(
            f"{row['method']:<16}{row['once_s']:>7.2f} s{row['augment_s']:>10.3f} s"
            f"{row['times_faster']:>14,.0f}{row['times_faster_in_all']:>9,.0f}{row['equal']!s:>8}"
        )


if __name__ == "__main__":
    main()
