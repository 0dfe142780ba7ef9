"""What requests take: tokens and money, estimated, bounded and counted."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from numbers import Integral, Real
from threading import Lock
from typing import Any

from skxtm.exceptions import ChatError, InputError
from skxtm.llm._texts import plain_scalar
from skxtm.llm.base import ChatAnswer, ChatRequest, repetition_note

_FRAME_TOKENS = 4  # what a message takes besides its words
_BOUND_FRAME_TOKENS = 16
_ROUNDING = 1e-9
# scripts without spaces and Hangul: about a token per character
_DENSE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
_ASCII = re.compile(r"[\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a session has taken so far.

    Attributes
    ----------
    n_requests : int
        Requests handed to the chat model, those asked again and those that failed included, but not those
        that a busy server refused.
    n_cached : int
        Answers found in the cache.
    n_failed : int
        Outcomes without a value.
    input_tokens, output_tokens : int
        Tokens that the server counted, those of answers that could not be used included.
    cost : float or None
        Dollars by the prices given. An answer whose tokens the server does not count, and half an answer, are
        taken at their upper bound. None without prices.
    """

    n_requests: int = 0
    n_cached: int = 0
    n_failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What requests would take; `str` gives one line for a dry run.

    Multiplied by an int, it is what so many like it would take.

    Attributes
    ----------
    n_requests : int
        Requests that would be sent, if every answer can be read.
    n_cached : int
        Requests whose answers are in the cache or, of `BatchFiles`, in its folder.
    input_tokens, output_tokens : int
        Estimated tokens of the requests to send.
    cost : float or None
        Dollars by the prices given; None without prices.

    Examples
    --------
    >>> from skxtm.llm import Estimate
    >>> print(Estimate(n_requests=250, n_cached=50, input_tokens=310000, output_tokens=50000, cost=0.2))
    250 requests to send, 50 answered from the cache; about 310,000 input and 50,000 output tokens, $0.2000
    """

    n_requests: int
    n_cached: int
    input_tokens: int
    output_tokens: int
    cost: float | None = None

    def __mul__(self, n_times: int) -> Estimate:
        return Estimate(
            n_requests=self.n_requests * n_times,
            n_cached=self.n_cached * n_times,
            input_tokens=self.input_tokens * n_times,
            output_tokens=self.output_tokens * n_times,
            cost=None if self.cost is None else self.cost * n_times,
        )

    def __str__(self) -> str:
        line = (
            f"{self.n_requests:,} requests to send, {self.n_cached:,} answered from the cache; about "
            f"{self.input_tokens:,} input and {self.output_tokens:,} output tokens"
        )
        return line if self.cost is None else f"{line}, ${self.cost:.4f}"


def estimated_input_tokens(request: ChatRequest) -> int:
    """Estimate the tokens of a request from its characters.

    Four ASCII characters, or one Chinese, Japanese or Korean one, or two of any other script are taken for a
    token, and four tokens are added per message. Tokenisers differ by some 20 %, more for rare scripts.

    Parameters
    ----------
    request : ChatRequest
        The conversation.

    Returns
    -------
    n_tokens : int

    Examples
    --------
    >>> from skxtm.llm import ChatRequest
    >>> from skxtm.llm.accounting import estimated_input_tokens
    >>> estimated_input_tokens(ChatRequest((("user", "twelve chars"),)))
    7
    """
    texts = [content for _, content in request.messages]
    if request.schema is not None:
        texts.append(json.dumps(request.schema, default=plain_scalar))
    n_ascii = sum(len(_ASCII.findall(text)) for text in texts)
    n_dense = sum(len(_DENSE.findall(text)) for text in texts)
    n_other = sum(map(len, texts)) - n_ascii - n_dense
    return round(n_ascii / 4 + n_dense + n_other / 2) + _FRAME_TOKENS * len(request.messages)


def input_token_bound(request: ChatRequest) -> int:
    """Bound the tokens of a request from above.

    None of the tokenisers in use makes a token of less than a byte.

    Parameters
    ----------
    request : ChatRequest
        The conversation.

    Returns
    -------
    n_tokens : int
        Bytes of the longer form of the messages, of the schema and of the note on the repetition, and 16
        tokens per message.

    Examples
    --------
    >>> from skxtm.llm import ChatRequest
    >>> from skxtm.llm.accounting import input_token_bound
    >>> input_token_bound(ChatRequest((("user", "雨"),)))
    35
    """
    forms = [request.messages, request.plain_messages or ()]
    n_schema = 0
    if request.schema is not None:
        n_schema = _n_bytes(json.dumps(request.schema, default=plain_scalar)) + _BOUND_FRAME_TOKENS
    longest = max(sum(_n_bytes(content) + _BOUND_FRAME_TOKENS for _, content in form) for form in forms)
    return longest + n_schema + _n_bytes(repetition_note(request.round)) + _BOUND_FRAME_TOKENS


class Ledger:
    """What was spent, what is under way, and whether one more request stays within the limits.

    Parameters
    ----------
    prices : tuple of (float, float), default=None
        Dollars per million input and output tokens.
    max_cost : float, default=None
        Dollars that must not be exceeded.
    max_requests : int, default=None
        Requests that must not be exceeded.
    max_output_tokens : int, default=None
        Longest answer.

    Raises
    ------
    InputError
        If a limit or price is not what is needed.
    """

    def __init__(
        self,
        prices: tuple[float, float] | None = None,
        max_cost: float | None = None,
        max_requests: int | None = None,
        max_output_tokens: int | None = None,
    ) -> None:
        _check_limits(prices, max_cost, max_requests, max_output_tokens)
        self.prices = prices
        self.max_cost = max_cost
        self.max_requests = max_requests
        self.max_output_tokens = max_output_tokens
        self._n_cached = self._n_failed = 0
        self._n_sent = self._n_reserved = self._input_tokens = self._output_tokens = 0
        self._reserved_input = 0
        self._spent = 0.0
        self._most_output = max_output_tokens or 0
        self._input_excess = 0  # tokens that the server counted beyond the bound, as of a template
        self._has_seen_one = False
        self._lock = Lock()

    @property
    def n_left(self) -> float:
        """Requests that `max_requests` still allows."""
        with self._lock:
            return self._n_left()

    def cost(self, input_tokens: int, output_tokens: int) -> float | None:
        """Price tokens.

        Parameters
        ----------
        input_tokens, output_tokens : int
            How many.

        Returns
        -------
        cost : float or None
            Dollars; None without prices.
        """
        if self.prices is None:
            return None
        return (input_tokens * self.prices[0] + output_tokens * self.prices[1]) / 1e6

    def obstacle(self, request: ChatRequest) -> str | None:
        """Name the limit that keeps a request from being sent now.

        Parameters
        ----------
        request : ChatRequest
            The conversation.

        Returns
        -------
        reason : str or None
        """
        with self._lock:
            if self._n_left() < 1:
                return f"Not sent: max_requests={self.max_requests} is reached."
            worst = self._bound(request)
            planned = self._spent + self._reserved() + worst
            if self.max_cost is not None and planned > self.max_cost * (1 + _ROUNDING):
                return (
                    f"Not sent: it may cost ${worst:.6f}, and ${self._spent:.6f} of "
                    f"max_cost={self.max_cost:g} are spent."
                )
        return None

    def must_wait(self, request: ChatRequest) -> bool:
        """Say whether a request should wait for what is under way.

        Parameters
        ----------
        request : ChatRequest
            The conversation.

        Returns
        -------
        waits : bool
            Also for the first answer: it shows whether the server counts more than `max_output_tokens`, as it
            does where hidden reasoning is not limited by them, or more input than the request's bytes, as it
            does where a template or a tool is put before it.
        """
        is_first = self.max_cost is not None and not self._has_seen_one and self._n_reserved > 0
        return is_first or self.obstacle(request) is not None

    def shortage(self, request: ChatRequest) -> str | None:
        """Say that a request would not be sent even if nothing else were under way.

        Parameters
        ----------
        request : ChatRequest
            The conversation.

        Returns
        -------
        reason : str or None
        """
        if self.max_cost is None:
            return None
        with self._lock:
            left, worst = self.max_cost - self._spent, self._bound(request)
        if worst <= left + self.max_cost * _ROUNDING:
            return None
        return (
            f"One request may cost ${worst:.6f}, but max_cost={self.max_cost:g} leaves "
            f"${max(left, 0.0):.6f}. Nothing was sent. Raise max_cost, or lower max_output_tokens of the "
            "chat model."
        )

    def reserve(self, request: ChatRequest) -> None:
        """Count a request as under way, at the most that it may cost.

        Parameters
        ----------
        request : ChatRequest
            The conversation.
        """
        with self._lock:
            self._n_reserved += 1
            self._reserved_input += input_token_bound(request)

    def settle(
        self,
        request: ChatRequest,
        answer: ChatAnswer | None,
        *,
        was_sent: bool = True,
        failure: ChatError | None = None,
    ) -> None:
        """Replace what was reserved for a request by what it took.

        Parameters
        ----------
        request : ChatRequest
            The conversation.
        answer : ChatAnswer or None
            None if there was no answer.
        was_sent : bool, default=True
            False if the request turned out to be answered already, was given up before it was sent, or was
            refused by a busy server.
        failure : ChatError or None, default=None
            Why there is no answer. It costs nothing unless it may be billed: then what the server counted or,
            where it counted nothing, the most that the request may cost.
        """
        with self._lock:
            self._n_reserved -= 1
            self._reserved_input -= input_token_bound(request)
            self._n_sent += was_sent
            self._n_cached += answer is not None and not was_sent
            if not was_sent:
                return
            if answer is not None:
                self._take(request, answer.input_tokens, answer.output_tokens, _n_bytes(answer.text))
            elif failure is not None and failure.may_be_billed:
                self._take(request, failure.input_tokens, failure.output_tokens, self._most_output)

    def count(self, *, n_cached: int = 0, n_failed: int = 0) -> None:
        """Count what was not sent.

        Parameters
        ----------
        n_cached : int, default=0
            Answers found in the cache.
        n_failed : int, default=0
            Outcomes without a value.
        """
        with self._lock:
            self._n_cached += n_cached
            self._n_failed += n_failed

    def usage(self) -> Usage:
        """Return the counts so far.

        Returns
        -------
        usage : Usage
        """
        with self._lock:
            return Usage(
                n_requests=self._n_sent,
                n_cached=self._n_cached,
                n_failed=self._n_failed,
                input_tokens=self._input_tokens,
                output_tokens=self._output_tokens,
                cost=None if self.prices is None else self._spent,
            )

    def _n_left(self) -> float:
        limit = float("inf") if self.max_requests is None else self.max_requests
        return limit - self._n_sent - self._n_reserved

    def _bound(self, request: ChatRequest) -> float:
        return self.cost(input_token_bound(request) + self._input_excess, self._most_output) or 0.0

    def _reserved(self) -> float:
        most_input = self._reserved_input + self._n_reserved * self._input_excess
        return self.cost(most_input, self._n_reserved * self._most_output) or 0.0

    def _take(self, request: ChatRequest, input_tokens: int, output_tokens: int, n_at_most: int) -> None:
        """Count tokens, and their price; those that the server does not count at their bound."""
        self._input_tokens += input_tokens
        self._output_tokens += output_tokens
        bound = input_token_bound(request)
        charged = input_tokens or bound + self._input_excess, output_tokens or n_at_most
        self._input_excess = max(self._input_excess, input_tokens - bound)
        self._spent += self.cost(*charged) or 0.0
        self._most_output = max(self._most_output, output_tokens)
        self._has_seen_one = True


def _n_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _check_limits(
    prices: tuple[float, float] | None,
    max_cost: float | None,
    max_requests: int | None,
    max_output_tokens: int | None,
) -> None:
    is_row = isinstance(prices, Sequence) or hasattr(prices, "__array__")
    if prices is not None and not (is_row and len(prices) == 2 and all(map(_is_price, prices))):
        raise InputError(
            "prices must be dollars per million input tokens and per million output tokens, as in "
            f"(0.3, 2.5). Got {prices!r}."
        )
    check_output_limit(max_output_tokens)
    if max_requests is not None and not is_amount(max_requests, Integral):
        raise InputError(f"max_requests must be None or an int of at least 0. Got {max_requests!r}.")
    if max_cost is None:
        return
    if not is_amount(max_cost):
        raise InputError(f"max_cost must be None or dollars of at least 0. Got {max_cost!r}.")
    if prices is None or max_output_tokens is None:
        missing = "prices" if prices is None else "max_output_tokens of the chat model"
        raise InputError(
            f"max_cost={max_cost:g} needs to know what a request may cost at most. Set {missing}, too."
        )


def check_output_limit(max_output_tokens: Any) -> None:
    """Refuse a longest answer that is none.

    Parameters
    ----------
    max_output_tokens : object
        As given to a chat model.

    Raises
    ------
    InputError
        If it is neither None nor an int of at least 1.
    """
    if max_output_tokens is not None and not (is_amount(max_output_tokens, Integral) and max_output_tokens):
        raise InputError(
            "max_output_tokens of a chat model must be None or an int of at least 1. "
            f"Got {max_output_tokens!r}."
        )


def _is_price(value: Any) -> bool:
    return is_amount(value) and isfinite(value)


def is_amount(value: Any, kind: Any = Real) -> bool:
    """Say whether a value is a number of at least 0, and no bool.

    Parameters
    ----------
    value : object
        As given.
    kind : type, default=Real
        What it must be.

    Returns
    -------
    answer : bool
    """
    return isinstance(value, kind) and not isinstance(value, bool) and bool(value >= 0)
