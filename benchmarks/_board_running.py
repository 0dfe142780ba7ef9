"""Systems of the leaderboard: an environment for each peer, a process for each run, the same measures."""

import json
import os
import signal
import subprocess
import sys
import time
import venv
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from _board_corpora import SPLITS, BoardCorpus
from _board_intervals import packed
from _cells import ResultError, has_result, read_result, write_json
from _evaluation import one_sided
from _translations import Documents, found, logarithm, root
from sklearn.model_selection import cross_val_score
from sklearn.svm import LinearSVC

from skxtm.backbones import backbone_names
from skxtm.metrics import (
    cluster_scores,
    cnpmi_score,
    npmi_score,
    topic_quality,
    topic_uniqueness,
)

PEERS = Path(__file__).parent / "peers"
DEFAULT = "corectm"
QUICK = (DEFAULT, "usvd", "svd_lr", "mtanchor")  # backbones that are compared unless more are asked for
N_WORDS = 15
USED = ("cpu_s", "GiB")  # CPU seconds and peak memory of a process
N_CHOOSING = 2000  # training documents by which features are chosen
TORCH = "torch==2.13.0"


class BoardError(RuntimeError):
    """A system has no results, with the reason."""


@dataclass(frozen=True)
class System:
    """A script of `peers`, its options, and the packages of its environment; none are those of this process.

    `left_out` are packages that its requirements bring, and that it cannot be imported with. `two_languages`
    with a lexicon are all that some systems can read.
    """

    script: str
    options: dict[str, Any] = field(default_factory=dict)
    environment: str | None = None
    requirements: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    two_languages: bool = False


def peers() -> dict[str, System]:
    """Name the systems that are not ours."""
    bertopic = ("bertopic", (TORCH, "bertopic>=0.17,<0.18"))
    turftopic = ("turftopic", (TORCH, "turftopic>=0.28,<0.29"))
    authors = (TORCH, "topmost>=1.0,<1.1", "fastopic>=1.0,<1.1")  # each requires the other
    topmost = ("topmost", authors, ("torchvision",))
    return {
        "BERTopic": System("fit_bertopic.py", {}, *bertopic),
        "Turftopic S3": System("fit_turftopic.py", {"method": "s3"}, *turftopic),
        "Turftopic KeyNMF": System("fit_turftopic.py", {"method": "keynmf"}, *turftopic),
        "Turftopic clustering": System("fit_turftopic.py", {"method": "clustering"}, *turftopic),
        "FASTopic": System("fit_fastopic.py", {}, *topmost),
        "ZeroShotTM": System(
            "fit_zeroshottm.py", {}, "ctm", (TORCH, "contextualized-topic-models>=2.6,<2.7")
        ),
        "TopMost NMTM": System("fit_topmost.py", {"method": "nmtm"}, *topmost, two_languages=True),
        "TopMost InfoCTM": System("fit_topmost.py", {"method": "infoctm"}, *topmost, two_languages=True),
        "LDA per language": System("fit_floor.py", {"method": "lda"}),
        "NMF per language": System("fit_floor.py", {"method": "nmf"}),
    }


def systems() -> dict[str, System]:
    """Name every system: backbones by their own names, and peers."""
    own = {name: System("fit_skxtm.py", {"backbone": name}) for name in backbone_names()}
    return own | peers()


@dataclass(frozen=True)
class Board:
    """Where things lie: results, environments and vectors."""

    results: Path
    environments: Path

    def cell(self, corpus: str, system: str, seed: int) -> Path:
        """File of a result."""
        return self.results / "cells" / f"{corpus}-{system.replace(' ', '_')}-s{seed}.json"

    def handed(self, corpus: str) -> Path:
        """Folder that systems read."""
        return self.results / "handed" / corpus

    def out(self, corpus: str, system: str, seed: int) -> Path:
        """Folder that a system writes."""
        return self.results / "runs" / self.cell(corpus, system, seed).stem


def finished(folder: Path) -> list[dict[str, Any]]:
    """All results in a folder, and what is said of systems without one.

    Raises
    ------
    ResultError
        If there is nothing, or something that cannot be read.
    """
    found = [read_result(path) for path in sorted(folder.glob("*.json"))]
    if not found:
        raise ResultError(f"No cells in {folder}. Give the folder that run or keep wrote them to.")
    return found


def is_good(path: Path) -> bool:
    """Tell whether a file holds the figures of a system, and not why it has none."""
    return has_result(path) and "failed" not in read_result(path)


def python_of(system: System, folder: Path) -> Path:
    """Make a system's environment where there is none yet; return its interpreter.

    Raises
    ------
    BoardError
        If a package cannot be installed, with the first line of the reason.
    """
    if system.environment is None:
        return Path(sys.executable)
    environment = folder / f"env-{system.environment}"
    python, complete = environment / "bin" / "python", environment / "complete"
    if complete.exists():
        return python
    venv.create(environment, with_pip=True)
    # together, so that nothing that a package requires replaces the torch that is asked for
    command = [python, "-m", "pip", "install", "--quiet", "--no-compile", *system.requirements]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        wanted = " and ".join(system.requirements)
        raise BoardError(f"{wanted} cannot be installed: {first_error(done.stderr)}")
    if system.left_out:
        subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", *system.left_out], check=True)
    complete.write_text("\n".join(system.requirements) + "\n", encoding="utf-8")
    return python


def first_error(text: str) -> str:
    """First line that tells of an error, or else the last one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "no reason")


def run_missing(
    corpus: BoardCorpus,
    chosen: dict[str, System],
    seeds: Iterable[int],
    board: Board,
    minutes: float,
    tell: Callable[[str], None],
) -> None:
    """Compute the results that are not there; what fails is written down and tried again the next time."""
    for name, system in chosen.items():
        for seed in seeds:
            path = board.cell(corpus.name, name, seed)
            if is_good(path):
                continue
            facts = {"corpus": corpus.name, "system": name, "seed": seed}
            try:
                cell = facts | run_one(corpus, name, system, seed, board, minutes)
            except BoardError as error:
                cell = facts | {"failed": str(error)}
            write_json(path, cell)
            tell(f"{path.stem}: {cell.get('failed') or told(cell)}")


def told(cell: dict[str, Any]) -> str:
    """Say in a line what came out."""
    return ", ".join(f"{name} {value:.3f}" for name, value in cell["figures"].items())


def run_one(
    corpus: BoardCorpus, name: str, system: System, seed: int, board: Board, minutes: float
) -> dict[str, Any]:
    """Run a system in a process of its own, and measure what it wrote."""
    if system.two_languages and (corpus.lexicon is None or len(corpus.languages) != 2):
        raise BoardError("It reads two languages with a lexicon, and nothing else.")
    python = python_of(system, board.environments)
    out = board.out(corpus.name, name, seed)
    settings = {
        "data": str(board.handed(corpus.name).resolve()),
        "seed": seed,
        "n_components": corpus.n_components,
        "options": system.options,
    }
    write_json(out / "settings.json", settings)
    used = process([str(python), str(PEERS / system.script), str(out)], out / "log.txt", minutes)
    try:
        return of_run(corpus, out, used)
    except (OSError, ValueError) as error:
        raise BoardError(f"What it wrote cannot be measured: {str(error).splitlines()[0]}") from error


def of_run(corpus: BoardCorpus, out: Path, used: dict[str, float]) -> dict[str, Any]:
    """Read what a system wrote, and measure it."""
    topics, versions = (
        json.loads((out / f"{file}.json").read_text(encoding="utf-8")) for file in ("topics", "versions")
    )
    theta = {split: np.load(out / f"theta_{split}.npy") for split in corpus.corpora}
    found = measured(corpus, topics, theta, used)
    return {"n_components": corpus.n_components, "versions": versions, **found}


def measure_again(corpus: BoardCorpus, board: Board, tell: Callable[[str], None]) -> None:
    """Measure what systems wrote of a corpus once more; time and memory are those of their run."""
    for path in sorted(board.results.glob(f"cells/{corpus.name}-*.json")):
        out = board.results / "runs" / path.stem
        if not is_good(path) or not (out / "topics.json").exists():
            continue
        before = read_result(path)
        facts = {key: before[key] for key in ("corpus", "system", "seed")}
        used = {key: before["figures"][key] for key in USED}
        write_json(path, cell := facts | of_run(corpus, out, used))
        tell(f"{path.stem}: {told(cell)}")


def process(command: list[str], log: Path, minutes: float) -> dict[str, float]:
    """Run a command with one thread; return CPU seconds and peak memory, its own and nobody else's.

    Raises
    ------
    BoardError
        If it fails or takes too long.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    end = time.monotonic() + 60 * minutes
    with log.open("wb") as file:
        child = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
        number, status = 0, 0
        while not number:
            if time.monotonic() > end:
                os.kill(child.pid, signal.SIGKILL)  # child.kill would reap it, and its usage with it
            time.sleep(0.05)
            number, status, usage = os.wait4(child.pid, os.WNOHANG)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        if time.monotonic() > end:
            raise BoardError(f"It took more than {minutes:g} minutes.")
        if child.returncode < 0:
            name = signal.Signals(-child.returncode).name
            raise BoardError(f"It was ended by {name}; the system does so where memory is short.")
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise BoardError(lines[-1] if lines else f"It ended with exit code {child.returncode}.")
    used = (round(usage.ru_utime + usage.ru_stime, 1), round(usage.ru_maxrss / 2**20, 2))
    return dict(zip(USED, used, strict=True))


def measured(
    corpus: BoardCorpus, topics: list[dict[str, list[str]]], theta: dict[str, Any], used: dict[str, float]
) -> dict[str, Any]:
    """Measure topics and proportions: figures, and the values of single documents and topics."""
    test = corpus.corpora["test"]
    correct, features = transferred(corpus, theta) if corpus.labels else ({}, None)
    strata = {name: by_stratum(test, values) for name, values in correct.items()}
    found_by = None
    if test.pair_id is not None:
        of_sets, found_by = reciprocal_ranks(theta, corpus.corpora)
        strata["MRR"] = [of_sets]
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # of words that the reference lacks, of every system alike
        languages = {"n_words": N_WORDS, "languages": corpus.measured}
        of_topics = cnpmi_score(topics, corpus.reference, per_topic=True, **languages)
        npmi = npmi_score(topics, corpus.reference, **languages)
        tu = topic_uniqueness(topics, n_words=N_WORDS)
    cnpmi = float(of_topics.mean())
    of_strata = {name: float(np.mean([s.mean() for s in parts])) for name, parts in strata.items()}
    figures = of_strata | {
        "CNPMI": cnpmi,
        "NPMI": npmi,
        "TU": tu,
        "TQ": topic_quality(cnpmi, tu),
        "one-sided": one_sided(theta["train"], corpus.corpora["train"]),
        **used,
    }
    if corpus.labels:
        clusters = cluster_scores(theta["test"], corpus.labels["test"])
        figures |= {"purity": clusters.purity, "NMI": clusters.nmi}
    return {
        "features": features,
        "found_by": found_by,
        "figures": {name: round(float(value), 5) for name, value in figures.items()},
        "topics": [round(float(value), 5) for value in of_topics],
        "documents": {name: [packed(s) for s in parts] for name, parts in strata.items()},
    }


def reciprocal_ranks(theta: dict[str, Any], corpora: dict[str, Any]) -> tuple[Any, str]:
    """Reciprocal ranks of translations, their mean over directions for each set of test documents.

    Every test document must have a translation in every other language.
    """
    test = corpora["test"]
    scores, features = found(
        *(Documents(theta[split], corpora[split].language, corpora[split].pair_id) for split in SPLITS)
    )
    order = {code: np.argsort(test.pair_id[test.rows_of(code)]) for code in test.languages}
    ranks = [1 / of[order[asked]] for (asked, _), of in scores.ranks.items()]
    return np.mean(ranks, axis=0), features


FEATURES: dict[str, Callable[[Any], Any]] = {"log": logarithm, "root": root}


def transferred(corpus: BoardCorpus, theta: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Share of classifiers that are right about each test document: that of its language, and the others.

    The logarithm of the proportions suits some systems and their root others: of every run that is taken by
    which training documents are better classified within their language.
    """
    train, test = (corpus.corpora[split].language for split in ("train", "test"))
    labels = corpus.labels
    chosen = max(FEATURES, key=lambda name: within(FEATURES[name](theta["train"]), labels["train"], train))
    features = {split: FEATURES[chosen](rows) for split, rows in theta.items()}
    right = {}
    for code in corpus.languages:
        own = train == code
        classifier = LinearSVC(random_state=0).fit(features["train"][own], labels["train"][own])
        right[code] = classifier.predict(features["test"]) == labels["test"]
    same = np.array([right[code] for code in corpus.languages])
    is_own = np.array([test == code for code in corpus.languages])
    across = (same & ~is_own).sum(0) / (len(corpus.languages) - 1)
    return {"I": (same & is_own).any(0).astype(float), "C": across}, chosen


def within(features: Any, labels: Any, language: Any) -> float:
    """Accuracy of cross-validation on some training documents of each language."""
    scores = []
    for code in np.unique(language):
        rows = np.flatnonzero(language == code)
        rows = np.random.default_rng(0).permutation(rows)[:N_CHOOSING]
        scores.append(cross_val_score(LinearSVC(random_state=0), features[rows], labels[rows], cv=3).mean())
    return float(np.mean(scores))


def by_stratum(test: Any, values: Any) -> list[Any]:
    """Values of what may be drawn again: documents by language or, where aligned, means of translations."""
    if test.pair_id is None:
        return [values[test.rows_of(code)] for code in test.languages]
    numbers = np.unique(test.pair_id.astype(str), return_inverse=True)[1]
    return [np.bincount(numbers, values) / np.bincount(numbers)]
