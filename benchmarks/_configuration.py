"""What is to be measured: cells, read from a configuration file."""

import hashlib
import json
import math
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from _evaluation import CLASSIFIERS, SETUPS

from skxtm.backbones import backbone_class, backbone_names

PLAIN = "plain"
# over the published support, whatever the default is
VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "without documents": {"weight_documents": 0.0},
    "without words": {"weight_words": 0.0},
    "one round": {"n_rounds": 1},
    "transport": {"divergence": "transport"},
    "union": {"support": "union"},
    "temperature 0.1": {"temperature": 0.1},
    "temperature 0.05": {"temperature": 0.05},
    "neither": {"weight_documents": 0.0, "weight_words": 0.0},
}
# what a setting of training changes in a backbone; one that has no such parameter refuses the setting
PARAMETERS = {
    "epochs": "max_epochs",
    "batch_size": "batch_size",
    "learning_rate": "learning_rate",
    "shrink_schedule": "decay_every",
    "exact_statistics": "batch_norm_momentum",
}


class ConfigurationError(ValueError):
    """A configuration file says what cannot be run."""


@dataclass(frozen=True)
class Training:
    """A model before any refinement; None stands for the backbone's default, or for all words.

    `encoder_seed` is that of the `AlignedWordEncoder` that is learnt for all models of the corpus; None lets
    each model learn its own. `recipe` is a name for `Backbone.published`.
    """

    corpus: str
    backbone: str
    seed: int
    match: str = "normal"
    vocabulary: int | None = None
    components: int = 50
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    shrink_schedule: bool = False
    exact_statistics: bool = False
    encoder_seed: int | None = None
    recipe: str | None = None

    @property
    def name(self) -> str:
        """Name of the model's files: unlike for all other settings."""
        return f"{self.corpus}-{self.backbone}-s{self.seed}-{digest(asdict(self))}"


@dataclass(frozen=True)
class Cell:
    """A model, plain or refined in some variant, to be measured; one file of results."""

    training: Training
    classifiers: tuple[str, ...] = tuple(CLASSIFIERS)
    variant: str = PLAIN
    refinement_epochs: int | None = None
    refine_every: int | None = None
    n_rounds: int | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """All settings by name, those of training first."""
        own = asdict(self)
        return {**own.pop("training"), **own, "classifiers": list(self.classifiers)}

    @property
    def name(self) -> str:
        """Name of the file of results: unlike for all other settings."""
        start = f"{self.training.corpus}-{self.training.backbone}-s{self.training.seed}"
        return f"{start}-{self.variant.replace(' ', '_')}-{digest(self.settings)}"


def digest(settings: dict[str, Any]) -> str:
    """Ten digits that tell settings apart."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:10]


@dataclass(frozen=True)
class Allowed:
    """What a value may be, in words and as a test."""

    words: str
    test: Callable[[Any], bool]


def whole(low: int) -> Allowed:
    """Allow integers from a lowest one on."""
    return Allowed(f"an integer of at least {low}", lambda value: type(value) is int and value >= low)


def among(names: Any) -> Allowed:
    """Allow some names."""
    return Allowed(f"among {list(names)}", lambda value: isinstance(value, str) and value in names)


FLAG = Allowed("true or false", lambda value: isinstance(value, bool))
RATE = Allowed("a number above 0", lambda value: type(value) in (int, float) and 0 < value < math.inf)
LISTS = {
    "corpora": among(SETUPS),
    "backbones": among(backbone_names()),
    "seeds": whole(0),
    "classifiers": among(CLASSIFIERS),
    "variants": among(VARIANTS),
    "refine_every": whole(1),
    "n_rounds": whole(1),
}
SINGLE = {
    "match": among(("literal", "normal")),
    "vocabulary": whole(1),
    "components": whole(2),
    "epochs": whole(1),
    "batch_size": whole(1),
    "learning_rate": RATE,
    "shrink_schedule": FLAG,
    "exact_statistics": FLAG,
    "encoder_seed": whole(0),
    "recipe": Allowed("a name", lambda value: isinstance(value, str)),
    "refinement_epochs": whole(0),
}
DEFAULTS: dict[str, Any] = {
    "seeds": [0],
    "classifiers": list(CLASSIFIERS),
    "variants": [],
    "refinement_epochs": 30,
    "refine_every": [8],
    "n_rounds": [5],
}
REFINEMENT = ("refinement_epochs", "refine_every", "n_rounds")


def read_cells(path: Path) -> list[Cell]:
    """Read the cells that a configuration file asks for, each once, in its order.

    Raises
    ------
    ConfigurationError
        With the file, the run, the key and what is allowed.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error
    runs = content.get("runs")
    if set(content) != {"runs"} or not isinstance(runs, list) or not runs:
        raise ConfigurationError(f"{path} must hold tables [[runs]] and nothing else. Got {list(content)}.")
    cells: dict[Cell, None] = {}
    for number, run in enumerate(runs, 1):
        try:
            cells |= dict.fromkeys(cells_of(checked(run)))
        except ConfigurationError as error:
            raise ConfigurationError(f"{path}, run {number}: {error}") from None
    return list(cells)


def checked(run: Any) -> dict[str, Any]:
    """Check a run by itself, and fill in what it leaves out."""
    if not isinstance(run, dict):
        raise ConfigurationError(f"a run must be a table of settings. Got {run!r}.")
    unknown = [key for key in run if key not in LISTS | SINGLE]
    if unknown:
        raise ConfigurationError(f"unknown key {unknown[0]!r}. Allowed are {sorted(LISTS | SINGLE)}.")
    for key, value in run.items():
        check_value(key, value)
    for key in ("corpora", "backbones"):
        if key not in run:
            raise ConfigurationError(f"{key!r} is missing. It must be a list of values {LISTS[key].words}.")
    check_together(run)
    return {**DEFAULTS, **run}


def check_value(key: str, value: Any) -> None:
    """Check one value, or every one of a list."""
    if key in SINGLE:
        if not SINGLE[key].test(value):
            raise ConfigurationError(f"{key!r} must be {SINGLE[key].words}. Got {value!r}.")
        return
    wanted = LISTS[key]
    if not isinstance(value, list) or (not value and key != "variants"):
        raise ConfigurationError(f"{key!r} must be a list of values, each {wanted.words}. Got {value!r}.")
    for one in value:
        if not wanted.test(one):
            raise ConfigurationError(f"every value of {key!r} must be {wanted.words}. Got {one!r}.")


def check_together(run: dict[str, Any]) -> None:
    """Refuse settings that would be without effect."""
    for key, backbone in product(PARAMETERS, run["backbones"]):
        if run.get(key) and PARAMETERS[key] not in parameters_of(backbone):
            takers = [name for name in backbone_names() if PARAMETERS[key] in parameters_of(name)]
            raise ConfigurationError(f"{key!r} is not for backbone {backbone!r}. It is allowed for {takers}.")
    for backbone in run["backbones"]:
        if run.get("recipe") not in {None, *recipes_of(backbone)}:
            known = {name: recipes for name in backbone_names() if (recipes := recipes_of(name))}
            raise ConfigurationError(
                f"'recipe' {run['recipe']!r} is not for backbone {backbone!r}. There are {known}."
            )
    if run.get("shrink_schedule") and "epochs" not in run:
        raise ConfigurationError("'shrink_schedule' needs 'epochs', the number to shrink it to.")
    idle = [key for key in REFINEMENT if key in run and not run.get("variants")]
    if idle:
        raise ConfigurationError(f"{idle[0]!r} needs 'variants', a list of values {LISTS['variants'].words}.")
    for backbone, variant in product(run["backbones"], run.get("variants", [])):
        if not has_network(backbone) and variant not in ("full", "one round"):
            raise ConfigurationError(
                f"variant {variant!r} is not for backbone {backbone!r}, which has no network to train: its "
                "words alone are refined. Allowed are ['full', 'one round']."
            )


@cache
def parameters_of(backbone: str) -> frozenset[str]:
    """Names of a backbone's parameters; a rate that never decays has no schedule to shrink."""
    parameters = backbone_class(backbone)().get_params()
    return frozenset(parameters) - {name for name in ("decay_every",) if parameters.get(name) is None}


def recipes_of(backbone: str) -> list[str]:
    """Names of the settings that a backbone's figures were published with."""
    return sorted(getattr(backbone_class(backbone), "recipes", {}))


def has_network(backbone: str) -> bool:
    """Tell whether a backbone has a network, which can be trained towards refined words."""
    return PARAMETERS["batch_size"] in parameters_of(backbone)


def cells_of(run: dict[str, Any]) -> Iterator[Cell]:
    """List the cells of one run."""
    names = [key for key in SINGLE if key in Training.__dataclass_fields__ and key in run]
    settings: dict[str, Any] = {key: float(run[key]) if key == "learning_rate" else run[key] for key in names}
    for corpus, backbone, seed in product(run["corpora"], run["backbones"], run["seeds"]):
        training = Training(corpus, backbone, seed, **settings)
        classifiers = tuple(name for name in CLASSIFIERS if name in run["classifiers"])
        yield Cell(training, classifiers)
        for variant, every, rounds in product(run["variants"], run["refine_every"], run["n_rounds"]):
            rounds = VARIANTS[variant].get("n_rounds", rounds)
            epochs = run["refinement_epochs"]
            phase = (epochs, every, rounds) if has_network(backbone) else (0, None, rounds)
            yield Cell(training, classifiers, variant, *phase)
