"""What people look at after `fit`: documents, topics over time and by group, as tidy tables and one page."""

from skxtm.explore.documents import (
    find_documents,
    find_topics,
    get_document_info,
    representative_documents,
    topic_sizes,
)
from skxtm.explore.page import explore
from skxtm.explore.shares import topics_over_time, topics_per_group

__all__ = [
    "explore",
    "find_documents",
    "find_topics",
    "get_document_info",
    "representative_documents",
    "topic_sizes",
    "topics_over_time",
    "topics_per_group",
]
