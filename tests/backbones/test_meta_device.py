"""Every network on a device that holds no numbers: whatever waits for the host, or forgets a tensor there, fails."""

import copy
import re
from dataclasses import replace
from functools import cache
from unittest.mock import patch

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from skxtm import CrossLingualTopicModel
from skxtm.backbones import backbone_class, backbone_names
from skxtm.backbones.base import NetworkBackbone
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError
from skxtm.losses.divergence import gaussian_kl
from skxtm.training.objective import RefinedTopics, RefinementObjective, RefinementWeights
from skxtm.training.tensors import map_tensors, resolve_device

pytestmark = pytest.mark.slow

META = torch.device("meta")
NETWORKS = [name for name in backbone_names() if issubclass(backbone_class(name), NetworkBackbone)]


class OneDevice(TorchDispatchMode):
    """Refuses operations on tensors of different devices; a GPU takes numbers, of no dimension, from the host."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        devices = {tensor.device.type for tensor in tensors if tensor.dim() or tensor.device.type != "cpu"}
        if len(devices) > 1:
            raise RuntimeError(f"{function} takes tensors of {sorted(devices)}.")
        return function(*args, **(kwargs or {}))


@cache
def trained(backbone):
    """A small model and a batch of its training."""
    data = make_multilingual_corpus(n_documents=12, n_components=3, vocabulary_sizes=20, random_state=0)
    model = CrossLingualTopicModel(
        3, backbone=backbone, lexicon=data.lexicon, batch_size=6, random_state=0
    ).partial_fit(data.corpus)
    with patch.object(model.network_, "step", wraps=model.network_.step) as step:
        model.partial_fit(data.corpus)
    return model.network_, step.call_args.args[0]


def on_meta(backbone):
    """The network and the batch, moved; randomness is that of the device."""
    network, batch = trained(backbone)

    def moved(tensors):
        return tuple(tensor.to(META) for tensor in tensors)

    rows = {
        name: tuple(map_tensors(part, lambda tensor: tensor.to(META)) for part in getattr(batch, name))
        for name in ("counts", "augmented")
    }
    others = {name: moved(getattr(batch, name)) for name in ("rows", "document_vectors", "clusters")}
    return copy.deepcopy(network).to(META), replace(batch, generator=None, **rows, **others)


def take_step(network, terms):
    sum(terms.values()).backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    torch.optim.Adam(network.parameters()).step()


@pytest.mark.parametrize("backbone", NETWORKS)
def test_a_training_step_stays_on_the_device(backbone):
    network, batch = on_meta(backbone)
    with OneDevice():
        take_step(network, network.train().step(batch).terms)
    assert all(part.grad is None or part.grad.device == META for part in network.parameters())


@pytest.mark.parametrize("backbone", NETWORKS)
def test_proportions_words_and_bounds_of_documents_are_found_on_the_device(backbone):
    network, batch = on_meta(backbone)
    network.double().eval()
    counts = [
        map_tensors(part, lambda tensor: tensor.double() if tensor.is_floating_point() else tensor)
        for part in batch.counts
    ]
    with OneDevice(), torch.no_grad():
        for language, (rows, words) in enumerate(zip(counts, network.topic_word(), strict=True)):
            mean, logvar = network.encode(rows, language)
            mean = torch.where((rows.lengths > 0).unsqueeze(1), mean, network.prior.mean)
            nll = network.reconstruction(torch.softmax(mean, 1), rows, language, words)
            bound = -nll - gaussian_kl(mean, logvar, network.prior.mean, network.prior.logvar)
            assert (bound.device, bound.shape) == (META, (rows.n_rows,))
            assert torch.softmax(words, 0).device == META


@pytest.mark.parametrize("direction", ["forward", "reverse"])
@pytest.mark.parametrize("support", ["top", "union"])
@pytest.mark.parametrize("divergence", ["mmd", "transport"])
@pytest.mark.parametrize("backbone", NETWORKS)
def test_every_loss_of_refinement_stays_on_the_device(backbone, divergence, support, direction):
    network, batch = on_meta(backbone)
    rng = np.random.default_rng(0)
    if not batch.document_vectors:
        batch = replace(batch, document_vectors=(torch.empty(6, 4, device=META),) * 2)
    n_dimensions = batch.document_vectors[0].shape[1]
    words = [[[0, 3], [5]], [[1], [2, 4]], [[], []]]  # the last topic was not refined
    shares = [[[1.0, 0.5] if len(of) == 2 else [1.0] * len(of) for of in topic] for topic in words]
    topics = RefinedTopics(words, shares, rng.normal(size=(3, n_dimensions)), META)
    vectors = [rng.normal(size=(20, 4)) for _ in range(2)]
    weights = RefinementWeights(
        2.0, 3.0, divergence=divergence, support=support, direction=direction, n_top_words=4
    )
    objective = RefinementObjective(weights, vectors, topics, META)
    with OneDevice():
        objective.start_epoch(network)
        step = network.train().step(batch)
        terms = objective.terms(step, batch)
        assert terms.keys() == {"words", "documents"}
        take_step(network, step.terms | terms)


def test_a_tensor_that_was_left_behind_and_a_wait_for_the_host_are_noticed():
    there = torch.ones(3, 3, device=META)
    with OneDevice():
        there @ there + torch.tensor(1.0)
        with pytest.raises(RuntimeError, match=r"takes tensors of \['cpu', 'meta'\]"):
            there @ torch.ones(3, 3)
        for wait in (torch.Tensor.item, torch.Tensor.tolist, torch.Tensor.nonzero, torch.Tensor.numpy):
            with pytest.raises((RuntimeError, NotImplementedError, TypeError)):
                wait(there.sum())


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_a_gpu_that_is_not_there_is_refused_in_a_sentence(device):
    data = make_multilingual_corpus(n_documents=4, n_components=2, vocabulary_sizes=6, random_state=0)
    model = CrossLingualTopicModel(2, backbone="nmtm", lexicon=data.lexicon, device=device)
    message = (
        rf"The 'device' parameter is '{device}', which cannot be used here \([^\n]*(CUDA|NVIDIA)[^\n]*\)\. "
        r"Use 'auto', 'cpu', or a device that torch sees\."
    )
    for fails in (lambda: model.fit(data.corpus), lambda: resolve_device(device)):
        with pytest.raises(InputError) as caught:
            fails()
        assert re.fullmatch(message, str(caught.value))
