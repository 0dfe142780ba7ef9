"""EDICT, Japanese-English, as systems such as Debian install it."""

from os import PathLike
from pathlib import Path

from skxtm._word_pairs.pairs import Match
from skxtm.lexicons.edict import read_edict
from skxtm.lexicons.result import SourcedLexicon
from skxtm.lexicons.sources.base import DictionarySource, Pair, located

_NAMES = ("edict2u", "edict2", "edict")


class EdictFolder(DictionarySource):
    """A folder with EDICT or EDICT2.

    Parameters
    ----------
    folder : str or path-like, default="/usr/share/edict"
        Where Debian's package ``edict`` puts it.
    """

    def __init__(self, folder: str | PathLike[str] = "/usr/share/edict") -> None:
        self.folder = folder

    def installed(self) -> frozenset[Pair]:
        """List Japanese-English if a file is there.

        Returns
        -------
        pairs : frozenset of pair of str
        """
        return frozenset({("ja", "en")} if self._files() else ())

    def read(self, languages: Pair, *, match: Match = "normal") -> SourcedLexicon:
        """Read EDICT2 or, where only that is there, EDICT.

        Parameters
        ----------
        languages, match
            As in `DictionarySource.read`.

        Returns
        -------
        found : SourcedLexicon
        """
        file = self._files()[0]
        found = read_edict(file, languages, match=match)
        return located(found, "system", str(file))

    def installation(self, languages: Pair) -> str | None:
        """Name Debian's package.

        Parameters
        ----------
        languages : pair of str

        Returns
        -------
        command : str or None
        """
        return "apt-get install edict" if set(languages) == {"ja", "en"} else None

    def _files(self) -> list[Path]:
        return [path for path in (Path(self.folder, name) for name in _NAMES) if path.is_file()]
