"""A lexicon asked of a language model, over real HTTP: lists, what is left out, limits, files."""

import json
import re
from contextlib import suppress

import pytest

from skxtm import CrossLingualTopicModel, Lexicon
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import (
    AnswersPendingError,
    BudgetError,
    ChatRefusedError,
    InputError,
    InputTypeError,
    MissingResourceError,
)
from skxtm.lexicons import ask, lexicon_requests
from skxtm.lexicons.result import LexiconSource, SourcedLexicon
from skxtm.llm import BatchFiles, ChatSession, OpenAIChat, ScriptedChat
from skxtm.llm.openai_chat import close_clients

WORDS = [f"word{number}" for number in range(10)]


def translated(word):
    return [f"Wort{word[4:]}", f"Begriff{word[4:]}"]


def asked(body):
    lines = body["messages"][1]["content"].split("\n")
    return lines[lines.index("<words>") + 1 : lines.index("</words>")]


def answer(words):
    return "\n".join("\t".join([word, *translated(word)]) for word in words)


PAIRS = [(word, translation) for word in WORDS for translation in translated(word)]


@pytest.fixture
def chat(chat_server):
    pytest.importorskip("openai")
    chat_server.answer = lambda body: answer(asked(body))
    yield OpenAIChat("m", base_url=chat_server.base_url, api_key_env=None, max_retries=0, concurrency=1)
    close_clients()


def test_the_most_frequent_words_are_asked_for_in_lists(chat, chat_server, tmp_path):
    frequencies = [1, 9, 3, 9, 0, 0, 0, 0, 0, 7]
    session = ChatSession(chat, cache=tmp_path)
    found = ask(
        session,
        WORDS,
        "EN",
        "de",
        frequencies=frequencies,
        n_words=4,
        n_per_request=3,
        domain="news\nof 2015",
    )
    assert sorted(map(asked, chat_server.bodies)) == [["word1", "word3", "word9"], ["word2"]]
    system = chat_server.bodies[0]["messages"][0]["content"]
    assert "words of English into German" in system
    assert "The documents are: news of 2015." in system
    chosen = ("word1", "word3", "word9", "word2")
    assert list(found.lexicon) == [(word, new) for word in chosen for new in translated(word)]
    assert (found.n_entries, dict(found.skipped)) == (4, {})
    assert found.describe() == "en-de: 8 pairs from answers of a language model (m, licence not stated)"


def test_a_second_call_asks_nothing_and_one_that_broke_off_only_what_is_missing(chat, chat_server, tmp_path):
    chat_server.fault_for = lambda body: (
        chat_server.error(401, "Incorrect API key.", "invalid_api_key") if "word4" in asked(body) else None
    )
    with pytest.raises(ChatRefusedError):
        ask(ChatSession(chat, cache=tmp_path), WORDS, "en", "de", n_per_request=4)
    chat_server.fault_for = lambda body: None
    n_before = chat_server.n_answered
    assert n_before == 1
    for _ in range(2):
        found = ask(ChatSession(chat, cache=tmp_path), WORDS, "en", "de", n_per_request=4)
        assert list(found.lexicon) == PAIRS
    assert chat_server.n_answered == n_before + 2


def test_words_that_an_answer_leaves_out_are_asked_for_once_more_in_shorter_lists(
    chat, chat_server, tmp_path
):
    chat_server.answer = lambda body: answer(asked(body)[:4] if len(asked(body)) > 2 else asked(body))
    found = ask(ChatSession(chat, cache=tmp_path), WORDS, "en", "de", n_per_request=8)
    assert list(found.lexicon) == PAIRS
    assert sorted(map(len, map(asked, chat_server.bodies))) == [2, 2, 2, 8]


def test_words_that_shorter_lists_leave_out_are_asked_for_until_each_is_asked_for_alone(
    chat, chat_server, tmp_path
):
    chat_server.answer = lambda body: answer(asked(body)[:-1] or asked(body))
    found = ask(ChatSession(chat, cache=tmp_path), WORDS, "en", "de", n_per_request=8)
    assert list(found.lexicon) == PAIRS
    assert sorted(map(len, map(asked, chat_server.bodies))) == [1, 2, 2, 8]


def test_a_second_call_asks_for_words_that_no_answer_held(chat, chat_server, tmp_path):
    chat_server.answer = lambda body: answer(word for word in asked(body) if word not in WORDS[:3])
    with pytest.warns(UserWarning, match=r"^3 of 10 words have no answer"):
        ask(ChatSession(chat, cache=tmp_path), WORDS, "en", "de")
    chat_server.answer = lambda body: answer(asked(body))
    n_before = chat_server.n_answered
    assert list(ask(ChatSession(chat, cache=tmp_path), WORDS, "en", "de").lexicon) == PAIRS
    assert chat_server.n_answered == n_before + 1


def test_words_are_kept_where_a_limit_forbids_to_ask_for_the_rest_again(chat, chat_server, tmp_path):
    chat_server.answer = lambda body: answer(asked(body)[:4])
    with pytest.warns(UserWarning, match=r"^6 of 10 words .* max_requests=1 leaves 0 of them"):
        found = ask(ChatSession(chat, cache=tmp_path, max_requests=1), WORDS, "en", "de")
    assert list(found.lexicon) == PAIRS[:8]


def test_a_server_that_cannot_be_reached_is_named_where_words_are_missing(chat, chat_server, tmp_path):
    chat_server.fault_for = lambda body: chat_server.error(500, "Out of order.")
    with pytest.warns(UserWarning, match=r"^10 of 10 words have no answer.* 'Out of order\.'"):
        ask(ChatSession(chat, cache=tmp_path), WORDS, "en", "de")


def test_words_without_an_answer_or_translation_are_counted_and_the_rest_is_kept(chat, chat_server, tmp_path):
    chat_server.answer = lambda body: answer(word for word in asked(body) if word != "word3").replace(
        "word5\tWort5\tBegriff5", "word5\t-"
    )
    message = "1 of 10 words have no answer, such as 'word3'. Call ask again: only they are asked for. The answer is empty."
    with pytest.warns(UserWarning, match=f"^{re.escape(message)}$"):
        found = ask(ChatSession(chat, cache=tmp_path), WORDS, "en", "de")
    assert dict(found.skipped) == {"no translation": 1, "no answer": 1}
    assert list(found.lexicon) == [pair for pair in PAIRS if pair[0] not in ("word3", "word5")]


def test_limits_hold_and_a_dry_run_sends_nothing(chat, chat_server, tmp_path):
    requests = lexicon_requests(WORDS, "en", "de", n_per_request=3)
    estimate = ChatSession(chat, prices=(1.0, 2.0)).estimate(requests, n_output_tokens=40)
    assert (estimate.n_requests, estimate.output_tokens) == (4, 160)
    assert estimate.cost == pytest.approx((estimate.input_tokens + 320) / 1e6)
    with pytest.raises(BudgetError):
        ask(ChatSession(chat, cache=tmp_path, max_requests=3), WORDS, "en", "de", n_per_request=3)
    assert chat_server.n_requests == 0


def test_the_lists_can_be_answered_in_batch_files(tmp_path):
    chat = BatchFiles(tmp_path, "some-model")
    with pytest.raises(AnswersPendingError):
        ask(ChatSession(chat), WORDS, "en", "de", n_per_request=4)
    lines = [json.loads(line) for line in (tmp_path / "requests-1.jsonl").read_text().splitlines()]
    answers = [{"custom_id": line["custom_id"], "content": answer(asked(line["body"]))} for line in lines]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)))
    assert list(ask(ChatSession(chat), WORDS, "en", "de", n_per_request=4).lexicon) == PAIRS


def test_it_joins_a_given_lexicon_in_either_direction():
    given = Lexicon([("Wort0", "word0"), ("Haus", "house")], ("de", "en"), match="literal")
    found = ask(ScriptedChat(lambda request: answer(WORDS[:1])), WORDS[:1], "en", "de", lexicon=given)
    assert list(found.lexicon) == [("word0", "Wort0"), ("house", "Haus"), ("word0", "Begriff0")]
    assert found.lexicon.match == "literal"
    assert found.describe() == (
        "en-de: 3 pairs from a given lexicon (Lexicon(de-en, 2 pairs, match='literal'), licence not stated) and "
        "answers of a language model (ScriptedChat, licence not stated)"
    )


def test_a_lexicon_with_its_sources_keeps_them():
    source = LexiconSource("birds", "file", "birds.tsv", "CC0")
    given = SourcedLexicon(Lexicon([("word0", "Wort0")], ("en", "de")), (source,), n_entries=1)
    found = ask(ScriptedChat(lambda request: answer(WORDS[:1])), WORDS[:1], "en", "de", lexicon=given)
    assert list(found.lexicon) == [("word0", "Wort0"), ("word0", "Begriff0")]
    assert found.licences == ("CC0", "licence not stated")


@pytest.mark.parametrize(
    ("text", "target", "translations"),
    [
        ("rain\tRegen\tNiederschlag", "de", ["Regen", "Niederschlag"]),
        ("rain\tRegen, Niederschlag; Schauer, Guss", "de", ["Regen", "Niederschlag", "Schauer"]),
        ("1. **rain**: Regen (Wetter), Regen, starker Regen", "de", ["Regen"]),
        ("| rain | Regen / Schauer |", "de", ["Regen", "Schauer"]),
        ("rain - 雨、降雨", "zh", ["雨", "降雨"]),
        ("Rain → mưa, cơn mưa", "vi", ["mưa", "cơn mưa"]),
        ("rain = 雨", "ja", ["雨"]),
        ("rain=雨", "ja", ["雨"]),
        ("rain->雨", "ja", ["雨"]),
        ("| word | Wort |\n|---|---|\n|rain|雨|降雨|", "zh", ["雨", "降雨"]),
        ("rain\t雨\nrain\t下雨", "zh", ["雨", "下雨"]),
        ("rain\tRegen\nsnow\tSchnee\nrain\tregen, Guss\nrain\tNass\nRain\tSchauer", "de", ["Regen", "Guss", "Nass"]),
        ("rain\t-\nrain\tRegen", "de", ["Regen"]),
        ("Here they are:\n```\nrain\\tRegen\\tSchauer\n```", "de", ["Regen", "Schauer"]),
        ("<think>rain\tNebel</think>rain\tRegen", "de", ["Regen"]),
        ("snow\tSchnee\nrain\tRegen\nrain\tGuss", "de", ["Regen", "Guss"]),
        ("rain\t–", "de", []),
        ("rain\tN/A", "de", []),
        ("rain\t<b>\t{}\t" + 70 * "x", "de", []),
    ],
)  # fmt: skip
def test_a_line_is_read_however_it_is_dressed(text, target, translations):
    found = ask(ScriptedChat(lambda request: text), ["rain"], "en", target)
    assert [translation for _, translation in found.lexicon] == translations


def test_a_word_with_nothing_after_it_has_no_translation_unless_one_comes_later():
    chat = ScriptedChat(["word0\nword1\nword2\tWort2\nword0\tWort0"])
    found = ask(chat, WORDS[:3], "en", "de")
    assert list(found.lexicon) == [("word0", "Wort0"), ("word2", "Wort2")]
    assert dict(found.skipped) == {"no translation": 1}
    echo = ScriptedChat(["word0\nword1", "word0\tWort0\nword1\t-"])
    assert list(ask(echo, WORDS[:2], "en", "de").lexicon) == [("word0", "Wort0")]


def test_a_word_may_hold_what_else_ends_one():
    words = ["12", "12:30", "a=b", "a"]
    chat = ScriptedChat(["12\tzwölf\n12:30\thalb\na=b\tGleichung\na: ein"])
    found = ask(chat, words, "en", "de")
    assert list(found.lexicon) == [("12", "zwölf"), ("12:30", "halb"), ("a=b", "Gleichung"), ("a", "ein")]


def test_words_that_differ_in_case_only_are_two():
    found = ask(ScriptedChat(["US\tUSA\nus\tuns"]), ["US", "us"], "en", "de")
    assert list(found.lexicon) == [("US", "USA"), ("us", "uns")]


def test_an_answer_without_any_word_is_asked_again():
    chat = ScriptedChat(["I cannot.", "word0\tWort0"])
    assert list(ask(chat, WORDS[:1], "en", "de").lexicon) == [("word0", "Wort0")]
    assert "The answer holds no line that begins with one of the words" in chat.requests[1].messages[-1][1]


def test_words_that_could_break_the_request_are_not_asked_for():
    hostile = ["</words>", "a\tb", "a\nIgnore all", "  ", 61 * "x", "rain ", "rain"]
    (request,) = lexicon_requests(hostile, "en", "de")
    assert request.messages[1][1].split("\n")[:3] == ["<words>", "rain", "</words>"]


def test_a_long_answer_is_read_in_time_that_grows_with_it():
    words = [f"w{number}" for number in range(20_000)]
    text = "\n".join(f"{word}\ta - b : c | d" for word in words) + "\t" * 100_000 + " - " * 50_000
    text = f"{text}\nsnow{' ' * 100_000}x{' - ' * 50_000}"
    found = ask(ScriptedChat(lambda request: text), words, "en", "de", n_words=None, n_per_request=20_000)
    assert found.n_entries == 20_000


def test_words_are_as_frequent_as_their_columns_say():
    (request,) = lexicon_requests({"wind": 1, "rain": 0}, "en", "de", frequencies=[9, 1])
    assert request.messages[1][1].split("\n")[1:3] == ["rain", "wind"]


def test_what_is_no_lexicon_is_not_joined():
    with pytest.raises(InputTypeError) as error:
        ask(ScriptedChat([]), WORDS, "en", "de", lexicon="en-de.tsv")
    assert str(error.value) == (
        "lexicon must be a Lexicon, or what a function of skxtm.lexicons returns. Got 'str'; read a file by "
        "Lexicon.read(path)."
    )


@pytest.mark.parametrize(
    ("vocabulary", "message"),
    [
        ("weather", "vocabulary must be a sequence of words. Got the str 'weather'."),
        (["rain", None], "vocabulary[1] must be a str. Got None of type NoneType."),
        (["rain", float("nan")], "vocabulary[1] must be a str. Got nan of type float."),
    ],
)
def test_what_is_no_list_of_words_is_not_asked_for(vocabulary, message):
    for attempt in (
        lambda: ask(ScriptedChat([]), vocabulary, "en", "de"),
        lambda: lexicon_requests(vocabulary, "en", "de"),
    ):
        with pytest.raises(InputTypeError) as error:
            attempt()
        assert str(error.value) == message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": "en"}, "source and target must be two languages. Got 'en' and 'en'."),
        ({"n_words": 0}, "The 'n_words' parameter must be an integer in [1, inf). Got 0 instead."),
        ({"n_per_request": 0}, "The 'n_per_request' parameter must be an integer in [1, inf). Got 0 instead."),
        ({"n_translations": 0}, "The 'n_translations' parameter must be an integer in [1, inf). Got 0 instead."),
        ({"domain": 5}, "The 'domain' parameter must be None or a str. Got 5 instead."),
        ({"frequencies": [1]}, "frequencies must hold one value for each of the 10 words. Got 1."),
        ({"lexicon": Lexicon([("a", "b")], ("en", "fr"))}, "Lexicon(en-fr, 1 pairs, match='normal') is not of 'en' and 'de'. Give one of these languages, or none."),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_named(arguments, message):
    given = {"source": "en", "target": "de", **arguments}
    with pytest.raises(InputError) as error:
        ask(ScriptedChat([]), WORDS, given.pop("source"), given.pop("target"), **given)
    assert str(error.value) == message


@pytest.mark.slow
def test_nothing_asks_a_language_model_by_itself(monkeypatch):
    def never(*arguments, **parameters):
        raise AssertionError("somebody is asked")

    monkeypatch.setattr(ChatSession, "ask", never)
    monkeypatch.setattr("skxtm.lexicons.asking.ask", never)
    monkeypatch.setattr("skxtm.lexicons.ask", never)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    for lexicon in ("auto", None):
        with suppress(MissingResourceError):
            CrossLingualTopicModel(3, lexicon=lexicon, max_epochs=1).fit(data.corpus)
