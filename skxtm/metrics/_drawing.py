"""What questions about topics are drawn from: words, documents, pairs of languages; checked."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm._parameters import check_number
from skxtm.corpus import as_corpus
from skxtm.corpus._checks import named_rows
from skxtm.exceptions import InputError, InputTypeError
from skxtm.metrics._topics import Topics, by_language, model_in, passed_through, top_words, topics_of
from skxtm.metrics.judging import TopicQuestion, TopicQuestions


@dataclass(frozen=True)
class Column:
    """One language, or two: that of what is judged, and that of the words that it is judged by."""

    name: str
    judged: str
    by: str


def read_topics(topics: Any, n_words: int, owner: str) -> list[dict[str, Sequence[str]]]:
    """Take words of topics, by canonical codes, from a fitted model or as they were given."""
    is_model = any(hasattr(topics, name) for name in ("get_topics", "steps", "best_estimator_"))
    given: Topics = topics_of(topics, n_words, owner) if is_model else topics
    return by_language(given)


def read_words(
    topics: Any, n_words: int, languages: Sequence[str] | None, owner: str
) -> tuple[dict[str, list[list[str]]], int]:
    """Take the top words of topics by language, checked, and the number of topics."""
    words = top_words(read_topics(topics, n_words, owner), n_words=n_words, languages=languages)
    return words, len(next(iter(words.values())))


def columns_of(languages: Sequence[str], *, across: bool, directed: bool) -> list[Column]:
    """List languages, and pairs of them: in both directions, or once."""
    single = [Column(code, code, code) for code in languages]
    pairs = list(combinations(languages, 2)) if across else []
    if directed:
        pairs += [(second, first) for first, second in pairs]
    return single + [Column(f"{first}-{second}", first, second) for first, second in pairs]


def check_at_least_two(n_topics: int, owner: str) -> None:
    """Refuse a single topic, which has nothing to be compared with."""
    if n_topics < 2:
        raise InputError(f"{owner} compares topics. Give at least two, got {n_topics}.")


def shuffled(
    options: Sequence[tuple[str, float]], random: np.random.RandomState
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Put options and what they count in an order that tells nothing."""
    order = random.permutation(len(options))
    return tuple(options[k][0] for k in order), tuple(options[k][1] for k in order)


@dataclass(frozen=True)
class JudgedDocuments:
    """Documents with text, and their topic proportions.

    Attributes
    ----------
    text : ndarray of str objects of shape (n_documents,)
        What is shown, cut.
    language : ndarray of str objects of shape (n_documents,)
        Codes.
    order : ndarray of shape (n_documents, n_topics)
        Topics of each document, the one of the largest proportion first.
    """

    text: NDArray[np.object_]
    language: NDArray[np.object_]
    order: NDArray[np.intp]

    def rows(self, code: str, topic: int, *, assigned: bool = True) -> NDArray[np.intp]:
        """Rows of a language that have most of a topic or, if not assigned, little of it."""
        n_topics = self.order.shape[1]
        of_topic = self.order[:, :1] if assigned else self.order[:, max(1, n_topics // 2) :]
        return np.flatnonzero((of_topic == topic).any(1) & (self.language == code) & (self.text != ""))


def read_judged(
    topics: Any, X: Any, theta: Any, n_topics: int, max_characters: int, owner: str
) -> JudgedDocuments:
    """Read documents, and their topic proportions as given or by the model."""
    check_number(max_characters, "max_characters", owner, 1, integer=True)
    corpus = as_corpus(X)
    if corpus.text is None:
        raise InputError(f"{owner} shows documents, but X has no texts. Give documents with their texts.")
    if theta is None:
        model, before = model_in(topics) or (topics, [])
        if not hasattr(model, "transform"):
            raise InputTypeError(
                f"{owner} needs topic proportions: give 'theta', or a fitted model with transform."
            )
        theta = model.transform(passed_through(before, X))
    shares = np.asarray(theta, dtype=np.float64)
    if shares.shape != (len(corpus), n_topics):
        raise InputError(
            f"theta must have one row for each of {len(corpus)} documents and one column for each of "
            f"{n_topics} topics. Got an array of shape {shares.shape}."
        )
    wrong = np.flatnonzero(~np.isfinite(shares).all(1)).tolist()
    if wrong:
        raise InputError(f"theta has values that are no numbers in {named_rows(wrong)}. Leave them out.")
    text = np.array([_cut(one, max_characters) for one in corpus.text], dtype=object)
    return JudgedDocuments(text, np.asarray(corpus.language), np.argsort(-shares, axis=1, kind="stable"))


def languages_of_both(
    documents: JudgedDocuments, words: Mapping[str, Any], languages: Sequence[str] | None
) -> list[str]:
    """Languages that topics and documents have; those asked for must be among them."""
    found = set(documents.language.tolist())
    missing = [code for code in words if code not in found] if languages is not None else []
    if missing:
        raise InputError(f"No document is in language {missing[0]!r}, only in {sorted(found)}.")
    shared = [code for code in words if code in found]
    if not shared:
        raise InputError(f"Topics have words in {list(words)}, but documents are in {sorted(found)}.")
    return shared


def sample(rows: NDArray[np.intp], n: int, random: np.random.RandomState) -> list[int]:
    """Draw some of the rows, each once; all where there are no more."""
    return [int(row) for row in random.permutation(rows)[:n]]


def with_all(asked: TopicQuestions, why: str, remedy: str) -> TopicQuestions:
    """Warn of topics that nothing is asked about, and refuse if that is so of all."""
    if not asked.questions:
        raise InputError(f"There is nothing to ask: {why}. {remedy}")
    known = {(k, question.column) for question in asked.questions for k in question.topics}
    every = [(k, column) for column in asked.columns for k in range(asked.n_topics)]
    silent = [f"{k} ({column})" for k, column in every if (k, column) not in known]
    if silent:
        listed = ", ".join(silent[:10]) + (", ..." if len(silent) > 10 else "")
        warnings.warn(
            f"Nothing is asked about topics {listed}: {why}. Their scores are nan. {remedy}", stacklevel=3
        )
    return asked


def put_together(
    questions: Sequence[TopicQuestion], columns: Sequence[Column], n_topics: int, **how: Any
) -> TopicQuestions:
    """Make one object of the questions of a measure."""
    names = tuple(column.name for column in columns)
    return TopicQuestions(questions=tuple(questions), columns=names, n_topics=n_topics, **how)


def _cut(text: str, n_characters: int) -> str:
    """Join a text to one line, and leave out what is beyond a length."""
    line = " ".join(text.split())
    return line if len(line) <= n_characters else line[:n_characters].rstrip() + " …"
