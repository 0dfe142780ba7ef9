"""Corpora, published parameters and figures, and the measurements that the quality scripts share."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.svm import SVC, LinearSVC

from skxtm import Corpus, Lexicon, metrics
from skxtm.datasets import load_amazon_review, load_ec_news, load_rakuten_amazon
from skxtm.metrics import (
    AlignedReference,
    cnpmi_score,
    topic_quality,
    topic_uniqueness,
    transfer_accuracy,
)

ACCURACIES = ("1-I", "1-C", "2-I", "2-C")
FURTHER = {"NPMI": "npmi_score", "diversity": "topic_diversity"}  # measured where the package has them


@dataclass(frozen=True)
class Setup:
    """A corpus, what goes with it, and the parameters published for it where they are not the defaults.

    `published` has the published figures of each backbone, `refined` those of each refined by LLM-XTM with a
    language model; all are means of five seeds with 50 topics. Their CNPMI, and so their TQ, was counted on
    another reference than ours.
    """

    load: Callable[..., Any]
    languages: tuple[str, str]
    lexicon: str
    reference: str
    domain: str
    parameters: dict[str, dict[str, Any]]
    published: dict[str, dict[str, float]]
    refined: dict[str, dict[str, float]]


def published(cnpmi: float, tu: float, *accuracies: float) -> dict[str, float]:
    """Name published figures; quality is that of the means."""
    named = dict(zip(("1-I", "1-C", "2-I", "2-C"), accuracies, strict=False))
    return {"TU": tu, "CNPMI": cnpmi, "TQ": topic_quality(cnpmi, tu), **named}


SETUPS = {
    "ec_news": Setup(
        load_ec_news,
        ("en", "zh"),
        "zh-en.tsv",
        "en_zh",
        "English and Chinese news",
        {"gloctm": {"n_neighbours": 3, "weight_kl": 4.0, "weight_cka": 450.0}},
        {
            "mcta": published(0.025, 0.489),
            "mtanchor": published(-0.013, 0.192),
            "usvd": published(0.082, 0.830),
            "svd_lr": published(0.083, 0.820),
            "gloctm": {"CNPMI": 0.071},
            "xtra": published(0.078, 0.978),
            "infoctm": published(0.041, 0.943, 0.7813, 0.5242, 0.7652, 0.5592),
            "nmtm": published(0.034, 0.818, 0.7917, 0.4941, 0.7742, 0.5139),
        },
        {
            "xtra": published(0.088, 0.954),
            "infoctm": published(0.062, 0.898, 0.7849, 0.5445, 0.7682, 0.5875),
            "nmtm": published(0.039, 0.821, 0.7975, 0.5173, 0.7785, 0.5333),
        },
    ),
    "amazon_review": Setup(
        load_amazon_review,
        ("en", "zh"),
        "zh-en.tsv",
        "en_zh",
        "English and Chinese product reviews",
        {
            "infoctm": {"weight_mi": 50.0},
            "xtra": {"weight_topics": 15.0, "weight_documents": 95.0},
            "gloctm": {"n_neighbours": 3, "weight_kl": 3.0, "weight_cka": 300.0},
        },
        {
            "mcta": published(0.028, 0.319),
            "mtanchor": published(0.028, 0.323),
            "usvd": published(0.055, 0.634),
            "svd_lr": published(0.053, 0.627),
            "gloctm": {"CNPMI": 0.058},
            "xtra": published(0.053, 0.979),
            "infoctm": published(0.037, 0.930),
            "nmtm": published(0.043, 0.610),
        },
        {
            "xtra": published(0.072, 0.959),
            "infoctm": published(0.050, 0.933),
            "nmtm": published(0.056, 0.627),
        },
    ),
    "rakuten_amazon": Setup(
        load_rakuten_amazon,
        ("en", "ja"),
        "ja-en.txt",
        "en_ja",
        "English and Japanese product reviews",
        {
            "infoctm": {"weight_mi": 50.0},
            "xtra": {"weight_topics": 5.0, "weight_documents": 85.0},
            "gloctm": {"n_neighbours": 12, "weight_kl": 2.0, "weight_cka": 450.0},
        },
        {
            "mcta": published(0.021, 0.272),
            "mtanchor": published(-0.001, 0.214),
            "usvd": published(0.027, 0.571),
            "svd_lr": published(0.026, 0.558),
            "gloctm": {"CNPMI": 0.040},
            "xtra": published(0.034, 0.966),
            "infoctm": published(0.032, 0.870, 0.7940, 0.6910, 0.8256, 0.7342),
            "nmtm": published(0.012, 0.633, 0.7966, 0.6104, 0.8264, 0.6816),
        },
        {
            "xtra": published(0.037, 0.945),
            "infoctm": published(0.040, 0.870, 0.7984, 0.7314, 0.8296, 0.7875),
            "nmtm": published(0.016, 0.666, 0.7923, 0.6211, 0.8334, 0.7282),
        },
    ),
}
CLASSIFIERS: dict[str, Callable[[], Any]] = {  # the published figures are those of the RBF SVM
    "rbf": lambda: SVC(gamma="scale", cache_size=1000),
    "linear": lambda: LinearSVC(random_state=0),
}


class Evaluation:
    """One corpus in memory, with its lexicon, reference and labels.

    Parameters
    ----------
    corpus : str
        A key of `SETUPS`.
    data_home : Path
        Folder of the data sets as released, and of `lexicons` and `reference`.
    match : str
        How the lexicon matches words.
    n_words : int or None
        Words kept of each language, those most frequent in training; None keeps all.
    """

    def __init__(
        self, corpus: str, data_home: Path, match: str = "normal", n_words: int | None = None
    ) -> None:
        self.setup = SETUPS[corpus]
        self.train = self.setup.load("train", data_home=data_home)
        self.test = self.setup.load("test", data_home=data_home)
        if n_words is not None:
            kept = most_frequent(self.train.corpus, n_words)
            self.train, self.test = (
                replace(part, corpus=restricted(part.corpus, kept)) for part in (self.train, self.test)
            )
        self.lexicon = Lexicon.read(data_home / "lexicons" / self.setup.lexicon, match=match)
        self.reference = AlignedReference.read(data_home / "reference" / self.setup.reference)

    def topics(self, model: Any) -> dict[str, float]:
        """Uniqueness, coherence and quality of a model's topics, and of further measures what there is."""
        topics = model.get_topics(n_words=15)
        further_ones = further(model.get_topics(n_words=25), self.reference)
        return self.of_words(topics, 15) | further_ones | {"one-sided": self.one_sided(model)}

    def one_sided(self, model: Any) -> float:
        """Share of topics with over 90 % of their mass in one language, all languages being equally large."""
        return one_sided(model.transform(self.train.corpus), self.train.corpus)

    def one_sided_classes(self) -> float:
        """Share of classes with over 90 % of their documents in one language: what labels explain."""
        labels = np.asarray(self.train.labels)
        return one_sided((labels[:, None] == np.unique(labels)).astype(float), self.train.corpus)

    def of_words(self, topics: Any, n_words: int) -> dict[str, float]:
        """Uniqueness, coherence and quality of topics given by their words."""
        with warnings.catch_warnings():
            # words that the reference lacks count 0, of every system alike, and some keep fewer words
            warnings.simplefilter("ignore", UserWarning)
            tu = topic_uniqueness(topics, n_words=n_words)
            cnpmi = cnpmi_score(topics, self.reference, n_words=n_words)
        return {"TU": tu, "CNPMI": cnpmi, "TQ": topic_quality(cnpmi, tu)}

    def features(self, model: Any) -> tuple[Any, Any]:
        """Compute what the published evaluation feeds to classifiers: mu, of training and test documents.

        Of backbones without a network the logarithm of theta, which mu is but for a constant of each row,
        floored at 1e-6.
        """
        if has_mu(model):
            return model.posterior_mean(self.train.corpus), model.posterior_mean(self.test.corpus)
        train, test = (
            np.log(np.maximum(model.transform(part.corpus), 1e-6)) for part in (self.train, self.test)
        )
        return train, test

    def accuracies(self, features: tuple[Any, Any], classifier: str) -> dict[str, float]:
        """Accuracies of an SVM, the first language's named 1-I and 1-C, the second's 2-I and 2-C."""
        first, second = self.setup.languages
        train, test = features
        figures = transfer_accuracy(
            train,
            self.train.labels,
            self.train.corpus.language,
            test,
            self.test.labels,
            self.test.corpus.language,
            classifier=CLASSIFIERS[classifier](),
        ).figures(first, second)
        return {
            f"{number}-{kind}": figures[f"{code.upper()}-{kind}"]
            for number, code in ((1, first), (2, second))
            for kind in "IC"
        }


def one_sided(shares: Any, corpus: Corpus) -> float:
    """Share of columns with over 90 % of their mean in the documents of one language."""
    masses = np.array([shares[corpus.rows_of(code)].mean(0) for code in corpus.languages])
    return float((masses.max(0) > 0.9 * masses.sum(0)).mean())


def further(topics: Any, reference: AlignedReference) -> dict[str, float]:
    """Measures of single languages, as far as this version of the package has them."""
    arguments = {"NPMI": (topics, reference), "diversity": (topics,)}
    return {
        name: float(getattr(metrics, function)(*arguments[name]))
        for name, function in FURTHER.items()
        if hasattr(metrics, function)
    }


def has_mu(model: Any) -> bool:
    """Tell whether a model, or the one that a refiner holds, has a latent Gaussian."""
    return hasattr(getattr(model, "model_", model), "network_")


def most_frequent(corpus: Corpus, n_words: int) -> dict[str, Any]:
    """Columns of each language's most frequent words, ascending."""
    totals = {code: np.asarray(corpus.counts_of(code).sum(0)).ravel() for code in corpus.languages}
    return {code: np.sort(np.argsort(-total, kind="stable")[:n_words]) for code, total in totals.items()}


def restricted(corpus: Corpus, kept: dict[str, Any]) -> Corpus:
    """Keep some columns of every language; the rows stay in their order, language after language."""
    counts = {code: corpus.counts_of(code)[:, columns] for code, columns in kept.items()}
    return Corpus.from_counts(counts, {code: corpus.vocabularies[code][kept[code]] for code in kept})
