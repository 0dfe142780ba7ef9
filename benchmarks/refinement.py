"""Topics before and after refinement by `OfflineProposer`, and without each part of the method.

For every corpus, backbone and seed one model is trained, then refined in every variant: the full method, its
ablations, and "neither", which is the same further training without any refinement. Measured are uniqueness
(TU), coherence (CNPMI) and quality (TQ) of the 15 top words, and the test accuracy of linear SVMs on mu,
`posterior_mean`: -I is tested in the language it was trained in, -C in the other one. "words kept" are the
words of the last vote themselves. No language model has a part in this: the proposals are made of word
vectors and lexicons, which is the baseline for results with one.

    python benchmarks/refinement.py --data-home FOLDER --results FOLDER
        [--corpora ec_news] [--backbones nmtm infoctm] [--seeds 0 1 2] [--variants full transport]
        [--vocabulary 2000] [--epochs 60] [--batch-size 512] [--refinement-epochs 8] [--refine-every 8]
        [--exact-statistics]

Each result is one JSON file in the folder of results, each model a folder; what is there is not repeated. The
table of all results is printed at the end, and alone with --table.
"""

import argparse
import json
import time
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from _evaluation import FIGURES, SETUPS, Evaluation

from skxtm import CrossLingualTopicModel, LLMRefiner
from skxtm.backbones import backbone_class
from skxtm.embeddings import AlignedWordEncoder
from skxtm.metrics import cnpmi_score, topic_quality, topic_uniqueness

VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "without documents": {"weight_documents": 0.0},
    "without words": {"weight_words": 0.0},
    "one round": {"n_rounds": 1},
    "transport": {"divergence": "transport"},
    "union": {"support": "union"},
    "neither": {"weight_documents": 0.0, "weight_words": 0.0},
}
_SETTINGS = ("corpus", "backbone", "vocabulary", "epochs", "batch_size", "statistics")
COLUMNS = ("TU", "CNPMI", "TQ", *FIGURES[2:])


def main() -> None:
    options = parse_options()
    options.results.mkdir(parents=True, exist_ok=True)
    if not options.table:
        for corpus in options.corpora:
            Bench(options, corpus).run()
    print_tables([json.loads(path.read_text()) for path in sorted(options.results.glob("*.json"))])


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, help="folder of the data sets, lexicons and references")
    parser.add_argument("--results", type=Path, required=True, help="folder of the results and models")
    parser.add_argument("--corpora", nargs="+", choices=list(SETUPS), default=list(SETUPS))
    parser.add_argument("--backbones", nargs="+", default=["nmtm", "infoctm"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--epochs", type=int, help="of the first phase; default: the published number")
    parser.add_argument("--batch-size", type=int, help="default: the published 128")
    parser.add_argument("--vocabulary", type=int, help="most frequent words kept per language; default: all")
    parser.add_argument(
        "--exact-statistics",
        action="store_true",
        help="batch_norm_momentum=None: evaluate by the statistics of the final weights",
    )
    parser.add_argument("--refinement-epochs", type=int, default=30, help="of the second phase")
    parser.add_argument("--refine-every", type=int, default=8)
    parser.add_argument("--table", action="store_true", help="print the table and train nothing")
    options = parser.parse_args()
    if options.data_home is None and not options.table:
        parser.error("--data-home is needed to train")
    return options


class Bench:
    """All runs on one corpus."""

    def __init__(self, options: argparse.Namespace, corpus: str) -> None:
        self.options, self.corpus = options, corpus
        self.evaluation = Evaluation(corpus, options.data_home, n_words=options.vocabulary)
        self.encoder = AlignedWordEncoder(random_state=0)
        self.encoder.fit(self.evaluation.train.corpus, self.evaluation.lexicon)

    def run(self) -> None:
        """Train and refine whatever has no result yet."""
        for seed, backbone in product(self.options.seeds, self.options.backbones):
            settings = f"v{self.options.vocabulary}-e{self.options.epochs}-b{self.options.batch_size}"
            settings += "-exact" * self.options.exact_statistics
            name = f"{self.corpus}-{backbone}-{settings}-s{seed}"
            model = self.base_model(name, backbone, seed)
            self.measured(f"{name}-before", {"backbone": backbone, "seed": seed, "variant": "before"}, model)
            for variant in self.options.variants:
                phase = f"r{self.options.refinement_epochs}-f{self.options.refine_every}"
                result = f"{name}-{variant.replace(' ', '_')}-{phase}"
                if not self.path(result).exists():
                    self.refine(result, model, backbone, seed, variant)

    def path(self, name: str) -> Path:
        """Name the file of a result."""
        return self.options.results / f"{name}.json"

    def base_model(self, name: str, backbone: str, seed: int) -> CrossLingualTopicModel:
        """Load the trained model, or train and save it."""
        folder = self.options.results / name
        if folder.exists():
            model = CrossLingualTopicModel.load(folder)
        else:
            parameters = dict(self.evaluation.setup.parameters.get(backbone, {}))
            if self.options.exact_statistics:
                parameters["batch_norm_momentum"] = None
            model = CrossLingualTopicModel(
                backbone=backbone_class(backbone)(**parameters),
                lexicon=self.evaluation.lexicon,
                word_embeddings=self.encoder,
                max_epochs=self.options.epochs,
                batch_size=self.options.batch_size,
                random_state=seed,
                verbose=1,
            ).fit(self.evaluation.train.corpus)
            model.save(folder)
            model = CrossLingualTopicModel.load(folder)  # so that a run that was stopped goes on alike
        return model.set_params(
            lexicon=self.evaluation.lexicon, word_embeddings=self.encoder, document_embeddings=self.encoder
        )

    def refine(
        self, name: str, model: CrossLingualTopicModel, backbone: str, seed: int, variant: str
    ) -> None:
        """Refine a model in one variant and measure it."""
        refiner = LLMRefiner(
            model,
            max_epochs=self.options.refinement_epochs,
            refine_every=self.options.refine_every,
            random_state=seed,
            verbose=1,
            **VARIANTS[variant],
        )
        started = time.perf_counter()
        refiner.fit(self.evaluation.train.corpus)
        facts = {
            "backbone": backbone,
            "seed": seed,
            "variant": variant,
            "refinement_epochs": self.options.refinement_epochs,
            "refine_every": self.options.refine_every,
            "seconds": round(time.perf_counter() - started, 1),
            "confidence": float(refiner.confidence_.mean()),
        }
        if variant == "full":
            kept = refiner.refined_words_
            n_words = min(len(words) for topic in kept for words in topic.values())
            figures = {
                "TU": topic_uniqueness(kept, n_words=n_words),
                "CNPMI": cnpmi_score(kept, self.evaluation.reference, n_words=n_words),
            }
            facts["kept"] = {**figures, "TQ": topic_quality(figures["CNPMI"], figures["TU"])}
        self.measured(name, facts, refiner)

    def measured(self, name: str, facts: dict[str, Any], model: Any) -> None:
        """Write the figures of a model, unless they are there."""
        if self.path(name).exists():
            return
        topics = self.evaluation.topics(model)
        figures = {**topics, "TQ": topic_quality(topics["CNPMI"], topics["TU"])}
        figures |= self.evaluation.accuracies(self.evaluation.features(model), "linear")
        settings = {
            "corpus": self.corpus,
            "vocabulary": self.options.vocabulary,
            "epochs": self.options.epochs,
            "batch_size": self.options.batch_size,
            "statistics": "exact" if self.options.exact_statistics else "running",
        }
        text = json.dumps({**settings, **facts, **figures}, indent=1)
        self.path(name).write_text(text + "\n", encoding="utf-8")


def print_tables(results: list[dict[str, Any]]) -> None:
    """Print mean and standard deviation over seeds as Markdown, a table for every corpus and its settings."""
    of_tables: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for result in results:
        key = tuple(result[name] for name in _SETTINGS)
        of_tables.setdefault(key, []).append(result)
    for (corpus, backbone, vocabulary, epochs, batch_size, statistics), here in of_tables.items():
        codes = [code.upper() for code in SETUPS[corpus].languages]
        names = [name.replace("1-", f"{codes[0]}-").replace("2-", f"{codes[1]}-") for name in COLUMNS]
        print(
            f"\n{corpus}, {backbone}, vocabulary {vocabulary or 'as released'}, "
            f"{epochs or 'published'} epochs of batch {batch_size or 'as published'}, "
            f"{statistics} statistics\n"
        )
        print(
            f"| variant | epochs, every | seeds | {' | '.join(names)} |\n" + "|---" * (3 + len(names)) + "|"
        )
        for variant in ("before", *VARIANTS):
            phases: dict[str, list[dict[str, Any]]] = {}
            for result in here:
                if result["variant"] == variant:
                    phase = f"{result.get('refinement_epochs', '')}, {result.get('refine_every', '')}"
                    phases.setdefault(phase.strip(" ,"), []).append(result)
            for phase, rows in phases.items():
                print_row(variant, phase, rows)
                if variant == "full":
                    print_row("words kept", phase, [row["kept"] for row in rows])


def print_row(variant: str, phase: str, rows: list[dict[str, Any]]) -> None:
    """Print the figures of one variant."""
    cells = [spread(row[name] for row in rows if name in row) for name in COLUMNS]
    print(f"| {variant} | {phase} | {len(rows)} | {' | '.join(cells)} |")


def spread(values: Iterable[float]) -> str:
    """Write a mean and, of several values, their standard deviation."""
    values = list(values)
    if not values:
        return ""
    deviation = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
    return f"{mean(values):.3f}{deviation}"


if __name__ == "__main__":
    main()
