"""Bootstrap intervals of differences: which of them are more than the luck of documents and topics."""

import base64
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

N_DRAWS = 4000
LEVEL = 0.95


def packed(values: Any) -> str:
    """Pack values of single documents in single precision."""
    return base64.b64encode(zlib.compress(np.asarray(values, dtype=np.float32).tobytes(), 9)).decode()


def unpacked(text: str) -> Any:
    """Read what `packed` wrote."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype=np.float32).astype(float)


def drawn_means(values: Any, n_drawn: int, rng: np.random.Generator, n_draws: int = N_DRAWS) -> Any:
    """Means of values drawn with replacement.

    Parameters
    ----------
    values : array-like of shape (n,)
    n_drawn : int
        How many are drawn for a mean.
    rng : numpy Generator
    n_draws : int

    Returns
    -------
    means : ndarray of shape (n_draws,)
    """
    distinct, counts = np.unique(values, return_counts=True)
    return rng.multinomial(n_drawn, counts / counts.sum(), size=n_draws) @ distinct / n_drawn


def of_documents(first: Sequence[Any], second: Sequence[Any], seed: int = 0) -> tuple[float, float, float]:
    """Difference of two systems on the same documents, first less second, and its interval.

    Parameters
    ----------
    first, second : sequence of arrays of shape (n_s,)
        A value for each document, by stratum; the figure is the mean over strata of their means. Documents
        are drawn within their stratum, the same for both systems.
    seed : int

    Returns
    -------
    difference, low, high : float
    """
    rng = np.random.default_rng(seed)
    differences = [one - other for one, other in zip(first, second, strict=True)]
    means = np.mean([drawn_means(rounded(part), len(part), rng) for part in differences], axis=0)
    return (float(np.mean([part.mean() for part in differences])), *bounds(means))


def of_topics(first: Any, second: Any, n_topics: int, seed: int = 0) -> tuple[float, float, float]:
    """Difference of the mean topics of two systems, first less second, and its interval.

    Topics of two systems are not the same ones, so each system's are drawn by themselves: `n_topics` of
    those of all its seeds, since topics of another seed are no further evidence where a method finds the same
    again.

    Parameters
    ----------
    first, second : array-like of shape (n_seeds * n_topics,)
    n_topics : int
    seed : int

    Returns
    -------
    difference, low, high : float
    """
    rng = np.random.default_rng(seed)
    one, other = (drawn_means(np.asarray(values), n_topics, rng) for values in (first, second))
    return (float(np.mean(first) - np.mean(second)), *bounds(one - other))


def bounds(means: Any) -> tuple[float, float]:
    """Percentiles that hold the middle part of the draws."""
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def rounded(values: Any) -> Any:
    """Make equal what differs by rounding, so that few distinct values are left to draw from."""
    return np.round(values, 6)
