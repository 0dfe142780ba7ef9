"""What a model gathers for its backbone: embeddings and clusters, given or learnt."""

import numpy as np
import pytest

from skxtm import Corpus, CrossLingualTopicModel, Lexicon, LLMRefiner
from skxtm._model.state import state_of
from skxtm.backbones import XTRA, backbone_class
from skxtm.datasets import make_multilingual_corpus
from skxtm.embeddings import AlignedWordEncoder
from skxtm.exceptions import InputError, MissingResourceError


@pytest.fixture(scope="module")
def data():
    return make_multilingual_corpus(n_documents=20, n_components=3, vocabulary_sizes=25, random_state=0)


class CountingEncoder:
    """Encodes nothing of interest, and counts how often it is asked."""

    def __init__(self, n_dimensions=4):
        self.n_dimensions = n_dimensions
        self.n_calls = 0

    def encode_corpus(self, corpus):
        self.n_calls += 1
        return np.random.default_rng(0).normal(size=(len(corpus), self.n_dimensions))

    def encode_words(self, words, language):
        self.n_calls += 1
        return np.random.default_rng(len(language)).normal(size=(len(words), self.n_dimensions))


def make_model(data, backbone, **parameters):
    given = {"lexicon": data.lexicon, "max_epochs": 1, "random_state": 0}
    return CrossLingualTopicModel(3, backbone=backbone, **{**given, **parameters})


def embedded(data, vectors):
    counts = {code: data.corpus.counts_of(code) for code in data.corpus.languages}
    return Corpus.from_counts(counts, data.corpus.vocabularies, embedding=vectors)


def random_vectors(data, n_dimensions=4):
    rng = np.random.default_rng(1)
    return {
        code: rng.normal(size=(len(data.corpus.rows_of(code)), n_dimensions))
        for code in data.corpus.languages
    }


def test_nothing_is_embedded_for_a_backbone_that_needs_no_embeddings(data):
    encoder = CountingEncoder()
    make_model(data, "nmtm", word_embeddings=encoder, document_embeddings=encoder).fit(data.corpus)
    assert encoder.n_calls == 0


def test_the_corpus_own_embeddings_serve_where_none_are_given(data):
    vectors = random_vectors(data)
    own = make_model(data, "xtra", lexicon=None).fit(embedded(data, vectors))
    given = make_model(data, "xtra", lexicon=None, document_embeddings=vectors).fit(data.corpus)
    stacked = np.vstack(list(vectors.values()))
    array = make_model(data, "xtra", lexicon=None, document_embeddings=stacked).fit(data.corpus)
    np.testing.assert_array_equal(own.components_, given.components_)
    np.testing.assert_array_equal(own.components_, array.components_)


def test_embeddings_that_are_given_win_over_the_corpus_own(data):
    encoder = CountingEncoder()
    model = make_model(data, "xtra", document_embeddings=encoder)
    model.fit(embedded(data, random_vectors(data)))
    assert encoder.n_calls == 1


@pytest.mark.parametrize("backbone", ["nmtm", "infoctm", "corectm", "mcta", "mtanchor"])
def test_two_lexicons_of_a_pair_are_taken_together(data, backbone):
    pairs = list(data.lexicon)
    first, second = (Lexicon(half, ("en", "zh"), match="literal") for half in (pairs[:13], pairs[13:]))
    whole = make_model(data, backbone).fit(data.corpus)
    for halves in ([first, second.inverse()], [second, first], [[first], [second, first]]):
        model = make_model(data, backbone, lexicon=halves).fit(data.corpus)
        np.testing.assert_array_equal(model.components_, whole.components_)


def test_an_encoder_that_must_be_learnt_is_learnt_from_the_first_documents_only(data):
    encoder = AlignedWordEncoder(n_dimensions=5, random_state=0)
    model = make_model(data, "gloctm", word_embeddings=encoder).partial_fit(data.corpus)
    learnt = dict(state_of(model).encoders)
    model.partial_fit(data.corpus[::2])
    assert {"encoder", "word_embeddings"} == set(learnt) == set(state_of(model).encoders)
    assert all(state_of(model).encoders[name] is learnt[name] for name in learnt)
    assert not hasattr(encoder, "word_vectors_")


def test_clusters_that_are_given_fix_the_prior_and_the_first_weights(data):
    clusters = np.repeat([0, 1, 1, 2], 10)
    model = make_model(data, "xtra", clusters=clusters).fit(data.corpus)
    np.testing.assert_array_equal(state_of(model).constants["cluster_sizes"], [10, 20, 10])
    first = data.corpus.counts_of("en")[:10].sum(0)
    assert set(np.flatnonzero(state_of(model).constants["class_tfidf.0"][0] > 1e-6)) == set(
        np.flatnonzero(first)
    )


def message_of(call, *arguments, error=InputError):
    with pytest.raises(error) as caught:
        call(*arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    ("clusters", "message"),
    [
        (
            np.zeros(7, dtype=int),
            "The 'clusters' parameter has shape (7,), but X holds 40 documents; one label per document is needed.",
        ),
        (
            np.full(40, 3),
            "The 'clusters' parameter must hold integers from 0 to n_components - 1 = 2. Got int64 values from 3 to 3.",
        ),
        (
            np.zeros(40),
            "The 'clusters' parameter must hold integers from 0 to n_components - 1 = 2. Got float64 values from 0.0 to 0.0.",
        ),
    ],
)
def test_clusters_that_do_not_fit_are_refused(data, clusters, message):
    assert message_of(make_model(data, "xtra", clusters=clusters).fit, data.corpus) == message


def test_a_cluster_language_that_does_not_occur_is_refused(data):
    model = make_model(data, XTRA(cluster_language="fr"))
    assert message_of(model.fit, data.corpus) == (
        "The 'cluster_language' parameter of XTRA must be one of ['en', 'zh'], or None for the first. Got 'fr' "
        "instead."
    )


def test_embeddings_of_another_size_than_at_first_are_refused_also_after_loading(data, tmp_path):
    model = make_model(data, "xtra").fit(embedded(data, random_vectors(data, 4)))
    model.save(tmp_path / "model")
    others = embedded(data, random_vectors(data, 6))
    for started in (model, CrossLingualTopicModel.load(tmp_path / "model")):
        assert message_of(started.partial_fit, others) == (
            "The documents' embeddings have 6 dimensions, but those that training began with have 4. Encode all "
            "documents with the same encoder."
        )


@pytest.mark.parametrize(
    ("backbone", "parameters"),
    [
        ("infoctm", {}),
        ("gloctm", {}),
        ("gloctm", {"word_embeddings": CountingEncoder()}),
        ("xtra", {}),
    ],
)
def test_a_resource_that_can_neither_be_had_nor_learnt_is_named(data, backbone, parameters):
    model = make_model(data, backbone, lexicon=None, **parameters)
    name = type(backbone_class(backbone)()).__name__
    assert message_of(model.fit, data.corpus, error=MissingResourceError).startswith(
        f"Backbone {name!r} needs something that connects ['en', 'zh']: there is no lexicon for en-zh; given: none. "
    )


def test_clusters_are_learnt_once_and_other_documents_assigned_to_them(data):
    model = make_model(data, "xtra").partial_fit(data.corpus)
    clusters = state_of(model).clusters
    model.partial_fit(data.corpus[::2])
    assert state_of(model).clusters is clusters


def test_the_models_seed_is_that_of_all_that_it_gathers(data):
    model = make_model(data, "gloctm", random_state=5)
    _, materials = model._start(data.corpus)
    state = state_of(model)
    assert state.seed == materials.seed == state.encoders["encoder"].random_state
    assert state.seed != state_of(make_model(data, "gloctm", random_state=6).fit(data.corpus)).seed


def test_an_encoder_that_is_given_reads_new_documents_whatever_embeddings_they_bring(data):
    model = make_model(data, "usvd", document_embeddings=CountingEncoder())
    theta = model.fit_transform(embedded(data, random_vectors(data)))
    for corpus in (data.corpus, embedded(data, random_vectors(data, 6))):
        np.testing.assert_array_equal(model.transform(corpus), theta)


def test_documents_whose_embeddings_were_given_are_read_by_theirs_also_after_loading(data, tmp_path):
    own = embedded(data, random_vectors(data))
    model = make_model(data, "usvd").fit(own)
    model.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.transform(own), model.transform(own))
    for each in (model, CrossLingualTopicModel.load(tmp_path / "model")):
        assert message_of(each.transform, data.corpus) == (
            "Backbone 'USVD' reads documents by their embeddings, and those of training were given as arrays. Give "
            "new documents as a Corpus with embedding=, made in the same way."
        )
        assert message_of(each.transform, embedded(data, random_vectors(data, 6))) == (
            "The documents' embeddings have 6 dimensions, but those that training began with have 4. Encode all "
            "documents with the same encoder."
        )


def test_refined_topics_cannot_be_embedded_where_the_corpus_brought_its_embeddings(data):
    own = embedded(data, random_vectors(data))
    refiner = LLMRefiner(make_model(data, "xtra").fit(own), n_words=4, max_epochs=1, random_state=0)
    assert message_of(refiner.fit, own, error=MissingResourceError) == (
        "The documents' embeddings were given as arrays, so that those of refined topics are not known. Pass "
        "document_embeddings= the encoder that made them, or set weight_documents=0."
    )
    assert refiner.set_params(weight_documents=0).fit(own).n_iter_ == 1
