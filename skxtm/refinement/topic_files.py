"""Topics as files that people edit: CSV for spreadsheets, Markdown for editors of text."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import category

from skxtm._files import write_page
from skxtm.exceptions import InputError, InputTypeError
from skxtm.languages import canonical_code
from skxtm.refinement._topics import listed_topics, no_topics
from skxtm.refinement._words import one_line

__all__ = ["EditedTopic", "read_topics", "write_topics"]

_COLUMNS = ("topic", "name", "language", "word", "mark")
_NEEDED = ("topic", "language", "word")
_MARKS = {"": "", "keep": "", "add": "", "strike": "strike", "pin": "pin"}
_MARKDOWN = {".md", ".markdown"}
_TABLES = {".csv", ".tsv"}

_HEADING = re.compile(r"##\s*Topic\s+(\d{1,9})\s*(?::\s*(.*))?", re.IGNORECASE)
_LIST = re.compile(r"[-*]\s+([A-Za-z][\w-]{0,40})\s*[:：](.*)")
_ITEM = re.compile(r"\s*((?:`[^`]*`|[^,，、`])*)\s*([,，、]|$)")
_MARKUP = "*~`,，、"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")  # a spreadsheet would compute what begins like this
_GUARDED = re.compile(r"'+[=+\-@\t\r]")

_OR_EDITED = ", or a dict of numbers to EditedTopic, such as read_topics returns."
_UNWRITABLE = {"Cc", "Cs", "Zl", "Zp"}
_BOM = "\ufeff"

_TITLE = """\
# Topics

<!-- ~~word~~ strikes a word out, **word** pins it; words can be added and deleted. `a, b` is one word. -->
"""


@dataclass(frozen=True, slots=True)
class EditedTopic:
    """What a file says of one topic.

    Attributes
    ----------
    words : dict of str to list of str
        By language the words that stand, in the order of the file, those pinned included.
    pinned : dict of str to list of str
        Those of them that are pinned.
    struck : dict of str to list of str
        Words that were struck out.
    name : str
        What the topic is called; may be empty.
    lines : dict of (str, str) to int
        Line of the file, from 1, on which a word of a language stands. It does not count in comparisons.
    """

    words: dict[str, list[str]] = field(default_factory=dict)
    pinned: dict[str, list[str]] = field(default_factory=dict)
    struck: dict[str, list[str]] = field(default_factory=dict)
    name: str = ""
    lines: dict[tuple[str, str], int] = field(default_factory=dict, compare=False, repr=False)


def write_topics(
    path: str | os.PathLike[str],
    topics: Sequence[Mapping[str, Sequence[str]]] | Mapping[int, EditedTopic],
    *,
    names: Sequence[str] | None = None,
) -> None:
    r"""Write topics to a file that people can edit.

    Parameters
    ----------
    path : str or path-like
        The file; an existing one is replaced. ``.md`` makes it Markdown, ``.csv`` or ``.tsv`` a table.
    topics : sequence of dict of str to sequence of str, or dict of int to EditedTopic
        Words of every topic by language, as ``get_topics`` returns them; or what `read_topics` returned.
    names : sequence of str, default=None
        Names of the topics, only with a sequence of topics. A topic without words or name is left out.

    Raises
    ------
    InputError, InputTypeError
        If the suffix is another, topics are something else, a word or name cannot be written, there are not
        as many names as topics, or the folder does not exist. A file that is there stays as it is.

    See Also
    --------
    read_topics : Reads it back, once it was edited.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skxtm.refinement import write_topics
    >>> with TemporaryDirectory() as folder:
    ...     write_topics(f"{folder}/topics.md", [{"en": ["rain", "tax"], "zh": ["雨"]}], names=["Weather"])
    ...     print(*Path(folder, "topics.md").read_text(encoding="utf-8").splitlines()[-3:], sep="\n")
    ## Topic 0: Weather
    - en: rain, tax
    - zh: 雨
    """
    path = Path(path)
    suffix = _known_suffix(path)
    entries = _entries(topics, names)
    for number, topic in entries.items():
        _check_writable(number, topic, in_markdown=suffix in _MARKDOWN)
    text = _as_markdown(entries) if suffix in _MARKDOWN else _as_table(entries, suffix)
    # spreadsheets know UTF-8 by the mark
    write_page(path, _BOM + text if suffix in _TABLES else text)


def read_topics(path: str | os.PathLike[str]) -> dict[int, EditedTopic]:
    r"""Read topics from a file that people edited.

    A table has a row for each word, under the column names ``topic``, ``language`` and ``word`` and, if
    wanted, ``mark`` (empty, ``keep`` or ``add`` for a word that stands, ``strike``, ``pin``) and ``name``;
    its columns are separated by commas, semicolons or tabs. Markdown has a heading ``## Topic 3: name`` and,
    below, a list ``- en: rain, ~~tax~~, **snow**`` of each language.

    Parameters
    ----------
    path : str or path-like
        Markdown, if it ends in ``.md``, or a table, if in ``.csv`` or ``.tsv``; UTF-8.

    Returns
    -------
    topics : dict of int to EditedTopic
        By number, in the order of the file. Topics that the file does not hold are left out.

    Raises
    ------
    InputError
        If there is no such file, it is no UTF-8, or a line cannot be read, holds a word twice, or says
        something that another line contradicts. Nothing is guessed or passed over.

    See Also
    --------
    write_topics : Writes it.
    EditedTopics : Refines a model by it.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skxtm.refinement import read_topics
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "topics.md").write_text("## Topic 4: Sky\n- en: **rain**, ~~tax~~, snow\n")
    ...     read_topics(f"{folder}/topics.md")[4]
    EditedTopic(words={'en': ['rain', 'snow']}, pinned={'en': ['rain']}, struck={'en': ['tax']}, name='Sky')
    """
    path = Path(path)
    suffix = _known_suffix(path)
    reader = _Reader(path.name)
    text = text_of(path, " Write it with skxtm.refinement.write_topics.")
    (_read_markdown if suffix in _MARKDOWN else _read_table)(text, reader)
    return reader.finished()


class _Reader:
    """Collects what lines say, and refuses what does not fit together."""

    def __init__(self, file_name: str) -> None:
        self.file_name = file_name
        self.topics: dict[int, EditedTopic] = {}

    def error(self, line: int, problem: str) -> InputError:
        return InputError(f"{self.file_name}, line {line}: {problem}")

    def topic(self, number: int) -> EditedTopic:
        return self.topics.setdefault(number, EditedTopic())

    def language(self, code: str, line: int) -> str:
        try:
            return canonical_code(code)
        except InputError as error:
            raise self.error(line, str(error)) from None

    def name(self, number: int, name: str, line: int) -> None:
        topic, name = self.topic(number), one_line(name)
        if topic.name and name and name != topic.name:
            raise self.error(
                line, f"topic {number} is called {name!r} here and {topic.name!r} before; give it one name."
            )
        if name:
            self.topics[number] = EditedTopic(topic.words, topic.pinned, topic.struck, name, topic.lines)

    def word(self, number: int, language: str, word: str, mark: str, line: int) -> None:
        topic = self.topic(number)
        if not word:
            raise self.error(line, f"a word of topic {number} in {language!r} is empty; take it out.")
        if (language, word) in topic.lines:
            raise self.error(
                line,
                f"{word!r} stands twice in topic {number}, first on line {topic.lines[language, word]}; take "
                "one of them out.",
            )
        topic.lines[language, word] = line
        (topic.struck if mark == "strike" else topic.words).setdefault(language, []).append(word)
        if mark == "pin":
            topic.pinned.setdefault(language, []).append(word)

    def finished(self) -> dict[int, EditedTopic]:
        if not self.topics:
            raise InputError(
                f"{self.file_name} holds no topic. Write it with skxtm.refinement.write_topics, and edit it."
            )
        for number, topic in self.topics.items():
            for language, struck in topic.struck.items():
                if language not in topic.words:
                    line = topic.lines[language, struck[-1]]
                    raise self.error(
                        line,
                        f"all words of topic {number} in {language!r} are struck out; leave one, or take the "
                        "language out.",
                    )
        return self.topics


def _read_markdown(text: str, reader: _Reader) -> None:
    number: int | None = None
    seen: set[int | tuple[int, str]] = set()
    for line, raw in enumerate(text.splitlines(), start=1):
        content = raw.strip()
        if not content or re.fullmatch(r"#\s.*|<!--.*-->", content):
            continue
        if heading := _HEADING.fullmatch(content):
            number = int(heading[1])
            if number in seen:
                raise reader.error(line, f"topic {number} has a second heading; put both into one.")
            seen.add(number)
            reader.topic(number)
            reader.name(number, heading[2] or "", line)
        elif (listed := _LIST.fullmatch(content)) and number is not None:
            language = reader.language(listed[1], line)
            if (number, language) in seen:
                raise reader.error(
                    line, f"topic {number} has a second list of {language!r}; put both into one."
                )
            seen.add((number, language))
            for item in _items(listed[2], line, reader):
                reader.word(number, language, *_unmarked(item, line, reader), line)
        else:
            raise reader.error(
                line,
                f"{_shortened(content)} is neither a heading '## Topic 3: name' nor, below one, a list "
                "'- en: word, word'.",
            )


def _items(text: str, line: int, reader: _Reader) -> Iterator[str]:
    """Take a list apart at commas that do not stand within backticks."""
    position = 0
    while True:
        match = _ITEM.match(text, position)
        if match is None:
            raise reader.error(line, "a backtick ` is not closed.")
        yield match[1].strip()
        if not match[2]:
            return
        position = match.end()


def _unmarked(item: str, line: int, reader: _Reader) -> tuple[str, str]:
    """Return the word of an item, and its mark."""
    mark = ""
    for sign, of_sign in (("~~", "strike"), ("**", "pin")):
        if len(item) > 2 * len(sign) and item.startswith(sign) and item.endswith(sign):
            item, mark = item[len(sign) : -len(sign)].strip(), of_sign
            break
    if len(item) > 2 and item[0] == item[-1] == "`" and "`" not in item[1:-1]:
        return item[1:-1], mark
    if any(sign in item for sign in _MARKUP):
        raise reader.error(
            line,
            f"the marks of {_shortened(item)} cannot be read; write ~~word~~, **word**, or a word that holds "
            "such signs between backticks.",
        )
    return item, mark


def _read_table(text: str, reader: _Reader) -> None:
    head = text.splitlines()[0] if text else ""
    delimiter = max("\t;,", key=head.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().lower() for name in next(rows, [])]
        _check_columns(names, reader)
        for cells in rows:
            if any(map(str.strip, cells)):
                _read_row(
                    dict(zip(names, cells, strict=False)), len(cells) - len(names), rows.line_num, reader
                )
    except csv.Error as error:
        raise reader.error(rows.line_num, f"the row cannot be read ({error}).") from None


def _check_columns(names: Sequence[str], reader: _Reader) -> None:
    missing = [name for name in _NEEDED if name not in names]
    other = [name for name in names if name not in _COLUMNS]
    if missing or other or len(set(names)) < len(names):
        raise reader.error(
            1,
            f"the columns must be {', '.join(_NEEDED)} and, if wanted, name and mark, each once. Got "
            f"{', '.join(map(repr, names)) or 'none'}.",
        )


def _read_row(row: Mapping[str, str], n_surplus: int, line: int, reader: _Reader) -> None:
    if n_surplus > 0:
        raise reader.error(
            line, "the row has more cells than there are columns; put a cell with commas in quotes."
        )
    if "topic" not in row:
        raise reader.error(line, "the row has fewer cells than there are columns, and no topic; fill it in.")
    cells = {name: _unguarded(cell.strip()) for name, cell in row.items()}
    if not re.fullmatch(r"[0-9]{1,9}", cells["topic"]):
        raise reader.error(line, f"{cells['topic']!r} is no number of a topic; topics are numbered from 0.")
    number, mark = int(cells["topic"]), cells.get("mark", "").lower()
    if mark not in _MARKS:
        raise reader.error(
            line, f"the mark {mark!r} is unknown; leave it empty, or write strike, pin or add."
        )
    reader.name(number, cells.get("name", ""), line)
    language, word = cells.get("language", ""), cells.get("word", "")
    if cells.get("name") and not language and not word:
        return
    if not language:
        raise reader.error(line, f"the word {word!r} has no language; fill in its code, such as 'en'.")
    reader.word(number, reader.language(language, line), word, _MARKS[mark], line)


def _as_markdown(topics: Mapping[int, EditedTopic]) -> str:
    blocks = [_TITLE]
    for number, topic in topics.items():
        lines = [f"## Topic {number}" + (f": {topic.name}" if topic.name else "")]
        for language in dict.fromkeys([*topic.words, *topic.struck]):
            lines.append(f"- {language}: " + ", ".join(_marked(topic, language)))
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _marked(topic: EditedTopic, language: str) -> Iterator[str]:
    for word, mark in _in_order(topic, language):
        sign = {"strike": "~~", "pin": "**"}.get(mark, "")
        shown = f"`{word}`" if any(map(word.__contains__, _MARKUP)) else word
        yield sign + shown + sign


def _as_table(topics: Mapping[int, EditedTopic], suffix: str) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter="\t" if suffix == ".tsv" else ",", lineterminator="\n")
    writer.writerow(_COLUMNS)
    for number, topic in topics.items():
        languages = dict.fromkeys([*topic.words, *topic.struck])
        rows = [(language, *entry) for language in languages for entry in _in_order(topic, language)]
        for language, word, mark in rows or [("", "", "")]:
            writer.writerow([number, _guarded(topic.name), language, _guarded(word), mark])
    return text.getvalue()


def _in_order(topic: EditedTopic, language: str) -> list[tuple[str, str]]:
    """List the words of a language with their marks, those struck out last."""
    pinned = set(topic.pinned.get(language, ()))
    standing = [(word, "pin" if word in pinned else "") for word in topic.words.get(language, ())]
    return standing + [(word, "strike") for word in topic.struck.get(language, ())]


def _guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _unguarded(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


def _entries(
    topics: Sequence[Mapping[str, Sequence[str]]] | Mapping[int, EditedTopic], names: Sequence[str] | None
) -> dict[int, EditedTopic]:
    if isinstance(topics, Mapping):
        if names is not None:
            raise InputError(
                "names are for a sequence of topics; each topic of a dict has its own, EditedTopic(name=...)."
            )
        entries = dict(topics)
        if not all(isinstance(topic, EditedTopic) for topic in entries.values()):
            raise no_topics(other=_OR_EDITED)
    else:
        topics = listed_topics(topics, other=_OR_EDITED)
        names = [""] * len(topics) if names is None else list(names)
        if len(names) != len(topics):
            raise InputError(f"names holds {len(names)} names for {len(topics)} topics. Give one for each.")
        entries = {
            number: EditedTopic({code: list(words) for code, words in topic.items() if len(words)}, name=name)
            for number, (topic, name) in enumerate(zip(topics, names, strict=True))
        }
    return {number: topic for number, topic in entries.items() if topic.name or topic.words or topic.struck}


def _check_writable(number: int, topic: EditedTopic, *, in_markdown: bool) -> None:
    words = [word for part in (topic.words, topic.struck) for of_part in part.values() for word in of_part]
    for text in [topic.name, *words]:
        if not isinstance(text, str):
            raise InputTypeError(f"Words and names are str. Got {text!r} of topic {number}.")
        if text != text.strip() or any(category(sign) in _UNWRITABLE for sign in text):
            raise InputError(
                f"{text!r} of topic {number} cannot be written, since it begins or ends with a space, or "
                "holds a line break, a control character or half a character."
            )
        if in_markdown and "`" in text and text != topic.name:
            raise InputError(
                f"The word {text!r} of topic {number} holds a backtick, which Markdown cannot show here. "
                "Write a .csv file."
            )


def _known_suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in _MARKDOWN | _TABLES:
        raise InputError(f"Topics are files that end in .md, .csv or .tsv. Got {path.name!r}.")
    return suffix


def text_of(path: Path, remedy: str = "") -> str:
    """Read a file of text, strictly.

    Parameters
    ----------
    path : Path
        The file; UTF-8.
    remedy : str, default=""
        What to do where there is none.

    Returns
    -------
    text : str

    Raises
    ------
    InputError
        If there is no such file, it cannot be read, or is no UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"There is no file {str(path)!r}.{remedy}") from None
    except OSError as error:
        raise InputError(f"The file {str(path)!r} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path.name}, line {line}: the text is not UTF-8. Save the file as 'CSV UTF-8' or 'UTF-8'."
        ) from None


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
