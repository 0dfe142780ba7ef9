"""The container of multilingual documents, and the one door through which users' data enters."""

from skxtm.corpus.container import Corpus, Document, same_vocabularies
from skxtm.corpus.detection import DetectedLanguages, detect_languages
from skxtm.corpus.reading import as_corpus, counts_as_corpus, is_count_matrix
from skxtm.languages import UNDETERMINED

__all__ = [
    "UNDETERMINED",
    "Corpus",
    "DetectedLanguages",
    "Document",
    "as_corpus",
    "counts_as_corpus",
    "detect_languages",
    "is_count_matrix",
    "same_vocabularies",
]
