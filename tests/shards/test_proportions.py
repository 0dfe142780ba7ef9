"""A folder of topic proportions knows whose they are: a run goes on with its own, and refuses others."""

import json

import numpy as np
import pytest

from skxtm import CrossLingualTopicModel, LLMRefiner
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError, InputTypeError
from skxtm.shards import Shards, transform_to_folder, write_shards

DATA = make_multilingual_corpus(n_documents=60, n_components=3, vocabulary_sizes=30, random_state=0)
BACKBONES = ["corectm", "nmtm", "infoctm", "mcta", "mtanchor"]


def make_model(backbone="corectm", **parameters):
    given = {"lexicon": DATA.lexicon, "random_state": 0, "max_epochs": 2} | parameters
    return CrossLingualTopicModel(3, backbone=backbone, **given).fit(DATA.corpus)


@pytest.fixture(scope="module")
def model():
    return make_model()


@pytest.fixture
def shards(tmp_path):
    return write_shards(DATA.corpus, tmp_path / "shards", n_per_shard=30)


def refusal(model, shards, folder, **options):
    with pytest.raises(InputError) as caught:
        transform_to_folder(model, shards, folder, **options)
    return str(caught.value)


def stacked(paths):
    return np.vstack([np.load(path) for path in paths])


def test_proportions_of_another_model_are_neither_returned_nor_mixed_with_those_of_this_one(
    model, shards, tmp_path
):
    folder = tmp_path / "theta"
    paths = transform_to_folder(model, shards, folder)
    before = stacked(paths)
    other = make_model(random_state=1)
    assert refusal(other, shards, folder) == (
        f"The folder {str(folder)!r} holds proportions of another model. Give another folder, or delete it."
    )
    paths[0].unlink()
    assert "of another model" in refusal(other, shards, folder)
    np.testing.assert_array_equal(stacked(transform_to_folder(model, shards, folder)), before)
    for path in paths:
        path.unlink()
    theta = stacked(transform_to_folder(other, shards, folder))
    np.testing.assert_array_equal(theta, other.transform(DATA.corpus))


def test_proportions_of_other_documents_are_refused_and_so_files_of_more_shards_do_not_stay(
    model, shards, tmp_path
):
    folder = tmp_path / "theta"
    transform_to_folder(model, shards, folder)
    fewer = write_shards(DATA.corpus[::2], tmp_path / "fewer", n_per_shard=30)
    assert refusal(model, fewer, folder) == (
        f"The folder {str(folder)!r} holds proportions of other shards. Give another folder, or delete it."
    )
    assert "of other shards" in refusal(model, shards.take([1, 0, 2, 3]), folder)


def test_corpora_in_memory_are_told_by_their_counts_and_functions_by_their_number(model, tmp_path):
    first, second = DATA.corpus[:30], DATA.corpus[30:]
    transform_to_folder(model, [first, second], tmp_path / "corpora")
    transform_to_folder(model, [DATA.corpus[:30], second], tmp_path / "corpora")
    assert "of other shards" in refusal(model, [second, first], tmp_path / "corpora")
    transform_to_folder(model, [lambda: first], tmp_path / "functions")
    transform_to_folder(model, [lambda: first], tmp_path / "functions")
    assert "of other shards" in refusal(model, [lambda: first] * 2, tmp_path / "functions")


def test_files_of_which_nothing_says_whose_they_are_are_refused(model, shards, tmp_path):
    folder = tmp_path / "theta"
    transform_to_folder(model, shards, folder)
    for content in ("[]", "no json", json.dumps({"model": 1}), None):
        manifest = folder / "proportions.json"
        manifest.unlink() if content is None else manifest.write_text(content)
        assert "without a readable proportions.json" in refusal(model, shards, folder)


def test_tables_with_other_names_of_topics_are_another_thing(model, shards, tmp_path):
    pytest.importorskip("pyarrow")
    folder = tmp_path / "theta"
    transform_to_folder(model, shards, folder)
    assert "in another format" in refusal(model, shards, folder, format="parquet")


@pytest.mark.parametrize("format", ["npy", "parquet"])
@pytest.mark.parametrize("n_bytes", [0, 50, -4])
def test_a_file_that_was_cut_short_is_made_again(format, n_bytes, model, shards, tmp_path):
    if format == "parquet":
        pytest.importorskip("pyarrow")
    paths = transform_to_folder(model, shards, tmp_path / "theta", format=format)
    before = [path.read_bytes() for path in paths]
    paths[1].write_bytes(before[1][:n_bytes])
    transform_to_folder(model, shards, tmp_path / "theta", format=format)
    assert [path.read_bytes() for path in paths] == before


@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_loaded_model_goes_on_where_the_one_that_was_saved_stopped(backbone, shards, tmp_path):
    model = make_model(backbone)
    transform_to_folder(model, shards, tmp_path / "theta")[1].unlink()
    model.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    paths = transform_to_folder(loaded, Shards(tmp_path / "shards"), tmp_path / "theta")
    np.testing.assert_allclose(stacked(paths), loaded.transform(DATA.corpus), atol=1e-6)


def test_topics_that_were_merged_are_another_models(model, shards, tmp_path):
    transform_to_folder(model, shards, tmp_path / "theta")
    assert "of another model" in refusal(model.merge_topics([[0, 1]]), shards, tmp_path / "theta")


def test_what_does_not_read_shards_is_refused_with_what_does(shards, tmp_path):
    with pytest.raises(InputTypeError) as caught:
        transform_to_folder(LLMRefiner(make_model()), shards, tmp_path / "refined")
    assert str(caught.value) == (
        "The 'model' parameter of transform_to_folder must be a CrossLingualTopicModel. Got 'LLMRefiner'. Of an "
        "LLMRefiner give its model_, of a pipeline the step that it is."
    )
    assert not (tmp_path / "refined").exists()
