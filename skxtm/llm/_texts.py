"""Texts and numbers that can be sent and stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

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


def plain_scalar(value: Any) -> Any:
    """Return a number of numpy as one of Python, for `json.dumps` to write.

    Parameters
    ----------
    value : object
        What JSON does not know.

    Returns
    -------
    plain : bool, int, float or str

    Raises
    ------
    TypeError
        If it is something else.

    Examples
    --------
    >>> import json
    >>> import numpy as np
    >>> from skxtm.llm._texts import plain_scalar
    >>> json.dumps([np.int64(1000), np.float32(0.5)], default=plain_scalar)
    '[1000, 0.5]'
    """
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


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
