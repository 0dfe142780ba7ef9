"""Data sets: a bundled sample, the public benchmarks, and corpora with known topics."""

from skxtm.datasets._benchmarks import (
    Benchmark,
    get_data_home,
    load_amazon_review,
    load_ec_news,
    load_rakuten_amazon,
)
from skxtm.datasets._download import download
from skxtm.datasets._generate import GeneratedCorpus, make_multilingual_corpus
from skxtm.datasets._sample import (
    Sample,
    load_sample,
    load_sample_lexicon,
    load_sample_reference,
    sample_path,
)
from skxtm.datasets._sib200 import TranslatedSentences, load_sib200

__all__ = [
    "Benchmark",
    "GeneratedCorpus",
    "Sample",
    "TranslatedSentences",
    "download",
    "get_data_home",
    "load_amazon_review",
    "load_ec_news",
    "load_rakuten_amazon",
    "load_sample",
    "load_sample_lexicon",
    "load_sample_reference",
    "load_sib200",
    "make_multilingual_corpus",
    "sample_path",
]
