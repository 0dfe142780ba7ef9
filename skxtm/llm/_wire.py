"""Requests and answers as JSON of the chat completions protocol, shared by the client and by batch files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from skxtm.llm.base import ChatAnswer, ChatRequest

_SCHEMA_NAME = "answer"


class Settings(Protocol):
    """The parameters that every request of a chat model carries."""

    model: str
    temperature: float | None
    top_p: float | None
    seed: int | None
    max_output_tokens: int | None


def sampling(settings: Settings) -> dict[str, float | int]:
    """Return the sampling parameters that were set."""
    values = {"temperature": settings.temperature, "top_p": settings.top_p, "seed": settings.seed}
    return {name: value for name, value in values.items() if value is not None}


def request_body(
    settings: Settings, request: ChatRequest, *, with_schema: bool, limit_name: str
) -> dict[str, Any]:
    """Return what is sent for a request: only what was asked for and set."""
    with_schema = with_schema and request.schema is not None
    messages = request.messages
    if request.schema is not None and not with_schema and request.plain_messages is not None:
        messages = request.plain_messages
    body: dict[str, Any] = {
        "model": settings.model,
        "messages": [{"role": role, "content": content} for role, content in messages],
        **sampling(settings),
    }
    if settings.max_output_tokens is not None:
        body[limit_name] = settings.max_output_tokens
    if with_schema:
        schema = {"name": _SCHEMA_NAME, "strict": True, "schema": request.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def read_completion(body: Any) -> ChatAnswer | None:
    """Read the answer out of a chat completion, or None if there is no choice in it."""
    choices = body.get("choices") if isinstance(body, Mapping) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        return None
    message = _mapping(choices[0].get("message"))
    usage = _mapping(body.get("usage"))
    return ChatAnswer(
        text=_content(message.get("content")) or _text(message.get("refusal")),
        input_tokens=_count(usage.get("prompt_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
        model=_text(body.get("model")),
        finish_reason=_text(choices[0].get("finish_reason")) or "stop",
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _content(value: Any) -> str:
    """Read a text, also where a server sends it in parts, with its reasoning beside it."""
    if isinstance(value, list):
        return "".join(
            _text(_mapping(part).get("text")) for part in value if _mapping(part).get("type") == "text"
        )
    return _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int:
    return max(int(value), 0) if isinstance(value, int | float) else 0
