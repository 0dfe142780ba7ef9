"""Measure every system the way the papers do: corpora, backbones, refinement and its ablations, seeds.

    python benchmarks/reproduce.py run CONFIG.toml --data-home FOLDER --results RESULTS
        [--jobs 2] [--only TEXT]
    python benchmarks/reproduce.py tables --results RESULTS
        [--into docs/results/backbones.md] [--pictures docs/pictures]
    python benchmarks/reproduce.py keep --results RESULTS [--into benchmarks/results] [--only TEXT]
    python benchmarks/reproduce.py rate --results RESULTS --model NAME
        [--base-url URL] [--api-key-env NAME] [--batch FOLDER] [--runs 4] [--scale published] [--only TEXT]
    python benchmarks/reproduce.py judge --results RESULTS --model NAME
        [--base-url URL] [--api-key-env NAME] [--batch FOLDER] [--data-home FOLDER] [--questions 2]
        [--rounds 1] [--only TEXT]

`run` trains and measures what the configuration asks for; benchmarks/configs has three: small.toml (minutes),
results.toml (the settings of docs/results) and published.toml (published epochs, five seeds, every
variant: with a GPU). Each result, a cell, is one JSON file in RESULTS/cells: uniqueness (TU), coherence
(CNPMI) and quality (TQ) of the 15 top words of each topic and language, and the test accuracies of SVMs on
mu, `posterior_mean`, or on the logarithm of theta where the backbone has no network: -I is tested in the
language it was trained in, -C in the other one. Beside them stand the topics, all settings, versions, the
seconds of the fit and the peak memory of its process. A cell that is there is not computed again, so that a
run that was stopped goes on, and a training that takes long goes on from where it stood at most five minutes
before; models lie in RESULTS/models, and all variants of refinement start from the same one. Cells that fail
are named at the end, with exit code 1, and the others are computed all the same.

A configuration is a list of tables [[runs]], each the product of its lists:

    corpora, backbones        required
    seeds                     [0]
    classifiers               ["rbf", "linear"]
    match                     "normal" or "literal": how the lexicon matches words
    vocabulary                most frequent words kept of each language; all
    components                50
    recipe                    settings of a source, such as "llm-xtm": see `NMTM.published`; the defaults
    epochs, batch_size,
    learning_rate             those of the recipe, or the defaults
    shrink_schedule           with epochs: the rate decays after the same shares of training by default
    exact_statistics          batch_norm_momentum=None: evaluate by the statistics of the final weights
    encoder_seed              seed of one `AlignedWordEncoder` for all models; without, each learns its own
    variants                  of refinement by `OfflineProposer`, besides the plain model that is always
                              measured: "full", its ablations "without documents", "without words",
                              "one round", "transport", "union", "temperature 0.1" and
                              "temperature 0.05"; "neither" is the same further training without refinement
    refinement_epochs         30, of the second phase
    refine_every, n_rounds    [8], [5]: lists, f and R

No language model has a part in this refinement: proposals are made of word vectors and lexicons, which is the
baseline for results with one. Of backbones without a network the words alone are refined.

`tables` prints Markdown: "quality", "accuracies" and "refinement"; with --into each is put between the
markers <!-- NAME --> and <!-- /NAME --> of a file. --pictures draws coherence against accuracy of all
backbones, sensitivity to R and f, and heat maps of ratings. Cells of one row whose backbones have unlike
parameters, since a default has changed between them, are named on stderr. `keep` writes cells without their
topics where the documentation is made of them, by `tables --results benchmarks/results --into
docs/results/backbones.md --pictures docs/pictures`. `rate` has a language model rate the topics from 1 to 3,
within and across languages; with --batch it writes what is to be asked to a folder, and reads the answers
that were put there, see `skxtm.llm.BatchFiles`. `judge` asks questions in the same ways, and prints what
came of them: which word intrudes, which topics are of one theme and, with --data-home, which topic test
documents have and how well they fit it, the latter of plain models in RESULTS/models. --questions is their
number for each topic and each language or pair of languages; two make some 600 requests about a model with
50 topics in two languages, 1,200 more with documents.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from _cells import ResultError, Results, check_any, write_json
from _configuration import ConfigurationError, read_cells
from _judging import judge, judgement_table
from _rating import rate
from _running import Failures, in_own_process, run_cells, threads_per_job
from _tables import make_tables, put_into, rows_of, told_apart

from skxtm.llm import BatchFiles, ChatModel, OpenAIChat


def main(arguments: list[str] | None = None) -> int:
    options = parse_options(arguments)
    try:
        return int(options.command(options))
    except ResultError as error:
        print(error, file=sys.stderr)
        return 2


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    add_run(commands.add_parser("run", help="train and measure"))
    add_tables(commands.add_parser("tables", help="print what was measured"))
    add_keep(commands.add_parser("keep", help="write cells for the documentation"))
    add_rate(commands.add_parser("rate", help="let a language model rate the topics"))
    add_judge(commands.add_parser("judge", help="let a language model find intruders and redundant topics"))
    return parser.parse_args(joined(sys.argv[1:] if arguments is None else arguments))


def joined(arguments: list[str]) -> list[str]:
    """Join --only and what follows it, so that a text that begins with a dash is not taken for an option."""
    result: list[str] = []
    for argument in arguments:
        if result and result[-1] == "--only":
            result[-1] = f"--only={argument}"
        else:
            result.append(argument)
    return result


def positive(text: str) -> int:
    """Read a number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


def add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path)
    parser.add_argument("--data-home", type=Path, required=True, help="of data sets, lexicons and references")
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--jobs", type=positive, default=1, help="cells at once; they share the cores")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cells whose name contains it")
    parser.set_defaults(command=run)


def add_tables(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--into", type=Path, metavar="FILE", help="Markdown file with markers")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="where to save pictures")
    parser.set_defaults(command=tables)


def add_keep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--into", type=Path, default=Path(__file__).parent / "results", metavar="FOLDER")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cells whose name contains it")
    parser.set_defaults(command=keep)


def add_rate(parser: argparse.ArgumentParser) -> None:
    add_rater(parser)
    parser.add_argument("--runs", type=positive, default=4, help="times that everything is rated")
    parser.add_argument("--scale", choices=("themes", "published"), default="themes")
    parser.set_defaults(command=rate_cells)


def add_judge(parser: argparse.ArgumentParser) -> None:
    add_rater(parser)
    parser.add_argument("--data-home", type=Path, help="of data sets, to show documents; default: words only")
    parser.add_argument("--questions", type=positive, default=2, help="for each topic and language or pair")
    parser.add_argument("--rounds", type=positive, default=1, help="times that everything is asked")
    parser.set_defaults(command=judge_cells)


def add_rater(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--model", required=True, help="name of the language model")
    parser.add_argument("--base-url", help="address of its server; default: OpenAI")
    parser.add_argument("--api-key-env", help="environment variable that holds the key; default: no key")
    parser.add_argument("--batch", type=Path, metavar="FOLDER", help="of files of requests and answers")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cells whose name contains it")


def run(options: argparse.Namespace) -> int:
    try:
        cells = read_cells(options.config)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    results = Results(options.results)
    chosen = [cell for cell in cells if options.only in cell.name]
    check_any(chosen, options.only, cells[0].name)
    compute = in_own_process(options.data_home, results, threads_per_job(options.jobs))
    try:
        failures = run_cells(chosen, results, compute, options.jobs)
    except KeyboardInterrupt:
        print("Stopped. The same command goes on from here.", file=sys.stderr)
        return 130
    print_failures(failures)
    return int(bool(failures))


def print_failures(failures: Failures) -> None:
    """Print every error once, below the cells that it stopped."""
    for error in dict.fromkeys(failures.values()):
        names = [name for name, its_error in failures.items() if its_error == error]
        print("", *(f"FAILED {name}" for name in names), error, sep="\n", file=sys.stderr)


def tables(options: argparse.Namespace) -> int:
    results = Results(options.results)
    cells = results.chosen()
    for line in told_apart(rows_of(cells)):
        print(line, file=sys.stderr)
    found = make_tables(cells)
    if options.into is None:
        print("\n\n".join(f"<!-- {name} -->\n{text}\n<!-- /{name} -->" for name, text in found.items()))
    else:
        for name in put_into(options.into, found):
            print(f"{options.into} has no markers <!-- {name} --> and <!-- /{name} -->.", file=sys.stderr)
    if options.pictures is not None:
        draw(cells, results, options.pictures)
    return 0


def draw(cells: list[dict[str, Any]], results: Results, folder: Path) -> None:
    """Draw the pictures; only this needs matplotlib."""
    from _pictures import draw_all

    for path in draw_all(cells, results, folder):
        print(path, file=sys.stderr)


def keep(options: argparse.Namespace) -> int:
    """Write cells without the words of their topics, which make nine tenths of a file."""
    for cell in Results(options.results).chosen(options.only):
        kept = {name: value for name, value in cell.items() if name not in ("name", "topics")}
        write_json(options.into / "cells" / f"{cell['name']}.json", kept)
    return 0


def rate_cells(options: argparse.Namespace) -> int:
    results, cells = chosen_cells(options)
    failed = rate(cells, results, rater_of(options), options.model, options.runs, options.scale)
    return tell_missing(failed, "ratings")


def judge_cells(options: argparse.Namespace) -> int:
    results, cells = chosen_cells(options)
    chat, rater = rater_of(options), options.model
    missing = judge(cells, results, chat, rater, options.questions, options.rounds, options.data_home)
    print(judgement_table(results, rater, [cell["name"] for cell in cells]))
    return tell_missing(missing, "answers about the topics")


def chosen_cells(options: argparse.Namespace) -> tuple[Results, list[dict[str, Any]]]:
    """Read the cells that are asked about."""
    results = Results(options.results)
    return results, results.chosen(options.only)


def rater_of(options: argparse.Namespace) -> ChatModel:
    """Make the language model that answers: behind a server, or through files."""
    if options.batch is None:
        return OpenAIChat(options.model, base_url=options.base_url, api_key_env=options.api_key_env)
    return BatchFiles(options.batch, options.model)


def tell_missing(missing: dict[str, int], what: str) -> int:
    """Say which cells lack answers; return the exit code."""
    for name, n_missing in missing.items():
        print(
            f"{n_missing} {what} of {name} are missing; the next call asks for them again.", file=sys.stderr
        )
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
