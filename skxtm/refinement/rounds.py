"""Getting proposals for the words of topics, from a chat model or from `OfflineProposer`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import normalize

from skxtm.llm import ChatRequest
from skxtm.refinement import (
    OfflineProposer,
    ParsedAnswer,
    Prompt,
    VocabularyIndex,
    parse_answer,
    refinement_prompts,
)

if TYPE_CHECKING:
    from skxtm.llm import ChatSession
    from skxtm.refiner import LLMRefiner

TopicNumbers = list[dict[str, list[int]]]
TopicWords = list[dict[str, list[str]]]


@dataclass(frozen=True)
class Words:
    """The words that are refined, and what is known of them.

    Attributes
    ----------
    vocabularies : dict of str to ndarray of str of shape (V_l,)
        Words of each language.
    frequencies : dict of str to ndarray of shape (V_l,)
        How often each occurs in the training documents.
    vectors : dict of str to ndarray of shape (V_l, n_dimensions), or None
        Multilingual embeddings of the words.
    lexicons : dict of (str, str) to csr_array of shape (V_a, V_b)
        Translations between languages.
    """

    vocabularies: Mapping[str, NDArray[np.object_]]
    frequencies: Mapping[str, NDArray[Any]]
    vectors: Mapping[str, NDArray[Any]] | None = None
    lexicons: Mapping[tuple[str, str], Any] = field(default_factory=dict)

    def spelled(self, topics: TopicNumbers) -> TopicWords:
        """Write numbers of words as words."""
        return [
            {code: self.vocabularies[code][numbers].tolist() for code, numbers in topic.items()}
            for topic in topics
        ]


@dataclass
class Rounds:
    """What several rounds proposed for every topic.

    Attributes
    ----------
    proposed : list over topics of list over rounds of dict of str to list of int, or None
        Numbers of the words proposed by language; None for a round that failed.
    unknown : list over topics of list over rounds of dict of str to list of str, or None
        Words proposed that the vocabulary lacks.
    themes : list over topics of list over rounds of str
        What the rounds called the topic; only those that gave it a name.
    problems : list of str
        What was wrong with answers.
    """

    proposed: list[list[dict[str, list[int]] | None]]
    unknown: list[list[dict[str, list[str]] | None]]
    themes: list[list[str]]
    problems: list[str] = field(default_factory=list)

    @classmethod
    def empty(cls, n_topics: int, n_rounds: int) -> Rounds:
        """Start with all rounds failed."""
        return cls(
            [[None] * n_rounds for _ in range(n_topics)],
            [[None] * n_rounds for _ in range(n_topics)],
            [[] for _ in range(n_topics)],
        )


def ask_offline(
    proposer: OfflineProposer, topics: TopicNumbers, words: Words, *, n_rounds: int, n_words: int, seed: int
) -> Rounds:
    """Let `OfflineProposer` propose words.

    Parameters
    ----------
    proposer : OfflineProposer
        Which has the settings.
    topics : list of dict of str to list of int
        Numbers of the present top words.
    words : Words
        With vectors.
    n_rounds, n_words : int
        Rounds, and words per topic and language in each.
    seed : int
        Source of the differences between rounds.

    Returns
    -------
    rounds : Rounds
    """
    assert words.vectors is not None
    rounds = Rounds.empty(len(topics), n_rounds)
    for number in range(n_rounds):
        proposals = proposer.propose(
            topics,
            word_vectors=words.vectors,
            lexicons=words.lexicons,
            frequencies=words.frequencies,
            n_words=n_words,
            round=number,
            seed=seed,
        )
        for of_topic, proposal in zip(rounds.proposed, proposals, strict=True):
            of_topic[number] = proposal
    return rounds


def ask_chat(refiner: LLMRefiner, session: ChatSession, topics: TopicNumbers, words: Words) -> Rounds:
    """Let a chat model propose words, in all rounds at once.

    Parameters
    ----------
    refiner : LLMRefiner
        Whose parameters apply.
    session : ChatSession
        Which asks.
    topics : list of dict of str to list of int
        Numbers of the present top words.
    words : Words
        With vectors if candidates are to be listed.

    Returns
    -------
    rounds : Rounds
        A topic that an answer leaves out counts as failed in that round.
    """
    indexes = {
        code: VocabularyIndex(vocabulary, code, words.frequencies[code])
        for code, vocabulary in words.vocabularies.items()
    }
    candidates = None
    if refiner.n_candidates:
        candidates = words.spelled(nearest_words(topics, words, refiner.n_candidates))
    prompts = make_prompts(refiner, words.spelled(topics), candidates)
    requests = make_requests(prompts, refiner.n_rounds)
    languages = list(words.vocabularies)
    parsers = [
        partial(parse_answer, topics=prompt.topics, languages=languages, n_words=refiner._n_asked_words)
        for prompt in prompts
    ]
    outcomes = session.ask(requests, parsers * refiner.n_rounds)
    rounds = Rounds.empty(len(topics), refiner.n_rounds)
    for request, outcome in zip(requests, outcomes, strict=True):
        if outcome.value is None:
            rounds.problems.append(f"Round {request.round + 1}: {outcome.error}")
        else:
            _file(rounds, request.round, outcome.value, indexes)
    return rounds


def make_prompts(refiner: LLMRefiner, topics: TopicWords, candidates: TopicWords | None) -> list[Prompt]:
    """Write the prompts of one round.

    Parameters
    ----------
    refiner : LLMRefiner
        Whose parameters apply.
    topics : list of dict of str to list of str
        Present top words.
    candidates : list of dict of str to list of str, or None
        Words to choose from.

    Returns
    -------
    prompts : list of Prompt
    """
    return refinement_prompts(
        topics,
        form=refiner.prompt,
        n_words=refiner._n_asked_words,
        domain=refiner.domain,
        candidates=candidates,
    )


def make_requests(prompts: Sequence[Prompt], n_rounds: int) -> list[ChatRequest]:
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
    return [
        ChatRequest(
            prompt.messages,
            round=number,
            schema=prompt.schema,
            plain_messages=prompt.plain_messages,
            version=prompt.version,
        )
        for number in range(n_rounds)
        for prompt in prompts
    ]


def nearest_words(topics: TopicNumbers, words: Words, n_words: int) -> TopicNumbers:
    """Find the words that are nearest to the centres of topics and not among their top words.

    Parameters
    ----------
    topics : list of dict of str to list of int
        Numbers of the present top words.
    words : Words
        With vectors.
    n_words : int
        Words per topic and language.

    Returns
    -------
    nearest : list of dict of str to list of int
        Nearest first.
    """
    assert words.vectors is not None
    unit = {code: normalize(vectors) for code, vectors in words.vectors.items()}
    result = []
    for topic in topics:
        means = [unit[code][numbers].mean(0) for code, numbers in topic.items()]
        centre = normalize(means).mean(0)
        nearest = {}
        for code, numbers in topic.items():
            cosines = unit[code] @ centre
            cosines[numbers] = -np.inf
            nearest[code] = np.argsort(-cosines, kind="stable")[: min(n_words, len(cosines) - len(numbers))]
        result.append({code: numbers.tolist() for code, numbers in nearest.items()})
    return result


def _file(rounds: Rounds, number: int, answer: ParsedAnswer, indexes: Mapping[str, VocabularyIndex]) -> None:
    """Enter one answer, its words as numbers in the vocabularies."""
    rounds.problems += [f"Round {number + 1}: {problem}" for problem in answer.problems]
    for topic, by_language in answer.words.items():
        matched = {code: indexes[code].match(listed) for code, listed in by_language.items()}
        rounds.proposed[topic][number] = {code: numbers for code, (numbers, _) in matched.items()}
        rounds.unknown[topic][number] = {code: strangers for code, (_, strangers) in matched.items()}
        if answer.themes.get(topic):
            rounds.themes[topic].append(answer.themes[topic])
