"""Time `transform` of many short documents with a model of two languages.

Documents of about 10 tokens are drawn by Zipf's law. The model is trained on a small part of them for one
epoch, since the time of `transform` does not depend on how well it is trained. "best" is the fastest
repetition.

    python benchmarks/transform_speed.py [--threads N] [--json FILE]
"""

import argparse
import json
import time
from pathlib import Path
from statistics import median

import numpy as np
from scipy import sparse

from skxtm import Corpus, CrossLingualTopicModel, Lexicon

LANGUAGES = ("en", "zh")
N_TRAINING = 1000


def main() -> None:
    options = parse_options()
    corpus = draw_corpus(options.n_documents, options.n_words)
    pairs = [(f"en{rank}", f"zh{rank}") for rank in range(options.n_words)]
    model = CrossLingualTopicModel(
        options.n_components,
        backbone="nmtm",
        lexicon=Lexicon(pairs, LANGUAGES, match="literal"),
        max_epochs=1,
        device="cpu",
        n_threads=options.threads,
        random_state=0,
    )
    model.fit(corpus[np.arange(0, len(corpus), max(1, len(corpus) // N_TRAINING))])
    seconds = [time_transform(model, corpus) for _ in range(options.repeat)]
    row = {
        "n_documents": len(corpus),
        "n_tokens": int(corpus.counts.sum()),
        "best_s": min(seconds),
        "median_s": median(seconds),
        "documents_per_s": len(corpus) / min(seconds),
    }
    print(f"V = 2 x {options.n_words:,}, K = {options.n_components}, {options.threads} thread(s)")
    print(f"{'documents':>10}{'tokens':>12}{'best':>10}{'median':>10}{'documents/s':>14}")
    print(
        f"{row['n_documents']:>10,}{row['n_tokens']:>12,}{row['best_s']:>8.2f} s{row['median_s']:>8.2f} s"
        f"{row['documents_per_s']:>14,.0f}"
    )
    if options.json:
        options.json.write_text(json.dumps(row, indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n-documents", type=int, default=100_000, help="of both languages together")
    parser.add_argument("--n-words", type=int, default=5000, help="of each language")
    parser.add_argument("--n-components", type=int, default=50)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    return parser.parse_args()


def draw_corpus(n_documents: int, n_words: int) -> Corpus:
    rng = np.random.default_rng(0)
    weights = 1 / np.arange(1, n_words + 1)
    counts = {}
    for language in LANGUAGES:
        n_rows = n_documents // len(LANGUAGES)
        lengths = rng.poisson(9, n_rows) + 1
        columns = rng.choice(n_words, size=lengths.sum(), p=weights / weights.sum())
        rows = np.repeat(np.arange(n_rows), lengths)
        ones = np.ones(len(rows), dtype=np.int32)
        counts[language] = sparse.csr_array((ones, (rows, columns)), shape=(n_rows, n_words))
    words = {language: [f"{language}{rank}" for rank in range(n_words)] for language in LANGUAGES}
    return Corpus.from_counts(counts, words)


def time_transform(model: CrossLingualTopicModel, corpus: Corpus) -> float:
    start = time.perf_counter()
    model.transform(corpus)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
