"""A lexicon from word vectors in one space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm.embeddings._vectors import checked_word_vectors, unit_rows
from skxtm.embeddings.alignment import mutual_neighbours
from skxtm.exceptions import InputError
from skxtm.lexicon import Lexicon


def induce_lexicon(
    word_vectors: Mapping[str, Any],
    vocabularies: Mapping[str, NDArray[np.object_]],
    languages: tuple[str, str],
    *,
    csls_neighbours: int = 10,
) -> Lexicon:
    """Pair the words of two languages that are each other's nearest neighbour.

    Parameters
    ----------
    word_vectors : dict of str to array of shape (V_l, n_dimensions)
        Vectors in one space, as `AlignedWordEncoder` or `SentenceTransformerEncoder` gives them. Words with a
        row of zeros get no pair.
    vocabularies : dict of str to sequence of str of length V_l
        The words of the rows.
    languages : pair of str
        The two languages.
    csls_neighbours : int, default=10
        Neighbours from which CSLS tells how much of a hub a word is, at least 1.

    Returns
    -------
    lexicon : Lexicon
        Each word in one pair at most; the most similar pairs first. Words match literally, since they are
        those of the vocabularies.

    Raises
    ------
    InputError
        If a language is missing, or arrays and vocabularies do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from skxtm.embeddings import induce_lexicon
    >>> vectors = {"en": np.eye(3), "de": np.eye(3)[[2, 0, 1]]}
    >>> words = {"en": ["rain", "goal", "team"], "de": ["Team", "Regen", "Tor"]}
    >>> sorted(induce_lexicon(vectors, words, ("en", "de"), csls_neighbours=1))
    [('goal', 'Tor'), ('rain', 'Regen'), ('team', 'Team')]
    """
    missing = [code for code in languages if code not in vocabularies]
    if missing:
        raise InputError(f"vocabularies has no words for {missing}; it has some for {list(vocabularies)}.")
    if csls_neighbours < 1:
        raise InputError(
            f"The 'csls_neighbours' parameter must be at least 1. Got {csls_neighbours!r} instead."
        )
    words = {code: vocabularies[code] for code in languages}
    vectors = checked_word_vectors(word_vectors, words, "word_vectors")
    source, target = languages
    rows, columns, similarities = mutual_neighbours(
        unit_rows(vectors[source]), unit_rows(vectors[target]), csls_neighbours
    )
    best_first = np.argsort(-similarities, kind="stable")
    pairs = [(str(words[source][rows[pair]]), str(words[target][columns[pair]])) for pair in best_first]
    return Lexicon(pairs, (source, target), match="literal")
