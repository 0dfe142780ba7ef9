"""What may be asked: messages of a request, and lists of requests."""

import pytest

from skxtm.exceptions import InputError, InputTypeError
from skxtm.llm import ChatRequest, ChatSession, ScriptedChat

PAIRS = (("system", "Be brief."), ("user", "Name a colour."))
DICTS = [{"role": role, "content": content} for role, content in PAIRS]


@pytest.mark.parametrize("messages", [PAIRS, list(map(list, PAIRS)), DICTS])
def test_messages_are_kept_as_pairs_however_they_are_given(messages):
    request = ChatRequest(messages, plain_messages=messages)
    assert request.messages == request.plain_messages == PAIRS
    assert request == ChatRequest(PAIRS, plain_messages=PAIRS)


HOLD = (
    "{} of a ChatRequest must hold pairs of str, (role, content), or dicts with 'role' and 'content'. Got {}."
)


@pytest.mark.parametrize("name", ["messages", "plain_messages"])
@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["ab"], "'ab'"),
        ([("user", 7)], "('user', 7)"),
        ([("user", "a", "b")], "('user', 'a', 'b')"),
        ([{"role": "user"}], "{'role': 'user'}"),
        ([("user", None)], "('user', None)"),
        (["x" * 100], f"'{'x' * 59}..."),
    ],
)
def test_a_message_that_is_no_pair_is_named(name, given, shown):
    with pytest.raises(InputTypeError) as caught:
        ChatRequest(**{"messages": PAIRS, name: given})
    assert str(caught.value) == HOLD.format(name, shown)


@pytest.mark.parametrize("given", ["hello", 7, {"role": "user", "content": "hello"}])
def test_messages_that_are_no_sequence_are_named(given):
    with pytest.raises(InputTypeError) as caught:
        ChatRequest(given)
    assert str(caught.value) == (
        "messages of a ChatRequest must be a sequence of (role, content), such as "
        f"[('user', 'Name a colour.')]. Got {given!r}."
    )


def test_a_role_that_no_server_knows_is_named():
    with pytest.raises(InputError) as caught:
        ChatRequest([("narrator", "Once upon a time")])
    assert str(caught.value) == (
        "The role of a message must be among ('system', 'user', 'assistant'). Got 'narrator'."
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (ChatRequest(PAIRS), " Got ChatRequest instead."),
        ("hello", " Got str instead."),
        (None, " Got NoneType instead."),
        (
            ["hello"],
            " Got one that holds str. Make a ChatRequest of each, such as "
            "ChatRequest([('user', 'Name a colour.')]).",
        ),
    ],
)
@pytest.mark.parametrize("method", ["ask", "estimate"])
def test_what_is_no_list_of_requests_is_named(method, given, said):
    session = ChatSession(ScriptedChat(["Red."]))
    further = {"ask": (str,), "estimate": ()}[method]
    with pytest.raises(InputTypeError) as caught:
        getattr(session, method)(given, *further)
    assert str(caught.value) == "requests must be a list of ChatRequest." + said
    assert session.usage.n_requests == 0
