import numpy as np
import pytest

from skxtm import CrossLingualTopicModel, Lexicon
from skxtm.datasets import make_multilingual_corpus
from skxtm.embeddings import AlignedWordEncoder, induce_lexicon
from skxtm.exceptions import InputError, InputTypeError


def vocabularies(size):
    return {code: np.array([f"{code}{row}" for row in range(size)], dtype=object) for code in ("en", "zh")}


def test_every_word_finds_its_copy_in_a_shuffled_space():
    vectors = np.random.default_rng(0).normal(size=(80, 12))
    order = np.random.default_rng(1).permutation(80)
    lexicon = induce_lexicon({"en": vectors, "zh": vectors[order]}, vocabularies(80), ("zh", "en"))
    assert lexicon.languages == ("zh", "en")
    assert lexicon.match == "literal"
    assert sorted(lexicon) == sorted((f"zh{row}", f"en{order[row]}") for row in range(80))


def test_the_length_of_vectors_does_not_matter():
    random = np.random.default_rng(0)
    vectors = {"en": random.normal(size=(30, 6)), "zh": random.normal(size=(30, 6))}
    longer = {code: rows * random.uniform(0.1, 9, size=(30, 1)) for code, rows in vectors.items()}
    first, second = (induce_lexicon(given, vocabularies(30), ("en", "zh")) for given in (vectors, longer))
    assert list(first) == list(second)


def test_the_most_similar_pairs_come_first():
    # each pair has a plane of its own, so that the other cosines are 0 and CSLS is 4/3 of the pair's cosine
    angles = [0.5, 0.1, 0.9]
    turned = np.zeros((3, 6))
    turned[range(3), range(3)], turned[range(3), range(3, 6)] = np.cos(angles), np.sin(angles)
    vectors = {"en": np.eye(3, 6), "zh": turned}
    lexicon = induce_lexicon(vectors, vocabularies(3), ("en", "zh"), csls_neighbours=3)
    assert list(lexicon) == [("en1", "zh1"), ("en0", "zh0"), ("en2", "zh2")]


def test_words_without_a_vector_get_no_pair():
    vectors = np.random.default_rng(0).normal(size=(20, 5))
    without = vectors.copy()
    without[4] = 0
    lexicon = induce_lexicon({"en": without, "zh": vectors}, vocabularies(20), ("en", "zh"))
    assert "en4" not in [english for english, _ in lexicon]
    assert len(lexicon) == 19


def test_a_missing_language_is_named():
    with pytest.raises(InputError) as error:
        induce_lexicon({"en": np.eye(2)}, {"en": ["rain", "sun"]}, ("en", "zh"))
    assert str(error.value) == "vocabularies has no words for ['zh']; it has some for ['en']."


def test_arrays_that_do_not_fit_the_vocabulary_are_named():
    with pytest.raises(InputError) as error:
        induce_lexicon(
            {"en": np.eye(2), "zh": np.eye(2)}, {"en": ["rain", "sun"], "zh": ["雨"]}, ("en", "zh")
        )
    assert str(error.value) == (
        "embeddings['zh'] has shape (2, 2), but the vocabulary of 'zh' has 1 words; one row per word is "
        "needed."
    )


@pytest.mark.parametrize("number", [0, 1.5])
def test_neighbours_are_a_whole_number_of_at_least_one(number):
    with pytest.raises(InputError) as error:
        induce_lexicon({}, vocabularies(2), ("en", "zh"), csls_neighbours=number)
    assert str(error.value) == (
        f"The 'csls_neighbours' parameter must be an integer in [1, inf). Got {number} instead."
    )


def test_words_by_language_are_a_dict():
    with pytest.raises(InputTypeError) as error:
        Lexicon.induce({}, [["rain"], ["Regen"]])
    assert str(error.value) == "vocabularies must be a dict with one entry per language. Got 'list'."


def test_an_encoder_is_asked_for_the_words_of_each_language():
    asked = []

    class Encoder:
        def encode_words(self, words, language):
            asked.append((list(words), language))
            return np.eye(2)

    words = {"en": ["rain", "goal"], "de": ["Regen", "Tor"]}
    assert list(Lexicon.induce(Encoder(), words)) == [("rain", "Regen"), ("goal", "Tor")]
    assert asked == [(["rain", "goal"], "en"), (["Regen", "Tor"], "de")]


def test_a_fitted_encoder_knows_the_words_itself():
    data = make_multilingual_corpus(n_documents=60, n_components=2, vocabulary_sizes=20, random_state=0)
    encoder = AlignedWordEncoder(random_state=0).fit(data.corpus, lexicons=data.lexicon)
    assert list(Lexicon.induce(encoder)) == list(Lexicon.induce(encoder, data.corpus.vocabularies))


def test_words_that_nobody_gave_are_asked_for():
    with pytest.raises(InputError) as error:
        Lexicon.induce({"en": np.eye(2), "zh": np.eye(2)})
    assert str(error.value) == (
        "The words to pair are not known: pass vocabularies=, such as corpus.vocabularies, or embeddings= a "
        "fitted AlignedWordEncoder."
    )


def test_an_encoder_that_is_not_fitted_is_refused():
    with pytest.raises(InputError) as error:
        Lexicon.induce(AlignedWordEncoder(), vocabularies(2))
    assert str(error.value) == "This AlignedWordEncoder is not fitted. Call fit(corpus, lexicon) first."


def test_words_with_their_columns_have_the_vectors_of_these():
    words = {"en": {"rain": 1, "goal": 0}, "de": {"Tor": 1, "Regen": 0}}
    vectors = {"en": np.eye(2), "de": np.eye(2)[::-1]}
    assert sorted(Lexicon.induce(vectors, words, csls_neighbours=1)) == [("goal", "Tor"), ("rain", "Regen")]


def test_three_languages_need_a_choice():
    words = {code: ["a"] for code in ("de", "en", "zh")}
    with pytest.raises(InputError) as error:
        Lexicon.induce({}, words)
    assert str(error.value) == (
        "A lexicon is induced between two languages. Got ['de', 'en', 'zh']; pass languages=, a pair of "
        "['de', 'en', 'zh']."
    )


@pytest.mark.slow
@pytest.mark.parametrize("backbone", ["nmtm", "infoctm"])
def test_a_model_trains_on_an_induced_lexicon_without_a_dictionary(backbone):
    data = make_multilingual_corpus(n_documents=30, n_components=2, random_state=0)
    vectors = {code: np.eye(len(words)) for code, words in data.corpus.vocabularies.items()}
    lexicon = Lexicon.induce(vectors, data.corpus.vocabularies)
    model = CrossLingualTopicModel(
        2, backbone=backbone, lexicon=lexicon, word_embeddings=vectors, max_epochs=1, random_state=0
    )
    assert model.fit_transform(data.corpus).shape == (60, 2)
