"""Which languages a set of lexicons connects, and in what order they are mapped into one space."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm.exceptions import InputError, InputTypeError, MissingResourceError
from skxtm.languages import canonical_code
from skxtm.lexicon import Lexicon

Matches = dict[tuple[str, str], sparse.csr_array]


def lexicon_list(lexicons: Lexicon | Iterable[Lexicon] | None, y: Any = None) -> list[Lexicon]:
    """Turn one lexicon, several or none into a list.

    Parameters
    ----------
    lexicons : Lexicon, SourcedLexicon, iterable of these, or None
    y : object
        What was given as labels, in whose place lexicons are easily given.

    Returns
    -------
    lexicons : list of Lexicon

    Raises
    ------
    InputTypeError
        If it is something else, or `y` is lexicons.
    """
    if isinstance(y, Lexicon) or (
        isinstance(y, (list, tuple)) and any(isinstance(part, Lexicon) for part in y)
    ):
        raise InputTypeError("y holds lexicons, which are given by name: fit(X, lexicons=...).")
    if lexicons is None:
        return []
    are_several = isinstance(lexicons, Iterable) and not isinstance(lexicons, Lexicon)
    listed: list[Any] = [getattr(one, "lexicon", one) for one in (lexicons if are_several else [lexicons])]
    for lexicon in listed:
        if not isinstance(lexicon, Lexicon):
            raise InputTypeError(
                f"lexicons must be a Lexicon or a list of them. Got {type(lexicon).__name__!r}; read a "
                "file by Lexicon.read(path)."
            )
    return listed


def lexicon_matches(lexicons: Sequence[Lexicon], vocabularies: Mapping[str, NDArray[np.object_]]) -> Matches:
    """Mark the translations between every two vocabularies.

    Parameters
    ----------
    lexicons : sequence of Lexicon
        Those of languages without a vocabulary are ignored; several of the same languages are united.
    vocabularies : dict of str to ndarray of str

    Returns
    -------
    matches : dict of (str, str) to csr_array of shape (V_first, V_second)
        Ones, for each pair of languages with at least one translation; the pair in the order of
        `vocabularies`.
    """
    matches: Matches = {}
    for first, second in combinations(vocabularies, 2):
        words = vocabularies[first], vocabularies[second]
        fitting = [entry for entry in lexicons if set(entry.languages) == {first, second}]
        found = sum(entry.matrix(*words, first, second) for entry in fitting)
        if fitting and found.nnz:
            matches[first, second] = sparse.csr_array(found > 0).astype(np.float32)
    return matches


def anchor_of(languages: Sequence[str], matches: Matches, asked_for: str | None) -> str:
    """Choose the language whose space the others are mapped into.

    Parameters
    ----------
    languages : sequence of str
    matches : dict
        As `lexicon_matches` returns it.
    asked_for : str or None
        None takes the language with most translations, the first of equals.

    Returns
    -------
    anchor : str

    Raises
    ------
    InputError
        If `asked_for` is not among the languages.
    """
    if asked_for is None:
        n_pairs = [sum(found.nnz for pair, found in matches.items() if code in pair) for code in languages]
        return languages[int(np.argmax(n_pairs))]
    anchor = canonical_code(asked_for)
    if anchor not in languages:
        raise InputError(
            f"The 'anchor_language' parameter of AlignedWordEncoder must be one of {list(languages)}, "
            f"the languages of X. Got {asked_for!r} instead."
        )
    return anchor


def mapping_targets(languages: Sequence[str], matches: Matches, anchor: str) -> dict[str, str]:
    """Order the languages so that each can be mapped onto one before it.

    Parameters
    ----------
    languages : sequence of str
    matches : dict
        As `lexicon_matches` returns it.
    anchor : str

    Returns
    -------
    targets : dict of str to str
        For every language but the anchor, in the order of mapping, the language it is mapped onto: the
        anchor where a lexicon connects the two, else the first mapped language that one connects it with.

    Raises
    ------
    MissingResourceError
        If a language is connected with none.
    """
    mapped = [anchor]
    targets: dict[str, str] = {}
    while len(mapped) < len(languages):
        step = next(
            (
                (code, target)
                for target in mapped
                for code in languages
                if code not in mapped and ((code, target) in matches or (target, code) in matches)
            ),
            None,
        )
        if step is None:
            raise _unconnected([code for code in languages if code not in mapped], mapped)
        targets[step[0]] = step[1]
        mapped.append(step[0])
    return targets


def matches_between(matches: Matches, source: str, target: str) -> sparse.csr_array:
    """Look up the translations of two languages in either order.

    Parameters
    ----------
    matches : dict
        As `lexicon_matches` returns it.
    source, target : str

    Returns
    -------
    matrix : csr_array of shape (V_source, V_target)
    """
    if (source, target) in matches:
        return matches[source, target]
    return matches[target, source].T.tocsr()


def _unconnected(missing: list[str], mapped: list[str]) -> MissingResourceError:
    return MissingResourceError(
        f"AlignedWordEncoder cannot bring {missing} into the space of {mapped}: no lexicon that was given "
        "holds a translation between their vocabularies. Pass lexicons= a Lexicon of such a pair "
        "(match='normal' finds most), or join two with Lexicon.compose."
    )
