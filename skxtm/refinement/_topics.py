"""Checks of topics that are given as words by language."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from skxtm.exceptions import InputError, InputTypeError

__all__ = ["checked_topics", "listed_topics", "no_topics"]

_OF_EDITED = ": of what read_topics returned, give [topic.words for topic in {name}.values()]."


def no_topics(name: str = "topics", other: str = ".") -> InputTypeError:
    """Return the error that something else in the place of topics is.

    Parameters
    ----------
    name : str, default="topics"
        What the message calls them.
    other : str, default="."
        How the message ends: what else may be given.

    Returns
    -------
    error : InputTypeError
    """
    return InputTypeError(
        f"{name} must be a sequence with a dict of language to a list of words for each topic, such as "
        f"get_topics returns{other}"
    )


def listed_topics(topics: Any, name: str = "topics", other: str = ".") -> list[Mapping[str, Sequence[str]]]:
    """Check that topics are dicts of languages to lists of words.

    Parameters
    ----------
    topics : object
        Which may be gone through once only.
    name, other : str
        As for `no_topics`.

    Returns
    -------
    listed : list of mapping of str to collection

    Raises
    ------
    InputTypeError
        If they are something else.
    """
    is_many = isinstance(topics, Iterable) and not isinstance(topics, str)
    listed: list[Any] = list(topics) if is_many else [None]
    for topic in listed:
        words = list(topic.values()) if isinstance(topic, Mapping) else [None]
        if any(isinstance(part, str) or not isinstance(part, Collection) for part in words):
            raise no_topics(name, other)
    return listed


def checked_topics(topics: Any, name: str = "topics") -> list[Mapping[str, Sequence[str]]]:
    """Check topics that a language model is to be shown, or that are to be named.

    Parameters
    ----------
    topics : object
        Any.
    name : str, default="topics"
        What messages call them.

    Returns
    -------
    topics : list of mapping of str to collection of str

    Raises
    ------
    InputError, InputTypeError
        If they are not words by language, the languages differ, or a word is no str.
    """
    if hasattr(topics, "get_topics"):
        raise InputTypeError(
            f"{name} must be words by language, but is {type(topics).__name__}: give its get_topics()."
        )
    is_edited = isinstance(topics, Mapping) and all(hasattr(topic, "words") for topic in topics.values())
    listed = listed_topics(topics, name, _OF_EDITED.format(name=name) if is_edited else ".")
    if listed and not _languages(listed, name):
        raise no_topics(name)
    for number, topic in enumerate(listed):
        for word in (word for words in topic.values() for word in words):
            if not isinstance(word, str):
                raise InputTypeError(f"Words are str. Got {word!r} in topic {number} of {name}.")
    return listed


def _languages(topics: Sequence[Mapping[str, Sequence[str]]], name: str) -> tuple[str, ...]:
    """Return the languages of topics, which must be the same of all."""
    languages = tuple(topics[0]) if topics else ()
    for number, topic in enumerate(topics):
        if set(topic) != set(languages):
            raise InputError(
                f"All topics must have the same languages. Topic 0 of {name} has {sorted(languages)}, topic "
                f"{number} has {sorted(topic)}."
            )
    return languages
