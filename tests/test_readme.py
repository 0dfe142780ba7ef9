"""What the README says is true: its code runs, and what it names exists."""

import re
import tomllib
from pathlib import Path

import pytest

from skxtm.backbones import backbone_names

ROOT = Path(__file__).parents[1]


@pytest.mark.encoder
def test_the_python_code_of_the_readme_runs_from_top_to_bottom(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 3
    names = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    assert names["theta"].shape == (480, 8)
    assert (len(names["info"]), len(names["best"])) == (480, 8 * 2 * 2)
    assert names["rainy"]["en"][0] == ["rain"]
    assert (tmp_path / "topics.html").exists()
    printed = capsys.readouterr().out.splitlines()
    assert "(2, 8)" in printed
    assert printed[-1].startswith("{'en': ['wind', 'rain'")


def test_the_make_targets_of_the_readme_exist():
    targets = re.findall(r"^\$ make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"demo", "test"} <= set(targets)
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_every_extra_and_backbone_of_the_readme_exists():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    (named,) = re.findall(r"The extras are (.*?)\. ", readme, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", named)) == set(extras) - {"test", "dev", "docs"}
    table = readme.partition("### Backbones")[2].partition("Planned")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) <= set(backbone_names())
