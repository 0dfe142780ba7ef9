"""Gathering what a backbone needs besides the documents."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from scipy import sparse

from skxtm.exceptions import InputError, InputTypeError, MissingResourceError
from skxtm.lexicon import Lexicon


def gather_lexicons(
    backbone: str, languages: Sequence[str], vocabularies: Mapping[str, Any], lexicons: Sequence[Lexicon]
) -> dict[tuple[int, int], sparse.csr_array]:
    """Find the translations between every two languages.

    Parameters
    ----------
    backbone : str
        Name of the backbone, for messages.
    languages : sequence of str
        In the order of the network.
    vocabularies : dict of str to ndarray of str
        Words of each language.
    lexicons : sequence of Lexicon
        Those the user gave.

    Returns
    -------
    matrices : dict of (int, int) to csr_array of shape (V_a, V_b)
        1 where words of languages number a < b translate each other.

    Raises
    ------
    MissingResourceError
        If a language pair has no lexicon.
    InputError
        If the lexicons of a pair have no match.
    """
    return {
        (first, second): _matches((languages[first], languages[second]), backbone, vocabularies, lexicons)
        for first, second in combinations(range(len(languages)), 2)
    }


def read_lexicons(lexicon: Any) -> list[Lexicon]:
    """Turn the `lexicon` parameter into lexicons.

    Parameters
    ----------
    lexicon : None, Lexicon, path or sequence of these
        What the user gave.

    Returns
    -------
    lexicons : list of Lexicon

    Raises
    ------
    InputTypeError
        If it is something else.
    """
    if lexicon is None:
        return []
    if isinstance(lexicon, Lexicon):
        return [lexicon]
    if isinstance(lexicon, (str, os.PathLike)):
        return [Lexicon.read(lexicon)]
    if isinstance(lexicon, Sequence):
        return [entry for part in lexicon for entry in read_lexicons(part)]
    raise InputTypeError(
        "The 'lexicon' parameter must be a path, a Lexicon, a list of these, or None. "
        f"Got {type(lexicon).__name__!r} instead."
    )


def _matches(
    pair: tuple[str, str], backbone: str, vocabularies: Mapping[str, Any], lexicons: Sequence[Lexicon]
) -> sparse.csr_array:
    fitting = [lexicon for lexicon in lexicons if set(lexicon.languages) == set(pair)]
    if not fitting:
        given = ", ".join("-".join(lexicon.languages) for lexicon in lexicons) or "none"
        raise MissingResourceError(
            f"Backbone {backbone!r} needs a lexicon between {pair[0]!r} and {pair[1]!r}; given: {given}. "
            "Pass lexicon= a path such as 'zh-en.tsv', a Lexicon, or a list with one for each pair of "
            "languages; Lexicon.compose makes a missing one through a third language."
        )
    first, second = (vocabularies[code] for code in pair)
    matrix = sparse.csr_array((len(first), len(second)), dtype=np.float32)
    for lexicon in fitting:
        matrix = matrix.maximum(lexicon.matrix(first, second, *pair))
    if not matrix.nnz:
        raise InputError(
            f"The lexicon {'-'.join(fitting[0].languages)} has not a single match with the vocabularies of "
            f"{pair[0]!r} ({', '.join(first[:3])}, ...) and {pair[1]!r} ({', '.join(second[:3])}, ...). "
            "Check its languages and direction, how the texts are tokenised, and match='normal'."
        )
    return matrix
