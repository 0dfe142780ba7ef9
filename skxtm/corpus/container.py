"""`Corpus`: documents in several languages that behave as scikit-learn wants of a container."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from skxtm.corpus._blocks import (
    Blocks,
    bare_array,
    bare_block,
    check_blocks,
    join_counts,
    split_counts,
    stack_blocks,
    take_blocks,
    without_empty,
)
from skxtm.corpus._checks import (
    COLUMN_CHECKS,
    IntArray,
    checked_blocks,
    checked_counts,
    checked_vocabularies,
    document_columns,
    embedding_column,
    joined,
    label_column,
    listed_corpora,
    out_of_range,
    row_numbers,
)
from skxtm.exceptions import InputError
from skxtm.languages import by_code, canonical_code


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One row of a `Corpus`, such as the cells of ``numpy.asarray(corpus)``.

    It refers to its corpus, so that an array of documents costs little and `as_corpus` puts them together
    again with all that is known of them.

    Parameters
    ----------
    corpus : Corpus
        Where it stands.
    row : int
        Its row there, from 0 to ``len(corpus) - 1``.

    Examples
    --------
    >>> from skxtm.corpus import Corpus
    >>> document = Corpus(["en", "zh"], text=["rain tomorrow", "明天 下雨"])[1]
    >>> document.language, document.text
    ('zh', '明天 下雨')
    """

    corpus: Corpus
    row: int

    @property
    def language(self) -> str:
        """Language code."""
        return self.corpus.language[self.row]

    @property
    def text(self) -> str | None:
        """The text; None where unknown."""
        return self._cell("text")

    @property
    def embedding(self) -> NDArray[np.floating] | None:
        """Dense vector of shape (n_dimensions,); None where unknown."""
        return self._cell("embedding")

    @property
    def id(self) -> Any:
        """Label of the document; None where unknown."""
        return self._cell("id")

    @property
    def pair_id(self) -> Any:
        """Label that it shares with its translations; None where unknown."""
        return self._cell("pair_id")

    @property
    def counts(self) -> sparse.csr_array | None:
        """Word counts over the vocabulary of `language`, of shape (1, V_l); None where unknown."""
        return self.corpus[[self.row]].counts_of(self.language) if self.corpus.has_counts else None

    def _cell(self, name: str) -> Any:
        column = getattr(self.corpus, name)
        return None if column is None else column[self.row]


class Corpus:
    """Documents in several languages: one row, one document.

    Per row it holds a language and whatever is known of the document: its text, its word counts, an
    embedding, labels. It passes through scikit-learn's tools as a matrix does: splitters, searches,
    ``Pipeline(memory=...)``, ensembles. Rows are never dropped or reordered.

    Parameters
    ----------
    language : sequence of str, shape (n_documents,)
        Language code of each document, of ISO 639 or BCP 47. It is kept as `skxtm.languages.canonical_code`
        writes it: ``EN`` and ``eng`` are ``en``, ``pt-BR`` and ``pt-PT`` both ``pt``.
    text : sequence of str, shape (n_documents,), optional
        The documents' texts.
    counts : sparse matrix of shape (n_documents, n_words), optional
        Non-negative word counts over the joint vocabulary: the columns of the languages side by side, in
        the order of `vocabularies`. A row's non-zeros lie in the columns of its own language.
    vocabularies : dict of str to sequence of str, optional
        The words of each language, in a list or with their columns in a dict; needed exactly with `counts`.
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
        If lengths differ, embeddings are no matrix of floats, or counts are negative, not finite or in
        another language's columns, or if texts or languages are missing or no strings or codes: then all
        such rows are named.

    Notes
    -----
    Counts are stored as one CSR matrix per language, so that `counts_of` copies nothing; `counts`, over
    the joint vocabulary, is assembled on demand. ``numpy.asarray(corpus)`` is a slow path for tools that
    insist on an array, such as `sklearn.ensemble.BaggingClassifier`; `as_corpus` reads it back. If such a
    tool changes a row's language, its counts, being of another vocabulary, are replaced by zeros. The cells
    of the first column are texts, or a `Document` each where there is more to know.

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
        self.language, self.text = document_columns(language, text)
        n_documents = len(self.language)
        self.vocabularies = None if vocabularies is None else checked_vocabularies(vocabularies)
        self.embedding = None if embedding is None else embedding_column(embedding, "embedding")
        self.id = None if id is None else label_column(id, "id")
        self.pair_id = None if pair_id is None else label_column(pair_id, "pair_id")
        for name in COLUMN_CHECKS:
            column = getattr(self, name)
            if column is not None and len(column) != n_documents:
                raise InputError(f"{name} has {len(column)} rows, but language has {n_documents}.")
        if (counts is None) != (vocabularies is None):
            raise InputError("counts and vocabularies belong together: give both, or neither.")
        self._blocks: Blocks | None = None
        if self.vocabularies is not None:
            blocks = split_counts(checked_counts(counts, "counts"), self.language, self.vocabularies)
            self._set_counts(blocks, self.vocabularies)

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
            The words of each language's columns, or a dict of word to column, as the ``vocabulary_`` of a
            `CountVectorizer`; may name languages without documents.
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
        blocks = checked_blocks(counts)
        if not blocks:
            raise InputError("counts is empty. Give the word counts of at least one language.")
        sizes = {code: block.shape[0] for code, block in blocks.items()}
        corpus = cls(
            np.repeat(np.array(list(sizes), dtype=object), list(sizes.values())),
            text=_stacked("text", text, sizes),
            embedding=_stacked("embedding", embedding, sizes),
            id=_stacked("id", id, sizes),
            pair_id=_stacked("pair_id", pair_id, sizes),
        )
        corpus._set_counts(blocks, checked_vocabularies(vocabularies))
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
        blocks, vocabularies = self._known_counts()
        return join_counts(blocks, self.language, vocabularies)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the table that ``numpy.asarray`` gives."""
        return len(self), 2 if self.embedding is None else 3

    def rows_of(self, language: str) -> IntArray:
        """Row numbers of the documents in one language.

        Parameters
        ----------
        language : str
            Any language code.

        Returns
        -------
        rows : ndarray of int of shape (n_l,)
            Ascending; empty for a language that does not occur.
        """
        return np.flatnonzero(self.language == canonical_code(language))

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
        blocks, vocabularies = self._known_counts()
        language = canonical_code(language)
        if language not in vocabularies:
            raise InputError(
                f"language {language!r} has no vocabulary in this Corpus; it has {list(vocabularies)}."
            )
        if language not in blocks:
            return sparse.csr_array((0, len(vocabularies[language])), dtype=np.int32)
        return blocks[language]

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
        InputTypeError
            If they are no list of `Corpus`.
        """
        parts = listed_corpora(corpora, Corpus)
        vocabularies = parts[0].vocabularies
        if not all(same_vocabularies(vocabularies, part.vocabularies) for part in parts):
            raise InputError(
                "The corpora have different vocabularies. Vectorize them with one fitted "
                "CrossLingualVectorizer."
            )
        columns: dict[str, Any] = {}
        for name in COLUMN_CHECKS:
            known = [column for part in parts if (column := getattr(part, name)) is not None]
            if known and len(known) < len(parts):
                raise InputError(f"{name} is known in some of the corpora only; give it to all or to none.")
            columns[name] = joined(known, name) if known else None
        result = cls(joined([part.language for part in parts], "language"), **columns)
        if vocabularies is not None:
            result._set_counts(stack_blocks([part._known_counts()[0] for part in parts]), vocabularies)
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
        return self._counted(counts, checked_vocabularies(vocabularies))

    def _counted(
        self, counts: Mapping[str, sparse.csr_array], vocabularies: Mapping[str, NDArray[np.object_]]
    ) -> Corpus:
        """Return the same documents with word counts over vocabularies that were checked before.

        That takes milliseconds, which a request for one document would wait for.
        """
        result = self._like(slice(None))
        result._set_counts(checked_blocks(counts), dict(vocabularies))
        return result

    def __len__(self) -> int:
        return len(self.language)

    def __iter__(self) -> Iterator[Document]:
        return (Document(self, row) for row in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple):
            if len(key) != 2 or not _is_everything(key[1]):
                raise InputError("A Corpus is indexed by rows only: corpus[rows] or corpus[rows, ...].")
            key = key[0]
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            if not -len(self) <= key < len(self):
                raise out_of_range(int(key), len(self))
            return Document(self, int(key) % len(self))
        return self._take(key)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.object_]:
        if copy is False:
            raise InputError("A Corpus cannot become an array without a copy.")
        table = np.empty(self.shape, dtype=object)
        plain_text = self.text is not None and not self.has_counts
        table[:, 0] = self.text if plain_text else list(self)
        table[:, 1] = self.language
        if self.embedding is not None:
            for row, vector in enumerate(self.embedding):
                table[row, 2] = vector
        return table

    def __getstate__(self) -> dict[str, Any]:
        """Reduce to bare, contiguous arrays, so that a copy has the `joblib.hash` of its original."""
        state = dict(vars(self))
        for name in ("embedding", "id", "pair_id"):
            if state[name] is not None:
                state[name] = bare_array(state[name])
        if self._blocks is not None:
            state["_blocks"] = {code: bare_block(block) for code, block in self._blocks.items()}
        return state

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
        for name in COLUMN_CHECKS:
            column = getattr(self, name)
            setattr(result, name, None if column is None else column[rows])
        result._blocks = None
        return result

    def _take(self, key: Any) -> Corpus:
        rows = row_numbers(key, len(self))
        result = self._like(key if isinstance(key, slice) else rows)
        if self._blocks is not None:
            result._blocks = take_blocks(self._blocks, self.language, rows)
        return result

    def _set_counts(self, blocks: Blocks, vocabularies: dict[str, NDArray[np.object_]]) -> None:
        check_blocks(blocks, self.language, vocabularies)
        self._blocks, self.vocabularies = without_empty(blocks), vocabularies

    def _known_counts(self) -> tuple[Blocks, dict[str, NDArray[np.object_]]]:
        if self._blocks is None or self.vocabularies is None:
            raise InputError("This Corpus has no counts. Make them with CrossLingualVectorizer.")
        return self._blocks, self.vocabularies


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


def _stacked(name: str, columns: Any, sizes: Mapping[str, int]) -> Any:
    """Put one column per language below each other, in the order of `sizes`."""
    if columns is None:
        return None
    columns = by_code(columns, name)
    unknown = sorted(set(columns) - set(sizes))
    if unknown:
        raise InputError(f"{name} has entries for {unknown}, for which counts has none.")
    columns = {code: COLUMN_CHECKS[name](part, f"{name}[{code!r}]") for code, part in columns.items()}
    for code, n_rows in sizes.items():
        if code not in columns or len(columns[code]) != n_rows:
            given = len(columns[code]) if code in columns else "no"
            raise InputError(f"{name}[{code!r}] has {given} rows, but counts has {n_rows}.")
    return joined([columns[code] for code in sizes], name)


def _is_everything(key: Any) -> bool:
    return key is Ellipsis or (isinstance(key, slice) and key == slice(None))
