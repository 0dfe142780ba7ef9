"""Fixtures of the tests of chat models."""

import pytest

from skxtm.llm import ChatRequest
from skxtm.llm.openai_chat import _without_schemas, close_clients


@pytest.fixture(autouse=True)
def no_connection_outlives_a_test():
    yield
    close_clients()
    _without_schemas.clear()


@pytest.fixture
def ask_colours():
    """A function that makes so many different requests."""

    def make(n_requests, **arguments):
        return [
            ChatRequest((("user", f"Name a colour, number {number}."),), **arguments)
            for number in range(n_requests)
        ]

    return make
