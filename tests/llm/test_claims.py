import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from skxtm.llm import ChatAnswer, ChatSession, OpenAIChat, Outcome, Usage
from skxtm.llm._cache import AnswerCache, request_key
from skxtm.llm._claims import Claims

pytest.importorskip("openai")

SAFETY_NET = 600.0  # seconds, so that a test whose event never comes ends


@pytest.fixture
def chat(chat_server):
    return OpenAIChat("m", base_url=chat_server.base_url, api_key_env=None, max_retries=1, timeout=SAFETY_NET)


ASKER = """
import sys
from skxtm.llm import ChatRequest, ChatSession, OpenAIChat

chat = OpenAIChat("m", base_url=sys.argv[1], api_key_env=None, concurrency=int(sys.argv[3]))
requests = [ChatRequest((("user", f"Name a colour, number {number}."),)) for number in range(20)]
outcomes = ChatSession(chat, cache=sys.argv[2]).ask(requests, str)
assert all(outcome.value == "Blue." for outcome in outcomes)
"""


def start_asker(chat_server, folder, concurrency=2):
    command = [sys.executable, "-c", ASKER, chat_server.base_url, str(folder), str(concurrency)]
    return subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"})


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(tmp_path, chat_server, chat, ask_colours):
    half_way, killed = threading.Event(), threading.Event()

    def answer(body):
        if chat_server.n_answered >= 10:
            half_way.set()
            killed.wait(SAFETY_NET)
        return "Blue."

    chat_server.answer = answer
    asker = start_asker(chat_server, tmp_path)
    assert half_way.wait(SAFETY_NET)
    asker.kill()
    asker.wait(SAFETY_NET)
    n_before = chat_server.n_requests
    killed.set()
    chat_server.answer = lambda body: "Blue."
    outcomes = ChatSession(chat, cache=tmp_path).ask(ask_colours(20), str)
    assert all(outcome.value == "Blue." for outcome in outcomes)
    asked = [body["messages"][0]["content"] for body in chat_server.bodies]
    # up to two were under way when the process died: their answers never reached it
    assert n_before <= 12
    assert len(asked) <= 20 + 2
    assert len(set(asked)) == 20


@pytest.mark.slow
def test_what_a_killed_process_was_asking_is_asked_by_the_one_that_waits(
    tmp_path, chat_server, chat, ask_colours
):
    begun, never = threading.Event(), threading.Event()
    chat_server.answer = lambda body: begun.set() or str(never.wait(SAFETY_NET))
    asker = start_asker(chat_server, tmp_path, concurrency=1)
    assert begun.wait(SAFETY_NET)
    chat_server.answer = lambda body: "Blue."
    outcomes = []
    session = ChatSession(chat, cache=tmp_path)
    waiting = threading.Thread(target=lambda: outcomes.extend(session.ask(ask_colours(1), str)))
    waiting.start()
    waiting.join(0.5)
    assert (chat_server.n_requests, outcomes) == (1, [])
    asker.kill()
    waiting.join(SAFETY_NET)
    assert outcomes == [Outcome("Blue.")]
    assert chat_server.n_requests == 2
    never.set()
    asker.wait(SAFETY_NET)


def test_two_sessions_wait_for_each_other_and_return_what_is_stored(tmp_path, chat_server, chat, ask_colours):
    begun, release = threading.Event(), threading.Event()
    chat_server.answer = lambda body: (
        begun.set() or (release.wait(SAFETY_NET) and f"Answer {chat_server.n_requests}.")
    )
    sessions = [ChatSession(chat, cache=tmp_path) for _ in range(2)]
    outcomes = [None, None]

    def ask(number):
        outcomes[number] = sessions[number].ask(ask_colours(1), str)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    threads[0].start()
    assert begun.wait(SAFETY_NET)
    threads[1].start()
    threads[1].join(0.5)
    release.set()
    for thread in threads:
        thread.join(SAFETY_NET)
    assert outcomes == [[Outcome("Answer 1.")], [Outcome("Answer 1.", cached=True)]]
    assert chat_server.n_requests == 1
    assert [session.usage.n_requests for session in sessions] == [1, 0]
    assert [session.usage.n_cached for session in sessions] == [0, 1]


def test_an_answer_stored_by_others_meanwhile_is_the_one_that_holds(tmp_path, chat_server, chat, ask_colours):
    (request,) = ask_colours(1)

    def answer(body):
        AnswerCache(tmp_path).put(request_key(chat.identity, request), ChatAnswer("From a batch."))
        return "Blue."

    chat_server.answer = answer
    session = ChatSession(chat, cache=tmp_path, prices=(0.0, 1.0))
    assert session.ask([request], str) == [Outcome("From a batch.")]
    assert session.usage.output_tokens == len("Blue.")


def test_a_request_that_fails_is_left_to_the_one_that_waits(tmp_path, chat_server, chat, ask_colours):
    begun, release = threading.Event(), threading.Event()

    def fail(handler):
        begun.set()
        release.wait(SAFETY_NET)
        handler.send_json(503, {}, {})

    chat_server.fail(fail)
    outcomes = []
    chat.set_params(max_retries=0)
    threads = [
        threading.Thread(
            target=lambda: outcomes.extend(ChatSession(chat, cache=tmp_path).ask(ask_colours(1), str))
        )
        for _ in range(2)
    ]
    threads[0].start()
    assert begun.wait(SAFETY_NET)
    threads[1].start()
    threads[1].join(0.3)
    assert chat_server.n_requests == 1
    release.set()
    for thread in threads:
        thread.join(SAFETY_NET)
    assert sorted(outcome.value or "" for outcome in outcomes) == ["", "Blue."]
    assert chat_server.n_requests == 2


def test_ctrl_c_does_not_wait_for_what_others_are_asking(
    tmp_path, chat_server, chat, ask_colours, monkeypatch
):
    (request,) = ask_colours(1)
    main, sent = threading.main_thread().ident, []

    def interrupt_once(folder, run):  # called while waiting for others
        if not sent:
            sent.append(run)
            signal.pthread_kill(main, signal.SIGINT)
        return True

    monkeypatch.setattr("skxtm.llm._claims._is_alive", interrupt_once)
    with Claims(AnswerCache(tmp_path)) as others:
        assert others.answer_or_claim(request_key(chat.identity, request)) is None
        with pytest.raises(KeyboardInterrupt):
            ChatSession(chat, cache=tmp_path).ask([request], str)
    assert sent == [others.run]
    assert chat_server.n_requests == 0


def test_a_claim_that_is_waited_for_for_an_hour_is_taken_over(
    tmp_path, chat_server, chat, ask_colours, monkeypatch
):
    (request,) = ask_colours(1)
    monkeypatch.setattr("skxtm.llm._claims._LONGEST_CLAIM_S", 0.3)
    with Claims(AnswerCache(tmp_path)) as stuck:
        assert stuck.answer_or_claim(request_key(chat.identity, request)) is None
        begun = time.monotonic()
        assert ChatSession(chat, cache=tmp_path).ask([request], str) == [Outcome("Blue.")]
        assert time.monotonic() - begun >= 0.3


def test_a_clock_that_is_set_forward_takes_no_claim_over(
    tmp_path, chat_server, chat, ask_colours, monkeypatch
):
    begun, release = threading.Event(), threading.Event()
    chat_server.answer = lambda body: begun.set() or (release.wait(10) and "Blue.")
    outcomes = []
    ask = lambda: outcomes.extend(ChatSession(chat, cache=tmp_path).ask(ask_colours(1), str))  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(2)]
    threads[0].start()
    assert begun.wait(10)
    tomorrow = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    threads[1].start()
    threads[1].join(0.5)
    release.set()
    for thread in threads:
        thread.join(10)
    assert [outcome.value for outcome in outcomes] == ["Blue.", "Blue."]
    assert chat_server.n_requests == 1


def test_claims_of_a_killed_run_are_cleared_away(tmp_path):
    cache = AnswerCache(tmp_path)
    assert cache.answer_or_claim(bytes(32), "killed") == "killed"
    with Claims(cache):
        assert cache.prepare() == []


def test_the_file_of_a_killed_run_is_removed_and_that_of_a_long_one_is_kept(tmp_path):
    killed, young = tmp_path / "run-1.lock", tmp_path / "run-2.lock"
    killed.touch()
    young.touch()
    with Claims(AnswerCache(tmp_path)) as long:
        of_long = tmp_path / f"run-{long.run}.lock"
        for path in (killed, of_long):
            os.utime(path, (0, 0))
        with Claims(AnswerCache(tmp_path)):
            assert [path.exists() for path in (killed, young, of_long)] == [False, True, True]
    assert not of_long.exists()


@pytest.mark.slow
def test_two_processes_with_one_cache_ask_nothing_twice(tmp_path, chat_server, chat, ask_colours):
    chat_server.answer = lambda body: time.sleep(0.05) or "Blue."
    askers = [start_asker(chat_server, tmp_path, concurrency=4) for _ in range(2)]
    assert [asker.wait(SAFETY_NET) for asker in askers] == [0, 0]
    assert sorted(body["messages"][0]["content"] for body in chat_server.bodies) == sorted(
        request.messages[0][1] for request in ask_colours(20)
    )
    assert not list(tmp_path.glob("run-*"))
    session = ChatSession(chat, cache=tmp_path)
    session.ask(ask_colours(20), str)
    assert session.usage == Usage(n_cached=20)
