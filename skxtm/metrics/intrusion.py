"""Intruders: a word that is of another topic, and topics that a document has not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skxtm._parameters import check_number
from skxtm.exceptions import InputError
from skxtm.metrics._answers import as_data, listed
from skxtm.metrics._drawing import (
    Column,
    check_at_least_two,
    columns_of,
    languages_of_both,
    put_together,
    read_judged,
    read_topics,
    read_words,
    sample,
    shuffled,
    with_all,
)
from skxtm.metrics._topics import top_words
from skxtm.metrics.judging import TopicQuestion, TopicQuestions

Words = Mapping[str, Sequence[Sequence[str]]]

#: Between what topics of two themes get from a rater who knows, about 0.4, and 1.
_LIMIT = 0.75


def word_intrusion_questions(
    topics: Any,
    *,
    n_shown: int = 5,
    n_words: int = 10,
    n_excluded: int = 50,
    n_questions: int = 10,
    languages: Sequence[str] | None = None,
    across: bool = True,
    domain: str | None = None,
    random_state: int | np.random.RandomState | None = 0,
) -> TopicQuestions:
    """Ask which word does not belong to a topic.

    Parameters
    ----------
    topics : fitted model, or iterable of mapping from language to sequence of str
        Anything with ``get_topics``; or one mapping per topic, words best first, `n_excluded` of them or as
        many as there are.
    n_shown : int, default=5
        Words of the topic shown beside the intruder, at least 2.
    n_words : int, default=10
        Top words that they, and the intruder from another topic, are drawn from.
    n_excluded : int, default=50
        Words of the topic, from the first on, that are no intruders.
    n_questions : int, default=10
        Questions about each topic and language, and each pair of languages.
    languages : sequence of str or None, default=None
        The languages to ask about. None takes those of the topics.
    across : bool, default=True
        Whether to ask about pairs of languages too: most words are of one of the two, at random, the others
        and the intruder of the other, so that the intruder is told apart only where the languages agree.
    domain : str or None, default=None
        What the documents are, for the rater.
    random_state : int, RandomState instance or None, default=0
        Source of the draws.

    Returns
    -------
    questions : TopicQuestions
        Their score is the share of intruders found, from 0 to 1; higher is better, and guessing gives
        ``1 / (n_shown + 1)``. A column per language, and per pair of languages such as ``"en-zh"``.

    Raises
    ------
    InputError
        If a parameter is out of range, topics have too few words, or no word can intrude.
    InputTypeError
        If `topics` is neither a model nor made of mappings.

    Warns
    -----
    UserWarning
        If no word can intrude on some topics, as on those that repeat each other.

    See Also
    --------
    judge_topics : Has them answered.
    llm_coherence_score : Ratings of the words as they are.

    Notes
    -----
    The task is Chang et al.'s [1]_, put to language models by Stammbach et al. [2]_. Departures: [1]_ shows
    the five most probable words always, here five of the first ten are drawn, so that several questions
    about a topic differ in more than the intruder; the intruder is improbable in this topic, being none of
    its first 50 words as in [2]_, and one of the top words of another topic as in [1]_, where [2]_ takes
    any word that some other topic lists. Questions across languages are ours.

    References
    ----------
    .. [1] Chang et al., "Reading Tea Leaves: How Humans Interpret Topic Models", NeurIPS 2009.
    .. [2] Stammbach et al., "Revisiting Automated Topic Model Evaluation with Large Language Models", EMNLP
       2023.

    Examples
    --------
    >>> from skxtm.llm import ScriptedChat
    >>> from skxtm.metrics import judge_topics, word_intrusion_questions
    >>> topics = [{"en": ["rain", "wind", "snow"]}, {"en": ["goal", "match", "team"]}]
    >>> questions = word_intrusion_questions(topics, n_shown=3, n_words=3, n_questions=2)
    >>> questions.questions[0].options
    ('"rain"', '"snow"', '"wind"', '"match"')
    >>> judge_topics(questions, ScriptedChat(lambda request: "4")).score
    0.5
    """
    owner = "word_intrusion_questions"
    for name, value, low in (("n_shown", n_shown, 2), ("n_excluded", n_excluded, 1)):
        check_number(value, name, owner, low, integer=True)
    check_number(n_questions, "n_questions", owner, 1, integer=True)
    check_number(n_words, "n_words", owner, int(n_shown), integer=True)
    given = read_topics(topics, max(n_words, n_excluded), owner)
    top = top_words(given, n_words=n_words, languages=languages, may_be_fewer=False)
    check_at_least_two(len(given), owner)
    excluded = {code: [{*map(str.casefold, topic[code][:n_excluded])} for topic in given] for code in top}
    columns = columns_of(list(top), across=across, directed=False)
    random = check_random_state(random_state)
    questions = [
        question
        for k in range(len(given))
        for column in columns
        for _ in range(n_questions)
        if (question := _word_question(k, column, top, excluded, n_shown, random)) is not None
    ]
    asked = put_together(
        questions,
        columns,
        len(given),
        measure="word intrusion",
        instruction="All but one of the words are of one topic. Choose the one that does not belong to the "
        "others. Words may be of two languages: what they mean counts, not their language.",
        limit=_LIMIT,
        domain=domain,
    )
    why = f"every top word of other topics is among their first {n_excluded} words"
    return with_all(asked, why, "Lower n_excluded, or look for topics that repeat each other.")


def topic_intrusion_questions(
    topics: Any,
    X: Any,
    *,
    theta: Any = None,
    n_own: int = 1,
    n_intruders: int = 3,
    n_words: int = 10,
    n_questions: int = 10,
    languages: Sequence[str] | None = None,
    across: bool = True,
    max_characters: int = 500,
    domain: str | None = None,
    random_state: int | np.random.RandomState | None = 0,
) -> TopicQuestions:
    """Ask which topic a document has, among topics that it has not.

    Parameters
    ----------
    topics : fitted model, or iterable of mapping from language to sequence of str
        Anything with ``get_topics``; or one mapping per topic, words best first.
    X : DataFrame, sequence or Corpus of n_documents rows
        Documents with texts, anything `skxtm.as_corpus` reads. Held-out ones are best.
    theta : array-like of shape (n_documents, n_topics) or None, default=None
        Their topic proportions. None takes those of the model's ``transform``.
    n_own : int, default=1
        Topics shown that the document has most of.
    n_intruders : int, default=3
        Topics shown of which it has little: drawn from the half of all topics that it has least of, or from
        as many as are needed. Either this or `n_own` is 1, and that one is asked for.
    n_words : int, default=10
        Top words that a topic is shown by.
    n_questions : int, default=10
        Documents of each topic and language, of those whose largest proportion it is; fewer where there are
        fewer.
    languages : sequence of str or None, default=None
        The languages to ask about. None takes those that topics and documents share.
    across : bool, default=True
        Whether to show documents of every language with words of every other, too.
    max_characters : int, default=500
        Characters of a document that are shown.
    domain : str or None, default=None
        What the documents are, for the rater.
    random_state : int, RandomState instance or None, default=0
        Source of the draws.

    Returns
    -------
    questions : TopicQuestions
        Their score is the share of right answers, from 0 to 1; higher is better, and guessing gives
        ``1 / (n_own + n_intruders)``. A column per language, and per ordered pair: ``"en-zh"`` are documents
        in English with words in Chinese.

    Raises
    ------
    InputError
        If a parameter is out of range, there are too few topics, or documents have no texts.
    InputTypeError
        If there are no topic proportions.

    Warns
    -----
    UserWarning
        If some topics have no documents.

    See Also
    --------
    judge_topics : Has them answered.
    document_fit_questions : Ratings of documents one by one.

    Notes
    -----
    The task is topic intrusion [1]_, which shows the three topics that a document has most of and one that
    it has little of: ``n_own=3, n_intruders=1``. The default turns it round, since documents of most models
    have one topic, and their second and third are noise; what is asked is then the same. Chang et al. score
    by log odds of the proportions, here an answer is right or wrong, so that models with other shapes of
    theta can be compared.

    References
    ----------
    .. [1] Chang et al., "Reading Tea Leaves: How Humans Interpret Topic Models", NeurIPS 2009.

    Examples
    --------
    >>> from skxtm.llm import ScriptedChat
    >>> from skxtm.metrics import judge_topics, topic_intrusion_questions
    >>> topics = [{"en": ["rain", "wind"]}, {"en": ["goal", "match"]}]
    >>> documents = [("Rain and wind all day.", "en"), ("A late goal won the match.", "en")]
    >>> theta = [[0.9, 0.1], [0.2, 0.8]]
    >>> questions = topic_intrusion_questions(topics, documents, theta=theta, n_intruders=1, n_words=2)
    >>> for line in questions.questions[0].data + questions.questions[0].options:
    ...     print(line)
    Document: "Rain and wind all day."
    English: ["goal", "match"]
    English: ["rain", "wind"]
    >>> judge_topics(questions, ScriptedChat(["2", "2"])).by_topic.ravel()
    array([1., 0.])
    """
    owner = "topic_intrusion_questions"
    for name, value in (("n_own", n_own), ("n_intruders", n_intruders), ("n_questions", n_questions)):
        check_number(value, name, owner, 1, integer=True)
    if min(n_own, n_intruders) > 1:
        raise InputError(f"One of n_own and n_intruders must be 1. Got {n_own} and {n_intruders}.")
    words, n_topics = read_words(topics, n_words, languages, owner)
    if n_topics < n_own + n_intruders:
        raise InputError(
            f"{owner} shows {n_own + n_intruders} topics, but there are {n_topics}. Lower n_intruders or "
            "n_own."
        )
    documents = read_judged(topics, X, theta, n_topics, max_characters, owner)
    columns = columns_of(languages_of_both(documents, words, languages), across=across, directed=True)
    random = check_random_state(random_state)
    first_intruder = min(max(n_own, n_topics // 2), n_topics - n_intruders)
    questions = []
    for k in range(n_topics):
        for column in columns:
            for row in sample(documents.rows(column.judged, k), n_questions, random):
                order = documents.order[row]
                intruders = sample(order[first_intruder:], n_intruders, random)
                shown = [(int(topic), float(n_own == 1)) for topic in order[:n_own]]
                shown += [(topic, float(n_own > 1)) for topic in intruders]
                options, values = shuffled(
                    [(listed(column.by, words[column.by][topic]), value) for topic, value in shown], random
                )
                data = (f"Document: {as_data(documents.text[row])}",)
                questions.append(
                    TopicQuestion((k,), column.name, data, options, values, tuple(intruders), row)
                )
    wanted = "one is what the document is about. Choose it." if n_own == 1 else _ODD_TOPIC
    asked = put_together(
        questions,
        columns,
        n_topics,
        measure="topic intrusion",
        instruction=f"A document is shown with the words of several topics, of which {wanted} Words and "
        "document may be of two languages: what they mean counts.",
        limit=_LIMIT,
        domain=domain,
    )
    return with_all(asked, "no document has most of them", "Give more documents.")


_ODD_TOPIC = "all but one are what the document is about. Choose the one that is not."


def _word_question(
    topic: int,
    column: Column,
    top: Words,
    excluded: Mapping[str, Sequence[set[str]]],
    n_shown: int,
    random: np.random.RandomState,
) -> TopicQuestion | None:
    """Draw a question about a topic; None if no word can intrude."""
    most, fewer = column.judged, column.by
    if most != fewer and random.randint(2):
        most, fewer = fewer, most
    n_fewer = n_shown // 2 if most != fewer else 0
    own = [*random.permutation(top[most][topic])[: n_shown - n_fewer]]
    own += [*random.permutation(top[fewer][topic])[:n_fewer]]
    barred = excluded[fewer][topic] | {word.casefold() for word in own}
    candidates = {
        other: free
        for other, words in enumerate(top[fewer])
        if other != topic and (free := [word for word in words if word.casefold() not in barred])
    }
    if not candidates:
        return None
    other = int(random.choice([*candidates]))
    intruder = str(random.choice(candidates[other]))
    options, values = shuffled(
        [(as_data(str(word)), 0.0) for word in own] + [(as_data(intruder), 1.0)], random
    )
    return TopicQuestion((topic,), column.name, (), options, values, (other,))
