"""The libraries that skxtm works with: import of optional ones, and the versions that are installed."""

import importlib
import platform
import re
from collections.abc import Iterator
from importlib import metadata
from types import ModuleType

from skxtm._version import __version__
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


def show_versions() -> None:
    """Print the versions of Python, skxtm and its dependencies, to be copied into a report of a problem.

    Packages of extras are listed whether they are installed or not; last stands what torch computes with.

    Examples
    --------
    >>> from skxtm import show_versions
    >>> show_versions()
    python: 3...
    platform: ...
    skxtm: ...
    numpy: ...
    sentence-transformers [embed]: ...
    torch threads: ...
    CUDA device: ...
    """
    for line in _version_lines():
        print(line)  # noqa: T201


def _version_lines() -> Iterator[str]:
    yield f"python: {platform.python_version()}"
    yield f"platform: {platform.platform()}"
    yield f"skxtm: {__version__}"
    for package, extra in _dependencies():
        yield f"{package}{f' [{extra}]' if extra else ''}: {installed_version(package)}"
    import torch  # after all versions, which are needed most where this fails

    yield f"torch threads: {torch.get_num_threads()}"
    yield f"CUDA device: {torch.cuda.get_device_name() if torch.cuda.is_available() else 'none'}"


def _dependencies() -> list[tuple[str, str]]:
    """List the packages that skxtm declares, each with its extra; those of the core have none.

    Extras that build on others, such as ``all`` and ``test``, are left out. Nothing is declared where skxtm
    is imported from a folder and not installed.
    """
    try:
        requirements = metadata.requires("skxtm") or []
    except metadata.PackageNotFoundError:
        return []
    # as in: sentence-transformers>=3.0; extra == "embed"
    parts = [re.match(r"([\w.-]+).*?(?:extra == .([\w-]+).)?$", requirement) for requirement in requirements]
    found = [(part[1], part[2] or "") for part in parts if part]
    composed = {extra for package, extra in found if package == "skxtm"}
    return [(package, extra) for package, extra in found if extra not in composed]


def installed_version(package: str) -> str:
    """Look up the version of a package.

    Parameters
    ----------
    package : str
        Its name in the index.

    Returns
    -------
    version : str
        Or that it is not installed.
    """
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
