import json
import random

import pytest

from skxtm.exceptions import (
    AnswerFormatError,
    AnswersPendingError,
    BudgetError,
    ChatError,
    InputError,
    InputTypeError,
)
from skxtm.llm import (
    BatchFiles,
    ChatRequest,
    ChatSession,
    OpenAIChat,
    Outcome,
    ScriptedChat,
    export_batch,
    import_batch,
)
from skxtm.llm.base import repetition_note
from skxtm.llm.batch import ImportCounts

SCHEMA = {"type": "object"}


@pytest.fixture
def chat(tmp_path):
    return BatchFiles(tmp_path / "batch", "some-model")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "batch"


def ids(path):
    return [json.loads(line)["custom_id"] for line in path.read_text("utf-8").splitlines()]


def output_line(custom_id, content, **further):
    """A line as in the output file of OpenAI's Batch API."""
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "some-model-1",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
    response = {"status_code": 200, "request_id": "req_1", "body": body}
    return {"id": "batch_req_1", "custom_id": custom_id, "response": response, "error": None, **further}


def error_line(custom_id, message):
    """A line as in the error file of OpenAI's Batch API."""
    body = {"error": {"message": message, "type": "invalid_request_error", "code": None}}
    response = {"status_code": 400, "request_id": "req_1", "body": body}
    return {"id": "batch_req_1", "custom_id": custom_id, "response": response, "error": None}


def expired_line(custom_id):
    error = {
        "code": "batch_expired",
        "message": "This request could not be executed before the window expired.",
    }
    return {"id": "batch_req_1", "custom_id": custom_id, "response": None, "error": error}


def write(path, *lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def ask_pending(chat, requests, parse=str, **arguments):
    with pytest.raises(AnswersPendingError) as caught:
        ChatSession(chat, **arguments).ask(requests, parse)
    return str(caught.value)


def test_requests_are_written_as_the_batch_api_takes_them(chat, folder):
    chat.set_params(temperature=0.0, max_output_tokens=50)
    request = ChatRequest(
        (("system", "Be brief."), ("user", "雨")), round=3, schema=SCHEMA, plain_messages=(("user", "rain"),)
    )
    message = ask_pending(chat, [request])
    (line,) = [json.loads(text) for text in (folder / "requests-1.jsonl").read_text("utf-8").splitlines()]
    assert line == {
        "custom_id": line["custom_id"],
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {
            "model": "some-model",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "雨" + repetition_note(3)},
            ],
            "temperature": 0.0,
            "max_completion_tokens": 50,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
            },
        },
    }
    assert line["custom_id"].endswith("-3")
    assert len(line["custom_id"]) <= 64
    assert message == (
        f"1 of 1 requests have no answer yet; they are in {str(folder / 'requests-1.jsonl')!r}. Have them answered, "
        "put the files of answers into the same folder, under names that end in .jsonl, and make the same call again."
    )


def test_plain_text_requests_carry_no_schema(chat):
    request = ChatRequest((("user", "As JSON."),), schema=SCHEMA, plain_messages=(("user", "As text."),))
    body = chat.set_params(structured="text").body(request)
    assert body == {"model": "some-model", "messages": [{"role": "user", "content": "As text."}]}


def test_answers_to_no_request_are_told_of(chat, folder, ask_colours):
    requests = ask_colours(2)
    assert "answers there" not in ask_pending(chat, requests)
    first, _ = ids(folder / "requests-1.jsonl")
    write(folder / "answers.jsonl", output_line(first, "Red."), output_line("request-2", "Blue."))
    message = ask_pending(chat, requests)
    assert (
        " 1 answers there are to none of the requests in this folder, such as custom_id='request-2'. "
        in message
    )


def test_answers_that_other_settings_have_made_useless_are_told_of(chat, folder, ask_colours):
    requests = ask_colours(2)
    ask_pending(chat, requests)
    write(folder / "answers.jsonl", *(output_line(name, "Red.") for name in ids(folder / "requests-1.jsonl")))
    message = ask_pending(chat.set_params(temperature=0.5), requests)
    assert " The 2 answers there are to other requests, earlier ones or those of other settings. " in message
    assert "requests-2.jsonl" in message


def test_a_folder_that_cannot_be_made_is_named(tmp_path, ask_colours):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as caught:
        ChatSession(BatchFiles(tmp_path / "file", "m")).ask(ask_colours(1), str)
    path = tmp_path / "file" / "requests-1.jsonl"
    assert str(caught.value).startswith(f"The file of requests {str(path)!r} cannot be written (")
    assert str(caught.value).endswith("). Give another folder.")


def test_a_chat_model_that_writes_no_batches_is_named(tmp_path, ask_colours):
    with pytest.raises(InputTypeError) as caught:
        export_batch(ask_colours(1), tmp_path / "requests.jsonl", ScriptedChat(["Red."]))
    assert str(caught.value) == "chat must be an OpenAIChat or BatchFiles. Got ScriptedChat instead."


def test_answers_are_found_in_any_order_and_number_of_files(chat, folder, ask_colours):
    requests = ask_colours(10)
    ask_pending(chat, requests)
    lines = [output_line(name, f"{row}") for row, name in enumerate(ids(folder / "requests-1.jsonl"))]
    random.Random(0).shuffle(lines)
    write(folder / "batch_1_output.jsonl", *lines[:4])
    write(folder / "batch_2_output.jsonl", *lines[4:])
    session = ChatSession(chat)
    assert [outcome.value for outcome in session.ask(requests, int)] == list(range(10))
    assert (session.usage.input_tokens, session.usage.output_tokens) == (100, 50)


class AtHand:
    """A chat model that reads its answers, until a user stops it."""

    answers_at_hand = True
    identity = {"model": "read"}

    def __init__(self, stopped_at=None):
        self.stopped_at = stopped_at

    def complete(self, request):
        text = request.messages[0][1]
        if text == self.stopped_at:
            raise KeyboardInterrupt
        if text == "damaged":
            raise ChatError("No answer to this one.")
        return text.upper()


WORDS = ["red", "damaged", "blue", "green"]
READ = [ChatRequest((("user", word),)) for word in WORDS]


def test_answers_at_hand_are_read_anew_each_time_and_not_cached(tmp_path):
    for _ in range(2):
        outcomes = ChatSession(AtHand(), cache=tmp_path).ask(READ, str)
        assert [(outcome.value, outcome.cached) for outcome in outcomes] == [
            *(("RED", False), (None, False), ("BLUE", False), ("GREEN", False)),
        ]
    assert not list(tmp_path.iterdir())


def test_ctrl_c_ends_the_reading(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        ChatSession(AtHand("green"), cache=tmp_path).ask(READ, str)


def test_every_folder_has_its_own_answers_and_a_corrected_line_counts(tmp_path, ask_colours):
    requests, cache = ask_colours(2), tmp_path / "cache"

    def values(name):
        outcomes = ChatSession(BatchFiles(tmp_path / name, "human"), cache=cache).ask(requests, str)
        return [outcome.value for outcome in outcomes]

    def write_answers(name, answers):
        names = ids(tmp_path / name / "requests-1.jsonl")
        write(tmp_path / name / "answers.jsonl", *map(output_line, names, answers))

    for name in ("alice", "bob"):
        ask_pending(BatchFiles(tmp_path / name, "human"), requests, cache=cache)
        write_answers(name, [f"Red of {name}.", "Blue."])
        assert values(name) == [f"Red of {name}.", "Blue."]
    write_answers("alice", ["Green.", "Blue."])
    assert values("alice") == ["Green.", "Blue."]
    write_answers("alice", ["Green."])
    ask_pending(BatchFiles(tmp_path / "alice", "human"), requests, cache=cache)


def test_an_estimate_knows_what_the_folder_holds(chat, folder, ask_colours):
    requests = ask_colours(5)
    ask_pending(chat, requests)
    write(folder / "answers.jsonl", *(output_line(n, "Red.") for n in ids(folder / "requests-1.jsonl")[:2]))
    estimate = ChatSession(chat).estimate(requests)
    assert (estimate.n_requests, estimate.n_cached) == (3, 2)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_answers_that_are_not_utf_8_are_named_by_file_and_line(chat, folder, tmp_path, ask_colours, encoding):
    requests = ask_colours(2)
    ask_pending(chat, requests)
    lines = [
        json.dumps({"custom_id": name, "content": content}, ensure_ascii=False)
        for name, content in zip(ids(folder / "requests-1.jsonl"), ["Rain.", "下雨"], strict=True)
    ]
    path = folder / "answers.jsonl"
    path.write_text("\n".join(lines), encoding=encoding)
    number = {"gb18030": 2, "utf-16": 1}[encoding]
    said = f"{str(path)!r}, line {number}: the text is not UTF-8. Save the file as UTF-8."
    for read in (
        lambda: ChatSession(chat).ask(requests, str),
        lambda: import_batch(path, requests, OpenAIChat("m"), tmp_path / "cache"),
    ):
        with pytest.raises(InputError) as caught:
            read()
        assert str(caught.value) == said


def test_breaks_within_a_text_end_no_line(chat, folder, ask_colours):
    requests = ask_colours(2)
    ask_pending(chat, requests)
    lines = [
        json.dumps({"custom_id": name, "content": "rain\u2028snow\x85"}, ensure_ascii=False)
        for name in ids(folder / "requests-1.jsonl")
    ]
    (folder / "answers.jsonl").write_bytes("\ufeff".encode() + "\r\n".join(lines).encode())
    outcomes = ChatSession(chat).ask(requests, str)
    assert [outcome.value for outcome in outcomes] == ["rain\u2028snow\x85"] * 2


def test_an_answer_that_stays_unreadable_says_which_lines_to_delete(chat, folder, ask_colours):
    requests = ask_colours(2)
    ask_pending(chat, requests)
    first, other = ids(folder / "requests-1.jsonl")
    write(folder / "answers-1.jsonl", output_line(first, "soon"), output_line(other, "7"))

    def parse(text):
        if not text.isdigit():
            raise AnswerFormatError("The answer must be a number.")
        return int(text)

    ask_pending(chat, requests, parse)
    (second,) = ids(folder / "requests-2.jsonl")
    write(folder / "answers-2.jsonl", output_line(second, "later"))
    said = (
        f"The answer must be a number. Delete the lines of '{first}' and '{second}' from the folder "
        f"{str(folder)!r} to have it asked anew."
    )
    assert ChatSession(chat).ask(requests, parse) == [Outcome(None, said), Outcome(7)]
    (folder / "answers-2.jsonl").unlink()
    write(folder / "answers-1.jsonl", output_line(other, "7"))
    assert "requests-3.jsonl" in ask_pending(chat, requests, parse)
    assert ids(folder / "requests-3.jsonl") == [first]


def test_answers_at_hand_count_against_a_limit(tmp_path):
    session = ChatSession(AtHand(), cache=tmp_path, max_requests=4)
    session.ask(READ, str)
    assert session.usage.n_requests == 4
    with pytest.raises(BudgetError):
        session.ask([ChatRequest((("user", "black"),))], str)


def test_only_what_is_missing_goes_into_the_next_file(chat, folder, ask_colours):
    requests = ask_colours(5)
    ask_pending(chat, requests)
    names = ids(folder / "requests-1.jsonl")
    write(folder / "output.jsonl", *[output_line(name, "Blue.") for name in names[:3]])
    with (folder / "output.jsonl").open("a") as file:
        file.write('{"custom_id": "cut off in the mid')
    write(folder / "errors.jsonl", expired_line(names[3]))
    message = ask_pending(chat, requests)
    assert message == (
        f"2 of 5 requests have no answer yet; they are in {str(folder / 'requests-2.jsonl')!r}. Lines that "
        "cannot be read: 1. Have them answered, put the files of answers into the same folder, under names that end "
        "in .jsonl, and make the same call again."
    )
    assert ids(folder / "requests-2.jsonl") == names[3:]


def test_asking_again_without_new_answers_writes_nothing(chat, folder, ask_colours):
    first = ask_pending(chat, ask_colours(3))
    assert ask_pending(chat, ask_colours(3)) == first
    assert [path.name for path in folder.iterdir()] == ["requests-1.jsonl"]


def test_an_error_counts_as_answered_until_an_answer_comes(chat, folder, ask_colours):
    requests = ask_colours(2)
    ask_pending(chat, requests)
    names = ids(folder / "requests-1.jsonl")
    write(folder / "errors.jsonl", error_line(names[0], "Filtered."))
    write(folder / "output.jsonl", output_line(names[1], "Blue."))
    expected = f"The batch answered '{names[0]}' with an error ('Filtered.')."
    assert ChatSession(chat).ask(requests, str) == [Outcome(None, expected), Outcome("Blue.")]
    write(folder / "second.jsonl", output_line(names[0], "Red."))
    assert [outcome.value for outcome in ChatSession(chat).ask(requests, str)] == ["Red.", "Blue."]


def test_half_an_answer_with_an_error_is_none(chat, folder, ask_colours):
    requests = ask_colours(2)
    ask_pending(chat, requests)
    lines = [output_line(name, "Blue an") for name in ids(folder / "requests-1.jsonl")]
    choices = [line["response"]["body"]["choices"][0] for line in lines]
    choices[0]["error"] = {"code": 502, "message": "Provider is down."}
    choices[1]["finish_reason"] = "error"
    write(folder / "answers.jsonl", *lines)
    for outcome, said in zip(
        ChatSession(chat).ask(requests, str), ["Provider is down.", "finish_reason: error"], strict=True
    ):
        assert outcome.error.endswith(f"with an error ({said!r}).")


def test_a_line_written_by_hand_is_enough(chat, folder, ask_colours):
    ask_pending(chat, ask_colours(1))
    write(folder / "mine.jsonl", {"custom_id": ids(folder / "requests-1.jsonl")[0], "content": "Blue."})
    assert ChatSession(chat).ask(ask_colours(1), str) == [Outcome("Blue.")]


def test_partial_answers_may_be_accepted(chat, folder, ask_colours):
    ask_pending(chat, ask_colours(2))
    names = ids(folder / "requests-1.jsonl")
    write(folder / "output.jsonl", output_line(names[1], "Blue."))
    outcomes = ChatSession(chat.set_params(accept_partial=True)).ask(ask_colours(2), str)
    assert outcomes == [
        Outcome(None, f"The folder {str(folder)!r} holds no answer to '{names[0]}'."),
        Outcome("Blue."),
    ]


def test_an_unreadable_answer_goes_into_the_next_file_with_its_error(chat, folder, tmp_path, ask_colours):
    def parse(text):
        if text != "Blue.":
            raise AnswerFormatError("The answer must be blue.")
        return text

    requests = ask_colours(2)
    ask_pending(chat, requests)
    names = ids(folder / "requests-1.jsonl")
    write(folder / "output.jsonl", output_line(names[0], "Blue."), output_line(names[1], "Red."))
    ask_pending(chat, requests, parse, cache=tmp_path / "cache")
    (line,) = [json.loads(text) for text in (folder / "requests-2.jsonl").read_text("utf-8").splitlines()]
    assert [message["content"] for message in line["body"]["messages"][1:]] == [
        "Red.",
        "This answer cannot be used: The answer must be blue. Answer the request above again, and nothing else.",
    ]
    write(folder / "output-2.jsonl", output_line(line["custom_id"], "Blue."))
    session = ChatSession(chat, cache=tmp_path / "cache")
    assert [outcome.value for outcome in session.ask(requests, parse)] == ["Blue.", "Blue."]


def test_a_limit_of_cost_is_refused_for_batches(chat):
    with pytest.raises(InputError) as caught:
        ChatSession(chat.set_params(max_output_tokens=5), prices=(1, 2), max_cost=1)
    assert str(caught.value) == (
        "max_cost stops between one request and the next, but BatchFiles asks all at once. Leave max_cost out, and "
        "look at estimate() before."
    )


def test_answers_that_are_imported_are_found_by_a_client(tmp_path, chat_server, ask_colours):
    chat = OpenAIChat("m", base_url=chat_server.base_url, api_key_env=None, temperature=0.5)
    requests = ask_colours(4)
    assert export_batch(requests + requests[:1], tmp_path / "new" / "requests.jsonl", chat) == 4
    path = tmp_path / "new" / "requests.jsonl"
    assert json.loads(path.read_text("utf-8").splitlines()[0])["body"]["temperature"] == 0.5
    names = ids(path)
    write(
        tmp_path / "output.jsonl",
        output_line(names[2], "Red."),
        error_line(names[1], "Filtered."),
        {"custom_id": names[0]},
        output_line("unknown", "Green."),
        output_line(names[0], "White."),
    )
    counts = import_batch(tmp_path / "output.jsonl", requests, chat, tmp_path / "cache")
    assert counts == ImportCounts(n_answered=2, n_failed=1, n_missing=1, n_unreadable=1)
    session = ChatSession(chat, cache=tmp_path / "cache")
    assert [outcome.value for outcome in session.ask(requests, str)] == ["White.", "Blue.", "Red.", "Blue."]
    assert chat_server.n_requests == 2


def test_a_file_that_was_repaired_and_imported_again_replaces_its_answers(tmp_path, ask_colours):
    requests, chat = ask_colours(2), OpenAIChat("m", base_url="http://127.0.0.1:9/v1")
    export_batch(requests, tmp_path / "requests.jsonl", chat)
    names = ids(tmp_path / "requests.jsonl")
    for answers in (["Red.", "Blue."], ["Green."]):
        write(tmp_path / "output.jsonl", *map(output_line, names, answers))
        import_batch(tmp_path / "output.jsonl", requests, chat, tmp_path / "cache")
    outcomes = ChatSession(chat, cache=tmp_path / "cache").ask(requests, str)
    assert [outcome.value for outcome in outcomes] == ["Green.", "Blue."]


def test_nothing_is_imported_for_a_chat_model_that_reads_files_itself(chat, folder, tmp_path, ask_colours):
    ask_pending(chat, ask_colours(1))
    with pytest.raises(InputTypeError) as caught:
        import_batch(folder, ask_colours(1), chat, tmp_path / "cache")
    assert str(caught.value) == (
        "BatchFiles reads answers from its folder, and finds none in a cache. Put the file of answers there, or give "
        "the OpenAIChat that is to find them."
    )


def test_half_a_character_in_a_file_of_answers_is_replaced(tmp_path, ask_colours):
    requests, chat = ask_colours(2), OpenAIChat("m", base_url="http://127.0.0.1:9/v1")
    export_batch(requests, tmp_path / "requests.jsonl", chat)
    lines = [output_line(name, "Blue \ud83c") for name in ids(tmp_path / "requests.jsonl")]
    lines[1]["response"]["body"]["model"] = "m\ud83c"
    write(tmp_path / "output.jsonl", *lines)
    assert import_batch(tmp_path / "output.jsonl", requests, chat, tmp_path / "cache").n_answered == 2
    outcomes = ChatSession(chat, cache=tmp_path / "cache").ask(requests, str)
    assert [outcome.value for outcome in outcomes] == ["Blue \ufffd"] * 2


def test_a_file_of_answers_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError) as caught:
        import_batch(tmp_path / "absent.jsonl", [], BatchFiles(tmp_path, "m"), tmp_path / "cache")
    assert str(caught.value) == f"There is no file or folder of answers {str(tmp_path / 'absent.jsonl')!r}."


def test_names_are_stable_and_tell_rounds_and_parameters_apart(tmp_path):
    request = ChatRequest((("user", "Name a colour."),))
    later = ChatRequest((("user", "Name a colour."),), round=1)
    names = [
        BatchFiles(tmp_path, "m")._id(request),
        BatchFiles(tmp_path, "m")._id(later),
        BatchFiles(tmp_path, "n")._id(request),
        BatchFiles(tmp_path, "m", temperature=1.0)._id(request),
    ]
    assert len(set(names)) == 4
    assert BatchFiles(tmp_path / "elsewhere", "m", accept_partial=True)._id(request) == names[0]
