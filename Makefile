# The only task runner: `make` alone lists what it does.

# The Python that makes .venv; everything else runs inside .venv.
PYTHON ?= python3
# More words for pytest: make test ARGS='tests/schema -k record'
ARGS ?=
# How long `make fuzz` gives each reader.
SECONDS_EACH ?= 10

BIN := .venv/bin
INSTALLED := .venv/.installed
PYTEST := $(BIN)/pytest -n auto --maxprocesses 8

CATALOGUES := $(wildcard client/inglenook_client/locale/*/LC_MESSAGES/inglenook.po)
COMPILED := $(CATALOGUES:.po=.mo)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# `check` is a sequence, also under make -j: what it prints last is pytest's closing line.
.NOTPARALLEL:
.PHONY: help setup demo demo-programme test check format format-check lint types layers bench mutants model fuzz night clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s%s\n", $$1, $$2 }' Makefile

setup: $(INSTALLED) $(COMPILED) ## make .venv, install Inglenook and its tools, compile the translations

$(INSTALLED): pyproject.toml
	@command -v $(PYTHON) >/dev/null || \
	  { echo "There is no $(PYTHON) here: Inglenook needs Python 3.11 or newer." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Inglenook needs Python 3.11 or newer; $(PYTHON) here is $$($(PYTHON) --version)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) cannot make a virtual environment. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing into .venv; the first time takes about a minute."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[dev]'
	@touch $@

%.mo: %.po | $(INSTALLED)
	@$(BIN)/pybabel -q compile -D inglenook -i $< -o $@

demo: setup ## show two people sharing a journal through a relay on this machine
	@$(BIN)/python tests/demo/demo.py

demo-programme: setup ## show a survey among 24 people whose answers nobody sees
	@$(BIN)/python tests/demo/programme.py

test: setup ## run the tests; COVERAGE=1 measures branches, ARGS goes to pytest
	@$(PYTEST) $(if $(COVERAGE),--cov) $(ARGS)

check: COVERAGE := 1
check: format-check lint types layers test ## the gate: formatting, lint, types, layers, tests with coverage

format: setup ## rewrite the code as the formatter wants it
	@$(BIN)/ruff check -q --select I --fix .
	@$(BIN)/ruff format .

format-check: setup ## is the code as the formatter wants it?
	@$(BIN)/ruff format --check .

lint: setup ## ruff's rules
	@$(BIN)/ruff check .

types: setup ## mypy, strict
	@$(BIN)/mypy

layers: setup ## who may import whom
	@$(BIN)/lint-imports --no-logo

bench: setup ## run every benchmark
	@$(BIN)/python bench/run.py

mutants: setup ## break each defence in a copy, and see that an attack notices
	@$(BIN)/python tests/mutants/run.py $(ARGS)

model: setup ## the rules of who belongs written once more, and invites and rotations in Promela
	@INGLENOOK_REQUIRE=spin $(PYTEST) tests/model $(ARGS)

fuzz: setup ## the property tests with new examples; then atheris, 10 seconds a reader of bytes
	@$(PYTEST) -m hypothesis --timeout 0 $(ARGS)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[fuzz]'
	@$(BIN)/python tests/fuzz/with_atheris.py $(SECONDS_EACH)

night: export HYPOTHESIS_PROFILE := night
night: fuzz ## fuzz, with 5,000 examples a property; two years of fifty pairs; the long experiments on sums
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[oracle]'
	@INGLENOOK_REQUIRE=opendp $(PYTEST) tests/experiments --timeout 0 $(ARGS)
	@$(PYTEST) tests/simulation --timeout 0 $(ARGS)
	@PYTHONPATH=tests $(BIN)/python -m harness.world_run years --fresh 50 --jobs $$(nproc) --shorten 1800

clean: ## remove .venv and everything else that was made
	@rm -rf .venv dist .coverage .coverage.* .fuzz .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@rm -f $(COMPILED)
	@find schema client server tests bench -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
