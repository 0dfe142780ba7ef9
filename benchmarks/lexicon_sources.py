"""How many words of EC News and Rakuten Amazon each dictionary reaches, beside the released lexicons.

"covered" are the words of a vocabulary with a translation in the other one, matched by normal form. For
Rakuten Amazon, whose vocabulary has no long-vowel marks, every lexicon is respelt so. Dictionaries that are
not installed are left out. With --quality N, CoreCTM is fitted with each of them and N seeds, on vectors
learnt from the documents alone: coherence (CNPMI), uniqueness (TU), accuracy of a linear SVM tested in the
other language than it was trained in. With --shares, random parts of the released lexicons are measured
instead: from what coverage on is a lexicon worth its name?

    OMP_NUM_THREADS=1 python benchmarks/lexicon_sources.py --data-home FOLDER [--quality 3] [--json FILE]
        [--shares 1 .3 .1 .05 .02 .01]
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _evaluation import Evaluation
from _tables import spread

from skxtm import CrossLingualTopicModel, Lexicon
from skxtm.embeddings import AlignedWordEncoder
from skxtm.lexicons.finding import SOURCES
from skxtm.normalization import without_long_vowel_marks

QUALITY = ("CNPMI", "TU", "1-C", "2-C")
CORPORA = {"ec_news": ("zh", "en"), "rakuten_amazon": ("ja", "en")}


def main() -> None:
    options = parse_options()
    rows = []
    for corpus, languages in CORPORA.items():
        evaluation = Evaluation(corpus, options.data_home)
        columns = [f"{code} covered" for code in languages] + ["pairs reached"]
        columns += QUALITY if options.quality else ()
        print(f"\n{corpus}\n\n| lexicon | licence | seconds | pairs | {' | '.join(columns)} |")
        print("|---" * (4 + len(columns)) + "|")
        for name, licence, read in lexicons(evaluation, languages, options.shares):
            row = {"corpus": corpus, "lexicon": name, "licence": licence}
            row |= measure(evaluation, languages, read, options.quality)
            rows.append(row)
            print(line_of(row, options.quality), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, required=True, help="folder with the public benchmarks")
    parser.add_argument("--quality", type=int, default=0, metavar="N", help="number of seeds of CoreCTM")
    parser.add_argument("--shares", type=float, nargs="+", default=[], help="parts of the released lexicons")
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    return parser.parse_args()


def lexicons(
    evaluation: Evaluation, languages: tuple[str, str], shares: Sequence[float]
) -> Iterator[tuple[str, str, Callable[[], Lexicon]]]:
    """Name parts of the released lexicon; or it and each dictionary, whole and with split phrases."""
    for share in shares:
        yield f"{share:.0%} of the released", "", lambda share=share: part_of(evaluation.lexicon, share)
    if shares:
        return
    yield "released", "", lambda: evaluation.lexicon
    for source in SOURCES:
        for pair in sorted(source.installed() & {languages, languages[::-1]}):
            name = f"{type(source).__name__} {'-'.join(pair)}"
            licence = source.read(pair).licences[0]
            yield f"{name}, whole phrases", licence, lambda s=source, p=pair: s.read(p).lexicon
            yield name, licence, lambda s=source, p=pair: s.read(p).with_split_phrases().lexicon


def part_of(lexicon: Lexicon, share: float) -> Lexicon:
    """Draw a share of the pairs of words."""
    drawn = np.random.default_rng(0).random(len(lexicon)) < share
    return Lexicon([pair for pair, is_in in zip(lexicon, drawn, strict=True) if is_in], lexicon.languages)


def measure(
    evaluation: Evaluation, languages: tuple[str, str], read: Callable[[], Lexicon], n_seeds: int
) -> dict[str, Any]:
    """Read a lexicon, count what it reaches and, on request, fit models with it."""
    started = time.perf_counter()
    lexicon = read()
    seconds = time.perf_counter() - started
    if "ja" in languages:
        lexicon = lexicon.respell("ja", without_long_vowel_marks)
    vocabularies = evaluation.train.corpus.vocabularies
    coverage = lexicon.coverage(*(vocabularies[code] for code in languages), *languages)
    return {
        "seconds": seconds,
        "pairs": len(lexicon),
        "covered": [coverage.source_covered, coverage.target_covered],
        "words": [coverage.source_total, coverage.target_total],
        "reached": coverage.n_pairs,
        "quality": [quality(evaluation, lexicon, seed) for seed in range(n_seeds)],
    }


def quality(evaluation: Evaluation, lexicon: Lexicon, seed: int) -> dict[str, float]:
    vectors = AlignedWordEncoder(random_state=seed)  # no encoder's beside them
    model = CrossLingualTopicModel(
        50, backbone="corectm", lexicon=lexicon, word_embeddings=vectors, random_state=seed
    )
    model.fit(evaluation.train.corpus)
    figures = evaluation.topics(model) | evaluation.accuracies(evaluation.features(model), "linear")
    return {name: figures[name] for name in QUALITY}


def line_of(row: dict[str, Any], n_seeds: int) -> str:
    covered = [
        f"{covered:,} ({100 * covered / words:.1f} %)"
        for covered, words in zip(row["covered"], row["words"], strict=True)
    ]
    cells = [row["lexicon"], row["licence"], f"{row['seconds']:.1f}", f"{row['pairs']:,}", *covered]
    cells.append(f"{row['reached']:,}")
    if n_seeds:
        cells += [spread([figures[name] for figures in row["quality"]]) for name in QUALITY]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
