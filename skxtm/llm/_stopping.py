"""Telling the threads that send requests to make no new attempts."""

from __future__ import annotations

import threading
import time

_here = threading.local()


def heed(stopped: threading.Event) -> None:
    """Let this thread make no new attempts once an event is set.

    Parameters
    ----------
    stopped : Event
    """
    _here.stopped = stopped


def is_stopped_within(seconds: float) -> bool:
    """Wait, and say whether this thread is to make no new attempts.

    Parameters
    ----------
    seconds : float
        How long, unless the sending is stopped before.

    Returns
    -------
    stopped : bool
        Never, in a thread that heeds no event.
    """
    stopped: threading.Event | None = getattr(_here, "stopped", None)
    if stopped is not None:
        return stopped.wait(seconds)
    time.sleep(seconds)
    return False
