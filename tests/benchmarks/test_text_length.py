"""Translations found by topics, in texts of several lengths."""

import gzip
from importlib import import_module

import numpy as np
import pytest

from skxtm.datasets import make_multilingual_corpus

N_TEXTS = 120


@pytest.fixture(scope="module")
def command(scripts):
    return import_module("text_length")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """English texts, the same with every word translated, and the lexicon; the last text is too short."""
    home = tmp_path_factory.mktemp("data")
    drawn = make_multilingual_corpus(
        N_TEXTS,
        n_components=20,
        vocabulary_sizes=400,
        document_length=110,
        topic_concentration=0.01,
        word_concentration=0.02,
        random_state=0,
    )
    translation = dict(drawn.lexicon)
    words = drawn.corpus.vocabularies["en"]
    rng = np.random.default_rng(0)
    rows = [rng.permutation(np.repeat(words, row)).tolist() for row in drawn.corpus.counts_of("en").toarray()]
    rows.append(rows[0][:99])
    (home / "lexicons").mkdir()
    lines = "".join(f"{chinese}\t{english}\n" for english, chinese in translation.items())
    (home / "lexicons" / "zh-en.tsv").write_text(lines, encoding="utf-8")
    folder = home / "reference" / "en_zh"
    folder.mkdir(parents=True)
    texts = {"en": rows, "zh": [[translation[word] for word in row] for row in rows]}
    for code, of_language in texts.items():
        with gzip.open(folder / f"{code}.txt.gz", "wt", encoding="utf-8") as file:
            file.writelines(f"{' '.join(row)}\n" for row in of_language)
    return home


def test_topics_find_the_translations_of_texts_that_were_not_fitted(command, home, run):
    arguments = ("--data-home", home, "--components", 20, "--lengths", 1, "--backbones", "corectm")
    head, _, row = run(command, *arguments)
    figures = dict(zip(head, row, strict=True))
    by_chance = np.mean(1 / np.arange(1, N_TEXTS // 5 + 1))
    assert figures["backbone"] == "corectm"
    assert float(figures["MRR"]) > 3 * by_chance


@pytest.mark.parametrize(("length", "n_words", "n_texts"), [(0.25, 28, 120), (1, 110, 120), (4, 440, 30)])
def test_windows_are_cut_or_joined_and_stay_translations(command, home, length, n_words, n_texts):
    windows = command.read_windows(home / "reference" / "en_zh", ("en", "zh"))
    assert [len(part) for part in windows] == [N_TEXTS, N_TEXTS]  # not the short one
    train, test = command.documents(windows, ("en", "zh"), length, seed=0)
    assert (len(train), len(test)) == (2 * (n_texts - n_texts // 5), 2 * (n_texts // 5))
    lengths = np.concatenate([part.counts.sum(1) for part in (train, test)])
    assert 0.7 * n_words < np.median(lengths) <= lengths.max() <= n_words  # some words are rare or common
    halves = [test.counts_of(code) for code in ("en", "zh")]
    for english, chinese in zip(*(half.toarray() for half in halves), strict=True):
        assert sorted(english[english > 0]) == sorted(chinese[chinese > 0])


def test_no_text_is_fitted_and_tested(command, home):
    windows = command.read_windows(home / "reference" / "en_zh", ("en", "zh"))
    train, test = command.documents(windows, ("en", "zh"), 1, seed=0)
    seen = {row.tobytes() for row in train.counts_of("en").toarray()}
    assert not seen & {row.tobytes() for row in test.counts_of("en").toarray()}
