"""Checks at the estimator's door: what users bring, as a corpus with counts over the model's words."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import validate_data

from skxtm._parameters import check_number
from skxtm.backbones import backbone_class, backbone_names
from skxtm.corpus import Corpus, as_corpus, counts_as_corpus, is_count_matrix, same_vocabularies
from skxtm.exceptions import InputError, InputTypeError, ModelFileError, UnknownWordsWarning
from skxtm.languages import UNDETERMINED, distinct_codes
from skxtm.model_selection import REMEDY
from skxtm.shards.reading import refuse_shards
from skxtm.vectorizer import CrossLingualVectorizer

if TYPE_CHECKING:
    from skxtm._model.state import State
    from skxtm.backbones.base import Backbone

# so many topics cost little, and the default is allowed whatever the documents
_FEW_COMPONENTS = 100
# None where nothing was chosen
_OUTPUTS = (None, "default", "pandas", "polars")


def read_matrix(estimator: BaseEstimator, X: Any, *, reset: bool) -> Corpus:
    """Read a count matrix as scikit-learn does; NaN and negative values are left to `counts_as_corpus`.

    Parameters
    ----------
    estimator : BaseEstimator
        Which remembers, or compares, the number and names of the columns.
    X : matrix of shape (n_documents, n_words)
        What the user brought.
    reset : bool
        Whether to remember the columns, in `fit`, or to compare them.

    Returns
    -------
    corpus : Corpus
        With counts, in one language.
    """
    counts = validate_data(
        estimator, X, reset=reset, accept_sparse="csr", dtype="numeric", ensure_all_finite=False
    )
    return counts_as_corpus(counts, getattr(estimator, "feature_names_in_", None))


def read_training_documents(
    estimator: BaseEstimator, X: Any, vectorizer: CrossLingualVectorizer | None
) -> tuple[Corpus, CrossLingualVectorizer | None]:
    """Read the documents of `fit`.

    Parameters
    ----------
    estimator : BaseEstimator
        Which remembers the columns of count matrices.
    X : object
        What the user brought.
    vectorizer : CrossLingualVectorizer or None
        What is to make the counts; None for one with default parameters.

    Returns
    -------
    corpus : Corpus
        With or without counts.
    vectorizer : CrossLingualVectorizer or None
        What is to be fitted and make the counts; None if there are counts.
    """
    if is_count_matrix(X, _text_column(vectorizer)):
        return read_matrix(estimator, X, reset=True), None
    Columns.forget(estimator)
    refuse_shards(X, "CrossLingualTopicModel")
    vectorizer = CrossLingualVectorizer() if vectorizer is None else clone(vectorizer)
    corpus = vectorizer._read(X)
    if len(corpus) == 0:
        raise InputError("X holds no documents. At least one document in each language is needed.")
    if corpus.has_counts:
        return corpus, None
    return corpus, vectorizer


def _text_column(vectorizer: Any) -> str:
    if not isinstance(vectorizer, CrossLingualVectorizer | None):
        raise InputTypeError(
            "The 'vectorizer' parameter of CrossLingualTopicModel must be None or a CrossLingualVectorizer. "
            f"Got {type(vectorizer).__name__!r}. Counts that were made otherwise are given as documents: "
            "Corpus.from_counts."
        )
    return "text" if vectorizer is None else vectorizer.text_column


def check_n_components(n_components: Any, n_documents: int) -> None:
    """Check the number of topics, before anything of that size is made.

    Parameters
    ----------
    n_components : object
        As given.
    n_documents : int
        Of training.

    Raises
    ------
    InputError
        If it is not an integer of at least 1, or too large to be meant.
    """
    check_number(n_components, "n_components", "CrossLingualTopicModel", 1, integer=True)
    if n_components > max(n_documents, _FEW_COMPONENTS):
        raise InputError(
            f"n_components={n_components} is too large for n_samples={n_documents}, the number of documents "
            f"in X: beyond {_FEW_COMPONENTS}, there can be no more topics than documents. Lower "
            "n_components, or give more documents."
        )


def read_documents(estimator: BaseEstimator, state: State, X: Any) -> Corpus:
    """Read documents for a fitted model.

    Parameters
    ----------
    estimator : BaseEstimator
        Which remembers the columns of count matrices.
    state : State
        What it learnt.
    X : object
        What the user brought.

    Returns
    -------
    corpus : Corpus
        With counts over the model's vocabularies.

    Raises
    ------
    InputError
        If languages or vocabularies are not the model's.
    """
    vectorizer, vocabularies = state.vectorizer, state.vocabularies
    if is_count_matrix(X, _text_column(vectorizer)):
        if UNDETERMINED not in vocabularies:
            texts = "" if vectorizer is None else "texts with their languages, or "
            raise InputError(
                "X is a matrix of word counts, which says neither languages nor words, but the model was "
                f"fitted on documents in {list(vocabularies)}. Give {texts}a Corpus with counts, as from "
                "Corpus.from_counts."
            )
        return check_matches(read_matrix(estimator, X, reset=False), vocabularies)
    refuse_shards(X, "CrossLingualTopicModel")
    corpus = as_corpus(X) if vectorizer is None else vectorizer._read(X)
    can_be_counted = vectorizer is not None and corpus.text is not None
    if corpus.has_counts and not (can_be_counted and _strangers(corpus, vocabularies)):
        return check_matches(corpus, vocabularies)
    if vectorizer is None:
        raise InputError(
            "X holds texts without counts, but the model was fitted on counts. Make counts with the "
            "CrossLingualVectorizer that made those of the training documents."
        )
    return vectorizer.transform(corpus)


def training_languages(
    corpus: Corpus, languages: Sequence[str] | None, backbone: Backbone, aligned: bool
) -> tuple[str, ...]:
    """Languages to train on, checked.

    Parameters
    ----------
    corpus : Corpus
        Training documents.
    languages : sequence of str or None
        The user's choice.
    backbone : Backbone
        Which needs a least number.
    aligned : bool
        Whether a lexicon was given, so that several languages are meant.

    Returns
    -------
    languages : tuple of str

    Raises
    ------
    InputError
        If too few occur, or not those chosen.
    """
    present = corpus.languages
    if languages is not None:
        languages = distinct_codes(languages, "languages")
        absent = sorted(set(languages) - set(present))
        extra = sorted(set(present) - set(languages))
        if absent or extra:
            raise InputError(
                f"The 'languages' parameter is {list(languages)}, but X holds documents in {list(present)}. "
                f"Give documents in exactly these languages. {REMEDY}"
            )
        present = languages
    name = type(backbone).__name__
    if len(present) < max(backbone.min_languages, 2 if aligned else 1):
        needs, remedy = "needs", ""
        if backbone.min_languages == 1:
            needs, remedy = "with a lexicon needs", ", or leave out the lexicon for topics of one language"
        raise InputError(
            f"X holds documents in {present[0]!r} only, but {name} {needs} at least two languages. "
            f"Add documents in another language{remedy}. {REMEDY}"
        )
    return present


def resolve_backbone(backbone: Any, settings: Mapping[str, Any]) -> Backbone:
    """Copy a backbone, with the estimator's own settings in place of its published ones.

    Parameters
    ----------
    backbone : str or Backbone
        What the user chose.
    settings : dict of str to object
        Parameters of the estimator that stand for those of its backbone; None keeps the backbone's value, and
        one that the backbone does not have is ignored.

    Returns
    -------
    backbone : Backbone
        Checked.

    Raises
    ------
    InputError
        If there is no such backbone, or a hyperparameter is outside its range.
    """
    from skxtm.backbones.base import Backbone

    if isinstance(backbone, Backbone):
        resolved: Backbone = clone(backbone)
    elif isinstance(backbone, str) and backbone in backbone_names():
        resolved = backbone_class(backbone)()
    else:
        names = "{" + ", ".join(map(repr, backbone_names())) + "}"
        raise InputError(
            f"The 'backbone' parameter of CrossLingualTopicModel must be a str among {names} or an "
            f"instance of Backbone. Got {backbone!r} instead."
        )
    known = resolved.get_params(deep=False)
    resolved.set_params(
        **{name: value for name, value in settings.items() if value is not None and name in known}
    )
    resolved.check()
    return resolved


def backbone_object(name: Any) -> str:
    """Write down the object that stands for a backbone's name.

    Parameters
    ----------
    name : object
        A name, or what was given instead.

    Returns
    -------
    written : str
        With the class of that name; of no name the default's.
    """
    cls = backbone_class(name) if isinstance(name, str) and name in backbone_names() else None
    return f"{cls.__name__ if cls else 'CoreCTM'}()"


def training_rows(corpus: Corpus, languages: Sequence[str]) -> list[NDArray[np.intp]]:
    """Select the documents that training sees: those with a known word.

    Parameters
    ----------
    corpus : Corpus
        Training documents.
    languages : sequence of str
        In the order of the network.

    Returns
    -------
    rows : list of ndarray of int of shape (n_l,)
        Numbers of these documents among those of their language, ascending.

    Raises
    ------
    InputError
        If a language has no document with a known word.
    """
    result = []
    for code in languages:
        known = np.flatnonzero(corpus.counts_of(code).sum(1))
        if not len(known):
            raise InputError(
                f"X holds no document in {code!r} with a known word. Give documents in every language of "
                f"{list(languages)}."
            )
        result.append(known)
    return result


def warn_of_unknown_words(corpus: Corpus, state: State) -> None:
    """Warn, once, of documents without a known word.

    Parameters
    ----------
    corpus : Corpus
        With counts.
    state : State
        Of the model; a network that reads documents by their embeddings needs no known word, but some text.
    """
    if state.network is not None and state.reads_documents:
        missing = "text"
        n_empty = 0 if corpus.text is None else sum(not text.strip() for text in corpus.text)
    else:
        missing = "word of the vocabulary"
        blocks = map(corpus.counts_of, corpus.languages)
        n_empty = sum(int((np.diff(block.indptr) == 0).sum()) for block in blocks)  # no zero is stored
    warn_of_empty(n_empty, len(corpus), missing)


def warn_of_empty(n_empty: int, n_documents: int, missing: str) -> None:
    """Warn, once, of documents that nothing can be read of.

    Parameters
    ----------
    n_empty : int
        How many there are; none needs no warning.
    n_documents : int
        Of how many.
    missing : str
        What they lack.
    """
    if n_empty:
        warnings.warn(
            f"{n_empty:,} of {n_documents:,} documents hold no {missing}. They are kept; their "
            "topic proportions are the prior's.",
            UnknownWordsWarning,
            stacklevel=5,
        )


def _strangers(corpus: Corpus, vocabularies: Mapping[str, NDArray[np.object_]]) -> list[str]:
    """Languages of the corpus whose vocabulary is not the model's."""
    given = corpus.vocabularies or {}
    return [
        code
        for code in corpus.languages
        if code not in vocabularies or not same_vocabularies({code: given[code]}, {code: vocabularies[code]})
    ]


def check_matches(corpus: Corpus, vocabularies: Mapping[str, NDArray[np.object_]]) -> Corpus:
    """Check that a fitted model knows the words of documents.

    Parameters
    ----------
    corpus : Corpus
        With counts.
    vocabularies : dict of str to ndarray of str of shape (V_l,)
        Of the model.

    Returns
    -------
    corpus : Corpus
        The same.

    Raises
    ------
    InputError
        If languages or vocabularies are not the model's.
    """
    unseen = sorted(set(corpus.languages) - set(vocabularies))
    if unseen:
        raise InputError(
            f"language contains {unseen}, which were not seen during fit. The model was fitted on "
            f"{list(vocabularies)}. {REMEDY}"
        )
    strangers = _strangers(corpus, vocabularies)
    if strangers:
        code = strangers[0]
        given = len((corpus.vocabularies or {})[code])
        raise InputError(
            f"The vocabulary of {code!r} in X ({given:,} words) is not the one that the model was fitted on "
            f"({len(vocabularies[code]):,} words). Make the counts with the same fitted "
            "CrossLingualVectorizer."
        )
    return corpus


@dataclass(frozen=True)
class Columns:
    """What scikit-learn notes of columns: of the matrix that a model was fitted on, and of what it returns.

    Attributes
    ----------
    number : int or None
        None if the model was not fitted on a matrix.
    names : ndarray of str or None
        None if they had no names.
    output : str or None
        What ``set_output`` chose for `transform`; None if it was not called.
    """

    number: int | None = None
    names: NDArray[np.object_] | None = None
    output: str | None = None

    @classmethod
    def of(cls, estimator: Any) -> Columns:
        """Read scikit-learn's attributes."""
        number = getattr(estimator, "n_features_in_", None)
        output = getattr(estimator, "_sklearn_output_config", {}).get("transform")
        return cls(number, getattr(estimator, "feature_names_in_", None), output)

    @classmethod
    def of_saved(cls, fitted: Mapping[str, Any]) -> Columns:
        """Read a saved model."""
        names, output = fitted["feature_names_in"], fitted.get("output")
        if output not in _OUTPUTS:
            raise ModelFileError(
                f"The saved model gives its output as {output!r}, not as one of {_OUTPUTS[1:]}. Save it "
                "again."
            )
        return cls(fitted["n_features_in"], None if names is None else np.array(names, dtype=object), output)

    @staticmethod
    def forget(estimator: Any) -> None:
        """Delete scikit-learn's attributes."""
        for name in ("n_features_in_", "feature_names_in_"):
            estimator.__dict__.pop(name, None)

    @classmethod
    @contextmanager
    def kept_on_error(cls, estimator: Any) -> Iterator[None]:
        """Put scikit-learn's attributes back as they were if what follows fails."""
        before = cls.of(estimator)
        try:
            yield
        except BaseException:
            cls.forget(estimator)
            before.put(estimator)
            raise

    def put(self, estimator: Any) -> None:
        """Write scikit-learn's attributes."""
        if self.number is not None:
            estimator.n_features_in_ = self.number
        if self.names is not None:
            estimator.feature_names_in_ = self.names
        if self.output is not None:
            estimator.set_output(transform=self.output)
