"""Ratings that wait for a language model: what it is to be asked about topics that are committed."""

import json
import shutil
from importlib import import_module
from pathlib import Path

import pytest

RATINGS = Path(__file__).parents[2] / "benchmarks" / "ratings"
MODELS = {"corectm", "svd_lr", "usvd"}


@pytest.fixture
def copied(tmp_path):
    shutil.copytree(RATINGS / "cells", tmp_path / "cells")
    return tmp_path


def rate(folder, batch):
    command = ["rate", "--results", str(folder), "--model", "gpt-4o-mini", "--batch", str(batch)]
    return import_module("reproduce").main([*command, "--runs", "1", "--scale", "published"])


def lines(batch):
    return {line for path in batch.glob("requests-*.jsonl") for line in path.read_bytes().splitlines()}


def test_the_committed_requests_are_those_that_the_command_writes_of_the_committed_topics(copied, capsys):
    assert rate(copied, copied / "batch") == 1
    assert lines(copied / "batch") == lines(RATINGS / "batch")
    missing = [line.split()[3] for line in capsys.readouterr().err.splitlines() if " are missing" in line]
    asked_about = {tuple(name.split("-")[:2]) for name in missing}
    assert asked_about == {(corpus, name) for corpus in ("ec_news", "rakuten_amazon") for name in MODELS}


def test_answers_to_the_committed_requests_become_ratings_of_every_model(copied):
    shutil.copytree(RATINGS / "batch", copied / "batch")
    answers = [
        json.dumps({"custom_id": json.loads(line)["custom_id"], "content": "3"})
        for line in lines(copied / "batch")
    ]
    (copied / "batch" / "answers.jsonl").write_text("\n".join(answers), encoding="utf-8")
    assert rate(copied, copied / "batch") == 0
    results = import_module("_cells").Results(copied)
    (rater,) = import_module("_rating").raters(results)
    for cell in results.finished():
        ratings = import_module("_rating").read_ratings(results, rater, [cell["name"]], "alignment")
        assert (ratings.mean, ratings.values.shape) == (3, (1, 50, 1))
