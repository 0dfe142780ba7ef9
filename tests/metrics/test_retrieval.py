"""Retrieval of translations, against a loop over documents."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.exceptions import InputError, InputTypeError
from skxtm.metrics import RetrievalScores, retrieval, retrieval_score


def cosine(first, second):
    length = np.sqrt(np.dot(first, first) * np.dot(second, second))
    return np.dot(first, second) / length if length > 0 else 0.0


def ranks_by_loops(features, language, pair_id, asked, searched):
    """Rank the translations one document after another; near cosines are ties."""
    ranks = []
    for row, code in enumerate(language):
        answers = [other for other, code_of in enumerate(language) if code_of == searched]
        translations = [
            other for other in answers if pair_id[row] is not None and pair_id[other] == pair_id[row]
        ]
        if code != asked or not translations:
            continue
        best = max(cosine(features[row], features[other]) for other in translations)
        rank = 1
        for other in answers:
            rank += other not in translations and cosine(features[row], features[other]) > best - 1e-9
        ranks.append(rank)
    return ranks


@st.composite
def collections(draw):
    n = draw(st.integers(2, 12))
    columns = [
        draw(st.lists(values, min_size=n, max_size=n))
        for values in (
            st.tuples(*[st.integers(0, 3)] * 3),
            st.sampled_from(["en", "zh", "ja"]),
            st.sampled_from([None, "a", "b", "c", "d"]),
        )
    ]
    return np.array(columns[0], dtype=float), columns[1], columns[2]


@settings(max_examples=150, deadline=None)
@given(collections(), st.integers(1, 30))
def test_ranks_equal_loops_over_documents_however_they_are_blocked(drawn, cells):
    features, language, pair_id = drawn
    expected = {
        (asked, searched): ranks
        for asked in set(language)
        for searched in set(language)
        if asked != searched and (ranks := ranks_by_loops(features, language, pair_id, asked, searched))
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retrieval, "_CELLS_AT_A_TIME", cells)
        if not expected:
            with pytest.raises(InputError, match="No pair_id is found in two of the languages"):
                retrieval_score(features, language, pair_id)
            return
        scores = retrieval_score(features, language, pair_id, at=(1, 3))
    assert set(scores.reciprocal_rank) == set(scores.precision) == set(expected)
    for direction, ranks in expected.items():
        assert scores.reciprocal_rank[direction] == pytest.approx(np.mean([1 / rank for rank in ranks]))
        for k in (1, 3):
            assert scores.precision[direction][k] == pytest.approx(np.mean([rank <= k for rank in ranks]))
        assert scores.ranks[direction].tolist() == list(ranks)
        assert scores.n_queries[direction] == len(ranks)
        assert scores.n_candidates[direction] == language.count(direction[1])


def aligned(n, seed=0):
    theta = np.random.default_rng(seed).dirichlet(np.full(20, 0.1), size=n)
    return np.concatenate([theta, theta]), ["en"] * n + ["zh"] * n, [*range(n), *range(n)]


def test_translations_with_the_same_features_are_all_found_first():
    scores = retrieval_score(*aligned(300))
    assert scores.mean_reciprocal_rank == scores.mean_precision(1) == scores.mean_precision(10) == 1.0


def test_a_rotated_pairing_is_found_less_than_the_aligned_one():
    features, language, pair_id = aligned(300)
    rotated = pair_id[:300] + [(number + 1) % 300 for number in range(300)]
    scores = retrieval_score(features, language, rotated)
    assert scores.mean_precision(1) == 0.0
    assert 0 < scores.mean_reciprocal_rank < 0.1


@pytest.mark.parametrize("n", [3, 37, 250])
def test_features_that_are_the_same_for_all_put_every_translation_last(n):
    _, language, pair_id = aligned(n)
    # of different lengths, so that equal cosines differ in their last bits
    theta = np.random.default_rng(n).dirichlet(np.ones(50)) * np.arange(1, 2 * n + 1)[:, None]
    scores = retrieval_score(theta, language, pair_id, at=[n - 1, n])
    assert scores.reciprocal_rank == {("en", "zh"): pytest.approx(1 / n), ("zh", "en"): pytest.approx(1 / n)}
    assert scores.precision["en", "zh"] == {n - 1: 0.0, n: 1.0}


def test_a_document_without_features_is_similar_to_none():
    features = [[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    scores = retrieval_score(features, ["en", "en", "zh", "zh"], [1, 2, 1, 2], at=[1])
    assert scores.reciprocal_rank["en", "zh"] == 0.5


def test_a_missing_pair_id_is_no_translation_but_is_searched():
    features = [[1.0, 0.0], [1.0, 0.1], [1.0, 0.0], [0.9, 0.2]]
    for missing in (None, float("nan"), np.nan):
        scores = retrieval_score(features, ["en", "en", "zh", "zh"], [missing, 1, missing, 1], at=[1])
        assert scores.reciprocal_rank == {("en", "zh"): 0.5, ("zh", "en"): 1.0}
        assert scores.n_queries["en", "zh"] == 1
        assert scores.n_candidates["en", "zh"] == 2


def test_of_several_translations_the_most_similar_is_ranked():
    features = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.1], [0.9, 0.2]]
    scores = retrieval_score(features, ["en", "zh", "zh", "zh"], [1, 1, 1, 2], at=[1])
    assert scores.reciprocal_rank == {("en", "zh"): 1.0, ("zh", "en"): 1.0}
    assert scores.n_queries == {("en", "zh"): 1, ("zh", "en"): 2}


def test_memory_does_not_grow_with_the_square_of_the_documents():
    features, language, pair_id = aligned(6000)
    tracemalloc.start()
    retrieval_score(features, language, pair_id)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6000 * 6000 * 8 / 4


def test_a_precision_that_was_not_asked_for_is_not_there():
    scores = RetrievalScores(
        {("en", "zh"): 1.0}, {("en", "zh"): {1: 1.0, 5: 1.0}}, {("en", "zh"): 1}, {("en", "zh"): 1}
    )
    with pytest.raises(InputError) as caught:
        scores.mean_precision(2)
    assert str(caught.value) == "There is no precision at 2, only at [1, 5]."


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"language": ["en"]},
            "language must have one value for each of the 2 rows of features. "
            "Got an array of shape (1,) instead.",
        ),
        (
            {"pair_id": [1, 1, 1]},
            "pair_id must have one value for each of the 2 rows of features. "
            "Got an array of shape (3,) instead.",
        ),
        (
            {"pair_id": [1, 2]},
            "No pair_id is found in two of the languages ['en', 'zh']; documents that are translations of "
            "each other must have the same pair_id.",
        ),
        ({"at": [1, 0]}, "The 'at' parameter must hold integers of at least 1. Got 0 among them."),
        ({"at": 0}, "The 'at' parameter must hold integers of at least 1. Got 0 among them."),
        ({"at": None}, "The 'at' parameter must hold integers of at least 1. Got None among them."),
    ],
)
def test_wrong_input_is_named(changed, message):
    arguments = {"features": [[1.0], [1.0]], "language": ["en", "zh"], "pair_id": [1, 1]}
    with pytest.raises(InputError) as caught:
        retrieval_score(**(arguments | changed))
    assert str(caught.value) == message


def test_a_single_rank_may_be_given_alone_and_ranks_in_any_iterable():
    features, language, pair_id = aligned(30)
    expected = retrieval_score(features, language, pair_id, at=[5])
    assert retrieval_score(features, language, pair_id, at=5) == expected
    assert retrieval_score(features, language, pair_id, at=np.int64(5)) == expected
    assert retrieval_score(features, language, pair_id, at=iter([5])) == expected


def test_pair_ids_that_are_not_there_are_told_of():
    with pytest.raises(InputTypeError) as caught:
        retrieval_score([[1.0], [1.0]], ["en", "zh"], None)
    assert str(caught.value) == (
        "pair_id must hold one value for each document, the same for translations of each other. Got NoneType."
    )


def test_varieties_of_a_language_are_one_language_as_everywhere():
    theta = [[0.9, 0.1], [0.2, 0.8], [0.8, 0.2], [0.3, 0.7]]
    written = retrieval_score(theta, ["en-US", "en-GB", "cmn", "zh_TW"], [1, 1, 1, 2])
    assert written == retrieval_score(theta, ["en", "en", "zh", "zh"], [1, 1, 1, 2])
    with pytest.raises(InputError, match=r"language 'english' is no code of .* did you mean 'en'. in row 1"):
        retrieval_score(theta, ["en", "english", "zh", "zh"], [1, 1, 1, 2])
