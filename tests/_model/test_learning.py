"""How documents are read: each in its place, those without a known word as the prior says, whatever fit fails."""

import copy
from unittest.mock import Mock

import numpy as np
import pytest
from scipy import sparse
from scipy.special import softmax

from skxtm import Corpus, CrossLingualTopicModel, CrossLingualVectorizer, Lexicon, LLMRefiner
from skxtm._model import learning
from skxtm._model.state import state_of
from skxtm.backbones import NMTM, CoreCTM
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError, MissingResourceError, TrainingError, UnknownWordsWarning

DATA = make_multilingual_corpus(n_documents=20, n_components=3, vocabulary_sizes=25, random_state=0)
CORPUS = DATA.corpus
LANGUAGES = ("en", "zh")
KINDS = ["nmtm", "xtra", "gloctm", "usvd", "mtanchor", "corectm"]
GAPS = np.array([2, 3, 9, 19])  # where documents without a known word are put: in the middle and at the end


def make_model(backbone="nmtm", **parameters):
    given = {"lexicon": DATA.lexicon, "max_epochs": 2, "batch_size": 8, "random_state": 0}
    return CrossLingualTopicModel(3, backbone=backbone, **{**given, **parameters})


def with_gaps(rows, fill):
    """Insert rows before the numbers in `GAPS`."""
    return np.insert(rows, GAPS, fill, axis=0)


@pytest.fixture(scope="module")
def plain_and_mixed():
    """The same documents alone, and between documents without a known word; with embeddings and clusters."""
    rng = np.random.default_rng(0)
    counts = {code: CORPUS.counts_of(code).toarray() for code in LANGUAGES}
    vectors = {code: rng.normal(size=(20, 4)) for code in LANGUAGES}
    clusters = {code: rng.integers(0, 3, 20) for code in LANGUAGES}
    plain = Corpus.from_counts(
        {code: sparse.csr_array(block) for code, block in counts.items()},
        CORPUS.vocabularies,
        embedding=vectors,
    )
    mixed = Corpus.from_counts(
        {code: sparse.csr_array(with_gaps(block, 0)) for code, block in counts.items()},
        CORPUS.vocabularies,
        embedding={code: with_gaps(block, 9.0) for code, block in vectors.items()},
    )
    alone = np.concatenate(list(clusters.values()))
    between = np.concatenate([with_gaps(part, 1) for part in clusters.values()])
    return (plain, alone), (mixed, between)


@pytest.mark.slow
@pytest.mark.parametrize("clusters_given", [False, True])
@pytest.mark.parametrize("backbone", KINDS)
def test_documents_between_unknown_ones_are_learnt_and_read_as_if_alone(
    plain_and_mixed, backbone, clusters_given
):
    (plain, alone), (mixed, between) = plain_and_mixed
    expected = make_model(backbone, clusters=alone if clusters_given else None)
    model = make_model(backbone, clusters=between if clusters_given else None)
    theta = expected.fit_transform(plain)
    with pytest.warns(UnknownWordsWarning):
        mixed_theta = model.fit_transform(mixed)
    np.testing.assert_array_equal(model.components_, expected.components_)
    assert model.history_ == expected.history_
    is_known = mixed.counts.sum(1) > 0
    np.testing.assert_array_equal(mixed_theta[is_known], theta)
    with pytest.warns(UnknownWordsWarning):
        np.testing.assert_array_equal(mixed_theta, model.transform(mixed))


def blank(n_documents=2):
    counts = {code: sparse.csr_array((n_documents, 25), dtype=int) for code in LANGUAGES}
    vectors = {code: np.full((n_documents, 4), 7.0) for code in LANGUAGES}
    return Corpus.from_counts(counts, CORPUS.vocabularies, embedding=vectors)


@pytest.mark.filterwarnings("ignore::skxtm.exceptions.UnknownWordsWarning")
class TestADocumentWithoutAKnownWord:
    """It gets the prior, which here is not uniform."""

    @pytest.mark.slow
    def test_has_the_shares_of_the_clusters_that_made_the_prior(self, tmp_path):
        clusters = np.repeat([0, 1, 2], [24, 12, 4])
        model = make_model("xtra", clusters=clusters).fit(CORPUS)
        model.save(tmp_path / "model")
        refiner = LLMRefiner(model, max_epochs=1, n_words=4, random_state=0).fit(CORPUS)
        for each in (model, CrossLingualTopicModel.load(tmp_path / "model"), refiner):
            np.testing.assert_allclose(each.transform(blank()), [[0.6, 0.3, 0.1]] * 4, rtol=1e-5)
            np.testing.assert_allclose(
                softmax(each.posterior_mean(blank()), 1), [[0.6, 0.3, 0.1]] * 4, rtol=1e-5
            )

    @pytest.mark.parametrize("backbone", ["usvd", "svd_lr"])
    def test_has_the_shares_of_the_clusters_that_were_learnt(self, backbone, tmp_path):
        model = make_model(backbone).fit(CORPUS)
        shares = np.bincount(model.transform(CORPUS).argmax(1), minlength=3) / len(CORPUS)
        assert np.ptp(shares) > 0.05
        model.save(tmp_path / "model")
        for each in (model, CrossLingualTopicModel.load(tmp_path / "model")):
            np.testing.assert_allclose(each.transform(blank()), [shares] * 4, rtol=1e-6)

    def test_has_the_shares_of_the_words_that_anchors_explain(self, tmp_path):
        model = make_model("mtanchor").fit(CORPUS)
        shares = np.mean([_shares_of_topics(model, language) for language in range(2)], axis=0)
        assert np.ptp(shares) > 0.05
        model.save(tmp_path / "model")
        for each in (model, CrossLingualTopicModel.load(tmp_path / "model")):
            np.testing.assert_allclose(each.transform(blank()), [shares] * 4, rtol=1e-6)

    def test_is_read_like_this_in_training_too(self):
        corpus = Corpus.concatenate([embedded(CORPUS), blank()])
        clusters = np.append(np.repeat([0, 1, 2], [24, 12, 4]), [2, 2, 2, 2])
        theta = make_model("xtra", clusters=clusters).fit_transform(corpus)
        np.testing.assert_allclose(theta[40:], [[0.6, 0.3, 0.1]] * 4, rtol=1e-5)


def embedded(corpus):
    rng = np.random.default_rng(0)
    vectors = {code: rng.normal(size=(len(corpus.rows_of(code)), 4)) for code in LANGUAGES}
    return Corpus.from_counts(
        {code: corpus.counts_of(code) for code in LANGUAGES}, corpus.vocabularies, embedding=vectors
    )


def _shares_of_topics(model, language):
    """p(z) as the mean over documents of the mean over their words of p(z | w)."""
    counts = CORPUS.counts_of(LANGUAGES[language]).toarray()
    by_word = state_of(model).topics.estimates[language].weights
    return ((counts / counts.sum(1, keepdims=True)) @ by_word).mean(0)


@pytest.mark.parametrize("backbone", KINDS)
def test_rows_of_languages_that_alternate_come_back_in_their_places(backbone):
    order = np.random.default_rng(0).permutation(len(CORPUS))
    model = make_model(backbone)
    mixed = model.fit_transform(CORPUS[order])
    np.testing.assert_array_equal(mixed, model.transform(CORPUS[order]))
    np.testing.assert_array_equal(mixed, model.transform(CORPUS)[order])
    np.testing.assert_allclose(model.topic_weight_, mixed.mean(0, dtype=float))


@pytest.mark.parametrize("method", ["transform", "posterior_mean", "score", "partial_fit"])
def test_columns_in_another_order_are_refused(method):
    model = make_model().fit(CORPUS)
    counts = {code: CORPUS.counts_of(code)[:, ::-1] for code in LANGUAGES}
    words = {code: column[::-1] for code, column in CORPUS.vocabularies.items()}
    with pytest.raises(InputError) as caught:
        getattr(model, method)(Corpus.from_counts(counts, words))
    assert str(caught.value) == (
        "The vocabulary of 'en' in X (25 words) is not the one that the model was fitted on (25 words). Make the "
        "counts with the same fitted CrossLingualVectorizer."
    )


def test_texts_whose_counts_have_their_columns_in_another_order_are_counted_anew():
    texts = [("rain wind", "en"), ("goal team goal", "en"), ("雨 风", "zh"), ("球队 雨", "zh")]
    lexicon = Lexicon([("雨", "rain"), ("球队", "team")], ("zh", "en"))
    vectorizer = CrossLingualVectorizer(tokenizer="whitespace", min_df=1, max_df=1.0, stop_words=None)
    model = make_model(lexicon=lexicon, vectorizer=vectorizer).fit(texts)
    counted = model.vectorizer_.transform(texts)
    words = {code: column[::-1] for code, column in counted.vocabularies.items()}
    blocks = {code: counted.counts_of(code).toarray()[:, ::-1] for code in words}
    rows = [
        np.concatenate(
            [block[row] if code == own else np.zeros(block.shape[1], int) for code, block in blocks.items()]
        )
        for own in words
        for row in range(len(blocks[own]))
    ]
    turned = Corpus(counted.language, text=counted.text, counts=np.array(rows), vocabularies=words)
    np.testing.assert_array_equal(model.transform(turned), model.transform(texts))


FAILING = [
    ({"n_components": 0}, CORPUS, InputError),
    ({"backbone": "xtr"}, CORPUS, InputError),
    ({"backbone": NMTM(lam=7)}, CORPUS, InputError),
    ({"lexicon": None}, CORPUS, MissingResourceError),
    ({"languages": ["en", "fr"]}, CORPUS, InputError),
    ({"backbone": "xtra", "clusters": np.zeros(3, int)}, CORPUS, InputError),
    ({"backbone": "xtra", "n_components": 21}, CORPUS, InputError),
    ({}, CORPUS[:0], InputError),
    ({}, CORPUS[CORPUS.rows_of("en")], InputError),
    ({}, blank(), InputError),
]


@pytest.mark.parametrize("method", ["fit", "fit_transform"])
@pytest.mark.parametrize(("parameters", "documents", "error"), FAILING)
def test_a_second_fit_that_cannot_begin_leaves_the_first_model(method, parameters, documents, error):
    model = make_model().fit(CORPUS)
    before, state = model.transform(CORPUS), state_of(model)
    own = model.get_params(deep=False)
    model.set_params(**parameters)
    with pytest.raises(error):
        getattr(model, method)(documents)
    assert state_of(model) is state
    np.testing.assert_array_equal(model.set_params(**own).transform(CORPUS), before)
    assert model.n_iter_ == 2


def test_a_partial_fit_that_fails_leaves_the_model():
    model = make_model().fit(CORPUS)
    before = model.transform(CORPUS)
    for documents in (blank(), CORPUS[CORPUS.rows_of("zh")]):
        with pytest.raises(InputError):
            model.partial_fit(documents)
    np.testing.assert_array_equal(model.transform(CORPUS), before)
    assert model.n_iter_ == 2


def test_an_epoch_more_on_other_documents_reads_out_those():
    model = make_model().fit(CORPUS)
    others = CORPUS[::3]
    model.partial_fit(others)
    np.testing.assert_allclose(model.topic_weight_, model.transform(others).mean(0, dtype=float))
    assert model.n_iter_ == 3
    assert {len(values) for values in model.history_.values()} == {3}


def test_columns_of_a_matrix_are_forgotten_when_documents_follow():
    pandas = pytest.importorskip("pandas")
    model = make_model(lexicon=None).fit(pandas.DataFrame(np.eye(4, 3) + 1, columns=["a", "b", "c"]))
    assert (model.n_features_in_, model.feature_names_in_.tolist()) == (3, ["a", "b", "c"])
    with pytest.raises(InputError, match="Negative values"):
        model.fit(-np.eye(4, 5))
    assert (model.n_features_in_, model.feature_names_in_.tolist()) == (3, ["a", "b", "c"])
    model.set_params(lexicon=DATA.lexicon).fit(CORPUS)
    assert not hasattr(model, "n_features_in_")
    assert not hasattr(model, "feature_names_in_")


@pytest.mark.parametrize(
    ("languages", "message"),
    [
        (
            ["en"],
            "The 'languages' parameter is ['en'], but X holds documents in ['en', 'zh']. Give documents in exactly "
            "these languages. In cross-validation of rows sorted by language, shuffle them, or split by "
            "skxtm.model_selection.StratifiedLanguageKFold.",
        ),
        (
            ["en", "zh", "en"],
            "languages must be a sequence of distinct language codes. Got ['en', 'zh', 'en'].",
        ),
    ],
)
def test_languages_that_are_not_those_of_the_documents_are_refused(languages, message):
    with pytest.raises(InputError) as caught:
        make_model(languages=languages).fit(CORPUS)
    assert str(caught.value) == message


def assert_refused(model, changed):
    with pytest.raises(InputError) as caught:
        model.partial_fit(CORPUS)
    assert str(caught.value) == (
        f"The parameters {changed} were changed after training began, and partial_fit goes on as it began. "
        "Set them back, or begin anew with fit."
    )


@pytest.mark.parametrize(
    ("parameters", "changed"),
    [
        ({"n_components": 4}, ["n_components"]),
        ({"backbone": "infoctm"}, ["backbone"]),
        ({"learning_rate": 0.5, "batch_size": 5}, ["batch_size", "learning_rate"]),
        ({"backbone": NMTM(lam=0.5)}, ["lam"]),
    ],
)
def test_parameters_that_training_would_not_heed_any_more_are_refused(tmp_path, parameters, changed):
    model = make_model().partial_fit(CORPUS)
    model.save(tmp_path / "model")
    for begun in (model, CrossLingualTopicModel.load(tmp_path / "model")):
        own = begun.get_params(deep=False)
        assert_refused(begun.set_params(**parameters), changed)
        begun.set_params(**own).set_params(max_epochs=7, backbone=NMTM(), verbose=0, n_threads=2)
        assert begun.partial_fit(CORPUS).n_iter_ == 2
        assert begun.set_params(**parameters, max_epochs=1).fit(CORPUS).n_iter_ == 1


@pytest.mark.parametrize(
    ("parameters", "changed"),
    [
        ({"seed_topics": {"first": ["en1", "zh2"]}}, ["seed_topics"]),
        ({"seed_topics": None, "languages": ["en"]}, ["seed_topics", "languages"]),
    ],
)
def test_training_goes_on_with_the_seed_topics_and_languages_with_which_it_began(
    tmp_path, parameters, changed
):
    backbone = CoreCTM(weight_reconstruction=1.0)
    model = make_model(backbone=backbone, seed_topics={"first": ("en1", "en2")}).partial_fit(CORPUS)
    model.save(tmp_path / "model")
    for begun in (model, CrossLingualTopicModel.load(tmp_path / "model")):
        own = begun.get_params(deep=False)
        assert_refused(begun.set_params(**parameters), changed)
        assert begun.set_params(**own).partial_fit(CORPUS).n_iter_ == 2


def test_a_training_that_diverges_leaves_the_model_as_it_was():
    model = make_model(learning_rate=1e30, batch_size=100).partial_fit(CORPUS)
    theta, history = model.transform(CORPUS), copy.deepcopy(model.history_)
    with pytest.raises(TrainingError):
        model.partial_fit(CORPUS)
    np.testing.assert_array_equal(model.transform(CORPUS), theta)
    assert (model.history_, model.n_iter_) == (history, 1)


def test_a_training_that_an_error_ends_can_be_done_again(monkeypatch):
    model, other = (make_model().partial_fit(CORPUS) for _ in range(2))
    with monkeypatch.context() as patched:
        patched.setattr(learning, "take_over", Mock(side_effect=MemoryError))
        with pytest.raises(MemoryError):
            model.partial_fit(CORPUS, n_epochs=2)
    np.testing.assert_array_equal(
        model.partial_fit(CORPUS).components_, other.partial_fit(CORPUS).components_
    )
    assert model.history_ == other.history_


def test_after_a_first_training_that_failed_partial_fit_begins_anew():
    model = make_model(learning_rate=1e30)
    with pytest.raises(TrainingError):
        model.partial_fit(CORPUS, n_epochs=9)
    model.set_params(learning_rate=1e-3).partial_fit(CORPUS)
    expected = make_model(learning_rate=1e-3).partial_fit(CORPUS).components_
    np.testing.assert_array_equal(model.components_, expected)
