"""What a request carries, where it goes, and what is taken from what comes back."""

import pytest

from skxtm.exceptions import ChatRefusedError
from skxtm.llm import ChatRequest, OpenAIChat

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
