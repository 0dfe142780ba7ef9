"""The main job on the bundled sample: topics of raw English, Chinese and Japanese text, without a dictionary.

    python examples/demo.py [--output demo.html]

finds the topics of 720 short documents, prints them side by side, how unique and coherent they are, and the
accuracies of SVMs that are trained on the topic proportions of one language and tested in the others; and
writes all of it as one HTML page, and another one to look around in topics and documents, demo-explore.html.
Needs the extras encoder, zh, ja, text, frame and report.
"""

import argparse
import time
import unicodedata
import warnings
from collections import Counter
from itertools import combinations
from pathlib import Path

import pandas as pd
import stopwordsiso
from sklearn.svm import SVC

from skxtm import CrossLingualTopicModel, CrossLingualVectorizer
from skxtm.datasets import load_sample, load_sample_reference
from skxtm.exceptions import AbsentWordsWarning
from skxtm.explore import explore
from skxtm.metrics import AlignedReference, cnpmi_score, topic_uniqueness, transfer_accuracy
from skxtm.report import write_report

LANGUAGES = ("en", "zh", "ja")
N_WORDS = 10

# frequent words of the training documents that say nothing of a theme and that the iso lists lack
STOP_WORDS = {
    "zh": "里 没有 以后 每天 最后 已经 小时 现在 一点 总是 新 先 不要 出 一次 最好 有人 不能 "
    "正在 终于".split(),
    "ja": "一 二 三 四 五 十 三十 者 だけ 人 日 前 中 時間 分 方 出 少し そう よく くれ 家 度 "
    "年 今 しか 見 かけ ませ 入れ 入っ 始め 新しい 古い ください ずつ たら".split(),
}


def main():
    # the sample's reference is small: words that it lacks count 0
    warnings.simplefilter("ignore", AbsentWordsWarning)
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=Path, default=Path("demo.html"), help="the page to write")
    output = parser.parse_args().output
    train, test = load_sample("train", languages=LANGUAGES), load_sample("test", languages=LANGUAGES)
    print(train)

    started = time.perf_counter()
    model = fit(pd.DataFrame({"text": train.corpus.text, "language": train.corpus.language}))
    seconds = time.perf_counter() - started
    train_theta, test_theta = model.transform(train.corpus), model.transform(test.corpus)

    print()
    for resource in model.resources_:
        print(resource)
    print()
    print_topics(model, themes(train_theta, train))
    print("Names, from their words:", "; ".join(model.topic_names_))
    reference = AlignedReference.from_corpus(model.vectorizer_.transform(load_sample_reference()))
    topics = model.get_topics(n_words=N_WORDS)
    figures = {
        "Training documents": len(train.corpus),
        f"Topic uniqueness (TU), {N_WORDS} words": topic_uniqueness(topics, n_words=N_WORDS),
        f"Coherence (CNPMI), {N_WORDS} words": cnpmi_score(topics, reference, n_words=N_WORDS),
        "Fit": f"{seconds:.1f} s",
    }
    for name, value in figures.items():
        print(f"{name}: {value:.3f}" if isinstance(value, float) else f"{name}: {value}")

    accuracies = transfer_accuracy(
        train_theta,
        train.labels,
        train.corpus.language,
        test_theta,
        test.labels,
        test.corpus.language,
        classifier=SVC(),
    )
    print("\nAccuracy of an SVM on topic proportions; I: trained in the same language, C: in the other one")
    for pair in combinations(LANGUAGES, 2):
        named = accuracies.figures(*pair).items()
        print(f"{'-'.join(pair)}   " + "   ".join(f"{name} {value:.3f}" for name, value in named))

    title = "Eight themes in English, Chinese and Japanese"
    write_report(output, model, accuracies=accuracies, figures=figures, n_words=N_WORDS, title=title)
    page = explore(model, train.corpus, output.with_stem(f"{output.stem}-explore"), title=title)
    print(f"\nWritten: {output.resolve()}\n         {page.resolve()}")


def fit(frame):
    """Find the topics; nothing is set but their number, and stop words beyond those of the iso lists."""
    stop_words = {code: stopwordsiso.stopwords(code) | set(words) for code, words in STOP_WORDS.items()}
    vectorizer = CrossLingualVectorizer(stop_words=stop_words, languages=LANGUAGES)
    return CrossLingualTopicModel(8, vectorizer=vectorizer, random_state=0).fit(frame)


def themes(theta, sample):
    """Name the theme of most documents that each topic dominates, by language; training never saw it."""
    names, dominant = [], theta.argmax(axis=1)
    for topic in range(theta.shape[1]):
        most_common = []
        for code in LANGUAGES:
            rows = (dominant == topic) & (sample.corpus.language == code)
            counted = Counter(sample.labels[rows].tolist()).most_common(1)
            most_common += [sample.target_names[label] for label, _ in counted]
        names.append("/".join(dict.fromkeys(most_common)))
    return names


def print_topics(model, names):
    for topic, name, weight in zip(model.get_topics(n_words=5), names, model.topic_weight_, strict=True):
        columns = "  ".join(pad(" ".join(topic[code]), 44) for code in LANGUAGES)
        print(f"{name:12}{100 * weight:5.1f} %  {columns}")
    print()


def pad(text, width):
    """Fill with spaces to a width in which Chinese and Japanese characters count twice."""
    return text + " " * (width - sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in text))


if __name__ == "__main__":
    main()
