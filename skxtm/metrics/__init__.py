"""Measures of topics and of document features: coherence, uniqueness, transfer between languages."""

from skxtm.metrics.coherence import cnpmi_score
from skxtm.metrics.diversity import topic_quality, topic_uniqueness
from skxtm.metrics.ratings import LLMRatings, llm_alignment_score, llm_coherence_score
from skxtm.metrics.reference import AlignedReference
from skxtm.metrics.scorers import CNPMIScorer, TopicQualityScorer, TopicUniquenessScorer
from skxtm.metrics.transfer import TransferAccuracy, transfer_accuracy

__all__ = [
    "AlignedReference",
    "CNPMIScorer",
    "LLMRatings",
    "TopicQualityScorer",
    "TopicUniquenessScorer",
    "TransferAccuracy",
    "cnpmi_score",
    "llm_alignment_score",
    "llm_coherence_score",
    "topic_quality",
    "topic_uniqueness",
    "transfer_accuracy",
]
