"""The steps of refining topics with a language model, each a function from lists to lists."""

from skxtm.refinement.edited import EditedTopics
from skxtm.refinement.matching import VocabularyIndex, match_words, swapped_languages
from skxtm.refinement.naming import TopicName, distinctive_names, name_topics, naming_requests
from skxtm.refinement.parsing import ParsedAnswer, parse_answer
from skxtm.refinement.prompts import Prompt, refinement_prompts
from skxtm.refinement.proposer import OfflineProposer
from skxtm.refinement.topic_files import EditedTopic, read_topics, write_topics
from skxtm.refinement.voting import VotedTopic, are_identical, report_rows, vote

__all__ = [
    "EditedTopic",
    "EditedTopics",
    "OfflineProposer",
    "ParsedAnswer",
    "Prompt",
    "TopicName",
    "VocabularyIndex",
    "VotedTopic",
    "are_identical",
    "distinctive_names",
    "match_words",
    "name_topics",
    "naming_requests",
    "parse_answer",
    "read_topics",
    "refinement_prompts",
    "report_rows",
    "swapped_languages",
    "vote",
    "write_topics",
]
