"""One cell: train or load the model, refine it, measure it, write the result."""

import json
import os
import platform
import resource
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import torch
from _configuration import PLAIN, VARIANTS, Cell, Training
from _evaluation import Evaluation
from sklearn.base import clone

import skxtm
from skxtm import Corpus, CrossLingualTopicModel, LLMRefiner
from skxtm.backbones import backbone_class
from skxtm.backbones.base import NetworkBackbone
from skxtm.embeddings import AlignedWordEncoder
from skxtm.exceptions import ModelFileError

SAVE_EVERY = 300  # seconds of training after which a network is kept, so that a stopped run loses few
GIVEN = ("lexicon", "word_embeddings", "document_embeddings")  # parameters that are not loaded with a model
N_STORED = 25  # words of each topic and language that a result keeps; ratings need 15


class ResultError(RuntimeError):
    """There is nothing that can be read, with what to do."""


class FirstPhaseError(RuntimeError):
    """The model before refinement could not be trained, so that no cell made of it can be measured."""


@dataclass(frozen=True)
class Results:
    """Where results lie."""

    folder: Path

    def cell(self, cell: Cell) -> Path:
        """File of a finished cell."""
        return self.folder / "cells" / f"{cell.name}.json"

    def model(self, training: Training) -> Path:
        """Folder of a trained model; beside it a JSON file, written last, says how it was trained."""
        return self.folder / "models" / training.name

    def finished(self) -> list[dict[str, Any]]:
        """All results that are there, by the names of their files."""
        return [{"name": path.stem, **read_result(path)} for path in sorted(self.folder.glob("cells/*.json"))]

    def chosen(self, only: str = "") -> list[dict[str, Any]]:
        """Results whose name contains a text.

        Raises
        ------
        ResultError
            If there are none.
        """
        cells = self.finished()
        if not cells:
            raise ResultError(f"No cells in {self.folder / 'cells'}. Give --results the folder of a run.")
        chosen = [cell for cell in cells if only in cell["name"]]
        check_any(chosen, only, cells[0]["name"])
        return chosen


def check_any(chosen: list[Any], only: str, example: str) -> None:
    """Refuse a text that no cell's name contains."""
    if not chosen:
        raise ResultError(f"No cell's name contains {only!r}. Names are such as {example!r}.")


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def write_json(path: Path, content: Any) -> None:
    """Write JSON that people can read too."""
    write_whole(path, json.dumps(content, indent=1, ensure_ascii=False, default=str) + "\n")


def read_result(path: Path) -> dict[str, Any]:
    """Read a file that `write_json` wrote.

    Raises
    ------
    ResultError
        If it is empty, cut short or something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ResultError(f"{path} cannot be read: {error}. Delete it, and run computes it anew.") from error
    if not isinstance(content, dict) or not content:
        raise ResultError(f"{path} holds no result. Delete it, and run computes it anew.")
    return content


def has_result(path: Path) -> bool:
    """Tell whether there is a file that can be read."""
    try:
        return path.exists() and bool(read_result(path))
    except ResultError:
        return False


def compute(cell: Cell, data_home: Path, results: Results) -> None:
    """Measure one cell and write its file."""
    training = cell.training
    evaluation = Evaluation(training.corpus, data_home, training.match, training.vocabulary)
    try:
        model, trained = first_phase(training, evaluation, results.model(training))
    except Exception as error:
        raise FirstPhaseError(f"Training failed: {type(error).__name__}: {error}") from error
    if cell.variant == PLAIN:
        facts = {name: trained[name] for name in ("seconds", "peak_gib", "versions")}
    else:
        model, facts = refined(cell, model, evaluation)
    features = evaluation.features(model)
    accuracies = {name: evaluation.accuracies(features, name) for name in cell.classifiers}
    content = {
        "settings": cell.settings,
        "trained": trained,
        **facts,
        "figures": evaluation.topics(model),
        "accuracies": accuracies,
        "topics": model.get_topics(N_STORED),
    }
    write_json(results.cell(cell), content)


def first_phase(
    training: Training, evaluation: Evaluation, folder: Path
) -> tuple[CrossLingualTopicModel, dict[str, Any]]:
    """Load the trained model, or train and save it; it is loaded either way, so that results are alike.

    It is trained again if its folder is gone, or the file that says how it was trained.
    """
    description = folder.with_name(f"{folder.name}.json")
    encoder = shared_encoder(training, evaluation)
    if not (folder.exists() and has_result(description)):
        write_json(description, train(training, evaluation, encoder, folder))
    model = loaded(folder)
    model.set_params(**dict(zip(GIVEN, (evaluation.lexicon, encoder, encoder), strict=True)))
    return model, read_result(description)


def loaded(folder: Path) -> CrossLingualTopicModel:
    """Load a model that was saved here.

    Raises
    ------
    ResultError
        If it is damaged.
    """
    try:
        return CrossLingualTopicModel.load(folder)
    except ModelFileError as error:
        raise ResultError(f"{folder} cannot be loaded. Delete it, and run trains the model anew.") from error


def shared_encoder(training: Training, evaluation: Evaluation) -> AlignedWordEncoder | None:
    """Learn the embeddings that all models of a corpus share, if they do."""
    if training.encoder_seed is None:
        return None
    encoder = AlignedWordEncoder(random_state=training.encoder_seed)
    return encoder.fit(evaluation.train.corpus, lexicons=evaluation.lexicon)


def train(
    training: Training, evaluation: Evaluation, encoder: AlignedWordEncoder | None, folder: Path
) -> dict[str, Any]:
    """Train and save a model; return how it was trained."""
    default = default_backbone(training)
    backbone = clone(default).set_params(**backbone_parameters(training, evaluation))
    model = CrossLingualTopicModel(
        training.components,
        backbone=backbone,
        lexicon=evaluation.lexicon,
        word_embeddings=encoder,
        document_embeddings=encoder,
        max_epochs=training.epochs,
        batch_size=training.batch_size,
        learning_rate=training.learning_rate,
        n_threads=torch.get_num_threads(),  # those of this process, see _running.child
        random_state=training.seed,
    )
    started = time.perf_counter()
    part = folder.with_name(f"{folder.name}.part")
    model, seconds = fitted(model, evaluation.train.corpus, part)
    model.save(folder)
    shutil.rmtree(part, ignore_errors=True)
    facts = used(started) | {"seconds": seconds}
    published = default.get_params().get("max_epochs")
    parameters = model.backbone_.get_params()
    epochs = {"epochs": model.n_iter_, "published_epochs": published}
    return {**epochs, "n_threads": model.n_threads, "backbone": parameters, **facts}


def fitted(model: CrossLingualTopicModel, corpus: Corpus, part: Path) -> tuple[CrossLingualTopicModel, float]:
    """Fit a model, or go on where an earlier run stopped; also the seconds of all runs together.

    A network that trains for longer than `SAVE_EVERY` seconds is kept in a folder, `part`, from time to time.
    Epochs in pieces, saved and loaded in between, give the bits of a fit in one piece with as
    many threads.
    """
    has_network = isinstance(model.backbone, NetworkBackbone)
    n_epochs = (model.max_epochs or model.backbone.max_epochs) if has_network else 0
    seconds_file = part.with_name(f"{part.name}.json")
    before = 0.0
    started = saved = time.perf_counter()
    if not n_epochs:  # nothing is learnt in epochs
        model.fit(corpus)
    else:
        if part.exists():
            given = {name: getattr(model, name) for name in (*GIVEN, "n_threads")}
            model = loaded(part).set_params(**given)
            before = seconds_of(seconds_file)
        in_piece = 1  # epochs; the first one says how long one takes
        while (left := n_epochs - getattr(model, "n_iter_", 0)) > 0:
            began, in_piece = time.perf_counter(), min(in_piece, left)
            model.partial_fit(corpus, n_epochs=in_piece)
            now = time.perf_counter()
            if now - saved > SAVE_EVERY:
                saved = now
                model.save(part, resumable=True)
                write_json(seconds_file, round(before + now - started, 1))
            in_piece = max(1, int(SAVE_EVERY / 2 * in_piece / (now - began)))
        seconds_file.unlink(missing_ok=True)
    return model, round(before + time.perf_counter() - started, 1)


def seconds_of(path: Path) -> float:
    """Read the seconds of earlier runs; none if they were not written in whole, as the model was."""
    try:
        return float(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return 0.0


def default_backbone(training: Training) -> Any:
    """Make the backbone with its defaults, or with those of a recipe."""
    cls: Any = backbone_class(training.backbone)
    return cls() if training.recipe is None else cls.published(training.recipe)


def backbone_parameters(training: Training, evaluation: Evaluation) -> dict[str, Any]:
    """Parameters of the backbone that are not its defaults."""
    parameters = dict(evaluation.setup.parameters.get(training.backbone, {}))
    if training.shrink_schedule and training.epochs:
        default = default_backbone(training).get_params()
        share = training.epochs / default["max_epochs"]
        parameters["decay_every"] = max(1, round(share * default["decay_every"]))
    if training.exact_statistics:
        parameters["batch_norm_momentum"] = None
    return parameters


def refined(
    cell: Cell, model: CrossLingualTopicModel, evaluation: Evaluation
) -> tuple[LLMRefiner, dict[str, Any]]:
    """Refine a model in one variant; return how that went."""
    options = {"support": "top", "n_rounds": cell.n_rounds, **VARIANTS[cell.variant]}
    if cell.refine_every is not None:
        options["refine_every"] = cell.refine_every
    refiner = LLMRefiner(model, max_epochs=cell.refinement_epochs, random_state=cell.training.seed, **options)
    started = time.perf_counter()
    refiner.fit(evaluation.train.corpus)
    facts = used(started)
    kept = refiner.refined_words_
    n_words = min(len(words) for topic in kept for words in topic.values())
    figures = evaluation.of_words(kept, n_words) if n_words else {}
    confidence = float(np.nanmean(refiner.confidence_))
    return refiner, {**facts, "confidence": confidence, "words_kept": figures, "n_words_kept": n_words}


def used(started: float) -> dict[str, Any]:
    """Seconds since a start, peak memory of this process so far, and the versions at work."""
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__,
            "sklearn": sklearn.__version__,
            "skxtm": skxtm.__version__,
        },
    }
