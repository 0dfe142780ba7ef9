"""`write_report`: a fitted topic model as one HTML page that needs nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skxtm._files import write_page
from skxtm._model.topics import verdicts_of
from skxtm._optional import import_optional
from skxtm._parameters import check_n_words
from skxtm._version import __version__
from skxtm.exceptions import InputTypeError
from skxtm.model import CrossLingualTopicModel
from skxtm.refiner import LLMRefiner

if TYPE_CHECKING:
    from skxtm.metrics import TransferAccuracy

_TEMPLATE = Path(__file__).with_name("report.html.jinja")


def write_report(
    path: str | os.PathLike[str],
    model: CrossLingualTopicModel | LLMRefiner,
    *,
    accuracies: TransferAccuracy | None = None,
    title: str = "Topics across languages",
    n_words: int = 10,
    figures: Mapping[str, str | float] | None = None,
    quality: Any = None,
) -> None:
    """Write the topics of a fitted model or refiner, and figures as one HTML page.

    The page loads nothing from elsewhere and runs no script, so it can be mailed, archived and opened
    offline.

    Parameters
    ----------
    path : path
        The file; an existing one is replaced once the new one is complete.
    model : CrossLingualTopicModel or LLMRefiner
        Fitted. Of a refiner the refined topics are shown, with what became of the words of every topic, and
        the losses of its second phase.
    accuracies : TransferAccuracy or None, default=None
        Shown as a table of training language by test language.
    title : str, default="Topics across languages"
        Heading of the page.
    n_words : int, default=10
        Top words per topic and language, at least 1.
    figures : mapping of str to str or number, or None, default=None
        Further key figures by name, such as topic uniqueness. Whole numbers and strings appear as they
        are, other numbers with three decimals.
    quality : pandas.DataFrame or None, default=None
        From `skxtm.explore.topic_quality_table`: broken topics are marked with what is wrong, and come last.

    Raises
    ------
    InputError
        If `n_words` is less than 1, `path` is a folder or in none, or `quality` is of other topics.
    InputTypeError
        If `model` is something else.
    MissingDependencyError
        If jinja2 is not installed (extra ``report``).
    sklearn.exceptions.NotFittedError
        If the model is not fitted.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.report import write_report
    >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    >>> with TemporaryDirectory() as folder:
    ...     write_report(Path(folder, "topics.html"), model, figures={"Documents": len(data.corpus)})
    ...     Path(folder, "topics.html").read_text(encoding="utf-8")[:15]
    '<!doctype html>'
    """
    check_n_words(n_words, "write_report")
    _check_figures(figures, accuracies)
    trained = trained_model(model, "write_report")
    topics = model.get_topics(n_words)
    jinja2 = import_optional("jinja2", extra="report", purpose="write_report")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        title=title,
        version=__version__,
        languages={code: len(words) for code, words in trained.vocabularies_.items()},
        topics=_topic_rows(topics, trained, verdicts_of(quality, trained.topic_weight_)),
        refined=_refined_rows(model, n_words) if isinstance(model, LLMRefiner) else [],
        figures={name: _display(value) for name, value in (figures or {}).items()},
        accuracies=None if accuracies is None else _accuracy_table(accuracies),
        curve=_loss_curve(model.history_["loss"]) if model.history_.get("loss") else None,
    )
    write_page(Path(path), page)


def _check_figures(figures: Any, accuracies: Any) -> None:
    if figures is not None and not isinstance(figures, Mapping):
        raise InputTypeError(
            "The 'figures' parameter of write_report must be a dict of names to numbers or text, or None. "
            f"Got {type(figures).__name__} instead."
        )
    if accuracies is not None and not isinstance(getattr(accuracies, "accuracies", None), Mapping):
        raise InputTypeError(
            "The 'accuracies' parameter of write_report must be what skxtm.metrics.transfer_accuracy "
            f"returns, or None. Got {type(accuracies).__name__} instead."
        )


def trained_model(model: Any, owner: str) -> CrossLingualTopicModel:
    """Find the fitted model that has the weights and the names of topics.

    Parameters
    ----------
    model : CrossLingualTopicModel or LLMRefiner
        What the user gave.
    owner : str
        The function it was given to.

    Returns
    -------
    model : CrossLingualTopicModel
        Of a refiner the refined one.

    Raises
    ------
    InputTypeError
        If it is something else.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    """
    if not isinstance(model, (CrossLingualTopicModel, LLMRefiner)):
        raise InputTypeError(
            f"The 'model' parameter of {owner} must be a CrossLingualTopicModel or an LLMRefiner, such as a "
            f"step of a pipeline or the best_estimator_ of a search. Got {type(model).__name__} instead."
        )
    check_is_fitted(model)
    return model.model_ if isinstance(model, LLMRefiner) else model


def _topic_rows(
    topics: list[dict[str, list[str]]], model: CrossLingualTopicModel, verdicts: list[str]
) -> list[dict[str, Any]]:
    """Put the heaviest topic first, broken ones last; `bar` is the weight relative to the heaviest."""
    weights = model.topic_weight_.tolist()
    columns = zip(topics, weights, model.topic_names_, model.topic_descriptions_, verdicts, strict=True)
    rows = [
        {
            "number": number,
            "words": words,
            "weight": weight,
            "bar": weight / max(weights),
            "name": name,
            "description": description,
            "verdict": verdict,
        }
        for number, (words, weight, name, description, verdict) in enumerate(columns)
    ]
    return sorted(rows, key=lambda row: (row["verdict"] != "", -row["weight"]))


def _refined_rows(refiner: LLMRefiner, n_words: int) -> list[dict[str, Any]]:
    """Compare the words that each topic had with those that refinement kept."""
    before = refiner.estimator_.get_topics(n_words)
    columns = zip(
        before, refiner.refined_words_, refiner.model_.topic_names_, refiner.confidence_, strict=True
    )
    return [
        {
            "number": number,
            "name": name,
            "confidence": None if np.isnan(confidence) else float(confidence),
            "words": {code: _changes(words, kept[code][:n_words]) for code, words in topic.items()},
        }
        for number, (topic, kept, name, confidence) in enumerate(columns)
    ]


def _changes(before: list[str], kept: list[str]) -> list[tuple[str, str]]:
    """List the words kept, those that are new among them, and then those that are gone."""
    listed = [(word, "kept" if word in before else "added") for word in kept]
    return listed + [(word, "dropped") for word in before if word not in kept]


def _accuracy_table(accuracies: TransferAccuracy) -> dict[str, Any]:
    """Arrange accuracies by language of training (rows) and of testing (columns)."""
    by_pair = accuracies.accuracies
    tested = list(dict.fromkeys(test for _, test in by_pair))
    rows: dict[str, list[dict[str, Any]]] = {}
    for trained in dict.fromkeys(train for train, _ in by_pair):
        rows[trained] = [
            {"tested": test, "value": by_pair.get((trained, test)), "intra": trained == test}
            for test in tested
        ]
    return {"tested": tested, "rows": rows}


def _loss_curve(losses: list[float]) -> dict[str, Any]:
    """Points of the curve in a square of side 100 with the largest loss at the top."""
    highest, lowest = max(losses), min(losses)
    x = np.linspace(0, 100, len(losses))
    y = 100 * (highest - np.array(losses)) / ((highest - lowest) or 1)
    points = " ".join(f"{across:.2f},{down:.2f}" for across, down in zip(x, y, strict=True))
    return {
        "points": points,
        "n_epochs": len(losses),
        "highest": highest,
        "lowest": lowest,
        "last": losses[-1],
    }


def _display(value: str | float) -> str:
    return f"{value:.3f}" if isinstance(value, (float, np.floating)) else str(value)
