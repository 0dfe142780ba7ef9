"""`CrossLingualVectorizer`: texts in several languages to word counts, one vocabulary per language."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from skxtm._counting.absence import why_absent
from skxtm._counting.in_shards import count_shards, find_words, key_of, vocabulary_of
from skxtm._counting.parameters import (
    checked_frequency,
    checked_kinds,
    checked_max_features,
    checked_range,
    resolved_stop_words,
)
from skxtm._counting.reader import Reader, reader_of
from skxtm._counting.spellings import Known, Settings, count_known, known_of, learn_vocabulary
from skxtm._parameters import NestedParameters, check_choice
from skxtm.cleaning import KINDS
from skxtm.corpus import Corpus, as_corpus
from skxtm.exceptions import InputError
from skxtm.languages import by_code, distinct_codes
from skxtm.model_selection import REMEDY
from skxtm.shards import Shards, as_shards
from skxtm.shards.reading import refuse_shards
from skxtm.tokenizers import Tokenizer, get_tokenizer

_PER_LANGUAGE = (
    "max_features",
    "min_df",
    "max_df",
    "stop_words",
    "tokenizer",
    "clean",
    "foreign_words",
    "merge_inflections",
    "ngram_range",
)


class CrossLingualVectorizer(TransformerMixin, NestedParameters, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Count the words of documents in several languages, each with its own vocabulary.

    Words are counted however they are spelled, and shown in the spelling that is most frequent, in small
    letters: ``Straße`` and ``STRASSE`` are one word, ``straße``. What is no word, as markup and addresses, is
    removed first, and `report_` says how much.

    `max_features`, `min_df`, `max_df`, `stop_words`, `tokenizer`, `clean`, `foreign_words`,
    `merge_inflections` and `ngram_range` take one value for all languages, or a dict from language to value;
    a language that the dict does not name gets the parameter's default.

    Parameters
    ----------
    max_features : int, None or dict, default=5000
        Keep this many words of a language, the most frequent in all its documents together; of equally
        frequent words the alphabetically first. None keeps all.
    min_df : int, float or dict, default=2
        Drop words that occur in fewer documents of their language: an int is a number of documents, a
        float between 0 and 1 a share of them.
    max_df : int, float or dict, default=0.5
        Drop words that occur in more documents of their language; read as `min_df`.
    stop_words : {"iso"}, list of str, None or dict, default="iso"
        Words to drop, in any spelling. ``"iso"`` is the language's list in the package stopwordsiso (extra
        ``text``), which is wide: the English one has over a thousand words, ``home``, ``room`` and ``work``
        among them. In a list, ``"iso"`` stands for that list: ``["iso", "hotel"]`` drops a word more;
        ``stopwordsiso.stopwords("en") - {"room"}`` drops one less. The words pass through the tokenizer
        first, so that ``l'eau`` drops what the tokenizer makes of it; an entry that the tokenizer cuts into
        several words drops none of them.
    tokenizer : str, callable or dict, default="auto"
        How text is cut into words: see `skxtm.tokenizers.get_tokenizer`. Where spaces separate them, words
        have two or more characters, one of them a letter. ``"whitespace"`` is for text that is already
        segmented. What ``"whitespace"`` or a callable returns is counted as it is: capital and small letters
        are two words. Stop words are dropped in any spelling there too, as are `foreign_words`, and
        `chinese_variants` are merged.
    clean : collection of {"markup", "url", "email", "mention"} or dict, default=all of them
        What to remove from texts before they are cut: see `skxtm.cleaning.clean_text`. An empty one leaves
        them as they are.
    foreign_words : {"drop", "keep"} or dict, default="drop"
        What becomes of words with a letter of a script in which the language is not written, such as kana in
        Chinese documents. Latin letters are at home everywhere.
    chinese_variants : {"merge", "keep"}, default="merge"
        Whether traditional and simplified spellings of a Chinese word are one word, shown in the script of
        the documents (needs the extra ``zh``).
    merge_inflections : bool or dict, default=False
        Whether words with one stem are one word, shown in the most frequent form (needs the extra ``text``).
    ngram_range : tuple of two int or dict, default=(1, 1)
        The least and the greatest number of neighbouring words that are counted as one, joined by a space;
        none that begins or ends with a stop word.
    count_duplicates : bool, default=True
        Whether `report_` says how many documents repeat the text of an earlier one.
    languages : sequence of str, "auto" or None, default=None
        The languages and their order. None learns them from the documents, sorted. Texts that come without
        languages, as a list of str, are in the one language named, or in that of several which `as_corpus`
        finds; ``"auto"`` lets it choose from the frequent ones. `transform` chooses from those seen in `fit`.
    n_jobs : int or None, default=None
        Processes that cut texts, as in joblib; ``joblib.parallel_config`` may choose another engine. The
        result is the same.
    text_column, language_column, embedding_column : str
        Names of the columns of a DataFrame; embeddings are optional, and passed on.

    Attributes
    ----------
    languages_ : tuple of str
        The languages, in the order of the columns.
    vocabularies_ : dict of str to ndarray of str objects of shape (V_l,)
        The words of each language, sorted by code point.
    vocabulary_ : dict of str to dict of str to int
        For each language, the column of each word in ``corpus.counts_of(language)``.
    tokenizers_ : dict of str to callable
        The function that cuts each language's texts.
    report_ : dict of str to skxtm.cleaning.TextReport
        For each language, what was found in the training documents that is no word. Not saved.

    See Also
    --------
    skxtm.corpus.Corpus : What `transform` returns.
    sklearn.feature_extraction.text.CountVectorizer : The same for one language.

    Notes
    -----
    Words not seen in `fit` are ignored by `transform`; a document without any known word stays, as a row of
    zeros. A language not seen in `fit` is an error.

    The output is a `Corpus` whatever `set_output` asks for, because a DataFrame would lose the languages.

    Examples
    --------
    >>> from skxtm import CrossLingualVectorizer
    >>> documents = [("rain and wind", "en"), ("rain, sun", "en"), ("Regen, Regen", "de"), ("Wind", "de")]
    >>> vectorizer = CrossLingualVectorizer(min_df=1, max_df=1.0, stop_words=None)
    >>> corpus = vectorizer.fit_transform(documents)
    >>> corpus
    Corpus(4 documents: 2 de, 2 en; 6 words, 8 tokens; text)
    >>> vectorizer.get_feature_names_out().tolist()
    ['de:regen', 'de:wind', 'en:and', 'en:rain', 'en:sun', 'en:wind']
    >>> corpus.counts_of("de").toarray()
    array([[2, 0],
           [0, 1]], dtype=int32)
    """

    def __init__(
        self,
        *,
        max_features: int | Mapping[str, int | None] | None = 5000,
        min_df: float | Mapping[str, float] = 2,
        max_df: float | Mapping[str, float] = 0.5,
        stop_words: str | Iterable[str] | Mapping[str, str | Iterable[str] | None] | None = "iso",
        tokenizer: str | Tokenizer | Mapping[str, str | Tokenizer] = "auto",
        clean: Collection[str] | Mapping[str, Collection[str]] = KINDS,
        foreign_words: str | Mapping[str, str] = "drop",
        chinese_variants: str = "merge",
        merge_inflections: bool | Mapping[str, bool] = False,
        ngram_range: tuple[int, int] | Mapping[str, tuple[int, int]] = (1, 1),
        count_duplicates: bool = True,
        languages: str | Sequence[str] | None = None,
        n_jobs: int | None = None,
        text_column: str = "text",
        language_column: str = "language",
        embedding_column: str = "embedding",
    ) -> None:
        self.max_features = max_features
        self.min_df = min_df
        self.max_df = max_df
        self.stop_words = stop_words
        self.tokenizer = tokenizer
        self.clean = clean
        self.foreign_words = foreign_words
        self.chinese_variants = chinese_variants
        self.merge_inflections = merge_inflections
        self.ngram_range = ngram_range
        self.count_duplicates = count_duplicates
        self.languages = languages
        self.n_jobs = n_jobs
        self.text_column = text_column
        self.language_column = language_column
        self.embedding_column = embedding_column

    def fit(self, X: Any, y: Any = None) -> CrossLingualVectorizer:
        """Learn the vocabulary of each language.

        Parameters
        ----------
        X : DataFrame, sequence, object array or Corpus of n_documents rows, or Shards
            Documents with text and language: anything `skxtm.as_corpus` reads; in shards too, which are
            counted one after the other, see `skxtm.shards.Shards`.
        y : None
            Ignored.

        Returns
        -------
        self : CrossLingualVectorizer

        Raises
        ------
        InputError, InputTypeError
            If `X` has no texts, a parameter is out of range, or no word of a language is left.
        MissingDependencyError
            If a tokenizer or stop-word list needs a package that is not installed.
        """
        shards = self._shards_of(X)
        if shards is None:
            self.fit_transform(X, y)
            return self
        settings_of, key = clone(self)._settings, self._key_of_cuts()
        found = find_words(shards, settings_of, key)
        languages = _ordered_languages(self.languages, list(found))
        self._check_named_languages(languages)
        learnt = {code: vocabulary_of(found[code], settings_of(code)) for code in languages}
        self._set_vocabularies({code: words for code, (words, _) in learnt.items()})
        self.report_ = {code: report for code, (_, report) in learnt.items()}
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Corpus:
        """Learn the vocabularies and count the words, cutting each text once.

        Parameters
        ----------
        X : DataFrame, sequence, object array or Corpus of n_documents rows
            As for `fit`.
        y : None
            Ignored.

        Returns
        -------
        corpus : Corpus of n_documents rows
            As from `transform`.
        """
        corpus = self._read(X, self.languages)
        texts = _texts_of(corpus)
        languages = _ordered_languages(self.languages, sorted(set(corpus.language)))
        self._check_named_languages(languages)
        settings = {code: self._settings(code) for code in languages}
        vocabularies, blocks, report = {}, {}, {}
        for code in languages:
            own_texts = texts[corpus.rows_of(code)]
            vocabularies[code], blocks[code], report[code] = learn_vocabulary(
                own_texts, settings[code], self.n_jobs
            )
        self._set_vocabularies(vocabularies)
        self.report_ = report
        return corpus._counted(blocks, self.vocabularies_)

    def transform(self, X: Any) -> Corpus:
        """Count the known words of each document.

        Parameters
        ----------
        X : DataFrame, sequence, object array or Corpus of n_documents rows
            Documents in any of the languages seen in `fit`.

        Returns
        -------
        corpus : Corpus of n_documents rows
            The documents of `X` in order, with text, embedding, id and pair_id where known, and int32 counts
            over `vocabularies_`.

        Raises
        ------
        InputError
            If `X` has no texts, or contains a language not seen in `fit`.
        """
        check_is_fitted(self)
        corpus = self._read(X)
        texts = _texts_of(corpus)
        _check_languages(corpus.languages, self._readers)
        blocks = {}
        for code in corpus.languages:
            own_texts = texts[corpus.rows_of(code)]
            blocks[code] = count_known(own_texts, self._readers[code], self._known_of(code), self.n_jobs)
        return corpus._counted(blocks, self.vocabularies_)

    def transform_shards(self, shards: Any) -> Iterator[Corpus]:
        """Count the known words of documents in shards, of one shard after the other.

        Parameters
        ----------
        shards : Shards, or list of Corpus or functions
            Documents with texts, in any of the languages seen in `fit`. Those that `fit` has read from files
            are not cut again. To write the counts into files: `skxtm.shards.write_shards`.

        Returns
        -------
        corpora : iterator of Corpus
            Of each shard its rows with the counts that `transform` gives and their ids, without texts.

        Raises
        ------
        InputError, InputTypeError
            If a shard has no texts, or contains a language not seen in `fit`.
        """
        check_is_fitted(self)
        names = self._names(None)
        pieces = as_shards(shards, n_jobs=self.n_jobs, **names) or Shards(shards, n_jobs=self.n_jobs, **names)
        known = {code: self._known_of(code) for code in self.languages_}
        results = count_shards(pieces, partial(_known_reader, self._readers), known, self._key)
        return (
            Corpus(language, id=ids)._counted(blocks, self.vocabularies_) for language, ids, blocks in results
        )

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the columns of the joint vocabulary.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        names : ndarray of str objects of shape (n_words,)
            Language and word, as ``"en:rain"``, in the order of ``corpus.counts``.
        """
        check_is_fitted(self)
        names = [f"{code}:{word}" for code, words in self.vocabularies_.items() for word in words]
        return np.array(names, dtype=object)

    def set_output(self, *, transform: str | None = None) -> CrossLingualVectorizer:
        """Do nothing: the output is always a `Corpus`.

        It exists so that ``Pipeline.set_output`` reaches the steps behind this one.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            Ignored.

        Returns
        -------
        self : CrossLingualVectorizer
        """
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _set_vocabularies(self, vocabularies: Mapping[str, NDArray[np.object_]]) -> None:
        """Take vocabularies as learned, by `fit` or from a saved model."""
        self.languages_ = tuple(vocabularies)
        self._readers = {code: self._reader(code) for code in vocabularies}
        self.tokenizers_ = {code: reader.tokenizer for code, reader in self._readers.items()}
        self.vocabularies_ = dict(vocabularies)
        self.vocabulary_ = {
            code: {word: column for column, word in enumerate(words)} for code, words in vocabularies.items()
        }
        self._learnt_by = clone(self)  # whose parameters stay
        self._known: dict[str, Known] = {}
        self._key = self._key_of_cuts()

    def _known_of(self, language: str) -> Known:
        """Find out which spellings are words of a language's vocabulary, at first use."""
        if language not in self._known:
            words = self.vocabularies_[language].tolist()
            self._known[language] = known_of(words, self._readers[language], self._learnt_by._settings)
        return self._known[language]

    def _why_absent(self, words: Mapping[str, Sequence[str]]) -> str:
        """Say why words, by language, are in no vocabulary."""
        return why_absent(words, self._learnt_by._settings)

    def _read(self, X: Any, languages: str | Sequence[str] | None = None) -> Corpus:
        """Read documents; texts alone are in `languages`, or in those seen in `fit`."""
        refuse_shards(X, type(self).__name__)
        return as_corpus(X, embedding_column=self.embedding_column, **self._names(languages))

    def _names(self, languages: str | Sequence[str] | None) -> dict[str, Any]:
        if languages is None and self.languages is not None:
            languages = getattr(self, "languages_", self.languages)
        return {
            "languages": languages,
            "text_column": self.text_column,
            "language_column": self.language_column,
        }

    def _shards_of(self, X: Any) -> Shards | None:
        return as_shards(X, n_jobs=self.n_jobs, **self._names(self.languages))

    def _key_of_cuts(self) -> Any:
        return key_of(self.tokenizer, self.clean, self.ngram_range)

    def _check_named_languages(self, languages: tuple[str, ...]) -> None:
        for name in _PER_LANGUAGE:
            value = getattr(self, name)
            named = by_code(value, name) if isinstance(value, Mapping) else {}
            unknown = sorted(set(named) - set(languages))
            if unknown:
                raise InputError(
                    f"{name} names the languages {unknown}, but the documents are in {list(languages)}."
                )

    def _settings(self, language: str) -> Settings:
        values = {name: self._parameter(name, language) for name in _PER_LANGUAGE}
        reader = self._reader(language)
        check_choice(values["foreign_words"], "foreign_words", type(self).__name__, ("drop", "keep"))
        return Settings(
            reader=reader,
            chosen_by_us=values["tokenizer"] == "auto",
            max_features=checked_max_features(values["max_features"], language),
            min_df=checked_frequency(values["min_df"], "min_df", language),
            max_df=checked_frequency(values["max_df"], "max_df", language),
            stop_words=resolved_stop_words(values["stop_words"], reader),
            foreign_words=values["foreign_words"],
            count_duplicates=self.count_duplicates,
        )

    def _reader(self, language: str) -> Reader:
        check_choice(self.chinese_variants, "chinese_variants", type(self).__name__, ("merge", "keep"))
        return reader_of(
            language,
            get_tokenizer(self._parameter("tokenizer", language), language),
            clean=checked_kinds(self._parameter("clean", language), language),
            ngram_range=checked_range(self._parameter("ngram_range", language), language),
            chinese_variants=self.chinese_variants,
            merge_inflections=self._parameter("merge_inflections", language),
        )

    def _parameter(self, name: str, language: str) -> Any:
        """Value of a parameter for one language."""
        value = getattr(self, name)
        if not isinstance(value, Mapping):
            return value
        of_language = by_code(value, name)
        if language in of_language:
            return of_language[language]
        return signature(type(self)).parameters[name].default


def _texts_of(corpus: Corpus) -> NDArray[np.object_]:
    if corpus.text is None:
        hint = " It has counts already: give it to the model as it is." if corpus.has_counts else ""
        raise InputError(f"X has no texts, whose words CrossLingualVectorizer could count.{hint}")
    return corpus.text


def _check_languages(languages: Iterable[str], readers: Mapping[str, Reader]) -> None:
    unknown = sorted(set(languages) - set(readers))
    if unknown:
        raise InputError(
            f"languages contains {unknown}, which were not seen during fit. The model was fitted on "
            f"{list(readers)}. {REMEDY}"
        )


def _known_reader(readers: Mapping[str, Reader], language: str) -> Reader:
    _check_languages([language], readers)
    return readers[language]


def _ordered_languages(languages: str | Sequence[str] | None, present: list[str]) -> tuple[str, ...]:
    if not present:
        raise InputError("X holds no documents, from which a vocabulary could be learned.")
    if languages is None or languages == "auto":
        return tuple(present)
    named = distinct_codes(languages, "languages")
    absent = sorted(set(named) - set(present))
    if absent:
        raise InputError(f"languages names {absent}, but the documents are in {present}.")
    unnamed = sorted(set(present) - set(named))
    if unnamed:
        raise InputError(f"X has documents in {unnamed}, but languages names only {list(named)}.")
    return named
