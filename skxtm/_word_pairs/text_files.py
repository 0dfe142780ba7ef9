"""Files of text as people have them: compressed or not, in one encoding or another."""

import bz2
import codecs
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from skxtm.exceptions import InputError, InputTypeError

LARGEST_FILE = 2**31
"""Bytes that a file may unpack to: far more than any dictionary, far less than a bomb."""

_CHUNK = 2**20
_UNPACKERS: dict[bytes, tuple[str, Callable[[IO[bytes]], Any]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"BZh": ("bzip2", bz2.open),
    b"\xfd7zXZ\x00": ("xz", lzma.open),
}
_ZIP = b"PK\x03\x04"
_NOT_TEXT = {
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"PK\x05\x06": "an empty zip archive",
    b"%PDF-": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"SQLite format 3\x00": "an SQLite database",
}
# the mark of UTF-32 begins with that of UTF-16
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """Read a whole file of text, unpacked if it is compressed by gzip, bzip2, xz or zip.

    Parameters
    ----------
    path : Path
    encoding : str, default="utf-8"
        A byte order mark of UTF-16 or UTF-32 comes before the default.

    Returns
    -------
    text : str
        Without a byte order mark.

    Raises
    ------
    InputError
        If there is no such file, or it is damaged, too large, no text, or in another encoding.
    InputTypeError
        If `encoding` is not a str.
    """
    return decoded(b"".join(unpacked(path)), path.name, encoding)


def decoded(data: bytes, name: str, encoding: str = "utf-8") -> str:
    """Decode the bytes of a file.

    Parameters
    ----------
    data : bytes
    name : str
        What messages call the file.
    encoding : str, default="utf-8"
        As for `read_text`.

    Returns
    -------
    text : str

    Raises
    ------
    InputError, InputTypeError
        As `read_text` does.
    """
    if not isinstance(encoding, str):
        raise InputTypeError(f"The encoding of {name} must be a str, such as 'gb18030'. Got {encoding!r}.")
    if encoding.lower().replace("_", "-") in {"utf-8", "utf8"}:
        encoding = next((marked for mark, marked in _MARKS.items() if data.startswith(mark)), encoding)
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeError as error:
        reason = f"{error.reason} at byte {error.start}" if isinstance(error, UnicodeDecodeError) else error
        raise InputError(
            f"{name} is not text in {encoding} ({reason}). Give its encoding, as in encoding='gb18030'."
        ) from error
    except (LookupError, ValueError) as error:
        raise InputError(
            f"{encoding!r} is no encoding of text that Python knows. "
            f"Give that of {name}, as in encoding='gb18030'."
        ) from error
    if "\x00" in text:
        raise InputError(
            f"{name} holds null characters, so that it is not text in {encoding}. "
            f"If it is UTF-16, give encoding='utf-16-le' or 'utf-16-be'."
        )
    return text


def unpacked(path: Path) -> Iterator[bytes]:
    """Iterate over the content of a file, unpacked if it is compressed by gzip, bzip2, xz or zip.

    What compressed it is told by its first bytes, not by its name.

    Parameters
    ----------
    path : Path

    Yields
    ------
    chunk : bytes
        At most a mebibyte.

    Raises
    ------
    InputError
        If there is no such file, it is damaged, unpacks to more than `LARGEST_FILE` bytes, or is of a kind
        that is not read.
    """
    try:
        opened = path.open("rb")
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(f"There is no file {str(path)!r}. Check the path.") from None
    with opened as file:
        start = file.read(16)
        file.seek(0)
        kind = next((kind for mark, kind in _NOT_TEXT.items() if start.startswith(mark)), None)
        if kind:
            raise InputError(f"{path.name} is {kind}, which is not read. Give the text itself.")
        yield from _bounded(_stream(file, start, path.name), path.name)


def _stream(file: IO[bytes], start: bytes, name: str) -> Iterator[bytes]:
    compression = "zip" if start.startswith(_ZIP) else None
    opened: IO[bytes] = file
    try:
        if compression:
            opened = _only_member(file, name)
        for mark, (known, unpacker) in _UNPACKERS.items():
            if start.startswith(mark):
                compression, opened = known, unpacker(file)
        yield from iter(lambda: opened.read(_CHUNK), b"")
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, ValueError) as error:
        if compression is None or isinstance(error, InputError):
            raise
        raise InputError(
            f"{name} is a damaged {compression} file ({error}). Fetch or write it again."
        ) from error


def _only_member(file: IO[bytes], name: str) -> IO[bytes]:
    try:
        archive = zipfile.ZipFile(file)
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) == 1:
            return archive.open(members[0].filename)
    except RuntimeError as error:  # a password, or a method that Python lacks
        raise InputError(f"{name} cannot be unpacked ({error}). Unpack it by another program.") from error
    raise InputError(f"{name} is a zip archive of {len(members)} files. Unpack it, and give one of them.")


def _bounded(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > LARGEST_FILE:
            raise InputError(
                f"{name} holds more than {LARGEST_FILE:,} bytes once unpacked, which no dictionary does. "
                f"Give a part of it."
            )
        yield chunk
