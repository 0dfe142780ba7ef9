"""Dictionaries of one entry per line: CC-CEDICT, EDICT, word lists, tables."""

import contextlib
import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.exceptions import InputError, SkxtmError
from skxtm.lexicons import read_cedict, read_csv, read_edict, read_muse
from skxtm.lexicons.result import LexiconSource


def message_of(read, *arguments, **parameters):
    with pytest.raises(InputError) as error:
        read(*arguments, **parameters)
    return str(error.value)


# CC-CEDICT


def test_cedict_gives_simplified_words_and_short_translations(cedict):
    found = read_cedict(cedict)
    assert found.lexicon.languages == ("zh", "en")
    assert list(found.lexicon) == [
        ("猫", "cat"),
        ("猫", "modem"),
        ("跑", "run"),
        ("跑", "flee"),
        ("跑", "run away"),
        ("敌机", "enemy plane"),
        ("新北市", "New Taipei City"),
    ]
    assert found.n_entries == 4
    assert found.skipped == {
        "comment or header": 3,
        "only refers to another entry": 2,
        "no word or short phrase as translation": 1,
    }
    assert found.sources == (LexiconSource("CC-CEDICT", "file", "cedict_ts.u8", "CC BY-SA 4.0"),)


def test_cedict_may_be_compressed_and_without_a_stated_licence(tmp_path):
    path = tmp_path / "cedict.gz"
    path.write_bytes(gzip.compress("貓 猫 [mao1] /cat/\r\n".encode()))
    found = read_cedict(path, match="literal")
    assert list(found.lexicon) == [("猫", "cat")]
    assert found.lexicon.match == "literal"
    assert found.licences == ("licence not stated",)


def test_a_dictionary_in_the_format_of_cedict_may_translate_to_another_language(tmp_path):
    path = tmp_path / "handedict.u8"
    path.write_text("貓 猫 [mao1] /Katze (S)/to tak/\n", encoding="utf-8")
    found = read_cedict(path, ("zh", "de"))
    assert list(found.lexicon) == [("猫", "Katze"), ("猫", "to tak")]
    assert found.sources[0].name == "the Chinese dictionary handedict.u8"


def test_a_file_of_another_format_is_refused_with_what_it_holds(edict):
    assert message_of(read_cedict, edict, encoding="euc_jp") == (
        "edict gives no pair of words (6 x not an entry). "
        "Choose the reader of its format, or another dictionary."
    )


def test_an_empty_dictionary_is_refused(tmp_path):
    (tmp_path / "cedict").write_text("\n")
    assert message_of(read_cedict, tmp_path / "cedict") == (
        "cedict gives no pair of words (it is empty). Choose the reader of its format, or another dictionary."
    )


def test_a_dictionary_in_another_encoding_asks_for_it(tmp_path):
    (tmp_path / "cedict.b5").write_bytes("經濟 经济 [jing1 ji4] /economy/\n".encode("gb18030"))
    assert message_of(read_cedict, tmp_path / "cedict.b5") == (
        "cedict.b5 is not text in utf-8 (invalid start byte at byte 0). "
        "Give its encoding, as in encoding='gb18030'."
    )
    assert list(read_cedict(tmp_path / "cedict.b5", encoding="gb18030").lexicon) == [("经济", "economy")]


def test_a_truncated_dictionary_is_named(tmp_path):
    (tmp_path / "cedict.gz").write_bytes(gzip.compress("貓 猫 [mao1] /cat/\n".encode() * 50)[:-20])
    assert message_of(read_cedict, tmp_path / "cedict.gz") == (
        "cedict.gz is a damaged gzip file (Compressed file ended before the end-of-stream marker was "
        "reached). Fetch or write it again."
    )


# EDICT


@pytest.mark.parametrize("encoding", ["utf-8", "euc_jp"])
def test_edict_takes_readings_only_where_they_are_the_usual_spelling(edict, encoding):
    edict.write_text(edict.read_text(encoding="euc_jp"), encoding=encoding)
    found = read_edict(edict)
    assert list(found.lexicon) == [
        ("猫", "cat"),
        ("猫", "submissive partner"),
        ("烏賊", "cuttlefish"),
        ("烏賊", "squid"),
        ("いか", "cuttlefish"),
        ("いか", "squid"),
        ("カメラ", "camera"),
        ("敵機", "enemy plane"),
    ]
    assert found.n_entries == 4
    assert found.skipped == {"comment or header": 1, "only refers to another entry": 1}
    assert found.sources == (LexiconSource("EDICT", "file", "edict", "EDRDG licence, CC BY-SA"),)


def test_edict2_has_several_spellings_and_a_number(tmp_path):
    path = tmp_path / "edict2"
    path.write_text(
        "猫;猫々(oK) [ねこ(P);ネコ] /(n) (1) cat/(2) {comp} modem/(P)/EntL1467640X/\n"
        "烏賊;鰞(oK) [いか] /(n) (uk) squid/EntL1171560X/\n",
        encoding="utf-8",
    )
    found = read_edict(path)
    assert list(found.lexicon) == [
        ("猫", "cat"),
        ("猫", "modem"),
        ("猫々", "cat"),
        ("猫々", "modem"),
        ("烏賊", "squid"),
        ("鰞", "squid"),
        ("いか", "squid"),
    ]
    assert found.licences == ("licence not stated",)


def test_edict_in_neither_of_its_encodings_asks_for_it(tmp_path):
    (tmp_path / "edict").write_bytes("猫 [ねこ] /cat/\n".encode("shift_jis"))
    assert "edict is not text in euc_jp" in message_of(read_edict, tmp_path / "edict")
    assert list(read_edict(tmp_path / "edict", encoding="shift_jis").lexicon) == [("猫", "cat")]


# word lists


def test_a_word_list_is_read_without_what_is_no_pair(tmp_path):
    path = tmp_path / "en-de.0-5000.txt"
    path.write_text(
        '5000\n# CC0 1.0\ncat Katze\n\ncat\tKater\nhot dog\tHotdog\nhot dog\t\nthe black cat\n"a"\tb\n'
    )
    found = read_muse(path)
    assert found.lexicon.languages == ("en", "de")
    assert list(found.lexicon) == [("cat", "Katze"), ("cat", "Kater"), ("hot dog", "Hotdog")]
    assert found.n_entries == 3
    assert found.skipped == {
        "looks like a count of words": 1,
        "looks like a comment": 1,
        "not two columns": 2,
        "has words in quotes": 1,
    }
    assert found.sources == (LexiconSource("the word list", "file", "en-de.0-5000.txt", "CC0"),)


def test_long_words_of_either_column_are_taken_as_they_stand(tmp_path):
    long = ["the house of the seven gables", "Donaudampfschifffahrtsgesellschaftskapitänsmütze"]
    pairs = [(long[0], "Haus"), (long[1], "cap"), ("house", long[0]), ("cap", long[1])]
    (tmp_path / "de-en.tsv").write_text("".join(f"{first}\t{second}\n" for first, second in pairs))
    assert list(read_muse(tmp_path / "de-en.tsv").lexicon) == pairs
    (tmp_path / "de-en.csv").write_text(
        "".join(f"{first},{second}\n" for first, second in [("de", "en"), *pairs])
    )
    found = read_csv(tmp_path / "de-en.csv")
    assert (list(found.lexicon), found.skipped) == (pairs, {})


def test_numbers_may_be_words_below_the_first_line(tmp_path):
    path = tmp_path / "words"
    path.write_text("cat Katze\n5000 300\n")
    assert list(read_muse(path, ("eng", "deu")).lexicon) == [("cat", "Katze"), ("5000", "300")]


def test_a_word_list_needs_its_languages(tmp_path):
    (tmp_path / "words.txt").write_text("cat Katze\n")
    assert message_of(read_muse, tmp_path / "words.txt").startswith(
        "The languages of words.txt cannot be read"
    )


# tables


@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"])
def test_columns_named_by_language_are_found(tmp_path, delimiter):
    path = tmp_path / "words.csv"
    rows = [
        ["no", "deu", "note", "en"],
        ["1", '"Hund"', "", "dog"],
        ["2", "Katze", "x"],
        ["3", "", "", "cat"],
    ]
    path.write_text("\n".join(delimiter.join(row) for row in rows), encoding="utf-8")
    found = read_csv(path, ("en", "de"))
    assert list(found.lexicon) == [("dog", "Hund")]
    assert found.skipped == {"an empty column": 2}


def test_two_columns_need_no_languages_where_the_header_says_them(tmp_path):
    (tmp_path / "words.csv").write_text('en,de\n"dog, hot","Hund\n heiß"\n', encoding="utf-8")
    found = read_csv(tmp_path / "words.csv")
    assert found.lexicon.languages == ("en", "de")
    assert list(found.lexicon) == [("dog, hot", "Hund heiß")]


def test_a_header_of_short_names_that_are_no_codes_leaves_the_languages_to_the_file_s_name(tmp_path):
    (tmp_path / "en-de.csv").write_text("l1,l2\ndog,Hund\n")
    assert read_csv(tmp_path / "en-de.csv").lexicon.languages == ("en", "de")


def test_a_header_and_a_name_of_the_same_languages_are_read_by_the_header(tmp_path):
    (tmp_path / "en-de.csv").write_text("DEU,eng\nHund,dog\n")
    assert list(read_csv(tmp_path / "en-de.csv").lexicon) == [("Hund", "dog")]
    assert read_csv(tmp_path / "en-de.csv").lexicon.languages == ("de", "en")


def test_short_names_that_happen_to_be_codes_are_not_taken_for_the_languages_of_a_file_named_otherwise(
    tmp_path,
):
    (tmp_path / "en-de.csv").write_text("src,tgt\ndog,Hund\n")
    assert message_of(read_csv, tmp_path / "en-de.csv") == (
        "By its header en-de.csv has the languages 'sc' and 'tgt', by its name 'en' and 'de'. Give them, as in "
        "languages=('en', 'de')."
    )
    assert list(read_csv(tmp_path / "en-de.csv", ("en", "de")).lexicon) == [("dog", "Hund")]


@pytest.mark.parametrize("columns", [("German", "English"), (2, 0), ("German", 0)])
def test_columns_may_be_given_by_name_or_position(tmp_path, columns):
    (tmp_path / "de-en.csv").write_text("English;class;German\ndog;n;Hund\n")
    assert list(read_csv(tmp_path / "de-en.csv", columns=columns).lexicon) == [("Hund", "dog")]


def test_two_columns_without_names_of_languages_are_taken(tmp_path):
    (tmp_path / "de-en.csv").write_text("Deutsch,Englisch\nHund,dog\n")
    assert list(read_csv(tmp_path / "de-en.csv").lexicon) == [("Hund", "dog")]


@pytest.mark.parametrize(
    "header", ["id,de,english", "english,de,id", "English;German;no", "x,GER,eng", "german,id,English"]
)
def test_columns_are_found_by_codes_and_english_names(tmp_path, header):
    cells = {"id": "1", "no": "1", "x": "1", "de": "Hund", "ger": "Hund", "german": "Hund"}
    row = [cells.get(name.lower(), "dog") for name in header.replace(";", ",").split(",")]
    (tmp_path / "words.csv").write_text(f"{header}\n{(';' if ';' in header else ',').join(row)}\n")
    assert list(read_csv(tmp_path / "words.csv", ("de", "en")).lexicon) == [("Hund", "dog")]


def test_two_columns_may_be_called_by_names_of_languages(tmp_path):
    (tmp_path / "words.csv").write_text("English,de\ndog,Hund\n")
    assert list(read_csv(tmp_path / "words.csv", ("de", "en")).lexicon) == [("Hund", "dog")]
    assert read_csv(tmp_path / "words.csv").lexicon.languages == ("en", "de")


@pytest.mark.parametrize(
    "header",
    [
        "Deutsch,Englisch,Art",
        "German,gloss",
        "French,Spanish",
        "fr,es",
        "id,en",
        "de,German,en",
        "word,de,note",
    ],
)
def test_columns_that_the_header_does_not_tell_are_asked_for(tmp_path, header):
    (tmp_path / "words.csv").write_text(f"{header}\n1,2,3\n")
    assert message_of(read_csv, tmp_path / "words.csv", ("de", "en")) == (
        f"The header of words.csv does not tell which columns are 'de' and 'en': it is {header.split(',')}. Give "
        "their names or positions as columns=, that of 'de' first."
    )


@pytest.mark.parametrize("column", ["French", 3, -1])
def test_a_column_that_is_not_there_is_named(tmp_path, column):
    (tmp_path / "de-en.csv").write_text("German,English,class\nHund,dog,n\n")
    assert message_of(read_csv, tmp_path / "de-en.csv", columns=("German", column)) == (
        f"de-en.csv has no column {column!r}. Its columns are ['German', 'English', 'class']."
    )


def test_a_table_of_one_column_has_no_second(tmp_path):
    (tmp_path / "de-en.csv").write_text("German\nHund\n")
    assert message_of(read_csv, tmp_path / "de-en.csv") == (
        "de-en.csv has no column 1. Its columns are ['German']."
    )


def test_a_table_that_is_damaged_or_empty_is_named(tmp_path):
    (tmp_path / "de-en.csv").write_text('de,en\n"Hund,dog\n')
    assert message_of(read_csv, tmp_path / "de-en.csv") == (
        "de-en.csv cannot be read as a table with the delimiter ',' (unexpected end of data). "
        "Give its delimiter, one character, or mend the file."
    )
    (tmp_path / "de-en.csv").write_text("")
    assert message_of(read_csv, tmp_path / "de-en.csv") == (
        "de-en.csv is empty. Give a table with a header and a pair of words on each line."
    )


def test_a_delimiter_is_one_character(tmp_path):
    (tmp_path / "de-en.csv").write_text("de::en\nHund::dog\n")
    assert message_of(read_csv, tmp_path / "de-en.csv", delimiter="::") == (
        "de-en.csv cannot be read as a table with the delimiter '::' (\"delimiter\" must be a 1-character string). "
        "Give its delimiter, one character, or mend the file."
    )


# hypothesis: each format gives back what was written in it, and no other error than ours

words = st.text(st.sampled_from("abcdxyz猫犬é-"), min_size=1, max_size=6).filter(
    lambda word: word.strip("-") == word
)
pair_lists = st.lists(st.tuples(words, words), min_size=1, max_size=6, unique=True)
LINES = {
    "cedict": (read_cedict, lambda first, second: f"{first} {first} [x1] /{second}/"),
    "edict": (read_edict, lambda first, second: f"{first} [よみ] /(n) {second}/(P)/"),
    "edict2": (read_edict, lambda first, second: f"{first}(P) [よみ(P)] /(n,vs) (1) {second}/EntL12345X/"),
    "muse": (read_muse, lambda first, second: f"{first} {second}"),
    "muse with tabs": (read_muse, lambda first, second: f"{first}\t{second}"),
    "csv": (read_csv, lambda first, second: f'"{first}","{second}"'),
}


@pytest.mark.parametrize("name", LINES)
@settings(max_examples=60, deadline=None)
@given(pairs=pair_lists)
def test_pairs_written_in_a_format_are_read_back(tmp_path_factory, name, pairs):
    read, line = LINES[name]
    path = tmp_path_factory.mktemp("words") / "words"
    header = ["fy,en"] if name == "csv" else []
    path.write_text("\n".join([*header, *(line(*pair) for pair in pairs)]), encoding="utf-8")
    assert list(read(path, ("fy", "en")).lexicon) == pairs


@pytest.mark.parametrize("read", [read_cedict, read_edict, read_muse, read_csv])
@settings(max_examples=80, deadline=None)
@given(
    data=st.text(st.sampled_from('ab猫 \t\n\r/"#1;,[](){}\x00\ufeff'), max_size=40).map(str.encode)
    | st.binary(max_size=40)
)
def test_any_file_is_read_or_refused_by_an_error_of_ours(tmp_path_factory, read, data):
    path = tmp_path_factory.mktemp("any") / "words"
    path.write_bytes(data)
    with contextlib.suppress(SkxtmError):
        assert len(read(path, ("fy", "en")).lexicon)
