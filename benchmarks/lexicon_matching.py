"""Time reading the released Chinese-English lexicon and matching it with the vocabularies of EC News.

Each repetition reads the file anew and matches both vocabularies; the times are those of the fastest one.
"covered" are the words of a vocabulary with a translation in the other one.

    OMP_NUM_THREADS=1 python benchmarks/lexicon_matching.py --data-home FOLDER [--json FILE]
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any, Literal

from skxtm.lexicon import Lexicon


def main() -> None:
    options = parse_options()
    path = options.data_home / "lexicons" / "zh-en.tsv"
    en_words = read_words(options.data_home / "ec_news" / "vocab_en")
    zh_words = read_words(options.data_home / "ec_news" / "vocab_cn")
    rows = [measure(path, en_words, zh_words, match, options.repeat) for match in ("literal", "normal")]
    print_table(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, required=True, help="folder with lexicons/ and ec_news/")
    parser.add_argument("--repeat", type=int, default=5, help="number of repetitions")
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    return parser.parse_args()


def read_words(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def measure(
    path: Path, en_words: list[str], zh_words: list[str], match: Literal["normal", "literal"], repeat: int
) -> dict[str, Any]:
    timings = []
    for _ in range(repeat):
        start = time.perf_counter()
        lexicon = Lexicon.read(path, match=match)
        after_reading = time.perf_counter()
        lexicon.matrix(en_words, zh_words, source="en", target="zh")
        end = time.perf_counter()
        timings.append((end - start, after_reading - start, end - after_reading))
    total_s, read_s, match_s = min(timings)
    coverage = lexicon.coverage(en_words, zh_words, source="en", target="zh")
    return {
        "match": match,
        "read_s": read_s,
        "match_s": match_s,
        "total_s": total_s,
        "en_covered": coverage.source_covered,
        "zh_covered": coverage.target_covered,
        "pairs": coverage.n_pairs,
    }


def print_table(rows: list[dict[str, Any]]) -> None:
    print(f"{'match':<8}{'read':>9}{'match':>9}{'total':>9}{'en covered':>12}{'zh covered':>12}{'pairs':>9}")
    for row in rows:
        print(
            f"{row['match']:<8}{row['read_s']:>7.2f} s{row['match_s']:>7.2f} s{row['total_s']:>7.2f} s"
            f"{row['en_covered']:>12,}{row['zh_covered']:>12,}{row['pairs']:>9,}"
        )


if __name__ == "__main__":
    main()
