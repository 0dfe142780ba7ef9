"""What an estimator that holds a refined model does just as the model does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skxtm._model.state import state_of
from skxtm._model.topics import TopicTransformer, given_names


class RefinedModel(TopicTransformer):
    """Passes what is asked of fitted topics on to `model_`."""

    model_: Any

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Topic proportions of documents.

        Parameters
        ----------
        X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
            Documents in any of the fitted languages.

        Returns
        -------
        theta : ndarray of shape (n_documents, n_components)
            Rows sum to 1.
        """
        check_is_fitted(self)
        return self.model_.transform(X)

    def posterior_mean(self, X: Any) -> NDArray[np.float32]:
        """Mean of the latent Gaussian of documents, see `CrossLingualTopicModel.posterior_mean`.

        Parameters
        ----------
        X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
            Documents in any of the fitted languages.

        Returns
        -------
        mean : ndarray of shape (n_documents, n_components)
            Unbounded.
        """
        check_is_fitted(self)
        return self.model_.posterior_mean(X)

    def score(self, X: Any, y: Any = None) -> float:
        """Mean evidence lower bound per document, in nats; higher is better.

        Parameters
        ----------
        X : DataFrame, sequence, Corpus, or count matrix of n_documents rows
            Documents in any of the fitted languages.
        y : None
            Ignored.

        Returns
        -------
        score : float
            As from `CrossLingualTopicModel.score`.
        """
        check_is_fitted(self)
        return self.model_.score(X)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only checked against the names seen in `fit`, where there were any.

        Returns
        -------
        names : ndarray of str objects of shape (n_components,)
            The themes, and ``llmrefiner0``, ``llmrefiner1``, ... of topics without one.
        """
        names = super().get_feature_names_out(input_features)
        return np.array(given_names(state_of(self.model_), names), dtype=object)

    @property
    def n_features_in_(self) -> int:
        """Words of the count matrix that the model was fitted on; only where there was one."""
        return int(self._of_model("n_features_in_"))

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """Words of the DataFrame of counts that the model was fitted on; only where there was one."""
        names: NDArray[np.object_] = self._of_model("feature_names_in_")
        return names

    def _of_model(self, name: str) -> Any:
        if not hasattr(self.__dict__.get("model_"), name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.model_, name)

    @property
    def _n_features_out(self) -> int:
        return self.model_._n_features_out
