"""What every backbone must do, with two and with three languages."""

import copy
import pickle
from unittest.mock import patch

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from skxtm import Corpus, CrossLingualTopicModel, Lexicon
from skxtm.backbones import backbone_class, backbone_names
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError, MissingResourceError, UnknownWordsWarning

LANGUAGES = {2: ("en", "zh"), 3: ("en", "ja", "zh")}
N_WORDS = 25


def make_lexicons(data, languages):
    """One lexicon for each pair; missing ones go through the first language."""
    lexicons = list(data.lexicons)
    given = {frozenset(lexicon.languages) for lexicon in lexicons}
    if len(languages) == 3 and frozenset(languages[1:]) not in given:
        by_target = {code: next(x for x in lexicons if code in x.languages) for code in languages[1:]}
        towards, away = (
            lexicon if (lexicon.languages[0] == code) is (code == languages[1]) else lexicon.inverse()
            for code, lexicon in by_target.items()
        )
        lexicons.append(Lexicon.compose(towards, away))
    return lexicons


class Case:
    """A backbone, its data, and one model fitted on it."""

    def __init__(self, backbone, n_languages):
        self.backbone = backbone
        self.languages = LANGUAGES[n_languages]
        self.data = make_multilingual_corpus(
            n_documents=20,
            n_components=3,
            languages=self.languages,
            vocabulary_sizes=N_WORDS,
            random_state=0,
        )
        self.corpus = self.data.corpus
        self.lexicons = make_lexicons(self.data, self.languages)
        self.fitted = self.model().fit(self.corpus)
        self.theta = self.fitted.transform(self.corpus)

    def model(self, **parameters):
        given = {"lexicon": self.lexicons, "max_epochs": 2, "batch_size": 8, "random_state": 0}
        return CrossLingualTopicModel(3, **{"backbone": self.backbone, **given, **parameters})


@pytest.fixture(
    scope="module",
    params=[(name, n) for name in backbone_names() for n in LANGUAGES],
    ids=lambda case: f"{case[0]}-{case[1]}",
)
def case(request):
    return Case(*request.param)


def assert_same_model(model, case):
    np.testing.assert_array_equal(model.transform(case.corpus), case.theta)
    np.testing.assert_array_equal(model.components_, case.fitted.components_)


def test_what_is_learnt_has_its_shape_and_lies_on_the_simplex(case):
    n_languages = len(case.languages)
    assert case.theta.shape == (20 * n_languages, 3)
    assert case.fitted.components_.shape == (3, N_WORDS * n_languages)
    for proportions in (case.theta, *case.fitted.topic_word_.values()):
        assert (proportions >= 0).all()
        np.testing.assert_allclose(proportions.sum(1), 1, rtol=1e-5)
    assert set(case.fitted.get_topics(5)[0]) == set(case.languages)
    assert np.isfinite(case.fitted.score(case.corpus))


def test_every_loss_term_is_recorded_finite_and_adds_up(case):
    history = dict(case.fitted.history_)
    total = history.pop("loss")
    assert {"reconstruction", "kl"} <= set(history)
    assert {len(values) for values in history.values()} == {2}
    np.testing.assert_allclose(np.sum(list(history.values()), axis=0), total, rtol=1e-4)
    assert np.isfinite(total).all()


def test_the_same_seed_gives_the_same_bits_and_a_clone_is_the_same_model(case):
    again = clone(case.model()).fit(case.corpus)
    assert_same_model(again, case)
    assert again.history_ == case.fitted.history_


def test_another_seed_gives_another_model(case):
    other = case.model(random_state=1).fit(case.corpus)
    assert not np.array_equal(other.components_, case.fitted.components_)


def test_a_document_has_the_same_proportions_whatever_else_is_in_the_call(case):
    rows = np.arange(len(case.corpus))[::-3]
    np.testing.assert_array_equal(case.fitted.transform(case.corpus[rows]), case.theta[rows])


def test_partial_fit_once_per_epoch_equals_fit(case):
    pieces = case.model().partial_fit(case.corpus)
    pieces = pickle.loads(pickle.dumps(pieces)).partial_fit(case.corpus)
    assert_same_model(pieces, case)
    assert pieces.history_ == case.fitted.history_


def test_statistics_of_the_final_weights_can_be_asked_for(case):
    backbone = backbone_class(case.backbone)(batch_norm_momentum=None)
    settled = case.model(backbone=backbone).fit(case.corpus)
    pieces = case.model(backbone=backbone).partial_fit(case.corpus).partial_fit(case.corpus)
    np.testing.assert_array_equal(pieces.transform(case.corpus), settled.transform(case.corpus))
    np.testing.assert_array_equal(settled.components_, case.fitted.components_)
    assert not np.array_equal(settled.transform(case.corpus), case.theta)


def test_partial_fit_takes_other_documents(case):
    model = case.model().partial_fit(case.corpus).partial_fit(case.corpus[::2])
    assert model.n_iter_ == 2
    assert np.isfinite(model.components_).all()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_are_the_same_model(case, copied):
    assert_same_model(copied(case.fitted), case)


def test_a_loaded_model_is_the_same_model_and_can_be_trained_further(case, tmp_path):
    case.fitted.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    assert_same_model(loaded, case)
    assert loaded.score(case.corpus) == case.fitted.score(case.corpus)
    assert loaded.partial_fit(case.corpus).n_iter_ == 3


def test_training_resumed_from_a_file_equals_training_at_once(case, tmp_path):
    case.model().partial_fit(case.corpus).save(tmp_path / "checkpoint", resumable=True)
    resumed = CrossLingualTopicModel.load(tmp_path / "checkpoint").partial_fit(case.corpus)
    assert_same_model(resumed, case)
    assert resumed.history_ == case.fitted.history_


def test_the_network_moves_as_a_whole(case):
    moved = copy.deepcopy(case.fitted)
    moved.network_.to("cpu")
    assert_same_model(moved, case)
    network = copy.deepcopy(case.fitted.network_).to("meta")
    tensors = [*network.parameters(), *network.buffers()]
    assert {tensor.device.type for tensor in tensors} == {"meta"}


def test_the_backbone_may_be_an_object_whose_parameters_are_reached_by_name(case):
    model = case.model(backbone=backbone_class(case.backbone)())
    model.set_params(backbone__n_units=7)
    assert clone(model).backbone.n_units == 7
    assert model.fit(case.corpus).backbone_.n_units == 7


def test_a_missing_resource_is_named(case):
    with pytest.raises(MissingResourceError) as caught:
        case.model(lexicon=None).fit(case.corpus)
    assert str(caught.value).startswith(f"Backbone {backbone_class(case.backbone).__name__!r} needs ")
    assert "lexicon=" in str(caught.value)


def test_one_language_is_refused_where_two_are_needed(case):
    name = backbone_class(case.backbone).__name__
    english = case.corpus[case.corpus.rows_of("en")]
    with pytest.raises(InputError) as caught:
        case.model().fit(english)
    assert str(caught.value).startswith(f"X holds documents in 'en' only, but {name} ")


def test_documents_without_a_known_word_are_left_out_of_training_with_all_that_is_known_of_them(case):
    rng = np.random.default_rng(0)
    words = {code: rng.normal(size=(N_WORDS, 4)) for code in case.languages}
    counts = {code: case.corpus.counts_of(code) for code in case.languages}
    vectors = {code: rng.normal(size=(20, 4)) for code in case.languages}
    blank = sparse.csr_array((1, N_WORDS), dtype=int)
    mixed_counts = {code: sparse.csr_array(sparse.vstack([blank, block])) for code, block in counts.items()}
    mixed_vectors = {code: np.vstack([np.full((1, 4), 9.0), block]) for code, block in vectors.items()}
    plain = Corpus.from_counts(counts, case.corpus.vocabularies, embedding=vectors)
    mixed = Corpus.from_counts(mixed_counts, case.corpus.vocabularies, embedding=mixed_vectors)
    expected = case.model(word_embeddings=words).fit(plain)
    with pytest.warns(UnknownWordsWarning):
        model = case.model(word_embeddings=words).fit(mixed)
    np.testing.assert_array_equal(model.components_, expected.components_)
    assert model.history_ == expected.history_


def test_the_number_of_steps_does_not_change_how_often_a_gpu_would_wait_for_the_host(case, recorder):
    waits = []
    for batch_size, n_steps in ((20, 1), (4, 5)):
        model = case.model(batch_size=batch_size).partial_fit(case.corpus)
        steps = patch.object(model.network_, "step", wraps=model.network_.step)
        before = len(recorder.waiting)
        with recorder, steps as step:
            model.partial_fit(case.corpus)
        assert step.call_count == n_steps
        waits.append(len(recorder.waiting) - before)
    assert waits[0] == waits[1]
