"""Asking a chat model about topics in several rounds, and once more about those that it left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from skxtm.exceptions import BudgetError, ChatRefusedError
from skxtm.llm import ChatRequest
from skxtm.refinement.matching import VocabularyIndex
from skxtm.refinement.parsing import ParsedAnswer, parse_answer
from skxtm.refinement.prompts import Prompt, prompts_about, refinement_prompts

if TYPE_CHECKING:
    from skxtm.llm import ChatSession

__all__ = ["ask_rounds", "requests_of"]


def requests_of(prompts: Sequence[Prompt], n_rounds: int) -> list[ChatRequest]:
    """Turn prompts into the requests of all rounds, round by round.

    Parameters
    ----------
    prompts : sequence of Prompt
        Of one round.
    n_rounds : int
        How often to ask.

    Returns
    -------
    requests : list of ChatRequest
    """
    return [_request(prompt, number) for number in range(n_rounds) for prompt in prompts]


def ask_rounds(
    session: ChatSession,
    topics: Sequence[Mapping[str, Sequence[str]]],
    *,
    n_rounds: int = 5,
    form: Literal["joint", "single", "paper"] = "joint",
    n_words: int = 15,
    domain: str | None = None,
    candidates: Sequence[Mapping[str, Sequence[str]]] | None = None,
    vocabularies: Mapping[str, VocabularyIndex] | None = None,
) -> list[ParsedAnswer]:
    r"""Let a chat model clean topics, in all rounds at once.

    Topics that an answer about all of them leaves out, as where it is cut off, or fills with words of the
    wrong language, are asked about once more in the same round, in requests as ``form="single"`` makes them,
    each about at most half as many topics as that answer held.

    Parameters
    ----------
    session : ChatSession
        Which asks.
    topics : list of dict of str to list of str
        Per topic and language the top words, best first.
    n_rounds : int, default=5
        How often everything is asked.
    form : {"joint", "single", "paper"}, default="joint"
        As for `refinement_prompts`, and so are the next three.
    n_words : int, default=15
        Words asked for, per topic and language.
    domain : str, default=None
        What the documents are.
    candidates : list of dict of str to list of str, default=None
        Words to choose from.
    vocabularies : dict of str to VocabularyIndex, default=None
        As for `parse_answer`.

    Returns
    -------
    answers : list of ParsedAnswer
        One per round, about all topics. Their failures say of every topic that lacks words why it does.

    Raises
    ------
    ChatRefusedError
        If the server refuses the requests; where it refuses to be asked once more, the answers stay as they
        are.
    BudgetError
        If the first requests need more than is allowed; where asking once more does, it is left out.
    AnswersPendingError
        If the chat model works with batch files and answers are missing.

    See Also
    --------
    refinement_prompts : Writes the requests.
    parse_answer : Reads the answers.

    Examples
    --------
    >>> from skxtm.llm import ChatSession, ScriptedChat
    >>> from skxtm.refinement.asking import ask_rounds
    >>> session = ChatSession(ScriptedChat(["Topic 0: Weather\nEN: rain", "Topic 1: Sport\nEN: goal"]))
    >>> (answer,) = ask_rounds(session, [{"en": ["tax"]}, {"en": ["goal"]}], n_rounds=1, n_words=1)
    >>> answer.words
    {0: {'en': ['rain']}, 1: {'en': ['goal']}}
    """
    read = partial(parse_answer, languages=list(topics[0]), n_words=n_words, vocabularies=vocabularies)
    prompts = refinement_prompts(topics, form=form, n_words=n_words, domain=domain, candidates=candidates)
    requests = requests_of(prompts, n_rounds)
    parsers = [partial(read, topics=prompt.topics) for prompt in prompts] * n_rounds
    answers = [ParsedAnswer({}, {}, []) for _ in range(n_rounds)]
    left_out: list[tuple[int, list[int]]] = []
    outcomes = session.ask(requests, parsers)
    for request, prompt, outcome in zip(requests, prompts * n_rounds, outcomes, strict=True):
        _enter(answers[request.round], prompt, outcome.value, outcome.error)
        if form != "single" and outcome.value is not None and outcome.value.failures and len(topics) > 1:
            left_out += [(request.round, part) for part in _parts(prompt, outcome.value)]
    if not left_out:
        return answers
    again = prompts_about(
        topics, [part for _, part in left_out], n_words=n_words, domain=domain, candidates=candidates
    )
    requests = [_request(prompt, number) for prompt, (number, _) in zip(again, left_out, strict=True)]
    try:
        outcomes = session.ask(requests, [partial(read, topics=prompt.topics) for prompt in again])
    except (BudgetError, ChatRefusedError) as error:
        for answer in {number: answers[number] for number, _ in left_out}.values():
            answer.problems.append(f"Topics left out were not asked about again: {error}")
        return answers
    for request, prompt, outcome in zip(requests, again, outcomes, strict=True):
        _enter(answers[request.round], prompt, outcome.value, outcome.error)
    return answers


def _parts(prompt: Prompt, answer: ParsedAnswer) -> list[list[int]]:
    """Divide the topics that an answer left out: where it was cut off, half as many will fit."""
    left = list(answer.failures)
    size = max(1, (len(prompt.topics) - len(left)) // 2)
    size = -(-len(left) // -(-len(left) // size))  # requests of about one length
    return [left[start : start + size] for start in range(0, len(left), size)]


def _request(prompt: Prompt, number: int) -> ChatRequest:
    return ChatRequest(
        prompt.messages,
        round=number,
        schema=prompt.schema,
        plain_messages=prompt.plain_messages,
        version=prompt.version,
    )


def _enter(answer: ParsedAnswer, prompt: Prompt, read: ParsedAnswer | None, error: str | None) -> None:
    """Add what came of a request to the answer of its round, in place of what was there of its topics."""
    if read is None:
        answer.problems.append(error or "")
        for number in prompt.topics:
            before = answer.failures.get(number)
            how = "alone" if len(prompt.topics) == 1 else "again"
            answer.failures[number] = f"{before} Asked about {how}: {error}" if before else error or ""
        return
    for number in prompt.topics:
        answer.failures.pop(number, None)
    answer.words.update(read.words)
    answer.themes.update(read.themes)
    answer.failures.update(read.failures)
    answer.problems.extend(read.problems)
