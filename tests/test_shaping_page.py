"""The page about topics shaped by hand: its code runs from top to bottom."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "shaping.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.encoder
def test_the_python_code_of_the_page_runs_from_top_to_bottom(capsys):
    names = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "shaping.md", "exec"), names)
    model = names["model"]
    assert len(model.components_) == 8
    assert model.topic_names_[0] == "the largest"
    assert "health" in capsys.readouterr().out
