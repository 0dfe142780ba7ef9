"""Aligned text in several languages, kept as what CNPMI counts in it."""

from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from reprlib import repr as shortened
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skxtm._parameters import check_choice, in_order_of_columns
from skxtm.corpus import Corpus
from skxtm.corpus._checks import is_missing
from skxtm.exceptions import InputError, InputTypeError
from skxtm.languages import by_code, canonical_code
from skxtm.metrics._text_files import lines, text_files
from skxtm.normalization import same_word_forms

Counts = NDArray[np.int64]
Words = Sequence[str] | NDArray[Any]
Match = Literal["normal", "literal"]


class AlignedReference:
    """Which word occurs in which document of an aligned corpus, per language.

    Row `i` is the same text in every language. Of each text only the set of its words is kept, and the
    total number of tokens of each word. A reference of one language serves :func:`npmi_score`.

    Parameters
    ----------
    incidences : mapping of str to {array-like, sparse matrix} of shape (n_documents, n_words)
        Per language, non-zero where the document holds the word. Count matrices may be given.
    vocabularies : mapping of str to sequence of str
        Per language, the words of the columns, or a dict of word to column.
    token_counts : mapping of str to array-like of shape (n_words,), default=None
        Per language, the number of tokens of each word. Only the published counting of
        :func:`cnpmi_score` needs it.
    match : {"normal", "literal"}, default="normal"
        Whether all spellings of a word are counted together, as `skxtm.normalization.same_word_forms` unites
        them (case, width, apostrophes, traditional and simplified Chinese), or each alone.

    Attributes
    ----------
    languages : tuple of str
        The languages, in the order given.
    n_documents : int
        Number of aligned documents.
    match : str
        ``"normal"`` or ``"literal"``.

    Raises
    ------
    InputError
        If there is no language, if numbers of documents or words disagree, or if `match` is unknown.

    See Also
    --------
    cnpmi_score : Counts across the languages of a reference.
    npmi_score : Counts within each language.

    Examples
    --------
    >>> from skxtm.metrics import AlignedReference
    >>> reference = AlignedReference.from_texts(
    ...     {"en": ["rain and wind", "a goal", "rain"], "zh": ["雨 风", "进球", "雨"]}
    ... )
    >>> reference
    AlignedReference(n_documents=3, n_words={'en': 5, 'zh': 3})
    >>> reference.document_counts("en", ["rain", "snow"])
    array([2, 0])
    >>> reference.pair_counts("en", ["rain", "goal"], "zh", ["雨", "风"])
    array([[2, 1],
           [0, 0]])
    """

    def __init__(
        self,
        incidences: Mapping[str, Any],
        vocabularies: Mapping[str, Words],
        *,
        token_counts: Mapping[str, Any] | None = None,
        match: Match = "normal",
    ) -> None:
        check_choice(match, "match", "AlignedReference", ("normal", "literal"))
        incidences, vocabularies = by_code(incidences, "incidences"), by_code(vocabularies, "vocabularies")
        token_counts = None if token_counts is None else by_code(token_counts, "token_counts")
        self.languages = tuple(incidences)
        self.match = match
        _check_languages(self.languages, vocabularies, token_counts)
        self._columns = {
            language: _number_words(vocabularies[language], language) for language in self.languages
        }
        self._incidences = {language: _binary_columns(matrix) for language, matrix in incidences.items()}
        self.n_documents = _common_n_documents(self._incidences)
        self._token_counts: dict[str, Counts] | None = None
        if token_counts is not None:
            self._token_counts = {
                language: np.asarray(token_counts[language], dtype=np.int64) for language in self.languages
            }
        n_columns = {language: matrix.shape[1:] for language, matrix in self._incidences.items()}
        _check_sizes(self._columns, n_columns, "incidences")
        n_tokens = {language: counts.shape for language, counts in (self._token_counts or {}).items()}
        _check_sizes(self._columns, n_tokens, "token_counts")
        if match == "normal":
            for language in self.languages:
                self._unite_spellings(language)
        self._document_counts = {
            language: np.diff(incidence.indptr).astype(np.int64)
            for language, incidence in self._incidences.items()
        }

    def __repr__(self) -> str:
        n_words = {language: len(self._columns[language]) for language in self.languages}
        return f"{type(self).__name__}(n_documents={self.n_documents}, n_words={n_words})"

    @classmethod
    def from_texts(
        cls, texts: Mapping[str, Iterable[str | Sequence[str]]], *, match: Match = "normal"
    ) -> Self:
        """Build a reference from segmented texts.

        Parameters
        ----------
        texts : mapping of str to iterable of (str or sequence of str)
            Per language, the texts in the same order. A text is a string with words separated by
            white space, or a sequence of words. Iterables are read once, so generators serve.
        match : {"normal", "literal"}, default="normal"
            See `AlignedReference`.

        Returns
        -------
        reference : AlignedReference
            The reference, with token counts.

        Raises
        ------
        InputError
            If the languages have different numbers of texts, or one of them has no word at all.
        InputTypeError
            If a text is neither a string nor a sequence of words, or one of its words is no string.
        """
        incidences, vocabularies, token_counts = {}, {}, {}
        for language, of_language in texts.items():
            incidences[language], vocabularies[language], token_counts[language] = _count_texts(
                of_language, language
            )
        return cls(incidences, vocabularies, token_counts=token_counts, match=match)

    @classmethod
    def read(
        cls,
        folder: str | PathLike[str],
        languages: Sequence[str] | None = None,
        *,
        match: Match = "normal",
    ) -> Self:
        """Read a reference from one file per language, one segmented text a line.

        Parameters
        ----------
        folder : path
            Folder with the files ``{language}.txt`` or ``{language}.txt.gz`` in UTF-8, named by any code of
            the language. Line `i` is the same text in every file.
        languages : sequence of str, default=None
            The languages to read. None reads every such file of the folder.
        match : {"normal", "literal"}, default="normal"
            See `AlignedReference`.

        Returns
        -------
        reference : AlignedReference
            The reference, with token counts.

        Raises
        ------
        InputError
            If a file is missing, damaged or not in UTF-8, or if the files have different numbers of lines.
        """
        paths = text_files(Path(folder), languages)
        return cls.from_texts({language: lines(path) for language, path in paths.items()}, match=match)

    @classmethod
    def from_corpus(cls, corpus: Corpus, *, match: Match = "normal") -> Self:
        """Build a reference from the aligned rows of a corpus.

        Parameters
        ----------
        corpus : Corpus
            A corpus with counts and pair ids. Rows with the same pair id are the same text; several
            rows of one language with the same pair id are taken together. A pair id that is missing
            (None, NaN) or not found in every language of the corpus is left out. In a corpus of one language
            without pair ids, every row is a text.
        match : {"normal", "literal"}, default="normal"
            See `AlignedReference`.

        Returns
        -------
        reference : AlignedReference
            One document per pair id found in all languages, with token counts.

        Raises
        ------
        InputError
            If the corpus has no counts, or several languages and no pair ids, or if no pair id is found in
            all languages.
        InputTypeError
            If it is no corpus.
        """
        if not isinstance(corpus, Corpus):
            raise InputTypeError(
                f"corpus must be a Corpus with counts and pair_id. Got {type(corpus).__name__!r}; for texts "
                "there is AlignedReference.from_texts."
            )
        needs_pairs = corpus.pair_id is None and len(corpus.languages) > 1
        if needs_pairs or corpus.vocabularies is None or not corpus.has_counts:
            lacking = "pair_id" if needs_pairs else "counts"
            remedy = (
                "Give Corpus(..., pair_id=labels), the same label to the same text in each language."
                if needs_pairs
                else "Make them with CrossLingualVectorizer."
            )
            raise InputError(
                f"An aligned reference needs a corpus with counts and pair_id. It has no {lacking}. {remedy}"
            )
        all_ids = np.arange(len(corpus)) if corpus.pair_id is None else corpus.pair_id
        pair_ids = {language: all_ids[corpus.rows_of(language)].tolist() for language in corpus.languages}
        numbers = _number_common_pairs(pair_ids)
        counts = {
            language: _rows_to_pairs(pair_ids[language], numbers) @ corpus.counts_of(language)
            for language in corpus.languages
        }
        vocabularies = {language: corpus.vocabularies[language] for language in corpus.languages}
        tokens = {language: matrix.sum(axis=0) for language, matrix in counts.items()}
        return cls(counts, vocabularies, token_counts=tokens, match=match)

    def document_counts(self, language: str, words: Sequence[str]) -> Counts:
        """Count the documents that hold each word.

        Parameters
        ----------
        language : str
            The language of the words.
        words : sequence of str
            Words, known to the reference or not.

        Returns
        -------
        counts : ndarray of shape (len(words),)
            Number of documents, from 0 (also for an unknown word) to `n_documents`.

        Raises
        ------
        InputError
            If the reference has no such language.
        """
        return self._look_up(self._document_counts, language, words)

    def token_counts(self, language: str, words: Sequence[str]) -> Counts:
        """Count the tokens of each word.

        Parameters
        ----------
        language : str
            The language of the words.
        words : sequence of str
            Words, known to the reference or not.

        Returns
        -------
        counts : ndarray of shape (len(words),)
            Number of tokens in all documents, 0 for an unknown word.

        Raises
        ------
        InputError
            If the reference was made without token counts, or has no such language.
        """
        if self._token_counts is None:
            raise InputError(
                "This reference holds no token counts. Give token_counts to AlignedReference, or build it "
                "with from_texts, read or from_corpus."
            )
        return self._look_up(self._token_counts, language, words)

    def pair_counts(
        self, first: str, first_words: Sequence[str], second: str, second_words: Sequence[str]
    ) -> Counts:
        """Count the documents that hold a word in one language and a word in another.

        Parameters
        ----------
        first : str
            One language.
        first_words : sequence of str
            Its words, known to the reference or not.
        second : str
            The other language.
        second_words : sequence of str
            Its words, known to the reference or not.

        Returns
        -------
        counts : ndarray of shape (len(first_words), len(second_words))
            Number of documents that hold both words of the pair.

        Raises
        ------
        InputError
            If the reference lacks one of the languages.
        """
        first, second = self._known(first), self._known(second)
        rows, columns = self._find(first, first_words), self._find(second, second_words)
        counts = np.zeros((len(rows), len(columns)), dtype=np.int64)
        of_first = self._incidences[first][:, rows[rows >= 0]].astype(np.int64)
        of_second = self._incidences[second][:, columns[columns >= 0]].astype(np.int64)
        counts[np.ix_(rows >= 0, columns >= 0)] = (of_first.T @ of_second).toarray()
        return counts

    def forms(self, language: str, words: Sequence[str]) -> list[str]:
        """Say what words are here, by `match`: those of the same form are one.

        Parameters
        ----------
        language : str
            The language of the words.
        words : sequence of str
            Words, known to the reference or not.

        Returns
        -------
        forms : list of str of length len(words)
        """
        return list(words) if self.match == "literal" else same_word_forms(list(words), language)

    def _known(self, language: str) -> str:
        code = canonical_code(language)
        if code not in self.languages:
            raise InputError(f"The reference has the languages {list(self.languages)}, but not {code!r}.")
        return code

    def _find(self, language: str, words: Sequence[str]) -> NDArray[np.intp]:
        columns = self._columns[language]
        return np.array([columns.get(form, -1) for form in self.forms(language, words)], dtype=np.intp)

    def _look_up(self, counts: Mapping[str, Counts], language: str, words: Sequence[str]) -> Counts:
        code = self._known(language)
        columns = self._find(code, words)
        return np.where(columns >= 0, counts[code][columns], 0)

    def _unite_spellings(self, language: str) -> None:
        number_of: dict[str, int] = {}
        forms = same_word_forms(list(self._columns[language]), language)
        numbers = [number_of.setdefault(form, len(number_of)) for form in forms]
        if len(number_of) < len(forms):
            parts = (np.ones(len(forms), dtype=np.int64), (np.arange(len(forms)), numbers))
            spellings = sparse.csc_array(parts, shape=(len(forms), len(number_of)))
            self._incidences[language] = _binary_columns(self._incidences[language] @ spellings)
            if self._token_counts is not None:
                self._token_counts[language] = self._token_counts[language] @ spellings
        self._columns[language] = number_of


def _binary_columns(matrix: Any) -> sparse.csc_array:
    # astype copies, so that the caller's matrix is left as it was
    binary = sparse.csc_array(matrix).astype(bool, copy=True)
    binary.sum_duplicates()
    binary.eliminate_zeros()
    return binary


def _check_languages(
    languages: tuple[str, ...], vocabularies: Mapping[str, Any], token_counts: Mapping[str, Any] | None
) -> None:
    if not languages:
        raise InputError("A reference needs at least one language. Got none.")
    given = {"vocabularies": vocabularies, "token_counts": token_counts}
    for name, by_language in given.items():
        if by_language is not None and set(by_language) != set(languages):
            raise InputError(
                f"incidences has the languages {sorted(languages)}, but {name} has {sorted(by_language)}."
            )


def _number_words(words: Words, language: str) -> dict[str, int]:
    words = in_order_of_columns(words, f"vocabularies[{language!r}]")
    columns = {word: column for column, word in enumerate(words)}
    if not columns:
        raise InputError(f"The reference has no word in language {language!r}.")
    if len(columns) < len(words):
        raise InputError(f"The vocabulary of language {language!r} holds a word twice.")
    return columns


def _check_sizes(
    columns: Mapping[str, dict[str, int]], shapes: Mapping[str, tuple[int, ...]], name: str
) -> None:
    for language, shape in shapes.items():
        if shape != (len(columns[language]),):
            raise InputError(
                f"{name}[{language!r}] has {shape[0]} columns, but the vocabulary of this language "
                f"holds {len(columns[language])} words."
            )


def _common_n_documents(incidences: Mapping[str, sparse.csc_array]) -> int:
    lengths = {language: incidence.shape[0] for language, incidence in incidences.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{language} {length}" for language, length in lengths.items())
        raise InputError(
            f"The languages of the reference have different numbers of documents: {listed}. "
            f"Row i must be the same text in every language."
        )
    n_documents = next(iter(lengths.values()))
    if n_documents == 0:
        raise InputError("The reference has no documents.")
    return n_documents


def _count_texts(
    texts: Iterable[str | Sequence[str]], language: str
) -> tuple[sparse.csr_array, list[str], Counts]:
    """Return the incidence, the vocabulary and the token counts of texts, reading each text once."""
    if isinstance(texts, str):
        raise InputTypeError(f"The texts of language {language!r} are one str; give a list of texts.")
    column_of: defaultdict[str, int] = defaultdict()
    column_of.default_factory = column_of.__len__
    tokens, ends = array("i"), array("q", [0])
    for row, text in enumerate(texts):
        tokens.extend(column_of[word] for word in _words(text, language, row))
        ends.append(len(tokens))
    columns = np.frombuffer(tokens, dtype=np.int32) if tokens else np.empty(0, dtype=np.int32)
    incidence = sparse.csr_array(
        (np.ones(len(tokens), dtype=bool), columns, np.array(ends)), shape=(len(ends) - 1, len(column_of))
    )
    return incidence, list(column_of), np.bincount(columns, minlength=len(column_of))


def _words(text: str | Sequence[str], language: str, row: int) -> Sequence[str]:
    if isinstance(text, str):
        return text.split()
    if isinstance(text, (list, tuple, np.ndarray)):
        strange = [word for word in text if not isinstance(word, str)]
        if strange:
            shown = shortened(strange[0])
            raise InputTypeError(
                f"Text {row} of language {language!r} holds {shown}, which is no str. Give words only."
            )
        return text
    raise InputTypeError(
        f"Text {row} of language {language!r} must be a str or a list of words. "
        f"Got {type(text).__name__} instead."
    )


def _number_common_pairs(pair_ids: Mapping[str, list[Hashable]]) -> dict[Hashable, int]:
    """Give a number to each pair id that every language has; what is missing is none."""
    common = set.intersection(*(set(of_language) for of_language in pair_ids.values()))
    ordered = dict.fromkeys(pair for pair in next(iter(pair_ids.values())) if pair in common)
    kept = [pair for pair in ordered if not is_missing(pair)]
    if not kept:
        raise InputError(
            f"No pair_id of the corpus is found in all its languages {list(pair_ids)}; "
            f"rows that are the same text must have the same pair_id."
        )
    return {pair: number for number, pair in enumerate(kept)}


def _rows_to_pairs(pair_ids: list[Hashable], numbers: Mapping[Hashable, int]) -> sparse.csr_array:
    """Return the (n_pairs, n_rows) matrix that adds up the rows of each pair."""
    rows = [row for row, pair in enumerate(pair_ids) if pair in numbers]
    targets = [numbers[pair_ids[row]] for row in rows]
    ones = np.ones(len(rows), dtype=np.int64)
    return sparse.csr_array((ones, (targets, rows)), shape=(len(numbers), len(pair_ids)))
