"""The page about large corpora: its code runs from top to bottom."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "large_corpora.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.slow
def test_the_python_code_of_the_page_runs_from_top_to_bottom(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in BLOCKS:
        if "distributed" not in block:
            exec(compile(block, "large_corpora.md", "exec"), names)
    assert len(names["paths"]) == len(names["shards"])
    assert "(200, 8)" in capsys.readouterr().out


@pytest.mark.slow
def test_the_line_for_a_cluster_runs(monkeypatch, tmp_path):
    pytest.importorskip("distributed", reason="the package distributed is not installed")
    monkeypatch.chdir(tmp_path)
    first, *_, last = BLOCKS
    names = {"__name__": "__main__"}
    for block in (first, last):
        exec(compile(block, "large_corpora.md", "exec"), names)
    assert (names["clustered"].components_ == names["model"].components_).all()
