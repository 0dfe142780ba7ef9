"""Checks that a backbone does what every backbone must: `skxtm.backbones.check_backbone`.

They fit whole models, and so stand above the estimators, though what they check stands far below.
"""

from __future__ import annotations

import copy
import math
import pickle
import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone

from skxtm._model import learning, reading
from skxtm._model.encoding import encode
from skxtm._model.folder import as_payload
from skxtm._model.saving import learnt_tensors, restore_learnt
from skxtm._model.starting import start
from skxtm._model.state import Settings, state_of
from skxtm.backbones import backbone_class, backbone_name
from skxtm.corpus import Corpus
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import ContractError, InputError, UnknownWordsWarning
from skxtm.lexicon import Lexicon
from skxtm.model import CrossLingualTopicModel
from skxtm.refiner import LLMRefiner

if TYPE_CHECKING:
    from skxtm.backbones.base import Backbone, BackboneNetwork, Batch, Step

LANGUAGES = {1: ("en",), 2: ("en", "zh"), 3: ("en", "ja", "zh")}
N_COMPONENTS, N_WORDS, N_DOCUMENTS, N_EPOCHS = 3, 25, 20, 2
_DECLARED = {
    "needs": {"lexicons", "word_vectors", "document_vectors", "clusters"},
    "takes": {"induced_lexicons", "seed_words"},
    "reads": {"document_vectors"},
}
_MOST = 8  # of whole numbers among the parameters: units, neighbours, burn-in


def check_backbone(backbone: Backbone | str) -> None:
    """Check that a backbone does what every backbone must, on small corpora drawn for the purpose.

    First what it declares, and that `clone` can copy it. Then models are fitted in one, two and three
    languages, as far as the backbone allows: shapes, distributions that sum to 1, finite losses, the same
    bits of the same seed, documents that do not depend on each other, copies, saving and loading, training
    in pieces, and what refinement needs. Takes seconds.

    Parameters
    ----------
    backbone : Backbone or str
        An object, or a name out of `backbone_names`. What is checked is its `small_backbone`.

    Raises
    ------
    ContractError
        At the first check that fails; the message names it and says what is wrong.

    Examples
    --------
    >>> from skxtm.backbones import NMTM, check_backbone
    >>> check_backbone(NMTM(lam=0.5))
    """
    if isinstance(backbone, str):
        backbone = backbone_class(backbone)()
    name = type(backbone).__name__
    _run(name, "it declares what it is", partial(_declarations, backbone))
    small = small_backbone(backbone)
    for number, codes in LANGUAGES.items():
        if number >= backbone.min_languages:
            where = f", with documents in {list(codes)}"
            case = Case(small, number)
            for check, find in CHECKS.items():
                _run(name, check, partial(find, case), where)


def _run(name: str, check: str, find: Callable[[], Iterator[str]], where: str = "") -> None:
    """Raise the first problem that a check finds or meets."""
    try:
        problem, cause = next(find(), None), None
    except Exception as error:
        problem, cause = f"{type(error).__name__}: {error}", error
    if problem is not None:
        raise ContractError(f"Backbone {name!r} fails the check {check!r}{where}: {problem}") from cause


def small_backbone(backbone: Backbone) -> Backbone:
    """Copy a backbone, with whole numbers among its parameters lowered to make it small and quick.

    Parameters
    ----------
    backbone : Backbone
        Any.

    Returns
    -------
    small : Backbone
        Whose whole numbers are at most 8, but for limits, ``max_...``, and what its `check` refuses so low.

    Examples
    --------
    >>> from skxtm.backbones import NMTM
    >>> small_backbone(NMTM(lam=0.5))
    NMTM(batch_size=8, lam=0.5, n_units=8)
    """
    small: Backbone = clone(backbone)
    for name, value in backbone.get_params(deep=False).items():
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if is_number and value > _MOST and not name.startswith("max_"):
            try:
                small.set_params(**{name: _MOST}).check()
            except InputError:
                small.set_params(**{name: value})
    return small


class Case:
    """A backbone, a small corpus that a model can be fitted on, and one model that was.

    Parameters
    ----------
    backbone : Backbone
        Small, see `small_backbone`.
    n_languages : int
        1, 2 or 3.

    Attributes
    ----------
    languages : tuple of str
        Those of the corpus.
    data : GeneratedCorpus
        Where it comes from.
    corpus : Corpus
        Its documents.
    lexicons : list of Lexicon, or None
        One for each pair of languages.
    """

    def __init__(self, backbone: Backbone, n_languages: int) -> None:
        self.backbone = backbone
        self.languages = LANGUAGES[n_languages]
        self.data = make_multilingual_corpus(
            N_DOCUMENTS,
            n_components=N_COMPONENTS,
            vocabulary_sizes=N_WORDS,
            languages=self.languages,
            random_state=0,
        )
        self.corpus = self.data.corpus
        by_pair = combinations(self.data.lexicons, 2)
        between = [Lexicon.compose(first.inverse(), second) for first, second in by_pair]
        self.lexicons = [*self.data.lexicons, *between] or None
        self._fitted: CrossLingualTopicModel | None = None
        self._theta: NDArray[np.float32] | None = None

    def model(self, **parameters: Any) -> CrossLingualTopicModel:
        """Make a model that is not yet fitted.

        Parameters
        ----------
        **parameters : object
            In place of those of the other models.

        Returns
        -------
        model : CrossLingualTopicModel
        """
        given: dict[str, Any] = {
            "backbone": self.backbone,
            "lexicon": self.lexicons,
            "max_epochs": N_EPOCHS,
            "batch_size": 8,
            "random_state": 0,
        }
        return CrossLingualTopicModel(N_COMPONENTS, **{**given, **parameters})

    @property
    def fitted(self) -> CrossLingualTopicModel:
        """The fitted model."""
        if self._fitted is None:
            self._fitted = self.model().fit(self.corpus)
        return self._fitted

    @property
    def theta(self) -> NDArray[np.float32]:
        """Topic proportions of the corpus by the fitted model, (n_documents, n_components)."""
        if self._theta is None:
            self._theta = self.fitted.transform(self.corpus)
        return self._theta

    @property
    def network(self) -> BackboneNetwork | None:
        """Its network, if the backbone has one."""
        return getattr(self.fitted, "network_", None)

    def differences(self, model: CrossLingualTopicModel) -> Iterator[str]:
        """Say in what another model differs from the fitted one.

        Parameters
        ----------
        model : CrossLingualTopicModel
            Fitted.

        Yields
        ------
        difference : str
        """
        if not np.array_equal(model.components_, self.fitted.components_):
            yield "components_ differ"
        if not np.array_equal(model.transform(self.corpus), self.theta):
            yield "topic proportions differ"
        if model.history_ != self.fitted.history_:
            yield "history_ differs"


def _declarations(backbone: Backbone) -> Iterator[str]:
    from skxtm.backbones.arrays import ArrayBackbone
    from skxtm.backbones.base import NetworkBackbone

    if not isinstance(backbone, (NetworkBackbone, ArrayBackbone)):
        yield "it must be an instance of NetworkBackbone or of ArrayBackbone"
    for name, allowed in _DECLARED.items():
        declared = getattr(backbone, name)
        if not isinstance(declared, frozenset):
            yield f"{name} must be a frozenset of str, not {declared!r}"
        elif strange := sorted(declared - allowed):
            yield f"{name} holds {strange}, but may hold {sorted(allowed)} only"
    if backbone.min_languages not in LANGUAGES:
        yield f"min_languages must be 1, 2 or 3, not {backbone.min_languages!r}"
    if isinstance(backbone, NetworkBackbone):
        for name in ("learning_rate", "max_epochs", "batch_size"):
            if not hasattr(backbone, name):
                yield f"it has no {name!r}: __init__ must take and keep it, as those of all networks"
    clone(backbone)  # which scikit-learn refuses where __init__ does more than assign
    type(backbone)().check()  # as by a name in a string
    backbone.check()
    for name, value in backbone.get_params(deep=False).items():
        encode(value, name, {})
    if isinstance(backbone, NetworkBackbone):
        with suppress(InputError):
            clone(backbone).set_params(max_epochs=-1).check()
            yield "check accepts max_epochs=-1; it must call super().check()"


def _fitting(case: Case) -> Iterator[str]:
    if not isinstance(case.fitted.n_iter_, int):
        yield f"n_iter_ is {case.fitted.n_iter_!r}, no whole number"


def _distributions(case: Case) -> Iterator[str]:
    topic_word = {f"topic_word_[{code!r}]": part for code, part in case.fitted.topic_word_.items()}
    for name, rows in {**topic_word, "theta": case.theta}.items():
        yield from _off_the_simplex(name, rows)
    score = case.fitted.score(case.corpus)
    if not math.isfinite(score):
        yield f"the score is {score}"


def _off_the_simplex(name: str, rows: Any) -> Iterator[str]:
    """Say if rows are not distributions."""
    rows = np.asarray(rows)
    if not (rows >= 0).all():  # nan is not
        yield f"{name} holds values that are negative or nan"
    elif not np.allclose(rows.sum(1), 1, rtol=1e-4):
        yield f"rows of {name} do not sum to 1, but to {rows.sum(1).min():.4g} at least"


def _losses(case: Case) -> Iterator[str]:
    n_epochs = case.fitted.n_iter_
    for name, values in case.fitted.history_.items():
        if not np.isfinite(values).all():
            yield f"{name!r} is not finite: {values}"
        if case.network is not None and len(values) != n_epochs:
            yield f"{name!r} has {len(values)} values in {n_epochs} epochs; a step must name the same terms"


def _same_seed(case: Case) -> Iterator[str]:
    yield from case.differences(clone(case.model()).fit(case.corpus))


def _global_randomness(case: Case) -> Iterator[str]:
    import torch

    sources: dict[str, Callable[[], Any]] = {
        "random": random.getstate,
        "numpy.random": lambda: [np.asarray(part).tolist() for part in np.random.get_state()],  # noqa: NPY002
        "torch": lambda: torch.get_rng_state().tolist(),
    }
    before = {name: read() for name, read in sources.items()}
    case.model().fit(case.corpus)
    for name, read in sources.items():
        if read() != before[name]:
            yield f"the state of {name} has changed; draw from the seed or generator that is given"


def _independence(case: Case) -> Iterator[str]:
    rows = np.arange(len(case.corpus))[::-3]
    if not np.array_equal(case.fitted.transform(case.corpus[rows]), case.theta[rows]):
        yield "topic proportions of documents change with the other documents in the call"


def _unknown_words(case: Case) -> Iterator[str]:
    blank = {code: sparse.csr_array((1, N_WORDS), dtype=int) for code in case.languages}
    documents = Corpus.from_counts(blank, case.fitted.vocabularies_)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownWordsWarning)
        theta = case.fitted.transform(documents)
    yield from _off_the_simplex("theta", theta)
    if not (theta == theta[0]).all():
        yield "documents without a known word have other topic proportions in other languages"


def _copies(case: Case) -> Iterator[str]:
    yield from case.differences(copy.deepcopy(case.fitted))
    yield from case.differences(pickle.loads(pickle.dumps(case.fitted)))


def _saving(case: Case) -> Iterator[str]:
    from safetensors.numpy import load

    state, settings = state_of(case.fitted), Settings.of(case.fitted)
    payload = as_payload(learnt_tensors(state))
    loaded = replace(state, network=None, topics=None, trainer=None, constants={})
    restore_learnt(loaded, load(payload))
    if not np.array_equal(reading.theta(loaded, case.corpus, settings), case.theta):
        yield "topic proportions differ once arrays are written and read"
    if backbone_name(type(state.backbone)) is not None:
        with TemporaryDirectory() as folder:
            case.fitted.save(Path(folder) / "model")
            yield from case.differences(CrossLingualTopicModel.load(Path(folder) / "model"))


def _pieces(case: Case) -> Iterator[str]:
    if case.network is not None:
        first = case.model().partial_fit(case.corpus)
        yield from case.differences(pickle.loads(pickle.dumps(first)).partial_fit(case.corpus))


def _moving(case: Case) -> Iterator[str]:
    from torch import Tensor

    if case.network is not None:
        for name, module in case.network.named_modules():
            for attribute, value in vars(module).items():
                values = value if isinstance(value, (list, tuple)) else [value]
                if any(isinstance(part, Tensor) for part in values):
                    place = f"{name}.{attribute}".lstrip(".")
                    yield f"{place!r} holds a tensor that is neither a parameter nor a buffer"


class _Seen(Exception):  # noqa: N818
    """Ends an epoch after its first step."""


class _Watcher:
    """An objective that looks at the first step of training."""

    step: Step
    batch: Batch

    def start_epoch(self, network: BackboneNetwork) -> None:
        """Do nothing."""

    def terms(self, step: Step, batch: Batch) -> dict[str, Any]:
        """Keep what there is to see."""
        self.step, self.batch = step, batch
        raise _Seen


def _steps(case: Case) -> Iterator[str]:
    from skxtm.backbones.base import NetworkBackbone
    from skxtm.training.batches import TrainingDocuments

    settings = Settings.of(case.model())
    backbone = learning.choose(settings)
    if not isinstance(backbone, NetworkBackbone):
        return
    sources = learning.find_sources(backbone, case.corpus, settings)
    state, materials = start(backbone, case.corpus, None, sources)
    trainer, watcher = learning.make_trainer(state, "cpu"), _Watcher()
    of_each = learning.per_document(state, materials, trainer.device)
    documents = TrainingDocuments(materials.counts, trainer.device, of_each)
    with suppress(_Seen):
        trainer.train_epoch(documents, watcher, last=1)
    yield from _problems_of_step(watcher.step, watcher.batch)


_TAKEN = {"loss": "the sum of all", "words": "a term of LLMRefiner", "documents": "a term of LLMRefiner"}


def _problems_of_step(step: Step, batch: Batch) -> Iterator[str]:
    for name, whose in _TAKEN.items():
        if name in step.terms:
            yield f"no term may be called {name!r}, which is {whose}"
    for name, value in step.terms.items():
        if not hasattr(value, "detach"):
            yield f"the term {name!r} is {value!r}; a term is a tensor, such as torch.zeros(())"
        elif value.shape != ():
            yield f"the term {name!r} has the shape {tuple(value.shape)}; a term is a mean over documents"
    sizes = {
        "proportions": [(len(rows), N_COMPONENTS) for rows in batch.rows],
        "topic_word": [(N_WORDS, N_COMPONENTS)] * len(batch.rows),
    }
    for name, expected in sizes.items():
        found = [tuple(part.shape) for part in getattr(step, name)]
        if found != expected:
            yield f"Step.{name} has the shapes {found} instead of {expected}"
        if not all(part.requires_grad for part in getattr(step, name)):
            yield f"Step.{name} has no gradient, by which refinement would move it"
    for part in step.proportions:
        yield from _off_the_simplex("Step.proportions", part.detach().numpy())


def _refinement(case: Case) -> Iterator[str]:
    n_epochs = 0 if case.network is None else 1
    refiner = LLMRefiner(case.fitted, n_rounds=1, n_words=4, max_epochs=n_epochs, random_state=0)
    refiner.fit(case.corpus)
    for name, values in refiner.history_.items():
        if not np.isfinite(values).all():
            yield f"{name!r} is not finite: {values}"
    yield from _off_the_simplex("theta", refiner.transform(case.corpus))


#: Name of a check -> what yields a sentence for every problem that it finds.
CHECKS: Mapping[str, Callable[[Case], Iterator[str]]] = {
    "a step gives what training and refinement need": _steps,
    "it can be fitted": _fitting,
    "what is learnt are distributions": _distributions,
    "every loss is finite": _losses,
    "the same seed gives the same bits": _same_seed,
    "global sources of randomness are left alone": _global_randomness,
    "a document does not depend on the others": _independence,
    "documents without a known word have the prior's proportions": _unknown_words,
    "copies are the same model": _copies,
    "a loaded model is the same model": _saving,
    "training in pieces equals training at once": _pieces,
    "the network moves as a whole": _moving,
    "it can be refined": _refinement,
}
