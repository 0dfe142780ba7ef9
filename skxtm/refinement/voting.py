"""Self-consistency: keeping the words that a language model names again and again."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from skxtm._parameters import check_n_words
from skxtm.exceptions import InputError

__all__ = ["VotedTopic", "are_identical", "report_rows", "vote"]

Round = Mapping[str, Sequence[int]] | None
Words = Sequence[str] | NDArray[Any]


@dataclass(frozen=True, slots=True)
class VotedTopic:
    """The words of a topic that rounds of refinement agree on.

    Parameters
    ----------
    words : dict of str to list of int
        For each language of the topic the numbers of the words kept, most votes first; empty where no round
        named a word of the vocabulary.
    shares : dict of str to list of float
        Share of the rounds that named them, above 0 and at most 1.
    confidence : float
        Mean share of the words kept, mean over the languages, where one without words counts 0. 1 if all
        rounds named the same words; never 0.
    n_rounds : int
        Rounds that answered.

    See Also
    --------
    vote : Makes it.
    """

    words: dict[str, list[int]]
    shares: dict[str, list[float]]
    confidence: float
    n_rounds: int


def vote(
    rounds: Sequence[Round], *, n_words: int = 15, original: Mapping[str, Sequence[int]]
) -> VotedTopic | None:
    r"""Keep the words of one topic that most rounds name.

    The share of word `v` is :math:`f(v) = \frac{1}{R} \sum_r 1[v \in \text{round } r]` over the `R` rounds
    that answered for its language. Of equal shares, a word among `original` comes first, in their order; then
    the word with the lower number.

    Parameters
    ----------
    rounds : sequence of (dict of str to sequence of int, or None)
        For every round and language the numbers of the words named; repetitions count once. None stands for a
        round that failed; a language left out was not answered. Neither counts in `R`.
    n_words : int, default=15
        Words kept per language.
    original : dict of str to sequence of int
        The topic's present top words, best first. Its languages are those voted on.

    Returns
    -------
    voted : VotedTopic or None
        None if no round named any word.

    Raises
    ------
    InputError
        If `n_words` is less than 1.

    See Also
    --------
    report_rows : What became of every word.

    Examples
    --------
    >>> from skxtm.refinement import vote
    >>> rounds = [{"en": [4, 7]}, {"en": [4, 9]}, None]
    >>> vote(rounds, n_words=2, original={"en": [9, 1]})
    VotedTopic(words={'en': [4, 9]}, shares={'en': [1.0, 0.5]}, confidence=0.75, n_rounds=2)
    """
    check_n_words(n_words, "vote")
    words, shares = {}, {}
    for language, present in original.items():
        share_of = _shares(_answers(rounds, language))
        words[language] = _ranking(share_of, present)[:n_words]
        shares[language] = [share_of[word] for word in words[language]]
    if not any(words.values()):
        return None
    confidence = math.fsum(sum(kept) / len(kept) for kept in shares.values() if kept) / len(shares)
    n_rounds = sum(answer is not None for answer in rounds)
    return VotedTopic(words, shares, confidence, n_rounds)


def are_identical(proposed: Sequence[Sequence[Round]]) -> bool:
    """Say whether several rounds proposed just the same, so that their agreement says nothing.

    Parameters
    ----------
    proposed : list over topics of list over rounds of (dict of str to sequence of int, or None)
        As given to `vote`, topic by topic.

    Returns
    -------
    identical : bool
        Whether at least two rounds named words, and all that did named the same of every topic in the same
        order.

    Examples
    --------
    >>> from skxtm.refinement.voting import are_identical
    >>> are_identical([[{"en": [4, 7]}, None, {"en": [4, 7]}], [{"en": [1]}, None, {"en": [1]}]])
    True
    >>> are_identical([[{"en": [4, 7]}, {"en": [7, 4]}]])
    False
    """
    rounds = [
        of_round
        for of_round in zip(*proposed, strict=True)
        if any(len(words) for answer in of_round for words in (answer or {}).values())
    ]
    return len(rounds) > 1 and all(of_round == rounds[0] for of_round in rounds)


def report_rows(
    topic: int,
    rounds: Sequence[Round],
    voted: VotedTopic | None,
    *,
    original: Mapping[str, Sequence[int]],
    vocabularies: Mapping[str, Words],
    unknown: Sequence[Mapping[str, Sequence[str]] | None] | None = None,
    epoch: int | None = None,
) -> list[dict[str, Any]]:
    """Say of every word that was voted for, or among the top words before, what became of it.

    Parameters
    ----------
    topic : int
        Number of the topic.
    rounds : sequence of (dict of str to sequence of int, or None)
        As given to `vote`.
    voted : VotedTopic or None
        What `vote` returned.
    original : dict of str to sequence of int
        As given to `vote`.
    vocabularies : dict of str to array-like of str of shape (V_l,)
        The words by their numbers.
    unknown : sequence of (dict of str to sequence of str, or None), default=None
        For every round the words named that the vocabulary lacks.
    epoch : int, default=None
        Epoch of the refinement, for a first column ``"epoch"``; None leaves it out.

    Returns
    -------
    rows : list of dict
        With ``"topic"``, ``"language"``, ``"word"``, ``"share"`` of the rounds (nan where none answered for
        the language), ``"in_top_words_before"`` and ``"action"``: ``"kept"``, ``"added"`` and ``"dropped"``
        for the top words, ``"rejected"`` for a word with too few votes, ``"unknown"`` for one outside the
        vocabulary. Where nothing was voted for in a language, its words are all ``"kept"``. Words kept or
        added come first, then by share.

    Examples
    --------
    >>> from skxtm.refinement import report_rows, vote
    >>> rounds, original = [{"en": [0, 2]}, {"en": [0, 2]}], {"en": [0, 1]}
    >>> voted = vote(rounds, n_words=2, original=original)
    >>> rows = report_rows(5, rounds, voted, original=original, vocabularies={"en": ["rain", "tax", "wind"]})
    >>> [(row["word"], row["share"], row["action"]) for row in rows]
    [('rain', 1.0, 'kept'), ('wind', 1.0, 'added'), ('tax', 0.0, 'dropped')]
    """
    fixed = {"topic": topic} if epoch is None else {"epoch": epoch, "topic": topic}
    rows = []
    for language, present in original.items():
        answers = _answers(rounds, language)
        share_of = _shares(answers)
        kept = voted.words[language] if voted is not None and voted.words[language] else list(present)
        listed = dict.fromkeys([*kept, *_ranking(share_of, present), *present])
        absent = 0.0 if answers else math.nan
        for number in listed:
            rows.append(
                fixed
                | {
                    "language": language,
                    "word": str(vocabularies[language][number]),
                    "share": share_of.get(number, absent),
                    "in_top_words_before": number in present,
                    "action": _action(number in kept, number in present),
                }
            )
        rows += [fixed | row for row in _unknown_rows(unknown or (), language, len(answers))]
    return rows


def _unknown_rows(
    unknown: Sequence[Mapping[str, Sequence[str]] | None], language: str, n_answers: int
) -> Iterable[dict[str, Any]]:
    votes = Counter(word for answer in _answers(unknown, language) for word in dict.fromkeys(answer))
    if votes and not n_answers:
        raise InputError(
            f"unknown names words in {language!r}, for which no round answered. Give the round an empty list "
            f"where none of its words is in the vocabulary."
        )
    for word, count in votes.most_common():
        yield {
            "language": language,
            "word": word,
            "share": count / n_answers,
            "in_top_words_before": False,
            "action": "unknown",
        }


def _answers(rounds: Iterable[Mapping[str, Any] | None], language: str) -> list[Any]:
    return [answer[language] for answer in rounds if answer is not None and language in answer]


def _shares(answers: Sequence[Sequence[int]]) -> dict[int, float]:
    votes = Counter(word for answer in answers for word in set(answer))
    return {word: count / len(answers) for word, count in votes.items()}


def _ranking(share_of: Mapping[int, float], present: Sequence[int]) -> list[int]:
    place = {word: position for position, word in enumerate(present)}
    return sorted(share_of, key=lambda word: (-share_of[word], place.get(word, len(place)), word))


def _action(is_kept: bool, was_present: bool) -> str:
    if is_kept:
        return "kept" if was_present else "added"
    return "dropped" if was_present else "rejected"
