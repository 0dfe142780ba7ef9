"""What users read of topics: words, names, tables; and what the estimators that find them share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skxtm._model.state import State
from skxtm._optional import import_optional
from skxtm._parameters import NestedParameters, check_n_words
from skxtm.exceptions import InputError, InputTypeError
from skxtm.refinement import TopicName, distinctive_names
from skxtm.refinement._words import one_line
from skxtm.refinement.naming import unique_names

_N_NAMING_WORDS = 15


class TopicTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, NestedParameters):
    """An estimator that turns documents into topic proportions."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.string = True
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = []
        return tags


class NamedTopics(TopicTransformer):
    """A model whose topics have words and names."""

    _state: State
    components_: NDArray[np.float64]
    topic_weight_: NDArray[np.float64]
    vocabularies_: dict[str, NDArray[np.object_]]
    languages_: tuple[str, ...]

    def get_topics(self, n_words: int = 15) -> list[dict[str, list[str]]]:
        """Top words of every topic.

        Parameters
        ----------
        n_words : int, default=15
            Words per topic and language; fewer where the vocabulary is smaller.

        Returns
        -------
        topics : list of dict of str to list of str
            ``topics[k][language]`` holds the words of topic k, most probable first; ties go to the word
            that comes first in the vocabulary.

        Raises
        ------
        InputError
            If `n_words` is not an integer of at least 1.
        """
        check_is_fitted(self)
        check_n_words(n_words, "get_topics")
        top = {
            code: self.vocabularies_[code][np.argsort(-weights, axis=1, kind="stable")[:, :n_words]].tolist()
            for code, weights in self.topic_word_.items()
        }
        return [{code: top[code][k] for code in self.languages_} for k in range(len(self.components_))]

    def get_topic_info(self, n_words: int = 10, *, quality: Any = None) -> Any:
        """Tabulate the topics.

        Parameters
        ----------
        n_words : int, default=10
            Words per topic and language.
        quality : pandas.DataFrame or None, default=None
            From `skxtm.explore.topic_quality_table`: adds the column ``verdict``, which says what is wrong
            with a topic, and puts the broken ones last.

        Returns
        -------
        info : pandas.DataFrame of shape (n_components, 3 + n_languages)
            Columns ``topic``, ``name`` (see `topic_names_`), ``weight`` (mean proportion in the training
            documents), and one per language with the list of its top words. Needs the extra ``frame``.
        """
        topics = self.get_topics(n_words)
        pandas = import_optional("pandas", extra="frame", purpose="get_topic_info")
        columns: dict[str, Any] = {"topic": range(len(topics)), "name": self.topic_names_}
        columns["weight"] = self.topic_weight_
        columns.update({code: [topic[code] for topic in topics] for code in self.languages_})
        return with_verdicts(pandas.DataFrame(columns), quality, self.topic_weight_, after="weight")

    def set_topic_names(self, names: Sequence[str | TopicName] | Mapping[int, str | TopicName]) -> Self:
        """Name topics, in tables, pages, and as names of the columns that `transform` returns.

        Parameters
        ----------
        names : sequence of str or TopicName, or dict of int to these
            Names of all topics, such as `skxtm.refinement.name_topics` returns them; or of some, by number.
            An empty name takes a topic's name away.

        Returns
        -------
        self : CrossLingualTopicModel
            Another call of `fit` forgets the names.

        Raises
        ------
        InputError, InputTypeError
            If there are not as many names as topics, one is no str or given twice, or there is no such
            topic.
        """
        check_is_fitted(self)
        set_names(self._state, names)
        return self

    @property
    def topic_names_(self) -> list[str]:
        """Name of every topic: the one that it was given, else its most distinctive words."""
        check_is_fitted(self)
        return given_names(self._state, distinctive_names(self.get_topics(_N_NAMING_WORDS)))

    @property
    def topic_descriptions_(self) -> list[str]:
        """Description of every topic, where one came with its name; else empty."""
        check_is_fitted(self)
        nameless = TopicName("")
        return [
            self._state.names.get(number, nameless).description for number in range(len(self.components_))
        ]

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only checked against the names seen in `fit`, where there were any.

        Returns
        -------
        names : ndarray of str objects of shape (n_components,)
            ``topic0``, ``topic1``, ..., or the names that `set_topic_names` gave.
        """
        numbers = range(len(super().get_feature_names_out(input_features)))
        return np.array(given_names(self._state, [f"topic{number}" for number in numbers]), dtype=object)

    @property
    def topic_word_(self) -> dict[str, NDArray[np.float64]]:
        """Topic-word distributions by language, views of `components_`."""
        ends = np.cumsum([len(words) for words in self.vocabularies_.values()])
        parts = np.split(self.components_, ends[:-1], axis=1)
        return dict(zip(self.languages_, parts, strict=True))


def verdicts_of(quality: Any, weights: NDArray[np.float64]) -> list[str]:
    """Read what is wrong with each topic.

    Parameters
    ----------
    quality : pandas.DataFrame or None
        From `skxtm.explore.topic_quality_table`.
    weights : ndarray of shape (n_topics,)
        Of the model's topics, by which they are known where the table has weights.

    Returns
    -------
    verdicts : list of str
        By number of the topic; empty for those that are fine, and for all without a table.

    Raises
    ------
    InputError
        If the table is not of these topics.
    """
    n_topics = len(weights)
    if quality is None:
        return [""] * n_topics
    columns = getattr(quality, "columns", ())
    if "topic" not in columns or "verdict" not in columns:
        raise InputError("The 'quality' parameter must be a table from skxtm.explore.topic_quality_table.")
    verdict_of = dict(zip(quality["topic"].tolist(), quality["verdict"].tolist(), strict=True))
    if sorted(verdict_of) != list(range(n_topics)):
        raise InputError(
            f"The 'quality' table is of {len(verdict_of)} topics, and the model has {n_topics}. Make it "
            "anew, of this model."
        )
    if "weight" in columns:
        is_own = np.isclose(quality["weight"], weights[quality["topic"]], rtol=1e-5, atol=1e-9)
        if not is_own.all():
            topic = quality["topic"].iloc[is_own.argmin()]
            raise InputError(
                f"The 'quality' table is of other topics: topic {topic} of the model has another weight. "
                "Make it anew, of this model."
            )
    return [verdict_of[number] for number in range(n_topics)]


def with_verdicts(info: Any, quality: Any, weights: NDArray[np.float64], *, after: str) -> Any:
    """Put what is wrong with topics beside them, and the broken ones last.

    Parameters
    ----------
    info : pandas.DataFrame of shape (n_topics, n_columns)
        One row per topic, in the order of their numbers.
    quality : pandas.DataFrame or None
        As for `verdicts_of`; None leaves the table as it is.
    weights : ndarray of shape (n_topics,)
        As for `verdicts_of`.
    after : str
        Column behind which ``verdict`` comes.

    Returns
    -------
    info : pandas.DataFrame
    """
    if quality is None:
        return info
    verdicts = verdicts_of(quality, weights)
    info.insert(info.columns.get_loc(after) + 1, "verdict", verdicts)
    are_broken = [verdict != "" for verdict in verdicts]
    return info.iloc[np.argsort(are_broken, kind="stable")].reset_index(drop=True)


def set_names(state: State, names: Sequence[str | TopicName] | Mapping[int, str | TopicName]) -> None:
    """Check names of topics, and keep them.

    Parameters
    ----------
    state : State
        Of a fitted model.
    names : sequence of str or TopicName, or dict of int to these
        As for `CrossLingualTopicModel.set_topic_names`.

    Raises
    ------
    InputError, InputTypeError
        If one is not what is needed.
    """
    n_topics = state.n_topics
    if isinstance(names, str) or not isinstance(names, (Sequence, Mapping, np.ndarray)):
        raise InputTypeError(
            "names must be a sequence of str, or a dict of numbers of topics to str. Got "
            f"{type(names).__name__}."
        )
    if not isinstance(names, Mapping):
        if len(names) != n_topics:
            raise InputError(
                f"names holds {len(names)} names for {n_topics} topics. Give one for each, or a dict of some."
            )
        names = dict(enumerate(names))
    kept = dict(state.names)
    for number, given in names.items():
        if isinstance(number, bool) or number not in range(n_topics):
            raise InputError(f"There is no topic {number!r} to be named; topics are 0 to {n_topics - 1}.")
        named = given if isinstance(given, TopicName) else TopicName(given)
        if not isinstance(named.name, str):
            raise InputTypeError(f"The name of topic {number} must be a str. Got {type(given).__name__}.")
        kept[int(number)] = TopicName(one_line(named.name), named.description, named.is_asked)
    kept = {number: named for number, named in kept.items() if named.name}
    first: dict[str, int] = {}
    for number, named in sorted(kept.items()):
        other = first.setdefault(named.name.casefold(), number)
        if other != number:
            raise InputError(
                f"Topics {other} and {number} have the same name {named.name!r}. Tell them apart."
            )
    state.names = kept


def given_names(state: State, otherwise: Sequence[str]) -> list[str]:
    """List the names of all topics.

    Parameters
    ----------
    state : State
        Of a fitted model.
    otherwise : sequence of str of length n_components
        Names of topics that were given none.

    Returns
    -------
    names : list of str
        All different.
    """
    return unique_names(
        [state.names[number].name if number in state.names else name for number, name in enumerate(otherwise)]
    )


def take_themes(state: State, themes: Sequence[str]) -> None:
    """Name topics as their themes, those without a theme as before.

    A theme that another topic has, or has as its name, gets a number.

    Parameters
    ----------
    state : State
        Of a fitted model.
    themes : sequence of str of length n_components
        Empty where there is none.
    """
    named = [number for number, theme in enumerate(themes) if theme]
    kept = [name.name for number, name in state.names.items() if number not in named]
    different = unique_names([*kept, *(themes[number] for number in named)])[len(kept) :]
    for number, theme in zip(named, different, strict=True):
        state.names[number] = TopicName(theme, is_asked=True)
