"""Classify documents by the vectors of `AlignedWordEncoder`, within and across languages.

Three rows for EC News and Rakuten Amazon: the figures to reach, measured by a script outside of this package;
what the public API reaches with that script's settings; and with its own defaults. A linear SVM (C = 1) is
trained on the training documents of one language and tested on the test documents of both: -I is tested in
the language it was trained in, -C in the other one. P@1 and P@5 are the precision of held-out translations.

    python benchmarks/aligned_word_encoder.py --data-home FOLDER [--lexicons FOLDER] [--json FILE]
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.svm import LinearSVC

from skxtm import Lexicon
from skxtm.datasets import load_ec_news, load_rakuten_amazon
from skxtm.embeddings import AlignedWordEncoder
from skxtm.metrics import transfer_accuracy


@dataclass(frozen=True)
class Setup:
    """A benchmark and the figures to reach on it."""

    name: str
    load: Callable[..., Any]
    languages: tuple[str, str]
    lexicon: str
    to_reach: dict[str, float]


SETUPS = (
    Setup(
        "EC News",
        load_ec_news,
        ("en", "zh"),
        "zh-en.tsv",
        {"EN-I": 0.794, "EN-C": 0.627, "ZH-I": 0.774, "ZH-C": 0.624},
    ),
    Setup(
        "Rakuten Amazon",
        load_rakuten_amazon,
        ("en", "ja"),
        "ja-en.txt",
        {"EN-I": 0.802, "EN-C": 0.688, "JA-I": 0.829, "JA-C": 0.770},
    ),
)
ENCODERS = {
    "singular_power=0.5, sif=0.001": {"singular_power": 0.5, "sif": 0.001},
    "defaults": {},
}


def main() -> None:
    options = parse_options()
    lexicons = options.lexicons or options.data_home / "lexicons"
    rows: list[dict[str, Any]] = []
    for setup in SETUPS:
        print_header(setup)
        measured = {"to reach": setup.to_reach}
        print_row("to reach", setup.to_reach)
        for name, settings in ENCODERS.items():
            encoder = AlignedWordEncoder(random_state=0, **settings)
            measured[name] = measure(setup, encoder, options.data_home, lexicons)
            print_row(name, measured[name])
        rows += [{"benchmark": setup.name, "settings": name, **row} for name, row in measured.items()]
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, required=True, help="folder of the benchmarks")
    parser.add_argument("--lexicons", type=Path, help="folder of the lexicons; default DATA_HOME/lexicons")
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    return parser.parse_args()


def measure(setup: Setup, encoder: AlignedWordEncoder, data_home: Path, lexicons: Path) -> dict[str, float]:
    train, test = (setup.load(subset, data_home=data_home) for subset in ("train", "test"))
    lexicon = Lexicon.read(lexicons / setup.lexicon, match="normal")
    start = time.perf_counter()
    train_vectors = encoder.fit(train.corpus, lexicons=lexicon).transform(train.corpus)
    encoded_at = time.perf_counter()
    (quality,) = encoder.quality_.values()
    accuracy = transfer_accuracy(
        train_vectors,
        train.labels,
        train.corpus.language,
        encoder.transform(test.corpus),
        test.labels,
        test.corpus.language,
        classifier=LinearSVC(C=1.0, random_state=0),
    )
    return {
        **accuracy.figures(*setup.languages),
        "P@1": quality.precision_at_1,
        "P@5": quality.precision_at_5,
        "held_out": quality.n_words,
        "fit_and_encode_s": round(encoded_at - start, 1),
    }


def print_header(setup: Setup) -> None:
    names = [*setup.to_reach, "P@1", "P@5", "words", "seconds"]
    print(f"\n{setup.name:<32}" + "".join(f"{name:>9}" for name in names))


def print_row(settings: str, figures: dict[str, float]) -> None:
    values = (f"{value:>9}" if isinstance(value, int) else f"{value:>9.3f}" for value in figures.values())
    print(f"{settings:<32}" + "".join(values), flush=True)


if __name__ == "__main__":
    main()
