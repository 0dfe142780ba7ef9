"""Compare the backbones with other packages' topic models, all on one encoder and by one set of measures.

    python benchmarks/leaderboard.py run --results RESULTS --environments FOLDER [--data-home FOLDER]
        [--corpora sample sib200] [--systems corectm BERTopic] [--networks] [--seeds 0 1] [--minutes 20]
    python benchmarks/leaderboard.py measure --results RESULTS [--data-home FOLDER] [--corpora sib200 aligned]
    python benchmarks/leaderboard.py keep --results RESULTS [--into benchmarks/results/board]
    python benchmarks/leaderboard.py tables [--cells benchmarks/results/board] [--into docs/leaderboard.md]

Every system is a script of `benchmarks/peers`, run in a process of its own with one thread. It gets the same
folder: texts, counts over the vocabularies of all languages, and the vectors that `UniversalSentenceEncoder`
computed once, of documents and of words; labels stay here. It writes topics and topic proportions, which are
measured here. Each peer has an environment of its own, made in --environments at its first run and kept; one
that cannot be installed, or fails, is in the tables with the reason. `run` goes on where it was stopped;
what failed is tried again, and `keep` leaves the figures of an earlier run in its place. --networks adds the
other backbones, most of which train a network for hours. `measure` measures once more what systems wrote,
after a change of measures.

Measured are the accuracy of a linear SVM on topic proportions within a language (I) and across languages (C),
mean reciprocal rank of translations (MRR) where there are any, coherence across (CNPMI) and within languages
(NPMI) and uniqueness (TU) of the 15 top words and their quality (TQ), purity and NMI of the topics of test
documents, the share of one-sided topics, CPU seconds of the process and its peak memory. A difference to
the default model is marked where its 95 % bootstrap interval, over test documents or over topics, excludes 0.
"""

import argparse
import sys
from pathlib import Path

from _board_corpora import BOARD, hand_over
from _board_running import PEERS, QUICK, Board, finished, is_good, measure_again, run_missing, systems
from _board_tables import make_board
from _cells import ResultError, write_whole
from _tables import put_into

from skxtm.backbones import backbone_names
from skxtm.datasets import get_data_home
from skxtm.embeddings import UniversalSentenceEncoder

KEPT = PEERS.parent / "results" / "board"


def main() -> int:
    options = parse_options()
    try:
        return int(options.command(options) or 0)
    except ResultError as error:
        print(error, file=sys.stderr)
        return 2


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    ran = commands.add_parser("run", help="compute what is missing")
    ran.add_argument("--results", type=Path, required=True)
    ran.add_argument("--environments", type=Path, required=True, help="folder of the peers' environments")
    ran.add_argument("--data-home", type=Path)
    ran.add_argument("--corpora", nargs="+", choices=list(BOARD), default=list(BOARD))
    ran.add_argument("--systems", nargs="+", choices=list(systems()), help="default: all without --networks")
    ran.add_argument("--networks", action="store_true")
    ran.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    ran.add_argument("--minutes", type=float, default=20, help="that a run may take")
    ran.set_defaults(command=run)
    again = commands.add_parser("measure", help="measure once more what systems wrote")
    again.add_argument("--results", type=Path, required=True)
    again.add_argument("--data-home", type=Path)
    again.add_argument("--corpora", nargs="+", choices=list(BOARD), default=list(BOARD))
    again.set_defaults(command=measure)
    kept = commands.add_parser("keep", help="write the cells that tables are made of")
    kept.add_argument("--results", type=Path, required=True)
    kept.add_argument("--into", type=Path, default=KEPT)
    kept.set_defaults(command=keep)
    told = commands.add_parser("tables", help="print tables")
    told.add_argument("--cells", type=Path, default=KEPT)
    told.add_argument("--into", type=Path)
    told.set_defaults(command=tables)
    return parser.parse_args()


def run(options: argparse.Namespace) -> None:
    every = systems()
    slow = set() if options.networks else set(backbone_names()) - set(QUICK)
    left = [name for name in every if name not in slow]
    chosen = {name: every[name] for name in options.systems or left}
    board = Board(options.results, options.environments)
    for name in options.corpora:
        corpus = BOARD[name](options.data_home or get_data_home())
        hand_over(corpus, UniversalSentenceEncoder(), board.handed(name))
        run_missing(
            corpus, chosen, options.seeds, board, options.minutes, lambda line: print(line, flush=True)
        )


def measure(options: argparse.Namespace) -> None:
    """Measure anew every run that is still there; time and memory stay those of the run."""
    board = Board(options.results, options.results)
    for name in options.corpora:
        measure_again(
            BOARD[name](options.data_home or get_data_home()), board, lambda line: print(line, flush=True)
        )


def keep(options: argparse.Namespace) -> None:
    """Copy cells; what failed now does not take the place of figures that were kept before."""
    finished(options.results / "cells")  # all can be read
    for path in sorted(options.results.glob("cells/*.json")):
        kept = options.into / path.name
        if is_good(kept) and not is_good(path):
            print(f"{kept} stays, since {path} holds no figures: it failed.", file=sys.stderr)
            continue
        write_whole(kept, path.read_text(encoding="utf-8"))


def tables(options: argparse.Namespace) -> int:
    found = make_board(finished(options.cells))
    if options.into is None:
        print("\n\n".join(f"<!-- {name} -->\n{text}\n<!-- /{name} -->" for name, text in found.items()))
        return 0
    without = put_into(options.into, found)
    for name in without:
        print(f"{options.into} has no markers <!-- {name} --> and <!-- /{name} -->.", file=sys.stderr)
    return int(bool(without))


if __name__ == "__main__":
    sys.exit(main())
