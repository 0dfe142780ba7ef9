"""Batch files as Gemini and Anthropic write them, beside OpenAI's."""

import json

import pytest

from skxtm.exceptions import AnswersPendingError, InputError
from skxtm.llm import BatchFiles, ChatRequest, ChatSession, OpenAIChat, Outcome, export_batch, import_batch
from skxtm.llm.base import repetition_note
from skxtm.llm.batch import ImportCounts

SCHEMA = {"type": "object"}
REQUEST = ChatRequest(
    (("system", "Be brief."), ("user", "雨")),
    round=1,
    schema=SCHEMA,
    plain_messages=(("system", "Be brief."), ("user", "rain")),
)
NOTE = repetition_note(1)
SAMPLING = {"temperature": 0.5, "top_p": 0.9, "seed": 3, "max_output_tokens": 50}


def gemini(key, text="Blue.", reason="STOP", **response):
    parts = [{"text": "Blue or red?", "thought": True}, {"text": text}]
    content = {"role": "model", "parts": parts}
    usage = {
        "promptTokenCount": 10,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 7,
        "totalTokenCount": 22,
    }
    body = {"candidates": [{"content": content, "finishReason": reason}], "usageMetadata": usage}
    return {"key": key, "response": {**body, "modelVersion": "gemini-1", **response}}


def anthropic(custom_id, text="Blue.", reason="end_turn"):
    message = {
        "type": "message",
        "model": "claude-1",
        "content": [{"type": "thinking", "thinking": "Blue or red?"}, {"type": "text", "text": text}],
        "stop_reason": reason,
        "usage": {"input_tokens": 10, "output_tokens": 12},
    }
    return {"custom_id": custom_id, "result": {"type": "succeeded", "message": message}}


def anthropic_error(custom_id, message):
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": message}}
    return {"custom_id": custom_id, "result": {"type": "errored", "error": error}}


ANSWERS = {"gemini": gemini, "anthropic": anthropic}
ERRORS = {
    "gemini": lambda key, message: {"key": key, "error": {"code": 400, "message": message}},
    "anthropic": anthropic_error,
}
NAMES = {"gemini": "key", "anthropic": "custom_id"}
FORMATS = list(ANSWERS)


def lines_of(path):
    return [json.loads(text) for text in path.read_text("utf-8").splitlines()]


def write(path, *lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


@pytest.fixture(params=FORMATS)
def format(request):
    return request.param


@pytest.fixture
def chat(format, tmp_path):
    return BatchFiles(tmp_path / "batch", "some-model", format=format, max_output_tokens=50)


def pending(chat, requests):
    """Write the file of requests, and return the names in it."""
    with pytest.raises(AnswersPendingError):
        ChatSession(chat).ask(requests, str)
    path = sorted(chat._folder.glob("requests-*.jsonl"))[-1]
    return [line[NAMES[chat.format]] for line in lines_of(path)]


def test_gemini_takes_contents_and_a_configuration(tmp_path):
    chat = BatchFiles(tmp_path, "some-model", format="gemini", **SAMPLING)
    (name,) = pending(chat, [REQUEST])
    assert lines_of(tmp_path / "requests-1.jsonl") == [
        {
            "key": name,
            "request": {
                "contents": [{"role": "user", "parts": [{"text": "雨" + NOTE}]}],
                "systemInstruction": {"parts": [{"text": "Be brief."}]},
                "generationConfig": {
                    "temperature": 0.5,
                    "topP": 0.9,
                    "seed": 4,
                    "maxOutputTokens": 50,
                    "responseMimeType": "application/json",
                    "responseJsonSchema": SCHEMA,
                },
            },
        }
    ]


def test_gemini_is_asked_for_text_where_that_is_wanted(tmp_path):
    body = BatchFiles(tmp_path, "some-model", format="gemini", structured="text").body(REQUEST)
    assert body == {
        "contents": [{"role": "user", "parts": [{"text": "rain" + NOTE}]}],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
    }


def test_anthropic_takes_messages_without_system_schema_or_seed(tmp_path):
    chat = BatchFiles(tmp_path, "some-model", format="anthropic", **SAMPLING)
    (name,) = pending(chat, [REQUEST])
    assert lines_of(tmp_path / "requests-1.jsonl") == [
        {
            "custom_id": name,
            "params": {
                "model": "some-model",
                "max_tokens": 50,
                "system": "Be brief.",
                "messages": [{"role": "user", "content": "rain" + NOTE}],
                "temperature": 0.5,
                "top_p": 0.9,
            },
        }
    ]


def test_anthropic_needs_the_longest_answer(tmp_path):
    with pytest.raises(InputError) as error:
        BatchFiles(tmp_path, "some-model", format="anthropic").body(REQUEST)
    assert str(error.value) == "Batches of Anthropic need the longest answer. Set max_output_tokens."


def test_an_unknown_format_is_named(tmp_path):
    with pytest.raises(InputError) as error:
        BatchFiles(tmp_path, "some-model", format="mistral").body(REQUEST)
    assert str(error.value) == (
        "The 'format' parameter must be among ('openai', 'gemini', 'anthropic'). Got 'mistral'."
    )


def test_answers_are_found_in_any_order_with_their_tokens(chat, format, ask_colours):
    requests = ask_colours(4)
    names = pending(chat, requests)
    lines = [ANSWERS[format](name, f"{row}") for row, name in enumerate(names)]
    write(chat._folder / "results.jsonl", *reversed(lines))
    session = ChatSession(chat)
    assert [outcome.value for outcome in session.ask(requests, int)] == [0, 1, 2, 3]
    assert (session.usage.input_tokens, session.usage.output_tokens) == (40, 48)


def test_an_error_fails_its_request_and_what_is_missing_goes_into_the_next_file(chat, format, ask_colours):
    requests = ask_colours(3)
    names = pending(chat, requests)
    write(chat._folder / "results.jsonl", ERRORS[format](names[0], "Too long."), ANSWERS[format](names[1]))
    assert pending(chat, requests) == names[2:]
    write(chat._folder / "more.jsonl", {NAMES[format]: names[2], "content": "By hand."})
    expected = f"The batch answered '{names[0]}' with an error ('Too long.')."
    assert ChatSession(chat).ask(requests, str) == [
        Outcome(None, expected),
        Outcome("Blue."),
        Outcome("By hand."),
    ]


@pytest.mark.parametrize("kind", ["expired", "canceled"])
def test_what_anthropic_did_not_process_is_still_missing(kind, tmp_path, ask_colours):
    chat = BatchFiles(tmp_path, "some-model", format="anthropic", max_output_tokens=50)
    names = pending(chat, ask_colours(2))
    write(tmp_path / "results.jsonl", anthropic(names[0]), {"custom_id": names[1], "result": {"type": kind}})
    assert pending(chat, ask_colours(2)) == names[1:]


def test_answers_that_were_cut_off_or_filtered_say_so(tmp_path, ask_colours):
    def parse(text):
        raise AssertionError(text)

    cases = {
        "gemini": [gemini("{}", reason="MAX_TOKENS"), gemini("{}", "", "SAFETY"), gemini("{}", candidates=None, promptFeedback={"blockReason": "PROHIBITED_CONTENT"})],
        "anthropic": [anthropic("{}", reason="max_tokens"), anthropic("{}", "", "refusal")],
    }  # fmt: skip
    reasons = {"gemini": ["length", "safety", "content_filter"], "anthropic": ["length", "refusal"]}
    for format, lines in cases.items():
        chat = BatchFiles(tmp_path / format, "some-model", format=format, max_output_tokens=50)
        requests = ask_colours(len(lines))
        names = pending(chat, requests)
        for name, line in zip(names, lines, strict=True):
            line[NAMES[format]] = name
        write(chat._folder / "results.jsonl", *lines)
        answers = [chat.complete(request) for request in requests]
        assert [answer.finish_reason for answer in answers] == reasons[format]


def test_a_client_of_another_protocol_finds_imported_answers(format, tmp_path, chat_server, ask_colours):
    chat = OpenAIChat("m", base_url=chat_server.base_url, api_key_env=None, max_output_tokens=50)
    requests = ask_colours(3)
    path = tmp_path / "requests.jsonl"
    assert export_batch(requests, path, chat, format=format) == 3
    names = [line[NAMES[format]] for line in lines_of(path)]
    write(
        tmp_path / "results.jsonl",
        ANSWERS[format](names[0], "Red."),
        ERRORS[format](names[1], "Filtered."),
        {NAMES[format]: names[2], "response": 7, "result": 7},
    )
    counts = import_batch(tmp_path / "results.jsonl", requests, chat, tmp_path / "cache")
    assert counts == ImportCounts(n_answered=1, n_failed=1, n_missing=1, n_unreadable=1)
    session = ChatSession(chat, cache=tmp_path / "cache")
    assert [outcome.value for outcome in session.ask(requests, str)] == ["Red.", "Blue.", "Blue."]
    assert chat_server.n_requests == 2


def test_the_format_tells_answers_apart_but_leaves_those_of_before_alone(tmp_path, ask_colours):
    (request,) = ask_colours(1)
    plain = BatchFiles(tmp_path, "m")
    assert "format" not in plain.identity
    names = {BatchFiles(tmp_path, "m", format=format)._id(request) for format in (*FORMATS, "openai")}
    assert len(names) == 3
    assert plain._id(request) in names
