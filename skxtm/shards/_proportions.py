"""What a folder of topic proportions holds: a JSON beside the files that says of which model and shards."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import joblib
import numpy as np

from skxtm._files import replacing
from skxtm.corpus import Corpus
from skxtm.exceptions import InputError, SkxtmError
from skxtm.shards._format import fingerprint
from skxtm.shards._parquet import opened
from skxtm.shards.reading import Shards

MANIFEST = "proportions.json"
_FILE = re.compile(r"\d{6,}\.(npy|parquet)")


@dataclass(frozen=True)
class Proportions:
    """Whose proportions a folder holds.

    Attributes
    ----------
    format : str
        Of the files.
    model : str
        Digest of the model.
    topics : list of str
        Names of the columns; empty where there are none.
    shards : list of (str or None)
        Digest of each shard; None where nothing tells it from others.
    """

    format: str
    model: str
    topics: list[str]
    shards: list[str | None]

    @classmethod
    def of(cls, model: str, shards: Shards, format: str, topics: Sequence[str]) -> Self:
        """Tell proportions that are to be written from all others."""
        told = [_identity(shards, number) for number in range(len(shards))]
        return cls(format, model, list(topics), told)


def claim(folder: Path, proportions: Proportions) -> None:
    """Write into a folder what it is to hold, unless it says so already.

    Parameters
    ----------
    folder : Path
        Which exists.
    proportions : Proportions
        What is to be written.

    Raises
    ------
    InputError
        If it holds something else.
    """
    path, wanted = folder / MANIFEST, asdict(proportions)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        found = None
    if found == wanted:
        return
    if any(_FILE.fullmatch(entry.name) for entry in folder.iterdir()):
        raise InputError(
            f"The folder {str(folder)!r} holds proportions {_difference(found, wanted)}. Give another "
            "folder, or delete it."
        )
    with replacing(path) as partial:
        partial.write_text(json.dumps(wanted, ensure_ascii=False), encoding="utf-8")


def is_whole(path: Path) -> bool:
    """Whether a file of proportions is there and can be read, as one that a copy cut short cannot.

    Parameters
    ----------
    path : Path
        Of an array or a table.

    Returns
    -------
    is_whole : bool
        Of arrays only the length is looked at, of tables the list of contents at their end.
    """
    try:
        if path.suffix == ".npy":
            np.load(path, mmap_mode="r", allow_pickle=False)
        else:
            with opened(path):
                pass
    except (OSError, EOFError, ValueError, SkxtmError):
        return False
    return True


def _difference(found: object, wanted: dict[str, object]) -> str:
    if not isinstance(found, dict) or found.keys() != wanted.keys():
        return f"without a readable {MANIFEST} that says of which model they are"
    if found["model"] != wanted["model"]:
        return "of another model"
    if found["shards"] != wanted["shards"]:
        return "of other shards"
    return "in another format, or with other names of topics"


def _identity(shards: Shards, number: int) -> str | None:
    told = shards.identity(number)
    part = shards._parts[number]
    if told is not None or not isinstance(part, Corpus) or not part.has_counts:
        return told
    counts, ids = part.counts, None if part.id is None else part.id.tolist()
    vocabularies = fingerprint(part.vocabularies or {})
    return joblib.hash(
        (vocabularies, part.language.tolist(), ids, counts.data, counts.indices, counts.indptr)
    )
