"""How many threads compute, so that a result does not depend on the process in which it is computed.

Sums of floats depend on how threads share the terms, and those of scikit-learn's OpenMP loops even on which
thread is done first. BLAS and OpenMP therefore get one thread, and torch as many as the user asks for.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from threadpoolctl import ThreadpoolController  # comes with scikit-learn

from skxtm.exceptions import InputError


class _Blas:
    """BLAS libraries at one thread: their number is the process's, so that whoever comes first sets it.

    Attributes
    ----------
    lock : Lock
        Of the other two.
    n_users : int
        Calls in which the libraries are to have one thread.
    limit : object
        What knows the numbers of threads before the first of these calls.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.n_users = 0
        self.limit: Any = None

    @contextmanager
    def at_one_thread(self, libraries: ThreadpoolController) -> Iterator[None]:
        with self.lock:
            if not self.n_users:
                self.limit = libraries.limit(limits=1)
            self.n_users += 1
        try:
            yield
        finally:
            with self.lock:
                self.n_users -= 1
                if not self.n_users:
                    self.limit.restore_original_limits()


class _Pool(threading.local):
    """What is known of torch's OpenMP threads, which belong to the Python thread that computes with them.

    Attributes
    ----------
    is_used : bool
        Whether there are any, as far as we know.
    is_lost : bool
        Whether the process was forked from one that had them: OpenMP would wait for them forever.
    """

    is_used = False
    is_lost = False


_blas, _pool = _Blas(), _Pool()


@lru_cache(maxsize=1)
def _loaded_libraries(n_modules: int) -> tuple[ThreadpoolController, ThreadpoolController]:
    """Find the BLAS and OpenMP that are loaded; milliseconds, and anew only where modules were imported."""
    libraries = ThreadpoolController()
    return libraries.select(user_api="blas"), libraries.select(user_api="openmp")


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread of BLAS and of OpenMP, and leave the settings as they were.

    The number of OpenMP's threads is set for the calling thread alone, that of BLAS, which most libraries
    have one of, for the process: it is put back when the last call is done.

    Yields
    ------
    None
        While the limits hold.
    """
    blas, openmp = _loaded_libraries(len(sys.modules))
    with _blas.at_one_thread(blas), openmp.limit(limits=1):
        yield


@contextmanager
def torch_threads(n_threads: int) -> Iterator[None]:
    """Compute with some threads of torch and one of all else, and leave the settings as they were.

    Parameters
    ----------
    n_threads : int
        For the calling thread.

    Yields
    ------
    None
        While the limits hold.

    Raises
    ------
    InputError
        If the number cannot be used.
    """
    check_n_threads(n_threads)
    import torch

    before = torch.get_num_threads()
    try:
        with one_thread():
            torch.set_num_threads(n_threads)
            _pool.is_used |= n_threads > 1
            yield
    finally:
        torch.set_num_threads(before)


def check_n_threads(n_threads: int) -> None:
    """Check that this process can compute with so many threads.

    Parameters
    ----------
    n_threads : int
        What the user gave.

    Raises
    ------
    InputError
        If it is no positive integer, larger than any machine needs, or OpenMP would wait for threads that a
        fork did not copy.
    """
    most = max(1024, 4 * (os.cpu_count() or 1))  # for far more OpenMP ends the process
    is_integer = hasattr(n_threads, "__index__") and not isinstance(n_threads, bool)
    if not (is_integer and 1 <= n_threads <= most):
        raise InputError(
            f"The 'n_threads' parameter of CrossLingualTopicModel must be an integer in [1, {most}]. "
            f"Got {n_threads!r} instead."
        )
    if n_threads > 1 and _pool.is_lost:
        raise InputError(
            f"n_threads={n_threads} cannot be used in this process: it was forked from one that had computed "
            "with several threads, for which OpenMP would wait forever. Use n_threads=1, or start processes "
            "by joblib's loky or by multiprocessing.get_context('spawn')."
        )


def _after_fork() -> None:
    """Note in a forked process what it lacks: all threads but one, and with them who would open the lock."""
    _blas.lock = threading.Lock()
    _pool.is_lost |= _pool.is_used


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_after_fork)
