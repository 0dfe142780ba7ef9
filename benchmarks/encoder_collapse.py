"""How InfoCTM's encoders fare by the size of batches.

    python benchmarks/encoder_collapse.py --data-home FOLDER [--corpora rakuten_amazon]
        [--batch-sizes 128 1024] [--epochs 20] [--weight-mi 0] [--longest 100] [--seed 0]

InfoCTM at published settings, but for batches, epochs and the weight of the contrastive loss, which is left
out by default: what remains is an autoencoder for each language. "words" is the median length of its training
documents, "accuracy" that of a linear SVM on mu within the language, and "directions" the share of the
variance of the first hidden layer, over training documents, in its 4 largest principal directions: near 1
where the encoder has collapsed onto a few features. `--longest` leaves out training documents of more words.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from _evaluation import SETUPS, Evaluation
from torch import Tensor, nn

from skxtm import Corpus, CrossLingualTopicModel
from skxtm._model.state import state_of
from skxtm.backbones import InfoCTM

N_DIRECTIONS = 4


def main() -> None:
    options = parse_options()
    for corpus in options.corpora:
        evaluation = Evaluation(corpus, options.data_home, "literal")
        train = evaluation.train.corpus
        if options.longest is not None:
            train = train[np.flatnonzero(train.counts.sum(1) <= options.longest)]
        print(
            f"\n{corpus}, {options.epochs} epochs, weight {options.weight_mi:g}, {len(train):,} documents\n"
        )
        print("| batch | language | words | accuracy | directions |\n" + "|---" * 5 + "|")
        for size in options.batch_sizes:
            backbone = InfoCTM(weight_mi=options.weight_mi, batch_size=size, max_epochs=options.epochs)
            model = CrossLingualTopicModel(
                50, backbone=backbone, lexicon=evaluation.lexicon, random_state=options.seed
            ).fit(train)
            accuracies = evaluation.accuracies(evaluation.features(model), "linear")
            for number, code in enumerate(train.languages):
                n_words = np.median(train.counts_of(code).sum(1))
                share = largest_directions(model, train, number)
                accuracy = accuracies[f"{number + 1}-I"]
                print(f"| {size} | {code} | {n_words:.0f} | {accuracy:.3f} | {share:.2f} |", flush=True)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, required=True)
    parser.add_argument("--corpora", nargs="+", choices=list(SETUPS), default=["rakuten_amazon", "ec_news"])
    parser.add_argument("--batch-sizes", nargs="+", type=int, default=[128, 1024])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--weight-mi", type=float, default=0.0)
    parser.add_argument("--longest", type=int, help="words of a training document")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def largest_directions(model: CrossLingualTopicModel, corpus: Corpus, number: int) -> float:
    """Share of the variance of a language's first hidden layer in its largest directions."""
    seen: list[Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen.append(inputs[0].detach())

    hook = model.network_.encoders[number].head.hidden.register_forward_pre_hook(keep)
    state_of(model).kept_reader = None  # what transforms is a copy: made now, it has the hook
    try:
        model.transform(corpus[corpus.rows_of(corpus.languages[number])])
    finally:
        hook.remove()
        state_of(model).kept_reader = None
    hidden = torch.cat(seen).double()
    variances = torch.linalg.svdvals(hidden - hidden.mean(0)).square()
    return float(variances[:N_DIRECTIONS].sum() / variances.sum())


if __name__ == "__main__":
    main()
