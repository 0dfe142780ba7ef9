"""The bundled sample: short documents in English, Chinese and Japanese on eight themes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from skxtm.corpus import Corpus
from skxtm.datasets._checks import check_subset, checked_languages
from skxtm.exceptions import InputError
from skxtm.lexicon import Lexicon

SUBSETS = ("train", "test", "all")
LANGUAGES = ("en", "zh", "ja")
LEXICONS = (("zh", "en"), ("ja", "en"), ("zh", "ja"))
#: Of every theme and language, this many documents are for training, the rest for testing.
N_TRAIN = 30

_FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True, eq=False, repr=False)
class Sample:
    """The bundled documents, or a part of them.

    Attributes
    ----------
    subset : str
        ``"train"``, ``"test"`` or ``"all"``.
    corpus : Corpus
        Texts without counts, language after language, within a language theme after theme.
    labels : ndarray of shape (n_documents,)
        Theme of each row of `corpus`, a position in `target_names`.
    target_names : tuple of str
        The eight themes.
    description : str
        What the documents are.
    """

    subset: str
    corpus: Corpus
    labels: NDArray[np.intp]
    target_names: tuple[str, ...]
    description: str

    def __repr__(self) -> str:
        return f"Sample({self.subset!r}: {len(self.target_names)} themes, {self.corpus!r})"


def load_sample(subset: str = "train", *, languages: Sequence[str] | None = None) -> Sample:
    """Load the bundled sample: English, Chinese and Japanese documents on eight themes.

    Written for this package: 40 short documents per theme and language, one to three sentences each,
    comparable across languages but no translations of each other.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        30, 10 or all 40 documents of every theme and language; the split is fixed.
    languages : sequence of str, optional
        Some of ``"en"``, ``"zh"``, ``"ja"``; default all, in this order.

    Returns
    -------
    sample : Sample
        With `corpus`, `labels`, `target_names` and `description`.

    Raises
    ------
    InputError
        If `subset` or a language is another one.

    Examples
    --------
    >>> from skxtm.datasets import load_sample
    >>> sample = load_sample(languages=["en", "zh"])
    >>> sample
    Sample('train': 8 themes, Corpus(480 documents: 240 en, 240 zh; text))
    >>> sample.target_names[sample.labels[0]]
    'cooking'
    """
    check_subset(subset, SUBSETS)
    chosen = checked_languages(languages, LANGUAGES, "the sample")
    themes, codes, texts = _read_columns("sample_documents.tsv")
    target_names, theme_numbers = np.unique(themes, return_inverse=True)
    numbers = _numbers_within_groups(themes, codes)
    wanted = {"train": numbers < N_TRAIN, "test": numbers >= N_TRAIN, "all": numbers >= 0}[subset]
    rows = np.concatenate([np.flatnonzero(wanted & (codes == code)) for code in chosen])
    return Sample(
        subset=subset,
        corpus=Corpus(codes[rows], text=texts[rows]),
        labels=theme_numbers[rows],
        target_names=tuple(map(str, target_names)),
        description=sample_path("README.md").read_text(encoding="utf-8"),
    )


def load_sample_reference() -> Corpus:
    """Load the aligned part of the sample, a small reference corpus for cross-lingual coherence.

    Returns
    -------
    reference : Corpus
        20 passages per theme, each in English, Chinese and Japanese, none of them in `load_sample`. Texts
        without counts; rows with the same `pair_id` are translations of each other.

    Examples
    --------
    >>> from skxtm.datasets import load_sample_reference
    >>> load_sample_reference()
    Corpus(480 documents: 160 en, 160 ja, 160 zh; text, pair_id)
    """
    _, *texts = _read_columns("sample_aligned.tsv")
    n_passages = len(texts[0])
    return Corpus(
        np.repeat(np.array(LANGUAGES, dtype=object), n_passages),
        text=np.concatenate(texts),
        pair_id=np.tile(np.arange(n_passages), len(LANGUAGES)),
    )


def load_sample_lexicon(
    source: str, target: str, *, match: Literal["normal", "literal"] = "normal"
) -> Lexicon:
    """Load a lexicon of the words that the sample uses.

    Parameters
    ----------
    source, target : {"en", "zh", "ja"}
        The two languages, in either order.
    match : {"normal", "literal"}, default="normal"
        How words are compared; see `skxtm.lexicon.Lexicon`.

    Returns
    -------
    lexicon : Lexicon
        Pairs of a word in `source` and a word in `target`.

    Raises
    ------
    InputError
        If the sample has no lexicon of these languages.

    Examples
    --------
    >>> from skxtm.datasets import load_sample_lexicon
    >>> load_sample_lexicon("en", "zh").languages
    ('en', 'zh')
    """
    for first, second in LEXICONS:
        if {first, second} == {source, target}:
            path = sample_path(f"sample_lexicon_{first}-{second}.tsv")
            lexicon = Lexicon.read(path, languages=(first, second), match=match)
            return lexicon if source == first else lexicon.inverse()
    raise InputError(
        f"The sample has no lexicon of {source!r} and {target!r}. Give two of {list(LANGUAGES)}."
    )


def sample_path(name: str) -> Path:
    """Return the path of a file of the sample.

    Parameters
    ----------
    name : str
        ``"README.md"``, ``"sample_documents.tsv"``, ``"sample_aligned.tsv"`` or
        ``"sample_lexicon_zh-en.tsv"``, ``..._ja-en.tsv``, ``..._zh-ja.tsv``.

    Returns
    -------
    path : pathlib.Path
        The file within the installed package.

    Raises
    ------
    InputError
        If the sample has no such file.

    Examples
    --------
    >>> from skxtm.datasets import sample_path
    >>> sample_path("sample_lexicon_zh-en.tsv").exists()
    True
    """
    names = ["README.md", *sorted(path.name for path in _FOLDER.glob("sample_*"))]
    if name not in names:
        raise InputError(f"The sample has no file {name!r}. It has {names}.")
    return _FOLDER / name


def _read_columns(name: str) -> list[NDArray[np.object_]]:
    """Read the columns of a file of tab-separated values, without its header."""
    lines = sample_path(name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines[1:]]
    return [np.array(column, dtype=object) for column in zip(*rows, strict=True)]


def _numbers_within_groups(themes: NDArray[np.object_], codes: NDArray[np.object_]) -> NDArray[np.intp]:
    """Count the documents of each theme and language from 0, in the order of the file."""
    numbers = np.empty(len(themes), dtype=np.intp)
    for theme in set(themes):
        for code in LANGUAGES:
            rows = np.flatnonzero((themes == theme) & (codes == code))
            numbers[rows] = np.arange(len(rows))
    return numbers
