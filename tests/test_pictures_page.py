"""The page about pictures: its code runs from top to bottom."""

import re
from pathlib import Path

import pytest

import skxtm.plotting

PAGE = (Path(__file__).parents[1] / "docs" / "pictures.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::skxtm.exceptions.FontWarning")  # what fonts there are differs
def test_the_python_code_of_the_page_runs_from_top_to_bottom(monkeypatch, tmp_path):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pyplot, "show", lambda: pytest.fail("show was called"))
    pyplot.switch_backend("Agg")
    names = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "pictures.md", "exec"), names)
    assert len(pyplot.get_fignums()) == 8
    assert (tmp_path / "words.png").stat().st_size > 1000
    for number in pyplot.get_fignums():
        pyplot.figure(number).canvas.draw()
    pyplot.close("all")


def test_every_display_is_on_the_page():
    table = PAGE.partition("\n## ")[0]
    missing = [name for name in skxtm.plotting.__all__ if f"`{name}." not in table]
    assert missing == []
