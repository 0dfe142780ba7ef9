"""A chat model that reads its answers off a list, for tests and examples."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from sklearn.base import BaseEstimator

from skxtm.exceptions import InputError
from skxtm.llm.base import ChatAnswer, ChatRequest

# one for all: a lock of its own could be neither copied nor pickled
_lock = threading.Lock()


class ScriptedChat(BaseEstimator):
    """Answer from a list or by a function, without any server.

    A clone, as `sklearn.model_selection.GridSearchCV` makes them, starts with the first answer again. Answers
    are never cached.

    Parameters
    ----------
    answers : sequence of str or exception, or callable
        The answers in the order of the calls, where an exception is raised instead of answered; or a function
        of the request that returns the answer's text.

    Attributes
    ----------
    requests : list of ChatRequest
        All that was asked so far.
    identity : None
        Says that not to cache is meant.

    Examples
    --------
    >>> from skxtm.llm import ChatRequest, ScriptedChat
    >>> chat = ScriptedChat(["Blue."])
    >>> chat.complete(ChatRequest((("user", "Name a colour."),))).text
    'Blue.'
    >>> echo = ScriptedChat(lambda request: request.messages[-1][1].upper())
    >>> echo.complete(ChatRequest((("user", "blue"),))).text
    'BLUE'
    """

    identity = None

    def __init__(self, answers: Sequence[str | BaseException] | Callable[[ChatRequest], str]) -> None:
        self.answers = answers
        self.requests: list[ChatRequest] = []

    def complete(self, request: ChatRequest) -> ChatAnswer:
        """Give the next answer.

        Parameters
        ----------
        request : ChatRequest
            The conversation; a list of answers does not look at it.

        Returns
        -------
        answer : ChatAnswer
            Tokens are not counted.

        Raises
        ------
        InputError
            If the list is used up.
        """
        with _lock:
            number = len(self.requests)
            self.requests.append(request)
        if callable(self.answers):
            return ChatAnswer(self.answers(request))
        if number >= len(self.answers):
            raise InputError(f"ScriptedChat was given {len(self.answers)} answers, and asked once more.")
        answer = self.answers[number]
        if isinstance(answer, BaseException):
            raise answer
        return ChatAnswer(answer)
