"""The loader of SIB-200: the same sentences, with a topic each, in many languages."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skxtm.corpus import Corpus
from skxtm.datasets._benchmarks import get_data_home, release_files
from skxtm.datasets._checks import check_subset
from skxtm.datasets._download import download as download_file
from skxtm.datasets._reading import IntArray, read_lines
from skxtm.exceptions import InputError, InputTypeError
from skxtm.languages import canonical_code

NAME = "sib200"
SUBSETS = ("train", "dev", "test")
COLUMNS = ("index_id", "category", "text")
CATEGORIES = (
    "entertainment",
    "geography",
    "health",
    "politics",
    "science/technology",
    "sports",
    "travel",
)
#: The release names languages by codes of FLORES-200; file names here are by ISO 639-1.
RELEASED_CODES = {
    "ar": "arb_Arab",
    "de": "deu_Latn",
    "en": "eng_Latn",
    "es": "spa_Latn",
    "fr": "fra_Latn",
    "hi": "hin_Deva",
    "it": "ita_Latn",
    "ja": "jpn_Jpan",
    "ko": "kor_Hang",
    "nl": "nld_Latn",
    "pl": "pol_Latn",
    "pt": "por_Latn",
    "ru": "rus_Cyrl",
    "th": "tha_Thai",
    "tr": "tur_Latn",
    "vi": "vie_Latn",
    "zh": "zho_Hans",
    "zh-TW": "zho_Hant",
}
_DESCRIPTION = (
    "SIB-200: sentences of FLORES-200 in many languages, translations of each other, each with one of seven "
    "topics. Adelani et al. (EACL 2024)."
)


@dataclass(frozen=True, eq=False, repr=False)
class TranslatedSentences:
    """Sentences in several languages, translations of each other, with a category each.

    Attributes
    ----------
    subset : str
        ``"train"``, ``"dev"``, ``"test"``, or several joined by plus signs.
    corpus : Corpus
        Texts without counts, language after language; rows with the same `pair_id` are translations of each
        other.
    labels : ndarray of shape (n_documents,)
        Category of each row of `corpus`, a position in `target_names`.
    target_names : tuple of str
        The categories.
    description : str
        What the sentences are and where they come from.
    folder : pathlib.Path
        Where the files are.
    """

    subset: str
    corpus: Corpus
    labels: NDArray[np.intp]
    target_names: tuple[str, ...]
    description: str
    folder: Path

    def __repr__(self) -> str:
        return f"TranslatedSentences({self.subset!r}: {len(self.target_names)} categories, {self.corpus!r})"


def load_sib200(
    languages: Sequence[str] | None = None,
    subset: str | Sequence[str] = "train",
    *,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = False,
) -> TranslatedSentences:
    """Load SIB-200: the same sentences in many languages, each with one of seven topics.

    Per language 701 sentences for training, 99 for development and 204 for testing, of some 20 words.

    Parameters
    ----------
    languages : sequence of str, optional
        Codes as in the names of the files, ``en.train.tsv`` for one. Default: all languages whose files are
        in the folder, those that `download` fetches among them.
    subset : {"train", "dev", "test"} or sequence of them, default="train"
        Which sentences; several subsets are joined within each language.
    data_home : str or path-like, optional
        Folder that holds ``sib200``; see `get_data_home` for the default.
    download : bool, default=False
        Whether to fetch files that are missing. Files that are there are left as they are. Eleven of the 205
        languages can be fetched, those of which checksums are known: ar, de, en, es, fr, hi, ja, ko, ru, vi
        and zh. Files of others are read where you have put them.

    Returns
    -------
    sentences : TranslatedSentences
        With `corpus`, `labels`, `target_names` and `description`; languages in alphabetical order.

    Raises
    ------
    InputError
        If a file is missing, damaged, or lacks sentences that another language's has, if two languages are
        one, such as zh and zh-TW, or `subset` is another one.
    DownloadError
        If a file cannot be fetched or has another checksum than the published one.

    Notes
    -----
    The files are those of https://github.com/dadelani/sib-200 (``data/annotated/eng_Latn/train.tsv`` is
    ``en.train.tsv`` here), whose licence is Apache-2.0; the sentences are those of FLORES-200, CC BY-SA 4.0.
    There, a text that holds quotation marks stands in further ones, with its own doubled; here it is as it
    was written. Only the first two tabs of a line separate columns.

    References
    ----------
    .. [1] Adelani et al. (2024). SIB-200: a simple, inclusive, and big evaluation dataset for topic
       classification in 200+ languages and dialects. EACL.

    Examples
    --------
    >>> from skxtm.datasets import load_sib200
    >>> load_sib200(["en", "zh"], ("train", "dev"), data_home="corpora")  # doctest: +SKIP
    TranslatedSentences('train+dev': 7 categories, Corpus(1,600 documents: 800 en, 800 zh; text, pair_id))
    """
    subsets = _checked_subsets(subset)
    folder = get_data_home(data_home) / NAME
    if download:
        _download_missing(folder, languages, subsets)
    chosen = _checked_languages(folder, languages, subsets)
    parts = [_read(folder / _file_name(code, part)) for code in chosen for part in subsets]
    for number, part in enumerate(subsets):
        _check_translations(folder, part, dict(zip(chosen, parts[number :: len(subsets)], strict=True)))
    sizes = [len(texts) for _, _, texts in parts]
    return TranslatedSentences(
        subset="+".join(subsets),
        corpus=Corpus(
            np.repeat(np.repeat(np.array(chosen, dtype=object), len(subsets)), sizes),
            text=np.concatenate([texts for _, _, texts in parts]),
            pair_id=np.concatenate([numbers for numbers, _, _ in parts]),
        ),
        labels=np.concatenate([labels for _, labels, _ in parts]),
        target_names=CATEGORIES,
        description=_DESCRIPTION,
        folder=folder,
    )


def _checked_subsets(subset: str | Sequence[str]) -> tuple[str, ...]:
    """Return the subsets asked for, in the order of the release."""
    names = [subset] if isinstance(subset, str) else list(subset)
    for name in names:
        check_subset(name, SUBSETS)
    if not names:
        raise InputError(f"subset is empty. Give some of {list(SUBSETS)}.")
    return tuple(name for name in SUBSETS if name in names)


def _checked_languages(
    folder: Path, languages: Sequence[str] | None, subsets: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the languages asked for, sorted, whose files must be there; None means all that are there."""
    if isinstance(languages, str):
        raise InputTypeError(f"languages must be a sequence of language codes: write [{languages!r}].")
    if languages is None:
        languages = [path.name.split(".")[0] for path in folder.glob(_file_name("*", subsets[0]))]
        if not languages:
            raise InputError(
                f"SIB-200 was not found: {folder} has no file such as {_file_name('en', subsets[0])!r}. Name "
                "the folder that has 'sib200' with data_home or the environment variable SKXTM_DATA, or call "
                "load_sib200(download=True)."
            )
    if not languages:
        raise InputError("languages is empty. Give language codes, or None for all that are there.")
    chosen = tuple(sorted(set(languages)))
    written: dict[str, str] = {}
    for code in chosen:
        same = written.setdefault(canonical_code(code), code)
        if same != code:
            raise InputError(
                f"{same!r} and {code!r} are one language, {canonical_code(code)!r}. Name one of them in "
                f"languages=, or keep them apart by calling the files of one '{same}-x-other'."
            )
    _check_files(folder, chosen, subsets)
    return chosen


def _check_files(folder: Path, languages: tuple[str, ...], subsets: tuple[str, ...]) -> None:
    """Name all files that are missing at once, and where they are from."""
    names = [_file_name(code, part) for code in languages for part in subsets]
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        codes = dict.fromkeys(name.split(".")[0] for name in missing)
        released = [RELEASED_CODES[code] for code in codes if code in RELEASED_CODES]
        place = f" ({', '.join(released)})" if released else ""
        fetch = ", or call with download=True" if release_files()[NAME].keys() >= set(missing) else ""
        raise InputError(
            f"{folder} has no {missing}. Copy them there, under these names, from data/annotated{place} of "
            f"https://github.com/dadelani/sib-200{fetch}."
        )


def _download_missing(folder: Path, languages: Sequence[str] | None, subsets: tuple[str, ...]) -> None:
    for name, source in release_files()[NAME].items():
        code, part, _ = name.split(".")
        if part in subsets and (languages is None or code in languages) and not (folder / name).exists():
            download_file(source["url"], folder / name, source["sha256"])


def _file_name(language: str, subset: str) -> str:
    return f"{language}.{subset}.tsv"


def _read(path: Path) -> tuple[IntArray, NDArray[np.intp], NDArray[np.object_]]:
    """Read the numbers, the labels and the texts of one file."""
    # a text may hold tabs of its own
    header, *rows = [line.split("\t", 2) for line in read_lines(path)] or [[]]
    if tuple(header) != COLUMNS:
        raise _damaged(path, 1, str(list(COLUMNS)))
    for number, row in enumerate(rows, 2):
        if len(row) != 3 or not row[0].isdecimal() or row[1] not in CATEGORIES:
            raise _damaged(path, number, f"a number, one of {list(CATEGORIES)} and a text")
    if not path.read_bytes().endswith(b"\n"):
        raise InputError(
            f"{path} does not end in a line break, as a file does that was not cut short within its last "
            "line. Delete the file and fetch it again."
        )
    return (
        np.array([int(row[0]) for row in rows], dtype=np.int64),
        np.array([CATEGORIES.index(row[1]) for row in rows], dtype=np.intp),
        np.array([_unquoted(row[2]) for row in rows], dtype=object),
    )


def _check_translations(
    folder: Path, subset: str, parts: Mapping[str, tuple[IntArray, NDArray[np.intp], NDArray[np.object_]]]
) -> None:
    """Refuse a file that lacks sentences of other languages', as one that was cut between two lines does."""
    numbers = {code: {*part[0].tolist()} for code, part in parts.items()}
    everything = set().union(*numbers.values())
    for code, own in numbers.items():
        if own != everything:
            raise InputError(
                f"{folder / _file_name(code, subset)} has {len(own):,} of the {len(everything):,} sentences "
                f"that the files of {[*parts]} have together: it was cut short, or one of the others is not "
                "of SIB-200. Delete it and fetch it again."
            )


def _damaged(path: Path, line: int, expected: str) -> InputError:
    return InputError(
        f"{path} is damaged: its line {line} must hold {expected}, separated by tabs. Delete the file and "
        "fetch it again."
    )


def _unquoted(text: str) -> str:
    """Undo the quotation marks that the release puts around a text which holds any, and doubles within."""
    inner = text[1:-1]
    is_quoted = text == f'"{inner}"' and '"' not in inner.replace('""', "")
    return inner.replace('""', '"') if is_quoted else text
