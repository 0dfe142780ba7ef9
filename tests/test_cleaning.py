"""Markup, addresses and mentions are removed from text, and nothing else is."""

import re
import subprocess
import sys
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.cleaning import KINDS, TextReport, clean_text


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("rain&nbsp;and&#160;wind &amp; sun&#x21;", "rain and wind & sun!", {"markup": 4}),
        ("&amp;nbsp;rain &amp;lt;br&amp;gt;", "rain", {"markup": 4}),
        ('<body class="wet">rain</body><br/>sun', "rain sun", {"markup": 3}),
        ("&lt;p&gt;rain&lt;/p&gt;", "rain", {"markup": 6}),
        ("<!-- no --><style>p {color: red}</style>rain<script>if (a < b) {}</script>", "rain", {"markup": 3}),
        ("<!DOCTYPE html><?xml version='1'?>rain", "rain", {"markup": 2}),
        ("see https://example.org/a?b=1&c=2#d.", "see", {"url": 1}),
        ("(www.example.org) ftp://example.org", "(", {"url": 2}),
        ("见http://example.org/天气预报", "见 天气预报", {"url": 1}),
        ('<a href="https://example.org/a">rain</a>', "rain", {"markup": 2}),
        ("write to ann.b+c@mail.example.org, please", "write to , please", {"email": 1}),
        ("@ann_b: rain, says @人民日报", ": rain, says", {"mention": 2}),
        ("@annさんは雨", "さんは雨", {"mention": 1}),
        ("AT&T, R&D; 3 < 4 > 2, I <3 rain, a@b, #rain &unknown;", None, {}),
    ],
)
def test_what_is_no_word_is_replaced_and_counted(text, words, found):
    clean, numbers = clean_text(text)
    assert clean.split() == (text if words is None else words).split()
    assert numbers == found


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_removed_alone(kind):
    text = "<b> https://example.org ann@example.org @ann"
    kept = {"markup": "<b>", "url": "https://example.org", "email": "ann@example.org", "mention": "@ann"}
    del kept[kind]
    clean, found = clean_text(text, [kind])
    assert clean.split() == list(kept.values())
    assert found == {kind: 1}


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_characters="<&@"), max_size=40).filter(lambda text: "://" not in text))
def test_text_without_any_of_it_stays_the_same_object(text):
    if "www." not in text:
        assert clean_text(text)[0] is text


NOISE = ["&nbsp;", "<br>", "</p>", "<img src='a.png' alt=\"b\">", "<!-- c -->", " https://example.org/d?e=f&g=h ",
         " i.j@example.org ", " @k_l ", "&#8212;", "&amp;nbsp;"]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["rain", "Straße", "雨", "ветер", "AT&T", "3<4"]), st.sampled_from(NOISE))
    )
)
def test_words_survive_whatever_noise_stands_between_them(pairs):
    clean, found = clean_text("".join(word + noise for word, noise in pairs))
    assert clean.replace("—", " ").split() == [word for word, _ in pairs]
    assert sum(found.values()) == len(pairs)


#: As the instances read where time does not matter: each place is searched from, if need be to the end.
PLAIN = {
    "markup": re.compile(
        r"<!--.*?-->|<(script|style)\b[^<>]*>.*?</\1\s*>|<[!?/]?[a-z][^<>]*>", re.DOTALL | re.IGNORECASE
    ),
    "email": re.compile(r"[\w.+-]+@\w[\w-]*(?:\.\w[\w-]*)+", re.ASCII),
}
PARTS = {
    "markup": ["<!--", "-->", "--", ">", "<", "<script>", "<SCRIPT a='b'>", "</script >", "</script", "<style>",
               "</style>", "<scripts>", "<b>", "</b>", "<!x>", "rain", " ", "/", "-", "\n"],
    "email": ["a", "ann", "ü", "@", ".", "+", "-", "_", " ", ".org", "@b.c"],
}  # fmt: skip


@pytest.mark.parametrize("kind", PLAIN)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_what_is_removed_is_what_the_plain_pattern_finds(kind, data):
    text = "".join(data.draw(st.lists(st.sampled_from(PARTS[kind]), max_size=14)))
    expected, n_expected = PLAIN[kind].subn(" ", text)
    clean, found = clean_text(text, [kind])
    assert clean.split() == expected.split()
    assert (found.get(kind, 0) > 0) == (n_expected > 0)
    if kind == "markup":
        assert (clean, found.get(kind, 0)) == (expected, n_expected)


def test_the_time_for_a_long_text_grows_with_its_length():
    code = """
        from skxtm.cleaning import clean_text
        n = 1_000_000
        for unit in ("0123456789abcdef", "a.", "a-", "x@", "a@b.c+", "&amp;", "www.", "<a ", "<!-- ", "<script>",
                     "<style></styl", "<script></script ", "<!--<script>"):
            clean_text(unit * (n // len(unit)) + " ://x mail @ann www. <b>")
    """
    subprocess.run([sys.executable, "-c", dedent(code)], check=True, timeout=60)


def test_a_report_is_one_line():
    report = TextReport(1200, None, {"url": 15}, {"Hira": 40, "Cyrl": 2})
    assert str(report) == ("1,200 documents; removed: 15 url; words in foreign scripts: 40 Hira, 2 Cyrl")
    assert str(TextReport(2, 0, {}, {})) == "2 documents, 0 duplicates"
