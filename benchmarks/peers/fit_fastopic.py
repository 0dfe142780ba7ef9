"""FASTopic on given vectors of documents of all languages, with its defaults: 200 epochs of one batch.

A topic's words are those of the largest entries of its topic-word matrix.
"""

import numpy as np
import torch
from _handed import Handed, shares
from fastopic import FASTopic


class Counted:
    """Stands for the preprocessing and the encoder, which have nothing left to do."""

    def __init__(self, handed: Handed) -> None:
        self.bow, self.vocab = handed.counts("train").astype(np.float32), handed.tokens

    def preprocess(self, _):
        """Return what has been counted."""
        return {"train_bow": self.bow, "vocab": self.vocab}

    def encode(self, docs, **_):
        """Refuse, since all vectors are given."""
        raise AssertionError("All vectors are given.")


def main() -> None:
    handed = Handed()
    torch.manual_seed(handed.seed)
    np.random.seed(handed.seed)  # noqa: NPY002
    counted = Counted(handed)
    model = FASTopic(handed.K, preprocess=counted, doc_embed_model=counted)
    _, train = model.fit_transform(
        handed.token_texts("train"), preset_doc_embeddings=handed.embeddings("train")
    )
    test = model.transform(doc_embeddings=torch.as_tensor(handed.embeddings("test")))
    handed.write(model.get_beta(), shares(train), shares(test), "fastopic", "topmost", "torch", "numpy")


if __name__ == "__main__":
    main()
