"""Backbones: one model per file, chosen by name or given as an object."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
    "backbone_names",
]


def backbone_names() -> list[str]:
    """Names of the backbones that can be chosen by a string.

    Returns
    -------
    names : list of str

    Examples
    --------
    >>> from skxtm.backbones import backbone_names
    >>> "nmtm" in backbone_names()
    True
    """
    return sorted(_REGISTRY)


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
    """
    module, attribute = _REGISTRY[name]
    result: type[Backbone] = getattr(import_module(module), attribute)
    return result


def __getattr__(name: str) -> Any:
    if name == "Backbone":
        return import_module("skxtm.backbones.base").Backbone
    for module, attribute in _REGISTRY.values():
        if attribute == name:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'skxtm.backbones' has no attribute {name!r}")
