"""Saving and loading models as data: JSON for what is read, safetensors for what is large.

Objects among the parameters are written as their kind and plain parameters, and only the kinds that
`encoding` lists are ever built.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from sklearn.base import clone

from skxtm._model.encoding import Tensors, decode, encode
from skxtm._model.folder import JSON, TENSORS, as_json, as_payload, read_folder, write_folder
from skxtm._model.intake import Columns
from skxtm._model.reading import reader_of
from skxtm._model.shaping import Shaping
from skxtm._model.sources import Resource
from skxtm._model.state import Settings, State
from skxtm._version import __version__
from skxtm.corpus._checks import checked_vocabularies
from skxtm.embeddings import AlignedWordEncoder
from skxtm.exceptions import InputError, MissingDependencyError, ModelFileError
from skxtm.refinement import TopicName

Model = TypeVar("Model")


def save_model(
    path: Path, settings: Settings, state: State, columns: Columns, *, resumable: bool = False
) -> None:
    """Write a fitted model into a folder; a folder that was there is replaced once all is written.

    Parameters
    ----------
    path : Path
        The folder.
    settings : Settings
        Of the estimator.
    state : State
        What it learnt.
    columns : Columns
        Of the count matrix that the model was fitted on.
    resumable : bool, default=False
        Whether to write what training needs to go on as if it had not stopped.

    Raises
    ------
    InputError
        If a parameter cannot be written, or the path is another kind of folder.
    """
    if path.exists() and not is_saved_model(path):
        raise InputError(f"{path} exists and is not a saved model. Choose another path, or remove it first.")
    if path.exists() and path.samefile(Path.cwd()):
        raise InputError(
            f"{path} is the folder that Python runs in, and cannot be replaced. Choose another path."
        )
    tensors = learnt_tensors(state)
    params = {part.name: getattr(settings, part.name) for part in fields(settings)}
    if settings.has_document_arrays:
        params["document_embeddings"] = None
    description = {
        "params": {name: encode(value, name, tensors) for name, value in params.items()},
        "fitted": _fitted(state, columns),
    }
    if state.n_dimensions is not None:
        description["documents"] = _encode_documents(state, settings, tensors)
    if resumable and state.trainer is not None:
        description["training"] = _encode_training(state.trainer, tensors)
    write_folder(path, description, tensors)


def identity(state: State) -> str:
    """Tell what a model says of counts from what all others say; saving and loading do not change it.

    Parameters
    ----------
    state : State
        Of a fitted model.

    Returns
    -------
    digest : str
        Of its words, its backbone and all that it learnt.
    """
    told = {
        "vocabularies": [[code, words.tolist()] for code, words in state.vocabularies.items()],
        "backbone": encode(state.backbone, "backbone", {}),
        "seed": state.seed,
    }
    return hashlib.sha256(as_json(told) + as_payload(learnt_tensors(state))).hexdigest()


def is_saved_model(path: Path) -> bool:
    """Tell a folder that may be replaced by a model from all others.

    Parameters
    ----------
    path : Path
        Anything.

    Returns
    -------
    answer : bool
        Whether it is a folder with the files of a saved model, and no others.
    """
    if not path.is_dir() or any(entry.name not in (JSON, TENSORS) for entry in path.iterdir()):
        return False
    try:
        description = json.loads((path / JSON).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(description, dict) and {"format", "skxtm", "params"} <= description.keys()


def load_model(path: Path, make: Callable[[dict[str, Any]], Model]) -> tuple[Model, State, Columns]:
    """Read a model that `save_model` wrote.

    Parameters
    ----------
    path : Path
        The folder.
    make : callable
        From parameters to the estimator.

    Returns
    -------
    model : CrossLingualTopicModel
        Not yet fitted.
    state : State
        What it had learnt.
    columns : Columns
        Of the count matrix that it was fitted on.

    Raises
    ------
    ModelFileError
        If a file is missing, damaged or of a newer format.
    """
    description, tensors = read_folder(path)
    try:
        model = make({name: decode(value, tensors) for name, value in description["params"].items()})
        state = _restored(description["fitted"], tensors)
        if "documents" in description:
            _decode_documents(state, description["documents"], tensors)
        elif "n_dimensions" in state.constants:  # of XTRA, saved when this was not written for all
            state.n_dimensions = int(state.constants["n_dimensions"].item())
        if "training" in description:
            state.trainer = _decode_training(description["training"], tensors, state)
        columns = Columns.of_saved(description["fitted"])
    except ModelFileError:
        raise
    except (LookupError, TypeError, ArithmeticError, ValueError, RuntimeError, AttributeError) as error:
        raise ModelFileError(
            f"{path} holds no usable model: {type(error).__name__}: {error}. {_remedy(description)}"
        ) from error
    return model, state, columns


def _remedy(description: dict[str, Any]) -> str:
    saved_by = description.get("skxtm")
    if saved_by == __version__:
        return "Save the model again."
    return (
        f"It was saved by skxtm {saved_by}, and this is {__version__}: load it with the skxtm that saved it."
    )


def _fitted(state: State, columns: Columns) -> dict[str, Any]:
    return {
        "languages": list(state.languages),
        "vocabularies": {code: words.tolist() for code, words in state.vocabularies.items()},
        "backbone": encode(state.backbone, "backbone", {}),
        "vectorizer": None if state.vectorizer is None else encode(state.vectorizer, "vectorizer", {}),
        "vectorizer_languages": None if state.vectorizer is None else list(state.vectorizer.languages_),
        "n_iter": state.n_iter,
        "history": {name: [_or_none(value) for value in values] for name, values in state.history.items()},
        "seed": state.seed,
        "seeds": state.seeds,
        "n_features_in": columns.number,
        "feature_names_in": None if columns.names is None else columns.names.tolist(),
        "output": columns.output,
        "names": [[number, *astuple(name)] for number, name in state.names.items()],
        "resources": [_of_resource(resource) for resource in state.resources],
    }


def _restored(fitted: dict[str, Any], tensors: Tensors) -> State:
    from skxtm.backbones.base import CorpusShape

    words = {code: np.array(fitted["vocabularies"][code], dtype=object) for code in fitted["languages"]}
    vocabularies = checked_vocabularies(words)
    vectorizer = decode(fitted["vectorizer"], tensors)
    if vectorizer is not None:
        ordered = fitted.get("vectorizer_languages", fitted["languages"])
        vectorizer._set_vocabularies({code: vocabularies[code] for code in ordered})
    weight, shaped = tensors["topic_weight"], _with_prefix(tensors, "shaping.")
    shaping = Shaping.of_arrays(shaped) if shaped else None
    n_learnt = len(weight if shaping is None else shaping.weight)
    shape = CorpusShape(n_learnt, tuple(fitted["languages"]), tuple(map(len, vocabularies.values())))
    history = {
        name: [np.nan if value is None else value for value in values]
        for name, values in fitted["history"].items()
    }
    state = State(
        decode(fitted["backbone"], tensors),
        shape,
        vocabularies,
        vectorizer,
        fitted["seed"],
        n_iter=fitted["n_iter"],
        history=history,
        seeds=fitted.get("seeds"),
        topic_weight=weight,
        names={number: TopicName(*name) for number, *name in fitted.get("names", [])},
        shaping=shaping,
        resources=[_to_resource(saved) for saved in fitted.get("resources", [])],
    )
    restore_learnt(state, tensors)
    topic_word = reader_of(state, "cpu").topic_word()
    for (code, known), probabilities in zip(vocabularies.items(), topic_word, strict=True):
        if probabilities.shape[1] != len(known):
            raise ModelFileError(
                f"The saved model has {len(known):,} words in {code!r}, but its topics have "
                f"{probabilities.shape[1]:,}. Save the model again."
            )
    state.components = np.hstack(topic_word)
    return state


def _of_resource(resource: Resource) -> dict[str, Any]:
    shares = {code: float(share) for code, share in resource.coverage.items()}
    return {**vars(resource), "languages": list(resource.languages), "coverage": shares}


def _to_resource(saved: dict[str, Any]) -> Resource:
    texts = {name: str(saved[name]) for name in ("kind", "source", "licence")}
    shares = {str(code): float(share) for code, share in saved["coverage"].items()}
    return Resource(languages=tuple(map(str, saved["languages"])), coverage=shares, **texts)


def learnt_tensors(state: State) -> Tensors:
    """Turn all that was learnt into arrays.

    Parameters
    ----------
    state : State
        Of a fitted model.

    Returns
    -------
    tensors : dict of str to ndarray
    """
    assert state.topic_weight is not None
    tensors: Tensors = {"topic_weight": state.topic_weight}
    if state.network is not None:
        from skxtm.training.tensors import to_arrays

        tensors |= {f"network.{name}": value for name, value in to_arrays(state.network).items()}
        tensors |= {f"constant.{name}": value for name, value in state.constants.items()}
    if state.shaping is not None:
        tensors |= {f"shaping.{name}": value for name, value in state.shaping.arrays().items()}
    if state.topics is not None:
        tensors |= {f"learnt.{name}": value for name, value in state.topics.arrays().items()}
        tensors |= {f"topics.{number}": value for number, value in enumerate(state.topics.topic_word())}
        tensors["prior"] = state.topics.prior
    return tensors


def restore_learnt(state: State, tensors: Tensors) -> None:
    """Undo `learnt_tensors`.

    Parameters
    ----------
    state : State
        Given what was learnt.
    tensors : dict of str to ndarray
        By name.
    """
    from skxtm.backbones.arrays import ArrayBackbone

    backbone: Any = state.backbone
    if isinstance(backbone, ArrayBackbone):
        by_number = _with_prefix(tensors, "topics.")
        state.topics = backbone.restore(
            state.shape,
            _with_prefix(tensors, "learnt."),
            distributions=tuple(by_number[str(number)] for number in range(len(by_number))),
            prior=tensors["prior"],
            n_iter=state.n_iter,
            history=state.history,
        )
        return
    from skxtm.training.loop import build_network

    state.constants = _with_prefix(tensors, "constant.")
    weights = _with_prefix(tensors, "network.")
    state.network = build_network(backbone, state.shape, state.constants, state=weights)


def _encode_documents(state: State, settings: Settings, tensors: Tensors) -> dict[str, Any]:
    """Write how documents are embedded; an encoder learnt from the training documents goes to `tensors`."""
    encoder = state.document_encoder
    description: dict[str, Any] = {
        "given": state.documents_given,
        "reads": state.reads_documents,
        "n_dimensions": state.n_dimensions,
    }
    if state.documents_given or not state.reads_documents:
        return description
    if isinstance(encoder, AlignedWordEncoder):
        tensors.update({f"encoder.{name}": value for name, value in encoder._document_arrays().items()})
        description["encoder"] = encode(clone(encoder).set_params(word_vectors=None), "encoder", {})
    elif settings.document_embeddings is None:
        description["encoder"] = encode(encoder, "document_embeddings", {})
    description["version"] = getattr(encoder, "version", None)
    return description


def _decode_documents(state: State, description: dict[str, Any], tensors: Tensors) -> None:
    # folders saved before documents were read by more than these had no such word
    state.reads_documents = description.get("reads", "document_vectors" in state.backbone.reads)
    state.documents_given = description["given"]
    state.n_dimensions = int(description["n_dimensions"])
    if "encoder" in description:
        state.document_encoder = encoder = decode(description["encoder"], tensors)
        if isinstance(encoder, AlignedWordEncoder):
            encoder._set_document_arrays(state.vocabularies, _with_prefix(tensors, "encoder."))
    trained, present = description.get("version"), _version_at_hand(state.document_encoder)
    if trained != present and None not in (trained, present):
        warnings.warn(
            f"The model was trained with version {trained} of its encoder of documents, and version "
            f"{present} is installed: topics of documents may differ.",
            stacklevel=4,
        )


def _version_at_hand(encoder: Any) -> str | None:
    """Version of an encoder; None if it has none, or is not installed, as only new documents need it."""
    try:
        return getattr(encoder, "version", None)
    except MissingDependencyError:
        return None


def _encode_training(state: dict[str, Any], tensors: Tensors) -> dict[str, Any]:
    """Turn the state of a trainer into JSON; the optimiser's moments go to `tensors`."""
    moments = {
        f"training.{number}.{name}": value
        for number, moment in state["moments"].items()
        for name, value in moment.items()
    }
    tensors.update({**moments, "training.generator": state["generator"]})
    return {"rng": state["rng"]}


def _decode_training(training: dict[str, Any], tensors: Tensors, state: State) -> dict[str, Any]:
    parts = _with_prefix(tensors, "training.")
    generator = parts.pop("generator")
    moments: dict[int, Tensors] = {}
    for place, value in parts.items():
        number, name = place.split(".")
        # the number of steps, a scalar, was once written as an array of one
        moments.setdefault(int(number), {})[name] = value.reshape(()) if name == "step" else value
    return {
        "moments": moments,
        "rng": training["rng"],
        "generator": generator,
        "n_epochs": state.n_iter,
        "history": state.history,
    }


def _with_prefix(tensors: Tensors, prefix: str) -> Tensors:
    """Pick the tensors whose names begin with a prefix, and take it off."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _or_none(value: float) -> float | None:
    """JSON has no nan."""
    return None if np.isnan(value) else value
