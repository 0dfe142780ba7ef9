import hashlib
import os
import pickle
import sqlite3
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from skxtm import CrossLingualTopicModel
from skxtm.datasets import load_sample
from skxtm.embeddings import UniversalSentenceEncoder
from skxtm.embeddings._cache import (
    FILE_NAME,
    EmbeddingCache,
    EmbeddingSpace,
    cached_vectors,
    default_cache_folder,
)
from skxtm.exceptions import InputError

SPACE = EmbeddingSpace("some-model", "main")

WRITER = """
import sys, time
from pathlib import Path
import numpy as np
from skxtm.embeddings._cache import EmbeddingCache, EmbeddingSpace

folder, number = Path(sys.argv[1]), int(sys.argv[2])
(folder / f"ready-{number}").touch()
while not (folder / "start").exists():
    time.sleep(0.001)
cache = EmbeddingCache(folder / "cache")
for start in range(50 * number, 50 * number + 200, 5):
    texts = [f"text {row}" for row in range(start, start + 5)]
    vectors = np.arange(start, start + 5, dtype=np.float32)[:, np.newaxis] * np.ones(3, np.float32)
    cache.put_many(EmbeddingSpace("some-model", "main"), texts, vectors)
"""


@pytest.fixture
def cache(tmp_path):
    return EmbeddingCache(tmp_path)


def test_what_is_put_is_got_bit_by_bit(cache):
    vectors = np.random.default_rng(0).normal(size=(1500, 7)).astype(np.float32)
    texts = [f"text {row}" for row in range(1500)]
    cache.put_many(SPACE, texts, vectors)
    found = EmbeddingCache(cache.folder).get_many(SPACE, texts)
    np.testing.assert_array_equal(np.stack([found[text] for text in texts]), vectors)
    assert all(vector.dtype == np.float32 for vector in found.values())


def test_only_known_texts_are_got(cache):
    cache.put_many(SPACE, ["rain", ""], np.eye(2, dtype=np.float32))
    assert sorted(cache.get_many(SPACE, ["sun", "", "rain", "rain"])) == ["", "rain"]
    assert cache.get_many(SPACE, []) == {}


def test_a_cache_that_was_never_written_knows_nothing_and_leaves_no_file(tmp_path):
    cache = EmbeddingCache(tmp_path / "absent")
    assert cache.get_many(SPACE, ["rain"]) == {}
    assert not cache.folder.exists()


@pytest.mark.parametrize(
    "other",
    [
        EmbeddingSpace("other-model", "main"),
        EmbeddingSpace("some-model", "2f3a"),
        EmbeddingSpace("some-model", "main", "prompt:query: "),
        EmbeddingSpace("some-modelmain", ""),
    ],
)
def test_another_model_revision_or_kind_has_vectors_of_its_own(cache, other):
    cache.put_many(SPACE, ["rain"], np.ones((1, 2), dtype=np.float32))
    cache.put_many(other, ["rain"], np.zeros((1, 2), dtype=np.float32))
    assert cache.get_many(SPACE, ["rain"])["rain"].tolist() == [1, 1]
    assert cache.get_many(other, ["rain"])["rain"].tolist() == [0, 0]


def test_the_key_is_the_hash_of_each_part_behind_its_length():
    parts = [b"some-model", b"main", b"", "雨".encode()]
    expected = hashlib.sha256(b"".join(len(part).to_bytes(8, "little") + part for part in parts)).digest()
    assert SPACE.key("雨") == expected


def test_a_text_that_is_known_keeps_its_vector(cache):
    cache.put_many(SPACE, ["rain"], np.ones((1, 2), dtype=np.float32))
    cache.put_many(SPACE, ["rain"], np.zeros((1, 2), dtype=np.float32))
    assert cache.get_many(SPACE, ["rain"])["rain"].tolist() == [1, 1]


def test_texts_with_lone_surrogates_and_null_bytes_are_kept_apart(cache):
    texts = ["\ud800", "a\0", "a"]
    cache.put_many(SPACE, texts, np.arange(3, dtype=np.float32)[:, np.newaxis])
    assert {text: vector[0] for text, vector in cache.get_many(SPACE, texts).items()} == {
        "\ud800": 0,
        "a\0": 1,
        "a": 2,
    }


def test_the_file_holds_no_text_and_nothing_pickled(cache):
    vector = np.array([[1.5, -2.0]], dtype=np.float32)
    cache.put_many(SPACE, ["a secret text"], vector)
    connection = sqlite3.connect(cache.path)
    ((key, blob),) = connection.execute("SELECT key, vector FROM vectors").fetchall()
    connection.close()
    assert (key, blob) == (SPACE.key("a secret text"), vector.tobytes())


@pytest.mark.slow
def test_two_processes_write_at_once_and_nothing_is_lost(tmp_path):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(number)]) for number in range(2)
    ]
    try:
        while not all((tmp_path / f"ready-{number}").exists() for number in range(2)):
            assert all(writer.poll() is None for writer in writers)
        (tmp_path / "start").touch()
        assert [writer.wait(timeout=600) for writer in writers] == [0, 0]
    finally:
        for writer in writers:
            writer.kill()
    found = EmbeddingCache(tmp_path / "cache").get_many(SPACE, [f"text {row}" for row in range(250)])
    assert {text: vector.tolist() for text, vector in found.items()} == {
        f"text {row}": [row] * 3 for row in range(250)
    }


def test_a_cache_can_be_pickled_after_use(cache):
    cache.put_many(SPACE, ["rain"], np.ones((1, 2), dtype=np.float32))
    assert pickle.loads(pickle.dumps(cache)).get_many(SPACE, ["rain"])["rain"].tolist() == [1, 1]


def test_a_file_that_is_no_database_is_named_with_the_remedy(cache):
    cache.path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(InputError) as error:
        cache.get_many(SPACE, ["rain"])
    assert str(error.value) == (
        f"The embedding cache {str(cache.path)!r} is damaged (file is not a database). Delete the file: its "
        "vectors are computed anew when they are needed."
    )


def test_a_file_with_overwritten_pages_is_named_with_the_remedy(cache):
    cache.put_many(SPACE, [str(row) for row in range(500)], np.ones((500, 64), dtype=np.float32))
    size = cache.path.stat().st_size
    cache.path.write_bytes(cache.path.read_bytes()[:8192] + os.urandom(size - 8192))
    with pytest.raises(
        InputError, match=r"is damaged \(database disk image is malformed\)\. Delete the file"
    ):
        cache.get_many(SPACE, [str(row) for row in range(500)])


def test_vectors_of_different_lengths_under_one_model_are_damage(cache):
    cache.put_many(SPACE, ["rain"], np.ones((1, 2), dtype=np.float32))
    cache.put_many(SPACE, ["sun"], np.ones((1, 3), dtype=np.float32))
    with pytest.raises(InputError, match=r"is damaged \(vectors of one model differ in length\)"):
        cache.get_many(SPACE, ["rain", "sun"])


def test_a_folder_that_is_a_file_is_named_with_the_remedy(tmp_path):
    (tmp_path / "file").touch()
    cache = EmbeddingCache(tmp_path / "file")
    with pytest.raises(InputError, match=r"cannot be used \(.*\)\. Give another folder, or switch it off"):
        cache.put_many(SPACE, ["rain"], np.ones((1, 2), dtype=np.float32))


def test_a_file_that_cannot_be_opened_is_named_with_the_remedy(cache):
    cache.path.mkdir()
    with pytest.raises(InputError) as error:
        cache.get_many(SPACE, ["rain"])
    assert str(error.value) == (
        f"The embedding cache {str(cache.path)!r} cannot be used (unable to open database file). Give another "
        "folder, or switch it off with cache=False."
    )


def computed(texts):
    """Compute vectors, one text at a time."""
    yield from (([text], np.full((1, 2), len(text), dtype=np.float32)) for text in texts)


def vectors_of(texts, cache=True):
    return {text: vector.tolist() for text, vector in cached_vectors(cache, SPACE, texts, computed).items()}


def test_where_no_folder_can_be_made_vectors_are_computed_and_one_warning_says_so(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SKXTM_CACHE", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="not kept") as caught:
        assert vectors_of(["rain", "sun"]) == {"rain": [4, 4], "sun": [3, 3]}
    (warning,) = caught
    folder = tmp_path / "file" / "embeddings"
    assert str(warning.message) == (
        f"The embedding cache {str(folder)!r} cannot be used ([Errno 20] Not a directory: {str(folder)!r}): "
        "vectors are computed, and not kept. Let the environment variable SKXTM_CACHE name a folder "
        "that can be written, or switch the cache off with cache=False of the encoder."
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert vectors_of(["wind"]) == {"wind": [4, 4]}


def test_a_cache_that_can_only_be_read_is_read(monkeypatch, tmp_path):
    monkeypatch.setenv("SKXTM_CACHE", str(tmp_path))
    EmbeddingCache().put_many(SPACE, ["rain"], np.ones((1, 2), dtype=np.float32))
    connect = sqlite3.connect
    read_only = f"file:{EmbeddingCache().path}?mode=ro"  # what SQLite does by itself where it may not write
    monkeypatch.setattr(sqlite3, "connect", lambda path, **options: connect(read_only, uri=True, **options))
    with pytest.warns(UserWarning, match=r"cannot be used \(attempt to write a readonly database\)"):
        assert vectors_of(["rain", "sun"]) == {"rain": [1, 1], "sun": [3, 3]}


def test_a_cache_that_cannot_be_read_is_done_without(monkeypatch, tmp_path):
    monkeypatch.setenv("SKXTM_CACHE", str(tmp_path))
    EmbeddingCache().path.mkdir(parents=True)
    with pytest.warns(UserWarning, match=r"cannot be used \(unable to open database file\)"):
        assert vectors_of(["rain"]) == {"rain": [4, 4]}


def test_a_folder_that_was_named_is_used_or_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot be used \(.*\)\. Give another folder, or switch it off"):
        vectors_of(["rain"], cache=tmp_path / "file")


def test_the_environment_says_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("SKXTM_CACHE", str(tmp_path))
    assert EmbeddingCache().path == tmp_path / "embeddings" / FILE_NAME


def test_the_default_folder_follows_the_xdg_convention(monkeypatch, tmp_path):
    monkeypatch.delenv("SKXTM_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_folder() == tmp_path / "skxtm" / "embeddings"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache_folder() == Path.home() / ".cache" / "skxtm" / "embeddings"


@pytest.mark.encoder
@pytest.mark.parametrize("keeps", [True, False])
def test_a_loaded_model_keeps_vectors_of_texts_if_the_encoder_of_its_fit_did(monkeypatch, tmp_path, keeps):
    monkeypatch.setenv("SKXTM_CACHE", str(tmp_path))
    corpus = load_sample("train", languages=["en", "zh"]).corpus
    encoder = UniversalSentenceEncoder(cache=keeps)
    CrossLingualTopicModel(8, document_embeddings=encoder, random_state=0).fit(corpus).save(
        tmp_path / "model"
    )
    before = EmbeddingCache().path.read_bytes()  # words were looked up, whatever becomes of texts
    CrossLingualTopicModel.load(tmp_path / "model").transform([("A text that nobody wrote before.", "en")])
    assert (EmbeddingCache().path.read_bytes() != before) == keeps
