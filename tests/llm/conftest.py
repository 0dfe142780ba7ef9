"""Fixtures of the tests of chat models."""

import pytest

from skxtm.llm import ChatRequest
from skxtm.llm.openai_chat import _dialects, close_clients


@pytest.fixture(autouse=True)
def no_connection_outlives_a_test():
    yield
    close_clients()
    _dialects.clear()


@pytest.fixture(autouse=True)
def nobody_waits_long(monkeypatch):
    monkeypatch.setattr("skxtm.llm.openai_chat._FIRST_WAIT_S", 0.01)
    monkeypatch.setattr("skxtm.llm._pace._FIRST_PAUSE_S", 0.02)


@pytest.fixture
def ask_colours():
    """A function that makes so many different requests."""

    def make(n_requests, **arguments):
        return [
            ChatRequest((("user", f"Name a colour, number {number}."),), **arguments)
            for number in range(n_requests)
        ]

    return make
