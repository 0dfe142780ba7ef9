"""Reading a language model's answer: input from outside, so strict about numbers, tolerant about form."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from reprlib import repr as shortened

from skxtm._parameters import check_n_words
from skxtm.exceptions import AnswerFormatError
from skxtm.llm.thoughts import without_thoughts
from skxtm.refinement._entries import Entry, json_entries, plain_entries
from skxtm.refinement._languages import label_of
from skxtm.refinement._words import single_words
from skxtm.refinement.matching import VocabularyIndex, swapped_languages

__all__ = ["ParsedAnswer", "parse_answer"]


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """The usable part of an answer, and what was wrong with the rest.

    Parameters
    ----------
    words : dict of int to dict of str to list of str
        By topic and language, the words in the order of the answer, each once, at most `n_words`. A topic or
        language without words is left out.
    themes : dict of int to str
        What the model calls the topics in `words`; may be empty.
    problems : list of str
        One sentence for each thing discarded, cut or missing.
    failures : dict of int to str
        For each topic that was asked about and lacks words in a language, or in all, what is wrong with it.

    See Also
    --------
    parse_answer : Makes it.
    """

    words: dict[int, dict[str, list[str]]]
    themes: dict[int, str]
    problems: list[str]
    failures: dict[int, str] = field(default_factory=dict)


def parse_answer(
    text: str,
    topics: Sequence[int],
    languages: Sequence[str],
    *,
    n_words: int = 15,
    vocabularies: Mapping[str, VocabularyIndex] | None = None,
) -> ParsedAnswer:
    r"""Read the words of topics from an answer in JSON or in the paper's plain text format.

    Around the topics, code fences, other text and thoughts between tags such as ``<think>`` are passed over;
    markdown, bullets, numbering, quotation marks, glosses in brackets and full-width punctuation are removed.
    JSON may have trailing commas or single quotes, or be cut off after some whole topics; a topic's number
    may stand in it under ``topic``, ``topic_id`` and the like, or be its key, and a word in an object of its
    own. Words in plain text are separated by hyphens with spaces, dashes, commas, semicolons or middle dots,
    or numbered ``1. a 2. b``, on the line of their label or the next, one per line after a bullet, or stand
    in a table.

    Nothing is guessed: a number that was not asked for is discarded and never taken for another, a phrase of
    several words is discarded and not divided, and words beyond the first `n_words` are cut. Of several
    answers, such as a draft and what came of it, the last that is complete counts or, where none is, the last
    complete one about each topic. Each such case is named in `problems`.

    Parameters
    ----------
    text : str
        The answer.
    topics : sequence of int
        Numbers of the topics that were asked about.
    languages : sequence of str
        Codes of their languages. An answer may call a language by its code or a tag, such as ``zh-CN``, by
        its English, Chinese or Japanese name or its own, or by the published labels ``CN`` and ``JP``.
    n_words : int, default=15
        Largest number of words kept per topic and language.
    vocabularies : dict of str to VocabularyIndex, default=None
        Vocabularies of the languages, by which a topic is known whose lists stand under each other's
        language: it counts as not answered. None leaves such topics in.

    Returns
    -------
    answer : ParsedAnswer

    Raises
    ------
    InputError
        If `n_words` is not an integer of at least 1.
    AnswerFormatError
        If no topic that was asked about has words in all languages; or if topics 0, 1, ... were asked about,
        and the answer numbers them from 1 on, or others, and it numbers them anew, so that each number may
        stand for another. The message is written for the model, to be sent back with the request.

    See Also
    --------
    refinement_prompts : What such answers answer.
    match_words : Finds the words in the vocabulary.

    Notes
    -----
    A line of plain text that breaks off cannot be told from a short one, so its last word may be a fragment;
    ask the server why it stopped, and discard what was cut at the limit of tokens.

    Examples
    --------
    >>> from skxtm.refinement import parse_answer
    >>> text = "**Topic 0: Weather**\nEN: rain - wind - heavy snow\nCN: 雨、风\n\nTopic 8: x\nEN: y"
    >>> answer = parse_answer(text, topics=[0], languages=["en", "zh"], n_words=2)
    >>> answer.words
    {0: {'en': ['rain', 'wind'], 'zh': ['雨', '风']}}
    >>> answer.themes
    {0: 'Weather'}
    >>> answer.problems
    ['Topic 8 was not asked about and is left out.',
     "Topic 0, 'en': left out 1 that are not single words: 'heavy snow'."]
    """
    check_n_words(n_words, "parse_answer")
    text = without_thoughts(text)
    entries, is_damaged = json_entries(text, languages)
    if not entries:
        entries = plain_entries(text, languages)
        is_damaged = is_damaged and not entries
    found = _Findings(topics, languages)
    if is_damaged:
        found.note("The JSON is damaged or cut off; only its whole topics were read.")
    if _counts_from_one(entries, topics):
        raise AnswerFormatError(_FROM_ONE.format(asked=list(topics)))
    if _counts_anew(entries, topics):
        raise AnswerFormatError(_ANEW.format(asked=list(topics)))
    chosen = _chosen(entries, topics, languages, found)
    words = {
        number: _limited(chosen[number].words, number, n_words, found)
        for number in topics
        if number in chosen
    }
    swapped = _drop_swapped(words, vocabularies or {}, found)
    if swapped and not any(words.values()):
        raise AnswerFormatError(_SWAPPED.format(*swapped))
    if not any(all(of_topic.get(code) for code in languages) for of_topic in words.values()):
        raise AnswerFormatError(_complaint(entries, topics, languages, is_damaged=is_damaged))
    found.note_missing(words)
    kept = {number: of_topic for number, of_topic in words.items() if of_topic}
    themes = {number: chosen[number].theme for number in kept}
    return ParsedAnswer(kept, themes, found.problems, found.failures(words))


class _Findings:
    """What was wrong with an answer, and with which topic."""

    def __init__(self, topics: Sequence[int], languages: Sequence[str]) -> None:
        self.topics, self.languages = topics, languages
        self.problems: list[str] = []
        self._of_topic: dict[int, list[str]] = {}

    def note(self, problem: str, topic: int | None = None) -> None:
        self.problems.append(problem)
        if topic is not None:
            self._of_topic.setdefault(topic, []).append(problem)

    def note_missing(self, words: Mapping[int, Mapping[str, Sequence[str]]]) -> None:
        for number in self.topics:
            if not words.get(number):
                self.note(f"Topic {number} was not answered.", number)
        for number, of_topic in words.items():
            for code in self.languages:
                if of_topic and code not in of_topic:
                    self.note(f"Topic {number} has no words in {code!r}.", number)

    def failures(self, words: Mapping[int, Mapping[str, Sequence[str]]]) -> dict[int, str]:
        return {
            number: " ".join(self._of_topic[number])
            for number in self.topics
            if not all(words.get(number, {}).get(code) for code in self.languages)
        }


_FROM_ONE = (
    "The answer counts topics from 1 on, or leaves out topic 0, so that it is not certain which topic is "
    "meant. Answer for topics {asked}, each under its own number."
)
_ANEW = (
    "The answer numbers topics anew, so that it is not certain which topic is meant. Answer for topics "
    "{asked}, each under its own number."
)
_SWAPPED = "The words of {0!r} and {1!r} are swapped. Give each language its own words."


def _counts_from_one(entries: Sequence[Entry], topics: Sequence[int]) -> bool:
    """Whether topics 0, 1, ... were asked about, and 1, 2, ... answered, which may stand for 0, 1, ..."""
    numbers = {entry.topic for entry in entries}
    last = max(numbers, default=0)
    is_shifted = last == len(topics) or numbers == set(range(1, last + 1))
    return (
        len(topics) > 1
        and set(topics) == set(range(len(topics)))
        and 0 not in numbers
        and (1 < last <= len(topics) and is_shifted)
    )


def _counts_anew(entries: Sequence[Entry], topics: Sequence[int]) -> bool:
    """Whether other topics than 0, 1, ... were asked about, and as many answered, counted from 0 or 1."""
    numbers, asked = {entry.topic for entry in entries}, set(topics)
    counted = [set(range(first, first + len(asked))) for first in (0, 1)]
    return asked != counted[0] and numbers != asked and not numbers.isdisjoint(asked) and numbers in counted


def _chosen(
    entries: Sequence[Entry], topics: Sequence[int], languages: Sequence[str], found: _Findings
) -> dict[int, Entry]:
    """Choose the last answer that is complete or, where none is, the last complete one about each topic."""
    answers: list[dict[int, Entry]] = [{}]
    for entry in entries:
        if entry.topic in answers[-1]:
            answers.append({})
        answers[-1][entry.topic] = entry

    def is_complete(entry: Entry | None) -> bool:
        return entry is not None and all(entry.words.get(code) for code in languages)

    for number, n_times in Counter(entry.topic for entry in entries).items():
        if number not in topics:
            found.note(f"Topic {number} was not asked about and is left out.")
        elif n_times > 1:
            found.note(f"Topic {number} was answered more than once; the last complete answer counts.")
    for answer in reversed(answers):
        if all(is_complete(answer.get(number)) for number in topics):
            return answer
    chosen: dict[int, Entry] = {}
    for entry in entries:
        if is_complete(entry) or not is_complete(chosen.get(entry.topic)):
            chosen[entry.topic] = entry
    return chosen


def _limited(
    words: Mapping[str, Sequence[str]], number: int, n_words: int, found: _Findings
) -> dict[str, list[str]]:
    kept = {}
    for code, listed in words.items():
        problems: list[str] = []
        kept[code] = single_words(listed, n_words, problems)
        for problem in problems:
            found.note(f"Topic {number}, {code!r}: {problem}.", number)
    return {code: of_language for code, of_language in kept.items() if of_language}


def _drop_swapped(
    words: dict[int, dict[str, list[str]]], vocabularies: Mapping[str, VocabularyIndex], found: _Findings
) -> tuple[str, str] | None:
    """Empty the topics whose lists stand under each other's language, and name the last such languages."""
    swapped = None
    for number, of_topic in words.items():
        pair = swapped_languages(of_topic, vocabularies)
        if pair is not None:
            found.note(f"Topic {number}: the words of {pair[0]!r} and {pair[1]!r} are swapped.", number)
            of_topic.clear()
            swapped = pair
    return swapped


def _complaint(
    entries: Sequence[Entry], topics: Sequence[int], languages: Sequence[str], *, is_damaged: bool
) -> str:
    """Tell the model what to do better."""
    labels = " and ".join(f"'{label_of(code)}: ...'" for code in languages)
    asked = list(topics)
    if is_damaged:
        return (
            f"The JSON of the answer is damaged or cut off before any topic is whole. Answer again for "
            f"topics {asked}, with the JSON alone and nothing left out."
        )
    if not entries:
        return (
            f"The answer holds no line 'Topic <id>: ...' followed by the lines {labels}, and no JSON object "
            f"with 'topic' and 'words'. Answer in the requested format, for topics {asked}."
        )
    answered = sorted({entry.topic for entry in entries})
    if not set(answered) & set(topics):
        return (
            f"The answer is about topics {shortened(answered)}, which were not asked about. Answer for "
            f"topics {asked}, each under its own number."
        )
    return (
        f"No topic of the answer has single words in every language. For topics {asked}, give single words "
        f"and no phrases in {labels} each."
    )
