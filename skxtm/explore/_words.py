"""Top words with their probabilities, for page and picture."""

from __future__ import annotations

from collections.abc import Sequence

from skxtm.model import CrossLingualTopicModel


def weighted_words(
    model: CrossLingualTopicModel, code: str, number: int, words: Sequence[str]
) -> list[tuple[str, float]]:
    """Put the probability in a topic beside each word.

    Parameters
    ----------
    model : CrossLingualTopicModel
        Fitted.
    code : str
        The language.
    number : int
        The topic.
    words : sequence of str
        Of the language.

    Returns
    -------
    weighted : list of (str, float)
        With 0 for a word that a refiner named without the model knowing it.
    """
    weights = model.topic_word_[code][number]
    column = {word: place for place, word in enumerate(model.vocabularies_[code].tolist())}
    return [(word, float(weights[column[word]]) if word in column else 0.0) for word in words]
