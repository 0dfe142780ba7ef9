"""Topics that begin at words which users name."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm import CrossLingualTopicModel, CrossLingualVectorizer
from skxtm.backbones import CoreCTM
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError, InputTypeError, UnknownWordsWarning

DATA = make_multilingual_corpus(
    n_documents=300, n_components=6, vocabulary_sizes=60, word_concentration=0.1, random_state=0
)
CORPUS = DATA.corpus


def make_model(seed_topics, n_components=6, **params):
    return CrossLingualTopicModel(
        n_components, lexicon=DATA.lexicon, seed_topics=seed_topics, random_state=0, **params
    )


def true_words(topic, code, n_words):
    words = DATA.topic_word[code][topic]
    return [f"{code}{number}" for number in np.argsort(-words)[:n_words]]


@pytest.mark.parametrize("code", ["en", "zh"])
def test_the_first_topics_are_those_of_the_words_in_every_language(code):
    wanted = [4, 1, 5]
    seeds = {f"theme {topic}": {code: true_words(topic, code, 2)} for topic in wanted}
    model = make_model(seeds).fit(CORPUS)
    assert model.topic_names_[:3] == list(seeds)
    for place, topic in enumerate(wanted):
        for other in ("en", "zh"):
            alike = np.sqrt(model.topic_word_[other][place] * DATA.topic_word[other]).sum(1)
            assert np.argmax(alike) == topic


def test_words_without_a_language_are_looked_up_in_all():
    by_language = {"a": {"en": ["en7"], "zh": ["zh9"]}}
    one, other = make_model({"a": ["en7", "zh9"]}), make_model(by_language)
    np.testing.assert_array_equal(one.fit(CORPUS).components_, other.fit(CORPUS).components_)


def test_words_are_found_in_other_forms_and_codes():
    one, other = make_model({"a": {"EN": ["EN7"]}}), make_model({"a": {"en": ["en7"]}})
    np.testing.assert_array_equal(one.fit(CORPUS).components_, other.fit(CORPUS).components_)


def test_a_list_leaves_the_names_to_the_words():
    model = make_model([["en7"], {"zh": ["zh9"]}]).fit(CORPUS)
    named = make_model({"a": ["en7"], "b": {"zh": ["zh9"]}}).fit(CORPUS)
    np.testing.assert_array_equal(model.components_, named.components_)
    assert model.topic_names_ == make_model([["en7"], ["zh9"]]).fit(CORPUS).topic_names_
    assert named.topic_names_[:2] == ["a", "b"]


def test_no_seeds_are_as_none_at_all():
    np.testing.assert_array_equal(
        make_model({}).fit(CORPUS).components_, make_model(None).fit(CORPUS).components_
    )


def test_seeds_can_be_as_many_as_topics():
    seeds = [[f"en{number}"] for number in range(6)]
    assert make_model(seeds).fit(CORPUS).components_.shape[0] == 6


def test_seeds_are_saved(tmp_path):
    model = make_model({"a": {"en": ["en7"]}, "b": ["zh9"]}).fit(CORPUS)
    model.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    assert loaded.seed_topics == model.seed_topics
    assert loaded.topic_names_ == model.topic_names_


def test_cores_stay_near_their_words_by_a_formula_written_out():
    rng = np.random.default_rng(0)
    words = [rng.normal(size=(12, 4)).astype(np.float32) for _ in range(2)]
    words = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in words]
    totals = [rng.integers(1, 50, size=12) for _ in range(2)]
    seeds = [{0: np.array([3, 5])}, {0: np.array([1]), 1: np.array([2])}]
    backbone = CoreCTM(n_core_words=2, n_core_steps=1)
    start = CoreCTM(n_core_steps=0).cores(words, totals, 4, 0, seeds)

    def unit(vector):
        return vector / np.linalg.norm(vector)

    np.testing.assert_allclose(start[0], unit(words[0][[3, 5]].mean(0)), atol=1e-6)
    np.testing.assert_allclose(start[1], unit(words[0][1] + words[1][2]), atol=1e-6)
    stepped = backbone.cores(words, totals, 4, 0, seeds)
    for topic in range(4):
        middles = []
        for language, part in enumerate(words):
            scores = []
            for number, word in enumerate(part):
                cosines = start @ word
                full = cosines[topic] if cosines[topic] == cosines.max() else cosines[topic] - 1
                scores.append(full + 0.05 * np.log(totals[language][number]))
            best = list(np.argsort(-np.array(scores), kind="stable")[:2])
            named = list(seeds[topic].get(language, [])) if topic < 2 else []
            middles.append(unit(np.mean([part[number] for number in best + named], axis=0)))
        np.testing.assert_allclose(stepped[topic], unit(sum(middles)), atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([f"{code}{n}" for code in ("en", "zh") for n in range(60)]), min_size=1),
        max_size=6,
    )
)
def test_any_words_of_the_vocabularies_give_a_model(seeds):
    model = make_model(seeds).fit(CORPUS)
    np.testing.assert_allclose(model.components_.sum(1), 2)
    assert np.isfinite(model.transform(CORPUS)).all()


def test_unknown_words_are_named_and_left_out():
    with pytest.warns(UnknownWordsWarning) as caught:
        model = make_model({"a": ["en7", "rain", "snow"]}).fit(CORPUS)
    assert [str(warning.message) for warning in caught] == [
        "seed_topics holds 2 words that are in no vocabulary, such as ['rain', 'snow']; topics begin at the "
        "others."
    ]
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(model.components_, make_model({"a": ["en7"]}).fit(CORPUS).components_)


STOP_WORD = "'Room' is a stop word: to keep it, set stop_words of the vectorizer."


class TestTexts:
    TEXTS = tuple((f"rain{row % 3} wind{row % 4} room", "en") for row in range(40))

    def fitted(self, seeds, **params):
        model = CrossLingualTopicModel(2, seed_topics=seeds, random_state=0, **params)
        return model.fit(list(self.TEXTS))

    def test_a_seed_that_is_a_stop_word_is_told_so(self):
        for words in (["Room"], {"en": ["Room"]}):
            with pytest.raises(InputError) as error:
                self.fitted({"room": words})
            assert str(error.value) == (
                f"No word of topic 'room' in seed_topics is in a vocabulary: ['Room']. {STOP_WORD}"
            )
        with pytest.raises(InputError, match="see min_df, max_df and max_features of the vectorizer"):
            self.fitted({"snow": ["snow"]})

    def test_a_stop_word_among_seeds_is_warned_of_and_its_remedy_works(self):
        with pytest.warns(UnknownWordsWarning, match=f"topics begin at the others\\. {STOP_WORD}"):
            self.fitted({"room": ["rain1", "Room"]})
        vectorizer = CrossLingualVectorizer(stop_words=None, max_df=1.0)
        assert self.fitted({"room": ["Room"]}, vectorizer=vectorizer).topic_names_[0] == "room"


@pytest.mark.parametrize(
    ("seeds", "error", "message"),
    [
        (
            "health",
            InputTypeError,
            "The 'seed_topics' parameter must be a dict from names of topics to words, or a list of lists of "
            "words. Got str.",
        ),
        ({1: ["en1"]}, InputTypeError, "Names in seed_topics must be str. Got 1."),
        (
            {"a": "en1"},
            InputTypeError,
            "The words of topic 'a' in seed_topics must be a list of str. Got 'en1'.",
        ),
        (
            [[1]],
            InputTypeError,
            "The words of topic without a name in seed_topics must be a list of str. Got [1].",
        ),
        (
            {"a": 3},
            InputTypeError,
            "The words of topic 'a' in seed_topics must be a list of str. Got 3.",
        ),
        (
            {"a": []},
            InputError,
            "Topic 'a' in seed_topics has no words. Give at least one, or leave it out.",
        ),
        (
            {"a": {"fr": ["x"]}},
            InputError,
            "Topic 'a' in seed_topics has words in 'fr', but the model's languages are ('en', 'zh').",
        ),
        (
            {"a": ["rain"]},
            InputError,
            "No word of topic 'a' in seed_topics is in a vocabulary: ['rain']. Give words that occur in the "
            "documents.",
        ),
        (
            [["en1"]] * 7,
            InputError,
            "seed_topics names 7 topics, more than n_components=6.",
        ),
        (
            {"a": ["en1"], "A": ["en2"]},
            InputError,
            "Topics 0 and 1 have the same name 'A'. Tell them apart.",
        ),
    ],
)
def test_what_is_no_seed_is_refused(seeds, error, message):
    with pytest.raises(error) as caught:
        make_model(seeds).fit(CORPUS)
    assert str(caught.value) == message


def test_a_number_of_topics_that_is_none_is_named_whatever_the_seeds():
    with pytest.raises(InputError, match="The 'n_components' parameter of CrossLingualTopicModel must be"):
        make_model([["en1"]], n_components="six").fit(CORPUS)


def test_backbones_that_cannot_begin_at_words_say_what_can():
    with pytest.raises(InputError) as caught:
        make_model({"a": ["en1"]}, backbone="nmtm").fit(CORPUS)
    assert str(caught.value) == (
        "Backbone 'NMTM' cannot begin topics at words. Use backbone='corectm', or leave out seed_topics and "
        "draw topics to your words after fit, by LLMRefiner with EditedTopics."
    )
