"""Backbones: one model per file, chosen by name or given as an object.

Other packages register theirs as entry points, a line ``name = "module:Class"`` in the group
``skxtm.backbones``; see CONTRIBUTING.md.
"""

import warnings
from contextlib import suppress
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from skxtm.exceptions import InputError

if TYPE_CHECKING:
    from skxtm.backbones.base import Backbone
    from skxtm.backbones.corectm import CoreCTM
    from skxtm.backbones.gloctm import GloCTM
    from skxtm.backbones.infoctm import InfoCTM
    from skxtm.backbones.mcta import MCTA
    from skxtm.backbones.mtanchor import MTAnchor
    from skxtm.backbones.nmtm import NMTM
    from skxtm.backbones.svd import SVDLR, USVD
    from skxtm.backbones.xtra import XTRA

# name of the backbone -> (module, class); imported when used, since a backbone imports torch
_REGISTRY = {
    "corectm": ("skxtm.backbones.corectm", "CoreCTM"),
    "gloctm": ("skxtm.backbones.gloctm", "GloCTM"),
    "infoctm": ("skxtm.backbones.infoctm", "InfoCTM"),
    "mcta": ("skxtm.backbones.mcta", "MCTA"),
    "mtanchor": ("skxtm.backbones.mtanchor", "MTAnchor"),
    "nmtm": ("skxtm.backbones.nmtm", "NMTM"),
    "svd_lr": ("skxtm.backbones.svd", "SVDLR"),
    "usvd": ("skxtm.backbones.svd", "USVD"),
    "xtra": ("skxtm.backbones.xtra", "XTRA"),
}

__all__ = [
    "MCTA",
    "NMTM",
    "SVDLR",
    "USVD",
    "XTRA",
    "Backbone",
    "CoreCTM",
    "GloCTM",
    "InfoCTM",
    "MTAnchor",
    "backbone_class",
    "backbone_name",
    "backbone_names",
    "check_backbone",
]


def backbone_names() -> list[str]:
    """Names of the backbones that can be chosen by a string.

    Returns
    -------
    names : list of str
        Our own and those that installed packages register.

    Examples
    --------
    >>> from skxtm.backbones import backbone_names
    >>> "nmtm" in backbone_names()
    True
    """
    return sorted({*_REGISTRY, *(entry.name for entry in _entry_points())})


def backbone_class(name: str) -> "type[Backbone]":
    """Class of a backbone.

    Parameters
    ----------
    name : str
        One of `backbone_names`.

    Returns
    -------
    cls : type
        A subclass of `Backbone`.

    Raises
    ------
    InputError
        If there is none of that name, or the package that registers it is broken.

    Warns
    -----
    UserWarning
        If another package registers the name of one of our own, which is returned.
    """
    entries = [entry for entry in _entry_points() if entry.name == name]
    if name not in _REGISTRY:
        return _load(name, entries)
    if entries:
        warnings.warn(
            f"The distribution {_owner(entries[0])!r} registers a backbone {name!r}, but skxtm has one of "
            "that name, which is used. Import the other class, and pass an instance of it.",
            stacklevel=2,
        )
    module, attribute = _REGISTRY[name]
    result: type[Backbone] = getattr(import_module(module), attribute)
    return result


def backbone_name(kind: type) -> str | None:
    """Name under which a class of backbones is registered.

    Parameters
    ----------
    kind : type
        Any class.

    Returns
    -------
    name : str or None
        One of `backbone_names`, with which `backbone_class` returns the class; None if there is none.

    Examples
    --------
    >>> from skxtm.backbones import NMTM, backbone_name
    >>> backbone_name(NMTM)
    'nmtm'
    """
    for name, home in _REGISTRY.items():
        if home == (kind.__module__, kind.__qualname__):
            return name
    for name in sorted({entry.name for entry in _entry_points()} - set(_REGISTRY)):
        with suppress(InputError):  # what is broken is not the class sought
            if backbone_class(name) is kind:
                return name
    return None


def _entry_points() -> list[EntryPoint]:
    """Backbones that installed packages register; none is imported."""
    return list(entry_points(group="skxtm.backbones"))


def _owner(entry: EntryPoint) -> str:
    return "unknown" if entry.dist is None else entry.dist.name


def _load(name: str, entries: list[EntryPoint]) -> "type[Backbone]":
    """Import the class that one package registers under a name."""
    from skxtm.backbones.base import Backbone

    if not entries:
        raise InputError(
            f"There is no backbone {name!r}, only {backbone_names()}. Check the name, or install the package "
            "that registers it."
        )
    if len(entries) > 1:
        owners = " and ".join(repr(_owner(entry)) for entry in entries)
        raise InputError(
            f"The backbone {name!r} is registered by the distributions {owners}. Uninstall one of them, or "
            "import the class that is meant, and pass an instance of it."
        )
    (entry,) = entries
    where = f"The backbone {name!r}, which the distribution {_owner(entry)!r} registers as {entry.value!r},"
    remedy = "Repair or uninstall that distribution."
    try:
        result = entry.load()
    except Exception as error:
        problem = f"cannot be imported ({type(error).__name__}: {error})"
        raise InputError(f"{where} {problem}. {remedy}") from error
    if not (isinstance(result, type) and issubclass(result, Backbone)):
        raise InputError(f"{where} is not a subclass of skxtm.backbones.Backbone. {remedy}")
    return result


def __getattr__(name: str) -> Any:
    if name == "Backbone":
        return import_module("skxtm.backbones.base").Backbone
    if name == "check_backbone":
        return import_module("skxtm.checks").check_backbone
    for module, attribute in _REGISTRY.values():
        if attribute == name:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'skxtm.backbones' has no attribute {name!r}")
