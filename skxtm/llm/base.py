"""The chat protocol: what is asked, what is answered, and who answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from skxtm.llm._protocols import ChatModel

__all__ = ["ChatAnswer", "ChatModel", "ChatRequest"]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One conversation that a chat model is to answer.

    Attributes
    ----------
    messages : tuple of (str, str)
        Role (``"system"``, ``"user"`` or ``"assistant"``) and content, in order.
    round : int
        Number of the repetition. It is never sent; it keeps the answers of several rounds apart in the cache.
    schema : mapping or None
        JSON schema that the answer is to follow.
    plain_messages : tuple of (str, str) or None
        Sent instead of `messages`, without the schema, where the server cannot follow schemas.
    version : str
        Version of the prompt. It is never sent; a new version finds no answer to an old one in the cache.

    Examples
    --------
    >>> from skxtm.llm import ChatRequest
    >>> ChatRequest((("user", "Name a colour."),), round=2).round
    2
    """

    messages: tuple[tuple[str, str], ...]
    round: int = 0
    schema: Mapping[str, Any] | None = None
    plain_messages: tuple[tuple[str, str], ...] | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """What a chat model answered, and what it took.

    Attributes
    ----------
    text : str
        The answer as it came, possibly empty.
    input_tokens, output_tokens : int
        Tokens that the server counted, 0 where it counts none.
    model : str
        The model that answered, by the name that the server gave.
    finish_reason : str
        Why the answer ended: ``"stop"``, ``"length"``, ``"content_filter"``, ...
    """

    text: str
    input_tokens: int = 0
    output_tokens: int = 0
    model: str = ""
    finish_reason: str = "stop"
