"""Chat models: a small protocol, a client for any OpenAI-compatible server, batch files, cache and limits."""

from skxtm.llm.accounting import Estimate, Usage
from skxtm.llm.base import ChatAnswer, ChatModel, ChatRequest
from skxtm.llm.batch import BatchFiles, ImportCounts, export_batch, import_batch
from skxtm.llm.openai_chat import OpenAIChat
from skxtm.llm.scripted import ScriptedChat
from skxtm.llm.session import ChatSession, Outcome

__all__ = [
    "BatchFiles",
    "ChatAnswer",
    "ChatModel",
    "ChatRequest",
    "ChatSession",
    "Estimate",
    "ImportCounts",
    "OpenAIChat",
    "Outcome",
    "ScriptedChat",
    "Usage",
    "export_batch",
    "import_batch",
]
