"""
My topics mix languages
=======================

Two faults go by this name. A topic may be of one language alone; or its English words are about cooking and
its Chinese ones about travel. Both come from too little that joins the languages, and both can be seen
without knowing the languages. Needs the extras ``encoder``, ``zh``, ``text``, ``frame`` and ``plot``.
"""

# %%
# How it looks
# ------------
#
# A lexicon of ten pairs, and nothing else that joins the languages: the encoder is kept away by
# ``word_embeddings`` that are learnt from the documents and these pairs. A warning comes first.

import warnings

from skxtm import CrossLingualTopicModel, Lexicon
from skxtm.backbones import CoreCTM
from skxtm.datasets import load_sample, load_sample_lexicon
from skxtm.embeddings import AlignedWordEncoder
from skxtm.exceptions import LowCoverageWarning
from skxtm.explore import topic_quality_table, topic_sizes

documents = load_sample("all", languages=["en", "zh"]).corpus
pairs = list(load_sample_lexicon("zh", "en"))
few = Lexicon(pairs[::25][:10], ("zh", "en"))
alone = CrossLingualTopicModel(
    8,
    backbone=CoreCTM(view="words"),
    lexicon=few,
    word_embeddings=AlignedWordEncoder(),
    random_state=0,
)
with warnings.catch_warnings(record=True) as raised:
    warnings.simplefilter("always", LowCoverageWarning)
    alone.fit(documents)
for warning in raised:
    print(warning.message)

# %%
# The verdicts name the fault. "one language only" and "languages disagree" are the two of them; which
# measures they rest on, and how often they are right: :doc:`/docs/explore`.

from skxtm.embeddings import UniversalSentenceEncoder

judge = UniversalSentenceEncoder()  # the vectors that judge
quality = topic_quality_table(alone, documents, encoder=judge)
print((quality["verdict"] != "").sum(), "of", len(quality), "topics are broken")
quality[["name", "share_en", "share_zh", "agreement_vectors", "verdict"]].round(2)

# %%
# What to do
# ----------
#
# 1. Look at what joins the languages. ``resources_`` says how much of each vocabulary it reaches; below 15 %
#    topics fall apart (:doc:`/docs/dictionaries`).

for resource in alone.resources_:
    print(resource)

# %%
# 2. Join them better: the extra ``encoder``, a dictionary that is installed, a larger lexicon of your own, in
#    this order of effort: :doc:`no dictionary <no_dictionary>`.

joined = CrossLingualTopicModel(8, random_state=0).fit(documents)
for resource in joined.resources_:
    print(resource)
better = topic_quality_table(joined, documents, encoder=judge)
print((better["verdict"] != "").sum(), "of", len(better), "topics are broken")
better[["name", "share_en", "share_zh", "agreement_vectors", "verdict"]].round(2)

# %%
# 3. If topics of one language remain, look whether the documents are the cause. News of one country is in its
#    language alone, and a topic of it is right. How many documents of each language each topic has most of:

topic_sizes(joined, documents).head(4)

# %%
# 4. A wrong language in some rows makes topics of strange words: :doc:`dirty text <dirty_text>` finds
#    languages anew. Too many topics split themes by language: :doc:`how many topics <how_many_topics>`.
#
# How alike the words of a topic are in the two languages, topic by topic, by the same vectors:

import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(6, 3))
for name, table in {"ten pairs": quality, "encoder": better}.items():
    axes.plot(sorted(table["agreement_vectors"]), "o-", label=name)
axes.set(xlabel="topics, by agreement", ylabel="agreement of English and Chinese", ylim=(0, 1))
axes.legend()
figure.tight_layout()
