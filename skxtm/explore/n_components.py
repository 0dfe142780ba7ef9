"""How many topics: models of several sizes, each fitted several times, and a recommendation in words."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed
from tqdm.auto import tqdm

from skxtm._parameters import check_n_words, check_number
from skxtm.exceptions import InputError, InputTypeError, InterruptedWarning
from skxtm.explore._reading import pandas_for
from skxtm.explore._trials import Ground, Trial, make_ground, matched_cosines
from skxtm.model import CrossLingualTopicModel

_OWNER = "search_n_components"
#: What more topics are worth: twice as many make up for an eighth less of being fine and stable. Without it,
#: two topics that always come back would beat thirty of which a few do not. On drawn corpora of 5 to 30
#: topics anything from 0.15 to 0.4 does as well, on headlines with six labels from 0.05 to 0.2.
WORTH_OF_MORE = 0.2
#: Numbers of topics that are tried where none are named, as far as there are documents for them.
GRID = (3, 5, 7, 10, 14, 20, 28, 40, 56, 80)
DOCUMENTS_OF_A_TOPIC = 20
#: Stability below which the recommendation is called weak.
STABLE = 0.7
#: Scores from this share of the greatest on are told of too.
NEARLY = 0.95


@dataclass(frozen=True, repr=False)
class NComponentsSearch:
    """What a search over the number of topics found.

    Attributes
    ----------
    table : pandas.DataFrame
        One row for each number of topics, see `search_n_components`.
    recommended : int
        The number of topics to begin with.
    reason : str
        Why, in words and figures.
    """

    table: Any
    recommended: int
    reason: str

    def __repr__(self) -> str:
        return f"NComponentsSearch(recommended={self.recommended}): {self.reason}"


def search_n_components(
    model: CrossLingualTopicModel,
    X: Any,
    grid: Iterable[int] | None = None,
    *,
    n_seeds: int = 3,
    subsample: float = 0.5,
    test_size: float | None = None,
    n_words: int = 10,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = 0,
    verbose: int = 0,
) -> NComponentsSearch:
    """Fit models of several numbers of topics, and say which number the documents bear.

    No labels and no parallel text are needed. Documents are read, cut, counted and embedded once, and vectors
    of words learnt once; then each number of topics is fitted `n_seeds` times, every time to another part of
    the documents and from another seed.

    Parameters
    ----------
    model : CrossLingualTopicModel
        Of which copies are fitted; itself it is left as it is. Its `n_components` does not count.
    X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
        Anything that `fit` of the model takes.
    grid : iterable of int or None, default=None
        Numbers of topics to try, at least 2 each. Steps that grow, such as ``[5, 7, 10, 14, 20]``, find as
        much as one by one. None tries 3, 5, 7, 10, 14, 20, 28, 40, 56 and 80, as far as there are 20
        documents or more for each topic, but 3, 5 and 7 in any case.
    n_seeds : int, default=3
        Fits of each number of topics, at least 2; fit number i sees the same documents for every number.
    subsample : float in (0, 1], default=0.5
        Share of the documents that a fit sees, drawn in each language. With 1 all fits see the same ones, so
        that a backbone without randomness looks stable whatever the number of topics.
    test_size : float in [0, 1) or None, default=None
        Share of each language's documents that no fit sees, and that topics are judged by. None holds out a
        fifth where that is 50 documents of each language or more; else, and with 0, the documents to learn
        from judge too.
    n_words : int, default=10
        Top words that are judged, of each topic and language.
    n_jobs : int or None, default=None
        Fits at a time, in processes, as in joblib; the result is the same.
    random_state : int, RandomState instance or None, default=0
        Source of what documents are drawn, and of the models' seeds. Vectors are learnt with the model's own.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    search : NComponentsSearch
        Print it for the recommendation; `skxtm.plotting.NComponentsDisplay` draws it. Its `table` has
        columns, each measure with its standard deviation in a column such as ``fine_std``:

        - ``n_components`` and ``n_fits``.
        - ``coherence``, ``agreement_lexicon``, ``agreement_vectors``, ``uniqueness``: means over topics, as
          `topic_quality_table` describes them, over the fits; nan where nothing is known.
        - ``fine``: share of topics without a verdict of that table.
        - ``stability``: mean cosine of the topics of two fits, matched one to one, over pairs of fits;
          ``worst_topic``: that of the topic whose match is least like it.
        - ``score``: what the recommendation goes by, ``fine * stability * n_components ** 0.2``.

    Raises
    ------
    InputError
        If a parameter is not what is needed, or a number of topics is too large for the documents or words.
    InputTypeError
        If `model` is something else.
    MissingDependencyError
        If pandas is not installed (extra ``frame``).

    Warns
    -----
    UserWarning
        If Ctrl-C ended the search early: what was fitted at least twice is kept. Before that, Ctrl-C raises
        KeyboardInterrupt.

    See Also
    --------
    FineTopicsScorer : For searches over other parameters too, by `sklearn.model_selection.GridSearchCV`.
    topic_quality_table : The topics of one model.

    Notes
    -----
    Topics that are in the documents come back when other documents are drawn, and are of one theme in every
    language. With too few, models differ in which themes they join, with too many in which they split, so
    that `stability` has its peak where neither is needed. Two topics may be stable too, and for that reason
    more topics are worth something: twice as many make up for an eighth less of the rest. Fits see halves of
    the documents by default, so that they differ even where nothing is random in the backbone. See
    ``docs/explore.md`` for how far the recommendation is from known numbers of topics.

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.explore import search_n_components
    >>> data = make_multilingual_corpus(300, n_components=4, word_concentration=0.02, random_state=0)
    >>> model = CrossLingualTopicModel(lexicon=data.lexicon, random_state=0)
    >>> search = search_n_components(model, data.corpus, [2, 4, 8])
    >>> search.recommended
    4
    """
    if not isinstance(model, CrossLingualTopicModel):
        raise InputTypeError(
            f"The 'model' parameter of {_OWNER} must be a CrossLingualTopicModel. Got "
            f"{type(model).__name__} instead; choose the number of topics before a model is refined or put "
            "into a pipeline."
        )
    sizes = None if grid is None else _checked_grid(grid)
    check_number(n_seeds, "n_seeds", _OWNER, 2, integer=True)
    check_number(subsample, "subsample", _OWNER, 0, 1, open_low=True)
    if test_size is not None:
        check_number(test_size, "test_size", _OWNER, 0, 0.99)
    check_n_words(n_words, _OWNER)
    if model.clusters is not None:
        raise InputError(
            f"{_OWNER} tries several numbers of topics, and the 'clusters' parameter of the model is for one "
            "of them. Leave it at None, so that documents are clustered anew for each."
        )
    pandas_for(_OWNER)
    rng = check_random_state(random_state)
    ground = make_ground(model, X, n_words=n_words, subsample=subsample, test_size=test_size, rng=rng)
    sizes = sizes or _usual_sizes(ground)
    _check_sizes(sizes, ground)
    seeds = rng.randint(np.iinfo(np.int32).max, size=n_seeds).tolist()
    # by seed, not by size: what Ctrl-C leaves has been fitted equally often
    plan = [(size, seed) for seed in seeds for size in sizes]
    trials = _tried(ground, plan, n_jobs, verbose)
    table = tabulate(trials)
    recommended, reason = recommend(table)
    return NComponentsSearch(table, recommended, reason)


def _checked_grid(grid: Any) -> list[int]:
    """Check numbers of topics; return them ascending, each once."""
    is_list = isinstance(grid, Iterable) and not isinstance(grid, str)
    sizes = list(grid) if is_list else [grid]
    wrong = [size for size in sizes if not _is_whole(size) or size < 2]
    if wrong or not sizes or not is_list:
        got = f"{wrong[0]!r} among them" if wrong and is_list else repr(grid)
        raise InputError(
            f"The 'grid' parameter of {_OWNER} must hold integers of at least 2, such as [5, 10, 20]. Got "
            f"{got}."
        )
    return sorted({int(size) for size in sizes})


def _usual_sizes(ground: Ground) -> list[int]:
    """Numbers of topics that are tried where none are named."""
    n_documents = len(ground.shared.corpus)
    return [size for size in GRID if size in GRID[:3] or size * DOCUMENTS_OF_A_TOPIC <= n_documents]


def _is_whole(size: Any) -> bool:
    return isinstance(size, (int, np.integer)) and not isinstance(size, bool)


def _check_sizes(sizes: Sequence[int], ground: Ground) -> None:
    """Check that no number of topics is larger than the documents of a fit, or a vocabulary."""
    largest, n_documents = sizes[-1], ground.smallest_part()
    if largest > n_documents:
        raise InputError(
            f"grid goes up to {largest} topics, but each model learns from {n_documents:,} documents only "
            f"(subsample={ground.subsample:g}). Try fewer topics, or give more documents."
        )
    n_words, code = min((len(words), code) for code, words in ground.known.vocabularies.items())
    if largest > n_words:
        raise InputError(
            f"grid goes up to {largest} topics, but the vocabulary of {code!r} has {n_words:,} words only. "
            "Try fewer topics, or give more documents."
        )


def _tried(ground: Ground, plan: Sequence[tuple[int, int]], n_jobs: int | None, verbose: int) -> list[Trial]:
    """Fit all models of a plan, or those that were fitted twice when Ctrl-C came."""
    trials: list[Trial] = []
    run = Parallel(n_jobs=n_jobs, return_as="generator")
    try:
        running: Generator[Trial] = run(delayed(ground.try_out)(*each) for each in plan)
        with (
            closing(running),
            tqdm(total=len(plan), desc="Searching", unit="fit", disable=not verbose) as bar,
        ):
            for trial in running:
                trials.append(trial)
                bar.set_postfix(n_components=trial.n_components, refresh=False)
                bar.update()
    except (KeyboardInterrupt, InterruptedWarning):
        fits = [trial.n_components for trial in trials]
        kept = [trial for trial in trials if fits.count(trial.n_components) > 1]
        if not kept:
            raise KeyboardInterrupt from None
        warnings.warn(
            f"The search was interrupted after {len(trials)} of {len(plan)} fits. It says what is known of "
            "the numbers of topics that were fitted twice or more.",
            stacklevel=3,
        )
        return kept
    return trials


def tabulate(trials: Sequence[Trial]) -> Any:
    """Tabulate the measures of fitted models by their number of topics, as `search_n_components` says.

    Parameters
    ----------
    trials : sequence of Trial
        At least two of each number of topics.

    Returns
    -------
    table : pandas.DataFrame
    """
    pandas = pandas_for(_OWNER)
    rows = []
    for size in sorted({trial.n_components for trial in trials}):
        of_size = [trial for trial in trials if trial.n_components == size]
        matched = [matched_cosines(a.topics, b.topics) for a, b in combinations(of_size, 2)]
        row: dict[str, float] = {"n_components": size, "n_fits": len(of_size)}
        for name in of_size[0].measures:
            row |= _mean_and_deviation(name, [trial.measures[name] for trial in of_size])
        row |= _mean_and_deviation("stability", [cosines.mean() for cosines in matched])
        row |= _mean_and_deviation("worst_topic", [cosines.min() for cosines in matched])
        score = row["fine"] * row["stability"] * size**WORTH_OF_MORE
        rows.append({**row, "score": score})
    return pandas.DataFrame(rows)


def _mean_and_deviation(name: str, values: Sequence[float]) -> dict[str, float]:
    return {name: float(np.mean(values)), f"{name}_std": float(np.std(values))}


def recommend(table: Any) -> tuple[int, str]:
    """Choose a number of topics.

    Parameters
    ----------
    table : pandas.DataFrame
        From `tabulate`.

    Returns
    -------
    recommended : int
        That with the greatest score.
    reason : str
        Why, in words and figures.
    """
    rows = table.set_index("n_components")
    scores, sizes = rows["score"], rows.index.tolist()
    recommended = int(scores.idxmax())
    found = rows.loc[recommended]
    sentences = [
        f"of {recommended} topics {found['fine']:.0%} are fine, and models of other documents find them "
        f"again with a cosine of {found['stability']:.2f} (the worst {found['worst_topic']:.2f})."
    ]
    if found["stability"] < STABLE:
        sentences.append("That is little, and the number a weak choice; more documents would tell.")
    near = [size for size in sizes if size != recommended and scores[size] >= NEARLY * scores.max()]
    beside = near or [size for size in sizes if size > recommended][:1]
    if beside:
        figures = (f"{size} ({rows['fine'][size]:.0%}, {rows['stability'][size]:.2f})" for size in beside)
        sentences.append(f"{'Nearly as good' if near else 'Next'}: {', '.join(figures)}.")
    if len(sizes) > 1 and recommended in (sizes[0], sizes[-1]):
        end, way = ("smallest", "fewer") if recommended == sizes[0] else ("largest", "more")
        sentences.append(f"This is the {end} number that was tried; try {way} topics too.")
    return recommended, " ".join(sentences)
