"""Pictures of results: all backbones, sensitivity to the refinement's settings, and heat maps of ratings."""

from collections import Counter
from collections.abc import Iterable
from itertools import cycle
from pathlib import Path
from statistics import mean, stdev
from textwrap import fill
from typing import Any

from _cells import Results
from _configuration import PLAIN
from _evaluation import SETUPS
from _rating import SCORES, raters, read_ratings
from _tables import TOPICS, Row, labels, rows_of, spread
from matplotlib.figure import Figure

from skxtm.backbones import backbone_names
from skxtm.plotting import RatingsDisplay

SYMBOLS = {"n_rounds": "rounds R", "refine_every": "epochs between refinements f"}
SIGNS = dict(zip(backbone_names(), cycle("os^DvPX<>hp*"), strict=False))
CLASSIFIER = "rbf"  # that of the published evaluations


def draw_all(cells: Iterable[dict[str, Any]], results: Results, folder: Path) -> list[Path]:
    """Draw every picture for which there are results; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = rows_of(cells)
    of_corpora = [(corpus, [row for row in rows if row.settings["corpus"] == corpus]) for corpus in SETUPS]
    paths = draw_backbones(rows, folder / "backbones.png")
    for corpus, here in of_corpora:
        paths += draw_sensitivity(here, folder / f"sensitivity-{corpus}.png")
        for rater in raters(results):
            for kind in SCORES:
                path = folder / f"ratings-{corpus}-{kind}-{rater}.png"
                paths += draw_ratings(here, results, rater, kind, path)
    return paths


def points_of(rows: Iterable[Row]) -> dict[str, list[tuple[str, list[float], list[float]]]]:
    """Find coherence and accuracy across languages of plain models, by corpus: a value for each seed."""
    found: dict[str, list[tuple[str, list[float], list[float]]]] = {}
    for row in rows:
        if row.settings["variant"] == PLAIN and CLASSIFIER in row.settings["classifiers"]:
            directions = [row.accuracies(CLASSIFIER, name) for name in ("1-C", "2-C")]
            accuracies = [mean(of_seed) for of_seed in zip(*directions, strict=True)]
            point = (row.settings["backbone"], row.figures("CNPMI"), accuracies)
            found.setdefault(row.settings["corpus"], []).append(point)
    return found


def described(points: dict[str, list[tuple[str, list[float], list[float]]]]) -> str:
    """Write the points of a picture, which its file carries, so that it can be compared with cells."""
    return "\n".join(
        f"{corpus} {backbone}: {spread(coherence)}, {spread(accuracies)}"
        for corpus, here in points.items()
        for backbone, coherence, accuracies in here
    )


def draw_backbones(rows: list[Row], path: Path) -> list[Path]:
    """Draw coherence against accuracy across languages: a panel for each corpus, a sign for each backbone."""
    points = points_of(rows)
    if not points:
        return []
    figure = Figure(figsize=(3.2 * len(points) + 1.2, 3.2), layout="constrained")
    panels = figure.subplots(1, len(points), sharex=True, sharey=True, squeeze=False)[0]
    signs: dict[str, Any] = {}
    for ax, (corpus, here) in zip(panels, points.items(), strict=True):
        for backbone, *values in here:
            (x, y), (x_error, y_error) = map(mean, values), map(deviation, values)
            sign = ax.errorbar(x, y, y_error, x_error, fmt=SIGNS[backbone], color="0.2", mec="white", ms=9)
            signs.setdefault(backbone, sign[0])
        ax.set_title(SETUPS[corpus].domain, fontsize="medium")
        ax.set_xlabel("coherence across languages (CNPMI)")
        ax.grid(alpha=0.3)
    panels[0].set_ylabel("accuracy across languages")
    figure.legend(signs.values(), signs, loc="outside right upper")
    return saved(figure, path, Description=described(points))


def curves(rows: Iterable[Row], varied: str) -> dict[str, list[tuple[int, Row]]]:
    """Find rows that differ in one setting of refinement only, the other being the one most often used."""
    (other,) = set(SYMBOLS) - {varied}
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.settings["variant"] == "full" and row.settings["refine_every"]:
            found.setdefault(str({**row.settings, varied: None, other: None}), []).append(row)
    points = []
    for of_model in found.values():
        fixed = Counter(row.settings[other] for row in of_model).most_common(1)[0][0]
        chosen = [(row.settings[varied], row) for row in of_model if row.settings[other] == fixed]
        if len(chosen) > 1:
            points.append(sorted(chosen, key=lambda point: point[0]))
    models = [Row({**of_model[0][1].settings, varied: None}, []) for of_model in points]
    return dict(zip(labels(models), points, strict=True)) if models else {}


def draw_sensitivity(rows: list[Row], path: Path) -> list[Path]:
    """Draw uniqueness, coherence and quality against R and f."""
    lines = {varied: curves(rows, varied) for varied in SYMBOLS}
    shown = [varied for varied in SYMBOLS if lines[varied]]
    if not shown:
        return []
    size = (4 * len(TOPICS), 3.4 * len(shown))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(shown), len(TOPICS), squeeze=False)
    for of_row, varied in zip(axes, shown, strict=True):
        for ax, name in zip(of_row, TOPICS, strict=True):
            draw_curves(ax, lines[varied], name)
            ax.set(xlabel=SYMBOLS[varied], ylabel=name)
        of_row[0].legend(fontsize="small")
    return saved(figure, path)


def draw_curves(ax: Any, lines: dict[str, list[tuple[int, Row]]], name: str) -> None:
    """Draw the mean of a figure for every value of a setting, with the standard deviation over seeds."""
    for label, points in lines.items():
        values = [row.figures(name) for _, row in points]
        deviations = [deviation(of_seeds) for of_seeds in values]
        places = [place for place, _ in points]
        ax.errorbar(
            places, [mean(of_seeds) for of_seeds in values], deviations, marker="o", capsize=3, label=label
        )
        ax.set_xticks(places)


def deviation(values: list[float]) -> float:
    """Compute the standard deviation over seeds, 0 of one."""
    return stdev(values) if len(values) > 1 else 0


def draw_ratings(rows: list[Row], results: Results, rater: str, kind: str, path: Path) -> list[Path]:
    """Draw a heat map of all rated systems of a corpus."""
    rated = [
        (row, ratings)
        for row in rows
        if (ratings := read_ratings(results, rater, [cell["name"] for cell in row.cells], kind)) is not None
    ]
    if not rated:
        return []
    names = labels([row for row, _ in rated])
    ratings_by_name = {fill(name, 40): ratings for name, (_, ratings) in zip(names, rated, strict=True)}
    display = RatingsDisplay.from_ratings(ratings_by_name)
    figure = Figure(figsize=(5 + 1.2 * len(display.columns), 1.5 + 0.5 * len(rated)), layout="constrained")
    display.plot(ax=figure.subplots())
    return saved(figure, path)


def saved(figure: Figure, path: Path, **told: str) -> list[Path]:
    """Save a figure, drawn by Agg whatever the backend of pyplot, with what its file is to tell."""
    figure.savefig(path, dpi=120, metadata=told)
    return [path]
