"""`Shards`: a lazy sequence of corpora."""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from skxtm.corpus import Corpus, same_vocabularies
from skxtm.exceptions import InputError, InputTypeError
from skxtm.shards._format import (
    Index,
    ShardFile,
    Vocabularies,
    check_file,
    fingerprint,
    from_arrays,
    read_arrays,
    read_index,
)

_WAYS = (
    "the path of a folder that write_shards wrote, or a sequence of Corpus or of functions that each return "
    "one"
)


class Shards(Sequence[Corpus]):
    """Documents in pieces, read when they are asked for.

    `CrossLingualTopicModel.fit` and ``transform`` take them in place of documents.

    Parameters
    ----------
    source : path or sequence of Corpus or callable
        A folder that `write_shards` wrote; or corpora with counts over the same vocabularies; or functions
        without parameters that each return one, the same each time, for documents that come from elsewhere.
    n_jobs : int or None, default=None
        Shards read at a time, in processes, as in joblib; ``joblib.parallel_config`` may choose another
        engine. The result is the same.
    statistics : path, bool or None, default=None
        Where the sums of finished shards are kept, so that a fit that was stopped goes on. None takes the
        folder ``statistics`` among the shards, of a source in a folder; False keeps none. They are used again
        as long as the shards are the same files, and may be deleted.

    Attributes
    ----------
    vocabularies : dict of str to ndarray of str of shape (V_l,)
        Words of all shards.

    Raises
    ------
    InputError
        If a shard is missing or damaged, or shards have different vocabularies.
    InputTypeError
        If `source` is something else.

    Examples
    --------
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.shards import Shards
    >>> corpus = make_multilingual_corpus(50, random_state=0).corpus
    >>> Shards([corpus[:30], corpus[30:]])
    Shards(2 shards; languages en, zh; 400 words)
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | Sequence[Corpus | Callable[[], Corpus]],
        *,
        n_jobs: int | None = None,
        statistics: str | os.PathLike[str] | bool | None = None,
    ) -> None:
        self.n_jobs = n_jobs
        self._folder: Path | None = None
        if isinstance(source, (str, os.PathLike)):
            self._folder = Path(source)
            index: Index = read_index(self._folder)
            self._parts: tuple[Any, ...] = index.shards
            self.vocabularies: Vocabularies = index.vocabularies
        else:
            self._parts = _checked_parts(source)
            self.vocabularies = _first_vocabularies(self._parts)
        if not self._parts:
            raise InputError("There are no shards. Give at least one, with documents.")
        self._numbers = tuple(range(len(self._parts)))
        for number, part in enumerate(self._parts):
            if isinstance(part, Corpus):
                self._check(part, f"Shard {number}")
        self.statistics = self._kept_in(statistics)

    @classmethod
    def of(cls, source: Any) -> Shards:
        """Take shards as they are, or make them.

        Parameters
        ----------
        source : Shards, path or sequence
            As for the constructor.

        Returns
        -------
        shards : Shards
        """
        return source if isinstance(source, Shards) else cls(source)

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[Corpus]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return self.take(range(len(self))[number])
        part = self._parts[number]
        if isinstance(part, ShardFile):
            assert self._folder is not None
            check_file(self._folder, part)
            path = self._folder / part.name
            return from_arrays(read_arrays(path), self.vocabularies, path)
        if not isinstance(part, Corpus):
            part = part()
            self._check(part, f"What the function of shard {self._numbers[number]} returned")
        return part

    def take(self, numbers: Sequence[int]) -> Shards:
        """Choose some of the shards, without reading them.

        Parameters
        ----------
        numbers : sequence of int
            Which.

        Returns
        -------
        shards : Shards
        """
        chosen = copy.copy(self)
        chosen._parts = tuple(self._parts[number] for number in numbers)
        chosen._numbers = tuple(self._numbers[number] for number in numbers)
        return chosen

    def identity(self, number: int) -> str | None:
        """Tell a shard from all others, as long as its file does not change.

        Parameters
        ----------
        number : int
            Of the shard.

        Returns
        -------
        digest : str or None
            None if it is in no file.
        """
        part = self._parts[number]
        if not isinstance(part, ShardFile) or self._folder is None:
            return None
        check_file(self._folder, part)
        status = (self._folder / part.name).stat()
        told = f"{part.name} {status.st_size} {status.st_mtime_ns} {fingerprint(self.vocabularies)}"
        return hashlib.sha256(told.encode()).hexdigest()

    def __repr__(self) -> str:
        n_words = sum(map(len, self.vocabularies.values()))
        return f"Shards({len(self)} shards; languages {', '.join(self.vocabularies)}; {n_words:,} words)"

    def _check(self, corpus: Any, name: str) -> None:
        if not isinstance(corpus, Corpus):
            raise InputTypeError(f"{name} is {type(corpus).__name__!r}, but a Corpus is needed.")
        if not same_vocabularies(corpus.vocabularies, self.vocabularies):
            raise InputError(
                f"{name} has other vocabularies than the shards before it, or none. Count the words of all "
                "shards with one fitted CrossLingualVectorizer."
            )

    def _kept_in(self, statistics: Any) -> Path | None:
        if isinstance(statistics, bool) and not statistics:
            return None
        if statistics is None:
            return None if self._folder is None else self._folder / "statistics"
        if self._folder is None or not isinstance(statistics, (str, os.PathLike)):
            raise InputError(
                "The 'statistics' parameter of Shards must be a path or False, and a path only where the "
                f"shards are files in a folder, which can be told from others. Got {statistics!r}."
            )
        return Path(statistics)


def as_shards(X: Any) -> Shards | None:
    """Tell shards from documents.

    Parameters
    ----------
    X : object
        What a user brought.

    Returns
    -------
    shards : Shards or None
        Also of a list or tuple of Corpus or of functions; None if it is something else, such as documents.
    """
    if isinstance(X, Shards):
        return X
    if isinstance(X, (list, tuple)) and X and all(isinstance(part, Corpus) or callable(part) for part in X):
        return Shards(X)
    return None


def _checked_parts(source: Any) -> tuple[Any, ...]:
    is_sequence = isinstance(source, Sequence) and not isinstance(source, (str, Corpus))
    wrong = (
        next((part for part in source if not (isinstance(part, Corpus) or callable(part))), None)
        if (is_sequence)
        else source
    )
    if wrong is not None:
        raise InputTypeError(f"Shards must be given as {_WAYS}. Got {type(wrong).__name__!r}.")
    return tuple(source)


def _first_vocabularies(parts: Sequence[Any]) -> Vocabularies:
    if not parts:
        return {}
    first = parts[0] if isinstance(parts[0], Corpus) else parts[0]()
    if not isinstance(first, Corpus) or first.vocabularies is None:
        raise InputTypeError(
            f"Shard 0 is {type(first).__name__!r} without counts, but a Corpus with counts is needed. Make "
            "them with a fitted CrossLingualVectorizer."
        )
    return first.vocabularies
