"""Dictionaries of an index and a file of entries: dictd and StarDict."""

import contextlib
import gzip
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.exceptions import InputError, SkxtmError
from skxtm.lexicons import read_dictd, read_stardict
from skxtm.lexicons.result import LexiconSource


def message_of(read, *arguments):
    with pytest.raises(InputError) as error:
        read(*arguments)
    return str(error.value)


# dictd


def test_dictd_gives_translations_of_freedict_and_its_licence(german):
    found = read_dictd(german)
    assert found.lexicon.languages == ("de", "en")
    assert list(found.lexicon) == [
        ("Feindflugzeug", "enemy plane"),
        ("feindliches Flugzeug", "enemy plane"),
        ("Katze", "cat"),
        ("Katze", "puss"),
        ("Katze", "tomcat"),
    ]
    assert found.n_entries == 2
    assert found.skipped == {"a sentence rather than a word": 1, "no word or short phrase as translation": 1}
    name = "German-English FreeDict Dictionary ver. 0.1"
    assert found.sources == (LexiconSource(name, "file", "freedict-deu-eng.index", "GPL 2.0"),)


def test_the_entries_need_not_be_compressed_nor_describe_themselves(tmp_path, dictd_writer):
    index = dictd_writer(tmp_path, "words", [(["hund"], "Hund\ndog\n")], plain=True)
    found = read_dictd(index, ("de", "en"))
    assert list(found.lexicon) == [("Hund", "dog")]
    assert found.sources == (LexiconSource("words", "file", "words.index", "licence not stated"),)


def test_offsets_are_numbers_of_base_64(tmp_path, dictd_writer):
    entries = [([f"wort{'x' * i}"], f"Wort{'x' * i}\nword{'y' * i}\n") for i in range(30)] + [
        (["lang"], "lang\n" + "see: {x}\n" * 1000 + "long\n"),
        (["kurz"], "kurz\nshort\n"),
    ]
    found = read_dictd(dictd_writer(tmp_path, "deu-eng", entries))
    assert found.lexicon.translate("kurz", "de") == ["short"]
    assert found.lexicon.translate("lang", "de") == ["long"]
    assert len(found.lexicon) == 32


def test_an_index_that_points_outside_is_named(german):
    data = german.with_suffix(".dict.dz")
    data.write_bytes(gzip.compress(gzip.decompress(data.read_bytes())[:-5]))
    assert message_of(read_dictd, german).startswith("freedict-deu-eng.index points outside of the ")
    assert message_of(read_dictd, german).endswith(
        " bytes of its entries. The two files do not belong together, or one is damaged: "
        "install the dictionary again."
    )


@pytest.mark.parametrize("line", ["katze", "katze\tB", "katze\tB\t*", "katze\tÄ\tB"])
def test_a_line_of_an_index_that_is_damaged_is_named(german, line):
    german.write_text(f"hund\tA\tB\n{line}\n", encoding="utf-8")
    assert message_of(read_dictd, german) == (
        "Line 2 of freedict-deu-eng.index is not a word, a start and a size. Install the dictionary again."
    )


def test_an_index_without_entries_is_named(german):
    german.with_suffix(".dict.dz").unlink()
    assert message_of(read_dictd, german) == (
        "freedict-deu-eng.index has no freedict-deu-eng.dict.dz beside it. Install the dictionary again."
    )


def test_entries_that_are_cut_off_are_named(german):
    data = german.with_suffix(".dict.dz")
    data.write_bytes(data.read_bytes()[:-9])
    assert message_of(read_dictd, german).startswith("freedict-deu-eng.dict.dz is a damaged gzip file (")


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("abAB+/\t\t\n\n-é"), max_size=40), st.binary(max_size=60))
def test_any_index_and_entries_are_read_or_refused(tmp_path_factory, index, data):
    path = tmp_path_factory.mktemp("any") / "deu-eng.index"
    path.write_text(index, encoding="utf-8")
    path.with_suffix(".dict").write_bytes(data)
    with contextlib.suppress(SkxtmError):
        read_dictd(path)


# StarDict

ENTRIES = [
    ("Katze", "[ˈkatsə]\n1. cat, puss\n2. tomcat"),
    ("Hund (n)", "dog"),
    ("das gebe ich gerne zu", "admittedly"),
]
MARKED_UP = {
    "m": lambda text: text.encode(),
    "g": lambda text: f"<b>{text}</b>".encode(),
    "x": lambda text: f"<ar><k>Kopf &amp; Wort</k>\n{text}</ar>".encode(),
    "h": lambda text: f"<div>{text.replace(chr(10), '<br/>')}&nbsp;</div>".encode(),
}


def write_stardict(folder, entries, types="m", *, bits=32, encode=None, data_name="words.dict.dz"):
    """Write pairs of a word and text, or bytes."""
    encode = encode or MARKED_UP[types]
    index, data = b"", b""
    for word, text in entries:
        content = encode(text)
        index += (
            word.encode() + b"\x00" + struct.pack(">QI" if bits == 64 else ">II", len(data), len(content))
        )
        data += content
    sequence = f"sametypesequence={types}\n" if types else ""
    (folder / "words.ifo").write_text(
        "StarDict's dict ifo file\nversion=3.0.0\nbookname=A German dictionary\n"
        f"wordcount={len(entries)}\nidxfilesize={len(index)}\nidxoffsetbits={bits}\n{sequence}"
        "description=released under CC BY 4.0\n",
        encoding="utf-8",
    )
    (folder / "words.idx").write_bytes(index)
    (folder / data_name).write_bytes(gzip.compress(data) if data_name.endswith("dz") else data)
    return folder / "words.ifo"


@pytest.mark.parametrize("types", MARKED_UP)
@pytest.mark.parametrize("bits", [32, 64])
def test_stardict_gives_the_translations_of_text_and_markup(tmp_path, types, bits):
    found = read_stardict(write_stardict(tmp_path, ENTRIES, types, bits=bits), ("deu", "en"))
    assert list(found.lexicon) == [("Katze", "cat"), ("Katze", "puss"), ("Katze", "tomcat"), ("Hund", "dog")]
    assert found.lexicon.languages == ("de", "en")
    assert found.skipped == {"a sentence rather than a word": 1}
    assert found.sources == (LexiconSource("A German dictionary", "file", "words.ifo", "CC BY 4.0"),)


@pytest.mark.parametrize(
    ("types", "encode"),
    [
        ("tm", lambda text: b"katse\x00" + text.encode()),
        ("mt", lambda text: text.encode() + b"\x00katse"),
        ("", lambda text: b"tkatse\x00m" + text.encode() + b"\x00"),
    ],
)
def test_fields_other_than_text_are_passed_over(tmp_path, types, encode):
    path = write_stardict(tmp_path, ENTRIES, types, encode=encode, data_name="words.dict")
    assert list(read_stardict(path, ("de", "en")).lexicon)[:2] == [("Katze", "cat"), ("Katze", "puss")]


def test_entries_that_hold_no_text_are_counted(tmp_path):
    entries = [*ENTRIES[:1], ("Ton", None)]
    path = write_stardict(
        tmp_path,
        entries,
        "",
        encode=lambda text: b"W\x00\x00\x00\x01a" if text is None else b"m" + text.encode(),
    )
    assert read_stardict(path, ("de", "en")).skipped == {"no text": 1}


def test_an_index_of_stardict_that_points_outside_is_named(tmp_path):
    path = write_stardict(tmp_path, ENTRIES)
    data = gzip.decompress((tmp_path / "words.dict.dz").read_bytes())
    (tmp_path / "words.dict.dz").write_bytes(gzip.compress(data[:-1]))
    assert message_of(read_stardict, path, ("de", "en")) == (
        "The index of words.ifo points outside of the 45 bytes of its entries. "
        "The files do not belong together, or one is damaged: fetch the dictionary again."
    )


def test_an_index_of_stardict_that_is_cut_off_is_named(tmp_path):
    path = write_stardict(tmp_path, ENTRIES)
    (tmp_path / "words.idx").write_bytes((tmp_path / "words.idx").read_bytes()[:-3])
    assert message_of(read_stardict, path, ("de", "en")) == (
        "The index of words.ifo is cut off. Fetch the dictionary again."
    )


def test_a_file_of_stardict_that_is_missing_or_another_is_named(tmp_path):
    path = write_stardict(tmp_path, ENTRIES)
    (tmp_path / "words.dict.dz").unlink()
    assert message_of(read_stardict, path, ("de", "en")) == (
        "words.ifo has no words.dict.dz beside it. Give all files of the dictionary."
    )
    path.write_text("cat\tKatze\n")
    assert message_of(read_stardict, path, ("de", "en")) == (
        'words.ifo is no .ifo file of StarDict, which begins "StarDict\'s dict ifo file".'
    )


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=40), st.sampled_from(["", "m", "tm", "W", "h"]))
def test_any_files_of_stardict_are_read_or_refused(tmp_path_factory, index, data, types):
    folder = tmp_path_factory.mktemp("any")
    path = write_stardict(folder, [], types, encode=bytes)
    (folder / "words.idx").write_bytes(index)
    (folder / "words.dict.dz").write_bytes(data)
    with contextlib.suppress(SkxtmError):
        read_stardict(path, ("de", "en"))
