"""Display objects in the manner of scikit-learn: `from_...` computes, `plot` draws, nothing is shown."""

from skxtm.plotting.document_map import DocumentMapDisplay
from skxtm.plotting.n_components import NComponentsDisplay
from skxtm.plotting.ratings import RatingsDisplay
from skxtm.plotting.refinement import RefinementDisplay
from skxtm.plotting.topic_similarity import TopicSimilarityDisplay
from skxtm.plotting.topic_words import TopicWordsDisplay
from skxtm.plotting.topics_over_time import TopicsOverTimeDisplay
from skxtm.plotting.training_curves import TrainingCurvesDisplay

__all__ = [
    "DocumentMapDisplay",
    "NComponentsDisplay",
    "RatingsDisplay",
    "RefinementDisplay",
    "TopicSimilarityDisplay",
    "TopicWordsDisplay",
    "TopicsOverTimeDisplay",
    "TrainingCurvesDisplay",
]
