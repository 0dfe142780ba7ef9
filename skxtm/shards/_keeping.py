"""What is computed of each shard, kept beside the shards, so that it is not computed again."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import joblib
from numpy.typing import NDArray
from sklearn.utils.parallel import Parallel, delayed
from tqdm.auto import tqdm

from skxtm._threads import one_thread
from skxtm._version import __version__
from skxtm.corpus import Corpus
from skxtm.exceptions import InputError
from skxtm.shards._files import read_arrays, write_arrays
from skxtm.shards.reading import Shards

#: To be raised where a function computes something else, so that what was kept before is not used.
_FORMAT = 1

Arrays = dict[str, NDArray[Any]]
#: From the documents of a shard, and what is needed besides, to what of them is kept.
Summing = Callable[[Corpus, Any], Arrays]


def over_shards(
    shards: Shards,
    summing: Summing,
    argument: Any,
    key: Any,
    *,
    title: str = "",
    verbose: int = 0,
    then: Callable[[Arrays], Any] | None = None,
) -> Iterator[Any]:
    """Compute something of each shard, or take it from where it is kept.

    Parameters
    ----------
    shards : Shards
        The documents.
    summing : callable
        What to compute, a function of a module, so that processes find it.
    argument : object
        What it needs besides the documents.
    key : object or None
        Of arrays and strings, that tells the argument from others; None where nothing does, and nothing is
        kept.
    title : str
        Of the progress bar.
    verbose : int
        Whether to show one.
    then : callable or None
        What to make of it in the process that computed it, before it is sent back; nothing of this is kept.

    Yields
    ------
    result : dict of str to ndarray, or what `then` returns
        Of each shard, in their order.
    """
    digest = None if key is None else joblib.hash((__version__, _FORMAT, summing.__name__, key))
    tasks = (
        delayed(_computed)(shards.take([number]), summing, argument, digest, then)
        for number in range(len(shards))
    )
    results = in_parallel(tasks, shards.n_jobs)
    yield from tqdm(results, desc=title, total=len(shards), unit="shard", disable=not verbose)


def in_parallel(tasks: Iterable[Any], n_jobs: int | None) -> Iterator[Any]:
    """Run tasks on the engine that joblib is set to, and give each result when its turn comes.

    Parameters
    ----------
    tasks : iterable of delayed calls
        What to run.
    n_jobs : int or None
        Processes, as in joblib.

    Yields
    ------
    result : object
        Of each task, in their order.
    """
    try:
        parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    except ValueError:  # of engines that return lists only, such as Ray's
        with Parallel(n_jobs=n_jobs) as parallel:
            waiting = iter(tasks)
            while group := list(islice(waiting, 2 * joblib.effective_n_jobs(n_jobs))):
                yield from parallel(group)
    else:
        yield from parallel(tasks)


def _computed(
    shard: Shards, summing: Summing, argument: Any, key: str | None, then: Callable[[Arrays], Any] | None
) -> Any:
    arrays = _kept_or_made(shard, summing, argument, key)
    return arrays if then is None else then(arrays)


def _kept_or_made(shard: Shards, summing: Summing, argument: Any, key: str | None) -> Arrays:
    """Compute something of one shard, unless it is kept; what is kept and cannot be read is made anew."""
    path = None if key is None else _kept_at(shard, key)
    if path is not None and path.exists():
        with suppress(InputError):
            return read_arrays(path)
    documents = shard[0]
    try:
        with one_thread():
            arrays = summing(documents, argument)
    except InputError as error:
        raise InputError(f"{shard.name_of(0)} cannot be used. {error}") from error
    if path is not None:
        _keep(path, arrays)
    return arrays


#: No permission, a disk that is only read, a file where a folder is to be.
_NO_PLACE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR)


def _keep(path: Path, arrays: Arrays) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(path, arrays)
    except OSError as error:
        if error.errno not in _NO_PLACE:
            raise
        raise InputError(
            f"What was computed of a shard cannot be kept in {str(path.parent)!r} ({error.strerror}). "
            "Give another folder, Shards(..., statistics='path'), or keep nothing: statistics=False."
        ) from error


def _kept_at(shard: Shards, key: str) -> Path | None:
    identity = shard.identity(0)
    if shard.statistics is None or identity is None:
        return None
    return shard.statistics / f"{joblib.hash((identity, key))}.npz"
