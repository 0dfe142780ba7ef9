"""Tables for a terminal."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any

_GAP = "  "


def side_by_side(topics: Sequence[dict[str, list[str]]], weights: Sequence[float]) -> str:
    """Write topics a line each, their languages beside each other; a terminal gets no more than fits."""
    languages = list(topics[0])
    start = len(f"{_GAP.join(('topic', '100.0 %'))}{_GAP}")
    room = None
    if sys.stdout.isatty():
        columns = shutil.get_terminal_size().columns
        room = max((columns - start) // len(languages) - len(_GAP), 12)
    lines = [["topic", "share", *languages]]
    for number, (topic, weight) in enumerate(zip(topics, weights, strict=True)):
        words = [_fitting(topic[code], room) for code in languages]
        lines.append([str(number), f"{100 * weight:.1f} %", *words])
    return aligned(lines, right=(0, 1))


def aligned(lines: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Write cells in columns; the first line heads them."""
    widths = [max(map(_width, cells)) for cells in zip(*lines, strict=True)]
    return "\n".join(
        _GAP.join(
            _padded(cell, width, column in right)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def measures(frame: Any) -> str:
    """Write a table of measures; numbers get three decimals."""
    lines = [list(frame.columns)]
    lines += [[str(name), str(languages), f"{value:.3f}"] for name, languages, value in frame.to_numpy()]
    return aligned(lines, right=(2,))


def _fitting(words: Sequence[str], room: int | None) -> str:
    """Join as many words as there is room for, one at least."""
    text = words[0] if words else ""
    for word in words[1:]:
        if room is not None and _width(f"{text} {word}") > room:
            break
        text = f"{text} {word}"
    return text


def _padded(text: str, width: int, right: bool) -> str:
    spaces = " " * (width - _width(text))
    return spaces + text if right else text + spaces


def _width(text: str) -> int:
    """Columns that a text takes in a terminal, where Chinese and Japanese characters take two."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
