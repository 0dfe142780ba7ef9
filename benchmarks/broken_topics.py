"""How many planted broken topics `skxtm.explore.topic_quality_table` marks, and how many intact ones.

Models are fitted, with several seeds and numbers of topics, on the bundled sample (English, Chinese and
Japanese) and on drawn corpora, of which the true topics are judged too, or, with --data-home, on the public
benchmarks. In each, a quarter of the topics, at least one, is broken in one of these ways:

    two themes joined      the words of two topics in turn, in all languages, and one topic less
    languages swapped      two topics exchange the words of one language
    a language shuffled    every word in one language is taken from another topic
    one language only      a hundredth of its mass is left outside one language
    repeated               four of five words are those of a heavier topic

"found" is the share of these that have a verdict, "named" the share whose verdict names what was done.
"marked before" are topics with a verdict as they were trained, some of them broken indeed; "false" are
topics left alone that had no verdict before and have one now.

    python benchmarks/broken_topics.py [--seeds 3 4 5] [--data-home FOLDER] [--corpora ec_news] [--json FILE]
"""

import argparse
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _evaluation import Evaluation

from skxtm import CrossLingualTopicModel
from skxtm.datasets import load_sample, make_multilingual_corpus
from skxtm.explore._evidence import Evidence, gather_evidence
from skxtm.explore._reading import read
from skxtm.explore.quality import LISTED, judge

LANGUAGES = ("en", "zh", "ja")
N_WORDS = 10


def main() -> None:
    options = parse_options()
    warnings.simplefilter("ignore")
    rows = []
    for name, models in corpora(options):
        counted: dict[str, list[dict[str, float]]] = {kind: [] for kind in FAULTS}
        before = []
        for seed, evidence, weights in models:
            verdicts = judge(evidence, weights).verdicts
            before += [bool(verdict) for verdict in verdicts]
            for number, kind in enumerate(FAULTS):
                rng = np.random.default_rng([seed, number, evidence.n_topics])
                counted[kind].append(plant_and_count(evidence, weights, verdicts, kind, rng))
        rows += print_table(name, counted, float(np.mean(before)), len(before))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[3, 4, 5], help="0 to 2 chose the limits")
    parser.add_argument("--sizes", nargs="+", type=int, default=[20, 50], help="topics of public benchmarks")
    parser.add_argument("--data-home", type=Path)
    parser.add_argument("--corpora", nargs="*", default=["ec_news", "rakuten_amazon"])
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    return parser.parse_args()


def corpora(options: argparse.Namespace) -> Iterator[tuple[str, Iterator[tuple[int, Evidence, Any]]]]:
    """Name each corpus, and yield seed, evidence and topics' weights of each model."""
    if options.data_home:
        for corpus in options.corpora:
            yield f"{corpus}, held-out documents", of_benchmark(corpus, options)
        return
    yield "sample, training documents", of_sample("train", options.seeds)
    yield "sample, held-out documents", of_sample("test", options.seeds)
    yield "drawn, learnt topics", of_drawn(options.seeds, truth=False)
    yield "drawn, true topics", of_drawn(options.seeds, truth=True)


def of_sample(subset: str, seeds: list[int]) -> Iterator[tuple[int, Evidence, Any]]:
    train, judged = (load_sample(part, languages=LANGUAGES).corpus for part in ("train", subset))
    for n_components in (6, 8, 10, 14):
        for seed in seeds:
            model = CrossLingualTopicModel(n_components, random_state=seed).fit(train)
            yield seed, gather(model, judged), model.topic_weight_


def of_drawn(seeds: list[int], *, truth: bool) -> Iterator[tuple[int, Evidence, Any]]:
    for n_components in (5, 10, 20):
        for seed in seeds:
            data = make_multilingual_corpus(
                600,
                n_components=n_components,
                vocabulary_sizes=600,
                word_concentration=0.02,
                random_state=seed,
            )
            model = CrossLingualTopicModel(n_components, lexicon=data.lexicon, random_state=seed)
            evidence, weights = gather(model.fit(data.corpus), data.corpus), model.topic_weight_
            if truth:
                rows = {code: data.corpus.rows_of(code) for code in evidence.vocabularies}
                evidence = replace(
                    evidence,
                    top={code: best_words(data.topic_word[code]) for code in rows},
                    mass={code: data.theta[part].mean(axis=0) for code, part in rows.items()},
                )
                weights = data.theta.mean(axis=0)
            yield seed, evidence, weights


def of_benchmark(corpus: str, options: argparse.Namespace) -> Iterator[tuple[int, Evidence, Any]]:
    evaluation = Evaluation(corpus, options.data_home)
    for n_components in options.sizes:
        for seed in options.seeds:
            model = CrossLingualTopicModel(n_components, lexicon=evaluation.lexicon, random_state=seed)
            model.fit(evaluation.train.corpus)
            yield seed, gather(model, evaluation.test.corpus), model.topic_weight_


def gather(model: CrossLingualTopicModel, documents: Any) -> Evidence:
    return gather_evidence(
        model,
        read(model, documents, "broken_topics.py"),
        n_words=N_WORDS,
        depth=LISTED * N_WORDS,
        lexicons=None,
        encoder=None,
    )


def best_words(topic_word: np.ndarray) -> list[np.ndarray]:
    return list(np.argsort(-topic_word, axis=1, kind="stable")[:, : LISTED * N_WORDS])


def plant_and_count(
    evidence: Evidence, weights: Any, before: list[str], kind: str, rng: np.random.Generator
) -> dict[str, float]:
    """Break a quarter of the topics that are fine, and count verdicts of these and of the others."""
    plant, name = FAULTS[kind]
    fine = [k for k, verdict in enumerate(before) if not verdict]
    drawn = rng.permutation(fine)[: 2 * max(1, len(before) // 4)]
    pairs = [sorted(pair, key=weights.__getitem__) for pair in drawn[: len(drawn) // 2 * 2].reshape(-1, 2)]
    broken, planted = plant(evidence, pairs, rng)
    kept = [k for k in range(evidence.n_topics) if not (kind == JOINED and k in {b for _, b in pairs})]
    verdicts = dict(zip(kept, judge(broken, weights[kept]).verdicts, strict=True))
    involved = {k for pair in pairs for k in pair}
    left = [k for k in fine if k not in involved]
    return {
        "planted": len(planted),
        "found": sum(bool(verdicts[k]) for k in planted),
        "named": sum(name in verdicts[k] for k in planted),
        "left": len(left),
        "false": sum(bool(verdicts[k]) for k in left),
    }


def changed(evidence: Evidence, code: str, words: dict[int, np.ndarray]) -> Evidence:
    top = [words.get(k, of_topic) for k, of_topic in enumerate(evidence.top[code])]
    return replace(evidence, top={**evidence.top, code: top})


def join_themes(evidence: Evidence, pairs: Any, rng: np.random.Generator) -> tuple[Evidence, list[int]]:
    gone = {second for _, second in pairs}
    kept = [k for k in range(evidence.n_topics) if k not in gone]
    for code in evidence.vocabularies:
        old = evidence.top[code]
        joined = {a: np.array(list(dict.fromkeys(np.stack([old[a], old[b]], 1).ravel()))) for a, b in pairs}
        evidence = changed(evidence, code, joined)
    top = {code: [words[k] for k in kept] for code, words in evidence.top.items()}
    mass = {code: part.copy() for code, part in evidence.mass.items()}
    for a, b in pairs:
        for part in mass.values():
            part[a] += part[b]
    mass = {code: part[kept] for code, part in mass.items()}
    return replace(evidence, top=top, mass=mass), [a for a, _ in pairs]


def swap_language(evidence: Evidence, pairs: Any, rng: np.random.Generator) -> tuple[Evidence, list[int]]:
    for a, b in pairs:
        code = rng.choice(list(evidence.vocabularies))
        old = evidence.top[code]
        evidence = changed(evidence, code, {a: old[b], b: old[a]})
    return evidence, [k for pair in pairs for k in pair]


def shuffle_language(evidence: Evidence, pairs: Any, rng: np.random.Generator) -> tuple[Evidence, list[int]]:
    original = evidence
    for a, _ in pairs:
        code = rng.choice(list(evidence.vocabularies))
        words, others = original.top[code], [k for k in range(evidence.n_topics) if k != a]
        n_listed = min(map(len, words))
        drawn = [words[rng.choice(others)][rank] for rank in range(n_listed)]
        evidence = changed(evidence, code, {a: np.array(list(dict.fromkeys(drawn)))})
    return evidence, [a for a, _ in pairs]


def keep_one_language(evidence: Evidence, pairs: Any, rng: np.random.Generator) -> tuple[Evidence, list[int]]:
    mass = {code: part.copy() for code, part in evidence.mass.items()}
    for a, _ in pairs:
        left = rng.choice(list(mass))
        for code in mass:
            mass[code][a] *= 1.0 if code == left else 0.01
    return replace(evidence, mass=mass), [a for a, _ in pairs]


def repeat_words(evidence: Evidence, pairs: Any, rng: np.random.Generator) -> tuple[Evidence, list[int]]:
    original = evidence
    for code in evidence.vocabularies:
        old = original.top[code]
        copies = {}
        for a, b in pairs:
            mixed = [old[a][rank] if rank % 5 == 4 else word for rank, word in enumerate(old[b])]
            copies[a] = np.array(list(dict.fromkeys(mixed)))
        evidence = changed(evidence, code, copies)
    return evidence, [a for a, _ in pairs]


JOINED = "two themes joined"
#: Name -> what plants it in pairs of topics, and the words of the verdict that name it.
FAULTS: dict[str, tuple[Callable[..., tuple[Evidence, list[int]]], str]] = {
    JOINED: (join_themes, "two themes"),
    "languages swapped": (swap_language, "languages disagree"),
    "a language shuffled": (shuffle_language, "incoherent"),
    "one language only": (keep_one_language, "one language only"),
    "repeated": (repeat_words, "repeats topic"),
}


def print_table(
    corpus: str, counted: dict[str, list[dict[str, float]]], before: float, n_topics: int
) -> list[dict[str, Any]]:
    print(f"\n{corpus}: {n_topics} topics, {before:.1%} marked before\n")
    print("| planted | topics | found | named | left alone | false |\n|---|---|---|---|---|---|")
    rows = []
    for kind, of_models in counted.items():
        total = {name: sum(each[name] for each in of_models) for name in of_models[0]}
        found, named = (total[name] / total["planted"] for name in ("found", "named"))
        false = total["false"] / max(1, total["left"])
        print(
            f"| {kind} | {total['planted']} | {found:.1%} | {named:.1%} | {total['left']} | {false:.1%} |",
            flush=True,
        )
        rows.append({"corpus": corpus, "planted": kind, "marked before": before, **total})
    return rows


if __name__ == "__main__":
    main()
