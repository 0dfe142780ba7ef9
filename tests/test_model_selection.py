"""Folds that hold all languages, and labels in their shares."""

from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, check_cv, cross_val_score
from sklearn.pipeline import make_pipeline

from skxtm import Corpus, CrossLingualTopicModel
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError
from skxtm.model_selection import StratifiedLanguageKFold

LANGUAGES = ["en"] * 5 + ["zh"] * 4 + ["de"] * 3
TEXTS = [f"text {number}" for number in range(12)]
LABELS = ["a", "b", "a", "a", "b", "a", "a", "b", "b", "a", "b", "b"]
REMEDY = (
    "In cross-validation of rows sorted by language, shuffle them, or split by "
    "skxtm.model_selection.StratifiedLanguageKFold."
)


def folds(splitter, X, y=None):
    return [(train.tolist(), test.tolist()) for train, test in splitter.split(X, y)]


def message_of(splitter, X, y=None, groups=None):
    with pytest.raises(InputError) as caught:
        list(splitter.split(X, y, groups))
    return str(caught.value)


@st.composite
def labelled_rows(draw):
    n_splits = draw(st.integers(2, 5))
    languages = [code for code in ("en", "zh", "de") for _ in range(draw(st.integers(n_splits, 12)))]
    languages = draw(st.permutations(languages))
    labels = draw(
        st.none() | st.lists(st.sampled_from("abc"), min_size=len(languages), max_size=len(languages))
    )
    return n_splits, languages, labels, draw(st.booleans()), draw(st.integers(0, 99))


@settings(max_examples=100, deadline=None)
@given(labelled_rows())
def test_folds_part_the_rows_and_their_sizes_by_language_and_label_differ_by_one_at_most(drawn):
    n_splits, languages, labels, shuffle, seed = drawn
    splitter = StratifiedLanguageKFold(n_splits, shuffle=shuffle, random_state=seed if shuffle else None)
    parts = folds(splitter, Corpus(languages), labels)
    tested = [row for _, test in parts for row in test]
    assert sorted(tested) == list(range(len(languages)))
    for train, test in parts:
        assert sorted(train + test) == list(range(len(languages)))
    for group_of in (
        lambda row: "all",
        lambda row: languages[row],
        lambda row: (languages[row], labels[row] if labels else None),
    ):
        sizes = [Counter(map(group_of, test)) for _, test in parts]
        for group in set(map(group_of, tested)):
            of_group = [size[group] for size in sizes]
            assert max(of_group) - min(of_group) <= 1
            assert group_of(0) == "all" or isinstance(group, tuple) or min(of_group) >= 1


def test_rows_of_a_language_and_label_are_dealt_out_in_their_order():
    assert folds(StratifiedLanguageKFold(2), Corpus(["en", "zh"] * 4), list("abbaabba")) == [
        ([4, 5, 6, 7], [0, 1, 2, 3]),
        ([0, 1, 2, 3], [4, 5, 6, 7]),
    ]


def test_labels_of_every_hashable_kind_are_told_apart():
    corpus, splitter = Corpus(LANGUAGES), StratifiedLanguageKFold(3)
    expected = folds(splitter, corpus, LABELS)
    for kinds in ({"a": ("x", 1), "b": ("x", 2)}, {"a": 1, "b": "1"}, {"a": frozenset("x"), "b": None}):
        labels = [kinds[label] for label in LABELS]
        for y in (labels, tuple(labels), pd.Series(labels, dtype=object)):
            assert folds(splitter, corpus, y) == expected


def test_whatever_holds_the_documents_the_folds_are_the_same():
    pairs = list(zip(TEXTS, LANGUAGES, strict=True))
    columns = {"text": TEXTS, "language": LANGUAGES}
    forms = [
        Corpus(LANGUAGES, text=TEXTS),
        pairs,
        np.array(pairs, dtype=object),
        [{"text": text, "language": code.upper()} for text, code in pairs],
        pd.DataFrame(columns, index=TEXTS),
        pl.DataFrame(columns),
    ]
    splitter = StratifiedLanguageKFold(3, shuffle=True, random_state=1)
    expected = folds(splitter, forms[0], LABELS)
    for form in forms:
        for labels in (LABELS, np.array(LABELS), pd.Series(LABELS, index=TEXTS)):
            assert folds(splitter, form, labels) == expected
    renamed = pd.DataFrame({"words": TEXTS, "code": LANGUAGES})
    named = StratifiedLanguageKFold(3, text_column="words", language_column="code")
    assert folds(named, renamed) == folds(StratifiedLanguageKFold(3), pairs)


def test_a_seed_gives_the_same_folds_and_another_one_others():
    corpus = Corpus(["en"] * 20 + ["zh"] * 20)
    first, again, other = (
        folds(StratifiedLanguageKFold(4, shuffle=True, random_state=seed), corpus) for seed in (0, 0, 1)
    )
    assert first == again != other


def test_scikit_learn_takes_it_for_a_splitter():
    splitter = StratifiedLanguageKFold(3, shuffle=True, random_state=0)
    assert repr(splitter).startswith("StratifiedLanguageKFold(")
    assert "n_splits=3" in repr(splitter)
    assert check_cv(splitter) is splitter
    assert repr(clone(splitter, safe=False)) == repr(splitter)
    assert splitter.get_n_splits() == splitter.get_n_splits(LANGUAGES, LABELS) == 3


@pytest.mark.parametrize(
    ("splitter", "y", "groups", "message"),
    [
        (
            StratifiedLanguageKFold(4),
            None,
            None,
            "X holds 3 documents in 'de', too few for n_splits=4 folds with one in each. Lower n_splits, or give "
            "more documents.",
        ),
        (
            StratifiedLanguageKFold(1),
            None,
            None,
            "The 'n_splits' parameter of StratifiedLanguageKFold must be an integer in [2, inf). Got 1 instead.",
        ),
        (
            StratifiedLanguageKFold(2, random_state=0),
            None,
            None,
            "The 'random_state' parameter of StratifiedLanguageKFold has no effect without shuffling. Leave it out, or "
            "set shuffle=True.",
        ),
        (
            StratifiedLanguageKFold(2),
            LABELS[:5],
            None,
            "y must have one label for each of the 12 documents of X. Got an array of shape (5,) instead.",
        ),
        (
            StratifiedLanguageKFold(2),
            np.zeros((12, 2)),
            None,
            "y must have one label for each of the 12 documents of X. Got an array of shape (12, 2) instead.",
        ),
        (
            StratifiedLanguageKFold(2),
            [[label] for label in LABELS],
            None,
            "y holds labels that cannot be counted (unhashable type: 'list'). Give one str, number or tuple for each "
            "document.",
        ),
        (
            StratifiedLanguageKFold(2),
            None,
            LABELS,
            "StratifiedLanguageKFold takes no groups. Split by sklearn.model_selection.GroupKFold, which keeps them "
            "together; where groups are translations, every fold then has all languages.",
        ),
    ],
)
def test_what_cannot_be_split_is_refused(splitter, y, groups, message):
    assert message_of(splitter, Corpus(LANGUAGES, text=TEXTS), y, groups) == message


@pytest.fixture(scope="module")
def data():
    return make_multilingual_corpus(n_documents=30, n_components=3, random_state=0)


def sorted_by_language(data):
    corpus = Corpus.concatenate([data.corpus[data.corpus.rows_of(code)] for code in ("en", "zh")])
    return corpus, np.tile([0, 1], len(corpus) // 2)


def test_a_search_on_sorted_documents_finds_every_language_in_every_fold(data):
    corpus, labels = sorted_by_language(data)
    model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0)
    search = GridSearchCV(
        make_pipeline(model, LogisticRegression()),
        {"crosslingualtopicmodel__n_components": [2, 3]},
        cv=StratifiedLanguageKFold(2),
        error_score="raise",
    ).fit(corpus, labels)
    assert search.n_splits_ == 2
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("with_lexicon", [True, False])
def test_a_fold_that_lacks_a_language_says_how_to_split(data, with_lexicon):
    corpus, labels = sorted_by_language(data)
    lexicon = data.lexicon if with_lexicon else None
    model = make_pipeline(CrossLingualTopicModel(3, lexicon=lexicon, random_state=0), LogisticRegression())
    with pytest.raises(InputError) as caught:
        cross_val_score(model, corpus, labels, cv=KFold(2), error_score="raise")
    assert str(caught.value) == (
        "X holds documents in 'zh' only, but CoreCTM with a lexicon needs at least two languages. Add documents in "
        f"another language, or leave out the lexicon for topics of one language. {REMEDY}"
        if with_lexicon
        else f"language contains ['en'], which were not seen during fit. The model was fitted on ['zh']. {REMEDY}"
    )
