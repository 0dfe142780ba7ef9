"""Tables of the leaderboard: the best stand first; a difference is marked only where its interval says so."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from typing import Any

import numpy as np
from _board_corpora import BOARD
from _board_intervals import of_documents, of_topics, unpacked
from _board_running import DEFAULT, QUICK, peers
from _tables import markdown, spread

# whether more is better
MEASURES = {
    "C": True,
    "I": True,
    "MRR": True,
    "CNPMI": True,
    "NPMI": True,
    "TU": True,
    "TQ": True,
    "purity": True,
    "NMI": True,
    "one-sided": False,
    "cpu_s": False,
    "GiB": False,
}
TESTED = ("C", "I", "MRR", "CNPMI")
WHOLE = {"cpu_s": "{:.0f}", "GiB": "{:.1f}"}
AHEAD, BEHIND = "▲", "▼"
NOTE = (
    "Best across languages (C, or MRR without labels) first. Mean ± standard deviation over seeds. "
    f"{AHEAD} above and {BEHIND} below {DEFAULT}: the 95 % interval of the difference excludes 0, over test "
    "documents (C, I, MRR) or topics (CNPMI). Other columns have no intervals. Peers are in italics."
)


@dataclass(frozen=True, eq=False)
class Standing:
    """A system on a corpus, with all its seeds."""

    corpus: str
    system: str
    cells: tuple[dict[str, Any], ...]

    @property
    def label(self) -> str:
        """Name, in italics if it is a peer's."""
        return f"*{self.system}*" if self.system in peers() else self.system

    def values(self, measure: str) -> list[float]:
        """List a figure by seed."""
        return [cell["figures"][measure] for cell in self.cells if measure in cell["figures"]]

    @cached_property
    def documents(self) -> dict[str, list[Any]]:
        """Means over seeds of the values of documents, by measure and stratum."""
        return {
            measure: [
                np.mean([unpacked(text) for text in of_stratum], axis=0)
                for of_stratum in zip(*(cell["documents"][measure] for cell in self.cells), strict=True)
            ]
            for measure in self.cells[0]["documents"]
        }

    @property
    def topics(self) -> Any:
        """CNPMI of the topics of all seeds."""
        return np.concatenate([cell["topics"] for cell in self.cells])


def standings(cells: Iterable[dict[str, Any]]) -> list[Standing]:
    """Bring together what differs by the seed alone; what failed in every seed is left out."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for cell in sorted(cells, key=lambda cell: cell["seed"]):
        if "failed" not in cell:
            found.setdefault((cell["corpus"], cell["system"]), []).append(cell)
    return [Standing(*key, tuple(of_key)) for key, of_key in sorted(found.items())]


def interval(system: Standing, default: Standing, measure: str) -> tuple[float, float, float]:
    """Difference to the default model and its interval."""
    if measure == "CNPMI":
        return of_topics(system.topics, default.topics, system.cells[0]["n_components"])
    return of_documents(system.documents[measure], default.documents[measure])


@cache
def mark(system: Standing, default: Standing | None, measure: str) -> str:
    """Mark a difference of which the interval excludes 0."""
    if default is None or default.system == system.system:
        return ""
    _, low, high = interval(system, default, measure)
    return AHEAD if low > 0 else BEHIND if high < 0 else ""


def make_board(cells: list[dict[str, Any]]) -> dict[str, str]:
    """Write everything for which there are results, by the names of their markers."""
    rows = standings(cells)
    corpora = [name for name in BOARD if any(row.corpus == name for row in rows)]
    by_corpus = {name: [row for row in rows if row.corpus == name] for name in corpora}
    tables = {name: of_corpus(by_corpus[name]) if name in by_corpus else "Not run yet." for name in BOARD}
    return {
        "claim": claim(by_corpus),
        **tables,
        "leaders": leaders(by_corpus),
        "absent": absent(cells),
        "versions": versions(rows),
    }


def default_of(rows: list[Standing]) -> Standing | None:
    """Find the default model among the systems of a corpus."""
    return next((row for row in rows if row.system == DEFAULT), None)


def of_corpus(rows: list[Standing]) -> str:
    """Write the table of a corpus."""
    default = default_of(rows)
    shown = [name for name in MEASURES if any(row.values(name) for row in rows)]
    across = "C" if "C" in shown else "MRR"
    ordered = sorted(rows, key=lambda row: -np.mean(row.values(across)))
    lines = [
        {"system": row.label, "seeds": str(len(row.cells))}
        | {name: cell_text(row, default, name) for name in shown}
        for row in ordered
    ]
    return f"{markdown(lines)}\n\n{NOTE}"


def cell_text(row: Standing, default: Standing | None, measure: str) -> str:
    """Write a figure and its mark."""
    if measure in WHOLE:
        return WHOLE[measure].format(np.mean(row.values(measure)))
    marked = mark(row, default, measure) if measure in TESTED else ""
    return f"{spread(row.values(measure))} {marked}".rstrip()


def leaders(by_corpus: dict[str, list[Standing]]) -> str:
    """Write the three best systems by each measure of each corpus, and the place of the default model."""
    lines = []
    for (corpus, rows), measure in product(by_corpus.items(), MEASURES):
        known = [row for row in rows if row.values(measure)]
        if not known:
            continue
        sign = -1 if MEASURES[measure] else 1
        values = {row.system: sign * np.mean(row.values(measure)) for row in known}
        better = sum(value < values[DEFAULT] for value in values.values()) if DEFAULT in values else None
        ordered = sorted(known, key=lambda row: values[row.system])
        best = {
            head: f"{row.label} {WHOLE.get(measure, '{:.3f}').format(np.mean(row.values(measure)))}"
            for head, row in zip(("first", "second", "third"), ordered, strict=False)
        }
        place = "" if better is None else f"{better + 1} of {len(ordered)}"
        lines.append({"corpus": corpus, "measure": measure, **best, DEFAULT: place})
    return markdown(lines)


def claim(by_corpus: dict[str, list[Standing]]) -> str:
    """Say what the intervals say of the default model's lead."""
    sentences, led = [], 0
    compared = {corpus: rows for corpus, rows in by_corpus.items() if default_of(rows) and len(rows) > 1}
    pairs = product(compared.items(), TESTED)
    tables = [((corpus, rows), measure) for (corpus, rows), measure in pairs if rows[0].values(measure)]
    for (corpus, rows), measure in tables:
        default = default_of(rows)
        marks = {row.label: mark(row, default, measure) for row in rows if row.system != DEFAULT}
        above = [label for label, of_label in marks.items() if of_label == AHEAD]
        level = [label for label, of_label in marks.items() if not of_label]
        led += not above
        n_below = sum(of_label == BEHIND for of_label in marks.values())
        parts = [f"below it {n_below} of {len(marks)}"]
        parts += [f"above it {', '.join(above)}"] if above else []
        parts += [f"undecided {', '.join(level)}"] if level else []
        sentences.append(f"- {corpus}, {measure}: {'; '.join(parts)}.")
    holds = "holds" if 2 * led > len(tables) else "does not hold"
    head = (
        f'"The default model ({DEFAULT}) leads most tables" {holds} on 95 % intervals: '
        f"in {led} of {len(tables)} comparisons of a corpus by a measure no other system is above it."
    )
    return "\n".join([head, "", *sentences])


def absent(cells: list[dict[str, Any]]) -> str:
    """Write what has no results, and why."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        if "failed" in cell:
            reasons.setdefault((cell["system"], cell["failed"]), []).append(cell["corpus"])
    run = {(cell["system"], cell["corpus"]) for cell in cells}
    for system, corpus in product((*QUICK, *peers()), BOARD):
        if (system, corpus) not in run:
            reasons.setdefault((system, "not run yet"), []).append(corpus)
    if not reasons:
        return "Every system has results."
    return markdown(
        [
            {
                "system": system,
                "corpora": ", ".join(dict.fromkeys(of_key)),
                "reason": reason.replace("|", "/"),
            }
            for (system, reason), of_key in sorted(reasons.items())
        ]
    )


def versions(rows: Iterable[Standing]) -> str:
    """Write the versions that were at work."""
    told = {
        (row.system, ", ".join(f"{name} {number}" for name, number in cell["versions"].items()))
        for row in rows
        for cell in row.cells
    }
    return markdown([{"system": system, "versions": text} for system, text in sorted(told)])
