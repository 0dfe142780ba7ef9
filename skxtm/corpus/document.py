"""`Document`: one row of a corpus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

if TYPE_CHECKING:
    from skxtm.corpus.container import Corpus


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
