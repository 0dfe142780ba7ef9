"""When the next request may begin: the user's limit, the server's, and what the server lets through."""

from __future__ import annotations

import time
from threading import Lock

from skxtm.exceptions import InputError
from skxtm.llm.accounting import is_amount

#: First pause after a refusal that names none; doubled as long as the server goes on refusing.
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
#: A pace that was learnt is never slower than this, and is forgotten after a while without refusals.
_SLOWEST_S = 12.0
_REMEMBERED_S = 600.0


class Pace:
    """Spaces requests, and waits where a server takes no more of them.

    All threads share it. After a refusal nothing is sent for as long as the server says or, where it does not
    say or that was not enough, for growing pauses; then one request alone tries. Once it is taken, requests
    are spaced as the server let them through before, so that a limit per minute is met once and not every
    minute.

    Parameters
    ----------
    per_minute : float or None
        Requests that the user allows per minute.
    patience : float
        Seconds that a server may go on refusing.

    Raises
    ------
    InputError
        If either makes no sense.
    """

    def __init__(self, per_minute: float | None, patience: float) -> None:
        if per_minute is not None and not (is_amount(per_minute) and per_minute > 0):
            raise InputError(f"requests_per_minute must be None or above 0. Got {per_minute!r}.")
        if not is_amount(patience):
            raise InputError(f"patience must be seconds of at least 0. Got {patience!r}.")
        self.patience = patience
        self._given_interval = 0.0 if per_minute is None else 60.0 / per_minute
        self._learnt_interval = 0.0
        self._next = self._resume = 0.0
        self._pause = _FIRST_PAUSE_S
        self._refused_since: float | None = None
        self._last_refusal = 0.0
        self._n_taken = 0
        self._counted_since = 0.0
        self._lock = Lock()

    def begin(self) -> None:
        """Be patient anew."""
        with self._lock:
            self._refused_since = None
            self._n_taken = 0

    def is_trial(self, begun: float) -> bool:
        """Whether a request that was begun then tries if the server takes requests again: one is enough."""
        return self._refused_since is not None and begun > self._last_refusal

    def delay(self) -> float:
        """Return the seconds until the next request may begin."""
        return max(self._next, self._resume) - time.monotonic()

    def count(self) -> None:
        """Note that a request begins now."""
        with self._lock:
            now = time.monotonic()
            if now - self._last_refusal > _REMEMBERED_S:
                self._learnt_interval = 0.0
            self._next = max(self._next, now) + max(self._given_interval, self._learnt_interval)

    def taken(self, begun: float) -> None:
        """Note that the server took a request that was begun then."""
        with self._lock:
            if not self._n_taken and self._refused_since is None:
                self._counted_since = begun
            if self.is_trial(begun):
                if self._n_taken:
                    interval = (begun - self._counted_since) / self._n_taken
                    self._learnt_interval = min(interval, _SLOWEST_S)
                    self._next = max(self._next, begun + self._learnt_interval)
                self._refused_since, self._pause = None, _FIRST_PAUSE_S
                self._n_taken, self._counted_since = 0, begun
            self._n_taken += 1

    def refused(self, wished: float | None, begun: float) -> bool:
        """Note that the server refused a request that was begun then, and say whether to wait for it."""
        with self._lock:
            now = time.monotonic()
            is_known = self._refused_since is not None and begun <= self._last_refusal
            since = now if self._refused_since is None else self._refused_since
            pause = self._pause if wished is None else wished
            if self._refused_since is not None and not is_known:
                pause = max(pause, self._pause)  # what the server wished was not enough
            self._refused_since = since
            if now + pause - since > self.patience:
                return False
            if not is_known:  # what was under way at the first refusal says nothing new
                self._last_refusal = now
                self._pause = min(2 * self._pause, _LONGEST_PAUSE_S)
            if not is_known or wished is not None:
                self._resume = max(self._resume, now + pause)
            return True
