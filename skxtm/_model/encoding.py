"""Parameters as data: JSON for plain values, tensors for large ones, and only the kinds listed here."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from skxtm._counting.reader import is_list_of_str
from skxtm.backbones import backbone_class, backbone_name, backbone_names
from skxtm.embeddings import AlignedWordEncoder, SentenceTransformerEncoder, UniversalSentenceEncoder
from skxtm.exceptions import InputError, ModelFileError
from skxtm.lexicon import Lexicon, read_later
from skxtm.vectorizer import CrossLingualVectorizer

Tensors = dict[str, NDArray[Any]]

_KINDS: dict[str, Any] = {
    "vectorizer": CrossLingualVectorizer,
    "aligned_words": AlignedWordEncoder,
    "sentence_transformer": SentenceTransformerEncoder,
    "universal_sentence_encoder": UniversalSentenceEncoder,
}
# numbers in the key of numpy's RandomState
_N_KEY = 624
_COLLECTIONS: dict[str, Any] = {"tuple": tuple, "set": set, "frozenset": frozenset}
# before the name of a backbone that another package registers, which may be that of any kind here
_FOREIGN = "backbone:"


def encode(value: Any, name: str, tensors: Tensors) -> Any:
    """Turn a parameter into JSON; large parts go to `tensors`.

    Parameters
    ----------
    value : object
        Of the parameter.
    name : str
        For messages, and for the names of tensors.
    tensors : dict of str to ndarray
        To add to.

    Returns
    -------
    encoded : object
        For `json.dumps`.

    Raises
    ------
    InputError
        If it is not plain data.
    """
    value = _plain(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        items = [encode(item, f"{name}.{number}", tensors) for number, item in enumerate(value)]
        return {"kind": "tuple", "items": items} if isinstance(value, tuple) else items
    if isinstance(value, (set, frozenset)):
        large: Tensors = {}
        # sorted, so that the bytes are the same in every run
        items = sorted((encode(item, name, large) for item in value), key=json.dumps)
        if not large:
            return {"kind": "set" if isinstance(value, set) else "frozenset", "items": items}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {
            "kind": "dict",
            "items": {key: encode(item, f"{name}.{key}", tensors) for key, item in value.items()},
        }
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf" and value.dtype.itemsize <= 8:
        tensors[f"param.{name}"] = value.astype(value.dtype.newbyteorder("="), copy=False)
        return {"kind": "array", "tensor": f"param.{name}"}
    if isinstance(value, np.random.RandomState):
        state: dict[str, Any] = value.get_state(legacy=False)
        if state["bit_generator"] == "MT19937":
            tensors[f"param.{name}"] = state["state"].pop("key")
            return {"kind": "random_state", "tensor": f"param.{name}", "state": state}
    if isinstance(value, Lexicon):
        return _encode_lexicon(value, name, tensors)
    if isinstance(value, BaseEstimator) and _kind_of(value) is not None:
        params = value.get_params(deep=False)
        return {
            "kind": _kind_of(value),
            "params": {key: encode(item, f"{name}.{key}", tensors) for key, item in params.items()},
        }
    from skxtm.backbones.base import Backbone

    remedy, if_pickled = "Use plain values", ""
    if callable(value):
        if_pickled = "; a function must then be one that can be imported"
    if isinstance(value, Backbone):
        remedy = "Register the class as an entry point of the group 'skxtm.backbones'"
    elif name == "word_embeddings":
        remedy = "Only training needs it: set_params(word_embeddings=None) first"
    elif name == "document_embeddings":
        remedy = "Fit on vectors as arrays instead, such as Corpus(embedding=...)"
    raise InputError(
        f"The parameter {name!r} holds {type(value).__name__!r}, which cannot be saved as data. {remedy}, or "
        f"pickle the model if you trust everybody who will load it{if_pickled}."
    )


def _plain(value: Any) -> Any:
    """Take paths as str, tables of words as dicts, numpy as Python, and collections of str as lists."""
    from skxtm.lexicons.result import SourcedLexicon

    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "iloc") and value.ndim == 2 and all(isinstance(word, str) for word in value.index):
        return dict(zip(value.index, value.to_numpy(), strict=True))
    if isinstance(value, SourcedLexicon):
        return value.lexicon
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    is_known = isinstance(value, (list, tuple, set, frozenset, Mapping))
    is_other = not is_known and getattr(value, "ndim", 1) == 1
    return list(map(str, value)) if is_other and is_list_of_str(value) else value


def decode(value: Any, tensors: Tensors) -> Any:
    """Undo `encode`.

    Parameters
    ----------
    value : object
        From JSON.
    tensors : dict of str to ndarray
        That belong to it.

    Returns
    -------
    decoded : object
        The parameter.

    Raises
    ------
    ModelFileError
        If it is of an unknown kind.
    """
    if isinstance(value, list):
        return [decode(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value["kind"]
    if kind in _COLLECTIONS:
        return _COLLECTIONS[kind](decode(item, tensors) for item in value["items"])
    if kind == "dict":
        return {key: decode(item, tensors) for key, item in value["items"].items()}
    if kind == "array":
        return tensors[value["tensor"]]
    if kind == "random_state":
        return _decode_random_state(value["state"], tensors[value["tensor"]])
    if kind == "lexicon":
        return _decode_lexicon(value, tensors)
    params = {key: decode(item, tensors) for key, item in value["params"].items()}
    if kind in _KINDS:
        return _KINDS[kind](**params)
    if kind.startswith(_FOREIGN):
        return _foreign_backbone(kind.removeprefix(_FOREIGN))(**params)
    if kind in backbone_names():
        return backbone_class(kind)(**params)
    raise ModelFileError(f"The saved model names the unknown kind {kind!r}; it may be of a newer skxtm.")


def _decode_random_state(state: dict[str, Any], key: NDArray[Any]) -> np.random.RandomState:
    """Make a source of randomness; numpy would take the place in its key on trust, and read beyond it."""
    place = state["state"]["pos"]
    if key.dtype != np.uint32 or key.shape != (_N_KEY,) or type(place) is not int or not 0 <= place <= _N_KEY:
        raise ModelFileError("A random_state of the saved model is damaged. Save the model again.")
    source = np.random.RandomState()
    source.set_state(state | {"state": {"key": key, "pos": place}})
    return source


def _kind_of(value: BaseEstimator) -> str | None:
    for kind, cls in _KINDS.items():
        if type(value) is cls:
            return kind
    name, is_own = backbone_name(type(value)), type(value).__module__.startswith("skxtm.")
    return name if name is None or is_own else _FOREIGN + name


def _foreign_backbone(name: str) -> Any:
    """Find the class of a backbone that another package registers."""
    try:
        return backbone_class(name)
    except InputError as error:
        raise ModelFileError(f"The saved model needs a backbone of another package. {error}") from error


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
    """Know what a lexicon is for; its pairs are read when they are needed, which for `transform` is never."""
    return read_later(
        tuple(value["languages"]), value["match"], partial(_lexicon_pairs, tensors[value["tensor"]])
    )


def _lexicon_pairs(text: NDArray[np.uint8]) -> list[tuple[str, str]]:
    try:
        first, second = json.loads(text.tobytes())
        return list(zip(first, second, strict=True))
    except (TypeError, ValueError) as error:
        raise ModelFileError(
            f"A lexicon of the saved model is damaged ({error}). Save the model again."
        ) from error
