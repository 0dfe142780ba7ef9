"""The floor: scikit-learn's LDA or NMF in each language on its own; topics with the same number are one.

Defaults but for the number of topics and the seed; NMF reads tf-idf. A topic's words are those of the largest
entries of `components_`.
"""

import numpy as np
from _handed import Handed, shares
from sklearn.decomposition import NMF, LatentDirichletAllocation
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.pipeline import make_pipeline

METHODS = {
    "lda": lambda K, seed: make_pipeline(LatentDirichletAllocation(K, random_state=seed)),
    "nmf": lambda K, seed: make_pipeline(TfidfTransformer(), NMF(K, random_state=seed, max_iter=1000)),
}


def main() -> None:
    handed = Handed()
    splits = ("train", "test")
    counts = {split: handed.counts(split) for split in splits}
    language = {split: handed.language(split) for split in splits}
    theta = {split: np.zeros((counts[split].shape[0], handed.K)) for split in splits}
    topic_word = np.zeros((handed.K, len(handed.tokens)))
    for code, own in handed.columns.items():
        rows = {split: np.flatnonzero(language[split] == code) for split in splits}
        model = METHODS[handed.options["method"]](handed.K, handed.seed)
        model.fit(counts["train"][rows["train"]][:, own])
        for split in splits:
            theta[split][rows[split]] = shares(model.transform(counts[split][rows[split]][:, own]))
        topic_word[:, own] = model[-1].components_
    handed.write(topic_word, theta["train"], theta["test"], "scikit-learn", "numpy")


if __name__ == "__main__":
    main()
