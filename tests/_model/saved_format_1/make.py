"""Saves the models beside this file, with the documents they read and what they gave; see README.md."""

import warnings
from pathlib import Path

import numpy as np
from scipy import sparse

from skxtm import Corpus, CrossLingualTopicModel, CrossLingualVectorizer, Lexicon
from skxtm.backbones import MCTA, NMTM, SVDLR, USVD, XTRA, CoreCTM, GloCTM, InfoCTM, MTAnchor
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import UnknownWordsWarning

HERE = Path(__file__).parent
BACKBONES = {
    "corectm": CoreCTM(n_core_words=3),
    "gloctm": GloCTM(n_units=4, n_global_units=4),
    "infoctm": InfoCTM(n_units=4),
    "mcta": MCTA(n_transform_sweeps=4, n_burn_in=1),
    "mtanchor": MTAnchor(min_document_share=0.01),
    "nmtm": NMTM(n_units=4),
    "svd_lr": SVDLR(n_dimensions=4),
    "usvd": USVD(n_dimensions=4),
    "xtra": XTRA(n_first_units=4, n_units=4, n_projected=4),
}
TEXTS = [
    ("rain wind rain", "en"),
    ("sun rain storm", "en"),
    ("goal team ball", "en"),
    ("team ball match", "en"),
    ("雨 风 雨", "zh"),
    ("太阳 雨 风", "zh"),
    ("球队 球 进球", "zh"),
    ("球 球队 比赛", "zh"),
]
PAIRS = [("雨", "rain"), ("风", "wind"), ("太阳", "sun"), ("球队", "team"), ("球", "ball"), ("进球", "goal")]


def with_blanks(corpus):
    """Add a document without a known word to every language."""
    counts = {
        code: sparse.csr_array(sparse.vstack([corpus.counts_of(code), sparse.csr_array((1, len(words)))]))
        for code, words in corpus.vocabularies.items()
    }
    return Corpus.from_counts(
        {code: block.astype(int) for code, block in counts.items()}, corpus.vocabularies
    )


def main():
    sizes = {"n_components": 3, "vocabulary_sizes": 12, "document_length": 15, "word_concentration": 0.5}
    data = make_multilingual_corpus(38, **sizes, random_state=0)
    is_new = np.arange(len(data.corpus)) % 38 >= 30
    training, read = data.corpus[~is_new], with_blanks(data.corpus[is_new])
    given = {f"counts.{code}": read.counts_of(code).toarray() for code in read.languages}
    trained = {f"trained.{code}": training.counts_of(code).toarray() for code in read.languages}
    vocabularies = {f"words.{code}": words.astype(str) for code, words in read.vocabularies.items()}
    thetas = {}
    settings = {"lexicon": data.lexicon, "max_epochs": 2, "batch_size": 10, "random_state": 0}
    for name, backbone in BACKBONES.items():
        model = CrossLingualTopicModel(3, backbone=backbone, **settings).fit(training)
        model.save(HERE / name)
        thetas[f"theta.{name}"] = model.transform(read)
    half = CrossLingualTopicModel(3, backbone=BACKBONES["nmtm"], **settings).partial_fit(training)
    half.save(HERE / "resumable", resumable=True)
    thetas["theta.resumable"] = half.transform(read)
    thetas["theta.resumed"] = half.partial_fit(training).transform(read)
    vectorizer = CrossLingualVectorizer(tokenizer="whitespace", min_df=1, max_df=1.0, stop_words=None)
    of_texts = CrossLingualTopicModel(
        2, lexicon=Lexicon(PAIRS, ("zh", "en")), vectorizer=vectorizer, random_state=0
    ).fit(TEXTS)
    of_texts.save(HERE / "texts")
    thetas["theta.texts"] = of_texts.transform(TEXTS)
    np.savez_compressed(HERE / "documents.npz", **given, **trained, **vocabularies, **thetas)


if __name__ == "__main__":
    warnings.simplefilter("ignore", UnknownWordsWarning)
    main()
