"""The page about large corpora: its code runs from top to bottom."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "large_corpora.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_python_code_of_the_page_runs_from_top_to_bottom(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "large_corpora.md", "exec"), names)
    assert len(names["paths"]) == len(names["shards"])
    assert "(200, 8)" in capsys.readouterr().out
