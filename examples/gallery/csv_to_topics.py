"""
Your CSV in ten minutes
=======================

From a file with a column of texts to topics in several languages, to the documents behind them, and to a page
to look around in. Needs the extras ``encoder``, ``zh``, ``ja``, ``text``, ``frame``, ``report`` and ``plot``.
"""

# %%
# A file
# ------
#
# What is needed is a text and a language in each row. This file is made of the bundled sample; take your own
# instead. If its columns have other names, say so to the vectorizer of the model below:
# ``CrossLingualTopicModel(8, vectorizer=CrossLingualVectorizer(text_column="answer"))``, and
# ``language_column`` alike.

import tempfile
from pathlib import Path

import pandas as pd

from skxtm.datasets import load_sample

folder = Path(tempfile.mkdtemp())
sample = load_sample("all")
table = pd.DataFrame({"text": sample.corpus.text, "language": sample.corpus.language})
table["theme"] = [sample.target_names[label] for label in sample.labels]
table.to_csv(folder / "news.csv", index=False)

news = pd.read_csv(folder / "news.csv")
print(news.groupby("language").size())
news.iloc[[0, 320, 640]]

# %%
# A file without a column of languages: see :doc:`dirty text <dirty_text>`.
#
# Topics
# ------
#
# Eight topics are asked for here; :doc:`how many topics <how_many_topics>` your documents bear can be found
# out. Training does not see the column ``theme``.

from skxtm import CrossLingualTopicModel

model = CrossLingualTopicModel(n_components=8, random_state=0)
theta = model.fit_transform(news)
theta.shape

# %%
# Each row of ``theta`` says how much of each topic a document has, and sums to 1. A topic has words in every
# language:

for number, topic in enumerate(model.get_topics(n_words=4)):
    print(number, *(" ".join(topic[code]) for code in model.languages_), sep=" | ")

# %%
# Nobody gave a dictionary. What was used in its place, and how much of the words it reaches:

for resource in model.resources_:
    print(resource)

# %%
# Documents
# ---------

from skxtm.explore import get_document_info, representative_documents

info = get_document_info(model, news)
info[["language", "topic", "name", "probability", "text"]].head(3)

# %%
# The document of each language that has most of topic 0:

representative_documents(model, news, n=1).query("topic == 0")[["language", "probability", "text"]]

# %%
# The file knew a theme of every row. How the topics found divide them:

pd.crosstab(info["topic"], news["theme"])

# %%
# Keep it
# -------
#
# The proportions as a table, the model as a folder of data without code, and the topics as one page to look
# around in, which opens in any browser and loads nothing: :doc:`/docs/explore` shows it.

from skxtm.explore import explore

pd.DataFrame(theta, columns=model.get_feature_names_out()).to_csv(folder / "topics_of_documents.csv")
model.save(folder / "model")
explore(model, news, folder / "topics.html", title="News", n_points=300)
sorted(path.name for path in folder.iterdir())

# %%
# And a picture, of as many topics as a slide holds:

from skxtm.plotting import TopicWordsDisplay

display = TopicWordsDisplay.from_estimator(model, max_topics=3, n_words=6).plot()

# %%
# Where to go on: :doc:`which topics to trust <how_many_topics>`, :doc:`topics over time and by group
# <time_and_groups>`, :doc:`a classifier for several languages <classify_across_languages>`, :doc:`the model
# in a service <serving>`. The same without a line of Python: :doc:`/docs/command_line`.
