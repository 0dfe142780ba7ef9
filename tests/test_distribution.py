"""The wheel holds all that the package needs, the source distribution all that is tracked."""

import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import skxtm

ROOT = Path(__file__).parents[1]


def test_every_file_of_the_package_that_is_not_code_is_package_data(tracked_files):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    package = ROOT / "skxtm"
    patterns = project["tool"]["setuptools"]["package-data"]["skxtm"]
    data = {path for pattern in patterns for path in package.glob(pattern)}
    others = {ROOT / name for name in tracked_files if name.startswith("skxtm/") and name[-3:] != ".py"}
    assert {path.name for path in others - data} == set()
    assert {"py.typed", "page.css", "page.js"} <= {path.name for path in data}


def test_the_citation_names_the_version_and_the_authors_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {skxtm.__version__}\n" in citation
    assert f"\nlicense: {project['license']}\n" in citation
    assert all(f"- name: {author['name']}\n" in citation for author in project["authors"])


@pytest.mark.slow
def test_wheel_and_source_distribution_hold_what_they_must(tmp_path, tracked_files):
    pytest.importorskip("setuptools")
    for name in tracked_files:
        (tmp_path / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / "copy" / name)
    program = "import sys; from setuptools import build_meta as b; b.build_sdist('..'); b.build_wheel('..')"
    built = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path / "copy", capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr

    stem = f"skxtm-{skxtm.__version__}"
    with zipfile.ZipFile(tmp_path / f"{stem}-py3-none-any.whl") as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
        metadata = wheel.read(f"{stem}.dist-info/METADATA").decode()
    assert held == {name for name in tracked_files if name.startswith("skxtm/")}
    assert "License-Expression: Apache-2.0" in metadata

    with tarfile.open(tmp_path / f"{stem}.tar.gz") as source:
        held = {name.partition("/")[2] for name in source.getnames()}
    hidden = {name for name in tracked_files if name.startswith(".")}
    assert tracked_files - hidden - held == set()
