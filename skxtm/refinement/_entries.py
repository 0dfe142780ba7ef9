"""What an answer says of topics, in whatever form, before anything of it is judged."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from skxtm.refinement._json_reading import json_objects
from skxtm.refinement._languages import LanguageLabels
from skxtm.refinement._words import is_single_word, listed_words, one_line, split_words

_NUMBER = re.compile(r"\s*(?:(?:topic|主题|主題|话题|話題|トピック)[\s_#:-]*)?(\d{1,9})\s*", re.IGNORECASE)
_NUMBER_KEYS = ("topic", "topicid", "topicnumber", "topicno", "topicindex", "id", "number", "index")
_THEME_KEYS = ("theme", "title", "name", "label")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")

# what markdown puts around a line: bold, headings, bullets, quotations, code
_DECORATION = "*_#>`~•·- \t\ufeff"
_NUMBERING = re.compile(r"^\(?\d{1,3}(?:[.)]\s+|[、．）]\s*)(?=\D)")
_BULLET = re.compile(r"[-*•·](?=\s)|\(?\d{1,3}[.)、．）]")
_TOPIC = re.compile(r"(?:topic|主题|主題|话题|話題|トピック)", re.IGNORECASE)
# "Topic -1", "Topic 1-2" and "Topic 1, 2" must not pass for topic 1
_HEADER = re.compile(
    _TOPIC.pattern + r"(?:\s*(?:no\.?|number|id))?[\s：:#<*\[(]*(\d{1,9})[\])>*_`]*"
    r"(?:\s?[:：|(（]|[.．](?!\S)|\s[-–—－](?!\S)|$)(.*)$",
    re.IGNORECASE,
)
_LABELLED = re.compile(r"([^:：]{1,60})[:：]+[*_`\s]*(.*)$")
_RULE = re.compile(r":?-+:?")


@dataclass(slots=True)
class Entry:
    """What an answer says of one topic."""

    topic: int
    theme: str = ""
    words: dict[str, list[str]] = field(default_factory=dict)


def json_entries(text: str, languages: Sequence[str]) -> tuple[list[Entry], bool]:
    """Read the entries of all JSON objects in a text, and say whether some of it is damaged."""
    labels = LanguageLabels(languages)
    objects = json_objects(text)
    entries: list[Entry] = []
    for value, is_whole in objects:
        if is_whole or not isinstance(value, dict) or _own_number(value) is None:
            entries += _entries_within(value, labels)
    return entries, not all(is_whole for _, is_whole in objects)


def _entries_within(value: Any, labels: LanguageLabels) -> Iterator[Entry]:
    """Find the objects that are about one topic: by a number within, or by a number as their key."""
    waiting: list[tuple[int | None, Any]] = [(None, value)]
    while waiting:
        number, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(None, each) for each in reversed(value)]
        elif isinstance(value, dict):
            own = _own_number(value)
            number = number if own is None else own
            if number is None:
                waiting += [(topic_number(key), each) for key, each in reversed(value.items())]
            else:
                yield _entry(number, value, labels)


def _entry(number: int, value: Mapping[str, Any], labels: LanguageLabels) -> Entry:
    theme = next((value[key] for key in value if _plain(key) in _THEME_KEYS), "")
    lists = next((value[key] for key in value if key == "words" and isinstance(value[key], dict)), value)
    words: dict[str, list[str]] = {}
    for label, listed in lists.items():
        code = labels.code(label)
        if code is not None and not isinstance(listed, int):
            words.setdefault(code, []).extend(listed_words(listed))
    return Entry(number, one_line(theme) if isinstance(theme, str) else "", words)


def _own_number(value: Mapping[str, Any]) -> int | None:
    numbers = {_plain(key): number for key in value if (number := topic_number(value[key])) is not None}
    return next((numbers[key] for key in _NUMBER_KEYS if key in numbers), None)


def _plain(key: str) -> str:
    return _NOT_ALPHANUMERIC.sub("", key[:60]).lower()


def topic_number(value: Any) -> int | None:
    """Read the number of a topic, which may be written as ``3``, ``"3"`` or ``"Topic 3"``."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) if match else None


def plain_entries(text: str, languages: Sequence[str]) -> list[Entry]:
    """Read lines like ``Topic 0: weather`` and, below them, ``EN: rain - wind``, or rows of tables."""
    reader = _PlainReader(LanguageLabels(languages))
    for line in text.splitlines():
        reader.read(one_line(line))
    return [entry for entry in reader.entries if entry.words]


class _PlainReader:
    """Reads lines, each in the light of those before."""

    def __init__(self, labels: LanguageLabels) -> None:
        self.labels = labels
        self.entries: list[Entry] = []
        self.words: dict[str, list[str]] = {}  # of the topic being read
        self.open_list: list[str] | None = None  # a label stood alone: its words may follow
        self.is_next_line = False
        self.columns: list[str] | None = None  # of the table being read

    def read(self, line: str) -> None:
        """Read one more line."""
        bare = _undecorated(line)
        if line.startswith("|") and line.count("|") > 1:
            self._read_row([cell.strip(" *_`") for cell in line.strip("| ").split("|")])
            return
        self.columns = None
        if _TOPIC.match(bare):
            # also for a number that cannot be read, so that what follows lands on no other topic
            self.words, self.open_list = {}, None
            if header := _HEADER.match(bare):
                theme = header[2].strip(f"{_DECORATION}:：()（）")
                self.entries.append(Entry(int(header[1]), theme, self.words))
        elif (match := _LABELLED.match(bare)) and (code := self.labels.code(match[1])):
            listed = self.words.setdefault(code, [])
            found = split_words(match[2])
            listed += found
            self.open_list, self.is_next_line = None if found else listed, True
        elif self.open_list is not None and bare:
            self._read_below_label(line, bare)

    def _read_below_label(self, line: str, bare: str) -> None:
        """Take words that stand one to a line after bullets, or all on the line after the label."""
        assert self.open_list is not None
        is_next, self.is_next_line = self.is_next_line, False
        words = split_words(line)
        if is_next and len(words) > 1 and 2 * sum(map(is_single_word, words)) > len(words):
            self.open_list += words
        elif _BULLET.match(line):
            self.open_list += split_words(bare)

    def _read_row(self, cells: list[str]) -> None:
        """Read a row of a table: the first may say what the columns are."""
        if all(map(_RULE.fullmatch, cells)):
            return
        if self.columns is None:
            self.columns = [self._role(cell) for cell in cells]
            if not self._is_code(self.columns[0]) or any(map(self._is_code, self.columns[1:])):
                return
            self.columns = ["language"] + ["words"] * (len(cells) - 1)  # without a row of names
        row = list(zip(self.columns, cells, strict=False))
        of_role = dict(row)
        if "topic" in of_role:
            number = topic_number(of_role["topic"])
            if number is None:
                self.words = {}
            elif not self.entries or self.entries[-1].topic != number or "language" not in of_role:
                self.words = {}
                self.entries.append(Entry(number, of_role.get("theme", ""), self.words))
        code = self.labels.code(of_role.get("language", ""))
        for role, cell in row:
            language = code if role == "words" else role if self._is_code(role) else None
            if language is not None and cell:
                self.words.setdefault(language, []).extend(split_words(cell))

    def _role(self, cell: str) -> str:
        name = _plain(cell)
        if name in (*_NUMBER_KEYS, "no", "主题", "主題"):
            return "topic"
        if name in _THEME_KEYS:
            return "theme"
        if name in ("language", "languages", "lang", "语言", "言語"):
            return "language"
        return self.labels.code(cell) or ("words" if name in ("words", "topwords", "word") else "")

    def _is_code(self, role: str) -> bool:
        return bool(role) and role not in ("topic", "theme", "language", "words")


def _undecorated(line: str) -> str:
    return _NUMBERING.sub("", line.strip(_DECORATION), count=1).strip(_DECORATION)
