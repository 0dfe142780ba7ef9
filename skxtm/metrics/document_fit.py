"""Documents and their topics: whether what a document says fits the topic that it has most of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skxtm._parameters import check_number
from skxtm.metrics._answers import as_data, listed
from skxtm.metrics._drawing import (
    check_at_least_two,
    columns_of,
    languages_of_both,
    put_together,
    read_judged,
    read_words,
    sample,
    with_all,
)
from skxtm.metrics.judging import TopicQuestion, TopicQuestions

_SCALE = (
    "the document is not about the topic",
    "in part, or only a little",
    "the document is about the topic",
)
_INSTRUCTION = (
    "Rate how well a document fits a topic, given by its words. Words and document may be of two languages: "
    "what they mean counts."
)


def document_fit_questions(
    topics: Any,
    X: Any,
    *,
    theta: Any = None,
    assigned: bool = True,
    n_words: int = 10,
    n_questions: int = 10,
    languages: Sequence[str] | None = None,
    across: bool = True,
    max_characters: int = 500,
    domain: str | None = None,
    random_state: int | np.random.RandomState | None = 0,
) -> TopicQuestions:
    """Ask how well documents fit the topic that they have most of, from 1 to 3.

    Parameters
    ----------
    topics : fitted model, or iterable of mapping from language to sequence of str
        Anything with ``get_topics``; or one mapping per topic, words best first.
    X : DataFrame, sequence or Corpus of n_documents rows
        Documents with texts, anything `skxtm.as_corpus` reads. Held-out ones are best.
    theta : array-like of shape (n_documents, n_topics) or None, default=None
        Their topic proportions. None takes those of the model's ``transform``.
    assigned : bool, default=True
        False asks about documents that have little of the topic, it being in the half of all topics that they
        have least of: a check of the rater, and of topics that fit everything.
    n_words : int, default=10
        Top words that a topic is shown by.
    n_questions : int, default=10
        Documents of each topic and language; fewer where there are fewer.
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
        Their score is a mean rating, from 1, no document is about its topic, to 3, all are; higher is better
        or, of documents that have little of the topic, lower. Guessing gives 2. A column per language, and
        per ordered pair: ``"en-zh"`` are documents in English with words in Chinese.

    Raises
    ------
    InputError
        If a parameter is out of range, documents have no texts, or a single topic is to be asked about by
        documents that have little of it.
    InputTypeError
        If there are no topic proportions.

    Warns
    -----
    UserWarning
        If some topics have no documents.

    See Also
    --------
    judge_topics : Has them answered.
    topic_intrusion_questions : Documents among topics that they do not have.

    Notes
    -----
    In ProxAnn [1]_ the rater infers a category from documents and words of a topic, rates from 1 to 5 how
    well further documents, one distractor among them, fit that category, and agreement with theta is a
    correlation. Here the topic is shown by its words, so that each rating is one short request that can be
    cached; the scale is the three degrees of `llm_coherence_score`; and documents are those of the largest
    proportion, with as many distractors as one asks for apart (``assigned=False``). WALM [2]_ has a language
    model write words for a document and compares them with the topics'; Tan and D'Souza [3]_ have it list
    words of a topic that do not fit a document. Both give no rating of a document.

    References
    ----------
    .. [1] Hoyle et al., "ProxAnn: Use-Oriented Evaluations of Topic Models and Document Clustering", ACL
       2025.
    .. [2] Yang et al., "LLM Reading Tea Leaves: Automatically Evaluating Topic Models with Large Language
       Models", TACL 2025.
    .. [3] Tan and D'Souza, "Toward Purpose-oriented Topic Model Evaluation enabled by Large Language Models",
       International Journal on Digital Libraries 26, 2025.

    Examples
    --------
    >>> from skxtm.llm import ScriptedChat
    >>> from skxtm.metrics import document_fit_questions, judge_topics
    >>> topics = [{"en": ["rain", "wind"]}, {"en": ["goal", "match"]}]
    >>> documents = [("Rain and wind all day.", "en"), ("The king arrived by boat.", "en")]
    >>> questions = document_fit_questions(topics, documents, theta=[[0.9, 0.1], [0.2, 0.8]], n_words=2)
    >>> rater = ScriptedChat(lambda request: "3" if "Rain" in request.messages[-1][1] else "1")
    >>> judgement = judge_topics(questions, rater)
    >>> judgement
    TopicJudgement('document fit', score=2 [1, 3], chance=2, 2 answers, 0 unread)
    >>> judgement.faults()
    {((1,), 'en'): 1.0}
    """
    owner = "document_fit_questions"
    check_number(n_questions, "n_questions", owner, 1, integer=True)
    words, n_topics = read_words(topics, n_words, languages, owner)
    if not assigned:
        check_at_least_two(n_topics, f"{owner} with assigned=False")
    documents = read_judged(topics, X, theta, n_topics, max_characters, owner)
    columns = columns_of(languages_of_both(documents, words, languages), across=across, directed=True)
    random = check_random_state(random_state)
    questions = [
        TopicQuestion(
            (k,),
            column.name,
            (f"Document: {as_data(documents.text[row])}", f"Topic: {listed(column.by, words[column.by][k])}"),
            _SCALE,
            (1.0, 2.0, 3.0),
            row=row,
        )
        for k in range(n_topics)
        for column in columns
        for row in sample(documents.rows(column.judged, k, assigned=assigned), n_questions, random)
    ]
    asked = put_together(
        questions,
        columns,
        n_topics,
        measure="document fit" if assigned else "fit of other documents",
        instruction=_INSTRUCTION,
        limit=2.0,
        greater_is_better=assigned,
        domain=domain,
    )
    why = "no document has most of them" if assigned else "no document has little of them"
    return with_all(asked, why, "Give more documents.")
