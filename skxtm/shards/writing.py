"""Writing shards, and what a model says of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from skxtm._files import replacing
from skxtm._parameters import check_number
from skxtm.corpus import Corpus, same_vocabularies
from skxtm.exceptions import InputError, InputTypeError
from skxtm.shards._format import INDEX, Index, ShardFile, Vocabularies, to_arrays, write_arrays, write_index
from skxtm.shards.reading import Shards


def write_shards(
    documents: Corpus | Iterable[Corpus], folder: str | os.PathLike[str], *, n_per_shard: int = 100_000
) -> Shards:
    """Write word counts into a folder of shards: arrays of numbers and one JSON, and no code.

    Parameters
    ----------
    documents : Corpus or iterable of Corpus
        With counts over the same vocabularies. Of an iterable, such as a generator, one at a time is held in
        memory.
    folder : path
        Made if it is not there; it must not hold shards yet.
    n_per_shard : int, default=100000
        Documents of a shard at most; shards of an iterable end where its parts do.

    Returns
    -------
    shards : Shards
        What was written. Texts, embeddings and labels of documents are not; rows keep their order.

    Raises
    ------
    InputError
        If vocabularies differ, counts are no whole numbers, or the folder holds shards already.
    InputTypeError
        If a part is no Corpus.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> from skxtm.shards import write_shards
    >>> corpus = make_multilingual_corpus(50, random_state=0).corpus
    >>> with TemporaryDirectory() as folder:
    ...     print(write_shards(corpus, folder, n_per_shard=30))
    Shards(4 shards; languages en, zh; 400 words)
    """
    check_number(n_per_shard, "n_per_shard", None, 1, integer=True)
    target = Path(folder)
    if (target / INDEX).exists():
        raise InputError(f"The folder {str(target)!r} holds shards already. Delete it, or give another path.")
    target.mkdir(parents=True, exist_ok=True)
    vocabularies: Vocabularies | None = None
    written: list[ShardFile] = []
    for number, part in enumerate([documents] if isinstance(documents, Corpus) else documents):
        if not isinstance(part, Corpus):
            raise InputTypeError(f"Part {number} is {type(part).__name__!r}, but a Corpus is needed.")
        vocabularies = part.vocabularies if vocabularies is None else vocabularies
        if vocabularies is None or not same_vocabularies(vocabularies, part.vocabularies):
            raise InputError(
                f"Part {number} has other vocabularies than the parts before it, or none. Count all words "
                "with one fitted CrossLingualVectorizer."
            )
        for start in range(0, len(part), n_per_shard):
            piece = part[start : start + n_per_shard]
            path = target / f"{len(written):06}.npz"
            write_arrays(path, to_arrays(piece, f"Part {number}"))
            written.append(ShardFile(path.name, len(piece), path.stat().st_size))
    if vocabularies is None or not written:
        raise InputError("There are no documents to write. Give at least one.")
    write_index(target, Index(vocabularies, tuple(written)))
    return Shards(target)


def transform_to_folder(model: Any, shards: Any, folder: str | os.PathLike[str]) -> list[Path]:
    """Write the topic proportions of documents, a file a shard; what is there already is not made again.

    Parameters
    ----------
    model : CrossLingualTopicModel
        Fitted.
    shards : Shards, or sequence that `Shards` takes
        The documents.
    folder : path
        Made if it is not there.

    Returns
    -------
    paths : list of Path
        One file for each shard, an array (n_documents, n_components) of float32 that `numpy.load` reads.
        Delete them before another model writes into the folder.

    Raises
    ------
    InputError, InputTypeError
        As from ``transform_shards``.
    """
    pieces = Shards.of(shards)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    paths = [target / f"{number:06}.npy" for number in range(len(pieces))]
    missing = [number for number, path in enumerate(paths) if not path.exists()]
    for number, theta in zip(
        missing, model.transform_shards(pieces.take(missing)) if missing else (), strict=True
    ):
        with replacing(paths[number]) as partial, partial.open("wb") as file:
            np.save(file, theta, allow_pickle=False)
    return paths
