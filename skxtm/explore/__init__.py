"""What people look at after `fit`: documents, topics over time and by group, as tidy tables."""

from skxtm.explore.documents import (
    find_documents,
    find_topics,
    get_document_info,
    representative_documents,
    topic_sizes,
)
from skxtm.explore.shares import topics_over_time, topics_per_group

__all__ = [
    "find_documents",
    "find_topics",
    "get_document_info",
    "representative_documents",
    "topic_sizes",
    "topics_over_time",
    "topics_per_group",
]
