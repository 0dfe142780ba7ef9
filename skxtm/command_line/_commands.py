"""What the commands do: a function each, whose parameters are the options."""

from __future__ import annotations

import shlex
import sys
import warnings
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from skxtm._model.saving import is_saved_model
from skxtm._model.state import state_of
from skxtm._optional import import_optional
from skxtm.backbones import backbone_names
from skxtm.command_line._documents import AUTO, Documents, read_documents
from skxtm.command_line._printing import measures, side_by_side
from skxtm.command_line._tables import (
    STDOUT,
    check_out,
    check_table_out,
    column_of,
    read_table,
    write_table,
)
from skxtm.corpus._checks import is_missing
from skxtm.exceptions import InputError
from skxtm.explore import explore as write_explorer
from skxtm.explore import search_n_components
from skxtm.languages import distinct_codes
from skxtm.metrics import (
    AlignedReference,
    cluster_scores,
    cnpmi_score,
    inverted_rbo,
    npmi_score,
    topic_diversity,
    topic_uniqueness,
    transfer_scores,
)
from skxtm.model import CrossLingualTopicModel
from skxtm.model_selection import StratifiedLanguageKFold
from skxtm.refinement.naming import unique_names
from skxtm.report import write_report
from skxtm.vectorizer import CrossLingualVectorizer

_N_SHOWN = 5


def fit(
    *,
    data: Path,
    out: Path,
    text: str,
    language: str,
    n_topics: int | Sequence[int],
    min_df: float,
    max_df: float,
    stop_words: str,
    backbone: str,
    lexicon: Sequence[str],
    seed: int,
    encoding: str | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Learn topics of the documents in a table, and save the model."""
    check_out(out, overwrite=overwrite, folder=True)
    if overwrite and out.exists() and not is_saved_model(out):
        raise InputError(
            f"{str(out)!r} is no saved model, which --overwrite would replace: give another --out."
        )
    if out.exists() and out.samefile(Path.cwd()):
        raise InputError(
            f"{str(out)!r} is the folder that skxtm runs in, and cannot be replaced: give another --out, or "
            "run it in another folder."
        )
    if backbone not in backbone_names():
        raise InputError(f"There is no backbone {backbone!r}; there are {', '.join(backbone_names())}.")
    dropped = _stop_words(stop_words)
    documents = _documents(data, text, language, encoding, quiet=quiet)
    model = CrossLingualTopicModel(
        backbone=backbone,
        lexicon=_lexicon(lexicon),
        # with which later documents are read alike
        vectorizer=CrossLingualVectorizer(
            min_df=min_df,
            max_df=max_df,
            stop_words=dropped,
            text_column=text,
            **documents.source,
        ),
        random_state=seed,
        verbose=int(not quiet),
    )
    if isinstance(n_topics, int):
        model.n_components = n_topics
    else:  # numbers to choose from
        silent = clone(model).set_params(verbose=0)  # the fit below says what was found of words
        search = search_n_components(silent, documents.corpus, n_topics or None, verbose=model.verbose)
        model.n_components = search.recommended
        if not quiet:
            _say(f"{search.recommended} topics: {search.reason}")
    model.fit(documents.corpus)
    _set_quiet(model, quiet=True)  # those who load it say for themselves
    model.save(out)
    if not quiet:
        for code, report in model.vectorizer_.report_.items():
            _say(f"{code}: {report}")
        _show(side_by_side(model.get_topics(_N_SHOWN), model.topic_weight_.tolist()))
        _say(
            f"The model is in {out}. Next:\n"
            f"  {shlex.join(['skxtm', 'transform', str(out), str(data), '--out', 'theta.csv'])}\n"
            f"  {shlex.join(['skxtm', 'topics', str(out)])}\n"
            f"  {shlex.join(['skxtm', 'explore', str(out), str(data), '--out', 'topics.html'])}"
        )


def transform(
    *,
    model: Path,
    data: Path,
    out: str,
    text: str | None,
    language: str | None,
    is_long: bool,
    encoding: str | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Write the topic proportions of every row of a table; a row without text has none."""
    check_table_out(out, overwrite=overwrite)
    fitted = _load(model, quiet=quiet)
    documents = _documents_for(fitted, data, text, language, encoding, quiet=quiet)
    theta = fitted.transform(documents.corpus)
    write_table((_long if is_long else _wide)(documents, theta, fitted.topic_names_), out)
    if not quiet and out != STDOUT:
        _say(f"Topic proportions of {len(documents.rows):,} documents are in {out}.")


def topics(*, model: Path, n_words: int, out: str | None, overwrite: bool) -> None:
    """Show the topics of a saved model side by side, or write them as a table."""
    if out is not None:
        check_table_out(out, overwrite=overwrite)
    fitted = CrossLingualTopicModel.load(model)
    if out is None:
        _show(side_by_side(fitted.get_topics(n_words), fitted.topic_weight_.tolist()))
        return
    info = fitted.get_topic_info(n_words)
    if not out.lower().endswith((".jsonl", ".ndjson", ".parquet")):  # which hold lists
        for code in fitted.languages_:
            info[code] = [", ".join(words) for words in info[code]]
    write_table(info, out)


def evaluate(
    *,
    model: Path,
    data: Path | None,
    reference: Path | None,
    labels: str | None,
    n_words: int,
    text: str | None,
    language: str | None,
    encoding: str | None,
    out: str | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Measure a saved model: its topics and, where data with labels are given, its documents."""
    if (data is None) != (labels is None):
        raise InputError("Accuracies need both a file of documents and --labels, the column of their labels.")
    if out is not None:
        check_table_out(out, overwrite=overwrite)
    fitted = _load(model, quiet=quiet)
    rows = _of_topics(fitted, n_words)
    if reference is not None:
        rows += _coherence(fitted, reference, n_words)
    if data is not None and labels is not None:
        documents = _documents_for(fitted, data, text, language, encoding, quiet=quiet)
        of_row = column_of(documents.table, labels, data, "--labels")
        rows += _of_documents(fitted, documents, [of_row[row] for row in documents.rows], labels, quiet=quiet)
    pandas: Any = import_optional("pandas", extra="cli", purpose="skxtm evaluate")
    table = pandas.DataFrame(rows, columns=["measure", "languages", "value"])
    if out is None:
        _show(measures(table))
    else:
        write_table(table, out)


def explore(
    *,
    model: Path,
    data: Path,
    out: Path,
    dates: str | None,
    groups: str | None,
    dayfirst: bool | None,
    title: str,
    n_words: int,
    text: str | None,
    language: str | None,
    encoding: str | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Write a page to look around in topics and documents."""
    check_out(out, overwrite=overwrite)
    fitted = _load(model, quiet=quiet)
    documents = _documents_for(fitted, data, text, language, encoding, quiet=quiet)
    columns: dict[str, Any] = {}
    for name, column in (("dates", dates), ("groups", groups)):
        if column is not None:
            of_row = column_of(documents.table, column, data, f"--{name}")
            cells = [of_row[row] for row in documents.rows]
            columns[name] = [None if isinstance(cell, str) and not cell.strip() else cell for cell in cells]
    write_explorer(fitted, documents.corpus, out, title=title, n_words=n_words, dayfirst=dayfirst, **columns)
    if not quiet:
        _say(f"The page is {out}.")


def report(*, model: Path, out: Path, title: str, n_words: int, overwrite: bool, quiet: bool) -> None:
    """Write the topics of a saved model as one HTML page."""
    check_out(out, overwrite=overwrite)
    write_report(out, _load(model, quiet=quiet), title=title, n_words=n_words)
    if not quiet:
        _say(f"The page is {out}.")


def _load(model: Path, *, quiet: bool) -> CrossLingualTopicModel:
    fitted = CrossLingualTopicModel.load(model)
    _set_quiet(fitted, quiet=quiet)
    return fitted


def _set_quiet(model: CrossLingualTopicModel, *, quiet: bool) -> None:
    """Tell a model, and the encoder that it reads documents by, whether to show progress."""
    for shows in (model, model.document_embeddings, state_of(model).document_encoder):
        if hasattr(shows, "verbose"):
            shows.verbose = int(not quiet)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _show(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _documents(
    data: Path,
    text: str,
    language: str,
    encoding: str | None,
    *,
    quiet: bool,
    choices: Sequence[str] | None = None,
) -> Documents:
    documents = read_documents(read_table(data, encoding), data, text, language, choices=choices)
    if not quiet:
        _say(f"{data}: {documents}")
    return documents


def _documents_for(
    model: CrossLingualTopicModel,
    data: Path,
    text: str | None,
    language: str | None,
    encoding: str | None,
    *,
    quiet: bool,
) -> Documents:
    """Read documents for a saved model, whose vectorizer knows how those of `fit` were read."""
    vectorizer = model.vectorizer_
    if vectorizer is None:
        raise InputError("The model was fitted on counts, and cannot read texts: transform counts in Python.")
    if language is None:
        named = vectorizer.languages
        is_code = named is not None and named != AUTO and len(named) == 1
        language = named[0] if is_code else AUTO if named == AUTO else vectorizer.language_column
    return _documents(
        data,
        vectorizer.text_column if text is None else text,
        language,
        encoding,
        quiet=quiet,
        choices=model.languages_,
    )


def _stop_words(given: str) -> Any:
    kind, _, codes = given.partition(":")
    if given in ("iso", "none"):
        return None if given == "none" else given
    if kind == "none":
        return dict.fromkeys(distinct_codes(codes.split(","), "--stop-words"))
    raise InputError(
        f"--stop-words must be iso, none, or none:CODE with the languages without a list. Got {given!r}."
    )


def _lexicon(given: Sequence[str]) -> Any:
    if AUTO in given and len(given) > 1:
        raise InputError("--lexicon auto takes what is installed: give it alone, or files.")
    return None if not given else given[0] if len(given) == 1 else list(given)


def _wide(documents: Documents, theta: Any, names: Sequence[str]) -> Any:
    pandas: Any = import_optional("pandas", extra="cli", purpose="skxtm transform")
    values = np.full((len(documents.table), theta.shape[1]), np.nan, dtype=theta.dtype)
    values[documents.rows] = theta
    columns = unique_names(["row", "language", *names])
    frame = pandas.DataFrame(values, columns=columns[2:])
    frame.insert(0, "language", _languages(documents))
    frame.insert(0, "row", range(len(documents.table)))
    return frame


def _long(documents: Documents, theta: Any, names: Sequence[str]) -> Any:
    pandas: Any = import_optional("pandas", extra="cli", purpose="skxtm transform")
    n_topics = theta.shape[1]
    return pandas.DataFrame(
        {
            "row": np.repeat(documents.rows, n_topics),
            "language": np.repeat(documents.corpus.language, n_topics),
            "topic": np.tile(np.arange(n_topics), len(theta)),
            "name": np.tile(np.array(names, dtype=object), len(theta)),
            "proportion": theta.ravel(),
        }
    )


def _languages(documents: Documents) -> Any:
    languages = np.full(len(documents.table), None, dtype=object)
    languages[documents.rows] = documents.corpus.language
    return languages


def _of_topics(model: CrossLingualTopicModel, n_words: int) -> list[tuple[str, str, float]]:
    found = model.get_topics(n_words)
    named = [("uniqueness (TU)", topic_uniqueness), ("diversity (TD)", topic_diversity)]
    rows = [
        (name, code, measure(found, n_words=n_words, languages=[code]))
        for name, measure in named
        for code in model.languages_
    ]
    for code in model.languages_ if len(found) > 1 else ():
        fewest = min(n_words, *(len(topic[code]) for topic in found))
        if fewest < n_words:
            warnings.warn(
                f"Inverted RBO in {code!r} compares {fewest} words, the fewest that a topic has there.",
                stacklevel=2,
            )
        rows.append(("inverted RBO", code, inverted_rbo(found, n_words=fewest, languages=[code])))
    return rows


def _coherence(model: CrossLingualTopicModel, folder: Path, n_words: int) -> list[tuple[str, str, float]]:
    if not folder.is_dir():
        raise InputError(
            f"There is no folder {str(folder)!r}; --reference takes one with a file of segmented texts for "
            "each language, such as en.txt."
        )
    reference = AlignedReference.read(folder)
    common = [code for code in model.languages_ if code in reference.languages]
    if not common:
        raise InputError(
            f"{folder} has texts in {list(reference.languages)}, but the model's topics are in "
            f"{list(model.languages_)}: give a reference in these."
        )
    found = model.get_topics(n_words)
    rows = [
        ("coherence (NPMI)", code, npmi_score(found, reference, n_words=n_words, languages=[code]))
        for code in common
    ]
    return rows + [
        ("coherence (CNPMI)", "-".join(pair), cnpmi_score(found, reference, n_words=n_words, languages=pair))
        for pair in combinations(common, 2)
    ]


def _of_documents(
    model: CrossLingualTopicModel, documents: Documents, labels: list[Any], column: str, *, quiet: bool
) -> list[tuple[str, str, float]]:
    """Measure topic proportions by labels; classifiers are trained on half of each language and label."""
    known = np.array([not is_missing(label) and str(label).strip() != "" for label in labels])
    if not known.all() and not quiet:
        _say(f"{int((~known).sum()):,} documents have no label in {column!r} and are passed by.")
    if not known.any():
        raise InputError(f"The column {column!r} holds no labels: name another with --labels.")
    corpus = documents.corpus[known]
    given = np.array([str(label).strip() for label in labels], dtype=object)[known]
    theta = model.transform(corpus)
    train, test = next(StratifiedLanguageKFold(2).split(corpus, given))
    scores = transfer_scores(
        theta[train], given[train], corpus.language[train], theta[test], given[test], corpus.language[test]
    )
    clusters = cluster_scores(theta, given)
    pairs = {pair: f"{pair[0]} to {pair[1]}" for pair in scores.accuracy}
    return [
        *(("accuracy", pairs[pair], value) for pair, value in scores.accuracy.items()),
        *(("macro F1", pairs[pair], value) for pair, value in scores.f1_macro.items()),
        ("agreement with labels (NMI)", "all", clusters.nmi),
        ("purity", "all", clusters.purity),
    ]
