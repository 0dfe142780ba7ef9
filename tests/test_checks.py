"""The contract of backbones has teeth: every check fails for a backbone that breaks it."""

import copy
import random
from typing import ClassVar

import numpy as np
import pytest
import torch

import skxtm.checks
from skxtm.backbones import NMTM, USVD, XTRA, Backbone, MTAnchor, backbone_names, check_backbone
from skxtm.backbones.base import Step
from skxtm.backbones.nmtm import NMTMNetwork
from skxtm.checks import CHECKS, Case, small_backbone
from skxtm.exceptions import ContractError, SkxtmError


def refusal(backbone):
    with pytest.raises(ContractError) as caught:
        check_backbone(backbone)
    assert isinstance(caught.value, SkxtmError)
    assert isinstance(caught.value, AssertionError)
    return str(caught.value)


def problems(check, backbone, n_languages=1):
    return list(CHECKS[check](Case(small_backbone(backbone), n_languages)))


@pytest.mark.parametrize("backbone", [USVD(), "nmtm"])
def test_a_backbone_that_keeps_the_contract_passes_and_stays_as_it_was(backbone):
    before = copy.deepcopy(backbone)
    assert check_backbone(backbone) is None
    assert repr(backbone) == repr(before)


def test_it_is_checked_in_as_many_languages_as_it_declares(monkeypatch):
    made = []
    monkeypatch.setattr(skxtm.checks, "Case", lambda backbone, n: made.append(n))
    monkeypatch.setattr(skxtm.checks, "CHECKS", {})
    check_backbone(USVD())
    check_backbone(XTRA())
    assert made == [1, 2, 3, 2, 3]


@pytest.mark.parametrize("name", backbone_names())
def test_every_backbone_declares_what_it_is(monkeypatch, name):
    monkeypatch.setattr(skxtm.checks, "CHECKS", {})
    check_backbone(name)


class TenAtLeast(NMTM):
    """Refuses few units."""

    def check(self):
        super().check()
        skxtm.backbones.base.check_range(self, "n_units", 10, None, integer=True)


def test_a_small_backbone_keeps_limits_and_what_cannot_be_lowered():
    assert repr(small_backbone(MTAnchor(max_iter=50))) == (
        "MTAnchor(max_iter=50, n_inference_steps=8, n_projected=8)"
    )
    assert repr(small_backbone(TenAtLeast())) == "TenAtLeast(batch_size=8)"
    assert repr(small_backbone(USVD(n_dimensions=3, n_init=1))) == "USVD(n_dimensions=3, n_init=1)"


class Neither(Backbone):
    """Neither with a network nor with arrays."""

    def check(self):
        pass


class Needy(NMTM):
    """Needs what there is not."""

    needs: ClassVar[frozenset[str]] = frozenset({"lexicons", "money"})


class Wordy(NMTM):
    """Names one need, and no set of them."""

    needs = "lexicons"


class Hasty(NMTM):
    """Forgets what all networks are trained by."""

    def __init__(self, *, lam=0.8):
        self.lam = lam


class Reader(NMTM):
    """Reads what no document has."""

    reads: ClassVar[frozenset[str]] = frozenset({"titles"})


class Babel(NMTM):
    """Wants too much."""

    min_languages: ClassVar[int] = 4


class Changing(NMTM):
    """Does more in `__init__` than assign."""

    def __init__(self, *, lam=0.8):
        super().__init__(lam=lam * 1.0)


class Careless(NMTM):
    """Checks nothing that all have in common."""

    def check(self):
        pass


class Functional(NMTM):
    """Has a parameter that is no data."""

    def __init__(self, *, activation=torch.tanh):
        super().__init__()
        self.activation = activation


@pytest.mark.parametrize(
    ("backbone", "problem"),
    [
        (Neither(), "it must be an instance of NetworkBackbone or of ArrayBackbone"),
        (
            Needy(),
            "needs holds ['money'], but may hold ['clusters', 'document_vectors', 'lexicons', 'word_vectors'] only",
        ),
        (Wordy(), "needs must be a frozenset of str, not 'lexicons'"),
        (
            Hasty(),
            "it has no 'learning_rate': __init__ must take and keep it, as those of all networks",
        ),
        (Reader(), "reads holds ['titles'], but may hold ['document_vectors'] only"),
        (Babel(), "min_languages must be 1, 2 or 3, not 4"),
        (
            Changing(),
            "RuntimeError: Cannot clone object Changing(), as the constructor either does not set or modifies "
            "parameter lam",
        ),
        (Careless(), "check accepts max_epochs=-1; it must call super().check()"),
        (
            Functional(),
            "InputError: The parameter 'activation' holds 'builtin_function_or_method', which cannot be saved as "
            "data. Use plain values, or pickle the model if you trust everybody who will load it; a function must "
            "then be one that can be imported.",
        ),
        (
            NMTM(lam=2.0),
            "InputError: The 'lam' parameter of NMTM must be a number in [0, 1]. Got 2.0 instead.",
        ),
    ],
)
def test_what_a_backbone_declares_is_checked(backbone, problem):
    name = type(backbone).__name__
    assert refusal(backbone) == f"Backbone {name!r} fails the check 'it declares what it is': {problem}"


class Unbuildable(NMTM):
    """Has no network for two languages."""

    def build(self, shape, constants):
        if len(shape.languages) == 2:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
        return super().build(shape, constants)


def test_an_error_of_the_backbone_names_the_check_and_the_languages():
    assert refusal(Unbuildable()) == (
        "Backbone 'Unbuildable' fails the check 'a step gives what training and refinement need', with documents in "
        "['en', 'zh']: RuntimeError: mat1 and mat2 shapes cannot be multiplied"
    )


class Halved(USVD):
    """Counts its passes in halves."""

    def learn(self, *args, **kwargs):
        topics = super().learn(*args, **kwargs)
        topics.n_iter = 1.5
        return topics


class Heavy(USVD):
    """Has proportions that are no distributions."""

    def learn(self, *args, **kwargs):
        topics = super().learn(*args, **kwargs)
        given = topics.theta
        topics.theta = lambda documents, language: 2 * given(documents, language)
        return topics


class Parochial(USVD):
    """Has a prior of each language."""

    def learn(self, *args, **kwargs):
        topics = super().learn(*args, **kwargs)
        given, priors = topics.theta, np.eye(3, dtype=np.float32)
        topics.theta = lambda documents, language: (
            given(documents, language) if documents.counts.nnz else priors[[language]]
        )
        return topics


class Lost(USVD):
    """Records what is not finite."""

    def learn(self, *args, **kwargs):
        topics = super().learn(*args, **kwargs)
        topics.history = {"inertia": [1.0, float("nan")]}
        return topics


class Unnamed(NMTM):
    """Has a term that is not in every step."""

    def build(self, shape, constants):
        return UnnamedNetwork(self, shape, constants)


class UnnamedNetwork(NMTMNetwork):
    """Its network."""

    n_steps = 0

    def step(self, batch):
        step = super().step(batch)
        self.n_steps += 1
        extra = {"late": step.terms["kl"] * 0} if self.n_steps > 3 else {}
        return Step(step.terms | extra, step.proportions, step.topic_word)


class Random(NMTM):
    """Draws from a source without a seed."""

    def build(self, shape, constants):
        network = super().build(shape, constants)
        noise = np.random.default_rng().normal(size=tuple(network.phi[0].shape))
        with torch.no_grad():
            network.phi[0].add_(torch.as_tensor(noise))
        return network


class Wild(NMTM):
    """Draws from a source of randomness that is everybody's."""

    def __init__(self, *, source="torch"):
        super().__init__()
        self.source = source

    def augment(self, constants, counts):
        draw = {"torch": lambda: torch.rand(1), "numpy.random": np.random.rand, "random": random.random}
        draw[self.source]()
        return ()


class Crowd(NMTM):
    """Compares documents with each other."""

    def build(self, shape, constants):
        return CrowdNetwork(self, shape, constants)


class CrowdNetwork(NMTMNetwork):
    """Its network."""

    def encode(self, counts, language, generator=None):
        mean, logvar = super().encode(counts, language, generator)
        return mean - mean.mean(0), logvar


class Forgetful(NMTM):
    """Keeps what it learns where it is not saved."""

    def build(self, shape, constants):
        return ForgetfulNetwork(self, shape, constants)


class ForgetfulNetwork(NMTMNetwork):
    """Its network."""

    n_steps = 0

    def step(self, batch):
        self.n_steps += 1
        return super().step(batch)

    def encode(self, counts, language, generator=None):
        mean, logvar = super().encode(counts, language, generator)
        return mean * (1 + self.n_steps), logvar


class Rooted(NMTM):
    """Has tensors that do not move with the network."""

    def build(self, shape, constants):
        network = super().build(shape, constants)
        network.offset = torch.zeros(3)
        network.head.offsets = [torch.zeros(3)]
        return network


@pytest.mark.parametrize(
    ("check", "backbone", "expected"),
    [
        ("it can be fitted", Halved(), ["n_iter_ is 1.5, no whole number"]),
        (
            "what is learnt are distributions",
            Heavy(),
            ["rows of theta do not sum to 1, but to 2 at least"],
        ),
        ("every loss is finite", Lost(), ["'inertia' is not finite: [1.0, nan]"]),
        (
            "every loss is finite",
            Unnamed(),
            ["'late' has 1 values in 2 epochs; a step must name the same terms"],
        ),
        (
            "the same seed gives the same bits",
            Random(),
            ["components_ differ", "topic proportions differ", "history_ differs"],
        ),
        *(
            (
                "global sources of randomness are left alone",
                Wild(source=source),
                [f"the state of {source} has changed; draw from the seed or generator that is given"],
            )
            for source in ("torch", "numpy.random", "random")
        ),
        (
            "a document does not depend on the others",
            Crowd(),
            ["topic proportions of documents change with the other documents in the call"],
        ),
        (
            "documents without a known word have the prior's proportions",
            Heavy(),
            ["rows of theta do not sum to 1, but to 2 at least"],
        ),
        ("copies are the same model", Forgetful(), ["topic proportions differ"] * 2),
        (
            "a loaded model is the same model",
            Forgetful(),
            ["topic proportions differ once arrays are written and read"],
        ),
        (
            "training in pieces equals training at once",
            Forgetful(),
            ["components_ differ", "topic proportions differ", "history_ differs"],
        ),
        (
            "the network moves as a whole",
            Rooted(),
            [
                "'offset' holds a tensor that is neither a parameter nor a buffer",
                "'head.offsets' holds a tensor that is neither a parameter nor a buffer",
            ],
        ),
    ],
)
def test_a_backbone_that_breaks_the_contract_is_found(check, backbone, expected):
    assert problems(check, backbone) == expected


def test_a_prior_of_each_language_is_found():
    found = problems("documents without a known word have the prior's proportions", Parochial(), 2)
    assert found == ["documents without a known word have other topic proportions in other languages"]


class Stepping(NMTM):
    """Does something to what a step gives."""

    def __init__(self, *, flaw="none"):
        super().__init__()
        self.flaw = flaw

    def build(self, shape, constants):
        network = SteppingNetwork(self, shape, constants)
        network.flaw = self.flaw
        return network


class SteppingNetwork(NMTMNetwork):
    """Its network."""

    def step(self, batch):
        step = super().step(batch)
        terms, proportions, topic_word = step.terms, step.proportions, step.topic_word
        match self.flaw:
            case "loss":
                terms = {"loss": terms["reconstruction"]}
            case "float":
                terms = terms | {"kl": 0.0}
            case "rows":
                terms = {"reconstruction": terms["reconstruction"].repeat(2)}
            case "dropout":
                proportions = tuple(part * 2 for part in proportions)
            case "transposed":
                topic_word = tuple(part.T for part in topic_word)
            case "detached":
                proportions = tuple(part.detach() for part in proportions)
        return Step(terms, proportions, topic_word)


@pytest.mark.parametrize(
    ("flaw", "expected"),
    [
        ("none", []),
        ("loss", ["no term may be called 'loss', which is the sum of all"]),
        ("float", ["the term 'kl' is 0.0; a term is a tensor, such as torch.zeros(())"]),
        ("rows", ["the term 'reconstruction' has the shape (2,); a term is a mean over documents"]),
        ("dropout", ["rows of Step.proportions do not sum to 1, but to 2 at least"] * 2),
        (
            "transposed",
            ["Step.topic_word has the shapes [(3, 25), (3, 25)] instead of [(25, 3), (25, 3)]"],
        ),
        ("detached", ["Step.proportions has no gradient, by which refinement would move it"]),
    ],
)
def test_what_a_step_gives_is_checked_before_it_is_used(flaw, expected):
    assert problems("a step gives what training and refinement need", Stepping(flaw=flaw), 2) == expected


def test_losses_and_proportions_of_a_refined_model_are_checked(monkeypatch):
    class Refiner:
        history_: ClassVar = {"words": [float("nan")]}

        def __init__(self, *args, **kwargs):
            pass

        def fit(self, X):
            return self

        def transform(self, X):
            return np.full((20, 3), 0.5)

    monkeypatch.setattr(skxtm.checks, "LLMRefiner", Refiner)
    assert problems("it can be refined", NMTM()) == [
        "'words' is not finite: [nan]",
        "rows of theta do not sum to 1, but to 1.5 at least",
    ]
