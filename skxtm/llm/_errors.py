"""The one place where failures of a chat server become errors of this package."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from skxtm.exceptions import ChatBusyError, ChatError, ChatRefusedError, ChatUnavailableError
from skxtm.llm._keys import hide_keys
from skxtm.llm._waits import wished_pause

_MAX_QUOTED = 300
_MAX_SEARCHED = 20_000


@dataclass(frozen=True, slots=True)
class Connection:
    """What a message may say of a connection; the key is here only to be taken out of it."""

    endpoint: str
    model: str
    api_key_env: str | None
    api_key: str = field(repr=False)
    timeout: float
    max_retries: int

    def quoted(self, text: str) -> str:
        """Shorten what a server said, without anything that looks like a key."""
        shown = " ".join(hide_keys(text, self.api_key).split())
        return repr(shown if len(shown) <= _MAX_QUOTED else shown[:_MAX_QUOTED] + " ...")


@dataclass(frozen=True, slots=True)
class Heard:
    """What a server sent back: its status, also where that stands within an answer of status 200."""

    status: int
    text: str = field(repr=False)  # may hold the key
    body: Any = field(repr=False, default=None)
    headers: Mapping[str, str] = field(repr=False, default_factory=dict)
    was_ok: bool = False

    @property
    def kind(self) -> Kind:
        """What has happened."""
        return next(kind for kind in _KINDS if kind.fits(self))

    @property
    def is_redirect(self) -> bool:
        """Whether the server names another address."""
        return 300 <= self.status < 400

    @property
    def message(self) -> str:
        """The server's sentence: servers nest it differently."""
        if self.is_redirect and self.headers.get("location"):
            return self.headers["location"].partition("?")[0]
        found = self.body
        while isinstance(found, Mapping | list) and found:
            if isinstance(found, list):
                found = found[0]
                continue
            names = ("error", "message", "detail", "error_msg", "msg")
            inner = next((found[name] for name in names if found.get(name)), None)
            if inner is None:
                break
            found = inner
        return found if isinstance(found, str) and found else self.text or "no explanation"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of failure: how it is known, what it is to the caller, and what to do about it.

    It fits by one of its statuses alone, or by its words, if the status is none of `not_with`.
    """

    error: type[ChatError]
    said: str
    hint: str
    statuses: frozenset[int] = frozenset()
    words: re.Pattern[str] | None = None
    not_with: frozenset[int] = frozenset()

    def fits(self, heard: Heard) -> bool:
        """Whether a failure is of this kind."""
        if heard.status in self.statuses:
            return True
        return (
            self.words is not None
            and heard.status not in self.not_with
            and self.words.search(heard.text, 0, _MAX_SEARCHED) is not None
        )


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.VERBOSE)


_MOVED = Kind(
    ChatRefusedError,
    "sends the request on to another address, where neither it nor the key is taken",
    "Give base_url the new address, if you trust it.",
    frozenset(range(300, 400)),
)
FILTERED = Kind(
    ChatError,
    "filtered one request out",
    "The others are not concerned.",
    words=_words(
        r"""content[ _-]?(?:filter|policy|management) | content\ exists\ risk  # OpenAI, DeepSeek
        | data_?inspection_?failed | inappropriate\ content  # Qwen
        | "code"\s*:\s*"?1301\b | 敏感内容 | 不安全  # Zhipu
        | PROHIBITED_CONTENT | block_?reason | BLOCKLIST | \bSAFETY\b  # Gemini
        | flagged | requires\ moderation | moderation_blocked  # OpenRouter, OpenAI
        | ResponsibleAIPolicy | usage\ policy | considered\ high\ risk  # Azure, OpenAI, Moonshot
        | sensitive_?content | new_sensitive | guardrail"""
    ),
    not_with=frozenset({401, 402, 404, 429}),
)
_UNPAID = Kind(
    ChatRefusedError,
    "says that the account has no money left",
    "Add credit to the account with the provider, and run again: what was answered is kept.",
    frozenset({402}),
    _words(r"insufficient[ _]balance | credit\ balance\ is\ too\ low | 余额不足 | 欠费 | Arrearage"),
)
_QUOTA = Kind(
    ChatRefusedError,
    "says that the quota of the account is used up",
    "Check the plan and the billing with the provider.",
    words=_words(
        r"insufficient_quota | billing_not_active | billing_hard_limit_reached | exceeded_current_quota_error"
        r"| Requests?PerDay | TokensPerDay"
    ),
)
_KEY = Kind(
    ChatRefusedError,
    "does not let us in",
    "",  # depends on where the key is
    frozenset({401, 403}),
    _words(r"\bapi[ _]key\b.*\b(?:valid|invalid|expired)\b | \binvalid\ api[ _]key"),  # Gemini: status 400
    not_with=frozenset({404, 408, 409, 429}),
)
_MODEL = Kind(
    ChatRefusedError,
    "does not know the model {model!r}, or is no address of chat models",
    "Check model and base_url.",
    frozenset({404}),
)
TOO_LONG = Kind(
    ChatRefusedError,
    "finds the request too long",
    'Ask for less at once, as prompt="single" of LLMRefiner does, or take a model with a longer context.',
    frozenset({413}),
    _words(
        r"context_length_exceeded | (?:context|prompt|input)[ _](?:length|window|size)\b | maximum\ context"
        r"| (?:prompt|input|request)\ is\ too\ (?:long|large) | exceed\w*\ the\ (?:available\ )?context"
    ),
    not_with=frozenset({408, 409, 429, 502, 503, 504}),
)
BUSY = Kind(
    ChatBusyError,
    "takes no more requests for the moment",
    "Run again later, set requests_per_minute to what your plan allows, or raise patience.",
    frozenset({429, 529}),
    _words(
        r"overloaded | loading | rate.limit | too\ many\ requests | RESOURCE_EXHAUSTED | server\ is\ busy"
    ),
    not_with=frozenset({*range(400, 500), 500, 501, 502, 504}),
)
UNAVAILABLE = Kind(
    ChatUnavailableError, "is not available", "Run again later.", frozenset({408, 409, 425, *range(500, 600)})
)
REFUSED = Kind(
    ChatRefusedError, "refuses the request", "Change the parameter that it names.", frozenset(range(600))
)
_KINDS = (_MOVED, FILTERED, _UNPAID, _QUOTA, _KEY, _MODEL, TOO_LONG, BUSY, UNAVAILABLE, REFUSED)


def chat_error(heard: Heard, connection: Connection) -> ChatError:
    """Say what a failure means for the user."""
    kind = heard.kind
    pause = wished_pause(heard.headers, heard.text)
    if kind is UNAVAILABLE and pause is not None:
        kind = BUSY
    status = f"status 200, error {heard.status}" if heard.was_ok else f"status {heard.status}"
    told = f"{status}: {connection.quoted(heard.message)}"
    if kind is UNAVAILABLE:
        told += f", {_attempts(connection.max_retries)}"
    hint = _key_advice(connection) if kind is _KEY else kind.hint
    said = kind.said.format(model=connection.model)
    note = _proxy_note(connection.endpoint) if kind is not FILTERED else ""
    error = kind.error(f"{connection.endpoint} {said} ({told}). {hint}{note}")
    if isinstance(error, ChatBusyError):
        error.retry_after = pause
    return error


def no_connection(reason: str, connection: Connection) -> ChatError:
    """Say that a server could not be reached."""
    return ChatUnavailableError(
        f"The connection to {connection.endpoint} failed ({connection.quoted(reason)}, "
        f"{_attempts(connection.max_retries)}). Check base_url and that the server runs, or run again later."
        f"{_proxy_note(connection.endpoint)}"
    )


def not_sendable(reason: str, connection: Connection) -> ChatError:
    """Say that a request could not be written."""
    return ChatRefusedError(
        f"The request to {connection.endpoint} could not be made ({connection.quoted(reason)}). Check the "
        "parameters."
    )


def not_answered_in_time(connection: Connection) -> ChatError:
    """Say that a request was sent, and no answer came in time."""
    return _billed(
        f"{connection.endpoint} did not answer within {connection.timeout:g} s, and may bill the request. "
        f"Raise timeout, or ask for shorter answers.{_proxy_note(connection.endpoint)}"
    )


def not_answered(reason: str, connection: Connection) -> ChatError:
    """Say that a request was sent, and the connection lost before an answer began."""
    return _billed(
        f"{connection.endpoint} broke the connection off without an answer ({connection.quoted(reason)}), "
        f"and may bill the request. Run again later.{_proxy_note(connection.endpoint)}"
    )


def broken_off(reason: str, connection: Connection) -> ChatError:
    """Say that an answer began, and did not end."""
    return _billed(
        f"The answer of {connection.endpoint} broke off ({connection.quoted(reason)}). Run again later."
    )


def not_a_completion(text: str, connection: Connection) -> ChatError:
    """Say that a server answered, but not as chat servers do."""
    return _billed(
        f"{connection.endpoint} answered with something that is no chat completion "
        f"({connection.quoted(text)}). Check base_url, or run again later.{_proxy_note(connection.endpoint)}"
    )


def _billed(message: str) -> ChatError:
    error = ChatUnavailableError(message)
    error.may_be_billed = True
    return error


def _key_advice(connection: Connection) -> str:
    if connection.api_key_env is None:
        return "Name the environment variable that holds your key in api_key_env."
    return f"Check the key in the environment variable {connection.api_key_env!r}."


def _attempts(max_retries: int) -> str:
    return "up to 1 attempt" if max_retries == 0 else f"up to {max_retries + 1} attempts"


def _proxy_note(endpoint: str) -> str:
    """Name the variable that sends requests to this very machine through a proxy."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    proxies = urllib.request.getproxies()
    used = [scheme for scheme in (parts.scheme, "all") if scheme in proxies]
    if not used or not _is_loopback(host) or urllib.request.proxy_bypass(host):
        return ""
    return (
        f" The environment variable {used[0].upper()}_PROXY sends requests to this machine through a proxy: "
        f"add {host} to NO_PROXY."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
