"""Answers on disk, shared by every process that uses the same folder."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from skxtm._cache_folder import default_cache_folder
from skxtm.exceptions import InputError, InputTypeError
from skxtm.llm._texts import plain_scalar, with_whole_texts
from skxtm.llm.base import ChatAnswer, ChatRequest

FILE_NAME = "answers-1.sqlite3"
_WAIT_FOR_OTHERS_S = 120.0
_ANSWERS = """CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY, text TEXT NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    model TEXT NOT NULL, finish_reason TEXT NOT NULL)"""
_CLAIMS = "CREATE TABLE IF NOT EXISTS claims (key BLOB PRIMARY KEY, run TEXT NOT NULL, since REAL NOT NULL)"


def request_key(identity: Mapping[str, Any], request: ChatRequest) -> bytes:
    """Return 32 bytes that stand for a request to one chat model.

    Parameters
    ----------
    identity : mapping
        Endpoint, model and every parameter that changes answers.
    request : ChatRequest

    Returns
    -------
    key : bytes

    Raises
    ------
    InputError
        If the identity or the schema cannot be written as JSON.
    """
    parts = {
        "identity": identity,
        "messages": request.messages,
        "plain_messages": request.plain_messages,
        "round": request.round,
        "schema": request.schema,
        "version": request.version,
    }
    try:
        how: dict[str, Any] = {"sort_keys": True, "separators": (",", ":"), "allow_nan": False}
        canonical = json.dumps(parts, default=plain_scalar, **how)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The parameters of a chat model and the schema of a request must be plain JSON values ({error})."
        ) from error
    return hashlib.sha256(canonical.encode("ascii")).digest()


class AnswerCache:
    """Answers of chat models in one SQLite file, found by a hash of all that was asked.

    Any number of threads and processes may read and write at once. The file holds hashes of the requests and
    the text of the answers; neither keys of servers nor anything that is executed.

    Parameters
    ----------
    folder : str or path-like, default="default"
        Where the file is kept; made, for its owner alone, at the first use. ``"default"`` takes ``llm`` in
        the cache folder of the package.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from skxtm.llm import ChatAnswer, ChatRequest
    >>> from skxtm.llm._cache import AnswerCache, request_key
    >>> key = request_key({"model": "some-model"}, ChatRequest((("user", "Name a colour."),)))
    >>> with TemporaryDirectory() as folder:
    ...     cache = AnswerCache(folder)
    ...     stored = cache.put(key, ChatAnswer("Blue."))
    ...     cache.get(key) == stored
    True
    """

    def __init__(self, folder: str | os.PathLike[str] = "default") -> None:
        if not isinstance(folder, (str, os.PathLike)):
            raise InputTypeError(
                f"cache must be a path, 'default', or None, which keeps nothing. Got {folder!r}."
            )
        self.folder = default_cache_folder("llm") if folder == "default" else Path(folder).expanduser()

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / FILE_NAME

    def get(self, key: bytes) -> ChatAnswer | None:
        """Look up the answer to a request.

        Parameters
        ----------
        key : bytes
            From `request_key`.

        Returns
        -------
        answer : ChatAnswer or None

        Raises
        ------
        InputError
            If the file is damaged or cannot be used.
        """
        if not self.path.exists():
            return None
        with self._connection() as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'answers'").fetchone():
                return None
            return _stored(connection, key)

    def put(self, key: bytes, answer: ChatAnswer) -> ChatAnswer:
        """Store an answer; a request that was answered before keeps its first answer.

        Parameters
        ----------
        key : bytes
            From `request_key`.
        answer : ChatAnswer

        Returns
        -------
        stored : ChatAnswer
            What the cache holds now.

        Raises
        ------
        InputError
            If the file is damaged or cannot be used.
        """
        with self._writing() as connection:
            _store(connection, {key: answer})
            return _stored(connection, key) or answer

    def put_all(self, answers: Mapping[bytes, ChatAnswer]) -> None:
        """Store answers together, in one write to the disk, in place of those that are there.

        Parameters
        ----------
        answers : dict of bytes to ChatAnswer
            By keys from `request_key`.

        Raises
        ------
        InputError
            If the file is damaged or cannot be used.
        """
        if answers:
            with self._writing() as connection:
                _store(connection, answers, replaces=True)

    def forget(self, judged: Iterable[tuple[bytes, str]]) -> None:
        """Remove answers that are of no use, so that their requests are asked anew.

        Parameters
        ----------
        judged : iterable of (bytes, str)
            A key from `request_key`, and the text that was found useless. Another text is left: it came
            from another process meanwhile, and was paid for.

        Raises
        ------
        InputError
            If the file is damaged or cannot be used.
        """
        with self._writing() as connection:
            for key, text in judged:
                stored = _stored(connection, key)
                if stored is not None and stored.text == text:
                    connection.execute("DELETE FROM answers WHERE key = ?", (key,))

    def prepare(self) -> list[str]:
        """Make the file, so that what is wrong with it shows before anything is asked.

        Returns
        -------
        runs : list of str
            Names of the runs that are asking something, or were killed while they did.

        Raises
        ------
        InputError
            If the file is damaged or cannot be used.
        """
        with self._writing() as connection:
            return [run for (run,) in connection.execute("SELECT DISTINCT run FROM claims")]

    def answer_or_claim(self, key: bytes, run: str, stuck: str | None = None) -> ChatAnswer | str:
        """Look up the answer to a request or, where there is none, note who is asking it.

        Parameters
        ----------
        key : bytes
            From `request_key`.
        run : str
            Name of the run that wants to ask.
        stuck : str or None, default=None
            Name of a run whose claim no longer holds.

        Returns
        -------
        found : ChatAnswer or str
            The answer; or the name of the run whose request it is, the given one if no other was first.

        Raises
        ------
        InputError
            If the file is damaged or cannot be used.
        """
        with self._writing() as connection:
            answer = _stored(connection, key)
            if answer is not None:
                return answer
            holder = connection.execute("SELECT run FROM claims WHERE key = ?", (key,)).fetchone()
            if holder is None or holder[0] == stuck:
                row = (key, run, time.time())  # the time is for people only: clocks are set
                connection.execute("INSERT OR REPLACE INTO claims VALUES (?, ?, ?)", row)
                return run
            return str(holder[0])

    def release(self, run: str, key: bytes | None = None) -> None:
        """Forget what a run is asking.

        Parameters
        ----------
        run : str
            Name of the run.
        key : bytes or None, default=None
            One request; None for all.

        Raises
        ------
        InputError
            If the file is damaged or cannot be used.
        """
        with self._writing() as connection:
            connection.execute("DELETE FROM claims WHERE run = ? AND (? IS NULL OR key = ?)", (run, key, key))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Open the file for changes that are made together."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")  # waits for its turn; a lock taken later may fail at once
            connection.execute(_ANSWERS)
            connection.execute(_CLAIMS)
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one operation: an open connection can neither be pickled nor forked."""
        with self.naming_errors():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            is_new = not self.path.exists()
            connection = sqlite3.connect(self.path, timeout=_WAIT_FOR_OTHERS_S, isolation_level=None)
            with closing(connection):
                yield connection
            if is_new:  # changed by name: closing the file once more would drop the locks of other threads
                self.path.chmod(0o600)

    @contextmanager
    def naming_errors(self) -> Iterator[None]:
        """Turn errors of files and of SQLite into one that says what to do."""
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            raise InputError(
                f"The cache of answers {str(self.path)!r} cannot be used ({error}). Give another folder, or "
                "switch it off with cache=None."
            ) from error
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"The cache of answers {str(self.path)!r} is damaged ({error}). Restore the file from a "
                "copy, or delete it: its answers are then asked, and paid, again."
            ) from error


def _store(
    connection: sqlite3.Connection, answers: Mapping[bytes, ChatAnswer], *, replaces: bool = False
) -> None:
    rows = [
        (key, _encoded(one.text), one.input_tokens, one.output_tokens, one.model, one.finish_reason)
        for key, one in zip(answers, map(with_whole_texts, answers.values()), strict=True)
    ]
    otherwise = "REPLACE" if replaces else "IGNORE"
    connection.executemany(f"INSERT OR {otherwise} INTO answers VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.executemany("DELETE FROM claims WHERE key = ?", [(key,) for key in answers])


def _stored(connection: sqlite3.Connection, key: bytes) -> ChatAnswer | None:
    row = connection.execute(
        "SELECT text, input_tokens, output_tokens, model, finish_reason FROM answers WHERE key = ?", (key,)
    ).fetchone()
    # texts that were stored in earlier versions may hold half a character
    return None if row is None else with_whole_texts(ChatAnswer(_decoded(row[0]), *row[1:]))


def _encoded(text: str) -> str:
    """Write a text as ASCII JSON, which SQLite returns as it is, zeros included."""
    return json.dumps(text)


def _decoded(stored: str) -> str:
    try:
        text = json.loads(stored)
    except (ValueError, TypeError, RecursionError):
        text = None
    if not isinstance(text, str):
        raise sqlite3.DatabaseError("an answer in it is no text")
    return text
