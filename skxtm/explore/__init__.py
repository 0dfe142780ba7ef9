"""What people look at after `fit`: documents, how good topics are and how many, topics over time."""

from skxtm.explore.documents import (
    find_documents,
    find_topics,
    get_document_info,
    representative_documents,
    topic_sizes,
)
from skxtm.explore.n_components import NComponentsSearch, search_n_components
from skxtm.explore.page import explore
from skxtm.explore.quality import broken_topics, topic_quality_table
from skxtm.explore.scoring import FineTopicsScorer
from skxtm.explore.shares import topics_over_time, topics_per_group

__all__ = [
    "FineTopicsScorer",
    "NComponentsSearch",
    "broken_topics",
    "explore",
    "find_documents",
    "find_topics",
    "get_document_info",
    "representative_documents",
    "search_n_components",
    "topic_quality_table",
    "topic_sizes",
    "topics_over_time",
    "topics_per_group",
]
