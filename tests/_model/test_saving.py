"""Saved models are data: they load to the same model, or say what is wrong."""

import copy
import errno
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, load_file, save
from sklearn.base import clone

from skxtm import CrossLingualTopicModel, CrossLingualVectorizer, Lexicon, LLMRefiner
from skxtm._model.state import state_of
from skxtm.backbones import NMTM, InfoCTM
from skxtm.datasets import make_multilingual_corpus
from skxtm.embeddings import AlignedWordEncoder, SentenceTransformerEncoder
from skxtm.exceptions import InputError, ModelFileError

TEXTS = [("rain wind", "en"), ("sun rain", "en"), ("雨 风", "zh"), ("太阳 雨", "zh")]


@pytest.fixture(scope="module")
def data():
    return make_multilingual_corpus(n_documents=40, n_components=3, vocabulary_sizes=30, random_state=0)


@pytest.fixture(scope="module")
def model(data):
    backbone = NMTM(lam=0.7, n_units=8)
    return CrossLingualTopicModel(
        3, backbone=backbone, lexicon=data.lexicon, max_epochs=2, random_state=0
    ).fit(data.corpus)


def test_a_loaded_model_is_the_same_model(data, model, tmp_path):
    model.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.transform(data.corpus), model.transform(data.corpus))
    np.testing.assert_array_equal(loaded.components_, model.components_)
    np.testing.assert_array_equal(loaded.topic_weight_, model.topic_weight_)
    assert loaded.get_topics() == model.get_topics()
    assert loaded.history_ == model.history_
    assert loaded.score(data.corpus) == model.score(data.corpus)
    assert loaded.resources_ == model.resources_ != []
    assert repr(loaded) == repr(model)
    assert loaded.lexicon == model.lexicon


def test_a_loaded_model_can_be_trained_further_and_fitted_anew(data, model, tmp_path):
    model.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    assert state_of(loaded).seed == state_of(model).seed
    assert loaded.partial_fit(data.corpus).n_iter_ == 3
    np.testing.assert_array_equal(loaded.fit(data.corpus).components_, model.components_)


def test_a_model_of_texts_brings_its_vectorizer(tmp_path):
    vectorizer = CrossLingualVectorizer(
        min_df=1,
        max_df=1.0,
        stop_words={"en": ["the"], "zh": None},
        tokenizer={"en": "auto", "zh": "whitespace"},
    )
    lexicon = Lexicon([("雨", "rain")], ("zh", "en"), match="literal")
    model = CrossLingualTopicModel(2, lexicon=[lexicon], vectorizer=vectorizer, max_epochs=1, random_state=0)
    model.fit(TEXTS).save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.transform(TEXTS), model.transform(TEXTS))
    assert loaded.vectorizer.stop_words == {"en": ["the"], "zh": None}


def test_the_vectorizer_of_a_loaded_model_counts_as_in_fit_where_inflections_are_merged(tmp_path):
    texts = ["new inning news used", "us innings rain", "the inn uses rain"]
    vectorizer = CrossLingualVectorizer(
        min_df=1, max_df=1.0, stop_words=["new", "inn"], merge_inflections=True
    )
    documents = [(text, "en") for text in texts]
    model = CrossLingualTopicModel(2, backbone="nmtm", max_epochs=1, vectorizer=vectorizer, random_state=0)
    model.fit(documents).save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model").vectorizer_
    expected = vectorizer.fit_transform(documents).counts
    assert (loaded.transform(documents).counts != expected).nnz == 0


def test_the_columns_of_a_loaded_vectorizer_stand_in_its_own_order_of_languages(tmp_path):
    lexicon = Lexicon([("雨", "rain")], ("zh", "en"), match="literal")
    vectorizer = CrossLingualVectorizer(min_df=1, max_df=1.0, stop_words=None)
    model = CrossLingualTopicModel(
        2, lexicon=lexicon, vectorizer=vectorizer, languages=("zh", "en"), max_epochs=1, random_state=0
    ).fit(TEXTS)
    model.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    assert loaded.languages_ == model.languages_ == ("zh", "en")
    first, second = model.vectorizer_, loaded.vectorizer_
    assert second.languages_ == first.languages_ == ("en", "zh")
    assert second.get_feature_names_out().tolist() == first.get_feature_names_out().tolist()
    assert (second.transform(TEXTS).counts != first.transform(TEXTS).counts).nnz == 0


def test_a_model_of_a_named_count_matrix_keeps_its_columns(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(np.eye(4, 3) + 1, columns=["a", "b", "c"])
    model = CrossLingualTopicModel(2, max_epochs=1, random_state=0).fit(frame)
    model.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.transform(frame), model.transform(frame))
    assert loaded.feature_names_in_.tolist() == ["a", "b", "c"]


def test_what_set_output_chose_is_kept(data, model, tmp_path):
    pandas = pytest.importorskip("pandas")
    chosen = copy.copy(model).set_output(transform="pandas")
    chosen.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    pandas.testing.assert_frame_equal(loaded.transform(data.corpus), chosen.transform(data.corpus))
    edit(lambda said: said["fitted"].pop("output"))(tmp_path / "model")  # as saved before it was kept
    assert isinstance(CrossLingualTopicModel.load(tmp_path / "model").transform(data.corpus), np.ndarray)


@pytest.mark.parametrize("output", ["os.system", 3, ["pandas"]])
def test_an_output_that_scikit_learn_does_not_have_is_refused(model, tmp_path, output):
    message = damaged(model, tmp_path / "model", edit(lambda said: said["fitted"].update(output=output)))
    assert message == (
        f"The saved model gives its output as {output!r}, not as one of ('default', 'pandas', 'polars'). Save it again."
    )


def test_arrays_and_encoders_among_the_parameters_come_back(data, tmp_path):
    words = {code: np.random.default_rng(0).normal(size=(30, 4)) for code in ("en", "zh")}
    clusters = np.arange(80) % 3
    model = CrossLingualTopicModel(
        3,
        lexicon=data.lexicon,
        word_embeddings=AlignedWordEncoder(n_dimensions=7, word_vectors=words),
        document_embeddings=SentenceTransformerEncoder("some/model", revision="main", cache=False),
        clusters=clusters,
        max_epochs=1,
        random_state=0,
    ).fit(data.corpus)
    model.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.clusters, clusters)
    assert loaded.clusters.dtype == clusters.dtype
    assert loaded.word_embeddings.n_dimensions == 7
    for code, vectors in words.items():
        np.testing.assert_array_equal(loaded.word_embeddings.word_vectors[code], vectors)
    assert loaded.document_embeddings.get_params() == model.document_embeddings.get_params()


@pytest.mark.parametrize("by_language", [True, False])
def test_embeddings_of_documents_are_not_saved(data, tmp_path, by_language):
    vectors = np.random.default_rng(0).normal(size=(80, 1000))
    model = CrossLingualTopicModel(3, backbone="xtra", max_epochs=1, random_state=0)
    parts = dict(zip(("en", "zh"), np.split(vectors, 2), strict=True))
    model.document_embeddings = parts if by_language else vectors
    model.fit(data.corpus).save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    assert loaded.document_embeddings is None
    np.testing.assert_array_equal(loaded.transform(data.corpus), model.transform(data.corpus))
    saved = load_file(tmp_path / "model" / "tensors.safetensors")
    assert all(array.shape[:1] not in ((80,), (40,)) for array in saved.values())


@pytest.mark.parametrize("backbone", ["xtra", "gloctm"])
def test_a_loaded_model_is_trained_further_on_embeddings_of_the_same_dimensions_only(
    data, tmp_path, backbone
):
    words = {code: np.random.default_rng(0).normal(size=(30, 4)) for code in ("en", "zh")}
    vectors = np.random.default_rng(0).normal(size=(80, 7))
    model = CrossLingualTopicModel(3, backbone=backbone, word_embeddings=words, max_epochs=1, random_state=0)
    model.set_params(document_embeddings=vectors).fit(data.corpus).save(tmp_path / "model")
    if backbone == "xtra":  # as it was saved when only its own constants knew the number
        edit(lambda description: description.pop("documents"))(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    with pytest.raises(InputError) as caught:
        loaded.set_params(document_embeddings=vectors[:, :6]).partial_fit(data.corpus)
    assert str(caught.value) == (
        "The documents' embeddings have 6 dimensions, but those that training began with have 7. Encode all "
        "documents with the same encoder."
    )
    assert loaded.set_params(document_embeddings=vectors).partial_fit(data.corpus).n_iter_ == 2


def test_saving_again_replaces_the_folder_and_leaves_nothing_beside_it(model, tmp_path):
    model.save(tmp_path / "model")
    model.save(tmp_path / "model")
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]
    assert sorted(entry.name for entry in (tmp_path / "model").iterdir()) == [
        "model.json",
        "tensors.safetensors",
    ]


def test_a_folder_that_is_no_saved_model_is_not_overwritten(model, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("precious")
    with pytest.raises(InputError) as caught:
        model.save(tmp_path / "thesis")
    assert str(caught.value) == (
        f"{tmp_path / 'thesis'} exists and is not a saved model. Choose another path, or remove it first."
    )
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "precious"


@pytest.mark.parametrize(
    "description", ['{"format": "layers-model"}', "[]", "no json", "[" * 100_000, None], ids=range(5)
)
def test_a_folder_of_another_program_with_the_same_file_is_not_overwritten(model, tmp_path, description):
    folder = tmp_path / "web"
    if description is None:  # a model, and more
        model.save(folder)
        (folder / "notes.txt").write_text("precious")
    else:
        folder.mkdir()
        (folder / "model.json").write_text(description)
    before = sorted(folder.iterdir())
    with pytest.raises(InputError) as caught:
        model.save(folder)
    assert str(caught.value) == (
        f"{folder} exists and is not a saved model. Choose another path, or remove it first."
    )
    assert sorted(folder.iterdir()) == before


def test_the_folder_that_python_runs_in_is_not_replaced(model, tmp_path, monkeypatch):
    model.save(tmp_path / "model")
    monkeypatch.chdir(tmp_path / "model")
    for path in (".", tmp_path / "model"):
        with pytest.raises(InputError) as caught:
            model.save(path)
        assert str(caught.value) == (
            f"{path} is the folder that Python runs in, and cannot be replaced. Choose another path."
        )
    assert CrossLingualTopicModel.load(".").languages_ == model.languages_


def test_a_function_among_the_parameters_cannot_be_saved_as_data(tmp_path):
    vectorizer = CrossLingualVectorizer(min_df=1, max_df=1.0, stop_words=None, tokenizer=str.split)
    model = CrossLingualTopicModel(2, vectorizer=vectorizer, max_epochs=1, random_state=0)
    model.fit([("a b", "en"), ("b c", "en")])
    with pytest.raises(InputError) as caught:
        model.save(tmp_path / "model")
    assert str(caught.value) == (
        "The parameter 'vectorizer.tokenizer' holds 'method_descriptor', which cannot be saved as data. Use plain "
        "values, or pickle the model if you trust everybody who will load it; a function must then be one that can be "
        "imported."
    )
    assert not (tmp_path / "model").exists()


class Lengths:
    """An encoder of somebody else."""

    def encode(self, texts):
        return np.array([[len(text), 1.0, 0.5] for text in texts])


def test_an_encoder_of_somebody_else_is_refused_with_what_saves_the_model(tmp_path):
    training = {
        "max_epochs": 1,
        "random_state": 0,
        "vectorizer": CrossLingualVectorizer(min_df=1, max_df=1.0),
    }
    model = CrossLingualTopicModel(2, backbone=InfoCTM(), word_embeddings=Lengths(), **training)
    model.set_params(lexicon=Lexicon([("rain", "雨"), ("sun", "太阳")], ("en", "zh"))).fit(TEXTS)
    with pytest.raises(
        InputError, match=r"\. Only training needs it: set_params\(word_embeddings=None\) first, or"
    ):
        model.save(tmp_path / "model")
    model.set_params(word_embeddings=None).save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.transform(TEXTS), model.transform(TEXTS))

    model = CrossLingualTopicModel(2, backbone="usvd", document_embeddings=Lengths(), **training).fit(TEXTS)
    for _ in range(2):
        with pytest.raises(InputError) as caught:
            model.save(tmp_path / "documents")
        assert "'document_embeddings' holds 'Lengths'" in str(caught.value)
        assert "Fit on vectors as arrays instead, such as Corpus(embedding=...), or pickle" in str(
            caught.value
        )
        model.set_params(document_embeddings=None)


def damaged(model, folder, damage):
    model.save(folder)
    damage(folder)
    with pytest.raises(ModelFileError) as caught:
        CrossLingualTopicModel.load(folder)
    return str(caught.value)


def test_a_truncated_tensor_file_is_noticed(model, tmp_path):
    def truncate(folder):
        file = folder / "tensors.safetensors"
        file.write_bytes(file.read_bytes()[:-100])

    file = tmp_path / "model" / "tensors.safetensors"
    expected = f"{file} is truncated or changed. Save the model again."
    assert damaged(model, tmp_path / "model", truncate) == expected


def test_a_single_flipped_bit_in_the_tensors_is_noticed(model, tmp_path):
    def flip(folder):
        content = bytearray((folder / "tensors.safetensors").read_bytes())
        content[-5] ^= 1
        (folder / "tensors.safetensors").write_bytes(content)

    assert "truncated or changed" in damaged(model, tmp_path / "model", flip)


def test_truncated_json_is_noticed(model, tmp_path):
    def truncate(folder):
        text = (folder / "model.json").read_text(encoding="utf-8")
        (folder / "model.json").write_text(text[: len(text) // 2], encoding="utf-8")

    message = damaged(model, tmp_path / "model", truncate)
    assert message.startswith(f"{tmp_path / 'model' / 'model.json'} is damaged (")
    assert message.endswith("Save the model again.")


def test_json_of_a_hundred_thousand_levels_is_damaged_json(model, tmp_path):
    message = damaged(
        model, tmp_path / "model", lambda folder: (folder / "model.json").write_text("[" * 100_000)
    )
    assert message.startswith(f"{tmp_path / 'model' / 'model.json'} is damaged (maximum recursion depth ")


def test_parts_of_topics_that_are_not_there_make_no_usable_model(tmp_path):
    def move(folder):
        file = folder / "tensors.safetensors"
        tensors = load(file.read_bytes())
        file.write_bytes(save(tensors | {"shaping.parent": tensors["shaping.parent"] + 99}))
        edit(lambda said: said.update(sha256=hashlib.sha256(file.read_bytes()).hexdigest()))(folder)

    data = make_multilingual_corpus(60, n_components=3, random_state=0)
    split = CrossLingualTopicModel(4, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    message = damaged(split.split_topic(0, data.corpus), tmp_path / "model", move)
    assert message.startswith(f"{tmp_path / 'model'} holds no usable model: IndexError: ")


def test_a_missing_file_is_named(model, tmp_path):
    message = damaged(model, tmp_path / "model", lambda folder: (folder / "tensors.safetensors").unlink())
    assert message == (
        f"{tmp_path / 'model'} is not a saved model: tensors.safetensors is missing. Check the path, or save the "
        "model again."
    )


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("text,language\n", encoding="utf-8")
    with pytest.raises(ModelFileError) as caught:
        CrossLingualTopicModel.load(path)
    assert str(caught.value) == (
        f"{path} is a file, not a saved model. Give the folder that CrossLingualTopicModel.save wrote."
    )


@pytest.mark.parametrize("name", ["model.json", "tensors.safetensors"])
def test_a_file_that_may_not_be_read_is_not_called_damaged(model, tmp_path, monkeypatch, name):
    method = "read_text" if name == "model.json" else "read_bytes"
    read = getattr(Path, method)

    def refusing(path, **how):
        if path.name == name:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read(path, **how)

    def refuse(folder):
        monkeypatch.setattr(Path, method, refusing)

    assert damaged(model, tmp_path / "model", refuse) == (
        f"{tmp_path / 'model' / name} cannot be read (Permission denied). Check who may read it, and that it is a "
        "file."
    )


def test_a_link_in_place_of_the_folder_stays_one_and_what_it_leads_to_is_replaced(model, data, tmp_path):
    model.save(tmp_path / "model")
    (tmp_path / "latest").symlink_to(tmp_path / "model")
    other = clone(model).set_params(random_state=1).fit(data.corpus)
    other.save(tmp_path / "latest")
    assert (tmp_path / "latest").is_symlink()
    assert CrossLingualTopicModel.load(tmp_path / "model").random_state == 1
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["latest", "model"]


def test_a_model_of_another_skxtm_that_this_one_cannot_use_names_both(model, tmp_path):
    from skxtm import __version__

    def of_the_future(said):
        said.update(skxtm="99.0")
        said["params"].update(new_thing=1)

    message = damaged(model, tmp_path / "model", edit(of_the_future))
    assert message.startswith(f"{tmp_path / 'model'} holds no usable model: TypeError: ")
    assert message.endswith(
        f"'new_thing'. It was saved by skxtm 99.0, and this is {__version__}: load it with the skxtm that saved it."
    )


def edit(change):
    """Change what a folder says; it then looks as if saved before the JSON held a digest of itself."""

    def apply(folder):
        description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        change(description)
        description.pop("content_sha256")
        (folder / "model.json").write_text(json.dumps(description), encoding="utf-8")

    return apply


def test_a_newer_format_is_named(model, tmp_path):
    from skxtm import __version__

    message = damaged(model, tmp_path / "model", edit(lambda description: description.update(format=99)))
    assert message == (
        f"{tmp_path / 'model'} has format 99; this skxtm {__version__} reads format 1. Load it with the skxtm "
        "that saved it."
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said["fitted"]["vocabularies"]["en"].reverse(),
        lambda said: said["params"].update(n_components=4),
        lambda said: said.update(skxtm="9.9"),
    ],
)
def test_json_that_was_changed_after_it_was_saved_is_noticed(model, tmp_path, change):
    def apply(folder):
        description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        change(description)
        (folder / "model.json").write_text(json.dumps(description), encoding="utf-8")

    assert damaged(model, tmp_path / "model", apply) == (
        f"{tmp_path / 'model' / 'model.json'} was changed after it was saved. Save the model again."
    )


def test_the_same_json_in_other_letters_is_the_same_model(model, tmp_path):
    model.save(tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    description = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(description, indent=2, sort_keys=True), encoding="utf-8")
    assert CrossLingualTopicModel.load(tmp_path / "model").get_topics() == model.get_topics()


def test_a_folder_that_is_replaced_while_it_is_read_is_read_again(model, tmp_path, monkeypatch):
    model.save(tmp_path / "model")
    read_bytes, reads = Path.read_bytes, []

    def replaced_meanwhile(path):
        reads.append(path)
        if len(reads) == 1:
            other = clone(model).set_params(random_state=1).fit(make_multilingual_corpus(20).corpus)
            other.save(tmp_path / "model")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", replaced_meanwhile)
    assert CrossLingualTopicModel.load(tmp_path / "model").random_state == 1
    assert len(reads) == 2


def test_a_folder_that_is_not_there_for_a_moment_is_waited_for(model, tmp_path, monkeypatch):
    model.save(tmp_path / "fresh")
    monkeypatch.setattr("time.sleep", lambda seconds: (tmp_path / "fresh").rename(tmp_path / "model"))
    assert CrossLingualTopicModel.load(tmp_path / "model").get_topics() == model.get_topics()


@pytest.mark.parametrize(
    "change",
    [
        lambda description: description["params"].update(backbone={"kind": "os.system", "params": {}}),
        lambda description: description["params"].update(surprise=1),
        lambda description: description["fitted"].pop("vocabularies"),
        lambda description: description["fitted"].update(vocabularies={"en": ["a"], "zh": ["b"]}),
        lambda description: description["fitted"]["vocabularies"].update(en=["a"] * 30),
        lambda description: description["fitted"]["vocabularies"].update(en=list(range(30))),
        lambda description: description["fitted"]["resources"][0].pop("licence"),
        lambda description: description.update(params=[]),
    ],
)
def test_json_that_was_tampered_with_is_refused_and_nothing_in_it_is_run(model, tmp_path, change):
    damaged(model, tmp_path / "model", edit(change))


def test_a_history_with_gaps_comes_back_with_its_gaps(data, tmp_path):
    model = CrossLingualTopicModel(3, backbone="nmtm", lexicon=data.lexicon, max_epochs=2, random_state=0)
    refiner = LLMRefiner(model.fit(data.corpus), n_words=4, max_epochs=2, random_state=0).fit(data.corpus)
    history = refiner.model_.history_
    assert np.isnan(history["words"]).tolist() == [True, True, False, False]
    refiner.model_.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model").history_
    assert set(loaded) == set(history)
    for name, values in history.items():
        np.testing.assert_array_equal(loaded[name], values)
    assert "NaN" not in (tmp_path / "model" / "model.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("index", [5 * 10**8, -1])
def test_word_numbers_out_of_range_in_the_counts_of_a_model_are_refused(data, tmp_path, index):
    from safetensors.numpy import load, save

    def change(folder):
        tensors = dict(load((folder / "tensors.safetensors").read_bytes()))
        tensors["learnt.counts.0.indices"] = np.full_like(tensors["learnt.counts.0.indices"], index)
        payload = save(tensors)
        (folder / "tensors.safetensors").write_bytes(payload)
        edit(lambda description: description.update(sha256=hashlib.sha256(payload).hexdigest()))(folder)

    model = CrossLingualTopicModel(3, backbone="mtanchor", lexicon=data.lexicon, random_state=0)
    message = damaged(model.fit(data.corpus), tmp_path / "model", change)
    assert message.startswith(f"{tmp_path / 'model'} holds no usable model: ValueError: ")
