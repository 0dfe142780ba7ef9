"""Time training steps of NMTM against its published formulation written densely, in one run.

The dense side keeps the corpus and the lexicon's matrices M as dense arrays, as the published code does, and
leaves the gradient to autograd. Both sides start from the same weights, meet the same documents with the same
noise, and use Adam. Each lives in a process of its own, and they take turns, so that both meet the same load
of the machine. "peak" is the most memory above what the imports take, corpus included. The epoch of the dense
side is extrapolated from its median step. Without --data-home, documents are drawn by Zipf's law.

    python benchmarks/nmtm_step.py [--data-home FOLDER] [--threads N] [--json FILE]
"""

import argparse
import json
import math
import resource
import time
from collections.abc import Iterator
from itertools import chain, repeat
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional as F

from skxtm import Lexicon
from skxtm.backbones import NMTM
from skxtm.backbones.base import Batch, CorpusShape, Materials
from skxtm.datasets import load_ec_news
from skxtm.training.batches import TrainingDocuments
from skxtm.training.loop import Schedule, Trainer, build_network

SEED = 0
CPU = torch.device("cpu")
PARTS = ("first", "second", "lexicon")


def main() -> None:
    options = parse_options()
    with TemporaryDirectory() as folder:
        # in a process of its own: a child's peak memory is never below its parent's at the start
        run_alone(prepare, options, Path(folder))
        sides = {name: Side(name, options, Path(folder)) for name in SIDES}
        milliseconds: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(options.turns):
            for name, side in sides.items():
                milliseconds[name] += side.ask("steps", options.steps_per_turn)
        rows = [side.ask("summary", milliseconds[name]) for name, side in sides.items()]
        for side in sides.values():
            side.close()
    print_table(rows, options)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-home", type=Path, help="folder with ec_news/ and lexicons/")
    parser.add_argument("--n-documents", type=int, default=20_000, help="of each language, if drawn")
    parser.add_argument("--n-words", type=int, default=5000, help="of each language, if drawn")
    parser.add_argument("--n-pairs", type=int, default=10_000, help="of the lexicon, if drawn")
    parser.add_argument("--n-components", type=int, default=50)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--turns", type=int, default=5, help="of each side")
    parser.add_argument("--steps-per-turn", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    return parser.parse_args()


def run_alone(function: Any, *arguments: Any) -> None:
    process = get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def prepare(options: argparse.Namespace, folder: Path) -> None:
    """Write the counts of two languages and their lexicon where both sides read them."""
    counts, lexicon = read_ec_news(options.data_home) if options.data_home else draw(options)
    for name, matrix in zip(PARTS, (*counts, lexicon), strict=True):
        sparse.save_npz(folder / f"{name}.npz", sparse.csr_array(matrix), compressed=False)


def read_ec_news(data_home: Path) -> tuple[list[sparse.csr_array], sparse.csr_array]:
    corpus = load_ec_news("train", data_home=data_home).corpus
    lexicon = Lexicon.read(data_home / "lexicons" / "zh-en.tsv", match="literal")
    words = corpus.vocabularies
    matrix = lexicon.matrix(words["en"], words["zh"], source="en", target="zh")
    return [corpus.counts_of("en"), corpus.counts_of("zh")], matrix


def draw(options: argparse.Namespace) -> tuple[list[sparse.csr_array], sparse.csr_array]:
    rng = np.random.default_rng(SEED)
    weights = 1 / np.arange(1, options.n_words + 1)
    shape = (options.n_documents, options.n_words)
    counts = []
    for _ in range(2):
        lengths = rng.poisson(11, options.n_documents) + 1
        columns = rng.choice(options.n_words, size=lengths.sum(), p=weights / weights.sum())
        rows = np.repeat(np.arange(options.n_documents), lengths)
        counts.append(sparse.csr_array((np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=shape))
    places = rng.choice(options.n_words**2, size=options.n_pairs, replace=False)
    ones = np.ones(options.n_pairs, dtype=np.float32)
    pairs = np.divmod(places, options.n_words)
    return counts, sparse.csr_array((ones, pairs), shape=(options.n_words, options.n_words))


class Side:
    """One of the two formulations, in a process of its own."""

    def __init__(self, name: str, options: argparse.Namespace, folder: Path) -> None:
        context = get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=serve, args=(name, options, folder, other))
        self.process.start()
        other.close()
        self.ask("steps", 2)  # the first steps allocate

    def ask(self, question: str, argument: Any) -> Any:
        """Send a question, and wait for the answer."""
        self.connection.send((question, argument))
        return self.connection.recv()

    def close(self) -> None:
        """Hang up, and wait for the end of the process."""
        self.connection.close()
        self.process.join()


def serve(name: str, options: argparse.Namespace, folder: Path, connection: Connection) -> None:
    """Answer the parent until it hangs up."""
    torch.set_num_threads(options.threads)
    after_imports = peak_mb()
    *counts, lexicon = (sparse.load_npz(folder / f"{part}.npz") for part in PARTS)
    counts = tuple(block.astype(np.float32) for block in counts)
    formulation = SIDES[name](counts, lexicon, options)
    batches = endless_batches(counts, options.batch_size)
    n_batches = math.ceil(max(block.shape[0] for block in counts) / options.batch_size)
    first_loss = None
    while True:
        try:
            question, argument = connection.recv()
        except EOFError:
            return
        if question == "steps":
            taken = [timed_step(formulation, next(batches)) for _ in range(argument)]
            first_loss = taken[0][1] if first_loss is None else first_loss
            connection.send([milliseconds for milliseconds, _ in taken])
        else:
            step_ms, epoch_s = median(argument), formulation.epoch_seconds()
            row = {
                "side": name,
                "step_ms": step_ms,
                "epoch_s": n_batches * step_ms / 1e3 if math.isnan(epoch_s) else epoch_s,
                "epoch_measured": not math.isnan(epoch_s),
                "peak_mb": peak_mb() - after_imports,
                "first_loss": first_loss,
            }
            connection.send(row)


def endless_batches(counts: tuple[sparse.csr_array, ...], batch_size: int) -> Iterator[Batch]:
    """Yield the batches of epoch after epoch, the same for both sides."""
    rng = np.random.default_rng(SEED)
    generator = torch.Generator().manual_seed(SEED)
    documents = TrainingDocuments(counts, CPU)
    epochs = (documents.epoch(batch_size, rng=rng, generator=generator) for _ in repeat(None))
    return chain.from_iterable(epochs)


def timed_step(formulation: Any, batch: Batch) -> tuple[float, float]:
    documents = formulation.documents(batch)
    start = time.perf_counter()
    loss = formulation.loss(documents, batch.generator)
    formulation.optimizer.zero_grad()
    loss.backward()
    formulation.optimizer.step()
    return 1e3 * (time.perf_counter() - start), loss.item()


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Sparse:
    """What the package does."""

    def __init__(
        self, counts: tuple[sparse.csr_array, ...], lexicon: sparse.csr_array, options: argparse.Namespace
    ) -> None:
        backbone = NMTM(batch_size=options.batch_size)
        self.counts = counts
        self.network = initial_network(backbone, counts, lexicon, options.n_components)
        self.trainer = Trainer(self.network, Schedule.of(backbone), CPU, SEED)
        self.optimizer = self.trainer.optimizer
        self.network.train()

    def documents(self, batch: Batch) -> Batch:
        """Return what `loss` takes."""
        return batch

    def loss(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """Sum the loss terms of a batch."""
        return sum(self.network.step(batch).terms.values())

    def epoch_seconds(self) -> float:
        """Time an epoch, the shuffling included."""
        start = time.perf_counter()
        self.trainer.train(self.counts, 1)
        return time.perf_counter() - start


class Dense:
    """The formulas as they stand in the paper."""

    def __init__(
        self, counts: tuple[sparse.csr_array, ...], lexicon: sparse.csr_array, options: argparse.Namespace
    ) -> None:
        backbone = NMTM(batch_size=options.batch_size)
        initial = initial_network(backbone, counts, lexicon, options.n_components)
        self.network = DenseNetwork(backbone, initial, counts, lexicon.toarray())
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=backbone.learning_rate)
        self.corpus = [torch.as_tensor(block.toarray()) for block in counts]

    def documents(self, batch: Batch) -> list[Tensor]:
        """Pick the batch's rows out of the corpus."""
        return [texts[rows] for texts, rows in zip(self.corpus, batch.rows, strict=True)]

    def loss(self, documents: list[Tensor], generator: torch.Generator) -> Tensor:
        """Compute the loss of a batch."""
        return self.network.loss(documents, generator)

    def epoch_seconds(self) -> float:
        """Leave the epoch to extrapolation."""
        return math.nan


SIDES = {"dense": Dense, "skxtm": Sparse}


def initial_network(
    backbone: NMTM, counts: tuple[sparse.csr_array, ...], lexicon: sparse.csr_array, n_components: int
) -> nn.Module:
    sizes = tuple(block.shape[1] for block in counts)
    shape = CorpusShape(n_components, ("first", "second"), sizes)
    constants = backbone.prepare(shape, Materials(counts, {(0, 1): lexicon}))
    return build_network(backbone, shape, constants, seed=SEED)


class DenseNetwork(nn.Module):
    """NMTM of two languages with nothing but matrix products."""

    def __init__(
        self, backbone: NMTM, initial: Any, counts: tuple[sparse.csr_array, ...], lexicon: np.ndarray
    ) -> None:
        super().__init__()
        n_units, n_components = backbone.n_units, initial.phi[0].shape[1]
        self.lam = backbone.lam
        self.first_layers = nn.ModuleList(nn.Linear(block.shape[1], n_units) for block in counts)
        self.hidden = nn.Linear(n_units, n_units)
        self.mean, self.logvar = (nn.Linear(n_units, n_components) for _ in range(2))
        self.mean_norm, self.logvar_norm = (batch_norm(backbone, n_components) for _ in range(2))
        self.decoder_norms = nn.ModuleList(batch_norm(backbone, block.shape[1]) for block in counts)
        self.phi = nn.ParameterList(weights.detach().T.contiguous() for weights in initial.phi)
        totals = [torch.as_tensor(block.sum(0), dtype=torch.float32) for block in counts]
        translations = torch.as_tensor(lexicon)
        self.forth = mapping(translations, totals[0], backbone.smoothing)  # (V_1, V_2)
        self.back = mapping(translations.T, totals[1], backbone.smoothing)  # (V_2, V_1)
        alpha = torch.ones(n_components)
        self.prior_mean = alpha.log() - alpha.log().mean()
        self.prior_variance = (1 / alpha) * (1 - 2 / n_components) + (1 / alpha).sum() / n_components**2
        self.start_from(initial)

    @torch.no_grad()
    def start_from(self, initial: Any) -> None:
        """Take over the weights of the package's network."""
        for own, other in zip(self.first_layers, initial.first_layers, strict=True):
            own.weight.copy_(other.weight.T)
            own.bias.copy_(other.bias)
        for name in ("hidden", "mean", "logvar"):
            getattr(self, name).load_state_dict(getattr(initial.head, name).state_dict())

    def loss(self, documents: list[Tensor], generator: torch.Generator) -> Tensor:
        """Mean over the batch, summed over the two languages, in nats per document."""
        first, second = self.phi  # (K, V_1), (K, V_2)
        betas = (
            self.lam * second @ self.back + (1 - self.lam) * first,
            self.lam * first @ self.forth + (1 - self.lam) * second,
        )
        loss = torch.zeros(())
        for number, (x, beta) in enumerate(zip(documents, betas, strict=True)):
            hidden = F.softplus(self.hidden(F.softplus(self.first_layers[number](x))))
            mean = self.mean_norm(self.mean(hidden))
            logvar = self.logvar_norm(self.logvar(hidden))
            noise = torch.empty_like(mean).normal_(generator=generator)
            theta = torch.softmax(mean + (logvar / 2).exp() * noise, 1)
            p = torch.softmax(self.decoder_norms[number](theta @ beta), 1)  # (B, V)
            reconstruction = -(x * (p + 1e-10).log()).sum(1)
            variance = logvar.exp()
            terms = variance / self.prior_variance + (mean - self.prior_mean) ** 2 / self.prior_variance
            divergence = 0.5 * (terms + self.prior_variance.log() - logvar - 1).sum(1)
            loss = loss + (reconstruction + divergence).mean()
        return loss


def batch_norm(backbone: NMTM, n_features: int) -> nn.BatchNorm1d:
    norm = nn.BatchNorm1d(n_features, eps=backbone.batch_norm_eps, momentum=backbone.batch_norm_momentum)
    norm.weight.requires_grad_(False)
    return norm


def mapping(translations: Tensor, totals: Tensor, smoothing: float) -> Tensor:
    matrix = translations * totals[:, None] + smoothing
    return matrix / matrix.sum(1, keepdim=True)


def print_table(rows: list[dict[str, Any]], options: argparse.Namespace) -> None:
    source = "EC News" if options.data_home else f"{options.n_documents:,} drawn documents per language"
    print(
        f"{source}, batch {options.batch_size}, K = {options.n_components}, {options.threads} thread(s), "
        f"{options.turns} x {options.steps_per_turn} steps each in turn"
    )
    print(f"{'side':<10}{'step (median)':>15}{'epoch':>11}{'peak':>12}{'loss of first step':>21}")
    for row in rows:
        mark = " " if row["epoch_measured"] else "*"
        print(
            f"{row['side']:<10}{row['step_ms']:>12.2f} ms{row['epoch_s']:>8.2f} s{mark}"
            f"{row['peak_mb']:>8.0f} MB{row['first_loss']:>21.6f}"
        )
    dense, ours = rows
    ratios = [f"{dense[key] / ours[key]:.1f}" for key in ("step_ms", "epoch_s", "peak_mb")]
    difference = abs(dense["first_loss"] - ours["first_loss"]) / dense["first_loss"]
    print(f"{'ratio':<10}{ratios[0]:>12}   {ratios[1]:>8}   {ratios[2]:>9}   {difference:>18.1e} (relative)")
    print("* extrapolated from the median step")


if __name__ == "__main__":
    main()
