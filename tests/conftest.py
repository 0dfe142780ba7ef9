"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest

# the tests' tensors are tiny: threads would only wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def data_home() -> Path:
    """Folder of the public benchmarks; tests that need it are skipped where it is absent."""
    folder = os.environ.get("SKXTM_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("the environment variable SKXTM_DATA does not name a folder with the public benchmarks")
    return Path(folder)
