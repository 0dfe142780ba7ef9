"""Sending requests side by side, in order, within the limits."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, replace
from threading import Barrier, Event, Lock

from skxtm.exceptions import (
    ChatBusyError,
    ChatError,
    ChatRefusedError,
    ChatUnavailableError,
    InputError,
    InputTypeError,
)
from skxtm.llm._cache import AnswerCache
from skxtm.llm._claims import Claims
from skxtm.llm._pace import Pace
from skxtm.llm._stopping import heed
from skxtm.llm._texts import with_whole_texts
from skxtm.llm._wire import count
from skxtm.llm.accounting import Ledger
from skxtm.llm.base import ChatAnswer, ChatModel, ChatRequest

#: Key of a request in the cache or, where there is none, its position.
Slot = bytes | int
#: A server that fails this often in a row is taken to be down.
_MAX_FAILURES_IN_A_ROW = 10
#: Attempts of one request that may be billed though no answer came of them.
_MOST_BILLED = 2
#: Libraries such as polars let a wait go on after Ctrl-C, so that it is noticed only between two waits.
_WAKE_S = 0.5
_PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, or why there is none."""

    answer: ChatAnswer | None
    error: ChatError | str = ""
    cached: bool = False

    @property
    def may_come_later(self) -> bool:
        """Whether the same request may succeed another time: it was not sent, or met a passing failure."""
        return isinstance(self.error, str) or self.error.retryable


class Dispatcher:
    """Sends requests from the calling thread's point of view one after the other.

    The calling thread alone decides what is sent, and in which order; an exception or Ctrl-C in it stops the
    sending, retries included, and what is under way is waited for. Answers are stored by the threads that
    receive them. What another process is asking is waited for, not asked. What a busy server refused is sent
    again after a pause that holds for all threads, and what failed at a price, such as half an answer, once
    more.
    """

    def __init__(self, chat: ChatModel, cache: AnswerCache | None, ledger: Ledger) -> None:
        self.chat = chat
        self.cache = cache
        self.ledger = ledger
        self.concurrency = _concurrency(chat)
        per_minute = getattr(chat, "requests_per_minute", None)
        self.pace = Pace(per_minute, getattr(chat, "patience", _PATIENCE_S))
        self._in_flight: dict[Slot, Future[Reply]] = {}
        self._lock = Lock()

    def known(self, slot: Slot) -> ChatAnswer | None:
        """Look an answer up in the cache."""
        return self.cache.get(slot) if self.cache is not None and isinstance(slot, bytes) else None

    def run(
        self, jobs: dict[Slot, ChatRequest], on_reply: Callable[[], object], *, outlive_refusals: bool = False
    ) -> dict[Slot, Reply]:
        """Return the reply to every job; `on_reply` is called after each.

        A refusal stops everything, unless refusals are to be outlived: then it fails its own request.
        """
        if getattr(self.chat, "answers_at_hand", False):
            return self._read(jobs, on_reply)
        has_keys = any(isinstance(slot, bytes) for slot in jobs)
        shared = nullcontext() if self.cache is None or not has_keys else Claims(self.cache)
        self.pace.begin()
        stopped = Event()
        pool = ThreadPoolExecutor(self.concurrency, "skxtm-chat", initializer=heed, initargs=(stopped,))
        with shared as claims, pool:
            try:
                _start_threads(pool, min(self.concurrency, len(jobs)))
                return _Run(self, pool, claims, jobs, on_reply, outlive_refusals).finish()
            except BaseException:
                stopped.set()
                if claims is not None:
                    claims.stop()
                raise

    def _read(self, jobs: dict[Slot, ChatRequest], on_reply: Callable[[], object]) -> dict[Slot, Reply]:
        """Read the reply to every job in this thread."""
        replies: dict[Slot, Reply] = {}
        for slot, request in jobs.items():
            replies[slot] = self._read_one(request)
            on_reply()
        return replies

    def _read_one(self, request: ChatRequest) -> Reply:
        with self._lock:
            obstacle = self.ledger.obstacle(request)
            if obstacle is not None:
                return Reply(None, obstacle)
            self.ledger.reserve(request)
        try:
            return Reply(self._send(request))
        except ChatError as error:
            return Reply(None, error.with_traceback(None))

    def start(
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
            self.pace.count()
            self._in_flight[slot] = future = pool.submit(self._reply, claims, slot, request)
            return future

    def _reply(self, claims: Claims | None, slot: Slot, request: ChatRequest) -> Reply:
        try:
            if claims is None or not isinstance(slot, bytes):
                return Reply(self._send(request))
            return self._claimed_reply(claims, slot, request)
        except ChatError as error:
            # an error that is passed on must not keep the frames it went through
            return Reply(None, error.with_traceback(None))
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
        answer, failure = None, None
        try:
            answer = _checked(self.chat, self.chat.complete(request))
            return answer
        except ChatError as error:
            failure = error
            raise
        except (ConnectionError, TimeoutError) as error:
            said = f"{type(self.chat).__name__} raised {type(error).__name__} ({error}). Run again later."
            raise ChatUnavailableError(said) from error
        finally:
            was_sent = not isinstance(failure, ChatBusyError)
            self.ledger.settle(request, answer, was_sent=was_sent, failure=failure)


class _Run:
    """One call of `Dispatcher.run`: what waits, what is under way, and what has come."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        pool: ThreadPoolExecutor,
        claims: Claims | None,
        jobs: dict[Slot, ChatRequest],
        on_reply: Callable[[], object],
        outlive_refusals: bool,
    ) -> None:
        self.dispatcher, self.pool, self.claims = dispatcher, pool, claims
        self.jobs, self.on_reply, self.outlive_refusals = jobs, on_reply, outlive_refusals
        self.waiting = deque(jobs)
        self.running: dict[Future[Reply], tuple[Slot, float]] = {}
        self.replies: dict[Slot, Reply] = {}
        self.n_billed: Counter[Slot] = Counter()
        self.n_failures = 0
        self.given_up = ""

    def finish(self) -> dict[Slot, Reply]:
        """Send everything."""
        while self.waiting or self.running:
            self._collect(timeout=0)
            if not self.waiting:
                self._collect()
            elif self.given_up:
                self._note(self.waiting.popleft(), Reply(None, self.given_up))
            elif not self._must_wait():
                self._start(self.waiting.popleft())
        return self.replies

    def _must_wait(self) -> bool:
        """Wait a little if the next request may not be sent yet."""
        dispatcher = self.dispatcher
        is_tried = any(dispatcher.pace.is_trial(begun) for _, begun in self.running.values())
        is_full = is_tried or len(self.running) >= dispatcher.concurrency
        if self.running and (is_full or dispatcher.ledger.must_wait(self.jobs[self.waiting[0]])):
            self._collect()
            return True
        delay = min(dispatcher.pace.delay(), _WAKE_S)
        if delay <= 0:
            return False
        if self.running:
            self._collect(delay)
        else:
            time.sleep(delay)
        return True

    def _start(self, slot: Slot) -> None:
        begun = time.monotonic()
        started = self.dispatcher.start(self.pool, self.claims, slot, self.jobs[slot])
        if isinstance(started, Future):
            self.running[started] = slot, begun
        else:
            self._note(slot, started)

    def _collect(self, timeout: float = _WAKE_S) -> None:
        for future in wait(self.running, timeout, return_when=FIRST_COMPLETED).done:
            slot, begun = self.running.pop(future)
            self._judge(slot, begun, future.result())

    def _judge(self, slot: Slot, begun: float, reply: Reply) -> None:
        """Decide whether a request is done, is sent once more, or ends the sending."""
        error, pace = reply.error, self.dispatcher.pace
        if isinstance(error, ChatRefusedError) and not self.outlive_refusals:
            raise error
        if isinstance(error, ChatBusyError):
            if pace.refused(error.retry_after, begun):
                self.waiting.appendleft(slot)
                return
            self.given_up = (
                f"Not sent: the server refuses requests for longer than patience={pace.patience:g}."
            )
        elif not reply.cached and not isinstance(error, ChatUnavailableError):
            pace.taken(begun)
        if isinstance(error, ChatError) and error.may_be_billed:
            self.n_billed[slot] += 1
            if self.n_billed[slot] < _MOST_BILLED:
                self.waiting.appendleft(slot)
                return
        self._note(slot, reply)

    def _note(self, slot: Slot, reply: Reply) -> None:
        is_down = isinstance(reply.error, ChatError) and reply.error.retryable
        self.n_failures = self.n_failures + 1 if is_down else 0
        if self.n_failures >= _MAX_FAILURES_IN_A_ROW and not self.given_up:
            self.given_up = f"Not sent: the server failed {self.n_failures} times in a row."
        self.replies[slot] = reply
        self.on_reply()


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
    if isinstance(answer, str):
        answer = ChatAnswer(answer)
    if isinstance(answer, ChatAnswer):
        for name in ("text", "model", "finish_reason"):
            if not isinstance(getattr(answer, name), str):
                raise InputTypeError(
                    f"The ChatAnswer of {type(chat).__name__} must hold a str as {name}, if need be an empty "
                    f"one. Got {getattr(answer, name)!r}."
                )
        counts = count(answer.input_tokens), count(answer.output_tokens)
        return with_whole_texts(replace(answer, input_tokens=counts[0], output_tokens=counts[1]))
    raise InputTypeError(
        f"The method complete of {type(chat).__name__} must return a ChatAnswer or a str. Got "
        f"{type(answer).__name__} instead."
    )


def _concurrency(chat: ChatModel) -> int:
    given = getattr(chat, "concurrency", 1)
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise InputError(f"concurrency must be an int of at least 1. Got {given!r}.")
    return given
