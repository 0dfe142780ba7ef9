"""Every row of the table of faults in docs/llm_servers.md, over real HTTP."""

import gzip
import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from skxtm.exceptions import AnswerFormatError, ChatRefusedError, InputError
from skxtm.llm import ChatRequest, ChatSession, OpenAIChat
from skxtm.llm.openai_chat import close_clients

pytestmark = pytest.mark.slow

openai = pytest.importorskip("openai")

KEY = "abcd-1234-efgh-5678-wxyz"
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
PAGE = Path(__file__).parents[2] / "docs" / "llm_servers.md"
OVERCOME, FAILS_ONE, STOPS = "overcome", "fails one", "stops all"


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)


@pytest.fixture
def chat(chat_server):
    return OpenAIChat(
        "m",
        base_url=chat_server.base_url,
        api_key_env="MY_KEY",
        max_retries=2,
        max_output_tokens=100,
        timeout=20.0,
        concurrency=1,
    )


@pytest.fixture
def colours():
    """Five requests, each with words for the system, a schema and a plain form."""
    return [
        ChatRequest(
            (("system", "Be brief."), ("user", f"Name a colour, number {number}.")),
            schema=SCHEMA,
            plain_messages=(("system", "Be brief."), ("user", f"Plainly a colour, number {number}.")),
        )
        for number in range(5)
    ]


def demand_blue(text):
    if "blue" not in text.lower():
        raise AnswerFormatError("The answer must be blue.")
    return text


@dataclass
class Fault:
    """How a server answers the third request of five, what becomes of it, and what it costs.

    `answers` are met one after the other; `unless` says which requests are understood, where the fault is in
    what was sent. `n_extra` counts requests besides the five, `n_paid` of them with an answer.
    """

    becomes: str
    answers: list = field(default_factory=list)
    error: str | None = None
    n_extra: int = 1
    unless: Any = None


def error(status, message, code=None, headers=None, body=None):
    return lambda server: server.error(status, message, code, headers, body)


def raw(text, status=200):
    return lambda server: server.raw(text, status)


def embedded(code, message="Upstream is down."):
    return raw(json.dumps({"error": {"code": code, "message": message}}))


def gemini(status, message, details, code=429):
    inner = {"code": code, "message": message, "status": status, "details": details}
    return error(code, "", body=[{"error": inner}])


def completion(content, **choice):
    choice = {"finish_reason": "stop", "message": {"content": content}, **choice}
    return {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}


RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.05s"}
DAILY = {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
TOO_LONG = error(400, "This model's maximum context length is 4096 tokens.", "context_length_exceeded")
PIECES = [{"choices": [{"delta": {"content": piece}}]} for piece in ("Bl", "ue.")]
LAST = {
    "choices": [{"delta": {}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 3},
}
FILTER = "URL filtered one request out (status {}: {!r}). The others are not concerned."
MODERATED = {
    "error": {
        "code": 403,
        "message": "Your input was flagged for violence.",
        "metadata": {"reasons": ["violence"], "flagged_input": "...", "provider_name": "OpenAI"},
    }
}


def no_schema(body):
    return "response_format" not in body


def filtered(status, message, code=None, body=None):
    return Fault(FAILS_ONE, [error(status, message, code, body=body)], FILTER.format(status, message), 0)


def misunderstood(status, message, unless, n_extra=1):
    return Fault(OVERCOME, [error(status, message)], unless=unless, n_extra=n_extra)


#: By the first column of the table.
FAULTS = {
    "busy, with `Retry-After`": Fault(OVERCOME, [lambda server: server.too_many_requests(0.05)]),
    "busy, with a `Retry-After` that is over": Fault(
        OVERCOME, [lambda server: server.too_many_requests("Wed, 21 Oct 2015 07:28:00 GMT")]
    ),
    "busy, with a pause in the body": Fault(OVERCOME, [gemini("RESOURCE_EXHAUSTED", "Slow down.", [RETRY_INFO])]),
    "busy, without a word": Fault(OVERCOME, [error(429, "Too many requests.")] * 3, n_extra=3),
    "overloaded": Fault(OVERCOME, [error(529, "Overloaded."), error(503, "Model is loading.")], n_extra=2),
    "busy for too long": Fault(
        FAILS_ONE,
        [error(429, "Too many.", headers={"Retry-After": "3600"})],
        "URL takes no more requests for the moment (status 429: 'Too many.'). Run again later, set "
        "requests_per_minute to what your plan allows, or raise patience.",
        0,
    ),
    "server error": Fault(OVERCOME, [error(500, "Oops."), error(502, "Oops.")], n_extra=2),
    "server error that stays": Fault(
        FAILS_ONE,
        [error(500, "Oops.")] * 3,
        "URL is not available (status 500: 'Oops.', up to 3 attempts). Run again later.",
        2,
    ),
    "no connection": Fault(OVERCOME, n_extra=0),
    "a connection that breaks": Fault(OVERCOME, [lambda server: server.silence(0.0)]),
    "no answer in time": Fault(OVERCOME, [lambda server: server.silence(60.0)]),
    "no answer in time, twice": Fault(
        FAILS_ONE,
        [lambda server: server.silence(60.0)] * 2,
        "URL did not answer within 2 s, and may bill the request. Raise timeout, or ask for shorter answers.",
        1,
    ),
    "an answer that never ends": Fault(OVERCOME, [lambda server: server.trickle(60.0)]),
    "half an answer": Fault(OVERCOME, [lambda server: server.dropped_in_the_body()]),
    "no JSON": Fault(OVERCOME, [raw("<html>")]),
    "truncated JSON": Fault(OVERCOME, [raw(json.dumps(completion("Blue."))[:-9])]),
    "no choices": Fault(OVERCOME, [raw('{"choices": [], "usage": {"prompt_tokens": 7}}')]),
    "no completion, twice": Fault(
        FAILS_ONE,
        [raw("{}")] * 2,
        "URL answered with something that is no chat completion ('{}'). Check base_url, or run again later.",
        1,
    ),
    "status 200 with an error inside": Fault(OVERCOME, [embedded(502), embedded("oops")], n_extra=2),
    "status 200, busy inside": Fault(OVERCOME, [embedded(429, "Slow down.")]),
    "status 200, an error in the choice": Fault(
        OVERCOME, [raw(json.dumps(completion("", error={"code": 503, "message": "Provider is down."})))]
    ),
    "status 200, an error beside an empty choice": Fault(
        STOPS,
        [raw(json.dumps(completion("", finish_reason="error") | {"error": {"code": 402, "message": "No credits."}}))],
        "URL says that the account has no money left (status 200, error 402: 'No credits.'). Add credit to the account "
        "with the provider, and run again: what was answered is kept.",
        0,
    ),
    "half an answer with an error": Fault(
        OVERCOME, [raw(json.dumps(completion("Blue an", error={"code": 429, "message": "Slow down."})))]
    ),
    "half an answer that ends in an error": Fault(
        OVERCOME, [raw(json.dumps(completion("Blue an", finish_reason="error")))]
    ),
    "a stream that ends in an error": Fault(
        OVERCOME,
        [lambda server: server.events(*PIECES, {"error": {"code": 502, "message": "Provider is down."}})],
    ),
    "an answer that fills the memory": Fault(OVERCOME, [lambda server: server.packed(gzip.compress(bytes(1 << 27)))]),
    "a mark before the JSON": Fault(OVERCOME, [raw("\ufeff\n\n" + json.dumps(completion("Blue.")))], n_extra=0),
    "a stream of events": Fault(OVERCOME, [lambda server: server.events(*PIECES, LAST)], n_extra=0),
    "a stream that breaks off": Fault(OVERCOME, [lambda server: server.events(*PIECES, end="")]),
    "the answer in a tool call": Fault(
        OVERCOME,
        [raw(json.dumps(completion(None, message={"tool_calls": [{"function": {"arguments": '{"a": "Blue."}'}}]})))],
        n_extra=0,
    ),
    "the answer among the thoughts": Fault(
        OVERCOME, [raw(json.dumps(completion("", message={"reasoning_content": "So: Blue."})))], n_extra=0
    ),
    "counts that are none": Fault(
        OVERCOME,
        [raw('{"choices": [{"message": {"content": "Blue."}}], "usage": {"prompt_tokens": 1e999, '
             '"completion_tokens": NaN, "total_tokens": 1' + "0" * 30 + "}}")],
        n_extra=0,
    ),
    "schema refused": misunderstood(400, "Unknown field: response_format", no_schema),
    "schema refused by Gemini": misunderstood(400, 'Unknown name "additionalProperties" at tools', no_schema),
    "schema refused by a validator": misunderstood(422, "Extra inputs are not permitted", no_schema),
    "schema refused with status 500": misunderstood(500, "failed to parse grammar", no_schema),
    "schema refused in other words": misunderstood(400, "Bad request.", no_schema),
    "`max_tokens` refused": misunderstood(
        400,
        "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
        lambda body: "max_completion_tokens" in body,
    ),
    "no messages of the system": misunderstood(
        400, "System role not supported", lambda body: all(message["role"] == "user" for message in body["messages"])
    ),
    "filtered by OpenAI": filtered(400, "Rejected by our content policy.", "content_policy_violation"),
    "filtered by Azure": filtered(
        400, "The response was filtered due to Azure OpenAI's content management policy.", "content_filter"
    ),
    "filtered by DeepSeek": filtered(400, "Content Exists Risk", "invalid_request_error"),
    "filtered by Qwen": filtered(400, "Input data may contain inappropriate content.", "data_inspection_failed"),
    "filtered by Zhipu": filtered(
        400, "系统检测到输入", body={"error": {"code": "1301", "message": "系统检测到输入"}}
    ),
    "filtered by Gemini": filtered(
        400, "Blocked.", body=[{"error": {"code": 400, "message": "Blocked.", "status": "PROHIBITED_CONTENT"}}]
    ),
    "filtered by OpenRouter": filtered(403, "Your input was flagged for violence.", body=MODERATED),
    "an answer filtered out": Fault(
        FAILS_ONE,
        [lambda server: server.choice("", "content_filter: PROHIBITED_CONTENT")],
        "The provider filtered the answer out ('content_filter: PROHIBITED_CONTENT').",
        0,
    ),
    "a block without choices": Fault(
        FAILS_ONE,
        [raw('{"promptFeedback": {"blockReason": "SAFETY"}, "usage": {"prompt_tokens": 9}}')],
        "The provider filtered the answer out ('content_filter').",
        0,
    ),
    "an answer that cannot be read": Fault(OVERCOME, [lambda server: server.choice("Red.")]),
    "an empty answer": Fault(OVERCOME, [lambda server: server.choice("")]),
    "an answer that stays unreadable": Fault(
        FAILS_ONE, [lambda server: server.choice("Red.")] * 2, "The answer must be blue.", 1
    ),
    "answers that stay empty": Fault(FAILS_ONE, [lambda server: server.choice("")] * 2, "The answer is empty.", 1),
    "an answer that was cut off": Fault(OVERCOME, [lambda server: server.choice("Re", "length")]),
    "asking again is refused": Fault(
        FAILS_ONE,
        [lambda server: server.choice("Red."), TOO_LONG],
        "The answer must be blue. Asked again: URL finds the request too long (status 400: \"This model's maximum "
        "context length is 4096 tokens.\"). Ask for less at once, as prompt=\"single\" of LLMRefiner does, or take "
        "a model with a longer context.",
        1,
    ),
    "asking again meets another refusal": Fault(
        FAILS_ONE,
        [lambda server: server.choice("Red."), error(422, "Roles are wrong."), error(422, "Roles are wrong.")],
        "The answer must be blue. Asked again: URL refuses the request (status 422: 'Roles are wrong.'). Change the "
        "parameter that it names.",
        2,
    ),
    "a wrong key": Fault(
        STOPS,
        [error(401, f"Incorrect API key provided: {KEY}.", "invalid_api_key")],
        "URL does not let us in (status 401: 'Incorrect API key provided: ***.'). Check the key in the environment "
        "variable 'MY_KEY'.",
        0,
    ),
    "no money left": Fault(
        STOPS,
        [error(402, "Insufficient Balance")],
        "URL says that the account has no money left (status 402: 'Insufficient Balance'). Add credit to the account "
        "with the provider, and run again: what was answered is kept.",
        0,
    ),
    "quota used up": Fault(
        STOPS,
        [error(429, "You exceeded your current quota.", "insufficient_quota")],
        "URL says that the quota of the account is used up (status 429: 'You exceeded your current quota.'). Check "
        "the plan and the billing with the provider.",
        0,
    ),
    "quota of the day used up": Fault(
        STOPS,
        [gemini("RESOURCE_EXHAUSTED", "Quota exceeded.", [RETRY_INFO, DAILY])],
        "URL says that the quota of the account is used up (status 429: 'Quota exceeded.'). Check the plan and the "
        "billing with the provider.",
        0,
    ),
    "unknown model": Fault(
        STOPS,
        [error(404, "No such model.")],
        "URL does not know the model 'm', or is no address of chat models (status 404: 'No such model.'). Check "
        "model and base_url.",
        0,
    ),
    "an address that has moved": Fault(
        STOPS,
        [error(308, "", headers={"Location": "https://example.org/v2/chat/completions?session=1"})],
        "URL sends the request on to another address, where neither it nor the key is taken (status 308: "
        "'https://example.org/v2/chat/completions'). Give base_url the new address, if you trust it.",
        0,
    ),
    "too long a request": Fault(
        STOPS,
        [TOO_LONG],
        "URL finds the request too long (status 400: \"This model's maximum context length is 4096 tokens.\"). Ask "
        "for less at once, as prompt=\"single\" of LLMRefiner does, or take a model with a longer context.",
        0,
    ),
    "another refusal": Fault(
        STOPS,
        [error(400, "Unsupported value: 'temperature'.")] * 2,
        "URL refuses the request (status 400: \"Unsupported value: 'temperature'.\"). Change the parameter that it "
        "names.",
        1,
    ),
}  # fmt: skip


def refuse_connections(monkeypatch, text, n_times):
    """Let so many attempts to connect fail of requests that hold a text."""
    httpx = import_module(openai.DefaultHttpxClient.__base__.__module__.split(".")[0])
    handle, refused = httpx.HTTPTransport.handle_request, []

    def refuse(transport, request):
        if text in request.read().decode() and len(refused) < n_times:
            refused.append(request)
            raise httpx.ConnectError("refused")
        return handle(transport, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", refuse)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_loses_no_paid_answer_and_asks_nothing_twice(
    name, tmp_path, chat, chat_server, colours, monkeypatch
):
    fault = FAULTS[name]
    if name == "no connection":
        refuse_connections(monkeypatch, "number 2.", n_times=2)
    if name in ("no answer in time", "no answer in time, twice", "an answer that never ends"):
        chat.set_params(timeout=2.0)
    met = iter([make(chat_server) for make in fault.answers])

    def fault_for(body):
        if fault.unless is not None:
            return None if fault.unless(body) else fault.answers[0](chat_server)
        return next(met, None) if "number 2." in str(body["messages"]) else None

    chat_server.fault_for = fault_for
    session = ChatSession(chat, cache=tmp_path, prices=(1.0, 1.0))
    message = fault.error and fault.error.replace("URL", chat_server.base_url)
    if fault.becomes == STOPS:
        with pytest.raises(ChatRefusedError) as caught:
            session.ask(colours, demand_blue)
        assert str(caught.value) == message
        assert chat_server.n_requests == 3 + fault.n_extra
    else:
        outcomes = session.ask(colours, demand_blue)
        errors = [outcome.error for outcome in outcomes]
        if name == "busy for too long":
            assert errors[3:] == ["Not sent: the server refuses requests for longer than patience=300."] * 2
            assert chat_server.n_requests == 3
        else:
            assert errors == [None, None, message, None, None]
            assert chat_server.n_requests == 5 + fault.n_extra
    n_asked, paid = chat_server.n_requests, chat_server.n_answered
    chat_server.fault_for = lambda body: None
    again = ChatSession(chat, cache=tmp_path)
    outcomes = again.ask(colours, demand_blue)
    assert [outcome.error for outcome in outcomes] == [None] * 5
    n_missing = {OVERCOME: 0, FAILS_ONE: 1, STOPS: 3}[fault.becomes]
    n_missing = 3 if name == "busy for too long" else n_missing
    assert chat_server.n_requests == n_asked + n_missing
    assert chat_server.n_answered == paid + n_missing
    assert KEY not in str(outcomes)


def test_every_row_of_the_table_of_faults_is_tested():
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", PAGE.read_text("utf-8").split("## Faults")[1], re.MULTILINE)
    names = [name for name, _ in rows if name not in ("fault", "---")]
    assert names == list(FAULTS)


@pytest.mark.parametrize(
    "refusal",
    [
        error(429, "Quota exceeded.", body=[{"error": {"message": "Slow down.", "details": [RETRY_INFO | {"retryDelay": "0.5s"}]}}]),
        error(429, "Please try again in 500ms."),
        error(429, "Slow down.", headers={"Retry-After": "0.5"}),
        error(429, "Slow down.", headers={"retry-after-ms": "500"}),
        error(429, "Slow down."),
    ],
    ids=["in the body", "in words", "in seconds", "in milliseconds", "without a word"],
)  # fmt: skip
def test_a_limit_per_minute_costs_few_requests_more_than_are_needed(chat, chat_server, ask_colours, refusal):
    chat_server.limit(10, 0.5, refusal(chat_server))
    chat.set_params(concurrency=4)
    outcomes = ChatSession(chat).ask(ask_colours(30), str)
    assert [outcome.value for outcome in outcomes] == ["Blue."] * 30
    assert chat_server.n_requests <= 40


def test_patience_ends_for_all_requests_at_once(chat, chat_server, ask_colours):
    chat_server.fault_for = lambda body: chat_server.error(429, "Slow down.")
    chat.set_params(concurrency=4, patience=0.3)
    outcomes = ChatSession(chat).ask(ask_colours(30), str)
    said = "Not sent: the server refuses requests for longer than patience=0.3."
    assert [outcome.error for outcome in outcomes].count(said) >= 26
    assert chat_server.n_requests <= 12


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "headers",
    [{"Retry-After": "0"}, {"retry-after-ms": "1"}, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}],
    ids=["nothing", "too little", "a time that is over"],
)
def test_a_server_that_wishes_no_pause_and_goes_on_refusing_is_given_growing_ones(
    chat, chat_server, ask_colours, status, headers
):
    chat_server.fault_for = lambda body: chat_server.error(status, "Slow down.", headers=headers)
    chat.set_params(concurrency=4, patience=1.0)
    outcomes = ChatSession(chat).ask(ask_colours(4), str)
    assert all(outcome.error for outcome in outcomes)
    # four at once, then pauses of 0, 0.04, 0.08, 0.16, 0.32 s
    assert chat_server.n_requests <= 4 + 7


def test_a_refused_request_does_not_count_against_the_limit_of_requests(chat, chat_server, ask_colours):
    chat_server.fail(*[chat_server.too_many_requests(0.01)] * 3)
    session = ChatSession(chat, max_requests=2)
    assert [outcome.value for outcome in session.ask(ask_colours(2), str)] == ["Blue.", "Blue."]
    assert session.usage.n_requests == 2


def test_what_may_be_billed_counts_in_the_cost_and_is_repeated_only_within_it(chat, chat_server, ask_colours):
    chat_server.fail(chat_server.raw("<html>"))
    worst = (24 + 32 + 2 * 100) / 1e6
    session = ChatSession(chat, prices=(1.0, 2.0), max_cost=1.5 * worst)
    (outcome,) = session.ask(ask_colours(1), str)
    assert (
        outcome.error
        == f"Not sent: it may cost ${worst:.6f}, and ${worst:.6f} of max_cost=0.000384 are spent."
    )
    assert session.usage.cost == pytest.approx(worst)


def test_tokens_of_an_answer_that_is_none_are_counted(chat, chat_server, ask_colours):
    chat_server.fail(
        chat_server.raw('{"choices": [], "usage": {"prompt_tokens": 70, "completion_tokens": 9}}')
    )
    session = ChatSession(chat, prices=(1.0, 1.0))
    (outcome,) = session.ask(ask_colours(1), str)
    n_input = len(json.dumps(chat_server.bodies[0]["messages"]))
    assert outcome.value == "Blue."
    assert (session.usage.input_tokens, session.usage.output_tokens) == (70 + n_input, 9 + 5)
    assert session.usage.cost == pytest.approx((70 + n_input + 9 + 5) / 1e6)


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 910},
        {
            "prompt_tokens": 10,
            "completion_tokens": 20,
            "completion_tokens_details": {"reasoning_tokens": 880},
        },
    ],
    ids=["in the total", "in the details"],
)
def test_reasoning_beside_the_completion_is_paid_for_and_bounds_the_cost(
    chat, chat_server, ask_colours, usage
):
    body = json.dumps({**completion("Blue."), "usage": usage})
    chat_server.fault_for = lambda _: chat_server.raw(body)
    chat.set_params(concurrency=4)
    session = ChatSession(chat, prices=(0.0, 1.0), max_cost=2000 / 1e6)
    outcomes = session.ask(ask_colours(20), str)
    assert session.usage.cost == pytest.approx(1800 / 1e6)
    assert [outcome.error is None for outcome in outcomes] == [True] * 2 + [False] * 18


def echoes(text):
    """Ways in which a server may write back the header that it was sent."""
    encoded = b64encode(text.encode()).decode()
    return [
        text,
        text.upper(),
        encoded,
        encoded.replace("+", "-").replace("/", "_").rstrip("="),
        text.encode().hex(),
    ]


@pytest.mark.parametrize("text", [text for before in ("", "Bearer ", "x:") for text in echoes(before + KEY)])
def test_a_key_that_a_server_writes_back_reaches_no_outcome_file_or_message(
    tmp_path, chat, chat_server, ask_colours, text
):
    chat_server.answer = lambda body: f"Blue {text}."
    (outcome,) = ChatSession(chat, cache=tmp_path).ask(ask_colours(1), demand_blue)
    chat_server.fail(chat_server.error(403, f"No access with {text}."))
    with pytest.raises(ChatRefusedError) as caught:
        chat.complete(ask_colours(1)[0])
    cached = b"".join(path.read_bytes() for path in tmp_path.iterdir()).decode("latin-1")
    secrets = {form[6:-6].lower() for form in echoes(KEY)} | {form[12:-6].lower() for form in echoes(text)}
    for shown in (str(outcome), str(caught.value), cached):
        assert not any(secret in shown.lower() for secret in secrets)
    assert outcome.value.startswith("Blue ")


def test_a_proxy_before_this_very_machine_is_named(chat, chat_server, monkeypatch):
    for name in ("no_proxy", "NO_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://me:secret@127.0.0.1:9")
    chat.set_params(max_retries=0)
    (outcome,) = ChatSession(chat).ask([ChatRequest((("user", "?"),))], str)
    note = "The environment variable HTTP_PROXY sends requests to this machine through a proxy: add 127.0.0.1 to NO_PROXY."
    assert outcome.error.endswith(f"or run again later. {note}")
    assert "secret" not in outcome.error
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    close_clients()
    assert chat.complete(ChatRequest((("user", "?"),))).text == "Blue."


def test_rounds_differ_in_what_is_sent_and_the_first_is_as_ever(chat, chat_server):
    messages = (("user", "Name a colour."), ("assistant", "Red."), ("user", "No."))
    chat.set_params(seed=7)
    for number in range(3):
        chat.complete(ChatRequest(messages, round=number))
    sent = [[message["content"] for message in body["messages"]] for body in chat_server.bodies]
    note = "\n\n(Request no. {} of its kind. Answer it independently of the others.)"
    firsts = ["Name a colour.", "Name a colour." + note.format(2), "Name a colour." + note.format(3)]
    assert sent == [[first, "Red.", "No."] for first in firsts]
    assert [body["seed"] for body in chat_server.bodies] == [7, 8, 9]


def test_azure_gets_its_version_and_its_header(chat, chat_server):
    chat.set_params(
        base_url=chat_server.host + "/openai/deployments/m",
        extra_query={"api-version": "2024-10-21"},
        extra_headers={"X-Title": "topics"},
        key_header="api-key",
    )
    assert chat.complete(ChatRequest((("user", "?"),))).text == "Blue."
    assert chat_server.paths == ["/openai/deployments/m/chat/completions?api-version=2024-10-21"]
    (headers,) = chat_server.headers
    assert (headers["api-key"], headers["x-title"], headers.get("authorization")) == (KEY, "topics", None)


@pytest.mark.parametrize(
    ("parameter", "names"),
    [
        ("extra_headers", {"Authorization": "Bearer x"}),
        ("extra_headers", {"x-api-key": "x"}),
        ("extra_query", {"key": "x"}),
        ("extra_body", {"api_key": "x"}),
    ],
)
def test_a_secret_among_the_parameters_is_refused(chat, chat_server, parameter, names):
    chat.set_params(**{parameter: names})
    with pytest.raises(InputError) as caught:
        chat.complete(ChatRequest((("user", "?"),)))
    assert str(caught.value) == (
        f"{parameter} must not carry a secret, which would be saved with the model (got {next(iter(names))!r}). Put "
        "the key into an environment variable, name that in api_key_env, and its header in key_header."
    )
    assert chat_server.n_requests == 0


def test_fields_of_a_body_may_be_called_after_tokens(chat, chat_server):
    chat.set_params(extra_body={"max_tokens": 9, "prompt_cache_key": "topics"})
    assert chat.complete(ChatRequest((("user", "?"),))).text == "Blue."
    assert chat_server.bodies[0]["prompt_cache_key"] == "topics"


def test_unusable_answers_that_an_earlier_run_left_in_the_cache_are_asked_anew(
    tmp_path, chat, chat_server, ask_colours, monkeypatch
):
    chat_server.answer = lambda body: "Red."
    with monkeypatch.context() as patch:
        patch.setattr("skxtm.llm._cache.AnswerCache.forget", lambda self, keys: None)
        ChatSession(chat, cache=tmp_path).ask(ask_colours(2), demand_blue)
    assert chat_server.n_requests == 4
    chat_server.answer = lambda body: "Blue."
    outcomes = ChatSession(chat, cache=tmp_path).ask(ask_colours(2), demand_blue)
    assert [outcome.value for outcome in outcomes] == ["Blue.", "Blue."]
    assert chat_server.n_requests == 6
