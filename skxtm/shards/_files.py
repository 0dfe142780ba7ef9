"""Files of shards: whole or not there, and named where they are damaged or missing."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm._files import replacing
from skxtm.exceptions import InputError

#: What numpy and zipfile raise where bytes are not what they were.
_UNREADABLE = (
    ValueError,
    TypeError,
    OSError,
    EOFError,
    KeyError,
    MemoryError,
    OverflowError,
    RuntimeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def check_file(path: Path, n_bytes: int) -> None:
    """Check that the file of a shard is there and as long as it was.

    Parameters
    ----------
    path : Path
        The file.
    n_bytes : int
        How long it was.

    Raises
    ------
    InputError
        If it is not.
    """
    if not path.is_file():
        raise missing(path)
    if path.stat().st_size != n_bytes:
        raise damaged(path, f"it has {path.stat().st_size:,} bytes, not {n_bytes:,}")


def missing(path: Path) -> InputError:
    """Make the error of a shard that is not there.

    Parameters
    ----------
    path : Path
        Its file.

    Returns
    -------
    error : InputError
    """
    return InputError(
        f"The shard {str(path)!r} is missing. Put the file back, or make the shards anew without it."
    )


def damaged(path: Path, why: str) -> InputError:
    """Make the error of a shard that cannot be used.

    Parameters
    ----------
    path : Path
        Its file.
    why : str
        What is wrong.

    Returns
    -------
    error : InputError
    """
    return InputError(
        f"The shard {str(path)!r} is damaged: {why}. Put a whole copy in its place, or write it again."
    )


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays into one file, as a whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    arrays : dict of str to ndarray
        Of numbers.
    """
    named: dict[str, Any] = dict(arrays)
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez(file, **named)


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read what `write_arrays` wrote; checksums are compared, and nothing in the file is run.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    arrays : dict of str to ndarray

    Raises
    ------
    InputError
        If it is damaged.
    """
    try:
        with path.open("rb") as file:  # numpy leaves open what it cannot read
            return dict(np.load(file, allow_pickle=False))
    except FileNotFoundError as error:
        raise missing(path) from error
    except _UNREADABLE as error:
        raise damaged(path, f"{error}".rstrip(".") or type(error).__name__) from error
