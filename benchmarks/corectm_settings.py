"""Choose the settings of CoreCTM by training documents alone.

No test document, no reference and no test label is read. Of every corpus, a fifth of the training documents
is held out, and so is a fifth of the lexicon's entries; a model of the rest gets

    coherence   of its 15 top words in both languages: the mean NPMI of every pair of a word and a held-out
                translation of a word of the other language, by how they share the documents held out
    TQ          coherence times uniqueness (TU) of the top words
    -I, -C      accuracies of a linear SVM on `posterior_mean` of the documents held out, learnt from the
                others of the same language (-I) or of the other one (-C)

Settings are drawn from a grid, the same for all corpora; beside them stand those that were the defaults
before the choice. Each is ranked by TQ and by the mean of the -C, of each corpus; the one with the lowest
sum of ranks is chosen.

    python benchmarks/corectm_settings.py --data-home FOLDER [--corpora ec_news] [--draws 30]
        [--splits 0 1] [--json FILE]

With --json, what the file has is not computed again.
"""

import argparse
import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from _evaluation import CLASSIFIERS, SETUPS
from numpy.typing import NDArray
from scipy import sparse
from sklearn.model_selection import ParameterGrid, ParameterSampler
from tqdm.auto import tqdm

from skxtm import Corpus, CrossLingualTopicModel, Lexicon
from skxtm.backbones import CoreCTM
from skxtm.embeddings import AlignedWordEncoder
from skxtm.metrics import topic_uniqueness, transfer_accuracy

GRID: dict[str, list[Any]] = {
    "translation_weight": [0.0, 0.5, 1.0, 2.0],
    "n_core_words": [5, 10, 15, 25],
    "n_core_steps": [0, 5, 20],
    "frequency_weight": [0.0, 0.02, 0.05, 0.1],
    "exclusivity": [0.0, 0.1, 0.2, 0.3, 0.5],
    "topic_temperature": [0.03, 0.05, 0.1],
    "sif": [1e-3, 1e-2, 1e-1],
}
BEFORE = {
    "translation_weight": 1.0,
    "n_core_words": 15,
    "n_core_steps": 20,
    "frequency_weight": 0.05,
    "exclusivity": 0.3,
    "topic_temperature": 0.05,
    "sif": 1e-2,
}
N_WORDS = 15
HELD_OUT = 0.2


@dataclass(frozen=True)
class Split:
    """Training documents, divided once more, with the lexicon to learn from and the one held out."""

    train: Corpus
    train_labels: NDArray[Any]
    held_out: Corpus
    held_out_labels: NDArray[Any]
    encoder: AlignedWordEncoder
    lexicon: Lexicon
    bridge: sparse.csr_array  # (V_first, V_second), held-out translations


def main() -> None:
    options = parse_options()
    settings = [BEFORE, *drawn(options.draws)]
    known = json.loads(options.json.read_text()) if options.json and options.json.exists() else []
    rows = [row for row in known if row["settings"] in settings]
    todo = [
        (corpus, seed, one)
        for corpus, seed, one in product(options.corpora, options.splits, settings)
        if not any((row["corpus"], row["split"], row["settings"]) == (corpus, seed, one) for row in rows)
    ]
    split, of_split = None, None
    for corpus, seed, one in tqdm(todo, unit="fit"):
        if of_split != (corpus, seed):
            split, of_split = divide(corpus, options.data_home, seed), (corpus, seed)
        assert split is not None
        rows.append({"corpus": corpus, "split": seed, "settings": one, **measure(split, one, seed)})
        if options.json:
            options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    report(rows, settings, options.corpora)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, required=True)
    parser.add_argument("--corpora", nargs="+", choices=list(SETUPS), default=["ec_news", "rakuten_amazon"])
    parser.add_argument("--draws", type=int, default=30)
    parser.add_argument("--splits", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def drawn(n_draws: int) -> list[dict[str, Any]]:
    """Draw settings from the grid, without those of before."""
    n_draws = min(n_draws, len(ParameterGrid(GRID)) - 1)
    settings = [dict(sorted(one.items())) for one in ParameterSampler(GRID, n_draws + 1, random_state=0)]
    return [one for one in settings if one != BEFORE][:n_draws]


def divide(corpus: str, data_home: Path, seed: int) -> Split:
    """Hold out documents of each language and entries of the lexicon, and learn the word vectors."""
    setup = SETUPS[corpus]
    data = setup.load("train", data_home=data_home)
    random = np.random.default_rng(seed)
    labels = np.asarray(data.labels)
    held_out = np.sort(
        np.concatenate(
            [
                random.permutation(rows)[: round(HELD_OUT * len(rows))]
                for rows in (data.corpus.rows_of(code) for code in data.corpus.languages)
            ]
        )
    )
    kept = np.setdiff1d(np.arange(len(labels)), held_out)
    whole = Lexicon.read(data_home / "lexicons" / setup.lexicon, match="normal")
    entries = list(whole)
    is_held_out = random.random(len(entries)) < HELD_OUT
    parts = [
        Lexicon([entries[number] for number in np.flatnonzero(chosen)], whole.languages, match="normal")
        for chosen in (~is_held_out, is_held_out)
    ]
    first, second = data.corpus.languages
    vocabularies = data.corpus.vocabularies
    known, unseen = (part.matrix(vocabularies[first], vocabularies[second], first, second) for part in parts)
    bridge = sparse.csr_array(unseen > 0).astype(np.int8)
    bridge -= bridge.multiply(known > 0)  # what another entry gives away
    bridge.eliminate_zeros()
    train = data.corpus[kept]
    encoder = AlignedWordEncoder(random_state=seed).fit(train, lexicons=parts[0])
    return Split(
        train, labels[kept], data.corpus[held_out], labels[held_out], encoder, parts[0], bridge.tocsr()
    )


def measure(split: Split, settings: dict[str, Any], seed: int) -> dict[str, float]:
    """Fit one model and measure it by what was held out."""
    model = CrossLingualTopicModel(
        50,
        backbone=CoreCTM(**settings),
        lexicon=split.lexicon,
        word_embeddings=split.encoder,
        random_state=seed,
    ).fit(split.train)
    coherence = bridged_coherence(model, split)
    uniqueness = topic_uniqueness(model.get_topics(n_words=N_WORDS), n_words=N_WORDS)
    accuracies = transfer_accuracy(
        model.posterior_mean(split.train),
        split.train_labels,
        split.train.language,
        model.posterior_mean(split.held_out),
        split.held_out_labels,
        split.held_out.language,
        classifier=CLASSIFIERS["linear"](),
    ).figures(*split.train.languages)
    return {"coherence": coherence, "TU": uniqueness, "TQ": coherence * uniqueness, **accuracies}


def bridged_coherence(model: CrossLingualTopicModel, split: Split) -> float:
    """Mean NPMI of top words with held-out translations of the other language's top words, over topics.

    A topic without any such pair counts 0. A word that translates another top word counts 1 with it.
    """
    first, second = split.train.languages
    index = {
        code: {word: column for column, word in enumerate(words)}
        for code, words in split.train.vocabularies.items()
    }
    directions = (first, second, split.bridge), (second, first, split.bridge.T.tocsr())
    occurs = {code: sparse.csr_array(split.held_out.counts_of(code) > 0).astype(np.float32) for code in index}
    scores = []
    for topic in model.get_topics(n_words=N_WORDS):
        values: list[float] = []
        for own, other, bridge in directions:
            words = [index[own][word] for word in topic[own]]
            bridged = np.unique(bridge[:, [index[other][word] for word in topic[other]]].tocoo().row)
            if len(bridged):
                values += npmi(occurs[own], words, list(bridged)).ravel().tolist()
        scores.append(np.mean(values) if values else 0.0)
    return float(np.mean(scores))


def npmi(occurs: sparse.csr_array, first: list[int], second: list[int]) -> NDArray[Any]:
    """NPMI of every word of one list with every word of another; 0 where they never meet."""
    n_documents = occurs.shape[0]
    share = np.asarray(occurs.sum(0, dtype=np.float64)).ravel() / n_documents
    together = (occurs[:, first].T @ occurs[:, second]).toarray().astype(float) / n_documents
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(together / (share[first][:, None] * share[second])) / -np.log(together)
    values = np.where(together > 0, values, 0.0)
    values[np.equal.outer(first, second)] = 1.0
    return np.asarray(values)


def report(rows: list[dict[str, Any]], settings: list[dict[str, Any]], corpora: list[str]) -> None:
    """Print all settings with their figures and their sum of ranks, the best first."""
    heads, columns, ranks = [], [], np.zeros(len(settings))
    for corpus in corpora:
        here = [row for row in rows if row["corpus"] == corpus]
        names = [name for name in here[0] if name not in ("corpus", "split", "settings")]
        means = {
            name: np.array(
                [np.mean([row[name] for row in here if row["settings"] == one]) for one in settings]
            )
            for name in names
        }
        across = np.mean([means[name] for name in names if name.endswith("-C")], axis=0)
        for values in (means["TQ"], across):
            ranks += np.argsort(np.argsort(-values, kind="stable"), kind="stable")
        heads += [f"{corpus} {name}" for name in names]
        columns += [means[name] for name in names]
    print(f"| {' | '.join(GRID)} | ranks | {' | '.join(heads)} |")
    print("|---" * (len(GRID) + 1 + len(heads)) + "|")
    for number in np.argsort(ranks, kind="stable"):
        told = [f"{settings[number][name]:g}" for name in GRID]
        figures = [f"{column[number]:.3f}" for column in columns]
        print(f"| {' | '.join([*told, f'{ranks[number]:g}', *figures])} |")


if __name__ == "__main__":
    main()
