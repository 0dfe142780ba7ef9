"""
Dirty text
==========

Documents as they are: markup, addresses, duplicates, empty rows, and no column that says the language. Needs
the extras ``detect``, ``frame``, ``text``, ``zh``, ``ja`` and ``plot``.
"""

import pandas as pd

from skxtm.datasets import load_sample

sample = load_sample("train")
texts = sample.corpus.text.tolist()
texts[0] = f"<p>{texts[0]}</p> https://example.org/a?b=1 @cook"
texts[1] = texts[0]
texts[240] = f"<b>{texts[240]}</b> &amp; mail@example.org"
texts += ["", None]
table = pd.DataFrame({"text": texts})
table.iloc[[0, 240, -1]]

# %%
# Rows that cannot be used
# ------------------------
#
# Nothing is skipped in silence: an error names every row that has no text, and the way out is yours to take.

from skxtm import as_corpus
from skxtm.exceptions import SkxtmError

try:
    as_corpus(table.assign(language="en"))
except SkxtmError as error:
    print(error)

table = table[table["text"].fillna("").str.strip() != ""]

# %%
# Which language?
# ---------------
#
# ``detect_languages`` chooses from those that you name, or from 135. The fewer to choose from, the surer.

from skxtm.corpus import detect_languages

detected = detect_languages(table["text"].tolist(), ["en", "ja", "zh"])
table = table.assign(language=detected.codes)
print((table["language"].to_numpy() == sample.corpus.language).mean())
table.groupby("language").size()

# %%
# What is no word
# ---------------
#
# Markup, web and mail addresses and mentions are removed before words are counted; ``report_`` says how much
# of it there was, how many documents repeat another one, and how many words stood in a script that is not the
# language's.

from skxtm import CrossLingualVectorizer

vectorizer = CrossLingualVectorizer().fit(table)
for language, report in vectorizer.report_.items():
    print(f"{language}: {report}")

# %%
# ``clean=()`` leaves texts as they are, and ``clean={"en": ["url"]}`` removes of English ones addresses
# alone. To look at one text:

from skxtm.cleaning import clean_text

clean_text("<p>Rain &amp; wind: https://example.org</p>")

# %%
# What is a word
# --------------
#
# Spellings of a word are one word. On request, so are its inflections, and neighbouring words that belong
# together are counted as one:

plain = CrossLingualVectorizer().fit(table)
merged = CrossLingualVectorizer(merge_inflections={"en": True}, ngram_range={"en": (1, 2)}).fit(table)
for name, fitted in {"plain": plain, "merged": merged}.items():
    words = [word for word in fitted.vocabularies_["en"] if word.startswith(("onion", "olive"))]
    print(f"{name}: {', '.join(words)}")

# %%
# Words that say nothing can be named in addition to the lists of the extra ``text``: ``stop_words={"en":
# ["iso", "recipe"]}``, where ``"iso"`` stands for the list. The lists are wide, and hold words such as
# *home* and *work*; without ``"iso"``, the words named are all that is dropped. Words in too many documents
# fall to ``max_df``, and typing errors to ``min_df``. How many words are left, and how often they occur:

import matplotlib.pyplot as plt

corpus = plain.transform(table)
figure, axes = plt.subplots(figsize=(6, 3))
for language in plain.languages_:
    counts = sorted(corpus.counts_of(language).sum(axis=0).ravel().tolist(), reverse=True)
    axes.loglog(range(1, len(counts) + 1), counts, label=f"{language}: {len(counts)} words")
axes.set(xlabel="words by frequency", ylabel="occurrences")
axes.legend()
figure.tight_layout()
