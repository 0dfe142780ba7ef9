"""What training towards a real language model's words does to a model, from recorded answers.

RECORDED is as recorded_rounds.py reads it. Its answers are about topics of models that an earlier version of
the package trained. Here the model of each folder is trained anew, by the settings below, and its topics are
matched one to one with those asked about, by the words that both show: a topic of which at least half of the
words were asked about takes the recorded answer, the others are not refined. "asked" says how many topics
took one, and what share of their words had been asked about.

Each line is one model: "before", or trained for 30 epochs more; "no words" is the same further training
without refinement; "offline" takes proposals of `OfflineProposer`, the others recorded answers, the first R
rounds of them. "kept" measures the ten first words kept, all else the trained model with 15 words:
coherence (CNPMI), uniqueness (TU), and the accuracy of a linear SVM tested in its own (-I) and the other
language (-C). Each line is kept in RESULTS when it is done, so that a command that was stopped goes on.

    OMP_NUM_THREADS=1 python benchmarks/recorded_training.py --data-home FOLDER --recorded RECORDED \
        --results RESULTS [--only ec_news-nmtm] [--variant "R = 5"] [--encoder]
"""

import argparse
import json
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _cells import write_json
from recorded_rounds import N_MEASURED, N_WORDS, Recorded
from scipy.optimize import linear_sum_assignment

from skxtm import CrossLingualTopicModel, LLMRefiner
from skxtm.backbones import NMTM
from skxtm.embeddings import AlignedWordEncoder
from skxtm.refinement import EditedTopics

EPOCHS = {"ec_news": 60, "rakuten_amazon": 120}  # of NMTM, when it was asked about
FEWEST_SHARED = 0.5
ALL_ROUNDS = 5
VARIANTS: dict[str, dict[str, Any]] = {
    "no words": {"weight_words": 0.0, "weight_documents": 0.0},
    "offline": {},
    "R = 1": {},
    "R = 3": {},
    "R = 5": {},
    "R = 5, transport": {"divergence": "transport"},
    "R = 5, union": {"support": "union"},
    "R = 5, temperature .05": {"temperature": 0.05},
    "R = 5, union, temperature .05": {"support": "union", "temperature": 0.05},
    "R = 5, no documents": {"weight_documents": 0.0},
}
COLUMNS = ("CNPMI", "TU", "1-I", "1-C", "2-I", "2-C")


class Trained:
    """A model like that which was asked about, and the recorded answers for its topics.

    Parameters
    ----------
    recorded : Recorded
        What was asked and answered.
    folder : Path
        Where the model is kept.
    with_encoder : bool
        Whether CoreCTM uses the sentence encoder; the model that was asked about had none.
    """

    def __init__(self, recorded: Recorded, folder: Path, with_encoder: bool) -> None:
        self.recorded, self.with_encoder = recorded, with_encoder
        self.corpus = recorded.evaluation.train.corpus
        if not folder.exists():
            self._fit().save(folder, resumable=True)
        # loaded either way, so that a command that was stopped gives what one that was not does
        self.model = CrossLingualTopicModel.load(folder)
        self.model.set_params(lexicon=recorded.evaluation.lexicon, word_embeddings=self._encoder())
        self.shown = self.model.get_topics(N_WORDS)
        self.match, self.shared = matched(self.shown, recorded.asked)

    def _encoder(self) -> AlignedWordEncoder | None:
        if self.with_encoder:
            return None
        encoder = AlignedWordEncoder(random_state=0)
        return encoder.fit(self.corpus, lexicons=[self.recorded.evaluation.lexicon])

    def _fit(self) -> CrossLingualTopicModel:
        is_nmtm = self.recorded.backbone == "nmtm"
        backbone = NMTM(max_epochs=EPOCHS[self.recorded.corpus]) if is_nmtm else self.recorded.backbone
        model = CrossLingualTopicModel(
            len(self.recorded.asked),
            backbone=backbone,
            lexicon=self.recorded.evaluation.lexicon,
            word_embeddings=self._encoder(),
            random_state=0,
        )
        return model.fit(self.corpus)

    def answers(self, folder: Path, n_rounds: int) -> EditedTopics:
        """Write the first rounds with the numbers of the model's topics."""
        paths = []
        for number, file in enumerate(self.recorded.files[:n_rounds]):
            topics = {
                entry["topic"]: entry for entry in json.loads(file.read_text(encoding="utf-8"))["topics"]
            }
            taken = [
                {**topics[asked], "topic": topic} for topic, asked in self.match.items() if asked in topics
            ]
            paths.append(folder / f"round{number}.json")
            paths[-1].write_text(json.dumps({"topics": taken}), encoding="utf-8")
        return EditedTopics(paths)

    def measured(self, variant: str) -> dict[str, Any]:
        """Train towards the answers, and measure."""
        evaluation = self.recorded.evaluation
        if variant == "before":
            return {
                "kept": self.recorded.quality(self._numbers(self.shown)),
                **figures(evaluation, self.model),
            }
        n_rounds = int(variant[4]) if variant.startswith("R = ") else ALL_ROUNDS
        with tempfile.TemporaryDirectory() as folder:
            from_answers = variant.startswith("R = ")
            refiner = LLMRefiner(
                self.model,
                llm=self.answers(Path(folder), n_rounds) if from_answers else None,
                n_rounds=n_rounds,
                refine_every=30,  # once: what was recorded is about the first topics
                random_state=0,
                **{"support": "top", **VARIANTS[variant]},
            ).fit(self.corpus)
        kept = self.recorded.quality(self._numbers(refiner.refined_words_))
        confidence = float(np.nanmean(refiner.confidence_))
        return {"kept": kept, "confidence": confidence, **figures(evaluation, refiner)}

    def _numbers(self, topics: Sequence[Mapping[str, Sequence[str]]]) -> list[dict[str, list[int]]]:
        indexes = self.recorded.indexes
        return [
            {code: indexes[code].match(words[:N_MEASURED])[0] for code, words in topic.items()}
            for topic in topics
        ]


def matched(
    shown: Sequence[Mapping[str, Sequence[str]]], asked: Sequence[Mapping[str, Sequence[str]]]
) -> tuple[dict[int, int], float]:
    """Match topics one to one by their words; return those that share enough, and the share of these."""
    shares = np.array(
        [
            [
                np.mean([len(set(words) & set(other[code])) / len(words) for code, words in topic.items()])
                for other in asked
            ]
            for topic in shown
        ]
    )
    pairs = [
        (a, b) for a, b in zip(*linear_sum_assignment(-shares), strict=True) if shares[a, b] >= FEWEST_SHARED
    ]
    return {int(a): int(b) for a, b in pairs}, float(np.mean([shares[pair] for pair in pairs] or [np.nan]))


def figures(evaluation: Any, model: Any) -> dict[str, float]:
    """Measure a model's topics and features."""
    quality = evaluation.of_words(model.get_topics(N_WORDS), N_WORDS)
    return quality | evaluation.accuracies(evaluation.features(model), "linear")


def main() -> None:
    options = parse_options()
    print(f"| model | asked | words | kept {' | '.join(('CNPMI', 'kept TU', *COLUMNS))} |")
    print(f"|---|---|---|{'---|' * (2 + len(COLUMNS))}")
    for folder in sorted(request.parent for request in options.recorded.glob("*/request.txt")):
        if options.only and folder.name not in options.only:
            continue
        recorded = Recorded(folder, options.data_home)
        name = f"{folder.name}{'-encoder' if options.encoder else ''}"
        trained = Trained(recorded, options.results / "models" / name, options.encoder)
        for variant in options.variant or ("before", *VARIANTS):
            file = options.results / f"{name}-{variant.replace(' ', '_')}.json"
            if not file.exists():
                asked = {"topics": len(trained.match), "share": trained.shared}
                write_json(
                    file, {"model": name, "variant": variant, "asked": asked, **trained.measured(variant)}
                )
            print(line(json.loads(file.read_text(encoding="utf-8"))), flush=True)


def line(row: Mapping[str, Any]) -> str:
    """Write one line of the table."""
    asked = f"{row['asked']['topics']}, {row['asked']['share']:.2f}"
    values = [row["kept"]["CNPMI"], row["kept"]["TU"], *(row[column] for column in COLUMNS)]
    numbers = " | ".join(f"{value:.3f}" for value in values)
    return f"| {row['model']} | {asked} | {row['variant']} | {numbers} |"


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, required=True, help="folder with the public benchmarks")
    parser.add_argument("--recorded", type=Path, required=True, help="folder with the answers")
    parser.add_argument("--results", type=Path, required=True, help="folder that keeps models and lines")
    parser.add_argument("--only", action="append", help="only this folder; can be repeated")
    parser.add_argument("--variant", action="append", help="only this line; can be repeated")
    parser.add_argument("--encoder", action="store_true", help="let CoreCTM use the sentence encoder")
    return parser.parse_args()


if __name__ == "__main__":
    warnings.simplefilter("ignore", UserWarning)
    main()
