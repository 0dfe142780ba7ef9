import sys
import unicodedata

import numpy as np
import pytest
import stopwordsiso
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.exceptions import InputError, MissingDependencyError
from skxtm.normalization import (
    NORMALIZERS,
    FormIndex,
    inflection_stems,
    light_forms,
    normal_forms,
    same_word_forms,
    simplified_chinese,
    stems,
    without_long_vowel_marks,
)
from skxtm.tokenizers import get_tokenizer

any_words = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), max_size=6)


def test_the_light_form_folds_case_width_and_compatibility_characters():
    words = ["UN", "Straße", "ﬁlm", "ＡＡ制", "３", "ｼｮｯﾌﾟ", "Ⅳ", "é"]
    assert light_forms(words) == ["un", "strasse", "film", "aa制", "3", "ショップ", "iv", "é"]


def test_the_light_form_is_composed_again_after_case_folding():
    assert light_forms(["ΐ"]) == ["ΐ"]


@settings(max_examples=60, deadline=None)
@given(any_words, st.sampled_from(["und", "en", "tr", "he", "yi", "zh"]))
def test_the_light_forms_of_many_words_are_those_of_each_word(words, language):
    assert light_forms(words, language) == [light_forms([word], language)[0] for word in words]


def folded(word):
    """What is left of a word by the description of `light_forms`, character by character."""
    word = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())
    return [char for char in word if char.isalnum() and char != "ʼ"]


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8", max_codepoint=0x24F), max_size=8))
def test_the_light_form_has_the_letters_and_digits_of_the_folded_word(word):
    (light,) = light_forms([word])
    assert [char for char in light if char.isalnum()] == folded(word)
    assert bool(light) == bool(word)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=8), st.sampled_from(["und", "en", "tr", "he", "yi", "fa", "zh"]))
def test_the_form_of_a_form_is_itself(word, language):
    forms = same_word_forms([word], language)
    assert same_word_forms(forms, language) == forms


@pytest.mark.parametrize(
    ("language", "spellings"),
    [
        ("en", ["don't", "Don’t", "DON`T", "don´t", "dont"]),
        ("und", ["İstanbul", "istanbul"]),
        ("tr", ["IŞIK", "ışık", "Işık"]),
        ("tr", ["İstanbul", "istanbul"]),
        ("fa", ["می\u200cشود", "ميشود", "میشود"]),
        ("fa", ["کتاب", "كتاب"]),
        ("ar", ["كِتَاب", "كتـــاب", "كتاب"]),
        ("si", ["ශ්\u200dරී", "ශ්රී"]),
        ("fr", ["aujourd'hui", "aujourd’hui"]),
        ("br", ["c'hoar", "cʼhoar"]),
        ("uk", ["комп'ютер", "комп’ютер", "КОМПʼЮТЕР"]),
        ("uz", ["oʻzbek", "o'zbek", "o‘zbek"]),
        ("de", ["Zeitungs\u00adartikel", "zeitungsartikel"]),
        ("de", ["Straße", "STRASSE", "strasse"]),
        ("el", ["ΠΌΛΕΜΟΣ", "πόλεμος", "πόλεμοσ"]),
        ("en", ["word,", "word", "“word”", "(Word)", "word++", "€word^"]),
        ("ja", ["ルピー", "ﾙﾋﾟｰ"]),
        ("he", ['צה"ל', "צה״ל", "צה”ל", "צהל"]),
        ("ca", ["col·legi", "coŀlegi", "COL·LEGI"]),
        ("zh-TW", ["網絡", "网络"]),
        ("yue", ["臺灣", "台湾"]),
    ],
)
def test_spellings_of_one_word_have_one_form(language, spellings):
    assert len(set(same_word_forms(spellings, language))) == 1


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("tr", ["ısı", "isi"]),
        ("yi", ["אַ", "אָ"]),
        ("ja", ["ビル", "ビール"]),
        ("und", ["c", "c++", "c#"]),
        ("ja", ["經濟", "经济"]),
        ("ar", ["على", "علي"]),
    ],
)
def test_different_words_have_different_forms(language, words):
    assert len(set(same_word_forms(words, language))) == len(words)


# one token with all letters of the word: an article that is cut off does not make the noun the same word
@pytest.mark.slow
@pytest.mark.parametrize("language", sorted(stopwordsiso.langs()))
def test_a_word_that_its_tokenizer_keeps_whole_is_found_in_a_lexicon(language):
    tokenizer = get_tokenizer("auto", language)
    words = sorted(stopwordsiso.stopwords(language))
    kept = []
    for word in words:
        tokens = tokenizer(word)
        if len(tokens) == 1 and sorted(folded(tokens[0])) == sorted(folded(word)):
            kept.append((word, tokens[0]))
    assert len(kept) > len(words) / 3
    same = FormIndex([word for word, _ in kept], lambda words: normal_forms(words, language)).find(
        [token for _, token in kept]
    )
    assert same.diagonal().all()


LETTERS = [
    "a",
    "É",
    "e\u0301",
    "ß",
    "İ",
    "I",
    "ŉ",
    "ﬁ",
    "ǅ",
    "ΐ",
    "Σ",
    "ё",
    "Й",
    "ء",
    "كِ",
    "ی",
    "תּ",
    "ק",
    "क",
    "कि",
    "Ｗ",
    "1",
]
INNER = ["", "ـ", "'", "’", "`", "´", "ʻ", "·", "\u200c", "\u200d", "\u00ad", "\ufeff", "״", '"']
AROUND = ["", ",", "...", "“", "(", "!", "+", "€", "^", "™", " ", "\u200b", "¿", "»", "'", "-", "_"]
words_of_letters = st.lists(
    st.tuples(st.sampled_from(LETTERS), st.sampled_from(INNER)), min_size=2, max_size=6
)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "fr", "tr", "he", "yi", "fa", "hi", "el"])
@settings(max_examples=300, deadline=None)
@given(words_of_letters, st.sampled_from(AROUND), st.sampled_from(AROUND))
def test_any_word_that_is_kept_whole_has_the_form_of_its_token(language, letters, before, after):
    word = before + "".join(letter + inner for letter, inner in letters) + after
    tokens = get_tokenizer("auto", language)(word)
    if len(tokens) == 1 and sorted(folded(tokens[0])) == sorted(folded(word)):
        assert same_word_forms([word], language) == same_word_forms(tokens, language)


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("en", "don't"),
        ("tr", "İstanbul"),
        ("en", "İstanbul"),
        ("fa", "می\u200cشود"),
        ("si", "ශ්\u200dරී"),
        ("fr", "aujourd'hui"),
        ("br", "c'hoar"),
        ("uk", "комп'ютер"),
        ("de", "Zeitungs\u00adartikel"),
        ("en", "word,"),
        ("ja", "ルピー"),
    ],
)
def test_the_token_of_a_word_is_found_in_a_lexicon_that_holds_the_word(language, word):
    (token,) = get_tokenizer("auto", language)(word)
    index = FormIndex([word], lambda words: normal_forms(words, language))
    assert index.find([token]).toarray().tolist() == [[True]]


def test_a_region_does_not_change_normal_forms():
    assert normal_forms(["cidades"], "pt-BR") == normal_forms(["cidades"], "pt")
    assert normal_forms(["cidades"], "pt-BR")[-1] == ["cidad"]


def test_stems_unite_inflections():
    assert inflection_stems(["prozess", "prozesses", "prozesse"], "de-AT") == ["prozess"] * 3


def test_a_language_without_a_stemmer_is_refused():
    with pytest.raises(InputError) as error:
        inflection_stems(["kielet"], "vi")
    assert str(error.value).startswith("There is no stemmer for language 'vi', only for ['ar', 'ca', 'da', ")
    assert str(error.value).endswith("Pass merge_inflections={'vi': False}.")


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
