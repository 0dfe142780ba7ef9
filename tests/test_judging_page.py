"""The page about judging: its code runs from top to bottom, and it tells of every measure."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

import skxtm.metrics
from skxtm.llm import ScriptedChat
from skxtm.metrics import judge_topics

PAGE = (Path(__file__).parents[1] / "docs" / "judging.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_python_code_of_the_page_runs_from_top_to_bottom(monkeypatch, tmp_path, capsys):
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "judging.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "240 requests to send, 0 answered from the cache" in printed
    assert printed.count("TopicJudgement(") == 5
    assert "have no answer yet" in printed
    assert (
        len((tmp_path / "to-be-answered" / "requests-1.jsonl").read_text(encoding="utf-8").splitlines()) == 84
    )


def test_every_measure_is_on_the_page_with_its_limit_and_what_guessing_gives():
    table = PAGE.partition("\n## ")[0]
    made = [name for name in skxtm.metrics.__all__ if name.endswith("_questions")]
    assert [name for name in made if f"`{name}(" not in table] == []
    topics = [{"en": [f"{theme}{k}" for k in range(10)]} for theme in ("rain", "goal", "bank", "vote")]
    X, theta = [("rain1 rain2", "en")] * 4, [[0.7, 0.2, 0.1, 0.0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    for name in made:
        of_documents = (X,) if name in ("topic_intrusion_questions", "document_fit_questions") else ()
        how = {"theta": theta} if of_documents else {}
        asked = getattr(skxtm.metrics, name)(topics, *of_documents, **how)
        (line, *_) = [line for line in table.splitlines() if f"`{name}(" in line]
        *_, guessing, fault = line.strip("| ").split(" | ")
        assert judge_topics(asked, ScriptedChat(lambda request: "1")).chance == pytest.approx(
            float(Fraction(guessing))
        )
        assert fault.startswith(f"{'below' if asked.greater_is_better else 'above'} {asked.limit:g}")
