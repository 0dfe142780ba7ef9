"""Texts in several languages to counts, held to scikit-learn's CountVectorizer and to counting by hand."""

import copy
import importlib
import pickle
from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
import stopwordsiso
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks, get_tags

from skxtm import Corpus, CrossLingualVectorizer
from skxtm.exceptions import InputError, InputTypeError, MissingDependencyError

DOCUMENTS = [
    ("rain and wind", "en"),
    ("Regen, Regen und Wind", "de"),
    ("rain, rain, sun", "en"),
    ("sun", "en"),
    ("Wind und Sonne", "de"),
]
KEEP_ALL = {"min_df": 1, "max_df": 1.0, "stop_words": None}


def words_of(vectorizer):
    return {code: words.tolist() for code, words in vectorizer.vocabularies_.items()}


def assert_same_corpus(first, second):
    assert first.language.tolist() == second.language.tolist()
    assert list(first.vocabularies) == list(second.vocabularies)
    for code, words in first.vocabularies.items():
        assert words.tolist() == second.vocabularies[code].tolist()
    assert (first.counts != second.counts).nnz == 0


def error_of(vectorizer, X=DOCUMENTS, kind=InputError):
    with pytest.raises(kind) as error:
        vectorizer.fit(X)
    return str(error.value)


def test_each_language_has_its_own_sorted_vocabulary():
    vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(DOCUMENTS)
    assert vectorizer.languages_ == ("de", "en")
    assert words_of(vectorizer) == {
        "de": ["regen", "sonne", "und", "wind"],
        "en": ["and", "rain", "sun", "wind"],
    }
    assert vectorizer.vocabulary_["de"] == {"regen": 0, "sonne": 1, "und": 2, "wind": 3}


def test_rows_keep_their_order_and_columns_lie_side_by_side():
    corpus = CrossLingualVectorizer(**KEEP_ALL).fit_transform(DOCUMENTS)
    assert corpus.language.tolist() == ["en", "de", "en", "en", "de"]
    assert corpus.counts.toarray().tolist() == [
        [0, 0, 0, 0, 1, 1, 0, 1],
        [2, 0, 1, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 2, 1, 0],
        [0, 0, 0, 0, 0, 0, 1, 0],
        [0, 1, 1, 1, 0, 0, 0, 0],
    ]
    assert corpus.counts.dtype == np.int32
    assert corpus.counts.has_canonical_format


def test_feature_names_are_language_and_word_in_the_order_of_the_columns():
    vectorizer = CrossLingualVectorizer(**KEEP_ALL, languages=["en", "de"]).fit(DOCUMENTS)
    expected = ["en:and", "en:rain", "en:sun", "en:wind", "de:regen", "de:sonne", "de:und", "de:wind"]
    assert vectorizer.get_feature_names_out().tolist() == expected
    assert vectorizer.transform(DOCUMENTS).counts.toarray()[0].tolist() == [1, 1, 0, 1, 0, 0, 0, 0]


TEXTS = st.lists(st.text(alphabet="abcd ", max_size=20), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(
    first=TEXTS,
    second=TEXTS,
    min_df=st.sampled_from([1, 2, 0.3]),
    max_df=st.sampled_from([1, 2, 0.5, 1.0]),
)
def test_counts_equal_one_count_vectorizer_per_language(first, second, min_df, max_df):
    texts = {"en": first, "ru": second}
    oracle, expected = CountVectorizer(analyzer=str.split, min_df=min_df, max_df=max_df), {}
    for code in texts:
        try:
            counts = oracle.fit_transform(texts[code]).toarray()
        except ValueError:
            continue
        expected[code] = (oracle.get_feature_names_out().tolist(), counts)
    vectorizer = CrossLingualVectorizer(min_df=min_df, max_df=max_df, stop_words=None, tokenizer="whitespace")
    documents = [(text, code) for code in texts for text in texts[code]]
    if len(expected) < 2:
        error_of(vectorizer, documents)
        return
    corpus = vectorizer.fit_transform(documents)
    for code, (words, counts) in expected.items():
        assert corpus.vocabularies[code].tolist() == words
        assert corpus.counts_of(code).toarray().tolist() == counts.tolist()


@settings(max_examples=60, deadline=None)
@given(texts=TEXTS, max_features=st.integers(1, 6))
def test_the_most_frequent_words_are_kept_and_ties_go_by_the_alphabet(texts, max_features):
    numbers = Counter(word for text in texts for word in text.split())
    ranked = sorted(numbers, key=lambda word: (-numbers[word], word))
    vectorizer = CrossLingualVectorizer(**KEEP_ALL, max_features=max_features, tokenizer="whitespace")
    if not numbers:
        error_of(vectorizer, [(text, "en") for text in texts])
        return
    vectorizer.fit([(text, "en") for text in texts])
    assert words_of(vectorizer)["en"] == sorted(ranked[:max_features])


def test_defaults_drop_stop_words_and_words_too_rare_or_too_common():
    texts = ["the rain fell", "the rain stopped", "the storm fell", "snow and a storm", "hail"]
    vectorizer = CrossLingualVectorizer().fit([(text, "en") for text in texts])
    assert words_of(vectorizer) == {"en": ["fell", "rain", "storm"]}


@pytest.mark.parametrize(
    ("parameter", "english"),
    [
        ({"max_features": {"en": 1}}, ["rain"]),
        ({"min_df": {"en": 2, "de": 1}}, ["rain", "sun"]),
        ({"max_df": {"en": 1, "de": 1.0}}, ["and", "wind"]),
        ({"stop_words": {"en": ["Rain"], "de": None}}, ["and", "sun", "wind"]),
        ({"tokenizer": {"en": "whitespace"}}, ["and", "rain", "rain,", "sun", "wind"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_each_parameter_may_be_given_per_language(parameter, english):
    vectorizer = CrossLingualVectorizer(**KEEP_ALL | parameter).fit(DOCUMENTS)
    assert words_of(vectorizer) == {"de": ["regen", "sonne", "und", "wind"], "en": english}


def test_a_language_that_the_dict_lacks_gets_the_default():
    vectorizer = CrossLingualVectorizer(**KEEP_ALL | {"stop_words": {"en": None}}).fit(DOCUMENTS)
    assert words_of(vectorizer) == {"de": ["regen", "sonne", "wind"], "en": ["and", "rain", "sun", "wind"]}
    vectorizer.set_params(min_df={"en": 1}, max_df={"en": 1.0, "de": 1.0})
    assert words_of(vectorizer.fit(DOCUMENTS))["de"] == ["wind"]


@pytest.mark.parametrize("name", ["max_features", "min_df", "max_df", "stop_words", "tokenizer"])
def test_a_dict_that_names_a_language_without_documents_is_refused(name):
    assert error_of(CrossLingualVectorizer(**{name: {"en": None, "fr": None}})) == (
        f"{name} names the languages ['fr'], but the documents are in ['de', 'en']."
    )


@pytest.mark.parametrize("max_features", [0, -1, 2.5, True, "all"])
def test_a_wrong_max_features_is_refused(max_features):
    assert error_of(CrossLingualVectorizer(max_features={"en": max_features})) == (
        f"max_features of language 'en' must be None or an int of at least 1. Got {max_features!r}."
    )


@pytest.mark.parametrize("name", ["min_df", "max_df"])
@pytest.mark.parametrize("value", [0, -1, 1.5, -0.1, True, None, "5", float("nan")])
def test_a_wrong_document_frequency_is_refused(name, value):
    assert error_of(CrossLingualVectorizer(**{name: value})) == (
        f"{name} of language 'de' must be an int of at least 1 or a float from 0 to 1. Got {value!r}."
    )


def test_numpy_numbers_are_numbers():
    vectorizer = CrossLingualVectorizer(
        stop_words=None, max_features=np.int64(2), min_df=np.int32(1), max_df=np.float64(1.0)
    )
    assert words_of(vectorizer.fit(DOCUMENTS))["en"] == ["rain", "sun"]
    vectorizer.set_params(max_df=np.float32(1.0), min_df=np.float16(0.5))
    assert words_of(vectorizer.fit(DOCUMENTS))["en"] == ["rain", "sun"]


@pytest.mark.parametrize("stop_words", ["english", 3, [1, 2]])
def test_wrong_stop_words_are_refused(stop_words):
    assert error_of(CrossLingualVectorizer(stop_words=stop_words)) == (
        f"stop_words of language 'de' must be 'iso', None or a list of words. Got {stop_words!r}."
    )


def test_stop_words_pass_through_the_tokenizer_unless_it_cuts_them_up():
    documents = [("don’t panic in new york", "en"), ("york: DONT", "en")]
    vectorizer = CrossLingualVectorizer(**KEEP_ALL | {"stop_words": ("Don't", "new york")}).fit(documents)
    assert words_of(vectorizer)["en"] == ["in", "new", "panic", "york"]


@pytest.mark.parametrize("stop_words", [["iso", "Hotel"], {"en": ["iso", "Hotel"]}, {"en": {"hotel", "iso"}}])
def test_words_may_be_added_to_the_iso_list(stop_words):
    documents = [("the rain at a hotel", "en")]
    vectorizer = CrossLingualVectorizer(min_df=1, max_df=1.0, stop_words=stop_words).fit(documents)
    assert words_of(vectorizer) == {"en": ["rain"]}


def test_a_list_alone_replaces_the_iso_list():
    vectorizer = CrossLingualVectorizer(**KEEP_ALL | {"stop_words": ["hotel"]})
    assert words_of(vectorizer.fit([("the iso hotel", "en")])) == {"en": ["iso", "the"]}


def test_the_iso_list_is_as_wide_as_the_docstring_says():
    listed = stopwordsiso.stopwords("en")
    assert len(listed) > 1_000
    assert {"home", "room", "work"} < listed
    assert "iso" not in listed


def test_iso_stop_words_serve_chinese_and_japanese():
    documents = [("我们的天气很好", "zh"), ("明日は雨です", "ja")]
    vectorizer = CrossLingualVectorizer(min_df=1, max_df=1.0).fit(documents)
    assert words_of(vectorizer) == {"ja": ["明日", "雨"], "zh": ["天气"]}


def test_a_language_without_iso_stop_words_is_an_error_that_says_how_to_go_on():
    assert error_of(CrossLingualVectorizer(), [("ᐃᓄᒃᑎᑐᑦ", "iu")]) == (
        "stop_words='iso' has no list for language 'iu'. Pass stop_words={'iu': None} to keep all words, or "
        "a list in place of None."
    )


def test_missing_stop_word_lists_are_reported_with_their_extra(monkeypatch):
    def import_without_lists(name, _import=importlib.import_module):
        if name == "stopwordsiso":
            raise ModuleNotFoundError("No module named 'stopwordsiso'")
        return _import(name)

    monkeypatch.setattr(importlib, "import_module", import_without_lists)
    assert error_of(CrossLingualVectorizer(), kind=MissingDependencyError) == (
        "stop_words='iso' needs the package 'stopwordsiso', which cannot be imported (No module named "
        "'stopwordsiso'). Install it with: pip install 'skxtm[text]'."
    )


def test_a_vocabulary_emptied_by_document_frequencies_is_explained():
    documents = [("rain", "en"), ("sun", "en"), ("Schnee", "de")]
    assert error_of(CrossLingualVectorizer(stop_words=None, max_df=1.0), documents) == (
        "No word of 'de' is left: none of 1 occurs in at least min_df=2 and at most max_df=1.0 of the "
        "documents (1). Lower min_df or raise max_df, for example min_df={'de': 1}, max_df={'de': 1.0}."
    )


def test_a_vocabulary_emptied_by_stop_words_is_explained():
    assert error_of(CrossLingualVectorizer(min_df=1), [("the", "en"), ("1984", "en")]) == (
        "The documents in 'en' (2) hold no word that is not a stop word. Check their text, or change "
        "tokenizer or stop_words, for example stop_words={'en': None}."
    )


@pytest.mark.parametrize("parameters", [KEEP_ALL, {}])
def test_documents_of_single_letters_are_told_what_a_word_is(parameters):
    documents = [("A C G T", "en"), ("1984", "en"), ("", "en")]
    assert error_of(CrossLingualVectorizer(**parameters), documents) == (
        "The documents in 'en' (3) hold no word: words have two or more characters, and a letter. Check their "
        "text, or pass tokenizer={'en': 'whitespace'}, which keeps all that stands between spaces."
    )
    assert words_of(CrossLingualVectorizer(**KEEP_ALL, tokenizer="whitespace").fit(documents)) == {
        "en": ["1984", "A", "C", "G", "T"]
    }


@pytest.mark.parametrize("parameters", [{"tokenizer": "whitespace"}, {"ngram_range": (3, 3)}])
def test_documents_without_words_are_not_told_of_stop_words(parameters):
    documents = [("", "en")] if "tokenizer" in parameters else [("rain", "en")]
    assert error_of(CrossLingualVectorizer(**KEEP_ALL | parameters), documents) == (
        "The documents in 'en' (1) hold no word. Check their text, or change tokenizer or ngram_range."
    )


def test_languages_may_be_fixed_in_order():
    vectorizer = CrossLingualVectorizer(**KEEP_ALL, languages=("en", "de")).fit(DOCUMENTS)
    assert vectorizer.languages_ == ("en", "de")
    assert list(vectorizer.vocabularies_) == ["en", "de"]


@pytest.mark.parametrize(
    ("languages", "message"),
    [
        (("en", "de", "zh"), "languages names ['zh'], but the documents are in ['de', 'en']."),
        (("en",), "X has documents in ['de'], but languages names only ['en']."),
        ("en", "languages must be a sequence of distinct language codes. Got 'en'."),
        (["en", "EN"], "languages must be a sequence of distinct language codes. Got ['en', 'EN']."),
        ({"en"}, "languages must be a sequence of distinct language codes. Got {'en'}."),
    ],
)
def test_languages_that_do_not_fit_the_documents_are_refused(languages, message):
    assert error_of(CrossLingualVectorizer(languages=languages)) == message


def test_an_unknown_language_at_transform_is_an_error():
    vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(DOCUMENTS)
    with pytest.raises(InputError) as error:
        vectorizer.transform([("rain", "en"), ("pluie", "fr")])
    assert str(error.value) == (
        "languages contains ['fr'], which were not seen during fit. The model was fitted on ['de', 'en']. "
        "In cross-validation of rows sorted by language, shuffle them, or split by "
        "skxtm.model_selection.StratifiedLanguageKFold."
    )


def test_unknown_words_are_ignored_and_empty_documents_stay():
    vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(DOCUMENTS)
    corpus = vectorizer.transform([("fog and rain", "en"), ("", "de"), ("Nebel", "de")])
    assert corpus.counts.toarray().tolist() == [[0, 0, 0, 0, 1, 1, 0, 0], [0] * 8, [0] * 8]
    assert len(corpus) == 3


def test_a_single_language_can_be_transformed_alone():
    vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(DOCUMENTS)
    corpus = vectorizer.transform([("Regen", "de")])
    assert corpus.counts.shape == (1, 8)
    assert corpus.languages == ("de",)


def test_transform_of_training_documents_equals_fit_transform():
    vectorizer = CrossLingualVectorizer(**KEEP_ALL)
    assert_same_corpus(vectorizer.fit_transform(DOCUMENTS), vectorizer.transform(DOCUMENTS))


@settings(max_examples=20, deadline=None)
@given(rows=st.lists(st.integers(0, len(DOCUMENTS) - 1), min_size=1, max_size=8))
def test_transform_of_chosen_rows_equals_chosen_rows_of_transform(rows):
    vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(DOCUMENTS)
    chosen = vectorizer.transform([DOCUMENTS[row] for row in rows])
    assert_same_corpus(chosen, vectorizer.transform(DOCUMENTS)[rows])


def test_a_second_fit_forgets_the_first():
    vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(DOCUMENTS)
    vectorizer.fit([("雨", "zh")])
    assert words_of(vectorizer) == {"zh": ["雨"]}
    assert list(vectorizer.tokenizers_) == ["zh"]


def test_a_parameter_changed_after_fit_does_not_change_transform():
    vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(DOCUMENTS)
    expected = vectorizer.transform(DOCUMENTS)
    vectorizer.set_params(tokenizer="whitespace", max_features=1, stop_words=["rain"])
    assert_same_corpus(vectorizer.transform(DOCUMENTS), expected)


def test_text_embedding_and_labels_pass_through():
    text, language = zip(*DOCUMENTS, strict=True)
    embedding = np.arange(10.0).reshape(5, 2)
    given_corpus = Corpus(language, text=text, embedding=embedding, id=list("abcde"), pair_id=[1, 1, 2, 3, 3])
    vectorizer = CrossLingualVectorizer(**KEEP_ALL)
    for corpus in (vectorizer.fit_transform(given_corpus), vectorizer.transform(given_corpus)):
        assert corpus.text.tolist() == list(text)
        assert np.array_equal(corpus.embedding, embedding)
        assert corpus.id.tolist() == list("abcde")
        assert corpus.pair_id.tolist() == [1, 1, 2, 3, 3]
    assert not given_corpus.has_counts


COLUMNS = {"text": [text for text, _ in DOCUMENTS], "language": [code for _, code in DOCUMENTS]}


@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame(COLUMNS, index=[7, 7, 3, 2, 1]),
        pl.DataFrame(COLUMNS),
        [dict(zip(COLUMNS, row, strict=True)) for row in DOCUMENTS],
        np.array(DOCUMENTS, dtype=object),
        Corpus(COLUMNS["language"], text=COLUMNS["text"]),
    ],
    ids=["pandas", "polars", "mappings", "array", "Corpus"],
)
def test_every_form_of_input_gives_the_same_corpus(X):
    expected = CrossLingualVectorizer(**KEEP_ALL).fit_transform(DOCUMENTS)
    assert_same_corpus(CrossLingualVectorizer(**KEEP_ALL).fit_transform(X), expected)
    assert_same_corpus(CrossLingualVectorizer(**KEEP_ALL).fit(X).transform(X), expected)


def test_columns_may_have_other_names():
    frame = pd.DataFrame(
        {"body": COLUMNS["text"], "lang": COLUMNS["language"], "vector": [np.ones(2, np.float32)] * 5}
    )
    vectorizer = CrossLingualVectorizer(
        **KEEP_ALL, text_column="body", language_column="lang", embedding_column="vector"
    )
    corpus = vectorizer.fit_transform(frame)
    assert corpus.counts.sum() == 14
    assert corpus.embedding.shape == (5, 2)


def test_text_that_is_not_a_string_is_refused():
    assert error_of(CrossLingualVectorizer(), [("rain", "en"), (None, "en")]) == (
        "1 row cannot be used: text is missing in row 1. Fill, correct or remove it first."
    )


def test_a_corpus_without_texts_is_refused():
    assert error_of(CrossLingualVectorizer(), Corpus(["en"])) == (
        "X has no texts, whose words CrossLingualVectorizer could count."
    )
    assert error_of(CrossLingualVectorizer(), np.ones((2, 3))) == (
        "X has no texts, whose words CrossLingualVectorizer could count. It has counts already: give it to "
        "the model as it is."
    )


def test_no_documents_are_refused():
    assert error_of(CrossLingualVectorizer(), Corpus([], text=[])) == (
        "X holds no documents, from which a vocabulary could be learned."
    )


def test_transform_before_fit_is_refused():
    for method in (CrossLingualVectorizer().transform, CrossLingualVectorizer().get_feature_names_out):
        with pytest.raises(NotFittedError):
            method(DOCUMENTS)


@pytest.mark.parametrize(
    ("tokenizer", "returned"),
    [(str.lower, "'rain and wind'"), (len, "13"), (lambda text: [len(text)], "[13]")],
)
def test_a_tokenizer_that_returns_no_list_of_words_is_refused(tokenizer, returned):
    assert (
        error_of(CrossLingualVectorizer(**KEEP_ALL, tokenizer={"en": tokenizer}), kind=InputTypeError)
        == f"The tokenizer of language 'en' must return a list of str. It returned {returned}."
    )


def test_an_own_tokenizer_serves_a_script_without_spaces():
    vectorizer = CrossLingualVectorizer(**KEEP_ALL, tokenizer={"th": list})
    assert words_of(vectorizer.fit([("ฝน", "th")])) == {"th": ["น", "ฝ"]}


@pytest.mark.parametrize("copied", [lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy])
def test_a_fitted_copy_transforms_alike(copied):
    documents = [*DOCUMENTS, ("天气很好", "zh"), ("雨が降る", "ja")]
    vectorizer = CrossLingualVectorizer(**KEEP_ALL).fit(documents)
    assert_same_corpus(copied(vectorizer).transform(documents), vectorizer.transform(documents))


def test_a_clone_has_the_same_parameters_and_is_not_fitted():
    parameters = {
        "max_features": {"en": 10},
        "min_df": 3,
        "max_df": 0.9,
        "stop_words": ["the"],
        "tokenizer": {"en": str.split},
        "clean": ("url",),
        "foreign_words": {"en": "keep"},
        "chinese_variants": "keep",
        "merge_inflections": True,
        "ngram_range": (1, 2),
        "count_duplicates": False,
        "languages": ("en",),
        "n_jobs": 2,
        "text_column": "body",
        "language_column": "lang",
        "embedding_column": "vector",
    }
    vectorizer = CrossLingualVectorizer(**parameters)
    assert clone(vectorizer).get_params() == parameters
    assert not vars(clone(vectorizer.set_params(**KEEP_ALL))).keys() - parameters.keys()


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_mixin_order,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_set_params,
        estimator_checks.check_valid_tag_types,
    ],
    ids=lambda check: check.__name__,
)
def test_scikit_learns_checks_without_numeric_data_pass(check):
    check("CrossLingualVectorizer", CrossLingualVectorizer())


class DenseCounts(TransformerMixin, BaseEstimator):
    """A stand-in for a topic model: remembers how wide its corpus was."""

    def fit(self, X, y=None):
        self.n_words_ = X.counts.shape[1]
        return self

    def transform(self, X):
        return X.counts.toarray()

    def get_feature_names_out(self, input_features=None):
        return [f"word{number}" for number in range(self.n_words_)]


def test_a_grid_over_max_features_changes_the_width():
    pipeline = make_pipeline(CrossLingualVectorizer(**KEEP_ALL), DenseCounts(), LogisticRegression())
    grid = {"crosslingualvectorizer__max_features": [1, 2]}
    documents, labels = DOCUMENTS * 4, [0, 0, 1, 1, 0] * 4
    search = GridSearchCV(pipeline, grid, cv=2, refit=False, return_train_score=True, error_score="raise")
    search.fit(documents, labels)
    assert search.cv_results_["mean_train_score"][0] < search.cv_results_["mean_train_score"][1]
    for size in (1, 2):
        pipeline.set_params(crosslingualvectorizer__max_features=size).fit(documents, labels)
        assert pipeline["densecounts"].n_words_ == 2 * size


def test_set_output_reaches_the_steps_behind_and_leaves_the_corpus_alone():
    pipeline = make_pipeline(CrossLingualVectorizer(**KEEP_ALL), DenseCounts())
    frame = pipeline.set_output(transform="pandas").fit_transform(DOCUMENTS)
    assert isinstance(frame, pd.DataFrame)
    assert frame.shape == (5, 8)


def test_a_global_output_container_leaves_the_corpus_alone():
    with config_context(transform_output="pandas"):
        assert isinstance(CrossLingualVectorizer(**KEEP_ALL).fit_transform(DOCUMENTS), Corpus)


def test_tags_say_that_the_input_is_text():
    tags = get_tags(CrossLingualVectorizer())
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert tags.requires_fit


def test_same_texts_in_another_order_give_the_same_vocabulary():
    vectorizer = CrossLingualVectorizer(**KEEP_ALL, max_features=2)
    forward = words_of(vectorizer.fit(DOCUMENTS))
    assert (
        words_of(vectorizer.fit(DOCUMENTS[::-1]))
        == forward
        == {
            "de": ["regen", "und"],
            "en": ["rain", "sun"],
        }
    )
