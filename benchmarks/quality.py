"""Train every backbone on EC News and Rakuten Amazon and measure it as the papers do.

For every corpus, backbone and seed: uniqueness (TU) and coherence (CNPMI) of the 15 top words of each topic
and language, and the test accuracy of SVMs on mu, `posterior_mean`, or on the logarithm of theta where the
backbone has no network: -I is tested in the language it was trained in, -C in the other one. Word and
document embeddings come from `AlignedWordEncoder`: no download.

    python benchmarks/quality.py --data-home FOLDER --results FOLDER
        [--corpora ec_news] [--backbones nmtm infoctm] [--seeds 0 1] [--epochs 100] [--batch-size 512]
        [--learning-rate 0.01] [--shrink-schedule] [--exact-statistics] [--match literal]
        [--classifiers linear] [--keep-models]

Each run writes one JSON file into the folder of results; a run whose file is there is not repeated, even if
--classifiers asks for others. The table of all results is printed at the end, and alone with --table.
"""

import argparse
import json
import resource
import time
from itertools import product
from pathlib import Path
from typing import Any

from _evaluation import CLASSIFIERS, FIGURES, SETUPS, Evaluation

import skxtm
from skxtm import CrossLingualTopicModel
from skxtm.backbones import backbone_class, backbone_names

HEADS = "backbone", "lexicon", "seed", "epochs", "batch", "rate", "halved every", "statistics", "SVM"


def main() -> None:
    options = parse_options()
    options.results.mkdir(parents=True, exist_ok=True)
    if not options.table:
        for corpus in options.corpora:
            evaluation = Evaluation(corpus, options.data_home, options.match)
            for backbone, seed in product(options.backbones, options.seeds):
                path = options.results / f"{run_name(options, corpus, backbone, seed)}.json"
                if not path.exists():
                    result = run(options, evaluation, corpus, backbone, seed)
                    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print_table([json.loads(path.read_text()) for path in sorted(options.results.glob("*.json"))])


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, help="folder of the data sets, lexicons and references")
    parser.add_argument("--results", type=Path, required=True, help="folder of the results")
    parser.add_argument("--corpora", nargs="+", choices=list(SETUPS), default=list(SETUPS))
    parser.add_argument("--backbones", nargs="+", choices=backbone_names(), default=backbone_names())
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--components", type=int, default=50)
    parser.add_argument("--epochs", type=int, help="default: the backbone's published number")
    parser.add_argument("--batch-size", type=int, help="default: the published 128")
    parser.add_argument("--learning-rate", type=float, help="default: the published value")
    parser.add_argument(
        "--shrink-schedule",
        action="store_true",
        help="with --epochs, let the learning rate decay after the same shares of training as published",
    )
    parser.add_argument(
        "--exact-statistics",
        action="store_true",
        help="batch_norm_momentum=None: evaluate by the statistics of the final weights",
    )
    parser.add_argument("--match", choices=["literal", "normal"], default="normal")
    parser.add_argument("--classifiers", nargs="+", choices=list(CLASSIFIERS), default=list(CLASSIFIERS))
    parser.add_argument("--keep-models", action="store_true", help="save the models beside the results")
    parser.add_argument("--table", action="store_true", help="print the table and train nothing")
    options = parser.parse_args()
    if options.data_home is None and not options.table:
        parser.error("--data-home is needed to train")
    return options


def run_name(options: argparse.Namespace, corpus: str, backbone: str, seed: int) -> str:
    """Name a run by what tells it from the others."""
    parts = [corpus, backbone, options.match, f"k{options.components}"]
    parts += [f"e{options.epochs or 'published'}", f"b{options.batch_size or 'published'}"]
    parts += [f"l{options.learning_rate or 'published'}"] + ["shrunk"] * options.shrink_schedule
    parts += ["exact"] * options.exact_statistics
    parts += [f"s{seed}"]
    return "-".join(parts)


def run(
    options: argparse.Namespace, evaluation: Evaluation, corpus: str, backbone: str, seed: int
) -> dict[str, Any]:
    """Train and measure one model."""
    published = backbone_class(backbone)(**evaluation.setup.parameters.get(backbone, {}))
    known = published.get_params()
    if options.shrink_schedule and options.epochs and known.get("decay_every"):
        share = options.epochs / published.max_epochs
        published.set_params(decay_every=max(1, round(share * published.decay_every)))
    if options.exact_statistics and "batch_norm_momentum" in known:
        published.set_params(batch_norm_momentum=None)
    model = CrossLingualTopicModel(
        options.components,
        backbone=published,
        lexicon=evaluation.lexicon,
        max_epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        random_state=seed,
        verbose=1,
    )
    started = time.perf_counter()
    model.fit(evaluation.train.corpus)
    result: dict[str, Any] = {
        "corpus": corpus,
        "backbone": backbone,
        "match": options.match,
        "seed": seed,
        "epochs": model.n_iter_,
        **(network_settings(model, known["max_epochs"]) if "batch_size" in known else {}),
        "fit_seconds": round(time.perf_counter() - started, 1),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "skxtm": skxtm.__version__,
        **evaluation.topics(model),
    }
    if options.keep_models:
        model.save(options.results / run_name(options, corpus, backbone, seed))
    features = evaluation.features(model)
    for classifier in options.classifiers:
        result[classifier] = evaluation.accuracies(features, classifier)
    return result


def network_settings(model: CrossLingualTopicModel, published_epochs: int) -> dict[str, Any]:
    """Name the settings of training that a run has beside its number of epochs."""
    backbone = model.backbone_
    return {
        "published_epochs": published_epochs,
        "decay_every": backbone.decay_every,
        "statistics": "running" if backbone.batch_norm_momentum is not None else "exact",
        "batch_size": backbone.batch_size,
        "learning_rate": backbone.learning_rate,
    }


def print_table(results: list[dict[str, Any]]) -> None:
    """Print the results as Markdown, one table for each corpus, below the published figures."""
    for corpus, setup in SETUPS.items():
        here = [result for result in results if result["corpus"] == corpus]
        if not here:
            continue
        first, second = (code.upper() for code in setup.languages)
        names = [name.replace("1-", f"{first}-").replace("2-", f"{second}-") for name in FIGURES]
        heads = [*HEADS, *names]
        print(f"\n{corpus}\n\n| {' | '.join(heads)} |")
        print("|---" * len(heads) + "|")
        for backbone in sorted({result["backbone"] for result in here}):
            if backbone in setup.published:
                print_row([backbone, "", "published", *[""] * 5, "rbf"], setup.published[backbone])
            for result in here:
                if result["backbone"] == backbone:
                    print_result(result)


def print_result(result: dict[str, Any]) -> None:
    """Print one row per classifier."""
    settings = [result[name] for name in ("backbone", "match", "seed")]
    if "batch_size" in result:
        epochs = f"{result['epochs']} of {result['published_epochs']}"
        settings += [epochs, result["batch_size"], result["learning_rate"], result["decay_every"] or "never"]
        settings += [result["statistics"]]
    else:
        settings += [result["epochs"], "", "", "", ""]
    for classifier in CLASSIFIERS:
        if classifier in result:
            print_row([*settings, classifier], {**result, **result[classifier]})


def print_row(settings: list[Any], figures: dict[str, Any]) -> None:
    """Print settings and those figures that are there."""
    cells = [f"{figures[name]:.3f}" if name in figures else "" for name in FIGURES]
    print("| " + " | ".join([*map(str, settings), *cells]) + " |")


if __name__ == "__main__":
    main()
