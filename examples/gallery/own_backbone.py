"""
Your own backbone
=================

A backbone is the part of the model that learns; reading documents, counting words, vectors, ``transform``,
saving, searches and measures are there already. This one is a clustering in forty lines; ``CONTRIBUTING.md``
writes one with a network. Needs the extras ``encoder``, ``zh``, ``text`` and ``plot``.
"""

# %%
# The file
# --------
#
# One class holds hyperparameters, the other what was learnt. ``needs`` says what is to be gathered for
# training, ``reads`` what new documents must have: here vectors of documents, in one space for all languages.

import numpy as np
from scipy.special import softmax
from sklearn.cluster import KMeans

from skxtm.backbones import check_backbone
from skxtm.backbones.arrays import ArrayBackbone, LearntTopics
from skxtm.backbones.base import check_range


class KMeansTopics(ArrayBackbone):
    """Topics are clusters of documents; their words are those that the cluster's documents use."""

    needs = reads = frozenset({"document_vectors"})

    def __init__(self, *, temperature=0.05):
        self.temperature = temperature

    def check(self):
        check_range(self, "temperature", 0, None, open_low=True)

    def learn(self, shape, materials, *, seed, verbose=0):
        K = shape.n_components
        kmeans = KMeans(K, n_init=1, random_state=seed).fit(np.vstack(materials.document_vectors))
        words = []
        for counts, vectors in zip(materials.counts, materials.document_vectors, strict=True):
            members = np.eye(K)[kmeans.predict(vectors)]  # (n_l, K)
            totals = (counts.T @ members).T + 0.01  # (K, V_l)
            weights = totals * np.log(1 + totals.sum() / totals.sum(0))
            words.append(weights / weights.sum(1, keepdims=True))
        prior = np.bincount(kmeans.labels_, minlength=K) / len(kmeans.labels_)
        return Clusters(tuple(words), prior, centres=kmeans.cluster_centers_, temperature=self.temperature)

    def restore(self, shape, arrays, **attributes):
        return Clusters(centres=arrays["centres"], temperature=self.temperature, **attributes)


class Clusters(LearntTopics):
    """What was learnt."""

    def __init__(self, distributions, prior, n_iter=1, history=None, *, centres, temperature):
        super().__init__(distributions=distributions, prior=prior, n_iter=n_iter, history=history or {})
        self.centres, self.temperature = centres, temperature

    def proportions(self, documents, language):
        distances = ((documents.vectors[:, np.newaxis] - self.centres) ** 2).sum(2)
        return softmax(-distances / self.temperature, axis=1)

    def arrays(self):
        return {"centres": self.centres}


# %%
# Is it right?
# ------------
#
# ``check_backbone`` fits small models in one, two and three languages, and stops with one sentence at the
# first thing that is not as it must be: shapes, distributions, seeds, copies, saving.

check_backbone(KMeansTopics())

# %%
# Use it
# ------

from skxtm import CrossLingualTopicModel
from skxtm.datasets import load_sample

sample = load_sample("all", languages=["en", "zh"])
model = CrossLingualTopicModel(8, backbone=KMeansTopics(), random_state=0).fit(sample.corpus)
for topic in model.get_topics(n_words=5):
    print(*topic["en"], *topic["zh"])

# %%
# Beside the others
# -----------------

import matplotlib.pyplot as plt

from skxtm.metrics import cluster_scores

agreement = {}
for backbone in (KMeansTopics(), "usvd", "corectm"):
    theta = CrossLingualTopicModel(8, backbone=backbone, random_state=0).fit_transform(sample.corpus)
    name = backbone if isinstance(backbone, str) else type(backbone).__name__
    agreement[name] = cluster_scores(theta, sample.labels).nmi
figure, axes = plt.subplots(figsize=(6, 2))
axes.bar_label(axes.barh(list(agreement), list(agreement.values())), fmt="%.2f")
axes.set(xlim=(0, 1.15), xlabel="agreement of topics with themes (NMI)")
figure.tight_layout()
