"""Getting proposals for the words of topics, from a chat model or from `OfflineProposer`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import normalize

from skxtm.llm import ChatSession, Estimate
from skxtm.refinement.asking import ask_rounds, requests_of
from skxtm.refinement.edited import EditedTopics, read_files, unknown_word
from skxtm.refinement.matching import VocabularyIndex
from skxtm.refinement.parsing import ParsedAnswer
from skxtm.refinement.prompts import Prompt, refinement_prompts
from skxtm.refinement.proposer import OfflineProposer
from skxtm.refinement.topic_files import EditedTopic
from skxtm.refinement.voting import VotedTopic

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
        """Write numbers of words as words.

        Parameters
        ----------
        topics : list of dict of str to list of int
            Numbers of words, by topic and language.

        Returns
        -------
        topics : list of dict of str to list of str
        """
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
    reasons : list over topics of list of str
        Why rounds failed for the topic.
    problems : list of str
        What was wrong with answers.
    voted : list over topics of (VotedTopic or None), or None
        What is kept, where that is not voted on.
    left_out : frozenset of int
        Topics that were not to be refined.
    """

    proposed: list[list[dict[str, list[int]] | None]]
    unknown: list[list[dict[str, list[str]] | None]]
    themes: list[list[str]]
    reasons: list[list[str]]
    problems: list[str] = field(default_factory=list)
    voted: list[VotedTopic | None] | None = None
    left_out: frozenset[int] = frozenset()

    @classmethod
    def empty(cls, n_topics: int, n_rounds: int) -> Rounds:
        """Start with all rounds failed.

        Parameters
        ----------
        n_topics, n_rounds : int
            How many.

        Returns
        -------
        rounds : Rounds
        """
        return cls(
            [[None] * n_rounds for _ in range(n_topics)],
            [[None] * n_rounds for _ in range(n_topics)],
            [[] for _ in range(n_topics)],
            [[] for _ in range(n_topics)],
        )


@dataclass(frozen=True)
class Asking:
    """How a chat model is asked.

    Attributes
    ----------
    form : {"joint", "single", "paper"}
        As for `refinement_prompts`.
    n_rounds : int
        How often every request is sent.
    n_words : int
        Words per topic and language that each round is asked for.
    n_candidates : int
        Words of the vocabulary that are near a topic to list.
    domain : str or None
        What the documents are.
    """

    form: Literal["joint", "single", "paper"] = "joint"
    n_rounds: int = 5
    n_words: int = 15
    n_candidates: int = 0
    domain: str | None = None

    def prompts(self, topics: TopicWords, candidates: TopicWords | None) -> list[Prompt]:
        """Write the prompts of one round.

        Parameters
        ----------
        topics : list of dict of str to list of str
            Present top words.
        candidates : list of dict of str to list of str, or None
            Words to choose from.

        Returns
        -------
        prompts : list of Prompt
        """
        return refinement_prompts(
            topics, form=self.form, n_words=self.n_words, domain=self.domain, candidates=candidates
        )

    def estimate(
        self,
        session: ChatSession,
        later_session: ChatSession,
        ranked: TopicWords,
        *,
        n_later: int,
        n_output_tokens: int | None,
    ) -> Estimate:
        """Say what several refinements would ask, at most, and send nothing.

        Parameters
        ----------
        session : ChatSession
            Which would ask in the first refinement, and may know answers.
        later_session : ChatSession
            Which would ask in those that follow.
        ranked : list of dict of str to list of str
            Words of every topic, best first: those to show, then `n_candidates` more.
        n_later : int
            How many refinements follow the first one; they are taken to be like it.
        n_output_tokens : int or None
            Tokens of an answer; None takes 4 for each word asked for.

        Returns
        -------
        estimate : Estimate
        """
        n_shown = {code: len(words) - self.n_candidates for code, words in ranked[0].items()}
        topics = [{code: words[: n_shown[code]] for code, words in topic.items()} for topic in ranked]
        others = [{code: words[n_shown[code] :] for code, words in topic.items()} for topic in ranked]
        prompts = self.prompts(topics, others if self.n_candidates else None)
        n_asked = len(topics) * len(n_shown) * self.n_words
        n_output = -(-4 * n_asked // len(prompts)) if n_output_tokens is None else n_output_tokens
        requests = requests_of(prompts, self.n_rounds)
        first = session.estimate(requests, n_output)
        later = later_session.estimate(requests, n_output)
        return replace(
            first,
            n_requests=first.n_requests + n_later * later.n_requests,
            input_tokens=first.input_tokens + n_later * later.input_tokens,
            output_tokens=first.output_tokens + n_later * later.output_tokens,
            cost=None if first.cost is None or later.cost is None else first.cost + n_later * later.cost,
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


def ask_chat(session: ChatSession, topics: TopicNumbers, words: Words, asking: Asking) -> Rounds:
    """Let a chat model propose words, in all rounds at once.

    Parameters
    ----------
    session : ChatSession
        Which asks.
    topics : list of dict of str to list of int
        Numbers of the present top words.
    words : Words
        With vectors if candidates are to be listed.
    asking : Asking
        How to ask.

    Returns
    -------
    rounds : Rounds
        Topics that an answer leaves out are asked about once more, and have else failed in that round.
    """
    indexes = _indexes(words)
    candidates = None
    if asking.n_candidates:
        candidates = words.spelled(nearest_words(topics, words, asking.n_candidates))
    answers = ask_rounds(
        session,
        words.spelled(topics),
        n_rounds=asking.n_rounds,
        form=asking.form,
        n_words=asking.n_words,
        domain=asking.domain,
        candidates=candidates,
        vocabularies=indexes,
    )
    rounds = Rounds.empty(len(topics), asking.n_rounds)
    for number, answer in enumerate(answers):
        _file(rounds, number, answer, indexes, f"Round {number + 1}")
    return rounds


def read_edited(
    edited: EditedTopics,
    words: Words,
    *,
    n_topics: int,
    n_words: int,
    why_absent: Callable[[Mapping[str, Sequence[str]]], str] | None = None,
) -> Rounds:
    """Take as proposals what people, or answers recorded before, wrote into files.

    Parameters
    ----------
    edited : EditedTopics
        Which knows the files.
    words : Words
        Of the model.
    n_topics : int
        Of the model.
    n_words : int
        Words taken per topic and language of an answer.
    why_absent : callable or None, default=None
        Says of words by language, in a sentence, why vocabularies lack them.

    Returns
    -------
    rounds : Rounds
        One for each file. Of a single file that people edited, all words are kept.

    Raises
    ------
    InputError
        If a file cannot be read, does not fit the model, or holds words that the vocabulary lacks.
    """
    indexes = _indexes(words)
    files = read_files(edited, list(words.vocabularies), n_topics, n_words, indexes)
    rounds = Rounds.empty(n_topics, len(files))
    for number, (path, file) in enumerate(zip(edited.paths, files, strict=True)):
        if isinstance(file, ParsedAnswer):
            _file(rounds, number, file, indexes, path.name)
            continue
        for topic, edits in file.items():
            _enter(rounds, number, topic, edits.words, edits.name, indexes, path.name)
            for code, strangers in (rounds.unknown[topic][number] or {}).items():
                if not strangers or edited.unknown_words != "raise":
                    continue
                reason = why_absent({code: strangers[:1]}) if why_absent else ""
                error = unknown_word(path, edits, topic, code, strangers[0], reason)
                if error is not None:
                    raise error
    by_people = [file for file in files if isinstance(file, dict)]
    if len(by_people) < len(files):
        return rounds
    rounds.left_out = frozenset(
        number
        for number in range(n_topics)
        if not any(number in file and file[number].words for file in by_people)
    )
    if len(by_people) == 1:
        rounds.voted = [
            None if proposed is None else _as_written(proposed, by_people[0][number], indexes)
            for number, (proposed,) in enumerate(rounds.proposed)
        ]
    return rounds


def _as_written(
    proposed: Mapping[str, list[int]], edits: EditedTopic, indexes: Mapping[str, VocabularyIndex]
) -> VotedTopic | None:
    """Keep all words of a topic; pinned ones come first, and weigh twice as much as others."""
    pinned = {code: indexes[code].match(edits.pinned.get(code, ()))[0] for code in proposed}
    words = {code: list(dict.fromkeys([*pinned[code], *listed])) for code, listed in proposed.items()}
    least = 0.5 if any(pinned.values()) else 1.0
    shares = {
        code: [1.0 if word in pinned[code] else least for word in listed] for code, listed in words.items()
    }
    absent: dict[str, list[Any]] = {code: [] for code in indexes if code not in words}
    return VotedTopic(words | absent, shares | absent, 1.0, 1) if any(words.values()) else None


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


def _file(
    rounds: Rounds, number: int, answer: ParsedAnswer, indexes: Mapping[str, VocabularyIndex], source: str
) -> None:
    """Enter one answer, its words as numbers in the vocabularies."""
    rounds.problems += [f"{source}: {problem}" for problem in answer.problems]
    for topic, reason in answer.failures.items():
        rounds.reasons[topic].append(f"{source}: {reason}")
    for topic, by_language in answer.words.items():
        _enter(rounds, number, topic, by_language, answer.themes.get(topic, ""), indexes, source)


def _enter(
    rounds: Rounds,
    number: int,
    topic: int,
    words: Mapping[str, list[str]],
    theme: str,
    indexes: Mapping[str, VocabularyIndex],
    source: str,
) -> None:
    """Enter what one round says of a topic; one that has a name alone is not proposed anything for."""
    matched = {code: indexes[code].match(listed) for code, listed in words.items()}
    if matched:
        rounds.proposed[topic][number] = {code: numbers for code, (numbers, _) in matched.items()}
        rounds.unknown[topic][number] = {code: strangers for code, (_, strangers) in matched.items()}
        if not any(numbers for numbers, _ in matched.values()):
            n_words = sum(map(len, words.values()))
            problem = (
                f"{source}: None of the {n_words} words named for topic {topic} is in the "
                "vocabularies, of which n_candidates lists some to choose from."
            )
            rounds.reasons[topic].append(problem)
            rounds.problems.append(problem)
    if theme:
        rounds.themes[topic].append(theme)


def _indexes(words: Words) -> dict[str, VocabularyIndex]:
    return {
        code: VocabularyIndex(vocabulary, code, words.frequencies[code])
        for code, vocabulary in words.vocabularies.items()
    }
