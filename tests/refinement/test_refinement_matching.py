import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.exceptions import InputError
from skxtm.normalization import normal_forms
from skxtm.refinement import VocabularyIndex, match_words

VOCABULARY = ["rain", "rains", "Rain", "raining", "tax", "Steuer"]


def share_a_form(first, second, language):
    forms = [{column[0] for column in normal_forms([word], language)} for word in (first, second)]
    return bool(forms[0] & forms[1])


words = st.sampled_from(
    ["rain", "Rain", "RAIN", "rains", "raining", "rainy", "taxes", "tax", "ｔａｘ", "snow"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(words, max_size=6), st.lists(words, min_size=1, max_size=6, unique=True))
def test_words_are_found_as_pairwise_comparison_finds_them(answer, vocabulary):
    columns, unknown = match_words(answer, vocabulary, "en")
    fitting = {
        word: [column for column, other in enumerate(vocabulary) if share_a_form(word, other, "en")]
        for word in answer
    }
    assert unknown == [word for word, found in fitting.items() if not found]
    assert set(columns) <= {column for found in fitting.values() for column in found}
    assert all(set(found) & set(columns) for found in fitting.values() if found)
    assert len(set(columns)) == len(columns)
    for word in answer:
        if word in vocabulary:
            assert vocabulary.index(word) in columns


@pytest.mark.parametrize(
    ("word", "column"),
    [("rains", 1), ("Rain", 2), ("RAINS", 1), ("RAIN", 0), ("rained", 0)],
    ids=["written alike", "written alike before light", "light form", "first light form", "first stem"],
)
def test_of_several_fitting_words_the_nearest_spelling_is_taken(word, column):
    assert match_words([word], VOCABULARY, "en") == ([column], [])


def test_of_equally_near_spellings_the_most_frequent_is_taken():
    index = VocabularyIndex(VOCABULARY, "en", frequencies=[3, 1, 2, 9, 5, 5])
    assert index.match(["rained", "RAIN", "rains"]) == ([3, 0, 1], [])


def test_traditional_characters_find_simplified_ones():
    assert match_words(["風", "雨"], np.array(["雨", "风"], dtype=object), "zh") == ([1, 0], [])


def test_two_spellings_of_a_word_are_one_column():
    assert match_words(["tax", "taxes", "TAX", "x", "x"], VOCABULARY, "en") == ([4], ["x"])


def test_no_words_find_nothing():
    assert match_words([], VOCABULARY, "en") == ([], [])


def test_frequencies_of_another_length_are_refused():
    with pytest.raises(InputError) as caught:
        VocabularyIndex(VOCABULARY, "en", frequencies=[1, 2])
    assert str(caught.value) == (
        "frequencies must have shape (6,), one value per word of the vocabulary. Got shape (2,)."
    )
