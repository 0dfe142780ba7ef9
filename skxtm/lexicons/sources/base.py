"""What every source of dictionaries can say and do."""

from abc import ABC, abstractmethod
from collections.abc import Set as AbstractSet
from dataclasses import replace

from skxtm._word_pairs.pairs import Match
from skxtm.lexicons.result import Kind, SourcedLexicon

Pair = tuple[str, str]


class DictionarySource(ABC):
    """A place where dictionaries may be installed.

    A source holds plain parameters, and looks at what is installed when it is asked.
    """

    @abstractmethod
    def installed(self) -> AbstractSet[Pair]:
        """List the dictionaries that are there.

        Returns
        -------
        pairs : set of pair of str
            Languages of the words and of their translations.
        """

    @abstractmethod
    def read(self, languages: Pair, *, match: Match = "normal") -> SourcedLexicon:
        """Read a dictionary.

        Parameters
        ----------
        languages : pair of str
            One of `installed`.
        match : {"normal", "literal"}, default="normal"
            See `skxtm.lexicon.Lexicon`.

        Returns
        -------
        found : SourcedLexicon
            With the source's name, version and licence.

        Raises
        ------
        InputError
            If the dictionary is damaged.
        """

    @abstractmethod
    def installation(self, languages: Pair) -> str | None:
        """Name the command that installs a dictionary of two languages.

        Parameters
        ----------
        languages : pair of str
            In either order.

        Returns
        -------
        command : str or None
            None if the source has no such dictionary.
        """


def located(found: SourcedLexicon, kind: Kind, location: str) -> SourcedLexicon:
    """Say that what was read from a file was installed.

    Parameters
    ----------
    found : SourcedLexicon
    kind : {"file", "package", "system"}
    location : str

    Returns
    -------
    found : SourcedLexicon
    """
    return replace(
        found, sources=tuple(replace(source, kind=kind, location=location) for source in found.sources)
    )
