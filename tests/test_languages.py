import reprlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langcodes.data_dicts import LANGUAGE_ALPHA3, LANGUAGE_ALPHA3_BIBLIOGRAPHIC

from skxtm import Corpus, CrossLingualTopicModel, CrossLingualVectorizer, Lexicon
from skxtm.datasets import load_sample
from skxtm.embeddings import (
    AlignedWordEncoder,
    induce_lexicon,
    resolve_document_embeddings,
    resolve_word_embeddings,
)
from skxtm.exceptions import InputError, InputTypeError
from skxtm.languages import base_language, canonical_code, distinct_codes, languages_of_name, script_of
from skxtm.metrics import AlignedReference


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
        ("Greek", "is no code of ISO 639 or BCP 47: did you mean 'el'?"),
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


SPELLINGS = {"de": ["de", "DE", "deu", "ger"], "en": ["en", "EN", "eng", "en-GB"]}
CORPUS = Corpus.from_counts(
    {"de": [[2, 1], [1, 3]], "en": [[1, 2], [3, 1]]}, {"de": ["regen", "tor"], "en": ["rain", "goal"]}
)
TEXTS = [("regen tor", "de"), ("rain goal", "en")]


def vectorized(name, values):
    plain = {"min_df": 1, "max_df": 1.0, "stop_words": None}
    return CrossLingualVectorizer(**(plain | {name: values})).fit_transform(TEXTS).counts.toarray().tolist()


def encoder(**parameters):
    lexicon = Lexicon([("regen", "rain"), ("tor", "goal")], ("de", "en"), match="literal")
    return AlignedWordEncoder(random_state=0, **parameters).fit(CORPUS, lexicons=lexicon)


def with_anchors(words):
    lexicon = Lexicon([("regen", "rain"), ("tor", "goal")], ("de", "en"), match="literal")
    model = CrossLingualTopicModel(1, backbone="mtanchor", lexicon=lexicon, random_state=0).fit(CORPUS)
    return model.update_anchors(0, words).anchors_


#: What takes something by language: a name for messages, values for "de" and "en", and what is made of them.
TAKERS = {
    "counts": (
        CORPUS.counts_of,
        lambda by: Corpus.from_counts(by, CORPUS.vocabularies).counts.toarray().tolist(),
    ),
    "vocabularies": (
        CORPUS.vocabularies.get,
        lambda by: list(Corpus(CORPUS.language, counts=CORPUS.counts, vocabularies=by).vocabularies),
    ),
    **{
        name: (lambda code, value=value: value, lambda by, name=name: vectorized(name, by))
        for name, value in {
            "max_features": 1,
            "min_df": 1,
            "max_df": 1.0,
            "stop_words": ["rain"],
            "tokenizer": "whitespace",
            "clean": ("url",),
            "foreign_words": "keep",
            "merge_inflections": True,
            "ngram_range": (1, 2),
        }.items()
    },
    "word_embeddings": (
        lambda code: np.eye(2),
        lambda by: {code: part.tolist() for code, part in resolve_word_embeddings(by, CORPUS).items()},
    ),
    "document_embeddings": (
        lambda code: np.eye(2) * len(code),
        lambda by: resolve_document_embeddings(by, CORPUS).tolist(),
    ),
    "word_vectors": (
        lambda code: np.eye(2),
        lambda by: encoder(word_vectors=by).encode_words(["regen"], "deu").tolist(),
    ),
    "incidences": (
        CORPUS.counts_of,
        lambda by: AlignedReference(by, CORPUS.vocabularies).document_counts("EN", ["rain"]).tolist(),
    ),
    "vocabularies of pairs": (
        CORPUS.vocabularies.get,
        lambda by: list(induce_lexicon({"de": np.eye(2), "en": np.eye(2)}, by, csls_neighbours=1)),
    ),
    "words": (lambda code: CORPUS.vocabularies[code][:1], with_anchors),
}


@pytest.mark.parametrize("name", TAKERS)
def test_whatever_is_given_by_language_takes_every_spelling_of_a_code_and_none_twice(name):
    value_of, make = TAKERS[name]
    expected = make({code: value_of(code) for code in SPELLINGS})
    for first, second in zip(*SPELLINGS.values(), strict=True):
        assert make({first: value_of("de"), second: value_of("en")}) == expected
    with pytest.raises(InputError, match=r" names the language 'en' twice, the second time as 'EN'\.$"):
        make({"de": value_of("de"), "en": value_of("en"), "EN": value_of("en")})


def test_languages_that_are_named_take_every_spelling_of_a_code():
    assert encoder(anchor_language="ENG").anchor_language_ == "en"
    assert CrossLingualVectorizer(languages=["eng", "DE"], min_df=1, max_df=1.0).fit(TEXTS).languages_ == (
        "en",
        "de",
    )
    model = CrossLingualTopicModel(1, languages=["EN", "ger"], random_state=0)
    model.set_params(lexicon=Lexicon([("regen", "rain")], ("de", "en"), match="literal"))
    assert model.fit(CORPUS).languages_ == ("en", "de")
    assert load_sample(languages=["EN"]).corpus.languages == ("en",)


@given(codes, codes)
@settings(max_examples=200, deadline=None)
def test_a_file_name_of_two_codes_is_read_as_these_or_refused(first, second):
    found = languages_of_name(f"{first}-{second}.tsv")
    assert found is None or found == (canonical_code(first), canonical_code(second))
    if "-" not in first + second:
        assert found is not None


@given(st.lists(codes, max_size=4))
@settings(max_examples=200, deadline=None)
def test_languages_in_order_are_canonical_and_distinct_or_refused(given_codes):
    canonical = tuple(map(canonical_code, given_codes))
    if not canonical or len(set(canonical)) < len(canonical):
        with pytest.raises(InputError, match="must be a sequence of distinct language codes"):
            distinct_codes(given_codes, "languages")
    else:
        assert distinct_codes(given_codes, "languages") == canonical
    with pytest.raises(InputError, match="must be a sequence of distinct language codes"):
        distinct_codes(set(given_codes), "languages")
