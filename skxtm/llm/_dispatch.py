"""Sending requests side by side, in order, within the limits."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass
from threading import Barrier, Lock

from skxtm.exceptions import ChatError, ChatRefusedError, ChatUnavailableError, InputError, InputTypeError
from skxtm.llm._cache import AnswerCache
from skxtm.llm._claims import Claims
from skxtm.llm.accounting import Ledger
from skxtm.llm.base import ChatAnswer, ChatModel, ChatRequest

#: Key of a request in the cache or, where there is none, its position.
Slot = bytes | int
#: A server that fails this often in a row is taken to be down.
_MAX_FAILURES_IN_A_ROW = 10
#: Libraries such as polars let a wait go on after Ctrl-C, so that it is noticed only between two waits.
_WAKE_S = 0.5


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, or why there is none."""

    answer: ChatAnswer | None
    error: str = ""
    cached: bool = False
    is_unavailable: bool = False


class Dispatcher:
    """Sends requests from the calling thread's point of view one after the other.

    The calling thread alone decides what is sent, and in which order; an exception or Ctrl-C in it stops the
    sending, and what is under way is waited for. Answers are stored by the threads that receive them. What
    another process is asking is waited for, not asked.
    """

    def __init__(self, chat: ChatModel, cache: AnswerCache | None, ledger: Ledger) -> None:
        self.chat = chat
        self.cache = cache
        self.ledger = ledger
        self.concurrency = _concurrency(chat)
        self._pace = Pace(getattr(chat, "requests_per_minute", None))
        self._in_flight: dict[Slot, Future[Reply]] = {}
        self._lock = Lock()

    def known(self, slot: Slot) -> ChatAnswer | None:
        """Look an answer up in the cache."""
        return self.cache.get(slot) if self.cache is not None and isinstance(slot, bytes) else None

    def run(self, jobs: dict[Slot, ChatRequest], on_reply: Callable[[], object]) -> dict[Slot, Reply]:
        """Return the reply to every job; `on_reply` is called after each."""
        has_keys = any(isinstance(slot, bytes) for slot in jobs)
        shared = nullcontext() if self.cache is None or not has_keys else Claims(self.cache)
        with shared as claims, ThreadPoolExecutor(self.concurrency, thread_name_prefix="skxtm-chat") as pool:
            try:
                _start_threads(pool, min(self.concurrency, len(jobs)))
                return self._feed(pool, claims, jobs, on_reply)
            except BaseException:
                if claims is not None:
                    claims.stop()
                raise

    def _feed(
        self,
        pool: ThreadPoolExecutor,
        claims: Claims | None,
        jobs: dict[Slot, ChatRequest],
        on_reply: Callable[[], object],
    ) -> dict[Slot, Reply]:
        replies: dict[Slot, Reply] = {}
        running: dict[Future[Reply], Slot] = {}
        n_failures = 0

        def note(slot: Slot, reply: Reply) -> None:
            nonlocal n_failures
            n_failures = n_failures + 1 if reply.is_unavailable else 0
            replies[slot] = reply
            on_reply()

        def collect(timeout: float = _WAKE_S) -> None:
            for future in wait(running, timeout, return_when=FIRST_COMPLETED).done:
                note(running.pop(future), future.result())

        for slot, request in jobs.items():
            collect(timeout=0)
            while running and (len(running) >= self.concurrency or self.ledger.obstacle(request)):
                collect()
            while (delay := self._pace.delay()) > 0:
                collect(min(delay, _WAKE_S)) if running else time.sleep(delay)
            if n_failures >= _MAX_FAILURES_IN_A_ROW:
                note(slot, _not_sent(n_failures))
                continue
            started = self._start(pool, claims, slot, request)
            if isinstance(started, Future):
                running[started] = slot
            else:
                note(slot, started)
        while running:
            collect()
        return replies

    def _start(
        self, pool: ThreadPoolExecutor, claims: Claims | None, slot: Slot, request: ChatRequest
    ) -> Future[Reply] | Reply:
        """Begin a request, unless a limit forbids it or another thread is asking the same."""
        with self._lock:
            if isinstance(slot, bytes) and slot in self._in_flight:
                return self._in_flight[slot]
            obstacle = self.ledger.obstacle(request)
            if obstacle is not None:
                return Reply(None, obstacle)
            self.ledger.reserve(request)
            self._pace.count()
            self._in_flight[slot] = future = pool.submit(self._reply, claims, slot, request)
            return future

    def _reply(self, claims: Claims | None, slot: Slot, request: ChatRequest) -> Reply:
        try:
            if claims is None or not isinstance(slot, bytes):
                return Reply(self._send(request))
            return self._claimed_reply(claims, slot, request)
        except ChatRefusedError:
            raise
        except ChatError as error:
            return Reply(None, str(error), is_unavailable=error.retryable)
        finally:
            with self._lock:
                self._in_flight.pop(slot, None)

    def _claimed_reply(self, claims: Claims, key: bytes, request: ChatRequest) -> Reply:
        answer = None
        is_ours = False
        try:
            answer = claims.answer_or_claim(key)
            is_ours = answer is None
        finally:
            if not is_ours:
                self.ledger.settle(request, answer, was_sent=False)
        if answer is not None:
            return Reply(answer, cached=True)
        try:
            return Reply(claims.cache.put(key, self._send(request)))
        except BaseException:
            claims.drop(key)
            raise

    def _send(self, request: ChatRequest) -> ChatAnswer:
        answer = None
        try:
            answer = _checked(self.chat, self.chat.complete(request))
            return answer
        except ChatError:
            raise
        except (ConnectionError, TimeoutError) as error:
            said = f"{type(self.chat).__name__} raised {type(error).__name__} ({error}). Run again later."
            raise ChatUnavailableError(said) from error
        finally:
            self.ledger.settle(request, answer)


class Pace:
    """Spaces requests so that no more than so many begin in a minute."""

    def __init__(self, per_minute: float | None) -> None:
        if per_minute is not None and not per_minute > 0:
            raise InputError(f"requests_per_minute must be None or above 0. Got {per_minute!r}.")
        self._interval = 0.0 if per_minute is None else 60.0 / per_minute
        self._next = 0.0

    def delay(self) -> float:
        """Return the seconds until the next request may begin."""
        return max(self._next - time.monotonic(), 0.0)

    def count(self) -> None:
        """Note that a request begins now."""
        self._next = max(self._next, time.monotonic()) + self._interval


def _start_threads(pool: ThreadPoolExecutor, n_threads: int) -> None:
    """Start all threads before anything is sent: one that Ctrl-C hits while it starts is never waited for."""
    if not n_threads:
        return
    gate = Barrier(n_threads)
    try:
        wait([pool.submit(gate.wait) for _ in range(n_threads)])
    except BaseException:
        gate.abort()
        raise


def _checked(chat: ChatModel, answer: object) -> ChatAnswer:
    if isinstance(answer, ChatAnswer):
        return answer
    if isinstance(answer, str):
        return ChatAnswer(answer)
    raise InputTypeError(
        f"The method complete of {type(chat).__name__} must return a ChatAnswer or a str. Got "
        f"{type(answer).__name__} instead."
    )


def _not_sent(n_failures: int) -> Reply:
    reason = f"Not sent: the server failed {n_failures} times in a row."
    return Reply(None, reason, is_unavailable=True)


def _concurrency(chat: ChatModel) -> int:
    given = getattr(chat, "concurrency", 1)
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise InputError(f"concurrency must be an int of at least 1. Got {given!r}.")
    return given
