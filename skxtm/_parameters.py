"""Checks of parameters that several parts share, and estimators whose parameters hold parameters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import index
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, clone

from skxtm.exceptions import InputError, InputTypeError


def check_number(
    value: Any,
    name: str,
    owner: str | None,
    low: float | None,
    high: float | None = None,
    *,
    integer: bool = False,
    open_low: bool = False,
) -> None:
    """Check that a number lies in a range.

    Parameters
    ----------
    value : object
        As given.
    name : str
        The parameter.
    owner : str or None
        Whose parameter it is; None where the caller does not know.
    low, high : float or None
        Closed bounds; None for no bound.
    integer : bool
        Whether a whole number is needed, of Python or numpy.
    open_low : bool
        Whether `low` itself is excluded.

    Raises
    ------
    InputError
        If the value is not a number of that kind in that range.
    """
    number = _number(value, integer=integer)
    below = number is not None and low is not None and (number <= low if open_low else number < low)
    if number is None or below or (high is not None and number > high):
        opening = "(" if open_low or low is None else "["
        closing = ")" if high is None else "]"
        interval = f"{opening}{'-inf' if low is None else low}, {'inf' if high is None else high}{closing}"
        raise InputError(
            f"The {name!r} parameter {f'of {owner} ' if owner else ''}must be "
            f"{'an integer' if integer else 'a number'} in {interval}. Got {value!r} instead."
        )


def _number(value: Any, *, integer: bool) -> float | None:
    """Take a number as one of Python; None if it is none, or nan."""
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        return index(value)
    except TypeError:
        is_real = not integer and isinstance(value, (float, np.floating)) and value == value
        return float(value) if is_real else None


def check_n_words(n_words: Any, owner: str | None = None) -> None:
    """Check a number of top words, wherever one is asked for.

    Parameters
    ----------
    n_words : object
        As given.
    owner : str or None, default=None
        Whose parameter it is.

    Raises
    ------
    InputError
        If it is not an integer of at least 1.
    """
    check_number(n_words, "n_words", owner, 1, integer=True)


def check_choice(value: object, name: str, owner: str, choices: Sequence[str]) -> None:
    """Check that a parameter is one of a few names.

    Parameters
    ----------
    value : object
        As given.
    name : str
        The parameter.
    owner : str
        Whose parameter it is.
    choices : sequence of str
        The names.

    Raises
    ------
    InputError
        If the value is none of them.
    """
    if not isinstance(value, str) or value not in choices:
        raise InputError(
            f"The {name!r} parameter of {owner} must be a str among {{{', '.join(map(repr, choices))}}}. "
            f"Got {value!r} instead."
        )


def check_text(value: object, name: str, owner: str | None = None) -> None:
    """Check that a parameter is a text, or None.

    Parameters
    ----------
    value : object
        As given.
    name : str
        The parameter.
    owner : str or None, default=None
        Whose parameter it is.

    Raises
    ------
    InputError
        If the value is something else.
    """
    if value is not None and not isinstance(value, str):
        raise InputError(
            f"The {name!r} parameter {f'of {owner} ' if owner else ''}must be None or a str. "
            f"Got {value!r} instead."
        )


def in_order_of_columns(words: Any, name: str) -> Any:
    """Put words that come with their columns, as in scikit-learn's ``vocabulary_``, into the order of these.

    Parameters
    ----------
    words : mapping of str to int, or iterable of str
        As given.
    name : str
        What a message calls them.

    Returns
    -------
    words : list of str, or what was given
        Of a mapping its words, column after column; anything else as it is.

    Raises
    ------
    InputError
        If the values of a mapping are not the columns from 0 on, each once.
    InputTypeError
        If it is a set, whose order is not known.
    """
    if isinstance(words, (set, frozenset)):
        raise InputTypeError(
            f"{name} is a set, whose order is not known. Give a list of words in the order of their columns."
        )
    if not isinstance(words, Mapping):
        return words
    columns = list(words.values())
    if not all(isinstance(column, (int, np.integer)) for column in columns) or sorted(columns) != list(
        range(len(columns))
    ):
        raise InputError(
            f"{name} is a dict whose values are not the columns 0 to {len(columns) - 1} of its words, each "
            "once. Give a list of words in the order of their columns."
        )
    return sorted(words, key=words.__getitem__)


class NestedParameters(BaseEstimator):
    """An estimator some of whose parameters may hold an estimator, or None or a name in its place."""

    #: For each such parameter what to pass so that it has parameters of its own.
    _objects: ClassVar[Mapping[str, str | Callable[[Any], str]]] = {}

    def set_params(self, **params: Any) -> Self:
        """Set parameters, those of an object among them by ``name__parameter``.

        Parameters
        ----------
        **params : object
            By name.

        Returns
        -------
        self : estimator

        Raises
        ------
        InputError
            If a name reaches into a parameter that is no object with parameters.
        """
        own = self.get_params(deep=False)
        for key in params:
            name, separator, _ = key.partition("__")
            held = params.get(name, own.get(name))
            if separator and name in own and (isinstance(held, type) or not hasattr(held, "set_params")):
                remedy = self._objects.get(name)
                remedy = remedy(held) if callable(remedy) else remedy
                raise InputError(
                    f"The parameter {key!r} cannot be set, because {name}={held!r} has no parameters. "
                    f"{f'Pass {name}={remedy}, whose parameters can be set.' if remedy else 'Set it whole.'}"
                )
        super().set_params(**params)
        return self

    def __sklearn_clone__(self) -> Self:
        """Copy the parameters, but functions and encoders of others, which may hold locks, are shared."""
        shared = {
            name: _with_shared_tools(value)
            for name, value in self.get_params(deep=False).items()
            if any(map(_is_tool, _parts(value)))
        }
        others = object.__new__(type(self))
        others.__dict__.update(vars(self) | dict.fromkeys(shared))
        cloned: Self = super(NestedParameters, others).__sklearn_clone__()
        cloned.__dict__.update(shared)
        return cloned


def _parts(value: Any) -> Iterable[Any]:
    """List what a parameter holds: of one that is given by language, what each language has."""
    return value.values() if isinstance(value, Mapping) else [value]


def _is_tool(value: Any) -> bool:
    """Tell functions and encoders from values, and from estimators, which are cloned by their parameters."""
    return (callable(value) or hasattr(value, "encode")) and not hasattr(value, "get_params")


def _with_shared_tools(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_shared_tools(part) for key, part in value.items()}
    return value if _is_tool(value) else clone(value, safe=False)
