"""Chat models behind any server that speaks OpenAI's chat completions protocol."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import SplitResult, urlsplit

from sklearn.base import BaseEstimator

from skxtm.exceptions import ChatError, ChatUnavailableError, InputError
from skxtm.llm._errors import (
    REFUSED,
    UNAVAILABLE,
    Connection,
    Heard,
    broken_off,
    chat_error,
    not_a_completion,
)
from skxtm.llm._keys import hide_keys, without_key
from skxtm.llm._stopping import is_stopped_within
from skxtm.llm._transport import Address, close_clients, post
from skxtm.llm._wire import (
    Dialect,
    begun_text,
    error_within,
    read_completion,
    request_body,
    token_counts,
)
from skxtm.llm.accounting import is_amount
from skxtm.llm.base import ChatAnswer, ChatRequest

__all__ = ["OpenAIChat", "close_clients"]

_OPENAI_URL = "https://api.openai.com/v1"
_STRUCTURED = ("auto", "schema", "text")
# these hosts know max_completion_tokens, which their newer models demand; other servers know max_tokens
_NEW_LIMIT_HOSTS = ("openai.com", "openai.azure.com")
_LIMIT_NAMES = ("max_tokens", "max_completion_tokens")
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 8.0

_ABOUT_LIMIT = re.compile(r"max_(?:completion_)?tokens", re.IGNORECASE)
_ABOUT_SYSTEM = re.compile(
    r"\bsystem\b.{0,60}\b(?:role|message|prompt|instruction)|\brole\b.{0,60}\bsystem\b|developer instruction"
    r"|roles must alternate|roles are supported",
    re.IGNORECASE,
)
_ABOUT_SCHEMA = re.compile(
    r"response_?format|json_?schema|structured[ _]output|additionalProperties|\bgrammar\b|extra inputs",
    re.IGNORECASE,
)
_STATUS = re.compile(r"[45][0-9]{2}")
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_LIKE_A_KEY = re.compile(r"(?=.*[a-z])(?=.*[0-9])[A-Za-z0-9]{20,}")  # names have underscores, or are short
_SECRET = re.compile(r"authorization|cookie|key|token|secret|password|signature|^sig$", re.IGNORECASE)
_SECRET_FIELD = re.compile(r"(api|access|auth)?[_-]?(key|token)|authorization|password|secret", re.IGNORECASE)


class OpenAIChat(BaseEstimator):
    """A chat model of OpenAI, Gemini, vLLM, Ollama, llama.cpp or any other compatible server.

    Holds names and numbers only, so that it can be cloned, pickled, printed and put into a grid; the key is
    read from the environment whenever a request is sent.

    Parameters
    ----------
    model : str
        Name of the model, as the server calls it.
    base_url : str, default=None
        Address of the server up to and including the version (``"http://localhost:11434/v1"``). None takes
        the environment variable ``OPENAI_BASE_URL`` or, where that is unset, OpenAI itself.
    api_key_env : str or None, default="OPENAI_API_KEY"
        Name of the environment variable that holds the key; None for a server that wants no key.
    temperature, top_p : float, default=None
        Sampling parameters. None leaves them to the server.
    seed : int, default=None
        Sent with the number of the round added to it, so that rounds differ.
    max_output_tokens : int, default=None
        Longest answer, hidden reasoning included. None leaves it to the server.
    extra_body : dict, default=None
        Further fields of the request's JSON, such as ``{"reasoning_effort": "low"}``.
    extra_headers : dict of str to str, default=None
        Further headers, such as ``{"HTTP-Referer": "https://example.org"}``; none that holds a secret.
    extra_query : dict of str to str, default=None
        What is added to the address after a question mark, such as Azure's
        ``{"api-version": "2024-10-21"}``; nothing secret either.
    key_header : str, default="Authorization"
        Header that carries the key. ``"Authorization"`` has ``Bearer`` before it, any other, such as Azure's
        ``"api-key"``, the key alone.
    structured : {"auto", "schema", "text"}, default="auto"
        Whether to ask for answers that follow the request's JSON schema. ``"auto"`` asks for it until the
        server says that it cannot, and remembers that as long as the process lives.
    timeout : float, default=600.0
        Seconds within which an answer must be there, whole, per attempt; one that stops half-way may be
        waited for twice as long. Long, since an answer about many topics takes minutes to write, and comes
        as a whole.
    max_retries : int, default=5
        Further attempts after status 408, 409 or 5xx, or where no connection was made, with growing waits.
    patience : float, default=300.0
        Seconds that `ChatSession` lets a server go on refusing requests for want of capacity, as with status
        429: it waits as long as the server says, in ``Retry-After`` or in words, or for growing pauses.
    concurrency : int, default=4
        Requests under way at once.
    requests_per_minute : float, default=None
        Requests begun per minute; None for no limit.

    See Also
    --------
    ChatSession : Sends many requests, with cache, limits and progress.
    BatchFiles : The same protocol through files.

    Notes
    -----
    Servers do not bill attempts that they answer with an error. One that timed out, or whose connection or
    answer broke off, or whose answer is none, may be billed: `complete` does not repeat it, `ChatSession`
    does once, if the budget allows. An attempt to connect is given up after a minute, whatever `timeout` is.

    What a server refuses to understand is said in another way, and remembered as long as the process lives:
    the schema (see `structured`), ``max_tokens`` and ``max_completion_tokens``, and messages of the system,
    which are then put before the user's first.

    Examples
    --------
    >>> from skxtm.llm import OpenAIChat
    >>> chat = OpenAIChat("qwen3:8b", base_url="http://localhost:11434/v1", api_key_env=None)
    >>> chat.identity["endpoint"]
    'http://localhost:11434/v1'
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key_env: str | None = "OPENAI_API_KEY",
        temperature: float | None = None,
        top_p: float | None = None,
        seed: int | None = None,
        max_output_tokens: int | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, str] | None = None,
        key_header: str = "Authorization",
        structured: str = "auto",
        timeout: float = 600.0,
        max_retries: int = 5,
        patience: float = 300.0,
        concurrency: int = 4,
        requests_per_minute: float | None = None,
    ) -> None:
        self.model = model
        self.base_url = base_url
        self.api_key_env = api_key_env
        self.temperature = temperature
        self.top_p = top_p
        self.seed = seed
        self.max_output_tokens = max_output_tokens
        self.extra_body = extra_body
        self.extra_headers = extra_headers
        self.extra_query = extra_query
        self.key_header = key_header
        self.structured = structured
        self.timeout = timeout
        self.max_retries = max_retries
        self.patience = patience
        self.concurrency = concurrency
        self.requests_per_minute = requests_per_minute

    @property
    def endpoint(self) -> str:
        """The server's address.

        Raises
        ------
        InputError
            If it is no address of the web, or carries a user, a password, a query or a fragment.
        """
        given = self.base_url or os.environ.get("OPENAI_BASE_URL") or _OPENAI_URL
        if not isinstance(given, str):
            raise InputError(f"base_url must be None or a str. Got {type(given).__name__}.")
        parts = _parts_of(given)
        if parts is not None and (parts.username or parts.password or parts.query or parts.fragment):
            raise InputError(
                "base_url must not carry a user, a password, a query or a fragment, which would end up in "
                f"messages (server {parts.hostname!r}). Put the key into an environment variable and name it "
                "in api_key_env."
            )
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            hides = any(sign in given for sign in "@?#")
            raise InputError(
                "base_url must begin with http:// or https:// and name a server, whose port, if any, is a "
                f"number. Got {'one that may hold a password' if hides else repr(given)}."
            )
        return given.rstrip("/")

    @property
    def identity(self) -> dict[str, Any]:
        """All that changes answers, as plain values: answers are cached under it."""
        names = ("model", "temperature", "top_p", "seed", "max_output_tokens", "extra_body", "structured")
        further = {name: getattr(self, name) for name in ("extra_headers", "extra_query")}
        return {
            "endpoint": self.endpoint,
            **{name: getattr(self, name) for name in names},
            **{
                name: value for name, value in further.items() if value
            },  # as keys were before there were these
        }

    def body(self, request: ChatRequest) -> dict[str, Any]:
        """Return the JSON that is sent for a request.

        Parameters
        ----------
        request : ChatRequest
            The conversation.

        Returns
        -------
        body : dict
            Without any parameter that was not set.

        Raises
        ------
        InputError
            If a parameter is not what is needed.
        """
        if self.structured not in _STRUCTURED:
            raise InputError(
                f"The 'structured' parameter of OpenAIChat must be among {_STRUCTURED}. "
                f"Got {self.structured!r}."
            )
        for name in ("extra_body", "extra_headers", "extra_query"):
            given = getattr(self, name)
            if given is not None and not isinstance(given, Mapping):
                raise InputError(f"{name} must be None or a dict. Got {type(given).__name__}.")
        return self._body(request, self._dialect())

    def complete(self, request: ChatRequest) -> ChatAnswer:
        """Send one request and wait for its answer.

        Parameters
        ----------
        request : ChatRequest
            The conversation.

        Returns
        -------
        answer : ChatAnswer
            Truncated, filtered, empty answers and refusals are answers: their text as it came.

        Raises
        ------
        InputError
            If the environment holds no key, or a parameter is not what is needed.
        ChatRefusedError
            If the server accepts no such request: key, quota, model or parameters.
        ChatBusyError
            If the server takes no more requests for the moment.
        ChatUnavailableError
            If the last attempt failed, too.
        ChatError
            If the provider filtered the request out.
        """
        self.body(request)  # checks the parameters
        connection, address = self._connection(), self._address()
        dialects = [self._dialect()]
        while True:
            body = self._body(request, dialects[-1])
            answer = self._answer(connection, address, body)
            if isinstance(answer, ChatAnswer):
                _dialects[self.endpoint, self.model] = dialects[-1]
                return answer
            other = self._other_dialect(answer, body, dialects)
            if other is None or is_stopped_within(0):
                raise answer.error
            dialects.append(other)

    def _dialect(self) -> Dialect:
        """Return how the server was understood last, or may be expected to be."""
        host = urlsplit(self.endpoint).hostname or ""
        is_new = any(host == name or host.endswith(f".{name}") for name in _NEW_LIMIT_HOSTS)
        first = Dialect(limit_name=_LIMIT_NAMES[is_new])
        known = _dialects.get((self.endpoint, self.model), first)
        return known if self.structured == "auto" else replace(known, with_schema=self.structured == "schema")

    def _body(self, request: ChatRequest, dialect: Dialect) -> dict[str, Any]:
        return {**request_body(self, request, dialect), **(self.extra_body or {})}

    def _other_dialect(
        self, failure: _Failure, body: Mapping[str, Any], tried: list[Dialect]
    ) -> Dialect | None:
        """Find another way to say what a server did not understand."""
        last, heard = tried[-1], failure.heard
        if heard is None or heard.kind not in (REFUSED, UNAVAILABLE):
            return None
        is_refusal = heard.kind is REFUSED
        ways = []
        if _ABOUT_SYSTEM.search(heard.text):
            ways.append(replace(last, with_system=False))
        if _ABOUT_LIMIT.search(heard.text) and last.limit_name in body:
            other_name = _LIMIT_NAMES[last.limit_name == _LIMIT_NAMES[0]]
            ways.append(replace(last, limit_name=other_name))
        falls_back = self.structured == "auto" and "response_format" in body
        if falls_back and (is_refusal or _ABOUT_SCHEMA.search(heard.text)):
            ways.append(replace(last, with_schema=False))
        return next((way for way in ways if way not in tried), None)

    def _answer(
        self, connection: Connection, address: Address, body: Mapping[str, Any]
    ) -> ChatAnswer | _Failure:
        """Send a request, again while that costs nothing. Errors are returned: frames may hold the key."""
        n_failed = 0
        while True:
            sent = post(connection, address, body)
            outcome = _Failure(sent) if isinstance(sent, ChatError) else _read(sent, connection)
            if isinstance(outcome, ChatAnswer) or not outcome.is_worth_another_attempt:
                return outcome
            wait = min(_FIRST_WAIT_S * 2**n_failed, _LONGEST_WAIT_S)
            n_failed += 1
            if n_failed > connection.max_retries or is_stopped_within(wait):
                return outcome

    def _connection(self) -> Connection:
        if not isinstance(self.max_retries, int) or self.max_retries < 0:
            raise InputError(f"max_retries must be an int of at least 0. Got {self.max_retries!r}.")
        if not (is_amount(self.timeout) and self.timeout > 0):
            raise InputError(f"timeout must be seconds above 0. Got {self.timeout!r}.")
        return Connection(
            endpoint=self.endpoint,
            model=self.model,
            api_key_env=self.api_key_env,
            api_key=self._api_key(),
            timeout=self.timeout,
            max_retries=self.max_retries,
        )

    def _address(self) -> Address:
        headers, query = dict(self.extra_headers or {}), dict(self.extra_query or {})
        for parameter, names, is_secret in (
            ("extra_headers", headers, _SECRET.search),
            ("extra_query", query, _SECRET.search),
            ("extra_body", self.extra_body or {}, _SECRET_FIELD.fullmatch),  # which may hold max_tokens
        ):
            secret = next(filter(is_secret, names), None)
            if secret is not None:
                raise InputError(
                    f"{parameter} must not carry a secret, which would be saved with the model (got "
                    f"{secret!r}). Put the key into an environment variable, name that in api_key_env, and "
                    "its header in key_header."
                )
        return Address(self.key_header, headers, query)

    def _api_key(self) -> str:
        if self.api_key_env is None:
            return ""
        fault = _fault_of_key(self.api_key_env)
        if fault:
            raise InputError(fault)
        return os.environ[self.api_key_env].strip()


def _parts_of(address: str) -> SplitResult | None:
    """Take an address apart; None if it cannot be."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # read only now
    except ValueError:
        return None
    return parts


def _fault_of_key(name: str) -> str:
    """Say what is wrong with a key, where the frame that raises does not hold it."""
    key = os.environ.get(name, "").strip() if isinstance(name, str) else ""
    if not key and not _is_a_name(name):
        return (
            "api_key_env must be the name of an environment variable that holds the key, such as "
            "'OPENAI_API_KEY'. What was given is no such name, and not shown here, since it may be the key "
            "itself: put that into the variable."
        )
    if not key:
        return f"OpenAIChat reads its API key from the environment variable {name!r}, which is not set."
    if not (key.isascii() and key.isprintable()):
        return f"The environment variable {name!r} holds characters that cannot be part of an API key."
    return ""


def _is_a_name(name: object) -> bool:
    """Say whether a message may show what was given for the name of a variable."""
    is_name = isinstance(name, str) and _VARIABLE.fullmatch(name) is not None
    return is_name and hide_keys(str(name), "") == name and not _LIKE_A_KEY.fullmatch(str(name))


@dataclass(frozen=True, slots=True)
class _Failure:
    error: ChatError
    heard: Heard | None = None

    @property
    def is_worth_another_attempt(self) -> bool:
        """Whether the same may succeed at once, and the failure cost nothing."""
        is_passing = type(self.error) is ChatUnavailableError and not self.error.may_be_billed
        is_misunderstood = self.heard is not None and any(
            about.search(self.heard.text) for about in (_ABOUT_SYSTEM, _ABOUT_SCHEMA)
        )
        return is_passing and not is_misunderstood


_dialects: dict[tuple[str, str], Dialect] = {}


def _read(heard: Heard, connection: Connection) -> ChatAnswer | _Failure:
    """Read an answer, from which the key is taken out should the server have written it back."""
    if heard.status >= 300:
        return _Failure(chat_error(heard, connection), heard)
    within = error_within(heard.body)
    if within:
        return _read_error_within(within, heard, connection)
    answer = read_completion(heard.body)
    if answer is None:
        failure = _Failure(not_a_completion(heard.text, connection))
        failure.error.input_tokens, failure.error.output_tokens = token_counts(heard.body)
        return failure
    key = connection.api_key
    return replace(
        answer,
        text=without_key(answer.text, key),
        model=without_key(answer.model, key),
        finish_reason=without_key(answer.finish_reason, key),
    )


def _read_error_within(within: Any, heard: Heard, connection: Connection) -> _Failure:
    """Take an error that came with status 200 for what it is."""
    code = str(within.get("code")) if isinstance(within, Mapping) else ""
    status = int(code) if _STATUS.fullmatch(code) else 502
    inner = replace(heard, status=status, body=within, was_ok=True)
    has_begun = bool(begun_text(heard.body))
    if has_begun:  # what it says is no word of the error
        inner = replace(inner, text=json.dumps(within, ensure_ascii=False))
    error = chat_error(inner, connection)
    if has_begun and error.retryable:
        error = broken_off(inner.message, connection)
    error.input_tokens, error.output_tokens = token_counts(heard.body)
    error.may_be_billed = has_begun or bool(error.input_tokens or error.output_tokens)
    return _Failure(error, inner)
