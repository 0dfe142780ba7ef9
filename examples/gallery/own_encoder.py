"""
Your own encoder
================

An encoder is any object with ``encode(texts)`` that returns an array with a row for each text. What it must
do is put texts of the same meaning near each other, whatever their languages. Needs the extras
``encoder``, ``zh``, ``ja``, ``text`` and ``plot``.
"""

# %%
# Chinese and Japanese share many characters. An encoder that counts these is a poor one, and good enough to
# show what an encoder is; one of your own would call a network or a server.

from sklearn.feature_extraction.text import HashingVectorizer

from skxtm import CrossLingualTopicModel
from skxtm.datasets import load_sample
from skxtm.normalization import simplified_chinese


class CharacterEncoder:
    """Vectors of the Chinese characters in a text, all variants of a character alike."""

    def encode(self, texts):
        """Encode texts as an array of shape (n_texts, 512) with rows of length 1."""
        simplified = simplified_chinese(texts)
        characters = HashingVectorizer(analyzer=han, n_features=512, alternate_sign=False)
        return characters.transform(simplified).toarray()


def han(text):
    """List the Chinese characters of a text."""
    return [character for character in text if "\u4e00" <= character <= "\u9fff"]


vectors = CharacterEncoder().encode(["天気がいい", "天气很好", "音楽を聴く"])
(vectors @ vectors.T).round(2)

# %%
# In a model
# ----------
#
# ``document_embeddings=`` takes it for backbones that read vectors of documents, ``word_embeddings=`` for
# those that read vectors of words; an array in place of an encoder will do as well. ``svd_lr`` clusters
# documents.

sample = load_sample("all", languages=["ja", "zh"])
model = CrossLingualTopicModel(
    8, backbone="svd_lr", document_embeddings=CharacterEncoder(), random_state=0
).fit(sample.corpus)
for resource in model.resources_:
    print(resource)
for topic in model.get_topics(n_words=5):
    print(*topic["ja"], *topic["zh"])

# %%
# How good is it?
# ---------------
#
# The sample says which documents are of one theme, and so does the encoder that comes with the extra
# ``encoder``:

import matplotlib.pyplot as plt

from skxtm.embeddings import UniversalSentenceEncoder
from skxtm.metrics import cluster_scores

agreement = {}
for encoder in (CharacterEncoder(), UniversalSentenceEncoder()):
    fitted = CrossLingualTopicModel(8, backbone="svd_lr", document_embeddings=encoder, random_state=0)
    agreement[type(encoder).__name__] = cluster_scores(fitted.fit_transform(sample.corpus), sample.labels).nmi
figure, axes = plt.subplots(figsize=(6, 2))
axes.bar_label(axes.barh(list(agreement), list(agreement.values())), fmt="%.2f")
axes.set(xlim=(0, 1.15), xlabel="agreement of topics with themes (NMI)")
figure.tight_layout()

# %%
# Networks of sentence-transformers are taken by their name, ``document_embeddings="name"`` (extra ``embed``).
# Vectors that take long are worth keeping: an encoder that is given as an array is computed once, and
# ``UniversalSentenceEncoder`` and ``SentenceTransformerEncoder`` keep theirs on disk.
