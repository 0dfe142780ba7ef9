"""From the entries of a dictionary to a lexicon: what all readers share."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path

from skxtm._word_pairs.pairs import Match, languages_in_name
from skxtm.exceptions import InputError
from skxtm.languages import canonical_code, fault_of_code
from skxtm.lexicon import Lexicon
from skxtm.lexicons._glosses import is_short, tidy
from skxtm.lexicons.result import LexiconSource, SourcedLexicon

Entry = tuple[Sequence[str], Sequence[str]]
"""Headwords, and their translations."""

NOT_AN_ENTRY = "not an entry"
COMMENT = "comment or header"
REFERENCE = "only refers to another entry"
NO_TRANSLATION = "no word or short phrase as translation"
LONG_HEADWORD = "a sentence rather than a word"


def assembled(
    entries: Iterable[Entry],
    languages: tuple[str, str],
    source: LexiconSource,
    skipped: Counter[str],
    *,
    match: Match,
    as_written: bool = False,
) -> SourcedLexicon:
    """Pair the headwords of each entry with its translations.

    Parameters
    ----------
    entries : iterable of (sequence of str, sequence of str)
        Headwords and translations, cleaned; reading them may count in `skipped`.
    languages : pair of str
    source : LexiconSource
    skipped : Counter
        Reason to number of entries left out.
    match : {"normal", "literal"}
    as_written : bool, default=False
        Whether headwords are taken however long they are, as those of a list of pairs.

    Returns
    -------
    found : SourcedLexicon

    Raises
    ------
    InputError
        If there is no pair.
    """
    pairs: list[tuple[str, str]] = []
    n_entries = 0
    for headwords, phrases in entries:
        tidied = list(filter(None, map(tidy, headwords)))
        short = tidied if as_written else list(filter(is_short, tidied))
        if short and phrases:
            pairs += product(short, phrases)
            n_entries += 1
        else:
            skipped[NO_TRANSLATION if short else LONG_HEADWORD] += 1
    if not pairs:
        reasons = ", ".join(f"{number:,} x {reason}" for reason, number in skipped.items()) or "it is empty"
        raise InputError(
            f"{source.location} gives no pair of words ({reasons}). "
            f"Choose the reader of its format, or another dictionary."
        )
    return SourcedLexicon(Lexicon(pairs, languages, match=match), (source,), n_entries, dict(skipped))


def language_code(code: str) -> str:
    """Write a code that names a dictionary as a lexicon writes it.

    Parameters
    ----------
    code : str
        Of ISO 639-1, 639-2 or 639-3, such as ``deu``.

    Returns
    -------
    code : str
        Of ISO 639-1 where there is one; what is no code stays as it is.

    Examples
    --------
    >>> from skxtm.lexicons._assembling import language_code
    >>> [language_code(code) for code in ("deu", "ger", "JPN", "kha")]
    ['de', 'de', 'ja', 'kha']
    """
    return code if fault_of_code(code) else canonical_code(code)


def languages_of(path: Path, languages: tuple[str, str] | None) -> tuple[str, str]:
    """Take the languages of a dictionary as given or, by default, from the name of its file.

    Parameters
    ----------
    path : Path
        With a name such as ``deu-eng.tei``.
    languages : pair of str, or None

    Returns
    -------
    languages : pair of str

    Raises
    ------
    InputError
        If they are neither given nor in the name.
    """
    if languages is not None:
        first, second = languages
        return language_code(first), language_code(second)
    return languages_in_name(path)
