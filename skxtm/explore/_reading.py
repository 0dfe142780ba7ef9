"""Documents as every table reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skxtm._model.intake import read_documents
from skxtm._model.state import state_of
from skxtm._optional import import_optional
from skxtm.corpus import Corpus
from skxtm.exceptions import InputError
from skxtm.model import CrossLingualTopicModel
from skxtm.refiner import LLMRefiner
from skxtm.report import trained_model

Model = CrossLingualTopicModel | LLMRefiner


@dataclass(frozen=True)
class ReadDocuments:
    """Documents, and what a model says of them.

    Attributes
    ----------
    corpus : Corpus
        With counts.
    theta : ndarray of shape (n_documents, n_components)
        Topic proportions.
    names : ndarray of str objects of shape (n_components,)
        Of the topics.
    """

    corpus: Corpus
    theta: NDArray[np.float32]
    names: NDArray[np.object_]

    @cached_property
    def n_words(self) -> NDArray[np.int64]:
        """Known words of each document, with repetitions."""
        lengths = np.zeros(len(self.corpus), dtype=np.int64)
        for code in self.corpus.languages:
            lengths[self.corpus.rows_of(code)] = np.asarray(self.corpus.counts_of(code).sum(1)).ravel()
        return lengths

    def best_rows(self, code: str, values: NDArray[Any], n: int) -> Iterator[int]:
        """Rows of a language by descending value.

        Parameters
        ----------
        code : str
            The language.
        values : ndarray of shape (n_documents,)
            One for every row; of equal ones the first row is taken.
        n : int
            Rows to take, at most. A text that is there twice is taken once, one without a known word never.

        Yields
        ------
        row : int
        """
        rows = self.corpus.rows_of(code)
        rows = rows[self.n_words[rows] > 0]
        texts, seen = self.corpus.text, set()
        for row in rows[np.argsort(-values[rows], kind="stable")]:
            text = row if texts is None else texts[row]
            if text not in seen:
                seen.add(text)
                yield int(row)
            if len(seen) == n:
                return


def read(model: Model, X: Any, owner: str) -> ReadDocuments:
    """Read documents, each text cut once.

    Parameters
    ----------
    model : CrossLingualTopicModel or LLMRefiner
        Fitted.
    X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
        Anything `skxtm.as_corpus` reads.
    owner : str
        The function that reads.

    Returns
    -------
    documents : ReadDocuments
        At least one.

    Raises
    ------
    InputError, InputTypeError
        If model or documents are not what is needed.
    """
    own = trained_model(model, owner)
    corpus = read_documents(own, state_of(own), X)
    if not len(corpus):
        raise InputError(f"X holds no documents. Give {owner} at least one.")
    names = np.array(own.topic_names_, dtype=object)
    return ReadDocuments(corpus, own.transform(corpus), names)


def pandas_for(owner: str) -> Any:
    """Import pandas for a function that returns a table.

    Parameters
    ----------
    owner : str
        The function.

    Returns
    -------
    pandas : module

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    return import_optional("pandas", extra="frame", purpose=owner)
