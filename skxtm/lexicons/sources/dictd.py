"""Dictionaries of FreeDict as the dict server keeps them, in the packages ``dict-freedict-*`` of Debian."""

import re
from os import PathLike
from pathlib import Path

from skxtm._word_pairs.pairs import Match
from skxtm.lexicons._assembling import language_code
from skxtm.lexicons.dictd import read_dictd
from skxtm.lexicons.result import SourcedLexicon
from skxtm.lexicons.sources.base import DictionarySource, Pair, located

_NAME = re.compile(r"freedict-([a-z]{2,3})-([a-z]{2,3})\.index")
_OF_DEBIAN = {
    "afr": "deu eng",
    "ara": "eng",
    "bre": "fra",
    "ces": "eng",
    "ckb": "kmr",
    "cym": "eng",
    "dan": "eng",
    "deu": "bul ell eng fin fra ind ita kur nld pol por rus spa swe tur",
    "ell": "bul eng fin fra ind ita jpn lat lit nld nor pol por rus spa swe",
    "eng": "afr ara bul ces cym dan deu ell fin fra gle hin hrv hun ind ita jpn lat lit nld nor pol por rom "
    "rus spa srp swe swh tur",
    "epo": "eng",
    "fin": "bul deu ell eng fra ind ita jpn lat lit nld nor pol por swe",
    "fra": "bre bul deu ell eng fin ita jpn lat lit nld pol por rus spa swe tur",
    "gla": "deu",
    "gle": "eng pol",
    "hrv": "eng",
    "hun": "eng",
    "isl": "eng",
    "ita": "bul deu ell eng fin ind jpn lit nor pol por rus spa swe tur",
    "jpn": "deu eng fra rus",
    "kha": "deu eng",
    "kur": "deu eng tur",
    "lat": "deu eng",
    "lit": "eng",
    "mkd": "bul",
    "nld": "bul deu ell eng fin fra ind ita lat lit pol por rus spa swe",
    "nno": "nob",
    "oci": "cat",
    "pol": "bul deu ell eng fin fra gle ind ita jpn nld nor por rus spa swe tur",
    "por": "deu eng fra spa",
    "san": "deu",
    "slk": "eng",
    "slv": "eng",
    "spa": "ast deu eng por",
    "srp": "eng",
    "swe": "bul deu ell eng fin fra ita jpn lat nld nor pol por rus spa tur",
    "swh": "eng pol",
    "tur": "deu eng",
    "wol": "fra",
}
"""Languages of the packages of Debian 12: words, and their translations."""


class DictdFolder(DictionarySource):
    """A folder with dictionaries of FreeDict for the dict server.

    Parameters
    ----------
    folder : str or path-like, default="/usr/share/dictd"
        Where Debian's packages put them, under names such as ``freedict-deu-eng.index``.
    """

    def __init__(self, folder: str | PathLike[str] = "/usr/share/dictd") -> None:
        self.folder = folder

    def installed(self) -> frozenset[Pair]:
        """List the dictionaries in the folder.

        Returns
        -------
        pairs : frozenset of pair of str
        """
        return frozenset(self._files())

    def read(self, languages: Pair, *, match: Match = "normal") -> SourcedLexicon:
        """Read a dictionary.

        Parameters
        ----------
        languages, match
            As in `DictionarySource.read`.

        Returns
        -------
        found : SourcedLexicon
        """
        file = self._files()[languages]
        return located(read_dictd(file, languages, match=match), "system", str(file))

    def installation(self, languages: Pair) -> str | None:
        """Name Debian's package; of two directions, the one from the first language.

        Parameters
        ----------
        languages : pair of str

        Returns
        -------
        command : str or None
        """
        names = _debian_names()
        name = names.get(languages) or names.get(languages[::-1])
        return f"apt-get install dict-freedict-{name}" if name else None

    def _files(self) -> dict[Pair, Path]:
        named = [(path, _NAME.fullmatch(path.name)) for path in sorted(Path(self.folder).glob("*.index"))]
        return {
            (language_code(name[1]), language_code(name[2])): path for path, name in named if name is not None
        }


def _debian_names() -> dict[Pair, str]:
    return {
        (language_code(first), language_code(second)): f"{first}-{second}"
        for first, seconds in _OF_DEBIAN.items()
        for second in seconds.split()
    }
