"""Download of single files: checked by SHA-256, stored in one step or not at all."""

from __future__ import annotations

import hashlib
import os
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from skxtm._files import replacing
from skxtm.exceptions import DownloadError

CHUNK_BYTES = 1 << 16
_NOT_WEB = "is not an http or https address, and skxtm downloads from no other."


def download(
    url: str, path: str | os.PathLike[str], sha256: str, *, progress: bool = True, timeout: float = 30.0
) -> Path:
    """Download a file, check it, and store it.

    The bytes go to a temporary file beside `path`, which takes the place of `path` only when its checksum
    is right. On any failure, Ctrl-C included, the temporary file is removed and `path` is as it was.

    Parameters
    ----------
    url : str
        Address of the file, ``http`` or ``https``. Redirects to other schemes are refused.
    path : str or path-like
        Where to store it. Missing folders are created; a file that is there already is replaced.
    sha256 : str
        The file's SHA-256, 64 hexadecimal digits.
    progress : bool, default=True
        Whether to show a progress bar on stderr.
    timeout : float, default=30.0
        Seconds without an answer after which to give up.

    Returns
    -------
    path : pathlib.Path
        Where the file is.

    Raises
    ------
    DownloadError
        If the scheme is another one, the server does not answer or not with the whole file, or the file
        has another checksum.

    Examples
    --------
    >>> from skxtm.datasets import download
    >>> download("file:///etc/hosts", "hosts", "0" * 64)
    Traceback (most recent call last):
        ...
    skxtm.exceptions.DownloadError: file:///etc/hosts is not an http or https address, and skxtm ...
    """
    path = Path(path)
    if not _is_web(url):
        raise DownloadError(f"{url} {_NOT_WEB}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with replacing(path) as partial:
            actual = _fetch(url, partial, progress=progress, label=path.name, timeout=timeout)
            if actual != sha256.lower():
                raise DownloadError(
                    f"{url} is not the expected file: its SHA-256 is {actual}, expected {sha256.lower()}. "
                    f"Nothing was stored. Try again; if it stays so, the published file has changed: get it "
                    f"from another source and put it at {path}."
                )
    except DownloadError:
        raise
    except (OSError, HTTPException) as error:
        raise DownloadError(
            f"{url} could not be downloaded: {_reason(error)}. Try again later, or get the file in another "
            f"way and put it at {path}."
        ) from error
    return path


def _fetch(url: str, partial: Path, *, progress: bool, label: str, timeout: float) -> str:
    """Stream `url` into `partial` and return the SHA-256 of what arrived."""
    from tqdm import tqdm

    digest = hashlib.sha256()
    with build_opener(_WebRedirects).open(url, timeout=timeout) as response, open(partial, "xb") as file:
        announced = response.length
        with tqdm(total=announced, unit="B", unit_scale=True, desc=label, disable=not progress) as bar:
            while chunk := response.read(CHUNK_BYTES):
                file.write(chunk)
                digest.update(chunk)
                bar.update(len(chunk))
        _check_complete(announced, received=file.tell())
    return digest.hexdigest()


def _check_complete(announced: int | None, *, received: int) -> None:
    # http.client reads in chunks without complaining when the connection closes early
    if announced is not None and received != announced:
        raise ConnectionError(f"the connection closed after {received:,} of {announced:,} bytes")


def _is_web(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https"}


def _reason(error: Exception) -> str:
    if isinstance(error, HTTPError):
        error.close()
        return f"the server answered {error.code} {error.reason}"
    return str(error) or type(error).__name__


class _WebRedirects(HTTPRedirectHandler):
    """Follow redirects to http and https only; the standard handler follows ftp too."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if not _is_web(newurl):
            fp.close()
            raise DownloadError(f"{req.full_url} redirects to {newurl}: that {_NOT_WEB}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
