"""Fonts that have the letters of many scripts."""

import warnings

import matplotlib
import pytest
from matplotlib import font_manager, pyplot

from skxtm.exceptions import FontWarning
from skxtm.plotting import TopicWordsDisplay
from skxtm.plotting._fonts import Fonts

WORDS = {
    "en": ["rain", "wind"],
    "fr": ["château", "œuvre"],
    "zh": ["天气", "下雨"],
    "ja": ["天気", "オーケストラ"],
    "ko": ["날씨", "비"],
    "ar": ["كتاب", "مدرسة"],
    "th": ["ฝน", "ลม"],
    "hi": ["किताब"],
}
SHAPES = matplotlib.__version_info__ >= (3, 11)


def display(*codes):
    words = {code: [(word, 0.5) for word in WORDS[code]] for code in codes}
    return TopicWordsDisplay([words], [3], ["rain"], {})


def is_there(code):
    """Whether some installed font has all letters of the words; found by trying each file."""
    needed = set(map(ord, "".join(WORDS[code])))
    for font in font_manager.fontManager.ttflist:
        if "Last Resort" not in font.name and font.style == "normal" and font.weight in (400, "normal"):
            path = font_manager.findfont(font_manager.FontProperties(family=[font.name]))
            if needed <= set(font_manager.get_font(path).get_charmap()):
                return True
    return False


@pytest.mark.parametrize("code", [code for code in WORDS if code != "fr"])
def test_words_are_drawn_without_a_warning_where_a_font_is_there(code):
    if not is_there(code):
        pytest.skip(f"no font has the letters of {code}")
    if code in ("ar", "hi") and not SHAPES:
        with pytest.warns(FontWarning, match="neither joined nor put in order"):
            shown = display("fr", code).plot()
    else:
        shown = display("fr", code).plot()
    shown.figure_.canvas.draw()  # a missing glyph would be a warning, and so an error
    texts = [label.get_text() for label in shown.axes_[0, 1].get_yticklabels()]
    assert texts == WORDS[code]


def test_scripts_without_a_font_are_named_in_one_warning_and_drawn_as_boxes(only_dejavu):
    with pytest.warns(FontWarning) as caught:
        shown = display("en", "zh", "ja", "th", "hi").plot()
    assert [str(warning.message) for warning in caught] == [
        "No font that matplotlib finds has all characters of CJK, Devanagari, Katakana, Thai: those without a "
        "glyph are drawn as boxes. Install one that has, such as Noto Sans CJK and Noto Sans Devanagari and "
        "Noto Sans Thai."
    ]
    assert caught[0].filename == __file__
    shown.figure_.canvas.draw()
    assert [label.get_text() for label in shown.axes_[0, 1].get_yticklabels()] == ["□□", "□□"]
    assert [label.get_text() for label in shown.axes_[0, 0].get_yticklabels()] == WORDS["en"]


def test_a_language_has_its_own_shapes_of_characters():
    known = {font.name for font in font_manager.fontManager.ttflist}
    if not {"Noto Sans CJK SC", "Noto Sans CJK JP"} <= known:
        pytest.skip("the fonts of Noto for Chinese and Japanese are not both installed")
    fonts = Fonts({"zh": ["直"], "ja": ["直"], "en": ["straight"]})
    own = list(matplotlib.rcParams["font.family"])
    assert fonts.style("zh")["fontfamily"] == [*own, "Noto Sans CJK SC"]
    assert fonts.style("ja")["fontfamily"] == [*own, "Noto Sans CJK JP"]
    assert fonts.style("en")["fontfamily"] == own


def test_the_user_s_own_font_is_taken_as_long_as_it_has_the_letters():
    with pyplot.rc_context({"font.family": ["DejaVu Serif", "DejaVu Sans Mono"]}):
        assert Fonts({"": ["rain"]}).style()["fontfamily"] == ["DejaVu Serif", "DejaVu Sans Mono"]


def test_a_font_installed_since_matplotlib_made_its_list_is_found(monkeypatch):
    manager = font_manager.fontManager
    cjk = [font for font in manager.ttflist if "CJK" in font.name]
    if not cjk:
        pytest.skip("no font of Noto for Chinese is installed")
    monkeypatch.setattr(manager, "ttflist", [font for font in manager.ttflist if font not in cjk])
    fonts = Fonts({"zh": ["天气"]})
    assert fonts.shown("天气") == "天气"
    assert fonts.style("zh")["fontfamily"][-1].startswith("Noto")


def test_marks_that_nobody_sees_are_left_out_without_a_warning(only_dejavu):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (
            Fonts({"": ["rain\U000e0041fall\u3000x\x07"]}).shown("rain\U000e0041fall\u3000x\x07")
            == "rainfall x"
        )


def test_symbols_and_unknown_characters_are_boxes_too(only_dejavu):
    with pytest.warns(FontWarning, match=r"all characters of Symbols: .* such as Noto Sans Symbols\.$"):
        assert Fonts({"": ["🦜 rain"]}).shown("🦜 rain") == "□ rain"


def test_dollar_signs_and_backslashes_are_characters_like_others():
    shown = TopicWordsDisplay([{"en": [("$x_1$", 0.5), (r"\frac", 0.1)]}], [0], ["$a$ $\\b$"], {}).plot()
    shown.figure_.canvas.draw()
    assert not shown.axes_[0, 0].get_yticklabels()[0].get_parse_math()


@pytest.mark.skipif(not SHAPES, reason="matplotlib puts nothing in order")
def test_a_label_that_begins_from_right_to_left_is_still_read_from_left_to_right():
    fonts = Fonts({"": ["كتاب"]})
    assert fonts.label(0, "كتاب", "") == "\u200e0  كتاب"
    assert fonts.label(0, "book") == "0  book"
