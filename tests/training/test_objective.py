"""The losses of refinement against loops over topics and words."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skxtm.backbones.base import Batch, Step
from skxtm.training.objective import RefinedTopics, RefinementObjective, RefinementWeights

CPU = torch.device("cpu")
SIZES, K, D = (12, 9), 4, 5


class Case:
    """Random weights, vectors and votes of four topics, of which the third was not refined."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.logits = [torch.tensor(rng.normal(size=(size, K)), dtype=torch.float32) for size in SIZES]
        self.vectors = [rng.normal(size=(size, D)).astype(np.float32) for size in SIZES]
        self.vectors[0][3] = 0  # a word without an embedding
        self.words = [
            [rng.permutation(size)[: rng.integers(1, 5)].tolist() for size in SIZES] for _ in range(K)
        ]
        self.shares = [[rng.uniform(0.2, 1, len(part)).tolist() for part in topic] for topic in self.words]
        self.words[2], self.shares[2] = [[], []], [[], []]
        self.topic_vectors = rng.normal(size=(K, D)).astype(np.float32)
        self.documents = tuple(torch.tensor(rng.normal(size=(6, D)), dtype=torch.float32) for _ in SIZES)
        self.proportions = tuple(
            torch.tensor(rng.dirichlet(np.ones(K), 6), dtype=torch.float32) for _ in SIZES
        )

    def objective(self, **options):
        weights = RefinementWeights(**{"words": 1.0, "documents": 1.0, "n_top_words": 3, **options})
        topics = RefinedTopics(self.words, self.shares, self.topic_vectors, CPU)
        result = RefinementObjective(weights, self.vectors, topics, CPU)
        result.start_epoch(self)
        return result

    def topic_word(self):
        return tuple(self.logits)

    def terms(self, **options):
        step = Step({}, self.proportions, tuple(self.logits))
        return self.objective(**options).terms(step, Batch((), (), document_vectors=self.documents))

    def unit(self, language, word):
        vector = torch.tensor(self.vectors[language][word], dtype=torch.float64)
        return vector / vector.norm() if vector.norm() else vector

    def present(self, topic, *, union, equal=True):
        """Words of a topic as (language, word), and their weights."""
        words, weights = [], []
        for language, logits in enumerate(self.logits):
            own = logits[:, topic].double()
            places = sorted(range(len(own)), key=lambda word: -own[word].item())[:3]
            if union:
                places += [word for word in self.words[topic][language] if word not in places]
            probabilities = [own[place].exp() / sum(value.exp() for value in own) for place in places]
            total = 2 * sum(probabilities) if equal else 1
            words += [(language, place) for place in places]
            weights += [probability / total for probability in probabilities]
        return words, torch.stack(weights) / (1 if equal else sum(weights))

    def refined(self, topic):
        words, weights = [], []
        for language in range(2):
            shares = self.shares[topic][language]
            words += [(language, place) for place in self.words[topic][language]]
            weights += [share / sum(shares) / 2 for share in shares]
        return words, torch.tensor(weights, dtype=torch.float64)

    def distance(self, one, other):
        if one == other:
            return 0.0
        return float((2 - 2 * (self.unit(*one) @ self.unit(*other))).clamp_min(0).sqrt())

    def distances(self, first, second):
        rows = [[self.distance(one, other) for other in second] for one in first]
        return torch.tensor(rows, dtype=torch.float64)

    def discrepancy(self, topic, factors, *, union, equal=True):
        present, w = self.present(topic, union=union, equal=equal)
        refined, u = self.refined(topic)
        blocks = [
            self.distances(*pair) for pair in ((present, present), (present, refined), (refined, refined))
        ]
        pooled = sorted(value for block in blocks for value in block.flatten().tolist() if value > 0)
        bandwidth = pooled[(len(pooled) - 1) // 2]
        xx, xy, yy = (
            sum(torch.exp(-0.5 * (block / (factor * bandwidth)) ** 2) for factor in factors) / len(factors)
            for block in blocks
        )
        return w @ xx @ w + u @ yy @ u - 2 * w @ xy @ u


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    support=st.sampled_from(["top", "union"]),
    factors=st.sampled_from([(1.0,), (0.5, 2.0)]),
    language_weights=st.sampled_from(["equal", "probability"]),
    topic_average=st.sampled_from(["all", "refined"]),
)
def test_the_discrepancy_of_words_is_that_of_loops_in_value_and_gradient(
    seed, support, factors, language_weights, topic_average
):
    case = Case(seed)
    for logits in case.logits:
        logits.requires_grad_()
    ours = case.terms(
        support=support,
        bandwidth_factors=factors,
        language_weights=language_weights,
        topic_average=topic_average,
    )["words"]
    how = {"union": support == "union", "equal": language_weights == "equal"}
    theirs = sum(case.discrepancy(topic, factors, **how) for topic in (0, 1, 3))
    theirs = theirs / (K if topic_average == "all" else 3)
    torch.testing.assert_close(ours.double(), theirs, rtol=1e-4, atol=1e-6)
    ours_gradients = torch.autograd.grad(ours, case.logits)
    for ours_part, theirs_part in zip(ours_gradients, torch.autograd.grad(theirs, case.logits), strict=True):
        torch.testing.assert_close(ours_part, theirs_part, rtol=1e-3, atol=1e-6)
        assert not ours_part[:, 2].any()  # the topic that was not refined


def test_only_the_union_lifts_a_refined_word_that_is_not_among_the_top_words():
    case = Case(0)
    top = case.logits[0][:, 0].topk(3).indices.tolist()
    outside = next(word for word in range(SIZES[0]) if word not in top and word != 3)
    case.words[0][0], case.shares[0][0] = [outside], [1.0]
    gradients = {}
    for support in ("top", "union"):
        logits = case.logits[0].clone().requires_grad_()
        step = Step({}, case.proportions, (logits, case.logits[1]))
        words = case.objective(support=support).terms(step, Batch((), (), document_vectors=case.documents))
        (gradients[support],) = torch.autograd.grad(words["words"], logits)
    assert gradients["top"][outside, 0] == 0
    assert gradients["union"][outside, 0] < 0


def test_a_topic_weighs_by_default_what_it_would_if_all_were_refined():
    case = Case(6)
    ours = case.terms()["words"]
    lost = case.discrepancy(0, (1.0,), union=True)
    case.words[0], case.shares[0] = [[], []], [[], []]
    torch.testing.assert_close(case.terms()["words"].double(), ours.double() - lost / K, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("reduction", "n_counted"), [("mean", 12), ("sum", 1)])
@pytest.mark.parametrize("direction", ["forward", "reverse", "released"])
def test_the_divergence_of_documents_is_that_of_loops(direction, reduction, n_counted):
    case = Case(1)
    total = 0.0
    for theta, documents in zip(case.proportions, case.documents, strict=True):
        for row, document in zip(theta.double(), documents.double(), strict=True):
            topics = torch.tensor(case.topic_vectors, dtype=torch.float64)
            cosines = torch.stack([document @ topic / document.norm() / topic.norm() for topic in topics])
            target = (cosines / 0.2).exp() / (cosines / 0.2).exp().sum()
            again = row.exp() / row.exp().sum()  # the published code takes the softmax of theta once more
            first, second = {"forward": (row, target), "reverse": (target, row)}.get(
                direction, (target, again)
            )
            total += sum(p * (p.log() - q.log()) for p, q in zip(first, second, strict=True))
    ours = case.terms(direction=direction, document_reduction=reduction)["documents"]
    torch.testing.assert_close(ours.double(), total / n_counted, rtol=1e-4, atol=1e-6)


def test_transport_moves_the_present_words_to_the_refined_ones():
    case = Case(2)
    at_target = Case(2)
    for language, logits in enumerate(at_target.logits):
        for topic in (0, 1, 3):
            logits[at_target.words[topic][language], topic] += 50
    assert at_target.terms(divergence="transport")["words"] < case.terms(divergence="transport")["words"]


@pytest.mark.parametrize("divergence", ["mmd", "transport"])
@pytest.mark.parametrize("support", ["top", "union"])
def test_a_topic_that_was_not_refined_gets_no_gradient(divergence, support):
    case = Case(5)
    for logits in case.logits:
        logits.requires_grad_()
    value = case.terms(divergence=divergence, support=support)["words"]
    for gradient in torch.autograd.grad(value, case.logits):
        assert gradient.isfinite().all()
        assert gradient.any(0).tolist() == [True, True, False, True]


def test_weights_scale_the_terms_and_zero_leaves_them_out():
    case = Case(3)
    once, thrice = case.terms(), case.terms(words=3.0, documents=2.0)
    torch.testing.assert_close(thrice["words"], 3 * once["words"])
    torch.testing.assert_close(thrice["documents"], 2 * once["documents"])
    assert set(case.terms(words=0.0)) == {"documents"}
    assert set(case.terms(documents=0.0)) == {"words"}


def test_without_any_refined_topic_there_is_no_discrepancy_of_words():
    case = Case(4)
    case.words = case.shares = [[[], []]] * K
    assert set(case.terms()) == {"documents"}
