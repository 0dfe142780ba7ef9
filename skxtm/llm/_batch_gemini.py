"""Lines of batch files in the format of Gemini's Batch API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skxtm.llm._wire import Settings, count, error_text, messages_of, sampling
from skxtm.llm.base import ChatAnswer, ChatRequest

_ROLES = {"user": "user", "assistant": "model"}
_SAMPLING = {"temperature": "temperature", "top_p": "topP", "seed": "seed"}
_REASONS = {"STOP": "stop", "MAX_TOKENS": "length", "": "stop"}


class GeminiLines:
    """Lines with ``key``, and a response of ``generateContent`` under ``response``."""

    name_field = "key"
    request_field = "request"

    def body(self, settings: Settings, request: ChatRequest, *, with_schema: bool) -> dict[str, Any]:
        """Return what is sent for a request; the model is named where the batch is made."""
        with_schema = with_schema and request.schema is not None
        messages = messages_of(request, with_schema=with_schema)
        told = [content for role, content in messages if role == "system"]
        body: dict[str, Any] = {
            "contents": [
                {"role": _ROLES[role], "parts": [{"text": content}]}
                for role, content in messages
                if role != "system"
            ]
        }
        if told:
            body["systemInstruction"] = {"parts": [{"text": "\n\n".join(told)}]}
        values = sampling(settings, request.round)
        config: dict[str, Any] = {_SAMPLING[name]: value for name, value in values.items()}
        if settings.max_output_tokens is not None:
            config["maxOutputTokens"] = settings.max_output_tokens
        if with_schema:
            config |= {"responseMimeType": "application/json", "responseJsonSchema": request.schema}
        return body | ({"generationConfig": config} if config else {})

    def request_line(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the line of a request."""
        return {"key": name, "request": dict(body)}

    def is_mine(self, line: Mapping[str, Any]) -> bool:
        """Say whether a line of an answer or error is written in this way."""
        return True

    def answer(self, line: Mapping[str, Any]) -> ChatAnswer | str | None:
        """Return the answer of a line, its error as a str, or None if it has neither."""
        response = line.get("response")
        if not isinstance(response, Mapping):
            return error_text(line.get("error") or line.get("status"))
        candidates = response.get("candidates")
        first = candidates[0] if isinstance(candidates, list) and candidates else None
        feedback = response.get("promptFeedback")
        if not isinstance(first, Mapping):
            is_blocked = isinstance(feedback, Mapping) and feedback.get("blockReason")
            return _answer("", "content_filter", response) if is_blocked else error_text(line.get("error"))
        content = first.get("content")
        parts = content.get("parts") if isinstance(content, Mapping) else None
        texts = [
            part["text"]
            for part in (parts if isinstance(parts, list) else [])
            if isinstance(part, Mapping) and isinstance(part.get("text"), str) and not part.get("thought")
        ]
        reason = str(first.get("finishReason") or "")
        return _answer("".join(texts), _REASONS.get(reason, reason.lower()), response)

    def was_never_asked(self, line: Mapping[str, Any]) -> bool:
        """Say whether a line says that its request was not processed: this API writes no such lines."""
        return False


def _answer(text: str, reason: str, response: Mapping[str, Any]) -> ChatAnswer:
    usage = response.get("usageMetadata")
    tokens = usage if isinstance(usage, Mapping) else {}
    output_tokens = count(tokens.get("candidatesTokenCount")) + count(tokens.get("thoughtsTokenCount"))
    model = response.get("modelVersion")
    return ChatAnswer(
        text=text,
        input_tokens=count(tokens.get("promptTokenCount")),
        output_tokens=output_tokens,
        model=model if isinstance(model, str) else "",
        finish_reason=reason,
    )
