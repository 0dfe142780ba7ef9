"""Measures of topics and of document features: coherence, diversity, labels, transfer, retrieval, ratings."""

from skxtm.metrics.clusters import ClusterScores, cluster_scores, purity_score
from skxtm.metrics.coherence import cnpmi_score, npmi_score
from skxtm.metrics.diversity import inverted_rbo, topic_diversity, topic_quality, topic_uniqueness
from skxtm.metrics.document_scorers import ClusterScorer, RetrievalScorer, TransferScorer
from skxtm.metrics.ratings import LLMRatings, llm_alignment_score, llm_coherence_score, rating_requests
from skxtm.metrics.reference import AlignedReference
from skxtm.metrics.retrieval import RetrievalScores, retrieval_score
from skxtm.metrics.scorers import (
    CNPMIScorer,
    InvertedRBOScorer,
    LLMRatingScorer,
    NPMIScorer,
    TopicDiversityScorer,
    TopicQualityScorer,
    TopicUniquenessScorer,
)
from skxtm.metrics.transfer import TransferAccuracy, TransferScores, transfer_accuracy, transfer_scores

__all__ = [
    "AlignedReference",
    "CNPMIScorer",
    "ClusterScorer",
    "ClusterScores",
    "InvertedRBOScorer",
    "LLMRatingScorer",
    "LLMRatings",
    "NPMIScorer",
    "RetrievalScorer",
    "RetrievalScores",
    "TopicDiversityScorer",
    "TopicQualityScorer",
    "TopicUniquenessScorer",
    "TransferAccuracy",
    "TransferScorer",
    "TransferScores",
    "cluster_scores",
    "cnpmi_score",
    "inverted_rbo",
    "llm_alignment_score",
    "llm_coherence_score",
    "rating_requests",
    "npmi_score",
    "purity_score",
    "retrieval_score",
    "topic_diversity",
    "topic_quality",
    "topic_uniqueness",
    "transfer_accuracy",
    "transfer_scores",
]
