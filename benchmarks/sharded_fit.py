"""Fit a model on millions of generated documents in shards on disk, and read their topics.

Documents of 11 words in two languages are drawn from known topics, one topic a document, and written into a
folder of shards; then a process of its own fits a model on them, and another writes their topic proportions.
Vectors of words are those learnt from the documents alone.
Seconds, how many documents there are on a second, the highest resident memory of each process, and without
pages of files, which the system drops when others need the room, its highest anonymous memory. With
``--in-memory`` the same documents are also fitted as one corpus, and what was learnt is compared bit by bit.
With ``--drawn`` nothing is written: shards are drawn anew each time that they are read. How many seconds that
takes for one is told; every pass takes them for every shard.

    python benchmarks/sharded_fit.py [--documents N ...] [--backbone NAME] [--epochs N] [--drawn]
        [--in-memory] [--steps fit transform] [--jobs N] [--engine dask] [--folder PATH]

With ``--engine dask``, shards go to ``--jobs`` workers of Dask on this machine, and the highest memory of one
of them is told too.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

import joblib
import numpy as np
from scipy import sparse

from skxtm import Corpus, CrossLingualTopicModel, Lexicon
from skxtm.embeddings import AlignedWordEncoder
from skxtm.shards import Shards, transform_to_folder, write_shards

LANGUAGES = ("en", "zh")
N_WORDS, N_TOPICS, LENGTH, PER_SHARD = 5000, 50, 11, 100_000


def main() -> None:
    options = parse_options()
    if options.step:
        with engine(options) as peak_of_workers:
            result = run_step(options)
            print(json.dumps(result | {"worker_mb": peak_of_workers()}))
        return
    rows = []
    for n_documents in options.documents:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            rows += measure(n_documents, Path(folder), options)
    print(
        f"{'documents':>12}{'step':>16}{'seconds':>10}{'documents/s':>13}{'peak MB':>9}{'anonymous MB':>14}"
        f"{'worker MB':>11}"
    )
    for row in rows:
        rate = row["documents"] / row["seconds"]
        print(
            f"{row['documents']:>12,}{row['step']:>16}{row['seconds']:>10.1f}{rate:>13,.0f}{row['peak_mb']:>9,.0f}"
            f"{row.get('anonymous_mb', 0):>14,.0f}{row.get('worker_mb', 0):>11,.0f}"
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, nargs="+", default=[1_000_000])
    parser.add_argument(
        "--backbone", default="corectm", help="which learns from shards: corectm, nmtm or infoctm"
    )
    parser.add_argument("--epochs", type=int, help="of training; default those of the backbone")
    parser.add_argument("--drawn", action="store_true", help="draw shards anew each time that they are read")
    parser.add_argument("--in-memory", action="store_true", help="also fit on all documents at once")
    parser.add_argument("--steps", nargs="+", choices=["fit", "transform"], default=["fit", "transform"])
    parser.add_argument("--jobs", type=int, default=1, help="shards at a time")
    parser.add_argument("--engine", choices=["dask"], help="where shards are computed; default processes")
    parser.add_argument("--folder", type=Path, help="where shards are written for as long as they are needed")
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    parser.add_argument("--step", choices=["fit", "transform", "in memory"], help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(n_documents: int, folder: Path, options: argparse.Namespace) -> list[dict[str, object]]:
    """Write shards, and take each step in a process of its own."""
    rows: list[dict[str, object]] = []
    if not options.drawn:
        start = time.perf_counter()
        write_shards((read() for read in drawn(n_documents)), folder / "shards")
        rows.append(row("write", start))
    else:
        draw(0, PER_SHARD)  # topics and words, once
        start = time.perf_counter()
        draw(1, PER_SHARD)
        print(f"a shard is drawn in {time.perf_counter() - start:.2f} s", flush=True)
    for step in (*options.steps, *(["in memory"] if options.in_memory else [])):
        command = [
            sys.executable,
            __file__,
            "--step",
            step,
            "--folder",
            str(folder),
            "--jobs",
            str(options.jobs),
            "--backbone",
            options.backbone,
            *(["--epochs", str(options.epochs)] if options.epochs is not None else []),
            *(["--engine", options.engine] if options.engine else []),
            *(["--drawn", "--documents", str(n_documents)] if options.drawn else []),
        ]
        rows.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    for each in rows:
        each["documents"] = n_documents
    if options.in_memory:
        first, second = (
            (folder / name / "tensors.safetensors").read_bytes() for name in ("fit", "in memory")
        )
        print(f"{n_documents:,} documents in shards and in memory: the same bits: {first == second}")
    return rows


@contextmanager
def engine(options: argparse.Namespace) -> Iterator[Callable[[], float]]:
    """Start workers, and give a function that asks for the highest memory of one of them."""
    if options.engine is None:
        yield lambda: 0
        return
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=options.jobs, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        joblib.parallel_config(backend="dask", n_jobs=options.jobs),
    ):
        yield lambda: max(client.run(peak).values())


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def watched(every: float = 0.05) -> Iterator[Callable[[], float]]:
    """Look at this process's anonymous memory again and again, and give a function that tells the highest."""
    status, highest, is_over = Path("/proc/self/status"), [0.0], threading.Event()

    def look() -> None:
        while not is_over.wait(every):
            line = re.search(r"^RssAnon:\s+(\d+)", status.read_text(encoding="utf-8"), re.MULTILINE)
            highest.append(max(highest.pop(), float(line[1]) / 1024 if line else 0.0))

    thread = threading.Thread(target=look, daemon=True)
    if status.exists():
        thread.start()
    try:
        yield lambda: highest[0]
    finally:
        is_over.set()


def run_step(options: argparse.Namespace) -> dict[str, object]:
    step, folder = options.step, options.folder
    source = drawn(options.documents[0]) if options.drawn else folder / "shards"
    shards = Shards(source, n_jobs=options.jobs, statistics=False)
    vocabularies = {code: list(known) for code, known in shards.vocabularies.items()}
    lexicon = Lexicon(list(zip(*vocabularies.values(), strict=True)), LANGUAGES, match="literal")
    model = CrossLingualTopicModel(
        N_TOPICS,
        backbone=options.backbone,
        max_epochs=options.epochs,
        lexicon=lexicon,
        word_embeddings=AlignedWordEncoder(random_state=0),
        random_state=0,
        device="cpu",
    )
    with watched() as anonymous:
        start = time.perf_counter()
        if step == "transform":
            transform_to_folder(CrossLingualTopicModel.load(folder / "fit"), shards, folder / "theta")
        else:
            model.fit(shards if step == "fit" else Corpus.concatenate(shards))
        result = row(step, start) | {"anonymous_mb": anonymous()}
    if step != "transform":
        model.save(folder / step)
    return result


def row(step: str, start: float) -> dict[str, object]:
    return {"step": step, "seconds": time.perf_counter() - start, "peak_mb": peak()}


def drawn(n_documents: int) -> list[Callable[[], Corpus]]:
    """Functions that each draw a corpus of documents about one topic each, half of them in each language."""
    starts = range(0, n_documents, PER_SHARD)
    return [partial(draw, number, min(PER_SHARD, n_documents - start)) for number, start in enumerate(starts)]


def draw(number: int, n_rows: int) -> Corpus:
    rng = np.random.default_rng([1, number])  # not that of the topics
    topic = rng.integers(0, N_TOPICS, n_rows)
    place = np.searchsorted(known_topics(), topic[:, None] + rng.random((n_rows, LENGTH)), side="right")
    columns = np.minimum(place - topic[:, None] * N_WORDS, N_WORDS - 1)
    sizes = [n_rows - n_rows // 2, n_rows // 2]
    blocks = zip(LANGUAGES, np.split(columns, [sizes[0]]), strict=True)
    return Corpus.from_counts({code: counted(block) for code, block in blocks}, words())


@cache
def words() -> dict[str, list[str]]:
    return {code: [f"{code}{number}" for number in range(N_WORDS)] for code in LANGUAGES}


@cache
def known_topics() -> np.ndarray:
    """One ascending line, topic k from k to k + 1 on it, so that one search draws all words."""
    frequency = 1 / np.arange(1, N_WORDS + 1) ** 0.8
    topics = np.random.default_rng(0).dirichlet(np.full(N_WORDS, 0.02), N_TOPICS)
    topics += 0.2 * frequency / frequency.sum()
    cumulative = np.cumsum(topics / topics.sum(1, keepdims=True), axis=1)
    return (cumulative + np.arange(N_TOPICS)[:, None]).ravel()


def counted(columns: np.ndarray) -> sparse.csr_array:
    starts = np.arange(0, columns.size + 1, LENGTH)
    counts = sparse.csr_array(
        (np.ones(columns.size, dtype=np.int32), columns.ravel(), starts), shape=(len(columns), N_WORDS)
    )
    counts.sum_duplicates()
    return counts


if __name__ == "__main__":
    main()
