"""Training steps per second of every backbone on one device, the share spent in kernels, and peak memory.

Documents are drawn at random in the published sizes of EC News: 37,480 + 40,000 documents, 5,000 words per
language, 11 words per document, 50 topics, batch 128. One epoch warms up; then whole epochs are timed. "in
kernels" is the time of all kernels, as torch's profiler sums it over further steps, divided by the wall time
of steps without the profiler: what is missing to 100 % the device waited for the host. "published run" is the
published number of epochs at this speed.

    python benchmarks/gpu_step.py [--device cuda] [--backbones nmtm infoctm] [--epochs 2] [--scale 1]
        [--json FILE]

On a CPU the script runs too (give a small --scale); kernels and memory are then left out.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import torch
from _drawn import draw
from torch.profiler import ProfilerActivity, profile

from skxtm.backbones import backbone_class, backbone_names
from skxtm.backbones.base import Materials, NetworkBackbone
from skxtm.training.batches import PerDocument
from skxtm.training.loop import Schedule, Trainer, build_network
from skxtm.training.tensors import on_device, resolve_device

NETWORKS = [name for name in backbone_names() if issubclass(backbone_class(name), NetworkBackbone)]
SIZES = (37_480, 40_000)


def main() -> None:
    options = parse_options()
    device = resolve_device(options.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    print(f"{name}, torch {torch.__version__}")
    print(f"{'backbone':10}{'steps/s':>10}{'in kernels':>12}{'peak':>10}{'published run':>16}")
    rows = []
    for backbone in options.backbones:
        row = measure(backbone, device, options.epochs, options.scale)
        rows.append({"device": name, **row})
        kernels = f"{row['in_kernels']:.0%}" if row["in_kernels"] is not None else "-"
        peak = f"{row['peak_mb']:.0f} MB" if row["peak_mb"] is not None else "-"
        speed = f"{backbone:10}{row['steps_per_s']:10.1f}"
        print(f"{speed}{kernels:>12}{peak:>10}{row['published_run_s']:14,.0f} s", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--backbones", nargs="+", choices=NETWORKS, default=NETWORKS)
    parser.add_argument("--epochs", type=int, default=2, help="epochs timed")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the documents")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def measure(name: str, device: torch.device, n_epochs: int, scale: float) -> dict[str, Any]:
    """Time one backbone."""
    backbone = backbone_class(name)()
    sizes = tuple(max(int(size * scale), 50) for size in SIZES)
    shape, materials = draw(sizes, n_words=5_000, n_components=50)
    constants = backbone.prepare(shape, materials)
    trainer = Trainer(build_network(backbone, shape, constants), Schedule.of(backbone), device, seed=0)
    per_document = PerDocument(
        on_device(materials.document_vectors or (), device),
        on_device(materials.clusters or (), device),
        backbone.augment(constants, materials.counts),
    )
    trainer.train(materials.counts, 1, per_document=per_document)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    started = time.perf_counter()
    trainer.train(materials.counts, n_epochs, per_document=per_document)  # ends by reading the losses
    seconds = time.perf_counter() - started
    steps = n_epochs * -(-max(block.shape[0] for block in materials.counts) // backbone.batch_size)
    is_cuda = device.type == "cuda"
    peak_mb = torch.cuda.max_memory_allocated(device) / 2**20 if is_cuda else None
    kernel_s = kernel_seconds(trainer, materials, per_document) if is_cuda else None
    return {
        "backbone": name,
        "steps_per_s": steps / seconds,
        "in_kernels": None if kernel_s is None else kernel_s * n_epochs / seconds,
        "peak_mb": peak_mb,
        "published_run_s": seconds / n_epochs * backbone.max_epochs / scale,
    }


def kernel_seconds(trainer: Trainer, materials: Materials, per_document: PerDocument) -> float:
    """Time that the kernels of one epoch take together."""
    with profile(activities=[ProfilerActivity.CUDA]) as profiled:
        trainer.train(materials.counts, 1, per_document=per_document)
    return sum(event.self_device_time_total for event in profiled.key_averages()) / 1e6


if __name__ == "__main__":
    main()
