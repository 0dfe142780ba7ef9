"""A scorer of topics that needs no parallel text and no labels, for `GridSearchCV` and its kin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skxtm._parameters import check_number
from skxtm.explore.quality import topic_quality_table
from skxtm.metrics._topics import model_in, passed_through


@dataclass(frozen=True)
class FineTopicsScorer:
    """Score a fitted topic model by how many of its topics are fine, less what the others cost.

    The model may be a step of a `sklearn.pipeline.Pipeline`, in a `FrozenEstimator`, or the best of a search.

    In numbers of topics, from ``-penalty * n_components`` to ``n_components``; higher is better. Topics are
    judged by the documents that a search holds out, as `topic_quality_table` does, so that models of
    different numbers of topics can be compared, which by their own ``score`` they cannot. With s the share of
    topics without a verdict, times their uniqueness, it is ``n_components * (s - penalty * (1 - s))``.

    Parameters
    ----------
    penalty : float, default=4.0
        How many fine topics another one outweighs. With 4, more topics pay as long as more than four of five
        that are added are fine and say something new.
    n_words : int, default=10
        Top words that are judged, of each topic and language.

    Raises
    ------
    InputError
        When called, if a parameter is not what is needed.
    InputTypeError
        When called, if the estimator is no CrossLingualTopicModel or LLMRefiner, and holds none.
    MissingDependencyError
        When called, if pandas is not installed (extra ``frame``).

    See Also
    --------
    search_n_components : Looks at stability too, and learns vectors once; for the number of topics alone.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.explore import FineTopicsScorer
    >>> from skxtm.model_selection import StratifiedLanguageKFold
    >>> data = make_multilingual_corpus(300, n_components=4, word_concentration=0.02, random_state=0)
    >>> model = CrossLingualTopicModel(lexicon=data.lexicon, random_state=0)
    >>> folds = StratifiedLanguageKFold(2, shuffle=True, random_state=0)
    >>> search = GridSearchCV(model, {"n_components": [2, 4, 12]}, scoring=FineTopicsScorer(), cv=folds)
    >>> search.fit(data.corpus).best_params_
    {'n_components': 4}
    """

    penalty: float = 4.0
    n_words: int = 10

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> float:
        """Return the fine topics less the penalty of the others, judged by documents X; y is ignored."""
        check_number(self.penalty, "penalty", type(self).__name__, 0)
        model, before = model_in(estimator) or (estimator, [])
        table = topic_quality_table(model, passed_through(before, X), n_words=self.n_words)
        sound = (table["verdict"] == "").mean() * table["uniqueness"].mean()
        return float(len(table) * (sound - self.penalty * (1 - sound)))
