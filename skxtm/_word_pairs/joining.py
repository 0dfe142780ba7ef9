"""Joining two lexicons through a language that they share, as sparse matrices."""

from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from skxtm.exceptions import InputError, InputTypeError

AnyLexicon = TypeVar("AnyLexicon")


class HasLexicon(Protocol):
    """What functions of `skxtm.lexicons` return: a lexicon, and where it comes from."""

    @property
    def lexicon(self) -> Any:
        """The pairs of words."""


def one_lexicon(given: object, kind: type[AnyLexicon], name: str) -> AnyLexicon:
    """Take a lexicon, or that in what a function of `skxtm.lexicons` returns.

    Parameters
    ----------
    given : object
        As given.
    kind : type
        The class `skxtm.lexicon.Lexicon`, which stands above this module.
    name : str
        What a message calls it.

    Returns
    -------
    lexicon : Lexicon

    Raises
    ------
    InputTypeError
        If it is something else.
    """
    lexicon = getattr(given, "lexicon", given)
    if not isinstance(lexicon, kind):
        raise InputTypeError(
            f"{name} must be a Lexicon, or what a function of skxtm.lexicons returns. Got "
            f"{type(given).__name__!r}; read a file by Lexicon.read(path)."
        )
    return lexicon


def shared_language(first: Any, second: Any) -> str:
    """Find the language through which two lexicons are joined.

    Parameters
    ----------
    first, second : Lexicon

    Returns
    -------
    language : str

    Raises
    ------
    InputError
        If not exactly one is shared, or they match words differently.
    """
    shared = set(first.languages) & set(second.languages)
    if len(shared) != 1:
        raise InputError(
            f"{first!r} and {second!r} must share one language to be composed. They share {len(shared)}."
        )
    if first.match != second.match:
        raise InputError(
            f"{first!r} and {second!r} cannot be composed, since they match words differently. "
            "Bring one to the other's way by with_match."
        )
    language: str = shared.pop()
    return language


def joined(
    first: csr_array, same: csr_array, second: csr_array, min_overlap: float
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Pair words that have translations in common.

    Parameters
    ----------
    first : csr_array of bool of shape (n_source, n_first)
        Pairs of source words and words of the shared language.
    same : csr_array of bool of shape (n_first, n_second)
        Which words of the shared language, of the two lexicons, count as the same.
    second : csr_array of bool of shape (n_second, n_target)
        Pairs of words of the shared language and target words.
    min_overlap : float
        Least share of translations in common: those of the source word that are also the target word's, and
        the other way round, of all that the two have.

    Returns
    -------
    rows, columns : ndarray of int
        Source and target words of each pair, sorted.

    Raises
    ------
    InputError
        If `min_overlap` is not between 0 and 1.
    """
    if not 0 <= min_overlap <= 1:
        raise InputError(f"min_overlap must be between 0 and 1. Got {min_overlap!r}.")
    links = (first @ same @ second).tocsr()
    links.sort_indices()
    rows, columns = links.nonzero()
    if min_overlap > 0 and rows.size:  # scipy before 1.15 takes no element by an empty index
        of_source = first.astype(np.float32) @ (same @ second).astype(np.float32)
        of_target = (first @ same).astype(np.float32) @ second.astype(np.float32)
        in_common = (of_source + of_target)[rows, columns]
        n_translations = _row_sums(first)[rows] + _row_sums(second.T)[columns]
        is_kept = in_common >= np.float32(min_overlap) * n_translations
        rows, columns = rows[is_kept], columns[is_kept]
    return rows, columns


def _row_sums(pairs: csr_array) -> NDArray[np.float32]:
    return np.asarray(pairs.sum(axis=1), dtype=np.float32)


def sorted_csr(matrix: csr_array) -> csr_array:
    """Write a sparse matrix by rows, columns ascending.

    Parameters
    ----------
    matrix : sparse array
        Of any format.

    Returns
    -------
    matrix : csr_array
    """
    matrix = matrix.tocsr()
    matrix.sort_indices()
    return matrix
