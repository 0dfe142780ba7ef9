"""u-SVD and SVD-LR: projections, clusters, words, soft assignment."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse, stats

from skxtm import Corpus, CrossLingualTopicModel, Lexicon, LLMRefiner
from skxtm._model.state import state_of
from skxtm.backbones import SVDLR, USVD, svd
from skxtm.backbones._clusters import (
    class_tfidf,
    joint_class_tfidf,
    language_statistics,
    right_singular_vectors,
)
from skxtm.backbones.base import CorpusShape, Documents, Materials
from skxtm.datasets import make_multilingual_corpus
from skxtm.embeddings import AlignedWordEncoder
from skxtm.exceptions import InputError


def make_vectors(n_languages=2, shift=0.0, seed=0):
    """Embeddings whose directions vary differently; `shift` moves each language along the third one."""
    rng = np.random.default_rng(seed)
    scales = np.array([5.0, 3.0, 2.0, 1.0, 0.5])
    return [
        (rng.normal(size=(n, 5)) * scales + shift * language * np.eye(5)[2]).astype(np.float32)
        for language, n in zip(range(n_languages), (40, 30, 20), strict=False)
    ]


def learn(backbone, vectors, n_components=3):
    rng = np.random.default_rng(1)
    counts = tuple(sparse.csr_array(rng.integers(0, 3, size=(len(part), 6))) for part in vectors)
    languages = ("en", "ja", "zh")[: len(vectors)]
    shape = CorpusShape(n_components, languages, (6,) * len(vectors))
    materials = Materials(counts, document_vectors=tuple(vectors))
    return backbone.learn(shape, materials, seed=0), counts


def test_usvd_clusters_the_rows_of_the_left_singular_vectors():
    vectors = make_vectors()
    left = np.linalg.svd(np.vstack(vectors).astype(float), full_matrices=False)[0][:, :3]
    projected = np.vstack(vectors) @ USVD(n_dimensions=3).projection(vectors)
    np.testing.assert_allclose(np.abs(projected), np.abs(left), atol=1e-6)


def test_singular_values_and_right_vectors_are_those_of_numpy():
    vectors = make_vectors()
    right, values = right_singular_vectors(vectors, 4)
    _, expected_values, expected = np.linalg.svd(np.vstack(vectors).astype(float), full_matrices=False)
    np.testing.assert_allclose(values, expected_values[:4])
    np.testing.assert_allclose(np.abs(right.T @ expected[:4].T), np.eye(4), atol=1e-7)


@pytest.mark.parametrize("n_languages", [2, 3])
def test_svdlr_leaves_out_the_dimension_that_tells_languages_apart(n_languages):
    vectors = make_vectors(n_languages, shift=4.0)
    left, values, _ = np.linalg.svd(np.vstack(vectors).astype(float), full_matrices=False)
    scores = np.split(left * values, np.cumsum([len(part) for part in vectors])[:-1])
    if n_languages == 2:
        statistic = np.abs(stats.ttest_ind(*scores).statistic)
    else:
        statistic = stats.f_oneway(*scores).statistic
    expected = np.delete(np.vstack(scores), statistic.argmax(), axis=1)
    for n_dimensions in (1, 3, 5):
        actual = np.vstack(vectors) @ SVDLR(n_dimensions=n_dimensions).projection(vectors)
        np.testing.assert_allclose(np.abs(actual), np.abs(expected[:, :n_dimensions]), atol=1e-4)


def test_the_dimension_left_out_may_lie_beyond_those_kept():
    rng = np.random.default_rng(0)
    scales = np.array([9.0, 5.0, 0.1])
    vectors = [
        (rng.normal(size=(40, 3)) * scales + side * np.eye(3)[2]).astype(np.float32) for side in (-1, 1)
    ]
    right, _ = right_singular_vectors(vectors, 3)
    np.testing.assert_array_equal(SVDLR(n_dimensions=2).projection(vectors), right[:, :2])
    assert USVD().get_params() == SVDLR().get_params()


@settings(max_examples=30, deadline=None)
@given(n_languages=st.integers(2, 4), seed=st.integers(0, 10_000))
def test_how_far_apart_languages_lie_is_the_f_statistic_and_for_two_the_square_of_student_s_t(
    n_languages, seed
):
    rng = np.random.default_rng(seed)
    vectors = [
        (rng.normal(size=(rng.integers(2, 9), 4)) + rng.normal(size=4)).astype(np.float32)
        for _ in range(n_languages)
    ]
    right = rng.normal(size=(4, 3))
    columns = [part.astype(float) @ right for part in vectors]
    statistics = language_statistics(vectors, right)
    np.testing.assert_allclose(statistics, stats.f_oneway(*columns).statistic, rtol=1e-5)
    if n_languages == 2:
        np.testing.assert_allclose(statistics, stats.ttest_ind(*columns).statistic ** 2, rtol=1e-5)


def test_a_column_in_which_documents_of_a_language_are_all_alike_tells_languages_apart_best():
    vectors = [np.array([[1.0, 0.0], [1.0, 3.0]]), np.array([[2.0, 50.0], [2.0, 51.0]])]
    assert language_statistics(vectors, np.eye(2)).tolist() == [np.inf, pytest.approx(960.4)]
    alone = [rows[:1] for rows in vectors]
    assert language_statistics(alone, np.eye(2)).tolist() == [np.inf, np.inf]


def test_with_one_language_svdlr_leaves_out_nothing():
    assert SVDLR(n_dimensions=3).projection(make_vectors(1)).shape == (5, 3)


def clusters_of(topics, vectors):
    """Number of the nearest centroid of every document."""
    for part in vectors:
        rows = part @ topics.projection
        yield np.linalg.norm(rows[:, np.newaxis] - topics.centroids, axis=2).argmin(1)


@pytest.mark.parametrize("backbone", [USVD(), SVDLR()])
@pytest.mark.parametrize("n_languages", [1, 2, 3])
def test_words_are_weighed_word_by_word_as_the_authors_code_does_over_all_languages(backbone, n_languages):
    vectors = make_vectors(n_languages)
    topics, counts = learn(backbone, vectors)
    labels = list(clusters_of(topics, vectors))
    held = [[x.toarray()[own == k].sum(0) for k in range(3)] for x, own in zip(counts, labels, strict=True)]
    sizes = [sum(part[k].sum() for part in held) for k in range(3)]  # all words of all languages
    for language, part in enumerate(held):
        expected = np.zeros((3, 6))
        for k in range(3):
            for word in range(6):
                share, total = part[k][word] / sizes[k], sum(other[word] for other in part)
                expected[k, word] = share * np.log(1 + np.mean(sizes) / total)
        np.testing.assert_allclose(
            topics.distributions[language], expected / expected.sum(1, keepdims=True), rtol=1e-12
        )


def test_the_mean_number_of_words_is_that_of_all_languages_together():
    # two clusters of 3 and 5 words: a mean of 4, where a word of either language alone would see 1 or 3
    counts = [sparse.csr_array([[1, 0], [0, 1]]), sparse.csr_array([[2, 0], [1, 3]])]
    weights = joint_class_tfidf(counts, [np.array([0, 1])] * 2, 2)
    np.testing.assert_allclose(weights[0], np.diag([1 / 3, 1 / 5]) * np.log(5))
    np.testing.assert_allclose(
        weights[1],
        [[2 / 3 * np.log(1 + 4 / 3), 0], [1 / 5 * np.log(1 + 4 / 3), 3 / 5 * np.log(1 + 4 / 3)]],
    )


@pytest.mark.parametrize("backbone", [USVD, SVDLR])
def test_the_words_of_xtra_can_be_asked_for(backbone):
    vectors = make_vectors()
    topics, counts = learn(backbone(word_weights="xtra"), vectors)
    for number, labels in enumerate(clusters_of(topics, vectors)):
        weights = class_tfidf(counts[number], labels, 3)
        np.testing.assert_allclose(topics.distributions[number], weights / weights.sum(1, keepdims=True))


def test_a_word_that_occurs_nowhere_has_no_weight():
    counts = sparse.csr_array([[1, 0], [2, 0]])
    (weights,) = joint_class_tfidf([counts], [np.array([0, 1])], 3)
    assert np.isfinite(weights).all()
    assert not weights[:, 1].any()
    assert not weights[2].any()


def test_k_means_starts_ten_times_as_in_the_authors_code():
    vectors = make_vectors()
    with patch.object(svd, "KMeans", wraps=svd.KMeans) as kmeans:
        learn(USVD(), vectors)
    assert kmeans.call_args.kwargs == {"n_init": 10, "max_iter": 300, "random_state": 0}


def test_another_name_of_word_weights_is_refused():
    with pytest.raises(InputError) as caught:
        SVDLR(word_weights="tfidf").check()
    assert str(caught.value) == (
        "The 'word_weights' parameter of SVDLR must be a str among {'bertopic', 'xtra'}. Got 'tfidf' instead."
    )


@pytest.mark.parametrize("backbone", [USVD(temperature=0.3), SVDLR(temperature=0.3)])
def test_theta_is_the_stated_softmax_of_squared_distances(backbone):
    vectors = make_vectors()
    topics, counts = learn(backbone, vectors)
    rows = np.vstack(vectors) @ topics.projection
    squares = ((rows[:, np.newaxis] - topics.centroids) ** 2).sum(2)
    expected = np.exp(-squares / (0.3 * squares.min(1).mean()))
    expected /= expected.sum(1, keepdims=True)
    actual = [topics.proportions(Documents(*of), 0) for of in zip(counts, vectors, strict=True)]
    np.testing.assert_allclose(np.vstack(actual), expected, rtol=1e-4)


def test_the_prior_is_the_clusters_shares():
    vectors = make_vectors()
    topics, counts = learn(USVD(), vectors)
    theta = np.vstack([topics.proportions(Documents(*of), 0) for of in zip(counts, vectors, strict=True)])
    np.testing.assert_allclose(topics.prior, np.bincount(theta.argmax(1), minlength=3) / 70)


@pytest.mark.parametrize("word_weights", ["bertopic", "xtra"])
def test_a_cluster_without_documents_in_a_language_has_words_that_are_all_alike(word_weights):
    rng = np.random.default_rng(0)
    far = np.array([[9.0, 0.0]] * 5 + [[0.0, 9.0]] * 5)
    vectors = [part + 0.01 * rng.normal(size=part.shape) for part in (far, far[:5])]
    backbone = SVDLR(word_weights=word_weights)
    topics, _ = learn(backbone, [part.astype(np.float32) for part in vectors], n_components=2)
    assert any((np.ptp(part, axis=1) == 0).any() for part in topics.distributions)


def test_too_few_documents_are_refused():
    with pytest.raises(InputError) as caught:
        learn(USVD(), [part[:2] for part in make_vectors()], n_components=5)
    assert str(caught.value) == (
        "X holds 4 documents with a known word, too few for 5 clusters, one per topic. Lower n_components."
    )


def separable_corpus(languages, n_topics=5, n_own=15, n_common=60, n_documents=300, length=40):
    """Documents of one topic each; a topic has words of its own, and all share the common ones."""
    rng = np.random.default_rng(0)
    own = 0.9 ** np.arange(n_own)
    topics = np.full((n_topics, n_topics * n_own + n_common), 0.3 / n_common)
    topics[:, : n_topics * n_own] = 0.7 * np.kron(np.eye(n_topics), own / own.sum())
    words = [f"w{number}" for number in range(topics.shape[1])]
    labels = {code: rng.integers(0, n_topics, n_documents) for code in languages}
    counts = {code: rng.multinomial(length, topics[labels[code]]) for code in languages}
    lexicons = [Lexicon(zip(words, words, strict=True), (languages[0], code)) for code in languages[1:]]
    return Corpus.from_counts(counts, dict.fromkeys(languages, words)), lexicons, topics


@pytest.mark.parametrize("backbone", [USVD(n_dimensions=6, n_init=5), SVDLR(n_init=5)])
@pytest.mark.parametrize("languages", [("en", "zh"), ("en", "ja", "zh")])
def test_known_topics_are_found_and_linked(backbone, languages, linked_precision):
    corpus, lexicons, topics = separable_corpus(languages)
    model = CrossLingualTopicModel(5, backbone=backbone, lexicon=lexicons, random_state=0).fit(corpus)
    assert linked_precision(model.topic_word_, dict.fromkeys(languages, topics), 10) > 0.9


class TestDocumentsEmbeddings:
    data = make_multilingual_corpus(n_documents=30, n_components=3, vocabulary_sizes=40, random_state=0)
    vectors = data.theta.astype(np.float32)

    def test_given_for_training_they_are_asked_for_later(self):
        model = CrossLingualTopicModel(
            3, backbone="usvd", document_embeddings=self.vectors, random_state=0
        ).fit(self.data.corpus)
        with pytest.raises(InputError) as caught:
            model.transform(self.data.corpus)
        assert str(caught.value) == (
            "Backbone 'USVD' reads documents by their embeddings, and those of training were given as arrays. "
            "Give new documents as a Corpus with embedding=, made in the same way."
        )

    def test_within_the_corpus_they_are_read_before_and_after_saving(self, tmp_path):
        counts = {code: self.data.corpus.counts_of(code) for code in ("en", "zh")}
        embedding = {"en": self.vectors[:30], "zh": self.vectors[30:]}
        corpus = Corpus.from_counts(counts, self.data.corpus.vocabularies, embedding=embedding)
        model = CrossLingualTopicModel(3, backbone="usvd", random_state=0).fit(corpus)
        theta = model.transform(corpus)
        model.save(tmp_path / "model")
        loaded = CrossLingualTopicModel.load(tmp_path / "model")
        np.testing.assert_array_equal(loaded.transform(corpus), theta)
        with pytest.raises(InputError, match="have 2 dimensions, but those that training began with have 3"):
            loaded.transform(
                Corpus.from_counts(
                    counts,
                    self.data.corpus.vocabularies,
                    embedding={code: part[:, :2] for code, part in embedding.items()},
                )
            )

    def test_a_learnt_encoder_is_used_even_where_the_new_corpus_has_embeddings(self):
        model = CrossLingualTopicModel(3, backbone="usvd", lexicon=self.data.lexicon, random_state=0)
        expected = model.fit_transform(self.data.corpus)
        counts = {code: self.data.corpus.counts_of(code) for code in ("en", "zh")}
        other = Corpus.from_counts(
            counts,
            self.data.corpus.vocabularies,
            embedding={"en": self.vectors[:30], "zh": self.vectors[30:]},
        )
        np.testing.assert_array_equal(model.transform(other), expected)

    def test_the_encoder_of_documents_is_saved_even_where_one_of_words_was_learnt_beside_it(self, tmp_path):
        encoder = AlignedWordEncoder(n_dimensions=5, random_state=3)
        model = CrossLingualTopicModel(
            3, backbone="usvd", lexicon=self.data.lexicon, document_embeddings=encoder, random_state=0
        ).fit(self.data.corpus)
        refined = LLMRefiner(model, n_words=4, max_epochs=0).fit(self.data.corpus).model_
        assert set(state_of(refined).encoders) == {"encoder", "document_embeddings"}
        refined.save(tmp_path / "model")
        loaded = CrossLingualTopicModel.load(tmp_path / "model")
        np.testing.assert_array_equal(loaded.transform(self.data.corpus), model.transform(self.data.corpus))
