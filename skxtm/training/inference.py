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
from torch import Tensor

from skxtm.backbones.base import BackboneNetwork, Documents
from skxtm.modules.sparse import SparseRows
from skxtm.training.tensors import on_device, sparse_rows, to_numpy


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
            Rows sum to 1; the prior's proportions for a document without words, or, where documents are
            read by their embeddings, for one whose embedding is zero.
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
        for part, rows, vectors in self._parts(documents):
            mean, logvar = self.network.read(rows, vectors, language)
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
        for part, rows, vectors in self._parts(documents):
            mean, _ = self.network.read(rows, vectors, language)
            known = rows.lengths > 0 if vectors is None else vectors.any(1)
            result[part] = to_numpy(read(torch.where(known.unsqueeze(1), mean, prior_mean)))
        return result

    def _parts(self, documents: Documents) -> Iterator[tuple[slice, SparseRows, Tensor | None]]:
        n_documents = documents.counts.shape[0]
        for start in range(0, n_documents, self.batch_size):
            part = slice(start, min(start + self.batch_size, n_documents))
            counts = documents.counts[part] if n_documents > self.batch_size else documents.counts
            rows = sparse_rows(counts, device=self.device, dtype=torch.float64)
            vectors = None
            if documents.vectors is not None:
                (vectors,) = on_device([documents.vectors[part].astype(np.float64)], self.device)
            yield part, rows, vectors
