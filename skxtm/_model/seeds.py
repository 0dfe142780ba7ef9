"""Topics that begin at words which users name."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skxtm.exceptions import InputError, InputTypeError, UnknownWordsWarning
from skxtm.languages import by_code
from skxtm.refinement.matching import VocabularyIndex

if TYPE_CHECKING:
    from skxtm._model.state import Settings, State
    from skxtm.backbones.base import Backbone
    from skxtm.corpus import Corpus

#: For each topic that begins at words, the numbers of these in the vocabularies of languages, by number.
SeedWords = Sequence[Mapping[int, NDArray[np.intp]]]


@dataclass(frozen=True)
class Seed:
    """What a topic is to be about.

    Attributes
    ----------
    name : str
        Of the topic; empty if it was given none.
    words : dict of str to tuple of str
        By language; under None those that may be of any.
    """

    name: str
    words: dict[str | None, tuple[str, ...]]

    @property
    def title(self) -> str:
        """How messages call it."""
        return repr(self.name) if self.name else "without a name"


def read_seeds(settings: Settings, backbone: Backbone) -> list[Seed]:
    """Check the parameter `seed_topics`, before any work is done.

    Parameters
    ----------
    settings : Settings
        Of the estimator.
    backbone : Backbone
        Which must be able to begin at words.

    Returns
    -------
    seeds : list of Seed
        Of the first topics, in the order given.

    Raises
    ------
    InputError, InputTypeError
        If it is not what is needed.
    """
    given = settings.seed_topics
    if given is None:
        return []
    if isinstance(given, Mapping):
        named = [(name, words) for name, words in given.items()]
    elif isinstance(given, Sequence) and not isinstance(given, str):
        named = [("", words) for words in given]
    else:
        raise InputTypeError(
            "The 'seed_topics' parameter must be a dict from names of topics to words, or a list of lists of "
            f"words. Got {type(given).__name__}."
        )
    if "seed_words" not in backbone.takes:
        raise InputError(
            f"Backbone {type(backbone).__name__!r} cannot begin topics at words. Use backbone='corectm', or "
            "leave out seed_topics and draw topics to your words after fit, by LLMRefiner with EditedTopics."
        )
    return [_read_seed(name, words) for name, words in named]


def check_room(seeds: Sequence[Any], n_components: int) -> None:
    """Check that there are as many topics as begin at words.

    Parameters
    ----------
    seeds : sequence
        One for each topic that begins at words.
    n_components : int
        Number of topics.

    Raises
    ------
    InputError
        If there are fewer.
    """
    if len(seeds) > n_components:
        raise InputError(f"seed_topics names {len(seeds)} topics, more than n_components={n_components}.")


def _read_seed(name: Any, words: Any) -> Seed:
    if not isinstance(name, str):
        raise InputTypeError(f"Names in seed_topics must be str. Got {name!r}.")
    by_language = by_code(words, "seed_topics") if isinstance(words, Mapping) else {None: words}
    seed = Seed(name, {})
    for code, of_language in by_language.items():
        listed = isinstance(of_language, (Sequence, np.ndarray)) and not isinstance(of_language, str)
        if not listed or not all(isinstance(word, str) for word in of_language):
            raise InputTypeError(
                f"The words of topic {seed.title} in seed_topics must be a list of str. Got {of_language!r}."
            )
        seed.words[code] = tuple(of_language)
    if not any(seed.words.values()):
        raise InputError(
            f"Topic {seed.title} in seed_topics has no words. Give at least one, or leave it out."
        )
    return seed


def find_seed_words(seeds: Sequence[Seed], state: State, corpus: Corpus) -> SeedWords:
    """Find the words in the vocabularies, written as these write them or in another form of theirs.

    Parameters
    ----------
    seeds : sequence of Seed
        From `read_seeds`.
    state : State
        Whose vocabularies are known.
    corpus : Corpus
        Training documents with counts.

    Returns
    -------
    seed_words : list of dict of int to ndarray of int
        For each seed, by number of a language that has some.

    Raises
    ------
    InputError
        If a language is not the model's, or none of a topic's words is in a vocabulary.
    """
    if not seeds:
        return []
    indexes = [
        VocabularyIndex(words, code, np.asarray(corpus.counts_of(code).sum(0)).ravel())
        for code, words in state.vocabularies.items()
    ]
    found, all_unknown = [], []
    for seed in seeds:
        strange = [code for code in seed.words if code is not None and code not in state.languages]
        if strange:
            raise InputError(
                f"Topic {seed.title} in seed_topics has words in {strange[0]!r}, but the model's languages "
                f"are {state.languages}."
            )
        columns: dict[int, NDArray[np.intp]] = {}
        unknown: list[str] = []
        for code, words in seed.words.items():
            places = range(len(indexes)) if code is None else [state.languages.index(code)]
            matches = [indexes[place].match(words) for place in places]
            for place, (numbers, _) in zip(places, matches, strict=True):
                if numbers:
                    columns[place] = np.union1d(columns.get(place, []), numbers).astype(np.intp)
            unknown += [word for word in words if all(word in missing for _, missing in matches)]
        if not columns:
            asked = [code for code in state.languages if not seed.words.keys().isdisjoint({code, None})]
            reason = _why_absent(state, asked, unknown)
            raise InputError(
                f"No word of topic {seed.title} in seed_topics is in a vocabulary: {unknown[:5]}. "
                + (reason or "Give words that occur in the documents.")
            )
        found.append(columns)
        all_unknown += unknown
    if all_unknown:
        reason = _why_absent(state, state.languages, all_unknown)
        warnings.warn(
            f"seed_topics holds {len(all_unknown)} words that are in no vocabulary, such as "
            f"{all_unknown[:5]}; topics begin at the others. {reason}".rstrip(),
            UnknownWordsWarning,
            stacklevel=7,  # the caller of fit
        )
    return found


def _why_absent(state: State, languages: Sequence[str], words: Sequence[str]) -> str:
    """Say why words are in no vocabulary, where these were learnt from texts."""
    return state.vectorizer._why_absent(dict.fromkeys(languages, words)) if state.vectorizer else ""
