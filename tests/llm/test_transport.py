"""What a request carries, where it goes, and what is taken from what comes back."""

import gzip
import json
import re
import socket
import struct
import time
import tracemalloc
import zlib

import pytest

from skxtm.exceptions import ChatRefusedError, ChatUnavailableError
from skxtm.llm import ChatRequest, ChatSession, OpenAIChat

pytest.importorskip("openai")

KEY = "abcd-1234-efgh-5678-wxyz"
REQUEST = ChatRequest((("user", "Name a colour."),))


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)


@pytest.fixture
def chat(chat_server):
    return OpenAIChat("m", base_url=chat_server.base_url, api_key_env="MY_KEY", max_retries=2, timeout=20.0)


@pytest.mark.parametrize(
    ("parameters", "sent"),
    [
        ({}, {"authorization": f"Bearer {KEY}"}),
        ({"key_header": "api-key"}, {"api-key": KEY}),
        ({"api_key_env": None}, {"authorization": "Bearer none"}),
        ({"extra_headers": {"user-agent": "me", "X-Title": "topics"}},
         {"authorization": f"Bearer {KEY}", "user-agent": "me", "x-title": "topics"}),
    ],
)  # fmt: skip
def test_a_server_gets_no_header_from_the_environment(chat, chat_server, monkeypatch, parameters, sent):
    headers = "X-Gateway: secret\nAuthorization: Bearer secret\napi-key: secret\nuser-agent: secret"
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", headers)
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "secret")
    chat.set_params(**parameters).complete(REQUEST)
    (got,) = chat_server.headers
    usual = {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "user-agent",
        "content-type",
        "content-length",
    }
    assert got == {**{name: got[name] for name in usual}, **sent}
    assert "secret" not in str(got)


def test_what_is_no_json_is_refused_without_showing_the_key(chat, chat_server):
    chat.set_params(extra_body={"top_k": {1}})
    with pytest.raises(ChatRefusedError) as caught:
        chat.complete(REQUEST)
    assert str(caught.value) == (
        f"The request to {chat_server.base_url} could not be made ('Object of type set is not JSON serializable'). "
        "Check the parameters."
    )
    frames = [entry.frame.f_locals for entry in caught.traceback]
    assert not any(KEY in repr(value) for names in frames for value in names.values())
    assert chat_server.n_requests == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("key_header", ["Authorization", "api-key"])
def test_a_redirect_takes_neither_key_nor_request_to_another_server(chat, chat_server, status, key_header):
    chat.set_params(key_header=key_header)
    with type(chat_server)() as other:
        address = f"{other.base_url.replace('127.0.0.1', 'localhost')}/chat/completions"
        chat_server.fail(chat_server.error(status, "", headers={"Location": address}))
        with pytest.raises(ChatRefusedError) as caught:
            chat.complete(REQUEST)
        assert other.n_requests == 0
    assert str(caught.value) == (
        f"{chat_server.base_url} sends the request on to another address, where neither it nor the key is taken "
        f"(status {status}: {address!r}). Give base_url the new address, if you trust it."
    )


def test_a_redirect_without_an_address_is_a_refusal(chat, chat_server):
    chat_server.fail(chat_server.raw("It is loading elsewhere.", 302))
    with pytest.raises(
        ChatRefusedError, match=r"\(status 302: 'It is loading elsewhere\.'\)\. Give base_url"
    ):
        chat.complete(REQUEST)


def closed(handler):
    """Close the connection once the request was read."""
    handler.close_connection = True
    handler.connection.close()


def reset(handler):
    """Reset it."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    closed(handler)


@pytest.mark.parametrize("lost", [closed, reset])
@pytest.mark.parametrize("max_requests", [1, 2, 5])
def test_a_connection_lost_after_the_request_is_charged_and_repeated_once_at_most(
    chat, chat_server, lost, max_requests
):
    chat.set_params(max_output_tokens=100)
    chat_server.fault_for = lambda body: lost
    session = ChatSession(chat, prices=(1.0, 2.0), max_requests=max_requests)
    (outcome,) = session.ask([REQUEST], str)
    n_sent = min(max_requests, 2)
    assert chat_server.n_requests == session.usage.n_requests == n_sent
    worst = (len("Name a colour.") + 32 + 2 * 100) / 1e6
    assert session.usage.cost == pytest.approx(n_sent * worst)
    if max_requests > 1:
        assert outcome.error.endswith("and may bill the request. Run again later.")


DEAD = {"code": 502, "message": "Provider is down."}
HALF = {"message": {"content": "Blue: no word of SAFETY, and"}, "finish_reason": "error"}
USAGE = {"prompt_tokens": 7, "completion_tokens": 3}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"choices": [HALF | {"error": DEAD}], "usage": USAGE}, "Provider is down."),
        ({"choices": [HALF | {"error": DEAD, "finish_reason": "stop"}], "usage": USAGE}, "Provider is down."),
        ({"choices": [HALF], "error": DEAD, "usage": USAGE}, "Provider is down."),
        ({"choices": [HALF], "usage": USAGE}, "finish_reason: error"),
    ],
)
def test_half_an_answer_with_an_error_is_charged_repeated_once_and_not_kept(
    chat, chat_server, tmp_path, answer, said
):
    chat_server.fault_for = lambda body: chat_server.raw(json.dumps(answer))
    session = ChatSession(chat, cache=tmp_path, prices=(1.0, 1.0))
    (outcome,) = session.ask([REQUEST], str)
    assert outcome.error == f"The answer of {chat_server.base_url} broke off ({said!r}). Run again later."
    assert chat_server.n_requests == 2
    assert session.usage.cost == pytest.approx(2 * 10 / 1e6)
    chat_server.fault_for = lambda body: None
    assert ChatSession(chat, cache=tmp_path).ask([REQUEST], str)[0].value == "Blue."


def test_a_stream_that_ends_in_an_error_is_charged_at_the_bound(chat, chat_server):
    chat.set_params(max_output_tokens=100)
    begun = {"choices": [{"delta": {"content": "Blue an"}}]}
    ended = {"error": DEAD, "choices": [{"delta": {"content": ""}, "finish_reason": "error"}]}
    chat_server.fail(chat_server.events(begun, ended), chat_server.error(401, "No."))
    session = ChatSession(chat, prices=(1.0, 1.0))
    with pytest.raises(ChatRefusedError):
        session.ask([REQUEST], str)
    assert session.usage.cost == pytest.approx((len("Name a colour.") + 32 + 100) / 1e6)


def test_an_error_without_a_word_of_an_answer_costs_nothing(chat, chat_server):
    empty = {"message": {"content": ""}, "finish_reason": "error"}
    chat_server.fail(chat_server.raw(json.dumps({"choices": [empty], "error": DEAD})))
    session = ChatSession(chat, prices=(1.0, 1.0), max_requests=1)
    assert session.ask([REQUEST], str)[0].value == "Blue."
    assert chat_server.n_requests == 2


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_answer_is_read(chat, chat_server, encoding):
    answer = json.dumps({"choices": [{"message": {"content": "雨"}}]}).encode()
    chat_server.fail(
        chat_server.packed(gzip.compress(answer) if encoding == "gzip" else zlib.compress(answer), encoding)
    )
    assert chat.complete(REQUEST).text == "雨"


def test_a_damaged_compressed_answer_is_broken_off(chat, chat_server):
    chat_server.fail(chat_server.packed(b"no gzip"))
    with pytest.raises(ChatUnavailableError, match=r"broke off .'Error -3 while decompressing data"):
        chat.complete(REQUEST)
    assert chat_server.n_requests == 1


def test_an_answer_without_end_is_left_before_it_fills_the_memory(chat, chat_server, monkeypatch):
    monkeypatch.setattr("skxtm.llm._transport._MOST_BYTES", 1 << 20)
    chat_server.fail(chat_server.packed(gzip.compress(bytes(1 << 26), 9)))
    tracemalloc.start()
    try:
        with pytest.raises(ChatUnavailableError) as caught:
            chat.complete(REQUEST)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(caught.value) == (
        f"The answer of {chat_server.base_url} broke off ('it is too large for an answer: more than 1 MB'). Run again "
        "later."
    )
    assert peak < 1 << 23


def test_an_answer_that_drips_is_a_time_out_of_the_whole_also_where_it_is_compressed(chat, chat_server):
    def drip(handler):
        handler.send_bytes(200, b"", {"Content-Encoding": "gzip", "Content-Length": "1000"})
        for byte in gzip.compress(bytes(1000)):
            handler.wait(0.1)
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()

    chat.set_params(timeout=0.5)
    chat_server.fail(drip)
    begun = time.monotonic()
    with pytest.raises(ChatUnavailableError, match=r"did not answer within 0\.5 s"):
        chat.complete(REQUEST)
    assert time.monotonic() - begun < 1.5


@pytest.mark.parametrize("is_slow", [True, False])
def test_an_error_whose_body_drips_or_breaks_is_what_its_status_says(chat, chat_server, is_slow):
    def drip(handler):
        handler.send_bytes(500, b"Oops", {"Content-Length": "1000"})
        for _ in range(200 if is_slow else 1):
            handler.wait(0.1)
            handler.wfile.write(b".")
            handler.wfile.flush()

    chat.set_params(timeout=0.5, max_retries=0)
    chat_server.fail(drip)
    begun = time.monotonic()
    with pytest.raises(ChatUnavailableError) as caught:
        chat.complete(REQUEST)
    assert time.monotonic() - begun < 1.5
    assert re.fullmatch(
        rf"{chat_server.base_url} is not available \(status 500: 'Oops\.+', up to 1 attempt\)\. Run again later\.",
        str(caught.value),
    )
    assert not caught.value.may_be_billed


def test_a_long_error_is_read_as_far_as_it_is_shown(chat, chat_server):
    def send(handler):
        handler.send_bytes(400, b"Oops. " * (1 << 20), {})
        handler.close_connection = True

    chat_server.fail(send)
    with pytest.raises(ChatRefusedError, match=r"\(status 400: 'Oops\. Oops\."):
        chat.complete(REQUEST)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_stream_may_hold_line_breaks_that_are_none_of_its_own(chat, chat_server, end):
    text = "Blue.\u2028Red.\u2029White.\x85Green.\x0b\x0c\x1c"
    pieces = [
        {"choices": [{"delta": {"content": text}}]},
        {"choices": [{"delta": {}, "finish_reason": "stop"}]},
    ]
    events = "".join(f"data: {json.dumps(piece, ensure_ascii=False)}{2 * end}" for piece in pieces)
    chat_server.fail(chat_server.raw(f"{events}data: [DONE]{2 * end}"))
    assert chat.set_params(extra_body={"stream": True}).complete(REQUEST).text == text
