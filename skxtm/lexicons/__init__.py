"""Dictionaries: found where they are installed, and read from files of many formats."""

from skxtm.lexicons.asking import ask, lexicon_requests
from skxtm.lexicons.cedict import read_cedict
from skxtm.lexicons.dictd import read_dictd
from skxtm.lexicons.edict import read_edict
from skxtm.lexicons.finding import find, find_all
from skxtm.lexicons.jmdict import read_jmdict
from skxtm.lexicons.muse import read_muse
from skxtm.lexicons.result import SourcedLexicon
from skxtm.lexicons.stardict import read_stardict
from skxtm.lexicons.tables import read_csv
from skxtm.lexicons.tei import read_tei

__all__ = [
    "SourcedLexicon",
    "ask",
    "find",
    "find_all",
    "lexicon_requests",
    "read_cedict",
    "read_csv",
    "read_dictd",
    "read_edict",
    "read_jmdict",
    "read_muse",
    "read_stardict",
    "read_tei",
]
