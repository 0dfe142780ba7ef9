"""
No dictionary
=============

Topics of several languages need something that knows which words belong together. You need not own it: an
encoder that comes with a package covers fifteen languages, dictionaries can be installed, and where nothing
covers your languages, a short list of your own goes a long way. :doc:`/docs/dictionaries` has sources,
licences and formats. Needs the extras ``encoder``, ``zh``, ``text`` and ``plot``.
"""

# %%
# Fifteen languages: nothing to do
# --------------------------------
#
# With the extra ``encoder``, ``lexicon=None`` is enough. Its languages, Chinese in either script:

from skxtm.embeddings import UniversalSentenceEncoder

print(*UniversalSentenceEncoder().languages)

# %%
# ``resources_`` says what a fitted model used:

from skxtm import CrossLingualTopicModel
from skxtm.datasets import load_sample, load_sample_lexicon

train = load_sample("train", languages=["en", "zh"])
by_encoder = CrossLingualTopicModel(8, random_state=0).fit(train.corpus)
for resource in by_encoder.resources_:
    print(resource)

# %%
# Dictionaries that are installed
# -------------------------------
#
# ``lexicon="auto"`` takes what is there, and ``lexicons.find`` says what that is. The extra ``zh`` brings one
# of Chinese and English.

from skxtm import lexicons

vocabularies = by_encoder.vocabularies_
found = lexicons.find("zh", "en", vocabularies)
print(found.describe())

# %%
# Where there is none, the error begins with the command that installs one. Swahili and Icelandic, for
# instance:

from skxtm.exceptions import MissingResourceError

try:
    lexicons.find("sw", "is")
except MissingResourceError as error:
    print(error)

# %%
# A list of your own
# ------------------
#
# A file of two columns, one pair of words a line, is a dictionary. A speaker of both languages writes a
# hundred pairs in an hour; here are the hundred most frequent words of the sample's English documents that
# its own lexicon translates.

import tempfile
from pathlib import Path

english = train.corpus.rows_of("en")
counts = by_encoder.vectorizer_.transform(train.corpus[english]).counts_of("en").sum(axis=0)
frequency = dict(zip(vocabularies["en"], counts.ravel().tolist(), strict=True))
pairs = [pair for pair in load_sample_lexicon("zh", "en") if pair[1] in frequency]
pairs = sorted(pairs, key=lambda pair: -frequency[pair[1]])[:100]
path = Path(tempfile.mkdtemp()) / "zh-en.tsv"
path.write_text("".join(f"{chinese}\t{word}\n" for chinese, word in pairs), encoding="utf-8")
print(path.read_text(encoding="utf-8")[:60])

# %%
# What each is worth
# ------------------
#
# A classifier that is trained on the topics of English documents, and tested on Chinese ones, tells whether
# the topics mean the same in both.

import matplotlib.pyplot as plt

from skxtm.metrics import transfer_accuracy

test = load_sample("test", languages=["en", "zh"])


def accuracy(model):
    """Train on English topic proportions, test on Chinese ones."""
    scores = transfer_accuracy(
        model.transform(train.corpus),
        train.labels,
        train.corpus.language,
        model.transform(test.corpus),
        test.labels,
        test.corpus.language,
    )
    return scores["en", "zh"]


aligned = {"encoder": by_encoder}
for name, lexicon in {"installed": found.lexicon, "a list of 100": path}.items():
    aligned[name] = CrossLingualTopicModel(8, lexicon=lexicon, random_state=0).fit(train.corpus)

figure, axes = plt.subplots(figsize=(6, 2))
bars = axes.barh(list(aligned), [accuracy(model) for model in aligned.values()])
axes.bar_label(bars, fmt="%.2f")
axes.set(xlim=(0, 1.1), xlabel="accuracy in Chinese, trained in English; chance is 0.125")
figure.tight_layout()
