"""What a real language model does to topics: the words that it keeps, from recorded answers.

RECORDED holds a folder for each model that was asked about, such as ec_news-nmtm: request.txt, the request
with the words of its topics, and round1.json, round2.json, ..., answers given apart from each other.

"R" rounds are voted on, the mean over all choices of R rounds; "before" are the words of the request;
"offline" is what `OfflineProposer` keeps in five rounds, by word vectors and the lexicon. Coherence (CNPMI)
and uniqueness (TU) are those of the ten first words; "confidence" is the mean share of rounds that named a
kept word; "outside" are words named in a round that the vocabulary lacks.

    OMP_NUM_THREADS=1 python benchmarks/recorded_rounds.py --data-home FOLDER --recorded RECORDED
        [--only ec_news-nmtm] [--json FILE]
"""

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from _cells import write_json
from _evaluation import Evaluation

from skxtm.embeddings import AlignedWordEncoder
from skxtm.refinement import OfflineProposer, VocabularyIndex, parse_answer, vote

N_WORDS, N_MEASURED, ROUNDS = 15, 10, (1, 3, 5)
Topic = dict[str, list[int]]


class Recorded:
    """What was asked about one model, and answered.

    Parameters
    ----------
    folder : Path
        Of the request and the rounds, named by corpus and backbone.
    data_home : Path
        Folder of the data sets.
    """

    def __init__(self, folder: Path, data_home: Path) -> None:
        self.corpus, self.backbone = folder.name.rsplit("-", 1)
        self.evaluation = Evaluation(self.corpus, data_home)
        self.files = sorted(folder.glob("round*.json"))
        self.vocabularies = self.evaluation.train.corpus.vocabularies or {}
        self.indexes = {code: VocabularyIndex(words, code) for code, words in self.vocabularies.items()}
        self.asked = list(self._asked((folder / "request.txt").read_text(encoding="utf-8")))
        self.before = [self._numbers(topic)[0] for topic in self.asked]
        self.rounds, self.n_outside = [], 0
        for file in self.files:
            answer = parse_answer(
                file.read_text(encoding="utf-8"),
                range(len(self.asked)),
                tuple(self.vocabularies),
                n_words=N_WORDS,
                vocabularies=self.indexes,
            )
            found = {number: self._numbers(words) for number, words in answer.words.items()}
            self.rounds.append({number: topic for number, (topic, _) in found.items()})
            self.n_outside += sum(n_unknown for _, n_unknown in found.values())

    def _asked(self, request: str) -> Iterator[dict[str, list[str]]]:
        """Read the topics that the request shows."""
        for topic in re.split(r"^Topic \d+$", request, flags=re.MULTILINE)[1:]:
            lists = re.findall(r"^([A-Z]{2}) \([^)]*\): (\[.*\])$", topic, re.MULTILINE)
            yield {code.lower(): json.loads(words) for code, words in lists}

    def _numbers(self, topic: Mapping[str, Sequence[str]]) -> tuple[Topic, int]:
        matched = {code: self.indexes[code].match(words) for code, words in topic.items()}
        return {code: numbers for code, (numbers, _) in matched.items()}, sum(
            len(unknown) for _, unknown in matched.values()
        )

    def kept(self, rounds: Sequence[Mapping[int, Topic]]) -> tuple[list[Topic], float]:
        """Vote on some rounds; also the mean confidence."""
        voted = [
            vote([answer.get(number) for answer in rounds], n_words=N_WORDS, original=topic)
            for number, topic in enumerate(self.before)
        ]
        words = [
            topic if result is None else result.words
            for topic, result in zip(self.before, voted, strict=True)
        ]
        return words, float(np.mean([0 if result is None else result.confidence for result in voted]))

    def offline(self, n_rounds: int = 5) -> list[Mapping[int, Topic]]:
        """Propose without a language model."""
        corpus, lexicon = self.evaluation.train.corpus, self.evaluation.lexicon
        encoder = AlignedWordEncoder(random_state=0).fit(corpus, lexicons=[lexicon])
        first, second = self.vocabularies
        proposals = [
            OfflineProposer().propose(
                self.before,
                word_vectors={
                    code: encoder.encode_words(words, code) for code, words in self.vocabularies.items()
                },
                lexicons={(first, second): lexicon.matrix(*self.vocabularies.values(), first, second)},
                frequencies={code: corpus.counts_of(code).sum(0) for code in self.vocabularies},
                round=number,
            )
            for number in range(n_rounds)
        ]
        return [dict(enumerate(of_round)) for of_round in proposals]

    def quality(self, topics: Sequence[Topic]) -> dict[str, float]:
        """Coherence and uniqueness of the first words."""
        words = [
            {code: self.vocabularies[code][numbers[:N_MEASURED]].tolist() for code, numbers in topic.items()}
            for topic in topics
        ]
        return self.evaluation.of_words(words, N_MEASURED)


def main() -> None:
    options = parse_options()
    rows = []
    print("| model | words | CNPMI | TU | confidence | outside |\n|---|---|---|---|---|---|")
    for folder in sorted(request.parent for request in options.recorded.glob("*/request.txt")):
        if not options.only or folder.name in options.only:
            recorded = Recorded(folder, options.data_home)
            for row in words_kept(recorded):
                rows.append({"model": folder.name, **row})
                outside = row["outside"] if row["words"] == f"R = {len(recorded.files)}" else ""
                cells = [row["words"], *(f"{row[key]:.3f}" for key in ("CNPMI", "TU", "confidence")), outside]
                print(f"| {folder.name} | {' | '.join(map(str, cells))} |", flush=True)
    if options.json:
        write_json(options.json, rows)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, required=True, help="folder with the public benchmarks")
    parser.add_argument("--recorded", type=Path, required=True, help="folder with the answers")
    parser.add_argument("--only", action="append", help="only this folder; can be repeated")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def words_kept(recorded: Recorded) -> Iterator[dict[str, Any]]:
    """Measure the words before, those of the offline proposer, and those of some of the rounds."""
    proposed, confidence = recorded.kept(recorded.offline())
    yield {"words": "before", **recorded.quality(recorded.before), "confidence": np.nan, "outside": 0}
    yield {"words": "offline", **recorded.quality(proposed), "confidence": confidence, "outside": 0}
    for n_rounds in ROUNDS:
        measured = []
        for chosen in combinations(recorded.rounds, n_rounds):
            kept, confidence = recorded.kept(chosen)
            measured.append({**recorded.quality(kept), "confidence": confidence})
        means = {key: float(np.mean([row[key] for row in measured])) for key in measured[0]}
        yield {"words": f"R = {n_rounds}", **means, "outside": recorded.n_outside}


if __name__ == "__main__":
    main()
