"""The training loop: one seed, one result; divergence and Ctrl-C."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import sparse
from torch.nn import functional as F

from skxtm.backbones import NMTM
from skxtm.backbones.base import CorpusShape
from skxtm.exceptions import TrainingError
from skxtm.training.loop import Schedule, Trainer, build_network, restore_trainer, tf32, trainer_state
from skxtm.training.tensors import load_arrays, resolve_device, to_arrays

SHAPE = CorpusShape(3, ("a",), (12,))
COUNTS = [sparse.csr_array(np.random.default_rng(0).poisson(0.8, (40, 12)) + np.eye(40, 12, dtype=int))]
SCHEDULE = Schedule(max_epochs=4, batch_size=8, learning_rate=1e-2)


def make_trainer(schedule=SCHEDULE, seed=0):
    network = build_network(NMTM(n_units=5), SHAPE, {}, seed=seed)
    return Trainer(network, schedule, torch.device("cpu"), seed)


def same_state(first, second):
    return all(np.array_equal(first[name], second[name]) for name in first)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    results = []
    for seed in (0, 0, 1):
        trainer = make_trainer(seed=seed)
        trainer.train(COUNTS, 3)
        results.append(to_arrays(trainer.network))
    assert same_state(results[0], results[1])
    assert not same_state(results[0], results[2])


def test_training_in_pieces_through_a_saved_state_equals_training_at_once():
    whole = make_trainer()
    whole.train(COUNTS, 4)
    first = make_trainer()
    first.train(COUNTS, 1)
    second = make_trainer()
    load_arrays(second.network, to_arrays(first.network))
    restore_trainer(second, trainer_state(first))
    second.train(COUNTS, 3)
    assert same_state(to_arrays(whole.network), to_arrays(second.network))
    assert whole.history == second.history


@pytest.mark.parametrize("is_writable", [True, False], ids=["writable", "read-only"])
def test_training_on_leaves_the_state_that_it_began_with_as_it_was(is_writable):
    first = make_trainer()
    first.train(COUNTS, 1)
    state = copy.deepcopy(trainer_state(first))
    arrays = [array for moment in state["moments"].values() for array in moment.values()]
    for array in [*arrays, state["generator"]]:
        array.flags.writeable = is_writable  # as those that joblib maps from a file, in its modes r+ and r
    before = copy.deepcopy(state)
    second = make_trainer()
    restore_trainer(second, state)
    second.train(COUNTS, 1)
    np.testing.assert_array_equal(state["generator"], before["generator"])
    for number, moment in state["moments"].items():
        assert same_state(moment, before["moments"][number])


def test_a_model_without_training_makes_no_optimiser():
    trainer = make_trainer()
    trainer.train(COUNTS, 0)
    state = trainer_state(trainer)
    restore_trainer(make_trainer(), state)
    assert state["moments"] == {}
    assert "optimizer" not in vars(trainer)  # torch would load its compiler for it


def test_the_global_sources_of_randomness_are_left_as_they_were():
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    make_trainer().train(COUNTS, 1)
    assert torch.equal(torch.get_rng_state(), torch_before)
    assert np.array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002


def test_training_lowers_the_loss_and_records_every_term_per_epoch():
    trainer = make_trainer(Schedule(max_epochs=30, batch_size=8, learning_rate=1e-2))
    trainer.train(COUNTS, 30)
    history = trainer.history
    assert set(history) == {"reconstruction", "kl", "loss"}
    assert {len(values) for values in history.values()} == {30}
    np.testing.assert_allclose(np.add(history["reconstruction"], history["kl"]), history["loss"], rtol=1e-5)
    assert history["loss"][-1] < history["loss"][0]


def test_divergence_names_the_term_the_epoch_and_the_remedy():
    trainer = make_trainer(Schedule(max_epochs=9, batch_size=8, learning_rate=1e30))
    with pytest.raises(TrainingError) as caught:
        trainer.train(COUNTS, 9)
    assert str(caught.value) == (
        "Loss term 'reconstruction' became nan in epoch 1 of 9. Try a smaller learning_rate (got 1e+30)."
    )


def test_the_learning_rate_falls_by_the_factor_at_every_step_of_the_schedule():
    trainer = make_trainer(Schedule(5, 8, learning_rate=0.4, decay_every=2, decay=0.5))
    rates = []
    for _ in range(5):
        trainer.train(COUNTS, 1)
        rates.append(trainer.optimizer.param_groups[0]["lr"])
    assert rates == [0.4, 0.4, 0.2, 0.2, 0.1]


def test_gradients_are_scaled_down_to_the_largest_norm_before_a_step():
    steps = {}
    for largest in (None, 1e6, 1e-3):
        trainer = make_trainer(Schedule(1, 40, learning_rate=1e-2, max_gradient_norm=largest))
        trainer.train(COUNTS, 1)
        gradients = [parameter.grad for parameter in trainer.network.parameters()]
        steps[largest] = torch.cat([gradient.flatten() for gradient in gradients])
    assert torch.equal(steps[None], steps[1e6])
    assert steps[None].norm() > 1e-2
    torch.testing.assert_close(steps[1e-3], steps[None] * (1e-3 / steps[None].norm()), rtol=1e-3, atol=0)


def test_ctrl_c_leaves_a_network_in_evaluation_mode_and_says_how_far_it_came():
    trainer = make_trainer()
    step, calls = trainer.network.step, []

    def interrupted(batch):
        calls.append(batch)
        if len(calls) == 7:  # in the second of five-step epochs
            raise KeyboardInterrupt
        return step(batch)

    trainer.network.step = interrupted
    message = "Training was interrupted in epoch 2 of 4. The model is usable, as trained so far."
    with pytest.warns(UserWarning, match=f"^{message}$"):
        trainer.train(COUNTS, 4)
    assert trainer.n_epochs == 1
    assert not trainer.network.training


def test_ctrl_c_in_the_first_epoch_ends_all_since_nothing_was_learnt():
    trainer = make_trainer()
    step, calls = trainer.network.step, []

    def interrupted(batch):
        calls.append(batch)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return step(batch)

    trainer.network.step = interrupted
    with pytest.raises(KeyboardInterrupt):
        trainer.train(COUNTS, 4)
    assert not trainer.network.training


@pytest.mark.parametrize(
    ("before", "within"),
    [
        ({"fp32_precision": "ieee", "allow_tf32": False}, {"fp32_precision": "tf32", "allow_tf32": False}),
        ({"allow_tf32": False}, {"allow_tf32": True}),  # torch before 2.9
    ],
)
def test_tf32_is_switched_on_in_a_training_on_cuda_and_left_as_it_was(monkeypatch, before, within):
    setting = SimpleNamespace(**before)
    monkeypatch.setattr("torch.backends.cuda.matmul", setting)
    with tf32(torch.device("cuda")):
        assert vars(setting) == within
    assert vars(setting) == before


def test_without_cuda_a_training_neither_reads_nor_writes_torchs_precision(monkeypatch):
    monkeypatch.setattr("torch.backends.cuda.matmul", None)
    make_trainer().train(COUNTS, 1)


def test_a_device_that_is_not_there_is_named():
    with pytest.raises(ValueError) as caught:
        resolve_device("nonsense")
    assert str(caught.value).startswith("The 'device' parameter is 'nonsense', which cannot be used here (")
    assert str(caught.value).endswith("Use 'auto', 'cpu', or a device that torch sees.")


def test_the_progress_bar_is_shown_only_when_asked_for(capsys):
    make_trainer().train(COUNTS, 2, verbose=1)
    assert "Training: 100%" in capsys.readouterr().err
    make_trainer().train(COUNTS, 2)
    assert capsys.readouterr().err == ""


def test_no_bar_is_shown_of_a_training_of_no_epochs(capsys):
    make_trainer().train(COUNTS, 0, verbose=1)
    assert capsys.readouterr().err == ""


def test_without_momentum_evaluation_normalises_by_all_documents_under_the_final_weights():
    network = build_network(NMTM(n_units=5, batch_norm_momentum=None), SHAPE, {}, seed=0)
    trainer = Trainer(network, SCHEDULE, torch.device("cpu"), 0)
    trainer.train(COUNTS, 3)
    head = network.head
    with torch.no_grad():
        counts = torch.tensor(COUNTS[0].toarray(), dtype=torch.float32)
        hidden = counts @ network.first_layers[0].weight + network.first_layers[0].bias
        values = head.mean(F.softplus(head.hidden(F.softplus(hidden))))
    torch.testing.assert_close(head.mean_norm.running_mean, values.mean(0), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(head.mean_norm.running_variance, values.var(0), rtol=0.2, atol=0)
    assert not network.training


def test_settling_takes_no_randomness_from_training():
    results = []
    for n_pieces in (1, 3):
        network = build_network(NMTM(n_units=5, batch_norm_momentum=None), SHAPE, {}, seed=0)
        trainer = Trainer(network, SCHEDULE, torch.device("cpu"), 0)
        for _ in range(n_pieces):
            trainer.train(COUNTS, 3 // n_pieces)
        results.append(to_arrays(network))
    assert same_state(*results)
