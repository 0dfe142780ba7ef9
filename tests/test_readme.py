"""The README's Python runs as it stands."""

import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_the_python_of_the_readme_runs_and_classifies(capsys):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 2
    namespace: dict[str, object] = {}
    for block in blocks:
        exec(block, namespace)
    assert namespace["theta"].shape == (8, 2)
    topics, prediction = capsys.readouterr().out.strip().split("\n")
    assert topics.count("'zh'") == 2
    assert set(re.findall(r"\w+", prediction)) <= {"weather", "sport"}
