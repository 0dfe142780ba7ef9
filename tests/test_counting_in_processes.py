"""Texts cut in pieces, and in processes, are counted as if they had been cut at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm import CrossLingualVectorizer
from skxtm._counting import reader as reading
from skxtm.datasets import load_sample

WORDS = st.sampled_from(["Rain", "rain", "RAIN", "wind", "Wind", "don't", "dont", "<b>", "sun", "天气"])
KEEP_ALL = {"min_df": 1, "max_df": 1.0, "stop_words": None}


def assert_same_counts(counts, expected):
    for name in ("data", "indices", "indptr"):
        array, other = getattr(counts, name), getattr(expected, name)
        np.testing.assert_array_equal(array, other)
        assert array.dtype == other.dtype


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=6).map(" ".join), min_size=1, max_size=12), st.integers(1, 12))
def test_pieces_are_joined_as_if_they_had_been_counted_at_once(texts, n_pieces):
    reader = CrossLingualVectorizer()._reader("en")
    whole = reading._counted(texts, reader)
    pieces = np.array_split(np.array(texts, dtype=object), min(n_pieces, len(texts)))
    joined = reading._joined([reading._counted(piece.tolist(), reader) for piece in pieces])
    assert joined.spellings == whole.spellings
    assert list(joined.removed.items()) == list(whole.removed.items())
    assert_same_counts(joined.counts, whole.counts)


@pytest.mark.slow
def test_two_processes_count_and_learn_what_one_does(monkeypatch):
    monkeypatch.setattr(reading, "_LEAST_PIECE", 20)
    corpus = load_sample("train", languages=["en", "zh", "ja"]).corpus
    one, two = CrossLingualVectorizer(), CrossLingualVectorizer(n_jobs=2)
    expected, counted = one.fit_transform(corpus), two.fit_transform(corpus)
    assert two.report_ == one.report_
    for code in corpus.languages:
        assert two.vocabularies_[code].tolist() == one.vocabularies_[code].tolist()
        assert_same_counts(counted.counts_of(code), expected.counts_of(code))
        assert_same_counts(two.transform(corpus).counts_of(code), expected.counts_of(code))


@pytest.mark.slow
def test_processes_take_a_tokenizer_that_has_no_name():
    documents = [(f"rain{number % 7},wind", "en") for number in range(500)]
    one, two = (
        CrossLingualVectorizer(tokenizer=lambda text: text.split(","), n_jobs=n_jobs, **KEEP_ALL)
        for n_jobs in (1, 2)
    )
    assert_same_counts(two.fit_transform(documents).counts, one.fit_transform(documents).counts)
    assert two.vocabularies_["en"].tolist() == one.vocabularies_["en"].tolist()


def test_few_texts_are_not_sent_to_processes(monkeypatch):
    monkeypatch.setattr(reading, "Parallel", None)
    documents = [("rain and wind", "en")] * 30
    assert CrossLingualVectorizer(n_jobs=2, **KEEP_ALL).fit_transform(documents).shape[0] == 30
