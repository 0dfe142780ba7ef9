import numpy as np
import pytest

from skxtm.corpus import same_vocabularies


@pytest.fixture(scope="session")
def assert_same():
    """Assert that two corpora hold the same rows, columns, words and types."""

    def check(first, second):
        assert first.language.tolist() == second.language.tolist()
        for name in ("text", "embedding", "id", "pair_id"):
            one, other = getattr(first, name), getattr(second, name)
            assert (one is None) == (other is None), name
            if one is not None:
                assert one.dtype == other.dtype, name
                np.testing.assert_array_equal(one, other, err_msg=name)
        assert same_vocabularies(first.vocabularies, second.vocabularies)
        assert first.has_counts == second.has_counts
        if first.has_counts:
            assert first.counts.dtype == second.counts.dtype
            np.testing.assert_array_equal(first.counts.toarray(), second.counts.toarray())

    return check
