"""Time how fast raw text becomes word counts: documents per second of CPU, by language.

Documents are drawn from the bundled sample, `--length` of them joined into one, with a tail of rare invented
words in English, so that the vocabulary grows as that of real text does. To compare two versions, run this
script with each on the path, in turn:

    PYTHONPATH=OLD python benchmarks/text_speed.py [--n_documents N] [--json FILE]
    PYTHONPATH=NEW python benchmarks/text_speed.py [--n_documents N] [--json FILE]
"""

import argparse
import json
import random
import time
from pathlib import Path

from skxtm import CrossLingualVectorizer, as_corpus
from skxtm.datasets import load_sample

LANGUAGES = ("en", "zh", "ja")
RARE_SHARE = 0.03
LETTERS = "aeioubcdfghklmnprstvw"


def main() -> None:
    options = parse_options()
    print(f"{'':<4}{'documents':>10}{'fit_transform':>18}{'transform':>18}")
    rows = {}
    for code in LANGUAGES:
        texts = draw_texts(code, options.n_documents, options.length)
        corpus = as_corpus([(text, code) for text in texts])
        vectorizer = CrossLingualVectorizer()
        vectorizer.fit(corpus[:100])  # loads the dictionaries
        fit = min(seconds(vectorizer.fit_transform, corpus) for _ in range(options.repeat))
        transform = min(seconds(vectorizer.transform, corpus) for _ in range(options.repeat))
        rows[code] = {"fit_transform": len(texts) / fit, "transform": len(texts) / transform}
        print(f"{code:<4}{len(texts):>10,}", end="")
        print("".join(f"{documents:>12,.0f} docs/s" for documents in rows[code].values()), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n_documents", type=int, default=5_000, help="documents per language")
    parser.add_argument("--length", type=int, default=8, help="sample documents joined into one")
    parser.add_argument("--repeat", type=int, default=3, help="repetitions, of which the fastest counts")
    parser.add_argument("--json", type=Path, help="file to write the table to")
    return parser.parse_args()


def draw_texts(code: str, n_documents: int, length: int) -> list[str]:
    """Join documents of the sample, with rare words where words are separated by spaces."""
    draw = random.Random(0)
    pool = load_sample("all", languages=[code]).corpus.text.tolist()
    texts = []
    for _ in range(n_documents):
        text = " ".join(draw.choices(pool, k=length))
        if code == "en":
            n_rare = int(RARE_SHARE * text.count(" "))
            text += "".join(" " + "".join(draw.choices(LETTERS, k=7)).capitalize() for _ in range(n_rare))
        texts.append(text)
    return texts


def seconds(function, argument) -> float:
    """Return the seconds of CPU that a call takes."""
    start = time.process_time()
    function(argument)
    return time.process_time() - start


if __name__ == "__main__":
    main()
