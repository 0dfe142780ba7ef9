"""Saving and loading models as data: JSON for what is read, safetensors for what is large.

A folder holds ``model.json`` and ``tensors.safetensors``; the JSON names the other file's SHA-256, so that a
damaged or exchanged file is noticed. Objects among the parameters are written as their kind and plain
parameters, and only the kinds listed here are ever built.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from sklearn.base import BaseEstimator, clone

from skxtm._model.learning import Tensors, learner_of, with_prefix
from skxtm._model.materials import encoder_key
from skxtm._version import __version__
from skxtm.backbones import backbone_class, backbone_names
from skxtm.embeddings import AlignedWordEncoder, SentenceTransformerEncoder
from skxtm.exceptions import InputError, ModelFileError
from skxtm.lexicon import Lexicon
from skxtm.vectorizer import CrossLingualVectorizer

if TYPE_CHECKING:
    from skxtm.model import CrossLingualTopicModel

    Model = TypeVar("Model", bound=CrossLingualTopicModel)

FORMAT = 1
_JSON, _TENSORS = "model.json", "tensors.safetensors"
_KINDS: dict[str, Any] = {
    "vectorizer": CrossLingualVectorizer,
    "aligned_words": AlignedWordEncoder,
    "sentence_transformer": SentenceTransformerEncoder,
}


def save_model(model: CrossLingualTopicModel, path: Path, *, resumable: bool = False) -> None:
    """Write a fitted model into a folder; a folder that was there is replaced once all is written.

    Parameters
    ----------
    model : CrossLingualTopicModel
        Fitted.
    path : Path
        The folder.
    resumable : bool, default=False
        Whether to write what training needs to go on as if it had not stopped.

    Raises
    ------
    InputError
        If a parameter cannot be written, or the path is another kind of folder.
    """
    from safetensors.numpy import save

    if path.exists() and not (path / _JSON).is_file():
        raise InputError(f"{path} exists and is not a saved model. Choose another path, or remove it first.")
    tensors = learner_of(model).tensors()
    tensors["topic_weight"] = model.topic_weight_
    given = model.get_params(deep=False)
    if isinstance(given["document_embeddings"], (np.ndarray, Mapping)):
        given["document_embeddings"] = None
    params = {name: _encode(value, name, tensors) for name, value in given.items()}
    description = {
        "format": FORMAT,
        "skxtm": __version__,
        "params": params,
        "fitted": _fitted(model),
    }
    if _reads_documents(model):
        description["documents"] = _encode_documents(model, tensors)
    if resumable and getattr(model, "_trainer_state", None) is not None:
        description["training"] = _encode_training(model._trainer_state, tensors)
    payload = save({name: np.ascontiguousarray(value) for name, value in tensors.items()})
    description["sha256"] = hashlib.sha256(payload).hexdigest()
    _replace_folder(path, {_TENSORS: payload, _JSON: json.dumps(description, ensure_ascii=False).encode()})


def load_model(cls: type[Model], path: Path) -> Model:
    """Read a model that `save_model` wrote.

    Parameters
    ----------
    cls : type
        The estimator's class.
    path : Path
        The folder.

    Returns
    -------
    model : CrossLingualTopicModel

    Raises
    ------
    ModelFileError
        If a file is missing, damaged or of a newer format.
    """
    description, tensors = _read_folder(path)
    try:
        params = {name: _decode(value, tensors) for name, value in description["params"].items()}
        model = cls(**params)
        _restore(model, description["fitted"], tensors)
        if "documents" in description:
            _decode_documents(model, description["documents"], tensors)
        if "training" in description:
            model._trainer_state = _decode_training(description["training"], tensors, model)
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise ModelFileError(
            f"{path} holds no usable model: {type(error).__name__}: {error}. Save the model again."
        ) from error
    return model


def _fitted(model: CrossLingualTopicModel) -> dict[str, Any]:
    backbone = model.backbone_
    return {
        "languages": list(model.languages_),
        "vocabularies": {code: words.tolist() for code, words in model.vocabularies_.items()},
        "backbone": _encode(backbone, "backbone", {}),
        "vectorizer": None if model.vectorizer_ is None else _encode(model.vectorizer_, "vectorizer", {}),
        "n_iter": model.n_iter_,
        "history": {name: [_or_none(value) for value in values] for name, values in model.history_.items()},
        "seed": model._seed,
        "n_features_in": getattr(model, "n_features_in_", None),
        "feature_names_in": getattr(model, "feature_names_in_", np.array([])).tolist() or None,
    }


def _restore(model: CrossLingualTopicModel, fitted: dict[str, Any], tensors: Tensors) -> None:
    from skxtm.backbones.base import CorpusShape

    model.languages_ = tuple(fitted["languages"])
    model.vocabularies_ = {
        code: np.array(words, dtype=object) for code, words in fitted["vocabularies"].items()
    }
    model.backbone_ = _decode(fitted["backbone"], tensors)
    model.vectorizer_ = _decode(fitted["vectorizer"], tensors)
    if model.vectorizer_ is not None:
        model.vectorizer_._set_vocabularies(model.vocabularies_)
    model.n_iter_, model._seed = fitted["n_iter"], fitted["seed"]
    model.history_ = {
        name: [np.nan if value is None else value for value in values]
        for name, values in fitted["history"].items()
    }
    if fitted["n_features_in"] is not None:
        model.n_features_in_ = fitted["n_features_in"]
    if fitted["feature_names_in"] is not None:
        model.feature_names_in_ = np.array(fitted["feature_names_in"], dtype=object)
    sizes = tuple(len(words) for words in model.vocabularies_.values())
    model.topic_weight_ = tensors["topic_weight"]
    model._shape = CorpusShape(len(model.topic_weight_), model.languages_, sizes)
    model._learnt = {}
    learner_of(model).restore(tensors)


def _reads_documents(model: CrossLingualTopicModel) -> bool:
    """Tell whether the model finds topics by documents' embeddings, so that their encoder belongs to it."""
    return "document_vectors" in getattr(model.backbone_, "reads", ())


def _encode_documents(model: CrossLingualTopicModel, tensors: Tensors) -> dict[str, Any]:
    """Write how documents are embedded; an encoder learnt from the training documents goes to `tensors`."""
    learnt = model._learnt
    encoder = learnt.get(encoder_key(model, "document_embeddings"))
    description = {"given": learnt["documents_given"], "n_dimensions": learnt["n_dimensions"]}
    if isinstance(encoder, AlignedWordEncoder) and not description["given"]:
        tensors.update({f"encoder.{name}": value for name, value in encoder._document_arrays().items()})
        description["encoder"] = _encode(clone(encoder).set_params(word_vectors=None), "encoder", {})
    return description


def _decode_documents(model: CrossLingualTopicModel, description: dict[str, Any], tensors: Tensors) -> None:
    model._learnt.update(documents_given=description["given"], n_dimensions=int(description["n_dimensions"]))
    if "encoder" in description:
        encoder = _decode(description["encoder"], tensors)
        encoder._set_document_arrays(model.vocabularies_, with_prefix(tensors, "encoder."))
        model._learnt[encoder_key(model, "document_embeddings")] = encoder


def _encode_training(state: dict[str, Any], tensors: Tensors) -> dict[str, Any]:
    """Turn the state of a trainer into JSON; the optimiser's moments go to `tensors`."""
    moments = {
        f"training.{number}.{name}": value
        for number, moment in state["moments"].items()
        for name, value in moment.items()
    }
    tensors.update({**moments, "training.generator": state["generator"]})
    return {"rng": state["rng"]}


def _decode_training(
    training: dict[str, Any], tensors: Tensors, model: CrossLingualTopicModel
) -> dict[str, Any]:
    state = with_prefix(tensors, "training.")
    generator = state.pop("generator")
    moments: dict[int, Tensors] = {}
    for place, value in state.items():
        number, name = place.split(".")
        # numpy wrote the number of steps, a scalar, as an array of one
        moments.setdefault(int(number), {})[name] = value.reshape(()) if name == "step" else value
    return {
        "moments": moments,
        "rng": training["rng"],
        "generator": generator,
        "n_epochs": model.n_iter_,
        "history": model.history_,
    }


def _or_none(value: float) -> float | None:
    """JSON has no nan."""
    return None if np.isnan(value) else value


def _encode(value: Any, name: str, tensors: Tensors) -> Any:
    """Turn a parameter into JSON; large parts go to `tensors`."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (list, tuple)):
        items = [_encode(item, f"{name}.{number}", tensors) for number, item in enumerate(value)]
        return {"kind": "tuple", "items": items} if isinstance(value, tuple) else items
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {
            "kind": "dict",
            "items": {key: _encode(item, f"{name}.{key}", tensors) for key, item in value.items()},
        }
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        tensors[f"param.{name}"] = value
        return {"kind": "array", "tensor": f"param.{name}"}
    if isinstance(value, Lexicon):
        return _encode_lexicon(value, name, tensors)
    if isinstance(value, BaseEstimator) and _kind_of(value) is not None:
        params = value.get_params(deep=False)
        return {
            "kind": _kind_of(value),
            "params": {key: _encode(item, f"{name}.{key}", tensors) for key, item in params.items()},
        }
    raise InputError(
        f"The parameter {name!r} holds {type(value).__name__!r}, which cannot be saved as data. Use plain "
        "values, or pickle the model if you trust everybody who will load it."
    )


def _decode(value: Any, tensors: Tensors) -> Any:
    """Undo `_encode`."""
    if isinstance(value, list):
        return [_decode(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value["kind"]
    if kind == "tuple":
        return tuple(_decode(item, tensors) for item in value["items"])
    if kind == "dict":
        return {key: _decode(item, tensors) for key, item in value["items"].items()}
    if kind == "array":
        return tensors[value["tensor"]]
    if kind == "lexicon":
        return _decode_lexicon(value, tensors)
    params = {key: _decode(item, tensors) for key, item in value["params"].items()}
    if kind in _KINDS:
        return _KINDS[kind](**params)
    if kind in backbone_names():
        return backbone_class(kind)(**params)
    raise ModelFileError(f"The saved model names the unknown kind {kind!r}; it may be of a newer skxtm.")


def _kind_of(value: BaseEstimator) -> str | None:
    kinds = [name for name, cls in _KINDS.items() if type(value) is cls]
    kinds += [name for name in backbone_names() if type(value) is backbone_class(name)]
    return kinds[0] if kinds else None


def _encode_lexicon(lexicon: Lexicon, name: str, tensors: Tensors) -> dict[str, Any]:
    text = json.dumps([list(words) for words in zip(*lexicon, strict=True)], ensure_ascii=False)
    tensors[f"lexicon.{name}"] = np.frombuffer(text.encode(), dtype=np.uint8)
    return {
        "kind": "lexicon",
        "languages": list(lexicon.languages),
        "match": lexicon.match,
        "tensor": f"lexicon.{name}",
    }


def _decode_lexicon(value: dict[str, Any], tensors: Tensors) -> Lexicon:
    first, second = json.loads(tensors[value["tensor"]].tobytes())
    return Lexicon(zip(first, second, strict=True), tuple(value["languages"]), match=value["match"])


def _replace_folder(path: Path, files: dict[str, bytes]) -> None:
    """Write all files beside the folder, then put them in its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        fresh.chmod(0o755)
        if path.exists():
            shutil.rmtree(path)
        fresh.rename(path)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _read_folder(path: Path) -> tuple[dict[str, Any], Tensors]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        description = json.loads((path / _JSON).read_text(encoding="utf-8"))
        payload = (path / _TENSORS).read_bytes()
    except FileNotFoundError as error:
        raise ModelFileError(
            f"{path} is not a saved model: {Path(error.filename).name} is missing. Check the path, or save "
            "the model again."
        ) from error
    except (OSError, ValueError) as error:
        raise ModelFileError(f"{path / _JSON} is damaged ({error}). Save the model again.") from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        found = description.get("format") if isinstance(description, dict) else None
        raise ModelFileError(
            f"{path} has format {found!r}; this skxtm {__version__} reads format {FORMAT}. Load it with the "
            "skxtm that saved it."
        )
    if hashlib.sha256(payload).hexdigest() != description.get("sha256"):
        raise ModelFileError(f"{path / _TENSORS} is truncated or changed. Save the model again.")
    try:
        return description, load(payload)
    except SafetensorError as error:
        raise ModelFileError(f"{path / _TENSORS} is damaged ({error}). Save the model again.") from error
