"""Turftopic on given vectors: S3, KeyNMF across languages, or clustering, each with its defaults.

Its encoder is a stand-in that knows the vectors of words. A topic's words are those of the largest entries of
`components_`. KeyNMF joins words of any language whose vectors are near each other (`cross_lingual=True`, its
own option): words of one joint term weigh alike, and the more frequent one is named first. Clustering (t-SNE
and HDBSCAN) is reduced to K topics, without its outliers. Proportions of S3, whose scores may be below 0, are
their softmax; those of the others their scores divided by their sum.
"""

import numpy as np
from _handed import Handed, shares, softmax
from sklearn.feature_extraction.text import CountVectorizer
from turftopic import ClusteringTopicModel, KeyNMF, SemanticSignalSeparation
from turftopic.models._keynmf import _match_terms


class Words:
    """Gives words their vectors, and refuses everything else."""

    def __init__(self, handed: Handed) -> None:
        self.place = {word: number for number, word in enumerate(handed.tokens)}
        self.vectors = handed.word_vectors()

    def encode(self, sentences, **_):
        """Look up the vectors of words, (n, 512)."""
        return self.vectors[[self.place[word] for word in sentences]]


def main() -> None:
    handed = Handed()
    method = handed.options["method"]
    # words that no training document has are left out, as the vectorizer would have it
    found = np.flatnonzero(np.asarray(handed.counts("train").sum(0)).ravel())
    tokens = np.array(handed.tokens)[found]
    words = Words(handed)
    given = {
        "encoder": words,
        "vectorizer": CountVectorizer(vocabulary=tokens.tolist(), token_pattern=r"\S+", lowercase=False),
        "random_state": handed.seed,
    }
    if method == "s3":
        model = SemanticSignalSeparation(handed.K, **given)
    elif method == "keynmf":
        model = KeyNMF(handed.K, cross_lingual=True, **given)
    else:
        model = ClusteringTopicModel(n_reduce_to=handed.K, **given)
    vectors = {split: handed.embeddings(split) for split in ("train", "test")}
    texts = {split: handed.token_texts(split) for split in vectors}
    model.fit(texts["train"], embeddings=vectors["train"])
    scores = {
        split: np.asarray(model.transform(texts[split], embeddings=vectors[split])) for split in vectors
    }
    weights = np.asarray(model.components_)
    if method == "keynmf":
        weights = of_single_words(model, words, tokens, weights, handed.counts("train")[:, found])
    elif method == "clustering":
        kept = np.asarray(model.classes_) != -1
        weights, scores = weights[kept], {split: rows[:, kept] for split, rows in scores.items()}
    topic_word = np.full((len(weights), len(handed.tokens)), -np.inf)
    topic_word[:, found] = weights
    proportions = softmax if method == "s3" else shares
    theta = {split: proportions(rows) for split, rows in scores.items()}
    handed.write(topic_word, theta["train"], theta["test"], "turftopic", "scikit-learn", "numpy", "torch")


def of_single_words(model, words, tokens, weights, counts):
    """Give each word the weights of the joint term that it belongs to, the frequent ones first."""
    keywords = [{token: 1.0} for token in tokens]
    joint = _match_terms(keywords, tokens, words.encode(tokens), model.term_match_threshold)
    column = {term: number for number, term in enumerate(model.get_vocab())}
    frequency = np.asarray(counts.sum(0)).ravel()
    result = np.tile(1e-12 * frequency / frequency.max(), (len(weights), 1))
    for number, term in enumerate(next(iter(entry)) for entry in joint):
        if term in column:
            result[:, number] += weights[:, column[term]]
    return result


if __name__ == "__main__":
    main()
