"""Lines of batch files in the format of Anthropic's Message Batches API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skxtm.exceptions import InputError
from skxtm.llm._wire import Settings, count, error_text, messages_of, sampling
from skxtm.llm.base import ChatAnswer, ChatRequest

_NEVER_ASKED = {"expired", "canceled"}
_REASONS = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "": "stop"}


class AnthropicLines:
    """Lines with ``custom_id``, and a message under ``result``."""

    name_field = "custom_id"
    request_field = "params"

    def body(self, settings: Settings, request: ChatRequest, *, with_schema: bool) -> dict[str, Any]:
        """Return what is sent for a request: as text, and without a seed, which this API does not know."""
        if settings.max_output_tokens is None:
            raise InputError("Batches of Anthropic need the longest answer. Set max_output_tokens.")
        messages = messages_of(request, with_schema=False)
        told = [content for role, content in messages if role == "system"]
        body: dict[str, Any] = {
            "model": settings.model,
            "max_tokens": settings.max_output_tokens,
            "messages": [
                {"role": role, "content": content} for role, content in messages if role != "system"
            ],
        }
        if told:
            body["system"] = "\n\n".join(told)
        values = sampling(settings, request.round)
        return body | {name: value for name, value in values.items() if name != "seed"}

    def request_line(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the line of a request."""
        return {"custom_id": name, "params": dict(body)}

    def is_mine(self, line: Mapping[str, Any]) -> bool:
        """Say whether a line of an answer or error is written in this way."""
        return isinstance(line.get("result"), Mapping)

    def answer(self, line: Mapping[str, Any]) -> ChatAnswer | str | None:
        """Return the answer of a line, its error as a str, or None if it has neither."""
        result = line["result"]
        message = result.get("message")
        if not isinstance(message, Mapping):
            error = result.get("error")
            inner = error.get("error") if isinstance(error, Mapping) else None
            return error_text(inner or error)
        blocks = message.get("content")
        texts = [
            block["text"]
            for block in (blocks if isinstance(blocks, list) else [])
            if isinstance(block, Mapping)
            and block.get("type") == "text"
            and isinstance(block.get("text"), str)
        ]
        usage = message.get("usage")
        tokens = usage if isinstance(usage, Mapping) else {}
        reason, model = str(message.get("stop_reason") or ""), message.get("model")
        return ChatAnswer(
            text="".join(texts),
            input_tokens=count(tokens.get("input_tokens")),
            output_tokens=count(tokens.get("output_tokens")),
            model=model if isinstance(model, str) else "",
            finish_reason=_REASONS.get(reason, reason),
        )

    def was_never_asked(self, line: Mapping[str, Any]) -> bool:
        """Say whether a line says that its request was not processed, so that it is still missing."""
        result = line.get("result")
        return isinstance(result, Mapping) and result.get("type") in _NEVER_ASKED
