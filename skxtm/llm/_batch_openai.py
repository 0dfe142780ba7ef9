"""Lines of batch files in the format of OpenAI's Batch API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skxtm.llm._wire import Dialect, Settings, error_text, error_within, read_completion, request_body
from skxtm.llm.base import ChatAnswer, ChatRequest

_URL = "/v1/chat/completions"
# a batch that ran out of time or was stopped never asked these
_NEVER_ASKED = {"batch_expired", "batch_cancelled"}


class OpenAILines:
    """Lines with ``custom_id``, and a chat completion under ``response``."""

    name_field = "custom_id"
    request_field = "url"

    def body(self, settings: Settings, request: ChatRequest, *, with_schema: bool) -> dict[str, Any]:
        """Return what is sent for a request."""
        return request_body(settings, request, Dialect(with_schema=with_schema))

    def request_line(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the line of a request."""
        return {"custom_id": name, "method": "POST", "url": _URL, "body": dict(body)}

    def is_mine(self, line: Mapping[str, Any]) -> bool:
        """Say whether a line of an answer or error is written in this way."""
        return "result" not in line

    def answer(self, line: Mapping[str, Any]) -> ChatAnswer | str | None:
        """Return the answer of a line, its error as a str, or None if it has neither."""
        response = line.get("response")
        body = response.get("body") if isinstance(response, Mapping) else None
        within = error_within(body)
        answer = None if within else read_completion(body)
        return answer if answer is not None else error_text(line.get("error") or within)

    def was_never_asked(self, line: Mapping[str, Any]) -> bool:
        """Say whether a line says that its request was not processed, so that it is still missing."""
        error = line.get("error")
        return isinstance(error, Mapping) and error.get("code") in _NEVER_ASKED
