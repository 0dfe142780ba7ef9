"""`LLMRefiner`: topics cleaned by a language model, and a topic model drawn to them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from skxtm._model.intake import read_documents
from skxtm._model.learning import trained_to_the_end
from skxtm._model.refined import RefinedModel
from skxtm._model.refining import Refining, proposer_of
from skxtm._model.second_phase import Refinement
from skxtm._model.state import Settings, check_as_learnt, copied, state_of
from skxtm._model.topics import take_themes, with_verdicts
from skxtm._optional import import_optional
from skxtm._parameters import check_n_words
from skxtm.exceptions import InputError, InputTypeError
from skxtm.llm import ChatSession, Estimate
from skxtm.model import CrossLingualTopicModel
from skxtm.shards.reading import refuse_shards

_REPORT_COLUMNS = ("epoch", "topic", "language", "word", "share", "in_top_words_before", "action")


class LLMRefiner(RefinedModel):
    """Topics cleaned by a large language model, and a topic model fine-tuned towards them.

    The method is LLM-XTM. A topic model is trained, or taken as it is. Then, at the start of a second phase
    of training and every `refine_every` epochs of it, a language model is shown the top words of every topic
    several times. It drops noise and adds words that belong; words that it names again and again are kept.
    Between these refinements training goes on, with two more losses that draw the topics to the words kept,
    and the documents' topic proportions to the similarity of documents and refined topics.

    Parameters
    ----------
    estimator : CrossLingualTopicModel
        The model to refine; it is never changed. One that is fitted, or stands in a
        `sklearn.frozen.FrozenEstimator`, is taken as it was fitted, whatever was set since; of another a
        clone is fitted first. Its `word_embeddings`, `document_embeddings` and `lexicon` are used here too.
    llm : OfflineProposer, EditedTopics, ChatModel or None, default=None
        What proposes words: a chat model such as `skxtm.llm.OpenAIChat`; `skxtm.refinement.EditedTopics`, a
        file that people edited; or `OfflineProposer`, which works by word vectors without any language model.
        None means ``OfflineProposer()``.
    n_rounds : int, default=5
        Times that every topic is shown in each refinement, R. Edited topics are read once.
    refine_every : int, default=8
        Epochs of the second phase between refinements, f. Published: 8 or 10.
    refine_at_start : bool, default=True
        Whether the first refinement comes before the first epoch, as in the published code, or after
        `refine_every` epochs without one, as the paper's algorithm has it.
    max_epochs : int, default=30
        Epochs of the second phase; 0 refines the words once and trains nothing.
    n_top_words : int, default=15
        Words per topic and language that are shown, and drawn to the refined ones, N.
    n_words : int, default=15
        Words per topic and language that are kept, M.
    n_asked_words : int or None, default=None
        Words per topic and language that each round is asked for; None for `n_words`, as in the paper. The
        published code asks for 20.
    weight_words : float >= 0, default=20000.0
        Weight of the discrepancy between a topic's top words and its refined words; 0 leaves it out.
    weight_documents : float >= 0, default=200.0
        Weight of the divergence between documents' topic proportions and their similarity with refined
        topics; 0 leaves it out. Published: 100, 200 or 300.
    divergence : {"mmd", "transport"}, default="mmd"
        How words are compared: maximum mean discrepancy, or entropy-regularised optimal transport, which is
        the published ablation.
    bandwidth_factors : tuple of float, default=(1.0,)
        One Gaussian kernel for each, with this multiple of the median distance as bandwidth.
    regularisation : float > 0, default=0.1
        Strength of the transport's entropy; 0.1 is what the published code has.
    language_weights : {"equal", "probability"}, default="equal"
        Whether a topic's top words of each language weigh the same together, as those of its refined words
        do; or each in proportion to its probability, as the paper prints it, so that a language with
        probable top words weighs more.
    topic_average : {"all", "refined"}, default="all"
        Whether the discrepancy is a mean over all topics, as in the paper, or over those refined; the same
        unless topics fail.
    support : {"union", "top"}, default="union"
        Words of a topic that get a gradient: its present top words and the refined words; or its top words
        alone, as published, so that refined words rise only as others fall.
    temperature : float > 0, default=0.2
        By which cosines of documents and topics are divided, tau.
    direction : {"forward", "reverse", "released"}, default="forward"
        Of the documents' divergence: KL(theta || target), as in the paper; KL(target || theta); or, as in the
        published code, KL(target || softmax(theta)), whose gradient is much smaller.
    document_reduction : {"mean", "sum"}, default="mean"
        Whether the documents' divergence is a mean over documents, then languages, in nats per document, as
        in the published code; or the sum over all documents of a step, as the paper prints it, which makes
        `weight_documents` weigh the more the larger batches are.
    learning_rate_factor : float > 0, default=0.3
        Learning rate of the second phase, as a share of the estimator's first one.
    max_gradient_norm : float > 0 or None, default=1.0
        Norm of all gradients together above which they are scaled down to it; None for never.
    prompt : {"joint", "single", "paper"}, default="joint"
        Whether one request shows all topics, as in the paper, or one topic with the others for context, as in
        the published code; or what the paper's request asks for, in plain text. Only for a chat model, as all
        that follows.
    n_candidates : int, default=0
        Words of the vocabulary that are near a topic to list for the language model to choose from.
    domain : str or None, default=None
        What the documents are, for the language model, such as ``"headlines of business news"``.
    cache : path or None, default="default"
        Folder where answers are kept, see `skxtm.llm.ChatSession`; None keeps none.
    prices : tuple of (float, float) or None, default=None
        Dollars per million input and per million output tokens.
    max_cost : float or None, default=None
        Dollars that are not exceeded in a call of `fit`; needs `prices`, and ``max_output_tokens`` of the
        chat model.
    max_requests : int or None, default=None
        Requests that are not exceeded in a call of `fit`.
    keep : {"last", "best"}, default="last"
        Whether the model is kept as it is after the last epoch, or as it was after the epoch of the second
        phase with the lowest sum of all losses.
    random_state : int, RandomState instance or None, default=None
        Source of the differences between the rounds of `OfflineProposer`. Training goes on with the
        estimator's own source, and its `n_threads`.
    verbose : int, default=0
        1 shows progress bars.

    Attributes
    ----------
    model_ : CrossLingualTopicModel
        The refined model; ``model_.save(path)`` saves it.
    estimator_ : CrossLingualTopicModel
        The fitted model that the second phase started from.
    refined_words_ : list of dict of str to list of str
        Words that the last refinement kept for every topic, most votes first.
    confidence_ : ndarray of shape (n_components,)
        For each topic the mean vote share of the words kept, between 0 and 1, in the last refinement of which
        some round succeeded for it; nan where there is none.
    n_answers_ : ndarray of int of shape (n_components,)
        Rounds of that refinement that gave words for each topic; `confidence_` is as good as these are many.
    themes_ : list of str
        The name that most answers of this refinement gave to each topic, whatever its case and inflection;
        empty where they gave none. They become the topics' names in `model_`.
    refinement_report_ : pandas.DataFrame
        What became of every word in every refinement: columns ``epoch``, ``topic``, ``language``, ``word``,
        ``share``, ``in_top_words_before`` and ``action``, see `skxtm.refinement.report_rows`. Needs the extra
        ``frame``.
    problems_ : list of str
        What was wrong with answers.
    history_ : dict of str to list of float
        Mean of each loss term per epoch of the second phase, in nats per document; ``"words"`` and
        ``"documents"`` are those of refinement, and ``"loss"`` is the sum.
    usage_ : Usage or None
        Requests, tokens and cost; None without a chat model.
    n_iter_ : int
        Epochs of the second phase.

    See Also
    --------
    CrossLingualTopicModel : What is refined.
    skxtm.refinement.EditedTopics : Topics edited by people in place of a language model.
    skxtm.llm.OpenAIChat : Talks to any server that speaks OpenAI's protocol.

    Notes
    -----
    Of a model whose backbone has no network, such as ``"usvd"``, the words and themes of its topics are
    refined, once, as `refined_words_`, `themes_` and `get_topics` show; topic proportions stay what they
    were, and a warning says so unless `max_epochs` is 0.

    A topic whose rounds all failed keeps words, theme and confidence as they were, and is named in a warning.
    It has no pull of its own in the loss of words until a refinement of it succeeds. Neither has a language
    of a topic for which no known word was named: its target is then its present words, all with one weight.

    Each answer is kept in the cache when it arrives, if the chat model says what it is (`identity`). If `fit`
    stops, by an error, by Ctrl-C while asking, or by force, a second call with the same integer seeds asks
    again only for what was not answered. (A model that was saved without ``resumable=True`` and loaded goes
    on with a fresh optimiser and source of randomness, so that later refinements show other topics.) Ctrl-C
    during training ends the second phase, with a usable model; during that of an estimator that is fitted
    first it ends `fit`, before anything is asked. When `max_cost` or `max_requests` is reached after the
    first refinement, or the server refuses requests then, training goes on with the last words kept, and a
    warning says so. So it does after any refinement in which all rounds failed for every topic.

    The median distance of a topic's kernels is that of the pooled distances: pairs within the words that get
    a gradient and within the refined words count twice, pairs across once. With ``support="top"`` that is as
    published.

    Departures from the paper, each with the parameter for the other: refinements begin at once
    (`refine_at_start`), the documents' divergence is a mean (`document_reduction`), top words of each
    language weigh the same (`language_weights`), refined words get a gradient (`support`), and the request
    is our own (`prompt`). The paper samples answers with a temperature and a top_p of 0.7, which the chat
    model is given: ``OpenAIChat(..., temperature=0.7, top_p=0.7)``; by default both are the server's.

    Departures from the published code, where it differs from the paper: the probabilities of top words are
    those of the topic-word distribution, renormalised, where that code divides raw weights by their sum; the
    documents' divergence has the paper's direction (`direction`), and takes the topic proportions of the same
    pass as the other losses. Beyond the paper: several kernels. The learning rate of the second phase is
    constant; the published code's decays on by the backbone's own steps, and its epochs of the second phase
    are among those that its backbones are given, see ``NMTM.published``. Failed rounds do not count in vote
    shares.

    References
    ----------
    Xuan et al. (2026). LLM-XTM. ACL.

    Examples
    --------
    >>> from skxtm import CrossLingualTopicModel, LLMRefiner
    >>> from skxtm.datasets import make_multilingual_corpus
    >>> data = make_multilingual_corpus(n_documents=60, n_components=3, random_state=0)
    >>> model = CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0)
    >>> refiner = LLMRefiner(model, max_epochs=1, n_words=5, random_state=0).fit(data.corpus)
    >>> refiner.transform(data.corpus).shape
    (120, 3)
    >>> len(refiner.refined_words_[0]["en"])
    5
    """

    _objects = {  # noqa: RUF012
        "llm": "OpenAIChat(...)",
        "estimator": "CrossLingualTopicModel()",
    }

    def __init__(
        self,
        estimator: CrossLingualTopicModel,
        *,
        llm: Any = None,
        n_rounds: int = 5,
        refine_every: int = 8,
        refine_at_start: bool = True,
        max_epochs: int = 30,
        n_top_words: int = 15,
        n_words: int = 15,
        n_asked_words: int | None = None,
        weight_words: float = 20_000.0,
        weight_documents: float = 200.0,
        divergence: Literal["mmd", "transport"] = "mmd",
        bandwidth_factors: Sequence[float] = (1.0,),
        regularisation: float = 0.1,
        language_weights: Literal["equal", "probability"] = "equal",
        topic_average: Literal["all", "refined"] = "all",
        support: Literal["union", "top"] = "union",
        temperature: float = 0.2,
        direction: Literal["forward", "reverse", "released"] = "forward",
        document_reduction: Literal["mean", "sum"] = "mean",
        learning_rate_factor: float = 0.3,
        max_gradient_norm: float | None = 1.0,
        prompt: Literal["joint", "single", "paper"] = "joint",
        n_candidates: int = 0,
        domain: str | None = None,
        cache: str | os.PathLike[str] | None = "default",
        prices: tuple[float, float] | None = None,
        max_cost: float | None = None,
        max_requests: int | None = None,
        keep: Literal["last", "best"] = "last",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.llm = llm
        self.n_rounds = n_rounds
        self.refine_every = refine_every
        self.refine_at_start = refine_at_start
        self.max_epochs = max_epochs
        self.n_top_words = n_top_words
        self.n_words = n_words
        self.n_asked_words = n_asked_words
        self.weight_words = weight_words
        self.weight_documents = weight_documents
        self.divergence = divergence
        self.bandwidth_factors = bandwidth_factors
        self.regularisation = regularisation
        self.language_weights = language_weights
        self.topic_average = topic_average
        self.support = support
        self.temperature = temperature
        self.direction = direction
        self.document_reduction = document_reduction
        self.learning_rate_factor = learning_rate_factor
        self.max_gradient_norm = max_gradient_norm
        self.prompt = prompt
        self.n_candidates = n_candidates
        self.domain = domain
        self.cache = cache
        self.prices = prices
        self.max_cost = max_cost
        self.max_requests = max_requests
        self.keep = keep
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None) -> Self:
        """Refine the topics, and draw the model to them.

        Parameters
        ----------
        X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
            Training documents, anything `skxtm.as_corpus` reads.
        y : None
            Ignored.

        Returns
        -------
        self : LLMRefiner
            Fitted.

        Raises
        ------
        InputError, InputTypeError
            If a parameter or the data is not what is needed.
        MissingResourceError
            If embeddings are needed that were not given and cannot be learnt.
        ChatRefusedError
            If the server refuses the requests of the first refinement, for instance for want of a valid key
            or quota. What was answered is kept in the cache.
        BudgetError
            If already the first refinement needs more than `max_requests` or `max_cost` allows; nothing was
            sent.
        AnswersPendingError
            If the chat model works with batch files and answers are missing.
        """
        refuse_shards(X, "CrossLingualTopicModel")
        fitted_model(self.estimator)
        how, session = Refining.of(self), self._session()
        self.__dict__.pop("_report", None)  # not fitted until all is done
        self.estimator_ = self._base_model(X)
        self.model_ = copied(self.estimator_)
        state = state_of(self.model_)
        done = Refinement(state, Settings.of(self.model_), how, session)
        done.run(read_documents(self.model_, state, X))
        self.refined_words_ = done.refined_words()
        self.confidence_, self.n_answers_ = done.confidence, done.n_answers
        self.themes_, self.problems_ = done.themes, done.problems
        take_themes(state, done.themes)
        self.history_, self.n_iter_ = done.history, done.n_iter
        self.usage_ = None if session is None else session.usage
        self._report = done.report
        return self

    def get_topics(self, n_words: int = 15) -> list[dict[str, list[str]]]:
        """Top words of every topic of the refined model.

        Parameters
        ----------
        n_words : int, default=15
            Words per topic and language.

        Returns
        -------
        topics : list of dict of str to list of str
            ``topics[k][language]`` holds the words of topic k, most probable first. The words that the last
            refinement kept are in `refined_words_`. Of a backbone without a network they come first, and
            after them the model's own.

        Raises
        ------
        InputError
            If `n_words` is not an integer of at least 1.
        """
        check_is_fitted(self)
        check_n_words(n_words, "get_topics")
        if hasattr(self.model_, "network_"):
            return self.model_.get_topics(n_words)
        own = self.model_.get_topics(n_words + self.n_words)
        return [
            {code: list(dict.fromkeys(refined[code] + words))[:n_words] for code, words in topic.items()}
            for refined, topic in zip(self.refined_words_, own, strict=True)
        ]

    def get_topic_info(self, n_words: int = 10, *, quality: Any = None) -> Any:
        """Tabulate the topics before and after refinement.

        Parameters
        ----------
        n_words : int, default=10
            Words per topic and language.
        quality : pandas.DataFrame or None, default=None
            Of this refiner, as for `CrossLingualTopicModel.get_topic_info`.

        Returns
        -------
        info : pandas.DataFrame of shape (n_components, 4 + 3 * n_languages)
            Columns ``topic``, ``name``, ``confidence`` and ``n_answers``, and for each language the lists
            ``en_before``, the top words of `estimator_`, ``en_kept``, the first of `refined_words_`, and
            ``en_after``, the top words of `model_`. Needs the extra ``frame``.
        """
        check_is_fitted(self)
        pandas = import_optional("pandas", extra="frame", purpose="get_topic_info")
        columns: dict[str, Any] = {
            "topic": range(len(self.themes_)),
            "name": self.model_.topic_names_,
            "confidence": self.confidence_,
            "n_answers": self.n_answers_,
        }
        stages = {
            "before": self.estimator_.get_topics(n_words),
            "kept": self.refined_words_,
            "after": self.get_topics(n_words),
        }
        for code in self.model_.languages_:
            for stage, topics in stages.items():
                columns[f"{code}_{stage}"] = [topic[code][:n_words] for topic in topics]
        return with_verdicts(pandas.DataFrame(columns), quality, self.model_.topic_weight_, after="n_answers")

    def dry_run(self, n_output_tokens: int | None = None) -> Estimate:
        """Say what `fit` would ask, at most, and send nothing.

        Parameters
        ----------
        n_output_tokens : int or None, default=None
            Tokens of an answer; None takes 4 for each word asked for.

        Returns
        -------
        estimate : Estimate
            Requests and tokens of all refinements, without those asked again because an answer could not be
            read or left topics out; print it. Later refinements are taken to be like the first one.

        Raises
        ------
        InputError
            If the estimator is not fitted, so that its topics are not known; or `llm` is no chat model.
        """
        model = fitted_model(self.estimator)
        how, session = Refining.of(self), self._session()
        if session is None:
            name = type(how.proposer).__name__
            raise InputError(f"{name} asks nobody and costs nothing. Pass llm= a chat model.")
        if model is None:
            raise InputError(
                "The estimator is not fitted, so that the topics to be refined are not known. Fit it first: "
                "LLMRefiner takes a fitted model as it is."
            )
        n_later = len(how.refinement_epochs) - 1 if hasattr(model, "network_") else 0
        return how.asking.estimate(
            session,
            ChatSession(self.llm, prices=self.prices),
            model.get_topics(self.n_top_words + self.n_candidates),
            n_later=n_later,
            n_output_tokens=n_output_tokens,
        )

    @property
    def refinement_report_(self) -> Any:
        """What became of every word in every refinement, as a table."""
        if not hasattr(self, "_report"):
            raise AttributeError("refinement_report_ exists only after fit.")
        pandas = import_optional("pandas", extra="frame", purpose="refinement_report_")
        return pandas.DataFrame(self._report, columns=list(_REPORT_COLUMNS))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_report")

    def _session(self) -> ChatSession | None:
        if proposer_of(self.llm) is not None:
            return None
        return ChatSession(
            self.llm,
            cache=self.cache,
            prices=self.prices,
            max_cost=self.max_cost,
            max_requests=self.max_requests,
            verbose=self.verbose,
        )

    def _base_model(self, X: Any) -> CrossLingualTopicModel:
        fitted = fitted_model(self.estimator)
        if fitted is not None:
            return fitted
        with trained_to_the_end():
            return clone(self.estimator).fit(X)


def fitted_model(estimator: Any) -> CrossLingualTopicModel | None:
    """Find the fitted model that an estimator is or holds.

    Parameters
    ----------
    estimator : object
        What was given to be refined.

    Returns
    -------
    model : CrossLingualTopicModel or None
        None if it is not fitted.

    Raises
    ------
    InputTypeError
        If it is something else.
    """
    model = estimator.estimator if isinstance(estimator, FrozenEstimator) else estimator
    if not isinstance(model, CrossLingualTopicModel):
        raise InputTypeError(
            "The 'estimator' parameter of LLMRefiner must be a CrossLingualTopicModel. Got "
            f"{type(model).__name__} instead."
        )
    if not hasattr(model, "components_"):
        return None
    check_as_learnt(state_of(model), "refined")
    return model
