"""What every encoder does with rows of numbers and with lists of texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from reprlib import repr as shortened
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.exceptions import InputError, InputTypeError
from skxtm.languages import by_code

FloatMatrix = NDArray[np.float32]


def unit_rows(vectors: NDArray[np.floating]) -> NDArray[Any]:
    """Scale rows to length 1; a row of zeros stays.

    Parameters
    ----------
    vectors : ndarray of shape (n, n_dimensions)

    Returns
    -------
    scaled : ndarray of shape (n, n_dimensions)
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def centred_unit_rows(
    vectors: NDArray[np.floating], mean: NDArray[np.floating] | None = None
) -> NDArray[Any]:
    """Scale rows to length 1, subtract a mean and scale again; a row of zeros stays.

    Parameters
    ----------
    vectors : ndarray of shape (n, n_dimensions)
    mean : ndarray of shape (n_dimensions,), default=None
        None takes `mean_direction` of `vectors`.

    Returns
    -------
    centred : ndarray of shape (n, n_dimensions)
    """
    mean = mean_direction(vectors) if mean is None else mean
    return unit_rows((unit_rows(vectors) - mean) * vectors.any(axis=1, keepdims=True))


def mean_direction(vectors: NDArray[np.floating]) -> NDArray[Any]:
    """Average the rows, scaled to length 1, that are not zero.

    Parameters
    ----------
    vectors : ndarray of shape (n, n_dimensions)

    Returns
    -------
    mean : ndarray of shape (n_dimensions,)
        Zero if all rows are.
    """
    n_directions = int(np.count_nonzero(vectors.any(axis=1)))
    return unit_rows(vectors).sum(axis=0) / max(n_directions, 1)


def sif_weights(totals: NDArray[np.float64], smooth: float) -> FloatMatrix:
    """Weigh words by their smooth inverse frequency.

    Parameters
    ----------
    totals : ndarray of shape (V,)
        How often each word occurs.
    smooth : float

    Returns
    -------
    weights : ndarray of shape (V,)
        ``smooth / (smooth + p)`` with p the word's share of all tokens.
    """
    weights = smooth / (smooth + totals / max(totals.sum(), 1))
    return weights.astype(np.float32)


def principal_axes(rows: FloatMatrix, n_axes: int) -> FloatMatrix:
    """Find the leading eigenvectors of second moments.

    Parameters
    ----------
    rows : ndarray of shape (n, n_dimensions)
    n_axes : int

    Returns
    -------
    axes : ndarray of shape (n_axes, n_dimensions)
        Orthonormal rows.
    """
    _, vectors = np.linalg.eigh(rows.T @ rows)
    return np.ascontiguousarray(vectors[:, ::-1][:, :n_axes].T)


def count_words(texts: Iterable[str], vocabulary: NDArray[np.object_]) -> sparse.csr_array:
    """Count the words of texts that are separated by whitespace.

    Parameters
    ----------
    texts : iterable of str
    vocabulary : ndarray of str of shape (V,)
        The words to count.

    Returns
    -------
    counts : csr_array of shape (n_texts, V)
    """
    column_of = {word: column for column, word in enumerate(vocabulary)}
    columns = [[column_of[word] for word in text.split() if word in column_of] for text in texts]
    starts = np.cumsum([0, *map(len, columns)])
    flat = np.concatenate([np.empty(0, dtype=np.intp), *columns]).astype(np.intp)
    counts = sparse.csr_array(
        (np.ones(len(flat), dtype=np.int32), flat, starts), shape=(len(columns), len(vocabulary))
    )
    counts.sum_duplicates()
    return counts


def checked_texts(texts: Sequence[str], name: str) -> list[str]:
    """Turn texts into a list of plain str.

    Parameters
    ----------
    texts : sequence of str
    name : str
        For the message.

    Returns
    -------
    texts : list of str

    Raises
    ------
    InputTypeError
        If it is a single str, or holds something else.
    """
    values = list(texts)
    if isinstance(texts, str) or not all(isinstance(value, str) for value in values):
        raise InputTypeError(f"{name} must be a sequence of str. Got {shortened(texts)}.")
    return [str(value) for value in values]


def encoded_words(encoder: Any, vocabularies: Mapping[str, NDArray[np.object_]]) -> dict[str, FloatMatrix]:
    """Encode the words of vocabularies.

    Parameters
    ----------
    encoder : object
        With ``encode_words(words, language)`` or else ``encode(texts)``.
    vocabularies : dict of str to ndarray of str of shape (V_l,)

    Returns
    -------
    vectors : dict of str to ndarray of float32 of shape (V_l, n_dimensions)

    Raises
    ------
    InputError
        If the encoder returns something else.
    InputTypeError
        If it is none of words.
    """
    by_language = hasattr(encoder, "encode_words")
    if isinstance(encoder, (str, type)) or not (by_language or hasattr(encoder, "encode")):
        what = repr(encoder) if isinstance(encoder, (str, type)) else type(encoder).__name__
        raise InputTypeError(
            f"{what} cannot embed words. Give an object with encode_words(words, language) or encode(texts), "
            "such as SentenceTransformerEncoder('name')."
        )
    vectors = {
        code: encoder.encode_words(words.tolist(), code) if by_language else encoder.encode(words.tolist())
        for code, words in vocabularies.items()
    }
    return checked_word_vectors(vectors, vocabularies, f"What {type(encoder).__name__} returned")


def finite_floats(vectors: Any, name: str) -> FloatMatrix:
    """Read numbers of any array or tensor, in single precision.

    Parameters
    ----------
    vectors : array-like
        Of any shape.
    name : str
        For the message.

    Returns
    -------
    array : ndarray of float32
        The same array if it is one.

    Raises
    ------
    InputError
        If they are no real numbers, not all finite, or too large.
    """
    given = _from_torch(vectors)
    try:
        array = given if isinstance(given, np.ndarray) else np.asarray(given)
    except ValueError as error:
        raise InputError(f"{name} has rows of different lengths. One array of numbers is needed.") from error
    if array.ndim == 0:
        to_array = ".toarray()" if hasattr(given, "toarray") else "an array"
        raise InputError(
            f"{name} is of type {type(vectors).__name__}, but an array of numbers is needed: give {to_array}."
        )
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name} holds values of type {array.dtype}, but real numbers are needed.")
    with np.errstate(over="ignore"):
        floats = array if array.dtype == np.float32 else array.astype(np.float32)
    if not np.isfinite(floats).all():
        what = "numbers too large for single precision" if np.isfinite(array).all() else "NaN or infinity"
        raise InputError(f"{name} contains {what}.")
    return floats


def _from_torch(vectors: Any) -> Any:
    """Take a tensor of torch, or each of a list of them, from its device and its gradient."""
    if isinstance(vectors, (list, tuple)) and vectors and hasattr(vectors[0], "detach"):
        return [_from_torch(vector) for vector in vectors]
    if not hasattr(vectors, "detach"):
        return vectors
    tensor = vectors.detach().cpu().to_dense()
    return tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor  # numpy has no such numbers


def checked_word_vectors(
    vectors: Mapping[str, Any], vocabularies: Mapping[str, NDArray[np.object_]], name: str
) -> dict[str, FloatMatrix]:
    """Check one array per language against the vocabularies.

    Parameters
    ----------
    vectors : dict of str to array of shape (V_l, n_dimensions)
        By any code of the languages. A dict, and a table whose index holds words, give vectors by word.
    vocabularies : dict of str to ndarray of str of shape (V_l,)
        The languages that are needed; further ones in `vectors` are ignored.
    name : str
        For the message.

    Returns
    -------
    vectors : dict of str to ndarray of float32 of shape (V_l, n_dimensions)
        In the order of `vocabularies`.

    Raises
    ------
    InputError
        If a language or a word is missing, an array has the wrong shape, or a value is no finite number.
    """
    vectors = by_code(vectors, name)
    missing = [code for code in vocabularies if code not in vectors]
    if missing:
        raise InputError(f"{name} has no vectors for {missing}; it has some for {list(vectors)}.")
    checked = {
        code: finite_floats(_in_order(vectors[code], words, f"{name}[{code!r}]"), f"{name}[{code!r}]")
        for code, words in vocabularies.items()
    }
    for code, array in checked.items():
        if array.ndim != 2 or len(array) != len(vocabularies[code]):
            raise InputError(
                f"{name}[{code!r}] has shape {array.shape}, but the vocabulary of {code!r} has "
                f"{len(vocabularies[code]):,} words; one row per word is needed."
            )
    widths = {code: array.shape[1] for code, array in checked.items()}
    if len(set(widths.values())) > 1:
        raise InputError(f"{name} has different numbers of dimensions: {widths}. One space is needed.")
    return checked


def _in_order(vectors: Any, words: NDArray[np.object_], name: str) -> Any:
    """Take vectors that are given by word in the order of a vocabulary; others are in it."""
    is_table = hasattr(vectors, "iloc")
    by_word = isinstance(vectors, Mapping) or (
        is_table and any(isinstance(one, str) for one in vectors.index)
    )
    if not by_word:
        return vectors
    known = vectors.index if is_table else vectors
    missing = [word for word in words if word not in known]
    if missing:
        raise InputError(
            f"{name} has no vector for {len(missing):,} of {len(words):,} words of the vocabulary: "
            f"{shortened(missing)}. Give one for each."
        )
    if is_table and not vectors.index.is_unique:
        repeated = set(vectors.index[vectors.index.duplicated()])
        twice = [word for word in words if word in repeated]
        if twice:
            raise InputError(
                f"{name} has several vectors for {len(twice):,} of {len(words):,} words of the vocabulary: "
                f"{shortened(twice)}. Keep one of each, as in vectors[~vectors.index.duplicated()]."
            )
    return vectors.loc[words] if is_table else [vectors[word] for word in words]
