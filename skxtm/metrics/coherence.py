"""Coherence of topics: CNPMI across languages, NPMI within a language."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, combinations
from reprlib import repr as shortened
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from skxtm._parameters import check_choice
from skxtm.exceptions import AbsentWordsWarning, InputError, InputTypeError
from skxtm.metrics._topics import Topics, top_words
from skxtm.metrics.reference import AlignedReference, Counts

Counting = Literal["documents", "published"]
Floats = NDArray[np.float64]


@overload
def cnpmi_score(
    topics: Topics,
    reference: AlignedReference,
    *,
    n_words: int = 15,
    counting: Counting = "documents",
    languages: Sequence[str] | None = None,
    per_topic: Literal[False] = False,
) -> float: ...
@overload
def cnpmi_score(
    topics: Topics,
    reference: AlignedReference,
    *,
    n_words: int = 15,
    counting: Counting = "documents",
    languages: Sequence[str] | None = None,
    per_topic: Literal[True],
) -> Floats: ...
def cnpmi_score(
    topics: Topics,
    reference: AlignedReference,
    *,
    n_words: int = 15,
    counting: Counting = "documents",
    languages: Sequence[str] | None = None,
    per_topic: bool = False,
) -> float | Floats:
    r"""Cross-lingual normalised pointwise mutual information of topics; higher is better.

    Of each topic, every one of the `n_words` top words of a language is paired with every one of another
    language, and the mean is taken over word pairs, pairs of languages and topics of

    .. math:: \mathrm{npmi}_{ij} = \frac{\log (p_{ij} / (p_i p_j))}{-\log p_{ij}}

    with the shares of documents of the reference that hold word `i`, word `j`, or both.

    Parameters
    ----------
    topics : list of dict of str to list of str
        Per topic and language, the top words, best first, as ``get_topics`` returns them.
    reference : AlignedReference
        Aligned documents in the languages of the topics.
    n_words : int, default=15
        Number of top words taken of each topic and language.
    counting : {"documents", "published"}, default="documents"
        What is counted for :math:`p_i`. ``"documents"`` counts documents, so that all three are
        shares of the same documents. ``"published"`` reproduces the published script [2]_, for figures
        to stand beside those of papers: it divides the number of *tokens* of the word by the number of
        documents; and a word spelled alike in both languages of a pair, if it is among the top words of both,
        has the tokens of the second language in either place. That script reads texts in lower case and words
        as they are spelled: give it such texts in a reference of ``match="literal"``.
    languages : sequence of str, default=None
        The languages to compare, at least two. None takes those of the topics.
    per_topic : bool, default=False
        Return one value per topic instead of the mean.

    Returns
    -------
    score : float or ndarray of shape (n_topics,)
        With ``counting="documents"`` between -1 and 1: 1 if the two words of every pair occur in the same
        documents, 0 if they are independent. With ``counting="published"`` without lower bound, lower
        the more often words are repeated within a document, and at most 1 unless words are spelled alike.

    Raises
    ------
    InputError
        If topics and reference do not share two languages, if a topic has no words in one of them, or if
        `counting` is unknown.
    InputTypeError
        If `reference` is no AlignedReference.

    Warns
    -----
    UserWarning
        If topics have fewer than `n_words` words in a language, as refined ones may: of each topic all pairs
        of the words it has are taken, and every topic weighs the same.

    See Also
    --------
    npmi_score : Coherence within a language.
    topic_uniqueness : How little topics repeat each other's words.

    Notes
    -----
    A pair that never occurs together counts 0, and so does a word that the reference does not know, of which
    a warning tells. A pair that occurs together in every document, where the formula is 0 / 0, counts 1: two
    words of the same documents have npmi 1 whatever their share, so this is the limit. (The published script
    divides by zero there.)

    References
    ----------
    .. [1] Hao, Boyd-Graber, Paul, "Lessons from the Bible on Modern Topics: Low-Resource Multilingual Topic
       Model Evaluation", NAACL 2018.
    .. [2] https://github.com/BobXWu/CNPMI, ``CNPMI.py``, commit cfe9666.

    Examples
    --------
    >>> from skxtm.metrics import AlignedReference, cnpmi_score
    >>> reference = AlignedReference.from_texts(
    ...     {"en": ["rain wind", "goal match", "rain"], "zh": ["雨 风", "进球 比赛", "雨"]}
    ... )
    >>> aligned = {"en": ["rain", "wind"], "zh": ["雨", "风"]}
    >>> misaligned = {"en": ["rain", "wind"], "zh": ["进球", "比赛"]}
    >>> topics = [aligned, misaligned]
    >>> round(cnpmi_score(topics, reference, n_words=2), 3)
    0.342
    >>> cnpmi_score(topics, reference, n_words=2, per_topic=True).round(3)
    array([0.685, 0.   ])
    """
    check_choice(counting, "counting", "cnpmi_score", ("documents", "published"))
    words = top_words(topics, n_words=n_words, languages=languages)
    if len(words) < 2:
        raise InputError(f"CNPMI compares at least two languages. Got {list(words)}.")
    _check_known(words, reference)
    _warn_of_absent(words, reference)
    pairs = list(combinations(words, 2))
    of_topics: Floats = np.mean([_pair_scores(pair, words, reference, counting) for pair in pairs], axis=0)
    return of_topics if per_topic else float(of_topics.mean())


@overload
def npmi_score(
    topics: Topics,
    reference: AlignedReference,
    *,
    n_words: int = 15,
    languages: Sequence[str] | None = None,
    per_topic: Literal[False] = False,
) -> float: ...
@overload
def npmi_score(
    topics: Topics,
    reference: AlignedReference,
    *,
    n_words: int = 15,
    languages: Sequence[str] | None = None,
    per_topic: Literal[True],
) -> Floats: ...
def npmi_score(
    topics: Topics,
    reference: AlignedReference,
    *,
    n_words: int = 15,
    languages: Sequence[str] | None = None,
    per_topic: bool = False,
) -> float | Floats:
    r"""Normalised pointwise mutual information of topics within a language; higher is better.

    In each language the `n_words` top words of a topic are paired with each other, and the mean is taken over
    the unordered pairs of different words, then over topics and languages, of

    .. math:: \mathrm{npmi}_{ij} = \frac{\log (p_{ij} / (p_i p_j))}{-\log p_{ij}}

    with the shares of documents of the reference that hold word `i`, word `j`, or both. Documents are counted
    for all three.

    Parameters
    ----------
    topics : list of dict of str to list of str
        Per topic and language, the top words, best first, as ``get_topics`` returns them.
    reference : AlignedReference
        Documents in the languages of the topics, the same reference as that of :func:`cnpmi_score`.
    n_words : int, default=15
        Number of top words taken of each topic and language, at least 2.
    languages : sequence of str, default=None
        The languages to average over; one gives the figure of that language. None takes those of the topics.
    per_topic : bool, default=False
        Return one value per topic, the mean over languages, instead of the mean.

    Returns
    -------
    score : float or ndarray of shape (n_topics,)
        Between -1 and 1: 1 if the words of a topic always occur together, 0 if they are independent.

    Raises
    ------
    InputError
        If the reference lacks a language of the topics, or if the top words of a topic are fewer than two
        different ones.
    InputTypeError
        If `reference` is no AlignedReference.

    Warns
    -----
    UserWarning
        If topics have fewer than `n_words` words in a language: they are measured by those they have.

    See Also
    --------
    cnpmi_score : Coherence across languages.

    Notes
    -----
    As in :func:`cnpmi_score`, a pair that never occurs together counts 0, not the limit -1 that some
    implementations take, so that the figures within and across languages stand on one scale; a pair found
    together in every document counts 1. Spellings that the reference takes for one word, by its `match`, are
    one word. The co-occurrence of [1]_ and [2]_ is that of sliding windows; for
    theirs, give windows as the texts of the reference.

    References
    ----------
    .. [1] Bouma, "Normalized (Pointwise) Mutual Information in Collocation Extraction", GSCL 2009.
    .. [2] Lau, Newman, Baldwin, "Machine Reading Tea Leaves: Automatically Evaluating Topic Coherence and
       Topic Model Quality", EACL 2014.

    Examples
    --------
    >>> from skxtm.metrics import AlignedReference, npmi_score
    >>> reference = AlignedReference.from_texts(
    ...     {"en": ["rain wind", "goal match", "rain wind"], "zh": ["雨", "进球", "雨"]}
    ... )
    >>> topics = [{"en": ["rain", "wind"]}, {"en": ["rain", "goal"]}]
    >>> round(npmi_score(topics, reference, n_words=2), 3)
    0.5
    >>> npmi_score(topics, reference, n_words=2, per_topic=True).round(3)
    array([1., 0.])
    """
    words = top_words(topics, n_words=n_words, languages=languages)
    _check_known(words, reference)
    _warn_of_absent(words, reference)
    by_language = [_own_scores(language, of_language, reference) for language, of_language in words.items()]
    of_topics: Floats = np.mean(by_language, axis=0)
    return of_topics if per_topic else float(of_topics.mean())


def _own_scores(language: str, words: list[list[str]], reference: AlignedReference) -> Floats:
    """Return the mean npmi of each topic, (K,), over pairs of its words in one language."""
    scores = np.empty(len(words))
    for k, of_topic in enumerate(words):
        different = _different(of_topic, language, reference)
        if len(different) < 2:
            raise InputError(
                f"NPMI pairs different words, but the top words of topic {k} in language {language!r} are "
                f"{of_topic}. Give topics with at least two, and n_words of at least 2."
            )
        scores[k] = npmi_matrix(different, reference, language)[np.triu_indices(len(different), k=1)].mean()
    return scores


def _different(words: list[str], language: str, reference: AlignedReference) -> list[str]:
    """Keep the first of the words that the reference takes for one."""
    first: dict[str, str] = {}
    for form, word in zip(reference.forms(language, words), words, strict=True):
        first.setdefault(form, word)
    return list(first.values())


def npmi_matrix(words: Sequence[str], reference: AlignedReference, language: str) -> Floats:
    """Normalised pointwise mutual information of every two of some words of one language.

    Parameters
    ----------
    words : sequence of str
        Words, known to the reference or not.
    reference : AlignedReference
        Documents.
    language : str
        The language of the words.

    Returns
    -------
    npmi : ndarray of shape (len(words), len(words))
        As :func:`npmi_score` counts it: between -1 and 1, and 0 for words that never occur together.

    Examples
    --------
    >>> from skxtm.metrics import AlignedReference
    >>> from skxtm.metrics.coherence import npmi_matrix
    >>> reference = AlignedReference.from_texts({"en": ["rain wind", "goal", "rain wind", "wind"]})
    >>> npmi_matrix(["rain", "wind", "goal"], reference, "en")[0].round(3)
    array([1.   , 0.415, 0.   ])
    """
    counts = reference.document_counts(language, words)
    together = reference.pair_counts(language, words, language, words)
    return _npmi(together, counts, counts, reference.n_documents)


def check_reference(reference: object) -> None:
    """Refuse what is no reference, such as the documents that one is made of.

    Parameters
    ----------
    reference : object
        As given.

    Raises
    ------
    InputTypeError
        If it is no AlignedReference.
    """
    if not isinstance(reference, AlignedReference):
        raise InputTypeError(
            "reference must be an AlignedReference: AlignedReference.from_corpus makes one of a Corpus, "
            f"from_texts of texts by language. Got {type(reference).__name__}."
        )


def _check_known(languages: Iterable[str], reference: AlignedReference) -> None:
    check_reference(reference)
    unknown = [language for language in languages if language not in reference.languages]
    if unknown:
        raise InputError(
            f"The reference has the languages {list(reference.languages)}, but not {unknown}. "
            f"Give a reference that has them, or name the languages to compare in 'languages'."
        )


def _warn_of_absent(words: Mapping[str, list[list[str]]], reference: AlignedReference) -> None:
    for language, of_topics in words.items():
        different = list(dict.fromkeys(chain.from_iterable(of_topics)))
        counts = reference.document_counts(language, different)
        absent = [word for word, count in zip(different, counts.tolist(), strict=True) if not count]
        if absent:
            warnings.warn(
                f"{len(absent)} of {len(different)} top words in {language!r} are absent from the reference, "
                f"where they count 0: {shortened(absent)}. A larger reference, or one cut into words as the "
                f"model's texts were, may hold them.",
                AbsentWordsWarning,
                stacklevel=3,
            )


def _pair_scores(
    pair: tuple[str, str], words: dict[str, list[list[str]]], reference: AlignedReference, counting: Counting
) -> Floats:
    """Return the mean npmi of each topic, (K,), for one pair of languages."""
    first, second = pair
    first_counts, second_counts = _word_counts(pair, words, reference, counting)
    scores = np.empty(len(words[first]))
    for k, (first_words, second_words) in enumerate(zip(words[first], words[second], strict=True)):
        together = reference.pair_counts(first, first_words, second, second_words)
        scores[k] = _npmi(together, first_counts[k], second_counts[k], reference.n_documents).mean()
    return scores


def _word_counts(
    pair: tuple[str, str], words: dict[str, list[list[str]]], reference: AlignedReference, counting: Counting
) -> tuple[list[Counts], list[Counts]]:
    """Return the numerators of p_i and p_j of every topic."""
    first, second = pair
    count = reference.token_counts if counting == "published" else reference.document_counts
    flat = {language: list(chain.from_iterable(words[language])) for language in pair}
    counts = {language: count(language, flat[language]) for language in pair}
    if counting == "published":
        # the script keeps one count per spelling, and writes the second language last
        of_spelling = dict(zip(flat[second], counts[second].tolist(), strict=True))
        own = zip(flat[first], counts[first].tolist(), strict=True)
        counts[first] = np.array([of_spelling.get(word, number) for word, number in own])
    ends = {language: np.cumsum([len(of_topic) for of_topic in words[language]])[:-1] for language in pair}
    return np.split(counts[first], ends[first]), np.split(counts[second], ends[second])


def _npmi(together: Counts, first_counts: Counts, second_counts: Counts, n_documents: int) -> Floats:
    """Return the npmi of each pair of words from their counts: (a, b), (a,), (b,)."""
    apart = np.outer(first_counts, second_counts).astype(np.float64)
    counted = (together > 0) & (apart > 0)
    everywhere = together == n_documents
    npmi = np.where(counted & everywhere, 1.0, 0.0)
    defined = counted & ~everywhere
    joint = together[defined]
    npmi[defined] = np.log(joint * n_documents / apart[defined]) / -np.log(joint / n_documents)
    return npmi
