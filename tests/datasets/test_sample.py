"""The bundled sample: its files, its fixed split, and whether its themes can be told apart."""

import csv
import unicodedata
from collections import Counter

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from skxtm.datasets import load_sample, load_sample_lexicon, load_sample_reference, sample_path
from skxtm.exceptions import InputError

LANGUAGES = ["en", "zh", "ja"]
THEMES = ("cooking", "economy", "health", "music", "sports", "technology", "travel", "weather")
LEXICONS = [("zh", "en"), ("ja", "en"), ("zh", "ja")]
FILES = [
    "sample_documents.tsv",
    "sample_aligned.tsv",
    *(f"sample_lexicon_{source}-{target}.tsv" for source, target in LEXICONS),
]


def rows_of(name):
    """Read a file with the standard library's reader, apart from the package's own."""
    with sample_path(name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize(("subset", "size"), [("train", 30), ("test", 10), ("all", 40)])
def test_every_theme_has_the_same_number_of_documents_in_every_language(subset, size):
    sample = load_sample(subset)
    assert sample.target_names == THEMES
    for code in LANGUAGES:
        assert Counter(sample.labels[sample.corpus.rows_of(code)].tolist()) == dict.fromkeys(range(8), size)
    assert sample.corpus.language.tolist() == [code for code in LANGUAGES for _ in range(8 * size)]


def test_documents_carry_their_own_label_and_language():
    sample = load_sample("all")
    written = {text: (theme, language) for theme, language, text in rows_of("sample_documents.tsv")[1:]}
    assert len(written) == 960
    for text, language, label in zip(sample.corpus.text, sample.corpus.language, sample.labels, strict=True):
        assert written[text] == (sample.target_names[label], language)


def test_training_and_test_documents_are_the_first_thirty_and_the_last_ten_of_each_group():
    train, test = set(load_sample("train").corpus.text), set(load_sample("test").corpus.text)
    seen = Counter()
    for theme, language, text in rows_of("sample_documents.tsv")[1:]:
        part = train if seen[theme, language] < 30 else test
        assert text in part
        seen[theme, language] += 1
    assert not train & test
    assert len(train) + len(test) == 960


def test_languages_can_be_chosen_and_keep_their_order():
    sample = load_sample(languages=["ja", "en"])
    assert sample.corpus.language.tolist() == ["en"] * 240 + ["ja"] * 240
    assert len(sample.labels) == 480


def test_the_reference_pairs_the_same_passage_in_three_languages():
    reference = load_sample_reference()
    passages = rows_of("sample_aligned.tsv")[1:]
    assert len(passages) == 160
    assert Counter(theme for theme, *_ in passages) == dict.fromkeys(THEMES, 20)
    for number in (0, 77, 159):
        rows = np.flatnonzero(reference.pair_id == number)
        assert reference.language[rows].tolist() == LANGUAGES
        assert reference.text[rows].tolist() == passages[number][1:]


def test_no_passage_of_the_reference_is_a_document():
    assert not set(load_sample_reference().text) & set(load_sample("all").corpus.text)


@pytest.mark.parametrize(("source", "target"), LEXICONS)
def test_a_lexicon_can_be_loaded_in_either_direction(source, target):
    pairs = [tuple(row) for row in rows_of(f"sample_lexicon_{source}-{target}.tsv")]
    assert list(load_sample_lexicon(source, target)) == pairs
    assert list(load_sample_lexicon(target, source, match="literal")) == [(b, a) for a, b in pairs]
    assert load_sample_lexicon(target, source, match="literal").match == "literal"


def test_a_lexicon_of_other_languages_is_refused():
    with pytest.raises(InputError) as caught:
        load_sample_lexicon("en", "fr")
    assert str(caught.value) == (
        "The sample has no lexicon of 'en' and 'fr'. Give two of ['en', 'zh', 'ja']."
    )


@pytest.mark.parametrize(("source", "target"), LEXICONS)
def test_lexicon_files_are_sorted_unique_single_words(source, target):
    pairs = [tuple(row) for row in rows_of(f"sample_lexicon_{source}-{target}.tsv")]
    assert pairs == sorted(set(pairs))
    assert len(pairs) >= 1000
    assert not [pair for pair in pairs if len(pair) != 2 or any(len(word.split()) != 1 for word in pair)]


@pytest.mark.parametrize(("source", "target"), LEXICONS)
def test_most_words_of_a_lexicon_occur_in_the_texts(source, target):
    texts = load_sample("all").corpus, load_sample_reference()
    for position, code in enumerate((source, target)):
        joined = "\n".join(text for corpus in texts for text in corpus.text[corpus.language == code]).lower()
        words = {pair[position] for pair in load_sample_lexicon(source, target)}
        assert sum(word in joined for word in words) > 0.9 * len(words)


@pytest.mark.parametrize("name", FILES)
def test_files_hold_clean_text(name):
    text = sample_path(name).read_bytes().decode("utf-8")
    assert text.endswith("\n")
    assert text == unicodedata.normalize("NFC", text)
    odd = {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"}}
    assert odd <= {"\t", "\n"}
    assert '"' not in text
    columns = {"sample_documents.tsv": 3, "sample_aligned.tsv": 4}.get(name, 2)
    rows = rows_of(name)
    assert {len(row) for row in rows} == {columns}
    assert all(cell and cell == cell.strip() for row in rows for cell in row)


def test_the_sample_is_smaller_than_a_mebibyte():
    assert sum(sample_path(name).stat().st_size for name in FILES) < 2**20


def test_chinese_and_japanese_documents_are_written_in_their_scripts():
    corpus = load_sample("all").corpus
    kana = np.array([any("ぁ" <= char <= "ヿ" for char in text) for text in corpus.text])
    assert kana[corpus.rows_of("ja")].all()
    assert not kana[corpus.rows_of("zh")].any()
    assert all(text.isascii() for text in corpus.text[corpus.rows_of("en")])


@pytest.mark.parametrize("code", LANGUAGES)
def test_themes_can_be_told_apart_by_their_words(code):
    train, test = (load_sample(subset, languages=[code]) for subset in ("train", "test"))
    analyzer = {"analyzer": "word"} if code == "en" else {"analyzer": "char", "ngram_range": (1, 2)}
    model = make_pipeline(TfidfVectorizer(**analyzer), LinearSVC())
    model.fit(train.corpus.text, train.labels)
    assert model.score(test.corpus.text, test.labels) > 0.85


def test_the_description_is_the_readme_of_the_sample():
    description = load_sample().description
    assert description == sample_path("README.md").read_text(encoding="utf-8")
    assert "Apache-2.0" in description


def test_a_file_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(InputError) as caught:
        sample_path("../_sample.py")
    assert str(caught.value) == (
        f"The sample has no file '../_sample.py'. It has {['README.md', *sorted(FILES)]}."
    )


def test_an_unknown_subset_or_language_is_named():
    with pytest.raises(InputError) as caught:
        load_sample("dev")
    assert str(caught.value) == "subset must be one of ['train', 'test', 'all']. Got 'dev'."
    with pytest.raises(InputError) as caught:
        load_sample(languages=["fr"])
    assert str(caught.value) == (
        "languages contains ['fr'], which the sample lacks. It has ['en', 'zh', 'ja']."
    )
