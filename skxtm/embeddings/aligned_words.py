"""`AlignedWordEncoder`: word and document vectors in one space, from counts and a lexicon alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skxtm._parameters import NestedParameters, check_number
from skxtm._threads import one_thread
from skxtm.corpus import Corpus, as_corpus
from skxtm.embeddings._pairing import (
    anchor_of,
    lexicon_list,
    lexicon_matches,
    mapping_targets,
    matches_between,
)
from skxtm.embeddings._sums import CountSums, DocumentSums
from skxtm.embeddings._vectors import (
    FloatMatrix,
    centred_unit_rows,
    checked_texts,
    checked_word_vectors,
    count_words,
    encoded_words,
    principal_axes,
    sif_weights,
    unit_rows,
)
from skxtm.embeddings.alignment import IntArray, refined_map
from skxtm.embeddings.cooccurrence import word_vectors_from_pmi
from skxtm.embeddings.quality import AlignmentQuality, held_out_ranks
from skxtm.exceptions import InputError
from skxtm.languages import canonical_code
from skxtm.lexicon import Lexicon

HELD_OUT_SHARE = 0.2

_OF_DOCUMENTS = ("word_vectors_", "word_weights_", "document_means_", "common_components_")
_WHOLE_NUMBERS = {"n_dimensions": 1, "n_refinements": 0, "csls_neighbours": 1, "remove_common": 0}
_RANGES = {
    "smoothing": (0, 1),
    "singular_power": (0, None),
    "sif": (1e-9, None),
    "pretrained_weight": (0, None),
}


class AlignedWordEncoder(NestedParameters):
    r"""Word and document vectors in one space for all languages, without any download.

    Per language, words get vectors from the documents they share with other words: positive PMI, truncated
    SVD. The spaces of the languages are then rotated onto that of one of them, so that translations in a
    lexicon meet, and again so that words meet which were each other's nearest neighbours. A document is the
    average of its words' vectors, rare words weighing more.

    Parameters
    ----------
    n_dimensions : int, default=200
        Length of the word vectors learnt from the documents, at most the smallest vocabulary.
    word_vectors : dict of str to array of shape (V_l, n_dimensions), default=None
        Monolingual vectors to align instead of learning them: for every language of the corpus, one row per
        word of its vocabulary.
    pretrained : encoder or None, default=None
        A multilingual encoder, such as `UniversalSentenceEncoder`, whose vectors of words stand beside those
        learnt: the space then is that of both, side by side.
    pretrained_weight : float, default=0.5
        Length of the vectors of `pretrained`, centred by language, beside those learnt, which have length 1.
    smoothing : float, default=0.75
        Exponent of the context words' distribution in the PMI, see `positive_pmi`.
    singular_power : float, default=0.75
        Exponent of the singular values by which the singular vectors are scaled: 0 weighs all dimensions
        alike, 1 as their share of the PMI.
    n_refinements : int, default=5
        Rounds of alignment after the first, each with the mutual neighbours that the last one found.
    csls_neighbours : int, default=10
        Neighbours from which CSLS tells how much of a hub a word is.
    sif : float, default=0.01
        A word of relative frequency p weighs ``sif / (sif + p)`` in a document (smooth inverse frequency,
        SIF).
    remove_common : int, default=0
        Number of leading principal components of a language's training documents that are removed from its
        document vectors, besides their mean.
    anchor_language : str, default=None
        Language whose space the others are rotated onto. None takes the one with most translations in the
        lexicons, the first of equals.
    random_state : int, RandomState or None, default=None
        For the randomized SVD, and to draw the words held out by `precision`.

    Attributes
    ----------
    languages_ : tuple of str
        The languages, in the order of the corpus' vocabularies.
    vocabularies_ : dict of str to ndarray of str of shape (V_l,)
        Their words.
    word_vectors_ : dict of str to ndarray of float32 of shape (V_l, n_dimensions)
        Vectors in the common space. Rows have length 1; a word that occurs with no other word has zeros.
    word_weights_ : dict of str to ndarray of float32 of shape (V_l,)
        Weight of a word in a document.
    document_means_ : dict of str to ndarray of float32 of shape (n_dimensions,)
        Mean of a language's training documents, subtracted from all its documents.
    common_components_ : dict of str to ndarray of float32 of shape (remove_common, n_dimensions)
        Orthonormal directions removed from a language's documents.
    anchor_language_ : str
        Language whose space is the common one.
    mapped_onto_ : dict of str to str
        For every other language, the one it was aligned with: the anchor or, where no lexicon connects the
        two, a language that was mapped before.
    quality_ : dict of (str, str) to AlignmentQuality
        For each such pair, how well held-out translations are found; computed when first asked for.

    See Also
    --------
    SentenceTransformerEncoder : Vectors of a pretrained multilingual model.
    induce_lexicon : Translations from aligned word vectors.

    Notes
    -----
    Rotations are weighted orthogonal Procrustes maps [1]_: a pair of the lexicon weighs one over the root of
    the product of its words' numbers of translations, a pair of mutual neighbours by CSLS [2]_ weighs 1.
    Word vectors are scaled to length 1, centred and scaled again before they are aligned; documents
    likewise [3]_, by the mean of the training documents of their language, since the means tell languages
    apart and nothing else.

    The defaults of `singular_power`, `sif` and `remove_common` were chosen on training documents of EC News
    and Rakuten Amazon for what a linear classifier learns across languages.

    References
    ----------
    .. [1] Artetxe, Labaka and Agirre (2016). Learning principled bilingual mappings of word embeddings while
       preserving monolingual invariance. EMNLP.
    .. [2] Conneau, Lample, Ranzato, Denoyer and Jégou (2018). Word translation without parallel data. ICLR.
    .. [3] Arora, Liang and Ma (2017). A simple but tough-to-beat baseline for sentence embeddings. ICLR.

    Examples
    --------
    >>> import numpy as np
    >>> from skxtm import Corpus, Lexicon
    >>> from skxtm.embeddings import AlignedWordEncoder
    >>> counts = np.kron(np.eye(2, dtype=int), np.ones((2, 3), dtype=int))  # two themes of three words
    >>> words = {
    ...     "en": ["rain", "wind", "cloud", "goal", "team", "match"],
    ...     "de": ["Regen", "Wind", "Wolke", "Tor", "Mannschaft", "Spiel"],
    ... }
    >>> corpus = Corpus.from_counts({"en": counts, "de": counts}, words)
    >>> lexicon = Lexicon([("rain", "Regen"), ("goal", "Tor")], ("en", "de"), match="literal")
    >>> encoder = AlignedWordEncoder(n_dimensions=2, random_state=0).fit(corpus, lexicons=lexicon)
    >>> cloud_and_match = encoder.encode_words(["Wolke", "Spiel"], "de")
    >>> (encoder.encode(["wind and rain"], "en") @ cloud_and_match.T).round(3)
    array([[ 1., -1.]], dtype=float32)
    """

    _objects = {"pretrained": "UniversalSentenceEncoder()"}  # noqa: RUF012

    def __init__(
        self,
        *,
        n_dimensions: int = 200,
        word_vectors: Mapping[str, Any] | None = None,
        pretrained: Any = None,
        pretrained_weight: float = 0.5,
        smoothing: float = 0.75,
        singular_power: float = 0.75,
        n_refinements: int = 5,
        csls_neighbours: int = 10,
        sif: float = 1e-2,
        remove_common: int = 0,
        anchor_language: str | None = None,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_dimensions = n_dimensions
        self.word_vectors = word_vectors
        self.pretrained = pretrained
        self.pretrained_weight = pretrained_weight
        self.smoothing = smoothing
        self.singular_power = singular_power
        self.n_refinements = n_refinements
        self.csls_neighbours = csls_neighbours
        self.sif = sif
        self.remove_common = remove_common
        self.anchor_language = anchor_language
        self.random_state = random_state

    def fit(
        self, X: Any, y: Any = None, *, lexicons: Lexicon | Iterable[Lexicon] | None = None
    ) -> AlignedWordEncoder:
        """Learn the word vectors of each language and bring them into one space.

        Parameters
        ----------
        X : Corpus or DocumentSums
            Training documents with counts, or what is summed over them.
        y : None
            Ignored.
        lexicons : Lexicon, SourcedLexicon or iterable of these, default=None
            Translations, in either direction, that connect the languages; needed with more than one language.

        Returns
        -------
        self : AlignedWordEncoder

        Raises
        ------
        InputError
            If a parameter is out of range, `X` has no counts, or `word_vectors` does not fit `X`.
        InputTypeError
            If `lexicons` is something else, or `y` is lexicons.
        MissingResourceError
            If the lexicons leave a language unconnected.
        """
        _check_parameters(self)
        lexicons = lexicon_list(lexicons, y)
        sums = X if isinstance(X, DocumentSums) else CountSums.of(as_corpus(X))
        random = check_random_state(self.random_state)
        self.languages_, self.vocabularies_ = tuple(sums.vocabularies), dict(sums.vocabularies)
        with one_thread():
            self._align(self._monolingual_vectors(sums, random), lexicons)
            self._split_seed = random.randint(2**31 - 1)
            self._stand_beside()
            self._learn_documents(sums)
        return self

    def encode_words(self, words: Sequence[str], language: str) -> FloatMatrix:
        """Look up the vectors of words.

        Parameters
        ----------
        words : sequence of str of length n
            Words of the vocabulary.
        language : str

        Returns
        -------
        vectors : ndarray of float32 of shape (n, n_dimensions)
            Rows of `word_vectors_`.

        Raises
        ------
        InputError
            If the language or a word was not seen in `fit`.
        InputTypeError
            If `words` holds something else than str.
        """
        check_is_fitted(self)
        language = canonical_code(language)
        self._check_languages([language])
        words = checked_texts(words, "words")
        row_of = {word: row for row, word in enumerate(self.vocabularies_[language])}
        unknown = [word for word in words if word not in row_of]
        if unknown:
            more = f" and {len(unknown) - 5:,} more" if len(unknown) > 5 else ""
            raise InputError(
                f"words contains {unknown[:5]}{more}, not in the vocabulary of {language!r}. Leave them out: "
                "only words seen during fit have a vector."
            )
        return self.word_vectors_[language][[row_of[word] for word in words]]

    def encode(self, texts: Sequence[str], language: str | Sequence[str]) -> FloatMatrix:
        """Encode texts whose words are separated by whitespace.

        Parameters
        ----------
        texts : sequence of str of length n
            Segmented and spelled as the vocabulary is; other words are ignored.
        language : str or sequence of str of length n
            Language of all texts, or of each.

        Returns
        -------
        vectors : ndarray of float32 of shape (n, n_dimensions)
            As `transform` returns them.

        Raises
        ------
        InputError
            If a language was not seen in `fit`.
        InputTypeError
            If `texts` holds something else than str.
        """
        check_is_fitted(self)
        texts = checked_texts(texts, "texts")
        languages = [language] * len(texts) if isinstance(language, str) else language
        corpus = Corpus(languages, text=texts)
        self._check_languages(corpus.languages)
        counts = {
            code: count_words(corpus[corpus.rows_of(code)].text, self.vocabularies_[code])
            for code in corpus.languages
        }
        return self._documents(corpus._counted(counts, self.vocabularies_))

    def transform(self, X: Any) -> FloatMatrix:
        """Encode documents.

        Parameters
        ----------
        X : Corpus of n documents
            With counts over the vocabularies seen in `fit`, in some or all of its languages.

        Returns
        -------
        vectors : ndarray of float32 of shape (n, n_dimensions)
            Rows have length 1; a document without any word that has a vector has zeros.

        Raises
        ------
        InputError
            If `X` has no counts, another vocabulary, or a language not seen in `fit`.
        """
        check_is_fitted(self)
        corpus = as_corpus(X)
        self._check_languages(corpus.languages)
        for code in corpus.languages:
            if not np.array_equal((corpus.vocabularies or {}).get(code, ()), self.vocabularies_[code]):
                raise InputError(
                    f"X has another vocabulary in {code!r} than AlignedWordEncoder was fitted on, or none. "
                    "Count its words with the same fitted CrossLingualVectorizer."
                )
        return self._documents(corpus)

    def encode_corpus(self, corpus: Corpus) -> FloatMatrix:
        """Encode documents: another name of `transform`, which every encoder of corpora has.

        Parameters
        ----------
        corpus : Corpus of n documents

        Returns
        -------
        vectors : ndarray of float32 of shape (n, n_dimensions)
        """
        return self.transform(corpus)

    def precision(self, k: int = 1) -> dict[tuple[str, str], float]:
        """How often the vector of a word leads to a translation that the alignment has not seen.

        The alignment is made once more without a fifth of the words that have translations. For each of
        these, all words of the other language are ranked by CSLS. Inflections of a held-out word may have
        been seen, and words that the lexicon does not give count as wrong even where they are right.

        Parameters
        ----------
        k : int, default=1

        Returns
        -------
        precision : dict of (str, str) to float
            For each language and the one in `mapped_onto_`, the share of held-out words of the first with a
            translation among the k nearest words of the second.
        """
        check_is_fitted(self)
        ranks = self._held_out()
        return {pair: float(np.mean(of_pair < k)) if len(of_pair) else 0.0 for pair, of_pair in ranks.items()}

    @property
    def quality_(self) -> dict[tuple[str, str], AlignmentQuality]:
        """How well held-out translations are found, by pair of languages."""
        at_1, at_5 = self.precision(1), self.precision(5)
        return {
            pair: AlignmentQuality(at_1[pair], at_5[pair], len(ranks))
            for pair, ranks in self._held_out().items()
        }

    def _monolingual_vectors(self, sums: DocumentSums, random: RandomState) -> dict[str, FloatMatrix]:
        """Make unit vectors of the words of each language, in a space of its own."""
        if self.word_vectors is not None:
            vectors = checked_word_vectors(self.word_vectors, self.vocabularies_, "word_vectors")
        else:
            n_dimensions = min([self.n_dimensions, *map(len, self.vocabularies_.values())])
            vectors = {
                code: word_vectors_from_pmi(
                    sums.positive_pmi(code, self.smoothing),
                    n_dimensions,
                    singular_power=self.singular_power,
                    random_state=random,
                )
                for code in self.languages_
            }
        return {code: centred_unit_rows(of_language) for code, of_language in vectors.items()}

    def _align(self, vectors: dict[str, FloatMatrix], lexicons: list[Lexicon]) -> None:
        matches = lexicon_matches(lexicons, self.vocabularies_)
        self.anchor_language_ = anchor_of(self.languages_, matches, self.anchor_language)
        self.mapped_onto_ = mapping_targets(self.languages_, matches, self.anchor_language_)
        self._matches = {pair: matches_between(matches, *pair) for pair in self.mapped_onto_.items()}
        for (source, target), of_pair in self._matches.items():
            rotation = refined_map(
                vectors[source],
                vectors[target],
                of_pair,
                n_refinements=self.n_refinements,
                csls_neighbours=self.csls_neighbours,
            )
            vectors[source] = unit_rows(vectors[source] @ rotation)
        self._learnt = self.word_vectors_ = {code: vectors[code] for code in self.languages_}
        self._ranks: dict[tuple[str, str], IntArray] | None = None

    def _stand_beside(self) -> None:
        """Put the vectors of the pretrained encoder beside those learnt."""
        if self.pretrained is None:
            return
        beside = encoded_words(self.pretrained, self.vocabularies_)
        self.word_vectors_ = {
            code: unit_rows(
                np.hstack([of_language, self.pretrained_weight * centred_unit_rows(beside[code])])
            ).astype(np.float32)
            for code, of_language in self._learnt.items()
        }

    def _held_out(self) -> dict[tuple[str, str], IntArray]:
        if self._ranks is None:
            self._ranks = {
                (source, target): held_out_ranks(
                    self._learnt[source],
                    self._learnt[target],
                    matches,
                    held_out=HELD_OUT_SHARE,
                    n_refinements=self.n_refinements,
                    csls_neighbours=self.csls_neighbours,
                    random_state=RandomState(self._split_seed),
                )
                for (source, target), matches in self._matches.items()
            }
        return self._ranks

    def _learn_documents(self, sums: DocumentSums) -> None:
        """Learn word weights, means and common components from the training documents."""
        self.word_weights_ = {code: sif_weights(sums.word_totals(code), self.sif) for code in self.languages_}
        directions = sums.directions({code: self._weighted_words(code) for code in self.languages_})
        self.document_means_ = {
            code: row_sum.mean().astype(np.float32) for code, row_sum in directions.items()
        }
        n_dimensions = self.word_vectors_[self.anchor_language_].shape[1]
        self.common_components_ = dict.fromkeys(
            self.languages_, np.zeros((0, n_dimensions), dtype=np.float32)
        )
        if self.remove_common:
            counts = sums.counts("remove_common of AlignedWordEncoder")
            self.common_components_ = {
                code: principal_axes(
                    centred_unit_rows(self._averages(counts[code], code), self.document_means_[code]),
                    self.remove_common,
                )
                for code in self.languages_
            }

    def _documents(self, corpus: Corpus) -> FloatMatrix:
        n_dimensions = self.word_vectors_[self.anchor_language_].shape[1]
        vectors = np.zeros((len(corpus), n_dimensions), dtype=np.float32)
        for code in corpus.languages:
            averages = self._averages(corpus.counts_of(code), code)
            centred = centred_unit_rows(averages, self.document_means_[code])
            axes = self.common_components_[code]
            with one_thread():
                vectors[corpus.rows_of(code)] = unit_rows(centred - centred @ axes.T @ axes)
        return vectors

    def _document_arrays(self) -> dict[str, NDArray[Any]]:
        """All that `transform` needs, as arrays."""
        return {
            f"{name}.{code}": value for name in _OF_DOCUMENTS for code, value in getattr(self, name).items()
        }

    def _set_document_arrays(
        self, vocabularies: Mapping[str, NDArray[np.object_]], arrays: Mapping[str, NDArray[Any]]
    ) -> None:
        """Undo `_document_arrays`; `transform` then works, and what tells of the alignment does not."""
        self.languages_, self.vocabularies_ = tuple(vocabularies), dict(vocabularies)
        self.anchor_language_ = self.languages_[0]
        for name in _OF_DOCUMENTS:
            setattr(self, name, {code: arrays[f"{name}.{code}"] for code in self.languages_})

    def _averages(self, counts: sparse.csr_array, language: str) -> FloatMatrix:
        """Weighted sums of word vectors; their length carries no meaning."""
        return counts.astype(np.float32) @ self._weighted_words(language)

    def _weighted_words(self, language: str) -> FloatMatrix:
        return self.word_weights_[language][:, np.newaxis] * self.word_vectors_[language]

    def _check_languages(self, languages: Sequence[str]) -> None:
        unknown = sorted(set(languages) - set(self.languages_))
        if unknown:
            raise InputError(
                f"languages contains {unknown}, which were not seen during fit. AlignedWordEncoder was "
                f"fitted on {list(self.languages_)}."
            )


def _check_parameters(encoder: AlignedWordEncoder) -> None:
    owner = type(encoder).__name__
    for name, least in _WHOLE_NUMBERS.items():
        check_number(getattr(encoder, name), name, owner, least, integer=True)
    for name, (low, high) in _RANGES.items():
        check_number(getattr(encoder, name), name, owner, low, high)
