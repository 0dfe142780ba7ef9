"""Parameters come back from data as they were, whatever plain values users pass."""

import json
import os
import pickle
import subprocess
import sys
from collections import deque
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load, save

from skxtm import CrossLingualTopicModel, CrossLingualVectorizer, Lexicon
from skxtm._model.encoding import decode, encode
from skxtm.exceptions import InputError, ModelFileError
from skxtm.lexicons import SourcedLexicon

TEXTS = [("the rain the wind", "en"), ("the sun the rain", "en"), ("the wind", "en")]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
hashables = st.recursive(
    scalars, lambda part: st.tuples(part, part) | st.frozensets(part, max_size=3), max_leaves=5
)
arrays = hnp.arrays(
    st.sampled_from([np.dtype(kind) for kind in ("?", "i1", "<i4", ">i8", "u2", "<f2", "<f4", ">f8")]),
    hnp.array_shapes(max_dims=2, max_side=3),
)
plain = st.recursive(
    hashables | arrays | st.sets(hashables, max_size=3),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=3), part, max_size=3),
    max_leaves=6,
)


def round_trip(value):
    tensors = {}
    written = json.dumps(encode(value, "value", tensors)).encode()
    arrays = load(save({name: np.ascontiguousarray(array) for name, array in tensors.items()}))
    return decode(json.loads(written), arrays)


def same(first, second):
    if isinstance(first, np.ndarray):
        return (
            isinstance(second, np.ndarray)
            and first.dtype == second.dtype.newbyteorder(first.dtype.byteorder)
            and np.array_equal(first, second, equal_nan=first.dtype.kind == "f")
        )
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return list(first) == list(second) and all(same(first[key], second[key]) for key in first)
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(same, first, second))
    return repr(first) == repr(second) or first == second or isinstance(first, (set, frozenset))


@settings(max_examples=100, deadline=None)
@given(plain)
def test_plain_values_come_back_as_they_were(value):
    assert same(value, round_trip(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array(3), 3),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array(["a", "b"], dtype=object), ["a", "b"]),
        (pd.Series(["a", "b"]), ["a", "b"]),
        (pd.Index(["a", "b"]), ["a", "b"]),
        (deque(["a", "b"]), ["a", "b"]),
        ({"a": 1, "b": 2}.keys(), ["a", "b"]),
        (Path("words") / "zh-en.tsv", "words/zh-en.tsv"),
        (MappingProxyType({"en": frozenset({"the"})}), {"en": frozenset({"the"})}),
        ({"en": {"the", "a"}}, {"en": {"the", "a"}}),
        ("half a character: \udce9", "half a character: \udce9"),
    ],
    ids=lambda value: type(value).__name__,  # repr has addresses, which differ between processes
)
def test_what_users_pass_in_place_of_plain_values_comes_back_as_plain_values(value, expected):
    found = round_trip(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "value",
    [
        1j,
        np.complex64(1),
        b"a",
        np.datetime64("2020-01-01"),
        np.longdouble(1),
        np.ones(2, dtype=np.longdouble),
        np.array([object()]),
        {1: "a"},
        {Lexicon([("a", "b")], ("en", "de"))},
        np.random.RandomState(np.random.PCG64(0)),
        pd.DataFrame({"a": [1]}),
        iter("ab"),
        CrossLingualTopicModel,
    ],
    ids=lambda value: type(value).__name__,  # repr has addresses, which differ between processes
)
def test_what_cannot_be_data_is_refused_by_name(value):
    with pytest.raises(InputError) as caught:
        round_trip(value)
    assert str(caught.value).startswith("The parameter 'value' holds '")
    assert "which cannot be saved as data. Use plain values, or pickle the model" in str(caught.value)


def test_a_lexicon_with_its_sources_comes_back_as_the_lexicon():
    lexicon = Lexicon([("déšť", "rain")], ("cs", "en"))
    assert round_trip(SourcedLexicon(lexicon, (), 1)) == lexicon


def test_a_table_of_words_comes_back_as_vectors_by_word():
    vectors = round_trip(pd.DataFrame(np.eye(2), index=["rain", "wind"]))
    assert same(vectors, {"rain": np.array([1.0, 0.0]), "wind": np.array([0.0, 1.0])})


def test_a_source_of_randomness_goes_on_where_it_stood():
    source = np.random.RandomState(3)
    source.normal(size=5)
    np.testing.assert_array_equal(round_trip(source).normal(size=7), source.normal(size=7))


@pytest.mark.parametrize("pos", [10**9, -1, 625, 1.5, None])
def test_a_source_of_randomness_that_stands_nowhere_is_refused(pos):
    tensors = {}
    written = encode(np.random.RandomState(3), "value", tensors)
    written["state"]["state"]["pos"] = pos
    with pytest.raises(ModelFileError) as caught:
        decode(written, tensors)
    assert str(caught.value) == "A random_state of the saved model is damaged. Save the model again."


@pytest.mark.parametrize(
    "key", [np.zeros(623, dtype=np.uint32), np.zeros(624), np.zeros((624, 1), np.uint32)]
)
def test_a_source_of_randomness_with_another_key_is_refused(key):
    written = encode(np.random.RandomState(3), "value", {})
    with pytest.raises(ModelFileError):
        decode(written, {"param.value": key})


def make_model():
    vectorizer = CrossLingualVectorizer(
        min_df=1, max_df=1.0, stop_words={"en": {"the", "and", "of"}}, clean=frozenset({"url", "markup"})
    )
    return CrossLingualTopicModel(
        2, vectorizer=vectorizer, max_epochs=1, random_state=np.random.RandomState(0)
    )


def test_a_model_with_sets_of_stop_words_is_saved_and_loaded(tmp_path):
    model = make_model().fit(TEXTS)
    model.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    assert loaded.vectorizer.stop_words == {"en": {"the", "and", "of"}}
    assert loaded.vectorizer.clean == frozenset({"url", "markup"})
    np.testing.assert_array_equal(loaded.transform(TEXTS), model.transform(TEXTS))
    assert loaded.random_state.randint(100) == model.random_state.randint(100)


@pytest.mark.slow
def test_the_bytes_of_sets_do_not_change_from_run_to_run(tmp_path):
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_encoding as it; "
        "it.make_model().fit(it.TEXTS).save(sys.argv[1])"
    )
    written = set()
    for seed in range(2):
        folder = tmp_path / str(seed)
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        subprocess.run([sys.executable, "-c", program, str(folder)], check=True, env=environment)
        written.add((folder / "model.json").read_bytes())
    assert len(written) == 1


def test_half_a_character_is_refused_as_a_word_and_comes_back_as_a_stop_word(tmp_path):
    with pytest.raises(InputError, match="holds a lone surrogate, half a character, in row 0"):
        CrossLingualTopicModel(1).fit([("rain \ud800", "en")])
    vectorizer = CrossLingualVectorizer(min_df=1, max_df=1.0, stop_words=["\ud800"])
    model = CrossLingualTopicModel(2, vectorizer=vectorizer, max_epochs=1, random_state=0).fit(TEXTS)
    model.save(tmp_path / "model")
    assert CrossLingualTopicModel.load(tmp_path / "model").vectorizer.stop_words == ["\ud800"]


class TestLexicons:
    LEXICON = Lexicon([("cat", "猫"), ("dog", "犬"), ("dog", "狗")], ("en", "zh"), match="literal")

    def saved(self, tmp_path):
        model = CrossLingualTopicModel(2, lexicon=self.LEXICON, random_state=0)
        texts = [("cat dog cat", "en"), ("猫 犬 狗", "zh")] * 6
        vectorizer = CrossLingualVectorizer(tokenizer="whitespace", min_df=1, max_df=1.0)
        model.set_params(vectorizer=vectorizer).fit(texts).save(tmp_path / "model")
        return texts, tmp_path / "model"

    def test_pairs_are_read_when_they_are_needed_and_not_for_new_documents(self, tmp_path, monkeypatch):
        texts, folder = self.saved(tmp_path)
        read = []
        monkeypatch.setattr(
            "skxtm._model.encoding._lexicon_pairs", lambda text: read.append(1) or list(self.LEXICON)
        )
        model = CrossLingualTopicModel.load(folder)
        model.transform(texts)
        model.get_topics()
        assert (model.lexicon.languages, model.lexicon.match) == (("en", "zh"), "literal")
        assert read == []
        assert model.lexicon == self.LEXICON
        assert len(model.lexicon) == 3
        assert read == [1]

    def test_a_lexicon_that_was_not_read_yet_can_be_pickled(self, tmp_path):
        _, folder = self.saved(tmp_path)
        lexicon = CrossLingualTopicModel.load(folder).lexicon
        assert pickle.loads(pickle.dumps(lexicon)) == self.LEXICON

    @pytest.mark.parametrize("text", [b"{", b"[1, 2]", b'[["a"], ["b", "c"]]', b"\xff"])
    def test_damage_is_said_when_the_pairs_are_read(self, text):
        value = {"kind": "lexicon", "languages": ["en", "zh"], "match": "normal", "tensor": "pairs"}
        lexicon = decode(value, {"pairs": np.frombuffer(text, dtype=np.uint8)})
        with pytest.raises(ModelFileError, match=r"A lexicon of the saved model is damaged \(.*\). Save the"):
            len(lexicon)
