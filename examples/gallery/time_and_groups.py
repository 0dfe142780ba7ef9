"""
Topics over time and by group
=============================

How much of the documents each topic is, by month or by source, in each language and in all, with intervals.
Needs the extras ``encoder``, ``zh``, ``text``, ``frame`` and ``plot``.
"""

# %%
# The bundled sample has no dates. Here each document gets one, such that cooking is written of in winter and
# travel in summer, so that the table can be compared with what is known.

import numpy as np

from skxtm import CrossLingualTopicModel
from skxtm.datasets import load_sample

sample = load_sample("all", languages=["en", "zh"])
themes = np.array(sample.target_names)[sample.labels]
rng = np.random.default_rng(0)
months = rng.integers(1, 13, len(themes))
months[themes == "cooking"] = rng.choice([11, 12, 1, 2, 6], (themes == "cooking").sum())
months[themes == "travel"] = rng.choice([6, 7, 8, 12], (themes == "travel").sum())
dates = [f"2025-{month:02}-15" for month in months]
sources = rng.choice(["press", "radio", "web"], len(themes))

model = CrossLingualTopicModel(8, random_state=0).fit(sample.corpus)

# %%
# Over time
# ---------
#
# A row for each period, language and topic. ``low`` and ``high`` hold 95 % of what other documents of the
# same kind would give.

from skxtm.explore import topics_over_time

table = topics_over_time(model, sample.corpus, dates, period="M")
table[["time", "language", "name", "n_documents", "share", "low", "high"]].head()

# %%
# The topics that vary most over the year:

shares = table[table["language"] == "all"].pivot(index="time", columns="topic", values="share")
varying = shares.std().nlargest(2).index.tolist()
print([model.topic_names_[topic] for topic in varying])

# %%
from skxtm.plotting import TopicsOverTimeDisplay

display = TopicsOverTimeDisplay.from_table(table, topics=varying, languages=["all"]).plot()

# %%
# By group
# --------
#
# Sources were drawn at random here, and so the intervals overlap: no topic belongs to a source.

from skxtm.explore import topics_per_group

groups = topics_per_group(model, sample.corpus, sources)
display = TopicsOverTimeDisplay.from_table(groups, topics=varying, languages=["all"]).plot()

# %%
# :doc:`/docs/explore` says what the intervals tell and what they do not, and puts both into the page to look
# around in.
