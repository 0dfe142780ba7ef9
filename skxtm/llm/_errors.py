"""The one place where failures of a chat server become errors of this package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from skxtm._optional import import_optional
from skxtm.exceptions import ChatError, ChatRefusedError, ChatUnavailableError

#: Attempts of one request that may time out after it was sent: each may be billed.
MOST_READ_TIMEOUTS = 2
_MAX_QUOTED = 300
_SHORTEST_PART = 4  # servers quote the last four characters of a key
_WORD = re.compile(r"[^\s'\"`(),;:<>{}\[\]=&?]+")
_KEY_PREFIXES = ("sk-", "sk_", "AIza", "gsk_", "hf_", "xai-", "pk-", "AQ.")
_QUOTA = re.compile(r"insufficient_quota|billing_not_active|billing_hard_limit_reached")
_SCHEMA = re.compile(r"response_?format|json_?schema|structured[ _]output", re.IGNORECASE)
_KEY_COMPLAINT = re.compile(r"\bapi[ _]key\b", re.IGNORECASE)  # Gemini answers a wrong key with status 400
_FILTERED = {"content_filter", "content_policy_violation"}
_BUSY = {408, 409, 429}


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


def hide_keys(text: str, api_key: str) -> str:
    """Replace the key, parts of it and whatever begins like one by ``***``."""
    if len(api_key) >= 4:
        text = text.replace(api_key, "***")

    def hidden(word: re.Match[str]) -> str:
        return "***" if _is_like_a_key(word.group(), api_key) else word.group()

    return _WORD.sub(hidden, text)


def _is_like_a_key(word: str, api_key: str) -> bool:
    is_masked_key = "*" in word and (word[:3] == api_key[:3] or word[-3:] == api_key[-3:])
    is_part_of_key = len(word) >= 8 and (word in api_key or word[:8] == api_key[:8])
    end = word.strip(".…")
    is_end_of_key = len(end) >= _SHORTEST_PART and api_key.rstrip("=").endswith(end)
    return word.startswith(_KEY_PREFIXES) or is_masked_key or is_part_of_key or is_end_of_key


def is_out_of_quota(text: str) -> bool:
    """Whether a server's 429 will not go away by waiting."""
    return bool(_QUOTA.search(text))


def is_about_schema(error: Any) -> bool:
    """Whether a server complains that it cannot follow a JSON schema."""
    return getattr(error, "status_code", None) in {400, 422} and bool(_SCHEMA.search(_said(error)))


def chat_error(error: Exception, connection: Connection) -> ChatError:
    """Say what an error of the openai package means for its user."""
    openai = import_optional("openai", extra="llm", purpose="OpenAIChat")
    endpoint, attempts = connection.endpoint, _attempts(connection.max_retries)
    if isinstance(error, openai.APIConnectionError):
        reason = connection.quoted(str(error.__cause__ or error))
        return ChatUnavailableError(
            f"The connection to {endpoint} failed ({reason}, {attempts}). Check base_url and that the server "
            "runs, or run again later."
        )
    if isinstance(error, openai.APIStatusError):
        return _status_error(error, connection)
    return ChatRefusedError(
        f"The request to {endpoint} could not be made ({connection.quoted(str(error))}). Check the "
        "parameters."
    )


def not_answered_in_time(connection: Connection) -> ChatError:
    """Say that requests were sent, and no answer came in time."""
    attempts = _attempts(min(connection.max_retries, MOST_READ_TIMEOUTS - 1))
    return ChatUnavailableError(
        f"{connection.endpoint} did not answer within {connection.timeout:g} s ({attempts}, which may be "
        "billed). Raise timeout, or ask for shorter answers."
    )


def not_a_completion(text: str, connection: Connection) -> ChatError:
    """Say that a server answered, but not as chat servers do."""
    said = connection.quoted(text)
    return ChatUnavailableError(
        f"{connection.endpoint} answered with something that is no chat completion ({said}). Check base_url, "
        "or run again later."
    )


def _status_error(error: Any, connection: Connection) -> ChatError:
    status, said, endpoint = error.status_code, _said(error), connection.endpoint
    heard = f"status {status}: {connection.quoted(_server_message(error))}"
    if is_out_of_quota(said):
        return ChatRefusedError(
            f"{endpoint} says that the quota of the account is used up ({heard}). Check the plan and the "
            "billing with the provider."
        )
    if status in _BUSY or status >= 500:
        attempts = _attempts(connection.max_retries)
        return ChatUnavailableError(f"{endpoint} is not available ({heard}, {attempts}). Run again later.")
    if status in {401, 403} or (status == 400 and _KEY_COMPLAINT.search(said)):
        return ChatRefusedError(f"{endpoint} does not let us in ({heard}). {_key_advice(connection)}")
    if status == 404:
        return ChatRefusedError(
            f"{endpoint} does not know the model {connection.model!r}, or is no address of chat models "
            f"({heard}). Check model and base_url."
        )
    if getattr(error, "code", None) in _FILTERED:
        return ChatError(f"{endpoint} filtered one request out ({heard}). The others are not concerned.")
    return ChatRefusedError(f"{endpoint} refuses the request ({heard}). Change the parameter that it names.")


def _key_advice(connection: Connection) -> str:
    if connection.api_key_env is None:
        return "Name the environment variable that holds your key in api_key_env."
    return f"Check the key in the environment variable {connection.api_key_env!r}."


def _attempts(max_retries: int) -> str:
    return "up to 1 attempt" if max_retries == 0 else f"up to {max_retries + 1} attempts"


def _said(error: Any) -> str:
    return f"{error.message} {getattr(error, 'body', None)}"


def _server_message(error: Any) -> str:
    """Find the sentence in the body of an error: servers nest it differently."""
    found = error.body
    while isinstance(found, Mapping | list) and found:
        if isinstance(found, list):
            found = found[0]
            continue
        inner = next((found[name] for name in ("error", "message", "detail") if found.get(name)), None)
        if inner is None:
            break
        found = inner
    return found if isinstance(found, str) and found else str(error.message)
