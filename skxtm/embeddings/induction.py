"""A lexicon from word vectors in one space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm._parameters import check_number
from skxtm._threads import one_thread
from skxtm._word_pairs.pairs import word_list
from skxtm.embeddings._vectors import unit_rows
from skxtm.embeddings.alignment import mutual_neighbours
from skxtm.embeddings.resolving import vocabulary_vectors
from skxtm.exceptions import InputError
from skxtm.languages import by_code, canonical_code
from skxtm.lexicon import Lexicon


def induce_lexicon(
    embeddings: Any,
    vocabularies: Mapping[str, NDArray[np.object_] | Sequence[str]] | None = None,
    languages: tuple[str, str] | None = None,
    *,
    csls_neighbours: int = 10,
) -> Lexicon:
    """Pair the words of two languages that are each other's nearest neighbour.

    Parameters
    ----------
    embeddings : dict of str to array of shape (V_l, n_dimensions), str or encoder
        Vectors in one space: arrays by language, the name of a sentence-transformers model, or an encoder
        such as `SentenceTransformerEncoder` or a fitted `AlignedWordEncoder`. Words with a row of zeros get
        no pair.
    vocabularies : dict of str to sequence of str of length V_l, or None, default=None
        The words to pair. None takes the `vocabularies_` that the encoder was fitted on.
    languages : pair of str or None, default=None
        The two languages; None takes those of `vocabularies`, which must then be two.
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
    if vocabularies is None:
        vocabularies = getattr(embeddings, "vocabularies_", None)
    if vocabularies is None:
        raise InputError(
            "The words to pair are not known: pass vocabularies=, such as corpus.vocabularies, or embeddings="
            " a fitted AlignedWordEncoder."
        )
    vocabularies = by_code(vocabularies, "vocabularies")
    source, target = _checked_pair(languages, vocabularies)
    check_number(csls_neighbours, "csls_neighbours", None, 1, integer=True)
    words = {code: word_list(vocabularies[code], f"vocabularies[{code!r}]") for code in (source, target)}
    vectors = vocabulary_vectors(embeddings, words)
    with one_thread():
        rows, columns, similarities = mutual_neighbours(
            unit_rows(vectors[source]), unit_rows(vectors[target]), csls_neighbours
        )
    best_first = np.argsort(-similarities, kind="stable")
    pairs = [(words[source][rows[pair]], words[target][columns[pair]]) for pair in best_first]
    return Lexicon(pairs, (source, target), match="literal")


def _checked_pair(languages: tuple[str, str] | None, vocabularies: Mapping[str, Any]) -> tuple[str, str]:
    chosen = tuple(vocabularies if languages is None else map(canonical_code, languages))
    missing = [code for code in chosen if code not in vocabularies]
    if missing:
        raise InputError(f"vocabularies has no words for {missing}; it has some for {list(vocabularies)}.")
    if len(set(chosen)) != 2:
        raise InputError(
            f"A lexicon is induced between two languages. Got {list(chosen)}; pass languages=, a pair of "
            f"{list(vocabularies)}."
        )
    first, second = chosen
    return first, second
