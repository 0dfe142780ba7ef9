"""Corpora too small for a model: each backbone learns from them, or says in a sentence why it cannot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm import Corpus, CrossLingualTopicModel, CrossLingualVectorizer, Lexicon
from skxtm.backbones import backbone_class, backbone_names
from skxtm.exceptions import InputError, SkxtmError

WORDS = {"de": ["regen", "wind", "tor", "elf"], "en": ["rain", "wind", "goal", "team"]}
LEXICON = Lexicon(zip(*WORDS.values(), strict=True), tuple(WORDS), match="literal")
NAMES = [name for name in backbone_names() if backbone_class(name).__module__.startswith("skxtm.")]
ALL_ZERO = (
    "The documents' embeddings are all zero, as those learnt from one document in each language are, or of one "
    "word, so that there is nothing to cluster by. Give more documents, or document_embeddings=."
)
CLUSTERING = ["svd_lr", "usvd", "xtra"]


def make_model(name, n_components, **parameters):
    n_epochs = {"max_epochs": 2} if "max_epochs" in backbone_class(name)().get_params() else {}
    return CrossLingualTopicModel(
        n_components, backbone=name, lexicon=LEXICON, random_state=0, **n_epochs, **parameters
    )


def make_corpus(counts):
    vocabularies = {code: WORDS[code][: np.shape(rows)[1]] for code, rows in counts.items()}
    return Corpus.from_counts(counts, vocabularies)


def refusal(model, X):
    with pytest.raises(InputError) as caught:
        model.fit(X)
    return str(caught.value)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in CLUSTERING])
def test_one_document_in_each_language_is_enough_where_nothing_is_clustered(name):
    theta = make_model(name, 2).fit_transform(make_corpus({"de": [[1, 2]], "en": [[2, 1]]}))
    np.testing.assert_allclose(theta.sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", CLUSTERING)
def test_one_document_in_each_language_cannot_be_clustered_by_vectors_learnt_from_them(name):
    corpus = make_corpus({"de": [[1, 2]], "en": [[2, 1]]})
    assert refusal(make_model(name, 1), corpus) == ALL_ZERO


@pytest.mark.parametrize("name", NAMES)
def test_vocabularies_of_one_word_are_learnt_from_or_refused(name):
    corpus = make_corpus({"de": [[1], [2]], "en": [[1], [3]]})
    if name in CLUSTERING:
        assert refusal(make_model(name, 1), corpus) == ALL_ZERO
    else:
        assert make_model(name, 1).fit(corpus).get_topics() == [{"de": ["regen"], "en": ["rain"]}]


@pytest.mark.parametrize("name", NAMES)
def test_a_language_of_empty_documents_is_refused(name):
    vectorizer = CrossLingualVectorizer(min_df=1, max_df=1.0, stop_words=None)
    documents = [("rain wind", "en"), ("goal team", "en"), ("", "de"), (" ", "de")]
    assert refusal(make_model(name, 2, vectorizer=vectorizer), documents) == (
        "The documents in 'de' (2) hold no word: words have two or more characters, and a letter. Check their text, "
        "or pass tokenizer={'de': 'whitespace'}, which keeps all that stands between spaces."
    )
    counted = make_corpus({"de": [[0, 0]] * 2, "en": [[1, 2]] * 2})
    assert refusal(make_model(name, 2), counted) == (
        "X holds no document in 'de' with a known word. Give documents in every language of ['de', 'en']."
    )


@pytest.mark.parametrize("name", NAMES)
def test_far_more_topics_than_documents_are_refused_before_anything_of_their_size_is_made(name):
    corpus = make_corpus({"de": [[1, 2], [2, 1]], "en": [[1, 2]]})
    assert refusal(make_model(name, 10**6), corpus) == (
        "n_components=1000000 is too large for n_samples=3, the number of documents in X: beyond 100, there can be no "
        "more topics than documents. Lower n_components, or give more documents."
    )


def test_clusters_of_a_language_with_fewer_documents_than_topics_are_refused_by_its_code():
    corpus = make_corpus({"de": [[1, 2], [2, 1]], "en": [[1, 2], [1, 1], [0, 1]]})
    assert refusal(make_model("xtra", 4), corpus) == (
        "X holds 2 documents in 'de' with a known word, too few for 4 clusters, one per topic. Lower n_components, "
        "or pass clusters=."
    )


def test_documents_that_are_the_centres_of_their_clusters_have_one_topic_each():
    rng = np.random.default_rng(0)
    corpus = Corpus(
        ["de", "de", "en", "en"], counts=np.eye(4), vocabularies={"de": ["a", "b"], "en": ["c", "d"]}
    )
    vectors = rng.normal(size=(4, 6)).astype(np.float32)
    model = CrossLingualTopicModel(4, backbone="usvd", document_embeddings=vectors, random_state=0)
    theta = model.fit_transform(corpus)
    np.testing.assert_array_equal(np.sort(theta, axis=1), [[0, 0, 0, 1]] * 4)


@st.composite
def small_corpora(draw):
    n_words = draw(st.integers(1, 4))
    rows = st.lists(st.lists(st.integers(0, 2), min_size=n_words, max_size=n_words), min_size=1, max_size=4)
    return {code: draw(rows) for code in WORDS}


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.sampled_from(NAMES), small_corpora(), st.integers(1, 5))
@pytest.mark.filterwarnings("ignore::skxtm.exceptions.UnknownWordsWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_any_small_corpus_is_learnt_from_or_refused(name, counts, n_components):
    corpus = make_corpus(counts)
    try:
        model = make_model(name, n_components)
        theta = model.fit_transform(corpus)
    except SkxtmError:
        return
    assert np.isfinite(theta).all()
    np.testing.assert_allclose(theta.sum(1), 1, rtol=1e-4)
    np.testing.assert_allclose(model.topic_word_["de"].sum(1), 1, rtol=1e-4)
    np.testing.assert_allclose(model.transform(corpus), theta, atol=1e-5)
    assert np.isfinite(model.score(corpus))
