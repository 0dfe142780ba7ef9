"""How far recommended numbers of topics are from known ones: the table, and going on where a command stopped."""

from importlib import import_module

import pytest

pytestmark = pytest.mark.slow


def test_each_corpus_has_a_line_and_none_is_searched_twice(scripts, run, release, tmp_path, monkeypatch):
    pytest.importorskip("pandas")
    command = import_module("choose_k")
    monkeypatch.setattr(command, "TRUE_NUMBERS", (3,))
    monkeypatch.setattr(command, "WAYS", {"few": {"n_documents": 60, "vocabulary_sizes": 60}})
    arguments = ["--corpora", "drawn", "ec_news", "--grid", 2, 3, 6, "--seeds", 2, "--by-score"]
    arguments += ["--data-home", release, "--results", tmp_path / "results"]
    head, _, *rows = run(command, *arguments)
    assert [row[0] for row in rows] == ["drawn-3-few", "ec_news"]
    for row in rows:
        figures = dict(zip(head, row, strict=True))
        assert int(figures["known"]) == 3
        assert float(figures["ratio"]) == round(int(figures["recommended"]) / 3, 1)
        assert int(figures["by score"]) in (2, 3, 6)

    def never(*arguments, **parameters):
        raise AssertionError("searched again")

    monkeypatch.setattr(command, "search_n_components", never)
    assert run(command, *arguments)[2:] == rows
