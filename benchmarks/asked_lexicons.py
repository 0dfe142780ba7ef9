"""What a lexicon is worth that a language model was asked for, beside the released one and joined with it.

RECORDED holds answers as `skxtm.lexicons.ask` reads them, in files such as ec_news-en-zh.tsv: a word of the
first language on each line, the most frequent first, and its translations. Of each file the first 600, 1,200,
... words are taken. CoreCTM is fitted with every lexicon and N seeds: coherence (CNPMI), uniqueness (TU), and
the accuracy of a linear SVM tested in the other language than it was trained in. Each fit is kept in RESULTS
when it is done, so that a command that was stopped goes on where it was.

    OMP_NUM_THREADS=1 python benchmarks/asked_lexicons.py --data-home FOLDER --recorded RECORDED \
        --results RESULTS [--seeds 3] [--corpus ec_news] [--without-encoder]
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _cells import write_json
from _evaluation import SETUPS, Evaluation
from _tables import spread

from skxtm import CrossLingualTopicModel, Lexicon
from skxtm.embeddings import AlignedWordEncoder
from skxtm.lexicons import ask
from skxtm.llm import ScriptedChat
from skxtm.normalization import without_long_vowel_marks

QUALITY = ("CNPMI", "TU", "1-C", "2-C")
SIZES = (600, 1200, 2400, 4800)
N_COMPONENTS = 50


def main() -> None:
    options = parse_options()
    for corpus in options.corpus or SETUPS:
        first, second = SETUPS[corpus].languages
        answers = options.recorded / f"{corpus}-{first}-{second}.tsv"
        if not answers.is_file():
            continue
        evaluation = Evaluation(corpus, options.data_home)
        print(f"\n{corpus}\n\n| lexicon | pairs | {' | '.join(QUALITY)} |\n|---|---|---|---|---|---|")
        for name, lexicon in lexicons(evaluation, answers.read_text(encoding="utf-8")):
            cells = [
                cell(options, evaluation, f"{corpus}-{name}-{seed}", lexicon, seed)
                for seed in range(options.seeds)
            ]
            figures = [spread([row[column] for row in cells]) for column in QUALITY]
            print(f"| {name} | {len(lexicon):,} | {' | '.join(figures)} |", flush=True)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, required=True, help="folder with the public benchmarks")
    parser.add_argument("--recorded", type=Path, required=True, help="folder with the answers")
    parser.add_argument("--results", type=Path, required=True, help="folder that keeps each fit")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="number of seeds")
    parser.add_argument(
        "--corpus", action="append", choices=list(SETUPS), help="only this one; can be repeated"
    )
    parser.add_argument(
        "--without-encoder", action="store_true", help="words by the documents alone, whatever is installed"
    )
    return parser.parse_args()


def lexicons(evaluation: Evaluation, answers: str) -> Iterator[tuple[str, Lexicon]]:
    """Name the released lexicon, what was asked of several numbers of words, and both together."""
    released = respelt(evaluation.lexicon)
    yield "released", released
    words = [line.partition("\t")[0] for line in answers.splitlines()]
    for size in dict.fromkeys(min(size, len(words)) for size in SIZES):
        yield f"asked-{size}", respelt(asked(answers, words[:size], evaluation))
    yield f"released-and-asked-{len(words)}", respelt(asked(answers, words, evaluation, released))


def asked(answers: str, words: list[str], evaluation: Evaluation, released: Lexicon | None = None) -> Lexicon:
    """Read the answers through the door by which a language model's come in."""
    chat = ScriptedChat(lambda request: answers)
    languages, many = evaluation.setup.languages, {"n_words": None, "n_per_request": len(words)}
    return ask(chat, words, *languages, **many, lexicon=released).lexicon


def respelt(lexicon: Lexicon) -> Lexicon:
    """Write Japanese as the released vocabulary does."""
    return lexicon.respell("ja", without_long_vowel_marks) if "ja" in lexicon.languages else lexicon


def cell(
    options: argparse.Namespace, evaluation: Evaluation, name: str, lexicon: Lexicon, seed: int
) -> dict[str, Any]:
    """Fit and measure one model, unless that was done before."""
    kept = options.results / f"{name}{'-without-encoder' if options.without_encoder else ''}.json"
    if kept.is_file():
        return json.loads(kept.read_text(encoding="utf-8"))
    words = AlignedWordEncoder(random_state=seed) if options.without_encoder else None
    model = CrossLingualTopicModel(
        N_COMPONENTS, backbone="corectm", lexicon=lexicon, word_embeddings=words, random_state=seed
    )
    model.fit(evaluation.train.corpus)
    figures = evaluation.of_words(model.get_topics(n_words=15), 15)
    figures |= evaluation.accuracies(evaluation.features(model), "linear")
    write_json(kept, {column: float(figures[column]) for column in QUALITY})
    return figures


if __name__ == "__main__":
    main()
