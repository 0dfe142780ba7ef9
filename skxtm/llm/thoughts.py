"""What a language model thought aloud before it answered."""

import re

_THOUGHTS = "think|thinking|thoughts?|reasoning|reflection|analysis|scratchpad|draft|seed:think"
_TAG = re.compile(
    rf"(?P<open><(?:{_THOUGHTS})\s?>|\[THINK\]|◁think▷|<\|START_THINKING\|>|<\|channel\|>analysis<\|message\|>)"
    rf"|</(?:{_THOUGHTS})\s?>|\[/THINK\]|◁/think▷|<\|END_THINKING\|>|<\|channel\|>final<\|message\|>",
    re.IGNORECASE,
)


def without_thoughts(text: str) -> str:
    """Leave out what stands between tags of thoughts, and all before an end of thoughts without a begin.

    Parameters
    ----------
    text : str
        What a language model wrote.

    Returns
    -------
    text : str
        Its answer, as far as tags such as ``<think>`` tell it from what was thought aloud before.

    Examples
    --------
    >>> from skxtm.llm.thoughts import without_thoughts
    >>> without_thoughts("<think>Blue or red?</think>Blue.")
    'Blue.'
    """
    kept: list[str] = []
    position, is_thought = 0, False
    for tag in _TAG.finditer(text):
        if tag["open"]:
            if not is_thought:
                kept.append(text[position : tag.start()])
            is_thought = True
            continue
        if not is_thought:
            kept.clear()
        position, is_thought = tag.end(), False
    return "".join(kept) if is_thought else "".join([*kept, text[position:]])
