import json
import logging
import pickle
import re
import time
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from sklearn.base import clone

from skxtm.exceptions import ChatBusyError, ChatError, ChatRefusedError, ChatUnavailableError, InputError
from skxtm.llm import BatchFiles, ChatAnswer, ChatRequest, ChatSession, OpenAIChat, export_batch
from skxtm.llm._keys import hide_keys
from skxtm.llm._waits import wished_pause

openai = pytest.importorskip("openai")

KEY = "abcd-1234-efgh-5678-wxyz"
SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string"}},
    "required": ["colour"],
    "additionalProperties": False,
}
REQUEST = ChatRequest((("system", "Be brief."), ("user", "Name a colour.")))
WITH_SCHEMA = ChatRequest((("user", "As JSON."),), schema=SCHEMA, plain_messages=(("user", "As text."),))


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)


@pytest.fixture
def chat(chat_server):
    return OpenAIChat(
        "some-model", base_url=chat_server.base_url, api_key_env="MY_KEY", max_retries=2, timeout=10
    )


def test_a_request_without_parameters_sends_only_model_and_messages(chat, chat_server):
    answer = chat.complete(REQUEST)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Name a colour."}]
    assert chat_server.paths == ["/v1/chat/completions"]
    assert chat_server.bodies == [{"model": "some-model", "messages": messages}]
    assert chat_server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert answer == ChatAnswer("Blue.", len(json.dumps(messages)), len("Blue."), "fake-1", "stop")


def test_every_parameter_that_is_set_is_sent(chat, chat_server):
    chat.set_params(temperature=0.0, top_p=0.9, seed=7, max_output_tokens=50, extra_body={"top_k": 3})
    chat.complete(REQUEST)
    sent = {name: value for name, value in chat_server.bodies[0].items() if name not in {"model", "messages"}}
    assert sent == {"temperature": 0.0, "top_p": 0.9, "seed": 7, "max_tokens": 50, "top_k": 3}


def test_a_schema_is_sent_as_openai_wants_it(chat, chat_server):
    chat.complete(WITH_SCHEMA)
    (body,) = chat_server.bodies
    assert body["messages"] == [{"role": "user", "content": "As JSON."}]
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
    }


def test_a_server_that_cannot_follow_schemas_is_asked_once_and_then_in_plain_text(chat, chat_server):
    chat_server.fault_for = lambda body: (
        chat_server.error(400, "Unknown field: response_format") if "response_format" in body else None
    )
    assert [chat.complete(WITH_SCHEMA).text for _ in range(2)] == ["Blue.", "Blue."]
    assert ["response_format" in body for body in chat_server.bodies] == [True, False, False]
    assert chat_server.bodies[1]["messages"] == [{"role": "user", "content": "As text."}]


def test_a_schema_that_is_demanded_is_not_given_up(chat, chat_server):
    chat.set_params(structured="schema")
    chat_server.fail(chat_server.error(400, "Unknown field: response_format"))
    with pytest.raises(ChatRefusedError, match="Unknown field: response_format"):
        chat.complete(WITH_SCHEMA)
    assert chat_server.n_requests == 1


def test_plain_text_is_sent_where_no_schema_is_wanted(chat, chat_server):
    chat.set_params(structured="text").complete(WITH_SCHEMA)
    assert chat_server.bodies == [
        {"model": "some-model", "messages": [{"role": "user", "content": "As text."}]}
    ]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (("choice", ["Blu", "length"]), ChatAnswer("Blu", 20, 3, "fake-1", "length")),
        (("choice", ["", "stop"]), ChatAnswer("", 20, 0, "fake-1", "stop")),
        (("choice", [None, "content_filter"]), ChatAnswer("", 20, 0, "fake-1", "content_filter")),
        (("raw", ['{"choices": [{"message": {"content": "Red."}}]}']), ChatAnswer("Red.")),
        (
            (
                "raw",
                [
                    '{"choices": [{"message": {"content": [{"type": "thinking"}, {"type": "text", "text": "Red."}]}}]}'
                ],
            ),
            ChatAnswer("Red."),
        ),
        (("raw", ['{"choices": [{"message": null}], "usage": null}']), ChatAnswer("")),
    ],
)
def test_truncated_empty_and_filtered_answers_are_answers(chat, chat_server, fault, expected):
    name, arguments = fault
    chat_server.fail(getattr(chat_server, name)(*arguments))
    assert chat.complete(REQUEST) == expected


def test_a_refusal_is_an_answer(chat, chat_server):
    chat_server.fail(chat_server.choice(None, refusal="I cannot do that."))
    assert chat.complete(REQUEST).text == "I cannot do that."


PASSING = {
    "request timeout": ("error", [408, "Too slow."]),
    "conflict": ("error", [409, "Locked."]),
    "server error": ("error", [500, "Oops."]),
    "an error with status 200": ("raw", ['{"error": {"code": 502, "message": "Upstream is down."}}']),
}


@pytest.mark.parametrize("name", PASSING)
def test_a_passing_fault_that_costs_nothing_is_overcome(chat, chat_server, name):
    make, arguments = PASSING[name]
    chat_server.fail(getattr(chat_server, make)(*arguments))
    assert chat.complete(REQUEST).text == "Blue."
    assert (chat_server.n_requests, chat_server.n_answered) == (2, 1)


#: Fault, class of the error, requests that reach a server of a client with one retry, and the whole message.
FAULTS = {
    "too many requests": (
        ("too_many_requests", []),
        ChatBusyError,
        1,
        "URL takes no more requests for the moment (status 429: 'Rate limit reached.'). Run again later, set "
        "requests_per_minute to what your plan allows, or raise patience.",
    ),
    "server error": (
        ("error", [500, "Oops."]),
        ChatUnavailableError,
        2,
        "URL is not available (status 500: 'Oops.', up to 2 attempts). Run again later.",
    ),
    "silence": (
        ("silence", [20.0]),
        ChatUnavailableError,
        1,
        "URL did not answer within 0.2 s, and may bill the request. Raise timeout, or ask for shorter answers.",
    ),
    "broken connection": (
        ("silence", [0.0]),
        ChatUnavailableError,
        1,
        "URL broke the connection off without an answer ('Server disconnected without sending a response.'), and may "
        "bill the request. Run again later.",
    ),
    "no JSON": (
        ("raw", ["{'choices'"]),
        ChatUnavailableError,
        1,
        "URL answered with something that is no chat completion (\"{'choices'\"). Check base_url, or run "
        "again later.",
    ),
    "half a body": (
        ("dropped_in_the_body", []),
        ChatUnavailableError,
        1,
        "The answer of URL broke off ('peer closed connection without sending complete message body (received 13 "
        "bytes, expected 500)'). Run again later.",
    ),
    "error of status 200": (
        ("raw", ['{"error": {"message": "Upstream is down."}}']),
        ChatUnavailableError,
        2,
        "URL is not available (status 200, error 502: 'Upstream is down.', up to 2 attempts). Run again later.",
    ),
    "wrong key": (
        ("error", [401, "Incorrect API key provided: abcd*************wxyz.", "invalid_api_key"]),
        ChatRefusedError,
        1,
        "URL does not let us in (status 401: 'Incorrect API key provided: ***'). Check the key in the "
        "environment variable 'MY_KEY'.",
    ),
    "forbidden": (
        ("error", [403, f"Key {KEY} may not use this model."]),
        ChatRefusedError,
        1,
        "URL does not let us in (status 403: 'Key *** may not use this model.'). Check the key in the "
        "environment variable 'MY_KEY'.",
    ),
    "unknown model": (
        ("error", [404, "The model does not exist.", "model_not_found"]),
        ChatRefusedError,
        1,
        "URL does not know the model 'some-model', or is no address of chat models (status 404: 'The model "
        "does not exist.'). Check model and base_url.",
    ),
    "quota": (
        ("error", [429, "You exceeded your current quota.", "insufficient_quota", {"Retry-After": "0.1"}]),
        ChatRefusedError,
        1,
        "URL says that the quota of the account is used up (status 429: 'You exceeded your current quota.'). "
        "Check the plan and the billing with the provider.",
    ),
    "unknown parameter": (
        ("error", [400, "Unsupported value: 'temperature'."]),
        ChatRefusedError,
        1,
        "URL refuses the request (status 400: \"Unsupported value: 'temperature'.\"). Change the parameter "
        "that it names.",
    ),
    "list of errors, as from Gemini": (
        ("error", [400, "", None, None, [{"error": {"code": 400, "message": "API key not valid."}}]]),
        ChatRefusedError,
        1,
        "URL does not let us in (status 400: 'API key not valid.'). Check the key in the environment "
        "variable 'MY_KEY'.",
    ),
    "content filter": (
        ("error", [400, "The prompt was filtered.", "content_filter"]),
        ChatError,
        1,
        "URL filtered one request out (status 400: 'The prompt was filtered.'). The others are not concerned.",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_stays_says_what_is_wrong_and_what_to_do(chat, chat_server, name):
    (make, arguments), error_class, n_requests, message = FAULTS[name]
    chat.set_params(max_retries=1, timeout=0.2 if name == "silence" else 10)
    fault = getattr(chat_server, make)(*arguments)
    chat_server.fault_for = lambda body: fault
    with pytest.raises(ChatError) as caught:
        chat.complete(REQUEST)
    assert str(caught.value) == message.replace("URL", chat_server.base_url)
    assert type(caught.value) is error_class
    assert caught.value.retryable == issubclass(error_class, ChatUnavailableError)
    assert chat_server.n_requests == n_requests


@pytest.mark.slow
@pytest.mark.parametrize("max_retries", [0, 5])
def test_a_request_that_timed_out_and_may_be_billed_is_sent_again_only_once(
    chat, chat_server, max_retries, ask_colours
):
    chat.set_params(max_retries=max_retries, timeout=0.2)
    chat_server.fault_for = lambda body: chat_server.silence(20.0)
    (outcome,) = ChatSession(chat).ask(ask_colours(1), str)
    assert outcome.error.endswith(
        "did not answer within 0.2 s, and may bill the request. Raise timeout, or ask for shorter answers."
    )
    assert chat_server.n_requests == 2


@pytest.mark.slow
def test_other_faults_around_a_time_out_are_retried_as_often_as_ever(chat, chat_server, ask_colours):
    chat.set_params(max_retries=1, timeout=1.0)
    broken = chat_server.error(500, "Oops.")
    chat_server.fail(broken, chat_server.silence(20.0), broken)
    assert ChatSession(chat).ask(ask_colours(1), str)[0].value == "Blue."
    assert chat_server.n_requests == 4


def test_half_an_answer_that_stalls_is_a_time_out(chat, chat_server):
    def stall(handler):
        handler.send_bytes(200, b'{"choices": [', {"Content-Length": "500"})
        handler.wfile.flush()
        handler.wait(20.0)

    chat.set_params(timeout=0.2)
    chat_server.fail(stall)
    with pytest.raises(ChatUnavailableError, match=r"did not answer within 0\.2 s"):
        chat.complete(REQUEST)


def test_an_answer_that_trickles_is_a_time_out_of_the_whole(chat, chat_server):
    chat.set_params(timeout=0.3)
    chat_server.fail(chat_server.trickle(20.0))
    begun = time.monotonic()
    with pytest.raises(ChatUnavailableError, match=r"did not answer within 0\.3 s"):
        chat.complete(REQUEST)
    assert time.monotonic() - begun < 5


def test_a_connection_that_is_not_made_in_time_is_tried_as_often_as_allowed(chat, monkeypatch):
    limits = []

    def unreachable(transport, request):
        limits.append(request.extensions["timeout"])
        raise httpx.ConnectTimeout("timed out")

    httpx = import_module(openai.DefaultHttpxClient.__mro__[-3].__module__.split(".")[0])
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", unreachable)
    chat.set_params(max_retries=3, timeout=600)
    with pytest.raises(ChatUnavailableError, match=r"failed \('timed out', up to 4 attempts\)"):
        chat.complete(REQUEST)
    assert [(limit["connect"], limit["read"]) for limit in limits] == [(60, 600)] * 4


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        ({"retry-after": "12"}, "", 12),
        ({"retry-after": "1.5"}, "", 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, "", 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, "", 0),
        ({"retry-after": "soon"}, "", None),
        ({}, '{"retryDelay": "34s"}', 34),
        ({}, "Please retry in 34.074824224s.", 34.074824224),
        ({}, "Please try again in 1m2.5s.", 62.5),
        ({}, "try again in 7h3m", 25_380),
        ({}, "Try again in 320ms.", 0.32),
        ({}, "Please retry after 12 seconds.", 12),
        ({"retry-after": "3"}, '{"retryDelay": "34s"}', 3),
        ({}, "try again in a while", None),
        ({}, "", None),
    ],
)
def test_the_pause_that_a_server_asks_for_is_read(headers, text, seconds):
    assert wished_pause(headers, text) == (None if seconds is None else pytest.approx(seconds))


def test_a_server_that_is_not_there_is_named(monkeypatch, chat_server):
    chat_server.__exit__()
    chat = OpenAIChat("m", base_url=chat_server.base_url, api_key_env=None, max_retries=0)
    with pytest.raises(ChatUnavailableError) as caught:
        chat.complete(REQUEST)
    assert re.fullmatch(
        rf"The connection to {chat_server.base_url} failed \('.*refused.*', up to 1 attempt\)\. Check base_url and "
        "that the server runs, or run again later\\.",
        str(caught.value),
    )


def test_a_long_message_of_the_server_is_shortened(chat, chat_server):
    chat_server.fail(chat_server.error(400, "x " * 1000))
    with pytest.raises(ChatRefusedError) as caught:
        chat.complete(REQUEST)
    assert len(str(caught.value)) < 500


def test_a_key_that_is_not_set_is_named(chat, monkeypatch, chat_server):
    monkeypatch.delenv("MY_KEY")
    with pytest.raises(InputError) as caught:
        chat.complete(REQUEST)
    assert str(caught.value) == (
        "OpenAIChat reads its API key from the environment variable 'MY_KEY', which is not set."
    )
    assert chat_server.n_requests == 0


@pytest.mark.parametrize(
    "given",
    [
        KEY,
        "AIzaSyA1b2C3d4",
        "gsk_a1b2c3d4",
        "0f9e8d7c6b5a43210f9e8d7c6b5a4321",
        "a1b2c3d4e5f60718293a4b5c",
        5,
    ],
)
def test_a_key_in_place_of_the_name_of_its_variable_is_not_shown(given, chat_server):
    with pytest.raises(InputError) as caught:
        OpenAIChat("m", base_url=chat_server.base_url, api_key_env=given).complete(REQUEST)
    assert str(caught.value) == (
        "api_key_env must be the name of an environment variable that holds the key, such as 'OPENAI_API_KEY'. What "
        "was given is no such name, and not shown here, since it may be the key itself: put that into the variable."
    )
    assert chat_server.n_requests == 0


def test_a_variable_of_any_name_will_do_if_it_is_set(monkeypatch, chat_server):
    monkeypatch.setenv("key-of.team(2)", KEY)
    OpenAIChat("m", base_url=chat_server.base_url, api_key_env="key-of.team(2)").complete(REQUEST)
    assert KEY in str(chat_server.headers)


def test_a_key_with_strange_characters_is_refused_without_being_shown(chat, monkeypatch):
    monkeypatch.setenv("MY_KEY", f"{KEY}\n{KEY}")
    with pytest.raises(InputError) as caught:
        chat.complete(REQUEST)
    assert str(caught.value) == (
        "The environment variable 'MY_KEY' holds characters that cannot be part of an API key."
    )


def test_a_local_server_never_gets_the_key_of_openai(monkeypatch, chat_server):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    OpenAIChat("m", base_url=chat_server.base_url, api_key_env=None).complete(REQUEST)
    assert KEY not in str(chat_server.headers)


@pytest.mark.parametrize(
    ("base_url", "message"),
    [
        (
            "localhost:8000/v1",
            "base_url must begin with http:// or https:// and name a server, whose port, if any, is a number. Got "
            "'localhost:8000/v1'.",
        ),
        *(
            (
                given,
                "base_url must begin with http:// or https:// and name a server, whose port, if any, is a number. Got "
                f"{shown}.",
            )
            for given, shown in [
                ("http://localhost:abc/v1", "'http://localhost:abc/v1'"),
                ("http://localhost:99999/v1", "'http://localhost:99999/v1'"),
                ("http://[::1/v1", "'http://[::1/v1'"),
                ("http:///v1", "'http:///v1'"),
                ("me:secret@example.org/v1", "one that may hold a password"),
                ("http://me:secret@[::1/v1", "one that may hold a password"),
                ("http://[::1/v1?key=secret", "one that may hold a password"),
            ]
        ),
        (
            "https://me:secret@example.org/v1",
            "base_url must not carry a user, a password, a query or a fragment, which would end up in messages (server "
            "'example.org'). Put the key into an environment variable and name it in api_key_env.",
        ),
        (
            "https://example.org/v1#key=secret",
            "base_url must not carry a user, a password, a query or a fragment, which would end up in messages (server "
            "'example.org'). Put the key into an environment variable and name it in api_key_env.",
        ),
        (
            "https://example.org/v1?key=secret",
            "base_url must not carry a user, a password, a query or a fragment, which would end up in messages (server "
            "'example.org'). Put the key into an environment variable and name it in api_key_env.",
        ),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(base_url, message):
    with pytest.raises(InputError) as caught:
        OpenAIChat("m", base_url=base_url, api_key_env="MY_KEY").complete(REQUEST)
    assert str(caught.value) == message
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"timeout": "60"}, "timeout must be seconds above 0. Got '60'."),
        ({"patience": "60"}, "patience must be seconds of at least 0. Got '60'."),
        ({"requests_per_minute": "5"}, "requests_per_minute must be None or above 0. Got '5'."),
        ({"seed": "7"}, "The seed of a chat model must be None or an int. Got '7'."),
        (
            {"max_output_tokens": "500"},
            "max_output_tokens of a chat model must be None or an int of at least 1. Got '500'.",
        ),
        ({"base_url": 5}, "base_url must be None or a str. Got int."),
        ({"extra_body": "top_k=5"}, "extra_body must be None or a dict. Got str."),
        ({"extra_headers": ["X-Team"]}, "extra_headers must be None or a dict. Got list."),
        ({"extra_query": "v=1"}, "extra_query must be None or a dict. Got str."),
    ],
)
def test_a_parameter_of_another_kind_is_named_before_anything_is_sent(
    chat, parameters, message, chat_server, ask_colours
):
    with pytest.raises(InputError) as caught:
        ChatSession(clone(chat).set_params(**parameters)).ask(ask_colours(1), str)
    assert str(caught.value) == message
    assert chat_server.n_requests == 0


def test_numbers_of_numpy_are_sent_and_cached_as_those_of_python(chat, chat_server, tmp_path):
    plain = {"max_output_tokens": 1000, "seed": 3, "temperature": 0.5, "extra_body": {"top_k": 4}}
    numpys = {
        "max_output_tokens": np.int64(1000),
        "seed": np.int32(3),
        "temperature": np.float32(0.5),
        "extra_body": {"top_k": np.int8(4)},
    }
    schema = {"type": "object", "maxProperties": np.int64(2)}
    request = ChatRequest((("user", "Name a colour."),), schema=schema, round=np.int64(1))
    for parameters in (numpys, plain):
        given = clone(chat).set_params(**parameters)
        (outcome,) = ChatSession(given, cache=tmp_path, prices=(1, 1), max_cost=1).ask([request], str)
        assert outcome.cached == (parameters is plain)
    (body,) = chat_server.bodies
    assert (body["max_tokens"], body["seed"], body["temperature"], body["top_k"]) == (1000, 4, 0.5, 4)
    path = tmp_path / "requests.jsonl"
    export_batch([request], path, clone(chat).set_params(**numpys))
    assert json.loads(path.read_text("utf-8"))["body"]["max_tokens"] == 1000


@pytest.mark.parametrize("kind", [OpenAIChat, BatchFiles])
def test_an_unknown_way_of_structuring_is_refused(kind):
    chat = (
        OpenAIChat("m", structured="json") if kind is OpenAIChat else BatchFiles("f", "m", structured="json")
    )
    with pytest.raises(
        InputError, match=rf"^The 'structured' parameter of {kind.__name__} must be among .*'json'\.$"
    ):
        chat.body(REQUEST)


def test_the_environment_may_name_the_server(monkeypatch, chat_server):
    monkeypatch.setenv("OPENAI_BASE_URL", chat_server.base_url + "/")
    chat = OpenAIChat("m", api_key_env="MY_KEY")
    assert chat.complete(REQUEST).text == "Blue."
    assert chat.identity["endpoint"] == chat_server.base_url


def test_openai_itself_is_the_default(monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    chat = OpenAIChat("gpt-5-mini", max_output_tokens=50)
    assert chat.endpoint == "https://api.openai.com/v1"
    assert chat.body(REQUEST)["max_completion_tokens"] == 50


#: Settings of docs/llm_servers.md: address, key, and what is sent besides model, messages and schema.
SERVERS = {
    "OpenAI": (
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        {"max_completion_tokens": 10_000, "reasoning_effort": "minimal"},
    ),
    "Gemini": (
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "GEMINI_API_KEY",
        {"reasoning_effort": "low"},
    ),
    "vLLM": (
        "http://localhost:8000/v1",
        "VLLM_API_KEY",
        {"chat_template_kwargs": {"enable_thinking": False}},
    ),
    "Ollama": ("http://localhost:11434/v1", None, {"max_tokens": 10_000, "reasoning_effort": "none"}),
    "llama.cpp": ("http://localhost:8080/v1", None, {"chat_template_kwargs": {"enable_thinking": False}}),
    "Azure": (
        "https://my-resource.openai.azure.com/openai/deployments/my-deployment",
        "AZURE_OPENAI_API_KEY",
        {},
    ),
}


def documented(name):
    """Make the chat model of a section of the page on servers."""
    page = (Path(__file__).parents[2] / "docs" / "llm_servers.md").read_text("utf-8")
    section = page.split(f"## {name}\n")[1].split("\n## ")[0]
    (code,) = re.findall(
        r"```python\n(?:from skxtm.llm import OpenAIChat\n\n)?(OpenAIChat\(.*?)```", section, re.DOTALL
    )
    return eval(code, {"OpenAIChat": OpenAIChat})


@pytest.mark.parametrize("name", SERVERS)
def test_the_documented_settings_of_a_server_send_what_it_wants(name, chat_server, monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    endpoint, api_key_env, further = SERVERS[name]
    chat = documented(name)
    expected = chat.body(WITH_SCHEMA)
    assert chat.endpoint == endpoint
    if api_key_env:
        monkeypatch.setenv(api_key_env, KEY)
    path = urlsplit(endpoint).path
    # only the name of the limit depends on the host
    limit = {"max_completion_tokens": expected.get("max_completion_tokens")} if name == "OpenAI" else {}
    chat.set_params(base_url=chat_server.host + path, extra_body={**(chat.extra_body or {}), **limit})
    if limit:
        chat.set_params(max_output_tokens=None)
    chat.complete(WITH_SCHEMA)
    query = "?api-version=2024-10-21" if name == "Azure" else ""
    assert chat_server.paths == [f"{path}/chat/completions{query}"]
    assert chat_server.bodies == [expected]
    assert expected.pop("response_format")["type"] == "json_schema"
    assert expected.pop("messages") == [{"role": "user", "content": "As JSON."}]
    assert expected == {"model": chat.model, **further}
    sent = chat_server.headers[0].get("authorization")
    assert sent == {"Azure": None}.get(name, f"Bearer {KEY if api_key_env else 'none'}")
    assert chat_server.headers[0].get("api-key") == (KEY if name == "Azure" else None)


def test_every_documented_server_is_tested():
    page = (Path(__file__).parents[2] / "docs" / "llm_servers.md").read_text("utf-8")
    sections = [part.split("\n")[0] for part in page.split("\n## ")[1:] if "OpenAIChat(" in part]
    assert sections == list(SERVERS)


def test_clones_and_copies_are_equal_and_work(chat, chat_server):
    chat.complete(REQUEST)
    for copy in (clone(chat), pickle.loads(pickle.dumps(chat))):
        assert copy.get_params() == chat.get_params()
        assert copy.complete(REQUEST).text == "Blue."


def test_the_key_shows_nowhere(chat, chat_server, caplog, tmp_path, ask_colours):
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    session = ChatSession(chat, cache=tmp_path)
    session.ask(ask_colours(3), str)
    chat_server.fail(chat_server.error(401, f"No such key: {KEY}"))
    with pytest.raises(ChatRefusedError) as caught:
        chat.complete(REQUEST)
    error = caught.value
    shown = [repr(chat), str(error), repr(error), str(error.__cause__), str(error.__context__), caplog.text]
    shown += [repr(chat.get_params()), repr(chat.identity), repr(chat._connection())]
    assert caplog.records
    assert not any(KEY in text for text in shown)
    files = [path.read_bytes() for path in tmp_path.iterdir()]
    assert files
    assert not any(KEY.encode() in content for content in [*files, pickle.dumps(chat), pickle.dumps(error)])


def unserved(chat, server, monkeypatch):
    server.fail(server.error(403, f"No such key: {KEY}"))


def wrong_key(chat, server, monkeypatch):
    monkeypatch.setenv("MY_KEY", f"{KEY}–{KEY}")


def wrong_address(chat, server, monkeypatch):
    chat.set_params(base_url="http://localhost:abc/v1")


def strange_address(chat, server, monkeypatch):
    chat.set_params(base_url="http://a b/v1")


def strange_header(chat, server, monkeypatch):
    chat.set_params(extra_headers={"X-Title": 7})


@pytest.mark.parametrize("mistake", [unserved, wrong_key, wrong_address, strange_address, strange_header])
def test_locals_of_the_traceback_do_not_show_the_key(chat, chat_server, monkeypatch, mistake):
    mistake(chat, chat_server, monkeypatch)
    with pytest.raises((ChatError, InputError)) as caught:
        chat.complete(REQUEST)
    frames = [entry.frame.f_locals for entry in caught.traceback]
    assert not any(KEY in repr(value) for names in frames for value in names.values())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Incorrect key: sk-proj-1234.", "Incorrect key: ***"),
        ("key=AIzaSyD is bad", "key=*** is bad"),
        ("key=78-wxyz is bad", "key=*** is bad"),
        ("?key=wxyz&model=m", "?key=***&model=m"),
        ("ends in ...wxyz", "ends in ***"),
        ("max_tokens=50 is too much", "max_tokens=50 is too much"),
        ("AIzaSyD-123 is bad", "*** is bad"),
        (f"Bearer {KEY}", "Bearer ***"),
        ("abcd****wxyz", "***"),
        ("begins with abcd-1234", "begins with ***"),
        (
            "The model gpt-4o-mini-2024-07-18 does not exist",
            "The model gpt-4o-mini-2024-07-18 does not exist",
        ),
    ],
)
def test_what_looks_like_a_key_is_hidden(text, shown):
    assert hide_keys(text, KEY) == shown
