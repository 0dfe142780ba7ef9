"""Topics as files: what is written is read, and what cannot be read is named with its line."""

from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.exceptions import InputError, InputTypeError
from skxtm.refinement import EditedTopic, read_topics, write_topics

SUFFIXES = [".md", ".csv", ".tsv"]
TOPICS = {
    0: EditedTopic(
        {"en": ["rain", "New York", "c*", "a,b"], "zh": ["雨"]},
        {"en": ["c*"]},
        {"zh": ["税", "、"]},
        "Weather: wet",
    ),
    7: EditedTopic({"en": ["goal"]}),
    3: EditedTopic(name="=HYPERLINK(1)"),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_written_is_read_back(suffix, tmp_path):
    path = tmp_path / f"topics{suffix}"
    write_topics(path, TOPICS)
    assert read_topics(path) == TOPICS
    assert list(read_topics(path)) == [0, 7, 3]


SIGNS = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="`")
WORDS = st.lists(
    st.text(SIGNS, min_size=1, max_size=6).filter(lambda word: word == word.strip()),
    min_size=2,
    max_size=6,
    unique=True,
)


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=80, deadline=None)
@given(words=WORDS)
def test_any_words_are_read_back(suffix, words, tmp_path_factory):
    path = tmp_path_factory.mktemp("topics") / f"topics{suffix}"
    topics = {2: EditedTopic({"en": words[1:]}, {"en": words[1:2]}, {"en": words[:1]})}
    write_topics(path, topics)
    assert read_topics(path) == topics


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_topics_of_a_model_are_written_with_their_names(suffix, tmp_path):
    path = tmp_path / f"topics{suffix}"
    write_topics(
        path, [{"en": ["rain", "snow"], "zh": []}, {"en": ["goal"], "zh": ["球"]}], names=["Sky", ""]
    )
    assert read_topics(path) == {
        0: EditedTopic({"en": ["rain", "snow"]}, name="Sky"),
        1: EditedTopic({"en": ["goal"], "zh": ["球"]}),
    }


def test_a_spreadsheet_is_given_no_formula_and_finds_the_encoding(tmp_path):
    path = tmp_path / "topics.csv"
    write_topics(path, [{"en": ["=cmd|x", "-1", "'@b", "rain"]}])
    raw = path.read_bytes()
    assert raw.startswith("\ufefftopic,name,language,word,mark\n".encode())
    cells = [line.split(",")[3] for line in raw.decode("utf-8-sig").splitlines()[1:]]
    assert cells == ["'=cmd|x", "'-1", "''@b", "rain"]
    assert read_topics(path)[0].words == {"en": ["=cmd|x", "-1", "'@b", "rain"]}


def test_markdown_is_read_as_people_write_it(tmp_path):
    text = (
        "\ufeff# Our topics\r\n\r\n<!-- checked by two -->\r\n## topic 3 :  Weather \r\n"
        "* EN : rain , **snow**,~~tax~~, `a, b`\r\n-  zh-CN：雨，~~税~~、风\r\n## Topic 0\r\n"
    )
    (tmp_path / "topics.md").write_bytes(text.encode())
    assert read_topics(tmp_path / "topics.md") == {
        3: EditedTopic(
            {"en": ["rain", "snow", "a, b"], "zh": ["雨", "风"]},
            {"en": ["snow"]},
            {"en": ["tax"], "zh": ["税"]},
            "Weather",
        ),
        0: EditedTopic(),
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_as_spreadsheets_write_it(delimiter, tmp_path):
    rows = [
        "Word,Topic,Language,Mark",
        "rain,3,en,",
        '"a b",3,en,PIN',
        "tax,3,en,Strike",
        ",,,",
        "snow,3,en,add",
        "",
    ]
    text = "\r\n".join(row.replace(",", delimiter) for row in rows)
    (tmp_path / "topics.csv").write_bytes(text.encode("utf-8-sig"))
    assert read_topics(tmp_path / "topics.csv") == {
        3: EditedTopic({"en": ["rain", "a b", "snow"]}, {"en": ["a b"]}, {"en": ["tax"]})
    }


DAMAGED = {
    "topics.md, line 1: '- en: rain' is neither a heading '## Topic 3: name' nor, below one, a list '- en: word, word'.": (
        ".md", "- en: rain\n"),
    "topics.md, line 3: 'rain, snow' is neither a heading '## Topic 3: name' nor, below one, a list '- en: word, word'.": (
        ".md", "## Topic 0\n\nrain, snow\n"),
    "topics.md, line 2: a word of topic 0 in 'en' is empty; take it out.": (".md", "## Topic 0\n- en: rain,, snow\n"),
    "topics.md, line 2: 'rain' stands twice in topic 0, first on line 2; take one of them out.": (
        ".md", "## Topic 0\n- en: rain, ~~rain~~\n"),
    "topics.md, line 2: the marks of '~~tax' cannot be read; write ~~word~~, **word**, or a word that holds such signs between backticks.": (
        ".md", "## Topic 0\n- en: rain, ~~tax\n"),
    "topics.md, line 2: a backtick ` is not closed.": (".md", "## Topic 0\n- en: rain, `tax\n"),
    "topics.md, line 3: topic 0 has a second heading; put both into one.": (".md", "## Topic 0\n- en: a\n## Topic 0\n"),
    "topics.md, line 3: topic 0 has a second list of 'en'; put both into one.": (".md", "## Topic 0\n- en: a\n- en: b\n"),
    "topics.md, line 2: all words of topic 0 in 'en' are struck out; leave one, or take the language out.": (
        ".md", "## Topic 0\n- en: ~~a~~, ~~b~~\n"),
    "topics.md holds no topic. Write it with skxtm.refinement.write_topics, and edit it.": (".md", "# Topics\n"),
    "topics.csv, line 1: the columns must be topic, language, word and, if wanted, name and mark, each once. Got 'topic', 'word'.": (
        ".csv", "topic,word\n0,rain\n"),
    "topics.csv, line 1: the columns must be topic, language, word and, if wanted, name and mark, each once. Got none.": (
        ".csv", ""),
    "topics.csv, line 3: 'one' is no number of a topic; topics are numbered from 0.": (
        ".csv", "topic,language,word\n0,en,rain\none,en,snow\n"),
    "topics.csv, line 2: the mark 'x' is unknown; leave it empty, or write strike, pin or add.": (
        ".csv", "topic,language,word,mark\n0,en,rain,x\n"),
    "topics.csv, line 2: the word 'rain' has no language; fill in its code, such as 'en'.": (
        ".csv", "topic,language,word\n0,,rain\n"),
    "topics.csv, line 2: the row has more cells than there are columns; put a cell with commas in quotes.": (
        ".csv", "topic,language,word\n0,en,a,b\n"),
    "topics.csv, line 2: the row has fewer cells than there are columns, and no topic; fill it in.": (
        ".csv", "word,language,topic\nrain,en\n"),
    "topics.csv, line 3: topic 0 is called 'Sky' here and 'Sea' before; give it one name.": (
        ".csv", "topic,name,language,word\n0,Sea,en,a\n0,Sky,en,b\n"),
}  # fmt: skip


@pytest.mark.parametrize("message", DAMAGED)
def test_a_line_that_cannot_be_read_is_named(message, tmp_path):
    suffix, text = DAMAGED[message]
    (tmp_path / f"topics{suffix}").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_topics(tmp_path / f"topics{suffix}")
    assert str(error.value) == message


def test_text_in_another_encoding_is_named_with_its_line(tmp_path):
    (tmp_path / "topics.csv").write_bytes("topic,language,word\n0,de,Wetter\n0,de,Stürme\n".encode("latin-1"))
    with pytest.raises(InputError) as error:
        read_topics(tmp_path / "topics.csv")
    assert str(error.value) == (
        "topics.csv, line 3: the text is not UTF-8. Save the file as 'CSV UTF-8' or 'UTF-8'."
    )


@pytest.mark.parametrize(
    ("suffix", "topics", "message"),
    [
        (".txt", [{"en": ["a"]}], "Topics are files that end in .md, .csv or .tsv. Got 'topics.txt'."),
        (".md", [{"en": ["a`b"]}], "The word 'a`b' of topic 0 holds a backtick, which Markdown cannot show here. Write a .csv file."),
        (".md", [{"en": ["a\ud83d"]}], "'a\\ud83d' of topic 0 cannot be written, since it begins or ends with a space, or holds a line break, a control character or half a character."),
        (".csv", [{"en": ["a\nb"]}], "'a\\nb' of topic 0 cannot be written, since it begins or ends with a space, or holds a line break, a control character or half a character."),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_named(suffix, topics, message, tmp_path):
    with pytest.raises(InputError) as error:
        write_topics(tmp_path / f"topics{suffix}", topics)
    assert str(error.value) == message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "topics", [None, 3, "rain", [["a"]], {0: {"en": ["a"]}}, [{"en": "rain"}], [{"en": 3}]]
)
def test_what_are_no_topics_is_not_written(topics, tmp_path):
    with pytest.raises(InputTypeError) as error:
        write_topics(tmp_path / "topics.md", topics)
    assert str(error.value) == (
        "topics must be a sequence with a dict of language to a list of words for each topic, such as get_topics "
        "returns, or a dict of numbers to EditedTopic, such as read_topics returns."
    )
    assert not list(tmp_path.iterdir())


def test_what_is_no_word_or_name_is_not_written(tmp_path):
    for topics, names in (([{"en": [5]}], None), ([{"en": ["a"]}], [5])):
        with pytest.raises(InputTypeError) as error:
            write_topics(tmp_path / "topics.md", topics, names=names)
        assert str(error.value) == "Words and names are str. Got 5 of topic 0."


def test_names_beside_topics_that_have_their_own_are_refused(tmp_path):
    with pytest.raises(InputError) as error:
        write_topics(tmp_path / "topics.md", TOPICS, names=["a", "b", "c"])
    assert str(error.value) == (
        "names are for a sequence of topics; each topic of a dict has its own, EditedTopic(name=...)."
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_topic_of_which_nothing_is_said_is_left_out(suffix, tmp_path):
    (tmp_path / "empty.md").write_text("## Topic 0\n## Topic 1\n- en: rain\n", encoding="utf-8")
    write_topics(tmp_path / f"topics{suffix}", read_topics(tmp_path / "empty.md"))
    assert read_topics(tmp_path / f"topics{suffix}") == {1: EditedTopic({"en": ["rain"]})}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_cannot_be_replaced_stays_as_it_is(suffix, tmp_path, monkeypatch):
    path = tmp_path / f"topics{suffix}"
    write_topics(path, TOPICS)
    before = path.read_bytes()
    monkeypatch.setattr(Path, "write_text", Mock(side_effect=OSError("No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        write_topics(path, [{"en": ["rain"]}])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    path = tmp_path / "absent" / "topics.md"
    with pytest.raises(InputError) as error:
        write_topics(path, TOPICS)
    assert str(error.value) == f"The folder of {str(path)!r} does not exist. Make it, or give another path."


def test_every_topic_has_one_name_or_none_has(tmp_path):
    with pytest.raises(InputError) as error:
        write_topics(tmp_path / "topics.md", [{"en": ["a"]}, {"en": ["b"]}], names=["A"])
    assert str(error.value) == "names holds 1 names for 2 topics. Give one for each."
