"""Reading results out of a trained network.

Everything here runs in double precision, so that a document's result does not depend on which others share
its batch: sums of another order differ by 1e-16, which rounding to single precision removes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from skxtm.backbones.base import BackboneNetwork, Documents
from skxtm.modules.sparse import SparseRows
from skxtm.training.tensors import sparse_rows, to_numpy


class Inference:
    """A double-precision copy of a network, in evaluation mode: a `Reader`.

    Parameters
    ----------
    network : BackboneNetwork
        The trained network; not changed.
    device : torch.device
        Where to compute; MPS, which has no double precision, is replaced by the CPU.
    batch_size : int
        Documents at a time.
    """

    def __init__(self, network: BackboneNetwork, device: torch.device, batch_size: int = 8192) -> None:
        self.device = torch.device("cpu") if device.type == "mps" else device
        self.network = copy.deepcopy(network).to(self.device).double().eval()
        self.batch_size = batch_size

    def theta(self, documents: Documents, language: int) -> NDArray[np.float32]:
        """Topic proportions ``softmax(mu)``.

        Parameters
        ----------
        documents : Documents
            Of one language.
        language : int
            The language's number.

        Returns
        -------
        theta : ndarray of shape (n_documents, n_components)
            Rows sum to 1; the prior's proportions for a document without words.
        """
        return self._collect(documents, language, lambda mean: torch.softmax(mean, 1))

    def mean(self, documents: Documents, language: int) -> NDArray[np.float32]:
        """Mean ``mu`` of the latent Gaussian.

        Parameters
        ----------
        documents : Documents
            Of one language.
        language : int
            The language's number.

        Returns
        -------
        mean : ndarray of shape (n_documents, n_components)
            The prior's mean for a document without words.
        """
        return self._collect(documents, language, lambda mean: mean)

    @torch.no_grad()
    def scores(self, documents: Documents, language: int) -> NDArray[np.float64]:
        """Evidence lower bound, with the expectation over z taken at its mean.

        Parameters
        ----------
        documents : Documents
            Of one language.
        language : int
            The language's number.

        Returns
        -------
        bounds : ndarray of shape (n_documents,)
            Nats per document; higher is better.
        """
        topic_word = self.network.topic_word()[language]
        result = np.empty(documents.counts.shape[0])
        for part, rows in self._parts(documents.counts):
            mean, logvar = self.network.encode(rows, language)
            nll = self.network.reconstruction(torch.softmax(mean, 1), rows, language, topic_word)
            result[part] = to_numpy(-nll - self.network.divergence(mean, logvar))
        return result

    @torch.no_grad()
    def topic_word(self) -> list[NDArray[np.float64]]:
        """Topic-word distributions, one (n_components, V_l) per language; rows sum to 1."""
        return [to_numpy(torch.softmax(weights, 0).T).copy() for weights in self.network.topic_word()]

    @torch.no_grad()
    def _collect(
        self, documents: Documents, language: int, read: Callable[[Tensor], Tensor]
    ) -> NDArray[np.float32]:
        prior_mean = self.network.prior.mean
        result = np.empty((documents.counts.shape[0], len(prior_mean)), dtype=np.float32)
        for part, rows in self._parts(documents.counts):
            mean, _ = self.network.encode(rows, language)
            known = (rows.lengths > 0).unsqueeze(1)
            result[part] = to_numpy(read(torch.where(known, mean, prior_mean)))
        return result

    def _parts(self, counts: sparse.csr_array) -> Iterator[tuple[slice, SparseRows]]:
        for start in range(0, counts.shape[0], self.batch_size):
            part = slice(start, min(start + self.batch_size, counts.shape[0]))
            yield part, sparse_rows(counts[part], device=self.device, dtype=torch.float64)
