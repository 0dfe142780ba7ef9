"""The versions that a report of a problem shows."""

import importlib
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import skxtm

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
COMPOSED = ("all", "test", "dev")
module = importlib.import_module("skxtm._optional")


def declared():
    extras = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
    return {
        re.split("[^\\w.-]", requirement)[0] + (f" [{extra}]" if extra else "")
        for extra, requirements in extras.items()
        if extra not in COMPOSED
        for requirement in requirements
    }


@pytest.fixture
def printed(capsys):
    def run():
        skxtm.show_versions()
        return dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())

    return run


def test_versions_are_shown_of_python_the_package_and_everything_that_it_declares(printed):
    torch = importlib.import_module("torch")
    versions = printed()
    assert set(versions) == declared() | {"python", "platform", "skxtm", "torch threads", "CUDA device"}
    assert versions["skxtm"] == skxtm.__version__
    assert torch.__version__.startswith(versions["torch"])  # with or without the kind of build
    assert versions["torch threads"] == str(torch.get_num_threads())
    assert versions["scikit-learn"] == importlib.import_module("sklearn").__version__


def test_packages_that_are_not_installed_are_shown_as_such(printed, monkeypatch):
    version = metadata.version
    absent = {name for name, shown in printed().items() if shown == "not installed"}

    def without_openai(package):
        if package == "openai":
            raise metadata.PackageNotFoundError(package)
        return version(package)

    monkeypatch.setattr(module.metadata, "version", without_openai)
    versions = printed()
    assert {name for name, shown in versions.items() if shown == "not installed"} == absent | {"openai [llm]"}
    assert "openai [llm]" not in absent


def test_a_folder_that_is_not_installed_shows_its_version_all_the_same(printed, monkeypatch):
    def unknown(package):
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(module.metadata, "requires", unknown)
    versions = printed()
    assert list(versions) == ["python", "platform", "skxtm", "torch threads", "CUDA device"]
    assert versions["skxtm"] == skxtm.__version__


def test_the_name_of_a_cuda_device_is_shown(printed, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "NVIDIA Something")
    assert printed()["CUDA device"] == "NVIDIA Something"
