"""
A model in a service
====================

Fit once, save, load in the service, and ask for the topics of one document at a time. Needs the extras
``encoder``, ``zh``, ``text`` and ``plot``.
"""

import tempfile
from pathlib import Path

from skxtm import CrossLingualTopicModel
from skxtm.datasets import load_sample

folder = Path(tempfile.mkdtemp()) / "model"
train = load_sample("train", languages=["en", "zh"])
CrossLingualTopicModel(8, random_state=0).fit(train.corpus).save(folder)
for path in sorted(folder.iterdir()):
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")

# %%
# The folder is data, not code: arrays and JSON. ``load`` runs nothing of it, so that a model may come from
# elsewhere. Texts of documents are not in it; words are.

model = CrossLingualTopicModel.load(folder)
theta = model.transform([("Heavy rain and strong wind tomorrow.", "en"), ("明天有大雨和大风。", "zh")])
for row in theta:
    print(model.topic_names_[row.argmax()], f"{row.max():.2f}")

# %%
# A document's proportions do not depend on the others in the call. The encoder's vector of a text may differ
# in its last bits beside other texts; it is computed once and kept on disk, so that a text keeps it.

alone = model.transform([("明天有大雨和大风。", "zh")])
print((alone[0] == theta[1]).all())

# %%
# Each text takes about 4 kB on disk, in ``~/.cache/skxtm``, or in the folder that the environment variable
# ``SKXTM_CACHE`` names; the file may be deleted at any time. A service that may not write there warns once
# and computes all the same. One that sees millions of texts, each once, is fitted with an encoder that keeps
# none of their vectors, which the saved model remembers:

from skxtm.embeddings import UniversalSentenceEncoder

encoder = UniversalSentenceEncoder(cache=False)
CrossLingualTopicModel(8, document_embeddings=encoder, random_state=0).fit(train.corpus).save(folder)
keeping_nothing = CrossLingualTopicModel.load(folder)
print(keeping_nothing.transform([("A text that is not kept.", "en")]).shape)

# %%
# How long it takes
# -----------------
#
# The first document loads what is needed, the segmentation of Chinese and the encoder among it; later ones
# are quick. Ask for one document when the service starts.

import time

import matplotlib.pyplot as plt

test = load_sample("test", languages=["en", "zh"]).corpus
documents = list(zip(test.text, test.language, strict=True))[::2][:60]
milliseconds = {"en": [], "zh": []}
for document in documents:
    started = time.perf_counter()
    model.transform([document])
    milliseconds[document[1]].append(1e3 * (time.perf_counter() - started))

figure, axes = plt.subplots(figsize=(6, 3))
for language, times in milliseconds.items():
    axes.plot(sorted(times), label=language)
axes.set(yscale="log", xlabel="documents, by time", ylabel="milliseconds")
axes.legend()
figure.tight_layout()

# %%
# Many documents at once are cheaper than one by one:

started = time.perf_counter()
model.transform(documents)
print(f"{1e3 * (time.perf_counter() - started) / len(documents):.1f} ms a document")

# %%
# Threads
# -------
#
# A fitted model may be read by several threads of a server at once. Each call computes with one thread, so
# that answers do not depend on how busy the server is: :doc:`/docs/threads`.

from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor(4) as pool:
    answers = list(pool.map(lambda document: model.transform([document])[0], documents))
together = model.transform(documents)
print(all((answer == row).all() for answer, row in zip(answers, together, strict=True)))

# %%
# A language that the model has not seen, or a document without a known word, is worth a test of your own. The
# former is an error. The latter is read by the encoder, if the model reads texts by one, as here; otherwise
# it gets the proportions of the prior, with a warning. Either way ``n_words`` is 0 in the table of
# :func:`skxtm.explore.get_document_info`.

from skxtm.exceptions import SkxtmError

try:
    model.transform([("Morgen regnet es.", "de")])
except SkxtmError as error:
    print(error)

# %%
# Millions of documents that do not fit into memory: :doc:`/docs/large_corpora`.
