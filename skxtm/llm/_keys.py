"""Taking keys out of texts: a server may write back what it was sent."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote

_SHORTEST_KEY = 8  # shorter ones, such as "ollama" or "EMPTY" of local servers, protect nothing and are words
_SHORTEST_PART = 4  # servers quote the last four characters of a key
_WORD = re.compile(r"[^\s'\"`(),;:<>{}\\[\]=&?]+")
_KEY_PREFIXES = ("sk-", "sk_", "AIza", "gsk_", "hf_", "xai-", "pk-", "AQ.")


def without_key(text: str, api_key: str) -> str:
    """Replace a key by ``***``, also where it is written in base64, in hexadecimal or for an address."""
    spelled = _spellings(api_key)
    return text if spelled is None else spelled.sub("***", text)


def hide_keys(text: str, api_key: str) -> str:
    """Replace the key, parts of it and whatever begins like one by ``***``."""

    def hidden(word: re.Match[str]) -> str:
        return "***" if _is_like_a_key(word.group(), api_key) else word.group()

    if len(api_key) >= _SHORTEST_PART:
        text = text.replace(api_key, "***")
    return _WORD.sub(hidden, without_key(text, api_key))


@lru_cache(maxsize=16)
def _spellings(api_key: str) -> re.Pattern[str] | None:
    if len(api_key) < _SHORTEST_KEY:
        return None
    written = {api_key, quote(api_key, safe=""), api_key.encode().hex(), *_in_base64(api_key.encode())}
    written |= {text.replace("+", "-").replace("/", "_") for text in written}
    return re.compile("|".join(map(re.escape, sorted(written, key=len, reverse=True))), re.IGNORECASE)


def _in_base64(key: bytes) -> Iterator[str]:
    """Write a key as it stands in a longer text in base64, wherever in the text it begins."""
    for n_before in range(3):
        encoded = b64encode(bytes(n_before) + key).decode().rstrip("=")
        # the first and the last character may share bits with what stands around the key
        yield encoded[-(-8 * n_before // 6) :][: len(key) * 8 // 6 - 1]


def _is_like_a_key(word: str, api_key: str) -> bool:
    if word.startswith(_KEY_PREFIXES):
        return True
    is_masked_key = bool(api_key) and "*" in word and (word[:3] == api_key[:3] or word[-3:] == api_key[-3:])
    is_part_of_key = len(word) >= 8 and bool(api_key) and (word in api_key or word[:8] == api_key[:8])
    end = word.strip(".…")
    is_end_of_key = len(end) >= _SHORTEST_PART and api_key.rstrip("=").endswith(end)
    return is_masked_key or is_part_of_key or is_end_of_key
