"""Many cells: several at once, each in its own process, none twice, whatever becomes of the others."""

import multiprocessing
import os
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from pathlib import Path

import joblib
import torch
from _cells import FirstPhaseError, Results, compute, has_result
from _configuration import Cell
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from skxtm.exceptions import UnknownWordsWarning

Compute = Callable[[Cell], None]
Failures = dict[str, str]


class CellError(RuntimeError):
    """What went wrong in the process of a cell."""


class StoppedError(RuntimeError):
    """The process of a cell was stopped by Ctrl-C."""


def run_cells(cells: Iterable[Cell], results: Results, compute_one: Compute, n_jobs: int = 1) -> Failures:
    """Compute all cells that have no result that can be read; return the errors of those that failed.

    Cells that share a trained model are computed one after the other, by the same job.
    """
    missing = [cell for cell in cells if not has_result(results.cell(cell))]
    groups: dict[object, list[Cell]] = {}
    for cell in missing:
        groups.setdefault(cell.training, []).append(cell)
    stop = threading.Event()
    with tqdm(total=len(missing), unit="cell") as bar:
        jobs = (joblib.delayed(run_group)(group, compute_one, bar, stop) for group in groups.values())
        try:
            # threads, since every cell has a process of its own
            failed = joblib.Parallel(n_jobs, backend="threading")(jobs)
        except BaseException:
            stop.set()
            raise
    return {name: error for of_group in failed for name, error in of_group.items()}


def run_group(group: list[Cell], compute_one: Compute, bar: tqdm, stop: threading.Event) -> Failures:
    """Compute cells that share a trained model; if that cannot be trained, all of them fail at once."""
    failures: Failures = {}
    for number, cell in enumerate(group):
        if stop.is_set():
            break
        try:
            compute_one(cell)
        except FirstPhaseError as error:
            failures |= {other.name: str(error) for other in group[number:]}
            bar.update(len(group) - number)
            break
        except StoppedError as error:
            failures[cell.name] = str(error)
            stop.set()
        except Exception as error:
            failures[cell.name] = str(error)
        bar.update()
    return failures


def in_own_process(data_home: Path, results: Results, n_threads: int) -> Compute:
    """Make what computes a cell in a fresh process, so that its peak memory is its own."""

    def compute_one(cell: Cell) -> None:
        context = multiprocessing.get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        arguments = (sender, cell, data_home, results, n_threads)
        process = context.Process(target=child, args=arguments, daemon=True)
        process.start()
        sender.close()
        with receiver:
            error = received(receiver)
        process.join()
        if error is not None:
            raise error
        if process.exitcode == -signal.SIGINT:
            raise StoppedError("It was stopped by Ctrl-C; the next run goes on from here.")
        if process.exitcode:
            raise CellError(f"Its process ended with exit code {process.exitcode}.")

    return compute_one


def received(receiver: Connection) -> Exception | None:
    """Wait for the error of a process, or for its end."""
    try:
        return receiver.recv()
    except EOFError:
        return None


def child(sender: Connection, cell: Cell, data_home: Path, results: Results, n_threads: int) -> None:
    """Compute a cell and send what went wrong, if anything did."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    # Ctrl-C ends training early but in good order, which would pass for a finished model
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    n_threads = min(n_threads, torch.get_num_threads())
    torch.set_num_threads(n_threads)
    threadpool_limits(n_threads)
    if cell.training.vocabulary is not None:  # then it is meant that documents lose words
        warnings.simplefilter("ignore", UnknownWordsWarning)
    try:
        compute(cell, data_home, results)
    except Exception as error:
        kind = FirstPhaseError if isinstance(error, FirstPhaseError) else CellError
        sender.send(kind(traceback.format_exc().strip()))


def end_with_parent() -> None:
    """Wait for the parent process, which may be killed, and end this one: nobody waits for its result."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def threads_per_job(n_jobs: int) -> int:
    """Share the cores among the jobs."""
    return max(1, joblib.cpu_count() // n_jobs)
