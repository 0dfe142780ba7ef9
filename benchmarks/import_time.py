"""Time importing skxtm against importing scikit-learn, each in fresh processes that take turns.

"median" is over the repetitions, of the time that the import statement takes inside the process, without
starting Python; "ratio" is to the median of ``import sklearn``. The first repetition warms the file system's
cache and does not count.

    python benchmarks/import_time.py [--repeat 15] [--json FILE]
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median

STATEMENTS = (
    "import sklearn",
    "import skxtm",
    "from skxtm import CrossLingualTopicModel",
    "from sklearn.decomposition import LatentDirichletAllocation",
)
PROGRAM = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"


def main() -> None:
    options = parse_options()
    seconds: dict[str, list[float]] = {statement: [] for statement in STATEMENTS}
    for repetition in range(options.repeat + 1):
        for statement in STATEMENTS:
            taken = time_import(statement)
            if repetition:
                seconds[statement].append(taken)
    medians = {statement: median(taken) for statement, taken in seconds.items()}
    rows = [
        {"statement": statement, "median_s": taken, "ratio": taken / medians["import sklearn"]}
        for statement, taken in medians.items()
    ]
    print(f"{'statement':<62}{'median':>10}{'ratio':>8}")
    for row in rows:
        print(f"{row['statement']:<62}{row['median_s']:>8.3f} s{row['ratio']:>8.2f}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=15, help="number of processes per statement")
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    return parser.parse_args()


def time_import(statement: str) -> float:
    command = [sys.executable, "-c", PROGRAM.format(statement)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
