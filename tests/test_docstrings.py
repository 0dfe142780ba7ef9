"""Docstrings of every public object, by the rules that pyproject.toml selects in [tool.numpydoc_validation]."""

import importlib
import inspect
import pkgutil
import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

import skxtm

validation = pytest.importorskip("numpydoc.validate")
docscrape = pytest.importorskip("numpydoc.docscrape")

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"

#: Torch code, where a docstring of one line may do without sections.
INNER_PACKAGES = ("skxtm.backbones.", "skxtm.losses.", "skxtm.modules.", "skxtm.training.")


def public_modules():
    names = [module.name for module in pkgutil.walk_packages(skxtm.__path__, "skxtm.")]
    return [name for name in names if not any(part.startswith("_") for part in name.split("."))]


def public_objects():
    """Functions, classes, methods and properties that public modules define, by name."""
    found = {}
    for module_name in public_modules():
        for name, value in vars(importlib.import_module(module_name)).items():
            is_kind = inspect.isclass(value) or inspect.isfunction(value)
            if is_kind and not name.startswith("_") and value.__module__ == module_name:
                found[f"{module_name}.{name}"] = value
                if inspect.isclass(value):
                    found |= public_members(value, f"{module_name}.{name}")
    return found


def public_members(cls, prefix):
    kinds = (property, classmethod, staticmethod)
    return {
        f"{prefix}.{name}": value
        for name, value in vars(cls).items()
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, kinds))
    }


def selected_checks():
    """Codes as numpydoc reads them: "all" with further codes means all but these."""
    checks = set(tomllib.loads(PYPROJECT.read_text("utf-8"))["tool"]["numpydoc_validation"]["checks"])
    return set(validation.ERROR_MSGS) - checks if "all" in checks else checks


def waived_checks(name, value, docstring):
    if is_dataclass(value) and {field.name for field in fields(value)} <= described_attributes(docstring):
        return {"PR01"}
    if getattr(value, "_is_protocol", False):  # nobody calls the constructor that typing gives it
        return {"PR01"}
    if name.startswith(INNER_PACKAGES) and "\n" not in docstring.strip():
        return {"PR01", "RT01"}
    return set()


def described_attributes(docstring):
    listed = docscrape.NumpyDocString(docstring)["Attributes"]
    return {name.strip() for attribute in listed for name in attribute.name.split(",")}


OBJECTS = public_objects()


def test_public_objects_are_found():
    expected = ["skxtm.corpus.container.Corpus", "skxtm.corpus.container.Corpus.from_counts"]
    assert [name for name in expected if name not in OBJECTS] == []


@pytest.mark.parametrize("name", OBJECTS)
def test_docstring_follows_numpydoc(name):
    result = validation.validate(name)
    checked = selected_checks() - waived_checks(name, OBJECTS[name], result["docstring"])
    assert [error for error in result["errors"] if error[0] in checked] == []
