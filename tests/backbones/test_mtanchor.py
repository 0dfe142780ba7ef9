"""MTAnchor against the matrices of the paper written out, and against topics that are known."""

from itertools import product
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import minimize, nnls
from scipy.stats import hmean
from sklearn.exceptions import ConvergenceWarning

from skxtm.backbones import _anchors, mtanchor
from skxtm.backbones._anchors import (
    Cooccurrence,
    Span,
    convex_combinations,
    greedy_anchors,
    linked_candidates,
    nearest_on_simplex,
    projected_rows,
)
from skxtm.backbones.base import CorpusShape, Documents, Materials
from skxtm.backbones.mtanchor import MTAnchor, anchor_row, infer_proportions
from skxtm.exceptions import InputError

seeds = st.integers(0, 10_000)


def random_counts(rng, n_documents=12, n_words=7):
    return sparse.csr_array(rng.poisson(0.4, (n_documents, n_words)))


def dense_cooccurrence(counts):
    """Q as published, document by document; rows divided by their sums."""
    documents = [x for x in counts.toarray().astype(float) if x.sum() > 1]
    total = np.zeros((counts.shape[1],) * 2)
    for x in documents:
        total += (np.outer(x, x) - np.diag(x)) / (x.sum() * (x.sum() - 1))
    q = total / len(documents)
    sums = q.sum(1, keepdims=True)
    return np.divide(q, sums, out=np.zeros_like(q), where=sums > 0), q.sum(1)


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_rows_and_products_are_those_of_the_cooccurrence_matrix_written_out(seed):
    rng = np.random.default_rng(seed)
    counts = random_counts(rng)
    expected, sums = dense_cooccurrence(counts)
    cooccurrence = Cooccurrence.from_counts(counts)
    right = rng.normal(size=(7, 3))
    np.testing.assert_allclose(cooccurrence.times(right), expected @ right, atol=1e-13)
    words = np.flatnonzero(sums)[::-1]
    np.testing.assert_allclose(cooccurrence.times(right, words), expected[words] @ right, atol=1e-13)
    np.testing.assert_allclose(cooccurrence.rows(words), expected[words], atol=1e-13)
    n_documents = (counts.sum(1) > 1).sum()
    np.testing.assert_allclose(cooccurrence.totals, sums * n_documents, atol=1e-13)


def test_products_do_not_depend_on_the_blocks_of_documents(monkeypatch):
    rng = np.random.default_rng(0)
    cooccurrence = Cooccurrence.from_counts(random_counts(rng, n_documents=50))
    right = rng.normal(size=(7, 3))
    expected = cooccurrence.times(right)
    monkeypatch.setattr(_anchors, "BLOCK_OF_DOCUMENTS", 7)
    np.testing.assert_allclose(cooccurrence.times(right), expected, atol=1e-13)


def test_candidates_are_in_enough_documents_and_have_cooccurrences():
    counts = sparse.csr_array([[2, 1, 0, 0], [1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1]])
    cooccurrence = Cooccurrence.from_counts(counts)
    assert cooccurrence.frequent(0.4).tolist() == [0, 1]
    assert cooccurrence.frequent(0).tolist() == [0, 1, 2]


def test_candidates_of_the_first_language_have_a_translation_in_each_other_one():
    lexicons = {
        (0, 1): sparse.csr_array([[1, 0], [0, 1], [0, 1]]),
        (0, 2): sparse.csr_array([[1, 1], [0, 0], [1, 0]]),
        (1, 2): sparse.csr_array((2, 2)),
    }
    words, links = linked_candidates([np.array([0, 1, 2]), np.array([0, 1]), np.array([0, 1])], lexicons)
    assert [own.tolist() for own in words] == [[0, 2], [0, 1], [0, 1]]
    assert [link.toarray().tolist() for link in links] == [[[1, 0], [0, 1]], [[1, 1], [1, 0]]]
    words, links = linked_candidates([np.array([2, 1]), np.array([0, 1]), np.array([1])], lexicons)
    assert [len(own) for own in words] == [0, 0, 0]


def test_links_are_sorted_and_hold_no_zeros():
    parts = (np.array([1.0, 1.0, 0.0, 1.0]), np.array([2, 0, 1, 1]), np.array([0, 3, 4]))
    lexicon = sparse.csr_array(parts, shape=(2, 3))
    _, (link,) = linked_candidates([np.arange(2), np.arange(3)], {(0, 1): lexicon})
    assert link.indices.tolist() == [0, 2, 1]
    assert len(lexicon.data) == 4


def distance_from_span(points, chosen, row):
    """Squared distance by least squares from the affine span; from the origin while nothing is chosen."""
    if not chosen:
        return points[row] @ points[row]
    origin = points[chosen[0]]
    target = points[row] - origin
    directions = np.array([points[other] - origin for other in chosen[1:]]).reshape(-1, points.shape[1]).T
    if directions.shape[1]:
        target = target - directions @ np.linalg.lstsq(directions, target)[0]
    return target @ target


def obvious_greedy_anchors(points, links, n_anchors):
    """Enumerate all tuples; the largest smallest distance wins, then the largest distances."""
    tuples = [
        rows
        for rows in product(*(range(len(own)) for own in points))
        if all(link[rows[0], row] for link, row in zip(links, rows[1:], strict=True))
    ]
    chosen = []
    for _ in range(n_anchors):
        keys = []
        for rows in tuples:
            distances = [
                distance_from_span(own, [before[language] for before in chosen], row)
                for language, (own, row) in enumerate(zip(points, rows, strict=True))
            ]
            keys.append((min(distances), *distances))
        chosen.append(tuples[keys.index(max(keys))])
    return chosen


@settings(max_examples=40, deadline=None)
@given(n_languages=st.integers(1, 3), n_anchors=st.integers(1, 4), seed=seeds)
def test_anchors_are_those_of_the_greedy_search_over_all_tuples(n_languages, n_anchors, seed):
    rng = np.random.default_rng(seed)
    points = [rng.dirichlet(np.full(6, 0.3), size=8) for _ in range(n_languages)]
    links = [sparse.csr_array((rng.random((8, 8)) < 0.2) | np.eye(8, dtype=bool)) for _ in points[1:]]
    chosen = greedy_anchors(points, links, n_anchors)
    assert chosen == obvious_greedy_anchors(points, [link.toarray() for link in links], n_anchors)


def released_greedy_anchors(points, pairs, n_anchors):
    """The loops over pairs of the authors' code; among equals the largest distances win, as in ours."""
    points = [own.copy() for own in points]

    def farthest():
        keys = []
        for rows in pairs:
            distances = [own[row] @ own[row] for own, row in zip(points, rows, strict=True)]
            keys.append((min(distances), *np.round(distances, 12)))
        return pairs[keys.index(max(keys))]

    chosen = [farthest()]
    for rows in pairs:
        for own, row, anchor in zip(points, rows, chosen[0], strict=True):
            own[row] = own[row] - own[anchor]
    while len(chosen) < n_anchors:
        chosen.append(farthest())
        bases = [own[row] / np.linalg.norm(own[row]) for own, row in zip(points, chosen[-1], strict=True)]
        for own, basis in zip(points, bases, strict=True):
            own -= np.outer(own @ basis, basis)
    return chosen


@settings(max_examples=60, deadline=None)
@given(n_languages=st.integers(1, 2), n_anchors=st.integers(1, 4), seed=seeds)
def test_the_released_origin_is_that_of_the_authors_loop_over_pairs(n_languages, n_anchors, seed):
    rng = np.random.default_rng(seed)
    points = [rng.dirichlet(np.full(7, 0.3), size=8) for _ in range(n_languages)]
    links = [sparse.csr_array((rng.random((8, 8)) < 0.25) | np.eye(8, dtype=bool)) for _ in points[1:]]
    pairs = list(zip(*links[0].nonzero(), strict=True)) if links else [(row,) for row in range(8)]
    chosen = greedy_anchors(points, links, n_anchors, origin="released")
    assert chosen == released_greedy_anchors(points, pairs, n_anchors)


def test_words_are_moved_pair_after_pair_until_it_is_the_anchor_s_turn():
    # the third pair's words are farthest; before it the first word has two turns
    points = np.array([[1.0, 0.0], [0.0, 1.0], [5.0, 0.0], [4.0, 3.0]])
    span = Span(points, np.array([0, 0, 1, 2, 3, 2]))
    span.extend(2)
    assert span.points.tolist() == [[-9.0, 0.0], [-5.0, 1.0], [0.0, 0.0], [4.0, 3.0]]
    assert span.distances.tolist() == [81.0, 26.0, 0.0, 25.0]


def test_the_origin_is_the_released_one_unless_asked_otherwise(case):
    shape, materials, _ = case
    with patch.object(mtanchor, "greedy_anchors", wraps=greedy_anchors) as greedy:
        MTAnchor().learn(shape, materials, seed=0)
        MTAnchor(origin="anchor").learn(shape, materials, seed=0)
    assert [call.kwargs["origin"] for call in greedy.call_args_list] == ["released", "anchor"]


def test_search_ends_when_all_points_are_in_the_span():
    corners = np.eye(3)
    points = np.vstack([corners, corners.mean(0), corners[0]])
    assert greedy_anchors([points], [], 5) == [(0,), (1,), (2,)]
    assert greedy_anchors([np.empty((0, 3))], [], 2) == []


def test_projection_keeps_distances_and_is_left_out_for_a_small_vocabulary():
    rng = np.random.default_rng(0)
    cooccurrence = Cooccurrence.from_counts(random_counts(rng, n_documents=200, n_words=30))
    words = np.arange(30)
    rows = cooccurrence.rows(words)
    np.testing.assert_array_equal(projected_rows(cooccurrence, words, 30, rng), rows)
    projected = projected_rows(cooccurrence, words[:5], 29, np.random.default_rng(1))
    # the authors' entries, of variance 1
    faces = np.array([-1, 0, 0, 0, 0, 1]) * np.sqrt(3)
    draws = np.random.default_rng(1).choice(np.arange(6), size=(30, 29))
    np.testing.assert_allclose(projected, rows[:5] @ faces[draws] / np.sqrt(29), atol=1e-13)
    assert np.mean(projected**2) * 29 == pytest.approx(np.mean(rows[:5] ** 2) * 30, rel=0.5)


@settings(max_examples=30, deadline=None)
@given(n_topics=st.integers(1, 6), seed=seeds)
def test_convex_combinations_reach_the_minimum_of_nonnegative_least_squares(n_topics, seed):
    rng = np.random.default_rng(seed)
    anchors, points = rng.dirichlet(np.full(9, 0.4), n_topics), rng.dirichlet(np.full(9, 0.4), 5)
    gram = anchors @ anchors.T
    start = rng.dirichlet(np.ones(n_topics), 5)
    found = convex_combinations(gram, points @ anchors.T, start, tolerance=1e-9, max_iter=20_000)
    np.testing.assert_allclose(found.sum(1), 1)
    assert found.min() >= 0
    for point, combination in zip(points, found, strict=True):
        heavy = 1e4  # a row of ones that makes the weights sum to one
        system = np.vstack([anchors.T, np.full(n_topics, heavy)])
        best = nnls(system, np.append(point, heavy))[0]
        best /= best.sum()
        objective, least = (((point - weights @ anchors) ** 2).sum() / 2 for weights in (combination, best))
        assert objective <= least + 1e-9 * np.diag(gram).mean() + 1e-12


def test_gap_stays_within_tolerance_wherever_the_search_starts():
    rng = np.random.default_rng(0)
    anchors, points = rng.dirichlet(np.full(40, 0.1), 12), rng.dirichlet(np.full(40, 0.1), 300)
    gram, products = anchors @ anchors.T, points @ anchors.T
    for start in (np.full((300, 12), 1 / 12), np.tile(np.eye(12)[0], (300, 1))):
        found = convex_combinations(gram, products, start, tolerance=1e-7, max_iter=10_000)
        gradient = found @ gram - products
        gaps = (found * gradient).sum(1) - gradient.min(1)
        assert gaps.max() <= 1e-7 * np.diag(gram).mean()


def test_combinations_that_are_not_found_in_time_are_warned_of():
    gram = np.diag([1.0, 2.0, 9.0])
    done = np.full(3, 1 / 3)  # with its own products, so that its gradient is 0
    products, start = np.array([[0.5, 0.4, 0.3], gram @ done]), np.array([[0.1, 0.9, 0.0], done])
    message = (
        "1 of 2 words are not within tolerance=1e-12 of their best combination of anchors after 1 steps. "
    )
    with pytest.warns(ConvergenceWarning, match=message):
        found = convex_combinations(gram, products, start, tolerance=1e-12, max_iter=1)
    np.testing.assert_array_equal(found[1], done)
    assert not np.array_equal(found[0], start[0])


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_projection_to_the_simplex_is_the_nearest_point(seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(4, 5))
    found = nearest_on_simplex(points)
    np.testing.assert_allclose(found.sum(1), 1)
    assert found.min() >= 0
    # of a nearest point, the way to the given one has an obtuse angle with every way into the simplex
    for point, nearest in zip(points, found, strict=True):
        assert ((np.eye(5) - nearest) @ (point - nearest)).max() <= 1e-12


def test_several_anchors_are_combined_by_the_harmonic_mean():
    counts = random_counts(np.random.default_rng(0), n_documents=60)
    counts = sparse.csr_array(sparse.vstack([counts, np.eye(7, dtype=int)[:3]]))  # of one token each
    cooccurrence = Cooccurrence.from_counts(counts)
    normalised, sums = dense_cooccurrence(counts)
    np.testing.assert_allclose(anchor_row(cooccurrence, np.array([3])), normalised[3])
    # the mean over all documents, those of one token included, and before rows are divided by their sums
    q = normalised * sums[:, None] * (counts.sum(1) > 1).mean()
    expected = hmean(q[[3, 5, 1]] + 1e-10, axis=0)
    combined = anchor_row(cooccurrence, np.array([3, 5, 1]))
    np.testing.assert_allclose(combined, expected / expected.sum())


def objective(theta, x, phi, pseudo_count):
    return x @ np.log(theta @ phi) + pseudo_count * np.log(theta).sum()


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_proportions_are_those_of_obvious_expectation_maximisation_and_the_most_probable(seed):
    rng = np.random.default_rng(seed)
    phi, counts = rng.dirichlet(np.full(7, 0.5), 3), random_counts(rng)
    known = counts.sum(1) > 0
    prior = np.array([0.2, 0.3, 0.5])
    options = {"pseudo_count": 0.3}
    few = infer_proportions(counts, phi, prior, n_steps=5, **options)
    many = infer_proportions(counts, phi, prior, n_steps=3000, **options)
    np.testing.assert_array_equal(few[~known], np.tile(prior, ((~known).sum(), 1)))
    for row in np.flatnonzero(known):
        x, theta = counts.toarray()[row], np.full(3, 1 / 3)
        for _ in range(5):
            of_words = theta[:, None] * phi / (theta @ phi)  # p(z | w)
            theta = (of_words @ x + 0.3) / (x.sum() + 0.9)
        np.testing.assert_allclose(few[row], theta)
        best = minimize(
            lambda logits, x=x: -objective(np.exp(logits) / np.exp(logits).sum(), x, phi, 0.3),
            np.zeros(3),
            tol=1e-10,
        )
        assert objective(many[row], x, phi, 0.3) >= -best.fun - 1e-7


def test_words_that_no_topic_has_are_left_out_of_proportions():
    phi, prior = np.array([[0.5, 0.5, 0.0], [0.1, 0.9, 0.0]]), np.array([0.4, 0.6])
    counts = sparse.csr_array([[1, 2, 5], [1, 2, 0], [0, 0, 3]])
    theta = infer_proportions(counts, phi, prior, pseudo_count=0.1, n_steps=20)
    np.testing.assert_array_equal(theta[0], theta[1])
    np.testing.assert_array_equal(theta[2], prior)


def separable_case(n_languages, n_components, seed=0, n_documents=2000, length=40):
    """Documents of topics with five words of their own; word v of one language translates v of another."""
    rng = np.random.default_rng(seed)
    n_words = 30 * n_components
    topics = rng.dirichlet(np.full(n_words, 0.05), n_components) * 0.9
    topics[:, : 5 * n_components] = 0
    topics = 0.7 * topics / topics.sum(1, keepdims=True)
    for topic in range(n_components):
        topics[topic, 5 * topic : 5 * topic + 5] = 0.3 * rng.dirichlet(np.full(5, 5.0))
    counts = []
    for _ in range(n_languages):
        theta = rng.dirichlet(np.full(n_components, 0.2), n_documents)
        counts.append(sparse.csr_array(rng.multinomial(length, theta @ topics)))
    identity = sparse.csr_array(np.eye(n_words, dtype=np.float32))
    pairs = [(a, b) for a in range(n_languages) for b in range(a + 1, n_languages)]
    shape = CorpusShape(n_components, tuple("abc"[:n_languages]), (n_words,) * n_languages)
    return shape, Materials(tuple(counts), lexicons=dict.fromkeys(pairs, identity)), topics


def top_words(topic_word, n_words=10):
    return [set(row.argsort()[::-1][:n_words].tolist()) for row in topic_word]


@pytest.mark.parametrize(("n_languages", "n_components"), [(1, 5), (2, 10), (3, 6)])
def test_topics_with_words_of_their_own_are_found_and_linked(n_languages, n_components):
    shape, materials, truth = separable_case(n_languages, n_components)
    learnt = MTAnchor(origin="anchor").learn(shape, materials, seed=0)
    # anchors name the true topic, and do so for all languages at once
    names = [truth[:, of_topic[0][0]].argmax() for of_topic in learnt.anchors]
    assert sorted(names) == list(range(n_components))
    for topic_word in learnt.distributions:
        np.testing.assert_allclose(topic_word.sum(1), 1)
        shared = [
            len(found & true)
            for found, true in zip(top_words(topic_word), top_words(truth[names]), strict=True)
        ]
        assert np.mean(shared) > 9
    np.testing.assert_allclose(learnt.prior.sum(), 1)
    np.testing.assert_allclose(learnt.prior, 1 / n_components, atol=0.03)


@pytest.fixture(scope="module")
def case():
    return separable_case(2, 5, n_documents=800)


@pytest.fixture(scope="module")
def learnt(case):
    shape, materials, _ = case
    return MTAnchor(n_projected=100).learn(shape, materials, seed=3)


def restored(shape, learnt):
    arrays = {name: array.copy() for name, array in learnt.arrays().items()}
    assert all(array.dtype.kind in "iuf" for array in arrays.values())
    return learnt.settings.restore(
        shape,
        arrays,
        distributions=learnt.distributions,
        prior=learnt.prior,
        n_iter=learnt.n_iter,
        history=learnt.history,
    )


def assert_same(first, second):
    np.testing.assert_array_equal(first.prior, second.prior)
    for one, other in zip(first.distributions, second.distributions, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(first.anchors, second.anchors, strict=True):
        for words, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(words, same)


def test_same_seed_gives_the_same_bits(case, learnt):
    shape, materials, _ = case
    assert_same(learnt, MTAnchor(n_projected=100).learn(shape, materials, seed=3))


def test_restored_topics_give_the_same_bits_also_after_a_change_of_anchors(case, learnt):
    shape, materials, _ = case
    other = restored(shape, learnt)
    assert_same(learnt, other)
    documents = Documents(materials.counts[1])
    np.testing.assert_array_equal(learnt.proportions(documents, 1), other.proportions(documents, 1))
    for words in ({0: [7, 8], 1: [9]}, {1: [0]}):
        learnt, other = learnt.with_anchors(2, words), other.with_anchors(2, words)
        assert_same(learnt, other)
    assert_same(learnt, restored(shape, learnt))


def test_proportions_do_not_depend_on_the_other_documents(case, learnt):
    _, materials, _ = case
    counts = materials.counts[0]
    whole = learnt.proportions(Documents(counts), 0)
    np.testing.assert_allclose(whole.sum(1), 1)
    for rows in ([5], [700, 3, 5], np.arange(100, 400)):
        part = learnt.proportions(Documents(counts[rows]), 0)
        np.testing.assert_array_equal(part.astype(np.float32), whole[rows].astype(np.float32))


def with_anchors_from_scratch(learnt, topic, words, settings):
    anchors = [list(of_topic) for of_topic in learnt.anchors]
    for language, numbers in words.items():
        anchors[topic][language] = np.array(numbers)
    estimates = tuple(
        mtanchor.Estimate.from_anchors(estimate.cooccurrence, [row[language] for row in anchors], settings)
        for language, estimate in enumerate(learnt.estimates)
    )
    return mtanchor.MTAnchorTopics.from_estimates([tuple(row) for row in anchors], estimates, settings)


def test_changed_anchors_give_the_topics_of_learning_from_them(case):
    shape, materials, _ = case
    settings = MTAnchor(tolerance=1e-12, max_iter=100_000)
    learnt = settings.learn(shape, materials, seed=0)
    words = {0: [40, 41, 60], 1: [50]}
    changed = learnt.with_anchors(1, words)
    expected = with_anchors_from_scratch(learnt, 1, words, settings)
    np.testing.assert_allclose(changed.prior, expected.prior, atol=1e-4)
    for one, other in zip(changed.distributions, expected.distributions, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_changed_anchors_move_their_topic_and_leave_the_rest(learnt):
    before = [array.copy() for array in (*learnt.distributions, learnt.prior)]
    strongest = learnt.distributions[0][1].argsort()[::-1]
    other = next(word for word in strongest if word not in learnt.anchors[1][0])
    changed = learnt.with_anchors(0, {0: [other]})
    # topic 0 of language 0 now has words of topic 1; the other language has not changed
    assert other not in top_words(learnt.distributions[0])[0]
    assert other in top_words(changed.distributions[0])[0]
    np.testing.assert_array_equal(changed.distributions[1], learnt.distributions[1])
    assert changed.estimates[1] is learnt.estimates[1]
    assert changed.anchors[1:] == learnt.anchors[1:]
    assert [words.tolist() for words in changed.anchors[0]] == [[other], learnt.anchors[0][1].tolist()]
    now, then = changed.estimates[0], learnt.estimates[0]
    np.testing.assert_array_equal(now.rows[1:], then.rows[1:])
    np.testing.assert_array_equal(now.products[:, 1:], then.products[:, 1:])
    for array, same in zip((*learnt.distributions, learnt.prior), before, strict=True):
        np.testing.assert_array_equal(array, same)


def test_the_same_anchors_again_change_nothing(learnt):
    again = learnt.with_anchors(3, dict(enumerate(learnt.anchors[3])))
    assert_same(learnt, again)


def test_prior_is_the_mean_over_languages_of_the_topics_of_their_tokens(case, learnt):
    _, materials, _ = case
    priors = []
    for counts, estimate in zip(materials.counts, learnt.estimates, strict=True):
        shares = (counts.toarray() / counts.toarray().sum(1, keepdims=True)).mean(0)
        priors.append(shares @ estimate.weights)
    np.testing.assert_allclose(learnt.prior, np.mean(priors, 0))


def test_word_given_twice_counts_once(learnt):
    assert_same(learnt.with_anchors(0, {0: [7, 3, 7]}), learnt.with_anchors(0, {0: np.array([7, 3])}))


def test_unseen_words_have_no_probability_and_lonely_words_the_same_in_each_topic():
    counts = np.random.default_rng(0).poisson(0.5, (40, 9))
    counts[:, 7:] = 0
    counts[0] = np.eye(9)[7]
    shape = CorpusShape(3, ("a",), (9,))
    learnt = MTAnchor(min_document_share=0).learn(shape, Materials((sparse.csr_array(counts),)), seed=0)
    (topic_word,) = learnt.distributions
    assert not topic_word[:, 8].any()
    known = counts[counts.sum(1) > 0]
    np.testing.assert_allclose(topic_word[:, 7], (known / known.sum(1, keepdims=True)).mean(0)[7])
    theta = learnt.proportions(Documents(sparse.csr_array(np.eye(9)[7:8])), 0)
    np.testing.assert_allclose(theta, 1 / 3)
    np.testing.assert_allclose(topic_word.sum(1), 1)


def test_a_topic_that_no_word_belongs_to_has_the_words_its_anchor_occurs_with():
    cooccurrence = Cooccurrence.from_counts(random_counts(np.random.default_rng(0), n_documents=30))
    estimate = mtanchor.Estimate.from_anchors(cooccurrence, [np.array([0]), np.array([1])], MTAnchor())
    weights = np.tile([1.0, 0.0], (7, 1))
    topic_word, prior = mtanchor.replace(estimate, weights=weights).topics()
    np.testing.assert_allclose(topic_word, [cooccurrence.word_shares, cooccurrence.rows(np.array([1]))[0]])
    np.testing.assert_array_equal(prior, [1, 0])


def test_one_topic_holds_every_word():
    shape, materials, _ = separable_case(2, 1, n_documents=50)
    learnt = MTAnchor().learn(shape, materials, seed=0)
    shares = Cooccurrence.from_counts(materials.counts[0]).word_shares
    np.testing.assert_allclose(learnt.distributions[0][0], shares)
    np.testing.assert_allclose(learnt.proportions(Documents(materials.counts[0]), 0), 1)


def test_too_few_linked_anchors_are_an_error(case):
    shape, materials, _ = case
    lexicon = sparse.csr_array(([1.0, 1.0], ([0, 5], [0, 5])), shape=materials.lexicons[0, 1].shape)
    with pytest.raises(InputError) as caught:
        MTAnchor().learn(shape, Materials(materials.counts, lexicons={(0, 1): lexicon}), seed=0)
    assert str(caught.value) == (
        "MTAnchor found only 2 anchors, linked between a, b and in at least 0.008 of the documents, but "
        "n_components is 5. Lower n_components or min_document_share, or use a larger lexicon."
    )
    alone = CorpusShape(5, ("a",), shape.vocabulary_sizes[:1])
    with pytest.raises(InputError, match=r"found only 0 anchors.* min_document_share\.$"):
        MTAnchor(min_document_share=1.0).learn(alone, Materials(materials.counts[:1]), seed=0)


@pytest.mark.parametrize(
    ("topic", "words", "message"),
    [
        (5, {0: [1]}, "topic must be in 0 to 4. Got 5."),
        (-1, {0: [1]}, "topic must be in 0 to 4. Got -1."),
        (0, {2: [1]}, "words names language 2; languages are 0 to 1."),
        (0, {0: []}, "Anchors of language 0 must be word numbers, at least one. Got []."),
        (0, {1: ["a"]}, "Anchors of language 1 must be word numbers, at least one. Got ['a']."),
        (0, {1: [3, 150, -1]}, "Anchors of language 1 must be word numbers in 0 to 149. Got [150, -1]."),
    ],
)
def test_anchors_that_cannot_be_are_an_error(learnt, topic, words, message):
    with pytest.raises(InputError) as caught:
        learnt.with_anchors(topic, words)
    assert str(caught.value) == message


def test_a_word_without_cooccurrences_cannot_be_an_anchor():
    counts = sparse.csr_array([[2, 1, 0], [1, 2, 0], [3, 1, 0], [0, 0, 1]])
    shape = CorpusShape(1, ("a",), (3,))
    learnt = MTAnchor().learn(shape, Materials((counts,)), seed=0)
    with pytest.raises(InputError) as caught:
        learnt.with_anchors(0, {0: [0, 2]})
    assert str(caught.value) == (
        "Words [2] of language 0 occur with no other word in training and cannot be anchors. Choose others."
    )


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("min_document_share", -0.1),
        ("min_document_share", 1.1),
        ("origin", "first"),
        ("n_projected", 0),
        ("tolerance", 0),
        ("max_iter", 0.5),
        ("pseudo_count", -1),
        ("n_inference_steps", 0),
    ],
)
def test_parameters_out_of_range_are_an_error(parameter, value):
    MTAnchor().check()
    with pytest.raises(InputError, match=f"The '{parameter}' parameter of MTAnchor must be"):
        MTAnchor(**{parameter: value}).check()
