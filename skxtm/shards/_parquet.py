"""Parquet files: documents are read from them a few row groups at a time, and tables written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from skxtm._files import replacing
from skxtm._optional import import_optional
from skxtm.corpus import Corpus, as_corpus
from skxtm.exceptions import InputError, SkxtmError
from skxtm.shards._files import check_file, damaged, missing

#: What the names of Parquet files end in.
SUFFIX = ".parquet"
# Row groups of a file are put together to shards of about as many rows.
_N_ROWS = 100_000


@dataclass(frozen=True)
class Names:
    """What columns are called.

    Parameters
    ----------
    text, language, id : str
        Names; there need be no column of ids.
    languages : "auto", tuple of str or None
        Of texts alone, as for `skxtm.as_corpus`, so that there need be no column of languages either.
    """

    text: str
    language: str
    id: str
    languages: str | tuple[str, ...] | None

    def read(self, documents: Any) -> Corpus:
        """Read documents, anything that `skxtm.as_corpus` does."""
        return as_corpus(
            documents, languages=self.languages, text_column=self.text, language_column=self.language
        )


@dataclass(frozen=True)
class ParquetPart:
    """Some row groups of a Parquet file.

    Attributes
    ----------
    path : Path
        The file.
    groups : tuple of int
        Numbers of its row groups.
    start, stop : int
        The first of their rows in the file, and the one behind the last.
    n_bytes : int
        Size of the file.
    """

    path: Path
    groups: tuple[int, ...]
    start: int
    stop: int
    n_bytes: int

    def __str__(self) -> str:
        return f"rows {self.start:,} to {self.stop - 1:,} of {str(self.path)!r}"


def find_parts(paths: Iterable[Path], names: Names) -> Iterator[ParquetPart]:
    """Divide files into parts, by what stands at their ends; no text is read.

    Parameters
    ----------
    paths : iterable of Path
        The files.
    names : Names
        Of the columns that they must have.

    Yields
    ------
    part : ParquetPart
        In the order of files and rows; none of an empty file.

    Raises
    ------
    InputError
        If a file is missing or damaged, or lacks a column.
    MissingDependencyError
        If pyarrow is not installed.
    """
    for path in paths:
        with opened(path) as file:
            columns = file.schema_arrow.names
            needed = (names.text, *(() if names.languages else (names.language,)))
            lacking = [name for name in needed if name not in columns]
            if lacking:
                raise InputError(
                    f"{str(path)!r} has no column {lacking[0]!r}; its columns are {columns}. Name them "
                    "with text_column and language_column of Shards."
                )
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
        start, n_bytes = 0, path.stat().st_size
        for groups in _put_together(sizes):
            stop = start + sum(sizes[group] for group in groups)
            if stop > start:
                yield ParquetPart(path, groups, start, stop, n_bytes)
            start = stop


def read_part(part: ParquetPart, names: Names) -> Corpus:
    """Read texts, languages and ids.

    Parameters
    ----------
    part : ParquetPart
        Which rows.
    names : Names
        Of the columns.

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    InputError
        If the file is missing or damaged, or a row cannot be used.
    """
    check_file(part.path, part.n_bytes)
    with opened(part.path) as file:
        known = set(file.schema_arrow.names)
        columns = [name for name in (names.text, names.language, names.id) if name in known]
        table = file.read_row_groups(list(part.groups), columns=columns, use_threads=False)
        corpus = names.read(table.select([name for name in columns if name != names.id]))
        if names.id not in known:
            return corpus
        ids = np.fromiter(table[names.id].to_pylist(), dtype=object)
        return Corpus(corpus.language, text=corpus.text, id=ids)


def write_table(path: Path, columns: Mapping[str, Any]) -> None:
    """Write a table as a whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    columns : dict of str to array-like
        Of the same length.

    Raises
    ------
    MissingDependencyError
        If pyarrow is not installed.
    """
    table = arrow().table(dict(columns))
    with replacing(path) as partial:
        arrow("pyarrow.parquet").write_table(table, partial, write_page_checksum=True)


def arrow(module: str = "pyarrow") -> ModuleType:
    """Import pyarrow, or a module of it.

    Parameters
    ----------
    module : str
        Its dotted name.

    Returns
    -------
    module : module

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    return import_optional(module, extra="parquet", purpose="Reading and writing Parquet files")


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a file, and name it where its bytes are not what they were.

    Parameters
    ----------
    path : Path
        In Parquet.

    Yields
    ------
    file : pyarrow.parquet.ParquetFile
        Whose columns can be read.

    Raises
    ------
    InputError
        If it is not there or damaged.
    MissingDependencyError
        If pyarrow is not installed.
    """
    open_file = arrow("pyarrow.parquet").ParquetFile
    try:
        with open_file(path, page_checksum_verification=True) as file:
            yield file
    except SkxtmError:
        raise
    except FileNotFoundError as error:
        raise missing(path) from error
    except (arrow().ArrowException, OSError, ValueError) as error:
        raise damaged(path, str(error).partition("\n")[0].rstrip(".")) from error


def _put_together(sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Put neighbouring row groups together."""
    groups: list[int] = []
    n_rows = 0
    for group, size in enumerate(sizes):
        if groups and n_rows + size > _N_ROWS:
            yield tuple(groups)
            groups, n_rows = [], 0
        groups.append(group)
        n_rows += size
    if groups:
        yield tuple(groups)
