"""Corpora drawn from latent Dirichlet allocation, with the truth that they were drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import softmax

from skxtm.corpus import Corpus
from skxtm.datasets._checks import check_integer, check_positive, check_share
from skxtm.exceptions import InputError
from skxtm.languages import distinct_codes
from skxtm.lexicon import Lexicon

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class GeneratedCorpus:
    """A corpus and the topics that it was drawn from.

    Attributes
    ----------
    corpus : Corpus
        Word counts, language after language.
    theta : ndarray of shape (n_rows, K)
        True topic proportions of each row of `corpus`; rows sum to 1.
    topic_word : dict of str to ndarray of shape (K, V_l)
        True word probabilities of each topic, by language; rows sum to 1.
    labels : ndarray of shape (n_rows,)
        The largest topic of each row, 0 to K - 1.
    lexicons : tuple of Lexicon
        From the first language to each further one.
    """

    corpus: Corpus
    theta: FloatArray
    topic_word: dict[str, FloatArray]
    labels: NDArray[np.intp]
    lexicons: tuple[Lexicon, ...]

    @property
    def lexicon(self) -> Lexicon | None:
        """The lexicon of the first two languages; None for a single language."""
        return self.lexicons[0] if self.lexicons else None

    def __repr__(self) -> str:
        return f"GeneratedCorpus({self.theta.shape[1]} topics, {self.corpus!r})"


def make_multilingual_corpus(
    n_documents: int = 200,
    *,
    n_components: int = 5,
    vocabulary_sizes: int | Sequence[int] = 200,
    languages: Sequence[str] = ("en", "zh"),
    document_length: int = 30,
    topic_concentration: float = 0.1,
    word_concentration: float = 0.05,
    lexicon_coverage: float = 1.0,
    random_state: int | np.random.Generator | None = None,
) -> GeneratedCorpus:
    """Draw a corpus in several languages from known topics.

    The model is latent Dirichlet allocation: each document has its own topic proportions, each token a
    topic from these, each topic its own distribution over words. The documents of different languages are
    no translations of each other; the topics are.

    Parameters
    ----------
    n_documents : int, default=200
        Documents of each language, at least 1.
    n_components : int, default=5
        Number of topics K, at least 1.
    vocabulary_sizes : int or sequence of int, default=200
        Words of each language V_l, at least 1; one number for all languages, or one each.
    languages : sequence of str, default=("en", "zh")
        Language codes, at least one.
    document_length : int, default=30
        Tokens of each document, at least 1.
    topic_concentration : float, default=0.1
        Parameter of the symmetric Dirichlet prior of the topic proportions, in (0, inf); small values give
        documents about one topic.
    word_concentration : float, default=0.05
        Parameter of the symmetric Dirichlet prior of a topic's words, in (0, inf); small values give topics
        that share few words.
    lexicon_coverage : float, default=1.0
        Share of the words with a translation that the lexicons hold, in (0, 1], chosen at random.
    random_state : int, numpy.random.Generator or None, default=None
        An int gives the same corpus every time.

    Returns
    -------
    result : GeneratedCorpus
        The corpus with its `theta`, `topic_word`, `labels` and `lexicon`.

    Raises
    ------
    InputError
        If a parameter is out of range, or `vocabulary_sizes` and `languages` differ in length.

    Notes
    -----
    Word v of one language translates word v of any other; a larger vocabulary has words without
    translation. The probabilities of words that translate each other are equal where the vocabularies are
    of one size, and proportional within each topic otherwise.

    Examples
    --------
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> made = make_multilingual_corpus(100, random_state=0)
    >>> made
    GeneratedCorpus(5 topics, Corpus(200 documents: 100 en, 100 zh; 400 words, 6,000 tokens))
    >>> made.theta.shape, made.topic_word["zh"].shape
    ((200, 5), (5, 200))
    >>> made.lexicon
    Lexicon(en-zh, 200 pairs, match='literal')
    """
    check_integer("n_documents", n_documents, 1)
    check_integer("n_components", n_components, 1)
    check_integer("document_length", document_length, 1)
    check_positive("topic_concentration", topic_concentration)
    check_positive("word_concentration", word_concentration)
    check_share("lexicon_coverage", lexicon_coverage)
    sizes = _sizes_by_language(languages, vocabulary_sizes)

    rng = np.random.default_rng(random_state)
    topic_word = _draw_topics(rng, n_components, sizes, word_concentration)
    theta = rng.dirichlet(np.full(n_components, topic_concentration), size=len(sizes) * n_documents)
    theta_of = dict(zip(sizes, np.split(theta, len(sizes)), strict=True))
    counts = {code: _draw_counts(rng, theta_of[code], topic_word[code], document_length) for code in sizes}
    vocabularies = {code: [f"{code}{number}" for number in range(size)] for code, size in sizes.items()}
    return GeneratedCorpus(
        corpus=Corpus.from_counts(counts, vocabularies),
        theta=theta,
        topic_word=topic_word,
        labels=theta.argmax(axis=1),
        lexicons=_draw_lexicons(rng, vocabularies, lexicon_coverage),
    )


def _sizes_by_language(languages: Sequence[str], vocabulary_sizes: Any) -> dict[str, int]:
    languages = distinct_codes(languages, "languages")
    if isinstance(vocabulary_sizes, Integral):
        vocabulary_sizes = [vocabulary_sizes] * len(languages)
    if len(vocabulary_sizes) != len(languages):
        raise InputError(
            f"vocabulary_sizes has {len(vocabulary_sizes)} entries, but languages has {len(languages)}. "
            "Give one number for each language, or one for all."
        )
    for size in vocabulary_sizes:
        check_integer("vocabulary_sizes", size, 1)
    return dict(zip(languages, vocabulary_sizes, strict=True))


def _draw_topics(
    rng: np.random.Generator, n_components: int, sizes: dict[str, int], concentration: float
) -> dict[str, FloatArray]:
    """Draw topics over concepts; a language's words are the first V_l concepts, renormalised.

    Gamma variates normalised are a Dirichlet draw, and so is any part of them. They are kept as logarithms,
    G(a) = G(a + 1) U^(1/a), since for a small concentration most are below the smallest float.
    """
    shape = (n_components, max(sizes.values()))
    uniform = 1 - rng.random(shape)  # in (0, 1], so that the logarithm is finite
    log_gamma = np.log(rng.standard_gamma(concentration + 1, size=shape)) + np.log(uniform) / concentration
    return {code: softmax(log_gamma[:, :size], axis=1) for code, size in sizes.items()}


def _draw_counts(
    rng: np.random.Generator, theta: FloatArray, topic_word: FloatArray, document_length: int
) -> sparse.csr_array:
    """Draw a topic for every token, then a word from that topic; memory grows with the tokens."""
    n_documents, n_words = len(theta), topic_word.shape[1]
    n_tokens = rng.multinomial(document_length, theta)  # (n_documents, K)
    rows = [np.repeat(np.arange(n_documents), n_tokens[:, topic]) for topic in range(len(topic_word))]
    columns = [
        rng.choice(n_words, size=len(own), p=probabilities)
        for own, probabilities in zip(rows, topic_word, strict=True)
    ]
    ones = np.ones(n_documents * document_length, dtype=np.int64)
    places = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_array((ones, places), shape=(n_documents, n_words))


def _draw_lexicons(
    rng: np.random.Generator, vocabularies: dict[str, list[str]], coverage: float
) -> tuple[Lexicon, ...]:
    first, *others = vocabularies
    lexicons = []
    for other in others:
        pairs = list(zip(vocabularies[first], vocabularies[other], strict=False))
        kept = rng.choice(len(pairs), size=max(1, round(coverage * len(pairs))), replace=False)
        lexicons.append(Lexicon([pairs[row] for row in np.sort(kept)], (first, other), match="literal"))
    return tuple(lexicons)
