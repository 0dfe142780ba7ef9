"""Results as Markdown: mean and standard deviation over seeds, beside the published figures."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from _cells import write_whole
from _configuration import PLAIN, REFINEMENT, VARIANTS, Training
from _evaluation import ACCURACIES, CLASSIFIERS, FURTHER, SETUPS

TOPICS = ("TU", "CNPMI", "TQ")
PUBLISHED_COMPONENTS = 50
# columns that are left out where they say this in every line
OPTIONAL = {
    "vocabulary": "all",
    "K": str(PUBLISHED_COMPONENTS),
    "recipe": "",
    "encoder": "its own",
    "refined": "",
}
HEADLINE = (
    "lexicon",
    "recipe",
    "vocabulary",
    "K",
    "epochs",
    "batch",
    "rate",
    "halved every",
    "statistics",
    "encoder",
)
NOTE = (
    "Mean ± standard deviation over seeds, and in parentheses the published mean of five seeds. "
    "* marks a published figure that was counted on another reference: it shows the order of magnitude, no "
    "more. Published accuracies are those of the RBF SVM, published refinement asked a language model."
)


@dataclass(frozen=True)
class Row:
    """Results that differ by nothing but the seed."""

    settings: dict[str, Any]
    cells: list[dict[str, Any]]

    @property
    def published(self) -> dict[str, float]:
        """Published figures of the same system; none for another number of topics or an ablation."""
        setup, variant = SETUPS[self.settings["corpus"]], self.settings["variant"]
        known = {PLAIN: setup.published, "full": setup.refined}.get(variant, {})
        has_size = self.settings["components"] == PUBLISHED_COMPONENTS
        return known.get(self.settings["backbone"], {}) if has_size else {}

    def figures(self, name: str) -> list[float]:
        """List a figure of the topics, for every seed that has it."""
        return [cell["figures"][name] for cell in self.cells if name in cell["figures"]]

    def accuracies(self, classifier: str, name: str) -> list[float]:
        """List an accuracy, for every seed."""
        return [cell["accuracies"][classifier][name] for cell in self.cells]


def rows_of(cells: Iterable[dict[str, Any]]) -> list[Row]:
    """Bring together what differs by the seed alone, sorted by corpus, backbone and settings."""
    found: dict[str, list[dict[str, Any]]] = {}
    for cell in cells:
        shared = {name: value for name, value in cell["settings"].items() if name != "seed"}
        found.setdefault(json.dumps(shared), []).append(cell)
    rows = [Row(json.loads(key), of_key) for key, of_key in found.items()]
    return sorted(rows, key=_order)


def told_apart(rows: Iterable[Row]) -> list[str]:
    """Say of each row whose models were made by unlike parameters, such as defaults of two days, which."""
    return [
        f"Cells of one row differ in their backbone's {name!r}: {_by_value(row, name)}. Delete the cells, "
        "and their models, that are not of today's parameters; run computes them anew."
        for row in rows
        for name in sorted({name for cell in row.cells for name in cell["trained"]["backbone"]})
        if len(_cells_by_value(row, name)) > 1
    ]


def _cells_by_value(row: Row, name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for cell in row.cells:
        backbone = cell["trained"]["backbone"]
        value = json.dumps(backbone[name]) if name in backbone else "missing"
        found.setdefault(value, []).append(cell["name"])
    return found


def _by_value(row: Row, name: str) -> str:
    found = _cells_by_value(row, name)
    return "; ".join(f"{value} in {', '.join(names)}" for value, names in found.items())


def _order(row: Row) -> tuple[Any, ...]:
    settings = row.settings
    numbers = [settings[name] or 0 for name in ("vocabulary", "epochs", "batch_size", "exact_statistics")]
    phase = [settings[name] or 0 for name in ("refinement_epochs", "refine_every", "n_rounds")]
    variant = [PLAIN, *VARIANTS].index(settings["variant"])
    return (
        list(SETUPS).index(settings["corpus"]),
        settings["backbone"],
        *numbers,
        variant,
        *phase,
        str(settings),
    )


def labels(rows: list[Row]) -> list[str]:
    """Name each row by its backbone, and by those settings that tell it from others here."""
    names = [name for name in rows[0].settings if name not in ("corpus", "backbone")]
    values = {name: {str(row.settings[name]) for row in rows} for name in names}
    for name in REFINEMENT:
        values[name].discard("None")  # the plain model has none, as its variant says
    shown = [name for name in names if len(values[name]) > 1]
    return [", ".join([row.settings["backbone"], *_told(row.settings, shown)]) for row in rows]


def _told(settings: dict[str, Any], shown: list[str]) -> list[str]:
    known = [name for name in shown if settings[name] is not None]
    return [settings[name] if name == "variant" else f"{name} {settings[name]}" for name in known]


def make_tables(cells: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Write all tables for which there are results, by the names of their markers."""
    rows = rows_of(cells)
    systems = [row for row in rows if row.settings["variant"] in (PLAIN, "full")]
    tables = {
        "quality": _by_corpus(systems, _quality),
        "accuracies": _by_corpus(systems, _accuracies),
        "refinement": _refinement(rows),
    }
    return {name: text for name, text in tables.items() if text}


def _by_corpus(rows: list[Row], make: Callable[[list[Row]], str]) -> str:
    parts = [
        f"{corpus}:\n\n{make(here)}"
        for corpus in SETUPS
        if (here := [row for row in rows if row.settings["corpus"] == corpus])
    ]
    return "\n\n".join([*parts, NOTE]) if parts else ""


def _quality(rows: list[Row]) -> str:
    further = (*FURTHER, "one-sided")
    names = [*TOPICS, *(name for name in further if any(row.figures(name) for row in rows))]
    lines = [
        {**settings_of(row)} | {name: beside(row.figures(name), row.published, name) for name in names}
        for row in rows
    ]
    return markdown(lines)


def _accuracies(rows: list[Row]) -> str:
    return markdown(
        [
            {**settings_of(row), "SVM": classifier, **_accuracy_columns(row, classifier)}
            for row in rows
            for classifier in classifiers_of(row)
        ]
    )


def classifiers_of(row: Row) -> list[str]:
    """Classifiers that a row was measured by."""
    return [name for name in CLASSIFIERS if name in row.settings["classifiers"]]


def _accuracy_columns(row: Row, classifier: str) -> dict[str, str]:
    codes = [code.upper() for code in SETUPS[row.settings["corpus"]].languages]
    return {
        f"{codes[int(name[0]) - 1]}-{name[2]}": beside(row.accuracies(classifier, name), row.published, name)
        for name in ACCURACIES
    }


def _refinement(rows: list[Row]) -> str:
    """Write a table for each model that was refined: as it was before, and in every variant."""
    of_models: dict[str, list[Row]] = {}
    for row in rows:
        shared = {
            name: row.settings.get(name)
            for name in (*Training.__dataclass_fields__, "classifiers")
            if name != "seed"
        }
        of_models.setdefault(json.dumps(shared), []).append(row)
    parts = [
        f"{_headline(here[0])}:\n\n{markdown([line for row in here for line in _variant_lines(row)])}"
        for here in of_models.values()
        if any(row.settings["variant"] != PLAIN for row in here)
    ]
    return "\n\n".join([*parts, NOTE]) if parts else ""


def _headline(row: Row) -> str:
    told = [f"{name} {value}" for name, value in settings_of(row).items() if value and name in HEADLINE]
    return ", ".join([row.settings["corpus"], row.settings["backbone"], *told])


def _variant_lines(row: Row) -> Iterator[dict[str, str]]:
    settings, n_seeds = row.settings, str(len(row.cells))
    name = "before" if settings["variant"] == PLAIN else settings["variant"]
    start = {"variant": name, "epochs, every": _phase(settings), "rounds": str(settings["n_rounds"] or "")}
    topics = {name: beside(row.figures(name), row.published, name) for name in TOPICS}
    for classifier in classifiers_of(row):
        yield {**start, "seeds": n_seeds, "SVM": classifier, **topics, **_accuracy_columns(row, classifier)}
    kept = [cell["words_kept"] for cell in row.cells if cell.get("words_kept")]
    if name == "full" and kept:
        of_words = {name: spread(figures[name] for figures in kept) for name in TOPICS}
        yield {**start, "variant": "words kept", "seeds": n_seeds, **of_words}


def _phase(settings: dict[str, Any]) -> str:
    if not settings["refinement_epochs"]:
        return "" if settings["variant"] == PLAIN else "words only"
    return f"{settings['refinement_epochs']}, {settings['refine_every']}"


def settings_of(row: Row) -> dict[str, str]:
    """Columns of the settings; of the seeds only how many there are."""
    settings, trained = row.settings, row.cells[0]["trained"]
    seed = settings["encoder_seed"]
    refined = "" if settings["variant"] == PLAIN else f"{_phase(settings)}, R = {settings['n_rounds']}"
    return {
        "backbone": settings["backbone"],
        "refined": refined,
        "lexicon": settings["match"],
        "vocabulary": str(settings["vocabulary"] or OPTIONAL["vocabulary"]),
        "K": str(settings["components"]),
        "recipe": settings.get("recipe") or OPTIONAL["recipe"],
        "encoder": OPTIONAL["encoder"] if seed is None else f"shared, seed {seed}",
        "seeds": str(len(row.cells)),
        "epochs": _epochs([cell["trained"] for cell in row.cells]),
        **_network_settings(trained["backbone"]),
    }


def _epochs(trained: list[dict[str, Any]]) -> str:
    epochs = [of_seed["epochs"] for of_seed in trained]
    if not any(epochs):
        return "none"
    published = [of_seed["published_epochs"] for of_seed in trained]
    return _range(epochs) if None in published else f"{_range(epochs)} of {_range(published)}"


def _range(numbers: list[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low} to {high}"


def _network_settings(backbone: dict[str, Any]) -> dict[str, str]:
    if "batch_size" not in backbone:
        return dict.fromkeys(("batch", "rate", "halved every", "statistics"), "")
    exact = "exact" if backbone.get("batch_norm_momentum") is None else "running"
    return {
        "batch": str(backbone["batch_size"]),
        "rate": str(backbone["learning_rate"]),
        "halved every": str(backbone.get("decay_every") or "never"),
        "statistics": exact if "batch_norm_momentum" in backbone else "",
    }


def beside(values: list[float], published: dict[str, float], name: str) -> str:
    """Write mean and deviation, and the published figure."""
    text = spread(values)
    if name not in published:
        return text
    return f"{text} ({published[name]:.3f}{'*' if name in ('CNPMI', 'TQ') else ''})"


def spread(values: Iterable[float]) -> str:
    """Write a mean and, of several values, their standard deviation."""
    values = list(values)
    if not values:
        return ""
    deviation = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
    return f"{mean(values):.3f}{deviation}"


def markdown(lines: list[dict[str, str]]) -> str:
    """Write a table, without those optional columns that say the same in every line."""
    told = {
        head: any(line.get(head, "") != OPTIONAL.get(head, "") for line in lines)
        for head in dict.fromkeys(head for line in lines for head in line)
    }
    heads = [head for head, differs in told.items() if differs or head not in OPTIONAL]
    body = [[line.get(head, "") for head in heads] for line in lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *body))


def put_into(path: Path, tables: dict[str, str]) -> list[str]:
    """Replace what stands between the markers of each table; return the tables that have no place there."""
    text = path.read_text(encoding="utf-8")
    without = []
    for name, table in tables.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, found_start, rest = text.partition(start)
        _, found_end, after = rest.partition(end)
        if found_start and found_end:
            text = f"{before}{start}\n{table}\n{end}{after}"
        else:
            without.append(name)
    write_whole(path, text)
    return without
