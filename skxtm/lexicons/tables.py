"""Tables of words with a header: CSV, TSV, or any other delimiter."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from io import StringIO
from os import PathLike
from pathlib import Path

from skxtm._word_pairs.pairs import Match
from skxtm._word_pairs.text_files import read_text
from skxtm.exceptions import InputError
from skxtm.languages import LANGUAGE_NAMES, named_language
from skxtm.lexicons._assembling import Entry, assembled, languages_of
from skxtm.lexicons._licences import NOT_STATED
from skxtm.lexicons.result import LexiconSource, SourcedLexicon

_DELIMITERS = "\t,;|"


def read_csv(
    path: str | PathLike[str],
    languages: tuple[str, str] | None = None,
    *,
    columns: tuple[str | int, str | int] | None = None,
    delimiter: str | None = None,
    match: Match = "normal",
    encoding: str = "utf-8",
) -> SourcedLexicon:
    """Read two columns of a table whose first line is a header.

    Parameters
    ----------
    path : str or path-like
        The file, compressed or not.
    languages : pair of str or None, default=None
        Languages of the two columns. None takes the header's two columns if the file has no more and they are
        codes or English names of languages, or else reads them from a name such as ``en-de.csv``. Where both
        say languages, they must be the same.
    columns : pair of str or int, or None, default=None
        Names of the columns in the header, or their positions from 0. None takes the columns that the header
        calls by codes or English names of `languages`, or the only two if they are called by no language.
    delimiter : str or None, default=None
        What separates columns. None takes the tab, comma, semicolon or bar that is most frequent in the
        header.
    match : {"normal", "literal"}, default="normal"
        See `skxtm.lexicon.Lexicon`.
    encoding : str, default="utf-8"
        Encoding of the text.

    Returns
    -------
    found : SourcedLexicon

    Raises
    ------
    InputError
        If the file is damaged, in another encoding, lacks a column, or holds no pair; if its header does not
        tell which columns to read; or if its header and its name say different languages.
    """
    path = Path(path)
    header, rows = _table(path, delimiter, encoding)
    languages = _languages(path, header, languages)
    positions = _positions(path.name, header, languages, columns)
    source = LexiconSource("the table", "file", path.name, NOT_STATED)
    skipped = Counter[str]()
    entries = _entries(rows, positions, skipped)
    return assembled(entries, languages, source, skipped, match=match, as_written=True)


def _table(path: Path, delimiter: str | None, encoding: str) -> tuple[list[str], list[list[str]]]:
    text = read_text(path, encoding)
    delimiter = delimiter or max(_DELIMITERS, key=text.partition("\n")[0].count)
    try:
        rows = [
            row for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True) if row
        ]
    except (csv.Error, TypeError) as error:
        raise InputError(
            f"{path.name} cannot be read as a table with the delimiter {delimiter!r} ({error}). "
            f"Give its delimiter, one character, or mend the file."
        ) from error
    if not rows:
        raise InputError(
            f"{path.name} is empty. Give a table with a header and a pair of words on each line."
        )
    return [name.strip() for name in rows[0]], rows[1:]


def _languages(path: Path, header: list[str], languages: tuple[str, str] | None) -> tuple[str, str]:
    named_in_header = [code for code in map(named_language, header) if code is not None]
    if languages is not None or len(header) != 2 or len(named_in_header) != 2:
        return languages_of(path, languages)
    first, second = named_in_header
    try:
        named = languages_of(path, None)
    except InputError:
        named = (first, second)
    if set(named) != {first, second}:
        raise InputError(
            f"By its header {path.name} has the languages {first!r} and {second!r}, by its name {named[0]!r} "
            f"and {named[1]!r}. Give them, as in languages={named}."
        )
    return first, second


def _positions(
    name: str,
    header: list[str],
    languages: tuple[str, str],
    columns: tuple[str | int, str | int] | None,
) -> list[int]:
    if columns is None:
        columns = _columns_of(name, header, languages)
    positions = [header.index(column) if column in header else column for column in columns]
    for column in positions:
        if isinstance(column, str) or not 0 <= column < len(header):
            raise InputError(f"{name} has no column {column!r}. Its columns are {header}.")
    return [int(position) for position in positions]


def _columns_of(name: str, header: list[str], languages: tuple[str, str]) -> tuple[int, int]:
    """Find the column of each language; the only two will do if the header calls neither by a language."""
    codes = list(map(named_language, header))
    if all(codes.count(language) == 1 for language in languages):
        return codes.index(languages[0]), codes.index(languages[1])
    is_named = not (LANGUAGE_NAMES.keys() | set(languages)).isdisjoint(codes)
    if len(header) > 2 or (len(header) == 2 and is_named):
        raise InputError(
            f"The header of {name} does not tell which columns are {languages[0]!r} and {languages[1]!r}: it "
            f"is {header}. Give their names or positions as columns=, that of {languages[0]!r} first."
        )
    return 0, 1


def _entries(
    rows: Sequence[Sequence[str]], positions: Sequence[int], skipped: Counter[str]
) -> Iterator[Entry]:
    for row in rows:
        words = [" ".join(row[position].split()) if position < len(row) else "" for position in positions]
        if all(words):
            yield words[:1], words[1:]
        else:
            skipped["an empty column"] += 1
