"""A backbone of skxtm, with the defaults of `CrossLingualTopicModel`, and the lexicon where there is one.

The encoder is the one that the vectors were computed by, found by the model itself; vectors are kept between
runs, so that nobody's time has their computation in it. A topic's words are those of `get_topics`, as ranks.
"""

import numpy as np
from _handed import Handed

from skxtm import Corpus, CrossLingualTopicModel, Lexicon


def main() -> None:
    handed = Handed()
    train, test = (read(handed, split) for split in ("train", "test"))
    pair = handed.facts["lexicon"]
    lexicon = (
        None if pair is None else Lexicon.read(handed.data / "lexicon.tsv", tuple(pair), match="literal")
    )
    model = CrossLingualTopicModel(
        handed.K, backbone=handed.options["backbone"], lexicon=lexicon, random_state=handed.seed
    )
    model.fit(train)
    packages = ("skxtm", "torch", "numpy", "scikit-learn")
    handed.write(ranks(model, handed), model.transform(train), model.transform(test), *packages)


def read(handed: Handed, split: str) -> Corpus:
    """Make a corpus of what was handed over."""
    language = handed.language(split)
    counts = handed.counts(split)
    blocks = {code: counts[language == code][:, own] for code, own in handed.columns.items()}
    text = np.array([row["text"] for row in handed.rows(split)], dtype=object)
    return Corpus(language, text=text).with_counts(blocks, handed.vocabulary)


def ranks(model: CrossLingualTopicModel, handed: Handed) -> np.ndarray:
    """Weigh the words of `get_topics` by their rank, (K, n_words)."""
    weights = np.zeros((handed.K, len(handed.tokens)))
    columns = {
        (code, word): handed.columns[code].start + place
        for code, words in handed.vocabulary.items()
        for place, word in enumerate(words)
    }
    for number, topic in enumerate(model.get_topics(25)):
        for code, words in topic.items():
            for rank, word in enumerate(words):
                weights[number, columns[code, word]] = 1 / (1 + rank)
    return weights


if __name__ == "__main__":
    main()
