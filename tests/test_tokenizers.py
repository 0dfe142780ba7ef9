"""Words of each family of scripts, and rjieba held to jieba."""

import importlib
import itertools
import pickle
import re
import string
import subprocess
import sys
import unicodedata
import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skxtm import tokenizers
from skxtm.datasets import load_sample
from skxtm.exceptions import InputError, MissingDependencyError
from skxtm.tokenizers import (
    TOKENIZERS,
    get_tokenizer,
    tokenize_chinese,
    tokenize_elided,
    tokenize_french,
    tokenize_german,
    tokenize_hebrew,
    tokenize_japanese,
    tokenize_korean,
    tokenize_spaced,
    tokenize_thai,
    tokenize_turkic,
    tokenize_whitespace,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Rain, rain and WIND.", ["rain", "rain", "and", "wind"]),
        ("don't can’t rock'n'roll", ["don't", "can’t", "rock'n'roll"]),
        ("I a b ok", ["ok"]),
        ("1984 3.14 __ -- !? 3d x_1", ["3d", "x_1"]),
        ("ﬁlm Ｗｉｄｅ Straße", ["film", "wide", "straße"]),
        ("Zeitungs\u00adartikel", ["zeitungsartikel"]),
        ("пʼять п'ять Москва", ["пʼять", "п'ять", "москва"]),
        ("हिन्दी में समाचार", ["हिन्दी", "में", "समाचार"]),
        ("İstanbul ISTANBUL", ["istanbul", "istanbul"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("비가 온다", ["비가", "온다"]),
        ("\0wet\ud800 sand", ["wet", "sand"]),
        ("", []),
    ],
)
def test_spaced_text_is_cut_into_words_of_small_letters(text, words):
    assert tokenize_spaced(text) == words


@pytest.mark.parametrize(
    ("function", "text", "words"),
    [
        (tokenize_spaced, "ශ්\u200dරී ලංකා", ["ශ්\u200dරී", "ලංකා"]),
        (
            tokenize_spaced,
            "c'hoar комп'ютер don´t ‘quoted’ dogs'",
            ["c'hoar", "комп'ютер", "don't", "quoted", "dogs"],
        ),
        (tokenize_spaced, "oʻzbek o'zbek", ["oʻzbek", "o'zbek"]),
        (tokenize_elided, "El col·legi coŀlegi", ["el", "col·legi", "col·legi"]),
        (tokenize_turkic, "IŞIK İstanbul", ["ışık", "istanbul"]),
        (tokenize_hebrew, 'חיילי צה"ל ב"ארץ": "שלום"', ["חיילי", 'צה"ל', 'ב"ארץ', "שלום"]),
        (tokenize_japanese, "ルピー", ["ルピー"]),
        (tokenize_chinese, "明天有大雨和大风。", ["明天", "有", "大雨", "和", "大风"]),
        (tokenize_chinese, "臺灣的網絡電話", ["臺灣", "的", "網絡電話"]),
    ],
)
def test_spelling_is_kept_as_people_write_it(function, text, words):
    assert function(text) == words


@pytest.mark.slow
@pytest.mark.parametrize("function", [tokenize_chinese, tokenize_japanese, tokenize_korean, tokenize_thai])
def test_words_of_other_scripts_and_latin_ones_with_accents_stay_whole(function):
    words = ["zürich", "café", "łódź", "москва", "şalom", "समाचार", "ქართული", "tiếng", "istanbul"]
    assert function("Zürich CAFÉ Łódź, Москва (Şalom) समाचार/ქართული tiếng İstanbul") == words


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "text", "words"),
    [
        (tokenize_chinese, "我在Zürich的café买T恤", ["我", "在", "zürich", "的", "café", "买", "t恤"]),
        (tokenize_chinese, "網絡Łódź電話", ["網絡", "łódź", "電話"]),
        (tokenize_chinese, "\U00020000café", ["\U00020000", "café"]),
        (tokenize_chinese, "α射线", ["α", "射线"]),
        (tokenize_korean, "친구가 Łódź에서 Москва로 갔다", ["친구", "łódź", "москва", "가다"]),
        (tokenize_thai, "อากาศในZürichดี", ["อากาศ", "ใน", "zürich", "ดี"]),
    ],
)
def test_what_is_around_a_foreign_word_is_cut_as_ever(function, text, words):
    assert function(text) == words


@pytest.mark.slow
def test_korean_is_cut_into_words_without_particles_and_endings():
    assert tokenize_korean("대통령은 한국을 방문했다.") == ["대통령", "한국", "방문"]
    assert tokenize_korean("비가 많이 온다!") == ["비", "많이", "오다"]


@pytest.mark.slow
def test_korean_numbers_and_symbols_are_dropped_and_widths_are_folded():
    assert tokenize_korean("ＣＤ 3장을 샀다ㅋㅋㅋ (^^)") == ["cd", "장", "사다"]


@pytest.mark.slow
def test_thai_is_cut_into_words_of_the_dictionary():
    assert tokenize_thai("วันนี้ฝนตกหนักมากที่กรุงเทพมหานคร") == ["วันนี้", "ฝน", "ตกหนัก", "มาก", "ที่", "กรุงเทพมหานคร"]


def test_thai_vowels_stay_whole_and_numbers_are_dropped():
    words = tokenize_thai("เขาทำงาน 12 ชั่วโมง, ดื่มน้ำ ๓ แก้ว ＣＤ")
    assert words == ["เขา", "ทำงาน", "ชั่วโมง", "ดื่ม", "น้ำ", "แก้ว", "cd"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "text"), [(tokenize_korean, "비가 온다. "), (tokenize_thai, "ฝนตกหนักมาก")]
)
def test_long_korean_and_thai_texts_are_cut_like_short_ones(function, text):
    assert function(text * 5_000) == function(text) * 5_000


def test_an_elided_article_is_no_part_of_its_noun():
    assert tokenize_elided("L’été, l'eau; dell'acqua") == ["été", "eau", "dell", "acqua"]
    assert tokenize_elided("aujourd'hui quelqu’un") == ["aujourd'hui", "quelqu’un"]


@pytest.mark.parametrize("mark", ["*", ":", "_", "/", "/-", "·"])
def test_a_german_word_for_both_genders_is_one_word(mark):
    text = f"Die Mitarbeiter{mark}innen und ÄRZT{mark}INNEN."
    assert tokenize_german(text) == ["die", "mitarbeiterinnen", "und", "ärztinnen"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("jede Lehrer*in, jede:r Kund:in, Autor_in", ["jede", "lehrerin", "jede", "kundin", "autorin"]),
        ("Bürger:innenrat", ["bürgerinnenrat"]),
        ("von außen/innen, Außen:innen", ["von", "außen", "innen", "außen", "innen"]),
        ("Hotel/in der Stadt, Stadt/Innenhof", ["hotel", "in", "der", "stadt", "stadt", "innenhof"]),
        ("Thema:international *innen* 1:in", ["thema", "international", "innen", "in"]),
        ("L'été: don't", ["l'été", "don't"]),
    ],
)
def test_other_german_text_is_cut_as_spaced_text_is(text, words):
    assert tokenize_german(text) == words


def test_a_french_word_for_both_genders_is_one_word_and_catalan_keeps_its_dots():
    text = "Les étudiant·e·s, l'auteur·ice aujourd'hui"
    assert tokenize_french(text) == ["les", "étudiantes", "auteurice", "aujourd'hui"]
    assert get_tokenizer("auto", "ca")("la col·lecció") == ["la", "col·lecció"]


def test_chinese_is_cut_into_words_of_the_dictionary():
    assert tokenize_chinese("今天北京下大雨，气温只有3.5度。") == [
        "今天",
        "北京",
        "下",
        "大雨",
        "气温",
        "只有",
        "度",
    ]


def test_chinese_words_with_latin_letters_stay_whole_and_are_folded():
    assert tokenize_chinese("他买了Ｔ恤和A股。") == ["他", "买", "了", "t恤", "和", "a股"]


@pytest.mark.parametrize("char", ["\0", "\u200b", "\ufeff", "\ud800"])
@pytest.mark.parametrize(
    ("function", "text"),
    [
        (tokenize_chinese, "天气很好"),
        (tokenize_japanese, "天気が良い"),
        (tokenize_korean, "날씨가 좋다"),
        (tokenize_thai, "อากาศดี"),
    ],
)
def test_an_invisible_character_does_not_cut_a_word(function, text, char):
    assert function(text[0] + char + text[1:]) == function(text)


def test_japanese_is_cut_into_short_units_as_written():
    assert tokenize_japanese("今日はとても良い天気です。") == ["今日", "は", "とても", "良い", "天気", "です"]


def test_japanese_numbers_and_symbols_are_dropped_and_widths_are_folded():
    words = tokenize_japanese("ＣＤを3枚、ﾗｰﾒﾝも買った！！ーーー(笑)")
    assert words == ["cd", "を", "枚", "ラーメン", "も", "買っ", "た", "笑"]


def test_japanese_text_that_would_crash_mecab_is_cut_in_pieces():
    assert tokenize_japanese("今日は雨" * 300_000) == ["今日", "は", "雨"] * 300_000


def test_japanese_pieces_end_where_sentences_end():
    sentence = "今日は雨が降った。"
    assert tokenize_japanese(sentence * 4_000) == tokenize_japanese(sentence) * 4_000


def test_japanese_pieces_lose_nothing_where_no_sentence_ends():
    text = "カタカナ" * 5_000
    assert "".join(tokenize_japanese(text)) == text


@given(st.text())
def test_whitespace_changes_nothing_but_cuts(text):
    assert tokenize_whitespace(text) == text.split()


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet=string.printable))
def test_spaced_ascii_text_equals_a_character_by_character_reading(text):
    words, word = [], ""
    for char in [*text.lower(), " "]:
        if char.isalnum() or char == "_" or (word and char in "'`"):
            word += char
            continue
        word = word.rstrip("'`")
        if len(word) > 1 and re.search("[a-z]", word):
            words.append(word)
        word = ""
    assert tokenize_spaced(text) == words


@pytest.mark.parametrize(
    "name",
    ["spaced", "elided", "french", "german", "turkic", "hebrew", "chinese", "japanese", "korean", "thai"],
)
@settings(max_examples=50, deadline=None)
@given(text=st.text(st.characters(exclude_categories=())))
@example(text="\x85A")
@example(text="\U00010009")
def test_every_word_holds_a_letter_and_no_space_whatever_the_text(name, text):
    for word in TOKENIZERS[name](text):
        assert any(unicodedata.category(char)[0] == "L" for char in word)
        assert not re.search(r"\s", word)


TIMES = ["今天早上", "昨天晚上", "上个周末", "去年冬天", "下个月", "暑假里", "会议结束以后", "雨停了之后"]
PEOPLE = [
    "我们的邻居", "一位年轻的医生", "几名大学生", "小镇上的面包师", "公司的工程师", "图书馆管理员",
    "村里的老人", "足球队的守门员", "出租车司机", "我的妹妹", "新来的老师", "当地的农民",
]  # fmt: skip
PLACES = ["在河边", "在火车站附近", "从机场", "在三楼的办公室里", "在网上"]
ACTIONS = [
    "买了两张去海边的车票。", "讨论了明年的预算，没有达成一致。", "发现手机的电池坏了！",
    "教孩子们怎样种西红柿。",
    "等了四十五分钟，公交车还是没来。", "用iPad看完了一部关于火山的纪录片。", "说天气预报又不准了。",
    "修好了漏水的屋顶，花了3.5小时。", "打算学习弹吉他和游泳。", "写了一封感谢信寄给消防员。",
]  # fmt: skip


@pytest.fixture(scope="module")
def jieba_words():
    """What `tokenize_chinese` should return, by jieba, which warns when it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        jieba = pytest.importorskip("jieba")
        segmenter = jieba.Tokenizer()
        jieba.setLogLevel("ERROR")
        segmenter.initialize()

    def words(text):
        cut = segmenter.lcut(unicodedata.normalize("NFKC", text))
        return [word.casefold() for word in cut if any(char.isalpha() for char in word)]

    return words


def agreement(texts, reference):
    """Share of texts whose lists of words are identical."""
    return sum(tokenize_chinese(text) == reference(text) for text in texts) / len(texts)


@pytest.mark.slow
def test_rjieba_agrees_with_jieba_on_written_sentences(jieba_words):
    texts = ["".join(parts) for parts in itertools.product(TIMES, PEOPLE, PLACES, ACTIONS)]
    assert len(set(texts)) == 4_800
    assert agreement(texts, jieba_words) >= 0.999


def test_rjieba_agrees_with_jieba_on_the_bundled_sample(jieba_words):
    texts = load_sample("all", languages=["zh"]).corpus.text
    assert agreement(texts, jieba_words) >= 0.999


def test_rjieba_agrees_with_jieba_on_ec_news(jieba_words, data_home):
    with (data_home / "ec_news" / "train_texts_cn.txt").open(encoding="utf-8") as lines:
        texts = [line.replace(" ", "").strip() for line in itertools.islice(lines, 5_000)]
    assert len(texts) == 5_000
    assert agreement(texts, jieba_words) >= 0.999


@pytest.mark.parametrize(
    ("language", "function"),
    [
        ("en", tokenize_spaced),
        ("ko", tokenize_korean),
        ("tha", tokenize_thai),
        ("yue", tokenize_chinese),
        ("zho", tokenize_chinese),
        ("cmn", tokenize_chinese),
        ("zh-TW", tokenize_chinese),
        ("zh-Latn", tokenize_spaced),
        ("jpn", tokenize_japanese),
        ("tr", tokenize_turkic),
        ("aze", tokenize_turkic),
        ("iw", tokenize_hebrew),
        ("pt-BR", tokenize_spaced),
        ("fur", tokenize_elided),
        ("srd", tokenize_elided),
        ("x-mine", tokenize_spaced),
        ("fr", tokenize_french),
        ("fra", tokenize_french),
        ("de-AT", tokenize_german),
        ("oc", tokenize_elided),
        ("ca", tokenize_elided),
        ("nl", tokenize_spaced),
        ("it", tokenize_elided),
        ("zh", tokenize_chinese),
        ("zh-Hant", tokenize_chinese),
        ("ja_JP", tokenize_japanese),
    ],
)
def test_auto_chooses_by_language(language, function):
    assert get_tokenizer("auto", language) is function


@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_tokenizer_may_be_named_for_any_language(name):
    assert get_tokenizer(name, "th") is TOKENIZERS[name]


def test_a_callable_is_taken_as_it_is():
    assert get_tokenizer(str.split, "th") is str.split


@pytest.mark.parametrize("code", ["khm", "km", "lo", "my", "mya"])
def test_auto_refuses_scripts_without_spaces(code):
    with pytest.raises(InputError) as error:
        get_tokenizer("auto", code)
    assert str(error.value) == (
        f"tokenizer='auto' cannot cut '{code}' into words, because its script puts no spaces between them. "
        f"Pass a callable that returns the words of a text: tokenizer={{'{code}': function}}."
    )


@pytest.mark.parametrize(("code", "meant"), [("cn", "zh"), ("jp", "ja")])
def test_auto_refuses_country_codes(code, meant):
    with pytest.raises(InputError) as error:
        get_tokenizer("auto", code)
    assert str(error.value) == (
        f"The language code '{code}' is no code of ISO 639 or BCP 47: did you mean '{meant}'? Codes are such as "
        "'en', 'deu' or 'pt-BR'; a language of your own may be called 'x-mine'."
    )


@pytest.mark.parametrize("tokenizer", ["jieba", 3, ["spaced"], None])
def test_an_unknown_tokenizer_is_refused(tokenizer):
    with pytest.raises(InputError) as error:
        get_tokenizer(tokenizer, "en")
    assert str(error.value) == (
        "tokenizer must be 'auto', one of ['spaced', 'elided', 'french', 'german', 'turkic', 'hebrew', "
        f"'chinese', 'japanese', 'korean', 'thai', 'whitespace'] or a callable. Got {tokenizer!r}."
    )


@pytest.mark.parametrize("function", TOKENIZERS.values())
def test_tokenizers_are_pickled_by_name_even_after_use(function):
    function("雨")
    assert pickle.loads(pickle.dumps(function)) is function


@pytest.mark.parametrize(
    ("function", "cache", "package", "extra", "purpose"),
    [
        (tokenize_chinese, "_chinese_segmenter", "rjieba", "zh", "Segmenting Chinese"),
        (tokenize_japanese, "_japanese_segmenter", "fugashi", "ja", "Segmenting Japanese"),
        (tokenize_japanese, "_japanese_segmenter", "unidic_lite", "ja", "Segmenting Japanese"),
        (tokenize_korean, "_korean_segmenter", "kiwipiepy", "ko", "Segmenting Korean"),
        (tokenize_thai, "_thai_segmenter", "pythainlp", "th", "Segmenting Thai"),
    ],
)
def test_a_missing_segmenter_is_reported_with_its_extra(
    monkeypatch, function, cache, package, extra, purpose
):
    def import_without_package(name, _import=importlib.import_module):
        if name.split(".")[0] == package:
            raise ModuleNotFoundError(f"No module named {package!r}")
        return _import(name)

    getattr(tokenizers, cache).cache_clear()
    monkeypatch.setattr(importlib, "import_module", import_without_package)
    with pytest.raises(MissingDependencyError) as error:
        function("雨")
    assert str(error.value) == (
        f"{purpose} needs the package {package!r}, which cannot be imported (No module named {package!r}). "
        f"Install it with: pip install 'skxtm[{extra}]'."
    )


def test_importing_the_tokenizers_imports_no_segmenter():
    optional = "{'rjieba', 'fugashi', 'unidic_lite', 'opencc', 'kiwipiepy', 'pythainlp', 'torch'}"
    code = f"import sys, skxtm.tokenizers; print({optional} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
