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
from skxtm.shards._files import check_file, read_arrays
from skxtm.shards._format import INDEX, ShardFile, Vocabularies, fingerprint, from_arrays, read_index
from skxtm.shards._parquet import SUFFIX, Names, ParquetPart, find_parts, read_part

_WAYS = (
    "the path of a folder that write_shards wrote or of one with Parquet files, or a sequence of Corpus, of "
    "DataFrames, of paths of Parquet files, or of functions that each return documents"
)


class Shards(Sequence[Corpus]):
    """Documents in pieces, read when they are asked for: word counts, or texts to be counted.

    `CrossLingualTopicModel.fit` and ``transform_shards`` take counts in place of documents,
    `CrossLingualVectorizer.fit` and ``transform_shards`` texts. A network that is trained on them takes
    documents in the order of the shards; whatever is only summed has the same bits in any.

    Parameters
    ----------
    source : path or sequence of Corpus, DataFrame, path or callable
        A folder that `write_shards` wrote; a folder with Parquet files of texts (extra ``parquet``), or their
        paths; corpora; DataFrames of texts; or functions without parameters that each return documents,
        anything that `skxtm.as_corpus` reads, the same each time, for documents that come from elsewhere.
        Corpora with counts have the same vocabularies.
    n_jobs : int or None, default=None
        Shards read at a time, in processes, as in joblib; ``joblib.parallel_config`` may choose another
        engine. The result is the same.
    statistics : path, bool or None, default=None
        Where what was computed of finished shards is kept, so that a fit that was stopped goes on, and texts
        are cut once. None takes the folder ``statistics`` among the shards, of a source in a folder; False
        keeps none. It is used again as long as the shards are the same files, and may be deleted. Counts that
        a network is trained on lie on this disk for as long as that takes, else on that of temporary files.
    text_column, language_column, id_column : str
        Names of the columns of tables; there need be no ids, and they are read from Parquet files only.
    languages : "auto", sequence of str or None, default=None
        The languages of texts that come without, as for `skxtm.as_corpus`.

    Attributes
    ----------
    vocabularies : dict of str to ndarray of str of shape (V_l,)
        Words of all shards; empty where they hold texts.
    has_counts : bool
        Whether they hold counts.

    Raises
    ------
    InputError
        If a shard is missing or damaged, lacks a column, or shards have different vocabularies.
    InputTypeError
        If `source` is something else.
    MissingDependencyError
        If there are Parquet files, and pyarrow is not installed.

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
        source: str | os.PathLike[str] | Sequence[Any],
        *,
        n_jobs: int | None = None,
        statistics: str | os.PathLike[str] | bool | None = None,
        text_column: str = "text",
        language_column: str = "language",
        id_column: str = "id",
        languages: str | Sequence[str] | None = None,
    ) -> None:
        self.n_jobs = n_jobs
        coded = languages if languages is None or isinstance(languages, str) else tuple(languages)
        self._names = Names(text_column, language_column, id_column, coded)
        self._folder = _folder(source)
        self.vocabularies: Vocabularies = {}
        self._parts: tuple[Any, ...]
        if self._folder is None:
            self._parts = tuple(self._parts_of(source))
        elif not (self._folder / INDEX).exists() and (files := sorted(self._folder.glob(f"*{SUFFIX}"))):
            self._parts = tuple(find_parts(files, self._names))
        else:
            index = read_index(self._folder)
            self._parts, self.vocabularies = index.shards, index.vocabularies
        if not self._parts:
            raise InputError("There are no shards. Give at least one, with documents.")
        self._numbers = tuple(range(len(self._parts)))
        if self._folder is None:
            self.vocabularies = self._first_vocabularies()
        self.has_counts = bool(self.vocabularies)
        for number, part in enumerate(self._parts):
            if isinstance(part, Corpus):
                self._check(part, self.name_of(number))
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
            path = self._folder / part.name
            check_file(path, part.n_bytes)
            return from_arrays(read_arrays(path), self.vocabularies, path)
        if isinstance(part, Corpus):
            return part
        name = self.name_of(number)
        corpus = self._read(part, name)
        self._check(corpus, name)
        return corpus

    def name_of(self, number: int) -> str:
        """Say which shard it is, for messages.

        Parameters
        ----------
        number : int
            Of the shard.

        Returns
        -------
        name : str
            What a sentence begins with.
        """
        part = self._parts[number]
        if isinstance(part, ShardFile):
            return f"The shard {part.name!r}"
        if isinstance(part, ParquetPart):
            return f"The documents in {part}"
        shard = f"shard {self._numbers[number]}"
        return shard.capitalize() if isinstance(part, Corpus) else f"What the function of {shard} returned"

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
        if isinstance(part, ParquetPart):
            path, content = part.path, f"{part.groups} {self._names}"
            if self._folder is None:  # files of several folders may have the same name, size and time
                content += f" {path.parent.resolve()}"
        elif isinstance(part, ShardFile) and self._folder is not None:
            path, content = self._folder / part.name, fingerprint(self.vocabularies)
        else:
            return None
        check_file(path, part.n_bytes)
        status = path.stat()
        told = f"{path.name} {status.st_size} {status.st_mtime_ns} {content}"
        return hashlib.sha256(told.encode()).hexdigest()

    def __repr__(self) -> str:
        if not self.has_counts:
            return f"Shards({len(self)} shards of texts)"
        n_words = sum(map(len, self.vocabularies.values()))
        return f"Shards({len(self)} shards; languages {', '.join(self.vocabularies)}; {n_words:,} words)"

    def _parts_of(self, source: Any) -> Iterator[Any]:
        is_sequence = isinstance(source, Sequence) and not isinstance(source, (str, bytes, Corpus))
        for part in source if is_sequence else [source]:
            if isinstance(part, (str, os.PathLike)):
                yield from find_parts([Path(part)], self._names)
            elif is_sequence and hasattr(part, "columns"):
                yield self._names.read(part)
            elif is_sequence and (isinstance(part, Corpus) or callable(part)):
                yield part
            else:
                raise InputTypeError(f"Shards must be given as {_WAYS}. Got {type(part).__name__!r}.")

    def _first_vocabularies(self) -> Vocabularies:
        """Read the first shard, which tells whether there are counts."""
        first = self._parts[0]
        if callable(first):
            first = self._read(first, "What the function of shard 0 returned")
        return first.vocabularies or {} if isinstance(first, Corpus) else {}

    def _read(self, part: ParquetPart | Callable[[], Any], name: str) -> Corpus:
        try:
            return read_part(part, self._names) if isinstance(part, ParquetPart) else self._names.read(part())
        except (InputError, InputTypeError) as error:
            raise type(error)(f"{name} cannot be read. {error}") from error

    def _check(self, corpus: Corpus, name: str) -> None:
        if self.vocabularies and not same_vocabularies(corpus.vocabularies, self.vocabularies):
            raise InputError(
                f"{name} has other vocabularies than the shards before it, or none. Count the words of all "
                "shards with one fitted CrossLingualVectorizer."
            )
        if not self.vocabularies and corpus.text is None:
            raise InputError(f"{name} has no texts, as the shards before it have. Give texts in all shards.")

    def _kept_in(self, statistics: Any) -> Path | None:
        if isinstance(statistics, bool) and not statistics:
            return None
        if statistics is None:
            return None if self._folder is None else self._folder / "statistics"
        are_files = all(isinstance(part, (ShardFile, ParquetPart)) for part in self._parts)
        if not are_files or not isinstance(statistics, (str, os.PathLike)):
            raise InputError(
                "The 'statistics' parameter of Shards must be a path or False, and a path only where the "
                f"shards are files, which can be told from others. Got {statistics!r}."
            )
        return Path(statistics)


def _folder(source: Any) -> Path | None:
    if not isinstance(source, (str, os.PathLike)):
        return None
    path = Path(source)
    return None if path.suffix == SUFFIX and not path.is_dir() else path


def as_shards(X: Any, **names: Any) -> Shards | None:
    """Tell shards from documents.

    Parameters
    ----------
    X : object
        What a user brought.
    **names : object
        Parameters of `Shards`, for what is none yet.

    Returns
    -------
    shards : Shards or None
        Also of a list or tuple of Corpus or of functions; None if it is something else, such as documents.
    """
    if isinstance(X, Shards):
        return X
    return Shards(X, **names) if _is_in_shards(X) else None


def refuse_shards(X: Any, owner: str) -> None:
    """Refuse shards where documents in memory are needed.

    Parameters
    ----------
    X : object
        What the user brought.
    owner : str
        Class whose other methods take them.

    Raises
    ------
    InputError
        If they are shards.
    """
    if _is_in_shards(X):
        raise InputError(
            f"X is in shards, which only fit and transform_shards of {owner} take. Give one shard at a time, "
            "or a sample of the documents."
        )


def _is_in_shards(X: Any) -> bool:
    if isinstance(X, (list, tuple)) and X:
        return all(isinstance(part, Corpus) or callable(part) for part in X)
    return isinstance(X, Shards)
