import copy
import json
import pickle
import signal
import threading
import time
import urllib.request

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from skxtm.exceptions import (
    AnswerFormatError,
    BudgetError,
    ChatError,
    ChatRefusedError,
    ChatUnavailableError,
    InputError,
    InputTypeError,
)
from skxtm.llm import ChatAnswer, ChatRequest, ChatSession, Estimate, OpenAIChat, Outcome, ScriptedChat, Usage

pytest.importorskip("openai")

SAFETY_NET = 600.0  # seconds, so that a test whose event never comes ends


class CountingChat:
    """Echoes the last message, counts what it is asked, and lets tests hold answers back."""

    identity = {"model": "echo"}

    def __init__(self, answer=None, concurrency=1, **attributes):
        self.answer = answer or (lambda request: request.messages[-1][1])
        self.concurrency = concurrency
        self.asked = []
        vars(self).update(attributes)

    def complete(self, request):
        self.asked.append(request)
        answer = self.answer(request)
        return answer if isinstance(answer, ChatAnswer) else ChatAnswer(answer, 10, 5)


def number_of(request):
    return int(request.messages[0][1].split()[-1].rstrip("."))


def demand_blue(text):
    if "blue" not in text.lower():
        raise AnswerFormatError("The answer must be blue.")
    return text


@pytest.fixture
def chat(chat_server):
    return OpenAIChat("m", base_url=chat_server.base_url, api_key_env=None, max_retries=1, timeout=SAFETY_NET)


def test_outcomes_come_in_the_order_of_the_requests(ask_colours):
    chat = CountingChat(
        lambda request: time.sleep(0.02 / (1 + number_of(request))) or str(number_of(request)), 4
    )
    assert [outcome.value for outcome in ChatSession(chat).ask(ask_colours(8), int)] == list(range(8))


def test_an_answer_is_asked_for_once_and_then_found(tmp_path, ask_colours):
    chat = CountingChat()
    first = ChatSession(chat, cache=tmp_path).ask(ask_colours(3), str)
    session = ChatSession(chat, cache=tmp_path)
    second = session.ask(ask_colours(3), str)
    assert [outcome.value for outcome in first] == [outcome.value for outcome in second]
    assert [outcome.cached for outcome in first + second] == [False] * 3 + [True] * 3
    assert len(chat.asked) == 3
    assert session.usage == Usage(n_cached=3)


def test_rounds_are_asked_apart(tmp_path):
    answers = iter("abc")
    chat = CountingChat(lambda request: next(answers))
    requests = [ChatRequest((("user", "Name a colour."),), round=number) for number in range(3)]
    session = ChatSession(chat, cache=tmp_path)
    assert [outcome.value for outcome in session.ask(requests, str)] == ["a", "b", "c"]
    assert [outcome.value for outcome in session.ask(requests, str)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "changed",
    [
        {"messages": (("user", "Name a flower."),)},
        {"messages": (("system", "Name a colour."),)},
        {"round": 1},
        {"schema": {"type": "object"}},
        {"plain_messages": (("user", "Name a colour."),)},
        {"version": "2"},
    ],
)
def test_a_request_that_differs_in_anything_is_another(tmp_path, changed):
    chat = CountingChat()
    session = ChatSession(chat, cache=tmp_path)
    session.ask([ChatRequest((("user", "Name a colour."),))], str)
    session.ask([ChatRequest(**{"messages": (("user", "Name a colour."),), **changed})], str)
    assert len(chat.asked) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"base_url": "http://127.0.0.1:1/v1"},
        {"model": "other"},
        {"temperature": 0.0},
        {"top_p": 0.5},
        {"seed": 0},
        {"max_output_tokens": 5},
        {"extra_body": {"top_k": 1}},
        {"structured": "text"},
    ],
)
def test_a_parameter_that_changes_answers_changes_the_key(changed):
    chat = OpenAIChat("m", base_url="http://127.0.0.1/v1")
    assert OpenAIChat(**{**chat.get_params(), **changed}).identity != chat.identity


@pytest.mark.parametrize(
    "changed", [{"timeout": 1}, {"max_retries": 0}, {"concurrency": 9}, {"requests_per_minute": 1}]
)
def test_a_parameter_that_changes_no_answer_keeps_the_key(changed):
    chat = OpenAIChat("m", base_url="http://127.0.0.1/v1")
    assert OpenAIChat(**{**chat.get_params(), **changed}).identity == chat.identity


def test_requests_that_are_alike_are_asked_once(ask_colours):
    chat = CountingChat(concurrency=3)
    outcomes = ChatSession(chat).ask(ask_colours(2) * 3, str)
    assert len(chat.asked) == 2
    assert [outcome.value for outcome in outcomes[:2]] * 3 == [outcome.value for outcome in outcomes]


def test_a_request_under_way_in_another_thread_is_not_asked_again(ask_colours):
    begun, release = threading.Event(), threading.Event()

    def answer(request):
        begun.set()
        assert release.wait(SAFETY_NET)
        return "Blue."

    chat = CountingChat(answer)
    session = ChatSession(chat)
    outcomes = []
    threads = [
        threading.Thread(target=lambda: outcomes.extend(session.ask(ask_colours(1), str))) for _ in range(2)
    ]
    threads[0].start()
    assert begun.wait(SAFETY_NET)
    threads[1].start()
    threads[1].join(0.1)
    release.set()
    for thread in threads:
        thread.join(SAFETY_NET)
    assert [outcome.value for outcome in outcomes] == ["Blue.", "Blue."]
    assert len(chat.asked) == 1


def test_a_chat_without_identity_is_asked_every_time(tmp_path, ask_colours):
    chat = ScriptedChat(["a", "b", "c", "d"])
    session = ChatSession(chat, cache=tmp_path)
    outcomes = session.ask(ask_colours(1) * 2, str) + session.ask(ask_colours(1) * 2, str)
    assert [outcome.value for outcome in outcomes] == ["a", "b", "c", "d"]
    assert not list(tmp_path.iterdir())


def test_an_unreadable_answer_is_asked_again_with_the_error(tmp_path, ask_colours):
    chat = CountingChat(lambda request: "Red." if len(request.messages) == 1 else "Blue.")
    session = ChatSession(chat, cache=tmp_path)
    (request,) = ask_colours(1, plain_messages=(("user", "Plainly."),))
    assert session.ask([request], demand_blue) == [Outcome("Blue.")]
    added = (
        ("assistant", "Red."),
        (
            "user",
            "This answer cannot be used: The answer must be blue. Answer the request above again, and nothing else.",
        ),
    )
    assert chat.asked[1] == ChatRequest(
        request.messages + added, plain_messages=(("user", "Plainly."), *added)
    )
    assert session.ask([request], demand_blue) == [Outcome("Blue.", cached=True)]
    assert len(chat.asked) == 2
    assert session.usage == Usage(n_requests=2, n_cached=2, input_tokens=20, output_tokens=10)


def test_an_answer_that_stays_unreadable_is_paid_for_and_asked_anew_by_the_next_call(tmp_path, ask_colours):
    chat = CountingChat(lambda request: "")
    session = ChatSession(chat, cache=tmp_path)
    for n_calls in (1, 2):
        (outcome,) = session.ask(ask_colours(1), demand_blue)
        assert (outcome.value, outcome.error) == (None, "The answer is empty.")
        assert session.usage == Usage(2 * n_calls, 0, n_calls, 20 * n_calls, 10 * n_calls)
    assert chat.asked[1].messages[1:] == (
        ("assistant", "(no answer)"),
        (
            "user",
            "This answer cannot be used: The answer must be blue. Answer the request above again, and nothing else.",
        ),
    )


def test_half_a_character_in_an_answer_is_asked_about_kept_and_paid_for_once(tmp_path, chat_server, chat):
    halves = {"model": "m\ud83c", "usage": {"prompt_tokens": 1, "completion_tokens": 1}}
    choices = [
        {"message": {"content": f"{colour} \ud83c"}, "finish_reason": "st\ud83c"}
        for colour in ("Red", "Blue")
    ]
    chat_server.fail(*(chat_server.raw(json.dumps({**halves, "choices": [choice]})) for choice in choices))
    request = ChatRequest((("user", "Name a colour \ud83c."),))
    for cached in (False, True):
        outcomes = ChatSession(chat, cache=tmp_path).ask([request], demand_blue)
        assert outcomes == [Outcome("Blue \ufffd", cached=cached)]
    assert chat_server.n_requests == 2
    sent = [message["content"] for message in chat_server.bodies[1]["messages"][:2]]
    assert sent == ["Name a colour \ufffd.", "Red \ufffd"]


def test_an_answer_that_another_session_paid_for_meanwhile_is_not_forgotten(tmp_path, ask_colours):
    chat = CountingChat(lambda request: "Red.")
    judged = []

    def read_slowly(text):
        judged.append(text)
        if len(judged) == 2:  # another session finds both answers useless, and asks anew
            chat.answer = lambda request: "Blue."
            assert ChatSession(chat, cache=tmp_path).ask(ask_colours(1), demand_blue) == [Outcome("Blue.")]
        return demand_blue(text)

    ChatSession(chat, cache=tmp_path).ask(ask_colours(1), read_slowly)
    n_asked = len(chat.asked)
    assert ChatSession(chat, cache=tmp_path).ask(ask_colours(1), demand_blue) == [
        Outcome("Blue.", cached=True)
    ]
    assert len(chat.asked) == n_asked


@pytest.mark.parametrize("answer", [str, ChatAnswer])
def test_half_a_character_reaches_no_parser_without_a_cache_either(ask_colours, answer):
    chat = CountingChat(identity=None)
    chat.complete = lambda request: answer("Blue \ud83c")
    assert ChatSession(chat).ask(ask_colours(1), str) == [Outcome("Blue \ufffd")]


def test_a_transient_failure_costs_one_outcome_and_is_not_kept(tmp_path, ask_colours):
    failing = [ChatUnavailableError("Too busy.")]
    chat = CountingChat(lambda request: raise_next(failing) if number_of(request) == 1 else "Blue.")
    session = ChatSession(chat, cache=tmp_path)
    first = session.ask(ask_colours(3), str)
    assert first == [Outcome("Blue."), Outcome(None, "Too busy."), Outcome("Blue.")]
    assert session.ask(ask_colours(3), str)[1] == Outcome("Blue.")
    assert len(chat.asked) == 4
    assert session.usage.n_failed == 1


def raise_next(errors):
    if errors:
        raise errors.pop()
    return "Blue."


def test_a_failure_while_asking_again_names_both(ask_colours):
    chat = ScriptedChat(["Red.", ChatError("No connection.")])
    (outcome,) = ChatSession(chat).ask(ask_colours(1), demand_blue)
    assert outcome == Outcome(None, "The answer must be blue. Asked again: No connection.")


def test_a_refusal_stops_what_was_not_sent_and_keeps_what_was(tmp_path, chat_server, chat, ask_colours):
    arrived = threading.Barrier(3)

    def fault_for(body):
        number = int(body["messages"][0]["content"].split()[-1].rstrip("."))
        if number < 3:
            arrived.wait(SAFETY_NET)
        else:
            time.sleep(0.3)  # the refusal is read meanwhile, on a busy machine too
        return chat_server.error(401, "No.") if number == 1 else None

    chat_server.fault_for = fault_for
    chat.set_params(concurrency=3)
    with pytest.raises(ChatRefusedError, match="does not let us in"):
        ChatSession(chat, cache=tmp_path).ask(ask_colours(20), str)
    assert chat_server.n_requests < 20
    n_kept = chat_server.n_answered
    chat_server.fault_for = lambda body: None
    session = ChatSession(chat, cache=tmp_path)
    assert all(outcome.value == "Blue." for outcome in session.ask(ask_colours(20), str))
    assert session.usage.n_cached == n_kept


def test_an_error_that_is_no_chat_error_is_not_swallowed(tmp_path, ask_colours):
    chat = ScriptedChat(["Blue.", ZeroDivisionError("a bug")])
    with pytest.raises(ZeroDivisionError, match="a bug"):
        ChatSession(chat).ask(ask_colours(3), str)


def test_ctrl_c_keeps_what_is_under_way(tmp_path, ask_colours):
    def answer(request):
        if number_of(request) == 1:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        time.sleep(0.05)
        return "Blue."

    chat = CountingChat(answer, concurrency=2)
    with pytest.raises(KeyboardInterrupt):
        ChatSession(chat, cache=tmp_path).ask(ask_colours(20), str)
    n_sent = len(chat.asked)
    assert n_sent < 20
    chat.answer = lambda request: "Blue."
    session = ChatSession(chat, cache=tmp_path)
    session.ask(ask_colours(20), str)
    assert session.usage.n_cached == n_sent


@pytest.mark.parametrize("cache", [True, False])
def test_ctrl_c_ends_retries_and_other_ways_to_ask_too(
    tmp_path, chat_server, chat, ask_colours, monkeypatch, cache
):
    monkeypatch.setattr("skxtm.llm.openai_chat._FIRST_WAIT_S", 4.0)
    both = threading.Barrier(
        2, action=lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    )

    def fault_for(body):
        is_first = "number 0." in str(body)
        both.wait(10.0)
        time.sleep(0.0 if is_first else 2.0)  # so that the other comes when Ctrl-C was noticed
        return chat_server.error(*((500, "Oops.") if is_first else (400, "Unknown field: response_format")))

    chat_server.fault_for = fault_for
    chat.set_params(concurrency=2, max_retries=5)
    requests = ask_colours(8, schema={"type": "object"})
    with pytest.raises(KeyboardInterrupt):
        ChatSession(chat, cache=tmp_path if cache else None).ask(requests, str)
    assert chat_server.n_requests == 2


def test_answers_are_the_same_whatever_the_concurrency(ask_colours):
    def answer(request):
        time.sleep(0.001 * (number_of(request) % 3))
        if number_of(request) % 4 == 3:
            raise ChatUnavailableError("Too busy.")
        return "blue" if number_of(request) % 2 else "red"

    outcomes = [ChatSession(CountingChat(answer, n)).ask(ask_colours(12), demand_blue) for n in (1, 2, 5)]
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_no_more_requests_are_under_way_than_allowed(chat, chat_server, ask_colours):
    three = threading.Barrier(3)
    chat_server.answer = lambda body: "Blue." if three.wait(SAFETY_NET) >= 0 else ""
    chat.set_params(concurrency=3, timeout=SAFETY_NET)
    ChatSession(chat).ask(ask_colours(12), str)
    assert chat_server.most_at_once == 3


def test_requests_are_spaced_by_the_rate(ask_colours):
    begun = []
    chat = CountingChat(lambda request: begun.append(time.monotonic()) or "", 4, requests_per_minute=1200)
    ChatSession(chat).ask(ask_colours(6), str)
    assert max(begun) - min(begun) >= 5 * 0.05 - 0.02


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"concurrency": 0}, "concurrency must be an int of at least 1. Got 0."),
        ({"concurrency": True}, "concurrency must be an int of at least 1. Got True."),
        ({"requests_per_minute": 0}, "requests_per_minute must be None or above 0. Got 0."),
    ],
)
def test_a_pace_that_makes_no_sense_is_refused(attributes, message):
    with pytest.raises(InputError) as caught:
        ChatSession(CountingChat(**attributes))
    assert str(caught.value) == message


def test_too_many_requests_are_not_begun(tmp_path, ask_colours):
    chat = CountingChat()
    session = ChatSession(chat, cache=tmp_path, max_requests=3)
    session.ask(ask_colours(2), str)
    with pytest.raises(BudgetError) as caught:
        session.ask(ask_colours(4), str)
    assert str(caught.value) == (
        "2 requests are not in the cache, but max_requests=3 leaves 1 of them. Nothing was sent. Raise "
        "max_requests, or ask less."
    )
    assert len(chat.asked) == 2
    assert len(session.ask(ask_colours(3), str)) == 3


def test_asking_again_stops_at_the_limit_too(ask_colours):
    chat = CountingChat(lambda request: "Red." if len(request.messages) == 1 else "Blue.")
    session = ChatSession(chat, max_requests=3)
    outcomes = session.ask(ask_colours(2), demand_blue)
    assert outcomes == [
        Outcome("Blue."),
        Outcome(None, "The answer must be blue. Asked again: Not sent: max_requests=3 is reached."),
    ]
    assert session.usage.n_requests == 3


def test_the_next_request_is_not_sent_where_it_might_exceed_the_cost(ask_colours):
    chat = CountingChat(max_output_tokens=100)
    # 24 bytes and two frames of 16 tokens bound the input; 100 tokens bound the output
    worst, actual = (24 + 32 + 2 * 100) / 1e6, (10 + 2 * 5) / 1e6
    session = ChatSession(chat, prices=(1.0, 2.0), max_cost=worst + 2 * actual)
    outcomes = session.ask(ask_colours(5), str)
    assert [outcome.error for outcome in outcomes[:3]] == [None] * 3
    assert [outcome.error for outcome in outcomes[3:]] == [
        "Not sent: it may cost $0.000256, and $0.000060 of max_cost=0.000296 are spent."
    ] * 2
    assert session.usage.cost == pytest.approx(3 * actual)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 100), min_size=3, max_size=12), st.integers(2, 4), st.floats(0, 2e-3))
def test_the_cost_is_never_exceeded_and_does_not_depend_on_concurrency(lengths, concurrency, max_cost):
    requests = [ChatRequest((("user", f"{number}"),)) for number in range(len(lengths))]

    def outcomes(concurrency):
        chat = CountingChat(
            lambda request: ChatAnswer("", 1, lengths[int(request.messages[0][1])]),
            concurrency,
            max_output_tokens=100,
        )
        session = ChatSession(chat, prices=(1.0, 2.0), max_cost=max_cost)
        try:
            values = [outcome.error is None for outcome in session.ask(requests, str)]
        except BudgetError:
            assert max_cost < 250 / 1e6
            assert not chat.asked
            return None
        assert session.usage.cost <= max_cost
        return values

    assert outcomes(concurrency) == outcomes(1)


def test_tokens_that_the_server_does_not_count_are_charged_at_their_bound():
    chat = CountingChat(lambda request: ChatAnswer("Blue."), max_output_tokens=100)
    session = ChatSession(chat, prices=(1.0, 2.0), max_cost=1.0)
    session.ask([ChatRequest((("user", "Name a colour."),))], str)
    assert session.usage.cost == pytest.approx((14 + 32 + 2 * 5) / 1e6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"max_cost": 1.0},
            "max_cost=1 needs to know what a request may cost at most. Set prices, too.",
        ),
        (
            {"max_cost": 1.0, "prices": (1.0, 2.0)},
            "max_cost=1 needs to know what a request may cost at most. Set max_output_tokens of the chat model, too.",
        ),
        (
            {"prices": (1.0,)},
            "prices must be dollars per million input tokens and per million output tokens, as in (0.3, 2.5). "
            "Got (1.0,).",
        ),
        *(
            (
                {"prices": prices},
                "prices must be dollars per million input tokens and per million output tokens, as in (0.3, 2.5). "
                f"Got {prices!r}.",
            )
            for prices in (
                *(3.0, ("0.3", "2.5"), "35", {"input": 0.3, "output": 2.5}, {0.3, 2.5}),
                *((True, 1.0), (float("inf"), 1.0), (1.0, float("nan"))),
            )
        ),
        *(
            ({"max_requests": limit}, f"max_requests must be None or an int of at least 0. Got {limit!r}.")
            for limit in (-1, 1.5, "1", True)
        ),
        (
            {"max_cost": "1", "prices": (1.0, 2.0)},
            "max_cost must be None or dollars of at least 0. Got '1'.",
        ),
        (
            {"max_cost": -1, "prices": (1.0, 2.0)},
            "max_cost must be None or dollars of at least 0. Got -1.",
        ),
    ],
)
def test_limits_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(InputError) as caught:
        ChatSession(CountingChat(), **arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize("limit", [-1, 0, 2.5, "500", True])
@pytest.mark.parametrize("limits", [{}, {"prices": (1.0, 2.0), "max_cost": 0.01}])
def test_a_longest_answer_that_makes_no_sense_is_refused(limit, limits):
    with pytest.raises(InputError) as caught:
        ChatSession(CountingChat(max_output_tokens=limit), **limits)
    assert str(caught.value) == (
        f"max_output_tokens of a chat model must be None or an int of at least 1. Got {limit!r}."
    )


def test_a_server_that_counts_more_input_than_bytes_costs_no_more_than_the_limit(ask_colours):
    chat = CountingChat(lambda request: ChatAnswer("Blue.", 1000, 5), concurrency=4, max_output_tokens=100)
    session = ChatSession(chat, prices=(1.0, 2.0), max_cost=3500 / 1e6)
    outcomes = session.ask(ask_colours(8), str)
    assert [outcome.error is None for outcome in outcomes] == [True] * 3 + [False] * 5
    assert session.usage.cost == pytest.approx(3 * 1010 / 1e6)


def test_numbers_of_numpy_are_limits_and_prices():
    session = ChatSession(CountingChat(), prices=np.array([1, 2.0]), max_requests=np.int64(1))
    session.ask([ChatRequest((("user", "Name a colour."),))], str)
    with pytest.raises(BudgetError):
        session.ask([ChatRequest((("user", "Name another."),))], str)


@pytest.mark.parametrize("cache", [3, True, False])
def test_a_cache_that_is_no_path_is_refused(cache):
    with pytest.raises(InputTypeError) as caught:
        ChatSession(CountingChat(), cache=cache)
    assert str(caught.value) == (
        f"cache must be a path, 'default', or None, which keeps nothing. Got {cache!r}."
    )


def test_a_class_in_place_of_a_chat_model_is_refused():
    with pytest.raises(InputTypeError) as caught:
        ChatSession(CountingChat)
    assert str(caught.value) == "The chat model is the class CountingChat. Give CountingChat(...)."


def test_a_dry_run_sends_nothing_and_says_what_is_left(tmp_path, ask_colours):
    chat = CountingChat()
    session = ChatSession(chat, cache=tmp_path, prices=(0.5, 2.0))
    session.ask(ask_colours(2), str)
    estimate = session.estimate(ask_colours(5) * 2, n_output_tokens=10)
    n_input = 3 * (round(len("Name a colour, number 3.") / 4) + 4)
    assert estimate == Estimate(3, 2, n_input, 30, (0.5 * n_input + 2.0 * 30) / 1e6)
    assert str(estimate) == (
        "3 requests to send, 2 answered from the cache; about 30 input and 30 output tokens, $0.0001"
    )
    assert len(chat.asked) == 2


def test_every_request_may_have_a_parser_of_its_own(ask_colours):
    session = ChatSession(ScriptedChat(["1", "1", "1"]))
    outcomes = session.ask(ask_colours(3), [int, str, float])
    assert [repr(outcome.value) for outcome in outcomes] == ["1", "'1'", "1.0"]
    with pytest.raises(InputError, match=r"^parse holds 1 functions for 2 requests\. Give one for each\.$"):
        session.ask(ask_colours(2), [str])


def test_a_server_that_is_down_is_not_asked_forever(ask_colours):
    def answer(request):
        if number_of(request) >= 5:
            raise ChatUnavailableError("No connection.")
        return "Blue."

    chat = CountingChat(answer)
    outcomes = ChatSession(chat).ask(ask_colours(40), str)
    assert len(chat.asked) == 5 + 10
    assert [outcome.error for outcome in outcomes[5:15]] == ["No connection."] * 10
    assert outcomes[15].error == "Not sent: the server failed 10 times in a row."
    assert all(outcome.error.startswith("Not sent:") for outcome in outcomes[15:])


def test_estimates_multiply():
    assert Estimate(3, 2, 30, 20, 0.5) * 4 == Estimate(12, 8, 120, 80, 2.0)
    assert (Estimate(3, 2, 30, 20) * 4).cost is None


def test_progress_shows_requests_tokens_and_cost(capsys, ask_colours):
    ChatSession(CountingChat(), prices=(1.0, 2.0), verbose=1).ask(ask_colours(2), str)
    last = capsys.readouterr().err.split("\r")[-1]
    assert "Asking: 100%" in last
    assert "2/2" in last
    assert "30 tokens, $0.0000" in last


def test_nothing_is_shown_by_default(capsys, ask_colours):
    ChatSession(CountingChat()).ask(ask_colours(2), str)
    assert capsys.readouterr() == ("", "")


def test_no_requests_give_no_outcomes():
    assert ChatSession(CountingChat()).ask([], str) == []


def test_a_cache_that_cannot_be_written_is_noticed_before_anything_is_sent(
    tmp_path, chat_server, chat, ask_colours
):
    (tmp_path / "file").touch()
    session = ChatSession(chat, cache=tmp_path / "file" / "cache")
    with pytest.raises(InputError, match=r"cannot be used \(.*\)\. Give another folder, or switch it off"):
        session.ask(ask_colours(3), str)
    assert chat_server.n_requests == 0


def test_a_first_request_that_may_cost_too_much_is_not_sent(chat_server, chat, ask_colours):
    chat.set_params(max_output_tokens=100, concurrency=1)
    worst = (24 + 32 + 2 * 100) / 1e6
    session = ChatSession(chat, prices=(1.0, 2.0), max_cost=0.9 * worst)
    with pytest.raises(BudgetError) as caught:
        session.ask(ask_colours(3), str)
    assert str(caught.value) == (
        "One request may cost $0.000256, but max_cost=0.0002304 leaves $0.000230. Nothing was sent. Raise "
        "max_cost, or lower max_output_tokens of the chat model."
    )
    assert chat_server.n_requests == 0
    session = ChatSession(chat, prices=(1.0, 2.0), max_cost=worst)
    assert [outcome.value for outcome in session.ask(ask_colours(2), str)] == ["Blue.", None]
    with pytest.raises(BudgetError, match=r"leaves \$0\.000"):
        session.ask(ask_colours(2), str)
    assert chat_server.n_requests == 1


def test_asking_again_beyond_the_cost_fails_one_outcome(chat_server, chat, ask_colours):
    chat_server.answer = lambda body: "Red."
    chat.set_params(max_output_tokens=100)
    session = ChatSession(chat, prices=(1.0, 2.0), max_cost=256 / 1e6)
    (outcome,) = session.ask(ask_colours(1), demand_blue)
    assert outcome.error.startswith("The answer must be blue. Asked again: Not sent: it may cost $")


def test_an_answer_that_was_cut_off_says_so(chat_server, chat, ask_colours):
    chat_server.fault_for = lambda body: chat_server.choice("Red and", "length")
    assert ChatSession(chat).ask(ask_colours(1), demand_blue) == [
        Outcome(
            None,
            "The answer was cut off at its limit of 7 tokens (The answer must be blue.). Raise max_output_tokens "
            'of the chat model, or ask for less at once, as prompt="single" of LLMRefiner does.',
            truncated=True,
        )
    ]
    assert chat_server.bodies[1]["messages"][1:] == [
        {"role": "assistant", "content": "Red and"},
        {
            "role": "user",
            "content": "This answer cannot be used: It was too long, and was cut off. Answer the request above "
            "again, and nothing else.",
        },
    ]


def test_an_answer_that_was_cut_off_and_can_be_read_is_kept_and_marked(
    tmp_path, chat_server, chat, ask_colours
):
    chat_server.fail(chat_server.choice("Blue and", "length"))
    for cached in (False, True):
        outcomes = ChatSession(chat, cache=tmp_path).ask(ask_colours(1), demand_blue)
        assert outcomes == [Outcome("Blue and", cached=cached, truncated=True)]
    assert chat_server.n_requests == 1


def test_a_limit_that_was_used_up_before_the_answer_says_so(chat_server, chat, ask_colours):
    chat_server.fault_for = lambda body: chat_server.choice("", "length")
    (outcome,) = ChatSession(chat).ask(ask_colours(1), demand_blue)
    assert outcome.error == (
        "The answer is empty: its limit was used up before it began, as by hidden reasoning. Raise "
        "max_output_tokens of the chat model, or have it reason less."
    )


class UrlChat:
    """What a user may write: one method, that returns a text or fails as the standard library does."""

    def __init__(self, chat_server):
        self.url = f"{chat_server.base_url}/chat/completions"

    def complete(self, request):
        body = {"messages": [{"role": role, "content": content} for role, content in request.messages]}
        with urllib.request.urlopen(urllib.request.Request(self.url, json.dumps(body).encode())) as answer:
            return json.load(answer)["choices"][0]["message"]["content"]


def test_a_chat_model_may_return_a_text(chat_server, ask_colours):
    assert ChatSession(UrlChat(chat_server)).ask(ask_colours(2), str) == [Outcome("Blue.")] * 2


class BareChat:
    def complete(self, request):
        return None


@pytest.mark.parametrize("chat", [None, "gpt-5-mini", {"model": "m"}])
def test_what_is_no_chat_model_is_named(chat):
    with pytest.raises(InputTypeError) as caught:
        ChatSession(chat)
    assert str(caught.value) == (
        "A chat model must be an object with a method complete(request), such as skxtm.llm.OpenAIChat(...). Got "
        f"{type(chat).__name__} instead."
    )


@pytest.mark.parametrize("name", ["text", "model", "finish_reason"])
def test_an_answer_without_a_text_is_named(name, ask_colours):
    class HollowChat(BareChat):
        identity = None

        def complete(self, request):
            return ChatAnswer(**{"text": "Blue.", name: None})

    with pytest.raises(InputTypeError) as caught:
        ChatSession(HollowChat()).ask(ask_colours(1), str)
    assert str(caught.value) == (
        f"The ChatAnswer of HollowChat must hold a str as {name}, if need be an empty one. Got None."
    )


def test_a_chat_model_that_returns_something_else_is_named(ask_colours):
    with pytest.raises(InputTypeError) as caught:
        ChatSession(BareChat()).ask(ask_colours(1), str)
    assert str(caught.value) == (
        "The method complete of BareChat must return a ChatAnswer or a str. Got NoneType instead."
    )


def test_a_chat_model_whose_answers_cannot_be_cached_is_warned_of_once(tmp_path, chat_server, ask_colours):
    with pytest.warns(UserWarning, match="identity") as caught:
        session = ChatSession(UrlChat(chat_server), cache=tmp_path)
    assert [str(warning.message) for warning in caught] == [
        "UrlChat has no attribute 'identity', so that its answers are not cached. Give it a property 'identity': a "
        "dict of endpoint, model and every parameter that changes answers; or identity = None if they are not to "
        "be cached."
    ]
    assert caught[0].filename == __file__
    for _ in range(2):
        session.ask(ask_colours(1), str)
    ChatSession(UrlChat(chat_server))
    ChatSession(ScriptedChat([]), cache=tmp_path)


def test_a_connection_that_breaks_in_a_chat_model_of_the_user_fails_one_request(chat_server, ask_colours):
    chat_server.fail(None, chat_server.silence(0.0))
    outcomes = ChatSession(UrlChat(chat_server)).ask(ask_colours(3), str)
    assert [outcome.error for outcome in outcomes] == [
        None,
        "UrlChat raised RemoteDisconnected (Remote end closed connection without response). Run again later.",
        None,
    ]


@pytest.mark.parametrize("error", [ConnectionRefusedError("no"), TimeoutError("no")])
def test_errors_of_connections_are_taken_for_transient(error, ask_colours):
    answers = ["a", *[error] * 10, "b"]
    outcomes = ChatSession(ScriptedChat(answers)).ask(ask_colours(12), str)
    assert outcomes[0] == Outcome("a")
    assert outcomes[1].error == f"ScriptedChat raised {type(error).__name__} (no). Run again later."
    assert outcomes[11].error == "Not sent: the server failed 10 times in a row."


@pytest.mark.parametrize("copied", [clone, copy.deepcopy, lambda chat: pickle.loads(pickle.dumps(chat))])
def test_scripted_answers_can_be_copied(copied):
    request = ChatRequest((("user", "?"),))
    chat = ScriptedChat(["a", "b"])
    assert copied(chat).complete(request).text == "a"
    assert copied(ScriptedChat(answer_blue)).complete(request).text == "Blue."
    assert chat.requests == []
    assert chat.complete(request).text == "a"
    assert clone(chat).complete(request).text == "a"


def answer_blue(request):
    return "Blue."


def test_requests_under_way_are_counted_at_their_worst_until_they_are_answered(ask_colours):
    def at_once(n_output_tokens):
        chat = CountingChat(
            lambda request: time.sleep(0.02) or ChatAnswer("", 1, n_output_tokens), 4, max_output_tokens=100
        )
        # two requests at their worst fit, a third does not
        session = ChatSession(chat, prices=(0.0, 1.0), max_cost=250 / 1e6)
        errors = [outcome.error for outcome in session.ask(ask_colours(4), str)]
        return [error is None for error in errors], session.usage.cost

    assert at_once(100) == ([True, True, False, False], pytest.approx(200 / 1e6))
    assert at_once(10) == ([True] * 4, pytest.approx(40 / 1e6))


def test_a_usage_can_be_pickled(ask_colours):
    session = ChatSession(CountingChat())
    session.ask(ask_colours(1), str)
    assert pickle.loads(pickle.dumps(session.usage)) == session.usage


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda held: clone(held, safe=False)])
def test_a_copy_of_a_session_is_the_session_so_that_its_limits_hold_for_both(copied):
    session = ChatSession(CountingChat(), max_requests=1)
    assert copied(session) is session
    assert copied({"chat": session})["chat"] is session


def test_a_session_cannot_be_pickled_and_says_what_to_give_instead():
    with pytest.raises(InputTypeError) as caught:
        pickle.dumps([ChatSession(CountingChat())])
    assert str(caught.value) == (
        "A ChatSession cannot be pickled or sent to another process: its limits hold in one. Set n_jobs=1, or "
        "give the CountingChat itself, for which no limits hold."
    )


def test_scripted_answers_may_be_errors_and_run_out():
    chat = ScriptedChat(["a", ChatError("No.")])
    request = ChatRequest((("user", "?"),))
    assert chat.complete(request).text == "a"
    with pytest.raises(ChatError, match=r"^No\.$"):
        chat.complete(request)
    with pytest.raises(InputError, match=r"^ScriptedChat was given 2 answers, and asked once more\.$"):
        chat.complete(request)
    assert chat.requests == [request] * 3
