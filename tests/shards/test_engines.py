"""A fit from shards has the same bits wherever joblib puts it: on workers of Dask, on actors of Ray."""

import os
from contextlib import contextmanager

import joblib
import numpy as np
import pytest

from skxtm import CrossLingualTopicModel
from skxtm.datasets import make_multilingual_corpus
from skxtm.shards import Shards, write_shards

DATA = make_multilingual_corpus(
    n_documents=60, n_components=3, vocabulary_sizes=40, word_concentration=0.02, random_state=0
)


@contextmanager
def on_dask():
    distributed = pytest.importorskip("distributed", reason="the package distributed is not installed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, distributed.Client(cluster), joblib.parallel_config(backend="dask"):
        yield


@contextmanager
def on_ray():
    ray = pytest.importorskip("ray", reason="the package ray is not installed")
    from ray.util.joblib import register_ray

    register_ray()
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    try:
        with joblib.parallel_config(backend="ray", n_jobs=2):
            yield
    finally:
        ray.shutdown()


def process_of(number):
    return os.getpid()


@pytest.mark.slow
@pytest.mark.parametrize("engine", [on_dask, on_ray])
def test_an_engine_fits_and_reads_shards_with_the_bits_of_one_process(tmp_path, engine):
    write_shards(DATA.corpus, tmp_path, n_per_shard=40)
    shards = Shards(tmp_path, statistics=False)
    model = CrossLingualTopicModel(3, lexicon=DATA.lexicon, random_state=0)
    expected = model.fit(DATA.corpus).transform(DATA.corpus)
    components, weight = model.components_, model.topic_weight_
    with engine():
        assert os.getpid() not in joblib.Parallel()(joblib.delayed(process_of)(n) for n in range(4))
        model.fit(shards)
        thetas = list(model.transform_shards(shards))
    np.testing.assert_array_equal(model.components_, components)
    np.testing.assert_array_equal(model.topic_weight_, weight)
    np.testing.assert_array_equal(np.vstack(thetas), expected)
