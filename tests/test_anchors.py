"""Anchors as users meet them: words, changed by hand."""

import numpy as np
import pytest

from skxtm import Corpus, CrossLingualTopicModel
from skxtm._model.state import state_of
from skxtm.backbones import MTAnchor
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError, InputTypeError

DATA = make_multilingual_corpus(
    n_documents=300, n_components=3, vocabulary_sizes=40, word_concentration=0.3, random_state=0
)


def make_model(backbone="mtanchor"):
    return CrossLingualTopicModel(3, backbone=backbone, lexicon=DATA.lexicon, random_state=0).fit(DATA.corpus)


def test_anchors_are_words_that_translate_each_other():
    for anchors in make_model().anchors_:
        (english,), (chinese,) = anchors["en"], anchors["zh"]
        assert english.removeprefix("en") == chinese.removeprefix("zh")


def test_new_anchors_give_new_topics_as_if_they_had_been_chosen_at_first():
    model = make_model()
    before = model.components_.copy()
    assert model.update_anchors(0, {"en": ["en5", "en7"]}) is model
    assert model.anchors_[0]["en"] == ["en5", "en7"]
    assert not np.array_equal(model.components_, before)
    np.testing.assert_allclose(model.components_.sum(1), 2)
    np.testing.assert_array_equal(model.topic_word_["zh"], before[:, 40:])  # that language kept its own
    assert model.topic_weight_.sum() == pytest.approx(1)


def test_changed_anchors_are_saved_and_can_be_changed_again(tmp_path):
    model = make_model().update_anchors(1, {"en": ["en3"], "zh": ["zh3", "zh4"]})
    model.save(tmp_path / "model")
    loaded = CrossLingualTopicModel.load(tmp_path / "model")
    assert loaded.anchors_ == model.anchors_
    np.testing.assert_array_equal(loaded.transform(DATA.corpus), model.transform(DATA.corpus))
    for either in (model, loaded):
        either.update_anchors(2, {"zh": ["zh9"]})
    np.testing.assert_array_equal(loaded.components_, model.components_)


@pytest.mark.parametrize(
    ("topic", "words", "message"),
    [
        (0, {"fr": ["a"]}, "anchors are given in 'fr', but the model's languages are ('en', 'zh')."),
        (0, {"en": ["rain"]}, "anchors in 'en' contain ['rain'], not in the vocabulary of the model."),
        (0, {"en": "en1"}, "anchors in 'en' must be a list of words. Got the string 'en1' instead."),
        (0, ["en1"], "words must be a dict with one entry per language. Got 'list'."),
        (0, {"en": []}, "anchors in 'en' must be at least one word; leave out 'en' to keep those it has."),
        *(
            (
                topic,
                {"en": ["en1"]},
                f"The 'topic' parameter of update_anchors must be an integer in [0, 2]. Got {topic!r} instead.",
            )
            for topic in (3, -1, 1.5, True, "0")
        ),
    ],
)
def test_anchors_that_cannot_be_are_refused_and_change_nothing(topic, words, message):
    model = make_model()
    before = model.components_.copy()
    with pytest.raises((InputError, InputTypeError)) as caught:
        model.update_anchors(topic, words)
    assert str(caught.value) == message
    np.testing.assert_array_equal(model.components_, before)


def test_a_word_without_company_is_named():
    words = [f"en{number}" for number in range(40)]
    counts = DATA.corpus.counts_of("en").toarray()
    counts[:, 7] = 0
    counts[0] = 0
    counts[0, 7] = 1  # alone in its document
    corpus = Corpus.from_counts({"en": counts}, {"en": words})
    model = CrossLingualTopicModel(3, backbone="mtanchor", random_state=0).fit(corpus)
    with pytest.raises(InputError) as caught:
        model.update_anchors(0, {"en": ["en7"]})
    assert str(caught.value) == (
        "anchors in 'en' contain ['en7'], which occur with no other word in the training documents. Choose "
        "others."
    )


def test_other_backbones_have_no_anchors():
    model = make_model(backbone="svd_lr")
    assert not hasattr(model, "anchors_")
    with pytest.raises(InputError) as caught:
        model.update_anchors(0, {"en": ["en1"]})
    assert str(caught.value) == "Backbone 'SVDLR' has no anchors to change; 'mtanchor' has."


def test_the_settings_of_the_fit_hold_for_later_changes():
    model = make_model(MTAnchor(tolerance=1e-3))
    model.set_params(backbone__tolerance=1e-9)
    assert state_of(model).topics.settings.tolerance == 1e-3
