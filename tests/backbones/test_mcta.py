"""MCTA against its model, enumerated, written as loops over tokens, and drawn from."""

from collections import Counter
from itertools import combinations, permutations, product
from math import lgamma, log

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from scipy.stats import chisquare, gamma, kstest

from skxtm.backbones import _tokens, mcta
from skxtm.backbones._tokens import draw_topics, token_blocks
from skxtm.backbones.base import CorpusShape, Documents, Materials
from skxtm.backbones.mcta import MCTA, Blend, MCTATopics, source_shares
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError

PRIOR = 0.01
ALPHA = 0.3


def simplex(rng, *shape):
    return rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])


def random_case(n_languages, seed, lam=0.4, n_components=2):
    """A blend with lost mass and words that do not occur, its parameters, and counts of words by topic."""
    rng = np.random.default_rng(seed)
    sizes = [int(size) for size in rng.integers(2, 6, n_languages)]
    lexicons = {
        (a, b): sparse.csr_array((rng.random((sizes[a], sizes[b])) < 0.4).astype(np.float32))
        for a, b in combinations(range(n_languages), 2)
    }
    documents = tuple(sparse.csr_array(rng.poisson(0.6, (3, size))) for size in sizes)
    materials = Materials(documents, lexicons)
    psi = tuple(simplex(rng, n_components, size) for size in sizes)
    counts = [rng.poisson(2.0, (n_components, size)).astype(float) for size in sizes]
    return materials, Blend.of(materials, lam), psi, counts


def dense_map(materials, source, target):
    """M word by word: the shares of each target word's sources, by the sources' counts."""
    of_source, of_target = (materials.counts[number].toarray().sum(0) for number in (source, target))
    links = [(u, w) for u in range(len(of_source)) for w in range(len(of_target))]
    links = [(u, w) for u, w in links if linked(materials, source, u, target, w)]
    result = np.zeros((len(of_source), len(of_target)))
    for u, w in links:
        whole = sum(of_source[v] for v, other in links if other == w)
        result[u, w] = of_source[u] / whole if whole else 0
    return result


def dense_mixture(psi, materials, lam, target):
    """The blend before its rows are divided by their sums; psi may be arrays or tensors."""
    others = set(range(len(psi))) - {target}
    if not others:
        return psi[target]
    maps = {source: dense_map(materials, source, target) for source in others}
    if isinstance(psi[0], torch.Tensor):
        maps = {source: torch.as_tensor(own) for source, own in maps.items()}
    return (1 - lam) * psi[target] + lam * sum(psi[m] @ maps[m] for m in others) / len(others)


def dense_phi(psi, materials, lam):
    """Word probabilities of every language."""
    mixtures = [dense_mixture(psi, materials, lam, target) for target in range(len(psi))]
    return [mixture / mixture.sum(1)[:, None] for mixture in mixtures]


def released_update(psi, counts, materials, lam, prior):
    """The authors' update, language after language, for two languages; for more, means over the others."""
    psi, phi = list(psi), []
    for own in range(len(psi)):
        others = set(range(len(psi))) - {own}
        weight = 1 - lam if others else 1
        gain = weight * counts[own] / dense_mixture(psi, materials, lam, own)
        for target in others:
            carried = counts[target] @ dense_map(materials, own, target).T
            whole = dense_mixture(psi, materials, lam, target).sum(1)  # one denominator per topic
            gain = gain + lam / len(others) * carried / whole[:, None]
        psi[own] = gain * psi[own] + prior
        mixture = dense_mixture(psi, materials, lam, own)
        phi.append(mixture / mixture.sum(1)[:, None])
    return psi, phi


def linked(materials, source, u, target, v):
    if source < target:
        return materials.lexicons[source, target].toarray()[u, v] != 0
    return materials.lexicons[target, source].toarray()[v, u] != 0


def log_posterior(psi, counts, materials, lam):
    phi = dense_phi(psi, materials, lam)
    likelihood = sum((n * p.log()).sum() for n, p in zip(map(torch.as_tensor, counts), phi, strict=True))
    return likelihood + PRIOR * sum(own.log().sum() for own in psi)


languages_and_seeds = {"n_languages": st.integers(1, 3), "seed": st.integers(0, 10_000)}


@settings(max_examples=30, deadline=None)
@given(**languages_and_seeds)
def test_phi_is_the_blend_written_word_by_word_and_its_rows_sum_to_one(n_languages, seed):
    materials, blend, psi, _ = random_case(n_languages, seed)
    for phi, expected in zip(blend.phi(psi), dense_phi(psi, materials, 0.4), strict=True):
        assert_allclose(phi, expected, rtol=1e-12)
        assert_allclose(phi.sum(1), 1, rtol=1e-12)


def test_two_translations_of_one_word_each_take_all_of_it_and_it_takes_of_them_by_their_counts():
    counts = (sparse.csr_array([[2]]), sparse.csr_array([[3, 1]]))
    lexicon = sparse.csr_array(np.ones((1, 2), dtype=np.float32))
    blend = Blend.of(Materials(counts, {(0, 1): lexicon}), 0.5)
    assert_array_equal(blend.carriers[0, 1].toarray(), [[1, 1]])
    assert_array_equal(blend.carriers[1, 0].toarray(), [[0.75], [0.25]])


def test_a_word_takes_nothing_where_none_of_its_sources_occurs():
    lexicon = sparse.csr_array(np.array([[1, 0, 0, 2], [2, 0, 0, 0], [1, 1, 0, 0]]))
    shares = source_shares(lexicon, np.array([3.0, 1.0, 0.0]))
    assert_array_equal(shares.toarray(), [[0.75, 0, 0, 1], [0.25, 0, 0, 0], [0, 0, 0, 0]])


@settings(max_examples=30, deadline=None)
@given(**languages_and_seeds, scale=st.sampled_from([0.1, 1.0, 40.0]))
def test_the_multiplicative_update_is_the_authors_language_after_language(n_languages, seed, scale):
    materials, blend, psi, counts = random_case(n_languages, seed)
    psi = [scale * own for own in psi]
    expected_psi, expected_phi = released_update(psi, counts, materials, 0.4, PRIOR)
    updated, phi = blend.multiply(psi, counts, PRIOR)
    for actual, expected in zip((*updated, *phi), (*expected_psi, *expected_phi), strict=True):
        assert_allclose(actual, expected, rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(**languages_and_seeds)
def test_a_step_of_expectation_maximisation_never_lowers_the_log_posterior(n_languages, seed):
    materials, blend, psi, counts = random_case(n_languages, seed)
    for _ in range(3):
        after, _ = blend.expect(psi, counts, PRIOR)
        values = [log_posterior([*map(torch.as_tensor, x)], counts, materials, 0.4) for x in (psi, after)]
        assert values[1] >= values[0] - 1e-9
        psi = after


@pytest.mark.slow
@pytest.mark.parametrize("n_languages", [2, 3])
def test_expectation_maximisation_ends_where_the_log_posterior_is_stationary_on_the_simplex(n_languages):
    materials, blend, psi, counts = random_case(n_languages, seed=4)
    for _ in range(3000):
        psi, _ = blend.expect(psi, counts, PRIOR)
    free = [torch.tensor(own).log().requires_grad_() for own in psi]
    log_posterior([row.softmax(1) for row in free], counts, materials, 0.4).backward()
    for row in free:
        assert_allclose(row.grad, 0, atol=1e-5)


def test_with_one_language_an_update_is_that_of_latent_dirichlet_allocation():
    _, blend, psi, counts = random_case(1, seed=0)
    expected = counts[0] + PRIOR
    for update in (blend.multiply, blend.expect):
        _, (phi,) = update(psi, counts, PRIOR)
        assert_allclose(phi, expected / expected.sum(1, keepdims=True), rtol=1e-12)
    assert_array_equal(blend.phi(psi)[0], psi[0] / psi[0].sum(1, keepdims=True))


def log_joint(topics, words, phi):
    """Logarithm of p(topics, words | phi), topic proportions integrated out, up to a constant."""
    tally = Counter(topics)
    proportions = sum(lgamma(tally[k] + ALPHA) for k in range(len(phi)))
    return proportions + sum(log(phi[k, w]) for k, w in zip(topics, words, strict=True))


def exact_posterior(words, phi):
    states = list(product(range(len(phi)), repeat=len(words)))
    weights = np.exp([log_joint(state, words, phi) for state in states])
    return states, weights / weights.sum()


def counts_of(documents, n_words):
    rows = [np.bincount(words, minlength=n_words) for words in documents]
    return sparse.csr_array(np.array(rows))


def sampled_state(counts, phi, rng):
    """One block, random topics and their counts."""
    (block,) = token_blocks(counts, len(phi))
    topics = rng.integers(len(phi), size=len(block.words), dtype=np.int32)
    return block, topics, block.topic_counts(topics, len(phi)), np.ascontiguousarray(phi.T)


def test_a_topic_is_drawn_with_the_exact_conditional_probability_of_the_joint():
    rng = np.random.default_rng(0)
    phi, words = simplex(rng, 4, 3), [0, 1, 1, 2]
    block, topics, counts, word_topic = sampled_state(counts_of([words], 3), phi, rng)
    joint = np.exp([log_joint((k, *topics[1:]), words, phi) for k in range(4)])
    limits = np.cumsum(joint / joint.sum())
    for k, limit in enumerate(limits[:-1]):
        for u, expected in ((limit - 1e-9, k), (limit + 1e-9, k + 1)):
            drawn = topics.copy()
            draw_topics(block, drawn, counts.copy(), np.full(4, u), word_topic, ALPHA)
            assert drawn[0] == expected


def test_sampled_states_are_as_frequent_as_the_exact_posterior_says():
    rng = np.random.default_rng(1)
    phi, words, n_copies = simplex(rng, 2, 3), [0, 1, 1, 2], 20_000
    block, topics, counts, word_topic = sampled_state(counts_of([words] * n_copies, 3), phi, rng)
    for _ in range(30):
        draw_topics(block, topics, counts, rng.random(len(topics)), word_topic, ALPHA)
    states, probabilities = exact_posterior(words, phi)
    observed = Counter(map(tuple, topics.reshape(len(words), n_copies).T))
    frequencies = [observed[state] for state in states]
    assert chisquare(frequencies, n_copies * probabilities).pvalue > 0.01


def sequential_sweep(block, topics, uniforms, phi):
    """One document after the other, one token after the other."""
    topics, log_likelihood = topics.copy(), 0.0
    for document in range(len(block.rows)):
        own = np.flatnonzero(block.documents == document)
        for token in own:
            others = [topics[other] for other in own if other != token]
            tally = np.bincount(np.array(others, dtype=int), minlength=len(phi))
            cumulative = np.cumsum((tally + ALPHA) * phi[:, block.words[token]])
            topics[token] = np.searchsorted(cumulative, uniforms[token] * cumulative[-1], side="right")
            log_likelihood += log(cumulative[-1] / (len(others) + len(phi) * ALPHA))
    return topics, log_likelihood


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_sweep_over_all_documents_at_once_equals_one_document_after_the_other(seed):
    rng = np.random.default_rng(seed)
    counts, phi = sparse.csr_array(rng.poisson(0.5, (8, 6))), simplex(rng, 5, 6)
    block, topics, tally, word_topic = sampled_state(counts, phi, rng)
    uniforms = rng.random(len(topics))
    expected, expected_value = sequential_sweep(block, topics, uniforms, phi)
    value = draw_topics(block, topics, tally, uniforms, word_topic, ALPHA)
    assert_array_equal(topics, expected)
    assert_array_equal(tally, block.topic_counts(topics, 5))
    assert value == pytest.approx(expected_value, rel=1e-12)


def test_every_token_is_in_one_block_in_column_order_and_longer_documents_come_first(monkeypatch):
    monkeypatch.setattr(_tokens, "BLOCK_WEIGHTS", 6)
    counts = sparse.csr_array(np.random.default_rng(0).poisson(0.8, (8, 5)))
    counts = sparse.csr_array((counts.data, counts.indices, counts.indptr), shape=counts.shape)
    blocks = list(token_blocks(counts, 2))
    assert [len(block.rows) for block in blocks] == [3, 3, 2]
    rows = np.concatenate([block.rows for block in blocks])
    lengths = counts.toarray().sum(1)[rows]
    assert (np.diff(lengths) <= 0).all()
    assert_array_equal(np.sort(rows), np.arange(8))
    for block in blocks:
        for place, row in enumerate(block.rows):
            expected = np.repeat(np.arange(5), counts.toarray()[row])
            assert_array_equal(block.words[block.documents == place], expected)


def made(languages=("en", "zh"), n_documents=200, seed=0, **parameters):
    """A corpus with known topics, and the shape and materials that a backbone gets."""
    data = make_multilingual_corpus(
        n_documents, languages=languages, word_concentration=0.02, random_state=seed, **parameters
    )
    corpus = data.corpus
    counts = tuple(corpus.counts_of(code) for code in languages)
    sizes = tuple(block.shape[1] for block in counts)
    lexicons = {
        (a, b): sparse.eye_array(sizes[a], sizes[b], format="csr", dtype=np.float32)
        for a, b in combinations(range(len(languages)), 2)
    }
    n_components = data.theta.shape[1]
    return data, CorpusShape(n_components, tuple(languages), sizes), Materials(counts, lexicons)


def top_words(probabilities, n_words=10):
    return [set(np.argsort(-row, kind="stable")[:n_words]) for row in probabilities]


def recovered_share(data, topics, languages):
    """Share of the true topics' top words found, topics matched once for all languages."""
    found = np.zeros((len(topics.prior),) * 2)
    for code, estimate in zip(languages, topics.distributions, strict=True):
        truth = top_words(data.topic_word[code])
        found += [[len(a & b) / 10 for b in top_words(estimate)] for a in truth]
    matched = linear_sum_assignment(-found)
    return found[matched].mean() / len(languages)


@pytest.mark.slow
@pytest.mark.parametrize("languages", [("en",), ("en", "zh"), ("en", "ja", "zh")])
def test_known_topics_are_recovered_and_linked_between_the_languages(languages):
    data, shape, materials = made(languages, n_documents=300)
    topics = MCTA(max_epochs=60, updates="em").learn(shape, materials, seed=0)
    assert recovered_share(data, topics, languages) > 0.9
    theta = np.concatenate([topics.proportions(Documents(x), n) for n, x in enumerate(materials.counts)])
    assignments = max(
        (np.array(order)[theta.argmax(1)] == data.labels).mean() for order in permutations(range(5))
    )
    assert assignments > 0.9


@pytest.mark.slow
def test_expectation_maximisation_comes_nearer_to_known_topics_than_the_published_update():
    found = dict.fromkeys(("multiplicative", "em"), 0.0)
    for updates, seed in product(found, range(2)):
        data, shape, materials = made(n_documents=300, seed=seed)
        topics = MCTA(updates=updates).learn(shape, materials, seed=seed)
        found[updates] += recovered_share(data, topics, ("en", "zh")) / 2
    assert found["em"] > found["multiplicative"] > 0.7


def test_without_the_lexicon_s_share_languages_do_not_meet():
    data, shape, materials = made(n_documents=300)
    topics = MCTA(lam=0.0, max_epochs=60).learn(shape, materials, seed=0)
    assert recovered_share(data, topics, ("en", "zh")) < 0.8


def test_the_log_likelihood_rises_and_has_one_entry_for_each_sweep():
    _, shape, materials = made()
    topics = MCTA(max_epochs=30).learn(shape, materials, seed=0)
    values = topics.history["log_likelihood"]
    assert topics.n_iter == len(values) == 30
    assert np.mean(values[-5:]) > np.mean(values[5:10]) > values[0]
    assert_array_equal(topics.prior, np.full(5, 0.2))


def test_the_recorded_log_likelihood_is_a_mean_over_all_documents(monkeypatch):
    _, shape, materials = made()
    sampler = mcta.Sampler(MCTA(lam=0), materials, 5, seed=0)
    sampler.phi = tuple(np.full((5, size), 1 / size) for size in shape.vocabulary_sizes)
    monkeypatch.setattr(sampler, "update", lambda: None)
    sampler.step()
    # whatever the topics, every token has probability 1 / 200
    assert sampler.history[0] == pytest.approx(-30 * log(200), rel=1e-9)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    _, shape, materials = made(n_documents=40)
    learnt = [MCTA(max_epochs=3).learn(shape, materials, seed=seed) for seed in (5, 5, 6)]
    for first, again in zip(learnt[0].distributions, learnt[1].distributions, strict=True):
        assert_array_equal(first, again)
    assert learnt[0].history == learnt[1].history
    assert not np.array_equal(learnt[0].distributions[0], learnt[2].distributions[0])


def test_psi_starts_from_a_gamma_distribution_unnormalised():
    _, _, materials = made(n_documents=40)
    psi = np.concatenate([own.ravel() for own in mcta.Sampler(MCTA(), materials, 5, seed=0).psi])
    assert len(psi) == 2 * 5 * 200
    assert kstest(psi, gamma(100, scale=1 / 100).cdf).pvalue > 0.01


@pytest.mark.parametrize("updates", ["multiplicative", "em"])
def test_psi_is_updated_as_often_as_asked_before_every_sweep_the_first_included(updates, monkeypatch):
    _, _, materials = made(n_documents=40)
    sampler = mcta.Sampler(MCTA(n_updates=3, word_prior=0.2, updates=updates), materials, 5, seed=0)
    drawn_with = []
    sweep = mcta.TokenTopics.sweep
    monkeypatch.setattr(
        mcta.TokenTopics, "sweep", lambda own, phi, *rest: drawn_with.append(phi) or sweep(own, phi, *rest)
    )
    psi = sampler.psi
    update = sampler.blend.expect if updates == "em" else sampler.blend.multiply
    for _ in range(2):
        counts = [language.word_counts() for language in sampler.languages]
        for _ in range(3):
            psi, phi = update(psi, counts, 0.2)
        sampler.step()
        for actual, own in zip((*drawn_with, *sampler.psi), (*phi, *psi), strict=True):
            assert_array_equal(actual, own)
        drawn_with.clear()
    for language, documents in zip(sampler.languages, materials.counts, strict=True):
        assert_array_equal(language.word_counts().sum(0), documents.sum(0))


def test_words_are_those_of_the_last_counts_or_of_phi_after_a_last_update(monkeypatch):
    _, shape, materials = made(n_documents=40)
    samplers, make = [], mcta.Sampler
    monkeypatch.setattr(mcta, "Sampler", lambda *given: samplers.append(make(*given)) or samplers[-1])
    of_counts, of_phi = (
        MCTA(max_epochs=2, topic_words=words).learn(shape, materials, seed=0) for words in ("counts", "phi")
    )
    for number, language in enumerate(samplers[0].languages):
        expected = language.word_counts() + 0.01
        assert_array_equal(of_counts.distributions[number], expected / expected.sum(1, keepdims=True))
        assert_array_equal(of_counts.phi[number], of_phi.phi[number])
        assert_array_equal(of_phi.distributions[number], of_phi.phi[number])
        assert not np.array_equal(of_counts.distributions[number], of_counts.phi[number])
    sampler = make(MCTA(), materials, 5, seed=0)
    sampler.step()
    sampler.step()
    before = sampler.phi[0]
    sampler.update()
    assert_array_equal(of_phi.phi[0], sampler.phi[0])
    assert not np.array_equal(of_phi.phi[0], before)


def tiny_topics(phi, **parameters):
    given_parameters = {"alpha": ALPHA, "n_sweeps": 30, "n_burn_in": 10, "seed": 3}
    others = np.full_like(phi, 1 / phi.shape[1])  # words to be shown, by which no document is read
    prior = np.full(len(phi), 1 / len(phi))
    return MCTATopics(distributions=(others,), phi=(phi,), prior=prior, **{**given_parameters, **parameters})


def test_unless_asked_otherwise_theta_is_that_of_the_last_of_fifty_sweeps():
    _, shape, materials = made(n_documents=10)
    topics = MCTA(max_epochs=2).learn(shape, materials, seed=0)
    assert (topics.n_sweeps, topics.n_burn_in) == (50, 49)
    theta = topics.proportions(Documents(materials.counts[0]), 0)
    tokens = theta * (30 + 5 * 0.5) - 0.5
    assert_allclose(tokens, tokens.round(), atol=1e-9)
    mean = MCTA(max_epochs=2, n_burn_in=10).learn(shape, materials, seed=0)
    assert (mean.n_sweeps, mean.n_burn_in) == (50, 10)


def test_topics_of_version_0_1_which_had_no_phi_are_read_by_their_words():
    _, shape, materials = made(n_documents=10)
    learnt = MCTA(max_epochs=2).learn(shape, materials, seed=0)
    attributes = {name: getattr(learnt, name) for name in ("distributions", "prior", "n_iter", "history")}
    arrays = {name: value for name, value in learnt.arrays().items() if not name.startswith("phi")}
    assert arrays.keys() == {"alpha", "n_sweeps", "n_burn_in", "seed"}
    old = MCTA().restore(shape, arrays, **attributes)
    assert old.phi == learnt.distributions


@pytest.mark.slow
def test_theta_is_near_the_exact_posterior_mean():
    phi = simplex(np.random.default_rng(2), 3, 4)
    documents = [[0, 1, 1, 3], [2], [0, 0, 3]]
    theta = tiny_topics(phi, n_sweeps=20_000).proportions(Documents(counts_of(documents, 4)), 0)
    for words, row in zip(documents, theta, strict=True):
        states, probabilities = exact_posterior(words, phi)
        tallies = np.array([np.bincount(state, minlength=3) for state in states])
        expected = probabilities @ (tallies + ALPHA) / (len(words) + 3 * ALPHA)
        assert_allclose(row, expected, atol=0.01)
    assert_allclose(theta.sum(1), 1)


def test_the_first_sweeps_are_thrown_away():
    phi = simplex(np.random.default_rng(2), 3, 4)
    documents = Documents(counts_of([[0, 1, 1, 3]], 4))
    whole, start = (tiny_topics(phi, n_sweeps=n, n_burn_in=0).proportions(documents, 0) for n in (5, 4))
    last = tiny_topics(phi, n_sweeps=5, n_burn_in=4).proportions(documents, 0)
    assert_allclose(last, 5 * whole - 4 * start)


def test_a_row_of_theta_depends_on_its_own_document_only(monkeypatch):
    rng = np.random.default_rng(0)
    counts, topics = sparse.csr_array(rng.poisson(0.3, (60, 40))), tiny_topics(simplex(rng, 7, 40))
    theta = topics.proportions(Documents(counts), 0)
    rows = rng.permutation(60)[:25]
    assert_array_equal(topics.proportions(Documents(counts[rows]), 0), theta[rows])
    monkeypatch.setattr(_tokens, "BLOCK_WEIGHTS", 30)
    assert_array_equal(topics.proportions(Documents(counts), 0), theta)
    for row in (3, 17):
        assert_array_equal(topics.proportions(Documents(counts[[row]]), 0), theta[[row]])


def test_theta_does_not_depend_on_how_the_counts_are_stored():
    rng = np.random.default_rng(0)
    topics = tiny_topics(simplex(rng, 3, 4))
    data, columns = np.array([1.0, 2.0, 1.0, 0.0]), np.array([3, 1, 3, 0])
    loose = sparse.csr_array((data, columns, np.array([0, 4])), shape=(1, 4))
    tidy = sparse.csr_array(np.array([[0, 2, 0, 2]]))
    assert_array_equal(topics.proportions(Documents(loose), 0), topics.proportions(Documents(tidy), 0))
    assert_array_equal(loose.indices, columns)


def test_documents_without_words_have_the_prior():
    phi = simplex(np.random.default_rng(2), 3, 4)
    topics = tiny_topics(phi)
    counts = sparse.csr_array(np.array([[0, 0, 0, 0], [1, 0, 2, 0]]))
    assert_allclose(topics.proportions(Documents(counts), 0)[0], topics.prior)
    assert_allclose(topics.proportions(Documents(counts[:1]), 0)[0], topics.prior)
    assert topics.proportions(Documents(counts[:0]), 0).shape == (0, 3)


def test_what_is_restored_gives_the_same_bits():
    _, shape, materials = made(n_documents=40)
    learnt = MCTA(max_epochs=3, alpha=0.1, n_transform_sweeps=12, n_burn_in=4).learn(
        shape, materials, seed=2**32 - 1
    )
    attributes = {name: getattr(learnt, name) for name in ("distributions", "prior", "n_iter", "history")}
    restored = MCTA().restore(shape, learnt.arrays(), **attributes)
    assert all(getattr(restored, name) is value for name, value in attributes.items())
    assert restored.arrays().keys() == learnt.arrays().keys()
    for name, value in learnt.arrays().items():
        assert value.dtype.kind in "if"
        assert_array_equal(restored.arrays()[name], value)
    for number, counts in enumerate(materials.counts):
        documents = Documents(counts)
        assert_array_equal(restored.proportions(documents, number), learnt.proportions(documents, number))


def interrupt_after(n_done, monkeypatch):
    step = mcta.Sampler.step

    def interrupted(sampler):
        if len(sampler.history) == n_done:
            raise KeyboardInterrupt
        step(sampler)

    monkeypatch.setattr(mcta.Sampler, "step", interrupted)


def test_an_interrupt_in_the_first_sweep_ends_all(monkeypatch):
    _, shape, materials = made(n_documents=40)
    interrupt_after(0, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        MCTA(max_epochs=9).learn(shape, materials, seed=0)


def test_an_interrupt_ends_learning_early_and_leaves_usable_topics(monkeypatch):
    _, shape, materials = made(n_documents=40)
    n_done = 2
    interrupt_after(n_done, monkeypatch)
    with pytest.warns(UserWarning, match="interrupted") as caught:
        topics = MCTA(max_epochs=9).learn(shape, materials, seed=0)
    assert str(caught[0].message) == (
        f"Training was interrupted in sweep {n_done + 1} of 9. The model is usable, as trained so far."
    )
    monkeypatch.undo()
    assert topics.n_iter == len(topics.history["log_likelihood"]) == n_done
    assert_allclose(topics.proportions(Documents(materials.counts[1]), 1).sum(1), 1)
    same = MCTA(max_epochs=n_done).learn(shape, materials, seed=0)
    assert_array_equal(topics.distributions[0], same.distributions[0])


def test_a_bar_is_shown_on_request_only(capsys):
    _, shape, materials = made(n_documents=10)
    MCTA(max_epochs=2).learn(shape, materials, seed=0)
    assert capsys.readouterr().err == ""
    MCTA(max_epochs=2).learn(shape, materials, seed=0, verbose=1)
    shown = capsys.readouterr().err
    assert "Training: 100%" in shown
    assert "sweep" in shown
    assert "log_likelihood=-" in shown


def test_counts_that_are_not_whole_are_refused():
    topics = tiny_topics(np.full((2, 3), 1 / 3))
    with pytest.raises(InputError) as caught:
        topics.proportions(Documents(sparse.csr_array(np.array([[0.5, 1.0, 0.0]]))), 0)
    assert str(caught.value) == (
        "MCTA draws a topic for every token, so that word counts must be whole numbers. Got 0.5."
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"lam": 1.0}, "'lam' parameter of MCTA must be a number in [0, 0.999]. Got 1.0"),
        ({"alpha": 0}, "'alpha' parameter of MCTA must be a number in (0, inf). Got 0"),
        ({"word_prior": -1.0}, "'word_prior' parameter of MCTA must be a number in (0, inf). Got -1.0"),
        ({"max_epochs": 0}, "'max_epochs' parameter of MCTA must be an integer in [1, inf). Got 0"),
        ({"n_updates": 1.5}, "'n_updates' parameter of MCTA must be an integer in [1, inf). Got 1.5"),
        ({"n_burn_in": 50}, "'n_burn_in' parameter of MCTA must be an integer in [0, 49]. Got 50"),
        (
            {"updates": None},
            "'updates' parameter of MCTA must be a str among {'multiplicative', 'em'}. Got None",
        ),
        (
            {"topic_words": "psi"},
            "'topic_words' parameter of MCTA must be a str among {'counts', 'phi'}. Got 'psi'",
        ),
        (
            {"n_transform_sweeps": 0},
            "'n_transform_sweeps' parameter of MCTA must be an integer in [1, inf). Got 0",
        ),
    ],
)
def test_a_parameter_outside_its_range_is_named(parameters, message):
    with pytest.raises(InputError) as caught:
        MCTA(**parameters).check()
    assert str(caught.value) == f"The {message} instead."


def test_the_defaults_are_the_published_settings():
    MCTA().check()
    published = {"lam": 0.5, "alpha": 0.5, "word_prior": 0.01, "max_epochs": 100, "n_transform_sweeps": 50}
    assert published.items() <= MCTA().get_params().items()
