"""`explore`: a fitted model and its documents as one HTML page to look around in."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unicodedata import bidirectional

import numpy as np
from sklearn.utils import check_random_state

from skxtm._files import check_page, write_page
from skxtm._optional import import_optional
from skxtm._parameters import check_n_words, check_number
from skxtm.explore._dates import values_beside
from skxtm.explore._glosses import glosses
from skxtm.explore._map import arranged, drawn_rows
from skxtm.explore._reading import Model, ReadDocuments, read
from skxtm.explore._words import weighted_words
from skxtm.explore.quality import broken_topics, quality_of
from skxtm.explore.shares import Resamples, shares_by_group, shares_by_period
from skxtm.lexicon import Lexicon
from skxtm.refiner import LLMRefiner
from skxtm.report import trained_model

_FOLDER = Path(__file__).parent
_LONGEST_TEXT = 280  # characters of a document that are shown


def explore(
    model: Model,
    X: Any,
    path: str | os.PathLike[str] = "topics.html",
    *,
    dates: Any = None,
    groups: Any = None,
    dayfirst: bool | None = None,
    title: str = "Topics across languages",
    n_words: int = 20,
    n_examples: int = 3,
    n_points: int = 3000,
    lexicons: Lexicon | Sequence[Lexicon] | None = None,
    mark_broken: bool = True,
    random_state: int | np.random.RandomState | None = 0,
) -> Path:
    """Write one HTML page to look around in topics and documents.

    The page holds all that it needs: it loads nothing from anywhere, and opens from disk. It shows topics by
    size, a column of words per language, translations of a word where the pointer is, documents of every
    topic and a map of documents; it searches words and documents of all languages; topics can be renamed in
    it, and the names saved for `CrossLingualTopicModel.set_topic_names`.

    Parameters
    ----------
    model : CrossLingualTopicModel or LLMRefiner
        Fitted. Of a refiner also the words before and after, and how sure they are.
    X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
        Documents in any of the fitted languages.
    path : path, default="topics.html"
        The file; an existing one is replaced once the new one is complete.
    dates : sequence of length n_documents, str or None, default=None
        When documents are from, as for `topics_over_time`.
    groups : sequence of length n_documents, str or None, default=None
        Such as their sources, as for `topics_per_group`.
    dayfirst : bool or None, default=None
        Whether 05/03/2024 is in March, as for `topics_over_time`.
    title : str, default="Topics across languages"
        Heading of the page.
    n_words : int, default=20
        Words per topic and language.
    n_examples : int, default=3
        Documents shown of every topic and language, those that have most of it.
    n_points : int, default=3000
        Documents on the map, drawn at random if there are more; only these and the examples have their texts
        in the page, the first 280 characters.
    lexicons : Lexicon, sequence of Lexicon or None, default=None
        Translations to show. None takes the model's own lexicons, or what its encoder says of the words.
    mark_broken : bool, default=True
        Whether topics are judged by `topic_quality_table`, on `X`, and broken ones marked.
    random_state : int, RandomState instance or None, default=0
        Source of the documents on the map, and of its arrangement.

    Returns
    -------
    path : Path
        The file.

    Raises
    ------
    InputError, InputTypeError
        If a parameter is not what is needed, or `path` is a folder or in none.
    MissingDependencyError
        If jinja2 or pandas are not installed (extras ``report`` and ``frame``).

    See Also
    --------
    skxtm.report.write_report : A page that runs no script.

    Notes
    -----
    The map is arranged by `sklearn.manifold.TSNE` of the square roots of topic proportions: near documents
    are of like topics, and distances between groups say little.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.explore import explore
    >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    >>> with TemporaryDirectory() as folder:
    ...     explore(model, data.corpus, Path(folder, "topics.html")).name
    'topics.html'
    """
    jinja2 = import_optional("jinja2", extra="report", purpose="explore")
    check_n_words(n_words, "explore")
    check_number(n_examples, "n_examples", "explore", low=0, integer=True)
    check_number(n_points, "n_points", "explore", low=0, integer=True)
    random = check_random_state(random_state)
    own = trained_model(model, "explore")
    check_page(Path(path))
    documents = read(model, X, "explore")
    verdicts = _verdicts(model, documents) if mark_broken else {}
    words = model.get_topics(n_words)
    content = {
        "about": _about(documents),
        "languages": [{"code": code, "dir": _direction(words, code)} for code in own.languages_],
        "topics": _topics(model, documents, n_words, n_examples, verdicts),
        "glosses": glosses(own, words, lexicons),
        "map": _map(documents, own.languages_, n_points, random),
        "time": None if dates is None else _series(_by_period(documents, X, dates, dayfirst), "time"),
        "groups": None if groups is None else _series(_by_group(documents, X, groups), "group"),
    }
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    parts = {
        name: (_FOLDER / f"page.{name}").read_text(encoding="utf-8") for name in ("css", "js", "html.jinja")
    }
    page = environment.from_string(parts["html.jinja"]).render(
        title=title, style=_raw(parts["css"]), script=_raw(parts["js"]), data=_raw(_embedded(content))
    )
    write_page(Path(path), page)
    return Path(path)


def _raw(text: str) -> Any:
    """Mark text of our own, or made harmless, as what is not to be escaped."""
    from markupsafe import Markup

    return Markup(text)


def _embedded(content: Mapping[str, Any]) -> str:
    """Write JSON in which nothing can end the element that holds it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _about(documents: ReadDocuments) -> str:
    languages = documents.corpus.languages
    sizes = [f"{len(documents.corpus.rows_of(code)):,} {code}" for code in languages]
    n_topics, n_documents = len(documents.names), len(documents.corpus)
    topics = f"{n_topics} {'topic' if n_topics == 1 else 'topics'}"
    return (
        f"{topics} of {n_documents:,} {'document' if n_documents == 1 else 'documents'}: {', '.join(sizes)}"
    )


def _direction(topics: Sequence[Mapping[str, Sequence[str]]], code: str) -> str:
    """Say how a language is written, by what most of its characters are, whatever its code."""
    characters = "".join(word for words in topics for word in words[code])
    n_right_to_left = sum(bidirectional(character) in ("R", "AL") for character in characters)
    return "rtl" if 2 * n_right_to_left > len(characters) else "ltr"


def _by_period(documents: ReadDocuments, X: Any, dates: Any, dayfirst: bool | None) -> Any:
    resamples = Resamples("explore")
    return shares_by_period(documents, values_beside(X, dates, "dates"), resamples, dayfirst=dayfirst)


def _by_group(documents: ReadDocuments, X: Any, groups: Any) -> Any:
    return shares_by_group(documents, values_beside(X, groups, "groups"), Resamples("explore"))


def _verdicts(model: Model, documents: ReadDocuments) -> dict[int, str]:
    with warnings.catch_warnings():  # where documents are too few to tell, nothing is marked
        warnings.filterwarnings("ignore", "No topic is more coherent")
        return broken_topics(quality_of(model, documents))


def _topics(
    model: Model, documents: ReadDocuments, n_words: int, n_examples: int, verdicts: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Collect what is shown of every topic, the largest first."""
    own, words = trained_model(model, "explore"), model.get_topics(n_words)
    sizes = {
        code: np.bincount(
            documents.theta[documents.corpus.rows_of(code)].argmax(1), minlength=len(documents.names)
        )
        for code in documents.corpus.languages
    }
    refined = _refined(model, n_words) if isinstance(model, LLMRefiner) else None
    topics = []
    for number in np.argsort(-own.topic_weight_, kind="stable").tolist():
        topics.append(
            {
                "number": number,
                "name": documents.names[number],
                "description": own.topic_descriptions_[number],
                "weight": _rounded(own.topic_weight_[number]),
                "verdict": verdicts.get(number, ""),
                "words": {
                    code: [
                        (word, _rounded(weight))
                        for word, weight in weighted_words(own, code, number, of_language)
                    ]
                    for code, of_language in words[number].items()
                },
                "sizes": {code: int(counts[number]) for code, counts in sizes.items()},
                "examples": _examples(documents, number, n_examples),
                "confidence": None,
                "before": None,
                "kept": None,
                **({} if refined is None else refined[number]),
            }
        )
    return topics


def _refined(refiner: LLMRefiner, n_words: int) -> list[dict[str, Any]]:
    before = refiner.estimator_.get_topics(n_words)
    columns = zip(before, refiner.refined_words_, refiner.confidence_, strict=True)
    return [
        {
            "before": old,
            "kept": {code: words[:n_words] for code, words in kept.items()},
            "confidence": None if np.isnan(confidence) else _rounded(confidence),
        }
        for old, kept, confidence in columns
    ]


def _examples(
    documents: ReadDocuments, number: int, n_examples: int
) -> dict[str, list[tuple[int, float, str]]]:
    texts = documents.corpus.text
    if texts is None or not n_examples:
        return {}
    shares = documents.theta[:, number]
    return {
        code: [
            (row, _rounded(shares[row]), _shortened(texts[row]))
            for row in documents.best_rows(code, shares, n_examples)
        ]
        for code in documents.corpus.languages
    }


def _map(
    documents: ReadDocuments, languages: Sequence[str], n_points: int, random: np.random.RandomState
) -> dict[str, Any]:
    """Draw documents, and arrange them in a square of side 65535."""
    corpus, n_documents = documents.corpus, len(documents.corpus)
    rows = drawn_rows(n_documents, n_points, random)
    points = arranged(documents.theta[rows], random, "tsne")
    low = points.min(0, initial=np.inf)
    span = np.maximum(points.max(0, initial=-np.inf) - low, np.finfo(float).tiny)
    places = np.round((points - low) / span * 65535).astype(int)
    order = {code: number for number, code in enumerate(languages)}
    drawn = (
        f"{len(rows):,} of {n_documents:,} documents, drawn at random"
        if n_points < n_documents
        else "all documents"
    )
    return {
        "x": places[:, 0].tolist(),
        "y": places[:, 1].tolist(),
        "topic": documents.theta[rows].argmax(1).tolist(),
        "language": [order[code] for code in corpus.language[rows]],
        "text": [""] * len(rows) if corpus.text is None else [_shortened(text) for text in corpus.text[rows]],
        "note": f"On the map: {drawn}. Near ones are of like topics. Those of the chosen topic are coloured "
        "by language; the search rings those that it finds. Arrow keys go from one to the next, Enter "
        "chooses its topic.",
    }


def _series(table: Any, column: str) -> dict[str, Any]:
    """Arrange shares and their intervals by language, topic, and period or group."""
    labels = table[column].unique().tolist()
    place = {label: number for number, label in enumerate(labels)}
    n_topics = int(table["topic"].max()) + 1
    series = {
        code: [[None] * len(labels) for _ in range(n_topics)] for code in table["language"].unique().tolist()
    }
    for code, topic, label, *values in table[
        ["language", "topic", column, "share", "low", "high"]
    ].itertuples(index=False):
        series[code][topic][place[label]] = [None if np.isnan(value) else _rounded(value) for value in values]
    if column == "time":
        return {
            "periods": [
                str(label.date()) if label == label.normalize() else str(label)
                for label in table[column].unique()
            ],
            "series": series,
        }
    return {"labels": [str(label) for label in labels], "series": series}


def _shortened(text: str) -> str:
    text = " ".join(str(text).split())
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def _rounded(value: Any) -> float:
    return float(f"{float(value):.4g}")
