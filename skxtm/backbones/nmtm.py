"""NMTM: Wu, Li, Zhu and Miao, Learning Multilingual Topics with Neural Variational Inference, NLPCC 2020."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from skxtm.backbones._decoder import ProductDecoder
from skxtm.backbones._recipes import Recipe, from_recipe
from skxtm.backbones._vae import pass_through_encoder
from skxtm.backbones.base import (
    BackboneNetwork,
    Batch,
    CorpusShape,
    Materials,
    NetworkBackbone,
    Step,
    check_range,
)
from skxtm.modules.encoder import CountsLinear, GaussianHead, dropout
from skxtm.modules.prior import LaplacePrior
from skxtm.modules.sparse import FixedSparse, SparseRows


class NMTM(NetworkBackbone):
    """Neural multilingual topic model: topics that share words through a lexicon.

    Every language has its own word weights phi; what it decodes with is a blend of the others' weights,
    carried over by the lexicon, and its own:
    ``beta_l = lam * mean_m(phi_m @ M_ml) + (1 - lam) * phi_l``.

    Parameters
    ----------
    lam : float in [0, 1], default=0.8
        Share of the other languages in the topic-word weights.
    smoothing : float, default=1.0
        Added to every entry of the word mapping, s below. Where counts are small against the vocabulary,
        as in a small corpus, 1 drowns the lexicon, and 0.01 aligns topics much better.
    concentration : float > 0, default=1.0
        Of the symmetric Dirichlet prior whose Laplace approximation the latent Gaussian is held to.
    n_units : int, default=100
        Size of the encoder's two hidden layers; the first is per language, the others are shared.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the hidden layer and of theta.
    batch_norm_eps : float, default=1e-3
        Added to the variance in every batch normalisation.
    batch_norm_momentum : float or None, default=1e-3
        Weight of the newest batch in the running statistics by which evaluation normalises. None computes
        these once training is over, with the final weights, by one more pass through the documents: better
        after a training so short that the learning rate is still high.
    n_encoder_passes : int, default=1
        Passes of a step through the encoder, of which the last one counts; the others update the running
        statistics of its batch normalisations, and cost time. The code of LLM-XTM makes 2.
    learning_rate : float, default=1e-3
        Of Adam.
    decay_every : int or None, default=None
        Epochs after which the learning rate is multiplied by `decay`; None for never.
    decay : float, default=0.5
        The factor.
    max_gradient_norm : float or None, default=None
        Norm of all gradients together above which they are scaled down to it; None for never.
    max_epochs : int, default=200
        Passes over the largest language.
    batch_size : int, default=128
        Documents of each language in a step.

    Notes
    -----
    ``M_ml`` (V_m, V_l) has the rows ``(T_ij f_i + s) / sum_j (T_ij f_i + s)``, with T the 0/1 lexicon and
    f_i the training count of source word i. It is a sparse matrix plus one of rank one, and is applied as
    such, so that no V x V array exists.

    The defaults are those of the paper. `NMTM.published` makes them, or those of the code released with
    LLM-XTM. That code's 230 epochs hold the 30 of its second phase, in which the learning rate falls to 0.3
    of its first value; here `LLMRefiner` adds its epochs to the model's.

    With more than two languages the blend is the mean over the other languages, which for two is the
    published formula. With one language ``beta = phi``: an ordinary neural topic model.

    Departures from the published code: running statistics of the batch normalisations start as plain
    averages (see `ShiftBatchNorm`); the logarithm in the reconstruction has no 1e-10 inside; Adam's first
    moment decays by torch's 0.9, as in the PyTorch code that the later papers compare with (the TensorFlow
    original: 0.99). Topic proportions are ``softmax(mu)`` where that code evaluates ``mu`` itself. The
    original draws the documents of a batch with replacement, starts linear layers by Xavier's rule with
    biases of 0, and evaluates a sample by the statistics of its batch; this is as the PyTorch code does.

    References
    ----------
    Wu, Li, Zhu and Miao (2020). Learning Multilingual Topics with Neural Variational Inference. NLPCC.
    Xuan et al. (2026). LLM-XTM. ACL.

    Examples
    --------
    >>> from skxtm.backbones import NMTM
    >>> NMTM(lam=0.5)
    NMTM(lam=0.5)
    """

    needs: ClassVar[frozenset[str]] = frozenset({"lexicons"})
    recipes: ClassVar[Mapping[str, Recipe]] = {
        "nlpcc-2020": Recipe("Wu et al. (NLPCC 2020), the model's paper"),
        "llm-xtm": Recipe(
            "the code released with LLM-XTM (Xuan et al., ACL 2026)",
            {
                "n_encoder_passes": 2,
                "decay_every": 125,
                "decay": 0.5,
                "max_gradient_norm": 1.0,
                "max_epochs": 230,
            },
        ),
    }

    def __init__(
        self,
        *,
        lam: float = 0.8,
        smoothing: float = 1.0,
        concentration: float = 1.0,
        n_units: int = 100,
        dropout: float = 0.0,
        batch_norm_eps: float = 1e-3,
        batch_norm_momentum: float | None = 1e-3,
        n_encoder_passes: int = 1,
        learning_rate: float = 1e-3,
        decay_every: int | None = None,
        decay: float = 0.5,
        max_gradient_norm: float | None = None,
        max_epochs: int = 200,
        batch_size: int = 128,
    ) -> None:
        self.lam = lam
        self.smoothing = smoothing
        self.concentration = concentration
        self.n_units = n_units
        self.dropout = dropout
        self.batch_norm_eps = batch_norm_eps
        self.batch_norm_momentum = batch_norm_momentum
        self.n_encoder_passes = n_encoder_passes
        self.learning_rate = learning_rate
        self.decay_every = decay_every
        self.decay = decay
        self.max_gradient_norm = max_gradient_norm
        self.max_epochs = max_epochs
        self.batch_size = batch_size

    @classmethod
    def published(cls, recipe: str, **parameters: Any) -> NMTM:
        """Make the model with settings that figures were published with.

        Parameters
        ----------
        recipe : {"nlpcc-2020", "llm-xtm"}
            The model's own paper, or the code released with LLM-XTM, whose baselines these are: 230 epochs,
            the learning rate halved after 125, gradients clipped to norm 1, two passes through the encoder.
        **parameters : object
            Others than those of the recipe.

        Returns
        -------
        backbone : NMTM
            With these parameters.

        Raises
        ------
        InputError
            If there is no recipe of that name.

        Examples
        --------
        >>> from skxtm.backbones import NMTM
        >>> NMTM.published("llm-xtm").max_epochs
        230
        """
        return from_recipe(cls, cls.recipes, recipe, parameters)

    def check(self) -> None:
        """Check the hyperparameters; see `Backbone.check`."""
        super().check()
        check_range(self, "lam", 0, 1)
        for name in ("smoothing", "concentration"):
            check_range(self, name, 0, None, open_low=True)
        for name in ("n_units", "n_encoder_passes"):
            check_range(self, name, 1, None, integer=True)
        check_range(self, "dropout", 0, 0.99)

    def prepare(self, shape: CorpusShape, materials: Materials) -> dict[str, NDArray[Any]]:
        """Keep every word's training count, and the pairs of words that translate each other."""
        sums = materials.sums_of(shape.languages)
        constants: dict[str, NDArray[Any]] = {
            f"word_counts.{number}": sums.word_totals(code).astype(np.float32)
            for number, code in enumerate(shape.languages)
        }
        for (first, second), lexicon in materials.lexicons.items():
            constants[f"lexicon.{first}.{second}"] = np.stack(lexicon.nonzero()).astype(np.int64)
        return constants

    def build(self, shape: CorpusShape, constants: Mapping[str, Tensor]) -> NMTMNetwork:
        """Build the untrained network."""
        return NMTMNetwork(self, shape, constants)


class NMTMNetwork(BackboneNetwork):
    """The network of `NMTM`."""

    def __init__(self, backbone: NMTM, shape: CorpusShape, constants: Mapping[str, Tensor]) -> None:
        super().__init__()
        K = shape.n_components
        norm: dict[str, Any] = {"eps": backbone.batch_norm_eps, "momentum": backbone.batch_norm_momentum}
        self.lam = backbone.lam
        self.dropout = backbone.dropout
        self.n_encoder_passes = backbone.n_encoder_passes
        self.prior = LaplacePrior(torch.full((K,), float(backbone.concentration)))
        self.first_layers = nn.ModuleList(CountsLinear(V, backbone.n_units) for V in shape.vocabulary_sizes)
        self.head = GaussianHead(backbone.n_units, K, dropout=backbone.dropout, **norm)
        self.phi = nn.ParameterList(
            nn.init.xavier_uniform_(torch.empty(V, K)) for V in shape.vocabulary_sizes
        )
        self.decoders = nn.ModuleList(ProductDecoder(V, **norm) for V in shape.vocabulary_sizes)
        self.carriers = nn.ModuleDict()
        for first, second in combinations(range(len(shape.languages)), 2):
            rows, columns = constants[f"lexicon.{first}.{second}"]
            sizes = shape.vocabulary_sizes[first], shape.vocabulary_sizes[second]
            counts = constants[f"word_counts.{first}"], constants[f"word_counts.{second}"]
            forth = Carrier(rows, columns, counts[0], sizes, backbone.smoothing)
            back = Carrier(columns, rows, counts[1], sizes[::-1], backbone.smoothing)
            self.carriers.update({f"{first}-{second}": forth, f"{second}-{first}": back})

    def step(self, batch: Batch) -> Step:
        """Reconstruction and divergence from the prior, summed over languages."""
        for _ in range(1, self.n_encoder_passes):
            pass_through_encoder(self, batch)
        reconstruction = divergence = torch.zeros((), device=self.prior.mean.device)
        topic_word = self.topic_word()
        proportions = []
        for language, (counts, weights) in enumerate(zip(batch.counts, topic_word, strict=True)):
            mean, logvar = self.encode(counts, language, batch.generator)
            theta = self.sample_theta(mean, logvar, batch.generator)
            proportions.append(theta)
            theta = dropout(theta, self.dropout, batch.generator)
            nll = self.reconstruction(theta, counts, language, weights)
            reconstruction = reconstruction + nll.mean()
            divergence = divergence + self.divergence(mean, logvar).mean()
        return Step({"reconstruction": reconstruction, "kl": divergence}, tuple(proportions), topic_word)

    def encode(
        self, counts: SparseRows, language: int, generator: Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the latent Gaussian."""
        mean, logvar = self.head(self.first_layers[language](counts), generator)
        return mean, logvar

    def topic_word(self) -> tuple[Tensor, ...]:
        """Blend of every language's own weights and those carried over from the others."""
        languages = range(len(self.phi))
        if len(languages) == 1:
            return (self.phi[0],)
        blended = []
        for target in languages:
            weights = (1 - self.lam) * self.phi[target]
            share = self.lam / (len(languages) - 1)
            for source in languages:
                if source != target:
                    carried = self.carriers[f"{source}-{target}"](self.phi[source])
                    weights = torch.add(weights, carried, alpha=share)
            blended.append(weights)
        return tuple(blended)

    def reconstruction(self, theta: Tensor, counts: SparseRows, language: int, topic_word: Tensor) -> Tensor:
        """Negative log-likelihood of the counts given theta."""
        decoder = self.decoders[language]
        assert isinstance(decoder, ProductDecoder)
        return decoder.nll(theta, topic_word, counts)


class Carrier(nn.Module):
    """Carries word weights from one language to another: ``phi @ M``, transposed.

    ``M = D (diag(f) T + s 1 1')`` with D the diagonal of inverse row sums: a sparse matrix, and a constant
    per topic for the rank-one part.

    Parameters
    ----------
    rows, columns : Tensor of shape (n_pairs,)
        The ones of the lexicon T: source words and target words.
    counts : Tensor of shape (V_source,)
        Training counts f of the source words.
    shape : tuple of int
        Sizes of the source and the target vocabulary.
    smoothing : float
        Added to every entry, s.
    """

    constants: Tensor

    def __init__(
        self, rows: Tensor, columns: Tensor, counts: Tensor, shape: tuple[int, int], smoothing: float
    ) -> None:
        super().__init__()
        fan_out = torch.bincount(rows, minlength=shape[0])
        inverse_totals = (fan_out * counts + smoothing * shape[1]).reciprocal()
        self.register_buffer("constants", smoothing * inverse_totals, persistent=False)
        self.linked = FixedSparse(columns, rows, (counts * inverse_totals)[rows], shape[::-1])

    def forward(self, phi: Tensor) -> Tensor:
        """Map source weights (V_source, K) to target weights (V_target, K)."""
        return self.linked(phi) + self.constants @ phi
