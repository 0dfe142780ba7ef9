"""A tiny release of EC News, for the commands that read the real one."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from skxtm.datasets import make_multilingual_corpus

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def scripts():
    """Let the scripts of the folder be imported, as they import each other."""
    sys.path.insert(0, str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="session")
def release(tmp_path_factory):
    """EC News as released, but drawn from three topics, with a lexicon and a reference of its own."""
    home = tmp_path_factory.mktemp("data")
    data = {
        subset: make_multilingual_corpus(60, n_components=3, vocabulary_sizes=40, random_state=3)
        for subset in ("train", "test")
    }
    for subset, drawn in data.items():
        write_subset(home / "ec_news", subset, drawn)
    lexicon = data["train"].lexicon
    (home / "lexicons").mkdir()
    lines = "".join(f"{chinese}\t{english}\n" for english, chinese in lexicon)
    (home / "lexicons" / "zh-en.tsv").write_text(lines, encoding="utf-8")
    (home / "reference" / "en_zh").mkdir(parents=True)
    for code, name in (("en", "en"), ("zh", "cn")):
        texts = (home / "ec_news" / f"train_texts_{name}.txt").read_text(encoding="utf-8")
        (home / "reference" / "en_zh" / f"{code}.txt").write_text(texts, encoding="utf-8")
    return home


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command, and split the lines of the table that it prints."""

    def run(command, *arguments):
        monkeypatch.setattr("sys.argv", [f"{command.__name__}.py", *map(str, arguments)])
        command.main()
        return [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()]

    return run


def write_subset(folder, subset, drawn):
    folder.mkdir(exist_ok=True)
    for code, name in (("en", "en"), ("zh", "cn")):
        counts, words = drawn.corpus.counts_of(code), drawn.corpus.vocabularies[code]
        rows = [np.repeat(words, row) for row in counts.toarray()]
        labels = drawn.labels[drawn.corpus.language == code] + 1
        (folder / f"vocab_{name}").write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
        sparse.save_npz(folder / f"{subset}_bow_matrix_{name}.npz", sparse.csr_matrix(counts))
        texts = "".join(f"{' '.join(row)}\n" for row in rows)
        (folder / f"{subset}_texts_{name}.txt").write_text(texts, encoding="utf-8")
        (folder / f"{subset}_labels_{name}.txt").write_text("".join(f"{label}\n" for label in labels))
