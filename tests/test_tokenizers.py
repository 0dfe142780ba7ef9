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
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm import tokenizers
from skxtm.datasets import load_sample
from skxtm.exceptions import InputError, MissingDependencyError
from skxtm.tokenizers import (
    TOKENIZERS,
    get_tokenizer,
    primary_code,
    tokenize_chinese,
    tokenize_elided,
    tokenize_japanese,
    tokenize_spaced,
    tokenize_whitespace,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Rain, rain and WIND.", ["rain", "rain", "and", "wind"]),
        ("don't can’t rock'n'roll", ["dont", "cant", "rocknroll"]),
        ("I a b ok", ["ok"]),
        ("1984 3.14 __ -- !? 3d x_1", ["3d", "x_1"]),
        ("ﬁlm Ｗｉｄｅ Straße", ["film", "wide", "strasse"]),
        ("Zeitungs\u00adartikel", ["zeitungsartikel"]),
        ("пʼять п'ять Москва", ["пять", "пять", "москва"]),
        ("हिन्दी में समाचार", ["हिन्दी", "में", "समाचार"]),
        ("İstanbul ISTANBUL", ["istanbul", "istanbul"]),
        ("می\u200cخواهم", ["میخواهم"]),
        ("비가 온다", ["비가", "온다"]),
        ("\0wet\ud800 sand", ["wet", "sand"]),
        ("", []),
    ],
)
def test_spaced_text_is_cut_into_folded_words(text, words):
    assert tokenize_spaced(text) == words


def test_an_elided_article_is_no_part_of_its_noun():
    assert tokenize_elided("L’été, l'eau; dell'acqua") == ["été", "eau", "dell", "acqua"]
    assert tokenize_elided("aujourd'hui quelqu’un") == ["aujourdhui", "quelquun"]


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
    ("function", "text"), [(tokenize_chinese, "天气很好"), (tokenize_japanese, "天気が良い")]
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
    for char in [*text.lower().replace("'", ""), " "]:
        if char.isalnum() or char == "_":
            word += char
            continue
        if len(word) > 1 and re.search("[a-z]", word):
            words.append(word)
        word = ""
    assert tokenize_spaced(text) == words


@pytest.mark.parametrize("name", ["spaced", "elided", "chinese", "japanese"])
@settings(max_examples=50, deadline=None)
@given(text=st.text(st.characters(exclude_categories=())))
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
        ("ko", tokenize_spaced),
        ("fr", tokenize_elided),
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


@pytest.mark.parametrize("code", ["th", "km", "lo", "my"])
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
        f"tokenizer='auto' does not know the language '{code}'. Language codes are ISO 639-1: did you mean "
        f"'{meant}'?"
    )


@pytest.mark.parametrize("tokenizer", ["jieba", 3, ["spaced"], None])
def test_an_unknown_tokenizer_is_refused(tokenizer):
    with pytest.raises(InputError) as error:
        get_tokenizer(tokenizer, "en")
    assert str(error.value) == (
        "tokenizer must be 'auto', one of ['spaced', 'elided', 'chinese', 'japanese', 'whitespace'] or a "
        f"callable. Got {tokenizer!r}."
    )


def test_the_primary_code_is_the_language_alone():
    assert [primary_code(code) for code in ("zh", "zh-Hant-TW", "pt_BR", "EN")] == ["zh", "zh", "pt", "en"]


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
    ],
)
def test_a_missing_segmenter_is_reported_with_its_extra(
    monkeypatch, function, cache, package, extra, purpose
):
    def import_without_package(name, _import=importlib.import_module):
        if name == package:
            raise ModuleNotFoundError(f"No module named {name!r}")
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
    optional = "{'rjieba', 'fugashi', 'unidic_lite', 'torch'}"
    code = f"import sys, skxtm.tokenizers; print({optional} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
