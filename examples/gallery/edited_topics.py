"""
Topics edited by people
=======================

Whoever knows the subject strikes out words, adds others and names topics, in a text file or a spreadsheet;
the model follows. Needs the extras ``encoder``, ``zh``, ``text``, ``frame`` and ``plot``.
"""

import tempfile
from pathlib import Path

from skxtm import CrossLingualTopicModel, LLMRefiner
from skxtm.datasets import load_sample
from skxtm.refinement import EditedTopics, name_topics, write_topics

documents = load_sample("all", languages=["en", "zh"]).corpus
model = CrossLingualTopicModel(8, random_state=0).fit(documents)

# %%
# A file with the topics
# ----------------------

path = Path(tempfile.mkdtemp()) / "topics.md"
write_topics(path, model.get_topics(8))
lines = path.read_text(encoding="utf-8").splitlines()
print("\n".join(lines[:10]))

# %%
# Somebody edits it
# -----------------
#
# ``~~word~~`` is struck out, ``**word**`` pinned; words can be added, and topics named. Here of the first
# topic the last English word is struck out, the fifth one pinned, and the topic named. A word that the
# documents do not hold, or a mark that is not closed, would be named with its line.

topic = model.get_topics(8)[0]
fifth, last = topic["en"][4], topic["en"][-1]
edited = path.read_text(encoding="utf-8").replace("## Topic 0", "## Topic 0: The first one", 1)
edited = edited.replace(last, f"~~{last}~~", 1).replace(fifth, f"**{fifth}**", 1)
path.write_text(edited, encoding="utf-8")
print("\n".join(edited.splitlines()[:10]))

# %%
# The model follows
# -----------------

refiner = LLMRefiner(model, llm=EditedTopics(path), max_epochs=30, random_state=0).fit(documents)
print("before: ", *topic["en"])
print("the file:", *refiner.refined_words_[0]["en"])
print("after:  ", *refiner.get_topics(8)[0]["en"])

# %%
# The pinned word has risen. A word that was struck out is drawn by nothing any more, and falls as others
# rise.

from skxtm.plotting import RefinementDisplay

display = RefinementDisplay.from_estimator(refiner, topics=[0]).plot()

# %%
# Names
# -----
#
# Topics are called by their most distinctive words until somebody knows better; a language model in place of
# ``None`` names them too. Names stand in tables, pages, pictures, and as columns of what ``transform``
# returns. ``set_topic_names`` names those of the model itself.

named = name_topics(refiner.get_topics(10), None)
refiner.model_.set_topic_names({1: "The second one"})
print(named[1].name, "->", refiner.model_.topic_names_[1])
print(refiner.model_.topic_names_)

# %%
# Topics can be merged, split and put in order as well: :doc:`/docs/shaping`.
