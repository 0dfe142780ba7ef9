"""What measures by a language model share: data in a prompt, the session, numbers in answers."""

import json
import re
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm._parameters import check_text
from skxtm.exceptions import AnswerFormatError
from skxtm.languages import LANGUAGE_NAMES
from skxtm.llm import ChatModel, ChatSession, Outcome
from skxtm.llm.thoughts import without_thoughts


def session_of(chat: ChatModel | ChatSession) -> ChatSession:
    """Return the session that asks: the one given, or one with the default cache."""
    return chat if isinstance(chat, ChatSession) else ChatSession(chat, cache="default")


def as_data(value: str | Sequence[str]) -> str:
    """Write a text, or a list of them, as JSON that cannot close the tags around it."""
    texts = [value] if isinstance(value, str) else value
    fenced = [text.replace("<", "‹").replace(">", "›") for text in texts]
    return json.dumps(fenced[0] if isinstance(value, str) else fenced, ensure_ascii=False)


def listed(language: str, words: Sequence[str]) -> str:
    """Write words as data, after the name of their language."""
    return f"{LANGUAGE_NAMES.get(language, language)}: {as_data(words)}"


def about(domain: str | None) -> str:
    """Tell what the documents are, as a sentence with a space before it; nothing where it is not known."""
    check_text(domain, "domain")
    return "" if domain is None else f" The topics are of this data set: {' '.join(domain.split())}."


def read_number(text: str, highest: int, called: str) -> int:
    """Read the one number from 1 on that an answer holds, whatever a model thought aloud before it."""
    numbers = set(re.findall(r"-?\d+(?:[.,]\d+)?", without_thoughts(text)))
    found = {float(number.replace(",", ".")) for number in numbers}
    if len(found) != 1 or not found <= set(range(1, highest + 1)):
        allowed = f"{', '.join(map(str, range(1, highest)))} or {highest}"
        raise AnswerFormatError(f"The answer must hold one {called}, and no other number: {allowed}.")
    return int(found.pop())


def values_of(outcomes: Sequence[Outcome[Any]], *, stacklevel: int) -> NDArray[np.float64]:
    """Return the numbers that were read, nan where there are none; warn where these are most, and say why."""
    errors = [outcome.error for outcome in outcomes if outcome.value is None]
    if 2 * len(errors) > len(outcomes):
        warnings.warn(
            f"{len(errors)} of {len(outcomes)} requests have no answer that can be read, the first of them "
            f"for this reason: {errors[0]}",
            stacklevel=stacklevel + 1,
        )
    return np.array([np.nan if outcome.value is None else outcome.value for outcome in outcomes], np.float64)
