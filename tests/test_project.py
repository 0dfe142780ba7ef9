"""What holds for the project as a whole: directions of imports, public names, versions, no stray paths."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import skxtm

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "skxtm"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}

NETWORKS = {"backbones", "modules", "losses"}
TRAINING = {"training"}
BESIDE = {"llm", "refinement", "lexicon", "embeddings", "metrics", "datasets", "plotting"}
ESTIMATORS = {
    "model",
    "vectorizer",
    "refiner",
    "report",
    "_intake",
    "_resources",
    "_persistence",
    "_proposals",
    "_refining",
}
# imports no other part of the package, or only those named here
FOUNDATION = {"exceptions", "_optional", "_version"}
OPTIONAL = (
    "pandas",
    "polars",
    "matplotlib",
    "jinja2",
    "openai",
    "sentence_transformers",
    "rjieba",
    "fugashi",
)


def part_of(module):
    """Name the file or folder of the package that a module belongs to."""
    return module.partition(".")[2].partition(".")[0]


def is_type_checking(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def statements(tree):
    """Walk a tree in order, leaving out what only type checkers read."""
    skipped = tree.body if is_type_checking(tree) else []
    for child in ast.iter_child_nodes(tree):
        if child not in skipped:
            yield child
            yield from statements(child)


def imported_modules(source):
    """Name what a source text imports, wherever in it; `from a import b` counts as a and as a.b."""
    for node in statements(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports within the package are absolute"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_parts(module):
    found = imported_modules(MODULES[module].read_text(encoding="utf-8"))
    return {part_of(name) for name in found if name.startswith("skxtm.")} & {
        part_of(name) for name in MODULES
    }


def of_parts(parts):
    return [module for module in MODULES if part_of(module) in parts]


@pytest.mark.parametrize("module", of_parts(NETWORKS))
def test_networks_import_only_networks(module):
    assert imported_parts(module) <= NETWORKS | FOUNDATION


@pytest.mark.parametrize("module", of_parts(TRAINING))
def test_training_imports_only_networks_and_itself(module):
    assert imported_parts(module) <= TRAINING | NETWORKS | FOUNDATION


@pytest.mark.parametrize("module", of_parts(BESIDE))
def test_what_stands_beside_imports_neither_estimators_nor_training_nor_networks(module):
    assert not imported_parts(module) & (ESTIMATORS | TRAINING | NETWORKS)


@pytest.mark.parametrize("module", of_parts(FOUNDATION))
def test_the_foundation_imports_nothing_above_it(module):
    assert imported_parts(module) <= FOUNDATION


def test_every_layer_that_exists_is_checked():
    assert {module for module in MODULES if part_of(module) in NETWORKS | TRAINING} >= {
        "skxtm.backbones.base",
        "skxtm.modules.sparse",
        "skxtm.losses.reconstruction",
        "skxtm.training.loop",
    }


def test_imports_are_found_wherever_they_stand():
    source = (
        "import a.b\nif TYPE_CHECKING:\n    import unseen\nelse:\n    import c\n"
        "def f():\n    from skxtm.d import e\n"
    )
    assert list(imported_modules(source)) == ["a.b", "c", "skxtm.d", "skxtm.d.e"]


def training_calls(source):
    """Name the calls of a source text that only a training loop makes."""
    for node in statements(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            switches_mode = name in {"train", "eval"} and not node.keywords and len(node.args) == 0
            if (
                switches_mode
                or name in {"backward", "zero_grad"}
                or ast.unparse(node.func) == "optimizer.step"
            ):
                yield ast.unparse(node)


@pytest.mark.parametrize("module", [module for module in MODULES if part_of(module) not in TRAINING])
def test_only_training_computes_gradients_steps_and_switches_modes(module):
    assert not list(training_calls(MODULES[module].read_text(encoding="utf-8")))


def test_the_calls_of_a_training_loop_are_recognised():
    source = "network.train()\nloss.backward()\noptimizer.step()\ntrainer.train(counts, 3)\nnetwork.eval()"
    assert list(training_calls(source)) == [*source.split("\n")[:3], "network.eval()"]


def run_python(program):
    """Run a program in a fresh Python and return what it prints."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()


@pytest.mark.parametrize("program", ["import skxtm", "from skxtm import CrossLingualTopicModel"])
def test_importing_the_package_does_not_load_torch(program):
    assert run_python(f"import sys; {program}; print('torch' in sys.modules)") == "False"


def test_all_but_networks_and_training_can_be_imported_without_torch_or_optional_libraries():
    modules = [module for module in MODULES if part_of(module) not in NETWORKS | TRAINING]
    # None in sys.modules makes an import fail as if the library were not installed
    blocked = f"import sys; sys.modules.update(dict.fromkeys({OPTIONAL}))"
    program = f"{blocked}; import {', '.join(modules)}; print('torch' in sys.modules)"
    assert run_python(program) == "False"


def test_every_public_name_is_there():
    for name in skxtm.__all__:
        assert getattr(skxtm, name) is not None
    assert dir(skxtm) == skxtm.__all__
    with pytest.raises(AttributeError, match="module 'skxtm' has no attribute 'missing'"):
        skxtm.missing  # noqa: B018


@pytest.mark.parametrize("module", MODULES)
def test_every_name_that_a_module_lists_is_there(module):
    loaded = import_module(module)
    assert [name for name in getattr(loaded, "__all__", []) if not hasattr(loaded, name)] == []


def test_the_changelog_begins_with_the_version_of_the_package():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[?([0-9][^\]\s]*)", changelog, re.MULTILINE)[0] == skxtm.__version__


def test_constraints_pin_exact_versions_from_the_index():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", pin) for pin in pins)
    assert "torch==2.13.0" in pins


def tracked_files():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_file_names_a_path_of_somebodys_machine():
    machine_path = re.compile(r"(?<![\w.:/])/(?:work|root|home|Users|tmp|mnt)/\w")
    texts = {path: path.read_bytes().decode("utf-8", "ignore") for path in tracked_files()}
    assert [str(path.relative_to(ROOT)) for path, text in texts.items() if machine_path.search(text)] == []
