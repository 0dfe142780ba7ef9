"""The one place where numpy arrays become tensors, and tensors arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor, nn

from skxtm.exceptions import InputError
from skxtm.modules.sparse import SparseRows

Arrays = Mapping[str, NDArray[Any]]


def resolve_device(device: str) -> torch.device:
    """Turn the `device` parameter into a device.

    Parameters
    ----------
    device : str
        ``"auto"`` for CUDA, then MPS, then CPU; or any name torch knows.

    Returns
    -------
    device : torch.device

    Raises
    ------
    InputError
        If the device is unknown or absent.
    """
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"The 'device' parameter is {device!r}, which cannot be used here ({reason}). "
            "Use 'auto', 'cpu', or a device that torch sees."
        ) from error


def sparse_rows(
    counts: sparse.csr_array,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> SparseRows:
    """Move word counts to a device.

    Parameters
    ----------
    counts : csr_array of shape (n_documents, n_words)
        Canonical: no place occurs twice.
    device : torch.device or str
        Where to.
    dtype : torch.dtype
        Of the values.

    Returns
    -------
    counts : SparseRows
    """
    n_rows, n_columns = counts.shape
    per_row = np.diff(counts.indptr)
    values = torch.as_tensor(counts.data).to(device=device, dtype=dtype)
    return SparseRows(
        rows=_indices(np.repeat(np.arange(n_rows), per_row), device),
        columns=_indices(counts.indices, device),
        values=values,
        offsets=_indices(counts.indptr[:-1], device),
        lengths=torch.as_tensor(counts.sum(1)).to(device=device, dtype=dtype),
        n_columns=n_columns,
    )


def map_tensors(counts: SparseRows, function: Callable[[Tensor], Tensor]) -> SparseRows:
    """Apply a function to every tensor of word counts.

    Parameters
    ----------
    counts : SparseRows
        Word counts.
    function : callable
        From tensor to tensor.

    Returns
    -------
    counts : SparseRows
    """
    values = {part.name: getattr(counts, part.name) for part in fields(counts)}
    changed: dict[str, Any] = {
        name: function(value) for name, value in values.items() if isinstance(value, Tensor)
    }
    return replace(counts, **changed)


def to_tensors(arrays: Arrays) -> dict[str, Tensor]:
    """Turn arrays into tensors on the CPU.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Any shapes.

    Returns
    -------
    tensors : dict of str to Tensor
        Sharing memory where possible.
    """
    return {name: torch.as_tensor(np.require(value, requirements="W")) for name, value in arrays.items()}


def on_device(arrays: Iterable[NDArray[Any]], device: torch.device) -> tuple[Tensor, ...]:
    """Copy arrays to a device.

    Parameters
    ----------
    arrays : iterable of ndarray
        Of any shapes.
    device : torch.device
        Where to.

    Returns
    -------
    tensors : tuple of Tensor
    """
    return tuple(torch.as_tensor(np.require(value, requirements="W")).to(device) for value in arrays)


def to_arrays(network: nn.Module) -> dict[str, NDArray[Any]]:
    """Copy a network's state to numpy arrays.

    Parameters
    ----------
    network : torch.nn.Module
        On any device.

    Returns
    -------
    arrays : dict of str to ndarray
    """
    return {name: value.detach().cpu().numpy().copy() for name, value in network.state_dict().items()}


def load_arrays(network: nn.Module, arrays: Arrays) -> None:
    """Put arrays back into a network.

    Parameters
    ----------
    network : torch.nn.Module
        Of the shape that `to_arrays` read.
    arrays : dict of str to ndarray
        The state.
    """
    network.load_state_dict(to_tensors(arrays))


def to_numpy(tensor: Tensor) -> NDArray[Any]:
    """Copy a tensor to a numpy array.

    Parameters
    ----------
    tensor : Tensor
        On any device, with or without gradient.

    Returns
    -------
    array : ndarray
    """
    return tensor.detach().cpu().numpy()


def _indices(values: Any, device: torch.device | str) -> Tensor:
    return torch.as_tensor(np.asarray(values, dtype=np.int64)).to(device)
