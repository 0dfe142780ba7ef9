"""Reading a language model's answer: input from outside, so strict about numbers, tolerant about form."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from json import JSONDecoder
from reprlib import repr as shortened
from typing import Any

from skxtm.exceptions import AnswerFormatError
from skxtm.refinement._languages import label_of, language_of_label

__all__ = ["ParsedAnswer", "parse_answer"]

_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_OBJECT = re.compile(r'\{\s*"')
_NUMBER = re.compile(r"\s*(?:topic\s*)?(\d{1,9})\s*", re.IGNORECASE)

# what markdown puts around a line: bold, headings, bullets, quotations, code
_DECORATION = "*_#>`~•·- \t\ufeff"
_NUMBERING = re.compile(r"\(?\d{1,3}(?:[.)]\s+|[、．）]\s*)(?=\D)")
_BULLET = re.compile(r"[-*•·](?=\s)|\(?\d{1,3}[.)、．）]")
_TOPIC = re.compile(r"(?:topic|主题|主題|话题|話題|トピック)", re.IGNORECASE)
# "Topic -1", "Topic 1-2" and "Topic 1, 2" must not pass for topic 1
_HEADER = re.compile(
    _TOPIC.pattern + r"(?:\s*(?:no\.?|number|id))?[\s:：#<*\[(]*(\d{1,9})[\])>*_`]*"
    r"(?:\s?[:：|]|[.．](?!\S)|\s[-–—－](?!\S)|$)(.*)$",
    re.IGNORECASE,
)
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_SEPARATOR = re.compile(
    r"\s*[,，、،;；؛|｜•–—―－]\s*"
    r"|\s+[-·・/]\s*|[-·・/]\s+"  # alone, these may stand within a word
    rf"|(?<=[{_IDEOGRAPHS}])-(?=[{_IDEOGRAPHS}])"
)
_GLOSS = re.compile(r"(?<=\S)\s*[(（][^()（）]*[)）]$")
_MARKS = " *_`~\"“”„'‘’«»「」『』《》〈〉<>:：。!！?？,，、;；…\u200b\ufeff"
_BRACKETS = "()（）[]［］【】"


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

    See Also
    --------
    parse_answer : Makes it.
    """

    words: dict[int, dict[str, list[str]]]
    themes: dict[int, str]
    problems: list[str]


def parse_answer(
    text: str, topics: Sequence[int], languages: Sequence[str], *, n_words: int = 15
) -> ParsedAnswer:
    r"""Read the words of topics from an answer in JSON or in the paper's plain text format.

    Around the topics, code fences, other text and thoughts up to ``</think>`` are passed over; markdown,
    bullets, numbering, quotation marks, glosses in brackets and full-width punctuation are removed. JSON may
    have trailing commas, or be cut off after some whole topics. Words in plain text are separated by hyphens
    with spaces, dashes, commas or semicolons of any script, or stand one per line after a bullet.

    Nothing is guessed: a number that was not asked for is discarded and never taken for another, the first
    of several answers about a topic counts, a phrase of several words is discarded and not divided, and
    words beyond the first `n_words` are cut. Each such case is named in `problems`.

    Parameters
    ----------
    text : str
        The answer.
    topics : sequence of int
        Numbers of the topics that were asked about.
    languages : sequence of str
        Codes of their languages. In plain text, lines begin with a code, such as ``EN:``, the English name of
        a language, or one of the published labels ``CN`` and ``JP``.
    n_words : int, default=15
        Largest number of words kept per topic and language.

    Returns
    -------
    answer : ParsedAnswer

    Raises
    ------
    AnswerFormatError
        If no topic that was asked about has words in all languages. The message is written for the model, to
        be sent back with the request.

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
    text = text.rpartition("</think>")[2]
    entries, broken = _json_entries(text, languages)
    if not entries:
        entries = _plain_entries(text, languages)
        broken = broken and not entries
    problems = ["The JSON is damaged or cut off; only its whole topics were read."] if broken else []
    chosen = _first_of_each(entries, topics, problems)
    words = {
        number: _limited(chosen[number].words, number, n_words, problems)
        for number in topics
        if number in chosen
    }
    if not any(all(of_topic.get(code) for code in languages) for of_topic in words.values()):
        raise AnswerFormatError(_complaint(entries, topics, languages, broken=broken))
    problems += _missing(words, topics, languages)
    kept = {number: of_topic for number, of_topic in words.items() if of_topic}
    return ParsedAnswer(kept, {number: chosen[number].theme for number in kept}, problems)


@dataclass(slots=True)
class _Entry:
    """What an answer says of one topic, before anything is judged."""

    topic: int
    theme: str
    words: dict[str, list[str]]


def _json_entries(text: str, languages: Sequence[str]) -> tuple[list[_Entry], bool]:
    """Read the entries of all JSON objects in a text, and say whether some of it is damaged."""
    objects, broken = _json_objects(text)
    if broken:
        objects, broken = _json_objects(_TRAILING_COMMA.sub("", text))
    code_of = language_of_label(languages)
    found = [_entry_of_object(value, code_of) for outer in objects for value in _topic_objects(outer)]
    return [entry for entry in found if entry is not None], broken


def _json_objects(text: str) -> tuple[list[dict[str, Any]], bool]:
    """Decode all objects of a text that are whole; where the outer one is not, those within it."""
    decoder = JSONDecoder()
    objects, broken, position = [], False, 0
    while match := _OBJECT.search(text, position):
        try:
            value, position = decoder.raw_decode(text, match.start())
            objects.append(value)
        except ValueError:
            broken, position = True, match.start() + 1
        except RecursionError:
            # nobody nests words that deeply; trying every level again would take minutes
            return objects, True
    return objects, broken


def _topic_objects(value: Mapping[str, Any]) -> list[Any]:
    topics = value.get("topics")
    return topics if isinstance(topics, list) else [value]


def _entry_of_object(value: Any, code_of: Mapping[str, str]) -> _Entry | None:
    number = _number(value.get("topic")) if isinstance(value, dict) else None
    if number is None:
        return None
    theme = value.get("theme")
    lists = value["words"] if isinstance(value.get("words"), dict) else value
    words: dict[str, list[str]] = {}
    for label, listed in lists.items():
        code = code_of.get(label.strip().lower())
        if code is not None:
            words.setdefault(code, []).extend(_elements(listed))
    return _Entry(number, _one_line(theme) if isinstance(theme, str) else "", words)


def _number(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) if match else None


def _elements(listed: Any) -> list[str]:
    if isinstance(listed, str):
        return _split(listed)
    elements = listed if isinstance(listed, list) else []
    # "" is what is counted later as no word
    return [str(element) if isinstance(element, (str, int)) else "" for element in elements]


def _plain_entries(text: str, languages: Sequence[str]) -> list[_Entry]:
    """Read lines like ``Topic 0: weather`` and, below them, ``EN: rain - wind``."""
    code_of = language_of_label(languages)
    labelled = _labelled_line(list(code_of))
    entries: list[_Entry] = []
    words: dict[str, list[str]] = {}  # of the topic being read
    open_list: list[str] | None = None  # a label stood alone: its words may follow, one per line
    for line in map(_one_line, text.splitlines()):
        bare = _undecorated(line)
        if _TOPIC.match(bare):
            # also for a number that cannot be read, so that what follows lands on no other topic
            words, open_list = {}, None
            if header := _HEADER.match(bare):
                entries.append(_Entry(int(header[1]), header[2].strip(f"{_DECORATION}:："), words))
        elif match := labelled(bare):
            listed = words.setdefault(code_of[match[1].lower()], [])
            listed += _split(match[2])
            open_list = None if listed else listed
        elif open_list is not None and _BULLET.match(line):
            open_list += _split(bare)
    return [entry for entry in entries if entry.words]


def _labelled_line(labels: Sequence[str]) -> Callable[[str], re.Match[str] | None]:
    alternatives = "|".join(map(re.escape, sorted(labels, key=len, reverse=True)))
    pattern = rf"({alternatives})(?:\s*[(（][^()（）]*[)）])?[*_`\s]*[:：]+[*_`\s]*(.*)$"
    return re.compile(pattern, re.IGNORECASE).match


def _undecorated(line: str) -> str:
    return _NUMBERING.sub("", line.strip(_DECORATION), count=1).strip(_DECORATION)


def _split(text: str) -> list[str]:
    pieces = (_NUMBERING.sub("", piece.strip(), count=1) for piece in _SEPARATOR.split(text.rstrip(". ")))
    return list(filter(None, pieces))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _first_of_each(
    entries: Sequence[_Entry], topics: Sequence[int], problems: list[str]
) -> dict[int, _Entry]:
    chosen: dict[int, _Entry] = {}
    repeated = dict.fromkeys(
        entry.topic for entry in entries if chosen.setdefault(entry.topic, entry) is not entry
    )
    problems += [
        f"Topic {number} was answered more than once; the first answer counts." for number in repeated
    ]
    problems += [
        f"Topic {number} was not asked about and is left out." for number in chosen if number not in topics
    ]
    return chosen


def _limited(
    words: Mapping[str, Sequence[str]], number: int, n_words: int, problems: list[str]
) -> dict[str, list[str]]:
    kept = {}
    for code, listed in words.items():
        found: list[str] = []
        kept[code] = _single_words(listed, n_words, found)
        problems += [f"Topic {number}, {code!r}: {problem}." for problem in found]
    return {code: of_language for code, of_language in kept.items() if of_language}


def _single_words(listed: Sequence[str], n_words: int, problems: list[str]) -> list[str]:
    """Keep single words, each once, and no more than asked for."""
    cleaned = list(map(_cleaned, listed))
    rejected = [word for word in cleaned if not _is_single_word(word)]
    first_spelling: dict[str, str] = {}
    for word in filter(_is_single_word, cleaned):
        first_spelling.setdefault(word.casefold(), word)
    n_repeated = len(cleaned) - len(rejected) - len(first_spelling)
    if rejected:
        problems.append(f"left out {len(rejected)} that are not single words: {_named(rejected)}")
    if n_repeated:
        problems.append(f"left out {n_repeated} repeated")
    if len(first_spelling) > n_words:
        problems.append(f"{len(first_spelling)} words instead of {n_words}, the rest was cut")
    elif 0 < len(first_spelling) < n_words:
        problems.append(f"only {len(first_spelling)} words instead of {n_words}")
    return list(first_spelling.values())[:n_words]


def _cleaned(word: str) -> str:
    return _GLOSS.sub("", _one_line(word).strip(_MARKS)).strip(_MARKS + _BRACKETS)


def _is_single_word(word: str) -> bool:
    return " " not in word and any(map(str.isalnum, word))


def _named(rejected: Sequence[str]) -> str:
    return ", ".join(map(shortened, rejected[:3])) + (", ..." if len(rejected) > 3 else "")


def _missing(
    words: Mapping[int, Mapping[str, Sequence[str]]], topics: Sequence[int], languages: Sequence[str]
) -> list[str]:
    unanswered = [f"Topic {number} was not answered." for number in topics if not words.get(number)]
    incomplete = [
        f"Topic {number} has no words in {code!r}."
        for number, of_topic in words.items()
        for code in languages
        if of_topic and code not in of_topic
    ]
    return unanswered + incomplete


def _complaint(
    entries: Sequence[_Entry], topics: Sequence[int], languages: Sequence[str], *, broken: bool
) -> str:
    """Tell the model what to do better."""
    labels = " and ".join(f"'{label_of(code)}: ...'" for code in languages)
    asked = list(topics)
    if broken:
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
