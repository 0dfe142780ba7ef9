"""One request over HTTP, and what came of it; nothing here raises, since frames hold the key."""

from __future__ import annotations

import atexit
import json
import os
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from skxtm._optional import import_optional
from skxtm.exceptions import ChatError
from skxtm.llm._errors import (
    Connection,
    Heard,
    broken_off,
    no_connection,
    not_answered,
    not_answered_in_time,
    not_sendable,
)
from skxtm.llm._texts import plain_scalar
from skxtm.llm._wire import decoded

_MAX_CONNECT_S = 60.0
_AUTHORIZATION = "Authorization"
#: Streams of long thoughts take some ten megabytes; of an error only the first sentences are shown.
_MOST_BYTES, _MOST_BYTES_OF_ERROR = 1 << 26, 1 << 20
_GZIP_OR_ZLIB = 15 + 32  # zlib's number for either, found by its head
#: Errors that come before a request reaches the server; all others may follow an answer that is billed.
_BEFORE_SENDING = {
    "ConnectError",
    "ConnectTimeout",
    "LocalProtocolError",
    "PoolTimeout",
    "ProxyError",
    "UnsupportedProtocol",
}


@dataclass(frozen=True, slots=True)
class Address:
    """What goes along with every request to a server besides its body."""

    key_header: str = _AUTHORIZATION
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


def post(connection: Connection, address: Address, body: Mapping[str, Any]) -> Heard | ChatError:
    """Send one request, and return what the server sent back or why there is nothing."""
    openai = import_optional("openai", extra="llm", purpose="OpenAIChat")
    until = time.monotonic() + connection.timeout
    try:
        sending = _client(openai, connection).stream(
            "POST",
            f"{connection.endpoint}/chat/completions",
            params=dict(address.query),
            headers=_headers(connection, address),
            content=_encoded(body),
        )
        with sending as response:
            return _heard(response, connection, until)
    except Exception as error:
        if _is_of_transport(error):
            return _failure_to_ask(error, connection)
        return not_sendable(str(error) or type(error).__name__, connection)


def _headers(connection: Connection, address: Address) -> dict[str, str]:
    """Return the headers of a request besides those of its client."""
    is_bearer = address.key_header.lower() == _AUTHORIZATION.lower()
    key = f"Bearer {connection.api_key or 'none'}" if is_bearer else connection.api_key
    return {**address.headers, address.key_header: key}


def _encoded(body: Mapping[str, Any]) -> bytes:
    how: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":"), "allow_nan": False}
    return json.dumps(body, default=plain_scalar, **how).encode()


def _heard(response: Any, connection: Connection, until: float) -> Heard | ChatError:
    """Read a body; what came of one that says what is wrong is enough."""
    is_error = response.status_code >= 300
    pieces: list[bytes] = []
    failure = None
    try:
        for piece in _unpacked(response, _MOST_BYTES_OF_ERROR if is_error else _MOST_BYTES):
            pieces.append(piece)
            if time.monotonic() > until:
                failure = not_answered_in_time(connection)
                break
    except Exception as error:
        failure = _failure_to_read(error, connection)
    if failure is not None and not is_error:
        return failure
    text = b"".join(pieces).decode("utf-8", "replace")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Heard(response.status_code, text, decoded(text), headers)


def _unpacked(response: Any, n_most: int) -> Iterator[bytes]:
    """Yield the pieces of a body as they come, unpacked, up to so many bytes."""
    is_packed = response.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip", "deflate")
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB) if is_packed else None
    for piece in response.iter_raw():
        # one byte more than may be, and never the gigabytes that a few bytes may stand for
        unpacked = piece if unpacker is None else unpacker.decompress(piece, n_most + 1)
        if len(unpacked) > n_most:
            raise _TooLargeError(f"it is too large for an answer: more than {_MOST_BYTES >> 20} MB")
        n_most -= len(unpacked)
        yield unpacked


class _TooLargeError(Exception):
    """A body has no end in sight."""


def _failure_to_read(error: Exception, connection: Connection) -> ChatError:
    if type(error).__name__ == "ReadTimeout":
        return not_answered_in_time(connection)
    return broken_off(str(error) or type(error).__name__, connection)


def _failure_to_ask(error: Exception, connection: Connection) -> ChatError:
    if type(error).__name__ == "ReadTimeout":
        return not_answered_in_time(connection)
    reason = str(error) or type(error).__name__
    was_sent = type(error).__name__ not in _BEFORE_SENDING
    return not_answered(reason, connection) if was_sent else no_connection(reason, connection)


def _is_of_transport(error: BaseException) -> bool:
    """Whether an error is one of httpx or httpx2, whichever the HTTP client is of."""
    return any(base.__name__ in ("RequestError", "StreamError") for base in type(error).__mro__)


_clients: dict[tuple[Any, ...], Any] = {}
_clients_lock = threading.Lock()


def _client(openai: Any, connection: Connection) -> Any:
    """Return an HTTP client: one per process and connection, never held by an object that may be saved."""
    arguments = (connection.endpoint, connection.api_key, connection.timeout)
    with _clients_lock:
        key = (os.getpid(), *arguments)
        if key not in _clients:
            _clients[key] = _new_client(openai, connection.timeout)
        return _clients[key]


def _new_client(openai: Any, timeout: float) -> Any:
    """Make the HTTP client of OpenAI's SDK.

    The SDK's own client is left out: from the environment it takes headers, keys among them, and sends them
    to whatever server this is. Redirects are not followed: they would take the request to another server, and
    with it a key that stands in a header of its own.
    """
    limits = openai.Timeout(timeout, connect=min(timeout, _MAX_CONNECT_S))
    # firewalls before servers know the SDK's name
    agent = f"OpenAI/Python {openai.__version__}"
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Content-Type": "application/json",
        "User-Agent": agent,
    }
    return openai.DefaultHttpxClient(timeout=limits, headers=headers, follow_redirects=False)


@atexit.register
def close_clients() -> None:
    """Close all connections; the next request opens new ones."""
    with _clients_lock:
        while _clients:
            _clients.popitem()[1].close()
