"""Topics over time and by group, with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from skxtm._parameters import check_number
from skxtm.corpus._checks import halves, refuse_faults
from skxtm.exceptions import InputError
from skxtm.explore._dates import check_length, plain_series, read_times, values_beside
from skxtm.explore._reading import Model, ReadDocuments, pandas_for, read

_ALL = "all"
_MOST_PERIODS = 40
# Lengths of periods that are tried where none is given, the longest first
_PERIODS = ("Y", "Q", "M", "W", "D", "h")
_CELLS = 4_000_000  # of the resamples' counts that are held at a time


def topics_over_time(
    model: Model,
    X: Any,
    dates: Any,
    *,
    period: str | None = None,
    dayfirst: bool | None = None,
    n_resamples: int = 200,
    confidence: float = 0.95,
    random_state: int | np.random.RandomState | None = 0,
) -> Any:
    """Tabulate how much of the documents each topic is, period by period.

    Parameters
    ----------
    model : CrossLingualTopicModel or LLMRefiner
        Fitted.
    X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
        Documents in any of the fitted languages.
    dates : sequence of date, datetime, Period, str or int of length n_documents, or str
        When each document is from, or the name of a column of the DataFrame `X`. Numbers are years, from 1000
        to 9999; a str is whatever ``pandas.to_datetime`` reads that has a year. Documents without a date are
        left out. Dates of one time zone are as its clock has them, those of several as that of UTC.
    period : {"Y", "Q", "M", "W", "D", "h"} or None, default=None
        Years, quarters, months, weeks, days or hours; None takes the shortest of which there are at most 40
        from the first date to the last.
    dayfirst : bool or None, default=None
        Whether 05/03/2024 is in March. None finds it: by a number above 12 in any of the dates, and with
        points, as in 05.03.2024, the day is first.
    n_resamples : int, default=200
        Resamples of the documents of a period, for the interval; 0 for none.
    confidence : float between 0 and 1, default=0.95
        Share of resamples whose mean lies within the interval.
    random_state : int, RandomState instance or None, default=0
        Source of the resamples.

    Returns
    -------
    shares : pandas.DataFrame
        Columns ``time``, the start of the period; ``language``, one of the documents', or ``"all"``;
        ``topic``, ``name``; ``n_documents`` of the period; ``share``, the topic's mean proportion over these;
        ``low`` and ``high``, the ends of its interval (nan without resamples). ``"all"`` weighs every
        document alike. Periods without documents have no rows.

    Raises
    ------
    InputError
        If a date cannot be read, or as 05/03/2024 in two ways, or there are not as many as documents.
    MissingDependencyError
        If pandas is not installed (extra ``frame``).

    See Also
    --------
    topics_per_group : By anything else than time.

    Notes
    -----
    The interval is the bootstrap's, by percentiles, over documents: how much the share would vary if other
    documents of the same kind had been written. That the model itself might have been another one is not in
    it. Of a period with few documents it is too narrow, and of one document it has no width.

    Examples
    --------
    >>> import numpy as np
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.explore import topics_over_time
    >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    >>> shares = topics_over_time(model, data.corpus, np.tile([2024, 2025], 40))
    >>> len(shares)  # 2 years, 2 languages and all, 3 topics
    18
    """
    pandas_for("topics_over_time")
    documents = read(model, X, "topics_over_time")
    resamples = Resamples("topics_over_time", n_resamples, confidence, random_state)
    return shares_by_period(documents, values_beside(X, dates, "dates"), resamples, period, dayfirst)


def topics_per_group(
    model: Model,
    X: Any,
    groups: Any,
    *,
    n_resamples: int = 200,
    confidence: float = 0.95,
    random_state: int | np.random.RandomState | None = 0,
) -> Any:
    """Tabulate how much of the documents of every group each topic is.

    Parameters
    ----------
    model : CrossLingualTopicModel or LLMRefiner
        Fitted.
    X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
        Documents in any of the fitted languages.
    groups : sequence of str or number of length n_documents, or str
        Such as sources, authors or labels, or the name of a column of the DataFrame `X`. Documents whose
        group is None or nan are left out.
    n_resamples, confidence, random_state : int, float, RandomState
        As for `topics_over_time`.

    Returns
    -------
    shares : pandas.DataFrame
        Columns ``group``, in the order of an ordered categorical, otherwise that in which groups first occur;
        ``language``, one of the documents', or ``"all"``; ``topic``, ``name``, ``n_documents``, ``share``,
        ``low`` and ``high``, as of `topics_over_time`.

    Raises
    ------
    InputError
        If there are not as many groups as documents.
    MissingDependencyError
        If pandas is not installed (extra ``frame``).

    See Also
    --------
    topics_over_time : By periods.

    Examples
    --------
    >>> import numpy as np
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.explore import topics_per_group
    >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)
    >>> shares = topics_per_group(model, data.corpus, np.tile(["press", "radio"], 40))
    >>> shares["group"].unique().tolist()
    ['press', 'radio']
    """
    pandas_for("topics_per_group")
    documents = read(model, X, "topics_per_group")
    resamples = Resamples("topics_per_group", n_resamples, confidence, random_state)
    return shares_by_group(documents, values_beside(X, groups, "groups"), resamples)


class Resamples:
    """How intervals are made; checked.

    Parameters
    ----------
    owner : str
        The function whose parameters these are.
    n_resamples, confidence, random_state : int, float, RandomState
        As for `topics_over_time`.
    """

    def __init__(
        self,
        owner: str,
        n_resamples: int = 200,
        confidence: float = 0.95,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        check_number(n_resamples, "n_resamples", owner, low=0, integer=True)
        check_number(confidence, "confidence", owner, low=0, high=1)
        self.owner, self.n_resamples, self.confidence = owner, n_resamples, confidence
        self.random = check_random_state(random_state)

    def interval(self, theta: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Percentiles of the means of resamples, drawn as how often each document is in one.

        Parameters
        ----------
        theta : ndarray of shape (n_documents, n_components)
            At least one row.

        Returns
        -------
        low, high : ndarray of shape (n_components,)
            Missing values without resamples.
        """
        n_documents, n_topics = theta.shape
        if not self.n_resamples:
            return np.full(n_topics, np.nan), np.full(n_topics, np.nan)
        at_once = max(1, _CELLS // n_documents)
        uniform = np.full(n_documents, 1 / n_documents)
        means = []
        for start in range(0, self.n_resamples, at_once):
            size = min(at_once, self.n_resamples - start)
            means.append(self.random.multinomial(n_documents, uniform, size=size) @ theta / n_documents)
        tail = (1 - self.confidence) / 2
        low, high = np.quantile(np.concatenate(means), [tail, 1 - tail], axis=0)
        return low, high


def shares_by_period(
    documents: ReadDocuments,
    dates: Any,
    resamples: Resamples,
    period: str | None = None,
    dayfirst: bool | None = None,
) -> Any:
    """Tabulate shares by period, as `topics_over_time` returns them.

    Parameters
    ----------
    documents : ReadDocuments
        At least one.
    dates : sequence
        As for `topics_over_time`.
    resamples : Resamples
        For the intervals.
    period : str or None, default=None
        As for `topics_over_time`.
    dayfirst : bool or None, default=None
        As for `topics_over_time`.

    Returns
    -------
    shares : pandas.DataFrame
    """
    pandas = pandas_for(resamples.owner)
    times = read_times(pandas, dates, len(documents.corpus), dayfirst)
    table = _shares(pandas, documents, _periods(pandas, times, period), "time", resamples)
    return table.sort_values(["time", "language", "topic"], key=_all_first, kind="stable", ignore_index=True)


def shares_by_group(documents: ReadDocuments, groups: Any, resamples: Resamples) -> Any:
    """Tabulate shares by group, as `topics_per_group` returns them.

    Parameters
    ----------
    documents : ReadDocuments
        At least one.
    groups : sequence
        As for `topics_per_group`.
    resamples : Resamples
        For the intervals.

    Returns
    -------
    shares : pandas.DataFrame
    """
    pandas = pandas_for(resamples.owner)
    labels = plain_series(pandas, groups)
    check_length(len(labels), len(documents.corpus), "groups")
    refuse_faults(halves(labels, "groups"))
    table = _shares(pandas, documents, labels, "group", resamples)
    dtype: Any = getattr(groups, "dtype", None)
    is_ordered = isinstance(dtype, pandas.CategoricalDtype) and dtype.ordered
    order = dtype.categories if is_ordered else labels.dropna().unique()
    table["order"] = table["group"].map({group: k for k, group in enumerate(order)}.__getitem__)
    table = table.sort_values(
        ["order", "language", "topic"], key=_all_first, kind="stable", ignore_index=True
    )
    return table.drop(columns="order")


def _shares(pandas: Any, documents: ReadDocuments, labels: Any, column: str, resamples: Resamples) -> Any:
    """Tabulate means and intervals of topic proportions, by label and language."""
    codes, found = pandas.factorize(labels)
    if not len(found):
        raise InputError(f"No document has a {column}. Give {resamples.owner} at least one.")
    corpus, theta = documents.corpus, documents.theta.astype(np.float64)
    parts = []
    for number, label in enumerate(found):
        of_label = np.flatnonzero(codes == number)
        for code in (_ALL, *corpus.languages):
            rows = of_label if code == _ALL else of_label[corpus.language[of_label] == code]
            if len(rows):
                low, high = resamples.interval(theta[rows])
                part = {
                    column: [label] * theta.shape[1],  # also of a tuple
                    "language": code,
                    "topic": np.arange(theta.shape[1]),
                    "name": documents.names,
                    "n_documents": len(rows),
                    "share": theta[rows].mean(0),
                    "low": low,
                    "high": high,
                }
                parts.append(pandas.DataFrame(part))
    return pandas.concat(parts, ignore_index=True)


def _periods(pandas: Any, times: Any, period: str | None) -> Any:
    if period is not None and period not in _PERIODS:
        raise InputError(f"period must be one of {list(_PERIODS)}, or None. Got {period!r}.")
    chosen = [period] if period else _PERIODS
    starts = None
    for name in chosen:
        labels = times.dt.to_period(name)
        n_periods = labels.max().ordinal - labels.min().ordinal + 1
        if starts is None or n_periods <= _MOST_PERIODS:
            starts = labels.dt.start_time
    return starts


def _all_first(column: Any) -> Any:
    """Sort the rows of all languages before those of each."""
    return column.map(lambda code: "" if code == _ALL else code) if column.name == "language" else column
