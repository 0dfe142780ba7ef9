"""
A classifier for several languages
==================================

Labels in one language, documents in another: fit the topic model on documents of all languages, none of which
need labels, and train a classifier on topic proportions. Needs the extras ``encoder``, ``zh``, ``text`` and
``plot``.
"""

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from skxtm import CrossLingualTopicModel
from skxtm.datasets import load_sample

train, test = (load_sample(subset, languages=["en", "zh"]) for subset in ("train", "test"))
model = CrossLingualTopicModel(12, random_state=0).fit(train.corpus)

# %%
# Train in English, use in Chinese
# --------------------------------
#
# ``FrozenEstimator`` keeps the topics as they are, since a fit on English documents alone would forget
# Chinese.

english, chinese = train.corpus.rows_of("en"), test.corpus.rows_of("zh")
classifier = make_pipeline(FrozenEstimator(model), LinearSVC())
classifier.fit(train.corpus[english], train.labels[english])
print(f"{classifier.score(test.corpus[chinese], test.labels[chinese]):.3f}")

# %%
# Folds that hold all languages
# -----------------------------
#
# Where topic model and classifier are chosen together, each fold must hold all languages: documents are often
# sorted by language, and ordinary folds then lack one. ``StratifiedLanguageKFold`` divides labels and
# languages in their shares.

import numpy as np

from skxtm.model_selection import StratifiedLanguageKFold

folds = StratifiedLanguageKFold(3, shuffle=True, random_state=0)
for fitted, held_out in folds.split(train.corpus, train.labels):
    print(
        len(fitted), dict(zip(*np.unique(train.corpus.language[held_out], return_counts=True), strict=True))
    )

# %%
# A search over both
# ------------------
#
# Parameters of the topic model, of the backbone inside it, and of the classifier, in one grid. ``memory``
# keeps topics that were fitted, since the classifier's parameters do not change them.

import tempfile

from sklearn.model_selection import GridSearchCV

from skxtm.backbones import CoreCTM

folder = tempfile.mkdtemp()
topics = CrossLingualTopicModel(backbone=CoreCTM(), random_state=0)
pipeline = make_pipeline(topics, LinearSVC(), memory=folder)
grid = {
    "crosslingualtopicmodel__n_components": [8, 16],
    "linearsvc__C": [0.1, 1.0],
}
search = GridSearchCV(pipeline, grid, cv=folds).fit(train.corpus, train.labels)
print(search.best_params_)
print(f"{search.score(test.corpus, test.labels):.3f}")

# %%
# ``crosslingualtopicmodel__backbone__exclusivity`` would be one more line, and ``n_jobs=2`` gives the same
# bits in two processes: :doc:`/docs/threads`.
#
# Which theme is taken for which
# ------------------------------

import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay

predicted = classifier.predict(test.corpus[chinese])
figure, axes = plt.subplots(figsize=(5, 5))
display = ConfusionMatrixDisplay.from_predictions(
    test.labels[chinese],
    predicted,
    display_labels=test.target_names,
    xticks_rotation="vertical",
    colorbar=False,
    ax=axes,
)
axes.set_title("Chinese documents, labels learnt in English")
figure.tight_layout()

# %%
# For a table of all pairs of languages there is ``skxtm.metrics.transfer_scores``.
