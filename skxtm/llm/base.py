"""The chat protocol: what is asked, what is answered, and who answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from skxtm.exceptions import InputError, InputTypeError

_ROLES = ("system", "user", "assistant")
_MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One conversation that a chat model is to answer.

    Attributes
    ----------
    messages : tuple of (str, str)
        Role (``"system"``, ``"user"`` or ``"assistant"``) and content, in order. Dicts with ``"role"`` and
        ``"content"`` are taken, too, and kept as pairs.
    round : int
        Number of the repetition. It keeps the answers of several rounds apart in the cache; from 1 on, a line
        at the end of the request says it, so that no server takes the rounds for one and the same request.
    schema : mapping or None
        JSON schema that the answer is to follow.
    plain_messages : tuple of (str, str) or None
        Sent instead of `messages`, without the schema, where the server cannot follow schemas.
    version : str
        Version of the prompt. It is never sent; a new version finds no answer to an old one in the cache.

    Raises
    ------
    InputTypeError
        If messages are no sequence of such pairs.
    InputError
        If a role is another.

    Examples
    --------
    >>> from skxtm.llm import ChatRequest
    >>> ChatRequest((("user", "Name a colour."),), round=2).round
    2
    >>> ChatRequest([{"role": "user", "content": "Name a colour."}]).messages
    (('user', 'Name a colour.'),)
    """

    messages: tuple[tuple[str, str], ...]
    round: int = 0
    schema: Mapping[str, Any] | None = None
    plain_messages: tuple[tuple[str, str], ...] | None = None
    version: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "messages", _as_pairs(self.messages, "messages"))
        if self.plain_messages is not None:
            object.__setattr__(self, "plain_messages", _as_pairs(self.plain_messages, "plain_messages"))


def _as_pairs(given: Any, name: str) -> tuple[tuple[str, str], ...]:
    """Return messages as pairs of role and content."""
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise InputTypeError(
            f"{name} of a ChatRequest must be a sequence of (role, content), such as "
            f"[('user', 'Name a colour.')]. Got {_shown(given)}."
        )
    return tuple(_as_pair(message, name) for message in given)


def _as_pair(message: Any, name: str) -> tuple[str, str]:
    if isinstance(message, Mapping) and set(message) == {"role", "content"}:
        message = (message["role"], message["content"])
    is_pair = isinstance(message, tuple | list) and len(message) == 2
    if not is_pair or not all(isinstance(part, str) for part in message):
        raise InputTypeError(
            f"{name} of a ChatRequest must hold pairs of str, (role, content), or dicts with 'role' and "
            f"'content'. Got {_shown(message)}."
        )
    role, content = message
    if role not in _ROLES:
        raise InputError(f"The role of a message must be among {_ROLES}. Got {role!r}.")
    return role, content


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


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


def repetition_note(number: int) -> str:
    r"""Return what a request says of being one of several rounds, nothing in the first.

    Parameters
    ----------
    number : int
        Number of the round, from 0.

    Returns
    -------
    note : str

    Examples
    --------
    >>> from skxtm.llm.base import repetition_note
    >>> repetition_note(0), repetition_note(1)
    ('', '\n\n(Request no. 2 of its kind. Answer it independently of the others.)')
    """
    return (
        f"\n\n(Request no. {number + 1} of its kind. Answer it independently of the others.)"
        if number
        else ""
    )


class ChatModel(Protocol):
    """What can answer a `ChatRequest`; any object with this method will do.

    `ChatSession` also reads these attributes, where they exist: ``identity``, a dict of plain values that
    holds the endpoint, the model and every parameter that changes answers (without it nothing is cached, and
    a session that was given a cache warns; None says that this is meant); ``concurrency``, how many requests
    may be under way at once (1); ``requests_per_minute`` (no limit); ``patience``, how many seconds a server
    may go on refusing requests for want of capacity (300); ``max_output_tokens``, which a limit of cost
    needs; ``answers_at_hand``, whether answers are only read, as from files: they are then read anew each
    time, and neither looked for in the cache nor kept there (False). A method ``prepare(requests)`` is called
    once with all requests that are not in the cache, before any of them is completed. With answers at hand,
    ``has_answer(request)`` tells estimates what is there already, and ``how_to_ask_anew(requests)`` ends the
    message about answers of which nothing can be made.
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
            If there is no answer. `ChatRefusedError` stops all requests. `ChatBusyError` has this one sent
            again after a pause; so does, once, an error that may be billed. Any other fails this one.
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
