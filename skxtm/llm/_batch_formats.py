"""Lines of batch files as each provider writes them: requests, answers, errors, and what was never asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from skxtm.exceptions import InputError
from skxtm.llm._batch_anthropic import AnthropicLines
from skxtm.llm._batch_gemini import GeminiLines
from skxtm.llm._batch_openai import OpenAILines
from skxtm.llm._wire import Settings
from skxtm.llm.base import ChatAnswer, ChatRequest

Line = Mapping[str, Any]


class BatchLines(Protocol):
    """How one provider writes lines of batch files."""

    name_field: str
    request_field: str

    def body(self, settings: Settings, request: ChatRequest, *, with_schema: bool) -> dict[str, Any]:
        """Return what is sent for a request."""
        ...

    def request_line(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the line of a request."""
        ...

    def is_mine(self, line: Line) -> bool:
        """Say whether a line of an answer or error is written in this way."""
        ...

    def answer(self, line: Line) -> ChatAnswer | str | None:
        """Return the answer of a line, its error as a str, or None if it has neither."""
        ...

    def was_never_asked(self, line: Line) -> bool:
        """Say whether a line says that its request was not processed, so that it is still missing."""
        ...


FORMATS: dict[str, BatchLines] = {
    "openai": OpenAILines(),
    "gemini": GeminiLines(),
    "anthropic": AnthropicLines(),
}


def format_named(name: str) -> BatchLines:
    """Look up a format.

    Parameters
    ----------
    name : str
        One of those of `FORMATS`.

    Returns
    -------
    lines : BatchLines

    Raises
    ------
    InputError
        If there is none of this name.
    """
    if name not in FORMATS:
        raise InputError(f"The 'format' parameter must be among {tuple(FORMATS)}. Got {name!r}.")
    return FORMATS[name]


def read_line(line: Line) -> tuple[str | None, ChatAnswer | str | None]:
    """Read a line of answers in any of the formats.

    Parameters
    ----------
    line : mapping
        A JSON object of a file.

    Returns
    -------
    name : str or None
        Of the request; None for a line that is none of an answer or error, among them requests.
    answer : ChatAnswer, str or None
        An error is a str; None stands for a line without an answer, as for a request that was not processed.
    """
    for lines in FORMATS.values():
        name = line.get(lines.name_field)
        if isinstance(name, str) and lines.request_field not in line:
            if isinstance(line.get("content"), str):  # written by hand
                return name, ChatAnswer(line["content"])
            if lines.is_mine(line):
                return name, None if lines.was_never_asked(line) else lines.answer(line)
    return None, None


def is_to_be_passed_over(line: Line) -> bool:
    """Say whether a line holds no answer and is right all the same: a request, or what was not processed.

    Parameters
    ----------
    line : mapping
        A JSON object of a file.

    Returns
    -------
    answer : bool
    """
    return any(
        isinstance(line.get(lines.name_field), str)
        and (lines.request_field in line or lines.was_never_asked(line))
        for lines in FORMATS.values()
    )
