"""Arrays in a saved model are as they were."""

import numpy as np
import pytest
from safetensors.numpy import load

from skxtm._model.folder import as_payload


@pytest.mark.parametrize(
    "array",
    [np.array(0.5), np.zeros((0, 3)), np.arange(6).reshape(2, 3).T, np.arange(9, dtype=np.float32)[::2]],
)
def test_an_array_keeps_its_shape_and_values_a_scalar_too(array):
    read = load(as_payload({"array": array}))["array"]
    assert (read.shape, read.dtype) == (array.shape, array.dtype)
    np.testing.assert_array_equal(read, array)
