"""How far the number of topics that `skxtm.explore.search_n_components` recommends is from a known one.

The known number is that of the topics which documents were drawn from, or of the labels that people gave to
them; the latter are not all there is to find. Corpora:

    drawn      from 4, 10, 15 and 25 topics, in three ways each; others of 5 to 30 chose the rule
    sample     the bundled sample, 8 themes, English, Chinese and Japanese
    sib200     raw text in five languages, 7 themes
    ec_news    English and Chinese headlines, 6 labels, which took part in choosing the rule

"ratio" is the recommended number by the known one. With --by-score the number that a search by the model's
own `score` takes, on the same documents, stands beside. Every corpus has its file under --results, and is not
measured again where that exists.

    python benchmarks/choose_k.py [--corpora drawn sample] [--by-score] [--data-home FOLDER]
"""

import argparse
import json
import time
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from _cells import write_json
from _evaluation import Evaluation
from sklearn.model_selection import GridSearchCV

from skxtm import Corpus, CrossLingualTopicModel
from skxtm.datasets import load_sample, load_sib200, make_multilingual_corpus
from skxtm.explore import search_n_components
from skxtm.model_selection import StratifiedLanguageKFold

GRID = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50)
TRUE_NUMBERS = (4, 10, 15, 25)
WAYS = {
    "long": {"n_documents": 600, "vocabulary_sizes": 600, "word_concentration": 0.02},
    "few": {"n_documents": 200, "vocabulary_sizes": 400, "word_concentration": 0.05},
    "mixed": {
        "n_documents": 300,
        "vocabulary_sizes": 600,
        "word_concentration": 0.03,
        "topic_concentration": 0.3,
        "document_length": 50,
    },
}
SIB200 = ("en", "zh", "ja", "de", "fr")
COLUMNS = ("corpus", "known", "recommended", "ratio", "by score", "seconds")


def main() -> None:
    options = parse_options()
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|")
    for name, make in corpora(options):
        path = options.results / f"{name}.json"
        if not path.exists():
            write_json(path, measured(*make(), options))
        cell = json.loads(path.read_text(encoding="utf-8"))
        ratio = f"{cell['recommended'] / cell['known']:.1f}"
        texts = [cell["known"], cell["recommended"], ratio, cell["by_score"] or "", f"{cell['seconds']:.0f}"]
        print(f"| {name} | {' | '.join(map(str, texts))} |", flush=True)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, help="with the public benchmarks, if they are asked for")
    parser.add_argument("--results", type=Path, default=Path("results", "choose_k"))
    parser.add_argument(
        "--corpora", nargs="+", choices=("drawn", "sample", "sib200", "ec_news"), default=["drawn", "sample"]
    )
    parser.add_argument("--grid", nargs="+", type=int, default=GRID)
    parser.add_argument("--seeds", type=int, default=3, help="fits of each number")
    parser.add_argument("--by-score", action="store_true")
    return parser.parse_args()


def corpora(options: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    """Name each corpus; what follows makes it: documents, the known number, and a model."""
    if "drawn" in options.corpora:
        for known in TRUE_NUMBERS:
            for way in WAYS:
                yield f"drawn-{known}-{way}", partial(drawn, known, way)
    if "sample" in options.corpora:
        yield "sample", sample
    if "sib200" in options.corpora:
        yield "sib200", partial(sib200, options.data_home)
    if "ec_news" in options.corpora:
        yield "ec_news", partial(ec_news, options.data_home)


def drawn(known: int, way: str) -> tuple[Corpus, int, CrossLingualTopicModel]:
    data = make_multilingual_corpus(n_components=known, random_state=1000 + known, **WAYS[way])
    return data.corpus, known, CrossLingualTopicModel(lexicon=data.lexicon, random_state=0)


def sample() -> tuple[Corpus, int, CrossLingualTopicModel]:
    data = load_sample("all")
    return data.corpus, len(data.target_names), CrossLingualTopicModel(random_state=0)


def sib200(data_home: Path) -> tuple[Corpus, int, CrossLingualTopicModel]:
    data = load_sib200(SIB200, ("train", "dev", "test"), data_home=data_home)
    texts = Corpus(data.corpus.language, text=data.corpus.text)
    return texts, len(data.target_names), CrossLingualTopicModel(random_state=0)


def ec_news(data_home: Path) -> tuple[Corpus, int, CrossLingualTopicModel]:
    evaluation = Evaluation("ec_news", data_home)
    model = CrossLingualTopicModel(lexicon=evaluation.lexicon, random_state=0)
    return evaluation.train.corpus, len(set(evaluation.train.labels.tolist())), model


def measured(
    corpus: Corpus, known: int, model: CrossLingualTopicModel, options: argparse.Namespace
) -> dict[str, Any]:
    started = time.perf_counter()
    search = search_n_components(model, corpus, options.grid, n_seeds=options.seeds, verbose=1)
    seconds = time.perf_counter() - started
    return {
        "known": known,
        "recommended": search.recommended,
        "reason": search.reason,
        "by_score": best_by_score(model, corpus, options.grid) if options.by_score else None,
        "seconds": round(seconds, 1),
        "table": search.table.to_dict(orient="records"),
    }


def best_by_score(model: CrossLingualTopicModel, corpus: Corpus, grid: Any) -> int:
    """Search by the model's own `score`, as `GridSearchCV` does without a scorer."""
    folds = StratifiedLanguageKFold(2, shuffle=True, random_state=0)
    search = GridSearchCV(model, {"n_components": list(grid)}, cv=folds, refit=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return int(search.fit(corpus).best_params_["n_components"])


if __name__ == "__main__":
    main()
