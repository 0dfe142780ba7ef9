"""Retrieval of translations: does the nearest document of another language say the same."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.preprocessing import normalize
from sklearn.utils import check_array

from skxtm.corpus._checks import is_missing
from skxtm.exceptions import InputError, InputTypeError
from skxtm.metrics._checks import column, language_column

Direction = tuple[str, str]

_CELLS_AT_A_TIME = 2_000_000
# a matrix product gives equal documents cosines that differ in the last bits, which must not break a tie
_TIE = 1e-12


@dataclass(frozen=True)
class RetrievalScores:
    """How high the translations of documents are ranked, by direction.

    A direction is (language of the documents asked for, language searched).

    Parameters
    ----------
    reciprocal_rank : dict of (str, str) to float
        Mean reciprocal rank of the translation, above 0 and at most 1; higher is better. Languages are those
        of `skxtm.languages.canonical_code`, here and below.
    precision : dict of (str, str) to dict of int to float
        By `k`, the share of documents whose translation is among the first `k`, between 0 and 1.
    n_queries : dict of (str, str) to int
        Documents that have a translation in the language searched.
    n_candidates : dict of (str, str) to int
        Documents of the language searched.
    ranks : dict of (str, str) to ndarray of int of shape (n_queries,), default={}
        Rank of each one's translation, from 1, in the order of the documents asked for.

    Examples
    --------
    >>> from skxtm.metrics import RetrievalScores
    >>> there, back = ("en", "zh"), ("zh", "en")
    >>> scores = RetrievalScores(
    ...     {there: 0.5, back: 0.75},
    ...     {there: {1: 0.25}, back: {1: 0.75}},
    ...     n_queries={there: 4, back: 4},
    ...     n_candidates={there: 4, back: 9},
    ... )
    >>> scores.mean_reciprocal_rank, scores.mean_precision(1)
    (0.625, 0.5)
    >>> scores
    RetrievalScores(mean_reciprocal_rank=0.625, mean_precision={1: 0.500}, 2 directions)
    """

    reciprocal_rank: dict[Direction, float]
    precision: dict[Direction, dict[int, float]]
    n_queries: dict[Direction, int]
    n_candidates: dict[Direction, int]
    ranks: dict[Direction, NDArray[np.int64]] = field(default_factory=dict, compare=False, repr=False)

    def __repr__(self) -> str:
        number, ranks = len(self.reciprocal_rank), next(iter(self.precision.values()), {})
        precision = ", ".join(f"{k}: {self.mean_precision(k):.3f}" for k in ranks)
        return (
            f"RetrievalScores(mean_reciprocal_rank={self.mean_reciprocal_rank:.3f}, "
            f"mean_precision={{{precision}}}, {number} {'direction' if number == 1 else 'directions'})"
        )

    @property
    def mean_reciprocal_rank(self) -> float:
        """Mean over directions of the mean reciprocal rank."""
        return float(np.mean(list(self.reciprocal_rank.values())))

    def mean_precision(self, k: int) -> float:
        """Average the precision at `k` over directions.

        Parameters
        ----------
        k : int
            One of the ranks that were asked for.

        Returns
        -------
        precision : float
            Between 0 and 1.

        Raises
        ------
        InputError
            If `k` is not among them.
        """
        ranks = list(next(iter(self.precision.values())))
        if k not in ranks:
            raise InputError(f"There is no precision at {k}, only at {ranks}.")
        return float(np.mean([of_direction[k] for of_direction in self.precision.values()]))


def retrieval_score(
    features: ArrayLike,
    language: Sequence[str],
    pair_id: Sequence[Hashable],
    *,
    at: int | Sequence[int] = (1, 5, 10),
) -> RetrievalScores:
    """Rank the translation of each document among all documents of the other language; higher is better.

    For each direction between two languages, every document of the first that has a translation in the second
    is compared with all documents of the second by the cosine of their features. Documents are counted.

    Parameters
    ----------
    features : array-like of shape (n_documents, n_features)
        Features that mean the same in every language, such as topic proportions.
    language : sequence of str of shape (n_documents,)
        Language of each document, by any code; any number of languages.
    pair_id : sequence of shape (n_documents,)
        Documents with the same one are translations of each other. None and NaN are none: such a document is
        not asked for, but is among those searched.
    at : int or sequence of int, default=(1, 5, 10)
        The ranks `k` at which precision is taken.

    Returns
    -------
    scores : RetrievalScores
        ``scores.reciprocal_rank["en", "zh"]`` is the mean over English documents of 1 / rank, above 0 and at
        most 1; ``scores.precision["en", "zh"][5]`` the share of them whose translation is among the
        first 5, between 0 and 1. A direction without translations is left out.

    Raises
    ------
    InputError
        If lengths disagree, a language is no code, a rank of `at` is less than 1, or no document has a
        translation.
    InputTypeError
        If there are no pair ids.

    See Also
    --------
    transfer_accuracy : Classification across languages, where documents have labels.

    Notes
    -----
    The rank counts all documents at least as similar as the translation, so that ties (cosines within 1e-12
    of each other) cost: features that are the same for all documents put every translation last. Of several
    translations the most similar is ranked, and the others are left out. Features that are all zero
    have cosine 0 with everything. Similarities are computed in blocks of documents; memory does not grow
    with the square of their number.

    The cosine of topic proportions hears little but the greatest. ``np.sqrt(theta)``, their Hellinger
    affinity, finds more, and with most backbones, the default among them, the logarithms less their mean by
    row find the most: ``log = np.log(np.maximum(theta, 1e-6))``, ``log - log.mean(1, keepdims=True)``.
    Choose by training documents. Logarithms whitened as training documents say find more still:
    ``make_pipeline(model, FunctionTransformer(np.log), PCA(whiten=True))``, of a backbone whose proportions
    are not 0.

    References
    ----------
    .. [1] Mimno, Wallach, Naradowsky, Smith, McCallum, "Polylingual Topic Models", EMNLP 2009.
    .. [2] Voorhees, "The TREC-8 Question Answering Track Report", TREC 1999, for the reciprocal rank.

    Examples
    --------
    >>> from skxtm.metrics import retrieval_score
    >>> theta = [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.1, 0.9]]
    >>> scores = retrieval_score(theta, ["en", "en", "zh", "zh"], [1, 2, 1, 2], at=[1])
    >>> scores.reciprocal_rank["en", "zh"], scores.precision["zh", "en"]
    (1.0, {1: 1.0})
    """
    vectors = normalize(check_array(features, dtype=np.float64, input_name="features"))
    of_row = language_column(language, "language", len(vectors), "rows of features")
    if not isinstance(pair_id, Iterable):
        raise InputTypeError(
            "pair_id must hold one value for each document, the same for translations of each other. Got "
            f"{type(pair_id).__name__}."
        )
    ids = column(np.fromiter(pair_id, dtype=object), "pair_id", len(vectors), "rows of features")
    at = list(at) if isinstance(at, Iterable) else [at]
    _check_ranks(at)
    rows = {code: np.flatnonzero(of_row == code) for code in dict.fromkeys(of_row.tolist())}
    ranks = dict(_ranks_by_direction(vectors, _number_pairs(ids), rows))
    if not ranks:
        raise InputError(
            f"No pair_id is found in two of the languages {list(rows)}; documents that are translations of "
            f"each other must have the same pair_id."
        )
    return RetrievalScores(
        {direction: float((1 / of_direction).mean()) for direction, of_direction in ranks.items()},
        {
            direction: {int(k): float((of_direction <= k).mean()) for k in at}
            for direction, of_direction in ranks.items()
        },
        n_queries={direction: len(of_direction) for direction, of_direction in ranks.items()},
        n_candidates={direction: len(rows[direction[1]]) for direction in ranks},
        ranks=ranks,
    )


def _check_ranks(at: Sequence[int]) -> None:
    for k in at:
        if not isinstance(k, (int, np.integer)) or k < 1:
            raise InputError(f"The 'at' parameter must hold integers of at least 1. Got {k!r} among them.")


def _number_pairs(ids: NDArray[Any]) -> NDArray[np.int64]:
    """Give the same number to equal pair ids, and -1 to those that are missing."""
    numbers: dict[Hashable, int] = {}
    return np.array(
        [-1 if is_missing(pair) else numbers.setdefault(pair, len(numbers)) for pair in ids], dtype=np.int64
    )


def _ranks_by_direction(
    vectors: NDArray[np.float64], pairs: NDArray[np.int64], rows: dict[str, NDArray[np.intp]]
) -> Iterator[tuple[Direction, NDArray[np.int64]]]:
    for asked, of_asked in rows.items():
        for searched, of_searched in rows.items():
            translated = of_asked[(pairs[of_asked] >= 0) & np.isin(pairs[of_asked], pairs[of_searched])]
            if asked != searched and len(translated):
                yield (asked, searched), _ranks(vectors, pairs, translated, of_searched)


def _ranks(
    vectors: NDArray[np.float64],
    pairs: NDArray[np.int64],
    asked: NDArray[np.intp],
    searched: NDArray[np.intp],
) -> NDArray[np.int64]:
    """Return, for each row asked for, the rank of its most similar translation among the rows searched."""
    candidates = vectors[searched]
    n_at_a_time = max(1, _CELLS_AT_A_TIME // len(searched))
    ranks = []
    for start in range(0, len(asked), n_at_a_time):
        block = asked[start : start + n_at_a_time]
        similarity = vectors[block] @ candidates.T
        translation = pairs[block][:, None] == pairs[searched]
        best = np.where(translation, similarity, -np.inf).max(axis=1, keepdims=True)
        ranks.append(1 + ((similarity >= best - _TIE) & ~translation).sum(axis=1))
    return np.concatenate(ranks)
