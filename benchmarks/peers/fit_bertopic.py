"""BERTopic on given vectors of documents, K topics by K-means after its own reduction (UMAP).

HDBSCAN, its default, neither takes a number of topics nor gives every document one. All languages are read
together; a topic's words are those of the largest weights of its own c-TF-IDF, by language. Its proportions
are the softmax of cosines, over 0.05, of a document's vector and the mean of the topic's documents.
"""

import numpy as np
from _handed import Handed, similarities, softmax
from bertopic import BERTopic
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import CountVectorizer
from umap import UMAP


def main() -> None:
    handed = Handed()
    vectors = {split: handed.embeddings(split) for split in ("train", "test")}
    model = BERTopic(
        embedding_model=None,
        umap_model=UMAP(
            n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=handed.seed
        ),
        hdbscan_model=KMeans(handed.K, random_state=handed.seed, n_init=10),
        vectorizer_model=CountVectorizer(vocabulary=handed.tokens, token_pattern=r"\S+", lowercase=False),
    )
    model.fit(handed.token_texts("train"), embeddings=vectors["train"])
    topics = np.array(model.topics_)
    centres = np.array([vectors["train"][topics == number].mean(0) for number in range(handed.K)])
    theta = {split: softmax(similarities(rows, centres) / 0.05) for split, rows in vectors.items()}
    weights = model.c_tf_idf_.toarray()
    handed.write(weights, theta["train"], theta["test"], "bertopic", "umap-learn", "scikit-learn", "numpy")


if __name__ == "__main__":
    main()
