"""NMTM or InfoCTM of TopMost, for two languages with a lexicon; defaults of models and trainer: 500 epochs.

InfoCTM's word vectors are those of the encoder. A topic's words are those of the largest entries of its
`get_beta`. Proportions are the softmax of what the trainer infers, which is the mean of the latent Gaussian.

Of torchvision TopMost imports a function that downloads data, and nothing else. As the package index has no
torchvision that fits every build of torch, its environment has none, and a module stands for it here.
"""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import sentence_transformers  # noqa: F401  # finds that there is no torchvision, before a module stands for it
import torch
from _handed import Handed, softmax

for name in ("torchvision", "torchvision.datasets", "torchvision.datasets.utils"):
    sys.modules[name] = ModuleType(name)
sys.modules["torchvision.datasets.utils"].download_url = None

from topmost.data.crosslingual_dataset import CrosslingualDataset, _BilingualDataset  # noqa: E402
from topmost.models.crosslingual.InfoCTM.InfoCTM import InfoCTM  # noqa: E402
from topmost.models.crosslingual.NMTM import NMTM  # noqa: E402
from topmost.trainers.crosslingual.crosslingual_trainer import CrosslingualTrainer  # noqa: E402
from torch.utils.data import DataLoader  # noqa: E402


def main() -> None:
    handed = Handed()
    torch.manual_seed(handed.seed)
    np.random.seed(handed.seed)  # noqa: NPY002
    bows = {split: by_language(handed, split, handed.counts(split).toarray()) for split in ("train", "test")}
    pairs = lexicon(handed)
    sizes = {f"vocab_size_{name}": size for name, size in zip(("en", "cn"), pairs.shape, strict=True)}
    if handed.options["method"] == "nmtm":
        first, second = bows["train"]
        maps = [CrosslingualDataset.get_Map(None, *args) for args in ((pairs, first), (pairs.T, second))]
        model = NMTM(*maps, num_topics=handed.K, **sizes)
    else:
        vectors = [handed.word_vectors()[own] for own in handed.columns.values()]
        model = InfoCTM(pairs, *vectors, num_topics=handed.K, **sizes)
    tensors = {split: [torch.as_tensor(bow).float() for bow in of] for split, of in bows.items()}
    loader = DataLoader(_BilingualDataset(*tensors["train"]), batch_size=200, shuffle=True)
    dataset = SimpleNamespace(train_dataloader=loader)
    trainer = CrosslingualTrainer(model, dataset)
    # `train` ends with words and proportions of a dataset in files, which there is none of
    trainer.get_top_words = lambda: (None, None)
    dataset.train_bow_en, dataset.train_bow_cn = tensors["train"]
    trainer.train()
    theta = {split: joined(handed, split, trainer.test(*of)) for split, of in tensors.items()}
    topic_word = np.concatenate(trainer.get_beta(), axis=1)
    handed.write(topic_word, theta["train"], theta["test"], "topmost", "torch", "numpy")


def by_language(handed, split, counts):
    """Take apart the counts of the two languages, each over its own words."""
    language = handed.language(split)
    return [counts[language == code][:, own] for code, own in handed.columns.items()]


def joined(handed, split, means):
    """Put proportions of the two languages back into the order of the documents."""
    language = handed.language(split)
    theta = np.zeros((len(language), handed.K))
    for code, of_language in zip(handed.languages, means, strict=True):
        theta[language == code] = softmax(np.asarray(of_language))
    return theta


def lexicon(handed):
    """Mark which words translate each other, (words of the first language, words of the second)."""
    places = [{word: n for n, word in enumerate(words)} for words in handed.vocabulary.values()]
    matrix = np.zeros(tuple(map(len, places)), dtype="int32")
    for line in (handed.data / "lexicon.tsv").read_text(encoding="utf-8").splitlines():
        first, second = line.split("\t")
        matrix[places[0][first], places[1][second]] = 1
    return matrix


if __name__ == "__main__":
    main()
