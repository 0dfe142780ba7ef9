"""`Corpus`: documents in several languages that behave as scikit-learn wants of a container."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from skxtm.corpus._checks import (
    IntArray,
    checked_counts,
    checked_vocabularies,
    embedding_column,
    row_key,
    string_column,
    take_rows,
)
from skxtm.exceptions import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One row of a `Corpus`, able to stand alone in an object array.

    Attributes
    ----------
    language : str
        Language code.
    text : str or None
        The text, where known.
    embedding : ndarray of shape (n_dimensions,) or None
        Dense vector of the document, where known.
    counts : csr_array of shape (1, V_l) or None
        Word counts over the vocabulary of `language`, where known.
    vocabularies : dict of str to ndarray or None
        Words of every language's columns, shared by all documents of a corpus.
    """

    language: str
    text: str | None = None
    embedding: NDArray[np.floating] | None = None
    counts: sparse.csr_array | None = None
    vocabularies: Mapping[str, NDArray[np.object_]] | None = None


class Corpus:
    """Documents in several languages: one row, one document.

    Per row it holds a language and whatever is known of the document: its text, its word counts, an
    embedding, labels. It passes through scikit-learn's tools as a matrix does: splitters, searches,
    ``Pipeline(memory=...)``, ensembles. Rows are never dropped or reordered.

    Parameters
    ----------
    language : sequence of str, shape (n_documents,)
        Language code of each document, ISO 639-1 by convention.
    text : sequence of str, shape (n_documents,), optional
        The documents' texts.
    counts : sparse matrix of shape (n_documents, n_words), optional
        Non-negative word counts over the joint vocabulary: the columns of the languages side by side, in
        the order of `vocabularies`. A row's non-zeros lie in the columns of its own language.
    vocabularies : dict of str to sequence of str, optional
        The words of each language; needed exactly when `counts` is given.
    embedding : array of shape (n_documents, n_dimensions), optional
        Dense document vectors; a ``numpy.memmap`` is kept as it is.
    id : sequence of shape (n_documents,), optional
        Labels of the documents.
    pair_id : sequence of shape (n_documents,), optional
        Documents with the same label are the same text in different languages.

    Attributes
    ----------
    language : ndarray of str objects, shape (n_documents,)
    languages : tuple of str
        The languages that occur, in the order of `vocabularies` or else sorted.
    text, embedding, id, pair_id : ndarray or None
    vocabularies : dict of str to ndarray of str objects, or None
    shape : tuple of int
        ``(n_documents, 2)``, or ``(n_documents, 3)`` with embeddings: the table that ``numpy.asarray``
        gives, whose columns are the document, its language and its embedding.

    Raises
    ------
    InputError
        If lengths differ, a text or language is not a string, or counts are negative, not finite or in
        another language's columns.

    Notes
    -----
    Counts are stored as one CSR matrix per language, so that `counts_of` copies nothing; `counts`, over
    the joint vocabulary, is assembled on demand. ``numpy.asarray(corpus)`` is a slow path for tools that
    insist on an array, such as `sklearn.ensemble.BaggingClassifier`; `as_corpus` reads it back. If such a
    tool changes a row's language, its counts, being of another vocabulary, are replaced by zeros.

    Examples
    --------
    >>> from skxtm.corpus import Corpus
    >>> corpus = Corpus(["en", "zh", "en"], text=["rain tomorrow", "明天 下雨", "sunny"])
    >>> corpus
    Corpus(3 documents: 2 en, 1 zh; text)
    >>> corpus[[0, 1]].language.tolist()
    ['en', 'zh']
    """

    ndim = 2
    dtype = np.dtype(object)

    def __init__(
        self,
        language: ArrayLike | Sequence[str],
        *,
        text: ArrayLike | Sequence[str] | None = None,
        counts: Any = None,
        vocabularies: Mapping[str, Any] | None = None,
        embedding: ArrayLike | None = None,
        id: ArrayLike | None = None,
        pair_id: ArrayLike | None = None,
    ) -> None:
        self.language = string_column(language, "language")
        n_documents = len(self.language)
        self.text = None if text is None else string_column(text, "text")
        self.vocabularies = None if vocabularies is None else checked_vocabularies(vocabularies)
        self.embedding = embedding_column(embedding)
        self.id = None if id is None else np.asarray(id)
        self.pair_id = None if pair_id is None else np.asarray(pair_id)
        for name in ("text", "embedding", "id", "pair_id"):
            column = getattr(self, name)
            if column is not None and len(column) != n_documents:
                raise InputError(f"{name} has {len(column)} rows, but language has {n_documents}.")
        if (counts is None) != (vocabularies is None):
            raise InputError("counts and vocabularies belong together: give both, or neither.")
        self._blocks = None if counts is None else self._split(checked_counts(counts, "counts"))

    @classmethod
    def from_counts(
        cls,
        counts: Mapping[str, Any],
        vocabularies: Mapping[str, Any],
        *,
        text: Mapping[str, Sequence[str]] | None = None,
        embedding: Mapping[str, ArrayLike] | None = None,
        id: Mapping[str, ArrayLike] | None = None,
        pair_id: Mapping[str, ArrayLike] | None = None,
    ) -> Corpus:
        """Stack one count matrix per language.

        Parameters
        ----------
        counts : dict of str to sparse matrix of shape (n_l, V_l)
            Word counts of each language's documents. A CSR matrix is kept without a copy.
        vocabularies : dict of str to sequence of str
            The words of each language's columns; may name languages without documents.
        text, embedding, id, pair_id : dict of str to sequence, optional
            Further columns, by language.

        Returns
        -------
        corpus : Corpus
            The documents, language after language in the order of `counts`.

        Examples
        --------
        >>> import numpy as np
        >>> from skxtm.corpus import Corpus
        >>> Corpus.from_counts({"en": np.array([[1, 0], [0, 2]])}, {"en": ["rain", "sun"]})
        Corpus(2 documents: 2 en; 2 words, 3 tokens)
        """
        blocks = {code: checked_counts(block, f"counts[{code!r}]") for code, block in counts.items()}
        language = np.repeat(
            np.array(list(blocks), dtype=object), [block.shape[0] for block in blocks.values()]
        )

        def stack(name: str, columns: Mapping[str, Any] | None) -> Any:
            if columns is None:
                return None
            for code, block in blocks.items():
                if code not in columns or len(columns[code]) != block.shape[0]:
                    given = len(columns[code]) if code in columns else "no"
                    raise InputError(f"{name}[{code!r}] has {given} rows, but counts has {block.shape[0]}.")
            if len(blocks) == 1:
                return columns[next(iter(blocks))]
            parts = [columns[code] for code in blocks]
            return np.concatenate([string_column(part, name) if name == "text" else part for part in parts])

        corpus = cls(
            language,
            text=stack("text", text),
            embedding=stack("embedding", embedding),
            id=stack("id", id),
            pair_id=stack("pair_id", pair_id),
        )
        corpus.vocabularies = checked_vocabularies(vocabularies)
        corpus._blocks = blocks
        corpus._check_blocks()
        return corpus

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that occur, in the order of the vocabularies or else sorted."""
        present = set(self.language)
        if self.vocabularies is None:
            return tuple(sorted(present))
        return tuple(code for code in self.vocabularies if code in present)

    @property
    def has_counts(self) -> bool:
        """Whether word counts are known."""
        return self._blocks is not None

    @property
    def counts(self) -> sparse.csr_array:
        """Word counts over the joint vocabulary, csr_array of shape (n_documents, n_words)."""
        return self._joint_counts()

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the table that ``numpy.asarray`` gives."""
        return len(self), 2 if self.embedding is None else 3

    def rows_of(self, language: str) -> IntArray:
        """Row numbers of the documents in one language, ascending."""
        return np.flatnonzero(self.language == language)

    def counts_of(self, language: str) -> sparse.csr_array:
        """Word counts of one language's documents, without a copy.

        Parameters
        ----------
        language : str
            A language of the vocabularies.

        Returns
        -------
        counts : csr_array of shape (n_l, V_l)
            Row i belongs to document ``rows_of(language)[i]``. Shares memory with the corpus: do not write.

        Raises
        ------
        InputError
            If no counts are known, or the language has no vocabulary.
        """
        if self._blocks is None or self.vocabularies is None:
            raise InputError("This Corpus has no counts. Make them with CrossLingualVectorizer.")
        if language not in self.vocabularies:
            raise InputError(
                f"language {language!r} has no vocabulary in this Corpus; it has {list(self.vocabularies)}."
            )
        if language not in self._blocks:
            return sparse.csr_array((0, len(self.vocabularies[language])), dtype=np.int32)
        return self._blocks[language]

    @classmethod
    def concatenate(cls, corpora: Iterable[Corpus]) -> Corpus:
        """Stack corpora that know the same columns and have the same vocabularies.

        Parameters
        ----------
        corpora : iterable of Corpus
            At least one.

        Returns
        -------
        corpus : Corpus
            All rows, in the order given.

        Raises
        ------
        InputError
            If a column is known in some corpora only, or vocabularies differ.
        """
        parts = list(corpora)
        if not parts:
            raise InputError("Corpus.concatenate needs at least one Corpus, got none.")
        first = parts[0]
        columns: dict[str, Any] = {}
        for name in ("text", "embedding", "id", "pair_id"):
            known = [getattr(part, name) is not None for part in parts]
            if any(known) and not all(known):
                raise InputError(f"{name} is known in some of the corpora only; give it to all or to none.")
            if all(known):
                columns[name] = np.concatenate([getattr(part, name) for part in parts])
        if not all(same_vocabularies(first.vocabularies, part.vocabularies) for part in parts):
            raise InputError(
                "The corpora have different vocabularies. Vectorize them with one fitted "
                "CrossLingualVectorizer."
            )
        result = cls(np.concatenate([part.language for part in parts]), **columns)
        if first.vocabularies is not None:
            result.vocabularies = first.vocabularies
            result._blocks = {
                code: sparse.vstack([part.counts_of(code) for part in parts], format="csr")
                for code in result.languages
            }
        return result

    def with_counts(self, counts: Mapping[str, sparse.csr_array], vocabularies: Mapping[str, Any]) -> Corpus:
        """Return the same documents with these word counts.

        Parameters
        ----------
        counts : dict of str to csr_array of shape (n_l, V_l)
            For each language that occurs, counts of its documents in their order.
        vocabularies : dict of str to sequence of str
            The words of the columns.

        Returns
        -------
        corpus : Corpus
            Shares everything but the counts with this one.
        """
        result = self._like(slice(None))
        result.vocabularies = checked_vocabularies(vocabularies)
        result._blocks = {code: checked_counts(block, f"counts[{code!r}]") for code, block in counts.items()}
        result._check_blocks()
        return result

    def __len__(self) -> int:
        return len(self.language)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple):
            rest = key[1:]
            if len(rest) != 1 or not (rest[0] is Ellipsis or rest[0] == slice(None)):
                raise InputError("A Corpus is indexed by rows only: corpus[rows] or corpus[rows, ...].")
            key = key[0]
        if isinstance(key, (int, np.integer)) and not isinstance(key, (bool, np.bool_)):
            return self._document(int(key))
        return self._take(key)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.object_]:
        table = np.empty(self.shape, dtype=object)
        plain_text = self.text is not None and not self.has_counts
        table[:, 0] = self.text if plain_text else [self._document(row) for row in range(len(self))]
        table[:, 1] = self.language
        if self.embedding is not None:
            for row, vector in enumerate(self.embedding):
                table[row, 2] = vector
        return table

    def __repr__(self) -> str:
        per_language = ", ".join(f"{len(self.rows_of(code)):,} {code}" for code in self.languages)
        parts = [f"{len(self):,} documents: {per_language}" if len(self) else "no documents"]
        if self._blocks is not None and self.vocabularies is not None:
            n_words = sum(map(len, self.vocabularies.values()))
            n_tokens = sum(block.sum() for block in self._blocks.values())
            parts.append(f"{n_words:,} words, {n_tokens:,.0f} tokens")
        columns = [name for name in ("text", "id", "pair_id") if getattr(self, name) is not None]
        if self.embedding is not None:
            columns.append(f"embedding ({self.embedding.shape[1]})")
        if columns:
            parts.append(", ".join(columns))
        return f"Corpus({'; '.join(parts)})"

    def _like(self, rows: IntArray | slice) -> Corpus:
        """Copy every column but the counts, for these rows."""
        result = object.__new__(Corpus)
        result.language = self.language[rows]
        result.vocabularies = self.vocabularies
        for name in ("text", "embedding", "id", "pair_id"):
            column = getattr(self, name)
            setattr(result, name, None if column is None else column[rows])
        result._blocks = None
        return result

    def _take(self, key: Any) -> Corpus:
        rows = np.arange(len(self))[key if isinstance(key, slice) else row_key(key, len(self))]
        result = self._like(key if isinstance(key, slice) else rows)
        if self._blocks is not None:
            positions = self._positions()
            result._blocks = {}
            for code, block in self._blocks.items():
                chosen = positions[rows[self.language[rows] == code]]
                result._blocks[code] = take_rows(block, chosen)
        return result

    def _positions(self) -> IntArray:
        """Place of each row within its language's block."""
        positions = np.empty(len(self), dtype=np.intp)
        for code in self._blocks or ():
            rows = self.rows_of(code)
            positions[rows] = np.arange(len(rows))
        return positions

    def _document(self, row: int) -> Document:
        row = range(len(self))[row]
        code = self.language[row]
        counts = None
        if self._blocks is not None:
            place = int(np.count_nonzero(self.language[:row] == code))
            counts = self._blocks[code][[place]]
        return Document(
            language=code,
            text=None if self.text is None else self.text[row],
            embedding=None if self.embedding is None else self.embedding[row],
            counts=counts,
            vocabularies=self.vocabularies,
        )

    def _split(self, counts: sparse.csr_array) -> dict[str, sparse.csr_array]:
        """Cut joint counts into one block per language."""
        vocabularies = self.vocabularies or {}
        sizes = [len(words) for words in vocabularies.values()]
        if counts.shape != (len(self), sum(sizes)):
            raise InputError(
                f"counts has shape {counts.shape}, but language and vocabularies ask for "
                f"{(len(self), sum(sizes))}."
            )
        ends = np.cumsum(sizes)
        blocks = {}
        for code, size, end in zip(vocabularies, sizes, ends, strict=True):
            rows = self.rows_of(code)
            own_rows = counts[rows]
            block = sparse.csr_array(own_rows[:, end - size : end])
            if block.nnz != own_rows.nnz:
                raise InputError(f"Documents in {code!r} have counts in the columns of another language.")
            if len(rows):
                blocks[code] = block
        unknown = sorted(set(self.language) - set(vocabularies))
        if unknown:
            raise InputError(f"language contains {unknown}, which have no vocabulary in vocabularies.")
        return blocks

    def _check_blocks(self) -> None:
        vocabularies = self.vocabularies or {}
        for code in dict.fromkeys([*self.language, *(self._blocks or {})]):
            if code not in vocabularies:
                raise InputError(f"language contains [{code!r}], which have no vocabulary in vocabularies.")
        for code, block in (self._blocks or {}).items():
            expected = (len(self.rows_of(code)), len(vocabularies[code]))
            if block.shape != expected:
                raise InputError(
                    f"counts[{code!r}] has shape {block.shape}, but its documents and words are {expected}."
                )

    def _joint_counts(self) -> sparse.csr_array:
        if self._blocks is None or self.vocabularies is None:
            raise InputError("This Corpus has no counts. Make them with CrossLingualVectorizer.")
        sizes = {code: len(words) for code, words in self.vocabularies.items()}
        starts = dict(zip(sizes, np.cumsum([0, *sizes.values()]), strict=False))
        shifted = []
        for code, block in self._blocks.items():
            parts = (block.data, block.indices + starts[code], block.indptr)
            shifted.append(sparse.csr_array(parts, shape=(block.shape[0], sum(sizes.values()))))
        if not shifted:
            return sparse.csr_array((0, sum(sizes.values())), dtype=np.int32)
        order = np.concatenate([self.rows_of(code) for code in self._blocks])
        return sparse.csr_array(sparse.vstack(shifted, format="csr")[np.argsort(order)])


def same_vocabularies(first: Mapping[str, Any] | None, second: Mapping[str, Any] | None) -> bool:
    """Whether two dicts of vocabularies hold the same words in the same order.

    Parameters
    ----------
    first, second : dict of str to ndarray of str, or None
        Vocabularies by language.

    Returns
    -------
    answer : bool
    """
    if first is second:
        return True
    if first is None or second is None or list(first) != list(second):
        return False
    return all(first[code] is second[code] or np.array_equal(first[code], second[code]) for code in first)
