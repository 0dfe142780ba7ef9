"""A world of known themes, topics and documents made of it, and raters who know it."""

import json
import random
import re
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from skxtm.llm import ScriptedChat

THEMES = ("rain", "goal", "bank", "vote", "bread", "train", "tooth", "song", "ship")
N_TOPICS, N_WORDS = 8, 30
LANGUAGES = ("en", "zh")


def words_of(theme, language, start=0):
    """Words of a theme in a language, none of them twice."""
    return [
        f"{THEMES[theme]}-{language}-{'abcdefghijklmnopqrstuvwxyz'[k % 26]}{k}"
        for k in range(start, start + N_WORDS)
    ]


def theme_of(word):
    return word.partition("-")[0]


def texts_in(line):
    """The JSON that a line holds after what it is called, as a list of texts."""
    value = json.loads(line[line.index(min(set(line) & {'"', "["}, key=line.index)) :])
    return [value] if isinstance(value, str) else value


def main_theme(texts):
    themes = Counter(theme_of(word) for text in texts for word in text.split() if "-" in word)
    return themes.most_common(1)[0][0]


class Rater:
    """Answers by the truth, or wrongly now and then; what the truth leaves open is drawn."""

    def __init__(self, errors=0.0, unread=0.0):
        self.errors, self.unread = errors, unread

    def __call__(self, request):
        (_, system), (_, user), *_ = request.messages  # what follows complains of an answer
        return self.answer(system, user, request.round)

    def answer(self, system, user, round=0):
        draw = random.Random(f"{round} {user}")  # the same question is answered alike
        lines = user.partition("<data>\n")[2].partition("\n</data>")[0].splitlines()
        options = [line.partition(": ")[2] for line in lines if re.match(r"\d: ", line)]
        data = [line for line in lines if not re.match(r"\d: ", line)]
        if draw.random() < self.unread:
            return "I had rather not say."
        if draw.random() < self.errors:
            return str(draw.randint(1, len(options)))
        right = self.right(system, data, options)
        return json.dumps({"choice": 1 + draw.choice(right or range(len(options)))})

    @staticmethod
    def right(system, data, options):
        if "All but one of the words" in system:
            themes = [theme_of(texts_in(option)[0]) for option in options]
            most = Counter(themes).most_common(1)[0][0]
            return [k for k, theme in enumerate(themes) if theme != most]
        if "same theme" in system:
            first, second = (main_theme(texts_in(line)) for line in data)
            return [options.index("the same theme" if first == second else "different themes")]
        about = main_theme(texts_in(data[0]))
        if "Rate how well" in system:
            words = texts_in(data[1])
            share = sum(theme_of(word) == about for word in words) / len(words)
            return [0 if share < 0.25 else 1 if share < 0.75 else 2]
        is_about = [main_theme(texts_in(option)) == about for option in options]
        wanted = "all but one" not in system
        return [k for k, fits in enumerate(is_about) if fits == wanted]


def topics():
    return [{code: words_of(k, code) for code in LANGUAGES} for k in range(N_TOPICS)]


def documents(seed=0, n=15):
    """Documents of every topic and language, and theta that says so."""
    draw = random.Random(seed)
    X, theta = [], []
    for code in LANGUAGES:
        for k in range(N_TOPICS):
            for _ in range(n):
                X.append((" ".join(draw.choices(words_of(k, code), k=12)), code))
                shares = np.array([draw.random() for _ in range(N_TOPICS)])
                shares[k] = 8.0
                theta.append(shares / shares.sum())
    return X, np.array(theta)


@pytest.fixture
def world():
    return SimpleNamespace(
        n_topics=N_TOPICS,
        languages=LANGUAGES,
        topics=topics,
        documents=documents,
        words_of=words_of,
        theme_of=theme_of,
        texts_in=texts_in,
        rater=lambda **how: ScriptedChat(Rater(**how)),
        answer=Rater().answer,
    )
