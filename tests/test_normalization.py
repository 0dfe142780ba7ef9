import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.exceptions import MissingDependencyError
from skxtm.normalization import (
    NORMALIZERS,
    FormIndex,
    light_forms,
    normal_forms,
    simplified_chinese,
    stems,
    without_long_vowel_marks,
)

any_words = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), max_size=6)


def test_the_light_form_folds_case_width_and_compatibility_characters():
    words = ["UN", "Straße", "ﬁlm", "ＡＡ制", "３", "ｼｮｯﾌﾟ", "Ⅳ", "é"]
    assert light_forms(words) == ["un", "strasse", "film", "aa制", "3", "ショップ", "iv", "é"]


def test_the_light_form_is_composed_again_after_case_folding():
    assert light_forms(["ΐ"]) == ["ΐ"]


@settings(max_examples=60, deadline=None)
@given(any_words)
def test_the_light_forms_of_many_words_are_those_of_each_word(words):
    one_by_one = [
        unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold()) for word in words
    ]
    assert light_forms(words) == one_by_one


def test_words_with_line_breaks_stay_apart():
    assert light_forms(["A\nB", "C"]) == ["a\nb", "c"]
    assert simplified_chinese(["貓\n", "書"]) == ["猫\n", "书"]


# mostly the examples of Porter (1980); the last two are stemmed otherwise by Snowball's "english"
@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("caresses", "caress"),
        ("ponies", "poni"),
        ("cats", "cat"),
        ("agreed", "agre"),
        ("motoring", "motor"),
        ("hopping", "hop"),
        ("happy", "happi"),
        ("relational", "relat"),
        ("electrical", "electr"),
        ("adoption", "adopt"),
        ("controll", "control"),
        ("news", "new"),
        ("dying", "dy"),
    ],
)
def test_english_is_stemmed_as_porter_published(word, stem):
    assert normal_forms([word], "en")[-1] == [stem]


def test_porter_stems_are_not_stable_so_that_all_forms_are_needed():
    once = stems(["university", "company"], "porter")
    assert once == ["univers", "compani"]
    assert stems(once, "porter") == ["univ", "compani"]


def test_the_stem_is_made_from_the_light_form():
    assert normal_forms(["ＲＵＮＮＩＮＧ"], "en") == (["ＲＵＮＮＩＮＧ"], ["running"], ["run"])


def test_other_languages_use_the_snowball_stemmer_of_their_own():
    assert normal_forms(["Katzen"], "de")[-1] == ["katz"]
    assert normal_forms(["chats"], "fr")[-1] == ["chat"]


@pytest.mark.parametrize("language", sorted(NORMALIZERS))
def test_every_normalizer_returns_one_form_per_word(language):
    words = ["a", "", "straße", "猫", "кошки", "a"]
    assert len(NORMALIZERS[language](words)) == len(words)
    assert NORMALIZERS[language]([]) == []


def test_traditional_characters_become_simplified():
    assert normal_forms(["經濟", "经济", "乾坤", "Ａ股"], "zh")[-1] == ["经济", "经济", "乾坤", "a股"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text("經濟乾坤傢后後面麵发發ab \n", max_size=5), max_size=5))
def test_simplifying_many_words_is_simplifying_each_word(words):
    assert simplified_chinese(words) == [simplified_chinese([word])[0] for word in words]


def test_japanese_keeps_its_long_vowel_marks():
    assert normal_forms(["ビール", "ﾋﾞﾙ"], "ja") == (["ビール", "ﾋﾞﾙ"], ["ビール", "ビル"])


def test_long_vowel_marks_are_dropped_on_request_only_where_a_word_remains():
    assert [without_long_vowel_marks(word) for word in ["ケーキ", "ｻｰﾋﾞｽ", "猫", "ー"]] == [
        "ケキ",
        "ｻﾋﾞｽ",
        "猫",
        "ー",
    ]


def test_a_normalizer_may_be_added_for_another_language(monkeypatch):
    monkeypatch.setitem(NORMALIZERS, "ko", lambda words: [word.removesuffix("들") for word in words])
    assert normal_forms(["고양이들"], "ko")[-1] == ["고양이"]


def test_a_missing_stemmer_is_named_with_the_extra_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "Stemmer", None)
    with pytest.raises(MissingDependencyError) as error:
        normal_forms(["cats"], "en")
    assert str(error.value) == (
        "Matching words by their stems needs the package 'Stemmer', which cannot be imported (import of "
        "Stemmer halted; None in sys.modules). Install it with: pip install 'skxtm[text]'."
    )


def test_ascii_words_need_no_library_to_be_simplified(monkeypatch):
    monkeypatch.setattr("skxtm.normalization._traditional_to_simplified", None)
    assert simplified_chinese(["3c", "%"]) == ["3c", "%"]


@settings(max_examples=40, deadline=None)
@given(
    indexed=st.lists(
        st.sampled_from(["Cats", "cats", "cat", "universal", "univers", "univ", "ＣＡＴ"]), max_size=5
    ),
    sought=st.lists(st.sampled_from(["cat", "university", "univers", "dog", "CATS"]), max_size=4),
)
def test_the_index_finds_the_words_that_share_a_form(indexed, sought):
    index = FormIndex(indexed, lambda words: normal_forms(words, "en"))
    expected = np.zeros((len(sought), len(indexed)), dtype=bool)
    for i, word in enumerate(sought):
        for j, other in enumerate(indexed):
            shared = {forms[0] for forms in normal_forms([word], "en")} & {
                forms[0] for forms in normal_forms([other], "en")
            }
            expected[i, j] = bool(shared)
    found = index.find(sought)
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found.toarray(), expected)
