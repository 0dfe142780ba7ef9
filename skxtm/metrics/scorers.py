"""Scorers of topics for `GridSearchCV` and its kin."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.pipeline import Pipeline

from skxtm.exceptions import InputTypeError
from skxtm.metrics._topics import Topics
from skxtm.metrics.coherence import Counting, cnpmi_score
from skxtm.metrics.diversity import topic_quality, topic_uniqueness
from skxtm.metrics.reference import AlignedReference


@dataclass(frozen=True)
class CNPMIScorer:
    """Score a fitted topic model by the coherence of its topics, between -1 and 1.

    The model is any estimator with ``get_topics(n_words=...)``: itself, as a step of a `Pipeline` (the last
    that has it), in a `FrozenEstimator` or as the ``best_estimator_`` of a search. The documents that a
    search holds out for scoring are not looked at: coherence comes from the reference.

    Parameters
    ----------
    reference : AlignedReference
        Aligned documents in the languages of the model.
    n_words : int, default=15
        Number of top words per topic and language.
    counting : {"documents", "published"}, default="documents"
        See :func:`cnpmi_score`.
    languages : sequence of str, default=None
        The languages to compare. None takes those of the topics.

    Raises
    ------
    InputTypeError
        When called, if the estimator has no topics.

    See Also
    --------
    cnpmi_score : The metric.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> from skxtm.metrics import AlignedReference, CNPMIScorer
    >>> class OneTopic(BaseEstimator):
    ...     def get_topics(self, n_words):
    ...         return [{"en": ["rain"], "zh": ["雨"]}]
    >>> reference = AlignedReference.from_texts({"en": ["rain", "goal"], "zh": ["雨", "进球"]})
    >>> CNPMIScorer(reference, n_words=1)(OneTopic(), X=None)
    1.0
    """

    reference: AlignedReference
    n_words: int = 15
    counting: Counting = "documents"
    languages: Sequence[str] | None = None

    def __call__(self, estimator: Any, X: Any = None, y: Any = None) -> float:
        """Return the coherence of the topics of a fitted estimator; X and y are ignored."""
        return cnpmi_score(
            _topics_of(estimator, self.n_words, type(self).__name__),
            self.reference,
            n_words=self.n_words,
            counting=self.counting,
            languages=self.languages,
        )


@dataclass(frozen=True)
class TopicUniquenessScorer:
    """Score a fitted topic model by how little its topics repeat each other, between 0 and 1.

    The model is found as by :class:`CNPMIScorer`.

    Parameters
    ----------
    n_words : int, default=15
        Number of top words per topic and language.
    languages : sequence of str, default=None
        The languages to average over. None takes those of the topics.

    Raises
    ------
    InputTypeError
        When called, if the estimator has no topics.

    See Also
    --------
    topic_uniqueness : The metric.

    Examples
    --------
    >>> from skxtm.metrics import TopicUniquenessScorer
    >>> TopicUniquenessScorer(n_words=10)
    TopicUniquenessScorer(n_words=10, languages=None)
    """

    n_words: int = 15
    languages: Sequence[str] | None = None

    def __call__(self, estimator: Any, X: Any = None, y: Any = None) -> float:
        """Return the uniqueness of the topics of a fitted estimator; X and y are ignored."""
        topics = _topics_of(estimator, self.n_words, type(self).__name__)
        return topic_uniqueness(topics, n_words=self.n_words, languages=self.languages)


@dataclass(frozen=True)
class TopicQualityScorer:
    """Score a fitted topic model by coherence times uniqueness of its topics, between 0 and 1.

    The model is found as by :class:`CNPMIScorer`.

    Parameters
    ----------
    reference : AlignedReference
        Aligned documents in the languages of the model.
    n_words : int, default=15
        Number of top words per topic and language.
    counting : {"documents", "published"}, default="documents"
        See :func:`cnpmi_score`.
    languages : sequence of str, default=None
        The languages to compare and average over. None takes those of the topics.

    Raises
    ------
    InputTypeError
        When called, if the estimator has no topics.

    See Also
    --------
    topic_quality : The metric.

    Examples
    --------
    >>> from skxtm.metrics import AlignedReference, TopicQualityScorer
    >>> reference = AlignedReference.from_texts({"en": ["rain", "goal"], "zh": ["雨", "进球"]})
    >>> scoring = TopicQualityScorer(reference)  # GridSearchCV(model, grid, scoring=scoring)
    """

    reference: AlignedReference
    n_words: int = 15
    counting: Counting = "documents"
    languages: Sequence[str] | None = None

    def __call__(self, estimator: Any, X: Any = None, y: Any = None) -> float:
        """Return the quality of the topics of a fitted estimator; X and y are ignored."""
        topics = _topics_of(estimator, self.n_words, type(self).__name__)
        cnpmi = cnpmi_score(
            topics, self.reference, n_words=self.n_words, counting=self.counting, languages=self.languages
        )
        return topic_quality(cnpmi, topic_uniqueness(topics, n_words=self.n_words, languages=self.languages))


def _topics_of(estimator: Any, n_words: int, scorer: str) -> Topics:
    model = next(_topic_models(estimator), None)
    if model is None:
        raise InputTypeError(
            f"{scorer} needs a fitted estimator with get_topics: itself, a step of a Pipeline, or the "
            f"best_estimator_ of a search. Got {type(estimator).__name__} without one."
        )
    return model.get_topics(n_words=n_words)


def _topic_models(estimator: Any) -> Iterator[Any]:
    """Yield the estimators with topics, the one nearest to the end of a pipeline first."""
    if hasattr(estimator, "get_topics"):
        yield estimator
    elif isinstance(estimator, Pipeline):
        for _, step in reversed(estimator.steps):
            yield from _topic_models(step)
    elif hasattr(estimator, "best_estimator_"):
        yield from _topic_models(estimator.best_estimator_)
