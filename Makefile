# The two commands a new user needs: `make demo` and `make test`. `make check` is for contributors.

PYTHON ?= python3
VENV := .venv
DEMO := .venv-demo
BIN := $(VENV)/bin

.PHONY: help demo test static check format regenerate bench soak pictures clean

help:
	@echo "make demo        every users operation on a local account, sync and async"
	@echo "make test        the whole test suite, with coverage"
	@echo "make check       what a contributor runs: format, lint, types, import rules, generated code, tests"
	@echo "make format      format and sort imports"
	@echo "make regenerate  the low-level client from openapi/users.yaml"
	@echo "make bench       this client beside Arize's own, as ratios (needs PyPI)"
	@echo "make soak        10,000 users through a faulty network"
	@echo "make pictures    the pictures of the README"
	@echo "make clean       remove environments and caches"

demo: $(DEMO)/installed
	@$(DEMO)/bin/python scripts/demo.py

test: $(VENV)/installed
	$(BIN)/python -m pytest -n auto --cov --cov-report=term

static: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/regenerate.py --check

check: static test

format: $(VENV)/installed
	$(BIN)/ruff check --select I --fix .
	$(BIN)/ruff format .

regenerate: $(VENV)/installed
	$(BIN)/python scripts/regenerate.py

bench: $(VENV)/installed
	$(BIN)/python scripts/bench.py

soak: $(VENV)/installed
	$(BIN)/python scripts/soak.py

pictures: $(VENV)/installed
	$(BIN)/python scripts/pictures.py

clean:
	rm -rf .venv .venv-* .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# Each environment is made once, and anew when what it is made from changes.
$(VENV)/installed: pyproject.toml
	$(call environment,$(VENV))
	$(BIN)/python -m pip install --quiet --editable '.[cli,df,parquet,dev]'
	@touch $@

$(DEMO)/installed: pyproject.toml
	$(call environment,$(DEMO))
	$(DEMO)/bin/python -m pip install --quiet --editable .
	@touch $@

define environment
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "this needs Python 3.11 or later: make PYTHON=python3.12")'
@rm -rf $(1)
@echo "making $(1) ..."
@$(PYTHON) -m venv $(1)
endef
