"""
Pictures
========

For papers, slides and notebooks. :doc:`/docs/pictures` says what each shows and how it is reckoned; here is
how they look. Needs the extras ``encoder``, ``zh``, ``ja``, ``text``, ``frame`` and ``plot``.
"""

from skxtm import CrossLingualTopicModel
from skxtm.datasets import load_sample, load_sample_lexicon
from skxtm.plotting import (
    DocumentMapDisplay,
    TopicSimilarityDisplay,
    TopicWordsDisplay,
    TrainingCurvesDisplay,
)

corpus = load_sample("train").corpus
model = CrossLingualTopicModel(8, random_state=0).fit(corpus)

# %%
# Words of topics
# ---------------

display = TopicWordsDisplay.from_estimator(model, max_topics=4, n_words=6).plot()

# %%
# Alike topics
# ------------

display = TopicSimilarityDisplay.from_estimator(model).plot()

# %%
# Documents
# ---------
#
# By topic and by language; languages that are mixed everywhere are what is wanted.

display = DocumentMapDisplay.from_estimator(model, corpus, method="tsne").plot(by="topic")

# %%
display = DocumentMapDisplay.from_estimator(model, corpus).plot(by="language")

# %%
# Training
# --------
#
# Of a backbone that is trained epoch by epoch, the terms of its loss:

lexicons = [load_sample_lexicon("zh", "en"), load_sample_lexicon("ja", "en")]
trained = CrossLingualTopicModel(8, backbone="nmtm", lexicon=lexicons, max_epochs=20, random_state=0)
display = TrainingCurvesDisplay.from_estimator(trained.fit(corpus)).plot()

# %%
# More of them
# ------------
#
# Topics :doc:`over time and by group <time_and_groups>`, words :doc:`before and after refinement
# <language_models>`, and :doc:`how many topics <how_many_topics>`.
