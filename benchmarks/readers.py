"""What starts of K-means and the spread of readers are worth to CoreCTM, on training documents held out.

    OMP_NUM_THREADS=1 python benchmarks/readers.py --data-home FOLDER [--corpora sib200 sample aligned]
        [--starts 10] [--spreads 0 0.5 1] [--seeds 0 1 2 3]

An eighth of the training documents of a corpus of the leaderboard is held out, with their translations, and
the model is fitted on the others. Printed are means and standard deviations over seeds of the leaderboard's
measures: accuracies within (I) and across languages (C), purity and NMI where there are labels, and the
reciprocal rank of translations (MRR) where there are any. No test document is read.
"""

import argparse
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from _board_corpora import BOARD, BoardCorpus
from _board_running import reciprocal_ranks, transferred
from _tables import spread

from skxtm import CrossLingualTopicModel
from skxtm.backbones import CoreCTM
from skxtm.metrics import cluster_scores

COLUMNS = ("C", "I", "MRR", "purity", "NMI")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path)
    parser.add_argument("--corpora", nargs="+", choices=list(BOARD), default=["sib200", "sample", "aligned"])
    parser.add_argument("--starts", nargs="+", type=int, default=[10])
    parser.add_argument("--spreads", nargs="+", type=float, default=[0.0, 0.5, 1.0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3])
    options = parser.parse_args()
    print(f"| corpus | starts | spread | {' | '.join(COLUMNS)} |")
    print("|---" * (3 + len(COLUMNS)) + "|")
    for name in options.corpora:
        corpus = held_out(BOARD[name](options.data_home))
        for n_starts, reader_spread in product(options.starts, options.spreads):
            backbone = CoreCTM(n_starts=n_starts, reader_spread=reader_spread)
            runs = [measured(corpus, backbone, seed) for seed in options.seeds]
            cells = [spread([run[column] for run in runs if column in run]) for column in COLUMNS]
            print(f"| {name} | {n_starts} | {reader_spread:g} | {' | '.join(cells)} |", flush=True)


def held_out(corpus: BoardCorpus) -> Any:
    """Take an eighth of the training documents for those of test, translations together."""
    train, random = corpus.corpora["train"], np.random.default_rng(0)
    groups = np.arange(len(train)) if train.pair_id is None else train.pair_id
    numbers = np.unique(groups)
    out = np.isin(groups, random.permutation(numbers)[: len(numbers) // 8])
    parts = {"train": ~out, "test": out}
    return SimpleNamespace(
        n_components=corpus.n_components,
        languages=corpus.languages,
        lexicon=corpus.lexicon,
        corpora={split: train[rows] for split, rows in parts.items()},
        labels={split: corpus.labels["train"][rows] for split, rows in parts.items() if corpus.labels},
    )


def measured(corpus: Any, backbone: CoreCTM, seed: int) -> dict[str, float]:
    """Fit on the others, and measure on the documents held out."""
    model = CrossLingualTopicModel(
        corpus.n_components, backbone=backbone, lexicon=corpus.lexicon, random_state=seed
    )
    theta = {"train": model.fit_transform(corpus.corpora["train"])}
    theta["test"] = model.transform(corpus.corpora["test"])
    figures = {}
    if corpus.labels:
        right, _ = transferred(corpus, theta)
        clusters = cluster_scores(theta["test"], corpus.labels["test"])
        figures = {name: float(values.mean()) for name, values in right.items()}
        figures |= {"purity": clusters.purity, "NMI": clusters.nmi}
    if corpus.corpora["test"].pair_id is not None:
        figures["MRR"] = float(reciprocal_ranks(theta, corpus.corpora)[0].mean())
    return figures


if __name__ == "__main__":
    main()
