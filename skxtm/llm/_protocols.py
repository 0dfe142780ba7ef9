"""What a chat model must be able to do; no class needs to inherit from these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from skxtm.llm.base import ChatAnswer, ChatRequest


class ChatModel(Protocol):
    """What can answer a `ChatRequest`; any object with this method will do.

    `ChatSession` also reads these attributes, where they exist: ``identity``, a dict of plain values that
    holds the endpoint, the model and every parameter that changes answers (without it nothing is cached, and
    a session that was given a cache warns; None says that this is meant); ``concurrency``, how many requests
    may be under way at once (1); ``requests_per_minute`` (no limit); ``max_output_tokens``, which a limit of
    cost needs. A method ``prepare(requests)`` is called once with all requests that are not in the cache,
    before any of them is completed.
    """

    def complete(self, request: ChatRequest) -> ChatAnswer | str:
        """Answer one request.

        Parameters
        ----------
        request : ChatRequest
            The conversation.

        Returns
        -------
        answer : ChatAnswer or str
            Truncated, filtered or empty answers are answers. A str is an answer whose tokens nobody counted.

        Raises
        ------
        ChatError
            If there is no answer. `ChatRefusedError` stops all requests, any other only this one.
        ConnectionError, TimeoutError
            Count as `ChatUnavailableError`. Anything else is taken for a mistake in the program, and stops
            all.
        """
        ...


class BatchWriter(Protocol):
    """A chat model whose requests can be written to a batch file."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """All that changes answers, as plain values."""
        ...

    def body(self, request: ChatRequest) -> dict[str, Any]:
        """Return the JSON that is sent for a request.

        Parameters
        ----------
        request : ChatRequest
            The conversation.

        Returns
        -------
        body : dict
        """
        ...
