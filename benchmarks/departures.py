"""What MCTA and u-SVD gain or lose where their authors' settings are changed.

"known topics": MCTA by both updates on corpora that `make_multilingual_corpus` draws (600 documents, five
topics, each word translated by one), the share of the true topics' ten most probable words found, over
seeds. "MCTA" and "u-SVD" are fitted on a corpus, lexicon matched by normal form: the 15 top words' coherence
(CNPMI) and uniqueness (TU), and the accuracies of a linear SVM within the languages (-I) and across (-C).

    python benchmarks/departures.py --data-home FOLDER [--corpora rakuten_amazon] [--seeds 0 1 2]
        [--parts "known topics" MCTA u-SVD]
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from _evaluation import SETUPS, Evaluation
from _tables import markdown, spread
from scipy.optimize import linear_sum_assignment

from skxtm import CrossLingualTopicModel
from skxtm.backbones import MCTA, USVD
from skxtm.datasets import make_multilingual_corpus

PARTS: dict[str, dict[str, Any]] = {
    "MCTA": {
        "as published": MCTA(),
        "words of phi": MCTA(topic_words="phi"),
        "documents the mean of 40 sweeps": MCTA(n_burn_in=10),
        "expectation maximisation": MCTA(updates="em"),
    },
    "u-SVD": {"as published, ten starts": USVD(), "one start": USVD(n_init=1)},
}
N_DOCUMENTS = 300  # of each language
N_TRUE_WORDS = 10
FIGURES = ("CNPMI", "TU", "1-I", "1-C", "2-I", "2-C")


def main() -> None:
    options = parse_options()
    if "known topics" in options.parts:
        print("\nknown topics, share of their words found\n")
        for updates in ("multiplicative", "em"):
            print(f"- {updates}: {spread([found(updates, seed) for seed in options.seeds])}", flush=True)
    for corpus in options.corpora if options.parts != ["known topics"] else []:
        evaluation = Evaluation(corpus, options.data_home)
        for part in [part for part in options.parts if part in PARTS]:
            print(f"\n{part} on {corpus}\n")
            lines = []
            for variant, backbone in PARTS[part].items():
                results = [measure(evaluation, backbone, seed) for seed in options.seeds]
                figures = {name: spread([result[name] for result in results]) for name in FIGURES}
                lines.append({"variant": variant, **figures})
            print(markdown(lines), flush=True)


def found(updates: str, seed: int) -> float:
    """Share of the true topics' words that MCTA finds, topics matched once for all languages."""
    data = make_multilingual_corpus(
        N_DOCUMENTS, languages=("en", "zh"), word_concentration=0.02, random_state=seed
    )
    model = CrossLingualTopicModel(
        data.theta.shape[1], backbone=MCTA(updates=updates), lexicon=data.lexicon, random_state=seed
    ).fit(data.corpus)
    topics = model.get_topics(n_words=N_TRUE_WORDS)
    shares = np.zeros((len(topics),) * 2)
    for code, truth in data.topic_word.items():
        names = np.asarray(data.corpus.vocabularies[code])
        known = [set(names[np.argsort(-row, kind="stable")[:N_TRUE_WORDS]]) for row in truth]
        shares += [[len(words & set(topic[code])) / N_TRUE_WORDS for topic in topics] for words in known]
    return float(shares[linear_sum_assignment(-shares)].mean() / len(data.topic_word))


def measure(evaluation: Evaluation, backbone: Any, seed: int) -> dict[str, float]:
    """Fit one model and measure it."""
    model = CrossLingualTopicModel(50, backbone=backbone, lexicon=evaluation.lexicon, random_state=seed).fit(
        evaluation.train.corpus
    )
    words = evaluation.of_words(model.get_topics(n_words=15), 15)
    return words | evaluation.accuracies(evaluation.features(model), "linear")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = ["known topics", *PARTS]
    parser.add_argument("--data-home", type=Path, required=True)
    parser.add_argument("--corpora", nargs="+", choices=list(SETUPS), default=["rakuten_amazon"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--parts", nargs="+", choices=names, default=names)
    return parser.parse_args()


if __name__ == "__main__":
    main()
