"""Files that are whole or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from skxtm.exceptions import InputError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write beside a file, then rename, so that no reader meets half of it.

    Parameters
    ----------
    path : Path
        The file; one that is there is replaced when the block ends without an error.

    Yields
    ------
    partial : Path
        The file to write, in the same folder, so that the rename stays within one file system. It is gone
        after an error.
    """
    partial = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def check_page(path: Path) -> None:
    """Refuse a place where no file can be written, before the work is done.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    InputError
        If it is a folder, or its folder does not exist.
    """
    if path.is_dir():
        raise InputError(f"{str(path)!r} is a folder. Give the path of a file, such as one in it.")
    if not path.absolute().parent.is_dir():
        raise InputError(f"The folder of {str(path)!r} does not exist. Make it, or give another path.")


def write_page(path: Path, text: str) -> None:
    """Write a text file as a whole.

    Parameters
    ----------
    path : Path
        The file.
    text : str
        What is to be in it; half a character becomes a question mark.

    Raises
    ------
    InputError
        If it is a folder, or its folder does not exist.
    """
    check_page(path)
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8", errors="replace", newline="\n")
