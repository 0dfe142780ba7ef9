"""What a fit of CoreCTM on very many documents would take on one and on many workers, on paper.

The work of one shard is measured for each pass, and what the one process that adds shards up does with it;
then ``shards * max(work / workers, adding up) + what does not grow`` is computed for each pass. The work of a
worker is taken to be the same however many there are, and nothing is counted for the network between them but
the bytes; the documents are those of sharded_fit.py.

    OMP_NUM_THREADS=1 python benchmarks/shard_costs.py [--documents 1000000000] [--workers 1 16 64]
"""

import argparse
import pickle
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from one_document import timed
from sharded_fit import LANGUAGES, N_TOPICS, PER_SHARD, drawn

from skxtm import Corpus, CrossLingualTopicModel, Lexicon
from skxtm._model import reading
from skxtm._model.shard_sums import ShardSums, count_words, sum_directions
from skxtm._model.sharded import sum_theta
from skxtm._model.state import Settings
from skxtm.embeddings import AlignedWordEncoder
from skxtm.embeddings._sums import RowSum
from skxtm.shards import Shards

N_SHARDS = 4


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=10**9)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 16, 64])
    options = parser.parse_args()
    shards = [read() for read in drawn(N_SHARDS * PER_SHARD)]
    started = time.perf_counter()
    model = fitted(shards)
    passes = list(measured(shards, model))
    in_shards = sum(number * (work + adding) for _, number, work, adding, _ in passes if number)
    constant = max(0.0, time.perf_counter() - started - N_SHARDS * in_shards)
    n_shards = options.documents / PER_SHARD
    workers = " | ".join(f"{number} workers, h" for number in options.workers)
    print(f"| pass | times in a fit | work, s a shard | adding up, s | sent, MB | {workers} |")
    print("|---|---|---|---|---|" + "---|" * len(options.workers))
    total = np.zeros(len(options.workers))
    for name, number, work, adding, size in passes:
        hours = [max(number, 1) * n_shards * max(work / n, adding) / 3600 for n in options.workers]
        total += np.array(hours) * (number > 0)
        told = " | ".join(f"{hour:.2f}" for hour in hours)
        print(f"| {name} | {number} | {work:.2f} | {adding:.3f} | {size / 1e6:.2f} | {told} |")
    told = " | ".join(f"{hour:.2f}" for hour in total + constant / 3600)
    print(f"| a fit in all, with {constant:.0f} s that do not grow | | | | | {told} |")


def fitted(shards: list[Corpus]) -> CrossLingualTopicModel:
    words = [list(shards[0].vocabularies[code]) for code in LANGUAGES]
    return CrossLingualTopicModel(
        N_TOPICS,
        lexicon=Lexicon(list(zip(*words, strict=True)), LANGUAGES, match="literal"),
        word_embeddings=AlignedWordEncoder(random_state=0),
        random_state=0,
        device="cpu",
    ).fit(Shards(shards))


def measured(
    shards: list[Corpus], model: CrossLingualTopicModel
) -> Iterator[tuple[str, int, float, float, int]]:
    """Name of each pass, how often a fit makes it, seconds of a shard's work and of adding it, bytes sent."""
    vectors = {code: model._state.constants[f"readers.{k}"] for k, code in enumerate(LANGUAGES)}
    argument = model._state, Settings.of(model)
    row_sum = RowSum.of_none(N_TOPICS)
    sums = ShardSums(Shards(shards))  # so that what is added to is as full as it becomes
    yield "counting words", 1, *one_pass(shards, lambda shard: count_words(shard, True), sums._add)
    yield (
        "averaging documents",
        2,
        *one_pass(
            shards,
            lambda shard: sum_directions(shard, vectors),
            lambda arrays: [RowSum(arrays[f"total.{code}"], 0) for code in LANGUAGES],
        ),
    )
    yield (
        "weighing topics",
        1,
        *one_pass(
            shards,
            lambda shard: sum_theta(shard, argument),
            lambda arrays: row_sum + RowSum(arrays["total"], 0),
        ),
    )
    yield (
        "transform",
        0,
        *one_pass(shards, lambda shard: reading.theta(*argument[:1], shard, argument[1]), len),
    )


def one_pass(
    shards: list[Corpus], work: Callable[[Corpus], Any], add: Callable[[Any], Any]
) -> tuple[float, float, int]:
    seconds = np.array([[*timed(lambda shard=shard: work(shard))] for shard in shards], dtype=object)
    adding = [timed(lambda result=result: add(result))[0] for result in seconds[:, 1]]
    return float(np.median(seconds[:, 0])), float(np.median(adding)), len(pickle.dumps(seconds[0, 1]))


if __name__ == "__main__":
    main()
