"""What a model learnt: attributes that exist only after `fit`, and copies that share nothing that training changes."""

import copy
import inspect
import pickle
from dataclasses import fields

import numpy as np
import pytest

from skxtm import CrossLingualTopicModel
from skxtm._model.state import Learnt, Settings, copied, state_of
from skxtm.backbones import CoreCTM
from skxtm.datasets import make_multilingual_corpus

DATA = make_multilingual_corpus(n_documents=20, n_components=3, vocabulary_sizes=25, random_state=0)
CORPUS = DATA.corpus
LEARNT = [name for name, value in vars(CrossLingualTopicModel).items() if isinstance(value, Learnt)]


def make_model(backbone="nmtm", **parameters):
    given = {"lexicon": DATA.lexicon, "max_epochs": 2, "batch_size": 8, "random_state": 0}
    return CrossLingualTopicModel(3, backbone=backbone, **{**given, **parameters})


def test_ten_attributes_read_the_state():
    assert sorted(LEARNT) == [
        "backbone_",
        "components_",
        "history_",
        "languages_",
        "n_iter_",
        "network_",
        "resources_",
        "topic_weight_",
        "vectorizer_",
        "vocabularies_",
    ]


@pytest.mark.parametrize("name", LEARNT)
def test_what_is_learnt_does_not_exist_before_fit(name):
    with pytest.raises(AttributeError) as caught:
        getattr(make_model(), name)
    assert str(caught.value) == f"'CrossLingualTopicModel' object has no attribute {name!r}"
    assert isinstance(getattr(CrossLingualTopicModel, name), Learnt)


def test_what_the_backbone_does_not_have_does_not_exist_and_what_is_none_does():
    model = make_model("mtanchor").fit(CORPUS)
    with pytest.raises(
        AttributeError, match=r"^'CrossLingualTopicModel' object has no attribute 'network_'$"
    ):
        _ = model.network_
    assert model.vectorizer_ is None


def test_a_model_that_began_and_did_not_finish_is_not_fitted():
    model = make_model()
    model._start(CORPUS)
    assert not hasattr(model, "components_")
    assert not hasattr(model, "topic_weight_")
    assert hasattr(model, "network_")


def test_settings_hold_every_parameter_of_the_estimator():
    names = list(inspect.signature(CrossLingualTopicModel).parameters)
    assert sorted(part.name for part in fields(Settings)) == sorted(names)
    model = make_model(device="cpu", verbose=0)
    assert vars(Settings.of(model)) == {name: getattr(model, name) for name in names}


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, False), (np.ones((2, 2)), True), ({"en": np.ones((1, 2))}, True), ("a/model", False)],
)
def test_arrays_of_document_embeddings_are_told_from_encoders(given, expected):
    assert Settings.of(make_model(document_embeddings=given)).has_document_arrays is expected


def snapshot(model):
    state = state_of(model)
    return pickle.dumps(
        (
            {name: value.numpy().tolist() for name, value in model.network_.state_dict().items()},
            state.trainer,
            state.history,
            state.n_iter,
            state.components.tolist(),
            state.topic_weight.tolist(),
            sorted(state.encoders),
        )
    )


@pytest.mark.parametrize("backbone", ["nmtm", "gloctm"])
@pytest.mark.parametrize("make_copy", [copied, copy.deepcopy])
def test_training_a_copy_leaves_the_model_as_it_is(backbone, make_copy):
    model = make_model(backbone).partial_fit(CORPUS)
    before = snapshot(model)
    twin = make_copy(model)
    twin.partial_fit(CORPUS)
    assert snapshot(model) == before
    at_once = make_model(backbone).fit(CORPUS)
    for each in (twin, model.partial_fit(CORPUS)):
        np.testing.assert_array_equal(each.components_, at_once.components_)
        assert each.history_ == at_once.history_


def test_a_copy_shares_parameters_and_gets_encoders_of_its_own():
    encoder = make_model("gloctm").fit(CORPUS)
    twin = copied(encoder)
    assert twin.lexicon is encoder.lexicon
    learnt = state_of(encoder).encoders
    assert state_of(twin).encoders == learnt
    state_of(twin).encoders.clear()
    assert set(state_of(encoder).encoders) == {"encoder"}


def test_a_pickled_state_holds_arrays_where_the_network_was():
    model = make_model().fit(CORPUS)
    values = state_of(model).__getstate__()
    assert {type(value) for value in values["network"].values()} == {np.ndarray}
    again = pickle.loads(pickle.dumps(model))
    assert not again.network_.training
    np.testing.assert_array_equal(again.transform(CORPUS), model.transform(CORPUS))


class TestKeptReader:
    """What read documents last reads the next ones, and never with weights of before."""

    def test_it_is_made_once_while_nothing_changes(self, monkeypatch):
        model = make_model().fit(CORPUS)
        made = []
        monkeypatch.setattr(
            "skxtm.training.inference.copy.deepcopy", lambda network: made.append(1) or copy.deepcopy(network)
        )
        first = model.transform(CORPUS)
        n_made = len(made)
        for _ in range(3):
            np.testing.assert_array_equal(model.transform(CORPUS), first)
        assert len(made) == n_made <= 1

    @pytest.mark.parametrize("backbone", ["nmtm", "corectm"])  # with statistics of batches, and without
    @pytest.mark.parametrize("change", ["trained", "in place", "other tensors", "other network"])
    def test_it_is_made_anew_after_every_change(self, change, backbone):
        import torch

        model = make_model(CoreCTM(weight_reconstruction=1.0) if backbone == "corectm" else backbone).fit(
            CORPUS
        )
        before = model.transform(CORPUS)
        network = state_of(model).network
        name, weight = list(network.named_parameters())[-1 if backbone == "corectm" else 0]
        if change == "trained":
            model.partial_fit(CORPUS)
        elif change == "in place":
            with torch.no_grad():
                weight.copy_(weight.flip(0))
        elif change == "other tensors":
            weight.data = weight.data.flip(0)
        else:
            state_of(model).network = copy.deepcopy(network)
            with torch.no_grad():
                dict(state_of(model).network.named_parameters())[name].copy_(weight.flip(0))
        after = model.transform(CORPUS)
        assert not np.array_equal(after, before)
        state_of(model).kept_reader = None
        np.testing.assert_array_equal(model.transform(CORPUS), after)

    def test_it_is_neither_copied_nor_pickled(self):
        model = make_model().fit(CORPUS)
        model.transform(CORPUS)
        assert state_of(model).kept_reader is not None
        assert state_of(copied(model)).kept_reader is None
        assert state_of(pickle.loads(pickle.dumps(model))).kept_reader is None
