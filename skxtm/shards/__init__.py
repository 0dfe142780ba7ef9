"""Documents in pieces, of which each fits into memory where all of them do not."""

from skxtm.shards.reading import Shards, as_shards
from skxtm.shards.writing import transform_to_folder, write_shards

__all__ = ["Shards", "as_shards", "transform_to_folder", "write_shards"]
