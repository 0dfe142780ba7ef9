"""Finding the JSON objects in what a language model wrote, in one pass over its text."""

import json
import re
from typing import Any

_START = re.compile(r"""\{\s{0,99}(?:["']|\d{1,9}\s?:)""")
_TOKEN = re.compile(
    r"""\s*(?:
        (?:(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<bare>[\w.+-]{1,40}))(?P<colon>\s*:)?
        |(?P<mark>[{}\[\],]))""",
    re.VERBOSE,
)
_CONSTANTS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
_INTEGER = re.compile(r"(-?\d{1,9})(?:\.0{1,9})?")
_MAX_DEPTH = 60


def json_objects(text: str) -> list[tuple[Any, bool]]:
    """Decode all objects of a text, each with whether it is whole.

    A damaged one, cut off or misspelt, gives those parts of which all but the last value is whole. Trailing
    commas, single quotes and numbers as keys are read, too. The time grows with the text, whatever it holds.
    """
    found: list[tuple[Any, bool]] = []
    position = 0
    while match := _START.search(text, position):
        reader = _Reader(text, match.start())
        if reader.read():
            found.append((reader.value, True))
        else:
            found += [(part, False) for part in reader.open]
        position = max(reader.position, match.start() + 1)
    return found


class _Reader:
    """Reads one value; where it breaks off, what is whole within it can still be had."""

    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.position = position
        self.value: Any = None
        self.open: list[dict[str, Any] | list[Any]] = []
        self.keys: list[str | None] = []  # of the open containers; None where no value is expected

    def read(self) -> bool:
        """Read until the value ends, and say whether it does."""
        while token := _TOKEN.match(self.text, self.position):
            if not self._take(token):
                return False
            self.position = token.end()
            if not self.open:
                return True
        return False

    def _take(self, token: re.Match[str]) -> bool:
        mark = token["mark"]
        if mark in ("{", "["):
            return self._open({} if mark == "{" else [])
        if mark in ("}", "]"):
            return self._close(dict if mark == "}" else list)
        if mark == ",":
            return True
        has_colon = token["colon"] is not None
        if has_colon == self._is_value_expected():
            return False
        if has_colon:
            self.keys[-1] = _string(token["string"]) if token["string"] else token["bare"]
            return True
        value = _string(token["string"]) if token["string"] else _bare(token["bare"])
        return value is not _NOTHING and self._add(value)

    def _open(self, container: dict[str, Any] | list[Any]) -> bool:
        if len(self.open) >= _MAX_DEPTH or (self.open and not self._is_value_expected()):
            return False
        self.open.append(container)
        self.keys.append(None)
        return True

    def _close(self, kind: type) -> bool:
        if not isinstance(self.open[-1], kind) or self.keys[-1] is not None:
            return False
        container = self.open.pop()
        self.keys.pop()
        if self.open:
            return self._add(container)
        self.value = container
        return True

    def _is_value_expected(self) -> bool:
        return isinstance(self.open[-1], list) or self.keys[-1] is not None

    def _add(self, value: Any) -> bool:
        container, key = self.open[-1], self.keys[-1]
        if isinstance(container, list):
            container.append(value)
        elif key is not None:
            container[key] = value
            self.keys[-1] = None
        return True


_NOTHING = object()


def _string(token: str) -> str:
    inner = token[1:-1]
    if "\\" not in inner:
        return inner
    if token[0] == "'":
        inner = inner.replace("\\'", "'").replace('"', '\\"')
    try:
        return str(json.loads(f'"{inner}"', strict=False))
    except ValueError:
        return inner


def _bare(token: str) -> Any:
    """Read a number or a constant; numbers that are no small integers are no numbers of topics."""
    if token in _CONSTANTS:
        return _CONSTANTS[token]
    if match := _INTEGER.fullmatch(token):
        return int(match[1])
    return "" if token[0] in "-.0123456789" else _NOTHING
