"""Bilingual lexicons: word pairs from a file or a list, as sparse matrices between any two vocabularies."""

import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_array

from skxtm._files import check_page, replacing
from skxtm._word_pairs.joining import HasLexicon, joined, one_lexicon, shared_language, sorted_csr
from skxtm._word_pairs.pairs import (
    LexiconCoverage,
    Match,
    WordColumn,
    Words,
    checked_languages,
    checked_match,
    columns_of,
    languages_in_name,
    read_pairs,
    word_list,
)
from skxtm.exceptions import InputError
from skxtm.languages import canonical_code
from skxtm.normalization import FormIndex, normal_forms

__all__ = ["Lexicon", "LexiconCoverage"]


class Lexicon:
    """Word pairs of two languages, usable in either direction.

    A lexicon is a value: it never changes, and two that hold the same pairs in the same order and match alike
    are equal. The order of the pairs is kept; a pair given twice is kept once.

    Parameters
    ----------
    pairs : iterable of (str, str)
        A word of the first language and its translation; a set is sorted. Words are not empty, hold no tab or
        line break, and neither start nor end with whitespace.
    languages : pair of str
        Codes of the languages of the two words of each pair; see `skxtm.languages.canonical_code`.
    match : {"normal", "literal"}, default="normal"
        When a word of a vocabulary is a word of the lexicon: if they share one of the forms that
        `skxtm.normalization.normal_forms` lists (as written, light form, stem or simplified characters), or
        only if they are written alike.

    Attributes
    ----------
    languages : tuple of two str
        Languages of the first and the second word of each pair.
    match : str
        ``"normal"`` or ``"literal"``.

    Raises
    ------
    InputError
        If a word, the languages or ``match`` is not as described.
    InputTypeError
        If an element of ``pairs`` is not a tuple or list of two str.

    Examples
    --------
    >>> from skxtm.lexicon import Lexicon
    >>> lexicon = Lexicon([("猫", "cat"), ("犬", "dog"), ("犬", "hound")], ("ja", "en"), match="literal")
    >>> lexicon
    Lexicon(ja-en, 3 pairs, match='literal')
    >>> lexicon.translate("犬", source="ja")
    ['dog', 'hound']
    >>> lexicon.matrix(["dog", "cat", "horse"], ["犬", "猫"], source="en", target="ja").toarray()
    array([[1., 0.],
           [0., 1.],
           [0., 0.]], dtype=float32)
    """

    _read_pairs: Callable[[], Iterable[tuple[str, str]]]

    def __init__(
        self, pairs: Iterable[tuple[str, str]], languages: tuple[str, str], *, match: Match = "normal"
    ) -> None:
        self._languages, self._match = checked_languages(languages), checked_match(match)
        self._columns = dict(zip(self._languages, columns_of(pairs), strict=True))
        self._form_indexes: dict[str, FormIndex] = {}

    @classmethod
    def read(
        cls,
        path: str | PathLike[str],
        languages: tuple[str, str] | None = None,
        *,
        match: Match = "normal",
        encoding: str = "utf-8",
    ) -> Self:
        """Read a file of two columns: one pair of words on each line.

        The columns are separated by a tab or, on a line without one, by whitespace. Blank lines and
        whitespace around a word are ignored. The file may be compressed by gzip, bzip2, xz or zip, whatever
        its name. A first line that names the two languages, as `to_file` writes it, is a header, below which
        all is taken as it is. Without it, what looks like a comment, a count, words in quotes or a line of
        another format is refused: see `skxtm.lexicons`.

        Parameters
        ----------
        path : str or path-like
            The file.
        languages : pair of str, default=None
            Codes of the two columns. By default they are read from the file name by
            `skxtm.languages.languages_of_name`, as from ``zh-en.tsv`` or ``deu_eng.txt.gz``.
        match : {"normal", "literal"}, default="normal"
            See `Lexicon`.
        encoding : str, default="utf-8"
            Encoding of the text; a byte order mark of UTF-16 comes before the default.

        Returns
        -------
        lexicon : Lexicon

        Raises
        ------
        InputError
            If the languages are not known, a line is not a pair of words, or the file is empty, damaged or in
            another encoding.
        """
        path = Path(path)
        languages = languages_in_name(path) if languages is None else checked_languages(languages)
        lexicon = cls(read_pairs(path, languages, encoding), languages, match=match)
        if not len(lexicon):
            raise InputError(f"{path.name} holds no words. A lexicon has one pair of words on each line.")
        return lexicon

    @classmethod
    def compose(
        cls, first: "Lexicon | HasLexicon", second: "Lexicon | HasLexicon", *, min_overlap: float = 0.0
    ) -> "Lexicon":
        """Translate through a language that two lexicons share.

        Parameters
        ----------
        first : Lexicon or SourcedLexicon
            Between the source language and the shared one, in either order.
        second : Lexicon or SourcedLexicon
            Between the shared language and the target language, in either order. Its words of the shared
            language are compared with those of ``first`` as ``match`` says, which must be the same in both.
        min_overlap : float, default=0.0
            Between 0 and 1: the share of their translations into the shared language that two words must have
            in common (Dice; inverse consultation of Tanaka and Umemura, 1994). Words with several meanings
            join what is unlike; a higher share leaves fewer such pairs, and fewer pairs.

        Returns
        -------
        lexicon : Lexicon
            From the source to the target language, sorted as the words first occur in ``first`` and
            ``second``. It holds no pair if the two have no word in common.

        Raises
        ------
        InputError
            If not exactly one language is shared, ``match`` differs, or ``min_overlap`` is out of range.
        InputTypeError
            If one is no lexicon.

        Examples
        --------
        >>> from skxtm.lexicon import Lexicon
        >>> german = Lexicon([("Katze", "cat")], ("de", "en"), match="literal")
        >>> japanese = Lexicon([("猫", "cat")], ("ja", "en"), match="literal")
        >>> list(Lexicon.compose(german, japanese))
        [('Katze', '猫')]
        """
        first, second = one_lexicon(first, Lexicon, "first"), one_lexicon(second, Lexicon, "second")
        pivot = shared_language(first, second)
        (source,) = set(first.languages) - {pivot}
        (target,) = set(second.languages) - {pivot}
        same = second._form_index(pivot).find(first._columns[pivot].words)
        rows, columns = joined(
            first._entries(source, pivot), same, second._entries(pivot, target), min_overlap
        )
        source_column = WordColumn(first._columns[source].words, rows)
        target_column = WordColumn(second._columns[target].words, columns)
        return cls(zip(source_column, target_column, strict=True), (source, target), match=first._match)

    @classmethod
    def induce(
        cls,
        embeddings: Any,
        vocabularies: Mapping[str, Any] | None = None,
        languages: tuple[str, str] | None = None,
        *,
        csls_neighbours: int = 10,
    ) -> "Lexicon":
        """Pair words whose multilingual embeddings are each other's nearest: a lexicon without a dictionary.

        Parameters
        ----------
        embeddings : dict of str to array of shape (V_l, n_dimensions), str or encoder
            See `skxtm.embeddings.induce_lexicon`.
        vocabularies : dict of str to sequence of str of length V_l, or None, default=None
            The words to pair, such as ``corpus.vocabularies``. None takes those that the encoder was fitted
            on.
        languages : pair of str or None, default=None
            The two languages; None takes those of `vocabularies`, which must then be two.
        csls_neighbours : int, default=10
            Neighbours from which CSLS tells how much of a hub a word is, at least 1.

        Returns
        -------
        lexicon : Lexicon
            Each word in one pair at most; the most similar pairs first. Words match literally.

        Raises
        ------
        InputError
            If a language is missing, or arrays and vocabularies do not fit.

        Examples
        --------
        >>> import numpy as np
        >>> from skxtm import Lexicon
        >>> words = {"en": ["rain", "goal"], "de": ["Tor", "Regen"]}
        >>> vectors = {"en": np.eye(2), "de": np.eye(2)[::-1]}
        >>> sorted(Lexicon.induce(vectors, words, csls_neighbours=1))
        [('goal', 'Tor'), ('rain', 'Regen')]
        """
        from skxtm.embeddings.induction import induce_lexicon  # it builds a Lexicon itself

        return induce_lexicon(embeddings, vocabularies, languages, csls_neighbours=csls_neighbours)

    @property
    def languages(self) -> tuple[str, str]:
        """Languages of the first and the second word of each pair."""
        return self._languages

    @property
    def match(self) -> Match:
        """When a word of a vocabulary is a word of the lexicon: ``"normal"`` or ``"literal"``."""
        return self._match

    def matrix(
        self, source_vocabulary: Words, target_vocabulary: Words, source: str, target: str
    ) -> csr_array:
        """Mark which words of two vocabularies translate each other.

        Parameters
        ----------
        source_vocabulary : array-like of str of shape (V_source,)
        target_vocabulary : array-like of str of shape (V_target,)
        source : str
            Language of the source vocabulary, either of the two languages of the lexicon.
        target : str
            The other one.

        Returns
        -------
        matrix : csr_array of float32 of shape (V_source, V_target)
            1 where the lexicon holds a pair that matches the two words, 0 (not stored) elsewhere. In the
            other direction it is the transpose.

        Raises
        ------
        InputError
            If these are not the two languages of the lexicon.
        InputTypeError
            If a vocabulary holds something else than str.
        MissingDependencyError
            If ``match="normal"`` and the library for a language is not installed.
        """
        source, target = canonical_code(source), canonical_code(target)
        entries = self._entries(source, target)
        source_matches = self._form_index(source).find(word_list(source_vocabulary, "source_vocabulary"))
        target_matches = self._form_index(target).find(word_list(target_vocabulary, "target_vocabulary"))
        return sorted_csr(source_matches @ entries @ target_matches.T).astype(np.float32)

    def coverage(
        self, source_vocabulary: Words, target_vocabulary: Words, source: str, target: str
    ) -> LexiconCoverage:
        """Count the words of two vocabularies that have a translation in the other one.

        Parameters
        ----------
        source_vocabulary, target_vocabulary, source, target
            As in `matrix`.

        Returns
        -------
        coverage : LexiconCoverage

        Raises
        ------
        InputError, InputTypeError, MissingDependencyError
            As `matrix` does.
        """
        matrix = self.matrix(source_vocabulary, target_vocabulary, source, target)
        return LexiconCoverage(
            source_covered=int(np.count_nonzero(np.diff(matrix.indptr))),
            source_total=matrix.shape[0],
            target_covered=len(np.unique(matrix.indices)),
            target_total=matrix.shape[1],
            n_pairs=matrix.nnz,
        )

    def translate(self, word: str, source: str) -> list[str]:
        """List the translations of a word, in the order of the lexicon.

        Parameters
        ----------
        word : str
        source : str
            Language of the word, either of the two languages of the lexicon.

        Returns
        -------
        translations : list of str
            Empty if the lexicon does not hold the word.

        Raises
        ------
        InputError
            If the lexicon does not hold the language.
        """
        source, target = canonical_code(source), self._other(source)
        entries = self._form_index(source).find(word_list([word], "words")).indices
        of_word = np.isin(self._columns[source].numbers, entries)
        target_words = self._columns[target].words
        return list(dict.fromkeys(target_words[number] for number in self._columns[target].numbers[of_word]))

    def inverse(self) -> "Lexicon":
        """Swap the languages.

        Returns
        -------
        lexicon : Lexicon
            The same pairs in the same order, the second word first.
        """
        return _assembled(dict(reversed(self._columns.items())), self._match)

    def with_match(self, match: Match) -> "Lexicon":
        """Take the same pairs with another way of matching.

        Parameters
        ----------
        match : {"normal", "literal"}
            See `Lexicon`.

        Returns
        -------
        lexicon : Lexicon
            Shares the memory of this one.
        """
        return _assembled(self._columns, checked_match(match))

    def respell(self, language: str, spelling: Callable[[str], str]) -> "Lexicon":
        """Write the words of one language differently, to suit a vocabulary with a spelling of its own.

        Parameters
        ----------
        language : str
            Either of the two languages of the lexicon.
        spelling : callable
            Turns a word into its new spelling.

        Returns
        -------
        lexicon : Lexicon
            Pairs that become equal are kept once.

        Examples
        --------
        >>> from skxtm.lexicon import Lexicon
        >>> from skxtm.normalization import without_long_vowel_marks
        >>> lexicon = Lexicon([("ケーキ", "cake")], ("ja", "en"), match="literal")
        >>> list(lexicon.respell("ja", without_long_vowel_marks))
        [('ケキ', 'cake')]
        """
        language = self._other(self._other(language))  # its canonical code
        words = list(map(spelling, self._columns[language].words))
        columns = self._columns | {language: WordColumn(words, self._columns[language].numbers)}
        return Lexicon(zip(*columns.values(), strict=True), self.languages, match=self._match)

    def to_file(self, path: str | PathLike[str]) -> None:
        """Write the pairs as `read` reads them: UTF-8, a tab between the words, a header of the languages.

        Parameters
        ----------
        path : str or path-like
            The file; an existing one is replaced. It is compressed by gzip if its name ends in ``.gz``.

        Raises
        ------
        InputError
            If it is a folder, or its folder does not exist.
        """
        check_page(Path(path))
        data = "".join(f"{first}\t{second}\n" for first, second in (self.languages, *self)).encode()
        with replacing(Path(path)) as beside:
            beside.write_bytes(gzip.compress(data, mtime=0) if Path(path).suffix == ".gz" else data)

    def __len__(self) -> int:
        return len(self._columns[self.languages[0]].numbers)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        first, second = self._columns.values()
        return zip(first, second, strict=True)

    def __repr__(self) -> str:
        return f"Lexicon({'-'.join(self.languages)}, {len(self):,} pairs, match={self._match!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Lexicon):
            return NotImplemented
        return self is other or self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_content, self._content()

    @cached_property
    def _columns(self) -> dict[str, WordColumn]:
        """Words by language; read here only of a lexicon that was made by `read_later`."""
        return dict(zip(self._languages, columns_of(self._read_pairs()), strict=True))

    def _content(self) -> tuple[Any, ...]:
        """Say the whole value in a few hashable objects, so that joblib need not visit every word."""
        return (self._match, *((code, *column.packed()) for code, column in self._columns.items()))

    def _other(self, language: str) -> str:
        """Return the language that words of ``language`` are translated to."""
        language = canonical_code(language)
        if language not in self.languages:
            raise InputError(f"{self!r} does not hold language {language!r}. Give one of {self.languages}.")
        first, second = self.languages
        return second if language == first else first

    def _entries(self, source: str, target: str) -> csr_array:
        """Mark the pairs among the lexicon's own words: bool of shape (source words, target words)."""
        if {source, target} != set(self.languages):
            raise InputError(
                f"{self!r} does not translate from {source!r} to {target!r}. "
                f"Give a lexicon of these two languages, or join two with Lexicon.compose."
            )
        rows, columns = self._columns[source], self._columns[target]
        shape = (len(rows.words), len(columns.words))
        return csr_array((np.ones(len(self), dtype=bool), (rows.numbers, columns.numbers)), shape=shape)

    def _form_index(self, language: str) -> FormIndex:
        if language not in self._form_indexes:
            normal = partial(normal_forms, language=language)
            forms_of = normal if self._match == "normal" else lambda words: (words,)
            self._form_indexes[language] = FormIndex(self._columns[language].words, forms_of)
        return self._form_indexes[language]


def _assembled(columns: dict[str, WordColumn], match: Match) -> Lexicon:
    """Make a lexicon of columns that are known to be right."""
    lexicon = Lexicon.__new__(Lexicon)
    lexicon._columns, lexicon._match, lexicon._form_indexes = columns, match, {}
    lexicon._languages = checked_languages(tuple(columns))
    return lexicon


def read_later(
    languages: tuple[str, str], match: Match, read: Callable[[], Iterable[tuple[str, str]]]
) -> Lexicon:
    """Make a lexicon whose pairs are read when they are first needed.

    Parameters
    ----------
    languages : pair of str
        As for `Lexicon`.
    match : {"normal", "literal"}
        As for `Lexicon`.
    read : callable
        Without arguments; returns the pairs.

    Returns
    -------
    lexicon : Lexicon
    """
    lexicon = Lexicon.__new__(Lexicon)
    lexicon._languages, lexicon._match = checked_languages(languages), checked_match(match)
    lexicon._read_pairs, lexicon._form_indexes = read, {}
    return lexicon


def _from_content(match: Match, *columns: tuple[str, str, bytes]) -> Lexicon:
    return _assembled({code: WordColumn.unpacked(words, rows) for code, words, rows in columns}, match)
