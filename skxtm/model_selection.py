"""Splitting documents in several languages for cross-validation."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_random_state

from skxtm._parameters import check_number
from skxtm.corpus import Corpus, as_corpus
from skxtm.exceptions import InputError

__all__ = ["StratifiedLanguageKFold"]

#: What messages say where a fold of cross-validation may lack a language.
REMEDY = (
    "In cross-validation of rows sorted by language, shuffle them, or split by "
    "skxtm.model_selection.StratifiedLanguageKFold."
)


class StratifiedLanguageKFold(BaseCrossValidator):
    """Folds each of which holds all languages, and the labels of each language, in their shares.

    A topic model of several languages cannot be trained on one of them, nor read one that it has not seen.
    `sklearn.model_selection.KFold` makes such folds of rows that are sorted by language, and
    `sklearn.model_selection.StratifiedKFold` may, because it looks at labels alone.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Whether to draw which documents of a language and label go to which fold; else they are dealt out in
        their order.
    random_state : int, RandomState instance or None, default=None
        Source of the draws; only with ``shuffle=True``.
    text_column, language_column : str
        Names of the columns of a DataFrame, as for `skxtm.CrossLingualVectorizer`.

    See Also
    --------
    sklearn.model_selection.GroupKFold : With ``groups=corpus.pair_id``, keeps translations together.

    Notes
    -----
    Sizes of folds, the numbers of a language's documents in them, and of a label's within a language, each
    differ by one at most. Labels are compared, not ordered, and may be of any hashable kind; without `y`,
    languages alone are dealt out. A label with fewer documents than there are folds is missing in some.

    Examples
    --------
    >>> from skxtm.model_selection import StratifiedLanguageKFold
    >>> documents = [("rain", "en"), ("wind", "en"), ("雨", "zh"), ("风", "zh")]
    >>> for train, test in StratifiedLanguageKFold(2).split(documents):
    ...     print(train, test)
    [1 3] [0 2]
    [0 2] [1 3]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        shuffle: bool = False,
        random_state: int | RandomState | None = None,
        text_column: str = "text",
        language_column: str = "language",
    ) -> None:
        self.n_splits = n_splits
        self.shuffle = shuffle
        self.random_state = random_state
        self.text_column = text_column
        self.language_column = language_column

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : object
            Ignored.

        Returns
        -------
        n_splits : int
        """
        check_number(self.n_splits, "n_splits", type(self).__name__, 2, integer=True)
        return int(self.n_splits)

    def split(
        self, X: Any, y: ArrayLike | None = None, groups: None = None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Split documents into rows of training and of testing, fold by fold.

        Parameters
        ----------
        X : DataFrame, sequence, object array or Corpus of n_documents rows
            Anything that `skxtm.as_corpus` reads.
        y : array-like of shape (n_documents,) or None, default=None
            Labels of the documents, such as their classes.
        groups : None
            Refused: groups cannot be kept together here.

        Yields
        ------
        train, test : ndarray of int
            Row numbers, ascending.

        Raises
        ------
        InputError
            If a parameter is not what is needed, a language has fewer documents than there are folds, or `y`
            is not one label for each document.
        """
        if groups is not None:
            raise InputError(
                "StratifiedLanguageKFold takes no groups. Split by sklearn.model_selection.GroupKFold, which "
                "keeps them together; where groups are translations, every fold then has all languages."
            )
        fold_of = self._folds(X, y)
        for fold in range(self.get_n_splits()):
            yield np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)

    def _folds(self, X: Any, y: Any) -> NDArray[np.intp]:
        """Deal out the documents, sorted by language and label, like cards."""
        n_splits = self.get_n_splits()
        if self.random_state is not None and not self.shuffle:
            raise InputError(
                "The 'random_state' parameter of StratifiedLanguageKFold has no effect without shuffling. "
                "Leave it out, or set shuffle=True."
            )
        corpus = as_corpus(X, text_column=self.text_column, language_column=self.language_column)
        languages = _numbered(corpus.language.tolist())
        _check_sizes(corpus, n_splits)
        labels = _labels(y, len(corpus))
        order = np.arange(len(corpus))
        if self.shuffle:
            check_random_state(self.random_state).shuffle(order)
        order = order[np.lexsort((labels[order], languages[order]))]
        fold_of = np.empty(len(corpus), dtype=np.intp)
        fold_of[order] = np.arange(len(corpus)) % n_splits
        return fold_of


def _numbered(values: list[Hashable]) -> NDArray[np.intp]:
    """Give numbers to values in the order of their first occurrence."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.intp)


def _labels(y: Any, n_documents: int) -> NDArray[np.intp]:
    """Give the same number to documents of the same label."""
    if y is None:
        return np.zeros(n_documents, dtype=np.intp)
    # of tuples numpy would make a matrix, of strings beside numbers strings
    labels = np.fromiter(y, dtype=object) if isinstance(y, (list, tuple)) else np.asarray(y)
    if labels.shape != (n_documents,):
        raise InputError(
            f"y must have one label for each of the {n_documents:,} documents of X. Got an array of shape "
            f"{labels.shape} instead."
        )
    try:
        return _numbered(labels.tolist())
    except TypeError as error:
        raise InputError(
            f"y holds labels that cannot be counted ({error}). Give one str, number or tuple for each "
            "document."
        ) from error


def _check_sizes(corpus: Corpus, n_splits: int) -> None:
    for code in corpus.languages:
        n_documents = len(corpus.rows_of(code))
        if n_documents < n_splits:
            raise InputError(
                f"X holds {n_documents:,} documents in {code!r}, too few for n_splits={n_splits} folds with "
                "one in each. Lower n_splits, or give more documents."
            )
