"""Words are counted however they are spelled, held to counting by hand."""

import re
from collections import Counter, defaultdict

import numpy as np
import pytest
import stopwordsiso
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from skxtm import Corpus, CrossLingualVectorizer
from skxtm.cleaning import TextReport
from skxtm.datasets import load_sample
from skxtm.exceptions import InputError

KEEP_ALL = {"min_df": 1, "max_df": 1.0, "stop_words": None}


def counted(texts, language="en", **parameters):
    vectorizer = CrossLingualVectorizer(**KEEP_ALL | parameters)
    corpus = vectorizer.fit_transform([(text, language) for text in texts])
    (words,) = vectorizer.vocabularies_.values()
    return vectorizer, dict(zip(words.tolist(), corpus.counts.toarray().T.tolist(), strict=True))


def transformed(vectorizer, texts, language="en"):
    return vectorizer.transform([(text, language) for text in texts]).counts.toarray().T.tolist()


def error_of(texts, language="en", **parameters):
    with pytest.raises(InputError) as error:
        counted(texts, language, **parameters)
    return str(error.value)


@pytest.mark.parametrize(
    ("language", "texts", "words"),
    [
        ("de", ["Straße Straße", "STRASSE große"], {"große": [0, 1], "straße": [2, 1]}),
        ("el", ["πόλεμος πόλεμος", "ΠΌΛΕΜΟΙ ΠΌΛΕΜΟΣ"], {"πόλεμοι": [0, 1], "πόλεμος": [2, 1]}),
        ("en", ["don't don’t", "Don't"], {"don't": [1 + 1, 1]}),
        ("fa", ["می‌شود می‌شود", "میشود"], {"می‌شود": [2, 1]}),
        ("tr", ["IŞIK ışık", "işik"], {"işik": [0, 1], "ışık": [2, 0]}),
        ("uz", ["oʻzbek o'zbek", "oʻzbek"], {"oʻzbek": [2, 1]}),
        ("ar", ["كتاب كتـــاب", "كِتَاب كتاب"], {"كتاب": [2, 2]}),
    ],
)
def test_the_most_frequent_spelling_is_shown(language, texts, words):
    vectorizer, found = counted(texts, language)
    assert found == words
    assert transformed(vectorizer, texts, language) == list(words.values())


def test_of_equally_frequent_spellings_the_first_is_shown():
    assert counted(["strasse", "straße"], "de")[1] == {"strasse": [1, 1]}


SPELLINGS = {
    "strasse": ["Straße", "STRASSE", "strasse", "straße"],
    "dont": ["don't", "Don’t", "dont"],
    "naive": ["naive", "NAIVE"],
    "wind": ["wind", "Wind", "ｗｉｎｄ"],
}
texts_of_forms = st.lists(
    st.lists(
        st.sampled_from([(form, word) for form, words in SPELLINGS.items() for word in words]), max_size=8
    ),
    min_size=1,
    max_size=6,
).filter(any)


@settings(max_examples=100, deadline=None)
@given(texts_of_forms, st.randoms(use_true_random=False))
def test_counts_are_those_of_the_forms_however_words_are_spelled(documents, draw):
    vectorizer, found = counted([" ".join(word for _, word in words) for words in documents])
    by_form = defaultdict(Counter)
    for form, word in (pair for words in documents for pair in words):
        by_form[form][word.lower().replace("ｗｉｎｄ", "wind")] += 1
    shown = {form: min(words, key=lambda word: (-words[word], word)) for form, words in by_form.items()}
    expected = {
        shown[form]: [sum(form == other for other, _ in words) for words in documents] for form in by_form
    }
    assert found == dict(sorted(expected.items()))
    respelled = [" ".join(draw.choice(SPELLINGS[form]) for form, _ in words) for words in documents]
    assert transformed(vectorizer, respelled) == list(found.values())


def test_words_of_a_tokenizer_of_ones_own_are_counted_as_they_are():
    texts = ["Rain, rain", "rain STRASSE straße"]
    for tokenizer in ("whitespace", str.split):
        assert sorted(counted(texts, tokenizer=tokenizer)[1]) == ["Rain,", "STRASSE", "rain", "straße"]


@pytest.mark.parametrize(
    ("stop_words", "left"),
    [
        (["DON'T", "strasse"], ["wind"]),
        (["dont"], ["straße", "wind"]),
        (["winds"], ["don't", "straße", "wind"]),
    ],
)
def test_stop_words_are_dropped_in_any_spelling(stop_words, left):
    assert sorted(counted(["Don't wind straße"], stop_words=stop_words)[1]) == left


@pytest.mark.parametrize("tokenizer", ["whitespace", str.split])
@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2)])
def test_stop_words_are_dropped_in_any_spelling_where_words_are_counted_as_they_are(tokenizer, ngram_range):
    vectorizer, found = counted(
        ["The rain, The THE wind. the, rain,"],
        stop_words=["the"],
        tokenizer=tokenizer,
        ngram_range=ngram_range,
    )
    assert found == {"rain,": [2], "wind.": [1]}
    assert transformed(vectorizer, ["THE rain,"]) == [[1], [0]]


def test_chinese_stop_words_are_dropped_in_both_scripts_where_words_are_counted_as_they_are():
    texts = ["这个 天氣 這個 天气 погода"]
    assert counted(texts, "zh", stop_words=["这个"], tokenizer="whitespace")[1] == {"天气": [2]}


class TestDirt:
    TEXTS = (
        "<body class='a'>rain&nbsp;&amp; wind</body> https://example.org/http/amp",
        "@ann wind ann@example.org",
        "@ann wind ann@example.org",
    )

    def test_markup_addresses_and_mentions_are_no_words(self):
        vectorizer, found = counted(self.TEXTS)
        assert found == {"rain": [1, 0, 0], "wind": [1, 1, 1]}
        removed = {"markup": 4, "url": 1, "email": 2, "mention": 2}
        assert vectorizer.report_ == {"en": TextReport(3, 1, removed, {})}
        assert transformed(vectorizer, self.TEXTS) == list(found.values())

    def test_they_are_kept_on_request(self):
        vectorizer, found = counted(self.TEXTS, clean=())
        assert sorted(found) == [
            "amp", "ann", "body", "class", "example", "http", "https", "nbsp", "org", "rain", "wind"
        ]  # fmt: skip
        assert vectorizer.report_["en"].removed == {}

    def test_each_kind_may_be_chosen_for_a_language(self):
        vectorizer = CrossLingualVectorizer(**KEEP_ALL, clean={"en": ["url"]})
        vectorizer.fit([("https://example.org @ann", "en"), ("https://example.org @ann wind", "de")])
        words = {code: words.tolist() for code, words in vectorizer.vocabularies_.items()}
        assert words == {"de": ["wind"], "en": ["ann"]}

    def test_duplicates_are_counted_unless_that_is_unwanted(self):
        assert counted(["a rain", "rain", "a rain", "a rain"])[0].report_["en"].n_duplicates == 2
        vectorizer, _ = counted(["a rain", "a rain"], count_duplicates=False)
        assert vectorizer.report_["en"].n_duplicates is None

    @pytest.mark.parametrize("clean", ["url", ["links"], 3])
    def test_unknown_kinds_are_refused(self, clean):
        assert error_of(["rain"], clean=clean) == (
            "clean of language 'en' must be a collection of ['markup', 'url', 'email', 'mention']. "
            f"Got {clean!r}."
        )


class TestForeignWords:
    TEXTS = ("天气よい天气很好ニュース", "天气 weather погода")

    def test_words_in_a_foreign_script_are_left_out_and_reported(self):
        vectorizer, found = counted(self.TEXTS, "zh")
        assert found == {"weather": [0, 1], "天气": [2, 1], "很": [1, 0], "好": [1, 0]}
        foreign = vectorizer.report_["zh"].foreign
        assert foreign == {"Hira": 1, "Kana": 1, "Cyrl": 1}

    def test_they_are_kept_on_request_and_still_reported(self):
        vectorizer, found = counted(self.TEXTS, "zh", foreign_words="keep")
        assert found["погода"] == [0, 1]
        assert vectorizer.report_["zh"].foreign["Cyrl"] == 1

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("language", "text"),
        [("zh", "今天 Москва 和ветер"), ("th", "อากาศMoskva Москваดีветер"), ("ja", "Москваの天気ветер"),
         ("ko", "Москва의 날씨 ветер")],
    )  # fmt: skip
    def test_they_are_counted_by_the_word_where_a_dictionary_cuts_the_text(self, language, text):
        vectorizer, found = counted([text], language, foreign_words="keep")
        assert {"москва", "ветер"} < set(found)
        assert vectorizer.report_[language].foreign == {"Cyrl": 2}

    @settings(max_examples=100, deadline=None)
    @given(
        st.lists(
            st.sampled_from(["wind", "ветер", "άνεμος", "ветerok", "рюкзак", "風雨", "かぜ"]), max_size=20
        )
    )
    def test_what_is_left_is_in_the_scripts_of_the_language(self, words):
        text = " ".join(["дождь", *words])
        vectorizer, found = counted([text], "ru", tokenizer="spaced")
        own = [word for word in ["дождь", *words] if word in {"дождь", "wind", "ветер", "ветerok", "рюкзак"}]
        assert found == {word: [times] for word, times in sorted(Counter(own).items())}
        assert sum(vectorizer.report_["ru"].foreign.values()) == len(words) + 1 - len(own)

    def test_a_language_of_several_scripts_keeps_them_all(self):
        assert sorted(counted(["ветар vetar"], "sr")[1]) == ["vetar", "ветар"]
        assert sorted(counted(["shamol шамол"], "uz")[1]) == ["shamol", "шамол"]

    def test_a_language_whose_script_is_unknown_keeps_all(self):
        assert sorted(counted(["wind ветер"], "x-mine")[1]) == ["wind", "ветер"]

    def test_documents_in_another_script_altogether_are_explained(self):
        assert error_of(["сильный ветер"], "de") == (
            "The documents in 'de' (1) hold no word in its script, only in others (Cyrl 2). Correct their "
            "language, or keep such words: foreign_words={'de': 'keep'}."
        )

    def test_an_unknown_choice_is_refused(self):
        assert error_of(["rain"], foreign_words="count") == (
            "The 'foreign_words' parameter of CrossLingualVectorizer must be a str among {'drop', 'keep'}. "
            "Got 'count' instead."
        )


class TestScriptsWithoutSpaces:
    @pytest.mark.parametrize(
        ("text", "language", "script"),
        [
            ("明天有大雨和大风。", "en", "Chinese characters"),
            ("あしたはつよいあめがふる", "de", "kana"),
            ("วันนี้ฝนตกหนักมาก", "vi", "Thai"),
            ("ថ្ងៃនេះមានភ្លៀងធ្លាក់ខ្លាំង", "fr", "Khmer"),
            ("ມື້ນີ້ຝົນຕົກໜັກ", "x-mine", "Lao"),
            ("ဒီနေ့မိုးသည်းထန်စွာရွာသည်", "und", "Burmese"),
        ],
    )
    def test_they_are_never_cut_at_spaces_in_silence(self, text, language, script):
        assert error_of([text, text], language) == (
            f"The documents in {language!r} are mostly in {script}, without spaces between words: to cut them "
            "at spaces would make words of sentences. Correct their language, or pass a tokenizer: "
            f"tokenizer={{{language!r}: function}}, or 'whitespace' where words are already separated."
        )

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.sampled_from(["rain", "wind", "Wetter", "明天有大雨", "วันนี้ฝนตก", "あしたはあめ"]),
            min_size=1,
            max_size=12,
        ),
        st.sampled_from(["en", "de", "x-mine"]),
    )
    def test_a_text_is_refused_where_most_of_its_words_are_of_them_and_else_counted_whole(
        self, words, language
    ):
        n_unspaced = sum(not word.isascii() for word in words)
        if 2 * n_unspaced > len(words):
            assert "without spaces between words" in error_of([" ".join(words)], language)
        else:
            found = counted([" ".join(words)], language, foreign_words="keep")[1]
            assert found == {
                word: [number] for word, number in sorted(Counter(map(str.lower, words)).items())
            }

    def test_a_few_words_of_them_are_only_foreign(self):
        vectorizer, found = counted(["rain and wind 明天有大雨"])
        assert list(found) == ["and", "rain", "wind"]
        assert vectorizer.report_["en"].foreign == {"Hani": 1}

    def test_a_tokenizer_that_is_named_is_trusted(self):
        assert sorted(counted(["明天 有 大雨"], "x-mine", tokenizer="spaced")[1]) == ["大雨", "明天"]
        assert sorted(counted(["明天 有 大雨"], "x-mine", tokenizer="whitespace")[1]) == [
            "大雨",
            "明天",
            "有",
        ]

    @pytest.mark.parametrize("code", ["zho", "cmn", "yue", "zh-TW"])
    def test_every_code_of_chinese_cuts_it_into_words(self, code):
        assert sorted(counted(["明天有大雨和大风。"], code)[1]) == ["和", "大雨", "大风", "明天", "有"]


class TestChinese:
    SIMPLIFIED, TRADITIONAL = "网络电话和软件的价格很便宜", "網絡電話和軟件的價格很便宜"

    def test_traditional_and_simplified_are_one_word_in_the_script_of_the_documents(self):
        vectorizer, simplified = counted([self.SIMPLIFIED] * 5 + [self.TRADITIONAL], "zh")
        assert simplified["网络电话"] == [1] * 6
        assert transformed(vectorizer, [self.TRADITIONAL], "zh-TW") == [[1]] * len(simplified)
        vectorizer, traditional = counted([self.TRADITIONAL] * 5 + [self.SIMPLIFIED], "zh-Hant")
        assert traditional["網絡電話"] == [1] * 6
        assert transformed(vectorizer, [self.SIMPLIFIED], "zh-CN") == [[1]] * len(traditional)

    def test_a_word_that_occurs_in_the_other_script_alone_is_shown_as_the_others_are(self):
        assert "经济" in counted([self.SIMPLIFIED] * 5 + ["經濟"], "zh")[1]

    def test_they_stay_apart_on_request(self):
        found = counted([self.SIMPLIFIED, self.TRADITIONAL], "zh", chinese_variants="keep")[1]
        assert found["网络电话"] == [1, 0]
        assert found["網絡電話"] == [0, 1]

    def test_segmented_text_is_merged_too(self):
        texts = [" ".join("网络 电话"), "网络 電話 电话"]
        assert counted(texts, "zh", tokenizer="whitespace")[1]["电话"] == [0, 2]


class TestInflections:
    TEXTS = ("Prozess Prozesse", "Prozesses Prozesse Haus")

    def test_they_are_one_word_on_request_shown_by_the_most_frequent_form(self):
        vectorizer, found = counted(self.TEXTS, "de", merge_inflections=True)
        assert found == {"haus": [0, 1], "prozesse": [2, 2]}
        assert transformed(vectorizer, ["Prozess Häuser"], "de") == [[1], [1]]

    def test_they_are_words_of_their_own_otherwise(self):
        assert sorted(counted(self.TEXTS, "de")[1]) == ["haus", "prozess", "prozesse", "prozesses"]

    def test_stop_words_are_not_stemmed(self):
        found = counted(["news new having"], stop_words=["new", "have"], merge_inflections=True)[1]
        assert sorted(found) == ["having", "news"]

    def test_transform_leaves_out_what_fit_left_out_and_takes_no_stem_for_a_word(self):
        texts = ["the inn used inning", "us innings uses", "inn having"]
        vectorizer, found = counted(texts, stop_words=["inn", "having"], merge_inflections=True)
        assert found == {"inning": [1, 1, 0], "the": [1, 0, 0], "us": [0, 1, 0], "used": [1, 1, 0]}
        assert transformed(vectorizer, texts) == list(found.values())

    def test_stop_words_changed_after_fit_do_not_change_transform(self):
        vectorizer, found = counted(["new news"], stop_words=["new"], merge_inflections=True)
        vectorizer.set_params(stop_words=["news"])
        assert transformed(vectorizer, ["new news"]) == list(found.values()) == [[1]]

    def test_a_language_without_a_stemmer_is_refused(self):
        assert error_of(["mưa"], "vi", merge_inflections=True).startswith(
            "There is no stemmer for language 'vi', only for ['ar', "
        )


class TestNgrams:
    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(st.text(alphabet="abc ", max_size=20), min_size=1, max_size=5),
        st.sampled_from([(1, 1), (1, 2), (2, 3), (3, 3)]),
    )
    def test_they_are_those_of_a_count_vectorizer(self, texts, ngram_range):
        oracle = CountVectorizer(
            tokenizer=str.split, token_pattern=None, lowercase=False, ngram_range=ngram_range
        )
        try:
            counts = oracle.fit_transform(texts).toarray()
        except ValueError:
            error_of(texts, tokenizer="whitespace", ngram_range=ngram_range)
            return
        vectorizer, found = counted(texts, tokenizer="whitespace", ngram_range=ngram_range)
        assert list(found) == oracle.get_feature_names_out().tolist()
        assert np.array_equal(np.array(list(found.values())), counts.T)
        assert transformed(vectorizer, texts) == counts.T.tolist()

    def test_none_begins_or_ends_with_a_stop_word(self):
        found = counted(["the House of Cards"], stop_words=["the", "of"], ngram_range=(1, 3))[1]
        assert list(found) == ["cards", "house", "house of cards"]

    def test_each_word_of_one_is_folded_and_stemmed(self):
        texts = ["New Houses", "new house", "NEW HOUSE"]
        assert counted(texts, ngram_range=(2, 2), merge_inflections=True)[1] == {"new house": [1, 1, 1]}

    def test_a_word_with_a_space_is_one_word_and_refused_where_two_words_are_counted_as_one(self):
        cut = re.compile(r"New York|\w+").findall
        found = counted(["rain in New York"], tokenizer=cut, stop_words=["New"])[1]
        assert found == {"New York": [1], "in": [1], "rain": [1]}
        assert error_of(["rain in New York"], tokenizer=cut, ngram_range=(1, 2)) == (
            "The tokenizer of language 'en' returned 'New York', a word with a space, which ngram_range=(1, 2) "
            "cannot tell from two. Let it return 'New_York', or set ngram_range=(1, 1)."
        )

    @pytest.mark.parametrize("ngram_range", [2, (0, 1), (2, 1), (1, 2, 3), "12"])
    def test_a_wrong_range_is_refused(self, ngram_range):
        assert error_of(["rain"], ngram_range=ngram_range) == (
            "ngram_range of language 'en' must be two ints of at least 1, the least first. "
            f"Got {ngram_range!r}."
        )


def test_parameters_by_language_are_read_by_any_code_of_it():
    documents = [("chuva forte", "pt-BR"), ("chuva", "pt-PT"), ("rain", "EN"), ("rain", "eng")]
    vectorizer = CrossLingualVectorizer(
        min_df={"pt_BR": 2, "ENG": 2}, max_df=1.0, stop_words=None, languages=["pt-BR", "EN"]
    ).fit(documents)
    assert {code: words.tolist() for code, words in vectorizer.vocabularies_.items()} == {
        "pt": ["chuva"],
        "en": ["rain"],
    }


@pytest.mark.parametrize(
    ("code", "listed"), [("nb", "no"), ("nn", "no"), ("tgl", "tl"), ("fil", "tl"), ("pt-BR", "pt")]
)
def test_stop_words_are_found_by_any_code_of_the_language(code, listed):
    words = (word for word in stopwordsiso.stopwords(listed) if word.isascii() and word.isalpha())
    word = min(word for word in words if len(word) > 2)  # one that is no letter
    vectorizer = CrossLingualVectorizer(min_df=1, max_df=1.0).fit([(f"zyx {word}", code)])
    (words,) = vectorizer.vocabularies_.values()
    assert words.tolist() == ["zyx"]


def test_words_of_an_older_vocabulary_are_found_by_their_forms():
    vectorizer, _ = counted(["rain"], "de")
    vectorizer._set_vocabularies({"de": np.array(["dont", "strasse", "貓", "猫"], dtype=object)})
    assert transformed(vectorizer, ["Don't Straße straße STRASSE"], "de") == [[1], [3], [0], [0]]


SETTINGS = [
    {},
    {"stop_words": None},
    {"merge_inflections": {"en": True}},
    {"merge_inflections": {"en": True}, "stop_words": None},
    {"merge_inflections": {"en": True}, "ngram_range": (1, 2)},
    {"merge_inflections": {"en": True}, "max_features": 100},
    {"merge_inflections": {"en": True}, "tokenizer": {"en": "whitespace"}, "foreign_words": "keep"},
    {"chinese_variants": "keep", "clean": ()},
    {"ngram_range": (2, 3), "min_df": 1},
]


@pytest.mark.parametrize("parameters", SETTINGS, ids=str)
def test_transform_of_the_training_documents_gives_the_counts_of_fit(parameters):
    corpus = load_sample("train", languages=["en", "zh", "ja"]).corpus
    corpus = Corpus(corpus.language, text=corpus.text)
    vectorizer = CrossLingualVectorizer(**parameters)
    expected = vectorizer.fit_transform(corpus)
    assert (vectorizer.transform(corpus).counts != expected.counts).nnz == 0
    parts = list(vectorizer.transform_shards([corpus[:300], corpus[300:]]))
    assert (Corpus.concatenate(parts).counts != expected.counts).nnz == 0


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(
                ["us", "used", "using", "use", "the", "inn", "inning", "in", "news", "new", "don't天", "ПРО"]
            ),
            max_size=6,
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([None, ["new"], ["inning", "us"], ["use"]]),
    st.sampled_from(["drop", "keep"]),
    st.sampled_from([(1, 1), (1, 2)]),
    st.sampled_from([None, 2]),
)
def test_transform_gives_the_counts_of_fit_where_stems_are_words(
    documents, stop_words, foreign_words, ngram_range, max_features
):
    texts = [" ".join(words) for words in documents]
    parameters = {
        "stop_words": stop_words,
        "foreign_words": foreign_words,
        "ngram_range": ngram_range,
        "max_features": max_features,
        "merge_inflections": True,
    }
    try:
        vectorizer, found = counted(texts, **parameters)
    except InputError:
        return
    assert transformed(vectorizer, texts) == list(found.values())
