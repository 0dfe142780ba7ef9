"""Writing shards, and what a model says of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm._files import replacing
from skxtm._parameters import check_choice, check_number
from skxtm.corpus import Corpus, same_vocabularies
from skxtm.exceptions import InputError, InputTypeError
from skxtm.shards._files import write_arrays
from skxtm.shards._format import INDEX, Index, ShardFile, Vocabularies, to_arrays, write_index
from skxtm.shards._parquet import arrow, write_table
from skxtm.shards._proportions import Proportions, claim, is_whole
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
        What was written. Texts, embeddings and `pair_id` of documents are not, ids are; rows keep their
        order.

    Raises
    ------
    InputError
        If vocabularies differ, counts are no whole numbers, ids neither strings nor whole numbers, or the
        folder holds shards already.
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


def transform_to_folder(
    model: Any, shards: Any, folder: str | os.PathLike[str], *, format: str = "npy"
) -> list[Path]:
    """Write the topic proportions of documents, a file a shard; a run that was stopped goes on.

    Parameters
    ----------
    model : CrossLingualTopicModel
        Fitted; of an `LLMRefiner` its ``model_``.
    shards : Shards, or sequence that `Shards` takes
        The documents.
    folder : path
        Made if it is not there. A file ``proportions.json`` says whose proportions it holds: those that are
        there are not made again if they are of the same model, shards and format, and refused else; a file
        that was cut short is made again.
    format : {"npy", "parquet"}, default="npy"
        Arrays that `numpy.load` reads, or tables in Parquet (extra ``parquet``).

    Returns
    -------
    paths : list of Path
        One file for each shard: an array (n_documents, n_components) of float32, or a table with the columns
        ``id``, where documents have ids, ``language``, and one for each topic, with its name; for ids and
        languages every shard is read once more.

    Raises
    ------
    InputError, InputTypeError
        As from ``transform_shards``, or if there is no such format, a topic is named as another column, or
        the folder holds proportions of another model, of other shards or in another format.
    MissingDependencyError
        If Parquet is asked for, and pyarrow is not installed.

    Notes
    -----
    Shards in files are told by the names, sizes and times of the files, those in memory by their counts; of
    functions only the number is known: delete the folder if they return other documents.
    """
    check_choice(format, "format", "transform_to_folder", ("npy", "parquet"))
    if not hasattr(model, "transform_shards"):
        raise InputTypeError(
            f"The 'model' parameter of transform_to_folder must be a CrossLingualTopicModel. Got "
            f"{type(model).__name__!r}. Of an LLMRefiner give its model_, of a pipeline the step that it is."
        )
    names = _names_of_topics(model) if format == "parquet" else []
    pieces = Shards.of(shards)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    claim(target, Proportions.of(model._identity(), pieces, format, names))
    paths = [target / f"{number:06}.{format}" for number in range(len(pieces))]
    missing = [number for number, path in enumerate(paths) if not is_whole(path)]
    for number, theta in zip(
        missing, model.transform_shards(pieces.take(missing)) if missing else (), strict=True
    ):
        if format == "parquet":
            write_table(paths[number], _columns_of(pieces[number], theta, names))
        else:
            with replacing(paths[number]) as partial, partial.open("wb") as file:
                np.save(file, theta, allow_pickle=False)
    return paths


def _names_of_topics(model: Any) -> list[str]:
    arrow()
    names = list(model.get_feature_names_out())
    taken = [name for name, times in Counter([*names, "id", "language"]).items() if times > 1]
    if taken:
        raise InputError(
            f"Several columns would have the names {taken}. Give topics other names with set_topic_names, or "
            "write format='npy'."
        )
    return names


def _columns_of(corpus: Corpus, theta: NDArray[np.float32], names: Sequence[str]) -> dict[str, Any]:
    ids = {} if corpus.id is None else {"id": corpus.id.tolist()}
    return ids | {"language": corpus.language.tolist()} | dict(zip(names, theta.T, strict=True))
