"""What becomes of a gloss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skxtm.lexicons._entry_text import spelled, translations_of
from skxtm.lexicons._glosses import is_reference, is_short, translations, without_notes, words_of
from skxtm.lexicons._licences import licence_in


@pytest.mark.parametrize(
    ("gloss", "expected"),
    [
        ("cat", ["cat"]),
        ("to run", ["run"]),
        ("to be proud", ["proud"]),
        ("a lie-in", ["lie-in"]),
        ("the Andes", ["Andes"]),
        ("to give sb sth", ["give"]),
        ("one's home", ["home"]),
        ("to aim to (do sth)", ["aim"]),
        ("(bound form) cloud", ["cloud"]),
        ("(n,vs) (1) modem (of a computer (old)); {comp} <n> socket", ["modem", "socket"]),
        ("thank you!", ["thank you"]),
        ("(something) good", ["good"]),
        # what is left of a word that is itself an article or a placeholder
        ("one", ["one"]),
        ("something", ["something"]),
        ("to", ["to"]),
        ("a", ["a"]),
        ("toto", ["toto"]),
        # a sentence explains rather than translates
        ("to climb up a rope with hands only", []),
        ("", []),
        ("(see above)", []),
        ("...", []),
    ],
)
def test_a_gloss_in_english_gives_words_and_short_phrases(gloss, expected):
    assert translations(gloss, "en") == expected


def test_other_languages_keep_what_only_looks_like_english():
    assert translations("to tak; an der Wand", "de") == ["to tak", "an der Wand"]


def test_separators_are_those_of_the_format():
    assert translations("fat, grease; lard", "en") == ["fat, grease", "lard"]
    assert translations("fat, grease; lard", "en", ",;") == ["fat", "grease", "lard"]


def test_long_translations_without_spaces_are_no_words():
    assert translations("経" * 40, "ja") == ["経" * 40]
    assert translations("経" * 41, "ja") == []


@pytest.mark.parametrize(
    ("gloss", "expected"),
    [
        ("variant of 柏", True),
        ("old variant of 柏", True),
        ("erhua variant of 柏", True),
        ("see 柏", True),
        ("abbr. for 柏", True),
        ("CL:隻|只", True),
        ("same as 柏", True),
        ("variant", False),
        ("seer", False),
        ("to see", False),
        ("CLI", False),
    ],
)
def test_a_reference_to_another_entry_is_no_translation(gloss, expected):
    assert is_reference(gloss) is expected


@given(st.text(st.sampled_from("a ()[]（<")))
def test_no_pair_of_brackets_is_left(text):
    plain = without_notes(text)
    assert without_notes(plain) == plain
    assert not any(bracket in plain for bracket in ("()", "[]"))
    assert plain == " ".join(plain.split())


@given(st.text(), st.sampled_from(["en", "de", "ja"]))
def test_translations_can_be_words_of_a_lexicon(gloss, language):
    for phrase in translations(gloss, language, ",;"):
        assert is_short(phrase)
        assert phrase == phrase.strip()
        assert not set("\t\n\x00") & set(phrase)


def test_words_of_phrases_leave_out_function_words():
    assert words_of(["point of sale", "My elder brother"]) == ["point", "sale", "elder", "brother"]


def test_of_each_sense_the_first_line_with_words_is_taken():
    lines = [
        "1. (noun (common))",
        " (auxiliary)",
        " [mus.] fat <n>, grease <n> [Br.]",
        "a greasy substance",
        "2. lard",
        '      "ein Fass Fett"  - a barrel of lard',
        "   Synonyms: {Speck}, {Schmalz}",
        " see: {Fett}",
        "         Note: averages",
    ]
    assert translations_of(lines, "en") == ["fat", "grease", "lard"]


def test_words_of_an_index_get_the_spelling_of_the_headline():
    head = " [news2]  覇を唱える /hˈäo̞/, Grand-Mère /gʀɑ̃/ <n, fem>"
    assert spelled(["覇を唱える", "grandmère", "はを"], head) == ["覇を唱える", "Grand-Mère", "はを"]
    assert spelled(["er sie es schrumpft"], "er/sie/es schrumpft /ʃrʊmpft/") == ["er/sie/es schrumpft"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GNU General Public License ver. 2.0 and\n any later version.", "GPL 2.0"),
        (
            "the GNU General Public License, version 3 (GPLv3) and the GNU Affero General Public License, version 3",
            "AGPL 3 and GPL 3",
        ),
        ("the Creative Commons Attribution-Share Alike Licence (V3.0).", "CC BY-SA 3.0"),
        ("https://creativecommons.org/licenses/by-nc/4.0/", "CC BY-NC 4.0"),
        ("CC0 1.0", "CC0"),
        ("CC-BY 2.0", "CC BY 2.0"),
        ("Copyright Electronic Dictionary Research & Development Group", "EDRDG licence, CC BY-SA"),
        ("This list is in the public domain.", "public domain"),
        ("all rights reserved", "licence not stated"),
        ("", "licence not stated"),
    ],
)
def test_licences_are_named_as_people_name_them(text, expected):
    assert licence_in(text) == expected
