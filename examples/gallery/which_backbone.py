"""
Which backbone
==============

The default is right to begin with. Whether another suits your documents better, they say themselves: fit a
few, and measure what matters to you. What each needs stands in the README, what they are worth on public
benchmarks in :doc:`/docs/results`, and where the default loses in :doc:`/docs/corectm`. Needs the extras
``encoder``, ``zh``, ``text``, ``frame`` and ``plot``.
"""

# %%
# Five of nine, each as it comes. InfoCTM, XTRA, GloCTM and MCTA take minutes.

import time
import warnings

import pandas as pd

from skxtm import CrossLingualTopicModel
from skxtm.datasets import load_sample, load_sample_lexicon
from skxtm.explore import topic_quality_table
from skxtm.metrics import topic_uniqueness, transfer_accuracy

train, test = (load_sample(subset, languages=["en", "zh"]) for subset in ("train", "test"))
lexicon = load_sample_lexicon("zh", "en")

warnings.simplefilter("ignore", UserWarning)  # where all topics are incoherent, verdicts say so too
rows = {}
for backbone in ("corectm", "svd_lr", "usvd", "mtanchor", "nmtm"):
    model = CrossLingualTopicModel(8, backbone=backbone, lexicon=lexicon, random_state=0)
    started = time.perf_counter()
    theta = model.fit_transform(train.corpus)
    seconds = time.perf_counter() - started
    accuracy = transfer_accuracy(
        theta,
        train.labels,
        train.corpus.language,
        model.transform(test.corpus),
        test.labels,
        test.corpus.language,
    )
    quality = topic_quality_table(model, test.corpus)
    rows[backbone] = {
        "fine topics": (quality["verdict"] == "").mean(),
        "uniqueness (TU)": topic_uniqueness(model.get_topics(10), n_words=10),
        "en to zh": accuracy["en", "zh"],
        "zh to en": accuracy["zh", "en"],
        "seconds": seconds,
    }
table = pd.DataFrame(rows).T
table.round(2)

# %%
# - "fine topics": the share that :doc:`no fault <how_many_topics>` was found with;
# - "uniqueness": 1 if no word is in two topics;
# - "en to zh": accuracy in Chinese of a classifier that was trained in English, eight themes.
#
# One seed of 480 short documents: differences of a few hundredths are chance, and networks such as NMTM want
# more documents than these.

import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(7, 3))
table.drop(columns="seconds").plot.bar(ax=axes, rot=0)
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
figure.tight_layout()

# %%
# Cross-validation, ``GridSearchCV`` over ``backbone``, and scorers for it: :doc:`classify_across_languages`
# and :doc:`/docs/explore`.
