"""Gathering what a backbone needs, as plain arrays that can be saved."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm.corpus import Corpus
from skxtm.exceptions import InputError, InputTypeError, MissingResourceError
from skxtm.lexicon import Lexicon


def gather_resources(
    needs: frozenset[str],
    backbone: str,
    corpus: Corpus,
    languages: Sequence[str],
    lexicons: Sequence[Lexicon],
) -> dict[str, NDArray[Any]]:
    """Gather the resources of a backbone.

    Parameters
    ----------
    needs : frozenset of str
        What the backbone needs, see `skxtm.backbones.base.Backbone`.
    backbone : str
        Its name, for messages.
    corpus : Corpus
        Training documents with counts.
    languages : sequence of str
        In the order of the network.
    lexicons : sequence of Lexicon
        Those the user gave.

    Returns
    -------
    arrays : dict of str to ndarray
        As `skxtm.training.tensors.resources_from_arrays` reads them.

    Raises
    ------
    MissingResourceError
        If a language pair has no lexicon.
    InputError
        If a lexicon has no match.
    """
    arrays: dict[str, NDArray[Any]] = {}
    if "lexicons" in needs:
        for number, code in enumerate(languages):
            arrays[f"word_counts.{number}"] = np.asarray(corpus.counts_of(code).sum(0), dtype=np.float32)
        for first, second in combinations(range(len(languages)), 2):
            pair = languages[first], languages[second]
            arrays[f"lexicon.{first}.{second}"] = _matches(pair, backbone, corpus, lexicons)
    return arrays


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
    pair: tuple[str, str], backbone: str, corpus: Corpus, lexicons: Sequence[Lexicon]
) -> NDArray[np.int64]:
    """Rows and columns of the ones of a pair's lexicon matrix, (2, n_pairs)."""
    fitting = [lexicon for lexicon in lexicons if set(lexicon.languages) == set(pair)]
    if not fitting:
        given = ", ".join("-".join(lexicon.languages) for lexicon in lexicons) or "none"
        raise MissingResourceError(
            f"Backbone {backbone!r} needs a lexicon between {pair[0]!r} and {pair[1]!r}; given: {given}. "
            "Pass lexicon= a path such as 'zh-en.tsv', a Lexicon, or a list with one for each pair of "
            "languages; Lexicon.compose makes a missing one through a third language."
        )
    vocabularies = corpus.vocabularies or {}
    first, second = (vocabularies[code] for code in pair)
    matrix = sum(
        (entry.matrix(first, second, *pair) for entry in fitting[1:]), fitting[0].matrix(first, second, *pair)
    )
    rows, columns = matrix.nonzero()
    if not len(rows):
        raise InputError(
            f"The lexicon {'-'.join(fitting[0].languages)} has not a single match with the vocabularies of "
            f"{pair[0]!r} ({', '.join(first[:3])}, ...) and {pair[1]!r} ({', '.join(second[:3])}, ...). "
            "Check its languages and direction, how the texts are tokenised, and match='normal'."
        )
    return np.stack([rows, columns]).astype(np.int64)
