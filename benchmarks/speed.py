"""Time every backbone: against its dense published formulation and TopMost, and as sizes grow.

    python benchmarks/speed.py steps [--data-home FOLDER] [--turns 5] [--steps-per-turn 4] [--json FILE]
    python benchmarks/speed.py growth [--json FILE] [--picture FILE.png]

`steps` compares training steps of the published backbones with a network: ours, the published formulation
written with dense arrays (`_dense.py`), which starts from the same weights and draws the same noise, and
TopMost's code where it is installed (``pip install --no-deps topmost==1.0.2`` has NMTM and InfoCTM), which
starts from weights of its own. Each side is a process, and they take turns, so that all meet the same load of
the machine. All have the same documents, the first `--documents` of each language of EC News, or drawn ones:
few, since dense arrays of all of them do not fit for GloCTM. "epoch" is the step times the number of steps in
an epoch of all of EC News; "transform" reads the documents of one language; "peak" is the most memory above
what the imports take, corpus included. It would differ more with more documents.

`growth` measures ours alone, with drawn documents, one quantity growing at a time: seconds of a training step
(of the methods without a network: of the whole fit), seconds of `transform` per 100,000 documents, and peak
memory. Nothing is extrapolated.
"""

import argparse
import importlib
import importlib.util
import json
import resource
import sys
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, repeat
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from _dense import DENSE, mapping
from _drawn import draw

from skxtm import Lexicon
from skxtm.backbones import backbone_class, backbone_names
from skxtm.backbones.arrays import ArrayBackbone
from skxtm.backbones.base import Batch, CorpusShape, Documents, Materials, NetworkBackbone
from skxtm.datasets import load_ec_news
from skxtm.training.batches import PerDocument, TrainingDocuments
from skxtm.training.inference import Inference
from skxtm.training.loop import Schedule, Trainer, build_network
from skxtm.training.tensors import on_device

CPU = torch.device("cpu")
SEED = 0
EC_NEWS_STEPS = 313  # in an epoch: 40,000 documents of the larger language in batches of 128
NETWORKS = [name for name in backbone_names() if issubclass(backbone_class(name), NetworkBackbone)]
ARRAYS = [name for name in backbone_names() if name not in NETWORKS]
TOPMOST = {"nmtm": "crosslingual.NMTM", "infoctm": "crosslingual.InfoCTM.InfoCTM"}


def main() -> None:
    options = parse_options()
    rows = compare(options) if options.what == "steps" else grow(options)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["steps", "growth"])
    parser.add_argument("--data-home", type=Path, help="folder with ec_news/ and lexicons/")
    parser.add_argument("--backbones", nargs="+", choices=backbone_names(), default=backbone_names())
    parser.add_argument("--documents", type=int, default=4_000, help="of each language, for steps")
    parser.add_argument("--turns", type=int, default=5, help="of each side")
    parser.add_argument("--steps-per-turn", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sizes", nargs="+", choices=list(GROWING), default=list(GROWING))
    parser.add_argument("--largest", type=float, default=1.0, help="share of the largest sizes to go to")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--picture", type=Path, help="also draw the curves of growth")
    return parser.parse_args()


def compare(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Time the sides of every backbone with a network, and print a table."""
    columns = ("step ms", "epoch s", "transform s", "peak MB", "first loss")
    print(f"| backbone | side | {' | '.join(columns)} | times slower | times the memory |")
    print("|---" * (len(columns) + 4) + "|")
    rows = []
    for name in (name for name in options.backbones if name in DENSE):
        sides = {side: Side(serve, name, side, options) for side in sides_of(name)}
        steps: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(options.turns):
            for side, process in sides.items():
                steps[side] += process.ask(options.steps_per_turn)
        of_backbone = [
            {"backbone": name, "side": side, "step_ms": 1e3 * median(steps[side]), **process.ask(None)}
            for side, process in sides.items()
        ]
        for row in of_backbone:
            print_comparison(row, of_backbone[0])
        rows += of_backbone
    return rows


def sides_of(name: str) -> list[str]:
    has_topmost = name in TOPMOST and importlib.util.find_spec("topmost") is not None
    return ["skxtm", "dense"] + ["TopMost"] * has_topmost


def print_comparison(row: dict[str, Any], ours: dict[str, Any]) -> None:
    slower, larger = row["step_ms"] / ours["step_ms"], row["peak_mb"] / ours["peak_mb"]
    cells = [f"{row['step_ms']:.1f}", f"{EC_NEWS_STEPS * row['step_ms'] / 1e3:.1f}"]
    cells += ["" if row["transform_s"] is None else f"{row['transform_s']:.3f}"]
    cells += [f"{row['peak_mb']:,.0f}", f"{row['first_loss']:.3f}"]
    print(
        f"| {row['backbone']} | {row['side']} | {' | '.join(cells)} | {slower:.1f} | {larger:.1f} |",
        flush=True,
    )


class Side:
    """A process of its own that answers questions."""

    def __init__(self, serving: Callable[..., None], *arguments: Any) -> None:
        context = get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=serving, args=(other, *arguments))
        self.process.start()
        other.close()

    def ask(self, question: Any) -> Any:
        """Send a question, and wait for the answer; None is the last one."""
        self.connection.send(question)
        answer = self.connection.recv()
        if question is None:
            self.connection.close()
            self.process.join()
        return answer


def serve(connection: Connection, name: str, side: str, options: argparse.Namespace) -> None:
    """Take as many training steps as asked; asked None, tell the rest and end."""
    torch.set_num_threads(options.threads)
    imports_mb = peak_mb()
    shape, materials = read(options)
    stepper = SIDES[side](name, shape, materials)
    first_loss = stepper.step()[1]
    stepper.step()  # the first steps allocate
    while (n_steps := connection.recv()) is not None:
        connection.send([stepper.step()[0] for _ in range(n_steps)])
    started = time.perf_counter()
    stepper.transform()
    connection.send(
        {
            "transform_s": time.perf_counter() - started if side != "dense" else None,
            "n_documents": options.documents,
            "peak_mb": peak_mb() - imports_mb,
            "first_loss": first_loss,
            "n_threads": options.threads,
        }
    )


def read(options: argparse.Namespace) -> tuple[CorpusShape, Materials]:
    """Draw documents, or read those of EC News and draw their embeddings and clusters."""
    n = options.documents
    shape, materials = draw((n, n), 5_000, 50)
    if options.data_home is None:
        return shape, materials
    corpus = load_ec_news("train", data_home=options.data_home).corpus
    words = corpus.vocabularies or {}
    lexicon = Lexicon.read(options.data_home / "lexicons" / "zh-en.tsv", match="literal")
    matrix = lexicon.matrix(words["en"], words["zh"], source="en", target="zh")
    counts = tuple(corpus.counts_of(code)[:n] for code in ("en", "zh"))
    return shape, replace(materials, counts=counts, lexicons={(0, 1): matrix})


class Ours:
    """Steps of the package, as its training loop takes them."""

    def __init__(self, name: str, shape: CorpusShape, materials: Materials) -> None:
        self.backbone = without_dropout(name)
        self.materials = materials
        self.constants = self.backbone.prepare(shape, materials)
        self.network = build_network(self.backbone, shape, self.constants, seed=SEED).train()
        self.optimizer = Trainer(self.network, Schedule.of(self.backbone), CPU, SEED).optimizer
        self.documents = documents_of(self.backbone, self.constants, materials)
        self.batches = endless(self.documents)

    def step(self) -> tuple[float, float]:
        """Take a step; seconds and loss."""
        batch = next(self.batches)
        started = time.perf_counter()
        loss = torch.stack(tuple(self.network.step(batch).terms.values())).sum()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return time.perf_counter() - started, loss.item()

    def transform(self) -> None:
        """Find the topics of the first language's documents."""
        Inference(self.network, CPU).theta(Documents(self.materials.counts[0]), 0)


class Published(Ours):
    """Steps of the dense formulation."""

    def __init__(self, name: str, shape: CorpusShape, materials: Materials) -> None:
        super().__init__(name, shape, materials)
        self.dense = DENSE[name](self.backbone, self.network, shape, materials, self.constants)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=self.backbone.learning_rate)

    def step(self) -> tuple[float, float]:
        """Take a step; seconds and loss."""
        batch = next(self.batches)
        started = time.perf_counter()
        loss = self.dense.loss(batch)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return time.perf_counter() - started, loss.item()

    def transform(self) -> None:
        """Leave transform to the others: dense rows would be all that differs."""


class TopMost(Published):
    """Steps of TopMost's modules, with the loop of its trainer."""

    def __init__(self, name: str, shape: CorpusShape, materials: Materials) -> None:
        Ours.__init__(self, name, shape, materials)
        module = load_topmost(TOPMOST[name])
        self.corpus = [torch.as_tensor(block.toarray(), dtype=torch.float32) for block in materials.counts]
        lexicon = torch.as_tensor(materials.lexicons[0, 1].toarray(), dtype=torch.float32)
        sizes, K = shape.vocabulary_sizes, shape.n_components
        if name == "nmtm":
            maps = [
                mapping(part, corpus.sum(0), self.backbone.smoothing)
                for part, corpus in zip((lexicon, lexicon.T), self.corpus, strict=True)
            ]
            self.module = module.NMTM(*maps, *sizes, num_topics=K, en_units=self.backbone.n_units)
        else:
            words = materials.word_vectors
            self.module = module.InfoCTM(
                lexicon, *words, *sizes, num_topics=K, en_units=self.backbone.n_units
            )
        self.optimizer = torch.optim.Adam(self.module.parameters(), lr=self.backbone.learning_rate)

    def step(self) -> tuple[float, float]:
        """Take a step; seconds and loss."""
        rows = next(self.batches).rows
        started = time.perf_counter()
        loss = self.module(*(corpus[part] for corpus, part in zip(self.corpus, rows, strict=True)))["loss"]
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return time.perf_counter() - started, loss.item()

    @torch.no_grad()
    def transform(self) -> None:
        """Find the topics of the first language's documents, 200 at a time as its trainer does."""
        self.module.eval()
        for rows in torch.split(self.corpus[0], 200):
            self.module.get_theta(rows, "en")


SIDES: dict[str, Any] = {"skxtm": Ours, "dense": Published, "TopMost": TopMost}


def without_dropout(name: str) -> Any:
    """Leave out dropout, whose masks the sides would draw differently."""
    backbone = backbone_class(name)()
    return backbone.set_params(dropout=0.0) if hasattr(backbone, "dropout") else backbone


def documents_of(backbone: Any, constants: dict[str, Any], materials: Materials) -> TrainingDocuments:
    per_document = PerDocument(
        on_device(materials.document_vectors or () if "document_vectors" in backbone.needs else (), CPU),
        on_device(materials.clusters or () if "clusters" in backbone.needs else (), CPU),
        backbone.augment(constants, materials.counts),
    )
    return TrainingDocuments(materials.counts, CPU, per_document)


def endless(documents: TrainingDocuments, batch_size: int = 128) -> Iterator[Batch]:
    """Yield the batches of epoch after epoch."""
    rng, noise = np.random.default_rng(SEED), torch.Generator().manual_seed(SEED)
    return chain.from_iterable(documents.epoch(batch_size, rng=rng, generator=noise) for _ in repeat(None))


def load_topmost(name: str) -> Any:
    """Import one module of TopMost without the libraries that its package imports beside it."""
    spec = importlib.util.find_spec("topmost")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(next(iter(spec.submodule_search_locations)))
    for package in ("topmost", "topmost.models", "topmost.models.crosslingual"):
        module = types.ModuleType(package)
        module.__path__ = [str(folder.joinpath(*package.split(".")[1:]))]
        sys.modules[package] = module
    return importlib.import_module(f"topmost.models.{name}")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# of both languages together, of each language, of topics; the others stay at the second value
GROWING: dict[str, tuple[int, ...]] = {
    "documents": (10_000, 80_000, 300_000, 1_000_000),
    "words": (1_000, 5_000, 20_000, 50_000),
    "topics": (10, 50, 200, 500),
}


def grow(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure every backbone as one size grows, and print a table."""
    print("| backbone | grows | size | step or fit s | transform s per 100,000 | peak MB |")
    print("|---" * 6 + "|")
    rows = []
    for name in options.backbones:
        for quantity in options.sizes:
            for size in GROWING[quantity]:
                if size > options.largest * GROWING[quantity][-1]:
                    continue
                row = Side(serve_growth, name, quantity, size, options).ask(None)
                rows.append({"backbone": name, "grows": quantity, "size": size, **row})
                cells = f"{row['seconds']:.3f} | {row['transform_s']:.2f} | {row['peak_mb']:,.0f}"
                print(f"| {name} | {quantity} | {size:,} | {cells} |", flush=True)
    if options.picture:
        draw_curves(rows, options.picture)
    return rows


def serve_growth(
    connection: Connection, name: str, quantity: str, size: int, options: argparse.Namespace
) -> None:
    """Measure a backbone at one size."""
    torch.set_num_threads(options.threads)
    imports_mb = peak_mb()
    sizes = {what: values[1] for what, values in GROWING.items()} | {quantity: size}
    half = sizes["documents"] // 2
    shape, materials = draw((half, half), sizes["words"], sizes["topics"])
    measure = measure_network if name in NETWORKS else measure_arrays
    seconds, transform_s = measure(name, shape, materials)
    connection.recv()
    connection.send(
        {
            "seconds": seconds,
            "transform_s": transform_s * 100_000 / half,
            "peak_mb": peak_mb() - imports_mb,
            "n_threads": options.threads,
        }
    )


def measure_network(name: str, shape: CorpusShape, materials: Materials) -> tuple[float, float]:
    """Median seconds of a step, and seconds of transform."""
    ours = Ours(name, shape, materials)
    steps = [ours.step()[0] for _ in range(7)][2:]
    started = time.perf_counter()
    ours.transform()
    return median(steps), time.perf_counter() - started


def measure_arrays(name: str, shape: CorpusShape, materials: Materials) -> tuple[float, float]:
    """Seconds of learning, and of transform."""
    backbone = array_backbone(name)
    started = time.perf_counter()
    topics = backbone.learn(shape, materials, seed=SEED)
    learnt = time.perf_counter()
    vectors = (materials.document_vectors or (None,))[0]
    topics.proportions(Documents(materials.counts[0], vectors), 0)
    return learnt - started, time.perf_counter() - learnt


def array_backbone(name: str) -> ArrayBackbone:
    """Make a backbone without a network; MCTA for ten sweeps, anchors of any frequency."""
    settings: dict[str, dict[str, Any]] = {
        "mcta": {"max_epochs": 10},
        "mtanchor": {"min_document_share": 1e-4},
    }
    backbone = backbone_class(name)(**settings.get(name, {}))
    assert isinstance(backbone, ArrayBackbone)
    return backbone


def draw_curves(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw time and memory over each size, a curve for every backbone."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    quantities = list(dict.fromkeys(row["grows"] for row in rows))
    size = (4 * len(quantities) + 1, 6)
    figure, axes = pyplot.subplots(2, len(quantities), figsize=size, squeeze=False, layout="constrained")
    for column, quantity in enumerate(quantities):
        for name in dict.fromkeys(row["backbone"] for row in rows):
            here = [row for row in rows if row["backbone"] == name and row["grows"] == quantity]
            sizes = [row["size"] for row in here]
            style = "-" if name in NETWORKS else "--"
            for row_of_axes, key in enumerate(("seconds", "peak_mb")):
                axes[row_of_axes][column].loglog(
                    sizes, [row[key] for row in here], style, marker=".", label=name
                )
        axes[0][column].set_title(f"number of {quantity}")
        axes[1][column].set_xlabel(quantity)
    axes[0][0].set_ylabel("s per step (solid) or fit (dashed)")
    axes[1][0].set_ylabel("peak memory, MB")
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside right center")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
