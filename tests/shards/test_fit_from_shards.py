"""Models that learn from shards are those that learn from all documents in memory, bit by bit."""

import signal
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from skxtm import Corpus, CrossLingualTopicModel
from skxtm.datasets import make_multilingual_corpus
from skxtm.embeddings import AlignedWordEncoder
from skxtm.exceptions import InputError, UnknownWordsWarning
from skxtm.shards import Shards, transform_to_folder, write_shards

DATA = make_multilingual_corpus(
    n_documents=150, n_components=4, vocabulary_sizes=60, word_concentration=0.02, random_state=0
)


def make_model(**parameters):
    return CrossLingualTopicModel(4, **{"lexicon": DATA.lexicon, "random_state": 0, **parameters})


@cache
def fitted():
    return make_model().fit(DATA.corpus)


@pytest.fixture
def in_memory():
    """One model for all tests, fitted within the first, as another fixture keeps tests from encoders."""
    return fitted()


def split(corpus, n_parts, rng):
    """Cut a corpus into parts of any sizes, its documents in any order."""
    rows = rng.permutation(len(corpus))
    cuts = np.sort(rng.choice(np.arange(1, len(corpus)), n_parts - 1, replace=False))
    return [corpus[part] for part in np.split(rows, cuts)]


def learnt(model):
    """All that a model learnt, as arrays."""
    encoder = model._state.encoders["encoder"]
    public = {"components": model.components_, "topic_weight": model.topic_weight_}
    return public | model._state.constants | encoder._document_arrays()


def assert_same(model, other):
    expected = learnt(other)
    assert learnt(model).keys() == expected.keys()
    for name, array in learnt(model).items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), n_parts=st.sampled_from([1, 2, 16]))
def test_any_division_in_any_order_gives_the_bits_of_the_model_in_memory(in_memory, seed, n_parts):
    shards = split(DATA.corpus, n_parts, np.random.default_rng(seed))
    assert_same(make_model().fit(shards), in_memory)


def test_functions_that_return_documents_are_shards_too(in_memory):
    parts = [DATA.corpus[:100], DATA.corpus[100:]]
    model = make_model().fit([lambda: parts[0], lambda: parts[1]])
    assert_same(model, in_memory)
    assert model.history_ == in_memory.history_
    assert model.resources_ == in_memory.resources_


@pytest.mark.slow
@pytest.mark.parametrize("statistics", [None, False])
def test_two_processes_give_the_same_bits(in_memory, tmp_path, statistics):
    write_shards(DATA.corpus, tmp_path, n_per_shard=70)
    shards = Shards(tmp_path, n_jobs=2, statistics=statistics)
    model = make_model().fit(shards)
    assert_same(model, in_memory)
    whole = in_memory.transform(DATA.corpus)
    np.testing.assert_array_equal(np.vstack(list(model.transform_shards(shards))), whole)
    assert (tmp_path / "statistics").exists() == (statistics is None)


def test_a_saved_model_is_that_of_documents_in_memory_byte_by_byte(in_memory, tmp_path):
    make_model().fit([DATA.corpus[:70], DATA.corpus[70:]]).save(tmp_path / "shards", resumable=True)
    in_memory.save(tmp_path / "memory", resumable=True)
    for name in ("model.json", "tensors.safetensors"):
        assert (tmp_path / "shards" / name).read_bytes() == (tmp_path / "memory" / name).read_bytes()


def test_a_fitted_model_can_be_cloned_and_fitted_again():
    model = make_model().fit([DATA.corpus])
    assert_same(clone(model).fit([DATA.corpus]), model)


def test_empty_documents_count_for_topic_weights_as_in_memory():
    blank = np.zeros((3, 120), dtype=int)
    empty = Corpus(["en", "zh", "zh"], counts=blank, vocabularies=DATA.corpus.vocabularies)
    message = "3 of 303 documents hold no word of the vocabulary"
    with pytest.warns(UnknownWordsWarning, match=message):
        whole = make_model().fit(Corpus.concatenate([DATA.corpus, empty]))
    with pytest.warns(UnknownWordsWarning, match=message):
        assert_same(make_model().fit([DATA.corpus, empty]), whole)


def test_a_shard_may_lack_a_language_and_topics_may_begin_at_words():
    seeds = {"first": [DATA.corpus.vocabularies["en"][3]]}
    parts = [DATA.corpus[DATA.corpus.rows_of(code)] for code in ("zh", "en")]
    assert_same(make_model(seed_topics=seeds).fit(parts), make_model(seed_topics=seeds).fit(DATA.corpus))


def test_counts_that_are_no_whole_numbers_are_named_with_their_shard():
    corpus = DATA.corpus
    halves = {code: corpus.counts_of(code) * 0.5 for code in corpus.languages}
    weights = Corpus.from_counts(halves, corpus.vocabularies)
    for shard, name in ((weights, "Shard 1"), (lambda: weights, "What the function of shard 1 returned")):
        with pytest.raises(InputError) as caught:
            make_model().fit([corpus, shard])
        assert str(caught.value) == (
            f"{name} cannot be used. The shard holds counts that are no whole numbers, which cannot be summed in any "
            "order. Give counts of words, not weights of them."
        )


def test_common_components_are_not_learnt_from_shards():
    encoder = AlignedWordEncoder(remove_common=1, random_state=0)
    with pytest.raises(InputError, match=r"^remove_common of AlignedWordEncoder needs all documents at once"):
        make_model(word_embeddings=encoder).fit([DATA.corpus])


@pytest.mark.parametrize("method", ["transform", "fit_transform", "partial_fit", "score"])
def test_what_needs_documents_in_memory_refuses_shards(in_memory, method):
    model = make_model() if "fit" in method else in_memory
    with pytest.raises(InputError, match=r"^X is in shards, which only fit and transform_shards of"):
        getattr(model, method)([DATA.corpus])


def test_only_topic_proportions_that_are_missing_are_written(in_memory, tmp_path):
    shards = write_shards(DATA.corpus, tmp_path / "shards", n_per_shard=100)
    paths = transform_to_folder(in_memory, shards, tmp_path / "theta")
    theta = np.vstack([np.load(path) for path in paths])
    np.testing.assert_array_equal(theta, in_memory.transform(DATA.corpus))
    written = times_written(tmp_path / "theta")
    assert transform_to_folder(in_memory, shards, tmp_path / "theta") == paths
    assert times_written(tmp_path / "theta") == written
    missing = paths[1]
    missing.unlink()
    transform_to_folder(in_memory, shards, tmp_path / "theta")
    np.testing.assert_array_equal(np.vstack([np.load(path) for path in paths]), theta)
    again = times_written(tmp_path / "theta")
    assert {path for path in paths if again[path] != written[path]} == {missing}


def test_documents_of_another_vocabulary_are_refused(in_memory):
    other = make_multilingual_corpus(n_documents=20, vocabulary_sizes=50, random_state=0).corpus
    with pytest.raises(InputError, match=r"^The vocabulary of 'en' in X"):
        next(in_memory.transform_shards([other]))


@pytest.mark.parametrize("backbone", ["usvd", "mtanchor"])
def test_any_backbone_reads_documents_in_shards(backbone):
    model = make_model(backbone=backbone).fit(DATA.corpus)
    thetas = list(model.transform_shards([DATA.corpus[:70], DATA.corpus[70:]]))
    np.testing.assert_allclose(np.vstack(thetas), model.transform(DATA.corpus), rtol=1e-5)


def times_written(folder):
    return {path: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_a_fit_that_stopped_goes_on_from_finished_shards(in_memory, tmp_path):
    shards = write_shards(DATA.corpus, tmp_path, n_per_shard=50)
    last = tmp_path / "000005.npz"
    whole = last.read_bytes()
    middle = len(whole) // 2
    last.write_bytes(whole[:middle] + bytes(40) + whole[middle + 40 :])
    with pytest.raises(InputError, match=r"000005\.npz' is damaged"):
        make_model().fit(shards)
    kept = times_written(tmp_path / "statistics")
    assert len(kept) == 5
    last.write_bytes(whole)
    assert_same(make_model().fit(shards), in_memory)
    assert times_written(tmp_path / "statistics").items() >= kept.items()


def test_statistics_that_are_damaged_are_made_anew(in_memory, tmp_path):
    shards = write_shards(DATA.corpus, tmp_path, n_per_shard=150)
    make_model().fit(shards)
    for path in (tmp_path / "statistics").iterdir():
        path.write_bytes(b"nothing")
    assert_same(make_model().fit(shards), in_memory)


def test_statistics_of_a_shard_that_changed_are_not_used(tmp_path):
    shards = write_shards(DATA.corpus, tmp_path / "shards", n_per_shard=150)
    make_model().fit(shards)
    write_shards(DATA.corpus[::-1], tmp_path / "reversed", n_per_shard=150)
    n_kept = len(times_written(tmp_path / "shards" / "statistics"))
    first, last = (tmp_path / "shards" / name for name in ("000000.npz", "000001.npz"))
    first.write_bytes((tmp_path / "reversed" / "000001.npz").read_bytes())
    assert first.stat().st_size == shards._parts[0].n_bytes
    make_model().fit(shards)
    assert len(times_written(tmp_path / "shards" / "statistics")) > n_kept
    assert last.exists()


PROGRAM = """
import sys, time
import skxtm._model.shard_sums as sums
from skxtm import CrossLingualTopicModel, Lexicon
from skxtm.shards import Shards

count_words, n_read = sums.count_words, 0

def slow(corpus, argument):
    global n_read
    n_read += 1
    if n_read == 3:
        print("third shard", flush=True)
        time.sleep(600)
    return count_words(corpus, argument)

slow.__name__ = "count_words"
sums.count_words = slow
shards = Shards(sys.argv[1])
lexicon = Lexicon(list(zip(*map(list, shards.vocabularies.values()))), ("en", "zh"), match="literal")
CrossLingualTopicModel(4, lexicon=lexicon, random_state=0).fit(shards)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal")
def test_a_process_that_is_killed_loses_one_shard_at_most(in_memory, tmp_path):
    shards = write_shards(DATA.corpus, tmp_path, n_per_shard=50)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "third shard\n"
        process.send_signal(signal.SIGKILL)
    kept = times_written(tmp_path / "statistics")
    assert len(kept) == 2
    assert_same(make_model().fit(shards), in_memory)
    assert times_written(tmp_path / "statistics").items() >= kept.items()
