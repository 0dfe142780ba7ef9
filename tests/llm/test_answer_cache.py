import json
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skxtm.exceptions import InputError
from skxtm.llm import ChatAnswer, ChatRequest
from skxtm.llm._cache import FILE_NAME, AnswerCache, request_key

REQUEST = ChatRequest((("user", "Name a colour."),))
KEY = request_key({"model": "m"}, REQUEST)
ANSWER = ChatAnswer("雨\U0001f327\0", 10, 5, "some-model", "length")


def test_what_is_put_is_got(tmp_path):
    AnswerCache(tmp_path).put(KEY, ANSWER)
    assert AnswerCache(tmp_path).get(KEY) == ANSWER
    assert AnswerCache(tmp_path).get(bytes(32)) is None


def test_half_a_character_is_replaced_where_it_is_put_and_where_it_lies(tmp_path):
    half, whole = ("rain \ud83c", "m\udf27", "st\ud83c"), ("rain \ufffd", "m\ufffd", "st\ufffd")
    cache = AnswerCache(tmp_path)
    expected = ChatAnswer(whole[0], 1, 2, *whole[1:])
    assert cache.put(KEY, ChatAnswer(half[0], 1, 2, *half[1:])) == cache.get(KEY) == expected
    with closing(sqlite3.connect(cache.path)) as connection, connection:
        connection.execute("UPDATE answers SET text = ?", (json.dumps(half[0]),))
    assert cache.get(KEY) == expected


def test_the_first_answer_stays(tmp_path):
    cache = AnswerCache(tmp_path)
    cache.put(KEY, ANSWER)
    cache.put(KEY, ChatAnswer("other"))
    assert cache.get(KEY) == ANSWER


def test_folder_and_file_are_for_their_owner_alone(tmp_path):
    cache = AnswerCache(tmp_path / "new")
    cache.put(KEY, ANSWER)
    cache.put(bytes(32), ANSWER)
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(cache.path.stat().st_mode) == 0o600


def test_a_cache_that_was_never_written_leaves_no_file(tmp_path):
    assert AnswerCache(tmp_path / "absent").get(KEY) is None
    assert not (tmp_path / "absent").exists()


def test_the_environment_says_where_the_default_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("SKXTM_CACHE", str(tmp_path))
    assert AnswerCache().path == tmp_path / "llm" / FILE_NAME
    monkeypatch.delenv("SKXTM_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert AnswerCache("default").folder == Path.home() / ".cache" / "skxtm" / "llm"


def test_a_damaged_file_says_what_to_do(tmp_path):
    path = tmp_path / FILE_NAME
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(InputError) as caught:
        AnswerCache(tmp_path).get(KEY)
    assert str(caught.value) == (
        f"The cache of answers {str(path)!r} is damaged (file is not a database). Restore the file from a copy, or "
        "delete it: its answers are then asked, and paid, again."
    )


@pytest.mark.parametrize("stored", ["no JSON", "[" * 100_000, 7, b"\xff"])
def test_a_damaged_answer_says_what_to_do(tmp_path, stored):
    cache = AnswerCache(tmp_path)
    cache.put(KEY, ANSWER)
    with closing(sqlite3.connect(cache.path)) as connection, connection:
        connection.execute("UPDATE answers SET text = ?", (stored,))
    message = re.escape(
        f"The cache of answers {str(cache.path)!r} is damaged (an answer in it is no text). Restore the file from a copy, or "
        "delete it: its answers are then asked, and paid, again."
    )
    for look in (
        cache.get,
        lambda key: cache.put(key, ANSWER),
        lambda key: cache.answer_or_claim(key, "run"),
    ):
        with pytest.raises(InputError, match=f"^{message}$"):
            look(KEY)


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        InputError, match=r"cannot be used \(.*\)\. Give another folder, or switch it off with cache=None\.$"
    ):
        AnswerCache(tmp_path / "file" / "folder").put(KEY, ANSWER)


def test_the_file_holds_no_request(tmp_path):
    AnswerCache(tmp_path).put(KEY, ANSWER)
    assert b"Name a colour" not in (tmp_path / FILE_NAME).read_bytes()
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    names = [name for (name,) in connection.execute("SELECT name FROM pragma_table_info('answers')")]
    connection.close()
    assert names == ["key", "text", "input_tokens", "output_tokens", "model", "finish_reason"]


def test_the_order_of_parameters_makes_no_difference():
    first = ChatRequest((("user", "a"),), schema={"type": "object", "title": "b"})
    second = ChatRequest((("user", "a"),), schema={"title": "b", "type": "object"})
    assert request_key({"a": 1, "b": 2}, first) == request_key({"b": 2, "a": 1}, second)


texts = st.text(max_size=5)
messages = st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), texts), max_size=2).map(tuple)
requests = st.builds(
    ChatRequest,
    messages,
    round=st.integers(0, 2),
    plain_messages=st.none() | messages,
    version=texts,
)


@given(requests, requests)
def test_keys_are_equal_just_where_requests_are(first, second):
    assert (request_key({}, first) == request_key({}, second)) == (first == second)


def test_parameters_that_are_not_plain_are_refused():
    with pytest.raises(InputError) as caught:
        request_key({"extra_body": {"a": object}}, REQUEST)
    assert str(caught.value) == (
        "The parameters of a chat model and the schema of a request must be plain JSON values (Object of type "
        "type is not JSON serializable)."
    )
