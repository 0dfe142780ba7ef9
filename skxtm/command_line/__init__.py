"""The command ``skxtm``: fit, transform and look at topics from a shell, thin over the estimators."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from skxtm._optional import import_optional
from skxtm.exceptions import MissingDependencyError, SkxtmError

__all__ = ["main"]

_BAD_INPUT, _STOPPED = 2, 130


class _Stopped(BaseException):
    """Ctrl-C, which estimators take for a wish to keep what was learnt so far; here it ends all."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command ``skxtm``.

    Parameters
    ----------
    arguments : sequence of str or None, default=None
        What stands behind the command's name; None takes those of the process, and ``--help`` of none.

    Returns
    -------
    code : int
        For the shell: 0; 2 after input that cannot be used, which one sentence on standard error explains;
        130 after Ctrl-C.

    Examples
    --------
    >>> from skxtm.command_line import main
    >>> main(["--version"])
    skxtm, version ...
    0
    """
    if arguments is None:
        arguments = sys.argv[1:]
        _write_all_scripts()
    try:
        click: Any = import_optional("click", extra="cli", purpose="The command skxtm")
    except MissingDependencyError as error:
        return _end(str(error), _BAD_INPUT)
    from skxtm.command_line._parsing import command_group, options_for

    try:
        with _stopping_at_once(), _warnings_in_a_line(options_for):
            # click returns what the command does, or the code of --help and --version
            done = command_group().main(
                list(arguments) or ["--help"], prog_name="skxtm", standalone_mode=False
            )
            return done or 0
    except (_Stopped, click.Abort):
        return _end("Stopped by Ctrl-C; nothing was written.", _STOPPED)
    except click.ClickException as error:
        return _end(error.format_message(), _BAD_INPUT)
    except SkxtmError as error:
        return _end(f"{error}{options_for(str(error))}", _BAD_INPUT)
    except OSError as error:
        return _end(_reason(error), _BAD_INPUT)


def _write_all_scripts() -> None:
    """Write files and pipes as UTF-8: Windows takes a code page, which knows a few languages' characters."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8")


def _end(sentence: str, code: int) -> int:
    sys.stderr.write(f"skxtm: {' '.join(sentence.split())}\n")
    return code


def _reason(error: OSError) -> str:
    """Say what the system says, with the file where it names one."""
    if error.filename is None or error.strerror is None:
        return f"{type(error).__name__}: {error}."
    return f"{os.fsdecode(error.filename)}: {error.strerror}."


@contextmanager
def _stopping_at_once() -> Iterator[None]:
    """Let Ctrl-C pass through estimators; whoever handles it otherwise, or ignores it, still does."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def stop(*_: object) -> None:
        raise _Stopped

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _warnings_in_a_line(options_for: Callable[[str], str]) -> Iterator[None]:
    """Show warnings for users as they would be read, each once, without the line of code that gave them."""
    shown = set()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        text = " ".join(str(message).split())
        if text in shown:
            return
        shown.add(text)
        sys.stderr.write(f"Warning: {text}{options_for(text)}\n")

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield
