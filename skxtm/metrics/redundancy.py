"""Topics that say the same."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skxtm._parameters import check_number
from skxtm.metrics._answers import listed
from skxtm.metrics._drawing import check_at_least_two, columns_of, put_together, read_words, shuffled
from skxtm.metrics.judging import TopicQuestion, TopicQuestions

_OPTIONS = (("the same theme", 1.0), ("different themes", 0.0))


def redundancy_questions(
    topics: Any,
    *,
    n_words: int = 10,
    n_questions: int | None = None,
    languages: Sequence[str] | None = None,
    across: bool = True,
    domain: str | None = None,
    random_state: int | np.random.RandomState | None = 0,
) -> TopicQuestions:
    """Ask of pairs of topics whether they are of the same theme.

    Parameters
    ----------
    topics : fitted model, or iterable of mapping from language to sequence of str
        Anything with ``get_topics``; or one mapping per topic, words best first.
    n_words : int, default=10
        Top words that a topic is shown by.
    n_questions : int or None, default=None
        Pairs of topics asked about in each language, and each pair of languages, drawn from all. None asks
        about all ``n_topics * (n_topics - 1) / 2``: only then every topic that repeats another is found.
    languages : sequence of str or None, default=None
        The languages to ask about. None takes those of the topics.
    across : bool, default=True
        Whether to compare words of one language with words of another, too.
    domain : str or None, default=None
        What the documents are, for the rater.
    random_state : int, RandomState instance or None, default=0
        Source of the draws: pairs, and the order in which topics and answers are shown.

    Returns
    -------
    questions : TopicQuestions
        Their score is the share of pairs that are of the same theme, from 0 to 1; lower is better, and
        guessing gives a half. A topic's score is its share of the pairs that it is in: times
        ``n_topics - 1``, how many others say the same. A column per language, and per pair of languages.

    Raises
    ------
    InputError
        If there are fewer than two topics, a topic has no words, or a parameter is out of range.
    InputTypeError
        If `topics` is neither a model nor made of mappings.

    See Also
    --------
    judge_topics : Has them answered; its ``faults()`` lists the pairs.
    topic_uniqueness, inverted_rbo : Topics that share words, by counting.

    Notes
    -----
    Tan and D'Souza [1]_ ask a language model about topics that repeat or overlap as one of nine measures.
    Departures: one pair is shown at a time, with a plain question, so that a topic's place in a long list
    does not matter, and topics and answers are shown in random order. Counting shared words does not see
    themes that two topics tell in different words.

    References
    ----------
    .. [1] Tan and D'Souza, "Toward Purpose-oriented Topic Model Evaluation enabled by Large Language Models",
       International Journal on Digital Libraries 26, 2025.

    Examples
    --------
    >>> from skxtm.metrics import redundancy_questions
    >>> topics = [{"en": ["rain", "wind"]}, {"en": ["goal", "match"]}, {"en": ["storm", "snow"]}]
    >>> questions = redundancy_questions(topics, n_words=2)
    >>> [question.topics for question in questions.questions]
    [(0, 1), (0, 2), (1, 2)]
    >>> questions.questions[1].data
    ('English: ["rain", "wind"]', 'English: ["storm", "snow"]')
    """
    owner = "redundancy_questions"
    if n_questions is not None:
        check_number(n_questions, "n_questions", owner, 1, integer=True)
    words, n_topics = read_words(topics, n_words, languages, owner)
    check_at_least_two(n_topics, owner)
    columns = columns_of(list(words), across=across, directed=False)
    random = check_random_state(random_state)
    pairs = list(combinations(range(n_topics), 2))
    questions = []
    for column in columns:
        drawn = range(len(pairs)) if n_questions is None else random.permutation(len(pairs))[:n_questions]
        for first, second in (pairs[number] for number in sorted(drawn)):
            shown = random.permutation([first, second])
            data = tuple(
                listed(code, words[code][k])
                for code, k in zip((column.judged, column.by), shown, strict=True)
            )
            options, values = shuffled(_OPTIONS, random)
            questions.append(TopicQuestion((first, second), column.name, data, options, values))
    return put_together(
        questions,
        columns,
        n_topics,
        measure="redundancy",
        instruction="Say whether two topics, each given by its words, are of the same theme: a reader would "
        "give both one name. Words may be of two languages: what they mean counts.",
        limit=0.5,
        greater_is_better=False,
        domain=domain,
    )
