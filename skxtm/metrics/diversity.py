"""How little topics repeat each other's words, and what combines it with coherence."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain

import numpy as np

from skxtm.metrics._topics import Topics, top_words


def topic_uniqueness(topics: Topics, *, n_words: int = 15, languages: Sequence[str] | None = None) -> float:
    """Topic uniqueness (TU): how little topics repeat each other's top words; higher is better.

    Each of the `n_words` top words of a topic counts ``1 / (number of topics that have it among their top
    words)``; the mean is taken over words, topics and languages. Nothing but the top words is
    counted, neither tokens nor documents.

    Parameters
    ----------
    topics : list of dict of str to list of str
        Per topic and language, the top words, best first, as ``get_topics`` returns them.
    n_words : int, default=15
        Number of top words taken of each topic and language.
    languages : sequence of str, default=None
        The languages to average over; one gives the figure of that language. None takes all.

    Returns
    -------
    uniqueness : float
        Between ``1 / n_topics`` (all topics have the same words) and 1 (no two topics share a word).

    Raises
    ------
    InputError
        If a topic lacks a language or has fewer than `n_words` words.

    See Also
    --------
    topic_quality : Its product with coherence.

    References
    ----------
    .. [1] Nan, Ding, Nallapati, Xiang, "Topic Modeling with Wasserstein Autoencoders", ACL 2019.

    Examples
    --------
    >>> from skxtm.metrics import topic_uniqueness
    >>> topics = [{"en": ["rain", "wind"]}, {"en": ["goal", "rain"]}]
    >>> topic_uniqueness(topics, n_words=2)
    0.75
    """
    words = top_words(topics, n_words=n_words, languages=languages)
    return float(np.mean([_uniqueness(of_language) for of_language in words.values()]))


def _uniqueness(words: Sequence[Sequence[str]]) -> float:
    n_topics_with = Counter(chain.from_iterable(set(topic) for topic in words))
    return float(np.mean([1 / n_topics_with[word] for topic in words for word in topic]))


def topic_quality(cnpmi: float, tu: float) -> float:
    """Topic quality (TQ): coherence times uniqueness; higher is better.

    Parameters
    ----------
    cnpmi : float
        Coherence of the model, as :func:`cnpmi_score` returns it.
    tu : float
        Uniqueness of the model, as :func:`topic_uniqueness` returns it.

    Returns
    -------
    quality : float
        ``max(0, cnpmi) * tu``, between 0 and 1.

    Examples
    --------
    >>> from skxtm.metrics import topic_quality
    >>> topic_quality(0.5, 0.75)
    0.375
    >>> topic_quality(-0.5, 0.75)
    0.0
    """
    return max(0.0, cnpmi) * tu
