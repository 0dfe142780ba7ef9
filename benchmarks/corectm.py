"""CoreCTM on EC News and Rakuten Amazon, whole and without each of its ingredients.

Mean and standard deviation over seeds of coherence (CNPMI), uniqueness (TU) and quality (TQ) of the 15 top
words, of the test accuracies of SVMs on `posterior_mean` (-I is tested in the language it was trained in, -C
in the other one), and of the seconds of a fit from counts, learning of word vectors included. "one-sided" are
topics with over 90 % of their mass in one language; beside it stands how many of the corpus' classes are so
among the training documents.

With --generated N, it fits N drawn documents of 11 words in each of two languages instead, and prints seconds
and peak memory; drawing them is not timed, but in the peak.

With --no-lexicon nothing but the encoder pairs the languages' words; with --no-encoder vectors are learnt
from the documents and the lexicon alone.

    python benchmarks/corectm.py --generated 500000
    python benchmarks/corectm.py --data-home FOLDER [--corpora ec_news] [--seeds 0 1 2]
        [--variants full "no translations"] [--classifier rbf] [--json FILE] [--no-lexicon | --no-encoder]
"""

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

from _evaluation import CLASSIFIERS, SETUPS, Evaluation
from _tables import spread

from skxtm import CrossLingualTopicModel
from skxtm.backbones import CoreCTM
from skxtm.datasets import make_multilingual_corpus
from skxtm.embeddings import AlignedWordEncoder
from skxtm.metrics import topic_quality

VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "no translations": {"translation_weight": 0.0},
    "K-means, no cores": {"n_core_steps": 0},
    "no exclusivity": {"exclusivity": 0.0},
    "no frequency": {"frequency_weight": 0.0},
    "2 epochs of training": {"max_epochs": 2, "weight_reconstruction": 1.0},
}
COLUMNS = ("CNPMI", "TU", "TQ", "1-I", "1-C", "2-I", "2-C", "one-sided", "seconds")


def main() -> None:
    options = parse_options()
    if options.generated:
        fit_generated(options.generated)
        return
    rows = []
    for corpus in options.corpora:
        evaluation = Evaluation(corpus, options.data_home)
        names = [evaluation.setup.languages[int(name[0]) - 1].upper() + name[1:] for name in COLUMNS[3:7]]
        classes = evaluation.one_sided_classes()
        print(f"\n{corpus}, {options.classifier} SVM; classes in one language: {classes:.3f}\n")
        print(f"| variant | {' | '.join([*COLUMNS[:3], *names, *COLUMNS[7:]])} |")
        print("|---" * (1 + len(COLUMNS)) + "|")
        for variant in options.variants:
            results = [measure(evaluation, VARIANTS[variant], seed, options) for seed in options.seeds]
            cells = [spread([result[name] for result in results]) for name in COLUMNS]
            print(f"| {variant} | {' | '.join(cells)} |", flush=True)
            rows += [
                {"corpus": corpus, "variant": variant, "seed": seed, **result}
                for seed, result in zip(options.seeds, results, strict=True)
            ]
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path)
    parser.add_argument("--generated", type=int, metavar="N")
    parser.add_argument("--corpora", nargs="+", choices=list(SETUPS), default=["ec_news", "rakuten_amazon"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--classifier", choices=list(CLASSIFIERS), default="linear")
    parser.add_argument("--json", type=Path)
    without = parser.add_mutually_exclusive_group()
    without.add_argument("--no-lexicon", action="store_true")
    without.add_argument("--no-encoder", action="store_true")
    options = parser.parse_args()
    if not options.generated and options.data_home is None:
        parser.error("--data-home or --generated is needed")
    return options


def fit_generated(n_documents: int) -> None:
    """Fit drawn documents and print what that took."""
    data = make_multilingual_corpus(
        n_documents,
        n_components=50,
        vocabulary_sizes=5_000,
        document_length=11,
        word_concentration=0.01,
        random_state=0,
    )
    drawn = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    started = time.perf_counter()
    CrossLingualTopicModel(50, backbone="corectm", lexicon=data.lexicon, random_state=0).fit(data.corpus)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{2 * n_documents:,} documents: {seconds:.0f} s, peak {peak:.2f} GiB ({drawn:.2f} GiB after drawing)"
    )


def measure(
    evaluation: Evaluation, parameters: dict[str, Any], seed: int, options: argparse.Namespace
) -> dict[str, float]:
    """Fit one model and measure it."""
    started = time.perf_counter()
    model = CrossLingualTopicModel(
        50,
        backbone=CoreCTM(**parameters),
        lexicon=None if options.no_lexicon else evaluation.lexicon,
        word_embeddings=AlignedWordEncoder(random_state=seed) if options.no_encoder else None,
        random_state=seed,
    ).fit(evaluation.train.corpus)
    seconds = time.perf_counter() - started
    topics = evaluation.topics(model)
    return {
        **topics,
        "TQ": topic_quality(topics["CNPMI"], topics["TU"]),
        **evaluation.accuracies(evaluation.features(model), options.classifier),
        "seconds": seconds,
    }


if __name__ == "__main__":
    main()
