"""Chat models behind any server that speaks OpenAI's chat completions protocol."""

from __future__ import annotations

import atexit
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sklearn.base import BaseEstimator

from skxtm._optional import import_optional
from skxtm.exceptions import ChatError, InputError
from skxtm.llm._errors import (
    MOST_READ_TIMEOUTS,
    Connection,
    chat_error,
    is_about_schema,
    is_out_of_quota,
    not_a_completion,
    not_answered_in_time,
)
from skxtm.llm._wire import read_completion, request_body
from skxtm.llm.base import ChatAnswer, ChatRequest

_OPENAI_URL = "https://api.openai.com/v1"
_STRUCTURED = ("auto", "schema", "text")
_MAX_CONNECT_S = 60.0
# these hosts know max_completion_tokens, which their newer models demand; other servers know max_tokens
_NEW_LIMIT_HOSTS = ("openai.com", "openai.azure.com")


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
        Sent as it is. Give none if several rounds are to differ: the rounds of one request share it.
    max_output_tokens : int, default=None
        Longest answer, hidden reasoning included. None leaves it to the server.
    extra_body : dict, default=None
        Further fields of the request's JSON, such as ``{"reasoning_effort": "low"}``.
    structured : {"auto", "schema", "text"}, default="auto"
        Whether to ask for answers that follow the request's JSON schema. ``"auto"`` asks for it until the
        server says that it cannot, and remembers that as long as the process lives.
    timeout : float, default=600.0
        Seconds without a sign of the server, per attempt. Long, since an answer about many topics takes
        minutes to write, and comes as a whole.
    max_retries : int, default=5
        Further attempts after status 408, 409, 429 or 5xx, or a broken connection, with growing waits or
        after as long as the server's ``Retry-After`` says, if that is not above two minutes. A request that
        was sent and not answered within `timeout` is sent again once at most, since it may be billed.
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
    Servers do not bill attempts that they answer with an error. An attempt that timed out may be billed by
    servers that go on generating: at most two per request. Set `timeout` well above the time of a long
    answer. An attempt to connect is given up after a minute, whatever `timeout` is.

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
        structured: str = "auto",
        timeout: float = 600.0,
        max_retries: int = 5,
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
        self.structured = structured
        self.timeout = timeout
        self.max_retries = max_retries
        self.concurrency = concurrency
        self.requests_per_minute = requests_per_minute

    @property
    def endpoint(self) -> str:
        """The server's address.

        Raises
        ------
        InputError
            If it is no address of the web, or carries a password.
        """
        given = self.base_url or os.environ.get("OPENAI_BASE_URL") or _OPENAI_URL
        parts = urlsplit(given)
        if parts.username or parts.password or parts.query:
            raise InputError(
                "base_url must not carry a user, a password or a query, which would end up in messages "
                f"(server {parts.hostname!r}). Put the key into an environment variable and name it in "
                "api_key_env."
            )
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputError(
                f"base_url must begin with http:// or https:// and name a server. Got {given!r}."
            )
        return given.rstrip("/")

    @property
    def identity(self) -> dict[str, Any]:
        """All that changes answers, as plain values: answers are cached under it."""
        names = ("model", "temperature", "top_p", "seed", "max_output_tokens", "extra_body", "structured")
        return {"endpoint": self.endpoint, **{name: getattr(self, name) for name in names}}

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
        can_follow_schemas = (self.endpoint, self.model) not in _without_schemas
        with_schema = self.structured == "schema" or (self.structured == "auto" and can_follow_schemas)
        host = urlsplit(self.endpoint).hostname or ""
        is_new = any(host == name or host.endswith(f".{name}") for name in _NEW_LIMIT_HOSTS)
        limit_name = "max_completion_tokens" if is_new else "max_tokens"
        body = request_body(self, request, with_schema=with_schema, limit_name=limit_name)
        return {**body, **(self.extra_body or {})}

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
        ChatUnavailableError
            If the last attempt failed, too.
        """
        body = self.body(request)
        sent = self._send(body)
        if isinstance(sent, _Failure) and sent.is_about_schema and self._falls_back(body):
            _without_schemas.add((self.endpoint, self.model))
            sent = self._send(self.body(request))
        if isinstance(sent, _Failure):
            raise sent.error
        return sent

    def _falls_back(self, body: dict[str, Any]) -> bool:
        return self.structured == "auto" and "response_format" in body

    def _send(self, body: dict[str, Any]) -> ChatAnswer | _Failure:
        """Return an error instead of raising it: the frames and errors of the SDK may hold the key."""
        connection = self._connection()
        client, retries_left = _client(connection), connection.max_retries
        openai = import_optional("openai", extra="llm", purpose="OpenAIChat")
        known = {"model": body["model"], "messages": body["messages"]}
        further = {name: value for name, value in body.items() if name not in known}
        for _ in range(MOST_READ_TIMEOUTS):
            completions = client.with_options(max_retries=retries_left).chat.completions.with_raw_response
            try:
                response = completions.create(**known, extra_body=further)
            except openai.OpenAIError as error:
                return _Failure(chat_error(error, connection), is_about_schema(error))
            except _ReadTimedOut as timed_out:
                retries_left -= timed_out.n_retries + 1
                if retries_left < 0:
                    break
            else:
                return _read(response.http_response.text, connection)
        return _Failure(not_answered_in_time(connection))

    def _connection(self) -> Connection:
        if not isinstance(self.max_retries, int) or self.max_retries < 0:
            raise InputError(f"max_retries must be an int of at least 0. Got {self.max_retries!r}.")
        if not self.timeout > 0:
            raise InputError(f"timeout must be seconds above 0. Got {self.timeout!r}.")
        return Connection(
            endpoint=self.endpoint,
            model=self.model,
            api_key_env=self.api_key_env,
            api_key=self._api_key(),
            timeout=self.timeout,
            max_retries=self.max_retries,
        )

    def _api_key(self) -> str:
        if self.api_key_env is None:
            return "none"  # the SDK demands one, and would otherwise send OpenAI's to whatever server this is
        key = os.environ.get(self.api_key_env, "").strip()
        if not key:
            raise InputError(
                f"OpenAIChat reads its API key from the environment variable {self.api_key_env!r}, which is "
                "not set."
            )
        if not (key.isascii() and key.isprintable()):
            raise InputError(
                f"The environment variable {self.api_key_env!r} holds characters that cannot be part of an "
                "API key."
            )
        return key


class _ReadTimedOut(BaseException):
    """A request was sent and not answered in time; as an `Exception` it would be retried by the SDK."""

    def __init__(self, n_retries: int) -> None:
        self.n_retries = n_retries


@dataclass(frozen=True, slots=True)
class _Failure:
    error: ChatError
    is_about_schema: bool = False


_without_schemas: set[tuple[str, str]] = set()
_clients: dict[tuple[Any, ...], Any] = {}
_clients_lock = threading.Lock()


def _read(text: str, connection: Connection) -> ChatAnswer | _Failure:
    try:
        answer = read_completion(json.loads(text))
    except ValueError:
        answer = None
    return _Failure(not_a_completion(text, connection)) if answer is None else answer


def _client(connection: Connection) -> Any:
    """Return the SDK's client: one per process and connection, never held by an object that may be saved."""
    arguments = (connection.endpoint, connection.api_key, connection.timeout, connection.max_retries)
    with _clients_lock:
        key = (os.getpid(), *arguments)
        if key not in _clients:
            _clients[key] = _new_client(*arguments)
        return _clients[key]


def _new_client(endpoint: str, api_key: str, timeout: float, max_retries: int) -> Any:
    openai = import_optional("openai", extra="llm", purpose="OpenAIChat")
    limits = openai.Timeout(timeout, connect=min(timeout, _MAX_CONNECT_S))
    return openai.OpenAI(
        base_url=endpoint,
        api_key=api_key,
        timeout=limits,
        max_retries=max_retries,
        http_client=_new_http_client(openai, limits),
    )


def _new_http_client(openai: Any, timeout: Any) -> Any:
    class HttpClient(openai.DefaultHttpxClient):
        def send(self, request: Any, **arguments: Any) -> Any:
            try:
                return super().send(request, **arguments)
            except Exception as error:
                if type(error).__name__ != "ReadTimeout":  # of httpx or httpx2, by the version of the SDK
                    raise
                n_retries = int(request.headers.get("x-stainless-retry-count", 0))
            raise _ReadTimedOut(n_retries)

    return HttpClient(timeout=timeout, event_hooks={"response": [_stop_at_quota]})


def _stop_at_quota(response: Any) -> None:
    """Keep the SDK from retrying a 429 that no waiting will cure."""
    if response.status_code == 429:
        response.read()
        if is_out_of_quota(response.text):
            response.headers["x-should-retry"] = "false"


@atexit.register
def close_clients() -> None:
    """Close all connections; the next request opens new ones."""
    with _clients_lock:
        while _clients:
            _clients.popitem()[1].close()
