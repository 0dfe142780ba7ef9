"""Parameters that are checked in one place: numbers, numbers of words, and parameters within parameters."""

import threading

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skxtm import Corpus, CrossLingualTopicModel, CrossLingualVectorizer, LLMRefiner
from skxtm._parameters import check_number
from skxtm.backbones import CoreCTM
from skxtm.datasets import make_multilingual_corpus
from skxtm.embeddings import AlignedWordEncoder
from skxtm.exceptions import InputError
from skxtm.metrics import (
    TopicUniquenessScorer,
    inverted_rbo,
    llm_coherence_score,
    topic_diversity,
    topic_uniqueness,
)
from skxtm.refinement import OfflineProposer, distinctive_names, parse_answer, refinement_prompts, vote
from skxtm.report import write_report

NO_NUMBERS = [None, "3", 2.5, np.float64(2.0), True, np.True_, np.array([1, 2]), [3]]
TOPICS = [{"en": ["rain", "wind"]}, {"en": ["goal", "team"]}]


@pytest.fixture(scope="module")
def data():
    return make_multilingual_corpus(n_documents=40, n_components=3, random_state=0)


@pytest.fixture(scope="module")
def model(data):
    return CrossLingualTopicModel(3, lexicon=data.lexicon, random_state=0).fit(data.corpus)


@pytest.mark.parametrize("value", [1, np.int8(1), np.uint64(3), np.array(2), 10**30])
def test_whole_numbers_of_any_kind_are_integers(value):
    check_number(value, "size", "Thing", 1, integer=True)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, -1, np.int64(0)], ids=repr)
def test_what_is_no_positive_integer_is_refused(value):
    with pytest.raises(InputError) as caught:
        check_number(value, "size", "Thing", 1, integer=True)
    assert str(caught.value) == (
        f"The 'size' parameter of Thing must be an integer in [1, inf). Got {value!r} instead."
    )


@pytest.mark.parametrize("value", [0, 0.0, -1, float("nan"), "0.5", None, True, 1.5], ids=repr)
def test_numbers_outside_an_interval_are_refused(value):
    with pytest.raises(InputError) as caught:
        check_number(value, "share", None, 0, 1, open_low=True)
    assert str(caught.value) == f"The 'share' parameter must be a number in (0, 1]. Got {value!r} instead."


def askers_of_words(model, path):
    """Everything that takes a number of top words, by name."""
    refiner = LLMRefiner(model, max_epochs=0, n_words=3, random_state=0)
    vectors = {"en": np.eye(4)}
    return {
        "model": model.get_topics,
        "table": model.get_topic_info,
        "report": lambda n: write_report(path / "topics.html", model, n_words=n),
        "refiner": lambda n: clone(refiner).set_params(n_words=n).fit(model_documents(model)),
        "uniqueness": lambda n: topic_uniqueness(TOPICS, n_words=n),
        "diversity": lambda n: topic_diversity(TOPICS, n_words=n),
        "rbo": lambda n: inverted_rbo(TOPICS, n_words=n),
        "rating": lambda n: llm_coherence_score(TOPICS, None, n_words=n),
        "scorer": lambda n: TopicUniquenessScorer(n_words=n)(model),
        "prompts": lambda n: refinement_prompts(TOPICS, n_words=n),
        "answer": lambda n: parse_answer("Topic 0: x\nEN: rain", topics=[0], languages=["en"], n_words=n),
        "names": lambda n: distinctive_names(TOPICS, n_words=n),
        "vote": lambda n: vote([{"en": [1]}], n_words=n, original={"en": [1]}),
        "proposer": lambda n: OfflineProposer().propose([{"en": [0]}], word_vectors=vectors, n_words=n),
    }


def model_documents(model):
    return make_multilingual_corpus(n_documents=40, n_components=3, random_state=0).corpus


@pytest.mark.parametrize("n_words", [0, -1, 2.5, True, "3", None], ids=repr)
def test_a_number_of_words_is_checked_alike_wherever_one_is_asked_for(model, tmp_path, n_words):
    messages = {}
    for name, ask in askers_of_words(model, tmp_path).items():
        with pytest.raises(InputError) as caught:
            ask(n_words)
        messages[name] = str(caught.value)
    assert {
        name: message for name, message in messages.items() if "The 'n_words' parameter" not in message
    } == {}
    assert all(f"must be an integer in [1, inf). Got {n_words!r} instead." in m for m in messages.values())


def test_numbers_of_words_may_be_of_numpy(model):
    assert model.get_topics(np.int32(2)) == model.get_topics(2)


def test_a_refiner_checks_the_number_of_words_as_its_model_does(model):
    refiner = LLMRefiner(model, max_epochs=0, n_words=3, random_state=0).fit(model_documents(model))
    with pytest.raises(InputError, match=r"^The 'n_words' parameter of get_topics must be an integer"):
        refiner.get_topics(-1)


def test_an_empty_corpus_has_topic_proportions_but_no_score(model, data):
    empty = data.corpus[:0]
    assert model.transform(empty).shape == (0, 3)
    with pytest.raises(InputError) as caught:
        model.score(empty)
    assert str(caught.value) == "X holds no documents, and so there is no score of them. Give at least one."


@pytest.mark.parametrize(
    ("estimator", "parameter", "message"),
    [
        (
            CrossLingualTopicModel(),
            "backbone__max_epochs",
            "The parameter 'backbone__max_epochs' cannot be set, because backbone='corectm' has no parameters. Pass "
            "backbone=CoreCTM(), whose parameters can be set.",
        ),
        (
            CrossLingualTopicModel(backbone="infoctm"),
            "backbone__weight_mi",
            "The parameter 'backbone__weight_mi' cannot be set, because backbone='infoctm' has no parameters. Pass "
            "backbone=InfoCTM(), whose parameters can be set.",
        ),
        (
            CrossLingualTopicModel(backbone="nothing"),
            "backbone__max_epochs",
            "The parameter 'backbone__max_epochs' cannot be set, because backbone='nothing' has no parameters. Pass "
            "backbone=CoreCTM(), whose parameters can be set.",
        ),
        (
            CrossLingualTopicModel(backbone=CoreCTM),
            "backbone__max_epochs",
            "The parameter 'backbone__max_epochs' cannot be set, because backbone=<class "
            "'skxtm.backbones.corectm.CoreCTM'> has no parameters. Pass backbone=CoreCTM(), whose parameters can be "
            "set.",
        ),
        (
            CrossLingualTopicModel(),
            "vectorizer__min_df",
            "The parameter 'vectorizer__min_df' cannot be set, because vectorizer=None has no parameters. Pass "
            "vectorizer=CrossLingualVectorizer(), whose parameters can be set.",
        ),
        (
            CrossLingualTopicModel(),
            "lexicon__match",
            "The parameter 'lexicon__match' cannot be set, because lexicon=None has no parameters. Set it whole.",
        ),
        (
            CrossLingualVectorizer(),
            "tokenizer__mode",
            "The parameter 'tokenizer__mode' cannot be set, because tokenizer='auto' has no parameters. Set it whole.",
        ),
        (
            LLMRefiner(CrossLingualTopicModel()),
            "llm__model",
            "The parameter 'llm__model' cannot be set, because llm=None has no parameters. Pass "
            "llm=OpenAIChat(...), whose parameters can be set.",
        ),
        (
            LLMRefiner(CrossLingualTopicModel()),
            "estimator__backbone__max_epochs",
            "The parameter 'backbone__max_epochs' cannot be set, because backbone='corectm' has no parameters. Pass "
            "backbone=CoreCTM(), whose parameters can be set.",
        ),
        (
            AlignedWordEncoder(),
            "pretrained__batch_size",
            "The parameter 'pretrained__batch_size' cannot be set, because pretrained=None has no parameters. Pass "
            "pretrained=UniversalSentenceEncoder(), whose parameters can be set.",
        ),
    ],
)
def test_a_parameter_of_what_is_no_object_cannot_be_set(estimator, parameter, message):
    with pytest.raises(InputError) as caught:
        estimator.set_params(**{parameter: 3})
    assert str(caught.value) == message


def test_a_search_says_so_too(data):
    model = CrossLingualTopicModel(2, lexicon=data.lexicon)
    with pytest.raises(InputError, match=r"^The parameter 'backbone__n_units' cannot be set, because"):
        GridSearchCV(model, {"backbone__n_units": [5]}, cv=2).fit(data.corpus)


def test_parameters_of_an_object_can_be_set_with_it_or_after_it():
    model = CrossLingualTopicModel().set_params(backbone__max_epochs=3, backbone=CoreCTM())
    assert model.backbone.max_epochs == 3
    assert model.set_params(backbone__max_epochs=4).backbone.max_epochs == 4
    model.set_params(vectorizer=CrossLingualVectorizer(), vectorizer__min_df=1)
    assert model.vectorizer.min_df == 1


def test_a_parameter_that_does_not_exist_is_named_as_scikit_learn_does():
    with pytest.raises(ValueError, match="Invalid parameter 'backbones' for estimator"):
        CrossLingualTopicModel().set_params(backbones__max_epochs=3)


class Locked:
    """Cuts texts and encodes them, and holds what cannot be copied, as tools of other packages do."""

    def __init__(self):
        self.lock = threading.RLock()

    def cut(self, text):
        return text.split()

    def encode(self, texts):
        return np.array([[len(text), 1.0] for text in texts])


class TestToolsThatCannotBeCopied:
    @pytest.mark.parametrize("by_language", [False, True])
    def test_a_vectorizer_takes_any_function_from_text_to_words(self, by_language):
        cut = Locked().cut
        documents = [("rain wind", "en"), ("Regen", "de")]
        vectorizer = CrossLingualVectorizer(
            min_df=1, max_df=1.0, stop_words=None, tokenizer={"en": cut} if by_language else cut
        )
        model = CrossLingualTopicModel(1, vectorizer=vectorizer, random_state=0)
        assert vectorizer.fit(documents).vocabularies_["en"].tolist() == ["rain", "wind"]
        assert model.fit([(text, "en") for text, _ in documents[:1] * 3]).vectorizer_.tokenizers_["en"] == cut
        assert clone(model).vectorizer.get_params() == vectorizer.get_params()

    def test_a_copy_keeps_its_functions_when_the_dict_they_came_in_changes(self):
        tokenizers = {"en": Locked().cut, "de": "spaced"}
        copied = clone(CrossLingualVectorizer(tokenizer=tokenizers))
        before = dict(tokenizers)
        tokenizers["en"] = list
        assert copied.tokenizer == before

    def test_a_refiner_fits_a_model_whose_encoder_the_model_itself_fits_with(self, data):
        corpus = Corpus(
            data.corpus.language,
            text=["a" * (row % 5 + 1) for row in range(len(data.corpus))],
            counts=data.corpus.counts,
            vocabularies=data.corpus.vocabularies,
        )
        encoder = Locked()
        model = CrossLingualTopicModel(
            3,
            backbone="xtra",
            lexicon=data.lexicon,
            document_embeddings=encoder,
            max_epochs=1,
            random_state=0,
        )
        refiner = LLMRefiner(model, llm=OfflineProposer(), max_epochs=1).fit(corpus)
        assert refiner.estimator is model
        assert not hasattr(model, "components_")
        assert clone(model).document_embeddings is encoder

    def test_what_can_be_copied_still_is(self):
        vectors = {"en": np.ones((2, 2))}
        model = CrossLingualTopicModel(word_embeddings=vectors, backbone=CoreCTM())
        copied = clone(model)
        assert copied.word_embeddings["en"] is not vectors["en"]
        assert copied.backbone is not model.backbone
