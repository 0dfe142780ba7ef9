"""The parameters of the second phase, read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

import numpy as np

from skxtm._parameters import check_text
from skxtm.exceptions import InputError, InputTypeError
from skxtm.refinement import EditedTopics, OfflineProposer
from skxtm.refinement.rounds import Asking

_LEAST = {
    "n_rounds": 1,
    "refine_every": 1,
    "n_top_words": 1,
    "n_words": 1,
    "max_epochs": 0,
    "n_candidates": 0,
}
_CHOICES = {
    "divergence": ("mmd", "transport"),
    "language_weights": ("equal", "probability"),
    "topic_average": ("all", "refined"),
    "support": ("union", "top"),
    "direction": ("forward", "reverse", "released"),
    "document_reduction": ("mean", "sum"),
    "prompt": ("joint", "single", "paper"),
    "keep": ("last", "best"),
}


@dataclass(frozen=True)
class Refining:
    """The parameters of the refiner, as they are when it is fitted.

    Attributes
    ----------
    refine_every, refine_at_start, max_epochs, n_top_words, n_words, weight_words, weight_documents, \
    divergence, bandwidth_factors, regularisation, language_weights, topic_average, support, temperature, \
    direction, document_reduction, learning_rate_factor, max_gradient_norm, keep, verbose : object
        As `skxtm.LLMRefiner` describes them.
    asking : Asking
        How proposals are asked for.
    proposer : OfflineProposer, EditedTopics or None
        What proposes where there is no chat model; None where there is one.
    """

    refine_every: int
    refine_at_start: bool
    max_epochs: int
    n_top_words: int
    n_words: int
    weight_words: float
    weight_documents: float
    divergence: Literal["mmd", "transport"]
    bandwidth_factors: Sequence[float]
    regularisation: float
    language_weights: Literal["equal", "probability"]
    topic_average: Literal["all", "refined"]
    support: Literal["union", "top"]
    temperature: float
    direction: Literal["forward", "reverse", "released"]
    document_reduction: Literal["mean", "sum"]
    learning_rate_factor: float
    max_gradient_norm: float | None
    keep: Literal["last", "best"]
    random_state: int | np.random.RandomState | None
    verbose: int
    asking: Asking
    proposer: OfflineProposer | EditedTopics | None

    @classmethod
    def of(cls, refiner: Any) -> Self:
        """Read and check the parameters of a refiner.

        Parameters
        ----------
        refiner : LLMRefiner
            Any.

        Returns
        -------
        settings : Refining

        Raises
        ------
        InputError, InputTypeError
            If one is not what is needed.
        """
        _check(refiner)
        n_asked = refiner.n_words if refiner.n_asked_words is None else refiner.n_asked_words
        made: dict[str, Any] = {
            "asking": Asking(refiner.prompt, refiner.n_rounds, n_asked, refiner.n_candidates, refiner.domain),
            "proposer": proposer_of(refiner.llm),
        }
        names = [part.name for part in fields(cls) if part.name not in made]
        return cls(**made, **{name: getattr(refiner, name) for name in names})

    @property
    def refinement_epochs(self) -> range:
        """Epochs of the second phase before which topics are refined, numbered from 0."""
        first = 0 if self.refine_at_start or not self.max_epochs else self.refine_every
        end = first + 1 if isinstance(self.proposer, EditedTopics) else max(self.max_epochs, 1)
        return range(first, end, self.refine_every)

    @property
    def needs_words(self) -> bool:
        """Whether training draws topics to refined words."""
        return bool(self.weight_words and self.max_epochs)

    @property
    def needs_documents(self) -> bool:
        """Whether training draws documents to refined topics."""
        return bool(self.weight_documents and self.max_epochs)


def proposer_of(llm: Any) -> OfflineProposer | EditedTopics | None:
    """Return what proposes words without asking a chat model.

    Parameters
    ----------
    llm : object
        As given to the refiner.

    Returns
    -------
    proposer : OfflineProposer, EditedTopics or None
        None where there is a chat model.
    """
    if llm is None:
        return OfflineProposer()
    return llm if isinstance(llm, (OfflineProposer, EditedTopics)) else None


def _check(refiner: Any) -> None:
    from skxtm.backbones.base import check_option, check_range

    for name, low in _LEAST.items():
        check_range(refiner, name, low, None, integer=True)
    if refiner.n_asked_words is not None:
        check_range(refiner, "n_asked_words", refiner.n_words, None, integer=True)
    for name in ("weight_words", "weight_documents"):
        check_range(refiner, name, 0, None)
    for name in ("temperature", "regularisation", "learning_rate_factor", "max_gradient_norm"):
        if name != "max_gradient_norm" or refiner.max_gradient_norm is not None:
            check_range(refiner, name, 0, None, open_low=True)
    factors = np.asarray(refiner.bandwidth_factors)
    if factors.ndim != 1 or factors.dtype.kind not in "fiu" or not len(factors) or not (factors > 0).all():
        raise InputError(
            "The 'bandwidth_factors' parameter of LLMRefiner must be one or more positive numbers. Got "
            f"{refiner.bandwidth_factors!r} instead."
        )
    for name, allowed in _CHOICES.items():
        check_option(refiner, name, allowed)
    check_text(refiner.domain, "domain", "LLMRefiner")
    if refiner.prompt == "paper" and refiner.n_candidates:
        raise InputError(
            "The paper's prompt lists no candidates. Set n_candidates=0, or take prompt='joint' instead of "
            "'paper'."
        )
    if not refiner.refine_at_start and 0 < refiner.max_epochs <= refiner.refine_every:
        raise InputError(
            "With refine_at_start=False the first refinement comes after "
            f"refine_every={refiner.refine_every} epochs, but max_epochs={refiner.max_epochs} ends before. "
            "Raise max_epochs, or lower refine_every."
        )
    is_class = isinstance(refiner.llm, type)
    if is_class or (proposer_of(refiner.llm) is None and not hasattr(refiner.llm, "complete")):
        given = f"the class {refiner.llm.__name__}" if is_class else type(refiner.llm).__name__
        raise InputTypeError(
            "The 'llm' parameter of LLMRefiner must be None, an OfflineProposer, EditedTopics, or a chat "
            "model with a method complete(request), such as skxtm.llm.OpenAIChat. Got "
            f"{given} instead."
        )
