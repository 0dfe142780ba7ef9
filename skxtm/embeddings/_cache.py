"""Vectors of texts on disk, shared by every process that uses the same folder."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skxtm import _cache_folder
from skxtm.exceptions import InputError

FILE_NAME = "vectors-1.sqlite3"
_STORED = np.dtype("<f4")
_KEYS_PER_QUERY = 500  # the oldest SQLite in use takes 999 parameters
_WAIT_FOR_OTHERS_S = 120.0

Compute = Callable[[list[str]], Iterable[tuple[list[str], NDArray[np.float32]]]]


@dataclass(frozen=True)
class EmbeddingSpace:
    """What makes the vector of one text differ from another vector of the same text.

    Attributes
    ----------
    model : str
        Name of the model.
    revision : str
        Its version: a commit, a tag or a hash of its files.
    kind : str
        How the model is used, such as the prompt put before every text.
    """

    model: str
    revision: str
    kind: str = ""

    def key(self, text: str) -> bytes:
        """Return 32 bytes that stand for the text in this space."""
        digest = hashlib.sha256()
        for part in (self.model, self.revision, self.kind, text):
            encoded = part.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "little") + encoded)
        return digest.digest()


class _UnusableError(InputError):
    """The folder cannot be made, read or written, which is no fault of the vectors."""


class EmbeddingCache:
    """Vectors of texts in one SQLite file, found by model, revision, kind and text.

    Any number of processes may read and write at once. The file holds hashes of texts and 32-bit floats:
    neither texts nor anything that is executed.

    Parameters
    ----------
    folder : str or path-like, default=None
        Where the file is kept; made at the first write. None takes `default_cache_folder`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from skxtm.embeddings._cache import EmbeddingCache, EmbeddingSpace
    >>> space = EmbeddingSpace("some-model", "main")
    >>> with TemporaryDirectory() as folder:
    ...     cache = EmbeddingCache(folder)
    ...     cache.put_many(space, ["rain"], np.ones((1, 2), dtype=np.float32))
    ...     cache.get_many(space, ["rain", "sun"])
    {'rain': array([1., 1.], dtype=float32)}
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self.folder = default_cache_folder() if folder is None else Path(folder).expanduser()

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / FILE_NAME

    def get_many(self, space: EmbeddingSpace, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Look up vectors.

        Parameters
        ----------
        space : EmbeddingSpace
        texts : sequence of str

        Returns
        -------
        vectors : dict of str to ndarray of shape (n_dimensions,)
            Of the texts that are known, read-only.

        Raises
        ------
        InputError
            If the file is damaged or cannot be used.
        """
        if not os.path.exists(self.path):  # where a folder must not be entered, Path.exists raises
            return {}
        text_of = {space.key(text): text for text in texts}
        with self._connection() as connection:
            begun = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'vectors'").fetchone()
            blobs = dict(_select(connection, list(text_of))) if begun else {}
        if len({len(blob) for blob in blobs.values()}) > 1 or any(len(blob) % 4 for blob in blobs.values()):
            raise self._damaged("vectors of one model differ in length")
        return {text_of[key]: np.frombuffer(blob, _STORED) for key, blob in blobs.items()}

    def put_many(self, space: EmbeddingSpace, texts: Sequence[str], vectors: NDArray[np.floating]) -> None:
        """Store vectors; a text that is already known keeps its vector.

        Parameters
        ----------
        space : EmbeddingSpace
        texts : sequence of str of length n
        vectors : ndarray of shape (n, n_dimensions)

        Raises
        ------
        InputError
            If the file is damaged or cannot be used.
        """
        rows = np.ascontiguousarray(vectors, dtype=_STORED)
        entries = [(space.key(text), row.tobytes()) for text, row in zip(texts, rows, strict=True)]
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")  # waits for its turn; a lock taken later may fail at once
            connection.execute(
                "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL)"
            )
            connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", entries)
            connection.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one operation: an open connection can neither be pickled nor forked."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=_WAIT_FOR_OTHERS_S, isolation_level=None)
            with closing(connection):
                yield connection
        except (sqlite3.OperationalError, OSError) as error:
            raise _UnusableError(
                f"The embedding cache {str(self.path)!r} cannot be used ({error}). Give another "
                "folder, or switch it off with cache=False."
            ) from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, reason: str) -> InputError:
        return InputError(
            f"The embedding cache {str(self.path)!r} is damaged ({reason}). Delete the file: its vectors are "
            "computed anew when they are needed."
        )


def cached_vectors(
    cache: bool | str | os.PathLike[str], space: EmbeddingSpace, texts: Iterable[str], compute: Compute
) -> dict[str, NDArray[np.float32]]:
    """Look up the vectors of texts; compute and store those that are not known.

    Parameters
    ----------
    cache : bool or path-like
        True takes `default_cache_folder`, and does without it if need be; a path is the folder itself; False
        looks up and stores nothing.
    space : EmbeddingSpace
    texts : iterable of str
        Each once.
    compute : callable
        Takes the texts that are not known, at least one, and gives some of them at a time with their vectors;
        what it has given is stored before it goes on.

    Returns
    -------
    vectors : dict of str to ndarray of shape (n_dimensions,)

    Raises
    ------
    InputError
        If the file is damaged, or a folder that was given cannot be used.

    Warns
    -----
    UserWarning
        Once, if the default folder cannot be used.
    """
    texts = list(texts)
    store = None if cache is False else EmbeddingCache(None if cache is True else cache)
    vectors: dict[str, NDArray[np.float32]] = {}
    try:
        vectors = {} if store is None else store.get_many(space, texts)
    except _UnusableError as error:
        _tell_or_raise(error, cache)
        store = None
    missing = [text for text in texts if text not in vectors]
    for part, computed in compute(missing) if missing else ():
        try:
            if store is not None:
                store.put_many(space, part, computed)
        except _UnusableError as error:
            _tell_or_raise(error, cache)
            store = None
        vectors.update(zip(part, computed, strict=True))
    return vectors


def _tell_or_raise(error: _UnusableError, cache: bool | str | os.PathLike[str]) -> None:
    """Tell, once, that nothing is kept where the user named no folder, as in a service that may not write."""
    if cache is not True:
        raise error
    _tell_once(str(default_cache_folder()), f"{error.__cause__}")


@lru_cache
def _tell_once(folder: str, reason: str) -> None:
    warnings.warn(
        f"The embedding cache {folder!r} cannot be used ({reason}): vectors are computed, and not kept. "
        "Let the environment variable SKXTM_CACHE name a folder that can be written, or switch the cache off "
        "with cache=False of the encoder.",
        stacklevel=5,
    )


def default_cache_folder() -> Path:
    """Return the folder of the cache where none is given.

    Returns
    -------
    folder : pathlib.Path
        ``embeddings`` in the folder that the environment variable ``SKXTM_CACHE`` names; where that is unset,
        ``$XDG_CACHE_HOME/skxtm/embeddings`` or ``~/.cache/skxtm/embeddings``.
    """
    return _cache_folder.default_cache_folder("embeddings")


def _select(connection: sqlite3.Connection, keys: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for start in range(0, len(keys), _KEYS_PER_QUERY):
        part = keys[start : start + _KEYS_PER_QUERY]
        marks = ",".join("?" * len(part))
        yield from connection.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", part)
