"""What CONTRIBUTING.md says is true: its backbone is written to a file, installed, checked, fitted, saved and loaded."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "CONTRIBUTING.md"
BLOCKS = re.findall(r"```(python|toml)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def is_file(code):
    return re.match(r"# (\w+\.py)\n", code)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A folder with the files of the guide, installed as its pyproject.toml says."""
    folder = tmp_path_factory.mktemp("package")
    for language, code in BLOCKS:
        if language == "python" and is_file(code):
            (folder / is_file(code)[1]).write_text(code, encoding="utf-8")
    (project,) = (tomllib.loads(code)["project"] for language, code in BLOCKS if language == "toml")
    info = folder / "embedded_topics-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: embedded-topics\nVersion: 1.0\n")
    groups = project["entry-points"]
    lines = [f"[{group}]\n{name} = {value}\n" for group in groups for name, value in groups[group].items()]
    (info / "entry_points.txt").write_text("".join(lines))
    return folder


@pytest.mark.slow
def test_the_first_backbone_is_checked_fitted_named_saved_and_loaded(package):
    script = "".join(code for language, code in BLOCKS if language == "python" and not is_file(code))
    assert "check_backbone(ETM())" in script
    script += (
        "from skxtm.metrics import purity_score\n"
        "print(type(loaded.backbone_).__name__, *theta.shape, purity_score(train.labels, theta.argmax(1)))\n"
        "print(*model.history_['loss'])\n"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=package,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(package)]), "PYTHONUTF8": "1"},
    )
    assert result.returncode == 0, result.stderr
    *topics, found, losses = result.stdout.splitlines()
    assert [len(topic.split()) for topic in topics] == [12] * 8
    name, n_documents, n_components, purity = found.split()
    assert (name, n_documents, n_components) == ("ETM", "480", "8")
    assert float(purity) > 0.28  # of a thousand divisions at random the best has 0.23
    losses = [float(loss) for loss in losses.split()]
    assert len(losses) == 5
    assert losses[-1] < losses[0]


def test_links_and_files_that_the_guide_names_exist():
    text = re.sub(r"```.*?```", "", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    named = re.findall(r"`((?:skxtm|tests)/[\w/.]+)`", text) + re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert len(named) >= 5
    assert [name for name in named if not (ROOT / name).exists()] == []
