"""Shards on disk and elsewhere: what is written is read, and what is wrong is named."""

import gc
import json
import warnings
import zipfile

import numpy as np
import pytest
from scipy.sparse import csr_array

from skxtm import Corpus
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError, InputTypeError
from skxtm.shards import Shards, as_shards, write_shards
from skxtm.shards._files import read_arrays
from skxtm.shards._format import block_from_arrays, block_to_arrays, small_integers

CORPUS = make_multilingual_corpus(n_documents=30, vocabulary_sizes=[20, 25], random_state=0).corpus
OTHER = make_multilingual_corpus(n_documents=5, vocabulary_sizes=9, random_state=0).corpus


def assert_same_rows(corpus, expected):
    assert corpus.language.tolist() == expected.language.tolist()
    np.testing.assert_array_equal(corpus.counts.toarray(), expected.counts.toarray())


@pytest.mark.parametrize("n_per_shard", [1, 7, 1000])
def test_documents_are_read_as_they_were_written_in_their_order(tmp_path, n_per_shard):
    mixed = CORPUS[np.random.default_rng(0).permutation(len(CORPUS))]
    shards = write_shards(mixed, tmp_path, n_per_shard=n_per_shard)
    assert len(shards) == -(-len(mixed) // n_per_shard)
    assert_same_rows(Corpus.concatenate(shards), mixed)
    assert_same_rows(Corpus.concatenate(Shards(tmp_path)[:1]), mixed[:n_per_shard])


def test_a_generator_of_corpora_is_written_piece_by_piece(tmp_path):
    shards = write_shards(
        (CORPUS[start : start + 25] for start in range(0, 60, 25)), tmp_path, n_per_shard=20
    )
    assert [len(shard) for shard in shards] == [20, 5, 20, 5, 10]
    assert_same_rows(Corpus.concatenate(shards), CORPUS)


def test_counts_take_as_few_bytes_as_the_largest_needs():
    assert small_integers(np.array([0, 255])).dtype == np.uint8
    assert small_integers(np.array([256.0])).dtype == np.uint16
    assert small_integers(np.array([], dtype=np.int64)).dtype == np.uint8


def test_counts_that_are_no_whole_numbers_are_refused(tmp_path):
    corpus = Corpus.from_counts({"en": csr_array([[0.5, 1.0]])}, {"en": ["rain", "sun"]})
    with pytest.raises(InputError) as caught:
        write_shards(corpus, tmp_path)
    assert str(caught.value) == (
        "Part 0 holds counts that are no whole numbers, which cannot be summed in any order. Give counts of "
        "words, not weights of them."
    )


def test_parts_with_other_vocabularies_are_refused_and_leave_no_folder_of_shards(tmp_path):
    message = "^Part 1 has other vocabularies than the parts before it, or none"
    with pytest.raises(InputError, match=message):
        write_shards([CORPUS, OTHER], tmp_path)
    with pytest.raises(InputError, match=r"holds no shards\.json, so that it is none of shards, or was not"):
        Shards(tmp_path)


def test_a_folder_that_holds_shards_is_not_written_over(tmp_path):
    write_shards(CORPUS, tmp_path)
    with pytest.raises(InputError, match=r"holds shards already\. Delete it, or give another path\.$"):
        write_shards(CORPUS, tmp_path)


def test_a_missing_shard_is_named_before_any_is_read(tmp_path):
    write_shards(CORPUS, tmp_path, n_per_shard=20)
    (tmp_path / "000001.npz").unlink()
    with pytest.raises(InputError) as caught:
        Shards(tmp_path)
    path = str(tmp_path / "000001.npz")
    remedy = "Put the file back, or make the shards anew without it."
    assert str(caught.value) == f"The shard {path!r} is missing. {remedy}"


def test_a_truncated_shard_is_named_before_any_is_read(tmp_path):
    write_shards(CORPUS, tmp_path, n_per_shard=20)
    path = tmp_path / "000002.npz"
    n_bytes = path.stat().st_size
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError) as caught:
        Shards(tmp_path)
    assert str(caught.value) == (
        f"The shard {str(path)!r} is damaged: it has 100 bytes, not {n_bytes:,}. Put a whole copy in its place, "
        "or write it again."
    )


@pytest.mark.parametrize("place", [0.02, 0.3, 0.5, 0.7, 0.98])
def test_a_shard_with_other_bytes_is_damaged_or_reads_the_same(tmp_path, place):
    shards = write_shards(CORPUS, tmp_path)
    path = tmp_path / "000000.npz"
    content = bytearray(path.read_bytes())
    start = int(place * len(content))
    for position in range(start, start + 8):
        content[position] ^= 0x5A
    path.write_bytes(content)
    try:
        corpus = shards[0]
    except InputError as error:
        told = str(error)
    else:
        told = f"{path} write it again"
        assert_same_rows(corpus, CORPUS)
    assert str(path) in told
    assert "write it again" in told


@pytest.mark.parametrize("written", [b"PK\x03\x04 and no more", None])
def test_a_file_that_holds_no_arrays_is_damaged_and_not_left_open(tmp_path, written):
    path = tmp_path / "a.npz"
    if written is None:
        with path.open("wb") as file:
            np.save(file, np.arange(3))
    else:
        path.write_bytes(written)

    def refuse():
        with pytest.raises(InputError, match="is damaged: "):
            read_arrays(path)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        refuse()
        gc.collect()
    assert not caught


def test_a_kept_matrix_with_a_column_number_out_of_range_is_refused():
    arrays = block_to_arrays("en", csr_array([[0, 2], [1, 0]])) | {"indices.en": np.array([0, 10**6])}
    with pytest.raises(ValueError, match=r"must be < 2$"):
        block_from_arrays("en", arrays, 2)


def test_a_shard_of_other_vocabularies_is_refused(tmp_path):
    shards = write_shards(CORPUS, tmp_path / "own")
    write_shards(OTHER, tmp_path / "other")
    foreign = (tmp_path / "other" / "000000.npz").read_bytes()
    path = tmp_path / "own" / "000000.npz"
    n_missing = path.stat().st_size - len(foreign)
    path.write_bytes(foreign)
    with zipfile.ZipFile(path, "a") as file:  # as long as the one that was there
        file.comment = bytes(n_missing)
    with pytest.raises(InputError, match=r"000000\.npz' has other vocabularies than shards\.json beside it"):
        shards[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "is of format 'other', not 'skxtm shards 1'"),
        (
            {"shards": [{"name": "../x.npz", "n_documents": 1, "n_bytes": 1}]},
            "which is outside of its folder",
        ),
        ({"shards": [{"name": 3}]}, "does not say what shards there are"),
        ({"shards": []}, "^There are no shards"),
        ({"vocabularies": 3}, "does not say what shards there are"),
        ({"vocabularies": {"en": ["rain", "rain"]}}, r"vocabularies\['en'\] holds 'rain' more than once"),
        ({"vocabularies": {"en": ["rain", 3]}}, r"vocabularies\['en'\] is 'int', not a string"),
    ],
)
def test_an_index_that_is_none_is_refused(tmp_path, change, message):
    write_shards(CORPUS, tmp_path)
    path = tmp_path / "shards.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        Shards(tmp_path)


@pytest.mark.parametrize("text", ["{", "[" * 100_000])
def test_an_index_that_is_no_json_is_refused(tmp_path, text):
    write_shards(CORPUS, tmp_path)
    (tmp_path / "shards.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"shards\.json' cannot be read: "):
        Shards(tmp_path)


def test_shards_that_disagree_are_refused_before_work():
    with pytest.raises(
        InputError, match=r"^Shard 1 has other vocabularies than the shards before it, or none"
    ):
        Shards([CORPUS, OTHER])
    with pytest.raises(InputError, match=r"^What the function of shard 1 returned has other vocabularies"):
        list(Shards([CORPUS, lambda: OTHER]))
    with pytest.raises(
        InputTypeError,
        match=r"^What the function of shard 1 returned cannot be read\. X is 'int', from which",
    ):
        list(Shards([CORPUS, lambda: 3]))


@pytest.mark.parametrize("source", [3, CORPUS, [CORPUS, 3], {"a": CORPUS}])
def test_what_is_no_sequence_of_shards_is_refused(source):
    with pytest.raises(InputTypeError, match=r"^Shards must be given as the path of a folder"):
        Shards(source)


def test_shards_of_texts_and_of_counts_are_not_mixed():
    texts = Corpus(["en"], text=["rain"])
    with pytest.raises(InputError) as caught:
        Shards([texts, Corpus(["en"])])
    assert str(caught.value) == (
        "Shard 1 has no texts, as the shards before it have. Give texts in all shards."
    )
    with pytest.raises(
        InputError, match=r"^Shard 1 has other vocabularies than the shards before it, or none"
    ):
        Shards([CORPUS, texts])


def test_shards_are_told_from_documents():
    assert as_shards(CORPUS) is None
    assert as_shards([("rain", "en")]) is None
    assert as_shards([]) is None
    shards = Shards([CORPUS])
    assert as_shards(shards) is shards
    assert len(as_shards((CORPUS, lambda: CORPUS))) == 2


@pytest.mark.parametrize("statistics", ["kept", True])
def test_statistics_are_kept_only_of_shards_in_files(statistics):
    with pytest.raises(InputError, match=r"^The 'statistics' parameter of Shards must be a path or False"):
        Shards([CORPUS], statistics=statistics)


def test_a_disk_that_is_full_leaves_no_half_shard(tmp_path, monkeypatch):
    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        write_shards(CORPUS, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "ids", [["é\ud800", "", "c"], [3, -1, 2**62], np.array([1, 2, 3], dtype=np.uint8), ["a"] * 3]
)
def test_ids_of_documents_are_kept(tmp_path, ids):
    rows = CORPUS[:3]
    corpus = Corpus(rows.language, counts=rows.counts, vocabularies=rows.vocabularies, id=ids)
    assert write_shards(corpus, tmp_path)[0].id.tolist() == list(ids)


@pytest.mark.parametrize("ids", [["a", 1, 2], [0.5, 1.0, 2.0], [2**70, 1, 2], [None, None, None]])
def test_ids_that_are_neither_strings_nor_whole_numbers_are_refused(tmp_path, ids):
    rows = CORPUS[:3]
    corpus = Corpus(rows.language, counts=rows.counts, vocabularies=rows.vocabularies, id=ids)
    with pytest.raises(InputError) as caught:
        write_shards(corpus, tmp_path)
    assert str(caught.value) == (
        "Part 0 holds ids that are neither all strings nor all whole numbers of 64 bits, and cannot be written. "
        "Make strings of them."
    )
