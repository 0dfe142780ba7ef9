"""Tables of documents, and of what is found by words and texts."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import entropy
from sklearn.exceptions import NotFittedError

from skxtm import Corpus, CrossLingualTopicModel, LLMRefiner
from skxtm.datasets import load_sample, load_sample_lexicon, make_multilingual_corpus
from skxtm.exceptions import InputError, InputTypeError, MissingDependencyError, UnknownWordsWarning
from skxtm.explore import (
    find_documents,
    find_topics,
    get_document_info,
    representative_documents,
    topic_sizes,
)


@pytest.fixture(scope="module")
def sample():
    return load_sample("train", languages=("en", "zh"))


@pytest.fixture(scope="module")
def model(sample):
    return CrossLingualTopicModel(8, lexicon=load_sample_lexicon("zh", "en"), random_state=0).fit(
        sample.corpus
    )


def test_every_document_has_a_row_with_its_two_largest_topics_and_its_entropy(model, sample):
    info = get_document_info(model, sample.corpus)
    theta = model.transform(sample.corpus)
    assert info["row"].tolist() == list(range(len(sample.corpus)))
    assert info["language"].tolist() == sample.corpus.language.tolist()
    assert info["text"].tolist() == sample.corpus.text.tolist()
    for row in (0, 7, len(theta) - 1):
        first, second = sorted(range(8), key=lambda topic: -theta[row, topic])[:2]
        line = info.iloc[row]
        assert (line["topic"], line["second_topic"]) == (first, second)
        assert (line["name"], line["second_name"]) == (
            model.topic_names_[first],
            model.topic_names_[second],
        )
        assert line[["probability", "second_probability"]].tolist() == theta[row, [first, second]].tolist()
        assert line["entropy"] == pytest.approx(entropy(theta[row]), abs=1e-5)
    counted = model.vectorizer_.transform(sample.corpus).counts
    assert info["n_words"].tolist() == counted.sum(1).tolist()


def test_rows_keep_the_index_of_the_table_they_are_of(model, sample):
    frame = pd.DataFrame({"text": sample.corpus.text, "language": sample.corpus.language})
    chosen = frame[frame.index % 7 == 3]
    info = get_document_info(model, chosen)
    assert info.index.equals(chosen.index)
    assert info["row"].tolist() == list(range(len(chosen)))
    assert (chosen.assign(found=info["text"])["found"] == chosen["text"]).all()
    pairs = list(zip(chosen["text"], chosen["language"], strict=True))
    pd.testing.assert_frame_equal(get_document_info(model, pairs), info.reset_index(drop=True))


def test_documents_keep_their_ids_and_one_topic_has_no_second():
    data = make_multilingual_corpus(n_documents=20, n_components=3, random_state=0)
    corpus = Corpus(
        data.corpus.language,
        counts=data.corpus.counts,
        vocabularies=data.corpus.vocabularies,
        id=[f"d{number}" for number in range(len(data.corpus))],
    )
    info = get_document_info(CrossLingualTopicModel(1, lexicon=data.lexicon).fit(corpus), corpus)
    assert info["id"].tolist() == corpus.id.tolist()
    assert not {"second_topic", "second_name", "text"} & set(info)
    assert info["entropy"].tolist() == [0.0] * len(corpus)


def test_representative_documents_are_those_of_the_largest_proportion(model, sample):
    found = representative_documents(model, sample.corpus, n=4)
    theta = model.transform(sample.corpus)
    assert len(found) == 8 * 2 * 4
    for (topic, language), part in found.groupby(["topic", "language"]):
        rows = sample.corpus.rows_of(language)
        largest = sorted(theta[rows, topic], reverse=True)[:4]
        assert part["rank"].tolist() == [1, 2, 3, 4]
        np.testing.assert_allclose(part["probability"], largest)
        assert part["text"].tolist() == sample.corpus.text[part["row"]].tolist()


def test_a_text_that_is_there_twice_represents_a_topic_once_and_an_unknown_one_never(model, sample):
    texts = [*sample.corpus.text[:3], *sample.corpus.text[:3], "xyzzy"]
    found = representative_documents(model, [(text, "en") for text in texts], n=10, topics=[2])
    assert set(found["topic"]) == {2}
    assert sorted(found["row"]) == [0, 1, 2]


def test_topics_that_are_counted_off_are_read_once_and_a_single_number_is_none(model, sample):
    found = representative_documents(model, sample.corpus, n=1, topics=(number for number in (5, 2)))
    assert found["topic"].unique().tolist() == [5, 2]
    with pytest.raises(InputTypeError) as caught:
        representative_documents(model, sample.corpus, topics=3)
    assert str(caught.value) == "topics must be a sequence of numbers of topics, or None. Got 3."


def test_sizes_count_documents_by_their_largest_topic_in_each_language(model, sample):
    sizes, theta = topic_sizes(model, sample.corpus), model.transform(sample.corpus).astype(float)
    assert len(sizes) == 8 * 2
    for _, line in sizes.iterrows():
        of_language = theta[sample.corpus.rows_of(line["language"])]
        is_largest = of_language.argmax(1) == line["topic"]
        assert (line["n_documents"], line["share"]) == (is_largest.sum(), is_largest.mean())
        assert line["weight"] == pytest.approx(of_language[:, line["topic"]].mean(), rel=1e-5)
        assert line["name"] == model.topic_names_[line["topic"]]


def test_topics_are_found_by_words_of_any_language_with_the_probability_of_the_topic(model):
    word = model.get_topics(1)[3]["zh"][0]
    column = model.vocabularies_["zh"].tolist().index(word)
    joint = model.topic_word_["zh"][:, column] * model.topic_weight_
    found = find_topics(model, word, n=8)
    assert found["probability"].tolist() == sorted(joint / joint.sum(), reverse=True)
    assert found["topic"][0] == np.argmax(joint)
    assert found["zh"][0] == [word]
    assert found["en"][0] == []
    assert found["probability"].sum() == pytest.approx(1)
    assert find_topics(model, word, n=3)["topic"].tolist() == found["topic"].tolist()[:3]
    assert len(find_topics(model, word)) == 5


def test_several_words_weigh_alike_and_languages_can_be_named(model):
    topics = model.get_topics(1)
    asked = {"en": [topics[0]["en"][0]], "zh": [topics[5]["zh"][0]]}
    alone = [find_topics(model, {code: words}, n=8).set_index("topic") for code, words in asked.items()]
    together = find_topics(model, asked, n=8).set_index("topic")
    expected = (alone[0]["probability"] + alone[1]["probability"]) / 2
    pd.testing.assert_series_equal(together["probability"].sort_index(), expected.sort_index())


def test_words_are_found_in_any_spelling(model):
    word = model.get_topics(1)[0]["en"][0]
    assert find_topics(model, word.upper())["en"][0] == [word]


def test_documents_are_found_by_a_text_in_all_languages_and_it_finds_itself(model, sample):
    found = find_documents(model, sample.corpus, sample.corpus.text[5], "en", n=3)
    theta = model.transform(sample.corpus).astype(float)
    ratios = np.log(theta / np.exp(np.log(theta).mean(1))[:, None])
    similarity = 1 - cdist(ratios, ratios[5:6], "cosine")[:, 0]
    for language, part in found.groupby("language"):
        rows = sample.corpus.rows_of(language)
        np.testing.assert_allclose(
            part["similarity"], np.sort(similarity[rows])[::-1][:3].clip(max=1), rtol=1e-5
        )
    best = found[found["language"] == "en"]
    assert best["similarity"].iloc[0] == pytest.approx(1, abs=1e-5)
    more = find_documents(model, sample.corpus, sample.corpus.text[5], "en", n=40)
    assert more["topic"].tolist() == theta[more["row"]].argmax(1).tolist()
    assert more["name"].tolist() == [model.topic_names_[topic] for topic in more["topic"]]
    assert more["topic"].nunique() > 1
    assert set(find_documents(model, sample.corpus, "rain", "en", languages=["zh"])["language"]) == {"zh"}


def test_documents_with_all_topics_alike_or_without_some_have_a_similarity(model, sample, monkeypatch):
    n = len(sample.corpus)
    even = np.full((n, 8), 1 / 8, dtype=np.float32) * (1 + 1e-7 * np.arange(8, dtype=np.float32))
    pure = np.eye(8, dtype=np.float32)[np.arange(n) % 8]
    monkeypatch.setattr(type(model), "transform", lambda self, X: even if len(X) > 1 else pure[:1])
    assert not find_documents(model, sample.corpus, "rain", "en")["similarity"].any()
    monkeypatch.setattr(type(model), "transform", lambda self, X: pure[: len(X)])
    found = find_documents(model, sample.corpus, "rain", "en", n=30)
    same = found["row"] % 8 == 0
    assert same.any()
    assert found["similarity"][same].to_numpy() == pytest.approx(1)
    assert found["similarity"][~same].to_numpy() == pytest.approx(-1 / 7)


def test_a_refiner_s_documents_are_those_of_its_refined_model(model, sample):
    refiner = LLMRefiner(model, max_epochs=1, n_words=5, random_state=0).fit(sample.corpus)
    info = get_document_info(refiner, sample.corpus)
    assert info["topic"].tolist() == refiner.transform(sample.corpus).argmax(1).tolist()
    assert info["name"][0] in refiner.model_.topic_names_


TOO_RARE = (
    "A vocabulary holds words of enough documents and not too many: see min_df, max_df and max_features of the "
    "vectorizer."
)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("xyzzy", f"No vocabulary of the model has 'xyzzy'; its languages are ['en', 'zh']. {TOO_RARE}"),
        (
            "Room",
            "No vocabulary of the model has 'Room'; its languages are ['en', 'zh']. 'Room' is a stop word: to keep "
            "it, set stop_words of the vectorizer.",
        ),
        (
            {"en": ["room", "work", "xyzzy"]},
            "No vocabulary of the model has 'room', 'work', 'xyzzy'; its languages are ['en', 'zh']. 'room', "
            "'work' are stop words: to keep them, set stop_words of the vectorizer.",
        ),
    ],
)
def test_a_word_in_no_vocabulary_is_told_why(model, words, message):
    with pytest.raises(InputError) as error:
        find_topics(model, words)
    assert str(error.value) == message


def test_of_several_words_those_in_no_vocabulary_are_warned_of(model):
    with pytest.warns(UnknownWordsWarning) as caught:
        found = find_topics(model, ["rain", "room", "xyzzy"])
    assert [str(warning.message) for warning in caught] == [
        "2 of the words are in no vocabulary, such as ['room', 'xyzzy']; topics are those of the others. 'room' is "
        "a stop word: to keep it, set stop_words of the vectorizer."
    ]
    assert caught[0].filename == __file__
    pd.testing.assert_frame_equal(found, find_topics(model, "rain"))


def test_a_reason_is_given_where_the_lists_of_stop_words_are_not_installed(model, monkeypatch):
    def missing(language):
        raise MissingDependencyError("There are no lists.")

    monkeypatch.setattr("skxtm._counting.parameters._iso_stop_words", missing)
    with pytest.raises(InputError, match=TOO_RARE):
        find_topics(model, "room")


def test_a_model_of_counts_does_not_know_why_a_word_is_absent():
    data = make_multilingual_corpus(n_documents=20, n_components=2, random_state=0)
    model = CrossLingualTopicModel(2, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    with pytest.raises(InputError, match=r"has 'room'; its languages are \['en', 'zh'\]\.\Z"):
        find_topics(model, "room")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model, X: representative_documents(model, X, 0), r"'n' .* \[1, inf\). Got 0"),
        (lambda model, X: representative_documents(model, X, topics=[8]), "no topic 8; topics are 0 to 7"),
        (lambda model, X: find_topics(model, []), "words is empty"),
        (lambda model, X: find_topics(model, {"fr": ["pluie"]}), "'fr' is none of the model"),
        (lambda model, X: find_documents(model, X, "xyzzy", "en"), "knows no word of the text 'xyzzy'"),
        (lambda model, X: find_documents(model, X, "rain", "en", languages=["ja"]), "no documents in 'ja'"),
        (lambda model, X: get_document_info(model, X[[]]), "X holds no documents"),
    ],
)
def test_what_cannot_be_tabulated_is_refused_by_name(model, sample, call, message):
    with pytest.raises(InputError, match=message):
        call(model, sample.corpus)


def test_only_fitted_models_are_looked_at(model, sample):
    with pytest.raises(InputTypeError, match=r"'model' parameter of topic_sizes .* Got str"):
        topic_sizes("model", sample.corpus)
    with pytest.raises(NotFittedError):
        topic_sizes(CrossLingualTopicModel(), sample.corpus)
    with pytest.raises(InputTypeError, match="text must be a str"):
        find_documents(model, sample.corpus, ["rain"], "en")


@pytest.mark.parametrize("words", [3, None, {"en": 3}, ["rain", 3]])
def test_words_that_are_none_are_refused(model, words):
    with pytest.raises(InputTypeError) as caught:
        find_topics(model, words)
    assert str(caught.value) == "words must be a str, a sequence of str, or a dict of language to these."
