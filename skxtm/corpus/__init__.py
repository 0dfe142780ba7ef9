"""The container of multilingual documents, and the one door through which users' data enters."""

from skxtm.corpus.container import Corpus, Document, same_vocabularies
from skxtm.corpus.reading import as_corpus, counts_as_corpus, is_count_matrix
from skxtm.languages import UNDETERMINED

__all__ = [
    "UNDETERMINED",
    "Corpus",
    "Document",
    "as_corpus",
    "counts_as_corpus",
    "is_count_matrix",
    "same_vocabularies",
]
