"""Where what may be kept between runs is put."""

import os
from pathlib import Path


def default_cache_folder(part: str) -> Path:
    """Return the folder of one cache where the user names none.

    Parameters
    ----------
    part : str
        Name of the cache, such as ``"embeddings"``.

    Returns
    -------
    folder : pathlib.Path
        The part's folder within the one that the environment variable ``SKXTM_CACHE`` names; where that is
        unset, within ``$XDG_CACHE_HOME/skxtm`` or ``~/.cache/skxtm``.
    """
    named = os.environ.get("SKXTM_CACHE")
    if named:
        return Path(named).expanduser() / part
    user_cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(user_cache).expanduser() / "skxtm" / part
