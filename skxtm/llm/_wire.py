"""Requests and answers as JSON of the chat completions protocol, shared by the client and by batch files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Protocol

from skxtm.exceptions import InputError
from skxtm.llm._texts import whole
from skxtm.llm.accounting import check_output_limit
from skxtm.llm.base import ChatAnswer, ChatRequest, repetition_note

_SCHEMA_NAME = "answer"
_MOST_TOKENS = 10**9  # a larger count is no count
_MAX_QUOTED = 200
_FILTERED = "content_filter"
_FAILED = "error"
_BOM = "\ufeff"
_LINE_END = re.compile(r"\r\n|\r|\n")  # of events; texts within may hold other breaks, such as U+2028


class Settings(Protocol):
    """The parameters that every request of a chat model carries."""

    model: str
    temperature: float | None
    top_p: float | None
    seed: int | None
    max_output_tokens: int | None


@dataclass(frozen=True, slots=True)
class Dialect:
    """What servers of one protocol understand differently."""

    with_schema: bool = True
    limit_name: str = "max_completion_tokens"
    with_system: bool = True


def request_body(settings: Settings, request: ChatRequest, dialect: Dialect) -> dict[str, Any]:
    """Return what is sent for a request: only what was asked for and set."""
    with_schema = dialect.with_schema and request.schema is not None
    messages = messages_of(request, with_schema=with_schema)
    if not dialect.with_system:
        messages = _merged(messages)
    body: dict[str, Any] = {
        "model": settings.model,
        "messages": [{"role": role, "content": content} for role, content in messages],
        **sampling(settings, request.round),
    }
    if settings.max_output_tokens is not None:
        body[dialect.limit_name] = settings.max_output_tokens
    if with_schema:
        schema = {"name": _SCHEMA_NAME, "strict": True, "schema": request.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def messages_of(request: ChatRequest, *, with_schema: bool) -> tuple[tuple[str, str], ...]:
    """Return the messages of a request, for a server that follows its schema or not, with its round."""
    messages = request.messages
    if request.schema is not None and not with_schema and request.plain_messages is not None:
        messages = request.plain_messages
    return tuple((role, whole(content)) for role, content in _numbered(messages, request.round))


def sampling(settings: Settings, number: int) -> dict[str, float | int]:
    """Return the sampling parameters that were set; every round has a seed of its own."""
    check_output_limit(settings.max_output_tokens)
    given: Any = settings.seed
    if given is not None and (isinstance(given, bool) or not isinstance(given, Integral)):
        raise InputError(f"The seed of a chat model must be None or an int. Got {given!r}.")
    seed = None if settings.seed is None else settings.seed + number
    values = {"temperature": settings.temperature, "top_p": settings.top_p, "seed": seed}
    return {name: value for name, value in values.items() if value is not None}


def _numbered(messages: tuple[tuple[str, str], ...], number: int) -> tuple[tuple[str, str], ...]:
    """Say the number of the round at the end of the request, before any answer to it."""
    if not number:
        return messages
    n_asked = next((row for row, (role, _) in enumerate(messages) if role == "assistant"), len(messages))
    *before, (role, content) = messages[:n_asked] or (("user", ""),)
    return (*before, (role, content + repetition_note(number)), *messages[n_asked:])


def _merged(messages: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Say what the system is told at the beginning of the user's first message."""
    told = [content for role, content in messages if role == "system"]
    others = [(role, content) for role, content in messages if role != "system"]
    if not told or not others:
        return messages
    role, content = others[0]
    return ((role, "\n\n".join([*told, content])), *others[1:])


def decoded(text: str) -> Any:
    """Return the JSON value of a body, which may come as a stream of events; None if it is not whole."""
    text = text.lstrip(_BOM + " \t\r\n")  # some servers send empty lines until the answer is ready
    try:
        if text.startswith(("data:", "event:", "id:", ":")):
            return _streamed(text)
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _streamed(text: str) -> Any:
    """Put the pieces of a stream together to a completion, or None if its end is missing."""
    completion: dict[str, Any] = {}
    pieces: dict[str, list[str]] = {"content": [], "reasoning_content": [], "arguments": []}
    reason = None
    for event in _events(text):
        if event.get("error"):
            ended = {"message": {"content": "".join(pieces["content"])}, "error": event["error"]}
            return {**completion, "usage": event.get("usage") or completion.get("usage"), "choices": [ended]}
        completion |= {name: event[name] for name in ("model", "usage") if event.get(name)}
        choice = first_choice(event) or {}
        delta = _mapping(choice.get("delta")) or _mapping(choice.get("message"))
        pieces["content"].append(_content(delta.get("content")) or _text(choice.get("text")))
        pieces["reasoning_content"].append(_reasoning(delta))
        pieces["arguments"].extend(_arguments(delta))
        reason = choice.get("finish_reason") or reason
    if reason is None:
        return None
    message: dict[str, Any] = {name: "".join(parts) for name, parts in pieces.items()}
    message["tool_calls"] = [{"function": {"arguments": message.pop("arguments")}}]
    return completion | {"choices": [{"message": message, "finish_reason": reason}]}


def _events(text: str) -> Iterator[Mapping[str, Any]]:
    for line in _LINE_END.split(text):
        data = line.removeprefix("data:").strip()
        if line.startswith("data:") and data.startswith("{"):
            yield _mapping(json.loads(data))


def first_choice(body: Any) -> Mapping[str, Any] | None:
    """Find the first choice of a completion."""
    choices = body.get("choices") if isinstance(body, Mapping) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        return None
    return choices[0]


def error_within(body: Any) -> Any:
    """Find the error in a body that came with status 200: one in its choice ends the answer where it is."""
    if isinstance(body, list) and body:
        body = body[0]
    choice, beside = _mapping(first_choice(body)), _mapping(body).get("error")
    is_error = choice.get("finish_reason") == _FAILED
    if choice.get("error") or is_error:
        return choice.get("error") or beside or f"finish_reason: {_FAILED}"
    return None if begun_text(body) else beside


def begun_text(body: Any) -> str:
    """Return the text of a completion, whole or not."""
    return _content(_mapping(_mapping(first_choice(body)).get("message")).get("content"))


def read_completion(body: Any) -> ChatAnswer | None:
    """Read the answer out of a chat completion, or None if there is no choice in it."""
    choice = first_choice(body)
    feedback = _mapping(_mapping(body).get("promptFeedback") or _mapping(body).get("prompt_feedback"))
    if choice is None and not any(name.lower().startswith("block") for name in feedback):
        return None
    choice = {"finish_reason": _FILTERED} if choice is None else choice
    reason = _text(choice.get("finish_reason")) or "stop"
    input_tokens, output_tokens = token_counts(body)
    return ChatAnswer(
        text=_said(choice, reason),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        model=_text(body.get("model")),
        finish_reason=reason,
    )


def _said(choice: Mapping[str, Any], reason: str) -> str:
    """Find the answer's text: servers also put it into a tool call or, by mistake, among the thoughts."""
    message = _mapping(choice.get("message"))
    text = _content(message.get("content")) or _text(message.get("refusal")) or _text(choice.get("text"))
    if text.strip():
        return text
    called = "\n".join(_arguments(message))
    thoughts = _reasoning(message) if reason == "stop" else ""  # thoughts that were cut off are no answer
    return next(filter(str.strip, (called, thoughts)), text)


def _arguments(message: Mapping[str, Any]) -> list[str]:
    calls = message.get("tool_calls")
    functions = [_mapping(call).get("function") for call in calls] if isinstance(calls, list) else []
    found = [_mapping(function).get("arguments") for function in [*functions, message.get("function_call")]]
    return [json.dumps(each) if isinstance(each, dict) else _text(each) for each in found if each]


def _reasoning(message: Mapping[str, Any]) -> str:
    return _text(message.get("reasoning_content")) or _text(message.get("reasoning"))


def is_filtered(answer: ChatAnswer) -> bool:
    """Whether the provider cut an answer off, or out, for what it says."""
    reason = answer.finish_reason.lower()
    names = (
        _FILTERED,
        "safety",
        "prohibited",
        "blocklist",
        "recitation",
        "sensitive",
        "refusal",
        "guardrail",
    )
    return any(name in reason for name in names)


def token_counts(body: Any) -> tuple[int, int]:
    """Read input and output tokens; hidden reasoning counts as output wherever a server counts it."""
    usage = _mapping(_mapping(body).get("usage"))
    taken, given, total = (count(usage.get(f"{name}_tokens")) for name in ("prompt", "completion", "total"))
    taken = taken or count(usage.get("input_tokens"))
    given = given or count(usage.get("output_tokens"))
    reasoning = count(_mapping(usage.get("completion_tokens_details")).get("reasoning_tokens"))
    if reasoning > given:  # so it is not among them
        given += reasoning
    return taken, max(given, total - taken)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _content(value: Any) -> str:
    """Read a text, also where a server sends it in parts, with its reasoning beside it."""
    if isinstance(value, list):
        return "".join(
            _text(_mapping(part).get("text"))
            for part in value
            if _mapping(part).get("type") in ("text", "output_text")
        )
    return _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def error_text(error: Any) -> str | None:
    """Say an error of a batch in one short text; None where there is none."""
    if not error:
        return None
    said = error.get("message") if isinstance(error, Mapping) else None
    return str(said or error)[:_MAX_QUOTED]


def count(value: Any) -> int:
    """Read a number of tokens; 0 for what is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and 0 <= value <= _MOST_TOKENS else 0
