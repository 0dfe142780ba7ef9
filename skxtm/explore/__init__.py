"""What people look at: tidy tables of a fitted model's topics and documents."""

from skxtm.explore.quality import broken_topics, topic_quality_table

__all__ = ["broken_topics", "topic_quality_table"]
