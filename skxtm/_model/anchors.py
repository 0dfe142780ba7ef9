"""Topics that hang on anchor words, and can be changed through them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm._model.state import State, check_as_learnt
from skxtm._parameters import check_number
from skxtm._threads import one_thread
from skxtm.exceptions import InputError
from skxtm.languages import by_code


def anchors(state: State | None) -> list[dict[str, list[str]]]:
    """Words that define each topic, by language.

    Parameters
    ----------
    state : State or None
        Of a model; None before it is fitted.

    Returns
    -------
    anchors : list of dict of str to list of str

    Raises
    ------
    AttributeError
        If there are none.
    """
    topics: Any = None if state is None else state.topics
    if state is None or not hasattr(topics, "anchors"):
        raise AttributeError("anchors_ exists only after fit with a backbone that has anchors.")
    if state.shaping is not None:
        raise AttributeError(
            "anchors_ exists only for topics as they were learnt, not merged, split or sorted."
        )
    return [
        {
            code: vocabulary[numbers].tolist()
            for (code, vocabulary), numbers in zip(state.vocabularies.items(), topic, strict=True)
        }
        for topic in topics.anchors
    ]


def update_anchors(state: State, topic: int, words: Mapping[str, Any]) -> None:
    """Change the anchors of a topic, see `CrossLingualTopicModel.update_anchors`.

    Parameters
    ----------
    state : State
        Of the model.
    topic : int
        Number of the topic.
    words : dict of str to sequence of str
        New anchors by language.

    Raises
    ------
    InputError, InputTypeError
        If the model has no anchors, or a topic, language or word is not the model's.
    """
    topics: Any = state.topics
    if not hasattr(topics, "anchors"):
        raise InputError(
            f"Backbone {type(state.backbone).__name__!r} has no anchors to change; 'mtanchor' has."
        )
    check_as_learnt(state, "given other anchors")
    numbers = {}
    check_number(topic, "topic", "update_anchors", 0, len(topics.anchors) - 1, integer=True)
    for code, of_language in by_code(words, "words").items():
        if code not in state.languages:
            raise InputError(
                f"anchors are given in {code!r}, but the model's languages are {state.languages}."
            )
        language = state.languages.index(code)
        numbers[language] = _word_numbers(state, code, of_language)
        alone = numbers[language][~topics.can_be_anchors(language)[numbers[language]]]
        if len(alone):
            named = state.vocabularies[code][alone[:5]].tolist()
            raise InputError(
                f"anchors in {code!r} contain {named}, which occur with no other word in the training "
                "documents. Choose others."
            )
    with one_thread():
        state.topics = topics = topics.with_anchors(topic, numbers)
        state.components = np.hstack(topics.topic_word())
    state.n_iter, state.history = topics.n_iter, topics.history
    state.topic_weight = topics.prior


def _word_numbers(state: State, code: str, words: Any) -> NDArray[np.int64]:
    if isinstance(words, str):
        raise InputError(f"anchors in {code!r} must be a list of words. Got the string {words!r} instead.")
    number_of = {word: number for number, word in enumerate(state.vocabularies[code])}
    unknown = [word for word in words if word not in number_of]
    if unknown:
        raise InputError(f"anchors in {code!r} contain {unknown[:5]}, not in the vocabulary of the model.")
    if not len(words):
        raise InputError(
            f"anchors in {code!r} must be at least one word; leave out {code!r} to keep those it has."
        )
    return np.array([number_of[word] for word in words], dtype=np.int64)
