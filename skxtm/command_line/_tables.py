"""Tables in files, CSV, TSV, JSON lines and Parquet: refused in a sentence, written whole or not at all."""

from __future__ import annotations

import codecs
import csv
import gzip
import json
import re
import sys
import tempfile
import warnings
import zlib
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from skxtm._files import replacing
from skxtm._optional import import_optional
from skxtm.exceptions import InputError

STDOUT = "-"
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_ALL_SEPARATORS = (",", ";", "\t", "|")
_LINES = (".jsonl", ".ndjson")
_PARQUET = ".parquet"
_OPENING = re.compile(r'"(?<![^\t\n]")')  # a quotation mark where a cell begins
_QUOTED = re.compile(r'"[^"]*(?:""[^"]*)*"(?![^\t\n])')  # a cell between such marks
_SUFFIXES = (*_SEPARATORS, *_LINES, _PARQUET)


def read_table(path: Path, encoding: str | None = None) -> Any:
    """Read a table of at least one row as a pandas DataFrame; cells of CSV are str, and empty ones are ""."""
    suffix = _suffix(path.with_suffix("") if path.suffix == ".gz" else path)
    if not path.is_file():
        raise InputError(f"There is no file {str(path)!r}; check the path.")
    try:
        encoding = encoding or _encoding_of(path)
        if suffix == _PARQUET:
            table = _read_parquet(path)
        elif suffix in _LINES:
            table = _read_lines(path, encoding)
        else:
            table = _read_separated(path, encoding, _SEPARATORS[suffix])
    except UnicodeError as error:  # of which one that lacks the mark of UTF-16 is no UnicodeDecodeError
        raise InputError(
            f"{path} cannot be decoded as {str(encoding).removesuffix('-sig')}: give its encoding, as in "
            "--encoding cp1252."
        ) from error
    except LookupError as error:
        raise InputError(f"There is no encoding {encoding!r}; give one such as utf-8 or cp1252.") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path} is damaged: {error}.") from error
    if not len(table):
        raise InputError(f"{path} holds no rows; give a file with a document in each.")
    return table


def column_of(table: Any, name: str, path: Path, option: str) -> list[Any]:
    """Take a column that an option names."""
    if name not in table.columns:
        raise InputError(
            f"{path} has no column {name!r}; its columns are {list(map(str, table.columns))}: name one with "
            f"{option}."
        )
    return list(table[name].to_list())


def write_table(frame: Any, out: str) -> None:
    """Write a DataFrame in the format that the file's suffix names; as CSV to standard output for "-"."""
    if out == STDOUT:
        sys.stdout.write(frame.to_csv(index=False, lineterminator="\n"))
        return
    path = Path(out)
    suffix = _suffix(path)
    with replacing(path) as partial:
        if suffix == _PARQUET:
            partial.write_bytes(_parquet(frame))
        elif suffix in _LINES:
            frame.to_json(partial, orient="records", lines=True, force_ascii=False, compression=None)
        else:
            separator = _SEPARATORS[suffix]
            frame.to_csv(partial, sep=separator, index=False, lineterminator="\n", encoding="utf-8")


def check_table_out(out: str, *, overwrite: bool) -> None:
    """Refuse a table's file that could not be written, before the work is done."""
    if out != STDOUT:
        if _suffix(Path(out)) == _PARQUET:
            _pyarrow("Writing")
        check_out(Path(out), overwrite=overwrite)


def check_out(path: Path, *, overwrite: bool, folder: bool = False) -> None:
    """Refuse a file or folder that is there, or could not be written; folders around a folder are made."""
    if str(path) == STDOUT:
        raise InputError(f"{STDOUT!r} is standard output, which takes tables only: give another --out.")
    if path.exists() or path.is_symlink():
        if not overwrite:
            raise InputError(f"{str(path)!r} exists: give another --out, or --overwrite to replace it.")
        if path.is_dir() != folder:
            kind = "file, not a folder" if folder else "folder, not a file"
            raise InputError(f"{str(path)!r} is a {kind}: give another --out.")
    parent = path.absolute().parent
    while folder and not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        raise InputError(f"The folder of {str(path)!r} does not exist: make it, or give another --out.")
    try:
        # what access rights say is not all: file systems may be read-only or full
        with tempfile.TemporaryFile(dir=parent):
            pass
    except OSError as error:
        raise InputError(
            f"{str(path)!r} cannot be written ({error.strerror}): give another --out."
        ) from error


def _opened(path: Path, mode: str, **how: Any) -> Any:
    return (gzip.open if path.suffix == ".gz" else open)(path, mode=mode, **how)


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise InputError(
            f"The name of {str(path)!r} must end with one of {', '.join(_SUFFIXES)}, which says the format."
        )
    return suffix


def _encoding_of(path: Path) -> str:
    """UTF-8 unless the first bytes are the mark of UTF-16, as in what spreadsheets export."""
    with _opened(path, "rb") as file:
        start = file.read(2)
    return "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def _separator_of(path: Path, encoding: str, usual: str) -> str:
    """Find what separates the header's names: where a comma is the decimal point, spreadsheets write ";"."""
    with _opened(path, "rt", encoding=encoding) as lines:
        header = next((line for line in lines if line.strip()), "")
    numbers = Counter(re.sub(r'"[^"]*"', "", header))
    return max((usual, *_ALL_SEPARATORS), key=numbers.__getitem__)  # the first of several


def _read_separated(path: Path, encoding: str, usual: str) -> Any:
    pandas: Any = import_optional("pandas", extra="cli", purpose="Reading tables")
    separator = _separator_of(path, encoding, usual)
    with warnings.catch_warnings():
        # rows with more cells than the header has would otherwise be cut
        warnings.simplefilter("error", pandas.errors.ParserWarning)
        how = {"sep": separator, "dtype": str, "keep_default_na": False, "index_col": False}
        if separator == "\t" and not _is_quoted(path, encoding):
            how["quoting"] = csv.QUOTE_NONE
        try:
            header = pandas.read_csv(path, encoding=encoding, nrows=0, **how)
            if header.shape[1] == 1:
                table = pandas.read_csv(path, encoding=encoding, skip_blank_lines=False, **how)
                if list(table.columns) == list(header.columns):  # else it is not in the first line
                    return _without_blank_end(table)
            return pandas.read_csv(path, encoding=encoding, **how)
        except pandas.errors.EmptyDataError as error:
            raise InputError(f"{path} is empty; give a file with a header and rows.") from error
        except (pandas.errors.ParserError, pandas.errors.ParserWarning) as error:
            raise InputError(
                f"{path} is no table with the separator {separator!r}: {_first_line(error)}."
            ) from error


def _is_quoted(path: Path, encoding: str) -> bool:
    """Tell whether quotation marks stand around cells; tables of tabs are often written without any."""
    with _opened(path, "rt", encoding=encoding) as file:
        text = file.read()
    is_table_by_line = len({line.count("\t") for line in text.split("\n") if line}) == 1
    spans_lines, mark = False, _OPENING.search(text)
    while mark is not None and (cell := _QUOTED.match(text, mark.start())) is not None:
        spans_lines |= "\n" in cell[0] and "\t" in cell[0]
        mark = _OPENING.search(text, cell.end())
    if mark is not None and is_table_by_line:
        return False
    if mark is not None or (spans_lines and is_table_by_line):
        warnings.warn(
            f"{path} has quotation marks that may be its texts' own; rows between them are then read as one. "
            'Write texts with such marks as "He said ""no""".',
            stacklevel=2,
        )
    return True


def _without_blank_end(table: Any) -> Any:
    """Take blank lines of one column for empty cells, but for those at the end."""
    table = table.fillna("")
    return table.iloc[: len(table) - int((table.iloc[::-1, 0] == "").cumprod().sum())]


def _read_lines(path: Path, encoding: str) -> Any:
    pandas: Any = import_optional("pandas", extra="cli", purpose="Reading tables")
    rows = []
    with _opened(path, "rt", encoding=encoding) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                rows.append(_object_in(line, number, path))
    return pandas.DataFrame(rows, dtype=object)  # else a missing value would make fractions of whole numbers


def _object_in(line: str, number: int, path: Path) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"Line {number} of {path} is no JSON: {error}.") from error
    if not isinstance(row, dict):
        raise InputError(f"Line {number} of {path} is no JSON object with a value for each column.")
    return row


def _read_parquet(path: Path) -> Any:
    _pyarrow("Reading")
    pandas: Any = import_optional("pandas", extra="cli", purpose="Reading tables")
    try:
        return pandas.read_parquet(path, dtype_backend="numpy_nullable")  # whole numbers stay so
    except (OSError, ValueError) as error:  # of pyarrow, whose errors are these
        raise InputError(f"{path} is no Parquet file: {_first_line(error)}.") from error


def _parquet(frame: Any) -> bytes:
    content: bytes = frame.to_parquet(None, index=False, write_page_checksum=True)
    return content


def _pyarrow(doing: str) -> None:
    if find_spec("pyarrow") is None:
        raise InputError(
            f"{doing} Parquet needs the package 'pyarrow', which is not installed: pip install pyarrow."
        )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")
