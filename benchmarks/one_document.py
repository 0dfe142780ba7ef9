"""How long a saved model takes to load, and a loaded one to read one document, as when it serves requests.

Documents, vectors and a lexicon are drawn. Each model is fitted on texts, one epoch where it has any, saved
with its lexicon, and loaded in this process, imports apart; "first" is the first text, "a text" the median of
many, and "its counts" the same for a text whose words were counted before.

    OMP_NUM_THREADS=1 python benchmarks/one_document.py [--backbones corectm xtra] [--pairs 300000]
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from skxtm import Corpus, CrossLingualTopicModel, CrossLingualVectorizer, Lexicon
from skxtm.datasets import make_multilingual_corpus

N_DOCUMENTS, N_WORDS, N_DIMENSIONS, N_TOPICS, N_TIMES = 1500, 5000, 512, 50, 60


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backbones", nargs="+", default=["corectm", "xtra"])
    parser.add_argument("--pairs", type=int, default=300_000, help="pairs of the lexicon besides those used")
    options = parser.parse_args()
    print("| backbone | load, s | first, ms | a text, ms | its counts, ms |\n|---|---|---|---|---|")
    for name in options.backbones:
        load, *milliseconds = measured(name, options.pairs)
        print(f"| {name} | {load:.2f} |", *(f"{value:.2f} |" for value in milliseconds), flush=True)


def measured(backbone: str, n_pairs: int) -> tuple[float, float, float, float]:
    """Seconds of a load; milliseconds of the first text, of a later one, and of its counts alone."""
    rng = np.random.default_rng(0)
    drawn = make_multilingual_corpus(
        n_documents=N_DOCUMENTS, n_components=20, vocabulary_sizes=N_WORDS, random_state=0
    )
    others = [(f"e{number}", f"z{number}") for number in range(n_pairs)]
    texts = as_texts(drawn.corpus)
    vectorizer = CrossLingualVectorizer(min_df=1, max_df=1.0, tokenizer="whitespace", stop_words=None)
    words = vectorizer.fit(texts).vocabularies_
    model = CrossLingualTopicModel(
        N_TOPICS,
        vectorizer=vectorizer,
        backbone=backbone,
        lexicon=Lexicon([*drawn.lexicon, *others], drawn.lexicon.languages, match="literal"),
        word_embeddings={code: vectors(rng, len(known)) for code, known in words.items()},
        document_embeddings=vectors(rng, len(drawn.corpus)) if backbone in ("xtra", "gloctm") else None,
        max_epochs=None if backbone == "corectm" else 1,
        random_state=0,
    ).fit(texts)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder, "model"))
        load, model = timed(lambda: CrossLingualTopicModel.load(Path(folder, "model")))
    counted = model.vectorizer_.transform(texts[5:6])
    times = [1e3 * timed(lambda: model.transform(texts[5:6]))[0] for _ in range(N_TIMES)]
    of_counts = [1e3 * timed(lambda: model.transform(counted))[0] for _ in range(N_TIMES)]
    return load, times[0], median(times[1:]), median(of_counts)


def as_texts(corpus: Corpus) -> list[tuple[str, str]]:
    """Write each document as its words, with spaces between."""
    texts = []
    for row, code in enumerate(corpus.language):
        counts = corpus[np.array([row])].counts_of(code)
        words = np.repeat(corpus.vocabularies[code][counts.indices], counts.data)
        texts.append((" ".join(words), code))
    return texts


def vectors(rng: np.random.Generator, number: int) -> np.ndarray:
    return rng.normal(size=(number, N_DIMENSIONS)).astype(np.float32)


def timed(call):
    started = time.perf_counter()
    result = call()
    return time.perf_counter() - started, result


if __name__ == "__main__":
    main()
