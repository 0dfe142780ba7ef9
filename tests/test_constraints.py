"""The range of versions that pyproject.toml promises is the one that is tested."""

import re
import tomllib
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Extras that check the code and build the site; the tests with the lowest versions do without them.
TOOLS = {"dev", "docs"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def pins(name):
    """Versions that a file of constraints pins, by normalised name."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    found = [re.fullmatch(r"([\w.-]+)==([0-9][0-9A-Za-z.]*)", line) for line in lines if line[:1] != "#"]
    assert all(found), "a line is neither a comment nor an exact version from the index"
    return {normalised(pin[1]): pin[2] for pin in found}


def normalised(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def lower_bounds():
    """Lower bounds of all that the core and the extras require, but for tools that no user needs."""
    extras = {name: lines for name, lines in PROJECT["optional-dependencies"].items() if name not in TOOLS}
    lines = [*PROJECT["dependencies"], *chain(*extras.values())]
    found = [re.match(r"([\w.-]+)(?:>=([\w.]+))?", line) for line in lines if not line.startswith("skxtm[")]
    return {normalised(part[1]): part[2] for part in found}


def release(version):
    """Compare as pip does: 2.0 is 2.0.0."""
    numbers = [int(part) for part in re.findall(r"\d+", version)]
    return numbers + [0] * (5 - len(numbers))


def test_every_requirement_has_a_lower_bound():
    assert [name for name, bound in lower_bounds().items() if bound is None] == []


def test_the_lowest_versions_that_are_tested_are_the_lower_bounds():
    lowest, bounds = pins("constraints-lowest.txt"), lower_bounds()
    assert {name: release(lowest[name]) for name in bounds} == {
        name: release(bound) for name, bound in bounds.items()
    }


def test_the_versions_that_make_installs_are_within_the_bounds():
    pinned, bounds = pins("constraints.txt"), lower_bounds()
    assert [name for name in bounds if name in pinned and release(pinned[name]) < release(bounds[name])] == []
