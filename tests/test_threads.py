"""Results depend on the documents, the parameters and the seed, not on the process that computes them."""

import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from threadpoolctl import ThreadpoolController, threadpool_info

from skxtm import CrossLingualTopicModel
from skxtm._threads import check_n_threads, one_thread, torch_threads
from skxtm.backbones._clusters import fitted
from skxtm.datasets import make_multilingual_corpus
from skxtm.exceptions import InputError

ROOT = Path(__file__).parents[1]
SAFETY_NET = 300

PREAMBLE = """
import hashlib, warnings
import numpy as np
warnings.simplefilter("ignore")
from skxtm import CrossLingualTopicModel, LLMRefiner
from skxtm.datasets import make_multilingual_corpus
from skxtm.embeddings import AlignedWordEncoder

data = make_multilingual_corpus(n_documents=120, n_components=4, random_state=0)

def model(backbone, **parameters):
    encoder = AlignedWordEncoder(random_state=0)
    given = dict(word_embeddings=encoder, document_embeddings=encoder, max_epochs=2, random_state=0)
    return CrossLingualTopicModel(4, backbone=backbone, lexicon=data.lexicon, **{**given, **parameters})

def digest(*arrays):
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()
"""

FITS = """
from skxtm.backbones import backbone_names
for backbone in backbone_names():
    fitted = model(backbone).fit(data.corpus)
    theta = fitted.transform(data.corpus)
    print(backbone, digest(fitted.components_, theta, np.float64(fitted.score(data.corpus))))
refiner = LLMRefiner(model("nmtm"), max_epochs=2, n_words=5, random_state=0).fit(data.corpus)
print("refiner", refiner.refined_words_, digest(refiner.transform(data.corpus)))
pieces = model("nmtm").partial_fit(data.corpus).partial_fit(data.corpus)
print("pieces", digest(pieces.components_))
encoder = AlignedWordEncoder(random_state=0).fit(data.corpus, lexicons=data.lexicon)
print("encoder", digest(*encoder.word_vectors_.values(), encoder.transform(data.corpus)))
"""

SEARCH = """
from sklearn.model_selection import GridSearchCV, KFold
for backbone in ("nmtm", "usvd"):
    for n_jobs in (1, 2):
        search = GridSearchCV(model(backbone), {"n_components": [4]}, cv=KFold(2, shuffle=True, random_state=0),
                              n_jobs=n_jobs, error_score="raise").fit(data.corpus)
        results = [search.cv_results_[f"split{number}_test_score"] for number in range(2)]
        print(backbone, digest(*results, search.best_estimator_.components_))
"""

FORK = """
import multiprocessing, sys

def work():
    try:
        model("nmtm", n_threads={child}).fit(data.corpus)
        print("fitted", flush=True)
    except Exception as error:
        print(error, flush=True)

model("nmtm", n_threads={parent}).fit(data.corpus)
child = multiprocessing.get_context("fork").Process(target=work)
child.start()
child.join(60)
print("hangs" if child.is_alive() else child.exitcode)
child.kill()
"""

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")


def run(program, n_threads):
    """Run a program in a process of its own, set to so many threads; return the lines that it prints."""
    numbers = {"OMP_NUM_THREADS": str(n_threads), "OPENBLAS_NUM_THREADS": str(n_threads)}
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + program],
        # passive: on busy cores, threads that wait by spinning take minutes
        env={**os.environ, **numbers, "OMP_WAIT_POLICY": "passive"},
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=SAFETY_NET,
    )
    return done.stdout.splitlines()


@pytest.fixture
def three_threads():
    """Set all libraries to three threads, for the time of a test."""
    before, limit = torch.get_num_threads(), ThreadpoolController().limit(limits=3)
    torch.set_num_threads(3)
    yield
    limit.restore_original_limits()
    torch.set_num_threads(before)


def numbers(api="blas"):
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == api}


def state():
    return numbers("blas"), numbers("openmp"), torch.get_num_threads()


UNTOUCHED = ({3}, {3}, 3)


@pytest.mark.slow
def test_the_bits_do_not_depend_on_the_threads_that_the_process_is_set_to():
    assert run(FITS, 1) == run(FITS, 2)


@pytest.mark.slow
def test_the_bits_do_not_depend_on_the_jobs_of_a_search():
    nmtm, parallel_nmtm, usvd, parallel_usvd = run(SEARCH, 2)
    assert (nmtm, usvd) == (parallel_nmtm, parallel_usvd)


@pytest.mark.slow
@needs_fork
def test_a_process_forked_after_training_can_train():
    assert run(FORK.format(parent=1, child=1), 2) == ["fitted", "0"]


@pytest.mark.slow
@needs_fork
def test_a_process_forked_after_training_with_threads_trains_with_one_and_says_so_instead_of_hanging():
    assert run(FORK.format(parent=2, child=1), 2) == ["fitted", "0"]
    assert run(FORK.format(parent=2, child=2), 2) == [
        "n_threads=2 cannot be used in this process: it was forked from one that had computed with several threads, for which OpenMP would wait forever. Use n_threads=1, or start processes by joblib's loky or by multiprocessing.get_context('spawn').",
        "0",
    ]


@pytest.mark.slow
@needs_fork
def test_a_process_forked_before_any_training_may_have_threads():
    first_in_child = FORK.format(parent=1, child=2).replace('model("nmtm", n_threads=1)', "model('usvd')")
    assert run(first_in_child, 2) == ["fitted", "0"]


@pytest.mark.slow
def test_the_same_number_of_threads_gives_the_same_bits_again():
    again = "for _ in range(3): print(digest(model('nmtm', n_threads=2).fit(data.corpus).components_))"
    assert len(set(run(again, 1) + run(again, 2))) == 1


def test_blas_and_openmp_get_one_thread_and_their_own_back(three_threads):
    with one_thread():
        assert (numbers("blas"), numbers("openmp")) == ({1}, {1})
    assert state() == UNTOUCHED


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_settings_come_back_after_errors_and_ctrl_c(three_threads, error):
    seen = []

    def fail():
        with torch_threads(2):
            seen.append((numbers("blas"), torch.get_num_threads()))
            raise error

    with pytest.raises(error):
        fail()
    assert seen == [({1}, 2)]
    assert state() == UNTOUCHED


def test_limits_within_limits_end_where_they_began(three_threads):
    with torch_threads(2):
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
        with torch_threads(1):
            assert torch.get_num_threads() == 1
        assert (numbers("blas"), torch.get_num_threads()) == ({1}, 2)
    assert state() == UNTOUCHED


def test_calls_at_once_have_their_own_number_and_blas_is_given_back_by_the_last(three_threads):
    begun, ended, seen = threading.Event(), threading.Event(), []

    def compute():
        with torch_threads(2):
            begun.set()
            ended.wait(SAFETY_NET)
            seen.append((numbers("blas"), torch.get_num_threads()))

    other = threading.Thread(target=compute)
    with torch_threads(1):
        other.start()
        begun.wait(SAFETY_NET)
        assert (numbers("blas"), torch.get_num_threads()) == ({1}, 1)
    assert (numbers("blas"), torch.get_num_threads()) == ({1}, 3)
    ended.set()
    other.join(SAFETY_NET)
    assert seen == [({1}, 2)]
    assert state() == UNTOUCHED


def test_training_and_reading_have_the_threads_asked_for_and_no_more(three_threads, monkeypatch):
    data = make_multilingual_corpus(n_documents=20, n_components=2, random_state=0)
    model = CrossLingualTopicModel(
        2, backbone="nmtm", lexicon=data.lexicon, max_epochs=1, device="cpu", n_threads=2, random_state=0
    )
    seen = []

    def noting(function):
        def noted(*args, **kwargs):
            seen.append((numbers("blas"), torch.get_num_threads()))
            return function(*args, **kwargs)

        return noted

    from skxtm.backbones.nmtm import NMTMNetwork

    for name in ("step", "read", "topic_word"):
        monkeypatch.setattr(NMTMNetwork, name, noting(getattr(NMTMNetwork, name)))
    for method in (model.fit, model.transform, model.posterior_mean, model.score, model.partial_fit):
        seen.clear()
        method(data.corpus)
        assert set(map(repr, seen)) == {"({1}, 2)"}, method
    assert state() == UNTOUCHED


def test_clusters_are_found_with_one_thread_whatever_torch_has(monkeypatch):
    seen = []
    monkeypatch.setattr(KMeans, "fit", lambda kmeans, rows, sample_weight: seen.append(numbers("openmp")))
    with torch_threads(2):
        fitted(KMeans(2), np.eye(3))
    assert seen == [{1}]


@pytest.mark.parametrize("n_threads", [0, -1, 1.5, True, "2", None, 10**9])
def test_a_number_of_threads_that_is_none_is_refused_before_anything_is_read(n_threads, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    model = CrossLingualTopicModel(2, n_threads=n_threads)
    with pytest.raises(InputError) as caught:
        model.fit(object())
    assert str(caught.value) == (
        f"The 'n_threads' parameter of CrossLingualTopicModel must be an integer in [1, 1024]. Got {n_threads!r} instead."
    )


def test_a_large_machine_may_have_more_threads(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 512)
    check_n_threads(2048)
    with pytest.raises(InputError, match=r"in \[1, 2048\]\. Got 2049 instead"):
        check_n_threads(2049)


@needs_fork
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # that a fork may hang: the subject
def test_a_fork_knows_whether_its_parent_had_threads():
    def ask(sender):
        try:
            check_n_threads(2)
            sender.send("")
        except InputError as error:
            sender.send(str(error)[:19])

    def answer():
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=ask, args=(sender,))
        child.start()
        said = receiver.recv()
        child.join()
        return said

    context = multiprocessing.get_context("fork")
    with torch_threads(1):
        pass
    outcomes = []

    def without_and_with_threads():  # what is known belongs to a Python thread, so that this one leaves none
        outcomes.append(answer())
        with torch_threads(2):
            pass
        outcomes.append(answer())

    thread = threading.Thread(target=without_and_with_threads)
    thread.start()
    thread.join(SAFETY_NET)
    assert outcomes == ["", "n_threads=2 cannot "]
