"""The results that are committed: cells, and the tables that are made of them."""

from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
CELLS = sorted(RESULTS.glob("cells/*.json"))


@pytest.fixture(scope="module")
def finished():
    return import_module("_cells").Results(RESULTS).finished()


def test_there_are_cells():
    assert len(CELLS) >= 8


def test_the_tables_of_the_documentation_are_made_of_the_committed_cells(finished):
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    tables = import_module("_tables").make_tables(finished)
    assert {"quality", "accuracies"} <= tables.keys()
    for name, table in tables.items():
        assert f"<!-- {name} -->\n{table}\n<!-- /{name} -->" in text


def test_every_committed_cell_is_one_that_a_committed_configuration_computes(finished):
    configurations = sorted((ROOT / "benchmarks" / "configs").glob("*.toml"))
    read_cells = import_module("_configuration").read_cells
    known = {cell.name: cell.settings for path in configurations for cell in read_cells(path)}
    for cell in finished:
        assert known[cell["name"]] == cell["settings"]
        assert "topics" not in cell
