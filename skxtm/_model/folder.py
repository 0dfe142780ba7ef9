"""The folder of a saved model: ``model.json`` and ``tensors.safetensors``, which fit together or are refused.

The JSON names the SHA-256 of the other file and of its own content, so that a file that was damaged, changed
or exchanged is noticed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from skxtm._model.encoding import Tensors
from skxtm._version import __version__
from skxtm.exceptions import ModelFileError

FORMAT = 1
JSON, TENSORS = "model.json", "tensors.safetensors"
_OWN_DIGEST = "content_sha256"
_N_READS, _PAUSE_S = 3, 0.05


def write_folder(path: Path, description: dict[str, Any], tensors: Tensors) -> None:
    """Write a folder, and put it in the place of one that was there once all is written.

    Parameters
    ----------
    path : Path
        The folder.
    description : dict
        For JSON.
    tensors : dict of str to ndarray
        Arrays.
    """
    payload = as_payload(tensors)
    content = {"format": FORMAT, "skxtm": __version__} | description
    content["sha256"] = hashlib.sha256(payload).hexdigest()
    content[_OWN_DIGEST] = _own_digest(content)
    _replace_folder(path, {TENSORS: payload, JSON: as_json(content)})


def read_folder(path: Path) -> tuple[dict[str, Any], Tensors]:
    """Read a folder, and again if it was replaced meanwhile.

    Parameters
    ----------
    path : Path
        Which `write_folder` wrote.

    Returns
    -------
    description : dict
        What the JSON says.
    tensors : dict of str to ndarray
        Arrays.

    Raises
    ------
    ModelFileError
        If a file is missing, truncated or changed, or of another format.
    """
    for _ in range(_N_READS - 1):
        before = _mark(path)
        try:
            return _read_once(path)
        except ModelFileError:
            time.sleep(_PAUSE_S)
            if _mark(path) == before:
                raise
    return _read_once(path)


def as_payload(tensors: Tensors) -> bytes:
    """Write arrays as safetensors.

    Parameters
    ----------
    tensors : dict of str to ndarray
        Arrays.

    Returns
    -------
    payload : bytes
    """
    from safetensors.numpy import save

    # np.ascontiguousarray would make an array of one of a scalar
    return save({name: np.require(value, requirements="C") for name, value in tensors.items()})


def as_json(description: dict[str, Any]) -> bytes:
    """Write JSON; half a character, as names of files may hold, becomes its escape in JSON.

    Parameters
    ----------
    description : dict
        Plain values.

    Returns
    -------
    text : bytes
    """
    return json.dumps(description, ensure_ascii=False).encode(errors="backslashreplace")


def _own_digest(description: dict[str, Any]) -> str:
    """Digest of all that the JSON says but this, whatever the order of keys, spaces and escapes."""
    content = {name: value for name, value in description.items() if name != _OWN_DIGEST}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _mark(path: Path) -> tuple[int, int] | None:
    """Tell two folders at one path apart; None where there is none for the moment."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _replace_folder(path: Path, files: dict[str, bytes]) -> None:
    """Write all files beside the folder, then put them in its place; at no time half of it is there."""
    path = path.resolve()  # a link is kept, and what it leads to replaced
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    fresh, stale = beside / "fresh", beside / "stale"
    try:
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        fresh.chmod(0o755)
        if path.exists():
            path.rename(stale)
        fresh.rename(path)
    except BaseException:
        if stale.exists() and not path.exists():
            stale.rename(path)
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _read_once(path: Path) -> tuple[dict[str, Any], Tensors]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        description = json.loads((path / JSON).read_text(encoding="utf-8"))
        payload = (path / TENSORS).read_bytes()
    except FileNotFoundError as error:
        raise ModelFileError(
            f"{path} is not a saved model: {Path(error.filename).name} is missing. Check the path, or save "
            "the model again."
        ) from error
    except NotADirectoryError as error:
        raise ModelFileError(
            f"{path} is a file, not a saved model. Give the folder that CrossLingualTopicModel.save wrote."
        ) from error
    except OSError as error:
        raise ModelFileError(
            f"{error.filename or path} cannot be read ({error.strerror or error}). Check who may read it, "
            "and that it is a file."
        ) from error
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path / JSON} is damaged ({error}). Save the model again.") from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        found = description.get("format") if isinstance(description, dict) else None
        raise ModelFileError(
            f"{path} has format {found!r}; this skxtm {__version__} reads format {FORMAT}. Load it with the "
            "skxtm that saved it."
        )
    if description.get(_OWN_DIGEST) not in (None, _own_digest(description)):  # older folders have none
        raise ModelFileError(f"{path / JSON} was changed after it was saved. Save the model again.")
    if hashlib.sha256(payload).hexdigest() != description.get("sha256"):
        raise ModelFileError(f"{path / TENSORS} is truncated or changed. Save the model again.")
    try:
        return description, load(payload)
    except SafetensorError as error:
        raise ModelFileError(f"{path / TENSORS} is damaged ({error}). Save the model again.") from error
