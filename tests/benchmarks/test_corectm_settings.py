"""The choice of CoreCTM's settings by training documents alone."""

import shutil
from importlib import import_module

import numpy as np
import pytest
from scipy import sparse

from skxtm.backbones import CoreCTM
from skxtm.metrics import AlignedReference, cnpmi_score


@pytest.fixture(scope="module")
def command(scripts):
    return import_module("corectm_settings")


@pytest.fixture
def training_only(release, tmp_path):
    """The release without its test documents and its reference."""
    home = tmp_path / "data"
    shutil.copytree(release, home, ignore=shutil.ignore_patterns("test_*", "reference"))
    return home


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # few documents, no classes
def test_settings_are_ranked_by_training_documents_alone_and_none_is_measured_twice(
    command, training_only, tmp_path, monkeypatch, run
):
    arguments = ("--data-home", training_only, "--corpora", "ec_news", "--draws", 2, "--splits", 0)
    kept = ("--json", tmp_path / "kept.json")
    head, _, *rows = run(command, *arguments, *kept)
    assert len(rows) == 3
    settings = [dict(zip(head, map(float, row), strict=True)) for row in rows]
    assert command.BEFORE in [{name: row[name] for name in command.GRID} for row in settings]
    assert [row["ranks"] for row in settings] == sorted(row["ranks"] for row in settings)
    monkeypatch.setattr(command, "measure", None)
    assert run(command, *arguments, *kept)[2:] == rows


def test_the_defaults_are_among_the_settings_of_the_documented_command(command):
    defaults = CoreCTM().get_params()
    assert {name: defaults[name] for name in command.GRID} in command.drawn(60)


def test_pairs_of_words_are_scored_as_cnpmi_scores_them(command):
    rng = np.random.default_rng(0)
    occurs = sparse.csr_array((rng.random((30, 8)) < 0.4).astype(np.float32))
    words = [f"w{number}" for number in range(8)]
    reference = AlignedReference({"en": occurs, "de": occurs}, {"en": words, "de": words})
    expected = cnpmi_score([{"en": words[:3], "de": words[3:6]}], reference, n_words=3)
    assert command.npmi(occurs, [0, 1, 2], [3, 4, 5]).mean() == pytest.approx(expected)
    assert command.npmi(occurs, [2], [2]) == 1


def test_a_held_out_translation_is_not_one_that_the_model_knows(command, training_only):
    split = command.divide("ec_news", training_only, 0)
    first, second = split.train.languages
    vocabularies = split.train.vocabularies
    known = split.lexicon.matrix(vocabularies[first], vocabularies[second], first, second)
    assert split.bridge.nnz > 0
    assert split.bridge.multiply(known).nnz == 0
    n_held_out = [len(split.held_out.rows_of(code)) for code in (first, second)]
    assert n_held_out == [12, 12]
