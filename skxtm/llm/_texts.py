"""Texts that can be sent and stored."""

from __future__ import annotations

from dataclasses import replace

from skxtm.llm.base import ChatAnswer


def whole(text: str) -> str:
    r"""Join the halves of characters in a text, and replace each without its other half by ``\ufffd``.

    JSON may hold half a character, as where an answer was cut off within one; UTF-8 cannot.

    Parameters
    ----------
    text : str

    Returns
    -------
    whole : str

    Examples
    --------
    >>> from skxtm.llm._texts import whole
    >>> ascii(whole("rain \ud83c\udf27, win\ud83d"))
    "'rain \\U0001f327, win\\ufffd'"
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def with_whole_texts(answer: ChatAnswer) -> ChatAnswer:
    """Return an answer none of whose texts holds half a character.

    Parameters
    ----------
    answer : ChatAnswer

    Returns
    -------
    answer : ChatAnswer
    """
    return replace(
        answer,
        text=whole(answer.text),
        model=whole(answer.model),
        finish_reason=whole(answer.finish_reason),
    )
