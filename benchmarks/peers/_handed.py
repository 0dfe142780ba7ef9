"""What every peer's script shares: the folder it reads, and the files it writes; numpy and scipy alone."""

import json
import platform
import sys
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

N_WORDS = 25  # of each topic and language


class Handed:
    """One corpus and the settings of a run, from the folder named on the command line.

    A word of the joint vocabulary, in which those of all languages stand side by side, is a token `w` with
    the number of its column: no peer cuts or cleans words in its own way, and spellings that two languages
    share are two words.
    """

    def __init__(self) -> None:
        self.out = Path(sys.argv[1])
        self.settings: dict[str, Any] = read_json(self.out / "settings.json")
        self.data = Path(self.settings["data"])
        self.facts: dict[str, Any] = read_json(self.data / "facts.json")
        self.vocabulary: dict[str, list[str]] = read_json(self.data / "vocabulary.json")
        self.K, self.seed = int(self.settings["n_components"]), int(self.settings["seed"])
        self.options: dict[str, Any] = self.settings["options"]
        self.languages = list(self.vocabulary)

    @cached_property
    def columns(self) -> dict[str, slice]:
        """Columns of each language's words in the joint vocabulary."""
        ends = np.cumsum([len(words) for words in self.vocabulary.values()]).tolist()
        return {
            code: slice(end - len(self.vocabulary[code]), end)
            for code, end in zip(self.languages, ends, strict=True)
        }

    @property
    def tokens(self) -> list[str]:
        """The joint vocabulary, as tokens."""
        return [f"w{column}" for column in range(sum(map(len, self.vocabulary.values())))]

    def counts(self, split: str) -> sparse.csr_matrix:
        """Words of documents, (n_documents, n_words)."""
        return sparse.csr_matrix(sparse.load_npz(self.data / f"counts_{split}.npz"))

    def embeddings(self, split: str) -> Any:
        """Vectors of documents, (n_documents, 512)."""
        return np.load(self.data / f"embeddings_{split}.npy")

    def word_vectors(self) -> Any:
        """Vectors of the words of the joint vocabulary, (n_words, 512)."""
        return np.load(self.data / "word_vectors.npy")

    def rows(self, split: str) -> list[dict[str, str]]:
        """Language and text of each document."""
        lines = (self.data / "texts.jsonl").read_text(encoding="utf-8").splitlines()
        return [row for row in map(json.loads, lines) if row["split"] == split]

    def language(self, split: str) -> Any:
        """Language of each document, (n_documents,)."""
        return np.array([row["language"] for row in self.rows(split)], dtype=object)

    def token_texts(self, split: str) -> list[str]:
        """Documents as tokens with spaces between, each as often as it is counted."""
        counts = self.counts(split)
        return [
            " ".join(f"w{column}" for column in np.repeat(row.indices, row.data.astype(int)))
            for row in (counts[[number]] for number in range(counts.shape[0]))
        ]

    def write(self, topic_word: Any, theta_train: Any, theta_test: Any, *packages: str) -> None:
        """Write topics and proportions; a topic's words are those of each language that weigh most in it.

        Parameters
        ----------
        topic_word : array of shape (K, n_words)
            How much a word of the joint vocabulary matters in a topic, comparable within a language.
        theta_train, theta_test : array of shape (n_documents, K)
            Rows sum to 1.
        *packages : str
            Distributions whose versions are written down.
        """
        topics = [
            {
                code: [
                    self.vocabulary[code][place] for place in np.argsort(-row[own], kind="stable")[:N_WORDS]
                ]
                for code, own in self.columns.items()
            }
            for row in np.asarray(topic_word)
        ]
        for split, theta in (("train", theta_train), ("test", theta_test)):
            np.save(self.out / f"theta_{split}.npy", np.asarray(theta, dtype=np.float64))
        versions = {"python": platform.python_version()} | {name: version(name) for name in packages}
        for name, content in (("versions", versions), ("topics", topics)):
            text = json.dumps(content, ensure_ascii=False, indent=1)
            (self.out / f"{name}.json").write_text(text, encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a file of JSON."""
    return json.loads(path.read_text(encoding="utf-8"))


def softmax(scores: Any) -> Any:
    """Softmax of each row."""
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def shares(weights: Any) -> Any:
    """Divide rows of weights of at least 0 by their sums; a row of zeros has every topic alike."""
    weights = np.asarray(weights, dtype=np.float64)
    weights = np.where(weights.sum(1, keepdims=True) > 0, weights, 1.0)
    return weights / weights.sum(1, keepdims=True)


def similarities(vectors: Any, centres: Any) -> Any:
    """Cosines of documents and topics, (n_documents, K)."""
    return unit(np.asarray(vectors)) @ unit(np.asarray(centres)).T


def unit(vectors: Any) -> Any:
    """Rows of length 1; zeros stay zeros."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def class_tf_idf(theta: Any, counts: Any) -> Any:
    """Weigh words by class-based tf-idf, documents counting by their proportions, (K, n_words)."""
    of_topics = np.asarray((sparse.csr_matrix(counts).T @ theta).T)
    per_topic = of_topics / np.maximum(of_topics.sum(1, keepdims=True), 1e-12)
    return per_topic * np.log1p(of_topics.sum() / len(of_topics) / np.maximum(of_topics.sum(0), 1e-12))
