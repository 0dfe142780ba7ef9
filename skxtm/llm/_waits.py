"""How long a server asks to wait, in headers and in words."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

# "34s" and "1m2.5s", as Gemini's RetryInfo and the sentences of OpenAI and Groq have it
_DURATION = r"(?:(\d{1,6})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,6}(?:\.\d{1,12})?)\s?(ms|s(?:ec(?:ond)?s?)?))?"
_IN_BODY = re.compile(
    rf'"retryDelay"\s*:\s*"{_DURATION}"|(?:try again|retry) (?:in|after) {_DURATION}', re.IGNORECASE
)
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,12})?")


def wished_pause(headers: Mapping[str, str], text: str) -> float | None:
    """Return the seconds that a server asks to wait, or None if it does not say.

    Headers, in lower case, go before what the body says, such as Gemini's ``"retryDelay": "34s"``.
    """
    milliseconds = _SECONDS.fullmatch(headers.get("retry-after-ms", ""))
    if milliseconds:
        return float(milliseconds[0]) / 1000
    given = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(given):
        return float(given)
    if given:
        try:
            return max(parsedate_to_datetime(given).timestamp() - time.time(), 0.0)
        except (ValueError, TypeError, OverflowError):
            pass
    pauses = [pause for match in _IN_BODY.finditer(text) if (pause := _seconds(match)) is not None]
    return max(pauses, default=None)


def _seconds(match: re.Match[str]) -> float | None:
    hours, minutes, seconds, unit = match.groups()[:4] if any(match.groups()[:4]) else match.groups()[4:]
    if not (hours or minutes or seconds):
        return None
    scale = 0.001 if (unit or "").lower() == "ms" else 1.0
    return 3600 * int(hours or 0) + 60 * int(minutes or 0) + scale * float(seconds or 0)
