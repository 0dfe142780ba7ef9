"""How much of a hidden layer lies in its largest directions."""

from importlib import import_module

import pytest
import torch
from sklearn.decomposition import PCA

from skxtm import CrossLingualTopicModel
from skxtm.backbones import InfoCTM
from skxtm.datasets import make_multilingual_corpus


@pytest.fixture(scope="module")
def command(scripts):
    return import_module("encoder_collapse")


@pytest.mark.slow
def test_the_share_of_the_largest_directions_is_that_of_a_principal_component_analysis(command):
    drawn = make_multilingual_corpus(60, n_components=3, vocabulary_sizes=40, random_state=0)
    backbone = InfoCTM(weight_mi=0.0, n_units=12, max_epochs=2, batch_size=20)
    model = CrossLingualTopicModel(3, backbone=backbone, lexicon=drawn.lexicon, random_state=0)
    model.fit(drawn.corpus)
    for number, code in enumerate(drawn.corpus.languages):
        counts = torch.as_tensor(drawn.corpus.counts_of(code).toarray(), dtype=torch.float32)
        first = model.network_.encoders[number].first_layer
        hidden = torch.nn.functional.softplus(counts @ first.weight + first.bias).detach()
        share = PCA(command.N_DIRECTIONS).fit(hidden).explained_variance_ratio_.sum()
        measured = command.largest_directions(model, drawn.corpus, number)
        assert measured == pytest.approx(share, rel=1e-3)
