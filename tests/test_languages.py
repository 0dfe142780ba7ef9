import reprlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langcodes.data_dicts import LANGUAGE_ALPHA3, LANGUAGE_ALPHA3_BIBLIOGRAPHIC

from skxtm.exceptions import InputError, InputTypeError
from skxtm.languages import base_language, canonical_code, languages_of_name, script_of


@pytest.mark.parametrize(
    ("code", "canonical"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("eng", "en"),
        ("ger", "de"),
        ("deu", "de"),
        ("zho", "zh"),
        ("cmn", "zh"),
        ("zh-TW", "zh"),
        ("zh_hant_hk", "zh"),
        ("zho_Hans", "zh"),
        ("yue", "yue"),
        ("zh-yue", "yue"),
        ("jpn", "ja"),
        ("tha", "th"),
        ("khm", "km"),
        ("arb", "ar"),
        ("iw", "he"),
        ("pt-BR", "pt"),
        ("pt_br", "pt"),
        ("sr", "sr"),
        ("sr-Cyrl-RS", "sr"),
        ("sr-latn", "sr-Latn"),
        ("hi-Latn", "hi-Latn"),
        ("zh-Latn", "zh-Latn"),
        ("nb", "nb"),
        ("und", "und"),
        ("pt-x-brazil", "pt-x-brazil"),
        ("x-mine", "x-mine"),
    ],
)
def test_each_language_has_one_canonical_code(code, canonical):
    assert canonical_code(code) == canonical


# what ISO 639 itself says: `langcodes` is asked for nothing but the table
@pytest.mark.parametrize(
    "two_letters", sorted({"en", "de", "fr", "pt", "ru", "ja", "zh", "cs", "el", "eu", "fa"})
)
def test_the_three_letters_of_a_language_are_its_two_letters(two_letters):
    assert canonical_code(LANGUAGE_ALPHA3[two_letters]) == two_letters
    bibliographic = LANGUAGE_ALPHA3_BIBLIOGRAPHIC.get(two_letters, two_letters)
    assert canonical_code(bibliographic) == two_letters


codes = st.tuples(
    st.sampled_from(["en", "eng", "zh", "cmn", "yue", "ja", "sr", "pt", "ar", "und", "ckb", "az"]),
    st.sampled_from(["", "-Latn", "-Cyrl", "-Hant", "-Hans", "-Jpan", "-Arab"]),
    st.sampled_from(["", "-BR", "-TW", "-419"]),
    st.sampled_from(["", "-x-mine"]),
).map("".join)


@settings(max_examples=300, deadline=None)
@given(codes, st.sampled_from([str.upper, str.lower, lambda code: code.replace("-", "_")]))
def test_a_canonical_code_is_its_own_however_it_was_written(code, rewritten):
    canonical = canonical_code(code)
    assert canonical_code(canonical) == canonical == canonical_code(rewritten(code))
    assert base_language(canonical) == base_language(code)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=8))
def test_any_text_is_a_code_or_is_refused_by_name(text):
    try:
        canonical = canonical_code(text)
    except InputError as error:
        message = str(error)
        assert reprlib.repr(text) in message
    else:
        assert canonical_code(canonical) == canonical


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("", "is blank."),
        ("en ", "is padded: write 'en'."),
        ("chinese", "is no code of ISO 639 or BCP 47: did you mean 'zh'?"),
        ("English", "is no code of ISO 639 or BCP 47: did you mean 'en'?"),
        ("cn", "is no code of ISO 639 or BCP 47: did you mean 'zh'?"),
        ("jp", "is no code of ISO 639 or BCP 47: did you mean 'ja'?"),
        ("xx", "is no code of ISO 639 or BCP 47."),
    ],
)
def test_what_is_no_code_is_refused(code, message):
    with pytest.raises(InputError) as raised:
        canonical_code(code)
    assert str(raised.value) == (
        f"The language code {code!r} {message} Codes are such as 'en', 'deu' or 'pt-BR'; a language of your own "
        "may be called 'x-mine'."
    )


@pytest.mark.parametrize("code", [None, 3, float("nan"), ["en"]])
def test_what_is_no_str_is_refused(code):
    with pytest.raises(InputTypeError) as raised:
        base_language(code)
    assert str(raised.value) == f"A language code must be a str, such as 'en'. Got {code!r}."


def test_the_base_language_has_no_script_region_or_private_subtag():
    codes = ("sr-Latn", "pt-x-brazil", "zh-Latn-CN", "yue", "und", "x-mine")
    assert [base_language(code) for code in codes] == ["sr", "pt", "zh", "yue", "und", "x-mine"]


def test_the_script_is_that_of_the_code_or_the_usual_one():
    codes = (
        "zh",
        "zh-TW",
        "zh-HK",
        "yue",
        "ja",
        "ja-Latn",
        "ko",
        "th",
        "sr",
        "sr-Latn",
        "und",
        "x-mine",
        "qaa",
    )
    scripts = [
        "Hans",
        "Hant",
        "Hant",
        "Hant",
        "Jpan",
        "Latn",
        "Kore",
        "Thai",
        "Cyrl",
        "Latn",
        None,
        None,
        None,
    ]
    assert [script_of(code) for code in codes] == scripts


@pytest.mark.parametrize(
    ("name", "languages"),
    [
        ("zh-Hant-en.tsv", ("zh", "en")),
        ("deu-eng.tsv", ("de", "en")),
        ("pt-BR_en.txt.gz", ("pt", "en")),
        ("en-sr-Latn.tsv", ("en", "sr-Latn")),
        ("cn-en.txt", ("zh", "en")),
        ("en_jp.txt", ("en", "ja")),
        ("EN-DE.tsv", ("en", "de")),
        ("en-de.0-5000.txt", ("en", "de")),
        ("en-pt-br.tsv", None),  # or Breton, from the English of Portugal
        ("words.tsv", None),
        ("my-words.tsv", None),
        ("-.tsv", None),
    ],
)
def test_a_name_of_a_file_says_its_languages(name, languages):
    assert languages_of_name(name) == languages
