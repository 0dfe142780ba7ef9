"""The rows of a table as documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm.command_line._tables import column_of
from skxtm.corpus import UNDETERMINED, Corpus
from skxtm.corpus._checks import is_missing
from skxtm.corpus.detection import languages_for
from skxtm.exceptions import InputError
from skxtm.languages import canonical_code, distinct_codes, fault_of_code

AUTO = "auto"


@dataclass(frozen=True)
class Documents:
    """Rows of a table that hold a text.

    Parameters
    ----------
    corpus : Corpus of n_documents rows
        Texts and languages.
    rows : ndarray of int of shape (n_documents,)
        Numbers of the table's rows, from 0.
    table : DataFrame
        All rows, those without a text among them.
    source : dict of str to object
        Parameters of a vectorizer that reads languages from the same place.
    """

    corpus: Corpus
    rows: NDArray[np.intp]
    table: Any
    source: dict[str, Any]

    def __str__(self) -> str:
        numbers = Counter(self.corpus.language.tolist())
        by_language = ", ".join(f"{numbers[code]:,} {code}" for code in sorted(numbers))
        n_blank = len(self.table) - len(self.rows)
        blank = f"; {n_blank:,} rows without text are passed by" if n_blank else ""
        return f"{len(self.rows):,} documents: {by_language}{blank}"


def read_documents(
    table: Any, path: Path, text: str, language: str, *, choices: Sequence[str] | None = None
) -> Documents:
    """Take texts and languages out of a table.

    `language` is a column, a code for all rows, "auto", or "auto:en,zh" with the languages to choose from,
    which are those of `choices` where there are no others.
    """
    texts = ["" if is_missing(value) else value for value in column_of(table, text, path, "--text")]
    source: dict[str, Any]
    is_text = [not isinstance(value, str) or bool(value.strip()) for value in texts]
    rows = np.flatnonzero(is_text)
    if not len(rows):
        raise InputError(f"The column {text!r} of {path} holds no text: name another with --text.")
    if language in table.columns:
        given = table[language].to_list()
        source = {"language_column": language}
        codes = [_code(given[row]) if is_text[row] else UNDETERMINED for row in range(len(texts))]
    elif language.partition(":")[0] == AUTO:
        source = {"languages": AUTO}
        named = language.partition(":")[2]
        codes = _found(texts, rows, distinct_codes(named.split(","), "--language") if named else choices)
    elif fault_of_code(language) is None:
        source = {"languages": [canonical_code(language)]}
        codes = [language] * len(texts)
    else:
        raise InputError(
            f"{path} has no column {language!r}, and it is no code of a language; its columns are "
            f"{list(map(str, table.columns))}: name one with --language, or give a code such as 'en', or "
            "'auto'."
        )
    # all rows are checked, so that messages name them as they are numbered in the file
    return Documents(Corpus(codes, text=texts)[rows], rows, table, source)


def _code(value: Any) -> Any:
    """Take off what surrounds a code in files of people."""
    return "" if is_missing(value) else value.strip() if isinstance(value, str) else value


def _found(texts: Sequence[str], rows: NDArray[np.intp], choices: Sequence[str] | None) -> list[str]:
    """Find the language of each text among those that are frequent."""
    known = [texts[row] for row in rows]
    Corpus([UNDETERMINED] * len(texts), text=list(texts))  # refuses what is no str
    codes = [UNDETERMINED] * len(texts)
    for row, code in zip(rows, languages_for(known, choices or AUTO, rows), strict=True):
        codes[row] = code
    return codes
