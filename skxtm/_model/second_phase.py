"""The second phase of LLM-XTM: refinements and training in turn."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from tqdm.auto import tqdm

from skxtm._model.intake import training_rows
from skxtm._model.learning import make_trainer, per_document, take_over
from skxtm._model.materials import (
    gather_documents,
    gather_topic_vectors,
    gather_word_vectors,
    topic_encoder,
)
from skxtm._model.reading import reader_of
from skxtm._model.refining import Refining
from skxtm._model.sources import Sources
from skxtm._model.state import Settings, State
from skxtm._model.translations import known_translations
from skxtm._threads import torch_threads
from skxtm.exceptions import AnswersPendingError, InterruptedWarning, RefinementWarning, SkxtmError
from skxtm.refinement import EditedTopics, OfflineProposer, VotedTopic, report_rows, vote
from skxtm.refinement.naming import choose_name, closeness_in
from skxtm.refinement.rounds import Rounds, Words, ask_chat, ask_offline, read_edited
from skxtm.refinement.voting import are_identical

if TYPE_CHECKING:
    from skxtm.backbones.base import Materials
    from skxtm.corpus import Corpus
    from skxtm.llm import ChatSession
    from skxtm.training.batches import TrainingDocuments
    from skxtm.training.loop import Trainer
    from skxtm.training.objective import RefinementObjective

_NEEDED_BY = "LLMRefiner"
_NO_MORE = (
    " This would be paid for in vain in later epochs too, so that no more refinements are made: mend the "
    "cause, and call fit again."
)


@dataclass
class Phase:
    """What training in the second phase works with, besides the model."""

    trainer: Trainer
    materials: Materials
    documents: TrainingDocuments
    encoder: Any = None


class Refinement:
    """One call of `LLMRefiner.fit`: refinements and training in turn.

    Parameters
    ----------
    state : State
        Of the model to refine; trained in place.
    settings : Settings
        Of the model.
    how : Refining
        Settings of the refiner.
    session : ChatSession or None
        Which asks a chat model; None asks `Refining.proposer`.

    Attributes
    ----------
    kept : list of VotedTopic or None
        What the last refinement that succeeded kept for each topic.
    confidence, n_answers, themes, problems, report, history, n_iter : object
        The attributes of these names of `skxtm.LLMRefiner`.
    """

    def __init__(self, state: State, settings: Settings, how: Refining, session: ChatSession | None) -> None:
        self.state = state
        self.settings = settings
        self.sources = Sources(settings, state.languages)
        self.how = how
        self.session = session
        n_topics = state.shape.n_components
        self.report: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self.themes = [""] * n_topics
        self.kept: list[VotedTopic | None] = [None] * n_topics
        self.present: list[dict[str, list[int]]] = []
        self.confidence = np.full(n_topics, np.nan)
        self.n_answers = np.zeros(n_topics, dtype=np.int64)
        self.history: dict[str, list[float]] = {}
        self.n_iter = 0
        self.seed = int(check_random_state(how.random_state).randint(np.iinfo(np.int32).max))
        self.is_refined = self.is_stopped = False
        self.best: tuple[float, dict[str, NDArray[Any]]] | None = None
        self.n_terms = 0
        self.closeness: Callable[[str, str], float] | None = None

    def run(self, corpus: Corpus) -> None:
        """Refine and train.

        Parameters
        ----------
        corpus : Corpus
            Training documents with counts over the model's vocabularies.

        Raises
        ------
        InputError
            If a language of the model has no document with a known word.
        """
        training_rows(corpus, self.state.languages)
        with torch_threads(self.settings.n_threads):
            self.words = self._read_words(corpus)
            if self.words.vectors is not None:
                self.closeness = closeness_in(self.words.vectors, self.words.vocabularies)
            if self.state.network is not None:
                self._train(corpus)
            else:
                self._refine_once()

    def refined_words(self) -> list[dict[str, list[str]]]:
        """Words kept for each topic; those of a topic that was not refined are its top words.

        Returns
        -------
        words : list of dict of str to list of str
        """
        kept = [
            topic if voted is None else voted.words
            for voted, topic in zip(self.kept, self.present, strict=True)
        ]
        return self.words.spelled(kept)

    def _read_words(self, corpus: Corpus) -> Words:
        vocabularies = self.state.vocabularies
        frequencies = {code: np.asarray(corpus.counts_of(code).sum(0)).ravel() for code in vocabularies}
        vectors, lexicons = None, {}
        is_offline = isinstance(self.how.proposer, OfflineProposer)
        if is_offline:
            lexicons = known_translations(self.state, corpus, self.sources)
        if is_offline or self.how.asking.n_candidates or self.how.needs_words:
            by_number = gather_word_vectors(self.state, corpus, self.sources, _NEEDED_BY)
            vectors = dict(zip(vocabularies, by_number, strict=True))
        return Words(vocabularies, frequencies, vectors, lexicons)

    def _refine_once(self) -> None:
        """Refine the words of a model that cannot be trained towards them."""
        if self.how.max_epochs:
            warnings.warn(
                f"Backbone {type(self.state.backbone).__name__!r} has no network to train: LLMRefiner "
                "refines the words and themes of its topics, once, and leaves topic proportions as they are. "
                "max_epochs=0 says that this is meant.",
                RefinementWarning,
                stacklevel=4,
            )
        self._refine_if_possible(0)

    def _train(self, corpus: Corpus) -> None:
        """Refine and train in turn."""
        phase, how = self._prepare(corpus), self.how
        phase.trainer.history = {}
        n_before = phase.trainer.n_epochs
        last = n_before + how.max_epochs
        objective = None
        if not how.max_epochs:
            self._refine_if_possible(0)
        bar = tqdm(total=how.max_epochs, desc="Refining", unit="epoch", disable=not how.verbose)
        try:
            with bar:
                for epoch in range(how.max_epochs):
                    if epoch in how.refinement_epochs and self._refine_if_possible(epoch):
                        objective = self._objective(phase)
                    phase.trainer.train_epoch(phase.documents, objective, last=last)
                    self._pad(phase.trainer.history, epoch + 1)
                    self._note_best(phase.trainer)
                    bar.update()
        except KeyboardInterrupt:
            if not self.is_refined:
                raise
            warnings.warn(
                f"Refinement was interrupted in epoch {phase.trainer.n_epochs - n_before + 1} of "
                f"{how.max_epochs}. The model is usable, as trained so far.",
                InterruptedWarning,
                stacklevel=4,
            )
        self._read_out(corpus, phase)
        self.n_iter = phase.trainer.n_epochs - n_before

    def _prepare(self, corpus: Corpus) -> Phase:
        from skxtm.training.batches import TrainingDocuments
        from skxtm.training.loop import Schedule

        state, settings, how = self.state, self.settings, self.how
        schedule = Schedule.of(state.backbone)
        schedule = replace(
            schedule,
            learning_rate=schedule.learning_rate * how.learning_rate_factor,
            decay_every=None,
            max_gradient_norm=how.max_gradient_norm,
        )
        trainer = make_trainer(state, settings.device, schedule)
        materials = gather_documents(state, corpus, self.sources, with_vectors=how.needs_documents)
        of_each = per_document(state, materials, trainer.device)
        documents = TrainingDocuments(materials.counts, trainer.device, of_each)
        encoder = None
        if how.needs_documents:
            encoder = topic_encoder(state, corpus, self.sources, _NEEDED_BY)
            # tried once, so that an encoder which fails does so before anybody is asked
            gather_topic_vectors(encoder, state.languages, self.words.spelled(self._top_words()))
        return Phase(trainer, materials, documents, encoder)

    def _refine(self, epoch: int) -> None:
        """Get proposals, vote, and note what became of every word."""
        topics = self._top_words()
        rounds = self._ask(topics)
        votes = rounds.voted or [
            vote(proposed, n_words=self.how.n_words, original=topic)
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
                self.confidence[number], self.n_answers[number] = voted.confidence, voted.n_rounds
            names = rounds.themes[number]
            # people may name a topic and leave its words alone; an answer without known words says nothing
            if voted is not None or (names and self.session is None):
                self.themes[number] = choose_name(names, closeness=self.closeness)
        self.problems += [f"Epoch {epoch}: {problem}" for problem in rounds.problems]
        self.present = topics
        self.is_refined = True
        failed = [
            number for number, voted in enumerate(votes) if voted is None and number not in rounds.left_out
        ]
        if failed:
            reasons = rounds.reasons[failed[0]] or rounds.problems
            self.is_stopped = len(failed) == len(topics)
            is_cut_short = self.is_stopped and epoch < max(self.how.refinement_epochs)
            warnings.warn(_failure(failed, epoch, reasons, is_cut_short), RefinementWarning, stacklevel=6)
        if self.session is not None and are_identical(rounds.proposed):
            warnings.warn(
                f"All rounds of epoch {epoch} named the same words, so that confidence_ says nothing. Raise "
                "the temperature of the chat model, or take n_rounds=1.",
                RefinementWarning,
                stacklevel=6,
            )

    def _refine_if_possible(self, epoch: int) -> bool:
        """Refine; after the first time only as long as it is neither forbidden nor in vain."""
        if self.is_stopped:
            return False
        if not self.is_refined:
            self._refine(epoch)
            return True
        try:
            self._refine(epoch)
        except AnswersPendingError:
            raise
        except SkxtmError as error:
            self.is_stopped = True
            warnings.warn(
                f"No refinement in epoch {epoch} or later: {error} Training goes on with the words kept "
                "before.",
                RefinementWarning,
                stacklevel=5,
            )
        return not self.is_stopped

    def _ask(self, topics: list[dict[str, list[int]]]) -> Rounds:
        asking = self.how.asking
        if self.session is not None:
            return ask_chat(self.session, topics, self.words, asking)
        if isinstance(self.how.proposer, EditedTopics):
            return read_edited(
                self.how.proposer,
                self.words,
                n_topics=len(topics),
                n_words=asking.n_words,
                why_absent=self.state.vectorizer and self.state.vectorizer._why_absent,
            )
        assert self.how.proposer is not None
        return ask_offline(
            self.how.proposer,
            topics,
            self.words,
            n_rounds=asking.n_rounds,
            n_words=asking.n_words,
            seed=self.seed,
        )

    def _top_words(self) -> list[dict[str, list[int]]]:
        top = [
            np.argsort(-part, axis=1, kind="stable")[:, : self.how.n_top_words].tolist()
            for part in reader_of(self.state, self.settings.device).topic_word()
        ]
        return [dict(zip(self.state.languages, words, strict=True)) for words in zip(*top, strict=True)]

    def _objective(self, phase: Phase) -> RefinementObjective:
        from skxtm.training.objective import RefinedTopics, RefinementObjective, RefinementWeights

        how, device, languages = self.how, phase.trainer.device, self.state.languages
        words = [[voted.words[code] if voted else [] for code in languages] for voted in self.kept]
        shares = [[voted.shares[code] if voted else [] for code in languages] for voted in self.kept]
        topic_vectors = None
        if how.needs_documents:
            topic_vectors = gather_topic_vectors(phase.encoder, languages, self.refined_words())
        weights = RefinementWeights(
            words=how.weight_words,
            documents=how.weight_documents,
            divergence=how.divergence,
            bandwidth_factors=tuple(how.bandwidth_factors),
            regularisation=how.regularisation,
            language_weights=how.language_weights,
            topic_average=how.topic_average,
            n_top_words=how.n_top_words,
            support=how.support,
            temperature=how.temperature,
            direction=how.direction,
            document_reduction=how.document_reduction,
        )
        vectors = [self.words.vectors[code] for code in languages] if self.words.vectors else []
        topics = RefinedTopics(words, shares, topic_vectors, device)
        return RefinementObjective(weights, vectors, topics, device)

    @staticmethod
    def _pad(history: dict[str, list[float]], n_epochs: int) -> None:
        """Put nan where a term had no part in an epoch."""
        for values in history.values():
            values[:0] = [np.nan] * (n_epochs - len(values))

    def _note_best(self, trainer: Trainer) -> None:
        from skxtm.training.tensors import to_arrays

        loss, n_terms = trainer.history["loss"][-1], len(trainer.history)
        known = self.best if n_terms == self.n_terms else None
        if self.how.keep == "best" and (known is None or loss < known[0]):
            self.best, self.n_terms = (loss, to_arrays(trainer.network)), n_terms

    def _read_out(self, corpus: Corpus, phase: Phase) -> None:
        from skxtm.training.tensors import load_arrays

        trainer = phase.trainer
        if self.best is not None:
            load_arrays(trainer.network, self.best[1])
        trainer.settle(phase.documents)
        self.history = trainer.history
        trainer.history = _joined(self.state.history, trainer.history)
        take_over(self.state, trainer, corpus, phase.materials, self.settings)


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


def _failure(failed: Sequence[int], epoch: int, problems: Sequence[str], is_cut_short: bool) -> str:
    listed = ", ".join(map(str, failed[:10])) + (", ..." if len(failed) > 10 else "")
    reason = f" Of topic {failed[0]} it was: {problems[0]}" if problems else ""
    return (
        f"In the refinement of epoch {epoch} all rounds failed for {len(failed)} topics ({listed}), which "
        f"keep the words they had.{reason}{_NO_MORE if is_cut_short else ''}"
    )
