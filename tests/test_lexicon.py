import copy
import dataclasses
import gzip
import os
import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV

from skxtm.exceptions import InputError, InputTypeError, SkxtmError
from skxtm.lexicon import Lexicon, LexiconCoverage
from skxtm.lexicons import SourcedLexicon, read_csv
from skxtm.normalization import normal_forms, without_long_vowel_marks

PAIRS = [("猫", "cat"), ("經濟", "economi"), ("犬", "hound"), ("犬", "dog"), ("猫", "cat"), ("%", "percent")]

english = st.sampled_from(["cat", "Cats", "economy", "economi", "economic", "univers", "university", "dog"])
chinese = st.sampled_from(["猫", "貓", "经济", "經濟", "大学", "大學", "犬", "Ａ股", "a股"])
pair_lists = st.lists(st.tuples(chinese, english), max_size=8)


@pytest.fixture
def lexicon():
    return Lexicon(PAIRS, ("zh", "en"))


def lines_of(path):
    return path.read_text(encoding="utf-8").split("\n")[:-1]


# the pairs


def test_a_pair_given_twice_is_kept_once_and_the_order_stays(lexicon):
    assert len(lexicon) == 5
    assert list(lexicon) == [
        ("猫", "cat"),
        ("經濟", "economi"),
        ("犬", "hound"),
        ("犬", "dog"),
        ("%", "percent"),
    ]


@settings(max_examples=50, deadline=None)
@given(pair_lists)
def test_iterating_gives_the_pairs_back(pairs):
    assert list(Lexicon(pairs, ("zh", "en"))) == list(dict.fromkeys(pairs))


def test_pairs_may_come_from_a_generator_or_as_lists():
    expected = Lexicon([("猫", "cat")], ("zh", "en"))
    assert Lexicon((pair for pair in [("猫", "cat")]), ("zh", "en")) == expected
    assert Lexicon([["猫", "cat"]], ["zh", "en"]) == expected


def test_repr_shows_languages_size_and_matching():
    lexicon = Lexicon([("猫", f"cat{i}") for i in range(1234)], ("zh", "en"))
    assert repr(lexicon) == "Lexicon(zh-en, 1,234 pairs, match='normal')"


@pytest.mark.parametrize(
    ("pair", "shown"),
    [
        ("ab", "'ab'"),
        (("a",), "('a',)"),
        (("a", "b", "c"), "('a', 'b', 'c')"),
        (("a", 3), "('a', 3)"),
        ((["a"], "b"), "(['a'], 'b')"),
        (5, "5"),
    ],
)
def test_what_is_not_two_words_is_refused(pair, shown):
    with pytest.raises(InputTypeError) as error:
        Lexicon([("猫", "cat"), pair], ("zh", "en"))
    assert str(error.value) == (
        f"pairs[1] must be a tuple or list of two str. Got {shown}. To read a file, use Lexicon.read(path)."
    )


def test_a_dict_is_told_to_give_its_items():
    words = {"猫": "cat"}
    with pytest.raises(InputTypeError) as error:
        Lexicon(words, ("zh", "en"))
    assert str(error.value) == "pairs must hold tuples of two str. Got dict: give its .items()."
    assert list(Lexicon(words.items(), ("zh", "en"))) == [("猫", "cat")]


@pytest.mark.parametrize("word", ["", " cat", "cat ", "c\tat", "c\nat", "c\x00at", "\u3000"])
def test_a_word_that_a_file_could_not_hold_is_refused(word):
    with pytest.raises(InputError) as error:
        Lexicon([("猫", word)], ("zh", "en"))
    assert str(error.value) == (
        f"The word {word!r} of a lexicon is empty, starts or ends with whitespace, or holds a tab, "
        "line break or null character. Clean it, or leave its pairs out."
    )


def test_a_word_with_half_a_character_is_refused():
    with pytest.raises(InputError) as error:
        Lexicon([("猫", "cat"), ("犬", "do\ud83dg")], ("zh", "en"))
    assert str(error.value) == (
        r"The word 'do\ud83dg' of a lexicon holds half a character, '\ud83d', which no file can hold. "
        "Clean it, or leave its pairs out."
    )


@pytest.mark.parametrize("languages", ["zh", ("zh",), ("zh", "zh"), ("zh-TW", "cmn"), ("EN", "en"), None])
def test_languages_must_be_two_different_codes(languages):
    with pytest.raises(InputError) as error:
        Lexicon(PAIRS, languages)
    assert str(error.value) == (
        "The 'languages' parameter of Lexicon must be two different language codes, as in ('zh', 'en'). "
        f"Got {languages!r} instead."
    )


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("", "is blank."),
        ("en ", "is padded: write 'en'."),
        ("cn", "is no code of ISO 639 or BCP 47: did you mean 'zh'?"),
    ],
)
def test_what_is_no_code_of_a_language_is_refused(code, fault):
    with pytest.raises(InputError) as error:
        Lexicon(PAIRS, ("de", code))
    assert str(error.value).startswith(f"The language code {code!r} {fault} ")


def test_words_match_by_their_normal_form_whatever_the_code_of_the_language():
    lexicon = Lexicon([("cidades", "cities")], ("pt-BR", "EN"))
    assert lexicon.languages == ("pt", "en")
    assert lexicon.matrix(["cidade"], ["city"], "pt", "en").toarray().tolist() == [[1]]
    assert lexicon.matrix(["city"], ["CIDADE"], "eng", "pt-PT").toarray().tolist() == [[1]]
    assert lexicon.translate("Cidade", "por") == ["cities"]
    assert list(lexicon.respell("pt-BR", str.upper)) == [("CIDADES", "cities")]


@pytest.mark.parametrize(
    ("language", "entry", "token"),
    [
        ("en", "don't", "dont"),
        ("tr", "İstanbul", "istanbul"),
        ("fa", "می\u200cشود", "میشود"),
        ("si", "ශ්\u200dරී", "ශ්රී"),
        ("fr", "aujourd'hui", "aujourd’hui"),
        ("de", "Zeitungs\u00adartikel", "zeitungsartikel"),
        ("en", "word,", "word"),
        ("ja", "ルピー", "ルピー"),
        ("zh-TW", "網絡", "网络"),
    ],
)
def test_an_entry_matches_the_word_however_it_is_spelled(language, entry, token):
    lexicon = Lexicon([(entry, "x")], (language, "eo"))
    assert lexicon.matrix([token], ["x"], language, "eo").toarray().tolist() == [[1]]


def test_match_must_be_known(lexicon):
    message = (
        "The 'match' parameter of Lexicon must be a str among {'literal', 'normal'}. Got 'stem' instead."
    )
    for build in (lambda: Lexicon(PAIRS, ("zh", "en"), match="stem"), lambda: lexicon.with_match("stem")):
        with pytest.raises(InputError) as error:
            build()
        assert str(error.value) == message


# files


def test_columns_may_be_separated_by_tab_or_whitespace(tmp_path):
    path = tmp_path / "zh-en.tsv"
    path.write_bytes("\ufeff%\tpercent\r\n\n  \n猫 \t wild cat\n犬   dog\n \t \nAA制\tbill".encode())
    lexicon = Lexicon.read(path)
    assert lexicon.languages == ("zh", "en")
    assert list(lexicon) == [("%", "percent"), ("猫", "wild cat"), ("犬", "dog"), ("AA制", "bill")]


@pytest.mark.parametrize(
    ("name", "languages"),
    [
        ("zh-en.tsv", ("zh", "en")),
        ("ja-en.txt.gz", ("ja", "en")),
        ("cn_en.txt", ("zh", "en")),
        ("EN-JP", ("en", "ja")),
        ("zh-Hant-en.tsv", ("zh", "en")),
        ("deu_eng.txt", ("de", "en")),
        ("freedict-deu-eng.txt", ("de", "en")),
    ],
)
def test_languages_are_read_from_the_file_name(tmp_path, name, languages):
    (tmp_path / name).write_text("a\tb\n")
    assert Lexicon.read(tmp_path / name).languages == languages


def test_languages_given_come_before_the_file_name(tmp_path):
    (tmp_path / "zh-en.tsv").write_text("a\tb\n")
    assert Lexicon.read(str(tmp_path / "zh-en.tsv"), ("de", "fr")).languages == ("de", "fr")


@pytest.mark.parametrize("name", ["words.tsv", "chinese-english.txt", "my-zh-en.tsv", "zh-en-2.tsv"])
def test_a_file_name_without_languages_asks_for_them(tmp_path, name):
    with pytest.raises(InputError) as error:
        Lexicon.read(tmp_path / name)
    assert str(error.value) == (
        f"The languages of {name} cannot be read from its name, as they can from 'zh-en.tsv'. "
        "Give them in the order of its columns: Lexicon.read(path, languages=('zh', 'en'))."
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("猫", "has 1 column instead of 2"),
        ("猫\tcat\tkatze", "has 3 columns instead of 2"),
        ("猫\tcat\t", "has 3 columns instead of 2"),
        ("猫 wild cat", "has 3 columns instead of 2"),
        ("猫\t", "has an empty column"),
        ("\tcat", "has an empty column"),
        ("hot dog\t", "has an empty column"),
        ("hot dog\t \u3000", "has an empty column"),
    ],
)
def test_a_line_without_two_columns_is_named(tmp_path, line, problem):
    path = tmp_path / "zh-en.tsv"
    path.write_text(f"犬\tdog\n\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        Lexicon.read(path)
    assert str(error.value) == (
        f"Line 3 of zh-en.tsv {problem}: {line!r}. Write one pair of words on each line, separated by a tab."
    )


def test_a_file_with_commas_is_told_its_reader(tmp_path):
    path = tmp_path / "zh-en.csv"
    path.write_text("猫,cat\n犬,dog\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        Lexicon.read(path)
    assert str(error.value) == (
        "Line 1 of zh-en.csv has 1 column instead of 2: '猫,cat'. Write one pair of words on each line, separated by "
        "a tab. Read a table with commas by skxtm.lexicons.read_csv."
    )


@pytest.mark.parametrize("name", ["zh-en.tsv", "."])
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    for read in (Lexicon.read, read_csv):
        with pytest.raises(InputError) as error:
            read(tmp_path / name, ("zh", "en"))
        assert str(error.value) == f"There is no file {str(tmp_path / name)!r}. Check the path."


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_empty_file_is_refused(tmp_path, content):
    (tmp_path / "zh-en.tsv").write_text(content)
    with pytest.raises(InputError) as error:
        Lexicon.read(tmp_path / "zh-en.tsv")
    assert str(error.value) == "zh-en.tsv holds no words. A lexicon has one pair of words on each line."


def test_gzip_is_recognised_by_content_not_by_name(tmp_path):
    (tmp_path / "zh-en.tsv").write_bytes(gzip.compress("猫\tcat\n".encode()))
    (tmp_path / "zh-en.tsv.gz").write_bytes("猫\tcat\n".encode())
    for name in ("zh-en.tsv", "zh-en.tsv.gz"):
        assert list(Lexicon.read(tmp_path / name)) == [("猫", "cat")]


def test_a_truncated_gzip_file_is_named(tmp_path):
    (tmp_path / "zh-en.tsv.gz").write_bytes(gzip.compress("猫\tcat\n".encode())[:-9])
    with pytest.raises(InputError) as error:
        Lexicon.read(tmp_path / "zh-en.tsv.gz")
    assert str(error.value) == (
        "zh-en.tsv.gz is a damaged gzip file (Compressed file ended before the end-of-stream marker was "
        "reached). Fetch or write it again."
    )


def test_another_encoding_is_read_when_named_and_asked_for_when_not(tmp_path):
    (tmp_path / "zh-en.tsv").write_bytes("经济\teconomy\n".encode("gb18030"))
    assert list(Lexicon.read(tmp_path / "zh-en.tsv", encoding="gb18030")) == [("经济", "economy")]
    with pytest.raises(InputError) as error:
        Lexicon.read(tmp_path / "zh-en.tsv")
    assert str(error.value) == (
        "zh-en.tsv is not text in utf-8 (invalid start byte at byte 0). "
        "Give its encoding, as in encoding='gb18030'."
    )


@pytest.mark.parametrize("name", ["zh-en.tsv", "zh-en.tsv.gz"])
def test_a_written_file_reads_back_equal(tmp_path, lexicon, name):
    lexicon.to_file(tmp_path / name)
    assert Lexicon.read(tmp_path / name) == lexicon
    assert (tmp_path / name).read_bytes().startswith(b"\x1f\x8b") == name.endswith(".gz")


def test_a_lexicon_that_cannot_be_written_leaves_the_file_as_it_was(tmp_path, lexicon, monkeypatch):
    def half(path, data):
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    lexicon.to_file(tmp_path / "zh-en.tsv")
    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="No space left"):
        lexicon.to_file(tmp_path / "zh-en.tsv")
    assert Lexicon.read(tmp_path / "zh-en.tsv") == lexicon
    assert [path.name for path in tmp_path.iterdir()] == ["zh-en.tsv"]


TAKE_OUT = "Take the line out, or read the file by skxtm.lexicons.read_muse, which skips it."
USE_CSV = "Read the file by skxtm.lexicons.read_csv."
USE_DICTIONARY = "Read EDICT by skxtm.lexicons.read_edict, and CC-CEDICT by skxtm.lexicons.read_cedict."


@pytest.mark.parametrize(
    ("line", "look", "remedy"),
    [
        ("# comment", "looks like a comment", TAKE_OUT),
        ("# two words", "looks like a comment", TAKE_OUT),
        ("#! version\t1", "looks like a comment", TAKE_OUT),
        ("5000", "looks like a count of words", TAKE_OUT),
        ("5000 300", "looks like a count of words", TAKE_OUT),
        ("english\tGerman", "looks like a header", USE_CSV),
        ("source target", "looks like a header", USE_CSV),
        ("word\ttranslation\tlang1", "looks like a header", USE_CSV),
        ('"Hund"\t"dog"', "has words in quotes", USE_CSV),
        ('Hund\t"hot dog"', "has words in quotes", USE_CSV),
        ('"Hund"\tdog', "has words in quotes", USE_CSV),
        ("ねこ /cat/", "looks like a line of a dictionary", USE_DICTIONARY),
        ("猫 [ねこ] /(n) cat/(P)/", "looks like a line of a dictionary", USE_DICTIONARY),
        ("貓 猫 [mao1] /cat/", "looks like a line of a dictionary", USE_DICTIONARY),
    ],
)
def test_a_line_that_is_no_pair_of_words_is_refused_whatever_its_columns(tmp_path, line, look, remedy):
    path = tmp_path / "de-en.txt"
    path.write_text(f"\n{line}\r\nHund\tdog\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        Lexicon.read(path)
    assert str(error.value) == f"Line 2 of de-en.txt {look}: {line!r}. {remedy}"


@pytest.mark.parametrize(
    "line",
    ["#\thash", "#hashtag\thashtag", "5\tfive", "7\t7", 'Zoll\t5"', "und/oder\tand/or", "source\tspring"],
)
def test_odd_words_are_still_words(tmp_path, line):
    (tmp_path / "de-en.txt").write_text(f"{line}\nHund\tdog\n", encoding="utf-8")
    assert next(iter(Lexicon.read(tmp_path / "de-en.txt"))) == tuple(line.split("\t"))


def test_below_a_header_of_the_languages_everything_is_a_pair(tmp_path):
    lines = ["de\ten", "# a\t# b", '"Hund"\t"dog"', "1 000\t5"]
    (tmp_path / "de-en.tsv").write_text("\n".join(lines), encoding="utf-8")
    assert list(Lexicon.read(tmp_path / "de-en.tsv")) == [("# a", "# b"), ('"Hund"', '"dog"'), ("1 000", "5")]


def test_a_header_in_another_order_than_the_languages_is_refused(tmp_path):
    (tmp_path / "de-en.tsv").write_text("en\tde\ndog\tHund\n")
    with pytest.raises(InputError) as error:
        Lexicon.read(tmp_path / "de-en.tsv")
    assert str(error.value) == (
        "Line 1 of de-en.tsv says that its columns are ['en', 'de']. "
        "Give languages=('en', 'de') instead of ('de', 'en')."
    )


# hypothesis: whatever is written reads back, whatever is read raises nothing but our errors

writable_words = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\x00"), min_size=1, max_size=4
).filter(lambda word: word == word.strip())
odd_words = st.sampled_from(
    ["#", "# a", '""', '"a"', "1", "2", "/a/", "b /a/", "source", "target", "xx", "yy", "\ufeff"]
)
any_words = writable_words | odd_words


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(any_words, any_words), min_size=1, max_size=4))
def test_any_words_survive_writing_and_reading(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("words") / "xx-yy.tsv"
    lexicon = Lexicon(pairs, ("x-one", "x-two"))
    lexicon.to_file(path)
    assert Lexicon.read(path, ("x-one", "x-two")) == lexicon


lines = st.text(st.sampled_from('ab猫 \t\t\n\n\r/"#1\u3000\ufeff\x00\x85'), max_size=30).map(str.encode)


@settings(max_examples=300, deadline=None)
@given(
    lines | st.binary(max_size=40),
    st.sampled_from(["utf-8", "gb18030", "utf-16", "ascii", "idna", "hex", "no"]),
)
def test_any_file_is_read_or_refused_by_an_error_of_ours(tmp_path_factory, data, encoding):
    path = tmp_path_factory.mktemp("any") / "xx-yy.tsv"
    path.write_bytes(data)
    try:
        lexicon = Lexicon.read(path, encoding=encoding)
    except SkxtmError:
        return
    lexicon.to_file(path)
    assert Lexicon.read(path) == lexicon


# matrices


@settings(max_examples=60, deadline=None)
@given(pair_lists, st.lists(chinese, max_size=5), st.lists(english, max_size=5))
def test_the_literal_matrix_is_the_double_loop_over_both_vocabularies(pairs, zh_words, en_words):
    lexicon = Lexicon(pairs, ("zh", "en"), match="literal")
    expected = np.array([[(zh, en) in pairs for zh in zh_words] for en in en_words], dtype=np.float32)
    matrix = lexicon.matrix(en_words, zh_words, "en", "zh")
    np.testing.assert_array_equal(matrix.toarray(), expected.reshape(matrix.shape))
    assert matrix.shape == (len(en_words), len(zh_words))
    assert csr_array((matrix.data, matrix.indices, matrix.indptr), shape=matrix.shape).has_sorted_indices


def same(word, entry, language):
    forms = [{column[0] for column in normal_forms([each], language)} for each in (word, entry)]
    return not forms[0].isdisjoint(forms[1])


@settings(max_examples=40, deadline=None)
@given(pair_lists, st.lists(chinese, max_size=4), st.lists(english, max_size=4))
def test_the_normal_matrix_is_the_loop_over_pairs_that_share_a_form(pairs, zh_words, en_words):
    matrix = Lexicon(pairs, ("zh", "en")).matrix(zh_words, en_words, "zh", "en")
    for i, zh in enumerate(zh_words):
        for j, en in enumerate(en_words):
            expected = any(same(zh, first, "zh") and same(en, second, "en") for first, second in pairs)
            assert matrix[i, j] == expected


@settings(max_examples=40, deadline=None)
@given(pair_lists, st.lists(chinese, max_size=5), st.lists(english, max_size=5))
def test_directions_are_transposes_and_normal_contains_literal(pairs, zh_words, en_words):
    matrices = {}
    for match in ("literal", "normal"):
        lexicon = Lexicon(pairs, ("zh", "en"), match=match)
        matrices[match] = lexicon.matrix(zh_words, en_words, "zh", "en").toarray()
        np.testing.assert_array_equal(
            lexicon.matrix(en_words, zh_words, "en", "zh").toarray(), matrices[match].T
        )
        np.testing.assert_array_equal(
            lexicon.inverse().matrix(zh_words, en_words, "zh", "en").toarray(), matrices[match]
        )
    assert np.all(matrices["normal"] >= matrices["literal"])


def test_the_matrix_is_sparse_float32_of_ones_with_sorted_columns():
    # two entries and three forms lead from 猫 to cats; the matrix says so once
    lexicon = Lexicon([("猫", "dog"), ("猫", "cat"), ("貓", "Cat"), ("猫", "cats")], ("zh", "en"))
    matrix = lexicon.matrix(np.array(["猫", "犬"]), np.array(["cats", "dogs", "CAT"]), "zh", "en")
    assert isinstance(matrix, csr_array)
    assert matrix.dtype == np.float32
    assert matrix.data.tolist() == [1, 1, 1]
    assert matrix.indices.tolist() == [0, 1, 2]
    assert matrix.indptr.tolist() == [0, 3, 3]


def test_a_stemmed_entry_is_reached_by_the_word_and_by_the_stem(lexicon):
    matrix = lexicon.matrix(["economy", "Economies", "economi", "ecology"], ["经济"], "en", "zh")
    assert matrix.toarray().ravel().tolist() == [1, 1, 1, 0]
    matrix = lexicon.with_match("literal").matrix(["economy", "economi"], ["经济", "經濟"], "en", "zh")
    assert matrix.toarray().tolist() == [[0, 0], [0, 1]]


def test_a_lexicon_without_a_single_match_gives_an_empty_matrix(lexicon):
    matrix = lexicon.matrix(["飛行機"], ["plane", "sky"], "zh", "en")
    assert matrix.shape == (1, 2)
    assert matrix.nnz == 0
    assert Lexicon([], ("zh", "en")).matrix(["猫"], ["cat"], "zh", "en").nnz == 0


def test_a_vocabulary_may_be_empty(lexicon):
    assert lexicon.matrix([], ["cat"], "zh", "en").shape == (0, 1)


@pytest.mark.parametrize(("source", "target"), [("ja", "en"), ("zh", "zh"), ("zh", "ja")])
def test_a_pair_of_languages_that_is_not_held_is_refused(lexicon, source, target):
    with pytest.raises(InputError) as error:
        lexicon.matrix(["猫"], ["cat"], source, target)
    assert str(error.value) == (
        f"Lexicon(zh-en, 5 pairs, match='normal') does not translate from {source!r} to {target!r}. "
        "Give a lexicon of these two languages, or join two with Lexicon.compose."
    )


def test_a_vocabulary_of_something_else_than_words_is_refused(lexicon):
    with pytest.raises(InputTypeError) as error:
        lexicon.matrix(["猫"], ["cat", 5], "zh", "en")
    assert str(error.value) == "target_vocabulary[1] must be a str. Got 5 of type int."
    with pytest.raises(InputTypeError) as error:
        lexicon.matrix("猫", ["cat"], "zh", "en")
    assert str(error.value) == "source_vocabulary must be a sequence of words. Got the str '猫'."
    with pytest.raises(InputTypeError) as error:
        lexicon.matrix({"猫", "犬"}, ["cat"], "zh", "en")
    assert str(error.value) == (
        "source_vocabulary is a set, whose order is not known. Give a list of words in the order of their columns."
    )


def test_words_with_their_columns_stand_at_these(lexicon):
    matrix = lexicon.matrix(
        {"犬": 1, "猫": 0}, {"dog": np.int64(2), "cat": np.int64(1), "cow": 0}, "zh", "en"
    )
    assert matrix.toarray().tolist() == [[0, 1, 0], [0, 0, 1]]


def test_coverage_counts_words_with_a_translation_in_the_other_vocabulary(lexicon):
    coverage = lexicon.coverage(["dogs", "hound", "cow"], ["犬", "猫", "%"], "en", "zh")
    assert coverage == LexiconCoverage(
        source_covered=2, source_total=3, target_covered=1, target_total=3, n_pairs=2
    )
    assert str(coverage) == "2 pairs cover 2 of 3 source words (66.7 %) and 1 of 3 target words (33.3 %)"
    assert str(lexicon.coverage([], [], "en", "zh")) == (
        "0 pairs cover 0 of 0 source words (0.0 %) and 0 of 0 target words (0.0 %)"
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        coverage.n_pairs = 3


# other views of the pairs


def test_translations_come_in_the_order_of_the_lexicon_in_both_directions(lexicon):
    assert lexicon.translate("犬", source="zh") == ["hound", "dog"]
    assert lexicon.translate("Hounds", source="en") == ["犬"]
    assert lexicon.translate("经济", source="zh") == ["economi"]
    assert lexicon.translate("牛", source="zh") == []
    assert lexicon.with_match("literal").translate("hounds", source="en") == []


def test_translating_from_a_language_that_is_not_held_is_refused(lexicon):
    with pytest.raises(InputError) as error:
        lexicon.translate("Katze", source="de")
    assert str(error.value) == (
        "Lexicon(zh-en, 5 pairs, match='normal') does not hold language 'de'. Give one of ('zh', 'en')."
    )


def test_the_inverse_swaps_the_words_and_twice_is_the_lexicon_itself(lexicon):
    assert lexicon.inverse().languages == ("en", "zh")
    assert list(lexicon.inverse()) == [(second, first) for first, second in lexicon]
    assert lexicon.inverse() != lexicon
    assert lexicon.inverse().inverse() == lexicon


def test_respelling_one_language_joins_pairs_that_become_equal():
    lexicon = Lexicon([("カラー", "color"), ("カラ", "color"), ("ケーキ", "cake")], ("ja", "en"))
    respelt = lexicon.respell("ja", without_long_vowel_marks)
    assert list(respelt) == [("カラ", "color"), ("ケキ", "cake")]
    assert respelt.matrix(["ケキ"], ["cakes"], "ja", "en").nnz == 1
    assert lexicon.matrix(["ケキ"], ["cakes"], "ja", "en").nnz == 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(chinese, st.sampled_from("abc")), max_size=8),
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=8),
    st.booleans(),
    st.booleans(),
)
def test_composing_is_the_join_on_the_shared_language(first_pairs, second_pairs, invert_first, invert_second):
    first = Lexicon(first_pairs, ("zh", "en"), match="literal")
    second = Lexicon(second_pairs, ("en", "de"), match="literal")
    composed = Lexicon.compose(
        first.inverse() if invert_first else first, second.inverse() if invert_second else second
    )
    joined = {(zh, de) for zh, en in first_pairs for other, de in second_pairs if en == other}
    zh_order = [zh for zh, _ in first_pairs]
    de_order = [de for _, de in second_pairs]
    assert list(composed) == sorted(
        joined, key=lambda pair: (zh_order.index(pair[0]), de_order.index(pair[1]))
    )
    assert composed.languages == ("zh", "de")
    assert composed.match == "literal"


def test_composing_compares_the_shared_words_by_normal_form():
    first = Lexicon([("經濟", "economi")], ("zh", "en"))
    second = Lexicon([("経済", "economy")], ("ja", "en"))
    assert list(Lexicon.compose(first, second)) == [("經濟", "経済")]


german = st.sampled_from(["Katze", "Kater", "Hund", "Wirtschaft"])


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(chinese, english), max_size=8, unique=True),
    st.lists(st.tuples(german, english), max_size=8, unique=True),
    st.sampled_from([0.0, 0.1, 0.3, 0.5, 1.0]),
    st.sampled_from(["literal", "normal"]),
)
def test_composed_words_share_the_least_part_of_their_translations(first, second, min_overlap, match):
    def is_same(word, other):
        return word == other if match == "literal" else same(word, other, "en")

    expected = set()
    for zh in {zh for zh, _ in first}:
        for de in {de for de, _ in second}:
            of_zh = [en for word, en in first if word == zh]
            of_de = [en for word, en in second if word == de]
            in_common = sum(any(is_same(en, other) for other in of_de) for en in of_zh)
            in_common += sum(any(is_same(en, other) for other in of_zh) for en in of_de)
            if in_common and in_common >= np.float32(min_overlap) * np.float32(len(of_zh) + len(of_de)):
                expected.add((zh, de))
    lexicons = [Lexicon(first, ("zh", "en"), match=match), Lexicon(second, ("de", "en"), match=match)]
    assert set(Lexicon.compose(*lexicons, min_overlap=min_overlap)) == expected


@pytest.mark.parametrize("min_overlap", [-0.1, 1.1, float("nan")])
def test_an_overlap_is_a_share(lexicon, min_overlap):
    with pytest.raises(InputError) as error:
        Lexicon.compose(lexicon, Lexicon([("Katze", "cat")], ("de", "en")), min_overlap=min_overlap)
    assert str(error.value) == f"min_overlap must be between 0 and 1. Got {min_overlap!r}."


def test_lexicons_that_cannot_be_composed_are_refused(lexicon):
    with pytest.raises(InputError) as error:
        Lexicon.compose(lexicon, lexicon.inverse())
    assert str(error.value) == (
        "Lexicon(zh-en, 5 pairs, match='normal') and Lexicon(en-zh, 5 pairs, match='normal') must share one "
        "language to be composed. They share 2."
    )
    with pytest.raises(InputError) as error:
        Lexicon.compose(lexicon, Lexicon([("cat", "Katze")], ("en", "de"), match="literal"))
    assert str(error.value) == (
        "Lexicon(zh-en, 5 pairs, match='normal') and Lexicon(en-de, 1 pairs, match='literal') cannot be "
        "composed, since they match words differently. Bring one to the other's way by with_match."
    )


# a value


def test_equal_content_is_equal_with_equal_hashes(lexicon):
    again = Lexicon(PAIRS, ("zh", "en"))
    assert again == lexicon
    assert hash(again) == hash(lexicon)
    assert joblib.hash(again) == joblib.hash(lexicon)
    different = [
        Lexicon(PAIRS, ("ja", "en")),
        lexicon.with_match("literal"),
        Lexicon(PAIRS[:-1], ("zh", "en")),
        Lexicon(PAIRS[::-1], ("zh", "en")),
    ]
    for other in different:
        assert other != lexicon
        assert joblib.hash(other) != joblib.hash(lexicon)
    assert lexicon.with_match("literal").with_match("normal") == lexicon
    assert lexicon != PAIRS


def test_a_lexicon_cannot_be_changed(lexicon):
    for name in ("languages", "match"):
        with pytest.raises(AttributeError):
            setattr(lexicon, name, "other")


def test_copies_are_the_lexicon_itself_so_that_clone_is_cheap(lexicon):
    assert copy.deepcopy(lexicon) is lexicon
    assert copy.copy(lexicon) is lexicon
    assert clone(lexicon, safe=False) is lexicon


@pytest.mark.parametrize("pairs", [PAIRS, []])
def test_pickling_keeps_the_value_and_leaves_what_was_computed_behind(pairs):
    lexicon = Lexicon(pairs, ("zh", "en"))
    before = pickle.dumps(lexicon), joblib.hash(lexicon)
    lexicon.matrix(["猫"], ["cat"], "zh", "en")
    assert (pickle.dumps(lexicon), joblib.hash(lexicon)) == before
    loaded = pickle.loads(before[0])
    assert loaded == lexicon
    assert list(loaded) == list(lexicon)
    assert loaded.translate("猫", source="zh") == lexicon.translate("猫", source="zh")


def test_the_joblib_hash_is_the_same_in_another_process(lexicon):
    lines = [
        "import joblib",
        "from skxtm.lexicon import Lexicon",
        f"print(joblib.hash(Lexicon({PAIRS!a}, ('zh', 'en'))))",
    ]
    command = [sys.executable, "-c", "\n".join(lines)]
    other = subprocess.run(command, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == joblib.hash(lexicon)


class CountsPairs(BaseEstimator):
    def __init__(self, lexicon=None):
        self.lexicon = lexicon

    def fit(self, X, y=None):
        return self

    def score(self, X, y=None):
        return len(self.lexicon)


def test_a_grid_may_run_over_lexicons(lexicon):
    other = Lexicon([("猫", "cat")], ("zh", "en"))
    search = GridSearchCV(CountsPairs(), {"lexicon": [other, lexicon]}, cv=2, refit=False)
    search.fit(np.zeros((4, 1)))
    assert search.best_params_ == {"lexicon": lexicon}
    assert "Lexicon(zh-en, 5 pairs, match='normal')" in repr(CountsPairs(lexicon))


# the released lexicons


def read_pairs_plainly(path):
    return [tuple(line.split("\t")) for line in lines_of(path)]


def test_the_released_chinese_lexicon_matched_literally_gives_the_published_matrix(data_home):
    lexicon = Lexicon.read(data_home / "lexicons" / "zh-en.tsv", match="literal")
    zh_words = lines_of(data_home / "ec_news" / "vocab_cn")
    en_words = lines_of(data_home / "ec_news" / "vocab_en")
    pairs = read_pairs_plainly(data_home / "lexicons" / "zh-en.tsv")
    zh_set, en_set = set(zh_words), set(en_words)
    hits = [(zh, en) for zh, en in pairs if zh in zh_set and en in en_set]
    assert len(hits) == 9_872  # lines; 84 of them repeat another
    rows, columns = lexicon.matrix(zh_words, en_words, "zh", "en").nonzero()
    assert {(zh_words[i], en_words[j]) for i, j in zip(rows, columns, strict=True)} == set(hits)
    coverage = lexicon.coverage(en_words, zh_words, "en", "zh")
    assert (coverage.source_covered, coverage.n_pairs) == (1_425, 9_788)


def test_normal_forms_reach_most_english_words_of_ec_news(data_home):
    lexicon = Lexicon.read(data_home / "lexicons" / "zh-en.tsv")
    assert len(lexicon) == len(set(read_pairs_plainly(data_home / "lexicons" / "zh-en.tsv")))
    zh_words = lines_of(data_home / "ec_news" / "vocab_cn")
    en_words = lines_of(data_home / "ec_news" / "vocab_en")
    coverage = lexicon.coverage(en_words, zh_words, "en", "zh")
    assert coverage.source_covered >= 3_463
    assert coverage.n_pairs >= 27_195
    backward = lexicon.matrix(zh_words, en_words, "zh", "en")
    forward = lexicon.matrix(en_words, zh_words, "en", "zh")
    assert (forward != backward.T).nnz == 0


def test_the_released_japanese_lexicon_reaches_more_words_once_respelt(data_home):
    lexicon = Lexicon.read(data_home / "lexicons" / "ja-en.txt")
    assert lexicon.languages == ("ja", "en")
    assert len(lexicon) == 25_969
    ja_words = lines_of(data_home / "rakuten_amazon" / "vocab_ja")
    en_words = lines_of(data_home / "rakuten_amazon" / "vocab_en")
    as_released = lexicon.coverage(ja_words, en_words, "ja", "en")
    respelt = lexicon.respell("ja", without_long_vowel_marks).coverage(ja_words, en_words, "ja", "en")
    assert respelt.source_covered >= as_released.source_covered + 100


def test_a_set_of_pairs_gives_the_same_lexicon_whatever_its_order():
    pairs = {("rain", "Regen"), ("wind", "Wind"), ("goal", "Tor"), ("team", "Elf")}
    program = f"from skxtm import Lexicon; print(list(Lexicon({pairs!r}, ('en', 'de'))))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
        ).stdout
        for seed in range(2)
    }
    assert printed == {f"{sorted(pairs)}\n"}
    assert Lexicon(frozenset(pairs), ("en", "de")) == Lexicon(sorted(pairs), ("en", "de"))


def test_what_functions_return_is_composed_like_the_lexicon_in_it():
    german = Lexicon([("Katze", "cat")], ("de", "en"), match="literal")
    chinese = SourcedLexicon(Lexicon([("猫", "cat")], ("zh", "en"), match="literal"), (), n_entries=1)
    assert list(Lexicon.compose(german, chinese)) == [("Katze", "猫")]
    with pytest.raises(InputTypeError) as error:
        Lexicon.compose(german, "zh-en.tsv")
    assert str(error.value) == (
        "second must be a Lexicon, or what a function of skxtm.lexicons returns. Got 'str'; read a file by "
        "Lexicon.read(path)."
    )


def test_no_pairs_are_named():
    with pytest.raises(InputTypeError) as error:
        Lexicon(None, ("en", "de"))
    assert (
        str(error.value) == "pairs must hold tuples of two str. Got NoneType: give a list of pairs of words."
    )


def test_a_file_in_a_folder_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "nofolder" / "x.tsv"
    with pytest.raises(InputError) as error:
        Lexicon(PAIRS, ("zh", "en")).to_file(path)
    assert str(error.value) == f"The folder of {str(path)!r} does not exist. Make it, or give another path."
