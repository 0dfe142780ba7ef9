"""The folder of shards: word counts as arrays, a file a shard, and one JSON that says what they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm._files import replacing
from skxtm.corpus import Corpus
from skxtm.corpus._checks import checked_vocabularies
from skxtm.exceptions import InputError
from skxtm.shards._files import check_file, damaged

Vocabularies = Mapping[str, NDArray[np.object_]]

INDEX = "shards.json"
_FORMAT = "skxtm shards 1"
_REMEDY = "Write the shards again with skxtm.shards.write_shards."


@dataclass(frozen=True)
class ShardFile:
    """A shard as the index knows it.

    Attributes
    ----------
    name : str
        Of its file.
    n_documents : int
        Rows.
    n_bytes : int
        Size of the file.
    """

    name: str
    n_documents: int
    n_bytes: int


@dataclass(frozen=True)
class Index:
    """What a folder of shards holds.

    Attributes
    ----------
    vocabularies : dict of str to ndarray of str of shape (V_l,)
        Words of all shards.
    shards : tuple of ShardFile
        In their order.
    """

    vocabularies: Vocabularies
    shards: tuple[ShardFile, ...]


def fingerprint(vocabularies: Vocabularies) -> str:
    """Tell vocabularies from all others.

    Parameters
    ----------
    vocabularies : dict of str to ndarray of str of shape (V_l,)
        Words by language.

    Returns
    -------
    digest : str
        Of languages and words, in their order.
    """
    listed = [[code, list(words)] for code, words in vocabularies.items()]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def write_index(folder: Path, index: Index) -> None:
    """Write the index, which makes a folder of files a folder of shards.

    Parameters
    ----------
    folder : Path
        Where the shards are.
    index : Index
        What they are.
    """
    content = {
        "format": _FORMAT,
        "vocabularies": {code: list(words) for code, words in index.vocabularies.items()},
        "shards": [vars(shard) for shard in index.shards],
    }
    with replacing(folder / INDEX) as partial:
        partial.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def read_index(folder: Path) -> Index:
    """Read the index, and compare it with the files beside it.

    Parameters
    ----------
    folder : Path
        Which `write_shards` wrote.

    Returns
    -------
    index : Index

    Raises
    ------
    InputError
        If it is no folder of shards, or a file is missing or has another size.
    """
    path = folder / INDEX
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(
            f"The folder {str(folder)!r} holds no {INDEX}, so that it is none of shards, or was not "
            f"written to the end; nor does it hold a Parquet file, whose name ends in .parquet. {_REMEDY}"
        ) from error
    except (ValueError, OSError, RecursionError) as error:
        raise InputError(f"{str(path)!r} cannot be read: {error}. {_REMEDY}") from error
    try:
        if content["format"] != _FORMAT:
            raise InputError(f"{str(path)!r} is of format {content['format']!r}, not {_FORMAT!r}. {_REMEDY}")
        words = {code: np.array(part, dtype=object) for code, part in content["vocabularies"].items()}
        vocabularies = checked_vocabularies(words)
        shards = tuple(
            ShardFile(str(part["name"]), int(part["n_documents"]), int(part["n_bytes"]))
            for part in content["shards"]
        )
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{str(path)!r} does not say what shards there are. {_REMEDY}") from error
    for shard in shards:
        if Path(shard.name).name != shard.name:
            raise InputError(f"{str(path)!r} names {shard.name!r}, which is outside of its folder. {_REMEDY}")
        check_file(folder / shard.name, shard.n_bytes)
    return Index(vocabularies, shards)


def to_arrays(corpus: Corpus, name: str) -> dict[str, NDArray[Any]]:
    """Write the counts of documents as arrays of small integers.

    Parameters
    ----------
    corpus : Corpus
        With counts.
    name : str
        What messages call it.

    Returns
    -------
    arrays : dict of str to ndarray

    Raises
    ------
    InputError
        If counts are no whole numbers.
    """
    vocabularies = corpus.vocabularies or {}
    number_of = {code: number for number, code in enumerate(vocabularies)}
    arrays: dict[str, NDArray[Any]] = {
        "language": small_integers(np.array([number_of[code] for code in corpus.language], dtype=np.int64)),
        "vocabularies": np.array(fingerprint(vocabularies)),
    }
    arrays |= ids_to_arrays(corpus.id, name)
    for code in corpus.languages:
        block = corpus.counts_of(code)
        check_whole(block, name)
        arrays |= block_to_arrays(code, block)
    return arrays


def check_whole(block: sparse.csr_array, name: str) -> None:
    """Check that counts are whole numbers, whose sums no order changes.

    Parameters
    ----------
    block : csr_array
        Counts.
    name : str
        What messages call them.

    Raises
    ------
    InputError
        If they are not.
    """
    if block.dtype.kind == "f" and not (block.data == np.rint(block.data)).all():
        raise InputError(
            f"{name} holds counts that are no whole numbers, which cannot be summed in any order. Give "
            "counts of words, not weights of them."
        )


def from_arrays(arrays: Mapping[str, NDArray[Any]], vocabularies: Vocabularies, path: Path) -> Corpus:
    """Make documents of arrays again.

    Parameters
    ----------
    arrays : dict of str to ndarray
        From `to_arrays`.
    vocabularies : dict of str to ndarray of str of shape (V_l,)
        From the index.
    path : Path
        Where the arrays come from, for messages.

    Returns
    -------
    corpus : Corpus

    Raises
    ------
    InputError
        If the arrays are not those of a shard with these vocabularies.
    """
    if str(arrays.get("vocabularies")) != fingerprint(vocabularies):
        raise InputError(
            f"The shard {str(path)!r} has other vocabularies than {INDEX} beside it. Write all shards "
            "together, with the counts of one fitted CrossLingualVectorizer."
        )
    codes = np.array(list(vocabularies), dtype=object)
    try:
        language = codes[arrays["language"]]
        present = [code for code in vocabularies if f"indptr.{code}" in arrays]
        blocks = {code: block_from_arrays(code, arrays, len(vocabularies[code])) for code in present}
        return Corpus(language, id=ids_from_arrays(arrays))._counted(blocks, vocabularies)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise damaged(path, f"{error}".rstrip(".")) from error


def ids_to_arrays(ids: NDArray[Any] | None, name: str) -> dict[str, NDArray[Any]]:
    """Write the labels of documents as arrays of numbers.

    Parameters
    ----------
    ids : ndarray of shape (n_documents,) or None
        Strings or whole numbers.
    name : str
        What messages call the documents.

    Returns
    -------
    arrays : dict of str to ndarray
        Nothing of None.

    Raises
    ------
    InputError
        If they are something else.
    """
    if ids is None:
        return {}
    if all(isinstance(label, str) for label in ids):
        return strings_to_arrays("id", list(ids))
    numbers = np.array(ids.tolist()) if ids.dtype == object else ids
    if numbers.dtype.kind in "iu":
        return {"id": numbers}
    raise InputError(
        f"{name} holds ids that are neither all strings nor all whole numbers of 64 bits, and cannot be "
        "written. Make strings of them."
    )


def ids_from_arrays(arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any] | None:
    """Make labels of arrays again.

    Parameters
    ----------
    arrays : dict of str to ndarray
        From `ids_to_arrays`, or with others.

    Returns
    -------
    ids : ndarray of shape (n_documents,) or None
    """
    if "id" in arrays:
        return arrays["id"]
    return np.array(strings_from_arrays("id", arrays), dtype=object) if "id.lengths" in arrays else None


def strings_to_arrays(name: str, strings: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Write strings as arrays of small integers.

    Parameters
    ----------
    name : str
        What the arrays' names begin with.
    strings : sequence of str of length n
        Any strings.

    Returns
    -------
    arrays : dict of str to ndarray
        Their characters, one after the other, and their lengths.
    """
    characters = "".join(strings).encode("utf-8", "surrogatepass")
    lengths = np.fromiter(map(len, strings), dtype=np.int64, count=len(strings))
    return {
        f"{name}.characters": np.frombuffer(characters, dtype=np.uint8),
        f"{name}.lengths": small_integers(lengths),
    }


def strings_from_arrays(name: str, arrays: Mapping[str, NDArray[Any]]) -> list[str]:
    """Make strings of arrays again.

    Parameters
    ----------
    name : str
        What the arrays' names begin with.
    arrays : dict of str to ndarray
        From `strings_to_arrays`, or with others.

    Returns
    -------
    strings : list of str of length n
    """
    characters = arrays[f"{name}.characters"].tobytes().decode("utf-8", "surrogatepass")
    ends = np.cumsum(arrays[f"{name}.lengths"], dtype=np.int64).tolist()
    return [characters[start:end] for start, end in pairwise([0, *ends])]


def block_to_arrays(name: str, block: sparse.csr_array) -> dict[str, NDArray[Any]]:
    """Write whole numbers that are not negative as arrays of small integers.

    Parameters
    ----------
    name : str
        What the arrays' names end in.
    block : csr_array of shape (n_rows, n_columns)
        The numbers.

    Returns
    -------
    arrays : dict of str to ndarray
    """
    return {
        f"data.{name}": small_integers(block.data),
        f"indices.{name}": small_integers(block.indices),
        f"indptr.{name}": block.indptr,
    }


def block_from_arrays(name: str, arrays: Mapping[str, NDArray[Any]], n_words: int) -> sparse.csr_array:
    """Make a matrix of arrays again.

    Parameters
    ----------
    name : str
        What the arrays' names end in.
    arrays : dict of str to ndarray
        From `block_to_arrays`, or with others.
    n_words : int
        Columns.

    Returns
    -------
    block : csr_array of shape (n_rows, n_words)
        Of the small integers.

    Raises
    ------
    KeyError, ValueError
        If they are not there, or of another matrix.
    """
    indptr = arrays[f"indptr.{name}"]
    parts = (arrays[f"data.{name}"], arrays[f"indices.{name}"].astype(indptr.dtype), indptr)
    block = sparse.csr_array(parts, shape=(len(indptr) - 1, n_words))
    block.check_format(full_check=True)  # a number out of range would read foreign memory later
    return block


def small_integers(values: NDArray[Any]) -> NDArray[Any]:
    """Write whole numbers that are not negative in as few bytes as the largest needs.

    Parameters
    ----------
    values : ndarray
        Of any type of number.

    Returns
    -------
    values : ndarray of unsigned integers
    """
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))
