"""One request over HTTP, and what came of it; nothing here raises, since frames of the SDK hold the key."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from skxtm._optional import import_optional
from skxtm.exceptions import ChatError
from skxtm.llm._errors import (
    Connection,
    Heard,
    broken_off,
    no_connection,
    not_answered_in_time,
    not_sendable,
)
from skxtm.llm._wire import decoded

_MAX_CONNECT_S = 60.0
_AUTHORIZATION = "Authorization"


@dataclass(frozen=True, slots=True)
class Address:
    """What goes along with every request to a server besides its body."""

    key_header: str = _AUTHORIZATION
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


def post(connection: Connection, address: Address, body: Mapping[str, Any]) -> Heard | ChatError:
    """Send one request, and return what the server sent back or why there is nothing."""
    openai = import_optional("openai", extra="llm", purpose="OpenAIChat")
    known = {"model": body["model"], "messages": body["messages"]}
    further = {name: value for name, value in body.items() if name not in known}
    headers: dict[str, Any] = dict(address.headers)
    if address.key_header.lower() != _AUTHORIZATION.lower():
        headers |= {_AUTHORIZATION: openai.Omit(), address.key_header: connection.api_key}
    until = time.monotonic() + connection.timeout
    received = False
    try:
        completions = _client(connection).chat.completions.with_streaming_response
        with completions.create(
            **known, extra_body=further, extra_headers=headers, extra_query=dict(address.query)
        ) as response:
            received = True
            pieces = []
            for piece in response.iter_bytes():
                pieces.append(piece)
                if time.monotonic() > until:
                    return not_answered_in_time(connection)
        return _heard(response.status_code, response.headers, b"".join(pieces).decode("utf-8", "replace"))
    except openai.APIStatusError as error:
        return _heard(error.status_code, error.response.headers, error.response.text)
    except openai.APIConnectionError as error:
        return _failure(error.__cause__ or error, connection, received=False)
    except openai.OpenAIError as error:
        return not_sendable(str(error), connection)
    except Exception as error:
        if not _is_of_transport(error):
            raise
        return _failure(error, connection, received=received)


def _heard(status: int, headers: Mapping[str, str], text: str) -> Heard:
    lower = {name.lower(): value for name, value in headers.items()}
    return Heard(status, text, decoded(text), lower)


def _failure(error: BaseException, connection: Connection, *, received: bool) -> ChatError:
    if type(error).__name__ == "ReadTimeout":
        return not_answered_in_time(connection)
    reason = str(error) or type(error).__name__
    return broken_off(reason, connection) if received else no_connection(reason, connection)


def _is_of_transport(error: BaseException) -> bool:
    """Whether an error is one of httpx or httpx2, whichever the SDK uses."""
    return any(base.__name__ in ("RequestError", "StreamError") for base in type(error).__mro__)


_clients: dict[tuple[Any, ...], Any] = {}
_clients_lock = threading.Lock()


def _client(connection: Connection) -> Any:
    """Return the SDK's client: one per process and connection, never held by an object that may be saved."""
    arguments = (connection.endpoint, connection.api_key, connection.timeout)
    with _clients_lock:
        key = (os.getpid(), *arguments)
        if key not in _clients:
            _clients[key] = _new_client(*arguments)
        return _clients[key]


def _new_client(endpoint: str, api_key: str, timeout: float) -> Any:
    openai = import_optional("openai", extra="llm", purpose="OpenAIChat")
    limits = openai.Timeout(timeout, connect=min(timeout, _MAX_CONNECT_S))
    # the SDK demands a key, and would otherwise send OpenAI's to whatever server this is
    return openai.OpenAI(base_url=endpoint, api_key=api_key or "none", timeout=limits, max_retries=0)


@atexit.register
def close_clients() -> None:
    """Close all connections; the next request opens new ones."""
    with _clients_lock:
        while _clients:
            _clients.popitem()[1].close()
