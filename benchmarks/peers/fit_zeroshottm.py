"""ZeroShotTM on given vectors of documents, with its defaults: 100 epochs, batches of 64.

It learns from the documents of all languages, the words of which stand side by side in its vocabulary; its
authors train it in one language, in which alone it then has words. A topic's words are those of the largest
entries of its topic-word matrix, by language.
"""

import random

import numpy as np
import torch
from _handed import Handed, shares
from contextualized_topic_models.datasets.dataset import CTMDataset
from contextualized_topic_models.models.ctm import ZeroShotTM


def main() -> None:
    handed = Handed()
    random.seed(handed.seed)
    np.random.seed(handed.seed)  # noqa: NPY002
    torch.manual_seed(handed.seed)
    names = dict(enumerate(handed.tokens))
    data = {
        split: CTMDataset(handed.embeddings(split), handed.counts(split).astype(np.float32), names)
        for split in ("train", "test")
    }
    size = data["train"].X_contextual.shape[1]
    model = ZeroShotTM(
        bow_size=len(names), contextual_size=size, n_components=handed.K, num_data_loader_workers=0
    )
    model.fit(data["train"], do_train_predictions=False)
    theta = {
        split: shares(model.get_doc_topic_distribution(part, n_samples=20)) for split, part in data.items()
    }
    packages = ("contextualized-topic-models", "torch", "numpy")
    handed.write(model.get_topic_word_matrix(), theta["train"], theta["test"], *packages)


if __name__ == "__main__":
    main()
