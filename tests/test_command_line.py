"""The command ``skxtm``: what it reads and writes, and the one sentence and exit code where it cannot."""

import gzip
import importlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from skxtm import CrossLingualTopicModel, as_corpus
from skxtm._model.state import state_of
from skxtm.corpus import detect_languages
from skxtm.corpus._checks import is_missing
from skxtm.datasets import load_sample, load_sample_lexicon, make_multilingual_corpus
from skxtm.exceptions import UncertainLanguageWarning
from skxtm.metrics import inverted_rbo

pytest.importorskip("click")
pd = pytest.importorskip("pandas")

from skxtm.command_line import _tables, main  # noqa: E402

_commands = importlib.import_module("skxtm.command_line._commands")

ODD_CODES = {"en": ["EN", "en", " en-GB"], "zh": ["zh", "zh-TW", "ZH"]}


def dirty_table():
    """The sample in English and Chinese with themes, markup, addresses, duplicates and rows without text."""
    sample = load_sample("train", languages=["en", "zh"])
    rows = []
    for number, (text, code, theme) in enumerate(
        zip(sample.corpus.text, sample.corpus.language, sample.labels, strict=True)
    ):
        dirt = f"<p>{text}&nbsp;</p>\nhttps://example.org/{number}" if number % 7 == 0 else text
        rows.append((dirt, ODD_CODES[code][number % 3], sample.target_names[theme]))
    rows[5:5] = [("", "", ""), ("  ", "en", "weather"), ("\n", "no code", "")]
    return pd.DataFrame([*rows, *rows[:3]], columns=["body", "lang", "theme"])


TABLE = dirty_table()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder with the table and a lexicon."""
    folder = tmp_path_factory.mktemp("command_line")
    TABLE.to_csv(folder / "data.csv", index=False)
    load_sample_lexicon("zh", "en").to_file(folder / "zh-en.tsv")
    return folder


def fit_arguments(folder, out, *more):
    """A fit that takes a second."""
    options = ["--text", "body", "--language", "lang", "--topics", "4", "--lexicon", folder / "zh-en.tsv"]
    return [str(part) for part in ["fit", folder / "data.csv", *options, "--out", out, *more]]


@pytest.fixture(scope="session")
def model_folder(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skxtm._model.sources.find_spec", lambda name: None)
        patch.setattr("skxtm.lexicons.find_all", lambda languages: ([], []))
        assert main(fit_arguments(folder, folder / "model", "--quiet")) == 0
    return folder / "model"


@pytest.fixture
def data(folder):
    return str(folder / "data.csv")


@pytest.fixture
def model(model_folder):
    return str(model_folder)


@pytest.fixture
def refused(capsys):
    """Run a command that ends with code 2, and return the one sentence, the last line that it shows."""

    def run(*arguments):
        assert main([str(argument) for argument in arguments]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        (last,) = captured.err.splitlines()[-1:]
        assert last.startswith("skxtm: ")
        assert "Traceback" not in captured.err
        return last.removeprefix("skxtm: ")

    return run


def names_in(folder):
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.mark.slow
def test_fit_shows_the_topics_side_by_side_and_says_what_was_read_and_what_comes_next(
    folder, tmp_path, capsys
):
    out = tmp_path / "my models" / "first"
    assert main(fit_arguments(folder, out)) == 0
    captured = capsys.readouterr()
    header, *lines = captured.out.splitlines()
    assert header.split() == ["topic", "share", "en", "zh"]
    assert [line.split()[0] for line in lines] == ["0", "1", "2", "3"]
    said = captured.err
    assert "data.csv: 483 documents: 243 en, 240 zh; 3 rows without text are passed by" in said
    assert "en: 243 documents, 3 duplicates; removed:" in said
    assert f"skxtm transform '{out}' {folder / 'data.csv'} --out theta.csv" in said
    assert names_in(out) == ["model.json", "tensors.safetensors"]
    assert names_in(out.parent) == ["first"]


@pytest.mark.slow
def test_the_model_is_the_one_that_the_estimator_learns(model, folder):
    texts = TABLE[TABLE["body"].str.strip() != ""]
    corpus = as_corpus(list(zip(texts["body"], texts["lang"].str.strip(), strict=True)))
    expected = CrossLingualTopicModel(4, lexicon=folder / "zh-en.tsv", random_state=0).fit(corpus)
    loaded = CrossLingualTopicModel.load(model)
    np.testing.assert_array_equal(loaded.components_, expected.components_)
    np.testing.assert_array_equal(loaded.transform(corpus), expected.transform(corpus))


def test_quiet_shows_nothing(model, data, tmp_path, capsys):
    out = str(tmp_path / "theta.csv")
    assert main(["transform", model, data, "--out", out, "--quiet"]) == 0
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


@pytest.mark.encoder
def test_quiet_shows_no_bar_of_the_encoder_whatever_fit_was_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SKXTM_CACHE", str(tmp_path / "cache"))
    data, out = tmp_path / "data.csv", tmp_path / "model"
    data.write_text(
        "text,language\nrain and wind,en\nsun and rain,en\n风 和 雨,zh\n雨,zh\n", encoding="utf-8"
    )
    options = ["--topics", "2", "--backbone", "usvd", "--min-df", "1", "--max-df", "1.0"]
    assert main(["fit", str(data), "--out", str(out), *options]) == 0
    assert "Encoding: 100%" in capsys.readouterr().err
    for number, quiet in enumerate(([], ["--quiet"])):
        data.write_text(
            f"text,language\nmuch rain and wind {number},en\n", encoding="utf-8"
        )  # not in the cache
        assert main(["transform", str(out), str(data), "--out", "-", *quiet]) == 0
        assert ("Encoding: 100%" in capsys.readouterr().err) == (not quiet)
    loaded = CrossLingualTopicModel.load(out)
    assert (loaded.verbose, state_of(loaded).document_encoder.verbose) == (0, 0)


def test_transform_writes_a_row_for_every_row_of_the_table(model, data, tmp_path):
    out = tmp_path / "theta.csv"
    assert main(["transform", model, data, "--out", str(out)]) == 0
    written = pd.read_csv(out)
    fitted = CrossLingualTopicModel.load(model)
    assert list(written.columns) == ["row", "language", *fitted.topic_names_]
    assert written["row"].tolist() == list(range(len(TABLE)))
    has_text = (TABLE["body"].str.strip() != "").to_numpy()
    assert set(written["language"][has_text]) == {"en", "zh"}
    assert written[~has_text].drop(columns="row").isna().all(axis=None)
    np.testing.assert_allclose(written.iloc[:, 2:][has_text].sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
def test_long_tables_in_every_format_say_the_same(suffix, model, data, tmp_path):
    out = tmp_path / f"theta{suffix}"
    assert main(["transform", model, data, "--out", str(out), "--long"]) == 0
    written = _tables.read_table(out)
    fitted = CrossLingualTopicModel.load(model)
    kept = TABLE[TABLE["body"].str.strip() != ""]
    theta = fitted.transform([(text, code.strip()) for text, code in kept[["body", "lang"]].to_numpy()])
    assert list(written.columns) == ["row", "language", "topic", "name", "proportion"]
    np.testing.assert_allclose(written["proportion"].astype(float), theta.ravel(), rtol=1e-5, atol=1e-9)
    assert written["row"].astype(int).tolist() == np.repeat(kept.index, 4).tolist()
    assert written["name"].tolist() == fitted.topic_names_ * len(kept)


def test_a_dash_is_standard_output(model, data, capsys):
    assert main(["transform", model, data, "--out", "-"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("row,language,")
    assert len(lines) == len(TABLE) + 1


@pytest.mark.parametrize(("named", "grid"), [("auto:3,8", (3, 8)), ("auto", None)])
def test_the_number_of_topics_is_found_if_asked_for(folder, tmp_path, capsys, monkeypatch, named, grid):
    asked = []

    def search(model, X, grid, verbose):
        asked.append((grid, len(X), verbose))
        return SimpleNamespace(recommended=3, reason="of 3 topics all are fine.")

    monkeypatch.setattr(_commands, "search_n_components", search)
    arguments = fit_arguments(folder, tmp_path / "model")
    arguments[arguments.index("--topics") + 1] = named
    assert main(arguments) == 0
    assert asked == [(grid, 483, 1)]
    assert "\n3 topics: of 3 topics all are fine.\n" in capsys.readouterr().err
    assert CrossLingualTopicModel.load(tmp_path / "model").n_components == 3


def test_topics_are_shown_and_written_with_as_many_words_as_asked_for(model, tmp_path, capsys):
    assert main(["topics", model, "--words", "3"]) == 0
    shown = capsys.readouterr().out.splitlines()
    topics = CrossLingualTopicModel.load(model).get_topics(3)
    assert [" ".join(topic["en"]) in line and " ".join(topic["zh"]) in line for topic, line in zip(topics, shown[1:], strict=True)] == [True] * 4  # fmt: skip
    for name in ("topics.csv", "topics.jsonl"):
        assert main(["topics", model, "--words", "3", "--out", str(tmp_path / name)]) == 0
    table = pd.read_csv(tmp_path / "topics.csv")
    assert table["en"].tolist() == [", ".join(topic["en"]) for topic in topics]
    lines = (tmp_path / "topics.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["zh"] for line in lines] == [topic["zh"] for topic in topics]


def test_a_terminal_gets_as_many_words_as_fit(model, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["topics", model, "--words", "30"]) == 0
    lines = capsys.readouterr().out.splitlines()
    width = importlib.import_module("skxtm.command_line._printing")._width
    assert max(map(width, lines)) <= 60


@pytest.mark.slow
def test_evaluate_measures_topics_coherence_and_accuracies_across_languages(
    model, data, folder, tmp_path, capsys
):
    reference = tmp_path / "reference"
    reference.mkdir()
    vocabularies = CrossLingualTopicModel.load(model).vocabularies_
    for code, words in vocabularies.items():
        lines = [" ".join(words[start::50]) for start in range(50)]
        (reference / f"{code}.txt").write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "measures.csv"
    arguments = ["evaluate", model, data, "--labels", "theme", "--reference", str(reference), "--words", "5"]
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert "documents have no label" not in captured.err
    assert main([*arguments, "--out", str(out)]) == 0
    table = pd.read_csv(out).set_index(["measure", "languages"])["value"]
    assert len(captured.out.splitlines()) == len(table) + 1
    assert table["uniqueness (TU)", "en"] > 0.8
    assert table["accuracy", "en to zh"] > 0.3  # of eight themes, by four topics
    pairs = {"en to en", "en to zh", "zh to en", "zh to zh"}
    assert set(table["accuracy"].index) == set(table["macro F1"].index) == pairs
    assert set(table["coherence (NPMI)"].index) == {"en", "zh"}
    assert set(table["coherence (CNPMI)"].index) == {"en-zh"}


def test_evaluate_measures_a_language_of_few_words_by_those_that_it_has(tmp_path, capsys):
    data = make_multilingual_corpus(30, n_components=2, vocabulary_sizes=[20, 3], random_state=0)
    model = CrossLingualTopicModel(2, backbone="nmtm", lexicon=data.lexicon, max_epochs=1, random_state=0)
    model.fit(data.corpus).save(tmp_path / "model")
    out = tmp_path / "measures.csv"
    assert main(["evaluate", str(tmp_path / "model"), "--words", "5", "--out", str(out)]) == 0
    assert (
        "Warning: Inverted RBO in 'zh' compares 3 words, the fewest that a topic has there.\n"
        in capsys.readouterr().err
    )
    table = pd.read_csv(out, index_col=["measure", "languages"])["value"]
    assert len(table) == 6
    topics = model.get_topics(5)
    for code, n_words in (("en", 5), ("zh", 3)):
        assert table["inverted RBO", code] == pytest.approx(
            inverted_rbo(topics, n_words=n_words, languages=[code])
        )


def test_explore_writes_a_page_of_the_table_s_documents_with_its_groups(model, data, tmp_path, refused):
    pytest.importorskip("jinja2")
    out = tmp_path / "page.html"
    assert main(["explore", model, data, "--out", str(out), "--groups", "theme"]) == 0
    page = out.read_text(encoding="utf-8")
    assert f"4 topics of {len(TABLE[TABLE['body'].str.strip() != '']):,} documents" in page
    labels = json.loads(re.search(r'"groups":\{"labels":(\[.*?\])', page).group(1))
    assert set(labels) == set(TABLE["theme"]) - {""}
    assert "--dates" in refused("explore", model, data, "--out", tmp_path / "other.html", "--dates", "when")
    assert not (tmp_path / "other.html").exists()


def test_rows_whose_cell_is_empty_are_of_no_group_and_no_date(model, tmp_path):
    pytest.importorskip("jinja2")
    data, out = tmp_path / "data.csv", tmp_path / "page.html"
    with_text = TABLE[TABLE["body"].str.strip() != ""]
    groups = ["", " ", "press"] * len(with_text)
    with_text.assign(source=groups[: len(with_text)]).to_csv(data, index=False)
    assert main(["explore", model, str(data), "--out", str(out), "--groups", "source"]) == 0
    page = out.read_text(encoding="utf-8")
    assert json.loads(re.search(r'"groups":\{"labels":(\[.*?\])', page).group(1)) == ["press"]


def test_a_warning_that_comes_again_is_shown_once(model, capsys):
    assert main(["evaluate", model, "--words", "2000"]) in (0, 2)
    warned = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Warning: ")]
    assert warned
    assert len(warned) == len(set(warned))


@pytest.mark.parametrize("command", ["explore", "report"])
def test_a_page_is_not_written_into_a_file_called_dash(command, model, data, tmp_path, refused, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = [command, model, *([data] if command == "explore" else []), "--out", "-"]
    said = "'-' is standard output, which takes tables only: give another --out."
    assert refused(*arguments) == said
    assert names_in(tmp_path) == []


def test_report_writes_the_page(model, tmp_path):
    pytest.importorskip("jinja2")
    out = tmp_path / "page.html"
    assert main(["report", model, "--out", str(out), "--title", "My topics"]) == 0
    assert "My topics" in out.read_text(encoding="utf-8")


def test_languages_are_found_and_those_of_few_texts_are_taken_for_another(model, tmp_path, capsys):
    pytest.importorskip("py3langid")
    kept = TABLE[TABLE["body"].str.strip() != ""]["body"].tolist()
    path = tmp_path / "texts.jsonl"
    lines = [json.dumps({"body": text}) for text in [*kept, "", "xi xi", None]]
    path.write_text("\n".join(lines), encoding="utf-8")
    documents = read(path, "auto")
    assert set(documents.corpus.language) == {"en", "zh"}
    assert documents.rows.tolist() == [*range(len(kept)), len(kept) + 1]
    assert set(read(path, "auto:en").corpus.language) == {"en"}
    assert main(["transform", model, str(path), "--language", "auto", "--out", "-"]) == 0
    assert "484 documents: " in capsys.readouterr().err


def read(path, language, text="body"):
    documents = importlib.import_module("skxtm.command_line._documents")
    return documents.read_documents(_tables.read_table(Path(path)), Path(path), text, language)


def test_texts_of_uncertain_language_bring_no_language_of_their_own(tmp_path):
    sample = load_sample("train", languages=["en", "zh"])
    path = tmp_path / "short.csv"
    texts = [*sample.corpus.text[::8], *["RAS"] * 6]
    assert set(detect_languages(texts[-6:]).codes) == {"sr"}
    pd.DataFrame({"body": texts}).to_csv(path, index=False)
    with pytest.warns(UncertainLanguageWarning, match="of 6 of 66 documents"):
        documents = read(path, "auto")
    assert set(documents.corpus.languages) == {"en", "zh"}
    pd.DataFrame({"body": texts[-6:]}).to_csv(path, index=False)
    with pytest.warns(UncertainLanguageWarning, match="of 6 of 6 documents"):
        assert set(read(path, "auto").corpus.languages) == {"sr"}


def test_texts_of_uncertain_language_are_named_by_their_rows_in_the_file(tmp_path):
    pytest.importorskip("py3langid")
    path = tmp_path / "texts.csv"
    pd.DataFrame({"body": ["", "rain and wind all day", "", "a b"]}).to_csv(path, index=False)
    with pytest.warns(UncertainLanguageWarning, match=r"in row 3\."):
        read(path, "auto:en,fr,de,es")


@pytest.mark.slow
def test_one_code_is_the_language_of_all_rows_and_the_model_remembers_it(tmp_path, capsys):
    sample = load_sample("train", languages=["en"])
    path = tmp_path / "english.tsv.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        pd.DataFrame({"text": sample.corpus.text}).to_csv(file, sep="\t", index=False)
    out = str(tmp_path / "model")
    assert main(["fit", str(path), "--language", "en-GB", "--topics", "3", "--out", out, "--quiet"]) == 0
    assert main(["transform", out, str(path), "--out", "-"]) == 0
    assert "240 documents: 240 en\n" in capsys.readouterr().err


def test_tables_of_spreadsheets_in_utf_16_are_read(tmp_path):
    path = tmp_path / "data.tsv"
    pd.DataFrame({"body": ["雨", "rain"], "lang": ["zh", "en"]}).to_csv(
        path, sep="\t", index=False, encoding="utf-16"
    )
    assert read(path, "lang").corpus.text.tolist() == ["雨", "rain"]


def test_the_mark_of_utf_16_is_seen_in_a_packed_file_too(tmp_path):
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress("body,lang\n雨,zh\n".encode("utf-16")))
    assert read(path, "lang").corpus.text.tolist() == ["雨"]


@pytest.mark.parametrize(
    ("texts", "read_as"),
    [
        (['"Yes, he said', "rain", "wind", '"No, she said', "sun"], None),
        (['"Yes," he said', 'a 5" pipe', '""', "sun", '"'], None),
        (["x", '"a ""b"""', '"wind\n\nand rain"'], ["x", 'a "b"', "wind\n\nand rain"]),
    ],
    ids=["marks that begin texts", "all kinds of marks", "a table that quotes"],
)
def test_a_table_separated_by_tabs_that_does_not_quote_keeps_all_its_rows(tmp_path, texts, read_as):
    path = tmp_path / "data.tsv"
    for row, header in (("{}\ten\n", "body\tlang\n"), ("{}\n", "body\n")):
        path.write_text(header + "".join(row.format(text) for text in texts), encoding="utf-8")
        assert read(path, "en").table["body"].tolist() == (read_as or texts)


@pytest.mark.parametrize(
    "rows",
    ['"Yes, he said\ten\n"No, she said\ten\nrain\n', '"Yes, he said.\ten\nAnd went."\ten\n'],
    ids=["a row without its last cell", "marks that may stand around a cell"],
)
def test_a_table_separated_by_tabs_that_can_be_read_in_two_ways_is_warned_of(tmp_path, rows):
    path = tmp_path / "data.tsv"
    path.write_text("body\tlang\n" + rows, encoding="utf-8")
    message = (
        f"{path} has quotation marks that may be its texts' own; rows between them are then read as one. Write "
        'texts with such marks as "He said ""no""".'
    )
    with pytest.warns(UserWarning, match=f"^{re.escape(message)}$"):
        read(path, "en")


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_whole_numbers_stay_whole_beside_a_missing_value(tmp_path, suffix):
    path = tmp_path / f"data{suffix}"
    numbers = [2**53, 2**53 + 1, None]
    if suffix == ".parquet":
        arrow = pytest.importorskip("pyarrow")
        importlib.import_module("pyarrow.parquet").write_table(arrow.table({"source": numbers}), path)
    else:
        lines = [json.dumps({"source": number}) for number in numbers]
        path.write_text("\n".join([*lines, "{}"]), encoding="utf-8")
    table = _tables.read_table(path)
    found = [None if is_missing(value) else value for value in _tables.column_of(table, "source", path, "")]
    assert found == [*numbers, *[None] * (suffix == ".jsonl")]
    assert [str(number) for number in found[:2]] == ["9007199254740992", "9007199254740993"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["data.csv", "data.tsv", "data.csv.gz"])
def test_the_header_tells_what_separates_columns(tmp_path, separator, name):
    path = tmp_path / name
    table = pd.DataFrame({"body": ["rain, wind; sun", 'a "b"', "x\ty|z\nv\nw"], "place": ["1,5", "2", ""]})
    table.to_csv(path, sep=separator, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    pd.testing.assert_frame_equal(_tables.read_table(path).astype(object), table.astype(object))


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_blank_lines_of_one_column_are_rows_but_for_those_at_the_end(tmp_path, end):
    path = tmp_path / "one.csv"
    path.write_text("text\nrain and wind\n\n  \nsun" + end, encoding="utf-8")
    assert _tables.read_table(path)["text"].tolist() == ["rain and wind", "", "  ", "sun"]
    path.write_text("\ntext\nrain\n\nsun" + end, encoding="utf-8")  # the header is not in the first line
    assert _tables.read_table(path)["text"].tolist() == ["rain", "sun"]


def test_words_that_pandas_takes_for_missing_values_stay_words(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("body,lang\nNA,en\nnull,en\n,en\n", encoding="utf-8")
    documents = read(path, "lang")
    assert documents.corpus.text.tolist() == ["NA", "null"]
    assert documents.rows.tolist() == [0, 1]


NO_TOPICS = (
    "is neither a number, such as 20, nor auto, nor auto with numbers to choose from, such as auto:10,20."
)
BAD = {
    "no file": (["none.csv"], "There is no file 'none.csv'; check the path."),
    "format": (
        ["data.xlsx"],
        "The name of 'data.xlsx' must end with one of .csv, .tsv, .jsonl, .ndjson, .parquet, which says the "
        "format.",
    ),
    "empty": (["empty.csv"], "empty.csv is empty; give a file with a header and rows."),
    "no rows": (["header.csv"], "header.csv holds no rows; give a file with a document in each."),
    "latin": (
        ["latin.csv"],
        "latin.csv cannot be decoded as utf-8: give its encoding, as in --encoding cp1252.",
    ),
    "utf-16": (
        ["small.csv", "--encoding", "utf-16"],
        "small.csv cannot be decoded as utf-16: give its encoding, as in --encoding cp1252.",
    ),
    "encoding": (
        ["small.csv", "--encoding", "utf-88"],
        "There is no encoding 'utf-88'; give one such as utf-8 or cp1252.",
    ),
    "text column": (
        ["small.csv", "--text", "texts"],
        "small.csv has no column 'texts'; its columns are ['text', 'language']: name one with --text.",
    ),
    "language column": (
        ["small.csv", "--language", "lang1"],
        "small.csv has no column 'lang1', and it is no code of a language; its columns are ['text', "
        "'language']: name one with --language, or give a code such as 'en', or 'auto'.",
    ),
    "no text": (
        ["blank.csv"],
        "The column 'text' of blank.csv holds no text: name another with --text.",
    ),
    "code": (
        ["codes.csv"],
        "2 rows cannot be used: language 'english' is no code of ISO 639 or BCP 47: did you mean 'en'? in "
        "row 1; language '' is blank in row 3. Fill, correct or remove them first. Codes are such as 'en', "
        "'deu' or 'pt-BR'; a language of your own may be called 'x-mine'.",
    ),
    "ragged": (
        ["ragged.csv"],
        "ragged.csv is no table with the separator ',': Error tokenizing data. C error: Expected 2 fields in "
        "line 3, saw 3.",
    ),
    "no JSON": (
        ["broken.jsonl"],
        "Line 2 of broken.jsonl is no JSON: Expecting value: line 1 column 1 (char 0).",
    ),
    "list": (["list.jsonl"], "Line 1 of list.jsonl is no JSON object with a value for each column."),
    "number": (
        ["number.jsonl"],
        "1 row cannot be used: text is 'int', not a string, in row 1. Fill, correct or remove it first.",
    ),
    "damaged": (["damaged.csv.gz"], "damaged.csv.gz is damaged: Not a gzipped file (b'te')."),
    "backbone": (["small.csv", "--backbone", "xtr"], "There is no backbone 'xtr'; there are corectm, "),
    "lexicons": (
        ["small.csv", "--lexicon", "auto", "--lexicon", "zh-en.tsv"],
        "--lexicon auto takes what is installed: give it alone, or files.",
    ),
    "topics": (["small.csv", "--topics", "0"], "Invalid value for '--topics': 0 is not in the range x>=1."),
    "no topics": (
        ["small.csv", "--topics", "many"],
        f"Invalid value for '--topics': 'many' {NO_TOPICS}",
    ),
    "one topic": (
        ["small.csv", "--topics", "auto:1,5"],
        "Invalid value for '--topics': 1 is not in the range x>=2.",
    ),
    "gap": (
        ["small.csv", "--topics", "auto:5,"],
        f"Invalid value for '--topics': 'auto:5,' {NO_TOPICS}",
    ),
    "no auto": (["small.csv", "--topics", "10,20"], f"Invalid value for '--topics': '10,20' {NO_TOPICS}"),
    "capital": (["small.csv", "--topics", "Auto"], f"Invalid value for '--topics': 'Auto' {NO_TOPICS}"),
    "percent": (
        ["small.csv", "--max-df", "50%"],
        "Invalid value for '--max-df': '50%' is neither a number of documents, such as 2, nor with a point a share "
        "of them, such as 0.5.",
    ),
    "share": (
        ["small.csv", "--max-df", "1.5"],
        "Invalid value for '--max-df': 1.5 is not in the range 0<x<=1.",
    ),
    "dash": (
        ["small.csv", "--out", "-"],
        "'-' is standard output, which takes tables only: give another --out.",
    ),
    "seed": (
        ["small.csv", "--seed", "-1"],
        "Invalid value for '--seed': -1 is not in the range 0<=x<=4294967295.",
    ),
    "flipped bytes": (["flipped.csv.gz"], "flipped.csv.gz is damaged: Error -3 while decompressing data: "),
    "deep": (["deep.jsonl"], "Line 1 of deep.jsonl is no JSON: maximum recursion depth exceeded "),
    "option": (["small.csv", "--colour", "red"], "No such option"),
}


@pytest.fixture
def bad_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts = {
        "data.xlsx": "",
        "empty.csv": "",
        "header.csv": "text,language\n",
        "small.csv": "text,language\nrain,en\n雨,zh\n",
        "blank.csv": "text,language\n ,en\n,zh\n",
        "codes.csv": "text,language\n,what\nrain,english\nwind,en\nsun,\n",
        "ragged.csv": "text,language\nrain,en\nrain, wind,en\n",
        "broken.jsonl": '{"text": "rain", "language": "en"}\nrain\n',
        "list.jsonl": '["rain", "en"]\n',
        "number.jsonl": '{"text": "rain", "language": "en"}\n{"text": 3, "language": "en"}\n',
        "damaged.csv.gz": "text",
    }
    for name, text in texts.items():
        Path(name).write_text(text, encoding="utf-8")
    packed = bytearray(gzip.compress(b"text,language\n" + bytes(range(32, 127)) * 9 + b",en\n"))
    packed[20:40] = bytes(255 - byte for byte in packed[20:40])
    Path("flipped.csv.gz").write_bytes(packed)
    Path("deep.jsonl").write_text("[" * 100_000, encoding="utf-8")
    Path("latin.csv").write_bytes("text,language\ncaf\xe9,fr\n".encode("latin-1"))
    return tmp_path


@pytest.mark.parametrize("case", BAD)
def test_bad_input_ends_with_one_sentence_and_nothing_written(case, bad_folder, refused):
    arguments, sentence = BAD[case]
    before = names_in(bad_folder)
    said = refused("fit", "--out", "model", *arguments, "--quiet")
    is_begin = case in {"backbone", "option", "flipped bytes", "deep"}
    assert said.startswith(sentence) if is_begin else said == sentence
    assert names_in(bad_folder) == before


def test_messages_of_the_library_are_passed_on(bad_folder, refused, model):
    said = refused("fit", "small.csv", "--out", "model", "--lexicon", "none-en.tsv")
    assert "none-en.tsv" in said
    assert refused("topics", "model").startswith("model is not a saved model: model.json is missing.")
    Path("german.csv").write_text("text,language\nRegen,de\n", encoding="utf-8")
    said = refused("transform", model, "german.csv", "--text", "text", "--language", "language", "--out", "-")
    assert said.startswith("languages contains ['de'], which were not seen during fit.")


def test_parameters_that_a_message_names_are_named_as_options(bad_folder, refused, model):
    Path("rare.csv").write_text("text,language\nrain,en\nwind,en\n", encoding="utf-8")
    said = refused("fit", "rare.csv", "--out", "model", "--max-df", "0.25", "--quiet")
    assert "at least min_df=2 and at most max_df=0.25 of" in said
    assert said.endswith(" On the command line min_df is --min-df, max_df is --max-df.")
    assert "On the command line" not in refused("topics", "model")
    Path("mydict.tsv").write_text("雨\train\n", encoding="utf-8")
    said = refused(
        "fit", "small.csv", "--min-df", "1", "--out", "model", "--lexicon", "mydict.tsv", "--quiet"
    )
    assert said == (
        "The languages of mydict.tsv cannot be read from its name, as they can from 'zh-en.tsv'. Give them in the "
        "order of its columns: Lexicon.read(path, languages=('zh', 'en')). On the command line Lexicon.read is "
        "--lexicon with a file named as zh-en.tsv."
    )


def test_warnings_name_options_too(tmp_path, capsys):
    path = tmp_path / "data.csv"
    pd.DataFrame({"text": ["rain and wind all day", "a b"]}).to_csv(path, index=False)
    out = str(tmp_path / "model")
    main(["fit", str(path), "--language", "auto:en,fr", "--topics", "2", "--out", out])
    assert "On the command line languages is --language auto:de,en." in capsys.readouterr().err


def test_languages_without_a_list_of_stop_words_are_fitted_on_request(tmp_path, refused):
    pytest.importorskip("stopwordsiso")
    data, out = tmp_path / "data.csv", tmp_path / "model"
    data.write_text(
        "text,language\nthe rain,en\nthe wind,en\nкиша и ветар,sr\nто је киша,sr\n", encoding="utf-8"
    )
    command = ["fit", str(data), "--min-df", "1", "--max-df", "1.0", "--topics", "2", "--quiet"]
    command += [
        "--backbone",
        "nmtm",
        "--lexicon",
        str(tmp_path / "sr-en.tsv"),
        "--out",
        str(out),
        "--overwrite",
    ]
    (tmp_path / "sr-en.tsv").write_text("киша\train\n", encoding="utf-8")
    said = refused(*command)
    assert said.startswith("stop_words='iso' has no list for language 'sr'.")
    assert said.endswith(
        " On the command line stop_words is --stop-words none, or none:sr for some languages."
    )
    for given, is_dropped in (("none", False), ("none:sr", True)):
        assert main([*command, "--stop-words", given]) == 0
        words = CrossLingualTopicModel.load(out).vocabularies_
        assert ("the" not in words["en"], "је" in words["sr"]) == (is_dropped, True)
    for given in ("iso:sr", "some"):
        assert refused(*command, "--stop-words", given) == (
            f"--stop-words must be iso, none, or none:CODE with the languages without a list. Got {given!r}."
        )
    assert refused(*command, "--stop-words", "none:serbian").startswith(
        "The language code 'serbian' is no code"
    )


def test_rare_words_are_kept_on_request(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    texts = ["rain wind", "snow hail", "bread milk", "salt soup"]
    Path("few.csv").write_text("\n".join(["text", *texts]), encoding="utf-8")
    options = ["--language", "en", "--topics", "2", "--quiet"]
    assert main(["fit", "few.csv", "--out", "all", *options, "--min-df", "1"]) == 0
    vectorizer = CrossLingualTopicModel.load("all").vectorizer_
    assert vectorizer.vocabularies_["en"].tolist() == sorted(" ".join(texts).split())
    assert (vectorizer.min_df, vectorizer.max_df) == (1, 0.5)
    for refused in ("0", "1.5", "-1", "few"):
        assert main(["fit", "few.csv", "--out", "none", *options, "--min-df", refused]) == 2
        assert "'--min-df'" in capsys.readouterr().err


def test_what_is_there_is_replaced_only_on_request(model, data, tmp_path, refused):
    out = tmp_path / "topics.csv"
    out.write_text("mine", encoding="utf-8")
    said = refused("topics", model, "--out", out)
    assert said == f"'{out}' exists: give another --out, or --overwrite to replace it."
    assert out.read_text(encoding="utf-8") == "mine"
    assert main(["topics", model, "--out", str(out), "--overwrite"]) == 0
    assert out.read_text(encoding="utf-8").startswith("topic,name,")


def test_the_folder_that_the_command_runs_in_is_refused_before_the_fit(
    model, data, tmp_path, refused, monkeypatch
):
    monkeypatch.setattr(_commands, "read_table", raising(AssertionError("it has begun")))
    monkeypatch.chdir(model)
    for out in (".", model):
        assert refused("fit", data, "--out", out, "--overwrite") == (
            f"{out!r} is the folder that skxtm runs in, and cannot be replaced: give another --out, or run it in "
            "another folder."
        )


def test_a_place_that_cannot_be_written_is_refused_before_the_fit(data, tmp_path, refused, monkeypatch):
    monkeypatch.setattr(_commands, "read_table", lambda *_: pytest.fail("the table was read"))
    (tmp_path / "file.txt").write_text("", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "model.json").write_text('{"format": "layers-model"}', encoding="utf-8")
    cases = {
        tmp_path / "web": "is no saved model, which --overwrite would replace: give another --out.",
        tmp_path / "folder": "is no saved model, which --overwrite would replace: give another --out.",
        tmp_path / "file.txt": "is a file, not a folder: give another --out.",
        tmp_path / "file.txt" / "model": "does not exist: make it, or give another --out.",
    }
    for out, end in cases.items():
        assert refused("fit", data, "--out", out, "--overwrite").endswith(end)
    monkeypatch.setattr(_tables.tempfile, "TemporaryFile", raising(PermissionError(13, "Permission denied")))
    said = refused("fit", data, "--out", tmp_path / "model")
    assert said.endswith("model' cannot be written (Permission denied): give another --out.")


def test_tables_are_written_into_folders_that_are_there(model, tmp_path, refused):
    out = tmp_path / "none" / "topics.csv"
    assert refused("topics", model, "--out", out) == (
        f"The folder of '{out}' does not exist: make it, or give another --out."
    )
    (tmp_path / "topics.csv").mkdir()
    said = refused("topics", model, "--out", tmp_path / "topics.csv", "--overwrite")
    assert said.endswith("topics.csv' is a folder, not a file: give another --out.")


def raising(error):
    def stand_in(*args, **kwargs):
        raise error

    return stand_in


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_an_error_in_the_middle_of_writing_leaves_the_file_as_it_was(
    suffix, model, data, tmp_path, monkeypatch, refused
):
    def half(self, path, **settings):
        Path(path).write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(pd.DataFrame, "to_csv", half)
    monkeypatch.setattr(pd.DataFrame, "to_json", half)
    out = tmp_path / f"theta{suffix}"
    out.write_text("before", encoding="utf-8")
    said = refused("transform", model, data, "--out", out, "--overwrite")
    assert said.endswith(": No space left on device.")
    assert names_in(tmp_path) == [out.name]
    assert out.read_text(encoding="utf-8") == "before"


@pytest.mark.slow
def test_an_error_in_the_middle_of_saving_leaves_the_model_as_it_was(folder, tmp_path, monkeypatch, capsys):
    out = tmp_path / "model"
    assert main(fit_arguments(folder, out, "--quiet")) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    rename = Path.rename

    def failing(self, target):
        if self.name == "fresh":
            raise OSError(5, "Input/output error", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    assert main(fit_arguments(folder, out, "--quiet", "--overwrite", "--seed", "1")) == 2
    assert "Input/output error" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert names_in(tmp_path) == ["model"]


def test_ctrl_c_during_a_fit_writes_nothing(folder, tmp_path, monkeypatch, capsys):
    def interrupted(self, X):
        try:
            os.kill(os.getpid(), signal.SIGINT)
            signal.sigtimedwait([], 1)
        except KeyboardInterrupt:  # as training does, to keep what was learnt so far
            return self
        pytest.fail("the signal did not come")

    monkeypatch.setattr(CrossLingualTopicModel, "fit", interrupted)
    assert main(fit_arguments(folder, tmp_path / "model", "--quiet")) == 130
    assert capsys.readouterr().err == "skxtm: Stopped by Ctrl-C; nothing was written.\n"
    assert names_in(tmp_path) == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_whoever_handles_ctrl_c_already_still_does(model, monkeypatch, capsys):
    def handler(*_):
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGINT, handler)
    try:
        monkeypatch.setattr(_commands, "topics", lambda **_: os.kill(os.getpid(), signal.SIGINT))
        assert main(["topics", model]) == 130
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, previous)
    assert "Stopped by Ctrl-C" in capsys.readouterr().err


def test_labels_are_asked_for_with_data_and_only_there(model, data, refused, tmp_path):
    sentence = "Accuracies need both a file of documents and --labels, the column of their labels."
    assert refused("evaluate", model, data) == sentence
    assert refused("evaluate", model, "--labels", "theme") == sentence
    assert refused("evaluate", model, data, "--labels", "themes", "--quiet").endswith(
        "has no column 'themes'; its columns are ['body', 'lang', 'theme']: name one with --labels."
    )
    assert refused("evaluate", model, "--reference", tmp_path / "none").startswith("There is no folder")
    (tmp_path / "de.txt").write_text("regen\n", encoding="utf-8")
    assert refused("evaluate", model, "--reference", tmp_path).endswith(
        "has texts in ['de'], but the model's topics are in ['en', 'zh']: give a reference in these."
    )


def test_documents_without_a_label_are_passed_by_and_told_of(model, tmp_path, capsys, refused):
    table = TABLE.assign(theme=[theme if row % 5 else " " for row, theme in enumerate(TABLE["theme"])])
    n_missing = int(((table["theme"].str.strip() == "") & (table["body"].str.strip() != "")).sum())
    table.assign(none="").to_csv(tmp_path / "data.csv", index=False)
    assert main(["evaluate", model, str(tmp_path / "data.csv"), "--labels", "theme"]) == 0
    assert f"{n_missing} documents have no label in 'theme' and are passed by.\n" in capsys.readouterr().err
    said = refused("evaluate", model, tmp_path / "data.csv", "--labels", "none")
    assert said == "The column 'none' holds no labels: name another with --labels."


def test_errors_of_the_system_without_a_file_are_named_by_their_kind(model, monkeypatch, refused):
    monkeypatch.setattr(_commands, "topics", raising(OSError("out of space")))
    assert refused("topics", model) == "OSError: out of space."


def test_parquet_needs_pyarrow(model, tmp_path, refused, monkeypatch):
    monkeypatch.setattr(_tables, "find_spec", lambda name: None)
    path = tmp_path / "data.parquet"
    said = "Parquet needs the package 'pyarrow', which is not installed: pip install pyarrow."
    assert refused("topics", model, "--out", path) == f"Writing {said}"
    path.write_bytes(b"PAR1")
    assert refused("fit", path, "--out", tmp_path / "model") == f"Reading {said}"


def test_parquet_is_read_and_written_by_pandas(model, tmp_path, refused, monkeypatch):
    monkeypatch.setattr(_tables, "find_spec", lambda name: object())
    monkeypatch.setattr(
        pd.DataFrame,
        "to_parquet",
        lambda self, path, index, write_page_checksum: b"PAR1" * write_page_checksum,
    )
    assert main(["topics", model, "--out", str(tmp_path / "topics.parquet")]) == 0
    assert (tmp_path / "topics.parquet").read_bytes() == b"PAR1"
    table = pd.DataFrame({"body": ["rain", None], "lang": ["en", None]})
    monkeypatch.setattr(pd, "read_parquet", lambda path, **_: table)
    assert read(tmp_path / "topics.parquet", "lang").rows.tolist() == [0]
    monkeypatch.setattr(pd, "read_parquet", raising(ValueError("no magic bytes.\nat all")))
    assert refused("fit", tmp_path / "topics.parquet", "--out", tmp_path / "model") == (
        f"{tmp_path / 'topics.parquet'} is no Parquet file: no magic bytes."
    )


def test_a_missing_library_is_named_with_its_extra(monkeypatch, refused):
    monkeypatch.setitem(sys.modules, "click", None)
    assert refused("topics", "model").endswith("Install it with: pip install 'skxtm[cli]'.")


def test_a_model_of_counts_reads_no_texts(tmp_path, data, refused):
    CrossLingualTopicModel(2, random_state=0).fit(np.eye(12, 6) + 1).save(tmp_path / "model")
    said = refused("transform", tmp_path / "model", data, "--out", "-")
    assert said == "The model was fitted on counts, and cannot read texts: transform counts in Python."


def test_nothing_asked_for_is_help(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    assert [
        name for name in ("fit", "transform", "topics", "evaluate", "explore", "report") if name not in out
    ] == []


def run_module(*arguments, **settings):
    command = [sys.executable, "-m", "skxtm", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, **settings)


@pytest.mark.slow
def test_the_module_runs_as_the_command(model):
    done = run_module("topics", model, "--words", "2")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].split() == ["topic", "share", "en", "zh"]


@pytest.mark.slow
def test_all_scripts_are_written_into_files_whatever_the_system_s_code_page(model):
    done = run_module("topics", model, env={**os.environ, "PYTHONIOENCODING": "cp1252"})
    assert (done.returncode, done.stderr) == (0, "")
    assert any(character > "\u4e00" for character in done.stdout)


@pytest.mark.slow
def test_the_module_ends_with_code_2_without_a_traceback(tmp_path):
    done = run_module("fit", "none.csv", "--out", "model", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "skxtm: There is no file 'none.csv'; check the path.\n"
    assert names_in(tmp_path) == []
