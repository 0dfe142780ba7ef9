"""Word lists in the form of MUSE: two words on each line, separated by a tab or a space."""

import re
from collections import Counter
from collections.abc import Iterator
from os import PathLike
from pathlib import Path

from skxtm._word_pairs.pairs import Match, look_problem
from skxtm._word_pairs.text_files import read_text
from skxtm.lexicons._assembling import Entry, assembled, languages_of
from skxtm.lexicons._licences import licence_in
from skxtm.lexicons.result import LexiconSource, SourcedLexicon


def read_muse(
    path: str | PathLike[str],
    languages: tuple[str, str] | None = None,
    *,
    match: Match = "normal",
    encoding: str = "utf-8",
) -> SourcedLexicon:
    """Read a list of word pairs, leaving out what is none: a count of words, comments, a header.

    `skxtm.lexicon.Lexicon.read` reads the same files and refuses such lines instead.

    Parameters
    ----------
    path : str or path-like
        The file, compressed or not.
    languages : pair of str or None, default=None
        Languages of the two columns. None reads them from a name such as ``en-de.txt``.
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
        If the file is damaged, in another encoding, or holds no pair.
    """
    path = Path(path)
    languages = languages_of(path, languages)
    lines = read_text(path, encoding).split("\n")
    licence = licence_in("\n".join(line for line in lines[:100] if line.startswith("#")))
    source = LexiconSource("the word list", "file", path.name, licence)
    skipped = Counter[str]()
    entries = _entries(lines, skipped)
    return assembled(entries, languages, source, skipped, match=match, as_written=True)


def _entries(lines: list[str], skipped: Counter[str]) -> Iterator[Entry]:
    is_first = True
    for line in filter(str.strip, lines):
        columns = re.split(
            r"\t" if "\t" in line else r"\s+", line.strip("\r\n") if "\t" in line else line.strip()
        )
        columns = [column.strip() for column in columns]
        problem = look_problem(line, columns, is_first=is_first)
        is_first = False
        if problem is not None:
            skipped[problem[0]] += 1
        elif len(columns) != 2 or not all(columns):
            skipped["not two columns"] += 1
        else:
            yield columns[:1], columns[1:]
