"""
How many topics, and which to trust
===================================

Fit several numbers of topics, each to different halves of the documents, and look which topics come back. How
it is reckoned, how far it is from known numbers, and its limits: :doc:`/docs/explore`. Needs the extras
``encoder``, ``zh``, ``text``, ``frame`` and ``plot``.
"""

from skxtm import CrossLingualTopicModel
from skxtm.datasets import load_sample
from skxtm.explore import search_n_components

documents = load_sample("all", languages=["en", "zh"]).corpus
model = CrossLingualTopicModel(random_state=0)
search = search_n_components(model, documents, [3, 5, 8, 12, 16], n_seeds=2)
print(search)

# %%
# A row for each number. ``stability`` says how alike the topics of two fits are, ``fine`` which share of them
# no fault was found with:

search.table[["n_components", "stability", "worst_topic", "fine", "score"]].round(2)

# %%
# The sample has eight themes; of the 80 documents of a theme each fit sees some 32, which is little, and the
# search says so of itself. Numbers beside the one recommended are worth a look: the curve is flat.

from skxtm.plotting import NComponentsDisplay

display = NComponentsDisplay.from_search(search).plot()

# %%
# Which topics to trust
# ---------------------
#
# Some topics of every model are none: words without a common theme, two themes in one, another theme in each
# language. Of twelve topics of documents that have eight themes there should be some. They come last, with a
# verdict in words:

from skxtm.explore import topic_quality_table

twelve = CrossLingualTopicModel(12, random_state=0).fit(documents)
quality = topic_quality_table(twelve, documents)
quality[["topic", "name", "weight", "unity", "verdict"]].round(2)

# %%
# Pictures and pages mark them:

from skxtm.plotting import TopicWordsDisplay

ends = quality["topic"].iloc[[0, -1]].tolist()
display = TopicWordsDisplay.from_estimator(twelve, topics=ends, n_words=6, quality=quality).plot()
