"""Networks that are trained from shards are those of documents in memory, bit by bit, and hold no counts."""

import errno
import mmap
import os
from io import FileIO
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

import skxtm._model.shard_sums as shard_sums
import skxtm.shards._mapping as mapping
from skxtm import Corpus, CrossLingualTopicModel, LLMRefiner
from skxtm.backbones import NMTM, USVD, CoreCTM, InfoCTM
from skxtm.backbones.nmtm import NMTMNetwork
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError, InterruptedWarning, TrainingError, UnknownWordsWarning
from skxtm.shards import Shards, write_shards
from skxtm.shards._mapping import mapped_counts
from skxtm.training import batches
from skxtm.training.loop import Trainer

DATA = make_multilingual_corpus(
    n_documents=150, n_components=4, vocabulary_sizes=60, word_concentration=0.02, random_state=0
)


def make_model(backbone="nmtm", **parameters):
    settings = {"lexicon": DATA.lexicon, "random_state": 0, "max_epochs": 2, "batch_size": 16}
    return CrossLingualTopicModel(4, backbone=backbone, **settings | parameters)


def in_parts(corpus, n_parts):
    return [corpus[rows] for rows in np.array_split(np.arange(len(corpus)), n_parts)]


def saved(model, folder):
    """All that a model learnt, as bytes, with what training needs to go on."""
    model.save(folder, resumable=True)
    return {name: (folder / name).read_bytes() for name in ("model.json", "tensors.safetensors")}


def assert_same(model, other, folder):
    np.testing.assert_array_equal(model.components_, other.components_)
    assert saved(model, folder / "first") == saved(other, folder / "second")


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch):
    """Counts are sent in several chunks, as those of large corpora are."""
    monkeypatch.setattr(batches, "_CHUNK", 3)


@pytest.fixture
def given_to_training(monkeypatch):
    """What a trainer is given, matrix by matrix, while it may do with it what it is told to."""
    seen, train = {}, Trainer.train

    def watched(trainer, counts, n_epochs, **parameters):
        seen["counts"], seen["streamed"] = counts, parameters.get("streamed")
        seen.get("then", lambda: None)()
        train(trainer, counts, n_epochs, **parameters)

    monkeypatch.setattr(Trainer, "train", watched)
    return seen


@pytest.mark.parametrize("n_parts", [1, 2, 5])
@pytest.mark.parametrize("backbone", [NMTM(), InfoCTM(), CoreCTM(weight_reconstruction=1.0)], ids=repr)
def test_any_division_in_their_order_gives_the_bits_of_the_network_in_memory(backbone, n_parts, tmp_path):
    model = make_model(backbone).fit(in_parts(DATA.corpus, n_parts))
    assert_same(model, make_model(backbone).fit(DATA.corpus), tmp_path)
    assert len(model.history_["loss"]) == model.n_iter_ == 2


def test_normalisations_that_are_settled_after_training_have_the_same_bits(tmp_path):
    backbone = InfoCTM(batch_norm_momentum=None, n_encoder_passes=2, dropout=0.2)
    model = make_model(backbone).fit(in_parts(DATA.corpus, 3))
    assert_same(model, make_model(backbone).fit(DATA.corpus), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("statistics", [None, False])
def test_two_processes_give_the_same_bits(tmp_path, statistics):
    write_shards(DATA.corpus, tmp_path / "shards", n_per_shard=70)
    shards = Shards(tmp_path / "shards", n_jobs=2, statistics=statistics)
    expected = make_model("infoctm").fit(DATA.corpus)
    model = make_model("infoctm").fit(shards)
    assert_same(model, expected, tmp_path)
    whole = expected.transform(DATA.corpus)
    np.testing.assert_array_equal(np.vstack(list(model.transform_shards(shards))), whole)


def test_documents_without_a_known_word_take_no_part_in_training_as_in_memory(tmp_path):
    blank = Corpus(["en", "zh"], counts=np.zeros((2, 120), dtype=int), vocabularies=DATA.corpus.vocabularies)
    parts = [DATA.corpus[:100], blank, DATA.corpus[100:]]
    message = "2 of 302 documents hold no word of the vocabulary"
    with pytest.warns(UnknownWordsWarning, match=message):
        whole = make_model().fit(Corpus.concatenate(parts))
    with pytest.warns(UnknownWordsWarning, match=message):
        assert_same(make_model().fit(parts), whole, tmp_path)


def test_a_shard_may_lack_a_language(tmp_path):
    parts = [DATA.corpus[DATA.corpus.rows_of(code)] for code in ("zh", "en")]
    assert_same(make_model().fit(parts), make_model().fit(DATA.corpus), tmp_path)


def test_a_language_without_a_known_word_is_named_as_in_memory():
    known = DATA.corpus[DATA.corpus.rows_of("en")]
    blank = Corpus(["zh"], counts=np.zeros((1, 120), dtype=int), vocabularies=DATA.corpus.vocabularies)
    with (
        pytest.warns(UnknownWordsWarning),
        pytest.raises(InputError, match=r"^X holds no document in 'zh' with a known word\."),
    ):
        make_model().fit([known, blank])


def owner_of(array):
    """Object whose memory an array shows."""
    while isinstance(array, (np.ndarray, memoryview)):
        array = array.base if isinstance(array, np.ndarray) else array.obj
    return array


def test_training_is_given_counts_that_lie_on_disk_in_files_without_names(tmp_path, given_to_training):
    shards = write_shards(DATA.corpus, tmp_path, n_per_shard=70)
    named = []

    def look():
        for block in given_to_training["counts"]:
            for array in (block.data, block.indices, block.indptr):
                assert isinstance(owner_of(array), mmap.mmap)
                assert array.dtype == np.int32
        named.extend(path.suffix for path in (tmp_path / "statistics").iterdir())

    given_to_training["then"] = look
    make_model("infoctm").fit(shards)
    assert given_to_training["streamed"]
    assert set(named) == {".npz"}


def stop_by(error):
    raise error


@pytest.mark.parametrize("error", [None, KeyboardInterrupt(), TrainingError("It diverged.")], ids=repr)
def test_counts_on_disk_are_gone_after_a_fit_however_it_ends(tmp_path, given_to_training, error):
    shards = write_shards(DATA.corpus, tmp_path, n_per_shard=70)
    if error is None:
        make_model().fit(shards)
    else:
        given_to_training["then"] = lambda: stop_by(error)
        with pytest.raises(type(error)):
            make_model().fit(shards)
    for block in given_to_training["counts"]:
        assert block.shape == (0, 60)
        assert block.nnz == len(block.indices) == 0
    assert {path.suffix for path in (tmp_path / "statistics").iterdir()} == {".npz"}
    maps = Path("/proc/self/maps")
    assert not maps.exists() or str(tmp_path) not in maps.read_text()


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_what_stops_the_writing_leaves_nothing_behind(tmp_path, monkeypatch, error):
    shards = write_shards(DATA.corpus, tmp_path, n_per_shard=70)
    listed = []

    def stopped(corpus, languages):
        listed.append({path.suffix for path in (tmp_path / "statistics").iterdir()})
        if len(listed) == 3:
            raise error
        return known_rows(corpus, languages)

    known_rows = mapping.known_rows
    monkeypatch.setattr(mapping, "known_rows", stopped)
    with pytest.raises(error):
        make_model().fit(shards)
    assert listed == [{".npz"}] * 3
    assert {path.suffix for path in (tmp_path / "statistics").iterdir()} == {".npz"}


def test_a_training_that_is_interrupted_leaves_a_usable_model(monkeypatch, tmp_path):
    def interrupted_in_the_second_epoch(documents):
        calls, train_epoch = [], Trainer.train_epoch

        def stopped(trainer, *arguments, **parameters):
            calls.append(None)
            if len(calls) == 2:
                raise KeyboardInterrupt
            train_epoch(trainer, *arguments, **parameters)

        with monkeypatch.context() as patch:
            patch.setattr(Trainer, "train_epoch", stopped)
            with pytest.warns(InterruptedWarning):
                return make_model().fit(documents)

    model = interrupted_in_the_second_epoch(in_parts(DATA.corpus, 2))
    assert_same(model, interrupted_in_the_second_epoch(DATA.corpus), tmp_path)
    assert model.n_iter_ == 1


def test_a_shard_that_was_damaged_after_its_words_were_counted_is_named(tmp_path):
    shards = write_shards(DATA.corpus, tmp_path, n_per_shard=70)
    make_model().fit(shards)
    path = tmp_path / "000002.npz"
    times, whole = path.stat(), path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes(40) + whole[middle + 40 :])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(InputError, match=r"000002\.npz' is damaged: .* write it again\.$"):
        make_model().fit(shards)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("in_files", [True, False])
def test_a_full_disk_is_told_with_what_to_do(tmp_path, monkeypatch, in_files):
    shards = write_shards(DATA.corpus, tmp_path) if in_files else Shards([DATA.corpus])
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: FileIO("/dev/full", "w+"))
    with pytest.raises(InputError) as caught:
        make_model().fit(shards)
    where = repr(str(tmp_path / "statistics")) if in_files else "the folder of temporary files"
    assert str(caught.value) == (
        f"The counts of all documents, by which a network is trained, cannot be written into {where} "
        f"({os.strerror(errno.ENOSPC)}). Up to 0.0 GB are needed: make room, or give another folder, of shards in "
        "files by Shards(..., statistics='path'), else by the environment variable TMPDIR."
    )


def test_counts_beyond_32_bits_are_mapped_with_wider_types():
    totals = {code: np.full(60, 2.0**33) for code in ("en", "zh")}
    with mapped_counts(Shards(in_parts(DATA.corpus, 3)), totals) as counts:
        for code, block in zip(totals, counts, strict=True):
            assert block.data.dtype == block.indices.dtype == block.indptr.dtype == np.int64
            assert all(isinstance(owner_of(part), mmap.mmap) for part in (block.data, block.indices))
            assert (block != DATA.corpus.counts_of(code)).nnz == 0
            assert isinstance(block[np.array([3, 1])], sparse.csr_array)


class CountsInPrepare(NMTM):
    """A backbone of somebody else, which looks at documents before it is trained."""

    def prepare(self, shape, materials):
        self.__class__.shapes = [block.shape for block in materials.counts]
        return super().prepare(shape, materials)


def test_a_backbone_of_somebody_else_sees_all_documents():
    make_model(CountsInPrepare()).fit(in_parts(DATA.corpus, 2))
    assert CountsInPrepare.shapes == [(150, 60), (150, 60)]


def scaled(scale):
    """A backbone of somebody else, as its author edits it: parameters and weights say nothing of `scale`."""

    class ScaledNetwork(NMTMNetwork):
        def encode(self, counts, language, generator=None):
            mean, logvar = super().encode(counts, language, generator)
            return mean * (1 if self.training else scale), logvar

    class Scaled(NMTM):
        def build(self, shape, constants):
            return ScaledNetwork(self, shape, constants)

    return Scaled()


def test_topics_are_weighed_anew_when_the_code_of_a_backbone_of_somebody_else_changed(tmp_path):
    shards = write_shards(DATA.corpus, tmp_path / "shards", n_per_shard=100)
    for scale in (1, 20):
        model = make_model(scaled(scale)).fit(shards)
        np.testing.assert_allclose(model.topic_weight_, model.transform(DATA.corpus).mean(0), atol=1e-6)


def test_pairs_of_words_are_counted_only_where_vectors_are_learnt_from_them(monkeypatch):
    monkeypatch.setattr(shard_sums, "cooccurrences", lambda block: stop_by(AssertionError("counted")))
    make_model("nmtm").fit([DATA.corpus])
    vectors = {code: np.eye(60, dtype=np.float32) for code in ("en", "zh")}
    make_model("infoctm", word_embeddings=vectors).fit([DATA.corpus])
    with pytest.raises(AssertionError, match="counted"):
        make_model("infoctm").fit([DATA.corpus])


class Augmented(NMTM):
    """Makes further counts of all documents."""

    def augment(self, constants, counts):
        return tuple(counts)


_EMBEDDINGS = "embeddings of documents, which shards do not hold"


@pytest.mark.parametrize(
    ("backbone", "name", "what"),
    [
        ("xtra", "XTRA", _EMBEDDINGS),
        ("gloctm", "GloCTM", _EMBEDDINGS),
        ("usvd", "USVD", _EMBEDDINGS),
        (CoreCTM(view="documents"), "CoreCTM", _EMBEDDINGS),
        ("mtanchor", "MTAnchor", "all documents at once"),
        ("mcta", "MCTA", "all documents at once"),
        (Augmented(), "Augmented", "all documents at once"),
    ],
)
def test_a_backbone_that_needs_more_of_documents_than_counts_says_so(backbone, name, what):
    with pytest.raises(InputError) as caught:
        make_model(backbone, max_epochs=None).fit([lambda: DATA.corpus])
    assert str(caught.value) == (
        f"Backbone {name!r} as it is set learns from {what}. In shards, use backbone='nmtm', 'infoctm', or "
        "'corectm' without view='documents'; or fit on a sample in memory."
    )


class FromSums(USVD):
    """An array backbone that says it learns from sums, which only networks do."""

    needs = frozenset({"word_vectors"})

    def learns_from_sums(self):
        return True


def test_a_backbone_without_a_network_is_refused_whatever_it_says():
    with pytest.raises(InputError, match=r"^Backbone 'FromSums' as it is set learns from "):
        make_model(FromSums()).fit(in_parts(DATA.corpus, 2))


def test_a_refiner_refuses_shards_before_anything_is_learnt_from_them(monkeypatch):
    monkeypatch.setattr(CrossLingualTopicModel, "fit", lambda model, X: stop_by(AssertionError("fitted")))
    with pytest.raises(InputError, match=r"^X is in shards, which only fit and transform_shards of"):
        LLMRefiner(make_model()).fit([DATA.corpus])
