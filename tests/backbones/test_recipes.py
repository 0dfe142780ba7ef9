"""The settings that figures were published with, and the second pass through the encoder that is one of them."""

import numpy as np
import pytest
import torch
from scipy import sparse

from skxtm.backbones import NMTM, InfoCTM
from skxtm.backbones.base import Batch, CorpusShape, Materials
from skxtm.exceptions import InputError
from skxtm.training.loop import Schedule, build_network
from skxtm.training.tensors import sparse_rows

# epochs, batch, learning rate, epochs until it is multiplied, by what, largest norm of gradients
SCHEDULES = {
    (NMTM, "nlpcc-2020"): (200, 128, 1e-3, None, 0.5, None),
    (NMTM, "llm-xtm"): (230, 128, 1e-3, 125, 0.5, 1.0),
    (InfoCTM, "aaai-2023"): (500, 128, 2e-3, 125, 0.5, None),
    (InfoCTM, "llm-xtm"): (530, 128, 2e-3, 125, 0.5, 1.0),
}


@pytest.mark.parametrize(("backbone", "recipe"), SCHEDULES)
def test_a_recipe_trains_as_its_source_does(backbone, recipe):
    made = backbone.published(recipe)
    made.check()
    assert Schedule.of(made) == Schedule(*SCHEDULES[backbone, recipe])
    assert made.n_encoder_passes == (2 if recipe == "llm-xtm" else 1)
    schedule_and_passes = {*Schedule.__dataclass_fields__, "n_encoder_passes"}
    for name, value in backbone().get_params().items():
        assert name in schedule_and_passes or getattr(made, name) == value


def test_every_recipe_is_tested_and_names_its_source():
    for backbone in (NMTM, InfoCTM):
        assert set(backbone.recipes) == {name for cls, name in SCHEDULES if cls is backbone}
        assert all(recipe.source for recipe in backbone.recipes.values())


def test_parameters_of_one_s_own_take_precedence_over_those_of_a_recipe():
    made = InfoCTM.published("llm-xtm", weight_mi=50, max_epochs=7)
    assert (made.weight_mi, made.max_epochs, made.max_gradient_norm) == (50, 7, 1.0)


@pytest.mark.parametrize(
    ("backbone", "own"), [(NMTM, "'llm-xtm', 'nlpcc-2020'"), (InfoCTM, "'aaai-2023', 'llm-xtm'")]
)
def test_an_unknown_recipe_is_refused_with_those_there_are(backbone, own):
    with pytest.raises(InputError) as caught:
        backbone.published("acl-2026")
    assert str(caught.value) == (
        f"The 'recipe' parameter of {backbone.__name__}.published must be a str among {{{own}}}. "
        "Got 'acl-2026' instead."
    )


def network_and_batch(backbone, seed=0):
    """A small network of two languages in double precision, in training, and a batch."""
    rng = np.random.default_rng(seed)
    sizes, n_documents = (6, 5), 7
    counts = tuple(sparse.csr_array(rng.poisson(0.8, (n_documents, size))) for size in sizes)
    lexicon = sparse.csr_array((rng.random(sizes) < 0.3).astype(np.float32))
    vectors = tuple(rng.normal(size=(size, 4)).astype(np.float32) for size in sizes)
    shape = CorpusShape(3, ("a", "b"), sizes)
    constants = backbone.prepare(shape, Materials(counts, {(0, 1): lexicon}, word_vectors=vectors))
    network = build_network(backbone, shape, constants, seed=seed).double().train()
    batch = Batch(
        counts=tuple(sparse_rows(block, dtype=torch.float64) for block in counts),
        rows=(torch.arange(n_documents),) * 2,
        generator=torch.Generator().manual_seed(seed),
    )
    return network, batch


def encoder_norms(network, language):
    """The batch normalisation of the means that a language goes through."""
    head = network.head if hasattr(network, "head") else network.encoders[language].head
    return head, head.mean_norm


@pytest.mark.slow
@pytest.mark.parametrize("backbone", [NMTM, InfoCTM])
def test_a_second_pass_enters_the_encoder_s_statistics_and_nothing_else(backbone):
    once, batch = network_and_batch(backbone(n_units=4))
    twice, again = network_and_batch(backbone(n_units=4, n_encoder_passes=2))
    first, second = once.step(batch), twice.step(again)
    for name, term in first.terms.items():
        torch.testing.assert_close(second.terms[name], term, rtol=0, atol=0)
    sum(first.terms.values()).backward()
    sum(second.terms.values()).backward()
    for mine, other in zip(once.parameters(), twice.parameters(), strict=True):
        torch.testing.assert_close(other.grad, mine.grad, rtol=0, atol=0)
    for mine, other in zip(once.decoders, twice.decoders, strict=True):
        assert mine.n_batches == other.n_batches == 1
    shared = hasattr(once, "head")
    for language in range(2):
        assert encoder_norms(once, language)[1].n_batches == (2 if shared else 1)
        assert encoder_norms(twice, language)[1].n_batches == (4 if shared else 2)


@pytest.mark.parametrize("backbone", [NMTM, InfoCTM])
def test_statistics_after_two_passes_are_the_running_means_of_every_language_twice_in_turn(backbone):
    momentum = 0.3
    network, batch = network_and_batch(backbone(n_units=4, n_encoder_passes=2, batch_norm_momentum=momentum))
    batch_means = []
    for language in range(2):
        head, _ = encoder_norms(network, language)
        inputs = []
        handle = head.mean.register_forward_hook(lambda _, __, output, kept=inputs: kept.append(output))
        with torch.no_grad():
            network.eval().encode(batch.counts[language], language)
        handle.remove()
        batch_means.append(inputs[0].mean(0))
    network.train().step(batch)
    passes = {language: [] for language in range(2)}
    for language in (0, 1, 0, 1):
        for reached in range(2):
            if encoder_norms(network, reached)[1] is encoder_norms(network, language)[1]:
                passes[reached].append(batch_means[language])
    for language, means in passes.items():
        expected = means[0]
        for number, mean in enumerate(means[1:], 2):
            weight = max(momentum, 1 / number)
            expected = (1 - weight) * expected + weight * mean
        torch.testing.assert_close(encoder_norms(network, language)[1].running_mean, expected)
