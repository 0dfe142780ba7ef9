"""The main job on real data: topics of English and Chinese news, and classifiers that cross the languages.

    python examples/ec_news.py --data-home FOLDER

trains NMTM with its published settings on the released EC News corpus and prints the topics, their
uniqueness and coherence, and the accuracies of SVMs trained in one language and tested in both.

FOLDER holds `ec_news`, which `load_ec_news(data_home=FOLDER, download=True)` fetches; `lexicons/zh-en.tsv`,
pairs of words with a tab between them, such as the one released with TopMost; and, for CNPMI,
`reference/en_zh`, aligned texts of your own, see `AlignedReference.read`.
"""

import argparse
import json
import resource
import time
from pathlib import Path

from sklearn.svm import SVC, LinearSVC

from skxtm import CrossLingualTopicModel, Lexicon
from skxtm.datasets import load_ec_news
from skxtm.metrics import AlignedReference, cnpmi_score, topic_uniqueness, transfer_accuracy

PUBLISHED = {"EN-I": 0.7917, "EN-C": 0.4941, "ZH-I": 0.7742, "ZH-C": 0.5139}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--data-home", type=Path, required=True, help="folder that holds ec_news and lexicons"
    )
    parser.add_argument("--match", choices=["literal", "normal"], default="literal", help="lexicon matching")
    parser.add_argument("--components", type=int, default=50)
    parser.add_argument("--epochs", type=int, help="default: the published 200")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, help="folder to save the model in")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    train = load_ec_news("train", data_home=arguments.data_home)
    test = load_ec_news("test", data_home=arguments.data_home)
    lexicon = Lexicon.read(arguments.data_home / "lexicons" / "zh-en.tsv", match=arguments.match)
    vocabularies = train.corpus.vocabularies
    print(train.corpus)
    print(lexicon.coverage(vocabularies["en"], vocabularies["zh"], "en", "zh"))

    model = CrossLingualTopicModel(
        arguments.components,
        backbone="nmtm",
        lexicon=lexicon,
        max_epochs=arguments.epochs,
        random_state=arguments.seed,
        verbose=1,
    )
    started = time.perf_counter()
    model.fit(train.corpus)
    seconds = time.perf_counter() - started
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    if arguments.save:
        model.save(arguments.save)

    topics = model.get_topics(n_words=15)
    for number, topic in enumerate(topics):
        print(f"topic {number:2d}  " + "  |  ".join(" ".join(words[:8]) for words in topic.values()))

    figures = {
        "match": arguments.match,
        "seed": arguments.seed,
        "epochs": model.n_iter_,
        "fit seconds": round(seconds, 1),
        "peak GiB": round(peak_gib, 2),
        "TU": round(topic_uniqueness(topics), 3),
    }
    reference = arguments.data_home / "reference" / "en_zh"
    if reference.is_dir():
        figures["CNPMI"] = round(cnpmi_score(topics, AlignedReference.read(reference)), 4)
    print("\n" + "  ".join(f"{name}: {value}" for name, value in figures.items()))

    print(f"\n{'features':10}{'classifier':12}" + "".join(f"{name:>8}" for name in PUBLISHED))
    mean = model.posterior_mean(train.corpus), model.posterior_mean(test.corpus)
    theta = model.transform(train.corpus), model.transform(test.corpus)
    runs = [  # the published figures are those of the first
        ("mu", mean, "RBF SVM", SVC(gamma="scale", cache_size=1000)),
        ("mu", mean, "linear SVM", LinearSVC(random_state=0)),
        ("theta", theta, "linear SVM", LinearSVC(random_state=0)),
    ]
    figures["accuracy"] = {}
    for feature, (train_features, test_features), name, classifier in runs:
        accuracy = transfer_accuracy(
            train_features,
            train.labels,
            train.corpus.language,
            test_features,
            test.labels,
            test.corpus.language,
            classifier=classifier,
            n_jobs=2,
        ).figures("en", "zh")
        figures["accuracy"][f"{name} on {feature}"] = accuracy
        row = "".join(f"{accuracy[key]:8.4f}" for key in PUBLISHED)
        print(f"{feature:10}{name:12}{row}", flush=True)
    print(f"{'published':22}" + "".join(f"{value:8.4f}" for value in PUBLISHED.values()))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
