"""Cross-lingual topic models as scikit-learn estimators.

The public names are imported when first used, so that ``import skxtm`` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from skxtm._version import __version__

if TYPE_CHECKING:
    from skxtm._optional import show_versions
    from skxtm.corpus import Corpus, as_corpus
    from skxtm.lexicon import Lexicon
    from skxtm.model import CrossLingualTopicModel
    from skxtm.refiner import LLMRefiner
    from skxtm.vectorizer import CrossLingualVectorizer

_HOMES = {
    "Corpus": "skxtm.corpus",
    "CrossLingualTopicModel": "skxtm.model",
    "CrossLingualVectorizer": "skxtm.vectorizer",
    "LLMRefiner": "skxtm.refiner",
    "Lexicon": "skxtm.lexicon",
    "as_corpus": "skxtm.corpus",
    "show_versions": "skxtm._optional",
}

__all__ = [
    "Corpus",
    "CrossLingualTopicModel",
    "CrossLingualVectorizer",
    "LLMRefiner",
    "Lexicon",
    "__version__",
    "as_corpus",
    "show_versions",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'skxtm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
