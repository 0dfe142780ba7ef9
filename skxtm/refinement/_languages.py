"""What languages are called in requests and answers."""

from collections.abc import Iterable

#: ISO 639-1 code to English name.
LANGUAGE_NAMES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "eu": "Basque",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "ms": "Malay",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sr": "Serbian",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "zh": "Chinese",
}

# country codes, which published prompts use in place of the language's
_ALIASES = {"cn": "zh", "jp": "ja"}


def label_of(language: str) -> str:
    """Return the label of a language's line in the plain text format."""
    return language.upper()


def language_of_label(languages: Iterable[str]) -> dict[str, str]:
    """Map everything that may label a line, in lower case, to the code of its language."""
    codes = {language.lower(): language for language in languages}
    names = {LANGUAGE_NAMES[code].lower(): codes[code] for code in codes if code in LANGUAGE_NAMES}
    aliases = {alias: codes[code] for alias, code in _ALIASES.items() if code in codes}
    return aliases | names | codes
