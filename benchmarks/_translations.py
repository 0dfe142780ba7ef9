"""Translations found by topic proportions, as features that suit them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn.decomposition import PCA

from skxtm.metrics import RetrievalScores, retrieval_score

N_CHOOSING = 500  # sets of translations among the training documents by which features are chosen
LEAST_SHARE = 1e-6


def logarithm(theta: Any) -> Any:
    """Logarithm of proportions, of a least one."""
    return np.log(np.maximum(theta, LEAST_SHARE))


def root(theta: Any) -> Any:
    """Root of proportions."""
    return np.sqrt(np.maximum(theta, 0))


def centred_logarithm(theta: Any) -> Any:
    """Logarithm of proportions less the mean of their row."""
    of_theta = logarithm(theta)
    return of_theta - of_theta.mean(1, keepdims=True)


FEATURES: dict[str, Callable[[Any], Any]] = {"log": centred_logarithm, "root": root}


class Documents(NamedTuple):
    """Topic proportions of shape (n_documents, K), languages, and numbers of sets of translations."""

    theta: Any
    language: Any
    pair_id: Any

    def features(self, name: str) -> Any:
        """Features of the proportions."""
        return FEATURES[name](self.theta)

    def drawn(self, n_sets: int) -> "Documents":
        """Draw some sets of translations."""
        sets = np.unique(self.pair_id)
        kept = np.random.default_rng(0).permutation(sets)[:n_sets]
        return Documents(*(np.asarray(column)[np.isin(self.pair_id, kept)] for column in self))


def suited(train: Documents) -> str:
    """Name the features that find more translations among some training documents.

    The cosine of logarithms weighs small proportions as much as great ones, that of roots what a document is
    mainly about: which of them tells more depends on how a system makes its proportions.
    """
    some = train.drawn(N_CHOOSING)
    return max(FEATURES, key=lambda name: ranked(some, name).mean_reciprocal_rank)


def ranked(documents: Documents, name: str) -> RetrievalScores:
    """Rank translations by the cosine of features."""
    return retrieval_score(documents.features(name), documents.language, documents.pair_id, at=[1])


def found_whitened(train: Documents, test: Documents) -> RetrievalScores:
    """Rank the translations of test documents by logarithms, whitened as those of training documents say."""
    whitening = PCA(train.theta.shape[1] - 1, whiten=True).fit(train.features("log"))
    whitened = whitening.transform(test.features("log"))
    return retrieval_score(whitened, test.language, test.pair_id, at=[1])


def found(train: Documents, test: Documents) -> tuple[RetrievalScores, str]:
    """Rank the translations of test documents by the features that suit training documents; name them too."""
    name = suited(train)
    return ranked(test, name), name
