"""The loaders of the public benchmarks: on a tiny release that the tests write, and on the real files."""

import hashlib
import pickle
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from skxtm.datasets import _benchmarks as benchmarks
from skxtm.datasets import get_data_home, load_amazon_review, load_ec_news, load_rakuten_amazon
from skxtm.exceptions import DownloadError, InputError, InputTypeError

WORDS = {"en": ["rain", "sun", "wind"], "cn": ["雨", "太阳"], "ja": ["雨", "風", "晴れ", "雪"]}
N_DOCUMENTS = {"train": {"en": 4, "cn": 3, "ja": 5}, "test": {"en": 2, "cn": 1, "ja": 2}}


def counts_of(subset, code):
    shape = (N_DOCUMENTS[subset][code], len(WORDS[code]))
    return np.arange(shape[0] * shape[1]).reshape(shape) % 3


def labels_of(subset, code):
    return [1 + row % 2 for row in range(N_DOCUMENTS[subset][code])]


def texts_of(subset, code):
    return [
        " ".join(word for word, count in zip(WORDS[code], row, strict=True) for _ in range(count))
        for row in counts_of(subset, code)
    ]


def write_release(folder, codes, save=sparse.csr_matrix):
    folder.mkdir(parents=True)
    for code in codes:
        (folder / f"vocab_{code}").write_text("".join(f"{word}\n" for word in WORDS[code]), encoding="utf-8")
        vectors = np.arange(len(WORDS[code]) * 100, dtype=np.float32).reshape(-1, 100)
        sparse.save_npz(folder / f"word2vec_{code}.npz", sparse.csc_matrix(vectors))
        np.save(
            folder / f"cluster_labels_{code}_cosine.npy",
            np.arange(N_DOCUMENTS["train"][code], dtype=np.int32),
        )
        for subset in ("train", "test"):
            sparse.save_npz(folder / f"{subset}_bow_matrix_{code}.npz", save(counts_of(subset, code)))
            lines = "".join(f"{text}\n" for text in texts_of(subset, code))
            (folder / f"{subset}_texts_{code}.txt").write_text(lines, encoding="utf-8")
            lines = "".join(f"{label}\n" for label in labels_of(subset, code))
            (folder / f"{subset}_labels_{code}.txt").write_text(lines)
    return folder


@pytest.fixture
def release(tmp_path):
    return write_release(tmp_path / "ec_news", ["en", "cn"])


def read_everything(data_home):
    data = load_ec_news(data_home=data_home)
    return data.word_embeddings, data.clusters


def problem(loader=load_ec_news, **options):
    with pytest.raises(InputError) as caught:
        loader(**options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("loader", "folder", "code"),
    [
        (load_ec_news, "ec_news", "cn"),
        (load_ec_news, "ECNews", "cn"),
        (load_rakuten_amazon, "rakuten_amazon", "ja"),
        (load_rakuten_amazon, "Rakuten_Amazon", "ja"),
        (load_amazon_review, "amazon_review", "cn"),
        (load_amazon_review, "Amazon_Review", "cn"),
    ],
)
@pytest.mark.parametrize("subset", ["train", "test"])
def test_everything_is_read_as_written_under_either_folder_name(tmp_path, loader, folder, code, subset):
    write_release(tmp_path / folder, ["en", code])
    data = loader(subset, data_home=tmp_path)
    iso = {"cn": "zh"}.get(code, code)
    n_documents = N_DOCUMENTS[subset]
    assert data.corpus.language.tolist() == ["en"] * n_documents["en"] + [iso] * n_documents[code]
    assert list(data.corpus.vocabularies) == ["en", iso]
    assert data.corpus.vocabularies[iso].tolist() == WORDS[code]
    np.testing.assert_array_equal(data.corpus.counts_of("en").toarray(), counts_of(subset, "en"))
    np.testing.assert_array_equal(data.corpus.counts_of(iso).toarray(), counts_of(subset, code))
    assert data.corpus.text.tolist() == texts_of(subset, "en") + texts_of(subset, code)
    assert data.labels.tolist() == labels_of(subset, "en") + labels_of(subset, code)
    assert data.labels.dtype.kind == "i"
    assert (data.name, data.subset, data.folder) == (
        folder.lower().replace("ecn", "ec_n"),
        subset,
        tmp_path / folder,
    )


@pytest.mark.parametrize("save", [sparse.csr_matrix, sparse.csc_matrix, sparse.coo_matrix, sparse.csr_array])
@pytest.mark.parametrize("dtype", [np.int64, np.float32, bool])
def test_counts_come_as_integers_in_csr_however_they_were_stored(tmp_path, save, dtype):
    write_release(tmp_path / "ec_news", ["en", "cn"], save=lambda counts: save(counts.astype(dtype)))
    counts = load_ec_news(data_home=tmp_path).corpus.counts_of("en")
    assert counts.format == "csr"
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(counts.toarray(), counts_of("train", "en").astype(dtype))


def test_word_embeddings_have_one_dense_row_per_word(tmp_path, release):
    embeddings = load_ec_news("test", data_home=tmp_path).word_embeddings
    assert {code: vectors.shape for code, vectors in embeddings.items()} == {"en": (3, 100), "zh": (2, 100)}
    np.testing.assert_array_equal(embeddings["zh"], np.arange(200, dtype=np.float32).reshape(2, 100))
    assert embeddings["en"].dtype == np.float32


def test_clusters_belong_to_the_training_documents_only(tmp_path, release):
    clusters = load_ec_news("train", data_home=tmp_path).clusters
    assert {code: numbers.tolist() for code, numbers in clusters.items()} == {
        "en": [0, 1, 2, 3],
        "zh": [0, 1, 2],
    }
    assert load_ec_news("test", data_home=tmp_path).clusters is None


def test_extras_are_read_only_when_asked_for(tmp_path, release):
    (release / "word2vec_cn.npz").unlink()
    (release / "cluster_labels_cn_cosine.npy").unlink()
    data = load_ec_news(data_home=tmp_path)
    message = (
        f"{release} has no ['{{}}']. Copy them from the release that the documentation of load_ec_news names, "
        "or call load_ec_news(download=True)."
    )
    with pytest.raises(InputError) as caught:
        data.word_embeddings  # noqa: B018
    assert str(caught.value) == message.format("word2vec_cn.npz")
    with pytest.raises(InputError) as caught:
        data.clusters  # noqa: B018
    assert str(caught.value) == message.format("cluster_labels_cn_cosine.npy")


@pytest.mark.parametrize("loader", [load_amazon_review, load_ec_news])
def test_without_the_texts_of_a_language_there_are_counts_words_and_labels_and_no_text(tmp_path, loader):
    folder = write_release(tmp_path / loader.__name__.removeprefix("load_"), ["en", "cn"])
    (folder / "train_texts_cn.txt").unlink()
    data = loader(data_home=tmp_path)
    assert data.corpus.text is None
    np.testing.assert_array_equal(data.corpus.counts_of("zh").toarray(), counts_of("train", "cn"))
    assert data.labels.tolist() == labels_of("train", "en") + labels_of("train", "cn")
    assert loader(data_home=tmp_path, languages=["en"]).corpus.text.tolist() == texts_of("train", "en")
    assert loader("test", data_home=tmp_path).corpus.text is not None


def test_files_that_are_missing_are_named_at_once_and_a_download_only_where_there_is_one(tmp_path):
    folder = write_release(tmp_path / "Amazon_Review", ["en", "cn"])
    (folder / "train_labels_en.txt").unlink()
    (folder / "vocab_cn").unlink()
    assert problem(load_amazon_review, data_home=tmp_path) == (
        f"{folder} has no ['train_labels_en.txt', 'vocab_cn']. Copy them from the release that the "
        "documentation of load_amazon_review names."
    )


def test_the_result_cannot_be_written_to_and_survives_pickling(tmp_path, release):
    data = load_ec_news(data_home=tmp_path)
    with pytest.raises(AttributeError):
        data.labels = None
    copy = pickle.loads(pickle.dumps(data))
    assert copy.word_embeddings.keys() == {"en", "zh"}
    assert repr(data) == f"Benchmark('ec_news', 'train': {data.corpus!r})"


@pytest.mark.parametrize("languages", [["zh"], ("en",), ["zh", "en"]])
def test_some_languages_can_be_chosen_and_english_stays_first(tmp_path, release, languages):
    data = load_ec_news(data_home=tmp_path, languages=languages)
    assert list(data.corpus.languages) == sorted(languages)
    assert len(data.labels) == len(data.corpus)
    assert data.word_embeddings.keys() == data.clusters.keys() == set(languages)


def test_a_language_that_is_not_chosen_needs_no_files(tmp_path):
    write_release(tmp_path / "ec_news", ["en"])
    assert load_ec_news(data_home=tmp_path, languages=["en"]).corpus.languages == ("en",)


def test_a_language_that_the_benchmark_lacks_is_named(tmp_path):
    assert problem(data_home=tmp_path, languages=["en", "fr"]) == (
        "languages contains ['fr'], which EC News lacks. It has ['en', 'zh']."
    )


def test_languages_must_be_a_sequence_with_something_in_it(tmp_path):
    with pytest.raises(InputTypeError) as caught:
        load_ec_news(data_home=tmp_path, languages="en")
    assert str(caught.value) == "languages must be a sequence of language codes: write ['en']."
    assert problem(data_home=tmp_path, languages=[]) == (
        "languages is empty. Give some of ['en', 'zh'], or None for all."
    )


def test_an_unknown_subset_is_named(tmp_path):
    assert problem(subset="all", data_home=tmp_path) == "subset must be one of ['train', 'test']. Got 'all'."


def test_a_missing_folder_is_named_with_the_ways_to_supply_it(tmp_path):
    assert problem(data_home=tmp_path) == (
        f"EC News was not found: {tmp_path} has no folder 'ec_news' or 'ECNews'. Name the folder that has it "
        "with data_home or the environment variable SKXTM_DATA, or call load_ec_news(download=True)."
    )
    assert problem(load_amazon_review, data_home=tmp_path) == (
        f"Amazon Review was not found: {tmp_path} has no folder 'amazon_review' or 'Amazon_Review'. Name the "
        "folder that has it with data_home or the environment variable SKXTM_DATA."
    )


def test_texts_that_are_not_as_many_as_the_counts_are_refused(tmp_path, release):
    path = release / "train_texts_cn.txt"
    path.write_text("雨\n雨\n", encoding="utf-8")
    assert problem(data_home=tmp_path) == (
        f"{path} holds 2 rows, but the rows of train_bow_matrix_cn.npz number 3. Delete both files and fetch "
        "them again."
    )


@pytest.mark.parametrize(
    ("name", "counterpart"),
    [
        ("train_labels_en.txt", "the rows of train_bow_matrix_en.npz number 4"),
        ("vocab_en", "the columns of train_bow_matrix_en.npz number 3"),
    ],
)
def test_labels_and_words_must_be_as_many_as_the_counts_say(tmp_path, release, name, counterpart):
    (release / name).write_text("1\n")
    message = problem(data_home=tmp_path)
    assert message.startswith(f"{release / name} holds 1 rows, but {counterpart}.")


@pytest.mark.parametrize("name", ["word_embeddings", "clusters"])
def test_extras_must_be_as_many_as_words_and_documents(tmp_path, release, name):
    vectors = sparse.csc_matrix(np.ones((5, 100), dtype=np.float32))
    sparse.save_npz(release / "word2vec_en.npz", vectors)
    np.save(release / "cluster_labels_en_cosine.npy", np.zeros(5, dtype=int))
    expected = {
        "word_embeddings": "word2vec_en.npz holds 5 rows, but the words of the vocabulary in 'en' number 3.",
        "clusters": "cluster_labels_en_cosine.npy holds 5 rows, but the training documents in 'en' number 4.",
    }
    with pytest.raises(InputError) as caught:
        getattr(load_ec_news(data_home=tmp_path), name)
    assert expected[name] in str(caught.value)


@pytest.mark.parametrize(("value", "shown"), [(-1, "-1.0"), (0.5, "0.5"), (np.nan, "nan"), (np.inf, "inf")])
def test_a_value_that_is_no_count_is_refused(tmp_path, release, value, shown):
    counts = counts_of("train", "en").astype(float)
    counts[1, 1] = value
    path = release / "train_bow_matrix_en.npz"
    sparse.save_npz(path, sparse.csr_matrix(counts))
    assert problem(data_home=tmp_path) == (
        f"{path} contains {shown}, which is no word count. Counts are integers, zero or more."
    )


def test_a_column_number_out_of_range_is_refused(tmp_path, release):
    path = release / "train_bow_matrix_en.npz"
    stored = dict(np.load(path))
    stored["indices"][0] = 99
    np.savez(path, **stored)
    assert problem(data_home=tmp_path).startswith(f"{path} is damaged and cannot be read (")


def test_a_row_number_out_of_range_in_the_word_embeddings_is_refused_by_name(tmp_path, release):
    path = release / "word2vec_en.npz"
    stored = dict(np.load(path))
    stored["indices"][0] = 2**31 - 1
    np.savez(path, **stored)
    data = load_ec_news(data_home=tmp_path)
    with pytest.raises(InputError) as caught:
        data.word_embeddings  # noqa: B018
    assert str(caught.value).startswith(f"{path} is damaged and cannot be read (")


def test_a_label_that_is_no_integer_is_refused(tmp_path, release):
    path = release / "train_labels_en.txt"
    path.write_text("1\nsports\n1\n2\n")
    assert problem(data_home=tmp_path) == (
        f"{path} must hold one integer class per line: invalid literal for int() with base 10: 'sports'."
    )


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(
    "name", ["train_bow_matrix_en.npz", "word2vec_en.npz", "cluster_labels_en_cosine.npy"]
)
def test_a_file_cut_short_is_refused_by_name(tmp_path, release, name, share):
    path = release / name
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError) as caught:
        read_everything(tmp_path)
    assert str(caught.value).startswith(f"{path} is damaged and cannot be read (")


def test_a_text_that_is_not_utf8_is_refused_by_name(tmp_path, release):
    path = release / "train_texts_cn.txt"
    path.write_bytes("雨\n雨\n雨\n".encode("gb18030"))
    assert problem(data_home=tmp_path).startswith(f"{path} is damaged and cannot be read ('utf-8' codec")


def test_a_stored_object_is_never_unpickled(tmp_path, release):
    class Exploit:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    np.save(release / "cluster_labels_en_cosine.npy", np.array([Exploit()], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="allow_pickle=False"):
        load_ec_news(data_home=tmp_path).clusters  # noqa: B018
    assert not (tmp_path / "executed").exists()


def test_a_separator_within_a_text_does_not_start_a_new_row(tmp_path, release):
    path = release / "train_texts_cn.txt"
    path.write_text("雨\u2028雨\n\n雨\x0b雨\n", encoding="utf-8")
    data = load_ec_news(data_home=tmp_path, languages=["zh"])
    assert data.corpus.text.tolist() == ["雨\u2028雨", "", "雨\x0b雨"]


def test_lines_may_end_as_on_windows(tmp_path, release):
    for path in release.glob("*.txt"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    data = load_ec_news(data_home=tmp_path)
    assert data.corpus.text.tolist() == texts_of("train", "en") + texts_of("train", "cn")


def test_the_folder_is_the_argument_then_the_variable_then_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SKXTM_DATA", str(tmp_path / "variable"))
    assert get_data_home(str(tmp_path)) == tmp_path
    assert get_data_home("~/corpora") == Path.home() / "corpora"
    assert get_data_home() == tmp_path / "variable"
    monkeypatch.delenv("SKXTM_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert get_data_home() == tmp_path / "cache" / "skxtm"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert get_data_home() == Path.home() / ".cache" / "skxtm"


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A release of EC News on a local server, with its table of addresses and checksums."""
    folder = write_release(tmp_path / "server" / "ECNews", ["en", "cn"])
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=folder)) as server:
        files = {
            path.name: {
                "url": f"http://127.0.0.1:{server.server_port}/{path.name}",
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in folder.iterdir()
        }
        monkeypatch.setattr(benchmarks, "release_files", lambda: {"ec_news": files})
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield files
        server.shutdown()
        thread.join()


def test_download_fetches_every_file_and_loads_them(tmp_path, published):
    data = load_ec_news(data_home=tmp_path / "home", download=True)
    assert data.folder == tmp_path / "home" / "ec_news"
    assert {path.name for path in data.folder.iterdir()} == set(published)
    assert data.word_embeddings.keys() == data.clusters.keys() == {"en", "zh"}
    assert data.labels.tolist() == labels_of("train", "en") + labels_of("train", "cn")


def test_download_leaves_files_alone_that_are_there_even_if_they_differ(tmp_path, published):
    folder = write_release(tmp_path / "home" / "ECNews", ["en", "cn"])
    (folder / "train_labels_en.txt").write_text("7\n7\n7\n7\n")
    (folder / "test_labels_en.txt").unlink()
    data = load_ec_news(data_home=tmp_path / "home", download=True)
    assert data.folder == folder
    assert data.labels[:4].tolist() == [7, 7, 7, 7]
    assert (folder / "test_labels_en.txt").exists()


def test_download_of_a_file_with_another_checksum_fails_and_stores_nothing_of_it(tmp_path, published):
    published["vocab_en"]["sha256"] = "0" * 64
    with pytest.raises(DownloadError, match="/vocab_en is not the expected file: its SHA-256 is"):
        load_ec_news(data_home=tmp_path / "home", download=True)
    assert not list((tmp_path / "home" / "ec_news").glob("*vocab_en*"))


def test_amazon_review_is_not_downloaded_without_checksums(tmp_path):
    with pytest.raises(DownloadError) as caught:
        load_amazon_review(data_home=tmp_path, download=True)
    assert str(caught.value) == (
        "Amazon Review cannot be downloaded by skxtm, which knows no checksums of its files. Copy "
        f"data/Amazon_Review of https://github.com/BobXWu/InfoCTM into {tmp_path}, and call "
        "load_amazon_review() without download."
    )


def test_the_table_of_files_is_complete_and_well_formed():
    table = benchmarks.release_files()
    assert set(table) == {"ec_news", "rakuten_amazon", "sib200"}
    for name, code in [("ec_news", "cn"), ("rakuten_amazon", "ja")]:
        kinds = [
            f"{subset}_{kind}"
            for subset in ("train", "test")
            for kind in ("bow_matrix_{}.npz", "labels_{}.txt", "texts_{}.txt")
        ]
        kinds += ["vocab_{}", "word2vec_{}.npz", "cluster_labels_{}_cosine.npy"]
        assert set(table[name]) == {kind.format(language) for kind in kinds for language in ("en", code)}
        for file, source in table[name].items():
            assert source["url"].startswith("https://raw.githubusercontent.com/")
            assert source["url"].endswith(f"/{file}")
            assert len(bytes.fromhex(source["sha256"])) == 32


@pytest.mark.parametrize("name", ["ec_news", "rakuten_amazon"])
def test_the_real_files_have_the_recorded_checksums(data_home, name):
    table = benchmarks.release_files()[name]
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (data_home / name).iterdir()
    }
    assert found == {file: source["sha256"] for file, source in table.items()}


@pytest.mark.parametrize(
    ("loader", "subset", "sizes", "classes"),
    [
        (load_ec_news, "train", {"en": 37_480, "zh": 40_000}, [1, 2, 3, 4, 5, 6]),
        (load_ec_news, "test", {"en": 9_370, "zh": 10_000}, [1, 2, 3, 4, 5, 6]),
        (load_rakuten_amazon, "train", {"en": 20_000, "ja": 20_000}, [1, 2]),
        (load_rakuten_amazon, "test", {"en": 5_000, "ja": 5_000}, [1, 2]),
    ],
)
def test_the_real_benchmarks_have_their_published_sizes(data_home, loader, subset, sizes, classes):
    data = loader(subset, data_home=data_home)
    assert {code: len(data.corpus.rows_of(code)) for code in data.corpus.languages} == sizes
    assert {code: len(words) for code, words in data.corpus.vocabularies.items()} == dict.fromkeys(
        sizes, 5000
    )
    assert np.unique(data.labels).tolist() == classes
    assert len(data.labels) == len(data.corpus)
    assert {code: vectors.shape for code, vectors in data.word_embeddings.items()} == dict.fromkeys(
        sizes, (5000, 100)
    )
    if subset == "train":
        assert {code: len(numbers) for code, numbers in data.clusters.items()} == sizes
        assert all(set(numbers) == set(range(50)) for numbers in data.clusters.values())


@pytest.mark.parametrize(("loader", "code"), [(load_ec_news, "zh"), (load_rakuten_amazon, "ja")])
def test_texts_and_counts_of_the_real_files_belong_to_the_same_rows(data_home, loader, code):
    corpus = loader("test", data_home=data_home).corpus
    for language in ("en", code):
        vectorizer = CountVectorizer(
            vocabulary=corpus.vocabularies[language], tokenizer=str.split, lowercase=False, token_pattern=None
        )
        recounted = vectorizer.transform(corpus.text[corpus.rows_of(language)])
        assert (recounted != corpus.counts_of(language)).nnz == 0
