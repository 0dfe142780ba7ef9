"""Lexicons that were asked for, on a tiny release: the table, and going on where a command was stopped."""

import json
from importlib import import_module
from types import SimpleNamespace

import pytest

from skxtm import Lexicon

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::skxtm.exceptions.AbsentWordsWarning"),  # the reference is tiny
]


@pytest.fixture
def command(scripts, monkeypatch):
    module = import_module("asked_lexicons")
    monkeypatch.setattr(module, "SIZES", (10, 20))
    monkeypatch.setattr(module, "N_COMPONENTS", 3)
    return module


def test_each_lexicon_has_a_line_and_no_fit_is_made_twice(command, run, release, tmp_path, monkeypatch):
    chinese_english = Lexicon.read(release / "lexicons" / "zh-en.tsv")
    lines = [f"{english}\t{chinese}\n" for chinese, english in chinese_english][:15]
    recorded = tmp_path / "recorded"
    recorded.mkdir()
    (recorded / "ec_news-en-zh.tsv").write_text("".join(lines), encoding="utf-8")
    arguments = [
        "--data-home",
        release,
        "--recorded",
        recorded,
        "--results",
        tmp_path / "results",
        "--seeds",
        2,
    ]
    rows = [line for line in run(command, *arguments) if len(line) == 6][1:]
    names = ["released", "asked-10", "asked-15", "released-and-asked-15"]
    n_pairs = [len(chinese_english), 10, 15, len(chinese_english)]
    assert [line[:2] for line in rows] == [list(row) for row in zip(names, map(str, n_pairs), strict=True)]
    kept = sorted((tmp_path / "results").glob("*.json"))
    assert len(kept) == 8
    assert set(json.loads(kept[0].read_text())) == set(command.QUALITY)

    def never(*arguments, **parameters):
        raise AssertionError("fitted again")

    monkeypatch.setattr(command, "CrossLingualTopicModel", never)
    assert [line for line in run(command, *arguments) if len(line) == 6][1:] == rows


def test_all_words_that_were_answered_are_read(command):
    answers = "".join(f"en{number}\tzh{number}\n" for number in range(1300))
    evaluation = SimpleNamespace(setup=SimpleNamespace(languages=("en", "zh")))
    assert len(command.asked(answers, [f"en{number}" for number in range(1300)], evaluation)) == 1300
