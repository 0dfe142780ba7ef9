"""Sending many requests: once each, within limits, with every paid answer kept."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Never, Self, TypeVar

from tqdm.auto import tqdm

from skxtm.exceptions import AnswerFormatError, BudgetError, InputError, InputTypeError
from skxtm.llm._cache import AnswerCache, request_key
from skxtm.llm._dispatch import Dispatcher, Reply, Slot
from skxtm.llm._wire import is_filtered
from skxtm.llm.accounting import Estimate, Ledger, Usage, estimated_input_tokens
from skxtm.llm.base import ChatAnswer, ChatModel, ChatRequest

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Value]):
    """What became of one request.

    Attributes
    ----------
    value : object or None
        What was read from the answer; None if the request failed.
    error : str or None
        Why it failed; None if it did not.
    cached : bool
        Whether nothing was sent for it.
    truncated : bool
        Whether the answer was cut off at the limit of its length; the value is then read from what is left.
    """

    value: Value | None
    error: str | None = None
    cached: bool = False
    truncated: bool = False


class ChatSession:
    """Ask a chat model many things, paying for none of them twice.

    Every answer is written to the cache the moment it arrives, also one that cannot be read, so that a run
    that was stopped, by an error, by Ctrl-C or by force, goes on where it was. Only when nothing more can be
    made of an answer, since it stayed unreadable after asking again or was filtered, is it taken out of the
    cache, though not out of `usage`: the next call asks that request anew. What another thread or process
    with the same cache is asking just now is waited for, and asked only if that process ends without an
    answer, or takes longer than an hour. Outcomes do not depend on how many requests are under way at once.

    Parameters
    ----------
    chat : ChatModel
        What answers, such as `OpenAIChat`.
    cache : str or path-like, default=None
        Folder that keeps the answers, shared by any number of processes. ``"default"`` is
        ``$SKXTM_CACHE/llm`` or, where that is unset, ``~/.cache/skxtm/llm``; None keeps nothing. Chat models
        without an ``identity`` are not cached, and warned of; those that only read their answers, such as
        `BatchFiles`, are not cached either.
    prices : tuple of (float, float), default=None
        Dollars per million input tokens and per million output tokens.
    max_cost : float, default=None
        Dollars that are not exceeded, as long as the prices are right: a request is sent only if the most
        that it and all under way may cost fits; the others fail. If already the first does not fit, nothing
        is sent. Needs `prices`, and ``max_output_tokens`` of the chat model.
    max_requests : int, default=None
        Requests that are not exceeded over the life of the session, those asked again included.
    verbose : int, default=0
        1 shows a progress bar with tokens and cost.

    Raises
    ------
    InputError, InputTypeError
        If the cache, a limit or a price is not what is needed, or the chat model is a class or none.

    Notes
    -----
    Attempts that fail and cost nothing count as one request with those that follow: servers do not bill what
    they answer with an error. An attempt that timed out on this side, or whose answer broke off, may be
    billed: it is made once more at most, and counts as a request and, at its upper bound, in `max_cost`.

    Where a server counts more output than ``max_output_tokens``, as with hidden reasoning that is not limited
    by them, or more input than the request has bytes, the first answer shows it, and what follows is reckoned
    with it. With `max_cost` the first
    request is therefore answered before others are sent.

    A copy of a session, such as searches make, is the session itself: its limits hold for both together. It
    cannot be pickled, since they hold in one process.

    Examples
    --------
    >>> from skxtm.llm import ChatRequest, ChatSession, ScriptedChat
    >>> session = ChatSession(ScriptedChat(["7", "seven", "8"]))
    >>> requests = [ChatRequest((("user", f"{n} + 4 = ?"),)) for n in (3, 4)]
    >>> def read(text):
    ...     if not text.isdigit():
    ...         raise AnswerFormatError("The answer must be a number.")
    ...     return int(text)
    >>> from skxtm.exceptions import AnswerFormatError
    >>> [outcome.value for outcome in session.ask(requests, read)]
    [7, 8]
    >>> session.usage.n_requests
    3
    """

    def __init__(
        self,
        chat: ChatModel,
        *,
        cache: str | os.PathLike[str] | None = None,
        prices: tuple[float, float] | None = None,
        max_cost: float | None = None,
        max_requests: int | None = None,
        verbose: int = 0,
    ) -> None:
        if isinstance(chat, type):
            raise InputTypeError(f"The chat model is the class {chat.__name__}. Give {chat.__name__}(...).")
        if not callable(getattr(chat, "complete", None)):
            raise InputTypeError(
                "A chat model must be an object with a method complete(request), such as "
                f"skxtm.llm.OpenAIChat(...). Got {type(chat).__name__} instead."
            )
        if max_cost is not None and hasattr(chat, "prepare"):
            raise InputError(
                f"max_cost stops between one request and the next, but {type(chat).__name__} asks all at "
                "once. Leave max_cost out, and look at estimate() before."
            )
        self.chat = chat
        self.verbose = verbose
        self._ledger = Ledger(prices, max_cost, max_requests, getattr(chat, "max_output_tokens", None))
        store = None if cache is None else AnswerCache(cache)
        is_at_hand = getattr(chat, "answers_at_hand", False)
        self._cache = None if is_at_hand else store  # what is only read is read anew, as it is now
        self._dispatcher = Dispatcher(chat, self._cache, self._ledger)
        if self._cache is not None and not hasattr(chat, "identity"):
            warnings.warn(_uncached(chat), stacklevel=2)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> Never:
        raise InputTypeError(
            "A ChatSession cannot be pickled or sent to another process: its limits hold in one. Set "
            f"n_jobs=1, or give the {type(self.chat).__name__} itself, for which no limits hold."
        )

    @property
    def usage(self) -> Usage:
        """What the session has taken so far."""
        return self._ledger.usage()

    def ask(
        self,
        requests: Sequence[ChatRequest],
        parse: Callable[[str], Value] | Sequence[Callable[[str], Value]],
    ) -> list[Outcome[Value]]:
        """Ask all requests and read the answers.

        An answer that cannot be read is asked for once more, with the answer and what is wrong with it added
        to the conversation; so is one that cannot be read because it was cut off. If the server refuses that,
        for instance because it has become too long, this request fails and no other. A server that is busy is
        waited for, see `OpenAIChat`. After ten failures in a row to reach the server the rest is not sent,
        and fails. Ctrl-C stops the sending, waits for what is under way and keeps it.

        Parameters
        ----------
        requests : sequence of ChatRequest
            Requests that are alike in everything, their round included, are asked once.
        parse : callable, or sequence of callable
            Returns the value of an answer's text, or raises `AnswerFormatError` with a message for the model.
            One for all requests, or one for each.

        Returns
        -------
        outcomes : list of Outcome
            In the order of the requests.

        Raises
        ------
        InputTypeError
            If what is given is no list of ChatRequest.
        InputError
            If there are not as many parsers as requests.
        ChatRefusedError
            If the server refuses such requests; what was under way is waited for and kept.
        BudgetError
            If more requests are needed than `max_requests` allows, or already the first may cost more than
            what is left of `max_cost`; nothing was sent.
        AnswersPendingError
            If the chat model works with batch files and answers are missing.
        """
        requests = _requests(requests)
        parsers = _parsers(parse, len(requests))
        results = self._asked(requests, parsers)
        stale = [row for row, result in enumerate(results) if result.error is not None and result.is_stale]
        if stale:  # unusable answers of an earlier run, taken out of the cache just now
            anew = self._asked([requests[row] for row in stale], [parsers[row] for row in stale], again=True)
            for row, result in zip(stale, anew, strict=True):
                results[row] = result
        self._ledger.count(n_failed=sum(result.error is not None for result in results))
        return [result.outcome for result in results]

    def estimate(self, requests: Sequence[ChatRequest], n_output_tokens: int = 200) -> Estimate:
        """Say what requests would take, sending nothing.

        Parameters
        ----------
        requests : sequence of ChatRequest
            As for `ask`.
        n_output_tokens : int, default=200
            Tokens of a usual answer. Models that reason first take far more.

        Returns
        -------
        estimate : Estimate
            Without what is asked again because an answer cannot be read.

        Raises
        ------
        InputTypeError
            If what is given is no list of ChatRequest.
        """
        requests = _requests(requests)
        jobs = dict(zip(self._slots(requests), requests, strict=True))
        has_answer = getattr(self.chat, "has_answer", None)
        missing = [
            request
            for slot, request in jobs.items()
            if not (has_answer(request) if has_answer else self._dispatcher.known(slot))
        ]
        input_tokens = sum(map(estimated_input_tokens, missing))
        output_tokens = n_output_tokens * len(missing)
        return Estimate(
            n_requests=len(missing),
            n_cached=len(jobs) - len(missing),
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cost=self._ledger.cost(input_tokens, output_tokens),
        )

    def _asked(
        self,
        requests: Sequence[ChatRequest],
        parsers: Sequence[Callable[[str], Value]],
        *,
        again: bool = False,
    ) -> list[_Result[Value]]:
        """Ask all requests, and what cannot be read a second time; keep no answer that is of no use."""
        replies = self._replies(
            requests, label="Asking again" if again else "Asking", checks_budget=not again
        )
        results = [_read(reply, parse) for reply, parse in zip(replies, parsers, strict=True)]
        unread = [row for row, result in enumerate(results) if result.complaint]
        follow_ups = {row: _follow_up(requests[row], replies[row], results[row]) for row in unread}
        seconds = self._replies(list(follow_ups.values()), label="Asking again", checks_budget=False)
        useless = {
            row: [(requests[row], replies[row])] for row, result in enumerate(results) if result.is_useless
        }
        for row, reply in zip(unread, seconds, strict=True):
            results[row] = _second(results[row], _read(reply, parsers[row]), reply)
            if results[row].is_useless:
                useless[row] = [(requests[row], replies[row]), (follow_ups[row], reply)]
        self._forget([pair for pairs in useless.values() for pair in pairs])
        if hasattr(self.chat, "how_to_ask_anew"):
            for row, pairs in useless.items():
                told = f"{results[row].error} {self.chat.how_to_ask_anew([request for request, _ in pairs])}"
                results[row] = replace(results[row], outcome=replace(results[row].outcome, error=told))
        return results

    def _forget(self, useless: Sequence[tuple[ChatRequest, Reply]]) -> None:
        """Take answers out of the cache, unless another process has put others in their place."""
        answers = [reply.answer for _, reply in useless]
        slots = self._slots([request for request, _ in useless])
        judged = [
            (slot, answer.text)
            for slot, answer in zip(slots, answers, strict=True)
            if isinstance(slot, bytes) and answer is not None
        ]
        if judged and self._cache is not None:
            self._cache.forget(judged)

    def _slots(self, requests: Sequence[ChatRequest]) -> list[Slot]:
        identity = getattr(self.chat, "identity", None)
        if identity is None:
            return list(range(len(requests)))
        return [request_key(identity, request) for request in requests]

    def _replies(self, requests: Sequence[ChatRequest], *, label: str, checks_budget: bool) -> list[Reply]:
        """Return one reply per request, in order; those in the cache are not sent."""
        slots = self._slots(requests)
        jobs = dict(zip(slots, requests, strict=True))  # requests that are alike share a slot
        known = {slot: answer for slot in jobs if (answer := self._dispatcher.known(slot)) is not None}
        missing = {slot: request for slot, request in jobs.items() if slot not in known}
        replies = {slot: Reply(answer, cached=True) for slot, answer in known.items()}
        self._ledger.count(n_cached=len(known))
        if missing:
            if checks_budget:
                self._check_budget(missing)
            if self._cache is not None and getattr(self.chat, "identity", None) is not None:
                self._cache.prepare()
            if hasattr(self.chat, "prepare"):
                self.chat.prepare(list(missing.values()))
            replies |= self._sent(missing, len(known), label, outlive_refusals=not checks_budget)
        return [replies[slot] for slot in slots]

    def _check_budget(self, missing: dict[Slot, ChatRequest]) -> None:
        n_missing = len(missing)
        if n_missing > self._ledger.n_left:
            raise BudgetError(
                f"{n_missing} requests are not in the cache, but max_requests={self._ledger.max_requests} "
                f"leaves {self._ledger.n_left} of them. Nothing was sent. Raise max_requests, or ask less."
            )
        shortage = self._ledger.shortage(next(iter(missing.values())))
        if shortage is not None:
            raise BudgetError(shortage)

    def _sent(
        self, jobs: dict[Slot, ChatRequest], n_known: int, label: str, *, outlive_refusals: bool
    ) -> dict[Slot, Reply]:
        total = n_known + len(jobs)
        with tqdm(total=total, initial=n_known, desc=label, unit="request", disable=not self.verbose) as bar:

            def show() -> None:
                usage = self.usage
                tokens = f"{usage.input_tokens + usage.output_tokens:,} tokens"
                cost = "" if usage.cost is None else f", ${usage.cost:.4f}"
                bar.set_postfix_str(tokens + cost, refresh=False)
                bar.update()

            return self._dispatcher.run(jobs, show, outlive_refusals=outlive_refusals)


def _requests(given: Sequence[ChatRequest]) -> list[ChatRequest]:
    if isinstance(given, str | ChatRequest) or not isinstance(given, Iterable):
        raise InputTypeError(f"requests must be a list of ChatRequest. Got {type(given).__name__} instead.")
    requests = list(given)
    wrong = next((one for one in requests if not isinstance(one, ChatRequest)), None)
    if wrong is not None:
        raise InputTypeError(
            f"requests must be a list of ChatRequest. Got one that holds {type(wrong).__name__}. Make a "
            "ChatRequest of each, such as ChatRequest([('user', 'Name a colour.')])."
        )
    return requests


def _parsers(
    parse: Callable[[str], Value] | Sequence[Callable[[str], Value]], n_requests: int
) -> list[Callable[[str], Value]]:
    parsers = [parse] * n_requests if callable(parse) else list(parse)
    if len(parsers) != n_requests:
        raise InputError(
            f"parse holds {len(parsers)} functions for {n_requests} requests. Give one for each."
        )
    return parsers


@dataclass(frozen=True, slots=True)
class _Result(Generic[Value]):
    """An outcome, and what is to be done about it."""

    outcome: Outcome[Value]
    complaint: str = ""  # what the model is told; empty if it is not asked again
    is_useless: bool = False  # the answer is not to be kept
    is_stale: bool = False  # all that it rests on came out of the cache

    @property
    def error(self) -> str | None:
        return self.outcome.error


def _read(reply: Reply, parse: Callable[[str], Value]) -> _Result[Value]:
    answer = reply.answer
    if answer is None:
        return _Result(Outcome(None, str(reply.error)))
    truncated = _is_truncated(answer)
    try:
        return _Result(Outcome(parse(answer.text), None, reply.cached, truncated))
    except AnswerFormatError as error:
        outcome: Outcome[Value] = Outcome(None, _told(answer, error), reply.cached, truncated)
        if is_filtered(answer):  # asking again would only cost more
            return _Result(outcome, is_useless=True, is_stale=reply.cached)
        complaint = "It was too long, and was cut off." if truncated else str(error)
        return _Result(outcome, complaint, is_stale=reply.cached)


def _second(first: _Result[Value], second: _Result[Value], reply: Reply) -> _Result[Value]:
    """Join what came of a request and of asking it again."""
    if second.error is None:
        return second
    if reply.answer is not None:
        is_stale = first.is_stale and reply.cached
        return replace(second, complaint="", is_useless=True, is_stale=is_stale)
    outcome = replace(second.outcome, error=f"{first.error} Asked again: {second.error}")
    # the next run goes on with asking again, unless that was refused for good
    return replace(second, outcome=outcome, is_useless=not reply.may_come_later)


def _is_truncated(answer: ChatAnswer) -> bool:
    return answer.finish_reason == "length"


def _told(answer: ChatAnswer, error: AnswerFormatError) -> str:
    """Say what is wrong with an answer to whoever asked."""
    if is_filtered(answer):
        return f"The provider filtered the answer out ({answer.finish_reason!r})."
    if not _is_truncated(answer):
        return str(error) if answer.text.strip() else "The answer is empty."
    n_tokens = f" of {answer.output_tokens} tokens" if answer.output_tokens else ""
    if not answer.text.strip():
        return (
            f"The answer is empty: its limit{n_tokens} was used up before it began, as by hidden reasoning. "
            "Raise max_output_tokens of the chat model, or have it reason less."
        )
    return (
        f"The answer was cut off at its limit{n_tokens} ({error}). Raise max_output_tokens of the chat "
        'model, or ask for less at once, as prompt="single" of LLMRefiner does.'
    )


def _uncached(chat: ChatModel) -> str:
    return (
        f"{type(chat).__name__} has no attribute 'identity', so that its answers are not cached. Give it a "
        "property 'identity': a dict of endpoint, model and every parameter that changes answers; or "
        "identity = None if they are not to be cached."
    )


def _follow_up(request: ChatRequest, reply: Reply, result: _Result[Value]) -> ChatRequest:
    """Continue a conversation with what is wrong with the answer."""
    # servers refuse empty messages, and two of the user in a row
    answer = (reply.answer.text if reply.answer else "").strip() or "(no answer)"
    complaint = (
        f"This answer cannot be used: {result.complaint} Answer the request above again, and nothing else."
    )
    added = (("assistant", answer), ("user", complaint))
    plain = request.plain_messages
    return replace(
        request,
        messages=request.messages + added,
        plain_messages=None if plain is None else plain + added,
    )
