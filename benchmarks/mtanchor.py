"""Time MTAnchor on EC News: learning, changing the anchors of a topic, finding the topics of documents.

"RecoverL2" finds the convex combinations of anchors of the English words: for all words at once, or in the
obvious loop, one word after the other by exponentiated gradient steps, with the same criterion to stop. The
loop runs over a sample of the words, and its time is extrapolated to all.

    python benchmarks/mtanchor.py --data-home FOLDER [--n-components 50] [--sample 200] [--json FILE]
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from _evaluation import SETUPS
from numpy.typing import NDArray

from skxtm import Lexicon
from skxtm.backbones._anchors import convex_combinations
from skxtm.backbones.base import CorpusShape, Documents, Materials
from skxtm.backbones.mtanchor import Estimate, MTAnchor, MTAnchorTopics

SETUP = SETUPS["ec_news"]
N_CHANGED = 11


def main() -> None:
    options = parse_options()
    shape, materials = load(options.data_home, options.n_components)
    learn_s, learnt = timed(lambda: MTAnchor().learn(shape, materials, seed=0))
    rows = [
        {"step": "learn", "seconds": learn_s, "of": "all documents, V = 2 x 5,000"},
        {"step": "with_anchors", "seconds": change_anchors(learnt), "of": f"median of {N_CHANGED} topics"},
        {"step": "theta", "seconds": find_topics(learnt, materials), "of": documents_of(materials)},
        *compare_combinations(learnt.estimates[0], learnt.settings, options.sample),
    ]
    print("| step | seconds | of |\n|---|---|---|")
    for row in rows:
        print(f"| {row['step']} | {row['seconds']:.2f} | {row['of']} |")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, required=True, help="folder of the data sets and lexicons")
    parser.add_argument("--n-components", type=int, default=50)
    parser.add_argument("--sample", type=int, default=200, help="words that the loop goes through")
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    return parser.parse_args()


def load(data_home: Path, n_components: int) -> tuple[CorpusShape, Materials]:
    corpus = SETUP.load("train", data_home=data_home).corpus
    words = [corpus.vocabularies[code] for code in SETUP.languages]
    lexicon = Lexicon.read(data_home / "lexicons" / SETUP.lexicon, match="normal")
    shape = CorpusShape(n_components, SETUP.languages, tuple(map(len, words)))
    counts = tuple(corpus.counts_of(code) for code in SETUP.languages)
    return shape, Materials(counts, lexicons={(0, 1): lexicon.matrix(*words, *SETUP.languages)})


def documents_of(materials: Materials) -> str:
    return f"{sum(counts.shape[0] for counts in materials.counts):,} documents"


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def change_anchors(learnt: MTAnchorTopics) -> float:
    """Give a topic the two strongest words of each language besides its anchors; median seconds."""
    seconds = []
    for topic in np.linspace(0, len(learnt.anchors) - 1, N_CHANGED).astype(int):
        words = {
            language: np.append(learnt.anchors[topic][language], topic_word[topic].argsort()[-2:])
            for language, topic_word in enumerate(learnt.distributions)
        }
        seconds.append(timed(lambda topic=topic, words=words: learnt.with_anchors(topic, words))[0])
    return median(seconds)


def find_topics(learnt: MTAnchorTopics, materials: Materials) -> float:
    return sum(
        timed(lambda counts=counts, language=language: learnt.proportions(Documents(counts), language))[0]
        for language, counts in enumerate(materials.counts)
    )


def compare_combinations(estimate: Estimate, settings: MTAnchor, n_sampled: int) -> list[dict[str, Any]]:
    gram, products, tolerance = estimate.rows @ estimate.rows.T, estimate.products, settings.tolerance
    start = np.full(products.shape, 1 / len(gram))
    options = {"tolerance": tolerance, "max_iter": settings.max_iter}
    together_s, found = timed(lambda: convex_combinations(gram, products, start, **options))
    sample = np.random.default_rng(0).choice(len(products), n_sampled, replace=False)
    loop_s, looped = timed(lambda: [one_by_one(gram, products[word], tolerance) for word in sample])
    differences = objectives(gram, products[sample], found[sample]) - objectives(
        gram, products[sample], np.array(looped)
    )
    extrapolated = loop_s * len(products) / n_sampled
    return [
        {"step": "RecoverL2, all words", "seconds": together_s, "of": f"{len(products):,} words"},
        {
            "step": "RecoverL2, loop",
            "seconds": extrapolated,
            "of": f"extrapolated from {n_sampled} words; {extrapolated / together_s:.0f} times as long; "
            f"objectives differ by at most {np.abs(differences).max():.0e}",
        },
    ]


def objectives(gram: NDArray[Any], products: NDArray[Any], combinations: NDArray[Any]) -> NDArray[Any]:
    return ((combinations @ gram / 2 - products) * combinations).sum(1)


def one_by_one(gram: NDArray[Any], products: NDArray[Any], tolerance: float) -> NDArray[Any]:
    """Exponentiated gradient for one word, doubling the step and halving it where it overshoots."""
    c, step = np.full(len(gram), 1 / len(gram)), 1.0
    gradient = gram @ c - products
    while c @ (gradient - gradient.min()) > tolerance * np.diag(gram).mean():
        new = c * np.exp(-step * (gradient - gradient.min()))
        new /= new.sum()
        change = new - c
        if change @ gram @ change > -(change @ gradient):
            step /= 2
            continue
        c, step = new, step * 2
        gradient = gram @ c - products
    return c


if __name__ == "__main__":
    main()
