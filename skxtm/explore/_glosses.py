"""What words mean in the other languages, as far as lexicons or an encoder say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm._model.state import state_of
from skxtm.embeddings._vectors import unit_rows
from skxtm.lexicon import Lexicon
from skxtm.model import CrossLingualTopicModel

Glosses = dict[str, dict[str, dict[str, list[str]]]]

_MOST = 3  # translations of a word
_FEWEST_COSINE = 0.6  # below it, the words that an encoder finds nearest are mostly others


def glosses(
    model: CrossLingualTopicModel,
    topics: Sequence[Mapping[str, Sequence[str]]],
    lexicons: Lexicon | Sequence[Lexicon] | None = None,
) -> Glosses:
    """Translate the words of topics into words of the model's vocabularies.

    Parameters
    ----------
    model : CrossLingualTopicModel
        Fitted.
    topics : sequence of mapping of str to sequence of str
        The words.
    lexicons : Lexicon, sequence of Lexicon or None, default=None
        None takes the model's own, or else vectors of its encoder.

    Returns
    -------
    glosses : dict
        ``glosses[language][word][other]`` lists up to three translations, the most frequent first, of an
        encoder the nearest; words without any are left out.
    """
    given = lexicons if lexicons is not None else model.lexicon
    known = [
        one for one in (given if isinstance(given, (list, tuple)) else [given]) if isinstance(one, Lexicon)
    ]
    words = {
        code: list(dict.fromkeys(word for topic in topics for word in topic.get(code, ())))
        for code in model.languages_
    }
    vectors_of = cache(partial(_vectors, model))  # each vocabulary is encoded once, and only if need be
    found: Glosses = {code: {} for code in model.languages_}
    for code, other in permutations(model.languages_, 2):
        lists = _by_lexicon(model, words[code], code, other, known)
        lists = lists or _by_vectors(model, words[code], code, other, vectors_of)
        for word, translations in lists.items():
            found[code].setdefault(word, {})[other] = translations
    return found


def _by_lexicon(
    model: CrossLingualTopicModel, words: Sequence[str], code: str, other: str, lexicons: Sequence[Lexicon]
) -> dict[str, list[str]]:
    vocabulary = model.vocabularies_[other]
    frequency = model.topic_weight_ @ model.topic_word_[other]
    found: dict[str, list[str]] = {}
    for lexicon in lexicons:
        if {code, other} - set(lexicon.languages):
            continue
        matrix = lexicon.matrix(words, vocabulary, code, other).tocsr()
        for number, word in enumerate(words):
            columns = matrix.indices[matrix.indptr[number] : matrix.indptr[number + 1]]
            if len(columns):
                best = columns[np.argsort(-frequency[columns], kind="stable")[:_MOST]]
                found.setdefault(word, vocabulary[best].tolist())
    return found


def _by_vectors(
    model: CrossLingualTopicModel,
    words: Sequence[str],
    code: str,
    other: str,
    vectors_of: Callable[[str], NDArray[Any] | None],
) -> dict[str, list[str]]:
    own, others, vocabulary = vectors_of(code), vectors_of(other), model.vocabularies_[other]
    if own is None or others is None or not words:
        return {}
    column_of = {word: column for column, word in enumerate(model.vocabularies_[code])}
    known = [word for word in words if word in column_of]
    cosines = own[[column_of[word] for word in known]] @ others.T
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :_MOST]
    found = {
        word: vocabulary[[column for column in columns if cosines[number, column] >= _FEWEST_COSINE]].tolist()
        for number, (word, columns) in enumerate(zip(known, nearest, strict=True))
    }
    return {word: translations for word, translations in found.items() if translations}


def _vectors(model: CrossLingualTopicModel, code: str) -> NDArray[Any] | None:
    """Vectors of a language's vocabulary, by the encoder of the documents or else of the words."""
    state = state_of(model)
    encoders = (state.document_encoder, *state.encoders.values())
    encoder = next((one for one in encoders if hasattr(one, "encode_words")), None)
    return (
        None if encoder is None else unit_rows(encoder.encode_words(model.vocabularies_[code].tolist(), code))
    )
