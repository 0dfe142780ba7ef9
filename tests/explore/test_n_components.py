"""How many topics: stability, the recommendation, what is shared by the fits, and what is refused."""

import copy
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skxtm import Corpus, CrossLingualTopicModel, LLMRefiner
from skxtm.backbones import NMTM, XTRA
from skxtm.datasets import make_multilingual_corpus
from skxtm.embeddings import AlignedWordEncoder
from skxtm.exceptions import InputError, InputTypeError
from skxtm.explore import FineTopicsScorer, _trials, n_components, search_n_components, topic_quality_table
from skxtm.explore._trials import Trial, drawn_rows, held_out_rows, make_ground, matched_cosines, unit_topics
from skxtm.explore.n_components import recommend, tabulate
from skxtm.model_selection import StratifiedLanguageKFold


@pytest.fixture(scope="module")
def drawn():
    return make_multilingual_corpus(
        300, n_components=6, vocabulary_sizes=300, word_concentration=0.02, random_state=0
    )


@pytest.fixture(scope="module")
def model(drawn):
    return CrossLingualTopicModel(lexicon=drawn.lexicon, random_state=0)


GRID = [2, 6, 12]


def trials_of(size, *topics, **measures):
    return [
        Trial(size, seed, {"fine": 1.0, **measures}, unit_topics(part)) for seed, part in enumerate(topics)
    ]


def table_of(sizes, scores):
    columns = dict.fromkeys(("fine", "stability", "worst_topic"), 1.0)
    return pd.DataFrame({"n_components": sizes, "score": scores, **columns})


@pytest.mark.parametrize("size", [1, 2, 5])
def test_topics_are_matched_as_the_best_of_all_permutations_matches_them(size):
    rng = np.random.default_rng(size)
    first, second = (unit_topics(rng.dirichlet(np.full(8, 0.3), size)) for _ in range(2))
    cosines = first.astype(float) @ second.astype(float).T
    best = max(permutations(range(size)), key=lambda order: cosines[range(size), order].sum())
    np.testing.assert_allclose(matched_cosines(first, second), cosines[range(size), best])


def test_the_order_of_topics_does_not_matter_for_their_match():
    topics = unit_topics(np.random.default_rng(0).dirichlet(np.full(9, 0.2), 5))
    np.testing.assert_allclose(matched_cosines(topics, topics[[3, 1, 4, 0, 2]]), 1, rtol=1e-6)


def test_stability_is_the_mean_over_pairs_of_fits_and_the_worst_topic_the_least():
    corners, diagonal = np.eye(2), np.array([[1.0, 0.0], [1.0, 1.0]])
    row = tabulate(trials_of(2, corners, corners, diagonal, fine=0.5)).loc[0]
    cosine = np.sqrt(0.5)
    of_pairs = [1, (1 + cosine) / 2, (1 + cosine) / 2]
    assert row["n_fits"] == 3
    assert row["stability"] == pytest.approx(np.mean(of_pairs))
    assert row["stability_std"] == pytest.approx(np.std(of_pairs))
    assert row["worst_topic"] == pytest.approx(np.mean([1, cosine, cosine]))
    assert row["score"] == pytest.approx(0.5 * np.mean(of_pairs) * 2**0.2)


def test_measures_are_means_over_fits_with_their_deviation():
    first, second = trials_of(2, np.eye(2), np.eye(2))
    first.measures["fine"], second.measures["fine"] = 1.0, 0.5
    row = tabulate([first, second]).loc[0]
    assert (row["fine"], row["fine_std"]) == (0.75, 0.25)


def test_the_number_with_the_greatest_score_is_recommended():
    assert recommend(table_of([2, 5, 8, 12], [0.99, 0.7, 1.1, 0.8]))[0] == 8


def test_twice_as_many_topics_make_up_for_an_eighth_less():
    def recommended(fine):
        trials = [*trials_of(2, np.eye(2), np.eye(2)), *trials_of(4, np.eye(4), np.eye(4), fine=fine)]
        return recommend(tabulate(trials))[0]

    assert recommended(0.88) == 4
    assert recommended(0.86) == 2


def test_the_reason_holds_the_figures_and_says_where_to_look_next():
    table = table_of([2, 5, 8, 12], [0.7, 1.3, 0.6, 0.5])
    table["fine"], table["stability"], table["worst_topic"] = [1, 0.95, 0.9, 0.8], [0.7, 0.93, 0.6, 0.5], 0.5
    of_five = (
        "of 5 topics 95% are fine, and models of other documents find them again with a cosine of 0.93 (the "
        "worst 0.50)."
    )
    assert recommend(table) == (5, f"{of_five} Next: 8 (90%, 0.60).")
    table["score"] = [0.7, 1.3, 1.25, 0.5]
    assert recommend(table) == (5, f"{of_five} Nearly as good: 8 (90%, 0.60).")
    largest = " This is the largest number that was tried; try more topics too."
    assert recommend(table.iloc[:2]) == (5, f"{of_five}{largest}")
    smallest = " Next: 12 (80%, 0.50). This is the smallest number that was tried; try fewer topics too."
    assert recommend(table.iloc[[1, 3]]) == (5, f"{of_five}{smallest}")
    assert recommend(table.iloc[1:2]) == (5, of_five)


def test_a_number_whose_topics_come_back_badly_is_called_a_weak_choice():
    weak = "That is little, and the number a weak choice; more documents would tell."
    for stability, is_weak in ((0.69, True), (0.7, False)):
        assert (weak in recommend(table_of([5], [1.0]).assign(stability=stability))[1]) == is_weak


def test_the_number_of_topics_that_documents_were_drawn_from_is_recommended_each_time(model, drawn):
    before = model.get_params()
    search = search_n_components(model, drawn.corpus, GRID)
    assert search.recommended == 6
    assert repr(search) == f"NComponentsSearch(recommended=6): {search.reason}"
    assert search.table["n_components"].tolist() == GRID
    assert (search.table["n_fits"] == 3).all()
    again = search_n_components(model, drawn.corpus, np.array([12, 6, 2, 6]))
    pd.testing.assert_frame_equal(again.table, search.table)
    assert model.get_params() == before
    assert not hasattr(model, "components_")


@pytest.mark.parametrize("changed", [{"random_state": 1}, {"n_words": 20}, {"test_size": 0.5}])
def test_each_parameter_of_the_search_changes_what_is_found(model, drawn, changed):
    usual, other = (
        search_n_components(model, drawn.corpus, [6], n_seeds=2, **how).table for how in ({}, changed)
    )
    assert not usual.equals(other)


def test_models_learn_from_their_share_of_what_is_not_held_out(model, drawn, monkeypatch, capsys):
    sizes, learn = [], _trials.learning.learn

    def noting(state, corpus, *rest):
        sizes.append(len(corpus))
        learn(state, corpus, *rest)

    monkeypatch.setattr(_trials.learning, "learn", noting)
    for verbose in (0, 1):
        how = {"n_seeds": 2, "subsample": 0.25, "test_size": 0.4, "verbose": verbose}
        search_n_components(model, drawn.corpus, [3], **how)
        assert ("Searching: 100%" in capsys.readouterr().err) == bool(verbose)
    assert sizes == [90] * 4  # a quarter of three fifths of 600


@pytest.mark.slow
def test_processes_give_the_table_of_one(model, drawn):
    alone, together = (
        search_n_components(model, drawn.corpus, [2, 6], n_seeds=2, n_jobs=n_jobs) for n_jobs in (None, 2)
    )
    pd.testing.assert_frame_equal(together.table, alone.table)


def test_a_model_that_is_fitted_is_left_as_it_is(drawn, model):
    fitted = clone(model).set_params(n_components=3).fit(drawn.corpus)
    components = fitted.components_.copy()
    search_n_components(fitted, drawn.corpus, [2, 3], n_seeds=2)
    np.testing.assert_array_equal(fitted.components_, components)
    assert fitted.n_components == 3


@pytest.mark.parametrize("backbone", ["corectm", "usvd", NMTM(max_epochs=2), XTRA(max_epochs=1)])
def test_a_fit_of_the_search_is_that_of_the_model_on_the_same_documents(backbone, drawn):
    words = AlignedWordEncoder(random_state=0).fit(drawn.corpus, lexicons=drawn.lexicon)
    model = CrossLingualTopicModel(
        backbone=backbone, lexicon=drawn.lexicon, word_embeddings=words, document_embeddings=words
    )
    ground = make_ground(
        model, drawn.corpus, n_words=10, subsample=0.5, test_size=0.2, rng=np.random.RandomState(0)
    )
    rows = drawn_rows(ground.shared.corpus, 0.5, np.random.RandomState(7))
    state, *_ = ground.shared.start(4, 3, rows)
    trial = ground.try_out(4, 7)
    alone = copy.copy(model).set_params(n_components=4, random_state=0)  # with the encoders as fitted
    alone.fit(ground.shared.corpus[rows])
    # the model draws its own seed of random_state; the search gives it
    reference = ground.shared.start(4, alone._state.seed, rows)
    from skxtm._model import learning
    from skxtm._model.state import Settings

    learning.learn(*reference, Settings.of(alone))
    np.testing.assert_array_equal(reference[0].components, alone.components_)
    assert trial.topics.shape == alone.components_.shape
    assert state.shape.n_components == 4


def test_documents_are_read_and_vectors_learnt_once(drawn, monkeypatch):
    words = {code: drawn.corpus.vocabularies[code] for code in ("en", "zh")}
    texts = [
        " ".join(np.repeat(words[document.language], np.ravel(counts)))
        for code in words
        for document, counts in zip(
            drawn.corpus[drawn.corpus.rows_of(code)], drawn.corpus.counts_of(code).toarray(), strict=True
        )
    ]
    learnt, fit = [], AlignedWordEncoder.fit

    def counting(self, *arguments, **parameters):
        learnt.append(1)
        return fit(self, *arguments, **parameters)

    monkeypatch.setattr(AlignedWordEncoder, "fit", counting)
    corpus = Corpus(drawn.corpus.language, text=texts)
    model = CrossLingualTopicModel(lexicon=drawn.lexicon, random_state=0)
    search = search_n_components(model, corpus, [3, 6, 12])
    assert search.recommended == 6
    assert len(learnt) == 1


def test_fits_of_all_numbers_of_topics_see_the_same_documents_and_none_that_was_held_out(drawn):
    held_out = held_out_rows(drawn.corpus, None, np.random.RandomState(0))
    assert [int(held_out[drawn.corpus.rows_of(code)].sum()) for code in ("en", "zh")] == [60, 60]
    rows = drawn_rows(drawn.corpus[~held_out], 0.5, np.random.RandomState(3))
    np.testing.assert_array_equal(rows, drawn_rows(drawn.corpus[~held_out], 0.5, np.random.RandomState(3)))
    assert len(rows) == 240
    assert len(set(rows)) == 240


def test_of_few_documents_none_are_held_out(drawn):
    few = drawn.corpus[np.r_[0:100, 300:400]]
    assert not held_out_rows(few, None, np.random.RandomState(0)).any()
    assert held_out_rows(few, 0.1, np.random.RandomState(0)).sum() == 20


def test_a_backbone_without_randomness_is_not_stable_by_that(drawn):
    model = CrossLingualTopicModel(backbone="usvd", lexicon=drawn.lexicon, random_state=0)
    table = search_n_components(model, drawn.corpus, [4, 20], n_seeds=2).table
    assert (table["stability"] < 0.999).all()


def test_embeddings_given_as_arrays_go_with_their_documents(drawn):
    vectors = (
        AlignedWordEncoder(random_state=0)
        .fit(drawn.corpus, lexicons=drawn.lexicon)
        .encode_corpus(drawn.corpus)
    )
    model = CrossLingualTopicModel(
        backbone="usvd", lexicon=drawn.lexicon, document_embeddings=vectors, random_state=0
    )
    assert search_n_components(model, drawn.corpus, [3, 6], n_seeds=2).table["fine"].notna().all()
    assert model.document_embeddings is vectors


def test_one_language_has_no_agreement(drawn):
    english = drawn.corpus[drawn.corpus.rows_of("en")]
    search = search_n_components(CrossLingualTopicModel(random_state=0), english, [3, 6], n_seeds=2)
    assert search.table["agreement_lexicon"].isna().all()
    assert search.table["coherence"].notna().all()


def test_what_is_fitted_twice_is_kept_when_ctrl_c_comes(model, drawn, monkeypatch):
    class Interrupting(n_components.Parallel):
        def __call__(self, calls):
            calls = list(calls)

            def run():
                yield from (function(*arguments) for function, arguments, _ in calls[:5])
                raise KeyboardInterrupt

            return run()

    plain = search_n_components(model, drawn.corpus, [2, 4, 6], n_seeds=2).table
    monkeypatch.setattr(n_components, "Parallel", Interrupting)
    monkeypatch.setattr(n_components, "delayed", lambda function: lambda *given: (function, given, {}))
    with pytest.warns(UserWarning, match=r"^The search was interrupted after 5 of 9 fits\. It says what"):
        search = search_n_components(model, drawn.corpus, [2, 4, 6], n_seeds=3)
    assert search.table["n_components"].tolist() == [2, 4]
    assert search.table["n_fits"].tolist() == [2, 2]
    assert search.table["fine"].tolist() == plain["fine"].tolist()[:2]
    with pytest.raises(KeyboardInterrupt):
        search_n_components(model, drawn.corpus, [2, 4, 6, 7, 8], n_seeds=2)


def test_a_training_that_ctrl_c_stopped_does_not_count(drawn, monkeypatch):
    from skxtm.training.loop import Trainer

    def stop(self, *arguments, **parameters):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "train_epoch", stop)
    model = CrossLingualTopicModel(backbone=NMTM(max_epochs=3), lexicon=drawn.lexicon, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        search_n_components(model, drawn.corpus, [2, 3])


@pytest.mark.slow
def test_without_a_grid_numbers_are_tried_for_which_there_are_documents(model, drawn):
    found = search_n_components(model, drawn.corpus, n_seeds=2)
    assert found.table["n_components"].tolist() == [3, 5, 7, 10, 14, 20]  # of 480 documents
    few = search_n_components(model, drawn.corpus[::10], n_seeds=2)
    assert few.table["n_components"].tolist() == [3, 5, 7]


HOLDS = (
    "The 'grid' parameter of search_n_components must hold integers of at least 2, such as [5, 10, 20]. Got "
)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"grid": []}, f"{HOLDS}[]."),
        ({"grid": 5}, f"{HOLDS}5."),
        ({"grid": "25"}, f"{HOLDS}'25'."),
        ({"grid": [5, 1]}, f"{HOLDS}1 among them."),
        ({"grid": [5, 2.0]}, f"{HOLDS}2.0 among them."),
        ({"grid": [True, 4]}, f"{HOLDS}True among them."),
        (
            {"n_seeds": 1},
            "The 'n_seeds' parameter of search_n_components must be an integer in [2, inf). Got 1 instead.",
        ),
        (
            {"subsample": 0},
            "The 'subsample' parameter of search_n_components must be a number in (0, 1]. Got 0 instead.",
        ),
        (
            {"test_size": 1},
            "The 'test_size' parameter of search_n_components must be a number in [0, 0.99]. Got 1 instead.",
        ),
        (
            {"grid": [5, 241]},
            "grid goes up to 241 topics, but each model learns from 240 documents only (subsample=0.5). Try "
            "fewer topics, or give more documents.",
        ),
        (
            {"grid": [5, 301], "subsample": 1.0},
            "grid goes up to 301 topics, but the vocabulary of 'en' has 300 words only. Try fewer topics, or "
            "give more documents.",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused_in_a_sentence(parameters, message, model, drawn):
    with pytest.raises(InputError) as caught:
        search_n_components(model, drawn.corpus, **{"grid": [2, 3], **parameters})
    assert str(caught.value) == message


def test_clusters_for_one_number_of_topics_are_refused(drawn):
    model = CrossLingualTopicModel(lexicon=drawn.lexicon, clusters=np.zeros(600, dtype=int))
    with pytest.raises(InputError, match=r"^search_n_components tries several numbers of topics, and the"):
        search_n_components(model, drawn.corpus, [2, 3])


def test_only_a_topic_model_is_searched(model, drawn):
    with pytest.raises(InputTypeError) as caught:
        search_n_components(LLMRefiner(model), drawn.corpus, [2, 3])
    assert str(caught.value) == (
        "The 'model' parameter of search_n_components must be a CrossLingualTopicModel. Got LLMRefiner instead; "
        "choose the number of topics before a model is refined or put into a pipeline."
    )


def test_the_scorer_counts_fine_topics_less_what_broken_ones_cost(model, drawn):
    fitted = clone(model).set_params(n_components=14).fit(drawn.corpus)
    table = topic_quality_table(fitted, drawn.corpus)
    sound = (table["verdict"] == "").mean() * table["uniqueness"].mean()
    assert 0 < sound < 1
    assert FineTopicsScorer()(fitted, drawn.corpus) == pytest.approx(14 * (5 * sound - 4))
    assert FineTopicsScorer(penalty=0)(fitted, drawn.corpus) == pytest.approx(14 * sound)
    table = topic_quality_table(fitted, drawn.corpus, n_words=25)
    sound_of_more = (table["verdict"] == "").mean() * table["uniqueness"].mean()
    assert sound_of_more != pytest.approx(sound)
    scorer = FineTopicsScorer(n_words=25, penalty=0)
    assert scorer(fitted, drawn.corpus) == pytest.approx(14 * sound_of_more)


def test_a_grid_search_by_the_scorer_finds_the_true_number_where_that_by_score_does_not(model, drawn):
    folds, grid = StratifiedLanguageKFold(2, shuffle=True, random_state=0), {"n_components": [2, 6, 20]}
    by_topics = GridSearchCV(model, grid, scoring=FineTopicsScorer(), cv=folds).fit(drawn.corpus)
    assert by_topics.best_params_ == {"n_components": 6}
