"""Display objects in the manner of scikit-learn: `from_...` computes, `plot` draws, nothing is shown."""

from skxtm.plotting.n_components import NComponentsDisplay
from skxtm.plotting.ratings import RatingsDisplay

__all__ = ["NComponentsDisplay", "RatingsDisplay"]
