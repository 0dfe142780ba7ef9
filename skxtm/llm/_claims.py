"""Claims on requests: what one process is asking, others wait for instead of asking it too."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self
from uuid import uuid4

from skxtm.exceptions import ChatError
from skxtm.llm._cache import AnswerCache
from skxtm.llm.base import ChatAnswer

_POLL_S = 0.2
_LONGEST_CLAIM_S = 3600.0  # the process that holds it is then taken to be stuck
_YOUNGEST_LEFTOVER_S = 60.0


class Claims:
    """What a run of requests has taken upon itself, seen by all processes that share the cache.

    A run is alive as long as it holds the lock on a file of its own. The system drops the lock when the
    process ends, also by force, and others then take its claims over at once.

    Parameters
    ----------
    cache : AnswerCache
        Where answers and claims are kept.

    Raises
    ------
    InputError
        If the cache cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from skxtm.llm import ChatAnswer
    >>> from skxtm.llm._cache import AnswerCache
    >>> from skxtm.llm._claims import Claims
    >>> key = bytes(32)
    >>> with TemporaryDirectory() as folder, Claims(AnswerCache(folder)) as claims:
    ...     assert claims.answer_or_claim(key) is None  # so it is ours to ask
    ...     claims.cache.put(key, ChatAnswer("Blue.")).text
    'Blue.'
    """

    def __init__(self, cache: AnswerCache) -> None:
        self.cache = cache
        self.run = uuid4().hex
        self._is_stopped = Event()

    def __enter__(self) -> Self:
        runs = self.cache.prepare()
        for run in runs:
            if not _is_alive(self.cache.folder, run):
                self.cache.release(run)
        with self.cache.naming_errors():
            _remove_leftovers(self.cache.folder)
            self._lock = sqlite3.connect(_lock_path(self.cache.folder, self.run), isolation_level=None)
            self._lock.execute("BEGIN EXCLUSIVE")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lock.close()
        _lock_path(self.cache.folder, self.run).unlink(missing_ok=True)
        self.cache.release(self.run)

    def stop(self) -> None:
        """Wait for no other process any longer."""
        self._is_stopped.set()

    def answer_or_claim(self, key: bytes) -> ChatAnswer | None:
        """Claim a request; where another run is asking it, wait for the answer, or for that run to give up.

        Parameters
        ----------
        key : bytes
            From `request_key`.

        Returns
        -------
        answer : ChatAnswer or None
            None if the request is now this run's to ask.

        Raises
        ------
        ChatError
            If `stop` was called while waiting.
        """
        holder, since, stuck = "", 0.0, None
        while True:
            found = self.cache.answer_or_claim(key, self.run, stuck)
            if found == self.run:
                return None
            if isinstance(found, ChatAnswer):
                return found
            if found != holder:
                holder, since = found, time.monotonic()  # the time of day may be set forward while this waits
            if time.monotonic() - since > _LONGEST_CLAIM_S:
                stuck = found
            elif not _is_alive(self.cache.folder, found):
                self.cache.release(found)
            elif self._is_stopped.wait(_POLL_S):
                raise ChatError("Not sent: the sending was stopped.")

    def drop(self, key: bytes) -> None:
        """Leave a request to others.

        Parameters
        ----------
        key : bytes
            From `request_key`.
        """
        self.cache.release(self.run, key)


def _lock_path(folder: Path, run: str) -> Path:
    return folder / f"run-{run}.lock"


def _is_alive(folder: Path, run: str) -> bool:
    """Whether the file of a run is there and locked."""
    path = _lock_path(folder, run)
    if not path.exists():
        return False
    connection = None
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=0)
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode == sqlite3.SQLITE_BUSY
    finally:
        if connection is not None:
            connection.close()
    return False


def _remove_leftovers(folder: Path) -> None:
    """Remove the files of runs that were killed; one made just now may not be locked yet."""
    for path in folder.glob("run-*.lock"):
        try:
            is_old = time.time() - path.stat().st_mtime > _YOUNGEST_LEFTOVER_S
        except FileNotFoundError:
            continue
        if is_old and not _is_alive(folder, path.stem.removeprefix("run-")):
            path.unlink(missing_ok=True)
