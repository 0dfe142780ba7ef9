"""`CrossLingualVectorizer`: texts in several languages to word counts, one vocabulary per language."""

from __future__ import annotations

import reprlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skxtm._optional import import_optional
from skxtm.corpus import Corpus, as_corpus
from skxtm.exceptions import InputError, InputTypeError
from skxtm.tokenizers import Tokenizer, get_tokenizer, primary_code

_PER_LANGUAGE = ("max_features", "min_df", "max_df", "stop_words", "tokenizer")


@dataclass(frozen=True)
class _Settings:
    """The parameters of one language, checked."""

    language: str
    max_features: int | None
    min_df: float
    max_df: float
    stop_words: frozenset[str]
    tokenizer: Tokenizer


class CrossLingualVectorizer(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Count the words of documents in several languages, each with its own vocabulary.

    `max_features`, `min_df`, `max_df`, `stop_words` and `tokenizer` take one value for all languages, or a
    dict from language to value; a language that the dict does not name gets the parameter's default.

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
        Words to drop. ``"iso"`` is the language's list in the package stopwordsiso (extra ``text``). The
        words pass through the tokenizer first, so that ``don't`` drops what the tokenizer makes of it; an
        entry that the tokenizer cuts into several words drops none of them.
    tokenizer : str, callable or dict, default="auto"
        How text is cut into words: see `skxtm.tokenizers.get_tokenizer`. ``"whitespace"`` is for text that
        is already segmented.
    languages : sequence of str or None, default=None
        The languages and their order. None learns them from the documents, sorted.
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
        languages: Sequence[str] | None = None,
        text_column: str = "text",
        language_column: str = "language",
        embedding_column: str = "embedding",
    ) -> None:
        self.max_features = max_features
        self.min_df = min_df
        self.max_df = max_df
        self.stop_words = stop_words
        self.tokenizer = tokenizer
        self.languages = languages
        self.text_column = text_column
        self.language_column = language_column
        self.embedding_column = embedding_column

    def fit(self, X: Any, y: Any = None) -> CrossLingualVectorizer:
        """Learn the vocabulary of each language.

        Parameters
        ----------
        X : DataFrame, sequence, object array or Corpus of n_documents rows
            Documents with text and language: anything `skxtm.as_corpus` reads.
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
        self.fit_transform(X, y)
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
        corpus = self._read(X)
        texts = _texts_of(corpus)
        languages = _ordered_languages(self.languages, corpus)
        self._check_named_languages(languages)
        settings = {code: self._settings(code) for code in languages}
        vocabularies, blocks = {}, {}
        for code in languages:
            own_texts = texts[corpus.rows_of(code)]
            vocabularies[code], blocks[code] = _learn_vocabulary(own_texts, settings[code])
        self._set_vocabularies(vocabularies)
        return corpus.with_counts(blocks, vocabularies)

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
        unknown = sorted(set(corpus.language) - set(self.languages_))
        if unknown:
            raise InputError(
                f"languages contains {unknown}, which were not seen during fit. The model was fitted on "
                f"{list(self.languages_)}."
            )
        blocks = {}
        for code in corpus.languages:
            known = self.vocabulary_[code]
            documents = _cut(texts[corpus.rows_of(code)], self.tokenizers_[code], code)
            blocks[code] = _count(([word for word in words if word in known] for words in documents), known)
        return corpus.with_counts(blocks, self.vocabularies_)

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
        self.tokenizers_ = {
            code: get_tokenizer(self._parameter("tokenizer", code), code) for code in vocabularies
        }
        self.vocabularies_ = dict(vocabularies)
        self.vocabulary_ = {
            code: {word: column for column, word in enumerate(words)} for code, words in vocabularies.items()
        }

    def _read(self, X: Any) -> Corpus:
        return as_corpus(
            X,
            text_column=self.text_column,
            language_column=self.language_column,
            embedding_column=self.embedding_column,
        )

    def _check_named_languages(self, languages: tuple[str, ...]) -> None:
        for name in _PER_LANGUAGE:
            value = getattr(self, name)
            unknown = sorted(set(value) - set(languages)) if isinstance(value, Mapping) else []
            if unknown:
                raise InputError(
                    f"{name} names the languages {unknown}, but the documents are in {list(languages)}."
                )

    def _settings(self, language: str) -> _Settings:
        values = {name: self._parameter(name, language) for name in _PER_LANGUAGE}
        tokenizer = get_tokenizer(values["tokenizer"], language)
        return _Settings(
            language=language,
            max_features=_checked_max_features(values["max_features"], language),
            min_df=_checked_frequency(values["min_df"], "min_df", language),
            max_df=_checked_frequency(values["max_df"], "max_df", language),
            stop_words=_resolved_stop_words(values["stop_words"], tokenizer, language),
            tokenizer=tokenizer,
        )

    def _parameter(self, name: str, language: str) -> Any:
        """Value of a parameter for one language."""
        value = getattr(self, name)
        if not isinstance(value, Mapping):
            return value
        return value[language] if language in value else signature(type(self)).parameters[name].default


def _texts_of(corpus: Corpus) -> NDArray[np.object_]:
    if corpus.text is None:
        hint = " It has counts already: give it to the model as it is." if corpus.has_counts else ""
        raise InputError(f"X has no texts, whose words CrossLingualVectorizer could count.{hint}")
    return corpus.text


def _ordered_languages(languages: Sequence[str] | None, corpus: Corpus) -> tuple[str, ...]:
    present = sorted(set(corpus.language))
    if not present:
        raise InputError("X holds no documents, from which a vocabulary could be learned.")
    if languages is None:
        return tuple(present)
    if isinstance(languages, str) or len(set(languages)) < len(languages):
        raise InputError(f"languages must be None or a sequence of distinct codes. Got {languages!r}.")
    absent = sorted(set(languages) - set(present))
    if absent:
        raise InputError(f"languages names {absent}, but the documents are in {present}.")
    unnamed = sorted(set(present) - set(languages))
    if unnamed:
        raise InputError(f"X has documents in {unnamed}, but languages names only {list(languages)}.")
    return tuple(languages)


def _learn_vocabulary(
    texts: NDArray[np.object_], settings: _Settings
) -> tuple[NDArray[np.object_], sparse.csr_array]:
    """Count one language's documents, and keep the words that the settings allow, sorted."""
    found: defaultdict[str, int] = defaultdict()
    found.default_factory = found.__len__
    documents = _cut(texts, settings.tokenizer, settings.language)
    counts = _count(
        ([word for word in words if word not in settings.stop_words] for words in documents), found
    )
    words = list(found)
    document_frequency = np.bincount(counts.indices, minlength=len(words))
    least = _number_of_documents(settings.min_df, len(texts))
    most = _number_of_documents(settings.max_df, len(texts))
    kept = np.flatnonzero((document_frequency >= least) & (document_frequency <= most))
    if not len(kept):
        raise InputError(_nothing_left(settings, len(texts), len(words)))
    total = counts.sum(axis=0)
    frequent = sorted(kept, key=lambda column: (-total[column], words[column]))[: settings.max_features]
    columns = sorted(frequent, key=words.__getitem__)
    return np.array([words[column] for column in columns], dtype=object), counts[:, columns]


def _count(documents: Iterable[Iterable[str]], columns: Mapping[str, int]) -> sparse.csr_array:
    """Count the words of each document, each word in its column."""
    indices, data, ends = array("i"), array("i"), [0]
    for words in documents:
        numbers = Counter(words)
        indices.extend(map(columns.__getitem__, numbers))
        data.extend(numbers.values())
        ends.append(len(indices))
    parts = (np.array(data, dtype=np.int32), np.array(indices, dtype=np.int32), np.array(ends))
    return sparse.csr_array(parts, shape=(len(ends) - 1, len(columns)))


def _cut(texts: Iterable[str], tokenizer: Tokenizer, language: str) -> Iterator[list[str]]:
    """Cut each text into words, checking what a user's tokenizer returns."""
    for text in texts:
        words: Any = tokenizer(text)
        if not _is_list_of_str(words):
            raise InputTypeError(
                f"The tokenizer of language {language!r} must return a list of str. It returned "
                f"{reprlib.repr(words)}."
            )
        yield words


def _nothing_left(settings: _Settings, n_documents: int, n_words: int) -> str:
    code = settings.language
    if not n_words:
        return (
            f"The documents in {code!r} ({n_documents:,}) hold no word that is not a stop word. Check their "
            f"text, or change tokenizer or stop_words, for example stop_words={{{code!r}: None}}."
        )
    return (
        f"No word of {code!r} is left: none of {n_words:,} occurs in at least min_df={settings.min_df} and "
        f"at most max_df={settings.max_df} of the documents ({n_documents:,}). Lower min_df or raise max_df, "
        f"for example min_df={{{code!r}: 1}}, max_df={{{code!r}: 1.0}}."
    )


def _number_of_documents(frequency: float, n_documents: int) -> float:
    return frequency * n_documents if isinstance(frequency, float) else frequency


def _checked_frequency(value: Any, name: str, language: str) -> float:
    if _is_positive_int(value) or (isinstance(value, float) and 0 <= value <= 1):
        return value
    raise InputError(
        f"{name} of language {language!r} must be an int of at least 1 or a float from 0 to 1. Got {value!r}."
    )


def _checked_max_features(value: Any, language: str) -> int | None:
    if value is None or _is_positive_int(value):
        return value
    raise InputError(
        f"max_features of language {language!r} must be None or an int of at least 1. Got {value!r}."
    )


def _is_positive_int(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= 1)


def _resolved_stop_words(value: Any, tokenizer: Tokenizer, language: str) -> frozenset[str]:
    """Look up the words, and add what the tokenizer makes of each."""
    if value is None:
        return frozenset()
    if isinstance(value, str) and value == "iso":
        value = _iso_stop_words(language)
    if not _is_list_of_str(value):
        raise InputError(
            f"stop_words of language {language!r} must be 'iso', None or a list of words. "
            f"Got {reprlib.repr(value)}."
        )
    return frozenset(value).union(*(words for words in _cut(value, tokenizer, language) if len(words) == 1))


def _is_list_of_str(value: Any) -> bool:
    return (
        isinstance(value, Collection)
        and not isinstance(value, str)
        and all(isinstance(word, str) for word in value)
    )


def _iso_stop_words(language: str) -> set[str]:
    library = import_optional("stopwordsiso", extra="text", purpose="stop_words='iso'")
    code = primary_code(language)
    if not library.has_lang(code):
        raise InputError(
            f"stop_words='iso' has no list for language {language!r}. Pass stop_words={{{language!r}: None}} "
            "to keep all words, or a list in place of None."
        )
    return library.stopwords(code)
