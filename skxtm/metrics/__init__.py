"""Measures of topics and of document features, by counting, by labels, and by a language model that rates."""

from skxtm.metrics.clusters import ClusterScores, cluster_scores, purity_score
from skxtm.metrics.coherence import cnpmi_score, npmi_score
from skxtm.metrics.diversity import inverted_rbo, topic_diversity, topic_quality, topic_uniqueness
from skxtm.metrics.document_fit import document_fit_questions
from skxtm.metrics.document_scorers import ClusterScorer, RetrievalScorer, TransferScorer
from skxtm.metrics.intrusion import topic_intrusion_questions, word_intrusion_questions
from skxtm.metrics.judging import TopicJudgement, TopicQuestion, TopicQuestions, judge_topics
from skxtm.metrics.ratings import LLMRatings, llm_alignment_score, llm_coherence_score, rating_requests
from skxtm.metrics.redundancy import redundancy_questions
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
    "TopicJudgement",
    "TopicQualityScorer",
    "TopicQuestion",
    "TopicQuestions",
    "TopicUniquenessScorer",
    "TransferAccuracy",
    "TransferScorer",
    "TransferScores",
    "cluster_scores",
    "cnpmi_score",
    "document_fit_questions",
    "inverted_rbo",
    "judge_topics",
    "llm_alignment_score",
    "llm_coherence_score",
    "npmi_score",
    "purity_score",
    "rating_requests",
    "redundancy_questions",
    "retrieval_score",
    "topic_diversity",
    "topic_intrusion_questions",
    "topic_quality",
    "topic_uniqueness",
    "transfer_accuracy",
    "transfer_scores",
    "word_intrusion_questions",
]
