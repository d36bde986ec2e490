# Everything sets itself up: `make demo` and `make test` need Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
KERAS := .venv-keras

.PHONY: help demo demo-small test test-desktop test-windows keras test-keras check lint types layers format docs docs-links bench study release system clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Clonestrike needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(READY) ## the whole flow on the embedded game, ending in demo/report.html
	$(BIN)/clonestrike demo --out demo

demo-small: $(READY) ## the same in about two minutes: every stage, an agent that has hardly learned
	$(BIN)/clonestrike demo --out build/demo-small --small

test: $(READY) ## the tests
	$(BIN)/pytest $(TESTS)

DESKTOP_PACKAGES := xvfb openbox xdotool libgl1 libgl1-mesa-dri openarena chocolate-doom freedoom
DESKTOP_TESTS := $(wildcard tests/games/desktop tests/games/openarena tests/doctor)

test-desktop: $(READY) ## games in windows of their own, for real, under Xvfb (installs Debian packages)
	@dpkg --status $(DESKTOP_PACKAGES) >/dev/null 2>&1 || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends $(DESKTOP_PACKAGES); }
	$(BIN)/pytest $(DESKTOP_TESTS)

keras: $(KERAS)/.ready ## TensorFlow and Keras 2 in an environment of their own, to compare with

$(KERAS)/.ready: constraints-keras.txt
	$(PYTHON) -m venv $(KERAS)
	$(KERAS)/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement constraints-keras.txt
	@touch $@

test-keras: $(READY) keras ## the tests that compare with Keras
	$(BIN)/pytest tests/keras

check: lint types layers ## style, types and layers

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

format: $(READY) ## put the code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY) ## the documentation site, in build/docs; warnings are errors
	$(BIN)/sphinx-build --quiet --fresh-env --fail-on-warning --keep-going --nitpicky --builder html docs build/docs

docs-links: $(READY) ## whether the addresses that the site links to still answer, where there is a network
	@if $(BIN)/python -c 'import socket; socket.create_connection(("arxiv.org", 443), 5)' 2>/dev/null; \
		then $(BIN)/sphinx-build --quiet --builder linkcheck docs build/docs-links; \
		else echo "no network: the links to other sites are not checked"; fi

release: $(READY) ## build sdist and wheel in build/dist, check them, and try the wheel out in an environment without torch
	rm -rf build/dist
	$(BIN)/python -m build --outdir build/dist
	$(BIN)/twine check --strict build/dist/*
	$(BIN)/pytest -m release tests/release

bench: $(READY) ## the benchmarks, side by side in one run
	$(BIN)/python -m benchmarks

study: $(READY) ## the arms of docs/study.md that have no result yet: hours; it goes on where it was stopped
	$(BIN)/python -m study
	$(BIN)/python -m study tables

test-windows: $(READY) ## the Windows path with real Windows calls under Wine, against a stand-in for Counter-Strike
	tests/games/counterstrike/under_wine.sh $(abspath $(BIN))/python

system: ## Debian packages of the tests that need a screen (human play) or a tracer (nobody is contacted); without them those tests are skipped
	@command -v Xvfb >/dev/null && command -v xdotool >/dev/null && command -v strace >/dev/null \
		|| { apt-get update -qq && apt-get install -y -qq --no-install-recommends xvfb xdotool strace; }

clean: ## remove the environment and what the tools leave
	rm -rf $(VENV) $(KERAS) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
