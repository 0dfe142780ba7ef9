"""What is read of topics, and what the estimators that find them share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin

from skxtm._model.state import State
from skxtm._optional import import_optional
from skxtm._parameters import NestedParameters, check_n_words


class TopicTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, NestedParameters):
    """An estimator that turns documents into topic proportions."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.string = True
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def topic_word(state: State) -> dict[str, NDArray[np.float64]]:
    """Topic-word distributions by language.

    Parameters
    ----------
    state : State
        Fitted.

    Returns
    -------
    topic_word : dict of str to ndarray of shape (n_components, V_l)
        Views of the components.
    """
    assert state.components is not None
    ends = np.cumsum([len(words) for words in state.vocabularies.values()])
    return dict(zip(state.languages, np.split(state.components, ends[:-1], axis=1), strict=True))


def top_words(state: State, n_words: int) -> list[dict[str, list[str]]]:
    """Top words of every topic, see `CrossLingualTopicModel.get_topics`.

    Parameters
    ----------
    state : State
        Fitted.
    n_words : int
        Words per topic and language.

    Returns
    -------
    topics : list of dict of str to list of str

    Raises
    ------
    InputError
        If `n_words` is not an integer of at least 1.
    """
    check_n_words(n_words, "get_topics")
    top = {
        code: state.vocabularies[code][np.argsort(-weights, axis=1, kind="stable")[:, :n_words]].tolist()
        for code, weights in topic_word(state).items()
    }
    return [{code: top[code][k] for code in state.languages} for k in range(state.shape.n_components)]


def topic_table(state: State, n_words: int) -> Any:
    """Tabulate the topics, see `CrossLingualTopicModel.get_topic_info`.

    Parameters
    ----------
    state : State
        Fitted.
    n_words : int
        Words per topic and language.

    Returns
    -------
    info : pandas.DataFrame of shape (n_components, 2 + n_languages)
    """
    topics = top_words(state, n_words)
    pandas = import_optional("pandas", extra="frame", purpose="get_topic_info")
    columns: dict[str, Any] = {"topic": range(len(topics)), "weight": state.topic_weight}
    columns.update({code: [topic[code] for topic in topics] for code in state.languages})
    return pandas.DataFrame(columns)
