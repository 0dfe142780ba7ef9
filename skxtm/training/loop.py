"""The training loop."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Generator, Tensor, nn
from torch.autograd.graph import increment_version
from tqdm.auto import tqdm

from skxtm.backbones.base import BackboneNetwork, CorpusShape, NetworkBackbone
from skxtm.exceptions import InterruptedWarning, TrainingError
from skxtm.modules.batchnorm import ShiftBatchNorm
from skxtm.training.batches import NOTHING, PerDocument, TrainingDocuments
from skxtm.training.objective import Objective
from skxtm.training.tensors import Arrays, load_arrays, to_tensors


@dataclass(frozen=True, slots=True)
class Schedule:
    """How to train.

    Attributes
    ----------
    max_epochs : int
        Passes over the largest language.
    batch_size : int
        Documents of each language in a step.
    learning_rate : float
        Of Adam, in the first epoch.
    decay_every : int or None
        Epochs after which the learning rate is multiplied by `decay`; None for never.
    decay : float
        The factor.
    max_gradient_norm : float or None
        Norm of all gradients together above which they are scaled down to it before a step; None for never.
    """

    max_epochs: int
    batch_size: int
    learning_rate: float
    decay_every: int | None = None
    decay: float = 1.0
    max_gradient_norm: float | None = None

    @classmethod
    def of(cls, backbone: NetworkBackbone) -> Schedule:
        """Read the schedule out of a backbone's parameters."""
        return cls(**{part.name: getattr(backbone, part.name) for part in fields(cls)})


@dataclass
class Trainer:
    """A network in training: its optimiser and its sources of randomness.

    Training in pieces gives the same bits as training at once, since all state lives here.

    Attributes
    ----------
    network : BackboneNetwork
        Trained in place.
    schedule : Schedule
        How.
    device : torch.device
        Where.
    seed : int
        Start of all randomness.
    n_epochs : int
        Epochs done so far.
    history : dict of str to list of float
        Mean of every loss term and of their sum, ``"loss"``, per epoch, in nats per document.
    """

    network: BackboneNetwork
    schedule: Schedule
    device: torch.device
    seed: int
    n_epochs: int = 0
    history: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.network.to(self.device)
        self.rng = np.random.default_rng(self.seed + self.n_epochs)
        self.generator = Generator(self.device).manual_seed(self.seed + self.n_epochs)

    @cached_property
    def optimizer(self) -> torch.optim.Adam:
        """Adam, made at the first step: torch loads its compiler for it, which takes seconds."""
        return torch.optim.Adam(
            self.network.parameters(), lr=self.schedule.learning_rate, fused=self.device.type != "mps"
        )

    def train(
        self,
        counts: Sequence[sparse.csr_array],
        n_epochs: int,
        *,
        per_document: PerDocument = NOTHING,
        streamed: bool | None = None,
        verbose: int = 0,
    ) -> None:
        """Train for some epochs; Ctrl-C after the first ends it with a warning and leaves a usable network.

        Parameters
        ----------
        counts : sequence of csr_array of shape (n_l, V_l)
            Documents of each language.
        n_epochs : int
            Epochs to add.
        per_document : PerDocument
            What else is known of the documents, in the order of `counts`.
        streamed : bool or None
            Whether counts stay where they are, see `TrainingDocuments`.
        verbose : int
            Whether to show a progress bar.

        Raises
        ------
        TrainingError
            If a loss term is no longer finite.
        KeyboardInterrupt
            Of Ctrl-C in the first epoch of all.
        """
        last = self.n_epochs + n_epochs
        documents = TrainingDocuments(counts, self.device, per_document, streamed=streamed)
        bar = tqdm(total=n_epochs, desc="Training", unit="epoch", disable=not (verbose and n_epochs))
        try:
            with bar:
                while self.n_epochs < last:
                    self.train_epoch(documents, last=last)
                    bar.update()
                    bar.set_postfix(loss=f"{self.history['loss'][-1]:.3f}", refresh=False)
        except KeyboardInterrupt:
            if not self.n_epochs:  # nothing was learnt that could be kept
                raise
            warnings.warn(
                f"Training was interrupted in epoch {self.n_epochs + 1} of {last}. The model is usable, "
                "as trained so far.",
                InterruptedWarning,
                stacklevel=2,
            )
        self.settle(documents)

    def settle(self, documents: TrainingDocuments) -> None:
        """Compute the running statistics of batch normalisations without momentum from the final weights.

        Parameters
        ----------
        documents : TrainingDocuments
            On the trainer's device; passed through the network once if there is such a normalisation.
        """
        modules = self.network.modules()
        norms = [part for part in modules if isinstance(part, ShiftBatchNorm) and part.momentum is None]
        if not norms:
            return
        for norm in norms:
            norm.restart()
        seed = self.seed + self.n_epochs
        generator = Generator(self.device).manual_seed(seed)
        batches = documents.epoch(
            self.schedule.batch_size, rng=np.random.default_rng(seed), generator=generator
        )
        self.network.train()
        try:
            with torch.no_grad(), tf32(self.device):
                for batch in batches:
                    self.network.step(batch)
        finally:
            self.network.eval()

    def train_epoch(
        self, documents: TrainingDocuments, objective: Objective | None = None, *, last: int
    ) -> None:
        """Train for one epoch; the network is left in evaluation mode, whatever happens.

        Parameters
        ----------
        documents : TrainingDocuments
            On the trainer's device.
        objective : Objective or None
            Loss terms to add to the network's own.
        last : int
            Epoch at which training is to end, for messages.

        Raises
        ------
        TrainingError
            If a loss term is no longer finite.
        """
        try:
            with tf32(self.device):
                self._epoch(documents, objective, last)
        finally:
            self.network.eval()
            for weight in self.network.parameters():  # fused Adam changes them without a note
                increment_version(weight)

    def _epoch(self, documents: TrainingDocuments, objective: Objective | None, last: int) -> None:
        self.network.train()
        if objective is not None:
            objective.start_epoch(self.network)
        self._set_learning_rate()
        batches = documents.epoch(self.schedule.batch_size, rng=self.rng, generator=self.generator)
        sums: dict[str, Tensor] = {}
        n_batches = 0
        for batch in batches:
            step = self.network.step(batch)
            terms = step.terms | ({} if objective is None else objective.terms(step, batch))
            total = sum(terms.values(), start=torch.zeros((), device=self.device))
            self.optimizer.zero_grad()
            total.backward()
            if self.schedule.max_gradient_norm is not None:
                nn.utils.clip_grad_norm_(self.network.parameters(), self.schedule.max_gradient_norm)
            self.optimizer.step()
            for name, value in {**terms, "loss": total}.items():
                sums[name] = sums[name] + value.detach() if name in sums else value.detach()
            n_batches += 1
        self._record(sums, n_batches, last)
        self.n_epochs += 1

    def _set_learning_rate(self) -> None:
        schedule = self.schedule
        steps = 0 if schedule.decay_every is None else self.n_epochs // schedule.decay_every
        for group in self.optimizer.param_groups:
            group["lr"] = schedule.learning_rate * schedule.decay**steps

    def _record(self, sums: dict[str, Tensor], n_batches: int, last: int) -> None:
        """Read the epoch's means, the only synchronisation with the device."""
        means = (torch.stack(list(sums.values())) / n_batches).tolist()
        for name, mean in zip(sums, means, strict=True):
            if not math.isfinite(mean):
                raise TrainingError(
                    f"Loss term {name!r} became {mean} in epoch {self.n_epochs + 1} of {last}. "
                    f"Try a smaller learning_rate (got {self.schedule.learning_rate:g})."
                )
            self.history.setdefault(name, []).append(mean)


@contextmanager
def tf32(device: torch.device) -> Iterator[None]:
    """Multiply float32 matrices on CUDA by TF32 units, and leave torch's setting as it was.

    Only training does this; what users read out is computed in double precision.

    Parameters
    ----------
    device : torch.device
        Any; nothing happens except on CUDA.

    Yields
    ------
    None
        While the setting holds.
    """
    if device.type != "cuda":
        yield
        return
    setting = torch.backends.cuda.matmul
    # torch before 2.9 has a switch instead of a precision
    name, value = ("fp32_precision", "tf32") if hasattr(setting, "fp32_precision") else ("allow_tf32", True)
    before = getattr(setting, name)
    setattr(setting, name, value)
    try:
        yield
    finally:
        setattr(setting, name, before)


def build_network(
    backbone: NetworkBackbone,
    shape: CorpusShape,
    constants: Arrays,
    *,
    seed: int = 0,
    state: Arrays | None = None,
) -> BackboneNetwork:
    """Build a network without touching torch's global source of randomness.

    Parameters
    ----------
    backbone : Backbone
        The hyperparameters.
    shape : CorpusShape
        The sizes.
    constants : dict of str to ndarray
        What `Backbone.prepare` computed.
    seed : int
        Seed of the initial weights.
    state : dict of str to ndarray, optional
        Trained weights to load.

    Returns
    -------
    network : BackboneNetwork
        On the CPU, in evaluation mode.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = backbone.build(shape, to_tensors(constants))
    if state is not None:
        load_arrays(network, state)
    return network.eval()


def trainer_state(trainer: Trainer) -> dict[str, Any]:
    """Everything besides the network that training in pieces needs, without tensors on a device.

    Parameters
    ----------
    trainer : Trainer
        Between two calls of `Trainer.train`.

    Returns
    -------
    state : dict
        For `restore_trainer`.
    """
    has_stepped = "optimizer" in vars(trainer)
    moments = {
        number: {name: value.cpu().numpy() for name, value in moment.items()}
        for number, moment in (trainer.optimizer.state_dict()["state"] if has_stepped else {}).items()
    }
    return {
        "moments": moments,
        "rng": trainer.rng.bit_generator.state,
        "generator": trainer.generator.get_state().numpy(),
        "n_epochs": trainer.n_epochs,
        "history": trainer.history,
    }


def restore_trainer(trainer: Trainer, state: dict[str, Any]) -> None:
    """Put back what `trainer_state` read.

    Parameters
    ----------
    trainer : Trainer
        Fresh, of the same network.
    state : dict
        The state, which is copied: its arrays may be those of a file.
    """
    if state["moments"]:
        optimizer_state = trainer.optimizer.state_dict()
        optimizer_state["state"] = {
            number: {name: torch.tensor(value) for name, value in moment.items()}
            for number, moment in state["moments"].items()
        }
        trainer.optimizer.load_state_dict(optimizer_state)
    trainer.rng.bit_generator.state = state["rng"]
    trainer.generator.set_state(torch.tensor(state["generator"]))
    trainer.n_epochs = state["n_epochs"]
    trainer.history = state["history"]
