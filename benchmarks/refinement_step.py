"""What the two losses of refinement add to a training step of NMTM, and what the published loop would add.

Documents are drawn in the published shape of EC News: 5,000 words per language, 11 words per document, batch
128, 50 topics of 15 + 15 words, 15 + 15 refined words each, 200-dimensional embeddings. Each side's step is
timed in turn, forwards and backwards with the optimiser's step, and the difference of the medians to the
step without any refinement is what a loss adds. The published loop looks up every word's embedding by
searching the vocabulary, and builds the kernels of every topic, in every step.

    OMP_NUM_THREADS=2 python benchmarks/refinement_step.py [--steps 60] [--json FILE]
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn import functional as F

from skxtm.backbones import NMTM
from skxtm.backbones.base import Batch, CorpusShape, Materials, Step
from skxtm.training.batches import PerDocument, TrainingDocuments
from skxtm.training.loop import build_network
from skxtm.training.objective import RefinedTopics, RefinementObjective, RefinementWeights

N_WORDS, N_DOCUMENTS, N_TOKENS, K, N_TOP, D, BATCH = 5_000, 1_280, 11, 50, 15, 200, 128
CPU = torch.device("cpu")


def main() -> None:
    options = parse_options()
    bench = Bench()
    sides: dict[str, Callable[[Step, Batch], dict[str, Tensor]]] = {
        "no refinement": lambda step, batch: {},
        "MMD": bench.objective(words=20_000.0, documents=0.0).terms,
        "transport": bench.objective(words=20_000.0, documents=0.0, divergence="transport").terms,
        "documents": bench.objective(words=0.0, documents=200.0).terms,
        "MMD, published loop": bench.published_loop,
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    values: dict[str, float] = {}
    for number in range(options.steps):
        for name, further in sides.items():
            if number < options.loop_steps or name != "MMD, published loop":
                seconds, values[name] = bench.step(further)
                times[name].append(seconds)
    plain = statistics.median(times["no refinement"])
    rows = []
    print(f"{K} topics x {N_TOP} + {N_TOP} words, NMTM, batch {BATCH}, {torch.get_num_threads()} threads")
    print(f"{'step with':22}{'median':>10}{'adds':>12}")
    for name, measured in times.items():
        milliseconds = 1e3 * statistics.median(measured)
        adds = milliseconds - 1e3 * plain
        rows.append({"step": name, "median_ms": milliseconds, "adds_ms": adds})
        print(f"{name:22}{milliseconds:8.1f} ms{adds:9.2f} ms")
    difference = abs(bench.value("MMD") - bench.value("loop")) / bench.value("loop")
    print(f"relative difference of the two discrepancies: {difference:.1e}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--loop-steps", type=int, default=5, help="steps with the published loop")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


class Bench:
    """A network in training, refined topics, and the losses under comparison."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        counts = tuple(self._documents(rng) for _ in range(2))
        pairs = rng.integers(0, N_WORDS, (2, 27_000))
        lexicon = sparse.csr_array((np.ones(27_000, np.float32), tuple(pairs)), (N_WORDS, N_WORDS))
        backbone, shape = NMTM(), CorpusShape(K, ("a", "b"), (N_WORDS, N_WORDS))
        constants = backbone.prepare(shape, Materials(counts, {(0, 1): lexicon}))
        self.network = build_network(backbone, shape, constants)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-4, fused=True)
        self.vectors = [rng.normal(size=(N_WORDS, D)).astype(np.float32) for _ in range(2)]
        self.words = [[rng.permutation(N_WORDS)[:N_TOP].tolist() for _ in range(2)] for _ in range(K)]
        self.shares = [[rng.uniform(0.2, 1, N_TOP).tolist() for _ in range(2)] for _ in range(K)]
        self.topic_vectors = rng.normal(size=(K, D)).astype(np.float32)
        vectors = tuple(torch.randn(N_DOCUMENTS, D) for _ in range(2))
        self.documents = TrainingDocuments(counts, CPU, PerDocument(vectors=vectors))
        self.rng, self.generator = rng, torch.Generator()
        self.batches = self._endless()
        self.vocabulary = [[f"{code}{word}" for word in range(N_WORDS)] for code in "ab"]
        with torch.no_grad():
            self.top = [part.topk(N_TOP, 0).indices.T for part in self.network.topic_word()]

    def objective(self, **weights: object) -> RefinementObjective:
        """Build the package's objective with some weights."""
        topics = RefinedTopics(self.words, self.shares, self.topic_vectors, CPU)
        result = RefinementObjective(RefinementWeights(**weights), self.vectors, topics, CPU)
        result.start_epoch(self.network)
        return result

    def step(self, further: Callable[[Step, Batch], dict[str, Tensor]]) -> tuple[float, float]:
        """Time one training step."""
        batch = next(self.batches)
        self.network.train()
        started = time.perf_counter()
        step = self.network.step(batch)
        terms = step.terms | further(step, batch)
        total = sum(terms.values())
        self.optimizer.zero_grad()
        total.backward()
        self.optimizer.step()
        return time.perf_counter() - started, total.item()

    def value(self, side: str) -> float:
        """Compute the discrepancy of one side, for the network as it is."""
        with torch.no_grad():
            step = Step({}, (), self.network.topic_word())
            self.top = [part.topk(N_TOP, 0).indices.T for part in step.topic_word]
            batch = next(self.batches)
            if side == "loop":
                return self.published_loop(step, batch)["words"].item() / 20_000
            return self.objective(words=1.0, documents=0.0).terms(step, batch)["words"].item()

    def published_loop(self, step: Step, batch: Batch) -> dict[str, Tensor]:
        """Compute the discrepancy topic by topic, looking up every word by searching the vocabulary."""
        total = torch.zeros(())
        for topic in range(K):
            present, weights, refined, targets = [], [], [], []
            for language, logits in enumerate(step.topic_word):
                places = self.top[language][topic]
                present += [self.vocabulary[language][place.item()] for place in places]
                weights.append(0.5 * logits[places, topic].softmax(0))
                refined += [self.vocabulary[language][place] for place in self.words[topic][language]]
                shares = torch.tensor(self.shares[topic][language])
                targets.append(0.5 * shares / shares.sum())
            x, y = self._embedded(present), self._embedded(refined)
            w, u = torch.cat(weights), torch.cat(targets)
            distances = [self._distances(*pair) for pair in ((x, x), (y, y), (x, y))]
            pooled = torch.cat([part.flatten() for part in distances])
            bandwidth = pooled[pooled > 1e-3].median()
            xx, yy, xy = (torch.exp(-part.square() / (2 * bandwidth**2)) for part in distances)
            total = total + w @ xx @ w + u @ yy @ u - 2 * w @ xy @ u
        return {"words": 20_000 * total / K}

    def _embedded(self, words: list[str]) -> Tensor:
        rows = []
        for word in words:
            language = 0 if word in self.vocabulary[0] else 1
            rows.append(torch.from_numpy(self.vectors[language][self.vocabulary[language].index(word)]))
        return F.normalize(torch.stack(rows))

    @staticmethod
    def _distances(first: Tensor, second: Tensor) -> Tensor:
        return (2 - 2 * first @ second.T).clamp_min(0).sqrt()

    @staticmethod
    def _documents(rng: np.random.Generator) -> sparse.csr_array:
        rows = np.repeat(np.arange(N_DOCUMENTS), N_TOKENS)
        columns = rng.integers(0, N_WORDS, len(rows))
        return sparse.csr_array(
            sparse.coo_array((np.ones(len(rows), np.int64), (rows, columns)), (N_DOCUMENTS, N_WORDS))
        )

    def _endless(self):
        while True:
            yield from self.documents.epoch(BATCH, rng=self.rng, generator=self.generator)


if __name__ == "__main__":
    main()
