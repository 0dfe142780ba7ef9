"""Encoding texts and words with models of the sentence-transformers library."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from tqdm.auto import tqdm

from skxtm._optional import import_optional
from skxtm.embeddings._cache import EmbeddingSpace, cached_vectors
from skxtm.embeddings._vectors import FloatMatrix, checked_texts, unit_rows
from skxtm.exceptions import InputError

_BATCHES_PER_WRITE = 8


class SentenceTransformerEncoder(BaseEstimator):
    """Encode texts and words with a multilingual sentence-transformers model.

    Every vector is kept on disk, so that the same text is encoded once and for all. The model is loaded when
    the first text is met whose vector is not known.

    Parameters
    ----------
    model : str or path-like, default="BAAI/bge-m3"
        Name of a model on the Hugging Face Hub, downloaded at first use, or a folder that holds one.
    revision : str, default=None
        Commit, tag or branch of a model on the Hub; None takes its main branch. Vectors are kept under this
        name: pin a commit if the model may change.
    prompt : str, default=None
        Put before every text and word, as some models ask for (``"query: "``). None takes what the model's
        own configuration says, which for most is nothing.
    batch_size : int, default=32
        Texts per forward pass. Texts of like length share a batch.
    device : str, default="auto"
        ``"auto"`` picks CUDA, then MPS, then CPU; or the name of a device. On CUDA the model computes in
        half precision.
    cache : bool or path-like, default=True
        Where vectors are kept: True is ``$SKXTM_CACHE/embeddings`` or, where that is unset,
        ``~/.cache/skxtm/embeddings``; a path is the folder itself; False keeps none.
    normalize : bool, default=True
        Whether to scale every vector to length 1.
    verbose : int, default=0
        1 shows a progress bar.

    See Also
    --------
    AlignedWordEncoder : Needs no download.

    Notes
    -----
    Vectors are found again under the model's name and revision, the prompt and the text; for a folder, a hash
    of its files stands for name and revision, so that a model trained further is encoded anew. Several
    processes may share the cache. It does not record the device: vectors computed in half precision are also
    found on a CPU.

    Examples
    --------
    >>> from skxtm.embeddings import SentenceTransformerEncoder
    >>> encoder = SentenceTransformerEncoder("intfloat/multilingual-e5-small", prompt="query: ")
    >>> encoder.encode(["rain tomorrow", "明天下雨"]).shape  # doctest: +SKIP
    (2, 384)
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = "BAAI/bge-m3",
        *,
        revision: str | None = None,
        prompt: str | None = None,
        batch_size: int = 32,
        device: str = "auto",
        cache: bool | str | os.PathLike[str] = True,
        normalize: bool = True,
        verbose: int = 0,
    ) -> None:
        self.model = model
        self.revision = revision
        self.prompt = prompt
        self.batch_size = batch_size
        self.device = device
        self.cache = cache
        self.normalize = normalize
        self.verbose = verbose

    def encode(self, texts: Sequence[str], language: Any = None) -> FloatMatrix:
        """Encode texts.

        Parameters
        ----------
        texts : sequence of str of length n
        language : object, default=None
            Ignored: the model knows no languages. Present because other encoders need it.

        Returns
        -------
        vectors : ndarray of float32 of shape (n, n_dimensions)
            In the order of `texts`, of length 1 unless `normalize` is false.

        Raises
        ------
        InputTypeError
            If `texts` holds something else than str.
        InputError
            If the model cannot be loaded, the cache cannot be used, or the model gives infinite values.
        MissingDependencyError
            If sentence-transformers is not installed and a vector is not known.
        """
        texts = checked_texts(texts, "texts")
        if not texts:
            return self.encode([""])[:0]  # the number of dimensions is the model's to say
        vector_of = cached_vectors(self.cache, self._space(), dict.fromkeys(texts), self._computed)
        vectors = np.stack([vector_of[text] for text in texts])
        return unit_rows(vectors) if self.normalize else vectors

    def encode_words(self, words: Sequence[str], language: Any = None) -> FloatMatrix:
        """Encode single words, as texts of one word.

        Parameters
        ----------
        words : sequence of str of length n
        language : object, default=None
            Ignored, as in `encode`.

        Returns
        -------
        vectors : ndarray of float32 of shape (n, n_dimensions)

        Raises
        ------
        InputTypeError, InputError, MissingDependencyError
            As `encode` does.
        """
        return self.encode(words)

    def _computed(self, texts: list[str]) -> Iterator[tuple[list[str], FloatMatrix]]:
        """Encode texts, longest first, some batches at a time so that an interrupted run loses little."""
        model = _loaded_model(str(self.model), self._revision(), self.revision, self.device)
        longest_first = sorted(texts, key=len, reverse=True)
        step = self.batch_size * _BATCHES_PER_WRITE
        with tqdm(total=len(texts), desc="Encoding", unit="text", disable=not self.verbose) as bar:
            for start in range(0, len(texts), step):
                part = longest_first[start : start + step]
                encoded = model.encode(
                    part, batch_size=self.batch_size, prompt=self.prompt, show_progress_bar=False
                )
                vectors = np.asarray(encoded, dtype=np.float32)
                if not np.isfinite(vectors).all():
                    raise InputError(f"The model {str(self.model)!r} gave vectors that are not finite.")
                yield part, vectors
                bar.update(len(part))

    def _space(self) -> EmbeddingSpace:
        name = "folder" if os.path.isdir(self.model) else str(self.model)
        return EmbeddingSpace(name, self._revision(), "" if self.prompt is None else f"prompt:{self.prompt}")

    def _revision(self) -> str:
        return _hash_of_files(Path(self.model)) if os.path.isdir(self.model) else self.revision or "main"


@lru_cache(maxsize=2)
def _loaded_model(name: str, version: str, revision: str | None, device: str) -> Any:
    """Load a model; `version` is there so that a folder whose files have changed is loaded again."""
    library = import_optional("sentence_transformers", extra="embed", purpose="SentenceTransformerEncoder")
    try:
        model = library.SentenceTransformer(
            name, revision=revision, device=None if device == "auto" else device
        )
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).strip().split("\n")[0]
        raise InputError(
            f"The sentence-transformers model {name!r} cannot be loaded on device {device!r} ({reason}). "
            "Give the name of a model on the Hugging Face Hub or a folder with one. Precomputed arrays and "
            "AlignedWordEncoder need no model."
        ) from error
    return model.half() if model.device.type == "cuda" else model


def _hash_of_files(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in relative.parts):
            stat = path.stat()
            digest.update(
                f"{relative.as_posix()}\0{_hash_of_file(path, stat.st_size, stat.st_mtime_ns)}\n".encode()
            )
    return digest.hexdigest()


@lru_cache(maxsize=1024)
def _hash_of_file(path: Path, size: int, changed: int) -> str:
    """Hash the content of a file, anew only if its size or time of change differs."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
