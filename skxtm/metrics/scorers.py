"""Scorers of topics for `GridSearchCV` and its kin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from skxtm._parameters import check_choice
from skxtm.llm import ChatModel, ChatSession
from skxtm.metrics._topics import topics_of
from skxtm.metrics.coherence import Counting, check_reference, cnpmi_score, npmi_score
from skxtm.metrics.diversity import inverted_rbo, topic_diversity, topic_quality, topic_uniqueness
from skxtm.metrics.ratings import llm_alignment_score, llm_coherence_score
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
        If `reference` is no AlignedReference or, when called, if the estimator has no topics.

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

    def __post_init__(self) -> None:
        check_reference(self.reference)

    def __call__(self, estimator: Any, X: Any = None, y: Any = None) -> float:
        """Return the coherence of the topics of a fitted estimator; X and y are ignored."""
        return cnpmi_score(
            topics_of(estimator, self.n_words, type(self).__name__),
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
        topics = topics_of(estimator, self.n_words, type(self).__name__)
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
        If `reference` is no AlignedReference or, when called, if the estimator has no topics.

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

    def __post_init__(self) -> None:
        check_reference(self.reference)

    def __call__(self, estimator: Any, X: Any = None, y: Any = None) -> float:
        """Return the quality of the topics of a fitted estimator; X and y are ignored."""
        topics = topics_of(estimator, self.n_words, type(self).__name__)
        cnpmi = cnpmi_score(
            topics, self.reference, n_words=self.n_words, counting=self.counting, languages=self.languages
        )
        return topic_quality(cnpmi, topic_uniqueness(topics, n_words=self.n_words, languages=self.languages))


@dataclass(frozen=True)
class NPMIScorer:
    """Score a fitted topic model by the coherence of its topics within languages, between -1 and 1.

    Higher is better. The model is found as by :class:`CNPMIScorer`.

    Parameters
    ----------
    reference : AlignedReference
        Documents in the languages of the model.
    n_words : int, default=15
        Number of top words per topic and language.
    languages : sequence of str, default=None
        The languages to average over. None takes those of the topics.

    Raises
    ------
    InputTypeError
        If `reference` is no AlignedReference or, when called, if the estimator has no topics.

    See Also
    --------
    npmi_score : The metric.

    Examples
    --------
    >>> from skxtm.metrics import AlignedReference, NPMIScorer
    >>> reference = AlignedReference.from_texts({"en": ["rain", "goal"], "zh": ["雨", "进球"]})
    >>> scoring = NPMIScorer(reference, n_words=10)  # GridSearchCV(model, grid, scoring=scoring)
    """

    reference: AlignedReference
    n_words: int = 15
    languages: Sequence[str] | None = None

    def __post_init__(self) -> None:
        check_reference(self.reference)

    def __call__(self, estimator: Any, X: Any = None, y: Any = None) -> float:
        """Return the coherence of the topics of a fitted estimator; X and y are ignored."""
        topics = topics_of(estimator, self.n_words, type(self).__name__)
        return npmi_score(topics, self.reference, n_words=self.n_words, languages=self.languages)


@dataclass(frozen=True)
class TopicDiversityScorer:
    """Score a fitted topic model by the share of unique words among its top words, between 0 and 1.

    Higher is better. The model is found as by :class:`CNPMIScorer`.

    Parameters
    ----------
    n_words : int, default=25
        Number of top words per topic and language.
    languages : sequence of str, default=None
        The languages to average over. None takes those of the topics.

    Raises
    ------
    InputTypeError
        When called, if the estimator has no topics.

    See Also
    --------
    topic_diversity : The metric.

    Examples
    --------
    >>> from skxtm.metrics import TopicDiversityScorer
    >>> TopicDiversityScorer()
    TopicDiversityScorer(n_words=25, languages=None)
    """

    n_words: int = 25
    languages: Sequence[str] | None = None

    def __call__(self, estimator: Any, X: Any = None, y: Any = None) -> float:
        """Return the diversity of the topics of a fitted estimator; X and y are ignored."""
        topics = topics_of(estimator, self.n_words, type(self).__name__)
        return topic_diversity(topics, n_words=self.n_words, languages=self.languages)


@dataclass(frozen=True)
class InvertedRBOScorer:
    """Score a fitted topic model by how little the rankings of its topics agree, between 0 and 1.

    Higher is better. The model is found as by :class:`CNPMIScorer`; it must have at least two topics.

    Parameters
    ----------
    n_words : int, default=10
        Number of top words per topic and language.
    weight : float, default=0.9
        See :func:`inverted_rbo`.
    languages : sequence of str, default=None
        The languages to average over. None takes those of the topics.

    Raises
    ------
    InputTypeError
        When called, if the estimator has no topics.

    See Also
    --------
    inverted_rbo : The metric.

    Examples
    --------
    >>> from skxtm.metrics import InvertedRBOScorer
    >>> InvertedRBOScorer()
    InvertedRBOScorer(n_words=10, weight=0.9, languages=None)
    """

    n_words: int = 10
    weight: float = 0.9
    languages: Sequence[str] | None = None

    def __call__(self, estimator: Any, X: Any = None, y: Any = None) -> float:
        """Return the inverted overlap of the topics of a fitted estimator; X and y are ignored."""
        topics = topics_of(estimator, self.n_words, type(self).__name__)
        return inverted_rbo(topics, n_words=self.n_words, weight=self.weight, languages=self.languages)


@dataclass(frozen=True)
class LLMRatingScorer:
    """Score a fitted topic model by a language model's ratings of its topics, between 1 and 3.

    Higher is better. The model is found as by :class:`CNPMIScorer`. Every fold of every candidate has topics
    of its own, so that a search asks ``n_candidates * n_folds * n_topics * n_runs`` questions per language
    or pair of languages: give a `skxtm.llm.ChatSession` to limit what they cost. All copies that a search
    makes of the scorer share its limits.

    Parameters
    ----------
    chat : ChatModel or ChatSession
        What rates, as for :func:`llm_coherence_score`. A session works in one process; to search with
        ``n_jobs=2`` or more give a chat model that can be pickled, whose answers are cached.
    rating : {"coherence", "alignment"}, default="coherence"
        What is rated: the words of each language, or their similarity between languages.
    n_words : int, default=15
        Number of top words per topic and language.
    n_runs : int, default=4
        Times that everything is rated.
    domain : str or None, default=None
        What the documents are, for the rater.
    languages : sequence of str or None, default=None
        The languages to rate. None takes those of the topics.

    Raises
    ------
    InputError
        When called, if `rating` is unknown.
    InputTypeError
        When called, if the estimator has no topics.

    See Also
    --------
    llm_coherence_score : The metric.
    llm_alignment_score : The metric across languages.

    Notes
    -----
    The score is the mean of all ratings that could be read, nan if none could.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> from skxtm.llm import ScriptedChat
    >>> from skxtm.metrics import LLMRatingScorer
    >>> class OneTopic(BaseEstimator):
    ...     def get_topics(self, n_words):
    ...         return [{"en": ["rain", "wind"]}]
    >>> LLMRatingScorer(ScriptedChat(lambda request: "3"), n_words=2)(OneTopic(), X=None)
    3.0
    """

    chat: ChatModel | ChatSession
    rating: Literal["coherence", "alignment"] = "coherence"
    n_words: int = 15
    n_runs: int = 4
    domain: str | None = None
    languages: Sequence[str] | None = None

    def __call__(self, estimator: Any, X: Any = None, y: Any = None) -> float:
        """Return the mean rating of the topics of a fitted estimator; X and y are ignored."""
        check_choice(self.rating, "rating", type(self).__name__, ("coherence", "alignment"))
        rate = llm_coherence_score if self.rating == "coherence" else llm_alignment_score
        topics = topics_of(estimator, self.n_words, type(self).__name__)
        return rate(
            topics,
            self.chat,
            n_words=self.n_words,
            n_runs=self.n_runs,
            domain=self.domain,
            languages=self.languages,
        ).mean
