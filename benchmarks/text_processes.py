"""Time how raw text becomes word counts in several processes, against one: English, Chinese, Japanese.

    python benchmarks/text_processes.py [--n_documents N] [--languages en zh ja] [--jobs N] [--json FILE]

Documents are those of `text_speed.py`. Processes are started, and load their dictionaries, before anything
is timed. "wall" is the ratio of seconds, which says little on a machine that computes something else besides.
"CPU" is what it would be with a core for each process: the seconds of CPU that one process takes, divided by
those of the calling process and the workers' equal shares together. Counts are compared bit by bit.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from text_speed import LANGUAGES, draw_texts

from skxtm import CrossLingualVectorizer, as_corpus


def main() -> None:
    options = parse_options()
    print(f"{'':<4}{'documents':>10}{'one':>10}{'calling':>10}{'workers':>10}{'CPU':>8}{'wall':>8}")
    rows = {}
    for code in options.languages:
        corpus = as_corpus([(text, code) for text in draw_texts(code, options.n_documents, 8)])
        one, several = CrossLingualVectorizer(n_jobs=1), CrossLingualVectorizer(n_jobs=options.jobs)
        one.fit(corpus[:100])
        for _ in range(2):
            several.fit(corpus[:1000])
        expected, alone = timed(one.fit_transform, corpus)
        counted, divided = timed(several.fit_transform, corpus)
        for name in ("data", "indices", "indptr"):
            assert (getattr(counted.counts, name) == getattr(expected.counts, name)).all()
        cpu = alone["calling"] / (divided["calling"] + divided["workers"] / options.jobs)
        wall = alone["wall"] / divided["wall"]
        rows[code] = {"one": alone, "several": divided, "cpu_ratio": cpu, "wall_ratio": wall}
        print(
            f"{code:<4}{len(corpus):>10,}{alone['calling']:>10.2f}{divided['calling']:>10.2f}"
            f"{divided['workers']:>10.2f}{cpu:>8.2f}{wall:>8.2f}",
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n_documents", type=int, default=10_000, help="documents per language")
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=LANGUAGES)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--json", type=Path, help="file to write the table to")
    return parser.parse_args()


def timed(function: Callable[[Any], Any], argument: Any) -> tuple[Any, dict[str, float]]:
    """Call a function, and measure the seconds of this process, of its children, and on the clock."""
    before = cpu_of_children()
    cpu, wall = time.process_time(), time.perf_counter()
    result = function(argument)
    seconds = {"calling": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    return result, seconds | {"workers": cpu_of_children() - before}


def cpu_of_children() -> float:
    times = (child.cpu_times() for child in psutil.Process().children(recursive=True))
    return sum(each.user + each.system for each in times)


if __name__ == "__main__":
    main()
