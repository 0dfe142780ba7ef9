"""The short name of a licence, from the text in which a dictionary states it."""

import re

NOT_STATED = "licence not stated"

_VERSION = r".{0,60}?(?:version|ver\.?|v)?\s*\b(\d(?:\.\d)?)\b"
_GNU = {
    "AGPL": r"Affero General Public Licen[sc]e|\bAGPL",
    "LGPL": r"Lesser General Public Licen[sc]e|\bLGPL",
    "FDL": r"Free Documentation Licen[sc]e|\bGFDL",
    "GPL": r"(?<!Affero )(?<!Lesser )General Public Licen[sc]e|(?<![AL])\bGPL",
}
_CC = re.compile(r"creative ?commons.{0,200}|\bCC[ -](?:BY|0)\b.{0,80}|\bCC0\b", re.IGNORECASE)


def licence_in(text: str) -> str:
    """Name the licences that a text states.

    Parameters
    ----------
    text : str

    Returns
    -------
    licence : str
        Short names joined by ``and``, or ``"licence not stated"``.

    Examples
    --------
    >>> from skxtm.lexicons._licences import licence_in
    >>> licence_in("under the terms of the GNU General Public License ver. 2.0 and any later version")
    'GPL 2.0'
    >>> licence_in("https://creativecommons.org/licenses/by-sa/4.0/")
    'CC BY-SA 4.0'
    """
    text = " ".join(text.split())
    names = []
    for name, pattern in _GNU.items():
        if re.search(pattern, text):
            versioned = re.search(f"(?:{pattern}){_VERSION}", text)
            names.append(f"{name} {versioned[1]}" if versioned else name)
    if stated := _CC.search(text):
        names.append(_creative_commons(stated[0]))
    if not names and re.search(r"Electronic Dictionary Research|\bEDRDG\b", text):
        names.append("EDRDG licence, CC BY-SA")
    if not names and re.search(r"public domain", text, re.IGNORECASE):
        names.append("public domain")
    return " and ".join(names) or NOT_STATED


def _creative_commons(stated: str) -> str:
    if re.search(r"zero|\bCC-?0|CC 0", stated, re.IGNORECASE):
        return "CC0"
    parts = {
        "BY": r"attribution|\bby\b",
        "NC": r"non-?commercial|\bnc\b",
        "SA": r"share[- ]?alike|\bsa\b",
        "ND": r"no-?deriv|\bnd\b",
    }
    elements = "-".join(part for part, pattern in parts.items() if re.search(pattern, stated, re.IGNORECASE))
    version = re.search(r"(?<![\d.])(\d\.\d)\b", stated)
    return " ".join(filter(None, ["CC", elements, version[1] if version else ""]))
