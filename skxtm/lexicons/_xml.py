"""Entries of an XML file, one after the other, without what makes XML dangerous."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from skxtm._word_pairs.text_files import unpacked
from skxtm.exceptions import InputError

LARGEST_ENTRY = 2**20
"""Characters and elements that one entry may hold."""

LARGEST_ENTITY = 1000
"""Characters that an entity may stand for; those of JMdict stand for a few words."""


def elements(path: Path, *tags: str) -> Iterator[Element]:
    """Iterate over the elements of some tags, of which only one is in memory at a time.

    No other file is ever opened. Entities that stand for plain text are replaced, as JMdict needs; those that
    hold other entities, which is how small files grow without bounds, are refused.

    Parameters
    ----------
    path : Path
        The file, compressed or not.
    *tags : str
        Names of elements, without namespace. An element within another is part of that one.

    Yields
    ------
    element : Element
        Its tags and attributes are without namespaces.

    Raises
    ------
    InputError
        If the file is not well-formed, or an entity or an entry is too large.
    """
    reader = _Reader(path.name, tags)
    try:
        for chunk in unpacked(path):
            reader.parser.Parse(chunk, False)
            yield from reader.taken()
        reader.parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path.name} is no well-formed XML ({error}). Fetch or write it again.") from error
    yield from reader.taken()


class _Reader:
    """Builds the elements of some tags while a file is parsed."""

    def __init__(self, name: str, tags: tuple[str, ...]) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.EntityDeclHandler = self._entity
        self._name = name
        self._tags = tags
        self._builder = TreeBuilder()
        self._depth = 0  # of the current element within the one that is built
        self._size = 0
        self._complete: list[Element] = []

    def taken(self) -> list[Element]:
        complete, self._complete = self._complete, []
        return complete

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = _local(tag)
        if not self._depth and tag not in self._tags:
            return
        self._depth += 1
        self._grow(1)
        self._builder.start(tag, {_local(key): value for key, value in attributes.items()})

    def _end(self, tag: str) -> None:
        if not self._depth:
            return
        self._depth -= 1
        self._builder.end(_local(tag))
        if not self._depth:
            self._complete.append(self._builder.close())
            self._builder, self._size = TreeBuilder(), 0

    def _data(self, text: str) -> None:
        if self._depth:
            self._grow(len(text))
            self._builder.data(text)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > LARGEST_ENTRY:
            raise InputError(
                f"An entry of {self._name} is larger than {LARGEST_ENTRY:,} characters, which no entry of a "
                f"dictionary is. Fetch or write the file again."
            )

    def _entity(self, name: str, is_parameter: bool, value: str | None, *_: Any) -> None:
        if value is not None and ("&" in value or "%" in value or len(value) > LARGEST_ENTITY):
            raise InputError(
                f"The entity {name!r} of {self._name} holds other entities or more than {LARGEST_ENTITY:,} "
                f"characters, which could fill the memory. Write the file without it."
            )


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def text_of(element: Element | None) -> str:
    """Join all text within an element.

    Parameters
    ----------
    element : Element or None

    Returns
    -------
    text : str
        Without surplus whitespace; empty for None.
    """
    return "" if element is None else " ".join("".join(element.itertext()).split())
