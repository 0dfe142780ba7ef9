"""Rounds of refinement over real HTTP."""

import json
import re

import pytest

from skxtm.exceptions import ChatRefusedError
from skxtm.llm import ChatSession, OpenAIChat
from skxtm.refinement import VocabularyIndex, are_identical
from skxtm.refinement.asking import ask_rounds

pytest.importorskip("openai")

TOPICS = [
    {"en": ["rain", "tax"], "zh": ["雨", "税"]},
    {"en": ["goal", "team"], "zh": ["球", "队"]},
    {"en": ["bank", "loan"], "zh": ["银行", "贷款"]},
]
VOCABULARIES = {
    code: VocabularyIndex([word for topic in TOPICS for word in topic[code]], code) for code in TOPICS[0]
}


@pytest.fixture
def session(chat_server, tmp_path):
    chat = OpenAIChat("m", base_url=chat_server.base_url, api_key_env=None, max_retries=0)
    return ChatSession(chat, cache=tmp_path)


def answer_about(*numbers, words=TOPICS):
    return json.dumps({"topics": [{"topic": n, "theme": f"theme {n}", "words": words[n]} for n in numbers]})


def asked(body):
    """Numbers of the topics that a request asks about."""
    return tuple(map(int, re.findall(r"Topic (\d+)", body["messages"][1]["content"].split("</topics>")[0])))


def ask(session, **options):
    return ask_rounds(session, TOPICS, n_words=2, vocabularies=VOCABULARIES, **options)


def test_topics_that_an_answer_leaves_out_are_asked_about_alone(session, chat_server):
    chat_server.answer = lambda body: answer_about(*([0] if len(asked(body)) > 1 else asked(body)))
    answers = ask(session, n_rounds=2)
    assert [answer.words for answer in answers] == [dict(enumerate(TOPICS))] * 2
    assert [answer.failures for answer in answers] == [{}, {}]
    assert answers[0].themes[2] == "theme 2"
    assert "Topic 1 was not answered." in answers[0].problems
    assert sorted(map(asked, chat_server.bodies)) == [(0, 1, 2)] * 2 + [(1,)] * 2 + [(2,)] * 2
    n_requests = chat_server.n_requests
    ask(session, n_rounds=2)
    assert chat_server.n_requests == n_requests


@pytest.mark.parametrize(("n_whole", "n_again"), [(12, 0), (11, 1), (8, 1), (5, 4), (1, 11)])
def test_topics_cut_off_are_asked_about_again_half_as_many_at_a_time_as_were_whole(
    session, chat_server, n_whole, n_again
):
    topics = [{"en": [f"word{number}"], "zh": [f"字{number}"]} for number in range(12)]
    chat_server.answer = lambda body: answer_about(*asked(body)[:n_whole], words=topics)
    (answer,) = ask_rounds(session, topics, n_rounds=1, n_words=1)
    assert answer.words == dict(enumerate(topics))
    assert answer.failures == {}
    again = list(map(asked, chat_server.bodies[1:]))
    assert len(again) == n_again
    assert sorted(number for numbers in again for number in numbers) == list(range(n_whole, 12))
    assert all(len(numbers) <= max(1, n_whole // 2) for numbers in again)
    for body, numbers in zip(chat_server.bodies[1:], again, strict=True):
        others = body["messages"][1]["content"].split("<other_topics>")[1].split("</other_topics>")[0]
        assert set(map(int, re.findall(r"Topic (\d+)", others))) == set(range(12)) - set(numbers)


def test_topics_asked_about_again_that_stay_unanswered_say_so(session, chat_server):
    topics = [{"en": [f"word{number}"]} for number in range(6)]
    chat_server.answer = lambda body: answer_about(*range(4), words=topics) if len(asked(body)) > 2 else "No."
    (answer,) = ask_rounds(session, topics, n_rounds=1, n_words=1)
    assert list(answer.failures) == [4, 5]
    assert answer.failures[5].startswith(
        "Topic 5 was not answered. Asked about again: The answer holds no line"
    )


def test_a_topic_with_swapped_languages_is_asked_about_alone(session, chat_server):
    swapped = [TOPICS[0], {"en": TOPICS[1]["zh"], "zh": TOPICS[1]["en"]}, TOPICS[2]]
    chat_server.answer = lambda body: (
        answer_about(0, 1, 2, words=swapped) if len(asked(body)) > 1 else answer_about(*asked(body))
    )
    (answer,) = ask(session, n_rounds=1)
    assert answer.words == dict(enumerate(TOPICS))
    assert list(map(asked, chat_server.bodies)) == [(0, 1, 2), (1,)]


def test_a_topic_that_stays_unanswered_says_why(session, chat_server):
    chat_server.answer = lambda body: answer_about(0, 1) if len(asked(body)) > 1 else "No."
    (answer,) = ask(session, n_rounds=1)
    assert list(answer.words) == [0, 1]
    assert answer.failures == {
        2: "Topic 2 was not answered. Asked about alone: The answer holds no line 'Topic <id>: ...' followed by the "
        "lines 'EN: ...' and 'ZH: ...', and no JSON object with 'topic' and 'words'. Answer in the requested format, "
        "for topics [2]."
    }


def test_asking_alone_beyond_the_budget_keeps_what_there_is(chat_server):
    chat = OpenAIChat("m", base_url=chat_server.base_url, api_key_env=None)
    chat_server.answer = lambda body: answer_about(0)
    (answer,) = ask(ChatSession(chat, max_requests=2), n_rounds=1)
    assert list(answer.words) == [0]
    assert list(answer.failures) == [1, 2]
    assert answer.problems[-1] == (
        "Topics left out were not asked about again: 2 requests are not in the cache, but max_requests=2 leaves 1 of "
        "them. Nothing was sent. Raise max_requests, or ask less."
    )


def test_a_refusal_to_be_asked_about_one_topic_keeps_what_there_is(session, chat_server):
    chat_server.answer = lambda body: answer_about(0)
    chat_server.fault_for = lambda body: chat_server.error(401, "No.") if len(asked(body)) == 1 else None
    (answer,) = ask(session, n_rounds=1)
    assert list(answer.words) == [0]
    assert "does not let us in" in answer.problems[-1]
    chat_server.fault_for = lambda body: chat_server.error(401, "No.")
    with pytest.raises(ChatRefusedError):
        ask(session, n_rounds=2)


def test_a_round_that_fails_fails_for_all_its_topics(session, chat_server):
    chat_server.answer = lambda body: answer_about(*asked(body))
    chat_server.fail(chat_server.error(400, "Content Exists Risk"))
    first, second = ask(session, n_rounds=2, form="single")
    failed = {**first.failures, **second.failures}
    (said,) = failed.values()
    assert said.endswith(
        "filtered one request out (status 400: 'Content Exists Risk'). The others are not concerned."
    )


def test_rounds_that_are_all_alike_are_noticed():
    same = {"en": [4, 7], "zh": [1]}
    assert are_identical([[same, same, None], [same, same, None]])
    assert not are_identical([[same, same], [same, None]])
    assert not are_identical([[same, {**same, "en": [7, 4]}]])
    assert not are_identical([[same, None]])
    assert not are_identical([[None, None]])
    assert not are_identical([[{"en": [], "zh": []}, {"en": [], "zh": []}]])
    assert not are_identical([])
