"""The second phase of LLM-XTM: refinements and training in turn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state
from tqdm.auto import tqdm

from skxtm._model.learning import NetworkLearner, learner_of
from skxtm._model.materials import (
    gather_documents,
    gather_topic_vectors,
    gather_word_vectors,
    per_document,
    read_lexicons,
    topic_encoder,
)
from skxtm.exceptions import (
    BudgetError,
    ChatRefusedError,
    InputError,
    InputTypeError,
    RefinementWarning,
)
from skxtm.model import CrossLingualTopicModel
from skxtm.refinement import OfflineProposer, VotedTopic, report_rows, vote
from skxtm.refinement.rounds import Rounds, Words, ask_chat, ask_offline

if TYPE_CHECKING:
    from skxtm.corpus import Corpus
    from skxtm.llm import ChatSession
    from skxtm.refiner import LLMRefiner
    from skxtm.training.batches import TrainingDocuments
    from skxtm.training.loop import Trainer
    from skxtm.training.objective import RefinementObjective

_NEEDED_BY = "LLMRefiner"


@dataclass
class Phase:
    """What training in the second phase works with, besides the model."""

    trainer: Trainer
    documents: TrainingDocuments
    encoder: Any = None


class Refinement:
    """One call of `LLMRefiner.fit`: refinements and training in turn."""

    def __init__(self, refiner: LLMRefiner, session: ChatSession | None) -> None:
        self.refiner = refiner
        self.session = session
        self.model = refiner.model_
        self.learner = learner_of(self.model)
        self.seed = int(check_random_state(refiner.random_state).randint(np.iinfo(np.int32).max))
        self.report: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self.themes = [""] * len(self.model.components_)
        self.kept: list[VotedTopic | None] = [None] * len(self.model.components_)
        self.present: list[dict[str, list[int]]] = []
        self.confidence = np.full(len(self.kept), np.nan)
        self.n_answers = np.zeros(len(self.kept), dtype=np.int64)
        self.is_stopped = False
        self.best: tuple[float, dict[str, NDArray[Any]]] | None = None

    def run(self, corpus: Corpus) -> None:
        """Refine and train, and write the results into the refiner."""
        self.words = self._read_words(corpus)
        if isinstance(self.learner, NetworkLearner):
            self._train(self.learner, corpus)
        else:
            self._refine_once()
        self._write_results()

    def _read_words(self, corpus: Corpus) -> Words:
        vocabularies = self.model.vocabularies_
        frequencies = {code: np.asarray(corpus.counts_of(code).sum(0)).ravel() for code in vocabularies}
        return Words(vocabularies, frequencies, self._word_vectors(corpus), self._lexicons())

    def _refine_once(self) -> None:
        """Refine the words of a model that cannot be trained towards them."""
        if self.refiner.max_epochs:
            warnings.warn(
                f"Backbone {type(self.model.backbone_).__name__!r} has no network to train: LLMRefiner "
                "refines the words and themes of its topics, once, and leaves topic proportions as they are. "
                "max_epochs=0 says that this is meant.",
                RefinementWarning,
                stacklevel=4,
            )
        self._refine(0)
        self.refiner.history_, self.refiner.n_iter_ = {}, 0

    def _train(self, learner: NetworkLearner, corpus: Corpus) -> None:
        """Refine and train in turn."""
        phase = self._prepare(learner, corpus)
        phase.trainer.history = {}
        n_before = phase.trainer.n_epochs
        last = n_before + self.refiner.max_epochs
        self._refine(0)
        objective = self._objective(phase) if self.refiner.max_epochs else None
        bar = tqdm(
            total=self.refiner.max_epochs, desc="Refining", unit="epoch", disable=not self.refiner.verbose
        )
        try:
            with bar:
                for epoch in range(self.refiner.max_epochs):
                    if epoch and epoch % self.refiner.refine_every == 0 and self._refine_again(epoch):
                        objective = self._objective(phase)
                    phase.trainer.train_epoch(phase.documents, objective, last=last)
                    self._pad(phase.trainer.history, epoch + 1)
                    self._note_best(phase.trainer)
                    bar.update()
        except KeyboardInterrupt:
            warnings.warn(
                f"Refinement was interrupted in epoch {phase.trainer.n_epochs - n_before + 1} of "
                f"{self.refiner.max_epochs}. The model is usable, as trained so far.",
                stacklevel=4,
            )
        self._read_out(learner, corpus, phase)
        self.refiner.n_iter_ = phase.trainer.n_epochs - n_before

    def _prepare(self, learner: NetworkLearner, corpus: Corpus) -> Phase:
        from skxtm.training.batches import TrainingDocuments
        from skxtm.training.loop import Schedule

        refiner, model = self.refiner, self.model
        schedule = Schedule.of(model.backbone_)
        schedule = replace(
            schedule,
            learning_rate=schedule.learning_rate * refiner.learning_rate_factor,
            decay_every=None,
            max_gradient_norm=refiner.max_gradient_norm,
        )
        trainer = learner.trainer(schedule)
        needs_documents = bool(refiner.weight_documents and refiner.max_epochs)
        materials = gather_documents(model, corpus, with_vectors=needs_documents)
        documents = TrainingDocuments(
            materials.counts, trainer.device, per_document(model, materials, trainer.device)
        )
        encoder = topic_encoder(model, corpus, _NEEDED_BY) if needs_documents else None
        return Phase(trainer, documents, encoder)

    def _word_vectors(self, corpus: Corpus) -> dict[str, NDArray[np.float32]] | None:
        refiner = self.refiner
        if self.session is None or refiner.n_candidates or (refiner.weight_words and refiner.max_epochs):
            vectors = gather_word_vectors(self.model, corpus, _NEEDED_BY)
            return dict(zip(self.model.languages_, vectors, strict=True))
        return None

    def _lexicons(self) -> dict[tuple[str, str], Any]:
        if self.session is not None:
            return {}
        vocabularies = self.model.vocabularies_
        result: dict[tuple[str, str], Any] = {}
        for lexicon in read_lexicons(self.model.lexicon):
            first, second = sorted(lexicon.languages)
            if first in vocabularies and second in vocabularies:
                matrix = lexicon.matrix(vocabularies[first], vocabularies[second], first, second)
                known = result.get((first, second))
                result[first, second] = matrix if known is None else known.maximum(matrix)
        return result

    def _refine(self, epoch: int) -> None:
        """Get proposals, vote, and note what became of every word."""
        topics = self._top_words()
        rounds = self._ask(topics)
        votes = [
            vote(proposed, n_words=self.refiner.n_words, original=topic)
            for proposed, topic in zip(rounds.proposed, topics, strict=True)
        ]
        for number, (voted, topic) in enumerate(zip(votes, topics, strict=True)):
            self.report += report_rows(
                number,
                rounds.proposed[number],
                voted,
                original=topic,
                vocabularies=self.words.vocabularies,
                unknown=rounds.unknown[number],
                epoch=epoch,
            )
            if voted is not None:
                self.kept[number] = _completed(voted, topic)
        self.problems += [f"Epoch {epoch}: {problem}" for problem in rounds.problems]
        self.themes = [max(names, key=names.count) if names else "" for names in rounds.themes]
        self.present = topics
        self.confidence = np.array([np.nan if voted is None else voted.confidence for voted in votes])
        self.n_answers = np.array([0 if voted is None else voted.n_rounds for voted in votes])
        failed = [number for number, voted in enumerate(votes) if voted is None]
        if failed:
            warnings.warn(_failure(failed, epoch, rounds.problems), RefinementWarning, stacklevel=5)

    def _refine_again(self, epoch: int) -> bool:
        """Refine, unless the budget is used up or the server refuses; then never again."""
        if self.is_stopped:
            return False
        try:
            self._refine(epoch)
        except (BudgetError, ChatRefusedError) as error:
            self.is_stopped = True
            warnings.warn(
                f"No refinement in epoch {epoch} or later: {error} Training goes on with the words kept "
                "before.",
                RefinementWarning,
                stacklevel=4,
            )
        return not self.is_stopped

    def _ask(self, topics: list[dict[str, list[int]]]) -> Rounds:
        refiner = self.refiner
        if self.session is not None:
            return ask_chat(refiner, self.session, topics, self.words)
        proposer = OfflineProposer() if refiner.llm is None else refiner.llm
        return ask_offline(
            proposer,
            topics,
            self.words,
            n_rounds=refiner.n_rounds,
            n_words=refiner._n_asked_words,
            seed=self.seed,
        )

    def _top_words(self) -> list[dict[str, list[int]]]:
        top = [
            np.argsort(-part, axis=1, kind="stable")[:, : self.refiner.n_top_words].tolist()
            for part in self.learner.topic_word()
        ]
        return [dict(zip(self.model.languages_, words, strict=True)) for words in zip(*top, strict=True)]

    def _objective(self, phase: Phase) -> RefinementObjective:
        from skxtm.training.objective import RefinedTopics, RefinementObjective, RefinementWeights

        refiner, device = self.refiner, phase.trainer.device
        languages = self.model.languages_
        words = [[voted.words[code] if voted else [] for code in languages] for voted in self.kept]
        shares = [[voted.shares[code] if voted else [] for code in languages] for voted in self.kept]
        topic_vectors = None
        if refiner.weight_documents:
            topic_vectors = gather_topic_vectors(phase.encoder, languages, self._refined_words())
        weights = RefinementWeights(
            words=refiner.weight_words,
            documents=refiner.weight_documents,
            divergence=refiner.divergence,
            bandwidth_factors=tuple(refiner.bandwidth_factors),
            n_top_words=refiner.n_top_words,
            support=refiner.support,
            temperature=refiner.temperature,
            direction=refiner.direction,
        )
        vectors = [self.words.vectors[code] for code in languages] if self.words.vectors else []
        topics = RefinedTopics(words, shares, topic_vectors, device)
        return RefinementObjective(weights, vectors, topics, device)

    def _refined_words(self) -> list[dict[str, list[str]]]:
        """Words kept for each topic; those of a topic that was not refined are its top words."""
        kept = [
            topic if voted is None else voted.words
            for voted, topic in zip(self.kept, self.present, strict=True)
        ]
        return self.words.spelled(kept)

    @staticmethod
    def _pad(history: dict[str, list[float]], n_epochs: int) -> None:
        """Put nan where a term had no part in an epoch."""
        for values in history.values():
            values[:0] = [np.nan] * (n_epochs - len(values))

    def _note_best(self, trainer: Trainer) -> None:
        from skxtm.training.tensors import to_arrays

        loss = trainer.history["loss"][-1]
        if self.refiner.keep == "best" and (self.best is None or loss < self.best[0]):
            self.best = loss, to_arrays(trainer.network)

    def _read_out(self, learner: NetworkLearner, corpus: Corpus, phase: Phase) -> None:
        from skxtm.training.tensors import load_arrays

        trainer = phase.trainer
        if self.best is not None:
            load_arrays(trainer.network, self.best[1])
        trainer.settle(phase.documents)
        self.refiner.history_ = trainer.history
        trainer.history = _joined(self.model.history_, trainer.history)
        learner.read_out(trainer, corpus)

    def _write_results(self) -> None:
        refiner = self.refiner
        refiner.refined_words_ = self._refined_words()
        refiner.confidence_ = self.confidence
        refiner.n_answers_ = self.n_answers
        refiner.themes_ = self.themes
        refiner.problems_ = self.problems
        refiner.usage_ = None if self.session is None else self.session.usage
        refiner._report = self.report


def _joined(before: dict[str, list[float]], after: dict[str, list[float]]) -> dict[str, list[float]]:
    """Histories one after the other; nan where a term had no part in one of them."""
    lengths = [max(map(len, part.values()), default=0) for part in (before, after)]
    return {
        name: [
            value
            for part, length in zip((before, after), lengths, strict=True)
            for value in part.get(name, [np.nan] * length)
        ]
        for name in before | after
    }


def _completed(voted: VotedTopic, topic: dict[str, list[int]]) -> VotedTopic:
    """Give a language for which no word was named its present words, all with one share."""
    words = {code: voted.words[code] or topic[code] for code in topic}
    shares = {code: voted.shares[code] or [1.0] * len(topic[code]) for code in topic}
    return replace(voted, words=words, shares=shares)


def _failure(failed: Sequence[int], epoch: int, problems: Sequence[str]) -> str:
    listed = ", ".join(map(str, failed[:10])) + (", ..." if len(failed) > 10 else "")
    reason = f" The first problem was: {problems[0]}" if problems else ""
    return (
        f"In the refinement of epoch {epoch} all rounds failed for {len(failed)} topics ({listed}), which "
        f"keep the words they had.{reason}"
    )


def fitted_model(estimator: Any) -> CrossLingualTopicModel | None:
    """Find the fitted model that an estimator is or holds.

    Parameters
    ----------
    estimator : object
        What was given to be refined.

    Returns
    -------
    model : CrossLingualTopicModel or None
        None if it is not fitted.

    Raises
    ------
    InputTypeError
        If it is something else.
    """
    model = estimator.estimator if isinstance(estimator, FrozenEstimator) else estimator
    if not isinstance(model, CrossLingualTopicModel):
        raise InputTypeError(
            "The 'estimator' parameter of LLMRefiner must be a CrossLingualTopicModel. Got "
            f"{type(model).__name__} instead."
        )
    return model if hasattr(model, "components_") else None


def check_parameters(refiner: LLMRefiner) -> None:
    """Check the parameters of a refiner.

    Parameters
    ----------
    refiner : LLMRefiner
        Not yet fitted.

    Raises
    ------
    InputError, InputTypeError
        If one is not what is needed.
    """
    from skxtm.backbones.base import check_range

    fitted_model(refiner.estimator)
    for name in ("n_rounds", "refine_every", "n_top_words", "n_words"):
        check_range(refiner, name, 1, None, integer=True)
    if refiner.n_asked_words is not None:
        check_range(refiner, "n_asked_words", refiner.n_words, None, integer=True)
    for name in ("max_epochs", "n_candidates"):
        check_range(refiner, name, 0, None, integer=True)
    for name in ("weight_words", "weight_documents"):
        check_range(refiner, name, 0, None)
    for name in ("temperature", "learning_rate_factor"):
        check_range(refiner, name, 0, None, open_low=True)
    if refiner.max_gradient_norm is not None:
        check_range(refiner, "max_gradient_norm", 0, None, open_low=True)
    factors = np.asarray(refiner.bandwidth_factors)
    if factors.ndim != 1 or factors.dtype.kind not in "fiu" or not len(factors) or not (factors > 0).all():
        raise InputError(
            "The 'bandwidth_factors' parameter of LLMRefiner must be one or more positive numbers. Got "
            f"{refiner.bandwidth_factors!r} instead."
        )
    choices = {
        "divergence": ("mmd", "transport"),
        "support": ("top", "union"),
        "direction": ("forward", "reverse"),
        "prompt": ("joint", "single"),
        "keep": ("last", "best"),
    }
    for name, allowed in choices.items():
        if getattr(refiner, name) not in allowed:
            raise InputError(
                f"The {name!r} parameter of LLMRefiner must be {allowed[0]!r} or {allowed[1]!r}. Got "
                f"{getattr(refiner, name)!r} instead."
            )
    llm = refiner.llm
    if llm is not None and not isinstance(llm, OfflineProposer) and not hasattr(llm, "complete"):
        raise InputTypeError(
            "The 'llm' parameter of LLMRefiner must be None, an OfflineProposer, or a chat model with a "
            f"method complete(request), such as skxtm.llm.OpenAIChat. Got {type(llm).__name__} instead."
        )
