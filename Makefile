# Python to make the environment with, at least 3.11: make test PYTHON=python3.13
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --no-compile --disable-pip-version-check -c constraints.txt
READY := $(VENV)/ready

.PHONY: help demo test lint types pytest bench clean

help:
	@echo "make demo   topics of the bundled sample, printed and as demo.html"
	@echo "make test   format, lint, types and tests"
	@echo "make bench  speed on this machine, one table each"
	@echo "make clean  remove all that make made"

# torch first and alone: what else is resolved must not widen it to builds with gigabytes of CUDA
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.version_info >= (3, 11) or sys.exit('skxtm needs Python 3.11 or later: make PYTHON=...')"
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) torch==2.13.0
	$(PIP_INSTALL) -e '.[dev]'
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
	$(BIN)/python -m pytest

bench: $(READY)
	$(BIN)/python benchmarks/import_time.py
	$(BIN)/python benchmarks/transform_speed.py
	$(BIN)/python benchmarks/speed.py steps
	$(BIN)/python benchmarks/tami.py
	$(BIN)/python benchmarks/refinement_step.py
	$(BIN)/python benchmarks/self_consistency.py

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis demo.html
	find skxtm tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +
