"""Words of texts in shards are those of the same texts in memory, and what is wrong is named."""

import errno
import os
import signal
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm import Corpus, CrossLingualTopicModel, CrossLingualVectorizer
from skxtm._counting import in_shards
from skxtm._optional import import_optional
from skxtm.datasets import load_sample, load_sample_lexicon
from skxtm.exceptions import InputError, InputTypeError, MissingDependencyError
from skxtm.shards import Shards, transform_to_folder, write_shards

pandas = pytest.importorskip("pandas")
parquet = pytest.importorskip("pyarrow.parquet")

KEEP_ALL = {"min_df": 1, "max_df": 1.0, "stop_words": None}
WORDS = ["Rain", "rain", "RAIN", "wind", "Wind", "don't", "dont", "<b>", "sun", "Sun", "天气", "the", "<i>"]


@cache
def sample():
    corpus = load_sample("train", languages=["en", "zh"]).corpus
    return Corpus(corpus.language, text=corpus.text, id=[f"d{row}" for row in range(len(corpus))])


def frame_of(corpus):
    columns = {"id": corpus.id, "text": corpus.text, "language": corpus.language, "other": 3}
    return pandas.DataFrame(columns).astype({"id": "str", "text": "str", "language": "str"})


def write_files(folder, corpus, n_files, **options):
    folder.mkdir(exist_ok=True)
    for number, rows in enumerate(np.array_split(np.arange(len(corpus)), n_files)):
        path = folder / f"part-{number}.parquet"
        frame_of(corpus[rows]).to_parquet(path, **{"row_group_size": 50, **options})
    return folder


def assert_same_words(vectorizer, expected):
    assert vectorizer.languages_ == expected.languages_
    for code in expected.languages_:
        assert vectorizer.vocabularies_[code].tolist() == expected.vocabularies_[code].tolist()
        report, other = vectorizer.report_[code], expected.report_[code]
        assert (report.n_documents, report.removed, report.foreign) == (
            other.n_documents,
            other.removed,
            other.foreign,
        )
        assert report.n_duplicates is None


def assert_same_counts(corpora, expected):
    joined = Corpus.concatenate(corpora)
    assert joined.language.tolist() == expected.language.tolist()
    for code in expected.languages:
        block, other = joined.counts_of(code), expected.counts_of(code)
        for name in ("data", "indices", "indptr"):
            np.testing.assert_array_equal(getattr(block, name), getattr(other, name))
        assert block.dtype == other.dtype


def outcome(function, argument):
    """What a function returns, and what it complains of."""
    try:
        return function(argument), None
    except InputError as error:
        return None, str(error)


documents = st.lists(
    st.tuples(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), st.sampled_from(["en", "de"])),
    min_size=2,
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(
    documents,
    st.integers(1, 14),
    st.sampled_from([{}, {"max_features": 2}, {"min_df": 2}, {"max_df": 0.4}, {"ngram_range": (1, 2)}]),
    st.booleans(),
)
def test_any_division_has_the_words_of_all_texts_in_memory(rows, n_parts, parameters, merges):
    vectorizer = CrossLingualVectorizer(**KEEP_ALL | parameters, merge_inflections=merges)
    corpus = Corpus([code for _, code in rows], text=[text for text, _ in rows])
    parts = [corpus[part] for part in np.array_split(np.arange(len(rows)), min(n_parts, len(rows)))]
    sharded = CrossLingualVectorizer(**vectorizer.get_params())
    expected, error = outcome(vectorizer.fit_transform, corpus)
    assert outcome(sharded.fit, parts)[1] == error
    if error:
        return
    reports = {code: vectorizer.report_[code] for code in vectorizer.languages_}
    assert {code: list(report.removed) for code, report in sharded.report_.items()} == {
        code: list(report.removed) for code, report in reports.items()
    }
    assert_same_words(sharded, vectorizer)
    assert_same_counts(sharded.transform_shards(parts), vectorizer.transform(corpus))
    assert_same_counts(sharded.transform_shards(parts), expected)


def test_files_are_read_row_group_by_row_group_and_keep_their_ids(tmp_path, monkeypatch):
    monkeypatch.setattr("skxtm.shards._parquet._N_ROWS", 60)
    corpus = sample()
    texts = Shards(write_files(tmp_path / "texts", corpus, n_files=2, row_group_size=25))
    assert [len(part) for part in texts] == [50] * 4 + [40] + [50] * 4 + [40]
    assert not texts.has_counts
    assert repr(texts) == "Shards(10 shards of texts)"
    expected = CrossLingualVectorizer().fit(corpus)
    vectorizer = CrossLingualVectorizer().fit(texts)
    assert_same_words(vectorizer, expected)
    shards = write_shards(vectorizer.transform_shards(texts), tmp_path / "counts")
    assert_same_counts(shards, expected.transform(corpus))
    assert Corpus.concatenate(shards).id.tolist() == corpus.id.tolist()


def test_every_source_of_texts_gives_the_same_words(tmp_path):
    corpus = sample()[::4]
    folder = write_files(tmp_path / "texts", corpus, n_files=2)
    pairs = list(zip(corpus.text, corpus.language, strict=True))
    half = len(pairs) // 2
    sources = [
        folder,
        str(folder / "part-0.parquet"),
        [folder / "part-0.parquet", str(folder / "part-1.parquet")],
        [frame_of(corpus[:half]), frame_of(corpus[half:])],
        [lambda: pairs[:half], lambda: frame_of(corpus[half:])],
    ]
    expected = CrossLingualVectorizer(**KEEP_ALL).fit(corpus)
    for source in sources:
        given_rows = corpus[:half] if source == sources[1] else corpus
        vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(Shards(source))
        if given_rows is corpus:
            assert_same_words(vectorizer, expected)
        assert_same_counts(vectorizer.transform_shards(source), vectorizer.transform(given_rows))


def test_columns_may_have_other_names_and_texts_no_languages(tmp_path):
    frame = pandas.DataFrame({"body": ["rain and wind", "sun and rain"], "number": [7, 8]}).astype(
        {"body": "str"}
    )
    frame.to_parquet(tmp_path / "a.parquet")
    shards = Shards(tmp_path, text_column="body", id_column="number", languages=["en"])
    assert shards[0].id.tolist() == [7, 8]
    vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(shards)
    assert vectorizer.vocabularies_["en"].tolist() == ["and", "rain", "sun", "wind"]
    named = CrossLingualVectorizer(text_column="body", languages=["en"], **KEEP_ALL)
    assert_same_words(named.fit([lambda: frame]), vectorizer)
    assert_same_counts(
        named.transform_shards([lambda: frame]), Corpus.concatenate(vectorizer.transform_shards(shards))
    )


@pytest.fixture
def n_cut(monkeypatch):
    """How often the texts of a shard are cut."""
    calls, count_texts = [], in_shards.count_texts

    def counted(corpus, readers):
        calls.append(len(corpus))
        return count_texts(corpus, readers)

    counted.__name__ = "count_texts"
    monkeypatch.setattr(in_shards, "count_texts", counted)
    return calls


def test_texts_in_files_are_cut_once_and_again_only_where_they_would_be_cut_elsewhere(tmp_path, n_cut):
    texts = Shards(write_files(tmp_path, sample()[::4], n_files=3))
    vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(texts)
    list(vectorizer.transform_shards(texts))
    CrossLingualVectorizer(max_features=20).fit(texts)
    assert len(n_cut) == 3
    CrossLingualVectorizer(clean=(), **KEEP_ALL).fit(texts)
    assert len(n_cut) == 6
    frame_of(sample()[:10]).to_parquet(tmp_path / "part-0.parquet")
    CrossLingualVectorizer(**KEEP_ALL).fit(Shards(tmp_path))
    assert len(n_cut) == 7
    CrossLingualVectorizer(tokenizer={"en": str.split}, **KEEP_ALL).fit(Shards(tmp_path))
    CrossLingualVectorizer(tokenizer={"en": str.split}, **KEEP_ALL).fit(Shards(tmp_path))
    assert len(n_cut) == 13


def test_what_was_kept_of_other_columns_or_of_other_ngrams_is_not_used(tmp_path):
    columns = {"title": ["rain", "rain"], "body": ["wind sun", "wind sun"], "language": "en", "lang": "de"}
    pandas.DataFrame(columns).to_parquet(tmp_path / "a.parquet")

    def words(ngram_range=(1, 1), **names):
        vectorizer = CrossLingualVectorizer(**KEEP_ALL, ngram_range=ngram_range).fit(
            Shards(tmp_path, **names)
        )
        return {code: of_code.tolist() for code, of_code in vectorizer.vocabularies_.items()}

    assert words(text_column="title") == {"en": ["rain"]}
    assert words(text_column="body") == {"en": ["sun", "wind"]}
    assert words(text_column="body", language_column="lang") == {"de": ["sun", "wind"]}
    assert words((1, 2), text_column="body") == {"en": ["sun", "wind", "wind sun"]}


def test_what_was_computed_is_kept_in_the_folder_that_statistics_names(tmp_path, n_cut):
    folder = write_files(tmp_path / "texts", sample()[::4], n_files=3)
    for _ in range(2):
        CrossLingualVectorizer(**KEEP_ALL).fit(Shards(folder, statistics=tmp_path / "kept"))
    assert len(n_cut) == len(list((tmp_path / "kept").iterdir())) == 3
    assert not (folder / "statistics").exists()


def test_files_of_the_same_name_in_two_folders_are_two_shards(tmp_path):
    paths = []
    for word in ("rain", "wind"):
        (tmp_path / word).mkdir()
        paths.append(tmp_path / word / "a.parquet")
        pandas.DataFrame({"text": [f"{word} sun"] * 2, "language": "en"}).to_parquet(paths[-1])
        os.utime(paths[-1], (0, 0))  # as archives do that know no time
    assert len({path.stat().st_size for path in paths}) == 1
    vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(Shards(paths, statistics=tmp_path / "kept"))
    assert {"rain", "sun", "wind"} <= set(vectorizer.vocabularies_["en"])


def test_a_parameter_that_changed_after_fit_does_not_change_what_is_cut(tmp_path):
    texts = Shards(write_files(tmp_path, sample()[::4], n_files=1))
    vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(texts)
    expected = Corpus.concatenate(vectorizer.transform_shards(texts))
    assert_same_counts(vectorizer.set_params(ngram_range=(2, 2)).transform_shards(texts), expected)


@pytest.mark.slow
def test_two_processes_have_the_words_of_one(tmp_path):
    corpus = sample()[sample().rows_of("en")]
    texts = Shards(write_files(tmp_path, corpus, n_files=4), n_jobs=2, statistics=False)
    vectorizer, expected = CrossLingualVectorizer().fit(texts), CrossLingualVectorizer().fit(corpus)
    assert_same_words(vectorizer, expected)
    assert_same_counts(vectorizer.transform_shards(texts), expected.transform(corpus))


PROGRAM = """
import sys, time
from skxtm import CrossLingualVectorizer
from skxtm._counting import in_shards
from skxtm.shards import Shards

count_texts, n_read = in_shards.count_texts, 0

def slow(corpus, readers):
    global n_read
    n_read += 1
    if n_read == 3:
        print("third shard", flush=True)
        time.sleep(600)
    return count_texts(corpus, readers)

slow.__name__ = "count_texts"
in_shards.count_texts = slow
CrossLingualVectorizer().fit(Shards(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal")
def test_a_process_that_is_killed_loses_one_shard_at_most(tmp_path, n_cut):
    corpus = sample()[sample().rows_of("en")]
    folder = write_files(tmp_path, corpus, n_files=4)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "third shard\n"
        process.send_signal(signal.SIGKILL)
    vectorizer = CrossLingualVectorizer().fit(Shards(folder))
    assert len(n_cut) == 2
    assert_same_words(vectorizer, CrossLingualVectorizer().fit(corpus))


def test_a_disk_that_is_full_leaves_no_half_file(tmp_path, monkeypatch):
    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    folder = write_files(tmp_path, sample()[:20], n_files=1)
    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        CrossLingualVectorizer(**KEEP_ALL).fit(Shards(folder))
    assert list((folder / "statistics").iterdir()) == []


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EEXIST])
def test_a_folder_that_cannot_be_written_into_is_named(tmp_path, monkeypatch, number):
    def refused(path, arrays):
        raise OSError(number, os.strerror(number))

    folder = write_files(tmp_path, sample()[:20], n_files=1)
    monkeypatch.setattr("skxtm.shards._keeping.write_arrays", refused)
    with pytest.raises(InputError) as caught:
        CrossLingualVectorizer(**KEEP_ALL).fit(Shards(folder))
    assert str(caught.value) == (
        f"What was computed of a shard cannot be kept in {str(folder / 'statistics')!r} "
        f"({os.strerror(number)}). Give "
        "another folder, Shards(..., statistics='path'), or keep nothing: statistics=False."
    )
    assert CrossLingualVectorizer(**KEEP_ALL).fit(Shards(folder, statistics=False)).languages_ == ("en",)


@pytest.mark.parametrize("place", [0, 0.03, 0.065, 0.1, 0.17, 0.3, 0.41, 0.6, 0.97, 1])
def test_a_file_with_other_bytes_is_damaged_or_reads_the_same(tmp_path, place):
    corpus = sample()[:40]
    path = write_files(tmp_path, corpus, n_files=1, write_page_checksum=True) / "part-0.parquet"
    content = bytearray(path.read_bytes())
    start = int(place * (len(content) - 8))
    for position in range(start, start + 8):
        content[position] ^= 0x5A
    path.write_bytes(content)
    try:
        texts = [part.text.tolist() for part in Shards(tmp_path)]
    except InputError as error:
        assert str(path) in str(error)  # noqa: PT017
    else:
        assert texts == [corpus.text.tolist()]


def test_a_file_that_is_none_is_named(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(
        InputError, match=r"a\.parquet' is damaged: .*\. Put a whole copy in its place, or write it again\.$"
    ):
        Shards(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError) as caught:
        Shards([tmp_path / "a.parquet"])
    missing = f"The shard {str(tmp_path / 'a.parquet')!r} is missing. Put the file back, or make the shards anew without it."
    assert str(caught.value) == missing
    shards = Shards(write_files(tmp_path, sample()[:20], n_files=1))
    (tmp_path / "part-0.parquet").rename(tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"part-0\.parquet' is missing\. Put the file back"):
        CrossLingualVectorizer().fit(shards)


def test_a_file_that_changed_since_it_was_found_is_named(tmp_path):
    shards = Shards(write_files(tmp_path, sample()[:20], n_files=1))
    frame_of(sample()[:10]).to_parquet(tmp_path / "part-0.parquet")
    with pytest.raises(InputError, match=r"is damaged: it has [\d,]+ bytes, not [\d,]+\."):
        shards[0]


def test_a_missing_column_is_named_before_any_text_is_read(tmp_path):
    write_files(tmp_path, sample()[:20], n_files=1)
    frame_of(sample()[:20]).drop(columns="language").to_parquet(tmp_path / "z.parquet")
    with pytest.raises(InputError) as caught:
        Shards(tmp_path)
    assert str(caught.value) == (
        f"{str(tmp_path / 'z.parquet')!r} has no column 'language'; its columns are ['id', 'text', 'other']. Name "
        "them with text_column and language_column of Shards."
    )


def test_a_row_that_cannot_be_used_is_named_with_its_file(tmp_path):
    frame = frame_of(sample()[:20])
    frame.loc[3, "text"] = None
    frame.to_parquet(tmp_path / "a.parquet")
    with pytest.raises((InputError, InputTypeError)) as caught:
        CrossLingualVectorizer().fit(Shards(tmp_path))
    assert str(caught.value).startswith(
        f"The documents in rows 0 to 19 of {str(tmp_path / 'a.parquet')!r} cannot be read. 1 row cannot be used: text is missing in row 3."
    )


def test_ids_that_cannot_be_kept_are_named_with_their_file(tmp_path):
    folder = write_files(tmp_path / "texts", sample()[:4], n_files=2)
    frame_of(sample()[:2]).assign(id=[1.5, None]).to_parquet(folder / "part-1.parquet")
    with pytest.raises(InputError) as caught:
        CrossLingualVectorizer(**KEEP_ALL).fit(Shards(folder))
    assert str(caught.value) == (
        f"The documents in rows 0 to 1 of {str(folder / 'part-1.parquet')!r} cannot be used. The shard holds ids that are "
        "neither all strings nor all whole numbers of 64 bits, and cannot be written. Make strings of them."
    )


def test_files_without_rows_are_passed_over(tmp_path):
    write_files(tmp_path, sample()[:20], n_files=1)
    frame_of(sample()[:0]).to_parquet(tmp_path / "empty.parquet")
    assert len(Shards(tmp_path)) == 1
    (tmp_path / "part-0.parquet").unlink()
    with pytest.raises(InputError, match=r"^There are no shards\. Give at least one, with documents\.$"):
        Shards(tmp_path)


def test_parquet_needs_its_extra(tmp_path, monkeypatch):
    write_files(tmp_path, sample()[:20], n_files=1)

    def without(name, **told):
        monkeypatch.setitem(sys.modules, name, None)
        return import_optional(name, **told)

    monkeypatch.setattr("skxtm.shards._parquet.import_optional", without)
    with pytest.raises(MissingDependencyError) as caught:
        Shards(tmp_path)
    assert str(caught.value).startswith(
        "Reading and writing Parquet files needs the package 'pyarrow', which "
    )
    assert str(caught.value).endswith("Install it with: pip install 'skxtm[parquet]'.")


def test_a_language_that_fit_has_not_seen_is_refused():
    texts = [Corpus(["en"] * 2, text=["rain and wind"] * 2)]
    vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(texts)
    with pytest.raises(
        InputError,
        match=r"^Shard 0 cannot be used\. languages contains \['de'\], which were not seen during fit\.",
    ):
        list(vectorizer.transform_shards([Corpus(["de"], text=["Regen"])]))


@pytest.mark.parametrize("method", ["transform", "fit_transform"])
def test_what_needs_texts_in_memory_refuses_shards(method):
    texts = [Corpus(["en"] * 2, text=["rain and wind"] * 2)]
    vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(texts)
    with pytest.raises(InputError) as caught:
        getattr(vectorizer, method)(texts)
    assert str(caught.value) == (
        "X is in shards, which only fit and transform_shards of CrossLingualVectorizer take. Give one shard at a "
        "time, or a sample of the documents."
    )


def test_a_model_wants_counts():
    with pytest.raises(InputError) as caught:
        CrossLingualTopicModel(2).fit([Corpus(["en"], text=["rain"])])
    assert str(caught.value) == (
        "X is in shards of texts, but counts are needed. Count words with a CrossLingualVectorizer: "
        "write_shards(vectorizer.fit(X).transform_shards(X), folder)."
    )


def test_a_fitted_model_wants_counts_of_its_own_vectorizer():
    texts = sample()
    vectorizer = CrossLingualVectorizer()
    counts, lexicon = vectorizer.fit_transform(texts), load_sample_lexicon("zh", "en")
    model = CrossLingualTopicModel(2, backbone="nmtm", lexicon=lexicon, max_epochs=1)
    remedies = {
        "the vectorizer of the model: write_shards(model.vectorizer_.transform_shards(X), folder)": texts,
        "the vectorizer that counted the training documents: "
        "write_shards(vectorizer.transform_shards(X), folder)": counts,
    }
    for remedy, documents in remedies.items():
        with pytest.raises(InputError) as caught:
            list(model.fit(documents).transform_shards([texts]))
        assert str(caught.value) == (
            f"X is in shards of texts, but counts are needed. Count words with {remedy}."
        )


class Model:
    """What `transform_to_folder` asks of a model."""

    def __init__(self, names=("weather", "topic1")):
        self.names = names

    def get_feature_names_out(self):
        return np.array(self.names, dtype=object)

    def _identity(self):
        return "a model"

    def transform_shards(self, shards):
        return (np.full((len(shard), 2), 0.5, dtype=np.float32) for shard in shards)


def test_topic_proportions_are_written_as_tables_beside_the_ids(tmp_path):
    corpus = sample()[:30]
    counted = CrossLingualVectorizer(**KEEP_ALL).fit_transform(corpus)
    shards = write_shards(counted, tmp_path / "counts", n_per_shard=20)
    paths = transform_to_folder(Model(), shards, tmp_path / "theta", format="parquet")
    table = pandas.concat(map(pandas.read_parquet, paths))
    assert table.columns.tolist() == ["id", "language", "weather", "topic1"]
    assert table["id"].tolist() == corpus.id.tolist()
    assert table["language"].tolist() == corpus.language.tolist()
    assert table["weather"].dtype == np.float32
    assert [path.name for path in paths] == ["000000.parquet", "000001.parquet"]
    without_ids = [
        Corpus(part.language, counts=part.counts, vocabularies=part.vocabularies) for part in shards
    ]
    (path, _) = transform_to_folder(Model(), without_ids, tmp_path / "more", format="parquet")
    assert pandas.read_parquet(path).columns.tolist() == ["language", "weather", "topic1"]


def test_a_topic_named_as_another_column_is_refused(tmp_path):
    with pytest.raises(InputError) as caught:
        transform_to_folder(Model(["id", "topic1"]), [sample()], tmp_path, format="parquet")
    assert str(caught.value) == (
        "Several columns would have the names ['id']. Give topics other names with set_topic_names, or write "
        "format='npy'."
    )


def test_a_disk_that_is_full_leaves_no_half_table(tmp_path, monkeypatch):
    def full(table, path, **options):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parquet, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        transform_to_folder(Model(), [sample()], tmp_path / "theta", format="parquet")
    assert [path.name for path in (tmp_path / "theta").iterdir()] == ["proportions.json"]


def test_another_format_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"^The 'format' parameter of transform_to_folder must be"):
        transform_to_folder(Model(), [sample()], tmp_path, format="csv")
