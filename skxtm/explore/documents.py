"""The documents behind topics, and the topics behind words and texts."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm._parameters import check_number
from skxtm.corpus import Corpus
from skxtm.embeddings._vectors import unit_rows
from skxtm.exceptions import InputError, InputTypeError, UnknownWordsWarning
from skxtm.explore._reading import Model, pandas_for, read
from skxtm.languages import canonical_code
from skxtm.refinement import VocabularyIndex
from skxtm.report import trained_model

_LEAST_SHARE = 1e-6  # smaller proportions are taken for it: they tell no more
_ROUNDING = 1e-5  # logarithms of single precision that differ by less are the same


def get_document_info(model: Model, X: Any) -> Any:
    """Tabulate documents with their topics.

    Parameters
    ----------
    model : CrossLingualTopicModel or LLMRefiner
        Fitted.
    X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
        Documents in any of the fitted languages.

    Returns
    -------
    info : pandas.DataFrame of n_documents rows
        In the order of `X`, with the index of a DataFrame, and columns ``row``, its number; ``id`` where
        documents have one; ``language``; ``topic``, that of the largest proportion, the first of several;
        ``name``, its name; ``probability``, its proportion; ``second_topic``, ``second_name`` and
        ``second_probability``, those of the next one (not of a model of one topic); ``entropy`` of the
        proportions in nats, from 0, one topic, to log(n_components), all alike; ``n_words``, the document's
        known words, where 0 says that the topic tells nothing but for what an encoder made of the text; and
        ``text`` where there is one.

    Raises
    ------
    InputError, InputTypeError
        If a parameter is not what is needed.
    MissingDependencyError
        If pandas is not installed (extra ``frame``).

    See Also
    --------
    representative_documents : Few documents of every topic.

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.explore import get_document_info
    >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    >>> list(get_document_info(model, data.corpus))[:5]
    ['row', 'language', 'topic', 'name', 'probability']
    """
    pandas = pandas_for("get_document_info")
    documents = read(model, X, "get_document_info")
    corpus, theta = documents.corpus, documents.theta.astype(np.float64)
    order = np.argsort(-theta, axis=1, kind="stable")
    rows = np.arange(len(corpus))
    columns: dict[str, Any] = {"row": rows}
    if corpus.id is not None:
        columns["id"] = corpus.id
    columns["language"] = corpus.language
    for place, prefix in enumerate(("", "second_")[: theta.shape[1]]):
        topic = order[:, place]
        columns[f"{prefix}topic"] = topic
        columns[f"{prefix}name"] = documents.names[topic]
        columns[f"{prefix}probability"] = theta[rows, topic]
    logarithms = np.log(theta, out=np.zeros_like(theta), where=theta > 0)
    columns["entropy"] = np.maximum(-(theta * logarithms).sum(1), 0.0)
    columns["n_words"] = documents.n_words
    if corpus.text is not None:
        columns["text"] = corpus.text
    is_pandas = isinstance(X, (pandas.DataFrame, pandas.Series))
    return pandas.DataFrame(columns, index=X.index if is_pandas else None)


def representative_documents(model: Model, X: Any, n: int = 3, *, topics: Sequence[int] | None = None) -> Any:
    """Find the documents of every topic and language that have most of it.

    Parameters
    ----------
    model : CrossLingualTopicModel or LLMRefiner
        Fitted.
    X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
        Documents in any of the fitted languages.
    n : int, default=3
        Documents per topic and language; fewer where there are fewer that differ.
    topics : sequence of int or None, default=None
        Numbers of the topics; None takes all.

    Returns
    -------
    documents : pandas.DataFrame
        Columns ``topic``, ``name``, ``language``, ``rank`` from 1, ``row`` of `X`, ``probability``, and
        ``text`` where there is one. Those of the largest proportion, the first of several; a text that is
        there twice is shown once, and one without a known word never.

    Raises
    ------
    InputError, InputTypeError
        If a parameter is not what is needed.
    MissingDependencyError
        If pandas is not installed (extra ``frame``).

    See Also
    --------
    get_document_info : All documents.

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.explore import representative_documents
    >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    >>> len(representative_documents(model, data.corpus, n=2))  # two of 3 topics in 2 languages
    12
    """
    pandas = pandas_for("representative_documents")
    check_number(n, "n", "representative_documents", low=1, integer=True)
    documents = read(model, X, "representative_documents")
    numbers = _topic_numbers(topics, len(documents.names))
    found = [
        {
            "topic": topic,
            "name": documents.names[topic],
            "language": code,
            "rank": rank,
            "row": row,
            "probability": float(documents.theta[row, topic]),
        }
        for topic in numbers
        for code in documents.corpus.languages
        for rank, row in enumerate(documents.best_rows(code, documents.theta[:, topic], n), start=1)
    ]
    columns = ["topic", "name", "language", "rank", "row", "probability"]
    return _with_text(pandas.DataFrame(found, columns=columns), documents.corpus)


def topic_sizes(model: Model, X: Any) -> Any:
    """Count the documents of every topic, by language.

    Parameters
    ----------
    model : CrossLingualTopicModel or LLMRefiner
        Fitted.
    X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
        Documents in any of the fitted languages.

    Returns
    -------
    sizes : pandas.DataFrame of n_components * n_languages rows
        Columns ``topic``, ``name``, ``language``; ``n_documents``, those of which the topic has the largest
        proportion; ``share``, these of all documents of the language; and ``weight``, the mean proportion
        over the language's documents. The last two sum to 1 in every language.

    Raises
    ------
    InputError, InputTypeError
        If a parameter is not what is needed.
    MissingDependencyError
        If pandas is not installed (extra ``frame``).

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.explore import topic_sizes
    >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    >>> topic_sizes(model, data.corpus).groupby("language")["n_documents"].sum().to_dict()
    {'en': 40, 'zh': 40}
    """
    pandas = pandas_for("topic_sizes")
    documents = read(model, X, "topic_sizes")
    largest = documents.theta.argmax(1)
    parts = []
    for code in documents.corpus.languages:
        rows = documents.corpus.rows_of(code)
        counts = np.bincount(largest[rows], minlength=len(documents.names))
        parts.append(
            pandas.DataFrame(
                {
                    "topic": np.arange(len(counts)),
                    "name": documents.names,
                    "language": code,
                    "n_documents": counts,
                    "share": counts / len(rows),
                    "weight": documents.theta[rows].mean(0, dtype=np.float64),
                }
            )
        )
    return pandas.concat(parts).sort_values("topic", kind="stable", ignore_index=True)


def find_topics(model: Model, words: str | Sequence[str] | Mapping[str, Sequence[str]], n: int = 5) -> Any:
    """Find the topics that words belong to, whatever their language.

    Parameters
    ----------
    model : CrossLingualTopicModel or LLMRefiner
        Fitted.
    words : str, sequence of str, or dict of str to sequence of str
        One or several words, looked up in all languages, or in those named; spelt in any way that
        `skxtm.normalization.normal_forms` takes for the same.
    n : int, default=5
        Topics to list.

    Returns
    -------
    topics : pandas.DataFrame
        Columns ``topic``, ``name``; ``probability`` of the topic given one of the words, mean over the words
        found, largest first; it sums to 1 over all topics; and one column per language with the words found,
        as the vocabulary has them.

    Raises
    ------
    InputError
        If no vocabulary has any of the words; of single ones it warns.
    InputTypeError
        If `words` is something else.
    MissingDependencyError
        If pandas is not installed (extra ``frame``).

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.explore import find_topics
    >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    >>> word = model.get_topics(1)[2]["zh"][0]
    >>> int(find_topics(model, word)["topic"][0])
    2
    """
    pandas = pandas_for("find_topics")
    check_number(n, "n", "find_topics", low=1, integer=True)
    own = trained_model(model, "find_topics")
    asked = _asked_words(words, own.languages_)
    found: dict[str, list[str]] = {}
    missing: dict[str, list[str]] = {}
    probabilities = []
    for code, of_language in asked.items():
        weights = own.topic_word_[code] * np.asarray(own.topic_weight_)[:, None]
        columns, missing[code] = VocabularyIndex(own.vocabularies_[code], code, weights.sum(0)).match(
            of_language
        )
        found[code] = own.vocabularies_[code][columns].tolist()
        probabilities.append(weights[:, columns] / weights[:, columns].sum(0))
    together = np.concatenate(probabilities, axis=1)
    unknown = [
        word
        for word in dict.fromkeys(word for part in asked.values() for word in part)
        if all(word in missing[code] for code in asked if word in asked[code])
    ]
    if unknown:
        absent = {code: [word for word in unknown if word in part] for code, part in asked.items()}
        reason = own.vectorizer_._why_absent(absent) if own.vectorizer_ else ""
        if not together.shape[1]:
            shown = ", ".join(map(repr, unknown))
            languages = list(own.languages_)
            raise InputError(
                f"No vocabulary of the model has {shown}; its languages are {languages}. {reason}".rstrip()
            )
        warnings.warn(
            f"{len(unknown)} of the words are in no vocabulary, such as {unknown[:5]}; topics are those of "
            f"the others. {reason}".rstrip(),
            UnknownWordsWarning,
            stacklevel=2,
        )
    mean = together.mean(1)
    best = np.argsort(-mean, kind="stable")[:n]
    names = np.array(own.topic_names_, dtype=object)
    table = {"topic": best, "name": names[best], "probability": mean[best]}
    table.update({code: [list(of_code)] * len(best) for code, of_code in found.items()})
    return pandas.DataFrame(table)


def find_documents(
    model: Model,
    X: Any,
    text: str,
    language: str,
    n: int = 10,
    *,
    languages: Sequence[str] | None = None,
) -> Any:
    """Find documents about the same as a text, in its own and in the other languages.

    Parameters
    ----------
    model : CrossLingualTopicModel or LLMRefiner
        Fitted on texts.
    X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
        Documents to search.
    text : str
        What to look for: some words, or a whole document.
    language : str
        Code of its language, one of the model's.
    n : int, default=10
        Documents to list of each language.
    languages : sequence of str or None, default=None
        Languages to search; None takes all of `X`.

    Returns
    -------
    documents : pandas.DataFrame
        Columns ``language``, ``rank`` from 1, ``row`` of `X`, ``similarity``, ``topic``, ``name``, and
        ``text`` where there is one. The similarity is from -1 to 1, the same: the cosine of the logarithms
        of topic proportions (of at least 1e-6), less their mean. A document that has all topics alike has
        0.

    Raises
    ------
    InputError, InputTypeError
        If a parameter is not what is needed; also if the text has no word that the model knows.
    MissingDependencyError
        If pandas is not installed (extra ``frame``).

    Notes
    -----
    What is found is of the same topics, not necessarily a translation; `retrieval_score` says by which
    features more of these are found. Small proportions count by their logarithms, as they do for
    classifiers: with most backbones this finds more translations than the proportions' roots, with the
    default many more.

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import load_sample, load_sample_lexicon
    >>> from skxtm.explore import find_documents
    >>> sample = load_sample("train", languages=("en", "zh"))
    >>> lexicon = load_sample_lexicon("zh", "en")
    >>> model = CrossLingualTopicModel(8, lexicon=lexicon, random_state=0).fit(sample.corpus)
    >>> found = find_documents(model, sample.corpus, sample.corpus.text[0], "en", n=1)
    >>> found["language"].tolist()
    ['en', 'zh']
    """
    pandas = pandas_for("find_documents")
    check_number(n, "n", "find_documents", low=1, integer=True)
    if not isinstance(text, str):
        raise InputTypeError(f"text must be a str. Got {type(text).__name__}.")
    query = read(model, [(text, language)], "find_documents")
    if not query.n_words[0]:
        raise InputError(f"The model knows no word of the text {text[:60]!r} in {language!r}.")
    documents = read(model, X, "find_documents")
    searched = _searched(languages, documents.corpus)
    similarity = _directions(documents.theta) @ _directions(query.theta)[0]
    largest = documents.theta.argmax(1)
    found = [
        {
            "language": code,
            "rank": rank,
            "row": row,
            "similarity": min(max(float(similarity[row]), -1.0), 1.0),
            "topic": largest[row],
            "name": documents.names[largest[row]],
        }
        for code in searched
        for rank, row in enumerate(documents.best_rows(code, similarity, n), start=1)
    ]
    columns = ["language", "rank", "row", "similarity", "topic", "name"]
    return _with_text(pandas.DataFrame(found, columns=columns), documents.corpus)


def _directions(theta: NDArray[Any]) -> NDArray[np.float64]:
    """Centred logarithms of proportions, of length 1; all zero where proportions differ by rounding alone."""
    logarithms = np.log(np.maximum(theta.astype(np.float64), _LEAST_SHARE))
    centred = logarithms - logarithms.mean(1, keepdims=True)
    centred[np.abs(centred).max(1) < _ROUNDING] = 0.0
    return unit_rows(centred)


def _topic_numbers(topics: Sequence[int] | None, n_topics: int) -> list[int]:
    if topics is None:
        return list(range(n_topics))
    if not isinstance(topics, Iterable):
        raise InputTypeError(f"topics must be a sequence of numbers of topics, or None. Got {topics!r}.")
    topics = list(topics)
    for number in topics:
        if isinstance(number, bool) or number not in range(n_topics):
            raise InputError(f"There is no topic {number!r}; topics are 0 to {n_topics - 1}.")
    return [int(number) for number in topics]


def _asked_words(words: Any, languages: Sequence[str]) -> dict[str, list[str]]:
    if isinstance(words, str):
        words = [words]
    if not isinstance(words, Mapping):
        words = dict.fromkeys(languages, words)
    asked = {canonical_code(code): of_code for code, of_code in words.items()}
    for code, of_code in asked.items():
        if code not in languages:
            raise InputError(f"Language {code!r} is none of the model, which has {list(languages)}.")
        is_list = isinstance(of_code, Iterable) and not isinstance(of_code, str)
        if not is_list or not all(isinstance(word, str) for word in of_code):
            raise InputTypeError("words must be a str, a sequence of str, or a dict of language to these.")
    if not any(len(of_code) for of_code in asked.values()):
        raise InputError("words is empty. Give at least one word.")
    return {code: list(of_code) for code, of_code in asked.items()}


def _searched(languages: Sequence[str] | None, corpus: Corpus) -> Sequence[str]:
    if languages is None:
        return corpus.languages
    searched = [canonical_code(code) for code in ([languages] if isinstance(languages, str) else languages)]
    for code in searched:
        if code not in corpus.languages:
            raise InputError(f"X has no documents in {code!r}; it has {list(corpus.languages)}.")
    return searched


def _with_text(table: Any, corpus: Corpus) -> Any:
    if corpus.text is not None:
        table["text"] = corpus.text[table["row"].to_numpy(dtype=np.intp)]
    return table
