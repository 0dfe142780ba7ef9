"""MCTA: Shi, Lam, Bing and Xu, Detecting Common Discussion Topics Across Culture, ACL 2016."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from tqdm.auto import tqdm

from skxtm.backbones._tokens import FloatArray, TokenBlock, draw_topics, token_blocks
from skxtm.backbones.arrays import ArrayBackbone, LearntTopics
from skxtm.backbones.base import CorpusShape, Documents, Materials, check_option, check_range
from skxtm.exceptions import InterruptedWarning


class MCTA(ArrayBackbone):
    """Multilingual cultural-common topic analysis: LDA whose topics share words through a lexicon.

    Every language has its own word probabilities psi of each topic; its documents are drawn from a blend
    with the others', carried over by the lexicon:
    ``phi_l`` is proportional to ``(1 - lam) * psi_l + lam * mean_m(psi_m @ M_ml)``.

    Parameters
    ----------
    lam : float in [0, 0.999], default=0.5
        Share of the other languages in the blend. With all of it, words without translation could not occur.
    alpha : float, default=0.5
        Parameter of the symmetric Dirichlet prior of a document's topic proportions.
    word_prior : float, default=0.01
        Added to the expected count of every word in every topic of psi.
    max_epochs : int, default=100
        Sweeps: how often the topic of every token is drawn.
    n_updates : int, default=1
        Updates of psi before each sweep.
    n_transform_sweeps : int, default=50
        Sweeps that find the topic proportions of a document.
    n_burn_in : int or None, default=None
        How many of these, the first ones, are thrown away; the others are averaged. None keeps the last one
        only, as published; 10 tells documents' classes better.
    updates : {"multiplicative", "em"}, default="multiplicative"
        How psi is updated, see Notes. ``"em"`` comes nearer to the topics of generated corpora.
    topic_words : {"counts", "phi"}, default="counts"
        What a topic's words are: shares of the tokens that had the topic in the last sweep, or phi, in which
        translations count.

    Notes
    -----
    The defaults are those of the authors' code.

    In ``M_ml`` (V_m, V_l) the shares of a target word's *source* words, those of language m that it
    translates, sum to 1, in proportion to their training counts: the shares of a word's translations need
    not. A word none of whose translations occurs in training gives nothing; the blend is divided by its sum.

    Given phi, topics are drawn by Gibbs sampling with the topic proportions integrated out: that of a token
    of word w in document d is k with probability proportional to ``(n_dk + alpha) * phi_kw``, where n_dk
    counts the document's other tokens. phi is fixed during a sweep, so that documents are independent, and
    one token of each is drawn at once; this is no approximation.

    psi starts from the Gamma distribution of mean 1 and variance 1 / 100, independent for each word and
    topic, and is updated before each sweep and after the last one. With n_l the tokens of each word and
    topic and b_l the blend before it is divided by its sums, the authors' update of each language in turn is

    ``psi_l <- psi_l * ((1 - lam) n_l / b_l + lam * mean_m(n_m @ M_lm' / sum_w b_m)) + word_prior``

    whose second denominator is one number per topic. ``updates="em"`` makes a step of expectation
    maximisation, with a Dirichlet prior, on the probability of the words given their topics, of all
    languages at once; it never lowers that probability times the prior.

    With more than two languages the blend takes the mean over the other languages, which for two is the
    authors' model. With one language ``phi = psi``: latent Dirichlet allocation, and `lam` has no effect.

    `history` has ``"log_likelihood"``: in each sweep, the mean over all documents of
    ``sum_t log sum_k (n_dk + alpha) / (n_d - 1 + K alpha) * phi_kw``, the logarithm of the probability of
    each token given the topics of its document's other tokens, at the moment when its topic is drawn.

    `prior` is the mean of the Dirichlet prior, 1 / K. Topic proportions of a document are the mean of
    ``(n_dk + alpha) / (n_d + K alpha)`` over the sweeps kept, with phi as learnt. All documents use the same
    random numbers, by sweep and place in the document, so that a document's result does not depend on others.

    Departures from the authors' code: new documents are read by their language's own phi and with the alpha
    of training, where that code, which measures perplexity, reads them by the other language's phi, carried
    over in equal shares, with 1 / K; psi has its last update once, where that code exports its model twice.

    References
    ----------
    Shi, Lam, Bing and Xu (2016). Detecting Common Discussion Topics Across Culture From News Reader Comments.
    ACL.

    Examples
    --------
    >>> from skxtm.backbones import MCTA
    >>> MCTA(max_epochs=200)
    MCTA(max_epochs=200)
    """

    needs: ClassVar[frozenset[str]] = frozenset({"lexicons"})

    def __init__(
        self,
        *,
        lam: float = 0.5,
        alpha: float = 0.5,
        word_prior: float = 0.01,
        max_epochs: int = 100,
        n_updates: int = 1,
        n_transform_sweeps: int = 50,
        n_burn_in: int | None = None,
        updates: str = "multiplicative",
        topic_words: str = "counts",
    ) -> None:
        self.lam = lam
        self.alpha = alpha
        self.word_prior = word_prior
        self.max_epochs = max_epochs
        self.n_updates = n_updates
        self.n_transform_sweeps = n_transform_sweeps
        self.n_burn_in = n_burn_in
        self.updates = updates
        self.topic_words = topic_words

    def check(self) -> None:
        """Check the hyperparameters; see `Backbone.check`."""
        check_range(self, "lam", 0, 0.999)
        for name in ("alpha", "word_prior"):
            check_range(self, name, 0, None, open_low=True)
        for name in ("max_epochs", "n_updates", "n_transform_sweeps"):
            check_range(self, name, 1, None, integer=True)
        if self.n_burn_in is not None:
            check_range(self, "n_burn_in", 0, self.n_transform_sweeps - 1, integer=True)
        check_option(self, "updates", ("multiplicative", "em"))
        check_option(self, "topic_words", ("counts", "phi"))

    def learn(self, shape: CorpusShape, materials: Materials, *, seed: int, verbose: int = 0) -> MCTATopics:
        """Learn topics from all documents; see `ArrayBackbone.learn`."""
        sampler = Sampler(self, materials, shape.n_components, seed)
        bar = tqdm(total=self.max_epochs, desc="Training", unit="sweep", disable=not verbose)
        try:
            with bar:
                while len(sampler.history) < self.max_epochs:
                    sampler.step()
                    bar.update()
                    bar.set_postfix(log_likelihood=f"{sampler.history[-1]:.3f}", refresh=False)
        except KeyboardInterrupt:
            if not sampler.history:
                raise
            warnings.warn(
                f"Training was interrupted in sweep {len(sampler.history) + 1} of {self.max_epochs}. The "
                "model is usable, as trained so far.",
                InterruptedWarning,
                stacklevel=2,
            )
        sampler.update()
        words = sampler.phi if self.topic_words == "phi" else sampler.shares_of_counts()
        n_sweeps = self.n_transform_sweeps
        return MCTATopics(
            distributions=words,
            phi=sampler.phi,
            prior=np.full(shape.n_components, 1 / shape.n_components),
            n_iter=len(sampler.history),
            history={"log_likelihood": sampler.history},
            alpha=self.alpha,
            n_sweeps=n_sweeps,
            n_burn_in=n_sweeps - 1 if self.n_burn_in is None else self.n_burn_in,
            seed=seed,
        )

    def restore(
        self, shape: CorpusShape, arrays: Mapping[str, NDArray[Any]], **attributes: Any
    ) -> MCTATopics:
        """Undo `MCTATopics.arrays`; see `ArrayBackbone.restore`."""
        of_language = enumerate(attributes["distributions"])
        # folders of version 0.1 have no phi, since it was what words were read from
        phi = tuple(np.asarray(arrays.get(f"phi.{number}", words)) for number, words in of_language)
        numbers = {name: value.item() for name, value in arrays.items() if not name.startswith("phi.")}
        return MCTATopics(phi=phi, **numbers, **attributes)


@dataclass(kw_only=True)
class MCTATopics(LearntTopics):
    """Topics of `MCTA`.

    Attributes
    ----------
    distributions, prior, n_iter, history : object
        As for `LearntTopics`.
    phi : tuple of ndarray of shape (n_components, V_l)
        Word probabilities of each language that topics of documents are found by.
    alpha : float
        Parameter of the Dirichlet prior of the topic proportions.
    n_sweeps : int
        Sweeps over each document.
    n_burn_in : int
        How many of these are thrown away.
    seed : int
        Source of the random numbers.
    """

    phi: tuple[FloatArray, ...]
    alpha: float
    n_sweeps: int
    n_burn_in: int
    seed: int

    def proportions(self, documents: Documents, language: int) -> FloatArray:
        """Topic proportions by Gibbs sampling; see `LearntTopics.proportions`."""
        phi = self.phi[language]
        word_topic = np.ascontiguousarray(phi.T)
        result = np.empty((documents.counts.shape[0], len(phi)))
        for block in token_blocks(documents.counts, len(phi)):
            result[block.rows] = self._proportions(block, word_topic)
        return result

    def arrays(self) -> dict[str, NDArray[Any]]:
        """How topics of documents are found; see `LearntTopics.arrays`."""
        return {
            **{f"phi.{number}": words for number, words in enumerate(self.phi)},
            "alpha": np.array(self.alpha, dtype=np.float64),
            "n_sweeps": np.array(self.n_sweeps, dtype=np.int64),
            "n_burn_in": np.array(self.n_burn_in, dtype=np.int64),
            "seed": np.array(self.seed, dtype=np.int64),
        }

    def _proportions(self, block: TokenBlock, word_topic: FloatArray) -> FloatArray:
        """Mean over the sweeps kept, (n_documents, K), in the order of the block's rows."""
        K = word_topic.shape[1]
        topics = (self._uniforms(0, block) * K).astype(np.int32)
        counts = block.topic_counts(topics, K)
        kept = np.zeros_like(counts)
        for sweep in range(1, self.n_sweeps + 1):
            draw_topics(block, topics, counts, self._uniforms(sweep, block), word_topic, self.alpha)
            if sweep > self.n_burn_in:
                kept += counts
        smoothed = kept / (self.n_sweeps - self.n_burn_in) + self.alpha
        return smoothed / (counts.sum(1, keepdims=True) + K * self.alpha)

    def _uniforms(self, sweep: int, block: TokenBlock) -> FloatArray:
        """One number for each place in a document, of which a longer document has more."""
        seeds = np.random.SeedSequence(self.seed, spawn_key=(sweep,))
        widths = np.diff(block.edges)
        return np.repeat(np.random.default_rng(seeds).random(len(widths)), widths)


class Sampler:
    """The state of the sampler between sweeps.

    Parameters
    ----------
    backbone : MCTA
        The hyperparameters.
    materials : Materials
        The corpus.
    n_components : int
        Number of topics K.
    seed : int
        Start of all randomness.
    """

    def __init__(self, backbone: MCTA, materials: Materials, n_components: int, seed: int) -> None:
        self.backbone = backbone
        self.rng = np.random.default_rng(seed)
        self.blend = Blend.of(materials, backbone.lam)
        self.n_documents = sum(counts.shape[0] for counts in materials.counts)
        self.languages = [TokenTopics(counts, n_components, self.rng) for counts in materials.counts]
        shapes = [language.shape for language in self.languages]
        self.psi = tuple(self.rng.gamma(100, 1 / 100, shape) for shape in shapes)
        self.phi = self.blend.phi(self.psi)
        self.history: list[float] = []

    def step(self) -> None:
        """Update psi, then draw the topic of every token."""
        self.update()
        total = 0.0
        for language, phi in zip(self.languages, self.phi, strict=True):
            total += language.sweep(phi, self.backbone.alpha, self.rng)
        self.history.append(total / self.n_documents)

    def update(self) -> None:
        """Fit psi and phi to the topics of all tokens."""
        counts = [language.word_counts() for language in self.languages]
        update = self.blend.expect if self.backbone.updates == "em" else self.blend.multiply
        for _ in range(self.backbone.n_updates):
            self.psi, self.phi = update(self.psi, counts, self.backbone.word_prior)

    def shares_of_counts(self) -> tuple[FloatArray, ...]:
        """Shares of words among the tokens of each topic, the prior added, (K, V_l)."""
        counts = (language.word_counts() for language in self.languages)
        return tuple(_normalised(own + self.backbone.word_prior) for own in counts)


class TokenTopics:
    """The topic of every token of one language.

    Parameters
    ----------
    counts : csr_array of shape (n_documents, V)
        Word counts.
    n_components : int
        Number of topics K.
    rng : numpy.random.Generator
        Source of the first topics, each as probable as any other.
    """

    def __init__(self, counts: sparse.csr_array, n_components: int, rng: np.random.Generator) -> None:
        self.shape = n_components, counts.shape[1]
        self.blocks = list(token_blocks(counts, n_components))
        self.topics = [
            rng.integers(n_components, size=len(block.words), dtype=np.int32) for block in self.blocks
        ]

    def sweep(self, phi: FloatArray, alpha: float, rng: np.random.Generator) -> float:
        """Draw every token's topic once.

        Parameters
        ----------
        phi : ndarray of shape (K, V)
            Probability of each word in each topic.
        alpha : float
            Parameter of the Dirichlet prior of the topic proportions.
        rng : numpy.random.Generator
            Source of the draws.

        Returns
        -------
        log_likelihood : float
            As for `draw_topics`.
        """
        word_topic = np.ascontiguousarray(phi.T)
        total = 0.0
        for block, topics in zip(self.blocks, self.topics, strict=True):
            counts = block.topic_counts(topics, len(phi))
            total += draw_topics(block, topics, counts, rng.random(len(topics)), word_topic, alpha)
        return total

    def word_counts(self) -> FloatArray:
        """Count tokens.

        Returns
        -------
        counts : ndarray of shape (K, V)
            Of each word in each topic.
        """
        K, V = self.shape
        result = np.zeros(K * V)
        for block, topics in zip(self.blocks, self.topics, strict=True):
            np.add.at(result, topics.astype(np.intp) * V + block.words, 1)
        return result.reshape(K, V)


@dataclass(frozen=True, slots=True)
class Blend:
    """How phi is made of psi, and how psi is learnt from words drawn from phi.

    Attributes
    ----------
    own, other : float
        Weight of a language's own psi, and of each other language's.
    carriers : dict of (int, int) to csr_array of shape (V_m, V_l)
        For languages m and l: the shares M_ml of each target word's sources; columns sum to 1, or to 0.
    """

    own: float
    other: float
    carriers: Mapping[tuple[int, int], sparse.csr_array]

    @classmethod
    def of(cls, materials: Materials, lam: float) -> Blend:
        """Make the blend of a corpus."""
        n_others = len(materials.counts) - 1
        word_counts = [np.asarray(counts.sum(0), dtype=np.float64) for counts in materials.counts]
        carriers: dict[tuple[int, int], sparse.csr_array] = {}
        for (first, second), lexicon in materials.lexicons.items():
            carriers[first, second] = source_shares(lexicon, word_counts[first])
            carriers[second, first] = source_shares(lexicon.T.tocsr(), word_counts[second])
        return cls(1 - lam, lam / n_others, carriers) if n_others else cls(1.0, 0.0, {})

    def phi(self, psi: Sequence[FloatArray]) -> tuple[FloatArray, ...]:
        """Word probabilities of every language, (K, V_l)."""
        return tuple(map(_normalised, self.mixtures(psi)))

    def mixtures(self, psi: Sequence[FloatArray]) -> list[FloatArray]:
        """Phi before its rows are divided by their sums, which are 1 less the mass lost."""
        result = [self.own * own for own in psi]
        for (source, target), carrier in self.carriers.items():
            result[target] += self.other * (psi[source] @ carrier)
        return result

    def multiply(
        self, psi: Sequence[FloatArray], counts: Sequence[FloatArray], prior: float
    ) -> tuple[tuple[FloatArray, ...], tuple[FloatArray, ...]]:
        """Update psi as the authors' code does, one language after the other.

        Parameters
        ----------
        psi : sequence of ndarray of shape (K, V_l)
            Each language's own word weights.
        counts : sequence of ndarray of shape (K, V_l)
            Tokens of each word in each topic.
        prior : float
            Added to every weight.

        Returns
        -------
        psi : tuple of ndarray of shape (K, V_l)
            New; rows have no certain sum.
        phi : tuple of ndarray of shape (K, V_l)
            Word probabilities, that of a language from the new psi of those before it.
        """
        weights, phi = list(psi), []
        for language, own_counts in enumerate(counts):
            mixtures = self.mixtures(weights)
            gain = self.own * own_counts / mixtures[language]
            for (source, target), carrier in self.carriers.items():
                if source == language:
                    totals = mixtures[target].sum(1, keepdims=True)
                    gain += self.other * (counts[target] @ carrier.T) / totals
            weights[language] = gain * weights[language] + prior
            phi.append(_normalised(self.mixtures(weights)[language]))
        return tuple(weights), tuple(phi)

    def expect(
        self, psi: Sequence[FloatArray], counts: Sequence[FloatArray], prior: float
    ) -> tuple[tuple[FloatArray, ...], tuple[FloatArray, ...]]:
        """Make a step of expectation maximisation on ``sum counts log phi + prior sum log psi``.

        Parameters
        ----------
        psi : sequence of ndarray of shape (K, V_l)
            Each language's own word weights.
        counts : sequence of ndarray of shape (K, V_l)
            Tokens of each word in each topic.
        prior : float
            Added to every expected count.

        Returns
        -------
        psi : tuple of ndarray of shape (K, V_l)
            New; rows sum to 1.
        phi : tuple of ndarray of shape (K, V_l)
            Word probabilities.

        Notes
        -----
        Each token comes from a word of its own or of another language. Before it, draws may have been lost
        that came from a word which is carried over with less than the largest weight: as many for each token
        as the lost weight is of the other, in expectation.
        """
        psi = tuple(map(_normalised, psi))
        mixtures = self.mixtures(psi)
        ratios = [count / mixture for count, mixture in zip(counts, mixtures, strict=True)]
        draws = [
            count.sum(1, keepdims=True) / mixture.sum(1, keepdims=True)
            for count, mixture in zip(counts, mixtures, strict=True)
        ]
        gains = [self.own * ratio for ratio in ratios]
        for (source, target), carrier in self.carriers.items():
            carried = carrier.sum(1)
            lost = carried.max(initial=0) - carried
            gains[source] += self.other * (ratios[target] @ carrier.T + draws[target] * lost)
        updated = tuple(_normalised(own * gain + prior) for own, gain in zip(psi, gains, strict=True))
        return updated, self.phi(updated)


def source_shares(lexicon: sparse.csr_array, counts: FloatArray) -> sparse.csr_array:
    """Divide each target word among the source words that it translates, in proportion to their counts.

    Parameters
    ----------
    lexicon : csr_array of shape (V_m, V_l)
        Not zero where words translate each other.
    counts : ndarray of shape (V_m,)
        Training counts of the source words.

    Returns
    -------
    shares : csr_array of shape (V_m, V_l)
        Columns sum to 1, or to 0 where no source word has a count.
    """
    weighted = (sparse.diags_array(counts) @ (lexicon != 0)).tocsr()
    weighted.eliminate_zeros()
    weighted.data /= weighted.sum(0)[weighted.indices]
    return weighted


def _normalised(weights: FloatArray) -> FloatArray:
    return weights / weights.sum(1, keepdims=True)
