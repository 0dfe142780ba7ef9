"""The results that are committed: cells, and the tables that are made of them."""

import json
import re
from importlib import import_module
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
RESULTS = ROOT / "benchmarks" / "results"
CELLS = sorted(RESULTS.glob("cells/*.json"))


@pytest.fixture(scope="module")
def finished():
    return import_module("_cells").Results(RESULTS).finished()


def test_there_are_cells():
    assert len(CELLS) >= 8


def test_the_tables_of_the_documentation_are_made_of_the_committed_cells(finished):
    pages = sorted((DOCS / "results").glob("*.md"))
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    tables = import_module("_tables").make_tables(finished)
    assert {"quality", "accuracies"} <= tables.keys()
    for name, table in tables.items():
        assert f"<!-- {name} -->\n{table}\n<!-- /{name} -->" in text


def unfounded(line):
    """Figures of a line that stand on none of the pages that it links."""
    linked = re.findall(r"\]\(([\w/]+\.md)[^)]*\)", line)
    pages = "".join((DOCS / name).read_text(encoding="utf-8") for name in linked)
    figures = re.findall(r"\d\.\d{3,}", line)
    return [figure for figure in figures if not re.search(rf"\b{re.escape(figure)}\b", pages)]


def test_figures_of_the_first_page_stand_on_the_pages_that_it_links():
    lines = (DOCS / "results.md").read_text(encoding="utf-8").splitlines()
    told = [line for line in lines if line.startswith("| ") and re.search(r"\d\.\d{3}", line)]
    assert len(told) > 10
    assert {line: found for line in told if (found := unfounded(line))} == {}
    assert unfounded("| 0.835 and 0.837 | [raw text](results/raw_text.md#raw-text) |") == ["0.837"]


def test_the_first_page_does_not_say_that_a_setting_is_beaten_that_it_leaves_out():
    page = (DOCS / "departures.md").read_text(encoding="utf-8")
    table = page.partition("| variant | CNPMI |")[2].partition("\n\n")[0]
    figures = [float(number) for number in re.findall(r"^\| [^|]+ \| (\d\.\d{3})", table, re.MULTILINE)]
    assert len(figures) == 6
    lines = (DOCS / "results.md").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith("| CNPMI ") and "departures.md" in line]
    assert f"{max(figures):.3f}" in line


def test_the_first_page_counts_the_comparisons_of_the_leaderboard():
    told = (DOCS / "results.md").read_text(encoding="utf-8")
    claim = (DOCS / "leaderboard.md").read_text(encoding="utf-8").split("<!-- /claim -->")[0]
    led = [line for line in claim.splitlines() if line.startswith("- ") and "above it" not in line]
    undecided = [line for line in led if "undecided" in line]
    count = re.search(r"In (\d+ of \d+) comparisons no other system is above it", told)[1]
    assert f"in {count} comparisons" in claim
    assert len(led) == int(count.split()[0])
    numbers = ["None", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"]
    assert f"{numbers[len(undecided)]} of the {len(led)} are undecided" in told


def test_every_committed_cell_is_one_that_a_committed_configuration_computes(finished):
    configurations = sorted((ROOT / "benchmarks" / "configs").glob("*.toml"))
    read_cells = import_module("_configuration").read_cells
    known = {cell.name: cell.settings for path in configurations for cell in read_cells(path)}
    for cell in finished:
        assert known[cell["name"]] == cell["settings"]
        assert "topics" not in cell


# parameters that came later, and by default leave the network what it was; by backbone
CAME_LATER = {"nmtm": {"concentration": 1.0}}


def test_every_committed_cell_was_computed_by_the_parameters_of_today(finished):
    cells, setups = import_module("_cells"), import_module("_evaluation").SETUPS
    configurations = sorted((ROOT / "benchmarks" / "configs").glob("*.toml"))
    read_cells = import_module("_configuration").read_cells
    trainings = {cell.name: cell.training for path in configurations for cell in read_cells(path)}
    for cell in finished:
        training = trainings[cell["name"]]
        own = cells.backbone_parameters(training, SimpleNamespace(setup=setups[training.corpus]))
        given = {"max_epochs": training.epochs}
        given |= {name: getattr(training, name) for name in ("batch_size", "learning_rate")}
        own |= {name: value for name, value in given.items() if value is not None}
        today = cells.default_backbone(training).set_params(**own).get_params()
        later = CAME_LATER.get(training.backbone, {})
        assert later.items() <= cells.default_backbone(training).get_params().items()
        assert later | cell["trained"]["backbone"] == json.loads(json.dumps(today)), cell["name"]


def test_the_readme_says_how_long_backbones_without_a_network_take(finished):
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert "MTAnchor takes seconds, MCTA, u-SVD and SVD-LR take a minute or two." in readme
    seconds = {}
    for cell in finished:
        seconds.setdefault(cell["settings"]["backbone"], []).append(cell["trained"]["seconds"])
    assert max(seconds["mtanchor"]) < 60
    assert all(60 <= median(seconds[name]) <= 120 for name in ("mcta", "usvd", "svd_lr"))


def test_the_picture_of_the_documentation_is_drawn_from_the_committed_cells(finished):
    pictures, image = pytest.importorskip("_pictures"), pytest.importorskip("PIL.Image")
    path = DOCS / "pictures" / "backbones.png"
    points = pictures.points_of(import_module("_tables").rows_of(finished))
    with image.open(path) as picture:
        assert picture.text["Description"] == pictures.described(points)
    assert path.stat().st_size < 60_000


def test_a_point_is_a_plain_model_by_the_classifier_of_published_figures_with_all_of_its_seeds(
    finished, tmp_path
):
    pictures, image = pytest.importorskip("_pictures"), pytest.importorskip("PIL.Image")

    def cell(cnpmi, accuracies, **settings):
        accuracies = dict(zip(("1-C", "2-C"), accuracies, strict=True))
        settings = finished[0]["settings"] | settings
        return {"settings": settings, "figures": {"CNPMI": cnpmi}, "accuracies": {"rbf": accuracies}}

    cells = [
        cell(0.1, (0.6, 0.8), seed=0),
        cell(0.2, (0.5, 0.7), seed=1),
        cell(0.3, (0.4, 0.4), variant="full", refinement_epochs=4),
        cell(0.3, (0.4, 0.4), classifiers=["linear"]),
    ]
    rows_of, path = import_module("_tables").rows_of, tmp_path / "backbones.png"
    assert pictures.draw_backbones(rows_of(cells), path) == [path]
    with image.open(path) as picture:
        assert picture.text["Description"] == "ec_news corectm: 0.150 ± 0.071, 0.650 ± 0.071"
    assert pictures.draw_backbones(rows_of(cells[2:]), path) == []
