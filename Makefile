# The two commands a new user needs: `make demo` and `make test`. `make check` is for contributors.

PYTHON ?= python3
VENV := .venv
DEMO := .venv-demo
# Where an environment has its programs. On Windows make needs the sh of Git or MSYS2.
PROGRAMS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN := $(VENV)/$(PROGRAMS)
# The tests that need what Windows has not are left out there, the command line's among them, and coverage has no limit.
ifeq ($(OS),Windows_NT)
LEFT_OUT := -m "not posix" --cov-fail-under=0
TESTS := tests/contract tests/layer tests/plugin tests/repo tests/sandbox tests/spec_update
endif
# What pytest is given beside its options, e.g. `make test TESTS=tests/cli`.
TESTS ?=

.PHONY: help demo test test-newest test-oldest test-tools static docs check format regenerate lock dist bench soak mutation official pictures clean

help:
	@echo "make demo         every users operation on a local account, sync and async"
	@echo "make test         the whole test suite, with coverage"
	@echo "make check        what a contributor runs: format, lint, types, import rules, generated code, docs, tests"
	@echo "make docs         the documentation, into site/; a broken link fails"
	@echo "make test-newest  the test suite with the newest version of everything (needs PyPI)"
	@echo "make test-oldest  the test suite with the lowest versions that the package allows (needs PyPI)"
	@echo "make format       format, sort imports, and write the async client and the page of the command line anew"
	@echo "make regenerate   the low-level client from openapi/users.yaml"
	@echo "make lock         requirements/ from pyproject.toml (needs PyPI); UPGRADE=1 takes the newest versions"
	@echo "make dist         the source distribution and the wheel, in dist/"
	@echo "make test-tools   the tests of the benchmark, the soak and the mutation tool"
	@echo "make bench        this client beside Arize's own, as ratios (needs PyPI)"
	@echo "make soak         10,000 users through a faulty network, and 500 interrupts"
	@echo "make mutation     300 mutants of the layer, and which of them no test notices"
	@echo "make official     what the tests know of Arize's own packages, held to the packages (needs PyPI)"
	@echo "make pictures     the pictures of the documentation"
	@echo "make clean        remove environments and caches"

demo: $(DEMO)/installed
	@$(DEMO)/$(PROGRAMS)/python scripts/demo.py

test: $(VENV)/installed
	$(BIN)/python -m pytest -n auto --cov --cov-report=term $(LEFT_OUT) $(TESTS)

# Made anew each time, since what is newest changes without a change here. What the package requires is upgraded last,
# past the versions to which a test tool holds it back; pip is upgraded first, for `--group`.
test-newest:
	$(call environment,.venv-newest)
	.venv-newest/$(PROGRAMS)/python -m pip install --quiet --upgrade pip
	.venv-newest/$(PROGRAMS)/python -m pip install --quiet --group dev
	.venv-newest/$(PROGRAMS)/python -m pip install --quiet --upgrade --upgrade-strategy eager --editable '.[cli,contract,df,excel,parquet]'
	.venv-newest/$(PROGRAMS)/python -m pytest -n auto $(TESTS)

# The lowest direct requirements take the place of their locked versions; all else stays as locked. So pip is right
# to say that a test tool asks for more.
test-oldest:
	$(call locked,.venv-oldest,requirements/dev.txt)
	.venv-oldest/$(PROGRAMS)/python scripts/lock.py --lowest > .venv-oldest/lowest.txt
	.venv-oldest/$(PROGRAMS)/python -m pip install --quiet --only-binary :all: --requirement .venv-oldest/lowest.txt
	.venv-oldest/$(PROGRAMS)/python -m pytest -n auto $(TESTS)

test-tools: $(VENV)/installed
	$(BIN)/python -m pytest -n auto tests/scripts

static: $(VENV)/installed docs
	$(BIN)/python scripts/lock.py
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 arize_users
	PATH="$(CURDIR)/$(BIN):$$PATH" pyright
	PATH="$(CURDIR)/$(BIN):$$PATH" pyright --verifytypes arize_users --ignoreexternal
	$(BIN)/lint-imports
	$(BIN)/python scripts/regenerate.py --check
	$(BIN)/python scripts/async_client.py --check
	$(BIN)/python scripts/check_codec.py
	$(BIN)/zizmor --offline --quiet --strict-collection .github

# The page of the command line is checked in, because it is read in the repository, too.
docs: $(VENV)/installed
	$(BIN)/python scripts/cli_reference.py --check
	$(BIN)/zensical build --strict --clean

check: static test

format: $(VENV)/installed
	$(BIN)/ruff check --select I --fix .
	$(BIN)/ruff format .
	$(BIN)/python scripts/async_client.py
	$(BIN)/python scripts/cli_reference.py

regenerate: $(VENV)/installed
	$(BIN)/python scripts/regenerate.py

lock: .venv-lock/installed
	$(COMPILE) --all-extras --group dev --output-file requirements/dev.txt
	$(COMPILE) --group build --constraints requirements/dev.txt --output-file requirements/runtime.txt

# Without isolation the build backend is the locked one.
dist: $(VENV)/installed
	rm -rf dist
	$(BIN)/python -m build --no-isolation

bench: $(VENV)/installed
	$(BIN)/python scripts/bench.py

soak: $(VENV)/installed
	$(BIN)/python scripts/soak.py
	$(BIN)/python scripts/soak_people.py
	$(BIN)/python scripts/interrupts.py

mutation: $(VENV)/installed
	$(BIN)/python scripts/mutation.py

official: $(VENV)/installed
	$(BIN)/python scripts/official.py

pictures: $(VENV)/installed
	$(BIN)/python scripts/pictures.py

clean:
	rm -rf .venv .venv-* .cache .coverage* site .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# Each environment is made once, and anew when what it is made from changes.
$(VENV)/installed: pyproject.toml requirements/dev.txt
	$(call locked,$(VENV),requirements/dev.txt)
	@touch $@

$(DEMO)/installed: pyproject.toml requirements/runtime.txt
	$(call locked,$(DEMO),requirements/runtime.txt)
	@touch $@

.venv-lock/installed:
	$(call environment,.venv-lock)
	.venv-lock/$(PROGRAMS)/python -m pip install --quiet uv
	@touch $@

# One resolution for every platform and each Python of `requires-python`.
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" .venv-lock/$(PROGRAMS)/uv pip compile pyproject.toml --quiet --universal \
	--generate-hashes --no-strip-extras $(if $(UPGRADE),--upgrade)

define environment
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "this needs Python 3.11 or later: make PYTHON=python3.12")'
@rm -rf $(1)
@echo "making $(1) ..."
@$(PYTHON) -m venv $(1)
endef

# Wheels only: what is built from source would bring build tools that no lock holds.
define locked
$(call environment,$(1))
@$(1)/$(PROGRAMS)/python -m pip install --quiet --require-hashes --only-binary :all: --requirement $(2)
@$(1)/$(PROGRAMS)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
endef
