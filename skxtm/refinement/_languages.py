"""What languages are called in requests and answers."""

import re
from collections.abc import Iterable

from skxtm.languages import LANGUAGE_NAMES

_LONGEST_LABEL = 60

# what languages are called by themselves, in Chinese and in Japanese
_FURTHER_NAMES = {
    "ar": "العربية 阿拉伯语 アラビア語",
    "de": "Deutsch 德语 德文 ドイツ語",
    "en": "英文 英语 英語",
    "es": "Español Castellano 西班牙语 スペイン語",
    "fr": "Français 法语 法文 フランス語",
    "it": "Italiano 意大利语 イタリア語",
    "ja": "日本語 日语 日文",
    "ko": "한국어 韩语 韩文 韓国語",
    "nl": "Nederlands 荷兰语 オランダ語",
    "pl": "Polski 波兰语 ポーランド語",
    "pt": "Português 葡萄牙语 ポルトガル語",
    "ru": "Русский 俄语 俄文 ロシア語",
    "sv": "Svenska 瑞典语 スウェーデン語",
    "th": "ไทย 泰语 タイ語",
    "tr": "Türkçe 土耳其语 トルコ語",
    "uk": "Українська 乌克兰语 ウクライナ語",
    "vi": "越南语 ベトナム語",
    "zh": "中文 汉语 漢語 简体中文 簡體中文 繁体中文 繁體中文 中国語 Mandarin",
}
# country codes, which published prompts use in place of the language's, and codes of three letters
_ALIASES = {
    "cn": "zh", "jp": "ja", "kr": "ko", "eng": "en", "zho": "zh", "chi": "zh", "jpn": "ja", "kor": "ko",
    "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it", "por": "pt", "rus": "ru",
}  # fmt: skip
_SCRIPTS = re.compile(r"\b(?:simplified|traditional|american|british)\b")
_PARTS = re.compile(r"[\s_()（）\-]+")
_NOUNS = {"word", "words", "keyword", "keywords", "term", "terms", "list", "top"}


def label_of(language: str) -> str:
    """Return the label of a language's line in the plain text format."""
    return language.upper()


class LanguageLabels:
    """Knows a language by what an answer may call it: a code, a name, a tag such as ``zh-CN``.

    Parameters
    ----------
    languages : iterable of str
        Codes of the languages that may be meant.
    """

    def __init__(self, languages: Iterable[str]) -> None:
        codes = {language.lower(): language for language in languages}
        self._codes = {alias: codes[code] for alias, code in _ALIASES.items() if code in codes}
        for code in codes:
            names = [LANGUAGE_NAMES.get(code, ""), *_FURTHER_NAMES.get(code, "").split()]
            self._codes |= {name.lower(): codes[code] for name in names if name}
        self._codes |= codes

    def code(self, label: str) -> str | None:
        """Return the code of the language that a label means, or None.

        Parameters
        ----------
        label : str

        Returns
        -------
        code : str or None
        """
        if len(label) > _LONGEST_LABEL:
            return None
        text = label.strip(" *_`\"'[]【】「」<>").lower()
        if text in self._codes:
            return self._codes[text]
        parts = [part for part in _PARTS.split(_SCRIPTS.sub(" ", text)) if part and part not in _NOUNS]
        found = {self._codes[part] for part in parts[:1] if part in self._codes}
        # "EN (English)" names one language twice; a tag goes on with a script or a country
        known = {self._codes[part] for part in parts if part in self._codes and part not in _ALIASES}
        return found.pop() if found and len(known) <= 1 else None
