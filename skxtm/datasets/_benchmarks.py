"""Loaders of the public benchmarks, in the format in which InfoCTM released them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm.corpus import Corpus
from skxtm.datasets._checks import check_subset, checked_languages
from skxtm.datasets._download import download as download_file
from skxtm.datasets._reading import (
    IntArray,
    clusters_file,
    needed_files,
    read_clusters,
    read_language,
    read_word_embeddings,
    word_embeddings_file,
)
from skxtm.exceptions import DownloadError, InputError

SUBSETS = ("train", "test")


@dataclass(frozen=True)
class _Release:
    """What is known of one benchmark before any file is read."""

    title: str
    folders: tuple[str, str]
    languages: tuple[str, str]
    description: str

    @property
    def name(self) -> str:
        return self.folders[0]


_EC_NEWS = _Release(
    "EC News",
    ("ec_news", "ECNews"),
    ("en", "zh"),
    "EC News: English and Chinese news in six classes (business, education, "
    "entertainment, sports, technology, fashion), not aligned. Wu et al. (NLPCC 2020).",
)
_RAKUTEN_AMAZON = _Release(
    "Rakuten Amazon",
    ("rakuten_amazon", "Rakuten_Amazon"),
    ("en", "ja"),
    "Rakuten Amazon: English and Japanese product reviews with the rating in two classes, not aligned. "
    "Yuan et al. (NeurIPS 2018), Wu et al. (NLPCC 2020).",
)
_AMAZON_REVIEW = _Release(
    "Amazon Review",
    ("amazon_review", "Amazon_Review"),
    ("en", "zh"),
    "Amazon Review: English and Chinese product reviews with the rating in two classes, not aligned. "
    "Yuan et al. (NeurIPS 2018), Wu et al. (NLPCC 2020).",
)


@dataclass(frozen=True, eq=False, repr=False)
class Benchmark:
    """One subset of a public benchmark.

    Attributes
    ----------
    name : str
        Name of its folder: ``"ec_news"``, ``"rakuten_amazon"``, ``"amazon_review"``.
    subset : str
        ``"train"`` or ``"test"``.
    corpus : Corpus
        Counts over the released vocabularies, and the segmented text, unless the texts of a language are not
        in the folder; English first, rows as in the files.
    labels : ndarray of shape (n_documents,)
        The released class of each row of `corpus`; classes are numbered from 1.
    description : str
        What the data are and where they come from.
    folder : pathlib.Path
        Where the files are.
    word_embeddings : dict of str to ndarray of shape (V_l, 100), float32
        The released monolingual word2vec vectors, one row per word; read at first use.
    clusters : dict of str to ndarray of shape (n_l,), or None
        XTRA's published document clusters 0 to 49 of the training documents; None for the test documents.
        Read at first use.
    """

    name: str
    subset: str
    corpus: Corpus
    labels: IntArray
    description: str
    folder: Path

    @cached_property
    def word_embeddings(self) -> dict[str, NDArray[np.float32]]:
        """The released word vectors, by language."""
        _require(self.name, self.folder, [word_embeddings_file(code) for code in self.corpus.languages])
        return {
            code: read_word_embeddings(self.folder, code, self.corpus.counts_of(code).shape[1])
            for code in self.corpus.languages
        }

    @cached_property
    def clusters(self) -> dict[str, IntArray] | None:
        """The published document clusters, by language."""
        if self.subset != "train":
            return None
        _require(self.name, self.folder, [clusters_file(code) for code in self.corpus.languages])
        return {
            code: read_clusters(self.folder, code, self.corpus.counts_of(code).shape[0])
            for code in self.corpus.languages
        }

    def __repr__(self) -> str:
        return f"Benchmark({self.name!r}, {self.subset!r}: {self.corpus!r})"


def get_data_home(data_home: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder in which the benchmarks are looked for.

    Parameters
    ----------
    data_home : str or path-like, optional
        The folder. Default: the environment variable ``SKXTM_DATA``; where that is unset,
        ``$XDG_CACHE_HOME/skxtm`` or ``~/.cache/skxtm``.

    Returns
    -------
    folder : pathlib.Path
        The folder, which need not exist.

    Examples
    --------
    >>> from skxtm.datasets import get_data_home
    >>> get_data_home("corpora").name
    'corpora'
    """
    if data_home is None:
        data_home = os.environ.get("SKXTM_DATA") or _cache_home() / "skxtm"
    return Path(data_home).expanduser()


def load_ec_news(
    subset: str = "train",
    *,
    data_home: str | os.PathLike[str] | None = None,
    languages: Sequence[str] | None = None,
    download: bool = False,
) -> Benchmark:
    """Load EC News: English and Chinese news in six classes.

    Training: 37,480 English and 40,000 Chinese documents; test: 9,370 and 10,000. 5,000 words per language,
    some 11 tokens per document, classes 1 to 6. 14 MB in all.

    Parameters
    ----------
    subset : {"train", "test"}, default="train"
        Which documents.
    data_home : str or path-like, optional
        Folder that holds ``ec_news`` or, as released, ``ECNews``; see `get_data_home` for the default.
    languages : sequence of str, optional
        Some of ``"en"`` and ``"zh"``; default both. English always comes first.
    download : bool, default=False
        Whether to fetch the files that are missing. Files that are there are left as they are.

    Returns
    -------
    benchmark : Benchmark
        With `corpus`, `labels`, `word_embeddings`, `clusters` and `description`.

    Raises
    ------
    InputError
        If the folder or a file is missing, or a file is damaged or does not fit the others.
    DownloadError
        If a file cannot be fetched or has another checksum than the published one.

    Notes
    -----
    The files are those of https://github.com/BobXWu/InfoCTM (folder ``data/ECNews``) [2]_, the clusters those
    of https://github.com/tienphat140205/XTRA [3]_; the README of neither states a licence for the data.
    The Chinese test documents have the classes 1 to 5 only.

    References
    ----------
    .. [1] Wu, Li, Zhu and Miao (2020). Learning multilingual topics with neural variational inference. NLPCC.
    .. [2] Wu et al. (2023). InfoCTM: a mutual information maximization perspective of cross-lingual topic
       modeling. AAAI.
    .. [3] Nguyen et al. (2025). XTRA: cross-lingual topic modeling with topic and representation alignments.

    Examples
    --------
    >>> from skxtm.datasets import load_ec_news
    >>> news = load_ec_news("test", data_home="corpora")  # doctest: +SKIP
    >>> news.corpus  # doctest: +SKIP
    Corpus(19,370 documents: 9,370 en, 10,000 zh; 10,000 words, 222,511 tokens; text)
    """
    return _load(_EC_NEWS, subset, data_home, languages, download)


def load_rakuten_amazon(
    subset: str = "train",
    *,
    data_home: str | os.PathLike[str] | None = None,
    languages: Sequence[str] | None = None,
    download: bool = False,
) -> Benchmark:
    """Load Rakuten Amazon: English and Japanese product reviews, rated in two classes.

    Training: 20,000 documents per language; test: 5,000. 5,000 words per language, classes 1 and 2.
    16 MB in all.

    Parameters
    ----------
    subset : {"train", "test"}, default="train"
        Which documents.
    data_home : str or path-like, optional
        Folder that holds ``rakuten_amazon`` or, as released, ``Rakuten_Amazon``; see `get_data_home` for
        the default.
    languages : sequence of str, optional
        Some of ``"en"`` and ``"ja"``; default both. English always comes first.
    download : bool, default=False
        Whether to fetch the files that are missing. Files that are there are left as they are.

    Returns
    -------
    benchmark : Benchmark
        With `corpus`, `labels`, `word_embeddings`, `clusters` and `description`.

    Raises
    ------
    InputError
        If the folder or a file is missing, or a file is damaged or does not fit the others.
    DownloadError
        If a file cannot be fetched or has another checksum than the published one.

    Notes
    -----
    The files are those of https://github.com/BobXWu/InfoCTM (folder ``data/Rakuten_Amazon``) [2]_, the
    clusters those of https://github.com/tienphat140205/XTRA; the README of neither states a licence for the
    data. The Japanese words are written without long-vowel marks, as released.

    References
    ----------
    .. [1] Yuan, Van Durme and Ying (2018). Multilingual anchoring: interactive topic modeling and alignment
       across languages. NeurIPS.
    .. [2] Wu et al. (2023). InfoCTM: a mutual information maximization perspective of cross-lingual topic
       modeling. AAAI.

    Examples
    --------
    >>> from skxtm.datasets import load_rakuten_amazon
    >>> reviews = load_rakuten_amazon(data_home="corpora")  # doctest: +SKIP
    >>> reviews.word_embeddings["ja"].shape  # doctest: +SKIP
    (5000, 100)
    """
    return _load(_RAKUTEN_AMAZON, subset, data_home, languages, download)


def load_amazon_review(
    subset: str = "train",
    *,
    data_home: str | os.PathLike[str] | None = None,
    languages: Sequence[str] | None = None,
    download: bool = False,
) -> Benchmark:
    """Load Amazon Review: English and Chinese product reviews, rated in two classes.

    Parameters
    ----------
    subset : {"train", "test"}, default="train"
        Which documents.
    data_home : str or path-like, optional
        Folder that holds ``amazon_review`` or, as released, ``Amazon_Review``; see `get_data_home` for the
        default.
    languages : sequence of str, optional
        Some of ``"en"`` and ``"zh"``; default both. English always comes first.
    download : bool, default=False
        Not possible for this benchmark: no checksums of its files are known, and nothing is downloaded
        unchecked. True raises an error that says where the files are.

    Returns
    -------
    benchmark : Benchmark
        With `corpus`, `labels`, `word_embeddings`, `clusters` and `description`.

    Raises
    ------
    InputError
        If the folder or a file is missing, or a file is damaged or does not fit the others.
    DownloadError
        If `download` is true.

    Notes
    -----
    The files are in https://github.com/BobXWu/InfoCTM (folder ``data/Amazon_Review``) [2]_, the clusters in
    https://github.com/tienphat140205/XTRA; the README of neither states a licence for the data. Texts of one
    language are not among them: the corpus has counts, which is all that a model is fitted on, and no text.

    References
    ----------
    .. [1] Yuan, Van Durme and Ying (2018). Multilingual anchoring: interactive topic modeling and alignment
       across languages. NeurIPS.
    .. [2] Wu et al. (2023). InfoCTM: a mutual information maximization perspective of cross-lingual topic
       modeling. AAAI.

    Examples
    --------
    >>> from skxtm.datasets import load_amazon_review
    >>> reviews = load_amazon_review(data_home="corpora")  # doctest: +SKIP
    """
    return _load(_AMAZON_REVIEW, subset, data_home, languages, download)


def _load(
    release: _Release,
    subset: str,
    data_home: str | os.PathLike[str] | None,
    languages: Sequence[str] | None,
    download: bool,
) -> Benchmark:
    check_subset(subset, SUBSETS)
    chosen = checked_languages(languages, release.languages, release.title)
    home = get_data_home(data_home)
    if download:
        _download_missing(release, home)
    folder = _find_folder(release, home)
    _require(release.name, folder, [name for code in chosen for name in needed_files(subset, code)])
    parts = {code: read_language(folder, subset, code) for code in chosen}
    texts: dict[str, Any] = {code: part.texts for code, part in parts.items() if part.texts is not None}
    return Benchmark(
        name=release.name,
        subset=subset,
        corpus=Corpus.from_counts(
            {code: part.counts for code, part in parts.items()},
            {code: part.words for code, part in parts.items()},
            text=texts if len(texts) == len(parts) else None,
        ),
        labels=np.concatenate([part.labels for part in parts.values()]),
        description=release.description,
        folder=folder,
    )


def _require(name: str, folder: Path, files: Sequence[str]) -> None:
    """Name all files at once that are missing, and where they are to be had."""
    missing = [file for file in files if not (folder / file).exists()]
    if missing:
        fetch = f", or call load_{name}(download=True)" if name in release_files() else ""
        raise InputError(
            f"{folder} has no {missing}. Copy them from the release that the documentation of load_{name} "
            f"names{fetch}."
        )


def _existing_folder(release: _Release, home: Path) -> Path | None:
    return next((home / name for name in release.folders if (home / name).is_dir()), None)


def _find_folder(release: _Release, home: Path) -> Path:
    folder = _existing_folder(release, home)
    if folder is not None:
        return folder
    fetch = f", or call load_{release.name}(download=True)" if release.name in release_files() else ""
    raise InputError(
        f"{release.title} was not found: {home} has no folder {' or '.join(map(repr, release.folders))}. "
        f"Name the folder that has it with data_home or the environment variable SKXTM_DATA{fetch}."
    )


def _download_missing(release: _Release, home: Path) -> None:
    files = release_files().get(release.name)
    if files is None:
        raise DownloadError(
            f"{release.title} cannot be downloaded by skxtm, which knows no checksums of its files. Copy "
            f"data/{release.folders[1]} of https://github.com/BobXWu/InfoCTM into {home}, and call "
            f"load_{release.name}() without download."
        )
    folder = _existing_folder(release, home) or home / release.name
    for name, source in files.items():
        if not (folder / name).exists():
            download_file(source["url"], folder / name, source["sha256"])


def _cache_home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")


def release_files() -> dict[str, dict[str, dict[str, str]]]:
    """Address and SHA-256 of every released file, by benchmark and file name."""
    path = Path(__file__).parent / "data" / "release_files.json"
    return json.loads(path.read_text(encoding="utf-8"))
