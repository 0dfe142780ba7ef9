"""InfoCTM: Wu, Dong, Nguyen, Liu, Pan and Luu, a mutual information maximization perspective, AAAI 2023."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any, ClassVar

import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from skxtm.backbones._recipes import Recipe, from_recipe
from skxtm.backbones._tami import positive_pairs, similar_words
from skxtm.backbones._vae import CountsEncoder, OwnWeightsNetwork, pass_through_encoder
from skxtm.backbones.base import Batch, CorpusShape, Materials, NetworkBackbone, Step, check_range
from skxtm.losses.contrastive import TamiPositives, tami_loss
from skxtm.modules.sparse import SparseRows


class InfoCTM(NetworkBackbone):
    """Topics aligned by the mutual information between words that translate each other.

    Every language has its own encoder and topic-word weights phi. A contrastive loss (TAMI) on the words'
    rows of phi draws together translations, and translations of similar words, and pushes all other words
    apart, see `skxtm.losses.tami_loss`.

    Parameters
    ----------
    weight_mi : float >= 0, default=30.0
        Weight of the contrastive loss. Published: 30 on EC News, 50 on Amazon Review and Rakuten Amazon.
    temperature : float > 0, default=0.2
        By which cosines are divided in the contrastive loss.
    similarity_threshold : float in [-1, 1], default=0.4
        Cosine of word embeddings from which on two words of a language count as similar.
    concentration : float > 0, default=1.0
        Of the symmetric Dirichlet prior whose Laplace approximation the latent Gaussian is held to.
    n_units : int, default=100
        Size of the encoders' two hidden layers.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the hidden layer and of theta.
    batch_norm_eps : float, default=1e-5
        Added to the variance in every batch normalisation.
    batch_norm_momentum : float or None, default=0.1
        Weight of the newest batch in the running statistics by which evaluation normalises. None computes
        these once training is over, with the final weights, by one more pass through the documents: better
        after a training so short that the learning rate is still high.
    n_encoder_passes : int, default=1
        Passes of a step through the encoder, of which the last one counts; the others update the running
        statistics of its batch normalisations, and cost time. The code of LLM-XTM makes 2.
    learning_rate : float, default=2e-3
        Of Adam.
    decay_every : int or None, default=125
        Epochs after which the learning rate is multiplied by `decay`; None for never.
    decay : float, default=0.5
        The factor.
    max_gradient_norm : float or None, default=None
        Norm of all gradients together above which they are scaled down to it; None for never.
    max_epochs : int, default=500
        Passes over the largest language.
    batch_size : int, default=128
        Documents of each language in a step. In batches of 1,024, the encoder of the language with shorter
        documents collapsed on EC News and Rakuten Amazon: its features tell less of a document.

    Notes
    -----
    Needs lexicons and word embeddings. Words i of language a and j of language b are drawn together as often
    as j translates a word similar to i, and as often as i translates a word similar to j.

    The defaults are those of the paper. `InfoCTM.published` makes them, or those of the code released with
    LLM-XTM. That code's 530 epochs hold the 30 of its second phase, in which the learning rate is set to 0.3
    of its first value; here `LLMRefiner` adds its epochs to the model's.

    With more than two languages the contrastive loss is the mean over the pairs of languages, which for two
    is the published formula. With one topic cosines are 1 or -1, and the loss has no gradient.

    Departures from the published code: running statistics of the batch normalisations start as plain
    averages (see `ShiftBatchNorm`); neither logarithm has 1e-10 inside; a step pairs documents in a new
    random order in every epoch where that code pairs by position in the corpus; a last batch of one document
    joins its neighbour. A word without an embedding is similar to itself only. Topic proportions are
    ``softmax(mu)`` where that code evaluates ``mu`` itself.

    References
    ----------
    Wu, Dong, Nguyen, Liu, Pan and Luu (2023). InfoCTM: A Mutual Information Maximization Perspective of
    Cross-lingual Topic Modeling. AAAI.
    Xuan et al. (2026). LLM-XTM. ACL.

    Examples
    --------
    >>> from skxtm.backbones import InfoCTM
    >>> InfoCTM(weight_mi=50)
    InfoCTM(weight_mi=50)
    """

    needs: ClassVar[frozenset[str]] = frozenset({"lexicons", "word_vectors"})
    min_languages: ClassVar[int] = 2
    recipes: ClassVar[Mapping[str, Recipe]] = {
        "aaai-2023": Recipe("Wu et al. (AAAI 2023), the model's paper"),
        "llm-xtm": Recipe(
            "the code released with LLM-XTM (Xuan et al., ACL 2026)",
            {"n_encoder_passes": 2, "max_gradient_norm": 1.0, "max_epochs": 530},
        ),
    }

    def __init__(
        self,
        *,
        weight_mi: float = 30.0,
        temperature: float = 0.2,
        similarity_threshold: float = 0.4,
        concentration: float = 1.0,
        n_units: int = 100,
        dropout: float = 0.0,
        batch_norm_eps: float = 1e-5,
        batch_norm_momentum: float | None = 0.1,
        n_encoder_passes: int = 1,
        learning_rate: float = 2e-3,
        decay_every: int | None = 125,
        decay: float = 0.5,
        max_gradient_norm: float | None = None,
        max_epochs: int = 500,
        batch_size: int = 128,
    ) -> None:
        self.weight_mi = weight_mi
        self.temperature = temperature
        self.similarity_threshold = similarity_threshold
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
    def published(cls, recipe: str, **parameters: Any) -> InfoCTM:
        """Make the model with settings that figures were published with.

        Parameters
        ----------
        recipe : {"aaai-2023", "llm-xtm"}
            The model's own paper, or the code released with LLM-XTM, whose baselines these are: 530 epochs,
            gradients clipped to norm 1, two passes through the encoder.
        **parameters : object
            Others than those of the recipe, such as `weight_mi`, which goes by the corpus.

        Returns
        -------
        backbone : InfoCTM
            With these parameters.

        Raises
        ------
        InputError
            If there is no recipe of that name.

        Examples
        --------
        >>> from skxtm.backbones import InfoCTM
        >>> InfoCTM.published("llm-xtm", weight_mi=50).max_epochs
        530
        """
        return from_recipe(cls, cls.recipes, recipe, parameters)

    def check(self) -> None:
        """Check the hyperparameters; see `Backbone.check`."""
        super().check()
        check_range(self, "weight_mi", 0, None)
        check_range(self, "temperature", 0, None, open_low=True)
        check_range(self, "similarity_threshold", -1, 1)
        for name in ("n_units", "n_encoder_passes"):
            check_range(self, name, 1, None, integer=True)
        check_range(self, "dropout", 0, 0.99)

    def prepare(self, shape: CorpusShape, materials: Materials) -> dict[str, NDArray[Any]]:
        """Find the pairs of words to draw together, and how often each counts."""
        assert materials.word_vectors is not None
        similar = [similar_words(vectors, self.similarity_threshold) for vectors in materials.word_vectors]
        constants: dict[str, NDArray[Any]] = {}
        for (first, second), lexicon in materials.lexicons.items():
            pairs, counts = positive_pairs(similar[first], similar[second], lexicon)
            constants[f"pairs.{first}.{second}"] = pairs
            constants[f"counts.{first}.{second}"] = counts
        return constants

    def build(self, shape: CorpusShape, constants: Mapping[str, Tensor]) -> InfoCTMNetwork:
        """Build the untrained network."""
        return InfoCTMNetwork(self, shape, constants)


class InfoCTMNetwork(OwnWeightsNetwork):
    """The network of `InfoCTM`."""

    def __init__(self, backbone: InfoCTM, shape: CorpusShape, constants: Mapping[str, Tensor]) -> None:
        K, sizes = shape.n_components, shape.vocabulary_sizes
        options: dict[str, Any] = {
            "dropout": backbone.dropout,
            "eps": backbone.batch_norm_eps,
            "momentum": backbone.batch_norm_momentum,
        }
        super().__init__(shape, torch.full((K,), float(backbone.concentration)), **options)
        self.weight_mi = backbone.weight_mi
        self.temperature = backbone.temperature
        self.n_encoder_passes = backbone.n_encoder_passes
        self.encoders = nn.ModuleList(CountsEncoder(V, backbone.n_units, K, **options) for V in sizes)
        self.positives = nn.ModuleDict(
            {
                f"{first}-{second}": Positives(
                    constants[f"pairs.{first}.{second}"],
                    constants[f"counts.{first}.{second}"],
                    (sizes[first], sizes[second]),
                )
                for first, second in combinations(range(len(sizes)), 2)
            }
        )

    def step(self, batch: Batch) -> Step:
        """Reconstruction and divergence from the prior, summed over languages; alignment of the words."""
        for _ in range(1, self.n_encoder_passes):
            pass_through_encoder(self, batch)
        terms = self.variational_terms(batch)
        losses = {"reconstruction": terms.reconstruction, "kl": terms.divergence}
        losses["alignment"] = self.weight_mi * self.alignment() if self.weight_mi else 0 * terms.divergence
        return Step(losses, terms.proportions, tuple(self.phi))

    def alignment(self) -> Tensor:
        """Mean over the pairs of languages of the contrastive loss of their words."""
        losses = [
            tami_loss(self.phi[first], self.phi[second], self._positives(first, second), self.temperature)
            for first, second in combinations(range(len(self.phi)), 2)
        ]
        return torch.stack(losses).mean()

    def encode(
        self, counts: SparseRows, language: int, generator: Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the latent Gaussian."""
        mean, logvar = self.encoders[language](counts, generator)
        return mean, logvar

    def _positives(self, first: int, second: int) -> TamiPositives:
        positives = self.positives[f"{first}-{second}"]
        assert isinstance(positives, Positives)
        return positives()


class Positives(nn.Module):
    """`TamiPositives` that follow their network to its device.

    Parameters
    ----------
    pairs : Tensor of shape (2, n_pairs)
        Word of the first and of the second language.
    counts : Tensor of shape (2, n_pairs)
        How often the pair counts in either direction.
    shape : tuple of int
        Vocabulary sizes.
    """

    _TENSORS: ClassVar[tuple[str, ...]] = ("rows", "columns", "counts", "anchors", "order", "offsets")

    def __init__(self, pairs: Tensor, counts: Tensor, shape: tuple[int, int]) -> None:
        super().__init__()
        self._layout = TamiPositives.from_pairs(pairs, counts, shape)
        for name in self._TENSORS:
            self.register_buffer(name, getattr(self._layout, name), persistent=False)

    def forward(self) -> TamiPositives:
        """Return the positives with the tensors where the module is now."""
        return replace(self._layout, **{name: getattr(self, name) for name in self._TENSORS})
