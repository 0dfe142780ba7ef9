"""The one place where the top words given to a metric are checked."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from reprlib import repr as shortened
from typing import Any

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from skxtm._parameters import check_n_words
from skxtm.exceptions import InputError, InputTypeError
from skxtm.languages import by_code
from skxtm.metrics._checks import canonical_list

Topics = Iterable[Mapping[str, Sequence[str]]]

_FORM = "topics must hold one mapping from language to words per topic, as get_topics returns."


def top_words(
    topics: Topics, *, n_words: int, languages: Sequence[str] | None = None, may_be_fewer: bool = True
) -> dict[str, list[list[str]]]:
    """Take the first `n_words` words of every topic, by language.

    Parameters
    ----------
    topics : iterable of mapping from language to sequence of str
        One mapping per topic; words best first.
    n_words : int
        Number of words taken of every topic and language.
    languages : sequence of str, default=None
        The languages to take, in this order, by any code. None takes those of the topics.
    may_be_fewer : bool, default=True
        Whether a topic with fewer words gives those it has, with a warning, instead of being refused.

    Returns
    -------
    words : dict of str to list of list of str
        By canonical code, one list of `n_words` words per topic, or of fewer.

    Raises
    ------
    InputError
        If there is no topic or no language, or if a topic lacks a language, has one twice, has no words in it
        or, unless they may be fewer, too few.
    InputTypeError
        If `topics` is not made of mappings from language to a sequence of words, or a word is no str.

    Warns
    -----
    UserWarning
        If topics have fewer words.
    """
    check_n_words(n_words)
    checked = by_language(topics)
    if not checked:
        raise InputError("topics is empty; at least one topic is needed.")
    found = (language for topic in checked for language in topic)
    chosen = dict.fromkeys(found if languages is None else canonical_list(languages))
    if not chosen:
        raise InputError(
            "There is no language to take words of; topics or 'languages' must name at least one."
        )
    n_needed = 1 if may_be_fewer else n_words
    words = {
        language: [
            _first_words(topic, number, language, n_words, n_needed) for number, topic in enumerate(checked)
        ]
        for language in chosen
    }
    _tell_of_short_topics(words, n_words)
    return words


def _tell_of_short_topics(words: Mapping[str, Sequence[Sequence[str]]], n_words: int) -> None:
    numbers = range(len(next(iter(words.values()))))
    fewest = [min(len(of_language[number]) for of_language in words.values()) for number in numbers]
    short = [number for number in numbers if fewest[number] < n_words]
    if short:
        listed = ", ".join(map(str, short[:10])) + (", ..." if len(short) > 10 else "")
        warnings.warn(
            f"{len(short)} of {len(fewest)} topics ({listed}) have fewer than n_words={n_words} words in "
            f"some language, {min(fewest)} the fewest, and are measured by the words they have.",
            stacklevel=4,  # the caller of the metric
        )


def by_language(topics: object) -> list[dict[str, Sequence[str]]]:
    """Write the languages of topics by their canonical codes."""
    if not isinstance(topics, Iterable):
        remedy = ": give its get_topics()" if hasattr(topics, "get_topics") else ""
        raise InputTypeError(f"{_FORM} Got {type(topics).__name__}{remedy}.")
    return [_check_topic(topic, number) for number, topic in enumerate(topics)]


def _check_topic(topic: object, number: int) -> dict[str, Sequence[str]]:
    if not isinstance(topic, Mapping):
        raise InputTypeError(f"{_FORM} Topic {number} is of type {type(topic).__name__}.")
    return by_code(topic, f"Topic {number}")


def _first_words(
    topic: Mapping[str, Sequence[str]], number: int, language: str, n_words: int, n_needed: int
) -> list[str]:
    if language not in topic:
        raise InputError(f"Topic {number} has no words in language {language!r}, only in {sorted(topic)}.")
    given: Any = topic[language]
    if isinstance(given, str):
        raise InputTypeError(
            f"The words of topic {number} in language {language!r} are one str; give a list of words."
        )
    if not isinstance(given, Sequence) and not hasattr(given, "__array__"):
        raise InputTypeError(
            f"The words of topic {number} in language {language!r} are of type {type(given).__name__}; "
            f"give a list of words, best first."
        )
    words = list(given)
    strange = [word for word in words if not isinstance(word, str)]
    if strange:
        raise InputTypeError(
            f"The words of topic {number} in language {language!r} hold {shortened(strange[0])}, which is no "
            f"str. Give words only, without their weights."
        )
    if not words:
        raise InputError(f"Topic {number} has no words in language {language!r}. Give topics with words.")
    if len(words) < n_needed:
        raise InputError(
            f"Topic {number} has {len(words)} words in language {language!r}, but n_words={n_words}. "
            f"Give topics with more words, or lower n_words."
        )
    return words[:n_words]


def topics_of(estimator: Any, n_words: int, owner: str) -> Topics:
    """Take the top words of a fitted estimator, wherever in it the topic model is."""
    found = model_in(estimator)
    if found is None:
        raise InputTypeError(
            f"{owner} needs a fitted estimator with get_topics: itself, a step of a Pipeline, or the "
            f"best_estimator_ of a search. Got {type(estimator).__name__} without one."
        )
    topics: Topics = found[0].get_topics(n_words=n_words)
    return topics


def model_in(estimator: Any) -> tuple[Any, list[Pipeline]] | None:
    """Find the topic model nearest to the end of a pipeline, and what documents pass before it."""
    if isinstance(estimator, FrozenEstimator):
        return model_in(estimator.estimator)
    if hasattr(estimator, "get_topics"):
        return estimator, []
    if hasattr(estimator, "best_estimator_"):
        return model_in(estimator.best_estimator_)
    for number in reversed(range(len(estimator))) if isinstance(estimator, Pipeline) else ():
        if (found := model_in(estimator[number])) is not None:
            model, before = found
            return model, [estimator[:number], *before] if number else before
    return None


def passed_through(steps: Iterable[Pipeline], X: Any) -> Any:
    """Make of documents what the model after these steps is given."""
    for step in steps:
        X = step.transform(X)
    return X
