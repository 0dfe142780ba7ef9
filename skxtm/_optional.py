"""Import of optional libraries, with an error that names the extra that brings them."""

import importlib
from types import ModuleType

from skxtm.exceptions import MissingDependencyError


def import_optional(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import an optional library where it is used.

    Parameters
    ----------
    module : str
        Dotted name of the module.
    extra : str
        The extra of skxtm that installs it.
    purpose : str
        What needs it, as the subject of a sentence, e.g. ``"Segmenting Chinese"``.

    Returns
    -------
    module : module
        The imported module.

    Raises
    ------
    MissingDependencyError
        If the library is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise MissingDependencyError(
            f"{purpose} needs the package {package!r}, which cannot be imported ({error}). "
            f"Install it with: pip install 'skxtm[{extra}]'."
        ) from error
