"""`CrossLingualTopicModel`: the estimator that users meet."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skxtm._model import learning, reading, sharded
from skxtm._model.anchors import anchors, update_anchors
from skxtm._model.intake import (
    Columns,
    backbone_object,
    check_n_components,
    read_documents,
    read_training_documents,
    warn_of_unknown_words,
)
from skxtm._model.shaped import ShapedTopics
from skxtm._model.starting import start
from skxtm._model.state import Learnt, Settings, State, check_as_learnt
from skxtm._parameters import check_number
from skxtm.corpus import Corpus
from skxtm.shards import Shards, as_shards
from skxtm.vectorizer import CrossLingualVectorizer

if TYPE_CHECKING:
    from skxtm._model.sources import LexiconLike
    from skxtm.backbones.base import Backbone, Materials


class CrossLingualTopicModel(ShapedTopics):
    """Topics that mean the same in every language.

    Parameters
    ----------
    n_components : int, default=50
        Number of topics; beyond 100, at most that of training documents. One topic takes every document
        whole: `components_` then holds how frequent words are, as the backbone learns it.
    backbone : str or Backbone, default="corectm"
        The model inside: a name out of `skxtm.backbones.backbone_names`, or an object such as
        ``NMTM(lam=0.5)`` whose parameters searches reach as ``backbone__lam``.
    lexicon : path, Lexicon, SourcedLexicon, list of these, "auto" or None, default=None
        Translations, one lexicon a pair of languages; missing ones are joined through a third language. It
        may be a path such as ``"zh-en.tsv"``; ``"auto"`` takes what is installed; None pairs words by the
        encoder of the extra ``encoder``, or takes what is installed. See ``docs/dictionaries.md``.
    word_embeddings : None, dict of str to array, str or encoder, default=None
        For backbones that need vectors of words: for each language an array of shape (V_l, n_dimensions), or
        a dict or DataFrame by word, in one space; the name of a sentence-transformers model; or an object as
        in `skxtm.embeddings`. None learns an `AlignedWordEncoder`, beside it the encoder of the extra where
        it knows all the languages.
    document_embeddings : None, array, dict of str to array, str or encoder, default=None
        For backbones that read vectors of documents: one row per row of X, by language or together, or as
        above. None takes the corpus' own `embedding`, which is what cross-validation needs; or, of running
        text, the encoder's; or means of the word vectors of an `AlignedWordEncoder`, never of those given.
    clusters : array of int of shape (n_documents,) or None, default=None
        For backbones that need clusters: one of ``0 .. n_components - 1`` for every row of X. None clusters
        the document embeddings' first left singular vectors, see `skxtm.backbones.XTRA`.
    seed_topics : dict of str to words, list of words or None, default=None
        What the first topics are to be about, with ``backbone="corectm"``: for each its name and words of
        any language, ``{"health": ["nurse", "doctor"]}``, or of one, ``{"health": {"en": ["nurse"]}}``. A
        list leaves out the names. Other languages follow.
    languages : sequence of str or None, default=None
        Languages that must occur in training, and their order. None takes those that occur.
    vectorizer : CrossLingualVectorizer or None, default=None
        Makes counts of texts; cloned in `fit`. None means ``CrossLingualVectorizer()``. Not used for a
        corpus or matrix that has counts already.
    max_epochs, batch_size, learning_rate : int, int, float or None, default=None
        Passes over the largest language, documents of each language per step, and the optimiser's step size.
        None takes the backbone's default. Ignored where the backbone has no such parameter.
    device : str, default="auto"
        ``"auto"`` picks CUDA, then MPS, then CPU; or the name of a device.
    n_threads : int, default=1
        Threads of torch on the CPU; all else that computes has one, whatever the process is set to. Results
        differ by rounding from number to number, and not with ``n_jobs`` of searches.
    random_state : int, RandomState instance or None, default=None
        Source of all randomness. The same integer gives the same bits on the same machine and versions,
        with the same `n_threads`.
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_words)
        Topic-word distributions, the languages side by side.
    topic_word_ : dict of str to ndarray of shape (n_components, V_l)
        The same per language; rows sum to 1.
    topic_weight_ : ndarray of shape (n_components,)
        Mean topic proportions of the training documents; sums to 1.
    vocabularies_ : dict of str to ndarray of str of shape (V_l,)
        The words.
    languages_ : tuple of str
        The languages, in the order of `components_`.
    vectorizer_ : CrossLingualVectorizer or None
        What made the counts; None if they were given.
    resources_ : list of Resource
        Lexicons and embeddings that were used: what they are, where they come from, under which licence, and
        how much of each vocabulary they cover; print them.
    backbone_ : Backbone
        The backbone trained, with the values above in place.
    network_ : torch.nn.Module
        The trained network, if the backbone has one.
    history_ : dict of str to list of float
        Mean of each loss term and their sum, ``"loss"``, per epoch, in nats per document; of a backbone
        without a network what it records.
    n_iter_ : int
        Epochs trained, or passes over the documents.
    topic_names_, topic_descriptions_ : list of str
        What topics are called: as `set_topic_names` says, else their most distinctive words.
    anchors_ : list of dict of str to list of str
        Words that define each topic, by language; only with ``backbone="mtanchor"``, see `update_anchors`.
    n_features_in_, feature_names_in_ : int, ndarray of str
        Only after fitting on a count matrix, or a DataFrame of counts.

    See Also
    --------
    skxtm.CrossLingualVectorizer : Makes the counts.
    sklearn.decomposition.LatentDirichletAllocation : Topics of one language.

    Notes
    -----
    Documents without a known word are kept: training passes them by, and their topic proportions are the
    prior's, or those of their text where an encoder reads it. Ctrl-C during training keeps what was learned.
    For searches, and forks, see ``docs/threads.md``.

    To classify across languages, fit on all of them, then freeze the model:
    ``make_pipeline(FrozenEstimator(model), SVC()).fit(corpus_en, y_en).score(corpus_zh, y_zh)``.

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> data = make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0)
    >>> model.fit_transform(data.corpus).shape
    (80, 3)
    >>> sorted(model.get_topics(n_words=2)[0])
    ['en', 'zh']
    """

    _objects = {  # noqa: RUF012
        "backbone": backbone_object,
        "vectorizer": "CrossLingualVectorizer()",
        "word_embeddings": "AlignedWordEncoder()",
        "document_embeddings": "AlignedWordEncoder()",
    }
    _state: State
    components_, topic_weight_ = Learnt(), Learnt()
    vocabularies_, languages_, vectorizer_ = Learnt(), Learnt(), Learnt(optional=True)
    resources_ = Learnt()
    backbone_, network_, history_, n_iter_ = Learnt(), Learnt(), Learnt(), Learnt()

    def __init__(
        self,
        n_components: int = 50,
        *,
        backbone: str | Backbone = "corectm",
        lexicon: LexiconLike | Sequence[LexiconLike] | None = None,
        word_embeddings: Any = None,
        document_embeddings: Any = None,
        clusters: NDArray[np.integer] | Sequence[int] | None = None,
        seed_topics: Mapping[str, Any] | Sequence[Any] | None = None,
        languages: Sequence[str] | None = None,
        vectorizer: CrossLingualVectorizer | None = None,
        max_epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        device: str = "auto",
        n_threads: int = 1,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_components = n_components
        self.backbone = backbone
        self.lexicon = lexicon
        self.word_embeddings = word_embeddings
        self.document_embeddings = document_embeddings
        self.clusters = clusters
        self.seed_topics = seed_topics
        self.languages = languages
        self.vectorizer = vectorizer
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.device = device
        self.n_threads = n_threads
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn topics from documents.

        Parameters
        ----------
        X : DataFrame, sequence, Corpus, count matrix of n_documents rows, or Shards
            Anything `skxtm.as_corpus` reads; of CoreCTM, NMTM and InfoCTM documents in shards too, see
            `skxtm.shards.Shards`.
        y : None
            Ignored.

        Returns
        -------
        self : CrossLingualTopicModel
            Fitted.

        Raises
        ------
        InputError, InputTypeError
            If a parameter or the data is not what is needed.
        MissingResourceError
            If the backbone lacks a resource, such as a lexicon.
        TrainingError
            If training diverges.
        """
        shards = as_shards(X)
        if shards is None:
            self._learn(X)
        else:
            self._state = sharded.fit(shards, Settings.of(self))
            Columns.forget(self)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> NDArray[np.float32]:
        """Learn topics and return the documents' topic proportions, cutting each text once.

        Parameters
        ----------
        X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
            As for `fit`.
        y : None
            Ignored.

        Returns
        -------
        theta : ndarray of shape (n_documents, n_components)
            As from `transform`.
        """
        return self._learn(X)

    def partial_fit(self, X: Any, y: Any = None, *, n_epochs: int = 1) -> Self:
        """Train for some more epochs; of CoreCTM, the default, only with a `weight_reconstruction`.

        Parameters
        ----------
        X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
            The first call fixes vocabularies, lexicon matches and word counts; later ones may bring other
            documents in the same languages.
        y : None
            Ignored.
        n_epochs : int, default=1
            Epochs to train. Each call also reads all documents' topics, so many epochs at once are quicker.

        Returns
        -------
        self : CrossLingualTopicModel
            Calling this ``max_epochs`` times with the same documents equals `fit`. After `load`, encoders and
            clusters are learnt anew, and so does the optimiser start, unless the model was saved with
            ``resumable=True``.

        Raises
        ------
        InputError
            Also if the backbone has no network: it learns from all documents at once; and if parameters that
            training goes by were changed after the first call.
        """
        check_number(n_epochs, "n_epochs", "partial_fit", 1, integer=True)
        if hasattr(self, "network_") and hasattr(self, "components_"):  # else its first call failed
            check_as_learnt(self._state, "trained")
            learning.train_further(self._state, self._read(X), n_epochs, Settings.of(self))
        else:
            corpus, materials = self._start(X, in_pieces=True)
            learning.train(self._state, corpus, materials, n_epochs, Settings.of(self))
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Topic proportions of documents.

        Parameters
        ----------
        X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
            Documents in any of the fitted languages.

        Returns
        -------
        theta : ndarray of shape (n_documents, n_components)
            Rows sum to 1. A row depends on its own document only.

        Raises
        ------
        InputError
            If a language or vocabulary is not the fitted one.
        """
        check_is_fitted(self)
        corpus = self._read(X)
        warn_of_unknown_words(corpus, self._state)
        return reading.theta(self._state, corpus, Settings.of(self))

    def transform_shards(self, shards: Any) -> Iterator[NDArray[np.float32]]:
        """Topic proportions of documents in shards, of one after the other; memory does not grow with them.

        Parameters
        ----------
        shards : Shards, or list of Corpus or functions
            Documents in any of the fitted languages, with counts over the model's vocabularies. To write the
            results into files: `skxtm.shards.transform_to_folder`.

        Returns
        -------
        thetas : iterator of ndarray of shape (n_documents, n_components)
            Of each shard what `transform` gives, without a warning of documents that hold no known word.

        Raises
        ------
        InputError, InputTypeError
            If a shard is not what is needed.
        """
        check_is_fitted(self)
        return sharded.theta(self._state, Shards.of(shards), Settings.of(self))

    def posterior_mean(self, X: Any) -> NDArray[np.float32]:
        """Mean of the latent Gaussian of documents, whose softmax is `transform`.

        The published evaluations feed this to their classifiers, and call it theta.

        Parameters
        ----------
        X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
            Documents in any of the fitted languages.

        Returns
        -------
        mean : ndarray of shape (n_documents, n_components)
            Unbounded; the prior's mean for a document without a known word.

        Raises
        ------
        InputError
            Also if the backbone has no network, and so no latent Gaussian.
        """
        check_is_fitted(self)
        corpus = self._read(X)
        warn_of_unknown_words(corpus, self._state)
        return reading.posterior_mean(self._state, corpus, Settings.of(self))

    def score(self, X: Any, y: Any = None) -> float:
        """Mean evidence lower bound or log-likelihood per document, in nats; higher is better.

        Parameters
        ----------
        X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
            Documents in any of the fitted languages.
        y : None
            Ignored.

        Returns
        -------
        score : float
            Of a backbone with a network the evidence lower bound, its expectation over the latent variable
            taken at the mean, so that it does not vary from call to call; of others the log-likelihood of
            the words given the topic proportions.

        Raises
        ------
        InputError
            Also if `X` holds no documents.

        Notes
        -----
        It compares models of one backbone and one number of topics. It does not choose that number: of the
        default backbone, which is not trained for likelihood, it falls beyond a few topics, so that
        `sklearn.model_selection.GridSearchCV` without ``scoring=`` takes few. Choose it by
        `skxtm.explore.search_n_components`, or pass ``scoring=skxtm.explore.FineTopicsScorer()``.
        """
        check_is_fitted(self)
        return reading.mean_score(self._state, self._read(X), Settings.of(self))

    def update_anchors(self, topic: int, words: Mapping[str, Sequence[str]]) -> Self:
        """Change the words that define a topic, and learn the topics again around them.

        Only for backbones with anchors, such as ``"mtanchor"``. Takes a fraction of a second, so that topics
        can be shaped by hand.

        Parameters
        ----------
        topic : int
            Number of the topic.
        words : dict of str to sequence of str
            Its new anchors in each language, one or more words of the vocabulary; a language left out keeps
            those it has.

        Returns
        -------
        self : CrossLingualTopicModel
            With new `components_`, `anchors_` and `topic_weight_`, which then are shares of the training
            tokens.

        Raises
        ------
        InputError
            If the backbone has no anchors, or a word, language or topic is not the model's.
        """
        check_is_fitted(self)
        update_anchors(self._state, topic, words)
        return self

    def save(self, path: str | os.PathLike[str], *, resumable: bool = False) -> None:
        """Save the fitted model as data: a folder with JSON and safetensors, and no code.

        Embeddings of documents are not saved: where `document_embeddings` is an array or holds arrays, the
        loaded model has None. Encoders among the parameters are saved as their own parameters, not fitted;
        one that a backbone finds topics with (u-SVD, SVD-LR) is saved as fitted. A saved model of MTAnchor
        holds the word counts of the training documents.

        Parameters
        ----------
        path : path
            The folder, made or replaced; of a link, the one that it leads to.
        resumable : bool, default=False
            Whether to save the state of the optimiser and of the sources of randomness too, three times as
            much: after `load`, `partial_fit` with the same documents then goes on as if nothing had happened.

        Raises
        ------
        InputError
            If a parameter cannot be written as data, such as a function.
        """
        from skxtm._model.saving import save_model

        check_is_fitted(self)
        save_model(Path(path), Settings.of(self), self._state, Columns.of(self), resumable=resumable)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Load a model that `save` wrote; nothing in the files is run.

        Parameters
        ----------
        path : path
            The folder.

        Returns
        -------
        model : CrossLingualTopicModel
            Gives the same topic proportions as the one saved.

        Raises
        ------
        ModelFileError
            If a file is missing, truncated or changed.
        """
        from skxtm._model.saving import load_model

        model, state, columns = load_model(Path(path), lambda params: cls(**params))
        model._state = state
        columns.put(model)
        return model

    @property
    def anchors_(self) -> list[dict[str, list[str]]]:
        """Words that define each topic, by language; only for backbones with anchors."""
        return anchors(self.__dict__.get("_state"))

    def _start(self, X: Any, *, in_pieces: bool = False) -> tuple[Corpus, Materials]:
        """Check parameters and data, and gather what the backbone needs; only then forget what was learnt."""
        settings = Settings.of(self)
        backbone = learning.choose(settings, in_pieces=in_pieces)
        with Columns.kept_on_error(self):
            corpus, vectorizer = read_training_documents(self, X, self.vectorizer)
            check_n_components(self.n_components, len(corpus))
            sources = learning.find_sources(backbone, corpus, settings)
            corpus = corpus if vectorizer is None else vectorizer.fit_transform(corpus)
            self._state, materials = start(backbone, corpus, vectorizer, sources)
        return corpus, materials

    def _learn(self, X: Any) -> NDArray[np.float32]:
        corpus, materials = self._start(X)
        return learning.learn(self._state, corpus, materials, Settings.of(self))

    def _read(self, X: Any) -> Corpus:
        return read_documents(self, self._state, X)

    def _identity(self) -> str:
        """Tell the fitted model from others whose `transform_shards` gives something else."""
        from skxtm._model.saving import identity

        check_is_fitted(self)
        return identity(self._state)

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "components_")
