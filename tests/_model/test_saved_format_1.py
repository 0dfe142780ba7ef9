"""Folders that an earlier version saved still load, and give what they gave then.

Topic proportions are computed in double precision and rounded to single, so that they are the same bits on the
machine that saved them. Elsewhere the sums of other versions of BLAS and torch may round to the neighbouring
number: hence 1e-6. Training is in single precision and draws noise, of which torch 2.4 makes other last bits:
hence `TRAINED`, which is far less than what a training differs by that has lost its past.
"""

import json
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import sparse

from skxtm import Corpus, CrossLingualTopicModel
from skxtm.backbones import backbone_names
from skxtm.exceptions import ModelFileError

FOLDER = Path(__file__).parent / "saved_format_1"
LANGUAGES = ("en", "zh")
TRAINED = 3e-3
BACKBONES = ("corectm", "gloctm", "infoctm", "mcta", "mtanchor", "nmtm", "svd_lr", "usvd", "xtra")

pytestmark = pytest.mark.filterwarnings("ignore::skxtm.exceptions.UnknownWordsWarning")


@pytest.fixture(scope="module")
def saved():
    with np.load(FOLDER / "documents.npz") as arrays:
        return dict(arrays)


def corpus_of(saved, kind):
    counts = {code: sparse.csr_array(saved[f"{kind}.{code}"]) for code in LANGUAGES}
    words = {code: saved[f"words.{code}"].astype(object) for code in LANGUAGES}
    return Corpus.from_counts(counts, words)


def assert_as_then(model, saved, name):
    theta = model.transform(corpus_of(saved, "counts"))
    np.testing.assert_allclose(theta, saved[f"theta.{name}"], rtol=0, atol=1e-6)


def off_when_resumed(saved):
    model = CrossLingualTopicModel.load(FOLDER / "resumable").partial_fit(corpus_of(saved, "trained"))
    return np.abs(model.transform(corpus_of(saved, "counts")) - saved["theta.resumed"]).max()


def test_there_is_a_folder_of_every_backbone_of_that_time():
    folders = {path.parent.name for path in FOLDER.glob("*/*.json")}
    assert folders == {*BACKBONES, "resumable", "texts"}
    assert set(BACKBONES) <= set(backbone_names())


@pytest.mark.parametrize("name", [*BACKBONES, "resumable"])
def test_a_folder_saved_by_an_earlier_version_gives_the_same_proportions(saved, name):
    model = CrossLingualTopicModel.load(FOLDER / name)
    assert_as_then(model, saved, name)
    for proportions in model.topic_word_.values():
        np.testing.assert_allclose(proportions.sum(1), 1, rtol=1e-6)


@pytest.mark.parametrize("name", BACKBONES)
def test_a_word_more_or_less_than_the_topics_have_is_refused(name, tmp_path):
    folder = shutil.copytree(FOLDER / name, tmp_path / name)
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    words = description["fitted"]["vocabularies"]["en"]
    for changed in (words[1:], [*words, "another"]):
        description["fitted"]["vocabularies"]["en"] = changed
        (folder / "model.json").write_text(json.dumps(description), encoding="utf-8")
        with pytest.raises(ModelFileError):
            CrossLingualTopicModel.load(folder)


def test_what_an_earlier_version_saved_can_be_saved_again(saved, tmp_path):
    for name in BACKBONES:
        CrossLingualTopicModel.load(FOLDER / name).save(tmp_path / name)
        assert_as_then(CrossLingualTopicModel.load(tmp_path / name), saved, name)


def test_training_begun_by_an_earlier_version_goes_on_as_it_would_have_then(saved):
    assert off_when_resumed(saved) < TRAINED
    assert np.abs(saved["theta.resumed"] - saved["theta.resumable"]).max() > 3 * TRAINED


def test_training_that_lost_the_moments_of_its_optimiser_would_be_noticed(saved, monkeypatch):
    monkeypatch.setattr(torch.optim.Optimizer, "load_state_dict", lambda self, state: None)
    assert off_when_resumed(saved) > 3 * TRAINED


def test_a_model_of_texts_brings_the_vectorizer_that_an_earlier_version_fitted(saved):
    texts = runpy.run_path(FOLDER / "make.py")["TEXTS"]
    model = CrossLingualTopicModel.load(FOLDER / "texts")
    np.testing.assert_allclose(model.transform(texts), saved["theta.texts"], rtol=0, atol=1e-6)


def test_anchors_that_an_earlier_version_chose_can_be_changed():
    model = CrossLingualTopicModel.load(FOLDER / "mtanchor")
    first = model.anchors_[0]["en"]
    model.update_anchors(1, {"en": first})
    assert model.anchors_[1]["en"] == first
