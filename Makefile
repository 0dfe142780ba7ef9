# Python to make the environment with, at least 3.11: make test PYTHON=python3.13
PYTHON ?= python3
# The lowest Python, and the lowest torch. Of that, Linux gets a build with CUDA: 3 GB to download, 5 GB on disk. With
# the torch of the other targets instead: make test-lowest LOWEST_TORCH=2.13.0
LOWEST_PYTHON ?= python3.11
LOWEST_TORCH ?= $(shell sed -n 's/^torch==//p' constraints-lowest.txt)
# Tests at a time: one for each core, but at most 4, since each process takes a gigabyte
WORKERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 4 ? cores : 4)))

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := -m pip install --no-compile --disable-pip-version-check
READY := $(VENV)/ready
LOWEST := .venv-lowest

# the tests start many processes, each of which would compile anew all that it imports
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test lint types pytest coverage quick test-lowest docs bench clean

help:
	@echo "make demo         topics of the bundled sample, printed, as demo.html, and to look around in, as demo-explore.html"
	@echo "make test         format, lint, types and tests"
	@echo "make coverage     the tests, and that they reach 99 % of the lines: two fifths longer"
	@echo "make quick        the tests but the slow ones, such as the grid of all backbones: four minutes on two cores"
	@echo "make test-lowest  the tests with the lowest versions that pyproject.toml allows, torch's too: 3 GB on Linux"
	@echo "make docs         the site, from docs/ and examples/gallery/, into docs/_build/html: some minutes, no network"
	@echo "make bench        speed on this machine, one table each"
	@echo "make clean        remove all that make made"

# torch first and alone: what else is resolved must not widen it to builds with gigabytes of CUDA
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.version_info >= (3, 11) or sys.exit('skxtm needs Python 3.11 or later: make PYTHON=...')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP_INSTALL) -c constraints.txt torch==2.13.0
	$(BIN)/python $(PIP_INSTALL) -c constraints.txt -e '.[dev]'
	@touch $@

$(LOWEST)/ready: pyproject.toml constraints-lowest.txt
	$(LOWEST_PYTHON) -m venv $(LOWEST)
	sed 's/^torch==.*/torch==$(LOWEST_TORCH)/' constraints-lowest.txt > $(LOWEST)/constraints.txt
	$(LOWEST)/bin/python $(PIP_INSTALL) -c $(LOWEST)/constraints.txt torch==$(LOWEST_TORCH)
	$(LOWEST)/bin/python $(PIP_INSTALL) -c $(LOWEST)/constraints.txt -e '.[test]'
	@touch $@

# one thread: the sample's tensors are so small that threads would only wait for each other
demo: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python examples/demo.py --output demo.html

test: lint types pytest

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

pytest: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS)

coverage: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-fail-under=99

quick: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

test-lowest: $(LOWEST)/ready
	$(LOWEST)/bin/python -m pytest -n $(WORKERS) -m "not gallery"

# one thread: see demo; the examples are run, unless neither they nor their last outputs changed
docs: $(READY)
	OMP_NUM_THREADS=1 MPLBACKEND=Agg $(BIN)/python -m sphinx -W --keep-going -q -c docs . docs/_build/html
	@echo "The site begins at docs/_build/html/index.html."

bench: $(READY)
	$(BIN)/python benchmarks/import_time.py
	$(BIN)/python benchmarks/transform_speed.py
	$(BIN)/python benchmarks/speed.py steps
	$(BIN)/python benchmarks/tami.py
	$(BIN)/python benchmarks/refinement_step.py
	$(BIN)/python benchmarks/self_consistency.py

clean:
	rm -rf $(VENV) $(LOWEST) .venv-newest build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage* demo.html demo-explore.html docs/_build docs/api docs/gallery
	find skxtm tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +
