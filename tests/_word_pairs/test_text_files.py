"""Files of text: what compresses them, how they are encoded, and what is damaged."""

import bz2
import contextlib
import gzip
import io
import lzma
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm._word_pairs import text_files as _text_files
from skxtm._word_pairs.text_files import read_text, unpacked
from skxtm.exceptions import InputError, InputTypeError

TEXT = "猫\tcat\nß\tss\n"


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return file.getvalue()


COMPRESSED = {
    "gzip": gzip.compress(TEXT.encode()),
    "bzip2": bz2.compress(TEXT.encode()),
    "xz": lzma.compress(TEXT.encode()),
    "zip": zipped(words=TEXT),
}


def message_of(path, *arguments, error=InputError):
    with pytest.raises(error) as caught:
        read_text(path, *arguments)
    return str(caught.value)


@pytest.mark.parametrize("kind", COMPRESSED)
def test_a_compressed_file_is_read_whatever_its_name(tmp_path, kind):
    path = tmp_path / "words.txt"
    path.write_bytes(COMPRESSED[kind])
    assert read_text(path) == TEXT


@pytest.mark.parametrize("kind", COMPRESSED)
def test_a_compressed_file_that_is_cut_off_is_named(tmp_path, kind):
    path = tmp_path / "words"
    path.write_bytes(COMPRESSED[kind][:-9])
    message = message_of(path)
    assert message.startswith(f"words is a damaged {kind} file (")
    assert message.endswith("). Fetch or write it again.")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(COMPRESSED)), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255))))
def test_a_compressed_file_with_other_bytes_gives_a_text_or_an_error_of_ours(tmp_path_factory, kind, changes):
    data = bytearray(COMPRESSED[kind])
    for position, value in changes:
        data[position % len(data)] = value
    path = tmp_path_factory.mktemp("any") / "words"
    path.write_bytes(data)
    with contextlib.suppress(InputError):
        assert isinstance(read_text(path), str)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x28\xb5\x2f\xfd...", "compressed by zstd"),
        (b"7z\xbc\xaf\x27\x1c...", "a 7z archive"),
        (b"Rar!\x1a\x07\x00...", "a rar archive"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"SQLite format 3\x00...", "an SQLite database"),
        (zipped(), "an empty zip archive"),
    ],
)
def test_a_file_of_another_kind_is_told_what_it_is(tmp_path, data, kind):
    (tmp_path / "words").write_bytes(data)
    assert message_of(tmp_path / "words") == f"words is {kind}, which is not read. Give the text itself."


def test_a_zip_archive_of_several_files_asks_for_one_of_them(tmp_path):
    (tmp_path / "words.zip").write_bytes(zipped(a="1", b="2"))
    assert message_of(tmp_path / "words.zip") == (
        "words.zip is a zip archive of 2 files. Unpack it, and give one of them."
    )


def test_an_encrypted_zip_archive_is_told_from_a_damaged_one(tmp_path):
    data = bytearray(zipped(words=TEXT))
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(header) + flags] |= 1
    (tmp_path / "words.zip").write_bytes(data)
    assert message_of(tmp_path / "words.zip") == (
        "words.zip cannot be unpacked (File 'words' is encrypted, password required for extraction). "
        "Unpack it by another program."
    )


def test_a_file_that_grows_without_bounds_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(_text_files, "LARGEST_FILE", 5_000_000)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(10**8)))
    sizes = []
    with pytest.raises(InputError) as error:
        sizes.extend(map(len, unpacked(path)))
    assert sum(sizes) <= 5_000_000
    assert str(error.value) == (
        "bomb.gz holds more than 5,000,000 bytes once unpacked, which no dictionary does. Give a part of it."
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(tmp_path, encoding):
    (tmp_path / "words").write_bytes(TEXT.encode(encoding))
    assert read_text(tmp_path / "words") == TEXT
    (tmp_path / "words").write_bytes(gzip.compress(TEXT.encode(encoding)))
    assert read_text(tmp_path / "words", "UTF_8") == TEXT


def test_utf_16_without_a_mark_is_recognised_by_its_nulls(tmp_path):
    (tmp_path / "words").write_bytes("cat\tchat".encode("utf-16-le"))
    assert message_of(tmp_path / "words") == (
        "words holds null characters, so that it is not text in utf-8. "
        "If it is UTF-16, give encoding='utf-16-le' or 'utf-16-be'."
    )
    assert read_text(tmp_path / "words", "utf-16-le") == "cat\tchat"


@pytest.mark.parametrize("encoding", ["klingon", "hex", "rot13", ""])
def test_an_encoding_that_is_none_is_named(tmp_path, encoding):
    (tmp_path / "words").write_text("cat")
    assert message_of(tmp_path / "words", encoding) == (
        f"{encoding!r} is no encoding of text that Python knows. "
        "Give that of words, as in encoding='gb18030'."
    )


def test_an_encoding_that_is_no_str_is_refused(tmp_path):
    (tmp_path / "words").write_text("cat")
    assert message_of(tmp_path / "words", None, error=InputTypeError) == (
        "The encoding of words must be a str, such as 'gb18030'. Got None."
    )
