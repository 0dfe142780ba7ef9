"""How little topics repeat each other's words, and what combines it with coherence."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.exceptions import InputError
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
        If a topic has no words in a language.

    Warns
    -----
    UserWarning
        If topics have fewer than `n_words` words in a language: they are measured by those they have, each
        word as much as any other.

    See Also
    --------
    topic_quality : Its product with coherence.
    topic_diversity : The share of unique words, the same at the same `n_words`.

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


def topic_diversity(topics: Topics, *, n_words: int = 25, languages: Sequence[str] | None = None) -> float:
    """Topic diversity (TD): the share of unique words among all top words; higher is better.

    Per language, the number of different words among the `n_words` top words of all topics is divided by
    ``n_topics * n_words``, the number of all; the mean is taken over languages. Nothing but the top words is
    counted, neither tokens nor documents.

    Parameters
    ----------
    topics : list of dict of str to list of str
        Per topic and language, the top words, best first, as ``get_topics`` returns them.
    n_words : int, default=25
        Number of top words taken of each topic and language; 25 is that of the source.
    languages : sequence of str, default=None
        The languages to average over; one gives the figure of that language. None takes all.

    Returns
    -------
    diversity : float
        Between ``1 / n_topics`` (all topics have the same words) and 1 (no two topics share a word), unless a
        topic repeats a word within itself, which lowers it further.

    Raises
    ------
    InputError
        If a topic has no words in a language.

    Warns
    -----
    UserWarning
        If topics have fewer than `n_words` words in a language: they are measured by those they have.

    See Also
    --------
    topic_uniqueness : The same figure by another road, with another `n_words`.
    inverted_rbo : Weighs words by their rank.

    Notes
    -----
    As long as no topic repeats a word within itself, this equals :func:`topic_uniqueness` at the same
    `n_words`: a word that `m` topics share counts once here, and `m` times ``1 / m`` there.

    References
    ----------
    .. [1] Dieng, Ruiz, Blei, "Topic Modeling in Embedding Spaces", TACL 2020.

    Examples
    --------
    >>> from skxtm.metrics import topic_diversity
    >>> topics = [{"en": ["rain", "wind"]}, {"en": ["goal", "rain"]}]
    >>> topic_diversity(topics, n_words=2)
    0.75
    """
    words = top_words(topics, n_words=n_words, languages=languages)
    shares = [
        len(set(chain.from_iterable(of_language))) / sum(map(len, of_language))
        for of_language in words.values()
    ]
    return float(np.mean(shares))


def inverted_rbo(
    topics: Topics, *, n_words: int = 10, weight: float = 0.9, languages: Sequence[str] | None = None
) -> float:
    r"""Inverted rank-biased overlap (IRBO): how little the rankings of topics agree; higher is better.

    One minus the mean, over pairs of topics, of the extrapolated rank-biased overlap of their `n_words` top
    words; the mean is taken over languages. With :math:`A_d` the share of the first `d` words that two topics
    have in common and `k` the number of words,

    .. math:: \mathrm{RBO}_\mathrm{ext} = A_k p^k + \frac{1 - p}{p} \sum_{d=1}^{k} A_d p^d

    Nothing but the top words and their order is counted, neither tokens nor documents.

    Parameters
    ----------
    topics : list of dict of str to list of str
        Per topic and language, the top words, best first, as ``get_topics`` returns them, of two topics
        or more.
    n_words : int, default=10
        Number of top words taken of each topic and language.
    weight : float, default=0.9
        The persistence `p`, between 0 and 1, both excluded: the smaller, the more the first words count.
    languages : sequence of str, default=None
        The languages to average over; one gives the figure of that language. None takes all.

    Returns
    -------
    score : float
        Between 0 (all topics have the same words in the same order) and 1 (no two topics share a word).

    Raises
    ------
    InputError
        If there are fewer than two topics, if a topic lacks a language or has fewer than `n_words` words, or
        if `weight` is out of range.

    See Also
    --------
    topic_diversity : Looks at words alone, not at ranks.

    Notes
    -----
    This is the extrapolation of [1]_, equation 32, for rankings of the same length, which OCTIS [2]_ takes
    for its inverted RBO too: the agreement at the last rank is assumed to go on for ever. The factors of the
    agreements add up to 1, so that equal rankings have overlap 1 at any `n_words`, where the truncated sum,
    without the first term, would reach only :math:`1 - p^k`.

    References
    ----------
    .. [1] Webber, Moffat, Zobel, "A Similarity Measure for Indefinite Rankings", TOIS 2010.
    .. [2] Terragni, Fersini, Galuzzi, Tropeano, Candelieri, "OCTIS: Comparing and Optimizing Topic Models is
       Simple!", EACL 2021.

    Examples
    --------
    >>> from skxtm.metrics import inverted_rbo
    >>> topics = [{"en": ["rain", "wind"]}, {"en": ["goal", "rain"]}]
    >>> round(inverted_rbo(topics, n_words=2), 3)
    0.55
    """
    given: Any = weight
    if not isinstance(given, Real) or not 0 < weight < 1:
        raise InputError(
            f"The 'weight' parameter of inverted_rbo must be a number between 0 and 1, both excluded. "
            f"Got {weight!r} instead."
        )
    words = top_words(topics, n_words=n_words, languages=languages, may_be_fewer=False)
    n_topics = len(next(iter(words.values())))
    if n_topics < 2:
        raise InputError("Rank-biased overlap compares topics; at least two are needed. Got 1.")
    return float(np.mean([1 - _mean_overlap(of_language, weight) for of_language in words.values()]))


def _mean_overlap(words: Sequence[Sequence[str]], weight: float) -> float:
    """Return the extrapolated rank-biased overlap, mean over pairs of topics."""
    n_words = len(words[0])
    factors = (1 - weight) * weight ** np.arange(n_words)
    factors[-1] += weight**n_words
    pairs = np.triu_indices(len(words), k=1)
    agreement = [(_n_common(words, depth)[pairs] / depth).mean() for depth in range(1, n_words + 1)]
    return float(factors @ np.array(agreement))


def _n_common(words: Sequence[Sequence[str]], depth: int) -> NDArray[np.int64]:
    """Count the words that two topics have in common among their first `depth`, (K, K)."""
    first = [dict.fromkeys(topic[:depth]) for topic in words]
    columns = {word: column for column, word in enumerate(dict.fromkeys(chain.from_iterable(first)))}
    indices = [columns[word] for topic in first for word in topic]
    ends = np.cumsum([0, *map(len, first)])
    holds = sparse.csr_array((np.ones(len(indices), dtype=np.int64), indices, ends))
    counts: NDArray[np.int64] = (holds @ holds.T).toarray()
    return counts


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
        ``max(0, cnpmi) * tu``, between 0 and 1; nan if either is.

    Examples
    --------
    >>> from skxtm.metrics import topic_quality
    >>> topic_quality(0.5, 0.75)
    0.375
    >>> topic_quality(-0.5, 0.75)
    0.0
    """
    return float(np.maximum(0.0, cnpmi) * tu)
