"""Vectors of words and documents in one space for all languages."""

from skxtm.embeddings.aligned_words import AlignedWordEncoder
from skxtm.embeddings.cooccurrence import positive_pmi
from skxtm.embeddings.induction import induce_lexicon
from skxtm.embeddings.quality import AlignmentQuality
from skxtm.embeddings.resolving import resolve_document_embeddings, resolve_word_embeddings
from skxtm.embeddings.sentence_transformer import SentenceTransformerEncoder
from skxtm.embeddings.universal_sentence_encoder import UniversalSentenceEncoder

__all__ = [
    "AlignedWordEncoder",
    "AlignmentQuality",
    "SentenceTransformerEncoder",
    "UniversalSentenceEncoder",
    "induce_lexicon",
    "positive_pmi",
    "resolve_document_embeddings",
    "resolve_word_embeddings",
]
