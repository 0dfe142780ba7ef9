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

# From the ground up: a part of the package may import itself and what stands on lower floors, never its
# neighbours. Imports that only type checkers read count too.
FLOORS = [
    {"exceptions", "_version", "_cache_folder"},
    {"_files", "_optional", "_parameters", "_threads", "languages", "cleaning"},
    {"corpus", "normalization", "llm", "_word_pairs"},
    {"_foreign_words"},
    {"tokenizers", "model_selection", "shards"},
    {"_counting"},
    {"lexicon", "vectorizer"},
    {"lexicons", "embeddings", "datasets"},
    {"refinement"},
    {"metrics"},
    {"modules"},
    {"losses"},
    {"backbones"},
    {"training"},
    {"_model"},
    {"model"},
    {"refiner"},
    {"report", "checks"},
    {"explore"},
    {"plotting"},
    {"command_line"},
    {"__main__"},
    {"__init__"},
]
# Narrower walls: these parts import nothing but what is named here
ONLY = {
    "llm": {"exceptions", "_optional", "_cache_folder"},
    "modules": {"exceptions"},
    "losses": {"exceptions", "modules"},
    "backbones": {"_threads", "exceptions", "_parameters", "embeddings", "modules", "losses"},
    "training": {"exceptions", "modules", "losses", "backbones"},
    "model": {
        "_model",
        "_optional",
        "_parameters",
        "backbones",
        "corpus",
        "exceptions",
        "lexicon",
        "shards",
        "vectorizer",
    },
}
# Imports that run back up, each with its reason
UPWARDS = {
    ("lexicon", "embeddings"),  # Lexicon.induce, a constructor that needs vectors; imported when called
}
TORCH = {"modules", "losses", "backbones", "training"}
OPTIONAL = (
    "pandas",
    "polars",
    "matplotlib",
    "click",
    "jinja2",
    "openai",
    "sentence_transformers",
    "rjieba",
    "fugashi",
    "pyarrow",
)


def part_of(module):
    """Name the file or folder of the package that a module belongs to."""
    return module.partition(".")[2].partition(".")[0] or "__init__"


PARTS = sorted({part_of(module) for module in MODULES})


def imported_modules(source):
    """Name what a source text imports, wherever in it; `from a import b` counts as a and as a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports within the package are absolute"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_parts(part):
    """Parts of the package that the modules of a part import, itself left out."""
    sources = [MODULES[module].read_text(encoding="utf-8") for module in MODULES if part_of(module) == part]
    names = {name for source in sources for name in imported_modules(source) if name.startswith("skxtm.")}
    return {part_of(name) for name in names} & set(PARTS) - {part}


def forbidden(part, imported):
    """Which of the parts that a part imports it must not."""
    floor = {name: number for number, parts in enumerate(FLOORS) for name in parts}
    allowed = ONLY.get(part, {name for name in floor if floor[name] < floor[part]})
    return {name for name in imported if name not in allowed and (part, name) not in UPWARDS}


def test_every_part_of_the_package_stands_on_one_floor():
    assert sorted(name for parts in FLOORS for name in parts) == PARTS
    assert set(ONLY) <= set(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_imports_only_what_stands_below_it(part):
    assert forbidden(part, imported_parts(part)) == set()


def test_imports_of_neighbours_of_what_is_above_and_through_walls_are_forbidden():
    assert forbidden("metrics", {"_model", "exceptions"}) == {"_model"}
    assert forbidden("embeddings", {"backbones", "datasets", "lexicon"}) == {"backbones", "datasets"}
    assert forbidden("backbones", {"metrics", "losses"}) == {"metrics"}


def test_every_exception_to_the_floors_is_still_needed():
    assert {pair for pair in UPWARDS if pair[1] in imported_parts(pair[0])} == UPWARDS


def test_few_private_modules_stand_at_the_top_and_none_is_long():
    private = {path.stem for path in PACKAGE.glob("_*.py")} - {"__init__", "__main__"}
    assert private <= {
        "_optional",
        "_parameters",
        "_cache_folder",
        "_files",
        "_foreign_words",
        "_threads",
        "_version",
        "_word_pairs",
    }
    lengths = {name: path.read_text(encoding="utf-8").count("\n") for name, path in MODULES.items()}
    assert {name: length for name, length in lengths.items() if length > 500} == {}


def test_imports_are_found_wherever_they_stand():
    source = "import a.b\nif TYPE_CHECKING:\n    import c\ndef f():\n    from skxtm.d import e\n"
    assert set(imported_modules(source)) == {"a.b", "c", "skxtm.d", "skxtm.d.e"}


def training_calls(source):
    """Name the calls of a source text that only a training loop makes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            switches_mode = name in {"train", "eval"} and not node.keywords and len(node.args) == 0
            if (
                switches_mode
                or name in {"backward", "zero_grad"}
                or ast.unparse(node.func) == "optimizer.step"
            ):
                yield ast.unparse(node)


@pytest.mark.parametrize("module", [module for module in MODULES if part_of(module) != "training"])
def test_only_training_computes_gradients_steps_and_switches_modes(module):
    assert not list(training_calls(MODULES[module].read_text(encoding="utf-8")))


def test_the_calls_of_a_training_loop_are_recognised():
    source = "network.train()\nloss.backward()\noptimizer.step()\ntrainer.train(counts, 3)\nnetwork.eval()"
    assert sorted(training_calls(source)) == sorted([*source.split("\n")[:3], "network.eval()"])


def run_python(program):
    """Run a program in a fresh Python and return what it prints."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()


@pytest.mark.parametrize("program", ["import skxtm", "from skxtm import CrossLingualTopicModel"])
def test_importing_the_package_does_not_load_torch(program):
    assert run_python(f"import sys; {program}; print('torch' in sys.modules)") == "False"


@pytest.mark.slow
def test_all_but_networks_and_training_can_be_imported_without_torch_or_optional_libraries():
    modules = [module for module in MODULES if part_of(module) not in TORCH]
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


def test_no_file_names_a_path_of_somebodys_machine(tracked_files):
    machine_path = re.compile(r"(?<![\w.:/])/(?:work|root|home|Users|tmp|mnt)/\w")
    texts = {name: (ROOT / name).read_bytes().decode("utf-8", "ignore") for name in tracked_files}
    assert [name for name, text in texts.items() if machine_path.search(text)] == []
