"""Settings that figures were published with, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from skxtm.exceptions import InputError

Model = TypeVar("Model")


@dataclass(frozen=True)
class Recipe:
    """Settings of one source.

    Attributes
    ----------
    source : str
        Paper or code.
    parameters : dict of str to object
        Those that are not the defaults.
    """

    source: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


def from_recipe(
    cls: type[Model], recipes: Mapping[str, Recipe], recipe: str, parameters: Mapping[str, Any]
) -> Model:
    """Make a backbone with the settings of a source, and some of one's own.

    Parameters
    ----------
    cls : type
        The backbone.
    recipes : dict of str to Recipe
        What there is.
    recipe : str
        Its name.
    parameters : dict of str to object
        They take precedence.

    Returns
    -------
    backbone : object
        Of that class.

    Raises
    ------
    InputError
        If there is no recipe of that name.
    """
    if recipe not in recipes:
        allowed = ", ".join(map(repr, sorted(recipes)))
        raise InputError(
            f"The 'recipe' parameter of {cls.__name__}.published must be a str among {{{allowed}}}. "
            f"Got {recipe!r} instead."
        )
    return cls(**{**recipes[recipe].parameters, **parameters})
