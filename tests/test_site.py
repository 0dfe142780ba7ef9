"""The documentation site: all that is public stands in the reference, every message on its page."""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import skxtm
from skxtm import exceptions

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PARTS = sorted(
    path.stem for path in (ROOT / "skxtm").iterdir() if path.stem[0] != "_" and path.suffix in {"", ".py"}
)


def page(name):
    return (DOCS / name).read_text(encoding="utf-8")


def entries():
    """What the page of the reference lists."""
    blocks = re.findall(r"```\{eval-rst\}\n(.*?)```", page("api.md"), re.DOTALL)
    return [name for block in blocks for name in re.findall(r"^   (skxtm\S*)$", block, re.MULTILINE)]


def found(name):
    """The module or object of a dotted name."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(import_module(module), attribute)


def listed(module):
    """Public objects of a module: those in its `__all__`, or else those that it defines."""
    if hasattr(module, "__all__"):
        return [getattr(module, name) for name in module.__all__]
    own = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return [value for value in own.values() if getattr(value, "__module__", "") == module.__name__]


def in_reference():
    """All objects that the reference has a page of."""
    named = [found(name) for name in entries()]
    modules = [value for value in named if inspect.ismodule(value)]
    return named + [value for module in modules for value in listed(module)]


def test_every_public_name_is_in_the_reference():
    there = {id(value) for value in in_reference()}
    public = {f"skxtm.{name}": getattr(skxtm, name) for name in skxtm.__all__ if name != "__version__"}
    for part in PARTS:
        module = import_module(f"skxtm.{part}")
        public |= {f"skxtm.{part}.{name}": getattr(module, name) for name in getattr(module, "__all__", ())}
    assert len(public) > 150
    assert [name for name, value in public.items() if id(value) not in there] == []


def test_every_entry_of_the_reference_exists_once():
    assert len(set(entries())) == len(entries()) > 20
    assert all(found(name) is not None for name in entries())


def classes(base):
    """Classes of exceptions or warnings of the package, by name."""
    own = {name: value for name, value in vars(exceptions).items() if inspect.isclass(value)}
    return {name for name, value in own.items() if issubclass(value, base)}


def quoted_messages():
    """Beginnings of messages on the page of messages, by class."""
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", page("errors.md"), re.MULTILINE)
    return {name: re.findall(r"`([^`]*)`", row.split("|")[-1]) for name, row in rows}


def test_every_error_and_warning_has_a_row_on_the_page_of_messages():
    errors, _, warnings = page("errors.md").partition("\n## Warnings")
    named = [set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) for part in (errors, warnings)]
    assert named == [classes(exceptions.SkxtmError), classes(UserWarning)]


def test_the_builtin_of_every_error_on_the_page_is_right():
    for name, other in re.findall(r"^\| `(\w+Error)` \| `(\w+)` \|", page("errors.md"), re.MULTILINE):
        base = getattr(exceptions, other, None) or getattr(__import__("builtins"), other)
        assert issubclass(getattr(exceptions, name), base)


def strings_of_the_code():
    """All texts in the code of the package, those of f-strings in pieces."""
    for path in (ROOT / "skxtm").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def unknown_pieces(message, strings):
    """Pieces of a message, `...` between them, that no text of the code holds."""
    pieces = [piece.strip() for piece in message.split("...")]
    return [piece for piece in pieces if not any(piece in text for text in strings)]


def test_beginnings_of_messages_stand_in_the_code():
    strings = list(strings_of_the_code())
    messages = quoted_messages()
    assert {name for name, quoted in messages.items() if not quoted} == {"SkxtmError"}
    unknown = [unknown_pieces(message, strings) for quoted in messages.values() for message in quoted]
    assert unknown == [[]] * len(unknown)
    assert unknown_pieces("No dictionary from ... was ever invented.", strings) == ["was ever invented."]


@pytest.mark.parametrize(
    "question",
    [
        "I have no dictionary",
        "My topics mix languages",
        "How many topics",
        "Which backbone",
        "What does it cost",
        "Can it run on a cluster",
        "Labels in one language, documents in another",
        "What does this message mean",
    ],
)
def test_the_first_page_answers_in_one_click(question):
    (answer,) = re.findall(rf"^\| {question}.*? \| (.*) \|$", page("index.md"), re.MULTILINE)
    assert re.search(r"\]\([^)]+\)", answer)


def test_every_page_and_every_example_is_reached_from_the_first_page():
    first = page("index.md")
    reached = first + (ROOT / "README.md").read_text(encoding="utf-8")
    files = [*DOCS.glob("*.md"), *DOCS.glob("results/*.md")]
    pages = {str(path.relative_to(DOCS).with_suffix("")) for path in files} - {"index"}
    assert {name for name in pages if not re.search(rf"^{name}$", first, re.MULTILINE)} == set()
    examples = {path.name for path in (ROOT / "examples" / "gallery").glob("*.py")}
    assert {name for name in examples if f"examples/gallery/{name}" not in reached} == set()
