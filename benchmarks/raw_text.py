"""Topics and classifiers across languages from raw text, without a dictionary and without a download.

    python benchmarks/raw_text.py --data-home FOLDER [--languages en zh ja de fr] [--backbones corectm usvd]
        [--components 20] [--seeds 0 1 2] [--topics] [--json FILE]

Texts are those of SIB-200, labelled with seven themes. A model is fitted on the sentences of the subsets
train and dev in all languages, its lexicon None. A linear SVM on `posterior_mean` (of backbones without a
network the logarithm of topic proportions), learnt in one language, is tested on the sentences of the subset
test: "within" is the mean accuracy over languages, "across" that over ordered pairs of two. "one-sided" are
topics with over 90 % of their mass in one language. "seconds" are those of the fit, encoding included; no
vectors are kept from one fit to the next. Networks are trained for `--epochs`.
"""

import argparse
import json
import os
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from _configuration import has_network
from _evaluation import one_sided
from _tables import spread
from sklearn.svm import LinearSVC

from skxtm import Corpus, CrossLingualTopicModel
from skxtm.backbones import backbone_class, backbone_names
from skxtm.datasets import load_sib200

COLUMNS = ("within", "across", "one-sided", "seconds")


def main() -> None:
    options = parse_options()
    train, test = (
        load_sib200(options.languages, subset, data_home=options.data_home)
        for subset in (("train", "dev"), "test")
    )
    print(
        f"{len(train.corpus):,} sentences in {len(options.languages)} languages, K = {options.components}\n"
    )
    print(f"| backbone | {' | '.join(COLUMNS)} |\n{'|---' * (1 + len(COLUMNS))}|")
    rows = []
    for name in options.backbones:
        results = [measure(name, train, test, seed, options) for seed in options.seeds]
        print(f"| {name} | {' | '.join(spread([r[key] for r in results]) for key in COLUMNS)} |", flush=True)
        rows += [{"backbone": name, "seed": s, **r} for s, r in zip(options.seeds, results, strict=True)]
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, required=True)
    parser.add_argument("--languages", nargs="+", default=["en", "zh", "ja", "de", "fr"])
    parser.add_argument(
        "--backbones", nargs="+", choices=backbone_names(), default=["corectm", "usvd", "svd_lr"]
    )
    parser.add_argument("--components", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--topics", action="store_true", help="print the topics of the first seed")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def measure(name: str, train: Any, test: Any, seed: int, options: argparse.Namespace) -> dict[str, float]:
    """Fit one model on the texts and measure it."""
    backbone = backbone_class(name)()
    if has_network(name) and backbone.max_epochs:
        backbone.set_params(max_epochs=options.epochs)
    model = CrossLingualTopicModel(options.components, backbone=backbone, random_state=seed)
    texts = [Corpus(part.corpus.language, text=part.corpus.text) for part in (train, test)]
    with tempfile.TemporaryDirectory() as cache:
        os.environ["SKXTM_CACHE"] = cache
        started = time.perf_counter()
        model.fit(texts[0])
        seconds = time.perf_counter() - started
        features = [features_of(model, corpus) for corpus in texts]
        shares = model.transform(texts[0])
    if options.topics and seed == options.seeds[0]:
        for topic in model.get_topics(n_words=5):
            print("; ".join(f"{code}: {' '.join(words)}" for code, words in topic.items()))
    languages = train.corpus.language, test.corpus.language
    labels = np.asarray(train.labels), np.asarray(test.labels)
    accuracy = {}
    for source, target in product(options.languages, repeat=2):
        learn, check = (of == code for of, code in zip(languages, (source, target), strict=True))
        classifier = LinearSVC(random_state=0).fit(features[0][learn], labels[0][learn])
        accuracy[source, target] = classifier.score(features[1][check], labels[1][check])
    return {
        "within": float(np.mean([value for (a, b), value in accuracy.items() if a == b])),
        "across": float(np.mean([value for (a, b), value in accuracy.items() if a != b])),
        "one-sided": one_sided(shares, train.corpus),
        "seconds": seconds,
    }


def features_of(model: CrossLingualTopicModel, corpus: Corpus) -> Any:
    """Compute what the classifier is fed."""
    if hasattr(model, "network_"):
        return model.posterior_mean(corpus)
    return np.log(np.maximum(model.transform(corpus), 1e-6))


if __name__ == "__main__":
    main()
