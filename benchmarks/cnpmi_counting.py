"""Time CNPMI counted with sparse products against the obvious loops, in one run.

The loops go through the pairs of words one by one, either with the set of documents of each word or, as the
published script does, with its dense column of counts. "prepare" is going through the texts: once and for
all topics here, anew for each model with the loops. Without ``--reference`` the aligned documents are
drawn at random, with Zipf-distributed words.

    python benchmarks/cnpmi_counting.py [--reference FOLDER] [--json FILE]
"""

import argparse
import gzip
import json
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from skxtm.metrics import AlignedReference, cnpmi_score

Texts = dict[str, list[list[str]]]
Topics = list[dict[str, list[str]]]
N_REPEATS = 5


def main() -> None:
    options = parse_options()
    texts = read_texts(options.reference) if options.reference else draw_texts(options.n_documents)
    topics = frequent_topics(texts, options.n_topics, options.n_words)
    rows = [
        measure("sparse products", index_everything, score_reference, texts, topics),
        measure("loop, sets of documents", sets_of_documents, score_sets, texts, topics),
        measure("loop, dense columns", dense_columns, score_columns, texts, topics),
    ]
    for row in rows:
        row["ratio"] = row["score_s"] / rows[0]["score_s"]
    print_table(rows, n_documents=len(texts["en"]), topics=topics)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reference", type=Path, help="folder with en.txt.gz and zh.txt.gz")
    parser.add_argument("--n-documents", type=int, default=20_000, help="number drawn without --reference")
    parser.add_argument("--n-topics", type=int, default=50)
    parser.add_argument("--n-words", type=int, default=15)
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    return parser.parse_args()


def read_texts(folder: Path) -> Texts:
    texts: Texts = {}
    for language in ("en", "zh"):
        with gzip.open(folder / f"{language}.txt.gz", "rt", encoding="utf-8", newline="\n") as lines:
            texts[language] = [line.split() for line in lines]
    return texts


def draw_texts(n_documents: int, n_words: int = 20_000, length: int = 100) -> Texts:
    """Draw documents by Zipf's law; half of the words of a document are the same in both languages."""
    rng = np.random.default_rng(0)
    weights = 1 / np.arange(1, n_words + 1)
    shared, *own = rng.choice(n_words, size=(3, n_documents, length // 2), p=weights / weights.sum())
    texts: Texts = {}
    for language, ranks in zip(("en", "zh"), own, strict=True):
        names = [f"{language}{rank}" for rank in range(n_words)]
        texts[language] = [[names[rank] for rank in row] for row in np.hstack([shared, ranks])]
    return texts


def frequent_topics(texts: Texts, n_topics: int, n_words: int) -> Topics:
    """Cut the frequent words into topics, leaving out the hundred most frequent, which occur everywhere."""
    topics: Topics = [{} for _ in range(n_topics)]
    for language, of_language in texts.items():
        words, counts = np.unique([word for text in of_language for word in text], return_counts=True)
        chosen = words[np.argsort(-counts, kind="stable")][100 : 100 + n_topics * n_words]
        for topic, of_topic in zip(topics, chosen.reshape(n_topics, n_words), strict=True):
            topic[language] = of_topic.tolist()
    return topics


def measure(
    name: str,
    prepare: Callable[[Texts, Topics], Any],
    score: Callable[[Any, Topics], float],
    texts: Texts,
    topics: Topics,
) -> dict[str, Any]:
    start = time.perf_counter()
    prepared = prepare(texts, topics)
    prepare_s = time.perf_counter() - start
    score_s = math.inf
    for _ in range(N_REPEATS):
        start = time.perf_counter()
        cnpmi = score(prepared, topics)
        score_s = min(score_s, time.perf_counter() - start)
    return {"method": name, "prepare_s": prepare_s, "score_s": score_s, "cnpmi": cnpmi}


def print_table(rows: list[dict[str, Any]], n_documents: int, topics: Topics) -> None:
    print(
        f"{len(topics)} topics of {len(topics[0]['en'])} words, {n_documents} aligned documents, "
        f"score: best of {N_REPEATS}"
    )
    print(f"{'method':<26}{'prepare':>10}{'score':>10}{'score ratio':>13}{'CNPMI':>10}")
    for row in rows:
        print(
            f"{row['method']:<26}{row['prepare_s']:>8.2f} s{row['score_s']:>8.3f} s"
            f"{row['ratio']:>13.1f}{row['cnpmi']:>10.5f}"
        )


def index_everything(texts: Texts, topics: Topics) -> AlignedReference:
    return AlignedReference.from_texts(texts)


def score_reference(reference: AlignedReference, topics: Topics) -> float:
    return cnpmi_score(topics, reference, n_words=len(topics[0]["en"]))


def sets_of_documents(texts: Texts, topics: Topics) -> tuple[dict[str, dict[str, set[int]]], int]:
    holding: dict[str, dict[str, set[int]]] = {}
    for language, of_language in texts.items():
        holding[language] = {word: set() for topic in topics for word in topic[language]}
        for row, text in enumerate(of_language):
            for word in holding[language].keys() & set(text):
                holding[language][word].add(row)
    return holding, len(texts["en"])


def score_sets(prepared: tuple[dict[str, dict[str, set[int]]], int], topics: Topics) -> float:
    holding, n_documents = prepared
    scores = []
    for first_word, second_word in pairs_of(topics):
        first, second = holding["en"][first_word], holding["zh"][second_word]
        scores.append(npmi(len(first & second), len(first), len(second), n_documents))
    return sum(scores) / len(scores)


def dense_columns(texts: Texts, topics: Topics) -> dict[str, dict[str, np.ndarray]]:
    columns: dict[str, dict[str, np.ndarray]] = {}
    for language, of_language in texts.items():
        words = {word for topic in topics for word in topic[language]}
        columns[language] = {word: np.zeros(len(of_language), dtype=np.int64) for word in words}
        for row, text in enumerate(of_language):
            for word in text:
                if word in words:
                    columns[language][word][row] += 1
    return columns


def score_columns(columns: dict[str, dict[str, np.ndarray]], topics: Topics) -> float:
    scores = []
    for first_word, second_word in pairs_of(topics):
        first, second = columns["en"][first_word], columns["zh"][second_word]
        n_both = int((first * second > 0).sum())
        scores.append(npmi(n_both, int((first > 0).sum()), int((second > 0).sum()), len(first)))
    return sum(scores) / len(scores)


def pairs_of(topics: Topics) -> Iterator[tuple[str, str]]:
    return ((first, second) for topic in topics for first in topic["en"] for second in topic["zh"])


def npmi(n_both: int, n_first: int, n_second: int, n_documents: int) -> float:
    if n_both == 0:
        return 0.0
    if n_both == n_documents:
        return 1.0
    return math.log(n_both * n_documents / (n_first * n_second)) / -math.log(n_both / n_documents)


if __name__ == "__main__":
    main()
